"""Reports as of any day: ageing and open items, unmatched lines, settlement (users.md 2.7)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from recon.ledger.ageing import BUCKET_NAMES, BUCKETS, bucket, buckets_of, share_of, spread
from recon.ledger.posting import CLEARED
from recon.model.finding import error
from recon.model.items import PartKind
from recon.model.matching import Band
from recon.model.roles import Action
from recon.service.answers import Refused
from recon.service.context import Context, reading
from recon.store import as_of as store
from recon.store.as_of import ItemLeft, Until
from recon.store.holds import DUNNING, holds_on
from recon.store.ids import shown_id
from recon.store.matching import load_proposals
from recon.store.rows import rows_of
from recon.store.settings import branch_ids, settings_of
from recon.store.statements import line_of
from recon.store.tables import allocations, branches, customers, entries, items, lines

__all__ = ["BUCKETS", "BUCKET_NAMES", "bucket"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a report looks at its day (``recon.store.as_of.Until``), and whose items it shows."""

    known: bool = False
    later: bool = False
    branch: str | None = None
    customer: str | None = None


_ALL = Look()


@dataclass(frozen=True, slots=True)
class OpenPart:
    """A part of an item as it stood on a day; ``days`` overdue, negative before the due date. ``level`` and
    ``last_notice_on`` are those of the item, ``blocked_until`` the end of what keeps it from being dunned."""

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
    level: int
    last_notice_on: date | None
    blocked: bool
    blocked_until: date | None


@dataclass(frozen=True, slots=True)
class AgeingRow:
    """What a customer owes in one currency, by days overdue (as BUCKET_NAMES), and what stands to his credit.

    Of a single item ``invoice_no``, ``due_date`` and ``days`` are told too; ``share`` is in tenths of a percent of all
    that is owed in the currency.
    """

    customer_no: str
    name: str
    currency: str
    buckets: tuple[int, ...]
    credit: int
    share: int | None = None
    invoice_no: str | None = None
    branch: str | None = None
    due_date: date | None = None
    days: int | None = None

    @property
    def total(self) -> int:
        """The balance."""
        return sum(self.buckets) + self.credit


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A bank line of which something was left; ``age`` in days, ``found`` the best that was found for it, ``next`` the
    code of what to do about it."""

    id: str
    account: str
    booking_date: date | None
    age: int
    amount: int
    open: int
    currency: str
    name: str | None
    remittance: str | None
    band: str
    match_class: str | None
    next: str


@dataclass(frozen=True, slots=True)
class Settled:
    """How much was settled in which way."""

    kind: str
    currency: str
    count: int
    sum: int


def company_name(context: Context) -> str:
    """Whose books these are."""
    with reading(context, Action.READ) as connection:
        return settings_of(connection).company.name


def open_on(context: Context, look: Look = _ALL) -> Iterator[OpenPart]:
    """What was open on the day, one part after the other: items issued until then, less what was settled until then,
    with due dates and dunning levels as they stood."""
    with reading(context, Action.READ) as connection:
        as_of = context.stamp.as_of
        people = _people(connection)
        levels = store.levels_on(connection, as_of)
        held = holds_on(connection, as_of, DUNNING)
        for item in store.items_left(connection, _until(context, look), *_narrowed(connection, look)):
            number, name, _ = people[item.customer_id]
            state, hold = levels.get(item.id), held.get(item.id)
            for kind, amount, left, due in _parts(item):
                yield OpenPart(
                    item.invoice_no, number, name, item.branch, item.issue_date, due, kind, amount, left,
                    item.currency, (as_of - due).days, state.level if state else 0,
                    state.last_notice_on if state else None, hold is not None, hold.until if hold else None,
                )  # fmt: skip


def ageing(context: Context, look: Look = _ALL) -> list[AgeingRow]:
    """What customers owe on the day by days overdue, largest first. The total is the balance of all customers'
    accounts in the ledger of that day."""
    with reading(context, Action.READ) as connection:
        as_of, until = context.stamp.as_of, _until(context, look)
        ages = _Ages(as_of)
        sums: dict[tuple[int, str], list[int]] = {}
        for item in store.items_left(connection, until, *_narrowed(connection, look)):
            row = sums.get((item.customer_id, item.currency))
            if row is None:
                row = sums[item.customer_id, item.currency] = [0] * len(BUCKET_NAMES)
            if item.parts is None:
                row[ages[item.due]] += item.left
            else:
                for _, _, left, due in _parts(item):
                    row[ages[due]] += left
        credit = _credit(connection, until, look)
        people = _people(connection)
        none = (0,) * len(BUCKET_NAMES)
        return _shared(
            AgeingRow(people[key[0]][0], people[key[0]][1], key[1], tuple(sums.get(key, none)), credit.get(key, 0))
            for key in {*sums, *credit}
        )


def ageing_by_item(context: Context, look: Look = _ALL) -> list[AgeingRow]:
    """The same item by item, and what stands to customers' credit beside them."""
    with reading(context, Action.READ) as connection:
        as_of, until = context.stamp.as_of, _until(context, look)
        people = _people(connection)
        rows = []
        for item in store.items_left(connection, until, *_narrowed(connection, look)):
            number, name, _ = people[item.customer_id]
            parts = _parts(item)
            due = min(due for _, _, _, due in parts)
            rows.append(
                AgeingRow(number, name, item.currency, buckets_of(((as_of - day).days, left) for _, _, left, day in
                          parts), 0, None, item.invoice_no, item.branch, due, (as_of - due).days)
            )  # fmt: skip
        none = (0,) * len(BUCKET_NAMES)
        for (customer, currency), amount in _credit(connection, until, look).items():
            number, name, branch = people[customer]
            rows.append(AgeingRow(number, name, currency, none, amount, branch=branch))
        return _shared(rows)


