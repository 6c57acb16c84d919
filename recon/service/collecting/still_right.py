"""Whether what was made may still go to the bank: between a batch and its export customers pay, and mandates change.

The bytes of a file are never changed, so a debit that is right no longer is taken out of its batch by a person
(``opos collect cancel --item``). What was exported once is written again as it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from recon.model.finding import Finding, error, has_errors, warning
from recon.model.settings import Settings
from recon.service.answers import Refused
from recon.service.claims import hand_in_until
from recon.store.batches import load_blocks
from recon.store.holds import COLLECT, holds_on
from recon.store.ids import shown_id
from recon.store.items import LIVE
from recon.store.matching import SETTLED_AT_EXPORT
from recon.store.tables import collections, items, mandates
from sepa.identifiers import compact
from sepa.mandate import MandateStatus
from sepa.money import plain


@dataclass(frozen=True, slots=True)
class WaitingDebit:
    """A debit that waits for its export, and how what it rests on stands now. Amounts in cents: ``wanted`` is what all
    debits on their way collect of the item together. ``told_iban`` is the account in the file, ``iban`` the mandate's.
    ``held`` is why the item is kept from being collected."""

    batch: str
    item: str
    amount: int
    open: int
    wanted: int
    mandate: str
    status: MandateStatus
    told_iban: str
    iban: str
    held: str | None = None


def see_still_right(
    connection: Connection, rows: Sequence[Any], settings: Settings, as_of: date
) -> tuple[Finding, ...]:
    """Raises Refused for batches that were made and not exported yet, where what they rest on has changed since. What
    only wants a look is given back: banks differ in how late they take a file."""
    found = outdated(connection, rows, settings, as_of)
    if has_errors(found):
        raise Refused(*found)
    return found


def outdated(connection: Connection, rows: Sequence[Any], settings: Settings, as_of: date) -> tuple[Finding, ...]:
    """What keeps batches from going to the bank on a day: too late as a whole, then debit by debit. Only those that
    were not exported yet are looked at."""
    waiting = [row for row in rows if row.status == "created"]
    if not waiting:
        return ()
    ids = [row.id for row in waiting]
    debits = _waiting_debits(connection, ids, as_of)
    return (
        *_too_late(connection, waiting, settings, as_of),
        *(finding for debit in debits for finding in wrong_with(debit)),
    )


def wrong_with(debit: WaitingDebit) -> Iterator[Finding]:
    """Why a debit must not be presented any more: its claim, its mandate, its account, a hold."""
    if debit.wanted > debit.open:
        yield error("debit-no-longer-due", debit.batch, batch=debit.batch, item=debit.item, amount=plain(debit.amount),
                    total=plain(debit.wanted), open=plain(debit.open))  # fmt: skip
    if debit.status is not MandateStatus.ACTIVE:
        yield error("debit-mandate-stopped", debit.batch, batch=debit.batch, item=debit.item, mandate=debit.mandate,
                    status=debit.status)  # fmt: skip
    if compact(debit.iban) != compact(debit.told_iban):
        yield error("debit-mandate-changed", debit.batch, batch=debit.batch, item=debit.item, mandate=debit.mandate)
    if debit.held is not None:
        yield error("debit-blocked", debit.batch, batch=debit.batch, item=debit.item, text=debit.held)


def _too_late(connection: Connection, rows: Sequence[Any], settings: Settings, as_of: date) -> Iterator[Finding]:
    """Batches whose bank should have had the file before. The day stands in the batch; where it was made before that
    was kept, it follows from the settings."""
    blocks = load_blocks(connection, [row.id for row in rows])
    for row in rows:
        last = row.submit_by or min(
            hand_in_until(settings, block.account, block.collection_date)[0] for block in blocks[row.id]
        )
        if last < as_of:
            batch = shown_id("batches", row.id)
            yield warning("batch-too-late", batch, batch=batch, date=row.collection_date, until=last)


def _waiting_debits(connection: Connection, batch_ids: Sequence[int], as_of: date) -> list[WaitingDebit]:
    """The debits of batches, in their order, as the books stand on a day."""
    own = collections.alias("own")
    wanted = (
        select(collections.c.item_id, func.sum(collections.c.amount).label("wanted"))
        .where(
            collections.c.item_id.in_(select(own.c.item_id).where(own.c.batch_id.in_(batch_ids))),
            collections.c.status.in_(LIVE),
            ~SETTLED_AT_EXPORT,
        )
        .group_by(collections.c.item_id)
        .subquery()
    )
    query = (
        select(
            collections.c.batch_id, collections.c.item_id, collections.c.amount, collections.c.iban.label("told_iban"),
            items.c.invoice_no, items.c.open_amount, wanted.c.wanted, mandates.c.mandate_id, mandates.c.status,
            mandates.c.iban,
        )
        .join(items, collections.c.item_id == items.c.id)
        .join(wanted, wanted.c.item_id == collections.c.item_id)
        .join(mandates, collections.c.mandate_id == mandates.c.id)
        .where(collections.c.batch_id.in_(batch_ids), collections.c.status == "created")
        .order_by(collections.c.id)
    )  # fmt: skip
    held = holds_on(connection, as_of, COLLECT)
    return [
        WaitingDebit(
            batch=shown_id("batches", row.batch_id),
            item=row.invoice_no,
            amount=row.amount,
            open=row.open_amount,
            wanted=int(row.wanted),
            mandate=row.mandate_id,
            status=MandateStatus(row.status),
            told_iban=row.told_iban,
            iban=row.iban,
            held=held[row.item_id].reason if row.item_id in held else None,
        )
        for row in connection.execute(query)
    ]
