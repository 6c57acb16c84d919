"""What happens to a delivery that is made: written out, said to be with the operator, or taken back."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from recon.model.finding import error
from recon.model.roles import Action
from recon.service.answers import Exit, Refused
from recon.service.context import Context, run, writing
from recon.service.pbs.deliveries import PbsResult, chosen, shown_deliveries, switched_on
from recon.service.writing_files import placing
from recon.store import pbs as store
from recon.store.ids import shown_id
from recon.store.log import record
from recon.store.pbs_tables import pbs_debits
from recon.store.settings import settings_of

_OPEN = ("created", "exported")


def export(context: Context, folder: Path, wanted: Sequence[str] = ()) -> PbsResult:
    """Write the files of deliveries into ``folder`` and mark them exported; again, the same bytes. Without names: every
    delivery that is neither cancelled nor submitted."""
    with run(context, Action.EXPORT_DEBITS), placing() as place, writing(context) as connection:
        switched_on(connection)
        rows = chosen(connection, wanted) if wanted else [
            row for row in store.load_deliveries(connection) if row.status in _OPEN and row.submitted_on is None
        ]  # fmt: skip
        _refuse(rows, lambda row: row.status == "cancelled", "pbs-delivery-cancelled")
        if settings_of(connection).collect.release == "four_eyes":
            _refuse_maker(rows, context.stamp.actor)
        files: list[tuple[str, bytes]] = []
        for row in rows:
            content = store.content_of(connection, row.id)
            shown = shown_id("pbs_deliveries", row.id)
            if hashlib.sha256(content).hexdigest() != row.sha256:
                raise Refused(error("batch-damaged", shown, expected=row.sha256))
            files.append((row.file_name, content))
            if row.status == "created":
                debits = store.load_debits(connection, pbs_debits.c.delivery_id == row.id)
                store.set_debits(connection, [debit.id for debit in debits], "exported")
                store.set_delivery(connection, row.id, status="exported", exported_on=context.stamp.as_of)
                record(connection, context.stamp, "pbs-export", shown, after={"sha256": row.sha256})
        if not context.dry_run:
            place(folder, files)
        return PbsResult(shown_deliveries(connection, [row.id for row in rows]))


def submitted(context: Context, delivery: str) -> PbsResult:
    """Say that the operator has a delivery: from now on it cannot be cancelled here."""
    with run(context, Action.SUBMIT_DEBITS), writing(context) as connection:
        switched_on(connection)
        (row,) = chosen(connection, [delivery])
        _refuse([row], lambda row: row.status != "exported", "pbs-not-exported")
        if row.submitted_on is None:
            store.set_delivery(connection, row.id, submitted_on=context.stamp.as_of)
            record(connection, context.stamp, "pbs-submit", shown_id("pbs_deliveries", row.id))
        return PbsResult(shown_deliveries(connection, [row.id]))


def cancel(context: Context, delivery: str) -> PbsResult:
    """Take a delivery back that the operator does not have: its items are free again."""
    with run(context, Action.CANCEL_DEBITS), writing(context) as connection:
        switched_on(connection)
        (row,) = chosen(connection, [delivery])
        _refuse([row], lambda row: row.submitted_on is not None, "pbs-submitted", Exit.NOT_PERMITTED)
        _refuse([row], lambda row: row.status == "cancelled", "pbs-delivery-cancelled")
        debits = store.load_debits(connection, pbs_debits.c.delivery_id == row.id)
        _refuse([row], lambda _row: any(debit.status not in _OPEN for debit in debits), "pbs-answered")
        store.set_debits(connection, [debit.id for debit in debits], "cancelled")
        store.set_delivery(connection, row.id, status="cancelled")
        record(connection, context.stamp, "pbs-cancel", shown_id("pbs_deliveries", row.id))
        return PbsResult(shown_deliveries(connection, [row.id]))


def _refuse_maker(rows: Sequence[Any], actor: str) -> None:
    """Where the settings ask for two persons, a file goes out by another one than its maker."""
    own = [shown_id("pbs_deliveries", row.id) for row in rows if row.status == "created" and row.created_by == actor]
    if own:
        raise Refused(*(error("pbs-own-delivery", name, batch=name, name=actor) for name in own),
                      exit_code=Exit.NOT_PERMITTED)  # fmt: skip


def _refuse(rows: Sequence[Any], wrong: Callable[[Any], bool], code: str, exit_code: Exit = Exit.REFUSED) -> None:
    names = [shown_id("pbs_deliveries", row.id) for row in rows if wrong(row)]
    if names:
        raise Refused(*(error(code, name, batch=name) for name in names), exit_code=exit_code)
