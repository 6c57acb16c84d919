"""Who made and who released a batch, what it stands in place of, what was changed in its texts; pre-notifications."""

import sqlalchemy as sa
from alembic import op

from recon.store.columns import Day, Id

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """New columns and a table. Who made a batch of older books is known from the log."""
    op.add_column("batches", sa.Column("created_by", sa.Text(), nullable=True))
    op.add_column("batches", sa.Column("released_on", Day(), nullable=True))
    op.add_column("batches", sa.Column("released_by", sa.Text(), nullable=True))
    # Alembic adds no constraint to a table of SQLite; as part of the column both databases take it.
    number = Id.dialect_impl(op.get_bind().dialect).compile(op.get_bind().dialect)
    op.execute(
        f"ALTER TABLE batches ADD COLUMN replaces_id {number} CONSTRAINT fk_batches_replaces_id REFERENCES batches (id)"
    )
    op.add_column("batches", sa.Column("submit_by", Day(), nullable=True))
    op.add_column("batches", sa.Column("cut_off", sa.Text(), nullable=True))
    op.add_column("batches", sa.Column("notes", sa.Text(), nullable=True))
    op.execute(
        "UPDATE batches SET created_by = "
        "(SELECT log.actor FROM log WHERE log.action = 'collect' AND log.subject = 'B' || batches.id)"
    )
    op.create_table(
        "prenotifications",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("collection_id", Id, nullable=False),
        sa.Column("announced_on", Day(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["collection_id"], ["collections.id"], name=op.f("fk_prenotifications_collection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prenotifications")),
        sqlite_strict=True,
    )
    op.create_index("ix_prenotifications_collection_id", "prenotifications", ["collection_id"])
