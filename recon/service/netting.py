"""Customer credit: what stands to the credit of customers, what it may be set off against, and what may be refunded.
Nothing is set off by itself: a person confirms what is proposed, or names the items."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, select

from recon.ledger.chart import Chart
from recon.ledger.netting import Credit, Debt, Netted, proposed, taken
from recon.ledger.posting import entry_for_netting
from recon.matching.payers import plain_iban
from recon.model.finding import error
from recon.model.items import OpenItem
from recon.model.matching import AllocationKind, Band, Evidence, Share
from recon.model.roles import Action
from recon.service.answers import Refused
from recon.service.charts import chart_to_book
from recon.service.confirming import BY_HAND, Wanted
from recon.service.context import Context, reading, run, writing
from recon.service.pbs.deliveries import on_their_way
from recon.store.credits import OF_CREDIT, CreditLeft, load_credits
from recon.store.items import LIVE, item_by_number, load_items
from recon.store.journal import Booking, book
from recon.store.log import record
from recon.store.masters import all_customers, known_ibans
from recon.store.matching import load_proposals
from recon.store.settings import settings_of
from recon.store.tables import collections, items
from sepa.money import plain

# Credit younger than this may still be set off by the next invoice.
REFUND_AFTER_DAYS = 30


@dataclass(frozen=True, slots=True)
class ListedCredit:
    """A credit, and what of it may be set off: invoice numbers and amounts."""

    credit: CreditLeft
    proposal: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """What was set off for a customer: of which credit, on which item, how much; and his credit that is left."""

    customer: str
    currency: str
    netted: tuple[Netted, ...]
    left: int


@dataclass(frozen=True, slots=True)
class Refund:
    """A credit that nothing is open against. ``iban`` is where to send it, ``None`` where that is not sure; ``from_``
    says how it is known: the account that the money came from, or the customer's only one."""

    credit: CreditLeft
    iban: str | None
    from_: str | None


def list_credits(context: Context, customer: str | None = None) -> list[ListedCredit]:
    """Every credit of which something is left, with what it may be set off against: items of the same customer and
    currency, exact amounts first, then what is due first. Raises Refused for an unknown customer."""
    with reading(context, Action.READ) as connection:
        _see_customer(connection, customer)
        found = load_credits(connection, customer)
        said: dict[str, list[tuple[str, int]]] = {}
        for _, held, debts in _accounts(connection, found):
            for one in proposed(held, debts):
                said.setdefault(one.key, []).append((one.invoice_no, one.amount))
        return [ListedCredit(credit, tuple(said.get(credit.key, ()))) for credit in found]


def apply(context: Context, customer: str, wanted: Sequence[Wanted] = ()) -> Applied:
    """Set a customer's credit off against the items named (as much as fits, where no amount is said), or as proposed:
    an entry between the customer's items, without money of the bank's."""
    with run(context, Action.CONFIRM), writing(context) as connection:
        chart = chart_to_book(settings_of(connection))
        _see_customer(connection, customer)
        known = load_credits(connection, customer)
        if not known:
            raise Refused(error("credit-none", customer, customer=customer))
        chosen = [_item(connection, customer, one.invoice_no) for one in wanted]
        currency = _one_currency(customer, [item.currency for item in chosen] or [one.currency for one in known])
        own = [one for one in known if one.currency == currency]
        if wanted:
            netted = _asked(customer, own, [(item, one.amount) for item, one in zip(chosen, wanted, strict=True)])
        else:
            netted = tuple(one for _, held, debts in _accounts(connection, own) for one in proposed(held, debts))
        if not netted:
            raise Refused(error("credit-nothing-open", customer, customer=customer))
        _book(connection, context, chart, own, netted)
        left = sum(one.left for one in own) - sum(one.amount for one in netted)
    return Applied(customer, currency, netted, left)


def refunds(context: Context, older_than: date | None = None) -> list[Refund]:
    """Credit that nothing is open against, from before a day (30 days ago), oldest first: what may be paid back."""
    until = older_than or context.stamp.as_of - timedelta(days=REFUND_AFTER_DAYS)
    with reading(context, Action.READ) as connection:
        found = load_credits(connection)
        owing = {(item.customer_no, item.currency) for item in load_items(connection, items.c.open_amount > 0)}
        known = known_ibans(connection, all_customers(connection).values())
        own: dict[str, list[str]] = {}
        for iban, holders in known.items():
            for number in holders:
                own.setdefault(number, []).append(iban)
        return sorted(
            (
                Refund(credit, *_account_of(credit, known, own.get(credit.customer_no, [])))
                for credit in found
                if credit.since < until and (credit.customer_no, credit.currency) not in owing
            ),
            key=lambda refund: (refund.credit.since, refund.credit.key),
        )


def _account_of(
    credit: CreditLeft, known: dict[str, tuple[str, ...]], own: Sequence[str]
) -> tuple[str | None, str | None]:
    """Where to send a refund: the account that the money came from, where it is known to be this customer's alone;
    else his only account; else nobody knows."""
    if credit.iban is not None and known.get(plain_iban(credit.iban)) == (credit.customer_no,):
        return plain_iban(credit.iban), "payment"
    if credit.iban is None and len(own) == 1 and len(known[own[0]]) == 1:
        return own[0], "customer"
    return None, None


