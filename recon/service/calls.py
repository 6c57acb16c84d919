"""The step by telephone (F-36 to F-39): its notices are call tasks. Calls are recorded by a person; at most four
attempts, on different days and at different hours. A task closes by itself when nothing is open any more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from recon.dunning import calls as rules
from recon.dunning.promises import spread
from recon.model.complaints import Attempt, CallOutcome, CallState, moment
from recon.model.dunning import Notice
from recon.model.finding import error
from recon.model.items import PartKind
from recon.model.roles import Action
from recon.service import promises as promising
from recon.service.answers import Exit, Refused
from recon.service.care import amount_of, said
from recon.service.context import Context, reading, run, writing
from recon.store import complaints as store
from recon.store.complaint_tables import call_attempts
from recon.store.dunning_tables import notices
from recon.store.holds import DUNNING, PROMISED, holds_on
from recon.store.ids import read_id, shown_id
from recon.store.items import load_items
from recon.store.log import record
from recon.store.masters import all_customers
from recon.store.notices import load_notices
from recon.store.tables import items


@dataclass(frozen=True, slots=True)
class CallEntry:
    """An attempt as it was recorded."""

    at: datetime
    outcome: CallOutcome
    note: str | None
    by: str


@dataclass(frozen=True, slots=True)
class CallTask:
    """Whom to call and why. ``open`` is what is open today of what the notice asks for; ``next_at`` when the next
    attempt may be made at the earliest, ``None`` where none is left or the task is done."""

    id: str
    notice: Notice
    name: str
    phone: str | None
    issued_on: date
    open: int
    state: CallState
    attempts: tuple[CallEntry, ...]
    next_at: datetime | None


def list_calls(context: Context, *, unfinished: bool = False) -> list[CallTask]:
    """The call tasks by id: issued notices of levels whose channel is the telephone; only those on which somebody still
    has to call, where ``unfinished``."""
    with reading(context, Action.READ) as connection:
        found = _tasks(connection, context.stamp.as_of)
    return [task for task in found if not unfinished or task.state is CallState.OPEN]


def record_call(
    context: Context,
    name: str,
    *,
    at: datetime,
    outcome: CallOutcome,
    note: str | None = None,
    promise_until: date | None = None,
    promise_amount: str | None = None,
) -> CallTask:
    """Record a call attempt of a task, with the promise that the customer has made. The first one says that the notice
    went out. Raises Refused."""
    with run(context, Action.RECORD_CALLS), writing(context) as connection:
        stamp = context.stamp
        task = _named(connection, name, stamp.as_of)
        told = None if note is None else said(note, task.id)
        _see(task, at, outcome, until=promise_until, amount=promise_amount, as_of=stamp.as_of)
        number = read_id("notices", task.id) or 0
        row = {"notice_id": number, "called_at": moment(at), "outcome": outcome.value, "note": told,
               "recorded_on": stamp.as_of, "actor": stamp.actor}  # fmt: skip
        call, seal = store.insert_attempt(connection, row)
        store.dispatched(connection, number, at.date())
        seals, made = [seal], list[int]()
        if promise_until is not None:
            wanted = _promised(connection, task, promise_amount)
            promising.see_until(stamp, promise_until, task.id)
            made, more = promising.make(connection, stamp, wanted, until=promise_until, reason=told, call_id=call)
            seals += more
        after = {"at": moment(at), "outcome": outcome.value,
                 "promises": [shown_id("promises", one) for one in made]}  # fmt: skip
        record(connection, stamp, "call", task.id, after=after, reason=told, seals=seals)
        return _named(connection, task.id, stamp.as_of)


def _see(
    task: CallTask, at: datetime, outcome: CallOutcome, *, until: date | None, amount: str | None, as_of: date
) -> None:
    """The rules of a call, and a promise where and only where one was made. Raises Refused."""
    if (outcome is CallOutcome.PROMISE) != (until is not None) or (amount is not None and until is None):
        raise Refused(error("call-promise", task.id, notice=task.id), exit_code=Exit.USAGE)
    if at.date() > as_of:
        raise Refused(error("moment-ahead", task.id, at=moment(at), day=as_of), exit_code=Exit.USAGE)
    if at.date() < task.issued_on:
        raise Refused(error("call-early", task.id, notice=task.id, at=moment(at), issued_on=task.issued_on))
    wrong = rules.refused(task.id, _attempts(task), at)
    if wrong is not None:
        raise Refused(wrong)


def _promised(connection: Connection, task: CallTask, amount: str | None) -> list[tuple[int, int, int]]:
    """What is promised of each item of a task: all that the notice asks for, or an amount, the oldest due first.
    Raises Refused."""
    promised = amount_of(amount, task.notice.currency, task.id)
    promising.see_amount(promised, task.open, task.notice.currency, task.id)
    owed = _waiting(task.notice, _left(connection, [task.notice]))
    known = {item.id: item.open for item in load_items(connection, items.c.id.in_(owed))}
    return [(item, share, known[item]) for item, share in spread(promised, owed)]


def _named(connection: Connection, name: str, as_of: date) -> CallTask:
    number = read_id("notices", name)
    found = _tasks(connection, as_of, notices.c.id == number)
    if not found:
        raise Refused(error("call-unknown", name, notice=name))
    return found[0]


def _tasks(connection: Connection, as_of: date, *conditions: Any) -> list[CallTask]:
    heads = load_notices(
        connection, notices.c.channel == "phone", notices.c.status == "issued", notices.c.issued_on <= as_of,
        *conditions,
    )  # fmt: skip
    if not heads:
        return []
    people = all_customers(connection)
    made = store.load_attempts(connection, call_attempts.c.recorded_on <= as_of)
    left = _left(connection, [notice for _, notice in heads])
    held = holds_on(connection, as_of, DUNNING)
    found = []
    for row, notice in heads:
        customer = people[notice.customer_no]
        rows = made.get(row.id, ())
        attempts = store.attempts_of(rows)
        waiting = _waiting(notice, left)
        state = rules.state_of(
            attempts,
            open_left=bool(waiting),
            held=waiting.keys() <= held.keys(),
            promised=all(item in held and held[item].kind == PROMISED for item in waiting),
        )
        going_on = state in {CallState.OPEN, CallState.REACHED}
        found.append(
            CallTask(
                id=shown_id("notices", row.id),
                notice=notice,
                name=customer.name,
                phone=customer.phone,
                issued_on=row.issued_on,
                open=sum(waiting.values()),
                state=state,
                attempts=tuple(map(_entry, rows)),
                next_at=rules.next_attempt(attempts, as_of) if going_on else None,
            )
        )
    return found


def _left(connection: Connection, asked: Sequence[Notice]) -> dict[tuple[int, PartKind], int]:
    """What is open of the parts of items that notices ask for."""
    wanted = sorted({line.item_id for notice in asked for line in notice.items})
    found: dict[tuple[int, PartKind], int] = {}
    for start in range(0, len(wanted), 500):
        for item in load_items(connection, items.c.id.in_(wanted[start : start + 500])):
            found |= {(item.id, part.kind): part.open for part in item.parts}
            # A notice of the whole still asks for it where an import has told its parts since.
            found.setdefault((item.id, PartKind.TOTAL), item.open)
    return found


def _waiting(notice: Notice, left: Mapping[tuple[int, PartKind], int]) -> dict[int, int]:
    """What is still owed of the items that a notice asks for, the oldest due first."""
    found: dict[int, int] = {}
    for line in sorted(notice.items, key=lambda line: (line.due_date, line.item_id)):
        owed = left.get((line.item_id, line.part), 0)
        if line.level > 0 and owed > 0:
            found[line.item_id] = found.get(line.item_id, 0) + owed
    return found


def _attempts(task: CallTask) -> tuple[Attempt, ...]:
    return tuple(Attempt(entry.at, entry.outcome) for entry in task.attempts)


def _entry(row: Any) -> CallEntry:
    return CallEntry(datetime.fromisoformat(row.called_at), CallOutcome(row.outcome), row.note, row.actor)
