"""What taking back means for refunds: a refund that left, or came back, is as before; credit that a refund has taken is
not taken away under it."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from recon.model.finding import error
from recon.model.matching import AllocationKind, refund_of
from recon.service.answers import Refused
from recon.store.credits import load_credits
from recon.store.ids import shown_id
from recon.store.refund_tables import refunds
from recon.store.refunds import LIVE, credit_of, flags_of, load_refunds, set_refund_status, standing_on
from sepa.money import plain

_LEFT, _BACK = AllocationKind.REFUND.value, AllocationKind.REFUND_RETURN.value


def see_refunds(connection: Connection, chosen: Sequence[Any]) -> None:
    """Raises Refused where a refund stands on what is to be taken back: on an overpayment, on a refund's leaving (it
    has come back since), or on its return (the credit was used since)."""
    paid = [row.id for row in chosen if row.kind == AllocationKind.OVERPAYMENT.value]
    for one in standing_on(connection, paid):
        batch = shown_id("refund_batches", one.batch_id)
        raise Refused(error("undo-refund-first", credit_of(one), credit=credit_of(one), batch=batch))
    moved = _refunds(connection, chosen)
    back = {reference for row in chosen if row.kind == _BACK and (reference := _reference(row)) is not None}
    for row in chosen:
        one = moved.get(_reference(row) or "")
        shown = shown_id("allocations", row.id)
        if one is None:
            continue
        if row.kind == _LEFT and one.status == "returned" and one.end_to_end_id not in back:
            raise Refused(error("undo-refund-return-first", shown, refund=one.end_to_end_id))
        if row.kind == _LEFT:
            _see_again(connection, shown, one)
        elif row.kind == _BACK:
            left = {credit.key: credit.left for credit in load_credits(connection)}.get(credit_of(one), 0)
            if left < one.amount:
                facts = {"credit": credit_of(one), "left": plain(left), "amount": plain(one.amount)}
                raise Refused(error("undo-refund-used", shown, **facts))


def move_refunds_back(connection: Connection, chosen: Iterable[Any]) -> None:
    """Refunds are where they were before what was taken back: on their way, or with the customer."""
    rows = list(chosen)
    moved = _refunds(connection, rows)
    left = [moved[name].id for row in rows if row.kind == _LEFT and (name := _reference(row)) in moved]
    back = [moved[name].id for row in rows if row.kind == _BACK and (name := _reference(row)) in moved]
    set_refund_status(connection, [number for number in back if number not in left], "booked")
    set_refund_status(connection, left, "exported")


def _see_again(connection: Connection, shown: str, one: Any) -> None:
    """A credit is on its way once: refused where the rest of it is in another file by now."""
    same = (
        refunds.c.item_id == one.item_id if one.allocation_id is None else refunds.c.allocation_id == one.allocation_id
    )
    for other in load_refunds(connection, same, refunds.c.status.in_(LIVE), refunds.c.id != one.id):
        batch = shown_id("refund_batches", other.batch_id)
        raise Refused(error("undo-refunded-again", shown, credit=credit_of(one), batch=batch))


def _refunds(connection: Connection, rows: Iterable[Any]) -> dict[str, Any]:
    names = sorted({name for row in rows if row.kind in {_LEFT, _BACK} and (name := _reference(row)) is not None})
    found: dict[str, Any] = {}
    for start in range(0, len(names), 500):
        own = load_refunds(connection, refunds.c.end_to_end_id.in_(names[start : start + 500]))
        found |= {one.end_to_end_id: one for one in own}
    return found


def _reference(row: Any) -> str | None:
    return refund_of(flags_of(row.flags))
