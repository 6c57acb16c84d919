"""Direct-debit mandates and what follows from them: sequence type, lapse, amendments (domain.md 3.4)."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from sepa.charset import fit
from sepa.identifiers import (
    SEPA_COUNTRIES,
    IdentifierError,
    compact,
    is_bic,
    is_creditor_id,
    is_mandate_id,
    needs_address,
    parse_iban,
    same_creditor,
)
from sepa.problem import Problem, facts_of

# A mandate under which nothing was collected for 36 months lapses (EPC SDD rulebooks, 4.1; contract.md 5).
LAPSE_MONTHS: Final = 36
# Postal address of pain.008: the longest TwnNm.
MAX_TOWN: Final = 35
# From here on the creditor is warned (domain.md 3.4).
WARN_MONTHS: Final = 30


class Scheme(StrEnum):
    """SDD CORE, with eight weeks to take the money back, or B2B between companies, without."""

    CORE = "CORE"
    B2B = "B2B"


class MandateKind(StrEnum):
    """Whether a mandate serves once or again and again."""

    RECURRENT = "recurrent"
    ONE_OFF = "one_off"


class MandateStatus(StrEnum):
    """``suspended`` and ``blocked`` wait for a person (after a return; MD01 blocks); ``revoked`` by the debtor and
    ``expired`` are final."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    BLOCKED = "blocked"
    REVOKED = "revoked"
    EXPIRED = "expired"


class SequenceType(StrEnum):
    """AT-21. Since November 2016 FRST is not needed: a recurrent mandate always collects as RCUR."""

    RCUR = "RCUR"
    OOFF = "OOFF"


