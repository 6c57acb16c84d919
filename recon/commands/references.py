"""``opos items reference`` and ``opos items girocode``: what a payer is given to quote."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from recon.commands.call import Call, called, leave
from recon.commands.output import (
    Column,
    money,
    print_csv,
    print_document,
    print_findings,
    print_rows,
    print_tried,
    printable,
)
from recon.service.answers import Exit
from recon.texts import filled, term
from sepa.money import plain

_REFERENCES = (
    Column("invoice_no", "invoice_no"),
    Column("customer_no", "customer"),
    Column("open", "open_amount", "amount"),
    Column("currency", "currency"),
    Column("reference", "payment_reference"),
    Column("printed", "reference_printed"),
    Column("state", "status", "term"),
)
_CODE = (
    Column("invoice_no", "invoice_no"),
    Column("name", "payee"),
    Column("iban", "iban"),
    Column("bic", "bic"),
    Column("amount", "amount", "amount"),
    Column("reference", "payment_reference"),
    Column("text", "remittance"),
    Column("file", "file"),
)


@click.command("reference")
@click.argument("invoices", nargs=-1, metavar="[INVOICE_NO]...")
@click.option(
    "--store", is_flag=True, help="Keep the references with the items, so that payments that quote them match"
)
@called(dry_run=True, sheets=True)
def reference(call: Call, invoices: Sequence[str], *, store: bool) -> None:
    """Show the RF reference (ISO 11649) of INVOICES, made of their numbers (default: of all open items)."""
    from recon.service import referencing

    made = referencing.store_references if store else referencing.show_references
    found = made(call.context(), invoices)
    rows = [_row(row) for row in found.rows]
    if call.as_json:
        document = {"command": "items reference", "dry_run": call.dry_run, "references": rows}
        print_document(document, found.findings)
    else:
        print_rows(call, "list_references", rows, _REFERENCES)
        print_findings(found.findings, call.lang)
        if call.for_people and any(not row["stored"] for row in rows):
            click.echo(f"\n{term('next_store_references', call.lang)}")
        print_tried(call)
    if found.findings:
        leave(Exit.PARTIAL if rows else Exit.REFUSED)


@click.command("girocode")
@click.argument("invoice", metavar="INVOICE_NO")
@click.option("--out", metavar="FILE", help="Draw the code into this file, .svg or .png")
@click.option("--force", is_flag=True, help="Replace the file if it is there")
@called()
def girocode(call: Call, invoice: str, out: str | None, *, force: bool) -> None:
    """Make the GiroCode of INVOICE_NO (EPC069-12): the open amount, to the account of the item's branch."""
    from recon.service import girocodes

    if out is None:
        found = girocodes.girocode(call.context(), invoice)
    else:
        found = girocodes.write_girocode(call.context(), invoice, Path(out), force=force)
    transfer = found.transfer
    row = {
        "invoice_no": found.invoice_no, "customer_no": found.customer_no, "name": transfer.name, "iban": transfer.iban,
        "bic": transfer.bic, "amount": plain(transfer.amount), "currency": "EUR",
        "reference": transfer.reference or None, "text": transfer.text or None, "payload": found.payload,
        "file": found.file,
    }  # fmt: skip
    if call.as_json:
        print_document({"command": "items girocode", **row}, found.findings)
        return
    if call.as_csv:
        print_csv([row], _CODE)
    else:
        told = filled("girocode_made", call.lang, item=found.invoice_no, amount=money(transfer.amount, call.lang),
                      name=transfer.name, iban=transfer.iban, quoted=transfer.reference or transfer.text)  # fmt: skip
        click.echo(printable(told))
        click.echo(filled("girocode_file", call.lang, file=printable(found.file)) if found.file
                   else term("next_girocode", call.lang))  # fmt: skip
    print_findings(found.findings, call.lang)


def _row(entry: Any) -> dict[str, Any]:
    from sepa.identifiers import is_rf
    from sepa.references import format_reference

    item = entry.item
    return {
        "invoice_no": item.invoice_no,
        "customer_no": item.customer_no,
        "open": plain(item.open, item.currency),
        "currency": item.currency,
        "reference": entry.reference,
        "printed": format_reference(entry.reference) if is_rf(entry.reference) else entry.reference,
        "stored": entry.stored,
        "new": entry.new,
        "state": "reference_new" if entry.new else "reference_stored" if entry.stored else "reference_shown",
    }
