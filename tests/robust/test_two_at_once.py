"""Two processes on the same books: one works, the other leaves with 6 and has done nothing; who only reads is not
disturbed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.books import Databases, dump, sound
from tests.conftest import template
from tests.robust.story import DAY as COMMANDS
from tests.robust.story import Clean, Command, Driver, files_in, settled, start

Undisturbed = Callable[[str, Command], Clean]

LOCKED: Final = 6
# Commands that only read, each at work while another writes; all of them beside `match`, the first beside the others.
READERS: Final = (("items", "list"), ("lines", "list"), ("allocations", "list"), ("collect", "list"), ("verify",),
           ("dunning", "preview"), ("statements", "list"))  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_second_run_leaves_with_6(
    *,
    databases: Databases,
    drive: Driver,
    undisturbed: Undisturbed,
    database: str,
    tmp_path: Path,
    command: Command,
) -> None:
    """The first is held in the middle of its work. The same command, and another that writes, is refused at once;
    readers see the books as they were; then the first goes on and ends as if it had been alone."""
    clean = undisturbed(database, command)
    books = databases.copy(template(databases, database, command.before))
    out = tmp_path / "out"
    readers = READERS if command.name == "match" else READERS[:1]
    waiting, go = tmp_path / "waiting", tmp_path / "go"
    globals_ = ["--books", books, "--as-of", command.day, "--lang", "en"]
    others = [command.arguments(books, out), [*globals_, "dunning", "run"]]
    jobs: list[dict[str, Any]] = [
        {"arguments": command.arguments(books, out), "wait_at": clean.steps * 2 // 3, "waiting": str(waiting),
         "go": str(go)},
        *({"arguments": words, "output": str(tmp_path / f"second{number}")} for number, words in enumerate(others)),
        *({"arguments": [*globals_, *words, "--json"], "output": str(tmp_path / f"reader{number}")}
          for number, words in enumerate(readers)),
    ]  # fmt: skip
    jobs[-1]["then_go"] = str(go)
    ended = drive(*jobs)
    assert ended == [0, *[LOCKED] * len(others), *[0] * len(readers)]
    told = (tmp_path / "second0").read_text()
    assert "books-locked" in told
    assert dump(books) == clean.after
    assert files_in(out) == clean.files
    sound(books)
    if command.whole:
        listed = json.loads((tmp_path / "reader0").read_text())["items"]
        assert sum(_cents(item["open"]) for item in listed) == sum(row["open_amount"] for row in clean.before["items"])


@pytest.mark.parametrize("command", [COMMANDS[1], COMMANDS[2], COMMANDS[4]], ids=lambda command: command.name)
def test_two_started_in_the_same_moment(
    databases: Databases, undisturbed: Undisturbed, database: str, tmp_path: Path, command: Command
) -> None:
    """Whoever comes first, the work is done once: the other is refused or finds nothing to do."""
    clean = undisturbed(database, command)
    books = databases.copy(template(databases, database, command.before))
    both = [start(command.arguments(books, tmp_path / "out")) for _ in range(2)]
    codes = sorted(process.wait(60) for process in both)
    assert codes in ([0, LOCKED], [0, 0])
    settled(books)
    assert dump(books) == clean.after
    assert files_in(tmp_path / "out") == clean.files
    sound(books)


def _cents(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole + part)
