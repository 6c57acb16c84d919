"""What a level costs (X-04, X-07). The figure of the settings is meant in the notice's own currency."""

from collections.abc import Iterable

from recon.model.settings import DunningSettings


def level_fee(settings: DunningSettings, level: int) -> int:
    """The fee of ``level``, minor units: its own (``replace``, A-15) or the sum of all up to it (``cumulative``).

    A repeated last level (X-10) asks for the same again, not for more.
    """
    if settings.fee_mode == "replace":
        return settings.levels[level - 1].fee
    return sum(each.fee for each in settings.levels[:level])


def notice_fee(settings: DunningSettings, levels: Iterable[int]) -> int:
    """The fee of a notice over lines of these levels: that of the highest once, or that of each line; none for a notice
    of nothing but charges (decision 17)."""
    costing = list(levels)
    if not costing:
        return 0
    if settings.fee_scope == "per_item":
        return sum(level_fee(settings, level) for level in costing)
    return level_fee(settings, max(costing))
