"""What the letters of notices say in the books, and what the books know for them of items and receipts."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, select

from recon.dunning.letter import VERSION, Known, Letter, Movement
from recon.model.items import PartKind
from recon.model.matching import AllocationKind
from recon.store.dunning_tables import notice_items, notices
from recon.store.ids import next_ids, shown_id
from recon.store.letter_tables import letters
from recon.store.log import Seal, write
from recon.store.rows import day_of
from recon.store.tables import allocations, entries, items, postings

_TAKE_OVER = "take_over"
# What opens an item that was not taken over: the charge of a return (decision 17).
_OPENS = AllocationKind.RETURN_CHARGE.value
# Notices whose letters are asked for at once.
_AT_ONCE = 500


def insert_letters(connection: Connection, made: Iterable[tuple[int, Letter]], day: date) -> Seal | None:
    """Keep what letters say, by the ids of their notices."""
    ids = next_ids(connection, letters)
    rows = []
    for notice_id, letter in made:
        content = encoded(letter)
        rows.append({"id": next(ids), "notice_id": notice_id, "content": content, "sha256": sha256(content),
                     "version": VERSION, "made_on": day})  # fmt: skip
    return write(connection, letters, rows)


def letters_of(connection: Connection, notice_ids: Sequence[int]) -> Iterator[tuple[int, str, str]]:
    """What the letters of notices say, as it is kept: notice, content, SHA-256; in the order of the notices given."""
    for start in range(0, len(notice_ids), _AT_ONCE):
        some = notice_ids[start : start + _AT_ONCE]
        query = select(letters.c.notice_id, letters.c.content, letters.c.sha256).where(letters.c.notice_id.in_(some))
        found = {row.notice_id: row for row in connection.execute(query)}
        yield from ((number, found[number].content, found[number].sha256) for number in some if number in found)


def encoded(letter: Letter) -> str:
    """A letter as it is kept: JSON, the same text for the same letter."""
    return msgspec.json.encode(letter).decode()


def decoded(content: str) -> Letter:
    """A letter from its JSON."""
    return msgspec.json.decode(content, type=Letter)


def sha256(content: str) -> str:
    """The hash that is kept beside it."""
    return hashlib.sha256(content.encode()).hexdigest()


def customers_of_notices(notice_ids: Sequence[int]) -> Select[tuple[int]]:
    """The customers of notices (and of those between them), as a condition for others. A run's follow each other."""
    return select(notices.c.customer_id).where(notices.c.id.between(min(notice_ids), max(notice_ids)))


def runs_of(connection: Connection, notice_ids: Sequence[int]) -> dict[int, int]:
    """The runs of notices (and of those between them)."""
    query = select(notices.c.id, notices.c.run_id).where(notices.c.id.between(min(notice_ids), max(notice_ids)))
    return {row.id: row.run_id for row in connection.execute(query)}


def known_items(connection: Connection, owners: Select[tuple[int]]) -> dict[int, Known]:
    """What the books know of the open items of some customers."""
    wanted = items.c.customer_id.in_(owners) & (items.c.open_amount != 0)
    query = select(items.c.id, items.c.issue_date, items.c.creditor_reference, items.c.amount).where(wanted)
    numbers = select(items.c.id).where(wanted)
    taken, moved = _movements(connection, numbers)
    return {
        row.id: Known(row.issue_date, row.creditor_reference, row.amount - taken.get(row.id, 0), moved.get(row.id, ()))
        for row in connection.execute(query)
    }


def elsewhere(
    connection: Connection, owners: Select[tuple[int]]
) -> dict[tuple[int, PartKind], list[tuple[int, str]]]:  # fmt: skip
    """The notices out that each part of some customers' items stands on, latest first: id, and id as shown."""
    query = (
        select(notice_items.c.item_id, notice_items.c.part, notices.c.id)
        .join(notices, notice_items.c.notice_id == notices.c.id)
        .where(notices.c.customer_id.in_(owners), notices.c.status == "issued", notice_items.c.status == "issued")
        .order_by(notices.c.id.desc())
    )
    found: dict[tuple[int, PartKind], list[tuple[int, str]]] = {}
    for row in connection.execute(query):
        found.setdefault((row.item_id, PartKind(row.part)), []).append((row.id, shown_id("notices", row.id)))
    return found


def _movements(
    connection: Connection, numbers: Select[tuple[int]]
) -> tuple[dict[int, int], dict[int, tuple[Movement, ...]]]:
    """What was taken over of each item, and what has moved it since. What was booked and taken back again is left out:
    a customer is told what he paid, not how it was put right."""
    kinds = _kinds(connection, numbers)
    query = (
        select(postings.c.item_id, postings.c.entry_id, entries.c.kind, entries.c.booked_on, entries.c.reverses_id,
               func.sum(postings.c.amount).label("amount"))
        .join(entries, postings.c.entry_id == entries.c.id)
        .where(postings.c.role == "customer", postings.c.item_id.in_(numbers))
        .group_by(postings.c.item_id, postings.c.entry_id, entries.c.kind, entries.c.booked_on, entries.c.reverses_id)
        .order_by(postings.c.item_id, entries.c.booked_on, postings.c.entry_id)
    )  # fmt: skip
    taken: dict[int, int] = {}
    booked: dict[int, dict[int, Any]] = {}
    for row in connection.execute(query):
        if row.kind == _TAKE_OVER or set(kinds.get((row.entry_id, row.item_id), {})) == {_OPENS}:
            taken[row.item_id] = taken.get(row.item_id, 0) + int(row.amount)
        else:
            booked.setdefault(row.item_id, {})[row.entry_id] = row
    return taken, {item: tuple(_standing(item, rows, kinds)) for item, rows in booked.items()}


def _standing(
    item: int, rows: dict[int, Any], kinds: dict[tuple[int, int], dict[str, int]]
) -> Iterator[Movement]:  # fmt: skip
    back: dict[int, int] = {}
    for row in rows.values():
        if row.reverses_id in rows:
            back[row.reverses_id] = back.get(row.reverses_id, 0) + int(row.amount)
    gone = {number for number, amount in back.items() if int(rows[number].amount) + amount == 0}
    for number, row in rows.items():
        if number in gone or row.reverses_id in gone:
            continue
        told = kinds.get((number, item), {})
        day = day_of(row.booked_on)
        # Several kinds in one entry (a payment and the discount) are told each, where they are all that moved the item.
        if sum(told.values()) == -int(row.amount):
            yield from (Movement(day, kind, -amount) for kind, amount in told.items() if amount)
        else:
            yield Movement(day, next(iter(told), "other"), int(row.amount))


def _kinds(connection: Connection, numbers: Select[tuple[int]]) -> dict[tuple[int, int], dict[str, int]]:
    """What the allocations of each entry on an item are, and how much of each kind."""
    query = (
        select(allocations.c.entry_id, allocations.c.item_id, allocations.c.kind, func.sum(allocations.c.amount))
        .where(allocations.c.item_id.in_(numbers))
        .group_by(allocations.c.entry_id, allocations.c.item_id, allocations.c.kind)
        .order_by(allocations.c.entry_id, allocations.c.item_id, func.min(allocations.c.id))
    )
    found: dict[tuple[int, int], dict[str, int]] = {}
    for entry, item, kind, amount in connection.execute(query):
        found.setdefault((entry, item), {})[kind] = int(amount)
    return found
