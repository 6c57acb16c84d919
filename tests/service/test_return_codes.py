"""Each reason code of a return and of a rejection: what becomes of item, mandate, claim of charges and the next batch
(domain.md 4.2). The table is written out here, apart from the program's own."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import pytest
from sqlalchemy import select

from recon.service import cases, collecting, deciding_returns, listing, matching, setting_up, undoing
from recon.service.answers import Refused
from recon.service.context import Context
from recon.service.importing import Source, import_sources
from recon.store.tables import holds, item_parts, items, mandates
from sepa.returns import RETURN_REASONS
from tests.books import dump, rows, sound
from tests.service.answers_text import Entry, Pmt, Tx, camt, pain002
from tests.service.decided import codes_of, open_of
from tests.service.statements_text import Booked, mt940
from tests.service.test_bank_answers import answer, sent, status

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY: Final = "2026-11-25"
UNTIL: Final = date(2026, 12, 31)
# 14 days of notice from the day of the preview.
AGAIN: Final = date(2026, 12, 9)

# Code: in the next batch by itself, mandate afterwards, objection (nobody is dunned), charge claimed, next step.
TABLE: Final = {
    "AC01": (False, "suspended", False, False, "ask_account"),
    "AC04": (False, "suspended", False, True, "ask_account"),
    "AC06": (False, "suspended", False, True, "payment_request"),
    "AC13": (False, "suspended", False, False, "new_core_mandate"),
    "AG01": (False, "suspended", False, False, "ask_account"),
    "AG02": (False, "active", False, False, "correct"),
    "AM04": (True, "active", False, True, "payment_request"),
    "AM05": (False, "active", True, False, "check_duplicate"),
    "BE05": (False, "active", False, False, "correct"),
    "CNOR": (False, "suspended", False, False, "payment_request"),
    "DNOR": (False, "suspended", False, False, "ask_account"),
    "DT01": (False, "active", False, False, "correct"),
    "ED05": (True, "active", False, False, "present_again"),
    "FF01": (False, "active", False, False, "correct"),
    "FF05": (False, "active", False, False, "correct"),
    "FOCR": (False, "active", False, False, "close_recall"),
    "MD01": (False, "blocked", True, False, "dispute"),
    "MD02": (False, "active", False, False, "correct_amendment"),
    "MD06": (False, "suspended", False, False, "ask_reason"),
    "MD07": (False, "suspended", True, False, "estate"),
    "MS02": (False, "suspended", False, False, "contact"),
    "MS03": (True, "active", False, True, "payment_request"),
    "RC01": (False, "active", False, False, "correct"),
    "RF01": (False, "active", False, False, "correct"),
    "RR01": (False, "active", False, False, "correct"),
    "RR02": (False, "active", False, False, "correct"),
    "RR03": (False, "active", False, False, "correct"),
    "RR04": (False, "suspended", False, False, "contact"),
    "SL01": (False, "suspended", False, False, "ask_release"),
    "TM01": (True, "active", False, False, "present_again"),
    # Not known: nothing is guessed, and nothing happens by itself.
    "XX99": (False, "active", False, False, None),
}


def test_every_code_has_its_row() -> None:
    assert set(TABLE) == {*RETURN_REASONS, "XX99"}


def _parts(url: str, invoice: str) -> list[Any]:
    query = select(item_parts.c.due_date, item_parts.c.amount, item_parts.c.dunning_level).join(items).where(
        items.c.invoice_no == invoice)  # fmt: skip
    return rows(url, query)


def credit(context: Context, batch: list[Any]) -> None:
    """The bank books the block of the batch's first debit."""
    block = [one for one in batch if one.block == batch[0].block]
    name = f"9{batch[0].id}"
    entry = Entry(sum(one.amount for one in block), payment_information_id=block[0].block, reference=f"C{name}")
    import_sources(context, [Source("credit.xml", camt(entry, day=context.stamp.as_of.isoformat(), number=name))])
    assert matching.match_all(context).booked == 1


def give_back(context: Context, debit: Any, code: str | None, *, charge: int = 300, number: str = "400") -> int:
    """A return by camt.053, matched; how many lines were booked."""
    entry = Entry(-debit.amount - charge, end_to_end_id=debit.end_to_end_id, reason=code, original=debit.amount,
                  charge=charge or None, reference=f"R{number}")  # fmt: skip
    day = context.stamp.as_of.isoformat()
    import_sources(context, [Source("r.xml", camt(entry, day=day, number=number))])
    return matching.match_all(context).booked


