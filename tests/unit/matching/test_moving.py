"""An index that moves with its items says what a new one says: after every step, of every line."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from msgspec import structs

from bench.world import generate
from recon.matching import moving
from recon.matching.engine import decide, match
from recon.matching.moving import Moving, moving_index
from recon.matching.world import OpenLine, World, index
from recon.model.items import OpenItem, split_open
from tests.unit.matching.scenes import bank_line, item, told, world


def _moved(chance: random.Random, known: dict[int, OpenItem], later: list[OpenItem]) -> list[OpenItem]:
    """A day: some items come in, some are paid in whole or in part, some are open again."""
    new = [later.pop() for _ in range(min(len(later), chance.choice((0, 3, 40))))]
    touched = []
    for one in chance.sample(list(known.values()), min(len(known), 25)):
        left = chance.choice((0, one.amount, one.open // 2 or one.amount))
        touched.append(structs.replace(one, open=left, parts=split_open(one.parts, left)))
    return [*new, *touched]


def _as_world(base: World, items: Sequence[OpenItem]) -> World:
    """The items a new index would be made of."""
    return replace(base, items=[one for one in items if one.open], closed=[one for one in items if not one.open])


@pytest.mark.parametrize("at_once", [0, 1_000])
def test_after_every_step_it_answers_like_a_new_index(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    """Whether new items are put in one by one or sorted anew."""
    monkeypatch.setattr(moving, "_ONE_BY_ONE", at_once)
    scene = generate(5, 250, 400, labels=False)
    chance = random.Random(5)
    later = [*scene.world.items, *scene.world.closed]
    chance.shuffle(later)
    kept, first = Moving(), index(scene.world)
    known: dict[int, OpenItem] = {}
    for _ in range(8):
        changed = _moved(chance, known, later)
        known |= {one.id: one for one in changed}
        kept.put(changed)
        then = _as_world(scene.world, list(known.values()))
        assert decide(scene.lines, moving_index(replace(then, items=(), closed=()), kept, first)) == match(
            scene.lines, then
        )


def test_digits_are_one_items_until_another_has_them() -> None:
    """The number of an item that comes in later counts from then on, and not before."""
    line = bank_line("119.00", "Rechnung 20260815")
    kept, first = Moving(), index(world())
    seen = []
    for new in (item(1, "RE-2026-0815", "119.00"), item(2, "XY-2026-0815", "50.00", "10044")):
        kept.put([new])
        [decision] = decide([OpenLine(1, line, line.amount)], moving_index(world(), kept, first))
        seen.append(told(decision.proposals[0]))
    assert seen[0] != seen[1]
