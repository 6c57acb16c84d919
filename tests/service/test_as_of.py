"""Reports of a day in the past say what stood on that day, whatever was booked, undone or changed since."""

from collections.abc import Callable
from datetime import date

from recon.service import (
    account_sheet,
    confirming,
    dunning,
    manual,
    matching,
    reconciling,
    reporting,
    setting_up,
    undoing,
)
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.service.importing import Source, import_sources
from recon.service.journal import journal
from recon.service.reporting import Look
from tests.books import FIXTURES, sound, stamp, text_in
from tests.service.decided import line_of
from tests.service.statements_text import Booked, mt940

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
HEAD = "invoice_no;customer_no;customer_name;amount;issue_date;due_date\n"


def _books(url: str, opened: Opened, *rows: str, day: str = "2026-10-20") -> None:
    company = FIXTURES / "company.toml"
    setting_up.init(url, stamp("2026-10-01"), (company.read_bytes(), company.name))
    assert text_in(opened(url, day), items=HEAD + "\n".join(rows))[0].status == "imported"


def _pays(
    context: Context, cents: int, day: str, text: str = "Zahlung", *, number: str = "224", start: int = 0
) -> None:
    line = Booked(cents, text, day=day, reference=f"R{number}")
    statement = mt940(line, opening=start, number=number, day=day)
    assert import_sources(context, [Source(f"{number}.sta", statement.encode())])[0].status == "imported"


def _total(context: Context, *, known: bool = False, later: bool = False) -> int:
    look = Look(known=known, later=later)
    rows = reporting.ageing(context, look)
    assert sum(row.total for row in rows) == sum(part.open for part in reporting.open_on(context, look)) + sum(
        row.credit for row in rows
    )
    assert [row.total for row in rows] == sorted((row.total for row in rows), reverse=True)
    return sum(row.total for row in rows)


def test_6000_and_4200(books_url: str, opened: Opened) -> None:
    """The worked example (users.md 6, screen 4): 6.000 owed, 1.800 paid after the day. As of the day 6.000 are open,
    with later clearing 4.200."""
    _books(books_url, opened, "RE-6000;K1;Muster GmbH;6000,00;2026-10-01;2026-10-15")
    november = opened(books_url, "2026-11-06")
    _pays(november, 180_000, "2026-11-05")
    confirming.confirm(november, line_of(books_url, "R224"), [Wanted("RE-6000", None)])
    october = opened(books_url, "2026-10-31")
    assert _total(october) == 600_000
    assert _total(october, later=True) == 420_000
    assert _total(november) == 420_000
    row = reporting.ageing(october)[0]
    assert row.buckets == (0, 600_000, 0, 0, 0)
    assert reporting.ageing(november)[0].buckets == (0, 420_000, 0, 0, 0)


def test_a_payment_of_before_that_was_cleared_later(books_url: str, opened: Opened) -> None:
    """An entry belongs to the day of its bank line. Asked for what the books knew then, the item is open and so is the
    line."""
    _books(books_url, opened, "RE-6000;K1;Muster GmbH;6000,00;2026-10-01;2026-10-15")
    october, november = opened(books_url, "2026-10-31"), opened(books_url, "2026-11-06")
    _pays(october, 180_000, "2026-10-30")
    assert [line.open for line in reporting.unmatched(october)] == [180_000]
    confirming.confirm(november, line_of(books_url, "R224"), [Wanted("RE-6000", None)])
    assert _total(october) == 420_000
    assert _total(october, known=True) == 600_000
    assert reporting.unmatched(october) == []
    assert [(line.open, line.next) for line in reporting.unmatched(october, Look(known=True))] == [
        (180_000, "settled_since")
    ]
    for known in (True, False):
        (row,) = [row for row in reconciling.reconciliation(october, look=Look(known=known)) if row.statement]
        assert (row.bank, row.difference, row.open_sum) == (180_000, 0, 180_000 if known else 0)


