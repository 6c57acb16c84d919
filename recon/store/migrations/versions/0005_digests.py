"""What each table whose rows may change comes to: kept beside it, and stated by the records of the log.

``opos init`` states in the log what the tables of older books come to at that moment.
"""

import sqlalchemy as sa
from alembic import op

from recon.store.columns import Minor

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """A table for the sums, and a column of the log; no row changes."""
    op.create_table(
        "digests",
        sa.Column("id", Minor, autoincrement=False, nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("sum", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digests")),
        sa.UniqueConstraint("table_name", name=op.f("uq_digests_table_name")),
        sqlite_strict=True,
    )
    op.add_column("log", sa.Column("tables", sa.Text(), nullable=True))
