"""The dates of MT940, which have no century and sometimes no year (domain.md 1.3)."""

from datetime import date
from functools import lru_cache
from typing import Final

# Years 80 to 99 belong to the last century: MT940 is older than the year 2000, and no statement is from after 2079.
CENTURY_TURN: Final = 80


@lru_cache(maxsize=4096)
def swift_date(text: str) -> tuple[date | None, bool]:
    """YYMMDD -> (date, whether it was clamped). A day that its month does not have (30 February, in 30/360 interest)
    becomes the month's last day; anything else impossible is None.

    >>> swift_date("160230"), swift_date("161301")
    ((datetime.date(2016, 2, 29), True), (None, False))
    """
    if len(text) != 6 or not text.isascii() or not text.isdigit():
        return None, False
    year, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    year += 1900 if year >= CENTURY_TURN else 2000
    return _calendar(year, month, day)


@lru_cache(maxsize=4096)
def booking_date(month_day: str, value_date: date) -> tuple[date | None, bool]:
    """MMDD has no year: of the years around the value date, the one that is nearest to it (domain.md 1.3).

    >>> booking_date("1230", date(2027, 1, 2))[0], booking_date("0102", date(2026, 12, 31))[0]
    (datetime.date(2026, 12, 30), datetime.date(2027, 1, 2))
    """
    if not month_day.isascii() or not month_day.isdigit():
        return None, False
    month, day = int(month_day[:2]), int(month_day[2:])
    around = [_calendar(year, month, day) for year in range(value_date.year - 1, value_date.year + 2)]
    dated = [(found, clamped) for found, clamped in around if found is not None]
    return min(dated, key=lambda pair: (pair[1], abs(pair[0] - value_date)), default=(None, False))


def _calendar(year: int, month: int, day: int) -> tuple[date | None, bool]:
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return None, False
    # The day before the next month's first.
    last = (date(year + month // 12, month % 12 + 1, 1) - date.resolution).day
    return date(year, month, min(day, last)), day > last
