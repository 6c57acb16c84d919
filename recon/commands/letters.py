"""``opos dunning letters``: the letters of a run as files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from recon.commands.call import Call, called, on_terminal
from recon.commands.output import (
    Column,
    iso,
    print_document,
    print_findings,
    print_rows,
    print_table,
    print_tried,
    printable,
    sum_line,
)
from recon.texts import filled, term
from sepa.money import plain

_LETTERS = (
    Column("notice", "id"),
    Column("customer", "customer"),
    Column("name", "name"),
    Column("branch", "branch"),
    Column("title", "notice_title"),
    Column("channel", "channel", "term"),
    Column("total", "total", "amount"),
    Column("file", "file"),
)
_LEFT_OUT = (
    Column("notice", "id"),
    Column("customer", "customer"),
    Column("name", "name"),
    Column("title", "notice_title"),
    Column("total", "total", "amount"),
    Column("reason", "reason", "term"),
)


@click.command("letters")
@click.argument("name", metavar="RUN|NOTICE")
@click.option("--out", required=True, metavar="DIR", help="Folder for the files; made if it is not there")
@click.option("--all", "everything", is_flag=True, help="Also the letters of notices that go by e-mail")
@click.option("--force", is_flag=True, help="Replace files that are there")
@called(dry_run=True)
def letters(call: Call, name: str, out: str, *, everything: bool, force: bool) -> None:
    """Write the letters of RUN or NOTICE: a PDF each, one bundle for the post, one summary.

    What is written for the post counts as sent. A draft is set with a mark across each page and counts as nothing.
    """
    from recon.service import letter_files as service

    with _watched(call) as done:
        result = service.write_letters(
            call.context(), name, Path(out), language=call.lang, everything=everything, force=force, done=done
        )
    told = result.summary
    rows = [_row(one) for one in told.notices]
    if call.as_json:
        print_document(
            {
                "command": "dunning letters", "dry_run": call.dry_run, "run": told.run, "draft": told.draft,
                "letters": [row for row in rows if row["file"]], "left_out": [row for row in rows if not row["file"]],
                "files": list(result.files), "dispatched": list(result.dispatched),
            },
            result.findings,
        )  # fmt: skip
        return
    if not call.for_people:
        print_rows(call, "list_letters", rows, (*_LETTERS, Column("reason", "reason")))
    else:
        _tell(call, result, rows, out)
    print_findings(result.findings, call.lang)
    print_tried(call)


def _tell(call: Call, result: Any, rows: list[dict[str, Any]], out: str) -> None:
    told = result.summary
    print_table([row for row in rows if row["file"]], _LETTERS, call.lang)
    left = [{**row, "reason": f"letter_left_{row['reason']}"} for row in rows if not row["file"]]
    if left:
        click.echo(f"\n{term('letters_left_out', call.lang)}")
        print_table(left, _LEFT_OUT, call.lang)
    if not told.printed:
        return
    totals = [(one.currency, one.total) for one in told.printed]
    click.echo(f"\n{sum_line('letters_sum_one', 'letters_sum', totals, call.lang)}")
    if call.dry_run:
        return
    click.echo(printable(filled("letters_written", call.lang, folder=out, count=len(result.files))))
    if told.bundle:
        click.echo(printable(filled("letters_bundle", call.lang, file=str(Path(out) / told.bundle))))
    if told.draft:
        click.echo(filled("next_letters_issue", call.lang, run=told.run))
    elif result.dispatched:
        click.echo(filled("letters_dispatched", call.lang, count=len(result.dispatched), day=_day(call)))


def _day(call: Call) -> str:
    from recon.commands.output import day

    return day(call.as_of, call.lang)


def _row(one: Any) -> dict[str, Any]:
    return {
        "notice": one.notice,
        "customer": one.customer_no,
        "name": one.name,
        "postcode": one.postcode or None,
        "branch": one.branch or None,
        "level": one.level,
        "title": one.title,
        "channel": one.channel,
        "deadline": iso(one.deadline),
        "currency": one.currency,
        "open": plain(one.open, one.currency),
        "fee": plain(one.fee, one.currency),
        "lump_sum": plain(one.lump_sum, one.currency),
        "interest": plain(one.interest, one.currency),
        "total": plain(one.total, one.currency),
        "file": one.file or None,
        "reason": one.reason or None,
        "missing": list(one.fields),
    }


@contextmanager
def _watched(call: Call) -> Iterator[Callable[[int, int], None] | None]:
    """A bar of how many letters are set, where a person is watching."""
    if not on_terminal() or call.dry_run:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(term("letters_setting", call.lang), total=None)
        yield lambda count, whole: progress.update(task, completed=count, total=whole)
