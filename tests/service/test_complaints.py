"""Complaints: each holds exactly its item until it is settled, is acknowledged within a day, and hands out what was
said word for word."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from recon.model.complaints import ComplaintOutcome, Deadline, Document
from recon.service import blocks, claims, complaints, dunning
from recon.service.answers import Exit, Refused
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.store.books import reading
from recon.store.complaint_tables import complaint_files
from recon.store.holds import COLLECT, holds_on
from recon.store.tables import log
from tests.books import dump, rows, sound
from tests.service.care_books import asked, books, dun, reasons
from tests.service.decided import codes_of

Opened = Callable[..., Context]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _reject(context: Context, name: str) -> None:
    complaints.resolve(context, name, outcome=ComplaintOutcome.REJECTED, reason="Lieferschein ist unterschrieben")


def test_o_17_x_27_a_complaint_holds_its_item_alone_and_resolving_restores_the_step(
    books_url: str, opened: Opened
) -> None:
    """Raised on 14.03.: nothing on 15.03.; resolved on 20.03.: step 1 on 20.03. The other items go on."""
    books(books_url, opened)
    known = complaints.open_complaint(opened(books_url, "2026-03-14"), "RE-1", reason="falsch geliefert")
    assert asked(books_url, opened, "2026-03-15") == {"RE-2": 1, "RE-3": 1}
    assert reasons(books_url, opened, "2026-03-15") == {"RE-1": "disputed"}
    _reject(opened(books_url, "2026-03-20"), known.id)
    assert asked(books_url, opened, "2026-03-20") == {"RE-1": 1, "RE-2": 1, "RE-3": 1}
    sound(books_url)


def test_x_27_a_complaint_after_a_notice_leaves_the_counter_alone(books_url: str, opened: Opened) -> None:
    """Level 1 on 15.03., complaint on 20.03., resolved on 02.04.: level 2 on that day, not level 1 again."""
    books(books_url, opened)
    dun(books_url, opened, "2026-03-15")
    known = complaints.open_complaint(opened(books_url, "2026-03-20"), "RE-1", reason="Menge")
    assert reasons(books_url, opened, "2026-03-29") == {"RE-1": "disputed"}
    _reject(opened(books_url, "2026-04-02"), known.id)
    assert asked(books_url, opened, "2026-04-02") == {"RE-1": 2, "RE-2": 2, "RE-3": 2}
    sound(books_url)


def test_x_27_the_hold_has_reason_owner_and_expiry(books_url: str, opened: Opened) -> None:
    """It ends with its day; who, why and until when stand in the list of blocks and in the exclusion."""
    books(books_url, opened)
    context = opened(books_url, "2026-03-14", actor="bernd")
    complaints.open_complaint(context, "RE-1", reason="Menge", until=date(2026, 3, 18))
    (held,) = blocks.list_blocks(context)
    assert (held.item, held.kind, held.only, held.reason, held.by, held.until, held.source) == (
        "RE-1", "disputed", None, "Menge", "bernd", date(2026, 3, 18), "K1",
    )  # fmt: skip
    left = dunning.preview(opened(books_url, "2026-03-18"), Scope()).excluded[0]
    assert dict(left.facts) == {
        "complaint": "K1", "reason": "Menge", "by": "bernd", "since": "2026-03-14", "until": "2026-03-18",
    }  # fmt: skip
    assert "RE-1" in asked(books_url, opened, "2026-03-19")


def test_x_27_it_keeps_the_item_from_being_collected_too(books_url: str, opened: Opened) -> None:
    context = books(books_url, opened)
    complaints.open_complaint(context, "RE-1", reason="Menge")
    with reading(context.books) as connection:
        held = holds_on(connection, date(2026, 3, 5), COLLECT)
    assert [row.kind for row in held.values()] == ["disputed"]
    assert claims.hold_facts(next(iter(held.values())))[0] == "disputed"


def test_f_32_an_nth_complaint_is_accepted_and_the_last_one_ends_the_hold(books_url: str, opened: Opened) -> None:
    """Any number, also two at once: each holds."""
    books(books_url, opened)
    day = opened(books_url, "2026-03-14")
    for number in range(1, 6):
        known = complaints.open_complaint(day, "RE-1", reason=f"Einwand {number}")
        assert known.id == f"K{number}"
        if number < 4:
            _reject(day, known.id)
    _reject(day, "K4")
    assert reasons(books_url, opened, "2026-03-15") == {"RE-1": "disputed"}
    _reject(day, "K5")
    assert "RE-1" in asked(books_url, opened, "2026-03-15")
    assert len(complaints.list_complaints(day, item="RE-1")) == 5
    assert not complaints.list_complaints(day, unresolved=True)
    sound(books_url)


def test_f_33_an_acknowledgement_is_due_in_24_hours_and_overdue_ones_are_listed(books_url: str, opened: Opened) -> None:
    """The clock is the real time of receipt, to the minute, not the day."""
    books(books_url, opened)
    day = opened(books_url, "2026-03-16")
    received = at("2026-03-14 10:20")
    for invoice_no in ("RE-1", "RE-2", "RE-3"):
        complaints.open_complaint(day, invoice_no, reason="Menge", received_at=received)
    assert complaints.show(day, "K1").due_at == at("2026-03-15 10:20")
    assert complaints.acknowledge(day, "K1", at("2026-03-15 10:20")).deadline is Deadline.ACKNOWLEDGED
    assert complaints.acknowledge(day, "K2", at("2026-03-15 10:21")).deadline is Deadline.LATE
    listed = {
        when: [(one.id, one.deadline) for one in complaints.list_complaints(opened(books_url, when), overdue=True)]
        for when in ("2026-03-14", "2026-03-15", "2026-03-16")
    }
    assert listed == {"2026-03-14": [], "2026-03-15": [("K3", Deadline.DUE)], "2026-03-16": [("K3", Deadline.OVERDUE)]}
    with pytest.raises(Refused) as no:
        complaints.acknowledge(day, "K1", at("2026-03-15 11:00"))
    assert codes_of(no) == ["complaint-acknowledged"]
    with pytest.raises(Refused) as no:
        complaints.acknowledge(day, "K3", at("2026-03-14 10:19"))
    assert codes_of(no) == ["complaint-before"]
    sound(books_url)


def test_f_33_without_a_moment_the_real_time_of_day_counts(books_url: str, opened: Opened) -> None:
    """The stamp's, on the day of --as-of; a moment after that day is refused."""
    context = books(books_url, opened)
    known = complaints.open_complaint(context, "RE-1", reason="Menge")
    local = datetime.fromisoformat(context.stamp.recorded_at).astimezone()
    assert known.received_at == at(f"2026-03-01 {local:%H:%M}")
    with pytest.raises(Refused) as no:
        complaints.open_complaint(context, "RE-1", reason="Menge", received_at=at("2026-03-02 00:00"))
    assert codes_of(no) == ["moment-ahead"]


