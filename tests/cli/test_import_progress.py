"""A long import as a person sees it: something moves on a terminal, nothing in a pipe; stopped, it says what stands."""

import fcntl
import functools
import json
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from bench.bankfiles import write_mt940
from recon.service.setting_up import init
from tests.books import ROOT, rows, sound, stamp

PROGRAM = [sys.executable, "-c", "from cli import main; main()"]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": tempfile.gettempdir(), "LANG": "C.UTF-8",
               "TERM": "xterm", "COLUMNS": "120"}  # fmt: skip


@pytest.fixture
def books(tmp_path: Path) -> str:
    """Empty books, that take any account for theirs."""
    address = str(tmp_path / "opos.db")
    init(address, stamp("2026-11-20"))
    return address


def _file(folder: Path, lines: int) -> Path:
    path = folder / "long.sta"
    write_mt940(path, lines)
    return path


def _counts(books: str) -> tuple[int, int]:
    from sqlalchemy import func, select

    from recon.store.tables import lines, statements

    return tuple(rows(books, select(func.count()).select_from(table))[0][0] for table in (statements, lines))


def test_nothing_moves_in_a_pipe(books: str, tmp_path: Path) -> None:
    words = ["--books", books, "import", str(_file(tmp_path, 1000)), "--json"]
    done = subprocess.run([*PROGRAM, *words], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["totals"]["statements"] == 2


def test_on_a_terminal_it_moves_and_ends_with_the_counts(books: str, tmp_path: Path) -> None:
    steering, terminal = pty.openpty()
    words = ["--books", books, "--lang", "en", "import", str(_file(tmp_path, 4000)), "--json"]
    process = subprocess.Popen([*PROGRAM, *words], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=terminal)
    os.close(terminal)
    shown = _read(steering)
    assert process.stdout is not None
    document = json.loads(process.stdout.read())
    process.stdout.close()
    assert process.wait(60) == 0
    assert "long.sta" in shown
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", shown).strip().splitlines()[-1]
    assert re.fullmatch(r"8 statements, 4,000 lines, 0 records in \d+\.\d s", last), last
    assert document["totals"]["lines"] == 4000


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_stopped_it_says_what_stands_and_goes_on_when_repeated(
    books: str, tmp_path: Path, sign: signal.Signals
) -> None:
    path = _file(tmp_path, 20_000)
    words = ["--books", books, "--lang", "en", "import", str(path), "--json"]
    # As from a terminal: tests that are run in the background have Ctrl-C switched off, and their children with them.
    listening = functools.partial(signal.signal, sign, signal.SIG_DFL)
    process = subprocess.Popen([*PROGRAM, *words], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True,
                               preexec_fn=listening)  # fmt: skip  # noqa: PLW1509 - nothing else runs here
    deadline = time.monotonic() + 60
    while _counts(books)[0] < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(sign)
    out, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    statements, lines = _counts(books)
    assert 2 <= statements < 40
    (finding,) = json.loads(out)["findings"]
    assert finding["code"] == "import-interrupted"
    found = re.search(r"(\d+) statements with (\d+) lines", finding["text"])
    assert found is not None
    # The signal may come between the commit and its count.
    assert (statements - int(found[1]), lines - int(found[2])) in {(0, 0), (1, 500)}
    assert "Repeat the same command" in told
    sound(books)
    again = subprocess.run([*PROGRAM, *words], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["totals"]["known"] == lines
    assert _counts(books) == (40, 20_000)
    sound(books)


def test_a_dry_run_stopped_says_that_nothing_was_written(books: str, tmp_path: Path) -> None:
    words = ["--books", books, "--lang", "en", "import", str(_file(tmp_path, 100_000)), "--dry-run"]
    process = subprocess.Popen([*PROGRAM, *words], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)  # fmt: skip
    lock = Path(f"{books}.lock")
    deadline = time.monotonic() + 60
    while not _held(lock) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "nothing was written" in told
    assert _counts(books) == (0, 0)


def _held(lock: Path) -> bool:
    """Whether the run has begun: it holds the lock of the books."""
    if not lock.exists():
        return False
    with lock.open() as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _read(terminal: int) -> str:
    """All that a terminal is shown, until nobody writes to it."""
    shown = b""
    while True:
        try:
            more = os.read(terminal, 65536)
        except OSError:
            break
        if not more:
            break
        shown += more
    os.close(terminal)
    return shown.decode()
