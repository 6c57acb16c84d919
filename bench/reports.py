"""What reports of a day cost on large books: CPU and memory of ageing and open items, a process each.

``python -m bench.reports ITEMS [BOOKS]`` makes books on SQLite with a journal (each item taken over, six in ten paid,
one entry a payment) and asks for the reports; the books are for measuring alone, their log seals nothing.
"""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from bench.books import STAMP, put
from recon.model.roles import Action
from recon.service.context import open_context, run, writing
from recon.service.setting_up import init
from recon.store import tables
from recon.store.log import record

_COMPANY: Final = b'[company]\nname = "Beispiel GmbH"\n[[accounts]]\niban = "DE89370400440532013000"\n'
_PER_CUSTOMER: Final = 10
_FIRST: Final = date(2026, 1, 2)
_REPORTS: Final = (
    ("aging",), ("aging", "--csv"), ("open-items", "--csv"), ("open-items", "--json"), ("aging", "--items", "--csv"),
    ("journal", "--csv"),
)  # fmt: skip


def fill(path: str, count: int) -> None:
    """New books with so many items: due over ten months, six in ten paid 20 days after they were issued."""
    init(path, STAMP, (_COMPANY, "company.toml"))
    context = open_context(path, STAMP)
    with run(context, Action.IMPORT_ITEMS), writing(context) as connection:
        people = count // _PER_CUSTOMER + 1
        put(connection, tables.customers, (
            (at, f"{10_000 + at}", f"Kunde {at}", "person", "de", *[None] * 13, "post", None, None, None)
            for at in range(1, people + 1)
        ))  # fmt: skip
        put(connection, tables.items, (
            (at, f"RE-{at:08d}", _customer(at), None, "invoice", _amount(at), 0 if _paid(at) else _amount(at), "EUR",
             _day(at), _day(at, 14), "transfer", None, None, None, None, None, None, 0)
            for at in range(1, count + 1)
        ))  # fmt: skip
        put(connection, tables.item_parts, (
            (at, at, "total", _amount(at), _day(at, 14), 0, None, None) for at in range(1, count + 1)
        ))  # fmt: skip
        put(connection, tables.entries, ((1, "2026-01-01", "take_over", "EUR", "Übernahme", None),))
        put(connection, tables.entries, (
            (at + 1, _day(at, 20), "bank", "EUR", f"RE-{at:08d}", None) for at in range(1, count + 1) if _paid(at)
        ))  # fmt: skip
        put(connection, tables.postings, _postings(count))
        record(connection, STAMP, "import", "measured")
    context.books.engine.dispose()


def _postings(count: int) -> Iterator[tuple[Any, ...]]:
    for at in range(1, count + 1):
        yield (at, 1, "customer", "1400", _amount(at), _customer(at), at)
    number = count
    for at in range(1, count + 1):
        if _paid(at):
            yield (number + 1, at + 1, "bank", "1200", _amount(at), None, None)
            yield (number + 2, at + 1, "customer", "1400", -_amount(at), _customer(at), at)
            number += 2


def _customer(at: int) -> int:
    return at // _PER_CUSTOMER + 1


def _amount(at: int) -> int:
    return 1_000 + at * 37 % 90_000


def _paid(at: int) -> bool:
    return at * 7 % 10 < 6


def _day(at: int, more: int = 0) -> str:
    return (_FIRST + timedelta(days=at % 300 + more)).isoformat()


def measure(books: str, *report: str) -> tuple[float, int]:
    """CPU seconds and the peak of memory (MiB) of a report."""
    code = (
        "import resource, sys; sys.argv = ['opos', *sys.argv[1:]]; from cli import opos\n"
        "opos(standalone_mode=False)\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss // 1024, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "--books", books, "--as-of", "2026-09-30", "report", *report]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    seconds, peak = done.stderr.split()[-2:]
    return float(seconds), int(peak)


def main() -> None:
    """Make books, or take those that are there, and print what each report costs."""
    count = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        books = sys.argv[2] if len(sys.argv) > 2 else str(Path(folder) / "opos.db")
        if not Path(books).exists():
            fill(books, count)
        for report in _REPORTS:
            seconds, peak = measure(books, *report)
            print(f"{' '.join(report):<24}{seconds:>8.1f} s{peak:>7} MiB", flush=True)
        target = Path(folder) / "x.xlsx"
        seconds, peak = measure(books, "open-items", "--xlsx", str(target))
        print(f"{'open-items --xlsx':<24}{seconds:>8.1f} s{peak:>7} MiB {target.stat().st_size // 1024} KiB")
        os.sync()
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "MiB to make the books")


if __name__ == "__main__":
    main()
