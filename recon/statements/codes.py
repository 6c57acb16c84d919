"""What the bank's codes mean: GVC, ISO bank transaction code, SWIFT type, Textschlüsselergänzung. Tables, no guesses.

Sources: domain.md 1.3, 1.6 and 2.4 (DK Anlage 3; multibanking's public lists of GVC and ISO codes).
"""

import re
from typing import Final

from recon.model.statement import LineKind

_K = LineKind


def _table(*rows: tuple[LineKind, str]) -> dict[str, LineKind]:
    return {code: kind for kind, codes in rows for code in codes.split()}


# GVC (Geschäftsvorfallcode) -> kind, seen from the account of the statement. The codes below 100 other than 079 come
# from statements before SEPA. 195 and 197 are several returns in one booking: a batch, whose details are the returns.
GVC_KINDS: Final = _table(
    (_K.BATCH, "079 185 188 189 191 192 194 195 196 197"),
    (_K.DIRECT_DEBIT, "004 005 071 104 105 171 174"),
    (_K.CARD, "106 107 110 182 190 198 199"),
    (_K.RETURN, "009 108 109 159 160 181 184"),
    (_K.CHEQUE, "001 002 070 111 170 183"),
    (_K.TRANSFER_OUT, "008 020 116 117 118 119 177 201"),
    (_K.CREDIT_TRANSFER, "051 052 053 054 056 152 153 154 155 156 157 161 162 163 164 165 166 167 168 169 202"),
    (_K.REVERSAL, "193 899"),
    (_K.CHARGE, "804 805 806 807 808 809 810 811"),
    (_K.INTEREST, "814"),
)

# GVC of a credit that carries a structured creditor reference (RF): domain.md 1.6.
RF_GVCS: Final = frozenset({"164", "167"})

# Own transfer and cash pooling: the sign tells the direction.
_BY_SIGN_GVCS: Final = frozenset({"206", "820", "833", "834"})

# ISO 20022 bank transaction code, the most specific key wins: sub-family in its family, sub-family anywhere, family.
_ISO_SUBFAMILY_IN_FAMILY: Final = _table(
    (_K.RETURN, "RCDT/RRTN ICDT/RRTN IRCT/RRTN RRCT/RRTN IDDT/UPDD RDDT/UPDD IDDT/PRDD RDDT/PRDD"),
    (_K.REVERSAL, "IDDT/RCDD RDDT/RCDD"),
)
_ISO_SUBFAMILY: Final = _table(
    (_K.CHARGE, "CHRG FEES COMM COMT COMI"),
    (_K.INTEREST, "INTR"),
)
_ISO_FAMILY: Final = _table(
    (_K.CREDIT_TRANSFER, "RCDT RRCT"),
    (_K.TRANSFER_OUT, "ICDT IRCT"),
    (_K.DIRECT_DEBIT, "IDDT RDDT"),
    (_K.CARD, "CCRD MCRD"),
    (_K.CHEQUE, "ICHQ RCHQ"),
)

# Three letters behind N, F or S of :61: (domain.md 1.3). TRF and STO: the sign tells the direction.
_SWIFT_TYPES: Final = _table(
    (_K.DIRECT_DEBIT, "DDT COL"),
    (_K.RETURN, "RTI"),
    (_K.CHEQUE, "CHK CLR"),
    (_K.CHARGE, "CHG COM"),
    (_K.INTEREST, "INT"),
)
_BY_SIGN_TYPES: Final = frozenset({"TRF", "STO"})

# ?34, first three digits, on returns -> ISO reason. Only what domain.md 1.6 names: the official table is not public,
# and the codes on which the sources differ (905, 907, 908, 911, 916 to 918) are left out on purpose.
TEXT_KEY_REASONS: Final[dict[str, str]] = {
    "901": "AC01", "902": "AC04", "903": "AC06", "904": "AG01", "906": "AM04", "909": "MD01", "910": "MD02",
    "912": "MD06", "913": "MD07", "914": "MS03", "915": "RC01",
}  # fmt: skip

# ISO 20022 external return reasons that SEPA uses (EPC173-14), for banks that write the code into the text.
_REASON_IN_TEXT: Final = re.compile(
    r"\b(AC0[1346]|AC13|AG0[129]|AM0[45]|BE05|BE0[14]|CNOR|CUST|DNOR|DUPL|ED05|FF0[15]|FOCR|FRAD|MD0[1267]|MS0[23]"
    r"|RC01|RC07|RR0[1-4]|SL01|SL1[1-4]|TECH|TM01|UPAY)\b"
)

