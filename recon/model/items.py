"""What customers owe: customers, mandates, open items and their parts.

Two shapes of the same noun: a ``…Record`` is what an imported file says (``None`` where it is silent), the plain noun
is what stands in the books.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from msgspec import Struct


class CustomerType(StrEnum):
    """Whether a customer is a consumer or a company (decides interest and lump sums, § 288 BGB)."""

    PERSON = "person"
    COMPANY = "company"


class DocumentType(StrEnum):
    """What an open item came from. A credit note counts for the customer, a purchase invoice is owed by us. A return
    charge is no document of the invoicing system: opos claims with it what the bank charged for a returned debit."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    INSTALMENT_INVOICE = "instalment_invoice"
    PURCHASE_INVOICE = "purchase_invoice"
    RETURN_CHARGE = "return_charge"

    @property
    def sign(self) -> int:
        """+1 where the customer owes us, -1 where we owe."""
        return -1 if self in _OWED_BY_US else 1


_OWED_BY_US: Final = frozenset({DocumentType.CREDIT_NOTE, DocumentType.PURCHASE_INVOICE})


class PaymentMethod(StrEnum):
    """How an item is to be paid."""

    TRANSFER = "transfer"
    DIRECT_DEBIT = "direct_debit"


class PartKind(StrEnum):
    """The part of an item that falls due on its own date (seed S2, V-05 and V-06)."""

    TOTAL = "total"
    PREPAYMENT = "prepayment"
    REMAINDER = "remainder"


class ItemStatus(StrEnum):
    """Derived from what is booked, never set by hand (requirements.md 1.7)."""

    OPEN = "open"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    OVERPAID = "overpaid"
    IN_COLLECTION = "in_collection"


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A row of a customers file (contract.md 3). ``dunning_days`` has four places, ``None`` where not given."""

    customer_no: str
    name: str
    type: CustomerType | None = None
    language: str | None = None
    email: str | None = None
    street: str | None = None
    postcode: str | None = None
    town: str | None = None
    country: str | None = None
    branch: str | None = None
    iban: str | None = None
    bic: str | None = None
    payment_term_days: int | None = None
    dunning_days: tuple[int | None, int | None, int | None, int | None] = (None, None, None, None)
    dispatch: str | None = None
    dunning_block_until: date | None = None
    dunning_block_reason: str | None = None
    where: str = ""
    debtor_account: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """A row of an items file. ``amount``, ``paid`` and ``prepayment_amount`` are minor units; ``amount`` is positive,
    the document type decides the direction. ``discount_percent`` is in hundredths of a percent (2 % = 200)."""

    invoice_no: str
    customer_no: str
    amount: int
    currency: str = "EUR"
    due_date: date | None = None
    issue_date: date | None = None
    customer_name: str | None = None
    branch: str | None = None
    document_type: DocumentType = DocumentType.INVOICE
    prepayment_amount: int | None = None
    prepayment_due: date | None = None
    discount_percent: int | None = None
    discount_until: date | None = None
    payment_method: PaymentMethod | None = None
    mandate_id: str | None = None
    service_contract: str | None = None
    creditor_reference: str | None = None
    language: str | None = None
    paid: int = 0
    where: str = ""


@dataclass(frozen=True, slots=True)
class MandateRecord:
    """A row of a mandates file. ``scheme`` is ``CORE`` or ``B2B``, ``kind`` ``recurrent`` or ``one_off``;
    ``original_…`` is what whoever collected before has last told the debtor's bank."""

    mandate_id: str
    customer_no: str
    iban: str
    signed_on: date | None
    bic: str | None = None
    account_holder: str | None = None
    scheme: str | None = None
    kind: str | None = None
    last_used_on: date | None = None
    status: str | None = None
    original_mandate_id: str | None = None
    original_iban: str | None = None
    original_creditor_id: str | None = None
    original_creditor_name: str | None = None
    where: str = ""


# Made by the hundred thousand for a run of matching: Structs, as lines are (docs/decisions/0009).
class Part(Struct, frozen=True, gc=False):
    """A part of an open item with its own due date. ``open`` is what is left of ``amount``; payments fill the oldest
    due part first (X-11)."""

    kind: PartKind
    amount: int
    open: int
    due_date: date


class OpenItem(Struct, frozen=True, gc=False):
    """An item as the books have it on a day. ``amount`` and ``open`` are signed: positive where the customer owes.

    ``open`` may fall below zero: then the item is overpaid.
    """

    id: int
    invoice_no: str
    customer_no: str
    amount: int
    open: int
    currency: str
    parts: tuple[Part, ...]
    branch: str | None = None
    document_type: DocumentType = DocumentType.INVOICE
    issue_date: date | None = None
    payment_method: PaymentMethod = PaymentMethod.TRANSFER
    mandate_id: str | None = None
    service_contract: str | None = None
    creditor_reference: str | None = None
    discount_percent: int | None = None
    discount_until: date | None = None
    language: str | None = None
    in_collection: bool = False

    @property
    def due_date(self) -> date:
        """The date on which the whole item is due: that of its last part."""
        if len(self.parts) == 1:
            return self.parts[0].due_date
        return max(part.due_date for part in self.parts)

    @property
    def status(self) -> ItemStatus:
        """What the books say of the item."""
        sign = self.document_type.sign
        if self.open == 0:
            return ItemStatus.PAID
        if self.open * sign < 0:
            return ItemStatus.OVERPAID
        if self.in_collection:
            return ItemStatus.IN_COLLECTION
        return ItemStatus.OPEN if self.open == self.amount else ItemStatus.PARTLY_PAID


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as the books have it."""

    id: int
    customer_no: str
    name: str
    type: CustomerType = CustomerType.PERSON
    language: str = "de"
    email: str | None = None
    street: str | None = None
    postcode: str | None = None
    town: str | None = None
    country: str | None = None
    branch: str | None = None
    iban: str | None = None
    bic: str | None = None
    payment_term_days: int | None = None
    dunning_days: tuple[int | None, int | None, int | None, int | None] = (None, None, None, None)
    dispatch: str = "post"
    dunning_block_until: date | None = None
    dunning_block_reason: str | None = None
    debtor_account: str | None = None
    phone: str | None = None


def split_open(parts: tuple[Part, ...], open_amount: int) -> tuple[Part, ...]:
    """Spread what is open of an item over its parts: what was paid fills the oldest due part first (X-11).

    1000 = 400 + 600, 350 open: the prepayment is paid, 350 are left of the remainder.
    """
    if len(parts) == 1:
        (whole,) = parts
        left = min(abs(open_amount), abs(whole.amount))
        return (Part(whole.kind, whole.amount, -left if open_amount < 0 else left, whole.due_date),)
    in_order = sorted(parts, key=lambda part: part.due_date, reverse=True)
    left = abs(open_amount)
    sign = -1 if open_amount < 0 else 1
    opened: dict[PartKind, int] = {}
    for part in in_order:
        share = min(left, abs(part.amount))
        opened[part.kind] = sign * share
        left -= share
    return tuple(Part(part.kind, part.amount, opened[part.kind], part.due_date) for part in parts)
