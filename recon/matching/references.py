"""Numbers of ours inside a text of the bank: invoice numbers, customer numbers, creditor references.

A ``Finder`` holds all numbers by their squashed form and, for each first five characters (three of shorter numbers),
the lengths that occur. A text is walked once; each place costs a look-up or two, whatever the number of items is
(users.md, pain 11).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final, Generic, TypeVar

from recon.matching.labels import is_another
from recon.matching.text import other_numbers, places, squashed, valid_mod97

# Shorter numbers stand in every text by chance; they are neither looked for nor found.
MIN_SEARCHED: Final = 3
# C3: "at least 5 characters" (users.md 2.2); shorter ones are found but never certain.
MIN_CERTAIN: Final = 5
# A run of letters of this length before or behind a number is a word whose blank the bank dropped, not a prefix.
_WORD: Final = 3
# Shorter words that introduce or follow a number.
_SHORT_WORDS: Final = frozenset(
    {"RE", "RG", "R", "NR", "NO", "IN", "ZU", "ZR", "KD", "VM", "AM", "U", "UND", "EU", "DA", "VD", "BZ"}
)
_JOINTS: Final = "-/._"

# Texts whose numbers are kept: those of a line and its details.
_KEPT_TEXTS: Final = 64
# A squashed text is cut off before it is read (``reading.MAX_TEXT``); capitals of a letter may be two.
_LONGEST: Final = 16_000
# By their first so many characters numbers are looked up: five tell a million numbers apart, three are there for short
# ones.
_HEADS: Final = {
    size: [slice(start, start + size) for start in range(_LONGEST)] for size in (MIN_CERTAIN, MIN_SEARCHED)
}

T = TypeVar("T")


class Standing(IntEnum):
    """How a found number stands in its text. ``INSIDE`` is part of something longer and no find at all; ``LOOSE``
    hangs together with other signs and may be another number; ``FULL`` stands by itself."""

    INSIDE = 0
    LOOSE = 1
    FULL = 2


@dataclass(frozen=True, slots=True)
class Hit:
    """A number found: its squashed form, the text as it stands, where (raw offsets), and how it stands."""

    key: str
    found: str
    start: int
    end: int
    standing: Standing
    reference: bool = False


@dataclass(frozen=True, eq=False)
class Finder(Generic[T]):
    """Numbers by squashed form, ready to be looked for in texts. The texts asked for last are kept: a line asks for its
    own several times."""

    values: Mapping[str, T]
    heads: Mapping[int, Mapping[str, tuple[int, ...]]]
    _asked: dict[str, list[tuple[int, int, str]]] = field(default_factory=dict)

    def occurrences(self, text: str) -> list[tuple[int, int, str]]:
        """Every place of a squashed text where a number stands: start, end, number."""
        found = self._asked.get(text)
        if found is None:
            if len(self._asked) >= _KEPT_TEXTS:
                self._asked.clear()
            found = self._asked[text] = self._search(text)
        return found

    def _search(self, text: str) -> list[tuple[int, int, str]]:
        found: list[tuple[int, int, str]] = []
        values = self.values
        # The innermost loop of all: every place of every text. The heads are cut off and looked up without Python.
        for size, heads in self.heads.items():
            places = _HEADS[size][: max(len(text) - size + 1, 0)]
            for start, lengths in enumerate(map(heads.get, map(text.__getitem__, places))):
                if lengths is not None:
                    for length in lengths:
                        key = text[start : start + length]
                        if key in values and len(key) == length:
                            found.append((start, start + length, key))
        return found


def finder(values: Mapping[str, T]) -> Finder[T]:
    """A finder for the numbers that are long enough to be looked for."""
    heads: dict[int, dict[str, set[int]]] = {}
    for head, length in {(key[:MIN_CERTAIN], len(key)) for key in values}:
        if length >= MIN_SEARCHED:
            size = MIN_CERTAIN if length >= MIN_CERTAIN else MIN_SEARCHED
            heads.setdefault(size, {}).setdefault(head[:size], set()).add(length)
    kept: dict[frozenset[int], tuple[int, ...]] = {}
    return Finder(values, {
        size: {
            head: kept.setdefault(frozenset(lengths), tuple(sorted(lengths, reverse=True)))
            for head, lengths in found.items()
        }
        for size, found in heads.items()
    })  # fmt: skip


def find(
    raw: str, numbers: Finder[T], others: Finder[Any] | None = None, names: frozenset[str] | None = None
) -> list[Hit]:
    """The numbers in a text, each with its standing; what lies inside a longer number is left out.

    ``others`` holds further known numbers (customer numbers) that may stand directly beside one of ``numbers``;
    ``names`` are words of the payer's name, given where ``numbers`` are invoices': then digits that are said to be
    something else (``labels``) are in doubt.
    """
    text = squashed(raw)
    occurrences = numbers.occurrences(text)
    if not occurrences:
        return []
    where = places(raw)
    spans = [(where[start], where[end - 1] + 1) for start, end, _ in occurrences]
    # Most lie inside longer digits: they end here, and only their places count for what touches them.
    standing_apart = [
        (span, key, reference)
        for span, (first, last, key) in zip(spans, occurrences, strict=True)
        if (reference := first >= 4 and text[first - 4 : first - 2] == "RF" and _is_rf(text[first - 4 : last]))
        or not _within_digits(raw, *span)
    ]
    if not standing_apart:
        return []
    guarded = other_numbers(raw)
    starts, ends = _marks(spans, guarded, others, text, where)
    hits = []
    for (start, end), key, reference in standing_apart:
        standing = (
            Standing.FULL
            if reference
            else min(
                _left(raw, start, ends), right_of(raw, end, starts), guard(start, end, guarded), _letter_lent(raw, end)
            )
        )
        if standing is Standing.FULL and not reference:
            digits = names is not None and key[0].isdigit() and is_another(raw, start, end, names)
            if digits or grouped(raw, start, end, starts, ends):
                standing = Standing.LOOSE
        if standing is not Standing.INSIDE:
            hits.append(Hit(key, raw[start:end], start, end, standing, reference))
    return _longest(hits)


def _within_digits(raw: str, start: int, end: int) -> bool:
    """Whether digits go on to the left or to the right of a number that begins or ends with one."""
    return (start > 0 and raw[start].isdigit() and raw[start - 1].isdigit()) or (
        end < len(raw) and raw[end - 1].isdigit() and raw[end].isdigit()
    )


def marks_of(
    raw: str, guarded: list[tuple[str, int, int]], others: Finder[Any]
) -> tuple[frozenset[int], frozenset[int]]:
    """Where something known begins and ends in a text: what touches it is no part of it."""
    return _marks((), guarded, others, squashed(raw), places(raw))


def _marks(
    spans: Iterable[tuple[int, int]],
    guarded: list[tuple[str, int, int]],
    others: Finder[Any] | None,
    text: str,
    where: list[int],
) -> tuple[frozenset[int], frozenset[int]]:
    marks = {*spans, *((start, end) for _, start, end in guarded)}
    if others is not None:
        marks |= {(where[start], where[end - 1] + 1) for start, end, _ in others.occurrences(text)}
    return frozenset(start for start, _ in marks), frozenset(end for _, end in marks)


def _is_rf(text: str) -> bool:
    """``RF``, two check digits, at most 21 characters (ISO 11649)."""
    return text[2:4].isdigit() and len(text) <= 25 and valid_mod97(text)


def _longest(hits: Iterable[Hit]) -> list[Hit]:
    """Drop hits that lie within a longer one."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.start)):
        if not any(other.start <= hit.start and hit.end <= other.end and other.key != hit.key for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda hit: (hit.start, hit.end))


