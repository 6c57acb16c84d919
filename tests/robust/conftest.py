"""The process that these tests run and kill commands in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.books import Databases, sound
from tests.robust.story import Clean, Command, Driver, files_in, state


@pytest.fixture(scope="session")
def drive() -> Iterator[Driver]:
    """``drive(job, …)``: see ``driver.py``."""
    made = Driver()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def undisturbed(
    databases: Databases, drive: Driver, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, Command], Clean]:
    """``undisturbed("sqlite", command)``: what a command comes to where nothing happens to it; run once a session."""
    known: dict[tuple[str, str], Clean] = {}

    def run(kind: str, command: Command) -> Clean:
        if (kind, command.name) not in known:
            known[kind, command.name] = _run(databases, drive, kind, command, tmp_path_factory.mktemp("undisturbed"))
        return known[kind, command.name]

    return run


def _run(databases: Databases, drive: Driver, kind: str, command: Command, folder: Path) -> Clean:
    books = databases.copy(command.prepared(databases, kind))
    before = state(books)
    job = {"arguments": command.arguments(books, folder / "out"), "steps_to": str(folder / "steps")}
    assert drive({**job, "output": str(folder / "told")}) == [0], (folder / "told").read_text()
    after = state(books)
    assert after != before
    sound(books)
    databases.drop(books)
    return Clean(before, after, files_in(folder / "out"), (folder / "steps").read_text())
