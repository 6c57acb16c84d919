"""The account sheet of a customer (Kontoblatt): every posting of some days with a running balance, notices and returns
as remarks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from recon.model.finding import error
from recon.model.items import DocumentType
from recon.model.roles import Action
from recon.service.answers import Exit, Refused
from recon.service.context import Context, reading
from recon.service.reporting import customer_id
from recon.store import as_of as store
from recon.store.as_of import Until
from recon.store.batches import RETURNED_FOR
from recon.store.dunning_tables import notices
from recon.store.ids import shown_id
from recon.store.rows import day_of
from recon.store.tables import allocations, collections, customers, entries, items, lines, postings


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A posting, or a remark without an amount. ``kind`` is that of the entry (``take_over``, ``bank``, ``undo`` …) or
    ``notice``. A return has its ``reason_code``, a reversal the entry that it takes back in ``reverses``, a notice its
    level, deadline and fee; ``claim`` says that what a return has cost is charged on. ``balance`` is what the customer
    owes after it."""

    day: date
    kind: str
    entry: str | None
    document: str | None
    text: str
    currency: str
    debit: int
    credit: int
    balance: int
    reason_code: str | None = None
    reverses: str | None = None
    notice: str | None = None
    level: int | None = None
    deadline: date | None = None
    fee: int = 0
    claim: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """The sheet of a customer in one currency: opening + debit - credit = closing, and that is the ledger's balance."""

    customer_no: str
    name: str
    currency: str
    first: date | None
    last: date
    opening: int
    lines: tuple[SheetLine, ...]
    closing: int

    @property
    def debit(self) -> int:
        """Sum of the debits."""
        return sum(line.debit for line in self.lines)

    @property
    def credit(self) -> int:
        """Sum of the credits."""
        return sum(line.credit for line in self.lines)


def account_sheet(
    context: Context, customer_no: str, first: date | None = None, last: date | None = None, *, known: bool = False
) -> list[Sheet]:
    """The sheets of a customer, one a currency; at least one. Raises Refused for an unknown customer and for days that
    end before they begin."""
    until = Until(last or context.stamp.as_of, known=known)
    if first is not None and first > until.day:
        raise Refused(error("period-backwards", customer_no, first=first, last=until.day), exit_code=Exit.USAGE)
    with reading(context, Action.READ) as connection:
        number = customer_id(connection, customer_no)
        name = connection.execute(select(customers.c.name).where(customers.c.id == number)).scalar_one()
        told = [*_postings(connection, number, until), *_notices(connection, number, until)]
    by_currency: dict[str, list[_Told]] = {}
    for one in sorted(told, key=lambda one: (one.day, one.order)):
        by_currency.setdefault(one.line["currency"], []).append(one)
    return [
        _sheet((customer_no, name), currency, (first, until.day), own)
        for currency, own in sorted(by_currency.items()) or [("EUR", [])]
    ]


@dataclass(frozen=True, slots=True)
class _Told:
    """A line of the sheet before it has its balance."""

    day: date
    order: tuple[int, int]
    amount: int
    line: dict[str, Any]


def _sheet(owner: tuple[str, str], currency: str, days: tuple[date | None, date], told: Sequence[_Told]) -> Sheet:
    first, last = days
    before = [one for one in told if first is not None and one.day < first]
    opening = balance = sum(one.amount for one in before)
    found = []
    for one in told[len(before) :]:
        balance += one.amount
        found.append(SheetLine(day=one.day, debit=max(one.amount, 0), credit=max(-one.amount, 0), balance=balance,
                               **one.line))  # fmt: skip
    return Sheet(*owner, currency, first, last, opening, tuple(found), balance)


def _postings(connection: Connection, customer: int, until: Until) -> list[_Told]:
    day = store.document_day()
    query = (
        select(postings.c.id, postings.c.entry_id, postings.c.amount, day.label("day"), entries.c.kind,
               entries.c.currency, entries.c.text, entries.c.reverses_id, items.c.invoice_no, postings.c.item_id,
               items.c.document_type)
        .join(entries, postings.c.entry_id == entries.c.id)
        .outerjoin(items, postings.c.item_id == items.c.id)
        .where(postings.c.customer_id == customer, postings.c.role == "customer")
        .where(store.counts_for_customer(connection, until))
        .order_by(postings.c.id)
    )  # fmt: skip
    reasons = _reasons(connection, customer)
    found = []
    for row in connection.execute(query):
        own = {
            "kind": row.kind, "entry": shown_id("entries", row.entry_id), "document": row.invoice_no, "text": row.text,
            "currency": row.currency, "reason_code": reasons.get((row.entry_id, row.item_id)),
            "claim": row.document_type == DocumentType.RETURN_CHARGE.value and row.amount > 0 and row.kind == "bank",
            "reverses": None if row.reverses_id is None else shown_id("entries", row.reverses_id),
        }  # fmt: skip
        booked = day_of(row.day)
        if booked is not None:
            found.append(_Told(booked, (0, row.id), row.amount, own))
    return found


def _reasons(connection: Connection, customer: int) -> dict[tuple[int, int | None], str]:
    """Why debits of the customer came back, by entry and item; an empty text where the bank gave no reason."""
    query = (
        select(allocations.c.entry_id, allocations.c.item_id, RETURNED_FOR)
        .join(lines, allocations.c.line_id == lines.c.id)
        .outerjoin(collections, allocations.c.collection_id == collections.c.id)
        .where(allocations.c.kind == "return", allocations.c.customer_id == customer)
        .where(allocations.c.reverses_id.is_(None))
    )
    return {(row.entry_id, row.item_id): row.return_reason or "" for row in connection.execute(query)}


def _notices(connection: Connection, customer: int, until: Until) -> list[_Told]:
    """The notices that stood at the end of the days."""
    query = (
        select(notices)
        .where(notices.c.customer_id == customer, store.notice_stood(connection, until.day))
        .order_by(notices.c.id)
    )
    return [
        _Told(row.issued_on, (1, row.id), 0, {
            "kind": "notice", "entry": None, "document": None, "text": row.title, "currency": row.currency,
            "notice": shown_id("notices", row.id), "level": row.level, "deadline": row.deadline, "fee": row.fee,
        })
        for row in connection.execute(query)
    ]  # fmt: skip
