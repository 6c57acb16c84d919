"""Until when a debtor may claim a debit back (domain.md 3.5)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sepa.calendar import next_bank_day
from sepa.mandate import Scheme, add_months

# How long an authorised debit may be claimed back: eight weeks from the debit (§ 675x (4) BGB).
REFUND_WEEKS: Final = 8
# How long an unauthorised one may: thirteen months from the debit (§ 676b (2) BGB), CORE and B2B.
UNAUTHORISED_MONTHS: Final = 13


@dataclass(frozen=True, slots=True)
class Overdue:
    """A refund that came when the right to it was gone: ``until`` was its last day, ``None`` where there never was one
    (B2B); ``rule`` says where that stands."""

    until: date | None
    rule: str


def overdue(code: str | None, scheme: Scheme, debited_on: date, day: date) -> Overdue | None:
    """Whether a debit came back (``day``) after the debtor could claim it back, or without a right to; ``None`` where
    it was in time. The time ends on a bank day (§§ 188, 193 BGB). It holds for the debtor's claim, and his bank has up
    to ten more bank days (§ 675x (5) BGB): what is a day late is worth a question, not a verdict.

    >>> overdue("MD06", Scheme.CORE, date(2026, 1, 5), date(2026, 3, 3))
    Overdue(until=datetime.date(2026, 3, 2), rule='§ 675x Abs. 4 BGB')
    >>> overdue("MD01", Scheme.CORE, date(2026, 1, 5), date(2027, 2, 5)) is None
    True
    """
    if code == "MD06" and scheme is Scheme.B2B:
        return Overdue(None, "§ 675e Abs. 4 BGB")
    if code == "MD06":
        until = next_bank_day(debited_on + timedelta(weeks=REFUND_WEEKS))
        return Overdue(until, "§ 675x Abs. 4 BGB") if day > until else None
    until = next_bank_day(add_months(debited_on, UNAUTHORISED_MONTHS))
    return Overdue(until, "§ 676b Abs. 2 BGB") if day > until else None
