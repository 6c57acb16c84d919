"""Numbers that are one typing error away: one sign wrong, missing or too many, or two neighbours exchanged.

Looked for among the few items that the amount or the payer points to, never among all: a typing error counts only
together with one of these (issue: certain or asked).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Final

from msgspec import Struct

from recon.matching.table import Picked
from recon.matching.text import folded, other_numbers, squashed
from recon.model.items import OpenItem

# Below this length one error leaves too little: 4711 and 4712 are two invoices.
MIN_LENGTH: Final = 5
# Numbers that are all compared: to put so few by their ends costs more than it saves.
_FEW: Final = 30
# An error within the last four signs of a number leaves what is before them; any other leaves the last three. So few
# that not many numbers of one amount have all before them alike.
_HEADLESS: Final = 4
_TAIL: Final = 3
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


class NearIndex(Struct, frozen=True, gc=False):
    """Numbers of some items, by place ("" where too short); of many the places also by their ``heads``, all but the
    last four signs, and their ``tails``, the last three: no one error changes both."""

    items: Sequence[OpenItem]
    keys: Sequence[str]
    heads: Mapping[str, Sequence[int]]
    tails: Mapping[str, Sequence[int]]
    shortest: int
    longest: int

    def look_up(self, raw: str) -> list[Near]:
        """The items whose number stands in the text with one error."""
        if not self.longest:
            return []
        found: dict[int, str] = {}
        for piece, shown in _pieces(raw, -(-self.longest // _ROUNDED) * _ROUNDED):
            if self.shortest <= len(piece) <= self.longest:
                for at in self._like(piece):
                    found.setdefault(at, shown)
        near = [Near(self.items[at], shown) for at, shown in found.items()]
        return sorted(near, key=lambda near: near.item.id) if len(near) > 1 else near

    def _like(self, piece: str) -> list[int]:
        """The places of the numbers that are one error away from a piece: a sign more or less, or as long."""
        from rapidfuzz.distance.OSA import distance

        keys, size = self.keys, len(piece)
        places: Iterable[int] = range(len(keys))
        if self.tails:
            alike = [self.heads.get(piece[: size - _HEADLESS + more], ()) for more in (-1, 0, 1)]
            places = dict.fromkeys(chain(*alike, self.tails.get(piece[-_TAIL:], ())))
        return [at for at in places if distance(piece, keys[at], score_cutoff=1) == 1]


def near_index(items: Sequence[OpenItem]) -> NearIndex:
    """Index the numbers of some items."""
    numbers = items.numbers if isinstance(items, Picked) else [item.invoice_no for item in items]
    keys = [key if len(key := squashed(number)) >= MIN_LENGTH else "" for number in numbers]
    lengths = {len(key) for key in keys if key}
    heads: dict[str, list[int]] = {}
    tails: dict[str, list[int]] = {}
    if len(keys) > _FEW:
        for at, key in enumerate(keys):
            if key:
                heads.setdefault(key[:-_HEADLESS], []).append(at)
                tails.setdefault(key[-_TAIL:], []).append(at)
    return NearIndex(items, keys, heads, tails, min(lengths, default=1) - 1, max(lengths, default=-1) + 1)


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
