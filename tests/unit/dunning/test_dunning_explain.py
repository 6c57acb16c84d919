"""``opos dunning explain``: the first failing condition, with its dates, in both languages."""

import re
from dataclasses import replace

import pytest

from recon.dunning.eligibility import REASONS
from recon.dunning.explain import because, condition_text, explain, lines, reason_text
from recon.dunning.presets import preset
from recon.dunning.procedure import next_date, resolve
from recon.model.dunning import DunnablePart, PartState, Undunned
from recon.model.items import PartKind
from recon.model.settings import Anchor, DunningSettings, LevelSettings
from recon.texts import catalogue
from sepa.money import Language
from tests.unit.dunning.daily import DUE, MUSTER, april, march, part, plan_of, reached

AMPAREX = resolve(DunningSettings())
BOTH: tuple[Language, Language] = ("de", "en")


def test_v_11_the_day_is_told_with_its_rule() -> None:
    step = next_date(resolve(preset("prepayment"), (), (10, None, None, None)), PartState(), DUE)
    assert step is not None
    assert because(step, "de")[0] == (
        "Stufe 1 frühestens am 12.03.2026: "
        "Fälligkeit 01.03.2026 + 10 Tage, strikt: erst am Tag danach (Mahntage des Kunden)"
    )
    assert because(step, "en")[0] == (
        "Level 1 on 2026-03-12 at the earliest: "
        "due date 2026-03-01 + 10 days, strict: only on the day after (the customer's own days)"
    )


def test_x_02_the_gap_is_named_where_it_decides() -> None:
    procedure = resolve(preset("desk4"))
    told = lines(explain(part(state=reached(1, march(21), march(27))), MUSTER, procedure, march(22)), "de")
    assert told[0] == "Am 22.03.2026 wird nicht gemahnt. Als Nächstes Stufe 2, frühestens am 28.03.2026."
    assert told[1] == ("Stufe 2 frühestens am 28.03.2026: die Frist der letzten Mahnung, 27.03.2026, muss vorbei sein")
    assert told[-1] == (
        "außerdem nicht vor dem 28.03.2026: letzte Mahnung 21.03.2026 + 7 Tage Mindestabstand "
        "(Vorgabe des Mahnverfahrens)"
    )


@pytest.mark.parametrize(
    ("given", "failing"),
    [
        (part(open=0), "open"),
        (part(open=-1), "claim"),
        (part(hold="disputed"), "no_hold"),
        (part(due_date=march(15)), "overdue"),
        (part(due_date=march(2)), "day"),
        (part(state=reached(3)), "level_left"),
        (part(language="fr"), "language"),
        (part(), None),
    ],
)
def test_the_first_failing_condition_is_named(given: DunnablePart, failing: str | None) -> None:
    explained = explain(given, MUSTER, AMPAREX, march(15))
    assert (explained.failing.name if explained.failing else None) == failing
    assert (explained.undunned is None) is (failing is None)


def test_customer_block_is_told_with_its_last_day_and_reason() -> None:
    blocked = replace(MUSTER, dunning_block_until=march(31), dunning_block_reason="Ratenzahlung")
    told = lines(explain(part(), blocked, AMPAREX, march(20)), "de")
    assert told[0] == (
        "Am 20.03.2026 wird nicht gemahnt. Mahnsperre. Bis einschließlich 31.03.2026. Grund: Ratenzahlung."
    )
    assert told[1].startswith("Stufe 1 frühestens am 15.03.2026: Fälligkeit 01.03.2026 + 14 Tage")


def test_a_due_notice_is_told_as_such() -> None:
    assert lines(explain(part(), MUSTER, AMPAREX, march(15)), "en")[0] == "On 2026-03-15 a notice of level 1 is due."


