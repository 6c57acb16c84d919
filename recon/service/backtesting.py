"""Learning with a price tag: what the matching of today would have made of the lines that are decided (``opos match
backtest``). It writes nothing.

The books are played forward from the journal, one stretch after the other: what was decided on one day between two
other events (items taken over, a booking taken back, an export) is one stretch, asked on the world as it was before it.
A line is asked once, when it was first decided: what was taken back later is judged without that knowledge. What people
had rejected by then is told.

Approximated: customers, mandates and the master data of items are those of today; a notice that was cancelled since is
as if it had never been; lines of which nothing was ever decided claim nothing.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection

from recon.matching.engine import decide
from recon.matching.judging import Judged, Verdict, judge
from recon.matching.world import OpenLine
from recon.model.matching import AllocationKind, Share
from recon.model.roles import Action
from recon.service.context import Context, reading
from recon.service.past import open_past
from recon.service.pausing import without_collector
from recon.store.history import SaidNo, Written, said_no, undone, written
from recon.store.ids import shown_id
from recon.store.statements import load_lines
from recon.store.tables import lines

# What decides lines; everything else that books ends a stretch.
_DECIDES: Final = frozenset({"match", "confirm"})
# Lines asked for at once from the database.
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Tally:
    """A class: how many lines the engine answers with it, what would have become of them, and of how many lines what a
    run had booked under it was taken back."""

    match_class: str
    lines: int
    verdicts: Mapping[Verdict, int]
    undone: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line that would have been booked otherwise than it stands."""

    line: str
    match_class: str
    booking_date: date | None
    amount: int
    currency: str
    would: tuple[Share, ...]
    stands: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Backtested:
    """What the engine of today would have made of ``lines`` settled lines, by class."""

    lines: int
    classes: tuple[Tally, ...]
    wrong: tuple[Wrong, ...]


def backtest(
    context: Context, since: date | None = None, progress: Callable[[int], None] = lambda _count: None
) -> Backtested:
    """Ask the engine again about every line that is settled, booked since a day, and compare with what stands."""
    with reading(context, Action.READ) as connection, without_collector():
        past = open_past(connection)
        records, no = written(connection), said_no(connection)
        truth = _truth(past.allocations, _held_back(records, no))
        asked = _lines(connection, truth, since)
        begun: dict[int, list[int]] = {}
        for number, (entry, _) in truth.items():
            if number in asked:
                begun.setdefault(entry, []).append(number)
        _tell(asked, no, {number: _record_of(records, entry).record for entry in begun for number in begun[entry]})
        judged: list[Judged] = []
        for stretch in _stretches(records):
            entries = range(stretch[0].first, stretch[-1].last + 1)
            waiting = [asked[number] for entry in entries for number in begun.get(entry, ())]
            if waiting:
                decisions = decide(waiting, past.index(stretch[0].record))
                judged += [judge(decision, truth[decision.line_id][1]) for decision in decisions]
                progress(len(judged))
            past.play(stretch[-1].last)
        return _counted(judged, asked, {number: shares for number, (_, shares) in truth.items()}, undone(connection))


def _counted(
    judged: Sequence[Judged],
    asked: Mapping[int, OpenLine],
    truth: Mapping[int, tuple[Share, ...]],
    taken_back: Mapping[str, int],
) -> Backtested:
    by_class: dict[str, Counter[Verdict]] = {name: Counter() for name in taken_back}
    for one in judged:
        by_class.setdefault(one.match_class, Counter())[one.verdict] += 1
    classes = tuple(
        Tally(name, verdicts.total(), {verdict: verdicts[verdict] for verdict in Verdict}, taken_back.get(name, 0))
        for name, verdicts in sorted(by_class.items(), key=lambda pair: (not pair[0][:1].isalpha(), pair[0]))
    )
    wrong = tuple(
        Wrong(shown_id("lines", one.line_id), one.match_class, line.booking_date, line.amount, line.currency,
              one.would, truth[one.line_id])
        for one in judged
        if one.verdict is Verdict.WRONG
        for line in (asked[one.line_id].line,)
    )  # fmt: skip
    return Backtested(len(judged), classes, wrong)


def _stretches(records: Iterable[Written]) -> Iterator[list[Written]]:
    """Records in the order of the log, those of one day that decide lines together, every other by itself."""
    held: list[Written] = []
    for record in records:
        decides = record.action in _DECIDES
        if held and not (decides and held[-1].action in _DECIDES and held[-1].as_of == record.as_of):
            yield held
            held = []
        held.append(record)
    if held:
        yield held


def _record_of(records: Sequence[Written], entry: int) -> Written:
    return records[bisect_right(records, entry, key=lambda record: record.first) - 1]


def _held_back(records: Sequence[Written], no: Iterable[SaidNo]) -> Callable[[Any], bool]:
    """Whether a reversal was a person's no, and not only to be booked again (decision 0012)."""
    held = {(one.record, one.line_id) for one in no if one.taken_back}
    return lambda row: (_record_of(records, row.entry_id).record, row.line_id) in held


def _tell(asked: dict[int, OpenLine], no: Iterable[SaidNo], decided: Mapping[int, int]) -> None:
    """Tell the lines what had been rejected for them before the record by which they were decided."""
    for one in no:
        line = asked.get(one.line_id)
        if line is not None and one.record < decided[one.line_id]:
            asked[one.line_id] = replace(line, rejected=line.rejected | {one.ways})


def _truth(rows: Iterable[Any], held: Callable[[Any], bool]) -> dict[int, tuple[int, tuple[Share, ...]]]:
    """What stands on each line that is settled, and the entry with which it was first decided: the first one of all,
    unless what it booked was only taken back to be booked again."""
    first: dict[int, int] = {}
    standing: dict[int, dict[int, Share]] = {}
    settled: set[int] = set()
    for row in rows:
        if row.kind == AllocationKind.RETURN_CHARGE:
            continue
        shares = standing.setdefault(row.line_id, {})
        if row.reverses_id is not None:
            shares.pop(row.reverses_id)
            if not shares and not held(row):
                first.pop(row.line_id)
            continue
        first.setdefault(row.line_id, row.entry_id)
        kind = AllocationKind(row.kind)
        shares[row.id] = Share(row.item_id, row.invoice_no, row.customer_no, row.amount, kind, (), row.collection_id)
        if not row.open_amount:
            settled.add(row.line_id)
    return {number: (first[number], tuple(standing[number].values())) for number in settled if standing[number]}


def _lines(connection: Connection, numbers: Iterable[int], since: date | None) -> dict[int, OpenLine]:
    """Lines as they came in, of those booked since a day."""
    wanted = sorted(numbers)
    found: dict[int, OpenLine] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        for row, line in load_lines(connection, lines.c.id.in_(wanted[start : start + _AT_ONCE])):
            if since is None or (line.booking_date or line.value_date or date.max) >= since:
                found[row.id] = OpenLine(row.id, line, line.amount)
    return found
