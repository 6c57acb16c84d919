"""The fees and the interest of notices: what became of them as of a day (X-05)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from recon.ledger.fees import Fee, fees
from recon.model.finding import Finding, info
from recon.model.roles import Action
from recon.model.settings import Settings, UnpaidFees
from recon.service.context import Context, reading
from recon.store.fees import asked_on, met_on, settled_on
from recon.store.ids import shown_id
from recon.store.settings import settings_of
from sepa.money import plain


@dataclass(frozen=True, slots=True)
class NoticeFees:
    """What one notice asks for beside its items, and what became of it. ``items`` are invoice numbers, the oldest due
    first: it bears the fee."""

    notice: str
    customer: str
    name: str
    items: tuple[str, ...]
    currency: str
    fee: Fee


def list_fees(context: Context) -> list[NoticeFees]:
    """Every fee that was asked for by the day, oldest notice first; those of which something is unpaid are the list of
    unpaid fees."""
    with reading(context, Action.READ) as connection:
        return _told(connection, context.stamp.as_of, settings_of(connection).matching.unpaid_fees)[0]


def still_claimed(
    connection: Connection, as_of: date, settings: Settings, asked_of: Collection[str]
) -> tuple[Finding, ...]:
    """What customers who are reminded still owe of earlier notices whose items are settled. It is told to the person
    who sends the notices, and stands on none of them: fees of earlier notices are not added up (A-15, decision 18)."""
    if settings.matching.unpaid_fees != "claim" or not asked_of:
        return ()
    found, settled = _told(connection, as_of, "claim")
    left: dict[tuple[str, str], list[NoticeFees]] = {}
    for one in found:
        if one.fee.claimable and one.customer in asked_of and settled.issuperset(one.fee.asked.item_ids):
            left.setdefault((one.customer, one.currency), []).append(one)
    return tuple(
        info("fee-still-claimed", customer, customer=customer, currency=currency,
             amount=plain(sum(one.fee.claimable for one in own), currency),
             notices=", ".join(one.notice for one in own))
        for (customer, currency), own in sorted(left.items())
    )  # fmt: skip


def _told(connection: Connection, as_of: date, unpaid: UnpaidFees) -> tuple[list[NoticeFees], set[int]]:
    """Every fee that was asked for by a day, and the items that are settled."""
    asked, heads = asked_on(connection, as_of)
    settled = settled_on(connection, [number for one in asked for number in one.item_ids], as_of)
    found = []
    for fee in fees(asked, met_on(connection, as_of), settled, unpaid):
        row, numbers = heads[fee.asked.notice_id]
        shown = shown_id("notices", row.id)
        found.append(NoticeFees(shown, row.customer_no, row.name, numbers, row.currency, fee))
    return found, set(settled)
