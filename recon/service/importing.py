"""Bringing data in: ``opos import``. Files are told apart by their content; a statement is one transaction, a table of
customers, mandates or items is one transaction; doing it again changes nothing (contract.md 3)."""

import hashlib
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from recon import items as tables
from recon import statements as bank
from recon.model.finding import Finding, error, has_errors
from recon.model.roles import Action
from recon.service.answers import Refused
from recon.service.context import Context, run, together
from recon.service.importing_rows import NO_RECORDS, RecordCounts
from recon.service.importing_statements import Original, StatementResult, import_statement
from recon.service.importing_tables import RIGHTS, import_table
from sepa.pbs_answers import kind_of as pbs_kind

# Kinds in the order in which they are taken in: what others refer to comes first; the bank's answer to a file before
# the statement that books what is left of it.
ORDER: Final = ("customers", "mandates", "items", "status", "statement")
_ACTIONS: Final[Mapping[str, Action]] = {
    **RIGHTS,
    "statement": Action.IMPORT_STATEMENTS,
    "status": Action.IMPORT_STATEMENTS,
    "pbs": Action.IMPORT_STATEMENTS,
}
# A file is held in memory while it is taken in, because its original is kept byte for byte.
MAX_FILE: Final = 1 << 30
_HEAD: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Step:
    """What has been taken in just now: a statement with its lines, or the records of a table."""

    name: str
    statements: int = 0
    lines: int = 0
    records: int = 0


Progress = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Source:
    """A file to import: its name for messages, and its bytes or the place from which they are read when its turn comes,
    so that a folder of files never lies in memory whole."""

    name: str
    content: bytes | Path

    def read(self) -> bytes | Finding:
        """Its bytes, or why there are none."""
        if isinstance(self.content, bytes):
            return self.content
        try:
            return self.content.read_bytes()
        except OSError as fault:
            return error("file-unreadable", self.name, cause=fault.strerror or "?")


@dataclass(frozen=True, slots=True)
class Options:
    """How to import: a mapping of own headings, a reason for missing statements, who is told of the progress."""

    profile: dict[str, str] | None
    allow_gap: str | None
    progress: Progress


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file. ``status`` is imported, known, partial or refused."""

    path: str
    kind: str | None
    format: str | None
    sha256: str
    status: str
    statements: tuple[StatementResult, ...] = ()
    records: RecordCounts = NO_RECORDS
    findings: tuple[Finding, ...] = ()


def collect_sources(paths: Sequence[str], stdin: BinaryIO) -> list[Source]:
    """Find the files named on the command line; folders are walked in the order of their names.

    Raises Refused for a path that does not exist or cannot be read.
    """
    found: list[Source] = []
    missing: list[Finding] = []
    for path in paths:
        if path == "-":
            found.append(Source("-", stdin.read()))
            continue
        place = Path(path)
        members = sorted(entry for entry in place.rglob("*") if _is_data(entry, place)) if place.is_dir() else [place]
        for member in members:
            try:
                if member.stat().st_size > MAX_FILE:
                    missing.append(error("file-too-large", str(member), limit=MAX_FILE >> 20))
                    continue
                with member.open("rb") as stream:
                    # What is no file on a disk (a pipe) can be read but once.
                    found.append(Source(str(member), member if member.is_file() else stream.read()))
            except OSError as fault:
                missing.append(error("file-unreadable", str(member), cause=fault.strerror or "?"))
    if missing:
        raise Refused(*missing)
    return found


def import_sources(
    context: Context,
    sources: Sequence[Source],
    *,
    kind: str | None = None,
    profile: dict[str, str] | None = None,
    allow_gap: str | None = None,
    progress: Progress = lambda _step: None,
) -> list[FileResult]:
    """Take the files in: first customers, mandates and items, then statements. The results are in the files' order."""
    kinds = [kind or recognise(source) for source in sources]
    order = sorted(range(len(sources)), key=lambda number: (_rank(kinds[number]), number))
    results: dict[int, FileResult] = {}
    with run(context, *_needed(kinds, profile, allow_gap)), together(context) as whole:
        for number in order:
            results[number] = _import_one(whole, sources[number], kinds[number], Options(profile, allow_gap, progress))
    return [results[number] for number in range(len(sources))]


def recognise(source: Source) -> str | None:
    """The kind of a file, from its content: ``statement``, ``customers``, ``items``, ``mandates``, ``status`` or
    ``pbs`` (answers of Betalingsservice) or ``None``."""
    content = source.read()
    if isinstance(content, Finding):
        return None
    if pbs_kind(content[:_HEAD]) is not None:
        return "pbs"
    table = tables.recognise(content)
    if table is not None:
        return str(table)
    form = bank.sniff(content[:_HEAD])
    if form is None:
        return None
    if form in {"zip", "gzip"}:
        from recon.service.answering import is_status

        return "status" if is_status(content, source.name) else "statement"
    return "status" if form.startswith("pain.002") else "statement"


