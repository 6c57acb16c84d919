"""The keys of the settings file (contract.md 2) and what each of them takes."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, get_args

from recon.model import settings as model
from recon.model.addresses import ADDRESS
from recon.model.items import DocumentType
from recon.model.ledger import Role
from recon.model.roles import UserRole
from sepa.debits import MAX_DEBITS_PER_FILE
from sepa.identifiers import IdentifierError, parse_bic, parse_creditor_id, parse_iban
from sepa.money import AmountError, parse_typed_amount, plain
from sepa.returns import chargeable

MAX_TEXT: Final = 200
# No base rate was ever beyond 5 %; 50.00 is a decimal point forgotten.
MAX_RATE: Final = 5_000
# There are some 250 countries.
MAX_COUNTRIES: Final = 300
# Beyond a hundred times nobody means to repeat a notice.
MAX_REPEATS: Final = 100
# A year: no deadline, gap or notice of a dunning procedure is longer.
MAX_DAYS: Final = 366
# Amparex has at most four levels; a fifth is refused.
MAX_LEVELS: Final = 4
# 1,000.00: a dunning fee above is a decimal point forgotten.
MAX_FEE: Final = 100_000
# 50.00: charges that a bank abroad keeps back are less; above it a difference is a part payment.
MAX_TOLERANCE: Final = 5_000
# A chart of accounts has some hundred automatic ones.
MAX_AUTOMATIC: Final = 500

# Banks take debits one bank day ahead; none wants more than a month.
MAX_LEAD_DAYS: Final = 30

PRESETS: Final = ("amparex", "prepayment", "fintecrity", "desk4")
NO_PRESET: Final = "none"

Reader = Callable[[Any], Any]

_LEDGER_ACCOUNT: Final = re.compile(r"\d{3,9}\Z", re.ASCII)
_BUSINESS_CODE: Final = re.compile(r"[A-Z0-9]{3}\Z", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}\Z", re.ASCII)
_DAY: Final = re.compile(r"\d\d-\d\d\Z", re.ASCII)
_TIME: Final = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d\Z", re.ASCII)
_PURPOSE: Final = re.compile(r"[A-Z0-9]{4}\Z", re.ASCII)
_PERCENT: Final = re.compile(r"([+-]?)(\d{1,4})(?:[.,](\d{1,2}))?", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}\Z", re.ASCII)
HIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


class SettingError(ValueError):
    """A value that a key does not take."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise SettingError("setting-type", wanted='"…"')
    found = value.strip()
    if not found or len(found) > MAX_TEXT or HIDDEN.search(found):
        raise SettingError("setting-text", limit=MAX_TEXT)
    return found


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise SettingError("setting-type", wanted="true / false")
    return value


def _whole(lowest: int, highest: int) -> Reader:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise SettingError("setting-type", wanted=f"{lowest} … {highest}")
        if not lowest <= value <= highest:
            raise SettingError("setting-range", lowest=lowest, highest=highest)
        return value

    return read


def _one_of(*allowed: str) -> Reader:
    def read(value: Any) -> str:
        if value not in allowed:
            raise SettingError("setting-choice", allowed=", ".join(f'"{word}"' for word in allowed))
        return str(value)

    return read


def _shape(pattern: re.Pattern[str], wanted: str) -> Reader:
    def read(value: Any) -> str:
        found = _text(value)
        if not pattern.match(found):
            raise SettingError("setting-type", wanted=wanted)
        return found

    return read


def _money(lowest: int, highest: int) -> Reader:
    def read(value: Any) -> int:
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise SettingError("setting-money-unquoted", quoted=f'"{value:.2f}"')
        try:
            found = parse_typed_amount(_text(value))
        except AmountError as problem:
            raise SettingError("setting-money") from problem
        if not lowest <= found <= highest:
            raise SettingError("setting-range", lowest=plain(lowest), highest=plain(highest))
        return found

    return read


def _list_of(read_one: Reader, limit: int) -> Reader:
    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise SettingError("setting-type", wanted="[ …, … ]")
        if len(value) > limit:
            raise SettingError("setting-too-many", limit=limit)
        return tuple(read_one(one) for one in value)

    return read


def _identifier(parse: Callable[[str], str], code: str) -> Reader:
    def read(value: Any) -> str:
        try:
            return parse(_text(value))
        except IdentifierError as problem:
            raise SettingError(code) from problem

    return read


def _preset(value: Any) -> str | None:
    found: str = _one_of(*PRESETS, NO_PRESET)(value)
    return None if found == NO_PRESET else found


def _role(value: Any) -> UserRole:
    return UserRole(_one_of(*UserRole)(value))


