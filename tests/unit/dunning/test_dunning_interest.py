"""Default interest and the lump sum of § 288 BGB (domain.md 7.2): rates, days, rounding, and who is asked for what."""

from dataclasses import replace
from datetime import date

import pytest

from recon.dunning.base_rates import doubts, rates
from recon.dunning.interest import default_since, rate_doubts, stretches
from recon.dunning.past import AskedLine, asks, met_by_line
from recon.dunning.refresh import refreshed
from recon.model.dunning import DunnablePart, Notice, PartState
from recon.model.finding import Finding, Severity
from recon.model.items import CustomerType, PartKind
from recon.model.settings import BaseRate, DayCount, DunningSettings, InterestFrom
from recon.texts import finding_text, remedy
from tests.unit.dunning.daily import CUSTOMERS, DUE, april, levels, march, only, part, plan_of, reached

GMBH = replace(CUSTOMERS["10002"], type=CustomerType.COMPANY)
PEOPLE = {**CUSTOMERS, GMBH.customer_no: GMBH}
TODAY = april(10)
# Rates of 2 % whose interest is reckoned in the head: consumers pay 7 %, companies 11 %.
TWO = (BaseRate(date(2025, 7, 1), 2_00), BaseRate(date(2026, 1, 1), 2_00), BaseRate(date(2026, 7, 1), 2_00))
ON = DunningSettings(preset=None, interest=True, base_rates=TWO, levels=levels(0, 5_00, 10_00))
LUMPS = replace(ON, interest=False, lump_sum=True)


def of_gmbh(invoice_no: str = "RE-1", open: int = 1000_00, **more: object) -> DunnablePart:  # noqa: A002
    return part(invoice_no, open, customer_no="10002", **{"state": reached(1), **more})  # type: ignore[arg-type]


def notice_of(parts: list[DunnablePart], settings: DunningSettings, on: date = TODAY) -> Notice:
    return only(plan_of(parts, on, settings, customers=PEOPLE))


# --- the figures -------------------------------------------------------------------------------------------------


def test_a_company_in_default_since_16_06_2026_pays_on_20_11_2026() -> None:
    """The worked example of domain.md 7.2: 15 days at 10.27 %, 143 days at 10.52 %."""
    found = stretches(1000_00, date(2026, 6, 16), date(2026, 11, 20), company=True)
    assert [(one.days, one.percent, one.amount) for one in found] == [(15, 10_27, 4_22), (143, 10_52, 41_22)]
    assert [(one.first, one.last) for one in found] == [
        (date(2026, 6, 16), date(2026, 6, 30)), (date(2026, 7, 1), date(2026, 11, 20)),
    ]  # fmt: skip
    assert sum(one.amount for one in found) == 45_44


@pytest.mark.parametrize(
    ("company", "since", "until", "owed"),
    [
        # A year of a negative base rate: 5 - 0.88 for consumers, 9 - 0.88 for companies.
        (False, date(2021, 1, 1), date(2021, 12, 31), (4_12, 365, 41_20)),
        (True, date(2021, 1, 1), date(2021, 12, 31), (8_12, 365, 81_20)),
        # One day alone: 1000 x 7.27 % / 365 = 0.1992.
        (False, date(2025, 7, 1), date(2025, 7, 1), (6_27, 1, 17)),
        (True, date(2024, 1, 1), date(2024, 1, 1), (12_62, 1, 35)),
    ],
)
def test_points_above_the_base_rate(company: bool, since: date, until: date, owed: tuple[int, int, int]) -> None:
    (one,) = stretches(1000_00, since, until, company=company)
    assert (one.percent, one.days, one.amount) == owed


@pytest.mark.parametrize(
    ("day_count", "expected"),
    [
        # The whole of a leap year at 8.62 and 8.37 %: by 365 it has 366 days to pay for.
        ("actual_365", [(182, 365, 42_98), (184, 365, 42_19)]),
        ("actual_actual", [(182, 366, 42_86), (184, 366, 42_08)]),
    ],
)
def test_days_of_a_leap_year(day_count: DayCount, expected: list[tuple[int, int, int]]) -> None:
    found = stretches(1000_00, date(2024, 1, 1), date(2024, 12, 31), company=False, day_count=day_count)
    assert [(one.days, one.year, one.amount) for one in found] == expected


