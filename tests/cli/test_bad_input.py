"""Every wrong file, row or option ends in a finding with a place and a remedy and the contract's exit code; nothing is
half-imported, nothing dropped silently."""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.commandline import command, document

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
DAY = "2026-11-24"
CAMT = b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
ITEMS = "invoice_no;customer_no;amount;due_date\n"


def _truncated() -> bytes:
    return (FIXTURES / "bank" / "2026-11-19.sta").read_bytes()[:900]


def _camt(name: str) -> bytes:
    with zipfile.ZipFile(FIXTURES / "bank" / "camt053_2026-11-23_24.zip") as archive:
        return archive.read(next(member for member in archive.namelist() if name in member))


def _wrong_closing() -> bytes:
    """The first statement's closing balance a cent off; the second one closes."""
    whole = _camt("2026-11-23")
    assert whole.count(b"28926.96") == 1
    return whole.replace(b"28926.96", b"28926.97")


def _only_wrong() -> bytes:
    return (FIXTURES / "bank" / "2026-11-19.sta").read_bytes().replace(b"25777,04", b"25777,05")


def _items(*rows: str) -> Callable[[], bytes]:
    content = (ITEMS + "\n".join(rows) + "\n").encode()
    return lambda: content


GOOD_ITEM = "NEW-1;10001;12,00;2026-12-01"

# name, content, exit code, finding codes that must be there, place of the first of them
WRONG: list[tuple[str, Callable[[], bytes], int, str, str]] = [
    ("truncated.sta", _truncated, 4, "statement-truncated", "truncated.sta:"),
    ("closing.sta", _only_wrong, 4, "balance-gap", "closing.sta:"),
    ("half.xml", _wrong_closing, 3, "balance-gap", "half.xml:"),
    ("cut.xml", lambda: _camt("2026-11-23")[:-400], 3, "xml-broken", "cut.xml"),
    (
        "entities.xml",
        lambda: b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "b">]>' + CAMT + b"&a;</BkToCstmrStmt></Document>",
        4,
        "xml-doctype",
        "entities.xml",
    ),
    (
        "missing.csv",
        lambda: b"invoice_no;customer_no;due_date\nNEW-1;10001;2026-11-01\n",
        4,
        "column-missing",
        "missing",
    ),
    ("ambiguous.csv", _items(GOOD_ITEM, "NEW-2;10001;1.234;2026-12-01"), 4, "amount-ambiguous", "row 3, column amount"),
    ("rounded.csv", _items(GOOD_ITEM, "1,23E+05;10001;5,00;2026-12-01"), 4, "spreadsheet-number", "row 3"),
    ("customer.csv", _items(GOOD_ITEM, "NEW-2;99999;5,00;2026-12-01"), 4, "customer-unknown", "row 3"),
    ("nodate.csv", _items(GOOD_ITEM, "NEW-2;10001;5,00;"), 4, "due-date-missing", "row 3"),
    ("twice.csv", _items(GOOD_ITEM, GOOD_ITEM), 4, "invoice-doubled", "row 3"),
    (
        "iban.csv",
        lambda: b"mandate_id;customer_no;iban;signed_on\nM-NEW;10001;DE89370400440532013001;2024-01-01\n",
        4,
        "iban-check-digits",
        "row 2, column iban",
    ),
    ("empty.sta", lambda: b"", 4, "table-empty", "empty.sta"),
    ("noise.bin", lambda: bytes(range(256)) * 9, 4, "encoding-unknown", "noise.bin"),
    (
        "pain.xml",
        lambda: b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.008.001.08'/>",
        4,
        "xml-unknown",
        "pain",
    ),
]


@pytest.fixture
def books(tmp_path: Path) -> str:
    """The demo company with its tables, no statement yet."""
    address = str(tmp_path / "books.db")
    document("--books", address, "--as-of", DAY, "init", "--company", str(FIXTURES / "company.toml"))
    names = [str(FIXTURES / name) for name in ("customers.csv", "mandates.csv", "items.csv")]
    document("--books", address, "--as-of", DAY, "import", *names)
    return address


def dump(books: str) -> str:
    """All rows of all tables, as one digest."""
    from sqlalchemy import select

    from recon.store.books import open_books, reading
    from recon.store.tables import metadata

    told = hashlib.sha256()
    with reading(open_books(books)) as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table).order_by(table.c.id)):
                told.update(f"{table.name}{tuple(row)!r}".encode())
    return told.hexdigest()


@pytest.mark.parametrize("wrong", WRONG, ids=[row[0] for row in WRONG])
def test_a_wrong_file_says_what_where_and_what_to_do(
    books: str, tmp_path: Path, wrong: tuple[str, Callable[[], bytes], int, str, str]
) -> None:
    name, content, code, finding, place = wrong
    path = tmp_path / name
    path.write_bytes(content())
    before = dump(books)
    ran = command("--books", books, "--as-of", DAY, "import", str(path), "--json")
    assert ran.code == code, ran.err
    (file,) = ran.document["files"]
    errors = [entry for entry in file["findings"] if entry["severity"] == "error"]
    assert errors
    assert finding == "" or finding in {entry["code"] for entry in errors}
    first = next(entry for entry in errors if finding in {"", entry["code"]})
    assert place in first["where"]
    assert first["text"]
    assert first["remedy"]
    assert "{" not in first["text"] + first["remedy"]
    if code == 4:
        assert file["status"] == "refused"
        assert dump(books) == before
    german = command("--books", books, "--as-of", DAY, "--lang", "de", "import", str(path))
    assert f"[{first['code']}]" in german.err
    assert "→" in german.err


