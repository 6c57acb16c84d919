"""Rules for lines that name no item: by the payer and the amount. H4, M2, M3, L1, L2 and L4 (users.md 2.2)."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Final

from recon.matching.amounts import MAX_POOL, subset_sum
from recon.matching.case import (
    MAX_COMPARED,
    Case,
    amount_fact,
    equation,
    fact,
    is_open,
    items_fitting,
    number_fact,
    others_say,
    overpayment,
    proposal,
    share,
)
from recon.matching.cores import groups_of
from recon.matching.obstacles import obstacles
from recon.matching.payers import NAME_THRESHOLD, Payer, likeness, name_key
from recon.matching.reading import texts
from recon.matching.sharing import Extra, extras, not_quite
from recon.matching.sums import nearly_whole, netted, tolerance_fact
from recon.matching.text import dates_in, other_numbers
from recon.matching.typos import near_index
from recon.matching.world import oldest_first
from recon.model.items import OpenItem
from recon.model.matching import Evidence, Proposal, Share

# More open items of one amount than this are no list that a person would read.
MAX_EQUAL_AMOUNTS: Final = 20
# Proposals of one line that a person can choose from.
MAX_LISTED: Final = 5
# Digits of a text that may be the end of a number.
_END = re.compile(r"(?<!\d)\d{2,}(?!\d)")
# Sums of fees, interest and charges that are tried beside a payer's items.
MAX_EXTRAS: Final = 10


def known_iban(case: Case) -> Iterator[Proposal]:
    """H4: the payer's IBAN is known of one customer, nothing contradicts, and one open item has the amount."""
    payer = _identity(case)
    if payer is None or payer.customer is None or _says_which(case, payer):
        return
    fitting = items_fitting(case, (payer.customer,))
    if len(fitting) == 1:
        facts = (payer.evidence, amount_fact(case, fitting[0]), *obstacles(case, fitting[0]))
        yield proposal("H4", [share(fitting[0], case.amount)], facts)
    else:
        yield from _alike(case, fitting, payer.evidence)


def known_name(case: Case) -> Iterator[Proposal]:
    """M2: name (or customer number in the text) and amount lead to one item; several are shown, none preferred."""
    identity = _identity(case)
    # The same customers by another sign are no other proposal.
    told = set() if identity is None else {identity.customers}
    for payer in case.payers:
        if payer.customers in told or _says_which(case, payer):
            continue
        told.add(payer.customers)
        fitting = items_fitting(case, payer.customers)
        if len(fitting) == 1:
            against = (*others_say(case, fitting[0].customer_no), *obstacles(case, fitting[0]))
            facts = (payer.evidence, amount_fact(case, fitting[0]), *against)
            yield proposal("M2", [share(fitting[0], case.amount)], facts)
        else:
            yield from _alike(case, fitting, payer.evidence)
    known = any(payer.rule in {"payer-name", "payer-ultimate"} for payer in case.payers)
    if not known and not case.firm:
        yield from _similar_name(case)


def _similar_name(case: Case) -> Iterator[Proposal]:
    """Names with errors in every word: compared with the customers of the items that have the amount."""
    alike: dict[str, list[tuple[int, str]]] = {}
    for customer in set(case.of_amount.customers) if len(case.of_amount) <= MAX_COMPARED else ():
        key = name_key(case.index.customer_names.get(customer, ""))
        scores = [(likeness(sign.key, key), sign.name) for sign in case.signs.names] if key else []
        if any(score >= NAME_THRESHOLD for score, _ in scores):
            alike[customer] = scores
    if not alike:
        return
    fitting = [item for item in _of_amount(case, MAX_COMPARED) if item.customer_no in alike]
    scored = [(score, name, item) for item in fitting for score, name in alike[item.customer_no]]
    best = max((score for score, _, _ in scored), default=0)
    found = {item.id: (name, item) for score, name, item in scored if score == best}
    if len(found) > MAX_LISTED:
        return
    for name, item in found.values():
        facts = [fact("payer-name", customer=item.customer_no, name=name, score=best), amount_fact(case, item)]
        if len(found) > 1:
            facts.append(fact("ambiguous", count=len(found)))
        yield proposal("M2", [share(item, case.amount)], facts)