def test_actual_actual_parts_the_years_under_one_rate() -> None:
    found = stretches(1000_00, date(2019, 12, 31), date(2020, 1, 1), company=False, day_count="actual_actual")
    assert [(one.days, one.year) for one in found] == [(1, 365), (1, 366)]


def test_each_stretch_is_rounded_half_up_by_itself() -> None:
    half = (BaseRate(date(2026, 1, 1), -5_00 + 3_65), BaseRate(date(2026, 1, 2), -5_00 + 3_65))
    found = stretches(50_00, date(2026, 1, 1), date(2026, 1, 2), company=False, own=half)
    # 50.00 x 3.65 % / 365 = 0.005 a day: half a cent becomes one, twice.
    assert [one.amount for one in found] == [1, 1]


def test_a_rate_far_below_zero_leaves_no_interest_and_pays_none_out() -> None:
    low = (BaseRate(date(2026, 1, 1), -9_50),)
    assert [one.amount for one in stretches(1000_00, april(1), april(30), company=True, own=low)] == [0]


def test_no_days_and_days_before_the_first_rate_bear_nothing() -> None:
    assert stretches(1000_00, april(2), april(1), company=True) == ()
    (one,) = stretches(1000_00, date(2014, 12, 30), date(2015, 1, 1), company=True)
    assert (one.first, one.days) == (date(2015, 1, 1), 1)


def test_own_rates_stand_in_place_of_the_built_in_ones_and_after_them() -> None:
    table = {rate.since: (rate.percent, rate.verified) for rate in rates()}
    assert table[date(2016, 7, 1)] == (-88, True)
    assert table[date(2026, 7, 1)] == (1_52, False)
    own = {rate.since: (rate.percent, rate.verified)
           for rate in rates((BaseRate(date(2026, 7, 1), 1_53), BaseRate(date(2027, 1, 1), 2_00)))}  # fmt: skip
    assert own == {**table, date(2026, 7, 1): (1_53, True), date(2027, 1, 1): (2_00, True)}


def codes(found: tuple[Finding, ...]) -> list[str]:
    for finding in found:
        assert finding.severity is Severity.WARNING
        for text in (finding_text(finding, "de"), finding_text(finding, "en"), remedy(finding, "de")):
            assert text
            assert "{" not in text
    return [finding.code for finding in found]


@pytest.mark.parametrize(
    ("first", "last", "own", "expected"),
    [
        (date(2026, 1, 1), date(2026, 6, 30), (), []),
        (date(2026, 6, 30), date(2026, 7, 1), (), ["base-rate-unverified"]),
        (date(2026, 6, 30), date(2026, 12, 31), (BaseRate(date(2026, 7, 1), 1_52),), []),
        (date(2026, 6, 30), date(2027, 1, 1), (BaseRate(date(2026, 7, 1), 1_52),), ["base-rate-old"]),
        (date(2026, 7, 1), date(2027, 1, 1), (), ["base-rate-unverified", "base-rate-old"]),
    ],
)
def test_a_rate_seen_once_and_a_rate_that_has_run_out_are_warned_of(
    first: date, last: date, own: tuple[BaseRate, ...], expected: list[str]
) -> None:
    assert codes(doubts(own, first, last)) == expected


# --- on a notice -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("interest_from", "since"),
    [("first_deadline", march(26)), ("first_notice", march(16)), ("due_date", march(2))],
)
def test_default_begins_with_what_the_settings_say(interest_from: InterestFrom, since: date) -> None:
    """§ 286 BGB: the time of the first notice has run out, the first notice, the day fixed by the calendar."""
    settings = replace(ON, interest_from=interest_from)
    assert default_since(settings, reached(1), DUE) == since
    assert (default_since(settings, PartState(), DUE) is None) is (interest_from != "due_date")


