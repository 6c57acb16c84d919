"""Dunning in the books: a preview writes nothing, a notice goes out once, taking one back puts level and dates where
they were, and what is on its way by direct debit is left alone."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from recon.model.items import PartKind
from recon.service import collecting, confirming, dunning, listing, matching, undoing
from recon.service.answers import Exit, Refused
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.service.dunning import DunningResult
from recon.service.importing import Source, import_sources
from recon.store.dunning_tables import notice_items, notices
from recon.store.tables import collections, holds, item_parts, items, log
from tests.books import dump, rows, sound, text_in
from tests.service.decided import codes_of
from tests.service.statements_text import returned

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-25"
EVERYBODY = Scope()


def _state(url: str, invoice_no: str) -> tuple[int, date | None, date | None]:
    """Level, last notice and last deadline of an item of one part."""
    part = rows(url, select(item_parts).join(items).where(items.c.invoice_no == invoice_no))[0]
    return (part.dunning_level, part.last_notice_on, part.last_deadline)


def _states(url: str) -> list[Any]:
    query = select(item_parts.c.item_id, item_parts.c.kind, item_parts.c.dunning_level, item_parts.c.last_notice_on,
                   item_parts.c.last_deadline).order_by(item_parts.c.id)  # fmt: skip
    return rows(url, query)


def _told(result: DunningResult) -> dict[str, tuple[int, int]]:
    """Invoice -> level and what is open, of all notices."""
    return {line.invoice_no: (line.level, line.open) for _, notice in result.notices for line in notice.items}


def _left_out(result: DunningResult) -> dict[str, str]:
    return {entry.invoice_no: entry.reason for entry in result.excluded}


def _line(context: Context, bank_ref: str) -> str:
    return next(line.id for line in listing.list_lines(context) if line.line.bank_ref == bank_ref)


def test_a_preview_writes_nothing(books_at: BooksAt, opened: Opened) -> None:
    """Whatever it is asked for."""
    url = books_at("returned")
    before = dump(url)
    for scope in (EVERYBODY, Scope(branch="K01"), Scope(customer="10010"), Scope(level=3)):
        result = dunning.preview(opened(url, DAY), scope)
        assert (result.run, result.status) == (None, "preview")
        assert result.notices
        assert all(name is None for name, _ in result.notices)
    assert dump(url) == before


def test_a_run_freezes_what_the_preview_showed(books_at: BooksAt, opened: Opened) -> None:
    """Same notices, same exclusions; nobody's level moves before it is issued."""
    url = books_at("returned")
    context = opened(url, DAY)
    states = _states(url)
    shown = dunning.preview(context, EVERYBODY)
    frozen = dunning.freeze(context, EVERYBODY)
    assert [notice for _, notice in frozen.notices] == [notice for _, notice in shown.notices]
    assert frozen.excluded == shown.excluded
    assert (frozen.run, frozen.status) == ("D3", "draft")
    assert _states(url) == states
    sound(url)


def test_issue_moves_every_part_by_its_notice(books_at: BooksAt, opened: Opened) -> None:
    """Level, day and deadline of each part are those of its notice; no level is skipped."""
    url = books_at("frozen")
    before = {(row.item_id, row.kind): row.dunning_level for row in _states(url)}
    result = dunning.issue(opened(url, DAY), "D3")
    assert (result.status, len(result.notices)) == ("issued", 15)
    after = {(row.item_id, row.kind): row for row in _states(url)}
    told = {(line.item_id, line.part.value): (line.level, notice.deadline)
            for _, notice in result.notices for line in notice.items}  # fmt: skip
    for key, row in after.items():
        if key in told:
            level, deadline = told[key]
            assert (row.dunning_level, row.last_notice_on, row.last_deadline) == (level, date(2026, 11, 25), deadline)
            assert level == before[key] + 1
        else:
            assert row.dunning_level == before[key]
    sound(url)


def test_issued_twice_is_issued_once(books_at: BooksAt, opened: Opened) -> None:
    """The second call gives the same answer and changes nothing, also a day later."""
    url = books_at("frozen")
    first = dunning.issue(opened(url, DAY), "D3")
    after = dump(url)
    for day in (DAY, "2026-11-26"):
        assert dunning.issue(opened(url, day), "d3") == first
    assert dump(url) == after


