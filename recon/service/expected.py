"""What became of the lines that a bank has announced during the day (MT942, camt.052, camt.054): still expected,
replaced by the line that the day's statement brought, or lapsed because the day is over and no such line came.

Derived when it is read, so that it is right in whatever order the files come, and right again when one is taken out.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, select

from recon.service.once import ANNOUNCING
from recon.store import statements as store
from recon.store.tables import lines, statements

# How many days after the announced day a bank may book the line: over a long weekend with a holiday beside it.
WAIT: Final = timedelta(days=5)


class Fate(StrEnum):
    """What became of an announced line."""

    EXPECTED = "expected"
    REPLACED = "replaced"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Expectation:
    """An announced line: its statement, its fate, and the booked line that has replaced it."""

    line: int
    statement: int
    fate: Fate
    day: date | None
    amount: int
    currency: str
    by: int | None = None


class _Told(NamedTuple):
    """What of a line tells whether two speak of the same booking."""

    id: int
    statement: int
    day: date | None
    amount: int
    currency: str
    end_to_end_id: str | None
    bank_ref: str | None
    iban: str | None
    text: str


# From the surest to the least sure; each asks for the amount too. The last is the rule of a day told twice: the same
# bookings in other words (``recon.service.once``).
_LIKENESS: Final[tuple[Callable[[_Told], Hashable | None], ...]] = (
    lambda one: (one.end_to_end_id, one.iban, one.text) if one.text else None,
    lambda one: one.end_to_end_id,
    lambda one: one.bank_ref,
    lambda one: (one.iban, one.text) if one.iban and one.text else None,
    lambda one: one.iban,
    lambda one: one.day,
)


def expectations(connection: Connection, announced: Sequence[Any] | None = None) -> dict[int, Expectation]:
    """The announced lines of these statements (rows; all that announce where none are given) by their id."""
    if announced is None:
        query = select(statements).where(statements.c.format.in_(sorted(ANNOUNCING))).order_by(statements.c.id)
        announced = list(connection.execute(query))
    found: dict[int, Expectation] = {}
    for account in sorted({row.account_id for row in announced}):
        own = [row for row in announced if row.account_id == account]
        found |= _of_account(connection, account, own)
    return found


def lapsed_with(connection: Connection, statement: Any) -> list[Expectation]:
    """The announced lines whose day a statement (a row) has closed without bringing them."""
    announced = store.statements_between(
        connection, statement.account_id, _since(statement), statement.period_to,
        statements.c.format.in_(sorted(ANNOUNCING)),
    )  # fmt: skip
    if not announced:
        return []
    return [
        one
        for one in expectations(connection, announced).values()
        if one.fate is Fate.LAPSED and one.day is not None and one.currency == statement.currency
        and _covers(statement, one.day)
    ]  # fmt: skip


def _of_account(connection: Connection, account: int, announced: Sequence[Any]) -> dict[int, Expectation]:
    told = _lines(connection, announced, "pending")
    days = [one.day for one in told if one.day is not None]
    first, last = (min(days) - WAIT, max(days) + WAIT) if days else (None, None)
    booking = store.statements_between(
        connection, account, first, None, statements.c.format.not_in(sorted(ANNOUNCING))
    )  # fmt: skip
    near = [row for row in booking if None in {row.period_from, last} or row.period_from <= last]
    booked = _lines(connection, near, "booked")
    form = {row.id: row.format for row in announced}
    by: dict[int, int] = {}
    # The same booking may be announced in several formats; within one of them twins are twins.
    for name in sorted(set(form.values())):
        by |= paired([one for one in told if form[one.statement] == name], booked)
    return {
        one.id: Expectation(one.id, one.statement, _fate(one, booking, by), one.day, one.amount, one.currency,
                            by.get(one.id))
        for one in told
    }  # fmt: skip


def paired(announced: Iterable[_Told], booked: Sequence[_Told]) -> dict[int, int]:
    """Which booked line has replaced which announced one: surest likeness first, each booked line once, the nearest day
    before a later one."""
    found: dict[int, int] = {}
    taken: set[int] = set()
    waiting = list(announced)
    for likeness in _LIKENESS:
        known: dict[Hashable, list[_Told]] = defaultdict(list)
        for one in booked:
            sign = likeness(one)
            if sign is not None and one.id not in taken:
                known[one.amount, one.currency, sign].append(one)
        still = []
        for one in waiting:
            sign = likeness(one)
            fitting = [] if sign is None else known.get((one.amount, one.currency, sign), [])
            near = [(_apart(one.day, other.day), other.id) for other in fitting if other.id not in taken]
            best = min((pair for pair in near if pair[0] <= WAIT), default=None)
            if best is None:
                still.append(one)
                continue
            found[one.id] = best[1]
            taken.add(best[1])
        waiting = still
    return found


def _apart(one: date | None, other: date | None) -> timedelta:
    """Days between two days; none where a day is not known."""
    return timedelta(0) if one is None or other is None else abs(other - one)


def _fate(one: _Told, booking: Iterable[Any], by: dict[int, int]) -> Fate:
    if one.id in by:
        return Fate.REPLACED
    over = one.day is not None and any(
        row.currency == one.currency and _covers(row, one.day) for row in booking
    )  # fmt: skip
    return Fate.LAPSED if over else Fate.EXPECTED


def _covers(statement: Any, day: date) -> bool:
    """Whether a statement tells all that was booked on a day."""
    since = _since(statement)
    return since is not None and statement.period_to is not None and since <= day <= statement.period_to


def _since(statement: Any) -> date | None:
    """From when on a statement tells all: from the day after its opening balance (a day without bookings has no
    statement of its own), or from its own first day."""
    after = [] if statement.opening_date is None else [statement.opening_date + timedelta(days=1)]
    return min([*after, *([] if statement.period_from is None else [statement.period_from])], default=None)


def _lines(connection: Connection, of: Sequence[Any], status: str) -> list[_Told]:
    """The lines (no details) of statements that have a status, by id."""
    ends = {row.id: row.period_to for row in of}
    if not ends:
        return []
    found = []
    numbers = sorted(ends)
    for start in range(0, len(numbers), 500):
        query = select(
            lines.c.id, lines.c.statement_id, lines.c.booking_date, lines.c.value_date, lines.c.amount,
            lines.c.currency, lines.c.end_to_end_id, lines.c.bank_ref, lines.c.iban, lines.c.remittance,
        ).where(
            lines.c.statement_id.in_(numbers[start : start + 500]), lines.c.parent_id.is_(None),
            lines.c.status == status,
        )  # fmt: skip
        found += [
            _Told(row.id, row.statement_id, row.booking_date or row.value_date or ends[row.statement_id], row.amount,
                  row.currency, row.end_to_end_id, row.bank_ref, row.iban, store.bare(row.remittance))
            for row in connection.execute(query.order_by(lines.c.id))
        ]  # fmt: skip
    return found
