"""The field :86:: German structure, identifiers, slash form, free text (domain.md 1.4, 1.5, 1.8)."""

from collections.abc import Callable

import pytest

from recon.model.statement import Line
from recon.statements.mt940_details import identifiers, read_details

ReadLine = Callable[..., Line]


@pytest.mark.parametrize(
    ("detail", "text"),
    [
        ("166?20SVWZ+Rechnung RE-20?2126-0815", "Rechnung RE-2026-0815"),
        ("166?20Rechnung RE-20\n26-0815", "Rechnung RE-2026-0815"),
        ("166?2\n0Rech\nnung", "Rechnung"),
        ("166>20Rechnung>21 4711", "Rechnung 4711"),
        ("166+20Rechnung+21 4711", "Rechnung 4711"),
        (" 166?00X?20Rechnung", "Rechnung"),
        ("166?20Was kostet das?20 Euro?21sagt er", "Was kostet das?20 Eurosagt er"),
        ("166?20Wie? So?21 nicht", "Wie? So nicht"),
        ("166?20Teil 1 ?29 Teil 2?32Name?60 Teil 3", "Teil 1  Teil 2 Teil 3"),
        ("166?20A?60B?30BIC?31KONTO?32NAME", "AB"),
        (
            "166?20ein sehr langes Unterfeld mit mehr als 27 Zeichen",
            "ein sehr langes Unterfeld mit mehr als 27 Zeichen",
        ),
        ("999PN5477SCHECK-NR. 1", "PN5477SCHECK-NR. 1"),
        ("freier Text\nzweite Zeile", "freier Text zweite Zeile"),
        ("x" * 65 + "\nyz", "x" * 65 + "yz"),
        (":08 Uhr\n:noch Text", ":08 Uhr :noch Text"),
        ("166", "166"),
        ("", None),
    ],
)
def test_purpose_text(detail: str, text: str | None) -> None:
    assert read_details(detail).text == text


@pytest.mark.parametrize(
    ("pieces", "text", "ids"),
    [
        (["EREF+E1", "MREF+M1", "CRED+C1", "SVWZ+Text"], "Text", {"EREF": "E1", "MREF": "M1", "CRED": "C1"}),
        (["KREF+SDD20261113-CORE-RCUR-", "0001", "SVWZ+x"], "x", {"KREF": "SDD20261113-CORE-RCUR-0001"}),
        (["EREF+E1 MREF+M1 SVWZ+Text"], "Text", {"EREF": "E1", "MREF": "M1"}),
        (["Text zuerst", "EREF+E1"], "Text zuerst", {"EREF": "E1"}),
        (["EREF+E1", "Text danach"], "Text danach", {"EREF": "E1"}),
        (["KREF+", "EREF+E1", "SVWZ+"], None, {"KREF": "", "EREF": "E1"}),
        (["EREF+E1", "SVW", "Z+Text"], "Text", {"EREF": "E1"}),
        (["SVWZ+A+B=C GREF+nicht"], "A+B=C GREF+nicht", {}),
        (["EREF: E1 MREF: M1 SVWZ: Text"], "Text", {"EREF": "E1", "MREF": "M1"}),
        (
            ["Text EREF: E-12 IBAN: DE045", "00105 BIC: ING"],
            "Text",
            {"EREF": "E-12", "IBAN": "DE04500105", "BIC": "ING"},
        ),
        (["SVWZ+Miete EREF: E1 MREF: M1"], "Miete", {"EREF": "E1", "MREF": "M1"}),
        (["EREF+E1", "SVWZ+Miete IBAN: DE04"], "Miete IBAN: DE04", {"EREF": "E1", "IBAN": ""}),
        (["Bitte auf IBAN: DE04 zahlen"], "Bitte auf IBAN: DE04 zahlen", {}),
        (["eref+e1 svwz+text"], "text", {"EREF": "e1"}),
        (["ABWA+Maria", " Beispiel", "DBET+D1"], None, {"ABWA": "Maria Beispiel", "DEBT": "D1"}),
        (["SVWZ+Text", "ABWA+Maria"], "Text", {"ABWA": "Maria"}),
        (["EREF+E1", "EREF+E2"], "EREF+E2", {"EREF": "E1"}),
    ],
)
def test_identifiers_leave_the_text(pieces: list[str], text: str | None, ids: dict[str, str]) -> None:
    found_text, found = identifiers(pieces)
    assert found_text == text
    assert {name: found.get(name, "") for name in ids} == ids


