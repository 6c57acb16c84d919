"""What only the whole procedure shows to be wrong with dunning settings, preset and branches together.

Keys, types, ranges and the numbers of the levels are checked where the settings file is read.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from recon.dunning.presets import effective
from recon.dunning.procedure import deadline_days
from recon.model.finding import Finding, error, info, warning
from recon.model.settings import Branch, DunningSettings
from sepa.money import plain


def check(settings: DunningSettings, branches: Sequence[Branch] = (), where: str = "[dunning]") -> tuple[Finding, ...]:
    """Findings on settings that were read. An error refuses them: ``plan`` raises ValueError for such."""
    whole = effective(settings)
    return (*_levels(whole, where), *_interest(whole, where), *_branches(whole, branches))


def switched_off(settings: DunningSettings, where: str) -> Finding | None:
    """Why nobody may be dunned from here: dunning is switched off (D-03), or another system duns (V-01)."""
    if settings.mode == "on":
        return None
    return error("dunning-off" if settings.mode == "off" else "dunning-external", where)


def _levels(settings: DunningSettings, where: str) -> Iterator[Finding]:
    if not settings.levels:
        return
    first = settings.levels[0]
    if first.anchor != "due_date":
        yield error("dunning-first-anchor", where, anchor=first.anchor)
    if first.fee > 0:
        yield info("dunning-first-fee", where, fee=plain(first.fee))
    # The next notice waits for the deadline to pass and for the gap, whatever the level's own days say (1.7, X-02).
    for before, level in pairwise(settings.levels):
        given = deadline_days(settings, before.number)
        actual = max(given + 1, settings.min_gap_days)
        wanted = level.after_days + (1 if settings.boundary == "strict" else 0)
        if level.anchor == "previous_deadline":
            wanted += given
        if level.anchor != "due_date" and wanted < actual:
            yield warning("dunning-level-comes-later", where, level=level.number, wanted=wanted, actual=actual)
    if settings.repeat_last and settings.max_repeats is None:
        yield warning("dunning-repeats-endless", where, level=settings.levels[-1].number)
    costing = [level for level in settings.levels[1:] if level.fee > 0]
    if costing:
        yield info("dunning-fee-recoverable", where, levels=", ".join(str(level.number) for level in costing))


def _interest(settings: DunningSettings, where: str) -> Iterator[Finding]:
    if (settings.interest or any(level.interest for level in settings.levels)) and settings.interest_from == "due_date":
        yield info("dunning-interest-from-due-date", where)


def _branches(settings: DunningSettings, branches: Sequence[Branch]) -> Iterator[Finding]:
    for branch in branches:
        if len(branch.dunning_days) > len(settings.levels) > 0:
            facts = {"branch": branch.code, "found": len(branch.dunning_days), "levels": len(settings.levels)}
            yield warning("dunning-branch-days-ignored", f"[[branches]] {branch.code}", **facts)
