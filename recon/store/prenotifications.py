"""Debits that the customer has to be told of, and those that he was told of."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from recon.store.ids import next_ids
from recon.store.log import Seal, write
from recon.store.tables import batch_blocks, collections, customers, items, mandates, prenotifications

_EARLIER: Final = collections.alias("earlier")
_TOLD: Final = collections.alias("told")
# What an announcement told: another debit of the same item, mandate, amount and day is announced by it as well.
_SAME: Final = and_(
    _TOLD.c.item_id == collections.c.item_id,
    _TOLD.c.mandate_id == collections.c.mandate_id,
    _TOLD.c.amount == collections.c.amount,
    _TOLD.c.collection_date == collections.c.collection_date,
)
# An invoice announces its debit; one that came back takes another announcement with it (domain.md 3.4).
_AGAIN: Final[ColumnElement[bool]] = exists().where(
    _EARLIER.c.item_id == collections.c.item_id,
    _EARLIER.c.due_date == collections.c.due_date,
    _EARLIER.c.id < collections.c.id,
    _EARLIER.c.status.in_(("returned", "rejected")),
)


def load_announced(
    connection: Connection, batch_ids: Sequence[int], *, needed: bool, undated: bool = False
) -> list[Any]:
    """The debits of batches, or those of them that need an announcement (with ``undated`` also those whose item has no
    day of issue), with what it says and on which day it was made (``announced_on``), if it was; by customer and id."""
    announced = (
        select(func.min(prenotifications.c.announced_on))
        .join(_TOLD, prenotifications.c.collection_id == _TOLD.c.id)
        .where(_SAME)
        .correlate(collections)
        .scalar_subquery()
    )
    query = (
        select(
            collections, items.c.invoice_no, customers.c.customer_no, mandates.c.mandate_id.label("mandate_no"),
            batch_blocks.c.creditor_id, batch_blocks.c.account, announced.label("announced_on"),
        )
        .join(batch_blocks, collections.c.block_id == batch_blocks.c.id)
        .join(items, collections.c.item_id == items.c.id)
        .join(customers, items.c.customer_id == customers.c.id)
        .join(mandates, collections.c.mandate_id == mandates.c.id)
        .where(collections.c.batch_id.in_(sorted(set(batch_ids))))
        .order_by(collections.c.batch_id, customers.c.customer_no, collections.c.id)
    )  # fmt: skip
    wanted = or_(_AGAIN, items.c.issue_date.is_(None)) if undated else _AGAIN
    return list(connection.execute(query.where(wanted) if needed else query))


def insert_announced(
    connection: Connection, collection_ids: Iterable[tuple[int, str, str]], day: date, actor: str
) -> Seal | None:
    """Keep that customers were told of debits: each with its channel and the SHA-256 of the text."""
    ids = next_ids(connection, prenotifications)
    rows = [
        {"id": next(ids), "collection_id": number, "announced_on": day, "channel": channel, "actor": actor,
         "sha256": sha256}
        for number, channel, sha256 in collection_ids
    ]  # fmt: skip
    return write(connection, prenotifications, rows)
