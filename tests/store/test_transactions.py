"""One decision, one transaction; one run at a time; who reads sees one state and writes nothing."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import DBAPIError

from recon.store import books as store
from recon.store.books import BooksError, address, connect, open_books, reading, run_lock, writing
from recon.store.ids import next_ids, read_id, shown_id
from recon.store.log import record
from recon.store.tables import branches, customers, items
from tests.books import ROOT, dump, stamp

BooksAt = Callable[[str], str]
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class StumbleError(Exception):
    """Something goes wrong in the middle of a transaction."""


def _branch(number: int) -> dict[str, Any]:
    return {"id": number, "code": f"Z{number}", "name": "Filiale"}


def _open_sum(connection: Any) -> int:
    return int(connection.execute(select(func.sum(items.c.open_amount))).scalar_one())


def test_what_stumbles_leaves_nothing(books_at: BooksAt) -> None:
    """A transaction that raises is undone whole."""
    url = books_at("tables")
    before = dump(url)
    books = open_books(url)
    with pytest.raises(StumbleError), writing(books) as connection:  # noqa: PT012 - the block is the transaction
        connection.execute(insert(branches), [_branch(next(next_ids(connection, branches)))])
        connection.execute(update(items).values(open_amount=0))
        raise StumbleError
    assert dump(url) == before
    books.engine.dispose()


def test_ids_rise_without_holes_after_a_rollback(books_at: BooksAt) -> None:
    """The same commands give the same ids in every books: no sequence remembers what was rolled back."""
    books = open_books(books_at("set_up"))
    with reading(books) as connection:
        highest = connection.execute(select(func.max(branches.c.id))).scalar_one()
    for _ in range(2):
        with pytest.raises(StumbleError), writing(books) as connection:  # noqa: PT012 - the block is the transaction
            ids = next_ids(connection, branches)
            connection.execute(insert(branches), [_branch(next(ids)), _branch(next(ids))])
            raise StumbleError
    with writing(books) as connection:
        ids = next_ids(connection, branches)
        taken = [next(ids), next(ids)]
        connection.execute(insert(branches), [_branch(number) for number in taken])
        record(connection, stamp("2026-11-20"), "test", "branches")
    assert taken == [highest + 1, highest + 2]
    books.engine.dispose()


def test_the_first_id_is_one(books_at: BooksAt) -> None:
    """An empty table starts at 1."""
    books = open_books(books_at("set_up"))
    with writing(books) as connection:
        assert next(next_ids(connection, items)) == 1
    books.engine.dispose()


@pytest.mark.parametrize(
    ("given", "number"),
    [("L17", 17), ("l17", 17), (" 17 ", 17), ("17", 17), ("A17", None), ("L", None), ("", None), ("L-1", None),
     ("L1.5", None), ("L١٧", None), ("L" + "9" * 30, None), ("L0", 0)],
)  # fmt: skip
def test_ids_as_people_write_them(given: str, number: int | None) -> None:
    """A letter and a number, or the bare number; anything else is no id, however it looks."""
    assert read_id("lines", given) == number
    if number:
        assert read_id("lines", shown_id("lines", number)) == number


def test_reading_writes_nothing(books_at: BooksAt) -> None:
    """Whatever happens in a reading transaction, the books stay as they are."""
    url = books_at("tables")
    before = dump(url)
    books = open_books(url)
    try:
        with reading(books) as connection:
            connection.execute(update(items).values(open_amount=0))
    except DBAPIError:
        assert books.path is None  # PostgreSQL refuses outright; SQLite rolls back
    assert dump(url) == before
    books.engine.dispose()


@ON_SQLITE
def test_reading_leaves_no_mark_in_the_file(books_at: BooksAt) -> None:
    """Also the file stays as it is, byte for byte."""
    url = books_at("returned")
    before = Path(url).read_bytes()
    books = open_books(url)
    with reading(books) as connection:
        assert _open_sum(connection)
    books.engine.dispose()
    assert Path(url).read_bytes() == before


def test_a_reader_sees_one_state_while_another_writes(books_at: BooksAt) -> None:
    """A report that takes a while adds up, whatever is booked meanwhile; the writer does not wait for it."""
    url = books_at("tables")
    reader, writer = open_books(url), open_books(url)
    with reading(reader) as connection:
        before = _open_sum(connection)
        with writing(writer) as other:
            other.execute(update(items).where(items.c.id == 1).values(open_amount=items.c.open_amount + 1))
        assert _open_sum(connection) == before
    with reading(reader) as connection:
        assert _open_sum(connection) == before + 1
    reader.engine.dispose()
    writer.engine.dispose()


def test_a_second_writer_waits_for_the_first(books_at: BooksAt) -> None:
    """BEGIN IMMEDIATE (SQLite), a lock of the transaction (PostgreSQL): no change between reading and writing."""
    url = books_at("tables")
    started = threading.Event()

    def first() -> None:
        books = open_books(url)
        with writing(books) as connection:
            connection.execute(update(items).where(items.c.id == 1).values(open_amount=items.c.open_amount + 7))
            started.set()
            time.sleep(0.3)
        books.engine.dispose()

    books = open_books(url)
    with reading(books) as connection:
        before = connection.execute(select(items.c.open_amount).where(items.c.id == 1)).scalar_one()
    thread = threading.Thread(target=first)
    thread.start()
    assert started.wait(10)
    with writing(books) as connection:
        connection.execute(update(items).where(items.c.id == 1).values(open_amount=items.c.open_amount + 5))
    thread.join()
    with reading(books) as connection:
        after = connection.execute(select(items.c.open_amount).where(items.c.id == 1)).scalar_one()
    assert after == before + 12
    books.engine.dispose()


def test_a_writer_that_waits_too_long_is_told_so(books_at: BooksAt, monkeypatch: pytest.MonkeyPatch) -> None:
    """The transaction is a writing one from its first moment: the second does not even begin."""
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.1)
    url = books_at("tables")
    one, other = open_books(url), open_books(url)
    with writing(one):
        with pytest.raises(BooksError) as refused, writing(other):
            pytest.fail("two writing transactions at once")
        assert refused.value.code == "books-locked"
        with reading(other) as connection:
            assert _open_sum(connection)
    with writing(other) as connection:
        connection.execute(update(customers).where(customers.c.id == 1).values(town="Bonn"))
        record(connection, stamp("2026-11-20"), "test", "customers")
    one.engine.dispose()
    other.engine.dispose()


def test_one_run_at_a_time(books_at: BooksAt) -> None:
    """The second run is refused at once, in whatever process; after the first it may go."""
    url = books_at("set_up")
    one, other = open_books(url), open_books(url)
    with run_lock(one):
        start = time.monotonic()
        with pytest.raises(BooksError) as refused, run_lock(other):
            pytest.fail("two runs at once")
        assert refused.value.code == "books-locked"
        assert time.monotonic() - start < 2
    with run_lock(other):
        pass
    one.engine.dispose()
    other.engine.dispose()


def test_a_run_that_stumbled_frees_the_lock(books_at: BooksAt) -> None:
    """However a run ends, the next may go."""
    books = open_books(books_at("set_up"))
    with pytest.raises(StumbleError), run_lock(books):
        raise StumbleError
    with run_lock(books), writing(books) as connection:
        assert next(next_ids(connection, branches)) > 0
    books.engine.dispose()


def test_a_killed_run_frees_the_lock(books_at: BooksAt) -> None:
    """The lock goes away with the process that held it: nobody has to remove a file by hand."""
    url = books_at("set_up")
    program = (
        "import os, signal, sys\n"
        "from recon.store.books import open_books, run_lock\n"
        "with run_lock(open_books(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, url], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        books = open_books(url)
        with pytest.raises(BooksError), run_lock(books):
            pytest.fail("two runs at once")
        child.kill()
        child.wait()
    deadline = time.monotonic() + 10
    while True:
        try:
            with run_lock(books):
                break
        except BooksError:  # the server notices a moment later that its client is gone
            assert time.monotonic() < deadline
            time.sleep(0.02)
    books.engine.dispose()


@pytest.mark.parametrize(
    ("given", "driver", "database"),
    [
        ("books.db", "sqlite", "books.db"),
        ("/a/b c/ü.db", "sqlite", "/a/b c/ü.db"),
        ("sqlite:////a/b.db", "sqlite", "/a/b.db"),
        ("postgresql://u:p@h/opos", "postgresql+psycopg", "opos"),
        ("postgres+psycopg://u@h/opos", None, None),
        ("mysql://u@h/opos", None, None),
        ("sqlite://", None, None),
        ("://", None, None),
    ],
)
def test_addresses(given: str, driver: str | None, database: str | None) -> None:
    """A file name, ``sqlite:///…`` or ``postgresql://…`` (contract.md 1); nothing is guessed."""
    if driver is None:
        with pytest.raises(BooksError) as refused:
            address(given)
        assert refused.value.code == "books-address"
    else:
        assert (address(given).drivername, address(given).database) == (driver, database)


def test_no_message_shows_a_password() -> None:
    """What people are shown of an address."""
    assert "geheim" not in connect("postgresql://opos:geheim@host/books").shown
    with pytest.raises(BooksError) as refused:
        address("mysql://opos:geheim@host/books")
    assert "geheim" not in str(refused.value.facts)


def test_dates_of_the_books_are_days(books_at: BooksAt) -> None:
    """What comes out of the books can be compared with ``as_of``."""
    books = open_books(books_at("tables"))
    with reading(books) as connection:
        due = connection.execute(select(items.c.due_date).order_by(items.c.due_date)).scalars().all()
    assert due == sorted(due)
    assert min(due) > date(2020, 1, 1)
    books.engine.dispose()
