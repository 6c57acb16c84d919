"""An index of items that move, for those who look at the same books day after day (``opos match backtest``).

Between two days a few items are paid and a few come in. To make an index of all of them anew for each day costs a
hundred times what the lines of the day cost; here the numbers, digits and amounts are kept and only what has moved is
touched. What an index of it says is what a new index of the same world would say.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from recon.matching.cores import CoreIndex, core_index, put_in
from recon.matching.payers import NameIndex
from recon.matching.references import Finder, finder
from recon.matching.table import ItemTable, Picked, table_of
from recon.matching.text import squashed
from recon.matching.world import Index, World, payable
from recon.model.items import OpenItem

# So many new items are put in one by one; for more everything is sorted anew, which is faster.
_ONE_BY_ONE: Final = 1_000


@dataclass(slots=True)
class Moving:
    """Items in the order in which they came, with all that leads to them. ``now`` are the items as they are, by place;
    ``due`` are the amounts by which the open ones may be found, and ``of`` their places by amount."""

    place: dict[int, int] = field(default_factory=dict)
    now: list[OpenItem] = field(default_factory=list)
    table: ItemTable = field(default_factory=lambda: table_of(()))
    closed: set[int] = field(default_factory=set)
    numbers: dict[str, list[int]] = field(default_factory=dict)
    references: dict[str, tuple[int, ...]] = field(default_factory=dict)
    customers: dict[str, list[int]] = field(default_factory=dict)
    of: dict[int, set[int]] = field(default_factory=dict)
    finder: Finder[Sequence[int]] = field(default_factory=lambda: finder({}))
    referred: Finder[tuple[int, ...]] = field(default_factory=lambda: finder({}))
    cores: CoreIndex = field(default_factory=lambda: core_index(table_of(()), frozenset()))

    def put(self, items: Iterable[OpenItem]) -> None:
        """Items that have come in or changed, as they are now."""
        new = []
        for item in items:
            at = self.place.get(item.id)
            if at is None:
                new.append(item)
            else:
                self._amounts(self.now[at], at, leave=True)
                self.now[at] = item
                self.table.opens[at] = item.open
                self._amounts(item, at)
        if new:
            self._add(new)

    def _amounts(self, item: OpenItem, at: int, *, leave: bool = False) -> None:
        if not item.open:
            (self.closed.discard if leave else self.closed.add)(item.id)
            return
        for amount in payable(item, item.open):
            held = self.of.setdefault(amount, set())
            (held.discard if leave else held.add)(at)

    def _add(self, items: Sequence[OpenItem]) -> None:
        start = len(self.now)
        for at, item in enumerate(items, start):
            self.place[item.id] = at
            self.customers.setdefault(item.customer_no, []).append(at)
            self.numbers.setdefault(squashed(item.invoice_no), []).append(at)
            if item.creditor_reference:
                key = squashed(item.creditor_reference)
                self.references[key] = (*self.references.get(key, ()), at)
            self._amounts(item, at)
        self.now += items
        more = table_of(items)
        table = self.table
        self.table = ItemTable(
            ids=table.ids + more.ids,
            numbers=[*table.numbers, *more.numbers],
            customers=[*table.customers, *more.customers],
            amounts=table.amounts + more.amounts,
            opens=table.opens + more.opens,
            parts={**table.parts, **{at + start: parts for at, parts in more.parts.items()}},
            references={**table.references, **{at + start: text for at, text in more.references.items()}},
            make=self.now.__getitem__,
        )
        self.finder = finder(self.numbers)
        self.referred = finder(self.references)
        self.cores = self._cores(more)

    def _cores(self, more: ItemTable) -> CoreIndex:
        if len(more) > _ONE_BY_ONE:
            return core_index(self.table, self.finder.prefixes)
        return put_in(self.cores, more, self.table, self.finder.prefixes)


@dataclass(frozen=True)
class MovingIndex(Index):
    """The index of a moment: good until the items move on. ``first`` is an index of the same customers and mandates,
    asked for what does not move; the items of ``world`` are those of ``moving``."""

    moving: Moving
    first: Index

    @cached_property
    def table(self) -> ItemTable:
        """All items, open and closed, in the order in which they came."""
        return self.moving.table

    @cached_property
    def closed_ids(self) -> Set[int]:
        """The items that are closed."""
        return self.moving.closed

    def opens(self, ids: Set[int]) -> dict[int, int]:
        """What is open of some of the open items, by id."""
        places = {number: self.moving.place[number] for number in ids if number in self.moving.place}
        return {number: self.table.opens[at] for number, at in places.items() if self.table.opens[at]}

    @cached_property
    def numbers(self) -> Finder[Sequence[int]]:
        """Invoice numbers of open and closed items."""
        return self.moving.finder

    @cached_property
    def references(self) -> Finder[tuple[int, ...]]:
        """Structured creditor references of open and closed items."""
        return self.moving.referred

    @cached_property
    def cores(self) -> CoreIndex:
        """The digits of invoice numbers, open and closed."""
        return self.moving.cores

    @cached_property
    def customer_numbers(self) -> Finder[tuple[str, ...]]:
        """Customer numbers of four characters or more."""
        return self.first.customer_numbers

    @cached_property
    def mandate_numbers(self) -> Finder[tuple[str, ...]]:
        """Mandate ids of five characters or more."""
        return self.first.mandate_numbers

    @cached_property
    def names(self) -> NameIndex:
        """Customers by name."""
        return self.first.names

    @cached_property
    def customer_names(self) -> Mapping[str, str]:
        """Customer number to name."""
        return self.first.customer_names

    @cached_property
    def given(self) -> dict[str, tuple[str, ...]]:
        """IBAN to customer numbers, of mandates and customers."""
        return self.first.given

    def of_customer(self, customer: str) -> Picked:
        """A customer's open items."""
        places = self.moving.customers.get(customer, ())
        return Picked(self.table, [at for at in places if self.table.opens[at]])

    def of_amount(self, amount: int, customers: Collection[str] | None = None) -> Picked:
        """Open items by what may be paid of them; all, or those of some customers."""
        places: Collection[int] = self.moving.of.get(amount, ())
        if customers is not None:
            places = [at for at in places if self.table.customers[at] in customers]
        return Picked(self.table, sorted(places))


def moving_index(world: World, moving: Moving, first: Index) -> MovingIndex:
    """The index of a moment of ``world``, whose items are those of ``moving``."""
    return MovingIndex(world, moving, first)
