"""Default interest and the lump sum (§ 288 BGB): what a line of a notice bears beside its claim (decision 24).

- 5 percentage points above the base rate, 9 where no consumer takes part (§ 288 (1), (2)); never below 0 altogether.
- It runs from the day after default began (§ 187 (1)) to the day of the notice, both included, on what is open on that
  day: what was paid before bears none any more. No interest on interest (§ 289), on fees, or on a charge.
- Each stretch of days under one rate is rounded by itself, half up to the minor unit.
- 40 euros for a company in default, once for each claim (§ 288 (5)), in place of a lower fee: it counts towards costs.

All of it is off unless the settings switch it on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from recon.dunning.base_rates import doubts, in_force, rates
from recon.dunning.fees import fee_of, own_fee
from recon.dunning.procedure import asks_interest, counted_due, later
from recon.model.dunning import DunnablePart, Notice, NoticeItem, PartState
from recon.model.finding import Finding
from recon.model.items import Customer, CustomerType
from recon.model.settings import BaseRate, DayCount, DunningSettings

# § 288 (1), (2) BGB, hundredths of a percent above the base rate.
CONSUMER_POINTS: Final = 500
COMPANY_POINTS: Final = 900
# § 288 (5) BGB, in euros and no other currency.
LUMP_SUM: Final = 40_00
LUMP_SUM_CURRENCY: Final = "EUR"

_WHOLE: Final = 100_00
_YEAR: Final = 365


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days under one rate, both included; ``percent`` in hundredths, ``amount`` in minor units. ``year`` is what a year
    is counted with."""

    first: date
    last: date
    days: int
    percent: int
    year: int
    amount: int


def bears(settings: DunningSettings) -> bool:
    """Whether notices may ask for interest or lump sums at all."""
    return settings.lump_sum or settings.interest or any(level.interest for level in settings.levels)


def stretches(
    amount: int, since: date, until: date, *, company: bool, own: tuple[BaseRate, ...] = (),
    day_count: DayCount = "actual_365",
) -> tuple[Stretch, ...]:  # fmt: skip
    """The interest on ``amount`` (minor units) from ``since`` to ``until``, both included, stretch by stretch."""
    points = COMPANY_POINTS if company else CONSUMER_POINTS
    found = []
    for first, last, rate in in_force(rates(own), since, until):
        percent = max(rate.percent + points, 0)
        for begins, ends in [(first, last)] if day_count == "actual_365" else _by_year(first, last):
            days = (ends - begins).days + 1
            year = _YEAR if day_count == "actual_365" else _YEAR + _leap(begins.year)
            owed = _half_up(amount * percent * days, _WHOLE * year)
            found.append(Stretch(begins, ends, days, percent, year, owed))
    return tuple(found)


def default_since(settings: DunningSettings, state: PartState, due_date: date) -> date | None:
    """The first day that bears interest: the day after the event by which default began (§ 286 BGB), as the settings
    say; ``None`` as long as that event has not been.

    ``first_deadline``: the time to pay that the first notice gave has run out. ``first_notice``: the first notice went
    out. ``due_date``: the due date, where it is fixed by the calendar (§ 286 (2) No 1)."""
    events = {
        "first_deadline": state.first_deadline,
        "first_notice": state.first_notice_on,
        "due_date": counted_due(settings.due_shift, due_date),
    }
    event = events[settings.interest_from]
    return None if event is None else later(event, 1)


