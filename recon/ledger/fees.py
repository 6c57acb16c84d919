"""What has become of the fees and the interest of notices (X-05, X-06): paid, waived, replaced, lapsed, or claimed.

Nothing of it is stored: it follows from the notices that stand, from what was paid and waived, and from what is open of
their items. A fee that has lapsed is claimed again when its item is reopened by a return or an undo.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from recon.model.settings import UnpaidFees


class FeeState(StrEnum):
    """What is left of a fee is: nothing, as it was paid or waived; asked for by a later notice instead; lapsed, as its
    items are settled without it; or claimed."""

    PAID = "paid"
    WAIVED = "waived"
    REPLACED = "replaced"
    LAPSED = "lapsed"
    CLAIMABLE = "claimable"


@dataclass(frozen=True, slots=True)
class Asked:
    """A notice that asks for a fee or interest: of which items (oldest due first), since when."""

    notice_id: int
    item_ids: tuple[int, ...]
    level: int
    fee: int
    interest: int
    issued_on: date


@dataclass(frozen=True, slots=True)
class Met:
    """Money or a waiver that met a fee (or interest) beside an item; what was taken back does not count."""

    item_id: int
    amount: int
    on: date
    waived: bool = False


@dataclass(frozen=True, slots=True)
class Fee:
    """A notice's fee and interest: ``fee`` + ``interest`` = ``paid`` + ``waived`` + ``replaced`` + ``lapsed`` +
    ``claimable``. ``since`` is the day on which it came to be what it is."""

    asked: Asked
    paid: int
    waived: int
    replaced: int
    lapsed: int
    claimable: int
    state: FeeState
    since: date


def fees(asked: Iterable[Asked], met: Sequence[Met], settled_on: Mapping[int, date], unpaid: UnpaidFees) -> list[Fee]:
    """Every fee, oldest notice first. ``settled_on`` holds, for each item of which nothing is open, since when.

    A payment meets the last notice of its item that was issued by then; what is more, the ones before (X-06). A later
    notice replaces an earlier one whose items it asks for (or that are settled), A-15.
    """
    in_order = sorted(asked, key=lambda one: (one.issued_on, one.level, one.notice_id))
    paid: dict[int, int] = dict.fromkeys((one.notice_id for one in in_order), 0)
    waived = dict(paid)
    last: dict[int, date] = {}
    for money in sorted(met, key=lambda one: one.on):
        left = money.amount
        for one in reversed(in_order):
            if money.item_id in one.item_ids and one.issued_on <= money.on:
                room = one.fee + one.interest - paid[one.notice_id] - waived[one.notice_id]
                taken = min(room, left)
                (waived if money.waived else paid)[one.notice_id] += taken
                left -= taken
                if taken:
                    last[one.notice_id] = money.on
    found = []
    for at, one in enumerate(in_order):
        left = one.fee + one.interest - paid[one.notice_id] - waived[one.notice_id]
        later = next((other for other in in_order[at + 1 :] if _takes_over(other, one, settled_on)), None)
        settled = [settled_on.get(number) for number in one.item_ids]
        done = [day for day in settled if day is not None]
        replaced = lapsed = claimable = 0
        if left == 0:
            state = FeeState.PAID if paid[one.notice_id] or not waived[one.notice_id] else FeeState.WAIVED
            since = last[one.notice_id]
        elif later is not None:
            replaced, state, since = left, FeeState.REPLACED, later.issued_on
        elif unpaid == "lapse" and len(done) == len(settled):
            lapsed, state, since = left, FeeState.LAPSED, max(one.issued_on, *done)
        else:
            claimable, state, since = left, FeeState.CLAIMABLE, one.issued_on
        found.append(Fee(one, paid[one.notice_id], waived[one.notice_id], replaced, lapsed, claimable, state, since))
    return found


def _takes_over(later: Asked, earlier: Asked, settled_on: Mapping[int, date]) -> bool:
    """Whether a later notice asks for what an earlier one asked for: an item of both, none left out that is open."""
    shared = set(later.item_ids) & set(earlier.item_ids)
    return bool(shared) and all(number in shared or number in settled_on for number in earlier.item_ids)
