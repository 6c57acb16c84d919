"""What a command prints: one JSON document, CSV, or a table for people. Files for spreadsheets: ``sheets``."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import chain, islice
from typing import Any, Final, Literal

import click
import msgspec

from recon.commands.call import Call
from recon.model.finding import Finding, Severity
from recon.texts import filled, finding_text, remedy, telling, term
from sepa.money import Language, shown

SCHEMA_VERSION = 1
Kind = Literal["text", "amount", "date", "number", "percent", "term", "reason"]
Row = Mapping[str, Any]
# Rows that are measured and laid out as a table of rich; more of them are printed as they come, in the same columns.
MEASURED: Final = 1_000
# How many findings of one code are told to people before the rest is only counted.
SHOWN_FINDINGS = 12
# Rows of a document that are written at once.
_AT_ONCE: Final = 500
# What a document of one list has around the members of it.
_BEFORE: Final = '{\n "": ['
_BEHIND: Final = "\n ]\n}"

_RIGHT: Final = frozenset({"amount", "number", "percent"})
# Here for all commands.
day, printable, safe = telling.day, telling.printable, telling.safe


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list: the key in the document (dots go deeper), the code of its heading, and its kind. One that
    came later than the list's CSV is not part of it (``machine``): its bytes stay as programs know them."""

    key: str
    title: str
    kind: Kind = "text"
    machine: bool = True


def finding_document(finding: Finding) -> dict[str, str]:
    """A finding in JSON: always in English."""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "where": finding.where,
        "text": finding_text(finding, "en"),
        "remedy": remedy(finding, "en"),
    }


def print_document(document: Mapping[str, Any], findings: Iterable[Finding] | None = None) -> None:
    """Print a JSON document, ``schema_version`` first."""
    whole = {"schema_version": SCHEMA_VERSION, **document}
    if findings is not None:
        whole["findings"] = [finding_document(finding) for finding in findings]
    sys.stdout.write(json.dumps(whole, ensure_ascii=False, indent=1) + "\n")


def print_streamed(
    head: Mapping[str, Any], key: str, rows: Iterable[Row], tail: Callable[[], Mapping[str, Any]]
) -> None:
    """Print a JSON document with a list that is too long to be held: the same text as ``print_document`` makes of
    ``{**head, key: [*rows], **tail()}``, written as the rows come. ``tail`` is asked when they are through."""
    print_lists(head, ((key, rows),), tail)


def print_lists(
    head: Mapping[str, Any], lists: Sequence[tuple[str, Iterable[Row]]], tail: Callable[[], Mapping[str, Any]] = dict
) -> None:
    """The same for a document with several long lists, one after the other, by their keys."""
    left = [(key, begun(rows)) for key, rows in lists]
    opening = json.dumps({"schema_version": SCHEMA_VERSION, **head}, ensure_ascii=False, indent=1)
    sys.stdout.write(opening[:-2])
    for key, rows in left:
        sys.stdout.write(f",\n {json.dumps(key)}: [")
        before, after = "", ""
        while some := list(islice(rows, _AT_ONCE)):
            sys.stdout.write(f"{before}{_members(some)}")
            before, after = ",", "\n "
        sys.stdout.write(f"{after}]")
    more = tail()
    closing = json.dumps(more, ensure_ascii=False, indent=1)[1:] if more else "\n}"
    sys.stdout.write(f"{',' if more else ''}{closing}\n")


def _members(rows: Sequence[Row]) -> str:
    """Rows as they stand in a list of a document, from the line end before the first: what ``json`` writes with an
    indent of one, in a tenth of its time."""
    text = msgspec.json.format(msgspec.json.encode({"": rows}), indent=1).decode()
    return text[len(_BEFORE) : -len(_BEHIND)]


def print_list(call: Call, document: Mapping[str, Any], key: str, columns: Sequence[Column]) -> None:
    """Print a list: the whole document as JSON, or its rows in another form."""
    if call.as_json:
        print_document(document)
    else:
        print_rows(call, f"list_{key}", document[key], columns)


def print_rows(
    call: Call,
    title: str,
    rows: Iterable[Row],
    columns: Sequence[Column],
    sums: Callable[[], Sequence[Row]] = tuple,
) -> None:
    """Print rows as CSV, as a workbook or as a table, one by one as they come. ``title`` is the code of what the list
    is called; ``sums`` are the rows of totals, asked when the others are through, for people and workbooks."""
    rows = begun(rows)
    if call.as_csv:
        print_csv(rows, columns)
    elif call.excel_csv or call.xlsx:
        from recon.commands.sheets import print_excel_csv, write_workbook

        if call.excel_csv:
            print_excel_csv(rows, columns, call.lang)
        else:
            write_workbook(call, title, rows, columns, sums)
    else:
        print_table(rows, columns, call.lang, sums)


