"""What matching knows: bank lines, open items, payers, fees and own collections, and the index over them."""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import islice
from typing import Final, TypeVar

from recon.matching.columns import ByKey, bearers, key_table
from recon.matching.cores import CoreIndex, core_index
from recon.matching.payers import Debtor, NameIndex, iban_index, name_index, plain_iban
from recon.matching.references import MIN_CERTAIN, Finder, finder
from recon.matching.table import ItemTable, Picked, Places, one_table, places_by
from recon.matching.text import all_squashed, squashed
from recon.matching.typos import NearIndex, near_index
from recon.model.items import OpenItem, Part
from recon.model.matching import AllocationKind, Share
from recon.model.settings import MatchingSettings
from recon.model.statement import Line
from sepa.mandate import Scheme

# Statuses of a collection whose money is still to come.
LIVE: Final = frozenset({"created", "exported", "submitted"})
# Statuses of a collection that no return can be about (any more).
NOT_RETURNABLE: Final = frozenset({"cancelled", "rejected", "returned"})
# An amount that more open items have than this is no sign of any of them, not even beside a similar number.
MAX_NEAR_GROUP: Final = 20_000
# Customers whose items are kept sorted, and amounts whose numbers are kept ready for typing errors.
_KEPT: Final = 1_000
_KEPT_NEAR: Final = 16
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
    scheme: Scheme = Scheme.CORE


@dataclass(frozen=True, slots=True)
class RefundRef:
    """An own refund as it was sent. ``amount`` is positive; ``credit`` is the overpayment that it takes from (``A17``),
    or None where ``item_id`` is what it takes from."""

    refund_id: int
    end_to_end_id: str
    payment_information_id: str
    message_id: str
    customer_no: str
    amount: int
    execution_date: date
    status: str
    credit: str | None = None
    item_id: int | None = None
    invoice_no: str | None = None


@dataclass(frozen=True, slots=True)
class World:
    """Everything that a line may be matched against. ``items`` are open; ``closed`` were closed of late; ``ibans``
    leads from known IBANs (mandates, confirmed payments) to customer numbers, ``mandates`` from mandate ids;
    ``fees`` and ``charges`` are those still unpaid; ``learned`` are IBANs from which customers have paid before."""

    items: Sequence[OpenItem]
    closed: Sequence[OpenItem] = ()
    customers: Sequence[Debtor] = ()
    ibans: Mapping[str, Collection[str]] = field(default_factory=dict)
    fees: Sequence[NoticeFee] = ()
    collections: Sequence[CollectionRef] = ()
    settings: MatchingSettings = field(default_factory=MatchingSettings)
    charges: Sequence[ReturnCharge] = ()
    mandates: Mapping[str, str] = field(default_factory=dict)
    learned: Mapping[str, Sequence[PaidFrom]] = field(default_factory=dict)
    refunds: Sequence[RefundRef] = ()


