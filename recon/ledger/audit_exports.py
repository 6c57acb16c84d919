"""The auditor's reading of exports: the kept files, what is in them, and that every entry went out once.

The files are read with code of its own: what the tax adviser was given must be what the journal says, account by
account. Debtors' accounts are looked at together, as the books keep them on one.
"""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from recon.ledger.audit_log import History
from recon.ledger.audit_replay import number_of
from recon.ledger.audit_source import Checking, Source, differs, money, same_rows, side_by_side
from recon.model.finding import Finding

_COLUMNS: Final = ("id", "kind", "period_from", "period_to", "file_name", "sha256", "count", "total", "exported_on",
                   "actor", "repeats_id")  # fmt: skip
_POSTINGS: Final = "datev"
_DEBTORS: Final = "datev_debtors"
_AMOUNT: Final = re.compile(r"(\d+),(\d\d)\Z", re.ASCII)
# Places in a line of postings: amount, side, account, contra account, Generalumkehr.
_PLACES: Final = (0, 1, 6, 7, 117)


@dataclass(slots=True)
class _File:
    """A kept file: its head in the books, and what it says: lines, their sum, sums by account ("" for all debtors),
    and the accounts of debtors."""

    kind: str
    first: str | None
    last: str | None
    readable: bool = False
    lines: int = 0
    total: int = 0
    sums: Counter[str] = field(default_factory=Counter)
    debtors: list[str] = field(default_factory=list)


def exports(source: Source, history: History) -> Checking:
    """Every export as the log has it, its bytes with their hash; a repeat has those of the export that it repeats.
    Every entry is in one export, of its days; the file moves each account as the journal does."""
    told = [
        (number_of(event.subject), *(event.after.get(name) for name in _COLUMNS[1:8]), event.as_of, event.actor,
         event.after.get("repeats_id"))
        for event in history.of("datev")
    ]  # fmt: skip
    count = yield from same_rows(source, "exports", _COLUMNS, told, source.rows("exports", _COLUMNS))
    files: dict[int, _File] = {}
    heads: dict[int, tuple[Any, ...]] = {}
    for row in source.rows("exports", (*_COLUMNS, "content")):
        number, record = row[0], source.shown("exports", row[0])
        if row[10] is not None:
            origin = heads.get(row[10], ())
            if row[11] is not None or row[1:8] != origin[1:8]:
                yield differs("audit-export-file", record, _listed(origin[1:8]), _listed(row[1:8]))
            continue
        heads[number] = row[:11]
        files[number] = file = _File(row[1], row[2], row[3])
        found = hashlib.sha256(row[11] or b"").hexdigest()
        if found != row[5]:
            yield differs("audit-export-file", record, row[5], found)
        elif not _read(file, row[11]):
            yield differs("audit-export-file", record, "EXTF", "-")
        elif (file.lines, file.total) != (row[6], row[7]):
            yield differs("audit-export-file", record, f"{file.lines}, {money(file.total)}",
                          f"{row[6]}, {money(row[7])}")  # fmt: skip
    yield from _entries(source, files)
    yield from _customers(source, files)
    return count


def _entries(source: Source, files: dict[int, _File]) -> Iterator[Finding]:
    """Each entry once, in a file of its days; and what each file must say of the accounts."""
    booked: dict[int, Counter[str]] = {number: Counter() for number in files}
    held = 0
    for entry, (rows, heads, sides) in side_by_side(
        source.rows("exported_entries", ("entry_id", "export_id"), by="entry_id"),
        source.rows("entries", ("id", "booked_on")) if files else iter(()),
        source.rows("postings", ("entry_id", "role", "account", "amount"), by="entry_id") if files else iter(()),
    ):
        if not rows:
            continue
        held += 1
        record = source.shown("entries", entry)
        if len(rows) > 1:
            yield differs("audit-export-twice", record, 1, len(rows))
        file = files.get(rows[0][1])
        if file is None or file.kind != _POSTINGS:
            yield differs("audit-export-entry", record, _POSTINGS, source.shown("exports", rows[0][1]))
            continue
        day = heads[0][1] if heads else "-"
        if not (file.first or "") <= day <= (file.last or ""):
            yield differs("audit-export-entry", record, f"{file.first} – {file.last}", day)
        for _, role, account, amount in sides:
            booked[rows[0][1]]["" if role == "customer" else account] += amount
    for number, file in files.items():
        if file.readable and file.kind == _POSTINGS:
            for account in sorted(file.sums.keys() | booked[number].keys()):
                if file.sums[account] != booked[number][account]:
                    yield differs("audit-export-account", source.shown("exports", number),
                                  money(booked[number][account]), money(file.sums[account]),
                                  account=account or "customer")  # fmt: skip


def _customers(source: Source, files: dict[int, _File]) -> Iterator[Finding]:
    """The customers in a file of debtors, each with his account."""
    named: dict[int, list[str]] = {number: [] for number in files}
    for number, export, account in source.rows("exported_customers", ("id", "export_id", "account")):
        if export not in files or files[export].kind != _DEBTORS:
            yield differs("audit-export-entry", f"exported_customers {number}", _DEBTORS,
                          source.shown("exports", export))  # fmt: skip
            continue
        named[export].append(account)
    for number, file in files.items():
        if file.readable and file.kind == _DEBTORS and sorted(file.debtors) != sorted(named[number]):
            yield differs("audit-export-file", source.shown("exports", number), _listed(sorted(file.debtors)),
                          _listed(sorted(named[number])))  # fmt: skip


def _read(file: _File, content: bytes) -> bool:
    """Read a kept file; false where it is none."""
    try:
        rows = csv.reader(io.StringIO(content.decode("cp1252")), delimiter=";")
        length = int(next(rows)[13])
        next(rows)
        for row in rows:
            file.lines += 1
            if file.kind == _DEBTORS:
                file.debtors.append(row[0])
                continue
            typed, side, account, contra, reversal = (row[place] for place in _PLACES)
            found = _AMOUNT.match(typed)
            if found is None:
                return False
            amount = int(found[1] + found[2])
            file.total += amount
            signed = amount if (side == "S") != (reversal == "1") else -amount
            file.sums[account if len(account) <= length else ""] += signed
            file.sums[contra if len(contra) <= length else ""] -= signed
    except (UnicodeDecodeError, csv.Error, StopIteration, IndexError, ValueError):
        return False
    file.readable = True
    return True


def _listed(values: Any) -> str:
    return ", ".join("-" if value is None else str(value) for value in values) or "-"
