"""Column types that mean the same on SQLite (STRICT tables) and PostgreSQL."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Date, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

# Minor units. SQLite's INTEGER has 64 bits; PostgreSQL's needs BIGINT.
Minor = BigInteger().with_variant(Integer(), "sqlite")
Id = BigInteger().with_variant(Integer(), "sqlite")


class Day(TypeDecorator[date]):
    """A calendar date: DATE on PostgreSQL, ISO text on SQLite. Never a timestamp (users.md, pain 9)."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column type of the database at hand."""
        return dialect.type_descriptor(Date() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        """A date on its way into the database."""
        if value is None or dialect.name == "postgresql":
            return value
        return value.isoformat()

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:  # noqa: ARG002
        """A date on its way back."""
        if value is None or isinstance(value, date):
            return value
        return date.fromisoformat(value)
