"""Numbered sub-fields in :86: that differ from the German ones: the head is another, or the order (domain.md 1.8)."""

import re
from typing import Final

from recon.statements.mt940_details import FULL_SUBFIELD, Details, structured
from recon.statements.mt940_forms import details

# Without a code in front, or with letters in its place. What follows must be two sub-fields.
_HEADLESS: Final = re.compile(
    r"\s*(?P<letters>[A-Z]{3}(?=[+]00))?(?P<mark>[?~^<+])(?=(?:00|10|20|30|31|32)(?!\d{3}))"
    r"(?=.*(?P=mark)(?:2\d|3[0-48]))",
    re.DOTALL,
)
_CODE: Final = r"(?=00|10|2\d|3[0-48]|6[0-3])"
_IBAN: Final = re.compile(r"[A-Z]{2}\d\d[A-Z0-9]{8,30}\Z")
_BIC: Final = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?\Z")


def read_headless(value: str) -> Details | None:
    """Sub-fields with no code in front (``?20…?32…``) or with letters (``TBB+00…``); None where there are none.

    >>> found = read_headless("?20Miete?31DE02120300000000202051?32Max Muster")
    >>> found.text, found.name
    ('Miete', 'Max Muster')
    """
    head = _HEADLESS.match(value)
    # A plus begins a telephone number too, so it needs letters in front.
    if head is None or (head["mark"] == "+" and not head["letters"]):
        return None
    letters = f"{head['letters']} " if head["letters"] else ""
    return _ordered(value[head.end() :], head["mark"], letters)


def read_zero(value: str, mark: str) -> Details | None:
    """What follows ``000``, which is no code: Triodos with ``>``, others with sub-fields in any order."""
    return _triodos(value, mark) if mark == ">" and value.startswith("10") else _ordered(value, mark, "")


def _pieces(value: str, mark: str) -> dict[str, str]:
    """Content by code in the order of the field. A code that comes a second time is text of the one before it."""
    found: dict[str, str] = {}
    last = ""
    for piece in re.split(re.escape(mark) + _CODE, value):
        content = piece[2:].replace("\n", "")
        if piece.endswith("\n") and len(content) < FULL_SUBFIELD:
            content += " "  # a line that ended within a sub-field ended with a word
        if piece[:2] in found:
            found[last] += f"{mark}{piece[:2]}{content}"
        else:
            last = piece[:2]
            found[last] = content
    return found


def _ordered(value: str, mark: str, letters: str) -> Details | None:
    pieces = _pieces(value, mark)
    if letters and "00" in pieces:
        pieces["00"] = letters + pieces["00"]
    # The second half of a name is a mark only where there is none.
    if not any(sign.isalnum() for sign in pieces.get("33", "")):
        pieces.pop("33", None)
    return structured(mark.join(f"{code}{pieces[code]}" for code in sorted(pieces)), None, mark)


def _triodos(value: str, mark: str) -> Details:
    """``>10`` is the account of the other side, zeros where it has an IBAN: then ``>20`` is the BIC and ``>21`` the
    IBAN. ``>31`` is the own account. Name, address and purpose follow with nothing between, so they are text."""
    pieces = _pieces(value, mark)
    account = pieces.pop("10").strip()
    pieces.pop("31", None)
    bank = ""
    first, second = pieces.get("20", "").strip(), pieces.get("21", "").strip()
    if not account.strip("0"):
        account = ""
        if _BIC.match(first) and _IBAN.match(second):
            account, bank = pieces.pop("21").strip(), pieces.pop("20").strip()
    return details([("account", account), ("bank", bank), ("text", "".join(pieces.values()))])
