"""The four ready-made dunning procedures, as data: ``presets/*.toml``, each naming the seed lines it follows."""

import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from importlib import resources
from typing import Any, Final

from recon.model.settings import DunningSettings, LevelSettings
from sepa.money import parse_amount

PRESETS: Final = ("amparex", "prepayment", "fintecrity", "desk4")
# Names and numbers of the procedure itself; everything else in a preset's file is for the letters.
_LETTERS: Final = frozenset({"titles"})
_KEYS: Final = tuple(field.name for field in fields(DunningSettings) if field.name not in {"preset", "given"})


@cache
def preset(name: str) -> DunningSettings:
    """The settings of a preset, its levels among them. Raises KeyError for a name not in ``PRESETS``."""
    table = preset_table(name)
    values: dict[str, Any] = {key: value for key, value in table.items() if key not in _LETTERS}
    values["levels"] = tuple(LevelSettings(**{**level, "fee": parse_amount(level["fee"])}) for level in table["levels"])
    return DunningSettings(preset=name, given=_KEYS, **values)


def effective(settings: DunningSettings) -> DunningSettings:
    """Complete settings: the preset, and in its place whatever the settings state themselves.

    Stated is a key that ``given`` names or whose value is not the model's default; own levels replace the preset's
    levels as a whole. Without a preset the settings are complete as they are. Raises KeyError for an unknown preset.
    """
    if settings.preset is None:
        return settings
    plain = DunningSettings(preset=settings.preset, given=settings.given)
    stated = {
        name: getattr(settings, name)
        for name in _KEYS
        if getattr(settings, name) != getattr(plain, name) or (name in settings.given and name != "levels")
    }
    return replace(preset(settings.preset), **stated, given=settings.given)


@cache
def preset_table(name: str) -> Mapping[str, Any]:
    """The file of a preset as it stands. Raises KeyError for a name not in ``PRESETS``."""
    if name not in PRESETS:
        raise KeyError(name)
    text = resources.files("recon.dunning").joinpath("presets").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
