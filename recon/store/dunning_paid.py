"""What was paid of items after a notice of them was issued."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, and_, func, or_, select

from recon.model.matching import AllocationKind
from recon.store.as_of import notice_stood
from recon.store.dunning_tables import dunning_runs, notice_items, notices
from recon.store.tables import allocations, customers, items, lines

# Kinds by which a customer pays an item or a payment of his is taken back; what we forgo is no payment.
_PAYS: Final = tuple(
    kind.value
    for kind in (
        AllocationKind.PAYMENT, AllocationKind.COLLECTION, AllocationKind.CREDIT_NOTE, AllocationKind.NETTING,
        AllocationKind.RETURN,
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PaidAfter:
    """An item of a notice that was paid after it was issued, minor units: what the notice ``asked`` for it, what was
    ``paid`` since, and how much of that was ``crossed``: by its value date (X-32) the money was there on the day of the
    notice. ``paid_on`` is the value date of the last payment, ``open`` what is left."""

    notice_id: int
    run_id: int
    issued_on: date
    dispatched_on: date | None
    title: str
    customer_no: str
    name: str
    invoice_no: str
    currency: str
    asked: int
    paid: int
    crossed: int
    paid_on: date
    open: int


def paid_after(connection: Connection, as_of: date, run_id: int | None = None) -> list[PaidAfter]:
    """Payments booked by a day for items of notices that stood at its end, each with the last notice before it; by
    notice and invoice."""
    asked = _asked(connection, as_of)
    sums: dict[tuple[int, int], list[Any]] = {}
    for row in _payments(connection, as_of):
        known = sums.setdefault((row.notice_id, row.item_id), [0, 0, None])
        day = row.value_date or row.booking_date or row.booked_on
        known[0] += row.amount
        known[1] += row.amount if day <= row.issued_on else 0
        known[2] = day if known[2] is None or (row.amount > 0 and day > known[2]) else known[2]
    found = []
    for key, (paid, crossed, day) in sums.items():
        head, amount = asked[key]
        if paid > 0 and run_id in {None, head.run_id}:
            found.append(
                PaidAfter(head.id, head.run_id, head.issued_on, head.dispatched_on, head.title, head.customer_no,
                          head.name, head.invoice_no, head.currency, amount, paid, max(min(crossed, paid), 0), day,
                          head.open_amount)
            )  # fmt: skip
    return sorted(found, key=lambda one: (one.notice_id, one.invoice_no))


def _asked(connection: Connection, as_of: date) -> dict[tuple[int, int], tuple[Any, int]]:
    """What each standing notice asks for of each item."""
    query = (
        select(notices.c.id, notices.c.run_id, notices.c.issued_on, notices.c.dispatched_on, notices.c.title,
               notices.c.currency, customers.c.customer_no, customers.c.name, notice_items.c.item_id,
               notice_items.c.open_amount.label("asked"), items.c.invoice_no, items.c.open_amount)
        .join(notice_items, notice_items.c.notice_id == notices.c.id)
        .join(items, notice_items.c.item_id == items.c.id)
        .join(customers, notices.c.customer_id == customers.c.id)
        .where(notice_stood(connection, as_of), notice_items.c.status != "dropped", notice_items.c.level > 0)
        .order_by(notices.c.id, notice_items.c.id)
    )  # fmt: skip
    found: dict[tuple[int, int], tuple[Any, int]] = {}
    for row in connection.execute(query):
        _, before = found.get((row.id, row.item_id), (row, 0))
        found[row.id, row.item_id] = (row, before + row.asked)
    return found


def _payments(connection: Connection, as_of: date) -> list[Any]:
    """Each payment with the last notice of its item that was issued before it came into the books."""
    after = or_(
        allocations.c.id > dunning_runs.c.last_allocation,
        # Runs of before have not kept what was there.
        and_(dunning_runs.c.last_allocation.is_(None), allocations.c.booked_on > notices.c.issued_on),
    )
    last = (
        select(allocations.c.id, func.max(notices.c.id).label("notice_id"))
        .join(notice_items, notice_items.c.item_id == allocations.c.item_id)
        .join(notices, notice_items.c.notice_id == notices.c.id)
        .join(dunning_runs, notices.c.run_id == dunning_runs.c.id)
        .where(notice_stood(connection, as_of), notice_items.c.status != "dropped", notice_items.c.level > 0)
        .where(allocations.c.kind.in_(_PAYS), allocations.c.booked_on <= as_of, after)
        .group_by(allocations.c.id)
        .subquery()
    )
    query = (
        select(last.c.notice_id, notices.c.issued_on, allocations.c.item_id, allocations.c.amount,
               allocations.c.booked_on, lines.c.value_date, lines.c.booking_date)
        .join(last, last.c.id == allocations.c.id)
        .join(notices, notices.c.id == last.c.notice_id)
        .outerjoin(lines, allocations.c.line_id == lines.c.id)
        .order_by(allocations.c.id)
    )  # fmt: skip
    return list(connection.execute(query))
