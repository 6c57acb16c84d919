"""A whole statement at once: conflicts, the order of payments, what is left for the others."""

import ast
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest

from recon.matching import engine
from recon.matching.engine import match
from recon.matching.reading import Doubt
from recon.matching.world import OpenLine, World
from recon.model.statement import Line
from recon.texts import catalogue
from recon.texts import told as text_of
from tests.unit.matching.scenes import IBAN_A, PAID, bank_line, collection, decide, fee, item, rules, told, world

R = "RE-2026-0815"
DAY = timedelta(days=1)


def outcomes(lines: list[Line], known: World) -> list[str]:
    return [told(d.proposals[0], d.books) if d.proposals else "-" for d in decide(lines, known)]


def test_equal_claims_of_one_day_stay_open_and_say_so() -> None:
    lines = [bank_line("119.00", R), bank_line("119.00", R)]
    decisions = decide(lines, world(item(1, R, "119.00")))
    assert [told(d.proposals[0], d.books) for d in decisions] == [f"H5 {R} 119.00"] * 2
    for decision in decisions:
        assert {"contested", "also-claimed"} <= set(rules(decision))


def test_the_earlier_payment_pays_and_the_later_one_is_asked() -> None:
    """As it would be had the statements come day by day."""
    late, early = bank_line("119.00", R), bank_line("119.00", R, on=PAID - DAY)
    known = world(item(1, R, "119.00"))
    assert outcomes([late, early], known) == ["L3 overpayment 10042 119.00 manual_booking", f"C3! {R} 119.00"]


def test_first_the_prepayment_then_the_remainder() -> None:
    known = world(item(1, R, "1000.00", prepayment="400.00"))
    paid = [bank_line("600.00", R), bank_line("400.00", R)]
    assert outcomes(paid, known) == [f"C3! {R} 600.00", f"C3! {R} 400.00"]


def test_two_halves_are_each_a_part_payment() -> None:
    halves = [bank_line("59.50", R), bank_line("59.50", R, on=PAID + DAY)]
    assert outcomes(halves, world(item(1, R, "119.00"))) == [f"M1 {R} 59.50"] * 2


def test_what_is_booked_is_not_proposed_to_another() -> None:
    known = world(item(1, R, "119.00"), item(2, "RE-2026-0816", "119.00"))
    lines = [bank_line("119.00", "Danke", iban=IBAN_A), bank_line("119.00", R)]
    assert outcomes(lines, known) == ["H4 RE-2026-0816 119.00", f"C3! {R} 119.00"]


def test_the_fee_of_a_combined_notice_is_income_once() -> None:
    known = world(item(1, "RE-1001", "100.00"), item(2, "RE-1002", "200.00"), fees=[fee("5.00", 1, 2)])
    lines = [bank_line("105.00", "RE-1001", on=PAID - DAY), bank_line("205.00", "RE-1002")]
    assert outcomes(lines, known) == [
        "C4! RE-1001 100.00 + dunning_fee RE-1001 5.00",
        "M1 RE-1002 200.00 + overpayment 10042 5.00 manual_booking",
    ]


def test_a_collection_is_settled_once() -> None:
    known = world(collections=[collection(1, "50.00"), collection(2, "60.00")])
    twice = [bank_line("110.00", payment_information_id="PMT-1") for _ in range(2)]
    assert outcomes(twice, known) == ["M1 collection LS-1 50.00 + collection LS-2 60.00"] * 2
    later = [
        bank_line("50.00", end_to_end_id="E2E-1"),
        bank_line("60.00", payment_information_id="PMT-1", on=PAID + DAY),
    ]
    assert outcomes(later, known) == ["C1! collection LS-1 50.00", "C1! collection LS-2 60.00"]


def test_what_came_back_in_a_run_is_not_waited_for() -> None:
    """The next run would not wait for it either: a run is complete."""
    known = world(collections=[collection(1, "50.00"), collection(2, "60.00")])
    lines = [bank_line("60.00", payment_information_id="PMT-1"), bank_line("-50.00", end_to_end_id="E2E-1")]
    assert outcomes(lines, known) == ["C1! collection LS-2 60.00", "R1! return LS-1 -50.00"]


def test_a_collection_returns_once() -> None:
    known = world(collections=[collection(1, "50.00", "booked")])
    lines = [bank_line("-50.00", end_to_end_id="E2E-1", on=PAID + at * DAY) for at in range(2)]
    assert outcomes(lines, known) == ["R1! return LS-1 -50.00", "R2 return LS-1 -50.00"]


def test_lines_come_back_in_the_order_of_their_ids_each_once() -> None:
    lines = [OpenLine(number, bank_line("5.00", "Miete"), 500) for number in (30, 10, 20)]
    assert [decision.line_id for decision in match(lines, world())] == [10, 20, 30]


@pytest.mark.parametrize("amount", ["119.00", "100.00"])
def test_a_strangers_right_amount_is_never_booked(amount: str) -> None:
    known = world(item(1, R, "119.00"), item(2, "RE-2026-0816", "100.00"))
    (decision,) = decide([bank_line(amount, "Rechnung 99881", name="Fremder Laden")], known)
    assert not decision.books
    assert decision.band.value == "low"


def test_evidence_quotes_the_line_and_adds_up() -> None:
    known = world(item(1, "RE-1001", "100.00"), fees=[fee("10.00", 1)])
    (decision,) = decide([bank_line("110.00", "Rechnung re 1001 danke")], known)
    number, sum_, exact = decision.proposals[0].evidence
    assert dict(number.facts) == {"number": "RE-1001", "found": "re 1001", "field": "remittance"}
    assert dict(sum_.facts)["equation"] == "110.00 = 100.00 + 10.00"
    assert dict(exact.facts) == {"fee": "10.00", "issued": "2026-03-15", "level": "2"}


