"""Numbers of ours inside a text of the bank: invoice numbers, customer numbers, creditor references.

A number that is no part of longer digits has its first digit where digits of the text begin. A ``Finder`` therefore
holds its numbers by their first five characters from the first digit on: a text costs a look-up or two for each of its
groups of digits, whatever the number of items is (users.md, pain 11).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice, repeat
from operator import itemgetter, sub
from string import ascii_uppercase
from typing import Final, Generic, TypeVar

from msgspec import Struct

from recon.matching.labels import is_another
from recon.matching.text import HEAD, Text, valid_mod97

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

# Numbers that are compared by their beginnings at once.
_AT_ONCE: Final = 1_000
# The sizes of heads: the shorter ones are of numbers that end before.
_HEADS: Final = (HEAD, 3, 1)

# How many letters stand before the first digit of a number, and how long the number is.
Shape = tuple[int, int]
# The shapes of the numbers that have a head, by the head's size.
Heads = Mapping[int, Mapping[str, Sequence[Shape]]]
T = TypeVar("T")


class Standing(IntEnum):
    """How a found number stands in its text. ``INSIDE`` is part of something longer and no find at all; ``LOOSE``
    hangs together with other signs and may be another number; ``FULL`` stands by itself."""

    INSIDE = 0
    LOOSE = 1
    FULL = 2


# Made for every line by the dozen: Structs, as lines are (docs/decisions/0009).
class Hit(Struct, frozen=True, gc=False):
    """A number found: its squashed form, the text as it stands, where (raw offsets), and how it stands."""

    key: str
    found: str
    start: int
    end: int
    standing: Standing
    reference: bool = False


class Marks(Struct, frozen=True, gc=False):
    """Where something known begins and ends in a text: what touches it is no part of it."""

    starts: frozenset[int]
    ends: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Finder(Generic[T]):
    """Numbers by squashed form, ready to be looked for in texts. ``words`` are the numbers without any digit, by their
    length: they alone are looked for at every place of a text. ``prefixes`` are the letters that numbers begin with."""

    values: Mapping[str, T]
    heads: Heads
    words: Mapping[int, Collection[str]]
    prefixes: frozenset[str]

    def occurrences(self, text: Text) -> list[tuple[int, int, str]]:
        """Where numbers stand in a squashed text: start, end, number. Those within longer digits are left out."""
        flat, values, stops = text.flat, self.values, text.stops
        found = []
        for size, heads in self.heads.items():
            asked = text.heads if size == HEAD else [head[:size] for head in text.heads]
            # Most texts hold nothing of most kinds of numbers.
            if heads.keys().isdisjoint(asked):
                continue
            for at, head in zip(text.begins, asked, strict=True):
                for letters, length in heads.get(head, ()):
                    start = at - letters
                    end = start + length
                    if end not in stops and flat[end - 1 : end].isdigit():
                        continue
                    if (key := flat[start:end]) in values and len(key) == length:
                        found.append((start, end, key))
        for length, words in self.words.items():
            found += [(at, at + length, key) for at in range(len(flat)) if (key := flat[at : at + length]) in words]
        return found


def finder(values: Mapping[str, T]) -> Finder[T]:
    """A finder for the numbers that are long enough to be looked for."""
    begun, prefixes = _begun(values)
    heads: dict[int, dict[str, tuple[Shape, ...]]] = {}
    kept: dict[tuple[Shape, ...], tuple[Shape, ...]] = {}
    words: dict[int, set[str]] = {}
    for shape in sorted(begun):
        letters, length = shape
        if length < MIN_SEARCHED:
            continue
        if letters == length:
            words[length] = set()
            continue
        size = _head_size(length - letters)
        begins = begun[shape] if size == HEAD else {head[:size] for head in begun[shape]}
        held = heads.setdefault(size, {})
        fresh = begins.difference(held)
        for head in begins - fresh:
            shapes = (*held[head], shape)
            held[head] = kept.setdefault(shapes, shapes)
        held.update(dict.fromkeys(fresh, (shape,)))
    for key in values if words else ():
        if len(key) in words and key.isalpha():
            words[len(key)].add(key)
    return Finder(values, heads, words, prefixes)


def _begun(keys: Iterable[str]) -> tuple[Mapping[Shape, set[str]], frozenset[str]]:
    """The heads of numbers by their shape, and the letters that numbers begin with: many numbers, few of these."""
    left = iter(keys)
    heads: dict[Shape, set[str]] = {}
    prefixes: set[str] = set()
    while some := list(islice(left, _AT_ONCE)):
        tails = map(str.lstrip, some, repeat(ascii_uppercase))
        # Numbers that begin alike as far as that have letters and head alike.
        front = slice(max(map(sub, map(len, some), map(len, tails))) + HEAD)
        for length, begin in set(zip(map(len, some), map(itemgetter(front), some), strict=True)):
            tail = begin.lstrip(ascii_uppercase)
            letters = len(begin) - len(tail)
            prefixes.add(begin[:letters])
            held = heads.get((letters, length))
            if held is None:
                held = heads[letters, length] = set()
            held.add(tail[:HEAD])
    return heads, frozenset(filter(None, prefixes))


def _head_size(length: int) -> int:
    """How long the head of a number is of which so much is left from its first digit on."""
    return next((size for size in _HEADS if size <= length), 0)


def find(text: Text, numbers: Finder[T], beside: Sequence[Hit] = (), names: frozenset[str] | None = None) -> list[Hit]:
    """The numbers in a text, each with its standing; what lies inside a longer number is left out.

    ``beside`` are other numbers found in the text (customer numbers), that may stand directly beside one of
    ``numbers``; ``names`` are words of the payer's name, given where ``numbers`` are invoices': then digits that are
    said to be something else (``labels``) are in doubt.
    """
    occurrences = numbers.occurrences(text)
    if not occurrences:
        return []
    raw, flat, where = text.raw, text.flat, text.places
    may_refer = "RF" in flat
    apart: list[tuple[int, int, str, bool]] = []
    for first, last, key in occurrences:
        start, end = where[first], where[last - 1] + 1
        reference = may_refer and _is_reference(flat, first, last)
        if reference or not (may_refer and _goes_on(raw, start)):
            apart.append((start, end, key, reference))
    hits = []
    marks = None
    for start, end, key, reference in apart:
        standing = Standing.FULL if reference else guard(start, end, text.others)
        if not reference and not _is_clear(raw, start, end):
            marks = marks or marks_of(text, beside, ((start, end) for start, end, _, _ in apart))
            standing = min(standing, _among_others(raw, start, end, marks))
        if standing is Standing.FULL and names is not None and not reference and key[0].isdigit():
            standing = Standing.LOOSE if is_another(raw, start, end, names) else standing
        if standing is not Standing.INSIDE:
            hits.append(Hit(key, raw[start:end], start, end, standing, reference))
    return _longest(hits) if len(hits) > 1 else hits


def _goes_on(raw: str, start: int) -> bool:
    """Whether digits begin before a place."""
    return start > 0 and raw[start].isdigit() and raw[start - 1].isdigit()


def marks_of(text: Text, known: Iterable[Hit], spans: Iterable[tuple[int, int]] = ()) -> Marks:
    """Where something known begins and ends in a text: numbers of ours and what is no number of ours."""
    marks = {*spans, *((hit.start, hit.end) for hit in known), *((start, end) for _, start, end in text.others)}
    return Marks(frozenset(start for start, _ in marks), frozenset(end for _, end in marks))


def _is_reference(flat: str, first: int, last: int) -> bool:
    """Whether ``RF`` and two check digits stand before a number, at most 25 characters in all (ISO 11649)."""
    start = first - 4
    if start < 0 or flat[start : start + 2] != "RF":
        return False
    return flat[start + 2 : first].isdigit() and last - start <= 25 and valid_mod97(flat[start:last])


def _is_clear(raw: str, start: int, end: int) -> bool:
    """Whether nothing touches a number, and no blank is in it: then nothing around it can make it another."""
    before = raw[start - 1] if start else " "
    after = raw[end] if end < len(raw) else " "
    touched = before.isalnum() or after.isalnum() or before in _JOINTS or after in _JOINTS
    return not touched and len(raw[start:end].split()) == 1


def _among_others(raw: str, start: int, end: int, marks: Marks) -> Standing:
    """How a number stands towards what is before and behind it."""
    standing = min(_left(raw, start, marks), right_of(raw, end, marks), _letter_lent(raw, end))
    return Standing.LOOSE if standing is Standing.FULL and grouped(raw, start, end, marks) else standing


def _longest(hits: Iterable[Hit]) -> list[Hit]:
    """Drop hits that lie within a longer one."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.start)):
        if not any(other.start <= hit.start and hit.end <= other.end and other.key != hit.key for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda hit: (hit.start, hit.end))


