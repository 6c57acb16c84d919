"""Complaints, call attempts and promises in the books."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from recon.dunning.calls import done
from recon.model.complaints import Attempt, CallOutcome
from recon.model.items import PartKind
from recon.store.complaint_tables import call_attempts, complaint_events, complaint_files, complaints, promises
from recon.store.dunning_tables import notice_items, notices
from recon.store.ids import next_ids
from recon.store.log import Seal, write
from recon.store.tables import customers, holds, items

ACKNOWLEDGED, STATEMENT, EVIDENCE, RESOLVED = "acknowledged", "statement", "evidence", "resolved"


def insert_complaint(connection: Connection, row: Mapping[str, Any]) -> tuple[int, Seal | None]:
    """Write a complaint; its id."""
    number = next(next_ids(connection, complaints))
    return number, write(connection, complaints, [{"id": number, **row}])


def load_complaints(connection: Connection, *conditions: Any) -> Sequence[Any]:
    """Complaints with item and customer, by id."""
    query = (
        select(complaints, items.c.invoice_no, items.c.currency, customers.c.customer_no, customers.c.name,
               holds.c.lifted_on)
        .join(items, complaints.c.item_id == items.c.id)
        .join(customers, items.c.customer_id == customers.c.id)
        .join(holds, complaints.c.hold_id == holds.c.id)
        .where(*conditions)
        .order_by(complaints.c.id)
    )  # fmt: skip
    return connection.execute(query).all()


def insert_event(
    connection: Connection, row: Mapping[str, Any], content: bytes | None = None
) -> tuple[int, Seal | None]:
    """Write what has happened to a complaint, with the file of a document; its id."""
    number = next(next_ids(connection, complaint_events))
    seal = write(connection, complaint_events, [{"id": number, **row}])
    if content is not None:
        kept = {"id": next(next_ids(connection, complaint_files)), "event_id": number, "content": content}
        connection.execute(insert(complaint_files), [kept])
    return number, seal


def load_events(connection: Connection, *conditions: Any) -> dict[int, list[Any]]:
    """What has happened to complaints, by complaint, in its order."""
    found: dict[int, list[Any]] = {}
    for row in connection.execute(select(complaint_events).where(*conditions).order_by(complaint_events.c.id)):
        found.setdefault(row.complaint_id, []).append(row)
    return found


def file_of(connection: Connection, event_id: int) -> bytes:
    """The file of a document, byte for byte."""
    query = select(complaint_files.c.content).where(complaint_files.c.event_id == event_id)
    return bytes(connection.execute(query).scalar_one())


def insert_attempt(connection: Connection, row: Mapping[str, Any]) -> tuple[int, Seal | None]:
    """Write a call attempt; its id."""
    number = next(next_ids(connection, call_attempts))
    return number, write(connection, call_attempts, [{"id": number, **row}])


def load_attempts(connection: Connection, *conditions: Any) -> dict[int, list[Any]]:
    """Call attempts by notice, in the order in which they were recorded."""
    found: dict[int, list[Any]] = {}
    for row in connection.execute(select(call_attempts).where(*conditions).order_by(call_attempts.c.id)):
        found.setdefault(row.notice_id, []).append(row)
    return found


def attempts_of(rows: Iterable[Any]) -> tuple[Attempt, ...]:
    """Call attempts as the rules see them."""
    return tuple(Attempt(datetime.fromisoformat(row.called_at), CallOutcome(row.outcome)) for row in rows)


def insert_promises(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> tuple[list[int], Seal | None]:
    """Write promises; their ids."""
    numbers = next_ids(connection, promises)
    known = [{"id": next(numbers), **row} for row in rows]
    return [row["id"] for row in known], write(connection, promises, known)


def load_promises(connection: Connection, *conditions: Any) -> Sequence[Any]:
    """Promises with item and customer, what is open now and when their hold was lifted, by id."""
    query = (
        select(promises, items.c.invoice_no, items.c.currency, items.c.open_amount, customers.c.customer_no,
               customers.c.name, holds.c.lifted_on)
        .join(items, promises.c.item_id == items.c.id)
        .join(customers, items.c.customer_id == customers.c.id)
        .join(holds, promises.c.hold_id == holds.c.id)
        .where(*conditions)
        .order_by(promises.c.id)
    )  # fmt: skip
    return connection.execute(query).all()


def replaced_promises(connection: Connection) -> frozenset[int]:
    """The ids of promises in whose place another was made."""
    query = select(promises.c.replaces_id).where(promises.c.replaces_id.is_not(None))
    return frozenset(connection.execute(query).scalars())


def live_promise(connection: Connection, item_id: int, day: date) -> Any:
    """The promise for an item that holds on a day, or ``None``."""
    query = (
        select(promises.c.id, promises.c.hold_id)
        .join(holds, promises.c.hold_id == holds.c.id)
        .where(promises.c.item_id == item_id, promises.c.until >= day, holds.c.lifted_on.is_(None))
        .order_by(promises.c.id.desc())
    )
    return connection.execute(query).first()


def still_calling(connection: Connection) -> frozenset[tuple[int, PartKind]]:
    """The parts whose last notice is a call task that is not through: nobody was spoken to yet, and attempts are
    left."""
    query = (
        select(notices.c.id, notice_items.c.item_id, notice_items.c.part)
        .join(notice_items, notice_items.c.notice_id == notices.c.id)
        .where(notices.c.channel == "phone", notices.c.status == "issued", notice_items.c.status == "issued")
    )
    tasks = connection.execute(query.order_by(notice_items.c.id)).all()
    if not tasks:
        return frozenset()
    made = load_attempts(connection)
    last = {(row.item_id, PartKind(row.part)): row.id for row in tasks}
    return frozenset(part for part, number in last.items() if not done(attempts_of(made.get(number, ()))))


def dispatched(connection: Connection, notice_id: int, day: date) -> None:
    """A notice went out by telephone: on the day of the first call."""
    own = (notices.c.id == notice_id) & notices.c.dispatched_on.is_(None) & (notices.c.status == "issued")
    connection.execute(update(notices).where(own).values(dispatched_on=day))