@pytest.mark.parametrize(
    "text",
    [
        "Sehr geehrte Damen und Herren,\r\n\r\n  wir haben  geliefert.\r\n\tGruß\r\n",
        "\ufeffümläut „Zitat“ 🙂\n\n\n",
        " x ",
    ],
)
def test_f_34_a_statement_goes_out_word_for_word(books_url: str, opened: Opened, tmp_path: Path, text: str) -> None:
    """Every blank and line end, in the books and in the file for the debtor; the log has its hash."""
    context = books(books_url, opened)
    complaints.open_complaint(context, "RE-1", reason="Menge")
    known = complaints.state(context, "K1", text)
    assert known.happenings[-1].text == text
    (name,) = complaints.hand_out(context, "K1", tmp_path)
    assert (tmp_path / name).read_bytes() == text.encode()
    (record,) = rows(books_url, select(log).where(log.c.action == "complaint-statement"))
    assert hashlib.sha256(text.encode()).hexdigest() in record.after
    sound(books_url)


def test_f_35_documents_are_typed_and_kept_byte_for_byte(books_url: str, opened: Opened, tmp_path: Path) -> None:
    """With a name that no file system takes amiss, and the SHA-256 of every byte."""
    context = books(books_url, opened)
    complaints.open_complaint(context, "RE-1", reason="Menge")
    scan = bytes(range(256)) * 40
    for document in Document:
        complaints.add_evidence(context, "K1", document=document, file=f"../Belege/{document}\x07.pdf", content=scan)
    kept = complaints.show(context, "K1").happenings
    assert [one.document for one in kept] == list(Document)
    assert {one.sha256 for one in kept} == {hashlib.sha256(scan).hexdigest()}
    assert kept[0].file == "delivery_note_.pdf"
    assert [row.content for row in rows(books_url, select(complaint_files))] == [scan] * len(Document)
    names = complaints.hand_out(context, "K1", tmp_path)
    assert {(tmp_path / name).read_bytes() for name in names} == {scan}
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {tmp_path}
    sound(books_url)


