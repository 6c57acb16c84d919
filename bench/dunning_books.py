"""Books on SQLite with open items in every stage of dunning, filled row by row and past the import.

``python -m bench.dunning_books BOOKS ITEMS`` is a process of its own: its cost is not that of dunning. About a third of
the items may be reminded of on the day, the others are not due, not due long enough, reminded of a few days ago, at the
highest level, held, paid and not yet booked, collected, or set against a credit. The journal holds no more than what
customers have to their credit, so these books are for measuring alone.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import Connection

from bench.books import STAMP
from recon.model.matching import AllocationKind, Band, Evidence, LineState, Share
from recon.model.roles import Action
from recon.model.statement import Line
from recon.service.context import open_context, run, writing
from recon.service.setting_up import init
from recon.store import tables
from recon.store.digests import add
from recon.store.dunning_tables import dunning_runs, notice_items, notices
from recon.store.journal import encode_evidence, encode_shares
from recon.store.log import record

# Items that a customer has, on the average of one to nine.
PER_CUSTOMER: Final = 5
_SEED: Final = 2026
_TODAY: Final = STAMP.as_of
_IBAN: Final = "DE89370400440532013000"
_COMPANY: Final = f"""
[company]
name = "Beispiel GmbH"
creditor_id = "DE98ZZZ09999999999"
[[accounts]]
iban = "{_IBAN}"
[[branches]]
code = "K01"
name = "Köln"
[[branches]]
code = "K02"
name = "Bonn"
dunning_days = [20, 6, 6]
[[branches]]
code = "K03"
name = "Aachen"
[[dunning.levels]]
number = 1
after_days = 14
anchor = "due_date"
fee = "0.00"
channel = "email"
[[dunning.levels]]
number = 2
after_days = 4
anchor = "previous_deadline"
fee = "5.00"
channel = "letter"
[[dunning.levels]]
number = 3
after_days = 4
anchor = "previous_deadline"
fee = "10.00"
channel = "letter"
"""
_BRANCHES: Final = (None, 1, 2, 3)
# Days between two notices of an item, and days that each of them gave to pay.
_BETWEEN: Final = 16
_TO_PAY: Final = 10
# A prime that divides no count that one would measure: it scatters the items.
_STEP: Final = 7_919


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the world. ``level`` and ``last_on`` are of its part that fell due first."""

    id: int
    customer_id: int
    branch_id: int | None
    kind: str
    amount: int
    open: int
    currency: str
    language: str | None
    due: date
    prepayment_due: date | None
    level: int
    last_on: date | None

    @property
    def number(self) -> str:
        """Its invoice number."""
        return f"RE-{self.id:08d}"

    @property
    def parts(self) -> tuple[tuple[str, int, date], ...]:
        """Kind, amount and due date of its parts."""
        if self.prepayment_due is None:
            return (("total", self.amount, self.due),)
        first = self.amount // 4
        return ("prepayment", first, self.prepayment_due), ("remainder", self.amount - first, self.due)


def fill(path: str, count: int) -> None:
    """New books with so many open items."""
    init(path, STAMP, (_COMPANY.encode(), "company.toml"))
    context = open_context(path, STAMP)
    with run(context, Action.IMPORT_ITEMS), writing(context) as connection:
        found = world(count)
        people = max(item.customer_id for item in found)
        add(connection, tables.customers, _customers(people))
        add(connection, tables.items, map(_item, found))
        add(connection, tables.item_parts, _parts(found))
        _sent(connection, found)
        _held(connection, count)
        _proposed(connection, found)
        _collected(connection, count)
        _credited(connection, people)
        record(connection, STAMP, "bench", "books")
    context.books.close()


def world(count: int) -> list[Item]:
    """The items by id, the same for the same count. Those of a customer lie apart, as they came."""
    return sorted(_by_customer(count), key=lambda item: item.id)


def _by_customer(count: int) -> Iterator[Item]:
    random = Random(_SEED)
    customer, left, last_on, currency, branch = 0, 0, _TODAY, "EUR", None
    for place in range(count):
        if not left:
            customer, left = customer + 1, 1 + (customer * 7) % (2 * PER_CUSTOMER - 1)
            last_on = _TODAY - timedelta(random.choice((5, 18, 40)))
            currency = "EUR" if random.random() < 0.98 else "CHF"
            branch = None if random.random() < 0.9 else random.choice(_BRANCHES)
        left -= 1
        amount = random.randrange(10_00, 2_000_00)
        kind = "credit_note" if random.random() < 0.04 else "invoice"
        level, chance = 0, random.random()
        if chance < 0.40 or kind == "credit_note":
            due = _TODAY + timedelta(random.randrange(31))
        elif chance < 0.52:
            due = _TODAY - timedelta(1 + random.randrange(13))
        elif chance < 0.75:
            due = _TODAY - timedelta(14 + random.randrange(40))
        else:
            level = random.choice((1, 1, 1, 2, 2, 3))
            due = last_on - timedelta(_BETWEEN * (level - 1) + 14 + random.randrange(20))
        early = None
        if kind == "invoice" and random.random() < 0.05:
            early, due = due, due + timedelta(30)
        sign = -1 if kind == "credit_note" else 1
        paid = amount // 2 if random.random() < 0.08 and early is None else 0
        yield Item(
            place * _STEP % count + 1, customer, branch, kind, sign * amount, sign * (amount - paid), currency,
            random.choice(("de", "en")) if random.random() < 0.03 else None, due, early, level,
            last_on if level else None,
        )  # fmt: skip


