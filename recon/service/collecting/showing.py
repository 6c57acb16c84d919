"""A batch debit by debit."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from recon.model.finding import Finding
from recon.model.roles import Action
from recon.service.collecting.batches import Batch, chosen, shown_batches
from recon.service.collecting.still_right import outdated
from recon.service.context import Context, reading
from recon.store.batches import content_of, load_collections
from recon.store.prenotifications import load_announced
from recon.store.settings import settings_of
from recon.store.tables import collections, customers
from sepa.frozen import texts_of


@dataclass(frozen=True, slots=True)
class ShownDebit:
    """A debit of a batch: ``text`` is what the file says to the debtor, ``amount`` in cents. ``attempt`` counts how
    often it was tried; ``amendment`` says that it tells the debtor's bank of a change of the mandate."""

    item: str
    customer_no: str
    name: str
    amount: int
    due_date: date
    collection_date: date
    mandate: str
    end_to_end_id: str
    status: str
    attempt: int
    amendment: bool
    announced_on: date | None
    text: str


@dataclass(frozen=True, slots=True)
class ShownBatch:
    """A batch and its debits, in the order of its file. ``findings`` say what keeps it from going out today."""

    batch: Batch
    debits: tuple[ShownDebit, ...]
    findings: tuple[Finding, ...] = ()


def show(context: Context, batch: str) -> ShownBatch:
    """A batch with its debits. Raises Refused for one that there is not."""
    with reading(context, Action.READ) as connection:
        row = chosen(connection, [batch], lambda _row: True)[0]
        texts = texts_of(content_of(connection, row.id))
        told = {one.id: one.announced_on for one in load_announced(connection, [row.id], needed=False)}
        people = select(customers.c.customer_no, customers.c.name)
        names = {row.customer_no: row.name for row in connection.execute(people)}
        debits = tuple(
            ShownDebit(
                item=one.invoice_no,
                customer_no=one.customer_no,
                name=names[one.customer_no],
                amount=one.amount,
                due_date=one.due_date,
                collection_date=one.collection_date,
                mandate=one.mandate_ref or one.mandate_no,
                end_to_end_id=one.end_to_end_id,
                status=one.status,
                attempt=one.attempt,
                amendment=bool(one.amendment),
                announced_on=told[one.id],
                text=texts.get(one.end_to_end_id, ""),
            )
            for one in load_collections(connection, collections.c.batch_id == row.id)
        )
        findings = outdated(connection, [row], settings_of(connection), context.stamp.as_of)
        return ShownBatch(shown_batches(connection, [row.id])[0], debits, findings)
