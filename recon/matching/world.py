"""What matching knows: bank lines, open items, payers, fees and own collections, and the index over them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Final, TypeVar

from recon.matching.cores import CoreIndex, core_index
from recon.matching.payers import NameIndex, iban_index, name_index, plain_iban
from recon.matching.references import MIN_CERTAIN, Finder, finder
from recon.matching.text import squashed
from recon.matching.typos import NearIndex, near_index
from recon.model.items import Customer, OpenItem
from recon.model.matching import AllocationKind, Share
from recon.model.settings import MatchingSettings
from recon.model.statement import Line

# Statuses of a collection whose money is still to come.
LIVE: Final = frozenset({"created", "exported", "submitted"})
# Statuses of a collection that no return can be about (any more).
NOT_RETURNABLE: Final = frozenset({"cancelled", "rejected", "returned"})
# An amount that more open items have than this is no sign of any of them, not even beside a similar number.
MAX_NEAR_GROUP: Final = 20_000
# Customer numbers shorter than this stand in texts by chance.
_MIN_CUSTOMER_NO: Final = 4

# What goes beside an item: it does not use up what is open of it, and which of a notice's items bears it is no matter.
BESIDE: Final = frozenset({AllocationKind.DUNNING_FEE, AllocationKind.INTEREST, AllocationKind.RETURN_FEE})

# One way to share out a line, whatever its order: item, kind, collection and amount of each share.
Ways = frozenset[tuple[int | None, AllocationKind, int | None, int]]
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A bank line and what is left of it, minor units, signed like the line. ``rejected`` holds the ways to share it
    out that a person has said no to (``way``)."""

    id: int
    line: Line
    open: int
    rejected: frozenset[Ways] = frozenset()


def way(shares: Iterable[Share]) -> Ways:
    """What shares come to, however they are put: in another order, split in two, the fee on another of its items."""
    sums: dict[tuple[int | None, AllocationKind, int | None], int] = {}
    for share in shares:
        key = (None if share.kind in BESIDE else share.item_id, share.kind, share.collection_id)
        sums[key] = sums.get(key, 0) + share.amount
    return frozenset((*key, amount) for key, amount in sums.items())


@dataclass(frozen=True, slots=True)
class NoticeFee:
    """What an issued dunning notice claims beside its items and is still unpaid: ``amount`` is the fee. A combined
    notice has one fee for several items (X-07)."""

    item_ids: tuple[int, ...]
    amount: int
    issued_on: date
    level: int
    notice_id: int
    interest: int = 0


@dataclass(frozen=True, slots=True)
class ReturnCharge:
    """What the bank charged for returned debits of an item, as far as the customer has not paid it."""

    item_id: int
    amount: int
    charged_on: date


@dataclass(frozen=True, slots=True)
class PaidFrom:
    """That a customer has paid from an IBAN: how often, and when last; ``name`` is an account holder that the bank
    told with these payments."""

    customer_no: str
    count: int
    last_on: date
    name: str | None = None


@dataclass(frozen=True, slots=True)
class CollectionRef:
    """An own direct debit as it was sent. ``amount`` is positive; ``status`` as the store has it."""

    collection_id: int
    end_to_end_id: str
    payment_information_id: str
    message_id: str
    item_id: int
    invoice_no: str
    customer_no: str
    amount: int
    mandate_id: str
    collection_date: date
    status: str


@dataclass(frozen=True, slots=True)
class World:
    """Everything that a line may be matched against. ``items`` are open; ``closed`` were closed of late; ``ibans``
    leads from known IBANs (mandates, confirmed payments) to customer numbers, ``mandates`` from mandate ids;
    ``fees`` and ``charges`` are those still unpaid; ``learned`` are IBANs from which customers have paid before."""

    items: Sequence[OpenItem]
    closed: Sequence[OpenItem] = ()
    customers: Sequence[Customer] = ()
    ibans: Mapping[str, frozenset[str]] = field(default_factory=dict)
    fees: Sequence[NoticeFee] = ()
    collections: Sequence[CollectionRef] = ()
    settings: MatchingSettings = field(default_factory=MatchingSettings)
    charges: Sequence[ReturnCharge] = ()
    mandates: Mapping[str, str] = field(default_factory=dict)
    learned: Mapping[str, Sequence[PaidFrom]] = field(default_factory=dict)


