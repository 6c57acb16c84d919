"""Collecting: due direct-debit items become batches, and batches become files for the bank (contract.md 5).

``create`` freezes the bytes of each file in the books; ``export`` only ever writes those bytes out. An item is in at
most one live batch for what is due of it on a day, and the database itself refuses a second (promise 7).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from recon.ledger.chart import Chart
from recon.ledger.posting import entry_for_export, reversed_entry
from recon.model.finding import Finding, error
from recon.model.matching import AllocationKind, Band, Share
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.service.answers import Exit, Refused
from recon.service.charts import chart_to_book
from recon.service.claims import creditors_of, due_claims
from recon.service.context import Context, reading, run, writing
from recon.service.writing_files import placing
from recon.store.batches import content_of, insert_batch, load_batches, load_blocks, load_collections, set_batch_status
from recon.store.ids import next_ids, read_id, shown_id
from recon.store.items import LIVE
from recon.store.journal import Booking, book, entry_of, set_collection_status
from recon.store.log import Seal, record
from recon.store.masters import all_mandates
from recon.store.settings import account_ids, branch_ids, settings_of
from recon.store.tables import allocations, batches, collections
from sepa.collection import identify, plan
from sepa.debits import Block, CollectionError, DebitFile, Excluded, Plan, PlannedFile, Rules
from sepa.pain008 import file_name, write
from sepa.problem import Problem


@dataclass(frozen=True, slots=True)
class BatchBlock:
    """A block of a batch as the bank sees it."""

    payment_information_id: str | None
    sequence: str
    account: str
    creditor_id: str
    collection_date: date
    count: int
    sum: int


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch: planned (``id`` None), or in the books with its file."""

    id: str | None
    branch: str | None
    scheme: str
    collection_date: date
    count: int
    sum: int
    blocks: tuple[BatchBlock, ...]
    status: str
    file: str | None = None
    sha256: str | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class CollectResult:
    """Batches and excluded claims; ``due`` is the number and sum of all that was looked at."""

    batches: tuple[Batch, ...]
    excluded: tuple[Excluded, ...] = ()
    due: tuple[int, int] = (0, 0)
    notes: tuple[Problem, ...] = ()


def preview(
    context: Context, *, due_until: date, branch: str | None = None, collection_date: date | None = None
) -> CollectResult:
    """What ``create`` would do; writes nothing."""
    with reading(context, Action.READ) as connection:
        made = _plan(connection, context.stamp.as_of, due_until, branch, collection_date)
    return _result(made, tuple(_planned(file) for file in made.files))


def create(
    context: Context, *, due_until: date, branch: str | None = None, collection_date: date | None = None
) -> CollectResult:
    """Make a batch for each file of the plan, with its bytes checked twice. All of them or none."""
    with run(context, Action.COLLECT), writing(context) as connection:
        settings = settings_of(connection)
        made = _plan(connection, context.stamp.as_of, due_until, branch, collection_date)
        numbers = {mandate.mandate_id: number for number, mandate in all_mandates(connection).items()}
        made_batches = tuple(_create_one(connection, context, settings, file, numbers) for file in made.files)
    return _result(made, made_batches)


def export(context: Context, folder: Path, wanted: Sequence[str] = ()) -> CollectResult:
    """Write the files of batches into ``folder`` and mark them exported. Exporting again writes the same bytes.

    Without names: every batch that is neither cancelled nor submitted. The files are written before the books say so:
    a run that was cut off between the two is repeated and ends the same.
    """
    with run(context, Action.EXPORT_DEBITS), placing() as place, writing(context) as connection:
        rows = _chosen(connection, wanted, lambda row: row.status in LIVE and row.submitted_on is None)
        _refuse(rows, lambda row: row.status == "cancelled", "batch-cancelled")
        settings = settings_of(connection)
        chart = chart_to_book(settings)
        files: list[tuple[str, bytes]] = []
        for row in rows:
            content = content_of(connection, row.id)
            if hashlib.sha256(content).hexdigest() != row.sha256:
                raise Refused(error("batch-damaged", shown_id("batches", row.id), expected=row.sha256))
            files.append((row.file_name, content))
            if row.status == "created":
                seals = _exported(connection, context, settings, chart, row.id)
                shown = shown_id("batches", row.id)
                record(connection, context.stamp, "export", shown, after={"sha256": row.sha256}, seals=seals)
        if not context.dry_run:
            place(folder, files)
        found = _batches(connection, [row.id for row in rows])
    return CollectResult(found)


