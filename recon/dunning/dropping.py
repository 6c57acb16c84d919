"""What becomes of the lines of a frozen run when it is issued: what a preview of that day would not ask for any more is
dropped, with the reason that the preview gives; what it would ask for besides is not added (V-25)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from recon.dunning.eligibility import REASONS
from recon.dunning.interest import charged_for
from recon.dunning.plan import Plan
from recon.dunning.presets import effective
from recon.dunning.procedure import Facts, deadline_days, later, minimum
from recon.dunning.wording import NO_TEXTS, OwnTexts, title_of
from recon.model.dunning import Notice, NoticeItem, Undunned
from recon.model.items import PartKind
from recon.model.settings import DunningSettings
from sepa.money import plain

# ``changed``: the invoicing system tells the item otherwise since, or another notice of it was issued or cancelled.
# ``taken_out``: a person took it out of the run.
DROPPED: Final = REASONS | {"changed", "taken_out"}

Key = tuple[int, PartKind]


@dataclass(frozen=True, slots=True)
class Today:
    """A preview of the day of issue by part: what it asks for, and in which notice; what it leaves out."""

    asked: Mapping[Key, tuple[Notice, NoticeItem]]
    left: Mapping[Key, Undunned]


def today(plan: Plan) -> Today:
    """A plan by part."""
    asked = {(line.item_id, line.part): (notice, line) for notice in plan.notices for line in notice.items}
    return Today(asked, {(entry.item_id, entry.part): entry for entry in plan.undunned})


def without(
    notice: Notice, out: Collection[Key], settings: DunningSettings, frozen_on: date, *, own: OwnTexts = NO_TEXTS
) -> Notice | None:
    """A draft without some of its lines; ``None`` where nothing is left to ask for. Level, title, deadline and fee
    follow from the lines that remain."""
    whole = effective(settings)
    items = tuple(line for line in notice.items if (line.item_id, line.part) not in out)
    highest = max((line.level for line in items), default=0)
    if highest == 0 or sum(line.open for line in items) < max(minimum(whole, highest), 1):
        return None
    if (highest, notice.language) in own.missing:
        return None
    deadline = notice.deadline if highest == notice.level else later(frozen_on, deadline_days(whole, highest))
    title = title_of(own, whole.preset, highest, notice.language)
    return charged_for(replace(notice, level=highest, title=title, deadline=deadline), whole, items)


def still_asked(notice: Notice, now: Today) -> dict[Key, int]:
    """What is asked today of those lines of a frozen notice that would still be asked for: at the same level (none is
    skipped, X-03), of the same customer by the same branch; never more of a claim than was frozen."""
    found = {}
    for line in notice.items:
        key = line.item_id, line.part
        if key in now.asked:
            of, today_line = now.asked[key]
            same = (of.customer_no, of.branch, of.currency) == (notice.customer_no, notice.branch, notice.currency)
            if same and today_line.level == line.level:
                found[key] = min(today_line.open, line.open) if line.level > 0 else today_line.open
    return found


def dropped(
    notice: Notice,
    issued: Notice | None,
    now: Today,
    left_open: Mapping[Key, int],
    settings: DunningSettings,
    *,
    own: OwnTexts = NO_TEXTS,
) -> tuple[Undunned, ...]:
    """The lines of a frozen notice that are not in the one that is issued, each with its reason. ``left_open`` holds
    what is open of every part that its items have today."""
    kept = set() if issued is None else {(line.item_id, line.part) for line in issued.items}
    still = still_asked(notice, now)
    highest = max((line.level for line in notice.items if (line.item_id, line.part) in still), default=0)
    missing = own.missing.get((highest, notice.language))
    least = max(minimum(effective(settings), highest), 1) if highest else 1
    found = []
    for line in notice.items:
        key = line.item_id, line.part
        if key in kept:
            continue
        known = now.left.get(key)
        if known is not None:
            found.append(known)
        elif left_open.get(key) == 0:
            found.append(Undunned(line.item_id, line.invoice_no, line.part, "paid"))
        elif key not in still:
            found.append(Undunned(line.item_id, line.invoice_no, line.part, "changed"))
        else:
            found.append(_alone(line, notice, [*still.values()], least, missing))
    return tuple(found)


def _alone(line: NoticeItem, notice: Notice, amounts: list[int], least: int, missing: str | None) -> Undunned:
    """A line that would be asked for, were there enough beside it, and a text for what is left."""
    asked, currency = sum(amounts), notice.currency
    if missing is not None and line.level > 0:
        facts: Facts = (("language", notice.language), ("level", str(line.level)), ("field", missing))
        return Undunned(line.item_id, line.invoice_no, line.part, "blocked", facts=facts)
    if line.level == 0 or asked <= 0:
        credit = -line.open if line.level == 0 else -sum(amount for amount in amounts if amount < 0)
        facts = (("credit", plain(credit, currency)), ("currency", currency))
        return Undunned(line.item_id, line.invoice_no, line.part, "credit", facts=facts)
    facts = (("asked", plain(asked, currency)), ("minimum", plain(least, currency)), ("currency", currency))
    return Undunned(line.item_id, line.invoice_no, line.part, "below_minimum", facts=facts)
