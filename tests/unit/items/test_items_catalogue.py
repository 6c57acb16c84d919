"""Every finding of the catalogue is provoked by an input, and its texts say all they promise in both languages."""

import io
import re
import tomllib
import zipfile
from collections.abc import Callable
from datetime import date
from importlib import resources

import openpyxl
import pytest

from recon.items import read_company, read_table
from recon.items.grid import MAX_FILE_BYTES
from recon.model.finding import Finding
from recon.texts import finding_text, remedy

HEAD = '[company]\nname = "Beispiel GmbH"\n'
ITEM = {"invoice_no": "RE-1", "customer_no": "1", "amount": "100,00", "due_date": "31.12.2026"}
CUSTOMER = {"customer_no": "1", "name": "Max Muster"}
MANDATE = {"mandate_id": "M-1", "customer_no": "1", "iban": "DE89370400440532013000", "signed_on": "01.02.2025"}

Provoke = Callable[[], tuple[Finding, ...]]


def table(content: bytes | str, **profile: str) -> Provoke:
    data = content.encode() if isinstance(content, str) else content
    return lambda: read_table(data, "f.csv", None, profile).findings


def row(base: dict[str, str], rows: int = 1, **cells: str) -> Provoke:
    values = base | cells
    line = ";".join(f'"{cell}"' for cell in values.values())
    return table("\n".join([";".join(values), *[line] * rows]))


def company(text: str | bytes) -> Provoke:
    data = text.encode() if isinstance(text, str) else text
    return lambda: read_company(data, "firma.toml")[1]


def workbook(*rows: list[object], sheets: int = 1) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in rows:
        sheet.append(cells)
    for _ in range(1, sheets):
        book.create_sheet()
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rewritten(part: str, old: str, new: str, content: bytes | None = None) -> bytes:
    """A workbook with one of its parts changed."""
    out = io.BytesIO()
    source = io.BytesIO(content or workbook(list(ITEM), list(ITEM.values())))
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.infolist():
            text = before.read(entry).decode()
            if entry.filename == part:
                assert old in text
                text = text.replace(old, new)
            after.writestr(entry.filename, text)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
LEVEL = "[[dunning.levels]]\nnumber = {}\nafter_days = 14\nfee = {}\n"

