"""Promises to pay (Zahlungszusagen): the item is not dunned until the promised day, that day included; on the day after
it is eligible again, its level as it was, and a promise not kept is told."""

from collections.abc import Mapping
from datetime import date

from recon.model.complaints import Promised, PromiseState


def state_of(promise: Promised, open_now: int, as_of: date) -> PromiseState:
    """How a promise stands on a day, with what is open of its item."""
    if promise.open_then - open_now >= promise.amount:
        return PromiseState.KEPT
    if promise.replaced:
        return PromiseState.REPLACED
    if promise.lifted_on is not None and promise.lifted_on <= as_of:
        return PromiseState.WITHDRAWN
    return PromiseState.LIVE if as_of <= promise.until else PromiseState.BROKEN


def spread(amount: int | None, owed: Mapping[int, int]) -> list[tuple[int, int]]:
    """What is promised for each of several items (what is owed of each, the oldest due first): all of it, or so much
    as the amount reaches.

    >>> spread(150, {2: 80, 1: 100, 3: 10})
    [(2, 80), (1, 70)]
    """
    found = []
    for number, left in owed.items():
        share = left if amount is None else min(left, amount)
        if amount is not None:
            amount -= share
        if share > 0:
            found.append((number, share))
    return found
