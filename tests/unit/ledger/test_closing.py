"""What is closed: a table of closings, and the days that follow from them."""

from datetime import date

import pytest

from recon.ledger.closing import bank_day, booking_day, closed_for, closed_until, hindrance, last_of, reaches, standing
from recon.model.ledger import Closing, ClosingKind

# id, kind, account, day, reopens: K and B are accounts 1 and 2.
Row = tuple[int, str, int | None, str, int | None]
MONTH: tuple[Row, ...] = (
    (1, "day", 1, "2026-10-30", None),
    (2, "day", 2, "2026-10-30", None),
    (3, "period", None, "2026-10-31", None),
    (4, "day", 1, "2026-11-20", None),
    (5, "day", 1, "2026-11-24", None),
)


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def closings(*rows: Row) -> list[Closing]:
    return [
        Closing(number, ClosingKind(kind), date.fromisoformat(until), account, "EUR", None, 0, overridden=False,
                reason=None, actor="anna", closed_on=date(2026, 12, 1), reopens=reopens)
        for number, kind, account, until, reopens in rows
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "period", "first", "second"),
    [
        ((), "2026-10-31", "2026-11-24", "2026-10-31"),
        (((6, "reopen", 1, "2026-11-24", 5),), "2026-10-31", "2026-11-20", "2026-10-31"),
        (((6, "reopen", None, "2026-10-31", 3),), None, "2026-11-24", "2026-10-30"),
        (((6, "reopen", None, "2026-10-31", 3), (7, "reopen", 2, "2026-10-30", 2)), None, "2026-11-24", None),
        (((6, "period", None, "2026-11-20", None),), "2026-11-20", "2026-11-24", "2026-11-20"),
    ],
    ids=["as closed", "a day reopened", "the period reopened", "all of an account reopened", "a second period"],
)
def test_closed_days_follow_from_the_closings(
    more: tuple[Row, ...], period: str | None, first: str | None, second: str | None
) -> None:
    found = closings(*MONTH, *more)
    assert closed_until(found) == day(period)
    assert (closed_for(found, 1), closed_for(found, 2)) == (day(first), day(second))


def test_nothing_is_closed_in_new_books() -> None:
    assert (standing([]), closed_until([]), closed_for([], 1), last_of([], 1)) == ([], None, None, None)


@pytest.mark.parametrize(
    ("chosen", "more", "first"),
    [
        (5, (), None),
        (4, (), 5),
        (3, (), None),
        (1, (), 5),
        (2, (), 3),
        (2, ((6, "reopen", None, "2026-10-31", 3),), None),
        (3, ((6, "period", None, "2026-11-20", None),), 6),
        (5, ((6, "period", None, "2026-11-20", None),), None),
        (5, ((6, "period", None, "2026-11-23", None),), 6),
    ],
    ids=[
        "the last day", "a later day first", "a period with later days", "the latest first", "the period it bears",
        "after the period", "a later period first", "a period that the day before bears", "a period that only it bears",
    ],
)  # fmt: skip
def test_the_latest_is_opened_first(chosen: int, more: tuple[Row, ...], first: int | None) -> None:
    found = closings(*MONTH, *more)
    before = hindrance(found, found[chosen - 1])
    assert (None if before is None else before.id) == first


@pytest.mark.parametrize(
    ("of", "until", "expected"),
    [
        ("2026-11-28", None, "2026-11-28"),
        ("2026-11-30", "2026-11-30", "2026-12-01"),
        ("2026-11-28", "2026-11-30", "2026-12-01"),
        ("2026-12-01", "2026-11-30", "2026-12-01"),
        ("2026-12-28", "2026-12-31", "2027-01-01"),
    ],
)
def test_a_line_of_a_closed_day_is_booked_on_the_first_open_one(of: str, until: str | None, expected: str) -> None:
    assert booking_day(date.fromisoformat(of), day(until)) == day(expected)


@pytest.mark.parametrize(
    ("closed", "until", "expected"),
    [
        (None, "2026-11-30", False),
        ("2026-11-30", "2026-11-30", True),
        ("2026-12-02", "2026-11-30", True),
        ("2026-10-30", "2026-10-31", True),  # Friday, and the month ends on Saturday
        ("2026-10-30", "2026-11-01", True),
        ("2026-10-30", "2026-11-02", False),
        ("2026-12-24", "2026-12-27", True),  # 25 and 26 December, then a Sunday
        ("2026-12-31", "2027-01-01", True),
    ],
)
def test_quiet_days_need_no_closing_of_their_own(closed: str | None, until: str, expected: bool) -> None:
    assert reaches(day(closed), date.fromisoformat(until)) is expected


@pytest.mark.parametrize(
    ("booked", "opening", "closing", "expected"),
    [
        ("2026-11-20", "2026-11-19", "2026-11-20", "2026-11-20"),
        ("2026-11-19", "2026-11-19", "2026-11-20", "2026-11-20"),  # booked late, in the statement of the next day
        ("2026-11-23", "2026-11-19", "2026-11-20", "2026-11-20"),  # valued later, in the balance already
        ("2026-11-18", "2026-11-13", "2026-11-20", "2026-11-18"),  # a statement of a week
        (None, "2026-11-13", "2026-11-20", "2026-11-20"),
        ("2026-11-18", None, None, "2026-11-18"),
        ("2026-11-18", None, "2026-11-20", "2026-11-20"),
    ],
)
def test_a_line_belongs_to_the_balance_that_holds_it(
    booked: str | None, opening: str | None, closing: str | None, expected: str
) -> None:
    assert bank_day(day(booked), day(opening), day(closing)) == day(expected)
