"""Customer credit: what is over stays with the customer, is listed with what it may settle, is set off when a person
says so, by an entry of its own that can be taken back, and is listed for a refund when nothing is open."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select, text

from recon.service import confirming, listing, matching, netting, undoing
from recon.service.answers import Refused
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.manual import manual_bookings
from recon.service.verifying import verify
from recon.store.tables import entries, log, postings
from sepa.money import plain
from tests.books import dump, rows, sound, text_in
from tests.service.decided import codes_of
from tests.service.fee_books import PAID, Fees, set_up

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]


@pytest.fixture
def books(books_url: str, opened: Opened) -> Fees:
    """A customer who has paid 300.00 on RE-1001 of 250.00: 50.00 are his."""
    made = set_up(books_url, opened, ["0.00"])
    made.items(("RE-1001", "250.00", "2026-03-01"))
    confirming.confirm(made.at(PAID), made.pay("300.00", "ohne Nummer"), [Wanted("RE-1001", None)])
    return made


_THREE = (("RE-1002", "30.00", "2026-04-10"), ("RE-1003", "20.00", "2026-04-20"), ("RE-1004", "90.00", "2026-05-01"))


def _listed(books: Fees, customer: str | None = None) -> list[tuple[str, str, str, str]]:
    """Of what, what is left, since when, what is proposed."""
    return [
        (one.credit.key, plain(one.credit.left), one.credit.since.isoformat(),
         " + ".join(f"{number} {plain(amount)}" for number, amount in one.proposal))
        for one in netting.list_credits(books.at(PAID), customer)
    ]  # fmt: skip


def _note(books: Fees, number: str, amount: str, customer: str = "10042") -> None:
    [done] = text_in(books.at("2026-03-20"), items=(
        "invoice_no;customer_no;amount;due_date;issue_date;document_type\n"
        f"{number};{customer};{amount};2026-03-20;2026-03-20;credit_note\n"
    ))  # fmt: skip
    assert done.status == "imported", done.findings


def test_what_is_over_is_credit(books: Fees) -> None:
    """An overpayment, and a credit note beside it."""
    _note(books, "GS-1", "20.00")
    assert _listed(books) == [("GS-1", "20.00", "2026-03-20", ""), ("A2", "50.00", PAID, "")]
    assert [one.credit.flags for one in netting.list_credits(books.at(PAID))] == [(), ("manual_booking",)]


def test_exact_amounts_first_then_the_oldest_due(books: Fees) -> None:
    """20.00 fit RE-1003 to the cent; 50.00 go on what is due first."""
    _note(books, "GS-1", "20.00")
    books.items(
        ("RE-1002", "30.00", "2026-04-10"), ("RE-1003", "20.00", "2026-04-20"), ("RE-1004", "90.00", "2026-05-01")
    )
    assert _listed(books) == [
        ("GS-1", "20.00", "2026-03-20", "RE-1003 20.00"),
        ("A2", "50.00", PAID, "RE-1002 30.00 + RE-1004 20.00"),
    ]


def test_set_off_as_proposed_and_taken_back(books: Fees) -> None:
    """One entry between the customer's items, no account of the bank's moves; undo puts all back; both are audited."""
    _note(books, "GS-1", "20.00")
    books.items(
        ("RE-1002", "30.00", "2026-04-10"), ("RE-1003", "20.00", "2026-04-20"), ("RE-1004", "90.00", "2026-05-01")
    )
    before = books.state()
    done = netting.apply(books.at(PAID), "10042")
    assert (done.customer, done.left, len(done.netted)) == ("10042", 0, 3)
    assert books.open() == {
        "RE-1001": ("0.00", "paid"), "GS-1": ("0.00", "paid"), "RE-1002": ("0.00", "paid"),
        "RE-1003": ("0.00", "paid"), "RE-1004": ("70.00", "partly_paid"),
    }  # fmt: skip
    entry = max(rows(books.url, select(entries.c.id, entries.c.kind)))
    assert entry.kind == "netting"
    sides = rows(books.url, select(postings.c.account, postings.c.amount).where(postings.c.entry_id == entry.id))
    assert {account for account, _ in sides} == {"1400"}
    assert sorted(amount for _, amount in sides) == [-3000, -2000, -2000, 2000, 5000]
    assert books.state()["accounts"] == before["accounts"]
    assert _listed(books) == []
    kinds = [(one.kind, one.status, one.currency) for one in listing.list_allocations(books.at(PAID))][2:]
    assert kinds == [("netting", "booked", "EUR")] * 5
    assert rows(books.url, select(log.c.action, log.c.subject).order_by(log.c.id.desc()).limit(1)) == [("net", "10042")]
    sound(books.url)
    # Each side names the whole: one of them taken back takes all of the entry.
    assert undoing.undo(books.at(PAID), allocation="A4") == 5
    assert books.state() == before
    sound(books.url)


def test_the_items_that_a_person_names(books: Fees) -> None:
    """A part on one item, the rest on another as far as it goes; what is left stays credit."""
    books.items(("RE-1002", "30.00", "2026-04-10"), ("RE-1003", "25.00", "2026-04-20"))
    done = netting.apply(books.at(PAID), "10042", [Wanted("RE-1003", 1000), Wanted("RE-1002", None)])
    assert [(one.invoice_no, one.amount) for one in done.netted] == [("RE-1003", 1000), ("RE-1002", 3000)]
    assert done.left == 1000
    assert _listed(books) == [("A2", "10.00", PAID, "RE-1003 10.00")]
    sound(books.url)
    assert undoing.undo(books.at(PAID), last=True) == 3
    assert _listed(books)[0][1] == "50.00"


def test_money_that_has_settled_another_item_is_not_taken_back_first(books: Fees) -> None:
    """The overpayment of RE-1001 has paid RE-1002 since."""
    books.items(("RE-1002", "50.00", "2026-04-10"))
    netting.apply(books.at(PAID), "10042")
    before = dump(books.url)
    with pytest.raises(Refused) as no:
        undoing.undo(books.at(PAID), allocation="A2")
    assert codes_of(no) == ["undo-netting-first"]
    assert dump(books.url) == before
    undoing.undo(books.at(PAID), allocation="A3")
    undoing.undo(books.at(PAID), allocation="A2")
    sound(books.url)


@pytest.mark.parametrize(
    ("customer", "wanted", "code"),
    [
        ("10042", [], "credit-nothing-open"),
        ("4711", [], "customer-unknown"),
        ("10042", [Wanted("RE-9999", None)], "item-unknown"),
        ("10042", [Wanted("RE-1001", None)], "item-too-small"),
        ("10042", [Wanted("RE-2001", None)], "credit-other-customer"),
        ("10043", [Wanted("RE-2001", None)], "credit-none"),
    ],
)
def test_refused(books: Fees, customer: str, wanted: list[Wanted], code: str) -> None:
    """As a whole; nothing is written."""
    books.items(("RE-2001", "50.00", "2026-04-10"), customer="10043")
    before = dump(books.url)
    with pytest.raises(Refused) as no:
        netting.apply(books.at(PAID), customer, wanted)
    assert codes_of(no) == [code]
    assert dump(books.url) == before


def test_no_more_than_there_is(books: Fees) -> None:
    books.items(("RE-1002", "90.00", "2026-04-10"))
    for amount, code in ((5001, "credit-too-large"), (9001, "item-too-small"), (0, "item-too-small")):
        with pytest.raises(Refused) as no:
            netting.apply(books.at(PAID), "10042", [Wanted("RE-1002", amount)])
        assert codes_of(no) == [code]


def test_what_is_being_collected_is_left_alone(books_at: BooksAt, opened: Opened) -> None:
    """The debit is on its way: set off, the item would be paid twice."""
    url = books_at("exported")
    context = opened(url, "2026-11-21")
    item = next(entry.item for entry in listing.list_items(context) if entry.item.in_collection)
    [done] = text_in(context, items=(
        "invoice_no;customer_no;amount;due_date;issue_date;document_type\n"
        f"GS-1;{item.customer_no};5,00;2026-11-20;2026-11-20;credit_note\n"
    ))  # fmt: skip
    assert done.status == "imported"
    [listed] = netting.list_credits(context, item.customer_no)
    assert item.invoice_no not in dict(listed.proposal)
    with pytest.raises(Refused) as no:
        netting.apply(context, item.customer_no, [Wanted(item.invoice_no, None)])
    assert codes_of(no) == ["credit-in-collection"]


def test_refunds(books: Fees) -> None:
    """Only where the customer owes nothing, after a while, and to an account that is surely his."""
    later = "2026-06-01"
    assert netting.refunds(books.at(PAID)) == []
    [one] = netting.refunds(books.at(later))
    assert (one.credit.left, one.iban) == (5000, None)
    text_in(books.at(PAID), customers="customer_no;name;iban\n10042;Max Muster;DE44370501980000010002\n")
    [one] = netting.refunds(books.at(later))
    assert (one.iban, one.from_) == ("DE44370501980000010002", "payment")
    # Another customer has the same account: nobody knows whose money it is.
    text_in(books.at(PAID), customers="customer_no;name;iban\n10043;Erika Muster;DE44370501980000010002\n")
    assert netting.refunds(books.at(later))[0].iban is None
    assert netting.refunds(books.at(later), date.fromisoformat(PAID)) == []
    books.items(("RE-1002", "1.00", "2026-04-10"))
    assert netting.refunds(books.at(later)) == []


def test_tampered_with(books: Fees) -> None:
    """The auditor sees a netting whose origin says otherwise, by itself and not only by the seal."""
    books.items(("RE-1002", "50.00", "2026-04-10"))
    netting.apply(books.at(PAID), "10042")
    context = books.at(PAID)
    with context.books.engine.begin() as connection:
        connection.execute(text("UPDATE allocations SET flags = '[\"credit A1\"]' WHERE flags LIKE '%credit A2%'"))
    assert "audit-netting" in {finding.code for finding in verify(context).findings}


def test_a_payment_that_is_proposed_goes_first(books: Fees) -> None:
    """A line waits for a person with RE-1002 less the credit note: neither of them is proposed to be set off."""
    _note(books, "GS-1", "20.00")
    books.items(("RE-1002", "100.00", "2026-04-10"))
    books.pay("80.00", "RE-1002 GS-1", number="2", opening=130_000)
    matching.match_all(books.at(PAID))
    assert _listed(books) == [("GS-1", "20.00", "2026-03-20", ""), ("A2", "50.00", PAID, "")]
    assert netting.apply(books.at(PAID), "10042", [Wanted("RE-1002", 2000)]).left == 5000


def test_a_18_what_is_set_off_is_not_left_to_be_booked_by_hand(books: Fees) -> None:
    """The flag and the report go with the last cent that is set off, of the overpayment that it came from; taken back
    both are there again; a past day has them as they were."""

    def left() -> tuple[list[tuple[str, int]], tuple[str, ...]]:
        found = [(one.allocation, one.open) for one in manual_bookings(books.at(PAID))]
        (flags,) = [one.flags for one in listing.list_items(books.at(PAID)) if one.item.invoice_no == "RE-1001"]
        return found, flags

    assert left() == ([("A2", 5000)], ("manual_booking",))
    books.items(("RE-1002", "30.00", "2026-04-10"), ("RE-1003", "20.00", "2026-04-20"))
    later = books.at("2026-04-25")
    netting.apply(books.at(PAID), "10042", [Wanted("RE-1002", None)])
    assert left() == ([("A2", 2000)], ("manual_booking",))
    netting.apply(later, "10042", [Wanted("RE-1003", None)])
    assert left() == ([("A2", 2000)], ())
    assert manual_bookings(later) == []
    undoing.undo(later, last=True)
    assert left() == ([("A2", 2000)], ("manual_booking",))
    assert [one.open for one in manual_bookings(later)] == [2000]


def test_of_two_overpayments_the_one_that_was_set_off_is_done(books: Fees) -> None:
    """Not the older of the two, as if credit had no origin."""
    books.items(("RE-2001", "100.00", "2026-03-01"))
    confirming.confirm(books.at(PAID), books.pay("120.00", "ohne Nummer"), [Wanted("RE-2001", None)])
    newer = manual_bookings(books.at(PAID))[-1].allocation
    assert [one.open for one in manual_bookings(books.at(PAID))] == [5000, 2000]
    books.items(("RE-2002", "20.00", "2026-04-10"))
    netting.apply(books.at(PAID), "10042", [Wanted("RE-2002", None)])
    found = {one.allocation: one.open for one in manual_bookings(books.at(PAID))}
    assert (found, newer in found) == ({"A2": 5000}, False)
