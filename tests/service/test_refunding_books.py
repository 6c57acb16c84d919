"""Refunds in the books: credit goes back to the account that it came from, once, by two steps, and is there again when
the bank gives it back."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from recon.service import closing, listing, netting, refunding, undoing
from recon.service.answers import Exit, Refused
from recon.service.confirming import Wanted, confirm
from recon.service.context import Context
from recon.service.importing import Source, import_sources
from recon.service.refunding import Other
from recon.store.credits import CreditLeft
from recon.store.tables import collections, customers, items
from tests.books import dump, rows, sound, text_in
from tests.service.answers_text import Pmt, Tx, pain002
from tests.service.decided import codes_of
from tests.service.refund_books import NEXT, OTHER, PAYER, TODAY, USERS, Credits, entry, made
from tests.service.statements_text import BONN, IBAN

Opened = Callable[..., Context]


@pytest.fixture
def books(books_url: str, opened: Opened) -> Credits:
    """A customer who has paid 300.00 on RE-1001 of 250.00: 50.00 are his."""
    return made(books_url, opened)


def test_an_overpayment_goes_back(books: Credits, tmp_path: Path) -> None:
    """Proposed with account and name of the payment, created, released, exported, booked by the bank's line: customer,
    transit and bank as they should be after each step."""
    key = books.overpaid(name="Jürgen Groß & Söhne")
    [one] = refunding.propose(books.at())
    assert (one.judged.held, one.credit.key) == ((), key)
    assert one.judged.payee is not None
    assert (one.judged.payee.iban, one.judged.payee.name, one.judged.payee.origin) == (
        PAYER, "Jürgen Groß & Söhne", "payment",
    )  # fmt: skip
    before = books.accounts()
    done = refunding.create(books.at())
    [batch] = done.batches
    assert [finding.code for finding in done.findings] == ["refund-single"]
    assert (batch.id, batch.status, batch.sum, batch.refunds[0].remittance) == (
        "R1", "created", 5000, "Erstattung Ihrer Zahlung vom 12.11.2026, Kunde 10042",
    )  # fmt: skip
    # Held for the refund: neither set off nor refunded a second time.
    assert netting.list_credits(books.at()) == []
    assert [held.reason for held in refunding.propose(books.at())[0].judged.held] == ["in_refund"]
    assert refunding.create(books.at()).batches == ()
    with pytest.raises(Refused) as no:
        refunding.export(books.at(), tmp_path, ["R1"])
    assert codes_of(no) == ["refund-not-released"]
    assert books.accounts() == before
    refunding.release(books.at(), "R1")
    [sent] = refunding.export(books.at(), tmp_path).batches
    assert [path.name for path in tmp_path.iterdir()] == [sent.file]
    assert books.accounts() == {**before, "1400": before["1400"] + 5000, "1360": -5000}
    sound(books.url)
    line = books.left(sent)
    assert books.match()[line] == "C6"
    assert books.accounts() == {**before, "1400": before["1400"] + 5000, "1360": 0, "1200": before["1200"] - 5000}
    assert refunding.refunds_in_books(books.at()).batches[0].refunds[0].status == "booked"
    assert refunding.propose(books.at()) == []
    sound(books.url)


def test_by_direct_debit_waits(books_at: Callable[[str], str], opened: Opened) -> None:
    """Credit that stems from a CORE debit is held until its 8 weeks are over, to the day (domain.md 5.1)."""
    url = books_at("returned")
    text_in(opened(url, "2026-11-25"), items=(
        "invoice_no;customer_no;amount;due_date;document_type\nGS-9;10040;20,00;30.11.2026;credit_note\n"
    ))  # fmt: skip
    debit = rows(url, select(collections.c.collection_date, customers.c.customer_no)
                 .join(items, collections.c.item_id == items.c.id)
                 .join(customers, items.c.customer_id == customers.c.id)
                 .where(collections.c.status == "booked", collections.c.amount > 0))  # fmt: skip
    day, customer = debit[0]
    text_in(opened(url, "2026-11-25"), items=(
        f"invoice_no;customer_no;amount;due_date;document_type\nGS-8;{customer};20,00;30.11.2026;credit_note\n"
    ))  # fmt: skip
    last = day + timedelta(days=56)
    for on, waits in ((last, True), (last + timedelta(days=1), False)):
        found = refunding.propose(opened(url, on.isoformat()), customer)
        [held] = [one.judged.held for one in found if one.credit.key == "GS-8"]
        assert ("refund_right" in {one.reason for one in held}) is waits
        assert {one.free_on for one in held if one.reason == "refund_right"} <= {last + timedelta(days=1)}


def test_a_credit_note_goes_back_to_the_only_account_that_paid(books: Credits, tmp_path: Path) -> None:
    """From the branch's account; the note is used up, and open again when the refund comes back."""
    books.customer("10042", branch="K02")
    books.item("RE-1", "80.00")
    confirm(books.at(TODAY), books.paid("80.00"), [Wanted("RE-1", None)])
    books.item("GS-1", "30.00", kind="credit_note")
    batch = books.sent(tmp_path, "GS-1")
    assert (batch.account, batch.refunds[0].remittance, batch.refunds[0].account_of) == (
        BONN, "Erstattung Gutschrift GS-1, Kunde 10042", "customer",
    )  # fmt: skip
    assert _open(books, "GS-1") == 0
    books.left(batch)
    books.match()
    sound(books.url)
    back = books.came_back(batch.refunds[0].end_to_end_id, 3000, account=BONN)
    assert books.match("2026-11-26")[back] == "R3"
    assert _open(books, "GS-1") == -3000
    [one] = refunding.propose(books.at("2026-11-26"))
    assert [held.reason for held in one.judged.held] == ["came_back"]
    sound(books.url)


