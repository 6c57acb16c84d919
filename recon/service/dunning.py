"""Dunning: who is reminded of what (contract.md 6). A preview writes nothing; a run freezes it; issuing acts on what
was frozen, less what was paid or held meanwhile. The state of every part follows from the notices that stand."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from recon.dunning.check import switched_off
from recon.dunning.eligibility import has_block, holds
from recon.dunning.explain import Explanation, explain
from recon.dunning.interest import rate_doubts
from recon.dunning.presets import effective
from recon.dunning.procedure import resolve
from recon.dunning.refresh import refreshed
from recon.model.dunning import DunnablePart, Notice, Undunned
from recon.model.finding import Finding, error
from recon.model.items import PartKind
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.service.answers import Exit, Refused
from recon.service.blocks import block as block  # noqa: PLC0414 - part of dunning for those who ask
from recon.service.blocks import unblock as unblock  # noqa: PLC0414
from recon.service.context import Context, reading, run, writing
from recon.service.dunnable import Scope, open_parts, plan_for, stale_accounts
from recon.service.fees import still_claimed
from recon.service.letters import freeze_letters
from recon.store import notices as store
from recon.store.as_of import notice_stood
from recon.store.dunning_tables import dunning_runs, notices
from recon.store.dunning_texts import own_texts
from recon.store.ids import next_ids, read_id, shown_id
from recon.store.items import item_by_number
from recon.store.journal import encode
from recon.store.log import record
from recon.store.masters import all_customers, each_customer
from recon.store.settings import settings_of
from recon.store.tables import customers, items


@dataclass(frozen=True, slots=True)
class DunningResult:
    """Notices (with their id once they are in the books) and what gets none. ``run`` is ``None`` for a preview."""

    run: str | None
    as_of: date
    status: str
    notices: tuple[tuple[str | None, Notice], ...]
    excluded: tuple[Undunned, ...]
    findings: tuple[Finding, ...] = ()


def preview(context: Context, scope: Scope) -> DunningResult:
    """Who would be reminded today; writes nothing."""
    with reading(context, Action.READ) as connection:
        settings = settings_of(connection)
        made = plan_for(connection, context.stamp.as_of, settings, scope)
        stale = _told(connection, context.stamp.as_of, settings, made.notices)
    return DunningResult(None, context.stamp.as_of, "preview", tuple((None, notice) for notice in made.notices),
                         made.undunned, stale)  # fmt: skip


def freeze(context: Context, scope: Scope) -> DunningResult:
    """Freeze a preview as a run, with the hash of the settings it was made under."""
    with run(context, Action.PREPARE_NOTICES), writing(context) as connection:
        settings = settings_of(connection)
        _see_switched_on(settings)
        made = plan_for(connection, context.stamp.as_of, settings, scope)
        number = next(next_ids(connection, dunning_runs))
        digest = hashlib.sha256(repr(replace(effective(settings.dunning), given=())).encode()).hexdigest()
        row = {
            "id": number, "as_of": context.stamp.as_of, "status": "draft", "settings_hash": digest,
            "scope": encode([scope.branch, scope.customer, scope.level]), "excluded": _encode_undunned(made.undunned),
        }  # fmt: skip
        store.insert_run(connection, row, made.notices)
        shown = shown_id("dunning_runs", number)
        record(
            connection, context.stamp, "dunning-run", shown, after={"notices": len(made.notices), "settings": digest}
        )
        found = _result(connection, number)
        stale = _told(connection, context.stamp.as_of, settings, made.notices)
    return replace(found, findings=stale)


def issue(context: Context, run_name: str) -> DunningResult:
    """Issue a frozen run. What was paid, collected or held since then is dropped; nothing is sent twice."""
    with run(context, Action.ISSUE_NOTICES), writing(context) as connection:
        number = _run_id(connection, run_name)
        head = connection.execute(select(dunning_runs).where(dunning_runs.c.id == number)).one()
        if head.status == "cancelled":
            raise Refused(error("dunning-run-cancelled", run_name, run=run_name))
        if head.status == "draft":
            _see_switched_on(settings_of(connection))
            if context.stamp.as_of < head.as_of:
                raise Refused(error("dunning-before-run", run_name, run=run_name, as_of=head.as_of))
            _issue(connection, context, head)
        return _result(connection, number)


def cancel(context: Context, name: str, reason: str | None = None) -> DunningResult:
    """Take a run or a single notice back; the parts have the level and the dates again that they had before."""
    with run(context, Action.CANCEL_NOTICES), writing(context) as connection:
        notice_id = read_id("notices", name) if name.strip().upper().startswith("N") else None
        number = _run_id(connection, name) if notice_id is None else _run_of(connection, notice_id, name)
        wanted = (notices.c.run_id == number) if notice_id is None else (notices.c.id == notice_id)
        standing = [
            row.id for row, _ in store.load_notices(connection, wanted, notices.c.status.in_(("draft", "issued")))
        ]
        issued = [row.id for row, _ in store.load_notices(connection, wanted, notices.c.status == "issued")]
        if issued and not reason:
            raise Refused(error("reason-missing", name), exit_code=Exit.USAGE)
        store.refold(connection, store.cancel_notices(connection, standing, reason))
        changed = False
        if notice_id is None:
            still = (dunning_runs.c.id == number) & (dunning_runs.c.status != "cancelled")
            changed = connection.execute(update(dunning_runs).where(still).values(status="cancelled")).rowcount > 0
        if standing or changed:
            record(connection, context.stamp, "dunning-cancel", name.strip().upper(), reason=reason)
        return _result(connection, number)


def explained(context: Context, invoice_no: str) -> list[tuple[DunnablePart, Explanation]]:
    """Each part of an item with every condition for dunning it today."""
    with reading(context, Action.READ) as connection:
        item = item_by_number(connection, invoice_no)
        if item is None:
            raise Refused(error("item-unknown", invoice_no, item=invoice_no))
        settings = settings_of(connection)
        as_of = context.stamp.as_of
        (customer,) = each_customer(connection, customers.c.customer_no == item.customer_no)
        branches = {branch.code: branch for branch in settings.branches}
        made = plan_for(connection, as_of, settings, Scope(customer=item.customer_no))
        planned = {(entry.item_id, entry.part): entry for entry in made.undunned}
        found = []
        for part in open_parts(connection, as_of, items.c.id == item.id):
            branch = branches.get(part.branch or "")
            procedure = resolve(settings.dunning, branch.dunning_days if branch else (), customer.dunning_days)
            told = explain(part, customer, procedure, as_of, planned.get((part.item_id, part.part)))
            found.append((part, told))
    return found


def issued_notices(context: Context) -> list[tuple[str, date, Notice]]:
    """The notices that stood at the end of the day, oldest first."""
    with reading(context, Action.READ) as connection:
        return [
            (shown_id("notices", row.id), row.issued_on, notice)
            for row, notice in store.load_notices(connection, notice_stood(connection, context.stamp.as_of))
        ]


def _told(
    connection: Connection, as_of: date, settings: Settings, made: Iterable[Notice]
) -> tuple[Finding, ...]:  # fmt: skip
    """What whoever sends the notices should know: statements that are old, fees of earlier notices still claimed."""
    made = list(made)
    asked_of = {notice.customer_no for notice in made}
    return (
        *stale_accounts(connection, as_of, settings),
        *still_claimed(connection, as_of, settings, asked_of),
        *rate_doubts(made, settings.dunning, as_of),
    )


def _see_switched_on(settings: Settings) -> None:
    """Raises Refused where nobody is dunned from these books (D-03, V-01)."""
    if (off := switched_off(settings.dunning, "[dunning] mode")) is not None:
        raise Refused(off)


def _issue(connection: Connection, context: Context, head: Any) -> None:
    settings = settings_of(connection)
    today = context.stamp.as_of
    people = all_customers(connection)
    may = {
        (part.item_id, part.part): part
        for part in open_parts(connection, today, items.c.open_amount != 0)
        if (part.hold is None or not holds(part.hold_until, today)) and not has_block(people[part.customer_no], today)
    }
    own = own_texts(connection)
    touched: set[tuple[int, str]] = set()
    issued: list[tuple[int, Notice]] = []
    dropped = 0
    for row, notice in store.load_notices(connection, notices.c.run_id == head.id, notices.c.status == "draft"):
        deadline = today + (notice.deadline - head.as_of)
        now = refreshed(replace(notice, deadline=deadline), _left_of(notice, may, head.as_of),
                        people[notice.customer_no], settings.dunning, today, own=own)  # fmt: skip
        store.issue_notice(connection, row.id, now, today)
        if now is None:
            dropped += 1
            continue
        issued.append((row.id, now))
        touched |= {(line.item_id, line.part.value) for line in now.items}
    store.refold(connection, touched)
    connection.execute(update(dunning_runs).where(dunning_runs.c.id == head.id).values(status="issued"))
    after = {"issued": len(issued), "dropped": dropped}
    seals = [freeze_letters(connection, today, settings, issued)]
    record(connection, context.stamp, "dunning-issue", shown_id("dunning_runs", head.id), after=after, seals=seals)


def _left_of(
    notice: Notice, may: Mapping[tuple[int, PartKind], DunnablePart], frozen_on: date
) -> dict[tuple[int, PartKind], DunnablePart]:
    """The parts of a frozen notice's lines as they are today, less those reminded of since by another notice."""
    found = {}
    for line in notice.items:
        part = may.get((line.item_id, line.part))
        if part is None:
            continue
        since = part.state.last_notice_on
        if line.level > 0 and since is not None and (since >= frozen_on or part.state.level > line.level):
            continue
        found[line.item_id, line.part] = part
    return found


