"""Proposals of several lines for one item: the line with the better reason keeps it first, the others get their next
best first and are told what they lost against; equal ones are all told so.

Rounds of all lines at once, as applicants and places are assigned: no order of lines or items shows in the outcome.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from recon.matching.case import Case, State, fact, settles
from recon.matching.packed import pack, unpack
from recon.model.matching import Evidence, Proposal
from recon.model.statement import Line
from sepa.money import plain

# Which reason is the better one: what the customer wrote goes before who paid, who paid before the amount alone.
_ORDER: Final = (
    "C1", "C2", "C3", "C4", "C5", "C6", "R1", "R3", "H5", "H1", "H2", "H3", "H7", "H4", "H6",
    "H8",
    "M1", "M4", "M5", "M2", "M3", "M6", "R2", "R4", "L1", "L2", "L3", "L4",
)  # fmt: skip
_PAYER: Final = {"payer-iban": 0, "mandate-id": 1, "customer-number": 1, "payer-name": 2}
_NOBODY: Final = 9
# Rounds in which lines may give way. Each gives way to a better one at most as often as it has proposals.
_MAX_ROUNDS: Final = 50

Key = tuple[int, int, date]


class Bid(Struct, frozen=True, gc=False):
    """What of a proposal decides who keeps an item: its class, how good its reason is, what it takes of which item."""

    match_class: str
    key: Key
    takes: Mapping[int, int]


class Asking(Struct, frozen=True, gc=False):
    """A line that asks for items: a bid for each of its proposals, best first. The proposals with all their reasons lie
    packed until the lines have given way to each other."""

    line: Line
    bids: tuple[Bid, ...]
    packed: bytes


@dataclass(frozen=True, slots=True)
class _Claim:
    line: int
    key: Key
    amount: int
    match_class: str


@dataclass(slots=True)
class _Standing:
    """Where a line stands: the place of its leading proposal, and what it lost each item against."""

    bids: Sequence[Bid]
    at: int = 0
    out: bool = False
    lost: dict[int, _Claim] = field(default_factory=dict)

    @property
    def leading(self) -> Bid:
        """The bid of the leading proposal."""
        return self.bids[self.at]


def asking(case: Case, proposals: Sequence[Proposal]) -> Asking:
    """A line with what is proposed for it."""
    return Asking(
        case.line, tuple([Bid(one.match_class, _key(case, one), _takes(one)) for one in proposals]), pack(proposals)
    )


@dataclass(frozen=True, slots=True)
class Settled:
    """What has come of it: the order of each line's proposals, and what is to be told of it."""

    asked: Mapping[int, Asking]
    standings: Mapping[int, _Standing]
    tied: Mapping[int, int]

    def proposals(self, line: int) -> tuple[Proposal, ...]:
        """The proposals of a line in the order that is left; none of a line that asked for nothing."""
        one = self.asked.get(line)
        found = unpack(one.packed) if one else ()
        return _ordered(self.asked, found, self.standings[line], self.tied) if line in self.standings else found


def settle(asked: Mapping[int, Asking], state: State) -> Settled:
    """Let the lines give way to each other."""
    standings = _rivals(asked)
    left = _lefts(standings, state)
    for _ in range(_MAX_ROUNDS):
        if not _round(standings, left):
            break
    return Settled(asked, standings, _tied(standings, left))


def _rivals(asked: Mapping[int, Asking]) -> dict[int, _Standing]:
    """The lines that may come into each other's way: some of their proposals take of the same item."""
    wanted = {line: {item for bid in one.bids for item in bid.takes} for line, one in asked.items()}
    takers = Counter(item for items in wanted.values() for item in items)
    return {
        line: _Standing(asked[line].bids)
        for line, items in wanted.items()
        if any(takers[item] > 1 for item in items)
    }  # fmt: skip


def _round(standings: Mapping[int, _Standing], left: Mapping[int, int]) -> bool:
    """Let the lines give way that have the weaker claim on some item; whether any did."""
    losers: dict[int, dict[int, _Claim]] = {}
    for item, claims in _claims(standings).items():
        if sum(claim.amount for claim in claims) > left.get(item, 0):
            lost, winner = _lost(claims, left.get(item, 0))
            for claim in lost:
                losers.setdefault(claim.line, {})[item] = winner
    for line, lost_items in losers.items():
        standing = standings[line]
        standing.lost |= lost_items
        bids = standing.bids
        free = (at for at in range(standing.at + 1, len(bids)) if not standing.lost.keys() & bids[at].takes.keys())
        following = next(free, None)
        standing.at, standing.out = (0, True) if following is None else (following, False)
    return bool(losers)


def _claims(standings: Mapping[int, _Standing]) -> dict[int, list[_Claim]]:
    """The claims on each item that several lines lead with."""
    lines: dict[int, list[int]] = {}
    for line, standing in standings.items():
        if not standing.out:
            for item in standing.leading.takes:
                lines.setdefault(item, []).append(line)
    claims: dict[int, list[_Claim]] = {}
    for item, claimants in lines.items():
        if len(claimants) > 1:
            leading = ((line, standings[line].leading) for line in claimants)
            claims[item] = [_Claim(line, bid.key, abs(bid.takes[item]), bid.match_class) for line, bid in leading]
    return claims


def _takes(proposal: Proposal) -> dict[int, int]:
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


def _tied(standings: Mapping[int, _Standing], left: Mapping[int, int]) -> dict[int, int]:
    """Items that several lines lead with alike and that are not enough for all, with the number of lines."""
    claims = _claims(standings)
    return {item: len(held) for item, held in claims.items() if sum(claim.amount for claim in held) > left.get(item, 0)}


def _ordered(
    asked: Mapping[int, Asking], found: Sequence[Proposal], standing: _Standing, tied: Mapping[int, int]
) -> tuple[Proposal, ...]:
    order = [found[standing.at], *(one for at, one in enumerate(found) if at != standing.at)]
    told = []
    for rank, one in enumerate(order):
        items = _takes(one).keys()
        lost = standing.lost if rank == 0 and standing.lost else standing.lost.keys() & items
        marks = [_lost_to(asked, one, found, item, standing.lost[item]) for item in sorted(lost)]
        numbers = {share.item_id: share.invoice_no for share in one.shares}
        marks += [
            fact("also-claimed", number=numbers[item], count=tied[item])
            for item in sorted(items, key=lambda item: str(numbers[item]))
            if item in tied and item not in standing.lost
        ]
        told.append(replace(one, evidence=(*one.evidence, *dict.fromkeys(marks))))
    return tuple(told)


def _lost_to(
    asked: Mapping[int, Asking], one: Proposal, found: Sequence[Proposal], item: int, winner: _Claim
) -> Evidence:
    """What a line lost an item against."""
    number = next(share.invoice_no for each in (one, *found) for share in each.shares if share.item_id == item)
    line = asked[winner.line].line
    facts = {"number": number, "amount": plain(line.amount, line.currency), "class": winner.match_class}
    day = line.booking_date or line.value_date
    return fact("claimed-better", **facts, day=day if day is not None else "?")


def _lefts(standings: Mapping[int, _Standing], state: State) -> dict[int, int]:
    wanted = {item for standing in standings.values() for bid in standing.bids for item in bid.takes}
    return {item: abs(left - state.spent.get(item, 0)) for item, left in state.index.opens(wanted).items()}