@dataclass(frozen=True, slots=True)
class Mandate:
    """A mandate as the books have it, with the debtor's address.

    ``original_…`` is what stood in the mandate before its last change; the change is told to the debtor's bank with
    the next collection, once: ``amendment_sent``. ``last_used_on`` is the date of the last collection.
    """

    mandate_id: str
    customer_no: str
    iban: str
    signed_on: date | None
    bic: str | None = None
    account_holder: str | None = None
    scheme: Scheme = Scheme.CORE
    kind: MandateKind = MandateKind.RECURRENT
    status: MandateStatus = MandateStatus.ACTIVE
    last_used_on: date | None = None
    original_mandate_id: str | None = None
    original_iban: str | None = None
    original_creditor_id: str | None = None
    original_creditor_name: str | None = None
    amendment_sent: bool = False
    street: str | None = None
    postcode: str | None = None
    town: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Amendment:
    """What of a mandate has changed since its last collection. ``new_account`` is sent as SMNDA, whatever the bank."""

    original_mandate_id: str | None = None
    original_creditor_id: str | None = None
    original_creditor_name: str | None = None
    new_account: bool = False


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a mandate cannot be collected under: a reason of contract.md 5 and the facts behind it."""

    reason: str
    facts: tuple[tuple[str, str], ...] = ()


def mandate_for(mandates: Iterable[Mandate], mandate_ref: str | None) -> Mandate | None:
    """The mandate of a customer to collect an item under: the one that the item names, else the only one that is
    active. Where none is active but there is only one, that one, so that its state is told as the reason. ``None``
    where nothing decides: between two active mandates nobody guesses (A-22 off, X-16)."""
    known = tuple(mandates)
    if mandate_ref:
        named = [mandate for mandate in known if mandate.mandate_id == mandate_ref]
        return named[0] if len(named) == 1 else None
    active = [mandate for mandate in known if mandate.status is MandateStatus.ACTIVE]
    if len(active) == 1:
        return active[0]
    return known[0] if len(known) == 1 else None


def sequence_type(mandate: Mandate) -> SequenceType:
    """Derived, never stored: OOFF for a one-off mandate, else RCUR."""
    return SequenceType.OOFF if mandate.kind is MandateKind.ONE_OFF else SequenceType.RCUR


def lapses_on(mandate: Mandate) -> date | None:
    """The last day on which the mandate may be collected under: 36 months after its last collection, or after the
    signature if it was never used. A one-off mandate is used up by its use. ``None`` without a signature."""
    if mandate.kind is MandateKind.ONE_OFF and mandate.last_used_on is not None:
        return mandate.last_used_on
    start = mandate.last_used_on or mandate.signed_on
    return None if start is None else add_months(start, LAPSE_MONTHS)


def lapse_warning_on(mandate: Mandate) -> date | None:
    """The day from which the creditor is warned that a recurrent mandate is about to lapse, for want of use."""
    start = mandate.last_used_on or mandate.signed_on
    if start is None or (mandate.kind is MandateKind.ONE_OFF and mandate.last_used_on is not None):
        return None
    return add_months(start, WARN_MONTHS)


def unusable(mandate: Mandate, on: date, collected_on: date | None = None) -> Unusable | None:
    """Why a mandate cannot be collected under, or ``None``.

    ``on`` is the day of the decision: a signature must not lie after it. ``collected_on`` is the day of the
    collection, if it is another: the mandate must not have lapsed by then. The first reason wins, in the order: status,
    signature, identifiers, lapse, IBAN, address.
    """
    if mandate.status is MandateStatus.REVOKED:
        return Unusable("mandate_revoked")
    if mandate.status is MandateStatus.EXPIRED:
        return Unusable("mandate_expired")
    if mandate.status is not MandateStatus.ACTIVE:
        return Unusable("blocked", facts_of(mandate=mandate.mandate_id, status=mandate.status))
    if mandate.signed_on is None:
        return Unusable("no_signature_date")
    if mandate.signed_on > on:
        return Unusable("no_signature_date", facts_of(signed_on=mandate.signed_on))
    for mandate_id in (mandate.mandate_id, mandate.original_mandate_id):
        if mandate_id is not None and not is_mandate_id(mandate_id):
            return Unusable("mandate_unknown", facts_of(mandate=mandate_id))
    if mandate.original_creditor_id is not None and not is_creditor_id(mandate.original_creditor_id):
        return Unusable("mandate_unknown", facts_of(mandate=mandate.mandate_id, creditor=mandate.original_creditor_id))
    lapse = lapses_on(mandate)
    used_up = mandate.kind is MandateKind.ONE_OFF and mandate.last_used_on is not None
    if lapse is not None and (used_up or (collected_on or on) > lapse):
        return Unusable("mandate_expired", facts_of(lapsed_on=lapse))
    return _iban_unusable(mandate.iban) or _address_unusable(mandate)


def missing_for_address(mandate: Mandate) -> tuple[str, ...]:
    """What a debit from outside the EEA still lacks, of ``town``, ``country`` and ``bic`` (domain.md 3.7); empty
    inside the EEA."""
    if not needs_address(compact(mandate.iban)):
        return ()
    given = {
        "town": bool(fit(mandate.town or "", MAX_TOWN).text),
        "country": country_code(mandate.country) is not None,
        "bic": mandate.bic is not None and is_bic(mandate.bic),
    }
    return tuple(name for name, there in given.items() if not there)


def country_code(text: str | None) -> str | None:
    """The ISO 3166 form of a country code in capitals, ``None`` where a text is none.

    >>> country_code("GB"), country_code(" gb"), country_code("England"), country_code(None)
    ('GB', 'GB', None, None)
    """
    code = (text or "").strip()
    return code.upper() if len(code) == 2 and code.isascii() and code.isalpha() else None


def amendment(mandate: Mandate, creditor_id: str | None = None) -> Amendment | None:
    """What the next collection must tell the debtor's bank, or ``None``: nothing changed, or it was told already.

    With ``creditor_id``, an original creditor identifier that differs by no more than its business code is no change.
    """
    if mandate.amendment_sent:
        return None
    old_creditor = mandate.original_creditor_id
    if old_creditor is not None and creditor_id is not None and same_creditor(old_creditor, creditor_id):
        old_creditor = None
    changed = Amendment(
        original_mandate_id=_if_other(mandate.original_mandate_id, mandate.mandate_id),
        original_creditor_id=old_creditor,
        original_creditor_name=mandate.original_creditor_name,
        new_account=_if_other(compact(mandate.original_iban or ""), compact(mandate.iban)) is not None,
    )
    return None if changed == Amendment() else changed


def check(mandate: Mandate) -> tuple[Problem, ...]:
    """What is wrong with a mandate in itself, whatever the day: ids, account, signature before use."""
    found = [
        Problem("mandate-id", facts_of(mandate=mandate_id))
        for mandate_id in (mandate.mandate_id, mandate.original_mandate_id)
        if mandate_id is not None and not is_mandate_id(mandate_id)
    ]
    for iban in (mandate.iban, mandate.original_iban):
        if iban is None:
            continue
        bad = _iban_unusable(iban)
        if bad is not None:
            found.append(Problem("mandate-iban", (("mandate", mandate.mandate_id), *bad.facts)))
    if mandate.signed_on and mandate.last_used_on and mandate.last_used_on < mandate.signed_on:
        facts = facts_of(mandate=mandate.mandate_id, signed_on=mandate.signed_on, used_on=mandate.last_used_on)
        found.append(Problem("mandate-used-before-signature", facts))
    return tuple(found)


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or its last day (§ 188 (3) BGB).

    >>> add_months(date(2024, 2, 29), 36).isoformat()
    '2027-02-28'
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        # A mistyped year in a mandates file must not stop a run; that day never comes either way.
        return date.max
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _iban_unusable(iban: str) -> Unusable | None:
    try:
        plain = parse_iban(iban)
    except IdentifierError as bad:
        return Unusable("iban_invalid", facts_of(iban=iban, problem=bad.reason))
    if plain[:2] not in SEPA_COUNTRIES:
        return Unusable("iban_invalid", facts_of(iban=iban, problem="not-in-sepa"))
    return None


def _address_unusable(mandate: Mandate) -> Unusable | None:
    missing = missing_for_address(mandate)
    return Unusable("address_missing", facts_of(missing=", ".join(missing))) if missing else None


def _if_other(original: str | None, current: str) -> str | None:
    return original if original and original != current else None
