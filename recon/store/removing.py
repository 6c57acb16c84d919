"""Taking rows of an append-only table away: a whole statement with its lines, and never the id of one again.

What was taken away stands in the log (action ``remove``): the ranges of ids and the digests that the import has sealed.
"""

from itertools import count
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, delete, func, select, text

from recon.store.log import Seal, digest
from recon.store.tables import log

ACTION: Final = "remove"
# As the index says it (``ix_log_removals``): a bound value would not find it.
_REMOVALS: Final = text("action = 'remove'")


def take_away(connection: Connection, table: Table, which: ColumnElement[bool]) -> Seal | None:
    """Delete rows that were written together and return their seal, for the log; ``None`` for no rows."""
    rows = [row._asdict() for row in connection.execute(select(table).where(which).order_by(table.c.id))]
    if not rows:
        return None
    seal = Seal(str(table.name), rows[0]["id"], rows[-1]["id"], digest(table, rows))
    if len(rows) != seal.last - seal.first + 1:
        raise ValueError(f"rows of another statement lie between {seal}")
    connection.execute(delete(table).where(table.c.id.between(seal.first, seal.last)))
    return seal


def fresh_ids(connection: Connection, table: Table) -> "count[int]":
    """The free ids of a table of which rows may have been taken away: an id that the log speaks of is never given to
    another row."""
    highest = connection.execute(select(func.max(table.c.id))).scalar() or 0
    for before in connection.execute(select(log.c.before).where(_REMOVALS)).scalars():
        gone = [seal["last"] for seal in msgspec.json.decode(before)["rows"] if seal["table"] == table.name]
        highest = max(highest, *gone) if gone else highest
    return count(highest + 1)


def removals(connection: Connection, subject: str) -> list[Any]:
    """The records that took a statement out of the books, by its shown id; at most one."""
    return list(connection.execute(select(log).where(_REMOVALS, log.c.subject == subject).order_by(log.c.id)))
