"""The parts of a camt entry: dates, amounts, codes, charges, parties, purpose (domain.md 2.2 and 2.3)."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from recon.model.finding import Finding, error, warning
from recon.model.statement import NOBODY, Counterparty
from recon.statements import codes
from recon.statements.camt_tree import Node, node_at, nodes, text_at, texts
from recon.statements.mt940_details import compact, given
from recon.statements.source import printable
from sepa.identifiers import is_creditor_id
from sepa.money import AmountError, parse_amount

# Widths at which banks cut a purpose text: sub-field of MT940, DTA line, line of :86:, Ustrd.
CUT_WIDTHS: Final = frozenset({27, 35, 65, 70, 140})

_DATE: Final = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")
_CREDITOR_ID: Final = re.compile(r"[A-Z]{2}\d\d[A-Z0-9]{3}[A-Z0-9]{1,28}\Z")
_GERMAN_ISSUERS: Final = frozenset({"DK", "ZKA"})


@dataclass(frozen=True, slots=True)
class Context:
    """What an entry inherits: where it stands, the account's own number, its currency if known, where findings go."""

    where: str
    own_account: str
    currency: str
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class Codes:
    """Bank transaction codes; ``text_key`` is the Textschlüsselergänzung."""

    bank_code: str | None
    gvc: str | None
    swift_type: str | None
    text_key: str | None


NO_CODES: Final = Codes(None, None, None, None)


def read_date(node: Node, where: str, findings: list[Finding]) -> date | None:
    """``Dt`` or ``DtTm``; a calendar day, the time and its zone are left out (a statement's day is the bank's own)."""
    text = text_at(node, "Dt") or text_at(node, "DtTm")
    if text is None:
        return None
    found = _DATE.match(text)
    if found is not None:
        try:
            return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            pass
    findings.append(warning("date-impossible", where, found=printable(text), taken="-"))
    return None


def read_amount(text: str, currency: str) -> int:
    """An XML decimal, which may begin with its point. Raises AmountError."""
    return parse_amount(f"0{text}" if text.startswith(".") else text, currency)


def read_money(node: Node, name: str, context: Context) -> tuple[int, str] | None:
    """(minor units, currency) of an amount element; None if absent, None and an error finding if unreadable."""
    text = text_at(node, name)
    if text is None:
        return None
    currency = next(iter(node.get(f"{name}@Ccy", ())), "") or context.currency
    try:
        return read_amount(text, currency), currency
    except AmountError as problem:
        context.findings.append(
            error("amount-unreadable", context.where, text=printable(problem.text), reason=problem.reason)
        )
        return None


def read_codes(node: Node) -> Codes:
    """The codes of an entry or transaction: ISO code as ``PMNT/IDDT/UPDD``, and the German ones behind it."""
    code = node_at(node, "BkTxCd")
    if not code:
        return NO_CODES
    domain = node_at(code, "Domn")
    family = node_at(domain, "Fmly")
    parts = (text_at(domain, "Cd"), text_at(family, "Cd"), text_at(family, "SubFmlyCd"))
    bank_code = "/".join([part for part in parts if part]) or None
    for own in nodes(code, "Prtry"):
        issuer, text = text_at(own, "Issr"), text_at(own, "Cd")
        found = codes.proprietary(text) if text else None
        # Three digits alone are a GVC only where the issuer says so; "NTRF+166+…" shows itself.
        if found is not None and (issuer in _GERMAN_ISSUERS or found[0] is not None):
            return Codes(bank_code, found[1], found[0], found[2])
    return Codes(bank_code, None, None, None)


def finer(inner: Codes, outer: Codes) -> Codes:
    """The codes of a transaction, and where it has none those of its entry."""
    if outer is NO_CODES:
        return inner
    return Codes(
        inner.bank_code or outer.bank_code,
        inner.gvc or outer.gvc,
        inner.swift_type or outer.swift_type,
        inner.text_key or outer.text_key,
    )


