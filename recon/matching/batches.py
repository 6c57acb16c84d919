"""Batch credits of customers' payments: one line of the statement, several transfers under it."""

from msgspec import structs

from recon.matching.by_number import certain_by_number
from recon.matching.case import Case, fact, proposal
from recon.matching.own_debits import is_return
from recon.matching.reading import read
from recon.model.matching import Evidence, Proposal, Share
from recon.model.statement import Line


def certain_batch(case: Case) -> Proposal | None:
    """Every transfer under the line names its item for certain, and they add up to it: certain as a whole (class of the
    first, C2 to C4)."""
    details = case.line.details
    if not details or not case.whole or sum(detail.amount for detail in details) != case.amount:
        return None
    shares: list[Share] = []
    evidence: list[Evidence] = [fact("batch", count=len(details), amount=case.money(case.amount))]
    classes = []
    for detail in details:
        part = _part(case, detail)
        found = None if part.amount <= 0 or is_return(part) else certain_by_number(part)
        if found is None:
            return None
        classes.append(found.match_class)
        shares += found.shares
        evidence += found.evidence
    paid = [share.item_id for share in shares if share.kind == "payment"]
    if len(set(paid)) != len(paid):
        return None
    return proposal(classes[0], shares, evidence)


def _part(case: Case, detail: Line) -> Case:
    """A transfer under the line as a line of its own, on the line's dates where it has none."""
    line = structs.replace(
        detail,
        booking_date=detail.booking_date or case.line.booking_date,
        value_date=detail.value_date or case.line.value_date,
    )
    named, signs = read(line, case.index)
    return structs.replace(case, line=line, amount=detail.amount, whole=True, named=named, signs=signs)
