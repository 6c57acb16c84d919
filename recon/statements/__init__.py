"""What the bank says: bytes of MT940, MT942, camt.052, camt.053, camt.054, plain or packed -> statements and findings.

``read`` is the door, ``sniff`` tells a format from the first bytes, ``unpack`` gives the plain files of a container
(for a caller that wants the pain.002 in a ZIP as well).
"""

from recon.statements.containers import Member, unpack
from recon.statements.limits import DEFAULT_LIMITS, Limits
from recon.statements.reading import read, read_member
from recon.statements.sniffing import HEAD_BYTES, sniff

__all__ = ["DEFAULT_LIMITS", "HEAD_BYTES", "Limits", "Member", "read", "read_member", "sniff", "unpack"]
