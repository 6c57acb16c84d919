"""The bank's answers in the books (pain.002), the debits that came back by an answer or by a return, and what people
have decided on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, func, select

from recon.ledger.answers import Outcome, SentBatch, SentDebit, Told
from recon.ledger.came_back import CameBack, Decision
from recon.store.answer_tables import return_decisions, status_answers, status_reports
from recon.store.batches import RETURNED_FOR, load_blocks, load_collections
from recon.store.ids import next_ids
from recon.store.log import Seal, write
from recon.store.matching import STANDS
from recon.store.tables import allocations, batches, collections, lines

# Collections that are asked for at once.
_AT_ONCE: Final = 500
_REJECTED: Final = Outcome.REJECTED.value


def batch_of_message(connection: Connection, message_id: str | None) -> Any:
    """The batch (without its bytes) whose file has a message id; ``None`` where none of ours has it."""
    if message_id is None:
        return None
    columns = (batches.c.id, batches.c.status, batches.c.submitted_on, batches.c.message_id)
    return connection.execute(select(*columns).where(batches.c.message_id == message_id)).one_or_none()


def sent_batch(connection: Connection, batch: Any) -> SentBatch:
    """A batch as the bank was given it, with what has become of its debits."""
    blocks = {row.payment_information_id: row.id for row in load_blocks(connection, [batch.id])[batch.id]}
    told = (
        select(status_answers.c.collection_id, func.coalesce(status_answers.c.reason, status_answers.c.proprietary))
        .join(collections, status_answers.c.collection_id == collections.c.id)
        .where(collections.c.batch_id == batch.id, status_answers.c.outcome == _REJECTED)
    )
    refused = {row[0]: row[1] for row in connection.execute(told)}
    debits = tuple(
        SentDebit(row.id, row.payment_information_id, row.end_to_end_id, row.amount, row.currency, row.status,
                  refused.get(row.id))
        for row in load_collections(connection, collections.c.batch_id == batch.id)
    )  # fmt: skip
    return SentBatch(batch.status, blocks, debits)


def keep_report(connection: Connection, row: dict[str, Any]) -> tuple[int, Seal | None]:
    """Write the row of a report; its id and seal."""
    number = next(next_ids(connection, status_reports))
    return number, write(connection, status_reports, [{"id": number, **row}])


def keep_answers(connection: Connection, report_id: int, told: Sequence[Told]) -> tuple[list[int], Seal | None]:
    """Write what a report says and what was made of it; the ids of the rows, in the order of ``told``, and the seal."""
    ids = next_ids(connection, status_answers)
    rows = [
        {
            "id": next(ids), "report_id": report_id, "level": one.answer.level.value, "position": one.answer.position,
            "block_id": one.block_id, "collection_id": one.collection_id,
            "payment_information_id": one.answer.block_id, "end_to_end_id": one.answer.end_to_end_id,
            "status": one.answer.status, "reason": one.answer.reason, "proprietary": one.answer.proprietary,
            "info": one.answer.info, "amount": one.answer.amount, "currency": one.answer.currency,
            "debits": one.debits, "outcome": one.outcome.value, "problem": one.problem,
        }
        for one in told
    ]  # fmt: skip
    return [int(str(row["id"])) for row in rows], write(connection, status_answers, rows)


def put_decision(connection: Connection, row: dict[str, Any]) -> Seal | None:
    """Write what a person has decided on a debit that came back, or on an answer."""
    return write(connection, return_decisions, [{"id": next(next_ids(connection, return_decisions)), **row}])


@dataclass(frozen=True, slots=True)
class Decisions:
    """The last decision on each return (by the id of its allocation) and on each answer."""

    returns: dict[int, Decision]
    answers: dict[int, Decision]

    def on(self, back: CameBack) -> Decision | None:
        """The decision on a debit that came back."""
        return (self.returns if back.by_return else self.answers).get(back.subject)


def all_decisions(connection: Connection) -> Decisions:
    """What people have decided, the last of each."""
    found = Decisions({}, {})
    for row in connection.execute(select(return_decisions).order_by(return_decisions.c.id)):
        told = Decision(row.kind, row.earliest_on, row.reason, row.decided_on, row.actor)
        if row.allocation_id is not None:
            found.returns[row.allocation_id] = told
        elif row.answer_id is not None:
            found.answers[row.answer_id] = told
    return found


def came_back(connection: Connection, *conditions: Any) -> list[CameBack]:
    """The debits that came back, by a return that stands or by the bank's rejection, in the order in which they were
    sent; ``conditions`` are on ``collections``."""
    returned = (
        select(
            collections.c.id, collections.c.item_id, collections.c.due_date, collections.c.end_to_end_id,
            allocations.c.id.label("subject"), RETURNED_FOR,
            func.coalesce(lines.c.booking_date, lines.c.value_date, allocations.c.booked_on).label("day"),
        )
        .join(allocations, allocations.c.collection_id == collections.c.id)
        .join(lines, allocations.c.line_id == lines.c.id)
        .where(collections.c.status == "returned", allocations.c.kind == "return", STANDS, *conditions)
    )  # fmt: skip
    rejected = (
        select(
            collections.c.id, collections.c.item_id, collections.c.due_date, collections.c.end_to_end_id,
            status_answers.c.id.label("subject"),
            func.coalesce(status_answers.c.reason, status_answers.c.proprietary).label("return_reason"),
            status_reports.c.imported_on.label("day"),
        )
        .join(status_answers, status_answers.c.collection_id == collections.c.id)
        .join(status_reports, status_answers.c.report_id == status_reports.c.id)
        .where(collections.c.status == "rejected", status_answers.c.outcome == _REJECTED, *conditions)
    )  # fmt: skip
    found = [
        CameBack(
            row.id,
            row.item_id,
            row.due_date,
            row.end_to_end_id,
            row.return_reason,
            row.day,
            by_return,
            row.subject,
        )
        for query, by_return in ((returned, True), (rejected, False))
        for row in connection.execute(query)
    ]
    return sorted(found, key=lambda back: (back.collection_id, back.subject))


def represented(connection: Connection, numbers: Sequence[int]) -> dict[int, CameBack]:
    """Of some collections those that present a claim again, each with the last debit of it that came back before."""
    found: dict[int, CameBack] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        few = numbers[start : start + _AT_ONCE]
        asked = {row.id: (row.item_id, row.due_date) for row in connection.execute(
            select(collections.c.id, collections.c.item_id, collections.c.due_date).where(collections.c.id.in_(few))
        )}  # fmt: skip
        items = sorted({item for item, _ in asked.values()})
        backs = came_back(connection, collections.c.item_id.in_(items)) if items else []
        for number, claim in asked.items():
            before = [back for back in backs if (back.item_id, back.due_date) == claim and back.collection_id < number]
            if before:
                found[number] = before[-1]
    return found


@dataclass(frozen=True, slots=True)
class BankSays:
    """The last status that the bank has given a batch or a block of it, its day, and how many debits it has refused."""

    status: str | None
    day: date | None
    rejected: int


def bank_says(connection: Connection, batch_ids: Sequence[int]) -> dict[int, BankSays]:
    """What the bank has answered to some batches."""
    query = (
        select(status_reports.c.batch_id, status_answers.c.status, status_answers.c.collection_id,
               status_answers.c.outcome, status_answers.c.level, status_reports.c.imported_on)
        .join(status_reports, status_answers.c.report_id == status_reports.c.id)
        .where(status_reports.c.batch_id.is_not(None))
        .order_by(status_answers.c.id)
    )  # fmt: skip
    wanted = set(batch_ids)
    found: dict[int, BankSays] = {}
    for batch, status, debit, outcome, level, day in connection.execute(query):
        if batch not in wanted:
            continue
        known = found.get(batch, BankSays(None, None, 0))
        if debit is None and level != "transaction":
            known = BankSays(status, day, known.rejected)
        elif outcome == _REJECTED:
            known = BankSays(known.status, known.day or day, known.rejected + 1)
        found[batch] = known
    return found
