"""Matching and what people decide about it: nothing is booked twice, and what was rejected stays rejected."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import func, select

from recon.model.matching import AllocationKind, Band
from recon.service import confirming, listing, matching, undoing
from recon.service.answers import Refused
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.importing import Source, import_sources
from recon.store.tables import allocations, log, proposals
from tests.books import dump, rows, sound
from tests.service.decided import booked_on, codes_of, left_of, line_of, open_of
from tests.service.statements_text import Booked, mt940

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-20"


def test_matching_again_changes_nothing(books_at: BooksAt, opened: Opened) -> None:
    """No run without news: nothing booked, nothing proposed anew, no record."""
    for stage in ("matched", "returned"):
        url = books_at(stage)
        before = dump(url)
        result = matching.match_all(opened(url, "2026-11-25"))
        assert (result.run, result.booked) == (None, 0)
        assert result.lines == result.open_lines[0] > 0
        assert dump(url) == before


def test_a_run_on_books_without_lines(books_at: BooksAt, opened: Opened) -> None:
    """Nothing to do is done."""
    url = books_at("reminded")
    before = dump(url)
    result = matching.match_all(opened(url, DAY))
    assert (result.run, result.lines, result.booked, result.open_lines) == (None, 0, 0, (0, 0))
    assert dump(url) == before


def test_a_dry_run_says_the_same_and_writes_nothing(books_at: BooksAt, opened: Opened) -> None:
    """``--dry-run``."""
    url = books_at("imported")
    before = dump(url)
    told = matching.match_all(opened(url, DAY, dry_run=True))
    assert dump(url) == before
    assert told == matching.match_all(opened(url, DAY))


def test_auto_none_books_nothing(books_at: BooksAt, opened: Opened) -> None:
    """``matching.auto = "none"``: everything is proposed."""
    from recon.service import setting_up
    from tests.books import FIXTURES

    url = books_at("imported")
    context = opened(url, DAY)
    company = (FIXTURES / "company.toml").read_bytes().replace(b'auto = "certain"', b'auto = "none"')
    setting_up.apply(context, company, "company.toml")
    result = matching.match_all(context)
    assert result.booked == 0
    assert result.bands[Band.CERTAIN] > 0
    assert rows(url, select(func.count()).select_from(allocations)) == [(0,)]
    assert left_of(url, "1119A01") == (11900, "proposed")
    sound(url)


def test_rejected_stays_rejected(books_at: BooksAt, opened: Opened) -> None:
    """Nothing of what a person said no to is proposed again, and nothing else is booked in its place."""
    url = books_at("matched")
    context = opened(url, DAY)
    name = line_of(url, "1119A09")
    assert confirming.reject(context, name) >= 1
    before = dump(url)
    assert left_of(url, "1119A09") == (44545, "unmatched")
    assert rows(url, select(proposals).where(proposals.c.line_id == int(name[1:]))) == []
    result = matching.match_all(context)
    assert (result.run, result.booked) == (None, 0)
    assert confirming.reject(context, name) == 0
    assert dump(url) == before
    sound(url)


def test_what_was_certain_and_is_rejected_is_not_booked(books_at: BooksAt, opened: Opened) -> None:
    """Booked, taken back, rejected: the next run leaves it alone."""
    from recon.service import setting_up
    from tests.books import FIXTURES

    url = books_at("imported")
    context = opened(url, DAY)
    company = (FIXTURES / "company.toml").read_bytes()
    setting_up.apply(context, company.replace(b'auto = "certain"', b'auto = "none"'), "company.toml")
    matching.match_all(context)
    confirming.reject(context, line_of(url, "1119A01"))
    setting_up.apply(context, company, "company.toml")
    matching.match_all(context)
    assert left_of(url, "1119A01") == (11900, "unmatched")
    assert open_of(url, "RE-2026-0815") == 11900
    assert left_of(url, "1119A02") == (0, "matched")
    sound(url)


def test_a_proposal_is_confirmed_as_it_stands(books_at: BooksAt, opened: Opened) -> None:
    """H2: 970.20 and 19.80 discount in time; booked by a person, under the class it was proposed with."""
    url = books_at("matched")
    context = opened(url, DAY, actor="Erika Beispiel")
    done = confirming.confirm(context, line_of(url, "1119A07"))
    assert (done.proposal.match_class, done.left) == ("H2", 0)
    assert booked_on(context, "1119A07") == [
        ("RE-2026-0866", 97020, "payment", "booked"), ("RE-2026-0866", 1980, "discount", "booked"),
    ]  # fmt: skip
    entry = next(entry for entry in listing.list_allocations(context) if entry.bank_ref == "1119A07")
    assert (entry.by, entry.run, bool(entry.evidence)) == ("Erika Beispiel", None, True)
    assert open_of(url, "RE-2026-0866") == 0
    sound(url)


def test_the_second_proposal_is_confirmed_by_its_rank(books_at: BooksAt, opened: Opened) -> None:
    """L2: two instalments have the amount; a person says which."""
    url = books_at("matched")
    context = opened(url, DAY)
    name = line_of(url, "1120A06")
    second = next(line for line in listing.list_lines(context) if line.id == name).proposals[1]
    done = confirming.confirm(context, name, rank=2)
    assert done.proposal == second
    assert open_of(url, str(second.shares[0].invoice_no)) == 0
    with pytest.raises(Refused) as no:
        confirming.confirm(context, name)
    assert codes_of(no) == ["line-settled"]
    sound(url)


def test_a_rank_that_is_not_there(books_at: BooksAt, opened: Opened) -> None:
    """Refused with what there is; nothing written."""
    url = books_at("matched")
    before = dump(url)
    for bank_ref, rank in (("1119A07", 99), ("1119A07", 0), ("1119A13", 1)):
        with pytest.raises(Refused) as no:
            confirming.confirm(opened(url, DAY), line_of(url, bank_ref), rank=rank)
        assert codes_of(no) == ["proposal-missing"]
    assert dump(url) == before


def test_confirm_with_amounts_splits_a_line(books_at: BooksAt, opened: Opened) -> None:
    """500.00 of 1120A04: a part on each of two invoices; the rest of the line stays open."""
    url = books_at("matched")
    context = opened(url, DAY)
    done = confirming.confirm(
        context, line_of(url, "1120A04"), [Wanted("RE-2026-0804", 30000), Wanted("RE-2026-0806", 7380)]
    )
    assert (done.left, done.currency) == (12620, "EUR")
    assert left_of(url, "1120A04") == (12620, "partly")
    assert (open_of(url, "RE-2026-0804"), open_of(url, "RE-2026-0806")) == (66000, 0)
    done = confirming.confirm(context, line_of(url, "1120A04"), [Wanted("RE-2026-0804", 12620)])
    assert done.left == 0
    assert left_of(url, "1120A04") == (0, "matched")
    sound(url)


def test_confirm_without_amounts_takes_what_fits(books_at: BooksAt, opened: Opened) -> None:
    """Two invoices of one payment; and a payment smaller than the invoice."""
    url = books_at("matched")
    context = opened(url, DAY)
    confirming.confirm(context, line_of(url, "1119A09"), [Wanted("RE-2026-0818", None), Wanted("RE-2026-0822", None)])
    assert (open_of(url, "RE-2026-0818"), open_of(url, "RE-2026-0822")) == (0, 0)
    confirming.confirm(context, line_of(url, "1120A04"), [Wanted("RE-2026-0804", None)])
    assert open_of(url, "RE-2026-0804") == 46000
    sound(url)


def test_confirm_invoice_less_credit_note(books_at: BooksAt, opened: Opened) -> None:
    """600.00 = 720.00 less 120.00; the credit note first, so that there is room for the invoice."""
    url = books_at("matched")
    context = opened(url, DAY)
    wanted = [Wanted("GU-2026-0041", None), Wanted("RE-2026-0820", None)]
    confirming.confirm(context, line_of(url, "1120A05"), wanted)
    assert (open_of(url, "RE-2026-0820"), open_of(url, "GU-2026-0041")) == (0, 0)
    assert left_of(url, "1120A05") == (0, "matched")
    sound(url)


def test_confirm_invoice_less_credit_note_in_the_order_of_the_letter(books_at: BooksAt, opened: Opened) -> None:
    """The same, the invoice named first as the customer wrote it."""
    url = books_at("matched")
    context = opened(url, DAY)
    wanted = [Wanted("RE-2026-0820", None), Wanted("GU-2026-0041", None)]
    confirming.confirm(context, line_of(url, "1120A05"), wanted)
    assert (open_of(url, "RE-2026-0820"), open_of(url, "GU-2026-0041")) == (0, 0)
    sound(url)


@pytest.mark.parametrize(
    ("bank_ref", "wanted", "code"),
    [
        ("1120A04", [Wanted("RE-2026-0804", 50001)], "allocation-too-large"),
        ("1120A04", [Wanted("RE-2026-0804", 30000), Wanted("RE-2026-0801", 20001)], "allocation-too-large"),
        ("1120A04", [Wanted("RE-2026-0806", 7381)], "item-too-small"),
        ("1120A04", [Wanted("RE-2026-0806", 7380), Wanted("RE-2026-0806", 1)], "item-too-small"),
        ("1120A04", [Wanted("RE-2026-0815", 100)], "item-too-small"),
        ("1120A04", [Wanted("RE-2026-0804", 0)], "allocation-too-large"),
        ("1120A04", [Wanted("RE-2026-0804", -100)], "allocation-too-large"),
        ("1119A13", [Wanted("RE-2026-0804", 100)], "allocation-too-large"),
        ("1120A04", [Wanted("RE-9", None)], "item-unknown"),
    ],
    ids=["more than the line", "together more than the line", "more than the item", "twice the same item",
         "a closed item", "nothing", "negative", "money going out", "no such invoice"],
)  # fmt: skip
def test_over_allocation_is_refused(
    books_at: BooksAt, opened: Opened, bank_ref: str, wanted: list[Wanted], code: str
) -> None:
    """Σ ≤ line and Σ ≤ item; refused as a whole."""
    url = books_at("matched")
    before = dump(url)
    with pytest.raises(Refused) as no:
        confirming.confirm(opened(url, DAY), line_of(url, bank_ref), wanted)
    assert codes_of(no) == [code]
    assert dump(url) == before


@pytest.mark.parametrize("name", ["L9999", "x", "", "A1", "L1119A01"])
def test_a_line_that_is_not_there(books_at: BooksAt, opened: Opened, name: str) -> None:
    """Refused by confirm and by reject."""
    url = books_at("matched")
    context = opened(url, DAY)
    for decide in (confirming.confirm, confirming.reject):
        with pytest.raises(Refused) as no:
            decide(context, name)
        assert codes_of(no) == ["line-unknown"]


def test_a_17_exactly_the_fee_is_fee_income(books_at: BooksAt, opened: Opened) -> None:
    """105.00 confirmed by hand for an invoice of 100.00 with a fee of 5.00 on its last notice."""
    url = books_at("imported")
    context = opened(url, DAY)
    confirming.confirm(context, line_of(url, "1119A06"), [Wanted("RE-2026-0799", None)])
    assert booked_on(context, "1119A06") == [
        ("RE-2026-0799", 10000, "payment", "booked"), ("RE-2026-0799", 500, "dunning_fee", "booked"),
    ]  # fmt: skip
    assert open_of(url, "RE-2026-0799") == 0
    sound(url)


def test_a_17_the_fee_is_income_once(books_at: BooksAt, opened: Opened) -> None:
    """The fee of a notice that was paid is not there for the next 5.00."""
    url = books_at("imported")
    context = opened(url, DAY)
    confirming.confirm(context, line_of(url, "1119A06"), [Wanted("RE-2026-0799", 10000)])
    confirming.confirm(context, line_of(url, "1119A06"), [Wanted("RE-2026-0798", 500)])
    assert open_of(url, "RE-2026-0798") == 8740
    sound(url)


@pytest.mark.parametrize(("paid", "over"), [(10499, 499), (10501, 501), (10001, 1), (20000, 10000)])
def test_a_18_a_cent_beside_the_fee_is_an_overpayment(books_at: BooksAt, opened: Opened, paid: int, over: int) -> None:
    """100.00 open and a fee of 5.00: no fee income, the rest stays with the customer, flagged for the tax adviser."""
    url = books_at("reminded")
    context = opened(url, DAY)
    import_sources(context, [Source("x.sta", mt940(Booked(paid, "Brille", reference="X1")).encode())])
    confirming.confirm(context, line_of(url, "X1"), [Wanted("RE-2026-0799", None)])
    assert booked_on(context, "X1") == [
        ("RE-2026-0799", 10000, "payment", "booked"), (None, over, "overpayment", "booked"),
    ]  # fmt: skip
    flags = [entry.flags for entry in listing.list_allocations(context) if entry.kind == "overpayment"]
    assert flags == [("manual_booking",)]
    listed = {entry.item.invoice_no: entry.flags for entry in listing.list_items(context)}
    assert listed["RE-2026-0799"] == ("manual_booking",)
    sound(url)


def test_every_decision_stands_in_the_log(books_at: BooksAt, opened: Opened) -> None:
    """Who, when, what: confirm, reject, undo."""
    url = books_at("matched")
    context = opened(url, "2026-11-21", actor="Erika Beispiel")
    confirming.confirm(context, line_of(url, "1119A07"))
    confirming.reject(context, line_of(url, "1119A09"))
    undoing.undo(context, last=True)
    told = rows(url, select(log.c.action, log.c.actor, log.c.as_of).order_by(log.c.id.desc()).limit(3))
    day = date(2026, 11, 21)
    assert [tuple(row) for row in told] == [
        ("undo", "Erika Beispiel", day), ("reject", "Erika Beispiel", day), ("confirm", "Erika Beispiel", day),
    ]  # fmt: skip
    sound(url)


def test_the_open_lines_are_what_is_left(books_at: BooksAt, opened: Opened) -> None:
    """The lists say what the run said."""
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    result = matching.match_all(context)
    left = [line for line in listing.list_lines(context) if line.open]
    assert result.open_lines == (len(left), sum(line.open for line in left))
    kinds = {entry.kind for entry in listing.list_allocations(context)}
    assert {kind.value for kind in (AllocationKind.COLLECTION, AllocationKind.RETURN, AllocationKind.PAYMENT)} <= kinds


def test_no_run_touches_a_line_that_a_person_has_begun(books_at: BooksAt, opened: Opened) -> None:
    """A part confirmed by hand; the rest is exactly an invoice that the line names, and is still asked."""
    url = books_at("reminded")
    context = opened(url, DAY)
    paid = Booked(10000 + 7380, "RE-2026-0806 und noch etwas", reference="X1")
    import_sources(context, [Source("x.sta", mt940(paid).encode())])
    confirming.confirm(context, line_of(url, "X1"), [Wanted("RE-2026-0799", 10000)])
    assert matching.match_all(context).booked == 0
    assert left_of(url, "X1") == (7380, "partly")
    sound(url)
