"""Telling customers of their debits before they come (Vorabankündigung), and seeing that nobody is debited untold.

An invoice announces its own debit. A debit that came back and is presented again needs another announcement, and so
does, where the settings ask for it, one of an item whose day of issue the books do not know.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from recon.ledger.came_back import CameBack
from recon.model.finding import Finding, error, warning
from recon.model.items import Customer
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.outside.prenotification import Announced, Channel, channel_of, file_name, text_of
from recon.service.answers import Refused
from recon.service.collecting.batches import chosen, refuse
from recon.service.context import Context, reading, run, writing
from recon.service.writing_files import placing
from recon.store.answers import Decisions, all_decisions, came_back
from recon.store.ids import shown_id
from recon.store.log import record
from recon.store.masters import all_customers
from recon.store.prenotifications import insert_announced, load_announced
from recon.store.settings import settings_of
from recon.store.tables import collections


@dataclass(frozen=True, slots=True)
class Announcement:
    """What one customer is told of one batch: ``file`` has the text, ``announced_on`` is when he was told (``None``
    where he was not, or not of all)."""

    batch: str
    customer_no: str
    name: str
    channel: Channel
    debits: tuple[Announced, ...]
    file: str
    text: bytes
    announced_on: date | None = None


@dataclass(frozen=True, slots=True)
class AnnounceResult:
    """The announcements of batches, and what is in their way."""

    announcements: tuple[Announcement, ...]
    findings: tuple[Finding, ...] = ()


def announcements(context: Context, wanted: Sequence[str] = (), *, everything: bool = False) -> AnnounceResult:
    """Who has to be told of debits that wait for export (or of those of the batches named), and who was; with
    ``everything`` also those whom their invoice tells. Writes nothing."""
    with reading(context, Action.READ) as connection:
        return _looked_up(connection, context, wanted, everything=everything)[0]


def announce(context: Context, folder: Path, wanted: Sequence[str] = (), *, everything: bool = False) -> AnnounceResult:
    """Write a text for each customer into ``folder`` and keep that he was told today. Who was told already is left out;
    with ``everything`` every debit has its text, and those untold are kept."""
    with run(context, Action.ANNOUNCE_DEBITS), placing() as place, writing(context) as connection:
        found, ids = _looked_up(connection, context, wanted, everything=everything)
        told = [one for one in found.announcements if everything or one.announced_on is None]
        for batch, own in groupby(told, key=lambda one: one.batch):
            rows = [
                (number, one.channel, hashlib.sha256(one.text).hexdigest())
                for one in own
                for number in ids[batch, one.customer_no]
            ]
            if rows:
                seal = insert_announced(connection, rows, context.stamp.as_of, context.stamp.actor)
                record(connection, context.stamp, "announce", batch, after={"debits": len(rows)}, seals=[seal])
        if not context.dry_run and told:
            place(folder, [(one.file, one.text) for one in told])
    return AnnounceResult(tuple(told), found.findings)


def refuse_untold(connection: Connection, rows: Sequence[Any], settings: Settings) -> None:
    """Raises Refused for batches with debits that need an announcement and have none in time."""
    days = settings.collect.prenotification_days
    waiting = [row.id for row in rows if row.status == "created"]
    if days == 0 or not waiting:
        return
    untold: dict[int, list[Any]] = {}
    for debit in _needed(connection, waiting, settings):
        if debit.announced_on is None or debit.announced_on > _latest(debit, days):
            untold.setdefault(debit.batch_id, []).append(debit)
    if untold:
        raise Refused(
            *(
                error("batch-unannounced", batch, batch=batch, count=len(debits), item=debits[0].invoice_no,
                      until=min(_latest(debit, days) for debit in debits), days=days)
                for number, debits in sorted(untold.items())
                for batch in (shown_id("batches", number),)
            )
        )  # fmt: skip


def _needed(connection: Connection, batch_ids: Sequence[int], settings: Settings) -> list[Any]:
    """The debits of batches of which customers have to be told: not those whose day was agreed on with them when they
    came back."""
    undated = settings.collect.announce_undated
    found = load_announced(connection, batch_ids, needed=True, undated=undated) if batch_ids else []
    if not found:
        return []
    own = collections.alias("own")
    backs: dict[int, list[CameBack]] = {}
    of_items = collections.c.item_id.in_(select(own.c.item_id).where(own.c.batch_id.in_(batch_ids)))
    for back in came_back(connection, of_items):
        backs.setdefault(back.item_id, []).append(back)
    decided = all_decisions(connection)
    return [debit for debit in found if not _agreed(debit, backs.get(debit.item_id, ()), decided)]


def _agreed(debit: Any, backs: Sequence[CameBack], decided: Decisions) -> bool:
    """Whether the day of a debit was agreed on when an earlier one of the same item came back."""
    before = [back for back in backs if back.collection_id < debit.id]
    decision = decided.on(before[-1]) if before else None
    return decision is not None and decision.earliest_on is not None and decision.earliest_on <= debit.collection_date


def _latest(debit: Any, days: int) -> date:
    """The last day on which the customer can be told in time."""
    found: date = debit.collection_date - timedelta(days=days)
    return found


def _looked_up(
    connection: Connection, context: Context, wanted: Sequence[str], *, everything: bool
) -> tuple[AnnounceResult, dict[tuple[str, str], list[int]]]:
    """The announcements of batches, and the ids of the debits in each of which the customer was not told yet."""
    batches = chosen(connection, wanted, lambda row: row.status == "created")
    refuse(batches, lambda row: row.status == "cancelled", "batch-cancelled")
    settings = settings_of(connection)
    people = all_customers(connection)
    day = context.stamp.as_of
    made: list[Announcement] = []
    untold: dict[tuple[str, str], list[int]] = {}
    late: dict[str, list[Any]] = {}
    ids = [row.id for row in batches]
    found = load_announced(connection, ids, needed=False) if everything else _needed(connection, ids, settings)
    for (number, customer_no), rows in groupby(found, key=lambda row: (row.batch_id, row.customer_no)):
        debits, batch = list(rows), shown_id("batches", number)
        made.append(_announcement(settings, people[customer_no], batch, debits, day))
        untold[batch, customer_no] = [row.id for row in debits if row.announced_on is None]
        late.setdefault(batch, []).extend(
            row for row in debits
            if row.announced_on is None and day > _latest(row, settings.collect.prenotification_days)
        )  # fmt: skip
    told = tuple(
        warning("announced-late", batch, batch=batch, count=len(rows), item=rows[0].invoice_no,
                days=settings.collect.prenotification_days)
        for batch, rows in late.items() if rows and not everything
    )  # fmt: skip
    return AnnounceResult(tuple(made), told), untold


def _announcement(settings: Settings, customer: Customer, batch: str, rows: Sequence[Any], day: date) -> Announcement:
    debits = tuple(Announced(row.invoice_no, row.amount, row.collection_date, row.mandate_no, row.iban) for row in rows)
    days = {row.announced_on for row in rows}
    return Announcement(
        batch=batch,
        customer_no=customer.customer_no,
        name=customer.name,
        channel=channel_of(customer),
        debits=debits,
        file=file_name(batch, customer),
        text=text_of(settings.company, rows[0].creditor_id, customer, debits, day),
        announced_on=None if None in days else max(days),
    )
