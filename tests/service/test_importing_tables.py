"""Bringing customers, mandates and items in: all rows of a file or none; again changes nothing; an update changes what
the file says and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from recon.service import dunning, setting_up
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.service.importing import FileResult
from recon.service.importing_rows import RecordCounts
from recon.store.tables import customers, entries, item_parts, items, log, mandates, postings
from tests.books import FIXTURES, TABLES, bring_in, dump, rows, sound, text_in

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]

HEAD = "invoice_no;customer_no;amount;due_date"


def _item(url: str, invoice_no: str) -> Any:
    return rows(url, select(items).where(items.c.invoice_no == invoice_no))[0]


def _codes(result: FileResult) -> list[str]:
    return [finding.code for finding in result.findings]


def _give_items(context: Context, *lines: str, head: str = HEAD) -> FileResult:
    return text_in(context, items="\n".join((head, *lines)) + "\n")[0]


def test_the_demo_tables_twice(books_at: BooksAt, opened: Opened) -> None:
    """Importing again changes nothing; the workbook says the same as the CSV."""
    url = books_at("tables")
    before = dump(url)
    results = bring_in(opened(url, "2026-11-01"), *(FIXTURES / name for name in (*TABLES, "mandates.xlsx")))
    assert {result.status for result in results} == {"known"}
    assert [result.records for result in results] == [
        RecordCounts(unchanged=60), RecordCounts(unchanged=120), RecordCounts(unchanged=39), RecordCounts(unchanged=39),
    ]  # fmt: skip
    assert dump(url) == before


def test_any_order_of_files_is_the_right_one(books_at: BooksAt, opened: Opened, database: str) -> None:
    """Customers come first, whatever stands first on the command line."""
    one, other = books_at("set_up"), books_at("set_up")
    bring_in(opened(one, "2026-10-20"), *(FIXTURES / name for name in TABLES))
    results = bring_in(opened(other, "2026-10-20"), *(FIXTURES / name for name in reversed(TABLES)))
    assert [result.path for result in results] == list(reversed(TABLES))
    assert dump(other) == dump(one)


def test_what_is_taken_over_is_booked(books_at: BooksAt) -> None:
    """120 items, 3 of them partly paid before: open is the amount less what was paid, against opening balances."""
    url = books_at("tables")
    for item in rows(url, select(items)):
        assert item.open_amount == item.amount - item.paid_before
    (total,) = rows(url, select(func.sum(items.c.open_amount)))[0]
    (booked,) = rows(url, select(func.sum(postings.c.amount)).where(postings.c.role == "opening"))[0]
    assert booked == -total
    sound(url)


@pytest.mark.parametrize(
    ("changed", "open_after", "difference"),
    [("130,00", 13000, 1100), ("100,00", 10000, -1900), ("119,00", 11900, 0)],
    ids=["more", "less", "the same"],
)
def test_a_changed_amount_books_the_difference(
    books_at: BooksAt, opened: Opened, changed: str, open_after: int, difference: int
) -> None:
    """The journal is not rewritten: the difference stands beside what was taken over."""
    url = books_at("tables")
    before = rows(url, select(func.count()).select_from(entries))
    result = _give_items(opened(url, "2026-10-25"), f"RE-2026-0815;10003;{changed};2026-10-15")
    assert _item(url, "RE-2026-0815").open_amount == open_after
    found = rows(url, select(postings.c.amount).where(postings.c.item_id == _item(url, "RE-2026-0815").id)
                 .order_by(postings.c.id))  # fmt: skip
    assert [amount for (amount,) in found] == ([11900, difference] if difference else [11900])
    assert rows(url, select(func.count()).select_from(entries))[0][0] == before[0][0] + bool(difference)
    assert not result.findings
    sound(url)


def test_a_changed_amount_after_a_payment_keeps_the_payment(books_at: BooksAt, opened: Opened) -> None:
    """119.00 were paid by bank; the invoice was 130.00: 11.00 are open."""
    url = books_at("matched")
    assert _item(url, "RE-2026-0815").open_amount == 0
    _give_items(opened(url, "2026-11-21"), "RE-2026-0815;10003;130,00;2026-10-15")
    assert _item(url, "RE-2026-0815").open_amount == 1100
    sound(url)


@pytest.mark.parametrize(("paid", "left"), [("", 5000), ("20,00", 3000), ("50,00", 0), ("60,00", None)])
def test_what_was_paid_before(books_at: BooksAt, opened: Opened, paid: str, left: int | None) -> None:
    """``paid`` is the amount paid already; where it equals the amount the item is closed."""
    url = books_at("tables")
    result = _give_items(opened(url, "2026-10-20"), f"NEW-1;10003;50,00;2026-11-15;{paid}", head=f"{HEAD};paid")
    if left is None:
        assert result.status == "refused"
        assert rows(url, select(items).where(items.c.invoice_no == "NEW-1")) == []
    else:
        assert (_item(url, "NEW-1").open_amount, _item(url, "NEW-1").amount) == (left, 5000)
        sound(url)


def test_a_payment_told_later_is_booked_once(books_at: BooksAt, opened: Opened) -> None:
    """The invoicing system says 0, then 20, then 20 again, then 50 paid."""
    url = books_at("tables")
    context = opened(url, "2026-10-20")
    seen = []
    for paid in ("", "20,00", "20,00", "50,00"):
        _give_items(context, f"NEW-1;10003;50,00;2026-11-15;{paid}", head=f"{HEAD};paid")
        seen.append(_item(url, "NEW-1").open_amount)
    assert seen == [5000, 3000, 3000, 0]
    sound(url)


def test_a_credit_note_counts_for_the_customer(books_at: BooksAt, opened: Opened) -> None:
    """Its amount is positive in the file, a minus sign is accepted; in the books it is negative."""
    url = books_at("tables")
    head = f"{HEAD};document_type"
    _give_items(opened(url, "2026-10-20"), "GU-1;10003;12,00;2026-11-15;credit_note",
                "GU-2;10003;-12,00;2026-11-15;Gutschrift", head=head)  # fmt: skip
    assert [_item(url, number).open_amount for number in ("GU-1", "GU-2")] == [-1200, -1200]
    sound(url)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("NEW-2;99999;10,00;2026-11-15", "customer-unknown"),
        ("NEW-2;10003;10,00;", "due-date-missing"),
        ("RE-2026-0815;10004;119,00;2026-10-15", "item-other-customer"),
    ],
)
def test_one_wrong_item_and_nothing_is_taken(books_at: BooksAt, opened: Opened, line: str, code: str) -> None:
    """All rows or none: the good row before the wrong one is not in either."""
    url = books_at("tables")
    before = dump(url)
    result = _give_items(opened(url, "2026-10-20"), "NEW-1;10003;10,00;2026-11-15", line)
    assert result.status == "refused"
    assert _codes(result) == [code]
    assert "3" in result.findings[0].where
    assert dump(url) == before


def test_an_unknown_branch_is_refused(books_at: BooksAt, opened: Opened) -> None:
    """Of an item and of a customer."""
    url = books_at("tables")
    before = dump(url)
    context = opened(url, "2026-10-20")
    item = _give_items(context, "NEW-1;10003;10,00;2026-11-15;K99", head=f"{HEAD};branch")
    customer = text_in(context, customers="customer_no;name;branch\n20001;Neu Beispiel;K99\n")[0]
    assert (_codes(item), _codes(customer)) == (["branch-unknown"], ["branch-unknown"])
    assert dump(url) == before


def test_another_currency_is_refused(books_at: BooksAt, opened: Opened) -> None:
    """An item's currency stays what it was."""
    url = books_at("tables")
    before = dump(url)
    result = _give_items(opened(url, "2026-10-20"), "RE-2026-0815;10003;119,00;2026-10-15;CHF", head=f"{HEAD};currency")
    assert _codes(result) == ["item-other-currency"]
    assert dump(url) == before


