"""What is taken back leaves the books as they were, and no run books it again."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from recon.matching.world import way
from recon.model.matching import Proposal
from recon.service import collecting, confirming, listing, matching, undoing
from recon.service.answers import Refused
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.explaining import explain_line
from recon.service.importing import Source, import_sources
from recon.store.tables import allocations, collections, entries, holds, items, lines, log, mandates
from tests.books import dump, rows, sound, text_in
from tests.service.decided import balances, booked_on, codes_of, left_of, line_of, open_of
from tests.service.statements_text import Booked, mt940, returned

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-20"


def test_undo_of_one_share_of_a_split_leaves_the_others(books_at: BooksAt, opened: Opened) -> None:
    """One allocation is taken back; line and item get back just that much."""
    url = books_at("matched")
    context = opened(url, DAY)
    wanted = [Wanted("RE-2026-0804", 30000), Wanted("RE-2026-0806", 7380)]
    confirming.confirm(context, line_of(url, "1120A04"), wanted)
    entry = next(entry for entry in listing.list_allocations(context)
                 if entry.bank_ref == "1120A04" and entry.item == "RE-2026-0806")  # fmt: skip
    assert undoing.undo(context, allocation=entry.id) == 1
    assert left_of(url, "1120A04") == (20000, "partly")
    assert (open_of(url, "RE-2026-0804"), open_of(url, "RE-2026-0806")) == (66000, 7380)
    assert booked_on(context, "1120A04") == [
        ("RE-2026-0804", 30000, "payment", "booked"),
        ("RE-2026-0806", 7380, "payment", "reversed"),
        ("RE-2026-0806", -7380, "payment", "reversal"),
    ]
    sound(url)


@pytest.mark.parametrize("number", ["RE-2026-0820", "GU-2026-0041"])
def test_undo_of_a_share_that_the_others_need_takes_them_back_too(
    books_at: BooksAt, opened: Opened, number: str
) -> None:
    """A credit note was set off: without it the invoice would be more than the line, without the invoice it is none of
    the bank's money. Both go back."""
    url = books_at("imported")
    context = opened(url, DAY)
    before = balances(url)
    names = ("RE-2026-0820", "GU-2026-0041")
    confirming.confirm(context, line_of(url, "1120A05"), [Wanted(name, None) for name in names])
    assert {open_of(url, name) for name in names} == {0}
    entry = next(one for one in listing.list_allocations(context, number) if one.status == "booked")
    assert undoing.undo(context, allocation=entry.id) == 2
    assert balances(url) == before
    sound(url)


def test_undo_twice_is_refused(books_at: BooksAt, opened: Opened) -> None:
    """What was taken back is not there to be taken back; a reversal is not either."""
    url = books_at("matched")
    context = opened(url, DAY)
    assert undoing.undo(context, allocation="A1") == 1
    before = dump(url)
    newest = max(int(entry.id[1:]) for entry in listing.list_allocations(context))
    for name in ("A1", f"A{newest}", "A9999", "L1", ""):
        with pytest.raises(Refused) as no:
            undoing.undo(context, allocation=name)
        assert codes_of(no) == ["allocation-unknown"]
    assert dump(url) == before


def test_undo_of_a_run_leaves_the_balances_as_before(books_at: BooksAt, opened: Opened) -> None:
    """Everything the run booked is taken back; items and lines are as before the run. The next run books it again
    where the person has said so."""
    before, url = balances(books_at("imported")), books_at("matched")
    context = opened(url, DAY)
    after = balances(url)
    standing = rows(url, select(func.count()).select_from(allocations))[0][0]
    assert undoing.undo(context, run_name="M1", again=True) == standing
    now = balances(url)
    assert now["items"] == before["items"]
    assert [(line, left) for line, left, _ in now["lines"]] == [(line, left) for line, left, _ in before["lines"]]
    assert undoing.undo(context, run_name="M1") == 0
    sound(url)
    matching.match_all(context)
    assert balances(url) == after
    sound(url)


def test_undo_of_the_last_decision(books_at: BooksAt, opened: Opened) -> None:
    """First the confirmation, whole; then the run before it; then nothing is left."""
    url = books_at("matched")
    context = opened(url, DAY)
    before = balances(url)
    confirming.confirm(context, line_of(url, "1119A07"))
    assert undoing.undo(context, last=True) == 2
    assert balances(url)["items"] == before["items"]
    assert undoing.undo(context, last=True) > 2
    count = rows(url, select(func.count()).select_from(entries))
    assert undoing.undo(context, last=True) == 0
    assert rows(url, select(func.count()).select_from(entries)) == count
    sound(url)