def cancel(context: Context, batch: str) -> CollectResult:
    """Take a batch back that the bank has not been given: its items are free again."""
    with run(context, Action.CANCEL_DEBITS), writing(context) as connection:
        row = _chosen(connection, [batch], lambda _row: True)[0]
        _refuse([row], lambda row: row.submitted_on is not None, "batch-submitted", Exit.NOT_PERMITTED)
        _refuse([row], lambda row: row.status not in LIVE, "batch-cancelled")
        debits = load_collections(connection, collections.c.batch_id == row.id)
        _refuse([row], lambda _row: any(debit.status not in LIVE for debit in debits), "batch-answered")
        seals = _take_back(connection, context, row.id)
        set_collection_status(connection, [debit.id for debit in debits], "cancelled")
        set_batch_status(connection, row.id, "cancelled")
        record(connection, context.stamp, "cancel", shown_id("batches", row.id), seals=seals)
        found = _batches(connection, [row.id])
    return CollectResult(found)


def submitted(context: Context, batch: str) -> CollectResult:
    """Say that the bank has been given a batch's file: from now on it cannot be cancelled here."""
    with run(context, Action.SUBMIT_DEBITS), writing(context) as connection:
        row = _chosen(connection, [batch], lambda _row: True)[0]
        _refuse([row], lambda row: row.status != "exported", "batch-not-exported")
        if row.submitted_on is None:
            set_batch_status(connection, row.id, row.status, submitted_on=context.stamp.as_of)
            record(connection, context.stamp, "submit", shown_id("batches", row.id))
        found = _batches(connection, [row.id])
    return CollectResult(found)


def batches_in_books(context: Context) -> CollectResult:
    """All batches, oldest first."""
    with reading(context, Action.READ) as connection:
        return CollectResult(_batches(connection, None))


def _plan(
    connection: Connection, as_of: date, due_until: date, branch: str | None, collection_date: date | None
) -> Plan:
    settings = settings_of(connection)
    if branch is not None and branch not in {entry.code for entry in settings.branches}:
        raise Refused(error("branch-unknown", "--branch", branch=branch))
    creditors = creditors_of(settings)
    collect = settings.collect
    rules = Rules(
        group_by_branch=collect.group_by_branch,
        service_contracts_apart=collect.service_contracts_apart,
        prenotification_days=collect.prenotification_days,
        lead_days=collect.lead_days,
        collection_date=collection_date,
    )
    claims = [claim for claim in due_claims(connection, as_of, due_until) if branch in {None, claim.branch}]
    try:
        return plan(claims, creditors.get, rules, as_of)
    except CollectionError as fault:
        raise Refused(error(fault.reason, "--collection-date", date=fault.text)) from fault


def _create_one(
    connection: Connection, context: Context, settings: Settings, planned: PlannedFile, mandate_ids: dict[str, int]
) -> Batch:
    number = next(next_ids(connection, batches))
    day = context.stamp.as_of
    file = identify(planned, f"OPOS-{day:%Y%m%d}-{number:04d}")
    content = write(file, day, settings.collect.schema)
    _check(content, settings, file)
    sha256 = hashlib.sha256(content).hexdigest()
    row = {
        "id": number, "account_id": account_ids(connection)[file.blocks[0].creditor.iban],
        "branch_id": branch_ids(connection)[file.branch] if file.branch else None, "scheme": str(file.scheme),
        "message_id": file.message_id, "file_name": file_name(file), "sha256": sha256, "content": content,
        "collection_date": file.collection_date, "count": file.count, "total": file.sum, "created_on": day,
        "status": "created",
    }  # fmt: skip
    insert_batch(connection, row, file, mandate_ids)
    shown = shown_id("batches", number)
    after = {"message_id": file.message_id, "sha256": sha256, "count": file.count, "sum": file.sum}
    record(connection, context.stamp, "collect", shown, after=after)
    return _batches(connection, [number])[0]


def _check(content: bytes, settings: Settings, file: DebitFile) -> None:
    """A file that fails the schema or our own rules never comes into being."""
    from sepa.pain008_check import validate

    problems = validate(content, settings.collect.schema)
    if problems:
        told = [error("debit-file-wrong", file.message_id, problem=problem.code,
                      detail=", ".join(f"{name} {value}" for name, value in problem.facts))
                for problem in problems]  # fmt: skip
        raise Refused(*told)


