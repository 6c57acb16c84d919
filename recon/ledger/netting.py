"""What of a customer's credit goes against what he owes: by proposal, never by itself (Verrechnung).

Credit is what was paid and no item took (overpayments, payments on account, double payments), credit notes, and items
that were paid before they became less. Amounts are positive minor units, of one customer and currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Credit:
    """What is left of a credit: ``key`` is the shown id of an allocation (``A17``) or the number of an item."""

    key: str
    left: int
    since: date


@dataclass(frozen=True, slots=True)
class Debt:
    """An open item of the same customer and currency."""

    invoice_no: str
    open: int
    due_date: date


@dataclass(frozen=True, slots=True)
class Netted:
    """An amount of a credit that settles an item."""

    key: str
    invoice_no: str
    amount: int


def proposed(held: Sequence[Credit], debts: Sequence[Debt]) -> tuple[Netted, ...]:
    """Exact amounts first, then the oldest credit on the item that is due first.

    >>> on = date(2026, 3, 1)
    >>> [(one.key, one.invoice_no, one.amount) for one in proposed(
    ...     [Credit("A1", 300, on), Credit("A2", 5000, on)], [Debt("RE-1", 9000, on), Debt("RE-2", 5000, on)])]
    [('A2', 'RE-2', 5000), ('A1', 'RE-1', 300)]
    """
    left = {credit.key: credit.left for credit in held}
    owed = {debt.invoice_no: debt.open for debt in debts}
    found: list[Netted] = []
    in_order = sorted(held, key=lambda one: (one.since, one.key))
    due_first = sorted(debts, key=lambda one: (one.due_date, one.invoice_no))
    for exactly in (True, False):
        for credit in in_order:
            for debt in due_first:
                amount = min(left[credit.key], owed[debt.invoice_no])
                if amount and (not exactly or left[credit.key] == owed[debt.invoice_no]):
                    found.append(Netted(credit.key, debt.invoice_no, amount))
                    left[credit.key] -= amount
                    owed[debt.invoice_no] -= amount
    return tuple(found)


def taken(held: Sequence[Credit], wanted: Sequence[tuple[str, int]]) -> tuple[Netted, ...]:
    """What a person has asked for, item by item: from the credit of exactly this amount, else from the oldest on.

    Raises ValueError where the credit does not suffice.
    """
    left = {credit.key: credit.left for credit in sorted(held, key=lambda one: (one.since, one.key))}
    found: list[Netted] = []
    for invoice_no, amount in wanted:
        keys = [key for key, one in left.items() if one == amount][:1] or list(left)
        missing = amount
        for key in keys:
            part = min(left[key], missing)
            if part:
                found.append(Netted(key, invoice_no, part))
                left[key] -= part
                missing -= part
        if missing:
            raise ValueError(f"{missing} of {amount} for {invoice_no} are not covered")
    return tuple(found)
