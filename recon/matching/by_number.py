"""Rules for lines that name one item: C2, C3, C4, C5, H5, H7, M4 and L3 (users.md 2.2)."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from recon.matching.amounts import discounts
from recon.matching.case import (
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
from recon.matching.cores import MIN_SIGNIFICANT
from recon.matching.obstacles import netting, obstacles, own_item_of_payer, rivals, strangers
from recon.matching.reading import MEANT, Named, texts
from recon.matching.sharing import (
    OF_NOTICE,
    difference,
    discount_facts,
    discounted,
    exactly,
    extras,
    of_notice,
    spread,
)
from recon.matching.signs import surely
from recon.matching.text import squashed
from recon.matching.typos import Near, near_index
from recon.model.items import OpenItem
from recon.model.matching import Evidence, Proposal, Share

# A number without its prefix or with its digits apart; one that is written in full or within a list.
_PARTS: Final = frozenset({"part", "pieces"})
_FULL: Final = frozenset({None, "listed"})
_DIGIT: Final = re.compile(r"\d")


def certain_by_number(case: Case) -> Proposal | None:
    """C2, C3, C4: exactly one item named for sure, and the amount is its residual (C2 by creditor reference, C3 by
    number), or its residual and exactly the fee of its last issued notice (C4, A-17)."""
    named = case.only
    if named is None or netting(case) or rivals(case, named) or obstacles(case, named.item):
        return None
    item = named.item
    numbers = [number_fact(named), *([named.support] if named.support is not None else [])]
    if strangers(case, named):
        if (sign := surely(case.signs, case.index, item.customer_no)) is None:
            return None
        numbers.append(sign)
    if case.exact(item):
        shares, _ = spread(case, [item])
        return proposal("C2" if named.reference else "C3", shares, (*numbers, amount_fact(case, item)))
    fee = case.state.fee(item, case.value_date)
    if fee is not None and fee.amount and case.amount == case.left(item) + fee.amount:
        claimed = of_notice(fee, item)[0]
        terms = equation(case, case.left(item), fee.amount)
        shares = [share(item, case.left(item)), claimed.share]
        return proposal("C4", shares, (*numbers, terms, claimed.evidence))
    return None


def certain_by_digits(case: Case) -> Proposal | None:
    """C5: the number without its prefix or with other leading zeros, of one item alone among all that are known, or one
    that is a customer number too; the amount is its residual, and the payer is surely its customer (decision 0011).
    Nothing else is named."""
    if len(case.named) != 1 or case.named[0].doubt not in {"part", "customer"}:
        return None
    named = case.named[0]
    item = named.item
    if item not in [claim.item for claim in case.claims] or not case.exact(item) or obstacles(case, item):
        return None
    sign = surely(case.signs, case.index, item.customer_no, besides=squashed(named.found))
    short = named.doubt == "part" and named.count <= MIN_SIGNIFICANT
    if sign is None or (short and len(items_fitting(case, (item.customer_no,))) > 1):
        return None
    shares, _ = spread(case, [item])
    return proposal("C5", shares, (number_fact(named), amount_fact(case, item), sign))


def without_prefix(case: Case) -> Iterator[Proposal]:
    """H7: as C5, but the payer is not surely the item's customer, or something stands against booking."""
    parts = [named for named in case.claims if named.doubt in _PARTS and case.exact(named.item)]
    if len(parts) != 1 or any(named.doubt in _FULL for named in case.claims):
        return
    named = parts[0]
    sign = surely(case.signs, case.index, named.item.customer_no)
    others = [other for other in rivals(case, named) if other.item.id != named.item.id]
    reasons = [*obstacles(case, named.item), *_told_rivals(others)]
    signs = [sign] if sign is not None else [*_payer_of(case, named.item), *others_say(case, named.item.customer_no)]
    yield proposal(
        "H7",
        [share(named.item, case.amount)],
        (number_fact(named), amount_fact(case, named.item), *signs, *reasons),
    )


def _told_rivals(others: Sequence[Named]) -> list[Evidence]:
    return [fact("rival", number=other.item.invoice_no, found=other.found) for other in others]


def _payer_of(case: Case, item: OpenItem) -> list[Evidence]:
    return [payer.evidence for payer in case.payers if item.customer_no in payer.customers][:1]


