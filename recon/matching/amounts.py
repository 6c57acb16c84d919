"""The arithmetic of a payment: discount, fee, sums of several items. All amounts are minor units; no tolerance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from recon.model.items import OpenItem
from recon.model.settings import FeePolicy

# A set of more items than this has so many neighbours that its sum proves nothing (users.md 2.2, M3).
MAX_SET: Final = 6
# Steps of one search for a set; about 10 ms. Beyond it the search says that it gave up, not that there is none.
MAX_TRIES: Final = 20_000
# A customer's items that a search looks at, oldest first.
MAX_POOL: Final = 40


def discount(item: OpenItem, left: int, on: date | None) -> int:
    """The cash discount (Skonto) still allowed on a value date (X-32), 0 if none: percent of the whole amount,
    rounded half up to the cent. Only while nothing has been paid."""
    if item.discount_percent is None or item.discount_until is None or on is None:
        return 0
    if on > item.discount_until or left != item.amount or left <= 0:
        return 0
    return (item.amount * item.discount_percent + 5000) // 10000


def missed_discount(item: OpenItem, left: int, on: date | None) -> int:
    """The discount that would have been allowed had the payment come in time, 0 if it did or there is none."""
    if item.discount_until is None or on is None or on <= item.discount_until:
        return 0
    return discount(item, left, item.discount_until)


@dataclass(frozen=True, slots=True)
class Split:
    """How an amount falls on items and fees: one payment for each item, one part for each fee, and the rest."""

    payments: tuple[int, ...]
    fees: tuple[int, ...]
    rest: int


def split(amount: int, lefts: Sequence[int], fees: Sequence[int], policy: FeePolicy) -> Split:
    """Spread a payment over items (in the order given) and fees (X-05).

    ``exact_only``: a fee is income only where what is left over is exactly all the fees (A-17). ``legal_order``:
    costs first (§ 367 BGB). ``principal_first``: fees take what the items leave.

    >>> split(10500, [10000], [500], "exact_only")
    Split(payments=(10000,), fees=(500,), rest=0)
    >>> split(10300, [10000], [500], "exact_only"), split(10300, [10000], [500], "legal_order").payments
    (Split(payments=(10000,), fees=(0,), rest=300), (9800,))
    """
    rest = amount
    paid_fees = [0] * len(fees)
    if policy == "legal_order":
        paid_fees, rest = _fill(fees, rest)
    payments, rest = _fill(lefts, rest)
    if policy == "principal_first" or (policy == "exact_only" and rest == sum(fees)):
        paid_fees, rest = _fill(fees, rest)
    return Split(tuple(payments), tuple(paid_fees), rest)


def _fill(holes: Sequence[int], amount: int) -> tuple[list[int], int]:
    taken = []
    for hole in holes:
        take = min(hole, amount)
        taken.append(take)
        amount -= take
    return taken, amount


@dataclass(frozen=True, slots=True)
class Sets:
    """Sets of positions whose amounts add up: at most two, enough to know whether one is the only one."""

    found: tuple[tuple[int, ...], ...]
    gave_up: bool

    @property
    def only(self) -> tuple[int, ...] | None:
        """The set, if it is the only one and the search was complete."""
        return self.found[0] if len(self.found) == 1 and not self.gave_up else None


def subset_sum(amounts: Sequence[int], total: int, *, smallest: int = 2) -> Sets:
    """The sets of ``smallest`` to six amounts (all positive) that add up to ``total``: exact, bounded.

    >>> subset_sum([100, 200, 500], 300).only
    (0, 1)
    >>> subset_sum([100, 200, 300], 300, smallest=1).only is None
    True
    """
    order = sorted(range(len(amounts)), key=lambda at: (-amounts[at], at))
    values = [amounts[at] for at in order]
    behind = [0] * (len(values) + 1)
    for at in range(len(values) - 1, -1, -1):
        behind[at] = behind[at + 1] + values[at]
    found: list[tuple[int, ...]] = []
    tries = 0
    stack: list[tuple[int, int, tuple[int, ...]]] = [(0, total, ())]
    while stack and len(found) < 2:
        at, left, chosen = stack.pop()
        tries += 1
        if tries > MAX_TRIES:
            return Sets(tuple(found), True)
        if left == 0:
            if len(chosen) >= smallest:
                found.append(tuple(sorted(chosen)))
            continue
        if at == len(values) or len(chosen) == MAX_SET or behind[at] < left:
            continue
        stack.append((at + 1, left, chosen))
        if values[at] <= left:
            stack.append((at + 1, left - values[at], (*chosen, order[at])))
    return Sets(tuple(found), False)
