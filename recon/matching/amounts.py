"""The arithmetic of a payment: discount, fee, sums of several items. All amounts are minor units; no tolerance."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, islice
from typing import Final

from recon.model.items import OpenItem
from recon.model.settings import FeePolicy

# A set of more items than this has so many neighbours that its sum proves nothing (users.md 2.2, M3).
MAX_SET: Final = 6
# Steps of one search for a set, a few milliseconds: sets of three are always searched in full, larger ones as far as it
# goes. Beyond it the search says that it gave up, not that there is none.
MAX_TRIES: Final = 10_000
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


def discounts(item: OpenItem, left: int, on: date | None) -> tuple[int, ...]:
    """The cash discount as we round it and, where percent of the amount ends in half a cent, as a customer rounds it
    who takes what is left of 100 percent and rounds that up.

    >>> from recon.model.items import Part, PartKind
    >>> parts = (Part(PartKind.TOTAL, 14025, 14025, date(2026, 3, 1)),)
    >>> bill = OpenItem(1, "1", "1", 14025, 14025, "EUR", parts, discount_percent=200, discount_until=date(2026, 3, 1))
    >>> discounts(bill, 14025, date(2026, 3, 1)), discounts(bill, 14025, date(2026, 3, 2))
    ((281, 280), ())
    """
    off = discount(item, left, on)
    if not off or item.discount_percent is None:
        return ()
    return (off, off - 1) if off > 1 and item.amount * item.discount_percent % 10000 == 5000 else (off,)


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
        """The set, if it is the only one of its size and no smaller one was left unsearched."""
        return self.found[0] if len(self.found) == 1 and not self.gave_up else None


def subset_sum(amounts: Sequence[int], total: int, *, smallest: int = 2) -> Sets:
    """The sets of fewest amounts, ``smallest`` to six (all positive), that add up to ``total``: exact, bounded.

    A payment of many small items can be made of any; the explanation by fewest items is the one that means something.

    >>> subset_sum([100, 200, 500], 300).only
    (0, 1)
    >>> subset_sum([100, 200, 300, 400], 500).only is None
    True
    """
    order = sorted([at for at, amount in enumerate(amounts) if amount <= total], key=lambda at: (-amounts[at], at))
    values = [amounts[at] for at in order]
    if sum(values) < total:
        return Sets((), False)
    places: dict[int, list[int]] = {}
    for at, value in enumerate(values):
        places.setdefault(value, []).append(at)
    sums = [0, *accumulate(values)]
    search = _Search(values, places, sums)
    for size in range(smallest, min(MAX_SET, len(values)) + 1):
        found = [tuple(sorted(order[at] for at in chosen)) for chosen in islice(search.sets(size, 0, total), 2)]
        if found or search.gave_up:
            return Sets(tuple(found), search.gave_up)
    return Sets((), False)


@dataclass(slots=True)
class _Search:
    """A search through amounts sorted from the largest, with the sums of their beginnings."""

    values: Sequence[int]
    places: Mapping[int, Sequence[int]]
    sums: Sequence[int]
    tries: int = 0

    @property
    def gave_up(self) -> bool:
        return self.tries > MAX_TRIES

    def sets(self, size: int, start: int, total: int) -> Iterator[tuple[int, ...]]:
        """The sets of exactly ``size`` amounts from ``start`` on; the last one is looked up, not searched."""
        if size == 1:
            self.tries += 1
            held = self.places.get(total, ())
            yield from ((at,) for at in held[bisect_left(held, start) :])
            return
        for at in range(start, len(self.values) - size + 1):
            if self.gave_up or self.sums[at + size] - self.sums[at] < total:
                return
            self.tries += 1
            if self.values[at] < total:
                for rest in self.sets(size - 1, at + 1, total - self.values[at]):
                    yield (at, *rest)
