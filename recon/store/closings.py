"""Closings in the books, and the figures of a bank account's day."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, cast, func, or_, select

from recon.ledger.closing import closed_until
from recon.model.ledger import Closing, ClosingKind, Figures
from recon.model.matching import MOVES_NO_MONEY
from recon.store.closing_tables import closings
from recon.store.columns import Minor
from recon.store.ids import next_ids
from recon.store.log import Seal, write
from recon.store.tables import accounts, allocations, entries, lines, statements

# As the books have the kinds that use up nothing of a bank line.
_NO_BANK_MONEY = sorted(kind.value for kind in MOVES_NO_MONEY)
_FIGURES = ("opening", "paid_in", "paid_out", "bank", "ledger", "open_count", "open_sum")


def load_closings(connection: Connection) -> list[Closing]:
    """Every closing, in the order in which they were written."""
    return [_closing(row) for row in connection.execute(select(closings).order_by(closings.c.id))]


def put_closing(connection: Connection, closing: Closing) -> Seal | None:
    """Write a closing down (with the next free id, which it has) and seal it."""
    figures = {name: None if closing.figures is None else getattr(closing.figures, name) for name in _FIGURES}
    row = {
        "id": closing.id, "kind": closing.kind.value, "day": closing.day, "account_id": closing.account,
        "currency": closing.currency, "statement": closing.statement, **figures, "entries": closing.entries,
        "overridden": int(closing.overridden), "reason": closing.reason, "actor": closing.actor,
        "closed_on": closing.closed_on, "reopens_id": closing.reopens,
    }  # fmt: skip
    return write(connection, closings, [row])


def next_closing(connection: Connection) -> int:
    """The next free id."""
    return next(next_ids(connection, closings))


def last_entry(connection: Connection) -> int:
    """The last entry of the journal, 0 where there is none."""
    return int(connection.execute(select(func.max(entries.c.id))).scalar() or 0)


def period_closed_until(connection: Connection) -> date | None:
    """The last day of the closed periods (``recon.ledger.closing.closed_until``), from the few rows about periods."""
    periods = select(closings.c.id).where(closings.c.kind == ClosingKind.PERIOD.value)
    about = or_(closings.c.id.in_(periods), closings.c.reopens_id.in_(periods))
    return closed_until(
        _closing(row) for row in connection.execute(select(closings).where(about).order_by(closings.c.id))
    )


def account_named(connection: Connection, name: str) -> list[Any]:
    """The own accounts of an IBAN (with or without blanks) or of a name."""
    bare = name.replace(" ", "").upper()
    wanted = or_(func.upper(accounts.c.iban) == bare, accounts.c.name == name.strip())
    return list(connection.execute(select(accounts).where(wanted).order_by(accounts.c.id)))


def bank_moved(connection: Connection, account: Any, after: date | None, until: date) -> tuple[int, int]:
    """What the bank has booked on an account in the time (``recon.ledger.closing.bank_day``): in and out."""
    query = (
        select(
            func.sum(case((lines.c.amount > 0, lines.c.amount), else_=0)),
            func.sum(case((lines.c.amount < 0, lines.c.amount), else_=0)),
        )
        .select_from(lines.join(statements, lines.c.statement_id == statements.c.id))
        .where(_own(account), _day_at_bank <= until)
    )
    paid_in, paid_out = connection.execute(query if after is None else query.where(_day_at_bank > after)).one()
    return int(paid_in or 0), int(paid_out or 0)


def settled_of(connection: Connection, account: Any, until: date, last: int) -> int:
    """How much of an account's lines up to a day is booked with a day up to it, by the first ``last`` entries."""
    query = (
        select(func.sum(allocations.c.amount))
        .join(lines, allocations.c.line_id == lines.c.id)
        .join(statements, lines.c.statement_id == statements.c.id)
        .where(_own(account), _day_at_bank <= until, *_booked(until, last))
    )
    return int(connection.execute(query).scalar() or 0)


def open_on(connection: Connection, account: Any, until: date, last: int) -> list[Any]:
    """The lines of an account up to a day of which something was not booked with a day up to it: columns of ``lines``,
    and ``left``. By id."""
    used = (
        # PostgreSQL sums whole numbers to one of any length, which would come as a Decimal.
        select(allocations.c.line_id, cast(func.sum(allocations.c.amount), Minor).label("used"))
        .where(*_booked(until, last))
        .group_by(allocations.c.line_id)
        .subquery()
    )
    left = (lines.c.amount - func.coalesce(used.c.used, 0)).label("left")
    query = (
        select(lines, left)
        .select_from(
            lines.join(statements, lines.c.statement_id == statements.c.id).outerjoin(
                used, used.c.line_id == lines.c.id
            )
        )
        .where(_own(account), _day_at_bank <= until, left != 0)
        .order_by(lines.c.id)
    )
    return list(connection.execute(query))


# ``recon.ledger.closing.bank_day`` as the database says it.
_END = func.coalesce(statements.c.closing_date, statements.c.period_to)
_day_at_bank = case(
    (_END.is_(None), lines.c.booking_date),
    (and_(lines.c.booking_date > statements.c.opening_date, lines.c.booking_date < _END), lines.c.booking_date),
    else_=_END,
)


def _own(account: Any) -> ColumnElement[bool]:
    """Lines that move the account, in its currency; no details of batches."""
    return and_(
        lines.c.account_id == account.id, lines.c.currency == account.currency, lines.c.status == "booked",
        lines.c.parent_id.is_(None),
    )  # fmt: skip


def _booked(until: date, last: int) -> tuple[ColumnElement[bool], ...]:
    return (
        allocations.c.booked_on <= until, allocations.c.entry_id <= last, allocations.c.kind.not_in(_NO_BANK_MONEY)
    )  # fmt: skip


def _closing(row: Any) -> Closing:
    figures = None if row.bank is None else Figures(*(getattr(row, name) for name in _FIGURES))
    return Closing(
        id=row.id, kind=ClosingKind(row.kind), day=row.day, account=row.account_id, currency=row.currency,
        statement=row.statement, entries=row.entries, overridden=bool(row.overridden), reason=row.reason,
        actor=row.actor, closed_on=row.closed_on, figures=figures, reopens=row.reopens_id,
    )  # fmt: skip
