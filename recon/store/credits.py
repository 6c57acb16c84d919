"""What stands to the credit of customers: money that no item took, and items of which less than nothing is open."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from recon.model.items import DocumentType
from recon.store.ids import read_id, shown_id
from recon.store.items import load_items
from recon.store.matching import STANDS
from recon.store.refunds import held_back
from recon.store.tables import allocations, customers, entries, items, lines

# The flag of a netted share that names where its credit came from: ``credit A17``.
OF_CREDIT: Final = "credit "
# Kinds of allocations that take from an overpayment, or give back to it.
_USED: Final = ("netting", "refund", "refund_return")


@dataclass(frozen=True, slots=True)
class CreditLeft:
    """A credit in the books: an overpayment (``line`` and its bank reference) or an item (``item_id``). ``amount`` and
    ``left`` are positive; ``iban`` is where the money came from."""

    key: str
    customer_no: str
    name: str
    currency: str
    amount: int
    left: int
    since: date
    line: str | None = None
    bank_ref: str | None = None
    iban: str | None = None
    item_id: int | None = None
    invoice_no: str | None = None
    flags: tuple[str, ...] = ()


def load_credits(connection: Connection, customer_no: str | None = None, *, held: bool = False) -> list[CreditLeft]:
    """Every credit of which something is left, by customer, oldest first. What is held for a refund whose file is not
    exported yet counts as gone; with ``held`` it is there."""
    people = {
        row.customer_no: (row.id, row.name)
        for row in connection.execute(select(customers.c.id, customers.c.customer_no, customers.c.name))
        if customer_no in {None, row.customer_no}
    }
    of_payments, of_items = ({}, {}) if held else held_back(connection)
    found = [*_overpaid(connection, people, of_payments), *_items(connection, people, of_items)]
    return sorted(found, key=lambda one: (one.customer_no, one.currency, one.since, one.key))


def netted_of(connection: Connection, stands: ColumnElement[bool] = STANDS) -> dict[int, list[Any]]:
    """What stands of credits that were set off or refunded, by the allocation that the money came from; with another
    condition what stood then (``recon.store.as_of.stood``). What came back of a refund is positive."""
    query = (
        select(allocations.c.id, allocations.c.amount, allocations.c.flags, allocations.c.kind)
        .join(entries, allocations.c.entry_id == entries.c.id)
        .where(stands, allocations.c.kind.in_(_USED), allocations.c.item_id.is_(None))
    )
    found: dict[int, list[Any]] = {}
    for row in connection.execute(query):
        for flag in msgspec.json.decode(row.flags, type=tuple[str, ...]):
            if flag.startswith(OF_CREDIT) and (number := read_id("allocations", flag.removeprefix(OF_CREDIT))):
                found.setdefault(number, []).append(row)
    return found


def _overpaid(
    connection: Connection, people: Mapping[str, tuple[int, str]], held: Mapping[int, int]
) -> list[CreditLeft]:
    used = Counter({number: -sum(row.amount for row in rows) for number, rows in netted_of(connection).items()})
    used.update(held)
    query = (
        select(allocations.c.id, allocations.c.amount, allocations.c.booked_on, allocations.c.flags,
               allocations.c.line_id, customers.c.customer_no, lines.c.bank_ref, lines.c.iban, lines.c.currency)
        .join(lines, allocations.c.line_id == lines.c.id)
        .join(customers, allocations.c.customer_id == customers.c.id)
        .where(STANDS, allocations.c.kind == "overpayment")
        .order_by(allocations.c.id)
    )  # fmt: skip
    return [
        CreditLeft(
            shown_id("allocations", row.id), row.customer_no, people[row.customer_no][1], row.currency, row.amount,
            left, row.booked_on, shown_id("lines", row.line_id), row.bank_ref, row.iban,
            flags=msgspec.json.decode(row.flags, type=tuple[str, ...]),
        )
        for row in connection.execute(query)
        if row.customer_no in people and (left := row.amount - used[row.id]) > 0
    ]  # fmt: skip


def _items(connection: Connection, people: Mapping[str, tuple[int, str]], held: Mapping[int, int]) -> list[CreditLeft]:
    """Credit notes, and items that were paid before an import made them less."""
    ours = items.c.document_type != DocumentType.PURCHASE_INVOICE.value
    return [
        CreditLeft(
            item.invoice_no, item.customer_no, people[item.customer_no][1], item.currency,
            -item.amount if item.amount < 0 else -item.open, left,
            item.issue_date or item.parts[-1].due_date, item_id=item.id, invoice_no=item.invoice_no,
        )
        for item in load_items(connection, (items.c.open_amount < 0) & ours)
        if item.customer_no in people and (left := -item.open - held.get(item.id, 0)) > 0
    ]  # fmt: skip
