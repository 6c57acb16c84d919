"""What holds for every plan, whatever the books, the settings and the days of the runs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recon.dunning.eligibility import REASONS, has_block, holds
from recon.dunning.explain import condition_text, explain, lines
from recon.dunning.fees import level_fee
from recon.dunning.plan import Plan, plan
from recon.dunning.presets import PRESETS, effective
from recon.dunning.procedure import earliest, next_date, next_level, resolve
from recon.dunning.refresh import refreshed
from recon.dunning.state import Sent, after_issue, fold
from recon.model.dunning import DunnablePart, Notice, PartState
from recon.model.items import Customer, CustomerType, PartKind
from recon.model.settings import Branch, DunningSettings, LevelSettings

DAY = date(2026, 3, 1)
HOLDS = ("blocked", "disputed", "in_collection", "payment_found", "with_agency", "dunning_off")
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

near = st.integers(-40, 40).map(lambda days: DAY + timedelta(days))
few_days = st.integers(0, 15)
amounts = st.one_of(st.just(0), st.integers(-300_00, 300_00))


@st.composite
def own_levels(draw: st.DrawFn) -> tuple[LevelSettings, ...]:
    return tuple(
        LevelSettings(
            number,
            draw(few_days),
            "due_date" if number == 1 else draw(st.sampled_from(["due_date", "previous_notice", "previous_deadline"])),
            draw(st.integers(0, 20_00)),
            draw(st.sampled_from(["letter", "email", "phone"])),
            draw(st.none() | few_days),
            draw(st.sampled_from([None, None, 0, 80_00])),
            draw(st.none() | st.booleans()),
        )
        for number in range(1, draw(st.integers(1, 4)) + 1)
    )


@st.composite
def procedures(draw: st.DrawFn) -> DunningSettings:
    own = draw(st.booleans())
    return DunningSettings(
        preset=draw(st.sampled_from([*PRESETS, None] if own else PRESETS)),
        boundary=draw(st.sampled_from(["inclusive", "strict"])),
        fee_mode=draw(st.sampled_from(["replace", "cumulative"])),
        fee_scope=draw(st.sampled_from(["per_notice", "per_item"])),
        combine=draw(st.sampled_from(["none", "customer", "address"])),
        mixed_levels=draw(st.sampled_from(["highest", "separate"])),
        deadline_days=draw(few_days),
        min_gap_days=draw(few_days),
        min_amount=draw(st.sampled_from([0, 1, 50_00])),
        repeat_last=draw(st.booleans()),
        levels=draw(own_levels()) if own else (),
        given=draw(st.sampled_from([(), ("boundary", "deadline_days", "min_gap_days", "combine")])),
        mode=draw(st.sampled_from(["on", "on", "on", "on", "off", "external"])),
        max_repeats=draw(st.sampled_from([None, 0, 1, 2])),
        due_shift=draw(st.sampled_from(["none", "next_bank_day"])),
        countries=draw(st.sampled_from([(), (), ("DE",)])),
        interest=draw(st.booleans()),
        interest_from=draw(st.sampled_from(["first_deadline", "first_notice", "due_date"])),
        day_count=draw(st.sampled_from(["actual_365", "actual_actual"])),
        lump_sum=draw(st.booleans()),
    )


@st.composite
def states(draw: st.DrawFn) -> PartState:
    level = draw(st.integers(0, 4))
    if level == 0:
        return PartState()
    on = draw(near)
    deadline = on + timedelta(draw(few_days))
    first = on - timedelta(draw(few_days))
    return PartState(level, on, deadline, first, min(first + timedelta(3), deadline), draw(st.integers(0, 3)))


CUSTOMERS = {
    "1": Customer(1, "1", "Max Muster", email="a@beispiel.example", dispatch="email"),
    "2": Customer(2, "2", "Erika Beispiel", language="en", branch="K01", dunning_days=(3, None, 9, None)),
    "3": Customer(3, "3", "Beispiel GmbH", CustomerType.COMPANY, dunning_block_until=DAY + timedelta(20)),
    "4": Customer(4, "4", "Société Exemple", CustomerType.COMPANY, language="fr"),
    "5": Customer(5, "5", "Muster GmbH", CustomerType.COMPANY),
    "6": Customer(6, "6", "Exempel GmbH", CustomerType.COMPANY, country="AT"),
}
BRANCHES = {"K01": Branch("K01", "Köln", dunning_days=(5, 5, 5)), "K02": Branch("K02", "Bonn")}


@st.composite
def one_account(draw: st.DrawFn) -> list[DunnablePart]:
    """Claims and credits of one customer, nearly all of them ripe: what makes full notices."""
    customer_no = draw(st.sampled_from(["1", "5"]))
    return [
        DunnablePart(
            number, f"RE-{number % 3}", customer_no, None, PartKind.TOTAL, DAY - timedelta(draw(st.integers(60, 63))),
            amount, amount, "EUR", _sent(level) if level else PartState(),
            interest_met=draw(st.sampled_from([0, 0, 50])), lump_sum_met=draw(st.sampled_from([0, 0, 15_00, 40_00])),
        )
        for number, (amount, level) in enumerate(
            draw(st.lists(st.tuples(st.integers(-3, 6).map(lambda n: n * 10_00), st.integers(0, 2)), max_size=9))
        )
    ]  # fmt: skip


def _sent(level: int) -> PartState:
    first = DAY - timedelta(55)
    return PartState(level, DAY - timedelta(40), DAY - timedelta(35), first, first + timedelta(5))


@st.composite
def books(draw: st.DrawFn, most: int = 10) -> list[DunnablePart]:
    found = []
    for number in range(draw(st.integers(0, most))):
        kinds = draw(st.sampled_from([(PartKind.TOTAL,), (PartKind.PREPAYMENT, PartKind.REMAINDER)]))
        customer_no = draw(st.sampled_from(sorted(CUSTOMERS)))
        branch = draw(st.sampled_from([None, "K01", "K02", "K99"]))
        currency = draw(st.sampled_from(["EUR", "EUR", "CHF"]))
        for kind in kinds:
            amount = draw(amounts)
            hold = draw(st.sampled_from([None, None, None, *HOLDS]))
            found.append(
                DunnablePart(
                    number, f"RE-{number % 7}", customer_no, branch, kind, draw(near), amount, amount, currency,
                    draw(states()), draw(st.sampled_from([None, None, "de", "en"])), hold,
                    draw(st.none() | near) if hold else None,
                )
            )  # fmt: skip
    return found


credit = st.dictionaries(st.sampled_from(sorted(CUSTOMERS)), st.integers(0, 200_00))


def planned(
    parts: Sequence[DunnablePart], rules: DunningSettings, as_of: date, level: int | None, owed: dict[str, int]
) -> Plan:
    return plan(parts, CUSTOMERS, BRANCHES, rules, as_of, level=level, credits=owed)


@given(books() | one_account(), procedures(), near, st.none() | st.integers(1, 4), credit)
def test_every_part_is_in_exactly_one_place(
    parts: list[DunnablePart], rules: DunningSettings, as_of: date, level: int | None, owed: dict[str, int]
) -> None:
    made = planned(parts, rules, as_of, level, owed)
    lines_of = [(item.item_id, item.part) for notice in made.notices for item in notice.items]
    rest = [(undunned.item_id, undunned.part) for undunned in made.undunned]
    assert sorted(lines_of + rest) == sorted((part.item_id, part.part) for part in parts)
    assert {undunned.reason for undunned in made.undunned} <= REASONS
    assert all(level is None or notice.level == level for notice in made.notices)
    assert all(undunned.next_on is None or undunned.next_on >= as_of for undunned in made.undunned)


@given(books() | one_account(), procedures(), near, credit, st.randoms(use_true_random=False))
def test_the_order_of_the_parts_does_not_matter(
    parts: list[DunnablePart], rules: DunningSettings, as_of: date, owed: dict[str, int], random: Random
) -> None:
    shuffled = list(parts)
    random.shuffle(shuffled)
    assert planned(shuffled, rules, as_of, None, owed) == planned(parts, rules, as_of, None, owed)


@given(books() | one_account(), procedures(), near, credit)
def test_total_is_lines_plus_fee_plus_interest_and_fees_follow_the_levels(
    parts: list[DunnablePart], rules: DunningSettings, as_of: date, owed: dict[str, int]
) -> None:
    whole = effective(rules)
    open_of = {(part.item_id, part.part): part.open for part in parts}
    for notice in planned(parts, rules, as_of, None, owed).notices:
        assert all(item.open == open_of[item.item_id, item.part] for item in notice.items)
        assert notice.total == sum(item.open for item in notice.items) + notice.fee + notice.interest
        least = whole.levels[notice.level - 1].min_amount
        assert sum(item.open for item in notice.items) >= max(whole.min_amount if least is None else least, 1)
        claimed = [item.level for item in notice.items if item.level]
        assert notice.level == max(claimed)
        assert notice.interest == sum(item.interest for item in notice.items)
        assert notice.lump_sum == sum(item.lump_sum for item in notice.items) <= notice.fee
        highest = level_fee(whole, notice.level)
        if whole.fee_scope == "per_item":
            own = [level_fee(whole, item.level) if item.level else 0 for item in notice.items]
            assert notice.fee == sum(item.fee for item in notice.items)
            assert all(item.lump_sum <= item.fee <= max(fee, item.lump_sum)
                       for item, fee in zip(notice.items, own, strict=True))  # fmt: skip
            assert whole.lump_sum or [item.fee for item in notice.items] == own
        else:
            assert {item.fee for item in notice.items} == {0}
            assert notice.lump_sum <= notice.fee <= max(highest, notice.lump_sum)
            assert whole.lump_sum or notice.fee == highest


@given(books() | one_account(), procedures(), near, credit)
def test_interest_and_lump_sums_are_asked_for_only_where_they_may_be(
    parts: list[DunnablePart], rules: DunningSettings, as_of: date, owed: dict[str, int]
) -> None:
    whole = effective(rules)
    by_key = {(part.item_id, part.part): part for part in parts}
    lumped: list[int] = []
    for notice in planned(parts, rules, as_of, None, owed).notices:
        for item in notice.items:
            part = by_key[item.item_id, item.part]
            own = whole.levels[item.level - 1].interest if item.level else False
            if item.interest:
                assert whole.interest if own is None else own
                assert item.level > 0
                assert item.interest_since is not None
                assert part.due_date < item.interest_since <= as_of
            if item.lump_sum:
                assert whole.lump_sum
                assert item.level > 0
                assert (notice.currency, CUSTOMERS[notice.customer_no].type) == ("EUR", CustomerType.COMPANY)
                assert item.lump_sum + part.lump_sum_met == 40_00
                lumped.append(item.item_id)
    assert len(lumped) == len(set(lumped))


@given(books() | one_account(), procedures(), near, credit)
def test_nothing_paid_blocked_or_collected_is_dunned_and_nothing_early(
    parts: list[DunnablePart], rules: DunningSettings, as_of: date, owed: dict[str, int]
) -> None:
    by_key = {(part.item_id, part.part): part for part in parts}
    for notice in planned(parts, rules, as_of, None, owed).notices:
        for item in notice.items:
            part = by_key[item.item_id, item.part]
            assert part.hold is None or not holds(part.hold_until, as_of)
            if item.level == 0:
                assert part.open < 0
                continue
            assert part.open > 0
            assert not has_block(CUSTOMERS[part.customer_no], as_of)
            assert part.due_date < as_of
            assert part.state.last_deadline is None or part.state.last_deadline < as_of
            highest = len(effective(rules).levels)
            assert item.level == min(part.state.level + 1, highest)
            assert item.level == part.state.level + 1 or rules.repeat_last
            assert rules.max_repeats is None or part.state.level < highest or part.state.repeats < rules.max_repeats
            assert rules.mode == "on"
            assert not rules.countries or CUSTOMERS[part.customer_no].country in {None, *rules.countries}


@given(books() | one_account(), procedures(), near, credit)
def test_a_notice_is_for_one_customer_branch_currency_and_language(
    parts: list[DunnablePart], rules: DunningSettings, as_of: date, owed: dict[str, int]
) -> None:
    by_key = {(part.item_id, part.part): part for part in parts}
    for notice in planned(parts, rules, as_of, None, owed).notices:
        customer = CUSTOMERS[notice.customer_no]
        for item in notice.items:
            part = by_key[item.item_id, item.part]
            assert (part.customer_no, part.currency) == (notice.customer_no, notice.currency)
            assert (part.branch or customer.branch) == notice.branch
            assert (part.language or customer.language) == notice.language
        if rules.combine == "none":
            assert len({item.item_id for item in notice.items}) == 1


@SLOW
@given(books(most=4), procedures(), st.sets(st.integers(0, 90), min_size=1, max_size=40), st.data())
def test_runs_on_any_days_skip_no_level_and_wait_for_each_deadline(
    parts: list[DunnablePart], rules: DunningSettings, run_days: set[int], data: st.DataObject
) -> None:
    now = [replace(part, state=PartState(), hold=None, hold_until=None) for part in parts]
    history: dict[tuple[int, PartKind], list[Sent]] = {}
    for day in (DAY + timedelta(n) for n in sorted(run_days)):
        if now and data.draw(st.integers(0, 3)) == 0:
            paid = data.draw(st.integers(0, len(now) - 1))
            now[paid] = replace(now[paid], open=0)
        for notice in plan(now, CUSTOMERS, BRANCHES, rules, day).notices:
            for item in notice.items:
                if item.level:
                    sent = Sent(item.level, day, notice.deadline)
                    history.setdefault((item.item_id, item.part), []).append(sent)
        now = [replace(part, state=fold(history.get((part.item_id, part.part), ()))) for part in now]
    highest = len(effective(rules).levels)
    for sents in history.values():
        state = PartState()
        for before, sent in zip([None, *sents], sents, strict=False):
            assert sent.level == min(state.level + 1, highest)
            if before is not None:
                assert sent.issued_on >= before.deadline + timedelta(1)
                assert sent.issued_on >= before.issued_on + timedelta(effective(rules).min_gap_days)
            state = after_issue(state, sent.level, sent.issued_on, sent.deadline)
        assert state == fold(reversed(sents))
        assert rules.repeat_last or len(sents) <= highest
        assert rules.max_repeats is None or len(sents) <= highest + rules.max_repeats


@given(procedures(), states(), near)
def test_the_explained_day_is_the_planned_day(rules: DunningSettings, state: PartState, due_date: date) -> None:
    procedure = resolve(rules)
    step, level = next_date(procedure, state, due_date), next_level(procedure, state)
    assert (step is None) is (level is None)
    if step is not None and level is not None:
        assert step.on == earliest(procedure, level, state, due_date) == max(bound.on for bound in step.because)
        assert step.level == level.number
        assert step.decisive.on == step.on


EXPECTED = {
    "paid": {"open"},
    "credit": {"claim"},
    "dunning_off": {"switched_on", "no_hold"},
    "not_due": {"overdue"},
    "highest_level": {"level_left"},
    "collection_proposed": {"level_left"},
    "not_yet": {"day"},
    "country": {"country"},
    "blocked": {"no_hold", "no_block", "language"},
}


@given(books(), procedures(), near)
def test_the_first_failing_condition_is_the_reason(
    parts: list[DunnablePart], rules: DunningSettings, as_of: date
) -> None:
    for part in parts:
        explained = explain(part, CUSTOMERS[part.customer_no], resolve(rules), as_of)
        if explained.undunned is None:
            assert explained.failing is None
        else:
            assert explained.failing is not None
            assert explained.failing.name in EXPECTED.get(explained.undunned.reason, {"no_hold"})
        for language in ("de", "en"):
            told = [*lines(explained, language), *(condition_text(one, language) for one in explained.conditions)]
            assert not [text for text in told if "{" in text]


@given(books(), procedures(), near, st.data())
def test_a_refreshed_notice_asks_for_no_more_and_no_settled_line(
    parts: list[DunnablePart], rules: DunningSettings, as_of: date, data: st.DataObject
) -> None:
    by_key = {(part.item_id, part.part): part for part in parts}
    for notice in plan(parts, CUSTOMERS, BRANCHES, rules, as_of).notices:
        customer = CUSTOMERS[notice.customer_no]
        same = {(item.item_id, item.part): by_key[item.item_id, item.part] for item in notice.items}
        assert refreshed(notice, same, customer, rules, as_of) == notice
        later = {key: replace(part, open=data.draw(st.integers(0, 2)) * part.open // 2) for key, part in same.items()}
        now = refreshed(notice, later, customer, rules, as_of)
        if now is not None:
            _no_more(notice, now)
            assert all(item.open != 0 for item in now.items)
            assert now.total == sum(item.open for item in now.items) + now.fee + now.interest
            assert sum(item.open for item in now.items) >= 1
        day = as_of + timedelta(data.draw(st.integers(1, 40)))
        issued = refreshed(notice, same, customer, rules, day)
        assert issued is not None
        assert (issued.fee, issued.lump_sum) == (notice.fee, notice.lump_sum)
        assert issued.interest == sum(item.interest for item in issued.items) >= notice.interest
        assert issued.total - issued.interest == notice.total - notice.interest


def _no_more(before: Notice, now: Notice) -> None:
    seen = {(item.item_id, item.part): item.open for item in before.items}
    assert all(item.open <= max(seen[item.item_id, item.part], 0) for item in now.items)
    assert now.level <= before.level
    claims = {(item.item_id, item.part): (item.interest, item.lump_sum) for item in before.items}
    for item in now.items:
        interest, lump_sum = claims[item.item_id, item.part]
        assert item.interest <= interest
        assert item.lump_sum <= lump_sum
    assert (now.interest, now.lump_sum) == (
        sum(item.interest for item in now.items), sum(item.lump_sum for item in now.items)
    )  # fmt: skip
