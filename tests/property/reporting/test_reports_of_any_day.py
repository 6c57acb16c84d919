"""Whatever was decided when: of every day the reports add up, agree with the ledger, and stay as they were known."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from recon.service import account_sheet, confirming, listing, matching, reconciling, reporting, undoing
from recon.service.answers import Refused
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.journal import journal
from recon.service.reporting import Look
from tests.books import Databases, context_of, dump
from tests.conftest import template

FIRST: Final = date(2026, 11, 25)
NUMBER = st.integers(0, 10_000)
STEP = st.tuples(
    st.sampled_from(["propose", "name", "undo", "undo", "match"]), NUMBER, NUMBER, st.none() | st.integers(1, 30_000),
    st.integers(0, 9),
)  # fmt: skip
Step = tuple[str, int, int, int | None, int]
KNOWN: Final = Look(known=True)
# Books are too dear to try the same again and again for the shortest way to a failure.
PHASES: Final = (Phase.explicit, Phase.generate)


@contextmanager
def _on(address: str, day: date) -> Iterator[Context]:
    context = context_of(address, day.isoformat())
    yield context
    context.books.engine.dispose()


def _do(context: Context, step: Step) -> None:
    what, first, second, amount, _ = step
    if what == "match":
        matching.match_all(context)
        return
    if what == "undo":
        standing = [one for one in listing.list_allocations(context) if one.status == "booked" and one.line]
        if standing:
            undoing.undo(context, allocation=standing[first % len(standing)].id)
        return
    waiting = [line for line in listing.list_lines(context) if line.open]
    line = waiting[first % len(waiting)]
    if what == "propose":
        confirming.confirm(context, line.id)
        return
    owed = [entry.item for entry in listing.list_items(context) if entry.item.open]
    confirming.confirm(context, line.id, [Wanted(owed[second % len(owed)].invoice_no, amount)])


def _ledger(books: dict[str, list[dict[str, Any]]], day: str) -> int:
    """The customers' accounts at the end of a day, worked out from the bare rows: an entry counts on its booking day, a
    claim on that of its document."""
    heads = {row["id"]: row for row in books["entries"]}
    issued = {row["id"]: row["issue_date"] for row in books["items"]}
    total = 0
    for row in books["postings"]:
        if row["role"] != "customer":
            continue
        head = heads[row["entry_id"]]
        counts = head["booked_on"]
        if head["kind"] == "take_over":
            counts = issued[row["item_id"]] or counts
        total += row["amount"] if counts <= day else 0
    return total


def _known(context: Context) -> tuple[Any, ...]:
    return (
        list(reporting.open_on(context, KNOWN)), reporting.ageing(context, KNOWN),
        [(line.id, line.open) for line in reporting.unmatched(context, KNOWN)],
        list(journal(context, look=KNOWN)), reconciling.reconciliation(context, look=KNOWN),
        account_sheet.account_sheet(context, "10019", known=True),
    )  # fmt: skip


def _adds_up(context: Context, books: dict[str, list[dict[str, Any]]]) -> None:
    rows = reporting.ageing(context)
    parts = list(reporting.open_on(context))
    total = sum(row.total for row in rows)
    assert total == sum(sum(row.buckets) + row.credit for row in rows)
    assert total == sum(part.open for part in parts) + sum(row.credit for row in rows)
    assert total == _ledger(books, context.stamp.as_of.isoformat())
    assert total == sum(row.total for row in reporting.ageing_by_item(context))
    branches = [reporting.ageing(context, Look(branch=code)) for code in ("K01", "K02", "K03")]
    assert total == sum(row.total for branch in branches for row in branch)
    for row in rows[:3]:
        assert sum(sheet.closing for sheet in account_sheet.account_sheet(context, row.customer_no)) == row.total
    accounts = reconciling.reconciliation(context)
    assert all(row.difference == 0 for row in accounts)
    assert sum(row.open_sum for row in accounts) == sum(line.open for line in reporting.unmatched(context))


def _play(databases: Databases, kind: str, steps: list[Step]) -> None:
    address = databases.copy(template(databases, kind, "returned"))
    seen: dict[date, tuple[Any, ...]] = {}
    day = FIRST
    for step in steps:
        later = day + timedelta(days=step[4])
        if later > day:
            with _on(address, day) as context:
                seen[day] = _known(context)
            day = later
        with _on(address, day) as context:
            try:
                _do(context, step)
            except Refused:
                continue
    books = dump(address)
    for then, known in seen.items():
        with _on(address, then) as context:
            assert _known(context) == known
    for then in (date(2026, 9, 30), date(2026, 10, 31), date(2026, 11, 20), FIRST, day):
        with _on(address, then) as context:
            _adds_up(context, books)
    databases.drop(address)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, phases=PHASES)
@given(st.lists(STEP, min_size=2, max_size=10))
def test_on_sqlite(databases: Databases, steps: list[Step]) -> None:
    _play(databases, "sqlite", steps)


@pytest.mark.slow
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, phases=PHASES)
@given(st.lists(STEP, min_size=3, max_size=8))
def test_on_postgresql(databases: Databases, steps: list[Step]) -> None:
    _play(databases, "postgresql", steps)
