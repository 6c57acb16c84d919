"""Taking a statement out of the books again, as long as nothing of it is used: ``opos statements remove``.

Its lines are sealed in the log, so the removal is a record of its own there, which repeats the seals of the import; the
auditor holds one against the other. The bank's file stays: what was delivered is kept, whatever becomes of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select

from recon.ledger.closing import closed_for
from recon.model.finding import Finding, error
from recon.model.roles import Action
from recon.service.answers import Exit, Refused
from recon.service.context import Context, run, writing
from recon.service.explained_batches import EXPLAINING, explains
from recon.service.once import ANNOUNCING, dependents
from recon.service.statements import unknown
from recon.store import removing as store
from recon.store.closings import load_closings
from recon.store.ids import read_id, shown_id
from recon.store.log import record
from recon.store.statements import count_lines, load_lines
from recon.store.tables import accounts, allocations, files, lines, proposals, rejections, statements


@dataclass(frozen=True, slots=True)
class Removed:
    """A statement that was taken out: how many lines (with the details of batches) and proposals went with it, and the
    file that stays."""

    id: str
    account: str
    lines: int
    proposals: int
    file: str
    sha256: str
    reason: str


def remove(context: Context, name: str, reason: str) -> Removed:
    """Take a statement out with its lines and what is proposed for them.

    Raises Refused for an unknown statement, one that was taken out before, one of which anything is used, and without a
    reason.
    """
    if not reason.strip():
        raise Refused(error("removal-reason", name), exit_code=Exit.USAGE)
    with run(context, Action.REMOVE_STATEMENTS), writing(context) as connection:
        found = _statement(connection, name)
        shown = shown_id("statements", found.id)
        _see_day(connection, found, shown)
        uses = list(_uses(connection, found, shown))
        if uses:
            raise Refused(*uses)
        own = lines.c.statement_id == found.id
        of_its_lines = proposals.c.line_id.in_(select(lines.c.id).where(own))
        dropped = connection.execute(select(func.count()).select_from(proposals).where(of_its_lines)).scalar_one()
        connection.execute(delete(proposals).where(of_its_lines))
        # Lines before the statement that they belong to.
        seals = [
            store.take_away(connection, lines, own),
            store.take_away(connection, statements, statements.c.id == found.id),
        ]
        before = {"account": found.iban, "file": found.file, "sha256": found.sha256, "currency": found.currency,
                  "lines": found.line_count, "proposals": dropped}  # fmt: skip
        record(connection, context.stamp, store.ACTION, shown, before=before, taken=reversed(seals), reason=reason)
        held = seals[0].last - seals[0].first + 1 if seals[0] else 0
    return Removed(shown, found.iban, held, dropped, found.file, found.sha256, reason)


def _statement(connection: Connection, name: str) -> Any:
    query = (
        select(statements, accounts.c.iban, files.c.name.label("file"), files.c.sha256)
        .join(accounts, statements.c.account_id == accounts.c.id)
        .join(files, statements.c.file_id == files.c.id)
        .where(statements.c.id == read_id("statements", name))
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Refused(unknown(connection, name))
    return row


def _see_day(connection: Connection, statement: Any, shown: str) -> None:
    """A statement that a closed day rests on stays; what only announces bookings is no part of it."""
    day = statement.closing_date or statement.period_to
    until = closed_for(load_closings(connection), statement.account_id)
    if statement.format not in ANNOUNCING and until is not None and (day is None or day <= until):
        raise Refused(error("statement-closed", shown, statement=shown, account=statement.iban, day=until),
                      exit_code=Exit.NOT_PERMITTED)  # fmt: skip


def _uses(connection: Connection, statement: Any, shown: str) -> Iterator[Finding]:
    """What keeps a statement in the books, the first of each kind."""
    own = lines.c.statement_id == statement.id
    allocated = select(allocations.c.id, allocations.c.line_id).join(lines, allocations.c.line_id == lines.c.id)
    for row in connection.execute(allocated.where(own).order_by(allocations.c.id).limit(1)):
        yield error("statement-booked", shown, statement=shown, line=shown_id("lines", row.line_id),
                    allocation=shown_id("allocations", row.id))  # fmt: skip
    rejected = select(rejections.c.line_id).join(lines, rejections.c.line_id == lines.c.id)
    for (number,) in connection.execute(rejected.where(own).order_by(rejections.c.id).limit(1)):
        yield error("statement-decided", shown, statement=shown, line=shown_id("lines", number))
    for code, line, other in _explaining(connection, statement):
        yield error(code, shown, statement=shown, line=shown_id("lines", line), other=shown_id("statements", other))
    # A statement that brought no line of its own holds none that a later one could have left out.
    for later, count in dependents(connection, statement) if count_lines(connection, [statement.id]) else ():
        yield error("statement-needed", shown, statement=shown, other=shown_id("statements", later.id), count=count)


def _explaining(connection: Connection, statement: Any) -> Iterator[tuple[str, int, int]]:
    """Batch bookings that hold this statement and another one together: code, line, the other statement."""
    batch = lines.alias("batch")
    pairs = select(batch.c.id, batch.c.statement_id.label("of_batch"), lines.c.statement_id.label("of_detail")).join(
        batch, lines.c.parent_id == batch.c.id
    )
    between = pairs.where(lines.c.statement_id != batch.c.statement_id).order_by(lines.c.id)
    for row in connection.execute(between.where(lines.c.statement_id == statement.id).limit(1)):
        yield "statement-explains", row.id, row.of_batch
    for row in connection.execute(between.where(batch.c.statement_id == statement.id).limit(1)):
        yield "statement-explained", row.id, row.of_detail
    if statement.format == EXPLAINING:
        yield from _taken_over(connection, statement)


def _taken_over(connection: Connection, advice: Any) -> Iterator[tuple[str, int, int]]:
    """A batch booking that came after this advice and took its details over, as they stand in it."""
    told = [line for _, line in load_lines(connection, lines.c.statement_id == advice.id) if line.details]
    if not told:
        return
    which = and_(lines.c.account_id == advice.account_id, lines.c.statement_id > advice.id, lines.c.kind == "batch")
    for row, line in load_lines(connection, which):
        if any(explains(one, line) and one.details == line.details for one in told):
            yield "statement-explains", row.id, row.statement_id
            return
