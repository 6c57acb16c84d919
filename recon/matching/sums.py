"""Rules for lines that name items whose amounts have to be put together: H1, H2, H3, M1, M3 and M5 (users.md 2.2)."""

from collections.abc import Iterator, Sequence
from typing import Final

from recon.matching.amounts import MAX_POOL, discounts, subset_sum
from recon.matching.case import Case, amount_fact, equation, fact, number_fact, overpayment, proposal, share
from recon.matching.obstacles import obstacles
from recon.matching.reading import MEANT, Named, texts
from recon.matching.sharing import (
    Extra,
    difference,
    discount_facts,
    discounted,
    exactly,
    extras,
    spread,
    whole,
)
from recon.matching.typos import near_index
from recon.matching.world import oldest_first, payable
from recon.model.items import OpenItem
from recon.model.matching import AllocationKind, Evidence, Proposal, Share

# What several numbers may mean together: the sure ones, those that are meant, those that may be.
_READINGS: Final = (frozenset({None}), MEANT, MEANT | {"loose", "short", "customer", "prefix"})


def several(case: Case) -> Iterator[Proposal]:
    """H1: several numbers, the residuals add up to the amount, credit notes counted against it. H2: with the cash
    discounts still allowed on the value date. H3: with what is claimed beside them (O-11)."""
    named = (*case.claims, *case.credits)
    tried = 1
    for doubts in _READINGS:
        group = [one for one in named if one.doubt in doubts] if len(named) > tried else ()
        if len(group) <= tried or not any(case.left(one.item) > 0 for one in group):
            continue
        tried = len(group)
        found = _sum(case, group)
        if found is not None:
            yield found
            return


def some_of_several(case: Case) -> Iterator[Proposal]:
    """H1: of several numbers some add up to the amount, in one way only; H5 (or H7) where it is one of them. What else
    is named is mentioned only."""
    if len(case.claims) < 2 or case.credits:
        return
    for doubts in _READINGS[:2]:
        group = [named for named in case.claims if named.doubt in doubts]
        if len(group) < 2 or len(group) > MAX_POOL:
            continue
        found = subset_sum([case.left(named.item) for named in group], case.amount, smallest=1).only
        if found is None:
            continue
        chosen = [group[at] for at in found]
        besides = [fact("named-besides", number=named.item.invoice_no) for named in group if named not in chosen]
        items = oldest_first(named.item for named in chosen)
        if len(items) == len(group):
            return
        reasons = [reason for item in items for reason in obstacles(case, item)]
        total = equation(case, *map(case.left, items)) if len(items) > 1 else amount_fact(case, items[0])
        facts = (*map(number_fact, chosen), total, *besides, *reasons)
        single = "H7" if chosen[0].doubt in {"part", "pieces"} else "H5"
        yield proposal("H1" if len(items) > 1 else single, whole(case, items), facts)
        return


def _sum(case: Case, group: Sequence[Named]) -> Proposal | None:
    items = _debts_first(case, group)
    lefts = [case.left(item) for item in items]
    total = sum(lefts)
    shares: Sequence[Share]
    if case.amount == total:
        match_class, shares, facts = "H1", whole(case, items), [equation(case, *lefts)]
    elif (offs := _discounts(case, items, total - case.amount)) is not None:
        match_class, shares = "H2", discounted(case, items, offs)
        facts = [equation(case, *lefts, case.amount - total), *discount_facts(case, items, offs)]
    elif case.amount > total and (ways := exactly(extras(case.state, items, case.value_date), case.amount - total)):
        match_class, shares = "H3", [*whole(case, items), *(extra.share for extra in ways[0])]
        terms = equation(case, *lefts, *(extra.amount for extra in ways[0]))
        facts = [terms, *(extra.evidence for extra in ways[0])]
    else:
        return None
    hints = [reason for item in items if item.document_type.sign > 0 for reason in obstacles(case, item)]
    return proposal(match_class, shares, (*map(number_fact, group), *facts, *hints))


