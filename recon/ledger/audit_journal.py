"""The auditor's reading of the journal: entries and their postings, allocations and what they book, and the balances
of items and lines that follow. Own arithmetic throughout; nothing of posting is asked."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from recon.ledger.audit_log import History
from recon.ledger.audit_source import Checking, Row, Source, differs, money, side_by_side
from recon.model.finding import Finding

# What is allocated without money of the bank's, and the role of the account that bears it (or that earns it, where an
# item is opened by it).
_BORNE_BY: Final = {"discount": "discount", "write_off": "write_off", "bank_charge": "bank_charge",
                    "return_charge": "return_fee"}  # fmt: skip
# What is decided and not booked: a fee is income when it is paid, so that a waived one stands in no account.
_NOT_BOOKED: Final = "fee_waived"
# What moves between a customer's items, without money of the bank's.
_NETTED: Final = "netting"
# What does not go to the customer's account, and the role of the account that it goes to. A return fee that names an
# item is what the customer pays for it; without one it is what the bank has charged.
_INCOME: Final = {"dunning_fee": "dunning_fee", "interest": "interest", "return_fee": "bank_charge"}
_TAKE_OVER: Final = "take_over"
# What may have gone over transit when a file was exported.
_OVER_TRANSIT: Final = frozenset({"collection", "refund"})

_Sides = Counter[tuple[str, int | None, int | None, int]]


def entries(source: Source, _history: History) -> Checking:
    """Every entry has two sides or more, adds up to zero, and books exactly what its allocations say."""
    count = 0
    for number, (heads, sides, shares) in side_by_side(
        source.rows("entries", ("id", "kind", "currency")),
        source.rows("postings", ("entry_id", "role", "customer_id", "item_id", "amount"), by="entry_id"),
        source.rows("allocations", ("entry_id", "line_id", "customer_id", "item_id", "amount", "kind", "flags"),
                    by="entry_id"),
    ):  # fmt: skip
        if not heads:
            continue
        count += 1
        _, kind, currency = heads[0]
        record = source.shown("entries", number)
        total = sum(side[4] for side in sides)
        if total != 0:
            yield differs("audit-entry-balance", record, money(0, currency), money(total, currency))
        moves = not shares or any(share[5] != _NOT_BOOKED for share in shares)
        if len(sides) < 2 and (moves or sides):
            yield differs("audit-entry-sides", record, 2, len(sides))
        yield from (
            _taken_over(record, sides, currency) if kind == _TAKE_OVER else _booked(record, sides, shares, currency)
        )
    return count


def trial_balance(source: Source, _history: History) -> Checking:
    """All postings of a currency add up to zero: the sum over all accounts."""
    count = 0
    totals: dict[str, int] = {}
    for _, (heads, sides) in side_by_side(
        source.rows("entries", ("id", "currency")),
        source.rows("postings", ("entry_id", "amount"), by="entry_id"),
    ):
        count += len(sides)
        currency = heads[0][1] if heads else "?"
        totals[currency] = totals.get(currency, 0) + sum(side[1] for side in sides)
    for currency, total in sorted(totals.items()):
        if total != 0:
            yield differs("audit-trial-balance", currency, money(0, currency), money(total, currency))
    return count


def items(source: Source, _history: History) -> Checking:
    """Every item: what is open, what was taken over and whose it is follow from its postings."""
    taken = {row[0]: row[2] for row in source.rows("entries", ("id", "kind", "currency")) if row[1] == _TAKE_OVER}
    count = 0
    for number, (heads, sides) in side_by_side(
        source.rows(
            "items", ("id", "amount", "paid_before", "open_amount", "customer_id", "currency", "document_type")
        ),
        source.rows("postings", ("item_id", "entry_id", "role", "customer_id", "amount"), by="item_id"),
    ):
        if not heads:
            continue
        count += 1
        _, amount, paid, left, customer, currency, kind = heads[0]
        record = source.shown("items", number)
        owed = [side for side in sides if side[2] == "customer"]
        opened = sum(side[4] for side in owed)
        if opened != left:
            yield differs("audit-item-open", record, money(opened, currency), money(left, currency))
        came = sum(side[4] for side in owed if side[1] in taken)
        # What is claimed of a returned debit is not taken over (``audit_charges``).
        if kind != "return_charge" and came != amount - paid:
            yield differs("audit-item-taken-over", record, money(came, currency), money(amount - paid, currency))
        others = [side[3] for side in sides if side[3] != customer]
        if others:
            shown = "-" if others[0] is None else source.shown("customers", others[0])
            yield differs("audit-item-customer", record, shown, source.shown("customers", customer))
        moneys = {taken[side[1]] for side in sides if side[1] in taken} - {currency}
        if moneys:
            yield differs("audit-item-currency", record, min(moneys), currency)
        if amount * (-1 if kind in {"credit_note", "purchase_invoice"} else 1) < 0:
            yield differs("audit-item-sign", record, kind, money(amount, currency))
    return count


def item_parts(source: Source, _history: History) -> Checking:
    """The parts of every item add up to it; the last of them is due when the item is."""
    count = 0
    for number, (heads, parts) in side_by_side(
        source.rows("items", ("id", "amount", "due_date", "currency")),
        source.rows("item_parts", ("item_id", "kind", "amount", "due_date"), by="item_id"),
    ):
        if not heads:
            continue
        count += len(parts)
        _, amount, due, currency = heads[0]
        record = source.shown("items", number)
        kinds = sorted(part[1] for part in parts)
        if kinds not in (["total"], ["prepayment", "remainder"]):
            yield differs("audit-item-parts", record, "total | prepayment, remainder", ", ".join(kinds) or "-")
        total = sum(part[2] for part in parts)
        if total != amount:
            yield differs("audit-item-parts", record, money(amount, currency), money(total, currency))
        ends = [part[3] for part in parts if part[1] != "prepayment"]
        if ends and ends[0] != due:
            yield differs("audit-item-due", record, ends[0], due)
    return count


def lines(source: Source, _history: History) -> Checking:
    """Every bank line: what is open of it is its amount less the money allocated, its state fits, and what is proposed
    for it comes to what is open."""
    count = 0
    for number, (heads, shares, proposed) in side_by_side(
        source.rows("lines", ("id", "amount", "open_amount", "state", "status", "parent_id", "currency")),
        source.rows("allocations", ("line_id", "entry_id", "amount", "kind", "reverses_id"), by="line_id"),
        source.rows("proposals", ("line_id", "id", "shares"), by="line_id"),
    ):
        if not heads:
            continue
        count += 1
        _, amount, left, state, status, parent, currency = heads[0]
        record = source.shown("lines", number)
        asks = status == "booked" and amount != 0 and parent is None
        used = sum(share[2] for share in shares if share[3] not in _BORNE_BY and share[3] != _NOT_BOOKED)
        if used * amount < 0 or abs(used) > abs(amount) or (used and not asks):
            yield differs("audit-line-used", record, money(amount, currency), money(used, currency))
        expected = amount - used if asks else 0
        if left != expected:
            yield differs("audit-line-open", record, money(expected, currency), money(left, currency))
        states = _states(shares, expected, amount, proposed=bool(proposed)) if asks else ("ignored",)
        if state not in states:
            yield differs("audit-line-state", record, " | ".join(states), state)
        if proposed and state not in {"proposed", "partly", "unmatched"}:
            yield differs("audit-line-state", record, "proposed", state)
        # Proposals outlive the undoing of what was booked beside them, and then come to less than is open.
        if all(share[4] is None for share in shares):
            yield from _proposals(source, proposed, left, currency)
    return count


def reversals(source: Source, _history: History) -> Checking:
    """Every reversal takes back exactly one allocation, whole, once, by an entry that says so."""
    told = ("line_id", "item_id", "customer_id", "collection_id", "kind")
    entry_of = {row[1]: row[0] for row in source.rows("entries", ("reverses_id", "id"), by="reverses_id")}
    count = 0
    for number, (heads, backs) in side_by_side(
        source.rows("allocations", ("id", "reverses_id", "entry_id", "amount", *told)),
        source.rows("allocations", ("reverses_id", "id", "entry_id", "amount", *told), by="reverses_id"),
    ):
        count += 1
        record = source.shown("allocations", number)
        if len(backs) > 1:
            yield differs("audit-reversal-twice", record, 1, len(backs))
        if not heads:
            continue
        whole = heads[0]
        for back in backs:
            shown = source.shown("allocations", back[1])
            if whole[1] is not None:
                yield differs("audit-reversal", shown, "-", record)
            if back[3] != -whole[3]:
                yield differs("audit-reversal", shown, money(-whole[3]), money(back[3]))
            if back[4:] != whole[4:]:
                yield differs("audit-reversal", shown, _told(whole[4:]), _told(back[4:]))
            if entry_of.get(back[2]) != whole[2]:
                yield differs("audit-reversal", shown, source.shown("entries", whole[2]), entry_of.get(back[2], "-"))
    return count


def flags_of(text: str) -> frozenset[str]:
    """The flags of an allocation; none where the text is no list of them."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return frozenset()
    return frozenset(flag for flag in found if isinstance(flag, str)) if isinstance(found, list) else frozenset()


