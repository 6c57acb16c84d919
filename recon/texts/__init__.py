"""What opos says to people, German and English, as data.

``findings/*.toml`` holds the finding codes, ``evidence.toml`` the reasons of matching, ``reasons.toml`` the reasons of
exclusion, ``refunds.toml`` those why credit is not paid back, ``roles.toml`` who may do what, ``terms.toml`` headings
and labels. A text quotes facts as ``{name}``. JSON always takes the English text.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from recon.model.finding import Finding
from sepa.money import Language, parse_amount, shown
from sepa.returns import return_reason

_PLACE = re.compile(r"\{([a-z_]+)\}")
# Facts are in plain form: amounts with a point and two decimals, ISO dates.
_AMOUNT = re.compile(r"(?<![\w.,/-])-?\d{1,16}\.\d{2}(?![\w.,/-])", re.ASCII)
_DAY = re.compile(r"(?<![\w-])(\d{4})-(\d\d)-(\d\d)(?![\w-])", re.ASCII)
# Facts that quote a file or a text as it stands.
_GROUNDS = frozenset({"ground", "other_ground"})  # codes of the texts of ``explaining``
_QUOTED = frozenset({"value", "command", "number", "text", "name", "item", "invoice", "books", "cause", "file"})
# Tables in which further facts quote what stands in a line or name items.
_REASONS = frozenset({"evidence", "explaining"})
_QUOTED_IN_REASONS = _QUOTED | {"found", "numbers", "reference", "first", "second", "line"}


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
    if code == "return-reason":
        facts = tuple((key, _return_reason(value, language)) for key, value in facts)
    quoted = _QUOTED_IN_REASONS if name in _REASONS else _QUOTED
    return _fill(catalogue(name)[code][language], facts, language, quoted)


def why(code: str, facts: tuple[tuple[str, str], ...], language: Language) -> str:
    """A reason of ``opos match explain``: one of its own, or evidence of the engine."""
    return told("explaining" if code in catalogue("explaining") else "evidence", code, facts, language)


def term(code: str, language: Language) -> str:
    """A heading or label."""
    return catalogue("terms")[code][language]


def filled(code: str, language: Language, **facts: object) -> str:
    """A sentence of the headings and labels, its places filled with values that are told already."""
    return _PLACE.sub(lambda found: str(facts.get(found[1], found[0])), term(code, language))


def _fill(text: str, facts: tuple[tuple[str, str], ...], language: Language, quoted: frozenset[str] = _QUOTED) -> str:
    values = {name: value if name in quoted else _told_fact(name, value, language) for name, value in facts}
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), text)


def _told_fact(name: str, value: str, language: Language) -> str:
    if name in {"field", "status", "said"} and value in catalogue("terms"):
        return term(value, language)
    if name in {"role", "roles", "action"}:
        return ", ".join(catalogue("roles")[one][language] for one in value.split(", "))
    if name == "reasons":
        return ", ".join(term(f"reason_{one}", language) for one in value.split(", "))
    if name in _GROUNDS:
        return catalogue("explaining")[value][language]
    if name == "type" and f"type-{value}" in catalogue("explaining"):
        return catalogue("explaining")[f"type-{value}"][language]
    return _localised(value, language)


def _return_reason(code: str, language: Language) -> str:
    """The bank's code with its meaning."""
    reason = return_reason(code)
    return code if reason is None else f"{code} ({reason.de if language == 'de' else reason.en})"


def _localised(value: str, language: Language) -> str:
    """Amounts and dates inside a fact as German readers write them; English ones read the plain form."""
    if language != "de":
        return value
    dated = _DAY.sub(r"\3.\2.\1", value)
    return _AMOUNT.sub(lambda found: shown(parse_amount(found[0]), "de"), dated)


def _read(file: Any) -> Mapping[str, Mapping[str, str]]:
    entries: Mapping[str, Mapping[str, str]] = tomllib.loads(file.read_text(encoding="utf-8"))
    return entries
