"""The books that reports are measured on can still be made: tables grow, and the log wants to know of every row."""

from pathlib import Path

from bench.reports import fill
from tests.commandline import document


def test_books_for_measuring_are_made(tmp_path: Path) -> None:
    """What is open by item is the balance of the customers' accounts in the journal."""
    books = str(tmp_path / "books.db")
    fill(books, 200)
    at = ("--books", books, "--as-of", "2026-12-31", "report")
    told = document(*at, "journal")["rows"]
    owed = sum(_cents(row["debit"]) - _cents(row["credit"]) for row in told if row["account"] == "1400")
    assert owed == _cents(document(*at, "open-items")["totals"]["EUR"]["open"])
    assert {row["counter"] for row in told if row["kind"] == "bank"} == {"1200", "1400"}


def _cents(text: str | None) -> int:
    return int((text or "0").replace(".", ""))
