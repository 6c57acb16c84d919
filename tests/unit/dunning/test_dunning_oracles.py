"""The worked oracles of requirements.md 1.8 that concern who is dunned, when and for how much."""

from dataclasses import replace
from datetime import date

import pytest

from recon.dunning.presets import preset
from recon.dunning.procedure import next_date, proposal_date, resolve
from recon.model.dunning import DunnablePart, PartState
from recon.model.items import Part, PartKind, split_open
from recon.model.settings import DunningSettings
from tests.unit.dunning.daily import (
    DUE,
    april,
    dates,
    left,
    levels,
    march,
    only,
    part,
    plan_of,
    reached,
    reasons,
    run_daily,
)


def test_o_01_default_profile_daily() -> None:
    issued, (after,) = run_daily([part()], DunningSettings())
    assert [(line.on, line.level, line.deadline) for line in issued] == [
        (march(15), 1, march(25)),
        (march(29), 2, april(8)),
        (april(12), 3, april(22)),
    ]
    assert proposal_date(resolve(DunningSettings()), after.state, DUE) == april(26)
    last = left(plan_of([after], april(20)))
    assert (last.reason, last.next_on) == ("highest_level", None)
    assert ("proposal_on", "2026-04-26") in last.facts


@pytest.mark.parametrize(
    ("repeat_last", "expected"),
    [
        (True, [(march(12), 1), (march(23), 2), (april(3), 3), (april(14), 3)]),
        (False, [(march(12), 1), (march(23), 2), (april(3), 3)]),
    ],
)
def test_o_02_x_10_v_09_strict_ten_days_repeats_only_when_told(
    repeat_last: bool, expected: list[tuple[date, int]]
) -> None:
    settings = replace(preset("prepayment"), repeat_last=repeat_last)
    issued, _ = run_daily([part()], settings, last=april(20))
    assert dates(issued) == expected


def test_o_03_d_15_desk4_every_level_from_the_due_date() -> None:
    issued, _ = run_daily([part()], DunningSettings(preset="desk4"))
    assert dates(issued) == [(march(2), 1), (march(11), 2), (march(21), 3)]


def test_o_04_x_02_x_03_desk4_late_first_run_skips_nothing_and_keeps_the_gap() -> None:
    issued, _ = run_daily([part()], DunningSettings(preset="desk4"), first=march(21))
    assert dates(issued) == [(march(21), 1), (march(28), 2), (april(4), 3)]


@pytest.mark.parametrize(("boundary", "first"), [("inclusive", march(4)), ("strict", march(5))])
def test_o_05_f_37_reminder_three_days_after_the_due_date(boundary: str, first: date) -> None:
    settings = DunningSettings(preset="fintecrity", boundary=boundary, given=("boundary",))  # type: ignore[arg-type]
    issued, _ = run_daily([part()], settings)
    assert dates(issued)[0] == (first, 1)


def test_o_05_f_36_f_38_call_seven_days_after_the_letter() -> None:
    settings = DunningSettings(preset="fintecrity")
    issued, _ = run_daily([part()], settings)
    (_, letter, call) = issued
    assert (call.on - letter.on).days == 7
    third = only(plan_of([part(state=reached(2, letter.on, letter.deadline))], call.on, settings))
    assert (third.level, third.channel) == (3, "phone")


def test_o_06_x_11_v_12_instalments_paid_oldest_first() -> None:
    """1000 = 400 due 01.03. + 600 due 01.04.; 150 paid 05.03., 500 paid 20.03. Read by the letter (paid 650 < 600) the
    350 would never be dunned."""
    whole = (
        Part(PartKind.PREPAYMENT, 400_00, 400_00, DUE),
        Part(PartKind.REMAINDER, 600_00, 600_00, april(1)),
    )

    def paid(day: date, each: DunnablePart) -> DunnablePart:
        open_of_item = 1000_00 - (150_00 if day >= march(5) else 0) - (500_00 if day >= march(20) else 0)
        now = {one.kind: one.open for one in split_open(whole, open_of_item)}
        return replace(each, open=now[each.part])

    parts = [part("RE-1", one.amount, one.due_date, kind=one.kind) for one in whole]
    issued, after = run_daily(parts, preset("prepayment"), last=april(12), change=paid)
    assert [(line.on, line.level, line.open, line.part) for line in issued] == [
        (march(12), 1, 250_00, PartKind.PREPAYMENT),
        (april(12), 1, 350_00, PartKind.REMAINDER),
    ]
    assert [each.open for each in after] == [0, 350_00]


