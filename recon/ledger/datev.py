"""The files that DATEV takes: EXTF 700, category 21 (Buchungsstapel) and 16 (Debitoren/Kreditoren).

The form follows DATEV's developer pages and the sample files named there: a header of 31 fields, a line of captions,
then a line a posting; semicolons, CR LF, decimal comma, Windows-1252. Which columns there are stands in
``datev_columns.toml``.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Final, Literal

from recon.ledger.datev_text import ENCODING, fit, label
from recon.model.settings import DatevSettings
from sepa.money import plain

VERSION: Final = 700
# DATEV takes 99,999 postings in a file; what is said of header and captions differs, so stay below.
MAX_LINES: Final = 99_997
# Ten digits before the comma.
MAX_AMOUNT: Final = 999_999_999_999
MAX_TEXT: Final = 60
_POSTINGS: Final = (21, "Buchungsstapel", 13)
_DEBTORS: Final = (16, "Debitoren/Kreditoren", 5)
# Not locked: the tax adviser looks at the batch before he does that himself (Festschreibung).
_OPEN: Final = "0"
# Takes an automatic account's tax back: opos books gross amounts that have been taxed by their invoice.
_NO_TAX: Final = "40"
_LABEL: Final = 30
_COUNTRIES: Final = {"de": "1", "en": "5"}

Form = Literal["postings", "debtors"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: its caption, its kind, and how many characters it takes (digits before and after the comma
    of an amount)."""

    caption: str
    kind: str
    length: int | tuple[int, int]


@dataclass(frozen=True, slots=True)
class DatevLine:
    """A posting as DATEV has it: an amount (positive, minor units) on two accounts. ``debit`` is the side of
    ``account``; ``reversal`` asks for a Generalumkehr, in which the amount counts negative on the same side."""

    entry: int
    day: date
    amount: int
    debit: bool
    account: str
    contra: str
    number: str
    text: str
    reversal: bool = False


@dataclass(frozen=True, slots=True)
class Debtor:
    """A customer's account in DATEV with what is known of him."""

    account: str
    customer_no: str
    name: str
    company: bool
    language: str
    street: str | None = None
    postcode: str | None = None
    town: str | None = None
    country: str | None = None
    email: str | None = None
    iban: str | None = None
    bic: str | None = None
    payment_term_days: int | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """Whose books they are in DATEV: its numbers, and the chart (``SKR03``)."""

    settings: DatevSettings
    chart: str


@dataclass(frozen=True, slots=True)
class Period:
    """Days that one file may hold: they lie in one month and in one fiscal year, which begins on ``year_start``."""

    first: date
    last: date
    year_start: date


def periods(first: date, last: date, year_start: str) -> list[Period]:
    """A span cut at the beginning of months and of fiscal years (``year_start`` is ``MM-DD``): a line's date is told
    without its year, DATEV takes it from the header.

    >>> [str(one.last) for one in periods(date(2026, 10, 20), date(2026, 12, 5), "01-01")]
    ['2026-10-31', '2026-11-30', '2026-12-05']
    """
    found: list[Period] = []
    while first <= last:
        month = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        following = _year_of(first, year_start, 1)
        end = min(last, month - timedelta(days=1), following - timedelta(days=1))
        found.append(Period(first, end, _year_of(first, year_start, 0)))
        first = end + timedelta(days=1)
    return found


@cache
def columns(form: Form) -> tuple[Column, ...]:
    """The columns of a file, in their order."""
    text = resources.files("recon.ledger").joinpath("datev_columns.toml").read_text(encoding="utf-8")
    known: Mapping[str, Sequence[tuple[str, str, int | list[int]]]] = tomllib.loads(text)
    return tuple(
        Column(caption, kind, (length[0], length[1]) if isinstance(length, list) else length)
        for caption, kind, length in known[form]
    )


def postings_file(lines: Iterable[DatevLine], client: Client, period: Period, made_on: date, name: str) -> bytes:
    """A Buchungsstapel. ``name`` is what the adviser finds it by (``X12``)."""
    head = _header(_POSTINGS, client, made_on, name, period)
    automatic = frozenset(client.settings.automatic_accounts)
    return _written("postings", head, (_posting(line, automatic) for line in lines))


