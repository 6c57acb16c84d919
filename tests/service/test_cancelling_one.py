"""One debit out of a batch: the file that was made is never changed; a new one takes its place, with all the others."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from recon.service import collecting, listing, setting_up
from recon.service.answers import Exit, Refused
from recon.service.context import Context
from recon.store.tables import batches, collections, items, mandates, postings
from sepa.frozen import without
from sepa.pain008_check import validate
from tests.books import dump, rows, sound, text_in
from tests.service.decided import codes_of

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-20"
OUT = "RE-2026-0839"


def _content(url: str, batch: int) -> bytes:
    return bytes(rows(url, select(batches.c.content).where(batches.c.id == batch))[0][0])


def _debits(content: bytes) -> list[bytes]:
    """What a file says of its debits, without their ids."""
    found = re.findall(rb"<DrctDbtTxInf>.*?</DrctDbtTxInf>", content)
    return [re.sub(rb"<EndToEndId>.*?</EndToEndId>", b"", debit) for debit in found]


def _item(context: Context, invoice_no: str) -> Any:
    return next(entry.item for entry in listing.list_items(context) if entry.item.invoice_no == invoice_no)


@pytest.mark.parametrize("stage", ["created", "exported"])
def test_one_debit_out_of_a_batch_and_all_others_as_they_were(books_at: BooksAt, opened: Opened, stage: str) -> None:
    """The old batch is cancelled, the new one has the others: new ids and sums, every other byte the same. The item is
    free and is collected by the next batch."""
    url = books_at(stage)
    context = opened(url, DAY)
    before, content = collecting.batches_in_books(context).batches[0], _content(url, 1)
    done = collecting.cancel(context, "B1", [OUT])
    old, new = done.batches
    assert (old.status, old.replaced_by) == ("cancelled", "B5")
    assert (new.id, new.status, new.replaces, new.created_by) == ("B5", "created", "B1", "tester")
    amount = _item(context, OUT).open
    assert (new.count, new.sum) == (before.count - 1, before.sum - amount)
    assert sum(block.sum for block in new.blocks) == new.sum
    assert new.message_id != old.message_id
    assert _content(url, 1) == content
    was, now = _debits(content), _debits(_content(url, 5))
    (gone,) = [debit for debit in was if debit not in now]
    assert OUT.encode() in gone
    assert [debit for debit in was if debit != gone] == now
    assert validate(_content(url, 5)) == ()
    assert [finding.code for finding in done.findings] == (["exported-cancelled"] if stage == "exported" else [])
    assert _item(context, OUT).status.value == "open"
    sound(url)
    (again,) = collecting.create(context, due_until=date(2026, 11, 25), branch="K01").batches
    assert (again.count, again.sum) == (1, amount)
    sound(url)


def test_the_new_batch_goes_its_own_way_to_the_bank(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Under four eyes it wants a release of its own; the old file cannot be written any more; the sheet says what it
    stands for."""
    url = books_at("created")
    context = opened(url, DAY)
    setting_up.change(context, "collect.release", "four_eyes")
    collecting.release(opened(url, DAY, actor="second"), ["B1"])
    collecting.cancel(context, "B1", [OUT])
    for batch, code in (("B1", "batch-cancelled"), ("B5", "batch-unreleased")):
        with pytest.raises(Refused) as no:
            collecting.export(context, tmp_path, [batch])
        assert codes_of(no) == [code]
    collecting.release(opened(url, DAY, actor="second"), ["B5"])
    (out,) = collecting.export(context, tmp_path, ["B5"], sheets="de").batches
    table = (tmp_path / (out.file or "").replace(".xml", ".csv")).read_text("utf-8-sig")
    assert "B5, anstelle von B1: dessen Datei nicht einreichen" in table
    assert collecting.submitted(context, "B5").batches[0].status == "submitted"
    sound(url)


def test_a_21_what_counted_as_paid_is_open_again_and_the_rest_counts_when_it_goes_out(
    books_at: BooksAt, opened: Opened, tmp_path: Path
) -> None:
    """``mark_paid``: the whole old batch is reversed, the new one booked at its own export."""
    url = books_at("created")
    context = opened(url, DAY)
    setting_up.change(context, "collect.on_export", "mark_paid")
    other = "RE-2026-0859"
    collecting.export(context, tmp_path, ["B1"])
    assert (_item(context, OUT).open, _item(context, other).open) == (0, 0)
    collecting.cancel(context, "B1", [OUT])
    transit = select(func.coalesce(func.sum(postings.c.amount), 0)).where(postings.c.role == "transit")
    assert rows(url, transit)[0][0] == 0
    assert _item(context, OUT).open > 0
    assert _item(context, other).open > 0
    (out,) = collecting.export(context, tmp_path, ["B5"]).batches
    assert _item(context, other).open == 0
    assert rows(url, transit)[0][0] == out.sum
    assert _item(context, OUT).open > 0
    sound(url)


