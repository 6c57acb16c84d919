"""Proposals of several lines for one item: the line with the better reason keeps it first, the others get their next
best first and are told what they lost against; equal ones are all told so.

Rounds of all lines at once, as applicants and places are assigned: no order of lines or items shows in the outcome.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from msgspec.structs import replace

from recon.matching.case import Case, State, fact, settles
from recon.model.matching import Evidence, Proposal

# Which reason is the better one: what the customer wrote goes before who paid, who paid before the amount alone.
_ORDER: Final = (
    "C1", "C2", "C3", "C4", "C5", "R1", "H5", "H1", "H2", "H3", "H7", "H4", "H6",
    "M1", "M4", "M5", "M2", "M3", "R2", "L1", "L2", "L3", "L4",
)  # fmt: skip
_PAYER: Final = {"payer-iban": 0, "mandate-id": 1, "customer-number": 1, "payer-name": 2}
_NOBODY: Final = 9
# Rounds in which lines may give way. Each gives way to a better one at most as often as it has proposals.
_MAX_ROUNDS: Final = 50

Key = tuple[int, int, date]


@dataclass(frozen=True, slots=True)
class _Claim:
    line: int
    key: Key
    amount: int
    match_class: str


@dataclass(slots=True)
class _Standing:
    """Where a line stands: its leading proposal with the items it takes, and what it lost each item against."""

    items: dict[int, int]
    at: int = 0
    out: bool = False
    lost: dict[int, _Claim] = field(default_factory=dict)


def settle(
    cases: Mapping[int, Case], proposals: Mapping[int, Sequence[Proposal]], state: State
) -> dict[int, tuple[Proposal, ...]]:
    """The proposals of each line in the order that is left when the lines have given way to each other."""
    standings = {line: _Standing(_items(found[0])) for line, found in proposals.items() if found}
    left = _lefts(proposals, state)
    for _ in range(_MAX_ROUNDS):
        if not _round(cases, proposals, standings, left):
            break
    tied = _tied(cases, proposals, standings, left)
    return {
        line: _ordered(cases, found, standings[line], tied) if found else () for line, found in proposals.items()
    }  # fmt: skip


def _round(
    cases: Mapping[int, Case],
    proposals: Mapping[int, Sequence[Proposal]],
    standings: Mapping[int, _Standing],
    left: Mapping[int, int],
) -> bool:
    """Let the lines give way that have the weaker claim on some item; whether any did."""
    losers: dict[int, dict[int, _Claim]] = {}
    for item, claims in _claims(cases, proposals, standings).items():
        if sum(claim.amount for claim in claims) > left.get(item, 0):
            lost, winner = _lost(claims, left.get(item, 0))
            for claim in lost:
                losers.setdefault(claim.line, {})[item] = winner
    for line, lost_items in losers.items():
        standing = standings[line]
        standing.lost |= lost_items
        found = proposals[line]
        free = (at for at in range(standing.at + 1, len(found)) if not standing.lost.keys() & _items(found[at]).keys())
        following = next(free, None)
        standing.at, standing.out = (0, True) if following is None else (following, False)
        standing.items = _items(found[standing.at])
    return bool(losers)


def _claims(
    cases: Mapping[int, Case], proposals: Mapping[int, Sequence[Proposal]], standings: Mapping[int, _Standing]
) -> dict[int, list[_Claim]]:
    """The claims on each item that several lines lead with."""
    lines: dict[int, list[int]] = {}
    for line, standing in standings.items():
        if not standing.out:
            for item in standing.items:
                lines.setdefault(item, []).append(line)
    claims: dict[int, list[_Claim]] = {}
    for item, claimants in lines.items():
        if len(claimants) > 1:
            leading = ((line, proposals[line][standings[line].at]) for line in claimants)
            claims[item] = [
                _Claim(line, _key(cases[line], one), abs(standings[line].items[item]), one.match_class)
                for line, one in leading
            ]
    return claims


def _items(proposal: Proposal) -> dict[int, int]:
    taken: dict[int, int] = {}
    for share in proposal.shares:
        if share.item_id is not None and settles(share):
            taken[share.item_id] = taken.get(share.item_id, 0) + share.amount
    return taken


def _key(case: Case, proposal: Proposal) -> Key:
    """How good a reason is: its class, then who paid, then the day. Equal certain matches stay equal whoever paid."""
    whose = {share.customer_no for share in proposal.shares}
    known = [_PAYER.get(payer.rule, _NOBODY) for payer in case.payers if payer.customer in whose]
    contested = any(reason.rule == "contested" for reason in proposal.evidence)
    payer = 0 if contested else min(known, default=_NOBODY)
    return _ORDER.index(proposal.match_class), payer, case.booked_on


def _lost(claims: Sequence[_Claim], left: int) -> tuple[list[_Claim], _Claim]:
    """The claims that are worse than others that use the item up, and the best of all. Equal ones lose nothing to each
    other."""
    ordered = sorted(claims, key=lambda claim: (claim.key, claim.amount, claim.line))
    used = 0
    lost: list[_Claim] = []
    for key in sorted({claim.key for claim in ordered}):
        alike = [claim for claim in ordered if claim.key == key]
        lost += [claim for claim in alike if used and used + claim.amount > left]
        used += sum(claim.amount for claim in alike if not used or used + claim.amount <= left)
    return lost, ordered[0]


def _tied(
    cases: Mapping[int, Case],
    proposals: Mapping[int, Sequence[Proposal]],
    standings: Mapping[int, _Standing],
    left: Mapping[int, int],
) -> dict[int, int]:
    """Items that several lines lead with alike and that are not enough for all, with the number of lines."""
    claims = _claims(cases, proposals, standings)
    return {item: len(held) for item, held in claims.items() if sum(claim.amount for claim in held) > left.get(item, 0)}


def _ordered(
    cases: Mapping[int, Case], found: Sequence[Proposal], standing: _Standing, tied: Mapping[int, int]
) -> tuple[Proposal, ...]:
    order = [found[standing.at], *(one for at, one in enumerate(found) if at != standing.at)]
    told = []
    for rank, one in enumerate(order):
        items = _items(one).keys()
        lost = standing.lost if rank == 0 and standing.lost else standing.lost.keys() & items
        marks = [_lost_to(cases, one, found, item, standing.lost[item]) for item in sorted(lost)]
        numbers = {share.item_id: share.invoice_no for share in one.shares}
        marks += [
            fact("also-claimed", number=numbers[item], count=tied[item])
            for item in sorted(items, key=lambda item: str(numbers[item]))
            if item in tied and item not in standing.lost
        ]
        told.append(replace(one, evidence=(*one.evidence, *dict.fromkeys(marks))))
    return tuple(told)


def _lost_to(
    cases: Mapping[int, Case], one: Proposal, found: Sequence[Proposal], item: int, winner: _Claim
) -> Evidence:
    """What a line lost an item against."""
    number = next(share.invoice_no for each in (one, *found) for share in each.shares if share.item_id == item)
    case = cases[winner.line]
    facts = {"number": number, "amount": case.money(case.line.amount), "class": winner.match_class}
    day = case.line.booking_date or case.line.value_date
    return fact("claimed-better", **facts, day=day if day is not None else "?")


def _lefts(proposals: Mapping[int, Sequence[Proposal]], state: State) -> dict[int, int]:
    wanted = {item for found in proposals.values() for one in found for item in _items(one)}
    return {item: abs(left - state.spent.get(item, 0)) for item, left in state.index.opens(wanted).items()}
