"""A notice of a frozen run, brought up to the books of the moment when it is issued."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from recon.dunning.interest import later_claims
from recon.dunning.presets import effective
from recon.dunning.procedure import deadline_days, later, minimum
from recon.dunning.wording import NO_TEXTS, OwnTexts, title_of
from recon.model.dunning import DunnablePart, Notice
from recon.model.items import Customer, PartKind
from recon.model.settings import DunningSettings


def refreshed(
    notice: Notice,
    now: Mapping[tuple[int, PartKind], DunnablePart],
    customer: Customer,
    settings: DunningSettings,
    issued_on: date,
    *,
    own: OwnTexts = NO_TEXTS,
) -> Notice | None:
    """The notice without what was paid or held back meanwhile; ``None`` when nothing is left to ask for.

    ``now`` gives all that may still be dunned, by item and part; what is missing is dropped. The notice never asks for
    more of an item than the preview that a person has seen, nor for a higher fee: an amount that has grown stays as it
    was (V-25). Level, title, deadline and fee follow from the lines that remain, interest runs to the day of issue. A
    line of a level that the settings have no longer is dropped. Where a text of its level has gone missing in its
    language, the notice is left out as a whole (D-13).
    """
    whole = effective(settings)
    items = []
    for item in notice.items:
        part = now.get((item.item_id, item.part))
        left = 0 if part is None else min(part.open, max(item.open, 0))
        if left != 0 and (left > 0) == (item.level > 0) and item.level <= len(whole.levels):
            items.append(replace(item, open=left))
    levels = [item.level for item in items if item.level > 0]
    if not levels or sum(item.open for item in items) < max(minimum(whole, max(levels)), 1):
        return None
    highest = max(levels)
    if (highest, notice.language) in own.missing:
        return None
    deadline = notice.deadline if highest == notice.level else later(issued_on, deadline_days(whole, highest))
    title = title_of(own, whole.preset, highest, notice.language)
    kept = replace(notice, level=highest, title=title, deadline=deadline, items=tuple(items))
    parts = [now[item.item_id, item.part] for item in items]
    return later_claims(kept, parts, customer, whole, issued_on, draft=notice)