def test_x_30_a_due_date_on_a_sunday_puts_nobody_in_default_on_monday() -> None:
    settings = replace(ON, interest_from="due_date", due_shift="next_bank_day")
    assert default_since(settings, PartState(), DUE) == march(3)


def test_interest_is_on_the_line_and_in_the_total() -> None:
    notice = notice_of([of_gmbh("RE-1", 1000_00), of_gmbh("RE-2", 500_00)], ON)
    # 16 days from 26.03. to 10.04. at 11 %: 4.82 and 2.41.
    assert [(item.interest, item.interest_since) for item in notice.items] == [(4_82, march(26)), (2_41, march(26))]
    assert (notice.interest, notice.fee, notice.total) == (7_23, 5_00, 1512_23)


def test_a_consumer_pays_less_and_never_a_lump_sum() -> None:
    notice = notice_of([part(state=reached(1), open=1000_00)], replace(ON, lump_sum=True))
    assert (notice.interest, notice.lump_sum) == (3_07, 0)


def test_the_first_notice_asks_for_none_as_nobody_is_in_default_yet() -> None:
    notice = notice_of([of_gmbh(state=PartState())], replace(ON, lump_sum=True), on=march(15))
    assert (notice.interest, notice.lump_sum, notice.fee) == (0, 0, 0)


def test_off_by_default() -> None:
    notice = notice_of([of_gmbh()], replace(ON, interest=False))
    assert (notice.interest, notice.lump_sum, notice.items[0].interest_since) == (0, 0, None)
    assert not asks(DunningSettings())


def test_a_level_may_say_otherwise() -> None:
    first, second, third = ON.levels
    only_third = replace(ON, interest=False, levels=(first, second, replace(third, interest=True)))
    assert notice_of([of_gmbh()], only_third).interest == 0
    assert notice_of([of_gmbh(state=reached(2))], only_third).interest == 4_82
    not_second = replace(ON, levels=(first, replace(second, interest=False), third))
    assert notice_of([of_gmbh()], not_second).interest == 0
    assert (asks(only_third), asks(not_second)) == (True, True)


def test_no_interest_on_a_charge_nor_on_a_credit() -> None:
    parts = [of_gmbh(), of_gmbh("RL-2", 3_00, free=True), of_gmbh("GS-3", -100_00)]
    notice = notice_of(parts, replace(ON, lump_sum=True))
    assert {item.invoice_no: (item.interest, item.lump_sum) for item in notice.items} == {
        "RE-1": (4_82, 40_00), "RL-2": (0, 0), "GS-3": (0, 0),
    }  # fmt: skip


def test_what_was_paid_as_interest_is_not_asked_for_again() -> None:
    assert notice_of([of_gmbh(interest_met=3_00)], ON).interest == 1_82
    assert notice_of([of_gmbh(interest_met=9_00)], ON).interest == 0


# --- lump sum ----------------------------------------------------------------------------------------------------


def test_40_euros_once_a_claim_in_place_of_a_lower_fee() -> None:
    one = notice_of([of_gmbh()], LUMPS)
    assert (one.fee, one.lump_sum, one.total) == (40_00, 40_00, 1040_00)
    two = notice_of([of_gmbh(), of_gmbh("RE-2")], LUMPS)
    assert (two.fee, two.lump_sum) == (80_00, 80_00)


def test_a_higher_fee_stays_and_holds_the_lump_sum() -> None:
    dear = replace(LUMPS, levels=levels(0, 50_00, 60_00))
    notice = notice_of([of_gmbh()], dear)
    assert (notice.fee, notice.lump_sum) == (50_00, 40_00)


def test_under_a_fee_for_each_item_each_bears_the_higher_of_the_two() -> None:
    settings = replace(LUMPS, fee_scope="per_item", levels=levels(1_00, 5_00, 10_00))
    notice = notice_of([of_gmbh(), of_gmbh("RE-2", state=PartState())], settings)
    assert [(item.fee, item.lump_sum) for item in notice.items] == [(40_00, 40_00), (1_00, 0)]
    assert (notice.fee, notice.lump_sum) == (41_00, 40_00)


