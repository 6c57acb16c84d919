"""Write the generated documentation: ``docs/reference/*.md`` from the program itself, and the output of the commands
in README.md and the pages of docs. ``make docs`` runs it; a test holds what stands there against what it would write.
"""

import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Any, Final

import click

from docs import proofs
from docs.examples import danish_documents, documents
from docs.running import ROOT, pages, played
from recon.texts import catalogue

REFERENCE: Final = ROOT / "docs/reference"
_HEAD: Final = "<!-- Written by docs/generate.py (make docs). Change the program, not this page. -->\n\n"
_GLOBAL: Final = ("books", "as_of", "lang", "actor")
_OUTPUT: Final = ("as_json", "as_csv", "excel_csv", "xlsx", "force", "dry_run")

EXITS: Final = {
    "DONE": "done, also where there was nothing to do",
    "FAULT": "a fault of the program; nothing was half-written",
    "USAGE": "wrong usage: an unknown option, a missing argument, a date that is none",
    "PARTIAL": "partial: some inputs were refused, the others are in the books; the document lists both",
    "REFUSED": "refused as a whole: bad input or a failed check; nothing was written",
    "CONDITION": "a condition named by `--fail-on` holds",
    "LOCKED": "locked: another run is at work on these books",
    "NOT_PERMITTED": "not permitted: by the actor's [role](roles.md), or because the period is closed",
    "INTERRUPTED": "interrupted (Ctrl+C, SIGTERM); what was being written was rolled back",
}
_COMMANDS: Final = """
Every command takes `--json` (one document on standard output), and lists take `--csv`. Lists and reports can be written
for spreadsheets: `--excel-csv` (as German Excel opens it: semicolons, decimal commas, TT.MM.JJJJ) and `--xlsx FILE` (a
workbook; `--force` lets it replace a file that is there). A command that writes takes
`--dry-run`: it shows what would happen and writes nothing. Exit codes: [exit-codes.md](exit-codes.md); documents:
[json.md](json.md)."""
_SETTINGS: Final = """The company's file (TOML), read by `opos init --company` and `opos settings apply`;
`fixtures/company.toml` is an example. Every change stands in the log, old and new."""
_TABLES: Final = """CSV (UTF-8 or CP1252; `;`, `,` or tab; decimal comma or point) or XLSX. Columns in bold must be
there; an item needs `due_date`, or `issue_date` with the customer's payment term. Case, blanks, umlauts and punctuation
of a heading do not count; other headings are mapped with `opos import --profile FILE`. Amounts are positive, the
document type decides the direction. Columns that are not listed here are left alone."""
_FINDINGS: Final = """What opos says when something is wrong or worth knowing. An **error** refuses what it belongs to
(the row, the statement, the file, the command), a **warning** wants a look, an **info** explains a choice. Words in
braces are filled with what was found."""
_ROLES: Final = """Every command that touches the books is made on somebody's behalf: `--actor NAME`, `OPOS_ACTOR`, or
the system's user. The settings say with [`[[users]]`](settings.md#users) what each of them is. Without users everybody
may do everything, which suits a small office; with users, whoever is not one of them may do nothing, not even look.
What is refused leaves with code 7 and writes nothing; a dry run needs the same right.

opos believes the name that it is told. Roles keep people from mistakes and show who did what; they do not keep out
somebody who can write to the file or the database of the books himself. For that, give the rights to the file, or to
the tables on PostgreSQL, only to those who need them."""
_ROLE: Final = {
    "viewer": "looks and checks: an auditor, a manager",
    "job": "a program that runs by itself; it decides nothing and lets nothing out of the house",
    "accountant": "decides what customers owe, reminds them, closes",
    "treasurer": "collects by direct debit, pays credit back",
    "supervisor": "everything, also the settings and what loosens a rule",
}
_JSON: Final = """What the commands print with `--json`, on the books of the demo company (`opos demo`).
`schema_version` comes first; amounts are texts with a point and two decimals, dates are ISO; keys, codes and texts are
English whatever the language. Lists are cut here after the first entry: `…` stands for more of the same."""
_ROOMS: Final = {
    "importing": "Bringing data in", "statements": "Bank files", "items": "Customers, items, mandates, settings",
    "deciding": "Decisions of people", "mandates": "Mandates", "collecting": "Direct debits",
    "answering": "What the bank answers", "refunding": "Refunds", "paying": "References and GiroCodes",
    "pbs": "Betalingsservice", "dunning": "Dunning",
    "complaints": "Complaints, calls, promises", "wording": "Texts of notices", "mailing": "Mails",
    "letters": "Dunning letters", "reporting": "Reports",
    "exporting": "Exports", "books": "The books", "closing": "Closing days and periods",
    "auditing": "opos verify",
}  # fmt: skip


