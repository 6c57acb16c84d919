"""Blocks of items and of whole customers, promises to pay, and what is proposed for collection in the end."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select

from recon.model.complaints import ComplaintOutcome, PromiseState
from recon.service import blocks, complaints, dunning, listing, promises, proposals
from recon.service.answers import Exit, Refused
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.store.tables import customers, log
from tests.books import dump, rows, sound, text_in
from tests.service.care_books import CUSTOMERS, ITEMS, LETTERS, asked, books, dun, reasons
from tests.service.decided import codes_of

Opened = Callable[..., Context]


def test_a_customer_is_blocked_as_a_whole_until_a_day(books_url: str, opened: Opened) -> None:
    """The last day included; with reason and owner in the record of the log, before and after."""
    context = books(books_url, opened)
    blocks.block_customer(context, "10", reason="Ratenzahlung", until=date(2026, 3, 16))
    assert asked(books_url, opened, "2026-03-16") == {"RE-3": 1}
    assert reasons(books_url, opened, "2026-03-16") == {"RE-1": "blocked", "RE-2": "blocked"}
    assert asked(books_url, opened, "2026-03-17") == {"RE-1": 1, "RE-2": 1, "RE-3": 1}
    (record,) = rows(books_url, select(log).where(log.c.action == "customer-block"))
    assert (record.subject, record.actor, record.reason) == ("10", "anna", "Ratenzahlung")
    assert '"dunning_block_until":"2026-03-16"' in record.after
    assert '"dunning_block_until":null' in record.before
    sound(books_url)


def test_a_customers_block_is_lifted_and_leaves_those_of_items_alone(books_url: str, opened: Opened) -> None:
    context = books(books_url, opened)
    blocks.block(context, "RE-2", reason="Rückfrage", until=None, only="dunning")
    blocks.block_customer(context, "10", reason="Insolvenz?", until=None)
    later = opened(books_url, "2026-03-10", actor="bernd")
    assert blocks.unblock_customer(later, "10", reason="keine Insolvenz") == 1
    assert blocks.unblock_customer(later, "10", reason="noch einmal") == 0
    assert asked(books_url, opened, "2026-03-15") == {"RE-1": 1, "RE-3": 1}
    sound(books_url)


def test_u_2_7_the_list_of_blocks_says_who_why_and_until_when(books_url: str, opened: Opened) -> None:
    """Items and customers, whoever set them; what has ended only where it is asked for."""
    context = books(books_url, opened)
    blocks.block(context, "RE-1", reason="Rückfrage", until=date(2026, 3, 5), only="collect")
    blocks.block_customer(context, "20", reason="Stundung", until=date(2026, 4, 1))
    promises.promise(context, "RE-2", until=date(2026, 3, 20), reason="am Telefon")
    text_in(context, customers="customer_no;name;dunning_block_reason\n10;Muster GmbH;aus der Datei\n")
    found = blocks.list_blocks(opened(books_url, "2026-03-06"))
    told = [(one.customer, one.item, one.kind, one.only, one.reason, one.by, one.until) for one in found]
    assert told == [
        ("10", None, "blocked", "dunning", "aus der Datei", None, None),
        ("20", None, "blocked", "dunning", "Stundung", "anna", date(2026, 4, 1)),
        ("10", "RE-2", "promised", "dunning", "am Telefon", "anna", date(2026, 3, 20)),
    ]
    every = blocks.list_blocks(opened(books_url, "2026-03-06"), everything=True)
    assert [(one.item, one.ended_on) for one in every if one.ended] == [("RE-1", date(2026, 3, 5))]
    blocks.unblock_customer(opened(books_url, "2026-03-08"), "20", reason="bezahlt")
    ended = [one for one in blocks.list_blocks(opened(books_url, "2026-03-09"), everything=True) if one.ended]
    assert [(one.customer, one.ended_on) for one in ended if one.item is None] == [("20", date(2026, 3, 8))]
    sound(books_url)


def test_one_of_the_two_is_lifted_and_the_record_says_which(books_url: str, opened: Opened) -> None:
    """A block from dunning and collecting goes on for collecting, with its reason and its last day."""
    context = books(books_url, opened)
    blocks.block(context, "RE-1", reason="Rückfrage", until=date(2026, 5, 1), only=None)
    assert blocks.unblock(opened(books_url, "2026-03-10"), "RE-1", reason="mahnen", only="dunning") == 1
    (left,) = blocks.list_blocks(opened(books_url, "2026-03-15"))
    assert (left.only, left.reason, left.until, left.since) == (
        "collect", "Rückfrage", date(2026, 5, 1), date(2026, 3, 10),
    )  # fmt: skip
    assert asked(books_url, opened, "2026-03-15")["RE-1"] == 1
    (record,) = rows(books_url, select(log).where(log.c.action == "unblock"))
    assert '"scope":"dunning"' in record.after
    assert blocks.unblock(opened(books_url, "2026-03-16"), "RE-1", reason="frei", only=None) == 1
    assert blocks.unblock(opened(books_url, "2026-03-16"), "RE-1", reason="frei", only=None) == 0
    sound(books_url)


@pytest.mark.parametrize("reason", ["", "  ", "\t\n"])
def test_a_block_without_a_reason_is_refused(books_url: str, opened: Opened, reason: str) -> None:
    context = books(books_url, opened)
    before = dump(books_url)
    acts: tuple[Callable[[], object], ...] = (
        lambda: blocks.block(context, "RE-1", reason=reason, until=None, only=None),
        lambda: blocks.unblock(context, "RE-1", reason=reason, only=None),
        lambda: blocks.block_customer(context, "10", reason=reason, until=None),
        lambda: blocks.unblock_customer(context, "10", reason=reason),
    )
    for act in acts:
        with pytest.raises(Refused) as no:
            act()
        assert (codes_of(no), no.value.exit_code) == (["no-reason"], Exit.USAGE)
    assert dump(books_url) == before


def test_a_promise_holds_until_its_day_and_a_broken_one_is_told(books_url: str, opened: Opened) -> None:
    """Until 20.03. nothing; on 21.03. level 1 as before, and the promise stands as broken until it is paid."""
    context = books(books_url, opened)
    promises.promise(context, "RE-1", until=date(2026, 3, 20), reason="Überweisung Freitag")
    assert reasons(books_url, opened, "2026-03-20") == {"RE-1": "promised"}
    assert asked(books_url, opened, "2026-03-21")["RE-1"] == 1
    states = {
        day: [one.state for one in promises.list_promises(opened(books_url, day), everything=True)]
        for day in ("2026-03-20", "2026-03-21")
    }
    assert states == {"2026-03-20": [PromiseState.LIVE], "2026-03-21": [PromiseState.BROKEN]}
    assert [one.item for one in promises.list_promises(opened(books_url, "2026-03-21"), broken=True)] == ["RE-1"]
    later = opened(books_url, "2026-03-22")
    paid = ITEMS.replace("due_date\n", "due_date;paid\n").replace("2026\n", "2026;\n")
    text_in(later, items=paid.replace("100,00;01.03.2026;", "100,00;01.03.2026;100,00"))
    assert [one.state for one in promises.list_promises(later, everything=True)] == [PromiseState.KEPT]
    assert promises.list_promises(later) == []
    sound(books_url)


def test_one_promise_lives_and_a_new_one_takes_its_place(books_url: str, opened: Opened) -> None:
    context = books(books_url, opened)
    promises.promise(context, "RE-1", until=date(2026, 3, 20))
    later = opened(books_url, "2026-03-10")
    assert promises.promise(later, "RE-1", until=date(2026, 3, 17), amount="60,00").replaces == "Z1"
    assert [one.state for one in promises.list_promises(later, everything=True)] == [
        PromiseState.REPLACED, PromiseState.LIVE,
    ]  # fmt: skip
    assert asked(books_url, opened, "2026-03-18")["RE-1"] == 1
    assert blocks.unblock(opened(books_url, "2026-03-11"), "RE-1", reason="doch nicht", only=None) == 1
    states = [one.state for one in promises.list_promises(opened(books_url, "2026-03-11"), everything=True)]
    assert states == [PromiseState.REPLACED, PromiseState.WITHDRAWN]
    # What has run out is no live one: the next replaces nothing.
    after = opened(books_url, "2026-03-25")
    assert promises.promise(after, "RE-1", until=date(2026, 3, 26)).replaces is None
    sound(books_url)


@pytest.mark.parametrize(
    ("until", "amount", "code"),
    [
        (date(2026, 2, 28), None, "promise-day"),
        (date(2027, 6, 1), None, "promise-day"),
        (date(2026, 3, 20), "100,01", "promise-amount"),
        (date(2026, 3, 20), "-5", "promise-amount"),
    ],
)
def test_a_promise_that_cannot_be_is_refused(
    books_url: str, opened: Opened, until: date, amount: str | None, code: str
) -> None:
    context = books(books_url, opened)
    with pytest.raises(Refused) as no:
        promises.promise(context, "RE-1", until=until, amount=amount)
    assert codes_of(no) == [code]


def test_a_dispute_comes_before_a_promise_before_a_block(books_url: str, opened: Opened) -> None:
    """Whatever came first, and whatever lasts longest."""
    context = books(books_url, opened)
    complaints.open_complaint(context, "RE-1", reason="Menge", until=date(2026, 3, 16))
    promises.promise(context, "RE-1", until=date(2026, 3, 17))
    blocks.block(context, "RE-1", reason="Rückfrage", until=None, only=None)
    told = {day: reasons(books_url, opened, day)["RE-1"] for day in ("2026-03-16", "2026-03-17", "2026-03-18")}
    assert told == {"2026-03-16": "disputed", "2026-03-17": "promised", "2026-03-18": "blocked"}


def _three_levels(url: str, opened: Opened) -> None:
    books(url, opened)
    for day in ("2026-03-15", "2026-03-29", "2026-04-12"):
        dun(url, opened, day)


def test_o_01_x_03_f_42_what_has_been_through_every_level_is_proposed_on_its_day(
    books_url: str, opened: Opened
) -> None:
    """15.03., 29.03., 12.04. with deadline 22.04.; proposed on 26.04., not a day before, and nothing is handed over."""
    _three_levels(books_url, opened)
    before = dump(books_url)
    assert set(reasons(books_url, opened, "2026-04-25").values()) == {"highest_level"}
    assert proposals.list_proposals(opened(books_url, "2026-04-25")) == []
    day = opened(books_url, "2026-04-26")
    found = proposals.list_proposals(day)
    assert [(one.customer, one.item, one.open) for one in found] == [
        ("10", "RE-1", 10000), ("10", "RE-2", 5000), ("20", "RE-3", 8000),
    ]  # fmt: skip
    first = found[0]
    assert (first.level, first.noticed_on, first.deadline, first.since, first.days_overdue) == (
        3, date(2026, 4, 12), date(2026, 4, 22), date(2026, 4, 26), 56,
    )  # fmt: skip
    assert set(reasons(books_url, opened, "2026-04-26").values()) == {"collection_proposed"}
    assert {flag for entry in listing.list_items(day) for flag in entry.flags} == {"collection_proposed"}
    assert [one.item for one in proposals.list_proposals(opened(books_url, "2026-06-01"))] == ["RE-1", "RE-2", "RE-3"]
    assert dump(books_url) == before


def test_f_42_x_18_nothing_is_proposed_before_the_last_step(books_url: str, opened: Opened) -> None:
    """However long ago it was due: a level is never skipped, and a proposal needs all of them."""
    books(books_url, opened)
    dun(books_url, opened, "2026-06-01")
    assert proposals.list_proposals(opened(books_url, "2026-12-31")) == []
    assert asked(books_url, opened, "2026-12-31") == {"RE-1": 2, "RE-2": 2, "RE-3": 2}


def test_f_42_what_is_held_is_not_proposed(books_url: str, opened: Opened) -> None:
    """Blocked, disputed, promised or of a blocked customer; and again once it is free."""
    _three_levels(books_url, opened)
    day = opened(books_url, "2026-04-26")
    blocks.block(day, "RE-1", reason="Vergleich", until=date(2026, 4, 30), only="dunning")
    known = complaints.open_complaint(day, "RE-2", reason="Menge")
    blocks.block_customer(day, "20", reason="Stundung", until=None)
    assert proposals.list_proposals(day) == []
    complaints.resolve(day, known.id, outcome=ComplaintOutcome.REJECTED, reason="geprüft")
    assert [one.item for one in proposals.list_proposals(day)] == ["RE-2"]
    promises.promise(day, "RE-2", until=date(2026, 4, 28))
    assert proposals.list_proposals(opened(books_url, "2026-04-28")) == []
    assert [one.item for one in proposals.list_proposals(opened(books_url, "2026-05-01"))] == ["RE-1", "RE-2"]


def test_what_repeats_its_last_level_is_not_proposed(books_url: str, opened: Opened) -> None:
    """X-10: there is no end after which to propose."""
    settings = LETTERS.replace("deadline_days = 10\n", "deadline_days = 10\nrepeat_last = true\n")
    books(books_url, opened, settings)
    for day in ("2026-03-15", "2026-03-29", "2026-04-12"):
        dun(books_url, opened, day)
    assert proposals.list_proposals(opened(books_url, "2026-04-26")) == []
    assert asked(books_url, opened, "2026-04-26")["RE-1"] == 3


def test_the_telephone_number_comes_with_the_customers(books_url: str, opened: Opened) -> None:
    """From a column ``phone`` or ``Telefon``; a file that says nothing of it leaves it."""
    context = books(books_url, opened)
    text_in(context, customers="Kundennummer;Name;Telefon\n20;Erika Beispiel;0221 5550200\n")
    text_in(
        context,
        customers=CUSTOMERS.replace(";phone", "").replace(";+49 221 5550100", "").replace("Beispiel;;", "Beispiel;"),
    )
    found = rows(books_url, select(customers.c.customer_no, customers.c.phone).order_by(customers.c.customer_no))
    assert [tuple(row) for row in found] == [("10", "+49 221 5550100"), ("20", "0221 5550200")]
    sound(books_url)


def test_explaining_an_item_tells_what_was_said_of_it(books_url: str, opened: Opened) -> None:
    from recon.service.standing import standing_of

    context = books(books_url, opened)
    complaints.open_complaint(context, "RE-1", reason="Menge")
    promises.promise(context, "RE-1", until=date(2026, 3, 5))
    blocks.block(context, "RE-1", reason="Rückfrage", until=None, only=None)
    said = standing_of(opened(books_url, "2026-03-06"), "RE-1")
    assert [one.id for one in said.complaints] == ["K1"]
    assert [(one.id, one.state) for one in said.promises] == [("Z1", PromiseState.BROKEN)]
    assert [(one.kind, one.by) for one in said.blocks] == [("disputed", "anna"), ("blocked", "anna")]
    assert dunning.preview(opened(books_url, "2026-03-06"), Scope(customer="10")).excluded