@dataclass(frozen=True)
class Index:
    """A world made ready for look-ups: every question of a line costs the line's size, not the world's.

    The parts are made once, when first asked for. ``closed_ids`` are the items of ``world.closed``.
    """

    world: World

    @cached_property
    def table(self) -> ItemTable:
        """All items in columns, the open ones first: what the other parts call places are theirs in it."""
        return one_table(self.world.items, self.world.closed)

    @cached_property
    def closed_ids(self) -> Set[int]:
        """The items that are closed."""
        return frozenset(self.table.ids[len(self.world.items) :])

    def opens(self, ids: Set[int]) -> dict[int, int]:
        """What is open of some of the open items, by id."""
        table, count = self.table, len(self.world.items)
        return {table.ids[at]: table.opens[at] for at in range(count) if table.ids[at] in ids}

    @cached_property
    def numbers(self) -> Finder[Sequence[int]]:
        """Invoice numbers of open and closed items; whose they are says ``bearing``."""
        return finder(key_table(all_squashed(self.table.numbers)))

    def bearing(self, key: str) -> Sequence[OpenItem]:
        """The items that bear a squashed number, open and closed."""
        return Picked(self.table, self.numbers.values[key])

    @cached_property
    def references(self) -> Finder[tuple[int, ...]]:
        """Structured creditor references (RF and others) of open and closed items; whose they are says ``referred``."""
        return finder(_grouped((squashed(text), at) for at, text in self.table.references.items()))

    def referred(self, key: str) -> Sequence[OpenItem]:
        """The items that a squashed creditor reference belongs to, open and closed."""
        return Picked(self.table, self.references.values[key])

    @cached_property
    def customer_numbers(self) -> Finder[tuple[str, ...]]:
        """Customer numbers of four characters or more."""
        numbers = (customer.customer_no for customer in self.world.customers)
        keys = ((squashed(number), number) for number in numbers)
        return finder(bearers((key, number) for key, number in keys if len(key) >= _MIN_CUSTOMER_NO))

    @cached_property
    def cores(self) -> CoreIndex:
        """The digits of invoice numbers, open and closed."""
        return core_index(self.table, self.numbers.prefixes)

    @cached_property
    def mandate_numbers(self) -> Finder[tuple[str, ...]]:
        """Mandate ids of five characters or more."""
        keys = ((squashed(mandate), customer) for mandate, customer in self.world.mandates.items())
        return finder(bearers((key, customer) for key, customer in keys if len(key) >= MIN_CERTAIN))

    @cached_property
    def ibans(self) -> Mapping[str, tuple[str, ...]]:
        """IBAN to customer numbers: of mandates and customers, and learned from payments. What is learned makes an IBAN
        shared where it contradicts, it never replaces what is known."""
        if not self.world.learned:
            return self.given
        known = dict(self.given)
        for raw, paid in self.world.learned.items():
            iban = plain_iban(raw)
            known[iban] = tuple(sorted({*known.get(iban, ()), *(one.customer_no for one in paid)}))
        return known

    def learned_from(self, iban: str, customer_no: str) -> PaidFrom | None:
        """The earlier payments that an IBAN is known by, where nothing else says that it is the customer's."""
        if customer_no in self.given.get(iban, ()):
            return None
        return next((one for one in self._learned.get(iban, ()) if one.customer_no == customer_no), None)

    @cached_property
    def given(self) -> dict[str, tuple[str, ...]]:
        """IBAN to customer numbers, of mandates and customers."""
        return iban_index(self.world.ibans, self.world.customers)

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
        customers = self.world.customers
        numbers = key_table(customer.customer_no for customer in customers)
        return ByKey(numbers, lambda places: customers[places[-1]].name)

    @cached_property
    def _by_customer(self) -> Places[str]:
        return places_by(islice(self.table.customers, len(self.world.items)))

    def of_customer(self, customer: str) -> Picked:
        """A customer's open items."""
        return Picked(self.table, self._by_customer.of(customer))

    @cached_property
    def _oldest(self) -> dict[str, list[OpenItem]]:
        return {}

    def oldest(self, customer: str) -> Sequence[OpenItem]:
        """A customer's open items, oldest due first; those asked for last are kept."""
        found = self._oldest.get(customer)
        if found is None:
            if len(self._oldest) >= _KEPT:
                self._oldest.clear()
            found = self._oldest[customer] = oldest_first(self.of_customer(customer))
        return found

    @cached_property
    def _by_open(self) -> Places[int]:
        return places_by(islice(self.table.opens, len(self.world.items)))

    @cached_property
    def _by_due(self) -> Mapping[int, Sequence[int]]:
        """Open items with several parts by what is left of the part that is due first."""
        table, count = self.table, len(self.world.items)
        dues = (
            (due, at)
            for at, parts in table.parts.items()
            if at < count
            for due in payable_of(parts, table.amounts[at], table.opens[at])[1:]
        )
        return _listed(dues)

    def of_amount(self, amount: int, customers: Collection[str] | None = None) -> Picked:
        """Open items by what may be paid of them: the whole residual or that of the part that is due first; all, or
        those of some customers."""
        table, dues = self.table, self._by_due.get(amount, ())
        if customers is not None:
            owned = [at for no in customers for at in self._by_customer.of(no)]
            return Picked(table, sorted(at for at in owned if table.opens[at] == amount or at in dues))
        places = self._by_open.of(amount)
        return Picked(table, sorted((*places, *dues)) if dues else places)

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
    def refunds(self) -> Mapping[str, RefundRef]:
        """Own refunds by end-to-end id."""
        return {ref.end_to_end_id: ref for ref in self.world.refunds}

    @cached_property
    def refund_files(self) -> Mapping[str, Sequence[RefundRef]]:
        """Own refunds by payment information id, and by message id."""
        named = [(ref.payment_information_id, ref) for ref in self.world.refunds]
        return _listed([*named, *((ref.message_id, ref) for ref in self.world.refunds)])

    @cached_property
    def _near(self) -> dict[int, NearIndex]:
        return {}

    def near(self, held: Picked, amount: int | None = None) -> NearIndex | None:
        """The numbers of some items ready for typing errors; None where they are too many. Those of the amounts asked
        for last are kept: lines with the same amount are asked one after the other."""
        if amount is not None and amount in self._near:
            return self._near[amount]
        if not 0 < len(held) <= MAX_NEAR_GROUP:
            return None
        ready = near_index(held)
        if amount is not None:
            if len(self._near) >= _KEPT_NEAR:
                self._near.clear()
            self._near[amount] = ready
        return ready


def index(world: World) -> Index:
    """Make a world ready. Done once for a run."""
    return Index(world)


def oldest_first(items: Iterable[OpenItem]) -> list[OpenItem]:
    """Items in the order in which payments fill them where the customer did not say (§ 366 BGB): oldest due first."""
    found = list(items)
    if len(found) > 1:
        found.sort(key=lambda item: (item.due_date, item.invoice_no, item.id))
    return found


def payable(item: OpenItem, left: int) -> tuple[int, ...]:
    """What may be paid of an item exactly: all that is left, or the part that is due first (V-05)."""
    return (left,) if len(item.parts) < 2 else payable_of(item.parts, item.amount, left)


def payable_of(parts: Sequence[Part], amount: int, left: int) -> tuple[int, ...]:
    """``payable`` for an item of several parts."""
    if left <= 0:
        return (left,)
    due = _first_due(parts, amount, left)
    return (left,) if due == left else (left, due)


def first_due(item: OpenItem, left: int) -> int:
    """What is left of the part that falls due first; payments fill the oldest part first (X-11)."""
    return _first_due(item.parts, item.amount, left)


def _first_due(parts: Sequence[Part], amount: int, left: int) -> int:
    paid = amount - left
    for part in sorted(parts, key=lambda part: part.due_date):
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