def generated() -> Iterator[tuple[Path, Callable[[], str]]]:
    """Every generated page with what makes it."""
    for name, make in (
        ("commands", command_page),
        ("tables", table_page), ("settings", setting_page), ("findings", finding_page),
        ("roles", role_page), ("exit-codes", exit_page), ("json", json_page),
    ):  # fmt: skip
        yield REFERENCE / f"{name}.md", make
    yield proofs.PAGE, proofs.requirements_page
    for page in pages():
        yield page, lambda page=page: played(page.read_text(encoding="utf-8"))  # type: ignore[misc]


def command_page() -> str:
    """Every command with its arguments and options."""
    import cli

    context = click.Context(cli.opos, info_name="opos")
    shared = _options(cli.opos)
    text = [
        "# Commands\n",
        "Options that every command takes, before it or behind it:\n",
        *shared,
        _COMMANDS,
    ]
    for name in cli.opos.list_commands(context):
        command = cli.opos.get_command(context, name)
        if command is not None:
            text += _command(command, f"opos {name}")
    return _HEAD + re.sub(r"\n{3,}", "\n\n", "\n".join(text)) + "\n"


def _command(command: click.Command, path: str) -> Iterator[str]:
    text = " ".join((command.help or "").replace("\b", "").split())
    yield f"\n## {path}\n\n{text}\n"
    inner = command.commands if isinstance(command, click.Group) else {}
    if not inner or (isinstance(command, click.Group) and command.invoke_without_command):
        arguments = [argument.make_metavar(click.Context(command)) for argument in command.params
                     if isinstance(argument, click.Argument)]  # fmt: skip
        yield f"    {' '.join([path, *arguments, '[OPTIONS]'])}\n"
        yield from _options(command, skipped=(*_GLOBAL, *_OUTPUT))
    for name, one in inner.items():
        yield from _command(one, f"{path} {name}")


def _options(command: click.Command, skipped: tuple[str, ...] = ()) -> list[str]:
    rows = []
    for option in command.params:
        if not isinstance(option, click.Option) or option.name in skipped or option.hidden or option.name == "version":
            continue
        value = "" if option.is_flag else f" {option.make_metavar(click.Context(command))}"
        needed = " **Required.**" if option.required else ""
        rows.append(f"| `{', '.join(option.opts)}{value}`".replace("|", "\\|", 0) + f" | {option.help or ''}{needed} |")
    escaped = [_cells(row) for row in rows]
    return ["| option | |", "| --- | --- |", *escaped] if escaped else []


def _cells(row: str) -> str:
    """A row of a table whose first cell may hold a bar (``PATH|URL``)."""
    code, _, rest = row[2:].rpartition("` | ")
    return f"| {code.replace('|', chr(92) + '|')}` | {rest}"


