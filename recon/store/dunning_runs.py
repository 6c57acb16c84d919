"""Dunning runs in the books: drafts, what was dropped from them and why, and what became of all their notices."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, case, func, select, update

from recon.model.dunning import Notice, NoticeItem, Undunned
from recon.model.items import DocumentType, Part, PartKind, split_open
from recon.store.dunning_tables import dunning_runs, notice_items, notices
from recon.store.journal import encode
from recon.store.notices import line_ids
from recon.store.rows import Days, rows_of
from recon.store.tables import allocations, customers, item_parts, items


@dataclass(frozen=True, slots=True)
class RunLine:
    """A line of a run as it stands: ``frozen`` is what was open when the run was made, ``open`` what the notice asks
    for. ``why`` says why it was dropped, ``None`` where it was not."""

    notice_id: int
    customer_no: str
    currency: str
    line: NoticeItem
    frozen: int
    status: str
    why: Undunned | None


def drafted(connection: Connection) -> list[tuple[int, int, PartKind]]:
    """Run, item and part of every line of a draft."""
    query = (
        select(notices.c.run_id, notice_items.c.item_id, notice_items.c.part)
        .join(notices, notice_items.c.notice_id == notices.c.id)
        .where(notices.c.status == "draft", notice_items.c.status == "draft")
        .order_by(notice_items.c.id)
    )
    return [(run, item, PartKind(part)) for run, item, part in connection.execute(query)]


def items_of(run_id: int) -> ColumnElement[bool]:
    """The items that a run holds, as a condition on ``items``."""
    query = select(notice_items.c.item_id).join(notices, notice_items.c.notice_id == notices.c.id)
    return items.c.id.in_(query.where(notices.c.run_id == run_id))


def open_of_parts(connection: Connection, picked: ColumnElement[bool]) -> dict[tuple[int, PartKind], int]:
    """What is open of every part of the items that a condition picks, zero included."""
    query = (
        select(items.c.id, items.c.open_amount, item_parts.c.kind, item_parts.c.amount, item_parts.c.due_date)
        .join(item_parts, item_parts.c.item_id == items.c.id)
        .where(picked)
        .order_by(items.c.id, item_parts.c.id)
    )
    days = Days()
    found: dict[tuple[int, PartKind], int] = {}
    for (item, left), rows in groupby(rows_of(connection, query), itemgetter(0, 1)):
        parts = tuple(Part(PartKind(row[2]), row[3], 0, days[row[4]]) for row in rows)
        found |= {(item, part.kind): part.open for part in split_open(parts, left)}
    return found


def drop_lines(connection: Connection, dropped: Iterable[tuple[int, Undunned]]) -> None:
    """Take lines out of notices, by the notice's id, each with its reason."""
    given = list(dropped)
    lines = line_ids(connection, sorted({number for number, _ in given}))
    rows = [
        {"key": lines[number, entry.item_id, entry.part], "why": entry.reason, "told": _facts(entry)}
        for number, entry in given
    ]
    if rows:
        statement = update(notice_items).where(notice_items.c.id == bindparam("key"))
        statement = statement.values(status="dropped", reason=bindparam("why"), facts=bindparam("told"))
        connection.execute(statement, rows)


def redraft(connection: Connection, notice_id: int, notice: Notice | None) -> None:
    """A draft after lines were taken out of it, which have been dropped before; ``None`` where it asks for nothing any
    more."""
    if notice is None:
        nothing = {"status": "dropped", "fee": 0, "interest": 0, "total": 0, "lump_sum": 0}
        connection.execute(update(notices).where(notices.c.id == notice_id).values(nothing))
        return
    head = {
        "level": notice.level, "title": notice.title, "fee": notice.fee, "interest": notice.interest,
        "total": notice.total, "lump_sum": notice.lump_sum, "deadline": notice.deadline,
    }  # fmt: skip
    connection.execute(update(notices).where(notices.c.id == notice_id).values(head))


