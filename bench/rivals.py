"""What opos is measured against: the plain rule "invoice number in the text and equal amount", and the naive scan of
all items by likeness."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from recon.matching.world import OpenLine, World
from recon.model.items import OpenItem
from recon.model.matching import AllocationKind, Band, Decision, Proposal, Share
from recon.model.statement import LineStatus

# Shorter numbers stand in every text (kivitendo asks for more than four signs too).
_SHORTEST: Final = 5


def plain_rule(lines: Sequence[OpenLine], world: World) -> tuple[Decision, ...]:
    """The rule as programs have it (D-05): an item whose number stands in the purpose, blanks and case aside, and whose
    residual is the amount, is booked, if there is one only; several are proposed. In the order of the days; a booked
    item is paid."""
    with_amount: dict[tuple[str, int], list[tuple[str, OpenItem]]] = {}
    for item in world.items:
        number = _joined(item.invoice_no)
        if len(number) >= _SHORTEST:
            with_amount.setdefault((item.currency, item.open), []).append((number, item))
    paid: set[int] = set()
    decisions = []
    for line in sorted(lines, key=lambda one: (one.line.booking_date or date.max, one.id)):
        text = _joined(line.line.remittance or "")
        found = [
            item
            for number, item in with_amount.get((line.line.currency, line.open), ())
            if number in text and item.id not in paid and line.line.status is LineStatus.BOOKED
        ]
        proposals = tuple(_whole(item) for item in found)
        books = len(found) == 1
        if books:
            paid.add(found[0].id)
        decisions.append(Decision(line.id, proposals, books, Band.CERTAIN if books else Band.NONE))
    return tuple(sorted(decisions, key=lambda decision: decision.line_id))


def naive_scan(lines: Sequence[OpenLine], world: World) -> list[tuple[int, float]]:
    """Each line's text against the number and the name of every item: the likest item and how like it is, 0 to 100.
    Line by line through all items; what such scripts do next is to ask a person above some likeness."""
    from rapidfuzz import fuzz, process

    names = {customer.customer_no: customer.name for customer in world.customers}
    texts = [f"{item.invoice_no} {names[item.customer_no]}" for item in world.items]
    best = []
    for line in lines:
        query = f"{line.line.remittance or ''} {line.line.counterparty.name or ''}"
        found = process.extractOne(query, texts, scorer=fuzz.token_set_ratio)
        assert found is not None
        best.append((found[2], found[1]))
    return best


def _joined(text: str) -> str:
    return "".join(text.upper().split())


def _whole(item: OpenItem) -> Proposal:
    share = Share(item.id, item.invoice_no, item.customer_no, item.open, AllocationKind.PAYMENT)
    return Proposal("D-05", Band.CERTAIN, (share,), ())