def _left(raw: str, start: int, ends: frozenset[int]) -> Standing:
    if start == 0:
        return Standing.FULL
    before = raw[start - 1]
    if before.isdigit():
        if raw[start].isdigit():
            return Standing.INSIDE
        return Standing.FULL if start in ends else Standing.LOOSE
    at = start - 1 if before in _JOINTS else start
    if before.isalpha() or (before in _JOINTS and before != "."):
        word = at
        while word > 0 and raw[word - 1].isalpha():
            word -= 1
        if before.isalpha() and (cut := _word_cut(raw, start)) is not None:
            return cut
        if word < at:
            return Standing.FULL if _is_word(raw[word:at]) else Standing.LOOSE
    if at < start and at > 0 and raw[at - 1].isdigit() and raw[start].isdigit():
        return Standing.FULL if at in ends else Standing.LOOSE
    return Standing.FULL


def _word_cut(raw: str, start: int) -> Standing | None:
    """A number that begins in the middle of a word: the ``r`` of ``Betr. 10610`` or ``Kundennr 10381`` is the word's,
    not the number's. None where its letters hang together with its digits, as where a blank was dropped."""
    at = start
    while at < len(raw) and raw[at].isalpha():
        at += 1
    if at == start or at == len(raw) or raw[at].isdigit() or raw[at] in "-/_":
        return None
    return Standing.INSIDE if at - start == 1 else Standing.LOOSE


