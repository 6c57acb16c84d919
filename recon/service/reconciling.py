"""Bank and ledger side by side (Kontoabstimmung, users.md 2.7), as of any day or day by day."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from recon.model.finding import Finding, warning
from recon.model.roles import Action
from recon.service.context import Context, reading
from recon.service.once import ANNOUNCING
from recon.service.reporting import Look
from recon.service.statements import Gap, gaps
from recon.store import as_of as store
from recon.store.as_of import Until
from recon.store.ids import shown_id
from recon.store.rows import day_of
from recon.store.tables import allocations, entries, files, lines, statements
from sepa.calendar import is_bank_day
from sepa.money import plain

_ALL = Look()


@dataclass(frozen=True, slots=True)
class Reconciled:
    """An account over some days, or until one: the bank's balance, the ledger's, and the open lines between them.

    ``statement`` is the last one until then and ``on`` the day of its closing balance; ``present`` says whether that is
    ``day`` itself. ``told_later`` are lines of these days that only a later statement tells of. ``gap`` is the hole in
    the chain of balances in which the day lies or that lies before it.
    """

    account: str
    currency: str
    day: date
    statement: str | None
    on: date | None
    present: bool
    opening: int
    incoming: int
    outgoing: int
    bank: int
    ledger: int
    open_lines: int
    open_sum: int
    told_later: int
    gap: Gap | None

    @property
    def difference(self) -> int:
        """What nothing explains; 0 where the books are in order."""
        return self.bank + self.told_later - self.ledger - self.open_sum


def reconciliation(
    context: Context, first: date | None = None, last: date | None = None, look: Look = _ALL
) -> list[Reconciled]:
    """Each own account: what the bank says, what the ledger says, and the open lines between them. One row an account
    as of the day; from ``first`` to ``last`` a row for each bank day, and for other days on which something moved."""
    until = last or context.stamp.as_of
    holes = gaps(context)
    with reading(context, Action.READ) as connection:
        found = []
        for account in store.own_accounts(connection):
            own = _Account(connection, account, Until(until, known=look.known), holes)
            if first is None:
                found.append(own.row(None, until))
            else:
                found += [own.row(day, day) for day in own.days(first, until)]
        return found


@dataclass(frozen=True, slots=True)
class _Moved:
    """A movement: its day, the amount, the statement's closing day (of a line) and the line it belongs to."""

    day: date
    amount: int
    line: int
    told: date | None = None


class _Account:
    """What there is of one account until the last day asked for: statements, lines, and what was booked of them."""

    def __init__(self, connection: Connection, account: Any, until: Until, holes: Sequence[Gap]) -> None:
        self.account = account
        self.gaps = [gap for gap in holes if gap.account == account.iban]
        own = (statements.c.account_id == account.id) & statements.c.format.not_in(sorted(ANNOUNCING))
        query = select(statements).join(files).where(own, statements.c.closing.is_not(None))
        if until.known:
            query = query.where(files.c.imported_on <= until.day)
        self.statements = list(connection.execute(query.order_by(statements.c.id)))
        self.lines = _lines(connection, account.id, until)
        self.booked = _booked(connection, account.id, until)
        chronological = sorted(self.statements, key=lambda row: (_opens(row), row.id))
        # Where several begin on the first day, the first page is the one that no other leads to.
        same = [row for row in chronological if _opens(row) == _opens(chronological[0])]
        ends = {row.closing for row in same if row.opening != row.closing}
        begins = [row for row in same if row.opening not in ends] or same
        self.start = begins[0].opening or 0 if begins else 0

    def days(self, first: date, last: date) -> Iterator[date]:
        """The days that have a row: from the first of the books on, bank days and days on which something moved."""
        moved = {one.day for one in (*self.lines, *self.booked)} | {_closes(row) for row in self.statements}
        day = max(first, min(moved, default=last))
        while day <= last:
            if is_bank_day(day) or day in moved:
                yield day
            day += timedelta(days=1)

    def row(self, first: date | None, day: date) -> Reconciled:
        """The account over the days from ``first`` (the beginning) to ``day``."""
        until = [one for one in self.lines if one.day <= day]
        within = [one for one in until if first is None or one.day >= first]
        last = self._last(day)
        on = None if last is None else _closes(last)
        # Where no statement has told of a balance yet, none is known: a later one does not change the days before it.
        start = 0 if last is None else self.start
        left = {one.line: one.amount for one in until}
        ledger = start
        for one in self.booked:
            if one.day <= day:
                ledger += one.amount
                left[one.line] = left.get(one.line, 0) - one.amount
        still = [amount for amount in left.values() if amount]
        later = sum(one.amount for one in until if one.told is not None and one.told > day)
        return Reconciled(
            account=self.account.iban,
            currency=self.account.currency,
            day=day,
            statement=None if last is None else shown_id("statements", last.id),
            on=on,
            present=on == day,
            opening=start + sum(one.amount for one in until) - sum(one.amount for one in within),
            incoming=sum(one.amount for one in within if one.amount > 0),
            outgoing=sum(one.amount for one in within if one.amount < 0),
            bank=start if last is None else last.closing,
            ledger=ledger,
            open_lines=len(still),
            open_sum=sum(still),
            told_later=later,
            gap=next((gap for gap in reversed(self.gaps) if gap.after_date is None or gap.after_date < day), None),
        )

    def _last(self, day: date) -> Any:
        """The statement whose closing balance counts at the end of a day: of several of that day the one that no other
        goes on from."""
        ended = [row for row in self.statements if _closes(row) <= day]
        if not ended:
            return None
        newest = max(_closes(row) for row in ended)
        same = [row for row in ended if _closes(row) == newest]
        goes_on = {row.opening for row in same if row.opening != row.closing}
        return ([row for row in same if row.closing not in goes_on] or same)[-1]


