"""What may be refunded: every credit with the account that its money came from, and what stands against it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from recon.ledger.refunding import Debited, Judged, Payee, Place, Refundable, judge
from recon.matching.payers import plain_iban
from recon.model.items import Customer, DocumentType
from recon.model.settings import Settings
from recon.model.statement import LineKind
from recon.service.netting import payment_found
from recon.store import refundable as store
from recon.store.credits import CreditLeft, load_credits
from recon.store.ids import read_id, shown_id
from recon.store.items import load_items
from recon.store.masters import all_customers
from recon.store.refunds import LIVE
from recon.store.settings import account_ids, settings_of
from recon.store.tables import items
from sepa.debits import CURRENCY
from sepa.identifiers import is_bic

# Kinds of lines that are money of own debits, with or without a batch in these books.
_DEBIT_KINDS = frozenset({LineKind.DIRECT_DEBIT.value, LineKind.BATCH.value})
# What the payee's bank has given back, or ours refused.
_CAME_BACK = frozenset({"returned", "rejected"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A credit, judged. ``paid_on`` is the day of the payment that it is; ``note`` says that it is a credit note's."""

    credit: CreditLeft
    customer: Customer
    judged: Judged
    paid_on: date | None
    note: bool


@dataclass(slots=True)
class _Known:
    """What the books know of the customers with credit, by customer id."""

    settings: Settings
    paid: dict[int, Any] = field(default_factory=dict)
    collected: set[int] = field(default_factory=set)
    sent: dict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))
    others: dict[str, set[str]] = field(default_factory=dict)
    debits: dict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))
    owing: dict[tuple[int, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    disputed: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    refunds: dict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))
    items: dict[int, Any] = field(default_factory=dict)
    proposed: frozenset[int] = frozenset()
    own: dict[int, str] = field(default_factory=dict)


def candidates(
    connection: Connection,
    as_of: date,
    customer_no: str | None = None,
    *,
    named: Mapping[str, Payee] | None = None,
    amounts: Mapping[str, int] | None = None,
) -> list[Candidate]:
    """Every credit of which something is left, judged; by customer, oldest first. ``named`` are accounts that a person
    has named for credits, ``amounts`` what he asks for where it is not all of it."""
    settings = settings_of(connection)
    found = load_credits(connection, customer_no, held=True)
    if not found:
        return []
    people = all_customers(connection)
    known = _known(connection, settings, as_of, found, [people[one.customer_no].id for one in found])
    made = []
    for credit in found:
        customer = people[credit.customer_no]
        amount = (amounts or {}).get(credit.key, credit.left)
        refundable = _refundable(credit, customer, known, amount=amount, named=(named or {}).get(credit.key))
        line = known.paid.get(read_id("allocations", credit.key) or 0) if credit.item_id is None else None
        item = known.items.get(credit.item_id or 0)
        made.append(
            Candidate(
                credit,
                customer,
                judge(refundable, settings.refunds, as_of),
                None if line is None else line.booking_date or line.value_date or credit.since,
                item is not None and item.document_type is DocumentType.CREDIT_NOTE,
            )
        )
    return made


def _known(
    connection: Connection, settings: Settings, as_of: date, found: Sequence[CreditLeft], people: Sequence[int]
) -> _Known:
    known = _Known(settings)
    known.paid = store.lines_of_credits(connection, [
        number for one in found if one.item_id is None and (number := read_id("allocations", one.key)) is not None
    ])  # fmt: skip
    known.collected = store.lines_collected(connection, [row.id for row in known.paid.values()])
    for row in store.sent_by(connection, people):
        known.sent[row.customer_id].append(row)
    ibans = [row.iban for row in known.paid.values() if row.iban]
    ibans += [row.iban for rows in known.sent.values() for row in rows]
    known.others = store.others_of(connection, ibans)
    since = as_of - timedelta(days=settings.refunds.wait_days)
    for row in store.takeable_debits(connection, people, since):
        known.debits[row.customer_id].append(row)
    for row in store.owing(connection, people):
        known.owing[row.customer_id, row.currency].append(row.invoice_no)
    for row in store.disputes(connection, people, as_of):
        known.disputed[row.customer_id].append(row.invoice_no)
    for row in store.refunds_of(connection, people):
        known.refunds[row.customer_id].append(row)
    of_items = [one.item_id for one in found if one.item_id is not None]
    known.items = {item.id: item for item in load_items(connection, items.c.open_amount < 0) if item.id in of_items}
    known.proposed = payment_found(connection)
    allowed = {account.iban for account in settings.accounts if account.currency == CURRENCY}
    known.own = {number: iban for iban, number in account_ids(connection).items() if iban in allowed}
    return known