def exact_but(case: Case) -> Iterator[Proposal]:
    """H5: number and amount agree, but a named obstacle stands against booking."""
    named = case.only
    if named is None or not case.exact(named.item):
        return
    others = [*rivals(case, named), *strangers(case, named), *netting(case)]
    reasons = [*obstacles(case, named.item), *_told_rivals(others)]
    facts = (number_fact(named), amount_fact(case, named.item), *reasons)
    yield proposal("H5", [share(named.item, case.amount)], facts)


def own_instead(case: Case) -> Iterator[Proposal]:
    """M4: the number that is named is another customer's; the payer owes the very amount himself, and his number is one
    typing error away from it."""
    named = case.only
    if named is None or not case.exact(named.item) or (own := own_item_of_payer(case, named.item)) is None:
        return
    near = near_index([own]).look_up(named.found)
    signs = _payer_of(case, own)
    if near:
        typo = fact("invoice-number-typo", number=own.invoice_no, found=named.found)
        facts = (typo, amount_fact(case, own), *signs, fact("rival", number=named.item.invoice_no, found=named.found))
        yield proposal("M4", [share(own, case.amount)], facts)


def nearly_named(case: Case) -> Iterator[Proposal]:
    """M4: a number that is too short, shared, not clear of other signs, one typing error away or without its letters,
    together with the exact amount or the payer. Several that fit alike are all shown, none preferred. Not a slip into
    somebody else's number where a clear one is named that may be meant (``nearly_strangers``)."""
    yield from _nearly(case, likely=True)


def nearly_strangers(case: Case) -> Iterator[Proposal]:
    """M4: as ``nearly_named``, what is less likely than that the number is right and the amount is a part."""
    yield from _nearly(case, likely=False)


def _likely(case: Case, near: Near) -> bool:
    """Whether a number in doubt goes before the clear ones that the line names: it stands there, or their customers do
    not pay, and its own does, or nobody knows who pays."""
    if not case.firm or any(near.item.id == named.item.id for named in case.claims):
        return True
    if any(case.pays(named.item.customer_no) for named in case.firm):
        return False
    return case.pays(near.item.customer_no) or not case.payers


def _in_doubt(case: Case, *, likely: bool) -> Sequence[Near]:
    """The items whose numbers are in doubt, or one typing error away from what the line says: the likely ones, or the
    others."""
    if not case.in_doubt:
        found = [(near, _likely(case, near)) for near in _candidates(case)]
        case.in_doubt[True] = [near for near, is_likely in found if is_likely]
        case.in_doubt[False] = [near for near, is_likely in found if not is_likely]
    return case.in_doubt[likely]


def _candidates(case: Case) -> list[Near]:
    weak = [Near(named.item, named.found) for named in case.claims if not named.firm]
    # Beside a clear number of another amount only an item of exactly this amount counts: a typing error may hit
    # another invoice's number.
    near = _near(case, () if case.firm else dict.fromkeys(payer.customers[0] for payer in case.identities))
    named_ids = {named.item.id for named in case.claims}
    return weak + [found for found in near if found.item.id not in named_ids and not _is_customer_no(case, found)]


def _nearly(case: Case, *, likely: bool) -> Iterator[Proposal]:
    near = _in_doubt(case, likely=likely)
    if not near:
        return
    written = {named.item.id: named for named in case.claims if not named.firm}
    ranked = []
    for candidate in near:
        item = candidate.item
        exact = case.exact(item)
        signs = [payer for payer in case.identities if payer.customer == item.customer_no]
        if is_open(case, item) and (exact or (signs and not case.firm)):
            likes = signs or [payer for payer in case.payers if item.customer_no in payer.customers]
            rank = (not exact, not likes, item.id not in written, not signs)
            ranked.append((rank, candidate, likes))
    if not ranked:
        return
    best = min(rank for rank, _, _ in ranked)
    chosen = sorted(((c, s) for rank, c, s in ranked if rank == best), key=lambda pair: pair[0].item.id)
    for candidate, signs in chosen:
        item = candidate.item
        if item.id in written:
            facts = [number_fact(written[item.id])]
        else:
            facts = [fact("invoice-number-typo", number=item.invoice_no, found=candidate.found)]
        shares, extra = explained(case, item)
        facts += [*extra, *(payer.evidence for payer in signs[:1])]
        if len(chosen) > 1:
            facts.append(fact("ambiguous", count=len(chosen)))
        yield proposal("M4", shares, facts)


