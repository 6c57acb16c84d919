"""Proving: what ``opos verify`` costs on books of a million postings.

``python -m bench verify`` makes them by the commands that people use (import of items, import of a bank file that pays
each of them, matching), and verifies them in a process of its own. ``--books postgresql://…`` names an empty database
to do it in; without, it is SQLite. Three postings come of each item: taken over, paid at the bank, settled.
"""

import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Final

from bench.measuring import measure

_OPOS: Final = (sys.executable, "-c", "from cli import main; main()")
_DAY: Final = "2026-11-20"
_COMPANY: Final = """
[company]
name = "Beispiel GmbH"
creditor_id = "DE98ZZZ09999999999"
[[accounts]]
iban = "DE89370400440532013000"
bic = "COBADEFFXXX"
"""
# Items that a customer has; lines that a statement has.
_A_CUSTOMER: Final = 5
_A_STATEMENT: Final = 5000


def run(folder: Path, given: Namespace) -> None:
    """Make the books and verify them."""
    books = given.books or str(folder / "verify.db")
    count = -(-given.postings // 3)
    for name, content in (("company.toml", _COMPANY), ("items.csv", _items(count)), ("bank.sta", _statements(count))):
        (folder / name).write_text(content, encoding="utf-8")
    _opos(books, "init", "--company", str(folder / "company.toml"))
    _opos(books, "import", str(folder / "items.csv"))
    _opos(books, "import", str(folder / "bank.sta"))
    _opos(books, "match")
    cost = measure([*_OPOS, "--books", books, "verify"], 1)
    print(f"\nVerifying, {count * 3:,} postings on {'PostgreSQL' if '://' in books else 'SQLite'}\n")
    if isinstance(cost, str):
        print(cost)
    else:
        print(f"CPU {cost.cpu:.1f} s, peak {cost.mib:.0f} MiB: {cost.said}")


def _opos(books: str, *command: str) -> None:
    subprocess.run([*_OPOS, "--books", books, "--as-of", _DAY, *command], check=True, stdout=subprocess.DEVNULL)


def _amount(number: int) -> str:
    cents = 1000 + number * 37 % 90_000
    return f"{cents // 100},{cents % 100:02d}"


def _name(number: int) -> str:
    return f"Beispiel {number // _A_CUSTOMER} GmbH"


def _items(count: int) -> str:
    rows = (
        f"RE-{number:07d};{number // _A_CUSTOMER:06d};{_name(number)};{_amount(number)};2026-11-30"
        for number in range(count)
    )
    return "\n".join(("invoice_no;customer_no;customer_name;amount;due_date", *rows, ""))


def _statements(count: int) -> str:
    told: list[str] = []
    balance = 0
    for page, first in enumerate(range(0, count, _A_STATEMENT), start=1):
        told += [":20:OPOS", ":25:37040044/0532013000", f":28C:{page}/1", f":60F:C261119EUR{_money(balance)}"]
        for number in range(first, min(first + _A_STATEMENT, count)):
            balance += int(_amount(number).replace(",", ""))
            told += [
                f":61:2611201120C{_amount(number)}NTRFNONREF//B{number:07d}",
                f":86:166?00GUTSCHRIFT?20RE-{number:07d}?32{_name(number)}",
            ]
        told += [f":62F:C261120EUR{_money(balance)}", "-"]
    return "\r\n".join((*told, ""))


def _money(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}"
