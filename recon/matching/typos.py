"""Numbers that are one typing error away: one sign wrong, missing or too many, or two neighbours exchanged.

Found by an index of deletions: two words are at most one such error apart only if they share a form with at most one
sign deleted. The index is made for the few items that the amount or the payer points to, never for all: a typing
error counts only together with one of these (issue: certain or asked).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from recon.matching.table import Picked
from recon.matching.text import folded, other_numbers, squashed
from recon.model.items import OpenItem

# Below this length one error leaves too little: 4711 and 4712 are two invoices.
MIN_LENGTH: Final = 5
# Numbers that are compared one by one: an index of deletions of so few costs more than it saves.
_FEW: Final = 32
# Lengths of numbers for which a text is cut into pieces once.
_ROUNDED: Final = 16
# So many pieces of a text (split at blanks and separators) may make up one number.
_MAX_PIECES: Final = 5
# Where a word follows a number without a blank.
_GLUED = re.compile(r"(?<=\d)(?=[A-Z]{3})")
_START = re.compile(r"(?<![0-9A-Z])[0-9A-Z]|(?<=[A-Z])\d")
_PIECE = re.compile(r"[0-9A-Z]+")


@dataclass(frozen=True, slots=True)
class Near:
    """An item whose number the text nearly holds."""

    item: OpenItem
    found: str


@dataclass(frozen=True, slots=True)
class NearIndex:
    """Numbers of some items, by place; of many also by their forms with one sign deleted."""

    items: Sequence[OpenItem]
    keys: Mapping[int, str]
    deletions: Mapping[str, Sequence[int]] | None
    shortest: int
    longest: int

    def look_up(self, raw: str) -> list[Near]:
        """The items whose number stands in the text with one error."""
        if not self.keys:
            return []
        from rapidfuzz.distance import OSA

        found: dict[int, str] = {}
        for piece, shown in _pieces(raw, -(-self.longest // _ROUNDED) * _ROUNDED):
            if self.shortest <= len(piece) <= self.longest:
                for at in self._like(piece):
                    if at not in found and OSA.distance(piece, self.keys[at], score_cutoff=1) == 1:
                        found[at] = shown
        near = [Near(self.items[at], shown) for at, shown in found.items()]
        return sorted(near, key=lambda near: near.item.id)

    def _like(self, piece: str) -> Iterable[int]:
        """The places that may have a number like a piece: of a few any, of many those that share a form."""
        if self.deletions is None:
            return self.keys
        return {at for form in forms(piece) for at in self.deletions.get(form, ())}


def near_index(items: Sequence[OpenItem]) -> NearIndex:
    """Index the numbers of some items."""
    numbers = items.numbers if isinstance(items, Picked) else [item.invoice_no for item in items]
    keys = {at: key for at, number in enumerate(numbers) if len(key := squashed(number)) >= MIN_LENGTH}
    lengths = [len(key) for key in keys.values()]
    return NearIndex(
        items,
        keys,
        _deletions(keys) if len(keys) > _FEW else None,
        min(lengths, default=0) - 1,
        max(lengths, default=0) + 1,
    )


def _deletions(keys: Mapping[int, str]) -> dict[str, list[int]]:
    deletions: dict[str, list[int]] = {}
    for at, key in keys.items():
        for form in forms(key):
            deletions.setdefault(form, []).append(at)
    return deletions


def forms(key: str) -> set[str]:
    """A number and its forms with one sign deleted.

    >>> sorted(forms("abc"))
    ['ab', 'abc', 'ac', 'bc']
    """
    return {key, *(key[:at] + key[at + 1 :] for at in range(len(key)))}


# A text is asked for its pieces for the amount and for each payer.
@lru_cache(maxsize=16)
def _pieces(raw: str, longest: int) -> tuple[tuple[str, str], ...]:
    """Neighbouring pieces of a text joined, as long as a number may be: squashed, and as they stand. Pieces also
    begin where a word touches a digit. Dates, amounts, IBANs and telephone numbers are left out."""
    text = folded(raw)
    for _, start, end in other_numbers(text):
        text = text[:start] + "\n" * (end - start) + text[end:]
    text = _GLUED.sub(" ", text)
    found: list[tuple[str, str]] = []
    for passage in text.split("\n"):
        words = [(found.start(), found.end()) for found in _PIECE.finditer(passage)]
        begins = {found.start(): at for at, (start, end) in enumerate(words) for found in _starts(passage, start, end)}
        for begin, first in begins.items():
            for _, end in words[first : first + _MAX_PIECES]:
                shown = passage[begin:end]
                piece = squashed(shown)
                if len(piece) > longest:
                    break
                if len(piece) >= MIN_LENGTH - 1 and any(char.isdigit() for char in piece):
                    found.append((piece, shown))
    return tuple(found)


def _starts(passage: str, start: int, end: int) -> Iterator[re.Match[str]]:
    return _START.finditer(passage, start, end)