def _is_customer_no(case: Case, near: Near) -> bool:
    """Whether what is nearly an invoice number is a customer number in full."""
    key = squashed(near.found)
    return key in case.index.customer_numbers.values or any(key in hit.key for hit in case.signs.customer_numbers)


def explained(case: Case, item: OpenItem) -> tuple[list[Share], list[Evidence]]:
    """The amount on one item: as it is left, less its discount, with what is claimed beside it, or what remains."""
    left = case.left(item)
    if case.exact(item):
        return [share(item, case.amount)], [amount_fact(case, item)]
    off = left - case.amount
    if off in discounts(item, left, case.value_date):
        facts = [equation(case, left, -off), *discount_facts(case, [item], {item.id: off})]
        return discounted(case, [item], {item.id: off}), facts
    if ways := exactly(extras(case.state, [item], case.value_date), case.amount - left):
        terms = equation(case, left, *(extra.amount for extra in ways[0]))
        shares = [share(item, left), *(extra.share for extra in ways[0])]
        return shares, [terms, *(extra.evidence for extra in ways[0])]
    paid = min(case.amount, left)
    rest = case.amount - paid
    shares = [share(item, paid), *([overpayment(item.customer_no, rest)] if rest else [])]
    return shares, difference(case, [item], (paid,), rest)


def _near(case: Case, customers: Collection[str]) -> list[Near]:
    fields = [text for _, text in texts(case.line) if _DIGIT.search(text)]
    if not fields:
        return []
    index = case.index
    indexes = [index.near(case.of_amount, case.amount), *[index.near(index.of_customer(no)) for no in customers]]
    found: dict[int, Near] = {}
    for near in filter(None, indexes):
        for text in fields:
            for candidate in near.look_up(text):
                found.setdefault(candidate.item.id, candidate)
    return list(found.values())


def fee_alone(case: Case) -> Iterator[Proposal]:
    """H3: only paid items are named, and the amount is exactly the fee (or the interest, or both) that the last notice
    of one of them still claims, where a fee outlives its item (``unpaid_fees = "claim"``, X-05)."""
    if case.index.world.settings.unpaid_fees != "claim" or any(named.doubt in MEANT for named in case.claims):
        return
    items = {named.item.id: named for named in case.settled if named.firm}
    for named in items.values():
        claimed = [extra for extra in extras(case.state, [named.item], case.value_date) if extra.kind in OF_NOTICE]
        if ways := exactly(claimed, case.amount):
            terms = equation(case, *(extra.amount for extra in ways[0]))
            facts = (number_fact(named), terms, *(extra.evidence for extra in ways[0]))
            yield proposal("H3", [extra.share for extra in ways[0]], facts)


def paid_twice(case: Case) -> Iterator[Proposal]:
    """L3: a paid item is named and the amount is its amount: most likely paid twice."""
    if any(named.item.amount == case.amount for named in case.settled):
        yield from already_paid(case)


def already_paid(case: Case) -> Iterator[Proposal]:
    """L3: only paid items are named: paid twice? The amount stays with the customer until a person decides."""
    if any(named.doubt in MEANT for named in case.claims):
        return
    settled = sorted(case.settled, key=lambda named: (named.item.amount != case.amount, not named.firm, -named.item.id))
    if settled:
        named = settled[0]
        amount = case.money(named.item.amount)
        paid = fact("already-paid", number=named.item.invoice_no, found=named.found, field=named.field, amount=amount)
        yield proposal("L3", [overpayment(named.item.customer_no, case.amount)], (paid,))


def pays_out(case: Case) -> Iterator[Proposal]:
    """H5 for a debit: a credit note (or what else we owe) is named and its amount leaves the account. Never booked by
    itself (D-08, X-26)."""
    for named in case.credits:
        if named.firm and case.amount == case.left(named.item):
            facts = (number_fact(named), amount_fact(case, named.item), *obstacles(case, named.item))
            yield proposal("H5", [share(named.item, case.amount)], facts)


def foreign(case: Case) -> Iterator[Proposal]:
    """M1 without shares: an item in another currency is named; only a person can say what it settles."""
    others = [named for named in case.named if named.firm and named.item.currency != case.line.currency]
    if others and not case.claims:
        item = others[0].item
        facts = fact("foreign-currency", number=item.invoice_no, currency=item.currency, paid=case.line.currency)
        yield proposal("M1", (), (number_fact(others[0]), facts))