def _day(value: Any) -> date:
    """A day, as the file has it or as the books keep it."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(_text(value))
    except ValueError as problem:
        raise SettingError("setting-type", wanted="2027-01-01") from problem


def _percent(value: Any) -> int:
    """Hundredths of a percent, from text: a rate is no float."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise SettingError("setting-money-unquoted", quoted=f'"{value:.2f}"')
    found = _PERCENT.fullmatch(_text(value))
    if found is None:
        raise SettingError("setting-type", wanted='"1.27"')
    hundredths = int(found[2]) * 100 + int((found[3] or "").ljust(2, "0"))
    if hundredths > MAX_RATE:
        raise SettingError("setting-range", lowest=plain(-MAX_RATE), highest=plain(MAX_RATE))
    return -hundredths if found[1] == "-" else hundredths


def _day_of_year(value: Any) -> str:
    """``MM-DD``, a day that every year has."""
    found: str = _shape(_DAY, '"01-01"')(value)
    try:
        date(2023, int(found[:2]), int(found[3:]))
    except ValueError as problem:
        raise SettingError("setting-type", wanted='"01-01"') from problem
    return found


_IBAN: Final = _identifier(parse_iban, "setting-iban")
_DAYS: Final = _whole(0, MAX_DAYS)
_LEAD_DAYS: Final = _whole(1, MAX_LEAD_DAYS)
_ACCOUNT_NO: Final = _shape(_LEDGER_ACCOUNT, '"1200"')

COMPANY: Final[Mapping[str, Reader]] = {
    "name": _text,
    "creditor_id": _identifier(parse_creditor_id, "setting-creditor-id"),
    "chart": _one_of("SKR03", "SKR04"),
    "street": _text,
    "postcode": _text,
    "town": _text,
    "country": _shape(_COUNTRY, '"DE"'),
    "phone": _text,
    "email": _text,
}
ACCOUNT: Final[Mapping[str, Reader]] = {
    "iban": _IBAN,
    "bic": _identifier(parse_bic, "setting-bic"),
    "name": _text,
    "currency": _shape(_CURRENCY, '"EUR"'),
    "ledger_account": _ACCOUNT_NO,
    "lead_days": _LEAD_DAYS,
    "cut_off": _shape(_TIME, '"14:00"'),
}
BRANCH: Final[Mapping[str, Reader]] = {
    "code": _text,
    "name": _text,
    "account": _IBAN,
    "creditor_id_code": _shape(_BUSINESS_CODE, '"K01"'),
    "dunning_days": _list_of(_DAYS, MAX_LEVELS),
    "ultimate_creditor": _text,
}
MATCHING: Final[Mapping[str, Reader]] = {
    "auto": _one_of("certain", "none"),
    "fee_policy": _one_of(*get_args(model.FeePolicy)),
    "unpaid_fees": _one_of(*get_args(model.UnpaidFees)),
    "no_auto_types": _list_of(_one_of(*(str(one) for one in DocumentType)), len(DocumentType)),
    "tolerance": _money(0, MAX_TOLERANCE),
}
COLLECT: Final[Mapping[str, Reader]] = {
    "group_by_branch": _flag,
    "on_export": _one_of("in_collection", "mark_paid"),
    "one_mandate_per_customer": _flag,
    "service_contracts_apart": _flag,
    "prenotification_days": _DAYS,
    "announce_undated": _flag,
    "lead_days": _LEAD_DAYS,
    "max_debits": _whole(1, MAX_DEBITS_PER_FILE),
    "structured_reference": _flag,
    "keep_umlauts": _flag,
    "purpose": _shape(_PURPOSE, '"OTHR"'),
    "category_purpose": _shape(_PURPOSE, '"SUPP"'),
    "schema": _one_of("pain.008.001.08", "pain.008.001.02"),
    "return_charges": _one_of(*get_args(model.ReturnCharges)),
    "return_charge_reasons": _list_of(_one_of(*chargeable()), len(chargeable())),
    "release": _one_of(*get_args(model.Release)),
}
REFUNDS: Final[Mapping[str, Reader]] = {
    # Eight weeks are the law's; a longer time covers banks that book the return late.
    "wait_days": _whole(56, MAX_DAYS),
    "min_amount": _money(1, 100 * MAX_FEE),
    "lead_days": _whole(0, 14),
    "release": _one_of("four_eyes", "single"),
}
DUNNING: Final[Mapping[str, Reader]] = {
    "preset": _preset,
    "boundary": _one_of("inclusive", "strict"),
    "fee_mode": _one_of("replace", "cumulative"),
    "fee_scope": _one_of("per_notice", "per_item"),
    "combine": _one_of("none", "customer", "address"),
    "mixed_levels": _one_of("highest", "separate"),
    "deadline_days": _DAYS,
    "min_gap_days": _DAYS,
    "min_amount": _money(0, 100 * MAX_FEE),
    "repeat_last": _flag,
    "staleness_bank_days": _whole(0, MAX_DAYS),
    "mode": _one_of(*get_args(model.DunningMode)),
    "max_repeats": _whole(0, MAX_REPEATS),
    "due_shift": _one_of(*get_args(model.DueShift)),
    "copy_on_create": _flag,
    "countries": _list_of(_shape(_COUNTRY, '"DE"'), MAX_COUNTRIES),
    "interest": _flag,
    "interest_from": _one_of(*get_args(model.InterestFrom)),
    "day_count": _one_of(*get_args(model.DayCount)),
    "lump_sum": _flag,
}
BASE_RATE: Final[Mapping[str, Reader]] = {
    "from": _day,
    "percent": _percent,
}
# Not in the file: what stored settings remember of it.
GIVEN: Final = _list_of(_one_of(*DUNNING, "levels", "base_rates"), len(DUNNING) + 2)
LEVEL: Final[Mapping[str, Reader]] = {
    "number": _whole(1, MAX_LEVELS),
    "after_days": _DAYS,
    "anchor": _one_of(*get_args(model.Anchor)),
    "fee": _money(0, MAX_FEE),
    "channel": _one_of(*get_args(model.Channel)),
    "deadline_days": _DAYS,
    "min_amount": _money(0, 100 * MAX_FEE),
    "interest": _flag,
}
USER: Final[Mapping[str, Reader]] = {
    "name": _text,
    "role": _role,
}
LEDGER: Final[Mapping[str, Reader]] = {str(role): _ACCOUNT_NO for role in Role}

