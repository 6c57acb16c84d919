"""What a payment settles under each fee policy, end to end: items and notices in the books, a statement, matching, the
answer of a person where one is asked, every posting by account and amount, what is left, and all of it taken back."""

from collections.abc import Callable, Iterator
from typing import Final

import pytest

from recon.service import confirming, dunning, undoing
from recon.service.answers import Refused
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.differences import Difference
from recon.service.dunnable import Scope
from recon.service.fees import list_fees
from sepa.money import parse_amount, plain
from tests.books import Databases, sound
from tests.service.fee_books import FIRST, PAID, SECOND, Fees, set_up

Opened = Callable[..., Context]
Made = Callable[..., Fees]

# Role -> account, by chart (domain.md 7.6).
ACCOUNTS: Final = {
    "SKR03": {"bank": "1200", "customer": "1400", "fee": "2700", "interest": "2650"},
    "SKR04": {"bank": "1800", "customer": "1200", "fee": "4830", "interest": "7100"},
}


@pytest.fixture
def made(databases: Databases, opened: Opened) -> Iterator[Made]:
    """Books on SQLite; what they come to is the same on both databases (tests/store/test_same_on_both.py)."""
    urls: list[str] = []

    def make(*fees: str, **given: str) -> Fees:
        urls.append(databases.empty("sqlite"))
        return set_up(urls[-1], opened, fees, **given)

    yield make
    for url in urls:
        databases.drop(url)


def _sides(chart: str, *sides: str) -> tuple[tuple[str, str], ...]:
    """``bank 105.00``, ``fee -5.00``: by account number."""
    return tuple((ACCOUNTS[chart][role], amount) for role, amount in (side.split() for side in sides))


def _see(books: Fees, line: str, *, chart: str, found: str, expected: tuple[str, ...]) -> None:
    """Class, postings, flags, residual and status, unpaid fee; then all is taken back and as it was."""
    match_class, shares, left, unpaid = expected
    assert found == match_class
    own, flags = books.booked(line)
    money = sum(parse_amount(share.split()[1]) for share in shares.split(", "))
    roles = {"item": "customer", "over": "customer", "fee": "fee", "interest": "interest"}
    sides = [(roles[role], parse_amount(amount)) for role, amount in (share.split() for share in shares.split(", "))]
    wanted = _sides(chart, f"bank {plain(money)}", *(f"{role} {plain(-amount)}" for role, amount in sides))
    assert own == wanted
    assert flags == (("manual_booking",) if "over" in shares else ())
    assert " ".join(books.open()["RE-1001"]) == left
    assert "; ".join(" ".join(one) for one in books.unpaid()) == unpaid
    sound(books.url)


# The fee 10.00 of level 1 on 100.00. Class (! books by itself), what is booked, what is left of the item and its
# status, the unpaid fee: level, lapsed, claimed.
TABLE: Final = {
    "exact_only": {
        "60.00": ("M1", "item 60.00", "40.00 partly_paid", "1 0.00 10.00"),
        "100.00": ("C3!", "item 100.00", "0.00 paid", "1 10.00 0.00"),
        "103.00": ("M1", "item 100.00, over 3.00", "0.00 paid", "1 10.00 0.00"),
        "105.00": ("M1", "item 100.00, over 5.00", "0.00 paid", "1 10.00 0.00"),
        "109.99": ("M1", "item 100.00, over 9.99", "0.00 paid", "1 10.00 0.00"),
        "110.00": ("C4!", "item 100.00, fee 10.00", "0.00 paid", ""),
        "110.01": ("M1", "item 100.00, over 10.01", "0.00 paid", "1 10.00 0.00"),
    },
    "legal_order": {
        "60.00": ("M1", "item 50.00, fee 10.00", "50.00 partly_paid", ""),
        "100.00": ("C3!", "item 90.00, fee 10.00", "10.00 partly_paid", ""),
        "103.00": ("M1", "item 93.00, fee 10.00", "7.00 partly_paid", ""),
        "105.00": ("M1", "item 95.00, fee 10.00", "5.00 partly_paid", ""),
        "109.99": ("M1", "item 99.99, fee 10.00", "0.01 partly_paid", ""),
        "110.00": ("C4!", "item 100.00, fee 10.00", "0.00 paid", ""),
        "110.01": ("M1", "item 100.00, fee 10.00, over 0.01", "0.00 paid", ""),
    },
    "principal_first": {
        "60.00": ("M1", "item 60.00", "40.00 partly_paid", "1 0.00 10.00"),
        "100.00": ("C3!", "item 100.00", "0.00 paid", "1 10.00 0.00"),
        "103.00": ("M1", "item 100.00, fee 3.00", "0.00 paid", "1 7.00 0.00"),
        "105.00": ("M1", "item 100.00, fee 5.00", "0.00 paid", "1 5.00 0.00"),
        "109.99": ("M1", "item 100.00, fee 9.99", "0.00 paid", "1 0.01 0.00"),
        "110.00": ("C4!", "item 100.00, fee 10.00", "0.00 paid", ""),
        "110.01": ("M1", "item 100.00, fee 10.00, over 0.01", "0.00 paid", ""),
    },
}  # fmt: skip


