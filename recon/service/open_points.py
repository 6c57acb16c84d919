"""What is open of a bank account on a day: lines that nothing explains yet, overpayments that the tax adviser books by
hand, and lines that the bank has announced and not booked (users.md 2.7, daily close)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, exists, select

from recon.model.matching import LineState
from recon.service.expected import Fate, expectations
from recon.store.closings import open_on
from recon.store.ids import shown_id
from recon.store.tables import allocations, customers, lines, statements


@dataclass(frozen=True, slots=True)
class Point:
    """An open point: ``kind`` is ``line``, ``manual_booking`` or ``announced``; ``id`` that of the line; ``amount``
    what is open of it, minor units; ``text`` whom or what it is about; ``state`` of the line."""

    kind: str
    id: str
    day: date | None
    amount: int
    currency: str
    text: str
    state: str


def points_on(connection: Connection, account: Any, since: date | None, day: date, last: int) -> list[Point]:
    """The open points of an account on a day, as far as the first ``last`` entries of the journal say; of what was
    announced, what should have come after ``since``."""
    return [
        *_lines(connection, account, day, last), *_by_hand(connection, account, day, last),
        *_announced(connection, account, since or date.min, day),
    ]  # fmt: skip


def _lines(connection: Connection, account: Any, day: date, last: int) -> list[Point]:
    return [
        Point("line", shown_id("lines", row.id), row.booking_date or row.value_date, row.left, row.currency, _who(row),
              (LineState.UNMATCHED if row.left == row.amount else LineState.PARTLY).value)
        for row in open_on(connection, account, day, last)
    ]  # fmt: skip


def _by_hand(connection: Connection, account: Any, day: date, last: int) -> list[Point]:
    """Overpayments that stand, booked up to the day (A-18)."""
    back = allocations.alias("back")
    query = (
        select(allocations.c.amount, allocations.c.booked_on, lines.c.id, lines.c.currency, lines.c.name,
               lines.c.booking_text, lines.c.remittance, customers.c.customer_no)
        .join(lines, allocations.c.line_id == lines.c.id)
        .outerjoin(customers, allocations.c.customer_id == customers.c.id)
        .where(
            lines.c.account_id == account.id, allocations.c.flags.contains("manual_booking"),
            allocations.c.reverses_id.is_(None), allocations.c.booked_on <= day, allocations.c.entry_id <= last,
            ~exists().where(back.c.reverses_id == allocations.c.id, back.c.entry_id <= last, back.c.booked_on <= day),
        )
        .order_by(allocations.c.id)
    )  # fmt: skip
    return [
        Point("manual_booking", shown_id("lines", row.id), row.booked_on, row.amount, row.currency,
              " ".join(part for part in (row.customer_no, _who(row)) if part), "overpayment")
        for row in connection.execute(query)
    ]  # fmt: skip


def _announced(connection: Connection, account: Any, since: date, day: date) -> list[Point]:
    waiting = {
        number: one
        for number, one in expectations(connection).items()
        if one.fate is not Fate.REPLACED and one.day is not None and since < one.day <= day
    }
    if not waiting:
        return []
    query = (
        select(lines.c.id, lines.c.name, lines.c.booking_text, lines.c.remittance)
        .join(statements, lines.c.statement_id == statements.c.id)
        .where(statements.c.account_id == account.id, lines.c.id.in_(sorted(waiting)))
        .order_by(lines.c.id)
    )
    return [
        Point("announced", shown_id("lines", row.id), waiting[row.id].day, waiting[row.id].amount,
              waiting[row.id].currency, _who(row), waiting[row.id].fate.value)
        for row in connection.execute(query)
    ]  # fmt: skip


def _who(row: Any) -> str:
    return str(row.name or row.booking_text or row.remittance or "")