def read_charges(node: Node, currency: str, context: Context) -> int | None:
    """Σ of the charges of .02 (``Chrgs`` repeated) or .08 (``Chrgs/Rcrd``); positive: taken by the banks. A record
    that is not contained in the amount (ChrgInclInd false) is left out."""
    if "Chrgs" not in node:
        return None
    total: int | None = None
    for charge in nodes(node, "Chrgs"):
        records = list(nodes(charge, "Rcrd")) or [charge]
        for record in records:
            money = read_money(record, "Amt", context) or read_money(record, "TtlChrgsAndTaxAmt", context)
            if money is None or money[1] != currency or text_at(record, "ChrgInclInd") in ("false", "0"):
                continue
            total = (total or 0) + (-money[0] if text_at(record, "CdtDbtInd") == "CRDT" else money[0])
    return total or None


def read_remittance(tx: Node) -> tuple[str | None, str | None]:
    """(purpose text, structured creditor reference)."""
    info = node_at(tx, "RmtInf")
    pieces = texts(info, "Ustrd")
    told = " ".join(pieces)
    reference: str | None = None
    for structured in nodes(info, "Strd"):
        reference = reference or given(text_at(structured, "CdtrRefInf", "Ref"))
        numbers = [number for found in nodes(structured, "RfrdDocInf") if (number := text_at(found, "Nb"))]
        pieces += [piece for piece in (*numbers, *texts(structured, "AddtlRmtInf")) if piece not in told]
    return join_pieces(pieces), "".join(reference.split()) if reference else None


def join_pieces(pieces: list[str]) -> str | None:
    """Join what the bank cut: with nothing after a piece of a full width, else with a blank.

    >>> join_pieces(["Rechnung RE-2026-0815 vom 0", "2.11.2026", "Kd-Nr 10042"])
    'Rechnung RE-2026-0815 vom 02.11.2026 Kd-Nr 10042'
    """
    parts = [piece if len(piece) in CUT_WIDTHS else f"{piece} " for piece in pieces]
    return "".join(parts).strip() or None


def read_counterparty(tx: Node, *, debtor_side: bool) -> Counterparty:
    """The debtor or the creditor of a transaction, with account, bank and the party behind it."""
    parties, agents = node_at(tx, "RltdPties"), node_at(tx, "RltdAgts")
    role = "Dbtr" if debtor_side else "Cdtr"
    bank = node_at(agents, f"{role}Agt", "FinInstnId")
    found = Counterparty(
        name=_name(parties, role),
        iban=account_number(parties, f"{role}Acct"),
        bic=text_at(bank, "BICFI") or text_at(bank, "BIC"),
        ultimate_name=_name(parties, f"Ultmt{role}"),
    )
    return NOBODY if found == NOBODY else found


def _name(parties: Node, role: str) -> str | None:
    """``Nm`` beside the party (.02) or under ``Pty`` (.08); a bank as party has it under ``Agt``."""
    if role not in parties:
        return None
    name = (
        text_at(parties, role, "Pty", "Nm")
        or text_at(parties, role, "Nm")
        or text_at(parties, role, "Agt", "FinInstnId", "Nm")
    )
    return given(" ".join(name.split())) if name else None


def account_number(parties: Node, role: str) -> str | None:
    """The IBAN, or the number that the file gives in its place, of ``DbtrAcct`` or ``CdtrAcct``."""
    if role not in parties:
        return None
    identification = node_at(parties, role, "Id")
    return compact(text_at(identification, "IBAN") or text_at(identification, "Othr", "Id"))


def read_creditor_id(tx: Node) -> str | None:
    """The creditor identifier (AT-02). Under ``OrgId`` stand tax numbers too, so there its check digits must hold."""
    creditor = node_at(tx, "RltdPties", "Cdtr")
    if not creditor:
        return None
    for party in (node_at(creditor, "Pty"), creditor):
        for kind in ("PrvtId", "OrgId"):
            for other in nodes(node_at(party, "Id", kind), "Othr"):
                found = compact(text_at(other, "Id"))
                if found and _CREDITOR_ID.match(found) and (kind == "PrvtId" or is_creditor_id(found)):
                    return found
    return None
