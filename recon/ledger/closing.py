"""What is closed: bank accounts' days and periods of the journal (users.md 2.7, screen 10). Closings in, days out.

A day closes a bank account's side: no statement brings or loses a line up to it. A period closes the journal: nothing
is booked with a day in it any more. What was reopened closes nothing.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from recon.model.ledger import Closing, ClosingKind
from sepa.calendar import next_bank_day


def standing(closings: Iterable[Closing]) -> list[Closing]:
    """The closings of days and periods that were not reopened, in their order."""
    found = list(closings)
    taken_back = {closing.reopens for closing in found}
    return [closing for closing in found if closing.kind is not ClosingKind.REOPEN and closing.id not in taken_back]


def closed_until(closings: Iterable[Closing]) -> date | None:
    """The last day of the closed periods; ``None`` where no period is closed."""
    days = [closing.day for closing in standing(closings) if closing.kind is ClosingKind.PERIOD]
    return max(days, default=None)


def closed_for(closings: Iterable[Closing], account: int) -> date | None:
    """The last day of an account up to which its lines stand: of its own closings, or of a period."""
    days = [closing.day for closing in standing(closings) if closing.account in {account, None}]
    return max(days, default=None)


def last_of(closings: Iterable[Closing], account: int) -> Closing | None:
    """The last closing of an account's days that stands."""
    own = [closing for closing in standing(closings) if closing.account == account]
    return max(own, key=lambda closing: (closing.day, closing.id), default=None)


def first_open(until: date) -> date:
    """The first day on which may be booked when a period is closed until a day."""
    return until + timedelta(days=1)


def booking_day(day: date, until: date | None) -> date:
    """The day on which a bank line of a day is booked: its own, or the first that is open."""
    return day if until is None or day > until else first_open(until)


def bank_day(booked: date | None, opening: date | None, closing: date | None, last: date | None = None) -> date | None:
    """The day by whose end the bank has a line in its balance: the day on which its statement closes, or the line's own
    in a statement of several days.

    Banks give lines days before their statement begins (booked late) and after it ends (valued later); their closing
    balance holds them all the same. ``opening``, ``closing`` and ``last`` are the statement's.

    >>> bank_day(date(2026, 11, 19), date(2026, 11, 19), date(2026, 11, 20)).isoformat()
    '2026-11-20'
    >>> bank_day(date(2026, 11, 18), date(2026, 11, 13), date(2026, 11, 20)).isoformat()
    '2026-11-18'
    """
    end = closing or last
    if end is None or (booked is not None and opening is not None and opening < booked < end):
        return booked
    return end


def reaches(closed: date | None, until: date) -> bool:
    """Whether days that are closed until one day are closed until another: no bank day lies between, so that no bank
    has booked anything."""
    if closed is None or closed >= until:
        return closed is not None
    day = closed + timedelta(days=1)
    return next_bank_day(day) > until


def hindrance(closings: Iterable[Closing], chosen: Closing) -> Closing | None:
    """What has to be reopened before a closing: the later one of its kind, and before a day the period that was closed
    because the day was."""
    stands = standing(closings)
    same = [one for one in stands if (one.kind, one.account) == (chosen.kind, chosen.account)]
    later = [one for one in same if (one.day, one.id) > (chosen.day, chosen.id)]
    if chosen.kind is ClosingKind.DAY:
        rest = max((one.day for one in same if one.id != chosen.id and one not in later), default=None)
        later += [
            one for one in stands
            if one.kind is ClosingKind.PERIOD and one.id > chosen.id and not reaches(rest, one.day)
        ]  # fmt: skip
    return max(later, key=lambda one: one.id, default=None)
