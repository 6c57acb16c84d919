"""Prepayment and remainder in the books: due dates, counters and levels of their own (V-05 to V-12, X-11, X-12)."""

from collections.abc import Callable
from datetime import date

import pytest

from recon.service import dunning
from recon.service.context import Context
from recon.service.dunnable import Scope
from tests.books import sound
from tests.service.dunning_world import FEES, STRICT, World, told, world

Opened = Callable[..., Context]
TWO_PARTS = (
    "invoice_no;customer_no;amount;due_date;issue_date;prepayment_amount;prepayment_due\n"
    "RE-1001;7001;1000,00;2026-04-01;2026-02-01;400,00;2026-03-01\n"
)


@pytest.fixture
def in_parts(books_url: str, opened: Opened) -> World:
    """One invoice of 1000 = 400 due 01.03. + 600 due 01.04., strict 10 days."""
    books = world(books_url, opened, STRICT)
    books.customers("7001")
    books.items(TWO_PARTS)
    return books


def test_o_06_x_11_instalments_in_the_books(in_parts: World) -> None:
    """150 paid on 05.03., 500 on 20.03.: step 1 for 250 on 12.03.; part 1 closed, 350 left of part 2; step 1 for these
    on 12.04. A reading by the letter of V-12 (650 < 600) would never dun them."""
    books = in_parts
    books.settle("2026-03-05", books.pay("2026-03-05", 15000, "RE-1001"))
    first = books.first_days("2026-03-02", "2026-03-19")
    assert first == [("2026-03-12", "RE-1001", "prepayment", 1, 25000)]
    books.settle("2026-03-20", books.pay("2026-03-20", 50000, "RE-1001"))
    second = books.first_days("2026-03-20", "2026-04-12")
    assert second == [("2026-04-12", "RE-1001", "remainder", 1, 35000)]
    assert books.state("RE-1001") == {"prepayment": (1, "2026-03-12"), "remainder": (1, "2026-04-12")}
    sound(books.url)


def test_v_05_v_07_v_09_x_12_each_part_by_its_own_counter(in_parts: World) -> None:
    """Nothing paid: the prepayment goes through its three levels by its last notice, the remainder begins by its own
    due date; where both are due on a day they stand on one notice at their own levels."""
    found = in_parts.first_days("2026-03-02", "2026-05-31")
    by_part = {part: [(day, level) for day, _, kind, level, _ in found if kind == part] for _, _, part, _, _ in found}
    assert by_part == {
        "prepayment": [("2026-03-12", 1), ("2026-03-23", 2), ("2026-04-03", 3)],
        "remainder": [("2026-04-12", 1), ("2026-04-23", 2), ("2026-05-04", 3)],
    }
    sound(in_parts.url)


def test_x_12_both_parts_on_one_notice(books_url: str, opened: Opened) -> None:
    """First run long after both were due: one notice, two lines, each at its level."""
    books = world(books_url, opened, STRICT)
    books.customers("7001")
    books.items(TWO_PARTS)
    books.remind("2026-03-12")
    [(_, notice)] = books.remind("2026-04-12").notices
    assert [(line.part.value, line.level, line.open) for line in notice.items] == [
        ("prepayment", 2, 40000), ("remainder", 1, 60000),
    ]  # fmt: skip
    assert (notice.level, notice.total) == (2, 100000)
    sound(books.url)


@pytest.mark.parametrize(
    ("paid", "day", "part", "level", "asked"),
    [
        (0, "2026-03-11", None, 0, 0),
        (0, "2026-03-12", "prepayment", 1, 40000),
        (39999, "2026-03-12", "prepayment", 1, 1),
        (40000, "2026-03-12", None, 0, 0),
        (40000, "2026-04-11", None, 0, 0),
        (40000, "2026-04-12", "remainder", 1, 60000),
        (99999, "2026-04-12", "remainder", 1, 1),
        (100000, "2026-04-12", None, 0, 0),
    ],
)
def test_v_05_v_06_v_11_v_12_what_must_hold_for_the_first_level(
    in_parts: World, *, paid: int, day: str, part: str | None, level: int, asked: int
) -> None:
    """Due before the day less ten, strictly, and something open of this very part (X-11)."""
    if paid:
        in_parts.settle("2026-03-02", in_parts.pay("2026-03-02", paid, "RE-1001"))
    lines = [line for _, notice in in_parts.preview(day).notices for line in notice.items]
    assert [(line.part.value, line.level, line.open) for line in lines] == ([] if part is None else
                                                                            [(part, level, asked)])  # fmt: skip


