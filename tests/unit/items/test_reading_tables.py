"""Tables in every form that contract.md 3 allows give the same records, with the right places in every finding."""

import csv
import io
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from recon.items import Kind, Table, read_table, recognise
from recon.model.finding import Severity
from recon.model.items import CustomerRecord, CustomerType, DocumentType, ItemRecord, MandateRecord, PaymentMethod

IBAN = "DE89370400440532013000"

ITEMS = [
    ["Rechnungsnummer", "Kundennummer", "Name", "Betrag", "Fälligkeit", "Belegart", "Zahlungsart", "bezahlt"],
    ["RE-1", "0042", "Bäckerei Müller", "1.234,56", "31.12.2026", "Rechnung", "Überweisung", "0,00"],
    ["RE-2", "0042", "Bäckerei Müller", "100", "1.3.26", "Gutschrift", "", ""],
    ["RE-3", "0043", "Beispiel; Söhne", "12,30 €", "2026-12-31", "", "Lastschrift", "2,30"],
]
CUSTOMERS = [
    ["Kunden-Nr.", "Name", "Typ", "Sprache", "E-Mail", "Straße", "PLZ", "Ort", "Land", "Filiale", "IBAN", "BIC",
     "Zahlungsziel (Tage)", "Mahntage 1", "Mahntage 3", "Versandart", "Mahnsperre bis", "Mahnsperre Grund"],
    ["0042", "Müller GmbH", "Firma", "deutsch", "post@example.com", "Hauptstr. 1", "01067", "Dresden", "DE", "K01",
     "DE89 3704 0044 0532 0130 00", "cobadeff", "30", "5", "0", "E-Mail", "31.01.2027", "Reklamation"],
    ["0043", "Erika Beispiel", "Privat", "en", "", "", "", "", "", "", "", "", "", "", "", "", "", ""],
]  # fmt: skip
MANDATES = [
    ["Mandatsreferenz", "Kundennummer", "IBAN", "unterschrieben am", "Kontoinhaber", "Verfahren", "Mandatsart",
     "zuletzt genutzt am", "Status", "alte IBAN"],
    ["M-1", "0042", IBAN, "01.02.2025", "Müller GmbH", "Firmenlastschrift", "wiederkehrend", "2026-01-05", "aktiv",
     "DE02120300000000202051"],
    ["M 2", "0043", IBAN, "", "", "", "einmalig", "", "widerrufen", ""],
]  # fmt: skip


def as_csv(rows: list[list[str]], separator: str = ";", end: str = "\r\n") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(rows)
    return out.getvalue()


def as_xlsx(rows: Sequence[Sequence[Any]], **formats: str) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append([cell if cell != "" else None for cell in row])
    for place, shape in formats.items():
        sheet[place].number_format = shape
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(text: str, kind: Kind | None = None) -> Table:
    return read_table(text.encode(), "op.csv", kind)


def codes(table: Table) -> list[str]:
    return [finding.code for finding in table.findings]


def test_items_as_the_contract_names_them() -> None:
    table = read(as_csv(ITEMS))
    assert table.findings == ()
    assert table.kind is Kind.ITEMS
    assert table.rows == 3
    assert table.records == (
        ItemRecord(
            "RE-1", "0042", 123456, due_date=date(2026, 12, 31), customer_name="Bäckerei Müller",
            payment_method=PaymentMethod.TRANSFER, where="op.csv:row 2",
        ),
        ItemRecord(
            "RE-2", "0042", 10000, due_date=date(2026, 3, 1), customer_name="Bäckerei Müller",
            document_type=DocumentType.CREDIT_NOTE, where="op.csv:row 3",
        ),
        ItemRecord(
            "RE-3", "0043", 1230, due_date=date(2026, 12, 31), customer_name="Beispiel; Söhne",
            payment_method=PaymentMethod.DIRECT_DEBIT, paid=230, where="op.csv:row 4",
        ),
    )  # fmt: skip


