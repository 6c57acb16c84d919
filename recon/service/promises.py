"""Promises to pay (Zahlungszusagen): an item is not dunned until its promised day, that day included. One live promise
an item: a new one takes the place of the one before, by record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection

from recon.dunning.promises import state_of
from recon.model.complaints import Promised, PromiseState
from recon.model.finding import error
from recon.model.roles import Action
from recon.service.answers import Exit, Refused
from recon.service.care import amount_of, item_named, said
from recon.service.context import Context, reading, run, writing
from recon.store import complaints as store
from recon.store.complaint_tables import promises
from recon.store.holds import DUNNING, PROMISED, lift_hold, put_hold
from recon.store.ids import shown_id
from recon.store.log import Seal, Stamp, record
from sepa.money import plain

# Nobody's promise reaches further; what does is a typing error or a payment plan.
MAX_AHEAD: Final = 366


@dataclass(frozen=True, slots=True)
class PromiseEntry:
    """A promise as the books have it. ``amount`` was promised of what was open then; ``open`` is open now."""

    id: str
    item: str
    customer: str
    name: str
    currency: str
    amount: int
    open: int
    until: date
    made_on: date
    reason: str | None
    by: str
    by_phone: bool
    state: PromiseState
    replaces: str | None


def promise(
    context: Context, invoice_no: str, *, until: date, amount: str | None = None, reason: str | None = None
) -> PromiseEntry:
    """The customer has promised to pay an item, all of it or an amount. Raises Refused."""
    with run(context, Action.RECORD_CALLS), writing(context) as connection:
        item = item_named(connection, invoice_no)
        told = None if reason is None else said(reason, invoice_no)
        see_until(context.stamp, until, invoice_no)
        promised = amount_of(amount, item.currency, invoice_no)
        see_amount(promised, item.open, item.currency, invoice_no)
        wanted = [(item.id, item.open if promised is None else promised, item.open)]
        numbers, seals = make(connection, context.stamp, wanted, until=until, reason=told)
        after = {"promise": shown_id("promises", numbers[0]), "until": until.isoformat(), "amount": wanted[0][1]}
        record(connection, context.stamp, "promise", invoice_no, after=after, reason=told, seals=seals)
        return entries(connection, context.stamp.as_of, promises.c.id == numbers[0])[0]


def list_promises(
    context: Context, *, broken: bool = False, item: str | None = None, everything: bool = False
) -> list[PromiseEntry]:
    """Promises by id: those that are live or broken, only the broken ones, or all."""
    wanted = {PromiseState.BROKEN} if broken else {PromiseState.LIVE, PromiseState.BROKEN}
    with reading(context, Action.READ) as connection:
        condition = [] if item is None else [promises.c.item_id == item_named(connection, item).id]
        found = entries(connection, context.stamp.as_of, *condition)
    return [one for one in found if everything or one.state in wanted]


def make(
    connection: Connection,
    stamp: Stamp,
    wanted: Iterable[tuple[int, int, int]],
    *,
    until: date,
    reason: str | None,
    call_id: int | None = None,
) -> tuple[list[int], list[Seal | None]]:
    """Write promises for items (id, amount, open now), each with its hold; what was promised of them before and still
    holds is replaced. Their ids and seals, for the record of the caller."""
    rows = []
    for item_id, amount, left in wanted:
        before = store.live_promise(connection, item_id, stamp.as_of)
        if before is not None:
            lift_hold(connection, before.hold_id, stamp.as_of)
        hold = put_hold(connection, item_id, kind=PROMISED, scope=DUNNING, reason=reason or "", since=stamp.as_of,
                        until=until, actor=stamp.actor)  # fmt: skip
        rows.append({"item_id": item_id, "hold_id": hold, "amount": amount, "open_then": left, "until": until,
                     "reason": reason, "made_on": stamp.as_of, "call_id": call_id,
                     "replaces_id": None if before is None else before.id, "actor": stamp.actor})  # fmt: skip
    numbers, seal = store.insert_promises(connection, rows)
    return numbers, [seal]


def see_until(stamp: Stamp, until: date, where: str) -> None:
    """A promise is for today or a later day, not too far ahead. Raises Refused."""
    if not 0 <= (until - stamp.as_of).days <= MAX_AHEAD:
        code = error("promise-day", where, until=until, day=stamp.as_of, days=MAX_AHEAD)
        raise Refused(code, exit_code=Exit.USAGE)


def see_amount(amount: int | None, left: int, currency: str, where: str) -> None:
    """What is promised is owed. Raises Refused."""
    if left <= 0:
        raise Refused(error("promise-nothing", where, name=where))
    if amount is not None and not 0 < amount <= left:
        told, whole = plain(amount, currency), plain(left, currency)
        raise Refused(error("promise-amount", where, name=where, amount=told, open=whole, currency=currency))


def entries(connection: Connection, as_of: date, *conditions: Any) -> list[PromiseEntry]:
    """Promises made until a day, by id."""
    replaced = store.replaced_promises(connection)
    rows: Sequence[Any] = store.load_promises(connection, promises.c.made_on <= as_of, *conditions)
    return [_entry(row, as_of, replaced=row.id in replaced) for row in rows]


def _entry(row: Any, as_of: date, *, replaced: bool) -> PromiseEntry:
    known = Promised(row.amount, row.open_then, row.until, row.lifted_on, replaced)
    return PromiseEntry(
        id=shown_id("promises", row.id),
        item=row.invoice_no,
        customer=row.customer_no,
        name=row.name,
        currency=row.currency,
        amount=row.amount,
        open=row.open_amount,
        until=row.until,
        made_on=row.made_on,
        reason=row.reason,
        by=row.actor,
        by_phone=row.call_id is not None,
        state=state_of(known, row.open_amount, as_of),
        replaces=None if row.replaces_id is None else shown_id("promises", row.replaces_id),
    )
