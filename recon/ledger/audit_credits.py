"""The auditor's reading of customer credit: what is set off moves between one customer's items, comes to nothing, and
uses up, with what is refunded, no more of an overpayment than there is."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from recon.ledger.audit_journal import flags_of
from recon.ledger.audit_log import History
from recon.ledger.audit_source import Checking, Row, Source, differs, money
from recon.model.finding import Finding

_COLUMNS: Final = ("entry_id", "id", "line_id", "customer_id", "item_id", "amount", "kind", "flags", "reverses_id")
_CREDIT: Final = "credit A"
# What leaves a credit for a refund, and comes back of one.
_REFUNDED: Final = ("refund", "refund_return")


def netting(source: Source, _history: History) -> Checking:
    """Every entry that sets credit off: one customer, no line, the sum 0; its money is that of an overpayment of the
    same customer that stands, and not more than it beside what was refunded of it."""
    entries: dict[int, list[Row]] = {}
    paid: dict[int, tuple[int | None, int]] = {}
    back: set[int] = set()
    refunded: list[tuple[int, int, int]] = []
    for row in source.rows("allocations", _COLUMNS):
        if row[8] is not None:
            back.add(row[8])
        if row[6] == "netting":
            entries.setdefault(row[0], []).append(row)
        elif row[6] == "overpayment" and row[8] is None:
            paid[row[1]] = (row[3], row[5])
        elif row[6] in _REFUNDED and row[8] is None:
            refunded.append((row[1], _origin(row[7]), row[5]))
    used = _refunded(refunded, back)
    count = 0
    for entry, shares in entries.items():
        count += len(shares)
        yield from _entry(source, source.shown("entries", entry), shares)
        for _, number, _, customer, item, amount, _, flags, reverses in shares:
            if item is not None or reverses is not None or number in back:
                continue
            origin = _origin(flags)
            if paid.get(origin, (None, 0))[0] != customer or origin in back or amount > 0:
                yield differs("audit-netting", source.shown("allocations", number), "overpayment", flags)
            used[origin] -= amount
    for origin, amount in sorted(used.items()):
        whole = paid.get(origin, (None, 0))[1]
        if amount > whole:
            yield differs("audit-netting", source.shown("allocations", origin), money(whole), money(amount))
    return count


def _refunded(found: list[tuple[int, int, int]], back: set[int]) -> Counter[int]:
    """What stands of refunds, by the overpayment that it was taken from."""
    used: Counter[int] = Counter()
    for number, origin, amount in found:
        if origin and number not in back:
            used[origin] -= amount
    return used


def _entry(source: Source, record: str, shares: list[Row]) -> Iterator[Finding]:
    total = sum(share[5] for share in shares)
    if total != 0:
        yield differs("audit-netting", record, money(0), money(total))
    holders = {share[3] for share in shares}
    if len(holders) != 1 or None in holders:
        yield differs("audit-netting", record, 1, len(holders - {None}))
    for share in shares:
        if share[2] is not None:
            yield differs("audit-netting", source.shown("allocations", share[1]), "-", source.shown("lines", share[2]))


def _origin(flags: str) -> int:
    """The allocation that a credit comes from, 0 where none is named."""
    named = [flag.removeprefix(_CREDIT) for flag in flags_of(flags) if flag.startswith(_CREDIT)]
    return int(named[0]) if len(named) == 1 and named[0].isascii() and named[0].isdigit() else 0
