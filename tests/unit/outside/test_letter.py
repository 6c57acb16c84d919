"""Dunning letters as PDF: what stands on them by level and language, where, whatever names hold; the same bytes."""

import io
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from pypdf import PdfReader

from recon.dunning.letter import Known, Letter, Owed, Texts
from recon.outside.joining import joined
from recon.outside.letter import page, pdf, pdf_of_pages
from recon.outside.letter_setting import TOGETHER, Wanted, set_all
from recon.store.letters import decoded, encoded
from sepa.money import Language
from tests.unit.outside.letter_samples import (
    ACCOUNT,
    COMPANY,
    CUSTOMER,
    EMPTY,
    ON,
    full,
    letter,
    line,
    long,
    named,
    notice,
    pages,
    part,
    places,
    simple,
    text,
)

_GOLDEN: Final = Path(__file__).parents[2] / "golden" / "letters"
_LANGUAGES: Final[tuple[Language, ...]] = ("de", "en")
_HOSTILE: Final = 'Müller #read("/etc/passwd") $x$ *fett* _kursiv_ <tag> \\ @a `b` [c] // d'


@pytest.mark.parametrize("language", _LANGUAGES)
@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_o_15_d_12_a_letter_of_each_level_and_language(level: int, language: Language) -> None:
    """Page by page as it stands in ``tests/golden/letters``, each of which was looked at on paper."""
    told = "\f".join(pages(pdf(full(level, language))))
    assert told.split("\n") == (_GOLDEN / f"{level}_{language}.txt").read_text("utf-8").split("\n")


@pytest.mark.parametrize(
    ("level", "language", "said"),
    [
        (1, "de", "Zahlungserinnerung"), (2, "de", "Mahnung 2"), (3, "de", "Mahnung 3"), (4, "de", "Mahnung 4"),
        (1, "en", "Payment reminder"), (2, "en", "Reminder 2"), (3, "en", "Reminder 3"), (4, "en", "Reminder 4"),
    ],
)  # fmt: skip
def test_a_09_a_10_the_title_says_the_level(level: int, language: Language, said: str) -> None:
    told = text(pdf(full(level, language)))
    assert said in told
    assert ("Mahnung 1" in told, "Reminder 1" in told) == (False, False)


def test_a_07_the_deadline_is_printed() -> None:
    """Also where the own texts of a company do not name it."""
    assert "Zu zahlen bis zum 25.03.2026 100,00" in text(pdf(simple()))


def test_a_14_the_amount_due_is_open_and_fee_and_the_fee_stands_by_itself() -> None:
    """Open 100.00, fee 5.00: the column says 105.00, the fee has its own line, and it is asked for once."""
    told = text(pdf(simple(500)))
    assert "fälliger Betrag" in told
    assert "RE-1 15.02.2026 01.03.2026 14 100,00 0,00 100,00 105,00" in told
    assert "Summe der offenen Beträge 100,00 Mahngebühr 5,00 Zu zahlen bis zum 25.03.2026 105,00" in told


def test_a_14_fees_per_item_stand_on_their_lines() -> None:
    one, other = (part(at, f"RE-{at}", date(2026, 3, 1), 100_00, 100_00) for at in (1, 2))
    of = notice(2, "de", line(one, 1, fee=0), line(other, 2, fee=5_00), fee=5_00)
    told = text(pdf(letter(of, Owed([one, other], {}), EMPTY)))
    assert "RE-1 01.03.2026 14 100,00 0,00 100,00 100,00 RE-2 01.03.2026 14 100,00 0,00 100,00 105,00" in told
    assert "Mahngebühr 5,00 Zu zahlen bis zum 25.03.2026 205,00" in told


def test_d_16_the_printed_total_includes_the_fee_of_several_items() -> None:
    """Of a notice with one fee for all, no line bears it: the column would say what is open once more."""
    told = text(pdf(full(2, "de")))
    assert "fälliger Betrag" not in told
    assert "Summe der offenen Beträge 2.034,56 Mahngebühr 5,00 Zu zahlen bis zum 25.03.2026 2.039,56" in told


@pytest.mark.parametrize("language", _LANGUAGES)
def test_d_17_without_a_fee_there_is_no_line_for_it(language: Language) -> None:
    told = text(pdf(full(1, language)))
    for absent in ("Mahngebühr", "Dunning fee", "Verzugs", "Default interest", "Lump sum"):
        assert absent not in told


