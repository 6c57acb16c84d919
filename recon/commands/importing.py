"""``opos import`` and ``opos read``."""

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from recon.commands.call import Call, called, leave
from recon.commands.documents import line_document, statement_document
from recon.commands.output import Column, finding_document, print_csv, print_document, print_findings, print_table
from recon.commands.progress import watched
from recon.model.finding import Finding, Severity, error, has_errors
from recon.model.statement import Statement
from recon.service.answers import Exit, Refused
from recon.service.importing import FileResult, collect_sources, import_sources
from recon.service.importing_statements import Heading, heading
from recon.texts import term

KINDS = ("statement", "status", "customers", "items", "mandates", "einvoice")

_FILE_COLUMNS = (
    Column("path", "file"),
    Column("kind", "kind", "term"),
    Column("format", "format"),
    Column("status", "status", "term"),
    Column("new", "new", "number"),
    Column("updated", "updated", "number"),
    Column("known", "known", "number"),
)
_STATEMENT_COLUMNS = (
    Column("account", "account"),
    Column("number", "number"),
    Column("page", "page"),
    Column("from", "from", "date"),
    Column("to", "to", "date"),
    Column("opening", "opening", "amount"),
    Column("closing", "closing", "amount"),
    Column("currency", "currency"),
    Column("lines", "lines", "number"),
    Column("balance", "balance", "term"),
)
_LINE_COLUMNS = (
    Column("booking_date", "booking_date", "date"),
    Column("value_date", "value_date", "date"),
    Column("amount", "amount", "amount"),
    Column("kind", "kind", "term"),
    Column("counterparty.name", "counterparty"),
    Column("remittance", "remittance"),
    Column("end_to_end_id", "end_to_end_id"),
)


# What was refused only because its day is closed.
_CLOSED: Final = frozenset({"statement-day-closed", "period-closed"})


@click.command("import")
@click.argument("paths", nargs=-1, required=True)
@click.option("--as", "kind", type=click.Choice(KINDS), help="Take the files for this kind instead of recognising it")
@click.option("--profile", metavar="FILE", help="TOML file that maps own headings to opos' columns")
@click.option("--allow-gap", metavar="REASON", help="Why statements may be missing; the reason stands in the log")
@click.option("--fail-on", type=click.Choice(["gap"]), help="Leave with 5 when this holds")
@called(dry_run=True)
def import_files(
    call: Call,
    paths: Sequence[str],
    *,
    kind: str | None,
    profile: str | None,
    allow_gap: str | None,
    fail_on: str | None,
) -> None:
    """Bring in bank statements (MT940, camt, plain or in ZIP), customers, items and mandates (CSV, XLSX).

    PATHS are files, folders, ZIP archives or - for standard input. What a file is, its content tells. Importing the
    same again changes nothing.
    """
    context = call.context()
    sources = collect_sources(paths, sys.stdin.buffer)
    own = _profile(profile)
    with watched(call) as tally:
        results = import_sources(context, sources, kind=kind, profile=own, allow_gap=allow_gap, progress=tally)
    if call.as_json:
        print_document(_import_document(call, results))
    elif call.as_csv:
        print_csv([_file_row(result) for result in results], _FILE_COLUMNS)
    else:
        _print_import(call, results)
    print_findings([finding for result in results for finding in result.findings], call.lang)
    leave(_exit_code(results, fail_on))


@click.command("read")
@click.argument("paths", nargs=-1, required=True)
@called()
def read(call: Call, paths: Sequence[str]) -> None:
    """Show what is in bank files, without any books."""
    from recon.statements import read as read_bank

    statements: list[Statement] = []
    findings: list[Finding] = []
    for source in collect_sources(paths, sys.stdin.buffer):
        before = len(statements)
        count = len(findings)
        content = source.read()
        if isinstance(content, Finding):
            findings.append(content)
            continue
        for found in read_bank(io.BytesIO(content), source.name):
            if isinstance(found, Finding):
                findings.append(found)
            else:
                statements.append(found)
                findings.extend(found.findings)
        if len(statements) == before and not has_errors(findings[count:]):
            findings.append(error("not-a-statement", source.name))
    if call.as_json:
        shown = [_read_document(statement) for statement in statements]
        print_document({"command": "read", "statements": shown}, findings)
    elif call.as_csv:
        print_csv([line_document(line) for statement in statements for line in statement.lines], _LINE_COLUMNS)
    else:
        for statement in statements:
            print_table([_statement_row(heading(statement))], _STATEMENT_COLUMNS, call.lang)
            click.echo()
            print_table([line_document(line) for line in statement.lines], _LINE_COLUMNS, call.lang)
            click.echo()
    print_findings(findings, call.lang)
    if not statements:
        leave(Exit.REFUSED)
    leave(Exit.PARTIAL if has_errors(findings) else Exit.DONE)


