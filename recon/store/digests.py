"""A running digest of every table whose rows may change: how many rows it has, and a sum of the hashes of all of them.

Append-only tables are sealed range by range (``recon.store.log``). In the others rows are changed and taken away, so
each record of the log states, for every such table that its transaction has changed, what the whole table comes to. A
sum does not ask for an order and is kept up from the rows that change alone (decision 0016). ``opos verify`` adds up
all rows with code of its own.

Nobody has to think of it: ``watch`` sees every insert, update and delete that goes over the connection. A transaction
that changes a watched table and ends without a record of the log is a broken promise and raises.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Delete,
    Engine,
    Insert,
    LargeBinary,
    Table,
    Update,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.sql.elements import BinaryExpression
from sqlalchemy.sql.operators import eq

from recon.store.columns import Day
from recon.store.rows import chunks_of, insert_rows
from recon.store.tables import APPEND_ONLY, CACHED, digests, log, metadata

# SHAKE-128 gives as many bytes of a row as the sum is wide; 168 come in one go. A sum of 256 bits could be hit on
# purpose by whoever may change some ten thousand rows (Wagner, A Generalized Birthday Problem, 2002); of one of 1344
# bits that is out of reach.
WIDTH: Final = 168
_MODULUS: Final = 1 << (8 * WIDTH)
# Rows that are asked for by their ids at once.
_AT_ONCE: Final = 500
_KEY: Final = "opos.digests"
# Statements of the program's own that go straight to the driver.
_PLAIN: Final = re.compile(r"(INSERT INTO|UPDATE|DELETE FROM) (\w+)(?: SET (.+) WHERE )?")
_SET: Final = re.compile(r"(\w+) = ")

# What is watched: all but the log, these sums, and the tables that the log seals row by row.
WATCHED: Final = tuple(table for table in metadata.sorted_tables if table not in {log, digests, *APPEND_ONLY})
_COVERED: Final[Mapping[str, tuple[Column[Any], ...]]] = {
    str(table.name): tuple(column for column in table.columns if column.name not in CACHED.get(table.name, ()))
    for table in WATCHED
}
_BYTES: Final = {
    name: places
    for name, columns in _COVERED.items()
    if (places := [at for at, column in enumerate(columns) if isinstance(column.type, LargeBinary)])
}


@dataclass(slots=True)
class _Changed:
    """What a transaction has done to a table since its last record: the hashes and number of the rows that are other
    than they were, their ids, and from which id on all rows are new."""

    sum: int = 0
    rows: int = 0
    ids: set[int] = field(default_factory=set)
    fresh: int | None = None


def watch(engine: Engine) -> None:
    """Keep the sums of all transactions of an engine."""
    event.listen(engine, "begin", _begin)
    event.listen(engine, "rollback", _forget)
    event.listen(engine, "commit", _end)
    event.listen(engine, "savepoint", _mark)
    event.listen(engine, "rollback_savepoint", _go_back)
    event.listen(engine, "release_savepoint", _go_on)
    event.listen(engine, "before_execute", _before)
    event.listen(engine, "before_cursor_execute", _before_plain)


def inserting(connection: Connection, table: Table) -> None:
    """Rows will be inserted, each with an id above all that are there."""
    if table.name not in _COVERED:
        return
    changed = _changed(connection, table)
    if changed.fresh is None:
        changed.fresh = (connection.execute(select(func.max(table.c.id))).scalar() or 0) + 1


def add(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows by the hundred thousand, straight through the driver; what a row does not name is nothing."""
    inserting(connection, table)
    names = list(table.columns.keys())
    days = [at for at, column in enumerate(table.columns) if isinstance(column.type, Day)]
    insert_rows(connection, table, (_plain(row, names, days) for row in rows))


def settle(connection: Connection) -> dict[str, dict[str, Any]]:
    """What the tables that have changed since the last record come to, for the log: ``{"items": {"rows", "digest"}}``.

    The digest is SHA-256 over the sum as hexadecimal text.
    """
    found = _differences(connection)
    _state(connection).clear()
    return {name: _put(connection, name, *more) for name, more in found.items()}


