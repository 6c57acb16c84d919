"""Numbers that are one typing error away: one sign wrong, missing or too many, or two neighbours exchanged.

Found by an index of deletions: two words are at most one such error apart only if they share a form with at most one
sign deleted. The index is made for the few items that the amount or the payer points to, never for all: a typing
error counts only together with one of these (issue: certain or asked).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from recon.matching.text import folded, other_numbers, squashed
from recon.model.items import OpenItem

# Below this length one error leaves too little: 4711 and 4712 are two invoices.
MIN_LENGTH: Final = 5
# So many pieces of a text (split at blanks and separators) may make up one number.
_MAX_PIECES: Final = 5
# Where a word follows a number without a blank.
_GLUED = re.compile(r"(?<=\d)(?=[A-Z]{3})")
_PIECE = re.compile(r"[0-9A-Z]+")


@dataclass(frozen=True, slots=True)
class Near:
    """An item whose number the text nearly holds."""

    item: OpenItem
    found: str


@dataclass(frozen=True, slots=True)
class NearIndex:
    """Numbers of some items by their forms with one sign deleted."""

    deletions: Mapping[str, Sequence[OpenItem]]
    shortest: int
    longest: int

    def look_up(self, raw: str) -> list[Near]:
        """The items whose number stands in the text with one error."""
        from rapidfuzz.distance import OSA

        found: dict[int, Near] = {}
        for piece, shown in _pieces(raw, self.shortest, self.longest):
            for form in forms(piece):
                for item in self.deletions.get(form, ()):
                    if item.id not in found and OSA.distance(piece, squashed(item.invoice_no), score_cutoff=1) == 1:
                        found[item.id] = Near(item, shown)
        return sorted(found.values(), key=lambda near: near.item.id)


def near_index(items: Iterable[OpenItem]) -> NearIndex:
    """Index the numbers of some items."""
    deletions: dict[str, list[OpenItem]] = {}
    lengths = []
    for item in items:
        key = squashed(item.invoice_no)
        if len(key) < MIN_LENGTH:
            continue
        for form in forms(key):
            deletions.setdefault(form, []).append(item)
        lengths.append(len(key))
    return NearIndex(
        deletions,
        min(lengths, default=0) - 1,
        max(lengths, default=0) + 1,
    )


def forms(key: str) -> set[str]:
    """A number and its forms with one sign deleted.

    >>> sorted(forms("abc"))
    ['ab', 'abc', 'ac', 'bc']
    """
    return {key, *(key[:at] + key[at + 1 :] for at in range(len(key)))}


def _pieces(raw: str, shortest: int, longest: int) -> Iterator[tuple[str, str]]:
    """Neighbouring pieces of a text joined, as long as a number may be: squashed, and as they stand. Pieces also
    begin where a word touches a digit. Dates, amounts, IBANs and telephone numbers are left out."""
    text = folded(raw)
    for _, start, end in other_numbers(text):
        text = text[:start] + "\n" * (end - start) + text[end:]
    text = _GLUED.sub(" ", text)
    for passage in text.split("\n"):
        words = [(found.start(), found.end()) for found in _PIECE.finditer(passage)]
        begins = {found.start(): at for at, (start, end) in enumerate(words) for found in _starts(passage, start, end)}
        for begin, first in begins.items():
            for _, end in words[first : first + _MAX_PIECES]:
                shown = passage[begin:end]
                piece = squashed(shown)
                if len(piece) > longest:
                    break
                if len(piece) >= shortest and any(char.isdigit() for char in piece):
                    yield piece, shown


def _starts(passage: str, start: int, end: int) -> Iterator[re.Match[str]]:
    return re.compile(r"(?<![0-9A-Z])[0-9A-Z]|(?<=[A-Z])\d").finditer(passage, start, end)
