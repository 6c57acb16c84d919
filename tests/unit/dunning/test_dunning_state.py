"""The state of a part follows from the notices that stand; a frozen notice is brought up to date when it is issued."""

from dataclasses import replace

import pytest

from recon.dunning.refresh import refreshed
from recon.dunning.state import Sent, after_issue, fold
from recon.model.dunning import PartState
from recon.model.items import PartKind
from recon.model.settings import DunningSettings
from tests.unit.dunning.daily import april, levels, march, only, part, plan_of, reached

FIRST = Sent(1, march(15), march(25))
SECOND = Sent(2, march(29), april(8))
TOTAL = PartKind.TOTAL


def test_v_25_issuing_counts_one_up_and_sets_the_day() -> None:
    assert after_issue(PartState(), 1, march(15), march(25)) == reached(1)
    assert after_issue(reached(1), 2, march(29), april(8)) == PartState(2, march(29), april(8))


def test_x_10_a_repeated_level_keeps_the_count_and_moves_the_day() -> None:
    assert after_issue(reached(3), 3, april(12), april(22)) == PartState(3, april(12), april(22))


def test_a_credit_line_changes_nothing() -> None:
    assert after_issue(PartState(), 0, march(15), march(25)) == PartState()


@pytest.mark.parametrize(
    ("state", "level", "on", "match"),
    [
        (PartState(), 2, march(15), "level 2 after level 0"),
        (reached(1), 3, march(29), "level 3 after level 1"),
        (reached(1), -1, march(29), "level -1"),
        (reached(1), 2, march(25), "previous deadline"),
    ],
)
def test_x_03_what_may_not_be_issued(state: PartState, level: int, on: object, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        after_issue(state, level, on, april(30))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("history", "state"),
    [
        ([], PartState()),
        ([FIRST], PartState(1, march(15), march(25))),
        ([SECOND, FIRST], PartState(2, march(29), april(8))),
        ([FIRST, replace(SECOND, cancelled=True)], PartState(1, march(15), march(25))),
        ([replace(FIRST, cancelled=True)], PartState()),
        ([replace(FIRST, cancelled=True), replace(FIRST, issued_on=march(16))], PartState(1, march(16), march(25))),
        ([FIRST, Sent(0, march(20), march(30))], PartState(1, march(15), march(25))),
    ],
)
def test_state_is_that_of_the_last_notice_that_stands(history: list[Sent], state: PartState) -> None:
    assert fold(history) == state


FEES = DunningSettings(preset=None, levels=levels(0, 5_00))
NOTICE = only(
    plan_of([part("RE-1", 100_00), part("RE-2", 200_00, state=reached(1)), part("GS-3", -20_00)], april(10), FEES)
)


def test_issue_drops_what_was_paid_meanwhile_and_asks_for_less() -> None:
    now = refreshed(NOTICE, {(1, TOTAL): 100_00, (2, TOTAL): 150_00, (3, TOTAL): -20_00}, FEES)
    assert now is not None
    assert (now.total, now.level) == (235_00, 2)
    first = refreshed(NOTICE, {(1, TOTAL): 100_00, (3, TOTAL): -20_00}, FEES)
    assert first is not None
    assert (first.level, first.title, first.fee, first.total) == (1, "Zahlungserinnerung", 0, 80_00)


def test_issue_never_asks_for_more_than_the_preview() -> None:
    now = refreshed(NOTICE, {(1, TOTAL): 500_00, (2, TOTAL): 200_00, (3, TOTAL): -20_00}, FEES)
    assert now == NOTICE


@pytest.mark.parametrize("open_now", [{}, {(3, TOTAL): -20_00}, {(1, TOTAL): 20_00, (3, TOTAL): -20_00}])
def test_issue_sends_nothing_where_nothing_is_left(open_now: dict[tuple[int, PartKind], int]) -> None:
    assert refreshed(NOTICE, open_now, FEES) is None
