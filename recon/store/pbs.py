"""Betalingsservice in the books: agreements, deliveries, the collections in them, and the answers."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, and_, func, insert, select, update

from recon.store.ids import next_ids
from recon.store.pbs_tables import pbs_agreements, pbs_answers, pbs_debit_items, pbs_debits, pbs_deliveries
from recon.store.tables import customers, files, items

# States in which the money is on its way and not yet booked: what the operator has reported as paid comes with the
# bank's statement.
LIVE: Final = ("created", "exported", "completed")
# How a debit's number in the file is told: nine digits, as many as a reference of a payment slip brings back.
_REFERENCE: Final = 9


def reference_of(debit_id: int) -> str:
    """``17`` -> ``000000017``."""
    return str(debit_id).zfill(_REFERENCE)


def load_agreements(connection: Connection, *conditions: Any) -> list[Any]:
    """Agreements with their customer's number and name, by id."""
    query = (
        select(pbs_agreements, customers.c.customer_no, customers.c.name)
        .join(customers, pbs_agreements.c.customer_id == customers.c.id)
        .order_by(pbs_agreements.c.id)
    )
    return list(connection.execute(query.where(and_(*conditions)) if conditions else query))


def insert_agreement(connection: Connection, row: dict[str, Any]) -> int:
    """Keep a new agreement; its id."""
    number = next(next_ids(connection, pbs_agreements))
    connection.execute(insert(pbs_agreements), [{"id": number, **row}])
    return number


def change_agreement(connection: Connection, number: int, **values: Any) -> None:
    """Change an agreement."""
    connection.execute(update(pbs_agreements).where(pbs_agreements.c.id == number).values(**values))


def load_deliveries(connection: Connection, ids: Iterable[int] | None = None) -> list[Any]:
    """Deliveries without their bytes, by id."""
    query = select(*(column for column in pbs_deliveries.c if column.name != "content")).order_by(pbs_deliveries.c.id)
    return list(connection.execute(query if ids is None else query.where(pbs_deliveries.c.id.in_(sorted(set(ids))))))


def content_of(connection: Connection, delivery_id: int) -> bytes:
    """The bytes of a delivery's file, as they were made once."""
    query = select(pbs_deliveries.c.content).where(pbs_deliveries.c.id == delivery_id)
    return bytes(connection.execute(query).scalar_one())


def insert_delivery(
    connection: Connection, row: dict[str, Any], debits: Sequence[dict[str, Any]], parts: Sequence[dict[str, Any]]
) -> None:
    """Write a delivery with its debits and what of items is in each."""
    ids = next_ids(connection, pbs_debit_items)
    connection.execute(insert(pbs_deliveries), [row])
    connection.execute(insert(pbs_debits), list(debits))
    connection.execute(insert(pbs_debit_items), [{"id": next(ids), **part} for part in parts])


def set_delivery(connection: Connection, delivery_id: int, **values: Any) -> None:
    """Move a delivery on in its life."""
    connection.execute(update(pbs_deliveries).where(pbs_deliveries.c.id == delivery_id).values(**values))


def set_debits(connection: Connection, debit_ids: Iterable[int], status: str) -> None:
    """Move debits on, and what of items is in them."""
    for debit_id in sorted(set(debit_ids)):
        connection.execute(update(pbs_debits).where(pbs_debits.c.id == debit_id).values(status=status))
        connection.execute(
            update(pbs_debit_items).where(pbs_debit_items.c.debit_id == debit_id).values(status=status)
        )  # fmt: skip


def load_debits(connection: Connection, *conditions: Any) -> list[Any]:
    """Debits with their agreement and customer, by id."""
    query = (
        select(pbs_debits, pbs_agreements.c.payer_no, pbs_agreements.c.agreement_no, customers.c.customer_no)
        .join(pbs_agreements, pbs_debits.c.agreement_id == pbs_agreements.c.id)
        .join(customers, pbs_agreements.c.customer_id == customers.c.id)
        .order_by(pbs_debits.c.id)
    )
    return list(connection.execute(query.where(and_(*conditions)) if conditions else query))


def load_debit_items(connection: Connection, *conditions: Any) -> list[Any]:
    """What of items is in debits, with the debit's delivery, day and answer's state; by id."""
    query = (
        select(pbs_debit_items, pbs_debits.c.delivery_id, pbs_debits.c.collect_on, items.c.invoice_no,
               items.c.open_amount)
        .join(pbs_debits, pbs_debit_items.c.debit_id == pbs_debits.c.id)
        .join(items, pbs_debit_items.c.item_id == items.c.id)
        .order_by(pbs_debit_items.c.id)
    )  # fmt: skip
    return list(connection.execute(query.where(and_(*conditions)) if conditions else query))


def insert_answer(connection: Connection, row: dict[str, Any]) -> None:
    """Keep what the operator says of a debit."""
    connection.execute(insert(pbs_answers), [{"id": next(next_ids(connection, pbs_answers)), **row}])


def load_answers(connection: Connection, *conditions: Any) -> list[Any]:
    """Answers with the name of their file, by id."""
    query = (
        select(pbs_answers, files.c.name.label("file"), pbs_debits.c.reference)
        .join(files, pbs_answers.c.file_id == files.c.id)
        .join(pbs_debits, pbs_answers.c.debit_id == pbs_debits.c.id)
        .order_by(pbs_answers.c.id)
    )
    return list(connection.execute(query.where(and_(*conditions)) if conditions else query))


def number_of_deliveries(connection: Connection) -> int:
    """How many deliveries there are."""
    return int(connection.execute(select(func.count()).select_from(pbs_deliveries)).scalar_one())
