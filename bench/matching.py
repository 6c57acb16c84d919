"""Matching: how many payments of seeded worlds are booked and proposed right, beside the plain rule; and what it costs.

``python -m bench matching`` prints both; ``--show SEED/LINE`` prints one line of the worlds of ``--world``, what is
true of it and what was decided.
"""

from argparse import Namespace
from pathlib import Path
from typing import Final

from bench.matching_speed import print_speed
from bench.rivals import plain_rule
from bench.scoring import Outcome, Score
from bench.world import generate
from bench.world.truth import Sure, TrueShare
from recon.matching.engine import match
from recon.model.matching import Share
from sepa.money import plain

_COLUMNS: Final = (Outcome.RIGHT, Outcome.WRONG, Outcome.FIRST, Outcome.IN_THREE, Outcome.ASKED, Outcome.MISSED,
                   Outcome.LEFT)  # fmt: skip
# The plain rule knows nothing of asking: what it books and does not.
_PLAIN_COLUMNS: Final = (Outcome.RIGHT, Outcome.WRONG)


def run(folder: Path, wanted: Namespace) -> None:
    """Both parts, or one line shown."""
    lines, items = wanted.world
    if wanted.show:
        seed, _, line = wanted.show.partition("/")
        show(int(seed), int(line), lines, items)
        return
    if wanted.seeds:
        print_quality(range(1, wanted.seeds + 1), lines, items)
    print_speed(folder, [_size(text) for text in wanted.sizes], wanted.runs)


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


def show(seed: int, line_id: int, lines: int, items: int) -> None:
    """One line of a world, its truth, and what the engine makes of it among all the others."""
    scene = generate(seed, lines, items)
    found = {item.id: item for item in (*scene.world.items, *scene.world.closed)}
    people = {customer.customer_no: customer for customer in scene.world.customers}
    known = {customer.iban: customer.customer_no for customer in scene.world.customers if customer.iban}
    known |= {iban: ", ".join(numbers) for iban, numbers in scene.world.ibans.items()}
    decision = match(scene.lines, scene.world)[line_id - 1]
    line, truth = scene.lines[line_id - 1].line, scene.truths[line_id]

    def told(share: Share | TrueShare) -> str:
        if share.item_id is None:
            return f"    {share.kind} {plain(share.amount)} {share.customer_no or ''}"
        item = found[share.item_id]
        owner = people[item.customer_no]
        where = f"on {item.invoice_no!r}, open {plain(item.open)} {item.currency}, of"
        return f"    {share.kind} {plain(share.amount)} {where} {owner.customer_no} {owner.name!r}"

    print(f"{truth.kind}, {truth.variant}: {truth.sure}")
    print(f"text {line.remittance!r}, end-to-end id {line.end_to_end_id}, reference {line.creditor_reference}")
    print(f"{plain(line.amount)} {line.currency}, value date {line.value_date}, from {line.counterparty.name!r}, "
          f"IBAN of {known.get(line.counterparty.iban or '', 'nobody known')}")  # fmt: skip
    print("  true:", *map(told, truth.shares), sep="\n")
    for proposal in decision.proposals:
        evidence = "; ".join(f"{one.rule} {dict(one.facts)}" for one in proposal.evidence)
        title = "booked" if decision.books else "proposed"
        print(f"  {title}, {proposal.match_class}, {proposal.band}: {evidence}")
        print(*map(told, proposal.shares), sep="\n")
    if not decision.proposals:
        print("  nothing proposed")


def _size(text: str) -> tuple[int, int]:
    lines, _, items = text.partition("x")
    return int(lines), int(items)


def _count(score: Score, sure: Sure) -> int:
    return sum(score.labels[sure].values())


def _percent(part: float) -> str:
    return f"{part:.2%}"
