"""Every bank line once: which lines of a statement the books have already (design.md, promise 3).

Identity comes from a line's content, the account's chain of balances decides what may be the same at all: statements
that follow on one another share no line, however equal two look; statements of the same days may.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection

from recon.model.finding import Finding, error
from recon.model.statement import Statement
from recon.store import statements as store
from recon.store.tables import statements
from sepa.money import plain

# Formats that announce bookings but do not book them.
ANNOUNCING: Final = frozenset({"mt942", "camt.052", "camt.054"})


def fresh_lines(
    connection: Connection, account_id: int, statement: Statement, identities: Sequence[str]
) -> list[bool] | Finding:
    """For each line whether it is new to the account, or what speaks against the statement: a day that is told again
    must not say something else."""
    others = _overlapping(connection, account_id, statement)
    if not others:
        return [True] * len(identities)
    numbers = [row.id for row in others]
    left = Counter(store.count_known(connection, numbers, identities))
    fresh = [not _known(left, key) for key in identities]
    again = any(_same_span(row, statement) for row in others)
    if not any(fresh) or (all(fresh) and not again):
        return fresh
    there = store.booked_between(connection, numbers, *days_of(statement))
    if again and sorted(there, key=str) == sorted(
        ((line.booking_date, line.amount) for line in statement.lines), key=str
    ):
        # The same bookings in other words: another format, or texts that the bank has cut elsewhere.
        return [False] * len(identities)
    return _changed(statement, sum(amount for _, amount in there), fresh) or fresh


def dependents(connection: Connection, row: Any) -> list[tuple[Any, int]]:
    """The later statements of the same days that left lines out as known, with how many they left out: what they left
    out may be in this one."""
    later = store.statements_between(
        connection, row.account_id, row.period_from, row.period_to, statements.c.id > row.id
    )
    announcing = row.format in ANNOUNCING
    told = [one for one in later if (one.format in ANNOUNCING) == announcing and not _neighbours(one, row)]
    held = store.count_lines(connection, [one.id for one in told])
    return [(one, one.line_count - held.get(one.id, 0)) for one in told if held.get(one.id, 0) < one.line_count]


def days_of(statement: Statement) -> tuple[date | None, date | None]:
    """The first and the last day of a statement, its lines included."""
    days = [line.booking_date for line in statement.lines if line.booking_date is not None]
    first = [day for day in (statement.period_from, *days) if day is not None]
    last = [day for day in (statement.period_to, statement.closing_date, *days) if day is not None]
    return min(first, default=None), max(last, default=None)


def _known(left: Counter[str], key: str) -> bool:
    """Take one of the known lines of this identity, if one is left: twins count as often as they were told."""
    if left[key] > 0:
        left[key] -= 1
        return True
    return False


def _changed(statement: Statement, there: int, fresh: Sequence[bool]) -> Finding | None:
    """A finding where the known lines of the days and the new ones do not add up to what the balances say."""
    if statement.opening is None or statement.closing is None or not (statement.first_page and statement.last_page):
        return None
    new = sum(line.amount for line, is_new in zip(statement.lines, fresh, strict=True) if is_new)
    moved = statement.closing - statement.opening
    if there + new == moved:
        return None
    first, last = days_of(statement)
    return error(
        "statement-changed",
        statement.where,
        account=statement.account,
        first=first,
        last=last,
        expected=plain(moved, statement.currency),
        found=plain(there + new, statement.currency),
    )


def _overlapping(connection: Connection, account_id: int, statement: Statement) -> list[Any]:
    """The statements that may hold lines of this one: those of the same days, but for its neighbours in the chain of
    balances. A page, or a second statement of a day, that begins where another ends holds none of its lines, however
    equal they look."""
    first, last = days_of(statement)
    known = store.statements_between(connection, account_id, first, last)
    announcing = statement.format in ANNOUNCING
    return [row for row in known if (row.format in ANNOUNCING) == announcing and not _neighbours(row, statement)]


def _neighbours(row: Any, statement: Any) -> bool:
    """Whether one of the two goes on where the other ends: a statement, or the row of one.

    Where one ends at the balance it began with (a quiet day, a swept account), the balance alone cannot tell going on
    from telling again: then only the next page of the same statement goes on.
    """
    if None in {row.opening, row.closing, statement.opening, statement.closing}:
        return False
    if statement.opening != row.closing and statement.closing != row.opening:
        return False
    if row.opening != row.closing and statement.opening != statement.closing:
        return True
    return (row.format, row.number) == (statement.format, statement.number) and row.page != statement.page


def _same_span(row: Any, statement: Statement) -> bool:
    """Whether a statement of the books leads from the same balance to the same balance over the same days."""
    span = (statement.opening, statement.closing, *days_of(statement))
    return statement.opening is not None and (row.opening, row.closing, row.period_from, row.period_to) == span