def test_d_10_text_before_list_text_after() -> None:
    told = text(pdf(simple()))
    at = [told.index(word) for word in ("davor", "Rechnung vom", "RE-1", "Zu zahlen", "IBAN", "danach")]
    assert at == sorted(at)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_v_17_each_level_has_its_own_header_and_footer(level: int) -> None:
    """On every page the footer of the level, on the first one its header."""
    own = Texts("Betreff", "davor", "danach", f"Kopf der Stufe {level}", f"Fuß der Stufe {level}\nzweite Zeile")
    told = pages(pdf(replace(long(60), header=own.header, footer=own.footer)))
    assert len(told) == 2
    assert [f"Kopf der Stufe {level}" in one for one in told] == [True, False]
    assert all(f"Fuß der Stufe {level}" in one and "zweite Zeile" in one for one in told)


def test_v_16_the_letter_has_the_elements_of_an_invoice() -> None:
    """Name and address of the company, date, customer number, number, contact, bank account."""
    told = text(pdf(simple(branch="Filiale Köln")))
    for said in ("Optik Beispiel GmbH Hauptstr. 1 · 50667 Köln", "Datum 15.03.2026", "Kundennummer 10042",
                 "Mahnung Nr. N17", "Filiale Köln", "Telefon 0221 5550100", "E-Mail buchhaltung@example.com",
                 "IBAN DE89 3704 0044 0532 0130 00", "BIC COBADEFFXXX",
                 "Zahlungsempfänger Optik Beispiel GmbH"):  # fmt: skip
        assert said in told


def test_v_18_the_statement_lists_every_overdue_claim_and_each_receipt() -> None:
    """Also those that the notice does not ask for, told as such; the balance is the sum."""
    told = text(pdf(full(3, "de")))
    said = told[told.index("Ihr Kontoauszug zum 15.03.2026 (EUR)") :]
    for entry in ("01.02.2026 Rechnung RE-2026-0101 (Vorauszahlung) 400,00", "05.02.2026 Zahlung -200,00",
                  "19.02.2026 Rücklastschrift 50,00", "RE-2026-0103 wird per Lastschrift eingezogen 88,00",
                  "RE-2026-0104 siehe Mahnung N12 12,34", "Gutschrift GU-2026-0001 -50,00",
                  "Saldo 2.134,90"):  # fmt: skip
        assert entry in said


def test_v_18_where_the_list_says_it_all_it_is_the_statement() -> None:
    assert "Kontoauszug" not in text(pdf(simple()))


def test_din_5008_the_address_lies_within_the_window() -> None:
    """Form B: 20 mm from the left, 45 mm from the top, 85 mm wide, 45 mm high; the sender above, all within; the
    information beside it; the text below. Also with as much as an address may hold."""
    name = "Gesellschaft für die Herstellung und den Vertrieb optischer Geräte mit sehr langem Namen mbH & Co. KG"
    for one in (simple(), named(name, country="US", street="x" * 70), named("Müller " * 60), full(2, "en")):
        found = places(pdf(one))
        first = one.address[0].split()[0]
        window = [(said, x, y) for said, x, y in found if 45 <= y <= 90 and x < 110]
        assert any(first in said for said, _, _ in window)
        assert all(24.9 <= x <= 105 for _, x, _ in window)
        assert max(y for _, _, y in window) <= 90
        sender = next(y for said, x, y in found if said.startswith(COMPANY.name) and y > 45)
        assert sender < min(y for said, _, y in window if said.startswith(first))
        information = [(x, y) for said, x, y in found if said in {"Datum", "Date"} and y < 98]
        assert information
        assert all(x >= 124.9 and 50 <= y <= 95 for x, y in information)
        subject = min(y for _, _, y in found if y > 95)
        assert 98 <= subject <= 110


def test_many_items_go_on_over_the_page_with_their_heading() -> None:
    found = pages(pdf(long(100)))
    assert len(found) == 3
    assert all("Rechnung vom fällig am" in one for one in found)
    for number, one in enumerate(found, start=1):
        assert f"Seite {number} von 3" in one
    assert all("Mahnung N17, Kundennummer 10042" in one for one in found[1:])
    assert all(f"RE-2026-{at:04d}" in "".join(found) for at in range(1, 101))
    assert "Zu zahlen bis zum 25.03.2026 1.005,00" in text(pdf(long(100)))


@pytest.mark.parametrize(
    "name",
    [_HOSTILE, '#import "@preview/x:1.0.0": *', "#sys.inputs", "= Titel", "x" * 300, "{total} {{x}}", "a\\\nb"],
    ids=["markup", "import", "inputs", "heading", "long", "placeholder", "line end"],
)
def test_what_names_hold_is_never_markup(name: str) -> None:
    """Whatever is typst to the typesetter is printed as it stands, in the window and in the texts."""
    one = replace(named(name), before=name, subject=name)
    told = text(pdf(one)).replace(" ", "")
    assert told.count("".join(name.split())) == 3


