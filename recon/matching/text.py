"""Texts of the bank in the form in which numbers are looked for: folded to ``A`` to ``Z`` and ``0`` to ``9``.

Banks cut a purpose text into pieces of 27 characters and drop blanks at the cuts (domain.md 1.4), people add blanks,
hyphens and slashes: a number is therefore looked for in the text without any of them. ``places`` leads back to the
text as it stands, so that evidence can quote it.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from functools import lru_cache
from itertools import compress, islice
from typing import Final

from msgspec import Struct

_DROPPED = re.compile(r"[^0-9A-Z]+")
# For ASCII texts in one step: capitals, and nothing but letters and digits.
_SQUASH: Final = {
    code: ord(chr(code).upper()) if chr(code).isalnum() else None for code in range(128)
}  # fmt: skip
_SQUASH_ROWS: Final = {**_SQUASH, ord("\n"): ord("\n")}
# Texts that are made one text: with more of them each takes longer, for they no longer lie in the cache.
_AT_ONCE: Final = 1_000
_DIGITS = re.compile("[0-9]+")
# By so many characters from their first digit on numbers are looked up: they tell a million numbers apart.
HEAD: Final = 5
# A number may begin in the middle of digits only behind "RF" and its check digits (ISO 11649).
_AFTER_RF = re.compile("RF[0-9]{2}(?=[0-9])")
_GERMAN: Final = {"Ä": "AE", "Ö": "OE", "Ü": "UE", "ẞ": "SS", "Æ": "AE", "Ø": "O", "Å": "A", "Ł": "L", "Đ": "D"}


@lru_cache(maxsize=4096)
def fold_char(char: str) -> str:
    """One character in capitals without umlaut or accent: ``ä`` is ``AE``, ``é`` is ``E``, ``ß`` is ``SS``."""
    upper = char.upper()
    if upper in _GERMAN:
        return _GERMAN[upper]
    bare = unicodedata.normalize("NFKD", upper)
    return "".join(c for c in bare if not unicodedata.combining(c)) or char


def folded(raw: str) -> str:
    """A text in capitals, umlauts and accents folded, everything else kept.

    >>> folded("Müller & Söhne, Straße")
    'MUELLER & SOEHNE, STRASSE'
    """
    return raw.upper() if raw.isascii() else "".join(map(fold_char, raw))


def squashed(raw: str) -> str:
    """Only the letters and digits of a folded text.

    >>> squashed("Rg. RE-2026/ 08 15"), squashed("Büro-1")
    ('RGRE20260815', 'BUERO1')
    """
    if raw.isascii():
        return raw.translate(_SQUASH)
    return _DROPPED.sub("", "".join(map(fold_char, raw)))


def all_squashed(texts: Iterable[str]) -> Iterator[str]:
    """``squashed`` for many short texts."""
    return each(texts, _SQUASH_ROWS, squashed)


def each(texts: Iterable[str], table: Mapping[int, int | str | None], one: Callable[[str], str]) -> Iterator[str]:
    """What ``one`` makes of each of many short texts, where for ASCII ``table`` says the same and keeps line ends: a
    thousand of them are one text, for the step costs more than the letters."""
    left = iter(texts)
    while some := list(islice(left, _AT_ONCE)):
        text = "\n".join(some)
        rows = text.translate(table).split("\n") if text.isascii() else []
        yield from rows if len(rows) == len(some) else map(one, some)


def places(raw: str) -> list[int]:
    """Where in ``raw`` each character of ``squashed(raw)`` comes from.

    >>> places("R-1 ü")
    [0, 2, 4, 4]
    """
    if raw.isascii():
        return list(compress(range(len(raw)), map(str.isalnum, raw)))
    return [at for at, char in enumerate(raw) for kept in fold_char(char) if "0" <= kept <= "9" or "A" <= kept <= "Z"]


def valid_mod97(text: str) -> bool:
    """ISO 7064 mod 97-10, as IBANs and RF creditor references (ISO 11649) carry it.

    >>> valid_mod97("RF18539007547034"), valid_mod97("DE89370400440532013000"), valid_mod97("RF19539007547034")
    (True, True, False)
    """
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


# Made for every line: a Struct, as lines are (docs/decisions/0009).
class Text(Struct, frozen=True, gc=False):
    """A text of the bank with what all ask of it that look for numbers in it: made once (``text_of``).

    ``flat`` is the squashed text, ``places`` lead from it back to ``raw``. ``digits`` are the groups of digits of
    ``raw``. ``begins`` are the places of ``flat`` where the digits of a number may begin, ``heads`` the characters
    there by which it is looked up; ``stops`` are the places where digits end. ``others`` is what in ``raw`` looks like
    a number and is none of ours (``other_numbers``): kind, start, end.
    """

    raw: str
    flat: str
    places: Sequence[int]
    digits: Sequence[tuple[int, int]]
    begins: Sequence[int]
    heads: Sequence[str]
    stops: Set[int]
    others: Sequence[tuple[str, int, int]]


def text_of(raw: str) -> Text:
    """A text made ready to be searched.

    >>> text = text_of("RE-2026 vom 1.2.")
    >>> text.digits, text.begins, text.heads, text.others
    ([(3, 7), (12, 13), (14, 15)], [2, 9, 10], ['2026V', '12', '2'], [('date', 12, 16)])
    """
    flat, where, digits = squashed(raw), places(raw), _groups(raw)
    begins: list[int] = []
    stops: set[int] = set()
    for start, end in digits:
        at = bisect_left(where, start)
        begins.append(at)
        stops.add(at + end - start)
    if "RF" in flat:
        begins = sorted({*begins, *(found.end() for found in _AFTER_RF.finditer(flat))})
    heads = [flat[at : at + HEAD] for at in begins]
    return Text(raw, flat, where, digits, begins, heads, stops, others_at(raw, _may_begin(raw, digits)))


def _groups(raw: str) -> list[tuple[int, int]]:
    return [found.span() for found in _DIGITS.finditer(raw)]


# What looks like a number and is none of ours. Alternatives in the order in which they are tried.
_DATE = (
    r"(?P<date>(?<![\d])(?:"
    r"(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.(?:\s?(?:\d{4}|\d{2}))?"
    r"|(?P<y2>(?:19|20)\d\d)(?P<s2>[-/.])(?P<m2>\d{1,2})(?P=s2)(?P<d2>\d{1,2})"
    r"|(?P<d3>\d{1,2})[/-](?P<m3>\d{1,2})[/-](?:\d{4}|\d{2})"
    r")(?!\d))"
)
_IBAN = (
    r"(?P<iban>(?:(?<=IBAN)|(?<![0-9A-Za-z]))(?!RF)[A-Za-z]{2}\d{2}"
    r"(?: ?[0-9A-Za-z]{4}){2,7}(?: ?[0-9A-Za-z]{1,3})?(?![0-9A-Za-z]))"
)
_CREDITOR = r"(?P<creditor>(?<![0-9A-Za-z])[A-Za-z]{2}\d{2}[0-9A-Za-z]{3}0\d{10}(?!\d))"
_CALLS: Final = ("TEL", "FON", "PHONE", "MOBIL", "HANDY", "FAX")
_CALLED = r"\b(?:TEL(?:EFON)?|FON|PHONE|MOBIL|HANDY|FAX)\b"
_PHONE = (
    r"(?P<phone>(?:(?:(?<!\w)\+\d{2}|(?<![\w/-])00[1-9]\d(?=(?:[\s/()-]*\d){8}))|" + _CALLED + ")"
    r"[\s:./-]*\d[\d\s/()-]{4,}\d"
    r"|(?<![\w/-])0[1-9]\d{1,3}[ /-]\d{5,8}(?!\d))"
)
_AMOUNT = r"(?P<amount>(?<![\d.,])(?:\d{1,3}(?:\.\d{3})+|\d+),\d{2}(?!,?\d)|(?<![\d.,])\d+\.\d{2}(?![\d.]))"
_OTHERS = re.compile("|".join((_IBAN, _CREDITOR, _PHONE, _DATE, _AMOUNT)), re.IGNORECASE | re.ASCII)
_CALL = re.compile(_CALLED, re.IGNORECASE | re.ASCII)
# What follows the first digits of a date or an amount.
_GOING_ON: Final = frozenset(".,/-")


def other_numbers(raw: str) -> list[tuple[str, int, int]]:
    """Dates, amounts, IBANs, creditor identifiers and telephone numbers of a text: kind, start, end.

    >>> other_numbers("vom 15.11.2026 119,00 EUR")
    [('date', 4, 14), ('amount', 15, 21)]
    """
    return others_at(raw, _may_begin(raw, _groups(raw)))


def others_at(raw: str, begins: Iterable[int]) -> list[tuple[str, int, int]]:
    """``other_numbers``, looked for at some places."""
    spans: list[tuple[str, int, int]] = []
    at = 0
    for begin in begins:
        if begin < at or (found := _OTHERS.match(raw, begin)) is None:
            continue
        kind, end = str(found.lastgroup), found.end()
        if kind == "iban":
            end = found.start() + _iban_length(found[0])
        elif kind == "date" and not _is_date(found):
            end = found.start()
        if end > found.start():
            spans.append((kind, found.start(), end))
        at = max(end, found.start() + 1)
    return spans


def _may_begin(raw: str, digits: Sequence[tuple[int, int]]) -> list[int]:
    """The places where ``_OTHERS`` may match: to ask it at every place costs five times as much."""
    found = []
    for start, end in digits:
        before = raw[start - 1] if start else " "
        if before == "+":
            found.append(start - 1)
        elif before.isalpha() and end - start > 1 < start:
            found.append(start - 2)
        if raw[end : end + 1] in _GOING_ON or raw[start] == "0":
            found.append(start)
    capitals = raw.upper()
    if digits and any(word in capitals for word in _CALLS):
        found = sorted({*found, *(call.start() for call in _CALL.finditer(raw))})
    return found


def dates_in(raw: str) -> list[tuple[date, str]]:
    """The full dates of a text, and as they stand there.

    >>> dates_in("Rechnung vom 28.01.26, 2026/3/1, 31.02.2026, 5.6.")
    [(datetime.date(2026, 1, 28), '28.01.26'), (datetime.date(2026, 3, 1), '2026/3/1')]
    """
    found = []
    for kind, start, end in other_numbers(raw):
        parts = re.findall(r"\d+", raw[start:end]) if kind == "date" else []
        if len(parts) == 3:
            year, month, day = parts if len(parts[0]) == 4 else reversed(parts)
            try:
                found.append((date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day)), raw[start:end]))
            except ValueError:
                continue  # 30 February is no day
    return found


def _iban_length(text: str) -> int:
    """How much of the text is an IBAN by its check digits; words that follow it are cut off, 0 where none is left."""
    while text and not valid_mod97(squashed(text)):
        text = text.rpartition(" ")[0]
    return len(text)


def _is_date(found: re.Match[str]) -> bool:
    day = int(found["d"] or found["d2"] or found["d3"])
    month = int(found["m"] or found["m2"] or found["m3"])
    try:
        date(2024, month, day)
    except ValueError:
        return False
    return True
