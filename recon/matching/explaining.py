"""Why a line is explained as it is, and why not by another item (``opos match explain``, users.md pain 8).

The same engine on one line: its decision, the runner-up and what decided between the two; and for an item every
condition that it does not meet, the deciding one first. Reasons are evidence; their texts stand in
``recon/texts/explaining.toml`` or, where they are the engine's own, in ``evidence.toml``.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from msgspec import structs

from recon.matching.amounts import subset_sum
from recon.matching.by_payer import MAX_EQUAL_AMOUNTS, items_of
from recon.matching.case import Case, State, fact, number_fact, open_case
from recon.matching.classes import certain, proposed
from recon.matching.obstacles import obstacles
from recon.matching.own_debits import is_return
from recon.matching.reading import texts
from recon.matching.references import MIN_SEARCHED
from recon.matching.signs import payers
from recon.matching.table import changed, one_table
from recon.matching.text import other_numbers, places, squashed
from recon.matching.world import BESIDE, Index, OpenLine, World
from recon.model.items import OpenItem, split_open
from recon.model.matching import AllocationKind, Evidence, Proposal, Share
from recon.model.statement import LineKind

_NO_PAYMENT: Final = frozenset({LineKind.INTEREST, LineKind.CHARGE})
# What a collection was before its money came, or came back.
_BEFORE: Final = {AllocationKind.COLLECTION: "exported", AllocationKind.RETURN: "booked"}
_AROUND: Final = re.compile(r"[0-9A-Za-z./-]*\Z"), re.compile(r"[0-9A-Za-z./-]*")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the engine says of a line taken by itself: its proposals, best first, the runner-up with what decided, and
    for an item why it is not the one (empty where it leads)."""

    proposals: tuple[Proposal, ...]
    runner_up: Proposal | None
    decided: Evidence | None
    why_not: tuple[Evidence, ...] = ()


def explain(line: OpenLine, ready: Index, item: OpenItem | None = None) -> Explanation:
    """Explain a line as if it were the only one: what other lines have taken is told by the books."""
    bare = open_case(line, State(ready))
    case = bare.anew(payers(bare.signs, line.line, ready))
    sure = certain(case)
    found = (*(() if sure is None else (sure,)), *proposed(case))
    first = found[0] if found else None
    others = (one for one in found[1:] if first is not None and _numbers(one) not in {(), _numbers(first)})
    second = next(others, None)
    decided = _decided(first, second) if first is not None and second is not None and _numbers(first) else None
    why = () if item is None else tuple(why_not(case, item, found))
    return Explanation(found, second, decided, why)


def why_not(case: Case, item: OpenItem, found: Sequence[Proposal]) -> Iterator[Evidence]:
    """Every condition that keeps an item from being the line's, the deciding one first."""
    number = item.invoice_no
    for rank, one in enumerate(found, start=1):
        if any(share.item_id == item.id for share in one.shares):
            if rank > 1:
                yield fact("why-proposed", item=number, rank=rank, **{"class": one.match_class})
                yield _decided(found[0], one)
            return
    first_reason = _outright(case, item)
    if first_reason is not None:
        yield first_reason
    yield _number_reason(case, item)
    yield from _amount_reason(case, item)
    yield from _payer_reason(case, item)
    yield from obstacles(case, item)
    yield from _search_reason(case, item)


def reopened(line: OpenLine, world: World, shares: Iterable[Share]) -> tuple[OpenLine, World]:
    """A line and the world as they were before the line was booked."""
    back: dict[int, int] = {}
    status: dict[int | None, str] = {}
    for share in shares:
        if share.item_id is not None and share.kind not in BESIDE:
            back[share.item_id] = back.get(share.item_id, 0) + share.amount
        if share.kind in _BEFORE:
            status[share.collection_id] = _BEFORE[share.kind]
    table = one_table(world.items, world.closed)
    now = {at: _open_again(table.make(at), back[number]) for at, number in enumerate(table.ids) if number in back}
    owed, paid = changed(table, len(world.items), now)
    before = replace(
        world,
        items=owed,
        closed=paid,
        collections=[
            replace(ref, status=status[ref.collection_id]) if ref.collection_id in status else ref
            for ref in world.collections
        ],
    )
    return replace(line, open=line.line.amount), before


def _open_again(item: OpenItem, amount: int) -> OpenItem:
    left = item.open + amount
    return structs.replace(item, open=left, parts=split_open(item.parts, left))


