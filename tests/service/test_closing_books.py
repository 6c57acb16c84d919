"""Closing days and periods: when it may be done, what it keeps from being done, and how it is opened again."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from recon.service import closing, collecting, confirming, listing, matching, removing, reporting, undoing
from recon.service.answers import Exit, Refused
from recon.service.closing import ClosedDay
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.importing import Source, import_sources
from recon.service.journal import journal
from recon.store.closing_tables import closings
from recon.store.tables import allocations, entries, log, statements
from tests.books import dump, rows, sound, text_in
from tests.service.decided import codes_of, left_of, line_of, open_of
from tests.service.statements_text import BONN, IBAN, Booked, mt940, mt942

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
LATER = "2026-12-05"
END = date(2026, 11, 30)


def _give(context: Context, *texts: str) -> list[list[str]]:
    """Import statements; the codes of what was found in each."""
    results = import_sources(context, [Source(f"{place}.sta", text.encode()) for place, text in enumerate(texts)])
    return [[finding.code for finding in result.findings] for result in results]


def _refusal(act: Callable[[], Any], exit_code: Exit = Exit.REFUSED) -> dict[str, dict[str, str]]:
    with pytest.raises(Refused) as no:
        act()
    assert no.value.exit_code is exit_code
    return {finding.code: dict(finding.facts) for finding in no.value.findings}


def _close_november(url: str, opened: Opened) -> Context:
    """The books of the demo closed until 24 November: days and period."""
    context = opened(url, "2026-11-25", actor="anna")
    closing.close_day(context, IBAN)
    closing.close_day(context, "Geschäftskonto Bonn")
    closing.close_period(context, date(2026, 11, 24))
    return context


def test_a_day_is_closed_by_its_figures(books_at: BooksAt, opened: Opened) -> None:
    """Opening, in, out, closing of the bank and of the ledger, what is open between them, and who signed off."""
    url = books_at("matched")
    done = closing.close_day(opened(url, "2026-11-21", actor="anna"), IBAN, date(2026, 11, 19))
    figures = done.closing.figures
    assert figures is not None
    assert (figures.opening, figures.bank) == (2_431_855, 2_577_704)
    assert figures.opening + figures.paid_in + figures.paid_out == figures.bank
    assert (
        figures.bank - figures.ledger
        == figures.open_sum
        == sum(point.amount for point in done.points if point.kind == "line")
    )
    assert (figures.difference, figures.open_count) == (0, 11)
    assert (done.closing.actor, done.closing.statement, done.closing.overridden) == ("anna", "S1", False)
    next_one = closing.close_day(opened(url, "2026-11-21"), "Geschäftskonto Köln")
    assert next_one.closing.figures is not None
    assert next_one.closing.figures.opening == figures.bank
    assert (next_one.closing.day, next_one.closing.statement) == (date(2026, 11, 20), "S3")
    record = rows(url, select(log).where(log.c.action == "close").order_by(log.c.id))[0]
    assert (record.subject, record.actor, '"day":"2026-11-19"' in record.after) == ("C1", "anna", True)
    sound(url)


def test_closing_again_changes_nothing_and_says_the_same(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("matched")
    first = closing.close_day(opened(url, "2026-11-21"), IBAN)
    before = dump(url)
    again = closing.close_day(opened(url, "2026-11-21"), IBAN)
    assert (again.closing, again.points, again.written) == (first.closing, first.points, False)
    assert dump(url) == before
    assert "closing-earlier" in _refusal(lambda: closing.close_day(opened(url, "2026-11-21"), IBAN, date(2026, 11, 19)))
    # What is booked later is not in what is shown of it.
    confirming.confirm(opened(url, "2026-11-22"), "L9")
    told = closing.show_closing(opened(url, "2026-11-23"), "C1")
    assert isinstance(told, ClosedDay)
    assert [(point.id, point.amount) for point in told.points] == [(point.id, point.amount) for point in first.points]


def test_a_dry_run_closes_nothing(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("matched")
    before = dump(url)
    assert closing.close_day(opened(url, "2026-11-21", dry_run=True), IBAN).closing.id == 1
    assert dump(url) == before


def test_open_points_are_listed_and_do_not_hinder(books_at: BooksAt, opened: Opened) -> None:
    """Lines of which something is left, overpayments for the tax adviser, lines that were announced only."""
    url = books_at("tables")
    context = opened(url, "2026-11-20")
    _give(context, mt940(Booked(5000, "ohne Bezug"), Booked(33800, "RE-2026-0818", name="Autohaus Beispielring GmbH")))
    _give(context, mt942(Booked(1234, "kommt noch"), account=IBAN))
    line = next(entry.id for entry in listing.list_lines(context) if entry.line.amount == 33800)
    confirming.confirm(context, line, [Wanted("RE-2026-0818", None)])
    done = closing.close_day(context, IBAN)
    assert sorted((point.kind, point.amount) for point in done.points) == [
        ("announced", 1234), ("line", 5000), ("manual_booking", 2000)
    ]  # fmt: skip
    assert done.closing.figures is not None
    assert (done.closing.figures.open_sum, done.closing.figures.difference) == (5000, 0)
    sound(url)


def test_a_gap_or_a_missing_balance_hinders(books_at: BooksAt, opened: Opened) -> None:
    """Refused with the figure; a person with a reason may close all the same, and it is not asked again."""
    url = books_at("set_up")
    context = opened(url, LATER, actor="bernd")
    assert "closing-no-statement" in _refusal(lambda: closing.close_day(context, IBAN))
    _give(context, mt940(Booked(1000, "eins", day="2026-11-27"), number="1", day="2026-11-27"))
    missing = _refusal(lambda: closing.close_day(context, IBAN, END))
    assert missing["closing-balance-missing"]["last"] == "2026-11-27"
    # Saturday and Sunday are quiet: no bank books on them.
    assert closing.close_day(opened(url, LATER, dry_run=True), IBAN, date(2026, 11, 29)).closing.statement == "S1"
    _give(context, mt940(Booked(700, "drei", day="2026-12-01"), number="3", day="2026-12-01", opening=105_000))
    gap = _refusal(lambda: closing.close_day(context, IBAN))
    assert gap == {"closing-gap": {"account": IBAN, "after": "S1", "before": "S2", "difference": "40.00",
                                   "currency": "EUR"}}  # fmt: skip
    assert "closing-reason" in _refusal(lambda: closing.close_day(context, IBAN, override=True), Exit.USAGE)
    done = closing.close_day(context, IBAN, override=True, reason="Auszug 2 fehlt beim Institut")
    assert done.closing.overridden
    assert done.closing.figures is not None
    assert (done.closing.figures.difference, [finding.code for finding in done.findings]) == (4000, ["closing-gap"])
    _give(context, mt940(Booked(1, "vier", day="2026-12-02"), number="4", day="2026-12-02", opening=105_700))
    after = closing.close_day(context, IBAN)
    assert after.closing.figures is not None
    assert (after.accepted, after.closing.figures.difference, after.closing.overridden) == (4000, 4000, False)
    sound(url)


def test_a_day_that_has_not_been_and_an_account_that_is_none(books_at: BooksAt, opened: Opened) -> None:
    context = opened(books_at("imported"), "2026-11-20")
    assert "closing-future" in _refusal(lambda: closing.close_day(context, IBAN, date(2026, 11, 21)))
    assert "closing-future" in _refusal(lambda: closing.close_period(context, END))
    assert "closing-account" in _refusal(lambda: closing.close_day(context, "Sparbuch"))


def test_a_period_needs_the_days_of_every_account(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    until = date(2026, 11, 24)
    closing.close_day(context, IBAN)
    found = _refusal(lambda: closing.close_period(context, until))
    assert found == {"closing-day-open": {"account": BONN, "until": "2026-11-24", "last": "–"}}
    done = closing.close_period(context, until, override=True, reason="Bonn wird nachgereicht")
    assert done.closing.overridden
    assert {one.account: one.open_count for one in done.accounts} == {BONN: 5, IBAN: 37}
    sound(url)


def test_nothing_is_booked_in_a_closed_period(books_at: BooksAt, opened: Opened) -> None:
    """A line of the period is booked on the first open day, and says so; what was reported stays as it was."""
    url = books_at("returned")
    _close_november(url, opened)
    at_end = opened(url, "2026-11-24")
    before = (list(reporting.open_on(at_end)), reporting.ageing(at_end),
              list(journal(at_end, last=date(2026, 11, 24))))  # fmt: skip
    later = opened(url, LATER)
    confirming.confirm(later, line_of(url, "1119A09"))
    entry = rows(url, select(entries).order_by(entries.c.id.desc()).limit(1))[0]
    assert (entry.booked_on, entry.text.endswith("(Umsatz vom 19.11.2026)")) == (date(2026, 11, 25), True)
    allocation = rows(url, select(allocations).order_by(allocations.c.id.desc()).limit(1))[0]
    assert (allocation.booked_on, "booked-later" in allocation.evidence) == (date(2026, 11, 25), True)
    after = (list(reporting.open_on(at_end)), reporting.ageing(at_end),
              list(journal(at_end, last=date(2026, 11, 24))))  # fmt: skip
    assert after == before
    sound(url)


def test_on_behalf_of_a_closed_day_nothing_is_booked(books_at: BooksAt, opened: Opened) -> None:
    """Confirming, taking items over: refused with code 7, and nothing written."""
    url = books_at("returned")
    _close_november(url, opened)
    before = dump(url)
    early = opened(url, "2026-11-24")
    facts = _refusal(lambda: confirming.confirm(early, line_of(url, "1119A09")), Exit.NOT_PERMITTED)["period-closed"]
    assert facts == {"day": "2026-11-24", "until": "2026-11-24", "open": "2026-11-25"} | facts
    item = "invoice_no;customer_no;amount;due_date\nNEU-1;10009;10,00;30.12.2026\n"
    (result,) = text_in(early, items=item)
    assert (result.status, [finding.code for finding in result.findings]) == ("refused", ["period-closed"])
    assert dump(url) == before
    (result,) = text_in(opened(url, "2026-11-25"), items=item)
    assert result.status == "imported"


def test_a_booking_of_a_closed_period_is_taken_back_in_the_open_one(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("returned")
    _close_november(url, opened)
    later = opened(url, LATER)
    before = dump(url)
    was_open = open_of(url, "RE-2026-0801")
    facts = _refusal(lambda: undoing.undo(later, allocation="A1"), Exit.NOT_PERMITTED)["undo-period-closed"]
    assert facts["command"] == f"opos match undo A1 --reverse-on {LATER}"
    run = _refusal(lambda: undoing.undo(later, run_name="M1"), Exit.NOT_PERMITTED)["undo-period-closed"]
    assert run["command"] == f"opos match undo --run M1 --reverse-on {LATER}"
    early = _refusal(lambda: undoing.undo(opened(url, "2026-11-24"), last=True), Exit.NOT_PERMITTED)
    assert early["undo-period-closed"]["command"] == (
        "opos match undo --last --reverse-on 2026-11-25 --as-of 2026-11-25"
    )
    for day in (date(2026, 11, 24), date(2026, 11, 1)):
        with pytest.raises(Refused) as no:
            undoing.undo(later, allocation="A1", reverse_on=day)
        assert codes_of(no) == ["undo-period-closed" if day.day > 19 else "undo-before-booking"]
    assert dump(url) == before
    assert undoing.undo(later, allocation="A1", reverse_on=date(2026, 12, 1)) == 1
    back = rows(url, select(entries).order_by(entries.c.id.desc()).limit(1))[0]
    assert (back.kind, back.booked_on) == ("undo", date(2026, 12, 1))
    record = rows(url, select(log).where(log.c.action == "undo"))[0]
    assert '"reversed_on":"2026-12-01"' in record.after
    assert open_of(url, "RE-2026-0801") >= was_open
    sound(url)


def test_no_new_line_comes_on_a_closed_day(books_at: BooksAt, opened: Opened) -> None:
    """A statement that brings one is refused; what the books have already may be delivered again, and go out never."""
    url = books_at("set_up")
    context = opened(url, LATER)
    old = mt940(Booked(1000, "eins", day="2026-11-27"), number="1", day="2026-11-27")
    _give(context, old)
    closing.close_day(context, IBAN)
    before = dump(url)
    late = mt940(Booked(500, "zwei", day="2026-11-27"), number="1", page="2", day="2026-11-27", opening=101_000)
    assert _give(context, late, old) == [["statement-day-closed"], []]
    gone = _refusal(lambda: removing.remove(context, "S1", "falsch"), Exit.NOT_PERMITTED)
    assert gone["statement-closed"]["day"] == "2026-11-27"
    assert dump(url) == before
    closing.reopen(context, "C1", "Nachtrag")
    assert _give(context, late) == [[]]
    removing.remove(context, "S2", "doch falsch")
    assert rows(url, select(func.count()).select_from(statements)) == [(1,)]
    sound(url)


def test_a_back_dated_line_of_the_next_statement_is_the_next_day_s(books_at: BooksAt, opened: Opened) -> None:
    """The bank's balance of the day did not hold it: it comes with the statement that does."""
    url = books_at("set_up")
    context = opened(url, LATER)
    _give(context, mt940(Booked(1000, "eins", day="2026-11-27"), number="1", day="2026-11-27"))
    closing.close_day(context, IBAN)
    text = mt940(Booked(500, "zwei", day="2026-11-27"), number="2", day="2026-11-30", opening=101_000)
    assert _give(context, text.replace(":60F:C261126", ":60F:C261127")) == [[]]
    done = closing.close_day(context, IBAN)
    assert done.closing.figures is not None
    assert (done.closing.day, done.closing.figures.paid_in, done.closing.figures.difference) == (END, 500, 0)
    sound(url)