def next_batch(context: Context, debit: Any) -> tuple[date | None, tuple[str, str] | None]:
    """The day on which the next batch presents a debit's claim again; or its exclusion: reason, and what came back."""
    plan = collecting.preview(context, due_until=UNTIL)
    for one in plan.excluded:
        if one.claim.invoice_no == debit.invoice_no:
            facts = dict(one.facts)
            return None, (one.reason, facts.get("returned") or facts.get("refused") or facts.get("closed") or "")
    again = [note for note in plan.notes if dict(note.facts).get("reference") == debit.end_to_end_id]
    assert [note.code for note in again] == ["debit-represented"]
    (case,) = [one for one in cases.list_cases(context) if one.name == debit.end_to_end_id]
    assert case.retry_on in {block.collection_date for batch in plan.batches for block in batch.blocks}
    return case.retry_on, None


def _after(url: str, context: Context, debit: Any, code: str) -> None:
    again, mandate, disputed, _, step = TABLE[code]
    assert rows(url, select(mandates.c.status).where(mandates.c.mandate_id == debit.mandate_id)) == [(mandate,)]
    assert [row.reason for row in rows(url, select(holds.c.reason))] == ([code] if disputed else [])
    (case,) = cases.list_cases(context)
    assert case.status.value == ("retry" if again else "open")
    assert (None if case.back.reason is None else case.back.reason.next_step.value) == step
    assert next_batch(context, debit) == ((AGAIN, None) if again else (None, ("blocked", code)))
    sound(url)


@pytest.mark.parametrize("code", sorted(TABLE))
def test_a_return(books_at: BooksAt, opened: Opened, code: str) -> None:
    """The item is open again with its own due date and level (O-16), the charge is claimed where the debtor has caused
    it, the rest by the table."""
    url = books_at("exported")
    context = opened(url, DAY)
    setting_up.change(context, "collect.return_charges", "claim")
    debit = sent(url)[0]
    before = _parts(url, debit.invoice_no)
    credit(context, sent(url))
    assert open_of(url, debit.invoice_no) == 0
    assert give_back(context, debit, code) == 1
    assert status(url, debit.id) == ["returned"]
    assert open_of(url, debit.invoice_no) == debit.amount
    assert _parts(url, debit.invoice_no) == before
    claims = rows(url, select(items.c.open_amount).where(items.c.document_type == "return_charge"))
    assert claims == ([(300,)] if TABLE[code][3] else [])
    _after(url, context, debit, code)


@pytest.mark.parametrize("code", sorted(TABLE))
def test_a_rejection(books_at: BooksAt, opened: Opened, code: str) -> None:
    """By pain.002, before anything was booked: the same, and nothing is charged."""
    url = books_at("exported")
    context = opened(url, DAY)
    debit = sent(url)[0]
    before = _parts(url, debit.invoice_no)
    answer(context, pain002(debit.message_id, Pmt(debit.block, [Tx(debit.end_to_end_id, reason=code)])))
    assert status(url, debit.id) == ["rejected"]
    assert open_of(url, debit.invoice_no) == debit.amount
    assert _parts(url, debit.invoice_no) == before
    _after(url, context, debit, code)


def test_presented_again_once_and_then_asked(books_at: BooksAt, opened: Opened, tmp_path: Any) -> None:
    """MS03: in the next batch by itself, at a later day and under a new id; when that comes back too, only after a
    person says so. The mandate is suspended by the second in a row; that is another matter."""
    url = books_at("exported")
    context = opened(url, DAY)
    debit = sent(url)[0]
    credit(context, sent(url))
    give_back(context, debit, "MS03")
    made = collecting.create(context, due_until=UNTIL)
    with pytest.raises(Refused) as no:
        collecting.export(context, tmp_path)
    assert set(codes_of(no)) == {"batch-unannounced"}
    collecting.announce(context, tmp_path / "letters")
    collecting.export(context, tmp_path)
    second = next(one for batch in made.batches for one in sent(url, int((batch.id or "")[1:]))
                  if one.invoice_no == debit.invoice_no)  # fmt: skip
    assert second.end_to_end_id != debit.end_to_end_id
    assert [case.status.value for case in cases.list_cases(context)] == ["again"]
    later = opened(url, "2026-12-10")
    own = next(sent(url, int((batch.id or "")[1:])) for batch in made.batches
               if second in sent(url, int((batch.id or "")[1:])))  # fmt: skip
    credit(later, [second, *(one for one in own if one != second)])
    give_back(later, second, "AM04", number="401")
    assert [case.status.value for case in cases.list_cases(later)] == ["again", "open"]
    assert next_batch(later, second) == (None, ("blocked", "AM04"))
    deciding_returns.retry(later, second.end_to_end_id, on=date(2026, 12, 24), reason="Gehalt kommt am 23.")
    assert next_batch(later, second)[0] == date(2026, 12, 24)
    sound(url)


def test_a_return_before_the_credit_of_its_batch_is_presented_again_for_what_is_owed(
    books_at: BooksAt, opened: Opened
) -> None:
    """The bank line of the batch waits for a person, and the return is booked: until then the item is open twice, but
    the customer owes it once."""
    url = books_at("exported")
    context = opened(url, DAY)
    debit = sent(url)[0]
    give_back(context, debit, "MS03")
    assert open_of(url, debit.invoice_no) == 2 * debit.amount
    assert next_batch(context, debit)[0] == AGAIN
    made = collecting.create(context, due_until=UNTIL).batches
    again = [one for batch in made for one in sent(url, int((batch.id or "")[1:]))]
    assert [one.amount for one in again if one.invoice_no == debit.invoice_no] == [debit.amount]
    sound(url)


