"""What the books know of credit that may be paid back: the accounts that the money came from, debits that may still be
taken back, what the customers owe or dispute, and refunds that there were."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Select, func, null, select

from recon.matching.payers import plain_iban
from recon.store.holds import BOTH, DISPUTED, DUNNING, holds_on
from recon.store.matching import SENT, STANDS
from recon.store.refund_tables import refund_batches, refunds
from recon.store.tables import allocations, batches, collections, customers, items, lines, mandates

# Ids that are asked for at once.
_AT_ONCE: Final = 500
# Debits that were booked and have not come back, as if the account had sent the money.
_DEBITED: Final = (
    select(items.c.customer_id, collections.c.item_id, collections.c.iban, func.coalesce(mandates.c.account_holder,
           customers.c.name).label("name"), mandates.c.bic, null().label("ultimate_name"),
           collections.c.collection_date.label("booking_date"), batches.c.account_id, collections.c.id)
    .select_from(collections)
    .join(items, collections.c.item_id == items.c.id)
    .join(customers, items.c.customer_id == customers.c.id)
    .join(mandates, collections.c.mandate_id == mandates.c.id)
    .join(batches, collections.c.batch_id == batches.c.id)
    .where(collections.c.status == "booked")
)  # fmt: skip


def lines_of_credits(connection: Connection, allocation_ids: Iterable[int]) -> dict[int, Any]:
    """The bank line of each overpayment, by allocation."""
    query = select(
        allocations.c.id.label("allocation"), lines.c.id, lines.c.kind, lines.c.name, lines.c.iban, lines.c.bic,
        lines.c.ultimate_name, lines.c.booking_date, lines.c.value_date, lines.c.account_id, lines.c.end_to_end_id,
    ).join(lines, allocations.c.line_id == lines.c.id)  # fmt: skip
    return {row.allocation: row for row in _by_ids(connection, query, allocations.c.id, allocation_ids)}


def lines_collected(connection: Connection, line_ids: Iterable[int]) -> set[int]:
    """Which bank lines are money of own direct debits."""
    query = select(allocations.c.line_id).where(STANDS, allocations.c.kind == "collection")
    return {row.line_id for row in _by_ids(connection, query, allocations.c.line_id, line_ids)}


def sent_by(connection: Connection, customer_ids: Iterable[int]) -> list[Any]:
    """From which accounts customers' money came, newest first, with the item that it went to: by payments, the holder's
    name as the bank told it, and by debits that stand, the holder's name as the mandate has it."""
    query = (
        select(allocations.c.customer_id, allocations.c.item_id, lines.c.iban, lines.c.name, lines.c.bic,
               lines.c.ultimate_name, lines.c.booking_date, lines.c.account_id, lines.c.id)
        .join(lines, allocations.c.line_id == lines.c.id)
        .where(STANDS, allocations.c.kind.in_(SENT), lines.c.iban.is_not(None), lines.c.amount > 0)
    )  # fmt: skip
    wanted = sorted(set(customer_ids))
    found = _by_ids(connection, query, allocations.c.customer_id, wanted)
    found += _by_ids(connection, _DEBITED, items.c.customer_id, wanted)
    return sorted(found, key=lambda row: (row.booking_date or date.min, row.id), reverse=True)


def others_of(connection: Connection, ibans: Iterable[str]) -> dict[str, set[str]]:
    """Which customers' money came from accounts, or who is known to have them: customer numbers by IBAN."""
    wanted = sorted({spelt for iban in ibans for spelt in (iban, plain_iban(iban))})
    found: dict[str, set[str]] = {}
    paid = (
        select(lines.c.iban, customers.c.customer_no)
        .select_from(allocations)
        .join(lines, allocations.c.line_id == lines.c.id)
        .join(customers, allocations.c.customer_id == customers.c.id)
        .where(STANDS, allocations.c.kind.in_(SENT))
    )
    own = select(customers.c.iban, customers.c.customer_no)
    given = select(mandates.c.iban, customers.c.customer_no).join(customers, mandates.c.customer_id == customers.c.id)
    for query, column in ((paid, lines.c.iban), (own, customers.c.iban), (given, mandates.c.iban)):
        for iban, number in _by_ids(connection, query, column, wanted):
            found.setdefault(plain_iban(iban), set()).add(number)
    return found


def takeable_debits(connection: Connection, customer_ids: Iterable[int], since: date) -> list[Any]:
    """CORE debits of customers that were sent and have not come back, collected on a day or later. A B2B debit that was
    authorised cannot be taken back (§ 675e BGB)."""
    query = (
        select(items.c.customer_id, collections.c.item_id, collections.c.end_to_end_id, collections.c.collection_date,
               collections.c.amount)
        .join(items, collections.c.item_id == items.c.id)
        .join(mandates, collections.c.mandate_id == mandates.c.id)
        .where(collections.c.status.in_(("exported", "booked")), collections.c.collection_date >= since,
               mandates.c.scheme == "CORE")
    )  # fmt: skip
    return _by_ids(connection, query, items.c.customer_id, customer_ids)


def owing(connection: Connection, customer_ids: Iterable[int]) -> list[Any]:
    """What customers owe, due first: customer, currency and invoice number."""
    query = select(items.c.customer_id, items.c.currency, items.c.invoice_no, items.c.due_date, items.c.id).where(
        items.c.open_amount > 0, items.c.document_type != "purchase_invoice"
    )
    found = _by_ids(connection, query, items.c.customer_id, customer_ids)
    return sorted(found, key=lambda row: (row.due_date, row.id))


def disputes(connection: Connection, customer_ids: Iterable[int], day: date) -> list[Any]:
    """Items of customers that are disputed on a day."""
    held = {number for scope in (DUNNING, BOTH) for number, row in holds_on(connection, day, scope).items()
            if row.kind == DISPUTED}  # fmt: skip
    query = select(items.c.customer_id, items.c.invoice_no, items.c.id).where(items.c.id.in_(sorted(held)))
    return _by_ids(connection, query, items.c.customer_id, customer_ids) if held else []


def refunds_of(connection: Connection, customer_ids: Iterable[int]) -> list[Any]:
    """All refunds that there were of customers' credit, by id."""
    query = select(refunds, refund_batches.c.id.label("batch")).join(
        refund_batches, refunds.c.batch_id == refund_batches.c.id
    )
    return sorted(_by_ids(connection, query, refunds.c.customer_id, customer_ids), key=lambda row: row.id)


def _by_ids(connection: Connection, query: "Select[Any]", column: Any, wanted: Iterable[Any]) -> list[Any]:
    """The rows of a query for some values of a column, some hundred at a time."""
    values: Sequence[Any] = sorted(set(wanted))
    found: list[Any] = []
    for start in range(0, len(values), _AT_ONCE):
        found += connection.execute(query.where(column.in_(values[start : start + _AT_ONCE])))
    return found