@pytest.mark.parametrize("chart", ["SKR03", "SKR04"])
@pytest.mark.parametrize(("policy", "amount"), [(policy, amount) for policy, rows in TABLE.items() for amount in rows])
def test_x_05_a_17_a_18_every_amount_under_every_policy(made: Made, policy: str, amount: str, chart: str) -> None:
    """100.00 and a fee of 10.00 (the table of issue 5)."""
    books = made("10.00", chart=chart, policy=policy)
    books.items(("RE-1001", "100.00", "2026-03-01"))
    assert [(notice.level, notice.total) for notice in books.remind(FIRST)] == [(1, 11000)]
    _play(books, amount, TABLE[policy][amount], chart)


def _play(books: Fees, amount: str, expected: tuple[str, ...], chart: str = "SKR03", text: str = "RE-1001") -> None:
    """A payment comes, is settled, booked as expected, and taken back."""
    line = books.pay(amount, text)
    before = books.state()
    found = books.settle(line)
    _see(books, line, chart=chart, found=found, expected=expected)
    assert undoing.undo(books.at(PAID), last=True) == len(expected[1].split(", "))
    assert books.state() == before
    sound(books.url)


# A fee of 5.00 at level 2 on 100.00.
O_08: Final = {
    "105.00": ("C4!", "item 100.00, fee 5.00", "0.00 paid", ""),
    "103.00": ("M1", "item 100.00, over 3.00", "0.00 paid", "2 5.00 0.00"),
    "100.00": ("C3!", "item 100.00", "0.00 paid", "2 5.00 0.00"),
    "95.00": ("M1", "item 95.00", "5.00 partly_paid", "2 0.00 5.00"),
    "110.00": ("M1", "item 100.00, over 10.00", "0.00 paid", "2 5.00 0.00"),
}
O_09: Final = {
    "105.00": ("C4!", "item 100.00, fee 5.00", "0.00 paid", ""),
    "103.00": ("M1", "item 98.00, fee 5.00", "2.00 partly_paid", ""),
    "100.00": ("C3!", "item 95.00, fee 5.00", "5.00 partly_paid", ""),
    "95.00": ("M1", "item 90.00, fee 5.00", "10.00 partly_paid", ""),
    "110.00": ("M1", "item 100.00, fee 5.00, over 5.00", "0.00 paid", ""),
}


@pytest.fixture
def level_2(made: Made) -> Made:
    """100.00, reminded twice: the second notice asks for 5.00."""

    def make(*_fees: str, **given: str) -> Fees:
        books = made("0.00", "5.00", **given)
        books.items(("RE-1001", "100.00", "2026-03-01"))
        books.remind(FIRST)
        assert [(notice.level, notice.total) for notice in books.remind(SECOND)] == [(2, 10500)]
        return books

    return make


