"""Direct debits in the books: a debit is sent once, its bytes never change, and taking a batch back frees its items
(promise 7)."""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from recon.service import collecting, confirming, dunning, listing, matching, setting_up, undoing
from recon.service.answers import Exit, Refused
from recon.service.collecting import CollectResult
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.importing import Source, import_sources
from recon.service.returning import list_returns
from recon.store.log import record
from recon.store.tables import allocations, batches, collections, item_parts, items, lines, postings
from recon.texts import catalogue
from tests.books import ARCHIVE, BANK, FIXTURES, bring_in, dump, rows, sound, text_in
from tests.service.decided import codes_of
from tests.service.statements_text import returned

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-20"
UNTIL = date(2026, 11, 25)


def _create(context: Context, **more: Any) -> CollectResult:
    return collecting.create(context, **{"due_until": UNTIL, **more})


def _statuses(url: str) -> dict[str, int]:
    query = select(collections.c.status, func.count()).group_by(collections.c.status)
    return dict(rows(url, query))


def _item(context: Context, invoice_no: str) -> Any:
    return next(entry.item for entry in listing.list_items(context) if entry.item.invoice_no == invoice_no)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _mark_paid(context: Context) -> None:
    company = (FIXTURES / "company.toml").read_bytes()
    changed = company.replace(b'on_export = "in_collection"', b'on_export = "mark_paid"')
    assert changed != company
    setting_up.apply(context, changed, "company.toml")


def _balance(url: str, role: str) -> int:
    return int(rows(url, select(func.coalesce(func.sum(postings.c.amount), 0)).where(postings.c.role == role))[0][0])


def test_a_preview_writes_nothing_and_says_what_create_does(books_at: BooksAt, opened: Opened) -> None:
    """Same batches, blocks and sums, same exclusions."""
    url = books_at("matched")
    context = opened(url, DAY)
    before = dump(url)
    told = collecting.preview(context, due_until=UNTIL)
    assert dump(url) == before
    dry = collecting.create(opened(url, DAY, dry_run=True), due_until=UNTIL)
    assert dump(url) == before
    done = _create(context)
    assert (told.excluded, told.due) == (done.excluded, done.due) == (dry.excluded, dry.due)
    assert [(one.branch, one.scheme, one.count, one.sum) for one in told.batches] == [
        (one.branch, one.scheme, one.count, one.sum) for one in done.batches
    ]
    assert [one.sha256 for one in dry.batches] == [one.sha256 for one in done.batches]
    assert done.due[0] == len(done.excluded) + sum(one.count for one in done.batches)
    assert done.due[1] == sum(entry.claim.amount for entry in done.excluded) + sum(one.sum for one in done.batches)
    sound(url)


def test_created_again_collects_nothing(books_at: BooksAt, opened: Opened) -> None:
    """What is in a batch is excluded with that batch's name; no empty batch is made."""
    for stage in ("created", "exported"):
        url = books_at(stage)
        before = dump(url)
        again = _create(opened(url, DAY))
        assert again.batches == ()
        held = [entry for entry in again.excluded if entry.reason == "already_exported"]
        assert len(held) == 35
        assert {dict(entry.facts)["batch"] for entry in held} == {"B1", "B2", "B3", "B4"}
        assert dump(url) == before


