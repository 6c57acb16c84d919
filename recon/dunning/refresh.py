"""A notice of a frozen run, brought up to the books of the moment when it is issued."""

from collections.abc import Mapping
from dataclasses import replace

from recon.dunning.fees import notice_fee
from recon.dunning.presets import effective
from recon.dunning.wording import NO_TEXTS, OwnTexts, title_of
from recon.model.dunning import Notice
from recon.model.items import PartKind
from recon.model.settings import DunningSettings


def refreshed(
    notice: Notice,
    open_now: Mapping[tuple[int, PartKind], int],
    settings: DunningSettings,
    own: OwnTexts = NO_TEXTS,
) -> Notice | None:
    """The notice without what was paid or held back meanwhile; ``None`` when nothing is left to ask for.

    ``open_now`` gives the open amount by item and part of all that may still be dunned; what is missing is dropped. The
    notice never asks for more than the preview that a person has seen: an amount that has grown stays as it was (V-25).
    Level, title and fee follow from the lines that remain. Where a text of its level has gone missing in its language,
    it is left out as a whole (D-13).
    """
    whole = effective(settings)
    items = []
    for item in notice.items:
        now = min(open_now.get((item.item_id, item.part), 0), max(item.open, 0))
        if now != 0 and (now > 0) == (item.level > 0):
            items.append(replace(item, open=now))
    levels = [item.level for item in items if item.level > 0]
    if not levels or sum(item.open for item in items) < max(whole.min_amount, 1):
        return None
    highest = max(levels)
    if (highest, notice.language) in own.missing:
        return None
    return replace(
        notice,
        level=highest,
        title=title_of(own, whole.preset, highest, notice.language),
        items=tuple(items),
        fee=notice_fee(whole, [item.level for item in items if item.costs]),
    )
