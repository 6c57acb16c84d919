"""What a table comes to, kept up change by change: whatever a transaction does, it is the sum over the rows that are
there, and nothing is committed that no record of the log states."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, delete, insert, select, text, update

from recon.store.books import Books, open_books, reading, writing
from recon.store.digests import WATCHED, add, state_all
from recon.store.log import record
from recon.store.rows import insert_rows, update_rows
from recon.store.tables import branches, customers, digests, item_parts, items, log
from tests.books import rows, sound, stamp

BooksAt = Callable[[str], str]


@pytest.fixture
def url(books_at: BooksAt) -> str:
    return books_at("tables")


def _row(connection: Connection, table: Any, number: int = 1) -> dict[str, Any]:
    return dict(connection.execute(select(table).where(table.c.id == number)).one()._mapping)


def _several(connection: Connection) -> None:
    """Rows added, changed, changed again, taken away and put in again under the same id, some of them by many."""
    part = _row(connection, item_parts)
    last = connection.execute(select(item_parts.c.id).order_by(item_parts.c.id.desc()).limit(1)).scalar_one()
    connection.execute(update(customers).where(customers.c.id < 4).values(town="Bonn"))
    connection.execute(update(customers).where(customers.c.id == 2).values(town="Köln"))
    connection.execute(insert(branches), [{"id": 90, "code": "Z90", "name": "Neu"}])
    connection.execute(update(branches).values(name="Alle"))
    connection.execute(delete(item_parts).where(item_parts.c.id == last))
    add(connection, item_parts, [{**part, "id": last, "kind": "remainder"}])
    keyed = update(items).where(items.c.id == bindparam("key")).values(language=bindparam("told"))
    connection.execute(keyed, [{"key": number, "told": "en"} for number in (3, 1, 3)])


def test_a_sum_is_kept_up_and_stated(url: str) -> None:
    books = open_books(url)
    with writing(books) as connection:
        _several(connection)
        record(connection, stamp("2026-11-20"), "test", "x")
        connection.execute(delete(branches).where(branches.c.id == 90))
        record(connection, stamp("2026-11-20"), "test", "y")
    kept = {row.table_name: tuple(row) for row in rows(url, select(digests))}
    with writing(books) as connection:
        state_all(connection)
        worked_out = {row.table_name: tuple(row) for row in connection.execute(select(digests))}
        connection.rollback()
    assert {name: row[2:] for name, row in kept.items() if row[2]} == {n: r[2:] for n, r in worked_out.items()}
    told = rows(url, select(log.c.tables).where(log.c.action == "test").order_by(log.c.id))
    assert '"branches"' in told[0][0]
    assert '"items"' in told[0][0]
    assert '"items"' not in told[1][0]
    books.engine.dispose()


def test_what_was_rolled_back_to_a_savepoint_does_not_count(url: str) -> None:
    books = open_books(url)
    with writing(books) as connection:
        connection.execute(update(customers).where(customers.c.id == 1).values(name="Bleibt"))
        point = connection.begin_nested()
        _several(connection)
        point.rollback()
        with connection.begin_nested():
            connection.execute(update(customers).where(customers.c.id == 5).values(name="Bleibt auch"))
        record(connection, stamp("2026-11-20"), "test", "x")
    assert _codes(books) == set()
    books.engine.dispose()


@pytest.mark.parametrize(
    "change",
    [
        update(customers).where(customers.c.id == 1).values(name="Anders"),
        insert(branches).values(id=90, code="Z90", name="Neu"),
        delete(item_parts).where(item_parts.c.id == 1),
    ],
    ids=["update", "insert", "delete"],
)
def test_a_change_without_a_record_is_not_committed(url: str, change: Any) -> None:
    books = open_books(url)
    with pytest.raises(RuntimeError, match="without a record"), writing(books) as connection:
        connection.execute(change)
    sound(url)
    with pytest.raises(RuntimeError, match="without a record"), writing(books) as connection:  # noqa: PT012 - one transaction
        record(connection, stamp("2026-11-20"), "test", "x")
        connection.execute(change)
    sound(url)
    books.engine.dispose()


def test_what_leaves_a_table_as_it_was_needs_no_record(url: str) -> None:
    """Cached columns, a value set to what it was, no row at all."""
    books = open_books(url)
    with writing(books) as connection:
        connection.execute(update(items).where(items.c.id == 1).values(open_amount=items.c.open_amount))
        name = _row(connection, customers)["name"]
        connection.execute(update(customers).where(customers.c.id == 1).values(name=name))
        connection.execute(update(customers).where(customers.c.id == 999).values(name="Niemand"))
    sound(url)
    books.engine.dispose()


def test_straight_to_the_driver_only_what_is_seen(url: str) -> None:
    books = open_books(url)
    branch = (90, "Z90", "Neu", None, None)
    plain: list[tuple[str, tuple[Any, ...]]] = [
        ("UPDATE customers SET name = ? WHERE id = ?", ("x", 1)),
        ("UPDATE items SET open_amount = ?, language = ? WHERE id = ?", (0, "en", 1)),
        ("DELETE FROM item_parts WHERE id = ?", (1,)),
    ]
    for statement, values in plain:
        with pytest.raises(RuntimeError, match="not seen"), writing(books) as connection:
            update_rows(connection, statement, [values])
    with pytest.raises(RuntimeError, match="not seen"), writing(books) as connection:
        insert_rows(connection, branches, [branch])
    with writing(books) as connection:
        update_rows(connection, "UPDATE items SET open_amount = open_amount + ? WHERE id = ?", [(0, 1)])
    sound(url)
    books.engine.dispose()


@pytest.mark.parametrize("table", WATCHED, ids=lambda table: str(table.name))
def test_no_table_is_forgotten(books_at: BooksAt, table: Any) -> None:
    """In the books of the whole story every table with rows is stated, with as many as it has."""
    url = books_at("frozen")
    found = {row.table_name: row.row_count for row in rows(url, select(digests))}
    assert found.get(table.name, 0) == len(rows(url, select(table.c.id)))


def test_a_table_changed_past_opos_is_named(url: str) -> None:
    books = open_books(url)
    with writing(books) as connection:
        connection.execute(text("UPDATE customers SET street = 'Anderswo 1' WHERE id = 7"))
        connection.execute(text("DELETE FROM item_parts WHERE id = 3"))
    found = _found(books)
    (changed,) = [finding for finding in found if finding.code == "audit-table"]
    (fewer,) = [finding for finding in found if finding.code == "audit-table-rows"]
    assert changed.where == "customers"
    assert fewer.where == "item_parts"
    books.engine.dispose()


def _found(books: Books) -> Any:
    from recon.service.verifying import verified

    with reading(books) as connection:
        return verified(connection).findings


def _codes(books: Books) -> set[str]:
    return {finding.code for finding in _found(books)}
