"""Debits to be written, the same for the same number: names, accounts, amounts and texts as a file of memberships has
them. The standard library alone, for the peers run it in environments of their own."""

import datetime

COLLECTED = datetime.date(2026, 12, 1)
SIGNED = datetime.date(2024, 3, 15)
_NAMES = ("Max Muster", "Erika Beispiel", "Beispiel und Partner KG", "Jane Example", "Muster Handels GmbH")


def _iban(number: int) -> str:
    bban = f"{10_000_000 + number * 7_919 % 79_999_999:08}{number:010}"
    return f"DE{98 - int(f'{bban}131400') % 97:02}{bban}"


# Most of what a debit costs shall be its writing, so a thousand accounts are made once.
IBANS = tuple(map(_iban, range(1000)))


def debit(number: int) -> "tuple[str, str, str | None, int, str, str, str]":
    """(name, IBAN, BIC or nothing, cents, mandate, text, end-to-end id) of debit ``number``."""
    return (
        _NAMES[number % 5],
        IBANS[number % 1000],
        "COBADEFFXXX" if number % 4 == 0 else None,
        1_000 + number * 37 % 90_000,
        f"M-{number}-1",
        f"Rechnung RE-{number:08} vom 02.11.2026, Kunde {number}",
        f"OPOS-20261120-0001-{number:06}",
    )
