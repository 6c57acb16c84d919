"""The rules of a direct-debit file that a schema cannot say (domain.md 3.2, 3.3, 3.7; Anlage 3), element by element.

``sepa.pain008_check`` reads a file and hands over its group header, each block's head and each transaction as texts by
path.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from sepa.calendar import is_bank_day
from sepa.charset import MAX_NAME, MAX_REMITTANCE, all_basic, is_basic
from sepa.debits import CURRENCY, MAX_AMOUNT, MIN_AMOUNT
from sepa.identifiers import (
    SEPA_COUNTRIES,
    is_bic,
    is_creditor_id,
    is_iban,
    is_identifier,
    is_mandate_id,
    is_rf,
    needs_address,
)
from sepa.money import plain
from sepa.problem import Problem, problem

# One problem in each of 100,000 transactions helps nobody.
MAX_PROBLEMS: Final = 100
SCHEMES: Final = frozenset({"CORE", "B2B"})
SEQUENCES: Final = frozenset({"FRST", "RCUR", "OOFF", "FNAL"})
# Hybrid addresses hold at most two free lines (EPC153-22).
MAX_ADDRESS_LINES: Final = 2
NOT_PROVIDED: Final = "NOTPROVIDED"

# Anlage 3: a point, at most two decimals, no sign.
_MONEY = re.compile(r"(\d{1,16})(?:\.(\d{1,2}))?\Z", re.ASCII)
# Codes of the lists that ISO 20022 keeps outside its schemas.
_CODE = re.compile(r"[A-Z0-9]{4}\Z", re.ASCII)
_CI: Final = "Id/PrvtId/Othr/Id"
_CI_OF_DEBIT: Final = f"DrctDbtTx/CdtrSchmeId/{_CI}"
_MANDATE: Final = "DrctDbtTx/MndtRltdInf/"
_MANDATE_ID: Final = f"{_MANDATE}MndtId"
_SIGNED_ON: Final = f"{_MANDATE}DtOfSgntr"

# What most transactions hold, and nothing else.
_PLAIN: Final = frozenset({
    "PmtId/", "PmtId/EndToEndId", "InstdAmt", "InstdAmt@Ccy", "DrctDbtTx/", _MANDATE, _MANDATE_ID,
    _SIGNED_ON, "DbtrAgt/", "DbtrAgt/FinInstnId/", "DbtrAgt/FinInstnId/BICFI", "DbtrAgt/FinInstnId/BIC",
    "DbtrAgt/FinInstnId/Othr/", "DbtrAgt/FinInstnId/Othr/Id", "Dbtr/", "Dbtr/Nm", "DbtrAcct/", "DbtrAcct/Id/",
    "DbtrAcct/Id/IBAN", "RmtInf/", "RmtInf/Ustrd",
})  # fmt: skip

# The texts of an element's leaves by their path: ``{"PmtId/EndToEndId": "E-1", "InstdAmt@Ccy": "EUR"}``. What stands
# twice gets a number, ``RmtInf/Ustrd#2``; an element with children is there as ``"PmtId/": "/"``.
Texts = Mapping[str, str]


@dataclass(slots=True)
class Level:
    """What the file or a block says of its transactions, and what was counted."""

    said_count: str = ""
    said_sum: str = ""
    count: int = 0
    sum: int = 0


@dataclass(slots=True)
class Look:
    """What is known so far while the file goes by."""

    german: bool
    problems: list[Problem] = field(default_factory=list)
    group: Level = field(default_factory=Level)
    block: Level = field(default_factory=Level)
    block_id: str = ""
    block_creditor: bool = False
    block_ultimate: bool = False
    created_on: date | None = None
    ids: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    schemes: set[str] = field(default_factory=set)
    complete: bool = False

    def add(self, code: str, **facts: object) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem(code, **facts))


def check_group(texts: Texts, look: Look) -> None:
    """The group header: who sends what, and how much of it."""
    _check_texts("GrpHdr", texts, look)
    message_id = _one(texts, "MsgId")
    _check_id("MsgId", message_id, look)
    look.created_on = _day(_one(texts, "CreDtTm")[:10])
    look.group.said_count, look.group.said_sum = _one(texts, "NbOfTxs"), _one(texts, "CtrlSum")
    _check_name("GrpHdr", "InitgPty/Nm", texts, look)
    _check_absent("GrpHdr", "Authstn", texts, look)


def check_block(texts: Texts, look: Look) -> None:
    """A block's head, all that stands in it before its transactions."""
    look.block_id = where = _one(texts, "PmtInfId")
    _check_id("PmtInfId", where, look)
    _check_texts(where, texts, look)
    look.block.said_count, look.block.said_sum = _one(texts, "NbOfTxs"), _one(texts, "CtrlSum")
    look.schemes.add(_one(texts, "PmtTpInf/LclInstrm/Cd"))
    for path, allowed in (
        ("PmtMtd", {"DD"}),
        ("PmtTpInf/SvcLvl/Cd", {"SEPA"}),
        ("PmtTpInf/LclInstrm/Cd", SCHEMES),
        ("PmtTpInf/SeqTp", SEQUENCES),
        ("ChrgBr", {"SLEV"}),
    ):
        if _one(texts, path) not in allowed:
            look.add("value", where=where, field=path, found=_one(texts, path), allowed=", ".join(sorted(allowed)))
    day = _day(_one(texts, "ReqdColltnDt"))
    if day is None or not is_bank_day(day):
        look.add("collection-date-closed", where=where, date=_one(texts, "ReqdColltnDt"))
    elif look.created_on is not None and day <= look.created_on:
        look.add("collection-date-past", where=where, date=day, created_on=look.created_on)
    _check_name(where, "Cdtr/Nm", texts, look)
    _check_address(where, "Cdtr/PstlAdr/", texts, look)
    _check_iban(where, "CdtrAcct/Id/IBAN", texts, look)
    if texts.get("CdtrAcct/Ccy", CURRENCY) != CURRENCY:
        look.add("currency", where=where, found=texts["CdtrAcct/Ccy"])
    _check_code(where, "PmtTpInf/CtgyPurp/", texts, look)
    look.block_ultimate = "UltmtCdtr/" in texts
    _check_ultimate(where, "UltmtCdtr/", texts, look)
    _check_agent(where, "CdtrAgt/FinInstnId/", texts, look)
    look.block_creditor = f"CdtrSchmeId/{_CI}" in texts
    if look.block_creditor:
        _check_creditor_id(where, "CdtrSchmeId/", texts, look)


