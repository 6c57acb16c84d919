"""Double entry: entries of the journal and their postings."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Role(StrEnum):
    """What an account is for; the chart (SKR03, SKR04) gives its number (domain.md 7.6)."""

    BANK = "bank"
    CUSTOMER = "customer"
    TRANSIT = "transit"
    DUNNING_FEE = "dunning_fee"
    INTEREST = "interest"
    DISCOUNT = "discount"
    BANK_CHARGE = "bank_charge"
    RETURN_FEE = "return_fee"
    WRITE_OFF = "write_off"
    OPENING = "opening"


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of an entry. ``amount`` in minor units: debit (Soll) positive, credit (Haben) negative.

    Postings on a customer's account name the customer, and the item they settle; without an item they are the
    customer's credit (an overpayment).
    """

    role: Role
    account: str
    amount: int
    customer_no: str | None = None
    item_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry (Buchungssatz): its postings add up to zero, in one currency.

    An entry without postings moves nothing: a fee that was never booked is waived.
    """

    booked_on: date
    currency: str
    text: str
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        """Hold the promise of double entry; a broken one is a fault of the program, not of the input."""
        total = sum(posting.amount for posting in self.postings)
        if total != 0 or len(self.postings) == 1:
            raise ValueError(f"entry does not balance: {total} in {self.postings!r}")
