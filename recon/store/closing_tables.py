"""The table of closings (``recon.store.tables`` has all the others and names this one among those only added to)."""

from sqlalchemy import Column, Index

from recon.store.columns import Id
from recon.store.describing import day, link, minor, number, table, text

# A bank account's day that was signed off, a period in which nothing is booked any more, or one of them reopened.
# ``statement`` is a shown id and no link: a statement may be taken out again once its day is reopened.
closings = table(
    "closings",
    text("kind", required=True),
    day("day", required=True),
    link("account_id", "accounts", required=False),
    text("currency"),
    text("statement"),
    minor("opening", required=False),
    minor("paid_in", required=False),
    minor("paid_out", required=False),
    minor("bank", required=False),
    minor("ledger", required=False),
    number("open_count", required=False),
    minor("open_sum", required=False),
    Column("entries", Id, nullable=False),
    number("overridden"),
    text("reason"),
    text("actor", required=True),
    day("closed_on", required=True),
    link("reopens_id", "closings", required=False),
    Index("ix_closings_account_id", "account_id"),
)