def test_an_amendment_goes_with_the_next_debit_of_the_mandate(books_at: BooksAt, opened: Opened) -> None:
    """The cancelled debit had told the debtor's bank of the new account: now the other one does, and it alone; where
    there is no other, the next batch does."""
    url = books_at("exported")
    context = opened(url, DAY)
    head = "invoice_no;customer_no;amount;due_date;issue_date;branch;payment_method;mandate_ref\n"
    changed = "mandate_id;customer_no;iban;signed_on;original_iban\n"
    number = rows(url, select(mandates.c.signed_on).where(mandates.c.mandate_id == "M-10002-1"))[0][0]
    told = text_in(
        context,
        mandates=f"{changed}M-10002-1;10002;DE02120300000000202051;{number:%Y-%m-%d};DE44370501980000010002\n",
        items=f"{head}AM-1;10002;10,00;2026-12-10;2026-11-20;K01;direct_debit;M-10002-1\n"
        "AM-2;10002;20,00;2026-12-14;2026-11-20;K01;direct_debit;M-10002-1\n",
    )
    assert [result.status for result in told] == ["imported", "imported"], told
    until = date(2026, 12, 14)
    collecting.create(context, due_until=until, branch="K01")
    query = (
        select(items.c.invoice_no, collections.c.amendment, collections.c.batch_id)
        .join(items, collections.c.item_id == items.c.id)
        .where(items.c.invoice_no.like("AM-%"), collections.c.status == "created")
        .order_by(items.c.invoice_no)
    )
    assert [tuple(row)[:2] for row in rows(url, query)] == [("AM-1", 1), ("AM-2", 0)]
    batch = f"B{rows(url, query)[0].batch_id}"
    collecting.cancel(context, batch, ["AM-1"])
    assert [tuple(row)[:2] for row in rows(url, query)] == [("AM-2", 1)]
    content = _content(url, rows(url, query)[0].batch_id)
    assert content.count(b"<AmdmntInd>true</AmdmntInd>") == 1
    sound(url)
    collecting.cancel(context, f"B{rows(url, query)[0].batch_id}", ["AM-2"])
    collecting.create(context, due_until=until, branch="K01")
    assert [tuple(row)[:2] for row in rows(url, query)] == [("AM-1", 1), ("AM-2", 0)]
    sound(url)


def test_all_debits_out_is_the_batch_out(books_at: BooksAt, opened: Opened) -> None:
    """No empty batch takes its place."""
    url = books_at("created")
    context = opened(url, DAY)
    (one,) = [row.invoice_no for row in rows(url, select(items.c.invoice_no).join(
        collections, collections.c.item_id == items.c.id).where(collections.c.batch_id == 2))]  # fmt: skip
    assert [batch.status for batch in collecting.cancel(context, "B2", [one]).batches] == ["cancelled"]
    assert len(collecting.batches_in_books(context).batches) == 4
    sound(url)


def test_what_the_bank_can_no_longer_make_is_refused(books_at: BooksAt, opened: Opened) -> None:
    """On the day of the collection itself the others cannot be handed in anew: said with the first day that would do,
    and nothing has changed."""
    url = books_at("exported")
    before = dump(url)
    with pytest.raises(Refused) as no:
        collecting.cancel(opened(url, "2026-11-23"), "B1", [OUT])
    assert codes_of(no)[0] == "batch-late"
    assert dict(no.value.findings[0].facts) == {"batch": "B1", "date": "2026-11-23", "first": "2026-11-24"}
    assert dump(url) == before


def test_what_cannot_be_taken_out(books_at: BooksAt, opened: Opened) -> None:
    """An item that is not in it; twice; what the bank has."""
    url = books_at("exported")
    context = opened(url, DAY)
    collecting.submitted(context, "B2")
    collecting.cancel(context, "B1", [OUT])
    before = dump(url)
    for batch, item, code, left in (
        ("B3", OUT, "batch-item-unknown", Exit.REFUSED),
        ("B5", OUT, "batch-item-unknown", Exit.REFUSED),
        ("B1", OUT, "batch-cancelled", Exit.REFUSED),
        ("B2", "RE-2026-0875", "batch-submitted", Exit.NOT_PERMITTED),
    ):
        with pytest.raises(Refused) as no:
            collecting.cancel(context, batch, [item])
        assert (codes_of(no), no.value.exit_code) == ([code], left)
    assert dump(url) == before


def test_a_dry_run_takes_nothing_out(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("created")
    before = dump(url)
    assert len(collecting.cancel(opened(url, DAY, dry_run=True), "B1", [OUT]).batches) == 2
    assert dump(url) == before


def test_without_refuses_what_is_no_file_of_ours() -> None:
    for content in (b"", b"<Document/>", b"<PmtInf><a/></PmtInf>\n</CstmrDrctDbtInitn>\n</Document>\n"):
        with pytest.raises(ValueError, match="no debit"):
            without(content, "OPOS-20261120-0001", date(2026, 11, 20), frozenset())
