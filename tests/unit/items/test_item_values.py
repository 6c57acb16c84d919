"""The rule of every column: what a cell may say, what it becomes, and what is refused with which finding."""

import io
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest

from recon.items import Table, read_table
from recon.model.finding import Severity
from recon.model.items import CustomerRecord, CustomerType, DocumentType, ItemRecord, MandateRecord, PaymentMethod

GOOD: dict[str, dict[str, Any]] = {
    "items": {"invoice_no": "RE-1", "customer_no": "1", "amount": "100,00", "due_date": "31.12.2026"},
    "customers": {"customer_no": "1", "name": "Max Muster"},
    "mandates": {
        "mandate_id": "M-1", "customer_no": "1", "iban": "DE89370400440532013000", "signed_on": "01.02.2025",
    },
}  # fmt: skip


def row(kind: str, /, **cells: str) -> Table:
    """A CSV of one row: a good one with some cells changed."""
    values = GOOD[kind] | cells
    quoted = (f'"{cell}"' for cell in values.values())
    return read_table(f"{';'.join(values)}\n{';'.join(quoted)}\n".encode(), "f.csv")


def workbook_row(kind: str, shape: str | None = None, /, **cells: Any) -> Table:
    """A workbook of one row; ``shape`` is the number format of the first cell that is given."""
    values = GOOD[kind] | cells
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(values))
    sheet.append(list(values.values()))
    if shape:
        sheet.cell(2, list(values).index(next(iter(cells))) + 1).number_format = shape
    out = io.BytesIO()
    book.save(out)
    return read_table(out.getvalue(), "f.xlsx")


def field(table: Table, name: str) -> Any:
    assert table.findings == ()
    (record,) = table.records
    return getattr(record, name)


def fault(table: Table) -> tuple[str, str]:
    """The code and the column of the only error."""
    assert table.records == ()
    (finding,) = table.findings
    assert finding.severity is Severity.ERROR
    return finding.code, finding.where.partition("column ")[2]


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("1234,56", 123456), ("1.234,56", 123456), ("1234.56", 123456), ("1,234.56", 123456), ("12", 1200),
        ("12,5", 1250), ("1.234.567,89", 123456789), ("12,30 €", 1230), ("EUR 12,30", 1230), ("0,01", 1),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(typed: str, minor: int) -> None:
    assert field(row("items", amount=typed), "amount") == minor


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1.234", "amount-ambiguous"), ("1,234", "amount-ambiguous"), ("-1.234", "amount-ambiguous"),
        ("zwölf", "amount-not-a-number"), ("12,30 USD", "amount-not-a-number"), ("1 234,56", "amount-not-a-number"),
        ("1,23E+05", "amount-not-a-number"), ("€", "amount-not-a-number"), ("12,345678", "amount-precision"),
        ("99999999999999999999", "amount-too-large"), ("#WERT!", "spreadsheet-error"), ("#####", "spreadsheet-error"),
    ],
)  # fmt: skip
def test_amounts_that_are_refused(typed: str, code: str) -> None:
    assert fault(row("items", amount=typed)) == (code, "amount")


def test_a_cell_of_thousands_of_digits_is_too_long() -> None:
    for column in ("amount", "due_date", "currency", "discount_percent", "invoice_no"):
        assert fault(row("items", **{column: "0" * 5000 + "1"})) == ("text-too-long", column)


def test_an_ambiguous_amount_is_answered_with_a_question() -> None:
    (finding,) = row("items", amount="1.234").findings
    assert dict(finding.facts) | {"heading": ""} == {
        "value": "1.234", "heading": "", "currency": "EUR", "thousand": "1234,00", "fraction": "1,2340",
    }  # fmt: skip


def test_a_currency_decides_how_many_decimals_an_amount_has() -> None:
    assert field(row("items", currency="kwd", amount="1,2340"), "amount") == 1234
    assert fault(row("items", currency="KWD", amount="1,23456")) == ("amount-precision", "amount")


@pytest.mark.parametrize(("number", "minor"), [(1234.56, 123456), (100, 10000), (0.1 + 0.2, 30), (1234, 123400)])
def test_numbers_of_a_workbook_are_taken_as_they_are(number: float, minor: int) -> None:
    assert field(workbook_row("items", amount=number), "amount") == minor


def test_a_number_of_a_workbook_with_three_decimals_is_no_thousand() -> None:
    assert fault(workbook_row("items", amount=1.234)) == ("amount-precision", "amount")


