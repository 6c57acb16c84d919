"""Decisions held against the truth of a world, kind by kind."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bench.world import Scene
from bench.world.truth import Sure, Truth, told
from recon.model.matching import AllocationKind, Decision, Proposal


class Outcome(StrEnum):
    """What became of a line. ``ASKED``: something else, or nothing that could be booked, was proposed to a person.
    ``LEFT``: nothing was proposed, and nothing of ours was there."""

    RIGHT = "booked right"
    WRONG = "booked wrong"
    FIRST = "proposed first"
    IN_THREE = "in the first three"
    ASKED = "asked"
    MISSED = "missed"
    LEFT = "left alone"


@dataclass(slots=True)
class Score:
    """Outcomes by kind, and of the labels that the aims speak of. ``wrong`` are (seed, line id) that were booked
    wrong, ``open_certain`` and ``not_first`` those that fell short."""

    kinds: dict[str, Counter[Outcome]] = field(default_factory=dict)
    labels: dict[Sure, Counter[Outcome]] = field(default_factory=lambda: {sure: Counter() for sure in Sure})
    wrong: list[tuple[int, int]] = field(default_factory=list)
    open_certain: list[tuple[int, int]] = field(default_factory=list)
    not_first: list[tuple[int, int]] = field(default_factory=list)

    def add(self, scene: Scene, decisions: Sequence[Decision]) -> None:
        """Count the decisions of one world."""
        overpaid, payers = _overpaid(scene, decisions), _payers(decisions)
        for decision in decisions:
            truth = scene.truths[decision.line_id]
            free = all(payers.get(share.item_id, truth.line_id) == truth.line_id for share in truth.stands_in)
            outcome = outcome_of(decision, truth, first=free)
            if outcome is Outcome.RIGHT and decision.line_id in overpaid:
                outcome = Outcome.WRONG
            self.kinds.setdefault(truth.kind, Counter())[outcome] += 1
            self.labels[truth.sure][outcome] += 1
            at = (scene.seed, decision.line_id)
            if outcome is Outcome.WRONG:
                self.wrong.append(at)
            elif truth.sure is Sure.CERTAIN and outcome is not Outcome.RIGHT:
                self.open_certain.append(at)
            elif truth.sure is Sure.KNOWABLE and outcome not in {Outcome.RIGHT, Outcome.FIRST}:
                self.not_first.append(at)

    def certain_booked(self) -> float:
        """The share of the certain lines that were booked, and booked right."""
        return _share(self.labels[Sure.CERTAIN], {Outcome.RIGHT})

    def knowable_first(self) -> float:
        """The share of the knowable lines whose truth was proposed first, or booked."""
        return _share(self.labels[Sure.KNOWABLE], {Outcome.RIGHT, Outcome.FIRST})


def outcome_of(decision: Decision, truth: Truth, *, first: bool = False) -> Outcome:
    """What became of one line. ``first``: nothing else was booked on the item for which it may stand in."""
    accepted = truth.accepted() | ({told(truth.stands_in)} if first and truth.stands_in else set())
    places = [at for at, one in enumerate(decision.proposals) if _is_right(one, truth, accepted)]
    if decision.books:
        may_book = truth.sure in {Sure.CERTAIN, Sure.KNOWABLE} or bool(truth.stands_in)
        return Outcome.RIGHT if places[:1] == [0] and may_book else Outcome.WRONG
    if not decision.proposals:
        return Outcome.LEFT if truth.sure is Sure.FOREIGN else Outcome.MISSED
    if not places or places[0] > 2:
        return Outcome.ASKED
    return Outcome.FIRST if places[0] == 0 else Outcome.IN_THREE


def _is_right(proposal: Proposal, truth: Truth, accepted: Iterable[object]) -> bool:
    if proposal.shares:
        return told(proposal.shares) in accepted
    named = {value for evidence in proposal.evidence for _, value in evidence.facts}
    return bool(truth.asks_about & named)


def _overpaid(scene: Scene, decisions: Sequence[Decision]) -> set[int]:
    """Lines among those that together booked more on an item than it owed."""
    left = {item.id: abs(item.open) for item in scene.world.items}
    takers: dict[int, list[int]] = {}
    for decision in decisions:
        for share in decision.proposals[0].shares if decision.books else ():
            if share.item_id in left and share.kind in {AllocationKind.PAYMENT, AllocationKind.DISCOUNT}:
                left[share.item_id] -= abs(share.amount)
                takers.setdefault(share.item_id, []).append(decision.line_id)
    return {line for item, lines in takers.items() if left[item] < 0 for line in lines}


def _payers(decisions: Sequence[Decision]) -> dict[int | None, int]:
    """Item to the line that was booked on it."""
    booked = ((share.item_id, one.line_id) for one in decisions if one.books for share in one.proposals[0].shares)
    return dict(booked)


def _share(counts: Counter[Outcome], good: set[Outcome]) -> float:
    return sum(counts[one] for one in good) / (sum(counts.values()) or 1)
