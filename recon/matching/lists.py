"""Lists and ranges of numbers, where only the first is written in full: ``RE-2026-0815/16``, ``1001-1003``."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from recon.matching.references import Finder, Hit, Standing

# A range of more numbers than this is no list of invoices that one payment settles.
MAX_RANGE: Final = 50
# A further number, of two digits behind a slash or of three behind another sign; no decimal or percent follows.
_NEXT = re.compile(
    r"(?:/\s?(\d{2,6})|\s?(?:,|;|\+|&|u\.|u\s?n\s?d|and)\s?(\d{3,6}))(?![\d%€]|[.,]\d|\s%)", re.IGNORECASE
)
# What makes a count of it, unless the numbers run on (``1001, 1002``).
_UNIT = re.compile(
    r"\s?(?:[A-Za-z]{1,2}(?![A-Za-z.])|EUR|St(?:ü|ue)ck|Tage|Wochen|Monate|Jahre|days|pieces)", re.IGNORECASE
)
_TO = re.compile(
    r"\s?(?=[-–—.…abdhjtuà])(?:-|–|—|\.{2,3}|…|(?:b\s?i\s?s|b\.)(?:\s?zu|\s?einschl(?:\.|ie(?:ß|ss)lich)?|\s?inkl\.?)?|t/m|t\.m\.|tot|to|thru|"
    r"through|until|à|jusqu'à|au|al|hasta|do)\s?",
    re.IGNORECASE,
)
_SHORT_END = re.compile(r"(\d{2,6})(?![\d%]|[.,/-]\d)")
_TAIL = re.compile(r"\d+\Z")


def listed(raw: str, hits: Sequence[Hit], numbers: Finder[Any]) -> list[Hit]:
    """The known numbers that a text lists in short behind a number written in full, and those within a range."""
    starts = {hit.start: hit for hit in hits}
    found: dict[str, Hit] = {}
    for hit in hits:
        if hit.end == len(raw):
            continue
        for key, start, end in (*_following(raw, hit), *_within(raw, hit, starts)):
            if key in numbers.values and key != hit.key:
                found.setdefault(key, Hit(key, raw[start:end], start, end, Standing.LOOSE))
    written = {hit.key for hit in hits}
    return [found[key] for key in sorted(found) if key not in written]


def _following(raw: str, hit: Hit) -> Iterator[tuple[str, int, int]]:
    at, last = hit.end, hit.key
    while (more := _NEXT.match(raw, at)) is not None:
        key = _ending(hit.key, more[1] or more[2])
        if not _runs_on(last, key) and _UNIT.match(raw, more.end()):
            return
        yield key, hit.start, more.end()
        at, last = more.end(), key


def _runs_on(last: str, key: str) -> bool:
    """Whether a number is the next one."""
    one, other = _TAIL.search(last), _TAIL.search(key)
    return one is not None and other is not None and int(one[0]) + 1 == int(other[0])


def _within(raw: str, hit: Hit, starts: dict[int, Hit]) -> Iterator[tuple[str, int, int]]:
    """The numbers between two ends: the last one written in full or in short."""
    to = _TO.match(raw, hit.end)
    tail = _TAIL.search(hit.key) if to is not None else None
    if to is None or tail is None:
        return
    other = starts.get(to.end())
    short = _SHORT_END.match(raw, to.end())
    if other is not None:
        last, end = other.key, other.end
    elif short is not None:
        last, end = _ending(hit.key, short[1]), short.end()
    else:
        return
    head, first = hit.key[: tail.start()], int(tail[0])
    if len(last) != len(hit.key) or not last.startswith(head) or not last[tail.start() :].isdigit():
        return
    until = int(last[tail.start() :])
    if first < until < first + MAX_RANGE:
        for number in range(first + 1, until + 1):
            yield f"{head}{number:0{len(tail[0])}}", hit.start, end


def _ending(key: str, digits: str) -> str:
    """A number with its last digits replaced."""
    return key[: -len(digits)] + digits if key[-len(digits) :].isdigit() else ""
