"""What the collect commands print: batches, what is excluded and why, and their document (contract.md 5)."""

from datetime import date
from typing import Any

import click

from recon.commands.call import Call
from recon.commands.output import Column, day, iso, money, print_document, print_rows, print_table
from recon.texts import catalogue, filled, term, told
from sepa.money import Language, plain

_BATCHES = (
    Column("batch", "batch_id"),
    Column("branch", "branch"),
    Column("scheme", "scheme"),
    Column("collection_date", "collection_date", "date"),
    Column("count", "count", "number"),
    Column("sum", "sum", "amount"),
    Column("status", "status", "term"),
    Column("submit_by", "submit_by", "date", machine=False),
    Column("cut_off", "cut_off", machine=False),
    Column("file", "file"),
)
_EXCLUDED = (
    Column("item", "item"),
    Column("customer", "customer"),
    Column("amount", "amount", "amount"),
    Column("reason", "reason", "reason"),
    Column("text", "text"),
)


def collect_document(result: Any) -> dict[str, Any]:
    """The document of the collect commands (contract.md 5)."""
    return {
        "files": [_file(batch) for batch in result.batches],
        "excluded": [_excluded(entry, "en") for entry in result.excluded],
        "due": {"count": result.due[0], "sum": plain(result.due[1])},
        "notes": [{"code": note.code, **dict(note.facts)} for note in result.notes],
    }


def print_collect(call: Call, result: Any) -> None:
    """Print batches in the form that the call asks for."""
    document = {"command": "collect", "dry_run": call.dry_run, **collect_document(result)}
    if call.as_json:
        print_document(document)
        return
    if not call.for_people:
        print_rows(call, "list_batches", document["files"], _BATCHES)
        return
    timed = any(batch.cut_off for batch in result.batches)
    columns = [column for column in _BATCHES if timed or column.key != "cut_off"]
    print_table(document["files"], columns, call.lang)
    if result.excluded:
        click.echo(f"\n{term('excluded', call.lang)}")
        print_table([_excluded(entry, call.lang) for entry in result.excluded], _EXCLUDED, call.lang)
    if result.due[0]:
        count, total = (sum(batch.count for batch in result.batches), sum(batch.sum for batch in result.batches))
        text = filled("collect_sum", call.lang, count=count, sum=money(total, call.lang), due=result.due[0],
                      due_sum=money(result.due[1], call.lang))  # fmt: skip
        click.echo(f"\n{text}")


def _file(batch: Any) -> dict[str, Any]:
    return {
        "batch": batch.id,
        "branch": batch.branch,
        "file": batch.file,
        "sha256": batch.sha256,
        "message_id": batch.message_id,
        "scheme": batch.scheme,
        "collection_date": iso(batch.collection_date),
        "submit_by": iso(batch.submit_by),
        "cut_off": batch.cut_off,
        "count": batch.count,
        "sum": plain(batch.sum),
        "status": batch.status,
        "created_on": iso(batch.created_on),
        "created_by": batch.created_by,
        "released_on": iso(batch.released_on),
        "released_by": batch.released_by,
        "replaces": batch.replaces,
        "replaced_by": batch.replaced_by,
        "blocks": [
            {
                "payment_information_id": block.payment_information_id,
                "sequence": block.sequence,
                "collection_date": iso(block.collection_date),
                "account": block.account,
                "creditor_id": block.creditor_id,
                "count": block.count,
                "sum": plain(block.sum),
            }
            for block in batch.blocks
        ],
    }


def _excluded(entry: Any, language: Any) -> dict[str, Any]:
    claim = entry.claim
    named = (("mandate", claim.mandate_ref or (claim.mandate.mandate_id if claim.mandate else "")), *entry.facts)
    facts = tuple(
        (name, day(date.fromisoformat(value), language) if name in {"first", "date", "until"} and value else value)
        for name, value in named
    )
    return {
        "item": claim.invoice_no,
        "customer": claim.customer_no,
        "due_date": iso(claim.due_date),
        "amount": plain(claim.amount, claim.currency),
        "currency": claim.currency,
        "reason": entry.reason,
        "text": _exclusion_text(entry.reason, facts, language),
    }


def _exclusion_text(reason: str, facts: tuple[tuple[str, str], ...], language: Language) -> str:
    """The text of a reason, with what more is known: a block has a reason and perhaps an end, or is the mandate's."""
    texts = catalogue("exclusions")
    more = [f"{reason}.with.{name}" for name, value in facts if value]
    return "".join(told("exclusions", code, facts, language) for code in (reason, *more) if code in texts)
