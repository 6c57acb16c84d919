"""What is made of the bank's answers: followed where they are clear, asked where they are not, never guessed."""

from dataclasses import replace
from typing import Any

import pytest

from recon.ledger.answers import Outcome, SentBatch, SentDebit, decide
from sepa.status_report import Answer, Level, Report

DEBITS = (
    SentDebit(1, "B1", "E1", 1000, "EUR", "exported"),
    SentDebit(2, "B1", "E2", 2000, "EUR", "exported"),
    SentDebit(3, "B2", "E3", 3000, "EUR", "exported"),
)
BATCH = SentBatch("exported", {"B1": 11, "B2": 12}, DEBITS)
GROUP = Answer(Level.GROUP, 1)


def _report(*answers: Answer, group: Answer = GROUP) -> Report:
    return Report(original_message_id="M", answers=(group, *answers))


def _tx(name: str | None, status: str | None = "RJCT", reason: str | None = "AC04", **more: Any) -> Answer:
    return replace(Answer(Level.TRANSACTION, 2, None, name, status, reason), **more)


def _made(report: Report, batch: SentBatch | None = BATCH) -> list[tuple[str, int | None, str | None]]:
    return [(told.outcome.value, told.collection_id, told.problem) for told in decide(report, batch)]


def _with(status: str, refused_for: str | None = None) -> SentBatch:
    return replace(BATCH, debits=(replace(DEBITS[0], status=status, refused_for=refused_for), *DEBITS[1:]))


def test_a_named_debit_is_rejected_and_no_other() -> None:
    assert _made(_report(_tx("E2", amount=2000, currency="EUR", block_id="B1"))) == [("rejected", 2, None)]


def test_a_rejected_group_rejects_every_debit() -> None:
    told = decide(_report(group=replace(GROUP, status="RJCT", reason="FF01")), BATCH)
    assert [(one.outcome, one.collection_id, one.debits) for one in told] == [
        (Outcome.REJECTED, None, 3), (Outcome.REJECTED, 1, 1), (Outcome.REJECTED, 2, 1), (Outcome.REJECTED, 3, 1),
    ]  # fmt: skip
    assert {one.answer.reason for one in told} == {"FF01"}


def test_a_rejected_block_rejects_its_own() -> None:
    block = Answer(Level.BLOCK, 2, "B1", None, "RJCT", "DT01")
    named = _tx("E1", None, None, block_id="B1")
    assert _made(_report(block, named, group=replace(GROUP, status="PART"))) == [
        ("noted", None, None), ("rejected", None, None), ("rejected", 2, None), ("rejected", 1, None),
    ]  # fmt: skip


@pytest.mark.parametrize("status", ["ACTC", "ACCP", "ACSP", "ACSC", "ACWC", "PDNG", "RCVD", "PART"])
def test_what_is_not_rejected_is_noted(status: str) -> None:
    assert _made(_report(group=replace(GROUP, status=status))) == [("noted", None, None)]


def test_one_of_an_accepted_file_may_be_rejected() -> None:
    """Banks take a file and refuse single debits of it later, in the same report or another."""
    assert _made(_report(_tx("E1"), group=replace(GROUP, status="ACCP"))) == [
        ("noted", None, None), ("rejected", 1, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (_tx("E9"), "status-debit-unknown"),
        (_tx(None), "status-debit-unknown"),
        (_tx("NOTPROVIDED"), "status-debit-unknown"),
        (_tx("E1", amount=1001), "status-other-amount"),
        (_tx("E1", amount=1000, currency="USD"), "status-other-currency"),
        (_tx("E1", block_id="B2"), "status-other-block"),
        (_tx("E1", "RVNM", None), "status-code-unknown"),
        (_tx("E1", "PART", None), "status-code-unknown"),
        (_tx("E1", None, None), "status-code-unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_fits_nothing_is_unclear(answer: Answer, problem: str) -> None:
    told = decide(_report(answer), BATCH)[-1]
    assert (told.outcome, told.problem) == (Outcome.UNCLEAR, problem)


@pytest.mark.parametrize(
    ("status", "refused_for", "reason", "expected"),
    [
        ("exported", None, "AC04", ("rejected", 1, None)),
        ("booked", None, "AC04", ("unclear", 1, "status-booked")),
        ("returned", None, "AC04", ("repeated", 1, "status-returned")),
        ("cancelled", None, "AC04", ("unclear", 1, "status-cancelled")),
        ("rejected", "AC04", "AC04", ("repeated", 1, None)),
        ("rejected", "AC04", None, ("repeated", 1, None)),
        ("rejected", "AC04", "MD01", ("unclear", 1, "status-other-reason")),
        ("created", None, "AC04", ("unclear", 1, "status-not-sent")),
    ],
)
def test_a_rejection_by_what_has_become_of_the_debit(
    status: str, refused_for: str | None, reason: str | None, expected: tuple[str, int, str | None]
) -> None:
    assert _made(_report(_tx("E1", reason=reason)), _with(status, refused_for)) == [expected]


def test_two_answers_in_one_report() -> None:
    """The same twice is one rejection; two different ones are none."""
    assert _made(_report(_tx("E1"), _tx("E1"))) == [("rejected", 1, None), ("repeated", 1, None)]
    assert _made(_report(_tx("E1"), _tx("E1", "ACCP", None))) == [
        ("unclear", 1, "status-contradicts"), ("unclear", 1, "status-contradicts"),
    ]  # fmt: skip


def test_a_later_answer_that_contradicts() -> None:
    """Rejected, and now accepted."""
    assert _made(_report(_tx("E1", "ACSC", None)), _with("rejected", "AC04")) == [("unclear", 1, "status-contradicts")]
    rejected = replace(GROUP, status="RJCT", reason="FF01")
    assert ("unclear", 1, "status-contradicts") in _made(_report(_tx("E1", "ACCP", None), group=rejected))


@pytest.mark.parametrize("reason", ["AM05", "DU01", "DU02"])
def test_a_copy_of_a_file_is_not_the_file(reason: str) -> None:
    """The bank refuses the second upload: the first one goes on, and nothing may be collected again."""
    assert _made(_report(group=replace(GROUP, status="RJCT", reason=reason))) == [("unclear", None, "status-duplicate")]


def test_a_group_that_is_booked_in_part() -> None:
    """What is still to come is rejected, the rest is one question."""
    told = _made(_report(group=replace(GROUP, status="RJCT", reason="FF01")), _with("booked"))
    assert told == [
        ("rejected", None, None), ("rejected", 2, None), ("rejected", 3, None), ("unclear", None, "status-booked"),
    ]  # fmt: skip


def test_reports_that_are_about_nothing() -> None:
    assert _made(_report(_tx("E1")), None) == [("unclear", None, "status-message-unknown")]
    assert _made(_report()) == [("unclear", None, "status-empty")]
    assert _made(_report(group=replace(GROUP, status="RVCM"))) == [("unclear", None, "status-code-unknown")]
    assert _made(_report(Answer(Level.BLOCK, 2, "B9", None, "RJCT"))) == [("unclear", None, "status-block-unknown")]
    assert _made(_report(_tx("E1")), replace(BATCH, status="created")) == [("unclear", None, "status-not-sent")]
    accepted = _report(group=replace(GROUP, status="ACCP"))
    assert _made(accepted, replace(BATCH, status="cancelled")) == [("unclear", None, "status-cancelled")]
