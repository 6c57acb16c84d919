"""Taking back: lines out of a draft, drafts, runs and notices. Level and dates are again what they were before."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from recon.dunning.dropping import Today, dropped, without
from recon.model.dunning import Undunned
from recon.model.finding import error
from recon.model.roles import Action
from recon.service.answers import Refused
from recon.service.context import Context, run, writing
from recon.service.dunning.preflight import see_reason, see_settings
from recon.service.dunning.results import DunningResult, head_of, result_of, run_id
from recon.store import dunning_runs as runs
from recon.store import notices as store
from recon.store.dunning_tables import dunning_runs, notices
from recon.store.dunning_texts import own_texts
from recon.store.ids import read_id, shown_id
from recon.store.log import Stamp, record
from recon.store.settings import settings_of


def cancel(context: Context, name: str, reason: str | None = None) -> DunningResult:
    """Take a run or a single notice back; the parts have the level and the dates again that they had before.

    A draft needs no reason, all else does. Once a notice of it has left the house a run is not cancelled as a whole.
    """
    with run(context, Action.CANCEL_NOTICES), writing(context) as connection:
        notice_id = read_id("notices", name) if name.strip().upper().startswith("N") else None
        if notice_id is not None:
            number = _run_of(connection, notice_id, name)
            _cancel_notice(connection, context.stamp, notice_id, reason)
            return result_of(connection, number)
        number = run_id(connection, name)
        head = head_of(connection, number)
        if head.status != "cancelled":
            if head.status == "issued" or reason is not None:
                see_reason(reason, name)
            gone = runs.dispatched(connection, number)
            if gone:
                first = shown_id("notices", gone[0])
                shown = shown_id("dunning_runs", number)
                raise Refused(error("dunning-run-dispatched", name, run=shown, count=len(gone), notice=first))
            cancel_run(connection, context.stamp, number, reason)
        return result_of(connection, number)


def drop(context: Context, run_name: str, invoices: Sequence[str], reason: str) -> DunningResult:
    """Take items out of a draft: they get no notice of this run, and the rest of theirs goes out without them."""
    with run(context, Action.PREPARE_NOTICES), writing(context) as connection:
        see_reason(reason, run_name)
        number = run_id(connection, run_name)
        head, shown = head_of(connection, number), shown_id("dunning_runs", number)
        if head.status != "draft":
            raise Refused(error("dunning-run-not-draft", run_name, run=shown, status=head.status))
        settings, own = settings_of(connection), own_texts(connection)
        see_settings(head, settings)
        drafts = store.load_notices(connection, notices.c.run_id == number, notices.c.status == "draft")
        there = {line.invoice_no for _, notice in drafts for line in notice.items}
        missing = [name for name in dict.fromkeys(invoices) if name not in there]
        if missing or not invoices:
            raise Refused(*(error("dunning-not-in-run", name, run=shown, item=name) for name in missing or [shown]))
        out = {
            (line.item_id, line.part): Undunned(line.item_id, line.invoice_no, line.part, "taken_out",
                                                facts=(("reason", reason),))
            for _, notice in drafts for line in notice.items if line.invoice_no in invoices
        }  # fmt: skip
        for row, notice in drafts:
            rest = {key: (notice, line) for line in notice.items if (key := (line.item_id, line.part)) not in out}
            if len(rest) < len(notice.items):
                left = without(notice, out, settings.dunning, head.as_of, own=own)
                gone = dropped(notice, left, Today(rest, out), {}, settings.dunning, own=own)
                runs.drop_lines(connection, ((row.id, entry) for entry in gone))
                runs.redraft(connection, row.id, left)
        after = {"items": sorted(set(invoices))}
        record(connection, context.stamp, "dunning-drop", shown, after=after, reason=reason)
        return result_of(connection, number)


def cancel_run(connection: Connection, stamp: Stamp, number: int, reason: str | None) -> None:
    """Cancel all that stands of a run, and record it."""
    stands = notices.c.status.in_(("draft", "issued"))
    standing = connection.execute(select(notices.c.id).where(notices.c.run_id == number, stands)).scalars().all()
    store.refold(connection, store.cancel_notices(connection, standing, reason))
    connection.execute(update(dunning_runs).where(dunning_runs.c.id == number).values(status="cancelled"))
    record(connection, stamp, "dunning-cancel", shown_id("dunning_runs", number), reason=reason)


def _cancel_notice(connection: Connection, stamp: Stamp, notice_id: int, reason: str | None) -> None:
    name = shown_id("notices", notice_id)
    status = connection.execute(select(notices.c.status).where(notices.c.id == notice_id)).scalar_one()
    if status not in {"draft", "issued"}:
        return
    see_reason(reason, name)
    store.refold(connection, store.cancel_notices(connection, [notice_id], reason))
    record(connection, stamp, "dunning-cancel", name, reason=reason)


def _run_of(connection: Connection, notice_id: int, name: str) -> int:
    known = connection.execute(select(notices.c.run_id).where(notices.c.id == notice_id)).scalar()
    if known is None:
        raise Refused(error("notice-unknown", name, notice=name))
    return int(known)