def debtors_file(debtors: Iterable[Debtor], client: Client, made_on: date, name: str, year_start: date) -> bytes:
    """A list of debtors (Stammdaten)."""
    head = _header(_DEBTORS, client, made_on, name, Period(year_start, year_start, year_start))
    return _written("debtors", head, map(_debtor, debtors))


def _header(form: tuple[int, str, int], client: Client, made_on: date, name: str, period: Period) -> str:
    """31 fields. The time of creation is the day of the export without an hour: the same books give the same bytes."""
    category, told, version = form
    stack = form is _POSTINGS
    settings = client.settings
    title = label(f"{settings.label} {period.first:%m/%Y} {name}", _LABEL) if stack else ""
    fields = (
        '"EXTF"', str(VERSION), str(category), f'"{told}"', str(version), f"{made_on:%Y%m%d}000000000", "", '"RE"',
        '"opos"', '""', str(settings.consultant), str(settings.client), f"{period.year_start:%Y%m%d}",
        str(settings.account_length), f"{period.first:%Y%m%d}" if stack else "",
        f"{period.last:%Y%m%d}" if stack else "", f'"{title}"', '""', "1" if stack else "", "0" if stack else "",
        _OPEN if stack else "", '"EUR"' if stack else '""', "", '""', "", "", f'"{client.chart[-2:]}"', "", "", '""',
        f'"{name}"',
    )  # fmt: skip
    return ";".join(fields)


def _posting(line: DatevLine, automatic: frozenset[str]) -> Mapping[str, str]:
    return {
        "Umsatz (ohne Soll/Haben-Kz)": plain(line.amount).replace(".", ","),
        "Soll/Haben-Kennzeichen": "S" if line.debit else "H",
        "WKZ Umsatz": "EUR",
        "Konto": line.account,
        "Gegenkonto (ohne BU-Schlüssel)": line.contra,
        "BU-Schlüssel": _NO_TAX if automatic & {line.account, line.contra} else "",
        "Belegdatum": f"{line.day:%d%m}",
        "Belegfeld 1": line.number,
        "Buchungstext": line.text,
        "Festschreibung": _OPEN,
        "Generalumkehr (GU)": "1" if line.reversal else "",
    }


def _debtor(debtor: Debtor) -> Mapping[str, str]:
    """A person's name stands in one field of ours: it is not taken apart, the kind of addressee stays open."""
    name = "Name (Adressattyp Unternehmen)" if debtor.company else "Name (Adressattyp keine Angabe)"
    return {
        "Konto": debtor.account,
        name: debtor.name,
        "Adressattyp": "2" if debtor.company else "0",
        "Kurzbezeichnung": debtor.name,
        "Adressart": "STR" if debtor.street else "",
        "Straße": debtor.street or "",
        "Postleitzahl": debtor.postcode or "",
        "Ort": debtor.town or "",
        "Land": debtor.country or "",
        "E-Mail": debtor.email or "",
        "IBAN-Nr. 1": debtor.iban or "",
        "SWIFT-Code 1": debtor.bic or "",
        "Kennz. Hauptbankverb. 1": "1" if debtor.iban else "",
        "Kunden-/Lief.-Nr.": debtor.customer_no if len(debtor.customer_no) <= 15 else "",
        "Sprache": _COUNTRIES.get(debtor.language, ""),
        "Fälligkeit in Tagen (Debitor)": "" if debtor.payment_term_days is None else str(debtor.payment_term_days),
    }


def _written(form: Form, head: str, rows: Iterable[Mapping[str, str]]) -> bytes:
    known = columns(form)
    out = [head, ";".join(column.caption for column in known)]
    empty = ['""' if column.kind == "text" else "" for column in known]
    place = {column.caption: number for number, column in enumerate(known)}
    for row in rows:
        fields = list(empty)
        for caption, value in row.items():
            if value:
                fields[place[caption]] = _field(known[place[caption]], value)
        out.append(";".join(fields))
    return ("\r\n".join(out) + "\r\n").encode(ENCODING)


def _field(column: Column, value: str) -> str:
    if column.kind != "text" or not isinstance(column.length, int):
        return value
    text = fit(value, column.length).text
    return f'"{text.replace(chr(34), chr(34) * 2)}"'


def _year_of(day: date, year_start: str, further: int) -> date:
    """When the fiscal year of a day begins, or the one after it."""
    month, start = int(year_start[:2]), int(year_start[3:])
    year = day.year - (day < date(day.year, month, start))
    return date(year + further, month, start)