@pytest.mark.parametrize("amount", O_08)
def test_o_08_exact_only(level_2: Made, amount: str) -> None:
    """Closed + 5 income / closed, overpaid 3 manual / closed, fee lapsed and listed / residual 5 / overpaid 10."""
    _play(level_2(), amount, O_08[amount])


@pytest.mark.parametrize("amount", O_09)
def test_o_09_legal_order(level_2: Made, amount: str) -> None:
    """§ 367 BGB: the fee first."""
    _play(level_2(policy="legal_order"), amount, O_09[amount])


@pytest.mark.parametrize(("mode", "total"), [("replace", 11000), ("cumulative", 11500)])
def test_o_07_the_fee_of_level_3_by_mode(made: Made, mode: str, total: int) -> None:
    """Fees 0/5/10, 100.00 open: the third notice asks for 110.00 or 115.00, and exactly that is paid with its fee."""
    books = made("0.00", "5.00", "10.00", mode=mode)
    books.items(("RE-1001", "100.00", "2026-03-01"))
    books.remind("2026-03-15")
    books.remind("2026-03-29")
    assert [notice.total for notice in books.remind("2026-04-12")] == [total]
    line = books.pay(plain(total), "RE-1001", "2026-04-15")
    assert books.settle(line, "2026-04-15") == "C4!"
    assert books.booked(line)[0] == _sides("SKR03", f"bank {plain(total)}", "customer -100.00",
                                           f"fee {plain(10000 - total)}")  # fmt: skip
    told = [(one.fee.asked.level, one.fee.state.value) for one in list_fees(books.at("2026-04-15"))]
    assert told == [(2, "replaced"), (3, "paid")]


def _o_10(made: Made, **given: str) -> tuple[Fees, list[int]]:
    """100.00 at level 2 and 200.00 at level 1, fees 0/5: the totals of the notices of the second run."""
    books = made("0.00", "5.00", **given)
    books.items(("RE-1001", "100.00", "2026-03-01"))
    books.remind(FIRST)
    books.items(("RE-1002", "200.00", "2026-03-15"))
    return books, [notice.total for notice in books.remind(SECOND)]


@pytest.mark.parametrize(("mixed", "totals"), [("highest", [30500]), ("separate", [20000, 10500])])
def test_o_10_two_items_at_two_levels(made: Made, mixed: str, totals: list[int]) -> None:
    """One notice of 305.00, or two. (The oracle lets the later item stand at level 2; which of them does is no
    matter for the sums: 100 + 5 and 200, or 100 and 205.)"""
    assert _o_10(made, mixed=mixed)[1] == totals


O_11: Final = {
    "305.00": ("H3", ("bank 305.00", "customer -100.00", "customer -200.00", "fee -5.00"), "0.00", "0.00", ""),
    "304.00": ("M1", ("bank 304.00", "customer -100.00", "customer -200.00", "customer -4.00"), "0.00", "0.00", "5.00"),
    "299.00": ("M1", ("bank 299.00", "customer -100.00", "customer -199.00"), "0.00", "1.00", "0.00"),
}


@pytest.mark.parametrize("amount", O_11)
def test_o_11_both_items_in_one_payment(made: Made, amount: str) -> None:
    """305.00: both closed and 5.00 income; 304.00: overpaid by 4.00; 299.00: the oldest due first, 1.00 left."""
    books, _ = _o_10(made)
    match_class, sides, first, second, lapsed = O_11[amount]
    line = books.pay(amount, "RE-1001 und RE-1002")
    before = books.state()
    assert books.settle(line) == match_class
    assert books.booked(line)[0] == _sides("SKR03", *sides)
    left = {number: open_ for number, (open_, _) in books.open().items()}
    assert left == {"RE-1001": first, "RE-1002": second}
    assert [one[1] for one in books.unpaid()] == ([lapsed] if lapsed else [])
    sound(books.url)
    undoing.undo(books.at(PAID), last=True)
    assert books.state() == before
    sound(books.url)


