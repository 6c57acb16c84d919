"""Settings as plain data and back, lossless: the books store them as JSON, ``opos settings show`` prints them.

The document has the shape of the company's TOML file: the same tables and keys, money as text, keys without a value
left out. One key more, ``dunning.given``, keeps which keys the file stated, as a preset decides the others.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from recon.model.settings import MailSettings, PbsSettings, Settings
from sepa.money import parse_amount, plain

# Tables and keys that hold money.
_MONEY: Final = (("dunning", "min_amount"), ("matching", "tolerance"), ("refunds", "min_amount"))
_LEVEL_MONEY: Final = ("fee", "min_amount")


def settings_document(settings: Settings) -> dict[str, Any]:
    """Settings as tables and keys, JSON-able. Accounts of the ledger are sorted by role."""
    document: dict[str, Any] = _without_none(msgspec.to_builtins(settings))
    if not document["users"]:
        del document["users"]
    # Nothing of it where nobody uses it.
    if settings.pbs == PbsSettings():
        del document["pbs"]
    if settings.mail == MailSettings():
        del document["mail"]
    document["ledger"] = dict(sorted(document.pop("ledger_accounts", ())))
    for table, key in _MONEY:
        document[table][key] = plain(document[table][key])
    for level in document["dunning"]["levels"]:
        for key in _LEVEL_MONEY:
            if key in level:
                level[key] = plain(level[key])
    rates = document["dunning"].pop("base_rates")
    if rates:
        document["dunning"]["base_rates"] = [{"from": one["since"], "percent": plain(one["percent"])} for one in rates]
    return document


def settings_of(document: Mapping[str, Any]) -> Settings:
    """The settings of a document that ``settings_document`` made. Raises ValueError for any other: our own promise."""
    tables = {name: dict(document.get(name, {})) for name in ("dunning", "matching", "refunds")}
    for name, key in _MONEY:
        if key in tables[name]:
            tables[name][key] = parse_amount(tables[name][key])
    dunning = tables["dunning"]
    dunning["preset"] = dunning.get("preset")
    dunning["levels"] = [
        {**level, **{key: parse_amount(level[key]) for key in _LEVEL_MONEY if key in level}}
        for level in dunning.get("levels", [])
    ]
    dunning["base_rates"] = [
        {"since": rate["from"], "percent": parse_amount(rate["percent"])} for rate in dunning.get("base_rates", [])
    ]
    rest = {key: value for key, value in document.items() if key != "ledger"}
    ledger = sorted(document.get("ledger", {}).items())
    return msgspec.convert({**rest, **tables, "ledger_accounts": ledger}, Settings)


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
