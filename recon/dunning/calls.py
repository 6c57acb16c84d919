"""Calls: at most four attempts for a call task, on different days and at different hours of the day (F-39, O-05).

Whoever is called twice on one day, or always while he is at work, has not been tried twice.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from recon.model.complaints import MAX_ATTEMPTS, Attempt, CallOutcome, CallState, moment
from recon.model.finding import Finding, error

# Hours that are proposed for the next attempt, in this order: spread over the working day as in O-05.
_HOURS: Final = (10, 15, 9, 17)
_SATURDAY: Final = 5
# Who was spoken to has been reminded, whatever he said.
_SPOKEN: Final = frozenset({CallOutcome.REACHED, CallOutcome.PROMISE, CallOutcome.REFUSED})


def next_attempt(attempts: Sequence[Attempt], first_day: date) -> datetime | None:
    """When the next call may be made, on a working day from ``first_day`` on; ``None`` after the fourth."""
    if len(attempts) >= MAX_ATTEMPTS:
        return None
    days = {attempt.at.date() for attempt in attempts}
    hours = {attempt.at.hour for attempt in attempts}
    day = first_day
    while day in days or day.weekday() >= _SATURDAY:
        day += timedelta(1)
    return datetime.combine(day, time(next(hour for hour in _HOURS if hour not in hours)))


def refused(where: str, attempts: Sequence[Attempt], at: datetime) -> Finding | None:
    """Why a call may not be recorded as a further attempt, with the next one that may be; ``None`` where it may."""
    if len(attempts) >= MAX_ATTEMPTS:
        return error("call-fifth", where, notice=where, limit=MAX_ATTEMPTS)
    told = next_attempt(attempts, at.date())
    following = "-" if told is None else moment(told)
    if any(attempt.at.date() == at.date() for attempt in attempts):
        return error("call-same-day", where, notice=where, day=at.date(), next=following)
    if any(attempt.at.hour == at.hour for attempt in attempts):
        return error("call-same-hour", where, notice=where, hour=f"{at.hour:02d}", next=following)
    return None


def state_of(attempts: Sequence[Attempt], *, open_left: bool, held: bool, promised: bool) -> CallState:
    """How far a call task has come. ``held``: nothing that is open may be dunned; ``promised``: because payment of all
    of it is promised."""
    if not open_left:
        return CallState.CLOSED
    if promised:
        return CallState.PROMISED
    if held:
        return CallState.HELD
    if any(attempt.outcome is CallOutcome.REFUSED for attempt in attempts):
        return CallState.EXHAUSTED
    if spoken(attempts):
        return CallState.REACHED
    return CallState.EXHAUSTED if len(attempts) >= MAX_ATTEMPTS else CallState.OPEN


def spoken(attempts: Iterable[Attempt]) -> bool:
    """Whether anybody who owes was spoken to."""
    return any(attempt.outcome in _SPOKEN for attempt in attempts)


def done(attempts: Sequence[Attempt]) -> bool:
    """Whether the step by telephone is through: somebody was spoken to, or four attempts have failed. Before that its
    items are not proposed for collection (F-42)."""
    return spoken(attempts) or len(attempts) >= MAX_ATTEMPTS
