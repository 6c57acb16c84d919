"""What must hold of any books, asked by queries that share nothing with the auditor."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import func, select

from recon.ledger.posting import CLEARED
from recon.model.matching import MOVES_NO_MONEY
from recon.store.export_tables import exports
from recon.store.tables import APPEND_ONLY, CACHED, allocations, item_parts, items, lines, log, postings

# Kinds that stand beside an item: they settle nothing of it.
BESIDE: Final = frozenset({"dunning_fee", "interest", "return_fee", "fee_waived"})


def wrong(connection: Any) -> Iterator[str]:
    """The books in queries of their own: what is off."""
    by_entry = select(postings.c.entry_id, func.sum(postings.c.amount)).group_by(postings.c.entry_id)
    yield from (f"entry {entry}: {total} left" for entry, total in connection.execute(by_entry) if total)
    used: Counter[int] = Counter()
    settled: Counter[int] = Counter()
    for row in connection.execute(select(allocations)):
        if row.line_id is not None and row.kind not in MOVES_NO_MONEY:
            used[row.line_id] += row.amount
        if row.item_id is not None and row.kind not in BESIDE and CLEARED not in row.flags:
            settled[row.item_id] += row.amount
    booked = [row for row in connection.execute(select(lines)) if row.status == "booked" and row.parent_id is None]
    for row in booked:
        if row.amount - used[row.id] != row.open_amount or row.open_amount * row.amount < 0:
            yield f"L{row.id}: {row.amount} less {used[row.id]} is not {row.open_amount}"
    parts: Counter[int] = Counter()
    for row in connection.execute(select(item_parts)):
        parts[row.item_id] += row.amount
    for row in connection.execute(select(items)):
        # What is claimed of a return's charge is opened by its own share, not taken over.
        taken_over = 0 if row.document_type == "return_charge" else row.amount - row.paid_before
        if taken_over - settled[row.id] != row.open_amount:
            yield f"{row.invoice_no}: {taken_over} less {settled[row.id]} is not {row.open_amount}"
        if parts[row.id] != row.amount:
            yield f"{row.invoice_no}: its parts are {parts[row.id]} of {row.amount}"
    bank = connection.execute(select(func.sum(postings.c.amount)).where(postings.c.role == "bank")).scalar() or 0
    moved = sum(row.amount - row.open_amount for row in booked)
    if bank != moved:
        yield f"the bank's account has {bank}, its lines {moved}"


def changed(
    before: Mapping[str, Sequence[Mapping[str, Any]]],
    after: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    taken_out: bool,
) -> Iterator[str]:
    """Rows that must never change and have, between two states of the books (``tests.books.dump``): what is sealed, the
    log, what was handed to the tax adviser. Only a statement that is taken out goes, with its lines (``taken_out``)."""
    for table in (*APPEND_ONLY, exports, log):
        kept = [column.name for column in table.columns if column.name not in CACHED.get(table.name, ())]
        now = {row["id"]: row for row in after[table.name]}
        gone = []
        for row in before[table.name]:
            if row["id"] not in now:
                gone.append(row["id"])
            elif any(row.get(name) != now[row["id"]].get(name) for name in kept):
                yield f"{table.name} {row['id']} has changed"
        if gone and not (taken_out and table.name in {"statements", "lines"}):
            yield f"{table.name} {gone} are gone"