def test_an_undo_of_today_leaves_last_month_as_it_was(books_url: str, opened: Opened) -> None:
    """As of last month's end the item was paid; as of today it is open, and so is the line."""
    _books(books_url, opened, "RE-1;K1;Muster GmbH;100,00;2026-10-01;2026-10-15")
    october, december = opened(books_url, "2026-10-31"), opened(books_url, "2026-12-02")
    _pays(october, 10_000, "2026-10-30")
    confirming.confirm(october, line_of(books_url, "R224"), [Wanted("RE-1", None)])
    before = _seen(october)
    undoing.undo(december, last=True)
    assert _seen(october) == before
    assert (_total(october), _total(opened(books_url, "2026-12-01")), _total(december)) == (0, 0, 10_000)
    assert [line.open for line in reporting.unmatched(december)] == [10_000]
    sound(books_url)


def test_what_imports_change_later_stands_as_it_was(books_url: str, opened: Opened) -> None:
    """A due date that was moved and an amount that was corrected in November are those of October in October's report;
    an item issued later is not in it."""
    _books(books_url, opened, "RE-1;K1;Muster GmbH;100,00;2026-10-01;2026-10-15")
    october = opened(books_url, "2026-10-31")
    before = _seen(october)
    november = opened(books_url, "2026-11-10")
    rows = "RE-1;K1;Muster GmbH;80,00;2026-10-01;2026-11-30\nRE-2;K1;Muster GmbH;50,00;2026-11-05;2026-11-20"
    assert text_in(november, items=HEAD + rows)[0].status == "imported"
    assert _seen(october) == before
    (part,) = reporting.open_on(october)
    assert (part.amount, part.open, part.due_date, part.days) == (10_000, 10_000, date(2026, 10, 15), 16)
    assert [(part.invoice_no, part.open, part.days) for part in reporting.open_on(november)] == [
        ("RE-1", 8_000, -20), ("RE-2", 5_000, -10),
    ]  # fmt: skip
    sound(books_url)


def test_an_item_stands_from_the_day_of_its_document(books_url: str, opened: Opened) -> None:
    """Taken over in October, issued in August: in September it was owed. What is issued in November is not owed yet,
    though it was taken over already."""
    _books(books_url, opened, "RE-1;K1;Muster GmbH;100,00;2026-08-10;2026-08-24",
           "RE-2;K1;Muster GmbH;70,00;2026-11-03;2026-11-17")  # fmt: skip
    assert _total(opened(books_url, "2026-08-09")) == 0
    assert _total(opened(books_url, "2026-09-30")) == 10_000
    assert _total(opened(books_url, "2026-09-30"), known=True) == 0
    assert _total(opened(books_url, "2026-10-31")) == 10_000
    assert _total(opened(books_url, "2026-11-03")) == 17_000


def test_levels_and_notices_as_they_stood(books_at: BooksAt, opened: Opened) -> None:
    """A notice that was cancelled later stood on the days between."""
    url = books_at("reminded")
    before = opened(url, "2026-11-10")
    was = {part.invoice_no: (part.level, part.last_notice_on) for part in reporting.open_on(before)}
    assert was["RE-2026-0801"] == (2, date(2026, 11, 4))
    notices = dunning.issued_notices(before)
    later = opened(url, "2026-11-15")
    dunning.cancel(later, "D2", reason="zu früh")
    assert {part.invoice_no: (part.level, part.last_notice_on) for part in reporting.open_on(before)} == was
    assert dunning.issued_notices(before) == notices
    now = {part.invoice_no: (part.level, part.last_notice_on) for part in reporting.open_on(later)}
    assert now["RE-2026-0801"] == (1, date(2026, 10, 20))
    first = {part.invoice_no: part.level for part in reporting.open_on(opened(url, "2026-10-19"))}
    assert set(first.values()) == {0}
    assert dunning.freeze(later, Scope()).notices


def test_later_days_change_nothing_of_the_demo(books_at: BooksAt, opened: Opened) -> None:
    """The statements of 23 and 24 November and what was booked of them leave 20 November as it was."""
    before = _seen(opened(books_at("exported"), "2026-11-20"))
    assert _seen(opened(books_at("returned"), "2026-11-20")) == before


