"""What is made of the bank's answers to a debit file: which debits are rejected, and what is asked of a person.

Nothing is guessed: an answer that does not fit what was sent, or what the books know already, changes nothing and is
``unclear``. A bank that takes a file for a copy of another one is such a case: its first copy may well be on its way.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from sepa.status_report import Answer, Level, Report, Standing, resolved

# ISO codes for a file or block that the bank has had before (AM05 duplication, DU01 message, DU02 payment information).
# The answer is about the copy, not about the first one.
DUPLICATE: Final = frozenset({"AM05", "DU01", "DU02", "DU03", "DU04", "DU05"})
_NOT_TOLD: Final = frozenset({None, "NOTPROVIDED"})


class Outcome(StrEnum):
    """What was made of an answer. ``repeated`` says what is known already."""

    REJECTED = "rejected"
    NOTED = "noted"
    REPEATED = "repeated"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class SentDebit:
    """A debit as it was sent. ``status`` is its collection's; ``refused_for`` the reason of an earlier rejection."""

    collection_id: int
    payment_information_id: str
    end_to_end_id: str
    amount: int
    currency: str
    status: str
    refused_for: str | None = None


@dataclass(frozen=True, slots=True)
class SentBatch:
    """A batch as it was sent. ``status`` is the books' (created, exported, cancelled); ``blocks`` leads from payment
    information ids to the ids of the rows."""

    status: str
    blocks: Mapping[str, int]
    debits: Sequence[SentDebit]


@dataclass(frozen=True, slots=True)
class Told:
    """An answer and what was made of it. ``collection_id`` is there where it is about one debit, ``debits`` how many it
    stands for. ``problem`` is the code of the finding that goes with it."""

    answer: Answer
    outcome: Outcome
    block_id: int | None = None
    collection_id: int | None = None
    debits: int = 0
    problem: str | None = None


def decide(report: Report, batch: SentBatch | None) -> list[Told]:
    """What is made of each answer of a report on a batch (``None``: none of ours has its message id).

    A status that the group or a block has goes to all debits below that the report does not name itself.
    """
    answers = list(resolved(report))
    if batch is None:
        first = answers[0] if answers else Answer(Level.GROUP, 1)
        return [Told(first, Outcome.UNCLEAR, problem="status-message-unknown")]
    if batch.status == "created":
        return [Told(answers[0] if answers else Answer(Level.GROUP, 1), Outcome.UNCLEAR, debits=len(batch.debits),
                     problem="status-not-sent")]  # fmt: skip
    found = [*_Deciding(batch, answers).all()]
    said = [told for told in found if told.answer.status is not None or told.outcome is Outcome.UNCLEAR]
    if not said:
        return [Told(answers[0] if answers else Answer(Level.GROUP, 1), Outcome.UNCLEAR, problem="status-empty")]
    return said