def test_a_refund_that_came_back_is_credit_again(books: Credits, tmp_path: Path) -> None:
    """The old account is refused, another one that a person names is taken; undo puts all back, step by step."""
    key = books.overpaid()
    batch = books.sent(tmp_path, key)
    states = [books.balances_now()]
    books.left(batch)
    books.match()
    states.append(books.balances_now())
    books.came_back(batch.refunds[0].end_to_end_id, 5000)
    books.match("2026-11-26")
    assert refunding.refunds_in_books(books.at()).batches[0].refunds[0].returned_for == "AC04"
    with pytest.raises(Refused) as no:
        refunding.create(books.at("2026-11-26"), [Wanted(key, None)])
    assert codes_of(no) == ["refund-held"]
    other = Other(OTHER, "Max Muster", "fernmündlich bestätigt")
    again = refunding.create(books.at("2026-11-26"), [Wanted(key, None)], other=other)
    assert {finding.code for finding in again.findings} == {"refund-iban-new", "refund-single"}
    assert (again.batches[0].refunds[0].iban, again.batches[0].refunds[0].reason) == (OTHER, other.reason)
    # The return holds what the new file takes from.
    with pytest.raises(Refused) as no:
        undoing.undo(books.at("2026-11-26"), last=True)
    assert codes_of(no) == ["undo-refund-used"]
    refunding.cancel(books.at("2026-11-26"), "R2")
    leaving = next(one.id for one in listing.list_allocations(books.at()) if one.kind == "refund" and one.line)
    with pytest.raises(Refused) as no:
        undoing.undo(books.at("2026-11-26"), allocation=leaving)
    assert codes_of(no) == ["undo-refund-return-first"]
    undoing.undo(books.at("2026-11-26"), last=True)
    assert books.balances_now() == states[1]
    undoing.undo(books.at("2026-11-26"), allocation=leaving)
    assert books.balances_now() == states[0]
    assert refunding.refunds_in_books(books.at()).batches[0].refunds[0].status == "exported"
    sound(books.url)


def test_money_of_a_refund_is_not_taken_back_under_it(books: Credits, tmp_path: Path) -> None:
    """Neither while its file is made nor after it has left."""
    key = books.overpaid()
    refunding.create(books.at())
    for _ in range(2):
        with pytest.raises(Refused) as no:
            undoing.undo(books.at(), allocation=key)
        assert codes_of(no) == ["undo-refund-first"]
        refunding.release(books.at(), "R1")
        refunding.export(books.at(), tmp_path)
    refunding.cancel(books.at(), "R1")
    undoing.undo(books.at(), allocation=key)
    sound(books.url)


def test_cancelled_is_free_again_and_submitted_is_not(books: Credits, tmp_path: Path) -> None:
    """After the export too: what it booked is taken back. Not once the bank has the file."""
    key = books.overpaid()
    before = books.balances_now()
    batch = books.sent(tmp_path, key)
    refunding.cancel(books.at(), batch.id)
    assert books.balances_now() == before
    assert [one.judged.held for one in refunding.propose(books.at())] == [()]
    again = books.sent(tmp_path, key)
    refunding.submitted(books.at(), again.id)
    with pytest.raises(Refused) as no:
        refunding.cancel(books.at(), again.id)
    assert codes_of(no) == ["refund-submitted"]
    assert no.value.exit_code is Exit.NOT_PERMITTED
    sound(books.url)


