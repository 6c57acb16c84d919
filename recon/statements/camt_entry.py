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
from recon.statements.camt_places import NO_ENTRY, NO_TRANSACTION, BatchPlaces, EntryPlaces, TransactionPlaces
from recon.statements.camt_shape import Entry
from recon.statements.camt_tree import Texts
from recon.statements.mt940_details import compact, given, identifiers
from recon.statements.source import printable
from sepa.money import AmountError

_STATUS: Final = {"BOOK": LineStatus.BOOKED, "PDNG": LineStatus.PENDING, "FUTR": LineStatus.PENDING}
_ISO_REASON: Final = re.compile(r"[A-Z]{2}\d\d\Z|[A-Z]{4}\Z")


def read_entry(found: Entry, context: Context) -> Line | None:
    """The line of an entry; None, and an error finding, without a readable amount and direction."""
    entry, texts, transactions = found
    told = len(context.findings)
    money = read_money(entry.amount, context)
    if money is None:
        if len(context.findings) == told:
            context.findings.append(error("entry-unreadable", context.where, text="Amt"))
        return None
    amount, currency = money
    direction = texts[entry.direction]
    if direction not in ("CRDT", "DBIT"):
        context.findings.append(
            error("entry-unreadable", context.where, text=printable(f"CdtDbtInd {direction or ''}").strip())
        )
        return None
    base = Line(
        -amount if direction == "DBIT" else amount,
        currency,
        read_date(texts[entry.booking_date], context.where, context.findings),
        read_date(texts[entry.value_date], context.where, context.findings),
        LineKind.OTHER,
        _status(texts[entry.status], context),
        texts[entry.reversal] in ("true", "1"),
        bank_ref=given(texts[entry.bank_ref]),
        booking_text=texts[entry.booking_text],
        where=context.where,
    )
    own = read_codes(entry.codes, texts)
    if entry.batches or len(transactions) > 1 or _is_batch(own):
        return _several(base, found, own, context)
    tx = transactions[0][0] if transactions else NO_TRANSACTION
    return _transaction(base, tx, entry, finer(read_codes(tx.codes, texts), own), context)


def _is_batch(own: Codes) -> bool:
    return own.gvc is not None and codes.GVC_KINDS.get(own.gvc) is LineKind.BATCH


def _several(base: Line, found: Entry, own: Codes, context: Context) -> Line:
    """The line of a batch: its transactions as ``details``, or inside it if the only one speaks of all."""
    entry, texts, transactions = found
    count = _count(entry.batches, texts)
    kind = codes.kind_of(base.amount, own.gvc, own.bank_code, own.swift_type, reversal=base.reversal)
    several = len(transactions) > 1 or (count is not None and count > 1)
    if several and kind not in (LineKind.CHARGE, LineKind.INTEREST, LineKind.CARD):
        kind = LineKind.BATCH
    whole = not transactions or _whole(*transactions[0], base, count)
    if len(transactions) > 1 or (kind is LineKind.BATCH and not whole):
        line = _batch(base, found, own, context)
    else:
        tx = transactions[0][0] if transactions else NO_TRANSACTION
        line = _transaction(base, tx, entry, finer(read_codes(tx.codes, texts), own), context)
    first = entry.batches[0] if entry.batches else BatchPlaces(0, 0, 0)
    return replace(
        line,
        kind=kind if several else line.kind,
        payment_information_id=given(texts[first.payment_information_id]) or line.payment_information_id,
        message_id=given(texts[first.message_id]) or line.message_id,
        transactions=count if count is not None else line.transactions,
    )


def _count(batches: tuple[BatchPlaces, ...], texts: Texts) -> int | None:
    """Number of transactions that the bank tells, over all parts of the entry."""
    told = [text for batch in batches if (text := texts[batch.transactions])]
    return sum(int(text[:9]) for text in told) if told and all(text.isdecimal() for text in told) else None


def _whole(tx: TransactionPlaces, texts: Texts, base: Line, count: int | None) -> bool:
    """Whether the only TxDtls of a batch speaks of the batch as a whole: some banks repeat the total there."""
    amount = texts[tx.amount.text or tx.tx_amount.text]
    if count is None or count <= 1:
        return False
    try:
        return amount is None or read_amount(amount, base.currency) == abs(base.amount)
    except AmountError:
        return False


def _batch(base: Line, found: Entry, own: Codes, context: Context) -> Line:
    transactions = found.transactions
    details = [_detail(base, tx, own, context._replace(texts=texts)) for tx, texts in transactions]
    return replace(
        base,
        kind=LineKind.BATCH,
        gvc=own.gvc,
        bank_code=own.bank_code,
        message_id=_common({texts[tx.message_id] for tx, texts in transactions}),
        payment_information_id=_common({texts[tx.payment_information_id] for tx, texts in transactions}),
        transactions=len(transactions),
        charges=read_charges(found.places.charges, base.currency, context),
        details=tuple(detail for detail in details if detail is not None),
    )


def _common(told: set[str | None]) -> str | None:
    """A reference that all transactions of a batch share."""
    found = {given(text) for text in told}
    return found.pop() if len(found) == 1 else None