def _lines(connection: Connection, account: int, until: Until) -> list[_Moved]:
    query = (
        select(store.LINE_DAY, lines.c.amount, lines.c.id, func.coalesce(statements.c.closing_date,
               statements.c.period_to))
        .join(statements, lines.c.statement_id == statements.c.id)
        .join(files, statements.c.file_id == files.c.id)
        .where(lines.c.account_id == account, store.booked_until(until))
        .order_by(lines.c.id)
    )  # fmt: skip
    return [_Moved(_sure(day), amount, line, day_of(told)) for day, amount, line, told in connection.execute(query)]


def _booked(connection: Connection, account: int, until: Until) -> list[_Moved]:
    query = (
        select(entries.c.booked_on, func.sum(allocations.c.amount), allocations.c.line_id)
        .join(entries, allocations.c.entry_id == entries.c.id)
        .join(lines, allocations.c.line_id == lines.c.id)
        .where(lines.c.account_id == account, allocations.c.kind.not_in(store.NO_BANK_MONEY))
        .where(store.counts(connection, until))
        .group_by(entries.c.booked_on, allocations.c.line_id)
    )
    return [_Moved(day, int(amount), line) for day, amount, line in connection.execute(query)]


def _opens(row: Any) -> date:
    day: date = row.opening_date or row.period_from or row.closing_date or date.min
    return day


def _closes(row: Any) -> date:
    day: date = row.closing_date or row.period_to or date.min
    return day


def _sure(value: Any) -> date:
    day = day_of(value)
    if day is None:
        raise ValueError("a line without a day")
    return day


def warnings(rows: Iterable[Reconciled]) -> list[Finding]:
    """What a person should know of a report: holes before its days, each once, and what nothing explains."""
    found: dict[tuple[str, str], Finding] = {}
    for row in rows:
        gap = row.gap
        if gap is not None and gap.allowed is None:
            days = ", ".join(day.isoformat() for day in gap.missing) or "?"
            found[gap.after, gap.before] = warning(
                "report-gap", row.account, account=row.account, after=gap.after, before=gap.before, days=days,
                amount=plain(gap.difference, gap.currency),
            )  # fmt: skip
    found |= {
        (row.account, row.day.isoformat()): warning(
            "report-difference", row.account, account=row.account, day=row.day,
            amount=plain(row.difference, row.currency),
        )
        for row in rows
        if row.difference
    }  # fmt: skip
    return list(found.values())
