"""Debits that the bank gave back: what follows for mandate and item, and the list of returns."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date
from itertools import groupby, takewhile
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select, update

from recon.model.matching import Share
from recon.model.roles import Action
from recon.model.statement import Line, returned_for
from recon.service.context import Context, reading
from recon.store.answer_tables import status_answers
from recon.store.as_of import Until, stood
from recon.store.batches import RETURNED_FOR, load_collections
from recon.store.holds import DISPUTED, DUNNING, lift_holds, put_hold
from recon.store.ids import shown_id
from recon.store.log import Stamp, record
from recon.store.mandates import BY_RETURN, RELEASED, REVOKED, SUSPENDED, names_of
from recon.store.matching import STANDS
from recon.store.tables import allocations, collections, entries, items, lines, log, mandates
from sepa.mandate import MandateStatus
from sepa.returns import MandateConsequence, ReturnReason, mandate_consequence, return_reason

# Collections that are asked for at once.
_AT_ONCE: Final = 500
# What became of a collection that came back: returned, or rejected before it was booked.
_BACK: Final = ("returned", "rejected")
# Why a mandate has its status again: its returns were taken back, all or some of them.
_UNDONE, _IN_PART = "undo", "undo in part"
# What a return does to a mandate by itself; ending one waits for a person (domain.md 4.2).
_STATUS = {
    MandateConsequence.SUSPEND: MandateStatus.SUSPENDED,
    MandateConsequence.BLOCK: MandateStatus.BLOCKED,
    MandateConsequence.END: MandateStatus.SUSPENDED,
}


@dataclass(frozen=True, slots=True)
class Return:
    """A collection that came back: ``amount`` and ``charge`` are positive minor units. ``claim`` is the number of the
    item that the charge is claimed with, ``claim_open`` what is open of it; ``None`` where we bear it."""

    line: str | None
    bank_ref: str | None
    booking_date: date | None
    item: str | None
    customer: str | None
    end_to_end_id: str | None
    mandate: str | None
    mandate_status: str | None
    amount: int | None
    charge: int
    currency: str
    code: str | None
    reason: ReturnReason | None
    claim: str | None = None
    claim_open: int | None = None


def follow_returns(connection: Connection, stamp: Stamp, booked: Sequence[tuple[Line, Share]]) -> None:
    """What a booked return brings: the mandate is kept, suspended or blocked by its reason; a disputed item is not
    dunned until a person has decided."""
    returned = [
        (line, share.collection_id) for line, share in booked
        if share.collection_id is not None and share.item_id is not None
    ]  # fmt: skip
    known, standing, in_a_row = _returned(connection, {number for _, number in returned})
    codes = [(known[number], returned_for(line, known[number].end_to_end_id)) for line, number in returned]
    _follow(connection, stamp, codes, standing, in_a_row)


def follow_rejections(connection: Connection, stamp: Stamp, rejected: Sequence[tuple[int, str | None]]) -> None:
    """The same for collections that the bank has rejected before anything was booked, each with its reason."""
    known, standing, in_a_row = _returned(connection, {number for number, _ in rejected})
    _follow(connection, stamp, [(known[number], code) for number, code in rejected], standing, in_a_row)


def _follow(
    connection: Connection,
    stamp: Stamp,
    came_back: Sequence[tuple[Any, str | None]],
    standing: dict[int, str],
    in_a_row: dict[int, int],
) -> None:
    """Bring mandates and items to what the reasons of collections ask for."""
    for collection, code in came_back:
        number = collection.mandate_id
        reason = return_reason(code)
        status = _STATUS.get(mandate_consequence(code, in_a_row.get(number, 0)))
        before = standing[number]
        worse = before == MandateStatus.ACTIVE.value or (
            before == MandateStatus.SUSPENDED.value and status is MandateStatus.BLOCKED
        )
        if status is not None and worse:
            standing[number] = status.value
            connection.execute(update(mandates).where(mandates.c.id == number).values(status=status.value))
            record(connection, stamp, BY_RETURN, collection.mandate_no, before={"status": before},
                   after={"status": status.value}, reason=code)  # fmt: skip
        if reason is not None and reason.disputed:
            put_hold(connection, collection.item_id, kind=DISPUTED, scope=DUNNING, reason=reason.code,
                     since=stamp.as_of, until=None, actor=stamp.actor)  # fmt: skip


def unfollow_returns(connection: Connection, stamp: Stamp, collection_ids: Sequence[int]) -> None:
    """What follows when a return is taken back: the mandate has the status again that the returns took from it, as far
    as those that still stand let it, and the dispute that came with the return is lifted."""
    if not collection_ids:
        return
    for row in load_collections(connection, collections.c.id.in_(sorted(set(collection_ids)))):
        lifted = lift_holds(connection, row.item_id, stamp.as_of, DUNNING, kind=DISPUTED)
        if lifted:
            record(connection, stamp, "unblock", row.invoice_no, after={"lifted": lifted}, reason="undo")
        own = mandates.c.id == row.mandate_id
        now = connection.execute(select(mandates.c.status).where(own)).scalar_one()
        first, last, since = _taken_by_returns(connection, row.mandate_id)
        # Where a person has changed it since, it stays as he says.
        if first is None or now != last:
            continue
        kept = _kept_by_others(connection, row, since)
        status = kept or first
        if status != now:
            connection.execute(update(mandates).where(own).values(status=status))
            record(connection, stamp, BY_RETURN, row.mandate_no, before={"status": now}, after={"status": status},
                   reason=_IN_PART if kept else _UNDONE)  # fmt: skip


def _taken_by_returns(connection: Connection, mandate: int) -> tuple[str | None, str | None, date]:
    """The status of a mandate before its returns changed it, and the one they have left it with; nothing where all of
    it was taken back, or a person has decided since. And the day of the last such decision before."""
    own = connection.execute(select(mandates.c.mandate_id, mandates.c.former_ids).where(mandates.c.id == mandate)).one()
    decided = (REVOKED, SUSPENDED, RELEASED)
    query = (
        select(log)
        .where(log.c.action.in_((BY_RETURN, *decided)), log.c.subject.in_(names_of(own._asdict())))
        .order_by(log.c.id.desc())
    )
    changes = list(connection.execute(query))
    since = next((change.as_of for change in changes if change.action in decided), date.min)
    chain = list(takewhile(lambda change: change.action == BY_RETURN and change.reason != _UNDONE, changes))
    if not chain:
        return None, None, since
    return msgspec.json.decode(chain[-1].before)["status"], msgspec.json.decode(chain[0].after)["status"], since


def _kept_by_others(connection: Connection, collection: Any, since: date) -> str | None:
    """The status that the other returns of a mandate, which stand, ask for; ``None`` where they leave it alone. What
    was booked before the day of a person's decision is settled by it."""
    query = (
        select(RETURNED_FOR)
        .select_from(allocations)
        .join(lines, allocations.c.line_id == lines.c.id)
        .join(collections, allocations.c.collection_id == collections.c.id)
        .where(STANDS, allocations.c.kind == "return", collections.c.mandate_id == collection.mandate_id,
               collections.c.id != collection.id, allocations.c.booked_on >= since)
    )  # fmt: skip
    rejected = select(func.coalesce(status_answers.c.reason, status_answers.c.proprietary)).join(
        collections, status_answers.c.collection_id == collections.c.id
    ).where(status_answers.c.outcome == "rejected", collections.c.status == "rejected",
            collections.c.mandate_id == collection.mandate_id)  # fmt: skip
    codes = [*connection.execute(query).scalars(), *connection.execute(rejected).scalars()]
    asked = {_STATUS.get(mandate_consequence(code, len(codes))) for code in codes}
    return next((one.value for one in (MandateStatus.BLOCKED, MandateStatus.SUSPENDED) if one in asked), None)


