"""Closing (users.md 2.7, screen 10): a bank account's day, a period of the journal, and opening them again.

A day may be closed when the bank's balance is that of the ledger and of the lines that are open, statement upon
statement without a gap; what is open is listed and does not hinder. A period may be closed when every account's days
are (decision 0014). Both are records that stay; to reopen is a record too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from recon.ledger import closing as rule
from recon.model.finding import Finding, Severity, error
from recon.model.ledger import Closing, ClosingKind, Figures
from recon.model.roles import Action
from recon.service.answers import Exit, Refused
from recon.service.context import Context, reading, run, writing
from recon.service.once import ANNOUNCING
from recon.service.open_points import Point, points_on
from recon.service.statements import holes
from recon.store import closings as store
from recon.store.ids import read_id, shown_id
from recon.store.log import record
from recon.store.tables import accounts, statements
from sepa.money import plain


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A bank account's day that is closed: the closing with its figures, what is open, and what a person has closed it
    against. ``accepted`` is the difference that earlier closings have let pass; ``written`` is false where the day was
    closed already."""

    closing: Closing
    account: str
    name: str | None
    accepted: int
    points: tuple[Point, ...]
    findings: tuple[Finding, ...] = ()
    written: bool = True


@dataclass(frozen=True, slots=True)
class ClosedAccount:
    """An account under a closed period: its last closing (``None`` where it has none), and what was open of it."""

    account: str
    name: str | None
    currency: str
    closing: Closing | None
    open_count: int
    open_sum: int


@dataclass(frozen=True, slots=True)
class ClosedPeriod:
    """A period that is closed, account by account."""

    closing: Closing
    accounts: tuple[ClosedAccount, ...]
    findings: tuple[Finding, ...] = ()
    written: bool = True


@dataclass(frozen=True, slots=True)
class Listed:
    """A closing as it is listed: its account, and the record that has reopened it."""

    closing: Closing
    account: str | None
    name: str | None
    reopened_by: Closing | None


def shown(closing: Closing) -> str:
    """The id of a closing as people see it: ``C3``."""
    return shown_id("closings", closing.id)


def close_day(
    context: Context, account: str, day: date | None = None, *, override: bool = False, reason: str | None = None
) -> ClosedDay:
    """Close an account's days up to one, by default that on which its last statement ends. A day that is closed already
    stays as it is. Raises Refused where bank and ledger do not agree, unless a person overrides that, with a reason."""
    _see_reason(account, override=override, reason=reason)
    with run(context, *_actions(Action.CLOSE_DAY, override=override)), writing(context) as connection:
        own = _account(connection, account)
        known = store.load_closings(connection)
        last = rule.last_of(known, own.id)
        rows = _statements(connection, own)
        day = day or max((_end(row) for row in rows if _end(row) <= context.stamp.as_of), default=None)
        if day is None or not any(_end(row) <= day for row in rows):
            raise Refused(error("closing-no-statement", own.iban, account=own.iban, day=day or context.stamp.as_of))
        if last is not None and day == last.day:
            return replace(_told(connection, last, own, known), written=False)
        _see_day(context, own, day, last)
        number, entries = store.next_closing(connection), store.last_entry(connection)
        wanted = _Wanted(own, rows, day, last)
        figures, witness = _figures(connection, wanted, known, entries)
        problems = list(_problems(wanted, figures))
        if problems and not override:
            raise Refused(*problems)
        closing = Closing(
            id=number, kind=ClosingKind.DAY, day=day, account=own.id, currency=own.currency,
            statement=shown_id("statements", witness.id), entries=entries, overridden=bool(problems), reason=reason,
            actor=context.stamp.actor, closed_on=context.stamp.as_of, figures=figures,
        )  # fmt: skip
        _write(connection, context, closing, account=own.iban, difference=figures.difference)
        told = _told(connection, closing, own, [*known, closing])
    return replace(told, findings=tuple(replace(finding, severity=Severity.WARNING) for finding in problems))


