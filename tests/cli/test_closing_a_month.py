"""A month at the command line: statements come, are matched, days and period are closed, then a late payment and a
mistake of the closed month."""

import json
from pathlib import Path

import pytest

from tests.books import FIXTURES
from tests.commandline import command, document
from tests.service.statements_text import BONN, IBAN, Booked, mt940

ITEMS = (
    "invoice_no;customer_no;customer_name;amount;due_date\n"
    "RE-2026-4711;1;Max Muster;100,00;2026-11-20\nRE-2026-4712;1;;50,00;2026-11-27\n"
)
PAID = Booked(10_000, "RE-2026-4711", "2026-11-24")
LATE = Booked(5_000, "Rechnung zwei", "2026-11-30", name="Erika Beispiel")


@pytest.fixture
def month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Books with two items and the statements of the month, matched on its last day."""
    monkeypatch.setenv("OPOS_BOOKS", str(tmp_path / "month.db"))
    monkeypatch.setenv("OPOS_ACTOR", "anna")
    monkeypatch.setenv("OPOS_LANG", "de")
    (tmp_path / "items.csv").write_text(ITEMS, encoding="utf-8")
    (tmp_path / "1.sta").write_text(mt940(PAID, number="1", day="2026-11-24"), encoding="utf-8")
    (tmp_path / "2.sta").write_text(mt940(LATE, number="2", day="2026-11-30", opening=110_000), encoding="utf-8")
    (tmp_path / "3.sta").write_text(mt940(Booked(1, "nach", "2026-11-30"), number="2", page="2", day="2026-11-30",
                                          opening=115_000), encoding="utf-8")  # fmt: skip
    assert command("init", "--company", str(FIXTURES / "company.toml"), "--as-of", "2026-11-01").code == 0
    files = [str(tmp_path / name) for name in ("items.csv", "1.sta", "2.sta")]
    assert command("import", *files, "--as-of", "2026-11-30").code == 0
    assert document("match", "--as-of", "2026-11-30")["booked"] == 1
    return tmp_path


def test_a_month_is_closed_and_corrected_in_the_next(month: Path) -> None:
    day = document("close", "day", IBAN, "--as-of", "2026-12-01")
    told = day["closing"]
    figures = ("opening", "in", "out", "bank", "ledger", "open_sum", "difference", "by")
    assert {name: told[name] for name in figures} == {
        "opening": "1000.00", "in": "150.00", "out": "0.00", "bank": "1150.00", "ledger": "1100.00",
        "open_sum": "50.00", "difference": "0.00", "by": "anna",
    }  # fmt: skip
    assert [(point["kind"], point["amount"]) for point in day["open_points"]] == [("line", "50.00")]
    assert document("close", "period", "--until", "2026-11-30", "--as-of", "2026-12-01")["closing"]["id"] == "C2"

    late = document("match", "confirm", "L2", "RE-2026-4712", "--as-of", "2026-12-05")
    assert late["left"] == "0.00"
    journal = document("report", "journal", "--from", "2026-12-01", "--as-of", "2026-12-05")["rows"]
    assert {(row["booked_on"], row["text"]) for row in journal} == {
        ("2026-12-01", "RE-2026-4712 Erika Beispiel (Umsatz vom 30.11.2026)")
    }  # fmt: skip

    wrong = command("match", "undo", "A1", "--as-of", "2026-12-05")
    assert wrong.code == 7
    assert "opos match undo A1 --reverse-on 2026-12-05" in wrong.err
    right = wrong.err.split("opos ")[1].split("\n")[0].split()
    assert command(*right, "--as-of", "2026-12-05").code == 0
    assert document("report", "open-items", "--as-of", "2026-11-30")["totals"]["EUR"]["open"] == "50.00"
    assert document("report", "open-items", "--as-of", "2026-12-05")["totals"]["EUR"]["open"] == "100.00"
    assert document("verify")["ok"]


def test_what_a_closed_month_refuses_leaves_with_code_7(month: Path) -> None:
    for until in (("day", IBAN), ("period", "--until", "2026-11-30")):
        assert command("close", *until, "--as-of", "2026-12-01").code == 0
    assert command("import", str(month / "3.sta"), "--as-of", "2026-12-05").code == 7
    assert command("import", str(month / "2.sta"), "--as-of", "2026-12-05").code == 0
    assert command("import", str(month / "3.sta"), str(month / "2.sta"), "--as-of", "2026-12-05").code == 3
    (month / "more.csv").write_text("invoice_no;customer_no;amount;due_date\nR-3;1;1,00;2026-12-24\n", encoding="utf-8")
    assert command("import", str(month / "more.csv"), "--as-of", "2026-11-30").code == 7
    assert command("import", str(month / "more.csv"), "--as-of", "2026-11-30", "--dry-run").code == 7
    assert command("statements", "remove", "S2", "--reason", "falsch", "--as-of", "2026-12-05").code == 7
    assert command("match", "confirm", "L2", "RE-2026-4712", "--as-of", "2026-11-30").code == 7
    assert command("close", "reopen", "C1", "--reason", "Nachtrag", "--as-of", "2026-12-05").code == 7
    for closing in ("C2", "C1"):
        assert command("close", "reopen", closing, "--reason", "Nachtrag", "--as-of", "2026-12-05").code == 0
    assert command("import", str(month / "3.sta"), "--as-of", "2026-12-05").code == 0
    states = [row["status"] for row in document("close", "list")["closings"]]
    assert states == ["reopened", "reopened"]
    assert document("verify")["ok"]


@pytest.mark.parametrize("form", [(), ("--json",), ("--csv",)], ids=["table", "json", "csv"])
def test_a_closing_is_shown_the_same_again(month: Path, form: tuple[str, ...]) -> None:
    """Byte for byte, also after something of the day was booked (users.md, screen 10)."""
    del month
    assert command("close", "day", IBAN, "--as-of", "2026-12-01").code == 0
    first = command("close", "show", "C1", "--as-of", "2026-12-01", *form)
    assert command("match", "confirm", "L2", "RE-2026-4712", "--as-of", "2026-12-05").code == 0
    again = command("close", "show", "C1", "--as-of", "2026-12-05", *form)
    assert (again.code, again.out) == (0, first.out)


def test_a_difference_is_told_with_its_figure(month: Path) -> None:
    """A statement between is missing: refused with code 4; overridden with a reason it is closed and warned of."""
    gap = month / "9.sta"
    gap.write_text(mt940(Booked(1, "x", "2026-12-02"), number="9", day="2026-12-02", opening=120_000), encoding="utf-8")
    command("import", str(gap), "--as-of", "2026-12-02")
    no = command("close", "day", IBAN, "--as-of", "2026-12-02")
    assert (no.code, "50,00 EUR" in no.err) == (4, True)
    assert command("close", "day", IBAN, "--override", "--as-of", "2026-12-02").code == 2
    why = ("--override", "--reason", "Auszug kommt per Post")
    done = command("close", "day", IBAN, *why, "--as-of", "2026-12-02")
    assert (done.code, "closing-gap" in done.err) == (0, True)
    assert "Gegen den Befund abgeschlossen. Grund: Auszug kommt per Post" in done.out
    assert command("close", "day", BONN, "--as-of", "2026-12-02").code == 4
    assert json.loads(command("close", "list", "--json").out)["closings"][0]["difference"] == "50.00"
