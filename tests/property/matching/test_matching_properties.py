"""What holds for every statement and every world: matching loses nothing, doubles nothing, and hangs on no order."""

import random
import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from recon.matching.amounts import split, subset_sum
from recon.matching.case import settles
from recon.matching.engine import match
from recon.matching.payers import name_key
from recon.matching.text import places, squashed
from recon.matching.world import CollectionRef, NoticeFee, OpenLine, ReturnCharge, Ways, World, way
from recon.model.items import Customer, DocumentType, OpenItem, Part, PartKind
from recon.model.matching import MOVES_NO_MONEY, AllocationKind, Band, Decision, Share
from recon.model.settings import FeePolicy, MatchingSettings
from recon.model.statement import Counterparty, Line, LineKind

T = TypeVar("T")
POLICIES: tuple[FeePolicy, ...] = ("exact_only", "legal_order", "principal_first")
DAY = date(2026, 3, 20)
AMOUNTS = st.sampled_from([100, 200, 300, 500, 10000, 11900, 20000])
NUMBERS = st.sampled_from(
    ["RE-2026-0815", "RE-2026-0816", "RE-2026-0851", "20260815", "1001", "10012", "R-10012", "RE-20261"]
)
WORDS = st.sampled_from(["Rechnung", "10042", "vom 01.03.2026", "danke", "1"])
NAMES = st.sampled_from(["Max Muster", "Erika Beispiel", "Beispiel GmbH", "Max Muster GmbH"])
IBANS = st.sampled_from(["DE02120300000000202051", "DE02500105170137075030", "DE02100500000054540402"])
CUSTOMER_NOS = ["10041", "10042", "10043"]


@st.composite
def items(draw: st.DrawFn, number: int) -> OpenItem:
    kind = draw(st.sampled_from([DocumentType.INVOICE] * 6 + [DocumentType.CREDIT_NOTE]))
    amount = kind.sign * draw(AMOUNTS)
    left = amount // draw(st.sampled_from([1, 1, 1, 2]))
    parts: tuple[Part, ...] = (Part(PartKind.TOTAL, amount, left, date(2026, 3, 1)),)
    if kind is DocumentType.INVOICE and draw(st.booleans()):
        first = amount // 4
        parts = (
            Part(PartKind.PREPAYMENT, first, max(first - (amount - left), 0), date(2026, 3, 1)),
            Part(PartKind.REMAINDER, amount - first, min(left, amount - first), date(2026, 4, 1)),
        )
    return OpenItem(
        number,
        draw(NUMBERS | st.just(f"RE-2026-09{number:02}") | st.just(f"K{number}-20{number:02}/7")),
        draw(st.sampled_from(CUSTOMER_NOS)),
        amount,
        left,
        "EUR",
        parts,
        document_type=kind,
        discount_percent=draw(st.sampled_from([None, 200])),
        discount_until=draw(st.sampled_from([None, DAY, DAY - timedelta(days=1)])),
        in_collection=draw(st.sampled_from([False] * 7 + [True])),
    )


