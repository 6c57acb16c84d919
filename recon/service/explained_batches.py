"""A batch booking whose transactions come in a message of their own: camt.054 explains, camt.053 books (domain.md 2.5).

The two may arrive in either order. The details end under the batch line; nothing is booked on them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from recon.model.statement import Line, Statement
from recon.service.once import days_of
from recon.store import statements as store
from recon.store.tables import lines, statements

EXPLAINING = "camt.054"


def explaining_rows(
    connection: Connection, statement: Statement, account_id: int, rows: Sequence[Mapping[str, Any]], ids: Iterator[int]
) -> list[dict[str, Any]]:
    """Rows of details that find their batch now: those of this advice for batches in the books, or those of an advice
    in the books for the batches of this statement. ``rows`` are the statement's own new rows."""
    if not rows:
        return []
    advice = statement.format == EXPLAINING
    if advice:
        waiting = _bare_batches(connection, account_id, *days_of(statement))
    else:
        waiting = [row for row in _heads(rows) if row["kind"] == "batch" and not _has_details(row, rows)]
    if not waiting:
        return []
    told = zip(_heads(rows), _lines(statement, rows), strict=True) if advice else _advices(connection, account_id)
    known = [(row, line) for row, line in told if line.details]
    found: list[dict[str, Any]] = []
    for batch in waiting:
        fitting = [line for row, line in known if _explains(row, batch)]
        if len(fitting) == 1:
            found += store.detail_rows(fitting[0].details, batch["id"], ids=ids, account_id=account_id,
                                       statement_id=rows[0]["statement_id"], key=batch["identity"])  # fmt: skip
    return found


def _explains(advice: Mapping[str, Any], batch: Mapping[str, Any]) -> bool:
    """The same amount and the same reference of the bank, the block or the message."""
    if advice["amount"] != batch["amount"]:
        return False
    names = ("bank_ref", "payment_information_id", "message_id")
    return any(advice[name] is not None and advice[name] == batch[name] for name in names)


def _bare_batches(connection: Connection, account_id: int, first: Any, last: Any) -> list[Mapping[str, Any]]:
    """Batch lines of the account around these days that nothing explains yet."""
    child = lines.alias("child")
    query = (
        select(lines)
        .where(lines.c.account_id == account_id, lines.c.parent_id.is_(None), lines.c.status == "booked")
        .where(lines.c.kind == "batch", ~select(child.c.id).where(child.c.parent_id == lines.c.id).exists())
        .order_by(lines.c.id)
    )
    found: list[Mapping[str, Any]] = [dict(row._mapping) for row in connection.execute(query)]
    if first is None or last is None:
        return found
    return [row for row in found if row["booking_date"] is None or first <= row["booking_date"] <= last]


def _advices(connection: Connection, account_id: int) -> list[tuple[Mapping[str, Any], Line]]:
    """The lines of advices in the books."""
    own = select(statements.c.id).where(statements.c.account_id == account_id, statements.c.format == EXPLAINING)
    return [(row._mapping, line) for row, line in store.load_lines(connection, lines.c.statement_id.in_(own))]


def _heads(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["parent_id"] is None]


def _has_details(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> bool:
    return any(other["parent_id"] == row["id"] for other in rows)


def _lines(statement: Statement, rows: Sequence[Mapping[str, Any]]) -> list[Line]:
    """The lines behind the new head rows, by their position."""
    return [statement.lines[row["position"] - 1] for row in _heads(rows)]
