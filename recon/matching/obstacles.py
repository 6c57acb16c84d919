"""What keeps a match from being certain although number and amount agree (issue: "never certain")."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from recon.matching.case import Case, fact, items_fitting
from recon.matching.reading import MEANT, Named
from recon.matching.text import folded, other_numbers
from recon.model.items import OpenItem
from recon.model.matching import Evidence
from recon.model.statement import Line

# Words of banks whose codes do not tell a returned transfer, at the beginning of the text.
_RETURNED: Final = re.compile(
    r"\b(?:RETOURE|R(?:UE|U)CK(?:GABE|BUCHUNG|LAUF|RUF)?[ -]?(?:SEPA[ -]?)?(?:UEBERWEISUNG|TRANSFER)|"
    r"R(?:UE|U)CKBUCHUNG|RETURNED (?:TRANSFER|PAYMENT)|ZAHLUNGSR(?:UE|U)CK(?:GABE|LAUF))\b"
)
_BEGINS: Final = 60


def obstacles(case: Case, item: OpenItem) -> Sequence[Evidence]:
    """What keeps a match from being certain although number and amount agree."""
    found = case.obstacles.get(item.id)
    if found is None:
        found = case.obstacles[item.id] = tuple(_obstacles(case, item))
    return found


def _obstacles(case: Case, item: OpenItem) -> Iterator[Evidence]:
    paid_on = case.value_date
    types = case.index.world.settings.no_auto_types
    if (said := transfer_returned(case.line)) is not None:
        yield fact("transfer-returned", found=said)
    if item.in_collection:
        yield fact("in-collection", number=item.invoice_no)
    if item.document_type in types or item.document_type.sign < 0:
        yield fact("document-type", number=item.invoice_no, type=item.document_type.value)
    if paid_on is None:
        yield fact("no-date")
    elif item.issue_date is not None and paid_on < item.issue_date:
        yield fact("before-invoice", number=item.invoice_no, issued=item.issue_date, paid=paid_on)
    if not case.whole:
        yield fact("line-partly-used", amount=case.money(case.line.amount), open=case.money(case.amount))
    if case.rejected and any(item.id == item_id for ways in case.rejected for item_id, _, _, _ in ways):
        yield fact("rejected-before", number=item.invoice_no)
    if (own := own_item_of_payer(case, item)) is not None:
        yield fact("payer-other", customer=own.customer_no, number=own.invoice_no)
    if _contested(case, item):
        yield fact("contested", number=item.invoice_no)


def _contested(case: Case, item: OpenItem) -> bool:
    """Whether other lines claim the item, or the fee of its last notice, just as much."""
    contested = case.state.contested
    if not contested:
        return False
    fee = case.state.fee(item, case.value_date)
    return ("item", item.id) in contested or (fee is not None and ("fee", fee.notice_id) in contested)


def transfer_returned(line: Line) -> str | None:
    """What a text says of an own transfer that came back: it names the invoice of the refund, and no customer pays."""
    said = _RETURNED.search(folded(line.remittance[:_BEGINS])) if line.remittance else None
    return said[0] if said is not None else None


def own_item_of_payer(case: Case, item: OpenItem) -> OpenItem | None:
    """An open item of the very amount that the payer, another customer by IBAN, name or customer number, owes himself:
    then the number may be the typing error."""
    if item.id not in case.own_instead:
        case.own_instead[item.id] = _own_item(case, item)
    return case.own_instead[item.id]


def _own_item(case: Case, item: OpenItem) -> OpenItem | None:
    customers = case.sure_payers
    if not customers or item.customer_no in customers or case.amount <= 0:
        return None
    own = items_fitting(case, customers)
    return own[0] if own else None


def rivals(case: Case, named: Named) -> list[Named]:
    """Other named items that the amount fits as well, paid ones too: then nobody knows which is meant."""
    open_ones = [
        other for other in case.claims if other is not named and (_meant_too(other, named) or case.fits(other.item))
    ]
    open_ones = [other for other in open_ones if not _is_date(other)]
    paid = [other for other in case.settled if abs(other.item.amount) == abs(case.amount)]
    return [other for other in (*open_ones, *paid) if other.item.id != named.item.id]


def _is_date(other: Named) -> bool:
    """Whether what may be a number is written like a date: beside a number no second one."""
    return other.doubt == "loose" and ("date", 0, len(other.found)) in other_numbers(other.found)


def netting(case: Case) -> list[Named]:
    """Credit notes that are named: then the amount may be meant less them."""
    return [named for named in case.credits if named.doubt in MEANT or named.doubt == "shared"]


def strangers(case: Case, named: Named) -> list[Named]:
    """Numbers of other customers that are named as well and that the amount does not fit."""
    return [
        other for other in case.firm if other.item.customer_no != named.item.customer_no and not case.fits(other.item)
    ]


def _meant_too(other: Named, named: Named) -> bool:
    return other.doubt in MEANT and other.item.customer_no == named.item.customer_no
