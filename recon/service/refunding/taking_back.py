"""What never left, or will not: files cancelled here, transfers that the bank has refused."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from recon.ledger.posting import reversed_entry
from recon.model.finding import error
from recon.model.matching import AllocationKind, Band, Share
from recon.model.roles import Action
from recon.service.answers import Exit, Refused
from recon.service.context import Context, run, writing
from recon.service.refunding.batches import (
    CLASS,
    RefundResult,
    chosen,
    refuse,
    shown_refunds,
)
from recon.store.ids import shown_id
from recon.store.journal import Booking, book, entry_of
from recon.store.log import Seal, Stamp, record
from recon.store.matching import STANDS
from recon.store.refund_tables import refunds
from recon.store.refunds import (
    LIVE,
    allocated_at_export,
    flags_of,
    load_refunds,
    set_refund_batch,
    set_refund_status,
)


def cancel(context: Context, batch: str) -> RefundResult:
    """Take a file back that the bank has not been given: its credit is free again."""
    with run(context, Action.CANCEL_REFUNDS), writing(context) as connection:
        (row,) = chosen(connection, [batch])
        refuse([row], row.submitted_on is not None, "refund-submitted", Exit.NOT_PERMITTED)
        refuse([row], row.status == "cancelled", "refund-cancelled")
        own = load_refunds(connection, refunds.c.batch_id == row.id)
        refuse([row], any(one.status not in LIVE for one in own), "refund-answered")
        seals = give_back(connection, context.stamp, own)
        set_refund_status(connection, [one.id for one in own], "cancelled")
        set_refund_batch(connection, row.id, status="cancelled")
        record(connection, context.stamp, "refund-cancel", shown_id("refund_batches", row.id), seals=seals)
        return RefundResult(shown_refunds(connection, [row.id]))


def rejected(context: Context, batch: str, references: Sequence[str] = (), *, reason: str) -> RefundResult:
    """Say that the bank has refused transfers of a file (all, or those named by end-to-end id): their credit is free
    again. ``reason`` is the bank's code."""
    with run(context, Action.SUBMIT_REFUNDS), writing(context) as connection:
        (row,) = chosen(connection, [batch])
        refuse([row], row.status != "exported", "refund-not-exported")
        own = load_refunds(connection, refunds.c.batch_id == row.id)
        known = {one.end_to_end_id: one for one in own}
        unknown = [error("refund-unknown", name, refund=name) for name in references if name not in known]
        if unknown:
            raise Refused(*unknown)
        named = [known[name] for name in dict.fromkeys(references)] or own
        refuse([row], any(one.status not in {"exported", "rejected"} for one in named), "refund-answered")
        reject_refunds(connection, context.stamp, row.id, [one for one in named if one.status == "exported"], reason)
        return RefundResult(shown_refunds(connection, [row.id]))


def reject_refunds(
    connection: Connection, stamp: Stamp, batch_id: int, rows: Sequence[Any], reason: str | None
) -> None:
    """What a refusal of the bank brings (pain.002, or a person says so): the money never left, the credit is free."""
    if not rows:
        return
    seals = give_back(connection, stamp, rows)
    set_refund_status(connection, [row.id for row in rows], "rejected", reason)
    after = {"refunds": [row.end_to_end_id for row in rows]}
    shown = shown_id("refund_batches", batch_id)
    record(connection, stamp, "refund-reject", shown, after=after, reason=reason, seals=seals)


def give_back(connection: Connection, stamp: Stamp, rows: Sequence[Any]) -> list[Seal]:
    """Take back what the export of refunds booked: the credit is there again. Nothing where nothing was exported."""
    taken = allocated_at_export(connection, [row.end_to_end_id for row in rows], STANDS)
    bookings = []
    for row in rows:
        made = taken.get(row.end_to_end_id)
        if made is None:
            continue
        entry = entry_of(connection, made.entry_id)
        share = Share(made.item_id, row.invoice_no, row.customer_no, -made.amount, AllocationKind.REFUND,
                      flags_of(made.flags))  # fmt: skip
        back = reversed_entry(entry, booked_on=stamp.as_of, text=f"Storno {entry.text}"[:120])
        bookings.append(
            Booking("cancel", back, (share,), match_class=CLASS, band=Band.CERTAIN, reverses=(made.id,),
                    reverses_entry=made.entry_id)
        )  # fmt: skip
    return book(connection, stamp, bookings)
