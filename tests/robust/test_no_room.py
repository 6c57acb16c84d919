"""No room on the disk, no right to write: an answer for people, the books as they were, and once there is room the
command goes through."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.books import ROOT, Databases, dump, sound
from tests.commandline import Ran
from tests.commandline import command as run_here
from tests.conftest import template
from tests.robust.story import COMMANDS as ALL
from tests.robust.story import DAY as COMMANDS
from tests.robust.story import Command, Driver, files_in

IMPORT, MATCH, CREATE, EXPORT = COMMANDS[1], COMMANDS[2], COMMANDS[3], COMMANDS[4]
PAID = next(command for command in ALL if command.name == "collect export as paid")
CONFIRM = next(command for command in ALL if command.name == "match confirm split")
SIZE = 4 << 20


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own of 4 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)], capture_output=True, check=False, text=True
    )
    if done.returncode != 0:
        pytest.skip(f"no small file system may be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def _fill(place: Path, leave: int) -> Path:
    """Fill a file system but for so many bytes."""
    ballast = place / "ballast"
    free = shutil.disk_usage(place).free
    with ballast.open("wb") as out:
        out.write(b"\0" * max(0, free - leave))
    return ballast


def _said(ran: Ran) -> None:
    """A person can read what happened: no traceback, no library's address, and a place and a remedy."""
    assert "Traceback" not in ran.err
    assert "sqlalche.me" not in ran.err
    assert "→" in ran.err


@pytest.mark.parametrize("leave", [0, 40_000, 120_000])
@pytest.mark.parametrize("command", [IMPORT, MATCH, CREATE, CONFIRM, EXPORT, PAID], ids=lambda command: command.name)
def test_a_full_disk(databases: Databases, small: Path, tmp_path: Path, command: Command, leave: int) -> None:
    """SQLite runs out of room somewhere in the transaction: refused, unchanged, and repeated once there is room. The
    files for the bank, where there is room enough, are not there either."""
    kept = databases.copy(command.prepared(databases, "sqlite"))
    clean = databases.copy(kept)
    assert run_here(*command.arguments(clean, tmp_path / "clean")).code == 0
    books = small / "opos.db"
    shutil.copyfile(kept, books)
    before = dump(str(books))
    ballast = _fill(small, leave)
    ran = run_here(*command.arguments(str(books), tmp_path / "out"))
    ballast.unlink()
    _refused(command, str(books), before, tmp_path / "out", ran, full=leave == 0)
    _goes_on(command, str(books), tmp_path / "out", clean)


@pytest.mark.parametrize("room", [8_192, 40_000, 120_000])
@pytest.mark.parametrize("command", [IMPORT, MATCH, CONFIRM, EXPORT], ids=lambda command: command.name)
def test_a_quota(databases: Databases, drive: Driver, tmp_path: Path, command: Command, room: int) -> None:
    """No file may grow beyond its limit (ulimit -f), also where no small file system can be mounted."""
    books = databases.copy(command.prepared(databases, "sqlite"))
    clean = databases.copy(books)
    assert run_here(*command.arguments(clean, tmp_path / "clean")).code == 0
    before = dump(books)
    job = {"arguments": command.arguments(books, tmp_path / "out"), "limit": room, "output": str(tmp_path / "told")}
    (code,) = drive(job)
    ran = Ran(code, "", (tmp_path / "told").read_text())
    _refused(command, books, before, tmp_path / "out", ran, full=room == 8_192)
    _goes_on(command, books, tmp_path / "out", clean)


def _refused(command: Command, books: str, before: Any, out: Path, ran: Ran, *, full: bool) -> None:
    """Where there was no room: 4 with a remedy, the books prove sound and are as they were, and no file is left."""
    assert ran.code in ({4} if full else {0, 4} if command.whole else {0, 3, 4}), ran.err
    sound(books)
    if ran.code == 0:
        return
    _said(ran)
    if command.whole:
        assert dump(books) == before
        assert files_in(out) == {}


def _goes_on(command: Command, books: str, out: Path, clean: str) -> None:
    """Where there is room again the command ends as on a large disk."""
    again = run_here(*command.arguments(books, out))
    assert again.code == 0 or command.again is None, again.err
    assert dump(books) == dump(clean)
    assert files_in(out) == files_in(out.with_name("clean"))


def test_a_full_disk_under_the_files_for_the_bank(databases: Databases, small: Path) -> None:
    """The books have room, the folder for the files has none: refused; no half file passes for a whole one, and the
    books do not say exported."""
    books = databases.copy(template(databases, "sqlite", EXPORT.before))
    before = dump(books)
    out = small / "out"
    _fill(small, 24_000)
    ran = run_here(*EXPORT.arguments(books, out))
    assert ran.code == 4, ran.err
    assert "folder-unwritable" in ran.err
    assert dump(books) == before
    assert files_in(out) == {}
    whole = {row["file_name"]: row["content"] for row in before["batches"]}
    (small / "ballast").unlink()
    assert run_here(*EXPORT.arguments(books, out)).code == 0
    written = {path.name: path.read_bytes() for path in out.iterdir()}
    assert {name: content for name, content in written.items() if name.endswith(".xml")} == whole
    assert len(written) == 4 * len(whole)


def _read_only(place: Path) -> None:
    done = subprocess.run(["mount", "-o", "remount,ro", str(place)], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("a file system cannot be made read-only here")


def test_a_read_only_folder(databases: Databases, small: Path) -> None:
    """Books on a medium that cannot be written: changing them is refused with a reason."""
    books = small / "opos.db"
    shutil.copyfile(databases.copy(template(databases, "sqlite", "imported")), books)
    _read_only(small)
    for command in (IMPORT, MATCH):
        ran = run_here(*command.arguments(str(books), small / "out"))
        assert ran.code == 4, ran.err
        _said(ran)
    ran = run_here("--books", str(small / "new.db"), "--lang", "en", "init")
    assert ran.code == 4, ran.err
    _said(ran)


def test_looking_at_books_in_a_read_only_folder(databases: Databases, small: Path) -> None:
    """A medium without the right to write: books without a pending log beside them are read as they stand."""
    books = small / "opos.db"
    shutil.copyfile(databases.copy(template(databases, "sqlite", "returned")), books)
    _read_only(small)
    for words in (("items", "list"), ("verify",)):
        ran = run_here("--books", str(books), "--lang", "en", *words, "--json")
        assert ran.code == 0, ran.err
        assert not ran.err


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_export_where_no_folder_can_be(databases: Databases, database: str, tmp_path: Path) -> None:
    """The name of the folder is that of a file: refused, and the books do not say exported."""
    books = databases.copy(template(databases, database, EXPORT.before))
    before = dump(books)
    (tmp_path / "out").write_text("a file")
    for place in (tmp_path / "out", tmp_path / "out" / "below"):
        ran = run_here(*EXPORT.arguments(books, place))
        assert ran.code == 4, ran.err
        assert "folder-unwritable" in ran.err
    assert dump(books) == before


def test_no_room_for_the_answer(databases: Databases, tmp_path: Path) -> None:
    """The table or document goes to a full disk: 1 with a sentence, and what was decided stands, whole."""
    books = databases.copy(template(databases, "sqlite", "imported"))
    program = [sys.executable, "-c", "from cli import main; main()", "--lang", "en", *MATCH.arguments(books, tmp_path)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(program, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "[no-room]" in done.stderr
    assert "→" in done.stderr
    sound(books)
    clean = dump(books)
    assert run_here(*MATCH.arguments(books, tmp_path)).code == 0
    assert dump(books) == clean
