"""Reading bank statements: CPU seconds, lines a second and peak memory of opos and its peers on the same files.

Every reader runs in a process of its own, start of the interpreter and imports included, and says how many lines it
found. opos makes every field of ``opos read``; the peers make what they make.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.bankfiles import write_camt, write_mt940
from bench.measuring import Cost, measure
from bench.peers import python_with, versions

_OURS: Final = """
import sys
from recon.statements import read
lines = 0
with open(sys.argv[1], "rb") as stream:
    for found in read(stream, sys.argv[1]):
        for line in found.lines:
            lines += 1
print(lines)
"""
_IMPORT: Final = """
import sys
from datetime import date
from pathlib import Path
from recon.service.context import open_context
from recon.service.importing import Source, import_sources
from recon.service.setting_up import init
from recon.store.log import Stamp
stamp = Stamp(date(2026, 11, 20), "bench", "2026-11-20T06:00:00+00:00")
init(sys.argv[2], stamp)
context = open_context(sys.argv[2], stamp)
path = Path(sys.argv[1])
(result,) = import_sources(context, [Source(path.name, path.read_bytes())])
assert result.status == "imported", result.findings[:3]
print(sum(statement.new for statement in result.statements))
"""
_MT_940: Final = "import sys, mt940; print(len(mt940.parse(sys.argv[1])))"
_MT940: Final = """
import sys
from mt940 import MT940
print(sum(len(one.transactions) for one in MT940(sys.argv[1]).statements))
"""
_BANKSTATEMENTPARSER: Final = """
import sys
from bankstatementparser import CamtParser
print(sum(1 for _ in CamtParser(sys.argv[1]).parse_streaming()))
"""
_PYCAMT: Final = """
import sys
from pycamt.parser import Camt053Parser
print(len(Camt053Parser.from_file(sys.argv[1]).get_transactions()))
"""
# Distribution -> (format, the shortest way to all its transactions, longest file it is given). Those that hold the
# whole file in memory several times over get no file of a million lines, and a slow one only the small file.
_PEERS: Final = {
    "mt-940": ("mt940", _MT_940, 100_000),
    "mt940": ("mt940", _MT940, 1_000_000),
    "bankstatementparser": ("camt", _BANKSTATEMENTPARSER, 100_000),
    "pycamt": ("camt", _PYCAMT, 10_000),
}
# The import keeps the original in memory while it works.
_LONGEST_IMPORT: Final = 100_000
_WRITERS: Final[dict[str, Callable[[Path, int], None]]] = {"mt940": write_mt940, "camt": write_camt}
# What a file is called, and its extension: bankstatementparser looks at it.
_NAMES: Final = {"mt940": ("MT940", "sta"), "camt": ("camt.053.001.08", "xml")}


def run(folder: Path, sizes: list[int], environments: Path) -> None:
    """Generate the files, measure every reader in turn, print one table a file."""
    pythons = {name: python for name in _PEERS if (python := python_with(name, environments)) is not None}
    for count in sizes:
        runs = 5 if count <= 10_000 else 3 if count <= 100_000 else 1
        for form, write in _WRITERS.items():
            title, extension = _NAMES[form]
            path = folder / f"{count}.{extension}"
            write(path, count)
            print(f"\n{title}, {count:,} lines, {path.stat().st_size / 1e6:.1f} MB, median of {runs}\n")
            _table(path, form, count, runs, pythons)
            path.unlink()


def _table(path: Path, form: str, count: int, runs: int, pythons: dict[str, Path]) -> None:
    print("| reader | CPU s | lines/s | peak MiB | opos is faster by |")
    print("|---|---:|---:|---:|---:|")
    ours = measure([sys.executable, "-c", _OURS, path], runs)
    _row("opos", ours, None, count)
    for name, (reads, program, longest) in _PEERS.items():
        if reads == form and name in pythons and count <= longest:
            _row(f"{name} {versions()[name]}", measure([pythons[name], "-c", program, path], runs), ours, count)
    if form == "mt940" and count <= _LONGEST_IMPORT:
        books = path.with_suffix(".db")
        _row("opos, import into SQLite", measure([sys.executable, "-c", _IMPORT, path, books], 1), None, count)
        for left in path.parent.glob(f"{books.name}*"):
            left.unlink()


def _row(name: str, cost: Cost | str, ours: Cost | str | None, count: int) -> None:
    if isinstance(cost, str):
        print(f"| {name} | {cost} | | | |")
        return
    ratio = f"{cost.cpu / ours.cpu:.1f}" if isinstance(ours, Cost) else ""
    told = "" if cost.said == str(count) else f" (found {cost.said} lines)"
    print(f"| {name}{told} | {cost.cpu:.2f} | {count / cost.cpu:,.0f} | {cost.mib:.0f} | {ratio} |", flush=True)