def check_debit(texts: Texts, look: Look) -> None:
    """A transaction: what each of them has, then, where it holds more than most, the rest."""
    get = texts.get
    where = get("PmtId/EndToEndId", "")
    if where != NOT_PROVIDED:
        _check_id("EndToEndId", where, look)
    _check_texts(where, texts, look)
    amount = _minor(get("InstdAmt", ""))
    if amount is None or not MIN_AMOUNT <= amount <= MAX_AMOUNT:
        look.add("amount", where=where, found=get("InstdAmt", ""))
    for level in (look.group, look.block):
        level.count += 1
        level.sum += amount or 0
    if get("InstdAmt@Ccy") != CURRENCY:
        look.add("currency", where=where, found=get("InstdAmt@Ccy", ""))
    mandate_id = get(_MANDATE_ID, "")
    if not is_mandate_id(mandate_id):
        look.add("mandate-id", where=where, found=mandate_id)
    signed_on = _day(get(_SIGNED_ON, ""))
    if signed_on is None or (look.created_on is not None and signed_on > look.created_on):
        look.add("signature-date", where=where, found=get(_SIGNED_ON, ""))
    _check_debtor(where, texts, look)
    if len(get("RmtInf/Ustrd", "")) > MAX_REMITTANCE:
        look.add("too-long", where=where, field="Ustrd", limit=MAX_REMITTANCE)
    if (_CI_OF_DEBIT in texts) == look.block_creditor:
        look.add("creditor-id-once", where=where)
    if not _PLAIN.issuperset(texts):
        _check_more(where, texts, look)


