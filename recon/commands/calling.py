"""``opos dunning calls``: whom to call, and what came of it."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from recon.commands.call import DAY, MOMENT, Call, called
from recon.commands.output import Column, iso, print_document, print_rows, print_tried
from recon.model.complaints import MAX_ATTEMPTS, CallOutcome, moment
from recon.texts import filled, term
from sepa.money import plain

if TYPE_CHECKING:
    from recon.service.calls import CallTask

_CALLS: Final = (
    Column("id", "id"),
    Column("customer", "customer"),
    Column("branch", "branch"),
    Column("title", "notice_title"),
    Column("numbers", "items"),
    Column("open", "open_amount", "amount"),
    Column("fee", "fee", "amount"),
    Column("total", "total", "amount"),
    Column("deadline", "deadline", "date"),
    Column("name", "name"),
    Column("phone", "phone"),
    Column("tried", "attempts", "number"),
    Column("next_at", "next_attempt"),
    Column("state", "state"),
)
_OUTCOMES: Final = [one.value for one in CallOutcome]


@click.group("calls", invoke_without_command=True)
@click.option("--open", "unfinished", is_flag=True, help="Only those that somebody still has to make")
@called(sheets=True)
def calls(call: Call, *, unfinished: bool) -> None:
    """List whom to call, how often it was tried, and when next."""
    if click.get_current_context().invoked_subcommand is not None:
        return
    from recon.service.calls import list_calls

    tasks = [call_document(task) for task in list_calls(call.context(), unfinished=unfinished)]
    if call.as_json:
        print_document({"command": "dunning", "dry_run": False, "run": None, "as_of": iso(call.as_of),
                        "status": "calls", "notices": tasks, "excluded": []})  # fmt: skip
        return
    rows = [{**task, "numbers": [line["item"] for line in task["items"]], "tried": len(task["attempts"])}
            for task in tasks]  # fmt: skip
    if not call.as_csv:
        rows = [{**row, "state": term(f"call_{row['state']}", call.lang), "next_at": _moment(row["next_at"], call)}
                for row in rows]  # fmt: skip
    print_rows(call, "list_calls", rows, _CALLS)


@calls.command("record")
@click.argument("name", metavar="NOTICE")
@click.option("--at", type=MOMENT, required=True, metavar="MOMENT", help="When the call was made, '2026-11-30 14:05'")
@click.option("--outcome", type=click.Choice(_OUTCOMES), required=True, help="What came of it")
@click.option("--note", help="What was said")
@click.option("--promise-until", type=DAY, metavar="DATE", help="With a promise: the day by which it is to be paid")
@click.option("--promise-amount", metavar="AMOUNT", help="With a promise: how much; without it all that is open")
@called(dry_run=True)
def record(
    call: Call,
    name: str,
    *,
    at: datetime,
    outcome: str,
    note: str | None,
    promise_until: date | None,
    promise_amount: str | None,
) -> None:
    """Record a call for NOTICE: at most four, on different days and at different hours."""
    from recon.service.calls import record_call

    task = record_call(call.context(), name, at=at, outcome=CallOutcome(outcome), note=note,
                       promise_until=promise_until, promise_amount=promise_amount)  # fmt: skip
    if call.as_json:
        print_document({"command": "dunning calls record", "dry_run": call.dry_run, "call": call_document(task)})
        return
    click.echo(filled("call_recorded", call.lang, id=task.id, number=len(task.attempts), limit=MAX_ATTEMPTS,
                      state=term(f"call_{task.state}", call.lang)))  # fmt: skip
    if task.next_at is not None:
        click.echo(filled("call_next", call.lang, at=_moment(moment(task.next_at), call)))
    print_tried(call)


def call_document(task: "CallTask") -> dict[str, Any]:
    """A call task: its notice (contract.md 6), whom to call, what was tried. ``owed`` is what is open of it today."""
    from recon.commands.dunning import notice_document

    return {
        **notice_document(task.id, task.notice),
        "name": task.name,
        "phone": task.phone,
        "issued_on": iso(task.issued_on),
        "owed": plain(task.open, task.notice.currency),
        "state": task.state.value,
        "attempts": [
            {"at": moment(one.at), "outcome": one.outcome.value, "note": one.note, "by": one.by}
            for one in task.attempts
        ],
        "next_at": None if task.next_at is None else moment(task.next_at),
    }


def _moment(text: str | None, call: Call) -> str | None:
    from recon.commands.complaints import moment_told

    return None if text is None else moment_told(datetime.fromisoformat(text), call)
