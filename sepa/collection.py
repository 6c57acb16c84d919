"""From due claims to direct-debit files: who is collected from, when, in which file, and who is not and why.

``plan`` decides, ``identify`` numbers. Nothing here knows the books: a claim brings all that is to be known of it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from sepa.calendar import add_bank_days, is_bank_day, next_bank_day, submit_by
from sepa.charset import MAX_NAME, fit
from sepa.debits import (
    CURRENCY,
    HOLDS,
    MAX_AMOUNT,
    MIN_AMOUNT,
    REASONS,
    Block,
    Claim,
    CollectionError,
    Creditor,
    Debit,
    DebitFile,
    Excluded,
    Plan,
    PlannedFile,
    Rules,
    Total,
)
from sepa.grouping import Entry, debtor_name, files_of
from sepa.identifiers import MAX_IDENTIFIER, compact, is_bic, is_creditor_id, is_iban
from sepa.mandate import MandateKind, Scheme, Unusable, unusable
from sepa.problem import Problem, facts_of

__all__ = [
    "REASONS",
    "Block",
    "Claim",
    "CollectionError",
    "Creditor",
    "CreditorOf",
    "Debit",
    "DebitFile",
    "Excluded",
    "Plan",
    "PlannedFile",
    "Rules",
    "Total",
    "earliest_date",
    "first_possible",
    "hand_in_by",
    "identify",
    "plan",
]

CreditorOf = Callable[[str | None], Creditor | None]

_OWN_ID = re.compile(r"[A-Z0-9.-]+\Z")
# Presentation is due one bank day before settlement, CORE and B2B alike (domain.md 3.5); banks may want more, not less.
MIN_LEAD_DAYS: Final = 1
# The running number of a debit has at least four digits.
RUNNING_DIGITS: Final = 4


def plan(claims: Iterable[Claim], creditor_of: CreditorOf, rules: Rules, as_of: date) -> Plan:
    """Decide what is collected, in which files, and what is not and why. The order of the claims does not matter.

    ``creditor_of`` gives the creditor of a branch (``dict.get`` will do), ``None`` where there is none. A debit falls
    on the first bank day that is not before the due date, not before the lead time of its creditor's account (at least
    one bank day) from ``as_of``, and not before ``prenotification_days`` from the issue of the invoice (X-17; an
    unknown issue date sets no limit); what came back and is presented again not before ``prenotification_days`` from
    ``as_of``, or the day agreed on. Where the file is handed in after the account's cut-off, the lead time begins
    with the next bank day. With ``rules.collection_date`` all fall on that day, and a claim that cannot make it is
    excluded: ``lead_time``, or ``prenotification`` where the customer was told a later day, the due date included.

    Only the first claim (by due date, invoice, item) can use a one-off mandate; an amendment goes with the first
    collection under its mandate. Raises CollectionError where the wished-for day is no bank day, and ValueError for a
    claim given twice (a fault of the caller).
    """
    wished = rules.collection_date
    if wished is not None and not is_bank_day(wished):
        raise CollectionError("collection-date-closed", wished.isoformat(), next_bank_day(wished).isoformat())
    ordered = sorted(claims, key=_claim_order)
    _refuse_twice(ordered)
    entries: list[Entry] = []
    excluded: list[Excluded] = []
    creditors: dict[str | None, Creditor | Unusable] = {}
    used_up: set[str] = set()
    for claim in ordered:
        if claim.branch not in creditors:
            creditors[claim.branch] = _creditor(creditor_of(claim.branch), claim.branch)
        decided = _decide(claim, creditors[claim.branch], rules, as_of, used_up)
        if isinstance(decided, Unusable):
            excluded.append(Excluded(claim, decided.reason, decided.facts))
        else:
            entries.append(decided)
    notes: list[Problem] = []
    files = files_of(entries, rules, notes)
    made = Plan(files, tuple(excluded), _totals(ordered), tuple(notes))
    _audit(made)
    return made


def identify(file: PlannedFile, message_id: str) -> DebitFile:
    """Give a planned file its ids, all derived from ``message_id``, which the books give out (one for each file, never
    twice): ``OPOS-20261120-0001``, blocks ``OPOS-20261120-0001-1``, debits ``OPOS-20261120-0001-0001``, running
    through the file. Raises CollectionError for a message id outside ``[A-Z0-9.-]`` or too long.
    """
    width = max(RUNNING_DIGITS, len(str(file.count)))
    if _OWN_ID.match(message_id) is None or len(message_id) + 1 + width > MAX_IDENTIFIER:
        raise CollectionError("message-id", message_id)
    running = 0
    blocks = []
    for number, block in enumerate(file.blocks, start=1):
        debits = []
        for debit in block.debits:
            running += 1
            debits.append(replace(debit, end_to_end_id=f"{message_id}-{running:0{RUNNING_DIGITS}d}"))
        blocks.append(replace(block, debits=tuple(debits), payment_information_id=f"{message_id}-{number}"))
    return DebitFile(message_id, file.branch, file.scheme, tuple(blocks))


def earliest_date(claim: Claim, rules: Rules, as_of: date, creditor: Creditor | None = None) -> date:
    """The first bank day on which a claim may be collected (X-17); with ``creditor``, by the lead time and cut-off of
    his account."""
    return next_bank_day(max(claim.due_date, first_possible(rules, as_of, creditor), _announced(claim, rules, as_of)))


def first_possible(rules: Rules, as_of: date, creditor: Creditor | None = None) -> date:
    """The first bank day on which the bank can collect what it is given on ``as_of``, whatever is collected. A file
    that comes after the cut-off is as if it came on the next bank day; on the stroke of it, it is in time."""
    lead_days = rules.lead_days
    if creditor is not None:
        if creditor.lead_days is not None:
            lead_days = creditor.lead_days
        if creditor.cut_off is not None and rules.handed_in_at is not None and rules.handed_in_at > creditor.cut_off:
            as_of += timedelta(days=1)
    return add_bank_days(as_of, max(MIN_LEAD_DAYS, lead_days))


def hand_in_by(collection_date: date, lead_days: int) -> date:
    """The last bank day on which the bank must have a file that collects on ``collection_date``."""
    return submit_by(collection_date, max(MIN_LEAD_DAYS, lead_days))


def _decide(
    claim: Claim, creditor: Creditor | Unusable, rules: Rules, as_of: date, used_up: set[str]
) -> Entry | Unusable:
    """The reasons are tried in the order in which a person would put them right."""
    found = _not_collectable(claim)
    if found is not None:
        return found
    mandate = claim.mandate
    if mandate is None:
        if claim.mandate_ref:
            return Unusable("mandate_unknown", facts_of(mandate=claim.mandate_ref))
        return Unusable("no_mandate", facts_of(several=", ".join(claim.several)) if claim.several else ())
    if mandate.customer_no != claim.customer_no:
        return Unusable("mandate_unknown", facts_of(mandate=mandate.mandate_id, customer=mandate.customer_no))
    if mandate.scheme is Scheme.B2B and claim.customer_is_company is False:
        return Unusable("scheme_mismatch", facts_of(mandate=mandate.mandate_id, scheme=mandate.scheme))
    account = None if isinstance(creditor, Unusable) else creditor
    day = rules.collection_date or earliest_date(claim, rules, as_of, account)
    bad = unusable(mandate, as_of, day)
    if bad is not None:
        return bad
    holder = debtor_name(claim.customer_name, mandate)
    if not holder:
        return Unusable("address_missing", facts_of(missing="name"))
    if mandate.mandate_id in used_up:
        return Unusable("mandate_expired", facts_of(mandate=mandate.mandate_id))
    if isinstance(creditor, Unusable):
        return creditor
    announced = max(_announced(claim, rules, as_of), claim.due_date)
    late = _too_early(day, first_possible(rules, as_of, creditor), announced)
    if late is not None:
        return late
    if mandate.kind is MandateKind.ONE_OFF:
        used_up.add(mandate.mandate_id)
    return Entry(claim, mandate, creditor, day, holder)


def _not_collectable(claim: Claim) -> Unusable | None:
    if not claim.direct_debit:
        return Unusable("not_direct_debit")
    if claim.hold is not None:
        if claim.hold not in HOLDS:
            raise ValueError(f"no reason to hold a claim: {claim.hold!r}")
        return Unusable(claim.hold, claim.hold_facts)
    if claim.currency != CURRENCY:
        return Unusable("currency", facts_of(currency=claim.currency))
    if not MIN_AMOUNT <= claim.amount <= MAX_AMOUNT:
        return Unusable("amount", facts_of(amount=claim.amount))
    return None


def _too_early(day: date, first: date, announced: date) -> Unusable | None:
    if day < first:
        return Unusable("lead_time", facts_of(date=day, first=first))
    if day < announced:
        return Unusable("prenotification", facts_of(date=day, first=next_bank_day(announced)))
    return None


def _announced(claim: Claim, rules: Rules, as_of: date) -> date:
    """The first day that the customer was given notice of in time. A debit that is presented again needs a notice of
    its own: it counts from ``as_of``, unless the day was agreed on with him (domain.md 4.2)."""
    notice = claim.announced_on or claim.issue_date
    told = claim.due_date if notice is None else _later(notice, rules.prenotification_days)
    if claim.represents is None:
        return told
    return max(told, claim.not_before or _later(as_of, rules.prenotification_days))


def _later(day: date, days: int) -> date:
    return day + min(timedelta(days=days), date.max - day)


def _creditor(creditor: Creditor | None, branch: str | None) -> Creditor | Unusable:
    if creditor is None:
        return Unusable("no_creditor", facts_of(branch=branch or ""))
    wrong = [
        name
        for name, right in (
            ("name", bool(fit(creditor.name, MAX_NAME).text)),
            ("creditor_id", is_creditor_id(creditor.creditor_id)),
            ("iban", is_iban(creditor.iban)),
            ("bic", creditor.bic is None or is_bic(creditor.bic)),
            ("ultimate_creditor", creditor.ultimate is None or bool(fit(creditor.ultimate, MAX_NAME).text)),
        )
        if not right
    ]
    if wrong:
        return Unusable("no_creditor", facts_of(branch=branch or "", wrong=", ".join(wrong)))
    bic = None if creditor.bic is None else compact(creditor.bic)
    return replace(creditor, creditor_id=compact(creditor.creditor_id), iban=compact(creditor.iban), bic=bic)


def _claim_order(claim: Claim) -> tuple[date, str, int]:
    return (claim.due_date, claim.invoice_no, claim.item_id)


def _refuse_twice(claims: Sequence[Claim]) -> None:
    keys = Counter((claim.item_id, claim.due_date) for claim in claims)
    twice = [key for key, count in keys.items() if count > 1]
    if twice:
        raise ValueError(f"claims given twice: {twice}")


def _totals(claims: Iterable[Claim]) -> tuple[Total, ...]:
    counts: dict[str, int] = defaultdict(int)
    sums: dict[str, int] = defaultdict(int)
    for claim in claims:
        counts[claim.currency] += 1
        sums[claim.currency] += claim.amount
    return tuple(Total(currency, counts[currency], sums[currency]) for currency in sorted(counts))


def _audit(made: Plan) -> None:
    """Σ files + Σ excluded = Σ due, in number and amount; a difference is a fault of ours and stops everything."""
    for total in made.due:
        left = [entry.claim.amount for entry in made.excluded if entry.claim.currency == total.currency]
        collected = made.files if total.currency == CURRENCY else ()
        count = len(left) + sum(file.count for file in collected)
        amount = sum(left) + sum(file.sum for file in collected)
        if (count, amount) != (total.count, total.sum):
            raise AssertionError(f"{total} is due, {count} claims over {amount} are placed")
