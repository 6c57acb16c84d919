"""The dunning state of a part follows from the notices that stand; nobody sets it (design.md, promise 4)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from recon.model.dunning import PartState
from recon.model.items import PartKind


@dataclass(frozen=True, slots=True)
class Sent:
    """A notice line that was issued for a part. ``cancelled`` ones do not stand."""

    level: int
    issued_on: date
    deadline: date
    cancelled: bool = False


def after_issue(state: PartState, level: int, issued_on: date, deadline: date) -> PartState:
    """The state once a notice of ``level`` is out. Level 0, the line of a credit note, changes nothing.

    The level is the next one, or the last again (X-10), which is a lower one where levels were taken away since. Raises
    ValueError for a skipped level (X-03) and for a notice before the day after the previous deadline (1.7).
    """
    if level == 0:
        return state
    if not 1 <= level <= state.level + 1:
        raise ValueError(f"level {level} after level {state.level}")
    if state.last_deadline is not None and issued_on <= state.last_deadline:
        raise ValueError(f"a notice on {issued_on} before the previous deadline {state.last_deadline} has passed")
    if state.level == 0:
        return PartState(level, issued_on, deadline, issued_on, deadline)
    return PartState(max(level, state.level), issued_on, deadline, state.first_notice_on, state.first_deadline,
                     0 if level > state.level else state.repeats + 1)  # fmt: skip


def fold(history: Iterable[Sent]) -> PartState:
    """The state that follows from all notices ever issued for a part, in any order: that of the last one that stands.

    A cancelled notice leaves what was before it; the level is the highest of those that stand.
    """
    standing = sorted(
        (sent for sent in history if not sent.cancelled and sent.level > 0),
        key=lambda sent: (sent.issued_on, sent.level),
    )
    if not standing:
        return PartState()
    first, last = standing[0], standing[-1]
    level = max(sent.level for sent in standing)
    reached = next(place for place, sent in enumerate(standing, 1) if sent.level == level)
    return PartState(level, last.issued_on, last.deadline, first.issued_on, first.deadline, len(standing) - reached)


def part_now(said: PartKind, parts: Collection[PartKind]) -> PartKind:
    """The part that a notice line counts for, of the parts that its item has today: an item that was reminded of as a
    total and is told in two parts since goes on with the remainder, which was the due date of the total."""
    return PartKind.REMAINDER if said is PartKind.TOTAL and PartKind.REMAINDER in parts else said
