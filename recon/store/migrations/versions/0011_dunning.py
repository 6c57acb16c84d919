"""Dunning: what a notice asks for beside its items, and when it went out."""

import sqlalchemy as sa
from alembic import op

from recon.store.columns import Day, Id, Minor

revision = "0011"
down_revision = "0010"

_SAID = ("happened_at", "said", "outcome", "document", "file_name")


def upgrade() -> None:
    """Columns that may be empty and tables of their own; no row changes."""
    _notices()
    _texts_and_mails()
    _letters()
    _complaints()
    _runs()


def _notices() -> None:
    """Interest and lump sum (§ 288 BGB), and the day on which a notice left the house."""
    op.add_column("notices", sa.Column("lump_sum", Minor, nullable=True))
    op.add_column("notices", sa.Column("dispatched_on", Day, nullable=True))
    op.add_column("notice_items", sa.Column("interest", Minor, nullable=True))
    op.add_column("notice_items", sa.Column("interest_since", Day, nullable=True))
    op.add_column("notice_items", sa.Column("lump_sum", Minor, nullable=True))


def _texts_and_mails() -> None:
    """A company's own texts of notices, and the mails that carry notices to debtors."""
    op.create_table(
        "dunning_texts",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("since", Day, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dunning_texts")),
        sa.UniqueConstraint("level", "language", "field", name=op.f("uq_dunning_texts_level_language_field")),
        sqlite_strict=True,
    )
    op.create_table(
        "outbox",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("run_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("next_attempt", sa.Text(), nullable=True),
        sa.Column("queued_on", Day, nullable=False),
        sa.Column("sent_on", Day, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["dunning_runs.id"], name=op.f("fk_outbox_run_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_outbox_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
        sa.UniqueConstraint("run_id", "customer_id", name=op.f("uq_outbox_run_id_customer_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "outbox_notices",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("outbox_id", Id, nullable=False),
        sa.Column("notice_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_outbox_notices_outbox_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_outbox_notices_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_notices")),
        sa.UniqueConstraint("notice_id", name=op.f("uq_outbox_notices_notice_id")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_outbox_notices_outbox_id"), "outbox_notices", ["outbox_id"])


def _letters() -> None:
    """What the letter of each issued notice says."""
    op.create_table(
        "letters",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("notice_id", Id, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("made_on", Day, nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_letters_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("notice_id", name=op.f("uq_letters_notice_id")),
        sqlite_strict=True,
    )


def _complaints() -> None:
    """Complaints and what comes of them, call attempts, promises to pay; whom to call at which number."""
    op.add_column("customers", sa.Column("phone", sa.Text(), nullable=True))
    op.create_table(
        "complaints",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("hold_id", Id, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("amount", Minor, nullable=True),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("opened_on", Day, nullable=False),
        sa.Column("expires_on", Day, nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_complaints_item_id")),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_complaints_hold_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaints")),
        sqlite_strict=True,
    )
    op.create_index("ix_complaints_item_id", "complaints", ["item_id"])
    op.create_table(
        "complaint_events",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("complaint_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("happened_on", Day, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in _SAID),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaints.id"], name=op.f("fk_complaint_events_complaint_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_events")),
        sqlite_strict=True,
    )
    op.create_index("ix_complaint_events_complaint_id", "complaint_events", ["complaint_id"])
    op.create_table(
        "complaint_files",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("event_id", Id, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["complaint_events.id"], name=op.f("fk_complaint_files_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_files")),
        sqlite_strict=True,
    )
    _calls()


def _calls() -> None:
    op.create_table(
        "call_attempts",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("notice_id", Id, nullable=False),
        sa.Column("called_at", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("recorded_on", Day, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_call_attempts_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_attempts")),
        sqlite_strict=True,
    )
    op.create_index("ix_call_attempts_notice_id", "call_attempts", ["notice_id"])
    op.create_table(
        "promises",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("hold_id", Id, nullable=False),
        sa.Column("amount", Minor, nullable=False),
        sa.Column("open_then", Minor, nullable=False),
        sa.Column("until", Day, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("made_on", Day, nullable=False),
        sa.Column("call_id", Id, nullable=True),
        sa.Column("replaces_id", Id, nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_promises_item_id")),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_promises_hold_id")),
        sa.ForeignKeyConstraint(["call_id"], ["call_attempts.id"], name=op.f("fk_promises_call_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["promises.id"], name=op.f("fk_promises_replaces_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
        sqlite_strict=True,
    )
    op.create_index("ix_promises_item_id", "promises", ["item_id"])


def _runs() -> None:
    """What was frozen of a line and why it was dropped; what a run was issued upon."""
    op.add_column("dunning_runs", sa.Column("last_allocation", Minor, nullable=True))
    op.add_column("dunning_runs", sa.Column("accepted", sa.Text, nullable=True))
    op.add_column("notice_items", sa.Column("frozen_amount", Minor, nullable=True))
    op.add_column("notice_items", sa.Column("reason", sa.Text, nullable=True))
    op.add_column("notice_items", sa.Column("facts", sa.Text, nullable=True))
