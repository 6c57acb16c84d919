"""What was handed to the tax adviser: files, the entries and customers in them, and a customer's account there."""

import sqlalchemy as sa
from alembic import op

from recon.store.columns import Day, Id, Minor

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """New tables and an empty column; no row changes."""
    op.add_column("customers", sa.Column("debtor_account", sa.Text(), nullable=True))
    op.create_table(
        "exports",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period_from", Day(), nullable=True),
        sa.Column("period_to", Day(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total", Minor, nullable=False),
        sa.Column("exported_on", Day(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("repeats_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["repeats_id"], ["exports.id"], name=op.f("fk_exports_repeats_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
        sqlite_strict=True,
    )
    op.create_table(
        "exported_entries",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("export_id", Id, nullable=False),
        sa.Column("entry_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["export_id"], ["exports.id"], name=op.f("fk_exported_entries_export_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_exported_entries_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exported_entries")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_exported_entries_entry_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "exported_customers",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("export_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["export_id"], ["exports.id"], name=op.f("fk_exported_customers_export_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_exported_customers_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exported_customers")),
        sa.UniqueConstraint("customer_id", "account", name=op.f("uq_exported_customers_customer_id_account")),
        sqlite_strict=True,
    )