def list_returns(context: Context, until: Until | None = None) -> list[Return]:
    """Every return in the books, oldest first; with ``until`` those that stood at the end of a day."""
    with reading(context, Action.READ) as connection:
        stands = STANDS if until is None else stood(connection, until)
        return [back for _, _, back in booked_returns(connection, stands)]


def booked_returns(connection: Connection, stands: ColumnElement[bool] = STANDS) -> list[tuple[int, Any, Return]]:
    """The returns that stand, oldest first, each with the id of its allocation and the row of its collection."""
    query = (
        select(allocations.c.id, allocations.c.amount, allocations.c.line_id, allocations.c.collection_id,
               lines.c.bank_ref, lines.c.booking_date, RETURNED_FOR)
        .join(lines, allocations.c.line_id == lines.c.id)
        .join(collections, allocations.c.collection_id == collections.c.id)
        .join(entries, allocations.c.entry_id == entries.c.id)
        .where(allocations.c.kind == "return", stands)
        .order_by(allocations.c.id)
    )  # fmt: skip
    beside = _beside(connection, stands)
    rows = list(connection.execute(query))
    known: dict[int, Any] = {}
    wanted = sorted({row.collection_id for row in rows})
    for start in range(0, len(wanted), _AT_ONCE):
        few = load_collections(connection, collections.c.id.in_(wanted[start : start + _AT_ONCE]))
        known |= {row.id: row for row in few}
    status = {row.id: row.status for row in connection.execute(select(mandates.c.id, mandates.c.status))}
    found = []
    for row in rows:
        collection = known[row.collection_id]
        charge, claim = beside.get(row.id + 1), beside.get(row.id + 2)
        charge = charge if charge is not None and charge.kind == "return_fee" else None
        claim = claim if charge is not None and claim is not None and claim.kind == "return_charge" else None
        back = Return(
            line=shown_id("lines", row.line_id),
            bank_ref=row.bank_ref,
            booking_date=row.booking_date,
            item=collection.invoice_no,
            customer=collection.customer_no,
            end_to_end_id=collection.end_to_end_id,
            mandate=collection.mandate_no,
            mandate_status=status[collection.mandate_id],
            amount=-row.amount,
            charge=0 if charge is None else -charge.amount,
            currency=collection.currency,
            code=row.return_reason,
            reason=return_reason(row.return_reason),
            claim=None if claim is None else claim.invoice_no,
            claim_open=None if claim is None else claim.open_amount,
        )
        found.append((row.id, collection, back))
    return found