def _check_more(where: str, texts: Texts, look: Look) -> None:
    if "PmtId/InstrId" in texts and not is_identifier(texts["PmtId/InstrId"]):
        look.add("identifier", field="InstrId", found=texts["PmtId/InstrId"])
    _check_amendment(where, texts, look)
    if "PmtTpInf/" in texts or "ChrgBr" in texts:
        look.add("twice", where=where, field="PmtTpInf, ChrgBr")
    if _CI_OF_DEBIT in texts:
        _check_creditor_id(where, "DrctDbtTx/CdtrSchmeId/", texts, look)
    _check_address(where, "Dbtr/PstlAdr/", texts, look)
    if look.block_ultimate and "UltmtCdtr/" in texts:
        look.add("twice", where=where, field="UltmtCdtr")
    for party in ("UltmtCdtr/", "UltmtDbtr/"):
        _check_ultimate(where, party, texts, look)
    _check_code(where, "Purp/", texts, look)
    structured = "RmtInf/Strd/" in texts
    if "RmtInf/Ustrd#2" in texts or (structured and "RmtInf/Ustrd" in texts):
        look.add("remittance", where=where, problem="more than one")
    if structured:
        _check_reference(where, texts, look)


def _check_amendment(where: str, texts: Texts, look: Look) -> None:
    details = _MANDATE + "AmdmntInfDtls/"
    if (details in texts) != (_one(texts, f"{_MANDATE}AmdmntInd") == "true"):
        look.add("amendment", where=where)
    if details not in texts:
        return
    original = texts.get(f"{details}OrgnlMndtId")
    if original is not None and not is_mandate_id(original):
        look.add("mandate-id", where=where, found=original)
    if original == _one(texts, _MANDATE_ID):
        look.add("amendment", where=where, field="OrgnlMndtId")
    # Until November 2016 SMNDA stood here.
    _check_absent(where, f"{details}OrgnlDbtrAgt", texts, look)
    if f"{details}OrgnlCdtrSchmeId/{_CI}" in texts:
        _check_creditor_id(where, f"{details}OrgnlCdtrSchmeId/", texts, look)
    old_account = _one(texts, f"{details}OrgnlDbtrAcct/Id/Othr/Id")
    if old_account not in {"", "SMNDA"}:
        look.add("value", where=where, field="OrgnlDbtrAcct", found=old_account, allowed="SMNDA")
    if f"{details}OrgnlDbtrAcct/Id/IBAN" in texts:
        _check_iban(where, f"{details}OrgnlDbtrAcct/Id/IBAN", texts, look)


def _check_debtor(where: str, texts: Texts, look: Look) -> None:
    _check_name(where, "Dbtr/Nm", texts, look)
    _check_agent(where, "DbtrAgt/FinInstnId/", texts, look)
    _check_iban(where, "DbtrAcct/Id/IBAN", texts, look)
    iban = _one(texts, "DbtrAcct/Id/IBAN")
    if iban[:2] not in SEPA_COUNTRIES:
        look.add("country", where=where, found=iban[:2])
    elif needs_address(iban):
        for name, path in (("town", "Dbtr/PstlAdr/TwnNm"), ("country", "Dbtr/PstlAdr/Ctry")):
            if path not in texts:
                look.add("address-missing", where=where, missing=name)
        if "DbtrAgt/FinInstnId/Othr/Id" in texts:
            look.add("address-missing", where=where, missing="bic")


def _check_reference(where: str, texts: Texts, look: Look) -> None:
    """One creditor reference and nothing else; one that ISO issues is an RF reference."""
    head = "RmtInf/Strd/CdtrRefInf/"
    reference, issuer = _one(texts, f"{head}Ref"), _one(texts, f"{head}Tp/Issr")
    if not reference or f"{head}Ref#2" in texts or _one(texts, f"{head}Tp/CdOrPrtry/Cd") != "SCOR":
        look.add("remittance", where=where, problem="no SCOR reference")
    elif (issuer == "ISO" or reference.startswith("RF")) and not is_rf(reference):
        look.add("remittance", where=where, problem=reference)


