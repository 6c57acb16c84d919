"""Which parts are dunned, how notices are put together, and why the rest gets none."""

from dataclasses import replace
from datetime import date

import pytest

from recon.dunning.eligibility import REASONS
from recon.dunning.presets import preset
from recon.dunning.refresh import refreshed
from recon.model.dunning import DunnablePart
from recon.model.items import Customer, PartKind
from recon.model.settings import Branch, DunningSettings, LevelSettings
from tests.unit.dunning.daily import (
    CUSTOMERS,
    MUSTER,
    april,
    left,
    levels,
    march,
    only,
    part,
    plan_of,
    reached,
    reasons,
)

FROM = march(15)


def of_customer(**changes: object) -> dict[str, Customer]:
    return {**CUSTOMERS, MUSTER.customer_no: replace(MUSTER, **changes)}  # type: ignore[arg-type]


# --- reasons -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "reason", "next_on"),
    [
        (part(open=0), "paid", None),
        (part(open=-5_00), "credit", None),
        (part(due_date=FROM), "not_due", march(29)),
        (part(due_date=march(2)), "not_yet", march(16)),
        (part(state=reached(3)), "highest_level", None),
        *((part(hold=hold), hold, None) for hold in ("blocked", "disputed", "in_collection", "payment_found")),
        (part(hold="with_agency"), "with_agency", None),
        (part(hold="dunning_off"), "dunning_off", None),
        (part(hold="blocked", hold_until=march(20)), "blocked", march(21)),
        (part(hold="blocked", hold_until=FROM), "blocked", march(16)),
        (part(hold="blocked", hold_until=march(20), due_date=march(10)), "blocked", march(24)),
        (part(hold="blocked", hold_until=march(20), state=reached(3)), "blocked", None),
    ],
)
def test_v_03_reason_and_next_day(given: DunnablePart, reason: str, next_on: date | None) -> None:
    undunned = left(plan_of([given], FROM))
    assert (undunned.reason, undunned.next_on) == (reason, next_on)
    assert undunned.reason in REASONS


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (part(open=0, hold="disputed"), "paid"),
        (part(open=-1, hold="disputed"), "disputed"),
        (part(due_date=april(1), hold="in_collection"), "in_collection"),
        (part(state=reached(3), hold="with_agency"), "with_agency"),
        (part(due_date=april(1), state=reached(3)), "not_due"),
    ],
)
def test_precedence_paid_then_hold_then_calendar(given: DunnablePart, reason: str) -> None:
    assert left(plan_of([given], FROM)).reason == reason


def test_customer_block_includes_its_last_day_and_names_its_reason() -> None:
    blocked = of_customer(dunning_block_until=FROM, dunning_block_reason="Ratenzahlung vereinbart")
    undunned = left(plan_of([part()], FROM, customers=blocked))
    assert (undunned.reason, undunned.next_on) == ("blocked", march(16))
    assert dict(undunned.facts) == {"until": "2026-03-15", "reason": "Ratenzahlung vereinbart"}
    assert only(plan_of([part()], march(16), customers=blocked))


def test_customer_block_without_a_date_has_no_end() -> None:
    undunned = left(plan_of([part()], FROM, customers=of_customer(dunning_block_reason="Insolvenz")))
    assert (undunned.reason, undunned.next_on) == ("blocked", None)


def test_item_hold_is_told_before_the_customer_block() -> None:
    blocked = of_customer(dunning_block_until=april(1))
    assert left(plan_of([part(hold="payment_found")], FROM, customers=blocked)).reason == "payment_found"


def test_a_hold_that_has_ended_holds_nothing() -> None:
    assert only(plan_of([part(hold="blocked", hold_until=march(14))], FROM))


def test_d_03_without_a_procedure_dunning_is_off() -> None:
    assert left(plan_of([part()], FROM, DunningSettings(preset=None))).reason == "dunning_off"


def test_d_13_o_15_a_language_without_texts_stops_that_customer_alone() -> None:
    customers = of_customer(language="fr")
    made = plan_of([part("RE-1"), part("RE-2", customer_no="10002")], FROM, customers=customers)
    assert reasons(made) == {"RE-1": "blocked"}
    assert only(made).customer_no == "10002"


