"""Making batches: each file of the plan is written once, checked twice, and frozen in the books."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import Connection

from recon.model.finding import error
from recon.model.roles import Action
from recon.service.answers import Refused
from recon.service.claims import hand_in_until, rules_of
from recon.service.collecting.batches import Batch, CollectResult, shown_batches, written_notes
from recon.service.collecting.planning import collected, planned
from recon.service.context import Context, run, writing
from recon.service.pausing import without_collector
from recon.store.batches import insert_batch
from recon.store.ids import next_ids, shown_id
from recon.store.log import record
from recon.store.masters import ids_by
from recon.store.settings import account_ids, branch_ids, settings_of
from recon.store.tables import batches, mandates
from sepa.collection import identify
from sepa.debits import PlannedFile
from sepa.pain008 import Schema, file_name, write
from sepa.problem import Problem


def create(
    context: Context,
    *,
    due_until: date,
    branch: str | None = None,
    collection_date: date | None = None,
    at: str | None = None,
) -> CollectResult:
    """Make a batch for each file of the plan, with its bytes checked twice. All of them or none."""
    with run(context, Action.COLLECT), writing(context) as connection, without_collector():
        settings = settings_of(connection)
        rules = rules_of(settings, collection_date, at)
        made = planned(connection, settings, rules, context.stamp.as_of, due_until=due_until, branch=branch)
        numbers = ids_by(connection, mandates, "mandate_id")
        notes = _by_invoice(made.notes)
        made_batches = tuple(_create_one(connection, context, file, numbers, notes) for file in made.files)
    return collected(made, made_batches, settings)


def _create_one(
    connection: Connection,
    context: Context,
    planned: PlannedFile,
    mandate_ids: dict[str, int],
    notes: Mapping[str, Sequence[Problem]],
) -> Batch:
    settings = settings_of(connection)
    number = next(next_ids(connection, batches))
    day = context.stamp.as_of
    file = identify(planned, f"OPOS-{day:%Y%m%d}-{number:04d}")
    content = write(file, day, settings.collect.schema)
    refuse_wrong(content, file.message_id, settings.collect.schema, keep_umlauts=settings.collect.keep_umlauts)
    sha256 = hashlib.sha256(content).hexdigest()
    submit_by, cut_off = hand_in_until(settings, file.blocks[0].creditor.iban, file.collection_date)
    row = {
        "id": number, "account_id": account_ids(connection)[file.blocks[0].creditor.iban],
        "branch_id": branch_ids(connection)[file.branch] if file.branch else None, "scheme": str(file.scheme),
        "message_id": file.message_id, "file_name": file_name(file), "sha256": sha256, "content": content,
        "collection_date": file.collection_date, "count": file.count, "total": file.sum, "created_on": day,
        "status": "created", "submit_by": submit_by, "cut_off": cut_off, "created_by": context.stamp.actor,
        "notes": _notes_of(planned, notes),
    }  # fmt: skip
    insert_batch(connection, row, file, mandate_ids)
    shown = shown_id("batches", number)
    after = {"message_id": file.message_id, "sha256": sha256, "count": file.count, "sum": file.sum}
    record(connection, context.stamp, "collect", shown, after=after)
    return shown_batches(connection, [number])[0]


def _by_invoice(notes: Iterable[Problem]) -> dict[str, list[Problem]]:
    """What was changed in texts, by invoice; what is about the creditor under none."""
    found: dict[str, list[Problem]] = {}
    for note in notes:
        found.setdefault(dict(note.facts).get("invoice", ""), []).append(note)
    return found


def _notes_of(file: PlannedFile, notes: Mapping[str, Sequence[Problem]]) -> str | None:
    """What was changed in the texts of a file, each once, for its column: who looks at the file later sees it."""
    invoices = dict.fromkeys(["", *(debit.invoice_no for block in file.blocks for debit in block.debits)])
    return written_notes([note for invoice in invoices for note in notes.get(invoice, ())])


def refuse_wrong(content: bytes, message_id: str, schema: Schema, *, keep_umlauts: bool) -> None:
    """A file that fails the schema or our own rules never comes into being. Raises Refused."""
    from sepa.pain008_check import validate

    problems = validate(content, schema, keep_umlauts)
    if problems:
        told = [error("debit-file-wrong", message_id, problem=problem.code,
                      detail=", ".join(f"{name} {value}" for name, value in problem.facts))
                for problem in problems]  # fmt: skip
        raise Refused(*told)
