"""What a person says of the money that is missing: a discount granted, a small amount written off, what another bank
kept, a fee that is waived (Differenzgrund)."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Final

from msgspec.structs import replace
from sqlalchemy import Connection

from recon.matching.case import State, fact, settles
from recon.matching.sharing import extras
from recon.matching.world import World, index
from recon.model.finding import error
from recon.model.items import OpenItem
from recon.model.matching import AllocationKind, Evidence, Proposal, Share
from recon.service.answers import Refused
from recon.store import matching as store
from recon.store.items import items_by_id
from sepa.money import plain

# Minor units that may be written off without a word. More than a rounding or a forgotten fee wants a reason in the log.
SMALL_WRITE_OFF: Final = 500


_More = tuple[Share, Evidence]


class Difference(StrEnum):
    """Why less came in than is claimed. Without one the items stay open with what is missing."""

    DISCOUNT = "discount"
    WRITE_OFF = "write_off"
    FEE_WAIVED = "fee_waived"
    BANK_CHARGE = "bank_charge"


_KINDS: Final = {
    Difference.DISCOUNT: (AllocationKind.DISCOUNT, "difference-discount"),
    Difference.WRITE_OFF: (AllocationKind.WRITE_OFF, "difference-write-off"),
    Difference.BANK_CHARGE: (AllocationKind.BANK_CHARGE, "difference-bank-charge"),
}


def with_difference(
    connection: Connection, line: str, proposal: Proposal, difference: Difference, *, as_of: date, reason: str | None
) -> Proposal:
    """A proposal and what its money leaves open, under the name that a person gives it. ``line`` is its shown id.
    Raises Refused where nothing is missing, and for a large write-off without a reason."""
    found = items_by_id(connection, [share.item_id for share in proposal.shares if share.item_id is not None])
    if difference is Difference.FEE_WAIVED:
        more = _waived(connection, line, proposal, list(found.values()), as_of)
    else:
        more = _missing(proposal, found.values(), difference)
        if not more:
            raise Refused(error("difference-none", line, line=line))
        total = sum(share.amount for share, _ in more)
        if difference is Difference.WRITE_OFF and total > SMALL_WRITE_OFF and not (reason or "").strip():
            facts = {"amount": plain(total), "limit": plain(SMALL_WRITE_OFF)}
            raise Refused(error("write-off-reason", line, line=line, **facts))
    shares, evidence = zip(*more, strict=True)
    return replace(proposal, shares=(*proposal.shares, *shares), evidence=(*proposal.evidence, *evidence))


def _missing(proposal: Proposal, items: Iterable[OpenItem], difference: Difference) -> list[_More]:
    """What is left of each item that the proposal pays something of."""
    kind, rule = _KINDS[difference]
    paid: dict[int, int] = {}
    for share in proposal.shares:
        if share.item_id is not None and settles(share):
            paid[share.item_id] = paid.get(share.item_id, 0) + share.amount
    more = []
    for item in items:
        left = item.open - paid.get(item.id, 0)
        if item.open > 0 and left > 0 and paid.get(item.id, 0) > 0:
            told = fact(rule, number=item.invoice_no, amount=plain(left, item.currency))
            more.append((Share(item.id, item.invoice_no, item.customer_no, left, kind), told))
    return more


def _waived(
    connection: Connection, line: str, proposal: Proposal, items: Iterable[OpenItem], as_of: date
) -> list[_More]:
    """The fees that the last notices of the paid items ask for, as far as nobody has paid them."""
    known = sorted(items, key=lambda item: item.id)
    state = State(index(World(items=known, **store.claims_beside(connection))))
    fees = [extra for extra in extras(state, known, as_of) if extra.kind is AllocationKind.DUNNING_FEE]
    if not fees or any(share.kind is AllocationKind.DUNNING_FEE for share in proposal.shares):
        raise Refused(error("difference-no-fee", line, line=line))
    return [
        (
            replace(extra.share, kind=AllocationKind.FEE_WAIVED),
            fact("fee-waived", number=extra.item.invoice_no, fee=plain(extra.amount, extra.item.currency)),
        )
        for extra in fees
    ]
