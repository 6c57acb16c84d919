"""The nouns of a direct-debit collection: claims, debits, blocks, files, and the plan that puts them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sepa.mandate import Amendment, Mandate, Scheme, SequenceType
from sepa.problem import Problem

# The reasons of contract.md 5 in the order in which they are looked for, and ``no_creditor``: the branch is unknown, or
# has no account or creditor identifier to collect with. Facts that come with some of them: blocked (those of the hold,
# mandate and status, or those of a debit that came back: day, reference, code), currency (currency), amount (amount in
# minor units), mandate_unknown (mandate; customer whose mandate it is, or creditor that is none), scheme_mismatch
# (mandate, scheme), mandate_expired (lapsed_on, or mandate where an earlier claim uses it up), no_signature_date
# (signed_on where it lies ahead), iban_invalid (iban, problem), address_missing (missing: of name, town, country, bic),
# no_mandate (several: mandates in force, where the item names none of them), no_creditor (branch, wrong), lead_time
# and prenotification (date, first: the first day that would do).
REASONS: Final = (
    "not_direct_debit",
    "blocked",
    "disputed",
    "already_exported",
    "with_agency",
    "currency",
    "amount",
    "no_mandate",
    "mandate_unknown",
    "scheme_mismatch",
    "mandate_revoked",
    "mandate_expired",
    "no_signature_date",
    "iban_invalid",
    "address_missing",
    "no_creditor",
    "lead_time",
    "prenotification",
)
# Reasons that only others can find: from the blocks of an item, its exports, its agency.
HOLDS: Final = frozenset({"blocked", "disputed", "already_exported", "with_agency"})

CURRENCY: Final = "EUR"
# AT-06: 0.01 to 999,999,999.99 (Anlage 3).
MIN_AMOUNT: Final = 1
MAX_AMOUNT: Final = 99_999_999_999
# One transaction takes some 900 bytes, so a full file stays under 100 MB, which online banking and EBICS still take.
MAX_DEBITS_PER_FILE: Final = 100_000


class CollectionError(ValueError):
    """A wish that cannot be met as a whole. ``reason`` is ``collection-date-closed`` (no bank day), ``message-id``
    (not ``[A-Z0-9.-]``, or too long to derive the other ids from it). ``instead`` is what would do, if anything."""

    def __init__(self, reason: str, text: str, instead: str = "") -> None:
        super().__init__(f"{reason}: {text}")
        self.reason = reason
        self.text = text
        self.instead = instead


@dataclass(frozen=True, slots=True)
class Claim:
    """What a customer owes on a due date. ``amount`` in minor units of ``currency``.

    ``mandate`` is the one to collect under, as found in the books; ``mandate_ref`` what the item says, so that an item
    naming a mandate that nobody knows (``mandate_unknown``) differs from one without (``no_mandate``); ``several`` are
    mandates in force that it does not decide between. ``hold`` is a reason that others have found (one of HOLDS).
    ``represents`` is the end-to-end id of an earlier debit of the same claim that came back, ``not_before`` the day
    agreed on for presenting it again. ``announced_on`` is when the customer is told of the debit, where his invoice
    does not do so on ``issue_date``.
    """

    item_id: int
    invoice_no: str
    customer_no: str
    customer_name: str
    amount: int
    due_date: date
    direct_debit: bool
    currency: str = CURRENCY
    branch: str | None = None
    issue_date: date | None = None
    mandate: Mandate | None = None
    mandate_ref: str | None = None
    customer_is_company: bool | None = None
    hold: str | None = None
    hold_facts: tuple[tuple[str, str], ...] = ()
    service_contract: str | None = None
    creditor_reference: str | None = None
    represents: str | None = None
    not_before: date | None = None
    announced_on: date | None = None
    several: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Creditor:
    """Who collects, on which account: ``creditor_id`` with the business code of the branch, if it has one.

    ``ultimate`` is the name for whom it is collected, where that is another (AT-38: ultimate creditor). The account's
    bank wants a file ``lead_days`` bank days ahead (``None``: those of the rules), before ``cut_off`` (``HH:MM``).
    """

    name: str
    creditor_id: str
    iban: str
    bic: str | None = None
    ultimate: str | None = None
    lead_days: int | None = None
    cut_off: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """How to collect (contract.md 2, ``[collect]``). ``collection_date`` puts all debits on one day;
    ``structured_reference`` sends an item's RF reference in place of the text. ``lead_days`` holds for accounts that
    say nothing of their own. ``handed_in_at`` (``HH:MM``) is when the bank is to get the file on the day of the
    decision: after an account's cut-off the next bank day counts. ``purpose`` and ``category_purpose`` are codes of
    ISO 20022, four letters."""

    group_by_branch: bool = True
    service_contracts_apart: bool = False
    prenotification_days: int = 14
    lead_days: int = 1
    collection_date: date | None = None
    keep_umlauts: bool = False
    structured_reference: bool = False
    max_debits: int = MAX_DEBITS_PER_FILE
    handed_in_at: str | None = None
    purpose: str | None = None
    category_purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Debit:
    """One transaction, its texts already in the character set of SEPA. ``end_to_end_id`` is empty until identified.

    ``name`` is the account holder of the mandate, ``ultimate_debtor`` the customer where that is somebody else. Either
    ``reference`` (an RF reference) or ``remittance`` is sent.
    The address is there where the debtor's bank stands outside the EEA, else ``None``.
    """

    item_id: int
    invoice_no: str
    customer_no: str
    due_date: date
    amount: int
    name: str
    iban: str
    mandate_id: str
    signed_on: date
    remittance: str
    bic: str | None = None
    reference: str | None = None
    amendment: Amendment | None = None
    street: str | None = None
    postcode: str | None = None
    town: str | None = None
    country: str | None = None
    end_to_end_id: str = ""
    ultimate_debtor: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Debits that the bank settles together (PmtInf): one account, creditor identifier, ultimate creditor, day,
    sequence type and category purpose. ``payment_information_id`` is empty until identified."""

    creditor: Creditor
    collection_date: date
    sequence: SequenceType
    debits: Sequence[Debit]
    service_contract: bool = False
    payment_information_id: str = ""
    category_purpose: str | None = None

    @property
    def count(self) -> int:
        """How many debits."""
        return len(self.debits)

    @property
    def sum(self) -> int:
        """What they add up to, minor units."""
        return sum(debit.amount for debit in self.debits)


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file to be: one branch (or, with ``branch`` None, one account or the items without a branch), one scheme."""

    branch: str | None
    scheme: Scheme
    blocks: tuple[Block, ...]

    @property
    def count(self) -> int:
        """How many debits."""
        return sum(block.count for block in self.blocks)

    @property
    def sum(self) -> int:
        """What they add up to, minor units."""
        return sum(block.sum for block in self.blocks)

    @property
    def collection_date(self) -> date:
        """The first day on which the file collects."""
        return min(block.collection_date for block in self.blocks)


@dataclass(frozen=True, slots=True)
class DebitFile:
    """A file with all its ids, ready to be written."""

    message_id: str
    branch: str | None
    scheme: Scheme
    blocks: tuple[Block, ...]

    @property
    def count(self) -> int:
        """How many debits."""
        return sum(block.count for block in self.blocks)

    @property
    def sum(self) -> int:
        """What they add up to, minor units."""
        return sum(block.sum for block in self.blocks)

    @property
    def collection_date(self) -> date:
        """The first day on which the file collects."""
        return min(block.collection_date for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Excluded:
    """A claim that is not collected, and the first reason found, one of REASONS."""

    claim: Claim
    reason: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Total:
    """Number and sum (minor units) of claims in one currency."""

    currency: str
    count: int
    sum: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The outcome: each claim stands in one file or in ``excluded``. ``due`` adds up all claims by currency, so that
    Σ files + Σ excluded = Σ due. ``notes`` tell what was changed on the way: replaced characters, texts cut, a BIC
    left out."""

    files: tuple[PlannedFile, ...]
    excluded: tuple[Excluded, ...]
    due: tuple[Total, ...]
    notes: tuple[Problem, ...] = ()
