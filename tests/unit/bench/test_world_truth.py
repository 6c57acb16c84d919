"""A small world of the bench: the same for its seed, true in itself, and nothing of it is booked wrong."""

import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from bench.books import fill
from bench.rivals import plain_rule
from bench.scoring import Outcome, Score
from bench.world import KINDS, Scene, generate
from bench.world.truth import Sure, TrueShare, told
from recon.matching.engine import match
from recon.model.items import OpenItem
from recon.model.matching import AllocationKind, Decision
from recon.model.roles import Action
from recon.model.statement import LineStatus
from recon.service.context import reading
from recon.store.matching import open_lines, world_of
from recon.store.settings import settings_of

ROOT = Path(__file__).parents[3]

SEED, LINES, ITEMS = 1, 1_500, 6_000
NO_BANK_MONEY = {AllocationKind.DISCOUNT, AllocationKind.WRITE_OFF}
SETTLES = {AllocationKind.PAYMENT, AllocationKind.DISCOUNT, AllocationKind.CREDIT_NOTE, AllocationKind.COLLECTION}


@pytest.fixture(scope="module", params=["mixed", "prefix-year", "digits-7"])
def scene(request: pytest.FixtureRequest) -> Scene:
    return generate(SEED, LINES, ITEMS, request.param)


def items(scene: Scene) -> dict[int, OpenItem]:
    return {item.id: item for item in (*scene.world.items, *scene.world.closed)}


def test_the_same_seed_makes_the_same_world_and_another_one_another(scene: Scene) -> None:
    again = generate(SEED, LINES, ITEMS, scene.style)
    assert again == scene
    assert generate(SEED + 1, LINES, ITEMS, scene.style).lines != scene.lines


def test_the_world_is_the_same_in_another_process() -> None:
    """Whatever the order in which sets of texts come there."""
    program = (
        "import hashlib, bench.world as made;"
        "print(hashlib.sha256(repr(made.generate(3, 300, 1_000)).encode()).hexdigest())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        for seed in ("1", "2")
    ]
    assert len({run.stdout for run in runs}) == 1


def test_books_filled_with_a_world_lead_to_the_same_decisions(tmp_path: Path) -> None:
    small = generate(3, 400, 1_500)
    context = fill(str(tmp_path / "books.db"), small)
    with reading(context, Action.READ) as connection:
        lines, world = open_lines(connection), world_of(connection, settings_of(connection))
    wanted = [line for line in small.lines if line.line.status is LineStatus.BOOKED]
    found = {decision.line_id: decision for decision in match(lines, world)}
    expected = {decision.line_id: decision for decision in match(wanted, small.world)}
    assert expected.keys() <= found.keys()
    for number, decision in expected.items():
        assert _without_ids(found[number]) == _without_ids(decision)


def _without_ids(decision: Decision) -> tuple[object, ...]:
    return decision.books, [(one.match_class, told(one.shares)) for one in decision.proposals]


def test_the_world_has_its_size_and_every_kind_of_payment(scene: Scene) -> None:
    assert len(scene.lines) == LINES
    assert len(items(scene)) >= ITEMS
    assert len({item.invoice_no for item in items(scene).values()}) == len(items(scene))
    kinds = Counter(truth.kind for truth in scene.truths.values())
    assert len(kinds) >= 30
    assert len(KINDS) >= 30
    assert all(Counter(truth.sure for truth in scene.truths.values())[sure] > 50 for sure in Sure)


def test_the_true_shares_explain_every_line_to_the_cent(scene: Scene) -> None:
    for open_line in scene.lines:
        truth = scene.truths[open_line.id]
        for shares in (truth.shares, *truth.others):
            money = sum(share.amount for share in shares if share.kind not in NO_BANK_MONEY)
            assert money == open_line.open or not shares, truth
        if truth.sure in {Sure.CERTAIN, Sure.KNOWABLE}:
            assert truth.shares, truth
        if truth.sure is Sure.FOREIGN:
            assert not truth.shares, truth


def test_the_truth_pays_no_item_twice_or_too_much(scene: Scene) -> None:
    known = items(scene)
    paid: Counter[int] = Counter()
    for truth in scene.truths.values():
        # Of the same payment twice on a day both may be the first.
        if truth.sure not in {Sure.CERTAIN, Sure.KNOWABLE}:
            continue
        for share in truth.shares:
            if share.item_id is not None and share.kind in SETTLES:
                assert share.amount * known[share.item_id].open > 0, truth
                paid[share.item_id] += share.amount
    over = {number: amount for number, amount in paid.items() if abs(amount) > abs(known[number].open)}
    assert not over


def test_lines_come_in_the_order_of_their_days(scene: Scene) -> None:
    days = [line.line.booking_date for line in scene.lines if line.line.booking_date is not None]
    assert len(days) == LINES
    assert all(one <= other for one, other in pairwise(days))


def test_nothing_is_booked_wrong(scene: Scene) -> None:
    score = Score()
    score.add(scene, match(scene.lines, scene.world))
    assert score.wrong == []


def test_the_plain_rule_books_some_right_and_some_wrong(scene: Scene) -> None:
    """The score tells a wrong booking where there is one."""
    score = Score()
    score.add(scene, plain_rule(scene.lines, scene.world))
    counts = sum(score.kinds.values(), Counter[Outcome]())
    assert counts[Outcome.RIGHT] > 300
    assert counts[Outcome.WRONG] > 10


def test_shares_compare_whatever_their_order_and_the_item_of_a_fee() -> None:
    payment, fee = TrueShare(1, 10_000), TrueShare(1, 500, AllocationKind.DUNNING_FEE)
    on_another = TrueShare(2, 500, AllocationKind.DUNNING_FEE)
    assert told([payment, fee]) == told([on_another, payment])
    assert told([payment]) != told([TrueShare(2, 10_000)])
    assert told([payment]) != told([payment, TrueShare(None, 1, AllocationKind.OVERPAYMENT, "1")])
