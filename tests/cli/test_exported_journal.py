"""``opos export journal``: files that say of themselves what is in them, and hold what the journal holds."""

import csv
import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import func, select

from recon.store.tables import entries, log, postings
from tests.books import Databases, dump, rows
from tests.commandline import command, document
from tests.conftest import template

NOVEMBER = ("--from", "2026-11-01", "--to", "30.11.2026")
# What may stand in what, in which order (gdpdu-01-09-2004): names of children, each with a blank behind it.
FORM = {
    "DataSet": "Version DataSupplier Media ",
    "DataSupplier": "Name Location Comment ",
    "Media": "Name (Table )+",
    "Table": "URL Name Description Validity UTF8 DecimalSymbol DigitGroupingSymbol Range VariableLength ",
    "Validity": "Range Format ",
    "Range": "From (To )?",
    "VariableLength": "ColumnDelimiter RecordDelimiter TextEncapsulator VariablePrimaryKey (VariableColumn )+",
    "VariablePrimaryKey": "Name Description Numeric ",
    "VariableColumn": "Name Description (Numeric |AlphaNumeric |Date )",
    "Numeric": "(Accuracy )?",
    "Date": "Format ",
}


@pytest.fixture
def books(databases: Databases) -> str:
    """The demo books at the end of their story, with one decision of somebody else's taken back."""
    address = databases.copy(template(databases, "sqlite", "returned"))
    ran = command("--books", address, "--as-of", "2026-11-30", "--actor", "anna", "match", "undo", "A1")
    assert ran.code == 0, ran.err
    return address


def _told(books: str, out: Path, *more: str) -> tuple[list[dict[str, str]], dict[str, Any], ElementTree.Element]:
    """The three files, each read by the means that a reader outside has."""
    ran = command(
        "--books", books, "--as-of", "2026-12-01", "--lang", "de", "export", "journal", "--out", str(out), *more
    )
    assert ran.code == 0, ran.err
    assert "{" not in ran.out
    text = (out / "journal.csv").read_bytes().decode("utf-8")
    assert text.count("\n") == text.count("\r\n")
    index = (out / "index.xml").read_text("utf-8")
    assert '<!DOCTYPE DataSet SYSTEM "gdpdu-01-09-2004.dtd">' in index
    for name in ("journal.csv", "journal.json", "index.xml"):
        assert f"SHA-256 {name}: {hashlib.sha256((out / name).read_bytes()).hexdigest()}" in ran.out
    found = list(csv.DictReader(io.StringIO(text, newline="")))
    return found, json.loads((out / "journal.json").read_text("utf-8")), ElementTree.fromstring(index)


def test_csv_and_json_hold_the_journal(books: str, tmp_path: Path) -> None:
    """Every posting of the books, numbered without a gap; in each entry debit equals credit, the counter account is
    that of the other side, and somebody has booked it at some time."""
    told, whole, _ = _told(books, tmp_path / "out")
    assert [int(row["posting"]) for row in told] == list(range(1, len(told) + 1))
    assert len(told) == rows(books, select(func.count()).select_from(postings))[0][0] == whole["postings"]
    assert [{key: "" if value is None else str(value) for key, value in row.items()} for row in whole["rows"]] == told
    assert [column["name"] for column in whole["columns"]] == list(told[0])
    by_entry: dict[str, list[dict[str, str]]] = {}
    for row in told:
        by_entry.setdefault(row["entry"], []).append(row)
        assert bool(row["debit"]) != bool(row["credit"])
        assert row["recorded_at"]
    for own in by_entry.values():
        assert _cents(own, "debit") == _cents(own, "credit")
        for row in own:
            other = "credit" if row["debit"] else "debit"
            against = {one["account"] for one in own if one[other]}
            assert row["counter"] == (against.pop() if len(against) == 1 else "")
    assert whole["totals"] == {
        "EUR": {"debit": _plain(_cents(told, "debit")), "credit": _plain(_cents(told, "credit"))}
    }
    [back] = {(row["entry"], row["reverses"], row["actor"], row["kind"]) for row in told if row["reverses"]}
    assert back[2:] == ("anna", "undo")
    reverses = rows(books, select(entries.c.reverses_id).where(entries.c.id == int(back[0][1:])))
    assert back[1] == f"E{reverses[0][0]}"
    assert {row["actor"] for row in told} == {"anna", "tester"}
    assert whole["log_head"] == rows(books, select(log.c.hash).order_by(log.c.id.desc()).limit(1))[0][0]
    assert command("--books", books, "verify", "--head", whole["log_head"]).code == 0


def test_the_description_fits_the_file(books: str, tmp_path: Path) -> None:
    """In the form that auditors' programs read; each column by its name in its order, each value of its kind."""
    told, whole, index = _told(books, tmp_path / "out", *NOVEMBER)
    for element in index.iter():
        if element.tag in FORM:
            assert re.fullmatch(FORM[element.tag], "".join(f"{child.tag} " for child in element)), element.tag
        else:
            assert len(element) == 0, element.tag
    table = index.find("Media/Table")
    assert table is not None
    assert table.findtext("URL") == "journal.csv"
    assert [table.findtext(f"Validity/Range/{end}") for end in ("From", "To")] == ["2026-11-01", "2026-11-30"]
    assert table.findtext("VariableLength/RecordDelimiter") == "\r\n"
    assert whole["log_head"] in str(index.findtext("DataSupplier/Comment"))
    columns = [one for one in table.iter() if one.tag in {"VariablePrimaryKey", "VariableColumn"}]
    assert [one.findtext("Name") for one in columns] == list(told[0])
    for column in columns:
        assert column.findtext("Description")
        for row in told:
            value = row[str(column.findtext("Name"))]
            if column.find("Numeric/Accuracy") is not None:
                assert re.fullmatch(r"(\d+\.\d\d)?", value)
            elif column.find("Numeric") is not None:
                assert value.isdigit()
            elif column.find("Date") is not None:
                assert re.fullmatch(r"2026-11-\d\d", value)


def test_what_is_there_is_replaced_only_when_asked(books: str, tmp_path: Path) -> None:
    """Refused as a whole otherwise; the books are only read, the same books give the same bytes."""
    before = dump(books)
    at = ("--books", books, "--as-of", "2026-12-01", "export", "journal", "--out", str(tmp_path))
    first = document(*at, *NOVEMBER)
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(kept) == ["index.xml", "journal.csv", "journal.json"]
    ran = command(*at)
    assert (ran.code, "[file-exists]" in ran.err) == (4, True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == kept
    assert document(*at, *NOVEMBER, "--force")["files"] == first["files"]
    assert document(*at, "--force")["postings"] > first["postings"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
    assert command(*at, "--from", "2026-11-30", "--to", "2026-11-01").code == 2
    assert dump(books) == before


def test_a_folder_that_cannot_be(books: str, tmp_path: Path) -> None:
    """Told with what to do, and nothing is left behind."""
    (tmp_path / "file").write_text("no folder")
    ran = command("--books", books, "export", "journal", "--out", str(tmp_path / "file"))
    assert (ran.code, "[folder-unwritable]" in ran.err) == (4, True)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def _cents(own: list[dict[str, str]], side: str) -> int:
    return sum(int(row[side].replace(".", "")) for row in own if row[side])


def _plain(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
