"""What Betalingsservice has reported as paid, day by day: the bank credits a day's payments as one sum, which a person
confirms against the invoices that are listed here."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from recon.model.roles import Action
from recon.service.context import Context, reading
from recon.service.pbs.deliveries import switched_on
from recon.store import pbs as store
from recon.store.ids import shown_id
from recon.store.pbs_tables import pbs_answers, pbs_debit_items
from recon.store.tables import lines
from sepa.pbs import CURRENCY
from sepa.pbs_answers import COMPLETED, OUTCOMES

_PAID = next(code for code, outcome in OUTCOMES.items() if outcome == COMPLETED)


@dataclass(frozen=True, slots=True)
class PaymentDay:
    """What the operator books on a day: how many collections, their sum, the invoices in them with what each pays, and
    the open bank lines of exactly this sum."""

    booked_on: date | None
    count: int
    sum: int
    items: tuple[tuple[str, int], ...]
    lines: tuple[str, ...]


def payments(context: Context) -> list[PaymentDay]:
    """The days whose payments are reported and still open in the books, oldest first."""
    with reading(context, Action.READ) as connection:
        switched_on(connection)
        days: dict[date | None, list[int]] = {}
        amounts: dict[int, int] = {}
        for row in store.load_answers(connection, pbs_answers.c.code == _PAID):
            days.setdefault(row.booked_on, []).append(row.debit_id)
            amounts[row.debit_id] = row.paid
        parts: dict[int, list[tuple[str, int]]] = {}
        for row in store.load_debit_items(connection, pbs_debit_items.c.status == COMPLETED):
            if row.open_amount > 0:
                parts.setdefault(row.debit_id, []).append((row.invoice_no, row.amount))
        found = [_day(connection, day, debits, amounts, parts) for day, debits in days.items()]
        return sorted((day for day in found if day.items), key=lambda one: one.booked_on or date.min)


def _day(
    connection: Connection,
    day: date | None,
    debits: list[int],
    amounts: dict[int, int],
    parts: dict[int, list[tuple[str, int]]],
) -> PaymentDay:
    open_ones = [debit for debit in debits if debit in parts]
    total = sum(amounts[debit] for debit in open_ones)
    query = (
        select(lines.c.id)
        .where(lines.c.amount == total, lines.c.open_amount == total, lines.c.currency == CURRENCY,
               lines.c.status == "booked", lines.c.parent_id.is_(None))
        .order_by(lines.c.id)
    )  # fmt: skip
    named = tuple(shown_id("lines", number) for number in connection.execute(query).scalars())
    return PaymentDay(day, len(open_ones), total, tuple(part for debit in open_ones for part in parts[debit]), named)
