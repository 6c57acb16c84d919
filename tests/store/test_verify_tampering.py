"""Somebody writes to the database past opos: whatever row and column he changes, ``opos verify`` finds it.

Every table of the books but Alembic's own. Each change is made inside a transaction that is taken back, on rows chosen
at random with a fixed start. A value that the database itself refuses (a constraint) is no change.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import Column, Connection, Date, LargeBinary, Table, Text, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from recon.ledger.audit_log import read_history
from recon.ledger.auditor import CHECKS
from recon.service.context import Context
from recon.service.verifying import source_of, verified
from recon.store.books import writing
from recon.store.columns import Day
from recon.store.tables import metadata
from tests.books import Databases
from tests.conftest import template
from tests.store.verify_scenes import decisions

pytestmark = pytest.mark.slow

# Columns in which the database itself refuses whatever is tried here.
REFUSED: Final = {
    "item_parts": {"item_id"},
    "exported_entries": {"entry_id"},
    "pbs_debit_items": {"debit_id"},
    "letters": {"notice_id"},
}
# What makes a copied row one that the database takes.
ANEW: Final[tuple[dict[str, Any], ...]] = (
    {}, {"attempt": 9}, {"kind": "other"}, {"entry_id": 1}, {"account": "19999"}, {"status": "ended"},
    {"due_date": date(2031, 1, 1)}, {"record": 99}, {"customer_id": 1}, {"notice_id": 1}, {"level": 4},
)  # fmt: skip
# The checks, those first that see a change of whatever row.
CHECKS_IN_TURN: Final = sorted(
    (check for _, check in CHECKS), key=lambda check: check.__name__ not in {"seals", "sums"}
)
# How many rows of a table each column is changed in. What the auditor sees is the same on both databases.
TRIES: Final = {"sqlite": 2, "postgresql": 1}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def books(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Context]:
    """The demo books after all decisions: rows in every table."""
    from tests.books import context_of

    address = databases.copy(template(databases, request.param, "returned"))
    contexts: list[Context] = []

    def opened(place: str, day: str, **more: Any) -> Context:
        contexts.append(context_of(place, day, **more))
        return contexts[-1]

    for act in decisions(address, opened, tmp_path_factory.mktemp("exports")):
        act()
    yield opened(address, "2026-12-31")
    for context in contexts:
        context.books.engine.dispose()
    databases.drop(address)


@contextmanager
def tampering(context: Context) -> Iterator[Connection]:
    """A transaction that leaves nothing behind."""
    with writing(context.books) as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: str(table.name))
def test_a_changed_value_is_found(books: Context, table: Table) -> None:
    """Each column, in a few rows, once to something new and once to what another row says."""
    chance = random.Random(f"values of {table.name}")
    missed: set[str] = set()
    tried: set[str] = set()
    with tampering(books) as connection:
        rows = [row._asdict() for row in connection.execute(select(table).order_by(table.c.id))]
        for column in table.columns:
            for row in chance.sample(rows, min(_tries(books), len(rows))):
                for value in _others(connection, column, row, rows, chance):
                    # Once with all checks, which must not stumble over it; then until one of them sees it.
                    look = _sees if column.name in tried else _verifies
                    change = update(table).where(table.c.id == row["id"]).values({column.name: value})
                    outcome = _found_after(connection, change, look)
                    if outcome is not None:
                        tried.add(column.name)
                    if outcome is False:
                        missed.add(column.name)
    assert missed == set()
    # Ids that others point at cannot be changed at all.
    assert {column.name for column in table.columns} - tried <= {"id"} | REFUSED.get(table.name, set())


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: str(table.name))
def test_a_deleted_row_is_found(books: Context, table: Table) -> None:
    """The first, the last, and some between, as far as nothing points at them."""
    chance = random.Random(f"rows of {table.name}")
    with tampering(books) as connection:
        ids = list(connection.execute(select(table.c.id).order_by(table.c.id)).scalars())
        for number in {ids[0], ids[-1], *chance.sample(ids, min(_tries(books), len(ids)))}:
            outcome = _found_after(connection, delete(table).where(table.c.id == number))
            assert outcome is not False, number


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: str(table.name))
def test_an_added_row_is_found(books: Context, table: Table) -> None:
    """A copy of a row under the next id, its unique texts made new."""
    chance = random.Random(f"copies of {table.name}")
    with tampering(books) as connection:
        rows = [row._asdict() for row in connection.execute(select(table).order_by(table.c.id))]
        tried = 0
        for row in chance.sample(rows, min(_tries(books), len(rows))):
            unique = {column.name: f"{row[column.name]}x" for column in table.columns if column.unique}
            copy = {**row, **unique, "id": rows[-1]["id"] + 1}
            for more in ANEW:
                if more.keys() <= copy.keys():
                    outcome = _found_after(connection, insert(table).values({**copy, **more}))
                    tried += outcome is not None
                    assert outcome is not False, copy
    # Every notice of these books has its letter, and none has two.
    assert tried > 0 or table.name == "letters"


def _others(
    connection: Connection, column: Column[Any], row: dict[str, Any], rows: list[dict[str, Any]], chance: random.Random
) -> list[Any]:
    """Values that differ from the row's own: one made up, one that another row has, and nothing where nothing is
    allowed."""
    old = row[column.name]
    values = [_made_up(column, old, chance)]
    for key in column.foreign_keys:
        targets = connection.execute(select(key.column).where(key.column != (old or 0)).order_by(key.column)).scalars()
        values = [chance.choice(list(targets) or [None])]
    known = sorted({other[column.name] for other in rows if other[column.name] not in {old, None}}, key=str)
    if known:
        values.append(chance.choice(known))
    if column.nullable and old is not None:
        values.append(None)
    return values


def _tries(books: Context) -> int:
    return TRIES[books.books.engine.dialect.name]


def _made_up(column: Column[Any], old: Any, chance: random.Random) -> Any:
    if isinstance(column.type, LargeBinary):
        if old is None:
            return b"something"
        place = chance.randrange(len(old))
        return old[:place] + bytes([old[place] ^ (1 << chance.randrange(8))]) + old[place + 1 :]
    if isinstance(column.type, Day | Date):
        return (old or date(2026, 11, 20)) + timedelta(days=chance.choice((-1, 1, 30)))
    if isinstance(column.type, Text):
        return f"{old or ''}{chance.choice('xyz')}"
    return (old or 0) + chance.choice((-1, 1, 100))


def _found_after(
    connection: Connection, statement: Any, look: Callable[[Connection], bool] | None = None
) -> bool | None:
    """Whether verify has a finding after a statement, which is then taken back; ``None`` where the database refuses
    it."""
    point = connection.begin_nested()
    try:
        connection.execute(statement)
    except DBAPIError:
        point.rollback()
        return None
    try:
        return (look or _verifies)(connection)
    finally:
        point.rollback()


def _verifies(connection: Connection) -> bool:
    return bool(verified(connection).findings)


def _sees(connection: Connection) -> bool:
    """Whether any check has a finding: no further than to the first."""
    source = source_of(connection)
    history = read_history(source)
    return any(True for check in CHECKS_IN_TURN for _ in check(source, history))
