"""The chart of accounts: which account number a role has in these books."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from recon.model.ledger import Role
from recon.model.settings import Settings


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
    """The chart of the company with its own replacements."""
    replaced = dict(settings.ledger_accounts)
    numbers = {Role(name): replaced.get(name, number) for name, number in _charts()[settings.company.chart].items()}
    banks = {account.iban: account.ledger_account for account in settings.accounts if account.ledger_account}
    return Chart(numbers, banks)


@cache
def _charts() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("recon.ledger").joinpath("charts.toml").read_text(encoding="utf-8")
    charts: Mapping[str, Mapping[str, str]] = tomllib.loads(text)
    return charts
