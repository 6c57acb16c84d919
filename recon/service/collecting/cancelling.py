"""Taking batches back that the bank has not been given, whole or one debit of them."""

import hashlib
from collections.abc import Mapping, Sequence, Set
from typing import Any

from sqlalchemy import Connection, select

from recon.ledger.posting import reversed_entry
from recon.model.finding import error, warning
from recon.model.matching import AllocationKind, Band, Share
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.service.answers import Exit, Refused
from recon.service.claims import creditors_of, hand_in_until, rules_of
from recon.service.collecting.batches import CollectResult, chosen, read_notes, refuse, shown_batches, written_notes
from recon.service.collecting.creating import refuse_wrong
from recon.service.context import Context, run, writing
from recon.store.batches import content_of, load_collections, set_batch_status
from recon.store.ids import next_ids, shown_id
from recon.store.items import LIVE
from recon.store.journal import Booking, book, entry_of, set_collection_status
from recon.store.log import Seal, record
from recon.store.replacing import insert_replacement
from recon.store.settings import settings_of
from recon.store.tables import allocations, batch_blocks, batches, collections
from sepa.collection import first_possible
from sepa.frozen import head_of, without


def cancel(context: Context, batch: str, items: Sequence[str] = ()) -> CollectResult:
    """Take a batch back that the bank has not been given: its items are free again. With ``items`` (invoice numbers)
    only those are: a file that was made is never changed, so a new batch takes its place with all other debits as they
    were, in the same transaction.

    Raises Refused where an item is not in the batch, and where the bank can no longer collect the others on their day.
    """
    actions = (Action.CANCEL_DEBITS, Action.COLLECT) if items else (Action.CANCEL_DEBITS,)
    with run(context, *actions), writing(context) as connection:
        row = chosen(connection, [batch], lambda _row: True)[0]
        refuse([row], lambda row: row.submitted_on is not None, "batch-submitted", Exit.NOT_PERMITTED)
        refuse([row], lambda row: row.status not in LIVE, "batch-cancelled")
        debits = load_collections(connection, collections.c.batch_id == row.id)
        refuse([row], lambda _row: any(debit.status not in LIVE for debit in debits), "batch-answered")
        shown = shown_id("batches", row.id)
        left_out = _left_out(shown, debits, items)
        kept = [debit for debit in debits if debit.id not in left_out]
        settings = settings_of(connection)
        if items:
            _refuse_late(connection, context, settings, shown, {debit.block_id for debit in kept})
        seals = _take_back(connection, context, row.id)
        set_collection_status(connection, [debit.id for debit in debits], "cancelled")
        set_batch_status(connection, row.id, "cancelled")
        record(connection, context.stamp, "cancel", shown, after=_told(debits, left_out, items), seals=seals)
        ids = [row.id]
        if items and kept:
            ids.append(_replace(connection, context, row, left_out, kept))
        found = shown_batches(connection, ids)
    warned = (warning("exported-cancelled", shown, batch=shown, file=row.file_name),) if row.exported_on else ()
    return CollectResult(found, four_eyes=settings.collect.release == "four_eyes", findings=warned)


def _left_out(batch: str, debits: Sequence[Any], items: Sequence[str]) -> dict[int, str]:
    """The debits to be left out: id and end-to-end id. Raises Refused for an item without one in the batch."""
    invoices = {debit.invoice_no for debit in debits}
    unknown = [item for item in dict.fromkeys(items) if item not in invoices]
    if unknown:
        raise Refused(*(error("batch-item-unknown", item, item=item, batch=batch) for item in unknown))
    wanted = set(items) or invoices
    return {debit.id: debit.end_to_end_id for debit in debits if debit.invoice_no in wanted}


def _told(debits: Sequence[Any], left_out: Mapping[int, str], items: Sequence[str]) -> dict[str, Any] | None:
    """What the record of a batch that goes on without some debits says of them."""
    if not items:
        return None
    return {"left_out": [debit.invoice_no for debit in debits if debit.id in left_out]}


def _refuse_late(
    connection: Connection, context: Context, settings: Settings, batch: str, block_ids: Set[int]
) -> None:  # fmt: skip
    """Raises Refused where a block that goes on collects on a day that the bank can no longer make."""
    creditors = {creditor.iban: creditor for creditor in creditors_of(settings).values()}
    rules = rules_of(settings)
    query = select(batch_blocks).where(batch_blocks.c.id.in_(block_ids)).order_by(batch_blocks.c.id)
    late = []
    for block in connection.execute(query):
        first = first_possible(rules, context.stamp.as_of, creditors.get(block.account))
        if block.collection_date < first:
            late.append(error("batch-late", batch, batch=batch, date=block.collection_date, first=first))
    if late:
        raise Refused(*dict.fromkeys(late))


def _replace(
    connection: Connection,
    context: Context,
    row: Any,
    left_out: Mapping[int, str],
    kept: Sequence[Any],
) -> int:
    """Make the batch that takes the place of one; its id."""
    number, day = next(next_ids(connection, batches)), context.stamp.as_of
    message_id = f"OPOS-{day:%Y%m%d}-{number:04d}"
    old = content_of(connection, row.id)
    again = without(old, message_id, day, set(left_out.values()))
    # What was allowed in the file then is still: it stays as it was.
    refuse_wrong(again.content, message_id, head_of(old).schema, keep_umlauts=True)
    sha256 = hashlib.sha256(again.content).hexdigest()
    first, total = min(debit.collection_date for debit in kept), sum(debit.amount for debit in kept)
    query = select(batch_blocks.c.account).where(batch_blocks.c.batch_id == row.id).order_by(batch_blocks.c.id).limit(1)
    account: str = connection.execute(query).scalar_one()
    submit_by, cut_off = hand_in_until(settings_of(connection), account, first)
    invoices = {"", *(debit.invoice_no for debit in kept)}
    name = row.file_name.replace(f"_{row.collection_date}_", f"_{first}_", 1).replace(row.message_id, message_id)
    insert_replacement(connection, {
        "id": number, "message_id": message_id, "file_name": name, "sha256": sha256, "content": again.content,
        "collection_date": first, "count": len(kept), "total": total, "created_on": day, "status": "created",
        "exported_on": None, "submitted_on": None, "created_by": context.stamp.actor, "released_on": None,
        "released_by": None, "replaces_id": row.id, "submit_by": submit_by, "cut_off": cut_off,
        "notes": written_notes(
            [note for note in read_notes(row.notes) if dict(note.facts).get("invoice", "") in invoices]
        ),
    }, again)  # fmt: skip
    after = {"message_id": message_id, "sha256": sha256, "count": len(kept), "sum": total,
             "replaces": shown_id("batches", row.id)}  # fmt: skip
    record(connection, context.stamp, "collect", shown_id("batches", number), after=after)
    return number


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
