"""``opos dunning letters`` as a person and a program see it."""

import contextlib
import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.books import ROOT
from tests.commandline import command, document

PROGRAM = [sys.executable, "-c", "from cli import main; main()"]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "TERM": "xterm", "COLUMNS": "120"}


@pytest.fixture
def words(books_at: Callable[[str], str]) -> list[str]:
    """A call on books with an issued run."""
    return ["--books", books_at("reminded"), "--as-of", "2026-11-25", "dunning", "letters", "D1"]


def test_the_document(words: list[str], tmp_path: Path) -> None:
    """Each notice once, money as text, what was written and sent; a dry run says the same and writes nothing."""
    tried = document(*words, "--out", str(tmp_path), "--dry-run")
    assert tried["dry_run"] is True
    assert list(tmp_path.iterdir()) == []
    found = document(*words, "--out", str(tmp_path))
    assert {**tried, "dry_run": False} == found
    assert (found["command"], found["run"], found["draft"]) == ("dunning letters", "D1", False)
    assert {row["channel"] for row in found["letters"]} == {"letter"}
    assert {row["reason"] for row in found["left_out"]} == {"email"}
    assert sorted(found["files"]) == sorted(path.name for path in tmp_path.iterdir())
    assert found["dispatched"] == sorted((row["notice"] for row in found["letters"]), key=lambda name: int(name[1:]))
    first = next(row for row in found["letters"] if row["notice"] == "N1")
    assert (first["total"], first["fee"], first["deadline"], first["file"]) == (
        "100.00", "0.00", "2026-10-30", "Mahnung_N1_10002.pdf"
    )  # fmt: skip


def test_people_are_told_what_goes_to_the_post(words: list[str], tmp_path: Path) -> None:
    told = command("--lang", "de", *words, "--out", str(tmp_path)).out
    assert "Ohne Brief:" in told
    assert "per E-Mail" in told
    assert f"Für die Post: {tmp_path}/Sammeldruck_D1.pdf" in told
    assert "gelten seit dem 25.11.2026 als verschickt." in told
    rows = list(csv.DictReader(io.StringIO(command(*words, "--out", str(tmp_path), "--force", "--csv").out)))
    assert {row["reason"] for row in rows} == {"", "email"}
    assert command(*words, "--out", str(tmp_path)).code == 4


def test_a_bar_moves_on_a_terminal_only(words: list[str], tmp_path: Path) -> None:
    """And what goes to standard output is the document alone."""
    call = [*PROGRAM, *words, "--out", str(tmp_path / "pipe"), "--json"]
    done = subprocess.run(call, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    steering, terminal = pty.openpty()
    call = [*PROGRAM, "--lang", "de", *words, "--out", str(tmp_path / "terminal"), "--json"]
    process = subprocess.Popen(call, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=terminal)
    os.close(terminal)
    shown = ""
    with contextlib.suppress(OSError):
        # Linux says so when the last who writes has gone.
        while piece := os.read(steering, 65536):
            shown += piece.decode()
    out, _ = process.communicate()
    os.close(steering)
    assert process.returncode == 0
    count = len(json.loads(out)["letters"])
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    assert "Briefe" in plain
    assert f"{count}/{count}" in plain
