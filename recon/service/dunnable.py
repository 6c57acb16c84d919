"""What dunning looks at: every open part with its state and what holds it, and the plan for a day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from recon.dunning.plan import Plan, plan_accounts
from recon.model.dunning import DunnablePart
from recon.model.finding import Finding, error, warning
from recon.model.items import Customer
from recon.model.matching import Band
from recon.model.settings import Settings
from recon.service.answers import Refused
from recon.service.pausing import without_collector
from recon.store.batches import load_collections
from recon.store.dunnable import Hold, read_accounts
from recon.store.dunning_past import past_of
from recon.store.dunning_texts import own_texts
from recon.store.holds import DUNNING, holds_on, told_of
from recon.store.ids import shown_id
from recon.store.items import LIVE
from recon.store.matching import first_proposed
from recon.store.pbs import LIVE as PBS_LIVE
from recon.store.pbs import load_debit_items
from recon.store.pbs_tables import pbs_debit_items
from recon.store.settings import settings_of
from recon.store.tables import accounts, collections, customers, items, postings, statements
from sepa.calendar import add_bank_days

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
    owner = None
    if scope.customer is not None:
        owner = connection.execute(select(customers.c.id).where(customers.c.customer_no == scope.customer)).scalar()
        if owner is None:
            raise Refused(error("customer-unknown", "--customer", customer=scope.customer))
    picked = items.c.open_amount != 0 if owner is None else (items.c.open_amount != 0) & (items.c.customer_id == owner)
    accounts = _accounts(connection, settings, picked, _holds(connection, as_of, None if owner is None else picked))
    if scope.branch is not None:
        accounts = ((one, [part for part in own if part.branch == scope.branch]) for one, own in accounts)
    owners = None if owner is None else select(customers.c.id).where(customers.c.id == owner)
    with without_collector():
        return plan_accounts(
            accounts, branches, settings.dunning, as_of,
            level=scope.level, credits=credits_of(connection, owners), own=own_texts(connection),
        )  # fmt: skip


def open_parts(connection: Connection, as_of: date, picked: ColumnElement[bool]) -> list[DunnablePart]:
    """The parts of the items that a condition picks, of which something is open, as dunning sees them. By item."""
    accounts = _accounts(connection, settings_of(connection), picked, _holds(connection, as_of, picked))
    return sorted((part for _, parts in accounts for part in parts), key=attrgetter("item_id"))


def _accounts(
    connection: Connection, settings: Settings, picked: ColumnElement[bool], holds: Mapping[int, Hold]
) -> Iterator[tuple[Customer, list[DunnablePart]]]:
    """Each customer with his parts; with what went before, where the procedure asks for it."""
    accounts = read_accounts(connection, picked, holds)
    past = past_of(connection, settings.dunning)
    return accounts if past is None else ((one, [past.of(part) for part in own]) for one, own in accounts)


def open_accounts(
    connection: Connection, as_of: date, picked: ColumnElement[bool]
) -> Iterator[tuple[Customer, list[DunnablePart]]]:
    """The same, customer by customer, without what went before."""
    return read_accounts(connection, picked, _holds(connection, as_of, picked))


def _holds(connection: Connection, as_of: date, picked: ColumnElement[bool] | None) -> dict[int, Hold]:
    """What keeps items from being dunned: an undecided payment, then a hold, then a collection on its way. ``picked``
    narrows what there is much of, where few items are asked for."""
    found: dict[int, Hold] = {
        item_id: ("payment_found", None, (("line", shown_id("lines", line_id)),))
        for item_id, line_id in first_proposed(connection, _FOUND).items()
    }
    for item_id, row in holds_on(connection, as_of, DUNNING).items():
        found[item_id] = (row.kind, row.until, told_of(row))
    for row in load_collections(connection, collections.c.status.in_(LIVE), *_among(collections.c.item_id, picked)):
        found[row.item_id] = ("in_collection", None, _batch(row))
    delivered = pbs_debit_items.c.status.in_(PBS_LIVE), *_among(pbs_debit_items.c.item_id, picked)
    for row in load_debit_items(connection, *delivered):
        facts = (("batch", shown_id("pbs_deliveries", row.delivery_id)), ("date", row.collect_on.isoformat()))
        found[row.item_id] = ("in_collection", None, facts)
    return found


def _among(column: Any, picked: ColumnElement[bool] | None) -> tuple[ColumnElement[bool], ...]:
    return () if picked is None else (column.in_(select(items.c.id).where(picked)),)


def _batch(row: Any) -> tuple[tuple[str, str], ...]:
    return ("batch", shown_id("batches", row.batch_id)), ("date", row.collection_date.isoformat())


def credits_of(connection: Connection, owners: Select[tuple[int]] | None = None) -> dict[str, int]:
    """What customers, all or some, have to their credit beside their items, minor units."""
    query = (
        select(customers.c.customer_no, func.sum(postings.c.amount))
        .join(customers, postings.c.customer_id == customers.c.id)
        .where(postings.c.role == "customer", postings.c.item_id.is_(None))
        .group_by(customers.c.customer_no)
    )
    if owners is not None:
        query = query.where(postings.c.customer_id.in_(owners))
    return {number: -int(total) for number, total in connection.execute(query) if total < 0}


@dataclass(frozen=True, slots=True)
class Ahead:
    """What comes next, by item: the day of its next notice, or that it is proposed for collection."""

    dates: Mapping[int, date]
    proposed: frozenset[int]


def ahead(connection: Connection, settings: Settings, as_of: date, customer: str | None = None) -> Ahead:
    """When each open item, or each of a customer, may get its next notice, and which are proposed for collection."""
    made = plan_for(connection, as_of, settings, Scope(customer=customer))
    found: dict[int, date] = {entry.item_id: entry.next_on for entry in made.undunned if entry.next_on is not None}
    for notice in made.notices:
        found.update({line.item_id: as_of for line in notice.items})
    proposed = frozenset(entry.item_id for entry in made.undunned if entry.reason == "collection_proposed")
    return Ahead(found, proposed)


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
