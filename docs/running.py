"""Commands in the documentation, run for real: ``console`` blocks with ``$ `` lines and the output below them.

Every page has a folder of its own for its commands, with ``fixtures`` in it, English texts and a fixed actor; so the
same commands give the same output everywhere.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
_BLOCK: Final = re.compile(r"(?ms)^```console\n(.*?)^```$")
# What no page shows: a fault, an error that the page does not tell about, a place in a text that was not filled.
_UNFIT: Final = re.compile(r"A fault of the program|^✗ |\{[a-z_]+\}", re.MULTILINE)
# Long output is shown to this many lines in a page; a command that shows fewer cuts with `| head`.
MAX_LINES: Final = 60


@dataclass(frozen=True, slots=True)
class Stage:
    """A folder in which the commands of one page are run."""

    folder: Path

    def run(self, command: str) -> str:
        """What a person sees of a command: its output, then its messages."""
        done = self._run(command)
        lines = [line.rstrip() for line in (done.stdout + done.stderr).splitlines()]
        text = "\n".join(lines).rstrip("\n")
        if len(lines) > MAX_LINES or _UNFIT.search(text) or done.returncode == 1:
            raise ValueError(f"not fit to be shown: {command}\n{text}")
        return text

    def read(self, command: str) -> str:
        """What a program reads of a command: its output, whole. Raises where there is none."""
        done = self._run(command)
        if not done.stdout or done.returncode == 1:
            raise ValueError(f"no document: {command}\n{done.stderr}")
        return done.stdout

    def _run(self, command: str) -> "subprocess.CompletedProcess[str]":
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPOS_", "LC_", "LANG"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        own = {"PATH": path, "OPOS_LANG": "en", "OPOS_ACTOR": "demo", "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env={**kept, **own}, capture_output=True, text=True, check=False
        )


@contextmanager
def stage() -> Iterator[Stage]:
    """An empty folder with ``fixtures`` in it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "fixtures").symlink_to(ROOT / "fixtures")
        yield Stage(Path(folder))


def commands(text: str) -> list[str]:
    """The commands of a page."""
    return [line[2:] for block in _BLOCK.findall(text) for line in block.splitlines() if line.startswith("$ ")]


def played(text: str) -> str:
    """The page with the output of its commands as it is today."""
    if not commands(text):
        return text
    with stage() as place:
        return _BLOCK.sub(lambda found: _block(place, found[1]), text)


def _block(place: Stage, block: str) -> str:
    shown: list[str] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            told = place.run(line[2:])
            shown.append(f"{line}\n{told}" if told else line)
    return "```console\n" + "\n".join(shown) + "\n```"


def pages() -> list[Path]:
    """The pages with commands in them: README and everything under docs that is written by hand."""
    written = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in written if "reference" not in page.parts and commands(page.read_text(encoding="utf-8"))]
