"""The field :61: of MT940 and what its :86: adds -> one Line (domain.md 1.3 to 1.6)."""

import re
from collections.abc import Callable
from datetime import date
from typing import Final

from recon.model.finding import Finding, error, warning
from recon.model.statement import NOBODY, Counterparty, Line, LineKind, LineStatus
from recon.statements import codes
from recon.statements.mt940_around import around
from recon.statements.mt940_common import IN_86
from recon.statements.mt940_dates import booking_date, swift_date
from recon.statements.mt940_details import NO_DETAILS, NS_MARK, Details, compact, given, read_details
from recon.statements.source import printable
from sepa.identifiers import is_rf
from sepa.money import AmountError, parse_amount, scale

ENTRY: Final = re.compile(
    r"""
    [ ]*(?P<val>\d{6})(?P<ent>\d{4}|[ ]{4})?[ ]?
    (?P<mark>(?i:R[CD]|E[CD]|[CD]))(?P<fund>[A-Z])?[ ]?
    (?P<whole>(?=[,.]?\d)\d{0,18})(?:[,.](?P<cents>\d*))?
    [ ]?(?P<typ>(?!NONREF)[A-Z][A-Z0-9 ]{3})?
    (?P<ref>(?:(?!//)[^\n])*)(?://(?P<bref>[^\n]*))?
    (?:\n(?P<supp>.*))?\Z
    """,
    re.VERBOSE | re.DOTALL,
)

_SIGNS: Final = {"C": 1, "D": -1, "RC": -1, "RD": 1, "EC": 1, "ED": -1}
_AMOUNTS: Final = re.compile(r"/(OCMT|CHGS)/([A-Z]{3})([\d.,]+)")
# Commerzbank writes the amounts of a return into the text: "ORG BT000000098,5 PLUS ENTG.10,50" (domain.md 1.6).
_AMOUNTS_IN_TEXT: Final = re.compile(r"ORG\s?BT\.?\s?([\d.,]*\d)(?:\s?PLUS\s?ENTG\.?\s?([\d.,]*\d))?")
_COUNT: Final = re.compile(r"\bANZAHL\s+(\d{1,7})\b", re.IGNORECASE)
_RF: Final = re.compile(r"\bRF\d\d[A-Z0-9]*(?:[ ][A-Z0-9]+){0,8}")

Report = Callable[[Finding], None]


def match_entry(value: str) -> re.Match[str] | None:
    """The parts of a :61:. An amount or type that a line break cut apart is found by taking the break out."""
    found = ENTRY.match(value)
    if "\n" not in value or (found is not None and found["typ"] is not None):
        return found
    again = ENTRY.match(value.replace("\n", "", 1))
    return again if again is not None and again["typ"] is not None else found or again


def read_entry(
    value: str,
    detail: str | None,
    currency: str,
    where: str,
    report: Report,
    *,
    expected: bool = False,
    closing_date: date | None = None,
) -> Line | None:
    """One :61: with its :86: (or None) -> a Line, or None and an error finding if there is no amount or date in it.

    ``currency`` is that of the opening balance; ``expected`` marks all lines of an MT942 as pending;
    ``closing_date`` is the booking date where the field has none that exists (domain.md 1.3).
    """
    found = match_entry(value)
    if found is None:
        report(error("entry-unreadable", where, text=printable(value)))
        return None
    val, ent, mark, _, whole, cents, typ, ref, bref, supp = found.groups()
    if mark not in _SIGNS:
        mark = mark.upper()
    minor = _minor(whole, cents, currency, where, report)
    if minor is None:
        return None
    value_date, booked = _dates(val, ent, closing_date, where, report)
    if booked is None:
        report(error("entry-unreadable", where, text=printable(value)))
        return None
    amount = _SIGNS[mark] * minor
    reversal = mark[0] == "R"
    details = read_details(detail) if detail else NO_DETAILS
    ids = details.ids
    kind = codes.kind_of(amount, details.gvc, None, typ[1:] if typ else None, reversal=reversal)
    returned = kind is LineKind.RETURN
    original, charges = (
        _amounts(amount, kind, supp, details, currency)
        if returned or supp or "OAMT" in ids or "COAM" in ids
        else (None, None)
    )
    reference, bank_ref, name, account = ref.strip(), given(bref), details.name, details.account
    booking_text = details.booking_text
    if supp or details.gvc is None:
        reference, bank_ref, booking_text, name, account = around(reference, bank_ref, supp, details)
    remittance, creditor_reference = _purpose(details)
    return Line(
        amount=amount,
        currency=currency,
        booking_date=booked,
        value_date=value_date,
        kind=kind,
        status=LineStatus.PENDING if expected or mark[0] == "E" else LineStatus.BOOKED,
        reversal=reversal,
        counterparty=_counterparty(details, name, account, amount, kind),
        remittance=remittance,
        creditor_reference=creditor_reference,
        end_to_end_id=given(ids.get("EREF")),
        mandate_id=given(ids.get("MREF")),
        creditor_id=compact(given(ids.get("CRED"))),
        payment_information_id=given(ids.get("KREF")),
        bank_ref=bank_ref,
        customer_ref=None if reference in IN_86 else given(reference),
        gvc=details.gvc,
        purpose=ids.get("PURP"),
        return_reason=_reason(details) if returned else ids.get("REASON"),
        original_amount=original,
        charges=charges,
        booking_text=booking_text,
        transactions=_count(details.text) if kind is LineKind.BATCH else None,
        raw=_raw(value, detail),
        where=where,
    )


