"""Files made to harm: archives that unpack to gigabytes, entities, endless rows. All end in a finding, soon."""

import io
import re
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import openpyxl
import pytest

from recon.items import read_table, recognise
from recon.model.items import ItemRecord

HEADING = ["invoice_no", "customer_no", "amount", "due_date"]
SHEET = "xl/worksheets/sheet1.xml"
BOOK = "xl/workbook.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRINGS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"


def parts() -> dict[str, str]:
    """The parts of a good workbook of one item, its texts in a shared table as Excel writes them."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([*HEADING, "paid"])
    sheet.append(["RE-1", "1", "100,00", "31.12.2026", 5])
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as archive:
        contents = {name: archive.read(name).decode() for name in archive.namelist()}
    texts: list[str] = []

    def shared(found: re.Match[str]) -> str:
        texts.append(found[1])
        return f't="s"><v>{len(texts) - 1}</v></c>'

    contents[SHEET] = re.sub(r't="inlineStr"><is><t>(.*?)</t></is></c>', shared, contents[SHEET])
    strings = "".join(f"<si><t>{text}</t></si>" for text in texts)
    contents["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}" count="9" uniqueCount="9">{strings}</sst>'
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{STRINGS_TYPE}"/>'
    types = "[Content_Types].xml"
    return contents | {types: contents[types].replace("</Types>", f"{override}</Types>")}


def packed(contents: dict[str, str], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, text in contents.items():
            archive.writestr(name, text)
    return out.getvalue()


def changed(part: str, old: str, new: str) -> bytes:
    contents = parts()
    assert old in contents[part]
    return packed(contents | {part: contents[part].replace(old, new)})


@contextmanager
def soon(times: int) -> Iterator[None]:
    """What is done here takes a second, or so many times as long as plain work that is measured right after it: on a
    busy machine that takes longer as well. What looks at the same bytes again and again takes a thousand times as
    long."""
    started = time.process_time()
    yield
    spent = time.process_time() - started
    assert spent < 1 or spent < times * _peer()


def _peer() -> float:
    """A look at each tag of some megabytes, in seconds of this process; some 0.1 s."""
    started = time.process_time()
    assert len(re.findall(rb"<[^<>]*>", b"<row>" * 1_000_000)) == 1_000_000
    return time.process_time() - started


def codes(content: bytes) -> list[str]:
    with soon(80):
        table = read_table(content, "f.xlsx")
        recognise(content)
    return [finding.code for finding in table.findings]


def test_the_good_workbook_is_read() -> None:
    table = read_table(packed(parts()), "f.xlsx")
    assert table.findings == ()
    assert table.records == (
        ItemRecord("RE-1", "1", 10000, due_date=date(2026, 12, 31), paid=500, where="f.xlsx:row 2"),
    )


@pytest.mark.parametrize("part", [SHEET, "docProps/app.xml"])
def test_an_archive_bomb_is_refused_before_it_is_unpacked(part: str) -> None:
    assert codes(packed(parts() | {part: parts()[part] + " " * 300_000_000})) == ["workbook-too-large"]


def test_a_bomb_that_lies_about_its_size_is_damaged() -> None:
    content = bytearray(packed(parts() | {SHEET: parts()[SHEET] + " " * 50_000_000}))
    true_size = len(parts()[SHEET]) + 50_000_000
    said = true_size.to_bytes(4, "little")
    assert content.count(said) == 2
    content = content.replace(said, (1000).to_bytes(4, "little"))
    assert codes(bytes(content)) == ["workbook-damaged"]


@pytest.mark.parametrize(
    "trick",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa">]>',
        '<!DOCTYPE x SYSTEM "http://example.com/x.dtd">',
        '<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///etc/hostname"> %a;]>',
    ],
)
@pytest.mark.parametrize("part", [SHEET, BOOK, "[Content_Types].xml", "xl/styles.xml"])
def test_no_dtd_and_no_entity_is_read(trick: str, part: str) -> None:
    contents = parts()
    text = contents[part]
    body = text[text.index("?>") + 2 :] if text.startswith("<?xml") else text
    assert codes(packed(contents | {part: trick + body})) == ["workbook-doctype"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-7", "cp037"])
def test_other_encodings_cannot_hide_a_dtd(encoding: str) -> None:
    contents: dict[str, bytes] = {name: text.encode() for name, text in parts().items()}
    contents[SHEET] = f'<?xml version="1.0" encoding="{encoding}"?>{parts()[SHEET]}'.encode(encoding)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    assert codes(out.getvalue())[0] in {"workbook-doctype", "workbook-damaged"}


@pytest.mark.parametrize(
    ("part", "old", "new", "code"),
    [
        (SHEET, '<row r="2"', '<row r="999999999999"', "too-many-rows"),
        (SHEET, '<row r="2"', '<row r="1"', "workbook-damaged"),
        (SHEET, 'r="D2"', 'r="XFD2"', "too-many-columns"),
        (SHEET, "<sheetData>", "<sheetData><x>", "workbook-damaged"),
        (SHEET, "<v>0</v>", "<v>999</v>", "workbook-damaged"),
        (SHEET, "<v>5</v></c></row></sheetData>", "<v>-1</v></c></row></sheetData>", "amount-negative"),
        (SHEET, "<v>5</v></c></row></sheetData>", "<v>1e999</v></c></row></sheetData>", "amount-not-a-number"),
        (SHEET, "<v>5</v></c></row></sheetData>", "<v>nan</v></c></row></sheetData>", "workbook-damaged"),
        (SHEET, 'r="E2"', 'r="E2" s="77"', "workbook-damaged"),
        (SHEET, 'r="D2" t="s"', 'r="D2" t="n"', "date-invalid"),
        (SHEET, 'r="D2" t="s"', 'r="D2" t="b"', "date-invalid"),
        (BOOK, 'r:id="rId1"', 'r:id="rId99"', "workbook-damaged"),
        (BOOK, "<sheets>", "<sheets>" + '<sheet name="a" sheetId="7" r:id="rId1"/>' * 5000, "workbook-sheets"),
        (BOOK, "<sheets>", "<sheets/><x>", "workbook-damaged"),
    ],
)  # fmt: skip
def test_parts_that_are_not_as_they_should_be(part: str, old: str, new: str, code: str) -> None:
    assert codes(changed(part, old, new)) == [code]


@pytest.mark.parametrize(
    ("cell", "paid", "found"),
    [
        ("<f>2+3</f><v>5</v>", 500, []),
        ('t="str"><f>IF(A2="","","")</f><v></v>', 0, []),
        ("<f>2+3</f>", None, ["formula-without-value"]),
        ("<f>2+3</f><v/>", None, ["formula-without-value"]),
        ('<f t="shared" si="0"/><v></v>', None, ["formula-without-value"]),
    ],
)
def test_a_formula_counts_as_its_stored_result(cell: str, paid: int | None, found: list[str]) -> None:
    good = 't="n"><v>5</v></c></row></sheetData>'
    start = cell if cell.startswith("t=") else f">{cell}"
    table = read_table(changed(SHEET, good, f"{start}</c></row></sheetData>"), "f.xlsx")
    assert [finding.code for finding in table.findings] == found
    assert [getattr(record, "paid", None) for record in table.records] == ([] if paid is None else [paid])


def test_tags_that_never_close_are_searched_only_once() -> None:
    for tag in ("<row ", "<c ", "<x:c ", "<c><f", "<c t='n'><f>", "<?xml "):
        noise = "".join(f"{tag}{number}" for number in range(300_000))
        assert codes(changed(SHEET, "<sheetData>", noise)) == ["workbook-damaged"]


def test_a_dtd_hides_behind_no_other_name() -> None:
    contents = parts()
    contents["xl/worksheets/sheet1.png"] = '<!DOCTYPE x [<!ENTITY a "a">]>' + contents.pop(SHEET)
    contents["xl/_rels/workbook.xml.rels"] = contents["xl/_rels/workbook.xml.rels"].replace("sheet1.xml", "sheet1.png")
    assert codes(packed(contents)) == ["workbook-doctype"]


def test_a_hidden_first_sheet_is_not_the_list() -> None:
    book = openpyxl.Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.title = "Hilfe"
    hidden.sheet_state = "hidden"
    hidden.append(["x"])
    sheet = book.create_sheet("Posten")
    sheet.append(HEADING)
    sheet.append(["RE-1", "1", "=1+1", "31.12.2026"])
    out = io.BytesIO()
    book.save(out)
    table = read_table(out.getvalue(), "f.xlsx")
    assert [finding.code for finding in table.findings] == ["sheets-not-read", "formula-without-value"]
    assert dict(table.findings[0].facts) == {"sheet": "Posten", "others": "Hilfe"}


@pytest.mark.parametrize("missing", list(parts()))
def test_a_missing_part_is_a_finding_or_does_not_matter(missing: str) -> None:
    contents = parts()
    del contents[missing]
    assert codes(packed(contents)) in ([], ["workbook-damaged"], ["table-empty"])


def test_no_sheet_is_a_finding() -> None:
    contents = parts()
    book = contents[BOOK]
    start, end = book.index("<sheets>"), book.index("</sheets>")
    assert codes(packed(contents | {BOOK: book[:start] + "<sheets>" + book[end:]})) == ["table-empty"]


def test_a_cut_or_flipped_archive_is_a_finding() -> None:
    content = packed(parts())
    for cut in range(4, len(content), 97):
        assert codes(content[:cut])[0] == "workbook-damaged"
    for place in range(4, len(content), 53):
        flipped = bytearray(content)
        flipped[place] ^= 0x55
        read_table(bytes(flipped), "f.xlsx")


def test_an_encrypted_workbook_is_a_finding() -> None:
    # What Excel writes with a password is an OLE file, and an archive may flag its entries as encrypted.
    assert codes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)) == ["encoding-unknown"]
    content = bytearray(packed(parts()))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        while place >= 0:
            content[place + offset] |= 1
            place = content.find(mark, place + 1)
    assert codes(bytes(content)) == ["workbook-damaged"]


def test_another_archive_is_no_workbook() -> None:
    statements = packed({"2026-11-20.xml": "<Document/>"})
    assert recognise(statements) is None
    assert codes(statements) == ["workbook-damaged"]


def test_a_csv_of_quotes_or_separators_only_ends_soon() -> None:
    with soon(150):
        for content in (b'"' * 1_000_000, b";" * 1_000_000, b'";' * 500_000, b"a;" * 1_000_000, b"\n" * 5_000_000):
            assert read_table(content, "f.csv").refused


def test_a_compressed_stream_of_another_method_is_a_finding() -> None:
    assert codes(packed(parts(), zipfile.ZIP_BZIP2)) == []
    assert codes(b"PK\x03\x04" + zlib.compress(b"x" * 1000)) == ["workbook-damaged"]
