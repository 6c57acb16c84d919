"""Making and lifting the tables with Alembic. The revisions lie in ``recon/store/migrations/versions``."""

from typing import Final

from sqlalchemy import Connection

# The revision that this version of the program reads and writes.
HEAD: Final = "0011"


def lift(connection: Connection) -> bool:
    """Bring the books' tables to HEAD inside the transaction at hand; new books get all of them. Whether they were
    books of an earlier version."""
    from alembic import command
    from alembic.config import Config
    from alembic.migration import MigrationContext

    config = Config()
    config.set_main_option("script_location", "recon.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    before = MigrationContext.configure(connection).get_current_revision()
    command.upgrade(config, "head")
    return before not in {None, HEAD}
