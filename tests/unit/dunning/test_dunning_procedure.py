"""When a part may get its next level, and who set the days."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from recon.dunning.presets import PRESETS, effective, preset
from recon.dunning.procedure import Procedure, next_date, resolve
from recon.model.dunning import PartState
from recon.model.items import PartKind
from recon.model.settings import Anchor, DunningSettings, LevelSettings
from tests.unit.dunning.daily import DUE, april, left, march, only, part, plan_of, reached


def one_level(days: int, boundary: str) -> DunningSettings:
    return DunningSettings(preset=None, boundary=boundary, levels=(LevelSettings(1, days),))  # type: ignore[arg-type]


def first_day(procedure: Procedure, state: PartState = PartState(), due_date: date = DUE) -> date:  # noqa: B008
    step = next_date(procedure, state, due_date)
    assert step is not None
    return step.on


@pytest.mark.parametrize(("day", "reason"), [(march(14), "not_yet"), (march(15), None)])
def test_a_06_fourteen_days_inclusive(day: date, reason: str | None) -> None:
    made = plan_of([part()], day)
    assert [undunned.reason for undunned in made.undunned] == ([reason] if reason else [])
    assert len(made.notices) == (0 if reason else 1)


@pytest.mark.parametrize(("day", "dunned"), [(march(11), False), (march(12), True)])
def test_v_11_ten_days_strict(day: date, dunned: bool) -> None:
    assert bool(plan_of([part()], day, preset("prepayment")).notices) is dunned


@pytest.mark.parametrize(("boundary", "first"), [("inclusive", march(11)), ("strict", march(12))])
def test_x_01_ten_days_both_ways(boundary: str, first: date) -> None:
    assert first_day(resolve(one_level(10, boundary))) == first


def test_d_14_term_of_fourteen_days_and_one_is_reached_after_fifteen() -> None:
    document_date = date(2026, 2, 15)
    due_date = document_date + timedelta(14)
    assert (first_day(resolve(preset("desk4")), due_date=due_date) - document_date).days == 15


def test_d_16_d_18_days_and_fee_of_each_level_are_independent() -> None:
    levels = (LevelSettings(1, 5, fee=3_00), LevelSettings(2, 9, fee=0))
    settings = DunningSettings(preset=None, levels=levels)
    assert (only(plan_of([part()], march(6), settings)).total) == 103_00
    assert (only(plan_of([part(state=reached(1))], april(1), settings)).total) == 100_00


def test_a_14_d_16_the_amount_due_holds_the_fee_and_the_fee_is_told_apart() -> None:
    notice = only(plan_of([part()], march(6), DunningSettings(preset=None, levels=(LevelSettings(1, 5, fee=5_00),))))
    assert (notice.items[0].open, notice.fee, notice.total) == (100_00, 5_00, 105_00)


def test_d_17_a_fee_of_nothing_leaves_the_total_as_it_is() -> None:
    notice = only(plan_of([part()], march(2), DunningSettings(preset="desk4")))
    assert (notice.fee, notice.total) == (0, 100_00)


LEVEL_OWN = DunningSettings(
    preset=None, deadline_days=10, min_amount=1, levels=(
        LevelSettings(1, 1), LevelSettings(2, 1, "previous_deadline", deadline_days=3, min_amount=50_00),
    ),
)  # fmt: skip


def test_a_07_a_level_gives_its_own_time_to_pay() -> None:
    assert only(plan_of([part()], march(6), LEVEL_OWN)).deadline == march(16)
    assert only(plan_of([part(state=reached(1))], march(26), LEVEL_OWN)).deadline == march(29)


def test_the_least_amount_of_a_level_stands_in_place_of_the_procedure_s() -> None:
    assert only(plan_of([part(open=10_00)], march(6), LEVEL_OWN)).level == 1
    small = left(plan_of([part(open=10_00, state=reached(1))], march(26), LEVEL_OWN))
    assert (small.reason, dict(small.facts)["minimum"]) == ("below_minimum", "50.00")
    # The highest level of the notice decides.
    both = [part(open=10_00, state=reached(1)), part("RE-2", open=45_00)]
    assert only(plan_of(both, march(26), LEVEL_OWN)).level == 2


@pytest.mark.parametrize(("due", "counted"), [(DUE, march(2)), (april(3), april(7)), (march(4), march(4))])
def test_x_30_a_closed_day_counts_from_the_next_open_one(due: date, counted: date) -> None:
    """Sunday 01.03., Good Friday 03.04., a Wednesday; what was printed stays (F-30)."""
    settings = DunningSettings(due_shift="next_bank_day")
    step = next_date(resolve(settings), PartState(), due)
    assert step is not None
    assert step.on == counted + timedelta(14)
    assert {bound.rule for bound in step.because} == (
        {"due_date.inclusive", "overdue"} | ({"due_shift"} if due != counted else set())
    )
    assert left(plan_of([part(due_date=due)], counted, settings)).reason == "not_due"
    assert only(plan_of([part(due_date=due)], step.on, settings)).items[0].due_date == due
    assert next_date(resolve(DunningSettings()), PartState(), due).on == due + timedelta(14)  # type: ignore[union-attr]


def test_x_30_never_stays_never() -> None:
    settings = DunningSettings(due_shift="next_bank_day")
    assert left(plan_of([part(due_date=date.max)], march(15), settings)).reason == "not_due"


@pytest.mark.parametrize(
    ("anchor", "days", "first"),
    [("previous_notice", 12, march(27)), ("previous_deadline", 4, march(29)), ("due_date", 40, april(10))],
)
def test_x_02_anchor_of_a_later_level(anchor: Anchor, days: int, first: date) -> None:
    levels = (LevelSettings(1, 14), LevelSettings(2, days, anchor))
    assert first_day(resolve(DunningSettings(preset=None, levels=levels)), reached(1)) == first


def test_v_07_level_two_counts_from_the_last_notice_not_from_the_due_date() -> None:
    procedure = resolve(preset("prepayment"), customer_days=(None, 20, None, None))
    late = reached(1, april(10), april(20))
    assert first_day(procedure, late) == date(2026, 5, 1)


def test_v_05_v_06_v_08_each_part_has_its_own_count_and_due_date() -> None:
    parts = [
        part("RE-1", 400_00, DUE, kind=PartKind.PREPAYMENT, state=reached(1, march(12), march(22))),
        part("RE-1", 600_00, april(1), kind=PartKind.REMAINDER),
    ]
    early = plan_of(parts, march(23), preset("prepayment"))
    assert [(item.part, item.level) for item in only(early).items] == [(PartKind.PREPAYMENT, 2)]
    assert [(undunned.part, undunned.reason) for undunned in early.undunned] == [(PartKind.REMAINDER, "not_due")]
    both = only(plan_of(parts, april(12), preset("prepayment")))
    assert [(item.part, item.level) for item in both.items] == [(PartKind.PREPAYMENT, 2), (PartKind.REMAINDER, 1)]


def test_x_12_two_parts_at_their_own_levels_share_a_notice_also_without_combining() -> None:
    parts = [
        part("RE-1", 400_00, DUE, kind=PartKind.PREPAYMENT, state=reached(1)),
        part("RE-1", 600_00, DUE, kind=PartKind.REMAINDER),
    ]
    notice = only(plan_of(parts, april(10), DunningSettings(combine="none")))
    assert [(item.part, item.level) for item in notice.items] == [(PartKind.PREPAYMENT, 2), (PartKind.REMAINDER, 1)]


def test_1_7_the_deadline_must_have_passed_whatever_the_days_say() -> None:
    levels = (LevelSettings(1, 1), LevelSettings(2, 2, "previous_notice"))
    settings = DunningSettings(preset=None, min_gap_days=0, levels=levels)
    step = next_date(resolve(settings), reached(1), DUE)
    assert step is not None
    assert (step.on, step.decisive.rule) == (march(26), "deadline")


def test_v_03_days_of_zero_still_wait_until_the_due_date_has_passed() -> None:
    assert left(plan_of([part()], DUE, one_level(0, "inclusive"))).reason == "not_due"
    assert first_day(resolve(one_level(0, "inclusive"))) == march(2)


def test_a_08_a_13_a_level_beyond_the_last_never_comes() -> None:
    three = DunningSettings()
    assert left(plan_of([part(state=reached(3))], april(30), three)).reason == "collection_proposed"
    two = replace(preset("amparex"), levels=preset("amparex").levels[:2])
    for level in (2, 3):
        assert left(plan_of([part(state=reached(level))], april(30), two)).reason == "collection_proposed"


def test_a_01_days_of_a_branch_without_a_place_for_them_do_not_add_a_level() -> None:
    assert len(resolve(DunningSettings(), (14, 10, 10, 10), (None, None, None, 9)).levels) == 3


def test_x_09_origin_of_every_value_is_known() -> None:
    settings = DunningSettings(preset="prepayment", deadline_days=12)
    procedure = resolve(settings, (11, 12), (None, 5, None, None))
    assert [(level.after_days, level.days_from) for level in procedure.levels] == [
        (11, "branch"),
        (5, "customer"),
        (10, "preset"),
    ]
    assert [level.anchor for level in procedure.levels] == ["due_date", "previous_notice", "previous_notice"]
    assert (procedure.origin("boundary"), procedure.origin("deadline_days")) == ("preset", "tenant")


def test_own_levels_replace_those_of_the_preset_and_its_other_values_stay() -> None:
    own = DunningSettings(preset="prepayment", levels=(LevelSettings(1, 5),), given=("levels", "preset"))
    procedure = resolve(own)
    assert [(level.after_days, level.origin) for level in procedure.levels] == [(5, "tenant")]
    assert (procedure.boundary, procedure.origin("boundary")) == ("strict", "preset")


def test_a_stated_default_wins_over_the_preset() -> None:
    assert effective(DunningSettings(preset="prepayment")).boundary == "strict"
    stated = DunningSettings(preset="prepayment", boundary="inclusive", given=("boundary",))
    assert effective(stated).boundary == "inclusive"


@pytest.mark.parametrize("name", PRESETS)
def test_completing_settings_twice_changes_nothing(name: str) -> None:
    once = effective(DunningSettings(preset=name, deadline_days=3, given=("deadline_days",)))
    assert effective(once) == once
    assert effective(DunningSettings(preset=name)) == preset(name)


def test_due_date_at_the_end_of_the_calendar_is_simply_not_due() -> None:
    assert left(plan_of([part(due_date=date.max)], march(15))).reason == "not_due"


def test_levels_that_cannot_work_are_a_broken_promise() -> None:
    with pytest.raises(ValueError, match="not numbered"):
        resolve(DunningSettings(preset=None, levels=(LevelSettings(2, 1),)))
    with pytest.raises(ValueError, match="no earlier notice"):
        resolve(DunningSettings(preset=None, levels=(LevelSettings(1, 1, "previous_notice"),)))
    with pytest.raises(ValueError, match="without its last notice"):
        next_date(resolve(DunningSettings()), PartState(1), DUE)
