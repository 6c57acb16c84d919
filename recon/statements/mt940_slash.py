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
]
_SPLIT: Final = re.compile(rf"/({'|'.join(_KNOWN)})(?=/)")
_START: Final = re.compile(rf"\s*/(?:{'|'.join(_KNOWN)})/")
_TEXTS: Final = frozenset({"REMI", "USTD", "TXT"})
_RETURNS: Final = ("RTRN", "RETN", "RTYP")
# Slash code -> the name of the same thing in Anlage 3; RF is the structured creditor reference.
_IDS: Final = (
    ("EREF", "EREF"), ("PREF", "KREF"), ("KREF", "KREF"), ("MARF", "MREF"), ("CSID", "CRED"), ("PURP", "PURP"),
    ("UDTR", "ABWA"), ("ULTD", "ABWA"), ("UCRD", "ABWE"), ("ULTC", "ABWE"), ("CUR", "RF"), ("CDTRREF", "RF"),
)  # fmt: skip
_REASON: Final = re.compile(r"[A-Z]{2}\d\d\b")


def looks_slashed(value: str) -> bool:
    """Whether the field begins with a slash code that we know."""
    return _START.match(value.replace("\n", "") if value.startswith("/") else value) is not None


def read_slashed(value: str) -> Details:
    """The codes of one field. What no code of ours holds stays in the text."""
    parts = _SPLIT.split(join_lines(value))
    fields: dict[str, str] = {}
    texts: list[str] = [parts[0]]
    counter = ["", "", ""]
    for code, content in zip(parts[1::2], parts[2::2], strict=True):
        bare = content.strip("/ ")
        if code == "CNTP":
            counter = [*(piece.strip() for piece in content[1:].split("/")), "", "", ""][:3]
        elif code in _TEXTS:
            texts.append(bare)
        elif bare:
            fields.setdefault(code, bare)
    ids = {name: found for code, name in _IDS if (found := given(fields.pop(code, "")))}
    for code in _RETURNS:
        reason = _REASON.search(fields.get(code, ""))
        if reason is not None:
            ids.setdefault("REASON", reason[0])
            del fields[code]
    account, bank, name = (
        fields.pop(code, "") or own for code, own in zip(("IBAN", "BIC", "NAME"), counter, strict=True)
    )
    booking_text = fields.pop("TRTP", "") or None
    texts += [f"/{code}/{content}" for code, content in fields.items()]
    return Details(
        text=" ".join(filter(None, map(str.strip, texts))) or None,
        booking_text=booking_text,
        name=name or None,
        account=compact(account),
        bank=compact(bank),
        ids={name: found.removeprefix("NAME/").removeprefix("CD/") for name, found in ids.items()},
    )