@pytest.mark.parametrize(("fee_mode", "total"), [("replace", 110_00), ("cumulative", 115_00)])
def test_o_07_a_15_x_04_fees_of_level_three(fee_mode: str, total: int) -> None:
    settings = DunningSettings(preset=None, fee_mode=fee_mode, levels=levels(0, 5_00, 10_00))  # type: ignore[arg-type]
    notice = only(plan_of([part(state=reached(2))], april(10), settings))
    assert (notice.level, notice.fee, notice.total) == (3, total - 100_00, total)


@pytest.mark.parametrize(("max_repeats", "count"), [(0, 3), (1, 4), (2, 5), (None, 7)])
def test_o_02_x_10_repeats_end_where_the_settings_say(max_repeats: int | None, count: int) -> None:
    """11 days from one to the next until 25.05.; after the last one the part is proposed for collection."""
    settings = replace(preset("prepayment"), repeat_last=True, max_repeats=max_repeats)
    issued, (after,) = run_daily([part()], settings, last=date(2026, 5, 25))
    assert [line.level for line in issued] == [1, 2, 3, 3, 3, 3, 3][:count]
    assert after.state.repeats == count - 3
    proposed = proposal_date(resolve(settings), after.state, DUE)
    assert (proposed is None) is (max_repeats is None)


ONE_AND_TWO = [part("RE-1", 100_00), part("RE-2", 200_00, state=reached(1))]
FEES_0_5 = DunningSettings(preset=None, levels=levels(0, 5_00))


def test_o_10_x_07_mixed_levels_highest_is_one_notice() -> None:
    notice = only(plan_of(ONE_AND_TWO, april(10), FEES_0_5))
    assert (notice.level, notice.title, notice.fee, notice.total) == (2, "Mahnung 2", 5_00, 305_00)
    assert [(item.invoice_no, item.level) for item in notice.items] == [("RE-1", 1), ("RE-2", 2)]


def test_o_10_v_23_mixed_levels_separate_is_one_notice_a_level() -> None:
    made = plan_of(ONE_AND_TWO, april(10), replace(FEES_0_5, mixed_levels="separate"))
    assert [(notice.level, sum(item.open for item in notice.items), notice.fee) for notice in made.notices] == [
        (1, 100_00, 0),
        (2, 200_00, 5_00),
    ]


@pytest.mark.parametrize(
    ("name", "branch_days", "own", "expected"),
    [
        ("A, copied when it was created", (15,), 10, 10),
        ("B, new, copied", (15,), 15, 15),
        ("C, own", (15,), 5, 5),
        ("A, live", (15,), None, 15),
        ("B, live", (15,), None, 15),
        ("no branch days", (), None, 10),
    ],
)
def test_o_14_v_14_v_15_x_09_days_of_customer_branch_tenant(
    name: str, branch_days: tuple[int, ...], own: int | None, expected: int
) -> None:
    procedure = resolve(preset("prepayment"), branch_days, (own, None, None, None))
    step = next_date(procedure, PartState(), DUE)
    assert step is not None, name
    assert step.on == march(1 + expected + 1), name


def test_o_16_exported_item_waits_and_comes_back_with_its_count() -> None:
    """Exported for 05.03., returned on 17.03.: eligible again, original due date, counter unchanged."""
    before = part(hold="in_collection", hold_facts=(("batch", "B1"), ("date", "2026-03-05")))
    assert left(plan_of([before], march(15))).reason == "in_collection"
    notice = only(plan_of([replace(before, hold=None, hold_facts=())], march(17)))
    assert (notice.level, notice.items[0].due_date, notice.items[0].days_overdue) == (1, DUE, 16)

    dunned = replace(before, hold=None, state=reached(1))
    assert only(plan_of([dunned], march(29))).level == 2


def test_o_17_x_27_complaint_blocks_its_item_alone_and_keeps_the_step() -> None:
    """Raised 14.03., resolved 20.03."""
    disputed = part("RE-1", hold="disputed", hold_facts=(("reason", "Ware beschädigt"),))
    other = part("RE-2")
    made = plan_of([disputed, other], march(15))
    assert reasons(made) == {"RE-1": "disputed"}
    assert [item.invoice_no for item in only(made).items] == ["RE-2"]
    resolved = replace(disputed, hold=None, hold_facts=())
    assert only(plan_of([resolved], march(20))).level == 1