def _retry(context: Context, name: str, **more: Any) -> list[str]:
    with pytest.raises(Refused) as no:
        deciding_returns.retry(context, name, **more)
    return codes_of(no)


@pytest.fixture
def returned_twice(books_at: BooksAt, opened: Opened) -> tuple[str, Context, Any, Any]:
    """Two debits of the first block come back on two lines: one for want of funds, one closed account."""
    url = books_at("exported")
    context = opened(url, DAY)
    first, second = sent(url)[:2]
    credit(context, sent(url))
    give_back(context, first, "MS03", number="401")
    give_back(context, second, "AC04", number="402")
    return url, context, first, second


def test_a_person_decides(returned_twice: tuple[str, Context, Any, Any]) -> None:
    """By line or end-to-end id; a later decision replaces an earlier one; said again it changes nothing."""
    url, context, first, second = returned_twice
    by_name = {case.name: case for case in cases.list_cases(context)}
    assert next_batch(context, second) == (None, ("blocked", "AC04"))
    line = str(by_name[second.end_to_end_id].back.line)
    told = deciding_returns.retry(context, line, on=date(2026, 12, 1))
    assert [finding.code for finding in told.findings] == ["retry-mandate"]
    before = dump(url)
    deciding_returns.retry(context, second.end_to_end_id.lower(), on=date(2026, 12, 1))
    assert dump(url) == before
    assert next_batch(context, second) == (None, ("blocked", ""))  # its mandate is suspended still
    deciding_returns.close(context, first.end_to_end_id, reason="zahlt per Überweisung")
    assert next_batch(context, first) == (None, ("blocked", "zahlt per Überweisung"))
    deciding_returns.retry(context, first.end_to_end_id)
    assert next_batch(context, first)[0] == AGAIN
    assert [(row["kind"], row["reason"]) for row in dump(url)["return_decisions"]] == [
        ("retry", None), ("close", "zahlt per Überweisung"), ("retry", None),
    ]  # fmt: skip
    sound(url)


def test_an_agreed_day_that_is_no_bank_day(returned_twice: tuple[str, Context, Any, Any]) -> None:
    """The first bank day after it; the 25th and 26th of December are none, the 27th is a Sunday."""
    _, context, first, _ = returned_twice
    told = deciding_returns.retry(context, first.end_to_end_id, on=date(2026, 12, 25))
    assert told.case.retry_on == date(2026, 12, 28)
    assert next_batch(context, first)[0] == date(2026, 12, 28)


def test_what_cannot_be_decided(returned_twice: tuple[str, Context, Any, Any]) -> None:
    url, context, first, _ = returned_twice
    before = dump(url)
    assert _retry(context, "L9999") == ["case-unknown"]
    assert _retry(context, "OPOS-NOBODY") == ["case-unknown"]
    assert _retry(context, first.end_to_end_id, on=date(2026, 11, 25)) == ["retry-day"]
    assert dump(url) == before
    collecting.create(context, due_until=UNTIL)
    assert _retry(context, first.end_to_end_id) == ["case-collected-again"]
    sound(url)


def test_a_decision_falls_with_its_return(returned_twice: tuple[str, Context, Any, Any]) -> None:
    """The return is taken back and booked again: what was decided on the first is not said of the second."""
    url, context, first, _ = returned_twice
    deciding_returns.close(context, first.end_to_end_id, reason="zahlt per Überweisung")
    line = next(case.back.line for case in cases.list_cases(context) if case.name == first.end_to_end_id)
    for one in [one for one in listing.list_allocations(context) if one.line == line]:
        undoing.undo(context, allocation=one.id, again=True)
    assert first.end_to_end_id not in [case.name for case in cases.list_cases(context)]
    assert matching.match_all(context).booked == 1
    (case,) = [one for one in cases.list_cases(context) if one.name == first.end_to_end_id]
    assert (case.status.value, case.decision) == ("retry", None)
    sound(url)


def test_paid_meanwhile_there_is_nothing_to_do(returned_twice: tuple[str, Context, Any, Any]) -> None:
    """The customer transfers what he owes: the case is settled and nothing is collected."""
    url, context, first, _ = returned_twice
    import_sources(context, [Source("paid.sta", mt940(Booked(first.amount, first.invoice_no), number="500").encode())])
    assert matching.match_all(context).booked == 1
    assert {case.name: case.status.value for case in cases.list_cases(context)}[first.end_to_end_id] == "settled"
    assert _retry(context, first.end_to_end_id) == ["case-settled"]
    sound(url)
