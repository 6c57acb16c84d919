"""Betalingsservice in the books (A-25 to A-27): from the agreement to the delivery, and from the answer back."""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from recon.service import collecting, dunning, listing, setting_up
from recon.service.answers import Exit, Refused
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.service.importing import FileResult, Source, import_sources
from recon.service.pbs import agreements, creating, handing_over
from recon.service.pbs.deliveries import PbsResult, deliveries_in_books
from recon.service.pbs.payments import payments as reported
from recon.store.books import writing
from recon.store.pbs_tables import pbs_debit_items, pbs_debits, pbs_deliveries
from recon.store.tables import findings
from tests.books import FIXTURES, dump, rows, sound, text_in
from tests.commandline import command, document
from tests.service import pbs_books as files

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY, LATER = "2026-11-19", "2026-12-03"
UNTIL = date(2026, 11, 30)
FIRST = date(2026, 12, 1)


def _books(books_at: BooksAt, opened: Opened, **changed: str) -> str:
    url = books_at("set_up")
    context = opened(url, DAY)
    files.prepare(context, **changed)
    for customer in ("90001", "90002", "90003"):
        agreements.enter(context, customer, agreement="55")
    return url


def _sent(books_at: BooksAt, opened: Opened, folder: Path) -> tuple[str, PbsResult]:
    url = _books(books_at, opened)
    made = creating.create(opened(url, DAY), due_until=UNTIL)
    handing_over.export(opened(url, DAY), folder)
    handing_over.submitted(opened(url, DAY), "P1")
    return url, made


def _import(context: Context, content: bytes, name: str = "answer") -> FileResult:
    return import_sources(context, [Source(name, content)])[0]


def _codes(result: FileResult) -> list[str]:
    return [finding.code for finding in result.findings]


def _status(url: str) -> list[str]:
    return [row.status for row in rows(url, select(pbs_debits.c.status).order_by(pbs_debits.c.id))]