def _numbers(one: Proposal) -> tuple[str, ...]:
    """The invoices that a proposal is about, a paid one (L3) too."""
    numbers = [share.invoice_no for share in one.shares if share.invoice_no]
    paid = [value for reason in one.evidence if reason.rule == "already-paid" for name, value in reason.facts
            if name == "number"]  # fmt: skip
    return tuple(dict.fromkeys(numbers or paid))


def _ground(one: Proposal) -> str:
    """The code of the words for what a proposal rests on."""
    rules = {reason.rule for reason in one.evidence}
    for rule, ground in (("invoice-number-end", "ground-end"), ("credit-note", "ground-netted")):
        if rule in rules:
            return ground
    return f"ground-{one.match_class}"


def _decided(first: Proposal, second: Proposal) -> Evidence:
    """What put one proposal before another."""
    names = {"first": " + ".join(_numbers(first)), "second": " + ".join(_numbers(second))}
    ground, other = _ground(first), _ground(second)
    if ground == other:
        equal = any(reason.rule == "ambiguous" for reason in first.evidence)
        return fact("runner-up-equal" if equal else "runner-up-order", **names, ground=ground)
    return fact("runner-up", **names, ground=ground, other_ground=other)


def _outright(case: Case, item: OpenItem) -> Evidence | None:
    """What rules an item out whatever the text says."""
    number = item.invoice_no
    if is_return(case):
        return fact("why-return", item=number)
    if case.line.kind in _NO_PAYMENT:
        return fact("why-bank", item=number)
    if item.currency != case.line.currency:
        return fact("why-currency", item=number, currency=item.currency, paid=case.line.currency)
    if case.left(item) == 0:
        return fact("why-closed", item=number)
    if case.left(item) * case.amount < 0:
        return fact("why-direction" if case.amount < 0 else "why-owed", item=number)
    return None


def _number_reason(case: Case, item: OpenItem) -> Evidence:
    named = next((named for named in case.named if named.item.id == item.id), None)
    if named is not None:
        return number_fact(named)
    key = squashed(item.invoice_no)
    if len(key) < MIN_SEARCHED:
        return fact("why-short", item=item.invoice_no)
    for _, text in texts(case.line):
        if (inside := _inside(text, key)) is not None:
            kind, found = inside
            return fact(f"why-inside-{kind}", item=item.invoice_no, text=found)
    return fact("why-not-named", item=item.invoice_no)


def _inside(raw: str, key: str) -> tuple[str, str] | None:
    """What a number lies inside of, if it stands in a text at all: kind and text."""
    flat, where = squashed(raw), places(raw)
    at = flat.find(key)
    if at < 0:
        return None
    start, end = where[at], where[at + len(key) - 1] + 1
    for kind, first, last in other_numbers(raw):
        if first < end and start < last:
            return kind, raw[first:last]
    before, after = _AROUND
    left = before.search(raw, 0, start)
    right = after.match(raw, end)
    return "number", raw[left.start() if left else start : right.end() if right else end]


def _amount_reason(case: Case, item: OpenItem) -> Iterator[Evidence]:
    left = case.left(item)
    if left == 0 or item.currency != case.line.currency or case.exact(item):
        return
    rule = "why-amount-less" if case.amount < left else "why-amount-more"
    gap = case.money(abs(left - case.amount))
    yield fact(rule, item=item.invoice_no, amount=case.money(case.amount), open=case.money(left), gap=gap)


def _payer_reason(case: Case, item: OpenItem) -> Iterator[Evidence]:
    if any(item.customer_no in payer.customers for payer in case.payers):
        return
    sure = [payer for payer in case.payers if payer.customer is not None]
    if sure:
        yield fact("why-payer", item=item.invoice_no, customer=item.customer_no, payer=sure[0].customer)
        yield sure[0].evidence
    else:
        yield fact("why-payer-unknown", item=item.invoice_no, customer=item.customer_no)


def _search_reason(case: Case, item: OpenItem) -> Iterator[Evidence]:
    """Where the engine did not look on: too many items of one amount, too many sums."""
    if case.exact(item) and len(case.index.of_amount(case.amount)) > MAX_EQUAL_AMOUNTS:
        yield fact("why-many", amount=case.money(case.amount), most=MAX_EQUAL_AMOUNTS)
    if any(payer.customer == item.customer_no for payer in case.payers) and 0 < case.left(item) < case.amount:
        pool = items_of(case, item.customer_no)
        if item not in pool:
            yield fact("why-late", item=item.invoice_no, most=len(pool))
        elif subset_sum([case.left(one) for one in pool], case.amount).gave_up:
            yield fact("why-gave-up", customer=item.customer_no, count=len(pool))
