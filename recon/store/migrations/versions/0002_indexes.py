"""Indexes: lines are found by their statement and by the batch line that they explain.

No query asks for their identity alone, and an index of hashes is written all over: it took a
fifth of the time of an import, more with every year in the books.
Without an index on ``parent_id`` the database looks at every line for each line that is taken away. Records of removals
are asked for whenever an id is handed out.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Exchange the indexes; no row changes."""
    op.drop_index("ix_lines_identity", table_name="lines")
    explained = sa.text("parent_id IS NOT NULL")
    op.create_index(
        "ix_lines_parent_id", "lines", ["parent_id"], unique=False, sqlite_where=explained, postgresql_where=explained
    )
    removals = sa.text("action = 'remove'")
    op.create_index("ix_log_removals", "log", ["id"], unique=False, sqlite_where=removals, postgresql_where=removals)