def _result(connection: Connection, number: int) -> DunningResult:
    head = connection.execute(select(dunning_runs).where(dunning_runs.c.id == number)).one()
    found = tuple(
        (shown_id("notices", row.id), notice)
        for row, notice in store.load_notices(
            connection, notices.c.run_id == number, notices.c.status.not_in(("dropped", "cancelled"))
        )
    )
    excluded = _decode_undunned(head.excluded)
    return DunningResult(shown_id("dunning_runs", number), head.as_of, head.status, found, excluded)


def _run_id(connection: Connection, name: str) -> int:
    number = read_id("dunning_runs", name)
    known = connection.execute(select(dunning_runs.c.id).where(dunning_runs.c.id == number)).scalar()
    if known is None:
        raise Refused(error("dunning-run-unknown", name, run=name))
    return int(known)


def _run_of(connection: Connection, notice_id: int, name: str) -> int:
    known = connection.execute(select(notices.c.run_id).where(notices.c.id == notice_id)).scalar()
    if known is None:
        raise Refused(error("notice-unknown", name, notice=name))
    return int(known)


def _encode_undunned(entries: Iterable[Undunned]) -> str:
    return encode([msgspec.to_builtins(entry) for entry in entries])


def _decode_undunned(text: str) -> tuple[Undunned, ...]:
    return tuple(msgspec.json.decode(text, type=list[Undunned]))
