"""The auditor's reading of what dunning runs promise: nothing stands in two drafts, no level is skipped, no part is
reminded of twice on one day, a notice leaves the house after it was issued, a run knows what was paid before it."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from recon.ledger.audit_log import History
from recon.ledger.audit_replay import number_of
from recon.ledger.audit_source import Checking, Source, differs, shown_value, side_by_side
from recon.model.finding import Finding

_HEAD: Final = ("id", "run_id", "status", "issued_on", "dispatched_on", "deadline")
_LINE: Final = ("item_id", "part", "level", "notice_id", "status")


class _Told(NamedTuple):
    """A line of a notice with the notice's head."""

    item: int
    part: str
    level: int
    notice: int
    status: str
    run: int
    of: str
    issued_on: str | None
    dispatched_on: str | None
    deadline: str


def dispatches(source: Source, _history: History) -> Checking:
    """Only what was issued leaves the house, and not before."""
    count = 0
    for number, _, status, issued_on, dispatched_on, _ in source.rows("notices", _HEAD):
        count += 1
        if dispatched_on is None:
            continue
        shown = source.shown("notices", number)
        if status not in {"issued", "cancelled"} or issued_on is None or dispatched_on < issued_on:
            yield differs("audit-notice-dispatch", shown, shown_value(issued_on), dispatched_on)
    return count


def reminders(source: Source, history: History) -> Checking:
    """Each part stands in one draft at most. As the log has issued and cancelled its notices, each was of the next
    level or of the highest again, on a day after the deadline before."""
    heads = {row[0]: row[1:] for row in source.rows("notices", _HEAD)}
    issued, cancelled = _records(source, history)
    count = 0
    for item, (parts, lines) in side_by_side(
        source.rows("item_parts", ("item_id", "kind"), by="item_id"),
        source.rows("notice_items", _LINE, by="item_id"),
    ):
        kinds = {part[1] for part in parts}
        own: dict[str, list[_Told]] = {}
        for line in lines:
            count += 1
            # What was said of a total goes on with the remainder.
            part = "remainder" if line[1] == "total" and "remainder" in kinds else line[1]
            if line[3] in heads and line[4] != "dropped":
                own.setdefault(part, []).append(_Told(*line, *heads[line[3]]))
        for part, told in own.items():
            shown = f"{source.shown('items', item)}, {part}"
            yield from _drafts(source, shown, told)
            yield from _in_order(source, shown, told, issued, cancelled)
    return count


def paid_before(source: Source, history: History) -> Checking:
    """An issued run names the last allocation that was there when it was issued."""
    records = {number_of(event.subject): event.id for event in history.of("dunning-issue")}
    seals = history.seals.get("allocations", [])
    count = 0
    for number, last in source.rows("dunning_runs", ("id", "last_allocation")):
        count += 1
        shown = source.shown("dunning_runs", number)
        record = records.get(number)
        if record is None or last is None:
            # Runs of before have not kept it; what was never issued has nothing to keep.
            if last is not None:
                yield differs("audit-run-allocation", shown, "-", last)
            continue
        wanted = max((seal.last for seal in seals if seal.record < record), default=0)
        if wanted != last:
            yield differs("audit-run-allocation", shown, wanted, last)
    return count


def _records(source: Source, history: History) -> tuple[dict[int, int], dict[int, int]]:
    """When runs were issued and notices cancelled: by id, the records of the log."""
    issued, cancelled, runs = {}, {}, {}
    for event in history.of("dunning-issue", "dunning-cancel"):
        number = number_of(event.subject)
        if event.action == "dunning-issue":
            issued[number] = event.id
        elif event.subject[:1] == "N":
            cancelled[number] = event.id
        else:
            runs[number] = event.id
    for notice, run, *_ in source.rows("notices", ("id", "run_id")):
        if run in runs:
            cancelled.setdefault(notice, runs[run])
    return issued, cancelled


def _drafts(source: Source, shown: str, told: list[_Told]) -> Iterator[Finding]:
    names = [source.shown("dunning_runs", line.run) for line in told if line.of == line.status == "draft"]
    if len(names) > 1:
        yield differs("audit-draft-twice", shown, names[0], ", ".join(names[1:]))


def _in_order(
    source: Source, shown: str, told: list[_Told], issued: Mapping[int, int], cancelled: Mapping[int, int]
) -> Iterator[Finding]:
    """The notices of a part in the order of the log, each against those that stood then."""
    out = [line for line in told if line.level > 0 and line.issued_on is not None and line.run in issued]
    out.sort(key=lambda line: (issued[line.run], line.notice))
    for line in out:
        record = issued[line.run]
        before = [
            other for other in out if issued[other.run] < record and cancelled.get(other.notice, record + 1) > record
        ]
        highest = max((other.level for other in before), default=0)
        name = f"{shown}, {source.shown('notices', line.notice)}"
        if not 1 <= line.level <= highest + 1:
            yield differs("audit-level-skipped", name, highest + 1, line.level)
        last = max((other.deadline for other in before), default="")
        if (line.issued_on or "") <= last:
            yield differs("audit-notice-early", name, last, line.issued_on)
    days = [line.issued_on for line in out if line.notice not in cancelled]
    for day in sorted({day or "" for day in days if days.count(day) > 1}):
        yield differs("audit-notice-twice", shown, day, days.count(day))
