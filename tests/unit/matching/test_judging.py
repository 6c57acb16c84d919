"""What the engine would have done against what stands: booked right or wrong, asked with the right answer first,
further down, or not offered."""

import pytest

from recon.matching.judging import NO_CLASS, Verdict, judge
from recon.model.matching import AllocationKind as K
from recon.model.matching import Band, Decision, Proposal, Share


def _share(item: int, amount: int, kind: K = K.PAYMENT) -> Share:
    return Share(item, f"RE-{item}", "10042", amount, kind)


def _decision(*proposals: Proposal, books: bool = False) -> Decision:
    return Decision(1, proposals, books, Band.CERTAIN)


def _proposal(match_class: str, *shares: Share) -> Proposal:
    return Proposal(match_class, Band.CERTAIN, shares, ())


ONE = _proposal("C3", _share(1, 11900))
TWO = _proposal("M1", _share(2, 10000), _share(3, 1900))


@pytest.mark.parametrize(
    ("decision", "stands", "verdict", "match_class"),
    [
        (_decision(ONE, books=True), [_share(1, 11900)], Verdict.RIGHT, "C3"),
        (_decision(ONE, books=True), [_share(1, 11800)], Verdict.WRONG, "C3"),
        (_decision(ONE, books=True), [_share(2, 11900)], Verdict.WRONG, "C3"),
        (_decision(ONE, TWO), [_share(1, 11900)], Verdict.FIRST, "C3"),
        (_decision(ONE, TWO), [_share(3, 1900), _share(2, 10000)], Verdict.LISTED, "C3"),
        (_decision(TWO, ONE), [_share(2, 11900)], Verdict.NONE, "M1"),
        (_decision(), [_share(1, 11900)], Verdict.NONE, NO_CLASS),
        (_decision(ONE, books=True), [_share(1, 5000), _share(1, 6900)], Verdict.RIGHT, "C3"),
        (_decision(ONE, books=True), [_share(1, 11900), _share(1, 500, K.FEE_WAIVED)], Verdict.RIGHT, "C3"),
        (_decision(ONE, books=True), [_share(1, 11900), _share(1, 100, K.WRITE_OFF)], Verdict.WRONG, "C3"),
    ],
    ids=["right", "another amount", "another item", "first", "the parts in another order", "not offered", "silent",
         "booked in two steps", "a fee waived beside", "a difference written off"],
)  # fmt: skip
def test_verdicts(decision: Decision, stands: list[Share], verdict: Verdict, match_class: str) -> None:
    judged = judge(decision, stands)
    assert (judged.verdict, judged.match_class) == (verdict, match_class)