def test_signs_without_a_glyph_are_told_by_their_number() -> None:
    """PDF/A refuses them; Hebrew, emoji and what turns the direction of writing stand there as what they are."""
    told = text(pdf(named("Optik 😀 שלום \u202eetter"))).replace(" ", "")
    assert "Optik[U+1F600][U+05E9][U+05DC][U+05D5][U+05DD][U+202E]etter" in told


def test_the_same_letter_gives_the_same_bytes() -> None:
    """Also from what is kept of it; made on the day of the letter."""
    one = full(3, "de")
    first = pdf(one)
    assert decoded(encoded(one)) == one
    assert pdf(decoded(encoded(one))) == first
    created = PdfReader(io.BytesIO(first)).metadata
    assert created is not None
    assert str(created.get("/CreationDate")).startswith("D:20260315")


def test_it_is_an_archive_file() -> None:
    """PDF/A-2b: said in its metadata, fonts inside."""
    made = pdf(full(3, "de"))
    assert b"<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>" in made
    assert made.count(b"/FontFile") >= 2


def test_a_draft_says_so_on_every_page() -> None:
    made = pages(pdf(long(60), draft=True))
    assert len(made) == 2
    assert all("ENTWURF" in one for one in made)
    assert "DRAFT" in text(pdf(full(1, "en"), draft=True))
    assert "ENTWURF" not in text(pdf(long(60)))


def test_without_an_account_nothing_is_said_of_one() -> None:
    told = text(pdf(simple(account=None)))
    assert "IBAN" not in told
    assert "GiroCode" not in told
    assert "Zu zahlen bis zum" in told


def test_an_rf_reference_is_printed_in_groups() -> None:
    one = part(1, "RE-1", date(2026, 3, 1), 100_00, 100_00)
    owed = Owed([one], {1: Known(reference="RF18539007547034")})
    made = letter(notice(1, "de", line(one, 1)), owed, EMPTY)
    assert "Referenz RF18 5390 0754 7034" in text(pdf(made))
    assert made.girocode.split("\n")[9:] == ["RF18539007547034"]


def _many(count: int) -> list[Letter]:
    return [replace(full(1 + at % 4, _LANGUAGES[at % 2]), notice=f"N{at}", customer_no=str(at)) for at in range(count)]


def test_the_bundle_says_what_the_letters_say() -> None:
    """Page for page, each letter with its own count of pages."""
    letters = [*_many(3), long(60)]
    whole = pages(pdf_of_pages([page(one) for one in letters], "D3", letters[0], tags=False))
    assert whole == [one for single in letters for one in pages(pdf(single))]


@pytest.mark.parametrize("workers", [1, 2])
def test_letters_set_by_several_are_those_set_by_one(workers: int) -> None:
    """The order, the bytes and the bundle do not depend on how many processes there are."""
    letters = _many(TOGETHER + 3)
    told: list[int] = []
    wanted = [Wanted(encoded(one), bundled=at % 5 != 0) for at, one in enumerate(letters)]
    found = list(set_all(wanted, done=told.append, workers=workers))
    assert [file for one in found for file in one.files] == [pdf(one) for one in letters]
    assert told == [TOGETHER, 3]
    bundle = b"".join(joined(one.part for one in found if one.part is not None))
    reader = PdfReader(io.BytesIO(bundle), strict=True)
    wanted_pages = [said for at, one in enumerate(letters) if at % 5 for said in pages(pdf(one))]
    assert [one.extract_text().replace("\u200b", "") for one in reader.pages] == wanted_pages
    assert bundle.count(b"<pdfaid:part>2</pdfaid:part>") == 1
    assert f"<xmpTPg:NPages>{len(wanted_pages)}</xmpTPg:NPages>".encode() in bundle


def test_only_files_of_ours_are_joined() -> None:
    for content in (b"", b"%PDF-1.4 something else", pdf(simple())[:-40], pdf(simple()).replace(b" 0 obj", b" 1 obj")):
        with pytest.raises(ValueError, match="typst"):
            list(joined([content]))
    with pytest.raises(ValueError, match="no files"):
        list(joined([]))


def test_the_sample_is_what_it_says() -> None:
    """The days, the account and the customer that the golden files are about."""
    one = full(3, "de")
    assert (one.issued_on, one.iban, one.customer_no) == (ON, ACCOUNT.iban, CUSTOMER.customer_no)
    assert sum(entry.amount for entry in one.statement) == one.balance
    assert one.asked + one.fee + one.lump_sum + one.interest == one.total