def test_v_08_v_10_later_levels_of_the_remainder_count_from_its_last_notice(in_parts: World) -> None:
    """Ten days after the last notice, strictly; not after the due date, and no fourth."""
    in_parts.settle("2026-03-02", in_parts.pay("2026-03-02", 40000, "RE-1001"))
    found = in_parts.first_days("2026-04-20", "2026-06-30")
    assert [(day, level) for day, _, _, level, _ in found] == [
        ("2026-04-20", 1), ("2026-05-01", 2), ("2026-05-12", 3),
    ]  # fmt: skip
    assert {part for _, _, part, _, _ in found} == {"remainder"}


def test_v_13_v_15_days_of_the_customer(books_url: str, opened: Opened) -> None:
    """His own days count for each part."""
    books = world(books_url, opened, STRICT)
    books.customers("7001", more=";dunning_days_1", values=";3")
    books.items(TWO_PARTS)
    assert books.first_days("2026-03-02", "2026-04-05")[0][:4] == ("2026-03-05", "RE-1001", "prepayment", 1)


def test_what_was_said_of_a_total_goes_on_with_the_remainder(books_url: str, opened: Opened) -> None:
    """Reminded of twice as a total, then told in two parts: the remainder is at level 2, and cancelling a notice takes
    it back to level 1, then to none. The auditor reads it the same way."""
    books = world(books_url, opened, FEES)
    books.customers("7001")
    books.items("invoice_no;customer_no;amount;due_date;issue_date\nRE-1001;7001;1000,00;2026-03-01;2026-02-01\n")
    [(first, _)] = books.remind("2026-03-15").notices
    [(second, _)] = books.remind("2026-03-29").notices
    assert books.state("RE-1001") == {"total": (2, "2026-03-29")}
    books.items(
        "invoice_no;customer_no;amount;due_date;issue_date;prepayment_amount;prepayment_due\n"
        "RE-1001;7001;1000,00;2026-03-01;2026-02-01;400,00;2026-02-20\n", "2026-03-30",
    )  # fmt: skip
    assert books.state("RE-1001") == {"prepayment": (0, None), "remainder": (2, "2026-03-29")}
    sound(books.url)
    dunning.cancel(books.at("2026-03-31"), str(second), "doppelt")
    assert books.state("RE-1001") == {"prepayment": (0, None), "remainder": (1, "2026-03-15")}
    sound(books.url)
    again = {line.part.value: line.level for _, notice in books.preview("2026-04-01").notices for line in notice.items}
    assert again == {"prepayment": 1, "remainder": 2}
    dunning.cancel(books.at("2026-04-01"), str(first), "doppelt")
    assert books.state("RE-1001") == {"prepayment": (0, None), "remainder": (0, None)}
    sound(books.url)


def test_a_draft_of_a_total_that_is_told_in_two_parts(books_url: str, opened: Opened) -> None:
    """Its line is dropped, and no second draft takes the parts while it stands."""
    books = world(books_url, opened, FEES)
    books.customers("7001")
    books.items("invoice_no;customer_no;amount;due_date;issue_date\nRE-1001;7001;1000,00;2026-03-01;2026-02-01\n")
    run = str(dunning.freeze(books.at("2026-03-16"), Scope()).run)
    books.items(TWO_PARTS.replace("2026-04-01", "2026-03-01"), "2026-03-16")
    done = dunning.issue(books.at("2026-03-16"), run)
    assert (done.notices, [one.why.reason for one in done.dropped]) == ((), ["changed"])
    assert told(books.preview("2026-03-16")) == {"RE-1001": (1, 60000)}
    assert books.state("RE-1001") == {"prepayment": (0, None), "remainder": (0, None)}
    assert date(2026, 3, 16) == done.as_of
    sound(books.url)