_PROPRIETARY: Final = re.compile(r"(?:([NFS][A-Z0-9]{3})\+)?(\d{3})(?:\+([^+]*))?(?:\+(\d{3})[^+]*)?\Z")


def by_sign(amount: int) -> LineKind:
    """A transfer whose direction only the sign tells."""
    return _K.CREDIT_TRANSFER if amount >= 0 else _K.TRANSFER_OUT


def kind_of(
    amount: int,
    gvc: str | None,
    bank_code: str | None = None,
    swift_type: str | None = None,
    *,
    reversal: bool = False,
) -> LineKind:
    """What a line is, by the finest code that the bank gives: GVC, then ISO code, then SWIFT type.

    ``bank_code`` is ``PMNT/IDDT/UPDD``; ``swift_type`` the three characters behind N, F or S. A line that the bank
    marks as a reversal (RC, RD, RvslInd) is one, unless its code says return.

    >>> kind_of(-5300, "109").value, kind_of(100, None, "PMNT/RCDT/ESCT").value, kind_of(-1, None, None, "TRF").value
    ('return', 'credit_transfer', 'transfer_out')
    """
    kind = _by_gvc(amount, gvc) or _by_iso(bank_code) or _by_type(amount, swift_type) or _K.OTHER
    if (kind is _K.TRANSFER_OUT and amount > 0) or (kind is _K.CREDIT_TRANSFER and amount < 0):
        # Other countries use the same numbers otherwise (Poland's 020), so the direction must fit too.
        kind = by_sign(amount) if not reversal else _K.REVERSAL
    return _K.REVERSAL if reversal and kind not in (_K.RETURN, _K.REVERSAL) else kind


def reason_of(text_key: str | None) -> str | None:
    """The ISO reason of a return from ?34; the first three digits count.

    >>> reason_of("912"), reason_of("905"), reason_of(None)
    ('MD06', None, None)
    """
    return TEXT_KEY_REASONS.get(text_key[:3]) if text_key else None


def reason_in(text: str | None) -> str | None:
    """The ISO reason that the bank wrote into the text of a return, if it wrote exactly one."""
    found = set(_REASON_IN_TEXT.findall(text)) if text else set()
    return found.pop() if len(found) == 1 else None


def proprietary(code: str) -> tuple[str | None, str, str | None] | None:
    """SWIFT type, GVC and text key of ``BkTxCd/Prtry/Cd`` (domain.md 2.4), or None if it is not of that form.

    >>> proprietary("NRTI+109+9250+912"), proprietary("166"), proprietary("CARD")
    (('RTI', '109', '912'), (None, '166', None), None)
    """
    found = _PROPRIETARY.match(code.strip())
    if found is None:
        return None
    return (found[1][1:] if found[1] else None), found[2], found[4]


def complete_return(amount: int, original: int | None, charges: int | None) -> tuple[int | None, int | None]:
    """Original amount and charges of a returned debit: where the bank names one of the two, the other is the rest
    (domain.md 1.6 and 2.6: charge = amount of the entry - original amount).

    >>> complete_return(-5300, 5000, None), complete_return(-5300, None, 300), complete_return(-5000, 5000, None)
    ((5000, 300), (5000, 300), (5000, None))
    """
    total = -amount
    if original is not None and charges is None and total > original:
        return original, total - original
    if original is None and charges is not None and total > charges:
        return total - charges, charges
    return original, charges


def _by_gvc(amount: int, gvc: str | None) -> LineKind | None:
    if gvc is None:
        return None
    return by_sign(amount) if gvc in _BY_SIGN_GVCS else GVC_KINDS.get(gvc)


def _by_iso(code: str | None) -> LineKind | None:
    if code is None:
        return None
    _, _, rest = code.partition("/")
    family, _, sub = rest.partition("/")
    return _ISO_SUBFAMILY_IN_FAMILY.get(rest) or _ISO_SUBFAMILY.get(sub) or _ISO_FAMILY.get(family)


def _by_type(amount: int, swift_type: str | None) -> LineKind | None:
    if swift_type is None:
        return None
    return by_sign(amount) if swift_type in _BY_SIGN_TYPES else _SWIFT_TYPES.get(swift_type)