def test_undo_of_nothing_named(books_at: BooksAt, opened: Opened) -> None:
    """An unknown run is refused."""
    url = books_at("matched")
    with pytest.raises(Refused) as no:
        undoing.undo(opened(url, DAY), run_name="M99")
    assert codes_of(no) == ["run-unknown"]


def test_undo_of_a_collection_puts_the_debit_back_on_its_way(books_at: BooksAt, opened: Opened) -> None:
    """The batch credit is taken back: the items are on their way again, as before the bank booked them."""
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    entry = next(entry for entry in listing.list_allocations(context)
                 if entry.kind == "collection" and entry.item == "RE-2026-0888")  # fmt: skip
    undoing.undo(context, allocation=entry.id)
    assert open_of(url, "RE-2026-0888") == 4900
    status = rows(url, select(collections.c.status).join(items).where(items.c.invoice_no == "RE-2026-0888"))
    assert status == [("exported",)]
    sound(url)


def test_undo_of_a_return_settles_the_item_again(books_at: BooksAt, opened: Opened) -> None:
    """The bank line of the return is open again, the debit counts as booked."""
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    back = [entry for entry in listing.list_allocations(context) if entry.bank_ref == "1124A02"]
    for entry in back:
        undoing.undo(context, allocation=entry.id)
    assert open_of(url, "RE-2026-0858") == 0
    assert left_of(url, "1124A02") == (-3980, "proposed")
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
            undoing.undo(context, allocation=entry.id)
    assert rows(url, query) == [("active",)]


TWICE = (
    "invoice_no;customer_no;amount;due_date;issue_date;branch;payment_method;mandate_id\n"
    "DD-1;10002;10,00;2026-11-24;2026-10-01;K01;direct_debit;M-10002-1\n"
    "DD-2;10002;20,00;2026-11-24;2026-10-01;K01;direct_debit;M-10002-1\n"
)


def _two_debits(url: str, opened: Opened, folder: Path, first: str, second: str, *, credited: bool = False) -> Context:
    """Two debits of one mandate that come back, one after the other, each with its reason; ``credited`` where the bank
    has booked what they brought before."""
    context = opened(url, DAY)
    text_in(context, items=TWICE)
    collecting.create(context, due_until=date(2026, 11, 25))
    collecting.export(context, folder)
    later = opened(url, "2026-11-26")
    query = select(items.c.invoice_no, collections.c.end_to_end_id, collections.c.amount).join(items)
    told = {row[0]: row[1:] for row in rows(url, query)}
    opening = 500_000
    if credited:
        came = [Booked(told[item][1], f"EREF+{told[item][0]}", day="2026-11-25") for item in ("DD-1", "DD-2")]
        credit = mt940(*came, opening=opening - sum(one.amount for one in came), day="2026-11-25", number="299")
        credit = credit.replace("166?00SEPA-GUTSCHRIFT", "171?00LASTSCHRIFT").replace("SVWZ+EREF+", "EREF+")
        import_sources(later, [Source("credit.sta", credit.encode())])
        matching.match_all(later)
    for number, (item, code) in enumerate((("DD-1", first), ("DD-2", second)), start=1):
        end_to_end, amount = told[item]
        statement = returned(amount, 300, end_to_end, opening=opening, code=code).replace("300/1", f"{300 + number}/1")
        opening -= amount + 300
        import_sources(later, [Source(f"{number}.sta", statement.encode())])
        line = f"L{rows(url, select(func.max(lines.c.id)))[0][0]}"
        matching.match_all(later)
        if left_of_line(url, line):
            confirming.confirm(later, line)
    return later


def left_of_line(url: str, line: str) -> int:
    """What is left of a line by its shown id."""
    return int(rows(url, select(lines.c.open_amount).where(lines.c.id == int(line[1:])))[0][0])


