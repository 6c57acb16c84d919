"""Writing to the journal: entries, postings and allocations, with the cached balances that follow from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from recon.ledger.closing import first_open
from recon.model.ledger import Entry, Posting, Role
from recon.model.matching import AllocationKind, Band, Evidence, LineState, Share
from recon.store.books import BooksError
from recon.store.closings import period_closed_until
from recon.store.ids import next_ids
from recon.store.log import Seal, Stamp, Values, write_values
from recon.store.rows import update_rows
from recon.store.tables import allocations, collections, customers, entries, lines, postings

# Records that are asked for at once.
_AT_ONCE: Final = 500

_ENCODER: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Booking:
    """One entry to be written, with the allocations it stands for.

    ``bank_money`` is what it uses up of the line's amount. ``reverses`` names, for each share, the allocation that it
    takes back; it is empty for a first booking.
    """

    kind: str
    entry: Entry
    shares: tuple[Share, ...] = ()
    line_id: int | None = None
    run_id: int | None = None
    bank_money: int = 0
    match_class: str = ""
    band: Band = Band.NONE
    evidence: tuple[Evidence, ...] = ()
    reverses: tuple[int, ...] = ()
    reverses_entry: int | None = None


def book(connection: Connection, stamp: Stamp, bookings: Sequence[Booking]) -> list[Seal]:
    """Write bookings and bring the cached balances of items and lines up to date. Returns the seals for the log.

    The one place that keeps closed periods closed: raises BooksError (``period-closed``) for a booking in one, and for
    any on behalf of a day in one.
    """
    _see_period(connection, stamp, bookings)
    numbers = _customer_ids(connection, bookings)
    entry_ids = next_ids(connection, entries)
    posting_ids = next_ids(connection, postings)
    allocation_ids = next_ids(connection, allocations)
    # All columns in the order of the tables: a run books by the ten thousand.
    entry_rows: list[Values] = []
    posting_rows: list[Values] = []
    allocation_rows: list[Values] = []
    for booking in bookings:
        entry, entry_id = booking.entry, next(entry_ids)
        entry_rows.append((
            entry_id, entry.booked_on.isoformat(), booking.kind, entry.currency, entry.text, booking.reverses_entry,
        ))  # fmt: skip
        posting_rows += [
            (next(posting_ids), entry_id, str(posting.role), posting.account, posting.amount,
             numbers[posting.customer_no], posting.item_id)
            for posting in entry.postings
        ]  # fmt: skip
        evidence = encode_evidence(booking.evidence)
        allocation_rows += [
            (next(allocation_ids), booking.run_id, booking.line_id, share.item_id, numbers[share.customer_no], entry_id,
             share.collection_id, reversed_id, share.amount, str(share.kind), booking.match_class, str(booking.band),
             encode(share.flags), evidence, _day(share, booking, stamp).isoformat(), stamp.actor)
            for share, reversed_id in zip(
                booking.shares, booking.reverses or (None,) * len(booking.shares), strict=True
            )
        ]  # fmt: skip
    seals = [
        write_values(connection, entries, entry_rows),
        write_values(connection, postings, posting_rows),
        write_values(connection, allocations, allocation_rows),
    ]
    _move_items(connection, (posting for booking in bookings for posting in booking.entry.postings))
    _move_lines(connection, bookings)
    return [seal for seal in seals if seal is not None]


def set_collection_status(connection: Connection, ids: Iterable[int], status: str) -> None:
    """Move collections on in their life: exported, booked, returned."""
    rows = [{"key": number, "value": status} for number in sorted(set(ids))]
    if rows:
        statement = update(collections).where(collections.c.id == bindparam("key")).values(status=bindparam("value"))
        connection.execute(statement, rows)


def entry_of(connection: Connection, entry_id: int) -> Entry:
    """An entry of the journal with its postings."""
    head = connection.execute(select(entries).where(entries.c.id == entry_id)).one()
    query = (
        select(postings, customers.c.customer_no)
        .select_from(postings.outerjoin(customers))
        .where(postings.c.entry_id == entry_id)
        .order_by(postings.c.id)
    )
    sides = tuple(
        Posting(Role(row.role), row.account, row.amount, row.customer_no, row.item_id)
        for row in connection.execute(query)
    )
    return Entry(head.booked_on, head.currency, head.text, sides)


def encode(value: Any) -> str:
    """A value as JSON for a text column."""
    return _ENCODER.encode(value).decode()


def encode_evidence(evidence: Iterable[Evidence]) -> str:
    """Evidence as JSON: a list of ``{"rule", "facts": [[name, value]]}``."""
    return encode(tuple(evidence))


def decode_evidence(text: str) -> tuple[Evidence, ...]:
    """Evidence from its JSON."""
    return msgspec.json.decode(text, type=tuple[Evidence, ...])


def encode_shares(shares: Iterable[Share]) -> str:
    """Shares of a proposal as JSON."""
    return encode(tuple(shares))


def decode_shares(text: str) -> tuple[Share, ...]:
    """Shares from their JSON."""
    return msgspec.json.decode(text, type=tuple[Share, ...])


def _see_period(connection: Connection, stamp: Stamp, bookings: Sequence[Booking]) -> None:
    until = period_closed_until(connection) if bookings else None
    if until is None:
        return
    day = min(stamp.as_of, *(booking.entry.booked_on for booking in bookings))
    if day <= until:
        raise BooksError("period-closed", day=day, until=until, open=first_open(until))


def _day(share: Share, booking: Booking, stamp: Stamp) -> date:
    """The day of an allocation: that of its entry. A fee is waived on the day when it is said: the notice that asks for
    it may have been sent after the money had come in."""
    return stamp.as_of if share.kind is AllocationKind.FEE_WAIVED else booking.entry.booked_on


def _customer_ids(connection: Connection, bookings: Iterable[Booking]) -> dict[str | None, int | None]:
    wanted = {share.customer_no for booking in bookings for share in booking.shares}
    wanted |= {posting.customer_no for booking in bookings for posting in booking.entry.postings}
    found: dict[str | None, int | None] = {None: None}
    numbers = sorted(number for number in wanted if number is not None)
    for start in range(0, len(numbers), _AT_ONCE):
        some = customers.c.customer_no.in_(numbers[start : start + _AT_ONCE])
        query = select(customers.c.customer_no, customers.c.id).where(some)
        found |= {row.customer_no: row.id for row in connection.execute(query)}
    return found


def _move_items(connection: Connection, moved: Iterable[Posting]) -> None:
    changes: dict[int, int] = {}
    for posting in moved:
        if posting.item_id is not None:
            changes[posting.item_id] = changes.get(posting.item_id, 0) + posting.amount
    rows = [(change, item) for item, change in sorted(changes.items()) if change]
    update_rows(connection, "UPDATE items SET open_amount = open_amount + ? WHERE id = ?", rows)


def _move_lines(connection: Connection, bookings: Iterable[Booking]) -> None:
    """Take from each line what was allocated of it, and set its state by what is left."""
    moved: dict[int, int] = {}
    returned: set[int] = set()
    for booking in bookings:
        kinds = {share.kind for share in booking.shares}
        # A claim alone is taken back without the line: it stays what it is.
        if booking.line_id is not None and kinds != {AllocationKind.RETURN_CHARGE}:
            moved[booking.line_id] = moved.get(booking.line_id, 0) + booking.bank_money
            if AllocationKind.RETURN in kinds:
                returned.add(booking.line_id)
    if not moved:
        return
    known: dict[int, tuple[int, int]] = {}
    wanted = sorted(moved)
    for start in range(0, len(wanted), _AT_ONCE):
        some = lines.c.id.in_(wanted[start : start + _AT_ONCE])
        query = select(lines.c.id, lines.c.amount, lines.c.open_amount).where(some)
        known |= {row.id: (row.amount, row.open_amount) for row in connection.execute(query)}
    rows = []
    for line_id, used in sorted(moved.items()):
        amount, was_open = known[line_id]
        left = was_open - used
        if left * amount < 0 or abs(left) > abs(amount):
            raise ValueError(f"line {line_id}: {used} does not fit into {was_open} of {amount}")
        rows.append((left, _state(left, amount, returned=line_id in returned), line_id))
    update_rows(connection, "UPDATE lines SET open_amount = ?, state = ? WHERE id = ?", rows)


def _state(left: int, amount: int, *, returned: bool) -> str:
    if left == 0:
        return (LineState.RETURNED if returned else LineState.MATCHED).value
    return (LineState.UNMATCHED if left == amount else LineState.PARTLY).value