def begun(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, the first of them fetched: what is refused is refused before anything is written."""
    left = iter(rows)
    first = list(islice(left, 1))
    return chain(first, left)


def print_csv(rows: Iterable[Row], columns: Sequence[Column]) -> None:
    """CSV for machines: UTF-8, commas, points, ISO dates; texts are safe in a spreadsheet."""
    for line in csv_lines(rows, [column for column in columns if column.machine]):
        sys.stdout.write(f"{line}\n")


def csv_lines(rows: Iterable[Row], columns: Sequence[Column]) -> Iterator[str]:
    """The heading and the rows of such a file, each without its line end."""
    import csv

    # The writer quotes what holds its line end, so it is given both signs of it; a row ends with one.
    line = csv.writer(_Echo(), lineterminator="\r\n").writerow
    told: str = line([column.key for column in columns])
    yield told[:-2]
    for row in rows:
        told = line([_csv_cell(dig(row, column.key), column.kind) for column in columns])
        yield told[:-2]


class _Echo:
    """A file for ``csv.writer`` that gives back each row instead of keeping it."""

    @staticmethod
    def write(text: str) -> str:
        """The text of the row."""
        return text


def print_table(
    rows: Iterable[Row], columns: Sequence[Column], language: Language, sums: Callable[[], Sequence[Row]] = tuple
) -> None:
    """A table for people: headings in their language, amounts aligned at the right. A long one is printed as it comes,
    in columns as wide as its first rows."""
    left = iter(rows)
    shown = [_told(row, columns, language) for row in islice(left, MEASURED)]
    if not shown:
        click.echo(term("nothing", language))
        return
    rest = list(islice(left, 1))
    if rest:
        _print_long(shown, chain(rest, left), columns, language, sums)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        right = column.kind in _RIGHT
        table.add_column(term(column.title, language), justify="right" if right else "left", no_wrap=right)
    for cells in chain(shown, (_told(row, columns, language) for row in sums())):
        table.add_row(*map(Text, cells))
    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console.width = 200
    console.print(table)


def _told(row: Row, columns: Sequence[Column], language: Language) -> list[str]:
    return [cell(dig(row, column.key), column.kind, language) for column in columns]


def _print_long(
    first: Sequence[Sequence[str]],
    rest: Iterable[Row],
    columns: Sequence[Column],
    language: Language,
    sums: Callable[[], Sequence[Row]],
) -> None:
    heads = [term(column.title, language) for column in columns]
    widths = [max(map(len, told)) for told in zip(heads, *first, strict=True)]
    right = [column.kind in _RIGHT for column in columns]
    every = chain([heads], first, (_told(row, columns, language) for row in rest))
    for cells in chain(every, (_told(row, columns, language) for row in _late(sums))):
        placed = (
            text.rjust(width) if ends else text.ljust(width)
            for text, width, ends in zip(cells, widths, right, strict=True)
        )
        sys.stdout.write("  ".join(placed).rstrip() + "\n")


def _late(rows: Callable[[], Sequence[Row]]) -> Iterator[Row]:
    yield from rows()


def print_findings(findings: Iterable[Finding], language: Language) -> None:
    """Tell findings to people on standard error: what, where, what to do."""
    counted: dict[str, int] = {}
    for finding in findings:
        counted[finding.code] = counted.get(finding.code, 0) + 1
        if counted[finding.code] > SHOWN_FINDINGS:
            continue
        mark = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.INFO: "·"}[finding.severity]
        told = f"{mark} {finding.where}: {finding_text(finding, language)} [{finding.code}]"
        click.echo(printable(told), err=True)
        click.echo(printable(f"  → {remedy(finding, language)}"), err=True)
    for code, number in counted.items():
        if number > SHOWN_FINDINGS:
            more = term("more_findings", language).replace("{count}", str(number - SHOWN_FINDINGS))
            click.echo(f"  … {more} [{code}]", err=True)


def print_tried(call: Call) -> None:
    """Tell people that nothing was written, where they have only tried."""
    if call.dry_run and call.for_people:
        click.echo(term("only_tried", call.lang))


def cell(value: Any, kind: Kind, language: Language) -> str:
    """A value as people read it."""
    if value is None or value == "":
        return ""
    if kind == "amount":
        return amount(str(value), language)
    if kind == "percent":
        return f"{amount(str(value), language)} %"
    if kind == "date":
        return _day_told(str(value), language)
    if kind == "term":
        return term(str(value), language)
    if kind == "reason":
        return term(f"reason_{value}", language)
    if isinstance(value, (list, tuple)):
        return printable(", ".join(str(entry) for entry in value))
    return printable(str(value))


# A long list has few days.
@lru_cache(maxsize=1_000)
def _day_told(value: str, language: Language) -> str:
    return day(date.fromisoformat(value), language)


def amount(plain: str, language: Language) -> str:
    """``-1234.56`` -> ``-1.234,56`` or ``-1,234.56``. The decimals are kept as they are."""
    digits = plain.lstrip("-")
    whole, _, fraction = digits.partition(".")
    grouped = f"{int(whole):,}"
    text = f"{grouped}.{fraction}" if language == "en" else f"{grouped.replace(',', '.')},{fraction}"
    return f"-{text}" if plain.startswith("-") else text


def money(minor: int, language: Language, currency: str = "EUR") -> str:
    """An amount with its currency for running text."""
    return f"{shown(minor, language, currency)} {'€' if currency == 'EUR' else currency}"


def sum_line(one: str, many: str, amounts: Sequence[tuple[str, int]], language: Language) -> str:
    """How many there are and what they come to, each currency by itself, in the sentence for one or for many."""
    totals: dict[str, int] = {}
    for currency, minor in amounts:
        totals[currency] = totals.get(currency, 0) + minor
    told = ", ".join(money(total, language, currency) for currency, total in sorted(totals.items()))
    return filled(one if len(amounts) == 1 else many, language, count=len(amounts), sum=told)


def iso(value: date | None) -> str | None:
    """A date for a document."""
    return None if value is None else value.isoformat()


def joined(value: Any) -> str:
    """A value as one text; a list with blanks between."""
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _csv_cell(value: Any, kind: Kind) -> str:
    if value is None:
        return ""
    return safe(joined(value)) if kind == "text" else joined(value)


def dig(row: Row, key: str) -> Any:
    """The value of a column in a row."""
    if "." not in key:
        return row.get(key)
    value: Any = row
    for name in key.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
