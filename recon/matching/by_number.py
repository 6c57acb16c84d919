"""Rules for lines that name an item: C2, C3, C4, H1, H2, H3, H5, M1, M4 and L3 (users.md 2.2)."""

from collections.abc import Iterator, Sequence

from recon.matching.amounts import MAX_POOL, Split, discount, missed_discount, split, subset_sum
from recon.matching.case import (
    Case,
    amount_fact,
    equation,
    fact,
    items_fitting,
    number_fact,
    overpayment,
    proposal,
    share,
)
from recon.matching.payers import Payer
from recon.matching.reading import Named, sure_payers, texts
from recon.matching.typos import Near
from recon.matching.world import NoticeFee, oldest_first, payable
from recon.model.items import OpenItem
from recon.model.matching import AllocationKind, Evidence, Proposal, Share


def certain_by_number(case: Case) -> Proposal | None:
    """C2, C3, C4: exactly one item named for sure, and the amount is its residual (C2 by creditor reference, C3 by
    number), or its residual and exactly the fee of its last issued notice (C4, A-17)."""
    named = _only(case)
    if named is None or case.credits or rivals(case, named) or obstacles(case, named.item):
        return None
    item = named.item
    fee = case.state.fee(item, case.value_date)
    if case.exact(item):
        shares, _ = _spread(case, [item])
        return proposal("C2" if named.reference else "C3", shares, (number_fact(named), amount_fact(case, item)))
    if fee is not None and case.amount == case.left(item) + fee.amount:
        shares, _ = _spread(case, [item])
        terms = equation(case, case.left(item), fee.amount)
        return proposal("C4", shares, (number_fact(named), terms, _fee_fact(case, fee)))
    return None


def obstacles(case: Case, item: OpenItem) -> list[Evidence]:
    """What keeps a match from being certain although number and amount agree."""
    found = []
    paid_on = case.value_date
    types = case.index.world.settings.no_auto_types
    if item.in_collection:
        found.append(fact("in-collection", number=item.invoice_no))
    if item.document_type in types or item.document_type.sign < 0:
        found.append(fact("document-type", number=item.invoice_no, type=item.document_type.value))
    if paid_on is None:
        found.append(fact("no-date"))
    elif item.issue_date is not None and paid_on < item.issue_date:
        found.append(fact("before-invoice", number=item.invoice_no, issued=item.issue_date, paid=paid_on))
    if not case.whole:
        found.append(fact("line-partly-used", amount=case.money(case.line.amount), open=case.money(case.amount)))
    if any(item.id == item_id for ways in case.rejected for item_id, _, _, _ in ways):
        found.append(fact("rejected-before", number=item.invoice_no))
    if (own := _own_item_of_payer(case, item)) is not None:
        found.append(fact("payer-other", customer=own.customer_no, number=own.invoice_no))
    fee = case.state.fee(item, paid_on)
    contested = case.state.contested
    if ("item", item.id) in contested or (fee is not None and ("fee", fee.notice_id) in contested):
        found.append(fact("contested", number=item.invoice_no))
    return found


def _own_item_of_payer(case: Case, item: OpenItem) -> OpenItem | None:
    """An open item of the very amount that the payer, another customer by IBAN or name, owes himself: then the number
    may be the typing error."""
    customers = sure_payers(case.line, case.index)
    if not customers or item.customer_no in customers or case.amount <= 0:
        return None
    own = items_fitting(case, customers)
    return own[0] if own else None


def rivals(case: Case, named: Named) -> list[Named]:
    """Other named items that the amount fits as well, paid ones too: then nobody knows which is meant."""
    open_ones = [
        other
        for other in case.claims
        if other is not named and (other.firm or other.doubt == "listed" or _fits(case, other.item))
    ]
    paid = [other for other in case.settled if abs(other.item.amount) == abs(case.amount)]
    return [other for other in (*open_ones, *paid) if other.item.id != named.item.id]


def exact_but(case: Case) -> Iterator[Proposal]:
    """H5: number and amount agree, but a named obstacle stands against booking."""
    named = _only(case)
    if named is None or not case.exact(named.item):
        return
    others = [*rivals(case, named), *case.credits]
    reasons = obstacles(case, named.item)
    reasons += [fact("rival", number=other.item.invoice_no, found=other.found) for other in others]
    facts = (number_fact(named), amount_fact(case, named.item), *reasons)
    yield proposal("H5", [share(named.item, case.amount)], facts)


