"""What every use case is given: the books, the day, and on whose behalf."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from recon.model.finding import error
from recon.service.answers import Exit, Refused
from recon.store import books as store
from recon.store.books import Books, BooksError
from recon.store.log import Stamp


@dataclass(frozen=True, slots=True)
class Context:
    """``books`` are opened; ``stamp`` carries the day, the actor and the real time for the log."""

    books: Books
    stamp: Stamp
    dry_run: bool = False


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
    with answered(), store.writing(context.books) as connection:
        yield connection
        if context.dry_run:
            connection.rollback()
