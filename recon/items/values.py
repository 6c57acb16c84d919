"""One cell of a table -> one value.

A cell of a CSV is a text. A cell of a workbook may also be a number, a date or a formula without a result. A reader
gets the cell and the currency of its row and returns the value or raises ``CellError``, which names the finding code.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from recon.items.headings import fold
from sepa.identifiers import IdentifierError, compact, is_creditor_id, is_mandate_id, is_rf, parse_bic, parse_iban
from sepa.money import AmountError, parse_amount, parse_typed_amount


class Formula(Enum):
    """A cell of a workbook whose formula has no stored result."""

    WITHOUT_VALUE = "formula"


Cell = str | int | float | bool | date | datetime | time | timedelta | Formula
Reader = Callable[[Cell, str], Any]

# What a finding quotes of a cell: enough to find it, not enough to flood a screen.
SHOWN_CHARACTERS: Final = 60
# No column takes more, and nothing longer is worth a second look.
MAX_CHARACTERS: Final = 1_000
# RFC 5321 leaves 254 characters for an address.
MAX_EMAIL: Final = 254
# A spreadsheet keeps 15 digits of a number; the sixteenth is made up.
SPREADSHEET_DIGITS: Final = 15
# No invoice, mandate or block of a living company lies outside; a mistyped century does.
EARLIEST: Final = date(1970, 1, 1)
LATEST: Final = date(2099, 12, 31)
# POSIX: two-digit years 00 to 68 are 20xx. A signature of 1969 cannot stand below a SEPA mandate.
CENTURY_PIVOT: Final = 69

_ISO_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})\Z", re.ASCII)
_GERMAN_DAY: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})\Z", re.ASCII)
_SERIAL: Final = re.compile(r"\d{5}(?:[.,]\d+)?\Z", re.ASCII)
_SCIENTIFIC: Final = re.compile(r"\d+(?:[.,]\d+)?E[+-]\d+\Z", re.ASCII | re.IGNORECASE)
_SPREADSHEET_ERROR: Final = re.compile(
    r"#(?:N/A|NV|REF!|BEZUG!|VALUE!|WERT!|DIV/0!|NAME\?|NUM!|ZAHL!|NULL!|#+)\Z", re.IGNORECASE
)
_INTEGER: Final = re.compile(r"\d{1,6}\Z", re.ASCII)
_PERCENT: Final = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?\s*%?\Z", re.ASCII)
_STRUCTURED: Final = re.compile(r"RF\d\d", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}\Z", re.ASCII)
_DEBTOR_ACCOUNT: Final = re.compile(r"[1-6]\d{4,8}\Z", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}\Z", re.ASCII)
_EMAIL: Final = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]{2,}\Z")
# Control characters, and the invisible ones (zero width, direction marks, byte order mark, soft hyphen) that make two
# equal-looking numbers differ. Tab and line breaks are blanks of a text.
_FORBIDDEN: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffd\ufffe\uffff]"
)


class CellError(ValueError):
    """A cell that cannot be read: the code of its finding and the facts that its text quotes beside the value."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def cell_text(cell: Cell) -> str:
    """What a person sees in a cell, blanks around it removed."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 10**SPREADSHEET_DIGITS else f"{cell:.15g}"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, Formula):
        return "="
    return str(cell)


def quoted(cell: Cell) -> str:
    """The cell as a finding quotes it: invisible characters made visible, cut to ``SHOWN_CHARACTERS``."""
    text = _FORBIDDEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", cell_text(cell))
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"


def _typed_text(cell: Cell) -> str:
    """The text of a cell that must not be a date, an error of the spreadsheet or hold invisible characters."""
    if isinstance(cell, Formula):
        raise CellError("formula-without-value")
    if isinstance(cell, date | time | timedelta):
        raise CellError("spreadsheet-date")
    found = cell_text(cell)
    hidden = _FORBIDDEN.search(cell if isinstance(cell, str) else found)  # before blanks are cut: \x1f counts as one
    if hidden:
        raise CellError("control-character", character=f"U+{ord(hidden[0]):04X}")
    if len(found) > MAX_CHARACTERS:
        raise CellError("text-too-long", length=len(found), limit=MAX_CHARACTERS)
    if found.startswith("#") and _SPREADSHEET_ERROR.match(found):
        raise CellError("spreadsheet-error")
    return found


def text(limit: int) -> Reader:
    """Free text: runs of blanks and line breaks become one blank, at most ``limit`` characters, NFC."""

    def read(cell: Cell, _currency: str) -> str:
        found = " ".join(_typed_text(cell).split())
        if len(found) > limit:
            raise CellError("text-too-long", length=len(found), limit=limit)
        return found if found.isascii() else unicodedata.normalize("NFC", found)

    return read


def identifier(limit: int) -> Reader:
    """A number that names something: leading zeros stay, ``4711.0`` of a workbook is ``4711``, and what a spreadsheet
    has rounded (``1,23E+05``, more than 15 digits, a fraction) is refused: the number is lost."""

    def read(cell: Cell, _currency: str) -> str:
        found = _typed_text(cell)
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            whole = isinstance(cell, int) or cell.is_integer()
            if not whole or abs(cell) >= 10**SPREADSHEET_DIGITS:
                raise CellError("spreadsheet-number")
        if _SCIENTIFIC.match(found):
            raise CellError("spreadsheet-number")
        if "\n" in found or "\r" in found or "\t" in found:
            raise CellError("control-character", character="U+000A")
        if len(found) > limit:
            raise CellError("text-too-long", length=len(found), limit=limit)
        return found if found.isascii() else unicodedata.normalize("NFC", found)

    return read


def mandate_id(cell: Cell, currency: str) -> str:
    """A mandate reference (EPC AT-01): 1 to 35 characters of the restricted set, no ``/`` at the ends, no ``//``."""
    found: str = identifier(limit=100)(cell, currency)
    if not is_mandate_id(found):
        raise CellError("mandate-id-invalid")
    return found


