"""Invoice numbers without their prefix, with other leading zeros, or without the year before them.

What a number is made of is learned from the items themselves: its groups of digits (``2026`` and ``0815``), and the
letters before them, which tell one series from another (``RE``, ``GS``). Digits alone name an item only where no other
item, open or closed, has them.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from msgspec import Struct

from recon.matching.labels import is_another
from recon.matching.references import Hit, Marks, Standing, grouped, guard, marks_of, right_of
from recon.matching.table import ItemTable
from recon.matching.text import Text, each, folded, squashed
from recon.model.items import OpenItem

# Fewer digits that count (leading zeros do not) stand in many texts by chance: 815 is no invoice by itself.
MIN_SIGNIFICANT: Final = 5
# Fewer than these are not even looked for behind "Rechnung".
_MIN_LOOKED_FOR: Final = 3
# Digits that more items have than this say nothing of any of them.
_MAX_BEARING: Final = 50
# An invoice number has no more groups of digits, and no more digits, than these.
_MAX_GROUPS: Final = 4
_MAX_DIGITS: Final = 18
# Words that introduce a number and are no part of it, in the languages of our customers.
_INTRODUCING: Final = frozenset(
    {
        "R", "RE", "RG", "RN", "RNR", "RGN", "RGNR", "RENR", "RECH", "RECHN", "RECHNR", "RECHNUNG", "RECHNUNGEN",
        "RECHNUNGSNR", "RECHNUNGSNUMMER", "NR", "NO", "NUM", "NUMMER", "NUMBER", "INVOICE", "INV", "INVNO", "INVOICENO",
        "BILL", "BELEG", "BELEGNR", "BELEGNUMMER", "FAKTURA", "FACTURE", "FACTUUR", "FATTURA", "FACTURA",
    }
)  # fmt: skip
_GAP = re.compile(r"\s?[-/._]?\s?")
# Read backwards from the digits: a pattern that ends there would be tried at every place before.
_LETTERS = re.compile(r"([\s.:#/_-]{0,3})([^\W\d_]+)")
_HEAD = re.compile("[A-Z]+")
# A run of letters of this length is a word whose blank the bank dropped, not a prefix.
_WORD: Final = 3
# Letters at the front of a text that may belong to a number; a longer word is none of a number's.
_MAX_BEFORE: Final = 24
_KEPT: Final = {code: chr(code) if chr(code).isdigit() else " " for code in range(128)}
_KEPT_IN_ROWS: Final = {**_KEPT, ord("\n"): "\n"}
# So many shelves for the digits of all items: a million items leave some thousands on each.
_SHELVES: Final = 256


Kind = Literal["part", "prefix", "digits"]


@dataclass(frozen=True, slots=True)
class CoreIndex:
    """Items by all their digits and by their last group of digits, as whole numbers: on shelves by the last bits of
    these, each with the numbers, sorted, and the places of their items; a few bytes an item. ``prefixes`` are the
    letters that numbers begin with."""

    shelves: Sequence[tuple["array[int]", "array[int]"]]
    items: ItemTable
    prefixes: frozenset[str]

    def look_up(self, value: int) -> Sequence[int]:
        """The places of the items that have these digits, rising; none where too many have."""
        values, places = self.shelves[value % _SHELVES]
        at = bisect_left(values, value)
        if at == len(values) or values[at] != value:
            return ()
        end = bisect_right(values, value, at)
        return places[at:end] if end - at <= _MAX_BEARING else ()


class Core(Struct, frozen=True, gc=False):
    """Digits of an item found in a text. ``kind`` is ``part`` (of this item alone, five digits or more that count),
    ``prefix`` (other letters stand before them) or ``digits`` (too few, or other items have them, or they hang together
    with other signs). ``count`` is how many digits count."""

    item: OpenItem
    found: str
    start: int
    end: int
    kind: Kind
    count: int


def core_index(items: ItemTable, prefixes: frozenset[str]) -> CoreIndex:
    """Index items by their digits. ``prefixes`` are the letters that their numbers begin with."""
    shelves = [(array("q"), array("i")) for _ in range(_SHELVES)]
    put_value, put_place = [values.append for values, _ in shelves], [places.append for _, places in shelves]
    for at, spaced in enumerate(each(items.numbers, _KEPT_IN_ROWS, _spaced)):
        for value in _values(spaced.split()):
            put_value[value % _SHELVES](value)
            put_place[value % _SHELVES](at)
    # One shelf after the other: what sorting takes beside them is little.
    for shelf, (values, places) in enumerate(shelves):
        held = values.tolist()
        order = sorted(range(len(held)), key=held.__getitem__)
        shelves[shelf] = array("q", [held[at] for at in order]), array("i", [places[at] for at in order])
    return CoreIndex(shelves, items, prefixes)


def put_in(index: CoreIndex, more: ItemTable, items: ItemTable, prefixes: frozenset[str]) -> CoreIndex:
    """An index with a few more items, the last of ``items``; it takes the place of the old one."""
    for at, number in enumerate(more.numbers, len(items) - len(more)):
        for value in _values(groups_of(number)):
            values, places = index.shelves[value % _SHELVES]
            # Behind all with the same digits: places rise.
            to = bisect_right(values, value)
            values.insert(to, value)
            places.insert(to, at)
    return CoreIndex(index.shelves, items, prefixes)


def _values(groups: Sequence[str]) -> tuple[int, ...]:
    """All digits of a number as a whole number, and those of its last group where there are several."""
    digits = groups[0] if len(groups) == 1 else "".join(groups)
    if not 0 < len(digits) <= _MAX_DIGITS:
        return ()
    return (int(digits),) if len(groups) == 1 else (int(digits), int(groups[-1]))


def groups_of(number: str) -> list[str]:
    """The groups of digits of a number.

    >>> groups_of("RE-2026/0815"), groups_of("RE20260815"), groups_of("Bar")
    (['2026', '0815'], ['20260815'], [])
    """
    return _spaced(number).split()


def _spaced(number: str) -> str:
    """The digits of a number, anything between them as blanks."""
    return number.translate(_KEPT) if number.isascii() else " ".join(re.findall("[0-9]+", number))


class _Around(Struct, frozen=True, gc=False):
    """A text, where known things begin and end in it, and the words of the payer's name."""

    text: Text
    marks: Marks
    names: frozenset[str]


