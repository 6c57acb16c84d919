"""How the books came to be what they are: what was written when, what it moved, and what of it was taken back."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from recon.matching.world import Ways
from recon.store.matching import MATCHED, STANDS, rejected_way
from recon.store.tables import allocations, customers, items, lines, log, postings, rejections


@dataclass(frozen=True, slots=True)
class Written:
    """Entries of the journal that one record of the log has written: its id, the day, what was done, the entries'
    first and last id."""

    record: int
    as_of: date
    action: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class SaidNo:
    """That a person has said no to something on a line: the record of the log, and what it was. ``taken_back`` where it
    was booked before."""

    record: int
    line_id: int
    ways: Ways
    taken_back: bool


class _Rows(msgspec.Struct):
    table: str
    first: int
    last: int


class _After(msgspec.Struct):
    rows: list[_Rows] = []


def written(connection: Connection, after: date | None = None) -> list[Written]:
    """What was booked, in the order of the log; all, or what was booked after a day."""
    decoder = msgspec.json.Decoder(_After)
    query = select(log.c.id, log.c.as_of, log.c.action, log.c.after).where(log.c.after.is_not(None)).order_by(log.c.id)
    if after is not None:
        query = query.where(log.c.as_of > after)
    return [
        Written(number, as_of, action, rows.first, rows.last)
        for number, as_of, action, told in connection.execute(query)
        for rows in decoder.decode(told).rows
        if rows.table == "entries"
    ]


class _No(msgspec.Struct):
    proposals: int = 0
    lines: list[int] = []


def said_no(connection: Connection) -> list[SaidNo]:
    """What people have rejected and taken back, in the order of the log. Its records stand for the rejections in their
    order: one of ``reject`` for as many as it had proposals, one of ``undo`` for one on each of its lines."""
    decoder = msgspec.json.Decoder(_No)
    query = select(log.c.id, log.c.action, log.c.after).where(log.c.action.in_(("reject", "undo"))).order_by(log.c.id)
    said = [
        (number, action == "undo")
        for number, action, after in connection.execute(query)
        for no in (decoder.decode(after),)
        for _ in (no.lines if action == "undo" else range(no.proposals))
    ]
    rows = connection.execute(select(rejections.c.line_id, rejections.c.shares).order_by(rejections.c.id))
    return [
        SaidNo(record, line, rejected_way(shares), back)
        for (record, back), (line, shares) in zip(said, rows, strict=True)
    ]


def records_of(connection: Connection, action: str) -> dict[str, int]:
    """The records of the log about an action, by what it was done to."""
    query = select(log.c.subject, log.c.id).where(log.c.action == action).order_by(log.c.id)
    return {row.subject: row.id for row in connection.execute(query)}


def movements(connection: Connection) -> list[tuple[int, int, int]]:
    """What moved the items: entry, item, signed amount; by entry."""
    query = (
        select(postings.c.entry_id, postings.c.item_id, postings.c.amount)
        .where(postings.c.role == "customer", postings.c.item_id.is_not(None))
        .order_by(postings.c.entry_id, postings.c.id)
    )
    return [(entry, item, amount) for entry, item, amount in connection.execute(query)]


def all_allocations(connection: Connection) -> list[Any]:
    """Every allocation of a bank line ever made, with the customer's number and where the money came from; by id. What
    is claimed of a return's charge is among them, though no rule has found it."""
    query = (
        select(allocations.c.id, allocations.c.entry_id, allocations.c.line_id, allocations.c.item_id,
               allocations.c.collection_id, allocations.c.reverses_id, allocations.c.amount, allocations.c.kind,
               allocations.c.booked_on, customers.c.customer_no, items.c.invoice_no, lines.c.iban, lines.c.name,
               lines.c.booking_date, lines.c.open_amount)
        .join(lines, allocations.c.line_id == lines.c.id)
        .outerjoin(customers, allocations.c.customer_id == customers.c.id)
        .outerjoin(items, allocations.c.item_id == items.c.id)
        .order_by(allocations.c.id)
    )  # fmt: skip
    return list(connection.execute(query))


def undone(connection: Connection) -> Counter[str]:
    """Lines of which a person has taken back what a run had booked, by class; unless it was booked again just so."""
    back = allocations.alias("back")
    told = (allocations.c.line_id, allocations.c.item_id, allocations.c.kind, allocations.c.collection_id,
            allocations.c.amount)  # fmt: skip
    query = (
        select(*told, allocations.c.match_class)
        .join(back, back.c.reverses_id == allocations.c.id)
        .where(allocations.c.run_id.is_not(None), allocations.c.line_id.is_not(None), MATCHED)
        .order_by(allocations.c.id)
    )
    taken = list(connection.execute(query))
    if not taken:
        return Counter()
    numbers = sorted({row.line_id for row in taken})
    standing: set[tuple[Any, ...]] = set()
    for start in range(0, len(numbers), 500):
        of_lines = select(*told).where(allocations.c.line_id.in_(numbers[start : start + 500]), STANDS)
        standing |= {tuple(row) for row in connection.execute(of_lines)}
    return Counter({row.line_id: row.match_class for row in taken if tuple(row)[:-1] not in standing}.values())
