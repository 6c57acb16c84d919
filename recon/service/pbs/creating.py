"""What is due of Danish customers becomes a delivery to Betalingsservice (0601), its bytes frozen in the books."""

import hashlib
from datetime import date, timedelta

from sqlalchemy import Connection, and_, or_, select

from recon.model.finding import Finding, error, info, warning
from recon.model.items import Customer
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.service.answers import Refused
from recon.service.claims import due_parts, held_by, hold_facts
from recon.service.context import Context, reading, run, writing
from recon.service.pbs.deliveries import Debit, Delivered, PbsResult, on_their_way, shown_deliveries, switched_on
from recon.store import pbs as store
from recon.store.batches import load_collections
from recon.store.holds import COLLECT, holds_on
from recon.store.ids import next_ids, shown_id
from recon.store.items import LIVE, load_items
from recon.store.log import record
from recon.store.masters import all_customers
from recon.store.pbs_tables import pbs_agreements, pbs_debits, pbs_deliveries
from recon.store.settings import settings_of
from recon.store.tables import collections, item_parts, items
from sepa.pbs import CURRENCY, FREE_DAYS, MIN_DAYS, Creditor, Delivery, days_left, first_month
from sepa.pbs0601 import text_records, write
from sepa.pbs0601_check import check
from sepa.pbs_plan import Address, Agreement, Claim, Plan, Planned, collection_of, plan

Way = dict[int, dict[date, tuple[int, int]]]


def preview(context: Context, *, due_until: date) -> PbsResult:
    """What ``create`` would do; writes nothing."""
    with reading(context, Action.READ) as connection:
        settings = settings_of(connection)
        made, due = _plan(connection, context.stamp.as_of, due_until)
        found = (_planned(made, settings, context.stamp.as_of),) if made.collections else ()
        return PbsResult(found, made.excluded, due, _notes(made, context.stamp.as_of))


def create(context: Context, *, due_until: date) -> PbsResult:
    """Make one delivery of all that is due, its bytes read back and checked before they are kept."""
    with run(context, Action.COLLECT), writing(context) as connection:
        made, due = _plan(connection, context.stamp.as_of, due_until)
        found = _create(connection, context, made) if made.collections else ()
        return PbsResult(found, made.excluded, due, _notes(made, context.stamp.as_of))


def creditor_of(settings: Settings) -> Creditor:
    """Who delivers and collects. What is switched on is whole: the settings have seen to it."""
    own = settings.pbs
    return Creditor(settings.company.name, own.supplier or "", own.subsystem, own.creditor or "", own.debtor_group,
                    own.registration or "", own.account or "", own.user or "")  # fmt: skip


def _create(connection: Connection, context: Context, made: Plan) -> tuple[Delivered, ...]:
    settings, day = settings_of(connection), context.stamp.as_of
    number = next(next_ids(connection, pbs_deliveries))
    ids = next_ids(connection, pbs_debits)
    numbered = [(next(ids), planned) for planned in made.collections]
    delivery = Delivery(
        creditor_of(settings),
        number,
        day,
        tuple(collection_of(planned, store.reference_of(debit)) for debit, planned in numbered),
        settings.pbs.text_lines,
    )
    content = write(delivery)
    _check(content, delivery)
    sha256 = hashlib.sha256(content).hexdigest()
    total = sum(one.amount for one in delivery.collections)
    row = {
        "id": number, "delivery_no": f"{number:010d}", "file_name": f"PBS_0601_{day.isoformat()}_{number:010d}.lst",
        "sha256": sha256, "content": content, "first_day": min(one.day for one in delivery.collections),
        "count": len(delivery.collections), "total": total, "text_lines": _lines(delivery), "created_on": day,
        "status": "created", "created_by": context.stamp.actor,
    }  # fmt: skip
    debits = [
        {"id": debit, "delivery_id": number, "agreement_id": planned.agreement.id,
         "reference": store.reference_of(debit), "collect_on": planned.day, "amount": planned.amount,
         "status": "created"}
        for debit, planned in numbered
    ]  # fmt: skip
    parts = [
        {"debit_id": debit, "item_id": claim.item_id, "due_date": claim.due_date, "amount": claim.amount,
         "status": "created"}
        for debit, planned in numbered
        for claim in planned.claims
    ]  # fmt: skip
    store.insert_delivery(connection, row, debits, parts)
    after = {"sha256": sha256, "count": len(debits), "sum": total}
    record(connection, context.stamp, "pbs-create", shown_id("pbs_deliveries", number), after=after)
    return shown_deliveries(connection, [number])


def _check(content: bytes, delivery: Delivery) -> None:
    """A file that does not tell what was planned, or breaks a rule, never comes into being."""
    found, problems = check(content)
    wrong = [error("pbs-file-wrong", str(delivery.number), problem=one.code,
                   detail=", ".join(f"{name} {value}" for name, value in one.facts)) for one in problems]  # fmt: skip
    told = [(one.payer, one.agreement, one.day, one.amount, one.reference, one.lines) for one in found]
    wanted = [
        (one.payer.lstrip("0"), one.agreement.lstrip("0"), one.day, one.amount, one.reference,
         len(text_records(delivery, one)))
        for one in delivery.collections
    ]  # fmt: skip
    if not wrong and told != wanted:
        wrong = [error("pbs-file-wrong", str(delivery.number), problem="BS042", detail=f"{len(told)}, {len(wanted)}")]
    if wrong:
        raise Refused(*wrong)


