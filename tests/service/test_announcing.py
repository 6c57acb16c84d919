"""Pre-notifications: who must be told of a debit before it comes, by what text, and that no file goes out before."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from recon.service import cases, collecting, deciding_returns, setting_up
from recon.service.answers import Refused
from recon.service.context import Context
from recon.store.tables import log, prenotifications
from tests.books import dump, rows, sound, text_in
from tests.service.decided import codes_of

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-20"
_HEAD = "invoice_no;customer_no;amount;due_date;issue_date;branch;payment_method;mandate_ref\n"
# Two debits without a day of issue, of one customer under one mandate, and one that its invoice announces.
_ITEMS = (
    f"{_HEAD}"
    "AN-1;10002;1.000,00;2026-12-07;;K01;direct_debit;M-10002-1\n"
    "AN-2;10002;20,50;2026-12-07;;K01;direct_debit;M-10002-1\n"
    "AN-3;10003;30,00;2026-12-07;2026-11-20;K01;direct_debit;M-10003-1\n"
)


@pytest.fixture
def waiting(books_at: BooksAt, opened: Opened) -> str:
    """Books with one batch, B5, of these three and another whose invoice announces it."""
    url = books_at("exported")
    context = opened(url, DAY)
    setting_up.change(context, "collect.announce_undated", "true")
    text_in(context, items=_ITEMS)
    day = date(2026, 12, 7)
    (batch,) = collecting.create(context, due_until=day, branch="K01", collection_date=day).batches
    assert (batch.id, batch.count) == ("B5", 4)
    return url


def test_who_has_to_be_told(waiting: str, opened: Opened) -> None:
    """By default those whom no dated invoice tells; with everything all; nothing is written."""
    before = dump(waiting)
    context = opened(waiting, DAY)
    (one,) = collecting.announcements(context, ["B5"]).announcements
    assert (one.customer_no, one.channel, one.announced_on) == ("10002", "letter", None)
    assert [(debit.invoice_no, debit.amount) for debit in one.debits] == [("AN-1", 100000), ("AN-2", 2050)]
    everybody = collecting.announcements(context, everything=True).announcements
    assert [(told.batch, told.customer_no) for told in everybody] == [("B5", "10001"), ("B5", "10002"), ("B5", "10003")]
    assert dump(waiting) == before


def test_no_file_goes_out_before_the_customer_is_told(waiting: str, opened: Opened, tmp_path: Path) -> None:
    """Refused with the day by which he must be told; told in time, the file goes out. The text, its hash and who told
    him when stay in the books."""
    context = opened(waiting, DAY)
    before = dump(waiting)
    with pytest.raises(Refused) as no:
        collecting.export(context, tmp_path / "out", ["B5"])
    assert codes_of(no) == ["batch-unannounced"]
    facts = dict(no.value.findings[0].facts)
    assert (facts["count"], facts["item"], facts["until"]) == ("2", "AN-1", "2026-11-23")
    assert dump(waiting) == before
    told = collecting.announce(opened(waiting, "2026-11-23"), tmp_path / "texts", ["B5"])
    assert told.findings == ()
    (path,) = (tmp_path / "texts").iterdir()
    assert path.name == told.announcements[0].file
    kept = rows(waiting, select(prenotifications).order_by(prenotifications.c.id))
    assert [(str(row.announced_on), row.channel, row.actor) for row in kept] == [("2026-11-23", "letter", "tester")] * 2
    query = select(log.c.action).where(log.c.subject == "B5").order_by(log.c.id)
    assert [row.action for row in rows(waiting, query)] == ["collect", "announce"]
    assert collecting.export(context, tmp_path / "out", ["B5"]).batches[0].status == "exported"
    sound(waiting)


def test_the_letter_says_amount_day_mandate_and_creditor(waiting: str, opened: Opened, tmp_path: Path) -> None:
    """With the address block, in German; the account masked; the sum of several."""
    collecting.announce(opened(waiting, DAY), tmp_path, ["B5"])
    text = next(tmp_path.iterdir()).read_text("utf-8")
    assert text.splitlines()[:5] == [
        "Optik Beispiel GmbH · Hauptstr. 1 · 50667 Köln", "", "Max Muster", "Musterweg 2", "50667 Köln",
    ]  # fmt: skip
    for said in (
        "Ankündigung eines SEPA-Lastschrifteinzugs", "Köln, 20.11.2026",
        "am 07.12.2026: 1.000,00 EUR für Rechnung AN-1", "am 07.12.2026: 20,50 EUR für Rechnung AN-2",
        "zusammen 1.020,50 EUR", "Mandatsreferenz: M-10002-1", "Gläubiger-Identifikationsnummer: DE98K0109999999999",
        "DE44 … 0002",
    ):  # fmt: skip
        assert said in text


def test_a_mail_in_english_where_the_customer_wants_it_so(waiting: str, opened: Opened, tmp_path: Path) -> None:
    context = opened(waiting, DAY)
    text_in(context, customers="customer_no;name;language;email;dispatch\n10002;Max Muster;en;max@example.com;email\n")
    (told,) = collecting.announce(context, tmp_path, ["B5"]).announcements
    assert told.channel == "email"
    text = told.text.decode()
    assert text.startswith("To: max@example.com\nSubject: Advance notice of a SEPA direct debit\n")
    assert "on 7 Dec 2026: EUR 1,000.00 for invoice AN-1" in text
    assert {row.channel for row in rows(waiting, select(prenotifications.c.channel))} == {"email"}


def test_announced_again_nothing_changes_and_with_all_the_texts_are_written(
    waiting: str, opened: Opened, tmp_path: Path
) -> None:
    context = opened(waiting, DAY)
    collecting.announce(context, tmp_path / "one", ["B5"])
    before = dump(waiting)
    assert collecting.announce(context, tmp_path / "two", ["B5"]).announcements == ()
    assert not (tmp_path / "two").exists()
    assert dump(waiting) == before
    again = collecting.announce(context, tmp_path / "three", ["B5"], everything=True)
    assert len(list((tmp_path / "three").iterdir())) == 3
    assert again.findings == ()
    # Only the debits of which nobody was told yet are kept.
    assert len(rows(waiting, select(prenotifications.c.id))) == 4
    sound(waiting)


def test_told_too_late_is_said_and_does_not_help(waiting: str, opened: Opened, tmp_path: Path) -> None:
    """Thirteen days before: a warning when announcing, and the export is still refused."""
    late = opened(waiting, "2026-11-24")
    told = collecting.announce(late, tmp_path / "texts", ["B5"])
    assert [finding.code for finding in told.findings] == ["announced-late"]
    with pytest.raises(Refused) as no:
        collecting.export(late, tmp_path / "out", ["B5"])
    assert codes_of(no) == ["batch-unannounced"]


def test_without_days_no_notice_is_asked_for(waiting: str, opened: Opened, tmp_path: Path) -> None:
    """``prenotification_days = 0``."""
    context = opened(waiting, DAY)
    setting_up.change(context, "collect.prenotification_days", "0")
    assert collecting.export(context, tmp_path, ["B5"]).batches[0].status == "exported"


def test_a_dry_run_tells_nobody(waiting: str, opened: Opened, tmp_path: Path) -> None:
    before = dump(waiting)
    told = collecting.announce(opened(waiting, DAY, dry_run=True), tmp_path / "texts", ["B5"])
    assert len(told.announcements) == 1
    assert dump(waiting) == before
    assert not (tmp_path / "texts").exists()


def test_an_item_without_a_day_of_issue_is_collected_late_enough_to_be_told(books_at: BooksAt, opened: Opened) -> None:
    """Fourteen days from today; a wish for an earlier day excludes it. Where the settings do not ask for a notice of
    its own, its invoice has told him."""
    context = opened(books_at("exported"), DAY)
    text_in(context, items=f"{_HEAD}AN-1;10002;10,00;2026-11-20;;K01;direct_debit;M-10002-1\n")
    until = date(2026, 11, 20)
    (planned,) = collecting.preview(context, due_until=until).batches
    assert planned.collection_date == date(2026, 11, 23)
    setting_up.change(context, "collect.announce_undated", "true")
    (planned,) = collecting.preview(context, due_until=until).batches
    assert planned.collection_date == date(2026, 12, 4)
    wished = collecting.preview(context, due_until=until, collection_date=date(2026, 12, 1))
    assert {entry.claim.invoice_no: entry.reason for entry in wished.excluded}["AN-1"] == "prenotification"


def test_a_debit_that_came_back_takes_another_announcement_unless_its_day_was_agreed_on(
    books_at: BooksAt, opened: Opened, tmp_path: Path
) -> None:
    """RE-2026-0886 came back: presented again fourteen days from then, and not before the customer is told; where a
    person has agreed on a day with him, that is the notice."""
    for agreed in (None, date(2026, 12, 3)):
        url = books_at("returned")
        context = opened(url, "2026-11-25")
        case = next(one.name for one in cases.list_cases(context) if one.back.item == "RE-2026-0886")
        if agreed is not None:
            deciding_returns.retry(context, case, on=agreed)
        (batch,) = collecting.create(context, due_until=date(2026, 11, 25), branch="K01").batches
        assert batch.collection_date == (agreed or date(2026, 12, 9))
        waiting = [debit.invoice_no for one in collecting.announcements(context).announcements for debit in one.debits]
        if agreed is None:
            assert waiting == ["RE-2026-0886"]
            with pytest.raises(Refused) as no:
                collecting.export(context, tmp_path / "out")
            assert codes_of(no) == ["batch-unannounced"]
            collecting.announce(context, tmp_path / "texts")
        else:
            assert waiting == []
        assert collecting.export(context, tmp_path / "out", [batch.id or ""]).batches[0].status == "exported"
        sound(url)
