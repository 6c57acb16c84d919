"""What is claimed beside items (fees, interest, return charges), tolerance, mandates and ultimate debtors."""

from datetime import date
from typing import Any

import pytest

from recon.matching.world import NoticeFee, PaidFrom, ReturnCharge, World
from recon.model.matching import AllocationKind
from recon.model.settings import MatchingSettings
from sepa.money import parse_amount
from tests.unit.matching.scenes import DUE, IBAN_A, PAID, bank_line, decide, item, outcome, rules, told, world
from tests.unit.matching.told import explained, sentences

R = "RE-2026-0815"
ISSUED = date(2026, 3, 15)


def notice(fee: str, interest: str, *items: int, number: int = 1) -> NoticeFee:
    return NoticeFee(items, parse_amount(fee), ISSUED, 2, number, parse_amount(interest))


def charged(amount: str, item_id: int = 1, on: date = ISSUED) -> ReturnCharge:
    return ReturnCharge(item_id, parse_amount(amount), on)


ALL = world(item(1, R, "100.00"), fees=[notice("10.00", "1.20", 1)], charges=[charged("3.00")])
FEE = world(item(1, R, "100.00"), fees=[notice("10.00", "0.00", 1)])
NO_FEE = world(item(1, R, "100.00"), fees=[notice("0.00", "1.20", 1)])
PAIR = (item(1, "RE-1001", "100.00"), item(2, "RE-1002", "200.00", due=date(2026, 2, 1)))
CASES: list[tuple[str, str, dict[str, Any], World, str]] = [
    # alone and together, all of a kind or none of it; only exactly the fee is certain
    ("110.00", R, {}, ALL, f"C4! {R} 100.00 + dunning_fee {R} 10.00"),
    ("101.20", R, {}, ALL, f"H3 {R} 100.00 + interest {R} 1.20"),
    ("103.00", R, {}, ALL, f"H3 {R} 100.00 + return_fee {R} 3.00"),
    ("111.20", R, {}, ALL, f"H3 {R} 100.00 + dunning_fee {R} 10.00 + interest {R} 1.20"),
    ("113.00", R, {}, ALL, f"H3 {R} 100.00 + dunning_fee {R} 10.00 + return_fee {R} 3.00"),
    ("104.20", R, {}, ALL, f"H3 {R} 100.00 + interest {R} 1.20 + return_fee {R} 3.00"),
    ("114.20", R, {}, ALL, f"H3 {R} 100.00 + dunning_fee {R} 10.00 + interest {R} 1.20 + return_fee {R} 3.00"),
    ("114.21", R, {}, ALL, f"M1 {R} 100.00 + overpayment 10042 14.21 manual_booking"),
    ("100.00", R, {}, ALL, f"C3! {R} 100.00"),
    ("100.00", R, {}, NO_FEE, f"C3! {R} 100.00"),
    ("101.20", R, {}, NO_FEE, f"H3 {R} 100.00 + interest {R} 1.20"),
    # neither before it was issued nor before it was charged
    ("103.00", R, {"on": date(2026, 3, 14)}, ALL, f"M1 {R} 100.00 + overpayment 10042 3.00 manual_booking"),
    ("101.20", R, {"on": date(2026, 3, 14)}, ALL, f"M1 {R} 100.00 + overpayment 10042 1.20 manual_booking"),
    # several items: the fee of a notice is borne by the oldest due of those paid, wherever it is put together
    ("305.00", "RE-1001 RE-1002", {}, world(*PAIR, fees=[notice("5.00", "0.00", 1, 2)]),
     "H3 RE-1002 200.00 + RE-1001 100.00 + dunning_fee RE-1002 5.00"),
    ("305.00", "Danke", {"iban": IBAN_A}, world(*PAIR, fees=[notice("5.00", "0.00", 1, 2)]),
     "M3 RE-1002 200.00 + RE-1001 100.00 + dunning_fee RE-1002 5.00"),
    ("105.00", "RE-1001", {}, world(*PAIR, fees=[notice("5.00", "0.00", 1, 2)]),
     "C4! RE-1001 100.00 + dunning_fee RE-1001 5.00"),
    ("306.50", "RE-1001 RE-1002", {}, world(*PAIR, fees=[notice("5.00", "1.50", 1, 2)]),
     "H3 RE-1002 200.00 + RE-1001 100.00 + dunning_fee RE-1002 5.00 + interest RE-1002 1.50"),
    ("306.00", "RE-1001 RE-1002", {}, world(*PAIR, charges=[charged("3.00", 1), charged("3.00", 2)]),
     "H3 RE-1002 200.00 + RE-1001 100.00 + return_fee RE-1002 3.00 + return_fee RE-1001 3.00"),
    ("103.00", "Danke", {"iban": IBAN_A}, world(*PAIR, charges=[charged("3.00", 1)]),
     "M3 RE-1001 100.00 + return_fee RE-1001 3.00"),
]  # fmt: skip


