"""What is booked for which share: the patterns of domain.md 7.6, on both charts."""

from datetime import date

import pytest

from recon.ledger.chart import chart_of
from recon.ledger.posting import entry_for_export, entry_for_items, entry_for_line, moves_bank_money, reversed_entry
from recon.model.ledger import Entry, Posting, Role
from recon.model.matching import AllocationKind, Share
from recon.model.settings import Account, Company, Settings

IBAN = "DE89370400440532013000"
DAY = date(2026, 11, 20)
SKR03 = chart_of(Settings(Company("Beispiel GmbH", chart="SKR03")))
SKR04 = chart_of(Settings(Company("Beispiel GmbH", chart="SKR04")))
K = AllocationKind


def share(amount: int, kind: AllocationKind = K.PAYMENT, item: int | None = 7, *flags: str) -> Share:
    return Share(item, "RE-7" if item else None, "10001", amount, kind, flags)


def booked(*shares: Share) -> list[tuple[str, int, int | None]]:
    entry = entry_for_line(shares, SKR03, iban=IBAN, booked_on=DAY, currency="EUR", text="Zahlung")
    return [(posting.account, posting.amount, posting.item_id) for posting in entry.postings]


PATTERNS: list[tuple[str, list[Share], list[tuple[str, int, int | None]]]] = [
    ("payment: bank to customer", [share(11900)], [("1200", 11900, None), ("1400", -11900, 7)]),
    (
        "A-17: exactly the fee is dunning-fee income on its own account",
        [share(10000), share(1000, K.DUNNING_FEE)],
        [("1200", 11000, None), ("1400", -10000, 7), ("2700", -1000, None)],
    ),
    (
        "A-18: any other overpayment stays on the customer's account",
        [share(10000), share(1001, K.OVERPAYMENT, None, "manual_booking")],
        [("1200", 11001, None), ("1400", -10000, 7), ("1400", -1001, None)],
    ),
    (
        "a discount settles without money of the bank",
        [share(97020), share(1980, K.DISCOUNT)],
        [("1200", 97020, None), ("1400", -97020, 7), ("1400", -1980, 7), ("8730", 1980, None)],
    ),
    (
        "F-57: a credit note is netted, not paid out",
        [share(72000), share(-12000, K.CREDIT_NOTE, 8)],
        [("1200", 60000, None), ("1400", -72000, 7), ("1400", 12000, 8)],
    ),
    (
        "a returned debit opens the item again; the bank's charge is a cost",
        [share(-5000, K.RETURN), share(-300, K.RETURN_FEE, None)],
        [("1200", -5300, None), ("1400", 5000, 7), ("4970", 300, None)],
    ),
    (
        "decision 17: the charge is claimed with an item of its own, and is a cost all the same",
        [share(-5000, K.RETURN), share(-300, K.RETURN_FEE, None), share(-300, K.RETURN_CHARGE, 8)],
        [("1200", -5300, None), ("1400", 5000, 7), ("4970", 300, None), ("1400", 300, 8), ("2700", -300, None)],
    ),
    (
        "decision 17: the claim alone is taken back: no money moves",
        [share(300, K.RETURN_CHARGE, 8)],
        [("1400", -300, 8), ("2700", 300, None)],
    ),
    (
        "the customer pays fee, interest and the charge of a returned debit, each on its own account",
        [share(5000), share(500, K.DUNNING_FEE), share(120, K.INTEREST), share(300, K.RETURN_FEE)],
        [("1200", 5920, None), ("1400", -5000, 7), ("2700", -500, None), ("2650", -120, None), ("2700", -300, None)],
    ),
    (
        "a returned debit is taken back: the bank's charge leaves the cost again",
        [share(5000, K.RETURN), share(300, K.RETURN_FEE, None)],
        [("1200", 5300, None), ("1400", -5000, 7), ("4970", -300, None)],
    ),
    (
        "A-21: money for a collection that was settled at export clears transit",
        [share(5000, K.COLLECTION, 7, "cleared")],
        [("1200", 5000, None), ("1360", -5000, None)],
    ),
    (
        "what the other bank kept of a payment is our charge, and the item is closed",
        [share(9700), share(300, K.BANK_CHARGE)],
        [("1200", 9700, None), ("1400", -9700, 7), ("1400", -300, 7), ("4970", 300, None)],
    ),
    (
        "a fee becomes income when it is paid: waived, it moves nothing",
        [share(10000), share(500, K.FEE_WAIVED)],
        [("1200", 10000, None), ("1400", -10000, 7)],
    ),
    ("a waived fee by itself is an entry without sides", [share(-500, K.FEE_WAIVED)], []),
]