def state_all(connection: Connection) -> dict[str, dict[str, Any]]:
    """What every watched table comes to, worked out from all its rows: for books that an earlier version has kept."""
    connection.execute(digests.delete())
    _state(connection).clear()
    told: dict[str, dict[str, Any]] = {}
    for table in WATCHED:
        total, rows = _add(connection, table, None, 0, 0)
        if rows:
            told[table.name] = _put(connection, table.name, total, rows)
    return dict(sorted(told.items()))


def hashed(table: str, rows: Sequence[Sequence[Any]]) -> int:
    """The sum of the hashes of rows, each the columns that are covered in their order: SHAKE-128 over a JSON array;
    bytes count as the hexadecimal SHA-256 of them."""
    if table in _BYTES:
        rows = [_without_bytes(row, _BYTES[table]) for row in rows]
    shake, number = hashlib.shake_128, int.from_bytes
    texts = msgspec.json.Encoder().encode_lines(rows).split(b"\n")
    return sum([number(shake(text).digest(WIDTH), "big") for text in texts[:-1]])


def _before(
    connection: Connection, clause: Any, many: Sequence[Mapping[str, Any]], one: Mapping[str, Any], _options: Any
) -> None:
    """Look at the rows that a statement is about to change, unless they are known to be other already."""
    if isinstance(clause, Insert):
        inserting(connection, _table_of(clause))
    elif isinstance(clause, Update | Delete):
        table = _table_of(clause)
        if table.name in _COVERED:
            for where, given in _conditions(clause, table, many or ([one] if one else [])):
                _touch(connection, table, where, given)


def _before_plain(
    connection: Connection, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool
) -> None:
    """What goes straight to the driver changes cached columns, or is announced (``inserting``)."""
    found = None if context is None or context.compiled is not None else _PLAIN.match(statement)
    if found is None or found[2] not in _COVERED:
        return
    if found[1] == "UPDATE" and set(_SET.findall(found[3] or "id = ")) <= CACHED.get(found[2], frozenset()):
        return
    if found[1] != "INSERT INTO" or _changed(connection, metadata.tables[found[2]]).fresh is None:
        raise RuntimeError(f"not seen by the digests: {statement}")


def _touch(connection: Connection, table: Table, where: ColumnElement[bool] | None, given: Mapping[str, Any]) -> None:
    changed = _changed(connection, table)
    query = select(*_COVERED[table.name])
    if where is not None:
        query = query.where(where)
    if changed.fresh is not None:
        query = query.where(table.c.id < changed.fresh)
    rows = [row for row in connection.execute(query, dict(given)) if row[0] not in changed.ids]
    changed.ids.update(row[0] for row in rows)
    changed.sum += hashed(table.name, [tuple(row) for row in rows])
    changed.rows += len(rows)


def _conditions(
    clause: Update | Delete, table: Table, given: Sequence[Mapping[str, Any]]
) -> Iterable[tuple[ColumnElement[bool] | None, Mapping[str, Any]]]:
    """The conditions under which rows are changed; many of the form ``id = :key`` are asked for at once."""
    where = clause.whereclause
    key = _key_of(where, table)
    if key is None:
        return [(where, values) for values in given or [{}]]
    wanted = sorted({values[key] for values in given})
    return [(table.c.id.in_(wanted[at : at + _AT_ONCE]), {}) for at in range(0, len(wanted), _AT_ONCE)]


def _key_of(where: ColumnElement[bool] | None, table: Table) -> str | None:
    """The name of the value in ``id = :name``."""
    if isinstance(where, BinaryExpression) and where.operator is eq and where.left is table.c.id:
        bound = where.right
        if isinstance(bound, BindParameter) and bound.required:
            return str(bound.key)
    return None


def _differences(connection: Connection) -> dict[str, tuple[int, int]]:
    """What the transaction has added to the tables since its last record, sum and rows; no table that is as before."""
    found: dict[str, tuple[int, int]] = {}
    for name, changed in sorted(_state(connection).items()):
        table = metadata.tables[name]
        total, rows = -changed.sum, -changed.rows
        for part in _as_they_are(table, changed):
            total, rows = _add(connection, table, part, total, rows)
        if total or rows:
            found[name] = (total, rows)
    return found


