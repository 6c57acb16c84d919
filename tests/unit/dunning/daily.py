"""A small world for the tests of dunning: parts, customers, and runs day after day."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from recon.dunning.plan import Plan, plan
from recon.dunning.state import after_issue
from recon.model.dunning import DunnablePart, Notice, PartState, Undunned
from recon.model.items import Customer, PartKind
from recon.model.settings import Branch, DunningSettings, LevelSettings

DUE = date(2026, 3, 1)
MUSTER = Customer(1, "10001", "Max Muster")
CUSTOMERS: Mapping[str, Customer] = {"10001": MUSTER, "10002": Customer(2, "10002", "Beispiel GmbH")}

Change = Callable[[date, DunnablePart], DunnablePart]


def march(day: int) -> date:
    return date(2026, 3, day)


def april(day: int) -> date:
    return date(2026, 4, day)


def part(
    invoice_no: str = "RE-1",
    open: int = 100_00,  # noqa: A002 - the field's word
    due_date: date = DUE,
    *,
    item_id: int | None = None,
    customer_no: str = "10001",
    kind: PartKind = PartKind.TOTAL,
    state: PartState | None = None,
    branch: str | None = None,
    currency: str = "EUR",
    language: str | None = None,
    hold: str | None = None,
    hold_until: date | None = None,
    hold_facts: tuple[tuple[str, str], ...] = (),
    free: bool = False,
    interest_met: int = 0,
    lump_sum_met: int = 0,
) -> DunnablePart:
    """A part of an item; its id is the number in its invoice number unless said otherwise."""
    number = int(invoice_no.rpartition("-")[2]) if item_id is None else item_id
    return DunnablePart(
        number, invoice_no, customer_no, branch, kind, due_date, open, open, currency, state or PartState(),
        language, hold, hold_until, hold_facts, free, interest_met, lump_sum_met,
    )  # fmt: skip


def reached(level: int, on: date | None = None, deadline: date | None = None) -> PartState:
    """A level whose notice, the only one, went out on 15.03. with a deadline of 25.03., unless said otherwise."""
    day, until = on or march(15), deadline or march(25)
    return PartState(level, day, until, day, until)


def levels(*fees: int, after_days: int = 1) -> tuple[LevelSettings, ...]:
    """Levels with these fees, each due so many days after the due date."""
    return tuple(LevelSettings(number, after_days, fee=fee) for number, fee in enumerate(fees, 1))


def plan_of(
    parts: Sequence[DunnablePart],
    as_of: date,
    settings: DunningSettings | None = None,
    *,
    customers: Mapping[str, Customer] = CUSTOMERS,
    branches: Mapping[str, Branch] | None = None,
    level: int | None = None,
    credits: Mapping[str, int] | None = None,  # noqa: A002 - the field's word
) -> Plan:
    return plan(
        parts, customers, branches or {}, settings or DunningSettings(), as_of, level=level, credits=credits or {}
    )


def only(made: Plan) -> Notice:
    """The one notice of a plan."""
    (notice,) = made.notices
    return notice


def left(made: Plan) -> Undunned:
    """The one part of a plan that gets no notice."""
    assert made.notices == ()
    (undunned,) = made.undunned
    return undunned


def reasons(made: Plan) -> dict[str, str]:
    return {undunned.invoice_no: undunned.reason for undunned in made.undunned}


@dataclass(frozen=True)
class Issued:
    """A notice line that went out."""

    on: date
    level: int
    deadline: date
    open: int
    part: PartKind
    invoice_no: str


def days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(n) for n in range((last - first).days + 1))


def run_daily(
    parts: Sequence[DunnablePart],
    settings: DunningSettings,
    first: date = DUE,
    last: date = date(2026, 5, 31),
    *,
    customers: Mapping[str, Customer] = CUSTOMERS,
    change: Change = lambda _day, part: part,
) -> tuple[list[Issued], list[DunnablePart]]:
    """Plan every day and issue every notice on the same day; ``change`` is what the world does to a part that morning.

    Returns the lines that went out and the parts as they stand at the end.
    """
    now = list(parts)
    issued: list[Issued] = []
    for day in days(first, last):
        now = [change(day, each) for each in now]
        for notice in plan(now, customers, {}, settings, day).notices:
            for item in notice.items:
                issued.append(Issued(day, item.level, notice.deadline, item.open, item.part, item.invoice_no))
                place = next(n for n, each in enumerate(now) if (each.item_id, each.part) == (item.item_id, item.part))
                state = after_issue(now[place].state, item.level, day, notice.deadline)
                now[place] = replace(now[place], state=state)
    return issued, now


def dates(issued: Sequence[Issued]) -> list[tuple[date, int]]:
    return [(line.on, line.level) for line in issued]