def _see_customer(connection: Connection, customer: str | None) -> None:
    if customer is not None and customer not in all_customers(connection):
        raise Refused(error("customer-unknown", customer, customer=customer))


def _accounts(
    connection: Connection,
    found: Iterable[CreditLeft],
) -> list[tuple[tuple[str, str], list[Credit], list[Debt]]]:
    """By customer and currency: his credits and what he owes. What is on its way by direct debit is left alone, and
    what a bank line is proposed for: that comes first."""
    proposed_for = payment_found(connection)
    held: dict[tuple[str, str], list[Credit]] = {}
    for one in found:
        if one.item_id in proposed_for:
            continue
        held.setdefault((one.customer_no, one.currency), []).append(Credit(one.key, one.left, one.since))
    owed: dict[tuple[str, str], list[Debt]] = {}
    left_alone = _on_their_way(connection) | proposed_for
    for item in load_items(connection, items.c.open_amount > 0) if held else ():
        key = (item.customer_no, item.currency)
        if key in held and item.document_type.sign > 0 and item.id not in left_alone:
            owed.setdefault(key, []).append(Debt(item.invoice_no, item.open, item.parts[0].due_date))
    return [(key, one, owed.get(key, [])) for key, one in held.items()]


def _on_their_way(connection: Connection) -> frozenset[int]:
    """The items of collections that are made or sent, and not booked yet."""
    query = select(collections.c.item_id).where(collections.c.status.in_(LIVE))
    return frozenset(row.item_id for row in connection.execute(query)) | on_their_way(connection).keys()


def payment_found(connection: Connection) -> frozenset[int]:
    """The items of the first proposal for a line; not where nothing but an amount points to them."""
    return frozenset(
        share.item_id
        for found in load_proposals(connection).values()
        for share in found[0].shares
        if found[0].band is not Band.LOW and share.item_id is not None
    )


def _item(connection: Connection, customer: str, invoice_no: str) -> OpenItem:
    item = item_by_number(connection, invoice_no)
    if item is None:
        raise Refused(error("item-unknown", invoice_no, item=invoice_no))
    if item.customer_no != customer:
        raise Refused(error("credit-other-customer", invoice_no, item=invoice_no, customer=customer))
    if item.id in _on_their_way(connection):
        raise Refused(error("credit-in-collection", invoice_no, item=invoice_no))
    return item


def _one_currency(customer: str, currencies: Iterable[str]) -> str:
    found = sorted(set(currencies))
    if len(found) > 1:
        raise Refused(error("credit-currencies", customer, customer=customer, currencies=", ".join(found)))
    return found[0]


def _asked(
    customer: str,
    own: Sequence[CreditLeft],
    wanted: Sequence[tuple[OpenItem, int | None]],
) -> tuple[Netted, ...]:
    """What a person has named; an item without an amount takes what is open of it, as far as the credit goes."""
    left = sum(one.left for one in own)
    amounts: list[tuple[str, int]] = []
    named: set[str] = set()
    for item, said in wanted:
        amount = min(item.open, left) if said is None else said
        if amount <= 0 or amount > item.open or item.invoice_no in named:
            facts = {"item": item.invoice_no, "amount": plain(amount), "open": plain(item.open)}
            raise Refused(error("item-too-small", item.invoice_no, **facts))
        if amount > left:
            raise Refused(
                error("credit-too-large", customer, customer=customer, amount=plain(amount), left=plain(left))
            )
        left -= amount
        named.add(item.invoice_no)
        amounts.append((item.invoice_no, amount))
    return taken([Credit(one.key, one.left, one.since) for one in own], amounts)


def _book(
    connection: Connection,
    context: Context,
    chart: Chart,
    own: Sequence[CreditLeft],
    netted: Sequence[Netted],
) -> None:
    """One entry for all that is set off: what each item gets, and what each credit gives."""
    known = {one.key: one for one in own}
    customer, currency = own[0].customer_no, own[0].currency
    numbers = list(dict.fromkeys(one.invoice_no for one in netted))
    shares: list[Share] = []
    for number in numbers:
        item = item_by_number(connection, number)
        assert item is not None
        total = sum(one.amount for one in netted if one.invoice_no == number)
        shares.append(Share(item.id, number, customer, total, AllocationKind.NETTING))
    for key in dict.fromkeys(one.key for one in netted):
        total = sum(one.amount for one in netted if one.key == key)
        source = known[key]
        flags = () if source.item_id is not None else (f"{OF_CREDIT}{key}",)
        shares.append(Share(source.item_id, source.invoice_no, customer, -total, AllocationKind.NETTING, flags))
    keys = list(dict.fromkeys(one.key for one in netted))
    text = f"Verrechnung {' '.join([*numbers, *keys])}"[:120]
    entry = entry_for_netting(shares, chart, booked_on=context.stamp.as_of, currency=currency, text=text)
    told = Evidence("netted-by-hand", (("items", ", ".join(numbers)), ("credits", ", ".join(keys))))
    booking = Booking("netting", entry, tuple(shares), match_class=BY_HAND, band=Band.CERTAIN, evidence=(told,))
    seals = book(connection, context.stamp, [booking])
    total = sum(one.amount for one in netted)
    record(connection, context.stamp, "net", customer, after={"amount": total, "currency": currency}, seals=seals)