def test_what_was_paid_meanwhile_is_dropped(books_at: BooksAt, opened: Opened) -> None:
    """Between run and issue one invoice is paid in full and one in part: no notice, and a notice of the rest."""
    url = books_at("frozen")
    context = opened(url, DAY)
    wanted = [Wanted("RE-2026-0801", None), Wanted("RE-2026-0805", 10000)]
    confirming.confirm(context, _line(context, "1120A04"), wanted)
    result = dunning.issue(context, "D3")
    told = _told(result)
    assert "RE-2026-0801" not in told
    assert told["RE-2026-0805"] == (2, 74560)
    assert _state(url, "RE-2026-0801")[0] == 2
    assert _state(url, "RE-2026-0805")[0] == 2
    notice = next(notice for _, notice in result.notices if notice.customer_no == "10012")
    assert notice.total == 74560 + 500
    sound(url)


def test_one_of_two_invoices_paid_meanwhile(books_at: BooksAt, opened: Opened) -> None:
    """The notice goes out for the other one, at its own level and with the fee of that level."""
    url = books_at("frozen")
    context = opened(url, DAY)
    confirming.confirm(context, _line(context, "1120A04"), [Wanted("RE-2026-0798", 9240)])
    result = dunning.issue(context, "D3")
    assert "RE-2026-0798" not in _told(result)
    assert _told(result)["RE-2026-0813"] == (2, 6115)
    notice = next(notice for _, notice in result.notices if notice.customer_no == "10017")
    assert (notice.level, notice.fee, notice.total) == (2, 500, 6115 + 500)
    query = select(notice_items.c.status).join(items).where(items.c.invoice_no == "RE-2026-0798").order_by(
        notice_items.c.id.desc()).limit(1)  # fmt: skip
    assert rows(url, query) == [("dropped",)]
    sound(url)


def test_what_was_blocked_meanwhile_is_dropped(books_at: BooksAt, opened: Opened) -> None:
    """A block that came after the run holds."""
    url = books_at("frozen")
    context = opened(url, DAY)
    dunning.block(context, "RE-2026-0801", reason="Reklamation", until=None, only=None)
    assert "RE-2026-0801" not in _told(dunning.issue(context, "D3"))
    assert _state(url, "RE-2026-0801")[0] == 2
    sound(url)


def test_a_run_is_not_issued_before_its_day(books_at: BooksAt, opened: Opened) -> None:
    """Its days overdue and deadlines were counted from that day."""
    url = books_at("frozen")
    before = dump(url)
    with pytest.raises(Refused) as no:
        dunning.issue(opened(url, "2026-11-24"), "D3")
    assert codes_of(no) == ["dunning-before-run"]
    assert dump(url) == before


def test_cancelling_a_notice_restores_level_and_dates(books_at: BooksAt, opened: Opened) -> None:
    """The part stands where the notice before left it; the others of the run stay."""
    url = books_at("frozen")
    context = opened(url, DAY)
    before = _state(url, "RE-2026-0801")
    result = dunning.issue(context, "D3")
    name = next(name for name, notice in result.notices if notice.customer_no == "10010")
    other = _state(url, "RE-2026-0805")
    with pytest.raises(Refused) as no:
        dunning.cancel(context, str(name))
    assert (codes_of(no), no.value.exit_code) == (["reason-missing"], Exit.USAGE)
    dunning.cancel(context, str(name), "an die falsche Adresse")
    assert _state(url, "RE-2026-0801") == before == (2, date(2026, 11, 4), date(2026, 11, 14))
    assert _state(url, "RE-2026-0805") == other
    row = rows(url, select(notices.c.status, notices.c.reason).where(notices.c.id == int(str(name)[1:])))[0]
    assert tuple(row) == ("cancelled", "an die falsche Adresse")
    assert "RE-2026-0801" in _told(dunning.preview(context, EVERYBODY))
    sound(url)


