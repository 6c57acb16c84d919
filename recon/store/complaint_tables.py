"""The tables of what customers say to a reminder: complaints with what came of them, calls and promises to pay.

What was said once is never changed: complaints, what happens to them, call attempts and promises are sealed by the log.
What they hold up stands in ``holds``. A moment is local time, ``2026-03-14 10:20``.
"""

from sqlalchemy import Column, Index, LargeBinary

from recon.store.describing import day, link, minor, number, table, text

complaints = table(
    "complaints",
    link("item_id", "items"),
    # What keeps the item from being dunned and collected until the complaint is resolved.
    link("hold_id", "holds"),
    text("reason", required=True),
    # How much of the item is disputed, where the customer says so.
    minor("amount", required=False),
    text("received_at", required=True),
    day("opened_on", required=True),
    # The last day of the hold, where it has one.
    day("expires_on"),
    text("actor", required=True),
    Index("ix_complaints_item_id", "item_id"),
)

complaint_events = table(
    "complaint_events",
    link("complaint_id", "complaints"),
    # acknowledged, statement, evidence, resolved
    text("kind", required=True),
    day("happened_on", required=True),
    # When it was acknowledged, to the minute.
    text("happened_at"),
    # The statement word for word, or why it was resolved as it was.
    text("said"),
    text("outcome"),
    # Of a document: what it is, its name, its size and its hash; the file itself lies beside.
    text("document"),
    text("file_name"),
    number("size", required=False),
    text("sha256"),
    text("actor", required=True),
    Index("ix_complaint_events_complaint_id", "complaint_id"),
)

complaint_files = table(
    "complaint_files",
    link("event_id", "complaint_events"),
    Column("content", LargeBinary, nullable=False),
)

call_attempts = table(
    "call_attempts",
    link("notice_id", "notices"),
    text("called_at", required=True),
    text("outcome", required=True),
    text("note"),
    day("recorded_on", required=True),
    text("actor", required=True),
    Index("ix_call_attempts_notice_id", "notice_id"),
)

promises = table(
    "promises",
    link("item_id", "items"),
    # What keeps the item from being dunned until the promised day.
    link("hold_id", "holds"),
    minor("amount"),
    # What was open when it was promised: kept is what has been paid of that since.
    minor("open_then"),
    day("until", required=True),
    text("reason"),
    day("made_on", required=True),
    link("call_id", "call_attempts", required=False),
    link("replaces_id", "promises", required=False),
    text("actor", required=True),
    Index("ix_promises_item_id", "item_id"),
)
