"""The slash form of :86:, ``/EREF/…/NAME/…/REMI/…``, as Dutch and other banks write it (domain.md 1.8)."""

import re
from typing import Final

from recon.statements.mt940_details import Details, compact, given, join_lines

_KNOWN: Final = [
    "TRTP",
    "TRCD",
    "RTYP",
    "RTRN",
    "RETN",
    "EREF",
    "KREF",
    "PREF",
    "MARF",
    "CSID",
    "CNTP",
    "IBAN",
    "BIC",
    "NAME",
    "BENM",
    "ORDP",
    "ID",
    "ADDR",
    "REMI",
    "USTD",
    "STRD",
    "CUR",
    "CDTRREFTP",
    "CDTRREF",
    "ISDT",
    "PURP",
    "ULTC",
    "ULTD",
    "UCRD",
    "UDTR",
    "SVCL",
    "NRTX",
    "EXCH",
    "OCMT",
    "CHGS",
    "CHRG",
    "TXT",
    "SUM",
    # Goldman Sachs: debtor and creditor, amounts in another currency.
    "DBNM",
    "DACT",
    "DBIC",
    "CRNM",
    "CACT",
    "CBIC",
    "DCID",
    "IDNM",
    "OAMT",
    "FCCY",
    "FXRT",
    "FXDT",
    "OPRP",
    # An account that is no IBAN (Knab), and others.
    "BBAN",
    "ACNO",
    "BAI",
]
_SPLIT: Final = re.compile(rf"/({'|'.join(_KNOWN)})(?=/)")
_START: Final = re.compile(rf"\s*/(?:{'|'.join(_KNOWN)})/")
_TEXTS: Final = frozenset({"REMI", "USTD", "TXT"})
# A line may end in front of a code, behind its slash.
_BROKEN: Final = re.compile(rf"/\n(?=(?:{'|'.join(_KNOWN)})/)")
_RETURNS: Final = ("RTRN", "RETN", "RTYP")
# Slash code -> the name of the same thing in Anlage 3; RF is the structured creditor reference.
_IDS: Final = (
    ("EREF", "EREF"), ("PREF", "KREF"), ("KREF", "KREF"), ("MARF", "MREF"), ("CSID", "CRED"), ("PURP", "PURP"),
    ("UDTR", "ABWA"), ("ULTD", "ABWA"), ("UCRD", "ABWE"), ("ULTC", "ABWE"), ("CUR", "RF"), ("CDTRREF", "RF"),
)  # fmt: skip
_REASON: Final = re.compile(r"[A-Z]{2}\d\d\b")
# Parties whose name may stand in a NAME of its own: /ULTD//NAME/…
_PARTIES: Final = frozenset({"UDTR", "ULTD", "UCRD", "ULTC"})
# (name, account, bank) of a debtor and of a creditor; where a field has both, neither is known to be the other side.
_SIDES: Final = (("DBNM", "DACT", "DBIC"), ("CRNM", "CACT", "CBIC"))
# Macedonian banks write the lines of SWIFT's field 59: /account, /name, and others that stay text.
_ACCOUNT_AND_NAME: Final = re.compile(r"(\d{10,34}) /([^/]*[^/\s])\s*(/.*)?\Z", re.DOTALL)


def looks_slashed(value: str) -> bool:
    """Whether the field begins with a slash code that we know."""
    return _START.match(value.replace("\n", "") if value.startswith("/") else value) is not None


def read_slashed(value: str) -> Details:
    """The codes of one field. What no code of ours holds stays in the text."""
    fields, texts, counter = _codes(value)
    ids: dict[str, str] = {}
    for code, identifier in _IDS:
        if code in fields and ids.setdefault(identifier, own := fields.pop(code)) != own:
            texts.append(f"/{code}/{own}")
    for code in _RETURNS:
        told = fields.get(code, "")
        reason = _REASON.search(told)
        if reason is not None:
            ids.setdefault("REASON", reason[0])
            if told == reason[0]:
                del fields[code]
    _party(fields, counter, texts)
    for code, own in zip(("IBAN", "BIC", "NAME"), counter, strict=True):
        if own and fields.setdefault(code, own) != own:
            texts.append(own)
    account, bank, name = (fields.pop(code, None) for code in ("IBAN", "BIC", "NAME"))
    booking_text = fields.pop("TRTP", "") or fields.pop("BAI", "") or None
    texts += [f"/{code}/{content}" for code, content in fields.items()]
    return Details(
        text=" ".join(filter(None, map(str.strip, texts))) or None,
        booking_text=booking_text,
        name=name,
        account=compact(account),
        bank=compact(bank),
        ids={
            key: bare.removeprefix("NAME/").removeprefix("CD/") for key, found in ids.items() if (bare := given(found))
        },
    )


def _codes(value: str) -> tuple[dict[str, str], list[str], list[str]]:
    """(content by code, text, account and BIC and name of a CNTP); a code that comes again is text."""
    parts = _SPLIT.split(join_lines(_BROKEN.sub("/", value)))
    fields: dict[str, str] = {}
    texts: list[str] = [parts[0]]
    counter = ["", "", ""]
    party = ""
    for written, content in zip(parts[1::2], parts[2::2], strict=True):
        bare = content.strip("/ ")
        code = party if written == "NAME" and party else written
        party = code if code in _PARTIES and not bare else ""
        if code == "CNTP" and not any(counter):
            told = [*(piece.strip() for piece in content[1:].split("/")), "", "", ""]
            counter = told[:3]
            texts += filter(None, told[3:])
        elif code in _TEXTS:
            texts.append(bare)
        elif bare and fields.setdefault(code, bare) != bare:
            texts.append(f"/{code}/{bare}")
    return fields, texts, counter


def _party(fields: dict[str, str], counter: list[str], texts: list[str]) -> None:
    """The other side under codes other than IBAN, BIC and NAME, moved to where these are looked for."""
    sides = [side for side in _SIDES if fields.keys() & set(side)]
    if len(sides) == 1:
        for code, plain in zip(sides[0], ("NAME", "IBAN", "BIC"), strict=True):
            _move(fields, code, plain)
    for code in ("BBAN", "ACNO"):
        _move(fields, code, "IBAN")
    for code in ("ORDP", "BENM"):
        if code not in fields or "NAME" in fields or counter[2]:
            continue
        found = _ACCOUNT_AND_NAME.match(fields[code])
        if found is not None and "IBAN" not in fields:
            del fields[code]
            fields["IBAN"], fields["NAME"] = found[1], found[2]
            texts.append(found[3] or "")
        elif "/" not in fields[code]:
            _move(fields, code, "NAME")


def _move(fields: dict[str, str], code: str, plain: str) -> None:
    if code in fields and plain not in fields:
        fields[plain] = fields.pop(code)
