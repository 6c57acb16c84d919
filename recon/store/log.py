"""The log: who did what, when and why, each record chained to the one before by SHA-256.

Rows of the append-only tables are sealed into the record of the change that wrote them: the record holds the range of
their ids and a digest of their contents. Of every other table that has changed, it holds what the whole table comes to
(``recon.store.digests``). ``recon.ledger.auditor`` checks chain, seals and sums with code of its own.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table, insert, select

from recon import __version__
from recon.store.digests import settle, state_all
from recon.store.ids import next_ids
from recon.store.rows import insert_rows
from recon.store.tables import APPEND_ONLY, CACHED, log

FIRST_HASH: Final = "0" * 64

Row = Mapping[str, Any]
# A row as its columns in the order of the table.
Values = tuple[Any, ...]
# Rows that are encoded at once for a digest: enough to be fast, little enough to hold.
_AT_ONCE: Final = 1000


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
    return write_values(connection, table, [_values(table, row) for row in rows])


def write_values(connection: Connection, table: Table, rows: Sequence[Values]) -> Seal | None:
    """The same for rows that are given as all columns in the order of the table, dates as ISO text: for tables of
    which many rows are written at once."""
    if not rows:
        return None
    insert_rows(connection, table, rows)
    return Seal(str(table.name), rows[0][0], rows[-1][0], _digest(table, rows))


def digest(table: Table, rows: Iterable[Row]) -> str:
    """SHA-256 over the rows, one JSON array of the columns a row, cached columns left out."""
    return _digest(table, [_values(table, row) for row in rows])


def _values(table: Table, row: Row) -> Values:
    found = [row.get(name) for name in table.columns.keys()]  # noqa: SIM118 - columns are looked at by their names
    return tuple([value.isoformat() if isinstance(value, date) else value for value in found])


def _digest(table: Table, rows: Sequence[Values]) -> str:
    count = _SEALED[str(table.name)]
    encode = msgspec.json.Encoder().encode_lines
    sealed = hashlib.sha256()
    for start in range(0, len(rows), _AT_ONCE):
        sealed.update(encode([row[:count] for row in rows[start : start + _AT_ONCE]]))
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
    taken: Iterable[Seal | None] = (),
    restated: bool = False,
) -> int:
    """Append a record to the log and return its id. ``action`` is a verb (``import``, ``match``), ``subject`` what it
    was done to. ``seals`` are of rows that it has written, ``taken`` of rows that it has taken away. What the
    transaction has changed of other tables so far is stated in it; what all of them come to, where ``restated``."""
    known, gone = dict(after or {}), dict(before or {})
    for document, found in ((known, seals), (gone, taken)):
        sealed = [_seal_document(seal) for seal in found if seal is not None]
        if sealed:
            document["rows"] = sealed
    tables = state_all(connection) if restated else settle(connection)
    last = connection.execute(select(log.c.hash).order_by(log.c.id.desc()).limit(1)).scalar()
    entry: dict[str, Any] = {
        "id": next(next_ids(connection, log)),
        "recorded_at": stamp.recorded_at,
        "as_of": stamp.as_of,
        "actor": stamp.actor,
        "action": action,
        "subject": subject,
        "before": canonical(gone) if gone or before is not None else None,
        "after": canonical(known) if known else None,
        "reason": reason,
        "program": __version__,
        "previous_hash": last or FIRST_HASH,
    }
    if tables:
        entry["tables"] = canonical(tables)
    entry["hash"] = hashlib.sha256(canonical(entry).encode()).hexdigest()
    connection.execute(insert(log), [entry])
    return int(entry["id"])


def _seal_document(seal: Seal) -> dict[str, Any]:
    if seal.table not in _SEALED:
        raise ValueError(f"not an append-only table: {seal}")
    return {"table": seal.table, "first": seal.first, "last": seal.last, "digest": seal.digest}


def canonical(value: Any) -> str:
    """JSON with sorted keys and no blanks: one text for one value."""
    return msgspec.json.encode(value, order="sorted").decode()


def _sealed_columns(table: Table) -> int:
    """How many columns of a table its seals cover: all before the cached ones, which come last."""
    cached = CACHED.get(table.name, frozenset())
    covered = [name for name in table.columns.keys() if name not in cached]  # noqa: SIM118
    if covered != table.columns.keys()[: len(covered)]:
        raise ValueError(f"{table.name}: cached columns come last")
    return len(covered)


_SEALED: Final = {str(table.name): _sealed_columns(table) for table in APPEND_ONLY}