def test_export_twice_gives_the_same_bytes(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Into the same folder and into another, today and a week later; the books change once."""
    url = books_at("created")
    kept = {row.file_name: (row.sha256, bytes(row.content)) for row in rows(url, select(batches))}
    first = collecting.export(opened(url, DAY), tmp_path / "one")
    after = dump(url)
    assert {one.status for one in first.batches} == {"exported"}
    for folder, day in ((tmp_path / "one", DAY), (tmp_path / "deep" / "two", "2026-11-27")):
        again = collecting.export(opened(url, day), folder)
        assert again.batches == first.batches
        assert dump(url) == after
        found = _files(folder)
        assert found == {name: content for name, (_, content) in kept.items()}
        assert all(hashlib.sha256(content).hexdigest() == kept[name][0] for name, content in found.items())
    assert _statuses(url) == {"exported": 35}
    sound(url)


def test_export_writes_over_a_file_that_was_cut_off(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Half a file of an earlier attempt is replaced; nothing else in the folder is touched."""
    url = books_at("created")
    name = rows(url, select(batches.c.file_name).order_by(batches.c.id))[0][0]
    (tmp_path / name).write_bytes(b"<?xml")
    (tmp_path / "mine.txt").write_text("mine")
    collecting.export(opened(url, DAY), tmp_path)
    assert (tmp_path / name).read_bytes() == rows(url, select(batches.c.content).where(batches.c.file_name == name))[0][
        0
    ]
    assert len(_files(tmp_path)) == 5


def test_a_dry_export_writes_neither_books_nor_files(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """``--dry-run``."""
    url = books_at("created")
    before = dump(url)
    told = collecting.export(opened(url, DAY, dry_run=True), tmp_path / "out")
    assert len(told.batches) == 4
    assert dump(url) == before
    assert not (tmp_path / "out").exists()


def test_bytes_that_changed_in_the_books_are_not_exported(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """The hash is looked at before a file goes out."""
    url = books_at("created")
    context = opened(url, DAY)
    with context.books.engine.begin() as connection:
        connection.execute(update(batches).where(batches.c.id == 2).values(content=b"<Document/>"))
        record(connection, context.stamp, "test", "B2")
    with pytest.raises(Refused) as no:
        collecting.export(context, tmp_path / "out", ["B2"])
    assert codes_of(no) == ["batch-damaged"]
    assert not (tmp_path / "out").exists()


def test_one_batch_by_name(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Only what is named is exported; an unknown name refuses all."""
    url = books_at("created")
    context = opened(url, DAY)
    before = dump(url)
    with pytest.raises(Refused) as no:
        collecting.export(context, tmp_path, ["B2", "B99", "x"])
    assert codes_of(no) == ["batch-unknown", "batch-unknown"]
    assert dump(url) == before
    assert _files(tmp_path) == {}
    assert [one.id for one in collecting.export(context, tmp_path, ["B2"]).batches] == ["B2"]
    assert len(_files(tmp_path)) == 1
    assert _statuses(url) == {"created": 34, "exported": 1}


@pytest.mark.parametrize("stage", ["created", "exported"])
def test_cancel_frees_the_items(books_at: BooksAt, opened: Opened, stage: str) -> None:
    """The items of a batch that was taken back are collected by the next one: a second attempt, new ids, new file."""
    url = books_at(stage)
    context = opened(url, DAY)
    first = collecting.batches_in_books(context).batches[0]
    assert collecting.cancel(context, "B1").batches[0].status == "cancelled"
    assert _item(context, "RE-2026-0839").status.value == "open"
    sound(url)
    again = _create(context)
    assert [(one.id, one.branch, one.count, one.sum) for one in again.batches] == [("B5", "K01", 15, first.sum)]
    query = select(collections.c.attempt, collections.c.end_to_end_id).join(items).where(
        items.c.invoice_no == "RE-2026-0839").order_by(collections.c.id)  # fmt: skip
    attempts = rows(url, query)
    assert [attempt for attempt, _ in attempts] == [1, 2]
    assert attempts[0].end_to_end_id != attempts[1].end_to_end_id
    assert again.batches[0].message_id != first.message_id
    sound(url)


def test_what_cannot_be_cancelled(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Twice; unknown; exported after it was cancelled."""
    url = books_at("created")
    context = opened(url, DAY)
    collecting.cancel(context, "B1")
    before = dump(url)
    refused: list[tuple[Callable[[], CollectResult], str]] = [
        (lambda: collecting.cancel(context, "B1"), "batch-cancelled"),
        (lambda: collecting.cancel(context, "B9"), "batch-unknown"),
        (lambda: collecting.export(context, tmp_path, ["B1"]), "batch-cancelled"),
        (lambda: collecting.submitted(context, "B1"), "batch-not-exported"),
        (lambda: collecting.submitted(context, "B2"), "batch-not-exported"),
    ]
    for act, code in refused:
        with pytest.raises(Refused) as no:
            act()
        assert codes_of(no) == [code]
        assert no.value.exit_code == Exit.REFUSED
    assert dump(url) == before
    assert _files(tmp_path) == {}


def test_what_the_bank_has_cannot_be_cancelled(books_at: BooksAt, opened: Opened) -> None:
    """Submitted: not permitted, exit 7. Submitting twice changes nothing."""
    url = books_at("exported")
    context = opened(url, DAY)
    assert collecting.submitted(context, "B1").batches[0].status == "submitted"
    before = dump(url)
    collecting.submitted(context, "B1")
    with pytest.raises(Refused) as no:
        collecting.cancel(context, "B1")
    assert codes_of(no) == ["batch-submitted"]
    assert int(no.value.exit_code) == 7
    assert dump(url) == before


def test_submitted_batches_are_not_written_out_again_by_themselves(
    books_at: BooksAt, opened: Opened, tmp_path: Path
) -> None:
    """``collect export`` without names leaves out what the bank has; by name it gives the same bytes still."""
    url = books_at("exported")
    context = opened(url, DAY)
    collecting.submitted(context, "B1")
    assert [one.id for one in collecting.export(context, tmp_path).batches] == ["B2", "B3", "B4"]
    assert [one.id for one in collecting.export(context, tmp_path / "again", ["B1"]).batches] == ["B1"]
    name, content = rows(url, select(batches.c.file_name, batches.c.content).where(batches.c.id == 1))[0]
    assert _files(tmp_path / "again") == {name: content}


def test_what_the_bank_has_booked_cannot_be_cancelled(books_at: BooksAt, opened: Opened) -> None:
    """Nobody said "submitted", but the money has come: taking the batch back would collect it a second time."""
    url = books_at("returned")
    before = dump(url)
    with pytest.raises(Refused) as no:
        collecting.cancel(opened(url, "2026-11-25"), "B1")
    assert no.value.exit_code in {Exit.REFUSED, Exit.NOT_PERMITTED}
    assert dump(url) == before


def test_a_21_off_the_item_waits_for_the_bank(books_at: BooksAt, opened: Opened) -> None:
    """``in_collection``: after the export the item is still open, on its way; the bank's credit closes it."""
    url = books_at("exported")
    context = opened(url, DAY)
    item = _item(context, "RE-2026-0839")
    assert (item.open, item.status.value) == (7410, "in_collection")
    assert _balance(url, "transit") == 0
    assert _item(opened(books_at("returned"), "2026-11-24"), "RE-2026-0839").status.value == "paid"


def test_a_21_on_the_item_is_paid_at_export(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """``mark_paid``: paid at export against money in transit; the batch credit clears transit; a return opens the item
    again."""
    url = books_at("created")
    context = opened(url, DAY)
    _mark_paid(context)
    total = sum(one.sum for one in collecting.export(context, tmp_path).batches)
    assert _item(context, "RE-2026-0839").status.value == "paid"
    assert _balance(url, "transit") == total
    sound(url)
    after = dump(url)
    collecting.export(context, tmp_path)
    assert dump(url) == after
    later = opened(url, "2026-11-24")
    bring_in(later, BANK / ARCHIVE)
    matching.match_all(later)
    booked = rows(url, select(func.sum(collections.c.amount)).where(collections.c.status.in_(("booked", "returned"))))
    assert _balance(url, "transit") == total - booked[0][0]
    assert _item(later, "RE-2026-0839").open == 0
    assert (_item(later, "RE-2026-0886").open, _item(later, "RE-2026-0858").open) == (11995, 3680)
    assert [entry.item for entry in list_returns(later)] == ["RE-2026-0886", "RE-2026-0858"]
    sound(url)


def test_a_21_x_15_both_ways_come_to_the_same(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Once the bank has booked everything of a batch, items and lines are alike in both modes."""
    url, other = books_at("created"), books_at("returned")
    context = opened(url, DAY)
    _mark_paid(context)
    collecting.export(context, tmp_path)
    later = opened(url, "2026-11-24")
    bring_in(later, BANK / ARCHIVE)
    matching.match_all(later)
    waiting = select(collections.c.item_id).where(collections.c.status == "exported")
    query = select(items.c.invoice_no, items.c.open_amount).where(items.c.id.not_in(waiting)).order_by(items.c.id)
    assert rows(url, query) == rows(other, query)
    query = select(lines.c.id, lines.c.open_amount, lines.c.state).order_by(lines.c.id)
    assert rows(url, query) == rows(other, query)


def test_a_21_on_cancelled_before_the_bank_has_it(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """What was booked at export is reversed: items open, transit empty, both entries stand; once."""
    url = books_at("created")
    context = opened(url, DAY)
    before = rows(url, select(items.c.invoice_no, items.c.open_amount).order_by(items.c.id))
    _mark_paid(context)
    collecting.export(context, tmp_path)
    for name in ("B1", "B2", "B3", "B4"):
        collecting.cancel(context, name)
    assert rows(url, select(items.c.invoice_no, items.c.open_amount).order_by(items.c.id)) == before
    assert _balance(url, "transit") == 0
    assert rows(url, select(func.sum(allocations.c.amount)).where(allocations.c.kind == "collection")) == [(0,)]
    sound(url)


def test_a_21_on_the_return_comes_back_and_the_credit_is_undone(
    books_at: BooksAt, opened: Opened, tmp_path: Path
) -> None:
    """Taking the batch credit back puts the money into transit again; the items stay paid."""
    url = books_at("created")
    context = opened(url, DAY)
    _mark_paid(context)
    total = sum(one.sum for one in collecting.export(context, tmp_path).batches)
    later = opened(url, "2026-11-24")
    bring_in(later, BANK / ARCHIVE)
    matching.match_all(later)
    entry = next(entry for entry in listing.list_allocations(later)
                 if entry.item == "RE-2026-0888" and entry.line is not None)  # fmt: skip
    undoing.undo(later, allocation=entry.id)
    booked = rows(url, select(func.sum(collections.c.amount)).where(collections.c.status.in_(("booked", "returned"))))
    assert _balance(url, "transit") == total - booked[0][0]
    assert _item(later, "RE-2026-0888").status.value == "paid"
    sound(url)


DIRECT = (
    "invoice_no;customer_no;amount;due_date;issue_date;branch;payment_method;mandate_id;prepayment_amount;prepayment_due\n"
    "DD-1;10002;1.000,00;2026-12-10;2026-10-01;K01;direct_debit;M-10002-1;400,00;2026-11-24\n"
)


def test_prepayment_and_remainder_are_collected_on_their_own_days(
    books_at: BooksAt, opened: Opened, tmp_path: Path
) -> None:
    """400.00 when the prepayment is due, 600.00 with the remainder: two debits of one item, never the whole twice."""
    url = books_at("matched")
    context = opened(url, DAY)
    text_in(context, items=DIRECT)
    _create(context)
    collecting.export(context, tmp_path)
    later = opened(url, "2026-12-01")
    collecting.create(later, due_until=date(2026, 12, 10))
    query = select(collections.c.amount, collections.c.due_date, collections.c.attempt).join(items).where(
        items.c.invoice_no == "DD-1").order_by(collections.c.id)  # fmt: skip
    assert [tuple(row) for row in rows(url, query)] == [
        (40000, date(2026, 11, 24), 1), (60000, date(2026, 12, 10), 1),
    ]  # fmt: skip
    collecting.export(later, tmp_path)
    sound(url)


def test_a_paid_prepayment_is_not_collected(books_at: BooksAt, opened: Opened) -> None:
    """Paid by transfer meanwhile: only the remainder is left to collect."""
    url = books_at("matched")
    context = opened(url, DAY)
    text_in(context, items=DIRECT)
    line = next(line for line in listing.list_lines(context) if line.line.bank_ref == "1120A04")
    confirming.confirm(context, line.id, [Wanted("DD-1", 40000)])
    made = collecting.create(context, due_until=date(2026, 12, 10))
    assert made.batches
    query = select(collections.c.amount).join(items).where(items.c.invoice_no == "DD-1")
    assert rows(url, query) == [(60000,)]


def test_a_partly_paid_item_is_collected_for_the_rest(books_at: BooksAt, opened: Opened) -> None:
    """50.00 of 74.10 were paid: 24.10 are collected."""
    url = books_at("matched")
    context = opened(url, DAY)
    line = next(line for line in listing.list_lines(context) if line.line.bank_ref == "1120A04")
    confirming.confirm(context, line.id, [Wanted("RE-2026-0839", 5000)])
    _create(context)
    assert rows(url, select(collections.c.amount).join(items).where(items.c.invoice_no == "RE-2026-0839")) == [(2410,)]


@pytest.mark.parametrize(
    ("only", "reason"),
    [("collect", "blocked"), (None, "blocked"), ("dunning", None)],
    ids=["collect", "both", "dunning"],
)
def test_a_block_keeps_an_item_out(books_at: BooksAt, opened: Opened, only: str | None, reason: str | None) -> None:
    """A block of dunning alone does not stop the collection."""
    url = books_at("matched")
    context = opened(url, DAY)
    dunning.block(context, "RE-2026-0839", reason="Reklamation", until=None, only=only)
    made = _create(context)
    found = {entry.claim.invoice_no: entry.reason for entry in made.excluded}
    assert found.get("RE-2026-0839") == reason


def test_one_branch_only(books_at: BooksAt, opened: Opened) -> None:
    """``--branch``; an unknown one is refused."""
    url = books_at("matched")
    context = opened(url, DAY)
    assert [one.branch for one in _create(context, branch="K02").batches] == ["K02"]
    before = dump(url)
    with pytest.raises(Refused) as no:
        _create(context, branch="K99")
    assert codes_of(no) == ["branch-unknown"]
    assert dump(url) == before
    assert {one.branch for one in _create(context).batches} == {"K01", "K03"}


def test_a_collection_date_that_is_no_bank_day(books_at: BooksAt, opened: Opened) -> None:
    """A Sunday is refused; nothing is made."""
    url = books_at("matched")
    before = dump(url)
    with pytest.raises(Refused):
        _create(opened(url, DAY), collection_date=date(2026, 11, 29))
    assert dump(url) == before


def test_a_debit_that_came_back_is_collected_again(books_at: BooksAt, opened: Opened) -> None:
    """MS03 leaves the mandate active: the item is due again and goes into the next batch, as a second attempt. MD01
    has blocked the other one's mandate."""
    url = books_at("returned")
    made = _create(opened(url, "2026-11-25"))
    query = select(collections.c.attempt).join(items).where(items.c.invoice_no == "RE-2026-0886")
    assert [attempt for (attempt,) in rows(url, query.order_by(collections.c.id))] == [1, 2]
    left = {entry.claim.invoice_no: entry.reason for entry in made.excluded}
    assert left["RE-2026-0858"] in {"mandate_revoked", "blocked", "mandate_blocked", "disputed"}
    sound(url)


def test_the_return_of_a_debit_told_by_its_end_to_end_id(books_at: BooksAt, opened: Opened) -> None:
    """A return by MT940, with the bank's charge apart: item open, charge a cost, mandate kept (MS03, once)."""
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    query = select(collections.c.end_to_end_id, collections.c.amount).join(items).where(
        items.c.invoice_no == "RE-2026-0839")  # fmt: skip
    told, amount = rows(url, query)[0]
    import_sources(context, [Source("r.sta", returned(amount, 300, told).encode())])
    assert matching.match_all(context).booked == 1
    assert _item(context, "RE-2026-0839").open == amount
    last = list_returns(context)[-1]
    assert (last.item, last.amount, last.charge, last.code) == ("RE-2026-0839", amount, 300, "MS03")
    assert _balance(url, "bank_charge") == 300 + 600
    sound(url)


def test_control_sheets_lie_beside_the_files_and_are_the_same_always(
    books_at: BooksAt, opened: Opened, tmp_path: Path
) -> None:
    """PDF, CSV and checksum of each file; written again, a week later and after the company has changed its name, they
    are the same bytes. What is released after creating stands on them."""
    url = books_at("created")
    context = opened(url, DAY)
    collecting.release(opened(url, DAY, actor="second"), ["B1"])
    first = collecting.export(context, tmp_path / "one", sheets="de")
    found = _files(tmp_path / "one")
    ends = (".pdf", ".csv", ".sha256", ".xml")
    assert set(found) == {(one.file or "").replace(".xml", end) for one in first.batches for end in ends}
    after = dump(url)
    setting_up.change(context, "company.name", "Anders GmbH")
    again = collecting.export(opened(url, "2026-11-27"), tmp_path / "two", sheets="de")
    assert _files(tmp_path / "two") == found
    assert dump(url)["batches"] == after["batches"]
    table = found[(again.batches[0].file or "").replace(".xml", ".csv")].decode("utf-8-sig")
    assert "Gläubiger;Optik Beispiel GmbH" in table
    assert "Erstellt von;tester;20.11.2026\r\nFreigegeben von;second;20.11.2026" in table
    assert "Gesamt;;;;;;15;2176,20" in table
    assert "RE-2026-0839;Kontoinhaber;ä -> ae;Baeckerei am Markt GmbH" in table
    english = collecting.export(context, tmp_path / "three", ["B1"], sheets="en").batches[0]
    assert _files(tmp_path / "three")[english.file or ""] == found[english.file or ""]


def test_a_batch_is_shown_debit_by_debit(books_at: BooksAt, opened: Opened) -> None:
    """Sum and count of the batch; mandate, state and the text of the file; what came back is told as it stands now."""
    url = books_at("returned")
    shown = collecting.show(opened(url, "2026-11-25"), "B1")
    assert (len(shown.debits), sum(one.amount for one in shown.debits)) == (shown.batch.count, shown.batch.sum)
    by_item = {one.item: one for one in shown.debits}
    paid, back = by_item["RE-2026-0839"], by_item["RE-2026-0886"]
    assert (paid.status, back.status) == ("booked", "returned")
    assert paid.text.startswith("Rechnung RE-2026-0839 vom ")
    assert paid.mandate == "M-10001-1"
    with pytest.raises(Refused) as no:
        collecting.show(opened(url, "2026-11-25"), "B99")
    assert codes_of(no) == ["batch-unknown"]


@pytest.mark.parametrize("stage", ["matched", "created", "exported", "returned"])
@pytest.mark.parametrize("until", ["2026-11-05", "2026-11-25", "2026-12-31"])
def test_what_is_collected_and_what_is_left_out_is_what_is_due(
    books_at: BooksAt, opened: Opened, stage: str, until: str
) -> None:
    """Σ files + Σ excluded = Σ due, counted by SQL from the books and not from the plan; each left out has its reason
    and words for it in both languages."""
    url = books_at(stage)
    result = collecting.preview(opened(url, "2026-11-25"), due_until=date.fromisoformat(until))
    due = select(items.c.id, items.c.open_amount, item_parts.c.due_date).join(
        item_parts, item_parts.c.item_id == items.c.id).where(
        items.c.open_amount > 0, item_parts.c.due_date <= date.fromisoformat(until),
        (items.c.payment_method == "direct_debit") | items.c.mandate_ref.is_not(None))  # fmt: skip
    found = rows(url, due)
    assert len({row.id for row in found}) == len(found), "the demo's debits are not paid in parts"
    placed = sum(one.count for one in result.batches) + len(result.excluded)
    amount = sum(one.sum for one in result.batches) + sum(entry.claim.amount for entry in result.excluded)
    assert (placed, amount) == (len(found), sum(row.open_amount for row in found)) == result.due
    texts = catalogue("exclusions")
    assert all(texts[entry.reason][language] for entry in result.excluded for language in ("de", "en"))
