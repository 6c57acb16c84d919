"""The second look at a direct-debit file before it is released: what was written is read back.

Against the ISO schema (shipped with ``sepaxml``, applied by lxml) and, in the same pass, against the rules that a
schema cannot say: sums, ids, characters, days, grouping, accounts, addresses (domain.md 3.2, 3.3, 3.7). A file with
any problem must never be released.
"""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from io import BytesIO
from typing import BinaryIO, Final

from lxml import etree

from sepa.calendar import is_bank_day
from sepa.charset import MAX_NAME, MAX_REMITTANCE, is_basic
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
from sepa.pain008 import DEFAULT_SCHEMA, Schema
from sepa.problem import Problem, problem

# Every code that ``validate`` gives, for the texts that tell people of them.
CODES: Final = (
    "file-too-large", "byte-order-mark", "encoding", "not-xml", "schema", "dtd", "namespace-prefix", "count",
    "control-sum", "identifier", "identifier-twice", "value", "schemes-mixed", "collection-date-closed",
    "collection-date-past", "amount", "currency", "mandate-id", "signature-date", "amendment", "twice",
    "creditor-id-once", "creditor-id", "blank", "characters", "too-long", "iban", "country", "bic", "address-missing",
    "address-unstructured", "remittance",
)  # fmt: skip

# A file of 100,000 debits takes some 90 MB; what is far larger is none of ours.
MAX_BYTES: Final = 200_000_000
# One problem in each of 100,000 transactions helps nobody.
MAX_PROBLEMS: Final = 100
# An XML declaration stands at the very start and is short.
HEAD_BYTES: Final = 200
SCHEMES: Final = frozenset({"CORE", "B2B"})
SEQUENCES: Final = frozenset({"FRST", "RCUR", "OOFF", "FNAL"})
# Shapes of transactions that are remembered: ours have a few dozen, a hostile file one for each transaction.
MAX_LAYOUTS: Final = 500
# Hybrid addresses hold at most two free lines (EPC153-22).
MAX_ADDRESS_LINES: Final = 2
NOT_PROVIDED: Final = "NOTPROVIDED"

