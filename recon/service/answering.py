"""The bank's answers to debit files (pain.002): kept as they came, tied to what was sent, followed where clear.

One file is one transaction. A rejected debit was never booked: its item is free again, its amendment is sent again, and
what was booked at export (``mark_paid``) is reversed. Whatever does not fit is kept as a case for a person
(``opos returns list``).
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from recon.ledger.answers import Outcome, Told, decide
from recon.ledger.chart import chart_of, chart_of_entry
from recon.ledger.closing import first_open
from recon.ledger.posting import entry_for_export
from recon.model.finding import Finding, error, warning
from recon.model.matching import AllocationKind, Band, Share
from recon.service.context import Context, writing
from recon.service.importing_statements import Original, keep_findings
from recon.service.refund_answers import answered_refund, follow_refund
from recon.service.returning import follow_rejections
from recon.statements.containers import unpack
from recon.statements.limits import DEFAULT_LIMITS
from recon.statements.source import Source, SourceError
from recon.store.answers import batch_of_message, keep_answers, keep_report, sent_batch
from recon.store.batches import load_collections, set_batch_status
from recon.store.closings import period_closed_until
from recon.store.ids import shown_id
from recon.store.journal import Booking, book, entry_of, set_collection_status
from recon.store.log import Seal, record
from recon.store.matching import STANDS
from recon.store.settings import settings_of
from recon.store.statements import keep_file, known_file
from recon.store.tables import allocations, collections
from sepa.money import plain
from sepa.pain002 import read as read_report
from sepa.status_report import MAX_BYTES, Answer, Level, Report

# Collections that are asked for at once.
_AT_ONCE: Final = 500
KIND: Final = "status"
_STEP: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class StatusResult:
    """What became of a file of answers. ``reports`` is how many it holds, ``rejected`` how many debits it rejects and
    ``unclear`` how many of its answers wait for a person; ``known`` says that the books had it already."""

    reports: int
    rejected: int
    unclear: int
    known: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Made:
    """What one report has brought: findings, seals of what was written, debits rejected, cases, and for the log."""

    findings: tuple[Finding, ...]
    seals: tuple[Seal | None, ...]
    rejected: int
    unclear: int
    told: dict[str, Any]


def import_status(context: Context, original: Original) -> StatusResult:
    """Take a file of answers in, or refuse it whole. A file that the books have changes nothing."""
    found = list(_reports(original))
    wrong = tuple(one for one in found if isinstance(one, Finding))
    reports = [one for one in found if not isinstance(one, Finding)]
    if wrong or not reports:
        return StatusResult(0, 0, 0, False, wrong or (error("status-not-pain002", original.name, found="-"),))
    with writing(context) as connection:
        if known_file(connection, original.sha256) is not None:
            return StatusResult(len(reports), 0, 0, True, ())
        closed = _closed(connection, context, original.name)
        if closed is not None:
            return StatusResult(0, 0, 0, False, (closed,))
        day = context.stamp.as_of
        file_id = keep_file(connection, sha256=original.sha256, name=original.name, kind=KIND,
                            content=original.content, day=day)  # fmt: skip
        made = [_take(connection, context, where, report, file_id) for where, report in reports]
        findings = tuple(finding for one in made for finding in one.findings)
        keep_findings(connection, file_id, findings, day)
        after = {"file": original.name, "sha256": original.sha256, "kind": KIND,
                 "reports": [one.told for one in made]}  # fmt: skip
        record(connection, context.stamp, "import", original.name, after=after,
               seals=[seal for one in made for seal in one.seals])  # fmt: skip
    return StatusResult(
        len(reports), sum(one.rejected for one in made), sum(one.unclear for one in made), False, findings
    )


def is_status(content: bytes, name: str) -> bool:
    """Whether a packed file holds answers of the bank: its first plain file decides (order type CDZ: a ZIP a day)."""
    for member in unpack(io.BytesIO(content), name, DEFAULT_LIMITS):
        return not isinstance(member, Finding) and (member.kind or "").startswith("pain.002")
    return False


def _reports(original: Original) -> Iterator[tuple[str, Report] | Finding]:
    """The reports of a file, plain or packed, each with its place; what cannot be read is a finding."""
    for member in unpack(io.BytesIO(original.content), original.name, DEFAULT_LIMITS):
        if isinstance(member, Finding):
            yield member
            continue
        try:
            report = read_report(_all(member.source))
        except SourceError as fault:
            yield fault.finding
            continue
        if report.problems:
            yield from (error(one.code, member.name, **dict(one.facts)) for one in report.problems)
        else:
            yield member.name, report


def _all(source: Source) -> bytes:
    """The bytes of a plain file, no more than a report may have and one beyond."""
    parts: list[bytes] = []
    left = MAX_BYTES + 1
    while left > 0 and (part := source.read(min(left, _STEP))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _closed(connection: Connection, context: Context, where: str) -> Finding | None:
    """An answer may take back what was booked at export, and that needs an open day."""
    until = period_closed_until(connection)
    if until is None or context.stamp.as_of > until:
        return None
    return error("period-closed", where, day=context.stamp.as_of, until=until, open=first_open(until))


def _take(connection: Connection, context: Context, where: str, report: Report, file_id: int) -> _Made:
    """One report: its rows, and what follows from them."""
    batch = batch_of_message(connection, report.original_message_id)
    refund = answered_refund(connection, report) if batch is None else None
    sent = None if batch is None else sent_batch(connection, batch)
    told = decide(report, sent if refund is None else refund.sent)
    followed = None if refund is None else follow_refund(connection, context.stamp, where, refund, told)
    told = told if followed is None else list(followed.told)
    number, head = keep_report(connection, {
        "file_id": file_id, "batch_id": None if batch is None else batch.id, "version": report.version,
        "message_id": report.message_id, "original_message_id": report.original_message_id,
        "original_message_name": report.original_message_name, "answers": len(report.answers),
        "imported_on": context.stamp.as_of, "actor": context.stamp.actor,
    })  # fmt: skip
    ids, rows = keep_answers(connection, number, told)
    rejected = [one for one in told if one.outcome is Outcome.REJECTED and one.collection_id is not None]
    seals = _reject(connection, context, rejected)
    if batch is not None and batch.status == "exported" and batch.submitted_on is None:
        # The bank cannot answer what it was not given: from now on the batch cannot be cancelled here.
        set_batch_status(connection, batch.id, batch.status, submitted_on=context.stamp.as_of)
        record(connection, context.stamp, "submit", shown_id("batches", batch.id), reason=report.message_id)
    unclear = sum(one.outcome is Outcome.UNCLEAR for one in told)
    summary = {
        "report": number, "original": report.original_message_id,
        "batch": None if batch is None else shown_id("batches", batch.id), "rejected": len(rejected),
        "unclear": unclear,
    }  # fmt: skip
    findings = _findings(connection, where, report, list(zip(ids, told, strict=True)), summary)
    if followed is not None:
        return _Made((*findings, *followed.findings), (head, rows), followed.rejected, unclear, summary)
    return _Made(findings, (head, rows, *seals), len(rejected), unclear, summary)


def _reject(connection: Connection, context: Context, rejected: Sequence[Told]) -> list[Seal]:
    """What follows from rejected debits: collections, what was booked at export, mandates, disputes."""
    numbers = [one.collection_id for one in rejected if one.collection_id is not None]
    set_collection_status(connection, numbers, "rejected")
    seals = _reverse(connection, context, numbers)
    codes = [(one.collection_id, one.answer.reason or one.answer.proprietary) for one in rejected
             if one.collection_id is not None]  # fmt: skip
    follow_rejections(connection, context.stamp, codes)
    return seals


def _reverse(connection: Connection, context: Context, numbers: Sequence[int]) -> list[Seal]:
    """Take back what ``mark_paid`` booked at the export of some collections: one entry for what one entry had booked,
    on its accounts."""
    made: list[Any] = []
    debits: dict[int, Any] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        few = numbers[start : start + _AT_ONCE]
        query = select(allocations).where(
            allocations.c.collection_id.in_(few), allocations.c.line_id.is_(None),
            allocations.c.kind == AllocationKind.COLLECTION.value, STANDS,
        )  # fmt: skip
        made += connection.execute(query.order_by(allocations.c.id))
        debits |= {row.id: row for row in load_collections(connection, collections.c.id.in_(few))}
    entries: dict[int, list[Any]] = {}
    for row in made:
        entries.setdefault(row.entry_id, []).append(row)
    in_force = chart_of(settings_of(connection))
    bookings = []
    for entry_id, rows in sorted(entries.items()):
        head = entry_of(connection, entry_id)
        shares = tuple(
            Share(row.item_id, debits[row.collection_id].invoice_no, debits[row.collection_id].customer_no, -row.amount,
                  AllocationKind.COLLECTION, (), row.collection_id)
            for row in rows
        )  # fmt: skip
        back = entry_for_export(shares, chart_of_entry(head, in_force), booked_on=context.stamp.as_of,
                                currency=head.currency, text=f"Storno {head.text}")  # fmt: skip
        bookings.append(
            Booking("reject", back, shares, match_class="X1", band=Band.CERTAIN,
                    reverses=tuple(row.id for row in rows), reverses_entry=entry_id)
        )  # fmt: skip
    return book(connection, context.stamp, bookings) if bookings else []


def _findings(
    connection: Connection, where: str, report: Report, told: Sequence[tuple[int, Told]], summary: dict[str, Any]
) -> tuple[Finding, ...]:
    """What a person is told: how many debits were rejected, and each answer that fits nothing, with the number of its
    case."""
    found: list[Finding] = []
    rejected = [one for _, one in told if one.outcome is Outcome.REJECTED and one.collection_id is not None]
    if rejected:
        codes = sorted({one.answer.reason or one.answer.proprietary or "-" for one in rejected})
        total = _sum(connection, [one.collection_id for one in rejected if one.collection_id is not None])
        found.append(warning("status-rejected", where, batch=summary["batch"], count=len(rejected), sum=total,
                             codes=", ".join(codes)))  # fmt: skip
    for number, one in told:
        if one.problem is not None:
            row = _Row(one.problem, one.answer, one.debits, report.original_message_id, summary["batch"])
            found.append(_problem(shown_id("status_answers", number), row).at(where))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Row:
    """An answer that fits nothing, as it is told."""

    problem: str
    answer: Answer
    debits: int
    message_id: str | None
    batch: str | None


def case_finding(name: str, row: Any) -> Finding:
    """The same from the books: ``row`` is an answer with the message id and the batch of its report."""
    answer = Answer(Level(row.level), row.position, row.payment_information_id, row.end_to_end_id, row.status,
                    row.reason, row.proprietary, row.info, row.amount, row.currency)  # fmt: skip
    batch = None if row.batch_id is None else shown_id("batches", row.batch_id)
    return _problem(name, _Row(str(row.problem), answer, row.debits, row.original_message_id, batch))


def _problem(name: str, row: _Row) -> Finding:
    answer = row.answer
    if answer.level is Level.TRANSACTION:
        reference = answer.end_to_end_id
    else:
        reference = answer.block_id if answer.level is Level.BLOCK else row.message_id
    amount = "-" if answer.amount is None else plain(answer.amount, answer.currency or "EUR")
    return warning(row.problem, name, case=name, reference=reference or "-", status=answer.status or "-",
                   reason=answer.reason or answer.proprietary or "-", batch=row.batch or "-", count=row.debits,
                   amount=amount, currency=answer.currency or "-")  # fmt: skip


def _sum(connection: Connection, numbers: Sequence[int]) -> str:
    total = 0
    for start in range(0, len(numbers), _AT_ONCE):
        query = select(collections.c.amount).where(collections.c.id.in_(numbers[start : start + _AT_ONCE]))
        total += sum(connection.execute(query).scalars())
    return plain(total)
