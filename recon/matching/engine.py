"""Matching: which bank line pays which open item, and why.

Two passes. First the certain matches of the whole statement, settled together: where two lines claim the same item,
the earlier payment wins, as it would have had the statements come day by day; equal claims stay open. Then, against
what is left, the proposals for everything else; where several lines want one item, the better reason leads
(``conflicts``). Nothing depends on the order of lines or items.
"""

from collections.abc import Collection, Mapping, Sequence

from recon.matching.case import Case, Resource, State, open_case, settles
from recon.matching.classes import certain, proposed
from recon.matching.conflicts import settle
from recon.matching.own_debits import is_return, names_own
from recon.matching.payers import Payer
from recon.matching.reading import payers
from recon.matching.world import Index, OpenLine, World, index
from recon.model.matching import MOVES_NO_MONEY, AllocationKind, Band, Decision, Evidence, Proposal
from recon.model.statement import LineStatus


def match(lines: Sequence[OpenLine], world: World) -> tuple[Decision, ...]:
    """One decision for each line, in the order of the lines' ids.

    ``books`` is true where the first proposal is to be booked without a person; with ``auto = "none"`` it never is.
    The shares of a proposal add up to what is open of the line (shares of kind ``discount`` and ``write_off`` apart,
    they move no money), or there are none: then the evidence says what a person has to decide.
    """
    return decide(lines, index(world))


def decide(lines: Sequence[OpenLine], ready: Index) -> tuple[Decision, ...]:
    """``match`` with an index at hand."""
    state = State(ready)
    cases = {line.id: open_case(line, state) for line in sorted(lines, key=lambda line: line.id) if _decidable(line)}
    booked = _settle_certain(cases, state)
    books = ready.world.settings.auto == "certain"
    decisions = {number: Decision(number, (best,), books, best.band) for number, best in booked.items()}
    asked: dict[int, Case] = {}
    proposals: dict[int, tuple[Proposal, ...]] = {}
    # Lines of one amount one after the other: what is looked up by amount is at hand.
    for case in sorted(cases.values(), key=lambda case: case.amount):
        if case.id not in booked:
            known = case.anew(payers(case.line, ready))
            proposals[case.id] = proposed(known)
            # From here on it matters who paid, not why we think so: the proposals hold their reasons.
            bare = (Payer(one.rule, one.customers, Evidence(one.rule)) for one in known.payers)
            asked[case.id] = case.anew(tuple(bare))
    for number, ordered in settle(asked, proposals, state).items():
        found = tuple(_checked(proposal, asked[number]) for proposal in ordered)
        decisions[number] = Decision(number, found, False, _band(asked[number], found))
    for line in lines:
        decisions.setdefault(line.id, Decision(line.id, (), False, Band.NONE))
    return tuple(decisions[number] for number in sorted(decisions))


def _decidable(line: OpenLine) -> bool:
    """Only booked lines, with something left that has the line's sign."""
    return line.line.status is LineStatus.BOOKED and line.open * line.line.amount > 0


def _settle_certain(cases: Mapping[int, Case], state: State) -> dict[int, Proposal]:
    """The certain matches, settled together until no more can be booked; what is left over is contested."""
    # What is booked changes what others may be certain of: their item may be paid, or a rival reason gone.
    asking = [case.id for case in cases.values() if case.named or names_own(case)]
    booked: dict[int, Proposal] = {}
    pending: Collection[int] = cases.keys()
    while True:
        claims = {
            number: (proposal, _resources(proposal, cases[number], state))
            for number in sorted(pending)
            if number not in booked and (proposal := certain(cases[number].anew())) is not None
        }
        winners = _winners(claims, cases)
        if not winners:
            break
        for number in sorted(winners):
            proposal, resources = claims[number]
            booked[number] = _checked(proposal, cases[number])
            state.book(proposal, resources)
        pending = asking
    for _, resources in claims.values():
        state.contested.update(resources)
    return booked


def _winners(claims: Mapping[int, tuple[Proposal, frozenset[Resource]]], cases: Mapping[int, Case]) -> set[int]:
    """The claims that come first on everything they claim; a tie on any of it wins nothing."""
    claimants: dict[Resource, list[int]] = {}
    for number, (_, resources) in claims.items():
        for resource in resources:
            claimants.setdefault(resource, []).append(number)
    losers: set[int] = set()
    for numbers in claimants.values():
        if len(numbers) > 1:
            first = min(cases[number].booked_on for number in numbers)
            earliest = [number for number in numbers if cases[number].booked_on == first]
            losers.update(number for number in numbers if len(earliest) > 1 or number != earliest[0])
    return set(claims) - losers


def _resources(proposal: Proposal, case: Case, state: State) -> frozenset[Resource]:
    """What a certain match uses up."""
    used: set[Resource] = set()
    for share in proposal.shares:
        if share.kind in {AllocationKind.DUNNING_FEE, AllocationKind.INTEREST}:
            item = next(named.item for named in case.named if named.item.id == share.item_id)
            notice = state.fee(item, case.value_date)
            assert notice is not None
            used.add(("fee", notice.notice_id))
        elif share.kind is AllocationKind.RETURN and share.collection_id is not None:
            used.add(("return", share.collection_id))
        elif share.kind is AllocationKind.COLLECTION and share.collection_id is not None:
            used.add(("collection", share.collection_id))
        if share.item_id is not None and settles(share):
            used.add(("item", share.item_id))
    return frozenset(used)


def _band(case: Case, found: tuple[Proposal, ...]) -> Band:
    if is_return(case):
        return Band.RETURN
    return found[0].band if found else Band.NONE


def _checked(proposal: Proposal, case: Case) -> Proposal:
    """Hold the promise that a proposal explains the line to the cent."""
    money = sum(share.amount for share in proposal.shares if share.kind not in MOVES_NO_MONEY)
    if proposal.shares and money != case.amount:
        raise ValueError(f"line {case.id}: {proposal.match_class} explains {money} of {case.amount}")
    return proposal
