"""Betalingsservice (PBS): agreements of Danish customers, deliveries with their collections, and the answers."""

import sqlalchemy as sa
from alembic import op

from recon.store.columns import Day, Id, Minor

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Five tables of their own; no row changes."""
    _agreements()
    _deliveries()
    _debits()
    _answers()


def _agreements() -> None:
    op.create_table(
        "pbs_agreements",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("payer_no", sa.Text(), nullable=False),
        sa.Column("agreement_no", sa.Text(), nullable=False),
        sa.Column("debtor_group", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("since", Day, nullable=True),
        sa.Column("ended_on", Day, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_pbs_agreements_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pbs_agreements")),
        sqlite_strict=True,
    )
    _unique("ix_pbs_agreements_active", "pbs_agreements", ["customer_id"], "status = 'active'")
    _unique("ix_pbs_agreements_payer", "pbs_agreements", ["payer_no", "debtor_group"], "status = 'active'")


def _deliveries() -> None:
    op.create_table(
        "pbs_deliveries",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("delivery_no", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("first_day", Day, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total", Minor, nullable=False),
        sa.Column("text_lines", sa.Integer(), nullable=False),
        sa.Column("created_on", Day, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("exported_on", Day, nullable=True),
        sa.Column("submitted_on", Day, nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pbs_deliveries")),
        sa.UniqueConstraint("delivery_no", name=op.f("uq_pbs_deliveries_delivery_no")),
        sqlite_strict=True,
    )


def _debits() -> None:
    op.create_table(
        "pbs_debits",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("delivery_id", Id, nullable=False),
        sa.Column("agreement_id", Id, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("collect_on", Day, nullable=False),
        sa.Column("amount", Minor, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["pbs_deliveries.id"], name=op.f("fk_pbs_debits_delivery_id")),
        sa.ForeignKeyConstraint(["agreement_id"], ["pbs_agreements.id"], name=op.f("fk_pbs_debits_agreement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pbs_debits")),
        sa.UniqueConstraint("reference", name=op.f("uq_pbs_debits_reference")),
        sqlite_strict=True,
    )
    op.create_index("ix_pbs_debits_delivery_id", "pbs_debits", ["delivery_id"])
    _unique("ix_pbs_debits_live", "pbs_debits", ["agreement_id", "collect_on"], "status IN ('created', 'exported')")
    op.create_table(
        "pbs_debit_items",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("debit_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("due_date", Day, nullable=False),
        sa.Column("amount", Minor, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["debit_id"], ["pbs_debits.id"], name=op.f("fk_pbs_debit_items_debit_id")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_pbs_debit_items_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pbs_debit_items")),
        sa.UniqueConstraint(
            "debit_id", "item_id", "due_date", name=op.f("uq_pbs_debit_items_debit_id_item_id_due_date")
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_pbs_debit_items_item_id", "pbs_debit_items", ["item_id"])
    _unique("ix_pbs_debit_items_live", "pbs_debit_items", ["item_id", "due_date"],
            "status IN ('created', 'exported', 'completed')")  # fmt: skip


def _answers() -> None:
    op.create_table(
        "pbs_answers",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("file_id", Id, nullable=False),
        sa.Column("record", sa.Integer(), nullable=False),
        sa.Column("debit_id", Id, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("amount", Minor, nullable=False),
        sa.Column("paid", Minor, nullable=False),
        sa.Column("paid_on", Day, nullable=True),
        sa.Column("booked_on", Day, nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_pbs_answers_file_id")),
        sa.ForeignKeyConstraint(["debit_id"], ["pbs_debits.id"], name=op.f("fk_pbs_answers_debit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pbs_answers")),
        sa.UniqueConstraint("file_id", "record", name=op.f("uq_pbs_answers_file_id_record")),
        sqlite_strict=True,
    )
    op.create_index("ix_pbs_answers_debit_id", "pbs_answers", ["debit_id"])


def _unique(name: str, table: str, columns: list[str], where: str) -> None:
    held = sa.text(where)
    op.create_index(name, table, columns, unique=True, sqlite_where=held, postgresql_where=held)
