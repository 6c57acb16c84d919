"""Deliveries as people see them, choosing one by its name, and the setting without which there are none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from recon.model.finding import Finding, error
from recon.model.roles import Action
from recon.model.settings import PbsSettings
from recon.service.answers import Refused
from recon.service.context import Context, reading
from recon.store import pbs as store
from recon.store.ids import read_id, shown_id
from recon.store.pbs_tables import pbs_debit_items, pbs_debits
from recon.store.settings import settings_of
from sepa.pbs_plan import Excluded


@dataclass(frozen=True, slots=True)
class Debit:
    """One collection of a delivery: a debtor, a day, the invoices in it."""

    customer: str
    payer: str
    day: date
    amount: int
    items: tuple[str, ...]
    status: str
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery: planned (``id`` None), or in the books with its file. ``text_lines`` is the number of BS052."""

    id: str | None
    first_day: date
    count: int
    sum: int
    text_lines: int
    status: str
    debits: tuple[Debit, ...] = ()
    file: str | None = None
    sha256: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class PbsResult:
    """Deliveries and excluded claims; ``due`` is the number and the sum in kroner of all that was looked at."""

    deliveries: tuple[Delivered, ...]
    excluded: tuple[Excluded, ...] = ()
    due: tuple[int, int] = (0, 0)
    findings: tuple[Finding, ...] = ()


def switched_on(connection: Connection) -> PbsSettings:
    """The settings of Betalingsservice. Raises Refused where it is not used (A-25)."""
    settings = settings_of(connection).pbs
    if not settings.enabled:
        raise Refused(error("pbs-off", "pbs.enabled"))
    return settings


def deliveries_in_books(context: Context) -> PbsResult:
    """All deliveries, oldest first."""
    with reading(context, Action.READ) as connection:
        switched_on(connection)
        return PbsResult(shown_deliveries(connection))


def chosen(connection: Connection, wanted: Sequence[str]) -> list[Any]:
    """Deliveries by their names. Raises Refused for one that is not there."""
    ids = [read_id("pbs_deliveries", name) for name in wanted]
    rows = {row.id: row for row in store.load_deliveries(connection, [number for number in ids if number is not None])}
    missing = [error("pbs-delivery-unknown", name, batch=name) for name, number in zip(wanted, ids, strict=True)
               if number not in rows]  # fmt: skip
    if missing:
        raise Refused(*missing)
    return [rows[number] for number in dict.fromkeys(ids) if number is not None]


def shown_deliveries(connection: Connection, ids: Sequence[int] | None = None) -> tuple[Delivered, ...]:
    """Deliveries with their collections, by id."""
    heads = store.load_deliveries(connection, ids)
    numbers = [row.id for row in heads]
    invoices: dict[int, list[str]] = {}
    for row in store.load_debit_items(connection, pbs_debits.c.delivery_id.in_(numbers)):
        invoices.setdefault(row.debit_id, []).append(row.invoice_no)
    debits: dict[int, list[Debit]] = {}
    for row in store.load_debits(connection, pbs_debits.c.delivery_id.in_(numbers)):
        own = tuple(dict.fromkeys(invoices.get(row.id, ())))
        debits.setdefault(row.delivery_id, []).append(
            Debit(row.customer_no, row.payer_no, row.collect_on, row.amount, own, row.status, row.reference)
        )
    return tuple(
        Delivered(
            id=shown_id("pbs_deliveries", row.id),
            first_day=row.first_day,
            count=row.count,
            sum=row.total,
            text_lines=row.text_lines,
            status="submitted" if row.status == "exported" and row.submitted_on else row.status,
            debits=tuple(debits.get(row.id, ())),
            file=row.file_name,
            sha256=row.sha256,
            number=row.delivery_no,
        )
        for row in heads
    )


def on_their_way(connection: Connection) -> dict[int, dict[date, tuple[int, int]]]:
    """Items in collections whose money is on its way: by item and due date, the delivery and the amount."""
    found: dict[int, dict[date, tuple[int, int]]] = {}
    for row in store.load_debit_items(connection, pbs_debit_items.c.status.in_(store.LIVE)):
        found.setdefault(row.item_id, {})[row.due_date] = (row.delivery_id, row.amount)
    return found