DATEV: Final[Mapping[str, Reader]] = {
    "consultant": _whole(1001, 9_999_999),
    "client": _whole(1, 99_999),
    "fiscal_year_start": _day_of_year,
    "account_length": _whole(4, 8),
    "storno": _one_of("swap", "general_reversal"),
    "label": _text,
    "automatic_accounts": _list_of(_ACCOUNT_NO, MAX_AUTOMATIC),
}

PBS: Final[Mapping[str, Reader]] = {
    "enabled": _flag,
    "supplier": _shape(re.compile(r"\d{8}\Z", re.ASCII), '"12345678"'),
    "subsystem": _shape(re.compile(r"[A-Z0-9]{3}\Z", re.ASCII), '"BS1"'),
    "creditor": _shape(re.compile(r"\d{8}\Z", re.ASCII), '"12345678"'),
    "debtor_group": _shape(re.compile(r"\d{5}\Z", re.ASCII), '"00001"'),
    "registration": _shape(re.compile(r"\d{4}\Z", re.ASCII), '"1234"'),
    "account": _shape(re.compile(r"\d{1,10}\Z", re.ASCII), '"1234567890"'),
    "user": _shape(re.compile(r"[A-Za-z0-9 ./-]{1,15}\Z", re.ASCII), '"OPOS"'),
    # A month without the day has its last day instead.
    "due_day": _whole(1, 31),
    "text_lines": _flag,
}
# What a delivery needs of them.
PBS_NEEDED: Final = ("supplier", "creditor", "registration", "account")

MAIL: Final[Mapping[str, Reader]] = {
    "host": _shape(re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.:-]*[A-Za-z0-9])?\Z", re.ASCII), '"mail.example.com"'),
    "port": _whole(1, 65_535),
    "security": _one_of("starttls", "tls", "none"),
    "user": _text,
    "password_file": _text,
    "sender": _shape(ADDRESS, '"name@example.com"'),
    "sender_name": _text,
    "reply_to": _shape(ADDRESS, '"name@example.com"'),
    "operator": _shape(ADDRESS, '"name@example.com"'),
    # Seconds: a server that says nothing for longer is not there.
    "timeout": _whole(1, 300),
}

# The sections that hold plain keys, not lists.
PLAIN_SECTIONS: Final[Mapping[str, Mapping[str, Reader]]] = {
    "company": COMPANY,
    "matching": MATCHING,
    "collect": COLLECT,
    "dunning": DUNNING,
    "ledger": LEDGER,
    "datev": DATEV,
    "refunds": REFUNDS,
    "pbs": PBS,
    "mail": MAIL,
}
SECTIONS: Final = (
    "company", "accounts", "branches", "matching", "collect", "dunning", "ledger", "users", "datev", "refunds", "pbs",
    "mail",
)  # fmt: skip
