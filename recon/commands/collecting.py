"""``opos collect`` and ``opos returns``."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from recon.commands.call import DAY, Call, called, leave
from recon.commands.output import Column, day, iso, money, print_document, print_list, print_rows, print_table
from recon.service.answers import Exit
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
    Column("file", "file"),
)
_EXCLUDED = (
    Column("item", "item"),
    Column("customer", "customer"),
    Column("amount", "amount", "amount"),
    Column("reason", "reason", "reason"),
    Column("text", "text"),
)
RETURNS = (
    Column("line", "id"),
    Column("booking_date", "booking_date", "date"),
    Column("item", "item"),
    Column("customer", "customer"),
    Column("amount", "amount", "amount"),
    Column("charge", "charge", "amount"),
    Column("claim", "claimed_as"),
    Column("code", "code"),
    Column("text", "reason"),
    Column("mandate", "mandate"),
    Column("mandate_status", "status", "term"),
)


@click.group("collect")
def collect() -> None:
    """SEPA direct debits: what is due becomes one file per branch."""


def _window(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--fail-on", type=click.Choice(["excluded"]), help="Leave with 5 when something is excluded"),
        click.option("--collection-date", type=DAY, metavar="DATE", help="Collect everything on this bank day"),
        click.option("--branch", metavar="CODE", help="Only this branch"),
        click.option("--due-until", type=DAY, metavar="DATE", required=True, help="Items due until this day"),
    ):
        function = option(function)
    return function


@collect.command("preview")
@_window
@called(sheets=True)
def preview(call: Call, due_until: date, branch: str | None, collection_date: date | None, fail_on: str | None) -> None:
    """Show what would be collected, and what not and why. Writes nothing."""
    from recon.service import collecting

    result = collecting.preview(call.context(), due_until=due_until, branch=branch, collection_date=collection_date)
    _print(call, result)
    if fail_on and result.excluded:
        leave(Exit.CONDITION)


@collect.command("create")
@_window
@called(dry_run=True)
def create(call: Call, due_until: date, branch: str | None, collection_date: date | None, fail_on: str | None) -> None:
    """Make the batches: one file per branch, checked against the schema and the rules of the banks."""
    from recon.service import collecting

    result = collecting.create(call.context(), due_until=due_until, branch=branch, collection_date=collection_date)
    _print(call, result)
    if result.batches and call.for_people:
        click.echo(f"\n{term('next_export', call.lang)}")
    if fail_on and result.excluded:
        leave(Exit.CONDITION)


@collect.command("export")
@click.option("--out", required=True, metavar="DIR", help="Folder for the files; it is made if it is not there")
@click.argument("batches", nargs=-1)
@called(dry_run=True)
def export(call: Call, out: str, batches: Sequence[str]) -> None:
    """Write the files of BATCHES (default: all that the bank has not been given). The same bytes every time."""
    from recon.service import collecting

    _print(call, collecting.export(call.context(), Path(out), batches))


@collect.command("cancel")
@click.argument("batch")
@called(dry_run=True)
def cancel(call: Call, batch: str) -> None:
    """Take BATCH back before the bank gets it; its items are free again."""
    from recon.service import collecting

    _print(call, collecting.cancel(call.context(), batch))


@collect.command("submitted")
@click.argument("batch")
@called(dry_run=True)
def submitted(call: Call, batch: str) -> None:
    """Say that the bank has been given the file of BATCH."""
    from recon.service import collecting

    _print(call, collecting.submitted(call.context(), batch))


@collect.command("list")
@called(sheets=True)
def list_batches(call: Call) -> None:
    """List the batches, oldest first."""
    from recon.service import collecting

    _print(call, collecting.batches_in_books(call.context()))


@click.group("returns")
def returns() -> None:
    """Debits that the bank gave back."""


@returns.command("list")
@called(sheets=True)
def list_returns(call: Call) -> None:
    """List returns with their reason and what follows."""
    from recon.service.returning import list_returns as found

    print_list(call, {"returns": [return_document(call, entry) for entry in found(call.context())]}, "returns", RETURNS)


def collect_document(result: Any) -> dict[str, Any]:
    """The document of the collect commands (contract.md 5)."""
    return {
        "files": [_file(batch) for batch in result.batches],
        "excluded": [_excluded(entry, "en") for entry in result.excluded],
        "due": {"count": result.due[0], "sum": plain(result.due[1])},
        "notes": [{"code": note.code, **dict(note.facts)} for note in result.notes],
    }


def return_document(call: Call, entry: Any) -> dict[str, Any]:
    """A return: in JSON the text is English."""
    language = "en" if call.as_json else call.lang
    reason = entry.reason
    return {
        "line": entry.line,
        "bank_ref": entry.bank_ref,
        "booking_date": iso(entry.booking_date),
        "item": entry.item,
        "customer": entry.customer,
        "end_to_end_id": entry.end_to_end_id,
        "amount": plain(entry.amount, entry.currency),
        "charge": plain(entry.charge, entry.currency),
        "claim": entry.claim,
        "claim_open": None if entry.claim_open is None else plain(entry.claim_open, entry.currency),
        "currency": entry.currency,
        "code": entry.code,
        "text": None if reason is None else (reason.de if language == "de" else reason.en),
        "retry": None if reason is None else reason.retry.value,
        "next_step": None if reason is None else reason.next_step.value,
        "mandate": entry.mandate,
        "mandate_status": entry.mandate_status,
    }


def _print(call: Call, result: Any) -> None:
    document = {"command": "collect", "dry_run": call.dry_run, **collect_document(result)}
    if call.as_json:
        print_document(document)
        return
    if not call.for_people:
        print_rows(call, "list_batches", document["files"], _BATCHES)
        return
    print_table(document["files"], _BATCHES, call.lang)
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
        "count": batch.count,
        "sum": plain(batch.sum),
        "status": batch.status,
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
