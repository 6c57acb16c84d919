"""What matching costs: the whole ``opos match`` on SQLite, the engine alone, the plain rule and the naive scan, each in
a process of its own on the same books."""

import shutil
import sys
from pathlib import Path
from typing import Final

from bench.books import STAMP
from bench.measuring import Cost, measure

_SEED: Final = 2026
# The naive scan is quadratic: it is given so many pairs of a line and an item, and told what all of them would take.
_NAIVE_PAIRS: Final = 2_000_000

_MATCH: Final = (sys.executable, "-c", "from cli import main; main()")
# The others are told what they need by the books too; their own seconds are those after that.
_READ: Final = """
import sys, time
from bench.books import STAMP
from recon.model.roles import Action
from recon.service.context import open_context, reading
from recon.store.matching import open_lines, world_of
from recon.store.settings import settings_of
with reading(open_context(sys.argv[1], STAMP), Action.READ) as connection:
    lines, world = open_lines(connection), world_of(connection, settings_of(connection))
"""
_ENGINE: Final = f"""{_READ}
from recon.matching.engine import match
start = time.process_time()
found = match(lines, world)
print(len(lines), sum(one.books for one in found), time.process_time() - start)
"""
_PLAIN: Final = f"""{_READ}
from bench.rivals import plain_rule
start = time.process_time()
found = plain_rule(lines, world)
print(len(lines), sum(one.books for one in found), time.process_time() - start)
"""
_NAIVE: Final = f"""{_READ}
from bench.rivals import naive_scan
lines = lines[:int(sys.argv[2])]
start = time.process_time()
naive_scan(lines, world)
print(len(lines), 0, time.process_time() - start)
"""


def print_speed(folder: Path, sizes: list[tuple[int, int]], runs: int) -> None:
    """A table for every size and its half; how the time grows from the one to the other."""
    for lines, items in sizes:
        print(f"\nMatching, {lines:,} lines against {items:,} items, and half of both; median of {runs}\n")
        print("| | lines x items | CPU s | lines/s | peak MiB | opos is faster by |")
        print("|---|---|---:|---:|---:|---:|")
        half = _measured(folder, lines // 2, items // 2, runs)
        whole = _measured(folder, lines, items, runs)
        _everyday(folder, lines, items, runs)
        if half and whole:
            print(f"\nTwice the lines and items take {whole / half:.2f} times the seconds.")


def _measured(folder: Path, lines: int, items: int, runs: int) -> float | None:
    books = _filled(folder, lines, items)
    size = f"{lines:,} x {items:,}"
    ours = _on_copies(books, runs)
    seconds = ours.cpu if isinstance(ours, Cost) else None
    _row("opos match, everything", size, ours, seconds, None)
    engine = measure([sys.executable, "-c", _ENGINE, books], runs)
    pure = _own(engine)
    _row("the engine alone", size, engine, pure, None)
    plain = measure([sys.executable, "-c", _PLAIN, books], runs)
    _row("plain rule", size, plain, _own(plain), pure)
    few = max(_NAIVE_PAIRS // items, 1)
    naive = measure([sys.executable, "-c", _NAIVE, books, str(few)], 1)
    part = _own(naive)
    _row(f"naive scan, of {few} lines", size, naive, part * lines / few if part else None, pure)
    books.unlink()
    return seconds


def _everyday(folder: Path, lines: int, items: int, runs: int) -> None:
    """The same where nine lines of ten are certain, as in most companies."""
    books = _filled(folder, lines, items, "everyday")
    ours = _on_copies(books, runs)
    size = f"{lines:,} x {items:,}"
    _row("opos match, everyday mix", size, ours, ours.cpu if isinstance(ours, Cost) else None, None)
    books.unlink()


def _filled(folder: Path, lines: int, items: int, *mix: str) -> Path:
    books = folder / "world.db"
    _run_once([sys.executable, "-m", "bench.books", books, str(_SEED), str(lines), str(items), *mix])
    return books


def _on_copies(books: Path, runs: int) -> Cost | str:
    """``opos match`` changes the books, so every run gets a copy."""
    costs: list[Cost] = []
    for _ in range(runs):
        copy = books.with_name("copy.db")
        shutil.copyfile(books, copy)
        cost = measure([*_MATCH, "--books", str(copy), "--as-of", str(STAMP.as_of), "match", "--json"], 1)
        for left in copy.parent.glob("copy.db*"):
            left.unlink()
        if isinstance(cost, str):
            return cost
        costs.append(cost)
    return sorted(costs, key=lambda cost: cost.cpu)[(len(costs) - 1) // 2]


def _run_once(command: list[str | Path]) -> None:
    made = measure(command, 1)
    if isinstance(made, str):
        raise RuntimeError(f"the books could not be filled: {made}")


def _own(cost: Cost | str) -> float | None:
    """The seconds that the program says its own part took."""
    return float(cost.said.split()[2]) if isinstance(cost, Cost) else None


def _row(name: str, size: str, cost: Cost | str, seconds: float | None, ours: float | None) -> None:
    if isinstance(cost, str) or not seconds:
        print(f"| {name} | {size} | {cost} | | | |")
        return
    lines = int(size.split(maxsplit=1)[0].replace(",", ""))
    ratio = f"{seconds / ours:,.2f}" if ours else ""
    print(f"| {name} | {size} | {seconds:,.2f} | {lines / seconds:,.0f} | {cost.mib:.0f} | {ratio} |", flush=True)
