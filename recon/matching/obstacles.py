"""What keeps a match from being certain although number and amount agree (issue: "never certain")."""

from recon.matching.case import Case, fact, items_fitting
from recon.matching.reading import Named, sure_payers
from recon.model.items import OpenItem
from recon.model.matching import Evidence


def only(case: Case) -> Named | None:
    """The open item named for sure, if it is the only one."""
    firm = [named for named in case.claims if named.firm]
    return firm[0] if len(firm) == 1 else None


def obstacles(case: Case, item: OpenItem) -> list[Evidence]:
    """What keeps a match from being certain although number and amount agree."""
    found = []
    paid_on = case.value_date
    types = case.index.world.settings.no_auto_types
    if item.in_collection:
        found.append(fact("in-collection", number=item.invoice_no))
    if item.document_type in types or item.document_type.sign < 0:
        found.append(fact("document-type", number=item.invoice_no, type=item.document_type.value))
    if paid_on is None:
        found.append(fact("no-date"))
    elif item.issue_date is not None and paid_on < item.issue_date:
        found.append(fact("before-invoice", number=item.invoice_no, issued=item.issue_date, paid=paid_on))
    if not case.whole:
        found.append(fact("line-partly-used", amount=case.money(case.line.amount), open=case.money(case.amount)))
    if any(item.id == item_id for ways in case.rejected for item_id, _, _, _ in ways):
        found.append(fact("rejected-before", number=item.invoice_no))
    if (own := _own_item_of_payer(case, item)) is not None:
        found.append(fact("payer-other", customer=own.customer_no, number=own.invoice_no))
    fee = case.state.fee(item, paid_on)
    contested = case.state.contested
    if ("item", item.id) in contested or (fee is not None and ("fee", fee.notice_id) in contested):
        found.append(fact("contested", number=item.invoice_no))
    return found


def _own_item_of_payer(case: Case, item: OpenItem) -> OpenItem | None:
    """An open item of the very amount that the payer, another customer by IBAN or name, owes himself: then the number
    may be the typing error."""
    customers = sure_payers(case.line, case.index)
    if not customers or item.customer_no in customers or case.amount <= 0:
        return None
    own = items_fitting(case, customers)
    return own[0] if own else None


def rivals(case: Case, named: Named) -> list[Named]:
    """Other named items that the amount fits as well, paid ones too: then nobody knows which is meant."""
    open_ones = [
        other
        for other in case.claims
        if other is not named and (other.firm or other.doubt in {"listed", "part"} or _fits(case, other.item))
    ]
    paid = [other for other in case.settled if abs(other.item.amount) == abs(case.amount)]
    return [other for other in (*open_ones, *paid) if other.item.id != named.item.id]


def _fits(case: Case, item: OpenItem) -> bool:
    fee = case.state.fee(item, case.value_date)
    return case.exact(item) or (fee is not None and case.amount == case.left(item) + fee.amount)