def test_a_customer_whom_only_the_items_name_is_made(books_at: BooksAt, opened: Opened) -> None:
    """F-17: number and name suffice; the second item of the same customer does not make him twice."""
    url = books_at("tables")
    head = f"{HEAD};customer_name"
    result = _give_items(opened(url, "2026-10-20"), "NEW-1;20001;10,00;2026-11-15;Neu Beispiel",
                         "NEW-2;20001;11,00;2026-11-15;Neu Beispiel", head=head)  # fmt: skip
    assert result.status == "imported"
    found = rows(url, select(customers.c.name).where(customers.c.customer_no == "20001"))
    assert [name for (name,) in found] == ["Neu Beispiel"]
    sound(url)


def test_the_payment_term_fills_a_missing_due_date(books_at: BooksAt, opened: Opened) -> None:
    """X-20: 10001 has 30 days; a due date in the file wins over it."""
    url = books_at("tables")
    head = "invoice_no;customer_no;amount;issue_date;due_date"
    _give_items(opened(url, "2026-10-20"), "NEW-1;10001;10,00;2026-10-01;", "NEW-2;10001;10,00;2026-10-01;2026-10-08",
                head=head)  # fmt: skip
    assert [_item(url, number).due_date.isoformat() for number in ("NEW-1", "NEW-2")] == ["2026-10-31", "2026-10-08"]


