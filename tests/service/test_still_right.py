"""A batch that was made days ago does not go out when what it rests on has changed."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, update

from recon.service import collecting, confirming, dunning, listing, setting_up
from recon.service.answers import Exit, Refused
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.mandates import changing
from recon.store.log import record
from recon.store.tables import batches
from recon.texts import finding_text, remedy
from tests.books import dump, rows, sound, text_in
from tests.commandline import command, document
from tests.service.decided import codes_of

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-20"
OUT, MANDATE = "RE-2026-0839", "M-10001-1"
HEAD = "invoice_no;customer_no;amount;due_date;issue_date;branch;payment_method;mandate_id"


def _pay(context: Context, item: str, amount: int) -> None:
    """A transfer that a person matches by hand with an item."""
    line = next(one for one in listing.list_lines(context) if one.open >= amount)
    confirming.confirm(context, line.id, [Wanted(item, amount)])


def _paid(context: Context) -> None:
    _pay(context, OUT, 7410)


def _partly_paid(context: Context) -> None:
    _pay(context, OUT, 10)


def _credited(context: Context) -> None:
    """The invoicing system tells a lower amount."""
    (done,) = text_in(context, items=f"{HEAD}\n{OUT};10001;50,00;2026-11-16;2026-10-28;K01;direct_debit;{MANDATE}\n")
    assert done.status == "imported", done.findings


def _blocked(context: Context) -> None:
    dunning.block(context, OUT, reason="Glas gesprungen", until=None, only="collect")


CHANGES = {
    "paid by transfer": (_paid, "debit-no-longer-due"),
    "partly paid": (_partly_paid, "debit-no-longer-due"),
    "amount lowered": (_credited, "debit-no-longer-due"),
    "mandate revoked": (lambda on: changing.revoke(on, MANDATE, "Kunde"), "debit-mandate-stopped"),
    "mandate suspended": (lambda on: changing.suspend(on, MANDATE, "Kunde"), "debit-mandate-stopped"),
    "another account": (
        lambda on: changing.amend(on, MANDATE, iban="DE02120300000000202051"), "debit-mandate-changed",
    ),
    "blocked for collecting": (_blocked, "debit-blocked"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "code"), CHANGES.values(), ids=CHANGES)
def test_what_has_changed_since_stops_the_file(
    books_at: BooksAt, opened: Opened, tmp_path: Path, change: Callable[[Context], object], code: str
) -> None:
    """Neither released nor exported, in books and folder nothing has changed; the remedy names the command, and after
    it the rest goes out."""
    url = books_at("created")
    context = opened(url, DAY)
    change(context)
    before = dump(url)
    with pytest.raises(Refused) as no:
        collecting.release(context, ["B1"])
    assert (codes_of(no), no.value.exit_code) == ([code], Exit.REFUSED)
    with pytest.raises(Refused) as no:
        collecting.export(context, tmp_path / "out")
    assert (codes_of(no), no.value.exit_code) == ([code], Exit.REFUSED)
    (told,) = no.value.findings
    assert (told.where, dict(told.facts)["item"]) == ("B1", OUT)
    for language in ("de", "en"):
        assert OUT in finding_text(told, language)
        assert f"opos collect cancel B1 --item {OUT}" in remedy(told, language)
    assert collecting.show(context, "B1").findings == (told,)
    assert dump(url) == before
    assert not (tmp_path / "out").exists()
    assert collecting.cancel(context, "B1", [OUT]).batches[1].id == "B5"
    assert {one.status for one in collecting.export(context, tmp_path / "out").batches} == {"exported"}
    assert collecting.show(context, "B5").findings == ()
    sound(url)


def test_a_file_that_came_too_late_for_its_bank_is_made_anew(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """On the day by which the bank must have it, nothing is said; a day later it is, and a new one can be made."""
    url = books_at("created")
    last = rows(url, select(batches.c.submit_by).where(batches.c.id == 1))[0][0]
    assert str(last) == DAY
    late = opened(url, "2026-11-21")
    (told,) = collecting.release(late, ["B1"]).findings
    assert (told.code, told.severity) == ("batch-too-late", "warning")
    assert collecting.export(late, tmp_path / "a", ["B1"]).findings == (told,)
    assert dict(told.facts) == {"batch": "B1", "date": "2026-11-23", "until": "2026-11-20"}
    collecting.cancel(late, "B1")
    (made,) = collecting.create(late, due_until=last, branch="K01").batches
    assert collecting.export(late, tmp_path / "a", [made.id or ""]).batches[0].status == "exported"
    sound(url)
    assert collecting.export(opened(books_at("created"), DAY), tmp_path / "b", ["B1"]).findings == ()


def test_a_batch_made_before_its_day_was_kept_is_too_late_by_the_settings(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("created")
    context = opened(url, DAY)
    with context.books.engine.begin() as connection:
        connection.execute(update(batches).values(submit_by=None))
        record(connection, context.stamp, "test", "B1")
    assert collecting.show(context, "B1").findings == ()
    (told,) = collecting.show(opened(url, "2026-11-21"), "B1").findings
    assert (told.code, dict(told.facts)["until"]) == ("batch-too-late", DAY)


def test_people_and_programs_are_told_before_they_try(books_at: BooksAt, opened: Opened) -> None:
    """``collect show``: amounts and states in the language of the reader; the document has them as findings."""
    url = books_at("created")
    context = opened(url, DAY)
    _partly_paid(context)
    changing.suspend(context, MANDATE, "Kunde")
    ran = command("--books", url, "--as-of", DAY, "--lang", "de", "collect", "show", "B1")
    assert ran.code == 0
    assert f"über 74,10 für {OUT} ist nicht mehr fällig: offen sind 74,00" in ran.err
    assert "gilt nicht mehr (ausgesetzt)" in ran.err
    told = document("--books", url, "--as-of", DAY, "collect", "show", "B1")["findings"]
    assert [one["code"] for one in told] == ["debit-no-longer-due", "debit-mandate-stopped"]


def test_what_was_exported_is_written_again_as_it_is(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Whatever has changed since: the bank may have it already."""
    url = books_at("exported")
    context = opened(url, DAY)
    changing.suspend(context, MANDATE, "Kunde")
    _paid(context)
    _blocked(context)
    collecting.export(opened(url, "2026-11-24"), tmp_path)
    name, content = rows(url, select(batches.c.file_name, batches.c.content).where(batches.c.id == 1))[0]
    assert (tmp_path / name).read_bytes() == bytes(content)
    assert collecting.show(opened(url, "2026-11-24"), "B1").findings == ()