def setting_page() -> str:
    """Every key of the company's file with its values, its default and what it does."""
    from recon.items import setting_keys as keys
    from recon.model import settings as model
    from recon.model.roles import User

    told: Mapping[str, Mapping[str, str]] = tomllib.loads((ROOT / "docs/settings.toml").read_text("utf-8"))
    tables: dict[str, tuple[str, Mapping[str, Any], type | None]] = {
        "company": ("[company]", keys.COMPANY, model.Company),
        "accounts": ("[[accounts]]", keys.ACCOUNT, model.Account),
        "branches": ("[[branches]]", keys.BRANCH, model.Branch),
        "matching": ("[matching]", keys.MATCHING, model.MatchingSettings),
        "collect": ("[collect]", keys.COLLECT, model.CollectSettings),
        "dunning": ("[dunning]", keys.DUNNING, model.DunningSettings),
        "levels": ("[[dunning.levels]]", keys.LEVEL, model.LevelSettings),
        "base_rates": ("[[dunning.base_rates]]", keys.BASE_RATE, model.BaseRate),
        "users": ("[[users]]", keys.USER, User),
        "ledger": ("[ledger]", keys.LEDGER, None),
        "refunds": ("[refunds]", keys.REFUNDS, model.RefundSettings),
        "datev": ("[datev]", keys.DATEV, model.DatevSettings),
        "pbs": ("[pbs]", keys.PBS, model.PbsSettings),
        "mail": ("[mail]", keys.MAIL, model.MailSettings),
    }
    text = ["# Settings\n", _SETTINGS]
    for name, (head, known, shape) in tables.items():
        text += [
            f"\n## `{head}`\n",
            told[name]["_"],
            "",
            "| key | values | default | what it does |",
            "| --- | --- | --- | --- |",
        ]
        text += [
            f"| `{key}` | {_values(shape, key, name)} | {_default(shape, key, name)} | {told[name][key]} |"
            for key in known
        ]
    text += ["\n## Presets of `[dunning]`\n", *_presets()]
    return _HEAD + "\n".join(text) + "\n"


def _values(shape: type | None, key: str, table: str) -> str:
    from typing import Literal, get_args, get_origin, get_type_hints

    if shape is None:
        return "account number"
    if table == "base_rates":
        return {"from": "date, `2027-01-01`", "percent": 'percent, `"1.27"`'}[key]
    if key in {"fee", "min_amount", "tolerance"}:
        return 'amount, `"5.00"`'
    found = get_type_hints(shape)[key]
    if isinstance(found, type) and issubclass(found, StrEnum):
        return ", ".join(f"`{one}`" for one in found)
    choices = [one for part in (found, *get_args(found)) if get_origin(part) is Literal for one in get_args(part)]
    if choices:
        return ", ".join(f"`{one}`" for one in choices)
    plain = str(found).replace("<class '", "").replace("'>", "").replace(" | None", "")
    return {"str": "text", "int": "whole number", "bool": "`true`, `false`", "tuple[int, ...]": "list of whole numbers",
            "tuple[str, ...]": "list of texts"}[plain]  # fmt: skip


def _default(shape: type | None, key: str, table: str) -> str:
    from dataclasses import MISSING, fields

    from sepa.money import plain

    if shape is None:
        return "of the chart"
    if key == "preset":
        return "`amparex`; none where levels are given"
    if table == "base_rates":
        return "**needed**"
    if table == "levels" and key in {"deadline_days", "min_amount", "interest"}:
        return "that of `[dunning]`"
    (default,) = (field.default for field in fields(shape) if field.name == key)
    if default is MISSING:
        return "**needed**"
    if default is None or default == ():
        return "none"
    if key in {"fee", "min_amount", "tolerance"}:
        return f"`{plain(int(str(default)))}`"
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    return f"`{shown}`" + (" or the preset's" if table == "dunning" and key in _OF_PRESETS else "")


# What the files of the presets say.
_OF_PRESETS = frozenset({
    "boundary", "fee_mode", "fee_scope", "combine", "mixed_levels", "deadline_days", "min_gap_days", "repeat_last",
})  # fmt: skip


