"""The bank's answers to debit files: rejected debits are free again, what fits nothing is kept as a case, and the batch
credit comes less the rejects, whatever order the bank tells it in."""

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from recon.service import cases, closing, collecting, deciding_returns, matching, setting_up
from recon.service.answers import Refused
from recon.service.context import Context
from recon.service.importing import FileResult, Source, import_sources
from recon.store.answer_tables import status_answers
from recon.store.matching import load_proposals
from recon.store.statements import original
from recon.store.tables import batch_blocks, batches, collections, files, findings, holds, items, mandates, postings
from tests.books import dump, rows, sound, text_in
from tests.service.answers_text import Entry, Pmt, Tx, camt, pain002
from tests.service.decided import codes_of, open_of
from tests.service.statements_text import Booked, mt940, returned

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-24"


def sent(url: str, batch: int = 1) -> list[Any]:
    """The debits of a batch, with the ids that the bank quotes."""
    query = (
        select(collections.c.id, collections.c.end_to_end_id, collections.c.amount, items.c.invoice_no,
               batch_blocks.c.payment_information_id.label("block"), batches.c.message_id, mandates.c.mandate_id)
        .join(batch_blocks, collections.c.block_id == batch_blocks.c.id)
        .join(batches, collections.c.batch_id == batches.c.id)
        .join(items, collections.c.item_id == items.c.id)
        .join(mandates, collections.c.mandate_id == mandates.c.id)
        .where(collections.c.batch_id == batch)
        .order_by(collections.c.id)
    )  # fmt: skip
    return rows(url, query)


def answer(context: Context, content: bytes, name: str = "answer.xml") -> FileResult:
    return import_sources(context, [Source(name, content)])[0]


def codes(result: FileResult) -> list[str]:
    return [finding.code for finding in result.findings]


def status(url: str, *numbers: int) -> list[str]:
    query = select(collections.c.status).where(collections.c.id.in_(numbers)).order_by(collections.c.id)
    return [row[0] for row in rows(url, query)]


def mandate(url: str, number: str) -> str:
    return str(rows(url, select(mandates.c.status).where(mandates.c.mandate_id == number))[0][0])


def excluded(context: Context, invoice: str) -> tuple[str, dict[str, str]] | None:
    made = collecting.preview(context, due_until=date(2026, 12, 31))
    return next(((one.reason, dict(one.facts)) for one in made.excluded if one.claim.invoice_no == invoice), None)


def balance(url: str, role: str) -> int:
    return int(rows(url, select(func.coalesce(func.sum(postings.c.amount), 0)).where(postings.c.role == role))[0][0])


def test_a_rejected_debit_was_never_booked(books_at: BooksAt, opened: Opened) -> None:
    """Kept as it came; the item is open again, its mandate suspended by the reason; told once."""
    url = books_at("exported")
    context = opened(url, DAY)
    debit = sent(url)[0]
    assert open_of(url, debit.invoice_no) == debit.amount
    content = pain002(debit.message_id, Pmt(debit.block, [Tx(debit.end_to_end_id, reason="AC04", amount=debit.amount)]))
    result = answer(context, content)
    assert (result.kind, result.format, result.status, codes(result)) == (
        "status", "pain.002", "imported", ["status-rejected"],
    )  # fmt: skip
    assert status(url, debit.id) == ["rejected"]
    assert set(status(url, *(one.id for one in sent(url)[1:]))) == {"exported"}
    assert open_of(url, debit.invoice_no) == debit.amount
    assert mandate(url, debit.mandate_id) == "suspended"
    with context.books.engine.connect() as connection:
        number = connection.execute(select(files.c.id).where(files.c.kind == "status")).scalar_one()
        assert original(connection, number) == content
    assert rows(url, select(findings.c.code).where(findings.c.file_id == number)) == [("status-rejected",)]
    (case,) = cases.list_cases(context)
    assert (case.name, case.kind.value, case.status.value) == (debit.end_to_end_id, "rejection", "open")
    assert excluded(opened(url, "2026-11-25"), debit.invoice_no) == (
        "blocked",
        {"refused": "AC04", "day": DAY, "reference": debit.end_to_end_id, "code": "AC04"},
    )
    sound(url)
    before = dump(url)
    assert answer(context, content, "again.xml").status == "known"
    assert dump(url) == before