def sum_of_set(case: Case) -> Iterator[Proposal]:
    """M3: the customer known by IBAN, customer number, mandate or his very name has exactly one set of two to six open
    items that adds up to the amount; or one item or set and exactly what is claimed beside them."""
    payer = None if case.firm else _identity(case) or _surely_named(case)
    if payer is None or payer.customer is None:
        return
    if _adds_up_to_nothing(case, payer.customer):
        return
    pool = items_of(case, payer.customer)
    lefts = [case.left(item) for item in pool]
    only = subset_sum(lefts, case.amount).only
    if only is not None:
        items = [pool[at] for at in only]
        facts = (payer.evidence, equation(case, *map(case.left, items)))
        yield proposal("M3", [share(item, case.left(item)) for item in items], facts)
        return
    with_more = _with_extras(case, payer, pool, lefts)
    if with_more is not None:
        yield with_more
        return
    yield from netted(case, pool, payer.evidence)


def _adds_up_to_nothing(case: Case, customer: str) -> bool:
    """Whether amounts alone tell that a customer's items cannot come to that of the line: no set of them does, he has
    no credit note, and nothing is claimed beside them."""
    lefts = case.lefts(customer)
    if lefts is None or any(left < 0 for left in lefts.values()) or case.state.claims_beside(lefts):
        return False
    sets = subset_sum(list(filter(None, lefts.values())), case.amount)
    return not sets.found and not sets.gave_up


def _with_extras(case: Case, payer: Payer, pool: Sequence[OpenItem], lefts: Sequence[int]) -> Proposal | None:
    """One set of items and what one of its notices or returns claims beside them; None where there are several ways."""
    claimed = extras(case.state, pool, case.value_date)
    groups: list[tuple[Extra, ...]] = [(extra,) for extra in claimed]
    for one, other in pairwise(claimed):
        if one.item.id == other.item.id:
            groups.append((one, other))
    sums = {amount: () for group in groups if (amount := sum(extra.amount for extra in group)) < case.amount}
    sets = {amount: subset_sum(lefts, case.amount - amount, smallest=1).only for amount in sorted(sums)[:MAX_EXTRAS]}
    found = []
    for group in groups:
        chosen = sets.get(sum(extra.amount for extra in group))
        if chosen is not None and (carried := _carried(case, group, [pool[at] for at in chosen])) is not None:
            found.append((carried, [pool[at] for at in chosen]))
    if len(found) != 1:
        return None
    more, items = found[0]
    shares = [*(share(item, case.left(item)) for item in items), *(extra.share for extra in more)]
    terms = equation(case, *map(case.left, items), *(extra.amount for extra in more))
    return proposal("M3", shares, (payer.evidence, terms, *(extra.evidence for extra in more)))


def _carried(case: Case, group: Sequence[Extra], items: Sequence[OpenItem]) -> list[Extra] | None:
    """The extras as the chosen items bear them, None where one belongs to none of these."""
    own = extras(case.state, items, case.value_date)
    same = [next((held for held in own if held.evidence == extra.evidence), None) for extra in group]
    return [held for held in same if held is not None] if all(same) else None


def nearly_exact(case: Case) -> Iterator[Proposal]:
    """M5: nothing is named, the payer is known by his IBAN, and one of his items differs by no more than the
    tolerance."""
    if not case.index.world.settings.tolerance or case.firm:
        return
    payer = _identity(case)
    if payer is None or payer.customer is None:
        return
    found = [(item, shares) for item in items_of(case, payer.customer) if (shares := nearly_whole(case, [item]))]
    if len(found) == 1:
        item, shares = found[0]
        yield proposal("M5", shares, (payer.evidence, tolerance_fact(case, [item]), *obstacles(case, item)))


def amount_only(case: Case) -> Iterator[Proposal]:
    """L1: nothing but the amount, one open item has it. L2: several have it, a list with nothing preselected."""
    fitting = _of_amount(case, MAX_EQUAL_AMOUNTS)
    for item in fitting[:MAX_LISTED]:
        facts = [amount_fact(case, item), *(payer.evidence for payer in case.payers[:1])]
        if len(fitting) > 1:
            facts.append(fact("ambiguous", count=len(fitting)))
        yield proposal("L1" if len(fitting) == 1 else "L2", [share(item, case.amount)], facts)


