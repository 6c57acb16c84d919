"""Taking back what was booked on bank lines (``opos match undo``, decision 0012): nothing is erased, the opposite is
booked, and what may be done with the lines instead is proposed at once."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, TypedDict

from sqlalchemy import Connection, func, select

from recon.ledger.chart import chart_of, chart_of_entry
from recon.ledger.closing import first_open
from recon.ledger.posting import CLEARED, entry_for_line, entry_for_netting, moves_bank_money
from recon.model.finding import error
from recon.model.matching import AllocationKind, Band, Share
from recon.model.roles import Action
from recon.service.answers import Exit, Refused
from recon.service.charging import see_claims, that_fall_with
from recon.service.context import Context, run, writing
from recon.service.matching import propose_for
from recon.service.refunds_undone import move_refunds_back, see_refunds
from recon.service.returning import unfollow_returns
from recon.store import matching as store
from recon.store.closings import period_closed_until
from recon.store.credits import netted_of
from recon.store.ids import read_id, shown_id
from recon.store.items import LIVE
from recon.store.journal import Booking, book, entry_of, set_collection_status
from recon.store.log import Seal, record
from recon.store.settings import settings_of
from recon.store.tables import accounts, allocations, collections, customers, items, lines, match_runs

# Where a collection is again when an allocation of it is taken back.
_MOVES: Final = {AllocationKind.COLLECTION.value: "exported", AllocationKind.RETURN.value: "booked"}
# Collections that are asked for at once.
_AT_ONCE: Final = 500


class _Told(TypedDict):
    """What an entry says of itself."""

    booked_on: date
    currency: str
    text: str


def undo(
    context: Context,
    *,
    allocation: str | None = None,
    run_name: str | None = None,
    last: bool = False,
    again: bool = False,
    reverse_on: date | None = None,
) -> int:
    """Take allocations back: one, those of a run, or those of the last decision. The others of a split stay, unless
    they are no money of the bank's without it (a credit note set off). How many they were.

    No run books again what a person has taken back, unless he says that it may (``again``). What may be booked on the
    lines instead, and that itself, is proposed at once (decision 0012).

    What is booked in a closed period is taken back on ``reverse_on``, a day that is open; without it that is refused
    (decision 0014).
    """
    with run(context, Action.UNDO), writing(context) as connection:
        chosen = _chosen(connection, allocation, run_name, last=last)
        if chosen:
            _see_period(connection, context, chosen, allocation or (f"--run {run_name}" if run_name else "--last"),
                        reverse_on)  # fmt: skip
        _see_returns(connection, chosen)
        _see_netted(connection, chosen)
        see_refunds(connection, chosen)
        see_claims(connection, chosen)
        if chosen:
            seals = _take_back(connection, context, chosen, reverse_on or context.stamp.as_of)
            subject = allocation or run_name or "last"
            after: dict[str, Any] = {"allocations": len(chosen)}
            if reverse_on is not None:
                after["reversed_on"] = reverse_on
            if not again:
                after["lines"] = _hold_back(connection, context, chosen)
            propose_for(connection, {row.line_id for row in chosen if row.line_id is not None})
            record(connection, context.stamp, "undo", subject, after=after, seals=seals)
    return len(chosen)


def _chosen(connection: Connection, allocation: str | None, run_name: str | None, *, last: bool) -> list[Any]:
    # A batch under ``mark_paid`` is booked without a line too; it is taken back by cancelling the batch.
    ours = allocations.c.line_id.is_not(None) | (allocations.c.kind == AllocationKind.NETTING.value)
    query = select(allocations).where(store.STANDS, ours).order_by(allocations.c.id)
    if allocation is not None:
        number = read_id("allocations", allocation)
        found = list(connection.execute(query.where(allocations.c.id == number)))
        if not found:
            raise Refused(error("allocation-unknown", allocation, allocation=allocation))
        if found[0].kind == AllocationKind.NETTING.value:  # credit and item have no meaning without each other
            return list(connection.execute(query.where(allocations.c.entry_id == found[0].entry_id)))
        return _with_what_falls(connection, found[0], list(connection.execute(
            query.where(allocations.c.line_id == found[0].line_id)
        )))  # fmt: skip
    if run_name is not None:
        number = read_id("match_runs", run_name)
        if connection.execute(select(match_runs.c.id).where(match_runs.c.id == number)).scalar() is None:
            raise Refused(error("run-unknown", run_name, run=run_name))
        return list(connection.execute(query.where(allocations.c.run_id == number)))
    if not last:
        return []
    newest = connection.execute(select(func.max(allocations.c.id)).where(store.STANDS, ours)).scalar()
    if newest is None:
        return []
    row = connection.execute(query.where(allocations.c.id == newest)).one()
    same = allocations.c.run_id == row.run_id if row.run_id is not None else allocations.c.entry_id == row.entry_id
    return list(connection.execute(query.where(same)))


def _with_what_falls(connection: Connection, row: Any, standing: Sequence[Any]) -> list[Any]:
    """An allocation, and all that was booked with it where the rest cannot stand without it: a credit note that was set
    off made room for the invoice beside it, and only together they are the bank's money; what is claimed of a return's
    charge falls with the return."""
    amount = connection.execute(select(lines.c.amount).where(lines.c.id == row.line_id)).scalar_one()
    money = [one for one in standing if one.id != row.id and moves_bank_money(AllocationKind(one.kind))]
    of_line, with_it = (sum(one.amount for one in found) for found in (
        money, [one for one in money if one.entry_id == row.entry_id]
    ))  # fmt: skip
    if with_it * amount < 0 or abs(of_line) > abs(amount):
        return [one for one in standing if one.entry_id == row.entry_id]
    return sorted([row, *that_fall_with(row, standing)], key=lambda one: one.id)


def _see_returns(connection: Connection, chosen: Sequence[Any]) -> None:
    """A collection that came back is taken back only with its return: else the item would be owed twice."""
    ids = {row.id for row in chosen}
    mine = [row.collection_id for row in chosen if row.kind == "collection" and row.collection_id is not None]
    if not mine:
        return
    query = select(allocations.c.id).where(
        store.STANDS, allocations.c.kind == "return", allocations.c.collection_id.in_(mine)
    )
    standing = [row.id for row in connection.execute(query) if row.id not in ids]
    if standing:
        shown = shown_id("allocations", standing[0])
        raise Refused(error("undo-return-first", shown, allocation=shown))


def _see_netted(connection: Connection, chosen: Sequence[Any]) -> None:
    """Money that has settled another item since is taken back only after that: the customer's credit would be less
    than nothing."""
    ids = {row.id for row in chosen}
    if not any(row.kind == AllocationKind.OVERPAYMENT.value for row in chosen):
        return
    used = netted_of(connection)
    standing = [row.id for number in sorted(ids) for row in used.get(number, ())
                if row.id not in ids and row.kind == AllocationKind.NETTING.value]  # fmt: skip
    if standing:
        shown = shown_id("allocations", standing[0])
        raise Refused(error("undo-netting-first", shown, allocation=shown))


def _hold_back(connection: Connection, context: Context, chosen: Sequence[Any]) -> list[int]:
    """Remember what was taken back as a person's decision; the lines that it was booked on."""
    by_line: dict[int, list[Share]] = {}
    for row in chosen:
        if row.line_id is None or row.kind == AllocationKind.RETURN_CHARGE.value:
            continue
        by_line.setdefault(row.line_id, []).append(
            Share(row.item_id, None, None, row.amount, AllocationKind(row.kind), (store.TAKEN_BACK,), row.collection_id)
        )
    store.put_rejections(connection, context.stamp, by_line.items())
    return list(by_line)