@pytest.mark.parametrize(("amount", "text", "given", "known", "expected"), CASES)
def test_claimed_beside(amount: str, text: str, given: dict[str, Any], known: World, expected: str) -> None:
    assert outcome(bank_line(amount, text, **given), known) == expected


def test_by_law_costs_and_interest_go_first() -> None:
    """§ 367 BGB: costs, interest, principal."""
    known = world(item(1, R, "100.00"), fees=[notice("10.00", "1.20", 1)],
                  settings=MatchingSettings(fee_policy="legal_order"))  # fmt: skip
    expected = f"M1 {R} 48.80 + dunning_fee {R} 10.00 + interest {R} 1.20"
    assert outcome(bank_line("60.00", R), known) == expected


def test_equal_ways_say_so() -> None:
    """A fee and a return charge of the same amount."""
    known = world(item(1, R, "100.00", in_collection=True), fees=[notice("3.00", "0.00", 1)], charges=[charged("3.00")])
    (decision,) = decide([bank_line("103.00", R)], known)
    assert told(decision.proposals[0]) == f"H3 {R} 100.00 + dunning_fee {R} 3.00"
    assert "ambiguous" in rules(decision)


def near(amount: str, tolerance: int, **given: Any) -> str:
    known = world(item(1, R, "119.00"), item(2, "X-2002", "500.00"), settings=MatchingSettings(tolerance=tolerance))
    return outcome(bank_line(amount, given.pop("text", R), **given), known)


@pytest.mark.parametrize(
    ("amount", "tolerance", "given", "expected"),
    [
        ("118.50", 50, {}, f"M5 {R} 118.50 + write_off {R} 0.50"),
        ("118.49", 50, {}, f"M1 {R} 118.49"),
        ("119.50", 50, {}, f"M5 {R} 119.00 + overpayment 10042 0.50 manual_booking"),
        ("119.51", 50, {}, f"M1 {R} 119.00 + overpayment 10042 0.51 manual_booking"),
        ("119.00", 50, {}, f"C3! {R} 119.00"),
        ("118.99", 0, {}, f"M1 {R} 118.99"),
        ("118.50", 50, {"text": "Danke", "iban": IBAN_A}, f"M5 {R} 118.50 + write_off {R} 0.50"),
        ("118.50", 50, {"text": "Danke"}, "-"),
        ("618.60", 50, {"text": f"{R} X-2002"}, f"M5 {R} 119.00 + X-2002 499.60 + write_off X-2002 0.40"),
    ],
)
def test_tolerance_is_proposed_never_booked(amount: str, tolerance: int, given: dict[str, Any], expected: str) -> None:
    assert near(amount, tolerance, **given) == expected


def test_every_share_within_the_tolerance_adds_up_to_the_item() -> None:
    known = world(item(1, R, "119.00"), settings=MatchingSettings(tolerance=50))
    (decision,) = decide([bank_line("118.60", R)], known)
    shares = decision.proposals[0].shares
    assert sum(share.amount for share in shares) == 11900
    assert {share.kind for share in shares} == {AllocationKind.PAYMENT, AllocationKind.WRITE_OFF}
    assert "within-tolerance" in rules(decision)