def _letter_lent(raw: str, end: int) -> Standing:
    """A number that ends with the first letters of a word: the ``B`` of ``2026/0815 Betrag`` is the word's, not the
    number's. Tied to its digits, as where a blank was dropped, the letter may be its own: surely so where the word has
    a capital of its own (``2026/0815-ABetrag``)."""
    if end == len(raw) or not raw[end].isalpha() or not raw[end - 1].isalpha():
        return Standing.FULL
    at = end
    while at > 0 and raw[at - 1].isalpha():
        at -= 1
    if at == 0 or raw[at - 1].isspace() or raw[at - 1] in ".,;:":
        return Standing.INSIDE
    return Standing.FULL if _capital_after(raw, end) else Standing.LOOSE


def _capital_after(raw: str, end: int) -> bool:
    return raw[end - 1].isupper() and raw[end].isupper() and raw[end + 1 : end + 2].islower()


def right_of(raw: str, end: int, starts: frozenset[int]) -> Standing:
    """How a number stands towards what follows it."""
    if end == len(raw):
        return Standing.FULL
    after = raw[end]
    if after.isdigit():
        if raw[end - 1].isdigit():
            return Standing.INSIDE
        return Standing.FULL if end in starts else Standing.LOOSE
    at = end + 1 if after in _JOINTS else end
    if after.isalpha() or (after in _JOINTS and after != "."):
        word = at
        while word < len(raw) and raw[word].isalpha():
            word += 1
        if word > at:
            dated = raw[at : word + 1].upper() == "V."  # "v. 18.09.2026", its blank dropped
            return Standing.FULL if dated or at in starts or _is_word(raw[at:word]) else Standing.LOOSE
    if at > end and at < len(raw) and raw[at].isdigit() and raw[end - 1].isalnum():
        return Standing.FULL if at in starts else Standing.LOOSE
    return Standing.FULL


def _is_word(letters: str) -> bool:
    return len(letters) >= _WORD or letters.upper() in _SHORT_WORDS


def guard(start: int, end: int, guarded: list[tuple[str, int, int]]) -> Standing:
    """Never inside a date, an amount, an IBAN or a telephone number; around one (``RE-2026-08-15``) is fine."""
    worst = Standing.FULL
    for kind, first, last in guarded:
        if last <= start or end <= first:
            continue
        if (start, end) == (first, last):
            # The number itself looks like a date or a telephone number: possible, but not certain.
            worst = min(worst, Standing.INSIDE if kind == "amount" else Standing.LOOSE)
        elif kind == "amount" or not (start <= first and last <= end):
            worst = min(worst, Standing.LOOSE if kind == "phone" else Standing.INSIDE)
    return worst


def grouped(raw: str, start: int, end: int, starts: frozenset[int], ends: frozenset[int]) -> bool:
    """Whether the number is cut out of a longer row of digits in groups (``1234 5678 9012``)."""
    inner = any(
        raw[at].isspace() and raw[at - 1].isdigit() and raw[at + 1].isdigit() for at in range(start + 1, end - 1)
    )
    if not inner:
        return False
    left = start >= 2 and raw[start - 1].isspace() and raw[start - 2].isdigit() and start - 1 not in ends
    right = end + 1 < len(raw) and raw[end].isspace() and raw[end + 1].isdigit() and end + 1 not in starts
    return (left and raw[start].isdigit()) or (right and raw[end - 1].isdigit())
