"""Matching and what people decide about it: nothing is booked twice, what was rejected stays rejected, what is taken
back leaves the books as they were."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from recon.model.matching import AllocationKind, Band
from recon.service import confirming, listing, matching
from recon.service.answers import Refused
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.explaining import explain_line
from recon.service.importing import Source, import_sources
from recon.store.tables import allocations, collections, entries, items, lines, log, mandates, proposals
from tests.books import dump, rows, sound
from tests.service.statements_text import Booked, mt940

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-20"


def _line(url: str, bank_ref: str) -> str:
    query = select(lines.c.id).where(lines.c.bank_ref == bank_ref, lines.c.parent_id.is_(None))
    return f"L{rows(url, query)[0][0]}"


def _left(url: str, bank_ref: str) -> tuple[int, str]:
    row = rows(url, select(lines).where(lines.c.bank_ref == bank_ref, lines.c.parent_id.is_(None)))[0]
    return (row.open_amount, row.state)


def _open(url: str, invoice_no: str) -> int:
    return int(rows(url, select(items.c.open_amount).where(items.c.invoice_no == invoice_no))[0][0])


def _booked(context: Context, bank_ref: str) -> list[tuple[str | None, int, str, str]]:
    """Invoice, amount, kind and status of the allocations of a line."""
    return [(entry.item, entry.amount, entry.kind, entry.status) for entry in listing.list_allocations(context)
            if entry.bank_ref == bank_ref]  # fmt: skip


def _balances(url: str) -> dict[str, Any]:
    """What the books come to, whatever way they took: open amounts and states."""
    return {
        "items": rows(url, select(items.c.invoice_no, items.c.open_amount).order_by(items.c.id)),
        "lines": rows(url, select(lines.c.id, lines.c.open_amount, lines.c.state).order_by(lines.c.id)),
        "collections": rows(url, select(collections.c.id, collections.c.status).order_by(collections.c.id)),
    }


def _codes(no: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [finding.code for finding in no.value.findings]


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
    assert _left(url, "1119A01") == (11900, "proposed")
    sound(url)


def test_rejected_stays_rejected(books_at: BooksAt, opened: Opened) -> None:
    """Nothing of what a person said no to is proposed again, and nothing else is booked in its place."""
    url = books_at("matched")
    context = opened(url, DAY)
    name = _line(url, "1119A09")
    assert confirming.reject(context, name) >= 1
    before = dump(url)
    assert _left(url, "1119A09") == (44545, "unmatched")
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
    confirming.reject(context, _line(url, "1119A01"))
    setting_up.apply(context, company, "company.toml")
    matching.match_all(context)
    assert _left(url, "1119A01") == (11900, "unmatched")
    assert _open(url, "RE-2026-0815") == 11900
    assert _left(url, "1119A02") == (0, "matched")
    sound(url)


def test_a_proposal_is_confirmed_as_it_stands(books_at: BooksAt, opened: Opened) -> None:
    """H2: 970.20 and 19.80 discount in time; booked by a person, under the class it was proposed with."""
    url = books_at("matched")
    context = opened(url, DAY, actor="Erika Beispiel")
    done = confirming.confirm(context, _line(url, "1119A07"))
    assert (done.proposal.match_class, done.left) == ("H2", 0)
    assert _booked(context, "1119A07") == [
        ("RE-2026-0866", 97020, "payment", "booked"), ("RE-2026-0866", 1980, "discount", "booked"),
    ]  # fmt: skip
    entry = next(entry for entry in listing.list_allocations(context) if entry.bank_ref == "1119A07")
    assert (entry.by, entry.run, bool(entry.evidence)) == ("Erika Beispiel", None, True)
    assert _open(url, "RE-2026-0866") == 0
    sound(url)


def test_the_second_proposal_is_confirmed_by_its_rank(books_at: BooksAt, opened: Opened) -> None:
    """L2: two instalments have the amount; a person says which."""
    url = books_at("matched")
    context = opened(url, DAY)
    name = _line(url, "1120A06")
    second = next(line for line in listing.list_lines(context) if line.id == name).proposals[1]
    done = confirming.confirm(context, name, rank=2)
    assert done.proposal == second
    assert _open(url, str(second.shares[0].invoice_no)) == 0
    with pytest.raises(Refused) as no:
        confirming.confirm(context, name)
    assert _codes(no) == ["line-settled"]
    sound(url)


def test_a_rank_that_is_not_there(books_at: BooksAt, opened: Opened) -> None:
    """Refused with what there is; nothing written."""
    url = books_at("matched")
    before = dump(url)
    for bank_ref, rank in (("1119A07", 99), ("1119A07", 0), ("1119A13", 1)):
        with pytest.raises(Refused) as no:
            confirming.confirm(opened(url, DAY), _line(url, bank_ref), rank=rank)
        assert _codes(no) == ["proposal-missing"]
    assert dump(url) == before


def test_confirm_with_amounts_splits_a_line(books_at: BooksAt, opened: Opened) -> None:
    """500.00 of 1120A04: a part on each of two invoices; the rest of the line stays open."""
    url = books_at("matched")
    context = opened(url, DAY)
    done = confirming.confirm(
        context, _line(url, "1120A04"), [Wanted("RE-2026-0804", 30000), Wanted("RE-2026-0806", 7380)]
    )
    assert (done.left, done.currency) == (12620, "EUR")
    assert _left(url, "1120A04") == (12620, "partly")
    assert (_open(url, "RE-2026-0804"), _open(url, "RE-2026-0806")) == (66000, 0)
    done = confirming.confirm(context, _line(url, "1120A04"), [Wanted("RE-2026-0804", 12620)])
    assert done.left == 0
    assert _left(url, "1120A04") == (0, "matched")
    sound(url)


def test_confirm_without_amounts_takes_what_fits(books_at: BooksAt, opened: Opened) -> None:
    """Two invoices of one payment; and a payment smaller than the invoice."""
    url = books_at("matched")
    context = opened(url, DAY)
    confirming.confirm(context, _line(url, "1119A09"), [Wanted("RE-2026-0818", None), Wanted("RE-2026-0822", None)])
    assert (_open(url, "RE-2026-0818"), _open(url, "RE-2026-0822")) == (0, 0)
    confirming.confirm(context, _line(url, "1120A04"), [Wanted("RE-2026-0804", None)])
    assert _open(url, "RE-2026-0804") == 46000
    sound(url)


def test_confirm_invoice_less_credit_note(books_at: BooksAt, opened: Opened) -> None:
    """600.00 = 720.00 less 120.00; the credit note first, so that there is room for the invoice."""
    url = books_at("matched")
    context = opened(url, DAY)
    wanted = [Wanted("GU-2026-0041", None), Wanted("RE-2026-0820", None)]
    confirming.confirm(context, _line(url, "1120A05"), wanted)
    assert (_open(url, "RE-2026-0820"), _open(url, "GU-2026-0041")) == (0, 0)
    assert _left(url, "1120A05") == (0, "matched")
    sound(url)


def test_confirm_invoice_less_credit_note_in_the_order_of_the_letter(books_at: BooksAt, opened: Opened) -> None:
    """The same, the invoice named first as the customer wrote it."""
    url = books_at("matched")
    context = opened(url, DAY)
    wanted = [Wanted("RE-2026-0820", None), Wanted("GU-2026-0041", None)]
    confirming.confirm(context, _line(url, "1120A05"), wanted)
    assert (_open(url, "RE-2026-0820"), _open(url, "GU-2026-0041")) == (0, 0)
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
        confirming.confirm(opened(url, DAY), _line(url, bank_ref), wanted)
    assert _codes(no) == [code]
    assert dump(url) == before


@pytest.mark.parametrize("name", ["L9999", "x", "", "A1", "L1119A01"])
def test_a_line_that_is_not_there(books_at: BooksAt, opened: Opened, name: str) -> None:
    """Refused by confirm and by reject."""
    url = books_at("matched")
    context = opened(url, DAY)
    for decide in (confirming.confirm, confirming.reject):
        with pytest.raises(Refused) as no:
            decide(context, name)
        assert _codes(no) == ["line-unknown"]


def test_a_17_exactly_the_fee_is_fee_income(books_at: BooksAt, opened: Opened) -> None:
    """105.00 confirmed by hand for an invoice of 100.00 with a fee of 5.00 on its last notice."""
    url = books_at("imported")
    context = opened(url, DAY)
    confirming.confirm(context, _line(url, "1119A06"), [Wanted("RE-2026-0799", None)])
    assert _booked(context, "1119A06") == [
        ("RE-2026-0799", 10000, "payment", "booked"), ("RE-2026-0799", 500, "dunning_fee", "booked"),
    ]  # fmt: skip
    assert _open(url, "RE-2026-0799") == 0
    sound(url)


def test_a_17_the_fee_is_income_once(books_at: BooksAt, opened: Opened) -> None:
    """The fee of a notice that was paid is not there for the next 5.00."""
    url = books_at("imported")
    context = opened(url, DAY)
    confirming.confirm(context, _line(url, "1119A06"), [Wanted("RE-2026-0799", 10000)])
    confirming.confirm(context, _line(url, "1119A06"), [Wanted("RE-2026-0798", 500)])
    assert _open(url, "RE-2026-0798") == 8740
    sound(url)


@pytest.mark.parametrize(("paid", "over"), [(10499, 499), (10501, 501), (10001, 1), (20000, 10000)])
def test_a_18_a_cent_beside_the_fee_is_an_overpayment(books_at: BooksAt, opened: Opened, paid: int, over: int) -> None:
    """100.00 open and a fee of 5.00: no fee income, the rest stays with the customer, flagged for the tax adviser."""
    url = books_at("reminded")
    context = opened(url, DAY)
    import_sources(context, [Source("x.sta", mt940(Booked(paid, "Brille", reference="X1")).encode())])
    confirming.confirm(context, _line(url, "X1"), [Wanted("RE-2026-0799", None)])
    assert _booked(context, "X1") == [
        ("RE-2026-0799", 10000, "payment", "booked"), (None, over, "overpayment", "booked"),
    ]  # fmt: skip
    flags = [entry.flags for entry in listing.list_allocations(context) if entry.kind == "overpayment"]
    assert flags == [("manual_booking",)]
    listed = {entry.item.invoice_no: entry.flags for entry in listing.list_items(context)}
    assert listed["RE-2026-0799"] == ("manual_booking",)
    sound(url)


def test_undo_of_one_share_of_a_split_leaves_the_others(books_at: BooksAt, opened: Opened) -> None:
    """One allocation is taken back; line and item get back just that much."""
    url = books_at("matched")
    context = opened(url, DAY)
    wanted = [Wanted("RE-2026-0804", 30000), Wanted("RE-2026-0806", 7380)]
    confirming.confirm(context, _line(url, "1120A04"), wanted)
    entry = next(entry for entry in listing.list_allocations(context)
                 if entry.bank_ref == "1120A04" and entry.item == "RE-2026-0806")  # fmt: skip
    assert confirming.undo(context, allocation=entry.id) == 1
    assert _left(url, "1120A04") == (20000, "partly")
    assert (_open(url, "RE-2026-0804"), _open(url, "RE-2026-0806")) == (66000, 7380)
    assert _booked(context, "1120A04") == [
        ("RE-2026-0804", 30000, "payment", "booked"),
        ("RE-2026-0806", 7380, "payment", "reversed"),
        ("RE-2026-0806", -7380, "payment", "reversal"),
    ]
    sound(url)


def test_undo_twice_is_refused(books_at: BooksAt, opened: Opened) -> None:
    """What was taken back is not there to be taken back; a reversal is not either."""
    url = books_at("matched")
    context = opened(url, DAY)
    assert confirming.undo(context, allocation="A1") == 1
    before = dump(url)
    newest = max(int(entry.id[1:]) for entry in listing.list_allocations(context))
    for name in ("A1", f"A{newest}", "A9999", "L1", ""):
        with pytest.raises(Refused) as no:
            confirming.undo(context, allocation=name)
        assert _codes(no) == ["allocation-unknown"]
    assert dump(url) == before


def test_undo_of_a_run_leaves_the_balances_as_before(books_at: BooksAt, opened: Opened) -> None:
    """Everything the run booked is taken back; items and lines are as before the run. The next run books it again
    where the person has said so."""
    before, url = _balances(books_at("imported")), books_at("matched")
    context = opened(url, DAY)
    after = _balances(url)
    standing = rows(url, select(func.count()).select_from(allocations))[0][0]
    assert confirming.undo(context, run_name="M1", again=True) == standing
    now = _balances(url)
    assert now["items"] == before["items"]
    assert [(line, left) for line, left, _ in now["lines"]] == [(line, left) for line, left, _ in before["lines"]]
    assert confirming.undo(context, run_name="M1") == 0
    sound(url)
    matching.match_all(context)
    assert _balances(url) == after
    sound(url)


def test_undo_of_the_last_decision(books_at: BooksAt, opened: Opened) -> None:
    """First the confirmation, whole; then the run before it; then nothing is left."""
    url = books_at("matched")
    context = opened(url, DAY)
    before = _balances(url)
    confirming.confirm(context, _line(url, "1119A07"))
    assert confirming.undo(context, last=True) == 2
    assert _balances(url)["items"] == before["items"]
    assert confirming.undo(context, last=True) > 2
    count = rows(url, select(func.count()).select_from(entries))
    assert confirming.undo(context, last=True) == 0
    assert rows(url, select(func.count()).select_from(entries)) == count
    sound(url)


def test_undo_of_nothing_named(books_at: BooksAt, opened: Opened) -> None:
    """An unknown run is refused."""
    url = books_at("matched")
    with pytest.raises(Refused) as no:
        confirming.undo(opened(url, DAY), run_name="M99")
    assert _codes(no) == ["run-unknown"]


def test_undo_of_a_collection_puts_the_debit_back_on_its_way(books_at: BooksAt, opened: Opened) -> None:
    """The batch credit is taken back: the items are on their way again, as before the bank booked them."""
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    entry = next(entry for entry in listing.list_allocations(context)
                 if entry.kind == "collection" and entry.item == "RE-2026-0888")  # fmt: skip
    confirming.undo(context, allocation=entry.id)
    assert _open(url, "RE-2026-0888") == 4900
    status = rows(url, select(collections.c.status).join(items).where(items.c.invoice_no == "RE-2026-0888"))
    assert status == [("exported",)]
    sound(url)


def test_undo_of_a_return_settles_the_item_again(books_at: BooksAt, opened: Opened) -> None:
    """The bank line of the return is open again, the debit counts as booked."""
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    back = [entry for entry in listing.list_allocations(context) if entry.bank_ref == "1124A02"]
    for entry in back:
        confirming.undo(context, allocation=entry.id)
    assert _open(url, "RE-2026-0858") == 0
    assert _left(url, "1124A02") == (-3980, "unmatched")
    query = select(collections.c.status).join(items).where(items.c.invoice_no == "RE-2026-0858")
    assert rows(url, query) == [("booked",)]
    sound(url)


def test_undo_of_a_return_gives_the_mandate_back(books_at: BooksAt, opened: Opened) -> None:
    """The return had blocked the mandate; it was no return of ours, so the mandate is as it was."""
    url = books_at("returned")
    query = select(mandates.c.status).where(mandates.c.mandate_id == "M-10007-1")
    assert rows(url, query) == [("blocked",)]
    context = opened(url, "2026-11-25")
    for entry in listing.list_allocations(context):
        if entry.bank_ref == "1124A02":
            confirming.undo(context, allocation=entry.id)
    assert rows(url, query) == [("active",)]


def test_undo_of_a_collection_that_came_back(books_at: BooksAt, opened: Opened) -> None:
    """Taken back while its return stands, the item would be owed twice: the return must go first."""
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    entry = next(entry for entry in listing.list_allocations(context)
                 if entry.kind == "collection" and entry.item == "RE-2026-0858")  # fmt: skip
    before = dump(url)
    with pytest.raises(Refused):
        confirming.undo(context, allocation=entry.id)
    assert dump(url) == before
    assert _open(url, "RE-2026-0858") == 3680


def test_undo_of_a_payment_after_its_invoice_was_paid_otherwise(books_at: BooksAt, opened: Opened) -> None:
    """Undo and confirm elsewhere: never more open than the item's amount, never more used than the line's."""
    url = books_at("matched")
    context = opened(url, DAY)
    first = next(entry for entry in listing.list_allocations(context) if entry.bank_ref == "1119A01")
    confirming.undo(context, allocation=first.id)
    confirming.confirm(context, _line(url, "1119A01"), [Wanted("RE-2026-0805", None)])
    assert _open(url, "RE-2026-0815") == 11900
    assert _open(url, "RE-2026-0805") == 84560 - 11900
    confirming.undo(context, last=True)
    assert _open(url, "RE-2026-0805") == 84560
    sound(url)


def test_every_decision_stands_in_the_log(books_at: BooksAt, opened: Opened) -> None:
    """Who, when, what: confirm, reject, undo."""
    url = books_at("matched")
    context = opened(url, "2026-11-21", actor="Erika Beispiel")
    confirming.confirm(context, _line(url, "1119A07"))
    confirming.reject(context, _line(url, "1119A09"))
    confirming.undo(context, last=True)
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


def test_what_was_taken_back_is_proposed_and_not_booked_again(books_at: BooksAt, opened: Opened) -> None:
    """Decision 0012: C3 is taken back; the next runs leave it to a person, say why, and he may confirm it after all."""
    url = books_at("matched")
    context = opened(url, DAY, actor="Erika Beispiel")
    entry = next(entry for entry in listing.list_allocations(context) if entry.bank_ref == "1119A01")
    assert entry.match_class == "C3"
    confirming.undo(context, allocation=entry.id)
    for _ in range(2):
        assert matching.match_all(context).booked == 0
        assert _left(url, "1119A01") == (11900, "proposed")
    name = _line(url, "1119A01")
    line = next(line for line in listing.list_lines(context) if line.id == name)
    assert line.proposals[0].match_class == "H5"
    assert "rejected-before" in [reason.rule for reason in line.proposals[0].evidence]
    told = explain_line(context, name, "RE-2026-0815").told("de")
    assert any("von Erika Beispiel" in text and "20.11.2026" in text for text in told)
    confirming.confirm(context, name)
    assert _left(url, "1119A01") == (0, "matched")
    sound(url)


def test_a_run_that_was_taken_back_stays_so(books_at: BooksAt, opened: Opened) -> None:
    """Nothing of it is booked by the next run; payments, collections and returns alike are for people to confirm. An
    invoice that two lines had paid may go to the other one."""
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    for run_name in ("M2", "M1"):
        assert confirming.undo(context, run_name=run_name) > 0
    matching.match_all(context)
    assert _booked(context, "1119A01")[-1][3] == "reversal"
    standing = [entry for entry in listing.list_allocations(context) if entry.status == "booked"]
    back = {(entry.line, entry.item) for entry in listing.list_allocations(context) if entry.status == "reversed"}
    assert [(entry.line, entry.item) for entry in standing if (entry.line, entry.item) in back] == []
    assert len(back) > len(standing)
    sound(url)


def test_what_was_taken_back_from_one_line_is_free_for_another(books_at: BooksAt, opened: Opened) -> None:
    """The invoice was paid by the other of two lines."""
    url = books_at("reminded")
    context = opened(url, DAY)
    import_sources(context, [Source("x.sta", mt940(Booked(10000, "RE-2026-0799", reference="X1")).encode())])
    matching.match_all(context)
    assert _left(url, "X1") == (0, "matched")
    confirming.undo(context, last=True)
    text = mt940(Booked(10000, "RE-2026-0799", reference="X2"), opening=110_000, number="225")
    import_sources(context, [Source("y.sta", text.encode())])
    matching.match_all(context)
    assert (_left(url, "X1")[0], _left(url, "X2")[0]) == (10000, 0)
    sound(url)


def test_no_run_touches_a_line_that_a_person_has_begun(books_at: BooksAt, opened: Opened) -> None:
    """A part confirmed by hand; the rest is exactly an invoice that the line names, and is still asked."""
    url = books_at("reminded")
    context = opened(url, DAY)
    paid = Booked(10000 + 7380, "RE-2026-0806 und noch etwas", reference="X1")
    import_sources(context, [Source("x.sta", mt940(paid).encode())])
    confirming.confirm(context, _line(url, "X1"), [Wanted("RE-2026-0799", 10000)])
    assert matching.match_all(context).booked == 0
    assert _left(url, "X1") == (7380, "partly")
    sound(url)