@pytest.mark.parametrize(
    ("given", "text", "expected", "rule"),
    [
        ({}, "Mandat M-10042-1", f"M2 {R} 119.00", "mandate-id"),
        ({"mandate_id": "M-10042-1"}, "Danke", f"M2 {R} 119.00", "mandate-id"),
        ({}, "Mandat M-10042-12", f"L1 {R} 119.00", "amount-equal"),
        ({"name": "Kanzlei", "ultimate": "Optik Müller & Söhne GmbH"}, "Danke", f"M2 {R} 119.00", "payer-ultimate"),
        ({"name": "Optik Müller & Söhne GmbH"}, "Danke", f"M2 {R} 119.00", "payer-name"),
    ],
)
def test_signs_of_the_payer(given: dict[str, Any], text: str, expected: str, rule: str) -> None:
    known = world(item(1, R, "119.00"), mandates={"M-10042-1": "10042"})
    (decision,) = decide([bank_line("119.00", text, **given)], known)
    assert told(decision.proposals[0]) == expected
    assert rules(decision)[0] == rule


def test_a_learned_iban_says_how_often_and_makes_a_known_one_shared() -> None:
    new = "DE75512108001245126199"
    known = world(
        item(1, R, "119.00"), learned={new: (PaidFrom("10042", 3, PAID),), IBAN_A: (PaidFrom("10044", 2, DUE),)}
    )
    (decision,) = decide([bank_line("119.00", "Danke", iban=new)], known)
    assert told(decision.proposals[0]) == f"H4 {R} 119.00"
    assert dict(decision.proposals[0].evidence[0].facts) == {
        "customer": "10042", "iban": new, "count": "3", "last": "2026-03-20",
    }  # fmt: skip
    (shared,) = decide([bank_line("119.00", "Danke", iban=IBAN_A)], known)
    assert told(shared.proposals[0]) == f"M2 {R} 119.00"
    assert rules(shared)[0] == "payer-iban-shared"


@pytest.mark.parametrize(
    ("amount", "known", "said"),
    [
        ("110.01", FEE, ["Die letzte Mahnung (Stufe 2 vom 15.03.2026) verlangt 10,00 Mahngebühr.",
                         "Über den offenen Betrag hinaus kamen 10,01; verlangt sind 10,00, also 0,01 zu viel."]),
        ("104.00", FEE, ["Die letzte Mahnung (Stufe 2 vom 15.03.2026) verlangt 10,00 Mahngebühr.",
                         "Über den offenen Betrag hinaus kamen 4,00; verlangt sind 10,00, es fehlen 6,00."]),
        ("114.21", ALL, ["Die letzte Mahnung (Stufe 2 vom 15.03.2026) verlangt 10,00 Mahngebühr.",
                         "Die letzte Mahnung (vom 15.03.2026) verlangt 1,20 Verzugszinsen.",
                         f"Für die zurückgegebene Lastschrift zu {R} sind 3,00 Bankgebühr zu erstatten.",
                         "Über den offenen Betrag hinaus kamen 14,21; verlangt sind 14,20, also 0,01 zu viel."]),
        ("102.99", ALL, [f"Für die zurückgegebene Lastschrift zu {R} sind 3,00 Bankgebühr zu erstatten.",
                         "Über den offenen Betrag hinaus kamen 2,99; verlangt sind 3,00, es fehlen 0,01."]),
        ("110.01", world(item(1, R, "100.00")), []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("given", [{}, {"text": "Danke", "iban": IBAN_A}], ids=["by number", "by payer"])
def test_a_18_what_is_claimed_and_by_how_much_it_is_missed(
    amount: str, known: World, said: list[str], given: dict[str, Any]
) -> None:
    """100.00 and a fee of 10.00, paid 110.01: a clerk reads what the fee would have been and that a cent is left."""
    line = bank_line(amount, **{"text": R, **given})
    found = sentences(explained(line, known), "de")
    overpaid = next(at for at, text in enumerate(found) if text.startswith("Überzahlung"))
    assert [text.partition(" Als Gebühr")[0] for text in found[overpaid + 1 :]] == said