def payer_only(case: Case) -> Iterator[Proposal]:
    """L4: the payer is known, the amount fits nothing: oldest due first, the rest stays with the customer."""
    if not case.identities:
        return
    payer = case.identities[0]
    (customer,) = payer.customers
    pool = items_of(case, customer)
    rest = case.amount
    shares: list[Share] = []
    for item in pool:
        paid = min(rest, case.left(item))
        if paid:
            shares.append(share(item, paid))
            rest -= paid
    facts = [payer.evidence, fact("oldest-first", count=len(shares)) if pool else fact("nothing-open")]
    if rest:
        shares.append(overpayment(customer, rest))
        facts += [fact("overpaid", amount=case.money(case.amount), rest=case.money(rest)), *not_quite(case, pool, rest)]
    yield proposal("L4", shares, facts)


def _identity(case: Case) -> Payer | None:
    """The payer by IBAN, unless a customer number or a name says another customer."""
    payer = case.payers[0] if case.payers else None
    if payer is None or payer.rule != "payer-iban" or others_say(case, payer.customers[0]):
        return None
    return payer


def _surely_named(case: Case) -> Payer | None:
    """The payer by his number, his mandate or his very name, where no other sign says somebody else."""
    if not case.identities:
        return None
    payer = case.identities[0]
    if others_say(case, payer.customers[0]):
        return None
    exact = payer.rule in {"customer-number", "mandate-id"} or ("score", "100") in payer.evidence.facts
    return payer if exact else None


def _says_which(case: Case, payer: Payer) -> bool:
    """Whether the line names an open item of this payer: the customer decides what he pays (§ 366 BGB)."""
    return any(named.item.customer_no in payer.customers for named in case.firm)


def _alike(case: Case, fitting: Sequence[OpenItem], payer: Evidence) -> Iterator[Proposal]:
    if not fitting:
        return
    told = _told_which(case, fitting)
    if told is not None:
        item, reason = told
        yield proposal(
            "M2", [share(item, case.amount)], (payer, amount_fact(case, item), reason, *obstacles(case, item))
        )
    alike = fact("ambiguous", count=len(fitting))
    for item in fitting[:MAX_LISTED]:
        yield proposal("M2", [share(item, case.amount)], (payer, amount_fact(case, item), alike))


def _told_which(case: Case, fitting: Sequence[OpenItem]) -> tuple[OpenItem, Evidence] | None:
    """Which of several items that fit alike the text points to: by a number in doubt, the date of the invoice, the end
    of a number, or a number that is one typing error away."""
    if not 1 < len(fitting) <= MAX_COMPARED:
        return None
    ids = {item.id for item in fitting}
    named = [named for named in case.named if named.item.id in ids]
    if len(named) == 1:
        return named[0].item, number_fact(named[0])
    days = {day: shown for _, text in texts(case.line) for day, shown in dates_in(text)}
    dated = [item for item in fitting if item.issue_date in days]
    if len(dated) == 1 and (day := dated[0].issue_date) is not None:
        return dated[0], fact("invoice-date", number=dated[0].invoice_no, found=days[day])
    if (ended := _by_its_end(case, fitting)) is not None:
        return ended[0], fact("invoice-number-end", number=ended[0].invoice_no, found=ended[1])
    ready = near_index(fitting)
    near = {found.item.id: found for _, text in texts(case.line) for found in ready.look_up(text)}
    if len(near) == 1:
        (found,) = near.values()
        return found.item, fact("invoice-number-typo", number=found.item.invoice_no, found=found.found)
    return None


def _by_its_end(case: Case, fitting: Sequence[OpenItem]) -> tuple[OpenItem, str] | None:
    """The one of several items that fit alike whose number ends as some digits of the text do."""
    keys = ["".join(groups_of(item.invoice_no)[-1:]) for item in fitting]
    for _, text in texts(case.line):
        guarded = [(start, end) for _, start, end in other_numbers(text)]
        for found in _END.finditer(text):
            if any(start < found.end() and found.start() < end for start, end in guarded):
                continue
            ends = [item for item, key in zip(fitting, keys, strict=True) if key.endswith(found[0])]
            if len(ends) == 1:
                return ends[0], found[0]
    return None


def items_of(case: Case, customer: str) -> list[OpenItem]:
    """A customer's open items that sums are looked for in, oldest due first."""
    return list(islice((item for item in case.index.oldest(customer) if is_open(case, item)), MAX_POOL))


def _of_amount(case: Case, most: int) -> list[OpenItem]:
    """The open items that the amount fits; none where more than ``most`` do."""
    held = case.of_amount
    if len(held) > most:
        return []
    return oldest_first(item for item in held if item.currency == case.line.currency and case.exact(item))
