"""What may become of a claim whose debit came back: presented again, or left until a person decides (decision 20).

A reason that time heals (no funds, settlement failed, too late for the cut-off) is presented again once, by itself.
Everything else, and every second time, waits for a person: what was refused twice is paid by transfer sooner than by a
third debit, and a debtor's objection is not overruled by a computer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from sepa.returns import Retry, return_reason

# Presented again without anybody's word, and how often.
BY_ITSELF: Final = frozenset({Retry.ONCE, Retry.NEW_DATE})
MAX_BY_ITSELF: Final = 1
RETRY, CLOSE = "retry", "close"


@dataclass(frozen=True, slots=True)
class CameBack:
    """A debit that came back: by a return that is booked (``subject`` is the id of its allocation), or by the bank's
    answer before anything was booked (the id of the answer). ``day`` is when we were told."""

    collection_id: int
    item_id: int
    due_date: date
    end_to_end_id: str
    code: str | None
    day: date
    by_return: bool
    subject: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person has decided on a debit that came back: ``retry``, from ``earliest_on`` where a day was agreed, or
    ``close``: it is not collected again."""

    kind: str
    earliest_on: date | None
    reason: str | None
    day: date
    actor: str


class Way(StrEnum):
    """What is next for a claim that came back."""

    RETRY = "retry"
    WAIT = "wait"
    CLOSED = "closed"


def way_on(backs: Sequence[CameBack], decision: Decision | None) -> Way:
    """What is next for a claim, from all its debits that came back (the last one last) and what was decided on the
    last of them."""
    if decision is not None:
        return Way.RETRY if decision.kind == RETRY else Way.CLOSED
    reason = return_reason(backs[-1].code)
    if len(backs) <= MAX_BY_ITSELF and reason is not None and reason.retry in BY_ITSELF:
        return Way.RETRY
    return Way.WAIT


def of_claim(backs: Sequence[CameBack], due_date: date, days: frozenset[date]) -> list[CameBack]:
    """Of the debits of an item that came back those of the claim due on ``due_date``. ``days`` are the due dates that
    the item has now: a debit of a day that it no longer has belongs to all that is open of it."""
    return [back for back in backs if back.due_date == due_date or back.due_date not in days]