def test_prepayment_and_remainder_are_one_claim_even_on_two_notices() -> None:
    both = [of_gmbh(kind=PartKind.PREPAYMENT), of_gmbh(kind=PartKind.REMAINDER, state=reached(2))]
    assert notice_of(both, LUMPS).lump_sum == 40_00
    apart = plan_of(both, april(10), replace(LUMPS, mixed_levels="separate"), customers=PEOPLE)
    assert [(notice.level, notice.fee, notice.lump_sum) for notice in apart.notices] == [
        (2, 0, 0), (3, 40_00, 40_00),
    ]  # fmt: skip


def test_asked_again_while_unpaid_and_only_what_is_left() -> None:
    assert notice_of([of_gmbh(state=reached(2))], LUMPS).lump_sum == 40_00
    assert notice_of([of_gmbh(lump_sum_met=15_00)], LUMPS).lump_sum == 25_00
    paid = notice_of([of_gmbh(lump_sum_met=40_00)], LUMPS)
    # It counts towards costs: a fee of 5.00 is paid with it, of 50.00 there are 10.00 left.
    assert (paid.lump_sum, paid.fee) == (0, 0)
    dear = notice_of([of_gmbh(lump_sum_met=40_00)], replace(LUMPS, levels=levels(0, 50_00)))
    assert (dear.lump_sum, dear.fee) == (0, 10_00)


def test_in_euros_only() -> None:
    notice = notice_of([of_gmbh(currency="CHF")], replace(LUMPS, interest=True))
    assert (notice.lump_sum, notice.fee, notice.interest) == (0, 5_00, 4_82)


# --- issued later ------------------------------------------------------------------------------------------------


def test_an_issue_reckons_to_its_own_day_on_what_is_left() -> None:
    both = replace(ON, lump_sum=True)
    parts = [of_gmbh("RE-1", 1000_00), of_gmbh("RE-2", 500_00)]
    draft = notice_of(parts, both)
    half = {(1, PartKind.TOTAL): replace(parts[0], open=500_00)}
    later = refreshed(draft, half, GMBH, both, april(11))
    assert later is not None
    # 17 days at 11 % on 500.00
    assert (later.interest, later.items[0].interest_since, later.lump_sum, later.fee) == (2_56, march(26), 40_00, 40_00)
    off = refreshed(draft, half, GMBH, replace(both, interest=False, lump_sum=False), april(11))
    assert off is not None
    assert (off.interest, off.lump_sum, off.fee, off.items[0].interest_since) == (0, 0, 5_00, None)


def test_the_doubts_are_told_only_where_interest_is_asked_for() -> None:
    unsure = replace(ON, base_rates=())
    late = date(2026, 8, 1)
    assert codes(rate_doubts([notice_of([of_gmbh()], unsure, on=late)], unsure, late)) == ["base-rate-unverified"]
    assert rate_doubts([notice_of([of_gmbh()], LUMPS, on=late)], LUMPS, late) == ()
    assert rate_doubts([notice_of([of_gmbh()], unsure)], unsure, april(10)) == ()


def test_what_was_paid_meets_the_last_notice_line_by_line() -> None:
    """A first notice of both items asked for 40 each, a second of the first item alone for what was left."""
    total = PartKind.TOTAL
    asked = [
        AskedLine(1, march(15), 1, total, 40_00), AskedLine(1, march(15), 2, total, 40_00),
        AskedLine(2, april(1), 1, total, 20_00),
    ]  # fmt: skip
    assert met_by_line(asked, [(1, 60_00, march(20))]) == {(1, total): 40_00, (2, total): 20_00}
    assert met_by_line(asked, [(1, 20_00, march(20)), (1, 20_00, april(2))]) == {(1, total): 40_00}
    assert met_by_line(asked, [(2, 10_00, april(2))]) == {(1, total): 10_00}
    assert met_by_line(asked, [(1, 20_00, march(1)), (9, 20_00, april(2))]) == {}
