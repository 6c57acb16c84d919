"""Rows by the hundred thousand, as plain tuples of the driver: no object a row, no conversion a value.

A day comes as the database keeps it (``recon.store.columns.Day``: ISO text on SQLite, a date on PostgreSQL) and becomes
a date through ``Days``.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Select, Table
from sqlalchemy.exc import DBAPIError

# Rows fetched or written at once: with more of them each takes longer, for they no longer lie in the cache.
_AT_ONCE: Final = 500

T = TypeVar("T")


def chunks_of(connection: Connection, query: "Select[Any]") -> Iterator[Sequence[tuple[Any, ...]]]:
    """The rows of a query, some hundred at a time, as the driver has them."""
    result = connection.execute(query)
    cursor, text = result.cursor, result.context.statement
    while rows := _fetched(connection, cursor, text):
        yield rows
    result.close()


def _fetched(connection: Connection, cursor: Any, text: str) -> Sequence[tuple[Any, ...]]:
    """The next rows. SQLite looks at a page when its rows are fetched: a damaged one is told as anywhere else."""
    driver: Any = connection.dialect.dbapi
    try:
        rows: Sequence[tuple[Any, ...]] = cursor.fetchmany(_AT_ONCE)
    except driver.Error as fault:
        raise DBAPIError.instance(text, None, fault, driver.Error, dialect=connection.dialect) from fault
    return rows


def rows_of(connection: Connection, query: "Select[Any]") -> Iterator[tuple[Any, ...]]:
    """The rows of a query, one by one."""
    for rows in chunks_of(connection, query):
        yield from rows


def insert_rows(connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows of all columns in the order of the table, dates as ISO text: a text is a date to PostgreSQL where its
    column is one. Straight through the driver: binding by name costs more than the insert itself."""
    names = table.columns.keys()
    places = ", ".join("?" * len(names))
    update_rows(connection, f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})", rows)  # noqa: S608


def update_rows(connection: Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Run a statement of the program's own for each row, ``?`` standing for its values in their order."""
    statement = statement.replace("?", "?" if connection.dialect.name == "sqlite" else "%s")
    left = iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        connection.exec_driver_sql(statement, some)


def day_of(value: str | date | None) -> date | None:
    """The date that the database has this for."""
    return date.fromisoformat(value) if isinstance(value, str) else value


class Days(dict[Any, Any]):
    """Dates by what the database has for them, each made once: the books have many rows and few days."""

    def __missing__(self, value: str | date | None) -> date | None:
        day = self[value] = day_of(value)
        return day


class Once(dict[T, T]):
    """Equal values as one and the same object."""

    def __missing__(self, value: T) -> T:
        self[value] = value
        return value