def close_period(context: Context, until: date, *, override: bool = False, reason: str | None = None) -> ClosedPeriod:
    """Close the journal up to a day: nothing is booked with a day in it any more. Raises Refused where an account's
    days are not closed, unless a person overrides that, with a reason."""
    _see_reason(str(until), override=override, reason=reason)
    with run(context, *_actions(Action.CLOSE_PERIOD, override=override)), writing(context) as connection:
        known = store.load_closings(connection)
        periods = [one for one in rule.standing(known) if one.kind is ClosingKind.PERIOD]
        last = max(periods, key=lambda one: one.day, default=None)
        entries = store.last_entry(connection)
        if last is not None and until == last.day:
            return ClosedPeriod(last, _accounts(connection, known, until, last.entries), written=False)
        if until > context.stamp.as_of:
            raise Refused(error("closing-future", str(until), day=until, today=context.stamp.as_of))
        if last is not None and until < last.day:
            raise Refused(_earlier(last, until))
        found = _accounts(connection, known, until, entries)
        problems = [
            error("closing-day-open", one.account, account=one.account, until=until,
                  last="–" if one.closing is None else one.closing.day)
            for one in found
            if not rule.reaches(None if one.closing is None else one.closing.day, until)
        ]  # fmt: skip
        if problems and not override:
            raise Refused(*problems)
        closing = Closing(
            id=store.next_closing(connection), kind=ClosingKind.PERIOD, day=until, account=None, currency=None,
            statement=None, entries=entries, overridden=bool(problems), reason=reason, actor=context.stamp.actor,
            closed_on=context.stamp.as_of,
        )  # fmt: skip
        _write(connection, context, closing)
    warned = tuple(replace(finding, severity=Severity.WARNING) for finding in problems)
    return ClosedPeriod(closing, found, warned)


def reopen(context: Context, name: str, reason: str) -> Listed:
    """Open a day or a period again, the latest first. The closing stays in the books, with the reopening beside it."""
    if not reason.strip():
        raise Refused(error("closing-reason", name), exit_code=Exit.USAGE)
    with run(context, Action.REOPEN), writing(context) as connection:
        known = store.load_closings(connection)
        chosen = _chosen(known, name)
        before = rule.hindrance(known, chosen)
        if before is not None:
            facts = {"closing": shown(chosen), "other": shown(before), "day": before.day}
            raise Refused(error("closing-later", name, **facts), exit_code=Exit.NOT_PERMITTED)
        opened = Closing(
            id=store.next_closing(connection), kind=ClosingKind.REOPEN, day=chosen.day, account=chosen.account,
            currency=None, statement=None, entries=store.last_entry(connection), overridden=False, reason=reason,
            actor=context.stamp.actor, closed_on=context.stamp.as_of, reopens=chosen.id,
        )  # fmt: skip
        _write(connection, context, opened, reopens=shown(chosen))
        iban, called = _names(connection).get(chosen.account, (None, None))
    return Listed(chosen, iban, called, opened)


def show_closing(context: Context, name: str) -> ClosedDay | ClosedPeriod:
    """A closing once more, as it stood when it was made. Raises Refused for an unknown one."""
    with reading(context, Action.READ) as connection:
        known = store.load_closings(connection)
        number = read_id("closings", name)
        found = [one for one in known if one.id == number and one.kind is not ClosingKind.REOPEN]
        if not found:
            raise Refused(error("closing-unknown", name, closing=name))
        (closing,) = found
        then = [one for one in known if one.id <= closing.id]
        if closing.kind is ClosingKind.PERIOD:
            return ClosedPeriod(closing, _accounts(connection, then, closing.day, closing.entries), written=False)
        own = connection.execute(select(accounts).where(accounts.c.id == closing.account)).one()
        return replace(_told(connection, closing, own, then), written=False)