def test_a_minus_is_taken_before_a_credit_note_only() -> None:
    credit = row("items", amount="-100,00", document_type="Gutschrift", paid="-20,00")
    assert field(credit, "amount") == 10000
    assert field(credit, "paid") == 2000
    assert field(row("items", amount="100,00-", document_type="credit_note"), "amount") == 10000
    assert fault(row("items", amount="-100,00")) == ("amount-negative", "amount")
    assert fault(row("items", amount="-100,00", document_type="Eingangsrechnung")) == ("amount-negative", "amount")
    assert fault(row("items", paid="-1,00")) == ("amount-negative", "paid")


@pytest.mark.parametrize("typed", ["0", "0,00", "-0,00"])
def test_a34_d02_a_zero_amount_makes_no_item(typed: str) -> None:
    table = row("items", amount=typed, due_date="")
    (finding,) = table.findings
    assert (finding.code, finding.severity) == ("amount-zero", Severity.INFO)
    assert (table.records, table.rows, table.refused) == ((), 1, False)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("31.12.2026", date(2026, 12, 31)), ("31.12.26", date(2026, 12, 31)), ("2026-12-31", date(2026, 12, 31)),
        ("1.3.2026", date(2026, 3, 1)), ("29.02.2028", date(2028, 2, 29)), ("01.01.98", date(1998, 1, 1)),
    ],
)  # fmt: skip
def test_dates_as_people_write_them(typed: str, meant: date) -> None:
    assert field(row("items", due_date=typed), "due_date") == meant


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("30.02.2026", "date-invalid"), ("29.02.2027", "date-invalid"), ("12/31/2026", "date-invalid"),
        ("2026-1-5", "date-invalid"), ("20261231", "date-invalid"), ("sofort", "date-invalid"), ("14", "date-invalid"),
        ("46000", "date-serial"), ("46000,5", "date-serial"), ("31.12.0026", "date-out-of-range"),
        ("31.12.2126", "date-out-of-range"), ("00.00.0000", "date-invalid"), ("٣١.١٢.٢٠٢٦", "date-invalid"),
    ],
)  # fmt: skip
def test_dates_that_are_refused(typed: str, code: str) -> None:
    assert fault(row("items", due_date=typed)) == (code, "due_date")


def test_a_workbook_date_is_a_date_and_its_serial_is_not() -> None:
    assert field(workbook_row("items", due_date=date(2026, 12, 31)), "due_date") == date(2026, 12, 31)
    assert fault(workbook_row("items", due_date=46022)) == ("date-serial", "due_date")
    assert fault(workbook_row("items", due_date=datetime(2026, 12, 31, 8, 30))) == ("date-invalid", "due_date")  # noqa: DTZ001
    assert fault(workbook_row("items", due_date=time(8, 30))) == ("date-invalid", "due_date")


@pytest.mark.parametrize("typed", ["1,23E+05", "1.23E+05", "4,711e+12", "2E-3", "2E+03"])
def test_a_number_that_a_spreadsheet_rounded_is_refused(typed: str) -> None:
    assert fault(row("items", invoice_no=typed)) == ("spreadsheet-number", "invoice_no")
    assert fault(workbook_row("items", invoice_no=typed)) == ("spreadsheet-number", "invoice_no")


@pytest.mark.parametrize("typed", ["0815", "4711.0", "1E5", "E+05", "RE-1E+05", "2026/12", "00"])
def test_numbers_that_look_odd_and_are_whole_stay_as_they_are(typed: str) -> None:
    assert field(row("items", invoice_no=typed), "invoice_no") == typed


@pytest.mark.parametrize(
    ("cell", "shape", "meant"),
    [
        (4711, None, "4711"), (4711.0, None, "4711"), ("4711.0", None, "4711.0"), ("0815", None, "0815"),
        (42, "00000", "00042"), (999999999999999, None, "999999999999999"),
    ],
)  # fmt: skip
def test_invoice_numbers_of_a_workbook(cell: Any, shape: str | None, meant: str) -> None:
    assert field(workbook_row("items", shape, invoice_no=cell), "invoice_no") == meant


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (4711.5, "spreadsheet-number"), (1e16, "spreadsheet-number"), (1234567890123456, "spreadsheet-number"),
        (date(2026, 1, 2), "spreadsheet-date"), (time(12, 26), "spreadsheet-date"), ("#N/A", "spreadsheet-error"),
        ("=A1", "formula-without-value"),
    ],
)  # fmt: skip
def test_invoice_numbers_of_a_workbook_that_are_lost(cell: Any, code: str) -> None:
    assert fault(workbook_row("items", invoice_no=cell)) == (code, "invoice_no")


