"""Calls and promises, whatever is tried: four attempts on different days and hours; what is named as the next one is
taken; what is promised of several items is the amount, the oldest first."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from recon.dunning.calls import done, next_attempt, refused, spoken, state_of
from recon.dunning.complaints import deadline_of, due_at
from recon.dunning.promises import spread
from recon.dunning.promises import state_of as promise_state
from recon.model.complaints import MAX_ATTEMPTS, Attempt, CallOutcome, CallState, Deadline, Promised, PromiseState

FROM = datetime.fromisoformat("2026-03-02 00:00")
moments = st.integers(0, 20 * 24 * 60).map(lambda minutes: FROM + timedelta(minutes=minutes))
outcomes = st.sampled_from(CallOutcome)


def _made(tried: list[tuple[datetime, CallOutcome]]) -> list[Attempt]:
    """The attempts that are taken of all that were tried."""
    made: list[Attempt] = []
    for at, outcome in tried:
        if refused("N1", made, at) is None:
            made.append(Attempt(at, outcome))
    return made


@given(st.lists(st.tuples(moments, outcomes), max_size=30))
def test_f_39_whatever_is_tried_at_most_four_on_different_days_and_hours(
    tried: list[tuple[datetime, CallOutcome]],
) -> None:
    made = _made(tried)
    assert len(made) <= MAX_ATTEMPTS
    assert len({one.at.date() for one in made}) == len(made)
    assert len({one.at.hour for one in made}) == len(made)


@given(st.lists(st.tuples(moments, outcomes), max_size=30), st.integers(0, 40))
def test_f_39_the_next_attempt_that_is_named_is_taken(tried: list[tuple[datetime, CallOutcome]], days: int) -> None:
    """On a working day, not before the day that is asked for."""
    made = _made(tried)
    first = FROM.date() + timedelta(days)
    at = next_attempt(made, first)
    assert (at is None) is (len(made) == MAX_ATTEMPTS)
    if at is not None:
        assert refused("N1", made, at) is None
        assert at.date() >= first
        assert at.weekday() < 5


@given(st.lists(st.tuples(moments, outcomes), max_size=12), st.booleans(), st.booleans())
def test_a_task_that_is_through_is_not_to_be_called(
    tried: list[tuple[datetime, CallOutcome]], held: bool, promised: bool
) -> None:
    made = _made(tried)
    state = state_of(made, open_left=True, held=held, promised=promised)
    assert (state is CallState.OPEN) is (not done(made) and not held and not promised)
    assert done(made) is (spoken(made) or len(made) == MAX_ATTEMPTS)
    assert state_of(made, open_left=False, held=held, promised=promised) is CallState.CLOSED


@given(st.dictionaries(st.integers(1, 9), st.integers(1, 100_00), min_size=1), st.data())
def test_a_promise_of_an_amount_is_spread_over_what_is_owed(owed: dict[int, int], data: st.DataObject) -> None:
    amount = data.draw(st.integers(1, sum(owed.values())))
    shares = spread(amount, owed)
    assert sum(share for _, share in shares) == amount
    assert [number for number, _ in shares] == list(owed)[: len(shares)]
    assert all(0 < share <= owed[number] for number, share in shares)
    # All but the last are covered in full.
    assert all(share == owed[number] for number, share in shares[:-1])
    assert spread(None, owed) == list(owed.items())


@given(st.integers(1, 1000), st.integers(0, 1000), st.integers(0, 1000), st.integers(-5, 5))
def test_a_promise_is_live_kept_or_broken_and_never_two_of_them(amount: int, more: int, paid: int, days: int) -> None:
    until = date(2026, 3, 20)
    promise = Promised(amount, amount + more, until)
    state = promise_state(promise, amount + more - paid, until + timedelta(days))
    wanted = PromiseState.KEPT if paid >= amount else PromiseState.LIVE if days <= 0 else PromiseState.BROKEN
    assert state is wanted


@given(moments, st.integers(-60, 60), st.integers(-3, 3))
def test_f_33_late_is_decided_by_the_minute_and_missing_by_the_day(received: datetime, minutes: int, days: int) -> None:
    due = due_at(received)
    assert due - received == timedelta(hours=24)
    at = due + timedelta(minutes=minutes)
    assert deadline_of(received, at, at.date()) is (Deadline.LATE if minutes > 0 else Deadline.ACKNOWLEDGED)
    missing = deadline_of(received, None, due.date() + timedelta(days))
    assert missing is (Deadline.WAITING if days < 0 else Deadline.DUE if days == 0 else Deadline.OVERDUE)
