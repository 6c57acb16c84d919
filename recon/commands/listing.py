"""``opos lines``, ``items``, ``allocations``, ``statements``: what is in the books."""

import sys
from collections.abc import Sequence
from typing import Any

import click

from recon.commands.call import Call, called
from recon.commands.documents import evidence_document, line_document, optional_amount, proposal_document, settled_by
from recon.commands.output import Column, iso, print_document, print_list, printable
from recon.commands.references import girocode, reference
from recon.model.items import ItemStatus
from recon.model.matching import LineState
from recon.texts import filled
from sepa.money import plain

_LINES = (
    Column("id", "id"),
    Column("booking_date", "booking_date", "date"),
    Column("amount", "amount", "amount"),
    Column("currency", "currency"),
    Column("counterparty.name", "counterparty"),
    Column("remittance", "remittance"),
    Column("open", "open_amount", "amount"),
    Column("status", "status", "term"),
    Column("proposal", "proposal"),
)
# Shown to people only where something was announced; in CSV always.
_ANNOUNCED = (Column("expectation", "expectation", "term"), Column("replaced_by", "replaced"))
_FATES = (Column("expected", "expected", "number"), Column("replaced", "replaced", "number"),
          Column("lapsed", "lapsed", "number"))  # fmt: skip
_ITEMS = (
    Column("invoice_no", "invoice_no"),
    Column("customer_no", "customer"),
    Column("branch", "branch"),
    Column("amount", "amount", "amount"),
    Column("open", "open_amount", "amount"),
    Column("currency", "currency"),
    Column("due_date", "due_date", "date"),
    Column("status", "status", "term"),
    Column("dunning_level", "dunning_level", "number"),
    Column("last_notice_on", "last_notice_on", "date"),
    Column("next_notice_on", "next_notice_on", "date"),
    Column("blocked_until", "blocked_until", "date"),
    Column("flags", "flags"),
)
_ALLOCATIONS = (
    Column("id", "id"),
    Column("booking_date", "booking_date", "date"),
    Column("bank_ref", "bank_ref"),
    Column("item", "item"),
    Column("customer", "customer"),
    Column("amount", "amount", "amount"),
    Column("kind", "allocation_kind", "term"),
    Column("class", "class"),
    Column("status", "status", "term"),
    Column("by", "by"),
)
_STATEMENTS = (
    Column("id", "id"),
    Column("account", "account"),
    Column("number", "number"),
    Column("page", "page"),
    Column("from", "from", "date"),
    Column("to", "to", "date"),
    Column("opening", "opening", "amount"),
    Column("closing", "closing", "amount"),
    Column("currency", "currency"),
    Column("lines", "lines", "number"),
    Column("file", "file"),
)


_GAPS = (
    Column("account", "account"),
    Column("after", "gap_after"),
    Column("after_date", "to", "date"),
    Column("closing", "closing", "amount"),
    Column("before", "gap_before"),
    Column("before_date", "from", "date"),
    Column("opening", "opening", "amount"),
    Column("difference", "difference", "amount"),
    Column("currency", "currency"),
    Column("missing", "gap_missing"),
    Column("allowed", "gap_allowed"),
)


@click.group("lines")
def lines() -> None:
    """The bank lines, what became of them and what is proposed."""


@lines.command("list")
@click.option("--status", type=click.Choice([*(state.value for state in LineState), "expected", "replaced", "lapsed"]),
              help="Only lines in this state; the last three are of lines that the bank has announced")  # fmt: skip
@called(sheets=True)
def list_lines(call: Call, status: str | None) -> None:
    """List bank lines, oldest first."""
    from recon.service.listing import list_lines as found

    rows = [_line(entry) for entry in found(call.context(), status)]
    announced = _ANNOUNCED if call.as_csv or any(row["expectation"] for row in rows) else ()
    print_list(call, {"lines": rows}, "lines", (*_LINES, *announced))


@click.group("items")
def items() -> None:
    """The open items and their state."""


@items.command("list")
@click.option("--status", "statuses", multiple=True, type=click.Choice([state.value for state in ItemStatus]),
              help="Only items in this state; may be given more than once")  # fmt: skip
@click.option("--customer", metavar="NO", help="Only items of this customer")
@called(sheets=True)
def list_items(call: Call, statuses: Sequence[str], customer: str | None) -> None:
    """List items with their dunning state."""
    from recon.service.listing import list_items as found

    rows = [_item(entry) for entry in found(call.context(), statuses, customer)]
    print_list(call, {"items": rows}, "items", _ITEMS)


items.add_command(reference)
items.add_command(girocode)


@click.group("allocations")
def allocations() -> None:
    """What paid what, and why."""


@allocations.command("list")
@click.option("--item", metavar="INVOICE_NO", help="Only allocations of this item")
@called(sheets=True)
def list_allocations(call: Call, item: str | None) -> None:
    """List allocations, oldest first, with those that were taken back."""
    from recon.service.listing import list_allocations as found

    rows = [_allocation(entry) for entry in found(call.context(), item)]
    print_list(call, {"allocations": rows}, "allocations", _ALLOCATIONS)


@click.group("statements")
def statements() -> None:
    """The bank statements in the books."""


@statements.command("list")
@called(sheets=True)
def list_statements(call: Call) -> None:
    """List statements in the order in which they came."""
    from recon.service.listing import list_statements as found

    rows = [_statement(entry) for entry in found(call.context())]
    print_list(call, {"statements": rows}, "statements", _statement_columns(call, rows))


