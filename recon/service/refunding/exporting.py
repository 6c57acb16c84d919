"""Releasing, exporting and submitting files of refunds: two people let a file out, and it goes out once."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from recon.ledger.chart import Chart
from recon.ledger.posting import entry_for_export
from recon.model.finding import Finding, error, info
from recon.model.matching import OF_REFUND, AllocationKind, Band, Share
from recon.model.roles import Action
from recon.service.answers import Exit, Refused
from recon.service.charts import chart_to_book
from recon.service.context import Context, run, writing
from recon.service.refunding.batches import (
    CLASS,
    RefundResult,
    chosen,
    refuse,
    see_bytes,
    see_credits,
    see_eyes,
    shown_refunds,
)
from recon.service.writing_files import placing
from recon.store.credits import OF_CREDIT
from recon.store.ids import shown_id
from recon.store.journal import Booking, book
from recon.store.log import Seal, record
from recon.store.refund_tables import refunds
from recon.store.refunds import (
    credit_of,
    load_refunds,
    set_refund_batch,
    set_refund_status,
)
from recon.store.settings import settings_of


def release(context: Context, batch: str) -> RefundResult:
    """Release a file for the bank: a step of its own. With users in the settings somebody else does it than who made
    the file, unless the settings say ``single``."""
    with run(context, Action.RELEASE_REFUNDS), writing(context) as connection:
        (row,) = chosen(connection, [batch])
        shown = shown_id("refund_batches", row.id)
        refuse([row], row.status == "cancelled", "refund-cancelled")
        settings = settings_of(connection)
        alone = row.created_by == context.stamp.actor
        told: tuple[Finding, ...] = ()
        if row.status == "created":
            see_eyes(settings, shown, row.created_by, context.stamp.actor)
            _see_day(row, shown, context.stamp.as_of)
            if alone and settings.refunds.release == "four_eyes":
                told = (info("refund-one-person", shown, batch=shown, name=row.created_by),)
            see_credits(connection, row)
            see_bytes(connection, row)
            values = {"status": "released", "released_on": context.stamp.as_of, "released_by": context.stamp.actor}
            set_refund_batch(connection, row.id, **values)
            record(connection, context.stamp, "refund-release", shown, after={"sha256": row.sha256})
        return RefundResult(shown_refunds(connection, [row.id]), findings=told)


def export(context: Context, folder: Path, wanted: Sequence[str] = ()) -> RefundResult:
    """Write the files of released batches into ``folder`` and book their credit into money on its way. Exporting again
    writes the same bytes. Without names: every batch that is released and not submitted."""
    with run(context, Action.EXPORT_REFUNDS), placing() as place, writing(context) as connection:
        rows = [row for row in chosen(connection, wanted)
                if wanted or (row.status in {"released", "exported"} and row.submitted_on is None)]  # fmt: skip
        for row in rows:
            refuse([row], row.status == "cancelled", "refund-cancelled")
            refuse([row], row.status == "created", "refund-not-released", Exit.NOT_PERMITTED)
        settings = settings_of(connection)
        chart = chart_to_book(settings)
        files: list[tuple[str, bytes]] = []
        for row in rows:
            files.append((row.file_name, see_bytes(connection, row)))
            if row.status == "released":
                shown = shown_id("refund_batches", row.id)
                _see_day(row, shown, context.stamp.as_of)
                see_eyes(settings, shown, row.created_by, row.released_by)
                see_credits(connection, row)
                seals = _exported(connection, context, chart, row.id)
                record(connection, context.stamp, "refund-export", shown, after={"sha256": row.sha256}, seals=seals)
        if not context.dry_run:
            place(folder, files)
        found = shown_refunds(connection, [row.id for row in rows])
    return RefundResult(found)


def submitted(context: Context, batch: str) -> RefundResult:
    """Say that the bank has been given a file: from now on it cannot be cancelled here."""
    with run(context, Action.SUBMIT_REFUNDS), writing(context) as connection:
        (row,) = chosen(connection, [batch])
        refuse([row], row.status != "exported", "refund-not-exported")
        if row.submitted_on is None:
            set_refund_batch(connection, row.id, submitted_on=context.stamp.as_of)
            record(connection, context.stamp, "refund-submit", shown_id("refund_batches", row.id))
        return RefundResult(shown_refunds(connection, [row.id]))


def _see_day(row: Any, shown: str, today: date) -> None:
    """The day of a file is not past: its bytes say it, and the bank may refuse it. Raises Refused."""
    if row.execution_date < today:
        facts = {"batch": shown, "day": row.execution_date, "today": today}
        raise Refused(error("refund-date-past", shown, **facts))


def _exported(connection: Connection, context: Context, chart: Chart, batch_id: int) -> list[Seal]:
    """Book the credit of a batch into money on its way, an entry for each refund."""
    rows = load_refunds(connection, refunds.c.batch_id == batch_id)
    bookings = []
    for row in rows:
        origin = () if row.allocation_id is None else (f"{OF_CREDIT}{credit_of(row)}",)
        flags = (*origin, f"{OF_REFUND}{row.end_to_end_id}")
        share = Share(row.item_id, row.invoice_no, row.customer_no, -row.amount, AllocationKind.REFUND, flags)
        entry = entry_for_export([share], chart, booked_on=context.stamp.as_of, currency="EUR",
                                 text=f"Erstattung {credit_of(row)} {row.name}"[:120])  # fmt: skip
        bookings.append(Booking("refund", entry, (share,), match_class=CLASS, band=Band.CERTAIN))
    seals = book(connection, context.stamp, bookings)
    set_refund_status(connection, [row.id for row in rows], "exported")
    set_refund_batch(connection, batch_id, status="exported", exported_on=context.stamp.as_of)
    return seals
