"""Refunds of customer credit: files of credit transfers, and the transfers in them."""

import sqlalchemy as sa
from alembic import op

from recon.store.columns import Day, Id, Minor

revision = "0009"
down_revision = "0008"

_LIVE = sa.text("status IN ('created', 'exported')")


def upgrade() -> None:
    """New tables; no row changes."""
    op.create_table(
        "refund_batches",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("payment_information_id", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("execution_date", Day(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total", Minor, nullable=False),
        sa.Column("created_on", Day(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("released_on", Day(), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("exported_on", Day(), nullable=True),
        sa.Column("submitted_on", Day(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_refund_batches_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_batches")),
        sa.UniqueConstraint("message_id", name=op.f("uq_refund_batches_message_id")),
        sa.UniqueConstraint("payment_information_id", name=op.f("uq_refund_batches_payment_information_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "refunds",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("batch_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("allocation_id", Id, nullable=True),
        sa.Column("item_id", Id, nullable=True),
        sa.Column("amount", Minor, nullable=False),
        sa.Column("end_to_end_id", sa.Text(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=False),
        sa.Column("bic", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("remittance", sa.Text(), nullable=False),
        sa.Column("account_of", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("returned_for", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["refund_batches.id"], name=op.f("fk_refunds_batch_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_refunds_customer_id")),
        sa.ForeignKeyConstraint(["allocation_id"], ["allocations.id"], name=op.f("fk_refunds_allocation_id")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_refunds_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("end_to_end_id", name=op.f("uq_refunds_end_to_end_id")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_refunds_batch_id"), "refunds", ["batch_id"])
    for name, column in (("ix_refunds_live_allocation", "allocation_id"), ("ix_refunds_live_item", "item_id")):
        op.create_index(name, "refunds", [column], unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)
