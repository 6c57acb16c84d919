"""The payload of a GiroCode: the QR code for a SEPA credit transfer (EPC069-12 version 2.1).

Twelve lines, one kind of line end, empty lines at the end left out. Version 002 (the BIC may be missing inside the
EEA), UTF-8. The code itself is drawn by ``recon.outside.girocode`` with error correction level M; 331 bytes are what
the largest allowed QR version, 13, holds at that level.
"""

from dataclasses import dataclass
from typing import Final

from sepa.identifiers import IdentifierError, is_rf, needs_address, parse_bic, parse_iban
from sepa.money import plain

MAX_BYTES: Final = 331
MAX_QR_VERSION: Final = 13
MAX_NAME: Final = 70
MAX_TEXT: Final = 140
MAX_NOTE: Final = 70
MAX_PURPOSE: Final = 4
# 0.01 to 999,999,999.99 EUR, in cents.
MIN_AMOUNT: Final = 1
MAX_AMOUNT: Final = 99_999_999_999


class GiroCodeError(ValueError):
    """A transfer that no GiroCode can tell. ``reason`` is one of ``name``, ``iban``, ``bic``, ``bic-missing``,
    ``amount``, ``purpose``, ``reference``, ``both``, ``text``, ``note``, ``bytes``; ``value`` what was given."""

    def __init__(self, reason: str, value: str) -> None:
        super().__init__(f"{reason}: {value!r}")
        self.reason = reason
        self.value = value


@dataclass(frozen=True, slots=True)
class Transfer:
    """What a GiroCode asks for: ``amount`` in cents; either ``reference`` (RF) or ``text``. ``name`` is the name of the
    account's holder, letter for letter: banks compare it (verification of payee)."""

    name: str
    iban: str
    amount: int
    bic: str | None = None
    purpose: str = ""
    reference: str = ""
    text: str = ""
    note: str = ""


def payload(transfer: Transfer) -> str:
    """The lines of the code, joined by LF. Raises GiroCodeError."""
    lines = (
        "BCD",
        "002",
        "1",
        "SCT",
        _bic(transfer),
        _line(transfer.name, "name", MAX_NAME, needed=True),
        _iban(transfer.iban),
        _amount(transfer.amount),
        _purpose(transfer.purpose),
        _reference(transfer),
        _line(transfer.text, "text", MAX_TEXT),
        _line(transfer.note, "note", MAX_NOTE),
    )
    found = "\n".join(lines).rstrip("\n")
    size = len(found.encode())
    if size > MAX_BYTES:
        raise GiroCodeError("bytes", str(size))
    return found


def _line(value: str, name: str, limit: int, *, needed: bool = False) -> str:
    """A text of one line: nothing that a line end, or what nobody sees, could hide in."""
    wrong = len(value) > limit or not value.isprintable() or value != value.strip() or (needed and not value)
    if wrong:
        raise GiroCodeError(name, value)
    return value


def _iban(value: str) -> str:
    try:
        return parse_iban(value)
    except IdentifierError as fault:
        raise GiroCodeError("iban", value) from fault


def _bic(transfer: Transfer) -> str:
    if not transfer.bic:
        if needs_address(_iban(transfer.iban)):
            raise GiroCodeError("bic-missing", transfer.iban)
        return ""
    try:
        return parse_bic(transfer.bic)
    except IdentifierError as fault:
        raise GiroCodeError("bic", transfer.bic) from fault


def _amount(value: int) -> str:
    if not MIN_AMOUNT <= value <= MAX_AMOUNT:
        raise GiroCodeError("amount", plain(value))
    return f"EUR{plain(value)}"


def _purpose(value: str) -> str:
    if value and not (len(value) <= MAX_PURPOSE and value.isascii() and value.isalnum() and value == value.upper()):
        raise GiroCodeError("purpose", value)
    return value


def _reference(transfer: Transfer) -> str:
    if transfer.reference and transfer.text:
        raise GiroCodeError("both", transfer.reference)
    if transfer.reference and not (is_rf(transfer.reference) and transfer.reference.isalnum()):
        raise GiroCodeError("reference", transfer.reference)
    return transfer.reference
