"""The log as people read it: who, when, what, before, after, why, and by which program (``opos log list``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import select

from recon.model.roles import Action
from recon.service.context import Context, reading
from recon.store.tables import log


@dataclass(frozen=True, slots=True)
class Logged:
    """A record of the log. ``before`` and ``after`` are its documents; ``tables`` is what the tables that it has
    changed came to (``recon.store.digests``)."""

    id: int
    recorded_at: str
    as_of: date
    actor: str
    action: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str | None
    program: str
    tables: Mapping[str, Any] | None
    hash: str


def records(
    context: Context,
    *,
    since: date | None = None,
    action: str | None = None,
    subject: str | None = None,
    actor: str | None = None,
) -> list[Logged]:
    """The records of the log, oldest first: all, or those from a day on (``as_of``), of an action, about a subject
    (letters as they come), by an actor."""
    query = select(log).order_by(log.c.id)
    if since is not None:
        query = query.where(log.c.as_of >= since)
    if action is not None:
        query = query.where(log.c.action == action)
    if actor is not None:
        query = query.where(log.c.actor == actor)
    wanted = None if subject is None else subject.casefold()
    with reading(context, Action.READ) as connection:
        return [
            Logged(row.id, row.recorded_at, row.as_of, row.actor, row.action, row.subject, _document(row.before),
                   _document(row.after), row.reason, row.program, _document(row.tables), row.hash)
            for row in connection.execute(query)
            if wanted is None or row.subject.casefold() == wanted
        ]  # fmt: skip


def _document(text: str | None) -> Mapping[str, Any] | None:
    return None if text is None else msgspec.json.decode(text, type=dict[str, Any])