def returns_until(context: Context) -> list[Return]:
    """The returns that stood at the end of the day."""
    return list_returns(context, Until(context.stamp.as_of))


def _beside(connection: Connection, stands: ColumnElement[bool]) -> dict[int, Any]:
    """The banks' charges, and what is claimed of them, by allocation: each stands behind its return."""
    query = (
        select(allocations.c.id, allocations.c.kind, allocations.c.amount, items.c.invoice_no, items.c.open_amount)
        .join(entries, allocations.c.entry_id == entries.c.id)
        .outerjoin(items, allocations.c.item_id == items.c.id)
        .where(stands, ((allocations.c.kind == "return_fee") & allocations.c.item_id.is_(None))
               | (allocations.c.kind == "return_charge"))
    )  # fmt: skip
    return {row.id: row for row in connection.execute(query)}


def _returned(
    connection: Connection, ids: Set[int | None]
) -> tuple[dict[int | None, Any], dict[int, str], dict[int, int]]:
    """Collections by id, and of each of their mandates the status and how many of its last collections came back, one
    after the other."""
    known: dict[int | None, Any] = {}
    standing: dict[int, str] = {}
    in_a_row: dict[int, int] = {}
    wanted = sorted(number for number in ids if number is not None)
    for start in range(0, len(wanted), _AT_ONCE):
        found = load_collections(connection, collections.c.id.in_(wanted[start : start + _AT_ONCE]))
        known |= {row.id: row for row in found}
        own = sorted({row.mandate_id for row in found})
        standing |= {row.id: row.status for row in connection.execute(
            select(mandates.c.id, mandates.c.status).where(mandates.c.id.in_(own))
        )}  # fmt: skip
        query = (
            select(collections.c.mandate_id, collections.c.status)
            .where(collections.c.mandate_id.in_(own), collections.c.status.in_(("booked", *_BACK)))
            .order_by(collections.c.mandate_id, collections.c.collection_date.desc(), collections.c.id.desc())
        )
        for number, rows in groupby(connection.execute(query), key=lambda row: row.mandate_id):
            in_a_row[number] = sum(1 for _ in takewhile(lambda row: row.status in _BACK, rows))
    return known, standing, in_a_row