def test_customers_as_the_contract_names_them_v13_dunning_days() -> None:
    table = read(as_csv(CUSTOMERS))
    assert table.findings == ()
    assert table.kind is Kind.CUSTOMERS
    assert table.records == (
        CustomerRecord(
            "0042", "Müller GmbH", CustomerType.COMPANY, "de", "post@example.com", "Hauptstr. 1", "01067", "Dresden",
            "DE", "K01", IBAN, "COBADEFF", 30, (5, None, 0, None), "email", date(2027, 1, 31), "Reklamation",
            "op.csv:row 2",
        ),
        CustomerRecord("0043", "Erika Beispiel", CustomerType.PERSON, "en", where="op.csv:row 3"),
    )  # fmt: skip


def test_mandates_as_the_contract_names_them() -> None:
    table = read(as_csv(MANDATES))
    assert codes(table) == ["signature-missing"]
    assert table.findings[0].where == "op.csv:row 3, column signed_on"
    assert not table.refused
    assert table.kind is Kind.MANDATES
    assert table.records == (
        MandateRecord(
            "M-1", "0042", IBAN, date(2025, 2, 1), account_holder="Müller GmbH", scheme="B2B",
            kind="recurrent", status="active", last_used_on=date(2026, 1, 5), original_iban="DE02120300000000202051",
            where="op.csv:row 2",
        ),
        MandateRecord("M 2", "0043", IBAN, None, kind="one_off", status="revoked", where="op.csv:row 3"),
    )  # fmt: skip


@pytest.mark.parametrize("rows", [ITEMS, CUSTOMERS, MANDATES], ids=["items", "customers", "mandates"])
@pytest.mark.parametrize("separator", [";", ",", "\t"], ids=["semicolon", "comma", "tab"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_encodings_and_separators_give_the_same_records(rows: list[list[str]], separator: str, encoding: str) -> None:
    content = as_csv(rows, separator).encode(encoding)
    table = read_table(content, "op.csv")
    assert table.records == read(as_csv(rows)).records
    assert recognise(content) is table.kind


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old-mac"])
def test_line_ends_give_the_same_records(end: str) -> None:
    assert read(as_csv(ITEMS, end=end)).records == read(as_csv(ITEMS)).records


@pytest.mark.parametrize("rows", [ITEMS, CUSTOMERS, MANDATES], ids=["items", "customers", "mandates"])
def test_a_workbook_with_the_same_texts_gives_the_same_records(rows: list[list[str]]) -> None:
    content = as_xlsx(rows)
    table = read_table(content, "op.csv")
    assert table.records == read(as_csv(rows)).records
    assert recognise(content) is table.kind


def test_a_workbook_with_numbers_and_dates_gives_the_same_records() -> None:
    rows: list[list[Any]] = [
        ITEMS[0],
        ["RE-1", 42, "Bäckerei Müller", 1234.56, date(2026, 12, 31), "Rechnung", "Überweisung", 0],
        ["RE-2", 42.0, "Bäckerei Müller", 100, datetime(2026, 3, 1), "Gutschrift", None, None],  # noqa: DTZ001
        ["RE-3", "0043", "Beispiel; Söhne", 12.3, date(2026, 12, 31), None, "Lastschrift", 2.3],
    ]
    table = read_table(as_xlsx(rows, B2="0000", B3="0000"), "op.csv")
    assert table.findings == ()
    assert table.records == read(as_csv(ITEMS)).records


def test_english_headings_give_the_same_records() -> None:
    english = [
        "invoice_no",
        "customer_no",
        "customer_name",
        "amount",
        "due_date",
        "document_type",
        "payment_method",
        "paid",
    ]
    rows = [
        english,
        ["RE-1", "0042", "Bäckerei Müller", "1,234.56", "2026-12-31", "invoice", "transfer", "0.00"],
        ["RE-2", "0042", "Bäckerei Müller", "100.00", "2026-03-01", "credit_note", "", ""],
        ["RE-3", "0043", "Beispiel; Söhne", "12.30", "2026-12-31", "", "direct_debit", "2.30"],
    ]
    assert read(as_csv(rows, ",")).records == read(as_csv(ITEMS)).records


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("Rechnungsnummer", "invoice_no"), ("Rechnungs-Nr.", "invoice_no"), ("RgNr", "invoice_no"),
        (" RECHNUNG NR ", "invoice_no"), ("Invoice No.", "invoice_no"), ("Kd-Nr", "customer_no"),
        ("Customer No", "customer_no"), ("BRUTTOBETRAG", "amount"), ("Betrag (EUR)", "amount"), ("Betrag €", "amount"),
        ("Fällig am", "due_date"), ("Faelligkeit", "due_date"), ("Fa\u0308lligkeit", "due_date"),
        ("Zahlungsziel", "due_date"), ("Mandatsreferenz", "mandate_id"), ("Skonto %", "discount_percent"),
        ("Währung", "currency"), ("Anzahlung fällig am", "prepayment_due"),
    ],
)  # fmt: skip
def test_headings_without_case_blanks_umlauts_and_punctuation(heading: str, column: str) -> None:
    base = {"invoice_no": "RE-1", "customer_no": "1", "amount": "5,00", "due_date": "01.01.2027"}
    sample = {"mandate_id": "M-1", "discount_percent": "2", "currency": "EUR", "prepayment_due": "01.01.2027"}
    row = base | ({column: sample[column]} if column in sample else {})
    names = [heading if name == column else name for name in row]
    table = read(as_csv([names, list(row.values())]))
    assert "column-unknown" not in codes(table)
    if column in base:
        assert len(table.records) == 1


