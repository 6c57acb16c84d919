"""Proving the books: ``opos verify``. One reading transaction, in which the auditor recomputes everything."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Table, Text, func, literal, select, type_coerce
from sqlalchemy.exc import DBAPIError

from recon.ledger.audit_source import Row, Source
from recon.ledger.auditor import audit
from recon.model.finding import Finding, error
from recon.model.roles import Action
from recon.service.context import Context, reading
from recon.store.columns import Day
from recon.store.ids import LETTERS
from recon.store.tables import APPEND_ONLY, CACHED, digests, log, metadata

# Rows fetched at a time: enough to keep the database busy, little enough to hold.
_AT_ONCE: Final = 2000


@dataclass(frozen=True, slots=True)
class Verified:
    """What is off (nothing, where the books are as they were written) and how many records were checked. ``head``
    is the hash of the log's last record: kept outside, it proves later that the log was only ever added to."""

    findings: tuple[Finding, ...]
    counts: Mapping[str, int]
    head: str


def verify(context: Context, head: str | None = None) -> Verified:
    """Recompute balances, open amounts, states, levels, sums of the bank and the chain of the log; writes nothing.

    ``head`` is the hash of what once was the log's last record: it must still be in the chain.
    """
    with reading(context, Action.VERIFY) as connection:
        return verified(connection, head)


def verified(connection: Connection, head: str | None = None) -> Verified:
    """The same inside a transaction that is open already, with what it has written so far.

    A database that cannot be read to its end (a damaged file, a text that is none) is a finding like any other.
    """
    try:
        found = audit(source_of(connection), head)
    except DBAPIError as fault:
        url = connection.engine.url.render_as_string(hide_password=True)
        cause = str(fault.orig).strip().splitlines()[0] if fault.orig else type(fault).__name__
        return Verified((error("audit-unreadable", url, cause=cause),), {}, "")
    return Verified(found.findings, found.counts, found.head)


def source_of(connection: Connection) -> Source:
    """The books as the auditor is given them."""
    return Source(
        rows=_Rows(connection),
        columns={table.name: frozenset(column.name for column in table.columns) for table in metadata.sorted_tables},
        sealed={table.name: _covered(table) for table in APPEND_ONLY},
        summed={
            table.name: _covered(table) for table in metadata.sorted_tables if table not in {log, digests, *APPEND_ONLY}
        },
        dangling=lambda: _dangling(connection),
        letters=LETTERS,
    )


def _covered(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if column.name not in CACHED.get(table.name, ()))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Streams rows to the auditor. Dates come as ISO text whatever the database keeps them as, so that a text that is
    no date reaches the auditor instead of stopping it."""

    connection: Connection

    def __call__(self, table: str, columns: Sequence[str], by: str = "id") -> Iterator[Row]:
        source = metadata.tables[table]
        order = source.c[by]
        query = select(*(self._plain(source.c[name]).label(f"c{place}") for place, name in enumerate(columns)))
        if order.nullable:
            query = query.where(order.is_not(None))
        query = query.order_by(order) if by == "id" else query.order_by(order, source.c.id)
        streamed = query.execution_options(stream_results=True, yield_per=_AT_ONCE)
        for batch in self.connection.execute(streamed).partitions():
            yield from map(tuple, batch)

    def _plain(self, column: Any) -> Any:
        if not isinstance(column.type, Day):
            return column
        if self.connection.dialect.name == "postgresql":
            return func.to_char(column, literal("YYYY-MM-DD"))
        return type_coerce(column, Text)


def _dangling(connection: Connection) -> Iterator[tuple[str, int, str, int]]:
    """Links to records that are not there. The database refuses them as long as nobody tells it not to."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            for key in column.foreign_keys:
                target = key.column.table.alias("target")
                query = (
                    select(table.c.id, column)
                    .select_from(table.outerjoin(target, column == target.c.id))
                    .where(column.is_not(None), target.c.id.is_(None))
                    .order_by(table.c.id)
                )
                for number, link in connection.execute(query):
                    yield table.name, number, column.name, link