def several(case: Case) -> Iterator[Proposal]:
    """H1: several numbers, the residuals add up to the amount, credit notes counted against it. H2: with the cash
    discounts still allowed on the value date. H3: with the fees of their last notices (O-11)."""
    firm = [named for named in (*case.claims, *case.credits) if named.firm]
    weak = [named for named in (*case.claims, *case.credits) if not named.firm and named.doubt != "shared"]
    for group in (firm, firm + weak) if weak else (firm,):
        if len(group) < 2 or not any(case.left(named.item) > 0 for named in group):
            continue
        found = _sum(case, group)
        if found is not None:
            yield found
            return


def _sum(case: Case, group: Sequence[Named]) -> Proposal | None:
    items = sorted(oldest_first(named.item for named in group), key=lambda item: case.left(item) < 0)
    lefts = [case.left(item) for item in items]
    total = sum(lefts)
    numbers = [number_fact(named) for named in group]
    hints = [reason for item in items for reason in obstacles(case, item) if item.document_type.sign > 0]
    if case.amount == total:
        return proposal("H1", _whole(case, items), (*numbers, equation(case, *lefts), *hints))
    discounts = {item.id: discount(item, case.left(item), case.value_date) for item in items}
    off = sum(discounts.values())
    if off and case.amount == total - off:
        facts = (*numbers, equation(case, *lefts, -off), *_discount_facts(case, items, discounts), *hints)
        return proposal("H2", _discounted(case, items, discounts), facts)
    fees = _notices(case, items)
    if fees and case.amount == total + sum(fee.amount for fee, _ in fees):
        shares = _whole(case, items) + [share(item, fee.amount, AllocationKind.DUNNING_FEE) for fee, item in fees]
        terms = equation(case, *lefts, *(fee.amount for fee, _ in fees))
        return proposal("H3", shares, (*numbers, terms, *(_fee_fact(case, fee) for fee, _ in fees), *hints))
    return None


def discounted(case: Case) -> Iterator[Proposal]:
    """H2: one number, the residual less the cash discount that the value date still allows."""
    named = _only(case)
    if named is None:
        return
    item = named.item
    off = discount(item, case.left(item), case.value_date)
    if off and case.amount == case.left(item) - off:
        terms = equation(case, case.left(item), -off)
        facts = (number_fact(named), terms, *_discount_facts(case, [item], {item.id: off}), *obstacles(case, item))
        yield proposal("H2", _discounted(case, [item], {item.id: off}), facts)


def with_fee(case: Case) -> Iterator[Proposal]:
    """H3: one number, residual and a fee that may not book by itself: an obstacle stands against it, or it is the fee
    of an earlier notice (X-06), or only the part that is due was paid with it."""
    named = _only(case)
    if named is None:
        return
    item, left = named.item, case.left(named.item)
    current = case.state.fee(item, case.value_date)
    reasons = obstacles(case, item)
    if current is not None:
        for base in (left, *(amount for amount in _parts(case, item) if amount != left)):
            if case.amount == base + current.amount:
                shares = [share(item, base), share(item, current.amount, AllocationKind.DUNNING_FEE)]
                facts = (number_fact(named), equation(case, base, current.amount), _fee_fact(case, current))
                yield proposal("H3", shares, (*facts, *reasons))
                return
    for fee in case.state.earlier_fees(item, case.value_date):
        if case.amount == left + fee.amount:
            shares = [share(item, left), share(item, fee.amount, AllocationKind.DUNNING_FEE)]
            earlier = fact("fee-earlier", fee=case.money(fee.amount), issued=fee.issued_on, level=fee.level)
            yield proposal("H3", shares, (number_fact(named), equation(case, left, fee.amount), earlier, *reasons))
            return


def amount_differs(case: Case) -> Iterator[Proposal]:
    """M1: items are named, the amount is another: partly paid or overpaid, the split filled in, oldest due first.

    One item named and the rest is exactly other open items of the customer, in one way only: shown first.
    """
    group = [named for named in (*case.claims, *case.credits) if named.firm or named.doubt == "listed"]
    if not any(named.firm and case.left(named.item) > 0 for named in group):
        return
    items = oldest_first(named.item for named in group)
    if len(group) == 1:
        yield from _completed(case, group[0])
    shares, falls = _spread(case, items)
    debts = [item for item in items if case.left(item) > 0]
    facts = [number_fact(named) for named in group]
    facts += _difference(case, debts, falls.payments, falls.rest)
    facts += [reason for item in debts for reason in obstacles(case, item)]
    yield proposal("M1", shares, facts)


