"""The auditor's reading of the log: the chain of its records, the seals in them, and what they tell of changes.

All of it is code of its own. A record's hash is SHA-256 over its columns but ``hash`` as one JSON object with sorted
keys (``tables`` only where it says something); a seal's digest is SHA-256 over its rows, each as a JSON array and a
line feed.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from recon.ledger.audit_source import Checking, Row, Source, apart, differs
from recon.model.finding import Finding

NOTHING_BEFORE: Final = "0" * 64
_COLUMNS: Final = ("id", "recorded_at", "as_of", "actor", "action", "subject", "before", "after", "reason", "program",
                   "previous_hash", "hash")  # fmt: skip
# Columns that are part of the hash where they say something: earlier versions did not write them.
_LATER: Final = ("tables",)
# Decisions about single lines are many, and no other table repeats what their records say.
_NOT_KEPT: Final = frozenset({"confirm"})
# What a removal repeats of the import that it takes back.
_TOLD: Final = ("account", "sha256")

sorted_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
plain_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Event:
    """A record of the log, its documents read. A document that is none counts as empty: its hash is off anyway.
    ``booked`` says whether it has sealed rows."""

    id: int
    as_of: str
    actor: str
    action: str
    subject: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    reason: str | None
    booked: bool = False


@dataclass(frozen=True, slots=True)
class Seal:
    """Rows that a record has sealed."""

    first: int
    last: int
    digest: bytes
    record: int


# A seal's table, first id, last id and digest: what a removal must repeat to take back what an import has written.
Range = tuple[str, int, int, bytes]


@dataclass(frozen=True, slots=True)
class Removal:
    """A record that took a statement out of the books: ``event`` is the record, ``rows`` what it says is gone; a seal
    that is none counts as one of nothing."""

    event: Event
    rows: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Stated:
    """What a table comes to by the last record that has changed it: rows, and SHA-256 over the sum of their hashes."""

    rows: int
    digest: str
    record: int


@dataclass(slots=True)
class History:
    """What the log says: seals by table in the order of the records, what each other table comes to, the events that
    other tables follow from, the removals, and the hash of the last record."""

    seals: dict[str, list[Seal]] = field(default_factory=dict)
    stated: dict[str, Stated] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)
    head: str = NOTHING_BEFORE

    def of(self, *actions: str) -> Iterator[Event]:
        """The events of some actions, in the order of the log."""
        return (event for event in self.events if event.action in actions)


def read_history(source: Source) -> History:
    """Read the log once."""
    history = History()
    for row in source.rows("log", (*_COLUMNS, *_LATER)):
        number, _, as_of, actor, action, subject, before, after, reason = row[:9]
        history.head = row[11]
        for table, found in document(row[12]).items():
            history.stated[table] = _stated(found, number)
        told = document(after)
        rows = told.pop("rows", ())
        for entry in rows if isinstance(rows, list) else ():
            seal = _seal(entry, number)
            if seal is not None:
                history.seals.setdefault(entry["table"], []).append(seal)
        if action not in _NOT_KEPT:
            event = Event(number, as_of, actor, action, subject, document(before), told, reason, bool(rows))
            history.events.append(event)
            if action == "remove":
                history.removals.append(Removal(event, tuple(_ranges(event, number))))
    return history


def document(text: str | None) -> dict[str, Any]:
    """A JSON object, or nothing where the text is none (or nested without end)."""
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def changes_of(event: Event) -> Iterator[Mapping[str, Any]]:
    """The changes of single records that an import has made."""
    rows = event.after.get("changes")
    return (row for row in (rows if isinstance(rows, list) else ()) if isinstance(row, dict))


def changed_ids(history: History) -> frozenset[int]:
    """The ids of all records that an import has changed, of whatever table: their dates may have moved."""
    return frozenset(
        change["id"]
        for event in history.of("import")
        for change in changes_of(event)
        if isinstance(change.get("id"), int)
    )


def chain(source: Source, _history: History) -> Checking:
    """Every hash, every previous hash, no gap in the ids."""
    count, expected_id, previous = 0, 1, NOTHING_BEFORE
    for row in source.rows("log", (*_COLUMNS, *_LATER)):
        count += 1
        record = f"log {row[0]}"
        if row[0] != expected_id:
            yield differs("audit-log-gap", f"log {expected_id}", expected_id, row[0])
        elif row[10] != previous:
            yield differs("audit-log-chain", record, previous, row[10])
        said = dict(zip(_COLUMNS[:-1], row[:11], strict=True))
        said |= {name: value for name, value in zip(_LATER, row[12:], strict=True) if value is not None}
        told = hashlib.sha256(as_bytes(sorted_json(said))).hexdigest()
        if told != row[11]:
            yield differs("audit-log-hash", record, told, row[11])
        expected_id, previous = row[0] + 1, row[11]
    return count


def seals(source: Source, history: History) -> Checking:
    """Every digest, and every row of an append-only table under exactly one seal."""
    count = 0
    gone = taken_back(history)
    for table, columns in source.sealed.items():
        count += yield from _sealed_rows(source, table, columns, history.seals.get(table, []), gone)
    return count


def removals(source: Source, history: History) -> Checking:  # noqa: ARG001 - what is gone is in the log alone
    """Every removal names, with a reason, a statement that an earlier record has brought in and none has removed, and
    all rows of that record with their digest: no other row is ever taken away."""
    if not history.removals:
        return 0
    imports = {event.subject: event for event in history.of("import") if "account" in event.after}
    made = _ranges_by_record(history)
    gone: set[str] = set()
    for removal in history.removals:
        event, origin = removal.event, imports.get(removal.event.subject)
        record = f"log {event.id}"
        if origin is None or origin.id > event.id:
            yield differs("audit-removal", record, "import", event.subject, subject=event.subject)
            continue
        expected = (*_ranged(made[origin.id]), *(origin.after.get(name) for name in _TOLD))
        found = (*_ranged(removal.rows), *(event.before.get(name) for name in _TOLD))
        if found != expected:
            yield differs("audit-removal", record, *apart(_listed(expected), _listed(found)), subject=event.subject)
        if event.subject in gone:
            yield differs("audit-removal", record, 1, 2, subject=event.subject)
        if not (event.reason or "").strip():
            yield differs("audit-removal", record, "reason", "-", subject=event.subject)
        gone.add(event.subject)
    return len(history.removals)


def taken_back(history: History) -> frozenset[int]:
    """The records of imports whose rows a later record has taken away, each row of them."""
    if not history.removals:
        return frozenset()
    made = _ranges_by_record(history)
    imports = {event.subject: event.id for event in history.of("import") if "account" in event.after}
    return frozenset(
        imports[removal.event.subject]
        for removal in history.removals
        if imports.get(removal.event.subject, removal.event.id) < removal.event.id
        and sorted(removal.rows) == sorted(made[imports[removal.event.subject]])
    )


def links(source: Source, _history: History) -> Checking:
    """Every link of a record leads to a record."""
    count = 0
    for table, number, column, target in source.dangling():
        count += 1
        yield differs("audit-link", source.shown(table, number), target, "-", column=column)
    return count


def as_bytes(text: str) -> bytes:
    """Text as it is hashed. Bytes that are no UTF-8 come in as lone surrogates and must not stop the auditor."""
    return text.encode("utf-8", "surrogateescape")


def _sealed_rows(
    source: Source, table: str, columns: tuple[str, ...], made: list[Seal], gone: frozenset[int]
) -> Checking:
    count, last = 0, 0
    rows = source.rows(table, columns)
    row = next(rows, None)
    for seal in made:
        if seal.first <= last or seal.last < seal.first:
            yield differs("audit-seal-overlap", f"log {seal.record}", last + 1, seal.first, table=table)
            continue
        while row is not None and row[0] < seal.first:
            yield _unsealed(source, table, row)
            count, row = count + 1, next(rows, None)
        if seal.record in gone:
            while row is not None and row[0] <= seal.last:
                yield differs("audit-removed", source.shown(table, row[0]), "-", row[0], table=table)
                count, row = count + 1, next(rows, None)
            last = seal.last
            continue
        told, held = hashlib.sha256(), 0
        missing: int | None = None
        while row is not None and row[0] <= seal.last:
            if missing is None and row[0] != seal.first + held:
                missing = seal.first + held
            told.update(as_bytes(plain_json(row)) + b"\n")
            count, held, row = count + 1, held + 1, next(rows, None)
        if held != seal.last - seal.first + 1:
            number = seal.first + held if missing is None else missing
            yield differs("audit-row-missing", source.shown(table, number), seal.last - seal.first + 1, held,
                          table=table, log=seal.record)  # fmt: skip
        elif told.digest() != seal.digest:
            yield differs("audit-seal", _range(source, table, seal), seal.digest.hex(), told.hexdigest(),
                          table=table, log=seal.record)  # fmt: skip
        last = seal.last
    while row is not None:
        yield _unsealed(source, table, row)
        count, row = count + 1, next(rows, None)
    return count


def _unsealed(source: Source, table: str, row: Row) -> Finding:
    return differs("audit-unsealed", source.shown(table, row[0]), "-", row[0], table=table)


def _range(source: Source, table: str, seal: Seal) -> str:
    first = source.shown(table, seal.first)
    return first if seal.first == seal.last else f"{first}–{source.shown(table, seal.last)}"


def _seal(entry: Any, record: int) -> Seal | None:
    match entry:
        case {"table": str(), "first": int(first), "last": int(last), "digest": str(digest)}:
            try:
                return Seal(first, last, bytes.fromhex(digest), record)
            except ValueError:
                return None
        case _:
            return None


def _stated(found: Any, record: int) -> Stated:
    """What a record says of a table; of one that it says no sense of, nothing can be right."""
    match found:
        case {"rows": int(rows), "digest": str(digest)}:
            return Stated(rows, digest, record)
        case _:
            return Stated(-1, "-", record)


def _ranges(event: Event, number: int) -> Iterator[Range]:
    """What a removal says is gone."""
    rows = event.before.get("rows")
    for entry in rows if isinstance(rows, list) else ():
        seal = _seal(entry, number)
        yield ("", 0, 0, b"") if seal is None else (entry["table"], seal.first, seal.last, seal.digest)


def _ranges_by_record(history: History) -> defaultdict[int, list[Range]]:
    """What each record has written."""
    made: defaultdict[int, list[Range]] = defaultdict(list)
    for table, seals_of in history.seals.items():
        for seal in seals_of:
            made[seal.record].append((table, seal.first, seal.last, seal.digest))
    return made


def _ranged(rows: Iterable[Range]) -> tuple[str, ...]:
    return tuple(f"{table} {first}–{last} {digest.hex()}" for table, first, last, digest in sorted(rows))


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))
