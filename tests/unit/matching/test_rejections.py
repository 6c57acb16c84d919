"""What a person has said no to: not booked, not proposed in another form, and it keeps nothing from the others."""

from recon.matching.engine import match
from recon.matching.world import OpenLine, Ways, World, way
from recon.model.matching import AllocationKind, Decision, Share
from recon.model.statement import Line
from tests.unit.matching.scenes import IBAN_A, PAID, bank_line, collection, fee, item, rules, told, world

R = "RE-2026-0815"
ONE = world(item(1, R, "119.00"))


def pay(item_id: int, amount: int, kind: AllocationKind = AllocationKind.PAYMENT) -> Share:
    return Share(item_id, None, "10042", amount, kind)


def no(*shares: Share) -> frozenset[Ways]:
    return frozenset({way(shares)})


def after(line: Line, known: World, rejected: frozenset[Ways]) -> Decision:
    (decision,) = match([OpenLine(1, line, line.amount, rejected)], known)
    return decision


def outcomes(lines: list[OpenLine], known: World) -> list[str]:
    return [told(d.proposals[0], d.books) if d.proposals else "-" for d in match(lines, known)]


def test_a_rejected_certain_match_leaves_its_item_to_the_other_line() -> None:
    """Two payments of one day name one invoice. Nobody knows which it is until a person says no to one of them."""
    line = bank_line("119.00", R)
    both = [OpenLine(1, line, 11900), OpenLine(2, line, 11900)]
    assert outcomes(both, ONE) == [f"H5 {R} 119.00"] * 2
    both[0] = OpenLine(1, line, 11900, no(pay(1, 11900)))
    assert outcomes(both, ONE) == ["L3 overpayment 10042 119.00 manual_booking", f"C3! {R} 119.00"]


def test_the_earlier_payment_was_rejected_the_later_one_pays() -> None:
    early = OpenLine(1, bank_line("119.00", R), 11900, no(pay(1, 11900)))
    late = OpenLine(2, bank_line("119.00", R, on=PAID.replace(day=25)), 11900)
    assert outcomes([early, late], ONE)[1] == f"C3! {R} 119.00"


def test_the_next_best_steps_up_but_is_not_booked() -> None:
    known = world(item(1, R, "119.00"), item(2, "RE-2026-0816", "119.00"))
    line = bank_line("119.00", R, iban=IBAN_A)
    decision = after(line, known, no(pay(1, 11900)))
    assert not decision.books
    assert all(share.item_id != 1 for found in decision.proposals for share in found.shares)


def test_the_same_in_another_form_does_not_come_back() -> None:
    known = world(item(1, "RE-1001", "100.00"), item(2, "RE-1002", "200.00"), fees=[fee("5.00", 1, 2)])
    line = bank_line("305.00", "RE-1001, RE-1002")
    fee_on = AllocationKind.DUNNING_FEE
    assert told(after(line, known, frozenset()).proposals[0]).startswith("H3 ")
    for shares in (
        (pay(1, 10000), pay(2, 20000), pay(1, 500, fee_on)),
        (pay(2, 500, fee_on), pay(2, 20000), pay(1, 10000)),
        (pay(2, 500, fee_on), pay(2, 20000), pay(1, 4000), pay(1, 6000)),
    ):
        decision = after(line, known, no(*shares))
        assert all(found.match_class != "H3" for found in decision.proposals), shares


def test_another_amount_on_a_rejected_item_is_asked_and_says_so() -> None:
    """The whole sum was rejected as a part payment with a rest; now it fits exactly: still a person decides."""
    decision = after(bank_line("119.00", R), ONE, no(pay(1, 10000), pay(1, 1900, AllocationKind.DUNNING_FEE)))
    assert told(decision.proposals[0], decision.books) == f"H5 {R} 119.00"
    assert "rejected-before" in rules(decision)


def test_an_invoice_that_came_later_is_booked_all_the_same() -> None:
    """Rejected was a similar number; the invoice itself was imported afterwards."""
    known = world(item(1, "RE-2026-0851", "119.00"), item(2, R, "119.00"))
    decision = after(bank_line("119.00", R), known, no(pay(1, 11900)))
    assert told(decision.proposals[0], decision.books) == f"C3! {R} 119.00"


def test_a_rejected_collection_is_not_booked() -> None:
    known = world(collections=[collection(1, "50.00")])
    line = bank_line("50.00", None, end_to_end_id="E2E-1")
    share = Share(901, "LS-1", "10044", 5000, AllocationKind.COLLECTION, collection_id=1)
    assert told(after(line, known, frozenset()).proposals[0], books=True) == "C1! collection LS-1 50.00"
    assert not after(line, known, no(share)).books
    assert after(line, known, no(share)).proposals == ()
