"""``opos dunning list|show|drop|paid``: the runs in the books, and what was paid after their notices."""

from collections.abc import Sequence
from typing import Any, Final

import click

from recon.commands.call import Call, called
from recon.commands.output import Column, day, iso, money, print_document, print_rows, print_table
from recon.texts import filled, term
from sepa.money import plain

_RUNS: Final = (
    Column("run", "dunning_run"),
    Column("as_of", "day", "date"),
    Column("status", "status", "term"),
    Column("scope", "scope"),
    Column("notices", "notices", "number"),
    Column("open", "open_amount", "amount"),
    Column("fee", "fee", "amount"),
    Column("interest", "fee_interest", "amount"),
    Column("total", "total", "amount"),
    Column("currency", "currency"),
    Column("dispatched", "dispatched", "number"),
    Column("dispatched_on", "dispatched_on", "date"),
    Column("dropped", "dropped_count", "number"),
    Column("cancelled", "cancelled_count", "number"),
    Column("excluded", "excluded_count", "number"),
    Column("by", "by"),
)
_LINES: Final = (
    Column("notice", "notice_title"),
    Column("customer", "customer"),
    Column("item", "item"),
    Column("part", "part", "term"),
    Column("due_date", "due_date", "date"),
    Column("days_overdue", "days_overdue", "number"),
    Column("level", "dunning_level", "number"),
    Column("frozen", "frozen_amount", "amount"),
    Column("open", "asked_amount", "amount"),
    Column("status", "status", "term"),
    Column("reason", "reason", "reason"),
    Column("text", "text"),
)
_STEPS: Final = (
    Column("on", "day", "date"),
    Column("what", "action", "term"),
    Column("subject", "id"),
    Column("by", "by"),
    Column("reason", "reason"),
)
_PAID: Final = (
    Column("notice", "notice_title"),
    Column("issued_on", "issued_on", "date"),
    Column("customer", "customer"),
    Column("name", "name"),
    Column("item", "item"),
    Column("asked", "asked_amount", "amount"),
    Column("paid", "paid_since", "amount"),
    Column("paid_on", "value_date", "date"),
    Column("crossed", "crossed", "amount"),
    Column("open", "open_amount", "amount"),
    Column("currency", "currency"),
    Column("dispatched_on", "dispatched_on", "date"),
)


@click.command("list")
@click.option("--status", "statuses", multiple=True, type=click.Choice(["draft", "issued", "cancelled"]),
              help="Only runs of this status")  # fmt: skip
@called(sheets=True)
def list_runs(call: Call, statuses: Sequence[str]) -> None:
    """List the dunning runs with their counts and sums, and what of them has left the house."""
    from recon.service import dunning as service

    runs = [run_document(one) for one in service.list_runs(call.context(), statuses)]
    if call.as_json:
        print_document({"command": "dunning list", "as_of": iso(call.as_of), "runs": runs})
        return
    rows = [
        {**run, "scope": _scope_told(run["scope"], call), **sums}
        for run in runs
        for sums in run["sums"] or [{"notices": 0}]
    ]
    print_rows(call, "list_runs", rows, _RUNS)


@click.command("show")
@click.argument("run_name", metavar="RUN")
@called(sheets=True)
def show(call: Call, run_name: str) -> None:
    """Show RUN line by line: what was frozen, what was issued, what was dropped or left out, and who did what."""
    from recon.commands.dunning import excluded_rows
    from recon.service import dunning as service

    found = service.show(call.context(), run_name)
    head = run_document(found.run)
    language = "en" if call.as_json else call.lang
    lines = [
        _line(notice, one, next(excluded_rows([one.why], language), {}) if one.why else {})
        for notice, one in found.lines
    ]
    steps = [
        {"on": iso(step.on), "what": f"step_{step.what}" if not call.as_json else step.what, "subject": step.subject,
         "by": step.by, "reason": step.reason}
        for step in found.steps
    ]  # fmt: skip
    excluded = list(excluded_rows(found.excluded, language))
    if call.as_json:
        print_document({"command": "dunning show", **head, "lines": lines, "excluded": excluded, "steps": steps})
    elif not call.for_people:
        print_rows(call, "list_notices", lines, _LINES)
    else:
        click.echo(f"{head['run']}  {day(found.run.as_of, call.lang)}  {term(found.run.status, call.lang)}  "
                   f"{_scope_told(head['scope'], call)}")  # fmt: skip
        print_table(lines, _LINES, call.lang)
        for sums in found.run.figures:
            code = "dunning_sum_one" if sums.standing == 1 else "dunning_sum"
            click.echo(filled(code, call.lang, count=sums.standing, sum=money(sums.total, call.lang, sums.currency)))
        counted = term("excluded_in_all", call.lang).replace("{count}", str(len(excluded)))
        click.echo(f"{counted}\n")
        print_table(steps, _STEPS, call.lang)