def test_an_unknown_column_is_named_and_not_read() -> None:
    table = read("invoice_no;customer_no;amount;due_date;Notiz\nRE-1;1;5,00;01.01.2027;vielleicht\n")
    assert codes(table) == ["column-unknown"]
    assert dict(table.findings[0].facts)["heading"] == "Notiz"
    assert len(table.records) == 1


def test_a_missing_mandatory_column_refuses_the_file_and_says_what_was_found() -> None:
    table = read("Rechnungsnummer;Kundennummer;Fälligkeit\nRE-1;1;01.01.2027\n")
    (finding,) = table.findings
    facts = dict(finding.facts)
    assert finding.code == "column-missing"
    assert facts["column"] == "amount"
    assert facts["found"] == "Rechnungsnummer, Kundennummer, Fälligkeit"
    assert "Bruttobetrag" in facts["accepted"]
    assert table.records == ()


def test_items_need_a_due_date_or_an_issue_date_column() -> None:
    assert codes(read("invoice_no;customer_no;amount\nRE-1;1;5,00\n")) == ["column-missing"]
    assert codes(read("invoice_no;customer_no;amount;issue_date\nRE-1;1;5,00;01.01.2027\n")) == []


def test_f30_x_20_the_due_date_is_taken_as_stated_and_not_computed() -> None:
    table = read("invoice_no;customer_no;amount;due_date;issue_date\nRE-1;1;5,00;;01.01.2027\nRE-2;1;5;2.2.27;1.1.27\n")
    assert [getattr(one, "due_date") for one in table.records] == [None, date(2027, 2, 2)]  # noqa: B009


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"customer_no;name\n", Kind.CUSTOMERS),
        (b"customer_no;name;iban;branch", Kind.CUSTOMERS),
        ("Kundennummer;Name;IBAN\n1;M\xfcller".encode("cp1252"), Kind.CUSTOMERS),
        (b"invoice_no,customer_no,amount,mandate_id,customer_name\n", Kind.ITEMS),
        (b"mandate_id\tcustomer_no\tiban\tsigned_on\n", Kind.MANDATES),
        (b"Mandatsreferenz;Kundennummer;IBAN;unterschrieben am;Name\n", Kind.MANDATES),
        (b"invoice_no;customer_no;due_date\n", Kind.ITEMS),
        (b"sep=;\r\ninvoice_no;customer_no;amount\r\n", Kind.ITEMS),
        (b"\r\n;;\r\ninvoice_no;customer_no;amount\r\n", Kind.ITEMS),
        (b"Buchungstag;Betrag;IBAN;Verwendungszweck\n01.01.2026;5,00;DE;x\n", None),
        (b":20:STARTUMS\r\n:25:37040044/532013000\r\n", None),
        (b"<?xml version='1.0'?><Document/>", None),
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3", None),
        (b"PK\x03\x04no archive", None),
        (b"\xff\xfei\x00n\x00", None),
        ("invoice_no\tcustomer_no\tamount\n".encode("utf-16"), Kind.ITEMS),
        (b"\n\ninvoice_no;customer_no;amount", Kind.ITEMS),
        ("customer_no;name\n1;Müller\n".encode() + b"2;M\xfcller\n", Kind.CUSTOMERS),
        ("customer_no;name\n1;Mü".encode()[:-1], Kind.CUSTOMERS),
        (b"", None),
        (b"\x00" * 100, None),
    ],
)
def test_the_kind_is_recognised_from_the_heading_row(head: bytes, kind: Kind | None) -> None:
    assert recognise(head) is kind