def _detail(base: Line, tx: TransactionPlaces, own: Codes, context: Context) -> Line | None:
    texts = context.texts
    money = None
    for place in (tx.amount, tx.tx_amount, tx.instructed):
        money = money or read_money(place, context)
    if money is None:
        context.findings.append(warning("detail-without-amount", context.where))
        return None
    direction = texts[tx.direction]
    debit = direction == "DBIT" if direction else base.amount < 0
    blank = replace(base, amount=-money[0] if debit else money[0], currency=money[1], bank_ref=None, booking_text=None)
    tx_codes = read_codes(tx.codes, texts)
    # A detail of a batch is not itself a batch: without a code of its own it takes the ISO code, not the batch's GVC.
    gvc = tx_codes.gvc or (None if _is_batch(own) else own.gvc)
    found = finer(tx_codes, own)._replace(gvc=gvc)
    return _transaction(blank, tx, NO_ENTRY, found, context)


def _transaction(base: Line, tx: TransactionPlaces, entry: EntryPlaces, found: Codes, context: Context) -> Line:
    """The line with what one TxDtls says. ``entry`` gives amounts and charges that stand there for a single one."""
    texts = context.texts
    kind = codes.kind_of(base.amount, found.gvc, found.bank_code, found.swift_type, reversal=base.reversal)
    if tx.return_code and kind not in (LineKind.RETURN, LineKind.BATCH):
        kind = LineKind.REVERSAL if kind is LineKind.REVERSAL else LineKind.RETURN
    pieces, reference = read_remittance(tx, texts)
    text, ids = identifiers([pieces]) if pieces else (None, {})
    original, charges = _amounts(base, kind, tx, entry, context)
    debtor_is_other = _debtor_is_other(base.amount, kind, tx, context)
    counterparty = read_counterparty(tx.debtor if debtor_is_other else tx.creditor, texts)
    if ids and counterparty is NOBODY:
        # A bank that gives no parties, but writes them into the text.
        counterparty = Counterparty(None, compact(ids.get("IBAN")), compact(ids.get("BIC")), ids.get("ABWA"))
    # By position, in the order of the model: that is three times as fast as by name.
    return Line(
        base.amount,
        base.currency,
        base.booking_date,
        base.value_date,
        kind,
        base.status,
        base.reversal,
        counterparty,
        text,
        reference,
        given(texts[tx.end_to_end_id]) or given(ids.get("EREF")),
        given(texts[tx.mandate_id]) or given(ids.get("MREF")),
        read_creditor_id(tx, texts) or given(ids.get("CRED")),
        given(texts[tx.payment_information_id]) or given(ids.get("KREF")),
        given(texts[tx.message_id]),
        base.bank_ref or given(texts[tx.bank_ref]),
        given(texts[tx.customer_ref]),
        found.gvc,
        found.bank_code,
        texts[tx.purpose] or ids.get("PURP"),
        _reason(tx, texts, kind, found, text),
        original,
        charges,
        base.booking_text or texts[tx.text],
        None,  # transactions
        (),
        "",  # raw
        base.where,
    )


def _status(text: str | None, context: Context) -> LineStatus:
    if text is None:
        # Sts is mandatory; without it nothing says that the account moved.
        context.findings.append(warning("status-missing", context.where))
        return LineStatus.BOOKED
    return _STATUS.get(text, LineStatus.INFO)


def _amounts(
    base: Line, kind: LineKind, tx: TransactionPlaces, entry: EntryPlaces, context: Context
) -> tuple[int | None, int | None]:
    """Original amount (returns only) and charges, in the currency of the line."""
    charges = read_charges(tx.charges, base.currency, context) if tx.charges else None
    if charges is None and entry.charges:
        charges = read_charges(entry.charges, base.currency, context)
    if kind is not LineKind.RETURN:
        return None, charges
    original: int | None = None
    for place in (tx.instructed, entry.instructed, tx.tx_amount, tx.amount):
        money = read_money(place, context) if original is None else None
        if money is not None and money[1] == base.currency and (place is tx.instructed or money[0] < abs(base.amount)):
            original = money[0]
    if base.amount > 0:
        return original, charges
    return codes.complete_return(base.amount, original, charges)


def _debtor_is_other(amount: int, kind: LineKind, tx: TransactionPlaces, context: Context) -> bool:
    """Whether the debtor is the counterparty. Own account number first; else the direction, and on returns and
    reversals the other way round: their roles are those of the original payment (domain.md 2.6)."""
    texts = context.texts
    if context.own_account:
        if compact(texts[tx.debtor.account]) == context.own_account:
            return False
        if compact(texts[tx.creditor.account]) == context.own_account:
            return True
    return (amount >= 0) != (kind in (LineKind.RETURN, LineKind.REVERSAL))


def _reason(tx: TransactionPlaces, texts: Texts, kind: LineKind, found: Codes, text: str | None) -> str | None:
    code = texts[tx.return_code or tx.return_own_code]
    if code is not None and _ISO_REASON.match(code):
        return code
    if kind is not LineKind.RETURN:
        return None
    told = [text for place in tx.return_texts if (text := texts[place])]
    return codes.reason_of(found.text_key) or codes.reason_in(" ".join(told)) or codes.reason_in(text)
