"""What is booked: from the shares of a bank line to an entry of the journal (domain.md 7.6, booking patterns).

Money of the bank: ``Bank an Debitor`` for payments, collections and overpayments, ``Bank an Mahngebühren`` for a fee
(A-17), the other way round for a return, whose bank charge is split off as a cost; where the customer pays that charge
on his item, ``Bank an Rücklastschriftgebühren``; where it is claimed from him with an item of its own, ``Debitor an
Rücklastschriftgebühren`` (decision 17). Shares that move no money (a discount, a write-off, what another bank
kept of a payment) are booked against their own account. A fee becomes income when it is paid, so that a waived one is
not booked at all.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from recon.ledger.chart import Chart
from recon.model.ledger import Entry, Posting, Role
from recon.model.matching import MOVES_NO_MONEY, AllocationKind, Share

# Flag of a collection whose item was settled at export.
CLEARED: Final = "cleared"

# Where a share's money comes from or goes to beside the customer's account.
_OWN_ACCOUNT: Final = {
    AllocationKind.DUNNING_FEE: Role.DUNNING_FEE,
    AllocationKind.INTEREST: Role.INTEREST,
    AllocationKind.RETURN_FEE: Role.BANK_CHARGE,
}
# What may have settled its item, or taken its credit, against transit when a file was exported.
_OVER_TRANSIT: Final = frozenset({AllocationKind.COLLECTION, AllocationKind.REFUND})
# Which account bears what an item is settled with instead of the bank's money; or, for a charge that is claimed, what
# opens it.
_BORNE_BY: Final = {
    AllocationKind.DISCOUNT: Role.DISCOUNT,
    AllocationKind.WRITE_OFF: Role.WRITE_OFF,
    AllocationKind.BANK_CHARGE: Role.BANK_CHARGE,
    AllocationKind.RETURN_CHARGE: Role.RETURN_FEE,
}


def moves_bank_money(kind: AllocationKind) -> bool:
    """Whether a share of this kind uses up the bank line's amount."""
    return kind not in MOVES_NO_MONEY


def entry_for_line(
    shares: Sequence[Share], chart: Chart, *, iban: str, booked_on: date, currency: str, text: str
) -> Entry:
    """The entry of one bank line's shares.

    A collection flagged ``cleared`` has settled its item against transit at export already (``on_export =
    "mark_paid"``, A-21): the bank's money then clears transit and leaves the item alone. A refund has always.
    """
    postings: list[Posting] = []
    bank = sum(share.amount for share in shares if moves_bank_money(share.kind))
    if bank:
        postings.append(Posting(Role.BANK, chart.bank(iban), bank))
    for share in shares:
        if share.kind is AllocationKind.FEE_WAIVED:
            continue
        if share.kind in _OVER_TRANSIT and CLEARED in share.flags:
            postings.append(Posting(Role.TRANSIT, chart.number(Role.TRANSIT), -share.amount))
        elif share.kind in _OWN_ACCOUNT:
            role = _OWN_ACCOUNT[share.kind]
            if share.kind is AllocationKind.RETURN_FEE and share.item_id is not None:
                role = Role.RETURN_FEE  # paid by the customer for his item, not charged by the bank
            postings.append(Posting(role, chart.number(role), -share.amount, share.customer_no))
        else:
            postings.append(_customer(share, chart))
        if share.kind in _BORNE_BY:
            role = _BORNE_BY[share.kind]
            postings.append(Posting(role, chart.number(role), share.amount, share.customer_no))
    return Entry(booked_on, currency, text, tuple(postings))


def entry_for_export(shares: Sequence[Share], chart: Chart, *, booked_on: date, currency: str, text: str) -> Entry:
    """The entry of an exported batch under ``mark_paid``: ``Geldtransit an Debitor``, item by item; of a refund, whose
    share is negative, ``Debitor an Geldtransit``."""
    total = sum(share.amount for share in shares)
    transit = Posting(Role.TRANSIT, chart.number(Role.TRANSIT), total)
    return Entry(booked_on, currency, text, (transit, *(_customer(share, chart) for share in shares)))


def entry_for_netting(shares: Sequence[Share], chart: Chart, *, booked_on: date, currency: str, text: str) -> Entry:
    """The entry that sets a customer's credit off against his items: ``Debitor an Debitor``, no money moves."""
    return Entry(booked_on, currency, text, tuple(_customer(share, chart) for share in shares))


def entry_for_items(
    amounts: Sequence[tuple[int, str, int]], chart: Chart, *, booked_on: date, currency: str, text: str
) -> Entry:
    """The entry that takes items over from the invoicing system: ``Debitor an Saldenvorträge``.

    ``amounts`` holds item id, customer number and signed amount; a correction of an item is a difference here.
    """
    total = sum(amount for _, _, amount in amounts)
    account = chart.number(Role.CUSTOMER)
    customers = tuple(Posting(Role.CUSTOMER, account, amount, number, item) for item, number, amount in amounts)
    return Entry(booked_on, currency, text, (*customers, Posting(Role.OPENING, chart.number(Role.OPENING), -total)))


def reversed_entry(entry: Entry, *, booked_on: date, text: str) -> Entry:
    """The entry that takes another back: every side turned round (Storno)."""
    turned = tuple(
        Posting(posting.role, posting.account, -posting.amount, posting.customer_no, posting.item_id)
        for posting in entry.postings
    )
    return Entry(booked_on, entry.currency, text, turned)


def _customer(share: Share, chart: Chart) -> Posting:
    return Posting(Role.CUSTOMER, chart.number(Role.CUSTOMER), -share.amount, share.customer_no, share.item_id)
