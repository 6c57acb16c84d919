"""What other programs do to the books: they lock them, move them, cut them off, put something else in their place, end
the connection. opos answers, and what it did not finish is not there."""

import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import text

from recon.store import books as store
from recon.store.books import connect
from tests.books import ROOT, Databases, sound
from tests.commandline import Ran
from tests.commandline import command as run_here
from tests.conftest import template
from tests.robust.story import DAY, SEED, Clean, Command, Driver, files_in, settled, state

Undisturbed = Callable[[str, Command], Clean]
LOCKED: Final = 6
REFUSED: Final = 4
IMPORT, MATCH, EXPORT = DAY[1], DAY[2], DAY[4]
WRITERS = pytest.mark.parametrize("command", [IMPORT, MATCH, EXPORT], ids=lambda command: command.name)
READERS: Final = (("items", "list"), ("lines", "list"), ("verify",), ("collect", "list"), ("dunning", "preview"))
# Holds a lock from when it says so until its input ends, or for so many seconds.
HOLDER: Final = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
if sys.argv[2] == "everything":
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
connection.execute("BEGIN EXCLUSIVE")
if sys.argv[2] == "everything":
    connection.execute("UPDATE alembic_version SET version_num = version_num")
print("held", flush=True)
time.sleep(float(sys.argv[3])) if len(sys.argv) > 3 else sys.stdin.read()
"""


def _answered(ran: Ran, code: int, *codes: str) -> None:
    """An exit code, a sentence and a remedy; no traceback, no fault of the program."""
    assert ran.code == code, ran.err
    assert "sqlalche.me" not in ran.err
    assert "→" in ran.err
    assert any(f"[{one}]" in ran.err for one in codes), ran.err


@contextmanager
def _held(books: str, how: str, *seconds: str) -> Iterator[None]:
    """A second process that holds a lock on a SQLite file."""
    words = [sys.executable, "-c", HOLDER, books, how, *seconds]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.communicate(timeout=60)


@WRITERS
@pytest.mark.parametrize("how", ["writing", "everything"])
def test_sqlite_locked_by_another_program(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command, how: str
) -> None:
    """BEGIN EXCLUSIVE for longer than opos waits: 6, nothing written. Who only reads goes on, unless reading is locked
    as well."""
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.2)
    books = databases.copy(command.prepared(databases, "sqlite"))
    before = state(books)
    with _held(books, how):
        _answered(run_here(*command.arguments(books, tmp_path / "out")), LOCKED, "books-locked")
        _answered(run_here("--books", books, "init"), LOCKED, "books-locked")
        for words in READERS:
            ran = run_here("--books", books, "--lang", "en", *words)
            if how == "writing":
                assert ran.code == 0, ran.err
            else:
                _answered(ran, LOCKED, "books-locked")
    assert state(books) == before
    assert not files_in(tmp_path / "out")
    assert run_here(*command.arguments(books, tmp_path / "out")).code == 0
    sound(books)


@pytest.mark.parametrize("how", ["writing", "everything"])
def test_a_lock_that_goes_away_in_time(
    databases: Databases, undisturbed: Undisturbed, tmp_path: Path, how: str
) -> None:
    """opos waits a while; then the command goes through."""
    books = databases.copy(MATCH.prepared(databases, "sqlite"))
    with _held(books, how, "0.7"):
        begin = time.monotonic()
        assert run_here(*MATCH.arguments(books, tmp_path)).code == 0
        assert time.monotonic() - begin > 0.3
    assert state(books) == undisturbed("sqlite", MATCH).after


def test_postgresql_locked_by_another_program(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody at a console holds a table, or the lock of our transactions: 6, also for who only reads; nothing waits
    without end."""
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.2)
    books = databases.copy(MATCH.prepared(databases, "postgresql"))
    before = state(books)
    engine = connect(books).engine
    for held in ("LOCK TABLE items IN ACCESS EXCLUSIVE MODE", f"SELECT pg_advisory_xact_lock({store.TRANSACTION_KEY})"):
        with engine.connect() as connection:
            connection.execute(text(held))
            _answered(run_here(*MATCH.arguments(books, tmp_path)), LOCKED, "books-locked")
            if held.startswith("LOCK"):
                _answered(run_here("--books", books, "--lang", "en", "items", "list"), LOCKED, "books-locked")
    engine.dispose()
    assert state(books) == before


def test_a_connection_that_is_lost(databases: Databases, drive: Driver, tmp_path: Path) -> None:
    """The server ends our connections in the middle: an answer, and nothing of it in the books."""
    books = databases.copy(MATCH.prepared(databases, "postgresql"))
    before = state(books)
    _interfere(drive, MATCH, books, tmp_path, lambda: _end_connections(books))
    told = (tmp_path / "told").read_text()
    assert "[books-lost]" in told
    settled(books)
    assert state(books) == before
    assert run_here(*MATCH.arguments(books, tmp_path)).code == 0
    sound(books)


def _end_connections(books: str) -> None:
    engine = connect(books).engine
    with engine.connect() as connection:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        connection.execute(text(f"{ended} AND pid <> pg_backend_pid()"))
    engine.dispose()


def _interfere(drive: Driver, command: Command, books: str, place: Path, what: Callable[[], Any]) -> None:
    """Run a command, do something while it stands in the middle of its transaction, and expect 4."""
    waiting, go = place / "waiting", place / "go"
    job = {"arguments": command.arguments(books, place / "out"), "wait_at": 25, "waiting": str(waiting), "go": str(go),
           "output": str(place / "told")}  # fmt: skip
    drive.ask(job)
    deadline = time.monotonic() + 60
    while not waiting.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    what()
    go.touch()
    assert drive.answer() == [REFUSED], (place / "told").read_text()