def test_importing_again_keeps_the_dunning_state(books_at: BooksAt, opened: Opened) -> None:
    """New export of the invoicing system, with a moved due date: level and last notice stay (users.md 4)."""
    url = books_at("reminded")

    def state() -> Any:
        query = select(item_parts).join(items).where(items.c.invoice_no == "RE-2026-0799")
        return rows(url, query)[0]

    before = state()
    assert before.dunning_level == 2
    context = opened(url, "2026-11-10")
    bring_in(context, FIXTURES / "items.csv")
    assert state() == before
    _give_items(context, "RE-2026-0799;10002;101,00;2026-10-01")
    after = state()
    assert (after.amount, after.due_date.isoformat()) == (10100, "2026-10-01")
    assert (after.dunning_level, after.last_notice_on, after.last_deadline) == (
        before.dunning_level, before.last_notice_on, before.last_deadline,
    )  # fmt: skip
    sound(url)


def test_what_a_file_does_not_say_stays(books_at: BooksAt, opened: Opened) -> None:
    """A short file of customers changes names and leaves addresses and accounts."""
    url = books_at("tables")
    before = rows(url, select(customers).where(customers.c.customer_no == "10002"))[0]
    result = text_in(opened(url, "2026-10-20"), customers="customer_no;name\n10002;Max Mustermann\n")[0]
    after = rows(url, select(customers).where(customers.c.customer_no == "10002"))[0]
    assert result.records == RecordCounts(updated=1)
    assert after.name == "Max Mustermann"
    assert {**after._mapping, "name": None} == {**before._mapping, "name": None}
    told = rows(url, select(log.c.after).order_by(log.c.id.desc()).limit(1))[0][0]
    assert '"before":{"name":"Max Muster"}' in told
    assert '"after":{"name":"Max Mustermann"}' in told


MANDATES = "mandate_id;customer_no;iban;signed_on;status\n"
OTHER = "DE02120300000000202051"


def test_a_22_a_second_active_mandate_is_refused(books_at: BooksAt, opened: Opened) -> None:
    """Only one bank account of a customer may carry an active mandate."""
    url = books_at("tables")
    before = dump(url)
    result = text_in(opened(url, "2026-10-20"), mandates=f"{MANDATES}M-2;10002;{OTHER};2026-10-01;active\n")[0]
    assert _codes(result) == ["mandate-second"]
    facts = dict(result.findings[0].facts)
    assert (facts["customer"], facts["mandate"], facts["first"]) == ("10002", "M-2", "M-10002-1")
    assert dump(url) == before


def test_a_22_two_new_mandates_of_one_customer_in_one_file(books_at: BooksAt, opened: Opened) -> None:
    """The rule holds within a file as well."""
    url = books_at("tables")
    text = f"{MANDATES}M-1;10005;{OTHER};2026-10-01;active\nM-2;10005;DE27370501980000012345;2026-10-01;active\n"
    result = text_in(opened(url, "2026-10-20"), mandates=text)[0]
    assert _codes(result) == ["mandate-second"]
    assert rows(url, select(mandates).where(mandates.c.mandate_id.in_(("M-1", "M-2")))) == []


def test_a_22_the_old_one_revoked_makes_room(books_at: BooksAt, opened: Opened) -> None:
    """A new account: old mandate revoked, new one active, in one file and in any order of its rows."""
    old = "M-10002-1;10002;DE44370501980000010002;2021-03-10;revoked\n"
    new = f"M-2;10002;{OTHER};2026-10-01;active\n"
    for text in (old + new, new + old):
        url = books_at("tables")
        result = text_in(opened(url, "2026-10-20"), mandates=MANDATES + text)[0]
        assert (result.status, _codes(result)) == ("imported", [])
        found = rows(url, select(mandates.c.mandate_id, mandates.c.status).where(mandates.c.customer_id == 2)
                     .order_by(mandates.c.id))  # fmt: skip
        assert [tuple(row) for row in found] == [("M-10002-1", "revoked"), ("M-2", "active")]


