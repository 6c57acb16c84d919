"""Reports: ageing and open items as of any day, unmatched lines, journal, reconciliation, settlement (users.md 2.7)."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, func, select

from recon.model.items import split_open
from recon.model.matching import MOVES_NO_MONEY
from recon.model.roles import Action
from recon.service.context import Context, reading
from recon.store.ids import shown_id
from recon.store.items import load_items
from recon.store.masters import all_customers
from recon.store.matching import OPEN_STATES, STANDS, load_proposals
from recon.store.statements import load_lines
from recon.store.tables import accounts, allocations, customers, entries, items, lines, postings, statements

# As the books have the kinds that use up nothing of a bank line.
_NO_BANK_MONEY: Final = sorted(kind.value for kind in MOVES_NO_MONEY)
# Upper ends of the ageing buckets in days overdue; the last bucket is open.
BUCKETS: Final = (0, 30, 60, 90)
BUCKET_NAMES: Final = ("not_due", "days_1_30", "days_31_60", "days_61_90", "days_over_90")


@dataclass(frozen=True, slots=True)
class OpenPart:
    """A part of an item as it stood on a day; ``days`` overdue, negative before the due date."""

    invoice_no: str
    customer_no: str
    name: str
    branch: str | None
    issue_date: date | None
    due_date: date
    part: str
    amount: int
    open: int
    currency: str
    days: int


@dataclass(frozen=True, slots=True)
class AgeingRow:
    """What a customer owes in one currency, by days overdue (as BUCKET_NAMES), and what stands to his credit."""

    customer_no: str
    name: str
    currency: str
    buckets: tuple[int, ...]
    credit: int

    @property
    def total(self) -> int:
        """The customer's balance."""
        return sum(self.buckets) + self.credit


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A bank line of which something is left; ``age`` in days, ``found`` the best that was found for it."""

    id: str
    booking_date: date | None
    age: int
    amount: int
    open: int
    currency: str
    name: str | None
    remittance: str | None
    band: str
    match_class: str | None


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A posting with its entry: debit (Soll) or credit (Haben), always positive."""

    entry: str
    booked_on: date
    kind: str
    account: str
    debit: int
    credit: int
    currency: str
    customer: str | None
    item: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """An account: the bank's balance, the ledger's, and the open lines that are the difference."""

    account: str
    currency: str
    statement: str | None
    on: date | None
    opening: int
    bank: int
    ledger: int
    open_lines: int
    open_sum: int

    @property
    def difference(self) -> int:
        """What nothing explains; 0 where the books are in order."""
        return self.bank - self.ledger - self.open_sum


@dataclass(frozen=True, slots=True)
class Settled:
    """How much was settled in which way."""

    kind: str
    currency: str
    count: int
    sum: int


def open_on(context: Context) -> list[OpenPart]:
    """What was open on the day: items issued until then, less what was settled until then."""
    with reading(context, Action.READ) as connection:
        return _open_on(connection, context.stamp.as_of)


def ageing(context: Context) -> list[AgeingRow]:
    """What customers owe on the day by days overdue. The total is the ledger's balance of all customers."""
    with reading(context, Action.READ) as connection:
        as_of = context.stamp.as_of
        sums: dict[tuple[str, str], list[int]] = {}
        for part in _open_on(connection, as_of):
            row = sums.setdefault((part.customer_no, part.currency), [0] * len(BUCKET_NAMES))
            row[bucket(part.days)] += part.open
        credit = _credit_on(connection, as_of)
        names = {number: customer.name for number, customer in all_customers(connection).items()}
        return [
            AgeingRow(number, names[number], currency, tuple(sums.get((number, currency), (0,) * len(BUCKET_NAMES))),
                      credit.get((number, currency), 0))
            for number, currency in sorted({*sums, *credit})
        ]  # fmt: skip


def bucket(days: int) -> int:
    """The ageing bucket of a number of days overdue.

    >>> [bucket(days) for days in (-5, 0, 1, 30, 31, 90, 91)]
    [0, 0, 1, 1, 2, 3, 4]
    """
    return next((number for number, end in enumerate(BUCKETS) if days <= end), len(BUCKETS))


def unmatched(context: Context) -> list[Unmatched]:
    """The bank lines that still ask for something, oldest first."""
    with reading(context, Action.READ) as connection:
        proposals = load_proposals(connection)
        found = []
        for row, line in load_lines(connection, lines.c.state.in_(OPEN_STATES)):
            day = line.booking_date or line.value_date
            best = proposals.get(row.id, [None])[0]
            found.append(
                Unmatched(
                    id=shown_id("lines", row.id),
                    booking_date=day,
                    age=0 if day is None else (context.stamp.as_of - day).days,
                    amount=line.amount,
                    open=row.open_amount,
                    currency=line.currency,
                    name=line.counterparty.name or line.booking_text,
                    remittance=line.remittance,
                    band="none" if best is None else best.band.value,
                    match_class=None if best is None else best.match_class,
                )
            )
    return found