def _debts_first(case: Case, group: Sequence[Named]) -> list[OpenItem]:
    items = oldest_first(named.item for named in group)
    return sorted(items, key=lambda item: case.left(item) < 0) if case.credits else items


def _discounts(case: Case, items: Sequence[OpenItem], missing: int) -> dict[int, int] | None:
    """The cash discounts that make up what is missing, by item id, each rounded up or down at half a cent; None where
    they do not."""
    if missing <= 0:
        return None
    ways = {item.id: discounts(item, case.left(item), case.value_date) for item in items}
    offs = {number: way[0] if way else 0 for number, way in ways.items()}
    spare = sum(offs.values()) - missing
    halves = [number for number, way in ways.items() if len(way) > 1]
    if not 0 <= spare <= len(halves):
        return None
    return offs | {number: offs[number] - 1 for number in halves[:spare]}


def with_discount(case: Case) -> Iterator[Proposal]:
    """H2: one number, the residual less the cash discount that the value date still allows."""
    named = case.only
    if named is None:
        return
    item = named.item
    off = case.left(item) - case.amount
    if off in discounts(item, case.left(item), case.value_date):
        terms = equation(case, case.left(item), -off)
        facts = (number_fact(named), terms, *discount_facts(case, [item], {item.id: off}), *obstacles(case, item))
        yield proposal("H2", discounted(case, [item], {item.id: off}), facts)


def with_extras(case: Case) -> Iterator[Proposal]:
    """H3: one number, residual and what is claimed beside it, that may not book by itself: an obstacle stands against
    it, it is interest or the charge of a return, the fee of an earlier notice (X-06), or only the part that is due was
    paid with it."""
    named = case.only
    if named is None:
        return
    item, left = named.item, case.left(named.item)
    claimed = extras(case.state, [item], case.value_date)
    for base in payable(item, left) if claimed else ():
        ways = exactly(claimed, case.amount - base)
        if ways:
            yield _beside(case, named, base, ways[0], [*obstacles(case, item), *_alike(ways)])
            return
    for fee in case.state.earlier_fees(item, case.value_date):
        if fee.amount and case.amount == left + fee.amount:
            shares = [share(item, left), share(item, fee.amount, AllocationKind.DUNNING_FEE)]
            earlier = fact("fee-earlier", fee=case.money(fee.amount), issued=fee.issued_on, level=fee.level)
            facts = (number_fact(named), equation(case, left, fee.amount), earlier, *obstacles(case, item))
            yield proposal("H3", shares, facts)
            return


def _beside(case: Case, named: Named, base: int, chosen: Sequence[Extra], reasons: Sequence[Evidence]) -> Proposal:
    shares = [share(named.item, base), *(extra.share for extra in chosen)]
    terms = equation(case, base, *(extra.amount for extra in chosen))
    return proposal("H3", shares, (number_fact(named), terms, *(extra.evidence for extra in chosen), *reasons))


def _alike(ways: Sequence[object]) -> list[Evidence]:
    return [fact("ambiguous", count=len(ways))] if len(ways) > 1 else []


def within_tolerance(case: Case) -> Iterator[Proposal]:
    """M5: what is named differs from the amount by no more than the tolerance, as a bank abroad keeps its charges back:
    too little is written off, too much stays with the customer. A tolerance of 0 (the default) finds nothing."""
    if not case.index.world.settings.tolerance:
        return
    group = [named for named in (*case.claims, *case.credits) if named.doubt in MEANT]
    if not any(named.firm and case.left(named.item) > 0 for named in group):
        return
    items = _debts_first(case, group)
    if (shares := nearly_whole(case, items)) is not None:
        reasons = [reason for item in items for reason in obstacles(case, item)]
        numbers = [number_fact(named) for named in group]
        yield proposal("M5", shares, (*numbers, tolerance_fact(case, items), *reasons))


