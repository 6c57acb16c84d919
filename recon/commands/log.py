"""``opos log``: who did what, when and why."""

import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import click

from recon.commands.call import DAY, Call, called
from recon.commands.output import Column, iso, print_csv, print_document, print_table

if TYPE_CHECKING:
    from recon.service.logged import Logged

_COLUMNS: Final = (
    Column("id", "id", "number"),
    Column("recorded_at", "recorded_at"),
    Column("as_of", "as_of", "date"),
    Column("actor", "actor"),
    Column("action", "log_action"),
    Column("subject", "log_subject"),
    Column("before", "before"),
    Column("after", "after"),
    Column("reason", "reason"),
    Column("program", "log_program"),
)
# What is no use to a reader: the digests of the rows that a record has written.
_SILENT: Final = frozenset({"rows"})
_HASH: Final = re.compile(r"[0-9a-f]{64}")
# How much of what was before and after a table shows.
_SHORT: Final = 60


@click.group("log")
def log() -> None:
    """The log: who did what, when and why."""


@log.command("list")
@click.option("--since", type=DAY, metavar="DATE", help="From this day on (as of which it was done)")
@click.option("--action", metavar="A", help="Only this action: import, match, confirm, undo, settings …")
@click.option("--subject", metavar="S", help="Only what was done to this: M1, L17, company, items.csv …")
@click.option("--by", "name", metavar="NAME", help="Only what this actor did")
@called()
def list_log(call: Call, since: date | None, action: str | None, subject: str | None, name: str | None) -> None:
    """List the records of the log, oldest first."""
    from recon.service.logged import records

    found = records(call.context(), since=since, action=action, subject=subject, actor=name)
    if call.as_json:
        print_document({"command": "log list", "records": [_whole(one) for one in found]})
    elif call.as_csv:
        print_csv([_told(one) for one in found], _COLUMNS)
    else:
        print_table([_told(one, _SHORT) for one in found], _COLUMNS, call.lang)


def _whole(one: "Logged") -> dict[str, Any]:
    return {
        "id": one.id, "recorded_at": one.recorded_at, "as_of": iso(one.as_of), "actor": one.actor,
        "action": one.action, "subject": one.subject, "before": one.before, "after": one.after, "reason": one.reason,
        "program": one.program, "tables": one.tables, "hash": one.hash,
    }  # fmt: skip


def _told(one: "Logged", longest: int | None = None) -> dict[str, Any]:
    """A record for a line of a list: of what was before and after, what differs."""
    before, after = _flat(one.before), _flat(one.after)
    both = {name for name in before if after.get(name) == before[name]}
    return {
        **_whole(one),
        "before": _line({name: value for name, value in before.items() if name not in both}, longest),
        "after": _line({name: value for name, value in after.items() if name not in both}, longest),
    }


def _flat(told: Mapping[str, Any] | None, prefix: str = "") -> dict[str, str]:
    """A document on one level: ``company.name``; of a list how long it is."""
    found: dict[str, str] = {}
    for name, value in (told or {}).items():
        key = f"{prefix}{name}"
        if key in _SILENT or value is None or value == []:
            continue
        if isinstance(value, dict):
            found |= _flat(value, f"{key}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            found |= {f"{key}.{number}.{inner}": text for number, one in enumerate(value, start=1)
                      for inner, text in _flat(one).items()}  # fmt: skip
        else:
            text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
            found[key] = f"{text[:12]}…" if _HASH.fullmatch(text) else text
    return found


def _line(told: Mapping[str, str], longest: int | None) -> str:
    text = ", ".join(f"{name}={value}" for name, value in told.items())
    return text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"