def _customers(count: int) -> Iterator[dict[str, Any]]:
    random = Random(_SEED + 1)
    for at in range(1, count + 1):
        block = random.random()
        own = random.choice((7, 21, 30)) if random.random() < 0.03 else None
        yield {
            "id": at, "customer_no": f"{10_000 + at}", "name": f"Beispiel {at} GmbH",
            "type": random.choice(("company", "person")), "language": "en" if random.random() < 0.15 else "de",
            "email": f"k{at}@beispiel.example" if random.random() < 0.4 else None, "street": f"Beispielweg {at % 90}",
            "postcode": "50667", "town": "Köln", "country": "DE", "branch_id": random.choice(_BRANCHES),
            "dunning_days_1": own, "dispatch": random.choice(("post", "email")),
            "dunning_block_until": _TODAY + timedelta(10) if block < 0.005 else None,
            "dunning_block_reason": "in Klärung" if block < 0.01 else None,
        }  # fmt: skip


def _item(item: Item) -> dict[str, Any]:
    return {
        "id": item.id, "invoice_no": item.number, "customer_id": item.customer_id, "branch_id": item.branch_id,
        "document_type": item.kind, "amount": item.amount, "open_amount": item.open, "currency": item.currency,
        "issue_date": item.due - timedelta(44), "due_date": item.due, "payment_method": "transfer",
        "language": item.language, "paid_before": item.amount - item.open,
    }  # fmt: skip


def _parts(found: Sequence[Item]) -> Iterator[dict[str, Any]]:
    number = 0
    for item in found:
        for kind, amount, due in item.parts:
            number += 1
            of_part = item.level if kind != "remainder" else 0
            yield {
                "id": number, "item_id": item.id, "kind": kind, "amount": amount, "due_date": due,
                "dunning_level": of_part, "last_notice_on": item.last_on if of_part else None,
                "last_deadline": item.last_on + timedelta(_TO_PAY) if of_part and item.last_on else None,
            }  # fmt: skip


def _sent(connection: Connection, found: Sequence[Item]) -> None:
    """The notices that the levels come from: one for each customer, currency and day."""
    heads: dict[tuple[int, str, date], int] = {}
    levels: list[int] = []
    lines: list[dict[str, Any]] = []
    for item in found:
        kind, amount, due = item.parts[0]
        for level in range(1, item.level + 1):
            assert item.last_on is not None
            day = item.last_on - timedelta(_BETWEEN * (item.level - level))
            at = heads.setdefault((item.customer_id, item.currency, day), len(heads))
            if at == len(levels):
                levels.append(0)
            levels[at] = max(levels[at], level)
            lines.append({
                "id": len(lines) + 1, "notice_id": at + 1, "item_id": item.id, "part": kind, "due_date": due,
                "days_overdue": (day - due).days, "open_amount": amount, "level": level, "fee": 0, "status": "issued",
            })  # fmt: skip
    days = sorted({day for _, _, day in heads})
    add(connection, dunning_runs, (
        {"id": at, "as_of": day, "status": "issued", "settings_hash": "", "scope": "[null,null,null]", "excluded": "[]"}
        for at, day in enumerate(days, start=1)
    ))  # fmt: skip
    number_of = {day: at for at, day in enumerate(days, start=1)}
    add(connection, notices, (
        {"id": at + 1, "run_id": number_of[day], "customer_id": customer, "level": levels[at], "title": "Mahnung",
         "language": "de", "channel": "letter", "deadline": day + timedelta(_TO_PAY), "currency": currency, "fee": 0,
         "interest": 0, "total": 0, "status": "issued", "issued_on": day}
        for (customer, currency, day), at in heads.items()
    ))  # fmt: skip
    add(connection, notice_items, lines)


