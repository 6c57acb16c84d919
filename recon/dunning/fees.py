"""What a level costs (X-04, X-07). The figure of the settings is meant in the notice's own currency."""

from collections.abc import Sequence

from recon.model.dunning import NoticeItem
from recon.model.settings import DunningSettings


def level_fee(settings: DunningSettings, level: int) -> int:
    """The fee of ``level``, minor units: its own (``replace``, A-15) or the sum of all up to it (``cumulative``).

    A repeated last level (X-10) asks for the same again, not for more.
    """
    if settings.fee_mode == "replace":
        return settings.levels[level - 1].fee
    return sum(each.fee for each in settings.levels[:level])


def own_fee(settings: DunningSettings, item: NoticeItem, covered: int = 0) -> int:
    """The fee of one line where each item has its own, else 0: that of its level less what is ``covered`` already, or
    its lump sum if that is more."""
    if settings.fee_scope != "per_item" or not item.costs:
        return 0
    return max(level_fee(settings, item.level) - covered, item.lump_sum, 0)


def fee_of(settings: DunningSettings, items: Sequence[NoticeItem], covered: int = 0) -> int:
    """The fee of a notice over these lines: that of the highest level once, or that of each line; none for a notice of
    nothing but charges (decision 17).

    Lump sums stand in its place as far as they are higher, and those paid before cover it: they count towards costs
    (§ 288 (5) BGB, decision 24).
    """
    if settings.fee_scope == "per_item":
        return sum([item.fee for item in items])
    costing = [item.level for item in items if item.costs]
    if not costing:
        return 0
    return max(level_fee(settings, max(costing)) - covered, sum([item.lump_sum for item in items]), 0)