def creditor_reference(cell: Cell, currency: str) -> str:
    """A structured reference: one that starts with ``RF`` and two digits must have right check digits (ISO 11649)."""
    found: str = identifier(limit=100)(cell, currency)
    bare = compact(found)
    if _STRUCTURED.match(bare):
        if not is_rf(bare):
            raise CellError("reference-invalid")
        return bare
    if len(found) > 35:
        raise CellError("text-too-long", length=len(found), limit=35)
    return found


def amount(cell: Cell, currency: str) -> int:
    """Money in minor units. A number of a workbook is taken as it is, a text as people write it (users.md 2.8)."""
    found = _typed_text(cell)
    parse = parse_typed_amount if isinstance(cell, str) else parse_amount
    try:
        return parse(found, currency)
    except AmountError as problem:
        facts: dict[str, object] = {}
        if problem.reason == "ambiguous":
            bare = re.sub(r"[^\d.,-]", "", found)
            digits = re.sub(r"\D", "", bare)
            facts = {"thousand": f"{digits},00", "fraction": f"{bare.replace('.', ',')}0"}
        raise CellError(f"amount-{problem.reason}", currency=currency, **facts) from problem


def day(cell: Cell, _currency: str) -> date:
    """A calendar day: ``31.12.2026``, ``31.12.26``, ``2026-12-31`` or a date cell of a workbook."""
    if isinstance(cell, datetime):
        if cell.time() != time():
            raise CellError("date-invalid")
        return _in_range(cell.date())
    if isinstance(cell, date):
        return _in_range(cell)
    if isinstance(cell, time | timedelta):
        raise CellError("date-invalid")
    return _day_of_text(_typed_text(cell))


