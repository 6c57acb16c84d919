"""Lists and reports as files for spreadsheets: nothing in them is ever run, numbers are numbers, days are days."""

import csv
import io
import shutil
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click
import openpyxl
import pandas as pd
import pytest

from recon.commands.call import Call
from recon.commands.output import Column, print_table, safe
from recon.commands.sheets import write_workbook
from tests.books import BANK, FIXTURES, Databases
from tests.commandline import command
from tests.conftest import template
from tests.service.statements_text import Booked, mt940

# Payers' names that a spreadsheet would run, each with what the apostrophe makes of it. MT940 has no tab or line end
# inside a name; those come with tables.
HOSTILE = (
    "=1+1", "+49 221 4711", "-2+3", "@SUM(A1)", " =HYPERLINK(A1)", "=cmd|' /C calc'!A0", "\uff1d1+1",
)  # fmt: skip
NAMES = ("\t=1+1", "\r=1+1", "=1+1", "\u00a0=1+1", '";=1+1;"', "a\n=1+1")
DAY = "2026-11-20"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Books with hostile payers in a statement and hostile customers in a table."""
    folder = tmp_path_factory.mktemp("hostile")
    path = folder / "opos.db"
    lines = [Booked(100 + at, f"{name} Zweck", name=name, reference=f"H{at}") for at, name in enumerate(HOSTILE)]
    (folder / "x.sta").write_text(mt940(*lines), encoding="utf-8")
    with (folder / "items.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["invoice_no", "customer_no", "customer_name", "amount", "issue_date", "due_date"])
        for at, name in enumerate(NAMES):
            writer.writerow([f"=RE-{at}", f"K{at}", name, f"{at + 1}234.56", "2026-10-01", "2026-10-15"])
    company = str(FIXTURES / "company.toml")
    assert command("--books", str(path), "--as-of", DAY, "init", "--company", company).code == 0
    done = command("--books", str(path), "--as-of", DAY, "import", str(folder / "x.sta"), str(folder / "items.csv"))
    assert done.code == 0, done.err
    return path


def _run(books: Path, *arguments: str, code: int = 0) -> str:
    ran = command("--books", str(books), "--as-of", DAY, "--lang", "de", *arguments)
    assert ran.code == code, ran.err
    return ran.out


def test_hostile_names_in_csv(books: Path) -> None:
    """Both dialects: an apostrophe stands before each; the amounts keep their sign."""
    for form, delimiter, mark in (("--csv", ",", ""), ("--excel-csv", ";", "\ufeff")):
        for report in (("report", "unmatched"), ("lines", "list")):
            text = _run(books, *report, form)
            assert text.startswith(mark)
            rows = list(csv.reader(io.StringIO(text.removeprefix(mark), newline=""), delimiter=delimiter))
            assert len(rows) == len(HOSTILE) + 1
            for row in rows[1:]:
                assert not [told for told in row if told.lstrip()[:1] in set("=+@\uff1d") or told.startswith("-")], row
        named = list(csv.reader(io.StringIO(_run(books, "report", "aging", "--items", form).removeprefix(mark),
                                            newline=""), delimiter=delimiter))  # fmt: skip
        assert len(named) == len(NAMES) + 1
        assert all(row[0].startswith("'=RE-") for row in named[1:])
        assert not [row[2] for row in named[1:] if row[2].strip("\u200b").strip()[:1] == "="]


def test_hostile_names_in_a_workbook(books: Path, tmp_path: Path) -> None:
    """Every one is a string, read again by openpyxl and by pandas; no cell is a formula, no part of the file holds
    one."""
    for report, at, expected in ((("report", "unmatched"), 6, HOSTILE), (("lines", "list"), 4, HOSTILE)):
        target = tmp_path / f"{report[0]}.xlsx"
        _run(books, *report, "--xlsx", str(target))
        rows = _rows(target)
        assert [row[at].data_type for row in rows] == ["s"] * len(expected)
        assert [row[at].value.strip() for row in rows] == [name.strip() for name in expected]
        frame = pd.read_excel(target, header=4, dtype=str, keep_default_na=False)
        assert [name.strip() for name in frame.iloc[: len(expected), at]] == [name.strip() for name in expected]
    target = tmp_path / "aging.xlsx"
    _run(books, "report", "aging", "--items", "--xlsx", str(target))
    kinds = {cell.data_type for sheet in openpyxl.load_workbook(target) for row in sheet.iter_rows() for cell in row}
    assert kinds == {"s", "n", "d"}
    with zipfile.ZipFile(target) as archive:
        assert not [name for name in archive.namelist() if b"<f>" in archive.read(name)]


def test_a_workbook_holds_numbers_and_days(books: Path, tmp_path: Path) -> None:
    """Cents exact, days as days, German formats; company, report, day and filter above, the headings frozen."""
    target = tmp_path / "op.xlsx"
    _run(books, "report", "open-items", "--customer", "K1", "--xlsx", str(target))
    sheet: Any = openpyxl.load_workbook(target).active
    assert [sheet.cell(row, 1).value for row in range(1, 6)] == [
        "Optik Beispiel GmbH", "Offene Posten, Stichtag 20.11.2026", "Auswahl: --customer K1", None, "Rechnung",
    ]  # fmt: skip
    assert (sheet.freeze_panes, sheet.title, sheet.auto_filter.ref) == (
        "A6",
        "Offene Posten",
        "A5:N6",
    )
    values = [cell.value.date().isoformat() if cell.is_date else cell.value for cell in sheet[6]]
    assert values[4:9] == ["2026-10-01", "2026-10-15", "Gesamt", 2234.56, 2234.56]
    assert (sheet["F6"].number_format, sheet["H6"].number_format) == ("DD.MM.YYYY", "#,##0.00")
    assert (sheet["A7"].value, sheet["I7"].value, sheet["I7"].font.bold) == ("Gesamt", 2234.56, True)
    assert all(8 < sheet.column_dimensions[name].width <= 62 for name in "ABCDEF")


def test_the_same_day_gives_the_same_bytes(books: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        _run(books, "report", "aging", "--xlsx", str(tmp_path / name))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with zipfile.ZipFile(tmp_path / "one") as archive:
        assert {info.date_time for info in archive.infolist()} == {(2026, 11, 20, 0, 0, 0)}
        assert b"2026-11-20T00:00:00Z" in archive.read("docProps/core.xml")


def test_no_file_is_replaced_without_a_word(books: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.xlsx"
    target.write_text("mine")
    ran = command("--books", str(books), "--as-of", DAY, "report", "aging", "--xlsx", str(target))
    assert (ran.code, target.read_text(), "[file-exists]" in ran.err) == (4, "mine", True)
    _run(books, "report", "aging", "--xlsx", str(target), "--force")
    assert zipfile.is_zipfile(target)
    ran = command("--books", str(books), "report", "aging", "--xlsx", str(tmp_path / "no" / "x.xlsx"))
    assert (ran.code, "[folder-missing]" in ran.err) == (4, True)
    ran = command("--books", str(books), "report", "aging", "--branch", "K99", "--xlsx", str(tmp_path / "y.xlsx"))
    assert (ran.code, "[branch-unknown]" in ran.err) == (4, True)
    assert [path.name for path in tmp_path.iterdir()] == ["x.xlsx"]
    assert command("--books", str(books), "report", "aging", "--xlsx", "x", "--csv").code == 2


def test_german_excel_opens_the_csv(books: Path) -> None:
    """Mark, semicolons, CRLF, decimal comma, TT.MM.JJJJ; headings in the language."""
    text = _run(books, "report", "open-items", "--customer", "K1", "--excel-csv")
    assert text.startswith("\ufeffRechnung;Kunde;Name;")
    assert text.endswith("\r\n")
    assert text.count("\r\n") == 2
    assert ";01.10.2026;15.10.2026;Gesamt;2234,56;2234,56;EUR;36;0;;\r\n" in text
    english = command("--books", str(books), "--as-of", DAY, "--lang", "en", "report", "aging", "--excel-csv").out
    assert english.startswith("\ufeffCustomer;Name;not due;")


def test_the_machine_form_stays(tmp_path: Path) -> None:
    """``--csv`` as programs know it: the columns and the bytes of before."""
    shutil.copytree(FIXTURES, tmp_path / "fixtures", ignore=shutil.ignore_patterns("*.md"))
    books = tmp_path / "opos.db"
    run = ("--books", str(books), "--as-of", DAY)
    assert command(*run, "init", "--company", str(FIXTURES / "company.toml")).code == 0
    assert command(*run, "import", str(FIXTURES / "customers.csv"), str(FIXTURES / "items.csv")).code == 0
    assert command(*run, "import", str(BANK / "2026-11-19.sta")).code == 0
    heads = {
        "aging": "customer_no,name,not_due,days_1_30,days_31_60,days_61_90,days_over_90,credit,total,currency",
        "open-items": "invoice_no,customer_no,name,branch,issue_date,due_date,part,amount,open,currency,days_overdue",
        "unmatched": "id,booking_date,age,amount,open,currency,name,remittance,class,band",
        "reconciliation": "account,statement,on,bank,ledger,open_lines,open_sum,difference,currency",
    }
    for report, head in heads.items():
        text = command(*run, "report", report, "--csv").out
        assert text.splitlines()[0] == head
        assert "\r" not in text
    assert (
        "RE-2026-0792,10005,Praxis am Park,K01,2026-08-30,2026-09-29,total,330.30,330.30,EUR,52\n"
        in command(*run, "report", "open-items", "--csv").out
    )


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\tx", "\rx", "\nx", " =1", "\u00a0=1", "\u200b=1", "\x00=1",
                                  "\uff1d1", "\uff0b1", "\uff0d1", "\uff20a", " \t -1"])  # fmt: skip
def test_what_would_be_run_gets_an_apostrophe(text: str) -> None:
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "A=B", "RE-1", "1-2", "Müller & Söhne", "(=1)", "'=1"])
def test_what_is_harmless_stays(text: str) -> None:
    assert safe(text) == text


def test_rows_are_written_as_they_come(tmp_path: Path) -> None:
    """A workbook is not held in memory: 20,000 rows cost no more than 2,000."""
    import tracemalloc

    books = tmp_path / "opos.db"
    assert command("--books", str(books), "init", "--company", str(FIXTURES / "company.toml")).code == 0
    columns = [Column("name", "name"), Column("amount", "amount", "amount"), Column("day", "day", "date")]
    peaks = []
    for rows in (2_000, 20_000):
        call = Call("x", str(books), date(2026, 11, 20), "de", "t", as_json=False, as_csv=False, dry_run=False,
                    xlsx=str(tmp_path / f"{rows}.xlsx"))  # fmt: skip
        tracemalloc.start()
        with click.Context(click.Command("x")):
            write_workbook(call, "report_aging", _many(rows), columns, tuple)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0] + 1_000_000
    assert len(_rows(tmp_path / "20000.xlsx")) == 20_000


def test_a_long_table_is_printed_as_it_comes(capsys: pytest.CaptureFixture[str]) -> None:
    columns = [Column("name", "name"), Column("amount", "amount", "amount")]
    print_table(_many(1_200), columns, "de", lambda: [{"name": "Gesamt", "amount": "1.00"}])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1_202
    assert {len(line) for line in lines} == {len(lines[0])}
    assert (lines[0].split(), lines[-1].split()) == (["Name", "Betrag"], ["Gesamt", "1,00"])


def _many(count: int) -> Iterator[dict[str, Any]]:
    for at in range(count):
        yield {"name": f"Kunde {at:06d}", "amount": "1234.56", "day": "2026-11-20"}


def _rows(path: Path) -> list[Any]:
    """The rows under the headings, without the totals."""
    sheet: Any = openpyxl.load_workbook(path).active
    rows = list(sheet.iter_rows(min_row=6))
    return [row for row in rows if not row[0].font.bold]


def test_direct_debits_and_notices_as_sheets(databases: Databases, tmp_path: Path) -> None:
    """The lists of batches and of notices to be issued, in both forms; amounts are numbers."""
    books = databases.copy(template(databases, "sqlite", "returned"))
    at = ("--books", books, "--as-of", "2026-11-25", "--lang", "de")
    for words, column, name in ((("collect", "list"), 6, "Einzüge"), (("dunning", "preview"), 6, "Mahnvorschau")):
        told = csv.reader(io.StringIO(command(*at, *words, "--excel-csv").out.removeprefix("\ufeff")), delimiter=";")
        sheet = list(told)[1:]
        target = tmp_path / f"{words[0]}.xlsx"
        assert command(*at, *words, "--xlsx", str(target)).code == 0
        read = _rows(target)
        assert openpyxl.load_workbook(target).sheetnames == [name]
        assert [f"{row[column - 1].value:.2f}".replace(".", ",") for row in read] == [row[column - 1] for row in sheet]
        assert read


def test_a_hint_is_no_row_of_a_file(databases: Databases) -> None:
    """What to do next is told to people, not to programs that read CSV."""
    books = databases.copy(template(databases, "sqlite", "returned"))
    at = ("--books", books, "--as-of", "2026-11-25")
    ran = command(*at, "dunning", "run", "--csv", "--dry-run")
    assert {line.count(",") for line in ran.out.splitlines()} == {ran.out.splitlines()[0].count(",")}
    ran = command(*at, "collect", "create", "--due-until", "2026-12-31", "--csv", "--dry-run")
    assert {line.count(",") for line in ran.out.splitlines()} == {ran.out.splitlines()[0].count(",")}
