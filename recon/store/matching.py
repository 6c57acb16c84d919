"""What matching needs to know of the books, and what it leaves in them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, exists, func, insert, select, update

from recon.matching.world import CollectionRef, NoticeFee, OpenLine, Ways, World, way
from recon.model.matching import Band, Decision, LineState, Proposal
from recon.model.settings import Settings
from recon.store.batches import load_collections
from recon.store.ids import next_ids
from recon.store.items import load_items
from recon.store.journal import decode_evidence, decode_shares, encode_evidence, encode_shares
from recon.store.masters import all_customers, known_ibans
from recon.store.statements import load_lines
from recon.store.tables import allocations, items, lines, notice_items, notices, proposals, rejections

# Lines that still ask for something.
OPEN_STATES = (LineState.UNMATCHED.value, LineState.PROPOSED.value, LineState.PARTLY.value)

_REVERSAL = allocations.alias("reversal")
STANDS = and_(
    allocations.c.reverses_id.is_(None), ~exists().where(_REVERSAL.c.reverses_id == allocations.c.id)
)  # an allocation that is neither a reversal nor reversed


def open_lines(connection: Connection) -> list[OpenLine]:
    """The lines of which something is left, by id."""
    found = load_lines(connection, lines.c.state.in_(OPEN_STATES))
    no = rejected(connection)
    return [OpenLine(row.id, line, row.open_amount, no.get(row.id, frozenset())) for row, line in found]


def world_of(connection: Connection, settings: Settings) -> World:
    """Everything that a line may be matched against."""
    people = all_customers(connection)
    return World(
        items=load_items(connection, items.c.open_amount != 0),
        closed=load_items(connection, items.c.open_amount == 0),
        customers=list(people.values()),
        ibans=known_ibans(connection, people.values()),
        fees=unpaid_fees(connection),
        collections=[
            CollectionRef(
                collection_id=row.id,
                end_to_end_id=row.end_to_end_id,
                payment_information_id=row.payment_information_id,
                message_id=row.message_id,
                item_id=row.item_id,
                invoice_no=row.invoice_no,
                customer_no=row.customer_no,
                amount=row.amount,
                mandate_id=row.mandate_no,
                collection_date=row.collection_date,
                status=row.status,
            )
            for row in load_collections(connection)
        ],
        settings=settings.matching,
    )


def unpaid_fees(connection: Connection) -> list[NoticeFee]:
    """The fees of issued notices that no payment has met yet. An item's older notices give way to its last one."""
    query = (
        select(notices.c.id, notices.c.fee, notices.c.issued_on, notices.c.level, notice_items.c.item_id)
        .join(notice_items, notice_items.c.notice_id == notices.c.id)
        .where(notices.c.status == "issued", notices.c.fee > 0, notice_items.c.status == "issued")
        .order_by(notices.c.id, notice_items.c.id)
    )
    members: dict[int, list[int]] = {}
    heads: dict[int, Any] = {}
    for row in connection.execute(query):
        heads[row.id] = row
        members.setdefault(row.id, []).append(row.item_id)
    paid = _paid_fees(connection)
    return [
        NoticeFee(tuple(dict.fromkeys(members[number])), head.fee, head.issued_on, head.level, number)
        for number, head in heads.items()
        if sum(amount for item in set(members[number]) for day, amount in paid.get(item, ()) if day >= head.issued_on)
        < head.fee
    ]


def put_proposals(connection: Connection, run_id: int, decisions: Sequence[Decision]) -> None:
    """Replace what was proposed for these lines, and set the lines' states by it."""
    ids_of = [decision.line_id for decision in decisions]
    for start in range(0, len(ids_of), 500):
        connection.execute(delete(proposals).where(proposals.c.line_id.in_(ids_of[start : start + 500])))
    ids = next_ids(connection, proposals)
    rows = [
        {
            "id": next(ids), "line_id": decision.line_id, "run_id": run_id, "rank": rank,
            "match_class": proposal.match_class, "band": proposal.band.value,
            "shares": encode_shares(proposal.shares), "evidence": encode_evidence(proposal.evidence),
        }
        for decision in decisions
        for rank, proposal in enumerate(decision.proposals, start=1)
    ]  # fmt: skip
    if rows:
        connection.execute(insert(proposals), rows)
    states = [
        {"key": decision.line_id,
         "value": (LineState.PROPOSED if decision.proposals else LineState.UNMATCHED).value}
        for decision in decisions
    ]  # fmt: skip
    if states:
        statement = (
            update(lines)
            .where(lines.c.id == bindparam("key"), lines.c.open_amount == lines.c.amount)
            .values(state=bindparam("value"))
        )
        connection.execute(statement, states)


def load_proposals(connection: Connection, line_ids: Sequence[int] | None = None) -> dict[int, list[Proposal]]:
    """What is proposed, by line, best first."""
    query = select(proposals).order_by(proposals.c.line_id, proposals.c.rank)
    if line_ids is not None:
        query = query.where(proposals.c.line_id.in_(line_ids))
    found: dict[int, list[Proposal]] = {}
    for row in connection.execute(query):
        found.setdefault(row.line_id, []).append(
            Proposal(row.match_class, Band(row.band), decode_shares(row.shares), decode_evidence(row.evidence))
        )
    return found


def rejected(connection: Connection) -> Mapping[int, frozenset[Ways]]:
    """What people have said no to, by line."""
    found: dict[int, set[Ways]] = {}
    for line_id, shares in connection.execute(select(rejections.c.line_id, rejections.c.shares)):
        found.setdefault(line_id, set()).add(way(decode_shares(shares)))
    return {line_id: frozenset(ways) for line_id, ways in found.items()}


def last_run(connection: Connection, table: Any) -> int | None:
    """The highest id of a table of runs."""
    found: int | None = connection.execute(select(func.max(table.c.id))).scalar()
    return found


def _paid_fees(connection: Connection) -> dict[int, list[tuple[Any, int]]]:
    query = select(allocations.c.item_id, allocations.c.booked_on, allocations.c.amount).where(
        allocations.c.kind == "dunning_fee", STANDS
    )
    found: dict[int, list[tuple[Any, int]]] = {}
    for item_id, day, amount in connection.execute(query):
        found.setdefault(item_id, []).append((day, amount))
    return found