def test_cancelling_an_issued_run_restores_everybody(books_at: BooksAt, opened: Opened) -> None:
    """All notices of the run; once."""
    url = books_at("frozen")
    context = opened(url, DAY)
    states = _states(url)
    dunning.issue(context, "D3")
    assert _states(url) != states
    dunning.cancel(context, "D3", "falscher Stichtag")
    assert _states(url) == states
    after = dump(url)
    dunning.cancel(context, "D3", "falscher Stichtag")
    assert dump(url) == after
    sound(url)


def test_cancelling_the_older_of_two_notices_keeps_the_newer(books_at: BooksAt, opened: Opened) -> None:
    """N1 (level 1) is cancelled while level 2 stands: the part stays at level 2 with its dates."""
    url = books_at("reminded")
    context = opened(url, "2026-11-10")
    query = select(notices.c.id, items.c.invoice_no).join(notice_items, notice_items.c.notice_id == notices.c.id).join(
        items, notice_items.c.item_id == items.c.id).where(notices.c.run_id == 1).order_by(notices.c.id)  # fmt: skip
    number, invoice_no = rows(url, query)[0]
    before = _state(url, invoice_no)
    assert before[0] == 2
    dunning.cancel(context, f"N{number}", "Doppelt")
    assert _state(url, invoice_no) == before
    sound(url)


def test_a_cancelled_draft_is_never_issued(books_at: BooksAt, opened: Opened) -> None:
    """A draft needs no reason to be cancelled."""
    url = books_at("frozen")
    context = opened(url, DAY)
    dunning.cancel(context, "D3")
    with pytest.raises(Refused) as no:
        dunning.issue(context, "D3")
    assert codes_of(no) == ["dunning-run-cancelled"]
    sound(url)


@pytest.mark.parametrize(
    ("act", "name", "code"),
    [
        (dunning.issue, "D99", "dunning-run-unknown"), (dunning.issue, "", "dunning-run-unknown"),
        (dunning.issue, "N1", "dunning-run-unknown"), (dunning.cancel, "N999", "notice-unknown"),
        (dunning.cancel, "D99", "dunning-run-unknown"), (dunning.cancel, "Nx", "dunning-run-unknown"),
    ],
)  # fmt: skip
def test_names_that_are_not_there(books_at: BooksAt, opened: Opened, act: Any, name: str, code: str) -> None:
    """Refused with the name; nothing written."""
    url = books_at("frozen")
    before = dump(url)
    with pytest.raises(Refused) as no:
        act(opened(url, DAY), name)
    assert codes_of(no) == [code]
    assert dump(url) == before


def test_a_block_until_a_day(books_at: BooksAt, opened: Opened) -> None:
    """Out until that day, in after it; the level has not moved."""
    url = books_at("returned")
    context = opened(url, DAY)
    before = _state(url, "RE-2026-0801")
    dunning.block(context, "RE-2026-0801", reason="Zahlungszusage", until=date(2026, 12, 1), only=None)
    held = {entry.invoice_no: entry for entry in dunning.preview(context, EVERYBODY).excluded}["RE-2026-0801"]
    assert (held.reason, held.next_on) == ("blocked", date(2026, 12, 2))
    assert _left_out(dunning.preview(opened(url, "2026-12-01"), EVERYBODY))["RE-2026-0801"] == "blocked"
    assert _told(dunning.preview(opened(url, "2026-12-02"), EVERYBODY))["RE-2026-0801"][0] == 3
    assert _state(url, "RE-2026-0801") == before
    sound(url)


def test_unblock_brings_back_what_was(books_at: BooksAt, opened: Opened) -> None:
    """X-27: lifting the block restores the step without resetting the counter; both stand in the log."""
    url = books_at("returned")
    context = opened(url, DAY, actor="Erika Beispiel")
    shown = dunning.preview(context, EVERYBODY)
    dunning.block(context, "RE-2026-0801", reason="Reklamation", until=None, only=None)
    assert _left_out(dunning.preview(context, EVERYBODY))["RE-2026-0801"] == "blocked"
    assert dunning.unblock(context, "RE-2026-0801", reason="geklärt", only=None) == 1
    assert dunning.unblock(context, "RE-2026-0801", reason="geklärt", only=None) == 0
    again = dunning.preview(context, EVERYBODY)
    assert (again.notices, again.excluded) == (shown.notices, shown.excluded)
    told = rows(url, select(log.c.action, log.c.subject, log.c.reason, log.c.actor).order_by(log.c.id.desc()).limit(2))
    assert [tuple(row) for row in told] == [
        ("unblock", "RE-2026-0801", "geklärt", "Erika Beispiel"),
        ("block", "RE-2026-0801", "Reklamation", "Erika Beispiel"),
    ]  # fmt: skip
    sound(url)


