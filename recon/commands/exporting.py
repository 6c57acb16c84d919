"""``opos export``: the journal for the tax adviser."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from recon.commands.call import DAY, Call, called
from recon.commands.output import (
    Column,
    day,
    iso,
    money,
    print_csv,
    print_document,
    print_findings,
    print_list,
    print_table,
)
from recon.texts import filled, term
from sepa.money import plain

_FILES = (
    Column("export", "export_id"),
    Column("kind", "kind", "term"),
    Column("from", "from", "date"),
    Column("to", "to", "date"),
    Column("count", "export_lines", "number"),
    Column("sum", "sum", "amount"),
    Column("exported_on", "exported_on", "date"),
    Column("actor", "actor"),
    Column("repeats", "repeats"),
    Column("file", "file"),
)
_WRITTEN = (Column("file", "file"), Column("sha256", "sha256"))
_OUT = click.option("--out", required=True, metavar="DIR", help="Folder for the files; it is made if it is not there")


@click.group("export")
def export() -> None:
    """Files for the tax adviser."""


@export.command("datev")
@click.option("--from", "first", type=DAY, metavar="DATE", help="First day")
@click.option("--to", "last", type=DAY, metavar="DATE", help="Last day")
@_OUT
@click.option("--with-openings", is_flag=True, help="Also the items taken over, against Saldenvorträge")
@click.option("--again", metavar="EXPORT", help="Write the file of this export once more, the same bytes")
@called(dry_run=True)
def datev(call: Call, first: date | None, last: date | None, out: str, *, with_openings: bool,
          again: str | None) -> None:  # fmt: skip
    """Write what was booked and not exported yet as DATEV takes it (EXTF): one file a month, new debtors beside it."""
    from recon.service import exporting

    if again is not None:
        if first or last or with_openings:
            raise click.UsageError("--again takes neither --from, --to nor --with-openings")
        result = exporting.again(call.context(), Path(out), again)
    elif first is None or last is None:
        raise click.UsageError("--from and --to say what to export; --again EXPORT writes a file once more")
    elif last < first:
        raise click.BadParameter("the last day lies before the first", param_hint="--to")
    else:
        result = exporting.export_datev(call.context(), Path(out), first, last, with_openings=with_openings)
    _print(call, result)


@export.command("journal")
@click.option("--from", "first", type=DAY, metavar="DATE", help="First day [the beginning]")
@click.option("--to", "last", type=DAY, metavar="DATE", help="Last day [--as-of]")
@_OUT
@click.option("--force", "replace", is_flag=True, help="Replace files that are there")
@called()
def journal(call: Call, first: date | None, last: date | None, out: str, *, replace: bool) -> None:
    """Write the journal for whoever looks at the books from outside: every posting with who booked it and when, as CSV
    with a description of its columns (index.xml, for auditors' programs) and as JSON. Changes nothing in the books."""
    from recon.commands import journal_files as forms
    from recon.service.journal import write_journal

    if first and last and last < first:
        raise click.BadParameter("the last day lies before the first", param_hint="--to")
    made = {
        forms.CSV: forms.csv_file,
        forms.JSON: forms.json_file,
        forms.INDEX: lambda told, _: forms.index_file(told, call.lang),
    }
    done = write_journal(call.context(), Path(out), first, last, made, force=replace)
    files = [{"file": name, "sha256": sha256} for name, sha256 in done.files]
    told = done.told
    if call.as_json:
        print_document({"command": "export journal", "from": iso(told.first), "to": iso(told.last),
                        "postings": told.postings, "totals": forms.totals(told), "log_head": told.head,
                        "files": files})  # fmt: skip
        return
    if call.as_csv:
        print_csv(files, _WRITTEN)
        return
    span = {"first": day(told.first, call.lang), "last": day(told.last, call.lang)}
    click.echo(filled("journal_postings", call.lang, count=told.postings, **span))
    for currency, sums in told.sums.items():
        debit, credit = (money(amount, call.lang, currency) for amount in sums)
        click.echo(filled("journal_sums", call.lang, debit=debit, credit=credit))
    for file in files:
        click.echo(f"SHA-256 {file['file']}: {file['sha256']}")
    click.echo(f"{term('log_head', call.lang)}: {told.head}\n\n{term('next_journal', call.lang)}")


@export.command("list")
@called(sheets=True)
def list_exports(call: Call) -> None:
    """List what was exported, oldest first; a repeat names the export whose file it wrote again."""
    from recon.service.exporting import exports_in_books

    print_list(call, {"exports": [_file(entry) for entry in exports_in_books(call.context())]}, "exports", _FILES)


def _print(call: Call, result: Any) -> None:
    files = [_file(entry) for entry in result.files]
    count, total = result.openings
    if call.as_json:
        document = {"command": call.command, "dry_run": call.dry_run, "files": files,
                    "exported_before": result.before, "openings": {"count": count, "sum": plain(total)}}  # fmt: skip
        print_document(document, result.findings)
    elif call.as_csv:
        print_csv(files, _FILES)
    else:
        if files:
            print_table(files, _FILES, call.lang)
            for entry in files:
                click.echo(f"SHA-256 {entry['file']}: {entry['sha256']}")
        else:
            click.echo(term("export_nothing", call.lang))
        if result.before:
            click.echo(filled("export_before", call.lang, count=result.before))
        if count:
            click.echo(filled("export_openings", call.lang, count=count, sum=money(total, call.lang)))
        if files and not call.dry_run:
            click.echo(f"\n{term('next_adviser', call.lang)}")
    print_findings(result.findings, call.lang)


def _file(entry: Any) -> dict[str, Any]:
    return {
        "export": entry.id,
        "kind": entry.kind,
        "file": entry.file,
        "sha256": entry.sha256,
        "from": iso(entry.first),
        "to": iso(entry.last),
        "count": entry.count,
        "sum": None if entry.kind == "datev_debtors" else plain(entry.sum),
        "currency": "EUR",
        "exported_on": iso(entry.exported_on),
        "actor": entry.actor,
        "repeats": entry.repeats,
    }
