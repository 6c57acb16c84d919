"""The tables of what was handed to the tax adviser: files, and the entries and customers in them."""

from sqlalchemy import Column, LargeBinary, UniqueConstraint

from recon.store.describing import day, link, minor, number, table, text

exports = table(
    "exports",
    text("kind", required=True),
    day("period_from"),
    day("period_to"),
    text("file_name", required=True),
    text("sha256", required=True),
    # Kept once: a repeat has none of its own.
    Column("content", LargeBinary),
    number("count"),
    minor("total"),
    day("exported_on", required=True),
    text("actor", required=True),
    link("repeats_id", "exports", required=False),
)

exported_entries = table(
    "exported_entries",
    link("export_id", "exports"),
    link("entry_id", "entries"),
    # Every posting goes to the tax adviser once, whatever crashes or is repeated.
    UniqueConstraint("entry_id"),
)

exported_customers = table(
    "exported_customers",
    link("export_id", "exports"),
    link("customer_id", "customers"),
    text("account", required=True),
    UniqueConstraint("customer_id", "account"),
)