# Anlage 3: a point, at most two decimals, no sign.
_MONEY = re.compile(r"(\d{1,16})(?:\.(\d{1,2}))?\Z", re.ASCII)
_ENCODING = re.compile(rb"""^[^<]*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_CI: Final = "Id/PrvtId/Othr/Id"
_MANDATE: Final = "DrctDbtTx/MndtRltdInf/"

# The texts of an element's leaves by their path: ``{"PmtId/EndToEndId": "E-1", "InstdAmt@Ccy": "EUR"}``. What stands
# twice gets a number, ``RmtInf/Ustrd#2``; an element with children is there as ``"PmtId/": "/"``.
_Texts = dict[str, str]
_Shape = tuple[tuple[str, ...], tuple[int, ...]]
_Layout = tuple[_Texts, tuple[tuple[str, int], ...]]


@dataclass(slots=True)
class _Level:
    """What the file or a block says of its transactions, and what was counted."""

    said_count: str = ""
    said_sum: str = ""
    count: int = 0
    sum: int = 0


@dataclass(slots=True)
class _Look:
    """What is known so far while the file goes by."""

    german: bool
    problems: list[Problem] = field(default_factory=list)
    group: _Level = field(default_factory=_Level)
    block: _Level = field(default_factory=_Level)
    block_id: str = ""
    block_creditor: bool = False
    created_on: date | None = None
    ids: set[str] = field(default_factory=set)
    schemes: set[str] = field(default_factory=set)
    complete: bool = False

    def add(self, code: str, **facts: object) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem(code, **facts))


def validate(source: bytes | BinaryIO, schema: Schema = DEFAULT_SCHEMA, umlauts: bool = False) -> tuple[Problem, ...]:
    """What is wrong with a direct-debit file; empty where it may be released. At most MAX_PROBLEMS are listed.

    ``source`` may be an open file, at any size: memory stays flat. ``umlauts`` allows in texts what banks in Germany
    must take (Anlage 3). Nothing is fetched, no entity is resolved, a file with a DTD is refused.
    """
    stream = BytesIO(source) if isinstance(source, bytes) else source
    size = stream.seek(0, 2)
    if size > MAX_BYTES:
        return (problem("file-too-large", size=size, limit=MAX_BYTES),)
    stream.seek(0)
    look = _Look(umlauts)
    _check_encoding(stream.read(HEAD_BYTES), look)
    stream.seek(0)
    try:
        _read(stream, schema, look)
    except etree.XMLSyntaxError as bad:
        # The schema's message names the element and what it expected instead.
        look.add("schema" if bad.msg.startswith("Element '") else "not-xml", text=_without_namespaces(bad.msg))
        return tuple(look.problems)
    if not look.complete:
        # The parser itself lets a file pass that breaks off between two elements.
        if not look.problems:
            look.add("not-xml", text="the file ends too early")
        return tuple(look.problems)
    _compare("GrpHdr", look.group, look)
    if len(look.schemes) > 1:
        look.add("schemes-mixed", schemes=", ".join(sorted(look.schemes)))
    return tuple(look.problems)


def _check_encoding(head: bytes, look: _Look) -> None:
    """UTF-8 without a byte order mark (Anlage 3)."""
    if head.startswith(codecs.BOM_UTF8):
        look.add("byte-order-mark")
    declared = _ENCODING.search(head)
    if declared is not None and declared[1].upper() != b"UTF-8":
        look.add("encoding", found=declared[1].decode("ascii"))
    elif b"\x00" in head:
        look.add("encoding", found="UTF-16")


def _read(stream: BinaryIO, schema: Schema, look: _Look) -> None:
    space = f"{{urn:iso:std:iso:20022:tech:xsd:{schema}}}"
    skip = len(space)
    # A parsed schema gathers the errors of all its readers, so each file gets its own.
    checker = etree.XMLSchema(etree.fromstring(_schema_text(schema)))
    events = etree.iterparse(
        stream,
        events=("end",),
        tag=[space + name for name in ("Document", "GrpHdr", "PmtInf", "DrctDbtTxInf")],
        schema=checker,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    layouts: dict[_Shape, _Layout] = {}
    first = True
    for _, element in events:
        name = element.tag[skip:]
        if name == "DrctDbtTxInf":
            if first:
                # All that stands in a block before its first transaction has been read by now.
                _check_block(_texts(element.getparent(), skip, layouts), look)
                first = False
            _check_debit(_texts(element, skip, layouts), look)
            element.clear()
            _drop_before(element)
        elif name == "PmtInf":
            _compare(look.block_id, look.block, look)
            look.block, first = _Level(), True
            element.clear()
        elif name == "GrpHdr":
            if element.getroottree().docinfo.internalDTD is not None:
                look.add("dtd")
                return
            if element.prefix is not None:
                look.add("namespace-prefix", found=element.prefix)
            _check_group(_texts(element, skip, layouts), look)
        else:
            look.complete = True


def _drop_before(element: "etree._Element") -> None:
    """Keep no more of a block than its head and its last transaction."""
    before, parent = element.getprevious(), element.getparent()
    if before is not None and parent is not None and before.tag == element.tag:
        parent.remove(before)


def _texts(element: "etree._Element | None", skip: int, layouts: dict[_Shape, _Layout]) -> _Texts:
    """Most transactions of a file are built alike, so the paths are worked out once for each shape: the tags in their
    order with the number of children of each, which determine the tree."""
    if element is None:
        return {}
    nodes = list(element.iter())
    shape = (tuple([node.tag for node in nodes]), tuple([len(node) for node in nodes]))
    layout = layouts.get(shape)
    if layout is None:
        layout = _layout(nodes, skip)
        if len(layouts) < MAX_LAYOUTS:
            layouts[shape] = layout
    parents, leaves = layout
    found = parents.copy()
    for name, place in leaves:
        found[name] = nodes[place].text or ""
        if name == "InstdAmt":
            found["InstdAmt@Ccy"] = nodes[place].get("Ccy", "")
    return found


def _layout(nodes: "Sequence[etree._Element]", skip: int) -> _Layout:
    """The paths of elements with children, and of leaves with their places. A block's transactions are left out."""
    paths = {nodes[0]: ""}
    parents: _Texts = {}
    leaves: dict[str, int] = {}
    for place, node in enumerate(nodes[1:], start=1):
        parent = node.getparent()
        if parent is None or parent not in paths:
            continue
        name = paths[parent] + node.tag[skip:]
        if len(node):
            if name != "DrctDbtTxInf":
                paths[node] = name + "/"
                parents[name + "/"] = "/"
            continue
        number = 2
        numbered = name
        while numbered in leaves:
            numbered = f"{name}#{number}"
            number += 1
        leaves[numbered] = place
    return parents, tuple(leaves.items())


def _check_group(texts: _Texts, look: _Look) -> None:
    _check_texts("GrpHdr", texts, look)
    message_id = _one(texts, "MsgId")
    _check_id("MsgId", message_id, look)
    look.created_on = _day(_one(texts, "CreDtTm")[:10])
    look.group.said_count, look.group.said_sum = _one(texts, "NbOfTxs"), _one(texts, "CtrlSum")
    _check_name("GrpHdr", "InitgPty/Nm", texts, look)


def _check_block(texts: _Texts, look: _Look) -> None:
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
    _check_agent(where, "CdtrAgt/FinInstnId/", texts, look)
    look.block_creditor = f"CdtrSchmeId/{_CI}" in texts
    if look.block_creditor:
        _check_creditor_id(where, "CdtrSchmeId/", texts, look)


def _check_debit(texts: _Texts, look: _Look) -> None:
    where = _one(texts, "PmtId/EndToEndId")
    if where != NOT_PROVIDED:
        _check_id("EndToEndId", where, look)
    _check_texts(where, texts, look)
    amount = _minor(_one(texts, "InstdAmt"))
    if amount is None or not MIN_AMOUNT <= amount <= MAX_AMOUNT:
        look.add("amount", where=where, found=_one(texts, "InstdAmt"))
    for level in (look.group, look.block):
        level.count += 1
        level.sum += amount or 0
    if _one(texts, "InstdAmt@Ccy") != CURRENCY:
        look.add("currency", where=where, found=_one(texts, "InstdAmt@Ccy"))
    _check_mandate(where, texts, look)
    if "PmtTpInf/" in texts or "ChrgBr" in texts:
        look.add("twice", where=where, field="PmtTpInf, ChrgBr")
    in_debit = f"DrctDbtTx/CdtrSchmeId/{_CI}" in texts
    if in_debit == look.block_creditor:
        look.add("creditor-id-once", where=where)
    elif in_debit:
        _check_creditor_id(where, "DrctDbtTx/CdtrSchmeId/", texts, look)
    _check_debtor(where, texts, look)
    _check_remittance(where, texts, look)


def _check_mandate(where: str, texts: _Texts, look: _Look) -> None:
    head, details = _MANDATE, _MANDATE + "AmdmntInfDtls/"
    for path in (f"{head}MndtId", f"{details}OrgnlMndtId"):
        mandate_id = _one(texts, path)
        if (mandate_id or path == f"{head}MndtId") and not is_mandate_id(mandate_id):
            look.add("mandate-id", where=where, found=mandate_id)
    signed_on = _day(_one(texts, f"{head}DtOfSgntr"))
    if signed_on is None or (look.created_on is not None and signed_on > look.created_on):
        look.add("signature-date", where=where, found=_one(texts, f"{head}DtOfSgntr"))
    if (details in texts) != (_one(texts, f"{head}AmdmntInd") == "true"):
        look.add("amendment", where=where)
    if f"{details}OrgnlCdtrSchmeId/{_CI}" in texts:
        _check_creditor_id(where, f"{details}OrgnlCdtrSchmeId/", texts, look)
    old_account = _one(texts, f"{details}OrgnlDbtrAcct/Id/Othr/Id")
    if old_account not in {"", "SMNDA"}:
        look.add("value", where=where, field="OrgnlDbtrAcct", found=old_account, allowed="SMNDA")
    if f"{details}OrgnlDbtrAcct/Id/IBAN" in texts:
        _check_iban(where, f"{details}OrgnlDbtrAcct/Id/IBAN", texts, look)


def _check_debtor(where: str, texts: _Texts, look: _Look) -> None:
    _check_name(where, "Dbtr/Nm", texts, look)
    _check_agent(where, "DbtrAgt/FinInstnId/", texts, look)
    _check_iban(where, "DbtrAcct/Id/IBAN", texts, look)
    _check_address(where, "Dbtr/PstlAdr/", texts, look)
    iban = _one(texts, "DbtrAcct/Id/IBAN")
    if iban[:2] not in SEPA_COUNTRIES:
        look.add("country", where=where, found=iban[:2])
    elif needs_address(iban):
        for name, path in (("town", "Dbtr/PstlAdr/TwnNm"), ("country", "Dbtr/PstlAdr/Ctry")):
            if path not in texts:
                look.add("address-missing", where=where, missing=name)
        if "DbtrAgt/FinInstnId/Othr/Id" in texts:
            look.add("address-missing", where=where, missing="bic")


def _check_remittance(where: str, texts: _Texts, look: _Look) -> None:
    structured = "RmtInf/Strd/" in texts
    if "RmtInf/Ustrd#2" in texts or (structured and "RmtInf/Ustrd" in texts):
        look.add("remittance", where=where, problem="more than one")
    if len(_one(texts, "RmtInf/Ustrd")) > MAX_REMITTANCE:
        look.add("too-long", where=where, field="Ustrd", limit=MAX_REMITTANCE)
    reference = _one(texts, "RmtInf/Strd/CdtrRefInf/Ref") if structured else ""
    if reference.startswith("RF") and not is_rf(reference):
        look.add("remittance", where=where, problem=reference)


def _check_texts(where: str, texts: _Texts, look: _Look) -> None:
    values = texts.values()
    if is_basic("".join(values), look.german) and all(map(str.strip, values)):
        return
    for path, text in texts.items():
        if not text.strip():
            look.add("blank", where=where, field=path)
        elif not is_basic(text, look.german):
            look.add("characters", where=where, field=path, found=text)


def _check_id(kind: str, text: str, look: _Look) -> None:
    if not is_identifier(text):
        look.add("identifier", field=kind, found=text)
    key = f"{kind} {text}"
    if key in look.ids:
        look.add("identifier-twice", field=kind, found=text)
    look.ids.add(key)


def _check_name(where: str, path: str, texts: _Texts, look: _Look) -> None:
    name = _one(texts, path)
    if not name:
        look.add("blank", where=where, field=path)
    elif len(name) > MAX_NAME:
        look.add("too-long", where=where, field=path, limit=MAX_NAME)


def _check_address(where: str, path: str, texts: _Texts, look: _Look) -> None:
    """None at all, structured, or hybrid; never free lines alone (domain.md 3.7)."""
    if path not in texts:
        return
    if f"{path}TwnNm" not in texts or f"{path}Ctry" not in texts:
        look.add("address-unstructured", where=where, field=path.rstrip("/"))
    if f"{path}AdrLine#{MAX_ADDRESS_LINES + 1}" in texts:
        look.add("address-unstructured", where=where, field=path.rstrip("/"))


def _check_iban(where: str, path: str, texts: _Texts, look: _Look) -> None:
    iban = _one(texts, path)
    if not is_iban(iban) or not iban.isupper():
        look.add("iban", where=where, field=path, found=iban)


def _check_agent(where: str, path: str, texts: _Texts, look: _Look) -> None:
    bic = _one(texts, f"{path}BICFI") or _one(texts, f"{path}BIC")
    other = _one(texts, f"{path}Othr/Id")
    if not (is_bic(bic) if bic else other == NOT_PROVIDED):
        look.add("bic", where=where, field=path.rstrip("/"), found=bic or other)


def _check_creditor_id(where: str, path: str, texts: _Texts, look: _Look) -> None:
    creditor_id = _one(texts, path + _CI)
    named = _one(texts, f"{path}Id/PrvtId/Othr/SchmeNm/Prtry")
    if not is_creditor_id(creditor_id) or named != "SEPA":
        look.add("creditor-id", where=where, found=creditor_id)


def _compare(where: str, level: _Level, look: _Look) -> None:
    if level.said_count != str(level.count):
        look.add("count", where=where, found=level.said_count, expected=level.count)
    if _minor(level.said_sum) != level.sum:
        look.add("control-sum", where=where, found=level.said_sum, expected=plain(level.sum))


def _one(texts: _Texts, path: str) -> str:
    return texts.get(path, "")


def _minor(text: str) -> int | None:
    found = _MONEY.match(text)
    return None if found is None else int(found[1] + (found[2] or "").ljust(2, "0"))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _without_namespaces(message: str) -> str:
    return re.sub(r"\{[^}]*\}", "", message)


@cache
def _schema_text(schema: Schema) -> bytes:
    return resources.files("sepaxml").joinpath(f"schemas/{schema}.xsd").read_bytes()