def test_fields_of_a_line(line: ReadLine) -> None:
    found = line(
        "2611201120C119,00NTRFNONREF//55A1",
        "166?00SEPA GUTSCHRIFT?109251?20EREF+RE-2026-0815?21SVWZ+Rechn\nung ?22vom 02.11.?24ABWA+Maria Beispiel"
        "?25PURP+SALA?30INGDDEFFXXX?31DE04 5001 0517 0000 0123 45?32Beispiel Handels und Vertri?33ebs GmbH",
    )
    assert found.remittance == "Rechnung vom 02.11."
    assert found.counterparty.name == "Beispiel Handels und Vertriebs GmbH"
    assert found.counterparty.iban == "DE04500105170000012345"
    assert found.counterparty.bic == "INGDDEFFXXX"
    assert found.counterparty.ultimate_name == "Maria Beispiel"
    assert (found.gvc, found.purpose, found.booking_text) == ("166", "SALA", "SEPA GUTSCHRIFT")


def test_name_that_did_not_fill_its_field_keeps_its_blank() -> None:
    assert read_details("166?20x?32Erika?33Beispiel").name == "Erika Beispiel"


@pytest.mark.parametrize("written", ["NOTPROVIDED", "notprovided", "NONREF", ""])
def test_a_reference_that_is_none(line: ReadLine, written: str) -> None:
    assert line("261120C1,00NTRFNONREF", f"166?20EREF+{written}?21MREF+{written}?22SVWZ+x").end_to_end_id is None


@pytest.mark.parametrize("detail", ["105?20CRED+DE98ZZZ 09999999999", "/CSID/DE98 ZZZ 09999999999/REMI/x"])
def test_creditor_identifier_has_no_blanks(line: ReadLine, detail: str) -> None:
    assert line("261120D1,00NDDTNONREF", detail).creditor_id == "DE98ZZZ09999999999"


def test_batch_names_its_file_and_count(line: ReadLine) -> None:
    found = line("261120C1,00NDDTKREF+", "192?20KREF+PMT-1?21SVWZ+ANZAHL 5")
    assert (found.payment_information_id, found.transactions) == ("PMT-1", 5)


@pytest.mark.parametrize(
    ("gvc", "reference"), [("167", "RF18539007547034"), ("164", "RF18539007547034"), ("166", None)]
)
def test_creditor_reference_only_where_the_code_says_so(line: ReadLine, gvc: str, reference: str | None) -> None:
    assert line("261120C1,00NTRFNONREF", f"{gvc}?20SVWZ+RF18539007547034").creditor_reference == reference


def test_slash_form_with_counterparty(line: ReadLine) -> None:
    found = line(
        "261120D38,42NDDTEREF//1509\n/TRCD/01018/",
        "/EREF/501810557591//MARF/1.14332853//CSID/NL93ZZZ332656790051\n//CNTP/NL12COBA0733959555/COBANL2XXXX/B ASDGF"
        " Netherlands BV///R\nEMI/USTD//Factuurnummer 987654321098//PURP/OTHR/",
    )
    assert (found.end_to_end_id, found.mandate_id, found.creditor_id) == (
        "501810557591",
        "1.14332853",
        "NL93ZZZ332656790051",
    )
    assert (found.counterparty.iban, found.counterparty.bic, found.counterparty.name) == (
        "NL12COBA0733959555",
        "COBANL2XXXX",
        "B ASDGF Netherlands BV",
    )
    assert (found.remittance, found.purpose) == ("Factuurnummer 987654321098", "OTHR")


def test_slash_form_with_names_and_structured_reference(line: ReadLine) -> None:
    found = line(
        "261120C1,00NTRFNONREF",
        "/TRTP/SEPA OVERBOEKING/IBAN/NL86INGB0002445588/BIC/INGBNL2A/NAME/BEISPIEL BV/REMI/Rekening 1/EREF/NOTPROVIDED"
        "/ULTD/Erika Beispiel/RTRN/MD06",
    )
    assert (found.booking_text, found.remittance, found.end_to_end_id) == ("SEPA OVERBOEKING", "Rekening 1", None)
    assert (found.counterparty.name, found.counterparty.ultimate_name) == ("BEISPIEL BV", "Erika Beispiel")
    assert found.return_reason == "MD06"
    assert line("261120C1,00NTRFNONREF", "/EREF/1//REMI//STRD/CUR/9876543210/").creditor_reference == "9876543210"
