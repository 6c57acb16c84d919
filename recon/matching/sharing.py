"""How an amount falls on items and on what is claimed beside them: fees, interest, return charges, what remains."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Final

from recon.matching.amounts import Split, missed_discount, split
from recon.matching.case import Case, State, fact, overpayment, share
from recon.matching.world import NoticeFee, oldest_first
from recon.model.items import OpenItem
from recon.model.matching import AllocationKind, Evidence, Share
from sepa.money import plain

_KINDS: Final = (AllocationKind.DUNNING_FEE, AllocationKind.INTEREST, AllocationKind.RETURN_FEE)
# What a notice claims; the charge of a return is claimed without one.
OF_NOTICE: Final = frozenset(_KINDS[:2])
# Codes of the sentences that say what is claimed, whatever was paid.
_ASKED: Final = dict(zip(_KINDS, ("fee-asked", "interest-asked", "charge-asked"), strict=True))


@dataclass(frozen=True, slots=True)
class Extra:
    """What is claimed beside an item, that bears it: fee or interest of a notice, the charge of a return."""

    kind: AllocationKind
    amount: int
    item: OpenItem
    evidence: Evidence

    @property
    def share(self) -> Share:
        """The extra as a share of a line."""
        return share(self.item, self.amount, self.kind)


def extras(state: State, items: Iterable[OpenItem], on: date | None) -> list[Extra]:
    """What is claimed beside some items on a value date: of each its last notice, a combined one once, and the charges
    of its returned debits. The oldest due of a notice's items that are paid bears its fee."""
    found: list[Extra] = []
    seen: set[int] = set()
    for item in oldest_first(item for item in items if item.document_type.sign > 0):
        notice = state.fee(item, on)
        if notice is not None and notice.notice_id not in seen:
            seen.add(notice.notice_id)
            found += of_notice(notice, item)
        if charged := state.charge(item, on):
            told = fact("return-charge", charge=plain(charged, item.currency), number=item.invoice_no)
            found.append(Extra(AllocationKind.RETURN_FEE, charged, item, told))
    return found


def of_notice(notice: NoticeFee, item: OpenItem) -> list[Extra]:
    """The fee and the interest of a notice, borne by one of its items."""
    found = []
    if notice.amount:
        said = fact("fee-exact", fee=plain(notice.amount, item.currency), issued=notice.issued_on, level=notice.level)
        found.append(Extra(AllocationKind.DUNNING_FEE, notice.amount, item, said))
    if notice.interest:
        said = fact("interest-exact", interest=plain(notice.interest, item.currency), issued=notice.issued_on)
        found.append(Extra(AllocationKind.INTEREST, notice.interest, item, said))
    return found


def exactly(claimed: Sequence[Extra], amount: int) -> list[tuple[Extra, ...]]:
    """What of the extras comes to an amount: all of a kind or none of it, fewest kinds first, fees first."""
    if amount <= 0 or not claimed:
        return []
    return [chosen for chosen in _by_kinds(claimed) if _sum(chosen) == amount]


def _by_kinds(claimed: Sequence[Extra]) -> Iterator[tuple[Extra, ...]]:
    by_kind = [group for kind in _KINDS if (group := tuple(extra for extra in claimed if extra.kind is kind))]
    for size in range(1, len(by_kind) + 1):
        for chosen in combinations(by_kind, size):
            yield tuple(extra for group in chosen for extra in group)


def _sum(chosen: Iterable[Extra]) -> int:
    return sum(extra.amount for extra in chosen)


