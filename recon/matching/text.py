"""Texts of the bank in the form in which numbers are looked for: folded to ``A`` to ``Z`` and ``0`` to ``9``.

Banks cut a purpose text into pieces of 27 characters and drop blanks at the cuts (domain.md 1.4), people add blanks,
hyphens and slashes: a number is therefore looked for in the text without any of them. ``places`` leads back to the
text as it stands, so that evidence can quote it.
"""

import re
import unicodedata
from datetime import date
from functools import lru_cache
from typing import Final

_DROPPED = re.compile(r"[^0-9A-Z]+")
# For ASCII texts in one step: capitals, and nothing but letters and digits.
_SQUASH: Final = {
    code: ord(chr(code).upper()) if chr(code).isalnum() else None for code in range(128)
}  # fmt: skip
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


# A text is asked for its places by all who look for numbers in it.
@lru_cache(maxsize=64)
def places(raw: str) -> list[int]:
    """Where in ``raw`` each character of ``squashed(raw)`` comes from.

    >>> places("R-1 ü")
    [0, 2, 4, 4]
    """
    if raw.isascii():
        return [at for at, char in enumerate(raw) if char.isalnum()]
    return [at for at, char in enumerate(raw) for kept in fold_char(char) if "0" <= kept <= "9" or "A" <= kept <= "Z"]


def valid_mod97(text: str) -> bool:
    """ISO 7064 mod 97-10, as IBANs and RF creditor references (ISO 11649) carry it.

    >>> valid_mod97("RF18539007547034"), valid_mod97("DE89370400440532013000"), valid_mod97("RF19539007547034")
    (True, True, False)
    """
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


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
_PHONE = (
    r"(?P<phone>(?:(?:(?<!\w)\+\d{2}|(?<![\w/-])00[1-9]\d(?=(?:[\s/()-]*\d){8}))|\b(?:TEL(?:EFON)?|FON|PHONE|MOBIL|HANDY|FAX)\b)"
    r"[\s:./-]*\d[\d\s/()-]{4,}\d"
    r"|(?<![\w/-])0[1-9]\d{1,3}[ /-]\d{5,8}(?!\d))"
)
_AMOUNT = r"(?P<amount>(?<![\d.,])(?:\d{1,3}(?:\.\d{3})+|\d+),\d{2}(?![\d,])|(?<![\d.,])\d+\.\d{2}(?![\d.]))"
_OTHERS = re.compile("|".join((_IBAN, _CREDITOR, _PHONE, _DATE, _AMOUNT)), re.IGNORECASE | re.ASCII)


# A text is asked for its numbers several times in a row.
@lru_cache(maxsize=64)
def other_numbers(raw: str) -> list[tuple[str, int, int]]:
    """Dates, amounts, IBANs, creditor identifiers and telephone numbers of a text: kind, start, end.

    >>> other_numbers("vom 15.11.2026 119,00 EUR")
    [('date', 4, 14), ('amount', 15, 21)]
    """
    spans = []
    at = 0
    while found := _OTHERS.search(raw, at):
        kind = next(name for name in ("iban", "creditor", "phone", "date", "amount") if found[name] is not None)
        end = found.end()
        if kind == "iban":
            end = found.start() + _iban_length(found[0])
        elif kind == "date" and not _is_date(found):
            end = found.start()
        if end > found.start():
            spans.append((kind, found.start(), end))
        at = max(end, found.start() + 1)
    return spans


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
