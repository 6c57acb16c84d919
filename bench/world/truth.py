"""What is true of a bank line, known because the line was made from it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from recon.model.matching import AllocationKind, Share

# Of a notice's fee it is the notice that counts, not the item on which it is booked; of what the bank charges too.
_NO_ITEM = frozenset({AllocationKind.DUNNING_FEE, AllocationKind.RETURN_FEE, AllocationKind.OVERPAYMENT})
# A credit note that is netted settles like a payment, with the other sign.
_SETTLES = frozenset({AllocationKind.PAYMENT, AllocationKind.CREDIT_NOTE})


class Sure(StrEnum):
    """What the line says of the truth. ``CERTAIN``: to be booked without a person. ``KNOWABLE``: a person with the
    documents would find it, so it should be proposed first. ``UNKNOWABLE``: nobody could know; a list is right, any
    booking is wrong. ``FOREIGN``: nothing of ours; any booking is wrong."""

    CERTAIN = "certain"
    KNOWABLE = "knowable"
    UNKNOWABLE = "unknowable"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class TrueShare:
    """A part of a line, as ``recon.model.matching.Share``; ``customer_no`` only for an overpayment."""

    item_id: int | None
    amount: int
    kind: AllocationKind = AllocationKind.PAYMENT
    customer_no: str | None = None


# What a proposal says, whatever the order and the wording of its shares.
Told = frozenset[tuple[tuple[int | None, AllocationKind, str | None], int]]


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth of a line. ``others`` are allocations as right as ``shares``; ``asks_about`` are numbers: a proposal
    without shares that names one of them ("already paid?") is as right. ``stands_in`` may be booked where the line that
    came before it was not: of the same payment twice, any may be the first, as long as the item is paid once."""

    line_id: int
    kind: str
    variant: str
    sure: Sure
    shares: tuple[TrueShare, ...] = ()
    others: tuple[tuple[TrueShare, ...], ...] = ()
    asks_about: frozenset[str] = frozenset()
    stands_in: tuple[TrueShare, ...] = ()

    def accepted(self) -> frozenset[Told]:
        """Every allocation that is right."""
        return frozenset(told(shares) for shares in (self.shares, *self.others) if shares)


def told(shares: Iterable[TrueShare | Share]) -> Told:
    """Shares in a form that compares."""
    sums: Counter[tuple[int | None, AllocationKind, str | None]] = Counter()
    for share in shares:
        kind = AllocationKind.PAYMENT if share.kind in _SETTLES else share.kind
        item_id = None if kind in _NO_ITEM else share.item_id
        sums[item_id, kind, share.customer_no if kind is AllocationKind.OVERPAYMENT else None] += share.amount
    return frozenset((key, amount) for key, amount in sums.items() if amount)
