"""Opening the books: one file on SQLite, one database on PostgreSQL, the same code behind.

A command that writes first takes the run lock (two runs never interleave, even where one command makes many
transactions), then opens its transactions. On SQLite a writing transaction is ``BEGIN IMMEDIATE``; the lock is a file
beside the books. On PostgreSQL it is an advisory lock of the session. Both go away with the process that held them.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from recon.store.migrate import HEAD

DEFAULT_BOOKS: Final = "opos.db"
# The advisory lock's key on PostgreSQL: "opos" as a number.
LOCK_KEY: Final = 0x6F706F73
# How SQLite and PostgreSQL say that there is no room or no right to write.
_UNWRITABLE: Final = ("full", "readonly", "in a read-only", "disk I/O", "unable to open", "No space")
# How long a reader or writer waits for another's short transaction; the run lock itself never waits.
BUSY_SECONDS: Final = 10


class BooksError(Exception):
    """The books cannot be used. ``code`` is a finding code: ``books-missing``, ``books-old``, ``books-newer``,
    ``books-unreadable``, ``books-locked``, ``books-address``, ``books-folder``, ``books-unwritable``."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Books:
    """Opened books. ``path`` is the file on SQLite, ``None`` on PostgreSQL."""

    engine: Engine
    path: Path | None

    @property
    def shown(self) -> str:
        """The address for messages, without a password."""
        return str(self.path) if self.path else self.engine.url.render_as_string(hide_password=True)


def address(books: str) -> URL:
    """The database URL of ``--books``: a file name, ``sqlite:///…`` or ``postgresql://…``."""
    if "://" not in books:
        return URL.create("sqlite", database=books)
    try:
        url = make_url(books)
    except ArgumentError as fault:
        raise BooksError("books-address", given=books) from fault
    backend = url.get_backend_name()
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and url.database:
        return url
    raise BooksError("books-address", given=url.render_as_string(hide_password=True))


def connect(books: str) -> Books:
    """An engine for the address; nothing is read or made yet."""
    url = address(books)
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return Books(engine, Path(str(url.database)))
    return Books(create_engine(url), None)


def open_books(books: str) -> Books:
    """Open existing books and see that their tables are of this version.

    Raises BooksError.
    """
    opened = connect(books)
    version = version_of(opened)
    if version is None:
        raise BooksError("books-missing", books=opened.shown)
    if version != HEAD:
        raise BooksError("books-old", books=opened.shown, found=version, expected=HEAD)
    return opened


def version_of(books: Books) -> str | None:
    """The revision of the books' tables, ``None`` where there are none.

    Raises BooksError for a database that cannot be read, and for books of a newer program.
    """
    if books.path and not books.path.exists():
        return None
    try:
        version = _version(books)
    except DBAPIError as fault:
        raise BooksError("books-unreadable", books=books.shown, cause=_cause(fault)) from fault
    if version is not None and version > HEAD:
        raise BooksError("books-newer", books=books.shown, found=version, expected=HEAD)
    return version


@contextmanager
def reading(books: Books) -> Iterator[Connection]:
    """One transaction that sees one state of the books and writes nothing."""
    with books.engine.connect() as connection, connection.begin() as transaction:
        if books.path is None:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        yield connection
        transaction.rollback()


@contextmanager
def writing(books: Books) -> Iterator[Connection]:
    """One writing transaction: committed at the end of the block, rolled back where it raises. A database that cannot
    take it (a full disk, a medium that is read-only) is a BooksError."""
    try:
        with books.engine.execution_options(opos_writes=True).connect() as connection, connection.begin():
            yield connection
    except OperationalError as fault:
        told = _cause(fault)
        if "locked" in told:
            raise BooksError("books-locked", books=books.shown) from fault
        if any(word in told for word in _UNWRITABLE):
            raise BooksError("books-unwritable", books=books.shown, cause=told) from fault
        raise


def make_ready(books: Books) -> None:
    """Give a new SQLite file its way of writing: WAL, so that readers are never in the way of the writer. It stays
    with the file."""
    if books.path is None:
        return
    try:
        with books.engine.connect() as connection:
            connection.connection.cursor().execute("PRAGMA journal_mode = WAL").close()
    except (OperationalError, sqlite3.OperationalError) as fault:
        raise BooksError("books-unwritable", books=books.shown, cause=str(fault).splitlines()[0]) from fault


@contextmanager
def run_lock(books: Books) -> Iterator[None]:
    """Only one run at a time on these books; the second gets BooksError ``books-locked`` at once (exit 6)."""
    with _file_lock(books) if books.path else _advisory_lock(books):
        yield


@contextmanager
def _file_lock(books: Books) -> Iterator[None]:
    try:
        handle = os.open(f"{books.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as fault:
        raise BooksError("books-unwritable", books=books.shown, cause=fault.strerror or "?") from fault
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            raise BooksError("books-locked", books=books.shown) from fault
        yield
    finally:
        os.close(handle)


@contextmanager
def _advisory_lock(books: Books) -> Iterator[None]:
    with books.engine.connect() as connection:
        got = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK_KEY}).scalar_one()
        connection.commit()
        if not got:
            raise BooksError("books-locked", books=books.shown)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
            connection.commit()


def _version(books: Books) -> str | None:
    with books.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return version


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    # FULL: what was committed stands after a power cut, not only after a crash of the process.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("opos_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _cause(fault: DBAPIError) -> str:
    return str(fault.orig).strip().splitlines()[0] if fault.orig else type(fault).__name__
