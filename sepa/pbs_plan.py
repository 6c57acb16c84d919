"""What a delivery to Betalingsservice would hold: each claim ends in a collection or is excluded with a reason.

A debtor pays once a day: what he owes on one due day becomes one collection, an invoice a line of its text.
"""

from collections import defaultdict
from collections.abc import Collection as Some
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sepa.pbs import (
    CURRENCY,
    MAX_AMOUNT,
    MAX_LINE,
    Collection,
    Text,
    address_lines,
    day_for,
    latin,
    too_far,
)

# Why a due item is not in a delivery, in the order in which they are asked.
REASONS: Final = (
    "not_direct_debit", "blocked", "disputed", "with_agency", "already_exported", "currency", "amount", "no_agreement",
    "agreement_ended", "address_missing", "day_taken", "too_far",
)  # fmt: skip

Facts = tuple[tuple[str, str], ...]
Debtor = tuple["Agreement", "Address"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """A debtor's agreement with his bank: ``payer`` is his number with the creditor, ``number`` the agreement's own.
    ``id`` is that of the books."""

    id: int
    customer_no: str
    payer: str
    number: str
    group: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Address:
    """Whom and where the operator writes to."""

    name: str
    street: str | None
    postcode: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """What is due of an item on a day, in minor units; ``hold`` is what keeps it back."""

    item_id: int
    invoice_no: str
    customer_no: str
    amount: int
    currency: str
    due_date: date
    direct_debit: bool
    issue_date: date | None = None
    hold: str | None = None
    hold_facts: Facts = ()


@dataclass(frozen=True, slots=True)
class Excluded:
    """A claim that is not collected, and why; ``facts`` are quoted by the reason's text."""

    claim: Claim
    reason: str
    facts: Facts = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """A collection to be, without its reference: what one debtor pays on a day for these claims."""

    agreement: Agreement
    address: Address
    day: date
    claims: tuple[Claim, ...]

    @property
    def amount(self) -> int:
        """In øre."""
        return sum(claim.amount for claim in self.claims)


@dataclass(frozen=True, slots=True)
class Plan:
    """Collections by day and payer, and what is left out, in the order of the claims. ``replaced`` are characters that
    Latin-1 does not know: customer, character, what stands for it."""

    collections: tuple[Planned, ...]
    excluded: tuple[Excluded, ...]
    replaced: tuple[tuple[str, str, str], ...] = ()


def plan(
    claims: Iterable[Claim],
    debtors: Mapping[str, Debtor],
    taken: Some[tuple[int, date]],
    due_day: int,
    as_of: date,
) -> Plan:
    """Sort claims into collections. ``debtors`` are by customer number; ``taken`` are days on which an agreement (its
    id) has a collection with the operator already."""
    excluded: list[Excluded] = []
    grouped: dict[tuple[date, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        agreement, address = debtors.get(claim.customer_no, (None, None))
        day = day_for(claim.due_date, due_day, as_of)
        found = _why_not(claim, agreement, address) or _why_not_then(agreement, day, taken, as_of)
        if found is not None:
            excluded.append(Excluded(claim, *found))
        else:
            grouped[day, claim.customer_no].append(claim)
    collections = [Planned(*debtors[customer], day, tuple(own)) for (day, customer), own in grouped.items()]
    for one in [one for one in collections if one.amount > MAX_AMOUNT]:
        collections.remove(one)
        excluded += [Excluded(claim, "amount") for claim in one.claims]
    in_order = sorted(collections, key=lambda one: (one.day, int(one.agreement.payer), one.agreement.id))
    return Plan(tuple(in_order), tuple(excluded), tuple(_replaced(in_order)))


def collection_of(planned: Planned, reference: str) -> Collection:
    """What the file says of a planned collection."""
    address, agreement = planned.address, planned.agreement
    return Collection(agreement.payer, agreement.number, address.name, address.street or "", address.postcode or "",
                      planned.day, planned.amount, reference, texts_of(planned.claims))  # fmt: skip


def texts_of(claims: Sequence[Claim]) -> tuple[Text, ...]:
    """The lines that the debtor reads, in Danish: an invoice with its date and amount."""
    return tuple(
        Text(
            f"Faktura {claim.invoice_no}" + (f" af {claim.issue_date:%d.%m.%Y}" if claim.issue_date else ""),
            claim.amount,
        )
        for claim in claims
    )


def _why_not(claim: Claim, agreement: Agreement | None, address: Address | None) -> tuple[str, Facts] | None:
    if not claim.direct_debit:
        return "not_direct_debit", ()
    if claim.hold is not None:
        if claim.hold not in REASONS:
            raise ValueError(f"not an exclusion reason: {claim.hold!r}")
        return claim.hold, claim.hold_facts
    if claim.currency != CURRENCY:
        return "currency", (("currency", claim.currency),)
    if not 0 < claim.amount <= MAX_AMOUNT:
        return "amount", ()
    if agreement is None:
        return "no_agreement", (("customer", claim.customer_no),)
    if not agreement.active:
        return "agreement_ended", (("customer", claim.customer_no),)
    return None if address is not None and _is_whole(address) else ("address_missing", ())


def _why_not_then(
    agreement: Agreement | None, day: date, taken: Some[tuple[int, date]], as_of: date
) -> tuple[str, Facts] | None:
    facts = (("date", day.isoformat()),)
    if agreement is not None and (agreement.id, day) in taken:
        return "day_taken", facts
    return ("too_far", facts) if too_far(day, as_of) else None


def _is_whole(address: Address) -> bool:
    """A name, a street that fits, and a Danish postcode of four digits. A customer without a country lives where his
    agreement is from."""
    postcode = address.postcode or ""
    return (
        (address.country or "DK") == "DK"
        and len(postcode) == 4
        and postcode.isascii()
        and postcode.isdigit()
        and _says_something(address.name)
        and _says_something(address.street or "")
        and address_lines(latin(address.street or "")[0]) is not None
    )


def _says_something(text: str) -> bool:
    return any(sign.isalnum() for sign in latin(text)[0])


def _replaced(collections: Iterable[Planned]) -> Iterable[tuple[str, str, str]]:
    seen: dict[tuple[str, str, str], None] = {}
    for one in collections:
        address = one.address
        for text in (address.name, address.street or "", *(claim.invoice_no for claim in one.claims)):
            for sign, other in latin(text)[1]:
                seen[one.agreement.customer_no, sign, other] = None
        if len(latin(address.name)[0]) > MAX_LINE:
            seen[one.agreement.customer_no, latin(address.name)[0][MAX_LINE:], ""] = None
    return seen
