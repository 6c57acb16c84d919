"""Telling people why a part is or is not dunned."""

from datetime import date
from typing import Final

from recon.dunning.procedure import Facts
from recon.model.dunning import Undunned
from recon.texts import catalogue, told
from sepa.money import Language, parse_amount, shown

# Facts that are amounts of money in plain form, told the way people write them.
_AMOUNTS: Final = frozenset({"credit", "claimed", "asked", "minimum"})


def reason_text(undunned: Undunned, language: Language) -> str:
    """Why a part gets no notice: the sentence of its reason, then one for each further fact that has one.

    Dates and amounts among the facts are told as the language writes them.
    """
    facts = localised(undunned.facts, language)
    texts = catalogue("reasons")
    codes = [f"dunning.{undunned.reason}", *(f"dunning.with.{name}" for name, _ in facts)]
    return " ".join(told("reasons", code, facts, language) for code in codes if code in texts)


def localised(facts: Facts, language: Language) -> Facts:
    """Facts with their dates and amounts as the language writes them: ``01.03.2026`` and ``1.234,56`` in German."""
    return tuple((name, _localised(name, value, dict(facts), language)) for name, value in facts)


def shown_day(day: date, language: Language) -> str:
    """A day for people: ``01.03.2026`` in German, ISO in English, where neither order of day and month is safe."""
    return f"{day:%d.%m.%Y}" if language == "de" else day.isoformat()


def _localised(name: str, value: str, facts: dict[str, str], language: Language) -> str:
    if name in _AMOUNTS:
        currency = facts.get("currency", "EUR")
        return shown(parse_amount(value, currency), language, currency)
    if name.endswith(("_on", "_date")) or name in {"until", "deadline", "anchor"}:
        return shown_day(date.fromisoformat(value), language)
    return value
