"""The fees and the interest of notices: what became of them as of a day (X-05)."""

from dataclasses import dataclass

from recon.ledger.fees import Fee, fees
from recon.model.roles import Action
from recon.service.context import Context, reading
from recon.store.fees import asked_on, met_on, settled_on
from recon.store.ids import shown_id
from recon.store.settings import settings_of


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
        as_of = context.stamp.as_of
        asked, heads = asked_on(connection, as_of)
        settled = settled_on(connection, [number for one in asked for number in one.item_ids], as_of)
        unpaid = settings_of(connection).matching.unpaid_fees
        found = []
        for fee in fees(asked, met_on(connection, as_of), settled, unpaid):
            row, numbers = heads[fee.asked.notice_id]
            shown = shown_id("notices", row.id)
            found.append(NoticeFees(shown, row.customer_no, row.name, numbers, row.currency, fee))
    return found
