"""The sheet beside a debit file: what stands on it, in both languages, whatever names hold; the same bytes always."""

import io
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from pypdf import PdfReader

from recon.outside import typesetting
from recon.outside.control_sheet import PRINTED_NOTES, ControlSheet, SheetBlock, files_of, pdf, table
from recon.texts import catalogue
from sepa.money import Language
from sepa.problem import problem
from tests.repository.code import calls, modules

_GOLDEN: Final = Path(__file__).parents[2] / "golden" / "outside"
_HOSTILE: Final = "Müller #let $x$ *fett* _kursiv_ <tag> \\ @a `b` [c] // d"
_BLOCK: Final = SheetBlock(
    "OPOS-20261120-0001-1", "RCUR", date(2026, 11, 25), "DE89370400440532013000", "DE98K0109999999999", 2, 123_456_78
)
_SHEET: Final = ControlSheet(
    batch="B1",
    branch="K01",
    creditor="Optik Beispiel GmbH + Soehne",
    scheme="CORE",
    format="pain.008.001.08",
    message_id="OPOS-20261120-0001",
    file="SDD_CORE_2026-11-25_K01_OPOS-20261120-0001.xml",
    sha256="0123456789abcdef" * 4,
    blocks=(_BLOCK, replace(_BLOCK, payment_information_id="OPOS-20261120-0001-2", sequence="OOFF",
                            collection_date=date(2026, 11, 27), count=1, sum=5)),
    created_on=date(2026, 11, 20),
    created_by="one",
    released_on=date(2026, 11, 21),
    released_by="two",
    replaces="B7",
    submit_by=date(2026, 11, 24),
    cut_off="15:00",
    notes=(
        problem("characters-replaced", invoice="RE-1", field="name", replaced="ü -> ue, ß -> ss", written="Gruess"),
        problem("text-cut", invoice="RE-2", field="remittance", limit=140, written="Rechnung RE-2"),
        problem("bic-left-out", invoice="RE-3", bic="QUATSCH"),
        problem("characters-replaced", invoice="", field="creditor", replaced="& -> +", written="Optik + Soehne"),
    ),
)  # fmt: skip


def _text(content: bytes) -> str:
    """What a PDF says, blanks and line ends evened out."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    return " ".join(" ".join(pages).replace("\u200b", "").split())


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "de",
            ["Begleitzettel zur Lastschriftdatei", "SEPA-Lastschrift CORE (pain.008.001.08)", "Gläubiger-ID",
             "25.11.2026 – 27.11.2026", "Spätestens einreichen 24.11.2026, bis 15:00 Uhr", "123.456,78", "0,05",
             "Gesamt 3 123.456,83",
             "B1, anstelle von B7: dessen Datei nicht einreichen", "auf 140 Zeichen gekürzt", "Kontoinhaber",
             "Erstellt von", "one (20.11.2026)", "Freigegeben von", "two (21.11.2026)", "Datum, Unterschrift",
             "Seite 1 von 1"],
        ),
        (
            "en",
            ["Control sheet of a direct-debit file", "Creditor identifier", "25 Nov 2026 – 27 Nov 2026",
             "Submit by 24 Nov 2026, until 15:00", "123,456.78", "Total 3 123,456.83", "B1, in place of B7",
             "account holder",
             "Created by", "one (20 Nov 2026)", "Released by", "Date, signature", "Page 1 of 1"],
        ),
    ],
    ids=["de", "en"],
)  # fmt: skip
def test_the_sheet_says_what_the_file_holds(language: Language, said: list[str]) -> None:
    """Read back from the PDF: creditor, ids, account, file, checksum, days, count and sum of blocks and file, changed
    texts, who made and released it."""
    text = _text(pdf(_SHEET, language))
    common = ["Optik Beispiel GmbH + Soehne", "DE98K0109999999999", "DE89 3704 0044 0532 0130 00", "K01",
              "OPOS-20261120-0001-1", "OPOS-20261120-0001-2", "RCUR", "OOFF", "ü -> ue, ß -> ss", "Gruess",
              "QUATSCH"]  # fmt: skip
    assert [one for one in [*common, *said] if one not in text] == []
    tight = text.replace(" ", "")
    assert _SHEET.sha256 in tight
    assert _SHEET.file in tight


def test_what_names_hold_is_never_markup() -> None:
    """Signs that typst reads as markup, and long words without a blank, stand there as they are."""
    long = "x" * 200
    hostile = replace(
        _SHEET,
        creditor=_HOSTILE,
        created_by=_HOSTILE,
        notes=(problem("characters-replaced", invoice="#RE$1", field="name", replaced="# -> .", written=long),),
    )
    text = _text(pdf(hostile, "de"))
    assert text.count(_HOSTILE) == 2
    assert "#RE$1" in text
    assert long in text.replace(" ", "")


def test_signs_without_a_glyph_are_told_by_their_number() -> None:
    """PDF/A refuses them; the sheet must come out all the same."""
    assert "Optik [U+1F600] [U+6F22] [U+0009]" in _text(pdf(replace(_SHEET, creditor="Optik 😀 漢 \t"), "de"))


def test_every_sign_that_is_let_through_can_be_printed() -> None:
    signs = "".join(chr(sign) for first, last in typesetting._SHOWN for sign in range(first, last + 1))
    assert typesetting.printed(signs) == signs
    assert pdf(replace(_SHEET, creditor=signs), "de").startswith(b"%PDF-")


def test_the_same_sheet_gives_the_same_bytes() -> None:
    """The day of creation is that of the batch, not the clock's."""
    for language in ("de", "en"):
        first = files_of(_SHEET, language)
        assert first == files_of(_SHEET, language)
    created = PdfReader(io.BytesIO(pdf(_SHEET, "de"))).metadata
    assert created is not None
    assert str(created.get("/CreationDate")).startswith("D:20261120")


