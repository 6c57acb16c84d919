"""The auditor's sums of the tables whose rows may change: each against what the last record of the log about it says.

All of it is code of its own. A row's hash is SHAKE-128 over its columns as a JSON array, 168 bytes wide (bytes in a
column count as the hexadecimal SHA-256 of them); a table comes to the sum of the hashes of its rows, modulo 2 to the
power of 1344, of which the log has the number of rows and the SHA-256 of the sum as hexadecimal text. It tells that a
table was changed past opos, whatever was changed in it; which row it was, other checks may tell.
"""

import hashlib
from collections.abc import Iterator
from typing import Final

from recon.ledger.audit_log import History, Stated, as_bytes, plain_json
from recon.ledger.audit_source import Checking, Row, Source, differs

_WIDE: Final = 168
_SHORT: Final = 12
_NOTHING: Final = hashlib.sha256(b"0" * (2 * _WIDE)).hexdigest()


def sums(source: Source, history: History) -> Checking:
    """Every table has the rows that the log says, each as it was when the log last spoke of the table."""
    count = 0
    for table in sorted(source.summed.keys() | history.stated.keys()):
        told = history.stated.get(table, Stated(0, _NOTHING, 0))
        if table not in source.summed:
            yield differs("audit-table", table, told.rows, "-", log=told.record)
            continue
        rows, digest = _digest(source.rows(table, source.summed[table]))
        count += rows
        if rows != told.rows:
            yield differs("audit-table-rows", table, told.rows, rows, log=told.record)
        elif digest != told.digest:
            yield differs("audit-table", table, _short(told.digest), _short(digest), log=told.record)
    return count


def kept(source: Source, history: History) -> Checking:
    """The sums that the next change will start from are those of the log."""
    count = 0
    known: set[str] = set()
    for number, table, rows, total in source.rows("digests", ("id", "table_name", "row_count", "sum")):
        count += 1
        known.add(table)
        told = history.stated.get(table)
        found = (number, rows, hashlib.sha256(as_bytes(total)).hexdigest())
        expected = (count, told.rows, told.digest) if told else (count, 0, "-")
        if found != expected:
            yield differs("audit-table-sum", table, _listed(*expected), _listed(*found))
    for table in sorted(history.stated.keys() - known):
        yield differs("audit-table-sum", table, _short(history.stated[table].digest), "-")
    return count


def _listed(number: int, rows: int, digest: str) -> str:
    return f"{number}, {rows}, {_short(digest)}"


def _short(digest: str) -> str:
    """A digest as findings tell it."""
    return digest if len(digest) <= _SHORT else f"{digest[:_SHORT]}…"


def _digest(rows: Iterator[Row]) -> tuple[int, str]:
    """How many rows there are, and what they come to."""
    count, total = 0, 0
    hashed, number = hashlib.shake_128, int.from_bytes
    for row in rows:
        count += 1
        told = [hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value for value in row]
        total += number(hashed(as_bytes(plain_json(told))).digest(_WIDE), "big")
    text = f"{total % (1 << (8 * _WIDE)):0{2 * _WIDE}x}"
    return count, hashlib.sha256(text.encode()).hexdigest()
