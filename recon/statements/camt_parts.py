"""The parts of a camt entry: dates, amounts, codes, charges, parties, purpose (domain.md 2.2 and 2.3)."""

import re
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from recon.model.finding import Finding, error, warning
from recon.model.statement import NOBODY, Counterparty
from recon.statements import codes
from recon.statements.camt_places import ChargePlaces, MoneyPlace, PartyPlaces, TransactionPlaces
from recon.statements.camt_tree import Texts
from recon.statements.mt940_details import compact, given
from recon.statements.source import printable
from sepa.identifiers import is_creditor_id
from sepa.money import AmountError, parse_amount

# Widths at which banks cut a purpose text: sub-field of MT940, DTA line, line of :86:, Ustrd.
CUT_WIDTHS: Final = frozenset({27, 35, 65, 70, 140})

_DATE: Final = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")
_CREDITOR_ID: Final = re.compile(r"[A-Z]{2}\d\d[A-Z0-9]{3}[A-Z0-9]{1,28}\Z")
_GERMAN_ISSUERS: Final = frozenset({"DK", "ZKA"})
# Codes of an entry, all together, that are worth remembering: those of a German bank have 40 characters.
_CODES_WIDTH: Final = 100


class Context(NamedTuple):
    """Texts of an entry, or of a transaction of a batch, and what it inherits: where the entry stands, the account's
    own number, its currency if known, where findings go."""

    texts: Texts
    where: str
    own_account: str
    currency: str
    findings: list[Finding]


class Codes(NamedTuple):
    """Bank transaction codes; ``text_key`` is the Textschlüsselergänzung."""

    bank_code: str | None
    gvc: str | None
    swift_type: str | None
    text_key: str | None


NO_CODES: Final = Codes(None, None, None, None)


def read_date(text: str | None, where: str, findings: list[Finding]) -> date | None:
    """``Dt`` or ``DtTm``; a calendar day, the time and its zone are left out (a statement's day is the bank's own)."""
    if text is None:
        return None
    day = _day(text[:10])
    if day is None:
        findings.append(warning("date-impossible", where, found=printable(text), taken="-"))
    return day


@lru_cache(maxsize=4096)
def _day(text: str) -> date | None:
    found = _DATE.match(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def read_amount(text: str, currency: str) -> int:
    """An XML decimal, which may begin with its point. Raises AmountError."""
    return parse_amount(f"0{text}" if text.startswith(".") else text, currency)


def read_money(place: MoneyPlace, context: Context) -> tuple[int, str] | None:
    """(minor units, currency) of an amount element; None if absent, None and an error finding if unreadable."""
    text = context.texts[place.text]
    if text is None:
        return None
    currency = place.currency or context.currency
    try:
        return read_amount(text, currency), currency
    except AmountError as problem:
        context.findings.append(
            error("amount-unreadable", context.where, text=printable(problem.text), reason=problem.reason)
        )
        return None


def read_codes(places: tuple[int, ...], texts: Texts) -> Codes:
    """The codes of an entry or transaction: ISO code as ``PMNT/IDDT/UPDD``, and the German ones behind it."""
    if not places:
        return NO_CODES
    told = tuple([texts[place] or "" for place in places])
    # A hostile file has codes of any length.
    return _codes(told) if len("".join(told)) <= _CODES_WIDTH else _codes.__wrapped__(told)


@lru_cache(maxsize=4096)
def _codes(told: tuple[str, ...]) -> Codes:
    bank_code = "/".join([part for part in told[:3] if part]) or None
    for issuer, text in zip(told[3::2], told[4::2], strict=True):
        found = codes.proprietary(text) if text else None
        # Three digits alone are a GVC only where the issuer says so; "NTRF+166+…" shows itself.
        if found is not None and (issuer in _GERMAN_ISSUERS or found[0] is not None):
            return Codes(bank_code, found[1], found[0], found[2])
    return Codes(bank_code, None, None, None)


def finer(inner: Codes, outer: Codes) -> Codes:
    """The codes of a transaction, and where it has none those of its entry."""
    if outer is NO_CODES:
        return inner
    return Codes(
        inner.bank_code or outer.bank_code,
        inner.gvc or outer.gvc,
        inner.swift_type or outer.swift_type,
        inner.text_key or outer.text_key,
    )


def read_charges(charges: tuple[ChargePlaces, ...], currency: str, context: Context) -> int | None:
    """Σ of the charges; positive: taken by the banks. A record that is not contained in the amount (ChrgInclInd
    false) is left out."""
    total = 0
    texts = context.texts
    for charge in charges:
        money = read_money(charge.amount, context) or read_money(charge.total, context)
        if money is not None and money[1] == currency and texts[charge.included] not in ("false", "0"):
            total += -money[0] if texts[charge.direction] == "CRDT" else money[0]
    return total or None


def read_remittance(tx: TransactionPlaces, texts: Texts) -> tuple[str | None, str | None]:
    """(purpose text, structured creditor reference)."""
    pieces = [text for place in tx.unstructured if (text := texts[place])]
    if not tx.structured:
        return join_pieces(pieces), None
    told = " ".join(pieces)
    reference: str | None = None
    for place, others in tx.structured:
        reference = reference or given(texts[place])
        pieces += [text for other in others if (text := texts[other]) and text not in told]
    return join_pieces(pieces), "".join(reference.split()) if reference else None


def join_pieces(pieces: list[str]) -> str | None:
    """Join what the bank cut: with nothing after a piece of a full width, else with a blank.

    >>> join_pieces(["Rechnung RE-2026-0815 vom 0", "2.11.2026", "Kd-Nr 10042"])
    'Rechnung RE-2026-0815 vom 02.11.2026 Kd-Nr 10042'
    """
    parts = [piece if len(piece) in CUT_WIDTHS else f"{piece} " for piece in pieces]
    return "".join(parts).strip() or None


def read_counterparty(party: PartyPlaces, texts: Texts) -> Counterparty:
    """The debtor or the creditor of a transaction, with account, bank and the party behind it."""
    name, account, bic, ultimate_name = party
    if not (name or account or bic or ultimate_name):
        return NOBODY
    found = Counterparty(_name(texts[name]), compact(texts[account]), texts[bic], _name(texts[ultimate_name]))
    return NOBODY if found == NOBODY else found


def _name(text: str | None) -> str | None:
    return given(" ".join(text.split())) if text else None


def read_creditor_id(tx: TransactionPlaces, texts: Texts) -> str | None:
    """The creditor identifier (AT-02). Under ``OrgId`` stand tax numbers too, so there its check digits must hold."""
    for place, private in tx.creditor_ids:
        found = compact(texts[place])
        if found and _CREDITOR_ID.match(found) and (private or is_creditor_id(found)):
            return found
    return None
