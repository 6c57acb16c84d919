"""One ``Ntry`` of camt.052, 053 or 054, any version -> one Line (domain.md 2.2 to 2.6).

``Line.raw`` stays empty: the XML of an entry has twenty times the bytes of what it says, and the original file is
kept. Ustrd pieces are joined as the bank cut them: after a full piece with nothing between, else with a blank.
"""

import re
from typing import Final

from msgspec.structs import replace

from recon.model.finding import error, warning
from recon.model.statement import NOBODY, Counterparty, Line, LineKind, LineStatus
from recon.statements import codes
from recon.statements.camt_parts import (
    Codes,
    Context,
    account_number,
    finer,
    read_amount,
    read_charges,
    read_codes,
    read_counterparty,
    read_creditor_id,
    read_date,
    read_money,
    read_remittance,
)
from recon.statements.camt_tree import EMPTY, Node, node_at, nodes, text_at, texts
from recon.statements.mt940_details import compact, given, identifiers
from recon.statements.source import printable
from sepa.money import AmountError

_STATUS: Final = {"BOOK": LineStatus.BOOKED, "PDNG": LineStatus.PENDING, "FUTR": LineStatus.PENDING}
_ISO_REASON: Final = re.compile(r"[A-Z]{2}\d\d\Z|[A-Z]{4}\Z")


def read_entry(entry: Node, context: Context) -> Line | None:
    """The line of an entry; None, and an error finding, without a readable amount and direction."""
    told = len(context.findings)
    money = read_money(entry, "Amt", context)
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


def _with_details(base: Line, entry: Node, context: Context) -> Line:
    """The line with its transactions: inside it for a single one, as ``details`` for a batch."""
    parts = list(nodes(entry, "NtryDtls"))
    transactions = [tx for part in parts for tx in nodes(part, "TxDtls")]
    batches = [batch for part in parts for batch in nodes(part, "Btch")]
    count = _count(batches)
    own = read_codes(entry)
    kind = codes.kind_of(base.amount, own.gvc, own.bank_code, own.swift_type, reversal=base.reversal)
    several = len(transactions) > 1 or (count is not None and count > 1)
    if several and kind not in (LineKind.CHARGE, LineKind.INTEREST, LineKind.CARD):
        kind = LineKind.BATCH
    if len(transactions) > 1 or (kind is LineKind.BATCH and transactions and not _whole(transactions[0], base, count)):
        line = _batch(base, transactions, entry, own, context)
    else:
        tx = transactions[0] if transactions else EMPTY
        line = _transaction(base, tx, entry, finer(read_codes(tx), own), context)
    if not several and not batches:
        return line
    first = batches[0] if batches else EMPTY
    return replace(
        line,
        kind=kind if several else line.kind,
        payment_information_id=given(text_at(first, "PmtInfId")) or line.payment_information_id,
        message_id=given(text_at(first, "MsgId")) or line.message_id,
        transactions=count if count is not None else line.transactions,
    )


def _count(batches: list[Node]) -> int | None:
    """Number of transactions that the bank tells, over all parts of the entry."""
    told = [text for batch in batches if (text := text_at(batch, "NbOfTxs"))]
    return sum(int(text[:9]) for text in told) if told and all(text.isdecimal() for text in told) else None


def _whole(tx: Node, base: Line, count: int | None) -> bool:
    """Whether the only TxDtls of a batch speaks of the batch as a whole: some banks repeat the total there."""
    amount = text_at(tx, "Amt") or text_at(tx, "AmtDtls", "TxAmt", "Amt")
    if count is None or count <= 1:
        return False
    try:
        return amount is None or read_amount(amount, base.currency) == abs(base.amount)
    except AmountError:
        return False


def _batch(base: Line, transactions: list[Node], entry: Node, own: Codes, context: Context) -> Line:
    details = [detail for tx in transactions if (detail := _detail(base, tx, own, context)) is not None]
    return replace(
        base,
        kind=LineKind.BATCH,
        gvc=own.gvc,
        bank_code=own.bank_code,
        message_id=_common(transactions, "MsgId"),
        payment_information_id=_common(transactions, "PmtInfId"),
        transactions=len(transactions),
        charges=read_charges(entry, base.currency, context),
        details=tuple(details),
    )


