"""Ids: handed out in the writing transaction as the next free numbers, and shown to people with a letter before them.

No sequence of the database is asked: a rolled-back transaction would leave a hole there on one database and none on
the other. One writer at a time makes ``max(id) + 1`` safe.
"""

from itertools import count
from typing import Final

from sqlalchemy import Connection, Table, func, select

# How an id is shown: L17 is the bank line 17.
LETTERS: Final = {
    "statements": "S",
    "lines": "L",
    "allocations": "A",
    "match_runs": "M",
    "batches": "B",
    "dunning_runs": "D",
    "notices": "N",
    "entries": "E",
    "files": "F",
    "closings": "C",
    "exports": "X",
    "status_answers": "Q",
    "refund_batches": "R",
    "pbs_deliveries": "P",
    "outbox": "O",
    "complaints": "K",
    "promises": "Z",
}


def next_ids(connection: Connection, table: Table) -> "count[int]":
    """The free ids of a table, for this transaction."""
    highest = connection.execute(select(func.max(table.c.id))).scalar()
    return count((highest or 0) + 1)


def shown_id(table: str, number: int) -> str:
    """``lines``, 17 -> ``L17``."""
    return f"{LETTERS[table]}{number}"


def read_id(table: str, text: str) -> int | None:
    """``L17``, ``l17`` or ``17`` -> 17; ``None`` for anything else."""
    bare = text.strip().upper().removeprefix(LETTERS[table])
    return int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 19 else None
