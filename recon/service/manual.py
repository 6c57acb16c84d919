"""What the tax adviser books by hand (A-18): overpayments that are neither an item nor exactly the fee asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from recon.model.roles import Action
from recon.service.context import Context, reading
from recon.service.reporting import Look
from recon.store import as_of as store
from recon.store.as_of import Until
from recon.store.credits import netted_of
from recon.store.dunning_tables import notice_items, notices
from recon.store.ids import shown_id
from recon.store.tables import allocations, customers, entries, items, lines

_ALL = Look()


@dataclass(frozen=True, slots=True)
class Manual:
    """An overpayment for the tax adviser. ``items`` are those that its payment has settled, ``fee`` is what the last
    notice before it asked for (``None``: nothing), ``open`` what of it is still to the customer's credit, ``settled``
    whether nothing is. ``age`` in days."""

    allocation: str
    line: str | None
    bank_ref: str | None
    day: date
    age: int
    customer_no: str
    name: str
    items: tuple[str, ...]
    amount: int
    open: int
    currency: str
    fee: int | None
    notice: str | None
    settled: bool


def manual_bookings(context: Context, look: Look = _ALL, *, settled: bool = False) -> list[Manual]:
    """Overpayments to be booked by hand, oldest first; with ``settled`` also those of which nothing is left.

    What was set off is taken from the overpayment that it came from. What else is missing of a customer's credit is
    missing of his oldest overpayments.
    """
    with reading(context, Action.READ) as connection:
        until = Until(context.stamp.as_of, known=look.known)
        rows = _flagged(connection, until)
        used = {
            number: -sum(one.amount for one in netted)
            for number, netted in netted_of(connection, store.stood(connection, until)).items()
        }
        left = _left(rows, store.credit_left(connection, until), used)
        beside = _beside(connection, [row.entry_id for row in rows])
        asked = _asked(connection, until)
        found = []
        for row in rows:
            own = beside.get(row.entry_id, [])
            notice = _last(asked, [item for item, _ in own], row.booked_on)
            found.append(
                Manual(
                    allocation=shown_id("allocations", row.id),
                    line=None if row.line_id is None else shown_id("lines", row.line_id),
                    bank_ref=row.bank_ref,
                    day=row.booked_on,
                    age=(context.stamp.as_of - row.booked_on).days,
                    customer_no=row.customer_no,
                    name=row.name,
                    items=tuple(dict.fromkeys(invoice for _, invoice in own)),
                    amount=row.amount,
                    open=left[row.id],
                    currency=row.currency,
                    fee=None if notice is None else notice.fee,
                    notice=None if notice is None else shown_id("notices", notice.id),
                    settled=left[row.id] == 0,
                )
            )
        return [one for one in found if settled or not one.settled]


def _flagged(connection: Connection, until: Until) -> list[Any]:
    query = (
        select(allocations.c.id, allocations.c.line_id, allocations.c.entry_id, allocations.c.customer_id,
               allocations.c.amount, entries.c.booked_on, entries.c.currency, customers.c.customer_no,
               customers.c.name, lines.c.bank_ref)
        .join(entries, allocations.c.entry_id == entries.c.id)
        .join(customers, allocations.c.customer_id == customers.c.id)
        .outerjoin(lines, allocations.c.line_id == lines.c.id)
        .where(allocations.c.flags.contains("manual_booking"), store.stood(connection, until))
        .order_by(entries.c.booked_on, allocations.c.id)
    )  # fmt: skip
    return list(connection.execute(query))


def _left(
    rows: Sequence[Any], credit: Mapping[tuple[int, str], int], used: Mapping[int, int]
) -> dict[int, int]:  # fmt: skip
    """What is left of each overpayment beside what was set off, newest first."""
    room = {key: -amount for key, amount in credit.items()}
    found = {}
    for row in reversed(rows):
        key = (row.customer_id, row.currency)
        found[row.id] = max(min(room.get(key, 0), row.amount - used.get(row.id, 0)), 0)
        room[key] = room.get(key, 0) - found[row.id]
    return found


def _beside(connection: Connection, entry_ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """The items that were settled by the same entries."""
    found: dict[int, list[tuple[int, str]]] = {}
    for start in range(0, len(entry_ids), 500):
        query = (
            select(allocations.c.entry_id, items.c.id, items.c.invoice_no)
            .join(items, allocations.c.item_id == items.c.id)
            .where(allocations.c.entry_id.in_(entry_ids[start : start + 500]))
            .order_by(allocations.c.id)
        )
        for row in connection.execute(query):
            found.setdefault(row.entry_id, []).append((row.id, row.invoice_no))
    return found


def _asked(connection: Connection, until: Until) -> dict[int, list[Any]]:
    """Notices that asked for a fee, by item, oldest first."""
    query = (
        select(notices.c.id, notices.c.fee, notices.c.issued_on, notice_items.c.item_id)
        .join(notice_items, notice_items.c.notice_id == notices.c.id)
        .where(notices.c.fee > 0, notice_items.c.status != "dropped", store.notice_stood(connection, until.day))
        .order_by(notices.c.issued_on, notices.c.id)
    )
    found: dict[int, list[Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.item_id, []).append(row)
    return found


def _last(asked: Mapping[int, Sequence[Any]], own: Sequence[int], day: date) -> Any:
    """The last notice that asked for any of these items before a day (X-06)."""
    before = [row for item in own for row in asked.get(item, ()) if row.issued_on <= day]
    return max(before, key=lambda row: (row.issued_on, row.id), default=None)
