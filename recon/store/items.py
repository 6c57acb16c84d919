"""Open items in the books."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, select, true

from recon.model.items import DocumentType, OpenItem, Part, PartKind, PaymentMethod, split_open
from recon.store.tables import branches, collections, customers, item_parts, items

# States of a collection in which the money is on its way and not yet booked (contract.md 4, `in_collection`).
LIVE = ("created", "exported")

_ON_ITS_WAY = exists().where(and_(collections.c.item_id == items.c.id, collections.c.status == "exported"))


def load_items(connection: Connection, where: ColumnElement[bool] | None = None) -> list[OpenItem]:
    """Items with their parts, by id. ``where`` narrows them, on the columns of ``items``."""
    condition = true() if where is None else where
    parts = _parts(connection, condition)
    query = (
        select(items, customers.c.customer_no, branches.c.code.label("branch"), _ON_ITS_WAY.label("in_collection"))
        .select_from(items.join(customers, items.c.customer_id == customers.c.id).outerjoin(
            branches, items.c.branch_id == branches.c.id))
        .where(condition)
        .order_by(items.c.id)
    )  # fmt: skip
    return [_item(row, parts[row.id]) for row in connection.execute(query)]


def open_items(connection: Connection) -> list[OpenItem]:
    """The items of which something is open or overpaid."""
    return load_items(connection, items.c.open_amount != 0)


def items_by_id(connection: Connection, ids: Iterable[int]) -> dict[int, OpenItem]:
    """The items with these ids."""
    wanted = sorted(set(ids))
    return {item.id: item for item in load_items(connection, items.c.id.in_(wanted))} if wanted else {}


def item_by_number(connection: Connection, invoice_no: str) -> OpenItem | None:
    """The item of an invoice number."""
    found = load_items(connection, items.c.invoice_no == invoice_no)
    return found[0] if found else None


def _parts(connection: Connection, condition: ColumnElement[bool]) -> dict[int, list[Part]]:
    query = (
        select(item_parts.c.item_id, item_parts.c.kind, item_parts.c.amount, item_parts.c.due_date)
        .join(items, item_parts.c.item_id == items.c.id)
        .where(condition)
        .order_by(item_parts.c.item_id, item_parts.c.id)
    )
    parts: dict[int, list[Part]] = {}
    for item_id, kind, amount, due_date in connection.execute(query):
        parts.setdefault(item_id, []).append(Part(PartKind(kind), amount, 0, due_date))
    return parts


def _item(row: Any, parts: Sequence[Part]) -> OpenItem:
    return OpenItem(
        id=row.id,
        invoice_no=row.invoice_no,
        customer_no=row.customer_no,
        amount=row.amount,
        open=row.open_amount,
        currency=row.currency,
        parts=split_open(tuple(parts), row.open_amount),
        branch=row.branch,
        document_type=DocumentType(row.document_type),
        issue_date=row.issue_date,
        payment_method=PaymentMethod(row.payment_method),
        mandate_id=row.mandate_ref,
        service_contract=row.service_contract,
        creditor_reference=row.creditor_reference,
        discount_percent=row.discount_percent,
        discount_until=row.discount_until,
        language=row.language,
        in_collection=bool(row.in_collection),
    )
