"""A batch made in the place of another, without some of its debits: the rows of the other once more, but for what is
new."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from recon.store.batches import attempts_of
from recon.store.ids import next_ids
from recon.store.tables import batch_blocks, batches, collections
from sepa.frozen import Again


def insert_replacement(connection: Connection, row: Mapping[str, Any], again: Again) -> None:
    """Write a batch in the place of ``row["replaces_id"]``; ``row`` holds what is not as it was there."""
    replaced = row["replaces_id"]
    old = connection.execute(select(batches).where(batches.c.id == replaced)).one()._asdict()
    connection.execute(insert(batches), [{**old, **row}])
    ids = next_ids(connection, batch_blocks)
    block_of: dict[int, int] = {}
    blocks = []
    for block in connection.execute(select(batch_blocks).where(batch_blocks.c.batch_id == replaced).order_by("id")):
        if block.payment_information_id in again.blocks:
            name, count, total = again.blocks[block.payment_information_id]
            block_of[block.id] = next(ids)
            blocks.append({**block._asdict(), "id": block_of[block.id], "batch_id": row["id"],
                           "payment_information_id": name, "count": count, "total": total})  # fmt: skip
    connection.execute(insert(batch_blocks), blocks)
    kept = [
        debit for debit in connection.execute(
            select(collections).where(collections.c.batch_id == replaced).order_by(collections.c.id)
        ) if debit.end_to_end_id in again.debits
    ]  # fmt: skip
    attempts = attempts_of(connection, [debit.item_id for debit in kept])
    ids = next_ids(connection, collections)
    connection.execute(insert(collections), [
        {
            **debit._asdict(), "id": next(ids), "batch_id": row["id"], "block_id": block_of[debit.block_id],
            "end_to_end_id": again.debits[debit.end_to_end_id], "status": "created",
            "amendment": int(debit.amendment or again.debits[debit.end_to_end_id] in again.amended),
            "attempt": attempts[debit.item_id, debit.mandate_id, debit.due_date] + 1,
        }
        for debit in kept
    ])  # fmt: skip
