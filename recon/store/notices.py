"""Dunning in the books: runs, notices and the state of each part that follows from them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from recon.dunning.state import Sent, fold, part_now
from recon.model.dunning import Notice, NoticeItem
from recon.model.items import DocumentType, PartKind
from recon.store.digests import add
from recon.store.dunning_tables import dunning_runs, notice_items, notices
from recon.store.ids import next_ids
from recon.store.outbox import NOTICE_CANCELLED, cancel_mails_of
from recon.store.rows import Days, rows_of, update_rows
from recon.store.settings import branch_ids
from recon.store.tables import branches, customers, item_parts, items

# Notices or items that are asked for at once.
_AT_ONCE: Final = 500
_KINDS: Final = {kind.value: kind for kind in PartKind}
_FREE: Final = DocumentType.RETURN_CHARGE.value


def insert_run(connection: Connection, row: dict[str, Any], drafts: Sequence[Notice]) -> None:
    """Freeze a preview: the run, its notices and their lines, all as drafts."""
    connection.execute(insert(dunning_runs), [row])
    people = {row.customer_no: row.id for row in connection.execute(select(customers.c.customer_no, customers.c.id))}
    branch_of = branch_ids(connection)
    notice_ids = next_ids(connection, notices)
    item_ids = next_ids(connection, notice_items)
    rows: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for notice in drafts:
        number = next(notice_ids)
        rows.append({
            "id": number, "run_id": row["id"], "customer_id": people[notice.customer_no],
            "branch_id": branch_of.get(notice.branch) if notice.branch else None, "level": notice.level,
            "title": notice.title, "language": notice.language, "channel": notice.channel,
            "deadline": notice.deadline, "currency": notice.currency, "fee": notice.fee,
            "interest": notice.interest, "total": notice.total, "status": "draft", "lump_sum": notice.lump_sum,
        })  # fmt: skip
        lines += [
            {
                "id": next(item_ids), "notice_id": number, "item_id": line.item_id, "part": line.part.value,
                "due_date": line.due_date, "days_overdue": line.days_overdue, "open_amount": line.open,
                "level": line.level, "fee": line.fee, "status": "draft", "interest": line.interest,
                "interest_since": line.interest_since, "lump_sum": line.lump_sum,
                "frozen_amount": line.open,
            }
            for line in notice.items
        ]  # fmt: skip
    add(connection, notices, rows)
    add(connection, notice_items, lines)


def load_notices(connection: Connection, *conditions: Any) -> list[tuple[Any, Notice]]:
    """Notices with their row, by id. Lines that were dropped when the notice was issued are left out."""
    query = (
        select(notices, customers.c.customer_no, branches.c.code.label("branch"))
        .join(customers, notices.c.customer_id == customers.c.id)
        .outerjoin(branches, notices.c.branch_id == branches.c.id)
        .where(*conditions)
        .order_by(notices.c.id)
    )
    heads = list(connection.execute(query))
    lines = _lines(connection, [row.id for row in heads])
    return [
        (
            row,
            Notice(
                customer_no=row.customer_no,
                branch=row.branch,
                level=row.level,
                title=row.title,
                language=row.language,
                channel=row.channel,
                deadline=row.deadline,
                currency=row.currency,
                items=tuple(lines.get(row.id, ())),
                fee=row.fee,
                interest=row.interest,
                lump_sum=row.lump_sum or 0,
            ),
        )
        for row in heads
    ]


def issue_notices(connection: Connection, made: Sequence[tuple[int, Notice | None]], issued_on: date) -> None:
    """Let drafts become issued notices as they stand now, or drop them (``None``). Lines that are no longer asked for
    are dropped; a notice that is dropped asks for nothing."""
    gone = [number for number, notice in made if notice is None]
    nothing = {"status": "dropped", "fee": 0, "interest": 0, "total": 0, "lump_sum": 0}
    _set(connection, notices, [{"key": number, **nothing} for number in gone])
    _set(connection, notices, [
        {
            "key": number, "status": "issued", "issued_on": issued_on, "level": notice.level, "title": notice.title,
            "deadline": notice.deadline, "fee": notice.fee, "interest": notice.interest, "total": notice.total,
            "lump_sum": notice.lump_sum,
        }
        for number, notice in made if notice is not None
    ])  # fmt: skip
    left = line_ids(connection, [number for number, _ in made])
    _set(connection, notice_items, [
        {
            "key": left.pop((number, line.item_id, line.part)), "status": "issued", "open_amount": line.open,
            "fee": line.fee, "interest": line.interest, "interest_since": line.interest_since,
            "lump_sum": line.lump_sum,
        }
        for number, notice in made if notice is not None for line in notice.items
    ])  # fmt: skip
    _set(connection, notice_items, [{"key": line, "status": "dropped"} for line in left.values()])


def line_ids(connection: Connection, notice_ids: Sequence[int]) -> dict[tuple[int, int, PartKind], int]:
    """The lines of notices: the id of each by notice, item and part."""
    found: dict[tuple[int, int, PartKind], int] = {}
    columns = [notice_items.c[name] for name in ("notice_id", "item_id", "part", "id")]
    for start in range(0, len(notice_ids), _AT_ONCE):
        query = select(*columns).where(notice_items.c.notice_id.in_(notice_ids[start : start + _AT_ONCE]))
        found |= {(notice, item, _KINDS[part]): line for notice, item, part, line in rows_of(connection, query)}
    return found


def _set(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Give rows other values, all of them the same columns; ``key`` is the id."""
    if rows:
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0] if name != "key"}
        statement = update(table).where(table.c.id == bindparam("key")).values(values)
        named = [{name if name == "key" else f"new_{name}": value for name, value in row.items()} for row in rows]
        connection.execute(statement, named)


