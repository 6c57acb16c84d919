"""Items by the million, in columns: what an index asks of all of them lies side by side, and an item itself is made
when a rule asks for it. A list of a million items takes half a gigabyte, and most of them no line ever asks for.
"""

from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, TypeVar, overload

from recon.matching.columns import Column
from recon.model.items import OpenItem, Part

# Longer lists of places are kept once they were asked for: many lines ask for them again.
_LONG: Final = 64

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, eq=False)
class ItemTable(Sequence[OpenItem]):
    """Items in columns, all of one length. ``parts`` has the items with several parts and ``references`` those with a
    creditor reference, by place; ``make`` gives the item of a place."""

    ids: "array[int]"
    numbers: Column[str]
    customers: Column[str]
    amounts: "array[int]"
    opens: "array[int]"
    parts: Mapping[int, tuple[Part, ...]]
    references: Mapping[int, str]
    make: Callable[[int], OpenItem]

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, at: int) -> OpenItem: ...
    @overload
    def __getitem__(self, at: slice) -> list[OpenItem]: ...
    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self.make(place) for place in range(*at.indices(len(self)))]
        return self.make(range(len(self.ids))[at])

    def __iter__(self) -> Iterator[OpenItem]:
        return map(self.make, range(len(self.ids)))


def table_of(items: Sequence[OpenItem]) -> ItemTable:
    """Items as a table; a table is one already."""
    if isinstance(items, ItemTable):
        return items
    if isinstance(items, Picked):
        return _part(items.table, items.places)
    return ItemTable(
        ids=array("q", [item.id for item in items]),
        numbers=[item.invoice_no for item in items],
        customers=[item.customer_no for item in items],
        amounts=array("q", [item.amount for item in items]),
        opens=array("q", [item.open for item in items]),
        parts={at: item.parts for at, item in enumerate(items) if len(item.parts) > 1},
        references={at: item.creditor_reference for at, item in enumerate(items) if item.creditor_reference},
        make=items.__getitem__,
    )


def joined(one: ItemTable, other: ItemTable) -> ItemTable:
    """Two tables as one, the items of the first at their places."""
    count = len(one)
    return ItemTable(
        ids=one.ids + other.ids,
        numbers=[*one.numbers, *other.numbers],
        customers=[*one.customers, *other.customers],
        amounts=one.amounts + other.amounts,
        opens=one.opens + other.opens,
        parts={**one.parts, **{at + count: parts for at, parts in other.parts.items()}},
        references={**one.references, **{at + count: text for at, text in other.references.items()}},
        make=lambda at: one.make(at) if at < count else other.make(at - count),
    )


def halves(table: ItemTable, count: int) -> tuple["Picked", "Picked"]:
    """The first items of a table and the others."""
    return Picked(table, range(count)), Picked(table, range(count, len(table)))


def one_table(first: Sequence[OpenItem], others: Sequence[OpenItem]) -> ItemTable:
    """Items as one table, the first at their places. Halves of one table are that table: nothing is copied."""
    if isinstance(first, Picked) and isinstance(others, Picked) and first.table is others.table:
        table = first.table
        if [first.places, others.places] == [half.places for half in halves(table, len(first))]:
            return table
    return joined(table_of(first), table_of(others))


def changed(table: ItemTable, count: int, now: Mapping[int, OpenItem]) -> tuple["Picked", "Picked"]:
    """A table whose first ``count`` items are open, with some of its items as they are ``now``, by place: the open ones
    and the others."""
    opened = [at for at in range(count) if at not in now or now[at].open]
    opened += [at for at, item in now.items() if at >= count and item.open]
    others = [at for at, item in now.items() if at < count and not item.open]
    others += [at for at in range(count, len(table)) if at not in now or not now[at].open]
    kept = [*opened, *others]
    part = _part(table, kept)
    for place, at in enumerate(kept):
        if at in now:
            part.opens[place] = now[at].open

    def make(place: int) -> OpenItem:
        at = kept[place]
        return now[at] if at in now else table.make(at)

    return halves(replace(part, make=make), len(opened))


def _part(table: ItemTable, kept: Sequence[int]) -> ItemTable:
    to = {at: place for place, at in enumerate(kept) if at in table.parts or at in table.references}
    return ItemTable(
        ids=array("q", map(table.ids.__getitem__, kept)),
        numbers=[table.numbers[at] for at in kept],
        customers=[table.customers[at] for at in kept],
        amounts=array("q", map(table.amounts.__getitem__, kept)),
        opens=array("q", map(table.opens.__getitem__, kept)),
        parts={to[at]: parts for at, parts in table.parts.items() if at in to},
        references={to[at]: text for at, text in table.references.items() if at in to},
        make=lambda at: table.make(kept[at]),
    )


def having(table: ItemTable, ids: Set[int]) -> list[OpenItem]:
    """Some of a table's items."""
    return [table.make(at) for at, number in enumerate(table.ids) if number in ids]


@dataclass(frozen=True, slots=True, eq=False)
class Picked(Sequence[OpenItem]):
    """Some items of a table by their places; none is made before it is looked at."""

    table: ItemTable
    places: Sequence[int]

    @property
    def numbers(self) -> list[str]:
        """Their invoice numbers."""
        return [self.table.numbers[at] for at in self.places]

    @property
    def customers(self) -> list[str]:
        """Whose they are."""
        return [self.table.customers[at] for at in self.places]

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, at: int) -> OpenItem: ...
    @overload
    def __getitem__(self, at: slice) -> "Picked": ...
    def __getitem__(self, at: Any) -> Any:
        places = self.places[at]
        return Picked(self.table, places) if isinstance(at, slice) else self.table.make(places)

    def __iter__(self) -> Iterator[OpenItem]:
        return map(self.table.make, self.places)


@dataclass(frozen=True, slots=True)
class Places(Generic[K]):
    """Places by key, as chains: the last place of each key, and for each place the one before it with the same key (-1
    for none). Four bytes a place, where a list for each key takes a hundred."""

    last: dict[K, int]
    before: "array[int]"
    _long: dict[K, Sequence[int]] = field(default_factory=dict)

    def of(self, key: K) -> Sequence[int]:
        """The places of a key, rising."""
        at = self.last.get(key, -1)
        if at < 0:
            return ()
        before = self.before
        if before[at] < 0:
            return (at,)
        if key in self._long:
            return self._long[key]
        found = [at]
        while (at := before[at]) >= 0:
            found.append(at)
        found.reverse()
        if len(found) > _LONG:
            self._long[key] = array("i", found)
        return found


def places_by(keys: Iterable[K]) -> Places[K]:
    """The places of each key."""
    last: dict[K, int] = {}
    before = array("i")
    link = before.append
    for at, key in enumerate(keys):
        link(last.get(key, -1))
        last[key] = at
    return Places(last, before)
