"""Collection proposals (Inkassovorschläge, F-42): what has been through every level and is due for a decision. Derived
on the day, kept nowhere; nothing is handed over by it."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, select

from recon.model.items import PartKind
from recon.model.roles import Action
from recon.service.context import Context, reading
from recon.service.dunnable import Scope, plan_for
from recon.store.dunning_tables import notice_items, notices
from recon.store.ids import shown_id
from recon.store.items import load_items
from recon.store.masters import all_customers
from recon.store.settings import settings_of
from recon.store.tables import items

# In one query.
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Proposal:
    """A part of an item that is proposed for collection since ``since``, the day after which every level has had its
    time."""

    customer: str
    name: str
    item: str
    part: PartKind
    branch: str | None
    due_date: date
    days_overdue: int
    currency: str
    open: int
    level: int
    notice: str
    noticed_on: date
    deadline: date
    since: date


def list_proposals(context: Context, scope: Scope = Scope()) -> list[Proposal]:  # noqa: B008 - a frozen value
    """What is proposed for collection on the day, by customer and due date. Raises Refused."""
    with reading(context, Action.READ) as connection:
        as_of = context.stamp.as_of
        made = plan_for(connection, as_of, settings_of(connection), scope)
        since = {
            (entry.item_id, entry.part): date.fromisoformat(dict(entry.facts)["proposal_on"])
            for entry in made.undunned if entry.reason == "collection_proposed"
        }  # fmt: skip
        found = _proposals(connection, since, as_of)
    return sorted(found, key=lambda one: (one.customer, one.due_date, one.item, one.part))


def _proposals(connection: Connection, since: dict[tuple[int, PartKind], date], as_of: date) -> list[Proposal]:
    people = all_customers(connection)
    wanted = sorted({item_id for item_id, _ in since})
    found = []
    for start in range(0, len(wanted), _AT_ONCE):
        chosen = wanted[start : start + _AT_ONCE]
        last = _last_notices(connection, chosen)
        for item in load_items(connection, items.c.id.in_(chosen)):
            person = people[item.customer_no]
            for part in item.parts:
                if (item.id, part.kind) not in since:
                    continue
                row = last[item.id, part.kind]
                found.append(
                    Proposal(
                        customer=item.customer_no, name=person.name, item=item.invoice_no, part=part.kind,
                        branch=item.branch or person.branch, due_date=part.due_date,
                        days_overdue=(as_of - part.due_date).days, currency=item.currency, open=part.open,
                        level=row.level, notice=shown_id("notices", row.notice_id), noticed_on=row.issued_on,
                        deadline=row.deadline, since=since[item.id, part.kind],
                    )
                )  # fmt: skip
    return found


def _last_notices(connection: Connection, wanted: list[int]) -> dict[tuple[int, PartKind], Any]:
    """The last notice that stands for each part of items. What was said of the whole goes on with the remainder."""
    query = (
        select(notice_items.c.item_id, notice_items.c.part, notice_items.c.level, notice_items.c.notice_id,
               notices.c.issued_on, notices.c.deadline)
        .join(notices, notice_items.c.notice_id == notices.c.id)
        .where(notice_items.c.item_id.in_(wanted), notice_items.c.status == "issued", notice_items.c.level > 0)
        .order_by(notices.c.issued_on, notice_items.c.level, notices.c.id)
    )  # fmt: skip
    found: dict[tuple[int, PartKind], Any] = {}
    for row in connection.execute(query):
        kind = PartKind(row.part)
        found[row.item_id, kind] = row
        if kind is PartKind.TOTAL:
            found[row.item_id, PartKind.REMAINDER] = row
    return found
