"""Blocks (Mahnsperren): what keeps an item, or all of a customer, from being dunned because a person said so, until a
day (the last day included) or until it is lifted. Who, why and until when stands in the list of blocks (users.md 2.7).

A customer's block keeps his items from being dunned; an item's keeps it from being dunned, collected or both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select, update

from recon.dunning.eligibility import has_block
from recon.model.finding import error
from recon.model.roles import Action
from recon.service.answers import Exit, Refused
from recon.service.care import item_named, said
from recon.service.context import Context, reading, run, writing
from recon.store import holds as store
from recon.store.complaint_tables import complaints, promises
from recon.store.ids import shown_id
from recon.store.log import Stamp, record
from recon.store.masters import all_customers
from recon.store.tables import customers, holds, items, log

CUSTOMER_BLOCK, CUSTOMER_UNBLOCK = "customer-block", "customer-unblock"
_OTHER: Final = {store.DUNNING: store.COLLECT, store.COLLECT: store.DUNNING}


@dataclass(frozen=True, slots=True)
class Block:
    """What holds something back. ``item`` is ``None`` for a block of the whole customer; ``kind`` is blocked, disputed
    or promised; ``only`` is ``None`` where it holds from dunning and collecting. ``source`` names the complaint or the
    promise that it stems from. ``by`` and ``since`` are ``None`` for what came with a file of customers."""

    customer: str
    name: str
    item: str | None
    kind: str
    only: str | None
    reason: str | None
    since: date | None
    until: date | None
    by: str | None
    source: str | None
    ended_on: date | None

    @property
    def ended(self) -> bool:
        """Whether it holds no more on the day of the list."""
        return self.ended_on is not None


def block(context: Context, invoice_no: str, *, reason: str, until: date | None, only: str | None) -> None:
    """Hold an item: no dunning, no collecting, or both; until a day or until it is lifted. Raises Refused."""
    with run(context, Action.BLOCK), writing(context) as connection:
        told = said(reason, invoice_no)
        item = item_named(connection, invoice_no)
        scope = only or store.BOTH
        store.put_hold(connection, item.id, kind=store.BLOCKED, scope=scope, reason=told, since=context.stamp.as_of,
                       until=until, actor=context.stamp.actor)  # fmt: skip
        after = {"scope": scope, "until": until.isoformat() if until else None}
        record(connection, context.stamp, "block", invoice_no, after=after, reason=told)


def unblock(context: Context, invoice_no: str, *, reason: str, only: str | None) -> int:
    """Lift the holds of an item, but for those of its complaints; how many there were. Of a block from both, only one
    of the two may be lifted: the other stays. Level and dates are as they were (X-27). Raises Refused."""
    with run(context, Action.BLOCK), writing(context) as connection:
        told = said(reason, invoice_no)
        item = item_named(connection, invoice_no)
        kept = [] if only is None else _split(connection, context.stamp, item.id, _OTHER[only])
        lifted = store.lift_holds(connection, item.id, context.stamp.as_of, only or store.BOTH) + len(kept)
        if lifted:
            after: dict[str, Any] = {"lifted": lifted, "scope": only or store.BOTH}
            record(connection, context.stamp, "unblock", invoice_no, after=after | ({"kept": kept} if kept else {}),
                   reason=told)  # fmt: skip
    return lifted


def block_customer(context: Context, customer: str, *, reason: str, until: date | None) -> None:
    """Keep all items of a customer from being dunned, until a day or until it is lifted. Raises Refused."""
    with run(context, Action.BLOCK), writing(context) as connection:
        told = said(reason, customer)
        after = {"dunning_block_until": until, "dunning_block_reason": told}
        _change(connection, context.stamp, customer, CUSTOMER_BLOCK, after=after, reason=told)


def unblock_customer(context: Context, customer: str, *, reason: str) -> int:
    """Lift the block of a customer; 0 where there was none. Blocks of single items stay. Raises Refused."""
    with run(context, Action.BLOCK), writing(context) as connection:
        told = said(reason, customer)
        after = {"dunning_block_until": None, "dunning_block_reason": None}
        return int(_change(connection, context.stamp, customer, CUSTOMER_UNBLOCK, after=after, reason=told))


def list_blocks(context: Context, *, everything: bool = False) -> list[Block]:
    """What holds on the day, customers first, then items in the order in which they were held; ``everything``: also
    what has ended."""
    with reading(context, Action.READ) as connection:
        as_of = context.stamp.as_of
        found = [*_of_customers(connection, as_of, everything=everything), *_of_items(connection, as_of)]
    return [one for one in found if everything or not one.ended]


def _split(connection: Connection, stamp: Stamp, item_id: int, other: str) -> list[dict[str, Any]]:
    """Of blocks from dunning and collecting leave one of the two, with reason and end as they were."""
    kept = []
    for row in store.standing_blocks(connection, item_id, store.BOTH):
        store.lift_hold(connection, row.id, stamp.as_of)
        store.put_hold(connection, item_id, kind=store.BLOCKED, scope=other, reason=row.reason, since=stamp.as_of,
                       until=row.until, actor=stamp.actor)  # fmt: skip
        until = row.until.isoformat() if row.until else None
        kept.append({"scope": other, "until": until, "reason": row.reason})
    return kept


def _change(
    connection: Connection, stamp: Stamp, customer: str, action: str, *, after: Mapping[str, Any], reason: str
) -> bool:
    """Write a customer's block into his record and the log; whether anything has changed."""
    row = connection.execute(select(customers).where(customers.c.customer_no == customer)).first()
    if row is None:
        raise Refused(error("customer-unknown", customer, customer=customer), exit_code=Exit.REFUSED)
    before = {name: getattr(row, name) for name in after}
    if before == after:
        return False
    connection.execute(update(customers).where(customers.c.id == row.id).values(**after))
    record(connection, stamp, action, customer, before=_plain(before), after=_plain(after), reason=reason)
    return True


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def _of_customers(connection: Connection, as_of: date, *, everything: bool) -> list[Block]:
    people = all_customers(connection)
    query = select(log).where(log.c.action.in_((CUSTOMER_BLOCK, CUSTOMER_UNBLOCK)), log.c.as_of <= as_of)
    told: dict[str, list[Any]] = {}
    for row in connection.execute(query.order_by(log.c.id)):
        told.setdefault(row.subject, []).append(row)
    found = []
    for number, person in people.items():
        records = told.get(number, [])
        own = (person.dunning_block_until, person.dunning_block_reason)
        for row, following in zip_longest(records, records[1:]):
            until, reason = _said(row)
            stands = following is None and (until, reason) == own
            if row.action == CUSTOMER_BLOCK and (everything or stands):
                ended = None if stands and has_block(person, as_of) else _earlier(until, following, as_of)
                found.append(Block(number, person.name, None, store.BLOCKED, store.DUNNING, reason, row.as_of, until,
                                   row.actor, None, ended))  # fmt: skip
        last = _said(records[-1]) if records else (None, None)
        if own not in {last, (None, None)}:
            ended = None if has_block(person, as_of) else person.dunning_block_until
            found.append(Block(number, person.name, None, store.BLOCKED, store.DUNNING, own[1], None, own[0], None,
                               None, ended))  # fmt: skip
    return found


