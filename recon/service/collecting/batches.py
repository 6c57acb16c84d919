"""Batches of direct debits as people see them, and choosing them by their names."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from msgspec.json import decode, encode
from sqlalchemy import Connection

from recon.model.finding import Finding, error
from recon.model.roles import Action
from recon.service.answers import Exit, Refused
from recon.service.context import Context, reading
from recon.store.answers import bank_says
from recon.store.batches import load_batches, load_blocks
from recon.store.ids import read_id, shown_id
from sepa.debits import Excluded
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
    """A batch: planned (``id`` None), or in the books with its file. The bank must have it by ``submit_by``, before
    ``cut_off`` (``HH:MM``) where its account has one. ``notes`` say what was changed in its texts; ``replaces`` is the
    batch in whose place it was made, ``replaced_by`` the one in its own. ``answer`` is the last status that the bank
    has given the file or a block of it, on ``answered_on``; ``rejected`` how many debits it has refused."""

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
    created_on: date | None = None
    created_by: str | None = None
    released_on: date | None = None
    released_by: str | None = None
    replaces: str | None = None
    replaced_by: str | None = None
    notes: tuple[Problem, ...] = ()
    submit_by: date | None = None
    cut_off: str | None = None
    answer: str | None = None
    answered_on: date | None = None
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class CollectResult:
    """Batches and excluded claims; ``due`` is the number and sum of all that was looked at. ``four_eyes`` says that a
    second person has to release batches; ``findings`` are what people have to know of what was done."""

    batches: tuple[Batch, ...]
    excluded: tuple[Excluded, ...] = ()
    due: tuple[int, int] = (0, 0)
    notes: tuple[Problem, ...] = ()
    four_eyes: bool = False
    findings: tuple[Finding, ...] = ()


def batches_in_books(context: Context) -> CollectResult:
    """All batches, oldest first."""
    with reading(context, Action.READ) as connection:
        return CollectResult(shown_batches(connection, None))


def chosen(connection: Connection, wanted: Sequence[str], default: Callable[[Any], bool]) -> list[Any]:
    """The rows of the batches named, or of those that ``default`` takes. Raises Refused for a name of none."""
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


def refuse(rows: Sequence[Any], wrong: Callable[[Any], bool], code: str, exit_code: Exit = Exit.REFUSED) -> None:
    """Raises Refused with a finding for each batch that is ``wrong``."""
    found = [error(code, shown_id("batches", row.id), batch=shown_id("batches", row.id)) for row in rows if wrong(row)]
    if found:
        raise Refused(*found, exit_code=exit_code)


def status_of(row: Any) -> str:
    """created, released, exported, submitted: how far a batch has come; or cancelled."""
    if row.status == "exported" and row.submitted_on is not None:
        return "submitted"
    return "released" if row.status == "created" and row.released_on is not None else str(row.status)


def written_notes(notes: Iterable[Problem]) -> str | None:
    """The notes of a batch, each once, for its column."""
    kept = dict.fromkeys(notes)
    return encode([(note.code, note.facts) for note in kept]).decode() if kept else None


def read_notes(text: str | None) -> tuple[Problem, ...]:
    """The notes of a batch from its column."""
    if text is None:
        return ()
    return tuple(Problem(code, tuple((name, value) for name, value in facts)) for code, facts in decode(text))


def shown_batches(connection: Connection, ids: Sequence[int] | None) -> tuple[Batch, ...]:
    """Batches with their blocks, by id."""
    rows = load_batches(connection, ids)
    blocks = load_blocks(connection, [row.id for row in rows])
    answers = bank_says(connection, [row.id for row in rows])
    return tuple(
        Batch(
            id=shown_id("batches", row.id),
            branch=row.branch,
            scheme=row.scheme,
            collection_date=row.collection_date,
            count=row.count,
            sum=row.total,
            status=status_of(row),
            file=row.file_name,
            sha256=row.sha256,
            message_id=row.message_id,
            created_on=row.created_on,
            created_by=row.created_by,
            released_on=row.released_on,
            released_by=row.released_by,
            replaces=None if row.replaces_id is None else shown_id("batches", row.replaces_id),
            replaced_by=None if row.replaced_by is None else shown_id("batches", row.replaced_by),
            notes=read_notes(row.notes),
            submit_by=row.submit_by,
            cut_off=row.cut_off,
            answer=answers[row.id].status if row.id in answers else None,
            answered_on=answers[row.id].day if row.id in answers else None,
            rejected=answers[row.id].rejected if row.id in answers else 0,
            blocks=tuple(
                BatchBlock(block.payment_information_id, block.sequence, block.account, block.creditor_id,
                           block.collection_date, block.count, block.total)
                for block in blocks[row.id]
            ),
        )
        for row in rows
    )  # fmt: skip
