"""Dunning: what a notice asks for beside its items, and when it went out."""

import sqlalchemy as sa
from alembic import op

from recon.store.columns import Day, Minor

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Columns that may be empty and tables of their own; no row changes."""
    _notices()


def _notices() -> None:
    """Interest and lump sum (§ 288 BGB), and the day on which a notice left the house."""
    op.add_column("notices", sa.Column("lump_sum", Minor, nullable=True))
    op.add_column("notices", sa.Column("dispatched_on", Day, nullable=True))
    op.add_column("notice_items", sa.Column("interest", Minor, nullable=True))