@click.command("drop")
@click.argument("run_name", metavar="RUN")
@click.argument("invoices", metavar="INVOICE_NO...", nargs=-1, required=True)
@click.option("--reason", metavar="TEXT", required=True, help="Why; it stands in the books and in the log")
@called(dry_run=True)
def drop(call: Call, run_name: str, invoices: Sequence[str], reason: str) -> None:
    """Take items out of the draft RUN; the rest of their notices goes out without them."""
    from recon.commands.dunning import print_result
    from recon.service import dunning as service

    print_result(call, service.drop(call.context(), run_name, invoices, reason))


@click.command("paid")
@click.option("--run", "run_name", metavar="RUN", help="Only notices of this run")
@click.option("--crossed", is_flag=True, help="Only where the money was there on the day of the notice")
@called(sheets=True)
def paid(call: Call, run_name: str | None, *, crossed: bool) -> None:
    """List what was paid after notices, by value date; and where payment and notice crossed."""
    from recon.service import dunning as service

    found = service.list_paid(call.context(), run_name, crossed=crossed)
    rows = [
        {
            "notice": notice, "run": run, "issued_on": iso(one.issued_on), "dispatched_on": iso(one.dispatched_on),
            "title": one.title, "customer": one.customer_no, "name": one.name, "item": one.invoice_no,
            "asked": plain(one.asked, one.currency), "paid": plain(one.paid, one.currency),
            "paid_on": iso(one.paid_on), "crossed": plain(one.crossed, one.currency),
            "open": plain(one.open, one.currency), "currency": one.currency,
        }
        for notice, run, one in found
    ]  # fmt: skip
    if call.as_json:
        print_document({"command": "dunning paid", "as_of": iso(call.as_of), "paid": rows})
        return
    print_rows(call, "list_paid", rows, _PAID)
    first = next((notice for notice, _, one in found if one.crossed), None)
    if call.for_people and first is not None:
        click.echo(f"\n{filled('next_crossed', call.lang, notice=first)}")


def run_document(run: Any) -> dict[str, Any]:
    """A run with its counts and sums."""
    return {
        "run": run.name, "as_of": iso(run.as_of), "status": run.status,
        "scope": {"branch": run.scope.branch, "customer": run.scope.customer, "level": run.scope.level},
        "issued_on": iso(run.issued_on), "dispatched_on": iso(run.dispatched_on), "by": run.made_by,
        "excluded": run.excluded,
        "sums": [
            {"currency": sums.currency, "notices": sums.standing, "dropped": sums.dropped, "cancelled": sums.cancelled,
             "dispatched": sums.dispatched, "open": plain(sums.open, sums.currency),
             "fee": plain(sums.fee, sums.currency), "interest": plain(sums.interest, sums.currency),
             "total": plain(sums.total, sums.currency)}
            for sums in run.figures
        ],
    }  # fmt: skip


def _line(notice: str, one: Any, why: dict[str, Any]) -> dict[str, Any]:
    line = one.line
    asked = one.why is None and one.status in {"draft", "issued"}
    return {
        "notice": notice, "customer": one.customer_no, "item": line.invoice_no, "part": line.part.value,
        "due_date": iso(line.due_date), "days_overdue": line.days_overdue, "level": line.level,
        "frozen": plain(one.frozen, one.currency), "open": plain(line.open if asked else 0, one.currency),
        "currency": one.currency, "status": one.status, "reason": why.get("reason"), "text": why.get("text"),
        "next_on": why.get("next_on"),
    }  # fmt: skip


def _scope_told(scope: dict[str, Any], call: Call) -> str:
    """Which items a run looked at: ``Filiale K01, Stufe 2``, or all."""
    told = [f"{term(name, call.lang)} {value}" for name, value in
            (("branch", scope["branch"]), ("customer", scope["customer"]), ("dunning_level", scope["level"]))
            if value is not None]  # fmt: skip
    return ", ".join(told) or term("whole_company", call.lang)
