"""Values by the million in few bytes each: texts end to end in one text, few different values as small numbers, and
keys that lead to places without an object for each.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Final, Protocol, TypeVar

# A table of keys has twice as many slots as keys, or more: a look-up ends after two or three.
_ROOM: Final = 2
_FREE: Final = -1

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Column(Protocol[T_co]):
    """Values by place, from 0."""

    def __getitem__(self, at: int, /) -> T_co: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[T_co]: ...


@dataclass(frozen=True, slots=True)
class Texts:
    """A column of texts, end to end in one text: a text of its own takes fifty bytes beside its letters. ``starts`` has
    where each begins, and where the last one ends."""

    whole: str
    starts: "array[int]"

    def __getitem__(self, at: int) -> str:
        return self.whole[self.starts[at] : self.starts[at + 1]]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __iter__(self) -> Iterator[str]:
        return map(self.whole.__getitem__, map(slice, self.starts, islice(self.starts, 1, None)))


def texts_of(texts: Sequence[str]) -> Texts:
    """Texts as a column."""
    return Texts("".join(texts), array("I", accumulate(map(len, texts), initial=0)))


class Codes(dict[T, int]):
    """Numbers for values, from 0 in the order in which the values come."""

    def __missing__(self, value: T) -> int:
        code = self[value] = len(self)
        return code


@dataclass(frozen=True, slots=True, eq=False)
class KeyTable(Mapping[str, Sequence[int]]):
    """Keys and their places, rising. What a dictionary keeps as objects (a key, a number, a list) is here a slot of
    four bytes, found by the hash of the key: it holds a place, whose key tells whether it is the one; ``earlier``
    leads on to the place before it with the same key."""

    keys_at: Column[str]
    slots: "array[int]"
    earlier: Mapping[int, int]
    count: int

    def last(self, key: object) -> int:
        """The last place of a key, -1 where it has none."""
        slots, keys = self.slots, self.keys_at
        mask = len(slots) - 1
        slot = hash(key) & mask
        while (at := slots[slot]) >= 0:
            if keys[at] == key:
                return at
            slot = (slot + 1) & mask
        return _FREE

    def __contains__(self, key: object) -> bool:
        return self.last(key) >= 0

    def places(self, key: str) -> Sequence[int]:
        """The places of a key, none where it has none."""
        at = self.last(key)
        if at < 0:
            return ()
        found = [at]
        while (at := self.earlier.get(at, _FREE)) >= 0:
            found.append(at)
        found.reverse()
        return found

    def __getitem__(self, key: str) -> Sequence[int]:
        found = self.places(key)
        if not found:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys_at) if not self.earlier else (key for _, key in self.once())

    def once(self) -> Iterator[tuple[int, str]]:
        """Each key once, with its last place."""
        hidden = set(self.earlier.values())
        return ((at, key) for at, key in enumerate(self.keys_at) if at not in hidden)

    def __len__(self) -> int:
        return self.count


def key_table(keys: Iterable[str]) -> KeyTable:
    """Keys by their places, a key for each place."""
    known = list(keys)
    size = 1 << (_ROOM * len(known)).bit_length()
    mask = size - 1
    slots = array("i", [_FREE]) * size
    earlier: dict[int, int] = {}
    for at, first in enumerate(map(mask.__and__, map(hash, known))):
        if slots[first] < 0:
            slots[first] = at
            continue
        slot, key = first, known[at]
        while (there := slots[slot]) >= 0:
            if known[there] == key:
                earlier[at] = there
                break
            slot = (slot + 1) & mask
        slots[slot] = at
    return KeyTable(texts_of(known), slots, earlier, len(known) - len(earlier))


@dataclass(frozen=True, slots=True, eq=False)
class ByKey(Mapping[str, T]):
    """What a table of keys leads to: ``value`` tells it of the places of a key, when it is asked for."""

    table: KeyTable
    value: Callable[[Sequence[int]], T]

    def __contains__(self, key: object) -> bool:
        return key in self.table

    def __getitem__(self, key: str) -> T:
        return self.value(self.table[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    def __len__(self) -> int:
        return len(self.table)


def bearers(pairs: Iterable[tuple[str, str]]) -> ByKey[tuple[str, ...]]:
    """Who bears each key, sorted: of pairs of a key and its bearer."""
    keys: list[str] = []
    found: list[str] = []
    for key, bearer in pairs:
        keys.append(key)
        found.append(bearer)
    return ByKey(key_table(keys), lambda places: tuple(sorted({found[at] for at in places})))
