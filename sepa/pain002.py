"""Reader of the bank's answer to a payment file: pain.002, all versions by local names (domain.md 4.4).

``read`` streams a report into answers (``sepa.status_report``), one for each group, block or transaction that it tells
of.
"""

import io
import re
from dataclasses import replace
from typing import Any, Final

from lxml import etree

from sepa.money import AmountError, parse_amount
from sepa.problem import Problem, problem
from sepa.status_report import MAX_ANSWERS, MAX_BYTES, Answer, Level, Report

# Max140Text and the like; what is longer is cut, so that no text can blow up the books.
MAX_TEXT: Final = 140
# A bank gives one or two reasons; AddtlInf may repeat.
MAX_REASONS: Final = 20
# One transaction with everything that the schema allows has some 400 elements, and stays below 64 KiB.
MAX_ELEMENTS: Final = 5_000

_ROOT: Final = "CstmrPmtStsRpt"
_CODE: Final = re.compile(r"[A-Z0-9]{4}\Z", re.ASCII)


def read(content: bytes) -> Report:
    """Read one report. Entities, DTDs and the network are off; a file that is too large, is no XML or no pain.002 comes
    back with its problem: ``status-too-large``, ``status-xml``, ``status-not-pain002``, ``status-no-message``."""
    if len(content) > MAX_BYTES:
        return Report(problems=(problem("status-too-large", limit=MAX_BYTES >> 20),))
    reading = _Reading()
    try:
        events = etree.iterparse(
            io.BytesIO(content), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False,
            huge_tree=False, remove_comments=True, remove_pis=True,
        )  # fmt: skip
        for event, node in events:
            found = reading.start(node) if event == "start" else reading.end(node)
            if found is not None:
                return Report(problems=(found,))
    except etree.XMLSyntaxError as fault:
        return Report(problems=(problem("status-xml", cause=_plain(str(fault))),))
    return reading.report()


class _Reading:
    """A report while it is read: elements are taken when they end, and let go."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self.version: str | None = None
        self.head: dict[str, str | None] = {}
        self.group: Answer | None = None
        self.rest: list[Answer] = []
        self.block: int | None = None
        self.seen = False
        self.elements = 0

    def start(self, node: Any) -> Problem | None:
        name = _local(node)
        if not self.path:
            if node.getroottree().docinfo.internalDTD is not None:
                return problem("status-xml", cause="DTD")
            self.version = _version(node)
        self.elements += 1
        if len(self.path) == 1 and name != _ROOT:
            return problem("status-not-pain002", found=_plain(name))
        if len(self.path) == 1:
            self.seen = True
        if self.elements > MAX_ELEMENTS:
            return problem("status-too-large", limit=MAX_BYTES >> 20)
        if name == "OrgnlPmtInfAndSts" and len(self.path) == 2:
            self.block = len(self.rest)
            self.rest.append(Answer(Level.BLOCK, 0))
        self.path.append(name)
        return None

    def end(self, node: Any) -> Problem | None:
        name = self.path.pop()
        depth = len(self.path)
        if depth == 2 and name == "GrpHdr":
            self.head |= {"message_id": _text(node, "MsgId"), "created": _text(node, "CreDtTm")}
        elif depth == 2 and name == "OrgnlGrpInfAndSts":
            self.head |= {"original": _text(node, "OrgnlMsgId"), "name": _text(node, "OrgnlMsgNmId")}
            self.group = _answer(node, Level.GROUP, "GrpSts")
        elif name == "TxInfAndSts" and depth in {2, 3}:
            told = _answer(node, Level.TRANSACTION, "TxSts")
            self.rest.append(replace(told, block_id=told.block_id, **_transaction(node)))
        elif name == "OrgnlPmtInfAndSts" and depth == 2 and self.block is not None:
            self._close_block(node)
        else:
            return None
        node.clear()
        before = node.getprevious()
        if before is not None and _local(before) == name:
            node.getparent().remove(before)
        self.elements = 0
        return problem("status-too-large", limit=MAX_BYTES >> 20) if len(self.rest) > MAX_ANSWERS else None

    def _close_block(self, node: Any) -> None:
        """The block's own answer goes before those of its transactions, which are told its id."""
        at = self.block or 0
        told = _answer(node, Level.BLOCK, "PmtInfSts")
        self.rest[at] = told
        for place in range(at + 1, len(self.rest)):
            self.rest[place] = replace(self.rest[place], block_id=told.block_id)
        self.block = None

    def report(self) -> Report:
        if not self.seen:
            return Report(problems=(problem("status-not-pain002", found="-"),))
        found = [*([self.group] if self.group is not None else []), *self.rest]
        answers = tuple(replace(answer, position=at) for at, answer in enumerate(found, start=1))
        problems = () if self.head.get("original") else (problem("status-no-message"),)
        return Report(
            version=self.version,
            message_id=self.head.get("message_id"),
            created=self.head.get("created"),
            original_message_id=self.head.get("original"),
            original_message_name=self.head.get("name"),
            answers=() if problems else answers,
            problems=problems,
        )


