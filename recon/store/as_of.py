"""The books as of a day in the past: which entries count, what was open of items and lines, which dates and levels
stood.

An entry belongs to its booking day: that of the bank's line it stands for, or the day on which it was taken back. So an
allocation of last month that is undone today was there at last month's end. A claim belongs to the day of its document
(the issue date), not to the day on which it was taken over from the invoicing system.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, or_, select, true

from recon.dunning.state import Sent, fold
from recon.model.dunning import PartState
from recon.model.items import DocumentType, Part, PartKind
from recon.model.matching import MOVES_NO_MONEY
from recon.store.dunning_tables import notice_items, notices
from recon.store.history import written
from recon.store.ids import read_id
from recon.store.items import each_part
from recon.store.rows import Days, day_of, rows_of
from recon.store.tables import (
    accounts,
    allocations,
    branches,
    customers,
    entries,
    files,
    items,
    lines,
    log,
    postings,
    statements,
)

_TAKE_OVER = "take_over"
# As the books have the kinds that use up nothing of a bank line.
NO_BANK_MONEY = sorted(kind.value for kind in MOVES_NO_MONEY)
# The day on which a line moves the account: never after the end of the statement that tells of it.
_SAID_DAY = func.coalesce(lines.c.booking_date, lines.c.value_date, statements.c.closing_date, statements.c.period_to,
                          files.c.imported_on)  # fmt: skip
_CLOSED = statements.c.closing_date
LINE_DAY = case((_SAID_DAY.op(">")(_CLOSED), _CLOSED), else_=_SAID_DAY)


@dataclass(frozen=True, slots=True)
class Until:
    """A day and how it is looked at. ``known``: only what stood in the books at its end, not what was booked later for
    days until then. ``later``: with what settled the items of that day later (spätere Auszifferung)."""

    day: date
    known: bool = False
    later: bool = False


@dataclass(frozen=True, slots=True)
class ItemLeft:
    """An item of which something was open on a day: signed minor units, ``due`` as it stood."""

    id: int
    invoice_no: str
    customer_id: int
    branch: str | None
    issue_date: date | None
    due: date
    amount: int
    currency: str
    left: int
    parts: tuple[Part, ...] | None


def counts(connection: Connection, until: Until) -> ColumnElement[bool]:
    """Whether an entry counts, by its booking day."""
    return and_(entries.c.booked_on <= until.day, _known(connection, until))


def counts_for_customer(connection: Connection, until: Until) -> ColumnElement[bool]:
    """The same for a posting on a customer's account, in a query that has ``items`` joined from outside."""
    earlier = postings.alias("earlier")
    first = ~exists().where(earlier.c.item_id == postings.c.item_id, earlier.c.id < postings.c.id)
    in_time = entries.c.booked_on <= until.day
    taken_over = or_(
        and_(items.c.issue_date.is_(None), in_time),
        and_(items.c.issue_date <= until.day, true() if until.later else or_(in_time, first)),
    )
    # What is claimed of a return's charge is no document of before: its item begins with the return.
    begun = or_(items.c.document_type != DocumentType.RETURN_CHARGE.value, items.c.issue_date <= until.day)
    settles = or_(in_time, and_(postings.c.item_id.is_not(None), begun)) if until.later else in_time
    return and_(
        or_(and_(entries.c.kind == _TAKE_OVER, taken_over), and_(entries.c.kind != _TAKE_OVER, settles)),
        _known(connection, until),
    )


def document_day() -> ColumnElement[date]:
    """The day of a posting on a customer's account, in the same queries: a claim's is that of its document, a later
    correction's its own if that is later."""
    earlier = postings.alias("earlier_one")
    first = ~exists().where(earlier.c.item_id == postings.c.item_id, earlier.c.id < postings.c.id)
    issued = items.c.issue_date
    own = entries.c.booked_on
    return case(
        (or_(entries.c.kind != _TAKE_OVER, issued.is_(None)), own), (or_(first, issued > own), issued), else_=own
    )