def test_the_latest_closing_is_opened_first(books_at: BooksAt, opened: Opened) -> None:
    """Each reopening has its reason and stays in the books; the closing too."""
    url = books_at("returned")
    context = _close_november(url, opened)
    assert "closing-reason" in _refusal(lambda: closing.reopen(context, "C3", " "), Exit.USAGE)
    assert "closing-unknown" in _refusal(lambda: closing.reopen(context, "C9", "Irrtum"))
    no = _refusal(lambda: closing.reopen(context, "C1", "Irrtum"), Exit.NOT_PERMITTED)
    assert no["closing-later"]["other"] == "C3"
    closing.reopen(context, "C3", "Nachtrag Bonn")
    closing.reopen(context, "C1", "Nachtrag")
    assert "closing-reopened" in _refusal(lambda: closing.reopen(context, "C1", "noch einmal"))
    assert [(one.closing.id, one.reopened_by is None) for one in closing.list_closings(context)] == [
        (1, False), (2, True), (3, False)
    ]  # fmt: skip
    assert rows(url, select(closings.c.reason).where(closings.c.kind == "reopen").order_by(closings.c.id)) == [
        ("Nachtrag Bonn",), ("Nachtrag",)
    ]  # fmt: skip
    # Open again: booked on its own day, and closed once more with it.
    undoing.undo(opened(url, LATER), allocation="A1")
    confirming.confirm(opened(url, LATER), line_of(url, "1119A09"))
    assert rows(url, select(entries.c.booked_on).order_by(entries.c.id.desc()).limit(1)) == [(date(2026, 11, 19),)]
    assert closing.close_day(opened(url, LATER), IBAN, date(2026, 11, 24)).closing.id == 6
    sound(url)


