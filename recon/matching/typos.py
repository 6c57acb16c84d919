"""Numbers that are one typing error away: one sign wrong, missing or too many, or two neighbours exchanged.

Found by an index of deletions: two words are at most one such error apart only if they share a form with at most one
sign deleted. The index is made for the few items that the amount or the payer points to, never for all: a typing
error counts only together with one of these (issue: certain or asked).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from recon.matching.table import Picked
from recon.matching.text import folded, other_numbers, squashed
from recon.model.items import OpenItem

# Below this length one error leaves too little: 4711 and 4712 are two invoices.
MIN_LENGTH: Final = 5
# Numbers that are all compared: an index of deletions of so few costs more than it saves.
_FEW: Final = 300
# Lengths of numbers for which a text is cut into pieces once.
_ROUNDED: Final = 16
# So many pieces of a text (split at blanks and separators) may make up one number.
_MAX_PIECES: Final = 5
# Where a word follows a number without a blank.
_GLUED = re.compile(r"(?<=\d)(?=[A-Z]{3})")
_DIGIT = re.compile(r"\d")
_PIECE = re.compile(r"[0-9A-Z]+")
# Within a piece another begins where a digit follows a letter.
_WITHIN = re.compile(r"(?<=[A-Z])\d")


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
        from rapidfuzz.distance.OSA import distance
        from rapidfuzz.process import extract

        found: dict[int, str] = {}
        for piece, shown in _pieces(raw, -(-self.longest // _ROUNDED) * _ROUNDED):
            if self.shortest <= len(piece) <= self.longest:
                alike = extract(piece, self._like(piece), scorer=distance, processor=None, score_cutoff=1, limit=None)
                for _, errors, at in alike:
                    if errors == 1:
                        found.setdefault(at, shown)
        near = [Near(self.items[at], shown) for at, shown in found.items()]
        return sorted(near, key=lambda near: near.item.id)

    def _like(self, piece: str) -> Mapping[int, str]:
        """The numbers that may be like a piece: of a few any, of many those that share a form."""
        if self.deletions is None:
            return self.keys
        return {at: self.keys[at] for form in forms(piece) for at in self.deletions.get(form, ())}


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
            if form in deletions:
                deletions[form].append(at)
            else:
                deletions[form] = [at]
    return deletions


def forms(key: str) -> list[str]:
    """A number and its forms with one sign deleted.

    >>> forms("abc")
    ['abc', 'bc', 'ac', 'ab']
    """
    return [key, *[key[:at] + key[at + 1 :] for at in range(len(key))]]


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
        words = [(word.start(), word[0]) for word in _PIECE.finditer(passage)] if _DIGIT.search(passage) else []
        for first, (start, word) in enumerate(words):
            for begin in (0, *_begins(word)):
                piece = ""
                for at, other in words[first : first + _MAX_PIECES]:
                    piece += other if piece else other[begin:]
                    if len(piece) > longest:
                        break
                    if len(piece) >= MIN_LENGTH - 1 and not piece.isalpha():
                        found.append((piece, passage[start + begin : at + len(other)]))
    return tuple(found)


def _begins(word: str) -> list[int]:
    return [] if word.isalpha() or word.isdigit() else [found.start() for found in _WITHIN.finditer(word)]