@pytest.mark.parametrize(
    ("given", "difference", "sides", "waived"),
    [
        ("50.00", Difference.WRITE_OFF, ("bank 50.00", "customer -50.00", "customer -50.00", "bad 50.00"), "0.00"),
        ("100.00", Difference.FEE_WAIVED, ("bank 100.00", "customer -100.00"), "10.00"),
    ],
    ids=["a part written off", "the fee waived"],
)
def test_o_12_what_the_creditor_waives(
    made: Made, given: str, difference: Difference, sides: tuple[str, ...], waived: str
) -> None:
    """What belongs here of O-12: a waiver closes the item on the account of its reason, a waived fee books nothing.
    The cap of 5 % and the claims that were purchased belong to the agency (F-50 to F-52)."""
    books = made("10.00")
    books.items(("RE-1001", "100.00", "2026-03-01"))
    books.remind(FIRST)
    line = books.pay(given, "ohne Nummer")
    before = books.state()
    confirming.confirm(books.at(PAID), line, [Wanted("RE-1001", None)], difference=difference, reason="Kulanz")
    accounts = {**ACCOUNTS["SKR03"], "bad": "2400"}
    assert books.booked(line)[0] == tuple((accounts[role], amount) for role, amount in map(str.split, sides))
    assert books.open() == {"RE-1001": ("0.00", "paid")}
    assert [plain(one.fee.waived) for one in list_fees(books.at(PAID))] == [waived]
    sound(books.url)
    undoing.undo(books.at(PAID), last=True)
    assert books.state() == before


# 100.00, fee 10.00, interest 2.50.
INTEREST: Final = {
    ("exact_only", "112.50"): ("H3", "item 100.00, fee 10.00, interest 2.50", "0.00 paid", ""),
    ("exact_only", "110.00"): ("C4!", "item 100.00, fee 10.00", "0.00 paid", "1 2.50 0.00"),
    ("exact_only", "102.50"): ("H3", "item 100.00, interest 2.50", "0.00 paid", "1 10.00 0.00"),
    ("exact_only", "111.00"): ("M1", "item 100.00, over 11.00", "0.00 paid", "1 12.50 0.00"),
    ("legal_order", "111.00"): ("M1", "item 98.50, fee 10.00, interest 2.50", "1.50 partly_paid", ""),
    ("legal_order", "60.00"): ("M1", "item 47.50, fee 10.00, interest 2.50", "52.50 partly_paid", ""),
    ("principal_first", "111.00"): ("M1", "item 100.00, fee 10.00, interest 1.00", "0.00 paid", "1 1.50 0.00"),
    ("principal_first", "113.00"): ("M1", "item 100.00, fee 10.00, interest 2.50, over 0.50", "0.00 paid", ""),
}


@pytest.mark.parametrize(("policy", "amount"), INTEREST)
def test_x_05_interest_of_a_notice(made: Made, opened: Opened, policy: str, amount: str) -> None:
    """Costs, interest, principal (§ 367 BGB), or the principal first; by ``exact_only`` interest is never taken without
    being asked. 100 days at 9.12 %, 26 of them in 2025: 0.65 + 1.85."""
    books = made("10.00", policy=policy, more='interest = true\ninterest_from = "due_date"',
                 rates="2025-07-01 4.12, 2026-01-01 4.12")  # fmt: skip
    books.items(("RE-1001", "100.00", "2025-12-05"))
    assert [(notice.interest, notice.total) for notice in books.remind(FIRST)] == [(2_50, 112_50)]
    _play(books, amount, INTEREST[policy, amount])


