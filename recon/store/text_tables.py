"""The tables of what notices say and of the mails that carry them."""

from sqlalchemy import Index, UniqueConstraint

from recon.store.describing import day, link, number, table, text

# What a company wrote itself: one text of one level in one language. The built-in ones stand in no table.
dunning_texts = table(
    "dunning_texts",
    number("level"),
    text("language", required=True),
    text("field", required=True),
    text("text", required=True),
    day("since", required=True),
    text("actor", required=True),
    UniqueConstraint("level", "language", "field"),
)

# The mails to debtors (Postausgang): one for each customer and run, with all of his notices of that run. ``sending`` is
# committed before the first word goes to the mail server, so that a run cut off is seen (decision 0029).
outbox = table(
    "outbox",
    link("run_id", "dunning_runs"),
    link("customer_id", "customers"),
    text("recipient", required=True),
    text("subject", required=True),
    text("body", required=True),
    text("message_id", required=True, unique=True),
    text("status", required=True),
    number("attempts"),
    # What the server or the network said last, and from when on, by the real time, it is tried again.
    text("error"),
    text("next_attempt"),
    day("queued_on", required=True),
    day("sent_on"),
    text("reason"),
    UniqueConstraint("run_id", "customer_id"),
)

# No notice is in two mails.
outbox_notices = table(
    "outbox_notices",
    link("outbox_id", "outbox"),
    link("notice_id", "notices"),
    UniqueConstraint("notice_id"),
    Index("ix_outbox_notices_outbox_id", "outbox_id"),
)