def nearly_whole(case: Case, items: Sequence[OpenItem]) -> list[Share] | None:
    """Shares that settle some items although the amount differs from them, by no more than the tolerance."""
    missing = sum(case.left(item) for item in items) - case.amount
    if not 0 < abs(missing) <= case.index.world.settings.tolerance:
        return None
    shares = whole(case, items)
    if missing < 0:
        return [*shares, overpayment(items[0].customer_no, -missing)]
    debts = [item for item in items if case.left(item) > missing]
    if not debts:
        return None
    short = debts[-1]
    paid = share(short, case.left(short) - missing)
    shares = [paid if one.item_id == short.id else one for one in shares]
    return [*shares, share(short, missing, AllocationKind.WRITE_OFF)]


def tolerance_fact(case: Case, items: Sequence[OpenItem]) -> Evidence:
    """The evidence that an amount differs by no more than the tolerance."""
    left = sum(case.left(item) for item in items)
    allowed = case.money(case.index.world.settings.tolerance)
    gap = case.money(abs(left - case.amount))
    return fact("within-tolerance", amount=case.money(case.amount), open=case.money(left), gap=gap, tolerance=allowed)


def amount_differs(case: Case) -> Iterator[Proposal]:
    """M1: items are named, the amount is another: partly paid or overpaid, the split filled in, oldest due first.

    One item named and the rest is exactly other open items of the customer, in one way only: shown first.
    """
    group = [named for named in (*case.claims, *case.credits) if named.doubt in MEANT]
    whose = {named.item.customer_no for named in group if named.firm}
    group = [named for named in group if named.firm or named.item.customer_no in whose]
    if not any(named.firm and case.left(named.item) > 0 for named in group):
        return
    items = oldest_first(named.item for named in group)
    yield from _completed(case, _of_one_customer(case, group))
    shares, falls = spread(case, items)
    debts = [item for item in items if case.left(item) > 0]
    facts = [number_fact(named) for named in group]
    facts += difference(case, debts, falls.payments, falls.rest)
    facts += [reason for item in debts for reason in obstacles(case, item)]
    yield proposal("M1", shares, facts)


def _of_one_customer(case: Case, group: Sequence[Named]) -> list[Named]:
    """The named items, if they are one customer's; else those of the customer who pays."""
    whose = {named.item.customer_no for named in group}
    paying = whose if len(whose) == 1 else {no for no in whose if case.pays(no)}
    return [named for named in group if named.item.customer_no in paying] if len(paying) == 1 else []


def _completed(case: Case, group: Sequence[Named]) -> Iterator[Proposal]:
    """The items of one customer that are named, together with others of his that he did not name, or not rightly:
    further items (M3), or credit notes taken off (M1), in one way only; of several ways the one by numbers one typing
    error away."""
    missing = sum(case.left(named.item) for named in group) - case.amount
    if missing < 0 and group:
        yield from _with_others(case, group, -missing)
    elif missing and len(group) == 1:
        yield from _less_notes(case, group[0], missing)


def _less_notes(case: Case, named: Named, missing: int) -> Iterator[Proposal]:
    lefts = case.lefts(named.item.customer_no)
    if lefts is not None and not any(-missing <= left < 0 for left in lefts.values()):
        return
    notes = [other for other in _others(case, named.item) if _is_note(case, other)][:MAX_POOL]
    found = subset_sum([-case.left(note) for note in notes], missing, smallest=1).only
    if found is not None:
        taken = [notes[at] for at in found]
        chosen = [named.item, *taken]
        credit = [_unnamed_note(case, note) for note in taken]
        yield proposal("M1", whole(case, chosen), (number_fact(named), _adds_up(case, chosen), *credit))


