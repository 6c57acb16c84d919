"""What holds for every input: no bytes raise, what was written is read, settings survive their JSON."""

import csv
import io
import string
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import openpyxl
import pandas
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recon.items import Kind, Table, dump_settings, load_settings, read_company, read_document, read_table, recognise
from recon.items import settings_document as document_of
from recon.items.columns import COLUMNS
from recon.items.grid import open_csv
from recon.items.setting_keys import PRESETS
from recon.model.finding import has_errors
from recon.model.items import DocumentType, ItemRecord
from recon.model.ledger import Role
from recon.model.settings import (
    Account,
    Branch,
    CollectSettings,
    Company,
    DunningSettings,
    LevelSettings,
    MatchingSettings,
    Settings,
)
from sepa.money import plain, shown

KINDS = st.sampled_from([None, *Kind])
WORDS = [word for columns in COLUMNS.values() for column in columns for word in (column.name, *column.headings)]
CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "RE-1", "1.234", "1.234,56", "-5,00", "0", "46000", "31.12.2026", "2026-12-31", "1,23E+05", "#NV",
         "DE89370400440532013000", "Gutschrift", "CORE", "EUR", "KWD", "\u200b", "=1+1", '"', "\n", "x" * 300]
    ),
    st.text(max_size=12),
)  # fmt: skip
TEXTS = st.text(string.ascii_letters + string.digits + "äöüß -./&", min_size=1, max_size=30).map(str.strip).filter(bool)


def holds(table: Table) -> None:
    """What every table promises."""
    assert len(table.records) <= table.rows
    assert all(record.where for record in table.records)
    if table.kind is None:
        assert table.refused
        assert not table.records
    if not table.findings:
        assert len(table.records) == table.rows


@given(st.binary(max_size=400), KINDS)
def test_any_bytes_end_in_a_table(data: bytes, kind: Kind | None) -> None:
    holds(read_table(data, "f", kind))
    recognise(data)
    read_company(data, "f.toml")


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12), st.lists(st.lists(CELLS, max_size=12), max_size=6),
       st.sampled_from(";,\t"), st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]), KINDS)  # fmt: skip
def test_any_rows_below_known_headings_end_in_a_table(
    headings: list[str], rows: list[list[str]], separator: str, encoding: str, kind: Kind | None
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator)
    writer.writerows([headings, *rows])
    holds(read_table(out.getvalue().encode(encoding, errors="replace"), "f.csv", kind))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8, unique=True),
       st.lists(st.lists(st.one_of(st.none(), st.integers(), st.floats(allow_nan=False), st.booleans(), st.dates(),
                                   st.datetimes(), st.times(), st.sampled_from(["", "RE-1", "=1+1", "#N/A"])),
                         max_size=8), max_size=4), KINDS)  # fmt: skip
def test_any_cells_of_a_workbook_end_in_a_table(headings: list[str], rows: list[list[Any]], kind: Kind | None) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [headings, *rows]:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    holds(read_table(out.getvalue(), "f.xlsx", kind))


def _workbook_parts() -> Mapping[str, bytes]:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["invoice_no", "customer_no", "amount", "due_date", "paid"])
    sheet.append(["RE-1", 42, 119.5, date(2026, 12, 31), "=1+1"])
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


PARTS = _workbook_parts()


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(PARTS)), st.data())
def test_any_damage_inside_a_workbook_ends_in_a_table(part: str, data: st.DataObject) -> None:
    content = bytearray(PARTS[part])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 12))
        content[place : place + length] = data.draw(
            st.one_of(st.binary(max_size=6), st.sampled_from([b"-1", b"9" * 30, b"", b'"', b"<", b"e9"]))
        )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, original in PARTS.items():
            archive.writestr(name, bytes(content) if name == part else original)
    holds(read_table(out.getvalue(), "f.xlsx"))


ITEMS = st.builds(
    ItemRecord,
    invoice_no=st.integers(1, 10**9).map(lambda number: f"RE-{number:06d}"),
    customer_no=st.integers(0, 99999).map(lambda number: f"{number:05d}"),
    amount=st.integers(1, 10**10),
    due_date=st.dates(date(1970, 1, 1), date(2068, 12, 31)),
    customer_name=st.none() | TEXTS.map(lambda text: " ".join(text.split())),
    # A claim of a return's charge comes from the books themselves.
    document_type=st.sampled_from(sorted(set(DocumentType) - {DocumentType.RETURN_CHARGE})),
)


@given(st.lists(ITEMS, max_size=8, unique_by=lambda item: item.invoice_no), st.sampled_from(["de", "en"]),
       st.sampled_from(";,\t"), st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]))  # fmt: skip
