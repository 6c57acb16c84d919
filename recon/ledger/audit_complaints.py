"""The auditor's reading of what customers say: complaints with what came of them, calls, promises to pay.

The rows are sealed; here they are held against the holds that stem from them, against their own records of the log and
against the rules: a complaint ends once and its hold with it, documents are the bytes that were brought in, at most
four calls on different days and at different hours, one live promise an item.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from recon.ledger.audit_log import Event, History
from recon.ledger.audit_source import Checking, Row, Source, differs, grouped, unlike
from recon.model.finding import Finding

_HOLD: Final = ("id", "item_id", "kind", "scope", "reason", "since", "until", "actor")
_EVENT: Final = ("complaint_id", "id", "kind", "happened_on", "said", "sha256", "size", "actor")
_PROMISE: Final = ("id", "item_id", "hold_id", "amount", "open_then", "until", "reason", "made_on", "call_id",
                   "replaces_id", "actor")  # fmt: skip
# Seed S3, F-39.
_CALLS: Final = 4
_ONCE: Final = ("acknowledged", "resolved")


def complaints(source: Source, history: History) -> Checking:
    """Every complaint holds its item until it is resolved; it is acknowledged and resolved at most once, and nothing is
    said of it after that; each document is what it was."""
    made = _records(history, "complaint_events")
    happened = dict(grouped(source.rows("complaint_events", _EVENT, by="complaint_id")))
    opened = _records(history, "complaints")
    holds = {row[0]: row[1:] for row in source.rows("holds", (*_HOLD, "lifted_on"))}
    count = 0
    columns = ("id", "item_id", "hold_id", "reason", "opened_on", "expires_on", "actor")
    for number, item, hold, reason, day, until, actor in source.rows("complaints", columns):
        count += 1
        record = source.shown("complaints", number)
        yield from _by(record, opened.get(number), (record, day, actor))
        rows = happened.get(number, [])
        resolved = next((row[3] for row in rows if row[2] == "resolved"), None)
        wanted = (item, "disputed", "both", reason, day, until, actor, resolved)
        if holds.get(hold) != wanted:
            yield unlike(record, "hold_id", _told(wanted), _told(holds.get(hold, ())))
        for kind in _ONCE:
            times = sum(row[2] == kind for row in rows)
            if times > 1:
                yield differs("audit-complaint", record, 1, times)
        for row in rows:
            yield from _by(record, made.get(row[1]), (record, row[3], row[7]))
            if resolved is not None and row[3] > resolved:
                yield differs("audit-complaint", record, resolved, row[3])
            if row[2] == "statement" and _digest(str(row[4]).encode()) != row[5]:
                yield differs("audit-complaint", record, row[5], _digest(str(row[4]).encode()))
    count += yield from _documents(source, happened)
    return count


def _documents(source: Source, happened: dict[int, list[Row]]) -> Checking:
    """Every document has its file, once, with the hash and the size that were sealed."""
    wanted = {row[1]: row for rows in happened.values() for row in rows if row[2] == "evidence"}
    count = 0
    for number, event, content in source.rows("complaint_files", ("id", "event_id", "content")):
        count += 1
        row = wanted.pop(event, None)
        record = source.shown("complaint_files", number)
        if row is None:
            yield differs("audit-complaint", record, "-", event)
        elif (row[5], row[6]) != (_digest(bytes(content)), len(content)):
            yield differs("audit-complaint", record, row[5], _digest(bytes(content)))
    for event in wanted:
        yield differs("audit-complaint", source.shown("complaint_events", event), "complaint_files", "-")
    return count


def calls(source: Source, history: History) -> Checking:
    """At most four attempts for a notice by telephone, on different days and at different hours, none before it was
    issued or after the day of its record; the first says when the notice went out."""
    made = _records(history, "call_attempts")
    heads = {
        row[0]: row[1:]
        for row in source.rows("notices", ("id", "channel", "issued_on", "dispatched_on"))
    }  # fmt: skip
    count = 0
    columns = ("notice_id", "id", "called_at", "recorded_on", "actor")
    for notice, rows in grouped(source.rows("call_attempts", columns, by="notice_id")):
        record = source.shown("notices", notice)
        channel, issued, sent = heads.get(notice, (None, None, None))
        count += len(rows)
        moments = [moment for row in rows if (moment := _moment(row[2])) is not None]
        days, hours = {moment.date() for moment in moments}, {moment.hour for moment in moments}
        if len(rows) > _CALLS or min(len(moments), len(days), len(hours)) < len(rows):
            yield differs("audit-calls", record, min(len(rows), _CALLS), min(len(moments), len(days), len(hours)))
        if channel != "phone":
            yield differs("audit-calls", record, "phone", channel)
        if sent is None or (moments and sent != moments[0].date().isoformat()):
            yield differs("audit-calls", record, rows[0][2][:10], sent)
        for row in rows:
            if not str(issued) <= row[2][:10] <= row[3]:
                yield differs("audit-calls", record, f"{issued} – {row[3]}", row[2])
            yield from _by(record, made.get(row[1]), (record, row[3], row[4]))
    return count


def promises(source: Source, history: History) -> Checking:
    """Every promise holds its item from dunning until its day, unless a later one took its place: then to that day. No
    item has two that hold at once."""
    made = _records(history, "promises")
    names = {row[0]: row[1] for row in source.rows("items", ("id", "invoice_no"))} if made else {}
    calls_of = {row[0]: row[1] for row in source.rows("call_attempts", ("id", "notice_id"))} if made else {}
    rows = {row[0]: row for row in source.rows("promises", _PROMISE)}
    taken_by = {row[9]: row for row in rows.values() if row[9] is not None}
    holds = {row[0]: row[1:] for row in source.rows("holds", (*_HOLD, "lifted_on"))} if rows else {}
    last: dict[int, int] = {}
    for number, row in rows.items():
        _, item, hold, amount, open_then, until, reason, day, call, replaces, actor = row
        record = source.shown("promises", number)
        subject = names.get(item) if call is None else source.shown("notices", calls_of.get(call, 0))
        yield from _by(record, made.get(number), (subject, day, actor))
        found = holds.get(hold, ())
        wanted = (item, "promised", "dunning", reason or "", day, until, actor)
        if found[:7] != wanted:
            yield unlike(record, "hold_id", _told(wanted), _told(found[:7]))
        lifted = found[7] if len(found) > 7 else None
        follower = taken_by.get(number)
        if follower is not None and lifted != follower[7]:
            yield unlike(record, "holds.lifted_on", follower[7], lifted)
        if not 0 < amount <= open_then or until < day:
            yield differs("audit-promise", record, f"≤ {open_then}", amount)
        before = rows.get(last.get(item, 0))
        if before is not None and _holds_on(before, holds, day) and before[0] != replaces:
            yield differs("audit-promise", record, source.shown("promises", before[0]), replaces or "-")
        last[item] = number
    return len(rows)


def _holds_on(promise: Row, holds: dict[int, Row], day: str) -> bool:
    """Whether a promise still held its item when the next one was made."""
    found = holds.get(promise[2], ())
    lifted = found[7] if len(found) > 7 else None
    return promise[5] >= day and (lifted is None or lifted > day)


def _records(history: History, table: str) -> dict[int, Event]:
    """The record of the log that has written each row of a sealed table."""
    events = {event.id: event for event in history.events}
    return {
        number: events[seal.record]
        for seal in history.seals.get(table, ())
        if seal.record in events
        for number in range(seal.first, seal.last + 1)
    }


def _by(record: str, event: Event | None, wanted: tuple[object, ...]) -> Iterator[Finding]:
    """A row was written on the day, by whom and about what its record says. Without one the seals tell it."""
    if event is not None and (event.subject, event.as_of, event.actor) != wanted:
        yield unlike(record, "actor", _told((event.subject, event.as_of, event.actor)), _told(wanted))


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _told(values: tuple[object, ...]) -> str:
    return ", ".join("-" if value is None else str(value) for value in values)
