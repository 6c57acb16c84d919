"""The journal as rows, and as the files of ``opos export journal``: CSV with a description of its columns, and JSON.

The description is an ``index.xml`` as auditors' programs read it (Beschreibungsstandard für die
Datenträgerüberlassung, gdpdu-01-09-2004): the file's form, and of each column name, meaning and kind.
"""

import json
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from recon import __version__
from recon.commands.output import SCHEMA_VERSION, Column, Row, csv_lines, iso
from recon.service.journal import JournalLine, Told
from recon.texts import filled, term
from sepa.money import Language, plain, scale

COLUMNS: Final = (
    Column("entry", "entry"),
    Column("booked_on", "booking_date", "date"),
    Column("account", "ledger_account"),
    Column("counter", "counter_account", machine=False),
    Column("debit", "debit", "amount"),
    Column("credit", "credit_side", "amount"),
    Column("currency", "currency"),
    Column("customer", "customer"),
    Column("item", "item"),
    Column("text", "entry_text"),
    Column("actor", "actor", machine=False),
)
# All there is of a posting; the first numbers them and is the key of the table.
FILE_COLUMNS: Final = (
    Column("posting", "posting", "number"),
    Column("entry", "entry"),
    Column("booked_on", "booking_date", "date"),
    Column("recorded_at", "recorded_at"),
    Column("actor", "actor"),
    Column("kind", "kind"),
    Column("account", "ledger_account"),
    Column("counter", "counter_account"),
    Column("debit", "debit", "amount"),
    Column("credit", "credit_side", "amount"),
    Column("currency", "currency"),
    Column("customer", "customer"),
    Column("name", "name"),
    Column("item", "item"),
    Column("text", "entry_text"),
    Column("reverses", "reverses"),
)
CSV, JSON, INDEX = "journal.csv", "journal.json", "index.xml"


def row_of(line: JournalLine) -> Row:
    """A posting as it is told to programs."""
    return {
        "posting": line.posting, "entry": line.entry, "booked_on": iso(line.booked_on),
        "recorded_at": line.recorded_at, "actor": line.actor, "kind": line.kind, "account": line.account,
        "counter": line.counter, "debit": plain(line.debit, line.currency) if line.debit else None,
        "credit": plain(line.credit, line.currency) if line.credit else None, "currency": line.currency,
        "customer": line.customer, "name": line.name, "item": line.item, "text": line.text,
        "reverses": line.reverses,
    }  # fmt: skip


def csv_file(_: Told, lines: Iterator[JournalLine]) -> Iterator[bytes]:
    """UTF-8, commas, points, ISO dates; a row ends with CR LF. Texts are safe in a spreadsheet."""
    return (f"{line}\r\n".encode() for line in csv_lines(map(row_of, lines), FILE_COLUMNS))


def json_file(told: Told, lines: Iterator[JournalLine]) -> Iterator[bytes]:
    """One document: head, columns, then a posting a line."""
    head = {
        "schema_version": SCHEMA_VERSION, "report": "journal", "company": told.company, "from": iso(told.first),
        "to": iso(told.last), "postings": told.postings, "totals": totals(told), "log_head": told.head,
        "columns": [{"name": column.key, "kind": column.kind, "text": _meaning(column, "en")}
                    for column in FILE_COLUMNS],
    }  # fmt: skip
    opening = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    yield f'{opening},\n "rows": ['.encode()
    before = "\n  "
    for line in lines:
        yield f"{before}{json.dumps(row_of(line), ensure_ascii=False)}".encode()
        before = ",\n  "
    yield b"\n ]\n}\n"


def index_file(told: Told, language: Language) -> Iterator[bytes]:
    """What ``journal.csv`` is, column by column."""
    decimals = max(map(scale, told.sums), default=2)
    comment = filled("journal_comment", language, version=__version__, count=told.postings, head=told.head)
    title = escape(term("report_journal", language))
    opening = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE DataSet SYSTEM "gdpdu-01-09-2004.dtd">\n'
        "<DataSet>\n <Version>1.0</Version>\n <DataSupplier>\n"
        f"  <Name>{escape(told.company)}</Name>\n  <Location>{escape(told.town or '-')}</Location>\n"
        f"  <Comment>{escape(comment)}</Comment>\n </DataSupplier>\n"
        f" <Media>\n  <Name>{title}</Name>\n  <Table>\n   <URL>{CSV}</URL>\n   <Name>{title}</Name>\n"
        f"   <Description>{escape(term('journal_described', language))}</Description>\n"
        f"   <Validity><Range><From>{told.first}</From><To>{told.last}</To></Range><Format>YYYY-MM-DD</Format>"
        "</Validity>\n   <UTF8/>\n   <DecimalSymbol>.</DecimalSymbol>\n"
        "   <DigitGroupingSymbol>,</DigitGroupingSymbol>\n   <Range><From>2</From></Range>\n"
        "   <VariableLength>\n    <ColumnDelimiter>,</ColumnDelimiter>\n"
        '    <RecordDelimiter>&#13;&#10;</RecordDelimiter>\n    <TextEncapsulator>"</TextEncapsulator>\n'
    )
    columns = "".join(_described(column, decimals, language) for column in FILE_COLUMNS)
    yield f"{opening}{columns}   </VariableLength>\n  </Table>\n </Media>\n</DataSet>\n".encode()


def totals(told: Told) -> dict[str, dict[str, str]]:
    """Debit and credit by currency in plain form."""
    return {
        currency: {"debit": plain(debit, currency), "credit": plain(credit, currency)}
        for currency, (debit, credit) in told.sums.items()
    }


def _described(column: Column, decimals: int, language: Language) -> str:
    kinds: dict[str, str] = {
        "number": "<Numeric/>", "amount": f"<Numeric><Accuracy>{decimals}</Accuracy></Numeric>",
        "date": "<Date><Format>YYYY-MM-DD</Format></Date>",
    }  # fmt: skip
    element = "VariablePrimaryKey" if column is FILE_COLUMNS[0] else "VariableColumn"
    meaning = escape(_meaning(column, language))
    return (
        f"    <{element}><Name>{column.key}</Name><Description>{meaning}</Description>"
        f"{kinds.get(column.kind, '<AlphaNumeric/>')}</{element}>\n"
    )


def _meaning(column: Column, language: Language) -> str:
    return term(f"journal_{column.key}", language)
