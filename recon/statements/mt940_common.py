"""The common form of a German booking, read by one expression for :61: and one for :86:.

Nine of ten bookings of a German bank have it, returns too. Whatever differs, and batches, is read by
``mt940_entry``; both say the same of a booking that has it (tests/property/statements).
"""

import re
from datetime import date
from functools import lru_cache
from typing import Final

from recon.model.statement import NOBODY, Counterparty, Line, LineKind, LineStatus
from recon.statements import codes
from recon.statements.mt940_dates import booking_date, swift_date
from recon.statements.mt940_details import FULL_SUBFIELD, NAME_WIDTH, NS_MARK, compact, given

# All repetitions are possessive, and what may be absent is an empty alternative: nothing is tried twice.
_ENTRY: Final = re.compile(
    r"([0-9]{10})([CD])R?+([0-9]{1,15}+),([0-9]{2})((?!NONREF)[NFS][A-Z0-9]{3})([^/\n]*+)(?://([^\n]*+)|)"
    # The amounts of a return.
    r"(?:\n(/OCMT/[A-Z]{3}[0-9]{1,15}+,[0-9]{2}/CHGS/[A-Z]{3}[0-9]{1,15}+,[0-9]{2})|)"
    r"\n:86:([0-9]{3})(?=\?[0-9]{2})(.*)",
    re.DOTALL,
)


def _optional(pattern: str) -> str:
    return f"(?:{pattern}|)"


def _ascending(first: int) -> str:
    """Sub-fields of the purpose from ?20 on, each at most once and in their order."""
    return _optional(rf"\?2{first}[^?]*+{_ascending(first + 1)}") if first < 9 else _optional(r"\?29[^?]*+")


# An identifier begins a sub-field, and runs on into the next if that one was full: its name and plus are five marks.
_IDENTIFIER: Final = (
    rf"\?2[0-9]%s\+([^?+]*+(?:\?2[0-9](?![A-Z]{{4}}\+)(?<=[^?+]{{{FULL_SUBFIELD - 5}}}\?2[0-9])[^?+]*+(?=\?|\Z)|))"
)
_DETAILS: Final = re.compile(
    r"(?:\?00([^?]*+)|)(?:\?10[^?]*+|)"
    rf"(?={_ascending(0)}(?:\?3|\Z))"
    + "".join(_optional(_IDENTIFIER % name) for name in ("EREF", "KREF", "MREF", "CRED"))
    + r"(?:\?2[0-9]SVWZ\+([^?]*+(?:\?2[^?]*+)*+)|)"
    r"(?:\?30([0-9A-Za-z]*+)|)(?:\?31([0-9A-Za-z]*+)|)(?:\?32([^?]*+)|)(?:\?33([^?]*+)|)(?:\?34([^?]*+)|)\Z"
)
_NUMBERS: Final = re.compile(r"\?2[0-9]")
# In place of a reference: there is none, or it is in :86:.
IN_86: Final = frozenset({"KREF", "KREF+", "EREF", "EREF+", "MARF", "PREF", "NONREF", "NOREF"})
_MARK: Final = "\x1f"
# A member is found in its enumeration much more slowly than a name of the module.
_RETURN: Final = LineKind.RETURN


def read_common(booking: str, currency: str, where: str, status: LineStatus) -> Line | None:
    """The line of a booking in a currency of two decimals; None where it has not the common form.

    ``booking`` is the content of a :61: and, behind ``\\n:86:``, of its one :86:, lines divided by ``\\n``.
    """
    entry = _ENTRY.match(booking)
    if entry is None:
        return None
    dates, sign, whole, cents, typ, ref, bank_ref, amounts, gvc, detail = entry.groups()
    detail = detail.replace("\n", "")
    if ":" in detail or NS_MARK in detail or _MARK in detail:
        return None
    details = _DETAILS.match(detail)
    if details is None:
        return None
    booking_text, eref, kref, mref, cred, text, bank, account, name, more, key = details.groups()
    days = _days(dates)
    kind = _kind(gvc, typ, sign)
    amount = int(whole + cents)
    if days is None or kind is None or not amount:
        return None
    if text:
        if "+" in text:
            return None
        text = ("".join(_NUMBERS.split(text)) if "?" in text else text).strip()
    reason = original = charges = None
    if amounts or kind is _RETURN:
        returned = _returned(kind, amounts, currency, key, text)
        if returned is None:
            return None
        reason, original, charges = returned
    counterparty = NOBODY
    if more:
        name = _full_name(name or "", more)
    # Any other blank than " " is not printable; few names need more than these looks.
    if name and ("  " in name or name[0] == " " or name[-1] == " " or not name.isprintable()):
        name = " ".join(name.split())
    if name or account or bank:
        counterparty = Counterparty(name or None, account or None, bank or None)
    # By position, in the order of the model: that is three times as fast as by name.
    return Line(
        amount if sign == "C" else -amount,
        currency,
        days[1],
        days[0],
        kind,
        status,
        False,  # reversal
        counterparty,
        text or None,
        None,  # creditor_reference
        _reference(eref) if eref else None,
        _reference(mref) if mref else None,
        compact(_reference(cred)) if cred else None,
        _reference(kref) if kref else None,
        None,  # message_id
        given(bank_ref) if bank_ref else None,
        None if ref == "NONREF" or (bare := ref.strip()) in IN_86 else given(bare),
        gvc,
        None,  # bank_code
        None,  # purpose
        reason,
        original,
        charges,
        (booking_text.strip() or None) if booking_text else None,
        None,  # transactions
        (),
        f":61:{booking}",
        where,
    )


def _reference(value: str) -> str | None:
    """An identifier, or None if it says that there is none."""
    bare = ("".join(_NUMBERS.split(value)) if "?" in value else value).strip()
    # All words for "not given" begin so; nothing at all is "in" as well.
    return given(bare) if bare[:1] in "Nn" else bare


def _full_name(name: str, more: str) -> str:
    """A name and what did not fit into its sub-field."""
    return f"{name} {more}" if len(name) < NAME_WIDTH else name + more


def _returned(
    kind: LineKind, amounts: str | None, currency: str, key: str | None, text: str | None
) -> tuple[str | None, int | None, int | None] | None:
    """(reason, original amount, charges) of a return; None where the general reader looks for amounts in its text."""
    original = charges = None
    if amounts:
        told = amounts.split("/")[2::2]
        if any(amount[:3] != currency for amount in told):
            return None
        original, charges = (int(amount[3:].replace(",", "")) for amount in told)
    if kind is not _RETURN:
        return None, original, charges
    if not amounts and text and "ORG" in text:
        return None
    return codes.reason_of(key.strip() if key else None) or codes.reason_in(text), original, charges


@lru_cache(maxsize=4096)
def _kind(gvc: str, typ: str, sign: str) -> LineKind | None:
    """What the codes and the sign say; None for what the general reader looks at more closely."""
    kind = codes.kind_of(1 if sign == "C" else -1, gvc, None, typ[1:])
    return None if kind is LineKind.BATCH or gvc in codes.RF_GVCS else kind


@lru_cache(maxsize=4096)
def _days(dates: str) -> tuple[date, date] | None:
    """(value date, booking date); None if one of them does not exist."""
    valued, clamped = swift_date(dates[:6])
    if valued is None or clamped:
        return None
    booked, clamped = booking_date(dates[6:], valued)
    return None if booked is None or clamped else (valued, booked)
