"""What every use case is given: the books, the day, and on whose behalf; and whether that one may do it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from recon.model.finding import error
from recon.model.roles import Action, refusal
from recon.service import stopping
from recon.service.answers import Exit, Refused
from recon.store import books as store
from recon.store.books import Books, BooksError
from recon.store.log import Stamp
from recon.store.settings import settings_of, settings_text

# How a command leaves after what the store says; with ``REFUSED`` where nothing is said here.
_EXITS: Final = {"books-locked": Exit.LOCKED, "period-closed": Exit.NOT_PERMITTED}


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
        code = _EXITS.get(fault.code, Exit.REFUSED)
        where = str(next((fault.facts[name] for name in ("books", "given", "day") if name in fault.facts), ""))
        raise Refused(error(fault.code, where, **fault.facts), exit_code=code) from fault


@contextmanager
def reading(context: Context, action: Action) -> Iterator[Connection]:
    """One reading transaction, for somebody who may do ``action``. Raises Refused (exit 7)."""
    with answered(), store.reading(context.books) as connection:
        permit(connection, context.stamp, action)
        yield connection


@contextmanager
def run(context: Context, action: Action, *more: Action) -> Iterator[None]:
    """The right to write on these books, alone, for one run of a command by somebody who may do all that it does.

    Raises Refused (exit 7). Nobody changes roles while the run has the lock; a dry run needs the same right.
    """
    with answered(), store.run_lock(context.books):
        with store.reading(context.books) as connection:
            permit(connection, context.stamp, action, *more)
        yield


def permit(connection: Connection, stamp: Stamp, *actions: Action) -> None:
    """See that the actor may do all of ``actions`` by the settings in force. Raises Refused (exit 7)."""
    if settings_text(connection) is None:
        return
    users = settings_of(connection).users
    refused = [finding for action in actions if (finding := refusal(users, stamp.actor, action)) is not None]
    if refused:
        raise Refused(*dict.fromkeys(refused), exit_code=Exit.NOT_PERMITTED)


@contextmanager
def writing(context: Context) -> Iterator[Connection]:
    """One writing transaction, inside ``run``. A dry run sees its own effects and leaves nothing behind."""
    if context.shared is not None:
        with context.shared.begin_nested():
            yield context.shared
        return
    stopping.release()
    with answered(), store.writing(context.books) as connection:
        yield connection
        if context.dry_run:
            connection.rollback()
        else:
            stopping.hold()


@contextmanager
def together(context: Context) -> Iterator[Context]:
    """For a use case of many transactions: in a dry run they all happen in one, which is rolled back at the end."""
    if not context.dry_run:
        yield context
        return
    with writing(context) as connection:
        yield replace(context, shared=connection)
