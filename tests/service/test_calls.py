"""The step by telephone: call tasks instead of letters, at most four attempts on different days and at different hours,
and a task that closes by itself."""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy import select

from recon.model.complaints import CallOutcome, CallState, PromiseState
from recon.service import blocks, calls, complaints, dunning, promises, proposals
from recon.service.answers import Refused
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.store.dunning_tables import notices
from tests.books import dump, rows, sound, text_in
from tests.service.care_books import ITEMS, PHONE, asked, books, dun, reasons
from tests.service.decided import codes_of

Opened = Callable[..., Context]
# O-05: due 01.03., reminder 04.03., letter 11.03., call from 18.03. on (letter + 7).
REMINDER, LETTER, CALL = "2026-03-04", "2026-03-11", "2026-03-18"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _phoning(url: str, opened: Opened, settings: str = PHONE) -> None:
    """Books in which customer 10 is to be called for RE-1 and RE-2, customer 20 for RE-3."""
    books(url, opened, settings)
    for day in (REMINDER, LETTER, CALL):
        dun(url, opened, day)


def _called(url: str, opened: Opened, moment: str, outcome: CallOutcome = CallOutcome.NO_ANSWER) -> calls.CallTask:
    name = calls.list_calls(opened(url, CALL))[0].id
    return calls.record_call(opened(url, moment[:10]), name, at=at(moment), outcome=outcome)


def test_f_36_f_38_o_05_the_third_step_is_a_call_task_seven_days_after_the_letter(
    books_url: str, opened: Opened
) -> None:
    """No letter: a task with customer, telephone, items and sums."""
    books(books_url, opened, PHONE)
    for day, before in ((REMINDER, "2026-03-03"), (LETTER, "2026-03-10"), (CALL, "2026-03-17")):
        assert asked(books_url, opened, before) == {}
        result = dun(books_url, opened, day)
    assert {notice.channel for _, notice in result.notices} == {"phone"}
    first, second = calls.list_calls(opened(books_url, CALL))
    assert (first.notice.customer_no, first.name, first.phone) == ("10", "Muster GmbH", "+49 221 5550100")
    assert (second.notice.customer_no, second.phone) == ("20", None)
    assert [line.invoice_no for line in first.notice.items] == ["RE-1", "RE-2"]
    assert (first.open, first.state, first.attempts) == (15000, CallState.OPEN, ())
    assert first.next_at == at("2026-03-18 10:00")
    sound(books_url)


def test_f_39_o_05_four_attempts_on_different_days_and_hours_and_no_fifth(books_url: str, opened: Opened) -> None:
    """10:00 Mon, 15:00 Tue, 09:00 Thu, 17:00 Fri; a fifth is refused."""
    _phoning(books_url, opened)
    for number, moment in enumerate(
        ("2026-03-23 10:00", "2026-03-24 15:00", "2026-03-26 09:00", "2026-03-27 17:00"), start=1
    ):
        task = _called(books_url, opened, moment)
        assert (len(task.attempts), task.state) == (number, CallState.EXHAUSTED if number == 4 else CallState.OPEN)
    assert task.next_at is None
    before = dump(books_url)
    with pytest.raises(Refused) as no:
        _called(books_url, opened, "2026-03-30 11:00")
    assert codes_of(no) == ["call-fifth"]
    assert dump(books_url) == before
    sound(books_url)


@pytest.mark.parametrize(
    ("moment", "code", "following"),
    [
        ("2026-03-23 15:00", "call-same-day", "2026-03-24 15:00"),
        ("2026-03-24 10:59", "call-same-hour", "2026-03-24 15:00"),
        ("2026-03-27 10:00", "call-same-hour", "2026-03-27 15:00"),
    ],
)
def test_f_39_a_second_call_on_a_day_or_at_an_hour_is_refused_with_the_next_slot(
    books_url: str, opened: Opened, moment: str, code: str, following: str
) -> None:
    _phoning(books_url, opened)
    _called(books_url, opened, "2026-03-23 10:00")
    with pytest.raises(Refused) as no:
        _called(books_url, opened, moment)
    assert codes_of(no) == [code]
    assert dict(no.value.findings[0].facts)["next"] == following
    # An hour later, on another day, it may be made.
    assert len(_called(books_url, opened, "2026-03-24 11:00").attempts) == 2


def test_f_39_each_task_has_four_attempts_of_its_own(books_url: str, opened: Opened) -> None:
    """Two customers may be called within one hour."""
    _phoning(books_url, opened)
    day = opened(books_url, "2026-03-23")
    for task in calls.list_calls(day):
        assert (
            len(calls.record_call(day, task.id, at=at("2026-03-23 10:00"), outcome=CallOutcome.CALLBACK).attempts) == 1
        )


def test_the_first_call_says_that_the_notice_went_out(books_url: str, opened: Opened) -> None:
    _phoning(books_url, opened)
    query = select(notices.c.dispatched_on).where(notices.c.channel == "phone").order_by(notices.c.id)
    assert [row.dispatched_on for row in rows(books_url, query)] == [None, None]
    _called(books_url, opened, "2026-03-23 10:00")
    _called(books_url, opened, "2026-03-24 15:00")
    assert [row.dispatched_on for row in rows(books_url, query)] == [date(2026, 3, 23), None]


