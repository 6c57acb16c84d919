"""The settings file of a company (contract.md 2), TOML -> ``Settings``. Every key is checked; nothing is guessed."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, Final, get_args

from recon.items.settings_json import settings_document
from recon.model import settings as model
from recon.model.finding import Finding, error, has_errors, warning
from recon.model.items import DocumentType
from recon.model.ledger import Role
from recon.model.settings import (
    Account,
    Branch,
    CollectSettings,
    Company,
    DunningSettings,
    LevelSettings,
    MatchingSettings,
    Settings,
)
from sepa.identifiers import IdentifierError, parse_bic, parse_creditor_id, parse_iban
from sepa.money import AmountError, parse_typed_amount, plain

# A file with a thousand branches stays far below.
MAX_SETTINGS_BYTES: Final = 1024 * 1024
MAX_ENTRIES: Final = 2_000
MAX_TEXT: Final = 200
# A year: no deadline, gap or notice of a dunning procedure is longer.
MAX_DAYS: Final = 366
# Amparex has at most four levels; a fifth is refused.
MAX_LEVELS: Final = 4
# 1,000.00: a dunning fee above is a decimal point forgotten.
MAX_FEE: Final = 100_000

PRESETS: Final = ("amparex", "prepayment", "fintecrity", "desk4")
NO_PRESET: Final = "none"

Reader = Callable[[Any], Any]

_LINE: Final = re.compile(r"at line (\d+), column (\d+)")
_LEDGER_ACCOUNT: Final = re.compile(r"\d{3,9}\Z", re.ASCII)
_BUSINESS_CODE: Final = re.compile(r"[A-Z0-9]{3}\Z", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}\Z", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}\Z", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


class _ValueError(ValueError):
    """A value that a key does not take."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _ValueError("setting-type", wanted='"…"')
    found = value.strip()
    if not found or len(found) > MAX_TEXT or _CONTROL.search(found):
        raise _ValueError("setting-text", limit=MAX_TEXT)
    return found


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _ValueError("setting-type", wanted="true / false")
    return value


def _whole(lowest: int, highest: int) -> Reader:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _ValueError("setting-type", wanted=f"{lowest} … {highest}")
        if not lowest <= value <= highest:
            raise _ValueError("setting-range", lowest=lowest, highest=highest)
        return value

    return read


def _one_of(*allowed: str) -> Reader:
    def read(value: Any) -> str:
        if value not in allowed:
            raise _ValueError("setting-choice", allowed=", ".join(f'"{word}"' for word in allowed))
        return str(value)

    return read


def _shape(pattern: re.Pattern[str], wanted: str) -> Reader:
    def read(value: Any) -> str:
        found = _text(value)
        if not pattern.match(found):
            raise _ValueError("setting-type", wanted=wanted)
        return found

    return read


def _money(lowest: int, highest: int) -> Reader:
    def read(value: Any) -> int:
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise _ValueError("setting-money-unquoted", quoted=f'"{value:.2f}"')
        try:
            found = parse_typed_amount(_text(value))
        except AmountError as problem:
            raise _ValueError("setting-money") from problem
        if not lowest <= found <= highest:
            raise _ValueError("setting-range", lowest=plain(lowest), highest=plain(highest))
        return found

    return read


def _list_of(read_one: Reader, limit: int) -> Reader:
    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _ValueError("setting-type", wanted="[ …, … ]")
        if len(value) > limit:
            raise _ValueError("setting-too-many", limit=limit)
        return tuple(read_one(one) for one in value)

    return read


def _identifier(parse: Callable[[str], str], code: str) -> Reader:
    def read(value: Any) -> str:
        try:
            return parse(_text(value))
        except IdentifierError as problem:
            raise _ValueError(code) from problem

    return read


def _preset(value: Any) -> str | None:
    found: str = _one_of(*PRESETS, NO_PRESET)(value)
    return None if found == NO_PRESET else found