def test_every_rule_of_the_evidence_reads_like_a_sentence() -> None:
    """All facts that a text quotes are given, in both languages."""
    known = world(
        item(1, R, "119.00", in_collection=True),
        item(2, "RE-2026-0816", "200.00", discount_percent=200, discount_until=date(2026, 3, 10)),
        item(3, "RE-2026-0817", "1000.00", prepayment="400.00"),
        item(4, "1234", "70.00", "10044"),
        item(5, "US-100200", "50.00", currency="USD"),
        fees=[fee("5.00", 2, level=1, issued=date(2026, 3, 2)), fee("10.00", 2, 3, notice=2)],
        closed=[item(9, "RE-2026-0701", "80.00", open="0.00")],
        collections=[collection(1, "50.00"), collection(2, "60.00", "booked"), collection(3, "70.00", "returned")],
    )
    texts = [
        R,
        "RE-2026-0816",
        "RE-2026-0817",
        "1234",
        "US-100200",
        "RE-2026-0701",
        "RE-2026-0861",
        "2026 0816",
        "Kd 10042",
    ]
    amounts = ["119.00", "196.00", "205.00", "410.00", "400.00", "70.00", "80.00", "319.00", "1.00", "500.00"]
    lines = [bank_line(amount, text, iban=IBAN_A) for text in texts for amount in amounts]
    lines += [bank_line(amount, text, name="Optik Müller & Söhne") for text in ("Danke", None) for amount in amounts]
    lines += [bank_line("110.00", f"{R} RE-2026-0816")]
    lines += [
        bank_line(amount, None, end_to_end_id=f"E2E-{n}") for amount in ("50.00", "-60.00", "-75.00") for n in (1, 2, 3)
    ]
    lines += [bank_line("50.00", None, payment_information_id="PMT-1"), bank_line("49.00", None, message_id="MSG-1")]
    seen = set()
    for line in lines:
        for decision in decide([line], known):
            for proposal in decision.proposals:
                for evidence in proposal.evidence:
                    seen.add(evidence.rule)
                    for language in ("de", "en"):
                        said = text_of("evidence", evidence.rule, evidence.facts, language)
                        assert "{" not in said, (evidence, said)
                        assert "None" not in said, (evidence, said)
    assert seen <= set(catalogue("evidence"))
    assert len(seen) > 25


def test_a_batch_of_transfers_is_certain_only_if_each_is() -> None:
    known = world(item(1, "RE-1001", "100.00"), item(2, "RE-1002", "200.00"), fees=[fee("5.00", 2)])
    first, second = bank_line("100.00", "RE-1001"), bank_line("205.00", "RE-1002")
    both = "RE-1001 100.00 + RE-1002 200.00 + dunning_fee RE-1002 5.00"
    assert outcomes([bank_line("305.00", details=(first, second))], known) == [f"C3! {both}"]
    vague = bank_line("205.00", "1002")
    rest = "M1 RE-1001 100.00 + overpayment 10042"
    assert outcomes([bank_line("305.00", details=(first, vague))], known) == [f"{rest} 205.00 manual_booking"]
    again = bank_line("50.00", "RE-1001")
    assert outcomes([bank_line("150.00", details=(first, again))], known) == [f"{rest} 50.00 manual_booking"]


FIVE = world(*(item(number, f"RE-2026-100{number}", f"{number}0.00") for number in range(1, 6)))
LIST = "H1 RE-2026-1001 10.00 + RE-2026-1002 20.00 + RE-2026-1003 30.00"


@pytest.mark.parametrize(
    ("text", "amount", "expected"),
    [
        ("RE-2026-1001/1002/1003", "60.00", LIST),
        ("RE-2026-1001, 1002 u. 1003", "60.00", LIST),
        ("RE-2026-1001, 1002 und 1003", "60.00", LIST),
        ("RE-2026-1001/02/03", "60.00", LIST),
        ("RE-2026-1001-1003", "60.00", LIST),
        ("RE-2026-1001 bis RE-2026-1003", "60.00", LIST),
        ("RE-2026-1001, RE-2026-1002, RE-2026-1003", "60.00", LIST),
        ("RE-2026-1001, 1002 u. 1003", "60.01", f"M1{LIST[2:]} + overpayment 10042 0.01 manual_booking"),
        ("RE-2026-1001 und 1002", "10.00", "H5 RE-2026-1001 10.00"),
        ("RE-2026-1001, 100 Stueck", "10.00", "C3! RE-2026-1001 10.00"),
        ("RE-2026-1001, 14 Tage", "10.00", "C3! RE-2026-1001 10.00"),
        ("RE-2026-1001, 10,00 EUR", "10.00", "C3! RE-2026-1001 10.00"),
    ],
)
def test_lists_and_ranges(text: str, amount: str, expected: str) -> None:
    assert outcomes([bank_line(amount, text)], FIVE) == [expected]


def test_every_rule_in_the_code_has_its_texts() -> None:
    said = {f"invoice-number-{doubt}" for doubt in (*get_args(Doubt), "typo", "part")}
    asked: set[str] = set()
    for source in Path(engine.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "fact"
            if isinstance(node, ast.Call) and named and isinstance(node.args[0], ast.Constant):
                rule = str(node.args[0].value)
                (asked if rule.startswith(("why-", "runner-up")) else said).add(rule)
    assert asked <= set(catalogue("explaining"))
    texts = catalogue("evidence")
    assert len(said) > 30
    assert said <= set(texts)
    assert all(set(texts[rule]) == {"de", "en"} for rule in said)