def test_a_formula_without_a_result_is_not_a_blank_cell() -> None:
    assert fault(workbook_row("items", paid="=1+1")) == ("formula-without-value", "paid")


@pytest.mark.parametrize(
    "hidden", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\u200b", "\u202e", "\ufeff", "\u00ad", "\x1f"]
)
def test_invisible_characters_are_refused_and_made_visible(hidden: str) -> None:
    for kind, column in (("items", "invoice_no"), ("items", "amount"), ("customers", "name"), ("items", "due_date")):
        table = row(kind, **{column: f"{GOOD[kind][column]}{hidden}"})
        if hidden == "\x00":
            assert [one.code for one in table.findings] == ["encoding-unknown"]
            continue
        assert fault(table) == ("control-character", column)
        assert dict(table.findings[0].facts)["character"] == f"U+{ord(hidden):04X}"
        assert hidden not in "".join(value for _name, value in table.findings[0].facts)


def test_a_line_break_is_a_blank_of_a_text_and_no_part_of_a_number() -> None:
    assert field(row("customers", name="Max\n  Muster"), "name") == "Max Muster"
    assert fault(row("items", invoice_no="RE\n1")) == ("control-character", "invoice_no")


def test_texts_are_composed_and_bounded() -> None:
    assert field(row("customers", name="Mu\u0308ller"), "name") == "Müller"
    assert fault(row("customers", name="x" * 201)) == ("text-too-long", "name")
    assert fault(row("items", invoice_no="x" * 61)) == ("text-too-long", "invoice_no")


def test_f03_a_missing_invoice_number_is_refused() -> None:
    assert fault(row("items", invoice_no="  ")) == ("value-missing", "invoice_no")


def test_f04_neither_due_date_nor_issue_date_is_refused() -> None:
    assert fault(row("items", due_date="", issue_date="")) == ("due-date-missing", "due_date")
    assert field(row("items", due_date="", issue_date="01.12.2026"), "due_date") is None


@pytest.mark.parametrize(
    ("kind", "column", "code"),
    [
        ("items", "invoice_no", "invoice-doubled"),
        ("customers", "customer_no", "customer-doubled"),
        ("mandates", "mandate_id", "mandate-doubled"),
    ],
)
def test_f02_a_number_twice_in_a_file_names_the_first_row(kind: str, column: str, code: str) -> None:
    line = ";".join(GOOD[kind].values())
    table = read_table(f"{';'.join(GOOD[kind])}\n{line}\n\n{line}\n".encode(), "f.csv")
    (finding,) = table.findings
    assert (finding.code, finding.where) == (code, f"f.csv:row 4, column {column}")
    assert dict(finding.facts) == {"value": GOOD[kind][column], "first": "2"}


def test_f02_a_double_is_found_where_the_first_row_has_an_error() -> None:
    table = read_table(
        b"invoice_no;customer_no;amount;due_date\nRE-1;1;x;1.1.27\nRE-1;1;5,00;1.1.27\n", "f.csv"
    )  # fmt: skip
    assert [one.code for one in table.findings] == ["amount-not-a-number", "invoice-doubled"]


@pytest.mark.parametrize("postcode", ["1067", "010670", "D-01067", "O1067"])
def test_f06_a_german_postcode_has_exactly_five_digits(postcode: str) -> None:
    table = row("customers", postcode=postcode)
    (finding,) = table.findings
    assert (finding.code, finding.severity) == ("postcode-invalid", Severity.WARNING)
    assert finding.where == "f.csv:row 2, column postcode"
    assert len(table.records) == 1


def test_f06_other_countries_have_other_postcodes() -> None:
    assert field(row("customers", postcode="8001", country="CH"), "postcode") == "8001"
    assert field(row("customers", postcode="01067", country="D"), "country") == "DE"
    assert field(workbook_row("customers", "00000", postcode=1067), "postcode") == "01067"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("DE88370400440532013000", "iban-check-digits"), ("DE8937040044053201300", "iban-invalid"),
        ("XX89370400440532013000", "iban-invalid"), ("532013000", "iban-invalid"),
    ],
)  # fmt: skip
def test_ibans_are_proved(typed: str, code: str) -> None:
    assert fault(row("mandates", iban=typed)) == (code, "iban")
    assert fault(row("mandates", original_iban=typed)) == (code, "original_iban")
    assert fault(row("customers", iban=typed)) == (code, "iban")


