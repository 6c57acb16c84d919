"""Which charges of returned debits are claimed from the customer, and under which number (decision 17).

The bank's charge is damage that the debtor has to make good where he has caused the return (§ 280 BGB; domain.md 4.2,
7.4): what the bank has charged, never a lump sum, and nothing where the creditor or a bank is at fault.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Final

from recon.model.matching import AllocationKind, Share
from recon.model.settings import CollectSettings
from sepa.returns import chargeable, return_reason

# Before the number of the item that came back: Rücklastschrift.
PREFIX: Final = "RL-"
# What DATEV takes as a document's number; longer ones keep their end, which tells items apart.
MAX_NUMBER: Final = 36


@dataclass(frozen=True, slots=True)
class Charge:
    """What the bank has charged for the return of a collection: ``amount`` is positive minor units, ``at`` the place of
    its share among those of the line."""

    at: int
    collection_id: int
    item_id: int
    customer_no: str
    amount: int


def charges_of(shares: Sequence[Share]) -> list[Charge]:
    """The charges among the shares of a line: each stands behind its return, without an item."""
    found = []
    for at, (back, charge) in enumerate(pairwise(shares), start=1):
        if (
            back.kind is AllocationKind.RETURN
            and charge.kind is AllocationKind.RETURN_FEE
            and charge.item_id is None
            and charge.amount < 0
            and back.collection_id is not None
            and back.item_id is not None
            and back.customer_no is not None
        ):
            found.append(Charge(at, back.collection_id, back.item_id, back.customer_no, -charge.amount))
    return found


def is_claimed(code: str | None, settings: CollectSettings) -> bool:
    """Whether the charge of a return with this reason is claimed. A reason that nobody knows is never held against the
    customer, nor one that is never his, whatever the settings say."""
    reason = return_reason(code)
    if settings.return_charges != "claim" or reason is None:
        return False
    return reason.code in settings.return_charge_reasons and reason.code in chargeable()


def number_of(invoice_no: str, taken: Container[str]) -> str:
    """The number of the claim: that of the item that came back behind ``RL-``, from its second return on with a count.

    >>> number_of("RE-2026-0815", ()), number_of("RE-2026-0815", {"RL-RE-2026-0815"})
    ('RL-RE-2026-0815', 'RL-RE-2026-0815-2')
    """
    for attempt in count(1):
        end = "" if attempt == 1 else f"-{attempt}"
        number = f"{PREFIX}{invoice_no[-(MAX_NUMBER - len(PREFIX) - len(end)) :]}{end}"
        if number not in taken:
            return number
    raise AssertionError
