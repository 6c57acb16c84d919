"""The auditor's reading of closings: each is what the log says, its figures follow from statements, lines and
allocations, and after it nothing was booked in the period and no line came on the day. Own arithmetic throughout."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from recon.ledger.audit_log import Event, History, Seal
from recon.ledger.audit_source import Checking, Row, Source, differs, money, side_by_side, unlike
from recon.model.finding import Finding
from sepa.calendar import bank_days_between

_COLUMNS: Final = (
    "id", "kind", "day", "account_id", "currency", "statement", "opening", "paid_in", "paid_out", "bank", "ledger",
    "open_count", "open_sum", "entries", "overridden", "reason", "actor", "closed_on", "reopens_id",
)  # fmt: skip
_FIGURES: Final = ("opening", "paid_in", "paid_out", "bank", "ledger", "open_count", "open_sum")
# Without these nothing can be worked out.
_WHOLE: Final = ("account_id", "opening", "entries")
# What uses up nothing of a bank line.
_NO_MONEY: Final = frozenset({"discount", "write_off", "bank_charge", "fee_waived", "return_charge"})
_NEVER: Final = 1 << 62
_NO_SPAN: Final = (None, None, None)


@dataclass(slots=True)
class _Closing:
    """A closing with its place in the log, and the record by which it was opened again."""

    values: dict[str, object]
    record: int
    until: int = _NEVER

    @property
    def id(self) -> int:
        return int(str(self.values["id"]))

    @property
    def day(self) -> str:
        return str(self.values["day"])

    @property
    def stands(self) -> bool:
        return self.until == _NEVER


@dataclass(slots=True)
class _Account:
    """The days of an account that stand closed, in their order, with what lines and allocations add to each: the
    amounts that count from that closing on."""

    closings: list[_Closing]
    days: list[str] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    paid_in: list[int] = field(default_factory=list)
    paid_out: list[int] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    count: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.days = [one.day for one in self.closings]
        self.entries = [int(str(one.values["entries"])) for one in self.closings]
        for sums in (self.paid_in, self.paid_out, self.settled, self.left, self.count):
            sums.extend([0] * (len(self.closings) + 1))


def closings(source: Source, history: History) -> Checking:
    """Every closing as the log has it, its figures, and that it was kept to."""
    found = yield from _as_logged(source, history)
    if not found:
        return 0
    yield from _order(source, found)
    yield from _borne(source, found)
    days = [one for one in found if one.values["kind"] == "day"]
    yield from _figures(source, [one for one in days if one.stands])
    yield from _booked_after(source, history, [one for one in found if one.values["kind"] == "period"])
    yield from _come_after(source, history, [one for one in found if one.values["kind"] != "reopen"])
    return len(found)


def _as_logged(source: Source, history: History) -> Generator[Finding, None, list[_Closing]]:
    """Each row has its record of the log, which says the same of it."""
    events = {event.subject: event for event in history.of("close", "reopen")}
    found: list[_Closing] = []
    by_id: dict[object, _Closing] = {}
    for row in source.rows("closings", _COLUMNS):
        values = dict(zip(_COLUMNS, row, strict=True))
        shown = source.shown("closings", row[0])
        event = events.pop(shown, None)
        if event is None:
            yield differs("audit-closing", shown, "log", "-")
            continue
        yield from _said(shown, values, event)
        one = _Closing(values, event.id)
        if values["kind"] == "reopen":
            opened = by_id.get(values["reopens_id"])
            if opened is None or opened.values["kind"] == "reopen" or not opened.stands:
                yield differs("audit-closing", shown, "-", values["reopens_id"])
            else:
                opened.until = event.id
        by_id[row[0]] = one
        found.append(one)
    for shown in events:
        yield differs("audit-closing", shown, shown, "-")
    return found


def _said(shown: str, values: dict[str, object], event: Event) -> Iterator[Finding]:
    told = {
        "kind": event.after.get("kind"), "day": event.after.get("day"), "actor": event.actor,
        "closed_on": event.as_of, "reason": event.reason, "overridden": int(bool(event.after.get("override"))),
    }  # fmt: skip
    for column, value in told.items():
        if values[column] != value:
            yield unlike(shown, column, value, values[column])
    if event.action != ("reopen" if values["kind"] == "reopen" else "close"):
        yield unlike(shown, "kind", event.action, values["kind"])
    if (values["kind"] == "reopen" or values["overridden"]) and not str(values["reason"] or "").strip():
        yield differs("audit-closing", shown, "reason", "-")


def _order(source: Source, found: list[_Closing]) -> Iterator[Finding]:
    """Each account's days and the periods were closed one after the other, and opened again from the last."""
    last: dict[object, list[_Closing]] = defaultdict(list)
    for one in found:
        if one.values["kind"] == "reopen":
            continue
        before = last[one.values["account_id"]]
        while before and before[-1].until < one.record:
            before.pop()
        shown = source.shown("closings", one.id)
        if before and before[-1].day >= one.day:
            yield differs("audit-closing-order", shown, f"> {before[-1].day}", one.day)
        if before and before[-1].until < one.until:
            yield differs("audit-closing-order", source.shown("closings", before[-1].id), shown, "reopen")
        before.append(one)