def test_blanks_in_ibans_are_dropped() -> None:
    assert field(row("mandates", iban="de89 3704 0044 0532 0130 00"), "iban") == "DE89370400440532013000"


@pytest.mark.parametrize(
    ("column", "typed", "code"),
    [
        ("bic", "COBADEFF1", "bic-invalid"), ("bic", "COBA DE", "bic-invalid"), ("country", "DEU", "country-invalid"),
        ("email", "post@example", "email-invalid"), ("email", "a@example.com, b@example.com", "email-invalid"),
        ("type", "Verein", "choice-unknown"), ("language", "fr", "choice-unknown"),
        ("dispatch", "Fax", "choice-unknown"),
        ("payment_term_days", "14,5", "number-invalid"), ("payment_term_days", "-1", "number-invalid"),
        ("payment_term_days", "14 Tage", "number-invalid"), ("dunning_days_1", "9999", "number-invalid"),
        ("dunning_block_until", "nie", "date-invalid"),
    ],
)  # fmt: skip
def test_values_of_customers_that_are_refused(column: str, typed: str, code: str) -> None:
    assert fault(row("customers", **{column: typed})) == (code, column)


@pytest.mark.parametrize(
    ("column", "typed", "code"),
    [
        ("currency", "Euro", "currency-invalid"), ("document_type", "Lieferschein", "choice-unknown"),
        ("payment_method", "bar", "choice-unknown"), ("discount_percent", "101", "percent-invalid"),
        ("discount_percent", "2,555", "percent-invalid"), ("mandate_id", "M_1", "mandate-id-invalid"),
        ("mandate_id", "/M1", "mandate-id-invalid"), ("mandate_id", "x" * 36, "mandate-id-invalid"),
        ("creditor_reference", "RF19539007547034", "reference-invalid"), ("language", "fr", "choice-unknown"),
        ("prepayment_amount", "1.234", "amount-ambiguous"), ("issue_date", "46000", "date-serial"),
    ],
)  # fmt: skip
def test_values_of_items_that_are_refused(column: str, typed: str, code: str) -> None:
    assert fault(row("items", **{column: typed})) == (code, column)


@pytest.mark.parametrize(
    ("column", "typed", "code"),
    [
        ("mandate_id", "Mandat Ä", "mandate-id-invalid"), ("scheme", "COR1", "choice-unknown"),
        ("kind", "täglich", "choice-unknown"), ("status", "unklar", "choice-unknown"),
        ("signed_on", "2025", "date-invalid"), ("original_mandate_id", "M//1", "mandate-id-invalid"),
    ],
)  # fmt: skip
def test_values_of_mandates_that_are_refused(column: str, typed: str, code: str) -> None:
    assert fault(row("mandates", **{column: typed})) == (code, column)


@pytest.mark.parametrize(
    ("kind", "column", "words", "meant"),
    [
        ("items", "document_type", ("Rechnung", "invoice", "RECHNUNG"), DocumentType.INVOICE),
        ("items", "document_type", ("Gutschrift", "credit_note", "Credit Note"), DocumentType.CREDIT_NOTE),
        ("items", "document_type", ("Abschlagsrechnung", "instalment_invoice"), DocumentType.INSTALMENT_INVOICE),
        ("items", "document_type", ("Eingangsrechnung", "purchase invoice"), DocumentType.PURCHASE_INVOICE),
        ("items", "payment_method", ("Lastschrift", "direct_debit", "SEPA-Lastschrift"), PaymentMethod.DIRECT_DEBIT),
        ("items", "payment_method", ("Überweisung", "Ueberweisung", "transfer"), PaymentMethod.TRANSFER),
        ("items", "language", ("de", "Deutsch", "german"), "de"),
        ("customers", "type", ("Firma", "company"), CustomerType.COMPANY),
        ("customers", "type", ("Person", "Privat", "Privatperson"), CustomerType.PERSON),
        ("customers", "dispatch", ("E-Mail", "email"), "email"),
        ("customers", "dispatch", ("Post", "Brief", "letter"), "post"),
        ("mandates", "scheme", ("CORE", "Basis", "Basislastschrift"), "CORE"),
        ("mandates", "scheme", ("b2b", "Firmenlastschrift"), "B2B"),
        ("mandates", "kind", ("einmalig", "one_off", "OOFF"), "one_off"),
        ("mandates", "kind", ("wiederkehrend", "recurrent", "RCUR"), "recurrent"),
        ("mandates", "status", ("widerrufen", "revoked"), "revoked"),
    ],
)
def test_words_of_both_languages(kind: str, column: str, words: tuple[str, ...], meant: str) -> None:
    for word in words:
        assert field(row(kind, **{column: word}), column) == meant


