"""Two processes on the same books: one works, the other leaves with 6 and has done nothing; who only reads is not
disturbed."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.books import ARCHIVE, BANK, STATEMENTS, Databases, dump, sound
from tests.conftest import template
from tests.robust.story import DAY as COMMANDS
from tests.robust.story import MANY, Clean, Command, Driver, files_in, settled, state

Undisturbed = Callable[[str, Command], Clean]

LOCKED: Final = 6
# How often each pair is started.
ROUNDS: Final = {"sqlite": MANY or 2, "postgresql": MANY or 1}
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


def _pair(name: str, before: str, day: str, *both: tuple[str, ...]) -> tuple[Command, Command]:
    one, other = (Command(f"{name} {number}", before, day, words) for number, words in enumerate(both, start=1))
    return one, other


_BOTH_DAYS: Final = ("import", *(str(BANK / name) for name in STATEMENTS))
_ONE_DAY: Final = ("import", str(BANK / STATEMENTS[1]))
_EXPORT: Final = ("collect", "export", "--out", "{out}")
_CREATE: Final = ("collect", "create", "--due-until", "2026-11-25")
# What would count money twice if two did it at once.
PAIRS: Final = (
    _pair("match twice", "imported", "2026-11-20", ("match",), ("match",)),
    _pair("match and confirm its line", "imported", "2026-11-20",
          ("match",), ("match", "confirm", "L1", "RE-2026-0815")),
    _pair("confirm a line on two items", "matched", "2026-11-20",
          ("match", "confirm", "L11", "RE-2026-0838"), ("match", "confirm", "L11", "RE-2026-0861")),
    _pair("confirm two lines on an item", "matched", "2026-11-20",
          ("match", "confirm", "L9", "RE-2026-0818"), ("match", "confirm", "L30", "RE-2026-0818")),
    _pair("undo an allocation twice", "matched", "2026-11-20", ("match", "undo", "A6"), ("match", "undo", "A6")),
    _pair("undo a run and a part of it", "matched", "2026-11-20", ("match", "undo", "--run", "M1"),
          ("match", "undo", "A6")),
    _pair("create twice", "matched", "2026-11-20", _CREATE, _CREATE),
    _pair("create all and a branch", "matched", "2026-11-20", _CREATE, (*_CREATE, "--branch", "K01")),
    _pair("export twice", "created", "2026-11-20", _EXPORT, _EXPORT),
    _pair("export and cancel", "created", "2026-11-20", _EXPORT, ("collect", "cancel", "B1")),
    _pair("issue twice", "frozen", "2026-11-25", ("dunning", "issue", "D3"), ("dunning", "issue", "D3")),
    _pair("issue and cancel", "frozen", "2026-11-25", ("dunning", "issue", "D3"), ("dunning", "cancel", "D3")),
    _pair("import the same twice", "reminded", "2026-11-20", _BOTH_DAYS, _BOTH_DAYS),
    _pair("import what overlaps", "reminded", "2026-11-20", _BOTH_DAYS, _ONE_DAY),
    _pair("import and match", "imported", "2026-11-24", ("import", str(BANK / ARCHIVE)), ("match",)),
    _pair("remove a statement and match it", "imported", "2026-11-20",
          ("statements", "remove", "S3", "--reason", "wrong file"), ("match",)),
)  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0].name.removesuffix(" 1"))
def test_two_started_in_the_same_moment(
    databases: Databases, drive: Driver, database: str, tmp_path: Path, pair: tuple[Command, Command]
) -> None:
    """Two processes, started in the same moment and then some time apart: it ends as if one had come after the other,
    or as if the one that leaves with 6 had never been."""
    chance = random.Random(f"{database} {pair[0].name}")
    known: dict[tuple[int, ...], tuple[list[int], dict[str, Any], dict[str, bytes]]] = {}

    def alone(*order: int) -> tuple[list[int], dict[str, Any], dict[str, bytes]]:
        """How it ends where these run one after the other."""
        if order not in known:
            books = databases.copy(pair[0].prepared(databases, database))
            out = tmp_path / f"alone{order}"
            codes = drive(*({"arguments": pair[number].arguments(books, out)} for number in order))
            known[order] = ([codes[order.index(number)] for number in sorted(order)], state(books), files_in(out))
            databases.drop(books)
        return known[order]

    for turn in range(ROUNDS[database]):
        delays = [0.0, 0.0] if turn == 0 else [chance.uniform(0, 0.15) for _ in pair]
        print(f"{pair[0].name} on {database}, delays {delays}")
        books, out = databases.copy(pair[0].prepared(databases, database)), tmp_path / f"out{turn}"
        told = [tmp_path / f"told{turn}-{number}" for number in range(2)]
        codes = drive(
            *({"arguments": pair[number].arguments(books, out), "delay": delays[number], "output": str(told[number])}
              for number in range(2))
        )  # fmt: skip
        settled(books)
        found = state(books), files_in(out)
        if LOCKED in codes:
            winner = 1 - codes.index(LOCKED)
            assert "books-locked" in told[1 - winner].read_text()
            assert (codes[winner : winner + 1], *found) == alone(winner)
        else:
            assert (codes, *found) in (alone(0, 1), alone(1, 0)), [one.read_text() for one in told]
        sound(books)
        databases.drop(books)


def _cents(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole + part)