_IBAN: Final = _identifier(parse_iban, "setting-iban")
_DAYS: Final = _whole(0, MAX_DAYS)
_ACCOUNT_NO: Final = _shape(_LEDGER_ACCOUNT, '"1200"')

COMPANY: Final[Mapping[str, Reader]] = {
    "name": _text,
    "creditor_id": _identifier(parse_creditor_id, "setting-creditor-id"),
    "chart": _one_of("SKR03", "SKR04"),
    "street": _text,
    "postcode": _text,
    "town": _text,
    "country": _shape(_COUNTRY, '"DE"'),
}
ACCOUNT: Final[Mapping[str, Reader]] = {
    "iban": _IBAN,
    "bic": _identifier(parse_bic, "setting-bic"),
    "name": _text,
    "currency": _shape(_CURRENCY, '"EUR"'),
    "ledger_account": _ACCOUNT_NO,
}
BRANCH: Final[Mapping[str, Reader]] = {
    "code": _text,
    "name": _text,
    "account": _IBAN,
    "creditor_id_code": _shape(_BUSINESS_CODE, '"K01"'),
    "dunning_days": _list_of(_DAYS, MAX_LEVELS),
}
MATCHING: Final[Mapping[str, Reader]] = {
    "auto": _one_of("certain", "none"),
    "fee_policy": _one_of(*get_args(model.FeePolicy)),
    "no_auto_types": _list_of(_one_of(*(str(one) for one in DocumentType)), len(DocumentType)),
}
COLLECT: Final[Mapping[str, Reader]] = {
    "group_by_branch": _flag,
    "on_export": _one_of("in_collection", "mark_paid"),
    "one_mandate_per_customer": _flag,
    "service_contracts_apart": _flag,
    "prenotification_days": _DAYS,
    "lead_days": _whole(1, 30),
    "schema": _one_of("pain.008.001.08", "pain.008.001.02"),
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
}
LEVEL: Final[Mapping[str, Reader]] = {
    "number": _whole(1, MAX_LEVELS),
    "after_days": _DAYS,
    "anchor": _one_of(*get_args(model.Anchor)),
    "fee": _money(0, MAX_FEE),
    "channel": _one_of(*get_args(model.Channel)),
}
LEDGER: Final[Mapping[str, Reader]] = {str(role): _ACCOUNT_NO for role in Role}

# The sections that hold plain keys, not lists.
PLAIN_SECTIONS: Final[Mapping[str, Mapping[str, Reader]]] = {
    "company": COMPANY,
    "matching": MATCHING,
    "collect": COLLECT,
    "dunning": DUNNING,
    "ledger": LEDGER,
}
SECTIONS: Final = ("company", "accounts", "branches", "matching", "collect", "dunning", "ledger")