def test_what_concerns_the_whole_notice_comes_from_the_plan() -> None:
    made = plan_of([part("RE-1", 1_234_56)], march(15), credits={"10001": 2_000_00})
    explained = explain(part("RE-1", 1_234_56), MUSTER, AMPAREX, march(15), made.undunned[0])
    assert explained.failing is not None
    assert explained.failing.name == "notice"
    assert lines(explained, "de")[0] == (
        "Am 15.03.2026 wird nicht gemahnt. Guthaben des Kunden: 2.000,00 EUR. "
        "Es deckt alles, was zu mahnen wäre: 1.234,56 EUR."
    )


def test_o_01_collection_proposal_is_told() -> None:
    state = PartState(3, april(12), april(22))
    (undunned,) = plan_of([part(state=state)], april(20)).undunned
    assert reason_text(undunned, "en") == (
        "The highest level, 3, has been reached. To be proposed for collection from 2026-04-26."
    )


def test_o_16_the_collection_is_named_with_its_day() -> None:
    held = part(hold="in_collection", hold_facts=(("batch", "B1"), ("date", "2026-03-05")))
    (undunned,) = plan_of([held], march(15)).undunned
    assert reason_text(undunned, "de") == "Im Lastschrifteinzug. Einzug B1 zum 05.03.2026."


@pytest.mark.parametrize("language", BOTH)
def test_every_reason_has_a_text_without_gaps(language: Language) -> None:
    texts = catalogue("reasons")
    assert {f"dunning.{reason}" for reason in REASONS} <= texts.keys()
    for code, entry in texts.items():
        if code.startswith("dunning."):
            assert set(entry) == {"de", "en"}
    made = plan_of(
        [
            part("RE-1", 0),
            part("RE-2", due_date=april(1)),
            part("RE-3", due_date=march(10)),
            part("RE-4", state=reached(3)),
            part("RE-5", 1),
            part("RE-6", hold="blocked", hold_until=april(1), hold_facts=(("reason", "Zusage"),)),
            part("GS-7", -1, customer_no="10002"),
        ],
        march(15),
        DunningSettings(min_amount=10_00),
    )
    assert {undunned.reason for undunned in made.undunned} == {
        "paid", "not_due", "not_yet", "highest_level", "below_minimum", "blocked", "credit",
    }  # fmt: skip
    for undunned in made.undunned:
        assert not re.search(r"[{}]", reason_text(undunned, language)), undunned


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize("boundary", ["inclusive", "strict"])
@pytest.mark.parametrize("anchor", ["due_date", "previous_notice", "previous_deadline"])
def test_every_rule_and_condition_has_a_text_without_gaps(language: Language, boundary: str, anchor: Anchor) -> None:
    settings = DunningSettings(
        preset=None,
        boundary=boundary,  # type: ignore[arg-type]
        levels=(LevelSettings(1, 1), LevelSettings(2, 4, anchor)),
    )
    for settings_now in (settings, DunningSettings(preset=None)):
        for state in (PartState(), reached(1), reached(2)):
            explained = explain(part(state=state), MUSTER, resolve(settings_now), march(20))
            told = [*lines(explained, language), *(condition_text(each, language) for each in explained.conditions)]
            assert not [text for text in told if re.search(r"[{}]", text)]


def test_every_condition_has_both_answers() -> None:
    texts = catalogue("dunning")
    explained = explain(part(), MUSTER, AMPAREX, march(15), Undunned(1, "RE-1", PartKind.TOTAL, "below_minimum"))
    for condition in explained.conditions:
        for answer in ("yes", "no"):
            assert set(texts[f"condition.{condition.name}.{answer}"]) == {"de", "en"}


@pytest.mark.parametrize("value", ["2026-99-99", "€", "{reason}", "2.000"])
def test_facts_of_others_are_told_as_they_are(value: str) -> None:
    undunned = Undunned(1, "RE-1", PartKind.TOTAL, "blocked", None, (("reason", value), ("credit", value)))
    assert "Mahnsperre." in reason_text(undunned, "de")