def test_debits_settled_at_export_are_not_booked_in_a_closed_period(
    books_at: BooksAt, opened: Opened, tmp_path: Any
) -> None:
    """``mark_paid`` books at the export: on a closed day it is refused, and no file is written."""
    from recon.service import setting_up

    url = books_at("created")
    context = opened(url, "2026-11-20")
    setting_up.change(context, "collect.on_export", "mark_paid")
    closing.close_day(context, IBAN)
    closing.close_period(context, date(2026, 11, 20))
    before = dump(url)
    assert "period-closed" in _refusal(lambda: collecting.export(context, tmp_path), Exit.NOT_PERMITTED)
    assert dump(url) == before
    collecting.export(opened(url, "2026-11-23"), tmp_path)
    sound(url)


def test_a_run_books_what_is_certain_in_the_open_period(books_at: BooksAt, opened: Opened) -> None:
    """The statements came and were closed before anybody matched."""
    url = books_at("imported")
    context = opened(url, "2026-11-23")
    closing.close_day(context, IBAN)
    closing.close_period(context, date(2026, 11, 20))
    assert "period-closed" in _refusal(lambda: matching.match_all(opened(url, "2026-11-20")), Exit.NOT_PERMITTED)
    assert matching.match_all(context).booked > 0
    days = rows(url, select(allocations.c.booked_on).where(allocations.c.line_id.is_not(None)).distinct())
    assert days == [(date(2026, 11, 21),)]
    assert left_of(url, "1119A09")[1] == "proposed"
    sound(url)
