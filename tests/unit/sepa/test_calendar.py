"""The days on which T2 is open."""

from datetime import date, timedelta

import holidays as oracle
import pytest

from sepa.calendar import add_bank_days, bank_days_between, is_bank_day, next_bank_day, submit_by


def test_every_day_of_a_century_agrees_with_the_ecb_calendar() -> None:
    closed = oracle.financial_holidays("ECB", years=range(2000, 2101))
    day = date(2000, 1, 1)
    while day <= date(2100, 12, 31):
        assert is_bank_day(day) == (day.weekday() < 5 and day not in closed), day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("year", "closed"),
    [
        (2026, [(1, 1), (4, 3), (4, 6), (5, 1), (12, 25)]),
        (2027, [(1, 1), (3, 26), (3, 29)]),
        (2028, [(4, 14), (4, 17), (5, 1), (12, 25), (12, 26)]),
    ],
)
def test_closing_days_of_domain_3_5(year: int, closed: list[tuple[int, int]]) -> None:
    days = (date(year, 1, 1) + timedelta(days=number) for number in range(366))
    found = [day for day in days if day.year == year and day.weekday() < 5 and not is_bank_day(day)]
    assert found == [date(year, month, day) for month, day in closed]


def test_german_holidays_are_bank_days() -> None:
    assert is_bank_day(date(2025, 10, 3))
    assert is_bank_day(date(2026, 5, 14))


@pytest.mark.parametrize(
    ("day", "following"),
    [
        (date(2026, 4, 2), date(2026, 4, 2)),
        (date(2026, 4, 3), date(2026, 4, 7)),
        (date(2026, 12, 25), date(2026, 12, 28)),
        (date(2026, 11, 21), date(2026, 11, 23)),
    ],
)
def test_next_bank_day(day: date, following: date) -> None:
    assert next_bank_day(day) == following


@pytest.mark.parametrize(
    ("day", "count", "result"),
    [
        (date(2026, 11, 20), 0, date(2026, 11, 20)),
        (date(2026, 11, 20), 1, date(2026, 11, 23)),
        (date(2026, 11, 21), 0, date(2026, 11, 23)),
        (date(2026, 11, 21), 1, date(2026, 11, 24)),
        (date(2026, 4, 2), 1, date(2026, 4, 7)),
        (date(2026, 12, 23), 2, date(2026, 12, 28)),
    ],
)
def test_bank_days_are_counted_from_the_day_of_presentation(day: date, count: int, result: date) -> None:
    assert add_bank_days(day, count) == result


def test_bank_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="negative"):
        add_bank_days(date(2026, 11, 20), -1)


def test_bank_days_between() -> None:
    assert bank_days_between(date(2026, 11, 20), date(2026, 11, 20)) == 0
    assert bank_days_between(date(2026, 11, 20), date(2026, 11, 23)) == 1
    assert bank_days_between(date(2026, 4, 2), date(2026, 4, 7)) == 1
    assert bank_days_between(date(2026, 4, 7), date(2026, 4, 2)) == 0


@pytest.mark.parametrize(
    ("collected", "lead", "last"),
    [
        (date(2026, 11, 24), 0, date(2026, 11, 24)),
        (date(2026, 11, 23), 1, date(2026, 11, 20)),
        (date(2026, 11, 24), 2, date(2026, 11, 20)),
        (date(2026, 4, 7), 1, date(2026, 4, 2)),
        (date(2027, 1, 4), 2, date(2026, 12, 30)),
    ],
)
def test_the_last_day_of_submission(collected: date, lead: int, last: date) -> None:
    assert submit_by(collected, lead) == last


def test_submission_is_never_after_the_collection() -> None:
    with pytest.raises(ValueError, match="negative"):
        submit_by(date(2026, 11, 20), -1)