def unmatched(context: Context, look: Look = _ALL) -> list[Unmatched]:
    """The bank lines of which something was left at the end of the day, oldest first, each with the next step."""
    with reading(context, Action.READ) as connection:
        left = store.lines_left(connection, _until(context, look))
        proposals = load_proposals(connection)
        ibans = {row.id: row.iban for row in store.own_accounts(connection)}
        found = []
        for row in connection.execute(select(lines).where(lines.c.id >= min(left, default=0)).order_by(lines.c.id)):
            if row.id not in left:
                continue
            line = line_of(row)
            day = line.booking_date or line.value_date
            best = proposals.get(row.id, [None])[0] if row.open_amount else None
            found.append(
                Unmatched(
                    id=shown_id("lines", row.id),
                    account=ibans[row.account_id],
                    booking_date=day,
                    age=0 if day is None else (context.stamp.as_of - day).days,
                    amount=line.amount,
                    open=left[row.id],
                    currency=line.currency,
                    name=line.counterparty.name or line.booking_text,
                    remittance=line.remittance,
                    band="none" if best is None else best.band.value,
                    match_class=None if best is None else best.match_class,
                    next=_next(row, best),
                )
            )
    return found


def settlement(
    context: Context, first: date | None = None, last: date | None = None, look: Look = _ALL
) -> list[Settled]:
    """What was settled between two days, by kind, as it stood at the end of the last one."""
    with reading(context, Action.READ) as connection:
        query = (
            select(allocations.c.kind, entries.c.currency, func.count(), func.sum(allocations.c.amount))
            .join(entries, allocations.c.entry_id == entries.c.id)
            .where(store.stood(connection, Until(last or context.stamp.as_of, known=look.known)))
            # What was settled when a file was exported is not settled again when the bank books it.
            .where(~allocations.c.flags.contains(f'"{CLEARED}"'))
            .group_by(allocations.c.kind, entries.c.currency)
            .order_by(entries.c.currency, allocations.c.kind)
        )
        if first is not None:
            query = query.where(entries.c.booked_on >= first)
        return [Settled(row[0], row[1], row[2], int(row[3])) for row in connection.execute(query)]


