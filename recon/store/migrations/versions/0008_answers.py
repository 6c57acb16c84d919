"""The bank's answers to debit files (pain.002), and what people decide on debits that came back."""

import sqlalchemy as sa
from alembic import op

from recon.store.columns import Day, Id, Minor

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """New tables; no row changes."""
    op.create_table(
        "status_reports",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("file_id", Id, nullable=False),
        sa.Column("batch_id", Id, nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("original_message_id", sa.Text(), nullable=False),
        sa.Column("original_message_name", sa.Text(), nullable=True),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("imported_on", Day(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_status_reports_file_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_status_reports_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_reports")),
        sqlite_strict=True,
    )
    op.create_table(
        "status_answers",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("report_id", Id, nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("block_id", Id, nullable=True),
        sa.Column("collection_id", Id, nullable=True),
        sa.Column("payment_information_id", sa.Text(), nullable=True),
        sa.Column("end_to_end_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("proprietary", sa.Text(), nullable=True),
        sa.Column("info", sa.Text(), nullable=True),
        sa.Column("amount", Minor, nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("debits", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["report_id"], ["status_reports.id"], name=op.f("fk_status_answers_report_id")),
        sa.ForeignKeyConstraint(["block_id"], ["batch_blocks.id"], name=op.f("fk_status_answers_block_id")),
        sa.ForeignKeyConstraint(["collection_id"], ["collections.id"], name=op.f("fk_status_answers_collection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_answers")),
        sqlite_strict=True,
    )
    op.create_index("ix_status_answers_collection_id", "status_answers", ["collection_id"])
    op.create_table(
        "return_decisions",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("allocation_id", Id, nullable=True),
        sa.Column("answer_id", Id, nullable=True),
        sa.Column("earliest_on", Day(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_on", Day(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["allocation_id"], ["allocations.id"], name=op.f("fk_return_decisions_allocation_id")),
        sa.ForeignKeyConstraint(["answer_id"], ["status_answers.id"], name=op.f("fk_return_decisions_answer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_decisions")),
        sqlite_strict=True,
    )