def test_every_day_of_the_demo_is_reconciled(books_at: BooksAt, opened: Opened) -> None:
    """Opening + in + out = the bank's closing, and the ledger with the open lines says the same, day by day."""
    rows = reconciling.reconciliation(opened(books_at("returned"), "2026-11-25"), date(2026, 11, 18))
    assert len(rows) == 8
    assert all(row.difference == 0 and row.gap is None for row in rows)
    assert all(row.opening + row.incoming + row.outgoing == row.bank for row in rows)
    assert [row.statement for row in rows if row.present] == ["S5", "S7", "S1", "S3", "S4", "S6"]


def test_a_missing_statement_is_named(books_url: str, opened: Opened) -> None:
    """The day after a hole says which days are missing and what they add up to."""
    _books(books_url, opened, "RE-1;K1;Muster GmbH;100,00;2026-10-01;2026-10-15")
    context = opened(books_url, "2026-11-20")
    _pays(context, 5_000, "2026-11-16", number="1")
    _pays(context, 1_000, "2026-11-19", number="3", start=7_500)
    rows = {row.day.day: row for row in reconciling.reconciliation(context, date(2026, 11, 16))}
    told = [(day, row.bank, row.difference, row.present) for day, row in sorted(rows.items())]
    assert told == [(16, 5_000, 0, True), (17, 5_000, 0, False), (18, 5_000, 0, False), (19, 8_500, 2_500, True),
                  (20, 8_500, 2_500, False)]  # fmt: skip
    codes = [finding.code for finding in reconciling.warnings(list(rows.values()))]
    assert codes == ["report-gap", "report-difference", "report-difference"]
    gap = dict(reconciling.warnings(list(rows.values()))[0].facts)
    assert (gap["days"], gap["amount"]) == ("2026-11-17, 2026-11-18", "25.00")


def test_account_sheet_equals_the_ledger(books_at: BooksAt, opened: Opened) -> None:
    """Opening + debit - credit = closing; the return is told with its reason, the notice as a remark."""
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    for row in reporting.ageing(context):
        (sheet,) = account_sheet.account_sheet(context, row.customer_no)
        assert sheet.closing == row.total == sheet.opening + sheet.debit - sheet.credit
        (half,) = account_sheet.account_sheet(context, row.customer_no, date(2026, 11, 1), date(2026, 11, 20))
        (rest,) = account_sheet.account_sheet(context, row.customer_no, date(2026, 11, 21))
        assert half.closing == rest.opening
        assert rest.closing == sheet.closing
    (sheet,) = account_sheet.account_sheet(context, "10019")
    assert [(line.document, line.debit, line.credit) for line in sheet.lines if line.reason_code] == [
        ("RE-2026-0886", 11_995, 0)
    ]
    (sheet,) = account_sheet.account_sheet(context, "10010")
    assert [(line.notice, line.level) for line in sheet.lines if line.kind == "notice"][-1][1] == 2


def test_manual_bookings(books_at: BooksAt, opened: Opened) -> None:
    """A-18: 104,00 come in for 100,00 with a fee of 5,00: 4,00 are for the tax adviser, until they are taken back."""
    url = books_at("reminded")
    context = opened(url, "2026-11-20")
    _pays(context, 10_400, "2026-11-18", "RE-2026-0799", start=100_000)
    matching.match_all(context)
    confirming.confirm(context, line_of(url, "R224"), [Wanted("RE-2026-0799", None)])
    (one,) = manual.manual_bookings(context)
    assert (one.customer_no, one.items, one.amount, one.open, one.fee, one.day, one.age) == (
        "10002", ("RE-2026-0799",), 400, 400, 500, date(2026, 11, 18), 2,
    )  # fmt: skip
    later = opened(url, "2026-12-01")
    undoing.undo(later, last=True)
    assert manual.manual_bookings(later) == []
    assert manual.manual_bookings(context) == [one]
    assert manual.manual_bookings(opened(url, "2026-11-17")) == []


def _seen(context: Context) -> tuple[object, ...]:
    """All that reports say of the day, but for what is proposed now."""
    return (
        list(reporting.open_on(context)), reporting.ageing(context), reporting.ageing_by_item(context),
        [(line.id, line.open) for line in reporting.unmatched(context)], list(journal(context)),
        reporting.settlement(context), reconciling.reconciliation(context), manual.manual_bookings(context),
    )  # fmt: skip