@dataclass(frozen=True)
class Index:
    """A world made ready for look-ups: every question of a line costs the line's size, not the world's.

    The parts are made once, when first asked for. ``closed_ids`` are the items of ``world.closed``.
    """

    world: World

    @cached_property
    def closed_ids(self) -> frozenset[int]:
        """The items that are closed."""
        return frozenset(item.id for item in self.world.closed)

    @cached_property
    def numbers(self) -> Finder[tuple[OpenItem, ...]]:
        """Invoice numbers of open and closed items."""
        return finder(_grouped((squashed(item.invoice_no), item) for item in (*self.world.items, *self.world.closed)))

    @cached_property
    def references(self) -> Finder[tuple[OpenItem, ...]]:
        """Structured creditor references (RF and others) of open and closed items."""
        return finder(
            _grouped(
                (squashed(item.creditor_reference), item)
                for item in (*self.world.items, *self.world.closed)
                if item.creditor_reference
            )
        )

    @cached_property
    def customer_numbers(self) -> Finder[tuple[str, ...]]:
        """Customer numbers of four characters or more."""
        keys: dict[str, set[str]] = {}
        for customer in self.world.customers:
            key = squashed(customer.customer_no)
            if len(key) >= _MIN_CUSTOMER_NO:
                keys.setdefault(key, set()).add(customer.customer_no)
        return finder({key: tuple(sorted(numbers)) for key, numbers in keys.items()})

    @cached_property
    def cores(self) -> CoreIndex:
        """The digits of invoice numbers, open and closed."""
        return core_index([*self.world.items, *self.world.closed], self.numbers.values)

    @cached_property
    def mandate_numbers(self) -> Finder[tuple[str, ...]]:
        """Mandate ids of five characters or more."""
        keys: dict[str, set[str]] = {}
        for mandate, customer in self.world.mandates.items():
            key = squashed(mandate)
            if len(key) >= MIN_CERTAIN:
                keys.setdefault(key, set()).add(customer)
        return finder({key: tuple(sorted(numbers)) for key, numbers in keys.items()})

    @cached_property
    def ibans(self) -> Mapping[str, frozenset[str]]:
        """IBAN to customer numbers: of mandates and customers, and learned from payments. What is learned makes an IBAN
        shared where it contradicts, it never replaces what is known."""
        known = iban_index(self.world.ibans, self.world.customers)
        for iban, paid in self.world.learned.items():
            key = plain_iban(iban)
            known[key] = known.get(key, frozenset()) | {one.customer_no for one in paid}
        return known

    def learned_from(self, iban: str, customer_no: str) -> PaidFrom | None:
        """The earlier payments that an IBAN is known by, where nothing else says that it is the customer's."""
        if customer_no in self._given.get(iban, ()):
            return None
        return next((one for one in self._learned.get(iban, ()) if one.customer_no == customer_no), None)

    @cached_property
    def _given(self) -> Mapping[str, frozenset[str]]:
        return iban_index(self.world.ibans, self.world.customers) if self.world.learned else {}

    @cached_property
    def _learned(self) -> Mapping[str, Sequence[PaidFrom]]:
        return {plain_iban(iban): paid for iban, paid in self.world.learned.items()}

    @cached_property
    def names(self) -> NameIndex:
        """Customers by name."""
        return name_index(self.world.customers)

    @cached_property
    def customer_names(self) -> Mapping[str, str]:
        """Customer number to name."""
        return {customer.customer_no: customer.name for customer in self.world.customers}

    @cached_property
    def by_customer(self) -> Mapping[str, Sequence[OpenItem]]:
        """A customer's open items."""
        return _listed((item.customer_no, item) for item in self.world.items)

    @cached_property
    def _oldest(self) -> dict[str, Sequence[OpenItem]]:
        return {}

    def oldest(self, customer: str) -> Sequence[OpenItem]:
        """A customer's open items, oldest due first; sorted once for each customer."""
        if customer not in self._oldest:
            self._oldest[customer] = oldest_first(self.by_customer.get(customer, ()))
        return self._oldest[customer]

    @cached_property
    def by_amount(self) -> Mapping[int, Sequence[OpenItem]]:
        """Open items by what may be paid of them: the whole residual or that of the part that is due first."""
        return _listed((amount, item) for item in self.world.items for amount in payable(item, item.open))

    @cached_property
    def fees(self) -> Mapping[int, Sequence[NoticeFee]]:
        """The fees of an item's notices, oldest first."""
        fees = _listed(
            (item_id, fee) for fee in self.world.fees if fee.amount + fee.interest > 0 for item_id in fee.item_ids
        )
        return {
            key: sorted(held, key=lambda fee: (fee.issued_on, fee.level, fee.notice_id)) for key, held in fees.items()
        }

    @cached_property
    def charges(self) -> Mapping[int, Sequence[ReturnCharge]]:
        """What returned debits of an item have cost."""
        return _listed((charge.item_id, charge) for charge in self.world.charges)

    @cached_property
    def end_to_end(self) -> Mapping[str, tuple[CollectionRef, ...]]:
        """Own collections by end-to-end id."""
        return _grouped((ref.end_to_end_id, ref) for ref in self.world.collections)

    @cached_property
    def blocks(self) -> Mapping[str, Sequence[CollectionRef]]:
        """Own collections by payment information id."""
        return _listed((ref.payment_information_id, ref) for ref in self.world.collections)

    @cached_property
    def messages(self) -> Mapping[str, Sequence[CollectionRef]]:
        """Own collections by message id."""
        return _listed((ref.message_id, ref) for ref in self.world.collections)

    @cached_property
    def mandates(self) -> Mapping[str, Sequence[CollectionRef]]:
        """Own collections by mandate id."""
        return _listed((ref.mandate_id, ref) for ref in self.world.collections)

    @cached_property
    def _near(self) -> dict[tuple[str, str | int], NearIndex]:
        return {}

    def near(self, *, amount: int | None = None, customer: str | None = None) -> NearIndex | None:
        """The numbers of the items with an amount, or of a customer, ready for typing errors; None where too many."""
        key: tuple[str, str | int]
        if customer is not None:
            key, items = ("customer", customer), self.by_customer.get(customer, ())
        else:
            assert amount is not None
            key, items = ("amount", amount), self.by_amount.get(amount, ())
        if len(items) > MAX_NEAR_GROUP:
            return None
        if key not in self._near:
            self._near[key] = near_index(items)
        return self._near[key]


