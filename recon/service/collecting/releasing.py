"""Releasing batches: with ``release = "four_eyes"`` no file goes out before somebody else than its maker has."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from recon.model.finding import error
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.service.answers import Exit, Refused
from recon.service.collecting.batches import CollectResult, chosen, refuse, shown_batches
from recon.service.collecting.still_right import see_still_right
from recon.service.context import Context, run, writing
from recon.store.batches import set_batch_status
from recon.store.ids import shown_id
from recon.store.log import record
from recon.store.settings import settings_of


def release(context: Context, wanted: Sequence[str]) -> CollectResult:
    """Release batches by name. Released again, nothing changes.

    Raises Refused (exit 7) for the maker of a batch where the settings ask for a second person, and (exit 4) for one
    that could not go out any more (``still_right``).
    """
    with run(context, Action.RELEASE_DEBITS), writing(context) as connection:
        rows = chosen(connection, wanted, lambda row: row.status == "created")
        refuse(rows, lambda row: row.status == "cancelled", "batch-cancelled")
        settings, actor = settings_of(connection), context.stamp.actor
        waiting = [row for row in rows if not is_released(row, settings)]
        refuse(waiting, lambda row: row.status != "created" and row.released_on is None, "batch-out")
        _refuse_maker(waiting, settings, actor)
        told = see_still_right(connection, waiting, settings, context.stamp.as_of)
        for row in waiting:
            if row.status == "created":
                _release(connection, context, row)
        found = shown_batches(connection, [row.id for row in rows])
    return CollectResult(found, four_eyes=settings.collect.release == "four_eyes", findings=told)


def is_released(row: Any, settings: Settings) -> bool:
    """Whether a batch was released as the settings want it now."""
    if row.released_on is None:
        return False
    return settings.collect.release == "single" or row.released_by != row.created_by


def refuse_unreleased(rows: Sequence[Any], settings: Settings) -> None:
    """Raises Refused (exit 7) for batches that wait for a second person."""
    if settings.collect.release == "single":
        return
    waiting = [row for row in rows if row.status == "created" and not is_released(row, settings)]
    if waiting:
        raise Refused(
            *(
                error("batch-unreleased", batch, batch=batch, name=row.created_by)
                for row in waiting
                for batch in (shown_id("batches", row.id),)
            ),
            exit_code=Exit.NOT_PERMITTED,
        )


def _refuse_maker(rows: Sequence[Any], settings: Settings, actor: str) -> None:
    if settings.collect.release == "single":
        return
    own = [shown_id("batches", row.id) for row in rows if row.created_by == actor]
    if own:
        raise Refused(
            *(error("batch-own-release", batch, batch=batch, name=actor) for batch in own),
            exit_code=Exit.NOT_PERMITTED,
        )


def _release(connection: Connection, context: Context, row: Any) -> None:
    stamp = context.stamp
    set_batch_status(connection, row.id, row.status, released_on=stamp.as_of, released_by=stamp.actor)
    after = {"sha256": row.sha256, "created_by": row.created_by}
    record(connection, stamp, "release", shown_id("batches", row.id), after=after)