def _held(connection: Connection, count: int) -> None:
    add(connection, tables.holds, (
        {"id": at, "item_id": item, "kind": "disputed" if item % 3 else "blocked", "scope": "both",
         "reason": "Mangel gemeldet", "since": _TODAY - timedelta(5),
         "until": _TODAY + timedelta(14) if item % 2 else None, "actor": "bench"}
        for at, item in enumerate(range(50, count + 1, 100), start=1)
    ))  # fmt: skip


def _proposed(connection: Connection, items: Sequence[Item]) -> None:
    """Payments that are found and wait for a person: one item of a hundred."""
    from recon.store.statements import identity, line_row

    total = 0
    rows: list[tuple[Any, ...]] = []
    found: list[dict[str, Any]] = []
    for item in items:
        if item.id % 100 != 1 or item.open <= 0:
            continue
        number = len(rows) + 1
        line = Line(item.open, item.currency, _TODAY, _TODAY, remittance=item.number, where="bench.sta:1")
        rows.append(line_row(line, number=number, statement_id=1, account_id=1, parent_id=None, position=number,
                             key=f"{identity(line, _IBAN)}/{number}", state=LineState.PROPOSED))  # fmt: skip
        share = Share(item.id, item.number, str(10_000 + item.customer_id), item.open, AllocationKind.PAYMENT)
        found.append({
            "id": number, "line_id": number, "run_id": 1, "rank": 1, "match_class": "exact_amount", "band": Band.HIGH,
            "shares": encode_shares([share]), "evidence": encode_evidence([Evidence("invoice_no_exact")]),
        })  # fmt: skip
        total += item.open
    add(connection, tables.files, [{"id": 1, "sha256": "bench", "name": "bench.sta", "kind": "statement", "size": 0,
                                    "content": b"", "imported_on": _TODAY}])  # fmt: skip
    add(connection, tables.statements, [{
        "id": 1, "file_id": 1, "account_id": 1, "fingerprint": "bench", "format": "mt940", "number": "1",
        "currency": "EUR", "opening": 0, "closing": total, "opening_date": _TODAY, "closing_date": _TODAY,
        "place": "bench.sta:1", "line_count": len(rows), "booked_sum": total,
    }])  # fmt: skip
    names = tables.lines.columns.keys()
    add(connection, tables.match_runs, [{"id": 1, "as_of": _TODAY, "actor": "bench", "summary": "{}"}])
    add(connection, tables.lines, ({**dict(zip(names, row, strict=False)), "booking_date": _TODAY, "value_date": _TODAY}
                                  for row in rows))  # fmt: skip
    add(connection, tables.proposals, found)


def _collected(connection: Connection, count: int) -> None:
    """Debits on their way to the bank: two items of a hundred."""
    ids = range(25, count + 1, 50)
    add(connection, tables.mandates, ({
        "id": at, "mandate_id": f"K-{item}", "customer_id": 1, "iban": _IBAN, "scheme": "CORE", "kind": "recurrent",
        "signed_on": _TODAY, "status": "active",
    } for at, item in enumerate(ids, start=1)))  # fmt: skip
    add(connection, tables.batches, [{
        "id": 1, "account_id": 1, "scheme": "CORE", "message_id": "BENCH", "file_name": "bench.xml", "sha256": "",
        "content": b"", "collection_date": _TODAY, "count": len(ids), "total": 0, "created_on": _TODAY,
        "status": "exported", "exported_on": _TODAY,
    }])  # fmt: skip
    add(connection, tables.batch_blocks, [{
        "id": 1, "batch_id": 1, "payment_information_id": "BENCH-1", "sequence": "RCUR", "collection_date": _TODAY,
        "account": _IBAN, "creditor_id": "", "count": len(ids), "total": 0,
    }])  # fmt: skip
    add(connection, tables.collections, ({
        "id": at, "batch_id": 1, "block_id": 1, "item_id": item, "mandate_id": at, "amount": 100, "due_date": _TODAY,
        "collection_date": _TODAY, "end_to_end_id": f"E-{at}", "iban": _IBAN, "amendment": 0, "attempt": 1,
        "status": "exported",
    } for at, item in enumerate(ids, start=1)))  # fmt: skip


def _credited(connection: Connection, people: int) -> None:
    """What customers have paid beside their items: one of fifty."""
    ids = range(10, people + 1, 50)
    add(connection, tables.entries, (
        {"id": at, "booked_on": _TODAY, "kind": "bank", "currency": "EUR", "text": "bench"}
        for at, _ in enumerate(ids, start=1)
    ))  # fmt: skip
    add(connection, tables.postings, (
        {"id": at, "entry_id": at, "role": "customer", "account": "1400", "amount": -100_00, "customer_id": customer}
        for at, customer in enumerate(ids, start=1)
    ))  # fmt: skip


if __name__ == "__main__":
    fill(sys.argv[1], int(sys.argv[2]))