@pytest.mark.parametrize(("name", "shares", "expected"), PATTERNS, ids=[row[0] for row in PATTERNS])
def test_patterns(name: str, shares: list[Share], expected: list[tuple[str, int, int | None]]) -> None:
    assert booked(*shares) == expected


def test_every_entry_balances_or_does_not_come_into_being() -> None:
    with pytest.raises(ValueError, match="does not balance"):
        Entry(DAY, "EUR", "", (Posting(Role.BANK, "1200", 5), Posting(Role.CUSTOMER, "1400", -4)))
    with pytest.raises(ValueError, match="does not balance"):
        Entry(DAY, "EUR", "", (Posting(Role.BANK, "1200", 0),))


def test_a_reversal_turns_every_side() -> None:
    shares = [share(10000), share(1000, K.DUNNING_FEE)]
    entry = entry_for_line(shares, SKR03, iban=IBAN, booked_on=DAY, currency="EUR", text="Zahlung")
    back = reversed_entry(entry, booked_on=date(2026, 12, 1), text="Storno Zahlung")
    both = [*entry.postings, *back.postings]
    for account in {posting.account for posting in both}:
        assert sum(posting.amount for posting in both if posting.account == account) == 0


def test_an_exported_batch_moves_items_to_transit() -> None:
    """A-21: ``Geldtransit an Debitor``, one side an item."""
    shares = [share(5000, K.COLLECTION, 7), share(7500, K.COLLECTION, 9)]
    entry = entry_for_export(shares, SKR03, booked_on=DAY, currency="EUR", text="Einzug")
    assert [(posting.account, posting.amount, posting.item_id) for posting in entry.postings] == [
        ("1360", 12500, None), ("1400", -5000, 7), ("1400", -7500, 9),
    ]  # fmt: skip


def test_items_are_taken_over_against_opening_balances() -> None:
    """The revenue was booked where the invoice was written: here only the claim comes in."""
    entry = entry_for_items([(7, "10001", 11900), (8, "10001", -1900)], SKR03, booked_on=DAY, currency="EUR", text="")
    assert [(posting.account, posting.amount) for posting in entry.postings] == [
        ("1400", 11900), ("1400", -1900), ("9008", -10000),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("role", "skr03", "skr04"),
    [
        (Role.BANK, "1200", "1800"),
        (Role.CUSTOMER, "1400", "1200"),
        (Role.TRANSIT, "1360", "1460"),
        (Role.DUNNING_FEE, "2700", "4830"),
        (Role.INTEREST, "2650", "7100"),
        (Role.DISCOUNT, "8730", "4730"),
        (Role.BANK_CHARGE, "4970", "6855"),
        (Role.WRITE_OFF, "2400", "6930"),
    ],
)
def test_the_charts(role: Role, skr03: str, skr04: str) -> None:
    """domain.md 7.6."""
    assert (SKR03.number(role), SKR04.number(role)) == (skr03, skr04)


def test_a19_no_role_is_without_an_account() -> None:
    """A-19: a missing account shows when the chart is made, not at posting time."""
    for chart in (SKR03, SKR04):
        assert {role for role in Role if chart.number(role)} == set(Role)


def test_own_accounts_replace_the_chart() -> None:
    settings = Settings(
        Company("Beispiel GmbH"), (Account(IBAN, ledger_account="1210"),), ledger_accounts=(("dunning_fee", "2705"),)
    )
    chart = chart_of(settings)
    assert (chart.bank(IBAN), chart.bank("DE27370501980000012345")) == ("1210", "1200")
    assert chart.number(Role.DUNNING_FEE) == "2705"


def test_what_uses_up_the_banks_money() -> None:
    without = {K.DISCOUNT, K.WRITE_OFF, K.BANK_CHARGE, K.FEE_WAIVED, K.NETTING, K.RETURN_CHARGE}
    assert {kind for kind in K if not moves_bank_money(kind)} == without