def test_a_block_of_collecting_does_not_hold_dunning(books_at: BooksAt, opened: Opened) -> None:
    """``--only collect``; and lifting only that leaves a block of dunning."""
    url = books_at("returned")
    context = opened(url, DAY)
    dunning.block(context, "RE-2026-0801", reason="Mandat prüfen", until=None, only="collect")
    assert "RE-2026-0801" in _told(dunning.preview(context, EVERYBODY))
    dunning.block(context, "RE-2026-0801", reason="Reklamation", until=None, only="dunning")
    assert dunning.unblock(context, "RE-2026-0801", reason="geprüft", only="collect") == 1
    assert _left_out(dunning.preview(context, EVERYBODY))["RE-2026-0801"] == "blocked"
    query = select(holds.c.scope).join(items).where(items.c.invoice_no == "RE-2026-0801", holds.c.lifted_on.is_(None))
    assert rows(url, query) == [("dunning",)]


def test_block_of_nothing(books_at: BooksAt, opened: Opened) -> None:
    """An unknown invoice."""
    url = books_at("returned")
    context = opened(url, DAY)
    for act in (
        lambda: dunning.block(context, "RE-9", reason="x", until=None, only=None),
        lambda: dunning.unblock(context, "RE-9", reason="x", only=None),
        lambda: dunning.explained(context, "RE-9"),
    ):
        with pytest.raises(Refused) as no:
            act()
        assert codes_of(no) == ["item-unknown"]


def test_a_found_payment_holds_its_item(books_at: BooksAt, opened: Opened) -> None:
    """X-31: a proposed payment nobody has decided on; decided, the item is in or paid."""
    url = books_at("returned")
    context = opened(url, DAY)
    assert _left_out(dunning.preview(context, EVERYBODY))["RE-2026-0804"] == "payment_found"
    confirming.reject(context, _line(context, "1120A04"))
    assert _told(dunning.preview(context, EVERYBODY))["RE-2026-0804"] == (2, 96000)


