"""A workbook (XLSX) -> a grid. The archive is measured before openpyxl sees it: a few kilobytes can hide gigabytes."""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from recon.items.grid import MAX_COLUMNS, MAX_ROWS, Grid, GridError
from recon.items.values import Cell, Formula, quoted
from recon.model.finding import Finding, error, info

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

# A worksheet of 100,000 rows and 20 columns unpacks to about 100 MB.
MAX_UNPACKED_BYTES: Final = 256 * 1024 * 1024
# Worksheets shrink to a tenth, at the very best to a fiftieth; a bomb to a thousandth.
MAX_RATIO: Final = 200
# Below this size the ratio says nothing: an almost empty sheet shrinks well.
RATIO_FROM_BYTES: Final = 4 * 1024 * 1024
MAX_PARTS: Final = 2_000
MAX_SHEETS: Final = 250

# What openpyxl and the archive raise for parts that are not as they should be. openpyxl has no error class of its own
# for damaged parts: whatever its descriptors, casts and look-ups trip over comes through. Only openpyxl is called
# inside, so no fault of our own code hides here.
_DAMAGE: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, SyntaxError, LookupError, ValueError, TypeError, AttributeError,
    ArithmeticError, NotImplementedError, RuntimeError, AssertionError,
)  # fmt: skip
# The patterns below stop at the next "<": none of them looks twice at the same bytes.
_ENCODING: Final = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([^\"']*)[\"']")
_XML_STARTS: Final = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00")
_SHEET: Final = re.compile(rb"<(?:\w+:)?sheet[\s/>]")
_ROW_NUMBER: Final = re.compile(rb"<(?:\w+:)?row\b[^<>]*?\sr=\"(\d+)\"")
# Columns from AAA (703) on: a row that reaches so far is padded to its last cell, which a hostile file makes expensive.
_FAR_COLUMN: Final = re.compile(rb"<(?:\w+:)?c\b[^<>]*?\sr=\"[A-Z]{3}")
# A formula that nobody has calculated. One with an empty text as its result is marked t="str" and is a blank cell.
_FORMULA_WITHOUT_VALUE: Final = re.compile(
    rb"<(?:\w+:)?c\b([^<>]*)>\s*<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>\s*|<(?:\w+:)?v>\s*</(?:\w+:)?v>\s*)?</(?:\w+:)?c>"
)
_ONLY_ZEROS: Final = re.compile(r"0{2,}\Z")


class _Taken(NamedTuple):
    """What openpyxl gives of a cell: its value, the number format of a number, whether it is a formula."""

    value: Any
    shape: str
    formula: bool


_NOTHING: Final = _Taken(None, "", False)


def is_xlsx(data: bytes) -> bool:
    """Whether bytes are a workbook: a ZIP archive with ``xl/workbook.xml``."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError):
        return False


def open_xlsx(data: bytes, name: str) -> Grid:
    """The grid of a workbook's first visible sheet. Raises GridError."""
    uncalculated = _guard(data, name)
    book = _load(data, name, values=True)
    if not book.worksheets:
        raise GridError(error("table-empty", name))
    # A hidden sheet in the first place is not what the sender sees as his list.
    place = next((place for place, one in enumerate(book.worksheets) if one.sheet_state == "visible"), 0)
    formulas = _rows(_load(data, name, values=False).worksheets[place], name) if uncalculated else None
    rows = _cells(_rows(book.worksheets[place], name), formulas, name)
    heading = next(rows, None)
    if heading is None:
        raise GridError(error("table-empty", name))
    titles = [quoted(str(sheet.title)) for sheet in book.worksheets]
    read = titles.pop(place)
    findings: tuple[Finding, ...] = ()
    if titles:
        findings = (info("sheets-not-read", name, sheet=read, others=", ".join(titles)[:200]),)
    number, cells = heading
    if len(cells) > MAX_COLUMNS:
        raise GridError(error("too-many-columns", f"{name}:row {number}", limit=MAX_COLUMNS))
    return Grid(tuple("" if isinstance(cell, Formula) else str(cell).strip() for cell in cells), rows, False, findings)


def _guard(data: bytes, name: str) -> bool:
    """Refuse an archive that is damaged, unpacks to too much or holds a DTD; say whether a formula lacks its result."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            bomb = unpacked > RATIO_FROM_BYTES and unpacked > MAX_RATIO * len(data)
            if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED_BYTES or bomb:
                limit = MAX_UNPACKED_BYTES // 1024 // 1024
                raise GridError(error("workbook-too-large", name, unpacked=unpacked // 1024 // 1024, limit=limit))
            uncalculated = False
            for part in parts:
                uncalculated |= _examine(archive.read(part), part.filename, name)
            return uncalculated
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ) as problem:
        raise GridError(error("workbook-damaged", name)) from problem


def _examine(part: bytes, filename: str, name: str) -> bool:
    """Refuse a part that is hostile or would lose rows unseen; say whether a formula has no stored result."""
    # Pictures and the like cannot be read as XML, whatever they are called.
    if not filename.lower().endswith((".xml", ".rels")) and not part[:64].lstrip().startswith(_XML_STARTS):
        return False
    encoding = _ENCODING.match(part[:200].removeprefix(b"\xef\xbb\xbf").lstrip())
    foreign = encoding is not None and encoding[1].lower() not in {b"utf-8", b"us-ascii"}
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part or b"\x00" in part or foreign:
        raise GridError(error("workbook-doctype", name))
    # Every listed sheet is measured when the workbook is opened, also where a thousand names mean one part.
    if len(_SHEET.findall(part)) > MAX_SHEETS:
        raise GridError(error("workbook-sheets", name, limit=MAX_SHEETS))
    if _FAR_COLUMN.search(part):
        raise GridError(error("too-many-columns", name, limit=MAX_COLUMNS))
    # openpyxl drops a row whose number is not above the one before; nothing may be dropped unseen.
    last = 0
    for found in _ROW_NUMBER.finditer(part):
        if int(found[1]) <= last:
            raise GridError(error("workbook-damaged", name))
        last = int(found[1])
    return any(b"str" not in found[1] for found in _FORMULA_WITHOUT_VALUE.finditer(part))


def _load(data: bytes, name: str, *, values: bool) -> "Workbook":
    import openpyxl

    with warnings.catch_warnings():
        # openpyxl warns of styles and extensions that it does not know; no value depends on them.
        warnings.simplefilter("ignore")
        try:
            return openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=values, keep_links=False)
        except _DAMAGE as problem:
            raise GridError(error("workbook-damaged", name)) from problem


def _rows(sheet: Any, name: str) -> Iterator[list[_Taken]]:
    """The rows of a sheet from the first row on, missing ones as empty rows."""
    source: Iterator[tuple[Any, ...]] | None = None
    while True:
        with warnings.catch_warnings():
            # A date outside the calendar becomes "#VALUE!" with a warning; the value itself ends as a finding.
            warnings.simplefilter("ignore")
            try:
                if source is None:
                    # What the sheet says of its size may be wrong; the cells decide.
                    sheet.reset_dimensions()
                    source = iter(sheet.iter_rows(min_row=1, min_col=1))
                row = next(source, None)
                taken = None if row is None else [_take(cell) for cell in row]
            except _DAMAGE as problem:
                raise GridError(error("workbook-damaged", name)) from problem
        if taken is None:
            return
        yield taken


def _take(cell: Any) -> _Taken:
    value = cell.value
    if value is None:
        return _NOTHING
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return _Taken(value, str(cell.number_format) if number else "", cell.data_type == "f")


def _cells(
    rows: Iterator[list[_Taken]], formulas: Iterator[list[_Taken]] | None, name: str
) -> Iterator[tuple[int, Sequence[Cell]]]:
    for number, row in enumerate(rows, start=1):
        if number > MAX_ROWS + 1:
            raise GridError(error("too-many-rows", f"{name}:row {number}", limit=MAX_ROWS))
        cells = [_cell(taken) for taken in row]
        written = next(formulas, []) if formulas is not None else []
        for place, taken in enumerate(written[: len(cells)]):
            if taken.formula and row[place].value is None:
                cells[place] = Formula.WITHOUT_VALUE
        while cells and cells[-1] == "":
            cells.pop()
        if cells:
            yield number, cells


def _cell(taken: _Taken) -> Cell:
    value, shape = taken.value, taken.shape
    if value is None:
        return ""
    if isinstance(value, str | bool | datetime | date | time | timedelta):
        return value
    if not isinstance(value, int | float):
        return str(value)
    if "%" in shape:
        return f"{value * 100} %" if isinstance(value, int) else f"{value * 100:.15g} %"
    whole = isinstance(value, int) or value.is_integer()
    if whole and value >= 0 and _ONLY_ZEROS.match(shape):
        # Shown with leading zeros (00042): the person means what he sees.
        return str(int(value)).zfill(len(shape))
    return value
