"""How the tables of the books are described: their columns, alike on SQLite (STRICT) and PostgreSQL."""

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table, Text

from recon.store.columns import Day, Id, Minor

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def table(name: str, *columns: Any) -> Table:
    """A table with its id, STRICT on SQLite."""
    return Table(name, metadata, Column("id", Id, primary_key=True, autoincrement=False), *columns, sqlite_strict=True)


def link(name: str, target: str, *, required: bool = True) -> Column[int]:
    """A link to a record of another table."""
    return Column(name, Id, ForeignKey(f"{target}.id"), nullable=not required)


def text(name: str, *, required: bool = False, unique: bool = False) -> Column[str]:
    """A text."""
    return Column(name, Text, nullable=not required, unique=unique)


def minor(name: str, *, required: bool = True) -> Column[int]:
    """An amount in minor units, or another whole number of any size."""
    return Column(name, Minor, nullable=not required)


def number(name: str, *, required: bool = True) -> Column[int]:
    """A small whole number."""
    return Column(name, Integer, nullable=not required)


def day(name: str, *, required: bool = False) -> Column[Any]:
    """A calendar date."""
    return Column(name, Day, nullable=not required)


def partly(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows that a condition holds for. The condition stands here to be read: the revisions make the
    index, and one told for a database would load all of its dialects whenever a command begins."""
    return Index(name, *columns, unique=unique, info={"where": where})