@dataclass(slots=True)
class _File:
    """The file being read: its name and what has been found so far."""

    name: str
    findings: list[Finding] = field(default_factory=list)

    def wrong(self, path: str, code: str, **facts: object) -> None:
        self.findings.append(error(code, f"{self.name}:{path}", key=path, **facts))

    def unknown(self, path: str, key: str, known: tuple[str, ...]) -> None:
        near = get_close_matches(key, known, n=1, cutoff=0.5)
        facts = {"near": near[0]} if near else {"near": ", ".join(known)}
        self.wrong(path, "setting-unknown", **facts)

    def table(self, value: Any, path: str, keys: Mapping[str, Reader], inner: tuple[str, ...] = ()) -> dict[str, Any]:
        """The good values of a table; the others become findings. ``inner`` are keys read by somebody else."""
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.wrong(path, "setting-type", value=_shown(value), wanted=f"[{path}]")
            return {}
        good: dict[str, Any] = {}
        for key, one in value.items():
            place = f"{path}.{key}"
            if key in inner or one is None:
                continue
            if key not in keys:
                self.unknown(place, str(key), (*keys, *inner))
                continue
            try:
                good[key] = keys[key](one)
            except _ValueError as problem:
                self.wrong(place, problem.code, value=_shown(one), **problem.facts)
        return good

    def tables(
        self, value: Any, path: str, keys: Mapping[str, Reader], needed: tuple[str, ...]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """The tables of an array of tables, each with its path; one that lacks a needed key is left out."""
        if value is None:
            return
        if not isinstance(value, list):
            self.wrong(path, "setting-type", value=_shown(value), wanted=f"[[{path}]]")
            return
        if len(value) > MAX_ENTRIES:
            self.wrong(path, "setting-too-many", value=len(value), limit=MAX_ENTRIES)
            return
        for number, one in enumerate(value, start=1):
            place = f"{path}.{number}"
            good = self.table(one, place, keys)
            if self.has(one, place, needed) and good.keys() >= set(needed):
                yield place, good

    def has(self, value: Any, path: str, needed: tuple[str, ...]) -> bool:
        """Whether the needed keys are there; a missing one becomes a finding."""
        missing = [key for key in needed if not isinstance(value, Mapping) or value.get(key) is None]
        for key in missing:
            self.wrong(f"{path}.{key}", "setting-missing")
        return not missing


def read_company(data: bytes, name: str) -> tuple[Settings | None, tuple[Finding, ...]]:
    """Read a company's TOML file. ``None`` with findings where anything is wrong; nothing raises."""
    if len(data) > MAX_SETTINGS_BYTES:
        return None, (error("file-too-large", name, limit=MAX_SETTINGS_BYTES // 1024 // 1024),)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        return None, (error("settings-encoding", f"{name}:{data.count(10, 0, problem.start) + 1}"),)
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as problem:
        found = _LINE.search(str(problem))
        line = int(found[1]) if found else text.count("\n") + 1
        return None, (error("settings-syntax", f"{name}:{line}", line=line),)
    return _read(document, name, stored=False)


def read_document(document: Mapping[str, Any], name: str) -> tuple[Settings | None, tuple[Finding, ...]]:
    """Read what ``settings_document`` gave, perhaps changed since, with all the checks of a file."""
    return _read(document, name, stored=True)


def change_setting(settings: Settings, key: str, typed: str, name: str) -> tuple[Settings | None, tuple[Finding, ...]]:
    """Settings with one key changed (``opos settings set dunning.deadline_days 12``).

    ``typed`` is a text, or a number, ``true``, ``false`` or a list as in the file. Accounts, branches and levels are
    lists: they are changed by applying a file.
    """
    section, _dot, leaf = key.partition(".")
    keys = PLAIN_SECTIONS.get(section)
    file = _File(name)
    if keys is None or leaf not in keys:
        known = tuple(f"{one}.{word}" for one, words in PLAIN_SECTIONS.items() for word in words)
        file.unknown(key, key, known)
        return None, tuple(file.findings)
    document = settings_document(settings)
    document[section][leaf] = _typed(typed, keys[leaf])
    if section == "dunning":
        document[section]["given"] = sorted({*settings.dunning.given, leaf})
    return read_document(document, name)


def _typed(typed: str, read: Reader) -> Any:
    """A text stays one where the key takes texts; otherwise it is read as the file would write it."""
    try:
        read(typed)
    except _ValueError as problem:
        if problem.code != "setting-type":
            return typed
        try:
            return tomllib.loads(f"value = {typed}")["value"]
        except (ValueError, RecursionError):
            return typed
    return typed


def _read(document: Mapping[str, Any], name: str, *, stored: bool) -> tuple[Settings | None, tuple[Finding, ...]]:
    file = _File(name)
    for section in document:
        if section not in SECTIONS:
            file.unknown(str(section), str(section), SECTIONS)
    company = file.table(document.get("company"), "company", COMPANY)
    named = file.has(document.get("company"), "company", ("name",)) and "name" in company
    accounts = tuple(_accounts(file, document.get("accounts")))
    branches = tuple(_branches(file, document.get("branches"), {account.iban for account in accounts}))
    matching = MatchingSettings(**file.table(document.get("matching"), "matching", MATCHING))
    collect = CollectSettings(**file.table(document.get("collect"), "collect", COLLECT))
    dunning = _dunning(file, document.get("dunning"), stored=stored)
    ledger = file.table(document.get("ledger"), "ledger", LEDGER)
    _postcode(file, company)
    findings = tuple(file.findings)
    if has_errors(findings) or not named:
        return None, findings
    ledger_accounts = tuple(sorted(ledger.items()))
    return Settings(Company(**company), accounts, branches, matching, collect, dunning, ledger_accounts), findings


def _accounts(file: _File, value: Any) -> Iterator[Account]:
    seen: dict[str, str] = {}
    for path, one in file.tables(value, "accounts", ACCOUNT, ("iban",)):
        if seen.setdefault(one["iban"], path) != path:
            file.wrong(f"{path}.iban", "setting-doubled", value=one["iban"], first=seen[one["iban"]])
        yield Account(**one)


def _branches(file: _File, value: Any, ibans: set[str]) -> Iterator[Branch]:
    seen: dict[str, str] = {}
    for path, one in file.tables(value, "branches", BRANCH, ("code", "name")):
        if seen.setdefault(one["code"], path) != path:
            file.wrong(f"{path}.code", "setting-doubled", value=one["code"], first=seen[one["code"]])
        account = one.get("account")
        if account is not None and account not in ibans:
            file.wrong(f"{path}.account", "branch-account-unknown", value=account, branch=one["code"])
        yield Branch(**one)


def _dunning(file: _File, value: Any, *, stored: bool) -> DunningSettings:
    """``stored`` settings have every key and say in ``given`` which of them the file stated; a file states its keys."""
    own = file.table(value, "dunning", DUNNING, inner=("levels", "given") if stored else ("levels",))
    table = value if isinstance(value, Mapping) else {}
    levels = _levels(file, table.get("levels"))
    given = table.get("given", ()) if stored else {*own, *({"levels"} if levels else ())}
    if "preset" not in own and (levels or stored):
        own["preset"] = None
    return DunningSettings(**own, levels=levels, given=tuple(sorted(given)))


def _levels(file: _File, value: Any) -> tuple[LevelSettings, ...]:
    """Levels 1, 2, 3 … in this order, at most four (A-08)."""
    if isinstance(value, list) and len(value) > MAX_LEVELS:
        file.wrong("dunning.levels", "levels-too-many", value=len(value), limit=MAX_LEVELS)
        return ()
    read = file.tables(value, "dunning.levels", LEVEL, ("number", "after_days"))
    levels = tuple(LevelSettings(**one) for _path, one in read)
    numbers = [level.number for level in levels]
    if isinstance(value, list) and len(levels) == len(value) and numbers != list(range(1, len(levels) + 1)):
        file.wrong("dunning.levels", "levels-order", value=", ".join(map(str, numbers)))
    for before, level in pairwise(levels):
        if level.fee < before.fee:
            facts = {"level": level.number, "fee": plain(level.fee), "before": plain(before.fee)}
            file.findings.append(warning("level-fee-falls", f"{file.name}:dunning.levels.{level.number}.fee", **facts))
    return levels


def _postcode(file: _File, company: Mapping[str, Any]) -> None:
    postcode = company.get("postcode")
    german = company.get("country", "DE") == "DE"
    if postcode and german and not re.fullmatch(r"[0-9]{5}", postcode):
        file.findings.append(warning("postcode-invalid", f"{file.name}:company.postcode", value=postcode))


def _shown(value: Any) -> str:
    text = _CONTROL.sub("?", str(value))
    return text if len(text) <= 60 else f"{text[:59]}…"
