"""Dunning in the books: runs, notices and the state of each part that follows from them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from recon.dunning.state import Sent, fold, part_now
from recon.model.dunning import Notice, NoticeItem
from recon.model.items import DocumentType, PartKind
from recon.store.dunning_tables import dunning_runs, notice_items, notices
from recon.store.ids import next_ids
from recon.store.rows import update_rows
from recon.store.settings import branch_ids
from recon.store.tables import branches, customers, item_parts, items

# Items that are asked for at once.
_AT_ONCE = 500


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
    if rows:
        connection.execute(insert(notices), rows)
        connection.execute(insert(notice_items), lines)


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


def issue_notice(connection: Connection, notice_id: int, notice: Notice | None, issued_on: date) -> None:
    """Let a draft become an issued notice as it stands now, or drop it (``notice`` None). Lines that are no longer
    asked for are dropped; a notice that is dropped asks for nothing."""
    if notice is None:
        nothing = {"status": "dropped", "fee": 0, "interest": 0, "total": 0, "lump_sum": 0}
        connection.execute(update(notices).where(notices.c.id == notice_id).values(nothing))
        connection.execute(update(notice_items).where(notice_items.c.notice_id == notice_id).values(status="dropped"))
        return
    connection.execute(
        update(notices)
        .where(notices.c.id == notice_id)
        .values(
            status="issued", issued_on=issued_on, level=notice.level, title=notice.title, deadline=notice.deadline,
            fee=notice.fee, interest=notice.interest, total=notice.total, lump_sum=notice.lump_sum,
        )
    )  # fmt: skip
    connection.execute(update(notice_items).where(notice_items.c.notice_id == notice_id).values(status="dropped"))
    rows = [
        {
            "item": line.item_id,
            "kind": line.part.value,
            "left": line.open,
            "own": line.fee,
            "owed": line.interest,
            "since": line.interest_since,
            "flat": line.lump_sum,
        }
        for line in notice.items
    ]
    statement = (
        update(notice_items)
        .where(
            notice_items.c.notice_id == notice_id,
            notice_items.c.item_id == bindparam("item"),
            notice_items.c.part == bindparam("kind"),
        )
        .values(
            status="issued",
            open_amount=bindparam("left"),
            fee=bindparam("own"),
            interest=bindparam("owed"),
            interest_since=bindparam("since"),
            lump_sum=bindparam("flat"),
        )
    )
    connection.execute(statement, rows)


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
    for item, kind in connection.execute(parts.order_by(item_parts.c.id)):
        kinds.setdefault(item, []).append(PartKind(kind))
    found: dict[tuple[int, PartKind], list[Sent]] = {(item, kind): [] for item, own in kinds.items() for kind in own}
    query = (
        select(notice_items.c.item_id, notice_items.c.part, notice_items.c.level, notices.c.issued_on,
               notices.c.deadline, notice_items.c.status)
        .join(notices, notice_items.c.notice_id == notices.c.id)
        .where(notice_items.c.item_id.in_(ids), notices.c.issued_on.is_not(None))
        .where(notice_items.c.status.in_(("issued", "cancelled")))
        .order_by(notice_items.c.id)
    )  # fmt: skip
    for row in connection.execute(query):
        kind = part_now(PartKind(row.part), kinds[row.item_id])
        sent = Sent(row.level, row.issued_on, row.deadline, cancelled=row.status == "cancelled")
        found[row.item_id, kind].append(sent)
    return found


def _lines(connection: Connection, notice_ids: Sequence[int]) -> dict[int, list[NoticeItem]]:
    found: dict[int, list[NoticeItem]] = {}
    for start in range(0, len(notice_ids), 500):
        query = (
            select(notice_items, items.c.invoice_no, items.c.document_type)
            .join(items, notice_items.c.item_id == items.c.id)
            .where(notice_items.c.notice_id.in_(notice_ids[start : start + 500]), notice_items.c.status != "dropped")
            .order_by(notice_items.c.id)
        )
        for row in connection.execute(query):
            found.setdefault(row.notice_id, []).append(
                NoticeItem(
                    item_id=row.item_id,
                    invoice_no=row.invoice_no,
                    part=PartKind(row.part),
                    due_date=row.due_date,
                    days_overdue=row.days_overdue,
                    open=row.open_amount,
                    level=row.level,
                    fee=row.fee,
                    interest=row.interest or 0,
                    interest_since=row.interest_since,
                    lump_sum=row.lump_sum or 0,
                    free=row.document_type == DocumentType.RETURN_CHARGE.value,
                )
            )
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