def _check_ultimate(where: str, party: str, texts: Texts, look: Look) -> None:
    """For or from whom it is collected: a name, perhaps an id, never an address (EPC SDD guidelines)."""
    if party in texts:
        _check_name(where, f"{party}Nm", texts, look)
        _check_absent(where, f"{party}PstlAdr", texts, look)


def _check_code(where: str, path: str, texts: Texts, look: Look) -> None:
    """Where a purpose is given it is a code of the list, no text of one's own."""
    if path in texts and _CODE.match(_one(texts, f"{path}Cd")) is None:
        look.add("code", where=where, field=path.rstrip("/"), found=_one(texts, f"{path}Cd"))


def _check_absent(where: str, path: str, texts: Texts, look: Look) -> None:
    if path in texts or f"{path}/" in texts:
        look.add("not-allowed", where=where, field=path)


def _check_texts(where: str, texts: Texts, look: Look) -> None:
    if all_basic(texts.values(), look.german):
        return
    for path, text in texts.items():
        if not text.strip():
            look.add("blank", where=where, field=path)
        elif not is_basic(text, look.german):
            look.add("characters", where=where, field=path, found=text)


def _check_id(kind: str, text: str, look: Look) -> None:
    if not is_identifier(text):
        look.add("identifier", field=kind, found=text)
    known = look.ids[kind]
    if text in known:
        look.add("identifier-twice", field=kind, found=text)
    known.add(text)


def _check_name(where: str, path: str, texts: Texts, look: Look) -> None:
    name = _one(texts, path)
    if not name:
        look.add("blank", where=where, field=path)
    elif len(name) > MAX_NAME:
        look.add("too-long", where=where, field=path, limit=MAX_NAME)


def _check_address(where: str, path: str, texts: Texts, look: Look) -> None:
    """None at all, structured, or hybrid; never free lines alone (domain.md 3.7)."""
    if path not in texts:
        return
    if f"{path}TwnNm" not in texts or f"{path}Ctry" not in texts:
        look.add("address-unstructured", where=where, field=path.rstrip("/"))
    if f"{path}AdrLine#{MAX_ADDRESS_LINES + 1}" in texts:
        look.add("address-unstructured", where=where, field=path.rstrip("/"))
    structured = {texts[f"{path}{name}"] for name in ("TwnNm", "PstCd", "StrtNm") if f"{path}{name}" in texts}
    if {_one(texts, f"{path}AdrLine"), _one(texts, f"{path}AdrLine#2")} & structured:
        look.add("address-unstructured", where=where, field=path.rstrip("/"))


def _check_iban(where: str, path: str, texts: Texts, look: Look) -> None:
    iban = _one(texts, path)
    if not is_iban(iban) or not iban.isupper():
        look.add("iban", where=where, field=path, found=iban)


def _check_agent(where: str, path: str, texts: Texts, look: Look) -> None:
    bic = _one(texts, f"{path}BICFI") or _one(texts, f"{path}BIC")
    other = _one(texts, f"{path}Othr/Id")
    if not (is_bic(bic) if bic else other == NOT_PROVIDED):
        look.add("bic", where=where, field=path.rstrip("/"), found=bic or other)


def _check_creditor_id(where: str, path: str, texts: Texts, look: Look) -> None:
    creditor_id = _one(texts, path + _CI)
    named = _one(texts, f"{path}Id/PrvtId/Othr/SchmeNm/Prtry")
    if not is_creditor_id(creditor_id) or named != "SEPA":
        look.add("creditor-id", where=where, found=creditor_id)


def compare(where: str, level: Level, look: Look) -> None:
    """What the file or a block says of its transactions against what was counted."""
    if level.said_count != str(level.count):
        look.add("count", where=where, found=level.said_count, expected=level.count)
    if _minor(level.said_sum) != level.sum:
        look.add("control-sum", where=where, found=level.said_sum, expected=plain(level.sum))


def _one(texts: Texts, path: str) -> str:
    return texts.get(path, "")


def _minor(text: str) -> int | None:
    found = _MONEY.match(text)
    return None if found is None else int(found[1] + (found[2] or "").ljust(2, "0"))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
