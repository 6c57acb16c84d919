"""Kill the process anywhere: the books are as before or as after, never between, and the command repeated ends where
an undisturbed one ends (promise 5)."""

import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.books import Databases, dump
from tests.commandline import command as run_here
from tests.conftest import template
from tests.robust.story import COMMANDS, Clean, Command, Driver, files_in, settled, start

KILLED = -signal.SIGKILL
SEED = random.SystemRandom().randrange(10**6)
# Steps at which each command is killed, by database.
STEPS = {"sqlite": 5, "postgresql": 3}
# Moments at which each command is killed by the clock: 20 in all on SQLite, 5 on PostgreSQL.
MOMENTS = {"sqlite": (4, 4, 4, 4, 4), "postgresql": (1, 1, 1, 1, 1)}

Undisturbed = Callable[[str, Command], Clean]


def _repeated(command: Command, books: str, out: Path) -> None:
    """After a kill: the books prove sound as they are, and the command goes through."""
    verified = run_here("--books", books, "verify", "--json")
    assert verified.code == 0, verified.out
    again = run_here(*command.arguments(books, out))
    assert again.code == 0, again.err


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_killed_at_a_step(
    *,
    databases: Databases,
    drive: Driver,
    undisturbed: Undisturbed,
    database: str,
    tmp_path: Path,
    command: Command,
) -> None:
    """SIGKILL just before a statement, a commit, a file: at random steps, the first and the last two among them."""
    chance = random.Random(f"{SEED} {database} {command.name}")
    clean = undisturbed(database, command)
    steps = clean.steps
    chosen = sorted({steps, steps - 1, *chance.sample(range(1, steps + 1), min(STEPS[database], steps) - 2)})
    print(f"seed {SEED}: {command.name} on {database}, killed at {chosen} of {steps} steps")
    books = {step: databases.copy(template(databases, database, command.before)) for step in chosen}
    folders = {step: tmp_path / f"out{step}" for step in chosen}
    ended = drive(*({"arguments": command.arguments(books[step], folders[step]), "kill_at": step} for step in chosen))
    assert ended == [KILLED] * len(chosen)
    for step in chosen:
        settled(books[step])
        found = dump(books[step])
        if command.whole:
            assert found in (clean.before, clean.after), f"between: killed at step {step} of {steps}, seed {SEED}"
        if found == clean.after:
            assert files_in(folders[step]) == clean.files, "the books say exported, and the files are not there"
        _repeated(command, books[step], folders[step])
        assert dump(books[step]) == clean.after, f"killed at step {step} of {steps}, seed {SEED}"
        assert files_in(folders[step]) == clean.files, f"killed at step {step} of {steps}, seed {SEED}"
        databases.drop(books[step])


@pytest.mark.parametrize("number", range(5), ids=lambda number: COMMANDS[number].name)
def test_killed_by_the_clock(
    databases: Databases, undisturbed: Undisturbed, database: str, tmp_path: Path, number: int
) -> None:
    """SIGKILL at random moments between the start of ``opos`` and the time that it normally takes."""
    command = COMMANDS[number]
    chance = random.Random(f"{SEED} {database} {command.name} clock")
    clean = undisturbed(database, command)
    books = databases.copy(template(databases, database, command.before))
    begin = time.monotonic()
    assert start(command.arguments(books, tmp_path / "out")).wait(60) == 0
    normal = time.monotonic() - begin
    assert dump(books) == clean.after
    databases.drop(books)
    for turn in range(MOMENTS[database][number]):
        moment = chance.uniform(0, normal)
        print(f"seed {SEED}: {command.name} on {database}, killed after {moment:.3f} s of {normal:.3f} s")
        books, out = databases.copy(template(databases, database, command.before)), tmp_path / f"out{turn}"
        process = start(command.arguments(books, out))
        time.sleep(moment)
        process.kill()
        assert process.wait(60) in {KILLED, 0}
        settled(books)
        if command.whole:
            assert dump(books) in (clean.before, clean.after), f"between: killed after {moment:.3f} s, seed {SEED}"
        _repeated(command, books, out)
        assert dump(books) == clean.after, f"killed after {moment:.3f} s of {normal:.3f} s, seed {SEED}"
        assert files_in(out) == clean.files
        databases.drop(books)
