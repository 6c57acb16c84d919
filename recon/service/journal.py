"""The journal: every posting with who made it, as a report, and as files for whoever looks at the books from outside
(§ 147 (6) AO, GoBD 11: machine-readable, with a description of what is in it)."""

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, case, func, select

from recon.model.finding import error
from recon.model.roles import Action
from recon.service.answers import Refused
from recon.service.context import Context, reading
from recon.service.reporting import Look
from recon.service.writing_files import placing
from recon.store import as_of as store
from recon.store.as_of import Until
from recon.store.ids import shown_id
from recon.store.rows import Days, rows_of
from recon.store.settings import settings_of
from recon.store.tables import customers, entries, items, log, postings

_ALL: Final = Look()


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A posting with its entry: debit (Soll) or credit (Haben), always positive.

    ``posting`` numbers all postings of the books without a gap. ``counter`` is the account on the other side, where it
    is one; ``reverses`` the entry that is taken back; ``actor`` and ``recorded_at`` say who has booked it, and when in
    real time.
    """

    posting: int
    entry: str
    booked_on: date
    kind: str
    account: str
    counter: str | None
    debit: int
    credit: int
    currency: str
    customer: str | None
    name: str | None
    item: str | None
    text: str
    reverses: str | None
    actor: str | None
    recorded_at: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """What stands above a journal that is handed out: whose it is and where, its days (``first`` is that of the first
    entry where none was named), how many postings, debit and credit by currency, and the head of the log: it proves
    later that these were the books (``opos verify --head``)."""

    company: str
    town: str | None
    first: date
    last: date
    postings: int
    sums: Mapping[str, tuple[int, int]]
    head: str


@dataclass(frozen=True, slots=True)
class Written:
    """A journal that was handed out: its files with their SHA-256."""

    told: Told
    files: tuple[tuple[str, str], ...]


Forms = Mapping[str, Callable[[Told, Iterator[JournalLine]], Iterable[bytes]]]


def journal(
    context: Context, first: date | None = None, last: date | None = None, look: Look = _ALL
) -> Iterator[JournalLine]:
    """The postings between two days (both included), in the order of the journal, one after the other."""
    with reading(context, Action.READ) as connection:
        yield from _lines(connection, *_span(connection, context, first, last, look))


def carried_forward(context: Context, first: date, look: Look = _ALL) -> dict[str, tuple[int, int]]:
    """Debit and credit of the journal before a day, by currency."""
    with reading(context, Action.READ) as connection:
        until = Until(context.stamp.as_of, known=look.known)
        return _sums(connection, store.counts(connection, until), entries.c.booked_on < first)


def write_journal(
    context: Context, folder: Path, first: date | None, last: date | None, forms: Forms, *, force: bool = False
) -> Written:
    """Write the journal of a span into a folder, all files out of one state of the books. ``forms`` says by file name
    how the journal is told. The books are only read. Raises Refused where a file is there already, unless ``force``."""
    sums: dict[str, Any] = {name: hashlib.sha256() for name in forms}
    with reading(context, Action.READ) as connection, placing() as place:
        there = next((folder / name for name in forms if (folder / name).exists()), None)
        if there is not None and not force:
            raise Refused(error("file-exists", str(there), file=str(there)))
        span = _span(connection, context, first, last, _ALL)
        told = _told(connection, first, last or context.stamp.as_of, span)
        place(folder, [(name, _noted(form(told, _lines(connection, *span)), sums[name]))
                       for name, form in forms.items()])  # fmt: skip
    return Written(told, tuple((name, found.hexdigest()) for name, found in sums.items()))


def _span(
    connection: Connection, context: Context, first: date | None, last: date | None, look: Look
) -> list[ColumnElement[bool]]:
    found = [store.counts(connection, Until(last or context.stamp.as_of, known=look.known))]
    return found if first is None else [*found, entries.c.booked_on >= first]


def _lines(connection: Connection, *span: ColumnElement[bool]) -> Iterator[JournalLine]:
    query = (
        select(postings.c.id, postings.c.entry_id, entries.c.booked_on, entries.c.kind, postings.c.account,
               postings.c.amount, entries.c.currency, customers.c.customer_no, customers.c.name, items.c.invoice_no,
               entries.c.text, entries.c.reverses_id)
        .join(entries, postings.c.entry_id == entries.c.id)
        .outerjoin(customers, postings.c.customer_id == customers.c.id)
        .outerjoin(items, postings.c.item_id == items.c.id)
        .where(*span)
        .order_by(postings.c.entry_id, postings.c.id)
    )  # fmt: skip
    days: Any = Days()
    makers, sides = _Makers(connection), _Sides(connection, *span)
    known, actor, recorded_at = 0, None, None
    for (posting, entry, day, kind, account, amount, currency, customer, name, item, text,
         reverses) in rows_of(connection, query):  # fmt: skip
        if entry != known:
            known, (actor, recorded_at) = entry, makers.of(entry)
            sides.go_to(entry)
        yield JournalLine(
            posting, shown_id("entries", entry), days[day], kind, account, sides.against(amount), max(amount, 0),
            max(-amount, 0), currency, customer, name, item, text,
            None if reverses is None else shown_id("entries", reverses), actor, recorded_at,
        )  # fmt: skip


class _Sides:
    """On which accounts the sides of entries are, one entry after the other: an entry may have more postings than are
    to be held."""

    def __init__(self, connection: Connection, *span: ColumnElement[bool]) -> None:
        account, credit = postings.c.account, case((postings.c.amount < 0, 1), else_=0)
        self.left = rows_of(connection, (
            select(postings.c.entry_id, credit, func.min(account), func.max(account))
            .join(entries, postings.c.entry_id == entries.c.id)
            .where(*span)
            .group_by(postings.c.entry_id, credit)
            .order_by(postings.c.entry_id)
        ))  # fmt: skip
        self.next = next(self.left, None)
        self.only: dict[int, str] = {}

    def go_to(self, entry: int) -> None:
        """Come to an entry after the last one."""
        self.only = {}
        while self.next is not None and self.next[0] <= entry:
            found, side, lowest, highest = self.next
            if found == entry and lowest == highest:
                self.only[side] = lowest
            self.next = next(self.left, None)

    def against(self, amount: int) -> str | None:
        """The account on the other side of an amount, where it is one."""
        return self.only.get(0 if amount < 0 else 1)


class _Sealed(msgspec.Struct):
    """What is of interest of a seal in the log."""

    table: str
    first: int
    last: int


class _After(msgspec.Struct):
    rows: list[_Sealed] = []


class _Makers:
    """Who has booked which entries, and when: the log says it of the rows that each of its records has sealed."""

    def __init__(self, connection: Connection) -> None:
        query = (
            select(log.c.actor, log.c.recorded_at, log.c.after)
            .where(log.c.after.contains(f'"table":"{entries.name}"', autoescape=True))
            .order_by(log.c.id)
        )
        self.spans: list[tuple[int, int, str, str]] = []
        for actor, recorded_at, after in connection.execute(query):
            self.spans += [
                (seal.first, seal.last, actor, recorded_at)
                for seal in msgspec.json.decode(after, type=_After).rows
                if seal.table == entries.name
            ]
        self.firsts = [first for first, *_ in self.spans]

    def of(self, entry: int) -> tuple[str | None, str | None]:
        """Actor and real time."""
        place = bisect_right(self.firsts, entry) - 1
        if place < 0 or entry > self.spans[place][1]:
            return None, None
        return self.spans[place][2:]


def _told(connection: Connection, first: date | None, last: date, span: Sequence[ColumnElement[bool]]) -> Told:
    company = settings_of(connection).company
    count, begin = connection.execute(
        select(func.count(), func.min(entries.c.booked_on))
        .select_from(postings.join(entries, postings.c.entry_id == entries.c.id))
        .where(*span)
    ).one()
    head = connection.execute(select(log.c.hash).order_by(log.c.id.desc()).limit(1)).scalar_one()
    return Told(company.name, company.town, first or begin or last, last, count, _sums(connection, *span), head)


def _sums(connection: Connection, *span: ColumnElement[bool]) -> dict[str, tuple[int, int]]:
    """Debit and credit by currency."""
    amount = postings.c.amount
    query = (
        select(entries.c.currency, func.sum(case((amount > 0, amount), else_=0)),
               func.sum(case((amount < 0, -amount), else_=0)))
        .join(entries, postings.c.entry_id == entries.c.id)
        .where(*span)
        .group_by(entries.c.currency)
        .order_by(entries.c.currency)
    )  # fmt: skip
    return {currency: (int(debit), int(credit)) for currency, debit, credit in connection.execute(query)}


def _noted(content: Iterable[bytes], found: Any) -> Iterator[bytes]:
    """What is written, with its hash taken on the way."""
    for some in content:
        found.update(some)
        yield some
