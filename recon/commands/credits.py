"""``opos credits``: what stands to the credit of customers, and setting it off; ``opos report refunds``."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import click

from recon.commands.call import Call, called
from recon.commands.matching import wanted_of
from recon.commands.output import Column, iso, money, print_document, print_list, print_tried, printable
from recon.texts import term
from sepa.money import parse_amount, plain

_CREDITS = (
    Column("customer", "customer"),
    Column("name", "name"),
    Column("of", "credit_of"),
    Column("bank_ref", "bank_ref"),
    Column("amount", "amount", "amount"),
    Column("left", "credit_left", "amount"),
    Column("currency", "currency"),
    Column("since", "since", "date"),
    Column("flags", "flags"),
    Column("may_settle", "proposal"),
)
REFUNDS = (
    Column("customer", "customer"),
    Column("name", "name"),
    Column("of", "credit_of"),
    Column("left", "credit_left", "amount"),
    Column("currency", "currency"),
    Column("since", "since", "date"),
    Column("iban", "iban"),
    Column("iban_of", "iban_of", "term"),
)


@click.group("credits")
def credits_() -> None:
    """Customer credit: what was paid and no item took, credit notes; set off when a person says so."""


@credits_.command("list")
@click.option("--customer", metavar="NO", help="Only credit of this customer")
@called()
def list_credits(call: Call, customer: str | None) -> None:
    """List every credit of which something is left, and what it may settle."""
    from recon.service.netting import list_credits as found

    rows = [
        {
            **_credit(one.credit),
            "amount": plain(one.credit.amount, one.credit.currency),
            "flags": list(one.credit.flags),
            "proposal": [{"item": number, "amount": plain(amount, one.credit.currency)}
                         for number, amount in one.proposal],
        }
        for one in found(call.context(), customer)
    ]  # fmt: skip
    if not call.as_json:
        rows = [{**row, "may_settle": _told(call, row)} for row in rows]
    print_list(call, {"credits": rows}, "credits", _CREDITS)
    if any(row["proposal"] for row in rows) and not call.as_json and not call.as_csv:
        click.echo(f"\n{term('next_credits', call.lang)}")


@credits_.command("apply")
@click.argument("customer")
@click.argument("invoices", nargs=-1, metavar="[INVOICE_NO[=AMOUNT]]...")
@called(dry_run=True)
def apply(call: Call, customer: str, invoices: Sequence[str]) -> None:
    """Set the credit of CUSTOMER off against the invoices named, or as it is proposed."""
    from recon.service import netting

    done = netting.apply(call.context(), customer, [wanted_of(text) for text in invoices])
    if call.as_json:
        print_document({
            "command": "credits apply", "dry_run": call.dry_run, "customer": done.customer, "currency": done.currency,
            "netted": [{"of": one.key, "item": one.invoice_no, "amount": plain(one.amount, done.currency)}
                       for one in done.netted],
            "left": plain(done.left, done.currency),
        })  # fmt: skip
        return
    for one in done.netted:
        told = f"{one.key:<14} {term('netting', call.lang):<14} {one.invoice_no:<20}"
        click.echo(printable(f"{told} {money(one.amount, call.lang, done.currency):>16}"))
    click.echo(f"{term('credit_left', call.lang)}: {money(done.left, call.lang, done.currency)}")
    print_tried(call)


def refund_rows(call: Call, older_than: date | None) -> list[dict[str, Any]]:
    """The rows of ``opos report refunds``."""
    from recon.service.netting import refunds

    return [
        {**_credit(one.credit), "iban": one.iban, "iban_of": None if one.from_ is None else f"iban_of_{one.from_}"}
        for one in refunds(call.context(), older_than)
    ]


def _told(call: Call, row: dict[str, Any]) -> str | None:
    """What a credit may settle, as people read it; in CSV as the program writes amounts."""
    pairs = [(one["item"], one["amount"]) for one in row["proposal"]]
    if not call.as_csv:
        pairs = [(item, money(parse_amount(amount), call.lang, row["currency"])) for item, amount in pairs]
    return ", ".join(f"{item} {amount}" for item, amount in pairs) or None


def _credit(credit: Any) -> dict[str, Any]:
    return {
        "customer": credit.customer_no, "name": credit.name, "of": credit.invoice_no or f"{credit.line} {credit.key}",
        "line": credit.line, "allocation": None if credit.line is None else credit.key, "item": credit.invoice_no,
        "bank_ref": credit.bank_ref, "left": plain(credit.left, credit.currency), "currency": credit.currency,
        "since": iso(credit.since),
    }  # fmt: skip
