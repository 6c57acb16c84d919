"""Direct-debit mandates and what follows from them: sequence type, lapse, amendments (domain.md 3.4)."""

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from sepa.charset import MAX_NAME, fit
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


# Final.
ENDED: Final = frozenset({MandateStatus.REVOKED, MandateStatus.EXPIRED})
# What ``warning_on`` says.
LAPSING, LAPSED, USED_UP = "lapsing", "lapsed", "used_up"
# Days that are less than WARN_MONTHS, however long the months are.
_SURELY_YOUNG: Final = 28 * WARN_MONTHS


class SequenceType(StrEnum):
    """AT-21. Since November 2016 FRST is not needed: a recurrent mandate always collects as RCUR."""

    RCUR = "RCUR"
    OOFF = "OOFF"


@dataclass(frozen=True, slots=True)
class Mandate:
    """A mandate as the books have it, with the debtor's address.

    ``original_…`` is what the debtor's bank was last told of it, ``None`` where that is not known or nothing was told
    yet: what differs is told with the next collection (``amendment``). ``last_used_on`` is the date of the last
    collection. ``former_ids`` are the mandate ids that it once had: items and banks may still name it by them.
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
    street: str | None = None
    postcode: str | None = None
    town: str | None = None
    country: str | None = None
    former_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Amendment:
    """What of a mandate is other than the debtor's bank was last told. ``new_account`` is sent as SMNDA, whatever the
    bank."""

    original_mandate_id: str | None = None
    original_creditor_id: str | None = None
    original_creditor_name: str | None = None
    new_account: bool = False


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a mandate cannot be collected under: a reason of contract.md 5 and the facts behind it."""

    reason: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Register:
    """The mandates of all customers, ready to be looked through once for each item."""

    by_customer: Mapping[str, Sequence[Mandate]]
    by_id: Mapping[str, Mandate]

    def find(self, customer_no: str, mandate_ref: str | None, on: date) -> Mandate | None:
        """The mandate that an item of a customer is collected under on a day: the one that it names, whosever it is,
        else as ``mandate_for`` says."""
        if mandate_ref:
            return self.by_id.get(mandate_ref)
        return mandate_for(self.by_customer.get(customer_no, ()), on)

    def several(self, customer_no: str, on: date) -> tuple[str, ...]:
        """The mandates of a customer between which an item that names none does not decide; empty where there are not
        several in force."""
        known = self.by_customer.get(customer_no, ())
        found = tuple(one.mandate_id for one in known if state_on(one, on) is MandateStatus.ACTIVE)
        return found if len(found) > 1 else ()


def register_of(mandates: Iterable[Mandate]) -> Register:
    """Mandates by customer and by mandate id. An id that a mandate once had leads to it too."""
    by_customer: dict[str, list[Mandate]] = {}
    by_id: dict[str, Mandate] = {}
    former: dict[str, Mandate] = {}
    for mandate in mandates:
        by_customer.setdefault(mandate.customer_no, []).append(mandate)
        by_id[mandate.mandate_id] = mandate
        for name in mandate.former_ids:
            former[name] = mandate
    return Register(by_customer, former | by_id)


def mandate_for(mandates: Iterable[Mandate], on: date) -> Mandate | None:
    """The mandate of a customer to collect an item under that names none: his only one in force on a day. Where none
    is, the only one that waits for a person, else the only one at all, so that its state is told as the reason.
    ``None`` where nothing decides: between two mandates in force nobody guesses (A-22 off, X-16)."""
    known = tuple(mandates)
    if len(known) == 1:
        return known[0]
    states = [state_on(mandate, on) for mandate in known]
    for wanted in ({MandateStatus.ACTIVE}, {MandateStatus.SUSPENDED, MandateStatus.BLOCKED}):
        found = [mandate for mandate, state in zip(known, states, strict=True) if state in wanted]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def accounts_in_force(mandates: Iterable[Mandate], on: date) -> dict[str, str]:
    """The bank accounts of a customer under which mandates are in force on a day, each with the first of them (A-22):
    several mandates of one account count once."""
    found: dict[str, str] = {}
    for mandate in mandates:
        if state_on(mandate, on) is MandateStatus.ACTIVE:
            found.setdefault(compact(mandate.iban), mandate.mandate_id)
    return found


def state_on(mandate: Mandate, on: date) -> MandateStatus:
    """The status of a mandate on a day: what nobody has ended is expired once it has lapsed or is used up."""
    if mandate.status in ENDED:
        return mandate.status
    return MandateStatus.EXPIRED if warning_on(mandate, on) in {LAPSED, USED_UP} else mandate.status


def warning_on(mandate: Mandate, on: date) -> str | None:
    """What is to be known of a mandate's time on a day: ``lapsing`` from 30 months without use on, ``lapsed`` after 36,
    ``used_up`` for a one-off mandate after its use; ``None`` where there is time, or the mandate is ended."""
    if mandate.status in ENDED:
        return None
    if mandate.kind is MandateKind.ONE_OFF and mandate.last_used_on is not None:
        return USED_UP
    start = mandate.last_used_on or mandate.signed_on
    # Most are far from it: young ones are told without counting months.
    if start is None or (on - start).days < _SURELY_YOUNG:
        return None
    if on > add_months(start, LAPSE_MONTHS):
        return LAPSED
    return LAPSING if on >= add_months(start, WARN_MONTHS) else None


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


def amendment(mandate: Mandate, creditor_id: str | None = None, creditor_name: str | None = None) -> Amendment | None:
    """What the next collection must tell the debtor's bank, or ``None``: all is as it was last told.

    ``creditor_id`` and ``creditor_name`` are who collects now: an original creditor identifier that differs by no more
    than its business code is no change, nor is a name that a bank writes the same.
    """
    old_id, old_name = mandate.original_creditor_id, mandate.original_creditor_name
    if old_id is not None and creditor_id is not None and same_creditor(old_id, creditor_id):
        old_id = None
    if old_name is not None and creditor_name is not None and same_name(old_name, creditor_name):
        old_name = None
    changed = Amendment(
        original_mandate_id=_if_other(mandate.original_mandate_id, mandate.mandate_id),
        original_creditor_id=old_id,
        original_creditor_name=old_name,
        new_account=_if_other(compact(mandate.original_iban or ""), compact(mandate.iban)) is not None,
    )
    return None if changed == Amendment() else changed


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same in a file: letters that a bank does not take are written otherwise.

    >>> same_name("Optik Größe", "Optik Groesse"), same_name("Optik Alt", "Optik Neu")
    (True, False)
    """
    return one == other or fit(one, MAX_NAME).text == fit(other, MAX_NAME).text


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
