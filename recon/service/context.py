"""What every use case is given: the books, the day, and on whose behalf."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from recon.model.finding import error
from recon.service.answers import Exit, Refused
from recon.store import books as store
from recon.store.books import Books, BooksError
from recon.store.log import Stamp


@dataclass(frozen=True, slots=True)
class Context:
    """``books`` are opened; ``stamp`` carries the day, the actor and the real time for the log. ``shared`` is the one
    transaction in which a dry run of many makes them all, so that each sees what the ones before it did."""

    books: Books
    stamp: Stamp
    dry_run: bool = False
    shared: Connection | None = None


def open_context(books: str, stamp: Stamp, *, dry_run: bool = False) -> Context:
    """A context on existing books. Raises Refused."""
    with answered():
        return Context(store.open_books(books), stamp, dry_run)


@contextmanager
def answered() -> Iterator[None]:
    """Turn what the store says about the books into an answer for people."""
    try:
        yield
    except BooksError as fault:
        code = Exit.LOCKED if fault.code == "books-locked" else Exit.REFUSED
        where = str(fault.facts.get("books", fault.facts.get("given", "")))
        raise Refused(error(fault.code, where, **fault.facts), exit_code=code) from fault


@contextmanager
def reading(context: Context) -> Iterator[Connection]:
    """One reading transaction."""
    with answered(), store.reading(context.books) as connection:
        yield connection


@contextmanager
def run(context: Context) -> Iterator[None]:
    """The right to write on these books, alone, for one run of a command."""
    with answered(), store.run_lock(context.books):
        yield


@contextmanager
def writing(context: Context) -> Iterator[Connection]:
    """One writing transaction, inside ``run``. A dry run sees its own effects and leaves nothing behind."""
    if context.shared is not None:
        with context.shared.begin_nested():
            yield context.shared
        return
    with answered(), store.writing(context.books) as connection:
        yield connection
        if context.dry_run:
            connection.rollback()


@contextmanager
def together(context: Context) -> Iterator[Context]:
    """For a use case of many transactions: in a dry run they all happen in one, which is rolled back at the end."""
    if not context.dry_run:
        yield context
        return
    with writing(context) as connection:
        yield replace(context, shared=connection)
