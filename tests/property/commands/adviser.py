"""What the tax adviser has: the files in his folder, read by code that shares nothing with what wrote them."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from recon.store.export_tables import exported_entries, exports
from recon.store.tables import customers, entries, postings
from tests.golden.datev.extf import read

# Columns of a line as DATEV counts them: amount, side, account, contra account, text, Generalumkehr.
_AMOUNT, _SIDE, _ACCOUNT, _CONTRA, _TEXT, _GENERAL = 1, 2, 7, 8, 14, 118
_TEXT_LENGTH: Final = 60


def wrong(connection: Any, folder: Path) -> Iterator[str]:
    """What is off between his files and the books: every file that the books tell and no other, every entry in one of
    them and by its text, every account as the journal has it (each debtor for himself), a storno a line of its own."""
    told = {row.id: row for row in connection.execute(select(exports).where(exports.c.repeats_id.is_(None)))}
    files = {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}
    if files != {row.file_name: row.content for row in told.values()}:
        yield f"the adviser has {sorted(files)}, the books tell {sorted(row.file_name for row in told.values())}"
    booked, moved = _booked(connection)
    for number, row in told.items():
        if row.kind != "datev":
            continue
        file = read(row.content)
        lines = [_line(fields) for fields in file.rows]
        found: Counter[str] = Counter()
        for amount, account, contra, _, _ in lines:
            found[account] += amount
            found[contra] -= amount
        if _sums(found) != _sums(booked.pop(number, Counter())):
            yield f"X{number}: the accounts are not those of the journal"
        texts = moved.pop(number, {})
        if {text for _, _, _, text, _ in lines} != {*texts}:
            yield f"X{number}: its lines tell of other entries than it holds"
        if any(general and not texts.get(text) for _, _, _, text, general in lines):
            yield f"X{number}: a Generalumkehr that is no storno"
    if booked or moved:
        yield f"entries in {sorted(booked)}, which are no files of postings"


def still_to_go(connection: Any, *, with_openings: bool) -> list[int]:
    """The entries that no export holds: none, after all was exported (the items taken over apart)."""
    held = select(exported_entries.c.entry_id)
    query = select(entries.c.id).where(entries.c.id.not_in(held), entries.c.id.in_(select(postings.c.entry_id)))
    if not with_openings:
        query = query.where(entries.c.kind != "take_over")
    return list(connection.execute(query).scalars())


def _booked(connection: Any) -> tuple[dict[int, Counter[str]], dict[int, dict[str, bool]]]:
    """What the journal says of the entries of each export: sums by account, and the texts of those that move any, with
    whether they take another entry back."""
    query = (
        select(exported_entries.c.export_id, entries.c.id, entries.c.text, entries.c.reverses_id, postings.c.role,
               postings.c.account, postings.c.amount, customers.c.customer_no)
        .join(entries, exported_entries.c.entry_id == entries.c.id)
        .join(postings, postings.c.entry_id == entries.c.id)
        .outerjoin(customers, postings.c.customer_id == customers.c.id)
    )  # fmt: skip
    sums: dict[int, Counter[str]] = {}
    texts: dict[int, dict[str, bool]] = {}
    for export, _, text, reverses, role, account, amount, customer in connection.execute(query):
        sums.setdefault(export, Counter())[customer if role == "customer" else account] += amount
        if amount:
            texts.setdefault(export, {})[text[:_TEXT_LENGTH]] = reverses is not None
    return sums, texts


def _line(fields: Any) -> tuple[int, str, str, str, bool]:
    """Signed amount on the account, the two accounts, the text, and whether it is a Generalumkehr."""
    amount, side, account, contra, text, general = (
        fields[place - 1].text for place in (_AMOUNT, _SIDE, _ACCOUNT, _CONTRA, _TEXT, _GENERAL)
    )
    minor = int(amount.replace(",", "")) * (1 if side == "S" else -1) * (-1 if general == "1" else 1)
    return minor, account, contra, text, general == "1"


def _sums(found: Counter[str]) -> dict[str, int]:
    return {account: amount for account, amount in found.items() if amount}
