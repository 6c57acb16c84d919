"""The tables keep what the design promises, on both databases: exact money, plain dates, no row that points nowhere,
never two live debits for the same money."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from recon.store.books import connect, reading, writing
from recon.store.log import record
from recon.store.tables import (
    APPEND_ONLY,
    CACHED,
    accounts,
    collections,
    customers,
    files,
    item_parts,
    items,
    log,
    metadata,
    postings,
)
from tests.books import stamp

BooksAt = Callable[[str], str]


def _on(address: str) -> Any:
    return connect(address)


def _item(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number, "invoice_no": f"X-{number}", "customer_id": 1, "document_type": "invoice", "amount": 100,
        "open_amount": 100, "currency": "EUR", "due_date": date(2026, 11, 30), "payment_method": "transfer",
        "paid_before": 0, **more,
    }  # fmt: skip


@pytest.mark.parametrize("column", ["amount", "customer_id", "discount_percent"])
def test_a_text_is_refused_where_a_number_belongs(books_at: BooksAt, column: str) -> None:
    """STRICT on SQLite, which would otherwise store any text in any column."""
    books = _on(books_at("tables"))
    with pytest.raises(DBAPIError), writing(books) as connection:
        connection.execute(text(f"UPDATE items SET {column} = 'ten' WHERE id = 1"))
    books.engine.dispose()


def test_every_table_is_strict(books_at: BooksAt, database: str) -> None:
    """Not one table was forgotten."""
    books = _on(books_at("set_up"))
    with reading(books) as connection:
        if database == "sqlite":
            listed = connection.execute(text("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'"))
            strict = {row.name for row in listed if row.strict}
            assert strict == set(metadata.tables)
        money = {(table.name, column["name"]): str(column["type"]) for table in metadata.sorted_tables
                 for column in inspect(connection).get_columns(table.name)}  # fmt: skip
        kinds = {kind.upper() for kind in money.values()}
        assert not kinds & {"NUMERIC", "REAL", "FLOAT", "DOUBLE PRECISION", "TIMESTAMP", "DATETIME"}
    books.engine.dispose()


@pytest.mark.parametrize("amount", [2**31, -(2**31) - 1, 2**53 + 1, 9_007_199_254_740_993, 2**63 - 1, -(2**63), 1, -1])
def test_money_beyond_32_bits_and_beyond_a_float_comes_back_exactly(books_at: BooksAt, amount: int) -> None:
    """Promise 1: minor units as integers, never through a float (2**53 + 1 is no double)."""
    books = _on(books_at("tables"))
    with writing(books) as connection:
        connection.execute(update(items).where(items.c.id == 1).values(amount=amount, open_amount=amount))
        record(connection, stamp("2026-11-20"), "test", "items")
    with reading(books) as connection:
        found = connection.execute(select(items.c.amount, items.c.open_amount).where(items.c.id == 1)).one()
        total = connection.execute(select(items.c.amount - items.c.open_amount).where(items.c.id == 1)).scalar_one()
    assert tuple(found) == (amount, amount)
    assert total == 0
    assert type(found.amount) is int
    books.engine.dispose()


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1999, 12, 31), date(2024, 2, 29), date(9999, 12, 31)])
def test_dates_come_back_as_the_dates_they_were(books_at: BooksAt, day: date) -> None:
    """A day is a day in every time zone; comparing dates in the database is comparing days."""
    books = _on(books_at("tables"))
    with writing(books) as connection:
        connection.execute(update(items).where(items.c.id == 1).values(due_date=day, issue_date=None))
        record(connection, stamp("2026-11-20"), "test", "items")
    with reading(books) as connection:
        found = connection.execute(select(items.c.due_date, items.c.issue_date).where(items.c.id == 1)).one()
        same = connection.execute(select(items.c.id).where(items.c.due_date == day)).scalars().all()
        later = connection.execute(select(func.count()).where(items.c.id == 1, items.c.due_date > day)).scalar_one()
    assert found.due_date == day
    assert type(found.due_date) is date
    assert found.issue_date is None
    assert 1 in same
    assert later == 0
    books.engine.dispose()


def test_bytes_come_back_as_they_were(books_at: BooksAt) -> None:
    """Originals are kept byte for byte, also NUL and what is no text."""
    content = bytes(range(256)) * 3
    books = _on(books_at("set_up"))
    row = {"id": 1, "sha256": "0" * 64, "name": "x", "kind": "statement", "size": len(content), "content": content,
           "imported_on": date(2026, 11, 20)}  # fmt: skip
    with writing(books) as connection:
        connection.execute(insert(files), [row])
        record(connection, stamp("2026-11-20"), "test", "files")
    with reading(books) as connection:
        assert bytes(connection.execute(select(files.c.content)).scalar_one()) == content
    books.engine.dispose()


@pytest.mark.parametrize(
    ("table", "row"),
    [
        (items, _item(900, customer_id=999_999)),
        (item_parts, {"id": 900, "item_id": 999_999, "kind": "total", "amount": 1, "due_date": date(2026, 1, 1),
                      "dunning_level": 0}),
        (postings, {"id": 900, "entry_id": 999_999, "role": "bank", "account": "1200", "amount": 1}),
    ],
    ids=["an item of nobody", "a part of nothing", "a posting of no entry"],
)  # fmt: skip
def test_nothing_points_nowhere(books_at: BooksAt, table: Any, row: dict[str, Any]) -> None:
    """Foreign keys are on, also on SQLite, where they are off unless asked for on every connection."""
    books = _on(books_at("tables"))
    with pytest.raises(IntegrityError), writing(books) as connection:
        connection.execute(insert(table), [row])
    books.engine.dispose()


def test_nothing_that_is_pointed_at_is_deleted(books_at: BooksAt) -> None:
    """A customer with items stays."""
    books = _on(books_at("tables"))
    with pytest.raises(IntegrityError), writing(books) as connection:
        connection.execute(customers.delete().where(customers.c.id == 1))
    books.engine.dispose()


@pytest.mark.parametrize(
    ("table", "row"),
    [
        (accounts, {"id": 900, "iban": "DE89370400440532013000", "currency": "EUR"}),
        (items, _item(900, invoice_no="RE-2026-0815")),
        (item_parts, {"id": 900, "item_id": 1, "kind": "total", "amount": 1, "due_date": date(2026, 1, 1),
                      "dunning_level": 0}),
        (log, {"id": 900, "recorded_at": "x", "as_of": date(2026, 1, 1), "actor": "x", "action": "x", "subject": "x",
               "program": "x", "previous_hash": "x", "hash": None}),
        (items, _item(900, amount=None)),
    ],
    ids=["account twice", "invoice number twice", "part twice", "log record without a hash", "item without an amount"],
)  # fmt: skip
def test_once_means_once_and_required_means_required(books_at: BooksAt, table: Any, row: dict[str, Any]) -> None:
    """Unique and NOT NULL are kept by the database itself."""
    books = _on(books_at("tables"))
    with pytest.raises(IntegrityError), writing(books) as connection:  # noqa: PT012 - the block is the transaction
        first = connection.execute(select(item_parts.c.item_id, item_parts.c.kind).where(item_parts.c.id == 1)).one()
        if table is item_parts:
            row = {**row, "item_id": first.item_id, "kind": first.kind}
        connection.execute(insert(table), [row])
    books.engine.dispose()


@pytest.mark.parametrize("status", ["created", "exported"])
def test_a_second_live_debit_for_the_same_money_is_refused(books_at: BooksAt, status: str) -> None:
    """Promise 7: at most one live debit for what is due of an item on a day, kept by the database."""
    books = _on(books_at("created"))
    with reading(books) as connection:
        row = dict(connection.execute(select(collections).where(collections.c.id == 1)).one()._mapping)
    twin = {**row, "id": 900, "end_to_end_id": "OTHER", "attempt": row["attempt"] + 1, "status": status}
    with pytest.raises(IntegrityError), writing(books) as connection:
        connection.execute(insert(collections), [twin])
    books.engine.dispose()


@pytest.mark.parametrize("ended", ["cancelled", "rejected", "returned", "booked"])
def test_a_debit_that_has_ended_makes_room_for_the_next(books_at: BooksAt, ended: str) -> None:
    """The same, the other way round: after a return or a cancellation the money may be collected again."""
    books = _on(books_at("created"))
    with writing(books) as connection:
        row = dict(connection.execute(select(collections).where(collections.c.id == 1)).one()._mapping)
        connection.execute(update(collections).where(collections.c.id == 1).values(status=ended))
        connection.execute(
            insert(collections),
            [{**row, "id": 900, "end_to_end_id": "OTHER", "attempt": row["attempt"] + 1, "status": "created"}],
        )
        record(connection, stamp("2026-11-20"), "test", "collections")
    books.engine.dispose()


def test_the_same_attempt_is_never_made_twice(books_at: BooksAt) -> None:
    """An attempt has one number, also once it has ended."""
    books = _on(books_at("created"))
    with pytest.raises(IntegrityError), writing(books) as connection:  # noqa: PT012 - the block is the transaction
        row = dict(connection.execute(select(collections).where(collections.c.id == 1)).one()._mapping)
        connection.execute(update(collections).where(collections.c.id == 1).values(status="cancelled"))
        connection.execute(insert(collections), [{**row, "id": 900, "end_to_end_id": "OTHER"}])
    books.engine.dispose()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sqlite_writes_ahead_and_to_the_disk(books_at: BooksAt) -> None:
    """WAL lets readers read while one writes; FULL keeps what was committed through a power cut."""
    books = _on(books_at("set_up"))
    with reading(books) as connection:
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
                 for name in ("journal_mode", "foreign_keys", "synchronous")}  # fmt: skip
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}
    books.engine.dispose()


def test_cached_columns_belong_to_tables_that_have_them() -> None:
    """What may be updated in an append-only table is named column by column."""
    for name, cached in CACHED.items():
        assert cached <= {column.name for column in metadata.tables[name].columns}
    sealed = {"statements", "lines", "entries", "postings", "allocations", "closings"}
    later = {"exported_entries", "exported_customers", "status_reports", "status_answers", "return_decisions",
             "prenotifications", "letters", "complaints", "complaint_events", "call_attempts", "promises"}  # fmt: skip
    assert sealed | later == {table.name for table in APPEND_ONLY}