def _taken_over(record: str, sides: list[Row], currency: str) -> Iterator[Finding]:
    """An entry of items taken over: customers with their items, and one contra side."""
    contra = [side for side in sides if side[1] == "opening"]
    if len(contra) != 1:
        yield differs("audit-take-over", record, 1, len(contra))
    for side in sides:
        if side[1] != "opening" and (side[1] != "customer" or side[2] is None or side[3] is None):
            yield differs("audit-take-over", record, "customer", _side(side[1:], currency))


def _booked(record: str, sides: Iterable[Row], shares: list[Row], currency: str) -> Iterator[Finding]:
    """An entry of allocations: its sides are those that the allocations ask for, no more and no less."""
    if not shares:
        yield differs("audit-entry-unfounded", record, 1, 0)
        return
    found: _Sides = Counter((role, customer, item, amount) for _, role, customer, item, amount in sides)
    expected = _expected(shares)
    if found == expected:
        return
    missing, beside = expected - found, found - expected
    yield differs("audit-entry-allocations", record, _sides(missing, currency), _sides(beside, currency))


def _expected(shares: Iterable[Row]) -> _Sides:
    """The sides that allocations ask for: the bank's money in one side, each share in its own."""
    sides: _Sides = Counter()
    bank = transit = 0
    for _, line, customer, item, amount, kind, flags in shares:
        if kind == _NOT_BOOKED:
            continue
        if kind == _NETTED:
            pass
        elif kind in _BORNE_BY:
            sides[_BORNE_BY[kind], customer, None, amount] += 1
        elif line is None:
            transit += amount
        else:
            bank += amount
        if kind in _OVER_TRANSIT and line is not None and "cleared" in flags_of(flags):
            sides["transit", None, None, -amount] += 1
        elif kind in _INCOME:
            role = "return_fee" if kind == "return_fee" and item is not None else _INCOME[kind]
            sides[role, customer, None, -amount] += 1
        else:
            sides["customer", customer, item, -amount] += 1
    if bank:
        sides["bank", None, None, bank] += 1
    if transit:
        sides["transit", None, None, transit] += 1
    return sides


