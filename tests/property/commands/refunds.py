"""Refunds in the machine of random commands: credit goes out in files, leaves the account, comes back, is rejected; and
what must hold of it by queries that share nothing with the auditor."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import select

from recon.service import listing, refunding
from recon.store.books import reading
from recon.store.refund_tables import refund_batches, refunds
from recon.store.tables import allocations
from tests.property.commands import small_world as world
from tests.property.commands.small_world import CUSTOMERS

_REASONS = ("AC01", "AC04", "MS03", "RR04")


def step(machine: Any, which: int, second: int, *, flag: bool) -> None:
    """Something with refunds, mostly the next thing that one waits for."""
    found = _batches(machine)
    if not found or second % 5 == 0:
        _settle_all(machine, which)
        machine._do("refunds create", refunding.create)
        return
    batch = found[which % len(found)]
    name = f"R{batch.id}"
    ways = {
        "created": (lambda on: refunding.release(on, name), lambda on: refunding.cancel(on, name)),
        "released": (lambda on: refunding.export(on, machine.folder), lambda on: refunding.cancel(on, name)),
        "exported": (lambda on: refunding.submitted(on, name), lambda on: refunding.cancel(on, name)),
        "cancelled": (refunding.create, lambda on: refunding.release(on, name)),
    }
    rare = second % 4 == 0
    if batch.status == "exported" and second % 3:
        _bank(machine, batch, second, flag=flag)
    elif batch.status == "exported" and rare:
        machine._do("refunds rejected", lambda on: refunding.rejected(on, name, reason=_REASONS[second % 4]))
    else:
        machine._do(f"refunds {batch.status}", ways[batch.status][rare])


def _settle_all(machine: Any, which: int) -> None:
    """A customer with credit pays all that he owes: only then it may go back."""
    found = [one for one in refunding.propose(machine._on()) if one.credit.currency == "EUR"]
    if not found:
        return
    customer = found[which % len(found)].customer.customer_no
    name, iban = CUSTOMERS[customer]
    owed = [one.item for one in listing.list_items(machine._on())
            if one.item.customer_no == customer and one.item.open > 0]  # fmt: skip
    if owed:
        machine._statement([world.paid(one.open, f"Rechnung {one.invoice_no}", name, iban) for one in owed])
        machine.match()


def _bank(machine: Any, batch: Any, second: int, *, flag: bool) -> None:
    """The bank books what of a file is on its way, in a sum or one by one; or gives a refund back."""
    own = _refunds(machine, batch.id)
    live = [one for one in own if one.status == "exported"]
    gone = [one for one in own if one.status == "booked"]
    if gone and (not live or second % 2):
        one = gone[second % len(gone)]
        machine._statement([world.refund_back(one.amount, one.end_to_end_id, _REASONS[second % 4])])
    elif live and flag:
        machine._statement([world.refunded(one.amount, one.end_to_end_id) for one in live])
    elif live:
        total = sum(one.amount for one in live)
        machine._statement([world.refunds_left(total, batch.message_id, batch.payment_information_id, len(live))])


def wrong(connection: Any) -> Iterator[str]:
    """No refund has moved more than its amount; no overpayment has given more than it has; money in transit is what is
    on its way in refunds (these books settle debits at export at times, so only refunds' own shares are counted)."""
    rows = [row for row in connection.execute(select(allocations)) if row.kind.startswith("refund")]
    sums: dict[str, Counter[str]] = {}
    taken: Counter[int] = Counter()
    for row in rows:
        flags = msgspec.json.decode(row.flags, type=tuple[str, ...])
        name = next((flag.removeprefix("refund ") for flag in flags if flag.startswith("refund ")), None)
        if name is None:
            continue
        step_ = "back" if row.kind == "refund_return" else "left" if row.line_id is not None else "taken"
        sums.setdefault(name, Counter())[step_] += row.amount
    gone = {row.reverses_id: row for row in rows if row.reverses_id is not None}
    for row in connection.execute(select(refunds)):
        moved = sums.get(row.end_to_end_id, Counter())
        if not -row.amount <= moved["taken"] <= 0:
            yield f"{row.end_to_end_id}: {moved['taken']} taken of {row.amount}"
        if row.status in {"exported", "booked", "returned"} and row.allocation_id is not None:
            taken[row.allocation_id] += 0 if row.status == "returned" else row.amount
    for row in connection.execute(select(allocations).where(allocations.c.id.in_(list(taken)))):
        if taken[row.id] > row.amount:
            yield f"A{row.id}: {taken[row.id]} refunded of {row.amount}"
    if len(gone) != len({row.id for row in gone.values()}):
        yield "a refund was taken back twice"


def _batches(machine: Any) -> list[Any]:
    columns = [column for column in refund_batches.c if column.name != "content"]
    with reading(machine.context.books) as connection:
        return list(connection.execute(select(*columns).order_by(refund_batches.c.id)))


def _refunds(machine: Any, batch: int) -> list[Any]:
    with reading(machine.context.books) as connection:
        return list(connection.execute(select(refunds).where(refunds.c.batch_id == batch).order_by(refunds.c.id)))
