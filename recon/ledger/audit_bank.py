"""The auditor's reading of what came from outside: the files as delivered, and the statements in them."""

import hashlib
import zlib
from typing import Final

from recon.ledger.audit_log import History
from recon.ledger.audit_source import Checking, Source, differs, money, side_by_side

# Formats that announce bookings: nothing in them is booked, so their balances say nothing of their lines.
_ANNOUNCING: Final = frozenset({"mt942", "camt.052", "camt.054"})
# How much of a file is inflated at once.
_STEP: Final = 1 << 20


def files(source: Source, _history: History) -> Checking:
    """Every original inflates to as many bytes as were delivered, with their SHA-256."""
    count = 0
    for number, sha256, size, content in source.rows("files", ("id", "sha256", "size", "content")):
        count += 1
        record = source.shown("files", number)
        found = _inflated(content, size)
        if found is None:
            yield differs("audit-file", record, size, "-")
        elif found != (size, sha256):
            yield differs("audit-file", record, f"{size} bytes, {sha256}", f"{found[0]} bytes, {found[1]}")
    return count


def statements(source: Source, _history: History) -> Checking:
    """Every statement: opening and its booked lines give closing; its lines are its own, and no more than delivered.

    Where some of its lines were known from an earlier delivery, the sum at delivery stands in for them.
    """
    count = 0
    for number, (heads, lines) in side_by_side(
        source.rows("statements", ("id", "account_id", "currency", "opening", "closing", "line_count", "booked_sum",
                                   "format")),
        source.rows("lines", ("statement_id", "account_id", "currency", "amount", "status", "parent_id", "id"),
                    by="statement_id"),
    ):  # fmt: skip
        if not heads:
            continue
        count += 1
        _, account, currency, opening, closing, delivered, booked, form = heads[0]
        record = source.shown("statements", number)
        own = [line for line in lines if line[5] is None]
        total = sum(line[3] for line in own if line[4] == "booked")
        if len(own) > delivered:
            yield differs("audit-statement-count", record, delivered, len(own))
        elif len(own) == delivered and total != booked:
            yield differs("audit-statement-sum", record, money(booked, currency), money(total, currency))
        if form not in _ANNOUNCING and None not in {opening, closing} and opening + booked != closing:
            yield differs("audit-statement-balance", record, money(closing, currency),
                          money(opening + booked, currency))  # fmt: skip
        for line in lines:
            if line[1] != account:
                shown = source.shown("lines", line[6])
                yield differs("audit-line-account", shown, source.shown("accounts", account),
                              source.shown("accounts", line[1]))  # fmt: skip
    return count


def _inflated(content: bytes, size: int) -> tuple[int, str] | None:
    """Length and SHA-256 of a deflated file, ``None`` for one that is damaged. Never inflates much beyond ``size``."""
    told, length = hashlib.sha256(), 0
    inflating = zlib.decompressobj()
    rest = content
    try:
        while rest and not inflating.eof and length <= size:
            step = inflating.decompress(rest, _STEP)
            length += len(step)
            told.update(step)
            rest = inflating.unconsumed_tail
    except zlib.error:
        return None
    return (length, told.hexdigest()) if inflating.eof and not inflating.unused_data else None
