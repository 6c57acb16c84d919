"""Texts as DATEV takes them: Windows-1252, no control characters, and the few characters of Belegfeld 1."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from sepa.charset import UNMAPPED, convert

# DATEV reads a file without a byte order mark as Windows-1252.
ENCODING: Final = "cp1252"
# Belegfeld 1 (DATEV's field table): letters, digits and these signs; no blank, no umlaut, no point.
MAX_NUMBER: Final = 36
_NUMBER: Final = re.compile(r"[^A-Za-z0-9$&%*+/-]", re.ASCII)
# Label of a batch (header field 17): letters, digits, blank and these signs.
_LABEL: Final = re.compile(r"[^A-Za-z0-9_./ ]", re.ASCII)
# Blanks of other widths, and hyphens that look like the one on the keyboard: no reader misses them.
_ALIKE: Final = dict.fromkeys(map(ord, "\u00a0\u202f\u2009\u2007\t\r\n"), " ") | dict.fromkeys(
    map(ord, "\u2010\u2011\u2212"), "-"
)
_BLANKS: Final = re.compile(r" {2,}")


@dataclass(frozen=True, slots=True)
class Fitted:
    """A text as it goes into a field, which characters were replaced (``č`` by ``c``), and whether it was cut."""

    text: str
    replaced: tuple[tuple[str, str], ...] = ()
    cut: bool = False


def fit(text: str, limit: int) -> Fitted:
    """A text of at most ``limit`` characters that Windows-1252 can write; umlauts and ß stay.

    >>> fit("Jürgen Groß", 60).text, fit("Dvořák\\nBrno", 60)
    ('Jürgen Groß', Fitted(text='Dvorák Brno', replaced=(('ř', 'r'),), cut=False))
    """
    plain = unicodedata.normalize("NFC", text).translate(_ALIKE)
    replaced: dict[str, str] = {}
    signs: list[str] = []
    for sign in plain:
        if unicodedata.category(sign) in {"Cc", "Cf"}:
            continue
        if not _writable(sign):
            found = convert(sign).text
            replaced[sign] = "?" if found in {UNMAPPED, ""} else found
        signs.append(replaced.get(sign, sign))
    told = _BLANKS.sub(" ", "".join(signs)).strip()
    short = told[:limit].rstrip()
    return Fitted(short, tuple(replaced.items()), short != told)


def number(text: str) -> str:
    """A document's number for Belegfeld 1: umlauts are written out, other characters that DATEV does not take become a
    hyphen, and what is too long loses its end.

    >>> number("RE-2026/0815"), number("RG 2026.11"), number("Ü_7")
    ('RE-2026/0815', 'RG-2026-11', 'UE-7')
    """
    if not _NUMBER.search(text) and len(text) <= MAX_NUMBER:
        return text
    told = "".join(
        sign if not _NUMBER.match(sign) else convert(sign).text for sign in unicodedata.normalize("NFC", text)
    )
    return _NUMBER.sub("-", told)[:MAX_NUMBER]


def label(text: str, limit: int) -> str:
    """The name of a batch: what DATEV does not take there becomes a blank.

    >>> label("Bank-Umsätze 11/2026", 30)
    'Bank Umsaetze 11/2026'
    """
    told = "".join(sign if not _LABEL.match(sign) else convert(sign).text for sign in text)
    return _BLANKS.sub(" ", _LABEL.sub(" ", told)).strip()[:limit].rstrip()


def _writable(sign: str) -> bool:
    try:
        sign.encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return True