def _said(row: Any) -> tuple[date | None, str | None]:
    after = msgspec.json.decode(row.after)
    until = after["dunning_block_until"]
    return (None if until is None else date.fromisoformat(until)), after["dunning_block_reason"]


def _earlier(until: date | None, following: Any, as_of: date) -> date:
    """When a block ended: on its last day, or with the record or the file that came after it."""
    return min((day for day in (until, None if following is None else following.as_of) if day is not None),
               default=as_of)  # fmt: skip


def blocks_of(connection: Connection, item_id: int, as_of: date) -> list[Block]:
    """What holds an item back on a day."""
    return [one for one in _of_items(connection, as_of, holds.c.item_id == item_id) if not one.ended]


def _of_items(connection: Connection, as_of: date, *conditions: Any) -> list[Block]:
    query = (
        select(holds, items.c.invoice_no, customers.c.customer_no, customers.c.name,
               complaints.c.id.label("complaint"), promises.c.id.label("promise"))
        .join(items, holds.c.item_id == items.c.id)
        .join(customers, items.c.customer_id == customers.c.id)
        .outerjoin(complaints, complaints.c.hold_id == holds.c.id)
        .outerjoin(promises, promises.c.hold_id == holds.c.id)
        .where(holds.c.since <= as_of, *conditions)
        .order_by(holds.c.id)
    )  # fmt: skip
    rows: Sequence[Any] = connection.execute(query).all()
    return [_of_item(row, as_of) for row in rows]


def _of_item(row: Any, as_of: date) -> Block:
    ended = row.lifted_on if row.lifted_on is not None and row.lifted_on <= as_of else None
    if ended is None and row.until is not None and row.until < as_of:
        ended = row.until
    source = None if row.complaint is None else shown_id("complaints", row.complaint)
    if row.promise is not None:
        source = shown_id("promises", row.promise)
    only = None if row.scope == store.BOTH else row.scope
    return Block(row.customer_no, row.name, row.invoice_no, row.kind, only, row.reason or None, row.since, row.until,
                 row.actor, source, ended)  # fmt: skip