def list_closings(context: Context) -> list[Listed]:
    """Every closing of a day or a period, oldest first, with what has reopened it."""
    with reading(context, Action.READ) as connection:
        known = store.load_closings(connection)
        names, nobody = _names(connection), (None, None)
        opened = {one.reopens: one for one in known if one.kind is ClosingKind.REOPEN}
        return [
            Listed(one, names.get(one.account, nobody)[0], names.get(one.account, nobody)[1], opened.get(one.id))
            for one in known
            if one.kind is not ClosingKind.REOPEN
        ]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A day to be closed: the account's row, the statements (rows) that say its balances, its last closing."""

    account: Any
    rows: Sequence[Any]
    day: date
    last: Closing | None


def _actions(action: Action, *, override: bool) -> tuple[Action, ...]:
    return (action, Action.OVERRIDE) if override else (action,)


def _see_reason(where: str, *, override: bool, reason: str | None) -> None:
    if override and not (reason or "").strip():
        raise Refused(error("closing-reason", where), exit_code=Exit.USAGE)


def _account(connection: Connection, name: str) -> Any:
    found = store.account_named(connection, name)
    if len(found) != 1:
        known = ", ".join(connection.execute(select(accounts.c.iban).order_by(accounts.c.iban)).scalars())
        raise Refused(error("closing-account", name, account=name, known=known or "–"))
    return found[0]


def _names(connection: Connection) -> dict[int | None, tuple[str, str | None]]:
    return {row.id: (row.iban, row.name) for row in connection.execute(select(accounts))}


def _statements(connection: Connection, account: Any) -> list[Any]:
    """The statements that say a balance of the account, in their order."""
    query = select(statements).where(
        statements.c.account_id == account.id, statements.c.format.not_in(sorted(ANNOUNCING)),
        statements.c.currency == account.currency, statements.c.opening.is_not(None), statements.c.closing.is_not(None),
    )  # fmt: skip
    rows = [row for row in connection.execute(query) if row.closing_date or row.period_to]
    return sorted(rows, key=lambda row: (row.period_from or _end(row), _end(row), row.id))


def _end(row: Any) -> date:
    day: date = row.closing_date or row.period_to
    return day


def _see_day(context: Context, account: Any, day: date, last: Closing | None) -> None:
    if day > context.stamp.as_of:
        raise Refused(error("closing-future", account.iban, day=day, today=context.stamp.as_of))
    if last is not None and day < last.day:
        raise Refused(_earlier(last, day))


def _earlier(last: Closing, day: date) -> Finding:
    return error("closing-earlier", shown(last), closing=shown(last), last=last.day, day=day)


def _figures(connection: Connection, wanted: _Wanted, known: Sequence[Closing], entries: int) -> tuple[Figures, Any]:
    """What a day comes to, and the statement that ends with its balance."""
    account, day, last = wanted.account, wanted.day, wanted.last
    first = _first_opening(wanted.rows)
    opening = last.figures.bank if last is not None and last.figures is not None else first
    started = [one.figures.opening for one in rule.standing(known) if one.account == account.id and one.figures]
    paid_in, paid_out = store.bank_moved(connection, account, last.day if last else None, day)
    witness = _witness(wanted.rows, day, opening + paid_in + paid_out)
    ledger = (started[0] if started else first) + store.settled_of(connection, account, day, entries)
    left = [row.left for row in store.open_on(connection, account, day, entries)]
    return Figures(opening, paid_in, paid_out, witness.closing, ledger, len(left), sum(left)), witness


def _first_opening(rows: Sequence[Any]) -> int:
    """The balance with which the account comes into the books: pages of the first day may have come in any order."""
    beginning = [row for row in rows if row.period_from == rows[0].period_from]
    ends = {row.closing for row in beginning if row.closing != row.opening}
    opening: int = next((row.opening for row in beginning if row.opening not in ends), rows[0].opening)
    return opening