def _see_period(
    connection: Connection, context: Context, chosen: Sequence[Any], what: str, reverse_on: date | None
) -> None:
    """What is booked in a closed period stands there; the reversal needs an open day, and a person who says which."""
    until = period_closed_until(connection)
    newest = max(row.booked_on for row in chosen)
    if reverse_on is not None and reverse_on < newest:
        raise Refused(error("undo-before-booking", what, day=reverse_on, booked=newest))
    if until is None:
        return
    closed = [row for row in chosen if row.booked_on <= until]
    if closed and (reverse_on is None or reverse_on <= until or context.stamp.as_of <= until):
        day = max(first_open(until), context.stamp.as_of, newest)
        command = f"opos match undo {what} --reverse-on {day}"
        if context.stamp.as_of <= until:
            command += f" --as-of {day}"
        shown = shown_id("allocations", closed[0].id)
        facts = {"allocation": shown, "count": len(closed), "booked": closed[0].booked_on, "until": until}
        raise Refused(error("undo-period-closed", shown, command=command, **facts), exit_code=Exit.NOT_PERMITTED)


def _take_back(connection: Connection, context: Context, chosen: Sequence[Any], day: date) -> list[Seal]:
    """Book the opposite of allocations, one entry for what one entry had booked: item, line and collection are as they
    were."""
    people = {row.id: row.customer_no for row in connection.execute(select(customers.c.id, customers.c.customer_no))}
    in_force = chart_of(settings_of(connection))
    own = {row.id: row.iban for row in connection.execute(select(lines.c.id, accounts.c.iban).join(accounts))}
    groups: dict[int, list[Any]] = {}
    for row in chosen:
        groups.setdefault(row.entry_id, []).append(row)
    bookings: list[Booking] = []
    moved: dict[str, list[int]] = {"booked": [], "exported": []}
    for entry_id, rows in groups.items():
        first = rows[0]
        head = entry_of(connection, entry_id)
        chart = chart_of_entry(head, in_force)
        shares = tuple(
            Share(row.item_id, None, people.get(row.customer_id), -row.amount, AllocationKind(row.kind),
                  (CLEARED,) if CLEARED in row.flags else (), row.collection_id)
            for row in rows
        )  # fmt: skip
        told: _Told = {"booked_on": day, "currency": head.currency, "text": f"Storno {head.text}"}
        if first.line_id is None:
            back = entry_for_netting(shares, chart, **told)
        else:
            back = entry_for_line(shares, chart, iban=own[first.line_id], **told)
        money = sum(share.amount for share in shares if moves_bank_money(share.kind))
        bookings.append(
            Booking("undo", back, shares, first.line_id, None, money, first.match_class, Band(first.band),
                    reverses=tuple(row.id for row in rows), reverses_entry=entry_id)
        )  # fmt: skip
        for row in rows:
            if row.collection_id is not None and row.kind in _MOVES:
                moved[_MOVES[row.kind]].append(row.collection_id)
    seals = book(connection, context.stamp, bookings)
    returned = moved["booked"]
    came = _came(connection, returned)
    set_collection_status(connection, came, "booked")
    again = sorted({*moved["exported"], *returned} - came)
    _see_collected_again(connection, again, sorted(came.intersection(returned)))
    set_collection_status(connection, again, "exported")
    unfollow_returns(connection, context.stamp, returned)
    move_refunds_back(connection, chosen)
    return seals


