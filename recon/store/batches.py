"""Direct-debit batches in the books: batches, their blocks and the collections in them."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select, update

from recon.store.ids import next_ids
from recon.store.tables import batch_blocks, batches, branches, collections, customers, items, lines, mandates
from sepa.debits import DebitFile

_DETAIL = lines.alias("detail")
# Why a collection came back with a line, where a query has both: by its own transaction where the bank bundles returns
# (``recon.model.statement.returned_for``).
RETURNED_FOR = func.coalesce(
    select(_DETAIL.c.return_reason)
    .where(_DETAIL.c.parent_id == lines.c.id, _DETAIL.c.end_to_end_id == collections.c.end_to_end_id)
    .order_by(_DETAIL.c.id)
    .limit(1)
    .correlate(lines, collections)
    .scalar_subquery(),
    lines.c.return_reason,
).label("return_reason")


def insert_batch(connection: Connection, row: dict[str, Any], file: DebitFile, mandate_ids: dict[str, int]) -> None:
    """Write a batch with its blocks and collections; ``row`` is the batch's own row."""
    connection.execute(insert(batches), [row])
    block_ids = next_ids(connection, batch_blocks)
    ids = next_ids(connection, collections)
    attempts = attempts_of(connection, [debit.item_id for block in file.blocks for debit in block.debits])
    for block in file.blocks:
        block_id = next(block_ids)
        connection.execute(insert(batch_blocks), [{
            "id": block_id, "batch_id": row["id"], "payment_information_id": block.payment_information_id,
            "sequence": str(block.sequence), "collection_date": block.collection_date,
            "account": block.creditor.iban, "creditor_id": block.creditor.creditor_id, "count": block.count,
            "total": block.sum, "creditor_name": block.creditor.name,
        }])  # fmt: skip
        rows = [
            {
                "id": next(ids), "batch_id": row["id"], "block_id": block_id, "item_id": debit.item_id,
                "mandate_id": mandate_ids[debit.mandate_id], "amount": debit.amount, "due_date": debit.due_date,
                "collection_date": block.collection_date, "end_to_end_id": debit.end_to_end_id, "iban": debit.iban,
                "amendment": int(debit.amendment is not None), "status": "created",
                "attempt": attempts.get((debit.item_id, mandate_ids[debit.mandate_id], debit.due_date), 0) + 1,
                "mandate_ref": debit.mandate_id,
            }
            for debit in block.debits
        ]  # fmt: skip
        connection.execute(insert(collections), rows)


def load_batches(connection: Connection, ids: Iterable[int] | None = None) -> list[Any]:
    """Batches (without their bytes) with their branch's code and the batch made in their place, by id."""
    columns = [column for column in batches.c if column.name != "content"]
    follower = batches.alias("follower")
    query = (
        select(*columns, branches.c.code.label("branch"), follower.c.id.label("replaced_by"))
        .select_from(batches.outerjoin(branches, batches.c.branch_id == branches.c.id))
        .outerjoin(follower, follower.c.replaces_id == batches.c.id)
    )
    if ids is not None:
        query = query.where(batches.c.id.in_(sorted(set(ids))))
    return list(connection.execute(query.order_by(batches.c.id)))


def content_of(connection: Connection, batch_id: int) -> bytes:
    """The bytes of a batch's file, as they were made once."""
    content: bytes = connection.execute(select(batches.c.content).where(batches.c.id == batch_id)).scalar_one()
    return content


def load_blocks(connection: Connection, batch_ids: Sequence[int]) -> dict[int, list[Any]]:
    """The blocks of batches, by batch."""
    found: dict[int, list[Any]] = {}
    query = select(batch_blocks).where(batch_blocks.c.batch_id.in_(batch_ids)).order_by(batch_blocks.c.id)
    for row in connection.execute(query):
        found.setdefault(row.batch_id, []).append(row)
    return found


def load_collections(connection: Connection, *conditions: Any) -> list[Any]:
    """Collections with the ids that the bank quotes, and their item, customer and mandate; by id."""
    query = (
        select(
            collections, batch_blocks.c.payment_information_id, batches.c.message_id, batches.c.scheme,
            items.c.invoice_no,
            items.c.currency, customers.c.customer_no, mandates.c.mandate_id.label("mandate_no"),
        )
        .join(batch_blocks, collections.c.block_id == batch_blocks.c.id)
        .join(batches, collections.c.batch_id == batches.c.id)
        .join(items, collections.c.item_id == items.c.id)
        .join(customers, items.c.customer_id == customers.c.id)
        .join(mandates, collections.c.mandate_id == mandates.c.id)
        .order_by(collections.c.id)
    )  # fmt: skip
    if conditions:
        query = query.where(and_(*conditions))
    return list(connection.execute(query))


def set_batch_status(connection: Connection, batch_id: int, status: str, **more: Any) -> None:
    """Move a batch on in its life."""
    connection.execute(update(batches).where(batches.c.id == batch_id).values(status=status, **more))


def attempts_of(connection: Connection, item_ids: Sequence[int]) -> dict[tuple[int, int, Any], int]:
    """How often each debit of items was tried so far, by item, mandate and due date."""
    key = (collections.c.item_id, collections.c.mandate_id, collections.c.due_date)
    found: dict[tuple[int, int, Any], int] = {}
    wanted = sorted(set(item_ids))
    for start in range(0, len(wanted), 500):
        query = (
            select(*key, func.max(collections.c.attempt))
            .where(collections.c.item_id.in_(wanted[start : start + 500]))
            .group_by(*key)
        )
        found |= {(row[0], row[1], row[2]): row[3] for row in connection.execute(query)}
    return found
