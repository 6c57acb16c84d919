"""What was handed out of the books: export files, the entries and customers in them, and what is still to go."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, and_, func, insert, or_, select

from recon.store.export_tables import exported_customers, exported_entries, exports
from recon.store.ids import next_ids
from recon.store.log import Seal, write_values
from recon.store.rows import day_of, rows_of
from recon.store.tables import allocations, customers, entries, items, lines, postings

TAKE_OVER: Final = "take_over"
# Values of one "in" that both databases take.
_SOME: Final = 500


@dataclass(frozen=True, slots=True)
class Head:
    """An entry that is still to be exported."""

    id: int
    day: date
    kind: str
    currency: str
    text: str
    reverses_id: int | None


def pending(connection: Connection, first: date, last: date) -> list[Head]:
    """The entries of a span that no export holds yet, in the order of the journal. One without postings is none."""
    query = (
        select(entries.c.id, entries.c.booked_on, entries.c.kind, entries.c.currency, entries.c.text,
               entries.c.reverses_id)
        .where(_pending(first, last))
        .order_by(entries.c.id)
    )  # fmt: skip
    return [Head(row[0], _day(row[1]), *row[2:]) for row in rows_of(connection, query)]


def sides_of(connection: Connection, first: date, last: date) -> dict[int, list[Any]]:
    """The postings of these entries by entry: role, account, amount, customer id and number, his debtor account, and
    the invoice."""
    query = (
        select(postings.c.entry_id, postings.c.role, postings.c.account, postings.c.amount, customers.c.id,
               customers.c.customer_no, customers.c.debtor_account, items.c.invoice_no)
        .join(entries, postings.c.entry_id == entries.c.id)
        .outerjoin(customers, postings.c.customer_id == customers.c.id)
        .outerjoin(items, postings.c.item_id == items.c.id)
        .where(_pending(first, last))
        .order_by(postings.c.id)
    )  # fmt: skip
    found: dict[int, list[Any]] = {}
    for row in rows_of(connection, query):
        found.setdefault(row[0], []).append(row[1:])
    return found


def references_of(connection: Connection, first: date, last: date) -> dict[int, str]:
    """The bank's reference of the line that an entry books, by entry."""
    query = (
        select(allocations.c.entry_id, lines.c.bank_ref)
        .join(lines, allocations.c.line_id == lines.c.id)
        .join(entries, allocations.c.entry_id == entries.c.id)
        .where(_pending(first, last), lines.c.bank_ref.is_not(None))
        .order_by(allocations.c.id)
    )
    return dict(rows_of(connection, query))


def exported_before(connection: Connection, first: date, last: date) -> int:
    """How many entries of a span an export holds."""
    query = (
        select(func.count())
        .select_from(exported_entries.join(entries, exported_entries.c.entry_id == entries.c.id))
        .where(entries.c.booked_on >= first, entries.c.booked_on <= last)
    )
    return int(connection.execute(query).scalar_one())


def invoice_numbers(connection: Connection) -> Iterator[str]:
    """The numbers of all items."""
    return (row[0] for row in rows_of(connection, select(items.c.invoice_no)))


def namesakes(connection: Connection, accounts: Collection[str]) -> Iterator[tuple[str, str | None]]:
    """Customer number and debtor account of all whose number or account is one of these."""
    wanted = sorted(accounts)
    for start in range(0, len(wanted), _SOME):
        some = wanted[start : start + _SOME]
        query = (
            select(customers.c.customer_no, customers.c.debtor_account)
            .where(or_(customers.c.customer_no.in_(some), customers.c.debtor_account.in_(some)))
            .order_by(customers.c.id)
        )
        for row in connection.execute(query):
            yield row[0], row[1]


def customers_sent(connection: Connection) -> set[tuple[int, str]]:
    """Customers that the tax adviser has, each with his account there."""
    query = select(exported_customers.c.customer_id, exported_customers.c.account)
    return {(row[0], row[1]) for row in rows_of(connection, query)}


def customers_of(connection: Connection, ids: Collection[int]) -> list[Any]:
    """Customers by id, with all that is known of them."""
    wanted = sorted(ids)
    found: list[Any] = []
    for start in range(0, len(wanted), _SOME):
        found += connection.execute(select(customers).where(customers.c.id.in_(wanted[start : start + _SOME])))
    return sorted(found, key=lambda row: int(row.id))


def number_of_exports(connection: Connection, kind: str, month: date | None) -> int:
    """How many files of a kind there are; of a month, where one is given. Repeats are the same files."""
    query = select(exports.c.period_from).where(exports.c.kind == kind, exports.c.repeats_id.is_(None))
    days = [row.period_from for row in connection.execute(query)]
    return sum(month is None or (day.year, day.month) == (month.year, month.month) for day in days)


def insert_export(connection: Connection, row: dict[str, Any]) -> None:
    """Keep an export with its bytes."""
    connection.execute(insert(exports), [row])


def insert_exported(
    connection: Connection, export_id: int, entry_ids: Collection[int], people: Collection[tuple[int, str]]
) -> list[Seal]:
    """Say which entries, or which customers with their accounts, an export holds. Returns the seals for the log."""
    ids = next_ids(connection, exported_entries)
    seals = [write_values(connection, exported_entries, [(next(ids), export_id, entry) for entry in entry_ids])]
    ids = next_ids(connection, exported_customers)
    rows = [(next(ids), export_id, customer, account) for customer, account in people]
    seals.append(write_values(connection, exported_customers, rows))
    return [seal for seal in seals if seal is not None]


def load_exports(connection: Connection, number: int | None = None) -> list[Any]:
    """Exports without their bytes, oldest first."""
    columns = [column for column in exports.c if column.name != "content"]
    query = select(*columns).order_by(exports.c.id)
    return list(connection.execute(query if number is None else query.where(exports.c.id == number)))


def bytes_of(connection: Connection, export_id: int) -> bytes:
    """The bytes of an export's file, as they were made once."""
    content: bytes = connection.execute(select(exports.c.content).where(exports.c.id == export_id)).scalar_one()
    return content


def _pending(first: date, last: date) -> Any:
    held, side = exported_entries.alias(), postings.alias()
    known = select(held.c.id).where(held.c.entry_id == entries.c.id).correlate(entries)
    moves = select(side.c.id).where(side.c.entry_id == entries.c.id).correlate(entries)
    return and_(entries.c.booked_on >= first, entries.c.booked_on <= last, ~known.exists(), moves.exists())


def _day(value: Any) -> date:
    found = day_of(value)
    if found is None:
        raise ValueError("an entry without a day")
    return found