def lines_of(connection: Connection, run_id: int, *conditions: Any) -> list[RunLine]:
    """The lines of a run, also those that were dropped; by notice."""
    query = (
        select(notice_items, items.c.invoice_no, items.c.document_type, customers.c.customer_no, notices.c.currency)
        .join(notices, notice_items.c.notice_id == notices.c.id)
        .join(customers, notices.c.customer_id == customers.c.id)
        .join(items, notice_items.c.item_id == items.c.id)
        .where(notices.c.run_id == run_id, *conditions)
        .order_by(notice_items.c.notice_id, notice_items.c.id)
    )
    return [_line(row) for row in connection.execute(query)]


def last_allocation(connection: Connection) -> int:
    """The last allocation in the books; 0 where there is none."""
    return int(connection.execute(select(func.max(allocations.c.id))).scalar() or 0)


def run_figures(connection: Connection) -> dict[tuple[int, str], Any]:
    """Of each run and currency: notices by status, how many of them went out, and what those that stand ask for."""
    stands = notices.c.status.in_(("draft", "issued"))

    def counted(condition: Any) -> Any:
        return func.sum(case((condition, 1), else_=0))

    def summed(column: Any) -> Any:
        return func.sum(case((stands, column), else_=0))

    query = select(
        notices.c.run_id,
        notices.c.currency,
        counted(stands).label("standing"),
        counted(notices.c.status == "dropped").label("dropped"),
        counted(notices.c.status == "cancelled").label("cancelled"),
        counted(stands & notices.c.dispatched_on.is_not(None)).label("dispatched"),
        summed(notices.c.total - notices.c.fee - notices.c.interest).label("open"),
        summed(notices.c.fee).label("fee"),
        summed(notices.c.interest).label("interest"),
        summed(notices.c.total).label("total"),
        func.max(notices.c.issued_on).label("issued_on"),
        func.max(notices.c.dispatched_on).label("dispatched_on"),
    ).group_by(notices.c.run_id, notices.c.currency)
    return {(row.run_id, row.currency): row for row in connection.execute(query)}


def dropped_notices(connection: Connection, run_id: int) -> int:
    """How many notices of a run were dropped."""
    query = select(func.count()).where(notices.c.run_id == run_id, notices.c.status == "dropped")
    return int(connection.execute(query).scalar_one())


def dispatched(connection: Connection, run_id: int) -> Sequence[int]:
    """The notices of a run that have left the house, cancelled ones too."""
    query = select(notices.c.id).where(notices.c.run_id == run_id, notices.c.dispatched_on.is_not(None))
    return connection.execute(query.order_by(notices.c.id)).scalars().all()


def all_runs(connection: Connection) -> list[Any]:
    """Every run, oldest first."""
    return list(connection.execute(select(dunning_runs).order_by(dunning_runs.c.id)))


def _facts(entry: Undunned) -> str:
    facts = dict(entry.facts)
    if entry.next_on is not None:
        facts["next_on"] = entry.next_on.isoformat()
    return encode(list(facts.items()))


def _line(row: Any) -> RunLine:
    line = NoticeItem(
        item_id=row.item_id,
        invoice_no=row.invoice_no,
        part=PartKind(row.part),
        due_date=row.due_date,
        days_overdue=row.days_overdue,
        open=row.open_amount,
        level=row.level,
        fee=row.fee,
        free=row.document_type == DocumentType.RETURN_CHARGE.value,
        interest=row.interest or 0,
        interest_since=row.interest_since,
        lump_sum=row.lump_sum or 0,
    )
    why = None
    if row.reason is not None:
        facts = msgspec.json.decode(row.facts or "[]", type=tuple[tuple[str, str], ...])
        next_on = dict(facts).get("next_on")
        day = None if next_on is None else date.fromisoformat(next_on)
        why = Undunned(row.item_id, row.invoice_no, line.part, row.reason, day, facts)
    frozen = row.open_amount if row.frozen_amount is None else row.frozen_amount
    return RunLine(row.notice_id, row.customer_no, row.currency, line, frozen, row.status, why)
