"""The days on which T2 (formerly TARGET) is open: only on these is money settled between banks.

T2 closes on Saturdays, Sundays, 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December (domain.md 3.5).
National holidays such as 3 October are open days.
"""

from datetime import date, timedelta
from functools import cache
from typing import Final

# The ECB closed TARGET once more at the end of these years (change to the year 2000, change to euro cash).
EXTRA_CLOSING_DAYS: Final = frozenset({date(1999, 12, 31), date(2001, 12, 31)})
_FIXED: Final = ((1, 1), (5, 1), (12, 25), (12, 26))
_ONE_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


def easter_sunday(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous computus of 1876).

    >>> easter_sunday(2026).isoformat(), easter_sunday(2028).isoformat()
    ('2026-04-05', '2028-04-16')
    """
    golden = year % 19
    century, of_century = divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    moon_shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon_shift + 15) % 30
    leap_years, year_rest = divmod(of_century, 4)
    weekday = (32 + 2 * century_rest + 2 * leap_years - epact - year_rest) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@cache
def holidays(year: int) -> frozenset[date]:
    """The days, beside weekends, on which T2 is closed in a year."""
    easter = easter_sunday(year)
    fixed = {date(year, month, day) for month, day in _FIXED}
    extra = {day for day in EXTRA_CLOSING_DAYS if day.year == year}
    return frozenset(fixed | extra | {easter - 2 * _ONE_DAY, easter + _ONE_DAY})


def is_bank_day(day: date) -> bool:
    """Whether T2 is open.

    >>> is_bank_day(date(2026, 10, 3)), is_bank_day(date(2027, 10, 4)), is_bank_day(date(2026, 5, 1))
    (False, True, False)
    """
    return day.weekday() < _SATURDAY and day not in holidays(day.year)


def next_bank_day(day: date) -> date:
    """The day itself if T2 is open, else the first open day after it.

    >>> next_bank_day(date(2026, 4, 3)).isoformat()
    '2026-04-07'
    """
    while not is_bank_day(day):
        day += _ONE_DAY
    return day


def add_bank_days(day: date, count: int) -> date:
    """The ``count``-th bank day after ``day``; a closed day counts as the next open one, because what is handed in on
    a Saturday is presented on Monday.

    >>> add_bank_days(date(2026, 11, 20), 1).isoformat(), add_bank_days(date(2026, 11, 21), 1).isoformat()
    ('2026-11-23', '2026-11-24')

    Raises ValueError for a negative count.
    """
    if count < 0:
        raise ValueError(f"a negative number of bank days: {count}")
    day = next_bank_day(day)
    for _ in range(count):
        day = next_bank_day(day + _ONE_DAY)
    return day


def submit_by(collection_date: date, lead_days: int) -> date:
    """The last bank day on which a debit can be handed in that is to be collected on a bank day: ``lead_days`` bank
    days before it. What is handed in on that day must be there before the bank's cut-off.

    >>> submit_by(date(2026, 12, 1), 1).isoformat(), submit_by(date(2026, 4, 7), 1).isoformat()
    ('2026-11-30', '2026-04-02')

    Raises ValueError for a negative number of days.
    """
    if lead_days < 0:
        raise ValueError(f"a negative number of bank days: {lead_days}")
    day = collection_date
    while lead_days:
        day -= _ONE_DAY
        lead_days -= is_bank_day(day)
    return day


def bank_days_between(start: date, end: date) -> int:
    """How many bank days lie after ``start`` up to and including ``end``; 0 where ``end`` is not later.

    >>> bank_days_between(date(2026, 11, 20), date(2026, 11, 24))
    2
    """
    count = 0
    day = start
    while day < end:
        day += _ONE_DAY
        count += is_bank_day(day)
    return count
