"""Exports to the tax adviser in the books: every posting once, the same bytes again, nothing half-written."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from recon.model.finding import Finding, Severity
from recon.service import confirming, exporting, setting_up, undoing
from recon.service.answers import Refused
from recon.service.context import Context
from recon.service.exporting import ExportResult
from recon.service.importing import Source, import_sources
from recon.store.export_tables import exported_entries, exports
from recon.store.tables import entries, lines, log
from tests.books import FIXTURES, dump, rows, sound, text_in
from tests.golden.datev.extf import Extf, read

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))
DECEMBER = (date(2026, 12, 1), date(2026, 12, 31))
ITEMS = "invoice_no;customer_no;customer_name;amount;due_date;currency"


def _export(context: Context, folder: Path, span: tuple[date, date] = NOVEMBER, **more: Any) -> ExportResult:
    return exporting.export_datev(context, folder, *span, **more)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.exists() else {}


def _read(folder: Path, result: ExportResult) -> Extf:
    """The only file of postings."""
    (name,) = [file.file for file in result.files if file.kind == "datev"]
    return read((folder / name).read_bytes())


def _set(context: Context, **values: str) -> None:
    told = "\n".join(f"{key} = {value}" for key, value in values.items())
    company = (FIXTURES / "company.toml").read_text("utf-8").replace("client = 456", f"client = 456\n{told}")
    setting_up.apply(context, company.encode(), "company.toml")


def _pay(context: Context, number: str, amount: int, name: str) -> None:
    """A statement of one line that pays an invoice, and the decision that it does."""
    body = f":61:2611251125C{amount},00NTRFNONREF//Z1\n:86:166?00GUTSCHRIFT?20SVWZ+{number}?32{name}\n"
    head = ":20:STARTUMS\n:25:DE27370501980000012345\n:28C:400/1\n:60F:C261124EUR1000,00\n"
    page = f"{head}{body}:62F:C261125EUR{1000 + amount},00\n-\n".encode("cp1252")
    assert import_sources(context, [Source("one.sta", page)])[0].status == "imported"
    with context.books.engine.connect() as connection:
        line = connection.execute(select(lines.c.id).where(lines.c.bank_ref == "Z1")).scalar_one()
    confirming.confirm(context, f"L{line}", [confirming.Wanted(number, None)])


def _codes(findings: Sequence[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def test_every_entry_goes_out_once(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """The second export of the same days finds nothing to do; what came since goes into a file of its own."""
    address = books_at("returned")
    context = opened(address, "2026-12-01")
    first = _export(context, tmp_path)
    assert [(file.id, file.kind, file.file) for file in first.files] == [
        ("X1", "datev_debtors", "EXTF_DebKred_Stamm_001.csv"), ("X2", "datev", "EXTF_Buchungsstapel_2026-11_001.csv"),
    ]  # fmt: skip
    assert [file.sha256 for file in first.files] == [
        hashlib.sha256((tmp_path / file.file).read_bytes()).hexdigest() for file in first.files
    ]
    before = dump(address)
    again = _export(context, tmp_path)
    assert (again.files, again.before) == ((), 32)
    assert dump(address) == before
    undoing.undo(opened(address, "2026-11-30"), last=True)
    more = _export(context, tmp_path)
    assert [file.file for file in more.files] == ["EXTF_Buchungsstapel_2026-11_002.csv"]
    assert all(text.startswith("Storno ") for text in _read(tmp_path, more).column(14))
    held = [row.entry_id for row in rows(address, select(exported_entries))]
    assert len(held) == len(set(held))
    booked = rows(address, select(entries.c.id).where(entries.c.kind != "take_over"))
    assert {row.id for row in booked} == set(held)
    sound(address)


def test_one_file_a_month(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """A storno of December lies in December's file, though the entry is of November."""
    address = books_at("returned")
    undoing.undo(opened(address, "2026-12-03"), last=True)
    result = _export(opened(address, "2026-12-31"), tmp_path, (NOVEMBER[0], DECEMBER[1]))
    assert [(file.first, file.last) for file in result.files if file.kind == "datev"] == [NOVEMBER, DECEMBER]
    for file in result.files[1:]:
        months = {day[2:] for day in read((tmp_path / file.file).read_bytes()).column(10)}
        assert months == {f"{file.first:%m}"}
    sound(address)


