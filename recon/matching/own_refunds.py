"""Rules for own refunds: the money going out (C6, H8, M6) and what comes back of it (R3, R4).

The bank books a file of transfers in one sum, naming it by payment information id, message id or, in MT940, ``KREF``,
or one by one with the end-to-end id (domain.md 2.5); a transfer that came back quotes its end-to-end id (2.6).
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from recon.matching.case import Case, equation, fact, proposal
from recon.matching.world import RefundRef
from recon.model.matching import OF_REFUND, AllocationKind, Evidence, Proposal, Share
from recon.model.statement import Line, LineKind

# A debit without references is looked for among the files of so many days around its value date.
_NEAR_DAYS: Final = 5
# So many are listed one by one, in a sum or as answers.
_MAX_LISTED: Final = 5
_SENT: Final = "exported"
_PAID: Final = "booked"
_GOES_OUT: Final = frozenset({LineKind.BATCH, LineKind.TRANSFER_OUT, LineKind.OTHER})


def certain_refund(case: Case) -> Proposal | None:
    """C6: the end-to-end id of an own refund and its amount, or the reference of its file (or the end-to-end ids of the
    line's details) and the sum of what of it the bank has not booked yet."""
    if not case.whole or not case.index.refunds:
        return None
    found = _by_details(case) or _by_end_to_end(case) or _by_file(case)
    if found is None:
        return None
    refs, evidence = found
    if any(("refund", ref.refund_id) in case.state.contested for ref in refs):
        return None
    return proposal("C6", _shares(refs), (*evidence, equation(case, *_terms(refs))))


def refund_but(case: Case) -> Iterator[Proposal]:
    """M6: an own refund or file is named, but its sum is another; H8: a file of the same sum around the same day, not
    named."""
    if not case.index.refunds:
        return
    named = _named(case)
    if named is not None:
        reference, refs = named
        live = [ref for ref in refs if _live(case, ref)]
        total = sum(ref.amount for ref in live)
        facts = [
            fact("refund-file", reference=reference, count=len(refs)),
            fact("refund-sum", amount=case.money(-case.amount), expected=case.money(total), count=len(live)),
        ]
        yield proposal("M6", _shares(live) if total == -case.amount else [], facts)
    elif case.line.kind in _GOES_OUT:
        yield from _by_day(case)


def comes_back(case: Case) -> bool:
    """Whether a credit quotes the end-to-end id of an own refund: money of ours that came back."""
    return case.amount > 0 and (case.line.end_to_end_id or "") in case.index.refunds


def names_refund(case: Case) -> bool:
    """Whether a line names an own refund or its file."""
    return bool(case.index.refunds) and _named(case) is not None


def certain_return(case: Case) -> Proposal | None:
    """R3: the bank says that it is a return, and all of a refund that was booked came back."""
    ref = case.index.refunds[case.line.end_to_end_id or ""]
    line = case.line
    marked = line.kind is LineKind.RETURN or line.return_reason is not None
    if not case.whole or not marked or ref.amount != case.amount or not _returnable(case, ref):
        return None
    if ("refund_return", ref.refund_id) in case.state.contested:
        return None
    return proposal("R3", _back(ref, case.amount), _told(case, ref))


def proposed_return(case: Case) -> Iterator[Proposal]:
    """R4: one that wants a person: less came back than went out (the bank kept a charge), it is not marked as a return,
    or the refund is not booked yet."""
    ref = case.index.refunds[case.line.end_to_end_id or ""]
    facts = _told(case, ref)
    fits = _returnable(case, ref) and 0 < case.amount <= ref.amount
    yield proposal("R4", _back(ref, case.amount) if fits else [], facts)


def _by_details(case: Case) -> tuple[list[RefundRef], list[Evidence]] | None:
    details = case.line.details
    if not details or sum(detail.amount for detail in details) != case.amount:
        return None
    known = [ref for detail in details if (ref := _one(case, detail)) is not None]
    if len(known) != len(details) or len({ref.refund_id for ref in known}) != len(known):
        return None
    return known, [fact("refund-details", count=len(known))]


def _one(case: Case, line: Line) -> RefundRef | None:
    ref = case.index.refunds.get(line.end_to_end_id or "")
    return ref if ref is not None and _live(case, ref) and ref.amount == -line.amount else None


def _by_end_to_end(case: Case) -> tuple[list[RefundRef], list[Evidence]] | None:
    ref = _one(case, case.line)
    if ref is None or case.amount != case.line.amount:
        return None
    return [ref], [fact("refund-end-to-end", reference=ref.end_to_end_id, customer=ref.customer_no)]


def _by_file(case: Case) -> tuple[list[RefundRef], list[Evidence]] | None:
    for reference in _references(case.line):
        live = [ref for ref in case.index.refund_files.get(reference, ()) if _live(case, ref)]
        fits = live and sum(ref.amount for ref in live) == -case.amount
        if fits and case.line.transactions in {None, len(live)}:
            return live, [fact("refund-file", reference=reference, count=len(live))]
    return None


def _by_day(case: Case) -> Iterator[Proposal]:
    day = case.value_date
    if day is None:
        return
    files: dict[str, list[RefundRef]] = {}
    for ref in case.index.world.refunds:
        if _live(case, ref) and abs(ref.execution_date - day) <= timedelta(days=_NEAR_DAYS):
            files.setdefault(ref.payment_information_id, []).append(ref)
    fitting = [(name, refs) for name, refs in sorted(files.items()) if sum(ref.amount for ref in refs) == -case.amount]
    for name, refs in fitting[:_MAX_LISTED]:
        facts = [fact("refund-day", reference=name, day=refs[0].execution_date), equation(case, *_terms(refs))]
        if len(fitting) > 1:
            facts.append(fact("ambiguous", count=len(fitting)))
        yield proposal("H8", _shares(refs), facts)


def _named(case: Case) -> tuple[str, Sequence[RefundRef]] | None:
    for reference in _references(case.line):
        if ref := case.index.refunds.get(reference):
            return reference, [ref]
        if refs := case.index.refund_files.get(reference):
            return reference, refs
    return None


def _references(line: Line) -> tuple[str, ...]:
    given = (line.payment_information_id, line.message_id, line.customer_ref, line.end_to_end_id)
    return tuple(dict.fromkeys(reference.removeprefix("KREF+").strip() for reference in given if reference))


def _live(case: Case, ref: RefundRef) -> bool:
    """Whether the money of a refund has still to leave."""
    return ref.status == _SENT and ("refund", ref.refund_id) not in case.state.used


def _returnable(case: Case, ref: RefundRef) -> bool:
    """Whether a refund has left, before or in this run, and not come back."""
    used, number = case.state.used, ref.refund_id
    return (ref.status == _PAID or ("refund", number) in used) and ("refund_return", number) not in used


def _shares(refs: Sequence[RefundRef]) -> list[Share]:
    """The money out of transit: the export has taken it from the credit already."""
    return [
        Share(None, None, ref.customer_no, -ref.amount, AllocationKind.REFUND, (f"{OF_REFUND}{ref.end_to_end_id}",))
        for ref in sorted(refs, key=lambda ref: ref.refund_id)
    ]


def _back(ref: RefundRef, amount: int) -> list[Share]:
    """All of the refund to the customer's credit again; what the bank has kept is its charge."""
    flags = (*(() if ref.credit is None else (f"credit {ref.credit}",)), f"{OF_REFUND}{ref.end_to_end_id}")
    back = Share(ref.item_id, ref.invoice_no, ref.customer_no, ref.amount, AllocationKind.REFUND_RETURN, flags)
    if amount == ref.amount:
        return [back]
    return [back, Share(None, None, ref.customer_no, amount - ref.amount, AllocationKind.RETURN_FEE)]


def _told(case: Case, ref: RefundRef) -> list[Evidence]:
    facts = [
        fact("refund-return", reference=ref.end_to_end_id, customer=ref.customer_no, amount=case.money(case.amount),
             original=case.money(ref.amount)),
    ]  # fmt: skip
    if case.line.return_reason is not None:
        facts.append(fact("return-reason", code=case.line.return_reason))
    return facts


def _terms(refs: Sequence[RefundRef]) -> list[int]:
    """The amounts of a sum, signed as the line, or the sum alone where it is too long to read."""
    amounts = [-ref.amount for ref in sorted(refs, key=lambda ref: ref.refund_id)]
    return amounts if len(amounts) <= _MAX_LISTED else [sum(amounts)]
