"""The auditor's reading of dunning: what each notice asks for, and the state of each part that follows."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from recon.ledger.audit_log import History, changed_ids
from recon.ledger.audit_source import Checking, Row, Source, differs, money, shown_value, side_by_side
from recon.model.finding import Finding

_NOTICE: Final = ("id", "run_id", "status", "level", "fee", "interest", "total", "currency", "issued_on", "deadline",
                  "lump_sum")  # fmt: skip
_LINE: Final = ("notice_id", "item_id", "part", "open_amount", "level", "fee", "status", "due_date", "days_overdue",
                "frozen_amount", "reason", "interest", "interest_since", "lump_sum")  # fmt: skip
# The state of a part that no notice stands for.
_NEVER: Final = (0, None, None)


def notices(source: Source, _history: History) -> Checking:
    """Every notice asks for its lines, fee and interest, no line twice, its level is the highest of them; interest and
    lump sum (§ 288 BGB) are those of its lines; all notices of a run and level give the same time to pay."""
    runs = {row[0]: row[1] for row in source.rows("dunning_runs", ("id", "as_of"))}
    terms: dict[tuple[object, ...], int | None] = {}
    count = 0
    for number, (heads, lines) in side_by_side(
        source.rows("notices", _NOTICE), source.rows("notice_items", _LINE, by="notice_id")
    ):
        if not heads:
            continue
        count += 1
        _, run, status, level, fee, interest, total, currency, issued_on, deadline, _ = heads[0]
        record = source.shown("notices", number)
        left = total - fee - interest
        asked = [line for line in lines if line[6] != "dropped"]
        wanted = sum(line[3] for line in asked)
        if wanted != left:
            yield differs(
                "audit-notice-total", record, money(wanted + fee + interest, currency), money(total, currency)
            )
        highest = max((line[4] for line in asked), default=0)
        # A notice that was dropped keeps the level that it was to have.
        if highest != level and status != "dropped":
            yield differs("audit-notice-level", record, highest, level)
        own = sum(line[5] for line in asked)
        if own not in {0, fee}:
            yield differs("audit-notice-fee", record, money(own, currency), money(fee, currency))
        yield from _claims(record, heads[0], asked, issued_on or runs.get(run))
        # One that lost its highest lines at issue has the time of its new level by the settings of that day.
        lowered = any(line[4] > level for line in lines)
        term, alike = days_between(issued_on or runs.get(run), deadline), (run, level, issued_on is None, lowered)
        if term is None or term != terms.setdefault(alike, term):
            yield differs("audit-notice-deadline", record, shown_value(terms.get(alike)), shown_value(term))
        yield from _lines(source, record, status, runs.get(run), lines)
    return count


def _claims(record: str, head: Row, asked: list[Row], day: str | None) -> Iterator[Finding]:
    """Interest and lump sum are those of the lines; interest runs from a day that has come, and no more is in the fee
    than the fee: 40 euros for each item at most."""
    fee, interest, currency, lump_sum = head[4], head[5], head[7], head[10] or 0
    owed = sum(line[11] or 0 for line in asked)
    started = all(not line[11] or (line[4] > 0 and line[12] is not None and line[12] <= (day or "")) for line in asked)
    if owed != interest or not started:
        yield differs(
            "audit-notice-interest", record, money(owed if started else 0, currency), money(interest, currency)
        )
    flat = sum(line[13] or 0 for line in asked)
    most = 4000 * len({line[1] for line in asked if line[4] > 0}) if currency == "EUR" else 0
    if flat != lump_sum or not 0 <= flat <= min(fee, most):
        yield differs("audit-notice-lump-sum", record, money(min(flat, fee, most), currency), money(lump_sum, currency))


def _lines(source: Source, record: str, status: str, as_of: str | None, lines: list[Row]) -> Iterator[Finding]:
    """Each line once, with a status that fits, its days overdue those of its run."""
    if len({line[1:3] for line in lines}) < len(lines):
        yield differs("audit-notice-line-twice", record, len({line[1:3] for line in lines}), len(lines))
    for line in lines:
        shown = f"{record}, {source.shown('items', line[1])}"
        if line[6] not in {status, "dropped"}:
            yield differs("audit-notice-status", shown, status, line[6])
        if (line[10] is not None) != (line[6] == "dropped"):
            yield differs("audit-notice-status", shown, line[10] or "-", line[6])
        # What went out never asks for more than what a person has looked at (V-25).
        if line[9] is not None and line[4] > 0 and line[3] > line[9]:
            yield differs("audit-notice-frozen", shown, money(line[9]), money(line[3]))
        late = days_between(line[7], as_of)
        # A credit note may be set off before it is due: it is no days overdue, not fewer.
        late = None if late is None else max(late, 0)
        if late != line[8]:
            yield differs("audit-notice-days", shown, shown_value(late), line[8])


def part_states(source: Source, history: History) -> Checking:
    """Every part has the level and the dates of the notices issued for it that stand; a notice names a part of its
    item and the day it was due, unless an import has moved it since."""
    changed = changed_ids(history)
    heads = {row[0]: row[1:] for row in source.rows("notices", ("id", "issued_on", "deadline", "status"))}
    count = 0
    columns = ("item_id", "kind", "dunning_level", "last_notice_on", "last_deadline", "due_date")
    for number, (parts, told_of) in side_by_side(
        source.rows("item_parts", columns, by="item_id"),
        source.rows("notice_items", ("item_id", "part", "level", "notice_id", "status", "due_date"), by="item_id"),
    ):
        days = {part[1]: part[5] for part in parts}
        # An import may tell a total in two parts later: what was said of the total goes on with the remainder.
        total = "remainder" if "remainder" in days else "total"
        lines = [(line[0], total if line[1] == "total" else line[1], *line[2:]) for line in told_of]
        for line in lines:
            if line[1] not in days or (days[line[1]] != line[5] and number not in changed):
                shown = f"{source.shown('notices', line[3])}, {source.shown('items', number)}"
                told = " | ".join(f"{kind} {day}" for kind, day in days.items())
                yield differs("audit-notice-part", shown, told or "-", f"{line[1]} {line[5]}")
        for part in parts:
            count += 1
            own = [(*heads.get(line[3], (None, None, "?")), line[2]) for line in lines
                   if line[1] == part[1] and line[4] == "issued" and line[2] > 0]  # fmt: skip
            expected = _state([sent for sent in own if sent[2] == "issued"])
            if part[2:5] != expected:
                shown = f"{source.shown('items', number)}, {part[1]}"
                yield differs("audit-part-state", shown, _told(expected), _told(part[2:5]))
    return count


def customers_of_notices(source: Source, _history: History) -> Checking:
    """Every line of a notice is about an item of the notice's customer, in its currency."""
    heads = {row[0]: row[1:] for row in source.rows("notices", ("id", "customer_id", "currency"))}
    count = 0
    for number, (items, lines) in side_by_side(
        source.rows("items", ("id", "customer_id", "currency")),
        source.rows("notice_items", ("item_id", "notice_id"), by="item_id"),
    ):
        for line in lines if items else ():
            count += 1
            head = heads.get(line[1])
            if head is not None and head != items[0][1:]:
                shown = f"{source.shown('notices', line[1])}, {source.shown('items', number)}"
                yield differs("audit-notice-customer", shown, _told(items[0][1:]), _told(head))
    return count


def days_between(earlier: str | None, later: str | None) -> int | None:
    """Days from one ISO date to another; ``None`` where one is no date."""
    try:
        return (date.fromisoformat(later or "") - date.fromisoformat(earlier or "")).days
    except ValueError:
        return None


def _state(sent: list[Row]) -> tuple[object, ...]:
    """Level, day and deadline that follow from notices (issued on, deadline, status, level)."""
    if not sent:
        return _NEVER
    last = max(sent, key=lambda entry: (entry[0] or "", entry[3]))
    return (max(entry[3] for entry in sent), last[0], last[1])


def _told(values: tuple[object, ...]) -> str:
    return ", ".join("-" if value is None else str(value) for value in values)
