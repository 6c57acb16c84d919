"""What the debtor's bank was told of a mandate: beside each collection the mandate id, beside each block the creditor's
name; of a mandate the creditor and the ids that it had before, and the day on which it was revoked.

Books of earlier versions have it in the files that they keep; a mandate's id could not change in them.
"""

import io
from typing import Any

import sqlalchemy as sa
from alembic import op

from recon.store.columns import Day

revision = "0007"
down_revision = "0006"

# Mandates that somebody has used before: as the first file from these books tells them.
_TOLD_BEFORE = """
UPDATE mandates SET
    original_mandate_id = COALESCE(original_mandate_id, mandate_id),
    original_iban = COALESCE(original_iban, (
        SELECT collections.iban FROM collections
        WHERE collections.mandate_id = mandates.id ORDER BY collections.id LIMIT 1
    ), iban),
    original_creditor_id = COALESCE((
        SELECT SUBSTR(creditor_id, 1, 4) || 'ZZZ' || SUBSTR(creditor_id, 8)
        FROM batch_blocks JOIN collections ON collections.block_id = batch_blocks.id
        WHERE collections.mandate_id = mandates.id ORDER BY collections.id LIMIT 1
    ), (SELECT creditor_id FROM companies)),
    original_creditor_name = COALESCE((
        SELECT creditor_name
        FROM batch_blocks JOIN collections ON collections.block_id = batch_blocks.id
        WHERE collections.mandate_id = mandates.id ORDER BY collections.id LIMIT 1
    ), (SELECT name FROM companies WHERE creditor_id IS NOT NULL))
WHERE last_used_on IS NOT NULL OR original_iban IS NOT NULL OR original_mandate_id IS NOT NULL
"""


def upgrade() -> None:
    """New columns, filled from what the books know."""
    for column in ("original_creditor_id", "original_creditor_name", "former_ids"):
        op.add_column("mandates", sa.Column(column, sa.Text(), nullable=True))
    op.add_column("mandates", sa.Column("revoked_on", Day(), nullable=True))
    op.add_column("batch_blocks", sa.Column("creditor_name", sa.Text(), nullable=True))
    op.add_column("collections", sa.Column("mandate_ref", sa.Text(), nullable=True))
    op.execute(
        "UPDATE collections SET mandate_ref ="
        " (SELECT mandates.mandate_id FROM mandates WHERE mandates.id = collections.mandate_id)"
    )
    _name_creditors(op.get_bind())
    op.execute(_TOLD_BEFORE)


def _name_creditors(connection: Any) -> None:
    """The creditor's name of each block, as its file says it."""
    for (number,) in list(connection.execute(sa.text("SELECT id FROM batches ORDER BY id"))):
        query = sa.text("SELECT content FROM batches WHERE id = :id")
        content = connection.execute(query, {"id": number}).scalar_one()
        for block, name in _creditors(bytes(content)):
            put = sa.text("UPDATE batch_blocks SET creditor_name = :name WHERE payment_information_id = :block")
            connection.execute(put, {"name": name, "block": block})


def _creditors(content: bytes) -> list[tuple[str | None, str | None]]:
    """Block and creditor's name, read with entities, DTD and network off; none of a file that is no XML."""
    from lxml import etree

    found = []
    try:
        for _, node in etree.iterparse(io.BytesIO(content), tag="{*}PmtInf", resolve_entities=False, no_network=True,
                                       load_dtd=False):  # fmt: skip
            found.append((node.findtext("{*}PmtInfId"), node.findtext("{*}Cdtr/{*}Nm")))
            node.clear()
    except etree.XMLSyntaxError:
        return []
    return found
