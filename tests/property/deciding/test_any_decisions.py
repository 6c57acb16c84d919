"""Whatever people and runs decide, in whatever order: the books prove themselves after each step, taking a decision
back leaves them as they were before it, and no run books on a line what a person has taken from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from recon.service import confirming, listing, matching, undoing
from recon.service.answers import Refused
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.differences import Difference
from recon.service.verifying import verify
from recon.store.books import reading
from recon.store.matching import STANDS, claims_beside
from recon.store.tables import (
    allocations,
    collections,
    customers,
    holds,
    item_parts,
    items,
    lines,
    mandates,
    postings,
)
from tests.books import Databases, context_of
from tests.conftest import template

DAY: Final = "2026-11-25"
# Books with payments, fees, discounts, batches, returns: all matched once.
STAGE: Final = "returned"
# Which line, which invoices, with which amounts, for which reason: numbers that are taken modulo what there is.
NUMBER = st.integers(0, 10_000)
DIFFERENCES = st.sampled_from([None, None, *Difference])
STEP = st.one_of(
    st.tuples(st.just("propose"), NUMBER, st.integers(1, 3), DIFFERENCES, st.none()),
    st.tuples(st.just("name"), NUMBER, NUMBER, DIFFERENCES, st.none() | st.integers(1, 50_000)),
    st.tuples(st.just("two"), NUMBER, NUMBER, DIFFERENCES, st.integers(1, 20_000)),
    st.tuples(st.just("reject"), NUMBER, st.none(), st.none(), st.none()),
    st.tuples(st.just("undo"), NUMBER, st.none(), st.none(), st.none()),
    st.tuples(st.just("match"), st.none(), st.none(), st.none(), st.none()),
)
Step = tuple[str, Any, Any, Any, Any]


@contextmanager
def _books(databases: Databases, kind: str) -> Iterator[Context]:
    address = databases.copy(template(databases, kind, STAGE))
    context = context_of(address, DAY)
    yield context
    context.books.engine.dispose()
    databases.drop(address)


def _state(context: Context) -> dict[str, Any]:
    """What the books come to, whatever way they took."""
    credit = (
        select(postings.c.customer_id, func.sum(postings.c.amount))
        .where(postings.c.role == "customer", postings.c.item_id.is_(None))
        .group_by(postings.c.customer_id)
    )
    account = select(postings.c.account, func.sum(postings.c.amount)).group_by(postings.c.account)
    queries = {
        "items": select(items.c.id, items.c.open_amount).order_by(items.c.id),
        "parts": select(item_parts).order_by(item_parts.c.id),
        "lines": select(lines.c.id, lines.c.open_amount).order_by(lines.c.id),
        "collections": select(collections.c.id, collections.c.status).order_by(collections.c.id),
        "mandates": select(mandates).order_by(mandates.c.id),
        "customers": select(customers).order_by(customers.c.id),
        "held": select(holds.c.item_id, holds.c.kind).where(holds.c.lifted_on.is_(None)).order_by(holds.c.item_id),
    }
    with reading(context.books) as connection:
        found: dict[str, Any] = {name: list(connection.execute(query)) for name, query in queries.items()}
        for name, query in (("credit", credit), ("accounts", account)):
            found[name] = sorted((key, total) for key, total in connection.execute(query) if total)
        found["beside"] = claims_beside(connection)
    return found


def _do(context: Context, step: Step) -> bool:
    """One step; whether it has booked something that ``undo --last`` takes back."""
    what, first, second, third, fourth = step
    if what == "match":
        return matching.match_all(context).booked > 0
    waiting = [line for line in listing.list_lines(context) if line.open]
    line = waiting[first % len(waiting)]
    if what == "reject":
        confirming.reject(context, line.id)
        return False
    if what == "undo":
        standing = [one for one in listing.list_allocations(context) if one.status == "booked" and one.line]
        if standing:
            undoing.undo(context, allocation=standing[first % len(standing)].id)
        return False
    if what == "propose":
        confirming.confirm(context, line.id, rank=second, difference=third, reason="geprüft")
        return True
    owed = [entry.item for entry in listing.list_items(context) if entry.item.open]
    named = [owed[second % len(owed)]]
    if what == "two":
        named.append(owed[(second + 1) % len(owed)])
    wanted = [Wanted(named[0].invoice_no, fourth), *(Wanted(item.invoice_no, None) for item in named[1:])]
    confirming.confirm(context, line.id, wanted, difference=third, reason="geprüft")
    return True


def _taken(context: Context) -> set[tuple[int, int]]:
    """Lines and items that a person has taken apart."""
    back = select(allocations.c.line_id, allocations.c.item_id).where(
        allocations.c.reverses_id.is_not(None), allocations.c.item_id.is_not(None)
    )
    with reading(context.books) as connection:
        return {(row.line_id, row.item_id) for row in connection.execute(back)}


def _booked_by_runs(context: Context, after: int) -> set[tuple[int, int]]:
    query = select(allocations.c.line_id, allocations.c.item_id).where(
        STANDS, allocations.c.run_id.is_not(None), allocations.c.id > after
    )
    with reading(context.books) as connection:
        return {(row.line_id, row.item_id) for row in connection.execute(query)}


def _newest(context: Context) -> int:
    with reading(context.books) as connection:
        return int(connection.execute(select(func.max(allocations.c.id))).scalar() or 0)


def _play(context: Context, steps: list[Step]) -> None:
    for step in steps:
        before, newest, taken = _state(context), _newest(context), _taken(context)
        try:
            booked = _do(context, step)
        except Refused:
            assert _state(context) == before
            continue
        assert verify(context).findings == (), step
        assert not _booked_by_runs(context, newest) & taken
        if booked:
            after = _state(context)
            undoing.undo(context, last=True, again=True)
            assert _state(context) == before, step
            assert verify(context).findings == (), step
            # And the way on from there: the same once more gives the same. A confirmed proposal is used up.
            if step[0] != "propose":
                _do(context, step)
                assert _state(context) == after, step


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(STEP, min_size=1, max_size=7))
def test_on_sqlite(databases: Databases, steps: list[Step]) -> None:
    with _books(databases, "sqlite") as context:
        _play(context, steps)


@pytest.mark.slow
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(STEP, min_size=2, max_size=6))
def test_on_postgresql(databases: Databases, steps: list[Step]) -> None:
    with _books(databases, "postgresql") as context:
        _play(context, steps)