def _witness(rows: Sequence[Any], day: date, expected: int) -> Any:
    """The statement that ends with the day's balance: of those that end last, one that the lines lead to."""
    end = max(_end(row) for row in rows if _end(row) <= day)
    ending = [row for row in rows if _end(row) == end]
    begins = {row.opening for row in ending if row.opening != row.closing}
    return max(ending, key=lambda row: (row.closing == expected, row.closing not in begins, row.id))


def _difference(last: Closing | None) -> int:
    return 0 if last is None or last.figures is None else last.figures.difference


def _problems(wanted: _Wanted, figures: Figures) -> Iterator[Finding]:
    """What stands against closing a day. What earlier closings have let pass is not said again."""
    account, rows, day = wanted.account, wanted.rows, wanted.day
    since = date.min if wanted.last is None else wanted.last.day
    near = {shown_id("statements", row.id) for row in rows if since < _end(row) <= day}
    gone = [gap for gap in holes(account.iban, rows) if gap.before in near]
    for gap in gone:
        yield error("closing-gap", account.iban, account=account.iban, after=gap.after, before=gap.before,
                    difference=plain(gap.difference, account.currency), currency=account.currency)  # fmt: skip
    fresh = figures.difference - _difference(wanted.last)
    if fresh != sum(gap.difference for gap in gone):
        bank, ledger, left, rest = (
            plain(amount, account.currency) for amount in (figures.bank, figures.ledger, figures.open_sum, fresh)
        )
        yield error("closing-difference", account.iban, account=account.iban, currency=account.currency, day=day,
                    bank=bank, ledger=ledger, open=left, difference=rest)  # fmt: skip
    end = max(_end(row) for row in rows if _end(row) <= day)
    goes_on = any(row.opening == figures.bank and _end(row) > day for row in rows)
    if not goes_on and not rule.reaches(end, day):
        yield error("closing-balance-missing", account.iban, account=account.iban, last=end, day=day)


def _told(connection: Connection, closing: Closing, account: Any, known: Sequence[Closing]) -> ClosedDay:
    """A day's closing with what was open when it was made."""
    before = [one for one in known if one.id < closing.id]
    last = rule.last_of(before, account.id)
    points = points_on(connection, account, last.day if last else None, closing.day, closing.entries)
    return ClosedDay(closing, account.iban, account.name, _difference(last), tuple(points))


def _accounts(connection: Connection, known: Sequence[Closing], until: date, last: int) -> tuple[ClosedAccount, ...]:
    """The accounts of which the bank has told anything up to a day."""
    found = []
    for account in connection.execute(select(accounts).order_by(accounts.c.iban)):
        if not any(
            _end(row) <= until or (row.period_from or until) <= until for row in _statements(connection, account)
        ):
            continue
        left = [row.left for row in store.open_on(connection, account, until, last)]
        closing = rule.last_of(known, account.id)
        found.append(
            ClosedAccount(account.iban, account.name, account.currency, closing, len(left), sum(left))
        )  # fmt: skip
    return tuple(found)


def _chosen(known: Sequence[Closing], name: str) -> Closing:
    number = read_id("closings", name)
    found = [one for one in known if one.id == number and one.kind is not ClosingKind.REOPEN]
    if not found:
        raise Refused(error("closing-unknown", name, closing=name))
    for one in known:
        if one.reopens == found[0].id:
            facts = {"closing": shown(found[0]), "day": one.closed_on, "actor": one.actor}
            raise Refused(error("closing-reopened", name, **facts))
    return found[0]


def _write(connection: Connection, context: Context, closing: Closing, **more: Any) -> None:
    seal = store.put_closing(connection, closing)
    action = "reopen" if closing.kind is ClosingKind.REOPEN else "close"
    after = {"kind": closing.kind.value, "day": closing.day, "override": closing.overridden, **more}
    record(connection, context.stamp, action, shown(closing), after=after, seals=[seal], reason=closing.reason)