def journal(context: Context, first: date | None = None, last: date | None = None) -> list[JournalLine]:
    """The postings between two days (both included), in the order of the journal."""
    with reading(context, Action.READ) as connection:
        query = (
            select(postings, entries.c.booked_on, entries.c.kind, entries.c.currency, entries.c.text,
                   customers.c.customer_no, items.c.invoice_no)
            .join(entries, postings.c.entry_id == entries.c.id)
            .outerjoin(customers, postings.c.customer_id == customers.c.id)
            .outerjoin(items, postings.c.item_id == items.c.id)
            .order_by(postings.c.id)
        )  # fmt: skip
        if first is not None:
            query = query.where(entries.c.booked_on >= first)
        if last is not None:
            query = query.where(entries.c.booked_on <= last)
        return [
            JournalLine(
                shown_id("entries", row.entry_id), row.booked_on, row.kind, row.account, max(row.amount, 0),
                max(-row.amount, 0), row.currency, row.customer_no, row.invoice_no, row.text,
            )
            for row in connection.execute(query)
        ]  # fmt: skip


def reconciliation(context: Context) -> list[Reconciled]:
    """Each own account: what the bank says, what the ledger says, and the open lines between them."""
    with reading(context, Action.READ) as connection:
        return [_reconciled(connection, row) for row in connection.execute(select(accounts).order_by(accounts.c.iban))]


def settlement(context: Context, first: date | None = None, last: date | None = None) -> list[Settled]:
    """What was settled between two days, by kind."""
    with reading(context, Action.READ) as connection:
        query = (
            select(allocations.c.kind, entries.c.currency, func.count(), func.sum(allocations.c.amount))
            .join(entries, allocations.c.entry_id == entries.c.id)
            .where(STANDS)
            .group_by(allocations.c.kind, entries.c.currency)
            .order_by(entries.c.currency, allocations.c.kind)
        )
        if first is not None:
            query = query.where(allocations.c.booked_on >= first)
        if last is not None:
            query = query.where(allocations.c.booked_on <= last)
        return [Settled(row[0], row[1], row[2], int(row[3])) for row in connection.execute(query)]


def _open_on(connection: Connection, as_of: date) -> list[OpenPart]:
    settled = _settled(connection, as_of)
    before = {row.id: row.paid_before for row in connection.execute(select(items.c.id, items.c.paid_before))}
    names = {number: customer.name for number, customer in all_customers(connection).items()}
    found: list[OpenPart] = []
    for item in load_items(connection):
        if item.issue_date is not None and item.issue_date > as_of:
            continue
        left = item.amount - before[item.id] + settled.get(item.id, 0)
        found += [
            OpenPart(item.invoice_no, item.customer_no, names[item.customer_no], item.branch, item.issue_date,
                     part.due_date, part.kind.value, part.amount, part.open, item.currency,
                     (as_of - part.due_date).days)
            for part in split_open(item.parts, left)
            if part.open != 0
        ]  # fmt: skip
    return found


def _settled(connection: Connection, as_of: date) -> dict[int, int]:
    """What was posted on each item until a day, apart from its take-over."""
    query = (
        select(postings.c.item_id, func.sum(postings.c.amount))
        .join(entries, postings.c.entry_id == entries.c.id)
        .where(postings.c.item_id.is_not(None), postings.c.role == "customer")
        .where(entries.c.kind != "take_over", entries.c.booked_on <= as_of)
        .group_by(postings.c.item_id)
    )
    return {item: int(total) for item, total in connection.execute(query)}


def _credit_on(connection: Connection, as_of: date) -> dict[tuple[str, str], int]:
    """What customers have to their credit beside their items, by customer and currency (negative)."""
    query = (
        select(customers.c.customer_no, entries.c.currency, func.sum(postings.c.amount))
        .join(entries, postings.c.entry_id == entries.c.id)
        .join(customers, postings.c.customer_id == customers.c.id)
        .where(postings.c.role == "customer", postings.c.item_id.is_(None), entries.c.booked_on <= as_of)
        .group_by(customers.c.customer_no, entries.c.currency)
    )
    return {(number, currency): int(total) for number, currency, total in connection.execute(query) if total}


def _reconciled(connection: Connection, account: Any) -> Reconciled:
    own = statements.c.account_id == account.id
    last = connection.execute(select(statements).where(own).order_by(statements.c.id.desc()).limit(1)).one_or_none()
    first = connection.execute(select(statements).where(own).order_by(statements.c.id).limit(1)).one_or_none()
    booked = select(func.sum(allocations.c.amount)).join(lines, allocations.c.line_id == lines.c.id)
    ledger = connection.execute(
        booked.where(lines.c.account_id == account.id, allocations.c.kind.not_in(_NO_BANK_MONEY))
    ).scalar()
    count, left = connection.execute(
        select(func.count(), func.sum(lines.c.open_amount)).where(
            lines.c.account_id == account.id, lines.c.state.in_(OPEN_STATES), lines.c.parent_id.is_(None)
        )
    ).one()
    opening = first.opening if first is not None and first.opening is not None else 0
    return Reconciled(
        account=account.iban,
        currency=account.currency,
        statement=None if last is None else shown_id("statements", last.id),
        on=None if last is None else last.closing_date,
        opening=opening,
        bank=0 if last is None or last.closing is None else last.closing,
        ledger=opening + int(ledger or 0),
        open_lines=int(count),
        open_sum=int(left or 0),
    )