def test_a_payment_found_after_the_run_holds_its_item(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """A statement comes between run and issue and brings a proposal for a frozen item: it is dropped."""
    from tests.service.statements_text import BONN, Booked, mt940

    url = books_at("frozen")
    context = opened(url, DAY)
    part = Booked(20000, "Teilzahlung RE-2026-0805", day="2026-11-25", name="Gasthof Zur Probe", reference="P1",
                  iban="DE17120300000000010012")  # fmt: skip
    import_sources(context, [Source("p.sta", mt940(part, account=BONN, day="2026-11-25", number="301").encode())])
    matching.match_all(context)
    assert "RE-2026-0805" not in _told(dunning.issue(context, "D3"))
    assert _state(url, "RE-2026-0805")[0] == 1


def test_o_16_what_is_on_its_way_is_left_alone(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Reminded once, then collected: not dunned while the debit is on its way. The debit comes back: eligible again,
    by its original due date, and the counter has not moved."""
    url = books_at("tables")
    context = opened(url, "2026-10-20")
    text_in(context, items="invoice_no;customer_no;amount;due_date;issue_date;branch;payment_method;mandate_id\n"
                           "DD-1;10002;200,00;2026-10-01;2026-09-15;K01;direct_debit;M-10002-1\n")  # fmt: skip
    dunning.issue(context, str(dunning.freeze(context, Scope(customer="10002")).run))
    level_one = (1, date(2026, 10, 20), date(2026, 10, 30))
    assert _state(url, "DD-1") == level_one
    bank = opened(url, "2026-11-20")
    collecting.create(bank, due_until=date(2026, 10, 1))
    late = opened(url, "2026-11-24")
    held = {entry.invoice_no: entry for entry in dunning.preview(late, EVERYBODY).excluded}["DD-1"]
    assert held.reason == "in_collection"
    assert dict(held.facts)["batch"] == "B1"
    collecting.export(bank, tmp_path)
    assert _left_out(dunning.preview(late, EVERYBODY))["DD-1"] == "in_collection"
    told = rows(url, select(collections.c.end_to_end_id))[0][0]
    back = opened(url, "2026-11-25")
    import_sources(back, [Source("r.sta", returned(20000, 300, told).encode())])
    assert matching.match_all(back).booked == 1
    assert _state(url, "DD-1") == level_one
    again = next(notice for _, notice in dunning.preview(back, EVERYBODY).notices if notice.customer_no == "10002")
    line = next(line for line in again.items if line.invoice_no == "DD-1")
    assert (line.level, line.due_date, line.open, line.days_overdue) == (2, date(2026, 10, 1), 20000, 55)
    sound(url)


def test_collected_between_run_and_issue_is_dropped(books_at: BooksAt, opened: Opened) -> None:
    """The direct debit overtook the notice."""
    url = books_at("tables")
    context = opened(url, "2026-10-20")
    text_in(context, items="invoice_no;customer_no;amount;due_date;issue_date;branch;payment_method;mandate_id\n"
                           "DD-1;10002;200,00;2026-10-01;2026-09-15;K01;direct_debit;M-10002-1\n")  # fmt: skip
    run = str(dunning.freeze(context, EVERYBODY).run)
    collecting.create(context, due_until=date(2026, 10, 1))
    assert "DD-1" not in _told(dunning.issue(context, run))
    assert _state(url, "DD-1") == (0, None, None)
    sound(url)


def test_prepayment_and_remainder_have_their_own_counters(books_at: BooksAt, opened: Opened) -> None:
    """V-05, V-06: the prepayment is at level 2, the remainder not due yet."""
    url = books_at("reminded")
    query = (
        select(item_parts.c.kind, item_parts.c.dunning_level).join(items).where(items.c.invoice_no == "RE-2026-0800")
    )
    assert dict(rows(url, query)) == {"prepayment": 2, "remainder": 0}
    found = dunning.explained(opened(url, "2026-11-10"), "RE-2026-0800")
    assert [part.part for part, _ in found] == [PartKind.PREPAYMENT, PartKind.REMAINDER]


def test_old_statements_are_told(books_at: BooksAt, opened: Opened) -> None:
    """Older than three bank days: whoever has paid since may be reminded by mistake."""
    url = books_at("returned")
    told = {"statements-stale", "dunning-payments-found"}
    now = dunning.preview(opened(url, "2026-11-27"), EVERYBODY)
    assert [finding.code for finding in now.findings if finding.code in told] == ["dunning-payments-found"]
    late = dunning.preview(opened(url, "2026-11-30"), EVERYBODY)
    assert [finding.code for finding in late.findings if finding.code in told] == [
        "statements-stale", "statements-stale", "dunning-payments-found",
    ]  # fmt: skip


def test_the_same_day_gives_the_same_preview(books_at: BooksAt, opened: Opened) -> None:
    """Promise 9: also when the books were written in between by others and taken back."""
    url = books_at("returned")
    context = opened(url, DAY)
    first = dunning.preview(context, EVERYBODY)
    confirming.confirm(context, _line(context, "1119A07"))
    undoing.undo(context, last=True)
    assert dunning.preview(context, EVERYBODY).notices == first.notices


def test_a_credit_note_may_be_set_off_before_it_is_due(books_at: BooksAt, opened: Opened) -> None:
    """It is no days overdue on the notice, and the auditor counts the same."""
    url = books_at("set_up")
    context = opened(url, "2026-11-20")
    text_in(context, customers="customer_no;name\n7001;Max Muster\n")
    text_in(context, items="invoice_no;customer_no;amount;issue_date;due_date;document_type\n"
            "RE-1;7001;100.00;2026-10-01;2026-10-15;invoice\n"
            "GU-2;7001;20.00;2026-11-18;2026-12-02;credit_note\n")  # fmt: skip
    [(_, notice)] = dunning.freeze(context, Scope()).notices
    assert {line.invoice_no: line.days_overdue for line in notice.items} == {"RE-1": 36, "GU-2": 0}
    sound(url)
