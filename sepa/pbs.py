"""Betalingsservice (PBS), the Danish direct debit: what its files share, and the rules of its days.

Positions are from domain.md section 10, which took them from open programs: nothing here has been tried with the
operator (Mastercard Payment Services, once Nets). Amounts are øre (DKK); what a field cannot hold is refused, not cut.
"""

import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sepa.calendar import bank_days_between
from sepa.charset import convert

CURRENCY: Final = "DKK"
# A record is 128 characters, filled up with blanks.
RECORD: Final = 128
ENCODING: Final = "iso-8859-1"
# Line ends are not part of a record; the operator's mainframe takes them from Windows files.
LINE_END: Final = "\r\n"
COLLECTIONS: Final = "0601"
PAYMENTS: Final = "0602"
AGREEMENTS: Final = "0603"
# Automatic payment.
SECTION: Final = "0112"
MAX_PAYER: Final = 15
MAX_AGREEMENT: Final = 9
# Thirteen digits of øre.
MAX_AMOUNT: Final = 10**13 - 1
MAX_LINE: Final = 35
MAX_TEXT: Final = 60
# A text line that ends with an amount: so much text, so many characters of amount.
AMOUNT_TEXT: Final = 38
AMOUNT_WIDTH: Final = 9
# A delivery for a month is free until more than this many bank days are left of the month before; down to MIN_DAYS it
# costs a fee, and then it is too late.
FREE_DAYS: Final = 6
MIN_DAYS: Final = 3
# The operator takes no payment date further away.
MAX_DAYS_AHEAD: Final = 90
# What Latin-1 does not know of letters is told by the table of SEPA.
UNKNOWN: Final = "?"


@dataclass(frozen=True, slots=True)
class Creditor:
    """Who delivers and who collects: ``supplier`` is the data supplier's CVR number, ``number`` the PBS creditor
    number, ``registration`` and ``account`` the own bank account, ``user`` an identification of one's own."""

    name: str
    supplier: str
    subsystem: str
    number: str
    group: str
    registration: str
    account: str
    user: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A line that the debtor reads; with an amount it stands at the right of a shorter text."""

    text: str
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """What one debtor pays on one day: the operator takes no more than one collection of a debtor a day. ``payer`` is
    his number with the creditor, digits; ``reference`` comes back with the answer."""

    payer: str
    agreement: str
    name: str
    street: str
    postcode: str
    day: date
    amount: int
    reference: str
    texts: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery 0601. ``number`` is the delivery's own."""

    creditor: Creditor
    number: int
    made_on: date
    collections: tuple[Collection, ...]
    text_lines: bool = True


def latin(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A text in ISO-8859-1, and what was replaced in it: (character, replacement), each once, in the order of the text.

    >>> latin("Sørensen & Dvořák 😀")
    ('Sørensen & Dvorák ?', (('ř', 'r'), ('😀', '?')))
    """
    composed = unicodedata.normalize("NFC", text)
    foreign = {sign: _latin(sign) for sign in dict.fromkeys(composed) if not _is_latin(sign)}
    replaced = tuple((sign, other) for sign, other in foreign.items() if not sign.isspace())
    told = composed.translate({ord(sign): other for sign, other in foreign.items()})
    return " ".join(told.split()), replaced


def _is_latin(sign: str) -> bool:
    return sign.isprintable() and ord(sign) < 256


def _latin(sign: str) -> str:
    if sign.isspace() or unicodedata.category(sign) in {"Cc", "Cf", "Mn"}:
        return " " if sign.isspace() else ""
    found = convert(sign).text
    return UNKNOWN if found in {"", "."} else found


def collection_day(due: date, due_day: int) -> date:
    """The first due day on or after a date (A-26). A month that has no such day has its last day instead.

    >>> collection_day(date(2026, 11, 3), 1).isoformat(), collection_day(date(2026, 11, 3), 31).isoformat()
    ('2026-12-01', '2026-11-30')
    """
    if not 1 <= due_day <= 31:
        raise ValueError(f"no day of a month: {due_day}")
    day = _in_month(due.year, due.month, due_day)
    return day if day >= due else _in_month(*_next(due), due_day)


def days_left(as_of: date) -> int:
    """How many bank days are left of a month after a day. Danish bank holidays are not known here: T2's days count.

    >>> days_left(date(2026, 11, 20)), days_left(date(2026, 11, 30))
    (6, 0)
    """
    return bank_days_between(as_of, date(as_of.year, as_of.month, monthrange(as_of.year, as_of.month)[1]))


def first_month(as_of: date) -> date:
    """The first day of the first month for which a delivery of this day comes in time: the next one, or the one after
    it where fewer than three bank days are left.

    >>> first_month(date(2026, 11, 20)).isoformat(), first_month(date(2026, 11, 27)).isoformat()
    ('2026-12-01', '2027-01-01')
    """
    first = date(*_next(as_of), 1)
    return first if days_left(as_of) >= MIN_DAYS else date(*_next(first), 1)


def day_for(due: date, due_day: int, as_of: date) -> date:
    """When something that is due can be collected: on the first due day on or after its due date and within a month
    that a delivery of ``as_of`` is in time for."""
    return collection_day(max(due, first_month(as_of)), due_day)


def too_far(day: date, as_of: date) -> bool:
    """Whether a payment date lies further ahead than the operator takes it."""
    return day > as_of + timedelta(days=MAX_DAYS_AHEAD)


def address_lines(street: str) -> tuple[str, ...] | None:
    """A street on one or two lines of 35 characters, broken at a blank; ``None`` where it does not fit."""
    if len(street) <= MAX_LINE:
        return (street,)
    cut = street.rfind(" ", 0, MAX_LINE + 1)
    first, second = (street[:cut], street[cut + 1 :]) if cut > 0 else (street[:MAX_LINE], street[MAX_LINE:])
    return (first, second) if len(second) <= MAX_LINE else None


def _in_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def _next(day: date) -> tuple[int, int]:
    return (day.year + day.month // 12, day.month % 12 + 1)
