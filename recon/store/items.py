"""Open items in the books."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, islice
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, exists, select, true

from recon.matching.columns import Coded, Codes, Texts
from recon.matching.table import ItemTable, halves
from recon.model.items import DocumentType, OpenItem, Part, PartKind, PaymentMethod, split_open
from recon.store.rows import Days, chunks_of, day_of, rows_of
from recon.store.tables import branches, collections, customers, item_parts, items

# States of a collection in which the money is on its way and not yet booked (contract.md 4, `in_collection`).
LIVE = ("created", "exported")

# What an item has for itself, in the order in which it is read into a table.
_OWN: Final = ("id", "invoice_no", "amount", "open_amount", "customer_id", "issue_date", "due_date",
               "creditor_reference")  # fmt: skip
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


def items_table(connection: Connection, owners: Mapping[int, str]) -> tuple[Sequence[OpenItem], Sequence[OpenItem]]:
    """The same items for those who look at all of them and need few: those of which something is open, and the others,
    as halves of one table (``recon.matching.table``). ``owners`` are the customers' numbers by their ids.

    Plain rows of the driver, taken apart into columns: what each item has for itself lies in arrays and one long text,
    what many share is kept once.
    """
    read = _Read()
    read.add(connection, items.c.open_amount != 0)
    count = len(read.ids)
    read.add(connection, items.c.open_amount == 0)
    parts = several_parts(connection, read.ids, count)
    codes = {None: None, **dict(rows_of(connection, select(branches.c.id, branches.c.code)))}
    sent = select(collections.c.item_id).where(collections.c.status == "exported").distinct()
    on_its_way = {row[0] for row in rows_of(connection, sent)}
    kinds = {kind.value: kind for kind in DocumentType}
    methods = {method.value: method for method in PaymentMethod}
    numbers = Texts("".join(read.numbers), read.starts)
    holders = Coded(read.holders, [owners[number] for number in read.customers])
    days: list[Any] = [day_of(value) for value in read.days]
    terms = list(read.shared)
    ids, amounts, opens, references = read.ids, read.amounts, read.opens, read.references

    @lru_cache(maxsize=_KEPT)
    def make(at: int) -> OpenItem:
        branch, kind, method, mandate, contract, percent, until, language, currency = terms[read.terms[at]]
        left, amount, issued = opens[at], amounts[at], days[read.issued[at]]
        pieces = parts.get(at) or (Part(PartKind.TOTAL, amount, 0, days[read.due[at]]),)
        return OpenItem(
            ids[at], numbers[at], holders[at], amount, left, currency, split_open(pieces, left), codes[branch],
            kinds[kind], issued, methods[method], mandate, contract, references.get(at), percent, day_of(until),
            language, ids[at] in on_its_way,
        )  # fmt: skip

    return halves(ItemTable(ids, numbers, holders, amounts, opens, parts, references, make), count)


@dataclass(slots=True)
class _Read:
    """The columns of items as they are read."""

    ids: "array[int]" = field(default_factory=lambda: array("q"))
    numbers: list[str] = field(default_factory=list)
    starts: "array[int]" = field(default_factory=lambda: array("q", [0]))
    amounts: "array[int]" = field(default_factory=lambda: array("q"))
    opens: "array[int]" = field(default_factory=lambda: array("q"))
    references: dict[int, str] = field(default_factory=dict)
    holders: "array[int]" = field(default_factory=lambda: array("i"))
    customers: Codes[int] = field(default_factory=Codes)
    issued: "array[int]" = field(default_factory=lambda: array("i"))
    due: "array[int]" = field(default_factory=lambda: array("i"))
    days: Codes[Any] = field(default_factory=Codes)
    terms: "array[int]" = field(default_factory=lambda: array("i"))
    shared: Codes[_Terms] = field(default_factory=Codes)

    def add(self, connection: Connection, where: ColumnElement[bool]) -> None:
        """Read the items that fulfil a condition behind those that are there, by id."""
        own = (items.c[name] for name in _OWN)
        for rows in chunks_of(connection, select(*own).where(where).order_by(items.c.id)):
            ids, numbers, amounts, opens, holders, issued, due, references = zip(*rows, strict=True)
            self.references.update((at, text) for at, text in enumerate(references, len(self.ids)) if text)
            self.ids.extend(ids)
            self.numbers.append("".join(numbers))
            self.starts.extend(islice(accumulate(map(len, numbers), initial=self.starts[-1]), 1, None))
            self.amounts.extend(amounts)
            self.opens.extend(opens)
            self.holders.extend(map(self.customers.__getitem__, holders))
            self.issued.extend(map(self.days.__getitem__, issued))
            self.due.extend(map(self.days.__getitem__, due))
        # The rows are the terms as they are kept.
        terms = (items.c[name] for name in _TERMS)
        for rows in chunks_of(connection, select(*terms).where(where).order_by(items.c.id)):
            self.terms.extend(map(self.shared.__getitem__, rows))


def several_parts(connection: Connection, ids: "array[int]", count: int) -> dict[int, tuple[Part, ...]]:
    """The parts of items that have several, by place in ``ids``: those of the first ``count``, rising, and those of the
    others, rising. One part alone is the whole item, due when the item is."""
    query = (
        select(item_parts.c.item_id, item_parts.c.kind, item_parts.c.amount, item_parts.c.due_date)
        .where(item_parts.c.kind != PartKind.TOTAL.value)
        .order_by(item_parts.c.item_id, item_parts.c.id)
    )
    days = Days()
    found: dict[int, tuple[Part, ...]] = {}
    for item_id, kind, amount, day in rows_of(connection, query):
        at = bisect_left(ids, item_id, 0, count)
        if at == count or ids[at] != item_id:
            at = bisect_left(ids, item_id, count)
        if at < len(ids) and ids[at] == item_id:
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