@lru_cache(maxsize=4096)
def _day_of_text(found: str) -> date:
    if _SERIAL.match(found):
        raise CellError("date-serial")
    if iso := _ISO_DAY.match(found):
        year, month, day_of_month = int(iso[1]), int(iso[2]), int(iso[3])
    elif german := _GERMAN_DAY.match(found):
        year, month, day_of_month = int(german[3]), int(german[2]), int(german[1])
        if len(german[3]) == 2:
            year += 2000 if year < CENTURY_PIVOT else 1900
    else:
        raise CellError("date-invalid")
    try:
        return _in_range(date(year, month, day_of_month))
    except ValueError as problem:
        if isinstance(problem, CellError):
            raise
        raise CellError("date-invalid") from problem


def _in_range(found: date) -> date:
    if not EARLIEST <= found <= LATEST:
        raise CellError("date-out-of-range", earliest=EARLIEST, latest=LATEST)
    return found


def iban(cell: Cell, _currency: str) -> str:
    """An IBAN, blanks removed, check digits proved."""
    try:
        return parse_iban(_typed_text(cell))
    except IdentifierError as problem:
        mistyped = problem.reason == "check-digits"
        raise CellError("iban-check-digits" if mistyped else "iban-invalid") from problem


def creditor_id(cell: Cell, _currency: str) -> str:
    """A creditor identifier (EPC262-08), its check digits proved."""
    found = compact(_typed_text(cell))
    if not is_creditor_id(found):
        raise CellError("creditor-id-invalid")
    return found


def bic(cell: Cell, _currency: str) -> str:
    """A BIC: 8 or 11 characters (ISO 9362)."""
    try:
        return parse_bic(_typed_text(cell))
    except IdentifierError as problem:
        raise CellError("bic-invalid") from problem


def integer(lowest: int, highest: int) -> Reader:
    """A whole number of days."""

    def read(cell: Cell, _currency: str) -> int:
        found = _typed_text(cell)
        if not _INTEGER.match(found) or not lowest <= int(found) <= highest:
            raise CellError("number-invalid", lowest=lowest, highest=highest)
        return int(found)

    return read


def percent(cell: Cell, _currency: str) -> int:
    """A percentage in hundredths: ``2``, ``2,00``, ``2.5 %``."""
    found = _PERCENT.match(_typed_text(cell))
    if found is None or (value := int(found[1] + (found[2] or "").ljust(2, "0"))) > 10000:
        raise CellError("percent-invalid")
    return value


def code(pattern: re.Pattern[str], finding: str) -> Reader:
    """A code in capital letters."""

    def read(cell: Cell, _currency: str) -> str:
        found = _typed_text(cell).upper()
        if not pattern.match(found):
            raise CellError(finding)
        return found

    return read


currency_code = code(_CURRENCY, "currency-invalid")
debtor_account = code(_DEBTOR_ACCOUNT, "debtor-account-invalid")


def country_code(cell: Cell, _currency: str) -> str:
    """An ISO 3166 country of two letters; the commonest names and car plates are understood."""
    found = _typed_text(cell).upper()
    found = {"D": "DE", "A": "AT", "DEUTSCHLAND": "DE", "GERMANY": "DE", "ÖSTERREICH": "AT", "AUSTRIA": "AT",
             "SCHWEIZ": "CH", "SWITZERLAND": "CH"}.get(found, found)  # fmt: skip
    if not _COUNTRY.match(found):
        raise CellError("country-invalid")
    return found


def email(cell: Cell, _currency: str) -> str:
    """One mail address. Its shape is proved, not its existence."""
    found = _typed_text(cell)
    if len(found) > MAX_EMAIL or not _EMAIL.match(found):
        raise CellError("email-invalid")
    return found


def choice(words: Mapping[Any, tuple[str, ...]]) -> Reader:
    """One of a set of values, each with its words, German and English."""
    known = {fold(word): value for value, spelled in words.items() for word in (str(value), *spelled)}
    allowed = ", ".join(str(value) for value in words)

    def read(cell: Cell, _currency: str) -> Any:
        found = fold(_typed_text(cell))
        if found not in known:
            raise CellError("choice-unknown", allowed=allowed)
        return known[found]

    return read
