"""Bytes -> a grid: the heading row and the rows below it, each with its number in the file.

A CSV is read by the standard library, a workbook by openpyxl (docs/decisions/0002-reading-tables.md). What makes the
whole file unreadable is a ``GridError`` that carries the finding; ``recon.items.table`` turns it into a value.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from recon.items.values import Cell
from recon.model.finding import Finding, error

# A million rows of a hundred bytes; more is an export of another thing.
MAX_FILE_BYTES: Final = 128 * 1024 * 1024
# A worksheet ends at 1,048,576 rows.
MAX_ROWS: Final = 1_000_000
# The widest list we know (DATEV EXTF) has 125 columns.
MAX_COLUMNS: Final = 250
# The csv module's own limit. No column of ours takes more than 500 characters; others may hold pages of notes.
MAX_CELL_CHARACTERS: Final = 131_072
SEPARATORS: Final = (";", "\t", ",")

UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_UTF8_UMLAUT: Final = re.compile(rb"\xc3[\xa4\xb6\xbc\x84\x96\x9c\x9f\xa9]")
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)\r?\n?\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Grid:
    """The heading row and, one by one, the rows below it as (number in the file, cells). A blank cell is ``""``.

    ``ragged``: a row with fewer cells than headings is a fault (CSV); in a workbook it only ends early.
    """

    headings: tuple[str, ...]
    rows: Iterator[tuple[int, Sequence[Cell]]]
    ragged: bool
    findings: tuple[Finding, ...] = ()


class GridError(Exception):
    """A file that is no table that we can read; carries the finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def is_workbook(data: bytes) -> bool:
    """Whether bytes begin like a workbook: a ZIP archive."""
    return data.startswith(b"PK\x03\x04")


def open_csv(data: bytes, name: str, score: Callable[[tuple[str, ...]], int]) -> Grid:
    """The grid of a CSV. ``score`` says how many of some headings are known; it decides between the separators."""
    lines = io.StringIO(decoded(data, name), newline="")
    skipped, separator = 0, None
    start = 0
    while line := lines.readline():
        if found := _SEPARATOR_LINE.match(line):
            separator = found[1]
        elif line.strip(" \t\r\n;,"):
            break
        skipped += 1
        start = lines.tell()
    if not line:
        raise GridError(error("table-empty", name))
    lines.seek(start)
    separator = separator or _separator(line, score)
    rows = _csv_rows(lines, name, separator, skipped)
    _number, cells = next(rows)
    return Grid(tuple(str(cell).strip() for cell in cells), rows, ragged=True)


def decoded(data: bytes, name: str) -> str:
    """The text of a CSV: UTF-8 with or without a byte order mark, else CP1252.

    A file that holds both, as after appending one program's export to another's, is refused: read as either, it would
    spoil names.
    """
    if data.startswith(UTF16_MARKS) or b"\x00" in data[:4096]:
        raise GridError(error("encoding-unknown", name))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
    if _UTF8_UMLAUT.search(data):
        raise GridError(error("encoding-mixed", f"{name}:row {line}"))
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise GridError(error("encoding-unknown", f"{name}:row {line}")) from problem


def _separator(line: str, score: Callable[[tuple[str, ...]], int]) -> str:
    def rank(separator: str) -> tuple[int, int]:
        try:
            cells = tuple(next(csv.reader([line], delimiter=separator), []))
        except csv.Error:
            # No heading is that long; reading the row tells it as a finding.
            return -1, 0
        return score(cells), len(cells)

    return max(SEPARATORS, key=rank)


def _csv_rows(lines: io.StringIO, name: str, separator: str, skipped: int) -> Iterator[tuple[int, Sequence[Cell]]]:
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        number = skipped + reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as problem:
            too_long = "field larger" in str(problem)
            code = "cell-too-long" if too_long else "csv-quotes"
            raise GridError(error(code, f"{name}:row {number}", limit=MAX_CELL_CHARACTERS)) from problem
        if row is None:
            return
        if row:
            yield number, row