@pytest.mark.parametrize("mode", ["in_collection", "mark_paid"])
def test_two_debits_of_one_item_are_looked_at_together(
    books_at: BooksAt, opened: Opened, tmp_path: Path, mode: str
) -> None:
    """A prepayment on its way and the remainder: both are within what is open, whichever way an export counts; with ten
    cents less open the second cannot go."""
    url = books_at("matched")
    context = opened(url, DAY)
    setting_up.change(context, "collect.on_export", mode)
    head = f"{HEAD};prepayment_amount;prepayment_due\n"
    parts = "DD-1;10002;1.000,00;2026-12-10;2026-10-01;K01;direct_debit;M-10002-1;400,00;2026-11-24\n"
    text_in(context, items=f"{head}{parts}")
    collecting.create(context, due_until=date(2026, 11, 25))
    collecting.export(context, tmp_path)
    later = opened(url, "2026-12-01")
    (made,) = collecting.create(later, due_until=date(2026, 12, 10), branch="K01").batches
    name = made.id or ""
    assert collecting.show(later, name).findings == ()
    _pay(later, "DD-1", 10)
    (told,) = collecting.show(later, name).findings
    facts = dict(told.facts)
    assert (facts["item"], facts["amount"]) == ("DD-1", "600.00")
    assert (facts["open"], facts["total"]) == (
        ("999.90", "1000.00") if mode == "in_collection" else ("599.90", "600.00")
    )
    sound(url)