def spread(case: Case, items: Sequence[OpenItem]) -> tuple[list[Share], Split]:
    """The amount on the items in their order, credit notes added to it; fee and interest of the notices as the policy
    says (X-05). By ``exact_only`` interest is never taken without being asked."""
    if len(items) == 1 and case.left(items[0]) == case.amount and not case.state.claims_beside([items[0].id]):
        return [share(items[0], case.amount)], Split((case.amount,), (), 0)
    lefts = [(item, case.left(item)) for item in items]
    debts = [item for item, left in lefts if left > 0]
    notes = [(item, left) for item, left in lefts if left < 0]
    policy = case.index.world.settings.fee_policy
    claimed = [extra for extra in extras(case.state, debts, case.value_date) if extra.kind in _taken(policy)]
    claimed.sort(key=lambda extra: _KINDS.index(extra.kind))
    money = case.amount - sum([left for _, left in notes])
    owed = [left for _, left in lefts if left > 0]
    falls = split(money, owed, [extra.amount for extra in claimed], policy)
    shares = [share(item, paid) for item, paid in zip(debts, falls.payments, strict=True) if paid]
    shares += [share(item, left, AllocationKind.CREDIT_NOTE) for item, left in notes]
    shares += [
        share(extra.item, paid, extra.kind) for extra, paid in zip(claimed, falls.fees, strict=True) if paid
    ]  # fmt: skip
    if falls.rest:
        shares.append(overpayment(debts[0].customer_no, falls.rest))
    return shares, falls


def _taken(policy: str) -> frozenset[AllocationKind]:
    kinds = _KINDS[:1] if policy == "exact_only" else _KINDS[:2]
    return frozenset(kinds)


def whole(case: Case, items: Sequence[OpenItem]) -> list[Share]:
    """All that is left of some items, credit notes against it."""
    return [
        share(item, left, AllocationKind.PAYMENT if left > 0 else AllocationKind.CREDIT_NOTE)
        for item, left in ((item, case.left(item)) for item in items)
    ]


def discounted(case: Case, items: Sequence[OpenItem], discounts: Mapping[int, int]) -> list[Share]:
    """All that is left of some items less their cash discounts (by item id)."""
    shares = []
    for item in items:
        off, left = discounts[item.id], case.left(item)
        kind = AllocationKind.PAYMENT if left > 0 else AllocationKind.CREDIT_NOTE
        shares.append(share(item, left - off, kind))
        if off:
            shares.append(share(item, off, AllocationKind.DISCOUNT))
    return shares


def discount_facts(case: Case, items: Sequence[OpenItem], discounts: Mapping[int, int]) -> list[Evidence]:
    """The discounts and until when they are allowed."""
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


def difference(case: Case, debts: Sequence[OpenItem], payments: Sequence[int], rest: int) -> list[Evidence]:
    """What remains, by name: overpaid by so much, or so much still open."""
    if rest:
        return [fact("overpaid", amount=case.money(case.amount), rest=case.money(rest)), *not_quite(case, debts, rest)]
    found = []
    for item, paid in zip(debts, payments, strict=True):
        left = case.left(item)
        if left != paid:
            residual = case.money(left - paid)
            if paid:
                found.append(fact("partial", number=item.invoice_no, paid=case.money(paid), residual=residual))
            else:
                found.append(fact("nothing-left", number=item.invoice_no, residual=residual))
        missed = missed_discount(item, left, case.value_date)
        if missed and case.amount == left - missed:
            until = item.discount_until
            found.append(fact("discount-late", number=item.invoice_no, until=until, paid=case.value_date))
    return found


def not_quite(case: Case, debts: Iterable[OpenItem], rest: int) -> list[Evidence]:
    """What is claimed beside some items that are paid, and does not come to the rest (A-18): the claims that come next
    to it, and by how much they miss it. The clerk sees that it is a fee and a cent, and not any overpayment."""
    policy = case.index.world.settings.fee_policy
    taken = frozenset() if policy == "exact_only" else _taken(policy)
    claimed = [extra for extra in extras(case.state, debts, case.value_date) if extra.kind not in taken]
    chosen = min(_by_kinds(claimed), key=lambda chosen: abs(rest - _sum(chosen)), default=())
    gap = rest - _sum(chosen)
    if not chosen or not gap:
        return []
    asked = [Evidence(_ASKED[extra.kind], extra.evidence.facts) for extra in chosen]
    facts = {"rest": case.money(rest), "claimed": case.money(_sum(chosen)), "gap": case.money(abs(gap))}
    return [*asked, fact("beside-more" if gap > 0 else "beside-less", **facts)]