def items_left(connection: Connection, until: Until, *conditions: ColumnElement[bool]) -> Iterator[ItemLeft]:
    """The items of which something was open, by id, one after the other."""
    left = (
        select(postings.c.item_id, func.sum(postings.c.amount).label("total"))
        .join(entries, postings.c.entry_id == entries.c.id)
        .join(items, postings.c.item_id == items.c.id)
        .where(postings.c.role == "customer", counts_for_customer(connection, until), *conditions)
        .group_by(postings.c.item_id)
        .having(func.sum(postings.c.amount) != 0)
        .subquery()
    )
    query = (
        select(items.c.id, items.c.invoice_no, items.c.customer_id, items.c.branch_id, items.c.issue_date,
               items.c.due_date, items.c.amount, items.c.currency, left.c.total)
        .join(left, items.c.id == left.c.item_id)
        .order_by(items.c.id)
    )  # fmt: skip
    parts = _several_parts(connection)
    codes = {None: None, **dict(rows_of(connection, select(branches.c.id, branches.c.code)))}
    stood = terms_before(connection, until.day)
    days = Days()
    for number, invoice, customer, branch, issued, due, amount, currency, total in rows_of(connection, query):
        before = stood.get(number)
        then = before or {}
        stood_due, stood_amount = days[then.get("due_date", due)], then.get("amount", amount)
        yield ItemLeft(number, invoice, customer, codes[branch], days[issued], stood_due, stood_amount, currency,
                       int(total), _parts_on(parts.get(number), before, days))  # fmt: skip


def credit_left(connection: Connection, until: Until, *conditions: ColumnElement[bool]) -> dict[tuple[int, str], int]:
    """What customers had to their credit beside their items (negative), by customer and currency."""
    query = (
        select(postings.c.customer_id, entries.c.currency, func.sum(postings.c.amount))
        .join(entries, postings.c.entry_id == entries.c.id)
        .join(customers, postings.c.customer_id == customers.c.id)
        .where(postings.c.role == "customer", postings.c.item_id.is_(None), counts(connection, until), *conditions)
        .group_by(postings.c.customer_id, entries.c.currency)
    )
    return {(number, currency): int(total) for number, currency, total in connection.execute(query) if total}


def lines_left(connection: Connection, until: Until) -> dict[int, int]:
    """What was open of each bank line at the end of the day, by id; lines of which nothing was open are left out."""
    used = (
        select(allocations.c.line_id, func.sum(allocations.c.amount).label("used"))
        .join(entries, allocations.c.entry_id == entries.c.id)
        .where(allocations.c.line_id.is_not(None), allocations.c.kind.not_in(NO_BANK_MONEY), counts(connection, until))
        .group_by(allocations.c.line_id)
        .subquery()
    )
    query = (
        select(lines.c.id, lines.c.amount - func.coalesce(used.c.used, 0))
        .join(statements, lines.c.statement_id == statements.c.id)
        .join(files, statements.c.file_id == files.c.id)
        .outerjoin(used, used.c.line_id == lines.c.id)
        .where(booked_until(until), lines.c.amount != func.coalesce(used.c.used, 0))
        .order_by(lines.c.id)
    )
    return {number: int(left) for number, left in connection.execute(query)}


def booked_until(until: Until) -> ColumnElement[bool]:
    """Lines that had moved an account, in a query that has ``statements`` and ``files`` joined."""
    told = (files.c.imported_on <= until.day) if until.known else true()
    return and_(lines.c.parent_id.is_(None), lines.c.status == "booked", lines.c.state != "ignored",
                LINE_DAY.op("<=")(until.day), told)  # fmt: skip


def stood(connection: Connection, until: Until) -> ColumnElement[bool]:
    """Whether an allocation stood at the end of the day: booked until then and not taken back until then. For queries
    that have ``entries`` joined."""
    back, its = allocations.alias("back"), entries.alias("its")
    in_time = its.c.booked_on <= until.day
    reversed_then = exists().where(back.c.reverses_id == allocations.c.id, its.c.id == back.c.entry_id, in_time)
    return and_(allocations.c.reverses_id.is_(None), counts(connection, until), ~reversed_then)


def bank_moved(connection: Connection, until: Until) -> dict[int, int]:
    """What was booked of the bank's money until the day, by own account."""
    query = (
        select(lines.c.account_id, func.sum(allocations.c.amount))
        .join(lines, allocations.c.line_id == lines.c.id)
        .join(entries, allocations.c.entry_id == entries.c.id)
        .where(allocations.c.kind.not_in(NO_BANK_MONEY), counts(connection, until))
        .group_by(lines.c.account_id)
    )
    return {account: int(total) for account, total in connection.execute(query)}


def own_accounts(connection: Connection) -> list[Any]:
    """The company's bank accounts, by IBAN."""
    return list(connection.execute(select(accounts).order_by(accounts.c.iban)))


