"""What every use case is given: the books, the day, and on whose behalf; and how it says no."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum

from sqlalchemy import Connection

from recon.model.finding import Finding, error
from recon.store import books as store
from recon.store.books import Books, BooksError
from recon.store.log import Stamp


class Exit(IntEnum):
    """Exit codes (contract.md 1). The one place that names them."""

    DONE = 0
    FAULT = 1
    USAGE = 2
    PARTIAL = 3
    REFUSED = 4
    CONDITION = 5
    LOCKED = 6
    NOT_PERMITTED = 7
    INTERRUPTED = 130


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """The use case was refused as a whole; nothing was written. ``findings`` say why, ``exit_code`` how to leave."""

    def __init__(self, *findings: Finding, exit_code: Exit = Exit.REFUSED) -> None:
        super().__init__(", ".join(finding.code for finding in findings))
        self.findings = findings
        self.exit_code = exit_code


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