def _borne(source: Source, found: list[_Closing]) -> Iterator[Finding]:
    """A day that a period was closed upon is opened only after the period."""
    days = [one for one in found if one.values["kind"] == "day"]
    for period in (one for one in found if one.values["kind"] == "period"):
        for opened in (one for one in days if one.record < period.record < one.until < period.until):
            rest = [one.day for one in days if one.values["account_id"] == opened.values["account_id"]
                    and one.record < opened.until < one.until]  # fmt: skip
            if not _quiet(max(rest, default=""), period.day):
                yield differs("audit-closing-order", source.shown("closings", period.id),
                              source.shown("closings", opened.id), "reopen")  # fmt: skip


def _quiet(closed: str, until: str) -> bool:
    """Whether no bank day lies after one day until another. What is no date bears nothing."""
    try:
        return bool(closed) and bank_days_between(date.fromisoformat(closed), date.fromisoformat(until)) == 0
    except ValueError:
        return False


def _figures(source: Source, days: list[_Closing]) -> Iterator[Finding]:
    """The sums of each closing that stands, from the rows. Both days and entries rise from closing to closing, so that
    whatever counts in one counts in all that follow."""
    accounts: dict[object, _Account] = {}
    told = [one for one in days if all(isinstance(one.values[name], int) for name in _WHOLE)]
    for one in days:
        if one not in told:
            yield differs("audit-closing", source.shown("closings", one.id), "opening, account", "-")
    for number in dict.fromkeys(one.values["account_id"] for one in told):
        accounts[number] = _Account([one for one in told if one.values["account_id"] == number])
    if not accounts:
        return
    _add_lines(source, accounts)
    balances = {
        source.shown("statements", number): (account, closing)
        for number, account, closing in source.rows("statements", ("id", "account_id", "closing"))
    }
    openings = defaultdict(set)
    for _, account, opening in source.rows("statements", ("id", "account_id", "opening")):
        openings[account].add(opening)
    for account, sums in accounts.items():
        before: object = None
        moved = settled = left = count = 0
        base = int(str(sums.closings[0].values["opening"]))
        if base not in openings[account]:
            yield differs("audit-closing-figure", source.shown("closings", sums.closings[0].id), "-", base,
                          column="opening")  # fmt: skip
        for place, one in enumerate(sums.closings):
            moved += sums.paid_in[place] + sums.paid_out[place]
            settled, left, count = settled + sums.settled[place], left + sums.left[place], count + sums.count[place]
            witness = balances.get(str(one.values["statement"]), (None, None))
            expected = {
                "opening": base if before is None else before, "paid_in": sums.paid_in[place],
                "paid_out": sums.paid_out[place], "bank": witness[1] if witness[0] == account else None,
                "ledger": base + settled, "open_count": count, "open_sum": left,
            }  # fmt: skip
            shown, currency = source.shown("closings", one.id), str(one.values["currency"])
            for column in _FIGURES:
                if one.values[column] != expected[column]:
                    yield differs("audit-closing-figure", shown, _told(column, expected[column], currency),
                                  _told(column, one.values[column], currency), column=column)  # fmt: skip
            before = one.values["bank"]


