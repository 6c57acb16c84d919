"""The company's settings in the books: one JSON document, and rows of accounts and branches for others to point at."""

from typing import Any

from sqlalchemy import Connection, insert, select, update

from recon.items import dump_settings, load_settings
from recon.model.settings import Settings
from recon.store.ids import next_ids
from recon.store.tables import accounts, branches, companies


def settings_of(connection: Connection) -> Settings:
    """The settings in force."""
    return load_settings(connection.execute(select(companies.c.settings)).scalar_one())


def settings_text(connection: Connection) -> str | None:
    """The settings as stored, or ``None`` in books without a company yet."""
    text: str | None = connection.execute(select(companies.c.settings)).scalar()
    return text


def save_settings(connection: Connection, settings: Settings) -> None:
    """Store the settings. Accounts and branches are added or changed, never removed: others point at them."""
    company = settings.company
    row = {"name": company.name, "creditor_id": company.creditor_id, "chart": company.chart,
           "settings": dump_settings(settings)}  # fmt: skip
    if settings_text(connection) is None:
        connection.execute(insert(companies), [{"id": 1, **row}])
    else:
        connection.execute(update(companies).values(**row))
    for account in settings.accounts:
        _put(connection, accounts, "iban", {
            "iban": account.iban, "bic": account.bic, "name": account.name, "currency": account.currency,
            "ledger_account": account.ledger_account,
        })  # fmt: skip
    ibans = account_ids(connection)
    for branch in settings.branches:
        _put(connection, branches, "code", {
            "code": branch.code, "name": branch.name, "creditor_id_code": branch.creditor_id_code,
            "account_id": ibans.get(branch.account) if branch.account else None,
        })  # fmt: skip


def account_ids(connection: Connection) -> dict[str, int]:
    """Own bank accounts by IBAN."""
    return {row[0]: row[1] for row in connection.execute(select(accounts.c.iban, accounts.c.id))}


def branch_ids(connection: Connection) -> dict[str, int]:
    """Branches by code."""
    return {row[0]: row[1] for row in connection.execute(select(branches.c.code, branches.c.id))}


def add_account(connection: Connection, iban: str, currency: str) -> int:
    """Register an own account that no settings name (books without a company file)."""
    number = next(next_ids(connection, accounts))
    connection.execute(insert(accounts), [{"id": number, "iban": iban, "currency": currency}])
    return number


def _put(connection: Connection, table: Any, key: str, row: dict[str, Any]) -> None:
    found = connection.execute(select(table.c.id).where(table.c[key] == row[key])).scalar()
    if found is None:
        connection.execute(insert(table), [{"id": next(next_ids(connection, table)), **row}])
    else:
        connection.execute(update(table).where(table.c.id == found).values(**row))