def _proposals(source: Source, proposed: list[Row], left: int, currency: str) -> Iterator[Finding]:
    """What is proposed for a line uses it up, or names no shares at all."""
    for _, number, text in proposed:
        amounts = list(_amounts(text))
        if amounts and sum(amounts) != left:
            shown = source.shown("proposals", number)
            yield differs("audit-proposal-sum", shown, money(left, currency), money(sum(amounts), currency))


def _amounts(text: str) -> Iterator[int]:
    """The money of the bank's in the shares of a proposal; none where the text is no list of them."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return
    for share in found if isinstance(found, list) else ():
        match share:
            case {"amount": int(amount), "kind": str(kind)} if kind not in _BORNE_BY and kind != _NOT_BOOKED:
                yield amount


def _states(shares: list[Row], left: int, amount: int, *, proposed: bool) -> tuple[str, ...]:
    """The states that fit what is left of a line. Proposals made while a part was booked outlive its undoing, so a
    line that was ever allocated may be unmatched beside them."""
    if left == 0:
        matched = [share for share in shares if share[3] != "return_charge"]
        last = max((share[1] for share in matched), default=0)
        back = any(share[3] == "return" for share in matched if share[1] == last)
        return ("returned",) if back else ("matched",)
    if left != amount:
        return ("partly",)
    if not proposed:
        return ("unmatched",)
    return ("proposed", "unmatched") if shares else ("proposed",)


def _told(values: Iterable[Any]) -> str:
    return ", ".join("-" if value is None else str(value) for value in values)


def _sides(sides: _Sides, currency: str) -> str:
    return "; ".join(_side(side, currency) for side in sorted(sides.elements(), key=str)[:3]) or "-"


def _side(side: Iterable[Any], currency: str) -> str:
    role, customer, item, amount = side
    whose = "".join(f", {name} {number}" for name, number in (("customer", customer), ("item", item)) if number)
    return f"{role}{whose}: {money(amount, currency)}"
