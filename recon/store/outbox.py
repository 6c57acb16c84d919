"""The outbox in the books: the mails of a run, and what became of each (decision 0029)."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from recon.store.dunning_tables import notice_items, notices
from recon.store.ids import next_ids
from recon.store.tables import customers
from recon.store.text_tables import outbox, outbox_notices

# What may still go out, by itself or by a person's word.
WAITING: Final = ("queued", "failed")
# Why a mail was cancelled, where nobody gave a reason: codes of the labels.
NOTICE_CANCELLED: Final = "mail_notice_cancelled"
PAID_MEANWHILE: Final = "mail_paid_meanwhile"


def insert_mails(connection: Connection, mails: Sequence[tuple[dict[str, Any], Sequence[int]]]) -> None:
    """Put mails into the outbox, each with the ids of its notices."""
    links = next_ids(connection, outbox_notices)
    rows = [row for row, _ in mails]
    if rows:
        connection.execute(insert(outbox), rows)
        carried = [
            {"id": next(links), "outbox_id": row["id"], "notice_id": notice} for row, ids in mails for notice in ids
        ]
        connection.execute(insert(outbox_notices), carried)


def load_mails(connection: Connection, *conditions: Any) -> list[Any]:
    """Mails with the number and name of their customer, by id."""
    query = (
        select(outbox, customers.c.customer_no, customers.c.name)
        .join(customers, outbox.c.customer_id == customers.c.id)
        .where(*conditions)
        .order_by(outbox.c.id)
    )
    return list(connection.execute(query))


def notices_of(connection: Connection, mail_ids: Iterable[int]) -> dict[int, list[Any]]:
    """The notices that mails carry, by mail: id, title, status."""
    query = (
        select(outbox_notices.c.outbox_id, notices.c.id, notices.c.title, notices.c.status)
        .join(notices, outbox_notices.c.notice_id == notices.c.id)
        .where(outbox_notices.c.outbox_id.in_(list(mail_ids)))
        .order_by(outbox_notices.c.id)
    )
    found: dict[int, list[Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.outbox_id, []).append(row)
    return found


def change_mail(connection: Connection, mail_id: int, **values: Any) -> None:
    """Change what became of a mail."""
    connection.execute(update(outbox).where(outbox.c.id == mail_id).values(**values))


def cancel_mails_of(connection: Connection, notice_ids: Sequence[int], reason: str) -> None:
    """Cancel what waits to go out and carries nothing but notices that do not stand any more."""
    touched = select(outbox_notices.c.outbox_id).where(outbox_notices.c.notice_id.in_(notice_ids))
    standing = (
        select(outbox_notices.c.outbox_id)
        .join(notices, outbox_notices.c.notice_id == notices.c.id)
        .where(notices.c.status == "issued")
    )
    gone = outbox.c.id.in_(touched) & outbox.c.id.not_in(standing) & outbox.c.status.in_(WAITING)
    connection.execute(update(outbox).where(gone).values(status="cancelled", reason=reason, next_attempt=None))


def claims_of(connection: Connection, notice_ids: Iterable[int]) -> list[Any]:
    """The claims of notices that stand: item, part, what was open of it when it was issued, and until when to pay."""
    query = (
        select(notice_items.c.item_id, notice_items.c.part, notice_items.c.open_amount, notices.c.deadline)
        .join(notices, notice_items.c.notice_id == notices.c.id)
        .where(notice_items.c.notice_id.in_(list(notice_ids)), notice_items.c.level > 0)
        .where(notice_items.c.status == "issued", notices.c.status == "issued")
    )
    return list(connection.execute(query))
