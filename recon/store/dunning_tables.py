"""The tables of dunning: runs, their notices, and the items on these."""

from sqlalchemy import Index

from recon.store.describing import day, link, minor, number, table, text

dunning_runs = table(
    "dunning_runs",
    day("as_of", required=True),
    text("status", required=True),
    text("settings_hash", required=True),
    text("scope", required=True),
    text("excluded", required=True),
    # The last allocation that was there when the run was issued: what came later was paid after its notices.
    minor("last_allocation", required=False),
    # Why old statements were accepted, and which: JSON.
    text("accepted"),
)

notices = table(
    "notices",
    link("run_id", "dunning_runs"),
    link("customer_id", "customers"),
    link("branch_id", "branches", required=False),
    number("level"),
    text("title", required=True),
    text("language", required=True),
    text("channel", required=True),
    day("deadline", required=True),
    text("currency", required=True),
    minor("fee"),
    minor("interest"),
    minor("total"),
    text("status", required=True),
    day("issued_on"),
    text("reason"),
    # How much of the fee is the lump sum of § 288 (5) BGB.
    minor("lump_sum", required=False),
    # When its letter, mail or call went out; from then on it is taken back only by itself and with a reason.
    day("dispatched_on"),
    Index("ix_notices_run_id", "run_id"),
)

notice_items = table(
    "notice_items",
    link("notice_id", "notices"),
    link("item_id", "items"),
    text("part", required=True),
    day("due_date", required=True),
    number("days_overdue"),
    minor("open_amount"),
    number("level"),
    minor("fee"),
    text("status", required=True),
    minor("interest", required=False),
    # The first day that bears the interest, and what of the lump sum of § 288 (5) BGB falls on this line.
    day("interest_since"),
    minor("lump_sum", required=False),
    # What was open when the run was frozen: the notice never asks for more.
    minor("frozen_amount", required=False),
    # Why the line was dropped, and the facts of that as JSON.
    text("reason"),
    text("facts"),
    Index("ix_notice_items_notice_id", "notice_id"),
    Index("ix_notice_items_item_id", "item_id"),
)