@pytest.mark.parametrize("storno", ["swap", "general_reversal"])
def test_a_storno_is_a_line_of_its_own(books_at: BooksAt, opened: Opened, tmp_path: Path, storno: str) -> None:
    """Either with debit and credit turned round, or as it was with the mark of a Generalumkehr."""
    address = books_at("returned")
    _set(opened(address, "2026-11-25"), storno=f'"{storno}"')
    _export(opened(address, "2026-11-30"), tmp_path / "before")
    first = read((tmp_path / "before" / "EXTF_Buchungsstapel_2026-11_001.csv").read_bytes())
    undoing.undo(opened(address, "2026-11-30"), run_name="M1", again=True)
    result = _export(opened(address, "2026-12-01"), tmp_path / "after")
    back = _read(tmp_path / "after", result)
    # Amount, account, contra account, Belegfeld 1 -> side.
    sides = {(row[0], row[6], row[7], row[10]): row[1] for row in first.rows}
    assert len(back.rows) > 5
    for row in back.rows:
        assert (row[1] == sides[row[0], row[6], row[7], row[10]]) is (storno == "general_reversal")
        assert row[117].text == ("1" if storno == "general_reversal" else "")
    sound(address)


def test_the_same_bytes_again(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Another day, another folder: the bytes of the first time, and the books say that it is a repeat."""
    address = books_at("returned")
    _export(opened(address, "2026-12-01"), tmp_path / "one")
    later = opened(address, "2027-02-01", actor="bernd")
    result = exporting.again(later, tmp_path / "two", "X2")
    assert [(file.id, file.repeats, file.actor) for file in result.files] == [("X3", "X2", "bernd")]
    assert _codes(result.findings) == ["export-again"]
    exporting.again(later, tmp_path / "two", "X3")
    assert [row.repeats for row in exporting.exports_in_books(later)] == [None, None, "X2", "X2"]
    name = "EXTF_Buchungsstapel_2026-11_001.csv"
    assert _files(tmp_path / "two") == {name: _files(tmp_path / "one")[name]}
    with pytest.raises(Refused) as no:
        exporting.again(later, tmp_path / "two", "X9")
    assert _codes(no.value.findings) == ["export-unknown"]
    sound(address)


def test_a_dry_run_and_a_refusal_leave_nothing(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Neither in the books nor in the folder; what is there already is not overwritten."""
    address = books_at("returned")
    before = dump(address)
    result = _export(opened(address, "2026-12-01", dry_run=True), tmp_path / "out")
    assert [file.count for file in result.files] == [40, 60]
    assert (dump(address), _files(tmp_path / "out")) == (before, {})
    (tmp_path / "EXTF_Buchungsstapel_2026-11_001.csv").write_text("of other books")
    with pytest.raises(Refused) as no:
        _export(opened(address, "2026-12-01"), tmp_path)
    assert _codes(no.value.findings) == ["export-file-differs"]
    assert dump(address) == before
    assert list(_files(tmp_path).values()) == [b"of other books"]
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Refused) as no:
        _export(opened(address, "2026-12-01"), tmp_path / "file")
    assert _codes(no.value.findings) == ["folder-unwritable"]
    assert dump(address) == before


