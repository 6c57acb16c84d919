"""Lists and reports for spreadsheets: CSV as German Excel opens it, and workbooks.

What a bank file or a customer's name says is text and stays text: in CSV an apostrophe stands before what a spreadsheet
would take for a formula, in a workbook every text is written as a string, whatever it begins with.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, count, islice
from pathlib import Path
from shutil import copyfileobj
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import click

from recon.commands.call import Call
from recon.commands.output import Column, Row, cell, day, dig, joined, printable, safe
from recon.model.finding import error
from recon.service.answers import Refused
from recon.texts import catalogue, term
from sepa.money import Language

# Rows that are looked at for the widths of the columns, and how wide a text may make its column.
_LOOKED_AT: Final = 500
_WIDEST: Final = 60
# What a cell of a workbook holds, and what the name of a sheet may be (ECMA-376, Excel's limits).
_MAX_TEXT: Final = 32_767
_MAX_NAME: Final = 31
_NOT_IN_NAMES: Final = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
# Company, report and filter stand above the headings, and an empty row.
_HEAD_ROW: Final = 5
_DATES: Final[dict[Language, str]] = {"de": "DD.MM.YYYY", "en": "D MMM YYYY"}


def print_excel_csv(rows: Iterable[Row], columns: Sequence[Column], language: Language) -> None:
    """CSV as German Excel opens it with a double click: UTF-8 with its mark, semicolons, decimal commas, TT.MM.JJJJ,
    CRLF; headings and words in the language."""
    import csv

    class Out:
        """Standard output, in UTF-8 whatever the terminal is set to."""

        @staticmethod
        def write(text: str) -> None:
            """Write on."""
            buffer = getattr(sys.stdout, "buffer", None)
            if buffer is None:
                sys.stdout.write(text)
            else:
                buffer.write(text.encode("utf-8", "replace"))

    sys.stdout.flush()
    Out.write("\ufeff")
    writer = csv.writer(Out(), delimiter=";", lineterminator="\r\n")
    writer.writerow([term(column.title, language) for column in columns])
    for row in rows:
        writer.writerow([_excel_cell(dig(row, column.key), column, language) for column in columns])


def write_workbook(
    call: Call,
    title: str,
    rows: Iterable[Row],
    columns: Sequence[Column],
    sums: Callable[[], Sequence[Row]],
) -> None:
    """Write rows into the file that the call names: numbers as numbers, days as days, texts as strings. The same rows
    and the same day give the same bytes. Raises Refused where the file is there and may not be replaced."""
    from recon.service.reporting import company_name

    target = Path(str(call.xlsx))
    if target.exists() and not call.force:
        raise Refused(error("file-exists", str(target), file=str(target)))
    if not target.parent.is_dir():
        raise Refused(error("folder-missing", str(target), file=str(target.parent)))
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(handle)
    half = Path(name)
    try:
        told = _title(title, call)
        company = company_name(call.context())
        written = _save(half, _Workbook(call.lang, call.as_of, company, told, call.filters), rows, columns, sums)
        half.chmod(0o666 & ~_umask())
        if call.force:
            half.replace(target)
        else:
            target.hardlink_to(half)
    except FileExistsError as there:
        raise Refused(error("file-exists", str(target), file=str(target))) from there
    except OSError as fault:
        raise Refused(error("file-unwritable", str(target), file=str(target), cause=fault.strerror)) from fault
    finally:
        half.unlink(missing_ok=True)
    message = term("rows_written", call.lang).replace("{file}", str(target)).replace("{count}", str(written))
    click.echo(printable(message), err=True)


class _Workbook:
    """What stands above the rows."""

    def __init__(self, language: Language, as_of: date, company: str, title: str, filters: str) -> None:
        self.language = language
        self.as_of = as_of
        self.company = company
        self.title = title
        self.filters = filters


def _save(
    path: Path, head: _Workbook, rows: Iterable[Row], columns: Sequence[Column], sums: Callable[[], Sequence[Row]]
) -> int:
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter
    from openpyxl.writer.excel import ExcelWriter

    moment = datetime(head.as_of.year, head.as_of.month, head.as_of.day)  # noqa: DTZ001 - a plain day
    book = Workbook(write_only=True)
    book.properties.creator, book.properties.title = "opos", head.title
    book.properties.created = book.properties.modified = moment
    sheet: Any = book.create_sheet(head.title.translate(_NOT_IN_NAMES)[:_MAX_NAME])
    left = iter(rows)
    looked_at = list(islice(left, _LOOKED_AT))
    for at, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(at)].width = _width(column, looked_at, head.language)
    sheet.freeze_panes = f"A{_HEAD_ROW + 1}"
    sheet.print_title_rows = f"{_HEAD_ROW}:{_HEAD_ROW}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    cells = _Cells(sheet, head.language)
    for line in _heading(head):
        sheet.append([cells.text(line, bold=True)])
    sheet.append([])
    sheet.append([cells.text(term(column.title, head.language), bold=True) for column in columns])
    counter = count()
    for _, row in zip(counter, chain(looked_at, left), strict=False):
        sheet.append(cells.row(row, columns))
    written = next(counter) - 1
    sheet.auto_filter.ref = f"A{_HEAD_ROW}:{get_column_letter(len(columns))}{_HEAD_ROW + max(written, 1)}"
    for row in sums() if written else ():
        sheet.append(cells.row(row, columns, bold=True))
    with _Still(path, moment) as archive:
        ExcelWriter(book, archive).write_data()
    return written


class _Cells:
    """Cells of a sheet, made once for each look and filled again for each value: a sheet has many."""

    def __init__(self, sheet: Any, language: Language) -> None:
        self.sheet = sheet
        self.language = language
        self.made: dict[tuple[int, str, bool], Any] = {}

    def row(self, row: Row, columns: Sequence[Column], *, bold: bool = False) -> list[Any]:
        """The cells of a row."""
        return [self._cell(at, dig(row, column.key), column, bold=bold) for at, column in enumerate(columns)]

    def text(self, text: str, *, bold: bool = False) -> Any:
        """A cell with a text of our own."""
        made = self._new("General", bold=bold)
        made._value, made.data_type = text, "s"
        return made

    def _cell(self, at: int, value: Any, column: Column, *, bold: bool) -> Any:
        if value is None or value == "":
            return None
        form, number = self._number(value, column)
        made = self.made.get((at, form, bold))
        if made is None:
            made = self.made[at, form, bold] = self._new(form, bold=bold)
        if number is not None:
            made.value = number
            return made
        # Past the property: it would take a text that begins with = for a formula.
        text = joined_for_people(value, column, self.language)
        made._value, made.data_type = text[:_MAX_TEXT], "s"
        return made

    def _number(self, value: Any, column: Column) -> tuple[str, Any]:
        """The number format of a cell, and the number or day that it holds, if it does."""
        if column.kind == "amount":
            exact = Decimal(value)
            return f"#,##0.{'0' * -int(exact.as_tuple().exponent)}", exact
        if column.kind == "percent":
            return "0.0%", Decimal(value) / 100
        if column.kind == "number" and isinstance(value, int):
            return "0", value
        if column.kind == "date":
            return _DATES[self.language], date.fromisoformat(str(value))
        return "@" if column.kind == "text" else "General", None

    def _new(self, form: str, *, bold: bool) -> Any:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Font

        made = WriteOnlyCell(self.sheet)
        made.number_format = form
        if bold:
            made.font = Font(bold=True)
        return made


class _Still(ZipFile):
    """An archive whose members carry the day of the report, not the moment at which they were written."""

    def __init__(self, path: Path, moment: datetime) -> None:
        super().__init__(path, "w", ZIP_DEFLATED)
        self.moment = moment

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
        """Add a member."""
        super().writestr(self._info(str(zinfo_or_arcname)), data)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        """Add a file."""
        with Path(filename).open("rb") as source, self.open(self._info(str(arcname)), "w", force_zip64=True) as member:
            copyfileobj(source, member)

    def _info(self, name: str) -> ZipInfo:
        info = ZipInfo(name, (self.moment.year, self.moment.month, self.moment.day, 0, 0, 0))
        info.compress_type = ZIP_DEFLATED
        info.create_system = 3
        info.external_attr = 0o600 << 16
        return info


def joined_for_people(value: Any, column: Column, language: Language) -> str:
    """A value that is no number, in words of the language, without control characters."""
    return cell(value, column.kind, language) if column.kind != "text" else printable(joined(value))


def _excel_cell(value: Any, column: Column, language: Language) -> str:
    if value is None or value == "":
        return ""
    if column.kind in {"amount", "percent"}:
        return str(value).replace(".", ",")
    if column.kind == "date":
        return day(date.fromisoformat(str(value)), "de")
    if column.kind == "number":
        return str(value)
    return safe(joined_for_people(value, column, language))


def _heading(head: _Workbook) -> Iterator[str]:
    yield head.company
    yield f"{head.title}, {term('as_of', head.language)} {day(head.as_of, head.language)}"
    yield f"{term('filter', head.language)}: {head.filters or term('everything', head.language)}"


def _title(title: str, call: Call) -> str:
    """What a list is called; one that has no name of its own is called by its command."""
    return term(title, call.lang) if title in catalogue("terms") else call.command


def _width(column: Column, rows: Sequence[Row], language: Language) -> int:
    told = (cell(dig(row, column.key), column.kind, language) for row in rows)
    widest = max(chain((len(text) for text in told), (len(term(column.title, language)) + 3,)))
    return min(max(widest, 13 if column.kind == "amount" else 8), _WIDEST) + 2


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