def test_exported_again_the_same_bytes(books: Credits, tmp_path: Path) -> None:
    """Into two folders, on two days; the books change once. A dry run writes nothing."""
    books.overpaid()
    refunding.create(books.at())
    refunding.release(books.at(), "R1")
    state = dump(books.url)
    refunding.export(books.at(TODAY, dry_run=True), tmp_path / "none")
    assert dump(books.url) == state
    assert not (tmp_path / "none").exists()
    refunding.export(books.at(), tmp_path / "one")
    state = dump(books.url)
    refunding.export(books.at("2026-12-10"), tmp_path / "two", ["R1"])
    assert dump(books.url) == state
    [one], [two] = ([path.read_bytes() for path in (tmp_path / name).iterdir()] for name in ("one", "two"))
    assert one == two


def test_a_day_that_is_past_is_made_anew(books: Credits, tmp_path: Path) -> None:
    """The bytes say the day: neither released nor exported for the first time after it."""
    books.overpaid()
    refunding.create(books.at())
    with pytest.raises(Refused) as no:
        refunding.release(books.at("2026-11-24"), "R1")
    assert codes_of(no) == ["refund-date-past"]
    refunding.release(books.at(), "R1")
    with pytest.raises(Refused) as no:
        refunding.export(books.at("2026-11-24"), tmp_path, ["R1"])
    assert codes_of(no) == ["refund-date-past"]
    with pytest.raises(Refused) as no:
        refunding.create(books.at(), execution_date=date(2026, 11, 22))
    assert codes_of(no) == ["refund-date-wrong"]


def test_what_was_used_since_stops_the_file(books: Credits, tmp_path: Path) -> None:
    """The credit note of a created file is set off by hand with a payment: the file cannot go out any more."""
    books.item("RE-1", "80.00")
    confirm(books.at(TODAY), books.paid("80.00"), [Wanted("RE-1", None)])
    books.item("GS-1", "30.00", kind="credit_note")
    refunding.create(books.at())
    books.item("RE-2", "50.00")
    confirm(books.at(), books.paid("20.00", day=TODAY), [Wanted("RE-2", None), Wanted("GS-1", None)])
    with pytest.raises(Refused) as no:
        refunding.release(books.at(), "R1")
    assert codes_of(no) == ["refund-credit-gone"]
    refunding.cancel(books.at(), "R1")
    sound(books.url)


def test_two_people_let_a_file_out(books_url: str, opened: Opened, tmp_path: Path) -> None:
    """With users in the settings its maker may not release it, unless they say so; verify sees who did."""
    books = made(books_url, opened, USERS)
    books.overpaid()
    refunding.create(books.at(actor="anna"))
    with pytest.raises(Refused) as no:
        refunding.release(books.at(actor="anna"), "R1")
    assert (codes_of(no), no.value.exit_code) == (["refund-four-eyes"], Exit.NOT_PERMITTED)
    assert refunding.release(books.at(actor="bernd"), "R1").findings == ()
    refunding.export(books.at(actor="anna"), tmp_path)
    sound(books.url, actor="tester")


def test_one_person_alone_is_told(books: Credits) -> None:
    """A small office without users works, and is told what that means."""
    books.overpaid()
    refunding.create(books.at())
    assert [finding.code for finding in refunding.release(books.at(), "R1").findings] == ["refund-one-person"]


def test_a_file_for_each_own_account(books: Credits) -> None:
    """Each credit goes back from the account that its money came to; a part of a credit, and the rest later."""
    first = books.overpaid()
    books.customer("10043", name="Erika Beispiel", language="en")
    second = books.overpaid("RE-7", "10.00", "40.00", customer="10043", name="Erika Beispiel", iban=OTHER, account=BONN)
    done = refunding.create(books.at(), [Wanted(first, 2000), Wanted(second, None)])
    assert [(one.account, one.sum, one.refunds[0].remittance) for one in done.batches] == [
        (BONN, 3000, "Refund of your payment of 2026-11-12, customer 10043"),
        (IBAN, 2000, "Erstattung Ihrer Zahlung vom 12.11.2026, Kunde 10042"),
    ]
    assert [(one.key, one.left) for one in load(books)] == [(first, 3000)]
    sound(books.url)


