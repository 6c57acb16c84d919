"""Whether dunning settings make a procedure that works, before anything is planned by them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from recon.dunning.presets import PRESETS, effective
from recon.model.finding import Finding, error, info, warning
from recon.model.settings import Branch, DunningSettings, LevelSettings
from sepa.money import plain

# at most four levels; a customers file has four columns of days (contract.md 3).
MAX_LEVELS: Final = 4


def check(settings: DunningSettings, branches: Sequence[Branch] = (), where: str = "[dunning]") -> tuple[Finding, ...]:
    """What is wrong with the settings. Errors refuse them: ``plan`` raises ValueError or KeyError for such."""
    if settings.preset is not None and settings.preset not in PRESETS:
        known = ", ".join(PRESETS)
        return (error("dunning-preset-unknown", where, preset=settings.preset, known=known),)
    whole = effective(settings)
    return (*_levels(whole.levels, where), *_days(whole, where), *_fees(whole, where), *_branches(whole, branches))


def _levels(levels: Sequence[LevelSettings], where: str) -> Iterator[Finding]:
    numbers = [level.number for level in levels]
    if len(levels) > MAX_LEVELS:
        yield error("dunning-levels-too-many", where, found=len(levels), most=MAX_LEVELS)
    if numbers != list(range(1, len(levels) + 1)):
        yield error("dunning-levels-numbers", where, found=", ".join(map(str, numbers)))
    if levels and levels[0].anchor != "due_date":
        yield error("dunning-first-anchor", where, anchor=levels[0].anchor)


def _days(settings: DunningSettings, where: str) -> Iterator[Finding]:
    values = [("deadline_days", settings.deadline_days), ("min_gap_days", settings.min_gap_days)]
    values += [(f"levels.{level.number}.after_days", level.after_days) for level in settings.levels]
    yield from _negative(values, where)
    for level in settings.levels[1:]:
        wanted = level.after_days + (1 if settings.boundary == "strict" else 0)
        if level.anchor == "previous_deadline":
            wanted += settings.deadline_days
        actual = max(settings.deadline_days + 1, settings.min_gap_days)
        if level.anchor != "due_date" and wanted < actual:
            yield warning("dunning-level-comes-later", where, level=level.number, wanted=wanted, actual=actual)


def _fees(settings: DunningSettings, where: str) -> Iterator[Finding]:
    values = [(f"levels.{level.number}.fee", level.fee) for level in settings.levels]
    yield from _negative([*values, ("min_amount", settings.min_amount)], where)
    if settings.fee_mode == "replace":
        for before, level in zip(settings.levels, settings.levels[1:], strict=False):
            if level.fee < before.fee:
                amounts = {"fee": plain(level.fee), "before": plain(before.fee)}
                yield warning("dunning-fee-falls", where, level=level.number, **amounts)
    if settings.levels and settings.levels[0].fee > 0:
        yield info("dunning-first-fee", where, fee=plain(settings.levels[0].fee))


def _branches(settings: DunningSettings, branches: Sequence[Branch]) -> Iterator[Finding]:
    for branch in branches:
        where = f"[[branches]] {branch.code}"
        yield from _negative([("dunning_days", days) for days in branch.dunning_days], where)
        if len(branch.dunning_days) > len(settings.levels) > 0:
            facts = {"found": len(branch.dunning_days), "levels": len(settings.levels)}
            yield warning("dunning-branch-days-ignored", where, branch=branch.code, **facts)


def _negative(values: Iterable[tuple[str, int]], where: str) -> Iterator[Finding]:
    for name, value in values:
        if value < 0:
            yield error("dunning-negative", where, name=name, found=value)
