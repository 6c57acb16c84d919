"""The settings file of a company (contract.md 2), TOML -> ``Settings``. Every key is checked; nothing is guessed."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, Final

from recon.items.setting_keys import (
    ACCOUNT,
    BASE_RATE,
    BRANCH,
    COLLECT,
    COMPANY,
    DATEV,
    DUNNING,
    GIVEN,
    HIDDEN,
    LEDGER,
    LEVEL,
    MAIL,
    MATCHING,
    MAX_LEVELS,
    PBS,
    PBS_NEEDED,
    PLAIN_SECTIONS,
    REFUNDS,
    SECTIONS,
    USER,
    Reader,
    SettingError,
)
from recon.items.settings_json import settings_document
from recon.model.finding import Finding, error, has_errors, warning
from recon.model.roles import User, UserRole
from recon.model.settings import (
    Account,
    BaseRate,
    Branch,
    CollectSettings,
    Company,
    DatevSettings,
    DunningSettings,
    LevelSettings,
    MailSettings,
    MatchingSettings,
    PbsSettings,
    RefundSettings,
    Settings,
)
from sepa.money import plain

# A file with a thousand branches stays far below.
MAX_SETTINGS_BYTES: Final = 1024 * 1024
MAX_ENTRIES: Final = 2_000

_LINE: Final = re.compile(r"at line (\d+), column (\d+)")


@dataclass(slots=True)
class _File:
    """What is being read: the name of the file, empty where a single key is set, and what has been found so far."""

    name: str
    findings: list[Finding] = field(default_factory=list)

    def wrong(self, path: str, code: str, **facts: object) -> None:
        self.findings.append(error(code, f"{self.name}:{path}" if self.name else path, key=path, **facts))

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
            except SettingError as problem:
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
    document.setdefault(section, {})[leaf] = _typed(typed, keys[leaf])
    if section == "dunning":
        document[section]["given"] = sorted({*settings.dunning.given, leaf})
    return read_document(document, name)


def _typed(typed: str, read: Reader) -> Any:
    """A text stays one where the key takes texts; otherwise it is read as the file would write it."""
    try:
        read(typed)
    except SettingError as problem:
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
    users = tuple(_users(file, document.get("users")))
    datev = DatevSettings(**file.table(document.get("datev"), "datev", DATEV))
    refunds = RefundSettings(**file.table(document.get("refunds"), "refunds", REFUNDS))
    pbs = _pbs(file, document.get("pbs"))
    mail = MailSettings(**file.table(document.get("mail"), "mail", MAIL))
    _postcode(file, company)
    findings = tuple(file.findings)
    if has_errors(findings) or not named:
        return None, findings
    ledger_accounts = tuple(sorted(ledger.items()))
    return Settings(
        Company(**company), accounts, branches, matching, collect, dunning, ledger_accounts, users, datev, refunds, pbs,
        mail,
    ), findings  # fmt: skip


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


def _users(file: _File, value: Any) -> Iterator[User]:
    """One supervisor at least: else nobody could change the settings again."""
    seen: dict[str, str] = {}
    supervised = not value
    for path, one in file.tables(value, "users", USER, ("name", "role")):
        if seen.setdefault(one["name"], path) != path:
            file.wrong(f"{path}.name", "setting-doubled", value=one["name"], first=seen[one["name"]])
        supervised = supervised or one["role"] is UserRole.SUPERVISOR
        yield User(**one)
    if not supervised and not has_errors(file.findings):
        file.wrong("users", "users-no-supervisor", count=len(seen))


def _dunning(file: _File, value: Any, *, stored: bool) -> DunningSettings:
    """``stored`` settings have every key and say in ``given`` which of them the file stated; a file states its keys."""
    keys = {**DUNNING, "given": GIVEN} if stored else DUNNING
    lists = value if isinstance(value, Mapping) else {}
    own = file.table(value, "dunning", keys, inner=("levels", "base_rates"))
    levels = _levels(file, lists.get("levels"))
    rates = _base_rates(file, lists.get("base_rates"))
    stated = {*own, *(name for name, found in (("levels", levels), ("base_rates", rates)) if found)}
    given = own.pop("given", ()) if stored else stated
    if "preset" not in own and (levels or stored):
        own["preset"] = None
    return DunningSettings(**own, levels=levels, base_rates=rates, given=tuple(sorted(given)))


def _base_rates(file: _File, value: Any) -> tuple[BaseRate, ...]:
    """Base rates by day, each day once."""
    seen: dict[Any, str] = {}
    rates = []
    for path, one in file.tables(value, "dunning.base_rates", BASE_RATE, ("from", "percent")):
        if seen.setdefault(one["from"], path) != path:
            file.wrong(f"{path}.from", "setting-doubled", value=one["from"], first=seen[one["from"]])
        rates.append(BaseRate(one["from"], one["percent"]))
    return tuple(sorted(rates, key=lambda rate: rate.since))


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


def _pbs(file: _File, value: Any) -> PbsSettings:
    """Switched on, they are whole."""
    own = file.table(value, "pbs", PBS)
    if own.get("enabled"):
        file.has(value, "pbs", PBS_NEEDED)
    return PbsSettings(**own)


def _postcode(file: _File, company: Mapping[str, Any]) -> None:
    postcode = company.get("postcode")
    german = company.get("country", "DE") == "DE"
    if postcode and german and not re.fullmatch(r"[0-9]{5}", postcode):
        file.findings.append(warning("postcode-invalid", f"{file.name}:company.postcode", value=postcode))


def _shown(value: Any) -> str:
    text = HIDDEN.sub("?", str(value))
    return text if len(text) <= 60 else f"{text[:59]}…"
