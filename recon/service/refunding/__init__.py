"""Refunds: customer credit becomes credit transfers, and transfers a file for the bank for each own account.

``create`` freezes the bytes, ``release`` is the second step of its own, ``export`` writes those bytes out and books
the credit into money on its way (``Debitor an Geldtransit``); the bank's line clears that, and what comes back opens
the credit again (decision 22). A credit is on its way back once at most: the database itself refuses a second.
"""

from recon.service.refunding.batches import Refund, RefundBatch, RefundResult, refunds_in_books
from recon.service.refunding.choosing import Other
from recon.service.refunding.creating import create, propose
from recon.service.refunding.exporting import export, release, submitted
from recon.service.refunding.taking_back import cancel, reject_refunds, rejected

__all__ = [
    "Other",
    "Refund",
    "RefundBatch",
    "RefundResult",
    "cancel",
    "create",
    "export",
    "propose",
    "refunds_in_books",
    "reject_refunds",
    "rejected",
    "release",
    "submitted",
]
