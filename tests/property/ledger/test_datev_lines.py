"""Whatever is in the journal: DATEV's lines move every account as its entries do."""

from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from recon.ledger.datev_lines import Booked, Side, balances, lines_of
from recon.model.ledger import Role

CLEARING = "1360"
ACCOUNTS = {
    Role.BANK: ("1200", "1210"), Role.CUSTOMER: ("10001", "10002", "10003"), Role.TRANSIT: (CLEARING,),
    Role.DUNNING_FEE: ("2700",), Role.DISCOUNT: ("8730",), Role.WRITE_OFF: ("2400",), Role.BANK_CHARGE: ("4970",),
    Role.OPENING: ("9008",),
}  # fmt: skip
AMOUNTS = st.integers(min_value=-100_000_000_00, max_value=100_000_000_00)


@st.composite
def sides(draw: st.DrawFn) -> Side:
    """A posting of any kind."""
    role = draw(st.sampled_from(sorted(ACCOUNTS)))
    account = draw(st.sampled_from(ACCOUNTS[role]))
    customer = account if role is Role.CUSTOMER else draw(st.sampled_from((None, "10001", "10002")))
    invoice = draw(st.sampled_from((None, "RE-1", "RE 2"))) if role is Role.CUSTOMER else None
    return Side(role, account, draw(AMOUNTS), customer, invoice)


@st.composite
def booked(draw: st.DrawFn) -> Booked:
    """An entry that adds up to nothing, and often one in which something bears what is taken off an item."""
    found = draw(st.lists(sides(), min_size=1, max_size=7))
    taken = draw(st.integers(0, 5000))
    if draw(st.booleans()):
        found += [Side(Role.CUSTOMER, "10001", -taken, "10001", "RE-1"), Side(Role.DISCOUNT, "8730", taken, "10001")]
    last = draw(sides())
    rest = Side(last.role, last.account, -sum(side.amount for side in found), last.customer_no, last.invoice_no)
    place = draw(st.integers(0, len(found)))
    return Booked(draw(st.integers(1, 9)), date(2026, 11, 20), "text", (*found[:place], rest, *found[place:]),
                  draw(st.sampled_from((None, "55A1"))), draw(st.booleans()))  # fmt: skip


@given(st.lists(booked(), max_size=5), st.booleans())
def test_every_account_keeps_its_balance(entries: list[Booked], general: bool) -> None:
    """The sum over all lines is that over all postings; no line is empty, negative or on one account alone."""
    lines = [line for entry in entries for line in lines_of(entry, CLEARING, general_reversal=general)]
    expected: Counter[str] = Counter()
    for entry in entries:
        for side in entry.sides:
            expected[side.account] += side.amount
    assert balances(lines) == {account: amount for account, amount in sorted(expected.items()) if amount}
    for line in lines:
        assert line.amount > 0
        assert line.account != line.contra
    assert {line.reversal for line in lines} <= {False, general}


@given(booked())
def test_the_bank_stands_on_the_left(entry: Booked) -> None:
    """Every line that moves a bank account names one as its account."""
    for line in lines_of(entry, CLEARING):
        if line.contra in ACCOUNTS[Role.BANK]:
            assert line.account in {*ACCOUNTS[Role.BANK], CLEARING}
