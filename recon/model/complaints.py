"""What customers say to a reminder: complaints (F-31 to F-35, X-27), calls (F-36 to F-39), promises to pay.

Moments are local time without a zone, to the minute, as people write them down: ``2026-03-14 10:20``.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from typing import Final

# F-39: no more calls for a notice than these.
MAX_ATTEMPTS: Final = 4


@unique
class ComplaintOutcome(StrEnum):
    """How a complaint ends: the claim stands, falls, or stands in part."""

    REJECTED = "rejected"
    ACCEPTED = "accepted"
    PARTLY = "partly"


@unique
class Document(StrEnum):
    """What a document proves (F-35): Lieferschein, Abliefernachweis, Stundenzettel, Quittung."""

    DELIVERY_NOTE = "delivery_note"
    PROOF_OF_DELIVERY = "proof_of_delivery"
    TIMESHEET = "timesheet"
    RECEIPT = "receipt"
    OTHER = "other"


@unique
class Deadline(StrEnum):
    """How a complaint stands with its acknowledgement, due within 24 hours (F-33): still ``waiting``, ``due`` in the
    course of the day, ``overdue`` since an earlier one, ``acknowledged`` in time, or ``late``."""

    WAITING = "waiting"
    DUE = "due"
    OVERDUE = "overdue"
    ACKNOWLEDGED = "acknowledged"
    LATE = "late"


@unique
class CallOutcome(StrEnum):
    """What came of a call attempt (Anrufversuch)."""

    NO_ANSWER = "no_answer"
    REACHED = "reached"
    PROMISE = "promise"
    REFUSED = "refused"
    WRONG_NUMBER = "wrong_number"
    CALLBACK = "callback"


@unique
class CallState(StrEnum):
    """How far a call task has come. ``exhausted``: four attempts, or the customer refuses; ``closed``: nothing is open
    any more; ``held``: all that is open is blocked or disputed, nobody calls."""

    OPEN = "open"
    REACHED = "reached"
    PROMISED = "promised"
    EXHAUSTED = "exhausted"
    CLOSED = "closed"
    HELD = "held"


@unique
class PromiseState(StrEnum):
    """``live`` to the end of its day, then ``kept`` or ``broken``; ``replaced`` by a later one, or ``withdrawn`` by a
    person. What has been paid is kept, also after the day."""

    LIVE = "live"
    KEPT = "kept"
    BROKEN = "broken"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that was made."""

    at: datetime
    outcome: CallOutcome


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise as far as its state follows from it. ``amount`` of ``open_then`` is to be paid by ``until``."""

    amount: int
    open_then: int
    until: date
    lifted_on: date | None = None
    replaced: bool = False


def moment(at: datetime) -> str:
    """A moment as it is kept and told: ``2026-03-14 10:20``."""
    return f"{at:%Y-%m-%d %H:%M}"