@pytest.mark.parametrize(("typed", "hundredths"), [("2", 200), ("2,5", 250), ("2.50 %", 250), ("0", 0), ("100", 10000)])
def test_discount_in_hundredths_of_a_percent(typed: str, hundredths: int) -> None:
    assert field(row("items", discount_percent=typed, discount_until="10.12.2026"), "discount_percent") == hundredths


def test_a_percentage_of_a_workbook_is_what_it_shows() -> None:
    until = date(2026, 12, 10)
    assert (
        field(workbook_row("items", "0.00%", discount_percent=0.025, discount_until=until), "discount_percent") == 250
    )
    assert field(workbook_row("items", discount_percent=2.5, discount_until=until), "discount_percent") == 250


def test_a_discount_without_its_last_day_is_a_warning() -> None:
    table = row("items", discount_percent="2")
    assert [(one.code, one.severity) for one in table.findings] == [("discount-incomplete", Severity.WARNING)]
    assert len(table.records) == 1


def test_v05_a_prepayment_has_an_amount_and_a_due_date() -> None:
    good = row("items", prepayment_amount="40,00", prepayment_due="1.12.2026")
    assert field(good, "prepayment_amount") == 4000
    assert field(good, "prepayment_due") == date(2026, 12, 1)
    assert fault(row("items", prepayment_amount="40,00")) == ("prepayment-incomplete", "prepayment_due")
    assert fault(row("items", prepayment_due="1.12.2026")) == ("prepayment-incomplete", "prepayment_amount")


@pytest.mark.parametrize("typed", ["100,00", "100,01", "0,00"])
def test_v05_a_prepayment_is_a_part_of_the_amount(typed: str) -> None:
    assert fault(row("items", prepayment_amount=typed, prepayment_due="1.12.2026")) == (
        "prepayment-too-large",
        "prepayment_amount",
    )


def test_no_more_is_paid_than_the_amount() -> None:
    assert field(row("items", paid="100,00"), "paid") == 10000
    assert fault(row("items", paid="100,01")) == ("paid-too-large", "paid")


def test_f31_an_item_overdue_at_import_is_taken_and_one_due_before_issue_wants_a_look() -> None:
    assert field(row("items", due_date="01.01.2001"), "due_date") == date(2001, 1, 1)
    table = row("items", due_date="01.01.2026", issue_date="01.02.2026")
    assert [(one.code, one.severity) for one in table.findings] == [("due-before-issue", Severity.WARNING)]
    assert len(table.records) == 1


def test_a_structured_reference_loses_its_blanks_and_a_free_one_stays() -> None:
    assert field(row("items", creditor_reference="RF18 5390 0754 7034"), "creditor_reference") == "RF18539007547034"
    assert field(row("items", creditor_reference="2026 / 815"), "creditor_reference") == "2026 / 815"


def test_blank_cells_are_none_and_defaults_are_the_models_own() -> None:
    blank = dict.fromkeys(
        ("customer_name", "issue_date", "currency", "branch", "document_type", "payment_method", "mandate_id", "paid",
         "prepayment_amount", "discount_percent", "service_contract", "creditor_reference", "language"), " "
    )  # fmt: skip
    assert row("items", **blank).records == (
        ItemRecord("RE-1", "1", 10000, due_date=date(2026, 12, 31), where="f.csv:row 2"),
    )
    assert row("customers", email="", country="", dispatch="").records == (
        CustomerRecord("1", "Max Muster", where="f.csv:row 2"),
    )
    assert row("mandates", bic="", scheme="", kind="", status="").records == (
        MandateRecord("M-1", "1", "DE89370400440532013000", date(2025, 2, 1), where="f.csv:row 2"),
    )