def test_what_was_written_is_read(items: list[ItemRecord], language: str, separator: str, encoding: str) -> None:
    german = language == "de"
    heads = ["Rechnungs-Nr.", "Kundennummer", "Betrag", "Fällig am", "Name", "Belegart"]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator)
    writer.writerow(heads if german else ["invoice_no", "customer_no", "amount", "due_date", "customer_name", "type"])
    for item in items:
        assert item.due_date is not None
        writer.writerow(
            [
                item.invoice_no,
                item.customer_no,
                shown(item.amount, "de") if german else plain(item.amount),
                item.due_date.strftime("%d.%m.%Y") if german else item.due_date.isoformat(),
                item.customer_name or "",
                item.document_type,
            ]
        )
    table = read_table(out.getvalue().encode(encoding), "f.csv")
    assert table.findings == ()
    assert list(table.records) == [
        replace(item, where=f"f.csv:row {number}") for number, item in enumerate(items, start=2)
    ]


@given(
    st.lists(st.lists(st.text(string.ascii_letters + " äöü;,\t\"\n'", max_size=8), min_size=3, max_size=3), max_size=6)
)
def test_pandas_reads_the_same_texts(rows: list[list[str]]) -> None:
    """The second reader: where a CSV is well-formed, pandas and ours see the same cells."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *rows])
    content = out.getvalue().encode()
    frame = pandas.read_csv(io.BytesIO(content), sep=";", dtype=str, keep_default_na=False)
    theirs = [list(cells) for cells in frame.itertuples(index=False, name=None)]
    ours = [list(cells) for _number, cells in open_csv(content, "f.csv", len).rows]
    assert ours == theirs


CODES = st.text(string.ascii_uppercase + string.digits, min_size=3, max_size=3)
SETTINGS = st.builds(
    Settings,
    company=st.builds(Company, TEXTS, st.none() | TEXTS, st.sampled_from(["SKR03", "SKR04"]), st.none() | TEXTS),
    accounts=st.lists(st.builds(Account, TEXTS, st.none() | TEXTS, st.none() | TEXTS), max_size=3).map(tuple),
    branches=st.lists(
        st.builds(Branch, CODES, TEXTS, st.none() | TEXTS, st.none() | CODES,
                  st.lists(st.integers(0, 99), max_size=4).map(tuple)),
        max_size=3,
    ).map(tuple),
    matching=st.builds(MatchingSettings, st.sampled_from(["certain", "none"]), st.just("exact_only"),
                       st.lists(st.sampled_from([str(one) for one in DocumentType]), max_size=2).map(tuple)),
    collect=st.builds(CollectSettings, st.booleans(), st.sampled_from(["in_collection", "mark_paid"]), st.booleans(),
                      st.booleans(), st.integers(0, 99), st.integers(1, 9)),
    dunning=st.builds(
        DunningSettings, st.none() | st.sampled_from(PRESETS), st.sampled_from(["inclusive", "strict"]),
        deadline_days=st.integers(0, 99), min_amount=st.integers(0, 10**6), repeat_last=st.booleans(),
        levels=st.lists(st.builds(LevelSettings, st.integers(1, 4), st.integers(0, 99),
                                  st.sampled_from(["due_date", "previous_notice"]), st.integers(0, 10**5)),
                        max_size=4).map(tuple),
        given=st.lists(st.sampled_from(["boundary", "deadline_days"]), unique=True).map(sorted).map(tuple),
    ),
    ledger_accounts=st.dictionaries(st.sampled_from([str(role) for role in Role]), CODES, max_size=3)
    .map(lambda accounts: tuple(sorted(accounts.items()))),
)  # fmt: skip


@given(SETTINGS)
def test_settings_survive_their_json(before: Settings) -> None:
    text = dump_settings(before)
    after = load_settings(text)
    assert after == before
    assert after.dunning.given == before.dunning.given
    assert dump_settings(after) == text


@given(SETTINGS)
def test_settings_that_pass_the_checks_are_read_as_they_are(before: Settings) -> None:
    after, findings = read_document(document_of(before), "settings")
    assert (after is None) is has_errors(findings)
    if after is not None:
        assert after == before


@given(st.dictionaries(st.sampled_from(["company", "accounts", "branches", "matching", "collect", "dunning", "ledger",
                                        "levels", "x"]),
                       st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                                        st.sampled_from(["name", "iban", "code", "levels", "number", "fee", "given",
                                                         "preset", "dunning_days", "bank"]), inner, max_size=3),
                                    max_leaves=8)))  # fmt: skip
def test_any_document_ends_in_settings_or_findings(document: dict[str, Any]) -> None:
    after, findings = read_document(document, "settings")
    assert (after is None) is has_errors(findings)