def test_a_call_is_recorded_for_a_task_and_not_before_it_was_there(books_url: str, opened: Opened) -> None:
    _phoning(books_url, opened)
    with pytest.raises(Refused) as no:
        calls.record_call(opened(books_url, CALL), "N1", at=at(f"{CALL} 10:00"), outcome=CallOutcome.REACHED)
    assert codes_of(no) == ["call-unknown"]
    task = calls.list_calls(opened(books_url, CALL))[0]
    for moment, code in (("2026-03-17 10:00", "call-early"), ("2026-03-19 10:00", "moment-ahead")):
        with pytest.raises(Refused) as no:
            calls.record_call(opened(books_url, CALL), task.id, at=at(moment), outcome=CallOutcome.REACHED)
        assert codes_of(no) == [code]


def test_a_paid_task_closes_by_itself_and_a_held_one_is_not_called(books_url: str, opened: Opened) -> None:
    """Derived on the day: nobody has to close anything."""
    _phoning(books_url, opened)
    later = opened(books_url, "2026-03-20")
    complaints.open_complaint(later, "RE-3", reason="Menge")
    paid = ITEMS.replace("due_date\n", "due_date;paid\n").replace("2026\n", "2026;\n")
    text_in(later, items=paid.replace("100,00;01.03.2026;", "100,00;01.03.2026;100,00")
            .replace("50,00;01.03.2026;", "50,00;01.03.2026;50,00"))  # fmt: skip
    closed, held = calls.list_calls(later)
    assert (closed.state, closed.open, closed.next_at) == (CallState.CLOSED, 0, None)
    assert (held.state, held.next_at) == (CallState.HELD, None)
    assert calls.list_calls(later, unfinished=True) == []


def test_a_promise_by_telephone_holds_what_the_notice_asks_for(books_url: str, opened: Opened) -> None:
    """All of it, or an amount: the oldest due first. It counts as spoken to."""
    _phoning(books_url, opened)
    day = opened(books_url, "2026-03-23", actor="anna")
    first, second = calls.list_calls(day)
    task = calls.record_call(day, first.id, at=at("2026-03-23 10:00"), outcome=CallOutcome.PROMISE,
                             promise_until=date(2026, 3, 27), promise_amount="120,00", note="Freitag")  # fmt: skip
    assert task.state is CallState.PROMISED
    made = promises.list_promises(day)
    assert [(one.item, one.amount, one.by, one.by_phone) for one in made] == [
        ("RE-1", 10000, "anna", True), ("RE-2", 2000, "anna", True),
    ]  # fmt: skip
    held = reasons(books_url, opened, "2026-03-27")
    assert (held["RE-1"], held["RE-2"]) == ("promised", "promised")
    for amount in (None, "5,00"):
        with pytest.raises(Refused) as no:
            calls.record_call(day, second.id, at=at("2026-03-23 10:00"), outcome=CallOutcome.PROMISE,
                              promise_amount=amount)  # fmt: skip
        assert codes_of(no) == ["call-promise"]
    broken = promises.list_promises(opened(books_url, "2026-03-28"), broken=True)
    assert [one.state for one in broken] == [PromiseState.BROKEN] * 2
    sound(books_url)


@pytest.mark.parametrize(
    ("made", "proposed"),
    [
        ((), False),
        ((CallOutcome.NO_ANSWER,), False),
        ((CallOutcome.WRONG_NUMBER, CallOutcome.CALLBACK, CallOutcome.NO_ANSWER), False),
        ((CallOutcome.NO_ANSWER,) * 4, True),
        ((CallOutcome.REFUSED,), True),
        ((CallOutcome.NO_ANSWER, CallOutcome.REACHED), True),
    ],
)
def test_f_42_after_the_calls_and_not_before_the_proposal_day(
    books_url: str, opened: Opened, made: tuple[CallOutcome, ...], proposed: bool
) -> None:
    """The last level would come again on 25.03.: from then on what is through is proposed, and nothing before."""
    _phoning(books_url, opened)
    for outcome, moment in zip(made, ("18 10:00", "19 15:00", "20 09:00", "23 17:00"), strict=False):
        _called(books_url, opened, f"2026-03-{moment}", outcome)
    assert proposals.list_proposals(opened(books_url, "2026-03-24")) == []
    found = proposals.list_proposals(opened(books_url, "2026-03-25"), Scope(customer="10"))
    assert [one.item for one in found] == (["RE-1", "RE-2"] if proposed else [])
    expected = "collection_proposed" if proposed else "highest_level"
    assert reasons(books_url, opened, "2026-03-25") == {"RE-1": expected, "RE-2": expected, "RE-3": "highest_level"}


def test_a_task_of_a_cancelled_notice_is_none(books_url: str, opened: Opened) -> None:
    _phoning(books_url, opened)
    day = opened(books_url, CALL)
    first = calls.list_calls(day)[0]
    dunning.cancel(day, first.id, "Kunde hat sich gemeldet")
    assert [task.notice.customer_no for task in calls.list_calls(day)] == ["20"]
    blocks.block(day, "RE-3", reason="Vergleich", until=None, only="dunning")
    assert [task.state for task in calls.list_calls(day)] == [CallState.HELD]