def index(world: World) -> Index:
    """Make a world ready. Done once for a run."""
    return Index(world)


def oldest_first(items: Iterable[OpenItem]) -> list[OpenItem]:
    """Items in the order in which payments fill them where the customer did not say (§ 366 BGB): oldest due first."""
    return sorted(items, key=lambda item: (item.due_date, item.invoice_no, item.id))


def payable(item: OpenItem, left: int) -> tuple[int, ...]:
    """What may be paid of an item exactly: all that is left, or the part that is due first (V-05)."""
    if left <= 0 or len(item.parts) < 2:
        return (left,)
    due = first_due(item, left)
    return (left,) if due == left else (left, due)


def first_due(item: OpenItem, left: int) -> int:
    """What is left of the part that falls due first; payments fill the oldest part first (X-11)."""
    paid = item.amount - left
    for part in sorted(item.parts, key=lambda part: part.due_date):
        if part.amount > paid:
            return part.amount - paid
        paid -= part.amount
    return left


def _listed(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    table: dict[K, list[V]] = {}
    for key, value in pairs:
        held = table.get(key)
        if held is None:
            table[key] = [value]
        else:
            held.append(value)
    return table


def _grouped(pairs: Iterable[tuple[str, V]]) -> dict[str, tuple[V, ...]]:
    """As ``_listed``, for keys that mostly have one value: tuples take half the memory and time of lists."""
    table: dict[str, tuple[V, ...]] = {}
    several: dict[str, list[V]] = {}
    for key, value in pairs:
        if key not in table:
            table[key] = (value,)
        elif key in several:
            several[key].append(value)
        else:
            several[key] = [*table[key], value]
    return table | {key: tuple(values) for key, values in several.items()} if several else table
