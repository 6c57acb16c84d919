"""The state of a part follows from the notices that stand; a frozen notice is brought up to date when it is issued."""

from dataclasses import replace

import pytest

from recon.dunning.refresh import refreshed
from recon.dunning.state import Sent, after_issue, fold
from recon.model.dunning import Notice, PartState
from recon.model.settings import DunningSettings
from tests.unit.dunning.daily import MUSTER, april, levels, march, only, part, plan_of, reached

FIRST = Sent(1, march(15), march(25))
SECOND = Sent(2, march(29), april(8))


def test_v_25_issuing_counts_one_up_and_sets_the_day() -> None:
    assert after_issue(PartState(), 1, march(15), march(25)) == reached(1)
    second = after_issue(reached(1), 2, march(29), april(8))
    assert second == PartState(2, march(29), april(8), first_notice_on=march(15), first_deadline=march(25))


def test_x_10_a_repeated_level_keeps_the_count_and_moves_the_day() -> None:
    again = after_issue(reached(3), 3, april(12), april(22))
    assert again == PartState(3, april(12), april(22), march(15), march(25), repeats=1)
    assert after_issue(again, 3, april(29), april(30)).repeats == 2


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
        ([FIRST], reached(1)),
        ([SECOND, FIRST], PartState(2, march(29), april(8), march(15), march(25))),
        ([FIRST, replace(SECOND, cancelled=True)], reached(1)),
        ([replace(FIRST, cancelled=True)], PartState()),
        ([replace(FIRST, cancelled=True), replace(FIRST, issued_on=march(16))], reached(1, march(16))),
        ([FIRST, Sent(0, march(20), march(30))], reached(1)),
    ],
)
def test_state_is_that_of_the_last_notice_that_stands(history: list[Sent], state: PartState) -> None:
    assert fold(history) == state


FEES = DunningSettings(preset=None, levels=levels(0, 5_00))
PARTS = [part("RE-1", 100_00), part("RE-2", 200_00, state=reached(1)), part("GS-3", -20_00)]
NOTICE = only(plan_of(PARTS, april(10), FEES))


def issued(open_now: dict[int, int]) -> Notice | None:
    """The notice as it is issued on the day of its preview, where so much is open by item."""
    now = {
        (one.item_id, one.part): replace(one, open=open_now[one.item_id]) for one in PARTS if one.item_id in open_now
    }
    return refreshed(NOTICE, now, MUSTER, FEES, april(10))


def test_issue_drops_what_was_paid_meanwhile_and_asks_for_less() -> None:
    now = issued({1: 100_00, 2: 150_00, 3: -20_00})
    assert now is not None
    assert (now.total, now.level) == (235_00, 2)
    first = issued({1: 100_00, 3: -20_00})
    assert first is not None
    assert (first.level, first.title, first.fee, first.total) == (1, "Zahlungserinnerung", 0, 80_00)


def test_issue_never_asks_for_more_than_the_preview() -> None:
    assert issued({1: 500_00, 2: 200_00, 3: -20_00}) == NOTICE


@pytest.mark.parametrize("open_now", [{}, {3: -20_00}, {1: 20_00, 3: -20_00}])
def test_issue_sends_nothing_where_nothing_is_left(open_now: dict[int, int]) -> None:
    assert issued(open_now) is None


def test_a_level_that_the_settings_have_no_longer_is_not_issued() -> None:
    fewer = DunningSettings(preset=None, levels=levels(1_00))
    now = refreshed(NOTICE, {(one.item_id, one.part): one for one in PARTS}, MUSTER, fewer, april(10))
    assert now is not None
    assert [item.invoice_no for item in now.items] == ["GS-3", "RE-1"]
    assert (now.level, now.fee, now.deadline) == (1, 1_00, april(20))


def test_first_notice_and_repeats_follow_from_the_notices_that_stand() -> None:
    sent = [Sent(1, march(2), march(8)), Sent(2, march(12), march(20)), Sent(2, march(25), march(30))]
    state = fold(sent)
    assert (state.first_notice_on, state.first_deadline, state.repeats) == (march(2), march(8), 1)
    first_gone = fold([replace(sent[0], cancelled=True), *sent[1:]])
    assert (first_gone.first_notice_on, first_gone.level, first_gone.repeats) == (march(12), 2, 1)
