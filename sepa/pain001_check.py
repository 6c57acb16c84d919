"""The second look at a file of refunds before it is released: what was written is read back.

Against the ISO schema (shipped with ``sepaxml``, applied by lxml), against the rules that a schema cannot say (sums,
ids, characters, days, accounts, addresses: domain.md 3.3, 3.7, 5.1), and against what was meant to be written. A file
with any problem must never be released.
"""

import codecs
import re
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final

from lxml import etree

from sepa.calendar import is_bank_day
from sepa.charset import MAX_NAME, MAX_REMITTANCE, is_basic
from sepa.debits import CURRENCY, MAX_AMOUNT, MIN_AMOUNT
from sepa.identifiers import SEPA_COUNTRIES, is_bic, is_iban, is_identifier, needs_address
from sepa.money import plain
from sepa.pain001 import NOT_PROVIDED, SCHEMA, SPACE, TransferFile
from sepa.problem import Problem, problem

# Every code that ``validate`` gives.
CODES: Final = (
    "file-too-large", "byte-order-mark", "not-xml", "dtd", "schema", "count", "control-sum", "identifier",
    "identifier-twice", "value", "execution-date-closed", "execution-date-past", "amount", "currency", "blank",
    "characters", "too-long", "iban", "country", "bic", "address-missing", "address-unstructured", "not-as-meant",
)  # fmt: skip
# Refunds are few: ten thousand of them take some 8 MB.
MAX_BYTES: Final = 50_000_000
MAX_PROBLEMS: Final = 100
_MONEY: Final = re.compile(r"(\d{1,16})(?:\.(\d{1,2}))?\Z", re.ASCII)


def validate(content: bytes, meant: TransferFile | None = None) -> tuple[Problem, ...]:
    """What is wrong with a file; empty where it may be released. ``meant`` is what was to be written. No entity is
    resolved, nothing is fetched."""
    if len(content) > MAX_BYTES:
        return (problem("file-too-large", size=len(content), limit=MAX_BYTES),)
    if content.startswith(codecs.BOM_UTF8):
        return (problem("byte-order-mark"),)
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as bad:
        return (problem("not-xml", text=bad.msg),)
    if root.getroottree().docinfo.internalDTD is not None:
        return (problem("dtd"),)
    schema = etree.XMLSchema(etree.fromstring(_schema_text()))
    try:
        schema.assertValid(root)
    except etree.DocumentInvalid as bad:
        return (problem("schema", text=re.sub(r"\{[^}]*\}", "", str(bad))),)
    look = _Look()
    look.group(root)
    for text in (node for node in root.iter() if node.text is not None and not len(node)):
        look.text(text)
    if meant is not None:
        look.compare(root, meant)
    return tuple(look.problems[:MAX_PROBLEMS])