def _answer(node: Any, level: Level, status: str) -> Answer:
    """What a level says: its status and its reasons. The first ISO code counts; all words are kept."""
    code = _text(node, status)
    reason = proprietary = None
    words: list[str] = []
    for inner in [child for child in node if _local(child) == "StsRsnInf"][:MAX_REASONS]:
        cause = _child(inner, "Rsn")
        if cause is not None:
            found = _text(cause, "Cd")
            # Versions before .03 have the code right under the reason; banks write codes as their own, too.
            own = _text(cause, "Prtry")
            if found is None and own is not None and _CODE.match(own):
                found, own = own, None
            reason = reason or (found.upper() if found else None)
            proprietary = proprietary or own
        words += [text for child in inner if _local(child) in {"AddtlInf", "AddtlStsRsnInf"} and (text := _own(child))]
    return Answer(level, 0, _text(node, "OrgnlPmtInfId"), None, code.upper() if code else None, reason, proprietary,
                  " ".join(words)[:MAX_TEXT] or None)  # fmt: skip


def _transaction(node: Any) -> dict[str, Any]:
    """What identifies a transaction: our own id, and the amount and mandate that the bank repeats."""
    found: dict[str, Any] = {"end_to_end_id": _text(node, "OrgnlEndToEndId")}
    original = _child(node, "OrgnlTxRef")
    if original is None:
        return found
    amount = _child(original, "Amt")
    instructed = None if amount is None else _child(amount, "InstdAmt")
    if instructed is None:
        instructed = _child(original, "IntrBkSttlmAmt")
    if instructed is not None:
        found["currency"] = (instructed.get("Ccy") or "")[:3].upper() or None
        found["amount"] = _amount(_own(instructed), found["currency"])
    mandate = _child(original, "MndtRltdInf")
    if mandate is not None:
        direct = _child(mandate, "DrctDbtMndt")
        found["mandate_id"] = _text(mandate, "MndtId") or (None if direct is None else _text(direct, "MndtId"))
    return found


def _amount(text: str | None, currency: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_amount(text, currency or "EUR")
    except AmountError:
        return None


def _version(node: Any) -> str | None:
    """``pain.002.001.03`` from the namespace."""
    found = re.search(r"pain\.002[\w.]*", str(node.tag))
    return found[0] if found else None


def _child(node: Any, name: str) -> Any:
    return next((child for child in node if _local(child) == name), None)


def _text(node: Any, name: str) -> str | None:
    child = _child(node, name)
    return None if child is None else _own(child)


def _own(node: Any) -> str | None:
    """The text of an element, cut and without what nobody sees; ``None`` for an empty one."""
    return _plain(node.text or "") or None


def _plain(text: str) -> str:
    shown = "".join(sign if sign.isprintable() else " " for sign in text[: 4 * MAX_TEXT])
    return " ".join(shown.split())[:MAX_TEXT]


def _local(node: Any) -> str:
    return str(node.tag).rpartition("}")[2] if isinstance(node.tag, str) else ""
