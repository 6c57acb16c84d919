"""Dunning of very many items: what is read in one go is what stands in the books, a plan of it is the plan by its
definition, and a run asks the books as often for many notices as for few.

Statements are counted, not seconds: they are the same on every machine.
"""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, select

from bench.books import STAMP
from bench.dunning_books import fill
from recon.dunning.plan import plan
from recon.model.dunning import DunnablePart, PartState
from recon.model.items import PartKind
from recon.model.roles import Action
from recon.service import dunning
from recon.service.context import Context, open_context, reading
from recon.service.dunnable import Scope, credits_of, open_parts, plan_for
from recon.service.dunning.results import DunningResult
from recon.store.batches import load_collections
from recon.store.dunnable import Hold
from recon.store.holds import DUNNING, holds_on, told_of
from recon.store.ids import shown_id
from recon.store.items import LIVE, load_items
from recon.store.masters import all_customers
from recon.store.matching import load_proposals
from recon.store.settings import settings_of
from recon.store.tables import collections, item_parts, items

DAY = STAMP.as_of


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Context:
    path = str(tmp_path_factory.mktemp("dunning") / "world.db")
    fill(path, 600)
    return open_context(path, STAMP)


def _one_by_one(connection: Connection, day: date) -> list[DunnablePart]:
    """Every open part, each fact asked for by itself."""
    people = all_customers(connection)
    held: dict[int, Hold] = {}
    for line, proposals in load_proposals(connection).items():
        held |= {share.item_id: ("payment_found", None, (("line", shown_id("lines", line)),))
                 for share in proposals[0].shares if share.item_id is not None}  # fmt: skip
    held |= {item: (row.kind, row.until, told_of(row)) for item, row in holds_on(connection, day, DUNNING).items()}
    for row in load_collections(connection, collections.c.status.in_(LIVE)):
        batch = ("batch", shown_id("batches", row.batch_id)), ("date", row.collection_date.isoformat())
        held[row.item_id] = ("in_collection", None, batch)
    found = []
    for item in load_items(connection, items.c.open_amount != 0):
        for part in item.parts:
            own = (item_parts.c.item_id == item.id) & (item_parts.c.kind == part.kind.value)
            row = connection.execute(select(item_parts).where(own)).one()
            state = PartState(row.dunning_level, row.last_notice_on, row.last_deadline)
            reason, until, facts = held.get(item.id, (None, None, ()))
            if part.open != 0 or len(item.parts) == 1:
                found.append(DunnablePart(
                    item.id, item.invoice_no, item.customer_no, item.branch or people[item.customer_no].branch,
                    part.kind, part.due_date, part.amount, part.open, item.currency, state, item.language, reason,
                    until, facts,
                ))  # fmt: skip
    return found


def test_pain_11_parts_read_at_once_are_those_of_the_books(books: Context) -> None:
    with reading(books, Action.READ) as connection:
        at_once = open_parts(connection, DAY, items.c.open_amount != 0)
        by_key = {(part.item_id, part.part): part for part in at_once}
        expected = {(part.item_id, part.part): part for part in _one_by_one(connection, DAY)}
    assert by_key == expected
    assert len(at_once) == len(expected) > 600
    assert {part.hold for part in at_once} == {None, "payment_found", "blocked", "disputed", "in_collection"}
    assert {part.part for part in at_once} == set(PartKind)


@pytest.mark.parametrize("later", [0, 3, 30])
@pytest.mark.parametrize(("branch", "level"), [(None, None), ("K02", None), (None, 2)])
def test_pain_11_the_plan_of_the_books_is_the_plan_by_its_definition(
    books: Context, later: int, branch: str | None, level: int | None
) -> None:
    day = DAY + timedelta(later)
    with reading(books, Action.READ) as connection:
        settings = settings_of(connection)
        made = plan_for(connection, day, settings, Scope(branch, None, level))
        parts = [part for part in _one_by_one(connection, day) if branch in {None, part.branch}]
        branches = {one.code: one for one in settings.branches}
        people, owed = all_customers(connection), credits_of(connection)
    assert made == plan(parts, people, branches, settings.dunning, day, level=level, credits=owed)
    assert made.notices
    assert made.undunned


def test_pain_11_the_plan_of_one_customer_is_his_part_of_the_plan(books: Context) -> None:
    with reading(books, Action.READ) as connection:
        settings = settings_of(connection)
        whole = plan_for(connection, DAY, settings, Scope())
        owner = {part.item_id: part.customer_no for part in open_parts(connection, DAY, items.c.open_amount != 0)}
        for customer in sorted(set(owner.values()))[:25]:
            own = plan_for(connection, DAY, settings, Scope(customer=customer))
            assert own.notices == tuple(one for one in whole.notices if one.customer_no == customer)
            assert own.undunned == tuple(one for one in whole.undunned if owner[one.item_id] == customer)


def _asked(folder: Path, count: int) -> tuple[dict[str, int], DunningResult]:
    """How many statements preview, run and issue take over so many items."""
    path = str(folder / f"{count}.db")
    fill(path, count)
    context = open_context(path, STAMP)
    asked: list[str] = []
    event.listen(context.books.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    found = {}
    dunning.preview(context, Scope())
    found["preview"] = len(asked)
    made = dunning.freeze(context, Scope())
    found["run"] = len(asked)
    assert made.run is not None
    issued = dunning.issue(context, made.run)
    found["issue"] = len(asked)
    return found, issued


def test_pain_11_many_notices_take_no_more_statements_than_few(tmp_path: Path) -> None:
    few, some = _asked(tmp_path, 300)
    many, more = _asked(tmp_path, 900)
    assert len(more.notices) > 2 * len(some.notices) > 60
    assert many == few
