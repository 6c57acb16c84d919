"""``opos demo``: the story of the demo company, told to an accountant."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from recon.commands.call import Call
from recon.commands.collect_output import collect_document
from recon.commands.documents import settled_by, statement_document
from recon.commands.output import Column, day, money, print_document, print_findings, print_table
from recon.model.finding import error
from recon.model.matching import Band
from recon.service.answers import Refused
from recon.service.context import Context
from recon.service.demo import LAST_DAY, Step, play
from recon.service.listing import list_lines
from recon.service.verifying import verify
from recon.texts import term
from sepa.money import plain

_STATEMENTS = (
    Column("account", "account"),
    Column("to", "to", "date"),
    Column("opening", "opening", "amount"),
    Column("closing", "closing", "amount"),
    Column("lines", "lines", "number"),
    Column("balance", "balance", "term"),
)
_FILES = (
    Column("file", "file"),
    Column("branch", "branch"),
    Column("collection_date", "collection_date", "date"),
    Column("count", "count", "number"),
    Column("sum", "sum", "amount"),
)
_PROPOSALS = (
    Column("id", "id"),
    Column("amount", "amount", "amount"),
    Column("counterparty", "counterparty"),
    Column("class", "class"),
    Column("band", "band", "term"),
    Column("items", "items"),
)


def run_demo(call: Call, folder: Path) -> None:
    """Play the story into an empty folder and tell it; in JSON the numbers of each step."""
    if folder.exists() and any(folder.iterdir()):
        raise Refused(error("demo-folder-used", str(folder), folder=folder))
    folder.mkdir(parents=True, exist_ok=True)
    books = str(folder / "opos.db")
    steps: list[dict[str, Any]] = []
    for number, step in enumerate(play(books, call.stamp, folder / "out", call.lang), start=1):
        steps.append({"step": step.name, "as_of": step.day.isoformat(), "command": step.command, **_numbers(step)})
        if not call.as_json:
            _tell(call, number, step)
    context = replace(call, books=books).context()
    verified = verify(context).findings
    if call.as_json:
        print_document({"command": "demo", "books": books, "steps": steps, "verified": not verified}, verified)
    else:
        _end(call, context, verified)
    print_findings(verified, call.lang)


def _tell(call: Call, number: int, step: Step) -> None:
    heading = term(f"demo_{step.name}", call.lang)
    click.echo(f"\n{number}. {day(step.day, call.lang)}  {heading}\n   $ {step.command}\n")
    result: Any = step.result
    if step.name == "import":
        _tell_import(call, result)
    elif step.name == "match":
        for band in Band:
            if result.bands[band]:
                click.echo(f"   {term(f'demo_band_{band.value}', call.lang):<52}{result.bands[band]:>6}")
        count, amount = result.open_lines
        click.echo(f"   {term('open_lines', call.lang):<52}{count:>6}{money(amount, call.lang):>16}")
    elif step.name == "collect":
        print_table(collect_document(result)["files"], _FILES, call.lang)
        text = term("demo_excluded", call.lang).replace("{count}", str(len(result.excluded)))
        click.echo(f"   {text}")
    else:
        by_level: dict[str, list[int]] = {}
        for _, notice in result.notices:
            by_level.setdefault(notice.title, []).append(notice.total)
        for title, totals in sorted(by_level.items()):
            click.echo(f"   {title:<28}{len(totals):>4}{money(sum(totals), call.lang):>20}")
        reasons: dict[str, int] = {}
        for entry in result.excluded:
            reasons[entry.reason] = reasons.get(entry.reason, 0) + 1
        told = ", ".join(f"{term(f'reason_{reason}', call.lang)} {count}" for reason, count in sorted(reasons.items()))
        click.echo(f"   {term('excluded', call.lang)} {told}")


def _tell_import(call: Call, results: Any) -> None:
    statements = [
        {
            **statement_document(entry.statement, account=entry.account),
            "balance": "balance_closes" if entry.statement.balance_ok else "balance_open",
        }
        for result in results
        for entry in result.statements
    ]
    if statements:
        print_table(statements, _STATEMENTS, call.lang)
        return
    for result in results:
        click.echo(f"   {term(result.kind or 'file', call.lang):<28}{result.records.new:>6}")


def _end(call: Call, context: Context, verified: Any) -> None:
    waiting = [entry for entry in list_lines(context, "proposed") if entry.proposals]
    click.echo(f"\n{term('demo_waiting', call.lang)}\n")
    rows = [
        {
            "id": entry.id,
            "amount": plain(entry.line.amount, entry.line.currency),
            "counterparty": entry.line.counterparty.name,
            "class": entry.proposals[0].match_class,
            "band": entry.proposals[0].band.value,
            "items": settled_by(entry.proposals[0]),
        }
        for entry in waiting
    ]
    print_table(rows, _PROPOSALS, call.lang)
    click.echo(f"\n{term('books_clean' if not verified else 'books_wrong', call.lang)}")
    text = term("demo_next", call.lang).replace("{books}", context.books.shown).replace("{day}", LAST_DAY.isoformat())
    click.echo(f"\n{text}")


def _numbers(step: Step) -> dict[str, Any]:
    """The numbers of a step for a document."""
    result: Any = step.result
    if step.name == "import":
        return {
            "new": sum(entry.records.new for entry in result)
            + sum(statement.new for entry in result for statement in entry.statements)
        }
    if step.name == "match":
        return {"lines": result.lines, "booked": result.booked, "bands": {b.value: result.bands[b] for b in Band}}
    if step.name == "collect":
        return collect_document(result)
    return {"notices": len(result.notices), "excluded": len(result.excluded)}
