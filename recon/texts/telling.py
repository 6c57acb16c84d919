"""Values as they are told, wherever they are: in a table, on a sheet, in a cell of a spreadsheet."""

import re
from datetime import date
from typing import Final

from sepa.money import Language

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# A text that begins so would be run as a formula by a spreadsheet (OWASP, CSV injection): the signs, also in their wide
# forms and behind what nobody sees; and a tab or a line end, which some take off before they look.
_FORMULA: Final = re.compile(
    r"[\t\r\n]|[\s\x00-\x1f\x7f\u00ad\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]"
)


def day(value: date, language: Language) -> str:
    """``31.12.2026`` or ``31 Dec 2026``."""
    if language == "de":
        return value.strftime("%d.%m.%Y")
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def iban(value: str) -> str:
    """An IBAN as people write it, in groups of four.

    >>> iban("DE89370400440532013000")
    'DE89 3704 0044 0532 0130 00'
    """
    return " ".join(value[start : start + 4] for start in range(0, len(value), 4))


def printable(text: str) -> str:
    """A text without control characters: what a bank file says must not steer a terminal.

    >>> printable("a\\x1b[31mb")
    'a�[31mb'
    """
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def safe(text: str) -> str:
    """A text for a cell of a CSV file: one that a spreadsheet would take for a formula gets an apostrophe before it.

    >>> safe("=1+1"), safe(" +49 221"), safe("A=B"), safe("")
    ("'=1+1", "' +49 221", 'A=B', '')
    """
    return f"'{text}" if _FORMULA.match(text) else text