# 100.00 and, for the company in default, the lump sum of 40.00 in place of the fee of 5.00.
LUMP_SUM: Final = {
    ("exact_only", "140.00"): ("C4!", "item 100.00, fee 40.00", "0.00 paid", ""),
    ("exact_only", "105.00"): ("M1", "item 100.00, over 5.00", "0.00 paid", "2 40.00 0.00"),
    ("exact_only", "100.00"): ("C3!", "item 100.00", "0.00 paid", "2 40.00 0.00"),
    ("legal_order", "60.00"): ("M1", "item 20.00, fee 40.00", "80.00 partly_paid", ""),
    ("principal_first", "110.00"): ("M1", "item 100.00, fee 10.00", "0.00 paid", "2 30.00 0.00"),
}


@pytest.mark.parametrize(("policy", "amount"), LUMP_SUM)
def test_x_05_the_lump_sum_is_settled_as_a_fee(made: Made, policy: str, amount: str) -> None:
    books = made("0.00", "5.00", policy=policy, more="lump_sum = true")
    books.items(("RE-1001", "100.00", "2026-03-01"), kind="company")
    assert [(notice.fee, notice.lump_sum) for notice in books.remind(FIRST)] == [(0, 0)]
    found = [(notice.fee, notice.lump_sum, notice.total) for notice in books.remind(SECOND)]
    assert found == [(40_00, 40_00, 140_00)]
    _play(books, amount, LUMP_SUM[policy, amount])


def test_lump_sum_and_interest_that_were_paid_are_not_asked_for_again(made: Made) -> None:
    """100.00 by the order of the law: costs of both claims, interest, the rest for the older one. The next notice asks
    for the interest on what is left, less what was paid, and for no costs."""
    books = made("0.00", "5.00", "10.00", policy="legal_order",
                 more="lump_sum = true\ninterest = true\nstaleness_bank_days = 30",
                 rates="2026-01-01 4.12")  # fmt: skip
    books.items(("RE-1001", "1000.00", "2026-03-01"), ("RE-1002", "500.00", "2026-03-01"), kind="company")
    books.remind(FIRST)
    [second] = books.remind(SECOND)
    # 26.03. to 29.03. at 13.12 %: 1.44 and 0.72; 40 for each claim.
    assert [(line.interest, line.lump_sum) for line in second.items] == [(1_44, 40_00), (72, 40_00)]
    assert (second.fee, second.interest, second.total) == (80_00, 2_16, 1582_16)
    line = books.pay("100.00", "RE-1001 RE-1002")
    books.settle(line)
    assert books.open() == {"RE-1001": ("982.16", "partly_paid"), "RE-1002": ("500.00", "open")}
    [third] = books.remind("2026-04-12")
    # 18 days: 982.16 bears 6.35, of which 1.44 were paid; 500.00 bears 3.24, of which 0.72 were.
    assert [(line.interest, line.lump_sum) for line in third.items] == [(4_91, 0), (2_52, 0)]
    assert (third.fee, third.lump_sum) == (0, 0)
    sound(books.url)
    undoing.undo(books.at(PAID), last=True)
    again = dunning.preview(books.at("2026-04-13"), Scope())
    assert again.notices == ()
    sound(books.url)


def test_x_06_the_fee_of_an_earlier_level_is_asked(made: Made) -> None:
    """105.00 where the last notice asks for 10.00 and the one before for 5.00: proposed whole, never by itself."""
    books = made("5.00", "10.00")
    books.items(("RE-1001", "100.00", "2026-03-01"))
    books.remind(FIRST)
    books.remind(SECOND)
    _play(books, "105.00", ("H3", "item 100.00, fee 5.00", "0.00 paid", "2 5.00 0.00"))


def test_x_06_a_fee_counts_from_the_day_of_its_notice(made: Made) -> None:
    """Paid before the notice went out: the fee was not asked for yet."""
    books = made("10.00")
    books.items(("RE-1001", "100.00", "2026-03-01"))
    line = books.pay("110.00", "RE-1001", "2026-03-14")
    books.remind(FIRST)
    assert books.settle(line) == "M1"
    assert books.booked(line)[1] == ("manual_booking",)


