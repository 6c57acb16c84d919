"""How old claims are (users.md 2.7): the buckets of days overdue, and what is open of an item spread over its parts."""

from collections.abc import Iterable, Sequence
from typing import Final

from recon.model.items import Part, split_open

# Upper ends of the ageing buckets in days overdue; the last bucket is open.
BUCKETS: Final = (0, 30, 60, 90)
BUCKET_NAMES: Final = ("not_due", "days_1_30", "days_31_60", "days_61_90", "days_over_90")


def bucket(days: int) -> int:
    """The ageing bucket of a number of days overdue.

    >>> [bucket(days) for days in (-5, 0, 1, 30, 31, 90, 91)]
    [0, 0, 1, 1, 2, 3, 4]
    """
    return next((number for number, end in enumerate(BUCKETS) if days <= end), len(BUCKETS))


def spread(parts: Sequence[Part], left: int) -> tuple[Part, ...]:
    """What is open of an item, part by part: their sum is ``left``, whatever it is. More than the parts hold (an item
    that was corrected since, an overpayment) stands with the part that is due last.

    >>> from datetime import date
    >>> from recon.model.items import PartKind
    >>> [part.open for part in spread([Part(PartKind.TOTAL, 9000, 0, date(2026, 11, 30))], 10000)]
    [10000]
    """
    if len(parts) == 1:
        (whole,) = parts
        return (Part(whole.kind, whole.amount, left, whole.due_date),)
    found = split_open(tuple(parts), left)
    over = left - sum(part.open for part in found)
    if not over:
        return found
    last = max(found, key=lambda part: part.due_date)
    return tuple(
        Part(part.kind, part.amount, part.open + (over if part is last else 0), part.due_date) for part in found
    )


def share_of(amount: int, total: int) -> int | None:
    """Tenths of a percent that an amount is of a total, rounded half up; ``None`` where there is nothing to share.

    >>> share_of(1, 3), share_of(2, 3), share_of(-5, 100), share_of(1, 0)
    (333, 667, -50, None)
    """
    return (amount * 2000 + total) // (2 * total) if total > 0 else None


def buckets_of(parts: Iterable[tuple[int, int]]) -> tuple[int, ...]:
    """Pairs of days overdue and amount, summed up by bucket."""
    sums = [0] * len(BUCKET_NAMES)
    for days, amount in parts:
        sums[bucket(days)] += amount
    return tuple(sums)
