"""``opos texts``: what notices say, by level and language."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from recon.commands.call import Call, called
from recon.commands.output import (
    Column,
    iso,
    print_document,
    print_findings,
    print_rows,
    print_tried,
    printable,
)
from recon.commands.setup import read_file
from recon.texts import filled, term

FIELDS = ("title", "subject", "mail", "before", "after", "header", "footer")
_TEXTS = (
    Column("level", "dunning_level", "number"),
    Column("language", "language"),
    Column("field", "text_field"),
    Column("origin", "text_origin", "term"),
    Column("since", "since", "date"),
    Column("actor", "actor"),
    Column("text", "text_text"),
)
# How much of a text a line of the list shows.
_SHORT = 60


@click.group("texts")
def texts() -> None:
    """What notices say: title, subject, mail, letter, by level and language."""


def _key(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--language", type=click.Choice(["de", "en"]), required=True, help="The language of the text"),
        click.argument("field", type=click.Choice(FIELDS)),
        click.argument("level", type=click.IntRange(1, 4)),
    ):
        function = option(function)
    return function


@texts.command("list")
@click.option("--level", type=click.IntRange(1, 4), help="Only this level")
@click.option("--language", type=click.Choice(["de", "en"]), help="Only this language")
@called(sheets=True)
def list_texts(call: Call, level: int | None, language: str | None) -> None:
    """List the texts in force, whose they are, and which are missing."""
    from recon.service import texts as service

    rows = [_row(text) for text in service.list_texts(call.context(), level, language)]
    if call.as_json:
        print_document({"command": "texts list", "texts": rows})
        return
    short = [{**row, "text": _short(row["text"])} for row in rows] if call.for_people else rows
    print_rows(call, "list_texts", short, _TEXTS)
    if call.for_people and any(row["origin"] == "missing" for row in rows):
        click.echo(f"\n{term('next_missing_text', call.lang)}")


@texts.command("show")
@click.argument("level", type=click.IntRange(1, 4))
@click.option("--language", type=click.Choice(["de", "en"]), required=True, help="The language of the texts")
@called()
def show(call: Call, level: int, language: str) -> None:
    """Show the texts of LEVEL in full, with their placeholders."""
    from recon.service import texts as service

    rows = [_row(text) for text in service.list_texts(call.context(), level, language)]
    if call.as_json:
        print_document({"command": "texts show", "texts": rows})
    elif call.as_csv:
        print_rows(call, "list_texts", rows, _TEXTS)
    else:
        for row in rows:
            click.echo(f"{row['field']} ({term(row['origin'], call.lang)})")
            _indented(row["text"])


@texts.command("set")
@_key
@click.option("--text", help="The text")
@click.option("--file", "file", metavar="FILE", help="Read the text from this file (UTF-8); - is standard input")
@called(dry_run=True)
def set_text(call: Call, *, level: int, field: str, language: str, text: str | None, file: str | None) -> None:
    """Write an own text for FIELD of LEVEL. Placeholders are checked; the change is recorded, old and new."""
    from recon.service import texts as service

    if (text is None) == (file is None):
        raise click.UsageError("give the text with --text or --file, one of the two")
    given = _read(file) if file is not None else text or ""
    _print_changes(call, "texts set", service.set_text(call.context(), level, field, language, given))


@texts.command("reset")
@click.argument("level", type=click.IntRange(1, 4))
@click.argument("field", type=click.Choice(FIELDS))
@click.option("--language", type=click.Choice(["de", "en"]), help="Only in this language; else in both")
@called(dry_run=True)
def reset(call: Call, level: int, field: str, language: str | None) -> None:
    """Go back to the text that opos brings for FIELD of LEVEL."""
    from recon.service import texts as service

    _print_changes(call, "texts reset", service.reset_text(call.context(), level, field, language))


@texts.command("preview")
@click.argument("level", type=click.IntRange(1, 4))
@click.option("--language", type=click.Choice(["de", "en"]), help="The language [the customer's, else de]")
@click.option("--customer", metavar="NO", help="With this customer's open claims; else with made-up ones")
@called()
def preview(call: Call, level: int, language: str | None, customer: str | None) -> None:
    """Show how a notice of LEVEL would read today: subject and mail, then the letter."""
    from recon.service import texts as service

    found = service.preview_text(call.context(), level, language, customer)
    wording = found.wording
    if call.as_json:
        parts = {field: getattr(wording, field) for field in FIELDS}
        lines = [{"item": item, "due_date": due, "open": amount} for item, due, amount in found.lines]
        print_document(
            {"command": "texts preview", "level": level, "customer": found.customer, **parts, "lines": lines}
        )
        return
    click.echo(f"{term('preview_mail', call.lang)}: {printable(wording.subject)}")
    _indented(wording.mail)
    click.echo(f"\n{term('preview_letter', call.lang)}: {printable(wording.title)} · {printable(found.customer)}")
    listed = "\n".join(f"{item}  {due}  {amount}" for item, due, amount in found.lines)
    for text in (wording.header, wording.before, listed, wording.after, wording.footer):
        if text:
            _indented(text)
            click.echo()


@texts.command("export")
@click.argument("file", metavar="FILE")
@click.option("--force", is_flag=True, help="Replace the file if it is there")
@called()
def export(call: Call, file: str, *, force: bool) -> None:
    """Write all texts into FILE (TOML) to be edited; put them in force with: opos texts apply FILE."""
    from recon.service import texts as service

    count = service.export_texts(call.context(), Path(file), force=force)
    if call.as_json:
        print_document({"command": "texts export", "file": file, "texts": count})
    else:
        click.echo(printable(filled("texts_exported", call.lang, count=count, file=file)))


@texts.command("apply")
@click.argument("file", metavar="FILE")
@called(dry_run=True)
def apply(call: Call, file: str) -> None:
    """Put the texts of FILE in force; what the file does not name stays."""
    from recon.service import texts as service

    _print_changes(call, "texts apply", service.apply_texts(call.context(), read_file(file), file))


def _row(text: Any) -> dict[str, Any]:
    return {
        "level": text.level, "language": text.language, "field": text.field, "origin": text.origin,
        "since": iso(text.since), "actor": text.actor, "text": text.text,
    }  # fmt: skip


def _print_changes(call: Call, command: str, changes: Any) -> None:
    rows = [
        {"level": one.level, "language": one.language, "field": one.field, "origin": one.origin, "before": one.before,
         "after": one.after}
        for one in changes.texts
    ]  # fmt: skip
    if call.as_json:
        print_document({"command": command, "dry_run": call.dry_run, "changed": rows}, changes.findings)
        return
    for row in rows:
        told = filled("text_changed", call.lang, level=row["level"], field=row["field"], tongue=row["language"],
                      origin=term(row["origin"], call.lang))  # fmt: skip
        click.echo(told)
    if not rows:
        click.echo(term("texts_unchanged", call.lang))
    else:
        first = rows[0]
        click.echo(filled("next_text_preview", call.lang, level=first["level"], tongue=first["language"]))
    print_findings(changes.findings, call.lang)
    print_tried(call)


def _read(file: str) -> str:
    from recon.model.finding import error
    from recon.service.answers import Refused

    data = sys.stdin.buffer.read() if file == "-" else read_file(file)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Refused(error("settings-encoding", f"{file}:{data.count(10, 0, fault.start) + 1}")) from fault


def _short(text: str) -> str:
    told = " ".join(text.split())
    return told if len(told) <= _SHORT else f"{told[: _SHORT - 1]}…"


def _indented(text: str) -> None:
    for line in text.splitlines():
        click.echo(printable(f"  {line}".rstrip()))
