"""Taking a table of customers, mandates or items in: one transaction, all rows or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, update

from recon.dunning.procedure import copied_days
from recon.items import Kind, Table
from recon.ledger.chart import chart_of, unusable
from recon.ledger.closing import first_open
from recon.ledger.posting import entry_for_items
from recon.model.finding import Finding, error
from recon.model.items import CustomerRecord, DocumentType, ItemRecord, MandateRecord, PartKind, PaymentMethod
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.service.context import Context, permit, writing
from recon.service.importing_mandates import take_mandates
from recon.service.importing_rows import Changes, NotTaken, RecordCounts, put_rows
from recon.store import statements as files
from recon.store.closings import period_closed_until
from recon.store.digests import add
from recon.store.ids import next_ids
from recon.store.journal import Booking, book
from recon.store.log import Seal, record
from recon.store.settings import branch_ids, settings_of
from recon.store.tables import customers, item_parts, items

# What one must be allowed to do to take a table in.
RIGHTS: Final[Mapping[str, Action]] = {
    Kind.CUSTOMERS: Action.IMPORT_ITEMS,
    Kind.ITEMS: Action.IMPORT_ITEMS,
    Kind.MANDATES: Action.IMPORT_MANDATES,
}


def import_table(
    context: Context, table: Table, name: str, sha256: str, content: bytes
) -> tuple[RecordCounts, tuple[Finding, ...]]:
    """Take all records in, or none: any error finding leaves the books as they were."""
    try:
        with writing(context) as connection:
            # The kind may be another than its head promised.
            permit(connection, context.stamp, *([RIGHTS[table.kind]] if table.kind else RIGHTS.values()))
            changes, seals = _take(connection, context, table)
            counts = changes.counts
            if counts.new or counts.updated:
                if files.known_file(connection, sha256) is None:
                    files.keep_file(connection, sha256=sha256, name=name, kind=str(table.kind), content=content,
                                    day=context.stamp.as_of)  # fmt: skip
                after = {"sha256": sha256, "new": counts.new, "updated": counts.updated, "changes": changes.moved}
                record(connection, context.stamp, "import", name, after=after, seals=seals)
    except NotTaken as no:
        return RecordCounts(), no.findings
    return counts, tuple(changes.findings)


def _take(connection: Connection, context: Context, table: Table) -> tuple[Changes, list[Seal]]:
    """Sort the records in and write them. Only items are booked, so only they bring seals."""
    if table.kind is Kind.CUSTOMERS:
        return _customers(connection, [entry for entry in table.records if isinstance(entry, CustomerRecord)]), []
    if table.kind is Kind.MANDATES:
        found = [entry for entry in table.records if isinstance(entry, MandateRecord)]
        return take_mandates(connection, context.stamp.as_of, found), []
    return _items(connection, context, [entry for entry in table.records if isinstance(entry, ItemRecord)])


def _customers(connection: Connection, records: Sequence[CustomerRecord]) -> Changes:
    branch_of = branch_ids(connection)
    known = {row.customer_no: row._asdict() for row in connection.execute(select(customers))}
    unknown = [
        error("branch-unknown", entry.where, branch=entry.branch)
        for entry in records
        if entry.branch is not None and entry.branch not in branch_of
    ]
    if unknown:
        raise NotTaken(unknown)
    changes = Changes()
    ids = next_ids(connection, customers)
    settings = settings_of(connection)
    for entry in records:
        old, row = known.get(entry.customer_no), _customer_row(entry, branch_of)
        changes.add(
            old, row if old else row | _own_days(settings, entry.branch, entry.dunning_days), _NEW_CUSTOMER, ids
        )
    put_rows(connection, customers, changes)
    return changes


def _items(connection: Connection, context: Context, records: Sequence[ItemRecord]) -> tuple[Changes, list[Seal]]:
    branch_of = branch_ids(connection)
    changes = Changes()
    people = _people(connection, records, changes)
    known = {row.invoice_no: row._asdict() for row in connection.execute(select(items))}
    parts_of = _known_parts(connection)
    problems: list[Finding] = []
    ids = next_ids(connection, items)
    parts: list[dict[str, Any]] = []
    amounts: dict[str, list[tuple[int, str, int]]] = {}
    for entry in records:
        old = known.get(entry.invoice_no)
        due = _see_item(entry, people, branch_of, old)
        if isinstance(due, Finding):
            problems.append(due)
            continue
        row = _item_row(entry, people[entry.customer_no], branch_of, due)
        had = parts_of.get(old["id"], {}) if old else {}
        wanted = _part_rows(entry, due, had)
        parts_differ = old is not None and _moved_parts(had, wanted)
        item_id = changes.add(old, row, _NEW_ITEM, ids, also=parts_differ)
        if item_id is None:
            continue
        difference = row["amount"] - row["paid_before"] - (old["amount"] - old["paid_before"] if old else 0)
        if difference:
            amounts.setdefault(entry.currency, []).append((item_id, entry.customer_no, difference))
        parts += [{"item_id": item_id, **part} for part in wanted]
    if problems:
        raise NotTaken(problems)
    put_rows(connection, items, changes)
    _put_parts(connection, parts, parts_of)
    return changes, _take_over(connection, context, amounts)


def _take_over(
    connection: Connection, context: Context, amounts: Mapping[str, Sequence[tuple[int, str, int]]]
) -> list[Seal]:
    settings = settings_of(connection)
    found = unusable(settings)
    if found:
        raise NotTaken(found)
    chart = chart_of(settings)
    day, until = context.stamp.as_of, period_closed_until(connection)
    if amounts and until is not None and day <= until:
        raise NotTaken([error("period-closed", str(day), day=day, until=until, open=first_open(until))])
    bookings = [
        Booking(
            "take_over",
            entry_for_items(
                rows, chart, booked_on=context.stamp.as_of, currency=currency, text="Übernahme offener Posten"
            ),
        )
        for currency, rows in sorted(amounts.items())
    ]
    return book(connection, context.stamp, bookings)


@dataclass(frozen=True, slots=True)
class _Owner:
    """What an item takes from its customer: id, payment term and branch."""

    id: int
    term: int | None
    branch_id: int | None


def _people(connection: Connection, records: Sequence[ItemRecord], changes: Changes) -> dict[str, _Owner]:
    """The customers by number. One whom only the items name (number and name) is made from them (F-17)."""
    people = {
        row.customer_no: _Owner(row.id, row.payment_term_days, row.branch_id)
        for row in connection.execute(select(customers))
    }
    ids = next_ids(connection, customers)
    own_days = _own_days(settings_of(connection), None, ())
    rows: list[dict[str, Any]] = []
    for entry in records:
        if entry.customer_no in people or not entry.customer_name:
            continue
        row = {"id": next(ids), "customer_no": entry.customer_no, "name": entry.customer_name, **_NEW_CUSTOMER,
               **own_days}  # fmt: skip
        rows.append(row)
        changes.moved.append({"new": entry.customer_no, "name": entry.customer_name})
        people[entry.customer_no] = _Owner(row["id"], None, None)
    if rows:
        add(connection, customers, rows)
    return people


def _see_item(
    entry: ItemRecord, people: Mapping[str, _Owner], branch_of: Mapping[str, int], old: Mapping[str, Any] | None
) -> Finding | date:
    """The date an item is due, or what stands against it. A stored due date wins; a term only fills a gap (X-20)."""
    owner = people.get(entry.customer_no)
    if owner is None:
        return error("customer-unknown", entry.where, customer=entry.customer_no)
    if entry.branch is not None and entry.branch not in branch_of:
        return error("branch-unknown", entry.where, branch=entry.branch)
    if old is not None and old["document_type"] == DocumentType.RETURN_CHARGE.value:
        return error("item-of-charge", entry.where, item=entry.invoice_no)
    if old is not None and old["customer_id"] != owner.id:
        return error("item-other-customer", entry.where, item=entry.invoice_no, customer=entry.customer_no)
    if old is not None and old["currency"] != entry.currency:
        return error("item-other-currency", entry.where, item=entry.invoice_no, currency=old["currency"])
    if entry.due_date is not None:
        return entry.due_date
    if owner.term is None or entry.issue_date is None:
        return error("payment-term-missing", entry.where, item=entry.invoice_no, customer=entry.customer_no)
    return entry.issue_date + timedelta(days=owner.term)


def _known_parts(connection: Connection) -> dict[int, dict[str, Any]]:
    """The parts in the books by item and kind."""
    found: dict[int, dict[str, Any]] = {}
    for row in connection.execute(select(item_parts).order_by(item_parts.c.id)):
        found.setdefault(row.item_id, {})[row.kind] = row
    return found


def _moved_parts(had: Mapping[str, Any], wanted: Sequence[Mapping[str, Any]]) -> bool:
    """Whether amounts or dates of parts differ from what the books have."""
    stand = {kind: (row.amount, row.due_date) for kind, row in had.items()}
    return stand != {part["kind"]: (part["amount"], part["due_date"]) for part in wanted}


def _put_parts(connection: Connection, rows: Sequence[dict[str, Any]], known: Mapping[int, Mapping[str, Any]]) -> None:
    """New parts, and new amounts and dates of parts that stand; their dunning state stays (users.md 4). A total that is
    told in two parts now goes on as the remainder."""
    ids = next_ids(connection, item_parts)
    fresh: list[dict[str, Any]] = []
    stale: list[dict[str, Any]] = []
    for row in rows:
        had = known.get(row["item_id"], {})
        part = had.get(row["kind"])
        if part is None and row["kind"] == PartKind.REMAINDER.value:
            part = had.get(PartKind.TOTAL.value)
        if part is None:
            fresh.append({"id": next(ids), "dunning_level": 0, **row})
        else:
            stale.append({"key": part.id, "new_kind": row["kind"], "new_amount": row["amount"],
                          "new_due": row["due_date"]})  # fmt: skip
    if stale:
        statement = (
            update(item_parts)
            .where(item_parts.c.id == bindparam("key"))
            .values(kind=bindparam("new_kind"), amount=bindparam("new_amount"), due_date=bindparam("new_due"))
        )
        connection.execute(statement, stale)
    if fresh:
        add(connection, item_parts, fresh)


# What a new record has where its file is silent.
_NEW_ITEM: Mapping[str, Any] = {"open_amount": 0, "payment_method": PaymentMethod.TRANSFER.value}
_NEW_CUSTOMER: Mapping[str, Any] = {"type": "person", "language": "de", "dispatch": "post"}


def _own_days(settings: Settings, code: str | None, given: tuple[int | None, ...]) -> dict[str, int | None]:
    """The dunning days that a new customer is given as his own, where the settings say so (V-14)."""
    if not settings.dunning.copy_on_create:
        return {}
    of_branch = next((branch.dunning_days for branch in settings.branches if branch.code == code), ())
    days = copied_days(settings.dunning, of_branch, given)
    return {f"dunning_days_{level}": value for level, value in enumerate(days, start=1)}


def _customer_row(entry: CustomerRecord, branch_of: Mapping[str, int]) -> dict[str, Any]:
    return {
        "customer_no": entry.customer_no, "name": entry.name, "type": entry.type.value if entry.type else None,
        "language": entry.language, "email": entry.email, "street": entry.street, "postcode": entry.postcode,
        "town": entry.town, "country": entry.country,
        "branch_id": branch_of[entry.branch] if entry.branch is not None else None,
        "iban": entry.iban, "bic": entry.bic, "payment_term_days": entry.payment_term_days,
        **{f"dunning_days_{level}": days for level, days in enumerate(entry.dunning_days, start=1)},
        "dispatch": entry.dispatch, "dunning_block_until": entry.dunning_block_until,
        "dunning_block_reason": entry.dunning_block_reason,
        "debtor_account": entry.debtor_account,
        "phone": entry.phone,
    }  # fmt: skip


def _item_row(entry: ItemRecord, owner: _Owner, branch_of: Mapping[str, int], due: date) -> dict[str, Any]:
    sign = entry.document_type.sign
    return {
        "invoice_no": entry.invoice_no, "customer_id": owner.id,
        "branch_id": branch_of[entry.branch] if entry.branch is not None else owner.branch_id,
        "document_type": entry.document_type.value, "amount": sign * entry.amount, "currency": entry.currency,
        "issue_date": entry.issue_date, "due_date": due,
        "payment_method": entry.payment_method.value if entry.payment_method else None, "mandate_ref": entry.mandate_id,
        "service_contract": entry.service_contract, "creditor_reference": entry.creditor_reference,
        "discount_percent": entry.discount_percent, "discount_until": entry.discount_until,
        "language": entry.language, "paid_before": sign * entry.paid,
    }  # fmt: skip


def _part_rows(entry: ItemRecord, due: date, had: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Prepayment and remainder as parts with their own due dates (V-05, V-06), else one part for the total. A file that
    says nothing of a prepayment leaves the one in the books as it is."""
    sign = entry.document_type.sign
    stands = had.get(PartKind.PREPAYMENT.value)
    if entry.prepayment_amount is not None and entry.prepayment_due is not None:
        first, first_due = entry.prepayment_amount, entry.prepayment_due
    elif stands is not None:
        first, first_due = min(abs(stands.amount), entry.amount), stands.due_date
    else:
        return [{"kind": PartKind.TOTAL.value, "amount": sign * entry.amount, "due_date": due}]
    return [
        {"kind": PartKind.PREPAYMENT.value, "amount": sign * first, "due_date": first_due},
        {"kind": PartKind.REMAINDER.value, "amount": sign * (entry.amount - first), "due_date": due},
    ]