class _Look:
    """What is found while the file is gone through."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.ids: set[str] = set()

    def add(self, code: str, **facts: object) -> None:
        """Note a problem."""
        self.problems.append(problem(code, **facts))

    def group(self, root: Any) -> None:
        """The head and its blocks."""
        head = _at(root, "CstmrCdtTrfInitn/GrpHdr")
        self.identifier("MsgId", _text(head, "MsgId"))
        self.name("GrpHdr", "InitgPty/Nm", _text(head, "InitgPty/Nm"))
        created = _day(_text(head, "CreDtTm")[:10])
        amounts = [amount for block in _all(root, "CstmrCdtTrfInitn/PmtInf") for amount in self.block(block, created)]
        self.sums("GrpHdr", head, amounts)

    def block(self, block: Any, created: date | None) -> list[int]:
        """A block; the amounts in it."""
        where = _text(block, "PmtInfId")
        self.identifier("PmtInfId", where)
        for path, wanted in (("PmtMtd", "TRF"), ("PmtTpInf/SvcLvl/Cd", "SEPA"), ("ChrgBr", "SLEV")):
            if _text(block, path) != wanted:
                self.add("value", where=where, field=path, found=_text(block, path), allowed=wanted)
        day = _day(_text(block, "ReqdExctnDt/Dt"))
        if day is None or not is_bank_day(day):
            self.add("execution-date-closed", where=where, date=_text(block, "ReqdExctnDt/Dt"))
        elif created is None or day < created:
            self.add("execution-date-past", where=where, date=day, created_on=created)
        self.name(where, "Dbtr/Nm", _text(block, "Dbtr/Nm"))
        self.iban(where, "DbtrAcct/Id/IBAN", _text(block, "DbtrAcct/Id/IBAN"))
        bic = _text(block, "DbtrAgt/FinInstnId/BICFI")
        other = _text(block, "DbtrAgt/FinInstnId/Othr/Id")
        if not (is_bic(bic) if bic else other == NOT_PROVIDED):
            self.add("bic", where=where, field="DbtrAgt", found=bic or other)
        amounts = [self.transfer(one) for one in _all(block, "CdtTrfTxInf")]
        self.sums(where, block, amounts)
        return amounts

    def transfer(self, one: Any) -> int:
        """A transfer; its amount."""
        where = _text(one, "PmtId/EndToEndId")
        self.identifier("EndToEndId", where)
        amount = _minor(_text(one, "Amt/InstdAmt"))
        if amount is None or not MIN_AMOUNT <= amount <= MAX_AMOUNT:
            self.add("amount", where=where, found=_text(one, "Amt/InstdAmt"))
        if _at(one, "Amt/InstdAmt").get("Ccy") != CURRENCY:
            self.add("currency", where=where, found=_at(one, "Amt/InstdAmt").get("Ccy"))
        self.name(where, "Cdtr/Nm", _text(one, "Cdtr/Nm"))
        iban, bic = _text(one, "CdtrAcct/Id/IBAN"), _text(one, "CdtrAgt/FinInstnId/BICFI")
        self.iban(where, "CdtrAcct/Id/IBAN", iban)
        if iban[:2] not in SEPA_COUNTRIES:
            self.add("country", where=where, found=iban[:2])
        # Without a BIC the agent is left out, not NOTPROVIDED (domain.md 5.1).
        if one.find(f"{SPACE}CdtrAgt") is not None and not is_bic(bic):
            self.add("bic", where=where, field="CdtrAgt", found=bic)
        town, country = _text(one, "Cdtr/PstlAdr/TwnNm"), _text(one, "Cdtr/PstlAdr/Ctry")
        if needs_address(iban):
            for name, found in (("town", town), ("country", country), ("bic", bic)):
                if not found:
                    self.add("address-missing", where=where, missing=name)
        if one.find(f"{SPACE}Cdtr/{SPACE}PstlAdr") is not None and not (town and country):
            self.add("address-unstructured", where=where, field="Cdtr/PstlAdr")
        remittance = _text(one, "RmtInf/Ustrd")
        if not remittance.strip():
            self.add("blank", where=where, field="RmtInf/Ustrd")
        elif len(remittance) > MAX_REMITTANCE:
            self.add("too-long", where=where, field="RmtInf/Ustrd", limit=MAX_REMITTANCE)
        return amount or 0

    def text(self, node: Any) -> None:
        """Characters, as banks in Germany must take them; identifiers are checked more strictly."""
        name = node.tag.removeprefix(SPACE)
        if not node.text.strip():
            self.add("blank", where=name, field=name)
        elif not is_basic(node.text, german=True):
            self.add("characters", where=name, field=name, found=node.text)

    def identifier(self, kind: str, text: str) -> None:
        """An identifier of the basic set, used once in its kind."""
        if not is_identifier(text):
            self.add("identifier", field=kind, found=text)
        if f"{kind} {text}" in self.ids:
            self.add("identifier-twice", field=kind, found=text)
        self.ids.add(f"{kind} {text}")

    def name(self, where: str, path: str, name: str) -> None:
        """A name that says something, and no longer than it may be."""
        if not any(sign.isalnum() for sign in name):
            self.add("blank", where=where, field=path)
        elif len(name) > MAX_NAME:
            self.add("too-long", where=where, field=path, limit=MAX_NAME)

    def iban(self, where: str, path: str, iban: str) -> None:
        """An IBAN in its plain form."""
        if not is_iban(iban) or not iban.isupper():
            self.add("iban", where=where, field=path, found=iban)

    def sums(self, where: str, level: Any, amounts: list[int]) -> None:
        """What a level says of its transfers, counted and added up."""
        if _text(level, "NbOfTxs") != str(len(amounts)):
            self.add("count", where=where, found=_text(level, "NbOfTxs"), expected=len(amounts))
        if _minor(_text(level, "CtrlSum")) != sum(amounts):
            self.add("control-sum", where=where, found=_text(level, "CtrlSum"), expected=plain(sum(amounts)))

    def compare(self, root: Any, meant: TransferFile) -> None:
        """What was read against what was to be written, to the letter."""
        blocks = _all(root, "CstmrCdtTrfInitn/PmtInf")
        head = tuple(
            (_text(root, "CstmrCdtTrfInitn/GrpHdr/MsgId"), *(_text(block, path) for path in (
                "PmtInfId", "Dbtr/Nm", "DbtrAcct/Id/IBAN", "DbtrAgt/FinInstnId/BICFI", "ReqdExctnDt/Dt",
            )))
            for block in blocks
        )  # fmt: skip
        wanted = (meant.message_id, meant.payment_information_id, meant.name, meant.iban, meant.bic or "",
                  meant.execution_date.isoformat())  # fmt: skip
        if head != (wanted,):
            self.add("not-as-meant", where="GrpHdr, PmtInf", found=head, expected=wanted)
        read = [
            (_text(one, "PmtId/EndToEndId"), _minor(_text(one, "Amt/InstdAmt")), _text(one, "Cdtr/Nm"),
             _text(one, "CdtrAcct/Id/IBAN"), _text(one, "RmtInf/Ustrd"), _text(one, "CdtrAgt/FinInstnId/BICFI"))
            for block in blocks for one in _all(block, "CdtTrfTxInf")
        ]  # fmt: skip
        asked = [
            (one.end_to_end_id, one.amount, one.name, one.iban, one.remittance, one.bic or "")
            for one in meant.transfers
        ]
        for found, expected in zip(read, asked, strict=False):
            if found != expected:
                self.add("not-as-meant", where=expected[0], found=found, expected=expected)
        if len(read) != len(asked):
            self.add("not-as-meant", where="PmtInf", found=len(read), expected=len(asked))


def _steps(path: str) -> str:
    return "/".join(f"{SPACE}{step}" for step in path.split("/"))


def _at(node: Any, path: str) -> Any:
    return node.find(_steps(path))


def _all(node: Any, path: str) -> list[Any]:
    return list(node.findall(_steps(path)))


def _text(node: Any, path: str) -> str:
    return str(node.findtext(_steps(path)) or "")


def _minor(text: str) -> int | None:
    found = _MONEY.match(text)
    return None if found is None else int(found[1] + (found[2] or "").ljust(2, "0"))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@cache
def _schema_text() -> bytes:
    return resources.files("sepaxml").joinpath(f"schemas/{SCHEMA}.xsd").read_bytes()