def _spread(case: Case, items: Sequence[OpenItem]) -> tuple[list[Share], Split]:
    """The amount on the items in their order, credit notes added to it, fees as the policy says (X-05)."""
    debts = [item for item in items if case.left(item) > 0]
    notes = [item for item in items if case.left(item) < 0]
    fees = _notices(case, debts)
    money = case.amount - sum(case.left(item) for item in notes)
    policy = case.index.world.settings.fee_policy
    falls = split(money, [case.left(item) for item in debts], [fee.amount for fee, _ in fees], policy)
    shares = [share(item, paid) for item, paid in zip(debts, falls.payments, strict=True) if paid]
    shares += [share(item, case.left(item), AllocationKind.CREDIT_NOTE) for item in notes]
    for (_, item), paid in zip(fees, falls.fees, strict=True):
        if paid:
            shares.append(share(item, paid, AllocationKind.DUNNING_FEE))
    if falls.rest:
        shares.append(overpayment(debts[0].customer_no, falls.rest))
    return shares, falls


def _completed(case: Case, named: Named) -> Iterator[Proposal]:
    """The named item together with others of its customer that the customer did not name."""
    item, left = named.item, case.left(named.item)
    others = [
        other
        for other in case.index.oldest(item.customer_no)[: 2 * MAX_POOL]
        if other.id != item.id and other.currency == case.line.currency
    ]
    if case.amount < left:
        notes = [o for o in others if o.document_type.sign < 0 and case.amount == left + case.left(o)]
        if len(notes) == 1:
            shares = [share(item, left), share(notes[0], case.left(notes[0]), AllocationKind.CREDIT_NOTE)]
            credit = fact("credit-note", number=notes[0].invoice_no, amount=case.money(-case.left(notes[0])))
            yield proposal("M1", shares, (number_fact(named), equation(case, left, case.left(notes[0])), credit))
        return
    pool = [other for other in others if 0 < case.left(other) <= case.amount - left][:MAX_POOL]
    only = subset_sum([case.left(other) for other in pool], case.amount - left, smallest=1).only
    if only is not None and case.amount > left:
        chosen = [item, *(pool[at] for at in only)]
        unnamed = ", ".join(pool[at].invoice_no for at in only)
        facts = (number_fact(named), fact("same-customer", numbers=unnamed), equation(case, *map(case.left, chosen)))
        yield proposal("M3", _whole(case, chosen), facts)


def nearly_named(case: Case) -> Iterator[Proposal]:
    """M4: a number that is too short, shared, not clear of other signs, one typing error away or without its letters,
    together with the exact amount or the payer. Several that fit alike are all shown, none preferred."""
    identities = [payer for payer in case.payers if payer.customer is not None]
    firm = any(named.firm for named in case.claims)
    weak = [named for named in case.claims if not named.firm]
    near = [Near(named.item, named.found, "") for named in weak]
    # Beside a clear number of another amount only an item of exactly this amount counts: a typing error may hit
    # another invoice's number.
    others = _near(case, () if firm else identities)
    named_ids = {named.item.id for named in case.claims}
    near += [found for found in others if found.item.id not in named_ids]
    facts_of = {named.item.id: number_fact(named) for named in weak}
    ranked = []
    for candidate in near:
        item = candidate.item
        signs = [payer for payer in identities if payer.customer == item.customer_no]
        if case.left(item) > 0 and item.currency == case.line.currency and (case.exact(item) or (signs and not firm)):
            ranked.append((-(2 * case.exact(item) + bool(signs)), candidate, signs))
    if not ranked:
        return
    best = min(rank for rank, _, _ in ranked)
    chosen = sorted(((c, s) for rank, c, s in ranked if rank == best), key=lambda pair: pair[0].item.id)
    for candidate, signs in chosen:
        item = candidate.item
        rule = f"invoice-number-{candidate.kind}"
        facts = [facts_of.get(item.id) or fact(rule, number=item.invoice_no, found=candidate.found)]
        if case.exact(item):
            shares, extra = [share(item, case.amount)], [amount_fact(case, item)]
        else:
            paid = min(case.amount, case.left(item))
            rest = case.amount - paid
            shares = [share(item, paid), *([overpayment(item.customer_no, rest)] if rest else [])]
            extra = _difference(case, [item], (paid,), rest)
        facts += [*extra, *(payer.evidence for payer in signs[:1])]
        if len(chosen) > 1:
            facts.append(fact("ambiguous", count=len(chosen)))
        yield proposal("M4", shares, facts)