def _refundable(
    credit: CreditLeft, customer: Customer, known: _Known, *, amount: int, named: Payee | None
) -> Refundable:
    number = None if credit.item_id is not None else read_id("allocations", credit.key)
    line = known.paid.get(number or 0)
    mine = (None, credit.item_id) if number is None else (number, None)
    own = [row for row in known.refunds[customer.id] if (row.allocation_id, row.item_id) == mine]
    live = next((row for row in own if row.status in LIVE), None)
    came_by_debit, debited = _debits(credit, customer, known, line)
    return Refundable(
        key=credit.key,
        customer_no=credit.customer_no,
        currency=credit.currency,
        amount=amount,
        left=credit.left,
        payees=(named,) if named is not None else _payees(credit, customer, known, line),
        own_account=_own_account(credit, customer, known, line),
        came_by_debit=came_by_debit,
        open_items=tuple(known.owing[customer.id, credit.currency]),
        disputed=tuple(known.disputed[customer.id]),
        debited=debited,
        payment_found=credit.invoice_no if credit.item_id in known.proposed else None,
        batch=None if live is None else shown_id("refund_batches", live.batch_id),
        returned_from=tuple((row.iban, row.returned_for or "") for row in own if row.status in _CAME_BACK),
        place=Place(customer.street, customer.postcode, customer.town, customer.country),
    )


def _payees(credit: CreditLeft, customer: Customer, known: _Known, line: Any) -> tuple[Payee, ...]:
    """The account that the money of a payment came from; for an item those that it was paid from, else those that other
    money of the customer came from."""
    if line is not None:
        return () if not line.iban else (_payee(line, customer, known, "payment"),)
    sent = known.sent[customer.id]
    item = known.items.get(credit.item_id or 0)
    paid = [row for row in sent if row.item_id == credit.item_id] if item is not None else []
    origin = "payment" if paid else "customer"
    first: dict[str, Any] = {}
    for row in paid or sent:
        first.setdefault(plain_iban(row.iban), row)
    return tuple(_payee(row, customer, known, origin) for row in first.values())


def _payee(row: Any, customer: Customer, known: _Known, origin: str) -> Payee:
    iban = plain_iban(row.iban)
    others = sorted(known.others.get(iban, set()) - {customer.customer_no})
    behalf = row.ultimate_name if row.ultimate_name and row.ultimate_name != row.name else None
    bic = row.bic if row.bic and is_bic(row.bic) else None
    return Payee(iban, row.name, origin, bic, tuple(others), behalf)


def _debits(credit: CreditLeft, customer: Customer, known: _Known, line: Any) -> tuple[bool, tuple[Debited, ...]]:
    """The debits that the debtor may still take back and that the credit may stem from, and whether it surely does: a
    credit note says nothing of the money, so any debit may be what it gives back."""
    rows: Iterable[Any] = known.debits[customer.id]
    item = known.items.get(credit.item_id or 0)
    came = False
    if line is not None:
        came = line.kind in _DEBIT_KINDS or line.id in known.collected
    elif item is not None and item.document_type is DocumentType.CREDIT_NOTE:
        came = True
    else:
        rows = [row for row in rows if row.item_id == credit.item_id]
        came = True
    found = [Debited(row.end_to_end_id, row.collection_date, row.amount) for row in rows]
    day = None if line is None else line.booking_date or line.value_date
    if came and line is not None and day is not None:
        found.append(Debited(line.end_to_end_id or "", day, credit.amount))
    return came, tuple(found)


def _own_account(credit: CreditLeft, customer: Customer, known: _Known, line: Any) -> str | None:
    """Where it is paid from: the account that the money came to; for an item that of its branch or its customer's, else
    the first."""
    if line is not None and line.account_id in known.own:
        return known.own[line.account_id]
    item = known.items.get(credit.item_id or 0)
    paid = [row.account_id for row in known.sent[customer.id] if item is not None and row.item_id == credit.item_id]
    if paid and paid[0] in known.own:
        return known.own[paid[0]]
    code = (item.branch if item is not None else None) or customer.branch
    usable = set(known.own.values())
    of_branch = next((branch.account for branch in known.settings.branches if branch.code == code), None)
    first = next((account.iban for account in known.settings.accounts if account.iban in usable), None)
    return of_branch if of_branch in usable else first