def cancel_notices(connection: Connection, ids: Sequence[int], reason: str | None) -> set[tuple[int, str]]:
    """Cancel notices; returns the parts whose state has to be worked out anew. Lines that were dropped stay so."""
    touched: set[tuple[int, str]] = set()
    for start in range(0, len(ids), _AT_ONCE):
        few = ids[start : start + _AT_ONCE]
        connection.execute(update(notices).where(notices.c.id.in_(few)).values(status="cancelled", reason=reason))
        own = notice_items.c.notice_id.in_(few)
        issued = select(notice_items.c.item_id, notice_items.c.part).where(own, notice_items.c.status == "issued")
        touched |= {(row.item_id, row.part) for row in connection.execute(issued)}
        stands = own & (notice_items.c.status != "dropped")
        connection.execute(update(notice_items).where(stands).values(status="cancelled"))
        cancel_mails_of(connection, few, NOTICE_CANCELLED)
    return touched


def refold(connection: Connection, parts: Iterable[tuple[int, str]]) -> None:
    """Bring the cached state of the items of these parts up to date with the notices that stand."""
    rows = []
    wanted = sorted({item for item, _ in parts})
    for start in range(0, len(wanted), _AT_ONCE):
        for (item, kind), sent in _histories(connection, wanted[start : start + _AT_ONCE]).items():
            state = fold(sent)
            days = (day.isoformat() if day else None for day in (state.last_notice_on, state.last_deadline))
            rows.append((state.level, *days, item, kind.value))
    update_rows(
        connection,
        "UPDATE item_parts SET dunning_level = ?, last_notice_on = ?, last_deadline = ? WHERE item_id = ? AND kind = ?",
        rows,
    )


def _histories(connection: Connection, ids: Sequence[int]) -> dict[tuple[int, PartKind], list[Sent]]:
    """The notices ever issued for each part of these items."""
    kinds: dict[int, list[PartKind]] = {}
    parts = select(item_parts.c.item_id, item_parts.c.kind).where(item_parts.c.item_id.in_(ids))
    for item, part in rows_of(connection, parts.order_by(item_parts.c.id)):
        kinds.setdefault(item, []).append(_KINDS[part])
    found: dict[tuple[int, PartKind], list[Sent]] = {(item, kind): [] for item, own in kinds.items() for kind in own}
    query = (
        select(notice_items.c.item_id, notice_items.c.part, notice_items.c.level, notices.c.issued_on,
               notices.c.deadline, notice_items.c.status)
        .join(notices, notice_items.c.notice_id == notices.c.id)
        .where(notice_items.c.item_id.in_(ids), notices.c.issued_on.is_not(None))
        .where(notice_items.c.status.in_(("issued", "cancelled")))
        .order_by(notice_items.c.id)
    )  # fmt: skip
    days = Days()
    for item, part, level, issued_on, deadline, status in rows_of(connection, query):
        kind = part_now(_KINDS[part], kinds[item])
        found[item, kind].append(Sent(level, days[issued_on], days[deadline], cancelled=status == "cancelled"))
    return found


def _lines(connection: Connection, notice_ids: Sequence[int]) -> dict[int, list[NoticeItem]]:
    found: dict[int, list[NoticeItem]] = {}
    columns = [
        notice_items.c.notice_id, notice_items.c.item_id, items.c.invoice_no, notice_items.c.part,
        notice_items.c.due_date, notice_items.c.days_overdue, notice_items.c.open_amount, notice_items.c.level,
        notice_items.c.fee, items.c.document_type, notice_items.c.interest, notice_items.c.interest_since,
        notice_items.c.lump_sum,
    ]  # fmt: skip
    days = Days()
    for start in range(0, len(notice_ids), _AT_ONCE):
        query = (
            select(*columns)
            .join(items, notice_items.c.item_id == items.c.id)
            .where(notice_items.c.notice_id.in_(notice_ids[start : start + _AT_ONCE]))
            .where(notice_items.c.status != "dropped")
            .order_by(notice_items.c.id)
        )
        for number, item, invoice_no, part, due, overdue, left, level, fee, kind, interest, since, flat in rows_of(
            connection, query
        ):
            line = NoticeItem(item, invoice_no, _KINDS[part], days[due], overdue, left, level, fee, kind == _FREE,
                              interest or 0, days[since], flat or 0)  # fmt: skip
            found.setdefault(number, []).append(line)
    return found


def mark_dispatched(connection: Connection, ids: Sequence[int], day: date) -> list[int]:
    """Keep that issued notices went out on a day (letter, mail or call); one that did so before keeps its day. Returns
    those that were marked."""
    marked: list[int] = []
    for start in range(0, len(ids), 500):
        some = notices.c.id.in_(ids[start : start + 500])
        first = some & (notices.c.status == "issued") & notices.c.dispatched_on.is_(None)
        marked += connection.execute(select(notices.c.id).where(first).order_by(notices.c.id)).scalars()
    for start in range(0, len(marked), 500):
        some = notices.c.id.in_(marked[start : start + 500])
        connection.execute(update(notices).where(some).values(dispatched_on=day))
    return marked