def test_a_hold_that_is_no_reason_is_a_broken_promise() -> None:
    with pytest.raises(ValueError, match="not an exclusion reason"):
        plan_of([part(hold="holiday")], FROM)


def test_a_part_given_twice_is_a_broken_promise() -> None:
    with pytest.raises(ValueError, match="twice"):
        plan_of([part(), part()], FROM)


# --- the notice --------------------------------------------------------------------------------------------------


def test_a_07_every_notice_prints_its_own_deadline() -> None:
    assert only(plan_of([part()], march(15))).deadline == march(25)
    assert only(plan_of([part(state=reached(1))], march(30))).deadline == april(9)


@pytest.mark.parametrize(
    ("state", "language", "expected"),
    [
        (0, "de", "Zahlungserinnerung"),
        (1, "de", "Mahnung 2"),
        (2, "de", "Mahnung 3"),
        (0, "en", "Payment reminder"),
        (1, "en", "Reminder 2"),
    ],
)
def test_a_09_a_10_title_by_level_and_language(state: int, language: str, expected: str) -> None:
    given = part(state=reached(state) if state else None)
    notice = only(plan_of([given], april(10), customers=of_customer(language=language)))
    assert (notice.title, notice.language) == (expected, language)


@pytest.mark.parametrize(("combine", "documents"), [("customer", [3]), ("address", [3]), ("none", [1, 1, 1])])
def test_a_11_three_invoices_of_one_customer(combine: str, documents: list[int]) -> None:
    settings = DunningSettings(combine=combine, given=("combine",))  # type: ignore[arg-type]
    made = plan_of([part(f"RE-{n}") for n in (1, 2, 3)], FROM, settings)
    assert [len(notice.items) for notice in made.notices] == documents


def test_x_08_customer_currency_language_and_branch_keep_notices_apart() -> None:
    parts = [
        part("RE-1"),
        part("RE-2"),
        part("RE-3", customer_no="10002"),
        part("RE-4", currency="CHF"),
        part("RE-5", language="en"),
        part("RE-6", branch="K02"),
    ]
    made = plan_of(parts, FROM, DunningSettings(combine="address", given=("combine",)))
    found = [(n.customer_no, n.branch, n.currency, n.language, len(n.items)) for n in made.notices]
    assert found == [
        ("10001", None, "CHF", "de", 1),
        ("10001", None, "EUR", "de", 2),
        ("10001", None, "EUR", "en", 1),
        ("10001", "K02", "EUR", "de", 1),
        ("10002", None, "EUR", "de", 1),
    ]


def test_a_38_the_branch_of_the_item_decides_then_that_of_the_customer() -> None:
    branches = {"K01": Branch("K01", "Köln", dunning_days=(3,)), "K02": Branch("K02", "Bonn", dunning_days=(30,))}
    customers = of_customer(branch="K01")
    made = plan_of([part("RE-1"), part("RE-2", branch="K02")], march(4), customers=customers, branches=branches)
    assert (only(made).branch, [item.invoice_no for item in only(made).items]) == ("K01", ["RE-1"])
    assert [(undunned.invoice_no, undunned.next_on) for undunned in made.undunned] == [("RE-2", march(31))]


def test_v_23_a_run_of_one_level_holds_only_that_level() -> None:
    parts = [part("RE-1"), part("RE-2", state=reached(1))]
    first = plan_of(parts, april(10), level=1)
    assert (only(first).level, [item.invoice_no for item in only(first).items]) == (1, ["RE-1"])
    assert [(undunned.reason, undunned.next_on, dict(undunned.facts)["level"]) for undunned in first.undunned] == [
        ("not_yet", april(10), "2")
    ]
    assert only(plan_of(parts, april(10), level=2)).level == 2
    with_credit = only(plan_of([*parts, part("GS-3", -10_00)], april(10), level=2))
    assert [(item.invoice_no, item.level) for item in with_credit.items] == [("GS-3", 0), ("RE-2", 2)]


@pytest.mark.parametrize(
    ("fee_mode", "fee", "per_line"),
    [("replace", 12_00, [5_00, 7_00]), ("cumulative", 17_00, [5_00, 12_00])],
)
def test_x_07_fee_of_each_item(fee_mode: str, fee: int, per_line: list[int]) -> None:
    settings = DunningSettings(
        preset=None, fee_scope="per_item", fee_mode=fee_mode, levels=levels(5_00, 7_00)  # type: ignore[arg-type]
    )  # fmt: skip
    notice = only(plan_of([part("RE-1"), part("RE-2", state=reached(1))], april(10), settings))
    assert (notice.fee, [item.fee for item in notice.items]) == (fee, per_line)
    assert notice.total == 200_00 + fee


