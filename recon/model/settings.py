"""The settings of a company (contract.md 2): who collects where, how matching, collecting and dunning decide."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from recon.model.roles import User
from sepa.debits import MAX_DEBITS_PER_FILE
from sepa.returns import caused_by_debtor

FeePolicy = Literal["exact_only", "legal_order", "principal_first"]
UnpaidFees = Literal["lapse", "claim"]
ReturnCharges = Literal["cost", "claim"]
Release = Literal["single", "four_eyes"]
Anchor = Literal["due_date", "previous_notice", "previous_deadline"]
Channel = Literal["letter", "email", "phone"]
DunningMode = Literal["on", "off", "external"]
DueShift = Literal["none", "next_bank_day"]
InterestFrom = Literal["first_deadline", "first_notice", "due_date"]
DayCount = Literal["actual_365", "actual_actual"]


@dataclass(frozen=True, slots=True)
class Company:
    """The creditor. ``creditor_id`` is the Gläubiger-ID (EPC262-08), ``chart`` the chart of accounts. ``phone`` and
    ``email`` are where customers who got a letter reach it."""

    name: str
    creditor_id: str | None = None
    chart: Literal["SKR03", "SKR04"] = "SKR03"
    street: str | None = None
    postcode: str | None = None
    town: str | None = None
    country: str = "DE"
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An own bank account. ``ledger_account`` replaces the chart's bank account. Its bank wants debits ``lead_days``
    bank days ahead (``None``: those of ``[collect]``) and before ``cut_off`` (``HH:MM``)."""

    iban: str
    bic: str | None = None
    name: str | None = None
    currency: str = "EUR"
    ledger_account: str | None = None
    lead_days: int | None = None
    cut_off: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch (Filiale). ``account`` is the IBAN where it collects; ``creditor_id_code`` the business code in
    positions 5 to 7 of the creditor identifier; ``dunning_days`` its own days for each level; ``ultimate_creditor`` the
    name for whom the branch collects, where that is not the company."""

    code: str
    name: str
    account: str | None = None
    creditor_id_code: str | None = None
    dunning_days: tuple[int, ...] = ()
    ultimate_creditor: str | None = None


@dataclass(frozen=True, slots=True)
class MatchingSettings:
    """``auto = "none"`` books nothing by itself; ``no_auto_types`` are document types never assigned without a
    person (D-08); ``tolerance`` in minor units, by which a payment may differ and is still proposed as whole.
    ``unpaid_fees`` says what becomes of a dunning fee when its items are settled without it (X-05): it lapses, or it
    stays claimable and a later payment of exactly it is proposed."""

    auto: Literal["certain", "none"] = "certain"
    fee_policy: FeePolicy = "exact_only"
    no_auto_types: tuple[str, ...] = ()
    tolerance: int = 0
    unpaid_fees: UnpaidFees = "lapse"


@dataclass(frozen=True, slots=True)
class CollectSettings:
    """How direct debits are grouped and when an item counts as paid (A-21 to A-24, X-15, X-17). ``return_charges`` says
    who bears what the bank charges for a returned debit: we, or, for the codes in ``return_charge_reasons``, the
    customer (decision 17). ``release = "four_eyes"`` lets no file out that nobody but its maker has looked at.
    ``max_debits`` is the most that a file holds; ``purpose`` and ``category_purpose`` are codes of ISO 20022 that go
    with each debit and block. ``announce_undated`` asks for a notice of its own where an item's day of issue is not
    known."""

    group_by_branch: bool = True
    on_export: Literal["in_collection", "mark_paid"] = "in_collection"
    one_mandate_per_customer: bool = True
    service_contracts_apart: bool = False
    prenotification_days: int = 14
    lead_days: int = 1
    schema: Literal["pain.008.001.08", "pain.008.001.02"] = "pain.008.001.08"
    return_charges: ReturnCharges = "cost"
    return_charge_reasons: tuple[str, ...] = caused_by_debtor()
    release: Release = "single"
    max_debits: int = MAX_DEBITS_PER_FILE
    structured_reference: bool = False
    keep_umlauts: bool = False
    purpose: str | None = None
    category_purpose: str | None = None
    announce_undated: bool = False


@dataclass(frozen=True, slots=True)
class RefundSettings:
    """When credit may be paid back. ``wait_days`` is how long after its collection date a direct debit may be taken
    back by the debtor (8 weeks, § 675x BGB); ``min_amount`` in minor units; ``lead_days`` are bank days between making
    a file and its execution date; ``release`` says who may release a file: with ``four_eyes`` and users in the
    settings, somebody else than who made it (decision 22)."""

    wait_days: int = 56
    min_amount: int = 1
    lead_days: int = 1
    release: Release = "four_eyes"


@dataclass(frozen=True, slots=True)
class LevelSettings:
    """One dunning level: ``after_days`` counted from ``anchor``; ``fee`` in minor units. ``deadline_days``,
    ``min_amount`` (minor units) and ``interest`` stand in place of those of the procedure where they are given."""

    number: int
    after_days: int
    anchor: Anchor = "due_date"
    fee: int = 0
    channel: Channel = "letter"
    deadline_days: int | None = None
    min_amount: int | None = None
    interest: bool | None = None


@dataclass(frozen=True, slots=True)
class BaseRate:
    """A base rate (Basiszinssatz, § 247 BGB) in force from a day; ``percent`` in hundredths of a percent (1.27 % is
    127), may be negative."""

    since: date
    percent: int


@dataclass(frozen=True, slots=True)
class DunningSettings:
    """The dunning procedure (Mahnverfahren). ``min_gap_days`` keeps two notices of one item apart (X-02). ``given``
    names the keys that the settings file states: they stand, even at their default, where a preset says otherwise.

    ``mode`` says who duns: opos, nobody (D-03), or the system that the documents are exported to (V-01).
    ``max_repeats`` bounds ``repeat_last`` (X-10; ``None``: no end). ``due_shift`` moves due dates on closed days for
    counting only (X-30, § 193 BGB). ``countries`` are those of the customers who are dunned, empty for all (X-23).
    ``interest`` and ``lump_sum`` are those of § 288 BGB, ``base_rates`` go before the built-in ones (decision 24)."""

    preset: str | None = "amparex"
    boundary: Literal["inclusive", "strict"] = "inclusive"
    fee_mode: Literal["replace", "cumulative"] = "replace"
    fee_scope: Literal["per_notice", "per_item"] = "per_notice"
    combine: Literal["none", "customer", "address"] = "customer"
    mixed_levels: Literal["highest", "separate"] = "highest"
    deadline_days: int = 10
    min_gap_days: int = 7
    min_amount: int = 1
    repeat_last: bool = False
    staleness_bank_days: int = 3
    levels: tuple[LevelSettings, ...] = ()
    given: tuple[str, ...] = field(default=(), compare=False)
    mode: DunningMode = "on"
    max_repeats: int | None = None
    due_shift: DueShift = "none"
    copy_on_create: bool = False
    countries: tuple[str, ...] = ()
    interest: bool = False
    interest_from: InterestFrom = "first_deadline"
    day_count: DayCount = "actual_365"
    lump_sum: bool = False
    base_rates: tuple[BaseRate, ...] = ()


@dataclass(frozen=True, slots=True)
class DatevSettings:
    """The client at the tax adviser's DATEV. ``consultant`` and ``client`` are DATEV's numbers of adviser and client;
    ``fiscal_year_start`` is ``MM-DD``; ``storno`` says how an entry that takes another back is told: with its sides
    turned round, or as a Generalumkehr."""

    consultant: int | None = None
    client: int | None = None
    fiscal_year_start: str = "01-01"
    account_length: int = 4
    storno: Literal["swap", "general_reversal"] = "swap"
    label: str = "opos"
    automatic_accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PbsSettings:
    """Betalingsservice, the Danish direct debit (A-25 to A-27); not there where the company does not use it.
    ``supplier`` is the data supplier's CVR number, ``creditor`` the PBS creditor number, ``registration`` and
    ``account`` the own Danish account; ``due_day`` the day of the month on which is collected, ``text_lines`` whether
    the debtor is told what for (records BS052)."""

    enabled: bool = False
    supplier: str | None = None
    subsystem: str = "BS1"
    creditor: str | None = None
    debtor_group: str = "00001"
    registration: str | None = None
    account: str | None = None
    user: str | None = None
    due_day: int = 1
    text_lines: bool = True


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The mail server and who writes. ``port`` ``None`` is the usual one of ``security``. The password is no setting:
    it comes from the environment (``OPOS_SMTP_PASSWORD``) or stands in the file ``password_file``. ``operator`` is the
    address of whoever runs the dunning (V-19); ``timeout`` in seconds."""

    host: str | None = None
    port: int | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password_file: str | None = None
    sender: str | None = None
    sender_name: str | None = None
    reply_to: str | None = None
    operator: str | None = None
    timeout: int = 30


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one company. ``users`` may do what their roles say; without users everybody may do everything
    (``recon.model.roles``). ``ledger_accounts`` replaces accounts of the chart by role: ``{"bank": "1210"}``."""

    company: Company
    accounts: tuple[Account, ...] = ()
    branches: tuple[Branch, ...] = ()
    matching: MatchingSettings = field(default_factory=MatchingSettings)
    collect: CollectSettings = field(default_factory=CollectSettings)
    dunning: DunningSettings = field(default_factory=DunningSettings)
    ledger_accounts: tuple[tuple[str, str], ...] = ()
    users: tuple[User, ...] = ()
    datev: DatevSettings = field(default_factory=DatevSettings)
    refunds: RefundSettings = field(default_factory=RefundSettings)
    pbs: PbsSettings = field(default_factory=PbsSettings)
    mail: MailSettings = field(default_factory=MailSettings)