def test_a25_off_there_is_nothing_of_it(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """No command answers, no file is taken in, no list or document speaks of it."""
    url = books_at("returned")
    context = opened(url, DAY)
    before = dump(url)
    calls: list[Callable[[], object]] = [
        lambda: creating.preview(context, due_until=UNTIL),
        lambda: creating.create(context, due_until=UNTIL),
        lambda: handing_over.export(context, tmp_path),
        lambda: deliveries_in_books(context),
        lambda: agreements.list_agreements(context),
        lambda: agreements.enter(context, "10042"),
        lambda: reported(context),
    ]
    for call in calls:
        with pytest.raises(Refused) as no:
            call()
        assert [finding.code for finding in no.value.findings] == ["pbs-off"]
    told = _import(context, files.payments([]))
    assert (told.status, _codes(told)) == ("refused", ["pbs-off"])
    assert dump(url) == before
    assert list(tmp_path.iterdir()) == []
    base = ("--books", url, "--as-of", DAY)
    for words in (("settings", "show"), ("items", "list"), ("verify",), ("collect", "list"), ("dunning", "preview")):
        assert "pbs" not in command(*base, *words, "--json").out.lower()
    assert command(*base, "pbs", "list").code == 4


def test_a_delivery_holds_what_is_due_and_says_what_is_not(books_at: BooksAt, opened: Opened) -> None:
    url = _books(books_at, opened)
    before = dump(url)
    told = creating.preview(opened(url, DAY), due_until=UNTIL)
    dry = creating.create(opened(url, DAY, dry_run=True), due_until=UNTIL)
    assert dump(url) == before
    assert {entry.claim.invoice_no: entry.reason for entry in told.excluded} == {
        "DK-4": "address_missing", "DK-5": "no_agreement", "DK-6": "currency", "DK-7": "not_direct_debit",
    }  # fmt: skip
    (planned,) = told.deliveries
    assert [(one.customer, one.day, one.amount, one.items) for one in planned.debits] == [
        ("90001", FIRST, 133456, ("DK-1", "DK-2")),
        ("90002", FIRST, 7550, ("DK-3",)),
    ]
    assert told.due == (7, 133456 + 7550 + 5000 + 6000 + 8000)
    made = creating.create(opened(url, DAY), due_until=UNTIL)
    assert (made.excluded, made.due) == (told.excluded, told.due) == (dry.excluded, dry.due)
    assert made.deliveries == dry.deliveries
    assert made.deliveries[0].text_lines == planned.text_lines == 3
    again = creating.create(opened(url, DAY), due_until=UNTIL)
    assert again.deliveries == ()
    held = {entry.claim.invoice_no for entry in again.excluded if entry.reason == "already_exported"}
    assert held == {"DK-1", "DK-2", "DK-3"}
    sound(url)


def test_a27_without_text_lines(books_at: BooksAt, opened: Opened) -> None:
    url = _books(books_at, opened, text_lines="false")
    creating.create(opened(url, DAY), due_until=UNTIL)
    ((content, lines),) = rows(url, select(pbs_deliveries.c.content, pbs_deliveries.c.text_lines))
    assert b"BS052" not in bytes(content)
    assert lines == 0
    sound(url)


@pytest.mark.parametrize(
    ("due_day", "expected"), [("1", FIRST), ("15", date(2026, 12, 15)), ("31", date(2026, 12, 31))]
)
def test_a26_the_due_day(books_at: BooksAt, opened: Opened, due_day: str, expected: date) -> None:
    url = _books(books_at, opened, due_day=due_day)
    told = creating.preview(opened(url, DAY), due_until=UNTIL)
    assert {one.day for one in told.deliveries[0].debits} == {expected}


@pytest.mark.parametrize("due_day", ["0", "32", "-1", '"1"'])
def test_a26_a_due_day_that_no_month_has_is_refused(books_at: BooksAt, opened: Opened, due_day: str) -> None:
    with pytest.raises(Refused):
        setting_up.apply(opened(books_at("set_up"), DAY), files.company(due_day=due_day), "company.toml")


def test_switched_on_it_must_be_whole(books_at: BooksAt, opened: Opened) -> None:
    company = (FIXTURES / "company.toml").read_bytes() + b"\n[pbs]\nenabled = true\n"
    with pytest.raises(Refused) as no:
        setting_up.apply(opened(books_at("set_up"), DAY), company, "company.toml")
    assert [finding.code for finding in no.value.findings] == ["setting-missing"] * 4


@pytest.mark.parametrize(
    ("day", "code", "first"),
    [("2026-11-19", "pbs-cycle", FIRST), ("2026-11-20", "pbs-cycle-fee", FIRST),
     ("2026-11-25", "pbs-cycle-fee", FIRST), ("2026-11-26", "pbs-cycle-missed", date(2027, 1, 1))],
)  # fmt: skip
def test_the_cycle_of_the_operator_is_told(books_at: BooksAt, opened: Opened, day: str, code: str, first: date) -> None:
    """More than six bank days before the month ends: free; down to three: a fee; later: the month after."""
    told = creating.preview(opened(_books(books_at, opened), day), due_until=UNTIL)
    assert [finding.code for finding in told.findings] == [code]
    assert told.deliveries[0].first_day == first


def test_on_its_way_it_is_neither_collected_elsewhere_nor_dunned(
    books_at: BooksAt, opened: Opened, tmp_path: Path
) -> None:
    url, made = _sent(books_at, opened, tmp_path)
    status = {one.item.invoice_no: one.item.status.value for one in listing.list_items(opened(url, LATER))}
    assert {number for number, found in status.items() if found == "in_collection"} == {"DK-1", "DK-2", "DK-3"}
    told = collecting.preview(opened(url, LATER), due_until=date(2026, 12, 31))
    reasons = {entry.claim.invoice_no: entry.reason for entry in told.excluded}
    assert {number for number, why in reasons.items() if why == "already_exported"} == {"DK-1", "DK-2", "DK-3"}
    plan = dunning.preview(opened(url, "2026-12-30"), Scope())
    undunned = {entry.invoice_no: entry.reason for entry in plan.excluded}
    assert [undunned[number] for number in ("DK-1", "DK-2", "DK-3")] == ["in_collection"] * 3
    assert {line.invoice_no for _, notice in plan.notices for line in notice.items} >= {"DK-4", "DK-5"}
    reference = files.references(made.deliveries[0].debits)
    _import(opened(url, LATER), files.payments([paid_by("90002", reference, 7550, code="0237")]))
    plan = dunning.preview(opened(url, "2026-12-30"), Scope())
    assert "DK-3" in {line.invoice_no for _, notice in plan.notices for line in notice.items}
    sound(url)


def paid_by(customer: str, reference: Any, amount: int, **more: Any) -> str:
    """A record of 0602 about a customer's debit."""
    return files.paid(reference[customer], customer, amount, **more)


def test_the_same_bytes_each_time_and_nothing_delivered_twice(
    books_at: BooksAt, opened: Opened, tmp_path: Path
) -> None:
    url, made = _sent(books_at, opened, tmp_path / "one")
    (file,) = (tmp_path / "one").iterdir()
    assert hashlib.sha256(file.read_bytes()).hexdigest() == made.deliveries[0].sha256
    before = dump(url)
    handing_over.export(opened(url, LATER), tmp_path / "two", ["P1"])
    assert (tmp_path / "two" / file.name).read_bytes() == file.read_bytes()
    assert dump(url) == before
    context = opened(url, DAY)
    part = rows(url, select(pbs_debit_items))[0]._asdict()
    with pytest.raises(IntegrityError), writing(context.books) as connection:
        connection.execute(insert(pbs_debit_items), [{**part, "id": 99, "debit_id": 2}])


def test_cancelled_it_is_free_again_until_it_is_submitted(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    url = _books(books_at, opened)
    creating.create(opened(url, DAY), due_until=UNTIL)
    handing_over.export(opened(url, DAY), tmp_path)
    handing_over.cancel(opened(url, DAY), "P1")
    assert _status(url) == ["cancelled", "cancelled"]
    made = creating.create(opened(url, DAY), due_until=UNTIL)
    assert made.deliveries[0].id == "P2"
    with pytest.raises(Refused) as no:
        handing_over.submitted(opened(url, DAY), "P2")
    assert [finding.code for finding in no.value.findings] == ["pbs-not-exported"]
    handing_over.export(opened(url, DAY), tmp_path)
    handing_over.submitted(opened(url, DAY), "P2")
    with pytest.raises(Refused) as no:
        handing_over.cancel(opened(url, DAY), "P2")
    assert no.value.exit_code is Exit.NOT_PERMITTED
    for name, code in (("P1", "pbs-delivery-cancelled"), ("P9", "pbs-delivery-unknown")):
        with pytest.raises(Refused) as no:
            handing_over.export(opened(url, DAY), tmp_path, [name])
        assert [finding.code for finding in no.value.findings] == [code]
    sound(url)


def test_with_four_eyes_another_one_than_its_maker_exports_it(
    books_at: BooksAt, opened: Opened, tmp_path: Path
) -> None:
    url = _books(books_at, opened)
    setting_up.change(opened(url, DAY), "collect.release", "four_eyes")
    creating.create(opened(url, DAY), due_until=UNTIL)
    before = dump(url)
    with pytest.raises(Refused) as no:
        handing_over.export(opened(url, DAY), tmp_path)
    assert [finding.code for finding in no.value.findings] == ["pbs-own-delivery"]
    assert no.value.exit_code is Exit.NOT_PERMITTED
    assert dump(url) == before
    assert list(tmp_path.iterdir()) == []
    handing_over.export(opened(url, DAY, actor="a second person"), tmp_path)
    handing_over.export(opened(url, DAY), tmp_path)
    sound(url)


def test_the_answers_move_the_debits_and_each_file_counts_once(
    books_at: BooksAt, opened: Opened, tmp_path: Path
) -> None:
    """Paid, then charged back; declined: free again. No money is booked."""
    url, made = _sent(books_at, opened, tmp_path)
    reference = files.references(made.deliveries[0].debits)
    first = files.payments(
        [paid_by("90001", reference, 133456), paid_by("90002", reference, 7550, code="0237", got=0)]
    )  # fmt: skip
    told = _import(opened(url, LATER), first)
    assert (told.kind, told.format, told.status, told.records.new) == ("pbs", "pbs.0602", "imported", 2)
    assert _status(url) == ["completed", "declined"]
    before = dump(url)
    assert _import(opened(url, LATER), first, "again").status == "known"
    assert dump(url) == before
    open_items = {one.item.invoice_no: one.item for one in listing.list_items(opened(url, LATER))}
    assert open_items["DK-1"].open == 123456
    assert open_items["DK-1"].status.value == "in_collection"
    assert open_items["DK-3"].status.value == "open"
    next_one = creating.preview(opened(url, LATER), due_until=UNTIL)
    assert [one.items for one in next_one.deliveries[0].debits] == [("DK-3",)]
    back = files.payments([paid_by("90001", reference, 133456, code="0239")])
    assert _import(opened(url, LATER), back, "back").status == "imported"
    assert _status(url) == ["charged_back", "declined"]
    next_one = creating.preview(opened(url, LATER), due_until=UNTIL)
    assert [one.items for one in next_one.deliveries[0].debits] == [("DK-1", "DK-2"), ("DK-3",)]
    sound(url)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reference": "000000077"}, "pbs-answer-unknown"),
        ({"amount": 1}, "pbs-answer-differs"),
        ({"payer": "90003"}, "pbs-answer-differs"),
        ({"due": "021226"}, "pbs-answer-differs"),
        ({"got": 7549}, "pbs-answer-differs"),
    ],
)
def test_an_answer_that_fits_nothing_is_kept_and_told_never_guessed(
    books_at: BooksAt, opened: Opened, tmp_path: Path, change: dict[str, Any], code: str
) -> None:
    url, made = _sent(books_at, opened, tmp_path)
    reference = files.references(made.deliveries[0].debits)["90002"]
    told: dict[str, Any] = {"reference": reference, "payer": "90002", "amount": 7550, **change}
    result = _import(opened(url, LATER), files.payments([files.paid(**told)]))
    assert (result.status, _codes(result)) == ("partial", [code])
    assert _status(url) == ["exported", "exported"]
    assert [row.code for row in rows(url, select(findings.c.code))] == [code]
    sound(url)