class _Piece(Struct, frozen=True, gc=False):
    """Neighbouring groups of digits of a text. ``hangs`` where a joint ties them to further digits."""

    start: int
    end: int
    groups: tuple[str, ...]
    hangs: bool


def cores(
    text: Text,
    index: CoreIndex,
    taken: Sequence[Hit],
    customers: Container[str],
    *,
    known: Sequence[Hit] = (),
    names: frozenset[str] = frozenset(),
) -> list[Core]:
    """The items whose digits stand in a text, where no number of ours stands in full (``taken``); never one of the
    ``customers``' numbers (``known`` are those found in the text), or what is a date, an amount, an IBAN."""
    spans = _left_over(text, taken)
    if sum([end - start for start, end in spans]) < _MIN_LOOKED_FOR:
        return []
    raw = text.raw
    marks = None
    kept: dict[int, Core] = {}
    for piece in _pieces(raw, spans):
        if _counting(piece.groups) < MIN_SIGNIFICANT and not _may_be_short(raw, piece.start, index):
            continue
        items = _having(piece.groups, index)
        if not items or squashed(raw[piece.start : piece.end]) in customers:
            continue
        if any(hit.standing is Standing.FULL and hit.start < piece.end and piece.start < hit.end for hit in known):
            continue
        marks = marks or marks_of(text, known)
        for core in _told(_Around(text, marks, names), piece, items, index):
            held = kept.get(core.item.id)
            if held is None or (core.kind == "part" and held.kind != "part"):
                kept[core.item.id] = core
    return [kept[key] for key in sorted(kept)]


def _left_over(text: Text, taken: Sequence[Hit]) -> list[tuple[int, int]]:
    """The groups of digits of a text that no number in full takes, and that are no date, amount or IBAN."""
    closed = [(start, end) for kind, start, end in text.others if kind != "phone"]
    for hit in taken:
        if hit.standing is Standing.FULL:
            # A creditor reference is taken with its "RF" and check digits.
            start = max(text.raw.upper().rfind("RF", 0, hit.start), 0) if hit.reference else hit.start
            closed.append((start, hit.end))
    left = []
    for start, end in text.digits:
        for first, last in closed:
            if first < end and start < last:
                break
        else:
            left.append((start, end))
    return left


