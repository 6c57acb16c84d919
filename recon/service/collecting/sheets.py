"""The sheets beside debit files: what the books know of a batch, and what its file says."""

from recon.outside.control_sheet import ControlSheet, SheetBlock, files_of
from recon.service.collecting.batches import Batch
from sepa.frozen import head_of
from sepa.money import Language


def sheet_files(batch: Batch, content: bytes, language: Language) -> list[tuple[str, bytes]]:
    """The control sheet of a batch as PDF and CSV, and the checksum of its file, by their names. What it says is as old
    as the file: written again, the bytes are the same."""
    if batch.id is None or batch.file is None or batch.sha256 is None or batch.created_on is None:
        raise ValueError("a batch that is planned has no sheet")
    head = head_of(content)
    sheet = ControlSheet(
        batch=batch.id,
        branch=batch.branch,
        creditor=head.creditor,
        scheme=batch.scheme,
        format=head.schema,
        message_id=batch.message_id or "",
        file=batch.file,
        sha256=batch.sha256,
        blocks=tuple(
            SheetBlock(block.payment_information_id or "", block.sequence, block.collection_date, block.account,
                       block.creditor_id, block.count, block.sum)
            for block in batch.blocks
        ),
        created_on=batch.created_on,
        created_by=batch.created_by or "",
        released_on=batch.released_on,
        released_by=batch.released_by,
        replaces=batch.replaces,
        submit_by=batch.submit_by,
        cut_off=batch.cut_off,
        notes=batch.notes,
    )  # fmt: skip
    return files_of(sheet, language)
