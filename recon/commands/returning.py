"""``opos returns``: debits that the bank gave back."""

from typing import Any

import click

from recon.commands.call import Call, called
from recon.commands.output import Column, iso, print_list
from sepa.money import plain

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


@click.group("returns")
def returns() -> None:
    """Debits that the bank gave back."""


@returns.command("list")
@called(sheets=True)
def list_returns(call: Call) -> None:
    """List returns with their reason and what follows."""
    from recon.service.returning import list_returns as found

    print_list(call, {"returns": [return_document(call, entry) for entry in found(call.context())]}, "returns", RETURNS)


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