def test_a_file_that_was_written_before_the_books_said_so(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Cut off between the two, the same export is repeated and ends the same."""
    address = books_at("returned")
    _export(opened(address, "2026-12-01", dry_run=False), tmp_path)
    kept = _files(tmp_path)
    twin = books_at("returned")
    _export(opened(twin, "2026-12-01"), tmp_path)
    assert _files(tmp_path) == kept


def test_without_the_advisers_numbers(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Named before anything is written."""
    address = books_at("returned")
    context = opened(address, "2026-12-01")
    company = (FIXTURES / "company.toml").read_text("utf-8")
    setting_up.apply(context, company.replace("consultant = 1001\nclient = 456\n", "").encode(), "company.toml")
    with pytest.raises(Refused) as no:
        _export(context, tmp_path / "out")
    assert _codes(no.value.findings) == ["datev-setting-missing"] * 2
    assert _files(tmp_path / "out") == {}


def test_ledger_accounts_of_another_length(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Every account that does not fit, each once, and all customers."""
    address = books_at("returned")
    context = opened(address, "2026-12-01")
    _set(context, account_length="5")
    with pytest.raises(Refused) as no:
        _export(context, tmp_path / "out")
    codes = _codes(no.value.findings)
    assert set(codes) == {"datev-account-length", "datev-debtor-missing"}
    accounts = [finding.where for finding in no.value.findings if finding.code == "datev-account-length"]
    assert "1200" in accounts
    assert len(accounts) == len(set(accounts))
    assert rows(address, select(exports)) == []


def test_a_customer_without_an_account(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Named and refused; an account brought in with a list of customers helps, but not somebody else's."""
    address = books_at("returned")
    context = opened(address, "2026-11-25")
    text_in(context, items=f"{ITEMS}\nK-1;K-77;Beispiel Neu GmbH;119,00;10.12.2026;EUR\n")
    _pay(context, "K-1", 119, "Beispiel Neu GmbH")
    with pytest.raises(Refused) as no:
        _export(context, tmp_path)
    assert [(finding.code, finding.where) for finding in no.value.findings] == [("datev-debtor-missing", "K-77")]
    text_in(context, customers="customer_no;name;Debitorenkonto\nK-77;Beispiel Neu GmbH;10003\n")
    with pytest.raises(Refused) as no:
        _export(context, tmp_path)
    assert _codes(no.value.findings) == ["datev-debtor-twice"]
    text_in(context, customers="customer_no;name;Debitorenkonto\nK-77;Beispiel Neu GmbH;10777\n")
    assert "10777" in _read(tmp_path, _export(context, tmp_path)).column(8)
    sound(address)


def test_numbers_and_names_that_datev_does_not_take(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Changed and told; never so that two invoices become one."""
    address = books_at("returned")
    context = opened(address, "2026-11-25")
    text_in(context, items=f"{ITEMS}\nÄ_1.7;10777;Dvořák GmbH;119,00;10.12.2026;EUR\n")
    _pay(context, "Ä_1.7", 119, "Dvorak GmbH")
    dry = opened(address, "2026-11-25", dry_run=True)
    result = _export(dry, tmp_path)
    assert sorted(_codes(result.findings)) == ["datev-character", "datev-number", "export-not-closed"]
    assert {finding.severity for finding in result.findings} == {Severity.WARNING}
    text_in(context, items=f"{ITEMS}\nAE-1-7;10778;Andere GmbH;50,00;10.12.2026;EUR\n")
    with pytest.raises(Refused) as no:
        _export(dry, tmp_path)
    assert "datev-number-twice" in _codes(no.value.findings)


def test_items_taken_over(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """The adviser has their revenue from the invoices: left out and counted, or told against Saldenvorträge."""
    address = books_at("returned")
    context = opened(address, "2026-12-01")
    october = (date(2026, 10, 1), date(2026, 10, 31))
    result = _export(context, tmp_path, october)
    assert (result.files, result.openings) == ((), (116, 3595559))
    told = _read(tmp_path, _export(context, tmp_path, october, with_openings=True))
    assert set(told.column(7)) == {"9008"}
    amounts = [int(row[0].text.replace(",", "")) * (1 if row[1].text == "H" else -1) for row in told.rows]
    assert (len(amounts), sum(amounts)) == (116, 3595559)
    sound(address)


def test_the_log_tells_who_exported_what(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    address = books_at("returned")
    _export(opened(address, "2026-12-01", actor="anna"), tmp_path)
    told = rows(address, select(log.c.subject, log.c.actor, log.c.after).where(log.c.action == "datev"))
    assert [row[:2] for row in told] == [("X1", "anna"), ("X2", "anna")]
    assert "EXTF_Buchungsstapel_2026-11_001.csv" in told[1].after
