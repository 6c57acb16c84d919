"""``opos report`` and ``opos verify``."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import click

from recon.commands.call import DAY, Call, called, leave
from recon.commands.collecting import RETURNS, return_document
from recon.commands.output import Column, iso, print_csv, print_document, print_findings, print_table
from recon.service.answers import Exit
from recon.texts import term
from sepa.money import plain

_PARTS = (
    Column("invoice_no", "invoice_no"),
    Column("customer_no", "customer"),
    Column("name", "name"),
    Column("branch", "branch"),
    Column("issue_date", "issue_date", "date"),
    Column("due_date", "due_date", "date"),
    Column("part", "part", "term"),
    Column("amount", "amount", "amount"),
    Column("open", "open_amount", "amount"),
    Column("currency", "currency"),
    Column("days_overdue", "days_overdue", "number"),
)
_AGEING = (
    Column("customer_no", "customer"),
    Column("name", "name"),
    Column("not_due", "bucket_not_due", "amount"),
    Column("days_1_30", "bucket_1_30", "amount"),
    Column("days_31_60", "bucket_31_60", "amount"),
    Column("days_61_90", "bucket_61_90", "amount"),
    Column("days_over_90", "bucket_over_90", "amount"),
    Column("credit", "credit", "amount"),
    Column("total", "total", "amount"),
    Column("currency", "currency"),
)
_UNMATCHED = (
    Column("id", "id"),
    Column("booking_date", "booking_date", "date"),
    Column("age", "age", "number"),
    Column("amount", "amount", "amount"),
    Column("open", "open_amount", "amount"),
    Column("currency", "currency"),
    Column("name", "counterparty"),
    Column("remittance", "remittance"),
    Column("class", "class"),
    Column("band", "band", "term"),
)
_JOURNAL = (
    Column("entry", "entry"),
    Column("booked_on", "booking_date", "date"),
    Column("account", "ledger_account"),
    Column("debit", "debit", "amount"),
    Column("credit", "credit_side", "amount"),
    Column("currency", "currency"),
    Column("customer", "customer"),
    Column("item", "item"),
    Column("text", "entry_text"),
)
_RECONCILIATION = (
    Column("account", "account"),
    Column("statement", "statement"),
    Column("on", "to", "date"),
    Column("bank", "bank_balance", "amount"),
    Column("ledger", "ledger_balance", "amount"),
    Column("open_lines", "open_lines", "number"),
    Column("open_sum", "open_sum", "amount"),
    Column("difference", "difference", "amount"),
    Column("currency", "currency"),
)
_SETTLEMENT = (
    Column("kind", "allocation_kind", "term"),
    Column("count", "count", "number"),
    Column("sum", "sum", "amount"),
    Column("currency", "currency"),
)
_NOTICES = (
    Column("id", "id"),
    Column("issued_on", "issued_on", "date"),
    Column("customer", "customer"),
    Column("branch", "branch"),
    Column("title", "notice_title"),
    Column("items", "items"),
    Column("fee", "fee", "amount"),
    Column("total", "total", "amount"),
    Column("deadline", "deadline", "date"),
)


@click.group("report")
def report() -> None:
    """Reports, as of any day (--as-of)."""


def _period(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--to", "last", type=DAY, metavar="DATE", help="Last day [--as-of]"),
        click.option("--from", "first", type=DAY, metavar="DATE", help="First day [the beginning]"),
    ):
        function = option(function)
    return function


@report.command("aging")
@called()
def aging(call: Call) -> None:
    """What customers owe by days overdue; the total is the balance of all customers' accounts."""
    from recon.service.reporting import BUCKET_NAMES, ageing

    rows = [
        {
            "customer_no": row.customer_no,
            "name": row.name,
            **{name: plain(amount, row.currency) for name, amount in zip(BUCKET_NAMES, row.buckets, strict=True)},
            "credit": plain(row.credit, row.currency),
            "total": plain(row.total, row.currency),
            "currency": row.currency,
        }
        for row in ageing(call.context())
    ]
    _print(call, "aging", rows, _AGEING, _totals(rows, (*BUCKET_NAMES, "credit", "total")))


@report.command("open-items")
@called()
def open_items(call: Call) -> None:
    """What was open on the day, part by part."""
    from recon.service.reporting import open_on

    rows = [
        {
            "invoice_no": part.invoice_no, "customer_no": part.customer_no, "name": part.name, "branch": part.branch,
            "issue_date": iso(part.issue_date), "due_date": iso(part.due_date), "part": part.part,
            "amount": plain(part.amount, part.currency), "open": plain(part.open, part.currency),
            "currency": part.currency, "days_overdue": max(part.days, 0),
        }
        for part in open_on(call.context())
    ]  # fmt: skip
    _print(call, "open-items", rows, _PARTS, _totals(rows, ("amount", "open")))


@report.command("unmatched")
@called()
def unmatched(call: Call) -> None:
    """The bank lines that are not clear yet, with their age and the best that was found."""
    from recon.service import reporting

    rows = [
        {
            "id": line.id, "booking_date": iso(line.booking_date), "age": line.age,
            "amount": plain(line.amount, line.currency), "open": plain(line.open, line.currency),
            "currency": line.currency, "name": line.name, "remittance": line.remittance, "class": line.match_class,
            "band": line.band,
        }
        for line in reporting.unmatched(call.context())
    ]  # fmt: skip
    _print(call, "unmatched", rows, _UNMATCHED, _totals(rows, ("open",)))