PROVOKED: dict[str, Provoke] = {
    "file-too-large": table(bytes(MAX_FILE_BYTES + 1)),
    "table-empty": table(b""),
    "encoding-unknown": table("invoice_no;amount\n".encode("utf-16")),
    "encoding-mixed": table("customer_no;name\n1;Müller\n".encode() + "2;Jäger\n".encode("cp1252")),
    "csv-quotes": table('customer_no;name\n1;"Optik" Muster\n'),
    "cell-too-long": table(f'customer_no;name\n1;"{"x" * 200_000}\n'),
    "too-many-rows": table(rewritten(SHEET, '<row r="2"', '<row r="1000005"')),
    "too-many-columns": table(";".join(["customer_no", "name", *(f"c{number}" for number in range(300))])),
    "workbook-damaged": table(workbook(list(ITEM))[:-200]),
    "workbook-too-large": table(rewritten(SHEET, "<sheetData>", f"{' ' * 8_000_000}<sheetData>")),
    "workbook-doctype": table(
        rewritten(SHEET, "<worksheet", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><worksheet')
    ),
    "workbook-sheets": table(workbook(list(ITEM), sheets=251)),
    "sheets-not-read": table(workbook(list(ITEM), sheets=2)),
    "kind-unknown": table("Datum;Text\n1;2\n"),
    "more-findings": row(ITEM, rows=150),
    "column-missing": table("invoice_no;customer_no;due_date\n"),
    "column-unknown": row(ITEM, Notiz="x"),
    "column-doubled": row(ITEM, Betrag="5,00"),
    "profile-column-unknown": table("invoice_no;customer_no;amount;due_date\n", Betrag="ammount"),
    "row-ragged": table("customer_no;name\n1;Muster;GmbH\n"),
    "value-missing": row(ITEM, amount=""),
    "control-character": row(ITEM, invoice_no="RE\u200b1"),
    "text-too-long": row(CUSTOMER, name="x" * 300),
    "amount-ambiguous": row(ITEM, amount="1.234"),
    "amount-not-a-number": row(ITEM, amount="viel"),
    "amount-precision": row(ITEM, amount="1,23456"),
    "amount-too-large": row(ITEM, amount="9" * 20),
    "amount-negative": row(ITEM, amount="-1,00"),
    "amount-zero": row(ITEM, amount="0,00"),
    "date-invalid": row(ITEM, due_date="31.02.2026"),
    "date-serial": row(ITEM, due_date="46000"),
    "date-out-of-range": row(ITEM, due_date="31.12.0206"),
    "spreadsheet-number": row(ITEM, invoice_no="1,23E+05"),
    "spreadsheet-date": table(workbook(list(ITEM), ["RE-1", date(2026, 1, 2), 5, "1.1.27"])),
    "spreadsheet-error": row(ITEM, amount="#NV"),
    "formula-without-value": table(workbook(list(ITEM), ["RE-1", "1", "=1+1", "1.1.27"])),
    "number-invalid": row(CUSTOMER, payment_term_days="bald"),
    "percent-invalid": row(ITEM, discount_percent="200"),
    "choice-unknown": row(ITEM, document_type="Brief"),
    "iban-invalid": row(MANDATE, iban="DE1"),
    "iban-check-digits": row(MANDATE, iban="DE88370400440532013000"),
    "bic-invalid": row(MANDATE, bic="ABC"),
    "creditor-id-invalid": row(MANDATE, original_creditor_id="DE12ZZZ09999999999"),
    "debtor-account-invalid": row(CUSTOMER, debtor_account="70001"),
    "mandate-id-invalid": row(MANDATE, mandate_id="M_1"),
    "reference-invalid": row(ITEM, creditor_reference="RF19539007547034"),
    "currency-invalid": row(ITEM, currency="Euro"),
    "country-invalid": row(CUSTOMER, country="Germania"),
    "email-invalid": row(CUSTOMER, email="post"),
    "postcode-invalid": row(CUSTOMER, postcode="1067"),
    "invoice-doubled": row(ITEM, rows=2),
    "customer-doubled": row(CUSTOMER, rows=2),
    "mandate-doubled": row(MANDATE, rows=2),
    "due-date-missing": row(ITEM, due_date=""),
    "due-before-issue": row(ITEM, issue_date="01.01.2027"),
    "prepayment-incomplete": row(ITEM, prepayment_amount="5,00"),
    "prepayment-too-large": row(ITEM, prepayment_amount="500,00", prepayment_due="01.01.2026"),
    "paid-too-large": row(ITEM, paid="500,00"),
    "discount-incomplete": row(ITEM, discount_percent="2"),
    "signature-missing": row(MANDATE, signed_on=""),
    "settings-encoding": company(f'{HEAD}town = "Köln"'.encode("cp1252")),
    "settings-syntax": company("[company\n"),
    "setting-unknown": company(f"{HEAD}nmae = 1\n"),
    "setting-missing": company(""),
    "setting-type": company(f"{HEAD}street = 1\n"),
    "setting-text": company(f'{HEAD}street = ""\n'),
    "setting-range": company(f"{HEAD}[dunning]\ndeadline_days = 1000\n"),
    "setting-choice": company(f'{HEAD}chart = "IKR"\n'),
    "setting-money": company(HEAD + LEVEL.format(1, '"viel"')),
    "setting-money-unquoted": company(HEAD + LEVEL.format(1, "5.00")),
    "setting-too-many": company(f'{HEAD}[[branches]]\ncode = "1"\nname = "A"\ndunning_days = [1, 2, 3, 4, 5]\n'),
    "setting-doubled": company(f"{HEAD}" + '[[branches]]\ncode = "1"\nname = "A"\n' * 2),
    "setting-iban": company(f'{HEAD}[[accounts]]\niban = "DE1"\n'),
    "setting-bic": company(f'{HEAD}[[accounts]]\niban = "DE89370400440532013000"\nbic = "X"\n'),
    "setting-creditor-id": company(f'{HEAD}creditor_id = "DE1"\n'),
    "branch-account-unknown": company(
        f'{HEAD}[[branches]]\ncode = "1"\nname = "A"\naccount = "DE89370400440532013000"\n'
    ),
    "users-no-supervisor": company(f'{HEAD}[[users]]\nname = "A"\nrole = "viewer"\n'),
    "levels-too-many": company(HEAD + "".join(LEVEL.format(number, '"0"') for number in range(1, 6))),
    "levels-order": company(HEAD + LEVEL.format(2, '"0.00"')),
    "level-fee-falls": company(HEAD + LEVEL.format(1, '"5.00"') + LEVEL.format(2, '"2.00"')),
}  # fmt: skip


def catalogue() -> set[str]:
    text = resources.files("recon.texts").joinpath("findings").joinpath("items.toml").read_text(encoding="utf-8")
    return set(tomllib.loads(text))


def test_the_catalogue_and_the_provocations_name_the_same_codes() -> None:
    assert set(PROVOKED) == catalogue()


@pytest.mark.parametrize("code", PROVOKED)
def test_every_finding_is_provoked_and_told_in_both_languages(code: str) -> None:
    found = [finding for finding in PROVOKED[code]() if finding.code == code]
    assert found, code
    for told in (finding_text, remedy):
        german, english = told(found[0], "de"), told(found[0], "en")
        assert german != english
        assert not re.search(r"\{[a-z_]+\}", german + english)


@pytest.mark.parametrize("code", PROVOKED)
def test_no_input_gives_a_finding_without_a_text(code: str) -> None:
    for finding in PROVOKED[code]():
        assert finding.code in catalogue()