def _exported(
    connection: Connection, context: Context, settings: Settings, chart: Chart, batch_id: int
) -> list[Seal]:  # fmt: skip
    rows = load_collections(connection, collections.c.batch_id == batch_id)
    set_collection_status(connection, [row.id for row in rows], "exported")
    set_batch_status(connection, batch_id, "exported", exported_on=context.stamp.as_of)
    if settings.collect.on_export != "mark_paid":
        return []
    shares = tuple(
        Share(row.item_id, row.invoice_no, row.customer_no, row.amount, AllocationKind.COLLECTION, (), row.id)
        for row in rows
    )
    text = f"Lastschrifteinzug {rows[0].message_id}"
    entry = entry_for_export(shares, chart, booked_on=context.stamp.as_of, currency="EUR", text=text)
    return book(connection, context.stamp, [Booking("export", entry, shares, match_class="X1", band=Band.CERTAIN)])


def _take_back(connection: Connection, context: Context, batch_id: int) -> list[Seal]:
    """Reverse what ``mark_paid`` booked at the export of a batch."""
    query = (
        select(allocations)
        .join(collections, allocations.c.collection_id == collections.c.id)
        .where(collections.c.batch_id == batch_id, allocations.c.line_id.is_(None))
        .order_by(allocations.c.id)
    )
    made = list(connection.execute(query))
    if not made:
        return []
    entry = entry_of(connection, made[0].entry_id)
    rows = {row.id: row for row in load_collections(connection, collections.c.batch_id == batch_id)}
    shares = tuple(
        Share(row.item_id, rows[row.collection_id].invoice_no, rows[row.collection_id].customer_no, -row.amount,
              AllocationKind.COLLECTION, (), row.collection_id)
        for row in made
    )  # fmt: skip
    back = reversed_entry(entry, booked_on=context.stamp.as_of, text=f"Storno {entry.text}")
    booking = Booking("cancel", back, shares, match_class="X1", band=Band.CERTAIN,
                      reverses=tuple(row.id for row in made), reverses_entry=made[0].entry_id)  # fmt: skip
    return book(connection, context.stamp, [booking])


def _chosen(connection: Connection, wanted: Sequence[str], default: Callable[[Any], bool]) -> list[Any]:
    if not wanted:
        return [row for row in load_batches(connection) if default(row)]
    ids = [read_id("batches", name) for name in wanted]
    rows = load_batches(connection, [number for number in ids if number is not None])
    known = {row.id for row in rows}
    missing: list[Finding] = [
        error("batch-unknown", name, batch=name)
        for name, number in zip(wanted, ids, strict=True)
        if number is None or number not in known
    ]
    if missing:
        raise Refused(*missing)
    return rows


def _refuse(rows: Sequence[Any], wrong: Callable[[Any], bool], code: str, exit_code: Exit = Exit.REFUSED) -> None:
    found = [error(code, shown_id("batches", row.id), batch=shown_id("batches", row.id)) for row in rows if wrong(row)]
    if found:
        raise Refused(*found, exit_code=exit_code)


def _batches(connection: Connection, ids: Sequence[int] | None) -> tuple[Batch, ...]:
    rows = load_batches(connection, ids)
    blocks = load_blocks(connection, [row.id for row in rows])
    return tuple(
        Batch(
            id=shown_id("batches", row.id),
            branch=row.branch,
            scheme=row.scheme,
            collection_date=row.collection_date,
            count=row.count,
            sum=row.total,
            status="submitted" if row.status == "exported" and row.submitted_on else row.status,
            file=row.file_name,
            sha256=row.sha256,
            message_id=row.message_id,
            blocks=tuple(
                BatchBlock(block.payment_information_id, block.sequence, block.account, block.creditor_id,
                           block.collection_date, block.count, block.total)
                for block in blocks[row.id]
            ),
        )
        for row in rows
    )  # fmt: skip


def _planned(file: PlannedFile) -> Batch:
    return Batch(
        id=None,
        branch=file.branch,
        scheme=str(file.scheme),
        collection_date=file.collection_date,
        count=file.count,
        sum=file.sum,
        blocks=tuple(_planned_block(block) for block in file.blocks),
        status="planned",
    )


def _planned_block(block: Block) -> BatchBlock:
    return BatchBlock(None, str(block.sequence), block.creditor.iban, block.creditor.creditor_id,
                      block.collection_date, block.count, block.sum)  # fmt: skip


def _result(made: Plan, found: tuple[Batch, ...]) -> CollectResult:
    due = (sum(total.count for total in made.due), sum(total.sum for total in made.due if total.currency == "EUR"))
    return CollectResult(found, made.excluded, due, made.notes)
