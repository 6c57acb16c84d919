"""``opos pbs``: Betalingsservice, the direct debit of Danish customers."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from recon.commands.call import DAY, Call, called, leave
from recon.commands.output import (
    Column,
    day,
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
from sepa.money import plain
from sepa.pbs import CURRENCY

_DELIVERIES = (
    Column("delivery", "pbs_delivery"),
    Column("first_day", "collection_date", "date"),
    Column("count", "count", "number"),
    Column("sum", "sum", "amount"),
    Column("currency", "currency"),
    Column("text_lines", "pbs_text_lines", "number"),
    Column("status", "status", "term"),
    Column("file", "file"),
)
_DEBITS = (
    Column("customer", "customer"),
    Column("payer", "pbs_payer"),
    Column("day", "collection_date", "date"),
    Column("amount", "amount", "amount"),
    Column("items", "item"),
    Column("status", "status", "term"),
)
_EXCLUDED = (
    Column("item", "item"),
    Column("customer", "customer"),
    Column("amount", "amount", "amount"),
    Column("currency", "currency"),
    Column("text", "text"),
)
_AGREEMENTS = (
    Column("customer", "customer"),
    Column("name", "name"),
    Column("payer", "pbs_payer"),
    Column("agreement", "pbs_agreement_no"),
    Column("group", "pbs_group"),
    Column("status", "status", "term"),
    Column("since", "pbs_since", "date"),
    Column("ended_on", "pbs_ended_on", "date"),
    Column("ended_by", "pbs_ended_by", "term"),
)
_PAYMENTS = (
    Column("booked_on", "booking_date", "date"),
    Column("count", "count", "number"),
    Column("sum", "sum", "amount"),
    Column("currency", "currency"),
    Column("items", "item"),
    Column("lines", "lines_found"),
)


@click.group("pbs")
def pbs() -> None:
    """Betalingsservice (PBS), the direct debit of Danish customers; off unless the settings say so."""


def _window(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--fail-on", type=click.Choice(["excluded"]), help="Leave with 5 when something is excluded"),
        click.option("--due-until", type=DAY, metavar="DATE", required=True, help="Items due until this day"),
    ):
        function = option(function)
    return function


@pbs.command("preview")
@_window
@called(sheets=True)
def preview(call: Call, due_until: date, fail_on: str | None) -> None:
    """Show what a delivery would hold, on which day, and what not and why. Writes nothing."""
    from recon.service.pbs import creating

    _print(call, creating.preview(call.context(), due_until=due_until), debits=True, fail_on=fail_on)


@pbs.command("create")
@_window
@called(dry_run=True)
def create(call: Call, due_until: date, fail_on: str | None) -> None:
    """Make a delivery (0601) of what is due, read back and checked."""
    from recon.service.pbs import creating

    result = creating.create(call.context(), due_until=due_until)
    _print(call, result, fail_on=fail_on, then="next_pbs_export" if result.deliveries else None)


@pbs.command("export")
@click.option("--out", required=True, metavar="DIR", help="Folder for the files; it is made if it is not there")
@click.argument("deliveries", nargs=-1)
@called(dry_run=True)
def export(call: Call, out: str, deliveries: Sequence[str]) -> None:
    """Write the files of DELIVERIES (default: all that are not submitted). The same bytes every time."""
    from recon.service.pbs import handing_over

    result = handing_over.export(call.context(), Path(out), deliveries)
    _print(call, result, then="next_pbs_submitted" if result.deliveries else None)


@pbs.command("submitted")
@click.argument("delivery")
@called(dry_run=True)
def submitted(call: Call, delivery: str) -> None:
    """Say that the operator has the file of DELIVERY."""
    from recon.service.pbs import handing_over

    _print(call, handing_over.submitted(call.context(), delivery), then="next_pbs_answers")


@pbs.command("cancel")
@click.argument("delivery")
@called(dry_run=True)
def cancel(call: Call, delivery: str) -> None:
    """Take DELIVERY back before the operator gets it; its items are free again."""
    from recon.service.pbs import handing_over

    _print(call, handing_over.cancel(call.context(), delivery))


@pbs.command("list")
@click.option("--debits", is_flag=True, help="Each collection of the deliveries and what became of it")
@called(sheets=True)
def list_deliveries(call: Call, *, debits: bool) -> None:
    """List the deliveries, oldest first."""
    from recon.service.pbs.deliveries import deliveries_in_books

    _print(call, deliveries_in_books(call.context()), debits=debits)


@pbs.command("payments")
@called(sheets=True)
def payments(call: Call) -> None:
    """List what the operator has reported as paid and the books still have open, by the day of its booking."""
    from recon.service.pbs.payments import payments as found

    days = found(call.context())
    rows = [
        {
            "booked_on": iso(one.booked_on), "count": one.count, "sum": plain(one.sum, CURRENCY),
            "currency": CURRENCY, "items": [item for item, _ in one.items], "lines": list(one.lines),
            "allocations": [{"item": item, "amount": plain(amount, CURRENCY)} for item, amount in one.items],
        }
        for one in days
    ]  # fmt: skip
    print_list(call, {"payments": rows}, "payments", _PAYMENTS)
    for one in days:
        if call.for_people and one.lines:
            wanted = " ".join(f"{item}={plain(amount, CURRENCY)}" for item, amount in one.items)
            click.echo(filled("next_pbs_confirm", call.lang, line=one.lines[0], items=wanted))


@pbs.command("agreements")
@click.option("--active", is_flag=True, help="Only those that hold")
@called(sheets=True)
def agreements(call: Call, *, active: bool) -> None:
    """List the agreements of customers with Betalingsservice."""
    from recon.service.pbs.agreements import list_agreements

    rows = [_agreement(entry) for entry in list_agreements(call.context(), active=active)]
    print_list(call, {"agreements": rows}, "agreements", _AGREEMENTS)


@pbs.command("agree")
@click.argument("customer")
@click.option("--number", metavar="NO", help="His number with the operator [the customer number]")
@click.option("--agreement", metavar="NO", default="", help="The agreement's number (aftalenummer)")
@click.option("--since", type=DAY, metavar="DATE", help="From when on it holds [--as-of]")
@click.option("--end", is_flag=True, help="End the agreement instead")
@called(dry_run=True)
def agree(
    call: Call, customer: str, *, number: str | None, agreement: str, since: date | None, end: bool
) -> None:  # fmt: skip
    """Enter the agreement of CUSTOMER by hand, or end it. The operator's files (0603) do the same by themselves."""
    from recon.service.pbs import agreements as service

    if end:
        if number or agreement or since:
            raise click.UsageError("--end takes neither --number, --agreement nor --since")
        entry = service.end(call.context(), customer)
    else:
        entry = service.enter(call.context(), customer, payer=number, agreement=agreement, since=since)
    document = _agreement(entry)
    if call.as_json:
        print_document({"command": "pbs agree", "dry_run": call.dry_run, "agreement": document})
        return
    print_rows(call, "list_agreements", [document], _AGREEMENTS)
    print_tried(call)