def _near(case: Case, identities: Sequence[Payer]) -> list[Near]:
    fields = [text for _, text in texts(case.line) if any(char.isdigit() for char in text)]
    if not fields:
        return []
    indexes = [case.index.near(amount=case.amount)]
    indexes += [case.index.near(customer=payer.customer) for payer in identities if payer.customer]
    found: dict[int, Near] = {}
    for near in indexes:
        for text in fields:
            for candidate in near.look_up(text) if near is not None else ():
                found.setdefault(candidate.item.id, candidate)
    return list(found.values())


def paid_twice(case: Case) -> Iterator[Proposal]:
    """L3: a paid item is named and the amount is its amount: most likely paid twice."""
    if not case.claims and any(named.item.amount == case.amount for named in case.settled):
        yield from already_paid(case)


def already_paid(case: Case) -> Iterator[Proposal]:
    """L3: only paid items are named: paid twice? The amount stays with the customer until a person decides."""
    if case.claims:
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


def _only(case: Case) -> Named | None:
    firm = [named for named in case.claims if named.firm]
    return firm[0] if len(firm) == 1 else None


def _fits(case: Case, item: OpenItem) -> bool:
    fee = case.state.fee(item, case.value_date)
    return case.exact(item) or (fee is not None and case.amount == case.left(item) + fee.amount)


def _parts(case: Case, item: OpenItem) -> tuple[int, ...]:
    return payable(item, case.left(item))


def _notices(case: Case, items: Sequence[OpenItem]) -> list[tuple[NoticeFee, OpenItem]]:
    """The last notices of some items, a combined one once, with the item that carries its fee."""
    found: dict[int, tuple[NoticeFee, OpenItem]] = {}
    for item in items:
        if (fee := case.state.fee(item, case.value_date)) is not None:
            found[fee.notice_id] = (fee, item)
    return [found[key] for key in sorted(found)]


def _whole(case: Case, items: Sequence[OpenItem]) -> list[Share]:
    return [
        share(item, left, AllocationKind.PAYMENT if left > 0 else AllocationKind.CREDIT_NOTE)
        for item, left in ((item, case.left(item)) for item in items)
    ]


def _discounted(case: Case, items: Sequence[OpenItem], discounts: dict[int, int]) -> list[Share]:
    shares = []
    for item in items:
        off, left = discounts[item.id], case.left(item)
        kind = AllocationKind.PAYMENT if left > 0 else AllocationKind.CREDIT_NOTE
        shares.append(share(item, left - off, kind))
        if off:
            shares.append(share(item, off, AllocationKind.DISCOUNT))
    return shares


def _discount_facts(case: Case, items: Sequence[OpenItem], discounts: dict[int, int]) -> list[Evidence]:
    return [
        fact(
            "discount-allowed",
            number=item.invoice_no,
            discount=case.money(discounts[item.id]),
            until=item.discount_until,
        )
        for item in items
        if discounts[item.id]
    ]


def _difference(case: Case, debts: Sequence[OpenItem], payments: Sequence[int], rest: int) -> list[Evidence]:
    """What remains, by name: overpaid by so much, or so much still open."""
    if rest:
        return [fact("overpaid", amount=case.money(case.amount), rest=case.money(rest))]
    found = []
    for item, paid in zip(debts, payments, strict=True):
        left = case.left(item)
        if left != paid:
            residual = case.money(left - paid)
            found.append(fact("partial", number=item.invoice_no, paid=case.money(paid), residual=residual))
        missed = missed_discount(item, left, case.value_date)
        if missed and case.amount == left - missed:
            until = item.discount_until
            found.append(fact("discount-late", number=item.invoice_no, until=until, paid=case.value_date))
    return found


def _fee_fact(case: Case, fee: NoticeFee) -> Evidence:
    return fact("fee-exact", fee=case.money(fee.amount), issued=fee.issued_on, level=fee.level)
