"""camt.052, 053 and 054 of any version as a stream of statements (domain.md 2).

One decoder by local names, so that version, namespace and prefix do not matter; schema validity is never asked for.
Entries are read and freed one by one. Entities, DTDs and the network are off, and a DOCTYPE is refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, Final

from lxml import etree

from recon.model.finding import Finding, error, info, warning
from recon.model.statement import Line, Statement
from recon.statements.camt_entry import read_entry
from recon.statements.camt_parts import Context, read_amount, read_date
from recon.statements.camt_shape import Shapes, entry_of
from recon.statements.camt_tree import Node, local, node_at, nodes, text_at, tree
from recon.statements.checks import checked
from recon.statements.limits import Limits
from recon.statements.mt940_details import compact
from recon.statements.sniffing import HEAD_BYTES
from recon.statements.source import Source, SourceError, printable
from sepa.money import AmountError

_FORMATS: Final = {"Rpt": "camt.052", "Stmt": "camt.053", "Ntfctn": "camt.054"}
_OPENINGS: Final = ("OPBD", "PRCD")
_DOCTYPE: Final = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
# libxml2: XML_ERR_INVALID_ENCODING, and XML_I18N_CONV_FAILED from a converter.
_WRONG_BYTES: Final = frozenset({81, 6003})
# A root element and comments stand before it; a DOCTYPE must come before the root.
_ROOT: Final = re.compile(rb"<[A-Za-z]")


@dataclass(slots=True)
class _Draft:
    """One Stmt, Rpt or Ntfctn while its entries pass by."""

    line: int
    lines: list[Line] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    entries: int = 0
    own: tuple[str, str] | None = None


def read_camt(source: Source, name: str, limits: Limits) -> Iterator[Statement | Finding]:
    """All statements of a message, then a finding if the XML broke off or is refused."""
    head = source.peek(HEAD_BYTES).replace(b"\x00", b"")
    root = _ROOT.search(head)
    if _DOCTYPE.search(head, 0, root.start() if root else len(head)):
        yield error("xml-doctype", f"{name}:1")
        return
    done = 0
    try:
        for found in _statements(source, None, name, limits):
            yield found
            done += 1
    except etree.XMLSyntaxError as problem:
        wrong_bytes = problem.code in _WRONG_BYTES  # type: ignore[attr-defined]  # the stubs lack it
        if wrong_bytes and source.rewind():
            yield from _again(source, name, limits, done)
        else:
            yield _broken(problem, name)


def _again(source: Source, name: str, limits: Limits, done: int) -> Iterator[Statement | Finding]:
    """The bytes are not in the encoding that the XML declares: read once more as CP1252, past what was given."""
    yield info("encoding-fallback", f"{name}:1", encoding="CP1252")
    try:
        yield from islice(_statements(source, "cp1252", name, limits), done, None)
    except etree.XMLSyntaxError as problem:
        yield _broken(problem, name)


def _broken(problem: etree.XMLSyntaxError, name: str) -> Finding:
    return error("xml-broken", f"{name}:{problem.lineno or 1}", reason=printable(problem.msg or ""))


def _events(source: Source, encoding: str | None) -> Any:
    return etree.iterparse(
        source,
        events=("start", "end"),
        tag=("{*}Ntry", "{*}GrpHdr", "{*}Stmt", "{*}Rpt", "{*}Ntfctn"),
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _statements(source: Source, encoding: str | None, name: str, limits: Limits) -> Iterator[Statement | Finding]:
    header: Node = {}
    shapes = Shapes()
    draft: _Draft | None = None
    depth = 0
    source.mark(limits.entry_bytes)
    for event, element in _events(source, encoding):
        kind = local(element.tag)
        if event == "start":
            if depth == 0 and element.getroottree().docinfo.doctype:
                raise SourceError(error("xml-doctype", f"{name}:1"))
            if kind in _FORMATS and draft is None:
                draft = _Draft(element.sourceline or 0)
            depth += 1
        elif kind == "GrpHdr":
            found = tree(element)
            header = found if isinstance(found, dict) else {}
        elif kind == "Ntry" and draft is None:
            yield error("entry-outside", f"{name}:{element.sourceline}")
            element.clear()
        elif kind == "Ntry" and draft is not None:
            if draft.entries >= limits.entries:
                raise SourceError(error("too-large", f"{name}:{element.sourceline}", limit=limits.entries))
            _entry(draft, element, name, source.since_mark, shapes)
            source.mark(limits.entry_bytes)
        elif kind in _FORMATS and draft is not None:
            yield _statement(draft, element, header, name)
            draft = None
            element.clear()


def _entry(draft: _Draft, element: Any, name: str, size: int, shapes: Shapes) -> None:
    """Read an entry and free it. Account and currency stand before the entries in every version."""
    statement = element.getparent()
    if draft.own is None:
        draft.own = _account(statement)
    where = f"{name}:{element.sourceline}"
    entry = entry_of(element, size, shapes)
    line = read_entry(entry, Context(entry.texts, where, *draft.own, draft.findings))
    if line is not None:
        draft.lines.append(line)
    draft.entries += 1
    element.clear()
    # The parser still hangs on to this element, so the one before it is taken out.
    before = element.getprevious()
    if before is not None and local(before.tag) == "Ntry":
        statement.remove(before)


def _account(statement: Any) -> tuple[str, str]:
    """(own account, currency) as far as the elements before the entries tell."""
    account = next((child for child in statement if local(child.tag) == "Acct"), None)
    found = tree(account) if account is not None else {}
    node = found if isinstance(found, dict) else {}
    balance = next((child for child in statement if local(child.tag) == "Bal"), None)
    units = (amount.get("Ccy") for amount in balance if local(amount.tag) == "Amt") if balance is not None else ()
    return _account_number(node), text_at(node, "Ccy") or next((unit for unit in units if unit), "")


def _account_number(account: Node) -> str:
    identification = node_at(account, "Id")
    number = compact(text_at(identification, "IBAN") or text_at(identification, "Othr", "Id"))
    return number or compact(text_at(identification, "PrtryAcct", "Id") or text_at(identification, "BBAN")) or ""


def _statement(draft: _Draft, element: Any, header: Node, name: str) -> Statement:
    where = f"{name}:{draft.line}"
    found = tree(element)
    node = found if isinstance(found, dict) else {}
    findings = draft.findings
    account = node_at(node, "Acct")
    opening, closing = _balances(node, where, findings)
    currency = text_at(account, "Ccy") or next(
        (found.currency for found in (closing, opening, *draft.lines) if found is not None and found.currency), ""
    )
    if not currency:
        findings.append(error("currency-missing", where))
    for balance in (opening, closing):
        if balance is not None and balance.currency != currency:
            findings.append(error("currency-mismatch", where, currencies=printable(f"{currency}, {balance.currency}")))
    kind = _FORMATS[local(element.tag)]
    if kind == "camt.053" and (opening is None or closing is None):
        findings.append(warning("opening-missing" if closing is not None else "closing-missing", where))
    _totals(node, draft, where)
    page, first, last = _paging(node, header, kind)
    booked = [line.booking_date for line in draft.lines if line.booking_date is not None]
    closing_date = closing.day if closing else None
    period = node_at(node, "FrToDt")
    servicer = node_at(account, "Svcr", "FinInstnId")
    statement = Statement(
        format=kind,
        account=_account_number(account),
        currency=currency,
        opening=opening.minor if opening else None,
        closing=closing.minor if closing else None,
        lines=tuple(draft.lines),
        opening_date=opening.day if opening else None,
        closing_date=closing_date,
        number=_number(text_at(node, "ElctrncSeqNb") or text_at(node, "LglSeqNb")),
        page=page,
        first_page=opening.code not in ("ITBD", "OPAV") if opening else first,
        last_page=last if closing is None or closing.code == "ITBD" else True,
        message_id=text_at(header, "MsgId"),
        owner=_owner(account),
        servicer_bic=text_at(servicer, "BICFI") or text_at(servicer, "BIC"),
        period_from=_day(period, "FrDtTm", "FrDt") or min(booked, default=closing_date),
        period_to=_day(period, "ToDtTm", "ToDt") or closing_date or max(booked, default=None),
        where=where,
    )
    return checked(statement, tuple(findings))


@dataclass(frozen=True, slots=True)
class _Balance:
    code: str
    minor: int
    currency: str
    day: date | None


def _balances(node: Node, where: str, findings: list[Finding]) -> tuple[_Balance | None, _Balance | None]:
    """Opening and closing booked balance: OPBD or PRCD, CLBD; ITBD stands for either on a page in the middle."""
    read = [found for one in nodes(node, "Bal") if (found := _balance(one, where, findings)) is not None]
    interim = [found for found in read if found.code == "ITBD"]
    opening = next((found for code in _OPENINGS for found in read if found.code == code), None)
    closing = next((found for found in reversed(read) if found.code == "CLBD"), None)
    if opening is None and (len(interim) > 1 or (interim and closing is not None)):
        opening = interim.pop(0)
    if closing is None and interim:
        closing = interim.pop()
    return opening, closing


def _balance(node: Node, where: str, findings: list[Finding]) -> _Balance | None:
    code = text_at(node, "Tp", "CdOrPrtry", "Cd") or text_at(node, "Tp", "Cd")
    if code not in (*_OPENINGS, "CLBD", "ITBD"):
        return None
    text = text_at(node, "Amt") or ""
    currency = next(iter(node.get("Amt@Ccy", ())), "")
    try:
        minor = read_amount(text, currency)
    except AmountError as problem:
        findings.append(error("amount-unreadable", where, text=printable(problem.text), reason=problem.reason))
        return None
    debit = text_at(node, "CdtDbtInd") == "DBIT"
    told = node_at(node, "Dt") or node
    day = read_date(text_at(told, "Dt") or text_at(told, "DtTm"), where, findings)
    return _Balance(code, -minor if debit else minor, currency, day)


def _totals(node: Node, draft: _Draft, where: str) -> None:
    """The bank's own count of entries: whether all of them are in the file."""
    told = text_at(node, "TxsSummry", "TtlNtries", "NbOfNtries")
    if told is not None and told.isdecimal() and int(told[:9]) != draft.entries:
        draft.findings.append(warning("entries-missing", where, expected=told[:9], found=draft.entries))


def _paging(node: Node, header: Node, kind: str) -> tuple[str | None, bool, bool]:
    """(page number, first page, last page): the statement's own pagination, else that of the message."""
    own = {"camt.052": "RptPgntn", "camt.053": "StmtPgntn", "camt.054": "NtfctnPgntn"}[kind]
    paging = node_at(node, own) or node_at(header, "MsgPgntn")
    page = _number(text_at(paging, "PgNb"))
    return page, page in (None, "0", "1"), text_at(paging, "LastPgInd") not in ("false", "0")


def _number(text: str | None) -> str | None:
    """A number as people write it, without leading zeros."""
    return (text.lstrip("0") or "0") if text else None


def _owner(account: Node) -> str | None:
    owner = node_at(account, "Ownr")
    return text_at(owner, "Nm") or text_at(owner, "Pty", "Nm")


def _day(node: Node, *names: str) -> date | None:
    for name in names:
        text = text_at(node, name)
        if text is not None:
            return read_date(text, "", [])
    return None