def test_the_bank_refuses_some(books: Credits, tmp_path: Path) -> None:
    """pain.002 for pain.001: a rejected transfer is credit again, the rest is booked in a sum that is less by it."""
    first = books.overpaid()
    books.customer("10043", name="Erika Beispiel")
    second = books.overpaid("RE-7", "10.00", "40.00", customer="10043", name="Erika Beispiel", iban=OTHER)
    batch = books.sent(tmp_path, first, second)
    references = {one.of: one.end_to_end_id for one in batch.refunds}
    answer = pain002(batch.message_id, Pmt(batch.payment_information_id, [
        Tx(references[first], "RJCT", "AC01"), Tx(references[second], "RVMC", None),
    ]))  # fmt: skip
    [done] = import_sources(books.at(NEXT), [Source("answer.xml", answer)])
    assert sorted(finding.code for finding in done.findings) == ["refund-payee-close", "refund-rejected"]
    [now] = refunding.refunds_in_books(books.at()).batches
    assert [(one.of, one.status, one.returned_for) for one in now.refunds] == [
        (first, "rejected", "AC01"), (second, "exported", None),
    ]  # fmt: skip
    assert [(one.key, one.left) for one in load(books)] == [(first, 5000)]
    less = entry(-3000, "191", "Sammler", NEXT, reference=f"KREF+{batch.payment_information_id}")
    line = books.statement(less, day=NEXT, amounts=[-3000])
    assert books.match()[line] == "C6"
    sound(books.url)


def test_each_booked_by_itself_and_by_its_sum_alone(books: Credits, tmp_path: Path) -> None:
    """A single debit by its end-to-end id is certain; a sum without any reference is only proposed (H8)."""
    batch = books.sent(tmp_path, books.overpaid())
    reference = batch.refunds[0].end_to_end_id
    named = entry(-5000, "116", "Erstattung", NEXT, reference=f"EREF+{reference}", name="Max Muster", iban=PAYER)
    line = books.statement(named, day=NEXT, amounts=[-5000])
    assert books.match()[line] == "C6"
    undoing.undo(books.at(NEXT), last=True, again=True)
    key = books.overpaid("RE-2", "10.00", "40.00", day=NEXT)
    second = books.sent(tmp_path, key, day=NEXT)
    silent = books.statement(entry(-second.sum, "191", "Sammler", "2026-11-24"), day="2026-11-24", amounts=[-3000])
    found = books.match("2026-11-24")
    assert (found[line], silent in found) == ("C6", False)
    [proposed] = [one for one in listing.list_lines(books.at("2026-11-24")) if one.id == silent]
    assert [one.match_class for one in proposed.proposals] == ["H8"]
    confirm(books.at("2026-11-24"), silent)
    sound(books.url)


def test_another_sum_and_a_return_less_a_charge_are_asked(books: Credits, tmp_path: Path) -> None:
    """M6: the file is named, the sum is another; R4: the bank has kept a charge, which is our cost."""
    batch = books.sent(tmp_path, books.overpaid())
    other = entry(-4900, "191", "Sammler", NEXT, reference=f"KREF+{batch.payment_information_id}")
    line = books.statement(other, day=NEXT, amounts=[-4900])
    assert line not in books.match()
    [asked] = [one for one in listing.list_lines(books.at(NEXT)) if one.id == line]
    assert [(one.match_class, one.shares) for one in asked.proposals] == [("M6", ())]
    books.left(batch, "2026-11-24")
    books.match("2026-11-24")
    back = books.came_back(batch.refunds[0].end_to_end_id, 4700)
    assert back not in books.match("2026-11-26")
    confirm(books.at("2026-11-26"), back)
    assert books.accounts()["4970"] == 300
    assert [(one.left, one.key) for one in load(books)] == [(5000, batch.refunds[0].of)]
    sound(books.url)


def test_in_a_closed_period_nothing_is_refunded(books: Credits, tmp_path: Path) -> None:
    """The export books on its own day; where that is closed it is refused."""
    books.overpaid()
    refunding.create(books.at())
    refunding.release(books.at(), "R1")
    closing.close_period(books.at(), date(2026, 11, 20), override=True, reason="Probe")
    with pytest.raises(Refused) as no:
        refunding.export(books.at(), tmp_path)
    assert codes_of(no) == ["period-closed"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Dvořák & Söhne <b>", "Dvorak & Söhne .b."),
        ("=cmd|'/c calc'!A1", ".cmd/'/c calc'.A1"),
        ("]]><x/>" + "y" * 90, "))..x/." + "y" * 63),
    ],
)
def test_hostile_names(books: Credits, tmp_path: Path, name: str, written: str) -> None:
    """A name is text and stays text; what the bank's payee check will see otherwise is told."""
    key = books.overpaid()
    other = Other(OTHER, name, "so gesagt")
    done = refunding.create(books.at(), [Wanted(key, None)], other=other)
    assert "refund-name-changed" in {finding.code for finding in done.findings}
    assert done.batches[0].refunds[0].name == written
    refunding.release(books.at(), "R1")
    refunding.export(books.at(), tmp_path)
    sound(books.url)


def _open(books: Credits, number: str) -> int:
    return next(one.item.open for one in listing.list_items(books.at()) if one.item.invoice_no == number)


def load(books: Credits) -> list[CreditLeft]:
    """The credit that is free."""
    return [one.credit for one in netting.list_credits(books.at())]