def _left(raw: str, start: int, marks: Marks) -> Standing:
    if start == 0:
        return Standing.FULL
    before = raw[start - 1]
    if before.isdigit():
        if raw[start].isdigit():
            return Standing.INSIDE
        return Standing.FULL if start in marks.ends else Standing.LOOSE
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
        return Standing.FULL if at in marks.ends else Standing.LOOSE
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


def right_of(raw: str, end: int, marks: Marks) -> Standing:
    """How a number stands towards what follows it."""
    if end == len(raw):
        return Standing.FULL
    after = raw[end]
    if after.isdigit():
        if raw[end - 1].isdigit():
            return Standing.INSIDE
        return Standing.FULL if end in marks.starts else Standing.LOOSE
    at = end + 1 if after in _JOINTS else end
    if after.isalpha() or (after in _JOINTS and after != "."):
        word = at
        while word < len(raw) and raw[word].isalpha():
            word += 1
        if word > at:
            dated = raw[at : word + 1].upper() == "V."  # "v. 18.09.2026", its blank dropped
            return Standing.FULL if dated or at in marks.starts or _is_word(raw[at:word]) else Standing.LOOSE
    if at > end and at < len(raw) and raw[at].isdigit() and raw[end - 1].isalnum():
        return Standing.FULL if at in marks.starts else Standing.LOOSE
    return Standing.FULL


def _is_word(letters: str) -> bool:
    return len(letters) >= _WORD or letters.upper() in _SHORT_WORDS


def guard(start: int, end: int, guarded: Sequence[tuple[str, int, int]]) -> Standing:
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


def grouped(raw: str, start: int, end: int, marks: Marks) -> bool:
    """Whether the number is cut out of a longer row of digits in groups (``1234 5678 9012``)."""
    inner = any(
        raw[at].isspace() and raw[at - 1].isdigit() and raw[at + 1].isdigit() for at in range(start + 1, end - 1)
    )
    if not inner:
        return False
    left = start >= 2 and raw[start - 1].isspace() and raw[start - 2].isdigit() and start - 1 not in marks.ends
    right = end + 1 < len(raw) and raw[end].isspace() and raw[end + 1].isdigit() and end + 1 not in marks.starts
    return (left and raw[start].isdigit()) or (right and raw[end - 1].isdigit())
