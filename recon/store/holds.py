"""Holds: what keeps an item from being dunned or collected until a day or until a person lifts it."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, insert, or_, select, update

from recon.store.complaint_tables import complaints
from recon.store.ids import next_ids, shown_id
from recon.store.tables import holds

BOTH, DUNNING, COLLECT = "both", "dunning", "collect"
BLOCKED, DISPUTED, PROMISED = "blocked", "disputed", "promised"
# What counts where several hold an item: what the customer denies, what he has promised, what we have decided.
_RANKS: Final = {BLOCKED: 0, PROMISED: 1, DISPUTED: 2}
# A complaint's hold ends with the complaint.
_OF_COMPLAINT: Final = holds.c.id.in_(select(complaints.c.hold_id))


def put_hold(
    connection: Connection,
    item_id: int,
    *,
    kind: str,
    scope: str,
    reason: str,
    since: date,
    until: date | None,
    actor: str,
) -> int:
    """Hold an item; the hold's id. ``kind`` is ``blocked`` (a person said so), ``disputed`` (the customer did) or
    ``promised`` (he has promised to pay)."""
    number = next(next_ids(connection, holds))
    row = {"id": number, "item_id": item_id, "kind": kind, "scope": scope,
           "reason": reason, "since": since, "until": until, "lifted_on": None, "actor": actor}  # fmt: skip
    connection.execute(insert(holds), [row])
    return number


def lift_holds(connection: Connection, item_id: int, day: date, scope: str, kind: str | None = None) -> int:
    """Lift the holds of an item in a scope (and of a kind), but for those of complaints; how many there were."""
    lifted = (
        update(holds)
        .where(holds.c.item_id == item_id, holds.c.lifted_on.is_(None), ~_OF_COMPLAINT)
        .where(holds.c.scope.in_((scope,) if scope != BOTH else (BOTH, DUNNING, COLLECT)))
    )
    if kind is not None:
        lifted = lifted.where(holds.c.kind == kind)
    return int(connection.execute(lifted.values(lifted_on=day)).rowcount)


def lift_hold(connection: Connection, hold_id: int, day: date) -> None:
    """Lift one hold, if it has not been lifted yet."""
    connection.execute(update(holds).where(holds.c.id == hold_id, holds.c.lifted_on.is_(None)).values(lifted_on=day))


def standing_blocks(connection: Connection, item_id: int, scope: str) -> Sequence[Any]:
    """The blocks of an item with just this scope that nobody has lifted, oldest first."""
    query = select(holds).where(
        holds.c.item_id == item_id, holds.c.lifted_on.is_(None), holds.c.scope == scope, holds.c.kind == BLOCKED
    )
    return connection.execute(query.order_by(holds.c.id)).all()


def holds_on(connection: Connection, day: date, scope: str) -> dict[int, Any]:
    """The hold that counts for each item on a day: a dispute before a promise before a block, then the one that lasts
    longest. ``complaint`` is the id of the complaint that it stems from, if any."""
    query = (
        select(holds, complaints.c.id.label("complaint"))
        .outerjoin(complaints, complaints.c.hold_id == holds.c.id)
        .where(
            holds.c.scope.in_((BOTH, scope)),
            holds.c.since <= day,
            or_(holds.c.lifted_on.is_(None), holds.c.lifted_on > day),
            or_(holds.c.until.is_(None), holds.c.until >= day),
        )
    )
    found: dict[int, Any] = {}
    for row in connection.execute(query.order_by(holds.c.id)):
        known = found.get(row.item_id)
        if known is None or _weight(row) > _weight(known):
            found[row.item_id] = row
    return found


def told_of(row: Any) -> tuple[tuple[str, str], ...]:
    """Why an item is held, who said so and when, as facts for people."""
    complaint = () if row.complaint is None else (("complaint", shown_id("complaints", row.complaint)),)
    return (*complaint, ("reason", row.reason), ("by", row.actor), ("since", row.since.isoformat()))


def _weight(row: Any) -> tuple[int, date]:
    return (_RANKS[row.kind], row.until or date.max)
