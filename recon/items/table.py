"""A file of customers, items or mandates -> records and findings. Nothing raises; what is wrong is a finding.

A row with an error gives no record, and all errors of a file are told at once: the caller takes a file whole or not at
all.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from recon.items import grid, xlsx
from recon.items.checks import CHECKS, KEYS, Record, record
from recon.items.columns import COLUMNS, ITEM_DATES, Column, Kind, column_of, headings, kind_of
from recon.items.grid import Grid, GridError
from recon.items.headings import fold
from recon.items.values import Cell, CellError, quoted
from recon.model.finding import Finding, Severity, error, has_errors, info

# A hundred of each severity fill several screens; what comes after is counted, not shown.
MAX_FINDINGS: Final = 100
# A heading row is short; enough of a CSV to see it whole.
HEAD_BYTES: Final = 64 * 1024
# What a finding quotes of a list of headings.
SHOWN_HEADINGS: Final = 400


@dataclass(frozen=True, slots=True)
class Table:
    """What a file says. ``rows`` counts the rows that are not blank; ``kind`` is ``None`` where it is unknown."""

    kind: Kind | None
    records: tuple[Record, ...]
    findings: tuple[Finding, ...]
    rows: int

    @property
    def refused(self) -> bool:
        """Whether any finding is an error: then nothing of the file may be taken."""
        return has_errors(self.findings)


@dataclass(slots=True)
class _Findings:
    """Collects findings up to the limit of each severity."""

    shown: list[Finding] = field(default_factory=list)
    counts: dict[Severity, int] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        count = self.counts.get(finding.severity, 0) + 1
        self.counts[finding.severity] = count
        if count <= MAX_FINDINGS:
            self.shown.append(finding)

    def closed(self, name: str) -> tuple[Finding, ...]:
        """All findings; the last ones say how many more there are."""
        more = [
            Finding(
                "more-findings", severity, name, (("more", str(count - MAX_FINDINGS)), ("shown", str(MAX_FINDINGS)))
            )
            for severity, count in self.counts.items()
            if count > MAX_FINDINGS
        ]
        return (*self.shown, *more)


@dataclass(frozen=True, slots=True)
class _Place:
    """A column in the file: where it stands and what its heading says there."""

    index: int
    heading: str
    column: Column


def recognise(data: bytes) -> Kind | None:
    """Whether bytes are a table of customers, items or mandates, from the heading row.

    ``data`` is the beginning of a CSV (the heading row is enough) or the whole of a workbook. Never raises.
    """
    try:
        if grid.is_workbook(data):
            return kind_of(xlsx.open_xlsx(data, "").headings) if xlsx.is_xlsx(data) else None
        return kind_of(grid.open_csv(_heading_lines(data), "", _score(None, {})).headings)
    except GridError:
        return None


def read_table(data: bytes, name: str, kind: Kind | None = None, profile: Mapping[str, str] | None = None) -> Table:
    """Read a CSV or a workbook. ``name`` stands in every finding; ``kind`` is recognised where it is ``None``.

    ``profile`` maps a program's own headings to the columns of contract.md 3; it comes before the known headings.
    """
    found = _Findings()
    rows = 0
    records: list[Record] = []
    try:
        if len(data) > grid.MAX_FILE_BYTES:
            raise GridError(error("file-too-large", name, limit=grid.MAX_FILE_BYTES // 1024 // 1024))
        own = {fold(heading): column for heading, column in (profile or {}).items()}
        table = _open(data, name, kind, own)
        for finding in table.findings:
            found.add(finding)
        if len(table.headings) > grid.MAX_COLUMNS:
            raise GridError(error("too-many-columns", name, limit=grid.MAX_COLUMNS))
        kind = kind or _recognised(table.headings, own, name)
        places = _layout(table.headings, kind, own, name, found)
        if not places:
            return Table(kind, (), found.closed(name), 0)
        reading = _Reading(kind, places, name, found)
        for number, cells in _data_rows(table, name, found):
            rows += 1
            if rows > grid.MAX_ROWS:
                raise GridError(error("too-many-rows", f"{name}:row {number}", limit=grid.MAX_ROWS))
            one = reading.record(number, cells)
            if one is not None:
                records.append(one)
    except GridError as stop:
        found.add(stop.finding)
    return Table(kind, tuple(records), found.closed(name), rows)


def _heading_lines(data: bytes) -> bytes:
    """The beginning of a CSV up to its heading row. What is wrong below it, reading the whole shall tell."""
    head = data[:HEAD_BYTES]
    if head.startswith(grid.UTF16_MARKS):
        head = head.decode("utf-16", errors="ignore").encode()
    lines = head.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.strip(b"\xef\xbb\xbf \t\r\n;,") and not line.lower().startswith(b"sep="):
            return b"".join(lines[: number + 1])
    return b""


def _score(kind: Kind | None, own: Mapping[str, str]) -> Callable[[tuple[str, ...]], int]:
    def score(found: tuple[str, ...]) -> int:
        words = {fold(heading) for heading in found}
        kinds = (kind,) if kind else tuple(Kind)
        return max(len(words & headings(one).keys()) for one in kinds) + len(words & own.keys())

    return score


def _open(data: bytes, name: str, kind: Kind | None, own: Mapping[str, str]) -> Grid:
    if grid.is_workbook(data):
        return xlsx.open_xlsx(data, name)
    return grid.open_csv(data, name, _score(kind, own))


def _recognised(found: tuple[str, ...], own: Mapping[str, str], name: str) -> Kind:
    kind = kind_of(tuple(own.get(fold(heading), heading) for heading in found))
    if kind is None:
        raise GridError(error("kind-unknown", name, found=_listed(found)))
    return kind


def _listed(words: Sequence[str]) -> str:
    line = ", ".join(quoted(word) for word in words if word)
    return line if len(line) <= SHOWN_HEADINGS else f"{line[:SHOWN_HEADINGS]}…"


def _layout(
    found: tuple[str, ...], kind: Kind, own: Mapping[str, str], name: str, findings: _Findings
) -> tuple[_Place, ...]:
    """Which column stands where. Empty where the table cannot be read; then the findings say why."""
    known = headings(kind)
    refused = False
    for target in sorted(set(own.values())):
        if column_of(kind, target) is None:
            findings.add(error("profile-column-unknown", name, column=target, known=_names(kind)))
            refused = True
    taken = {own[fold(heading)] for heading in found if fold(heading) in own}
    places: dict[str, _Place] = {}
    for index, heading in enumerate(found):
        word = fold(heading)
        column = column_of(kind, own[word]) if word in own else known.get(word)
        if column is not None and word not in own and column.name in taken:
            column = None
        if column is None:
            if heading:
                findings.add(info("column-unknown", f"{name}:column {index + 1}", heading=quoted(heading)))
        elif column.name in places:
            first = places[column.name]
            facts = {"column": column.name, "first": quoted(first.heading), "second": quoted(heading)}
            findings.add(error("column-doubled", f"{name}:column {index + 1}", **facts))
            refused = True
        else:
            places[column.name] = _Place(index, heading, column)
    for missing, words in _missing(kind, places):
        findings.add(error("column-missing", name, column=missing, found=_listed(found), accepted=_listed(words)))
        refused = True
    return () if refused else tuple(sorted(places.values(), key=lambda place: place.column.money))


def _names(kind: Kind) -> str:
    return ", ".join(column.name for column in COLUMNS[kind])


def _missing(kind: Kind, places: Mapping[str, _Place]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for column in COLUMNS[kind]:
        if column.mandatory and column.name not in places:
            yield column.name, (column.name, *column.headings)
    if kind is Kind.ITEMS and not any(name in places for name in ITEM_DATES):
        dates = [column for column in COLUMNS[kind] if column.name in ITEM_DATES]
        yield " / ".join(ITEM_DATES), tuple(word for column in dates for word in (column.name, *column.headings[:4]))


def _data_rows(table: Grid, name: str, findings: _Findings) -> Iterator[tuple[int, Sequence[Cell]]]:
    """The rows that say something, each as wide as the headings. One that is shorter or longer is a finding."""
    width = len(table.headings)
    named = max(index for index, heading in enumerate(table.headings, start=1) if heading)
    for number, cells in table.rows:
        if len(cells) == width == named and not _blank(cells[0]):
            yield number, cells
            continue
        filled = max((index for index, cell in enumerate(cells, start=1) if not _blank(cell)), default=0)
        if filled == 0:
            continue
        if filled > named or (table.ragged and len(cells) < named):
            facts = {"cells": max(filled, len(cells)), "columns": named}
            findings.add(error("row-ragged", f"{name}:row {number}", **facts))
            continue
        yield number, (*cells[:named], *("" for _ in range(named - len(cells))))


def _blank(cell: Cell) -> bool:
    return isinstance(cell, str) and not cell.strip()


@dataclass(frozen=True, slots=True)
class _Reading:
    """Turns rows into records. ``seen`` holds the key of every row with its number, to find doubles."""

    kind: Kind
    places: Sequence[_Place]
    name: str
    findings: _Findings
    seen: dict[str, int] = field(default_factory=dict)

    def record(self, number: int, cells: Sequence[Cell]) -> Record | None:
        """The record of a row, ``None`` where it has an error or makes none."""
        where = f"{self.name}:row {number}"
        values, good = self._values(where, cells)
        key, doubled = KEYS[self.kind]
        identity = values.get(key)
        if identity is not None and self.seen.setdefault(identity, number) != number:
            self._add(error(doubled, where, value=quoted(identity), first=self.seen[identity]), key)
            good = False
        if not good:
            return None
        for fault in (fault for check in CHECKS[self.kind] for fault in check(values)):
            facts = tuple((word, str(fact)) for word, fact in fault.facts.items())
            self._add(Finding(fault.code, fault.severity, where, facts), fault.column)
            if fault.severity is Severity.INFO:
                return None
            good = good and fault.severity is Severity.WARNING
        return record(self.kind, values, where) if good else None

    def _values(self, where: str, cells: Sequence[Cell]) -> tuple[dict[str, Any], bool]:
        values: dict[str, Any] = {}
        good = True
        for place in self.places:
            cell = cells[place.index]
            column = place.column
            if _blank(cell):
                if column.mandatory and not column.blank_ok:
                    self._add(error("value-missing", where, heading=quoted(place.heading)), column.name)
                    good = False
                continue
            try:
                values[column.name] = column.read(cell, values.get("currency", "EUR"))
            except CellError as problem:
                facts = {"value": quoted(cell), "heading": quoted(place.heading), **problem.facts}
                self._add(error(problem.code, where, **facts), column.name)
                good = False
        return values, good

    def _add(self, finding: Finding, column: str) -> None:
        self.findings.add(finding.at(f"{finding.where}, column {column}"))