def _with_others(case: Case, group: Sequence[Named], gap: int) -> Iterator[Proposal]:
    held = {named.item.id for named in group}
    customer = group[0].item.customer_no
    lefts = case.lefts(customer)
    if lefts is not None and not any(0 < left <= gap for number, left in lefts.items() if number not in held):
        return
    named_items = oldest_first(named.item for named in group)
    others = [other for other in _others(case, named_items[0]) if other.id not in held]
    pool = [other for other in others if 0 < case.left(other) <= gap][:MAX_POOL]
    if not pool or gap == sum(named.item.amount for named in case.settled if named.firm):
        return
    rest = subset_sum([case.left(other) for other in pool], gap, smallest=1).only
    if rest is None:
        alike = [other for other in pool if case.left(other) == gap]
        ready = near_index(alike)
        near = {found.item.id: found for _, text in texts(case.line) for found in ready.look_up(text)}
        added = [found.item for found in near.values()]
        said = [fact("invoice-number-typo", number=one.item.invoice_no, found=one.found) for one in near.values()]
    else:
        added = [pool[at] for at in rest]
        said = [_same_customer(added)]
    if rest is not None or len(added) == 1:
        chosen = [*named_items, *added]
        yield proposal("M3", whole(case, chosen), (*map(number_fact, group), *said, _adds_up(case, chosen)))


def note_named(case: Case) -> Iterator[Proposal]:
    """M1: only credit notes are named; with exactly one set of their customer's open items the amount adds up."""
    notes = [named for named in case.credits if named.firm]
    if not notes or case.firm or case.amount <= 0:
        return
    if len({named.item.customer_no for named in notes}) > 1:
        return
    wanted = case.amount - sum(case.left(named.item) for named in notes)
    pool = [other for other in _others(case, notes[0].item) if 0 < case.left(other) <= wanted][:MAX_POOL]
    found = subset_sum([case.left(other) for other in pool], wanted, smallest=1).only
    if found is not None:
        debts = [pool[at] for at in found]
        chosen = [*debts, *oldest_first(named.item for named in notes)]
        facts = (*map(number_fact, notes), _same_customer(debts), _adds_up(case, chosen))
        yield proposal("M1", whole(case, chosen), facts)


def netted(case: Case, pool: Sequence[OpenItem], payer: Evidence) -> Iterator[Proposal]:
    """M3: nothing is named, the payer is known: one or two of his items less one or two of his credit notes, in one
    way only (by fewest documents)."""
    customer = pool[0].customer_no if pool else None
    if customer is None or any(case.exact(item) for item in pool):
        return
    notes = [item for item in case.index.oldest(customer)[: 2 * MAX_POOL] if _is_note(case, item)][:MAX_NOTES]
    if not notes:
        return
    ways: dict[int, list[tuple[OpenItem, ...]]] = {}
    for taken in _ones_and_twos(notes):
        wanted = case.amount - sum(case.left(note) for note in taken)
        for debts in _ones_and_twos(pool):
            if sum(case.left(debt) for debt in debts) == wanted:
                ways.setdefault(len(taken) + len(debts), []).append((*debts, *taken))
    if ways and len(fewest := ways[min(ways)]) == 1:
        chosen = fewest[0]
        credit = [_unnamed_note(case, note) for note in chosen if case.left(note) < 0]
        yield proposal("M3", whole(case, chosen), (payer, _adds_up(case, chosen), *credit))


# A payer's credit notes that are tried against his items.
MAX_NOTES: Final = 6


def _ones_and_twos(items: Sequence[OpenItem]) -> Iterator[tuple[OpenItem, ...]]:
    for at, item in enumerate(items):
        yield (item,)
        yield from ((item, other) for other in items[at + 1 :])


def _others(case: Case, item: OpenItem) -> list[OpenItem]:
    held = case.index.oldest(item.customer_no)[: 2 * MAX_POOL]
    return [other for other in held if other.id != item.id and other.currency == case.line.currency]


def _is_note(case: Case, item: OpenItem) -> bool:
    return item.document_type.sign < 0 and case.left(item) < 0 and item.currency == case.line.currency


def _adds_up(case: Case, items: Sequence[OpenItem]) -> Evidence:
    return equation(case, *map(case.left, items))


def _same_customer(items: Sequence[OpenItem]) -> Evidence:
    return fact("same-customer", numbers=", ".join(item.invoice_no for item in items))


def _unnamed_note(case: Case, note: OpenItem) -> Evidence:
    return fact("credit-note", number=note.invoice_no, amount=case.money(-case.left(note)))
