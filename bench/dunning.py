"""What dunning costs on large books: the commands as people run them, each in a process of its own.

``python -m bench dunning --items 100000 1000000`` fills books on SQLite (``bench.dunning_books``) and asks for the
preview in each of its forms, for one customer and one item; then a run is frozen and issued.
"""

import json
import sqlite3
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Final

from bench.books import STAMP
from bench.measuring import Cost, measure

# What the command prints goes nowhere: its bytes are made, and are not held by who measures.
_OPOS: Final = (
    sys.executable, "-c",
    "import os, sys; os.dup2(os.open(os.devnull, os.O_WRONLY), 1); from cli import main; main()",
)  # fmt: skip
_PREVIEWS: Final = (("preview",), ("preview", "--json"), ("preview", "--csv"))


def run(folder: Path, given: Namespace) -> None:
    """A table for each number of items."""
    for count in given.items:
        books = folder / "dunning.db"
        subprocess.run([sys.executable, "-m", "bench.dunning_books", books, str(count)], check=True)
        _print(books, count, given.runs)
        for left in folder.glob("dunning.db*"):
            left.unlink()


def _print(books: Path, count: int, runs: int) -> None:
    print(f"\nDunning, {count:,} open items of {count // 5:,} customers on SQLite; median of {runs}\n")
    print("| command | CPU s | peak MiB |")
    print("|---|---:|---:|")
    for words in _PREVIEWS:
        _row(words, _dunning(books, *words, runs=runs))
    _row(("preview", "--customer"), _dunning(books, "preview", "--customer", "10007", runs=runs))
    _row(("explain",), _dunning(books, "explain", "RE-00000007", runs=runs))
    _row(("items list", "--csv"), _opos(books, "items", "list", "--csv", runs=runs))
    _row(("run",), _dunning(books, "run", "--json"))
    _row(("issue",), _dunning(books, "issue", _last_run(books), "--json"))
    _row(("issue", "once more"), _dunning(books, "issue", _last_run(books), "--json"))
    with sqlite3.connect(books) as connection:
        (told,) = connection.execute("SELECT after FROM log WHERE action = 'dunning-issue'").fetchone()
    print(f"\n{json.loads(told)['issued']:,} notices were issued.", flush=True)


def _dunning(books: Path, *words: str, runs: int = 1) -> Cost | str:
    return _opos(books, "dunning", *words, runs=runs)


def _opos(books: Path, *words: str, runs: int = 1) -> Cost | str:
    return measure([*_OPOS, "--books", books, "--as-of", str(STAMP.as_of), *words], runs)


def _last_run(books: Path) -> str:
    with sqlite3.connect(books) as connection:
        return f"D{connection.execute('SELECT max(id) FROM dunning_runs').fetchone()[0]}"


def _row(words: tuple[str, ...], cost: Cost | str) -> None:
    told = cost if isinstance(cost, str) else f"{cost.cpu:.2f} | {cost.mib:.0f}"
    print(f"| `{' '.join(words)}` | {told} |", flush=True)
