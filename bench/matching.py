"""Matching: how many payments of seeded worlds are booked and proposed right, beside the plain rule; and what it costs.

``python -m bench matching --seeds 10 --quality 10000 30000``: the tables of the first part.
"""

from typing import Final

from bench.rivals import plain_rule
from bench.scoring import Outcome, Score
from bench.world import generate
from bench.world.truth import Sure
from recon.matching.engine import match

_COLUMNS: Final = (Outcome.RIGHT, Outcome.WRONG, Outcome.FIRST, Outcome.IN_THREE, Outcome.ASKED, Outcome.MISSED,
                   Outcome.LEFT)  # fmt: skip
# The plain rule knows nothing of asking: what it books and does not.
_PLAIN_COLUMNS: Final = (Outcome.RIGHT, Outcome.WRONG)


def quality(seeds: range, lines: int, items: int) -> tuple[Score, Score]:
    """Worlds of several seeds through the engine and through the plain rule."""
    ours, plain = Score(), Score()
    for seed in seeds:
        scene = generate(seed, lines, items)
        ours.add(scene, match(scene.lines, scene.world))
        plain.add(scene, plain_rule(scene.lines, scene.world))
    return ours, plain


def print_quality(seeds: range, lines: int, items: int) -> None:
    """The table by kinds and the totals."""
    ours, plain = quality(seeds, lines, items)
    print(f"\nMatching, seeds {seeds[0]} to {seeds[-1]}, {lines:,} lines against {items:,} items each\n")
    print(
        f"| kind of payment | lines | {' | '.join(_COLUMNS)} | plain rule: {' | plain rule: '.join(_PLAIN_COLUMNS)} |"
    )
    print("|---|" + "---:|" * (1 + len(_COLUMNS) + len(_PLAIN_COLUMNS)))
    for kind in sorted(ours.kinds):
        counts = ours.kinds[kind]
        cells = [sum(counts.values()), *(counts[one] for one in _COLUMNS)]
        cells += [plain.kinds[kind][one] for one in _PLAIN_COLUMNS]
        print(f"| {kind} | {' | '.join(f'{cell:,}' if cell else '' for cell in cells)} |")
    print("\n| | opos | plain rule |\n|---|---:|---:|")
    print(f"| booked wrong | {len(ours.wrong)} | {len(plain.wrong)} |")
    print(f"| certain lines booked, of {_count(ours, Sure.CERTAIN):,} | {_percent(ours.certain_booked())} | "
          f"{_percent(plain.certain_booked())} |")  # fmt: skip
    print(f"| right one first of the knowable rest, of {_count(ours, Sure.KNOWABLE):,} | "
          f"{_percent(ours.knowable_first())} | {_percent(plain.knowable_first())} |")  # fmt: skip
    for title, found in (("booked wrong", ours.wrong), ("certain and not booked", ours.open_certain)):
        if found:
            print(f"\n{title} (seed/line): {', '.join(f'{seed}/{line}' for seed, line in found[:20])}")


def _count(score: Score, sure: Sure) -> int:
    return sum(score.labels[sure].values())


def _percent(part: float) -> str:
    return f"{part:.2%}"
