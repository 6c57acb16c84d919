"""Complaints: acknowledged within 24 hours (F-33). Service hours (F-11) do not stop the clock: nothing says that they
do."""

from datetime import date, datetime, timedelta
from typing import Final

from recon.model.complaints import Deadline

ACKNOWLEDGED_WITHIN: Final = timedelta(hours=24)


def due_at(received_at: datetime) -> datetime:
    """By when the customer must have an acknowledgement."""
    return received_at + ACKNOWLEDGED_WITHIN


def deadline_of(received_at: datetime, acknowledged_at: datetime | None, as_of: date) -> Deadline:
    """How a complaint stands with its acknowledgement. What is still to be acknowledged is told by the day: what falls
    due in the course of ``as_of`` is ``due``, so that the list of a day is always the same."""
    due = due_at(received_at)
    if acknowledged_at is not None:
        return Deadline.ACKNOWLEDGED if acknowledged_at <= due else Deadline.LATE
    if due.date() > as_of:
        return Deadline.WAITING
    return Deadline.DUE if due.date() == as_of else Deadline.OVERDUE