def _read_document(statement: Statement) -> dict[str, Any]:
    return statement_document(
        heading(statement),
        format=statement.format,
        owner=statement.owner,
        servicer_bic=statement.servicer_bic,
        lines=[line_document(line) for line in statement.lines],
    )


def _import_document(call: Call, results: Sequence[FileResult]) -> dict[str, Any]:
    statements = [entry for result in results for entry in result.statements]
    taken = [entry for entry in statements if entry.taken]
    return {
        "command": "import",
        "dry_run": call.dry_run,
        "files": [
            {
                "path": result.path,
                "kind": result.kind,
                "format": result.format,
                "sha256": result.sha256,
                "status": result.status,
                "statements": [
                    statement_document(
                        entry.statement, id=entry.id, account=entry.account or None, new=entry.new, known=entry.known
                    )
                    for entry in result.statements
                    if entry.taken
                ],
                "records": {
                    "new": result.records.new,
                    "updated": result.records.updated,
                    "unchanged": result.records.unchanged,
                },
                "findings": [finding_document(finding) for finding in result.findings],
            }
            for result in results
        ],
        "totals": {
            "files": len(results),
            "statements": len(taken),
            "lines": sum(entry.statement.lines for entry in taken),
            "new": sum(entry.new for entry in taken),
            "known": sum(entry.known for entry in taken),
            "refused": sum(result.status == "refused" for result in results)
            + sum(not entry.taken for result in results if result.status != "refused" for entry in result.statements),
        },
    }


def _file_row(result: FileResult) -> dict[str, Any]:
    records = result.records
    return {
        "path": result.path, "kind": result.kind, "format": result.format, "status": result.status,
        "new": records.new + sum(entry.new for entry in result.statements),
        "updated": records.updated,
        "known": records.unchanged + sum(entry.known for entry in result.statements),
    }  # fmt: skip


def _statement_row(statement: Heading, account: str | None = None) -> dict[str, Any]:
    balance = {True: "balance_closes", False: "balance_open", None: "balance_unknown"}[statement.balance_ok]
    return statement_document(statement, account=account or statement.account, balance=balance)


def _print_import(call: Call, results: Sequence[FileResult]) -> None:
    print_table([_file_row(result) for result in results], _FILE_COLUMNS, call.lang)
    statements = [
        _statement_row(entry.statement, entry.account)
        for result in results
        for entry in result.statements
        if entry.taken
    ]
    if statements:
        click.echo()
        print_table(statements, _STATEMENT_COLUMNS, call.lang)
    if any(entry.new for result in results for entry in result.statements):
        click.echo(f"\n{term('next_match', call.lang)}")


def _profile(path: str | None) -> dict[str, str] | None:
    """A mapping of own headings: TOML, ``"Mein Feld" = "invoice_no"``."""
    if path is None:
        return None
    import tomllib

    try:
        found = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as fault:
        raise Refused(error("file-unreadable", path, cause=fault.strerror or "?")) from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise Refused(error("profile-unreadable", path, cause=fault)) from fault
    return {str(name): str(value) for name, value in found.items()}


def _exit_code(results: Sequence[FileResult], fail_on: str | None) -> int:
    refused = [result for result in results if result.status == "refused"]
    if results and len(refused) == len(results):
        codes = {finding.code for result in results for finding in result.findings
                 if finding.severity is Severity.ERROR}  # fmt: skip
        return int(Exit.NOT_PERMITTED if codes <= _CLOSED else Exit.REFUSED)
    if refused or any(result.status == "partial" for result in results):
        return int(Exit.PARTIAL)
    gaps = any(
        finding.code == "statement-gap" and finding.severity is Severity.WARNING
        for result in results
        for finding in result.findings
    )
    return int(Exit.CONDITION if fail_on == "gap" and gaps else Exit.DONE)
