"""The tables of the bank's answers to debit files (pain.002), and of what people have decided on debits that came back.

All three are append-only: what the bank has said and what a person has decided stands as it was said.
"""

from sqlalchemy import Index

from recon.store.describing import day, link, minor, number, table, text

status_reports = table(
    "status_reports",
    link("file_id", "files"),
    # None where no batch of ours has the message id.
    link("batch_id", "batches", required=False),
    text("version"),
    text("message_id"),
    text("original_message_id", required=True),
    text("original_message_name"),
    number("answers"),
    day("imported_on", required=True),
    text("actor", required=True),
)

# What a report says of the group, a block or a debit, and what was made of it (``recon.ledger.answers``).
status_answers = table(
    "status_answers",
    link("report_id", "status_reports"),
    text("level", required=True),
    number("position"),
    link("block_id", "batch_blocks", required=False),
    link("collection_id", "collections", required=False),
    text("payment_information_id"),
    text("end_to_end_id"),
    text("status"),
    text("reason"),
    text("proprietary"),
    text("info"),
    minor("amount", required=False),
    text("currency"),
    # How many debits it stands for.
    number("debits"),
    text("outcome", required=True),
    text("problem"),
    Index("ix_status_answers_collection_id", "collection_id"),
)

# About a return that was booked, or about an answer: one of the two links is there.
return_decisions = table(
    "return_decisions",
    text("kind", required=True),
    link("allocation_id", "allocations", required=False),
    link("answer_id", "status_answers", required=False),
    day("earliest_on"),
    text("reason"),
    day("decided_on", required=True),
    text("actor", required=True),
)
