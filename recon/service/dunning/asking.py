"""What is asked about dunning: why an item is or is not dunned, which notices stand."""

from datetime import date

from recon.dunning.explain import Explanation, explain
from recon.dunning.procedure import resolve
from recon.model.dunning import DunnablePart, Notice
from recon.model.finding import error
from recon.model.roles import Action
from recon.service.answers import Refused
from recon.service.context import Context, reading
from recon.service.dunnable import Scope, open_parts, plan_for
from recon.store import notices as store
from recon.store.as_of import notice_stood
from recon.store.ids import shown_id
from recon.store.items import item_by_number
from recon.store.masters import each_customer
from recon.store.settings import settings_of
from recon.store.tables import customers, items


def explained(context: Context, invoice_no: str) -> list[tuple[DunnablePart, Explanation]]:
    """Each part of an item with every condition for dunning it today."""
    with reading(context, Action.READ) as connection:
        item = item_by_number(connection, invoice_no)
        if item is None:
            raise Refused(error("item-unknown", invoice_no, item=invoice_no))
        settings = settings_of(connection)
        as_of = context.stamp.as_of
        (customer,) = each_customer(connection, customers.c.customer_no == item.customer_no)
        branches = {branch.code: branch for branch in settings.branches}
        made = plan_for(connection, as_of, settings, Scope(customer=item.customer_no))
        planned = {(entry.item_id, entry.part): entry for entry in made.undunned}
        found = []
        for part in open_parts(connection, as_of, items.c.id == item.id):
            branch = branches.get(part.branch or "")
            procedure = resolve(settings.dunning, branch.dunning_days if branch else (), customer.dunning_days)
            told = explain(part, customer, procedure, as_of, planned.get((part.item_id, part.part)))
            found.append((part, told))
    return found


def issued_notices(context: Context) -> list[tuple[str, date, Notice]]:
    """The notices that stood at the end of the day, oldest first."""
    with reading(context, Action.READ) as connection:
        return [
            (shown_id("notices", row.id), row.issued_on, notice)
            for row, notice in store.load_notices(connection, notice_stood(connection, context.stamp.as_of))
        ]
