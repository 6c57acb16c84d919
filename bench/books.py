"""Books on SQLite filled with a world, row by row and past the import: what matching reads, and nothing else.

``python -m bench.books BOOKS SEED LINES ITEMS [everyday]`` is a process of its own: its cost is not that of matching.
The journal stays empty, so these books are for measuring alone.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Table

from bench.world import Scene, generate
from recon.matching.world import CollectionRef, OpenLine
from recon.model.items import Customer, OpenItem
from recon.model.matching import LineState
from recon.model.roles import Action
from recon.service.context import Context, open_context, run, writing
from recon.service.setting_up import init
from recon.store import dunning_tables, tables
from recon.store.digests import inserting
from recon.store.log import Stamp, record
from recon.store.masters import ids_by
from recon.store.statements import identity, line_row

STAMP: Final = Stamp(date(2026, 11, 20), "bench", "2026-11-20T06:00:00+00:00")
_IBAN: Final = "DE89370400440532013000"
_COMPANY: Final = f"""
[company]
name = "Beispiel GmbH"
creditor_id = "DE98ZZZ09999999999"
[[accounts]]
iban = "{_IBAN}"
"""
_OPEN: Final = list(tables.lines.columns.keys()).index("open_amount")
_ROWS_AT_ONCE: Final = 50_000


def fill(path: str, scene: Scene) -> Context:
    """New books with the world's customers, items, notices, debits and lines."""
    init(path, STAMP, (_COMPANY.encode(), "company.toml"))
    context = open_context(path, STAMP)
    with run(context, Action.IMPORT_ITEMS), writing(context) as connection:
        _masters(connection, scene)
        _items(connection, [*scene.world.items, *scene.world.closed])
        _notices(connection, scene)
        _batches(connection, scene)
        _lines(connection, scene)
        record(connection, STAMP, "bench", "books")
    return context


def _masters(connection: Connection, scene: Scene) -> None:
    people = [customer for customer in scene.world.customers if isinstance(customer, Customer)]
    put(connection, tables.customers, map(_customer, people))
    ids = {customer.customer_no: customer.id for customer in people}
    known = [(iban, ids[number]) for iban, numbers in scene.world.ibans.items() for number in numbers]
    # The mandates of the debits have the low ids, by collection.
    own = len(scene.world.collections)
    signed = STAMP.as_of.isoformat()
    rows = [
        (ref.collection_id, ref.mandate_id, ids[ref.customer_no], _IBAN, None, None, "CORE",
         "recurrent", signed, None, "active", None, None)
        for ref in scene.world.collections
    ]  # fmt: skip
    rows += [
        (own + at, f"K-{at}", customer, iban, None, None, "CORE", "recurrent", signed, None, "active", None, None)
        for at, (iban, customer) in enumerate(known, start=1)
    ]
    put(connection, tables.mandates, rows)


def _items(connection: Connection, found: Sequence[OpenItem]) -> None:
    ids = ids_by(connection, tables.customers, "customer_no")
    put(connection, tables.items, ((
        item.id, item.invoice_no, ids[item.customer_no], None, item.document_type.value, item.amount, item.open,
        item.currency, _iso(item.issue_date), _iso(item.due_date), item.payment_method.value, item.mandate_id, None,
        item.creditor_reference, item.discount_percent, _iso(item.discount_until), None, item.amount - item.open,
    ) for item in found))  # fmt: skip
    parts = ((item, part) for item in found for part in item.parts)
    put(connection, tables.item_parts, (
        (at, item.id, part.kind.value, part.amount, _iso(part.due_date), 0, None, None)
        for at, (item, part) in enumerate(parts, start=1)
    ))  # fmt: skip


def _notices(connection: Connection, scene: Scene) -> None:
    day = STAMP.as_of.isoformat()
    put(connection, dunning_tables.dunning_runs, [(1, day, "issued", "", "{}", "[]")])
    put(connection, dunning_tables.notices, (
        (fee.notice_id, 1, 1, None, fee.level, "Mahnung", "de", "letter", day, "EUR", fee.amount, 0, fee.amount,
         "issued", _iso(fee.issued_on), None)
        for fee in scene.world.fees
    ))  # fmt: skip
    members = ((fee, item) for fee in scene.world.fees for item in fee.item_ids)
    put(connection, dunning_tables.notice_items, (
        (at, fee.notice_id, item, "total", day, 1, 1, fee.level, 0, "issued")
        for at, (fee, item) in enumerate(members, start=1)
    ))  # fmt: skip


def _batches(connection: Connection, scene: Scene) -> None:
    blocks: dict[str, list[CollectionRef]] = {}
    for ref in scene.world.collections:
        blocks.setdefault(ref.payment_information_id, []).append(ref)
    for at, (block, refs) in enumerate(blocks.items(), start=1):
        day, total = _iso(refs[0].collection_date), sum(ref.amount for ref in refs)
        batch = (
            at,
            None,
            1,
            "CORE",
            refs[0].message_id,
            f"{at}.xml",
            "",
            b"",
            day,
            len(refs),
            total,
            day,
            "exported",
            day,
        )
        put(connection, tables.batches, [(*batch, day)])
        put(connection, tables.batch_blocks, [(at, at, block, "RCUR", day, _IBAN, "", len(refs), total)])
        put(connection, tables.collections, [
            (ref.collection_id, at, at, ref.item_id, ref.collection_id, ref.amount, day, day, ref.end_to_end_id, _IBAN,
             0, 1, ref.status)
            for ref in refs
        ])  # fmt: skip


def _lines(connection: Connection, scene: Scene) -> None:
    lines = [open_line.line for open_line in scene.lines]
    total, day = sum(line.amount for line in lines), STAMP.as_of.isoformat()
    put(connection, tables.files, [(1, "bench", "bench.sta", "statement", 0, b"", day)])
    put(connection, tables.statements, [(1, 1, 1, "bench", "mt940", "1", None, "EUR", day, day, 0, total, day, day,
                                          None, "bench.sta:1", len(lines), total)])  # fmt: skip
    put(connection, tables.lines, map(_line, scene.lines))


def _line(found: OpenLine) -> tuple[Any, ...]:
    """The row of a line; of one that a person has booked in part, less is open."""
    state = LineState.UNMATCHED if found.open == found.line.amount else LineState.PARTLY
    row = line_row(found.line, number=found.id, statement_id=1, account_id=1, parent_id=None, position=found.id,
                   key=identity(found.line, _IBAN), state=state)  # fmt: skip
    return (*row[:_OPEN], found.open, *row[_OPEN + 1 :])


def _customer(customer: Customer) -> tuple[Any, ...]:
    return (customer.id, customer.customer_no, customer.name, customer.type.value, customer.language, None, None,
            customer.postcode, customer.town, customer.country, None, customer.iban, None, None, None, None, None, None,
            customer.dispatch, None, None, None)  # fmt: skip


def put(connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """Rows with values for the columns in their order, dates as ISO text; the last columns may be left out."""
    inserting(connection, table)
    left: Iterator[tuple[Any, ...]] = iter(rows)
    while batch := list(islice(left, _ROWS_AT_ONCE)):
        names = list(table.columns.keys())[: len(batch[0])]
        values = ", ".join("?" * len(names))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({values})", batch)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


if __name__ == "__main__":
    books, seed, count_lines, count_items = sys.argv[1:5]
    everyday = "everyday" in sys.argv[5:]
    made = generate(int(seed), int(count_lines), int(count_items), "mixed", labels=False, everyday=everyday)
    fill(books, made)
    print(len(made.lines), len(made.world.items) + len(made.world.closed))
