"""What dunning looks at: every open part with its state and what holds it, and the plan for a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from recon.dunning.plan import Plan, plan
from recon.model.dunning import DunnablePart, PartState
from recon.model.finding import Finding, error, warning
from recon.model.items import DocumentType
from recon.model.matching import Band
from recon.model.settings import Settings
from recon.service.answers import Refused
from recon.store import notices as store
from recon.store.batches import load_collections
from recon.store.dunning_texts import own_texts
from recon.store.holds import DUNNING, holds_on
from recon.store.ids import shown_id
from recon.store.items import LIVE, load_items
from recon.store.masters import all_customers
from recon.store.matching import load_proposals
from recon.store.pbs import LIVE as PBS_LIVE
from recon.store.pbs import load_debit_items
from recon.store.pbs_tables import pbs_debit_items
from recon.store.tables import accounts, collections, customers, items, postings, statements
from sepa.calendar import add_bank_days

Hold = tuple[str, date | None, tuple[tuple[str, str], ...]]

# A found but undecided payment keeps its item from being dunned; a bare equality of amounts does not.
_FOUND = frozenset({Band.CERTAIN, Band.HIGH, Band.MEDIUM})


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run looks at: a branch, a customer, a level; ``None`` is all (V-21 to V-23)."""

    branch: str | None = None
    customer: str | None = None
    level: int | None = None


def plan_for(connection: Connection, as_of: date, settings: Settings, scope: Scope) -> Plan:
    """Who would be reminded on a day. Raises Refused for an unknown branch or customer."""
    branches = {branch.code: branch for branch in settings.branches}
    if scope.branch is not None and scope.branch not in branches:
        raise Refused(error("branch-unknown", "--branch", branch=scope.branch))
    people = all_customers(connection)
    if scope.customer is not None and scope.customer not in people:
        raise Refused(error("customer-unknown", "--customer", customer=scope.customer))
    condition = items.c.open_amount != 0
    if scope.customer is not None:
        condition &= items.c.customer_id == people[scope.customer].id
    parts = [part for part in open_parts(connection, as_of, condition, people) if scope.branch in {None, part.branch}]
    return plan(
        parts, people, branches, settings.dunning, as_of,
        level=scope.level, credits=_credits(connection), own=own_texts(connection),
    )  # fmt: skip


def open_parts(connection: Connection, as_of: date, condition: Any, people: Mapping[str, Any]) -> list[DunnablePart]:
    """The parts of the items that a condition picks, of which something is open, as dunning sees them."""
    states = store.part_states(connection)
    hold_of = _holds(connection, as_of)
    nothing = PartState()
    found = []
    # What we owe others is no claim and no credit of a customer.
    for item in load_items(connection, condition & (items.c.document_type != DocumentType.PURCHASE_INVOICE.value)):
        branch = item.branch or people[item.customer_no].branch
        for part in item.parts:
            if part.open != 0 or len(item.parts) == 1:
                state = states.get((item.id, part.kind), nothing)
                found.append(store.dunnable(item, part, state, hold_of.get(item.id), branch))
    return found


def _holds(connection: Connection, as_of: date) -> dict[int, Hold]:
    """What keeps items from being dunned: an undecided payment, then a hold, then a collection on its way."""
    found: dict[int, Hold] = {}
    for line_id, proposals in load_proposals(connection).items():
        if proposals[0].band in _FOUND:
            for share in proposals[0].shares:
                if share.item_id is not None and share.amount > 0:
                    found[share.item_id] = ("payment_found", None, (("line", shown_id("lines", line_id)),))
    for item_id, row in holds_on(connection, as_of, DUNNING).items():
        found[item_id] = (row.kind, row.until, (("reason", row.reason),))
    for row in load_collections(connection, collections.c.status.in_(LIVE)):
        found[row.item_id] = ("in_collection", None, _batch(row))
    for row in load_debit_items(connection, pbs_debit_items.c.status.in_(PBS_LIVE)):
        facts = (("batch", shown_id("pbs_deliveries", row.delivery_id)), ("date", row.collect_on.isoformat()))
        found[row.item_id] = ("in_collection", None, facts)
    return found


def _batch(row: Any) -> tuple[tuple[str, str], ...]:
    return ("batch", shown_id("batches", row.batch_id)), ("date", row.collection_date.isoformat())


def _credits(connection: Connection) -> dict[str, int]:
    """What customers have to their credit beside their items, minor units."""
    query = (
        select(customers.c.customer_no, func.sum(postings.c.amount))
        .join(customers, postings.c.customer_id == customers.c.id)
        .where(postings.c.role == "customer", postings.c.item_id.is_(None))
        .group_by(customers.c.customer_no)
    )
    return {number: -int(total) for number, total in connection.execute(query) if total < 0}


def next_dates(connection: Connection, settings: Settings, as_of: date) -> dict[int, date]:
    """When each open item may get its next notice, by item."""
    made = plan_for(connection, as_of, settings, Scope())
    found: dict[int, date] = {entry.item_id: entry.next_on for entry in made.undunned if entry.next_on is not None}
    for notice in made.notices:
        found.update({line.item_id: as_of for line in notice.items})
    return found


def stale_accounts(connection: Connection, as_of: date, settings: Settings) -> tuple[Finding, ...]:
    """Accounts whose last statement is older than the settings allow: who has paid may be reminded by mistake."""
    query = (
        select(accounts.c.iban, func.max(statements.c.closing_date))
        .join(statements, statements.c.account_id == accounts.c.id)
        .group_by(accounts.c.iban)
        .order_by(accounts.c.iban)
    )
    days = settings.dunning.staleness_bank_days
    return tuple(
        warning("statements-stale", iban, account=iban, last=last, days=days)
        for iban, last in connection.execute(query)
        if last is not None and add_bank_days(last, days) < as_of
    )