@pytest.mark.parametrize(
    ("fee_scope", "parts", "level", "fee", "per_line"),
    [
        # a charge alone, at whatever level
        ("per_notice", [part("RL-1", 3_00, free=True)], 1, 0, [0]),
        ("per_notice", [part("RL-1", 3_00, free=True, state=reached(1))], 2, 0, [0]),
        ("per_item", [part("RL-1", 3_00, free=True, state=reached(1))], 2, 0, [0]),
        # beside an invoice the fee is the invoice's, though the charge has come further
        ("per_notice", [part("RE-1"), part("RL-2", 3_00, free=True, state=reached(1))], 2, 5_00, [0, 0]),
        ("per_notice", [part("RE-1", state=reached(1)), part("RL-2", 3_00, free=True)], 2, 7_00, [0, 0]),
        ("per_item", [part("RE-1"), part("RL-2", 3_00, free=True, state=reached(1))], 2, 5_00, [5_00, 0]),
    ],
)
def test_no_fee_on_what_a_return_has_cost(
    fee_scope: str, parts: list[DunnablePart], level: int, fee: int, per_line: list[int]
) -> None:
    """Decision 17: the bank's charge is claimed as it is."""
    settings = DunningSettings(preset=None, fee_scope=fee_scope, levels=levels(5_00, 7_00))  # type: ignore[arg-type]
    notice = only(plan_of(parts, april(10), settings))
    assert (notice.level, notice.fee, [item.fee for item in notice.items]) == (level, fee, per_line)
    assert notice.total == sum(one.open for one in parts) + fee
    now = {(one.item_id, one.part): one for one in parts}
    assert refreshed(notice, now, MUSTER, settings, april(10)) == notice


def test_a_15_a_13_fees_of_levels_that_do_not_exist_never_count() -> None:
    both = DunningSettings(preset=None, fee_mode="cumulative", levels=levels(1_00, 2_00, 4_00)[:2])
    assert only(plan_of([part(state=reached(1))], april(10), both)).fee == 3_00


def test_f_36_a_call_never_shares_a_notice_with_a_letter() -> None:
    parts = [part("RE-1"), part("RE-2", state=reached(2, march(8), march(14)))]
    made = plan_of(parts, FROM, preset("fintecrity"))
    assert [(notice.level, notice.channel) for notice in made.notices] == [(1, "letter"), (3, "phone")]


@pytest.mark.parametrize(
    ("channel", "dispatch", "email", "expected"),
    [
        ("letter", "post", "a@beispiel.example", "letter"),
        ("letter", "email", "a@beispiel.example", "email"),
        ("letter", "email", None, "letter"),
        ("email", "post", "a@beispiel.example", "email"),
        ("email", "post", None, "letter"),
        ("phone", "email", "a@beispiel.example", "phone"),
    ],
)
def test_x_14_f_16_the_way_a_notice_goes(channel: str, dispatch: str, email: str | None, expected: str) -> None:
    settings = DunningSettings(preset=None, levels=(LevelSettings(1, 1, channel=channel),))  # type: ignore[arg-type]
    notice = only(plan_of([part()], FROM, settings, customers=of_customer(dispatch=dispatch, email=email)))
    assert notice.channel == expected


def test_contract_example_of_section_6() -> None:
    settings = DunningSettings(levels=levels(0, 5_00), given=("levels",))
    notice = only(plan_of([part(state=reached(1, march(2), march(12)))], FROM, settings))
    (item,) = notice.items
    assert (notice.level, notice.title, notice.deadline, notice.fee, notice.total) == (
        2, "Mahnung 2", march(25), 5_00, 105_00,
    )  # fmt: skip
    assert (item.part, item.days_overdue, item.open, item.level) == (PartKind.TOTAL, 14, 100_00, 2)


