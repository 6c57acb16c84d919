"""Refunds in the books: files of credit transfers and the transfers in them, what they take of credit, and what became
of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, and_, bindparam, func, insert, select, update

from recon.model.matching import AllocationKind, Share, refund_of
from recon.store.ids import next_ids, shown_id
from recon.store.refund_tables import refund_batches, refunds
from recon.store.tables import accounts, allocations, customers, items

# On its way: its credit is taken, or held for it.
LIVE: Final = ("created", "exported")
# Where a refund is when its money has moved, forth or back.
_MOVES: Final = {AllocationKind.REFUND: "booked", AllocationKind.REFUND_RETURN: "returned"}


@dataclass(frozen=True, slots=True)
class NewRefund:
    """A refund to be written: ``credit`` is the id of the overpayment's allocation, or None where it is the item's."""

    customer_id: int
    credit: int | None
    item_id: int | None
    amount: int
    end_to_end_id: str
    iban: str
    bic: str | None
    name: str
    remittance: str
    account_of: str
    reason: str | None


def insert_refund_batch(connection: Connection, row: dict[str, Any], made: Sequence[NewRefund]) -> None:
    """Write a batch (``row``) and its refunds. The database refuses a credit that another one on its way takes from."""
    connection.execute(insert(refund_batches), [row])
    ids = next_ids(connection, refunds)
    rows = [
        {
            "id": next(ids), "batch_id": row["id"], "customer_id": one.customer_id, "allocation_id": one.credit,
            "item_id": one.item_id, "amount": one.amount, "end_to_end_id": one.end_to_end_id, "iban": one.iban,
            "bic": one.bic, "name": one.name, "remittance": one.remittance, "account_of": one.account_of,
            "reason": one.reason, "status": "created", "returned_for": None,
        }
        for one in made
    ]  # fmt: skip
    connection.execute(insert(refunds), rows)


def load_refund_batches(connection: Connection, ids: Iterable[int] | None = None) -> list[Any]:
    """Batches (without their bytes) with the IBAN of their account, by id."""
    columns = [column for column in refund_batches.c if column.name != "content"]
    query = select(*columns, accounts.c.iban.label("account")).join(
        accounts, refund_batches.c.account_id == accounts.c.id
    )
    if ids is not None:
        query = query.where(refund_batches.c.id.in_(sorted(set(ids))))
    return list(connection.execute(query.order_by(refund_batches.c.id)))


def refund_content(connection: Connection, batch_id: int) -> bytes:
    """The bytes of a batch's file, as they were made once."""
    query = select(refund_batches.c.content).where(refund_batches.c.id == batch_id)
    content: bytes = connection.execute(query).scalar_one()
    return content


def load_refunds(connection: Connection, *conditions: Any) -> list[Any]:
    """Refunds with the ids that the bank quotes, their customer and item; by id. Only euros are refunded."""
    query = (
        select(refunds, refund_batches.c.message_id, refund_batches.c.payment_information_id,
               refund_batches.c.execution_date, customers.c.customer_no, items.c.invoice_no)
        .join(refund_batches, refunds.c.batch_id == refund_batches.c.id)
        .join(customers, refunds.c.customer_id == customers.c.id)
        .outerjoin(items, refunds.c.item_id == items.c.id)
        .order_by(refunds.c.id)
    )  # fmt: skip
    if conditions:
        query = query.where(and_(*conditions))
    return list(connection.execute(query))


def credit_of(refund: Any) -> str:
    """The key of the credit that a refund takes from: ``A17``, or an item's number."""
    return str(refund.invoice_no) if refund.allocation_id is None else shown_id("allocations", refund.allocation_id)


def held_back(connection: Connection) -> tuple[dict[int, int], dict[int, int]]:
    """What is held for refunds whose files are not exported yet: by overpayment (its allocation), and by item. From the
    export on the ledger says it."""
    query = select(refunds.c.allocation_id, refunds.c.item_id, func.sum(refunds.c.amount)).where(
        refunds.c.status == "created"
    )
    paid: dict[int, int] = {}
    of_items: dict[int, int] = {}
    for allocation, item, amount in connection.execute(query.group_by(refunds.c.allocation_id, refunds.c.item_id)):
        if allocation is not None:
            paid[allocation] = int(amount)
        else:
            of_items[item] = int(amount)
    return paid, of_items


def standing_on(connection: Connection, allocation_ids: Iterable[int]) -> list[Any]:
    """The refunds that take, or have taken, from overpayments: neither cancelled, rejected nor come back."""
    wanted = sorted(set(allocation_ids))
    found: list[Any] = []
    for start in range(0, len(wanted), 500):
        found += load_refunds(
            connection,
            refunds.c.allocation_id.in_(wanted[start : start + 500]),
            refunds.c.status.in_((*LIVE, "booked")),
        )
    return found


def set_refund_status(connection: Connection, ids: Iterable[int], status: str, returned_for: str | None = None) -> None:
    """Move refunds on in their life. ``returned_for`` is why one came back or was rejected."""
    rows = [{"key": number, "value": status, "why": returned_for} for number in sorted(set(ids))]
    if rows:
        statement = update(refunds).where(refunds.c.id == bindparam("key"))
        connection.execute(statement.values(status=bindparam("value"), returned_for=bindparam("why")), rows)


def set_refund_batch(connection: Connection, batch_id: int, **values: Any) -> None:
    """Change columns of a batch."""
    connection.execute(update(refund_batches).where(refund_batches.c.id == batch_id).values(**values))


def move_refunds(connection: Connection, shares: Iterable[tuple[Share, str | None]]) -> None:
    """Move refunds on that lines were booked on; with each share why the money came back, where it did."""
    moved = [
        (reference, _MOVES[share.kind], why if share.kind is AllocationKind.REFUND_RETURN else None)
        for share, why in shares
        if share.kind in _MOVES and (reference := refund_of(share.flags)) is not None
    ]
    for reference, status, why in moved:
        statement = update(refunds).where(refunds.c.end_to_end_id == reference)
        connection.execute(statement.values(status=status, returned_for=why))


def allocated_at_export(connection: Connection, references: Iterable[str], stands: Any) -> dict[str, Any]:
    """The allocations that took the credit when files were exported, and stand, by end-to-end id."""
    wanted = set(references)
    query = select(allocations).where(stands, allocations.c.kind == "refund", allocations.c.line_id.is_(None))
    found = {}
    for row in connection.execute(query.order_by(allocations.c.id)):
        reference = refund_of(flags_of(row.flags))
        if reference in wanted:
            found[str(reference)] = row
    return found


def flags_of(text: str) -> tuple[str, ...]:
    """The flags of an allocation."""
    return msgspec.json.decode(text, type=tuple[str, ...])
