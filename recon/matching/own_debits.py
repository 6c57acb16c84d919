"""Rules for own direct debits: the money coming in (C1, H6, M1) and the returns (R1, R2).

A batch credit names its block by payment information id, message id or, in MT940, ``KREF`` (domain.md 2.5); a return
names its collection by end-to-end id, or by mandate id and original amount (domain.md 2.6).
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from recon.matching.amounts import subset_sum
from recon.matching.case import Case, equation, fact, proposal
from recon.matching.world import CollectionRef
from recon.model.matching import AllocationKind, Evidence, Proposal, Share
from recon.model.statement import Line, LineKind
from sepa.refund_times import overdue

# A batch credit without references is looked for among the blocks of so many days around its value date.
_NEAR_DAYS: Final = 5
# Left out of a batch by the bank, one by one: more cannot be told apart by their sum.
_MAX_LISTED: Final = 5


def certain_collection(case: Case) -> Proposal | None:
    """C1: the end-to-end id of an own collection and its amount, or the reference of a block (or the end-to-end ids of
    the line's details) and the sum of its collections."""
    if not case.whole:
        return None
    found = _by_details(case) or _by_end_to_end(case) or _by_block(case)
    if found is None:
        return None
    refs, evidence = found
    if any(("collection", ref.collection_id) in case.state.contested for ref in refs):
        return None
    total = equation(case, *_terms(refs))
    return proposal("C1", _shares(refs), (*evidence, total))


def collection_but(case: Case) -> Iterator[Proposal]:
    """M1: an own collection or block is named, but its sum is another (shares only where one way explains it); H6: a
    block of the same sum around the same day, not named."""
    named = _named_refs(case)
    if named is not None:
        rule, reference, refs = named
        live = [ref for ref in refs if case.state.live(ref)]
        total = sum(ref.amount for ref in live)
        facts = [
            fact(rule, reference=reference, count=len(refs)),
            fact("collection-sum", amount=case.money(case.amount), expected=case.money(total), count=len(live)),
        ]
        refused = [ref for ref in refs if ref.status == "rejected"]
        facts += [fact("debit-rejected", reference=ref.end_to_end_id) for ref in refused[:_MAX_LISTED]]
        if any(("collection", ref.collection_id) in case.state.contested for ref in live):
            facts.append(fact("contested", number=reference))
        shares: list[Share] = []
        if total == case.amount:
            shares = _shares(live)
        elif 0 < case.amount < total:
            left_out = subset_sum([ref.amount for ref in live], total - case.amount, smallest=1).only
            if left_out is not None:
                shares = _shares([ref for at, ref in enumerate(live) if at not in left_out])
                facts += [fact("left-out", reference=live[at].end_to_end_id) for at in left_out]
        yield proposal("M1", shares, facts)
    elif case.line.kind in {LineKind.BATCH, LineKind.DIRECT_DEBIT}:
        yield from _by_day(case)


def _by_day(case: Case) -> Iterator[Proposal]:
    day = case.value_date
    if day is None:
        return
    fitting = []
    for block in sorted(case.index.blocks):
        live = [ref for ref in case.index.blocks[block] if case.state.live(ref)]
        near = bool(live) and abs(live[0].collection_date - day) <= timedelta(days=_NEAR_DAYS)
        if near and sum(ref.amount for ref in live) == case.amount:
            fitting.append((block, live))
    for block, live in fitting[:_MAX_LISTED]:
        facts: list[Evidence] = [fact("collection-day", reference=block, day=live[0].collection_date)]
        facts.append(equation(case, *_terms(live)))
        if len(fitting) > 1:
            facts.append(fact("ambiguous", count=len(fitting)))
        yield proposal("H6", _shares(live), facts)


def _by_details(case: Case) -> tuple[list[CollectionRef], list[Evidence]] | None:
    details = case.line.details
    refs = [_one(case, detail) for detail in details]
    if not details or sum(detail.amount for detail in details) != case.amount:
        return None
    known = [ref for ref in refs if ref is not None]
    if len(known) != len(refs) or len({ref.collection_id for ref in known}) != len(known):
        return None
    return known, [fact("collection-details", count=len(known))]


def _one(case: Case, line: Line) -> CollectionRef | None:
    refs = case.index.end_to_end.get(line.end_to_end_id or "", ())
    return refs[0] if len(refs) == 1 and case.state.live(refs[0]) and refs[0].amount == line.amount else None


def _by_end_to_end(case: Case) -> tuple[list[CollectionRef], list[Evidence]] | None:
    ref = _one(case, case.line)
    if ref is None or case.amount != case.line.amount:
        return None
    return [ref], [fact("end-to-end-id", reference=ref.end_to_end_id, number=ref.invoice_no)]


def _by_block(case: Case) -> tuple[list[CollectionRef], list[Evidence]] | None:
    for reference in _references(case.line):
        refs = _fitting_block(case, reference)
        if refs and case.line.transactions in {None, len(refs)}:
            return refs, [fact("collection-block", reference=reference, count=len(refs))]
    return None


def _fitting_block(case: Case, reference: str) -> list[CollectionRef]:
    """The live collections of a block, or of a file or one block of it, where they add up to the amount."""
    whole = case.index.blocks.get(reference) or case.index.messages.get(reference, ())
    live = [ref for ref in whole if case.state.live(ref)]
    if sum(ref.amount for ref in live) == case.amount:
        return live
    blocks: dict[str, list[CollectionRef]] = {}
    for ref in live:
        blocks.setdefault(ref.payment_information_id, []).append(ref)
    fitting = [block for block in blocks.values() if sum(ref.amount for ref in block) == case.amount]
    return fitting[0] if len(fitting) == 1 else []


def _references(line: Line) -> tuple[str, ...]:
    given = (line.payment_information_id, line.message_id, line.customer_ref, line.end_to_end_id)
    return tuple(dict.fromkeys(reference.removeprefix("KREF+").strip() for reference in given if reference))


def _named_refs(case: Case) -> tuple[str, str, Sequence[CollectionRef]] | None:
    for reference in _references(case.line):
        if single := case.index.end_to_end.get(reference):
            return "end-to-end-id-only", reference, single
        if refs := case.index.blocks.get(reference) or case.index.messages.get(reference):
            return "collection-block", reference, refs
    return None


def names_own(case: Case) -> bool:
    """Whether a line names an own collection, block or file."""
    return _named_refs(case) is not None


def _shares(refs: Sequence[CollectionRef]) -> list[Share]:
    return [
        Share(
            ref.item_id, ref.invoice_no, ref.customer_no, ref.amount, AllocationKind.COLLECTION,
            collection_id=ref.collection_id,
        )
        for ref in sorted(refs, key=lambda ref: ref.collection_id)
    ]  # fmt: skip


def _terms(refs: Sequence[CollectionRef]) -> list[int]:
    """The amounts of a sum, or the sum alone where it is too long to read."""
    amounts = [ref.amount for ref in sorted(refs, key=lambda ref: ref.collection_id)]
    return amounts if len(amounts) <= _MAX_LISTED else [sum(amounts)]


def is_return(case: Case) -> bool:
    """Whether a line belongs to the return inbox: marked as a return or reversal, or a debit with the end-to-end id of
    an own collection. A credit so marked is own money coming back: never a customer's payment."""
    line = case.line
    if line.kind in {LineKind.RETURN, LineKind.REVERSAL} or line.reversal or line.return_reason is not None:
        return True
    inner = (line, *line.details)
    return case.amount < 0 and any((each.end_to_end_id or "") in case.index.end_to_end for each in inner)


def certain_return(case: Case) -> Proposal | None:
    """R1: exactly one own collection by its end-to-end id, its principal is known and equal; or a bundle of such."""
    if case.amount >= 0 or not case.whole:
        return None
    parts = case.line.details or (case.line,)
    if sum(part.amount for part in parts) != case.amount:
        return None
    shares: list[Share] = []
    evidence: list[Evidence] = []
    refs = []
    for part in parts:
        found = case.index.end_to_end.get(part.end_to_end_id or "", ())
        principal = part.original_amount if part.original_amount is not None else _without_charges(part)
        if len(found) != 1 or not case.state.returnable(found[0]) or principal != found[0].amount:
            return None
        if -part.amount < principal or ("return", found[0].collection_id) in case.state.contested:
            return None
        refs.append(found[0])
        shares += _back(found[0], part.amount)
        evidence += _told(case, found[0], part)
    if len({ref.collection_id for ref in refs}) != len(refs):
        return None
    return proposal("R1", shares, evidence)


def proposed_return(case: Case) -> Iterator[Proposal]:
    """R2: a return that wants a person: by end-to-end id with another principal, or by mandate and amount."""
    if case.amount >= 0 or case.line.details:
        return
    line = case.line
    refs = [ref for ref in case.index.end_to_end.get(line.end_to_end_id or "", ()) if ref.amount <= -case.amount]
    if not refs:
        principal = line.original_amount if line.original_amount is not None else _without_charges(line)
        refs = [
            ref
            for ref in case.index.mandates.get(line.mandate_id or "", ())
            if ref.amount == principal and case.state.returnable(ref)
        ]
    refs.sort(key=lambda ref: (-ref.collection_date.toordinal(), ref.collection_id))
    for ref in refs[:_MAX_LISTED]:
        facts = _told(case, ref, line)
        if ("return", ref.collection_id) in case.state.contested:
            facts.append(fact("contested", number=ref.invoice_no))
        elif not case.state.returnable(ref):
            facts.append(fact("already-returned", reference=ref.end_to_end_id))
        if len(refs) > 1:
            facts.append(fact("ambiguous", count=len(refs)))
        yield proposal("R2", _back(ref, case.amount), facts)


def _without_charges(line: Line) -> int:
    """The principal of a return that names no original amount: what moved less the charges the bank names."""
    return -line.amount - (line.charges or 0)


def _back(ref: CollectionRef, amount: int) -> list[Share]:
    """The principal back on the item, and the bank's charge, both signed like the line."""
    back = Share(
        ref.item_id, ref.invoice_no, ref.customer_no, -ref.amount, AllocationKind.RETURN,
        collection_id=ref.collection_id,
    )  # fmt: skip
    charge = amount + ref.amount
    if charge == 0:
        return [back]
    return [back, Share(None, None, ref.customer_no, charge, AllocationKind.RETURN_FEE)]


def _told(case: Case, ref: CollectionRef, line: Line) -> list[Evidence]:
    rule = "return-of" if line.end_to_end_id == ref.end_to_end_id else "return-by-mandate"
    facts = [
        fact(rule, reference=ref.end_to_end_id, number=ref.invoice_no, mandate=ref.mandate_id),
        fact("return-amount", amount=case.money(-line.amount), original=case.money(ref.amount),
             charge=case.money(-line.amount - ref.amount)),
    ]  # fmt: skip
    if line.return_reason is not None:
        facts.append(fact("return-reason", code=line.return_reason))
    day = line.booking_date or line.value_date or case.line.booking_date or case.line.value_date
    late = None if day is None else overdue(line.return_reason, ref.scheme, ref.collection_date, day)
    if late is not None and late.until is not None:
        facts.append(fact("refund-late", until=late.until, law=late.rule))
    elif late is not None:
        facts.append(fact("refund-without-right", law=late.rule))
    return facts
