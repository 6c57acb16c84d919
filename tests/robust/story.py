"""The commands that are killed, locked out and starved in these tests: each with the stage of the demo books before it
and the stage after it."""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text

from recon.store.books import connect
from tests.books import ARCHIVE, BANK, FIXTURES, ROOT, STATEMENTS, TABLES

DRIVER: Final = Path(__file__).with_name("driver.py")


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the story. ``whole`` says that it is one decision, hence one transaction."""

    name: str
    before: str
    day: str
    words: tuple[str, ...]
    whole: bool = True

    def arguments(self, books: str, out: Path) -> list[str]:
        """The command line on these books."""
        told = [word.replace("{out}", str(out)) for word in self.words]
        return ["--books", books, "--as-of", self.day, "--actor", "tester", "--lang", "en", *told]


COMMANDS: Final = (
    Command("import tables", "set_up", "2026-10-20",
            ("import", *(str(FIXTURES / name) for name in TABLES)), whole=False),
    Command("import statements", "reminded", "2026-11-20",
            ("import", *(str(BANK / name) for name in STATEMENTS)), whole=False),
    Command("match", "imported", "2026-11-20", ("match",)),
    Command("collect create", "matched", "2026-11-20", ("collect", "create", "--due-until", "2026-11-25")),
    Command("collect export", "created", "2026-11-20", ("collect", "export", "--out", "{out}")),
    Command("import archive", "exported", "2026-11-24", ("import", str(BANK / ARCHIVE)), whole=False),
    Command("dunning issue", "frozen", "2026-11-25", ("dunning", "issue", "D3")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clean:
    """An undisturbed run: the books before and after, the files, and how many steps it took."""

    before: dict[str, Any]
    after: dict[str, Any]
    files: dict[str, bytes]
    steps: int


class Driver:
    """The process that runs and kills commands; one for all tests of a session."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(DRIVER)], cwd=ROOT, env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def __call__(self, *jobs: dict[str, Any]) -> list[int]:
        """Run jobs; how each ended: an exit code, or minus a signal."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(jobs) + "\n")
        self.process.stdin.flush()
        found: list[int] = json.loads(self.process.stdout.readline())
        return found

    def stop(self) -> None:
        """End it by closing its input."""
        self.process.communicate(timeout=60)


def start(arguments: list[str]) -> "subprocess.Popen[bytes]":
    """Start ``opos`` as a user does."""
    program = [sys.executable, "-c", "from cli import main; main()", *arguments]
    return subprocess.Popen(
        program, cwd=ROOT, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def files_in(folder: Path) -> dict[str, bytes]:
    """What lies in a folder, half-written files included."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.is_dir() else {}


def settled(books: str) -> None:
    """Wait until the server has noticed that its killed clients are gone; a file needs no waiting."""
    if "://" not in books:
        return
    engine = connect(books).engine
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + 20
    try:
        with engine.connect() as connection:
            while connection.execute(text(query)).scalar_one():
                assert time.monotonic() < deadline, "a killed client is still there"
                connection.rollback()
                time.sleep(0.02)
    finally:
        engine.dispose()


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": tempfile.gettempdir(), "LANG": "C.UTF-8"}