def test_a_22_off_lets_several_stand(books_at: BooksAt, opened: Opened) -> None:
    """``one_mandate_per_customer = false``."""
    url = books_at("tables")
    context = opened(url, "2026-10-20")
    company = (FIXTURES / "company.toml").read_bytes()
    company = company.replace(b"one_mandate_per_customer = true", b"one_mandate_per_customer = false")
    setting_up.apply(context, company, "company.toml")
    result = text_in(context, mandates=f"{MANDATES}M-2;10002;{OTHER};2026-10-01;active\n")[0]
    assert result.status == "imported"


def test_a_mandate_of_nobody_is_refused(books_at: BooksAt, opened: Opened) -> None:
    """With the row it stands in."""
    url = books_at("tables")
    before = dump(url)
    result = text_in(opened(url, "2026-10-20"), mandates=f"{MANDATES}M-2;99999;{OTHER};2026-10-01;active\n")[0]
    assert _codes(result) == ["customer-unknown"]
    assert dump(url) == before


def test_a_prepayment_is_two_parts(books_at: BooksAt) -> None:
    """V-05, V-06: own amounts, own due dates."""
    query = select(item_parts).join(items).where(items.c.invoice_no == "RE-2026-0800").order_by(item_parts.c.id)
    found = [(part.kind, part.amount, part.due_date.isoformat()) for part in rows(books_at("tables"), query)]
    assert found == [("prepayment", 40000, "2026-10-01"), ("remainder", 60000, "2026-12-01")]


def test_a_prepayment_told_later_takes_the_place_of_the_total(books_at: BooksAt, opened: Opened) -> None:
    """An item of one part that becomes one of two parts: the parts still add up to the item."""
    url = books_at("tables")
    context = opened(url, "2026-10-20")
    _give_items(context, "NEW-1;10003;100,00;2026-11-15")
    _give_items(context, "NEW-1;10003;100,00;2026-11-15;40,00;2026-11-01",
                head=f"{HEAD};prepayment_amount;prepayment_due")  # fmt: skip
    item = _item(url, "NEW-1")
    query = select(item_parts.c.kind, item_parts.c.amount).where(item_parts.c.item_id == item.id)
    assert dict(rows(url, query.order_by(item_parts.c.id))) == {"prepayment": 4000, "remainder": 6000}
    sound(url)


def test_a_changed_amount_of_a_prepayment_item_without_its_columns(books_at: BooksAt, opened: Opened) -> None:
    """A short file changes the amount of an item of two parts: the parts still add up to the item."""
    url = books_at("tables")
    _give_items(opened(url, "2026-10-20"), "RE-2026-0800;10015;1.100,00;2026-12-01")
    item = _item(url, "RE-2026-0800")
    parts = rows(url, select(item_parts.c.amount).where(item_parts.c.item_id == item.id))
    assert sum(amount for (amount,) in parts) == item.amount == 110000
    sound(url)


def test_a_moved_prepayment_date_alone_is_a_change(books_at: BooksAt, opened: Opened) -> None:
    """Only the parts differ from what the books have: the change is taken, and told."""
    url = books_at("tables")
    head = f"{HEAD};prepayment_amount;prepayment_due"
    result = _give_items(
        opened(url, "2026-10-20"), "RE-2026-0800;10015;1.000,00;2026-12-01;400,00;2026-10-05", head=head
    )
    query = select(item_parts.c.due_date).join(items).where(items.c.invoice_no == "RE-2026-0800")
    assert rows(url, query.where(item_parts.c.kind == "prepayment"))[0][0].isoformat() == "2026-10-05"
    assert result.records == RecordCounts(updated=1)


def test_a_dry_run_says_the_same_and_writes_nothing(books_at: BooksAt, opened: Opened) -> None:
    """``--dry-run`` gives the same answer as the run itself, also where one file refers to another of the same call."""
    url = books_at("set_up")
    before = dump(url)
    paths = [FIXTURES / name for name in TABLES]
    told = bring_in(opened(url, "2026-10-20", dry_run=True), *paths)
    assert dump(url) == before
    assert told == bring_in(opened(url, "2026-10-20"), *paths)


def test_customers_update_does_not_touch_what_was_frozen(books_at: BooksAt, opened: Opened) -> None:
    """A notice that was issued keeps its language, channel and amounts."""
    url = books_at("reminded")
    before = dump(url)["notices"]
    context = opened(url, "2026-11-10")
    text_in(context, customers="customer_no;name;language\n10002;Max Mustermann;en\n")
    assert dump(url)["notices"] == before
    assert dunning.preview(context, Scope(customer="10002")).status == "preview"