@statements.command("gaps")
@called(sheets=True)
def list_gaps(call: Call) -> None:
    """List the holes in the chain of balances: which statements are missing, account by account."""
    from recon.service.statements import gaps

    rows = [
        {
            "account": gap.account, "currency": gap.currency, "after": gap.after, "after_date": iso(gap.after_date),
            "before": gap.before, "before_date": iso(gap.before_date), "closing": plain(gap.closing, gap.currency),
            "opening": plain(gap.opening, gap.currency), "difference": plain(gap.difference, gap.currency),
            "missing": [iso(day) for day in gap.missing], "allowed": gap.allowed,
        }
        for gap in gaps(call.context())
    ]  # fmt: skip
    print_list(call, {"gaps": rows}, "gaps", _GAPS)


@statements.command("show")
@click.argument("statement")
@click.option("--original", "as_delivered", is_flag=True, help="Write the bank's file as it was delivered")
@called()
def show_statement(call: Call, statement: str, *, as_delivered: bool) -> None:
    """Show STATEMENT and the file it came from; with --original its bytes, as the bank sent them."""
    from recon.service.listing import list_statements as found
    from recon.service.statements import original

    context = call.context()
    kept = original(context, statement)
    if as_delivered:
        sys.stdout.buffer.write(kept.content)
        return
    rows = [_statement(entry) for entry in found(context, statement)]
    document = {"statements": rows, "size": len(kept.content)}
    print_list(call, document, "statements", _statement_columns(call, rows))


@statements.command("remove")
@click.argument("statement")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the log")
@called(dry_run=True)
def remove_statement(call: Call, statement: str, reason: str) -> None:
    """Take STATEMENT out of the books with its lines, as long as nothing of it is used.

    The removal stands in the log, the bank's file stays kept. Imported again, the statement comes back under a new
    number.
    """
    from recon.service.removing import remove

    gone = remove(call.context(), statement, reason)
    if call.as_json:
        document = {"statement": gone.id, "account": gone.account, "lines": gone.lines, "proposals": gone.proposals,
                    "file": gone.file, "sha256": gone.sha256, "reason": gone.reason}  # fmt: skip
        print_document({"command": "statements remove", "dry_run": call.dry_run, **document})
        return
    told = filled("removed_dry" if call.dry_run else "removed_now", call.lang, statement=gone.id, lines=gone.lines,
                  proposals=gone.proposals, file=gone.file)  # fmt: skip
    click.echo(printable(told))


def _line(entry: Any) -> dict[str, Any]:
    line = entry.line
    told = line_document(line)
    best = entry.proposals[0] if entry.proposals else None
    return {
        "id": entry.id,
        "account": entry.account,
        **told,
        # The state in the books, not the bank's status of the booking.
        "bank_status": told["status"],
        "open": plain(entry.open, line.currency),
        "status": entry.state,
        "expectation": None if entry.expectation is None else entry.expectation.fate.value,
        "replaced_by": entry.replaced_by,
        "proposals": [proposal_document(proposal, rank, line.currency)
                      for rank, proposal in enumerate(entry.proposals, start=1)],
        "proposal": None if best is None else " ".join([best.match_class, *settled_by(best)]),
    }  # fmt: skip


def _item(entry: Any) -> dict[str, Any]:
    item = entry.item
    return {
        "invoice_no": item.invoice_no,
        "customer_no": item.customer_no,
        "branch": item.branch,
        "document_type": item.document_type.value,
        "amount": plain(item.amount, item.currency),
        "open": plain(item.open, item.currency),
        "currency": item.currency,
        "issue_date": iso(item.issue_date),
        "due_date": iso(item.due_date),
        "parts": [
            {"part": part.kind.value, "amount": plain(part.amount, item.currency),
             "open": plain(part.open, item.currency), "due_date": iso(part.due_date)}
            for part in item.parts
        ],
        "status": item.status.value,
        "dunning_level": entry.level,
        "last_notice_on": iso(entry.last_notice_on),
        "next_notice_on": iso(entry.next_notice_on),
        "blocked": entry.blocked,
        "blocked_until": iso(entry.blocked_until),
        "flags": list(entry.flags),
    }  # fmt: skip


def _allocation(entry: Any) -> dict[str, Any]:
    return {
        "id": entry.id,
        "line": entry.line,
        "bank_ref": entry.bank_ref,
        "booking_date": iso(entry.booking_date),
        "item": entry.item,
        "customer": entry.customer,
        "amount": plain(entry.amount, entry.currency),
        "currency": entry.currency,
        "kind": entry.kind,
        "class": entry.match_class,
        "band": entry.band,
        "status": entry.status,
        "by": entry.by,
        "run": entry.run,
        "flags": list(entry.flags),
        "evidence": evidence_document(entry.evidence),
    }


def _statement(entry: Any) -> dict[str, Any]:
    row = entry.row
    return {
        "id": entry.id,
        "account": entry.account,
        "format": row.format,
        "number": row.number,
        "page": row.page,
        "currency": row.currency,
        "from": iso(row.period_from),
        "to": iso(row.period_to),
        "opening": optional_amount(row.opening, row.currency),
        "closing": optional_amount(row.closing, row.currency),
        "lines": row.line_count,
        **{column.key: entry.fates.get(column.key, 0) for column in _FATES},
        "file": entry.file,
        "sha256": entry.sha256,
    }


def _statement_columns(call: Call, rows: Sequence[dict[str, Any]]) -> tuple[Column, ...]:
    told = call.as_csv or any(row[column.key] for row in rows for column in _FATES)
    return (*_STATEMENTS, *(_FATES if told else ()))
