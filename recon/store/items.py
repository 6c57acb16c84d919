"""Open items in the books."""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, chain
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, true

from recon.matching.columns import Codes, Texts
from recon.matching.table import ItemTable, halves
from recon.model.items import DocumentType, OpenItem, Part, PartKind, PaymentMethod, split_open
from recon.store.pbs_tables import pbs_debit_items
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
# Items that are looked at for what is usual.
_LATEST: Final = 1_000
# Items of a table that were asked for last and are kept made.
_KEPT: Final = 20_000

# States of what of an item is with Betalingsservice: sent, or reported as paid and not yet booked.
_DELIVERED: Final = ("exported", "completed")
_ON_ITS_WAY = or_(
    exists().where(and_(collections.c.item_id == items.c.id, collections.c.status == "exported")),
    exists().where(and_(pbs_debit_items.c.item_id == items.c.id, pbs_debit_items.c.status.in_(_DELIVERED))),
)


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
    owed, others = items.c.open_amount != 0, items.c.open_amount == 0
    count = _count(connection, owed)
    read = _Read(count + _count(connection, others), owners)
    read.add(connection, owed)
    read.add(connection, others)
    parts = several_parts(connection, read.ids, count)
    codes = {None: None, **dict(rows_of(connection, select(branches.c.id, branches.c.code)))}
    sent = select(collections.c.item_id).where(collections.c.status == "exported").distinct()
    delivered = select(pbs_debit_items.c.item_id).where(pbs_debit_items.c.status.in_(_DELIVERED)).distinct()
    on_its_way = {row[0] for query in (sent, delivered) for row in rows_of(connection, query)}
    kinds = {kind.value: kind for kind in DocumentType}
    methods = {method.value: method for method in PaymentMethod}
    numbers = Texts("".join(read.numbers), read.starts)
    read.numbers.clear()
    days: list[Any] = [day_of(value) for value in read.days]
    terms = [
        (codes[branch], kinds[kind], methods[method], mandate, contract, percent, day_of(until), language, currency)
        for branch, kind, method, mandate, contract, percent, until, language, currency in read.shared
    ]
    ids, holders, amounts, opens, references = read.ids, read.holders, read.amounts, read.opens, read.references
    issue, due, own = read.issue, read.due, read.terms

    @lru_cache(maxsize=_KEPT)
    def make(at: int) -> OpenItem:
        branch, kind, method, mandate, contract, percent, until, language, currency = terms[own[at]]
        left, amount, issued = opens[at], amounts[at], days[issue[at]]
        pieces = parts.get(at) or (Part(PartKind.TOTAL, amount, 0, days[due[at]]),)
        return OpenItem(
            ids[at], numbers[at], holders[at], amount, left, currency, split_open(pieces, left), branch, kind, issued,
            method, mandate, contract, references.get(at), percent, until, language, ids[at] in on_its_way,
        )  # fmt: skip

    return halves(ItemTable(ids, numbers, holders, amounts, opens, parts, references, make), count)


class _Read:
    """The columns of items as they are read. They have their whole length from the start: columns that grow in turn
    leave holes as large as themselves behind."""

    def __init__(self, count: int, owners: Mapping[int, str]) -> None:
        self.filled = 0
        self.ids, self.amounts, self.opens = _zeros("q", count), _zeros("q", count), _zeros("q", count)
        self.issue, self.due, self.terms = (_zeros("i", count) for _ in range(3))
        self.owners = owners
        self.holders = [""] * count
        self.numbers: list[str] = []
        self.starts = _zeros("I", count + 1)
        self.references: dict[int, str] = {}
        self.days: Codes[Any] = Codes()
        self.shared: Codes[_Terms] = Codes()

    def add(self, connection: Connection, where: ColumnElement[bool]) -> None:
        """Read the items that fulfil a condition behind those that are there, by id."""
        first = self.filled
        own = (items.c[name] for name in _OWN)
        for rows in chunks_of(connection, select(*own).where(where).order_by(items.c.id)):
            ids, numbers, amounts, opens, holders, issue, due, references = zip(*rows, strict=True)
            at = self.filled
            to = self.filled = at + len(rows)
            self.ids[at:to] = array("q", ids)
            self.amounts[at:to] = array("q", amounts)
            self.opens[at:to] = array("q", opens)
            self.holders[at:to] = map(self.owners.__getitem__, holders)
            self.issue[at:to] = array("i", map(self.days.__getitem__, issue))
            self.due[at:to] = array("i", map(self.days.__getitem__, due))
            self.numbers.append("".join(numbers))
            self.starts[at : to + 1] = array("I", accumulate(map(len, numbers), initial=self.starts[at]))
            self.references.update((place, text) for place, text in enumerate(references, at) if text)
        if first < self.filled:
            self._add_terms(connection, where, first)

    def _add_terms(self, connection: Connection, where: ColumnElement[bool], first: int) -> None:
        """The terms of the items from a place on. What most items have alike is not read for each of them."""
        columns = [items.c[name] for name in _TERMS]
        latest = map(tuple, connection.execute(select(*columns).order_by(items.c.id.desc()).limit(_LATEST)))
        usual, to = Counter(latest).most_common(1)[0][0], self.filled
        self.terms[first:to] = array("i", [self.shared[usual]]) * (to - first)
        differs = [column.is_distinct_from(value) for column, value in zip(columns, usual, strict=True)]
        query = select(items.c.id, *columns).where(where, or_(*differs)).order_by(items.c.id)
        at = first
        for item_id, *terms in chain.from_iterable(connection.execute(query).partitions(_LATEST)):
            at = bisect_left(self.ids, item_id, at, to)
            self.terms[at] = self.shared[tuple(terms)]


def _zeros(code: str, count: int) -> "array[int]":
    return array(code, bytes(array(code).itemsize * count))


def _count(connection: Connection, where: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(items).where(where)).scalar_one()


def each_part(connection: Connection) -> Iterator[tuple[int, Part]]:
    """The parts of items that have several, with the item's id. One part alone is the whole item, due when it is."""
    query = (
        select(item_parts.c.item_id, item_parts.c.kind, item_parts.c.amount, item_parts.c.due_date)
        .where(item_parts.c.kind != PartKind.TOTAL.value)
        .order_by(item_parts.c.item_id, item_parts.c.id)
    )
    days = Days()
    for item_id, kind, amount, day in rows_of(connection, query):
        yield item_id, Part(PartKind(kind), amount, 0, days[day])


def several_parts(connection: Connection, ids: "array[int]", count: int) -> dict[int, tuple[Part, ...]]:
    """The parts of items that have several, by place in ``ids``: those of the first ``count``, rising, and those of the
    others, rising."""
    found: dict[int, tuple[Part, ...]] = {}
    for item_id, part in each_part(connection):
        at = bisect_left(ids, item_id, 0, count)
        if at == count or ids[at] != item_id:
            at = bisect_left(ids, item_id, count)
        if at < len(ids) and ids[at] == item_id:
            found[at] = (*found.get(at, ()), part)
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