@pytest.mark.parametrize(
    ("codes", "steps"),
    [
        # MD01 blocks, MS03 leaves it alone: taking the second back changes nothing, the first gives it back.
        (("909", "914"), [("blocked", None), ("blocked", "DD-2"), ("active", "DD-1")]),
        (("909", "914"), [("blocked", None), ("active", "DD-1"), ("active", "DD-2")]),
        # Both block: it is free when neither stands.
        (("909", "909"), [("blocked", None), ("blocked", "DD-1"), ("active", "DD-2")]),
        # Two of MS03 suspend; one alone does not.
        (("914", "914"), [("suspended", None), ("active", "DD-1"), ("active", "DD-2")]),
        # Suspended by one, blocked by the other: what stands counts.
        (("902", "909"), [("blocked", None), ("suspended", "DD-2"), ("active", "DD-1")]),
    ],
)
def test_the_mandate_follows_the_returns_that_stand(
    books_at: BooksAt, opened: Opened, tmp_path: Path, codes: tuple[str, str], steps: list[tuple[str, str | None]]
) -> None:
    """Two returns of one mandate, taken back in either order: dispute, mandate and item are as if it had not come."""
    url = books_at("tables")
    context = _two_debits(url, opened, tmp_path, *codes)
    status = select(mandates.c.status).where(mandates.c.mandate_id == "M-10002-1")
    disputes = select(func.count()).select_from(holds).join(items).where(holds.c.lifted_on.is_(None))
    for expected, item in steps:
        for entry in reversed(listing.list_allocations(context, item) if item else []):
            if entry.kind == "return" and entry.status == "booked":
                undoing.undo(context, allocation=entry.id)
                assert rows(url, disputes.where(items.c.invoice_no == item)) == [(0,)]
        assert rows(url, status) == [(expected,)]
    sound(url)


def test_what_the_log_says_of_an_undo(books_at: BooksAt, opened: Opened) -> None:
    """The undo itself, the dispute lifted, the mandate given back: each with who, what, before and after."""
    url = books_at("returned")
    context = opened(url, "2026-11-25", actor="anna")
    for entry in listing.list_allocations(context):
        if entry.bank_ref == "1124A02" and entry.kind == "return":
            undoing.undo(context, allocation=entry.id)
            name = entry.id
    told = [(row.action, row.subject, row.actor, row.reason) for row in rows(url, select(log).order_by(log.c.id))][-3:]
    assert told == [
        ("unblock", "RE-2026-0858", "anna", "undo"), ("mandate", "M-10007-1", "anna", "undo"),
        ("undo", name, "anna", None),
    ]  # fmt: skip


def test_undo_of_a_collection_that_came_back(books_at: BooksAt, opened: Opened) -> None:
    """Taken back while its return stands, the item would be owed twice: the return must go first."""
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    entry = next(entry for entry in listing.list_allocations(context)
                 if entry.kind == "collection" and entry.item == "RE-2026-0858")  # fmt: skip
    before = dump(url)
    with pytest.raises(Refused):
        undoing.undo(context, allocation=entry.id)
    assert dump(url) == before
    assert open_of(url, "RE-2026-0858") == 3680


def test_undo_of_a_payment_after_its_invoice_was_paid_otherwise(books_at: BooksAt, opened: Opened) -> None:
    """Undo and confirm elsewhere: never more open than the item's amount, never more used than the line's."""
    url = books_at("matched")
    context = opened(url, DAY)
    first = next(entry for entry in listing.list_allocations(context) if entry.bank_ref == "1119A01")
    undoing.undo(context, allocation=first.id)
    confirming.confirm(context, line_of(url, "1119A01"), [Wanted("RE-2026-0805", None)])
    assert open_of(url, "RE-2026-0815") == 11900
    assert open_of(url, "RE-2026-0805") == 84560 - 11900
    undoing.undo(context, last=True)
    assert open_of(url, "RE-2026-0805") == 84560
    sound(url)


def test_what_was_taken_back_is_proposed_and_not_booked_again(books_at: BooksAt, opened: Opened) -> None:
    """Decision 0012: C3 is taken back; the next runs leave it to a person, say why, and he may confirm it after all."""
    url = books_at("matched")
    context = opened(url, DAY, actor="Erika Beispiel")
    entry = next(entry for entry in listing.list_allocations(context) if entry.bank_ref == "1119A01")
    assert entry.match_class == "C3"
    undoing.undo(context, allocation=entry.id)
    for _ in range(2):
        assert matching.match_all(context).booked == 0
        assert left_of(url, "1119A01") == (11900, "proposed")
    name = line_of(url, "1119A01")
    line = next(line for line in listing.list_lines(context) if line.id == name)
    assert line.proposals[0].match_class == "H5"
    assert "rejected-before" in [reason.rule for reason in line.proposals[0].evidence]
    told = explain_line(context, name, "RE-2026-0815").told("de")
    assert any("von Erika Beispiel" in text and "20.11.2026" in text for text in told)
    confirming.confirm(context, name)
    assert left_of(url, "1119A01") == (0, "matched")
    sound(url)


