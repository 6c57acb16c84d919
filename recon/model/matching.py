"""What pays what, and why: evidence, proposals and allocations."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from msgspec import Struct


class Band(StrEnum):
    """How sure a proposal is (users.md 2.2). Only ``certain`` books by itself."""

    CERTAIN = "certain"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"
    RETURN = "return"


class AllocationKind(StrEnum):
    """What an allocated amount is (contract.md 4)."""

    PAYMENT = "payment"
    DUNNING_FEE = "dunning_fee"
    INTEREST = "interest"
    RETURN_FEE = "return_fee"
    DISCOUNT = "discount"
    CREDIT_NOTE = "credit_note"
    OVERPAYMENT = "overpayment"
    WRITE_OFF = "write_off"
    BANK_CHARGE = "bank_charge"
    FEE_WAIVED = "fee_waived"
    RETURN = "return"
    RETURN_CHARGE = "return_charge"
    COLLECTION = "collection"
    NETTING = "netting"
    REFUND = "refund"
    REFUND_RETURN = "refund_return"


# The flag of a share of a refund: ``refund OPOS-R20261120-0001-00001``.
OF_REFUND: Final = "refund "
# Kinds that use up nothing of a bank line: they settle an item without money of the bank's, or book nothing at all.
MOVES_NO_MONEY: Final = frozenset({
    AllocationKind.DISCOUNT, AllocationKind.WRITE_OFF, AllocationKind.BANK_CHARGE, AllocationKind.FEE_WAIVED,
    AllocationKind.NETTING, AllocationKind.RETURN_CHARGE,
})  # fmt: skip


class LineState(StrEnum):
    """What has become of a bank line."""

    UNMATCHED = "unmatched"
    PROPOSED = "proposed"
    MATCHED = "matched"
    PARTLY = "partly"
    RETURNED = "returned"
    IGNORED = "ignored"


# Reasons and shares come by the hundred thousand in a run and are held to its end: Structs, as bank lines are
# (docs/decisions/0009). The order of their fields is that of the JSON in the books.
class Evidence(Struct, frozen=True, gc=False):
    """One reason. The texts of a rule, German and English, stand in ``recon/texts/evidence.toml``."""

    rule: str
    facts: tuple[tuple[str, str], ...] = ()


class Share(Struct, frozen=True, gc=False):
    """A part of a line that goes to an item, or to nothing but the customer (an overpayment: ``item_id`` None).

    ``amount`` is signed like the line: positive money settles an item, negative money (a return) reopens it. Shares
    that move no money of the bank's (a discount, a write-off, what another bank kept) are positive too: they settle. A
    fee that is waived settles nothing: it names the item whose last notice asks for it no longer. The charge of a
    return that is claimed is negative: it opens the item that it is claimed with.
    ``flags`` may hold ``manual_booking`` (A-18).
    """

    item_id: int | None
    invoice_no: str | None
    customer_no: str | None
    amount: int
    kind: AllocationKind
    flags: tuple[str, ...] = ()
    collection_id: int | None = None


def refund_of(flags: Iterable[str]) -> str | None:
    """The end-to-end id of the refund that a share is about, told by its flags."""
    return next((flag.removeprefix(OF_REFUND) for flag in flags if flag.startswith(OF_REFUND)), None)


class Proposal(Struct, frozen=True, gc=False):
    """One way to explain a line: its class (``C3``), its shares and its evidence."""

    match_class: str
    band: Band
    shares: tuple[Share, ...]
    evidence: tuple[Evidence, ...]


class Decision(Struct, frozen=True, gc=False):
    """What matching says of one line: proposals, best first. ``books`` is true where the first is to be booked."""

    line_id: int
    proposals: tuple[Proposal, ...]
    books: bool
    band: Band