@st.composite
def lines(draw: st.DrawFn, number: int, known: list[OpenItem]) -> OpenLine:
    """A line about one or two of the items, with their amounts or nearly; or about nothing in particular."""
    meant = draw(st.lists(st.sampled_from(known), max_size=2, unique_by=lambda item: item.id))
    total = sum(item.open for item in meant)
    near = draw(st.sampled_from([0, 0, 0, 500, 1, -1])) + (total if draw(st.integers(0, 5)) else total * 98 // 100)
    amount = near if meant and near and draw(st.integers(0, 4)) else draw(AMOUNTS | AMOUNTS.map(lambda money: -money))
    words = draw(st.lists(NUMBERS | WORDS, max_size=2 if not meant else 1))
    words += [item.invoice_no for item in meant if draw(st.integers(0, 4))]
    text = draw(st.sampled_from([" ", " ", ", ", "/", "", "-"])).join(words)
    day = DAY + timedelta(days=draw(st.integers(0, 2)))
    line = Line(
        amount,
        "EUR",
        day,
        day,
        draw(st.sampled_from([LineKind.CREDIT_TRANSFER] * 6 + [LineKind.OTHER, LineKind.BATCH, LineKind.RETURN])),
        counterparty=Counterparty(draw(st.none() | NAMES), draw(st.none() | IBANS)),
        remittance=text or None,
        end_to_end_id=draw(st.sampled_from([None] * 6 + ["E2E-1", "E2E-2"])),
        payment_information_id=draw(st.sampled_from([None] * 6 + ["PMT-1"])),
    )
    return OpenLine(number, line, amount)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[list[OpenLine], World]:
    known = [draw(items(number)) for number in range(1, draw(st.integers(2, 7)))]
    closed = [draw(items(number)) for number in range(21, 21 + draw(st.integers(0, 2)))]
    ids = [item.id for item in known]
    fees = [
        NoticeFee(
            tuple(draw(st.sets(st.sampled_from(ids), min_size=1, max_size=2))), 500, DAY, 2, number,
            draw(st.sampled_from([0, 120])),
        )
        for number in range(1, 1 + draw(st.integers(0, 2)))
    ]  # fmt: skip
    collections = [
        CollectionRef(n, f"E2E-{n}", "PMT-1", "MSG-1", 90 + n, f"LS-{n}", "10041", draw(AMOUNTS), "M-1", DAY, status)
        for n, status in ((1, "exported"), (2, draw(st.sampled_from(["exported", "booked", "returned"]))))
    ]
    customers = [Customer(n, number, draw(NAMES)) for n, number in enumerate(CUSTOMER_NOS)]
    ibans = draw(st.dictionaries(IBANS, st.frozensets(st.sampled_from(CUSTOMER_NOS), min_size=1)))
    matching = MatchingSettings(
        fee_policy=draw(st.sampled_from(POLICIES)), tolerance=draw(st.sampled_from([0, 0, 1, 500]))
    )
    charges = [ReturnCharge(number, 300, DAY) for number in draw(st.sets(st.sampled_from(ids), max_size=2))]
    mandates = draw(st.dictionaries(st.sampled_from(["M-1001-7", "M-20260815"]), st.sampled_from(CUSTOMER_NOS)))
    world = World(known, closed, customers, ibans, fees, collections, matching, charges, mandates)
    bank = [draw(lines(number, known + closed)) for number in range(1, draw(st.integers(2, 9)))]
    return [replace(line, rejected=draw(rejections(known))) for line in bank], world


@st.composite
def rejections(draw: st.DrawFn, known: list[OpenItem]) -> frozenset[Ways]:
    """Now and then a person has said no to one of the items, whole."""
    if draw(st.integers(0, 7)):
        return frozenset()
    item = draw(st.sampled_from(known))
    share = Share(item.id, item.invoice_no, item.customer_no, item.open, AllocationKind.PAYMENT)
    return frozenset({way([share])})


def shuffled(scene: tuple[list[OpenLine], World], seed: int) -> tuple[list[OpenLine], World]:
    order = random.Random(seed)

    def mixed(values: list[T]) -> list[T]:
        return order.sample(values, len(values))

    bank, world = scene
    return mixed(bank), World(
        mixed(list(world.items)),
        mixed(list(world.closed)),
        mixed(list(world.customers)),
        dict(mixed(list(world.ibans.items()))),
        mixed(list(world.fees)),
        mixed(list(world.collections)),
        world.settings,
        mixed(list(world.charges)),
        dict(mixed(list(world.mandates.items()))),
    )


@settings(max_examples=150, deadline=None)
@given(scenes(), st.integers(0, 1000))
def test_no_order_shows(scene: tuple[list[OpenLine], World], seed: int) -> None:
    """Neither the order of lines nor that of items, customers, fees or collections changes a decision."""
    decisions = match(*scene)
    assert decisions == match(*shuffled(scene, seed))
    assert [decision.line_id for decision in decisions] == sorted(line.id for line in scene[0])


@settings(max_examples=150, deadline=None)
@given(scenes())
def test_nothing_is_given_away_twice(scene: tuple[list[OpenLine], World]) -> None:
    """Over all that is booked: no item beyond what is open, no collection, return or notice fee twice."""
    bank, world = scene
    taken: Counter[int] = Counter()
    once: Counter[tuple[AllocationKind, int]] = Counter()
    fees: Counter[int] = Counter()
    paid_on = {line.id: line.line.value_date for line in bank}
    for decision in match(bank, world):
        for share in decision.proposals[0].shares if decision.books else ():
            if share.item_id is not None and settles(share):
                taken[share.item_id] += share.amount
            if share.collection_id is not None:
                once[share.kind, share.collection_id] += 1
            if share.kind is AllocationKind.DUNNING_FEE:
                on = paid_on[decision.line_id] or DAY
                issued = [fee for fee in world.fees if share.item_id in fee.item_ids and fee.issued_on <= on]
                last = max(issued, key=lambda fee: (fee.issued_on, fee.level, fee.notice_id))
                fees[last.notice_id] += share.amount
    left = {item.id: item.open for item in world.items}
    assert all(0 < amount <= left[item_id] for item_id, amount in taken.items() if item_id < 90)
    assert set(once.values()) <= {1}
    assert all(amount <= 500 for amount in fees.values())


@settings(max_examples=150, deadline=None)
@given(scenes())
def test_every_proposal_explains_its_line_to_the_cent(scene: tuple[list[OpenLine], World]) -> None:
    bank, world = scene
    amounts = {line.id: line.open for line in bank}
    for decision in match(bank, world):
        for proposal in decision.proposals:
            money = sum(share.amount for share in proposal.shares if share.kind not in MOVES_NO_MONEY)
            assert not proposal.shares or money == amounts[decision.line_id]
            assert proposal.evidence
            assert all(share.amount != 0 for share in proposal.shares)


@settings(max_examples=150, deadline=None)
@given(scenes())
def test_only_the_certain_is_booked(scene: tuple[list[OpenLine], World]) -> None:
    """A plain look at what was booked: the number or own reference stands in the line, the amount is equal."""
    bank, world = scene
    by_id = {line.id: line.line for line in bank}
    for decision in match(bank, world):
        if decision.books:
            first, line = decision.proposals[0], by_id[decision.line_id]
            assert first.match_class in {"C1", "C2", "C3", "C4", "C5", "R1"}
            if first.match_class == "C5":
                _digits_stand_in(first.shares[0].invoice_no or "", line, world)
            assert (first.band is Band.RETURN) == (first.match_class == "R1")
            if first.match_class in {"C3", "C4"}:
                assert _number_stands_in(first.shares[0].invoice_no or "", line)
        else:
            assert decision.band is not Band.CERTAIN


@settings(max_examples=150, deadline=None)
@given(scenes())
def test_what_was_rejected_is_neither_booked_nor_proposed_again(scene: tuple[list[OpenLine], World]) -> None:
    bank, world = scene
    no = {line.id: line.rejected for line in bank}
    for decision in match(bank, world):
        refused = {item for ways in no[decision.line_id] for item, _, _, _ in ways}
        assert not any(way(proposal.shares) in no[decision.line_id] for proposal in decision.proposals)
        if decision.books:
            assert refused.isdisjoint(share.item_id for share in decision.proposals[0].shares)


@settings(max_examples=150, deadline=None)
@given(scenes(), st.sampled_from(["Miete", "danke", "Beitrag 11", None]))
def test_a_stranger_who_names_nothing_is_never_booked(scene: tuple[list[OpenLine], World], text: str | None) -> None:
    """Whatever the amount: without a number or an own reference in the line nothing is certain."""
    bank, world = scene
    silent = [
        OpenLine(
            line.id,
            structs.replace(line.line, remittance=text, end_to_end_id=None, payment_information_id=None),
            line.open,
        )
        for line in bank
    ]
    assert not any(decision.books for decision in match(silent, world))


@settings(max_examples=150, deadline=None)
@given(scenes())
def test_no_item_is_proposed_beyond_what_is_open_of_it(scene: tuple[list[OpenLine], World]) -> None:
    """Within each proposal; payments, discounts and write-offs together."""
    bank, world = scene
    left = {item.id: item.open for item in world.items}
    for decision in match(bank, world):
        for proposal in decision.proposals:
            taken: Counter[int] = Counter()
            for share in proposal.shares:
                if share.item_id in left and settles(share) and share.kind is not AllocationKind.COLLECTION:
                    taken[share.item_id] += share.amount
            for item_id, amount in taken.items():
                assert 0 < amount * (1 if left[item_id] > 0 else -1) <= abs(left[item_id]), proposal


def _digits_stand_in(number: str, line: Line, world: World) -> None:
    """Five digits or more of the number stand in the line, and the payer bears a name or an IBAN of the customer."""
    digits = re.findall(r"\d+", number)
    said = "".join(re.findall(r"\d+", line.remittance or ""))
    assert "".join(digits).lstrip("0") in said or digits[-1].lstrip("0") in said
    assert len("".join(digits).lstrip("0")) >= 5
    customer = next(item.customer_no for item in world.items if item.invoice_no == number)
    names = {person.name for person in world.customers if person.customer_no == customer}
    by_name = line.counterparty.name is not None and any(name_key(line.counterparty.name) == name_key(n) for n in names)
    assert by_name or world.ibans.get(line.counterparty.iban or "", frozenset()) == frozenset({customer})


def _number_stands_in(number: str, line: Line) -> bool:
    return squashed(number) in squashed(line.remittance or "")


@settings(max_examples=150, deadline=None)
@given(scenes(), st.integers(0, 7))
def test_without_its_line_an_item_is_left_to_the_others(scene: tuple[list[OpenLine], World], drop: int) -> None:
    """Running again with what was booked taken out books nothing more: a run is complete."""
    bank, world = scene
    decisions = {decision.line_id: decision for decision in match(bank, world)}
    booked = [decision for decision in decisions.values() if decision.books]
    rest = [line for line in bank if not decisions[line.id].books]
    again = match(rest, _after(world, booked))
    assert not any(decision.books for decision in again)


def _after(world: World, booked: list[Decision]) -> World:
    """The world once the booked decisions are in the books."""
    taken: Counter[int] = Counter()
    collected, returned, fee_items = set(), set(), set()
    for decision in booked:
        for share in decision.proposals[0].shares:
            if share.item_id is not None and settles(share):
                taken[share.item_id] += share.amount
            if share.kind is AllocationKind.COLLECTION:
                collected.add(share.collection_id)
            if share.kind is AllocationKind.RETURN:
                returned.add(share.collection_id)
            if share.kind is AllocationKind.DUNNING_FEE:
                fee_items.add(share.item_id)
    changed = [_paid(item, taken[item.id]) for item in world.items]
    fees = [fee for fee in world.fees if not fee_items & set(fee.item_ids)]
    refs = [
        CollectionRef(
            ref.collection_id, ref.end_to_end_id, ref.payment_information_id, ref.message_id, ref.item_id,
            ref.invoice_no, ref.customer_no, ref.amount, ref.mandate_id, ref.collection_date,
            "returned" if ref.collection_id in returned else "booked" if ref.collection_id in collected else ref.status,
        )
        for ref in world.collections
    ]  # fmt: skip
    return World(
        [item for item in changed if item.open],
        [*world.closed, *(item for item in changed if not item.open)],
        world.customers,
        world.ibans,
        fees,
        refs,
        world.settings,
        world.charges,
        world.mandates,
    )


def _paid(item: OpenItem, paid: int) -> OpenItem:
    from recon.model.items import split_open

    left = item.open - paid
    return structs.replace(item, open=left, parts=split_open(item.parts, left))


@given(st.text(max_size=40))
def test_places_lead_back_to_the_text(text: str) -> None:
    where = places(text)
    assert len(where) == len(squashed(text))
    assert where == sorted(where)
    assert all(0 <= at < len(text) for at in where)


@given(st.lists(st.integers(1, 50), max_size=9), st.integers(1, 150))
def test_subset_sum_is_exact_and_knows_the_only_one(amounts: list[int], total: int) -> None:
    """Against trying all subsets: the ones of fewest amounts."""
    sets = [
        tuple(at for at in range(len(amounts)) if mask >> at & 1)
        for mask in range(1 << len(amounts))
        if 2 <= mask.bit_count() <= 6
    ]
    right = {chosen for chosen in sets if sum(amounts[at] for at in chosen) == total}
    right = {chosen for chosen in right if len(chosen) == min(map(len, right))}
    found = subset_sum(amounts, total)
    assert set(found.found) <= right
    assert not found.gave_up
    assert len(found.found) == min(len(right), 2)


@given(
    st.integers(1, 10**6),
    st.lists(st.integers(1, 10**5), max_size=4),
    st.lists(st.integers(1, 10**4), max_size=2),
    st.sampled_from(POLICIES),
)
def test_split_loses_no_cent(amount: int, lefts: list[int], fees: list[int], policy: FeePolicy) -> None:
    falls = split(amount, lefts, fees, policy)
    assert sum(falls.payments) + sum(falls.fees) + falls.rest == amount
    assert all(0 <= paid <= left for paid, left in zip(falls.payments, lefts, strict=True))
    assert all(0 <= paid <= fee for paid, fee in zip(falls.fees, fees, strict=True))
    assert falls.rest >= 0
