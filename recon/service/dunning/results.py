"""What the use cases of dunning answer: a run as the books have it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from recon.model.dunning import Notice, Undunned
from recon.model.finding import Finding, error
from recon.service.answers import Refused
from recon.service.dunnable import Scope
from recon.store import notices as store
from recon.store.dunning_runs import RunLine, lines_of
from recon.store.dunning_tables import dunning_runs, notice_items, notices
from recon.store.ids import read_id, shown_id
from recon.store.journal import encode


@dataclass(frozen=True, slots=True)
class Dropped:
    """A line of a frozen run that is not asked for: ``open`` is what it was frozen with, minor units."""

    notice: str
    customer_no: str
    level: int
    open: int
    currency: str
    why: Undunned


@dataclass(frozen=True, slots=True)
class DunningResult:
    """Notices (with their id once they are in the books), what gets none, and what was dropped of a run since it was
    frozen. ``run`` is ``None`` for a preview."""

    run: str | None
    as_of: date
    status: str
    notices: tuple[tuple[str | None, Notice], ...]
    excluded: tuple[Undunned, ...]
    findings: tuple[Finding, ...] = ()
    dropped: tuple[Dropped, ...] = ()


def result_of(connection: Connection, number: int) -> DunningResult:
    """A run as it stands."""
    head = head_of(connection, number)
    found = tuple(
        (shown_id("notices", row.id), notice)
        for row, notice in store.load_notices(
            connection, notices.c.run_id == number, notices.c.status.not_in(("dropped", "cancelled"))
        )
    )
    gone = [entry for line in lines_of(connection, number, notice_items.c.status == "dropped")
            if (entry := dropped_line(line)) is not None]  # fmt: skip
    excluded = decode_undunned(head.excluded)
    shown = shown_id("dunning_runs", number)
    return DunningResult(shown, head.as_of, head.status, found, excluded, dropped=tuple(gone))


def dropped_line(line: RunLine) -> Dropped | None:
    """A line as what was dropped, if it was."""
    if line.why is None:
        return None
    shown = shown_id("notices", line.notice_id)
    return Dropped(shown, line.customer_no, line.line.level, line.frozen, line.currency, line.why)


def head_of(connection: Connection, number: int) -> Any:
    """The row of a run."""
    return connection.execute(select(dunning_runs).where(dunning_runs.c.id == number)).one()


def scope_of(head: Any) -> Scope:
    """What a run looked at."""
    return Scope(*msgspec.json.decode(head.scope, type=tuple[str | None, str | None, int | None]))


def run_id(connection: Connection, name: str) -> int:
    """The id of a run. Raises Refused for one that is not there."""
    number = read_id("dunning_runs", name)
    known = connection.execute(select(dunning_runs.c.id).where(dunning_runs.c.id == number)).scalar()
    if known is None:
        raise Refused(error("dunning-run-unknown", name, run=name))
    return int(known)


def encode_undunned(entries: Iterable[Undunned]) -> str:
    """What was excluded, for the books."""
    return encode(tuple(entries))


def decode_undunned(text: str) -> tuple[Undunned, ...]:
    """What was excluded, from the books."""
    return tuple(msgspec.json.decode(text, type=list[Undunned]))
