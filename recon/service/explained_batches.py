"""A batch booking whose transactions come in a message of their own: camt.054 explains, camt.053 books (domain.md 2.5).

The two may arrive in either order. The details end under the batch line; nothing is booked on them.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import Connection, select

from recon.model.statement import Line, LineKind, Statement
from recon.service.once import days_of
from recon.store import statements as store
from recon.store.log import Values
from recon.store.tables import lines, statements

EXPLAINING = "camt.054"
_BATCH: Final = LineKind.BATCH


class Head(NamedTuple):
    """A line (no detail) with the id and the identity that it has in the books."""

    id: int
    key: str
    line: Line


def explaining_rows(
    connection: Connection,
    statement: Statement,
    heads: Sequence[Head],
    *,
    account_id: int,
    statement_id: int,
    ids: Iterator[int],
) -> list[Values]:
    """Rows of details that find their batch now: those of this advice for batches in the books, or those of an advice
    in the books for the batches of this statement. ``heads`` are the statement's own new lines."""
    if not heads:
        return []
    advice = statement.format == EXPLAINING
    if advice:
        waiting = _bare_batches(connection, account_id, *days_of(statement))
    else:
        waiting = [head for head in heads if head.line.kind is _BATCH and not head.line.details]
    if not waiting:
        return []
    told = (head.line for head in heads) if advice else _advices(connection, account_id)
    known = [line for line in told if line.details]
    found: list[Values] = []
    for batch in waiting:
        fitting = [line for line in known if explains(line, batch.line)]
        if len(fitting) == 1:
            found += store.detail_rows(fitting[0].details, batch.id, ids=ids, account_id=account_id,
                                       statement_id=statement_id, key=batch.key)  # fmt: skip
    return found


def explains(advice: Line, batch: Line) -> bool:
    """The same amount and the same reference of the bank, the block or the message."""
    if advice.amount != batch.amount:
        return False
    return any(
        one is not None and one == other
        for one, other in (
            (advice.bank_ref, batch.bank_ref),
            (advice.payment_information_id, batch.payment_information_id),
            (advice.message_id, batch.message_id),
        )
    )


def _bare_batches(connection: Connection, account_id: int, first: date | None, last: date | None) -> list[Head]:
    """Batch lines of the account around these days that nothing explains yet."""
    child = lines.alias("child")
    query = (
        select(lines)
        .where(lines.c.account_id == account_id, lines.c.parent_id.is_(None), lines.c.status == "booked")
        .where(lines.c.kind == _BATCH.value, ~select(child.c.id).where(child.c.parent_id == lines.c.id).exists())
        .order_by(lines.c.id)
    )
    found = [Head(row.id, row.identity, store.line_of(row)) for row in connection.execute(query)]
    if first is None or last is None:
        return found
    return [head for head in found if head.line.booking_date is None or first <= head.line.booking_date <= last]


def _advices(connection: Connection, account_id: int) -> Iterable[Line]:
    """The lines of advices in the books."""
    own = select(statements.c.id).where(statements.c.account_id == account_id, statements.c.format == EXPLAINING)
    return [line for _, line in store.load_lines(connection, lines.c.statement_id.in_(own))]