def test_quoted_line_breaks_keep_the_row_numbers() -> None:
    content = (
        "invoice_no;customer_no;customer_name;amount;due_date\n"  # 1
        'RE-1;1;"Muster\nHinterhaus";5,00;01.01.2027\n'  # 2 and 3
        "\n"  # 4
        "RE-2;1;Muster;x;01.01.2027\n"  # 5
    )
    table = read(content)
    assert [one.where for one in table.findings] == ["op.csv:row 5, column amount"]
    (record,) = table.records
    assert isinstance(record, ItemRecord)
    assert (record.where, record.customer_name) == ("op.csv:row 2", "Muster Hinterhaus")


def test_row_numbers_count_what_stands_above_the_headings() -> None:
    table = read("sep=;\n\ninvoice_no;customer_no;amount;due_date\nRE-1;1;x;01.01.2027\n")
    assert [one.where for one in table.findings] == ["op.csv:row 4, column amount"]


def test_row_numbers_of_a_workbook_count_empty_rows() -> None:
    rows: list[list[Any]] = [
        ["invoice_no", "customer_no", "amount", "due_date"],
        [],
        ["RE-1", "1", "x", date(2027, 1, 1)],
    ]
    table = read_table(as_xlsx(rows), "op.xlsx")
    assert [one.where for one in table.findings] == ["op.xlsx:row 3, column amount"]


def test_only_a_heading_row_is_a_table_without_rows() -> None:
    table = read("invoice_no;customer_no;amount;due_date\n")
    assert (table.rows, table.records, table.findings) == (0, (), ())