def test_forty_blocks_go_on_over_the_page_with_their_heading() -> None:
    blocks = tuple(replace(_BLOCK, payment_information_id=f"OPOS-20261120-0001-{at}") for at in range(1, 41))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf(replace(_SHEET, blocks=blocks), "de"))).pages]
    assert len(pages) == 2
    assert all("Sammler (PmtInfId)" in page for page in pages)
    assert "4.938.271,20" in pages[1]
    assert all(f"OPOS-20261120-0001-{at}" in "".join(pages) for at in range(1, 41))


def test_many_changed_texts_are_counted_on_paper_and_listed_in_the_table() -> None:
    notes = tuple(
        problem("characters-replaced", invoice=f"RE-{at}", field="name", replaced="ü -> ue", written="Mueller")
        for at in range(PRINTED_NOTES + 40)
    )
    many = replace(_SHEET, notes=notes)
    text = _text(pdf(many, "de"))
    assert "… und 40 weitere; alle stehen in der CSV-Datei." in text
    assert f"RE-{PRINTED_NOTES} " not in text
    assert f"RE-{PRINTED_NOTES + 39};" in table(many, "de").decode()


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_table_for_german_excel(language: Language) -> None:
    """UTF-8 with its mark, semicolons, decimal commas, days as TT.MM.JJJJ, CRLF: a golden file of each language."""
    content = table(_SHEET, language)
    assert content == (_GOLDEN / f"control_sheet_{language}.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")


def test_no_cell_of_the_table_is_a_formula() -> None:
    evil = replace(_SHEET, creditor="=cmd|'/c calc'!A0", created_by="@SUM(A1)", branch="+1")
    lines = table(evil, "de").decode("utf-8-sig").split("\r\n")
    assert "Gläubiger;'=cmd|'/c calc'!A0" in lines
    assert "Filiale;'+1" in lines
    assert "Erstellt von;'@SUM(A1);20.11.2026" in lines


def test_the_checksum_is_one_that_sha256sum_reads() -> None:
    files = dict(files_of(_SHEET, "de"))
    stem = _SHEET.file.removesuffix(".xml")
    assert set(files) == {f"{stem}.pdf", f"{stem}.csv", f"{stem}.sha256"}
    assert files[f"{stem}.sha256"].decode() == f"{_SHEET.sha256}  {_SHEET.file}\n"


def test_every_label_of_the_sheet_is_used() -> None:
    """What stands in the catalogue is said by the program or its template."""
    sources = [Path(typesetting.__file__).with_name("control_sheet.typ").read_text("utf-8")]
    sources += [module.text for module in modules("recon/outside", "recon/texts")]
    said = "\n".join(sources)
    labels = [code for code in catalogue("sheets") if "." not in code]
    assert [code for code in labels if f'"{code}"' not in said and f"l.{code}" not in said] == []


def test_every_change_of_a_text_has_its_words() -> None:
    """The problems that planning notes, and the fields that they are about."""
    codes = {
        str(call.args[0].value)
        for module in modules("sepa/grouping.py")
        for call in calls(module, "problem")
        if call.args and hasattr(call.args[0], "value")
    }
    assert codes
    assert [code for code in codes if f"note.{code}" not in catalogue("sheets")] == []
