"""The :86: of ABN AMRO in two columns of 32 characters: ``LABEL: content`` in SEPA bookings, the account of the other
side first in older ones (domain.md 1.8)."""

import re
from collections.abc import Iterator
from typing import Final

from recon.statements.mt940_details import Details
from recon.statements.mt940_forms import details

_WIDTH: Final = 32
# Two columns and the blank between them.
_ROW: Final = 65

_SEPA: Final = re.compile(r"SEPA [A-Z]")
_START: Final = re.compile(r"SEPA [A-Z]|GIRO[ ]+\d|\d\d\.\d\d\.\d\d\.\d{3}")
_LABEL: Final = re.compile(
    r"(IBAN|BIC|NAAM|OMSCHRIJVING|KENMERK|MACHTIGING|INCASSANT|BETALINGSKENM\.|ID DEBITEUR|VOOR|[A-Z][A-Z ]{2,14}):[ ]?"
)
_MEANING: Final = {
    "IBAN": "account",
    "BIC": "bank",
    "NAAM": "name",
    "OMSCHRIJVING": "text",
    "KENMERK": "EREF",
    "MACHTIGING": "MREF",
    "INCASSANT": "CRED",
    "BETALINGSKENM.": "RF",
}
# A giro number, or a bank account in the dotted form that the Netherlands wrote before IBAN.
_OLD: Final = re.compile(
    r"(?:(?P<giro>GIRO)[ ]+(?P<number>\d{1,9})|(?P<dotted>\d\d\.\d\d\.\d\d\.\d{3}))(?:[ ]+(?P<name>.*))?\Z"
)


def read_columns(value: str) -> Details | None:
    """What a :86: in columns says; None where it is not in columns.

    >>> found = read_columns("SEPA OVERBOEKING                 IBAN: NL02ABNA0123456789\\nNAAM: BEISPIEL BV")
    >>> found.booking_text, found.account, found.name
    ('SEPA OVERBOEKING', 'NL02ABNA0123456789', 'BEISPIEL BV')
    """
    if not _START.match(value):
        return None
    rows = value.split("\n")
    if any(len(row.rstrip()) > _ROW for row in rows):
        return None
    cells = [cell for row in rows for cell in _cells(row)]
    if _SEPA.match(value):
        return _labelled(cells)
    old = _OLD.match(cells[0]) if cells else None
    if old is None:
        return None
    number = old["number"] or old["dotted"].replace(".", "")
    name, rest = old["name"] or "", _joined(cells[1:])
    if len(cells[0]) >= _WIDTH:
        # No column ends here, so nothing says where the name does.
        name, rest = "", value.partition(old["number"] or old["dotted"])[2]
    return details([("booking_text", old["giro"] or ""), ("account", number), ("name", name), ("text", rest)])


def _cells(row: str) -> Iterator[str]:
    for cell in (row[:_WIDTH], row[_WIDTH:].removeprefix(" ")):
        if cell.strip():
            yield cell.strip()


def _labelled(cells: list[str]) -> Details | None:
    groups: list[tuple[str, list[str]]] = [("", [])]
    for cell in cells:
        found = _LABEL.match(cell)
        if found is not None:
            groups.append((found[1], [cell]))
        else:
            groups[-1][1].append(cell)
    if not {"IBAN", "NAAM"} & {label for label, _ in groups}:
        return None
    pairs: list[tuple[str, str]] = []
    seen: set[str] = set()
    for label, own in groups:
        content = _joined(own)
        if not label:
            pairs.append(("booking_text", content))
        elif label in _MEANING and label not in seen:
            seen.add(label)
            pairs.append((_MEANING[label], content[len(label) + 1 :].strip()))
        else:
            pairs.append(("text", content))
    return details(pairs)


def _joined(cells: list[str]) -> str:
    """A full cell runs on into the next one; after a shorter one a blank was cut."""
    return "".join(cell if len(cell) >= _WIDTH else f"{cell} " for cell in cells).strip()
