"""Matching: which bank line pays which open item, and why.

Two passes. First the certain matches of the whole statement, settled together: where two lines claim the same item,
the earlier payment wins, as it would have had the statements come day by day; equal claims stay open. Then, against
what is left, the proposals for everything else; where several lines want one item, the better reason leads
(``conflicts``). Nothing depends on the order of lines or items.
"""

from collections.abc import Iterator, Mapping, Sequence, Set

from recon.matching.case import Case, Resource, State, open_case, settles
from recon.matching.classes import certain, proposed
from recon.matching.conflicts import Asking, Settled, asking, settle
from recon.matching.own_debits import is_return, names_own
from recon.matching.own_refunds import comes_back, names_refund
from recon.matching.packed import pack, unpack
from recon.matching.signs import payers, sure_payers
from recon.matching.world import Index, OpenLine, World, index
from recon.model.matching import MOVES_NO_MONEY, AllocationKind, Band, Decision, Proposal, Share, refund_of
from recon.model.statement import LineStatus

# A certain match that has not won yet, packed; its shares, and what it uses up.
_Claim = tuple[bytes, tuple[Share, ...], tuple[Resource, ...]]


def match(lines: Sequence[OpenLine], world: World) -> tuple[Decision, ...]:
    """One decision for each line, in the order of the lines' ids.

    ``books`` is true where the first proposal is to be booked without a person; with ``auto = "none"`` it never is.
    The shares of a proposal add up to what is open of the line (shares of kind ``discount`` and ``write_off`` apart,
    they move no money), or there are none: then the evidence says what a person has to decide.
    """
    return decide(lines, index(world))


def decide(lines: Sequence[OpenLine], ready: Index) -> tuple[Decision, ...]:
    """``match`` with an index at hand."""
    return tuple(one_by_one(lines, ready))


def one_by_one(lines: Sequence[OpenLine], ready: Index) -> Iterator[Decision]:
    """``decide`` for many lines. All is decided at once, but the decisions are handed out one by one. Until then they
    lie packed, and nobody here holds the index any more."""
    state = State(ready)
    cases = {line.id: open_case(line, state) for line in sorted(lines, key=lambda line: line.id) if _decidable(line)}
    booked = _settle_certain(cases, state)
    for number in booked:
        del cases[number]
    asked: dict[int, Asking] = {}
    returns: set[int] = set()
    # Lines of one amount one after the other: what is looked up by amount is at hand.
    for number in sorted(cases, key=lambda number: cases[number].amount):
        case = cases.pop(number)
        case = case.anew(payers(case.signs, case.line, ready))
        asked[number] = asking(case, [_checked(proposal, case) for proposal in proposed(case)])
        if is_return(case) or comes_back(case):
            returns.add(number)
    settled = settle(asked, state)
    books = ready.world.settings.auto == "certain"
    return (_decision(line.id, booked, settled, returns, books) for line in sorted(lines, key=lambda line: line.id))


def _decision(number: int, booked: Mapping[int, bytes], settled: Settled, returns: Set[int], books: bool) -> Decision:
    if number in booked:
        best = unpack(booked[number])
        return Decision(number, best, books, best[0].band)
    found = settled.proposals(number)
    band = found[0].band if found else Band.NONE
    return Decision(number, found, False, Band.RETURN if number in returns else band)


def _decidable(line: OpenLine) -> bool:
    """Only booked lines, with something left that has the line's sign."""
    return line.line.status is LineStatus.BOOKED and line.open * line.line.amount > 0


def _settle_certain(cases: Mapping[int, Case], state: State) -> dict[int, bytes]:
    """The certain matches (packed), settled together until no more can be booked; what is left over is contested."""
    booked: dict[int, bytes] = {}
    claims: dict[int, _Claim] = {}
    pending = sorted(cases)
    while True:
        for number in pending:
            proposal = certain(cases[number].anew())
            if proposal is not None:
                packed = pack((_checked(proposal, cases[number]),))
                claims[number] = packed, proposal.shares, _resources(proposal, cases[number], state)
            else:
                claims.pop(number, None)
        winners = sorted(_winners(claims, cases))
        if not winners:
            break
        whose: set[str | None] = set()
        for number in winners:
            booked[number], shares, resources = claims.pop(number)
            state.book(shares, resources)
            whose.update(share.customer_no for share in shares)
        pending = [number for number in sorted(cases) if number not in booked and _touched(cases[number], whose)]
    for _, _, resources in claims.values():
        state.contested.update(resources)
    return booked


def _touched(case: Case, customers: Set[str | None]) -> bool:
    """Whether it may change what a line is certain of that something of these customers' was booked: an item that it
    names may be paid, the fee of its notice be taken, or a rival reason be gone."""
    if names_own(case) or names_refund(case) or case.line.details:
        return True
    return any(named.item.customer_no in customers for named in case.named) or not customers.isdisjoint(
        sure_payers(case.signs, case.index)
    )


def _winners(claims: Mapping[int, _Claim], cases: Mapping[int, Case]) -> set[int]:
    """The claims that come first on everything they claim; a tie on any of it wins nothing."""
    claimants: dict[Resource, list[int]] = {}
    for number, (_, _, resources) in claims.items():
        for resource in resources:
            claimants.setdefault(resource, []).append(number)
    losers: set[int] = set()
    for numbers in claimants.values():
        if len(numbers) > 1:
            first = min(cases[number].booked_on for number in numbers)
            earliest = [number for number in numbers if cases[number].booked_on == first]
            losers.update(number for number in numbers if len(earliest) > 1 or number != earliest[0])
    return set(claims) - losers


def _resources(proposal: Proposal, case: Case, state: State) -> tuple[Resource, ...]:
    """What a certain match uses up, each once."""
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
        elif (reference := refund_of(share.flags)) is not None:
            number = state.index.refunds[reference].refund_id
            used.add(("refund" if share.kind is AllocationKind.REFUND else "refund_return", number))
        if share.item_id is not None and settles(share):
            used.add(("item", share.item_id))
    return tuple(used)


def _checked(proposal: Proposal, case: Case) -> Proposal:
    """Hold the promise that a proposal explains the line to the cent."""
    money = sum(share.amount for share in proposal.shares if share.kind not in MOVES_NO_MONEY)
    if proposal.shares and money != case.amount:
        raise ValueError(f"line {case.id}: {proposal.match_class} explains {money} of {case.amount}")
    return proposal