def _common(transactions: list[Node], name: str) -> str | None:
    """A reference that all transactions of a batch share."""
    found = {given(text_at(tx, "Refs", name)) for tx in transactions}
    return found.pop() if len(found) == 1 else None


def _detail(base: Line, tx: Node, own: Codes, context: Context) -> Line | None:
    money = None
    for node in (tx, node_at(tx, "AmtDtls", "TxAmt"), node_at(tx, "AmtDtls", "InstdAmt")):
        money = money or read_money(node, "Amt", context)
    if money is None:
        context.findings.append(warning("detail-without-amount", context.where))
        return None
    direction = text_at(tx, "CdtDbtInd")
    debit = direction == "DBIT" if direction else base.amount < 0
    blank = replace(base, amount=-money[0] if debit else money[0], currency=money[1], bank_ref=None, booking_text=None)
    tx_codes = read_codes(tx)
    # A detail of a batch is not itself a batch: without a code of its own it takes the ISO code, not the batch's GVC.
    gvc = tx_codes.gvc or (None if codes.GVC_KINDS.get(own.gvc or "") is LineKind.BATCH else own.gvc)
    finer = Codes(
        tx_codes.bank_code or own.bank_code,
        gvc,
        tx_codes.swift_type or own.swift_type,
        tx_codes.text_key or own.text_key,
    )
    return _transaction(blank, tx, EMPTY, finer, context)


def _transaction(base: Line, tx: Node, entry: Node, found: Codes, context: Context) -> Line:
    """The line with what one TxDtls says. ``entry`` gives amounts and charges that stand there for a single one."""
    returned = node_at(tx, "RtrInf")
    kind = codes.kind_of(base.amount, found.gvc, found.bank_code, found.swift_type, reversal=base.reversal)
    if returned and text_at(returned, "Rsn", "Cd") and kind not in (LineKind.RETURN, LineKind.BATCH):
        kind = LineKind.REVERSAL if kind is LineKind.REVERSAL else LineKind.RETURN
    refs = node_at(tx, "Refs")
    pieces, reference = read_remittance(tx)
    text, ids = identifiers([pieces]) if pieces else (None, {})
    original, charges = _amounts(base, kind, tx, entry, context)
    counterparty = read_counterparty(tx, debtor_side=_debtor_is_other(base.amount, kind, tx, context))
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
        creditor_id=read_creditor_id(tx) or given(ids.get("CRED")),
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


def _status(text: str | None, context: Context) -> LineStatus:
    if text is None:
        # Sts is mandatory; without it nothing says that the account moved.
        context.findings.append(warning("status-missing", context.where))
        return LineStatus.BOOKED
    return _STATUS.get(text, LineStatus.INFO)


def _amounts(base: Line, kind: LineKind, tx: Node, entry: Node, context: Context) -> tuple[int | None, int | None]:
    """Original amount (returns only) and charges, in the currency of the line."""
    charges = read_charges(tx, base.currency, context) if tx else None
    if charges is None and entry:
        charges = read_charges(entry, base.currency, context)
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
        money = read_money(place, "Amt", context) if original is None else None
        if money is not None and money[1] == base.currency and (place is places[0] or money[0] < abs(base.amount)):
            original = money[0]
    if base.amount > 0:
        return original, charges
    return codes.complete_return(base.amount, original, charges)


def _debtor_is_other(amount: int, kind: LineKind, tx: Node, context: Context) -> bool:
    """Whether the debtor is the counterparty. Own account number first; else the direction, and on returns and
    reversals the other way round: their roles are those of the original payment (domain.md 2.6)."""
    parties = node_at(tx, "RltdPties")
    if context.own_account:
        if account_number(parties, "DbtrAcct") == context.own_account:
            return False
        if account_number(parties, "CdtrAcct") == context.own_account:
            return True
    return (amount >= 0) != (kind in (LineKind.RETURN, LineKind.REVERSAL))


def _reason(returned: Node, kind: LineKind, found: Codes, text: str | None) -> str | None:
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
