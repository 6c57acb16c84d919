"""Holds: what keeps an item from being dunned or collected until a day or until a person lifts it."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from recon.store.ids import next_ids
from recon.store.tables import holds

BOTH, DUNNING, COLLECT = "both", "dunning", "collect"
BLOCKED, DISPUTED = "blocked", "disputed"


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
) -> None:
    """Hold an item. ``kind`` is ``blocked`` (a person said so) or ``disputed`` (the customer did)."""
    row = {"id": next(next_ids(connection, holds)), "item_id": item_id, "kind": kind, "scope": scope,
           "reason": reason, "since": since, "until": until, "lifted_on": None, "actor": actor}  # fmt: skip
    connection.execute(insert(holds), [row])


def lift_holds(connection: Connection, item_id: int, day: date, scope: str, kind: str | None = None) -> int:
    """Lift the holds of an item in a scope (and of a kind); how many there were."""
    lifted = (
        update(holds)
        .where(holds.c.item_id == item_id, holds.c.lifted_on.is_(None))
        .where(holds.c.scope.in_((scope,) if scope != BOTH else (BOTH, DUNNING, COLLECT)))
    )
    if kind is not None:
        lifted = lifted.where(holds.c.kind == kind)
    return int(connection.execute(lifted.values(lifted_on=day)).rowcount)


def holds_on(connection: Connection, day: date, scope: str) -> dict[int, Any]:
    """The hold that counts for each item on a day: a dispute before a block, then the one that lasts longest."""
    query = select(holds).where(
        holds.c.scope.in_((BOTH, scope)),
        holds.c.since <= day,
        or_(holds.c.lifted_on.is_(None), holds.c.lifted_on > day),
        or_(holds.c.until.is_(None), holds.c.until >= day),
    )
    found: dict[int, Any] = {}
    for row in connection.execute(query.order_by(holds.c.id)):
        known = found.get(row.item_id)
        if known is None or _weight(row) > _weight(known):
            found[row.item_id] = row
    return found


def _weight(row: Any) -> tuple[bool, date]:
    return (row.kind == DISPUTED, row.until or date.max)
