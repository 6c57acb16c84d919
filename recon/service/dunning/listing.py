"""The dunning runs in the books, and what was paid after their notices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, select

from recon.model.dunning import Undunned
from recon.model.roles import Action
from recon.service.context import Context, reading
from recon.service.dunnable import Scope
from recon.service.dunning.results import decode_undunned, head_of, run_id, scope_of
from recon.store import dunning_runs as store
from recon.store.dunning_paid import PaidAfter, paid_after
from recon.store.dunning_runs import RunLine
from recon.store.ids import shown_id
from recon.store.tables import log

_DONE: Final = ("dunning-run", "dunning-drop", "dunning-issue", "dunning-cancel")


@dataclass(frozen=True, slots=True)
class Figures:
    """What the notices of a run come to in one currency, minor units; only those that stand have amounts."""

    currency: str
    standing: int
    dropped: int
    cancelled: int
    dispatched: int
    open: int
    fee: int
    interest: int
    total: int


@dataclass(frozen=True, slots=True)
class Run:
    """A run: ``as_of`` is the day of its preview, ``issued_on`` when it went out; ``dispatched_on`` when the last of
    its notices left the house."""

    name: str
    as_of: date
    status: str
    scope: Scope
    figures: tuple[Figures, ...]
    excluded: int
    issued_on: date | None
    dispatched_on: date | None
    made_by: str


@dataclass(frozen=True, slots=True)
class Step:
    """What was done with a run or one of its notices: run, drop, issue, cancel."""

    on: date
    by: str
    what: str
    subject: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A run with every line that it was frozen with and the notice of each, what it left out, and what was done with
    it."""

    run: Run
    lines: tuple[tuple[str, RunLine], ...]
    excluded: tuple[Undunned, ...]
    steps: tuple[Step, ...]


def list_runs(context: Context, statuses: Sequence[str] = ()) -> list[Run]:
    """The runs in the books, oldest first; all, or those of some statuses (draft, issued, cancelled)."""
    with reading(context, Action.READ) as connection:
        figures = store.run_figures(connection)
        by = _makers(connection)
        return [
            _run(head, figures, by) for head in store.all_runs(connection) if not statuses or head.status in statuses
        ]


def show(context: Context, name: str) -> Shown:
    """A run with all its lines. Raises Refused for one that is not there."""
    with reading(context, Action.READ) as connection:
        number = run_id(connection, name)
        head = head_of(connection, number)
        lines = tuple((shown_id("notices", line.notice_id), line) for line in store.lines_of(connection, number))
        of_run = {name for name, _ in lines} | {shown_id("dunning_runs", number)}
        query = select(log).where(log.c.action.in_(_DONE)).order_by(log.c.id)
        steps = tuple(
            Step(row.as_of, row.actor, row.action.removeprefix("dunning-"), row.subject, row.reason)
            for row in connection.execute(query)
            if row.subject in of_run
        )
        run = _run(head, store.run_figures(connection), _makers(connection))
        return Shown(run, lines, decode_undunned(head.excluded), steps)


def list_paid(
    context: Context, run_name: str | None = None, *, crossed: bool = False
) -> list[tuple[str, str, PaidAfter]]:
    """What was paid after notices, with notice and run, of all runs or of one; on request only where the payment
    crossed with the notice."""
    with reading(context, Action.READ) as connection:
        number = None if run_name is None else run_id(connection, run_name)
        return [
            (shown_id("notices", one.notice_id), shown_id("dunning_runs", one.run_id), one)
            for one in paid_after(connection, context.stamp.as_of, number)
            if one.crossed or not crossed
        ]


def _run(head: Any, figures: dict[tuple[int, str], Any], by: dict[str, str]) -> Run:
    own = [row for (number, _), row in sorted(figures.items()) if number == head.id]
    name = shown_id("dunning_runs", head.id)
    sums = tuple(
        Figures(row.currency, int(row.standing), int(row.dropped), int(row.cancelled), int(row.dispatched),
                int(row.open), int(row.fee), int(row.interest), int(row.total))
        for row in own
    )  # fmt: skip
    issued = [row.issued_on for row in own if row.issued_on is not None]
    gone = [row.dispatched_on for row in own if row.dispatched_on is not None]
    return Run(name, head.as_of, head.status, scope_of(head), sums, len(decode_undunned(head.excluded)),
               max(issued, default=None), max(gone, default=None), by.get(name, ""))  # fmt: skip


def _makers(connection: Connection) -> dict[str, str]:
    """Who made each run."""
    query = select(log.c.subject, log.c.actor).where(log.c.action == "dunning-run").order_by(log.c.id)
    return {row.subject: row.actor for row in connection.execute(query)}
