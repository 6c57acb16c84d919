"""Agreements of Danish customers with Betalingsservice: kept by the operator's 0603, or entered by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from recon.model.finding import Finding, error
from recon.model.items import Customer
from recon.model.roles import Action
from recon.service.answers import Refused
from recon.service.context import Context, reading, run, writing
from recon.service.pbs.deliveries import switched_on
from recon.store import pbs as store
from recon.store.log import record
from recon.store.masters import all_customers
from recon.store.pbs_tables import pbs_agreements
from sepa.pbs import MAX_AGREEMENT, MAX_PAYER

ACTIVE, ENDED = "active", "ended"


@dataclass(frozen=True, slots=True)
class AgreementEntry:
    """An agreement as the books have it."""

    customer: str
    name: str
    payer: str
    agreement: str
    group: str
    status: str
    since: date | None
    ended_on: date | None
    ended_by: str | None


def list_agreements(context: Context, *, active: bool = False) -> list[AgreementEntry]:
    """Agreements in the order in which they came; only those that hold, where ``active``."""
    with reading(context, Action.READ) as connection:
        switched_on(connection)
        return [_entry(row) for row in store.load_agreements(connection) if not active or row.status == ACTIVE]


def enter(
    context: Context, customer: str, *, payer: str | None = None, agreement: str = "", since: date | None = None
) -> AgreementEntry:
    """Enter an agreement by hand. ``payer`` is the customer's number with the operator; without one it is the customer
    number, where that is one. Raises Refused."""
    with run(context, Action.IMPORT_MANDATES), writing(context) as connection:
        own = switched_on(connection)
        person = _person(connection, customer)
        number = _number(payer or customer, MAX_PAYER, "pbs-payer-number", customer)
        told = _number(agreement, MAX_AGREEMENT, "pbs-agreement-number", customer) if agreement else ""
        _free(connection, person, number, own.debtor_group)
        row = {
            "customer_id": person.id, "payer_no": number, "agreement_no": told or "0",
            "debtor_group": own.debtor_group, "status": ACTIVE, "since": since or context.stamp.as_of,
        }  # fmt: skip
        made = store.insert_agreement(connection, row)
        after = {"payer": number, "agreement": told or "0"}
        record(connection, context.stamp, "pbs-agreement", customer, after=after)
        return _entry(store.load_agreements(connection, pbs_agreements.c.id == made)[0])


def end(context: Context, customer: str) -> AgreementEntry:
    """End the agreement of a customer by hand: from now on nothing of his is delivered. Raises Refused."""
    with run(context, Action.IMPORT_MANDATES), writing(context) as connection:
        switched_on(connection)
        person = _person(connection, customer)
        holds = (pbs_agreements.c.customer_id == person.id) & (pbs_agreements.c.status == ACTIVE)
        rows = store.load_agreements(connection, holds)
        if not rows:
            raise Refused(error("pbs-no-agreement", customer, customer=customer))
        store.change_agreement(connection, rows[0].id, status=ENDED, ended_on=context.stamp.as_of, ended_by="creditor")
        record(connection, context.stamp, "pbs-agreement", customer, before={"status": ACTIVE},
               after={"status": ENDED})  # fmt: skip
        return _entry(store.load_agreements(connection, pbs_agreements.c.id == rows[0].id)[0])


def customer_of(payer: str, people: Mapping[str, Customer], known: Mapping[str, str]) -> str | None:
    """The customer of a number with the operator: whose agreement has it, else whose customer number it is (leading
    zeros do not count). ``None`` where there is none, or more than one."""
    if payer in known:
        return known[payer]
    found = [number for number in people if number.isdigit() and number.lstrip("0") == payer]
    return found[0] if len(found) == 1 else None


def _person(connection: Connection, customer: str) -> Customer:
    found = all_customers(connection).get(customer)
    if found is None:
        raise Refused(error("customer-unknown", customer, customer=customer))
    return found


def _number(value: str, limit: int, code: str, customer: str) -> str:
    if not (value.isascii() and value.isdigit()) or len(value.lstrip("0")) > limit or not value.lstrip("0"):
        raise Refused(error(code, customer, customer=customer, value=value))
    return value.lstrip("0")


def _free(connection: Connection, person: Customer, payer: str, group: str) -> None:
    wrong: list[Finding] = []
    for row in store.load_agreements(connection, pbs_agreements.c.status == ACTIVE):
        if row.customer_id == person.id:
            wrong.append(error("pbs-agreement-there", person.customer_no, customer=person.customer_no))
        elif (row.payer_no, row.debtor_group) == (payer, group):
            wrong.append(error("pbs-payer-taken", person.customer_no, value=payer, customer=row.customer_no))
    if wrong:
        raise Refused(*wrong)


def _entry(row: Any) -> AgreementEntry:
    return AgreementEntry(row.customer_no, row.name, row.payer_no, row.agreement_no, row.debtor_group, row.status,
                          row.since, row.ended_on, row.ended_by)  # fmt: skip
