"""Whether one part may be dunned on a day, and if not, why.

The first of these that applies is the reason, in this order:

1. ``paid``          nothing is open
2. the part's hold   ``with_agency``, ``in_collection``, ``disputed``, ``blocked``, ``payment_found`` …, found by others
3. ``credit``        the part is itself in the customer's favour (credit note, overpaid); on hold it favours nobody
4. ``dunning_off``   there is no procedure (D-03)
5. ``blocked``       the customer has a dunning block (Mahnsperre), the last day included
6. ``not_due``       the due date has not passed
7. ``highest_level`` every level has been sent (A-08)
8. ``not_yet``       the next level's day has not come, or the run is for another level (V-23)
9. ``blocked``       there are no texts in the customer's language (D-13, O-15)

What people have decided comes before the calendar: an accountant who put an item on hold looks for the hold. ``plan``
adds two that concern a whole notice: ``credit`` (the customer's credits cover all of it), then ``below_minimum``.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from recon.dunning.procedure import Facts, Procedure, earliest, later, next_level, proposal_date
from recon.dunning.titles import LANGUAGES
from recon.model.dunning import DunnablePart
from recon.model.items import Customer
from sepa.money import plain

# contract.md 6
REASONS: Final = frozenset({
    "not_due", "not_yet", "paid", "blocked", "disputed", "in_collection", "payment_found", "highest_level",
    "with_agency", "dunning_off", "credit", "below_minimum",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reason`` is ``None`` where a notice of ``level`` may go out. ``next_on`` is the next day for one, if known;
    ``level`` is 0 where none is left."""

    reason: str | None
    level: int = 0
    next_on: date | None = None
    facts: Facts = ()


def judge(part: DunnablePart, customer: Customer, procedure: Procedure, as_of: date) -> Verdict:
    """Whether a part may get its next level on ``as_of``."""
    if part.open == 0:
        return Verdict("paid")
    level = next_level(procedure, part.state)
    on = None if level is None or part.open < 0 else earliest(procedure, level, part.state, part.due_date)
    if part.hold is not None and holds(part.hold_until, as_of):
        return _held(part, as_of, on)
    if part.open < 0:
        return Verdict("credit", facts=(("credit", plain(-part.open, part.currency)), ("currency", part.currency)))
    if not procedure.levels:
        return Verdict("dunning_off")
    if has_block(customer, as_of):
        return _blocked(customer, as_of, on)
    if as_of <= part.due_date:
        return Verdict("not_due", next_on=on, facts=(("due_date", part.due_date.isoformat()),))
    if level is None or on is None:
        return _above_highest(part, procedure)
    if as_of < on:
        return Verdict("not_yet", level.number, on, not_yet_facts(level.number, on))
    if language_of(part, customer) not in LANGUAGES:
        return Verdict("blocked", level.number, None, (("language", language_of(part, customer)),))
    return Verdict(None, level.number, on)


def holds(until: date | None, as_of: date) -> bool:
    """Whether a hold or block still holds: to the end of its last day, or without end."""
    return until is None or as_of <= until


def has_block(customer: Customer, as_of: date) -> bool:
    """Whether the customer may not be dunned. A reason without a date is a block without end."""
    if customer.dunning_block_until is None:
        return customer.dunning_block_reason is not None
    return as_of <= customer.dunning_block_until


def branch_of(part: DunnablePart, customer: Customer) -> str | None:
    """The branch whose days hold and in whose name a notice goes: that of the item, else the customer's (A-38)."""
    return part.branch or customer.branch


def language_of(part: DunnablePart, customer: Customer) -> str:
    """The language of a notice: the item's own, else the customer's (D-13)."""
    return part.language or customer.language


def not_yet_facts(level: int, on: date) -> Facts:
    """The facts of ``not_yet``."""
    return (("level", str(level)), ("next_on", on.isoformat()))


def _held(part: DunnablePart, as_of: date, on: date | None) -> Verdict:
    if part.hold not in REASONS:
        raise ValueError(f"not an exclusion reason: {part.hold!r}")
    until = part.hold_until
    facts = part.hold_facts if until is None else (*part.hold_facts, ("until", until.isoformat()))
    return Verdict(part.hold, 0, _after(until, as_of, on), facts)


def _blocked(customer: Customer, as_of: date, on: date | None) -> Verdict:
    until, reason = customer.dunning_block_until, customer.dunning_block_reason
    facts: Facts = () if until is None else (("until", until.isoformat()),)
    return Verdict("blocked", 0, _after(until, as_of, on), facts if reason is None else (*facts, ("reason", reason)))


def _above_highest(part: DunnablePart, procedure: Procedure) -> Verdict:
    proposal_on = proposal_date(procedure, part.state, part.due_date)
    facts: Facts = (("level", str(part.state.level)),)
    if proposal_on is not None:
        facts = (*facts, ("proposal_on", proposal_on.isoformat()))
    return Verdict("highest_level", 0, None, facts)


def _after(until: date | None, as_of: date, on: date | None) -> date | None:
    return None if until is None or on is None else max(later(until, 1), on, as_of)
