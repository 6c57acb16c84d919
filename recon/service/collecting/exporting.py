"""Writing the files of batches out for the bank."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection

from recon.ledger.chart import Chart
from recon.ledger.posting import entry_for_export
from recon.model.finding import error
from recon.model.matching import AllocationKind, Band, Share
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.service.answers import Refused
from recon.service.charts import chart_to_book
from recon.service.collecting.announcing import refuse_untold
from recon.service.collecting.batches import Batch, CollectResult, chosen, refuse, shown_batches
from recon.service.collecting.releasing import refuse_unreleased
from recon.service.collecting.still_right import see_still_right
from recon.service.context import Context, run, writing
from recon.service.writing_files import placing
from recon.store.batches import content_of, load_collections, set_batch_status
from recon.store.ids import shown_id
from recon.store.items import LIVE
from recon.store.journal import Booking, book, set_collection_status
from recon.store.log import Seal, record
from recon.store.settings import settings_of
from recon.store.tables import collections
from sepa.money import Language


def export(
    context: Context, folder: Path, wanted: Sequence[str] = (), *, sheets: Language | None = None
) -> CollectResult:
    """Write the files of batches into ``folder`` and mark them exported. Exporting again writes the same bytes.

    ``sheets`` is the language of the control sheets beside them; ``None`` writes none. Without names: every batch that
    is neither cancelled nor submitted. The files are written before the books say so: a run that was cut off between
    the two is repeated and ends the same.

    Raises Refused where a batch waits for a release or an announcement, and where what it rests on has changed since
    it was made (``still_right``).
    """
    with run(context, Action.EXPORT_DEBITS), placing() as place, writing(context) as connection:
        rows = chosen(connection, wanted, lambda row: row.status in LIVE and row.submitted_on is None)
        refuse(rows, lambda row: row.status == "cancelled", "batch-cancelled")
        settings = settings_of(connection)
        refuse_unreleased(rows, settings)
        refuse_untold(connection, rows, settings)
        told = see_still_right(connection, rows, settings, context.stamp.as_of)
        chart = chart_to_book(settings)
        files: list[tuple[str, bytes]] = []
        for row in rows:
            content = content_of(connection, row.id)
            if hashlib.sha256(content).hexdigest() != row.sha256:
                raise Refused(error("batch-damaged", shown_id("batches", row.id), expected=row.sha256))
            files.append((row.file_name, content))
            if row.status == "created":
                seals = _exported(connection, context, settings, chart, row.id)
                shown = shown_id("batches", row.id)
                record(connection, context.stamp, "export", shown, after={"sha256": row.sha256}, seals=seals)
        found = shown_batches(connection, [row.id for row in rows])
        if sheets is not None:
            files += _sheets(found, dict(files), sheets)
        if not context.dry_run:
            place(folder, files)
    return CollectResult(found, findings=told)


def _sheets(found: Sequence[Batch], contents: Mapping[str, bytes], language: Language) -> list[tuple[str, bytes]]:
    from recon.service.collecting.sheets import sheet_files

    return [file for batch in found for file in sheet_files(batch, contents[batch.file or ""], language)]


def _exported(
    connection: Connection, context: Context, settings: Settings, chart: Chart, batch_id: int
) -> list[Seal]:  # fmt: skip
    rows = load_collections(connection, collections.c.batch_id == batch_id)
    set_collection_status(connection, [row.id for row in rows], "exported")
    set_batch_status(connection, batch_id, "exported", exported_on=context.stamp.as_of)
    if settings.collect.on_export != "mark_paid":
        return []
    shares = tuple(
        Share(row.item_id, row.invoice_no, row.customer_no, row.amount, AllocationKind.COLLECTION, (), row.id)
        for row in rows
    )
    text = f"Lastschrifteinzug {rows[0].message_id}"
    entry = entry_for_export(shares, chart, booked_on=context.stamp.as_of, currency="EUR", text=text)
    return book(connection, context.stamp, [Booking("export", entry, shares, match_class="X1", band=Band.CERTAIN)])