def _plan(connection: Connection, as_of: date, due_until: date) -> tuple[Plan, tuple[int, int]]:
    own = switched_on(connection)
    people = all_customers(connection)
    agreements = _agreements(connection, own.debtor_group)
    claims = _claims(connection, as_of, due_until)
    debtors = {number: (agreement, _address(people[number])) for number, agreement in agreements.items()}
    live = store.load_debits(connection, pbs_debits.c.status.in_(store.LIVE))
    taken = {(row.agreement_id, row.collect_on) for row in live}
    made = plan(claims, debtors, taken, own.due_day, as_of)
    due = sum(claim.amount for claim in claims if claim.currency == CURRENCY)
    said = sum(one.amount for one in made.collections) + sum(
        one.claim.amount for one in made.excluded if one.claim.currency == CURRENCY
    )
    if due != said:
        raise ValueError(f"{due} due, {said} told")
    return made, (len(claims), due)


def _address(person: Customer) -> Address:
    return Address(person.name, person.street, person.postcode, person.country)


def _agreements(connection: Connection, group: str) -> dict[str, Agreement]:
    """The agreement of each customer in a debtor group: the active one, else the last that there was."""
    found: dict[str, Agreement] = {}
    rows = store.load_agreements(connection, pbs_agreements.c.debtor_group == group)
    for row in sorted(rows, key=lambda one: (one.status == "active", one.id)):
        found[row.customer_no] = Agreement(row.id, row.customer_no, row.payer_no, row.agreement_no, row.debtor_group,
                                           row.status == "active")  # fmt: skip
    return found


def _claims(connection: Connection, as_of: date, due_until: date) -> list[Claim]:
    """Each due part of each open direct-debit item in kroner, and of all items of customers with an agreement."""
    due = select(item_parts.c.item_id).where(item_parts.c.due_date <= due_until)
    ours = items.c.customer_id.in_(select(pbs_agreements.c.customer_id))
    wanted = and_(
        items.c.open_amount > 0,
        items.c.amount > 0,
        items.c.id.in_(due),
        or_(and_(items.c.payment_method == "direct_debit", items.c.currency == CURRENCY), ours),
    )
    held = holds_on(connection, as_of, COLLECT)
    sepa: Way = {}
    for row in load_collections(connection, collections.c.status.in_(LIVE)):
        sepa.setdefault(row.item_id, {})[row.due_date] = (row.batch_id, row.amount)
    ways = (("pbs_deliveries", on_their_way(connection)), ("batches", sepa))
    claims = []
    for item in load_items(connection, wanted):
        for due_date, amount in due_parts(item, due_until).items():
            hold, facts = hold_facts(held.get(item.id))
            for table, way in ways:
                number = held_by(way.get(item.id, {}), due_date, amount, item.open)
                if number is not None:
                    hold, facts = "already_exported", (("batch", shown_id(table, number)),)
            claims.append(
                Claim(item.id, item.invoice_no, item.customer_no, amount, item.currency, due_date,
                      item.payment_method.value == "direct_debit", item.issue_date, hold, facts)
            )  # fmt: skip
    return claims


def _lines(delivery: Delivery) -> int:
    return sum(len(text_records(delivery, one)) for one in delivery.collections)


def _planned(made: Plan, settings: Settings, day: date) -> Delivered:
    collections = tuple(collection_of(one, "") for one in made.collections)
    delivery = Delivery(creditor_of(settings), 0, day, collections, settings.pbs.text_lines)
    return Delivered(None, min(one.day for one in collections), len(collections),
                     sum(one.amount for one in collections), _lines(delivery), "planned",
                     tuple(map(_planned_debit, made.collections)))  # fmt: skip


def _planned_debit(one: Planned) -> Debit:
    items_of = tuple(dict.fromkeys(claim.invoice_no for claim in one.claims))
    return Debit(one.agreement.customer_no, one.agreement.payer, one.day, one.amount, items_of, "planned")


def _notes(made: Plan, as_of: date) -> tuple[Finding, ...]:
    """What a person must know before the delivery goes out: the cycle, and characters that the file cannot hold."""
    if not made.collections:
        return ()
    left, first = days_left(as_of), first_month(as_of)
    replaced = [
        warning("pbs-replaced", customer, customer=customer, before=sign, after=other or "-")
        for customer, sign, other in made.replaced
    ]
    return (_cycle(left, first), *replaced)


def _cycle(left: int, first: date) -> Finding:
    if left < MIN_DAYS:
        return warning("pbs-cycle-missed", "pbs", days=left, first=first)
    month_end = first - timedelta(days=1)
    if left <= FREE_DAYS:
        return warning("pbs-cycle-fee", "pbs", days=left, until=month_end)
    return info("pbs-cycle", "pbs", days=left, until=month_end)
