"""Stop the process anywhere, by SIGKILL, SIGTERM or Ctrl-C: the books are as before or as after, never between, and the
command repeated ends where an undisturbed one ends (promise 5).

A few moments of each command are tried in every run; ``OPOS_ROBUST=40`` tries that many.
"""

import random
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.books import Databases
from tests.commandline import command as run_here
from tests.robust.story import COMMANDS, DAY, MANY, SEED, Clean, Command, Driver, files_in, settled, start, state

KILLED = -signal.SIGKILL
INTERRUPTED = 130
# Random steps at which each command is killed beside its commit, by database; and those at which it is told to stop.
STEPS = {"sqlite": MANY or 1, "postgresql": MANY or 0}
SIGNALS = {"sqlite": MANY or 1, "postgresql": MANY or 0}
# Moments at which each command of the day is killed by the clock.
MOMENTS = {"sqlite": MANY or 3, "postgresql": MANY or 1}
# What is tried on PostgreSQL in every run; all of it with OPOS_ROBUST.
ON_BOTH = (*DAY, *(command for command in COMMANDS if command.name in {"init", "match confirm", "match undo run"}))

Undisturbed = Callable[[str, Command], Clean]


def _each(on_postgresql: Sequence[Command]) -> pytest.MarkDecorator:
    """Every command on SQLite, and those on PostgreSQL as well."""
    both = {"sqlite": COMMANDS, "postgresql": COMMANDS if MANY else on_postgresql}
    cases = [pytest.param(kind, one, id=f"{kind}-{one.name}") for kind, commands in both.items() for one in commands]
    return pytest.mark.parametrize(("database", "command"), cases)


def _proved(books: str, found: object) -> None:
    """The books prove sound as they are; where there are none yet there is nothing to prove."""
    verified = run_here("--books", books, "verify", "--json")
    if found and "books-old" not in verified.out:
        assert verified.code == 0, verified.out


def _repeated(command: Command, clean: Clean, books: str, out: Path) -> None:
    """The command once more, after it was stopped: the end of an undisturbed one."""
    found = state(books)
    _proved(books, found)
    if found == clean.after and command.again is None:
        return
    again = run_here(*command.arguments(books, out))
    assert again.code == (command.again if found == clean.after else 0), again.err
    assert state(books) == clean.after
    assert files_in(out) == clean.files


def _chosen(chance: random.Random, clean: Clean, count: int, *beside: int) -> list[int]:
    return sorted({*beside, *chance.sample(range(1, clean.steps + 1), min(count, clean.steps))})


@_each(ON_BOTH)
def test_killed_at_a_step(
    *,
    databases: Databases,
    drive: Driver,
    undisturbed: Undisturbed,
    database: str,
    tmp_path: Path,
    command: Command,
) -> None:
    """SIGKILL just before a statement, a commit, a file: at random steps, just before the commit, just after it."""
    chance = random.Random(f"{SEED} {database} {command.name}")
    clean = undisturbed(database, command)
    # A database on PostgreSQL takes its time to be made: one side of the commit or the other.
    beside = [clean.commit, clean.commit + 1]
    if database == "postgresql" and not MANY:
        beside = [chance.choice(beside)]
    chosen = _chosen(chance, clean, STEPS[database], *beside)
    print(f"seed {SEED}: {command.name} on {database}, killed at {chosen} of {clean.steps} steps")
    books = {step: databases.copy(command.prepared(databases, database)) for step in chosen}
    folders = {step: tmp_path / f"out{step}" for step in chosen}
    ended = drive(*({"arguments": command.arguments(books[step], folders[step]), "kill_at": step} for step in chosen))
    assert ended == [KILLED] * len(chosen)
    for step in chosen:
        settled(books[step])
        found = state(books[step])
        told = f"killed at step {step} of {clean.steps}, seed {SEED}"
        if command.whole:
            assert found == (clean.before if step <= clean.commit else clean.after), told
        if found == clean.after:
            assert files_in(folders[step]) == clean.files, "the books say exported, and the files are not there"
        _repeated(command, clean, books[step], folders[step])
        databases.drop(books[step])


@_each(DAY[2:5])
def test_told_to_stop_at_a_step(
    *,
    databases: Databases,
    drive: Driver,
    undisturbed: Undisturbed,
    database: str,
    tmp_path: Path,
    command: Command,
) -> None:
    """SIGTERM and Ctrl-C: 130 means rolled back, and no half file is left; what is committed is told as done."""
    chance = random.Random(f"{SEED} {database} {command.name} stop")
    clean = undisturbed(database, command)
    chosen = _chosen(chance, clean, SIGNALS[database], clean.commit)
    books = {step: databases.copy(command.prepared(databases, database)) for step in chosen}
    folders = {step: tmp_path / f"out{step}" for step in chosen}
    signs = {step: chance.choice([signal.SIGINT, signal.SIGTERM]) for step in chosen}
    print(f"seed {SEED}: {command.name} on {database}, told to stop at {signs} of {clean.steps} steps")
    jobs = [
        {"arguments": command.arguments(books[step], folders[step]), "kill_at": step, "signal": signs[step],
         "output": str(tmp_path / f"told{step}")}
        for step in chosen
    ]  # fmt: skip
    for step, code in zip(chosen, drive(*jobs), strict=True):
        settled(books[step])
        told = (tmp_path / f"told{step}").read_text()
        found = state(books[step])
        assert "Traceback" not in told
        assert code == (INTERRUPTED if step < clean.commit else 0) or not command.whole, told
        if command.whole:
            assert found == (clean.before if code else clean.after), f"step {step} of {clean.steps}, seed {SEED}"
        if code:
            assert code == INTERRUPTED, told
            assert "Repeat the same command" in told or "Repeat the command" in told
            files = files_in(folders[step])
            assert {name: clean.files.get(name) for name in files} == files
        _repeated(command, clean, books[step], folders[step])
        databases.drop(books[step])


@pytest.mark.parametrize("command", DAY[:5], ids=lambda command: command.name)
def test_killed_by_the_clock(
    databases: Databases, undisturbed: Undisturbed, database: str, tmp_path: Path, command: Command
) -> None:
    """SIGKILL at random moments between the start of ``opos`` and the time that it normally takes."""
    chance = random.Random(f"{SEED} {database} {command.name} clock")
    clean = undisturbed(database, command)
    books = databases.copy(command.prepared(databases, database))
    begin = time.monotonic()
    assert start(command.arguments(books, tmp_path / "out")).wait(60) == 0
    normal = time.monotonic() - begin
    assert state(books) == clean.after
    databases.drop(books)
    for turn in range(MOMENTS[database]):
        moment = chance.uniform(0, normal)
        print(f"seed {SEED}: {command.name} on {database}, killed after {moment:.3f} s of {normal:.3f} s")
        books, out = databases.copy(command.prepared(databases, database)), tmp_path / f"out{turn}"
        process = start(command.arguments(books, out))
        time.sleep(moment)
        process.kill()
        assert process.wait(60) in {KILLED, 0}
        settled(books)
        if command.whole:
            assert state(books) in (clean.before, clean.after), f"between: killed after {moment:.3f} s, seed {SEED}"
        _repeated(command, clean, books, out)
        databases.drop(books)
