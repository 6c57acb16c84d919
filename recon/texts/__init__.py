"""What opos says to people, German and English, as data.

``findings/*.toml`` holds the finding codes, ``evidence.toml`` the reasons of matching, ``reasons.toml`` the reasons of
exclusion, ``terms.toml`` headings and labels. A text quotes facts as ``{name}``. JSON always takes the English text.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from recon.model.finding import Finding
from sepa.money import Language, parse_amount, shown

_PLACE = re.compile(r"\{([a-z_]+)\}")
# Facts are in plain form: amounts with a point and two decimals, ISO dates.
_AMOUNT = re.compile(r"(?<![\w.,/-])-?\d{1,16}\.\d{2}(?![\w.,/-])", re.ASCII)
_DAY = re.compile(r"(?<![\w-])(\d{4})-(\d\d)-(\d\d)(?![\w-])", re.ASCII)
# Facts that quote a file or a text as it stands.
_QUOTED = frozenset({"value", "number", "text", "name", "item", "invoice", "books", "cause", "file"})


@cache
def catalogue(name: str) -> Mapping[str, Mapping[str, str]]:
    """A table of texts by code. ``findings`` is put together from one file a room."""
    folder = resources.files("recon.texts")
    if name != "findings":
        return _read(folder.joinpath(f"{name}.toml"))
    merged: dict[str, Mapping[str, str]] = {}
    for file in sorted(folder.joinpath("findings").iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            merged |= _read(file)
    return merged


def finding_text(finding: Finding, language: Language) -> str:
    """What was found."""
    return _fill(catalogue("findings")[finding.code][language], finding.facts, language)


def remedy(finding: Finding, language: Language) -> str:
    """What to do about it."""
    return _fill(catalogue("findings")[finding.code][f"remedy_{language}"], finding.facts, language)


def told(name: str, code: str, facts: tuple[tuple[str, str], ...], language: Language) -> str:
    """A text of the catalogue ``name`` with its facts put in."""
    return _fill(catalogue(name)[code][language], facts, language)


def term(code: str, language: Language) -> str:
    """A heading or label."""
    return catalogue("terms")[code][language]


def _fill(text: str, facts: tuple[tuple[str, str], ...], language: Language) -> str:
    values = {name: _told_fact(name, value, language) for name, value in facts}
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), text)


def _told_fact(name: str, value: str, language: Language) -> str:
    if name == "field" and value in catalogue("terms"):
        return term(value, language)
    return value if name in _QUOTED else _localised(value, language)


def _localised(value: str, language: Language) -> str:
    """Amounts and dates inside a fact as German readers write them; English ones read the plain form."""
    if language != "de":
        return value
    dated = _DAY.sub(r"\3.\2.\1", value)
    return _AMOUNT.sub(lambda found: shown(parse_amount(found[0]), "de"), dated)


def _read(file: Any) -> Mapping[str, Mapping[str, str]]:
    entries: Mapping[str, Mapping[str, str]] = tomllib.loads(file.read_text(encoding="utf-8"))
    return entries
