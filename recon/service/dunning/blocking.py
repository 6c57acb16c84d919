"""Blocks: what keeps an item from being dunned, collected or both, because a person said so."""

from datetime import date

from recon.model.finding import error
from recon.model.roles import Action
from recon.service.answers import Refused
from recon.service.context import Context, run, writing
from recon.store.holds import BLOCKED, lift_holds, put_hold
from recon.store.items import item_by_number
from recon.store.log import record


def block(context: Context, invoice_no: str, *, reason: str, until: date | None, only: str | None) -> None:
    """Hold an item: no dunning, no collecting, or both; until a day or until it is lifted."""
    with run(context, Action.BLOCK), writing(context) as connection:
        item = item_by_number(connection, invoice_no)
        if item is None:
            raise Refused(error("item-unknown", invoice_no, item=invoice_no))
        scope = only or "both"
        put_hold(connection, item.id, kind=BLOCKED, scope=scope, reason=reason, since=context.stamp.as_of,
                 until=until, actor=context.stamp.actor)  # fmt: skip
        after = {"scope": scope, "until": until.isoformat() if until else None}
        record(connection, context.stamp, "block", invoice_no, after=after, reason=reason)


def unblock(context: Context, invoice_no: str, *, reason: str, only: str | None) -> int:
    """Lift the holds of an item; how many there were. Level and dates are as they were (X-27)."""
    with run(context, Action.BLOCK), writing(context) as connection:
        item = item_by_number(connection, invoice_no)
        if item is None:
            raise Refused(error("item-unknown", invoice_no, item=invoice_no))
        lifted = lift_holds(connection, item.id, context.stamp.as_of, only or "both")
        if lifted:
            record(connection, context.stamp, "unblock", invoice_no, after={"lifted": lifted}, reason=reason)
    return lifted
