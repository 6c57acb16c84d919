"""The log: who did what, when and why, each record chained to the one before by SHA-256.

Rows of the append-only tables are sealed into the record of the change that wrote them: the record holds the range of
their ids and a digest of their contents. ``recon.ledger.auditor`` checks chain and seals with code of its own.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table, insert, select

from recon import __version__
from recon.store.ids import next_ids
from recon.store.tables import APPEND_ONLY, CACHED, log

FIRST_HASH: Final = "0" * 64

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stamp:
    """On whose behalf and as of which day a change is made. ``recorded_at`` is the real time (ISO 8601, UTC), which
    only the log keeps and no decision looks at."""

    as_of: date
    actor: str
    recorded_at: str


@dataclass(frozen=True, slots=True)
class Seal:
    """Rows written together: their table, first and last id, and the digest of their contents."""

    table: str
    first: int
    last: int
    digest: str


def write(connection: Connection, table: Table, rows: Sequence[Row]) -> Seal | None:
    """Insert rows (with rising ids) and return their seal; ``None`` for no rows."""
    if not rows:
        return None
    _insert(connection, table, rows)
    return Seal(str(table.name), rows[0]["id"], rows[-1]["id"], digest(table, rows))


def _insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Many rows at once. On SQLite straight through the driver: binding by name costs more than the insert itself."""
    if connection.dialect.name != "sqlite":
        connection.execute(insert(table), rows)
        return
    names = [column.name for column in table.columns]
    places = ", ".join("?" * len(names))
    values = [tuple([_bound(row.get(name)) for name in names]) for row in rows]
    connection.exec_driver_sql(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})", values)  # noqa: S608


def _bound(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def digest(table: Table, rows: Iterable[Row]) -> str:
    """SHA-256 over the rows, one JSON array of the columns a row, cached columns left out."""
    cached = CACHED.get(table.name, frozenset())
    names = [column.name for column in table.columns if column.name not in cached]
    encode = msgspec.json.Encoder().encode
    sealed = hashlib.sha256()
    for row in rows:
        sealed.update(encode([row.get(name) for name in names]))
        sealed.update(b"\n")
    return sealed.hexdigest()


def record(
    connection: Connection,
    stamp: Stamp,
    action: str,
    subject: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
    seals: Iterable[Seal | None] = (),
) -> int:
    """Append a record to the log and return its id. ``action`` is a verb (``import``, ``match``), ``subject`` what it
    was done to."""
    sealed = [{"table": seal.table, "first": seal.first, "last": seal.last, "digest": seal.digest}
              for seal in seals if seal is not None]  # fmt: skip
    if any(entry["table"] not in _SEALED for entry in sealed):
        raise ValueError(f"not an append-only table: {sealed}")
    known = dict(after or {})
    if sealed:
        known["rows"] = sealed
    last = connection.execute(select(log.c.hash).order_by(log.c.id.desc()).limit(1)).scalar()
    entry: dict[str, Any] = {
        "id": next(next_ids(connection, log)),
        "recorded_at": stamp.recorded_at,
        "as_of": stamp.as_of,
        "actor": stamp.actor,
        "action": action,
        "subject": subject,
        "before": None if before is None else canonical(before),
        "after": canonical(known) if known else None,
        "reason": reason,
        "program": __version__,
        "previous_hash": last or FIRST_HASH,
    }
    entry["hash"] = hashlib.sha256(canonical(entry).encode()).hexdigest()
    connection.execute(insert(log), [entry])
    return int(entry["id"])


def canonical(value: Any) -> str:
    """JSON with sorted keys and no blanks: one text for one value."""
    return msgspec.json.encode(value, order="sorted").decode()


_SEALED: Final = frozenset(str(table.name) for table in APPEND_ONLY)
