"""What becomes of the lines of a frozen run when it is issued: what a preview of that day would not ask for any more is
dropped, with the reason that the preview gives; what it would ask for besides is not added (V-25)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from recon.dunning.eligibility import REASONS
from recon.dunning.plan import Plan
from recon.dunning.presets import effective
from recon.dunning.procedure import Facts
from recon.dunning.wording import NO_TEXTS, OwnTexts
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


def minimum(settings: DunningSettings) -> int:
    """The least that a notice asks for, minor units."""
    return max(effective(settings).min_amount, 1)


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
    least: int,
    *,
    own: OwnTexts = NO_TEXTS,
) -> tuple[Undunned, ...]:
    """The lines of a frozen notice that are not in the one that is issued, each with its reason. ``left_open`` holds
    what is open of every part that its items have today; ``least`` is the least that a notice asks for."""
    kept = set() if issued is None else {(line.item_id, line.part) for line in issued.items}
    still = still_asked(notice, now)
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
            levels = [other.level for other in notice.items if (other.item_id, other.part) in still]
            missing = _unworded(max(levels), notice.language, own)
            if missing and line.level > 0:
                found.append(Undunned(line.item_id, line.invoice_no, line.part, "blocked", facts=missing))
            else:
                found.append(_too_little(line, notice.currency, [*still.values()], least))
    return tuple(found)


def _unworded(level: int, language: str, own: OwnTexts) -> Facts:
    name = own.missing.get((level, language))
    return () if name is None else (("language", language), ("level", str(level)), ("field", name))


def _too_little(line: NoticeItem, currency: str, amounts: list[int], least: int) -> Undunned:
    """A line that would be asked for, were there enough beside it."""
    asked = sum(amounts)
    if line.level == 0 or asked <= 0:
        credit = -line.open if line.level == 0 else -sum(amount for amount in amounts if amount < 0)
        facts: Facts = (("credit", plain(credit, currency)), ("currency", currency))
        return Undunned(line.item_id, line.invoice_no, line.part, "credit", facts=facts)
    facts = (("asked", plain(asked, currency)), ("minimum", plain(least, currency)), ("currency", currency))
    return Undunned(line.item_id, line.invoice_no, line.part, "below_minimum", facts=facts)
