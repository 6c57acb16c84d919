"""The dunning procedure of one customer: its levels, where each value comes from, and the day of the next notice."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal

from recon.dunning.presets import effective, preset
from recon.model.dunning import PartState
from recon.model.settings import Anchor, Channel, DueShift, DunningSettings, LevelSettings
from sepa.calendar import next_bank_day

Origin = Literal["preset", "tenant", "branch", "customer"]
Facts = tuple[tuple[str, str], ...]

# "Never" (9999-12-31) is not moved beyond the calendar.
_LAST_SHIFTED: Final = date(9999, 1, 1)


@dataclass(frozen=True, slots=True)
class Level:
    """A level as it holds for one customer. ``days_from`` says who set ``after_days``, ``origin`` who set the rest.
    ``deadline_days`` are days to pay, ``min_amount`` minor units; ``interest`` says whether it asks for any."""

    number: int
    after_days: int
    anchor: Anchor
    fee: int
    channel: Channel
    origin: Origin
    days_from: Origin
    deadline_days: int
    min_amount: int
    interest: bool


@dataclass(frozen=True, slots=True)
class Procedure:
    """The rules for one customer's items of one branch (X-09). ``origins`` names who set each of the other values."""

    boundary: Literal["inclusive", "strict"]
    min_gap_days: int
    deadline_days: int
    repeat_last: bool
    levels: tuple[Level, ...]
    origins: tuple[tuple[str, Origin], ...]
    max_repeats: int | None = None
    due_shift: DueShift = "none"
    countries: tuple[str, ...] = ()

    def origin(self, name: str) -> Origin:
        """Who set a value: ``boundary``, ``min_gap_days``, ``deadline_days``, ``repeat_last``,
        ``max_repeats``, ``due_shift``."""
        return dict(self.origins)[name]


@dataclass(frozen=True, slots=True)
class Bound:
    """One rule and the first day that it allows. Its text stands in ``recon/texts/dunning.toml`` under ``because.``"""

    rule: str
    on: date
    facts: Facts


@dataclass(frozen=True, slots=True)
class Step:
    """The next notice of a part: its level, the first day it may go out, and every rule that had a say.

    ``on`` is the latest day among the bounds.
    """

    level: int
    on: date
    because: tuple[Bound, ...]

    @property
    def decisive(self) -> Bound:
        """The rule that sets the day; of equals the first."""
        return next(bound for bound in self.because if bound.on == self.on)


def resolve(
    settings: DunningSettings,
    branch_days: tuple[int, ...] = (),
    customer_days: tuple[int | None, ...] = (),
) -> Procedure:
    """The procedure that holds for a customer: preset, then tenant, then branch, then customer (X-09, V-15, live).

    One that is switched off (D-03, V-01) has no levels.

    Own levels of the settings replace the preset's. Days of a branch or customer replace ``after_days`` of their level
    and keep its anchor; days for a level that the procedure does not have are ignored (A-13). Raises ValueError for
    levels out of order and for settings that ``check`` refuses, KeyError for an unknown preset.
    """
    whole = effective(settings)
    if any(level.number != place for place, level in enumerate(whole.levels, 1)):
        raise ValueError(f"dunning levels are not numbered 1, 2, 3: {whole.levels!r}")
    if whole.levels and whole.levels[0].anchor != "due_date":
        raise ValueError("dunning level 1 has no earlier notice to count from")
    base = None if whole.preset is None else preset(whole.preset)
    own_levels = base is None or whole.levels != base.levels
    levels = tuple(
        _level(whole, level, "tenant" if own_levels else "preset", branch_days, customer_days)
        for level in (whole.levels if whole.mode == "on" else ())
    )
    origins: tuple[tuple[str, Origin], ...] = tuple(
        (name, "preset" if base is not None and getattr(whole, name) == getattr(base, name) else "tenant")
        for name in ("boundary", "min_gap_days", "deadline_days", "repeat_last", "max_repeats", "due_shift")
    )
    return Procedure(whole.boundary, whole.min_gap_days, whole.deadline_days, whole.repeat_last, levels, origins,
                     whole.max_repeats, whole.due_shift, whole.countries)  # fmt: skip


def copied_days(
    settings: DunningSettings, branch_days: tuple[int, ...], customer_days: tuple[int | None, ...]
) -> tuple[int | None, int | None, int | None, int | None]:
    """The days that a new customer is given as his own (V-14): those he brings, else those in force at his branch, one
    for each level; ``None`` for levels that the procedure does not have."""
    own = [*customer_days, None, None, None, None][:4]
    for level in resolve(replace(settings, mode="on"), branch_days, customer_days).levels:
        own[level.number - 1] = level.after_days
    return own[0], own[1], own[2], own[3]


def settings_of_level(settings: DunningSettings, level: int) -> LevelSettings:
    """The settings of a level, by its number. Raises IndexError for one that the procedure does not have."""
    return settings.levels[level - 1]


def deadline_days(settings: DunningSettings, level: int) -> int:
    """The days to pay that a notice of a level gives (A-07): its own, else those of the procedure."""
    own = settings_of_level(settings, level).deadline_days
    return settings.deadline_days if own is None else own


def minimum(settings: DunningSettings, level: int) -> int:
    """What a notice of a level must ask for at least, minor units: its own, else that of the procedure."""
    own = settings_of_level(settings, level).min_amount
    return settings.min_amount if own is None else own


