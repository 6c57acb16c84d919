"""What letters cost: a run of many notices issued, its letters written for the post, as people call the commands.

``python -m bench letters --letters 10000`` fills books on SQLite through the importer, two invoices a customer, and
tells wall and CPU seconds (of all processes), the peak memory of one, and what lies in the folder afterwards.
"""

import os
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.measuring import Cost, measure

_OPOS: Final = (sys.executable, "-c", "from cli import main; main()")
_DAY: Final = "2026-03-15"
_COMPANY: Final = """[company]
name = "Optik Beispiel GmbH"
street = "Hauptstr. 1"
postcode = "50667"
town = "Köln"
[[accounts]]
iban = "DE89370400440532013000"
bic = "COBADEFFXXX"
"""


def run(folder: Path, given: Namespace) -> None:
    """A table for each number of letters."""
    for count in given.letters:
        _print(folder / f"letters-{count}", count)


def _print(folder: Path, count: int) -> None:
    folder.mkdir()
    for name, lines in (("customers.csv", _customers(count)), ("items.csv", _items(count))):
        (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "company.toml").write_text(_COMPANY, "utf-8")
    print(f"\nLetters, {count:,} customers with two invoices each on SQLite, {os.cpu_count()} cores\n")
    print("| command | s | CPU s | peak MiB |")
    print("|---|---:|---:|---:|")
    _row(folder, "init", "--company", folder / "company.toml")
    _row(folder, "import", folder / "customers.csv", folder / "items.csv")
    _row(folder, "dunning", "run", "--json")
    _row(folder, "dunning", "issue", "D1", "--json")
    _row(folder, "dunning", "letters", "D1", "--out", folder / "post", "--json")
    _row(folder, "verify")
    files = list((folder / "post").glob("*"))
    bundle = (folder / "post" / "Sammeldruck_D1.pdf").stat().st_size
    whole = sum(file.stat().st_size for file in files)
    print(f"\n{len(files):,} files, {whole / 1e6:,.0f} MB; the bundle alone {bundle / 1e6:,.0f} MB.", flush=True)


def _customers(count: int) -> Iterator[str]:
    yield "customer_no;name;street;postcode;town;country;type;language"
    for at in range(count):
        kind, language = ("company" if at % 3 == 0 else "person"), ("en" if at % 10 == 0 else "de")
        yield f"{10000 + at};Muster {at:05d};Musterweg {at % 99 + 1};{1067 + at:05d};Musterstadt;DE;{kind};{language}"


def _items(count: int) -> Iterator[str]:
    yield "invoice_no;customer_no;amount;due_date;issue_date;paid"
    for at in range(count):
        for number in (1, 2):
            paid = "10,00" if number == 2 and at % 4 == 0 else ""
            yield f"RE-{at:05d}-{number};{10000 + at};{100 + at % 900},{at % 100:02d};01.03.2026;15.02.2026;{paid}"


def _row(folder: Path, *words: str | Path) -> None:
    command = [*_OPOS, "--books", folder / "letters.db", "--as-of", _DAY, *words]
    began = time.perf_counter()
    cost = measure([*command], 1)
    took = time.perf_counter() - began
    name = " ".join(str(word) for word in words if not isinstance(word, Path))
    print(f"| `{name}` | {_told(cost, took)} |", flush=True)


def _told(cost: Cost | str, took: float) -> str:
    return cost if isinstance(cost, str) else f"{took:.1f} | {cost.cpu:.1f} | {cost.mib:.0f}"
