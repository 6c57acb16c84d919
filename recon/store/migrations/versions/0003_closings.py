"""Closings: a bank account's day, a period of the journal, and what was reopened. No row of an older table changes."""

import sqlalchemy as sa
from alembic import op

from recon.store.columns import Day, Minor

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "closings",
        sa.Column("id", Minor, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", Day(), nullable=False),
        sa.Column("account_id", Minor, nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("statement", sa.Text(), nullable=True),
        *(sa.Column(name, Minor, nullable=True) for name in ("opening", "paid_in", "paid_out", "bank", "ledger")),
        sa.Column("open_count", sa.Integer(), nullable=True),
        sa.Column("open_sum", Minor, nullable=True),
        sa.Column("entries", Minor, nullable=False),
        sa.Column("overridden", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("closed_on", Day(), nullable=False),
        sa.Column("reopens_id", Minor, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_closings_account_id")),
        sa.ForeignKeyConstraint(["reopens_id"], ["closings.id"], name=op.f("fk_closings_reopens_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closings")),
        sqlite_strict=True,
    )
    op.create_index("ix_closings_account_id", "closings", ["account_id"], unique=False)
