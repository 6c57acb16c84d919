"""Mandates as they are on a day: state, use, lapse, and what the debtor's bank is to be told next."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, select

from recon.model.finding import error
from recon.model.roles import Action
from recon.model.settings import Company
from recon.service.answers import Refused
from recon.service.context import Context, reading
from recon.store.mandates import KeptMandate, load_mandates
from recon.store.settings import settings_of
from recon.store.tables import customers, mandates
from sepa.mandate import (
    ENDED,
    LAPSING,
    Amendment,
    Mandate,
    MandateStatus,
    SequenceType,
    amendment,
    lapses_on,
    sequence_type,
    state_on,
    warning_on,
)


@dataclass(frozen=True, slots=True)
class ListedMandate:
    """A mandate on a day. ``status`` counts lapse and use in; ``warn`` as ``sepa.mandate.warning_on`` says; ``uses``
    are collections from these books; ``amendment`` is what the next collection will tell the debtor's bank."""

    mandate: Mandate
    customer_name: str
    status: MandateStatus
    sequence: SequenceType
    uses: int
    first_used_on: date | None
    lapses_on: date | None
    warn: str | None
    revoked_on: date | None
    amendment: Amendment | None


def list_mandates(
    context: Context, customer: str | None = None, status: Collection[MandateStatus] = (), *, lapsing: bool = False
) -> list[ListedMandate]:
    """Mandates in the order in which they came: all, a customer's, those of some statuses, or only those that are about
    to lapse. Raises Refused for an unknown customer."""
    with reading(context, Action.READ) as connection:
        of: list[ColumnElement[bool]] = []
        if customer is not None:
            number = connection.execute(select(customers.c.id).where(customers.c.customer_no == customer)).scalar()
            if number is None:
                raise Refused(error("customer-unknown", customer, customer=customer))
            of.append(mandates.c.customer_id == number)
        company = settings_of(connection).company
        found = [listed(kept, company, context.stamp.as_of) for kept in load_mandates(connection, *of)]
    return [one for one in found if (not status or one.status in status) and (not lapsing or one.warn == LAPSING)]


def listed(kept: KeptMandate, company: Company, as_of: date) -> ListedMandate:
    """A mandate as it is on a day."""
    mandate = kept.mandate
    return ListedMandate(
        mandate=mandate,
        customer_name=kept.customer_name,
        status=state_on(mandate, as_of),
        sequence=sequence_type(mandate),
        uses=kept.uses,
        first_used_on=kept.first_used_on,
        lapses_on=None if mandate.status in ENDED else lapses_on(mandate),
        warn=warning_on(mandate, as_of),
        revoked_on=kept.revoked_on,
        amendment=amendment(mandate, company.creditor_id, company.name),
    )


def named(connection: Connection, name: str) -> KeptMandate:
    """The mandate of an id, or of one that it once had. Raises Refused."""
    found = load_mandates(connection, mandates.c.mandate_id == name)
    if not found:
        renamed = load_mandates(connection, mandates.c.former_ids.is_not(None))
        found = [one for one in renamed if name in one.mandate.former_ids]
    if not found:
        raise Refused(error("mandate-not-there", name, mandate=name))
    return found[0]