def test_an_answer_out_of_its_order(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """What was declined is not paid afterwards; what was never exported has no answer; a slip is none of ours."""
    url, made = _sent(books_at, opened, tmp_path)
    reference = files.references(made.deliveries[0].debits)
    _import(opened(url, LATER), files.payments([paid_by("90002", reference, 7550, code="0237")]))
    late = files.payments([paid_by("90002", reference, 7550), files.laid("BS042", a=(6, "87654321"), b=(14, "0297"))])
    result = _import(opened(url, LATER), late, "late")
    assert _codes(result) == ["pbs-answer-late", "pbs-answer-slip"]
    assert _status(url) == ["exported", "declined"]
    sound(url)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (files.payments([], creditor="11111111"), "pbs-other-creditor"),
        (files.payments([files.paid("1", "90001", 1)], count=2), "pbs-answer-count"),
        (files.payments([files.paid("1", "90001", 1)])[:-130], "pbs-answer-cut"),
        (files.answer("0601", [], "0112"), "pbs-answer-kind"),
        (files.payments([files.paid("1", "90001", 1, code="0999")]), "pbs-answer-code"),
        (files.payments([files.paid("1", "90001", 1, due="320226")]), "pbs-answer-field"),
        (b"BS002" + b"1" * 11 + b"0602" + b"\r\nnonsense\r\n", "pbs-answer-record"),
    ],
)
def test_a_file_that_does_not_add_up_is_refused_as_a_whole(
    books_at: BooksAt, opened: Opened, content: bytes, code: str
) -> None:
    url = _books(books_at, opened)
    before = dump(url)
    result = _import(opened(url, LATER), content)
    assert (result.status, _codes(result)) == ("refused", [code])
    assert dump(url) == before


