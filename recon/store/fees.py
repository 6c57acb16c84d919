"""What notices ask for beside their items, and what has met it, as the books were on a day."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, func, select

from recon.ledger.fees import Asked, Met
from recon.store.dunning_tables import notice_items, notices
from recon.store.tables import allocations, customers, entries, items, postings

# Kinds of allocations that meet what a notice asks for.
_MEETS: Final = ("dunning_fee", "fee_waived", "interest")


def asked_on(connection: Connection, as_of: date) -> tuple[list[Asked], dict[int, Any]]:
    """The notices issued by a day that ask for a fee or interest, and of each its customer, currency and invoice
    numbers, oldest due first."""
    query = (
        select(notices.c.id, notices.c.fee, notices.c.interest, notices.c.issued_on, notices.c.level,
               notices.c.currency, customers.c.customer_no, customers.c.name, notice_items.c.item_id,
               items.c.invoice_no)
        .join(notice_items, notice_items.c.notice_id == notices.c.id)
        .join(items, notice_items.c.item_id == items.c.id)
        .join(customers, notices.c.customer_id == customers.c.id)
        .where(notices.c.status == "issued", notices.c.issued_on <= as_of, notices.c.fee + notices.c.interest > 0,
               notice_items.c.status == "issued", notice_items.c.level > 0)
        .order_by(notices.c.id, notice_items.c.due_date, notice_items.c.item_id)
    )  # fmt: skip
    groups: dict[int, list[Any]] = {}
    for row in connection.execute(query):
        groups.setdefault(row.id, []).append(row)
    asked = [
        Asked(number, tuple(dict.fromkeys(row.item_id for row in rows)), rows[0].level, rows[0].fee, rows[0].interest,
              rows[0].issued_on)
        for number, rows in groups.items()
    ]  # fmt: skip
    heads = {number: (rows[0], tuple(dict.fromkeys(row.invoice_no for row in rows))) for number, rows in groups.items()}
    return asked, heads


def met_on(connection: Connection, as_of: date) -> list[Met]:
    """What fees and interest were paid or waived by a day, by id; what was taken back by then does not count."""
    columns = (allocations.c[name] for name in ("id", "item_id", "amount", "kind", "booked_on", "reverses_id"))
    query = (
        select(*columns)
        .where(allocations.c.kind.in_(_MEETS), allocations.c.booked_on <= as_of, allocations.c.item_id.is_not(None))
        .order_by(allocations.c.id)
    )
    rows = list(connection.execute(query))
    back = {row.reverses_id for row in rows}
    return [
        Met(row.item_id, row.amount, row.booked_on, row.kind == "fee_waived")
        for row in rows
        if row.reverses_id is None and row.id not in back
    ]


def settled_on(connection: Connection, ids: Sequence[int], as_of: date) -> dict[int, date]:
    """Of these items those of which nothing was open on a day, and since when: the day of their last entry."""
    found: dict[int, date] = {}
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), 500):
        few = wanted[start : start + 500]
        query = (
            select(postings.c.item_id, func.sum(postings.c.amount), func.max(entries.c.booked_on))
            .join(entries, postings.c.entry_id == entries.c.id)
            .where(postings.c.item_id.in_(few), postings.c.role == "customer", entries.c.booked_on <= as_of)
            .group_by(postings.c.item_id)
        )
        found |= {item: day for item, left, day in connection.execute(query) if left <= 0}
    return found