def _counterparty(details: Details, name: str | None, account: str | None, amount: int, kind: LineKind) -> Counterparty:
    """The other side, with ABWA behind a payer and ABWE behind a payee; returns and reversals are turned round."""
    payer = (amount >= 0) != (kind in (LineKind.RETURN, LineKind.REVERSAL))
    ultimate = details.ids.get("ABWA" if payer else "ABWE")
    if name or account or details.bank or ultimate:
        return Counterparty(name, account, details.bank, ultimate)
    return NOBODY


def _purpose(details: Details) -> tuple[str | None, str | None]:
    """(purpose text, creditor reference); a text that is nothing but the reference is told once."""
    text = details.text
    reference = details.ids.get("RF") or (_rf(text) if details.gvc in codes.RF_GVCS else None)
    if reference and text and "".join(text.split()) == reference:
        text = None
    return text, reference


def _raw(value: str, detail: str | None) -> str:
    """The source text of an entry, lines divided by ``\\n``."""
    if not detail:
        return f":61:{value}"
    return f":61:{value}\n:86:{detail}" if NS_MARK not in detail else f":61:{value}\n{detail.replace(NS_MARK, ':NS:')}"


def read_amount(text: str, currency: str) -> int:
    """A SWIFT amount, which may begin with its comma. Raises AmountError."""
    return parse_amount(f"0{text}" if text[:1] in ",." else text, currency)


def _minor(whole: str, cents: str | None, currency: str, where: str, report: Report) -> int | None:
    if cents is not None and len(cents) == 2 and 0 < len(whole) < 16 and scale(currency) == 2:
        return int(whole + cents)
    try:
        return read_amount(f"{whole},{cents or ''}", currency)
    except AmountError as problem:
        report(error("amount-unreadable", where, text=problem.text, reason=problem.reason))
        return None


def _dates(
    val: str, ent: str | None, closing_date: date | None, where: str, report: Report
) -> tuple[date | None, date | None]:
    """(value date, booking date). Without a booking date of its own: the value date, else the closing date."""
    value_date, clamped = swift_date(val)
    if clamped:
        report(warning("date-clamped", where, found=val, taken=value_date))
    known = value_date or closing_date
    if value_date is None:
        report(warning("date-impossible", where, found=val, taken=closing_date or "-"))
    if known is None or ent is None or ent.isspace():
        return value_date, known
    booked, clamped = booking_date(ent, known)
    if clamped:
        report(warning("date-clamped", where, found=ent, taken=booked))
    if booked is None:
        report(warning("date-impossible", where, found=ent, taken=known))
    return value_date, booked or known


def _amounts(
    amount: int, kind: LineKind, supp: str | None, details: Details, currency: str
) -> tuple[int | None, int | None]:
    """Original amount and charges in the order of domain.md 1.6: :61: OCMT/CHGS, OAMT/COAM, the text."""
    original: int | None = None
    charges: int | None = None
    if supp and "/" in supp:
        for name, unit, text in _AMOUNTS.findall(supp.replace("\n", "")):
            if unit == currency:
                if name == "OCMT":
                    original = _quiet(text, currency)
                else:
                    charges = _quiet(text, currency)
    ids = details.ids
    if original is None and "OAMT" in ids:
        original = _quiet(ids["OAMT"], currency)
    if charges is None and "COAM" in ids:
        charges = _quiet(ids["COAM"], currency)
    if kind is not LineKind.RETURN:
        return original, charges
    if original is None and charges is None and details.text and "ORG" in details.text:
        found = _AMOUNTS_IN_TEXT.search(details.text)
        if found is not None:
            original = _quiet(found[1], currency)
            charges = _quiet(found[2], currency) if found[2] else None
    return codes.complete_return(amount, original, charges)


def _quiet(text: str, currency: str) -> int | None:
    """An amount inside a text: what is none is simply not given."""
    bare = text.strip().removeprefix(currency).strip()
    try:
        return abs(parse_amount(bare, currency))
    except AmountError:
        return None


def _rf(text: str | None) -> str | None:
    """The creditor reference in a purpose that the GVC says is one; by its check digits, since a bank may have put
    blanks into it and words behind it.

    >>> _rf("RF18 5390 0754 7034 DANKE"), _rf("RF18539007547035")
    ('RF18539007547034', None)
    """
    found = _RF.search(text) if text else None
    parts = found[0].split() if found else []
    candidates = ("".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((reference for reference in candidates if is_rf(reference)), None)


def _reason(details: Details) -> str | None:
    return details.ids.get("REASON") or codes.reason_of(details.text_key) or codes.reason_in(details.text)


def _count(text: str | None) -> int | None:
    found = _COUNT.search(text) if text else None
    return int(found[1]) if found else None
