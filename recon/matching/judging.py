"""How the engine's answer compares with what stands in the books."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from recon.matching.world import way
from recon.model.matching import AllocationKind, Decision, Share

# The class of a line of which the engine has nothing to say.
NO_CLASS = "-"


class Verdict(StrEnum):
    """What would have become of a line: booked right or wrong without a person, or asked, with the right proposal
    first, further down, or not among the proposals."""

    RIGHT = "right"
    WRONG = "wrong"
    FIRST = "asked_first"
    LISTED = "asked_listed"
    NONE = "asked_none"


@dataclass(frozen=True, slots=True)
class Judged:
    """A line with what the engine says of it today, and the class under which it says so."""

    line_id: int
    match_class: str
    verdict: Verdict
    would: tuple[Share, ...]


def judge(decision: Decision, stands: Iterable[Share]) -> Judged:
    """Compare a decision with the shares that stand. Whether a person waived a fee beside them is no question of whose
    payment it was."""
    truth = way(share for share in stands if share.kind is not AllocationKind.FEE_WAIVED)
    first = decision.proposals[0] if decision.proposals else None
    at = next((at for at, found in enumerate(decision.proposals) if way(found.shares) == truth), None)
    if decision.books:
        verdict = Verdict.RIGHT if at == 0 else Verdict.WRONG
    elif at is None:
        verdict = Verdict.NONE
    else:
        verdict = Verdict.FIRST if at == 0 else Verdict.LISTED
    return Judged(decision.line_id, first.match_class if first else NO_CLASS, verdict, first.shares if first else ())