def with_claims(
    notice: Notice, parts: Sequence[DunnablePart], customer: Customer, settings: DunningSettings, as_of: date, *,
    charged: set[int],
) -> Notice:  # fmt: skip
    """A notice of ``as_of`` with interest and lump sums; ``parts`` are those that its lines stand for.

    ``charged`` are items whose lump sum another notice of the day asks for; those of this one are added: prepayment and
    remainder of an item are one claim.
    """
    company = customer.type is CustomerType.COMPANY
    elsewhere = frozenset(charged)
    covered = 0
    found = []
    for item, part in zip(notice.items, parts, strict=True):
        now = item
        since = default_since(settings, part.state, part.due_date) if item.costs else None
        if since is not None and asks_interest(settings, item.level):
            now = replace(now, interest_since=since)
            now = replace(now, interest=_owed(now, settings, as_of, part.interest_met, company=company))
        if settings.lump_sum and company and since is not None and since <= as_of and _in_euros(notice):
            met = LUMP_SUM if item.item_id in charged else min(part.lump_sum_met, LUMP_SUM)
            now = replace(now, lump_sum=LUMP_SUM - met)
            now = replace(now, fee=own_fee(settings, now, met))
            covered += met if item.item_id in elsewhere or item.item_id not in charged else 0
            charged.add(item.item_id)
        found.append(now)
    return _of_lines(notice, found, fee_of(settings, found, covered))


def later_claims(
    notice: Notice, parts: Sequence[DunnablePart], customer: Customer, settings: DunningSettings, as_of: date, *,
    draft: Notice,
) -> Notice:  # fmt: skip
    """What is left of a ``draft`` as it is issued on a later day: interest to that day on what is open still; no lump
    sum and no fee beyond the draft's."""
    company = customer.type is CustomerType.COMPANY
    covered = 0
    found = []
    for item, part in zip(notice.items, parts, strict=True):
        met = min(part.lump_sum_met, LUMP_SUM) if settings.lump_sum and company else 0
        now = replace(item, lump_sum=min(item.lump_sum, LUMP_SUM - met) if settings.lump_sum else 0)
        asked = item.interest_since is not None and asks_interest(settings, item.level)
        covered += met
        found.append(replace(
            now,
            fee=min(own_fee(settings, now, met), item.fee),
            interest=_owed(now, settings, as_of, part.interest_met, company=company) if asked else 0,
            interest_since=item.interest_since if asked else None,
        ))  # fmt: skip
    return _of_lines(notice, found, min(fee_of(settings, found, covered), draft.fee))


def charged_for(notice: Notice, settings: DunningSettings, items: Sequence[NoticeItem]) -> Notice:
    """A draft with these of its lines, as they stand; no higher fee than it had."""
    return _of_lines(notice, items, min(fee_of(settings, items), notice.fee))


def _of_lines(notice: Notice, items: Sequence[NoticeItem], fee: int) -> Notice:
    return replace(notice, items=tuple(items), fee=fee, interest=sum(item.interest for item in items),
                   lump_sum=sum(item.lump_sum for item in items))  # fmt: skip


def _in_euros(notice: Notice) -> bool:
    return notice.currency == LUMP_SUM_CURRENCY


def rate_doubts(notices: Iterable[Notice], settings: DunningSettings, as_of: date) -> tuple[Finding, ...]:
    """What is uncertain about the base rates behind the interest of notices; nothing where they ask for none."""
    since = [
        item.interest_since for notice in notices for item in notice.items if item.interest and item.interest_since
    ]
    return doubts(settings.base_rates, min(since), as_of) if since else ()


def _owed(item: NoticeItem, settings: DunningSettings, as_of: date, met: int, *, company: bool) -> int:
    if item.interest_since is None:
        return 0
    found = stretches(item.open, item.interest_since, as_of, company=company, own=settings.base_rates,
                      day_count=settings.day_count)  # fmt: skip
    return max(sum(one.amount for one in found) - met, 0)


def _by_year(first: date, last: date) -> list[tuple[date, date]]:
    return [(max(first, date(year, 1, 1)), min(last, date(year, 12, 31))) for year in range(first.year, last.year + 1)]


def _leap(year: int) -> int:
    return int(date(year, 12, 31).timetuple().tm_yday > _YEAR)


def _half_up(number: int, divisor: int) -> int:
    return (2 * number + divisor) // (2 * divisor)