class _Ages(dict[date, int]):
    """Buckets by due date, each found once: the books have many items and few days."""

    def __init__(self, as_of: date) -> None:
        super().__init__()
        self.as_of = as_of

    def __missing__(self, due: date) -> int:
        found = self[due] = bucket((self.as_of - due).days)
        return found


def _until(context: Context, look: Look) -> Until:
    return Until(context.stamp.as_of, known=look.known, later=look.later)


def _people(connection: Connection) -> dict[int, tuple[str, str, str | None]]:
    """Number, name and branch of customers by id."""
    query = select(customers.c.id, customers.c.customer_no, customers.c.name, branches.c.code).outerjoin(
        branches, customers.c.branch_id == branches.c.id
    )
    return {number: (customer, name, branch) for number, customer, name, branch in rows_of(connection, query)}


def _narrowed(connection: Connection, look: Look) -> list[ColumnElement[bool]]:
    """The items that a report is about. Raises Refused for a branch or a customer that is not there."""
    found: list[ColumnElement[bool]] = []
    if look.branch is not None:
        found.append(items.c.branch_id == _branch(connection, look.branch))
    if look.customer is not None:
        found.append(items.c.customer_id == customer_id(connection, look.customer))
    return found


def _credit(connection: Connection, until: Until, look: Look) -> dict[tuple[int, str], int]:
    """Credit beside the items; it belongs to the customer's own branch."""
    found: list[ColumnElement[bool]] = []
    if look.branch is not None:
        found.append(customers.c.branch_id == _branch(connection, look.branch))
    if look.customer is not None:
        found.append(customers.c.id == customer_id(connection, look.customer))
    return store.credit_left(connection, until, *found)


def _branch(connection: Connection, code: str) -> int:
    known = branch_ids(connection).get(code)
    if known is None:
        raise Refused(error("branch-unknown", code, branch=code))
    return known


def customer_id(connection: Connection, customer_no: str) -> int:
    """The id of a customer. Raises Refused for one that is not there."""
    known = connection.execute(select(customers.c.id).where(customers.c.customer_no == customer_no)).scalar()
    if known is None:
        raise Refused(error("customer-unknown", customer_no, customer=customer_no))
    return int(known)


def _parts(item: ItemLeft) -> list[tuple[str, int, int, date]]:
    """Kind, amount, what was open and due date of the parts of which something was open."""
    if item.parts is None:
        return [(PartKind.TOTAL.value, item.amount, item.left, item.due)]
    return [
        (part.kind.value, part.amount, part.open, part.due_date) for part in spread(item.parts, item.left) if part.open
    ]


def _shared(rows: Iterable[AgeingRow]) -> list[AgeingRow]:
    """Largest first, currency by currency, each with its share of the whole."""
    found = sorted(rows, key=lambda row: (row.currency, -row.total, row.customer_no, row.invoice_no or ""))
    totals: dict[str, int] = {}
    for row in found:
        totals[row.currency] = totals.get(row.currency, 0) + row.total
    return [
        AgeingRow(row.customer_no, row.name, row.currency, row.buckets, row.credit,
                  share_of(row.total, totals[row.currency]), row.invoice_no, row.branch, row.due_date, row.days)
        for row in found
    ]  # fmt: skip


def _next(row: Any, best: Any) -> str:
    """The next step for a line: what is proposed is confirmed or looked at; where nothing is, a payment wants an
    invoice, and money that went out or was no customer's is not for the open items."""
    if not row.open_amount:
        return "settled_since"
    if best is not None:
        return "confirm" if best.band in {Band.CERTAIN, Band.HIGH} and best.shares else "explain"
    if row.kind in {"return", "reversal"}:
        return "return"
    return "name_invoice" if row.amount > 0 else "book_elsewhere"
