"""The nouns of a payment status report (pain.002), and what its answers come to (domain.md 4.4).

``sepa.pain002`` reads one. Nothing here knows which file was sent: whoever reads a report ties it to what he has sent
himself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from sepa.problem import Problem

# A full file holds 100,000 debits (``sepa.debits``), and a report that tells of each with all its parties takes some
# 2,000 bytes a debit; German banks tell only of those they refuse.
MAX_BYTES: Final = 256 * 1024 * 1024
# More answers than a full file has debits and blocks are no answer to a file of ours.
MAX_ANSWERS: Final = 200_000


class Level(StrEnum):
    """Where in a report an answer stands: the whole file, a block (PmtInf), a transaction."""

    GROUP = "group"
    BLOCK = "block"
    TRANSACTION = "transaction"


class Standing(StrEnum):
    """What a status means for what was sent. ``unknown``: a code that is none of a direct debit's, never a guess."""

    ACCEPTED = "accepted"
    PARTLY = "partly"
    PENDING = "pending"
    RECEIVED = "received"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


# ExternalPaymentTransactionStatus, as far as it is used for direct debits (domain.md 4.4).
STATUS_CODES: Final = {
    "ACTC": Standing.ACCEPTED,
    "ACCP": Standing.ACCEPTED,
    "ACSP": Standing.ACCEPTED,
    "ACSC": Standing.ACCEPTED,
    "ACWC": Standing.ACCEPTED,
    "PART": Standing.PARTLY,
    "PDNG": Standing.PENDING,
    "RCVD": Standing.RECEIVED,
    "RJCT": Standing.REJECTED,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a report says of a group, a block or a transaction.

    ``status`` is the bank's code as it stands, ``None`` where this level has none; ``reason`` an ISO code of the first
    reason that has one, ``proprietary`` a bank's own; ``info`` its further words. ``amount`` is minor units of
    ``currency``; ``position`` counts the answers of the report from 1.
    """

    level: Level
    position: int
    block_id: str | None = None
    end_to_end_id: str | None = None
    status: str | None = None
    reason: str | None = None
    proprietary: str | None = None
    info: str | None = None
    amount: int | None = None
    currency: str | None = None
    mandate_id: str | None = None

    @property
    def standing(self) -> Standing | None:
        """What the status means; ``None`` without one."""
        return None if self.status is None else STATUS_CODES.get(self.status, Standing.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Report:
    """A report: the bank's id of it, the id and kind of the message that it answers, and the answers in their order,
    the group's first. ``problems`` say why a report cannot be used; it then has no answers."""

    version: str | None = None
    message_id: str | None = None
    created: str | None = None
    original_message_id: str | None = None
    original_message_name: str | None = None
    answers: tuple[Answer, ...] = ()
    problems: tuple[Problem, ...] = ()


def resolved(report: Report) -> Iterator[Answer]:
    """The answers with what they inherit: a transaction without a status has its block's, a block the group's; a reason
    goes with the status that it was given for. A block or transaction that says more than what stands above it keeps
    what it says."""
    group = next((answer for answer in report.answers if answer.level is Level.GROUP), None)
    known: dict[str | None, Answer] = {}
    for answer in report.answers:
        if answer.level is Level.GROUP:
            yield answer
        elif answer.level is Level.BLOCK:
            known[answer.block_id] = _under(answer, group)
            yield known[answer.block_id]
        else:
            yield _under(answer, known.get(answer.block_id, group))


def _under(answer: Answer, above: Answer | None) -> Answer:
    """An answer with what the level above says of it. ``PART`` says nothing of any single one below."""
    if above is None:
        return answer
    if answer.status is None and above.standing is not Standing.PARTLY:
        answer = replace(answer, status=above.status)
    if answer.status == above.status and answer.reason is None and answer.proprietary is None:
        answer = replace(answer, reason=above.reason, proprietary=above.proprietary, info=answer.info or above.info)
    return answer
