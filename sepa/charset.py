"""The basic character set of SEPA and how other characters are turned into it (EPC217-08, Anlage 3).

Texts may hold ``a-z A-Z 0-9 / - ? : ( ) . , ' +`` and blank. German banks take a few characters more in texts, other
banks need not: opos turns them too, unless it is told to keep them.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

BASIC: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
# Anlage 3: characters beyond the basic set that banks in Germany must take in texts, never in identifiers.
GERMAN_EXTRA: Final = frozenset("ÄÖÜäöüß&*$%")
_BASIC_AND_GERMAN: Final = BASIC | GERMAN_EXTRA
UNMAPPED: Final = "."
# Stands in no text that comes from a file of XML.
_BETWEEN: Final = "\0"
MAX_NAME: Final = 70
MAX_REMITTANCE: Final = 140

_GERMAN: Final = {"Ä": "AE", "Ö": "OE", "Ü": "UE", "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ẞ": "SS"}
_SIGNS: Final = {
    "&": "+", ";": ",", "[": "(", "]": ")", "{": "(", "}": ")", "\\": "/", "|": "/", "_": "-", "~": "-", "`": "'",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "‘": "'", "’": "'", "‚": "'", "‛": "'",
    "´": "'", "′": "'", "⁄": "/", "€": "E",
}  # fmt: skip
_LATIN: Final = {
    "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "Å": "A", "å": "a", "Ł": "L", "ł": "l", "Đ": "D",
    "đ": "d", "Ð": "D", "ð": "d", "Þ": "TH", "þ": "th", "Ħ": "H", "ħ": "h", "ı": "i", "ĸ": "k", "Ŋ": "N", "ŋ": "n",
    "Ŧ": "T", "ŧ": "t",
}  # fmt: skip
# Greek by ISO 843, Cyrillic as written in Bulgaria: the two other alphabets of the EU.
_GREEK: Final = {
    "Α": "A", "Β": "V", "Γ": "G", "Δ": "D", "Ε": "E", "Ζ": "Z", "Η": "I", "Θ": "TH", "Ι": "I", "Κ": "K", "Λ": "L",
    "Μ": "M", "Ν": "N", "Ξ": "X", "Ο": "O", "Π": "P", "Ρ": "R", "Σ": "S", "Τ": "T", "Υ": "Y", "Φ": "F", "Χ": "CH",
    "Ψ": "PS", "Ω": "O",
}  # fmt: skip
_CYRILLIC: Final = {
    "А": "A", "Б": "B", "В": "V", "Г": "G", "Д": "D", "Е": "E", "Ж": "ZH", "З": "Z", "И": "I", "Й": "Y", "К": "K",
    "Л": "L", "М": "M", "Н": "N", "О": "O", "П": "P", "Р": "R", "С": "S", "Т": "T", "У": "U", "Ф": "F", "Х": "H",
    "Ц": "TS", "Ч": "CH", "Ш": "SH", "Щ": "SHT", "Ъ": "A", "Ь": "Y", "Ю": "YU", "Я": "YA",
}  # fmt: skip
_SMALL: Final = {"ς": "s"} | {capital.lower(): latin.lower() for capital, latin in (_GREEK | _CYRILLIC).items()}
_TABLE: Final = _GERMAN | _SIGNS | _LATIN | _GREEK | _CYRILLIC | _SMALL
_BLANKS = re.compile(r" {2,}")
_SAYS = re.compile(r"[^\W_]")
# The same sets as patterns: twenty times as fast on a text as a set is.
_ALL_BASIC = re.compile(f"[{re.escape(''.join(sorted(BASIC)))}]*\\Z")
_ALL_GERMAN = re.compile(f"[{re.escape(''.join(sorted(_BASIC_AND_GERMAN)))}]*\\Z")
_EACH_BASIC, _EACH_GERMAN = (
    re.compile(f"[{_BETWEEN}{re.escape(''.join(sorted(signs)))}]*\\Z") for signs in (BASIC, _BASIC_AND_GERMAN)
)


@dataclass(frozen=True, slots=True)
class Converted:
    """A text in the character set of SEPA, and what was replaced in it: (character, its replacement), each pair once,
    in the order of the text. ``cut`` is true where the text was too long."""

    text: str
    replaced: tuple[tuple[str, str], ...] = ()
    cut: bool = False


def convert(text: str, keep_umlauts: bool = False) -> Converted:
    """Turn a text into the basic set; ``keep_umlauts`` leaves what banks in Germany must take (Anlage 3).

    >>> convert("Jürgen Groß & Söhne").text
    'Juergen Gross + Soehne'
    >>> convert("Dvořák 😀").replaced
    (('ř', 'r'), ('á', 'a'), ('😀', '.'))

    Line ends and tabs become blanks, runs of blanks one blank, blanks at the ends go.
    """
    if _ALL_BASIC.match(text) is not None:
        return Converted(_tidy(text))
    kept = _BASIC_AND_GERMAN if keep_umlauts else BASIC
    composed = unicodedata.normalize("NFC", text)
    foreign = {character: _replacement(character) for character in dict.fromkeys(composed) if character not in kept}
    replaced = tuple((before, after) for before, after in foreign.items() if not before.isspace())
    return Converted(_tidy(composed.translate({ord(before): after for before, after in foreign.items()})), replaced)


def fit(text: str, limit: int, keep_umlauts: bool = False) -> Converted:
    """Converted, and cut where it is longer than ``limit`` characters. The text is empty where the original says
    nothing: blanks only, or nothing but characters that have no equivalent (since Anlage 3 V26.11 a bank may refuse a
    file for a blank text).

    >>> fit("Anna-Lena Beispiel", 9).text, fit(" \\t ", 70).text, fit("😀", 70).text
    ('Anna-Lena', '', '')
    """
    converted = convert(text, keep_umlauts)
    shown = converted.text[:limit].rstrip()
    if _SAYS.search(shown) is None:
        shown = ""
    return Converted(shown, converted.replaced, cut=len(converted.text) > limit)


def is_basic(text: str, german: bool = False) -> bool:
    """Whether a text holds nothing but the basic set; ``german`` allows what banks in Germany must take."""
    return (_ALL_GERMAN if german else _ALL_BASIC).match(text) is not None


def all_basic(texts: Iterable[str], german: bool = False) -> bool:
    """Whether each text holds nothing but the basic set and is not blank: many short ones at once."""
    joined = _BETWEEN.join(["", *texts, ""])
    pattern = _EACH_GERMAN if german else _EACH_BASIC
    return pattern.match(joined) is not None and _BETWEEN + _BETWEEN not in joined.replace(" ", "")


def _replacement(character: str) -> str:
    if character in _TABLE:
        return _TABLE[character]
    if character.isspace():
        return " "
    if unicodedata.category(character) in {"Cf", "Mn", "Cc"}:
        return ""
    base = [part for part in unicodedata.normalize("NFKD", character) if unicodedata.category(part) != "Mn"]
    turned = "".join(part if part in BASIC else _TABLE.get(part, UNMAPPED) for part in base)
    return turned if turned.strip(UNMAPPED) else UNMAPPED


def _tidy(text: str) -> str:
    return (_BLANKS.sub(" ", text) if "  " in text else text).strip(" ")
