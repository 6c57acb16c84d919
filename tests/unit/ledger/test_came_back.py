"""What is next for a claim whose debit came back (decision 20): once by itself where time heals it, then asked."""

from dataclasses import replace
from datetime import date

import pytest

from recon.ledger.came_back import CLOSE, RETRY, CameBack, Decision, Way, of_claim, way_on
from sepa.returns import RETURN_REASONS

DUE = date(2026, 11, 23)
FIRST = CameBack(1, 7, DUE, "E1", "MS03", date(2026, 11, 25), by_return=True, subject=11)
SECOND = replace(FIRST, collection_id=2, end_to_end_id="E2", subject=12)
AGREED = Decision(RETRY, date(2026, 12, 15), None, date(2026, 11, 26), "anna")
CLOSED = Decision(CLOSE, None, "pays by transfer", date(2026, 11, 26), "anna")


def test_by_itself_are_only_those_that_time_heals() -> None:
    """domain.md 4.2, column Retry: once, or at a new date."""
    alone = {code for code in RETURN_REASONS if way_on([replace(FIRST, code=code)], None) is Way.RETRY}
    assert alone == {"MS03", "AM04", "ED05", "TM01"}


@pytest.mark.parametrize("code", [None, "XX99", "NARR"])
def test_a_reason_that_nobody_knows_waits(code: str | None) -> None:
    assert way_on([replace(FIRST, code=code)], None) is Way.WAIT


def test_the_second_time_waits_whatever_the_reasons() -> None:
    """Two returns, a rejection and a return: it counts how often the claim came back."""
    assert way_on([FIRST, SECOND], None) is Way.WAIT
    assert way_on([replace(FIRST, by_return=False, code="TM01"), SECOND], None) is Way.WAIT


def test_a_decision_holds_before_any_rule() -> None:
    assert way_on([FIRST, SECOND], AGREED) is Way.RETRY
    assert way_on([replace(FIRST, code="MD01")], AGREED) is Way.RETRY
    assert way_on([FIRST], CLOSED) is Way.CLOSED


def test_a_claim_has_its_own_debits_and_those_of_a_day_that_moved() -> None:
    """Prepayment and remainder apart; where an import has moved the due date, what came back is about all of it."""
    other = replace(SECOND, due_date=date(2026, 12, 10))
    days = frozenset({DUE, date(2026, 12, 10)})
    assert of_claim([FIRST, other], DUE, days) == [FIRST]
    assert of_claim([FIRST, other], date(2026, 12, 1), frozenset({date(2026, 12, 1)})) == [FIRST, other]
