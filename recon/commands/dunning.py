"""``opos dunning``: preview, run, issue, cancel, explain, block."""

from collections.abc import Callable, Iterator
from typing import Any

import click

from recon.commands.blocking import block, blocks, promise, promises, proposals, unblock
from recon.commands.call import Call, called
from recon.commands.calling import calls
from recon.commands.letters import letters
from recon.commands.output import (
    Column,
    finding_document,
    iso,
    money,
    print_document,
    print_findings,
    print_lists,
    print_rows,
    print_table,
)
from recon.dunning.explain import lines, reason_text
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


for _command in (block, unblock, blocks, promise, promises, calls, proposals, letters):
    dunning.add_command(_command)


def _scope(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--customer", metavar="NO", help="Only this customer"),
        click.option("--branch", metavar="CODE", help="Only this branch"),
        click.option("--level", type=click.IntRange(1, 4), help="Only notices of this level"),
    ):
        function = option(function)
    return function


@dunning.command("preview")
@_scope
@called(sheets=True)
def preview(call: Call, level: int | None, branch: str | None, customer: str | None) -> None:
    """Show who would be reminded, and who not and why. Writes nothing."""
    from recon.service import dunning as service

    _print(call, service.preview(call.context(), Scope(branch, customer, level)))


@dunning.command("run")
@_scope
@called(dry_run=True)
def run(call: Call, level: int | None, branch: str | None, customer: str | None) -> None:
    """Freeze a preview as a run, to be looked at and then issued."""
    from recon.service import dunning as service

    result = service.freeze(call.context(), Scope(branch, customer, level))
    _print(call, result)
    if call.for_people and result.notices:
        click.echo(f"\n{term('next_issue', call.lang).replace('{run}', result.run or '')}")


@dunning.command("issue")
@click.argument("run_name", metavar="RUN")
@called(dry_run=True)
def issue(call: Call, run_name: str) -> None:
    """Issue RUN: what was paid or held since is dropped, level and dates move on. Twice is once."""
    from recon.service import dunning as service

    _print(call, service.issue(call.context(), run_name))


@dunning.command("cancel")
@click.argument("name", metavar="RUN|NOTICE")
@click.option("--reason", help="Why; needed once notices were issued")
@called(dry_run=True)
def cancel(call: Call, name: str, reason: str | None) -> None:
    """Take a run or one notice back; level and dates are again what they were before."""
    from recon.service import dunning as service

    _print(call, service.cancel(call.context(), name, reason))


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


def _print(call: Call, result: Any) -> None:
    if call.as_json:
        head = {"command": "dunning", "dry_run": call.dry_run, "run": result.run, "as_of": iso(result.as_of),
                "status": result.status}  # fmt: skip
        documents = (notice_document(number, notice) for number, notice in result.notices)
        findings = {"findings": [finding_document(finding) for finding in result.findings]}
        print_lists(head, (("notices", documents), ("excluded", _excluded(result, "en"))), lambda: findings)
    elif not call.for_people:
        print_rows(call, "list_notices", _rows(result), _NOTICES)
    else:
        print_table(_rows(result), _NOTICES, call.lang)
        if result.excluded:
            click.echo(f"\n{term('excluded', call.lang)}")
            print_table(_excluded(result, call.lang), _EXCLUDED, call.lang)
        if result.notices:
            total = money(sum(notice.total for _, notice in result.notices), call.lang)
            text = term("dunning_sum", call.lang).replace("{count}", str(len(result.notices)))
            click.echo(f"\n{text.replace('{sum}', total)}")
    print_findings(result.findings, call.lang)


def _rows(result: Any) -> Iterator[dict[str, Any]]:
    """The notices, a row each."""
    for number, notice in result.notices:
        whole = notice_document(number, notice)
        yield {**whole, "numbers": [line["item"] for line in whole["items"]]}


def _excluded(result: Any, language: Language) -> Iterator[dict[str, Any]]:
    """What gets no notice, a row each, with the reason in words."""
    return (
        {"item": entry.invoice_no, "part": entry.part.value, "reason": entry.reason,
         "text": reason_text(entry, language), "next_on": iso(entry.next_on)}
        for entry in result.excluded
    )  # fmt: skip


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
             "days_overdue": line.days_overdue, "open": plain(line.open, notice.currency), "level": line.level}
            for line in notice.items
        ],
        "open": plain(sum(line.open for line in notice.items), notice.currency),
        "fee": plain(notice.fee, notice.currency),
        "interest": plain(notice.interest, notice.currency),
        "total": plain(notice.total, notice.currency),
    }  # fmt: skip
