"""What the collect commands print: batches, what is excluded and why, and their document (contract.md 5)."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import click

from recon.commands.call import Call
from recon.commands.output import (
    SHOWN_FINDINGS,
    Column,
    Row,
    day,
    iso,
    money,
    print_document,
    print_findings,
    print_rows,
    print_table,
    print_tried,
)
from recon.texts import catalogue, filled, term, told
from recon.texts.notes import note_of
from sepa.money import Language, parse_amount, plain

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
_REASONS = (
    Column("reason", "reason", "reason"),
    Column("count", "count", "number"),
    Column("sum", "sum", "amount"),
    Column("currency", "currency"),
)
_NOTES = (
    Column("item", "item"),
    Column("field", "field"),
    Column("changed", "changed"),
    Column("written", "written"),
)
_ANNOUNCED = (
    Column("batch", "batch_id"),
    Column("customer", "customer"),
    Column("name", "name"),
    Column("channel", "channel", "term"),
    Column("count", "count", "number"),
    Column("sum", "sum", "amount"),
    Column("collection_date", "collection_date", "date"),
    Column("announced_on", "announced_on", "date"),
    Column("file", "file"),
)
# Facts of an exclusion that are days, and those that list what is missing or wrong.
_DAYS = frozenset({"first", "date", "until", "day", "signed_on", "lapsed_on"})
_WORDS = frozenset({"missing", "wrong", "problem"})
_DEBITS = (
    Column("item", "item"),
    Column("customer", "customer"),
    Column("name", "name"),
    Column("amount", "amount", "amount"),
    Column("collection_date", "collection_date", "date"),
    Column("mandate", "mandate"),
    Column("status", "status", "term"),
    Column("end_to_end_id", "end_to_end_id"),
    Column("text", "remittance"),
)
_EXCLUDED = (
    Column("item", "item"),
    Column("customer", "customer"),
    Column("amount", "amount", "amount"),
    Column("reason", "reason", "reason"),
    Column("text", "text"),
)

_AGAIN = (Column("invoice", "item"), Column("reference", "came_back_as"))


def collect_document(result: Any) -> dict[str, Any]:
    """The document of the collect commands (contract.md 5)."""
    return {
        "files": [_file(batch) for batch in result.batches],
        "excluded": [_excluded(entry, "en") for entry in result.excluded],
        "due": {"count": result.due[0], "sum": plain(result.due[1])},
        "notes": [{"code": note.code, **dict(note.facts)} for note in result.notes],
    }


def print_collect(call: Call, result: Any, *, notes: bool = True) -> None:
    """Print batches in the form that the call asks for; for people with what was changed in their texts, or without."""
    document = {"command": "collect", "dry_run": call.dry_run, **collect_document(result)}
    if call.as_json:
        print_document(document, result.findings)
        return
    if not call.for_people:
        print_rows(call, "list_batches", document["files"], _BATCHES)
        return
    timed = any(batch.cut_off for batch in result.batches)
    columns = [column for column in _BATCHES if timed or column.key != "cut_off"]
    print_table(document["files"], columns, call.lang, lambda: _summed(document["files"], call.lang))
    if notes:
        _print_notes(call, result)
    if result.excluded:
        click.echo(f"\n{term('excluded', call.lang)}")
        print_table(_by_reason(result.excluded), _REASONS, call.lang)
        click.echo("")
        print_table([_excluded(entry, call.lang) for entry in result.excluded], _EXCLUDED, call.lang)
    if result.due[0]:
        count, total = (sum(batch.count for batch in result.batches), sum(batch.sum for batch in result.batches))
        text = filled("collect_sum", call.lang, count=count, sum=money(total, call.lang), due=result.due[0],
                      due_sum=money(result.due[1], call.lang))  # fmt: skip
        click.echo(f"\n{text}")
    print_findings(result.findings, call.lang)
    print_tried(call)


def print_announcements(call: Call, result: Any, *, written: bool) -> None:
    """Print who is told of which debits; the texts themselves are the files."""
    rows = [_announcement(one) for one in result.announcements]
    if call.as_json:
        print_document({"command": "collect announce", "dry_run": call.dry_run, "announcements": rows}, result.findings)
        return
    print_rows(call, "list_announcements", rows, _ANNOUNCED)
    if call.for_people and rows and not call.dry_run:
        waiting = list(dict.fromkeys(one.batch for one in result.announcements if one.announced_on is None))
        step = "next_announced" if written else "next_announce"
        if written or waiting:
            click.echo(f"\n{filled(step, call.lang, batches=' '.join(waiting))}")
    print_findings(result.findings, call.lang)
    print_tried(call)


def _announcement(one: Any) -> dict[str, Any]:
    return {
        "batch": one.batch,
        "customer": one.customer_no,
        "name": one.name,
        "channel": one.channel,
        "count": len(one.debits),
        "sum": plain(sum(debit.amount for debit in one.debits)),
        "collection_date": iso(min(debit.collection_date for debit in one.debits)),
        "announced_on": iso(one.announced_on),
        "file": one.file,
        "debits": [
            {"item": debit.invoice_no, "amount": plain(debit.amount), "collection_date": iso(debit.collection_date),
             "mandate": debit.mandate_id}
            for debit in one.debits
        ],
    }  # fmt: skip


def print_debits(call: Call, shown: Any) -> None:
    """Print a batch debit by debit, with their sum."""
    rows = [
        {
            "item": one.item, "customer": one.customer_no, "name": one.name, "amount": plain(one.amount),
            "due_date": iso(one.due_date), "collection_date": iso(one.collection_date), "mandate": one.mandate,
            "status": one.status, "attempt": one.attempt, "amendment": one.amendment,
            "announced_on": iso(one.announced_on), "end_to_end_id": one.end_to_end_id, "text": one.text,
        }
        for one in shown.debits
    ]  # fmt: skip
    if call.as_json:
        print_document({"command": "collect show", "batch": _file(shown.batch), "debits": rows}, shown.findings)
        return
    if call.for_people:
        print_table([_file(shown.batch)], _BATCHES, call.lang)
        click.echo("")
    total = [{"item": term("sum", call.lang), "amount": plain(sum(one.amount for one in shown.debits))}]
    print_rows(call, "list_debits", rows, _DEBITS, lambda: total)
    print_findings(shown.findings, call.lang)


def print_next(call: Call, result: Any) -> None:
    """What comes after a step, by how far the batches are now."""
    if call.dry_run or not call.for_people:
        return
    steps = {"planned": "next_create", "created": "next_release" if result.four_eyes else "next_export",
             "released": "next_export", "exported": "next_submitted"}  # fmt: skip
    waiting: dict[str, list[str]] = {}
    for batch in result.batches:
        if batch.status in steps:
            waiting.setdefault(steps[batch.status], []).append(batch.id or "")
    for step, batches in waiting.items():
        click.echo(f"\n{filled(step, call.lang, batches=' '.join(batches))}")


def _summed(files: Sequence[Row], language: Language) -> list[dict[str, Any]]:
    """The row of sums under several files; those of batches that were taken back count for nothing."""
    live = [file for file in files if file["status"] != "cancelled"]
    if len(live) < 2:
        return []
    total = sum(parse_amount(file["sum"]) for file in live)
    return [{"batch": term("sum", language), "count": sum(file["count"] for file in live), "sum": plain(total)}]


def _by_reason(excluded: Sequence[Any]) -> list[dict[str, Any]]:
    """How many claims are left out for each reason, and how much, the dearest first."""
    found: dict[tuple[str, str], list[int]] = {}
    for entry in excluded:
        found.setdefault((entry.reason, entry.claim.currency), []).append(entry.claim.amount)
    ordered = sorted(found.items(), key=lambda one: (-sum(one[1]), one[0]))
    return [{"reason": reason, "count": len(amounts), "sum": plain(sum(amounts), currency), "currency": currency}
            for (reason, currency), amounts in ordered]  # fmt: skip


def _print_notes(call: Call, result: Any) -> None:
    """What is presented again, and what was changed in texts so that banks take them: people see it before the file
    goes out."""
    found = list(dict.fromkeys(result.notes or [note for batch in result.batches for note in batch.notes]))
    again = [dict(note.facts) for note in found if note.code == "debit-represented"]
    if again:
        click.echo(f"\n{term('represented', call.lang)}")
        print_table(again, _AGAIN, call.lang)
    notes = [note for note in found if note.code != "debit-represented"]
    if not notes:
        return
    click.echo(f"\n{filled('texts_changed', call.lang, count=len(notes))}")
    told_notes = [note_of(note, call.lang) for note in notes[:SHOWN_FINDINGS]]
    print_table([{"item": note.invoice, "field": note.field, "changed": note.changed, "written": note.written}
                 for note in told_notes], _NOTES, call.lang)  # fmt: skip
    if len(notes) > SHOWN_FINDINGS:
        click.echo(filled("more_changed", call.lang, count=len(notes) - SHOWN_FINDINGS))


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
        "answer": batch.answer,
        "answered_on": iso(batch.answered_on),
        "rejected": batch.rejected,
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
        (
            name,
            day(date.fromisoformat(value), language) if name in _DAYS and value else value,
        )
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


def _in_words(codes: str, language: Language) -> str:
    """What is missing or wrong, for people."""
    words = catalogue("exclusions")
    return ", ".join(
        words[key][language] if (key := f"word.with.{code}") in words else code for code in codes.split(", ")
    )


def _exclusion_text(reason: str, facts: tuple[tuple[str, str], ...], language: Language) -> str:
    """The text of a reason, with what more is known: a block has a reason and perhaps an end, or is the mandate's."""
    texts = catalogue("exclusions")
    facts = tuple((name, _in_words(value, language) if name in _WORDS else value) for name, value in facts)
    more = [f"{reason}.with.{name}" for name, value in facts if value]
    return "".join(told("exclusions", code, facts, language) for code in (reason, *more) if code in texts)
