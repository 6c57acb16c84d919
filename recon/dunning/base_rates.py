"""The base rates (§ 247 BGB): the built-in ones with those of the settings before them, as data by day."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Final

from recon.model.finding import Finding, warning
from recon.model.settings import BaseRate
from sepa.money import parse_amount, plain

# A rate is announced for half a year; on the day after, another one is in force.
_HALF_YEAR: Final = 6


@dataclass(frozen=True, slots=True)
class Rate:
    """A base rate in force from ``since``, in hundredths of a percent. ``verified`` is false for one that was seen in
    one source only."""

    since: date
    percent: int
    verified: bool = True


@cache
def rates(own: tuple[BaseRate, ...] = ()) -> tuple[Rate, ...]:
    """All rates by day. One of the settings stands in place of the built-in one of its day."""
    known = {rate.since: rate for rate in _built_in()}
    known |= {rate.since: Rate(rate.since, rate.percent) for rate in own}
    return tuple(known[day] for day in sorted(known))


def in_force(table: Sequence[Rate], first: date, last: date) -> Iterator[tuple[date, date, Rate]]:
    """The rates from ``first`` to ``last``, both included, each with its own first and last day among them. Days before
    the first known rate have none."""
    for place, rate in enumerate(table):
        begins = max(first, rate.since)
        following = table[place + 1].since if place + 1 < len(table) else None
        ends = last if following is None or last < following else date.fromordinal(following.toordinal() - 1)
        if begins <= ends:
            yield begins, ends, rate


def doubts(own: tuple[BaseRate, ...], first: date, last: date) -> tuple[Finding, ...]:
    """What is uncertain about the rates of some days: one that is not verified, or the last known one where another has
    been announced since."""
    table = rates(own)
    found = [
        warning("base-rate-unverified", "[[dunning.base_rates]]", day=rate.since, percent=plain(rate.percent))
        for _, _, rate in in_force(table, first, last)
        if not rate.verified
    ]
    newest = table[-1]
    if last >= next_change(newest.since):
        facts = {"day": newest.since, "percent": plain(newest.percent), "missing": next_change(newest.since)}
        found.append(warning("base-rate-old", "[[dunning.base_rates]]", **facts))
    return tuple(found)


def next_change(day: date) -> date:
    """The first 1 January or 1 July after a day.

    >>> next_change(date(2026, 7, 1)), next_change(date(2026, 3, 5))
    (datetime.date(2027, 1, 1), datetime.date(2026, 7, 1))
    """
    return date(day.year, _HALF_YEAR + 1, 1) if day.month <= _HALF_YEAR else date(day.year + 1, 1, 1)


@cache
def _built_in() -> tuple[Rate, ...]:
    text = resources.files("recon.dunning").joinpath("base_rates.toml").read_text(encoding="utf-8")
    return tuple(
        Rate(one["from"], parse_amount(one["percent"]), one.get("verified", True))
        for one in tomllib.loads(text)["rates"]
    )
