"""The chart of accounts: which account number a role has in these books."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from recon.model.finding import Finding, error
from recon.model.ledger import Entry, Role
from recon.model.settings import Settings

# What DATEV and other programs take as an account of the ledger.
_ACCOUNT: Final = re.compile(r"\d{3,9}\Z", re.ASCII)
# Accounts whose balance tells something only while nothing else is booked there: what the bank has, what customers owe,
# what is on its way, what was taken over. Income and costs may share an account, as the charts have it.
_ALONE: Final = (Role.BANK, Role.CUSTOMER, Role.TRANSIT, Role.OPENING)


@dataclass(frozen=True, slots=True)
class Chart:
    """Account numbers by role, and by IBAN for own bank accounts that have one of their own."""

    roles: Mapping[Role, str]
    banks: Mapping[str, str]

    def number(self, role: Role) -> str:
        """The account of a role. Every role has one: SKR03 and SKR04 name them all (A-19: no gap at posting time)."""
        return self.roles[role]

    def bank(self, iban: str) -> str:
        """The ledger account of an own bank account."""
        return self.banks.get(iban, self.roles[Role.BANK])


def chart_of(settings: Settings) -> Chart:
    """The chart of the company with its own replacements. Who books by it asks ``unusable`` first."""
    replaced = dict(settings.ledger_accounts)
    numbers = {Role(name): replaced.get(name, number) for name, number in _charts()[settings.company.chart].items()}
    banks = {account.iban: account.ledger_account for account in settings.accounts if account.ledger_account}
    return Chart(numbers, banks)


def chart_of_entry(entry: Entry, chart: Chart) -> Chart:
    """The chart by which an entry was made, to take it back on its own accounts, whatever the settings say since."""
    return Chart({**chart.roles, **{posting.role: posting.account for posting in entry.postings}}, {})


def unusable(settings: Settings) -> tuple[Finding, ...]:
    """What is wrong with the accounts that postings may need (A-19): one that is missing or no number, or one for two
    things that must be told apart. Nothing is booked by such a chart."""
    chart = chart_of(settings)
    numbers = [(f"ledger.{role}", role, chart.roles.get(role, "")) for role in Role]
    numbers += [
        (f"accounts.{at}.ledger_account", Role.BANK, account.ledger_account)
        for at, account in enumerate(settings.accounts, start=1)
        if account.ledger_account is not None
    ]
    missing = [
        error("ledger-account-missing", key, key=key, account=number or "-")
        for key, _, number in numbers
        if not _ACCOUNT.match(number)
    ]
    return (*missing, *_shared(numbers))


def _shared(numbers: list[tuple[str, Role, str]]) -> Iterator[Finding]:
    first: dict[str, tuple[str, Role]] = {}
    for key, role, number in sorted(numbers, key=lambda one: one[1] not in _ALONE):
        other, whose = first.setdefault(number, (key, role))
        if whose is not role and whose in _ALONE and number:
            yield error("ledger-account-shared", key, key=key, other=other, account=number)


@cache
def _charts() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("recon.ledger").joinpath("charts.toml").read_text(encoding="utf-8")
    charts: Mapping[str, Mapping[str, str]] = tomllib.loads(text)
    return charts
