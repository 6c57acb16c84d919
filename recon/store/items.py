"""Open items in the books."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, exists, select, true

from recon.matching.table import ItemTable
from recon.model.items import DocumentType, OpenItem, Part, PartKind, PaymentMethod, split_open
from recon.store.rows import Days, Once, chunks_of, rows_of
from recon.store.tables import branches, collections, customers, item_parts, items

# States of a collection in which the money is on its way and not yet booked (contract.md 4, `in_collection`).
LIVE = ("created", "exported")

# What many items have alike, in the order in which a table's items are made of it.
_TERMS: Final = ("branch_id", "document_type", "payment_method", "mandate_ref", "service_contract", "discount_percent",
                 "discount_until", "language", "currency")  # fmt: skip
_Terms = tuple[Any, ...]
# Items of a table that were asked for last and are kept made.
_KEPT: Final = 20_000

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


def items_table(connection: Connection, where: ColumnElement[bool]) -> ItemTable:
    """The same items as a table, for those who look at all of them and need few (``recon.matching.table``).

    Plain rows of the driver, taken apart into columns: what each item has for itself lies in arrays and lists, what
    many share is kept once.
    """
    columns = [items.c[name] for name in ("id", "invoice_no", "amount", "open_amount", "issue_date", "due_date",
                                          "creditor_reference")]  # fmt: skip
    owners = dict(rows_of(connection, select(customers.c.id, customers.c.customer_no)))
    codes = {None: None, **dict(rows_of(connection, select(branches.c.id, branches.c.code)))}
    days = Days()
    shared: Once[_Terms] = Once()
    ids, amounts, opens = array("q"), array("q"), array("q")
    numbers: list[str] = []
    holders: list[str] = []
    issued: list[date | None] = []
    due: list[date] = []
    terms: list[_Terms] = []
    references: dict[int, str] = {}
    query = select(*columns, items.c.customer_id, *(items.c[name] for name in _TERMS)).where(where).order_by(items.c.id)
    for rows in chunks_of(connection, query):
        found = list(zip(*rows, strict=True))
        start = len(ids)
        ids.extend(found[0])
        numbers += found[1]
        amounts.extend(found[2])
        opens.extend(found[3])
        issued += map(days.__getitem__, found[4])
        due += map(days.__getitem__, found[5])
        references.update((at, text) for at, text in enumerate(found[6], start) if text)
        holders += map(owners.__getitem__, found[7])
        terms += map(shared.__getitem__, zip(*found[8:], strict=True))
    parts = several_parts(connection, where, ids, days)
    on_its_way = {row[0] for row in rows_of(
        connection, select(collections.c.item_id).where(collections.c.status == "exported").distinct()
    )}  # fmt: skip

    kinds = {kind.value: kind for kind in DocumentType}
    methods = {method.value: method for method in PaymentMethod}

    @lru_cache(maxsize=_KEPT)
    def make(at: int) -> OpenItem:
        branch, kind, method, mandate, contract, percent, until, language, currency = terms[at]
        left, amount = opens[at], amounts[at]
        pieces = parts.get(at) or (Part(PartKind.TOTAL, amount, 0, due[at]),)
        return OpenItem(
            ids[at], numbers[at], holders[at], amount, left, currency, split_open(pieces, left), codes[branch],
            kinds[kind], issued[at], methods[method], mandate, contract, references.get(at), percent,
            days[until], language, ids[at] in on_its_way,
        )  # fmt: skip

    return ItemTable(ids, numbers, holders, amounts, opens, parts, references, make)


def several_parts(
    connection: Connection, where: ColumnElement[bool], ids: "array[int]", days: Days
) -> dict[int, tuple[Part, ...]]:
    """The parts of items that have several, by place. One part alone is the whole item, due when the item is."""
    query = (
        select(item_parts.c.item_id, item_parts.c.kind, item_parts.c.amount, item_parts.c.due_date)
        .join(items, item_parts.c.item_id == items.c.id)
        .where(item_parts.c.kind != PartKind.TOTAL.value, where)
        .order_by(item_parts.c.item_id, item_parts.c.id)
    )
    found: dict[int, tuple[Part, ...]] = {}
    for item_id, kind, amount, day in rows_of(connection, query):
        at = bisect_left(ids, item_id)
        found[at] = (*found.get(at, ()), Part(PartKind(kind), amount, 0, days[day]))
    return found


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