def _proposed(context: Context, bank_ref: str) -> list[Proposal]:
    return next(list(line.proposals) for line in listing.list_lines(context) if line.line.bank_ref == bank_ref)


@pytest.mark.parametrize("bank_ref", ["1119A07", "1119A09"])
def test_after_a_confirmation_was_taken_back_the_line_is_proposed_at_once(
    books_at: BooksAt, opened: Opened, bank_ref: str
) -> None:
    """No run is needed for the clerk to choose again: the same proposals in the same order, what he took back with a
    word about it; those of other lines stay as they are, and a run finds nothing to change."""
    url = books_at("matched")
    context = opened(url, DAY)
    before = {line.id: line for line in listing.list_lines(context)}
    mine = line_of(url, bank_ref)
    confirming.confirm(context, mine)
    undoing.undo(context, last=True)
    after = {line.id: line for line in listing.list_lines(context)}
    assert left_of(url, bank_ref)[1] == "proposed"
    assert [way(one.shares) for one in after[mine].proposals] == [way(one.shares) for one in before[mine].proposals]
    assert "rejected-before" in [reason.rule for reason in after[mine].proposals[0].evidence]
    assert {**after, mine: None} == {**before, mine: None}
    assert explain_line(context, mine).line == after[mine]
    confirming.confirm(context, mine)
    undoing.undo(context, last=True)
    assert matching.match_all(context).run is None
    sound(url)


def test_after_a_certain_match_was_taken_back_it_is_proposed_at_once(books_at: BooksAt, opened: Opened) -> None:
    """C3 comes back as H5, as the next run would say it; where it may be booked again, as C3, and the run books it."""
    url = books_at("matched")
    context = opened(url, DAY)
    for again, match_class, booked in ((True, "C3", 1), (False, "H5", 0)):
        entry = next(entry for entry in listing.list_allocations(context)
                     if entry.bank_ref == "1119A01" and entry.status == "booked")  # fmt: skip
        undoing.undo(context, allocation=entry.id, again=again)
        assert left_of(url, "1119A01") == (11900, "proposed")
        assert _proposed(context, "1119A01")[0].match_class == match_class
        sound(url)
        assert matching.match_all(context).booked == booked


def test_what_is_taken_back_of_a_split_is_proposed_for_the_rest(books_at: BooksAt, opened: Opened) -> None:
    """The rest of a line that stays booked in part."""
    url = books_at("matched")
    context = opened(url, DAY)
    wanted = [Wanted("RE-2026-0804", 30000), Wanted("RE-2026-0806", 7380)]
    confirming.confirm(context, line_of(url, "1120A04"), wanted)
    entry = next(entry for entry in listing.list_allocations(context)
                 if entry.bank_ref == "1120A04" and entry.item == "RE-2026-0804")  # fmt: skip
    undoing.undo(context, allocation=entry.id)
    left, state = left_of(url, "1120A04")
    assert state == "partly"
    assert _proposed(context, "1120A04")
    assert {sum(share.amount for share in one.shares) for one in _proposed(context, "1120A04")} == {left}
    sound(url)


def test_the_rest_of_a_line_that_is_confirmed_in_part_is_proposed_at_once(books_at: BooksAt, opened: Opened) -> None:
    """One of two invoices is booked by hand; what is left is a question, and has its answers."""
    url = books_at("matched")
    context = opened(url, DAY)
    confirming.confirm(context, line_of(url, "1119A09"), [Wanted("RE-2026-0818", 31800)])
    assert left_of(url, "1119A09") == (12745, "partly")
    [first, *_] = _proposed(context, "1119A09")
    assert [(share.invoice_no, share.amount) for share in first.shares] == [("RE-2026-0822", 12745)]
    sound(url)
    confirming.confirm(context, line_of(url, "1119A09"))
    assert left_of(url, "1119A09") == (0, "matched")
    assert _proposed(context, "1119A09") == []