def _needed(
    kinds: Iterable[str | None], profile: Mapping[str, str] | None, allow_gap: str | None
) -> tuple[Action, *tuple[Action, ...]]:
    """What one must be allowed to do to take files of these kinds in. A table of which only the profile tells the kind
    may be any; another file of no kind is refused for itself, whoever brings it."""
    wanted = {_ACTIONS[kind] for kind in kinds if kind is not None}
    if profile and None in kinds:
        wanted |= {*RIGHTS.values()}
    if allow_gap is not None:
        wanted.add(Action.ACCEPT_GAP)
    first, *more = sorted(wanted) or [Action.IMPORT_STATEMENTS]
    return first, *more


def _import_one(context: Context, source: Source, kind: str | None, options: Options) -> FileResult:
    content = source.read()
    if isinstance(content, Finding):
        return FileResult(source.name, kind, None, "", "refused", findings=(content,))
    original = Original(source.name, hashlib.sha256(content).hexdigest(), content)
    blank = FileResult(source.name, kind, None, original.sha256, "refused")
    if kind == "statement":
        return _import_statements(context, original, options)
    if kind == "status":
        return _import_status(context, original, blank, options)
    if kind == "pbs":
        return _import_pbs(context, original, blank)
    if kind is None and content[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return replace(blank, findings=(error("xml-unknown", source.name),))
    if kind in {"customers", "mandates", "items", None}:
        return _import_table(context, original, kind, blank, options)
    return replace(blank, findings=(error("kind-later", source.name, kind=kind),))


def _import_status(context: Context, original: Original, blank: FileResult, options: Options) -> FileResult:
    from recon.service.answering import import_status

    result = import_status(context, original)
    told = replace(blank, format="pain.002", findings=result.findings)
    if not result.reports:
        return told
    options.progress(Step(original.name, records=result.reports))
    if result.known:
        return replace(told, status="known", records=RecordCounts(0, 0, result.reports))
    return replace(told, status="imported", records=RecordCounts(result.reports, 0, 0))


def _import_table(
    context: Context, original: Original, kind: str | None, blank: FileResult, options: Options
) -> FileResult:
    # A table that names its columns in its own way is known by the profile, or told what it lacks.
    table = tables.read_table(original.content, original.name, tables.Kind(kind) if kind else None, options.profile)
    blank = replace(blank, format="xlsx" if original.content[:2] == b"PK" else "csv", findings=table.findings)
    if has_errors(table.findings):
        return blank
    counts, findings = import_table(context, table, original.name, original.sha256, original.content)
    told = replace(blank, findings=(*table.findings, *findings))
    if has_errors(findings):
        return told
    options.progress(Step(original.name, records=counts.new + counts.updated + counts.unchanged))
    status = "imported" if counts.new or counts.updated else "known"
    return replace(told, kind=str(table.kind) if table.kind else None, status=status, records=counts)


def _import_pbs(context: Context, original: Original, blank: FileResult) -> FileResult:
    from recon.service.pbs.answering import import_answer

    found = import_answer(context, original)
    form = f"pbs.{pbs_kind(original.content[:_HEAD])}"
    return replace(blank, format=form, status=found.status, records=found.records, findings=found.findings)


def _import_statements(context: Context, original: Original, options: Options) -> FileResult:
    results: list[StatementResult] = []
    findings: list[Finding] = []
    form: str | None = None
    for found in bank.read(io.BytesIO(original.content), original.name):
        if isinstance(found, Finding):
            findings.append(found)
            continue
        form = form or found.format
        result = import_statement(context, found, original, options.allow_gap)
        results.append(result)
        options.progress(Step(original.name, int(result.taken), result.statement.lines if result.taken else 0))
    findings.extend(finding for result in results for finding in result.findings)
    if not results and not has_errors(findings):
        findings.append(error("not-a-statement", original.name))
    return FileResult(
        original.name, "statement", form, original.sha256, _status(results, findings), tuple(results),
        findings=tuple(findings),
    )  # fmt: skip


def _status(results: Sequence[StatementResult], findings: Iterable[Finding]) -> str:
    taken = [result for result in results if result.taken]
    if not taken:
        return "refused"
    if len(taken) < len(results) or has_errors(findings):
        return "partial"
    return "imported" if any(result.created for result in taken) else "known"


def _rank(kind: str | None) -> int:
    return ORDER.index(kind) if kind in ORDER else len(ORDER)


def _is_data(entry: Path, root: Path) -> bool:
    """Files in a folder that may be data: no hidden ones, no links out of it."""
    return entry.is_file() and not any(part.startswith(".") for part in entry.relative_to(root).parts)
