"""Settings as plain data and back, lossless: the books store them as JSON, ``opos settings show`` prints them.

The document has the shape of the company's TOML file: the same tables and keys, money as text, keys without a value
left out. One key more, ``dunning.given``, keeps which keys the file stated, as a preset decides the others.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from recon.model.settings import Settings
from sepa.money import parse_amount, plain

_MONEY: Final = ("min_amount",)
_LEVEL_MONEY: Final = ("fee",)


def settings_document(settings: Settings) -> dict[str, Any]:
    """Settings as tables and keys, JSON-able. Accounts of the ledger are sorted by role."""
    document: dict[str, Any] = _without_none(msgspec.to_builtins(settings))
    document["ledger"] = dict(sorted(document.pop("ledger_accounts", ())))
    dunning = document["dunning"]
    for key in _MONEY:
        dunning[key] = plain(dunning[key])
    for level in dunning["levels"]:
        for key in _LEVEL_MONEY:
            level[key] = plain(level[key])
    return document


def settings_of(document: Mapping[str, Any]) -> Settings:
    """The settings of a document that ``settings_document`` made. Raises ValueError for any other: our own promise."""
    dunning = dict(document.get("dunning", {}))
    dunning |= {key: parse_amount(dunning[key]) for key in _MONEY if key in dunning}
    dunning["preset"] = dunning.get("preset")
    dunning["levels"] = [
        {**level, **{key: parse_amount(level[key]) for key in _LEVEL_MONEY if key in level}}
        for level in dunning.get("levels", [])
    ]
    rest = {key: value for key, value in document.items() if key not in {"dunning", "ledger"}}
    ledger = sorted(document.get("ledger", {}).items())
    return msgspec.convert({**rest, "dunning": dunning, "ledger_accounts": ledger}, Settings)


def dump_settings(settings: Settings) -> str:
    """Canonical JSON: sorted keys, no blanks, the same text for the same settings."""
    return json.dumps(settings_document(settings), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def load_settings(text: str) -> Settings:
    """The settings that ``dump_settings`` wrote. Raises ValueError."""
    return settings_of(json.loads(text))


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(one) for key, one in value.items() if one is not None}
    return [_without_none(one) for one in value] if isinstance(value, list | tuple) else value
