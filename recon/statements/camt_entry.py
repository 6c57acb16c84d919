"""One ``Ntry`` of camt.052, 053 or 054, any version -> one Line (domain.md 2.2 to 2.6).

``Line.raw`` stays empty: the XML of an entry has twenty times the bytes of what it says, and the original file is
kept. Ustrd pieces are joined as the bank cut them: after a full piece with nothing between, else with a blank.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from recon.model.finding import Finding, error, warning
from recon.model.statement import NOBODY, Counterparty, Line, LineKind, LineStatus
from recon.statements import codes
from recon.statements.camt_tree import EMPTY, Node, node_at, nodes, text_at, texts
from recon.statements.mt940_details import compact, given, identifiers
from recon.statements.source import printable
from sepa.money import AmountError, parse_amount

# Widths at which banks cut a purpose text: sub-field of MT940, DTA line, line of :86:, Ustrd.
CUT_WIDTHS: Final = frozenset({27, 35, 65, 70, 140})

_STATUS: Final = {"BOOK": LineStatus.BOOKED, "PDNG": LineStatus.PENDING, "FUTR": LineStatus.PENDING}
_DATE: Final = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")
_ISO_REASON: Final = re.compile(r"[A-Z]{2}\d\d\Z|[A-Z]{4}\Z")
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
class _Codes:
    bank_code: str | None
    gvc: str | None
    swift_type: str | None
    text_key: str | None


def read_entry(entry: Node, context: Context) -> Line | None:
    """The line of an entry; None, and an error finding, without a readable amount and direction."""
    told = len(context.findings)
    money = _money(entry, "Amt", context)
    if money is None:
        if len(context.findings) == told:
            context.findings.append(error("entry-unreadable", context.where, text="Amt"))
        return None
    amount, currency = money
    direction = text_at(entry, "CdtDbtInd")
    if direction not in ("CRDT", "DBIT"):
        context.findings.append(
            error("entry-unreadable", context.where, text=printable(f"CdtDbtInd {direction or ''}").strip())
        )
        return None
    if direction == "DBIT":
        amount = -amount
    status = text_at(entry, "Sts") or text_at(entry, "Sts", "Cd") or text_at(entry, "Sts", "Prtry")
    base = Line(
        amount=amount,
        currency=currency,
        booking_date=read_date(node_at(entry, "BookgDt"), context.where, context.findings),
        value_date=read_date(node_at(entry, "ValDt"), context.where, context.findings),
        status=_status(status, context),
        reversal=text_at(entry, "RvslInd") in ("true", "1"),
        bank_ref=given(text_at(entry, "AcctSvcrRef")),
        booking_text=text_at(entry, "AddtlNtryInf"),
        where=context.where,
    )
    return _with_details(base, entry, context)


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


def _with_details(base: Line, entry: Node, context: Context) -> Line:
    transactions = [tx for part in nodes(entry, "NtryDtls") for tx in nodes(part, "TxDtls")]
    batch = next((found for part in nodes(entry, "NtryDtls") for found in nodes(part, "Btch")), EMPTY)
    count_text = text_at(batch, "NbOfTxs")
    count = int(count_text) if count_text and count_text.isdecimal() and len(count_text) < 10 else None
    own = _codes(entry)
    kind = codes.kind_of(base.amount, own.gvc, own.bank_code, own.swift_type, reversal=base.reversal)
    several = len(transactions) > 1 or (count is not None and count > 1)
    if not several and not (kind is LineKind.BATCH and transactions):
        tx = transactions[0] if transactions else EMPTY
        line = _transaction(base, tx, entry, _finer(_codes(tx), own), context)
        if batch:
            line = replace(
                line,
                payment_information_id=given(text_at(batch, "PmtInfId")) or line.payment_information_id,
                message_id=given(text_at(batch, "MsgId")) or line.message_id,
                transactions=count,
            )
        return line
    details = []
    for tx in transactions:
        detail = _detail(base, tx, own, context)
        if detail is not None:
            details.append(detail)
    if kind not in (LineKind.CHARGE, LineKind.INTEREST, LineKind.CARD):
        kind = LineKind.BATCH
    message, payment = _common(transactions, "MsgId"), _common(transactions, "PmtInfId")
    return replace(
        base,
        kind=kind,
        gvc=own.gvc,
        bank_code=own.bank_code,
        message_id=given(text_at(batch, "MsgId")) or message,
        payment_information_id=given(text_at(batch, "PmtInfId")) or payment,
        transactions=count if count is not None else len(transactions),
        charges=_charges(entry, base.currency, context),
        details=tuple(details),
    )


def _common(transactions: list[Node], name: str) -> str | None:
    """A reference that all transactions of a batch share."""
    found = {given(text_at(tx, "Refs", name)) for tx in transactions}
    return found.pop() if len(found) == 1 else None


def _detail(base: Line, tx: Node, own: _Codes, context: Context) -> Line | None:
    money = None
    for node in (tx, node_at(tx, "AmtDtls", "TxAmt"), node_at(tx, "AmtDtls", "InstdAmt")):
        money = money or _money(node, "Amt", context)
    if money is None:
        context.findings.append(warning("detail-without-amount", context.where))
        return None
    direction = text_at(tx, "CdtDbtInd")
    debit = direction == "DBIT" if direction else base.amount < 0
    blank = replace(base, amount=-money[0] if debit else money[0], currency=money[1], bank_ref=None, booking_text=None)
    tx_codes = _codes(tx)
    # A detail of a batch is not itself a batch: without a code of its own it takes the ISO code, not the batch's GVC.
    gvc = tx_codes.gvc or (None if codes.GVC_KINDS.get(own.gvc or "") is LineKind.BATCH else own.gvc)
    finer = _Codes(
        tx_codes.bank_code or own.bank_code,
        gvc,
        tx_codes.swift_type or own.swift_type,
        tx_codes.text_key or own.text_key,
    )
    return _transaction(blank, tx, EMPTY, finer, context)


def _transaction(base: Line, tx: Node, entry: Node, found: _Codes, context: Context) -> Line:
    """The line with what one TxDtls says. ``entry`` gives amounts and charges that stand there for a single one."""
    returned = node_at(tx, "RtrInf")
    kind = codes.kind_of(base.amount, found.gvc, found.bank_code, found.swift_type, reversal=base.reversal)
    if returned and text_at(returned, "Rsn", "Cd") and kind not in (LineKind.RETURN, LineKind.BATCH):
        kind = LineKind.REVERSAL if kind is LineKind.REVERSAL else LineKind.RETURN
    refs = node_at(tx, "Refs")
    pieces, reference = _remittance(tx)
    text, ids = identifiers([pieces]) if pieces else (None, {})
    original, charges = _amounts(base, kind, tx, entry, context)
    counterparty = _counterparty(tx, debtor_side=_debtor_is_other(base.amount, kind, tx, context))
    if ids and counterparty is NOBODY:
        # A bank that gives no parties, but writes them into the text.
        counterparty = Counterparty(None, compact(ids.get("IBAN")), compact(ids.get("BIC")), ids.get("ABWA"))
    return replace(
        base,
        kind=kind,
        counterparty=counterparty,
        remittance=text,
        creditor_reference=reference,
        end_to_end_id=given(text_at(refs, "EndToEndId")) or given(ids.get("EREF")),
        mandate_id=given(text_at(refs, "MndtId")) or given(ids.get("MREF")),
        creditor_id=_creditor_id(tx) or given(ids.get("CRED")),
        payment_information_id=given(text_at(refs, "PmtInfId")) or given(ids.get("KREF")),
        message_id=given(text_at(refs, "MsgId")),
        bank_ref=base.bank_ref or given(text_at(refs, "AcctSvcrRef")),
        customer_ref=given(text_at(refs, "InstrId")),
        gvc=found.gvc,
        bank_code=found.bank_code,
        purpose=text_at(tx, "Purp", "Cd") or text_at(tx, "Purp", "Prtry") or ids.get("PURP"),
        return_reason=_reason(returned, kind, found, text),
        original_amount=original,
        charges=charges,
        booking_text=base.booking_text or text_at(tx, "AddtlTxInf"),
    )


def _codes(node: Node) -> _Codes:
    code = node_at(node, "BkTxCd")
    domain = (text_at(code, "Domn", "Cd"), *(text_at(code, "Domn", "Fmly", name) for name in ("Cd", "SubFmlyCd")))
    bank_code = "/".join(part for part in domain if part) or None
    for own in nodes(code, "Prtry"):
        issuer, text = text_at(own, "Issr"), text_at(own, "Cd")
        found = codes.proprietary(text) if text else None
        # Three digits alone are a GVC only where the issuer says so; "NTRF+166+…" shows itself.
        if found is not None and (issuer in _GERMAN_ISSUERS or found[0] is not None):
            return _Codes(bank_code, found[1], found[0], found[2])
    return _Codes(bank_code, None, None, None)


def _finer(inner: _Codes, outer: _Codes) -> _Codes:
    return _Codes(
        inner.bank_code or outer.bank_code,
        inner.gvc or outer.gvc,
        inner.swift_type or outer.swift_type,
        inner.text_key or outer.text_key,
    )


def _money(node: Node, name: str, context: Context) -> tuple[int, str] | None:
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


def read_amount(text: str, currency: str) -> int:
    """An XML decimal, which may begin with its point. Raises AmountError."""
    return parse_amount(f"0{text}" if text.startswith(".") else text, currency)


def _status(text: str | None, context: Context) -> LineStatus:
    if text is None:
        # Sts is mandatory; without it nothing says that the account moved.
        context.findings.append(warning("status-missing", context.where))
        return LineStatus.BOOKED
    return _STATUS.get(text, LineStatus.INFO)


def _amounts(base: Line, kind: LineKind, tx: Node, entry: Node, context: Context) -> tuple[int | None, int | None]:
    """Original amount (returns only) and charges, in the currency of the line."""
    charges = _charges(tx, base.currency, context) if tx else None
    if charges is None and entry:
        charges = _charges(entry, base.currency, context)
    if kind is not LineKind.RETURN:
        return None, charges
    original: int | None = None
    places = (
        node_at(tx, "AmtDtls", "InstdAmt"),
        node_at(entry, "AmtDtls", "InstdAmt"),
        node_at(tx, "AmtDtls", "TxAmt"),
        tx,
    )
    for place in places:
        money = _money(place, "Amt", context) if original is None else None
        if money is not None and money[1] == base.currency and (place is places[0] or money[0] < abs(base.amount)):
            original = money[0]
    if base.amount > 0:
        return original, charges
    return codes.complete_return(base.amount, original, charges)


def _charges(node: Node, currency: str, context: Context) -> int | None:
    """Σ of the charges of .02 (``Chrgs`` repeated) or .08 (``Chrgs/Rcrd``); positive: taken by the banks. A record
    that is not contained in the amount (ChrgInclInd false) is left out."""
    total: int | None = None
    for charge in nodes(node, "Chrgs"):
        records = list(nodes(charge, "Rcrd")) or [charge]
        for record in records:
            money = _money(record, "Amt", context) or _money(record, "TtlChrgsAndTaxAmt", context)
            if money is None or money[1] != currency or text_at(record, "ChrgInclInd") in ("false", "0"):
                continue
            total = (total or 0) + (-money[0] if text_at(record, "CdtDbtInd") == "CRDT" else money[0])
    return total or None


def _remittance(tx: Node) -> tuple[str | None, str | None]:
    """(purpose text, structured creditor reference)."""
    info = node_at(tx, "RmtInf")
    pieces = texts(info, "Ustrd")
    reference: str | None = None
    for structured in nodes(info, "Strd"):
        reference = reference or given(text_at(structured, "CdtrRefInf", "Ref"))
        numbers = [number for found in nodes(structured, "RfrdDocInf") if (number := text_at(found, "Nb"))]
        pieces += [piece for piece in (*numbers, *texts(structured, "AddtlRmtInf")) if piece not in " ".join(pieces)]
    return join_pieces(pieces), "".join(reference.split()) if reference else None


def join_pieces(pieces: list[str]) -> str | None:
    """Join what the bank cut: with nothing after a piece of a full width, else with a blank.

    >>> join_pieces(["Rechnung RE-2026-0815 vom 0", "2.11.2026", "Kd-Nr 10042"])
    'Rechnung RE-2026-0815 vom 02.11.2026 Kd-Nr 10042'
    """
    joined = ""
    for at, piece in enumerate(pieces):
        joined += piece if at == len(pieces) - 1 or len(piece) in CUT_WIDTHS else f"{piece} "
    return joined.strip() or None


def _debtor_is_other(amount: int, kind: LineKind, tx: Node, context: Context) -> bool:
    """Whether the debtor is the counterparty. Own account number first; else the direction, and on returns and
    reversals the other way round: their roles are those of the original payment (domain.md 2.6)."""
    parties = node_at(tx, "RltdPties")
    if context.own_account:
        if _account(parties, "DbtrAcct") == context.own_account:
            return False
        if _account(parties, "CdtrAcct") == context.own_account:
            return True
    return (amount >= 0) != (kind in (LineKind.RETURN, LineKind.REVERSAL))


def _counterparty(tx: Node, *, debtor_side: bool) -> Counterparty:
    parties, agents = node_at(tx, "RltdPties"), node_at(tx, "RltdAgts")
    role = "Dbtr" if debtor_side else "Cdtr"
    bank = node_at(agents, f"{role}Agt", "FinInstnId")
    found = Counterparty(
        name=_name(parties, role),
        iban=_account(parties, f"{role}Acct"),
        bic=text_at(bank, "BICFI") or text_at(bank, "BIC"),
        ultimate_name=_name(parties, f"Ultmt{role}"),
    )
    return NOBODY if found == NOBODY else found


def _name(parties: Node, role: str) -> str | None:
    """``Nm`` beside the party (.02) or under ``Pty`` (.08); a bank as party has it under ``Agt``."""
    name = (
        text_at(parties, role, "Pty", "Nm")
        or text_at(parties, role, "Nm")
        or text_at(parties, role, "Agt", "FinInstnId", "Nm")
    )
    return given(" ".join(name.split())) if name else None


def _account(parties: Node, role: str) -> str | None:
    identification = node_at(parties, role, "Id")
    return compact(text_at(identification, "IBAN") or text_at(identification, "Othr", "Id"))


def _creditor_id(tx: Node) -> str | None:
    creditor = node_at(tx, "RltdPties", "Cdtr")
    for party in (node_at(creditor, "Pty"), creditor):
        for kind in ("PrvtId", "OrgId"):
            for other in nodes(node_at(party, "Id", kind), "Othr"):
                found = compact(text_at(other, "Id"))
                if found and _CREDITOR_ID.match(found):
                    return found
    return None


def _reason(returned: Node, kind: LineKind, found: _Codes, text: str | None) -> str | None:
    code = text_at(returned, "Rsn", "Cd") or text_at(returned, "Rsn", "Prtry")
    if code is not None and _ISO_REASON.match(code):
        return code
    if kind is not LineKind.RETURN:
        return None
    return (
        codes.reason_of(found.text_key)
        or codes.reason_in(" ".join(texts(returned, "AddtlInf")))
        or codes.reason_in(text)
    )