def _pieces(raw: str, spans: Sequence[tuple[int, int]]) -> Iterator[_Piece]:
    for first, (start, _) in enumerate(spans):
        groups: list[str] = []
        for at in range(first, min(first + _MAX_GROUPS, len(spans))):
            if at > first and not _GAP.fullmatch(raw, spans[at - 1][1], spans[at][0]):
                break
            groups.append(raw[spans[at][0] : spans[at][1]])
            if sum(map(len, groups)) > _MAX_DIGITS:
                break
            before = first > 0 and _tied(raw, spans[first - 1][1], start)
            after = at + 1 < len(spans) and _tied(raw, spans[at][1], spans[at + 1][0])
            yield _Piece(start, spans[at][1], tuple(groups), before or after)


def _tied(raw: str, end: int, start: int) -> bool:
    """Whether a joint without a blank ties two groups of digits together."""
    return start - end == 1 and raw[end] in "-/._"


def _having(groups: tuple[str, ...], index: CoreIndex) -> dict[int, tuple[OpenItem, int]]:
    """The items with these digits, and how many of them count: all of an item's digits, its groups with other leading
    zeros, or its last group alone."""
    joined = "".join(groups)
    if len(joined.lstrip("0")) < _MIN_LOOKED_FOR:
        return {}
    whole = int(joined)
    values = [int(group) for group in groups]
    found: dict[int, tuple[OpenItem, int]] = {}
    for value in {whole, values[-1]}:
        for place in index.look_up(value):
            own = groups_of(index.items.numbers[place])
            same = int("".join(own)) == whole or [int(group) for group in own] == values
            tail = len(values) == 1 and int(own[-1]) == whole
            if same or tail:
                item = index.items.make(place)
                found[item.id] = (item, _counting(groups))
    return found


def _counting(groups: tuple[str, ...]) -> int:
    """How many digits of some groups count."""
    return sum([len(group.lstrip("0")) or 1 for group in groups])


def _before(raw: str, start: int) -> tuple[str, str]:
    """The letters before some digits, folded, and what stands between."""
    found = _LETTERS.match(raw[max(0, start - _MAX_BEFORE) : start][::-1])
    return (folded(found[2][::-1]), found[1][::-1]) if found else ("", "")


def _may_be_short(raw: str, start: int, index: CoreIndex) -> bool:
    """Whether few digits may be a number: only behind the letters of one or a word that introduces one."""
    letters, _ = _before(raw, start)
    return letters in _INTRODUCING or letters in index.prefixes


def _told(around: _Around, piece: _Piece, items: dict[int, tuple[OpenItem, int]], index: CoreIndex) -> Iterator[Core]:
    """The items of a piece, each with what may be said of it."""
    raw, marks, start, end = around.text.raw, around.marks, piece.start, piece.end
    standing = min(guard(start, end, around.text.others), right_of(raw, end, marks))
    if standing is Standing.INSIDE:
        return
    letters, joint = _before(raw, start)
    named_so = {key: held for key, held in items.items() if letters and _prefix(held[0]) == letters}
    hangs = piece.hangs and not ({start, start - 1} & marks.ends or {end, end + 1} & marks.starts)
    clear = standing is Standing.FULL and not hangs and not grouped(raw, start, end, marks)
    clear = clear and not is_another(raw, start, end, around.names)
    meant = named_so or items
    for item, count in meant.values():
        introduced = bool(named_so) or (letters in _INTRODUCING and letters not in index.prefixes)
        kind: Kind = "digits"
        if count < MIN_SIGNIFICANT:
            if not introduced or not clear:
                continue
        elif not introduced and _foreign(letters, joint, index):
            kind = "prefix"
        elif clear and len(meant) == 1:
            kind = "part"
        yield Core(item, raw[start:end], start, end, kind, count)


def _foreign(letters: str, joint: str, index: CoreIndex) -> bool:
    """Whether the letters before some digits are another number's: those of another series, or tied to the digits and
    no word."""
    if not letters or letters in index.prefixes:
        return bool(letters)
    if letters in _INTRODUCING:
        return False
    return (joint == "" and len(letters) < _WORD) or (joint in {"-", "/", "_"} and len(letters) <= _WORD + 2)


def _prefix(item: OpenItem) -> str:
    found = _HEAD.match(squashed(item.invoice_no))
    return found[0] if found else ""