@pytest.mark.parametrize("version", ["001.03", "001.10", "001.12"])
@pytest.mark.parametrize("level", ["group", "block"])
def test_a_rejected_file_or_block(books_at: BooksAt, opened: Opened, level: str, version: str) -> None:
    """All below it are rejected; FF01 is our own fault, so the mandates stay and a person collects again."""
    url = books_at("exported")
    context = opened(url, DAY)
    debits = sent(url)
    block = debits[0].block
    mine = [one for one in debits if level == "group" or one.block == block]
    head = {"status": "RJCT", "reason": "FF01", "version": version}
    content = (
        pain002(debits[0].message_id, **head) if level == "group"
        else pain002(debits[0].message_id, Pmt(block, status="RJCT", reason="FF01"), version=version)
    )  # fmt: skip
    result = answer(context, content)
    assert codes(result) == ["status-rejected"]
    assert dict(result.findings[0].facts)["count"] == str(len(mine))
    assert set(status(url, *(one.id for one in mine))) == {"rejected"}
    assert {mandate(url, one.mandate_id) for one in mine} == {"active"}
    assert len(cases.list_cases(context, status="open")) == len(mine)
    assert "batch-submitted" in refused(lambda: collecting.cancel(context, "B1"))
    sound(url)


def refused(act: Callable[[], Any]) -> list[str]:
    with pytest.raises(Refused) as no:
        act()
    return codes_of(no)


