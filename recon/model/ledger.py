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


class ClosingKind(StrEnum):
    """What a closing is: a bank account's day, a period of the journal, or the taking back of one of these."""

    DAY = "day"
    PERIOD = "period"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Figures:
    """What a bank account's day comes to, in minor units: ``opening`` is the bank's balance where the last closing
    left it, ``paid_in`` and ``paid_out`` (negative) are what the bank has booked since, ``bank`` is the bank's closing
    balance and ``ledger`` ours; ``open_count`` and ``open_sum`` are the lines, or parts of them, that stand between."""

    opening: int
    paid_in: int
    paid_out: int
    bank: int
    ledger: int
    open_count: int
    open_sum: int

    @property
    def difference(self) -> int:
        """What nothing explains; 0 where bank and ledger agree."""
        return self.bank - self.ledger - self.open_sum


@dataclass(frozen=True, slots=True)
class Closing:
    """A closing as it stands in the books. ``day`` is the last day that it closes; ``account`` and ``figures`` belong
    to a bank account's day, ``reopens`` to a reopening. ``entries`` is the last entry that was there: what was booked
    later is not in the figures. ``statement`` is the one that ends with the bank's balance."""

    id: int
    kind: ClosingKind
    day: date
    account: int | None
    currency: str | None
    statement: str | None
    entries: int
    overridden: bool
    reason: str | None
    actor: str
    closed_on: date
    figures: Figures | None = None
    reopens: int | None = None


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
