"""Which credit may be paid back, and to which account (domain.md 5.1 and 5.2).

Money goes back to the account that it came from, under the name that the bank has for its holder. Whatever stands
against a refund is said, not only the first: a person settles it and asks again. Pure: values in, values out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from recon.model.settings import RefundSettings
from sepa.charset import MAX_NAME, MAX_REMITTANCE, fit
from sepa.debits import CURRENCY, MAX_AMOUNT
from sepa.identifiers import SEPA_COUNTRIES, is_iban, needs_address

# What may stand against a refund; the texts are in ``recon/texts/refunds.toml``.
REASONS: Final = (
    "in_refund", "currency", "amount", "below_minimum", "open_items", "payment_found", "disputed", "refund_right",
    "no_account", "several_accounts", "shared_account", "paid_for_other", "came_back", "no_name", "iban_invalid",
    "not_sepa", "address_missing", "no_own_account",
)  # fmt: skip

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Payee:
    """An account and its holder as the bank has told them. ``origin`` says how it is known: ``payment`` (the money of
    the credit came from it), ``customer`` (other money of the customer did), ``named`` (a person has named it).
    ``others`` are further customers whose money came from it; ``on_behalf`` is on whose behalf the holder paid."""

    iban: str
    name: str | None
    origin: str
    bic: str | None = None
    others: tuple[str, ...] = ()
    on_behalf: str | None = None


@dataclass(frozen=True, slots=True)
class Debited:
    """A direct debit of the customer that the debtor may still take back: its collection date and amount."""

    end_to_end_id: str
    collection_date: date
    amount: int


@dataclass(frozen=True, slots=True)
class Place:
    """A customer's address, for banks outside the EEA."""

    street: str | None = None
    postcode: str | None = None
    town: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Refundable:
    """A credit and all that decides whether it may be paid back. ``amount`` is what is asked for, ``left`` what there
    is. ``came_by_debit`` says that its own money came by direct debit. ``open_items``, ``disputed`` and ``debited`` are
    the customer's; ``returned_from`` are accounts from which refunds of this credit have come back, with the reason.
    ``own_account`` is where it would be paid from."""

    key: str
    customer_no: str
    currency: str
    amount: int
    left: int
    payees: tuple[Payee, ...]
    own_account: str | None
    came_by_debit: bool = False
    open_items: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()
    debited: tuple[Debited, ...] = ()
    payment_found: str | None = None
    batch: str | None = None
    returned_from: tuple[tuple[str, str], ...] = ()
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class Held:
    """Why a credit is not paid back now; ``free_on`` is the day from which this reason is gone by itself."""

    reason: str
    facts: Facts = ()
    free_on: date | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A credit with the account that it goes to, if that is sure, and all that stands against it."""

    credit: Refundable
    payee: Payee | None
    held: tuple[Held, ...]


def judge(credit: Refundable, settings: RefundSettings, as_of: date) -> Judged:
    """Whether a credit may be paid back, and where to."""
    payee = credit.payees[0] if len(credit.payees) == 1 else None
    return Judged(credit, payee, (*_of_credit(credit, settings, as_of), *_of_payee(credit)))


def open_right(debit: Debited, settings: RefundSettings, as_of: date) -> date | None:
    """The first day on which the debtor can no longer take a debit back (8 weeks, § 675x BGB); ``None`` where that has
    come.

    >>> debit = Debited("E", date(2026, 9, 1), 100)
    >>> open_right(debit, RefundSettings(), date(2026, 10, 27)), open_right(debit, RefundSettings(), date(2026, 10, 28))
    (datetime.date(2026, 10, 28), None)
    """
    free_on = debit.collection_date + timedelta(days=settings.wait_days + 1)
    return free_on if as_of < free_on else None


def _of_credit(credit: Refundable, settings: RefundSettings, as_of: date) -> Iterator[Held]:
    if credit.batch is not None:
        yield Held("in_refund", (("batch", credit.batch),))
    if credit.currency != CURRENCY:
        yield Held("currency", (("currency", credit.currency),))
    if credit.amount > MAX_AMOUNT:
        yield Held("amount")
    if credit.amount < settings.min_amount:
        yield Held("below_minimum")
    if credit.open_items:
        yield Held("open_items", (("items", _some(credit.open_items)), ("count", str(len(credit.open_items)))))
    if credit.payment_found is not None:
        yield Held("payment_found", (("line", credit.payment_found),))
    if credit.disputed:
        yield Held("disputed", (("items", _some(credit.disputed)),))
    free = [
        (day, debit)
        for debit in credit.debited
        if (credit.came_by_debit or debit.amount == credit.left)
        and (day := open_right(debit, settings, as_of)) is not None
    ]
    if free:
        day, debit = max(free, key=lambda one: (one[0], one[1].end_to_end_id))
        yield Held("refund_right", (("date", str(debit.collection_date)), ("first", str(day))), day)
    if credit.own_account is None:
        yield Held("no_own_account")


def _of_payee(credit: Refundable) -> Iterator[Held]:
    """What stands against the account. One that a person has named is not doubted, but it must be one."""
    if not credit.payees:
        yield Held("no_account")
        return
    if len(credit.payees) > 1:
        yield Held("several_accounts", (("ibans", _some([payee.iban for payee in credit.payees])),))
        return
    (payee,) = credit.payees
    if payee.origin != "named":
        if payee.others:
            yield Held("shared_account", (("customers", _some(payee.others)),))
        if payee.on_behalf is not None:
            yield Held("paid_for_other", (("holder", payee.name or "-"), ("other", payee.on_behalf)))
        code = dict(credit.returned_from).get(payee.iban)
        if code is not None:
            yield Held("came_back", (("code", code or "-"),))
    if not fit(payee.name or "", MAX_NAME, keep_umlauts=True).text:
        yield Held("no_name")
    if not is_iban(payee.iban):
        yield Held("iban_invalid", (("iban", payee.iban),))
    elif payee.iban[:2] not in SEPA_COUNTRIES:
        yield Held("not_sepa", (("country", payee.iban[:2]),))
    elif needs_address(payee.iban) and not (payee.bic and credit.place.town and credit.place.country):
        yield Held("address_missing", (("country", payee.iban[:2]),))


def remittance(customer_no: str, language: str, *, paid_on: date | None, number: str | None, note: bool) -> str:
    """What the customer reads: which money comes back. ``paid_on`` is the day of his payment, ``number`` that of the
    credit note (``note``) or of the invoice that is overpaid.

    >>> remittance("10042", "de", paid_on=date(2026, 11, 12), number=None, note=False)
    'Erstattung Ihrer Zahlung vom 12.11.2026, Kunde 10042'
    >>> remittance("10042", "en", paid_on=None, number="GS-7", note=True)
    'Refund of credit note GS-7, customer 10042'
    """
    german = language != "en"
    if paid_on is not None:
        day = f"{paid_on:%d.%m.%Y}" if german else paid_on.isoformat()
        what = f"Erstattung Ihrer Zahlung vom {day}" if german else f"Refund of your payment of {day}"
    elif german:
        what = f"Erstattung {'Gutschrift' if note else 'zu Rechnung'} {number}"
    else:
        what = f"Refund of {'credit note' if note else 'what was paid on invoice'} {number}"
    return fit(f"{what}, {'Kunde' if german else 'customer'} {customer_no}", MAX_REMITTANCE).text


def payee_name(name: str) -> tuple[str, bool]:
    """The name as it goes into the file, and whether anything in it had to be changed: the payee check compares it with
    the bank's own. Umlauts stay, for banks must take them (Anlage 3).

    >>> payee_name("Jürgen Groß & Söhne"), payee_name("Dvořák")
    (('Jürgen Groß & Söhne', False), ('Dvorak', True))
    """
    made = fit(name, MAX_NAME, keep_umlauts=True)
    return made.text, bool(made.replaced) or made.cut


def _some(values: Sequence[str]) -> str:
    """The first few, for a text."""
    return ", ".join(values[:3]) + (" …" if len(values) > 3 else "")