@report.command("dunning")
@called()
def dunning(call: Call) -> None:
    """The notices issued until the day."""
    from recon.commands.dunning import notice_document
    from recon.service.dunning import issued_notices

    rows = [
        {**notice_document(number, notice), "issued_on": iso(day), "items": [line.invoice_no for line in notice.items]}
        for number, day, notice in issued_notices(call.context())
    ]
    _print(call, "dunning", rows, _NOTICES, _totals(rows, ("fee", "total")))


@report.command("fees")
@click.option("--unpaid", is_flag=True, help="Only fees that have lapsed or are still claimed")
@called()
def fees(call: Call, *, unpaid: bool) -> None:
    """What became of the fees and the interest of notices: paid, waived, replaced, lapsed, claimed."""
    from recon.commands.fees import COLUMNS, SUMS, rows_of

    rows = rows_of(call, unpaid=unpaid)
    _print(call, "fees", rows, COLUMNS, _totals(rows, SUMS))


@report.command("returns")
@called()
def returns(call: Call) -> None:
    """The debits that came back."""
    from recon.service.returning import list_returns

    rows = [return_document(call, entry) for entry in list_returns(call.context())]
    _print(call, "returns", rows, RETURNS, _totals(rows, ("amount", "charge")))


@report.command("journal")
@_period
@called()
def journal(call: Call, first: date | None, last: date | None) -> None:
    """The journal: every posting, debit and credit."""
    from recon.service import reporting

    rows = [
        {
            "entry": line.entry, "booked_on": iso(line.booked_on), "kind": line.kind, "account": line.account,
            "debit": plain(line.debit, line.currency) if line.debit else None,
            "credit": plain(line.credit, line.currency) if line.credit else None,
            "currency": line.currency, "customer": line.customer, "item": line.item, "text": line.text,
        }
        for line in reporting.journal(call.context(), first, last or call.as_of)
    ]  # fmt: skip
    _print(call, "journal", rows, _JOURNAL, _totals(rows, ("debit", "credit")))


@report.command("reconciliation")
@called()
def reconciliation(call: Call) -> None:
    """Bank and ledger side by side; the open lines explain the difference."""
    from recon.service import reporting

    rows = [
        {
            "account": row.account, "statement": row.statement, "on": iso(row.on),
            "opening": plain(row.opening, row.currency), "bank": plain(row.bank, row.currency),
            "ledger": plain(row.ledger, row.currency), "open_lines": row.open_lines,
            "open_sum": plain(row.open_sum, row.currency), "difference": plain(row.difference, row.currency),
            "currency": row.currency,
        }
        for row in reporting.reconciliation(call.context())
    ]  # fmt: skip
    _print(call, "reconciliation", rows, _RECONCILIATION, {})


@report.command("settlement")
@_period
@called()
def settlement(call: Call, first: date | None, last: date | None) -> None:
    """What was settled, by kind: payments, collections, fees, discounts, returns."""
    from recon.service import reporting

    rows = [
        {"kind": row.kind, "count": row.count, "sum": plain(row.sum, row.currency), "currency": row.currency}
        for row in reporting.settlement(call.context(), first, last or call.as_of)
    ]
    _print(call, "settlement", rows, _SETTLEMENT, _totals(rows, ("sum",)))


@click.command("verify")
@called()
def verify(call: Call) -> None:
    """Recompute every balance with a second piece of code and check the chain of the log."""
    from recon.service.verifying import verify as check

    result = check(call.context())
    if call.as_json:
        document = {"command": "verify", "ok": not result.findings, "checked": dict(result.counts)}
        print_document(document, result.findings)
    else:
        for name, count in result.counts.items():
            click.echo(f"{term(f'checked_{name}', call.lang):<44}{count:>10}")
        click.echo(f"\n{term('books_clean' if not result.findings else 'books_wrong', call.lang)}")
    print_findings(result.findings, call.lang)
    if result.findings:
        leave(Exit.REFUSED)


def _print(
    call: Call, name: str, rows: Sequence[dict[str, Any]], columns: Sequence[Column], totals: dict[str, dict[str, str]]
) -> None:
    if call.as_json:
        print_document({"command": f"report {name}", "report": name, "as_of": iso(call.as_of), "rows": list(rows),
                        "totals": totals})  # fmt: skip
    elif call.as_csv:
        print_csv(rows, columns)
    else:
        head = "total" if columns[0].kind == "term" else term("total", call.lang)
        sums = [{columns[0].key: head, "currency": currency, **amounts} for currency, amounts in totals.items()]
        print_table([*rows, *(sums if rows else ())], columns, call.lang)


def _totals(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Sums of columns by currency."""
    from sepa.money import parse_amount

    sums: dict[str, dict[str, int]] = {}
    for row in rows:
        own = sums.setdefault(row["currency"], dict.fromkeys(names, 0))
        for name in names:
            if row[name] is not None:
                own[name] += parse_amount(row[name], row["currency"])
    return {
        currency: {name: plain(amount, currency) for name, amount in own.items()}
        for currency, own in sorted(sums.items())
    }
