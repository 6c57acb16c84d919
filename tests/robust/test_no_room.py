"""No room on the disk, no right to write: an answer for people, the books as they were, and once there is room the
command goes through."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.books import Databases, dump, sound
from tests.commandline import Ran
from tests.commandline import command as run_here
from tests.conftest import template
from tests.robust.story import DAY as COMMANDS
from tests.robust.story import Command, Driver

IMPORT, MATCH, CREATE, EXPORT = COMMANDS[1], COMMANDS[2], COMMANDS[3], COMMANDS[4]
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
@pytest.mark.parametrize("command", [IMPORT, MATCH, CREATE], ids=lambda command: command.name)
def test_a_full_disk(databases: Databases, drive: Driver, small: Path, command: Command, leave: int) -> None:
    """SQLite runs out of room somewhere in the transaction: refused, unchanged, and repeated once there is room."""
    kept = databases.copy(template(databases, "sqlite", command.before))
    clean = databases.copy(kept)
    assert run_here(*command.arguments(clean, small / "out")).code == 0
    books = small / "opos.db"
    shutil.copyfile(kept, books)
    before = dump(str(books))
    ballast = _fill(small, leave)
    ran = run_here(*command.arguments(str(books), small / "out"))
    if command.whole:
        assert ran.code in {0, 4}, ran.err
    else:
        assert ran.code in {0, 3, 4}, ran.err
    if ran.code != 0:
        _said(ran)
    ballast.unlink()
    sound(str(books))
    if command.whole and ran.code != 0:
        assert dump(str(books)) == before
    again = run_here(*command.arguments(str(books), small / "out"))
    assert again.code == 0, again.err
    assert dump(str(books)) == dump(clean)


def test_a_full_disk_under_the_files_for_the_bank(databases: Databases, small: Path) -> None:
    """The books have room, the folder for the files has none: refused; no half file passes for a whole one, and the
    books do not say exported."""
    books = databases.copy(template(databases, "sqlite", EXPORT.before))
    before = dump(books)
    out = small / "out"
    _fill(small, 4096)
    ran = run_here(*EXPORT.arguments(books, out))
    assert ran.code == 4, ran.err
    assert "folder-unwritable" in ran.err
    assert dump(books) == before
    whole = {row["file_name"]: row["content"] for row in before["batches"]}
    assert all(path.read_bytes() == whole[path.name] for path in out.glob("*.xml"))
    (small / "ballast").unlink()
    assert run_here(*EXPORT.arguments(books, out)).code == 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == whole


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
    """SQLite cannot read books in WAL mode where it may not write beside them: an answer that says so, no fault."""
    books = small / "opos.db"
    shutil.copyfile(databases.copy(template(databases, "sqlite", "returned")), books)
    _read_only(small)
    for words in (("items", "list"), ("verify",)):
        ran = run_here("--books", str(books), "--lang", "en", *words, "--json")
        assert ran.code == 4, ran.err
        assert ran.document["findings"][0]["code"] == "books-unreadable"
        _said(ran)


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
