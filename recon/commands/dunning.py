"""``opos dunning``: preview, run, issue, cancel, explain, block."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

from recon.commands.blocking import block, blocks, promise, promises, proposals, unblock
from recon.commands.call import Call, called, leave
from recon.commands.calling import calls
from recon.commands.dunning_runs import drop, list_runs, paid, show
from recon.commands.letters import letters
from recon.commands.output import (
    Column,
    finding_document,
    iso,
    print_document,
    print_findings,
    print_lists,
    print_rows,
    print_table,
    print_tried,
    sum_line,
)
from recon.commands.procedures import days, procedure
from recon.dunning.explain import lines, reason_text
from recon.service.answers import Exit
from recon.service.dunnable import Scope
from recon.texts import term
from sepa.money import Language, plain

_NOTICES = (
    Column("id", "id"),
    Column("customer", "customer"),
    Column("branch", "branch"),
    Column("title", "notice_title"),
    Column("numbers", "items"),
    Column("open", "open_amount", "amount"),
    Column("fee", "fee", "amount"),
    Column("total", "total", "amount"),
    Column("deadline", "deadline", "date"),
)
# For people only where any is asked for: open, fee and interest come to the total.
_INTEREST = Column("interest", "fee_interest", "amount")
_ITEMS = (
    Column("customer", "customer"),
    Column("branch", "branch"),
    Column("item", "item"),
    Column("part", "part", "term"),
    Column("due_date", "due_date", "date"),
    Column("days_overdue", "days_overdue", "number"),
    Column("open", "open_amount", "amount"),
    Column("level", "dunning_level", "number"),
    Column("notice_fee", "fee", "amount"),
    Column("notice_total", "total", "amount"),
    Column("reason", "not_reminded", "reason"),
    Column("text", "text"),
    Column("next_on", "next_notice_on", "date"),
)
_DROPPED = (
    Column("notice", "notice_title"),
    Column("customer", "customer"),
    Column("item", "item"),
    Column("part", "part", "term"),
    Column("open", "frozen_amount", "amount"),
    Column("reason", "reason", "reason"),
    Column("text", "text"),
    Column("next_on", "next_notice_on", "date"),
)
_EXCLUDED = (
    Column("item", "item"),
    Column("part", "part", "term"),
    Column("reason", "reason", "reason"),
    Column("text", "text"),
    Column("next_on", "next_notice_on", "date"),
)


@click.group("dunning")
def dunning() -> None:
    """Reminders: preview, run, issue. Nothing goes out by itself."""


for _command in (
    list_runs, show, drop, paid, letters, block, unblock, blocks, promise, promises, calls, proposals, procedure, days,
):  # fmt: skip
    dunning.add_command(_command)


def _scope(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--customer", metavar="NO", help="Only this customer"),
        click.option("--branch", metavar="CODE", help="Only this branch"),
        click.option("--level", type=click.IntRange(1, 4), help="Only notices of this level"),
    ):
        function = option(function)
    return function


def _failing(function: Callable[..., None]) -> Callable[..., None]:
    choice = click.Choice(["review", "excluded"])
    said = "Leave with 5 when a payment found waits for a decision, or when anything overdue is left out"
    return click.option("--fail-on", type=choice, help=said)(function)


def _current(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--reason", metavar="TEXT", help="Why; it stands in the books and in the log"),
        click.option("--accept-stale", is_flag=True, help="Although a last statement is old; needs --reason"),
    ):
        function = option(function)
    return function


@dunning.command("preview")
@_scope
@click.option("--items", "by_item", is_flag=True, help="A row for each item, those left out among them")
@_failing
@called(sheets=True)
def preview(
    call: Call, *, level: int | None, branch: str | None, customer: str | None, by_item: bool, fail_on: str | None
) -> None:
    """Show who would be reminded, and who not and why. Writes nothing."""
    from recon.service import dunning as service

    result = service.preview(call.context(), Scope(branch, customer, level))
    if by_item and not call.as_json:
        print_rows(call, "list_dunning", _by_item(result, call.lang), _ITEMS)
        print_findings(result.findings, call.lang)
    else:
        print_result(call, result)
    _leave_if(fail_on, result)


@dunning.command("run")
@_scope
@click.option("--replace", "replace_drafts", is_flag=True, help="Cancel drafts that hold some of the same items")
@_current
@_failing
@called(dry_run=True)
def run(
    call: Call,
    *,
    level: int | None,
    branch: str | None,
    customer: str | None,
    replace_drafts: bool,
    accept_stale: bool,
    reason: str | None,
    fail_on: str | None,
) -> None:
    """Freeze a preview as a run, to be looked at and then issued. Nothing stands in two drafts."""
    from recon.service import dunning as service

    accepted = (reason or "") if accept_stale else None
    result = service.freeze(
        call.context(), Scope(branch, customer, level), replace_drafts=replace_drafts, accept_stale=accepted
    )
    print_result(call, result)
    if call.for_people and result.notices and not call.dry_run:
        click.echo(f"\n{term('next_issue', call.lang).replace('{run}', result.run or '')}")
    _leave_if(fail_on, result)


@dunning.command("issue")
@click.argument("run_name", metavar="RUN")
@_current
@_failing
@called(dry_run=True)
def issue(call: Call, run_name: str, *, accept_stale: bool, reason: str | None, fail_on: str | None) -> None:
    """Issue RUN: what was paid or held since is dropped, level and dates move on. Twice is once."""
    from recon.service import dunning as service

    accepted = (reason or "") if accept_stale else None
    result = service.issue(call.context(), run_name, accept_stale=accepted)
    print_result(call, result)
    if fail_on == "excluded" and result.dropped:
        leave(Exit.CONDITION)
    _leave_if(fail_on, result)


@dunning.command("cancel")
@click.argument("name", metavar="RUN|NOTICE")
@click.option("--reason", metavar="TEXT", help="Why; only a draft as a whole is cancelled without")
@called(dry_run=True)
def cancel(call: Call, name: str, reason: str | None) -> None:
    """Take a run or one notice back; level and dates are again what they were before. Once a notice of it has left the
    house, a run is taken back notice by notice."""
    from recon.service import dunning as service

    print_result(call, service.cancel(call.context(), name, reason))


@dunning.command("explain")
@click.argument("invoice_no")
@called()
def explain(call: Call, invoice_no: str) -> None:
    """Say why INVOICE_NO gets a notice today or not, condition by condition, with dates."""
    from recon.commands.blocking import block_document, promise_document, standing_lines
    from recon.commands.complaints import complaint_document
    from recon.service import dunning as service
    from recon.service.standing import standing_of

    found = service.explained(call.context(), invoice_no)
    said = standing_of(call.context(), invoice_no)
    if call.as_json:
        print_document({
            "command": "dunning explain", "item": invoice_no,
            "parts": [
                {
                    "part": part.part.value, "due_date": iso(part.due_date), "open": plain(part.open, part.currency),
                    "level": part.state.level,
                    "reason": None if told.undunned is None else told.undunned.reason,
                    "next_level": None if told.step is None else told.step.level,
                    "next_on": None if told.step is None else iso(told.step.on),
                    "text": list(lines(told, "en")),
                }
                for part, told in found
            ],
            "complaints": [complaint_document(one) for one in said.complaints],
            "promises": [promise_document(one) for one in said.promises],
            "blocks": [block_document(one) for one in said.blocks],
        })  # fmt: skip
        return
    for part, told in found:
        click.echo(f"{invoice_no} ({term(part.part.value, call.lang)})")
        for text in lines(told, call.lang):
            click.echo(f"  {text}")
    for text in standing_lines(call, said):
        click.echo(text)


# Why an item is left out that is not overdue, or not again yet, or owes nothing: nobody need look at these.
_NO_MATTER = frozenset({"not_due", "not_yet", "paid", "credit"})


def _leave_if(fail_on: str | None, result: Any) -> None:
    reasons = {entry.reason for entry in result.excluded}
    if (fail_on == "review" and "payment_found" in reasons) or (fail_on == "excluded" and reasons - _NO_MATTER):
        leave(Exit.CONDITION)


def print_result(call: Call, result: Any) -> None:
    """Print a preview or a run."""
    if call.as_json:
        head = {"command": "dunning", "dry_run": call.dry_run, "run": result.run, "as_of": iso(result.as_of),
                "status": result.status}  # fmt: skip
        documents = (notice_document(number, notice) for number, notice in result.notices)
        findings = {"findings": [finding_document(finding) for finding in result.findings]}
        lists = (("notices", documents), ("excluded", excluded_rows(result.excluded, "en")),
                 ("dropped", dropped_rows(result.dropped, "en")))  # fmt: skip
        print_lists(head, lists, lambda: findings)
    elif not call.for_people:
        print_rows(call, "list_notices", _rows(result), (*_NOTICES, _INTEREST))
    else:
        asked = any(notice.interest for _, notice in result.notices)
        print_table(_rows(result), (*_NOTICES[:-2], _INTEREST, *_NOTICES[-2:]) if asked else _NOTICES, call.lang)
        if result.dropped:
            click.echo(f"\n{term('dropped_since', call.lang)}")
            print_table(dropped_rows(result.dropped, call.lang), _DROPPED, call.lang)
        if result.excluded:
            click.echo(f"\n{term('excluded', call.lang)}")
            print_table(excluded_rows(result.excluded, call.lang), _EXCLUDED, call.lang)
        if result.notices:
            totals = [(notice.currency, notice.total) for _, notice in result.notices]
            click.echo(f"\n{sum_line('dunning_sum_one', 'dunning_sum', totals, call.lang)}")
        print_tried(call)
    print_findings(result.findings, call.lang)


def _rows(result: Any) -> Iterator[dict[str, Any]]:
    """The notices, a row each."""
    for number, notice in result.notices:
        whole = notice_document(number, notice)
        yield {**whole, "numbers": [line["item"] for line in whole["items"]]}


def _by_item(result: Any, language: Language) -> Iterator[dict[str, Any]]:
    """Every item that was asked about, a row each: first those that are reminded of. Fee and total are the notice's,
    told with its first item."""
    for number, notice in result.notices:
        whole = notice_document(number, notice)
        for place, line in enumerate(whole["items"]):
            first = {"notice_fee": whole["fee"], "notice_total": whole["total"]} if place == 0 else {}
            yield {**line, "customer": whole["customer"], "branch": whole["branch"], **first}
    yield from excluded_rows(result.excluded, language)


def excluded_rows(excluded: Iterable[Any], language: Language) -> Iterator[dict[str, Any]]:
    """What gets no notice, a row each, with the reason in words."""
    return (
        {"item": entry.invoice_no, "part": entry.part.value, "reason": entry.reason,
         "text": reason_text(entry, language), "next_on": iso(entry.next_on)}
        for entry in excluded
    )  # fmt: skip


def dropped_rows(dropped: Iterable[Any], language: Language) -> Iterator[dict[str, Any]]:
    """What was frozen and is not asked for, a row each."""
    for one in dropped:
        (row,) = excluded_rows([one.why], language)
        yield {"notice": one.notice, "customer": one.customer_no, **row, "level": one.level,
               "open": plain(one.open, one.currency), "currency": one.currency}  # fmt: skip


def notice_document(number: str | None, notice: Any) -> dict[str, Any]:
    """A notice (contract.md 6)."""
    return {
        "id": number,
        "customer": notice.customer_no,
        "branch": notice.branch,
        "level": notice.level,
        "title": notice.title,
        "language": notice.language,
        "channel": notice.channel,
        "deadline": iso(notice.deadline),
        "currency": notice.currency,
        "items": [
            {"item": line.invoice_no, "part": line.part.value, "due_date": iso(line.due_date),
             "days_overdue": line.days_overdue, "open": plain(line.open, notice.currency), "level": line.level,
             "fee": plain(line.fee, notice.currency), "interest": plain(line.interest, notice.currency),
             "interest_since": iso(line.interest_since), "lump_sum": plain(line.lump_sum, notice.currency)}
            for line in notice.items
        ],
        "open": plain(sum(line.open for line in notice.items), notice.currency),
        "fee": plain(notice.fee, notice.currency),
        "lump_sum": plain(notice.lump_sum, notice.currency),
        "interest": plain(notice.interest, notice.currency),
        "total": plain(notice.total, notice.currency),
    }  # fmt: skip