@pytest.mark.parametrize("content", [b"", b"\n\n", b";;;\r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_a_finding(content: bytes) -> None:
    assert codes(read_table(content, "op.csv")) == ["table-empty"]


def test_blank_rows_and_trailing_separators_do_not_count() -> None:
    table = read("invoice_no;customer_no;amount;due_date;;\nRE-1;1;5,00;01.01.2027;;\n;;;;;\n ; ;\n\n")
    assert (table.rows, len(table.records), table.findings) == (1, 1, ())


@pytest.mark.parametrize("row", ["RE-1;1;5,00", "RE-1;1;5,00;01.01.2027;mehr", "RE-1;1;1;234,00;01.01.2027"])
def test_a_ragged_row_is_a_finding_and_no_record(row: str) -> None:
    table = read(f"invoice_no;customer_no;amount;due_date\n{row}\nRE-2;1;5,00;01.01.2027\n")
    assert [(one.code, one.where) for one in table.findings] == [("row-ragged", "op.csv:row 2")]
    assert len(table.records) == 1


def test_f01_all_errors_of_a_file_come_at_once() -> None:
    table = read(
        "invoice_no;customer_no;amount;due_date\n;1;1.234;01.01.2027\nRE-2;;5,00;32.01.2027\nRE-3;1;5,00;01.01.2027\n"
    )
    assert [(one.code, one.where) for one in table.findings] == [
        ("value-missing", "op.csv:row 2, column invoice_no"),
        ("amount-ambiguous", "op.csv:row 2, column amount"),
        ("value-missing", "op.csv:row 3, column customer_no"),
        ("date-invalid", "op.csv:row 3, column due_date"),
    ]
    assert dict(table.findings[1].facts)["value"] == "1.234"
    assert table.refused


def test_more_errors_than_can_be_read_are_counted() -> None:
    rows = "".join(f"RE-{number};1;x;01.01.2027\n" for number in range(250))
    table = read(f"invoice_no;customer_no;amount;due_date\n{rows}")
    assert len(table.findings) == 101
    closing = table.findings[-1]
    assert (closing.code, closing.severity) == ("more-findings", Severity.ERROR)
    assert dict(closing.facts) == {"more": "150", "shown": "100"}


def test_a_flood_of_hints_does_not_hide_an_error() -> None:
    zeros = "".join(f"RE-{number};1;0,00;01.01.2027\n" for number in range(250))
    table = read(f"invoice_no;customer_no;amount;due_date\n{zeros}RE-X;1;x;01.01.2027\n")
    assert table.refused
    assert [one.where for one in table.findings if one.severity is Severity.ERROR] == ["op.csv:row 252, column amount"]
    assert table.findings[-1].severity is Severity.INFO


def test_a_profile_maps_own_headings() -> None:
    content = "Nr;Debitor;Offen;Termin;Betrag\nRE-1;7;5,00;01.01.2027;99\n"
    profile = {"Nr": "invoice_no", "Debitor": "customer_no", "OFFEN": "amount", "Termin": "due_date"}
    table = read_table(content.encode(), "op.csv", None, profile)
    assert codes(table) == ["column-unknown"]
    assert table.records == (ItemRecord("RE-1", "7", 500, due_date=date(2027, 1, 1), where="op.csv:row 2"),)


def test_only_the_first_sheet_is_read_and_the_others_are_named() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Posten"
    for row in ITEMS:
        sheet.append(row)
    book.create_sheet("Notizen").append(["egal"])
    out = io.BytesIO()
    book.save(out)
    table = read_table(out.getvalue(), "op.xlsx")
    assert codes(table) == ["sheets-not-read"]
    assert dict(table.findings[0].facts) == {"sheet": "Posten", "others": "Notizen"}
    assert len(table.records) == 3


def test_nothing_heavy_is_loaded_to_read_a_csv() -> None:
    script = (
        "import sys\nfrom recon.items import read_table, read_company\n"
        "read_table(b'customer_no;name\\n1;Muster\\n', 'c.csv')\nread_company(b'', 'c.toml')\n"
        "print([name for name in ('pandas', 'numpy', 'openpyxl', 'lxml', 'schwifty') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_hundred_thousand_items_take_less_than_three_seconds() -> None:
    rows = [
        f"RE-2026-{number:06d};{10000 + number % 5000};{number},{number % 100:02d};{1 + number % 28:02d}.01.2026;"
        f"Müller {number % 5000};K{number % 20:02d};Rechnung;Lastschrift;M-{number % 5000}"
        for number in range(1, 100_001)
    ]
    heading = "invoice_no;customer_no;amount;due_date;customer_name;branch;document_type;payment_method;mandate_id"
    content = "\r\n".join([heading, *rows]).encode()
    started = time.process_time()
    table = read_table(content, "op.csv")
    spent = time.process_time() - started
    assert (len(table.records), table.findings) == (100_000, ())
    assert spent < 3
