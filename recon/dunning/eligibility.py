"""Whether one part may be dunned on a day, and if not, why.

The first of these that applies is the reason, in this order:

1. ``paid``          nothing is open
2. the part's hold   ``with_agency``, ``in_collection``, ``disputed``, ``promised``, ``blocked``, ``payment_found`` …,
                     found by others
3. ``credit``        the part is itself in the customer's favour (credit note, overpaid); on hold it favours nobody
4. ``dunning_off``   there is no procedure, or it is switched off (D-03, V-01)
5. ``country``       the customer's own address is in a country that is not dunned (X-23, F-29)
6. ``blocked``       the customer has a dunning block (Mahnsperre), the last day included
7. ``not_due``       the due date has not passed, on closed days the next open one where so set (X-30)
8. ``highest_level`` every level has been sent (A-08), the last as often as it may (X-10); ``collection_proposed`` from
                     the day on which the last would come again (F-42, O-01), unless it is a call still to be made
9. ``not_yet``       the next level's day has not come, or the run is for another level (V-23)
10. ``blocked``      there are no texts in the customer's language (D-13, O-15)

What people have decided comes before the calendar: an accountant who put an item on hold looks for the hold. ``plan``
adds two that concern a whole notice: ``credit`` (the customer's credits cover all of it), then ``below_minimum``.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from recon.dunning.procedure import Facts, Procedure, counted_due, earliest, later, next_level, proposal_date
from recon.dunning.titles import LANGUAGES
from recon.model.dunning import DunnablePart, PartState
from recon.model.items import Customer
from sepa.money import plain

# contract.md 6, and ``country``
REASONS: Final = frozenset({
    "not_due", "not_yet", "paid", "blocked", "disputed", "in_collection", "payment_found", "highest_level",
    "with_agency", "dunning_off", "credit", "below_minimum", "country", "promised", "collection_proposed",
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
    found = apart(part, customer, procedure, as_of) or by_calendar(procedure, part.state, part.due_date, as_of)
    return in_language(found, language_of(part, customer))


def apart(part: DunnablePart, customer: Customer, procedure: Procedure, as_of: date) -> Verdict | None:
    """What keeps a part from being dunned whatever its days are: the reasons before ``not_due``."""
    if part.open == 0:
        return Verdict("paid")
    if part.hold is not None and holds(part.hold_until, as_of):
        return _held(part, as_of, None if part.open < 0 else _next_on(part, procedure))
    if part.open < 0:
        return Verdict("credit", facts=(("credit", plain(-part.open, part.currency)), ("currency", part.currency)))
    if not procedure.levels:
        return Verdict("dunning_off")
    if not is_dunned_country(customer, procedure):
        return Verdict("country", facts=(("country", customer.country or ""),))
    if has_block(customer, as_of):
        return _blocked(customer, as_of, _next_on(part, procedure))
    return None


def by_calendar(procedure: Procedure, state: PartState, due_date: date, as_of: date) -> Verdict:
    """What the days say of a part that nothing else keeps: the reasons from ``not_due`` to ``not_yet``. They look at
    nothing but its state and due date, so that a plan asks once for many."""
    level = next_level(procedure, state)
    on = None if level is None else earliest(procedure, level, state, due_date)
    if as_of <= counted_due(procedure.due_shift, due_date):
        return Verdict("not_due", next_on=on, facts=(("due_date", due_date.isoformat()),))
    if level is None or on is None:
        return _above_highest(state, due_date, procedure, as_of)
    if as_of < on:
        return Verdict("not_yet", level.number, on, not_yet_facts(level.number, on))
    return Verdict(None, level.number, on)


def in_language(found: Verdict, language: str) -> Verdict:
    """The verdict on a part whose notice would be in this language: none goes out in one without texts."""
    if found.reason is not None or language in LANGUAGES:
        return found
    return Verdict("blocked", found.level, None, (("language", language),))


def holds(until: date | None, as_of: date) -> bool:
    """Whether a hold or block still holds: to the end of its last day, or without end."""
    return until is None or as_of <= until


def has_block(customer: Customer, as_of: date) -> bool:
    """Whether the customer may not be dunned. A reason without a date is a block without end."""
    if customer.dunning_block_until is None:
        return customer.dunning_block_reason is not None
    return as_of <= customer.dunning_block_until


def is_dunned_country(customer: Customer, procedure: Procedure) -> bool:
    """Whether customers of this country are dunned (X-23). That of the customer's own address decides, whatever other
    addresses he has (F-29); an address that names none is one at home."""
    return not procedure.countries or customer.country is None or customer.country in procedure.countries


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


def _next_on(part: DunnablePart, procedure: Procedure) -> date | None:
    level = next_level(procedure, part.state)
    return None if level is None else earliest(procedure, level, part.state, part.due_date)


def _above_highest(state: PartState, due_date: date, procedure: Procedure, as_of: date) -> Verdict:
    proposal_on = proposal_date(procedure, state, due_date)
    facts: Facts = (("level", str(state.level)),)
    if proposal_on is None:
        return Verdict("highest_level", 0, None, facts)
    if state.calling:
        return Verdict("highest_level", 0, None, (*facts, ("calling", proposal_on.isoformat())))
    facts = (*facts, ("proposal_on", proposal_on.isoformat()))
    return Verdict("collection_proposed" if as_of >= proposal_on else "highest_level", 0, None, facts)


def _after(until: date | None, as_of: date, on: date | None) -> date | None:
    return None if until is None or on is None else max(later(until, 1), on, as_of)