def _presets() -> Iterator[str]:
    for file in sorted((ROOT / "recon/dunning/presets").glob("*.toml")):
        preset = tomllib.loads(file.read_text("utf-8"))
        plain = ", ".join(f"{key} = {str(value).lower() if isinstance(value, bool) else value}"
                          for key, value in preset.items() if not isinstance(value, (list, dict)))  # fmt: skip
        yield f"\n### `{file.stem}`\n\n{plain}\n"
        yield "| level | German title | after | counted from | fee | channel |\n| --- | --- | --- | --- | --- | --- |"
        for level in preset["levels"]:
            titles = preset["titles"]["de"]
            title = titles.get(str(level["number"]), titles.get("further", "")).replace("{n}", str(level["number"]))
            cells = (level["number"], title, f"{level['after_days']} days", level["anchor"].replace("_", " "),
                     level["fee"], level["channel"])  # fmt: skip
            yield f"| {' | '.join(map(str, cells))} |"


def table_page() -> str:
    """The columns of customers, items and mandates with the headings that mean them."""
    from recon.items.columns import COLUMNS

    text = ["# Tables of customers, items and mandates\n", _TABLES]
    for kind, columns in COLUMNS.items():
        text += [f"\n## {kind.value}\n", "| column | other headings |", "| --- | --- |"]
        text += [
            f"| {f'**`{column.name}`**' if column.mandatory else f'`{column.name}`'} | {', '.join(column.headings)} |"
            for column in columns
        ]
    return _HEAD + "\n".join(text) + "\n"


def finding_page() -> str:
    """Every finding code: its severity, its texts and remedies in both languages."""
    from tests.repository.said import said

    severities: dict[str, set[str]] = {}
    for one in said():
        severities.setdefault(one.code, set()).add(one.severity or "error")
    text = ["# Findings\n", _FINDINGS]
    order = list(_ROOMS)
    for file in sorted((ROOT / "recon/texts/findings").glob("*.toml"), key=lambda file: order.index(file.stem)):
        text.append(f"\n## {_ROOMS[file.stem]}\n")
        for code, entry in sorted(tomllib.loads(file.read_text("utf-8")).items()):
            told = ", ".join(sorted(severities.get(code, {"error"})))
            text += [f"### {code}\n", f"{told}\n", f"- {entry['de']}  \n  → {entry['remedy_de']}",
                     f"- {entry['en']}  \n  → {entry['remedy_en']}\n"]  # fmt: skip
    return _HEAD + "\n".join(text).rstrip("\n") + "\n"


def role_page() -> str:
    """Who may do what: the table of roles and actions."""
    from recon.model.roles import ACTIONS, UserRole

    told = catalogue("roles")
    text = ["# Roles\n", _ROLES, "\n| role | German | is |", "| --- | --- | --- |"]
    text += [f"| `{role}` | {told[role]['de']} | {_ROLE[role]} |" for role in UserRole]
    text += [f"\n| | {' | '.join(UserRole)} |", f"| --- |{' --- |' * len(UserRole)}"]
    text += [
        f"| {told[action]['en']} | {' | '.join('yes' if role in allowed else '' for role in UserRole)} |"
        for action, allowed in ACTIONS.items()
    ]
    return _HEAD + "\n".join(text) + "\n"


def exit_page() -> str:
    """The exit codes."""
    from recon.service.answers import Exit

    rows = [f"| {int(one)} | {EXITS[one.name]} |" for one in Exit]
    return _HEAD + "\n".join(["# Exit codes\n", "| code | meaning |", "| --- | --- |", *rows]) + "\n"


def json_page() -> str:
    """One real document of every command, lists cut to their first entries."""
    text = ["# JSON documents\n", _JSON]
    every = chain(documents(), danish_documents())
    text += [f"\n## `{command}`\n\n```json\n{document}\n```" for command, document in every]
    return _HEAD + "\n".join(text) + "\n"


def main() -> None:
    """Write every generated page that has changed."""
    for page, make in generated():
        text = make()
        page.parent.mkdir(parents=True, exist_ok=True)
        if not page.exists() or page.read_text("utf-8") != text:
            page.write_text(text, encoding="utf-8")
            sys.stdout.write(f"written: {page.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
