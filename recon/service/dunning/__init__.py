"""Dunning: who is reminded of what (contract.md 6). A preview writes nothing; a run freezes it; issuing acts on what
was frozen, less what was paid or held meanwhile. The state of every part follows from the notices that stand."""

from recon.service.blocks import block, unblock
from recon.service.dunning.asking import explained, issued_notices
from recon.service.dunning.cancelling import cancel, drop
from recon.service.dunning.days import apply_days, list_days, procedure_of
from recon.service.dunning.issuing import issue
from recon.service.dunning.listing import list_paid, list_runs, show
from recon.service.dunning.results import Dropped, DunningResult
from recon.service.dunning.runs import freeze, preview

__all__ = [
    "Dropped",
    "DunningResult",
    "apply_days",
    "block",
    "cancel",
    "drop",
    "explained",
    "freeze",
    "issue",
    "issued_notices",
    "list_days",
    "list_paid",
    "list_runs",
    "preview",
    "procedure_of",
    "show",
    "unblock",
]