def test_f_35_a_document_that_is_empty_or_too_large_is_refused(
    books_url: str, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = books(books_url, opened)
    complaints.open_complaint(context, "RE-1", reason="Menge")
    monkeypatch.setattr(complaints, "MAX_EVIDENCE", 10)
    before = dump(books_url)
    for content in (b"", b"x" * 11):
        with pytest.raises(Refused) as no:
            complaints.add_evidence(context, "K1", document=Document.OTHER, file="a.pdf", content=content)
        assert codes_of(no) == ["complaint-file"]
    assert dump(books_url) == before


def test_a_resolved_complaint_takes_nothing_more(books_url: str, opened: Opened) -> None:
    context = books(books_url, opened)
    complaints.open_complaint(context, "RE-1", reason="Menge")
    _reject(context, "K1")
    for act in (
        lambda: _reject(context, "K1"),
        lambda: complaints.state(context, "K1", "zu spät"),
        lambda: complaints.add_evidence(context, "K1", document=Document.OTHER, file="a", content=b"a"),
    ):
        with pytest.raises(Refused) as no:
            act()
        assert codes_of(no) == ["complaint-resolved"]


@pytest.mark.parametrize(
    ("amount", "code"), [("100,01", "complaint-amount"), ("0", "complaint-amount"), ("viel", "amount-wrong")]
)
def test_the_disputed_amount_is_part_of_the_item(books_url: str, opened: Opened, amount: str, code: str) -> None:
    context = books(books_url, opened)
    with pytest.raises(Refused) as no:
        complaints.open_complaint(context, "RE-1", reason="Menge", amount=amount)
    assert codes_of(no) == [code]
    assert complaints.open_complaint(context, "RE-1", reason="Menge", amount="40,00").amount == 4000


def test_blank_reasons_are_refused_and_a_dry_run_leaves_nothing(books_url: str, opened: Opened) -> None:
    context = books(books_url, opened)
    before = dump(books_url)
    with pytest.raises(Refused) as no:
        complaints.open_complaint(context, "RE-1", reason="  ")
    assert codes_of(no) == ["no-reason"]
    assert no.value.exit_code is Exit.USAGE
    tried = complaints.open_complaint(opened(books_url, "2026-03-01", dry_run=True), "RE-1", reason="Menge")
    assert (tried.id, tried.holds) == ("K1", True)
    assert dump(books_url) == before


def test_unblocking_does_not_end_a_complaint(books_url: str, opened: Opened) -> None:
    """A dispute that came with a return is lifted so; a complaint ends when it is resolved."""
    context = books(books_url, opened)
    complaints.open_complaint(context, "RE-1", reason="Menge")
    blocks.block(context, "RE-1", reason="Rückfrage", until=None, only=None)
    assert blocks.unblock(context, "RE-1", reason="geklärt", only=None) == 1
    assert reasons(books_url, opened, "2026-03-15")["RE-1"] == "disputed"
    sound(books_url)


def test_f_31_an_item_already_overdue_is_accepted_and_dunned_by_the_next_run(books_url: str, opened: Opened) -> None:
    """It comes in three weeks after its due date: level 1 on that very day, and no level is skipped."""
    books(books_url, opened, day="2026-03-22")
    assert asked(books_url, opened, "2026-03-22") == {"RE-1": 1, "RE-2": 1, "RE-3": 1}