class _Deciding:
    """One report against one batch."""

    def __init__(self, batch: SentBatch, answers: Sequence[Answer]) -> None:
        self.batch = batch
        self.answers = answers
        self.known = {debit.end_to_end_id: debit for debit in batch.debits}
        # What the report says of each debit by name; a debit that it names twice with two statuses is unclear.
        self.named: dict[str, set[str | None]] = {}
        for answer in answers:
            if answer.level is Level.TRANSACTION and answer.end_to_end_id is not None:
                self.named.setdefault(answer.end_to_end_id, set()).add(answer.status)
        self.group = next((one for one in answers if one.level is Level.GROUP), None)
        self.own_block = {one.block_id for one in answers if one.level is Level.BLOCK and one.status is not None}
        self.gone: set[int] = set()

    def all(self) -> Iterator[Told]:
        for answer in self.answers:
            if answer.level is Level.TRANSACTION:
                yield self._debit(answer)
            else:
                yield from self._many(answer)

    def _many(self, answer: Answer) -> Iterator[Told]:
        """A group or a block: its own answer, then each debit that it rejects without naming it."""
        block = self.batch.blocks.get(answer.block_id or "")
        if answer.level is Level.BLOCK and block is None:
            yield Told(answer, Outcome.UNCLEAR, problem="status-block-unknown")
            return
        debits = [debit for debit in self.batch.debits
                  if answer.level is Level.GROUP or debit.payment_information_id == answer.block_id]  # fmt: skip
        whole = Told(answer, Outcome.NOTED, block, debits=len(debits))
        if answer.status is None:
            yield whole
        elif answer.standing is Standing.UNKNOWN:
            yield replace(whole, outcome=Outcome.UNCLEAR, problem="status-code-unknown")
        elif self.batch.status == "cancelled":
            yield replace(whole, outcome=Outcome.UNCLEAR, problem="status-cancelled")
        elif answer.standing is not Standing.REJECTED:
            yield whole
        elif answer.reason in DUPLICATE:
            yield replace(whole, outcome=Outcome.UNCLEAR, problem="status-duplicate")
        else:
            yield from self._below(answer, whole, debits)

    def _below(self, answer: Answer, whole: Told, debits: Sequence[SentDebit]) -> Iterator[Told]:
        """The debits of a rejected group or block. What the books know otherwise of some of them is one question."""
        left = [
            debit
            for debit in debits
            if debit.end_to_end_id not in self.named and debit.collection_id not in self.gone
            and not (answer.level is Level.GROUP and debit.payment_information_id in self.own_block)
        ]  # fmt: skip
        told = [self._rejected(replace(answer, end_to_end_id=debit.end_to_end_id), debit) for debit in left]
        unclear = [one for one in told if one.outcome is Outcome.UNCLEAR]
        followed = [one for one in told if one.outcome is Outcome.REJECTED]
        yield replace(whole, outcome=Outcome.REJECTED if followed else Outcome.REPEATED if told else Outcome.NOTED,
                      debits=len(followed) or len(debits))  # fmt: skip
        yield from followed
        if unclear:
            yield replace(whole, outcome=Outcome.UNCLEAR, debits=len(unclear), problem=unclear[0].problem)

    def _debit(self, answer: Answer) -> Told:
        """A transaction that the report names."""
        debit = None if answer.end_to_end_id in _NOT_TOLD else self.known.get(answer.end_to_end_id or "")
        if debit is None:
            return Told(answer, Outcome.UNCLEAR, problem="status-debit-unknown")
        told = Told(answer, Outcome.NOTED, self.batch.blocks[debit.payment_information_id], debit.collection_id, 1)
        wrong = self._unlike(answer, debit)
        if wrong is not None:
            return replace(told, outcome=Outcome.UNCLEAR, problem=wrong)
        if answer.standing is Standing.REJECTED:
            return self._rejected(answer, debit)
        if debit.status == "rejected" or (self.batch.status == "cancelled"):
            code = "status-contradicts" if debit.status == "rejected" else "status-cancelled"
            return replace(told, outcome=Outcome.UNCLEAR, problem=code)
        return told

    def _unlike(self, answer: Answer, debit: SentDebit) -> str | None:
        """What an answer says otherwise than what was sent, or than the report says elsewhere."""
        if answer.block_id is not None and answer.block_id != debit.payment_information_id:
            return "status-other-block"
        if answer.currency is not None and answer.currency != debit.currency:
            return "status-other-currency"
        if answer.amount is not None and answer.amount != debit.amount:
            return "status-other-amount"
        if len(self.named[debit.end_to_end_id]) > 1:
            return "status-contradicts"
        if answer.status is None or answer.standing in {Standing.UNKNOWN, Standing.PARTLY}:
            return "status-code-unknown"
        above = self.group
        if above is not None and above.standing is Standing.REJECTED and answer.standing is not Standing.REJECTED:
            return "status-contradicts"
        return None

    def _rejected(self, answer: Answer, debit: SentDebit) -> Told:
        """A rejection of one debit, by what has become of it."""
        told = Told(answer, Outcome.REJECTED, self.batch.blocks[debit.payment_information_id], debit.collection_id, 1)
        if debit.status == "exported" and debit.collection_id in self.gone:
            return replace(told, outcome=Outcome.REPEATED)
        if debit.status == "exported":
            self.gone.add(debit.collection_id)
            return told
        if debit.status == "rejected" and (answer.reason or answer.proprietary) in {debit.refused_for, None}:
            return replace(told, outcome=Outcome.REPEATED)
        if debit.status == "returned":
            return replace(told, outcome=Outcome.REPEATED, problem="status-returned")
        code = {"booked": "status-booked", "cancelled": "status-cancelled", "rejected": "status-other-reason"}
        return replace(told, outcome=Outcome.UNCLEAR, problem=code.get(debit.status, "status-not-sent"))
