"""The sheet that goes with a debit file (Begleitzettel): what the file holds and who answers for it, as PDF and as CSV,
and the checksum of the file. The same batch gives the same bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import Any, Final

from recon.outside.tables import Number, table_bytes
from recon.outside.typesetting import typeset
from recon.texts import catalogue, told
from recon.texts.notes import Note, note_of
from recon.texts.telling import day, iban
from sepa.money import Language, plain, shown
from sepa.problem import Problem

# Changed texts on the printed sheet: two pages. A file of 100,000 debits may have as many, which nobody prints.
PRINTED_NOTES: Final = 80


@dataclass(frozen=True, slots=True)
class SheetBlock:
    """A block of the file: ``sum`` in cents."""

    payment_information_id: str
    sequence: str
    collection_date: date
    account: str
    creditor_id: str
    count: int
    sum: int


@dataclass(frozen=True, slots=True)
class ControlSheet:
    """What is told of a file. ``creditor`` is the name in the file; ``submit_by`` the last day on which the bank takes
    it, until ``cut_off`` (``HH:MM``), where that is known."""

    batch: str
    branch: str | None
    creditor: str
    scheme: str
    format: str
    message_id: str
    file: str
    sha256: str
    blocks: tuple[SheetBlock, ...]
    created_on: date
    created_by: str
    released_on: date | None = None
    released_by: str | None = None
    replaces: str | None = None
    submit_by: date | None = None
    cut_off: str | None = None
    notes: tuple[Problem, ...] = ()


def files_of(sheet: ControlSheet, language: Language) -> list[tuple[str, bytes]]:
    """The files beside the debit file, by their names: PDF, CSV and checksum."""
    stem = PurePath(sheet.file).stem
    return [
        (f"{stem}.pdf", pdf(sheet, language)),
        (f"{stem}.csv", table(sheet, language)),
        (f"{stem}.sha256", f"{sheet.sha256}  {sheet.file}\n".encode()),
    ]


def pdf(sheet: ControlSheet, language: Language) -> bytes:
    """The sheet to print and sign, A4, PDF/A. Made on the day on which the file was."""
    return typeset("control_sheet.typ", _page(sheet, language), sheet.created_on)


def table(sheet: ControlSheet, language: Language) -> bytes:
    """The sheet for a spreadsheet as German Excel opens it: UTF-8 with its mark, semicolons, decimal commas, CRLF."""
    return table_bytes(_rows(sheet, language))


def _page(sheet: ControlSheet, language: Language) -> dict[str, Any]:
    """What the template is given: every text told already."""
    notes = [note_of(note, language) for note in sheet.notes]
    # One account stands in the head alone.
    several = len({block.account for block in sheet.blocks}) > 1
    return {
        "language": language,
        "labels": {code: texts[language] for code, texts in catalogue("sheets").items() if "." not in code},
        "subtitle": _told("subtitle", language, scheme=sheet.scheme, format=sheet.format),
        "message_id": sheet.message_id,
        "creditor": sheet.creditor,
        "fields": [{"label": label, "value": value, "machine": code in _MACHINE}
                   for code, label, value in _fields(sheet, language)],
        "blocks": [
            {
                "number": str(number),
                "id": block.payment_information_id,
                "account": iban(block.account) if several else "",
                "sequence": block.sequence,
                "date": day(block.collection_date, language),
                "creditor_id": block.creditor_id,
                "count": _counted(block.count, language),
                "sum": shown(block.sum, language),
            }
            for number, block in enumerate(sheet.blocks, start=1)
        ],
        "count": _counted(_count(sheet), language),
        "sum": shown(_sum(sheet), language),
        "notes": [_cells(note) for note in notes[:PRINTED_NOTES]],
        "more": _told("more_notes", language, count=len(notes) - PRINTED_NOTES) if len(notes) > PRINTED_NOTES else "",
        "signatures": [
            {"label": label, "name": name, "date": day(on, language) if on else ""}
            for label, name, on in _signed(sheet, language)
        ],
    }  # fmt: skip


# Values that are compared sign by sign: in a face in which each is as wide as the other.
_MACHINE: Final = frozenset({"message_id", "file", "sha256", "account", "creditor_id"})


def _fields(sheet: ControlSheet, language: Language) -> Iterator[tuple[str, str, str]]:
    """The head of the sheet: code, label and value of each line."""
    days = sorted({block.collection_date for block in sheet.blocks})
    span = day(days[0], language) if len(days) == 1 else f"{day(days[0], language)} – {day(days[-1], language)}"
    batch = sheet.batch
    if sheet.replaces is not None:
        batch = _told("replaces", language, batch=batch, other=sheet.replaces)
    values = (
        ("creditor", sheet.creditor),
        ("creditor_id", ", ".join(dict.fromkeys(block.creditor_id for block in sheet.blocks))),
        ("account", ", ".join(dict.fromkeys(iban(block.account) for block in sheet.blocks))),
        ("branch", sheet.branch),
        ("batch", batch),
        ("message_id", sheet.message_id),
        ("file", sheet.file),
        ("sha256", _in_groups(sheet.sha256)),
        ("collection_date", span),
        ("submit_by", _submit_by(sheet, language)),
    )
    yield from ((code, _label(code, language), value) for code, value in values if value)


def _submit_by(sheet: ControlSheet, language: Language) -> str | None:
    """The last day, and the hour on it where the account has one."""
    if sheet.submit_by is None:
        return None
    told_day = day(sheet.submit_by, language)
    return told_day if sheet.cut_off is None else _told("until", language, day=told_day, time=sheet.cut_off)


def _rows(sheet: ControlSheet, language: Language) -> Iterator[Sequence[str | Number]]:
    """The sheet line by line: its head, the blocks with their sum, what was changed, who signs."""
    yield [f"{_label('title', language)}: {_told('subtitle', language, scheme=sheet.scheme, format=sheet.format)}"]
    for code, label, value in _fields(sheet, language):
        yield [label, sheet.sha256 if code == "sha256" else value]
    for label, name, on in _signed(sheet, language):
        yield [label, name, *([] if on is None else [Number(day(on, "de"))])]
    yield []
    heads = ("number", "block", "sequence", "collection_date", "account", "creditor_id", "count", "sum")
    yield [_label(head, language) for head in heads]
    for number, block in enumerate(sheet.blocks, start=1):
        yield [
            Number(str(number)), block.payment_information_id, block.sequence,
            Number(day(block.collection_date, "de")), block.account, block.creditor_id, Number(str(block.count)),
            Number(_comma(block.sum)),
        ]  # fmt: skip
    yield [_label("total", language), "", "", "", "", "", Number(str(_count(sheet))), Number(_comma(_sum(sheet)))]
    if sheet.notes:
        yield []
        yield [_label("notes", language)]
        yield [_label(head, language) for head in ("invoice", "field", "changed", "written")]
        yield from (_cells(note_of(note, language)) for note in sheet.notes)


def _signed(sheet: ControlSheet, language: Language) -> list[tuple[str, str, date | None]]:
    return [
        (_label("created_by", language), sheet.created_by, sheet.created_on),
        (_label("released_by", language), sheet.released_by or "", sheet.released_on),
    ]


def _cells(note: Note) -> list[str]:
    return [note.invoice, note.field, note.changed, note.written]


def _label(code: str, language: Language) -> str:
    return catalogue("sheets")[code][language]


def _told(code: str, language: Language, **facts: object) -> str:
    return told("sheets", code, tuple((name, str(value)) for name, value in facts.items()), language)


def _in_groups(text: str) -> str:
    """A checksum in groups of eight, which an eye can hold."""
    return " ".join(text[start : start + 8] for start in range(0, len(text), 8))


def _count(sheet: ControlSheet) -> int:
    return sum(block.count for block in sheet.blocks)


def _sum(sheet: ControlSheet) -> int:
    return sum(block.sum for block in sheet.blocks)


def _counted(number: int, language: Language) -> str:
    return f"{number:,}" if language == "en" else f"{number:,}".replace(",", ".")


def _comma(minor: int) -> str:
    return plain(minor).replace(".", ",")
