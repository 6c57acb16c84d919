"""Opening the books: one file on SQLite, one database on PostgreSQL, the same code behind.

A command that writes first takes the run lock (two runs never interleave, even where one command makes many
transactions), then opens its transactions. On SQLite a writing transaction is ``BEGIN IMMEDIATE``; the lock is a file
beside the books. On PostgreSQL it is an advisory lock of the session. Both go away with the process that held them.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, OperationalError

from recon.store.digests import watch
from recon.store.migrate import HEAD
from recon.store.tables import metadata

DEFAULT_BOOKS: Final = "opos.db"
# The advisory locks' keys on PostgreSQL, of a run and of a transaction: "opos" and "opot" as numbers.
LOCK_KEY: Final = 0x6F706F73
TRANSACTION_KEY: Final = 0x6F706F74
# How SQLite and PostgreSQL say that there is no room or no right to write.
_UNWRITABLE: Final = ("full", "readonly", "in a read-only", "disk I/O", "unable to open", "No space")
# How SQLite and PostgreSQL say that another is at work.
_LOCKED: Final = ("locked", "lock timeout")
# How SQLite says that a file holds no whole database (any more).
_DAMAGED: Final = ("malformed", "not a database", "disk I/O")
# How long a reader or writer waits for another's short transaction; the run lock itself never waits.
BUSY_SECONDS: Final = 10


class BooksError(Exception):
    """The books cannot be used. ``code`` is a finding code: ``books-missing``, ``books-old``, ``books-newer``,
    ``books-unreadable``, ``books-locked``, ``books-address``, ``books-folder``, ``books-unwritable``,
    ``books-damaged``, ``books-moved``, ``books-lost``, ``books-foreign``, ``period-closed``."""

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

    def close(self) -> None:
        """Close the connections; on SQLite what was written ahead goes into the file with the last of them."""
        self.engine.dispose()


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
        given: dict[str, Any] = {"timeout": BUSY_SECONDS, "isolation_level": None}
        place = Path(str(url.database))
        if _cannot_change(place):
            engine = create_engine(url, creator=lambda: sqlite3.connect(_immutable(place), uri=True, **given))
        else:
            engine = create_engine(url, connect_args=given)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        watch(engine)
        return Books(engine, Path(str(url.database)))
    engine = create_engine(url)
    event.listen(engine, "connect", _prepare_postgresql)
    watch(engine)
    return Books(engine, None)


def _cannot_change(path: Path) -> bool:
    """Whether books lie where nobody writes: an auditor's copy on a read-only medium. SQLite wants to put files beside
    books that are written ahead (WAL) even to read them, unless it is told that they cannot change; then it does not
    look at what was written ahead, so there must be nothing of it."""
    waiting = Path(f"{path}-wal")
    return (
        path.exists()
        and not os.access(path, os.W_OK)
        and not os.access(path.absolute().parent, os.W_OK)
        and not (waiting.exists() and waiting.stat().st_size)
    )


def _immutable(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"


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
        code = "books-locked" if any(word in _cause(fault) for word in _LOCKED) else "books-unreadable"
        raise BooksError(code, books=books.shown, cause=_cause(fault)) from fault
    if version is not None and version > HEAD:
        raise BooksError("books-newer", books=books.shown, found=version, expected=HEAD)
    return version


@contextmanager
def reading(books: Books) -> Iterator[Connection]:
    """One transaction that sees one state of the books and writes nothing."""
    with _answered(books), books.engine.connect() as connection, connection.begin() as transaction:
        if books.path is None:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        yield connection
        transaction.rollback()


@contextmanager
def writing(books: Books) -> Iterator[Connection]:
    """One writing transaction: committed at the end of the block, rolled back where it raises. A database that cannot
    take it (a full disk, a medium that is read-only, a file that was moved away meanwhile) is a BooksError."""
    engine = books.engine.execution_options(opos_writes=True)
    with _answered(books, writes=True), engine.connect() as connection, connection.begin():
        before = _file(books)
        # The lock of the run goes with its own connection, and that one may be lost (a firewall, an administrator).
        # Like BEGIN IMMEDIATE on SQLite this one holds as long as the transaction.
        if books.path is None:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": TRANSACTION_KEY})
        yield connection
        if _file(books) != before:
            raise BooksError("books-moved", books=books.shown)


@contextmanager
def _answered(books: Books, *, writes: bool = False) -> Iterator[None]:
    """Turn what the database says of its state into a BooksError; a mistake of our own stays what it is."""
    try:
        yield
    except DatabaseError as fault:
        told = _cause(fault)
        if fault.connection_invalidated:
            raise BooksError("books-lost", books=books.shown, cause=told) from fault
        if any(word in told for word in _LOCKED):
            raise BooksError("books-locked", books=books.shown) from fault
        if writes and any(word in told for word in _UNWRITABLE):
            raise BooksError("books-unwritable", books=books.shown, cause=told) from fault
        if books.path and any(word in told for word in _DAMAGED):
            raise BooksError("books-damaged", books=books.shown, cause=told) from fault
        if isinstance(fault, OperationalError) and "unable to open" in told:
            raise BooksError("books-unreadable", books=books.shown, cause=told) from fault
        raise


def _file(books: Books) -> tuple[int, int] | None:
    """Which file the books are at the moment: a new one under the old name is another."""
    if books.path is None or not books.path.exists():
        return None
    found = books.path.stat()
    return found.st_dev, found.st_ino


def make_ready(books: Books) -> None:
    """Give a new SQLite file its way of writing: WAL, so that readers are never in the way of the writer. It stays
    with the file."""
    if books.path is None:
        return
    try:
        with books.engine.connect() as connection:
            connection.connection.cursor().execute("PRAGMA journal_mode = WAL").close()
    except (OperationalError, sqlite3.OperationalError) as fault:
        code = "books-locked" if "locked" in str(fault) else "books-unwritable"
        raise BooksError(code, books=books.shown, cause=str(fault).splitlines()[0]) from fault


def strangers(books: Books) -> list[str]:
    """The tables that stand where books are to be made: in a file all of another program, on a server those with a
    name that the books need."""
    with _answered(books), books.engine.connect() as connection:
        found = set(inspect(connection).get_table_names())
    return sorted(found if books.path else found & set(metadata.tables))


@contextmanager
def run_lock(books: Books) -> Iterator[None]:
    """Only one run at a time on these books; the second gets BooksError ``books-locked`` at once (exit 6)."""
    with _file_lock(books) if books.path else _advisory_lock(books):
        yield


@contextmanager
def _file_lock(books: Books) -> Iterator[None]:
    try:
        # The same file by another name (a link) is the same books.
        handle = os.open(f"{os.path.realpath(books.path or '')}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
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
    with _answered(books), books.engine.connect() as connection:
        got = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK_KEY}).scalar_one()
        connection.commit()
        if not got:
            raise BooksError("books-locked", books=books.shown)
        try:
            yield
        finally:
            # Without its connection the lock is gone already; what was committed meanwhile stands.
            with suppress(OperationalError):
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


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    # Also who only reads would wait without end for a table that somebody has locked.
    connection.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("opos_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _cause(fault: DBAPIError) -> str:
    return str(fault.orig).strip().splitlines()[0] if fault.orig else type(fault).__name__
