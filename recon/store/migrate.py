"""Making and lifting the tables with Alembic. The revisions lie in ``recon/store/migrations/versions``."""

from typing import Final

from sqlalchemy import Connection

# The revision that this version of the program reads and writes.
HEAD: Final = "0004"


def lift(connection: Connection) -> None:
    """Bring the books' tables to HEAD inside the transaction at hand; new books get all of them."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "recon.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