def _as_they_are(table: Table, changed: _Changed) -> Iterable[ColumnElement[bool]]:
    """The rows that have changed, as they stand now: those of old ids, and all new ones. A new row may have the id of
    one that was taken away."""
    old = sorted(number for number in changed.ids if changed.fresh is None or number < changed.fresh)
    for at in range(0, len(old), _AT_ONCE):
        yield table.c.id.in_(old[at : at + _AT_ONCE])
    if changed.fresh is not None:
        yield table.c.id >= changed.fresh


def _add(
    connection: Connection, table: Table, where: ColumnElement[bool] | None, total: int, rows: int
) -> tuple[int, int]:
    query = select(*_COVERED[table.name])
    for chunk in chunks_of(connection, query if where is None else query.where(where)):
        total += hashed(table.name, chunk)
        rows += len(chunk)
    return total, rows


def _put(connection: Connection, name: str, more: int, rows: int) -> dict[str, Any]:
    """Add to what a table came to, and say what it comes to now."""
    own = digests.c.table_name == name
    known = connection.execute(select(digests).where(own)).one_or_none()
    total = (more + (int(known.sum, 16) if known else 0)) % _MODULUS
    count = rows + (known.row_count if known else 0)
    text = f"{total:0{2 * WIDTH}x}"
    if known is None:
        last = connection.execute(select(func.max(digests.c.id))).scalar() or 0
        row = {"id": last + 1, "table_name": name, "row_count": count, "sum": text}
        connection.execute(insert(digests), [row])
    else:
        connection.execute(update(digests).where(own).values(row_count=count, sum=text))
    return {"rows": count, "digest": hashlib.sha256(text.encode()).hexdigest()}


def _plain(row: Mapping[str, Any], names: Sequence[str], days: Sequence[int]) -> tuple[Any, ...]:
    """The columns of a row in their order, dates as ISO text."""
    values: list[Any] = list(map(row.get, names))
    for at in days:
        if values[at] is not None:
            values[at] = values[at].isoformat()
    return tuple(values)


def _without_bytes(row: Sequence[Any], places: Sequence[int]) -> list[Any]:
    plain = list(row)
    for at in places:
        if plain[at] is not None:
            plain[at] = hashlib.sha256(plain[at]).hexdigest()
    return plain


def _table_of(clause: Insert | Update | Delete) -> Table:
    table = clause.table
    if not isinstance(table, Table):
        raise TypeError(f"not a table: {table}")
    return table


def _changed(connection: Connection, table: Table) -> _Changed:
    return _state(connection).setdefault(str(table.name), _Changed())


def _state(connection: Connection) -> dict[str, _Changed]:
    """What the transaction has changed since its last record, and since the last savepoint that stands."""
    return _stack(connection)[-1]


def _stack(connection: Connection) -> list[dict[str, _Changed]]:
    """The state of the transaction, and of each savepoint in it; they lie one within the other."""
    stack: list[dict[str, _Changed]] = connection.info.setdefault(_KEY, [{}])
    return stack


def _begin(connection: Connection) -> None:
    connection.info[_KEY] = [{}]


def _forget(connection: Connection) -> None:
    # What was interrupted or lost has no state to be asked for: asking would want to connect anew.
    if not connection.invalidated:
        _begin(connection)


def _end(connection: Connection) -> None:
    changed = _differences(connection)
    if changed:
        raise RuntimeError(f"changed without a record of the log: {', '.join(changed)}")


def _mark(connection: Connection, _name: str | None) -> None:
    state = {table: replace(changed, ids=set(changed.ids)) for table, changed in _state(connection).items()}
    _stack(connection).append(state)


def _go_back(connection: Connection, _name: str, _context: Any) -> None:
    if not connection.invalidated:
        _stack(connection).pop()


def _go_on(connection: Connection, _name: str, _context: Any) -> None:
    """What was done since the savepoint stands."""
    stack = _stack(connection)
    stack[-2:] = stack[-1:]