def test_unpaid_fees_lapse(level_2: Made) -> None:
    """The item was paid without its fee: a later payment of exactly the fee is nobody's fee income. It is claimed again
    when the item is opened again."""
    books = level_2()
    first = books.pay("100.00", "RE-1001")
    assert books.settle(first) == "C3!"
    assert books.unpaid() == [("2", "5.00", "0.00")]
    later = books.pay("5.00", "RE-1001", "2026-04-03", number="2", opening=110_000)
    assert books.settle(later) == "L3"
    assert books.booked(later)[0] == _sides("SKR03", "bank 5.00", "customer -5.00")
    assert books.unpaid("2026-04-03") == [("2", "5.00", "0.00")]
    with pytest.raises(Refused):
        confirming.confirm(books.at(PAID), later, [Wanted("RE-1001", None)])
    undoing.undo(books.at(PAID), allocation="A1")
    assert books.unpaid("2026-04-03") == [("2", "0.00", "5.00")]
    sound(books.url)


@pytest.mark.parametrize("by_hand", [False, True], ids=["as proposed", "by hand"])
def test_unpaid_fees_stay_claimable(level_2: Made, by_hand: bool) -> None:
    """By setting: a later payment of exactly the fee that names the invoice is proposed as it (H3)."""
    books = level_2(unpaid="claim")
    assert books.settle(books.pay("100.00", "RE-1001")) == "C3!"
    assert books.unpaid() == [("2", "0.00", "5.00")]
    line = books.pay("5.00", "RE-1001", "2026-04-03", number="2", opening=110_000)
    before = books.state()
    if by_hand:
        confirming.confirm(books.at(PAID), line, [Wanted("RE-1001", None)])
    else:
        assert books.settle(line) == "H3"
    assert books.booked(line)[0] == _sides("SKR03", "bank 5.00", "fee -5.00")
    assert books.unpaid("2026-04-03") == []
    sound(books.url)
    undoing.undo(books.at(PAID), last=True)
    assert books.state() == before
    sound(books.url)


def test_unpaid_fees_of_another_amount_are_asked_as_ever(level_2: Made) -> None:
    """4.99 on a paid invoice is no fee, whatever the setting."""
    books = level_2(unpaid="claim")
    books.settle(books.pay("100.00", "RE-1001"))
    line = books.pay("4.99", "RE-1001", "2026-04-03", number="2", opening=110_000)
    with pytest.raises(Refused):
        confirming.confirm(books.at(PAID), line, [Wanted("RE-1001", None)])
    assert books.settle(line) == "L3"


@pytest.mark.parametrize(
    ("unpaid", "paid", "told"),
    [
        ("claim", "100.00", [("10042", "5.00", "N2")]),
        ("claim", "105.00", []),
        ("claim", "60.00", []),  # the item is open: its own next notice asks for its own fee instead
        ("lapse", "100.00", []),
    ],
)
def test_a_15_a_fee_still_claimed_is_told_and_stands_on_no_notice(
    level_2: Made, unpaid: str, paid: str, told: list[tuple[str, str, str]]
) -> None:
    """Decision 18: another invoice of the same customer is reminded of with its own fee alone."""
    books = level_2(unpaid=unpaid)
    books.settle(books.pay(paid, "RE-1001"))
    books.items(("RE-2001", "50.00", "2026-03-10"))
    on = books.at("2026-04-03")
    seen = dunning.preview(on, Scope())
    assert [(line.invoice_no, notice.fee, notice.total) for _, notice in seen.notices
            for line in notice.items if line.invoice_no == "RE-2001"] == [("RE-2001", 0, 5000)]  # fmt: skip
    frozen = dunning.freeze(on, Scope())
    for found in (seen, frozen):
        facts = [dict(one.facts) for one in found.findings if one.code == "fee-still-claimed"]
        assert [(fact["customer"], fact["amount"], fact["notices"]) for fact in facts] == told
    sound(books.url)
