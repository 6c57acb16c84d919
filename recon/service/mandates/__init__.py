"""Mandates: entered, amended, revoked, suspended and released by a person, each with one record of the log.

Nobody states what the bank must be told: a changed account, id or creditor is held against what the debtor's bank was
last told, and goes out with the next collection (``sepa.mandate.amendment``). Nobody states that a mandate has lapsed
(``sepa.mandate.state_on``).
"""

from recon.service.mandates.changing import REPLACED, MandateChange, NewMandate, add, amend, release, revoke, suspend
from recon.service.mandates.history import Happening, MandateHistory, show
from recon.service.mandates.listing import ListedMandate, list_mandates

__all__ = [
    "REPLACED",
    "Happening",
    "ListedMandate",
    "MandateChange",
    "MandateHistory",
    "NewMandate",
    "add",
    "amend",
    "list_mandates",
    "release",
    "revoke",
    "show",
    "suspend",
]
