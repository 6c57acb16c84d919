"""The same commands give the same books on SQLite and on PostgreSQL, at every stage of the story (promise 9)."""

import pytest

from tests.books import STAGES, Databases, dump
from tests.conftest import template


@pytest.mark.parametrize("stage", STAGES[1:])
def test_the_same_books_on_both(databases: Databases, stage: str) -> None:
    """Every row of every table: ids, texts, evidence, bytes of the files."""
    assert dump(template(databases, "sqlite", stage)) == dump(template(databases, "postgresql", stage))


def test_the_same_story_twice(databases: Databases) -> None:
    """Played again from the start, the books are the same to the last byte, the hashes of the log included."""
    from sqlalchemy import select

    from recon.store.tables import log
    from tests.books import play, rows

    again = databases.empty("sqlite")
    for stage in STAGES:
        play(again, stage)
    once = template(databases, "sqlite", STAGES[-1])
    assert dump(again) == dump(once)
    assert rows(again, select(log.c.hash).order_by(log.c.id)) == rows(once, select(log.c.hash).order_by(log.c.id))
    databases.drop(again)
