"""Taking batches back that the bank has not been given."""

from sqlalchemy import Connection, select

from recon.ledger.posting import reversed_entry
from recon.model.matching import AllocationKind, Band, Share
from recon.model.roles import Action
from recon.service.answers import Exit
from recon.service.collecting.batches import CollectResult, chosen, refuse, shown_batches
from recon.service.context import Context, run, writing
from recon.store.batches import load_collections, set_batch_status
from recon.store.ids import shown_id
from recon.store.items import LIVE
from recon.store.journal import Booking, book, entry_of, set_collection_status
from recon.store.log import Seal, record
from recon.store.tables import allocations, collections


def cancel(context: Context, batch: str) -> CollectResult:
    """Take a batch back that the bank has not been given: its items are free again."""
    with run(context, Action.CANCEL_DEBITS), writing(context) as connection:
        row = chosen(connection, [batch], lambda _row: True)[0]
        refuse([row], lambda row: row.submitted_on is not None, "batch-submitted", Exit.NOT_PERMITTED)
        refuse([row], lambda row: row.status not in LIVE, "batch-cancelled")
        debits = load_collections(connection, collections.c.batch_id == row.id)
        refuse([row], lambda _row: any(debit.status not in LIVE for debit in debits), "batch-answered")
        seals = _take_back(connection, context, row.id)
        set_collection_status(connection, [debit.id for debit in debits], "cancelled")
        set_batch_status(connection, row.id, "cancelled")
        record(connection, context.stamp, "cancel", shown_id("batches", row.id), seals=seals)
        found = shown_batches(connection, [row.id])
    return CollectResult(found)


def _take_back(connection: Connection, context: Context, batch_id: int) -> list[Seal]:
    """Reverse what ``mark_paid`` booked at the export of a batch."""
    query = (
        select(allocations)
        .join(collections, allocations.c.collection_id == collections.c.id)
        .where(collections.c.batch_id == batch_id, allocations.c.line_id.is_(None))
        .order_by(allocations.c.id)
    )
    made = list(connection.execute(query))
    if not made:
        return []
    entry = entry_of(connection, made[0].entry_id)
    rows = {row.id: row for row in load_collections(connection, collections.c.batch_id == batch_id)}
    shares = tuple(
        Share(row.item_id, rows[row.collection_id].invoice_no, rows[row.collection_id].customer_no, -row.amount,
              AllocationKind.COLLECTION, (), row.collection_id)
        for row in made
    )  # fmt: skip
    back = reversed_entry(entry, booked_on=context.stamp.as_of, text=f"Storno {entry.text}")
    booking = Booking("cancel", back, shares, match_class="X1", band=Band.CERTAIN,
                      reverses=tuple(row.id for row in made), reverses_entry=made[0].entry_id)  # fmt: skip
    return book(connection, context.stamp, [booking])
