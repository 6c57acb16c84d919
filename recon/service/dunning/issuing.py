"""Issuing a frozen run: what was paid, collected or held since is dropped, level and dates of the rest move on."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, update

from recon.dunning.dropping import dropped, still_asked, today
from recon.dunning.refresh import refreshed
from recon.model.dunning import Notice, Undunned
from recon.model.finding import error
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.service.answers import Refused
from recon.service.context import Context, run, writing
from recon.service.dunnable import open_parts, plan_for, stale_accounts
from recon.service.dunning.preflight import accepting, see_current, see_settings, see_switched_on, told_accepted
from recon.service.dunning.results import DunningResult, head_of, result_of, run_id, scope_of
from recon.service.letters import freeze_letters
from recon.service.outbox import queue_mails
from recon.service.pausing import without_collector
from recon.store import dunning_runs as runs
from recon.store import notices as store
from recon.store.dunning_tables import dunning_runs, notices
from recon.store.dunning_texts import own_texts
from recon.store.ids import shown_id
from recon.store.log import record
from recon.store.masters import all_customers
from recon.store.settings import settings_of


def issue(context: Context, run_name: str, *, accept_stale: str | None = None) -> DunningResult:
    """Issue a frozen run. What was paid, collected or held since then is dropped; nothing is sent twice.

    Refused where the settings are others than those of the run, and where an account's last statement is old, unless
    that was accepted with the run or ``accept_stale`` says why it is no harm.
    """
    with run(context, Action.ISSUE_NOTICES, *accepting(accept_stale)), writing(context) as connection:
        number = run_id(connection, run_name)
        head = head_of(connection, number)
        if head.status == "cancelled":
            raise Refused(error("dunning-run-cancelled", run_name, run=run_name))
        if head.status == "draft":
            if context.stamp.as_of < head.as_of:
                raise Refused(error("dunning-before-run", run_name, run=run_name, as_of=head.as_of))
            with without_collector():
                _issue(connection, context, head, accept_stale)
        return result_of(connection, number)


def _issue(connection: Connection, context: Context, head: Any, accept_stale: str | None) -> None:
    settings, as_of = settings_of(connection), context.stamp.as_of
    see_switched_on(settings)
    see_settings(head, settings)
    accepted = see_current(stale_accounts(connection, as_of, settings), accept_stale, head.accepted)
    issued, gone = _brought_up(connection, as_of, settings, head)
    runs.drop_lines(connection, gone)
    store.refold(connection, {(line.item_id, line.part.value) for _, notice in issued for line in notice.items})
    end = {"status": "issued", "last_allocation": runs.last_allocation(connection), "accepted": accepted}
    connection.execute(update(dunning_runs).where(dunning_runs.c.id == head.id).values(end))
    after = {"issued": len(issued), "dropped": runs.dropped_notices(connection, head.id)}
    if accepted != head.accepted:
        after |= told_accepted(accepted)
    reason = accept_stale if accepted != head.accepted else None
    # What lies beside the notices from now on, of the same transaction: (id, notice) of all that were issued.
    seals = freeze_letters(connection, as_of, settings, issued)
    queue_mails(connection, as_of, settings, head.id)
    shown = shown_id("dunning_runs", head.id)
    record(connection, context.stamp, "dunning-issue", shown, after=after, reason=reason, seals=seals)


def _brought_up(
    connection: Connection, as_of: date, settings: Settings, head: Any
) -> tuple[list[tuple[int, Notice]], list[tuple[int, Undunned]]]:
    """The notices of a draft as they go out today, written, and the lines that do not."""
    own, people = own_texts(connection), all_customers(connection)
    now = today(plan_for(connection, as_of, settings, scope_of(head)))
    drafts = store.load_notices(connection, notices.c.run_id == head.id, notices.c.status == "draft")
    of_run = runs.items_of(head.id)
    parts = {(part.item_id, part.part): part for part in open_parts(connection, as_of, of_run)}
    left_open = runs.open_of_parts(connection, of_run)
    found: list[tuple[int, Notice | None]] = []
    gone: list[tuple[int, Undunned]] = []
    for row, notice in drafts:
        moved = replace(notice, deadline=as_of + (notice.deadline - head.as_of))
        still = {key: parts[key] for key in still_asked(notice, now)}
        made = refreshed(moved, still, people[notice.customer_no], settings.dunning, as_of, own=own)
        found.append((row.id, made))
        left_out = dropped(notice, made, now, left_open, settings.dunning, own=own)
        gone += ((row.id, entry) for entry in left_out)
    store.issue_notices(connection, found, as_of)
    return [(number, made) for number, made in found if made is not None], gone