def notice_stood(connection: Connection, day: date) -> ColumnElement[bool]:
    """Whether a notice was out at the end of a day: issued until then and not cancelled until then."""
    later = _cancelled_after(connection, day)
    notes = sorted(number for letter, number in later if letter == "N")
    runs = sorted(number for letter, number in later if letter == "D")
    stands = or_(notices.c.status == "issued", and_(
        notices.c.status == "cancelled", or_(notices.c.id.in_(notes), notices.c.run_id.in_(runs))
    ))  # fmt: skip
    return and_(notices.c.issued_on <= day, stands)


def levels_on(connection: Connection, day: date) -> dict[int, PartState]:
    """The dunning state of items at the end of a day: that of the part that had come furthest."""
    later = _cancelled_after(connection, day)
    query = (
        select(notice_items.c.item_id, notice_items.c.part, notice_items.c.level, notice_items.c.status, notices.c.id,
               notices.c.run_id, notices.c.issued_on, notices.c.deadline)
        .join(notices, notice_items.c.notice_id == notices.c.id)
        .where(notices.c.issued_on <= day, notice_items.c.status.in_(("issued", "cancelled")))
        .order_by(notice_items.c.id)
    )  # fmt: skip
    sent: dict[tuple[int, str], list[Sent]] = {}
    for row in connection.execute(query):
        stands = row.status == "issued" or ("N", row.id) in later or ("D", row.run_id) in later
        sent.setdefault((row.item_id, row.part), []).append(
            Sent(row.level, row.issued_on, row.deadline, cancelled=not stands)
        )
    found: dict[int, PartState] = {}
    for (item, _), history in sent.items():
        state = fold(history)
        known = found.get(item)
        if state.level and (known is None or _rank(state) > _rank(known)):
            found[item] = state
    return found


def terms_before(connection: Connection, day: date) -> dict[int, dict[str, Any]]:
    """What imports have changed of items after a day (due date, amount), as it stood before them, by item."""
    query = (
        select(log.c.after)
        .where(log.c.action == "import", log.c.as_of > day, log.c.after.is_not(None))
        .order_by(log.c.id)
    )
    decoder = msgspec.json.Decoder(_Changes)
    found: dict[int, dict[str, Any]] = {}
    for told in connection.execute(query).scalars():
        for change in decoder.decode(told).changes:
            kept: dict[str, Any] = {
                name: change.before[name] for name in ("due_date", "amount") if name in change.before
            }
            # A change of a customer or a mandate has other names before it, but the same ids.
            if change.id is not None and kept:
                found[change.id] = {**kept, **found.get(change.id, {})}
    return found


class _Change(msgspec.Struct):
    id: int | None = None
    before: dict[str, Any] = {}


class _Changes(msgspec.Struct):
    changes: list[_Change] = []


def _parts_on(parts: tuple[Part, ...] | None, before: Mapping[str, Any] | None, days: Days) -> tuple[Part, ...] | None:
    """The parts of an item; the last one is due when the item is, as it stood."""
    if parts is None or not before or "due_date" not in before:
        return parts
    due: Any = days[before["due_date"]]
    return tuple(
        Part(part.kind, part.amount, part.open, due if part.kind is PartKind.REMAINDER else part.due_date)
        for part in parts
    )


def _several_parts(connection: Connection) -> dict[int, tuple[Part, ...]]:
    """The parts of items that have several."""
    found: dict[int, tuple[Part, ...]] = {}
    for item, part in each_part(connection):
        found[item] = (*found.get(item, ()), part)
    return found


def _known(connection: Connection, until: Until) -> ColumnElement[bool]:
    """Entries that stood in the books at the end of the day, whatever day they are booked on."""
    if not until.known:
        return true()
    ranges: list[list[int]] = []
    for one in written(connection, after=until.day):
        if ranges and one.first == ranges[-1][1] + 1:
            ranges[-1][1] = one.last
        else:
            ranges.append([one.first, one.last])
    return and_(true(), *(or_(entries.c.id < first, entries.c.id > last) for first, last in ranges))


def _cancelled_after(connection: Connection, day: date) -> set[tuple[str, int]]:
    """Notices (N) and runs (D) that were cancelled after a day: at its end they stood."""
    query = select(log.c.subject).where(log.c.action == "dunning-cancel", log.c.as_of > day)
    found = set()
    for subject in connection.execute(query).scalars():
        letter = subject[:1]
        number = read_id("notices" if letter == "N" else "dunning_runs", subject)
        if number is not None:
            found.add((letter, number))
    return found


def _rank(state: PartState) -> tuple[int, date]:
    return (state.level, state.last_notice_on or date.min)


def day_in(value: Any) -> date | None:
    """The date of a computed column, which comes as the database keeps it."""
    return day_of(value)
