"""What a command prints: one JSON document, CSV, or a table for people."""

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import click

from recon.commands.call import Call
from recon.model.finding import Finding, Severity
from recon.texts import finding_text, remedy, term
from sepa.money import Language, shown

SCHEMA_VERSION = 1
Kind = Literal["text", "amount", "date", "number", "term", "reason"]
# How many findings of one code are told to people before the rest is only counted.
SHOWN_FINDINGS = 12

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# A cell that begins with one of these would be run as a formula by a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list: the key in the document (dots go deeper), the code of its heading, and its kind."""

    key: str
    title: str
    kind: Kind = "text"


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


def print_list(call: Call, document: Mapping[str, Any], key: str, columns: Sequence[Column]) -> None:
    """Print a list: the whole document as JSON, or its rows as CSV or as a table."""
    rows = document[key]
    if call.as_json:
        print_document(document)
    elif call.as_csv:
        print_csv(rows, columns)
    else:
        print_table(rows, columns, call.lang)


def print_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> None:
    """CSV for machines: UTF-8, commas, points, ISO dates; texts are safe in a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.key for column in columns])
    for row in rows:
        writer.writerow([_csv_cell(_dig(row, column.key), column.kind) for column in columns])
    sys.stdout.write(out.getvalue())


def print_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[Column], language: Language) -> None:
    """A table for people: headings in their language, amounts aligned at the right."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = list(rows)
    if not rows:
        click.echo(term("nothing", language))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        right = column.kind in {"amount", "number"}
        table.add_column(term(column.title, language), justify="right" if right else "left", no_wrap=right)
    for row in rows:
        table.add_row(*(Text(cell(_dig(row, column.key), column.kind, language)) for column in columns))
    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console.width = 200
    console.print(table)


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


def cell(value: Any, kind: Kind, language: Language) -> str:
    """A value as people read it."""
    if value is None or value == "":
        return ""
    if kind == "amount":
        return amount(str(value), language)
    if kind == "date":
        return day(date.fromisoformat(str(value)), language)
    if kind == "term":
        return term(str(value), language)
    if kind == "reason":
        return term(f"reason_{value}", language)
    if isinstance(value, (list, tuple)):
        return printable(", ".join(str(entry) for entry in value))
    return printable(str(value))


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


def day(value: date, language: Language) -> str:
    """``31.12.2026`` or ``31 Dec 2026``."""
    if language == "de":
        return value.strftime("%d.%m.%Y")
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def iso(value: date | None) -> str | None:
    """A date for a document."""
    return None if value is None else value.isoformat()


def printable(text: str) -> str:
    """A text without control characters: what a bank file says must not steer a terminal.

    >>> printable("a\x1b[31mb")
    'a�[31mb'
    """
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _csv_cell(value: Any, kind: Kind) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        value = " ".join(str(entry) for entry in value)
    text = str(value)
    return f"'{text}" if kind == "text" and text.startswith(_FORMULA) else text


def _dig(row: Mapping[str, Any], key: str) -> Any:
    value: Any = row
    for name in key.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
