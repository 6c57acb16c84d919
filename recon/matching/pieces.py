"""Digits that a text has in pieces: ``2026 815`` for ``2026815``, where year and membership may stand side by side."""

import re
from typing import Final

from recon.matching.labels import says_invoice
from recon.matching.text import folded

# Where banks cut a purpose text: MT940 (27) and older transfers (35).
_CUTS: Final = (27, 35)
_GAPS = re.compile(r"(?<=\d)[^0-9A-Z]+(?=\d)")
_LETTER_APART = re.compile(r"\s[A-Z]\Z")


def in_pieces(found: str, number: str) -> bool:
    """Whether a number stands in a text with a gap between digits that it is not itself written with, or with its last
    letter apart. Blanks around a sign of its own are no matter; letters at its head make it whole, however it is
    written.

    >>> [in_pieces(found, "2026-0815") for found in ("2026-0815", "2026 - 0815", "20260815", "2026 0815", "2026/0815")]
    [False, False, False, True, True]
    >>> in_pieces("RE 2026 0815", "RE-2026-0815"), in_pieces("12 345", "12345"), in_pieces("815 a", "815-A")
    (False, True, True)
    """
    if not found[:1].isdigit() or found.isdigit() or found == number:
        return False
    text, own = folded(found), folded(number)
    gaps, at = _gaps(own), 0
    for gap in _GAPS.finditer(text):
        at = sum(map(str.isalnum, text[: gap.start()]))
        if (gap[0].strip() or " ") != gaps.get(at):
            return True
    return bool(_LETTER_APART.search(text)) and not _LETTER_APART.search(own)


def _gaps(number: str) -> dict[int, str]:
    """The signs between digits of a number, by how many letters and digits stand before them."""
    return {
        sum(map(str.isalnum, number[: gap.start()])): gap[0].strip() or " " for gap in _GAPS.finditer(number)
    }  # fmt: skip


def put_together(raw: str, start: int, end: int, number: str) -> bool:
    """Whether the text itself says that pieces are one invoice number: a word for invoice stands before them, or the
    only gap is where a bank cuts the text."""
    if says_invoice(raw, start):
        return True
    cuts = [at for at in range(start, end) if raw[at].isspace() and is_cut(raw, at)]
    return len(cuts) == 1 and not in_pieces(raw[start : cuts[0]] + raw[cuts[0] + 1 : end], number)


def is_cut(raw: str, at: int) -> bool:
    """Whether a blank stands where a bank has cut the text and every piece before it was joined with a blank.

    >>> is_cut("x" * 27 + " 5", 27), is_cut("x" * 27 + " " + "x" * 27 + " 5", 55), is_cut("x" * 26 + " 5", 26)
    (True, True, False)
    """
    return any(
        (at + 1) % (width + 1) == 0 and all(raw[cut].isspace() for cut in range(width, at, width + 1))
        for width in _CUTS
    )
