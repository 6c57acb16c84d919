"""Collecting: due direct-debit items become batches, and batches become files for the bank (contract.md 5).

One module a verb; what they share about batches is in ``batches``. ``create`` freezes the bytes of each file in the
books; ``export`` only ever writes those bytes out. An item is in at most one live batch for what is due of it on a day,
and the database itself refuses a second (promise 7).
"""

from recon.service.collecting.announcing import Announcement, AnnounceResult, announce, announcements
from recon.service.collecting.batches import Batch, BatchBlock, CollectResult, batches_in_books
from recon.service.collecting.cancelling import cancel
from recon.service.collecting.creating import create
from recon.service.collecting.exporting import export
from recon.service.collecting.planning import preview
from recon.service.collecting.releasing import release
from recon.service.collecting.showing import show
from recon.service.collecting.submitting import submitted

__all__ = [
    "AnnounceResult",
    "Announcement",
    "Batch",
    "BatchBlock",
    "CollectResult",
    "announce",
    "announcements",
    "batches_in_books",
    "cancel",
    "create",
    "export",
    "preview",
    "release",
    "show",
    "submitted",
]