# --- credits and small amounts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("minimum", "dunned"), [(150_00, True), (150_01, False)])
def test_minimum_amount_is_that_of_the_notice(minimum: int, dunned: bool) -> None:
    settings = DunningSettings(min_amount=minimum, given=("min_amount",))
    made = plan_of([part("RE-1", 50_00), part("RE-2", 100_00)], FROM, settings)
    assert bool(made.notices) is dunned
    assert reasons(made) == ({} if dunned else {"RE-1": "below_minimum", "RE-2": "below_minimum"})


def test_x_26_a_credit_note_stands_in_the_notice_and_reduces_it() -> None:
    notice = only(plan_of([part("RE-1", 100_00), part("GS-2", -40_00, april(1))], FROM))
    assert [(item.invoice_no, item.open, item.level, item.days_overdue) for item in notice.items] == [
        ("RE-1", 100_00, 1, 14),
        ("GS-2", -40_00, 0, 0),
    ]
    assert notice.total == 60_00


@pytest.mark.parametrize("combine", ["none", "customer"])
def test_credits_that_cover_everything_exclude_everything(combine: str) -> None:
    parts = [part("RE-1", 60_00), part("RE-2", 40_00), part("GS-3", -70_00)]
    settings = DunningSettings(combine=combine, given=("combine",))  # type: ignore[arg-type]
    made = plan_of(parts, FROM, settings, credits={"10001": 30_00})
    assert made.notices == ()
    assert reasons(made) == {"RE-1": "credit", "RE-2": "credit", "GS-3": "credit"}
    assert plan_of(parts, FROM, settings, credits={"10001": 29_99}).notices


def test_credits_of_another_customer_or_currency_cover_nothing() -> None:
    assert only(plan_of([part(currency="CHF")], FROM, credits={"10001": 900_00})).total == 100_00
    assert only(plan_of([part()], FROM, credits={"10002": 900_00})).total == 100_00
    assert only(plan_of([part(), part("GS-2", -900_00, customer_no="10002")], FROM)).total == 100_00


@pytest.mark.parametrize("credit", [50_00, 60_00])
def test_x_26_a_credit_note_that_covers_its_branch_leaves_the_other_branch(credit: int) -> None:
    parts = [part("RE-1", 50_00, branch="K01"), part("RE-2", 90_00, branch="K02"), part("GS-3", -credit, branch="K01")]
    made = plan_of(parts, FROM)
    assert (only(made).branch, only(made).total) == ("K02", 90_00)
    assert reasons(made) == {"RE-1": "credit", "GS-3": "credit"}


def test_x_26_credit_notes_join_the_highest_level_and_what_finds_no_notice_is_listed() -> None:
    settings = DunningSettings(mixed_levels="separate", min_amount=0, given=("min_amount", "mixed_levels"))
    parts = [
        part("RE-1", 100_00),
        part("RE-2", 50_00, state=reached(1)),
        part("GS-3", -50_00, march(1)),
        part("GS-4", -30_00, march(2)),
        part("GS-5", -50_00, march(3)),
    ]
    made = plan_of(parts, april(10), settings)
    found = [(notice.level, [item.invoice_no for item in notice.items], notice.total) for notice in made.notices]
    assert found == [(1, ["GS-3", "RE-1"], 50_00), (2, ["RE-2", "GS-4"], 20_00)]
    assert reasons(made) == {"GS-5": "credit"}
    assert plan_of(parts[::-1], april(10), settings) == made


def test_lines_of_a_notice_stand_by_due_date_then_number() -> None:
    parts = [part("RE-3"), part("RE-2", due_date=march(2)), part("RE-1", due_date=march(2)), part("RE-9")]
    found = [item.invoice_no for item in only(plan_of(parts, march(30))).items]
    assert found == ["RE-3", "RE-9", "RE-1", "RE-2"]


def test_a_disputed_credit_note_covers_nothing() -> None:
    made = plan_of([part("RE-1"), part("GS-2", -100_00, hold="disputed")], FROM)
    assert only(made).total == 100_00
    assert reasons(made) == {"GS-2": "disputed"}


def test_not_due_claims_do_not_use_up_a_credit() -> None:
    made = plan_of([part("RE-1", 50_00), part("RE-2", 500_00, april(1)), part("GS-3", -50_00)], FROM)
    assert reasons(made) == {"RE-1": "credit", "RE-2": "not_due", "GS-3": "credit"}