def _add_lines(source: Source, accounts: dict[object, _Account]) -> None:
    """Put each line, and what was booked of it, to the first closing in which it counts."""
    spans = _spans(source)
    currencies = {account: str(sums.closings[0].values["currency"]) for account, sums in accounts.items()}
    for _, (heads, shares) in side_by_side(
        source.rows("lines", ("id", "statement_id", "account_id", "amount", "currency", "status", "parent_id",
                              "booking_date")),
        source.rows("allocations", ("line_id", "entry_id", "amount", "kind", "booked_on"), by="line_id"),
    ):  # fmt: skip
        if not heads:
            continue
        _, statement, account, amount, currency, status, parent, booked = heads[0]
        if status != "booked" or parent is not None or currency != currencies.get(account):
            continue
        sums = accounts[account]
        day = _bank_day(booked, spans.get(statement, _NO_SPAN))
        start = len(sums.days) if day is None else bisect_left(sums.days, day)
        if start == len(sums.days):
            continue
        (sums.paid_in if amount > 0 else sums.paid_out)[start] += amount
        changes = {start: amount}
        for _, entry, used, kind, booked_on in shares:
            if kind in _NO_MONEY:
                continue
            place = max(start, bisect_left(sums.days, booked_on), bisect_left(sums.entries, entry))
            sums.settled[place] += used
            changes[place] = changes.get(place, 0) - used
        left = 0
        for place, change in sorted(changes.items()):
            sums.left[place] += change
            sums.count[place] += (left + change != 0) - (left != 0)
            left += change


def _bank_day(booked: str | None, span: Row) -> str | None:
    """The day by whose end the bank has a line in its balance: of its statement, or its own inside a longer one."""
    opening, closing, last = span
    end: str | None = closing or last
    if end is None or (booked is not None and opening is not None and opening < booked < end):
        return booked
    return end


def _booked_after(source: Source, history: History, periods: list[_Closing]) -> Iterator[Finding]:
    """No entry that was written while a period was closed has a day in it."""
    limits = _limits(history.seals.get("entries", []), periods)
    if not limits:
        return
    within = _Within(limits)
    for number, day in source.rows("entries", ("id", "booked_on")):
        limit = within.of(number)
        if limit is not None and day <= limit[2]:
            yield differs("audit-closed-period", source.shown("entries", number), f"> {limit[2]}", day,
                          closing=source.shown("closings", limit[3]))  # fmt: skip


def _come_after(source: Source, history: History, found: list[_Closing]) -> Iterator[Finding]:
    """No line that came while a day was closed belongs to it."""
    accounts = [row[0] for row in source.rows("accounts", ("id",))]
    limits = {
        account: own
        for account in accounts
        if (own := _limits(history.seals.get("lines", []),
                             [one for one in found if one.values["account_id"] in {account, None}]))
    }  # fmt: skip
    if not limits:
        return
    within = {account: _Within(limit) for account, limit in limits.items()}
    spans = _spans(source)
    for number, statement, account, status, parent, booked in source.rows(
        "lines", ("id", "statement_id", "account_id", "status", "parent_id", "booking_date")
    ):
        limit = within[account].of(number) if account in within and status == "booked" and parent is None else None
        day = _bank_day(booked, spans.get(statement, _NO_SPAN)) if limit else None
        if limit is not None and day is not None and day <= limit[2]:
            yield differs("audit-closed-day", source.shown("lines", number), f"> {limit[2]}", day,
                          closing=source.shown("closings", limit[3]))  # fmt: skip


def _spans(source: Source) -> dict[int, Row]:
    """Of each statement: opening date, closing date, last day."""
    return {row[0]: row[1:] for row in source.rows("statements", ("id", "opening_date", "closing_date", "period_to"))}


def _limits(seals: list[Seal], found: list[_Closing]) -> list[tuple[int, int, str, int]]:
    """The rows that were written while something was closed: first and last id, the last closed day, the closing."""
    limits = []
    for seal in seals:
        closed = [one for one in found if one.record < seal.record < one.until]
        if closed:
            last = max(closed, key=lambda one: (one.day, one.id))
            limits.append((seal.first, seal.last, last.day, last.id))
    return limits


class _Within:
    """Tells for rising ids of rows in which limit each lies."""

    def __init__(self, limits: list[tuple[int, int, str, int]]) -> None:
        self.limits = limits
        self.place = 0

    def of(self, number: int) -> tuple[int, int, str, int] | None:
        while self.place < len(self.limits) and self.limits[self.place][1] < number:
            self.place += 1
        found = self.limits[self.place] if self.place < len(self.limits) else None
        return found if found is not None and found[0] <= number else None


def _told(column: str, value: object, currency: str) -> str:
    if column == "open_count" or not isinstance(value, int):
        return "-" if value is None else str(value)
    return money(value, currency)