def test_one_bad_member_of_a_zip_leaves_the_others(books: str, tmp_path: Path) -> None:
    """users.md 6.1: the good ones are committed, the bad one is listed with file, place and reason; exit 3."""
    path = tmp_path / "days.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.xml", _camt("2026-11-24"))
        archive.writestr("b.xml", b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmr")
    ran = command("--books", books, "--as-of", DAY, "import", str(path), "--json")
    assert ran.code == 3
    (file,) = ran.document["files"]
    assert file["status"] == "partial"
    assert len(file["statements"]) == 2
    assert any("b.xml" in entry["where"] for entry in file["findings"] if entry["severity"] == "error")
    again = document("--books", books, "--as-of", DAY, "import", str(path), code=3)
    assert again["totals"]["new"] == 0


def test_a_folder_with_one_bad_file_exits_3(books: str, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "1.sta").write_bytes((FIXTURES / "bank" / "2026-11-19.sta").read_bytes())
    (folder / "2.sta").write_bytes(_truncated())
    found = document("--books", books, "--as-of", DAY, "import", str(folder), code=3)
    assert [file["status"] for file in found["files"]] == ["imported", "refused"]
    assert found["totals"]["refused"] == 1


OPTIONS: list[tuple[tuple[str, ...], int, str]] = [
    (("match", "--nonsense"), 2, "No such option"),
    (("nonsense",), 2, "No such command"),
    (("--as-of", "30.2.2026", "match"), 2, "is no date"),
    (("collect", "preview"), 2, "--due-until"),
    (("collect", "preview", "--due-until", "2026-12-01", "--branch", "K99"), 4, "K99"),
    (("collect", "preview", "--due-until", "2026-12-01", "--collection-date", "2026-12-06"), 4, "no bank day"),
    (("collect", "export", "--out", "x", "B99"), 4, "B99"),
    (("match", "confirm", "L99"), 4, "L99"),
    (("match", "confirm", "L1", "RE=1.234"), 2, "1.234"),
    (("match", "undo"), 2, "Name one of"),
    (("match", "undo", "A99"), 4, "A99"),
    (("dunning", "issue", "D99"), 4, "D99"),
    (("dunning", "explain", "RE-0"), 4, "RE-0"),
    (("dunning", "preview", "--level", "5"), 2, "5"),
    (("dunning", "preview", "--customer", "0"), 4, "0"),
    (("import", "no-such-file"), 4, "no-such-file"),
    (("read", "no-such-file"), 4, "no-such-file"),
    (("init", "--company", "no-such-file"), 4, "no-such-file"),
    (("items", "list", "--status", "nonsense"), 2, "nonsense"),
]


@pytest.mark.parametrize(("arguments", "code", "told"), OPTIONS, ids=[" ".join(row[0]) for row in OPTIONS])
def test_a_wrong_option_is_answered(books: str, arguments: tuple[str, ...], code: int, told: str) -> None:
    before = dump(books)
    ran = command("--books", books, "--as-of", DAY, "--lang", "en", *arguments)
    assert ran.code == code, ran.err
    assert told in ran.err
    assert dump(books) == before


@pytest.mark.parametrize(
    "books_given", ["none.db", "folder/none.db", "mysql://here/there", "postgresql://127.0.0.1:1/x"]
)
def test_no_books_is_an_answer_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, books_given: str) -> None:
    monkeypatch.chdir(tmp_path)
    ran = command("--books", books_given, "match", "--json")
    assert ran.code == 4
    (finding,) = ran.document["findings"]
    assert finding["code"].startswith("books-")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_books_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_bytes(b"Sehr geehrte Damen und Herren" * 40)
    found: dict[str, Any] = document("--books", str(path), "match", code=4)
    assert found["findings"][0]["code"] == "books-unreadable"
    assert path.read_bytes().startswith(b"Sehr geehrte")


def test_company_file_with_wrong_keys(tmp_path: Path) -> None:
    """The file is refused whole, every mistake with its key."""
    path = tmp_path / "company.toml"
    path.write_text(
        '[company]\nname = "X"\ncreditor_id = "DE00ZZZ09999999999"\n[matching]\nauto = "sure"\ncolour = 1\n'
    )
    found = document("--books", str(tmp_path / "b.db"), "init", "--company", str(path), code=4)
    assert len(found["findings"]) == 3
    assert not (tmp_path / "b.db").exists()


def test_a_missing_day_is_told_and_can_fail_the_command(books: str) -> None:
    """The chain of balances shows the gap: a warning with both ends, and exit 5 where it is asked for."""
    bank = FIXTURES / "bank"
    document("--books", books, "--as-of", DAY, "import", str(bank / "2026-11-19.sta"))
    gap = ("--books", books, "--as-of", DAY, "import", str(bank / "camt053_2026-11-23_24.zip"))
    found = document(*gap, "--fail-on", "gap", code=5)
    (told,) = [entry for entry in found["files"][0]["findings"] if entry["code"] == "statement-gap"]
    assert "25777.04" in told["text"]
    assert "24584.51" in told["text"]
    filled = document("--books", books, "--as-of", DAY, "import", str(bank / "2026-11-20.sta"), "--fail-on", "gap")
    assert filled["totals"]["new"] == 20
