"""Entries of the journal as DATEV's lines: each line has an account and a contra account.

An entry of several sides becomes several lines, so that every account keeps its balance:

- what a discount, a write-off or a charge takes off an item is a line of its own: debtor against that account;
- every other side stands against the bank (which is ``Konto``), against transit where there is no bank, or against
  Saldenvorträge where items are taken over;
- without either, debits are paired with credits in their order;
- sides on one and the same account (a credit note set off against an invoice of the same customer) go over the
  clearing account: DATEV takes no line on which account and contra account are the same.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from recon.ledger.datev import MAX_TEXT, DatevLine
from recon.ledger.datev_text import fit, number
from recon.model.ledger import Role

# Which account the others stand against, the first that an entry has.
_HUBS: Final = (Role.BANK, Role.TRANSIT, Role.OPENING)


@dataclass(frozen=True, slots=True)
class Side:
    """A posting with the account that DATEV knows: a debtor's own for a customer. Debit positive, minor units."""

    role: Role
    account: str
    amount: int
    customer_no: str | None = None
    invoice_no: str | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """An entry of the journal. ``reference`` is the bank's for the line that it books; ``undo`` says that it takes
    another entry back."""

    id: int
    day: date
    text: str
    sides: tuple[Side, ...]
    reference: str | None = None
    undo: bool = False


@dataclass(frozen=True, slots=True)
class _Move:
    """An amount from one side to another: ``amount`` on ``first``, its opposite on ``second``."""

    first: Side
    second: Side
    amount: int


def lines_of(entry: Booked, clearing: str, *, general_reversal: bool = False) -> list[DatevLine]:
    """The lines of an entry. ``clearing`` is the account for sides that share one; with ``general_reversal`` an entry
    that takes another back repeats its lines with the mark of a Generalumkehr instead of the sides turned round."""
    turned = entry.undo and general_reversal
    sides = [replace(side, amount=-side.amount) for side in entry.sides] if turned else list(entry.sides)
    text = fit(entry.text, MAX_TEXT).text
    return [
        DatevLine(
            entry=entry.id,
            day=entry.day,
            amount=abs(move.amount),
            debit=move.amount > 0,
            account=move.first.account,
            contra=move.second.account,
            number=_number(entry, move),
            text=text,
            reversal=turned,
        )
        for found in _moves([side for side in sides if side.amount])
        for move in _apart(found, clearing)
    ]


def balances(lines: Sequence[DatevLine]) -> dict[str, int]:
    """What lines come to on each account, debit positive; accounts that come to nothing are left out."""
    found: dict[str, int] = {}
    for line in lines:
        amount = line.amount if line.debit != line.reversal else -line.amount
        found[line.account] = found.get(line.account, 0) + amount
        found[line.contra] = found.get(line.contra, 0) - amount
    return {account: amount for account, amount in sorted(found.items()) if amount}


def _moves(sides: Sequence[Side]) -> Iterator[_Move]:
    """Sides that add up to nothing as moves between two of them each."""
    hub = next((side for role in _HUBS for side in sides if side.role is role), None)
    rest: list[Side] = []
    for side in sides:
        if side is hub:
            continue
        if hub is not None and rest and _borne(rest[-1], side):
            customer = rest.pop()
            yield _Move(customer, side, customer.amount)
        else:
            rest.append(side)
    if hub is not None:
        yield from (_Move(hub, side, -side.amount) for side in rest)
    else:
        yield from _paired(rest)


def _borne(customer: Side, side: Side) -> bool:
    """Whether a side bears what is taken off an item by the one before it."""
    return (
        customer.role is Role.CUSTOMER
        and side.role is not Role.CUSTOMER
        and customer.amount == -side.amount
        and customer.customer_no == side.customer_no
    )


def _paired(sides: Sequence[Side]) -> Iterator[_Move]:
    """Debits and credits in their order, each amount as far as it goes."""
    debits = deque((side, side.amount) for side in sides if side.amount > 0)
    against = deque((side, -side.amount) for side in sides if side.amount < 0)
    while debits and against:
        (debit, owed), (credit, given) = debits.popleft(), against.popleft()
        amount = min(owed, given)
        yield _Move(debit, credit, amount)
        if owed > amount:
            debits.appendleft((debit, owed - amount))
        if given > amount:
            against.appendleft((credit, given - amount))


def _apart(move: _Move, clearing: str) -> Iterator[_Move]:
    """A move on one account goes over the clearing account; on the clearing account itself it moves nothing."""
    if move.first.account != move.second.account:
        yield move
    elif move.first.account != clearing:
        between = Side(Role.TRANSIT, clearing, 0)
        yield _Move(move.first, between, move.amount)
        yield _Move(move.second, between, -move.amount)


def _number(entry: Booked, move: _Move) -> str:
    """Belegfeld 1: the invoice that the line is about; where it is about none, the only one of its customer in the
    entry, else the bank's reference."""
    for side in (move.second, move.first):
        if side.invoice_no:
            return number(side.invoice_no)
    customers = {side.customer_no for side in (move.second, move.first)} - {None}
    known = {side.invoice_no for side in entry.sides if side.invoice_no and side.customer_no in customers}
    if len(known) == 1:
        return number(str(known.pop()))
    return number(entry.reference or "")


def debtor_account(customer_no: str, given: str | None, length: int) -> str | None:
    """A customer's account in DATEV: the one that was given, else his number if it is an account of a debtor: one digit
    more than a ledger account, beginning with 1 to 6. ``None`` where neither is.

    >>> debtor_account("10042", None, 4), debtor_account("K-7", "10043", 4), debtor_account("4711", None, 4)
    ('10042', '10043', None)
    """
    wanted = given or customer_no
    return wanted if re.fullmatch(rf"[1-6]\d{{{length}}}", wanted, re.ASCII) else None
