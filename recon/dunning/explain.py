"""Why a part is or is not dunned on a day, condition by condition, in German or English.

Texts: ``recon/texts/reasons.toml`` (``dunning.…``) for the reasons, ``recon/texts/dunning.toml`` for conditions, rules
and the names of who set a value.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from recon.dunning.eligibility import Verdict, has_block, holds, is_dunned_country, judge, language_of
from recon.dunning.procedure import Bound, Facts, Procedure, Step, counted_due, next_date
from recon.dunning.titles import LANGUAGES
from recon.model.dunning import DunnablePart, Undunned
from recon.model.items import Customer
from recon.texts import catalogue, told
from sepa.money import Language, parse_amount, plain, shown

# Facts that are amounts of money in plain form, told the way people write them.
_AMOUNTS: Final = frozenset({"open", "credit", "claimed", "asked", "minimum"})
_ISO_DAY: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_PLAIN_AMOUNT: Final = re.compile(r"-?\d+\.\d{2,4}", re.ASCII)

# Reasons in words that are kept: of the many parts of a plan most have the same reason and facts.
_KEPT: Final = 5_000


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must hold before a part is dunned: ``open``, ``no_hold``, ``claim``, ``switched_on``,
    ``country``, ``no_block``, ``overdue``, ``level_left``, ``day``, ``language`` or ``notice`` (what concerns the whole
    notice)."""

    name: str
    met: bool
    facts: Facts = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """``undunned`` says why the part gets no notice on ``as_of``; ``None`` where it gets one of ``step.level``.

    ``conditions`` are all of them in the order in which they are asked, ``step`` is the next level with its rules,
    also where something else stands in its way.
    """

    as_of: date
    conditions: tuple[Condition, ...]
    step: Step | None
    undunned: Undunned | None

    @property
    def failing(self) -> Condition | None:
        """The first condition that does not hold: the one that ``undunned.reason`` names."""
        return next((condition for condition in self.conditions if not condition.met), None)


def explain(
    part: DunnablePart, customer: Customer, procedure: Procedure, as_of: date, planned: Undunned | None = None
) -> Explanation:
    """Every condition for dunning ``part`` on ``as_of``.

    ``planned`` is what ``plan`` says of the part, if it gets no notice: it also knows what concerns the notice as a
    whole (credits of the customer, minimum amount, level of the run).
    """
    verdict = judge(part, customer, procedure, as_of)
    step = next_date(procedure, part.state, part.due_date)
    due = counted_due(procedure.due_shift, part.due_date)
    conditions = [
        Condition("open", part.open != 0),
        Condition("no_hold", part.hold is None or not holds(part.hold_until, as_of)),
        Condition("claim", part.open > 0, (("open", plain(part.open, part.currency)), ("currency", part.currency))),
        Condition("switched_on", bool(procedure.levels)),
        Condition("no_block", not has_block(customer, as_of)),
        Condition("overdue", as_of > due, (("due_date", due.isoformat()),)),
    ]
    if procedure.levels and procedure.countries:
        named = (("country", customer.country or ""),)
        conditions.insert(4, Condition("country", is_dunned_country(customer, procedure), named))
    if procedure.levels:
        conditions.append(Condition("level_left", step is not None, (("level", str(part.state.level)),)))
    if step is not None:
        facts = (("level", str(step.level)), ("next_on", step.on.isoformat()))
        language = language_of(part, customer)
        conditions.append(Condition("day", as_of >= step.on, facts))
        conditions.append(Condition("language", language in LANGUAGES, (("language", language),)))
    if verdict.reason is None and planned is not None:
        conditions.append(Condition("notice", met=False, facts=planned.facts))
        return Explanation(as_of, tuple(conditions), step, planned)
    return Explanation(as_of, tuple(conditions), step, _undunned(part, verdict))


def lines(explanation: Explanation, language: Language) -> tuple[str, ...]:
    """The explanation for people: the answer first, then the rules of the next level's day, each with its dates."""
    undunned, step = explanation.undunned, explanation.step
    day = (("as_of", explanation.as_of.isoformat()),)
    if undunned is None:
        if step is None:
            raise ValueError("a part is dunned without a level")
        answer = _told("answer.yes", (*day, ("level", str(step.level))), language)
    else:
        answer = f"{_told('answer.no', day, language)} {reason_text(undunned, language)}"
    return (answer,) if step is None else (answer, *because(step, language))


def because(step: Step, language: Language) -> tuple[str, ...]:
    """The day of a step and the rules behind it, the decisive one first: ``Stufe 1 frühestens am 12.03.2026:
    Fälligkeit 01.03.2026 + 10 Tage, strikt``."""
    decisive = step.decisive
    head = (("level", str(step.level)), ("next_on", step.on.isoformat()), ("rule", _rule(decisive, language)))
    others = (bound for bound in step.because if bound is not decisive)
    return (
        _told("because", head, language),
        *(
            _told("because.also", (("on", bound.on.isoformat()), ("rule", _rule(bound, language))), language)
            for bound in others
        ),
    )


def condition_text(condition: Condition, language: Language) -> str:
    """What is asked by a condition, and the answer."""
    return _told(f"condition.{condition.name}.{'yes' if condition.met else 'no'}", condition.facts, language)


def reason_text(undunned: Undunned, language: Language) -> str:
    """Why a part gets no notice: the sentence of its reason, then one for each further fact that has one.

    Dates and amounts among the facts are told as the language writes them.
    """
    return _reason_told(undunned.reason, undunned.facts, language)


@lru_cache(maxsize=_KEPT)
def _reason_told(reason: str, given: Facts, language: Language) -> str:
    facts = localised(given, language)
    texts = catalogue("reasons")
    codes = [f"dunning.{reason}", *(f"dunning.with.{name}" for name, _ in facts)]
    return " ".join(told("reasons", code, facts, language) for code in codes if code in texts)


def localised(facts: Facts, language: Language) -> Facts:
    """Facts with their days and amounts as the language writes them: ``01.03.2026`` and ``1.234,56`` in German; days
    stay ISO in English, where no order of day and month is understood by all."""
    currency = dict(facts).get("currency", "EUR")
    return tuple((name, _localised(name, value, currency, language)) for name, value in facts)


def _undunned(part: DunnablePart, verdict: Verdict) -> Undunned | None:
    if verdict.reason is None:
        return None
    return Undunned(part.item_id, part.invoice_no, part.part, verdict.reason, verdict.next_on, verdict.facts)


def _rule(bound: Bound, language: Language) -> str:
    facts = dict(bound.facts)
    extra: Facts = ()
    if "days" in facts:
        extra = (("span", _told("days.one" if facts["days"] == "1" else "days.many", bound.facts, language)),)
    if "set_by" in facts:
        extra = (*extra, ("origin", _told(f"origin.{facts['set_by']}", (), language)))
    return _told(f"rule.{bound.rule}", (*bound.facts, *extra), language)


def _told(code: str, facts: Facts, language: Language) -> str:
    return told("dunning", code, localised(facts, language), language)


def _localised(name: str, value: str, currency: str, language: Language) -> str:
    if name in _AMOUNTS and _PLAIN_AMOUNT.fullmatch(value):
        return shown(parse_amount(value, currency), language, currency)
    found = _ISO_DAY.fullmatch(value) if language == "de" else None
    return value if found is None else f"{found[3]}.{found[2]}.{found[1]}"
