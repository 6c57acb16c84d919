"""Rows by the hundred thousand, as plain tuples of the driver: no object a row, no conversion a value.

A day comes as the database keeps it (``recon.store.columns.Day``: ISO text on SQLite, a date on PostgreSQL) and becomes
a date through ``Days``.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Select

# Rows fetched at once: enough to be fast, little enough to hold.
_AT_ONCE: Final = 5_000

T = TypeVar("T")


def chunks_of(connection: Connection, query: "Select[Any]") -> Iterator[Sequence[tuple[Any, ...]]]:
    """The rows of a query, some thousand at a time. Its values are written into it: they are the program's own."""
    text = query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
    cursor = connection.exec_driver_sql(str(text)).cursor
    while rows := cursor.fetchmany(_AT_ONCE):
        yield rows
    cursor.close()


def rows_of(connection: Connection, query: "Select[Any]") -> Iterator[tuple[Any, ...]]:
    """The rows of a query, one by one."""
    for rows in chunks_of(connection, query):
        yield from rows


class Days(dict[Any, Any]):
    """Dates by what the database has for them, each made once: the books have many rows and few days."""

    def __missing__(self, value: str | date | None) -> date | None:
        day = date.fromisoformat(value) if isinstance(value, str) else value
        self[value] = day
        return day


class Once(dict[T, T]):
    """Equal values as one and the same object."""

    def __missing__(self, value: T) -> T:
        self[value] = value
        return value
