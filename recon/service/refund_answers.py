"""The bank's answers to files of refunds (pain.002 for pain.001): what is rejected is credit again, and what the payee
check says is told (domain.md 4.4, 5.2). An answer is decided as one to a debit file is; nothing is guessed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, select

from recon.ledger.answers import Outcome, SentBatch, SentDebit, Told
from recon.model.finding import Finding, info, warning
from recon.service.refunding import reject_refunds
from recon.store.ids import shown_id
from recon.store.log import Stamp, record
from recon.store.refund_tables import refund_batches, refunds
from recon.store.refunds import load_refunds, set_refund_batch
from sepa.money import plain
from sepa.status_report import Report

# Results of the payee check: match, close match, no match, not possible.
PAYEE_CHECK: Final = {"RCVC": "refund-payee-match", "RVMC": "refund-payee-close", "RVNM": "refund-payee-differs",
                      "RVNA": "refund-payee-unchecked"}  # fmt: skip
# What says nothing else than that the file has not been paid yet.
_GOES_ON: Final = frozenset({"status-code-unknown"})


@dataclass(frozen=True, slots=True)
class Answered:
    """A file of refunds that a report is about: its row, its transfers, and both as deciding knows sent files."""

    row: Any
    refunds: Sequence[Any]
    sent: SentBatch


@dataclass(frozen=True, slots=True)
class Followed:
    """What a report has brought: its answers for the books (they point at no debit), how many transfers are rejected,
    and what people are told."""

    told: tuple[Told, ...]
    rejected: int
    findings: tuple[Finding, ...]


def answered_refund(connection: Connection, report: Report) -> Answered | None:
    """The file of refunds that a report is about, if it is about one."""
    columns = [column for column in refund_batches.c if column.name != "content"]
    query = select(*columns).where(refund_batches.c.message_id == report.original_message_id)
    row = connection.execute(query).first()
    if row is None:
        return None
    own = load_refunds(connection, refunds.c.batch_id == row.id)
    sent = [
        SentDebit(one.id, row.payment_information_id, one.end_to_end_id, one.amount, "EUR", one.status,
                  one.returned_for if one.status == "rejected" else None)
        for one in own
    ]  # fmt: skip
    status = "created" if row.status == "released" else row.status
    return Answered(row, own, SentBatch(status, {row.payment_information_id: 0}, sent))


def follow_refund(
    connection: Connection, stamp: Stamp, where: str, answered: Answered, told: Sequence[Told]
) -> Followed:
    """What follows from a report: rejected transfers are credit again; the file is the bank's from now on."""
    row, known = answered.row, {one.id: one for one in answered.refunds}
    shown = shown_id("refund_batches", row.id)
    findings: list[Finding] = []
    kept: list[Told] = []
    rejected: dict[str | None, list[Any]] = {}
    for one in told:
        transfer = known.get(one.collection_id or 0)
        if one.outcome is Outcome.REJECTED and transfer is not None:
            rejected.setdefault(one.answer.reason or one.answer.proprietary, []).append(transfer)
        code = PAYEE_CHECK.get(one.answer.status or "")
        checked = code is not None and one.problem in _GOES_ON
        if checked and transfer is not None:
            say = info if code == "refund-payee-match" else warning
            findings.append(say(str(code), where, refund=transfer.end_to_end_id, name=transfer.name, batch=shown,
                                told=one.answer.info or "-"))  # fmt: skip
        noted = replace(one, outcome=Outcome.NOTED, problem=None) if checked else one
        kept.append(replace(noted, block_id=None, collection_id=None))
    for reason, rows in rejected.items():
        reject_refunds(connection, stamp, row.id, rows, reason)
    gone = [one for rows in rejected.values() for one in rows]
    if gone:
        codes = ", ".join(sorted(str(reason or "-") for reason in rejected))
        findings.append(warning("refund-rejected", where, batch=shown, count=len(gone),
                                sum=plain(sum(one.amount for one in gone)), codes=codes))  # fmt: skip
    if row.status == "exported" and row.submitted_on is None:
        # The bank cannot answer what it was not given: from now on the file cannot be cancelled here.
        set_refund_batch(connection, row.id, submitted_on=stamp.as_of)
        record(connection, stamp, "refund-submit", shown)
    return Followed(tuple(kept), len(gone), tuple(findings))
