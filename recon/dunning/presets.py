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


@cache
def preset(name: str) -> DunningSettings:
    """The settings of a preset, its levels among them. Raises KeyError for a name not in ``PRESETS``."""
    table = preset_table(name)
    values: dict[str, Any] = {key: value for key, value in table.items() if key not in _LETTERS}
    values["levels"] = tuple(LevelSettings(**{**level, "fee": parse_amount(level["fee"])}) for level in table["levels"])
    return DunningSettings(preset=name, **values)


def with_preset(name: str | None, stated: Mapping[str, Any]) -> DunningSettings:
    """A preset with the keys that a settings file states in its place (contract.md 2).

    ``stated`` holds only what was written down, in the model's own types: whatever stands there wins, also where it
    equals a default of the model. Own levels replace the preset's levels as a whole.
    """
    return replace(preset(name) if name is not None else DunningSettings(preset=None), **stated)


def effective(settings: DunningSettings) -> DunningSettings:
    """Complete settings: without levels of their own they take those of their preset.

    Settings with levels, or without a preset, are complete and come back as they are (``with_preset`` makes such).
    Otherwise only a preset was named: its values hold, except where the settings differ from the model's defaults.
    """
    if settings.levels or settings.preset is None:
        return settings
    plain = DunningSettings(preset=settings.preset)
    stated = {
        field.name: getattr(settings, field.name)
        for field in fields(DunningSettings)
        if getattr(settings, field.name) != getattr(plain, field.name)
    }
    return replace(preset(settings.preset), **stated)


@cache
def preset_table(name: str) -> Mapping[str, Any]:
    """The file of a preset as it stands. Raises KeyError for a name not in ``PRESETS``."""
    if name not in PRESETS:
        raise KeyError(name)
    text = resources.files("recon.dunning").joinpath("presets").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