def asks_interest(settings: DunningSettings, level: int) -> bool:
    """Whether a line of a level bears interest: by its own word, else by that of the procedure."""
    own = settings_of_level(settings, level).interest
    return settings.interest if own is None else own


def counted_due(due_shift: DueShift, due_date: date) -> date:
    """The due date that is counted from: on a closed day the next open one, where the settings say so (X-30, § 193
    BGB). What stands on the invoice stays as it is (F-30)."""
    if due_shift == "none" or due_date >= _LAST_SHIFTED:
        return due_date
    return next_bank_day(due_date)


def next_level(procedure: Procedure, state: PartState) -> Level | None:
    """The level after the one reached: never one further (X-03). ``None`` above the highest, unless the last repeats
    (X-10)."""
    if state.level < len(procedure.levels):
        return procedure.levels[state.level]
    if not procedure.repeat_last or not procedure.levels:
        return None
    again = procedure.max_repeats is None or state.repeats < procedure.max_repeats
    return procedure.levels[-1] if again else None


def earliest(procedure: Procedure, level: Level, state: PartState, due_date: date) -> date:
    """The first day on which a part may get ``level``: the latest of the days of ``bounds``."""
    due_date = counted_due(procedure.due_shift, due_date)
    days = level.after_days + (1 if procedure.boundary == "strict" else 0)
    first = max(later(_anchor(level, state, due_date), days), later(due_date, 1))
    if state.level == 0:
        return first
    last_notice_on, last_deadline = _sent(state)
    return max(first, later(last_deadline, 1), later(last_notice_on, procedure.min_gap_days))


def next_date(procedure: Procedure, state: PartState, due_date: date) -> Step | None:
    """The next notice of a part with every rule that had a say; ``None`` when no further level comes."""
    level = next_level(procedure, state)
    return None if level is None else _step(procedure, level, state, due_date)


def proposal_date(procedure: Procedure, state: PartState, due_date: date) -> date | None:
    """When a part at the highest level may be proposed for collection: the day on which its last level would come
    again (O-01: 26.04.). ``None`` while notices are still to come or where there is no procedure."""
    if not procedure.levels or next_level(procedure, state) is not None:
        return None
    return earliest(procedure, procedure.levels[-1], state, due_date)


def later(day: date, days: int) -> date:
    """``day`` and so many calendar days, at most the last day of the calendar: books may hold a due date of 9999-12-31
    ("never").

    >>> later(date(2026, 2, 28), 1), later(date(9999, 12, 31), 14)
    (datetime.date(2026, 3, 1), datetime.date(9999, 12, 31))
    """
    try:
        return day + timedelta(days)
    except OverflowError:
        return date.max


def _level(
    settings: DunningSettings,
    level: LevelSettings,
    origin: Origin,
    branch_days: tuple[int, ...],
    customer_days: tuple[int | None, ...],
) -> Level:
    place = level.number - 1
    days, days_from = level.after_days, origin
    if place < len(branch_days):
        days, days_from = branch_days[place], "branch"
    own = customer_days[place] if place < len(customer_days) else None
    if own is not None:
        days, days_from = own, "customer"
    return Level(
        level.number,
        days,
        level.anchor,
        level.fee,
        level.channel,
        origin,
        days_from,
        deadline_days(settings, level.number),
        minimum(settings, level.number),
        asks_interest(settings, level.number),
    )


def _anchor(level: Level, state: PartState, due_date: date) -> date:
    if level.anchor == "due_date":
        return due_date
    last_notice_on, last_deadline = _sent(state)
    return last_notice_on if level.anchor == "previous_notice" else last_deadline


def _sent(state: PartState) -> tuple[date, date]:
    if state.last_notice_on is None or state.last_deadline is None:
        raise ValueError(f"a part at level {state.level} without its last notice: {state!r}")
    return state.last_notice_on, state.last_deadline


def _step(procedure: Procedure, level: Level, state: PartState, due_date: date) -> Step:
    printed, due_date = due_date, counted_due(procedure.due_shift, due_date)
    anchor = _anchor(level, state, due_date)
    strict = procedure.boundary == "strict"
    bounds = [
        Bound(
            f"{level.anchor}.{procedure.boundary}",
            later(anchor, level.after_days + (1 if strict else 0)),
            (("anchor", anchor.isoformat()), ("days", str(level.after_days)), ("set_by", level.days_from)),
        ),
        Bound("overdue", later(due_date, 1), (("due_date", due_date.isoformat()),)),
    ]
    if printed != due_date:
        facts = (("printed", printed.isoformat()), ("due_date", due_date.isoformat()))
        bounds.append(Bound("due_shift", later(due_date, 1), facts))
    if state.level > 0:
        last_notice_on, last_deadline = _sent(state)
        bounds += [
            Bound("deadline", later(last_deadline, 1), (("deadline", last_deadline.isoformat()),)),
            Bound(
                "min_gap",
                later(last_notice_on, procedure.min_gap_days),
                (
                    ("last_notice_on", last_notice_on.isoformat()),
                    ("days", str(procedure.min_gap_days)),
                    ("set_by", procedure.origin("min_gap_days")),
                ),
            ),
        ]
    return Step(level.number, max(bound.on for bound in bounds), tuple(bounds))
