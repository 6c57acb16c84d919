"""``opos refunds``: customer credit paid back by SEPA credit transfer."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from recon.commands.call import DAY, Call, called, leave
from recon.commands.matching import wanted_of
from recon.commands.output import (
    Column,
    iso,
    money,
    print_document,
    print_findings,
    print_list,
    print_rows,
    print_table,
    print_tried,
)
from recon.service.answers import Exit
from recon.texts import filled, term, told
from sepa.money import Language, plain

_PROPOSED = (
    Column("credit", "credit_of"),
    Column("customer", "customer"),
    Column("amount", "amount", "amount"),
    Column("currency", "currency"),
    Column("name", "to_name"),
    Column("iban", "to_iban"),
    Column("account_of", "iban_of", "term"),
    Column("free_on", "free_on", "date"),
    Column("text", "against"),
)
_BATCHES = (
    Column("batch", "refund_batch"),
    Column("account", "account"),
    Column("execution_date", "execution_date", "date"),
    Column("count", "count", "number"),
    Column("sum", "sum", "amount"),
    Column("status", "status", "term"),
    Column("created_by", "created_by"),
    Column("released_by", "released_by"),
    Column("file", "file"),
)
_TRANSFERS = (
    Column("batch", "refund_batch"),
    Column("credit", "credit_of"),
    Column("customer", "customer"),
    Column("amount", "amount", "amount"),
    Column("name", "to_name"),
    Column("iban", "to_iban"),
    Column("account_of", "iban_of", "term"),
    Column("status", "status", "term"),
    Column("returned_for", "returned_for"),
    Column("reason", "reason"),
)
# What a batch waits for, by its status.
_NEXT = {"created": "next_refund_release", "released": "next_refund_export", "exported": "next_refund_submitted"}


@click.group("refunds")
def refunds() -> None:
    """Customer credit paid back by SEPA credit transfer: propose, create, release, export."""


@refunds.command("propose")
@click.option("--customer", metavar="NO", help="Only credit of this customer")
@click.option("--fail-on", type=click.Choice(["excluded"]), help="Leave with 5 when something stands against a credit")
@called(sheets=True)
def propose(call: Call, customer: str | None, fail_on: str | None) -> None:
    """List customer credit, the account that it would go back to, and what stands against it. Writes nothing."""
    from recon.service import refunding

    found = refunding.propose(call.context(), customer)
    language: Language = "en" if call.as_json else call.lang
    rows = [_candidate(one, language) for one in found]
    print_list(call, {"command": "refunds", "proposed": rows}, "proposed", _PROPOSED)
    if call.for_people and found:
        free = [one for one in found if not one.judged.held]
        click.echo(f"\n{_summed(call, free, [one for one in found if one.judged.held])}")
        if free:
            click.echo(term("next_refund_create", call.lang))
    if fail_on and any(one.judged.held for one in found):
        leave(Exit.CONDITION)


@refunds.command("create")
@click.argument("credits_", metavar="[CREDIT[=AMOUNT]]...", nargs=-1)
@click.option("--customer", metavar="NO", help="Only credit of this customer")
@click.option("--execution-date", type=DAY, metavar="DATE", help="The bank day on which the bank is to pay")
@click.option("--iban", metavar="IBAN", help="Another account for the one CREDIT that is named; asks for --reason")
@click.option("--name", metavar="NAME", help="The holder of that account, as the bank has him")
@click.option("--reason", metavar="TEXT", help="Why to that account")
@called(dry_run=True)
def create(
    call: Call,
    credits_: Sequence[str],
    *,
    customer: str | None,
    execution_date: date | None,
    iban: str | None,
    name: str | None,
    reason: str | None,
) -> None:
    """Make files of the CREDITS named (as proposed: A17, GS-1, GS-1=20.00), else of all that nothing stands against."""
    from recon.service import refunding

    if (iban is None) != (reason is None) or (name is not None and iban is None):
        raise click.UsageError("--iban and --reason go together; --name is the holder of that account")
    other = None if iban is None or reason is None else refunding.Other(iban, name, reason)
    wanted = [wanted_of(text) for text in credits_]
    _print(
        call, refunding.create(call.context(), wanted, customer=customer, execution_date=execution_date, other=other)
    )


@refunds.command("release")
@click.argument("batch")
@called(dry_run=True)
def release(call: Call, batch: str) -> None:
    """Release BATCH for the bank: by somebody else than who made it, where the settings name users."""
    from recon.service import refunding

    _print(call, refunding.release(call.context(), batch))


@refunds.command("export")
@click.option("--out", required=True, metavar="DIR", help="Folder for the files; it is made if it is not there")
@click.argument("batches", nargs=-1)
@called(dry_run=True)
def export(call: Call, out: str, batches: Sequence[str]) -> None:
    """Write the files of BATCHES (default: all that are released and not submitted). The same bytes every time."""
    from recon.service import refunding

    _print(call, refunding.export(call.context(), Path(out), batches))


@refunds.command("submitted")
@click.argument("batch")
@called(dry_run=True)
def submitted(call: Call, batch: str) -> None:
    """Say that the bank has been given the file of BATCH."""
    from recon.service import refunding

    _print(call, refunding.submitted(call.context(), batch))


@refunds.command("rejected")
@click.argument("batch")
@click.argument("references", metavar="[END_TO_END_ID]...", nargs=-1)
@click.option("--reason", required=True, metavar="CODE", help="The bank's code or words")
@called(dry_run=True)
def rejected(call: Call, batch: str, references: Sequence[str], reason: str) -> None:
    """Say that the bank has refused BATCH, or the transfers named of it: their credit is free again."""
    from recon.service import refunding

    _print(call, refunding.rejected(call.context(), batch, references, reason=reason))


@refunds.command("cancel")
@click.argument("batch")
@called(dry_run=True)
def cancel(call: Call, batch: str) -> None:
    """Take BATCH back before the bank gets it; its credit is free again."""
    from recon.service import refunding

    _print(call, refunding.cancel(call.context(), batch))


@refunds.command("list")
@called(sheets=True)
def list_refunds(call: Call) -> None:
    """List the refunds, oldest first."""
    from recon.service import refunding

    found = refunding.refunds_in_books(call.context())
    if call.for_people or call.as_json:
        _print(call, found)
    else:
        print_rows(call, "list_refunds", list(_transfers(found.batches)), _TRANSFERS)


def _print(call: Call, result: Any) -> None:
    if call.as_json:
        print_document(
            {
                "command": "refunds", "dry_run": call.dry_run, "files": [_file(batch) for batch in result.batches],
                "held": [_candidate(one, "en") for one in result.held],
            },
            result.findings,
        )  # fmt: skip
        return
    if not call.for_people:
        print_rows(call, "list_refunds", list(_transfers(result.batches)), _TRANSFERS)
        return
    print_table([_file(batch) for batch in result.batches], _BATCHES, call.lang)
    if result.batches:
        click.echo()
        print_table(list(_transfers(result.batches)), _TRANSFERS, call.lang)
    if result.held:
        click.echo(f"\n{term('not_refunded', call.lang)}")
        print_table([_candidate(one, call.lang) for one in result.held], _PROPOSED, call.lang)
    waiting = [batch for batch in result.batches if batch.status in _NEXT]
    if waiting:
        click.echo()
    for batch in waiting[:3]:
        click.echo(filled(_NEXT[batch.status], call.lang, batch=batch.id))
    print_findings(result.findings, call.lang)
    print_tried(call)


def _summed(call: Call, free: Sequence[Any], held: Sequence[Any]) -> str:
    def total(found: Iterable[Any]) -> str:
        return money(sum(one.credit.left for one in found if one.credit.currency == "EUR"), call.lang)

    return filled("refund_sum", call.lang, count=len(free), sum=total(free), held=len(held), held_sum=total(held))


def _candidate(one: Any, language: Language) -> dict[str, Any]:
    payee, held = one.judged.payee, one.judged.held
    free_on = [entry.free_on for entry in held]
    return {
        "credit": one.credit.key,
        "customer": one.customer.customer_no,
        "customer_name": one.customer.name,
        "bank_ref": one.credit.bank_ref,
        "item": one.credit.invoice_no,
        "amount": plain(one.judged.credit.amount, one.credit.currency),
        "currency": one.credit.currency,
        "since": iso(one.credit.since),
        "name": None if payee is None else payee.name,
        "iban": None if payee is None else payee.iban,
        "account_of": None if payee is None else f"iban_of_{payee.origin}",
        "own_account": one.judged.credit.own_account,
        # Where all that stands against it goes by itself.
        "free_on": iso(max(day for day in free_on if day)) if free_on and all(free_on) else None,
        "reasons": [entry.reason for entry in held],
        "text": "; ".join(told("refunds", entry.reason, entry.facts, language) for entry in held) or None,
    }


def _file(batch: Any) -> dict[str, Any]:
    return {
        "batch": batch.id,
        "account": batch.account,
        "file": batch.file,
        "sha256": batch.sha256,
        "message_id": batch.message_id,
        "payment_information_id": batch.payment_information_id,
        "execution_date": iso(batch.execution_date),
        "count": batch.count,
        "sum": plain(batch.sum),
        "currency": "EUR",
        "status": batch.status,
        "created_by": batch.created_by,
        "released_by": batch.released_by,
        "refunds": list(_transfers([batch])),
    }


def _transfers(batches: Iterable[Any]) -> Iterable[dict[str, Any]]:
    for batch in batches:
        for one in batch.refunds:
            yield {
                "batch": batch.id,
                "end_to_end_id": one.end_to_end_id,
                "credit": one.of,
                "customer": one.customer,
                "amount": plain(one.amount),
                "currency": "EUR",
                "name": one.name,
                "iban": one.iban,
                "remittance": one.remittance,
                "account_of": f"iban_of_{one.account_of}",
                "reason": one.reason,
                "status": one.status,
                "returned_for": one.returned_for,
            }