def test_md01_blocks_the_mandate_and_stops_dunning(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("exported")
    context = opened(url, DAY)
    debit = sent(url)[0]
    answer(context, pain002(debit.message_id, Pmt(debit.block, [Tx(debit.end_to_end_id, reason="MD01")])))
    assert mandate(url, debit.mandate_id) == "blocked"
    (hold,) = rows(url, select(holds.c.kind, holds.c.reason, holds.c.scope))
    assert tuple(hold) == ("disputed", "MD01", "dunning")
    sound(url)


def test_a_21_on_the_booking_of_the_export_is_reversed(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """``mark_paid``: two of the debits are rejected by two reports; what is left in transit is what is to come, and the
    batch credit of that clears it."""
    url = books_at("created")
    context = opened(url, "2026-11-20")
    setting_up.change(context, "collect.on_export", "mark_paid")
    total = sum(one.sum for one in collecting.export(context, tmp_path).batches)
    later = opened(url, DAY)
    debits = sent(url)
    for number, debit in enumerate(debits[:2]):
        assert open_of(url, debit.invoice_no) == 0
        told = Pmt(debit.block, [Tx(debit.end_to_end_id, reason="AC01")])
        answer(later, pain002(debit.message_id, told, own=f"BANK-{number}"))
        assert open_of(url, debit.invoice_no) == debit.amount
    rejected = debits[0].amount + debits[1].amount
    assert balance(url, "transit") == total - rejected
    sound(url)
    block = [one for one in debits if one.block == debits[0].block]
    credit = sum(one.amount for one in block) - rejected
    import_sources(later, [Source("credit.xml", camt(Entry(credit, payment_information_id=block[0].block)))])
    assert matching.match_all(later).booked == 1
    assert balance(url, "transit") == total - rejected - credit
    assert set(status(url, *(one.id for one in block[2:]))) == {"booked"}
    sound(url)


def test_in_a_closed_period_nothing_is_taken_in(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("exported")
    context = opened(url, DAY)
    closing.close_period(context, date(2026, 11, 24), override=True, reason="test")
    debit = sent(url)[0]
    before = dump(url)
    result = answer(context, pain002(debit.message_id, status="RJCT", reason="FF01"))
    assert (result.status, codes(result)) == ("refused", ["period-closed"])
    assert dump(url) == before


def test_accepted_is_noted_on_the_batch(books_at: BooksAt, opened: Opened) -> None:
    """Received, checked, accepted: nothing is booked by that. The bank has the file: it cannot be cancelled here."""
    url = books_at("exported")
    context = opened(url, DAY)
    message = sent(url)[0].message_id
    for told in ("RCVD", "ACTC", "ACCP"):
        assert codes(answer(context, pain002(message, status=told, own=told))) == []
    batch = collecting.batches_in_books(context).batches[0]
    assert (batch.status, batch.answer) == ("submitted", "ACCP")
    assert cases.list_cases(context) == []
    assert {one.status for one in collecting.batches_in_books(context).batches[1:]} == {"exported"}
    assert refused(lambda: collecting.cancel(context, "B1")) == ["batch-submitted"]
    sound(url)


def _bad(debit: Any, other: Any) -> dict[str, bytes]:
    block, message, name = debit.block, debit.message_id, debit.end_to_end_id
    return {
        "status-message-unknown": pain002("OPOS-19990101-0001", status="RJCT", reason="FF01"),
        "status-debit-unknown": pain002(message, Pmt(block, [Tx("OPOS-NOBODY")])),
        "status-other-amount": pain002(message, Pmt(block, [Tx(name, amount=debit.amount + 1)])),
        "status-other-currency": pain002(message, Pmt(block, [Tx(name, amount=debit.amount, currency="CHF")])),
        "status-other-block": pain002(message, Pmt(other.block, [Tx(name)])),
        "status-block-unknown": pain002(message, Pmt("OPOS-NO-BLOCK", status="RJCT")),
        "status-code-unknown": pain002(message, Pmt(block, [Tx(name, status="XXXX")])),
        "status-contradicts": pain002(message, Pmt(block, [Tx(name), Tx(name, status="ACCP", reason=None)])),
        "status-duplicate": pain002(message, status="RJCT", reason="DU01"),
        "status-empty": pain002(message),
    }


@pytest.mark.parametrize("code", sorted(_bad(*[type("Debit", (), dict.fromkeys(
    ("block", "message_id", "end_to_end_id"), "x") | {"amount": 1})] * 2)))  # fmt: skip
def test_what_fits_nothing_is_kept_and_asked(books_at: BooksAt, opened: Opened, code: str) -> None:
    """A finding, a case with a number, the file as it came; no debit, item or mandate is other than before. A person
    closes the case with a reason."""
    url = books_at("exported")
    context = opened(url, DAY)
    debits = sent(url)
    other = next((one for one in debits if one.block != debits[0].block), sent(url, 2)[0])
    before = dump(url)
    result = answer(context, _bad(debits[0], other)[code])
    assert (result.status, set(codes(result))) == ("imported", {code})
    after = dump(url)
    for table in ("collections", "items", "mandates", "holds", "entries", "allocations"):
        assert after[table] == before[table]
    waiting = cases.list_cases(context, status="unclear")
    assert {case.problem.code for case in waiting if case.problem} == {code}
    assert refused(lambda: deciding_returns.retry(context, waiting[0].name)) == ["case-not-a-debit"]
    assert refused(lambda: deciding_returns.close(context, waiting[0].name, reason=" ")) == ["case-reason"]
    for case in waiting:
        deciding_returns.close(context, case.name, reason="mit der Bank geklärt")
    assert cases.list_cases(context, status="unclear") == []
    assert refused(lambda: deciding_returns.close(context, waiting[0].name, reason="noch einmal")) == ["case-closed"]
    sound(url)


def test_answers_to_a_file_that_was_cancelled_or_not_given_out(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("created")
    context = opened(url, "2026-11-20")
    message = sent(url)[0].message_id
    assert codes(answer(context, pain002(message, status="RJCT", reason="FF01"))) == ["status-not-sent"]
    collecting.cancel(context, "B1")
    assert codes(answer(context, pain002(message, status="ACCP", own="2"))) == ["status-cancelled"]
    assert set(status(url, *(one.id for one in sent(url)))) == {"cancelled"}
    sound(url)


def test_a_second_answer_that_says_otherwise(books_at: BooksAt, opened: Opened) -> None:
    """Rejected stays rejected: said again it is known, for another reason or taken back it is asked."""
    url = books_at("exported")
    context = opened(url, DAY)
    debit = sent(url)[0]

    def tell(own: str, **told: Any) -> list[str]:
        return codes(
            answer(context, pain002(debit.message_id, Pmt(debit.block, [Tx(debit.end_to_end_id, **told)]), own=own))
        )

    assert tell("1", reason="AC04") == ["status-rejected"]
    assert tell("2", reason="AC04") == []
    assert tell("3", reason="MD01") == ["status-other-reason"]
    assert tell("4", status="ACCP", reason=None) == ["status-contradicts"]
    assert status(url, debit.id) == ["rejected"]
    assert mandate(url, debit.mandate_id) == "suspended"
    assert rows(url, select(status_answers.c.outcome).order_by(status_answers.c.id)) == [
        ("rejected",), ("repeated",), ("unclear",), ("unclear",),
    ]  # fmt: skip
    sound(url)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (
            b"<?xml version='1.0'?><Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002.001.10'><CstmrPmtStsRpt>",
            "status-xml",
        ),
        (b"<!DOCTYPE D [<!ENTITY a 'b'>]><Document xmlns='pain.002.001.10'><CstmrPmtStsRpt/></Document>", "status-xml"),
        (pain002(None, status="RJCT"), "status-no-message"),
        (b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002.001.10'><X/></Document>", "status-not-pain002"),
    ],
    ids=["cut off", "entity", "no message", "another"],
)
def test_bad_input_is_refused_and_not_kept(books_at: BooksAt, opened: Opened, content: bytes, code: str) -> None:
    url = books_at("exported")
    before = dump(url)
    result = answer(opened(url, DAY), content)
    assert (result.kind, result.status, codes(result)) == ("status", "refused", [code])
    assert dump(url) == before


def test_answers_in_an_archive(books_at: BooksAt, opened: Opened) -> None:
    """EBICS delivers them so (order type CDZ): one file, several reports; all of them or none."""
    url = books_at("exported")
    context = opened(url, DAY)
    first, second = sent(url)[:2]

    def packed(*reports: bytes) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, report in enumerate(reports):
                archive.writestr(f"{number}.xml", report)
        return buffer.getvalue()

    one, two = (pain002(debit.message_id, Pmt(debit.block, [Tx(debit.end_to_end_id)]), own=debit.end_to_end_id)
                for debit in (first, second))  # fmt: skip
    before = dump(url)
    bad = answer(context, packed(one, two[:-30]), "cdz.zip")
    assert (bad.kind, bad.status, codes(bad)) == ("status", "refused", ["status-xml"])
    assert dump(url) == before
    result = answer(context, packed(one, two), "cdz.zip")
    assert (result.status, codes(result)) == ("imported", ["status-rejected", "status-rejected"])
    assert status(url, first.id, second.id) == ["rejected", "rejected"]
    sound(url)


def _credit(form: str, block: Sequence[Any], amount: int, tie: str) -> bytes:
    """A batch credit that names the block, the message, or nothing but its sum and day."""
    name = {"block": block[0].block, "message": block[0].message_id, "sum": None}[tie]
    if form == "camt":
        ids = {"block": {"payment_information_id": name}, "message": {"message_id": name}, "sum": {}}[tie]
        return camt(Entry(amount, **ids))
    text = "Lastschrifteinreichung" + (f"?21KREF+{name}" if name else "")
    return (
        mt940(Booked(amount, text, day="2026-11-25"), day="2026-11-25", number="400")
        .replace("166?00", "192?00")
        .encode()
    )


@pytest.mark.parametrize("form", ["mt940", "camt"])
@pytest.mark.parametrize("tie", ["block", "message", "sum"])
def test_the_credit_comes_less_the_rejects(books_at: BooksAt, opened: Opened, form: str, tie: str) -> None:
    """Answer first, credit after: what is left of the block is booked, for certain where it is named; by sum and day
    alone it is proposed."""
    url = books_at("exported")
    context = opened(url, "2026-11-25")
    block = [one for one in sent(url) if one.block == sent(url)[0].block]
    bad = block[1]
    answer(context, pain002(bad.message_id, Pmt(bad.block, [Tx(bad.end_to_end_id)])))
    left = [one for one in block if one.id != bad.id]
    import_sources(context, [Source("credit", _credit(form, block, sum(one.amount for one in left), tie))])
    booked = matching.match_all(context).booked
    if tie == "sum":
        (line,) = {row["line_id"] for row in dump(url)["proposals"] if row["match_class"] == "H6"}
        with context.books.engine.connect() as connection:
            shares = load_proposals(connection)[line][0].shares
        assert {share.collection_id for share in shares} == {one.id for one in left}
        return
    assert booked == 1
    assert set(status(url, *(one.id for one in left))) == {"booked"}
    assert status(url, bad.id) == ["rejected"]
    assert open_of(url, bad.invoice_no) == bad.amount
    assert {open_of(url, one.invoice_no) for one in left} == {0}
    sound(url)


@pytest.mark.parametrize("form", ["mt940", "camt"])
def test_the_credit_comes_before_the_answer(books_at: BooksAt, opened: Opened, form: str) -> None:
    """The credit is less by an amount that nobody has explained yet: asked, not guessed. The answer explains it, and
    the next run books it."""
    url = books_at("exported")
    context = opened(url, "2026-11-25")
    block = [one for one in sent(url) if one.block == sent(url)[0].block]
    bad = block[1]
    left = [one for one in block if one.id != bad.id]
    import_sources(context, [Source("credit", _credit(form, block, sum(one.amount for one in left), "block"))])
    assert matching.match_all(context).booked == 0
    assert set(status(url, *(one.id for one in block))) == {"exported"}
    answer(context, pain002(bad.message_id, Pmt(bad.block, [Tx(bad.end_to_end_id)])))
    assert matching.match_all(context).booked == 1
    assert set(status(url, *(one.id for one in left))) == {"booked"}
    sound(url)


def test_credited_in_full_rejected_and_returned(books_at: BooksAt, opened: Opened) -> None:
    """The bank credits all, then says that it has rejected one: nothing changes until its return is booked, and that
    settles the question."""
    url = books_at("exported")
    context = opened(url, "2026-11-25")
    block = [one for one in sent(url) if one.block == sent(url)[0].block]
    bad = block[1]
    import_sources(context, [Source("credit", _credit("camt", block, sum(one.amount for one in block), "block"))])
    assert matching.match_all(context).booked == 1
    told = answer(context, pain002(bad.message_id, Pmt(bad.block, [Tx(bad.end_to_end_id, reason="AC04")])))
    assert codes(told) == ["status-booked"]
    assert status(url, bad.id) == ["booked"]
    assert [case.status.value for case in cases.list_cases(context)] == ["unclear"]
    import_sources(
        context, [Source("r.sta", returned(bad.amount, 300, bad.end_to_end_id, day="2026-11-26", code="902").encode())]
    )
    assert matching.match_all(opened(url, "2026-11-26")).booked == 1
    assert sorted((case.kind.value, case.status.value) for case in cases.list_cases(context)) == [
        ("return", "open"), ("unclear", "settled"),
    ]  # fmt: skip
    again = answer(context, pain002(bad.message_id, Pmt(bad.block, [Tx(bad.end_to_end_id, reason="AC04")]), own="2"))
    assert codes(again) == ["status-returned"]
    sound(url)


@pytest.mark.parametrize("form", ["mt940", "camt"])
def test_single_credits_by_end_to_end_id(books_at: BooksAt, opened: Opened, form: str) -> None:
    """``BtchBookg`` false: one line a debit. That of a rejected debit is not taken for its money: the bank contradicts
    itself, and a person decides."""
    url = books_at("exported")
    context = opened(url, "2026-11-25")
    good, bad = sent(url)[:2]
    answer(context, pain002(bad.message_id, Pmt(bad.block, [Tx(bad.end_to_end_id)])))
    content = (
        camt(*(Entry(one.amount, end_to_end_id=one.end_to_end_id, reference=one.end_to_end_id) for one in (good, bad)))
        if form == "camt"
        else mt940(*(Booked(one.amount, f"Einzug?21EREF+{one.end_to_end_id}", day="2026-11-25", reference=f"X{one.id}")
                     for one in (good, bad)), day="2026-11-25", number="400").replace("166?00", "171?00").encode()
    )  # fmt: skip
    import_sources(context, [Source("single", content)])
    assert matching.match_all(context).booked == 1
    assert status(url, good.id, bad.id) == ["booked", "rejected"]
    assert open_of(url, bad.invoice_no) == bad.amount
    if form == "mt940":
        with context.books.engine.connect() as connection:
            told = [one for found in load_proposals(connection).values() for way in found for one in way.evidence]
        assert [one.facts for one in told if one.rule == "debit-rejected"] == [(("reference", bad.end_to_end_id),)]
    sound(url)


def test_its_amendment_is_sent_again(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """A mandate that has changed tells it with the next collection, and again with the one after a rejection."""
    url = books_at("matched")
    context = opened(url, "2026-11-20")
    text_in(context, mandates="mandate_id;customer_no;iban;signed_on;original_iban\n"
            "M-10001-1;10001;DE02120300000000202051;01.12.2024;DE89370400440532013000\n")  # fmt: skip
    collecting.create(context, due_until=date(2026, 11, 25))
    collecting.export(context, tmp_path)
    query = select(collections.c.id, collections.c.end_to_end_id, collections.c.amendment, batches.c.message_id,
                   batch_blocks.c.payment_information_id, items.c.invoice_no).join(
        batches, collections.c.batch_id == batches.c.id).join(
        batch_blocks, collections.c.block_id == batch_blocks.c.id).join(items).join(
        mandates, collections.c.mandate_id == mandates.c.id).where(
        mandates.c.mandate_id == "M-10001-1").order_by(collections.c.id)  # fmt: skip
    first = rows(url, query)[0]
    assert first.amendment == 1
    later = opened(url, DAY)
    answer(
        later, pain002(first.message_id, Pmt(first.payment_information_id, [Tx(first.end_to_end_id, reason="MD02")]))
    )
    assert excluded(later, first.invoice_no) is not None
    deciding_returns.retry(later, first.end_to_end_id)
    collecting.create(later, due_until=date(2026, 12, 31))
    again = [row for row in rows(url, query) if row.message_id != first.message_id]
    assert first.invoice_no in {row.invoice_no for row in again}
    assert sum(row.amendment for row in again) == 1
    sound(url)


def test_a_dry_run_leaves_nothing(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("exported")
    debit = sent(url)[0]
    before = dump(url)
    told = answer(opened(url, DAY, dry_run=True), pain002(debit.message_id, status="RJCT", reason="FF01"))
    assert codes(told) == ["status-rejected"]
    assert dump(url) == before