def _print(
    call: Call, result: Any, *, debits: bool = False, fail_on: str | None = None, then: str | None = None
) -> None:  # fmt: skip
    rows = [_delivery(one) for one in result.deliveries]
    excluded = [_excluded(call, one) for one in result.excluded]
    if call.as_json:
        document = {
            "command": "pbs",
            "dry_run": call.dry_run,
            "deliveries": rows,
            "excluded": excluded,
            "due": {"count": result.due[0], "sum": plain(result.due[1], CURRENCY), "currency": CURRENCY},
        }
        print_document(document, result.findings)  # fmt: skip
    elif not call.for_people:
        print_rows(call, "list_deliveries", rows, _DELIVERIES)
    else:
        _tell(call, result, rows, excluded, debits=debits)
        print_findings(result.findings, call.lang)
        if then and not call.dry_run:
            click.echo(f"\n{term(then, call.lang)}")
        print_tried(call)
    if fail_on and excluded:
        leave(Exit.CONDITION)


def _tell(call: Call, result: Any, rows: list[dict[str, Any]], excluded: list[dict[str, Any]], *, debits: bool) -> None:
    print_table(rows, _DELIVERIES, call.lang)
    for row in rows if debits else ():
        click.echo(f"\n{row['delivery'] or term('pbs_planned', call.lang)}")
        print_table(row["debits"], _DEBITS, call.lang)
    if excluded:
        click.echo(f"\n{term('excluded', call.lang)}")
        print_table(excluded, _EXCLUDED, call.lang)
    if result.due[0]:
        total = sum(one.sum for one in result.deliveries)
        text = filled("pbs_sum", call.lang, sum=money(total, call.lang, CURRENCY), due=result.due[0],
                      due_sum=money(result.due[1], call.lang, CURRENCY))  # fmt: skip
        click.echo(f"\n{text}")


def _delivery(one: Any) -> dict[str, Any]:
    return {
        "delivery": one.id,
        "number": one.number,
        "file": one.file,
        "sha256": one.sha256,
        "first_day": iso(one.first_day),
        "count": one.count,
        "sum": plain(one.sum, CURRENCY),
        "currency": CURRENCY,
        "text_lines": one.text_lines,
        "status": one.status,
        "debits": [
            {"customer": debit.customer, "payer": debit.payer, "day": iso(debit.day),
             "amount": plain(debit.amount, CURRENCY), "currency": CURRENCY, "items": list(debit.items),
             "reference": debit.reference, "status": debit.status}
            for debit in one.debits
        ],
    }  # fmt: skip


def _excluded(call: Call, one: Any) -> dict[str, Any]:
    claim, language = one.claim, "en" if call.as_json else call.lang
    facts = tuple(
        (name, day(date.fromisoformat(value), language) if name in {"date", "until"} and value else value)
        for name, value in one.facts
    )
    return {
        "item": claim.invoice_no,
        "customer": claim.customer_no,
        "due_date": iso(claim.due_date),
        "amount": plain(claim.amount, claim.currency),
        "currency": claim.currency,
        "reason": one.reason,
        "text": told("pbs", one.reason, facts, language),
    }


def _agreement(entry: Any) -> dict[str, Any]:
    return {
        "customer": entry.customer,
        "name": entry.name,
        "payer": entry.payer,
        "agreement": entry.agreement,
        "group": entry.group,
        "status": entry.status,
        "since": iso(entry.since),
        "ended_on": iso(entry.ended_on),
        "ended_by": entry.ended_by,
    }