def _see_collected_again(connection: Connection, numbers: Sequence[int], paid: Sequence[int]) -> None:
    """A claim is on its way in one debit at most. One whose return or credit is taken back would be on its way again
    (``numbers``), or paid again by the debit that brought its money (``paid``): refused where the same claim is in
    another batch by now."""
    if not numbers and not paid:
        return
    mine = {*numbers, *paid}
    query = select(collections, items.c.invoice_no).join(items).order_by(collections.c.id)
    claims: dict[tuple[int, date], int] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        for row in connection.execute(query.where(collections.c.id.in_(numbers[start : start + _AT_ONCE]))):
            _one_debit(claims, row)
    for start in range(0, len(paid), _AT_ONCE):
        for row in connection.execute(query.where(collections.c.id.in_(paid[start : start + _AT_ONCE]))):
            claims.setdefault((row.item_id, row.due_date), row.id)
    for row in connection.execute(query.where(collections.c.status.in_(LIVE))):
        if row.id not in mine and (row.item_id, row.due_date) in claims:
            _one_debit(claims, row)


def _one_debit(claims: dict[tuple[int, date], int], row: Any) -> None:
    """Note a debit that is on its way. Raises Refused where its claim is in another one."""
    if claims.setdefault((row.item_id, row.due_date), row.id) != row.id:
        batch = shown_id("batches", row.batch_id)
        raise Refused(error("undo-collected-again", row.invoice_no, item=row.invoice_no, batch=batch))


def _came(connection: Connection, numbers: Sequence[int]) -> set[int]:
    """Of some collections those whose money stands as come: a return may come before the credit of its batch."""
    found: set[int] = set()
    for start in range(0, len(numbers), _AT_ONCE):
        query = select(allocations.c.collection_id).where(
            store.STANDS, allocations.c.kind == "collection", allocations.c.line_id.is_not(None),
            allocations.c.collection_id.in_(numbers[start : start + _AT_ONCE]),
        )  # fmt: skip
        found |= set(connection.execute(query).scalars())
    return found