def test_agreements_come_and_end_with_0603(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("set_up")
    context = opened(url, DAY)
    files.prepare(context)
    first = files.agreements([files.agreed("90001", code="0230"), files.agreed("90002"), files.agreed("77")])
    result = _import(context, first)
    assert (result.format, result.records.new, _codes(result)) == ("pbs.0603", 2, ["pbs-agreement-stranger"])
    held = agreements.list_agreements(opened(url, DAY), active=True)
    assert [(one.customer, one.agreement) for one in held] == [("90001", "55"), ("90002", "55")]
    over = files.agreements([files.agreed("90001", code="0232", until="151126"), files.agreed("90002")])
    result = _import(opened(url, DAY), over, "over")
    assert (result.records.new, result.records.unchanged, result.findings) == (1, 1, ())
    ended = next(one for one in agreements.list_agreements(opened(url, DAY)) if one.customer == "90001")
    assert (ended.status, ended.ended_on, ended.ended_by) == ("ended", date(2026, 11, 15), "bank")
    told = creating.preview(opened(url, DAY), due_until=UNTIL)
    reasons = {entry.claim.invoice_no: entry.reason for entry in told.excluded}
    assert (reasons["DK-1"], reasons["DK-5"]) == ("agreement_ended", "no_agreement")
    # Entered by hand under the operator's number, the customer without a number is found as well.
    agreements.enter(opened(url, DAY), "K-9", payer="0077", agreement="56")
    assert _import(opened(url, DAY), files.agreements([files.agreed("77", code="0234", number="56")]), "c").records.new
    sound(url)


@pytest.mark.parametrize(
    ("customer", "more", "code"),
    [
        ("K-9", {}, "pbs-payer-number"),
        ("90001", {"payer": "1" * 16}, "pbs-payer-number"),
        ("90001", {"payer": "0"}, "pbs-payer-number"),
        ("90001", {"agreement": "1" * 10}, "pbs-agreement-number"),
        ("90001", {}, "pbs-agreement-there"),
        ("K-9", {"payer": "90001"}, "pbs-payer-taken"),
        ("nobody", {}, "customer-unknown"),
    ],
)
def test_an_agreement_that_cannot_be_is_refused(
    books_at: BooksAt, opened: Opened, customer: str, more: dict[str, Any], code: str
) -> None:
    url = _books(books_at, opened)
    before = dump(url)
    with pytest.raises(Refused) as no:
        agreements.enter(opened(url, DAY), customer, **more)
    assert [finding.code for finding in no.value.findings] == [code]
    assert dump(url) == before


def test_a_second_collection_of_a_day_waits(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """The operator takes one collection of a debtor a day."""
    url, _ = _sent(books_at, opened, tmp_path)
    text_in(
        opened(url, DAY),
        items="invoice_no;customer_no;amount;due_date;currency;payment_method\n"
        "DK-8;90001;5,00;2026-11-28;DKK;direct_debit\n",
    )
    told = creating.preview(opened(url, DAY), due_until=UNTIL)
    assert {entry.claim.invoice_no: entry.reason for entry in told.excluded}["DK-8"] == "day_taken"


def test_what_is_reported_as_paid_is_listed_with_its_bank_line(
    books_at: BooksAt, opened: Opened, tmp_path: Path
) -> None:
    from recon.service import confirming
    from tests.service.statements_text import Booked, mt940

    url, made = _sent(books_at, opened, tmp_path)
    reference = files.references(made.deliveries[0].debits)
    _import(opened(url, LATER),
            files.payments([paid_by("90001", reference, 133456), paid_by("90002", reference, 7550)]))  # fmt: skip
    (day,) = reported(opened(url, LATER))
    assert (day.booked_on, day.count, day.sum, day.lines) == (date(2026, 12, 2), 2, 141006, ())
    text = mt940(Booked(141006, "BS 87654321", day="2026-12-02", name="Betalingsservice"), account=files.DANSKE,
                 day="2026-12-02").replace("EUR", "DKK")  # fmt: skip
    assert _import(opened(url, LATER), text.encode(), "danske.sta").status == "imported"
    (day,) = reported(opened(url, LATER))
    assert day.lines == ("L1",)
    wanted = [confirming.Wanted(number, amount) for number, amount in day.items]
    confirming.confirm(opened(url, LATER), "L1", wanted)
    assert reported(opened(url, LATER)) == []
    paid = {one.item.invoice_no for one in listing.list_items(opened(url, LATER), ["paid"])}
    assert paid == {"DK-1", "DK-2", "DK-3"}
    sound(url)


def test_on_the_command_line(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    url = _books(books_at, opened)
    base = ("--books", url, "--as-of", DAY, "--lang", "de")
    told = document(*base, "pbs", "preview", "--due-until", "2026-11-30")
    assert told["due"] == {"count": 7, "sum": "1600.06", "currency": "DKK"}
    assert told["deliveries"][0]["debits"][0]["items"] == ["DK-1", "DK-2"]
    assert command(*base, "pbs", "preview", "--due-until", "2026-11-30", "--fail-on", "excluded").code == 5
    shown = command(*base, "pbs", "create", "--due-until", "2026-11-30")
    assert "1.410,06" in shown.out
    assert "opos pbs export" in shown.out
    out = tmp_path / "out"
    made = document(*base, "pbs", "export", "--out", str(out))
    assert [path.name for path in out.iterdir()] == [made["deliveries"][0]["file"]]
    assert document(*base, "pbs", "submitted", "P1")["deliveries"][0]["status"] == "submitted"
    assert command(*base, "pbs", "cancel", "P1").code == 7
    assert document(*base, "pbs", "list")["deliveries"][0]["count"] == 2
    assert [row["customer"] for row in document(*base, "pbs", "agreements")["agreements"]] == [
        "90001",
        "90002",
        "90003",
    ]
    assert command(*base, "pbs", "agree", "90001", "--end", "--number", "1").code == 2
    assert document(*base, "pbs", "agree", "90001", "--end")["agreement"]["status"] == "ended"
    assert document(*base, "pbs", "payments")["payments"] == []
