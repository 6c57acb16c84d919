"""What the bank says: statements and their lines, the same for MT940 and CAMT.

All amounts are whole minor units (``sepa.money``), signed as they move the account. What a file does not say is
``None``: never a guess, never an empty string.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from msgspec import Struct

from recon.model.finding import Finding


class LineKind(StrEnum):
    """What a line is, as far as the bank's codes tell (contract.md 3)."""

    CREDIT_TRANSFER = "credit_transfer"
    DIRECT_DEBIT = "direct_debit"
    RETURN = "return"
    REVERSAL = "reversal"
    BATCH = "batch"
    CHARGE = "charge"
    INTEREST = "interest"
    CARD = "card"
    CHEQUE = "cheque"
    TRANSFER_OUT = "transfer_out"
    OTHER = "other"


class LineStatus(StrEnum):
    """``booked`` moves the account; ``pending`` and ``info`` never do and are never posted."""

    BOOKED = "booked"
    PENDING = "pending"
    INFO = "info"


# Lines come by the million: a Struct is as frozen and as slotted as a dataclass and is made ten times as fast
# (docs/decisions/0009). ``gc=False``: what is frozen when it is made cannot be part of a cycle.
class Counterparty(Struct, frozen=True, gc=False):
    """The other side of a line. ``ultimate_name`` is the party on whose behalf it acts (ABWA, UltmtDbtr)."""

    name: str | None = None
    iban: str | None = None
    bic: str | None = None
    ultimate_name: str | None = None


NOBODY = Counterparty()


class Line(Struct, frozen=True, gc=False):
    """One booking of a statement, or one transaction inside a batch booking (``details``).

    ``remittance`` is the whole purpose text with the SEPA identifiers taken out, its pieces joined as the bank cut
    them. ``original_amount`` and ``charges`` are positive and belong to returns. ``where`` is the place in the file.
    """

    amount: int
    currency: str
    booking_date: date | None
    value_date: date | None
    kind: LineKind = LineKind.OTHER
    status: LineStatus = LineStatus.BOOKED
    reversal: bool = False
    counterparty: Counterparty = NOBODY
    remittance: str | None = None
    creditor_reference: str | None = None
    end_to_end_id: str | None = None
    mandate_id: str | None = None
    creditor_id: str | None = None
    payment_information_id: str | None = None
    message_id: str | None = None
    bank_ref: str | None = None
    customer_ref: str | None = None
    gvc: str | None = None
    bank_code: str | None = None
    purpose: str | None = None
    return_reason: str | None = None
    original_amount: int | None = None
    charges: int | None = None
    booking_text: str | None = None
    transactions: int | None = None
    details: tuple["Line", ...] = ()
    raw: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One page of one account's statement. ``account`` is the IBAN, or what the file gives in its place.

    ``opening`` and ``closing`` are the bank's booked balances, ``None`` where the file has none (intraday reports).
    ``first_page`` and ``last_page`` tell interim balances (60M, 62M, ITBD) from the day's own.
    """

    format: str
    account: str
    currency: str
    opening: int | None
    closing: int | None
    lines: tuple[Line, ...]
    opening_date: date | None = None
    closing_date: date | None = None
    number: str | None = None
    page: str | None = None
    first_page: bool = True
    last_page: bool = True
    message_id: str | None = None
    owner: str | None = None
    servicer_bic: str | None = None
    period_from: date | None = None
    period_to: date | None = None
    where: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def booked(self) -> int:
        """Sum of the booked lines, minor units."""
        # Asked once a line: a member is found in its enumeration more slowly than all the rest.
        booked = LineStatus.BOOKED
        return sum([line.amount for line in self.lines if line.status is booked])

    @property
    def balance_ok(self) -> bool | None:
        """Whether opening + Σ booked lines = closing; ``None`` where the bank gives no two balances."""
        if self.opening is None or self.closing is None:
            return None
        return self.opening + self.booked == self.closing


def returned_for(line: Line, end_to_end_id: str) -> str | None:
    """Why one of our debits came back with a line: by its own transaction where the bank bundles returns."""
    own = next((detail for detail in line.details if detail.end_to_end_id == end_to_end_id), line)
    return own.return_reason or line.return_reason
