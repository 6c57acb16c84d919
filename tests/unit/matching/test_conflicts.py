"""Several lines propose one item: the better reason leads, the others get their next best and are told why."""

import itertools
from datetime import timedelta

import pytest

from recon.matching.engine import match
from recon.matching.world import OpenLine, World
from recon.model.statement import Line
from tests.unit.matching.scenes import IBAN_A, IBAN_B, PAID, bank_line, decide, fee, item, rules, told, world

R = "RE-2026-0815"
DAY = timedelta(days=1)
ONE = world(item(1, R, "119.00"))


def outcomes(lines: list[Line], known: World) -> list[str]:
    return [told(d.proposals[0], d.books) if d.proposals else "-" for d in decide(lines, known)]


def test_the_number_goes_before_the_amount() -> None:
    """A typing error in the number and a stranger with the same amount."""
    known = world(item(1, R, "119.00"), item(2, "X-2", "119.00", "10044"))
    lines = [bank_line("119.00", "Miete"), bank_line("119.00", "RE-2026-0851")]
    assert outcomes(lines, known) == ["L2 X-2 119.00", f"M4 {R} 119.00"]
    stranger, named = decide(lines, known)
    assert "claimed-better" in rules(stranger)
    assert {"also-claimed", "claimed-better"}.isdisjoint(rules(named))


def test_the_payer_goes_before_the_stranger() -> None:
    known = world(item(1, R, "119.00"), item(2, "X-2", "119.00", "10044"))
    lines = [bank_line("119.00", "Danke"), bank_line("119.00", "Danke", iban=IBAN_A)]
    assert outcomes(lines, known) == ["L2 X-2 119.00", f"H4 {R} 119.00"]


def test_the_earlier_payment_of_equal_reason() -> None:
    known = world(item(1, R, "119.00"), item(2, "RE-2026-0820", "119.00"))
    lines = [bank_line("119.00", "Danke", iban=IBAN_A, on=PAID + DAY), bank_line("119.00", "Danke", iban=IBAN_A)]
    assert outcomes(lines, known) == ["M2 RE-2026-0820 119.00", f"M2 {R} 119.00"]


def test_equal_ones_of_one_day_both_say_so() -> None:
    lines = [bank_line("119.00", "RE-2026-0851"), bank_line("119.00", "RE-2026-0851")]
    decisions = decide(lines, ONE)
    assert outcomes(lines, ONE) == [f"M4 {R} 119.00"] * 2
    assert all("also-claimed" in rules(decision) for decision in decisions)


def test_two_certain_ones_of_one_day_stay_contested_whoever_paid() -> None:
    lines = [bank_line("119.00", R, iban=IBAN_A), bank_line("119.00", R, name="Fremd")]
    assert outcomes(lines, ONE) == [f"H5 {R} 119.00"] * 2
    assert all({"contested", "also-claimed"} <= set(rules(decision)) for decision in decide(lines, ONE))


def test_parts_that_fit_together_do_not_conflict() -> None:
    lines = [bank_line("60.00", R), bank_line("59.00", R, on=PAID + DAY)]
    assert [rules(decision) for decision in decide(lines, ONE)] == [["invoice-number", "partial"]] * 2


def test_a_line_without_another_choice_keeps_its_own_and_is_told() -> None:
    lines = [bank_line("119.00", "RE-2026-0851"), bank_line("119.00", "Miete")]
    named, stranger = decide(lines, ONE)
    assert told(named.proposals[0]) == f"M4 {R} 119.00"
    assert told(stranger.proposals[0]) == f"L1 {R} 119.00"
    assert rules(stranger)[-1] == "claimed-better"
    assert dict(stranger.proposals[0].evidence[-1].facts) == {
        "number": R, "amount": "119.00", "class": "M4", "day": "2026-03-20",
    }  # fmt: skip


def test_who_gives_way_may_displace_a_weaker_one() -> None:
    """The payer's two items of one amount and a stranger: each line ends with one of them, or is told why not."""
    known = world(item(1, R, "119.00"), item(2, "RE-2026-0820", "119.00"), item(3, "X-3", "119.00", "10044"))
    lines = [
        bank_line("119.00", "RE-2026-0851"),
        bank_line("119.00", "Danke", iban=IBAN_A),
        bank_line("119.00", "Miete"),
    ]
    assert outcomes(lines, known) == [f"M4 {R} 119.00", "M2 RE-2026-0820 119.00", "L2 X-3 119.00"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_no_order_shows(order: tuple[int, ...]) -> None:
    equal = (item(1, R, "119.00"), item(2, "RE-2026-0820", "119.00"), item(3, "X-3", "119.00", "10043"))
    known = world(*equal, fees=[fee("5.00", 1)])
    bank = [
        OpenLine(1, bank_line("119.00", "Danke", iban=IBAN_A), 11900),
        OpenLine(2, bank_line("119.00", "Danke", iban=IBAN_A), 11900),
        OpenLine(3, bank_line("119.00", "Danke", iban=IBAN_B), 11900),
        OpenLine(4, bank_line("119.00", "Miete"), 11900),
    ]
    assert match([bank[at] for at in order], known) == match(bank, known)
