"""``opos init``, ``opos settings`` and ``opos demo``."""

from pathlib import Path
from typing import Any

import click

from recon.commands.call import Call, called
from recon.commands.output import Column, iso, print_document, print_findings, print_list
from recon.model.finding import error
from recon.service.answers import Refused
from recon.texts import term

_CHANGES = (
    Column("recorded_at", "recorded_at"),
    Column("as_of", "as_of", "date"),
    Column("actor", "actor"),
    Column("key", "setting"),
    Column("before", "before"),
    Column("after", "after"),
)


@click.command("init")
@click.option("--company", metavar="FILE", help="Company file (TOML): accounts, branches, rules")
@click.option("--demo", "with_demo", is_flag=True, help="Fill the books with the demo company")
@called(dry_run=True)
def init(call: Call, company: str | None, *, with_demo: bool) -> None:
    """Make the books, or bring older ones to this version. Running it again changes nothing."""
    from recon.service import setting_up

    if with_demo:
        from recon.service.demo import fill_books

        fill_books(call.books, call.stamp)
        done = setting_up.init(call.books, call.stamp)
    else:
        source = None if company is None else (read_file(company), company)
        done = setting_up.init(call.books, call.stamp, source, dry_run=call.dry_run)
    if call.as_json:
        document: dict[str, Any] = {"command": "init", "dry_run": call.dry_run, "books": done.books,
                                    "created": done.created, "company": done.settings.company.name,
                                    "accounts": [account.iban for account in done.settings.accounts],
                                    "branches": [branch.code for branch in done.settings.branches]}  # fmt: skip
        print_document(document, done.findings)
    else:
        text = term("books_made" if done.created else "books_stand", call.lang).replace("{books}", done.books)
        click.echo(f"{text}\n{term('next_import', call.lang)}")
    print_findings(done.findings, call.lang)


@click.command("demo")
@click.argument("folder", type=click.Path(file_okay=False))
@called()
def demo(call: Call, folder: str) -> None:
    """Play the whole job on the demo company into the empty folder FOLDER: books in FOLDER/opos.db, files in
    FOLDER/out/."""
    from recon.commands.playing import run_demo

    run_demo(call, Path(folder))


@click.group("settings")
def settings() -> None:
    """The settings of the company."""


@settings.command("show")
@called()
def show(call: Call) -> None:
    """Show the settings in force."""
    from recon.items import settings_document
    from recon.service import setting_up

    found = settings_document(setting_up.show(call.context()))
    if call.as_json:
        print_document({"command": "settings", "settings": found})
    else:
        click.echo(_shown(found))


@settings.command("apply")
@click.argument("file")
@called(dry_run=True)
def apply(call: Call, file: str) -> None:
    """Put the settings of FILE in force; the change is recorded, old and new."""
    from recon.service import setting_up

    _, findings = setting_up.apply(call.context(), read_file(file), file)
    if call.as_json:
        print_document({"command": "settings", "dry_run": call.dry_run}, findings)
    else:
        click.echo(term("only_tried" if call.dry_run else "settings_in_force", call.lang))
    print_findings(findings, call.lang)


@settings.command("set")
@click.argument("key")
@click.argument("value")
@called(dry_run=True)
def set_one(call: Call, key: str, value: str) -> None:
    """Change the setting KEY (like dunning.deadline_days) to VALUE; the change is recorded, old and new."""
    from recon.service import setting_up

    _, findings = setting_up.change(call.context(), key, value)
    if call.as_json:
        print_document({"command": "settings", "dry_run": call.dry_run, "key": key, "value": value}, findings)
    else:
        click.echo(term("only_tried" if call.dry_run else "settings_in_force", call.lang))
    print_findings(findings, call.lang)


@settings.command("log")
@called(sheets=True)
def show_log(call: Call) -> None:
    """List the changes of the settings: who, when, old and new."""
    from recon.service import setting_up

    rows = [
        {"recorded_at": entry.recorded_at, "as_of": iso(entry.as_of), "actor": entry.actor, "key": entry.key,
         "before": entry.before, "after": entry.after}
        for entry in setting_up.changes(call.context())
    ]  # fmt: skip
    print_list(call, {"changes": rows}, "changes", _CHANGES)


def read_file(path: str) -> bytes:
    """The bytes of a file named on the command line. Raises Refused."""
    try:
        return Path(path).read_bytes()
    except OSError as fault:
        raise Refused(error("file-unreadable", path, cause=fault.strerror or "?")) from fault


def _shown(found: dict[str, Any], indent: str = "") -> str:
    """Settings as an indented outline. Which keys the file stated is nobody's business but the program's."""
    lines = []
    for name, value in found.items():
        if name == "given":
            continue
        if isinstance(value, dict):
            lines.append(f"{indent}{name}\n{_shown(value, indent + '  ')}")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [
                f"{indent}{name} {number}\n{_shown(entry, indent + '  ')}" for number, entry in enumerate(value, 1)
            ]
        elif value is not None:
            lines.append(f"{indent}{name} = {value}")
    return "\n".join(lines)