@pytest.mark.parametrize("with_another", [False, True], ids=["moved away", "replaced"])
def test_books_that_are_moved_while_they_are_written(
    databases: Databases, drive: Driver, tmp_path: Path, *, with_another: bool
) -> None:
    """The file is moved away (or an older copy put in its place) while a run is at work: not told as done."""
    books = databases.copy(MATCH.prepared(databases, "sqlite"))
    other = databases.copy(template(databases, "sqlite", "tables"))
    before, others = state(books), state(other)
    away = tmp_path / "away.db"

    def move() -> None:
        Path(books).rename(away)
        if with_another:
            Path(other).rename(books)

    _interfere(drive, MATCH, books, tmp_path, move)
    assert "[books-moved]" in (tmp_path / "told").read_text()
    assert state(str(away)) == before
    assert state(books) == (others if with_another else {})


def test_another_name_of_the_same_books(databases: Databases, drive: Driver, tmp_path: Path) -> None:
    """A link to the file: the same books, the same lock."""
    books = databases.copy(MATCH.prepared(databases, "sqlite"))
    link = tmp_path / "link.db"
    link.symlink_to(books)
    waiting, go = tmp_path / "waiting", tmp_path / "go"
    first = {"arguments": MATCH.arguments(books, tmp_path), "wait_at": 6, "waiting": str(waiting), "go": str(go)}
    second = {"arguments": MATCH.arguments(str(link), tmp_path), "then_go": str(go)}
    assert drive(first, second) == [0, LOCKED]
    sound(books)


@pytest.mark.parametrize("words", [*READERS, ("match",), ("import", str(IMPORT.words[1])), ("init",)], ids=" ".join)
def test_a_file_that_is_no_books_or_no_whole_ones(databases: Databases, tmp_path: Path, words: tuple[str, ...]) -> None:
    """Cut off, overwritten in the middle, empty, another program's: an answer, and the file stays as it is."""
    whole = Path(databases.copy(template(databases, "sqlite", "imported"))).read_bytes()
    chance = random.Random(f"{SEED} {words}")
    page = 4096
    cases = {
        "half": whole[: len(whole) // 2],
        "head": whole[: page * 2 + 100],
        "without its first page": b"\0" * page + whole[page:],
        "without its last page": whole[:-page],
        "empty": b"",
        "text": b"no database at all " * 500,
    }
    for number in range(3):
        holes = bytearray(whole)
        for _ in range(12):
            at = chance.randrange(1, len(whole) // page) * page
            holes[at : at + page] = chance.randbytes(page)
        cases[f"holes {number}"] = bytes(holes)
    for name, content in cases.items():
        books = tmp_path / f"{name}.db"
        books.write_bytes(content)
        ran = run_here("--books", str(books), "--as-of", "2026-11-20", "--lang", "en", *words)
        if words == ("init",) and name == "empty":
            assert ran.code == 0
            continue
        # A hole may lie where this command does not look; the auditor looks everywhere.
        if ran.code != 0 or words == ("verify",) or not name.startswith(("holes", "without its last")):
            assert ran.code == REFUSED, f"{name}, seed {SEED}: {ran.err}"
            assert "→" in ran.err, ran.err
        if ran.code != 0:
            assert books.read_bytes() == content, f"{name}, seed {SEED}"


def test_another_programs_file(tmp_path: Path) -> None:
    """A SQLite file of some other program is neither taken for books nor made into them."""
    path = tmp_path / "places.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE bookmarks (id INTEGER, url TEXT); INSERT INTO bookmarks VALUES (1, 'x')")
    before = path.read_bytes()
    _answered(run_here("--books", str(path), "--lang", "en", "match"), REFUSED, "books-missing")
    _answered(run_here("--books", str(path), "--lang", "en", "init"), REFUSED, "books-foreign")
    assert path.read_bytes() == before


def test_another_programs_tables_on_a_server(databases: Databases) -> None:
    """A database where our names are taken; other tables beside ours do no harm."""
    books = databases.empty("postgresql")
    engine = connect(books).engine
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE weather (id integer)"))
        connection.execute(text("CREATE TABLE customers (id integer)"))
    _answered(run_here("--books", books, "--lang", "en", "init"), REFUSED, "books-foreign")
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE customers"))
    engine.dispose()
    assert run_here("--books", books, "init").code == 0


@pytest.mark.parametrize(
    "words", [("match",), ("items", "list"), ("match", "confirm", "L22"), ("match", "undo", "A999")]
)
def test_books_are_whole_in_their_file_when_a_command_has_ended(
    databases: Databases, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Who copies the file afterwards has everything: nothing is left beside it, written ahead."""
    books = databases.copy(template(databases, "sqlite", "returned"))
    main = "import sys, cli; sys.argv[0] = 'opos'; cli.main()"
    words = ("--books", books, "--as-of", "2026-11-25", *words)
    ran = subprocess.run([sys.executable, "-c", main, *words], cwd=ROOT, capture_output=True, check=False)
    assert ran.returncode in {0, REFUSED}, ran.stderr
    assert not Path(f"{books}-wal").exists()
    copied = tmp_path / "copied.db"
    copied.write_bytes(Path(books).read_bytes())
    sound(str(copied))