def test_a_booked_line_tells_nothing_of_its_payer(books_at: BooksAt, opened: Opened) -> None:
    """Its own payment is no earlier one: why not another invoice is told as it was before it was booked."""
    url = books_at("matched")
    context = opened(url, DAY)
    before = explain_line(opened(books_at("imported"), DAY), line_of(url, "1119A03"), "RE-2026-0802").why_not
    after = explain_line(context, line_of(url, "1119A03"), "RE-2026-0802").why_not
    assert [reason.rule for reason in after] == ["why-line-used", *(reason.rule for reason in before)]


def test_a_dry_undo_proposes_nothing(books_at: BooksAt, opened: Opened) -> None:
    """It is tried and rolled back, proposals too; books that no run has looked at get none."""
    url = books_at("matched")
    before = dump(url)
    assert undoing.undo(opened(url, DAY, dry_run=True), allocation="A1") == 1
    assert dump(url) == before
    url = books_at("imported")
    context = opened(url, DAY)
    confirming.confirm(context, line_of(url, "1119A01"), [Wanted("RE-2026-0815", None)])
    undoing.undo(context, last=True)
    assert _proposed(context, "1119A01") == []
    assert left_of(url, "1119A01") == (11900, "unmatched")
    sound(url)


def test_a_run_that_was_taken_back_stays_so(books_at: BooksAt, opened: Opened) -> None:
    """Nothing of it is booked by the next run; payments, collections and returns alike are for people to confirm. An
    invoice that two lines had paid may go to the other one."""
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    for run_name in ("M2", "M1"):
        assert undoing.undo(context, run_name=run_name) > 0
    matching.match_all(context)
    assert booked_on(context, "1119A01")[-1][3] == "reversal"
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
    assert left_of(url, "X1") == (0, "matched")
    undoing.undo(context, last=True)
    text = mt940(Booked(10000, "RE-2026-0799", reference="X2"), opening=110_000, number="225")
    import_sources(context, [Source("y.sta", text.encode())])
    matching.match_all(context)
    assert (left_of(url, "X1")[0], left_of(url, "X2")[0]) == (10000, 0)
    sound(url)


def test_undo_of_a_return_that_came_before_its_collection_leaves_it_on_its_way(
    books_at: BooksAt, opened: Opened
) -> None:
    """The bank has not booked what the debits brought: the one that came back is on its way again, not booked."""
    url = books_at("exported")
    context = opened(url, "2026-11-25")
    debit = rows(url, select(collections).order_by(collections.c.id))[0]
    text = returned(debit.amount, 300, debit.end_to_end_id)
    [done] = import_sources(context, [Source("returned.sta", text.encode())], allow_gap="test")
    assert done.status == "imported", done.findings
    matching.match_all(context)
    entry = next(one for one in listing.list_allocations(context) if one.kind == "return")
    assert rows(url, select(collections.c.status).where(collections.c.id == debit.id)) == [("returned",)]
    undoing.undo(context, allocation=entry.id)
    assert rows(url, select(collections.c.status).where(collections.c.id == debit.id)) == [("exported",)]
    sound(url)


@pytest.mark.parametrize("credited", [False, True])
def test_undo_of_a_return_whose_claim_is_collected_again(
    books_at: BooksAt, opened: Opened, tmp_path: Path, *, credited: bool
) -> None:
    """Two debits of one claim would be on their way, or what the first has brought would pay a claim that is in the
    next one: refused with the batch to cancel, and possible after that."""
    url = books_at("tables")
    context = _two_debits(url, opened, tmp_path, "914", "914", credited=credited)
    back, other = (
        next(one.id for one in listing.list_allocations(context, item) if one.kind == "return")
        for item in ("DD-1", "DD-2")
    )
    undoing.undo(context, allocation=other)
    batch = str(collecting.create(context, due_until=date(2026, 12, 24)).batches[0].id)
    before = dump(url)
    with pytest.raises(Refused) as no:
        undoing.undo(context, allocation=back)
    assert [(one.code, dict(one.facts)) for one in no.value.findings] == [
        ("undo-collected-again", {"item": "DD-1", "batch": batch}),
    ]
    assert dump(url) == before
    collecting.cancel(context, batch)
    undoing.undo(context, allocation=back)
    query = select(collections.c.status).join(items).where(items.c.invoice_no == "DD-1").order_by(collections.c.id)
    assert rows(url, query) == [
        ("booked" if credited else "exported",), ("cancelled",),
    ]  # fmt: skip
    sound(url)
