"""What matching needs to know of the books, and what it leaves in them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, TypedDict

from msgspec.structs import replace
from sqlalchemy import Connection, and_, bindparam, delete, exists, func, insert, select

from recon.matching.learning import trusted
from recon.matching.world import (
    CollectionRef,
    NoticeFee,
    OpenLine,
    PaidFrom,
    RefundRef,
    ReturnCharge,
    Ways,
    World,
    way,
)
from recon.model.matching import Band, Decision, LineState, Proposal, Share
from recon.model.settings import Settings
from recon.store.batches import load_collections
from recon.store.digests import inserting
from recon.store.dunning_tables import notice_items, notices
from recon.store.ids import next_ids, shown_id
from recon.store.items import items_table
from recon.store.items_sought import items_sought
from recon.store.journal import decode_evidence, decode_shares, encode_evidence, encode_shares
from recon.store.log import Stamp, Values
from recon.store.mandates import former_ids
from recon.store.masters import all_debtors, known_ibans
from recon.store.refund_tables import refund_batches, refunds
from recon.store.rows import insert_rows, rows_of, update_rows
from recon.store.statements import said_by_lines
from recon.store.tables import allocations, collections, customers, items, lines, mandates, proposals, rejections
from sepa.mandate import Scheme

# Flag of a rejected share that a person has taken back after it was booked.
TAKEN_BACK: Final = "taken_back"
# Kinds of allocations from which follows what is still claimed beside items.
BESIDE_KINDS: Final = ("dunning_fee", "fee_waived", "interest", "return", "return_charge", "return_fee")
# Kinds of money that a customer himself has sent; a refund or a direct debit says nothing of his account.
SENT: Final = ("payment", "dunning_fee", "interest", "return_fee", "overpayment")
# Lines that still ask for something.
OPEN_STATES = (LineState.UNMATCHED.value, LineState.PROPOSED.value, LineState.PARTLY.value)

# What rules and people find for a line; the charge of a return is claimed by itself.
MATCHED: Final = allocations.c.kind != "return_charge"

_REVERSAL = allocations.alias("reversal")
STANDS = and_(
    allocations.c.reverses_id.is_(None), ~exists().where(_REVERSAL.c.reverses_id == allocations.c.id)
)  # an allocation that is neither a reversal nor reversed
# A collection whose item was settled when its batch was exported (``mark_paid``, A-21): it is no part of what is open.
SETTLED_AT_EXPORT = exists().where(
    allocations.c.item_id == collections.c.item_id, allocations.c.collection_id == collections.c.id,
    allocations.c.line_id.is_(None), STANDS,
)  # fmt: skip


def open_lines(connection: Connection, numbers: Collection[int] | None = None) -> list[OpenLine]:
    """The lines of which something is left, by id; all, or some of them."""
    condition = lines.c.state.in_(OPEN_STATES)
    found = said_by_lines(connection, condition if numbers is None else condition & lines.c.id.in_(sorted(numbers)))
    no, nothing = rejected(connection), frozenset[Ways]()
    return [OpenLine(number, line, left, no.get(number, nothing)) for number, left, line in found]


def world_of(connection: Connection, settings: Settings, *, few: bool = False, besides: int | None = None) -> World:
    """Everything that a line may be matched against. For a ``few`` lines items are read when a rule asks for them, over
    the connection; ``besides`` is a line that tells nothing of its own payer."""
    people = all_debtors(connection)
    given = known_ibans(connection, people)
    owners = {customer.id: customer.customer_no for customer in people}
    owed, closed = items_sought(connection, owners) if few else items_table(connection, owners)
    return World(
        items=owed,
        closed=closed,
        customers=people,
        ibans=given,
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
                mandate_id=row.mandate_ref or row.mandate_no,
                collection_date=row.collection_date,
                status=row.status,
                scheme=Scheme(row.scheme),
            )
            for row in load_collections(connection)
        ],
        settings=settings.matching,
        mandates=_mandate_ids(connection, owners),
        learned=trusted(learned_ibans(connection, besides), given, people),
        refunds=_refunds(connection),
        **claims_beside(connection),
    )


def _refunds(connection: Connection) -> list[RefundRef]:
    """Own refunds that were exported, and have not been rejected."""
    query = (
        select(refunds, refund_batches.c.message_id, refund_batches.c.payment_information_id,
               refund_batches.c.execution_date, customers.c.customer_no, items.c.invoice_no)
        .join(refund_batches, refunds.c.batch_id == refund_batches.c.id)
        .join(customers, refunds.c.customer_id == customers.c.id)
        .outerjoin(items, refunds.c.item_id == items.c.id)
        .where(refunds.c.status.in_(("exported", "booked", "returned")))
        .order_by(refunds.c.id)
    )  # fmt: skip
    return [
        RefundRef(
            refund_id=row.id,
            end_to_end_id=row.end_to_end_id,
            payment_information_id=row.payment_information_id,
            message_id=row.message_id,
            customer_no=row.customer_no,
            amount=row.amount,
            execution_date=row.execution_date,
            status=row.status,
            credit=None if row.allocation_id is None else shown_id("allocations", row.allocation_id),
            item_id=row.item_id,
            invoice_no=row.invoice_no,
        )
        for row in connection.execute(query)
    ]


class Beside(TypedDict):
    """What is claimed beside items, as fields of a world."""

    fees: Sequence[NoticeFee]
    charges: Sequence[ReturnCharge]


def claims_beside(connection: Connection) -> Beside:
    """Fees and interest of notices and charges of returned debits that no payment has met yet."""
    query = (
        select(allocations.c.entry_id, allocations.c.item_id, allocations.c.kind, allocations.c.amount,
               allocations.c.booked_on)
        .where(allocations.c.kind.in_(BESIDE_KINDS), STANDS)
        .order_by(allocations.c.id)
    )  # fmt: skip
    return beside(asked_beside(connection), connection.execute(query))


def beside(asked: Iterable[Any], booked: Iterable[Any]) -> Beside:
    """What is claimed, of notices (``asked_beside``) and allocations of ``BESIDE_KINDS`` that stand, by id."""
    paid, charges = _paid_beside(booked)
    return {"fees": _unpaid_fees(asked, paid), "charges": charges}


def asked_beside(connection: Connection) -> list[Any]:
    """Issued notices that ask for a fee or interest, a row for each item."""
    query = (
        select(notices.c.id, notices.c.run_id, notices.c.fee, notices.c.interest, notices.c.issued_on, notices.c.level,
               notice_items.c.item_id)
        .join(notice_items, notice_items.c.notice_id == notices.c.id)
        .where(notices.c.status == "issued", notices.c.fee + notices.c.interest > 0, notice_items.c.status == "issued")
        .order_by(notices.c.id, notice_items.c.id)
    )  # fmt: skip
    return list(connection.execute(query))


def _unpaid_fees(asked: Iterable[Any], paid: Mapping[tuple[int, str], list[tuple[date, int]]]) -> list[NoticeFee]:
    """What is left of the fees and interest of issued notices. An item's older notices give way to its last one."""
    members: dict[int, list[int]] = {}
    heads: dict[int, Any] = {}
    for row in asked:
        heads[row.id] = row
        members.setdefault(row.id, []).append(row.item_id)
    found = []
    for number, head in heads.items():
        fee, interest = (
            claim - sum(amount for item in set(members[number]) for day, amount in paid.get((item, kind), ())
                        if day >= head.issued_on)
            for claim, kind in ((head.fee, "dunning_fee"), (head.interest, "interest"))
        )  # fmt: skip
        if fee > 0 or interest > 0:
            ids = tuple(dict.fromkeys(members[number]))
            found.append(NoticeFee(ids, max(fee, 0), head.issued_on, head.level, number, max(interest, 0)))
    return found


def proposal_rows(decision: Decision) -> list[Values]:
    """What is proposed for a line, best first, as it stands in the books: line, rank, class, band, shares, evidence."""
    return [
        (decision.line_id, rank, proposal.match_class, str(proposal.band), encode_shares(proposal.shares),
         encode_evidence(proposal.evidence))
        for rank, proposal in enumerate(decision.proposals, start=1)
    ]  # fmt: skip


def proposed_now(connection: Connection) -> Iterator[Values]:
    """All that is proposed, as ``proposal_rows``, by line."""
    columns = (proposals.c[name] for name in ("line_id", "rank", "match_class", "band", "shares", "evidence"))
    return rows_of(connection, select(*columns).order_by(proposals.c.line_id, proposals.c.rank))


def put_proposals(connection: Connection, run_id: int, line_ids: Sequence[int], found: Sequence[Values]) -> None:
    """Replace what was proposed for these lines (``proposal_rows``), and set the lines' states by it."""
    wanted = set(line_ids)
    known = [
        number for number, line in rows_of(connection, select(proposals.c.id, proposals.c.line_id)) if line in wanted
    ]
    if known:
        gone = [{"key": number} for number in known]
        connection.execute(delete(proposals).where(proposals.c.id == bindparam("key")), gone)
    inserting(connection, proposals)
    ids = next_ids(connection, proposals)
    insert_rows(connection, proposals, ((next(ids), row[0], run_id, *row[1:]) for row in found))
    having = {row[0] for row in found}
    states = ((str(LineState.PROPOSED if line in having else LineState.UNMATCHED), line) for line in line_ids)
    update_rows(connection, "UPDATE lines SET state = ? WHERE id = ? AND open_amount = amount", states)


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


def first_proposed(connection: Connection, bands: Collection[Band]) -> dict[int, int]:
    """The items that what is proposed first for a line would settle, with the line; only proposals of these bands."""
    query = select(proposals.c.line_id, proposals.c.band, proposals.c.shares)
    found: dict[int, int] = {}
    seen = None
    for line_id, band, shares in rows_of(connection, query.order_by(proposals.c.line_id, proposals.c.rank)):
        if line_id != seen and band in bands:
            for share in decode_shares(shares):
                if share.item_id is not None and share.amount > 0:
                    found[share.item_id] = line_id
        seen = line_id
    return found


def rejected(connection: Connection) -> Mapping[int, frozenset[Ways]]:
    """What people have said no to, by line. What was taken back is held against booking it again, but may be proposed:
    it stands there without its amounts, as no proposal ever is (decision 0012)."""
    found: dict[int, set[Ways]] = {}
    for line_id, text in connection.execute(select(rejections.c.line_id, rejections.c.shares)):
        found.setdefault(line_id, set()).add(rejected_way(text))
    return {line_id: frozenset(ways) for line_id, ways in found.items()}


def rejected_way(text: str) -> Ways:
    """The shares that a person has said no to, as they are stored."""
    shares = decode_shares(text)
    return way(replace(share, amount=0) if TAKEN_BACK in share.flags else share for share in shares)


def put_rejections(connection: Connection, stamp: Stamp, shares_of: Iterable[tuple[int, Iterable[Share]]]) -> int:
    """Remember what a person has said no to, by line; how many there are."""
    ids = next_ids(connection, rejections)
    rows = [
        {"id": next(ids), "line_id": line_id, "shares": encode_shares(shares), "rejected_on": stamp.as_of,
         "actor": stamp.actor}
        for line_id, shares in shares_of
    ]  # fmt: skip
    if rows:
        connection.execute(insert(rejections), rows)
    return len(rows)


def last_run(connection: Connection, table: Any) -> int | None:
    """The highest id of a table of runs."""
    found: int | None = connection.execute(select(func.max(table.c.id))).scalar()
    return found


def _paid_beside(booked: Iterable[Any]) -> tuple[dict[tuple[int, str], list[tuple[date, int]]], list[ReturnCharge]]:
    """Fees and interest paid or waived, by item and kind, and what returned debits have cost and nobody has paid yet.
    The charge of a return stands behind it in the same entry (``recon.matching.own_debits``), and behind that what is
    claimed of it: an item of its own, so that nothing is left beside the one that came back."""
    paid: dict[tuple[int, str], list[tuple[date, int]]] = {}
    charged: dict[int, tuple[int, date]] = {}
    came_back: dict[int, int] = {}
    for row in booked:
        if row.kind == "return":
            came_back[row.entry_id] = row.item_id
        elif row.kind == "fee_waived":
            paid.setdefault((row.item_id, "dunning_fee"), []).append((row.booked_on, row.amount))
        elif row.kind == "return_charge":
            before, day = charged[came_back[row.entry_id]]
            charged[came_back[row.entry_id]] = (before + row.amount, day)
        elif row.kind != "return_fee":
            paid.setdefault((row.item_id, row.kind), []).append((row.booked_on, row.amount))
        elif (item := row.item_id or came_back.get(row.entry_id)) is not None:
            before, day = charged.get(item, (0, row.booked_on))
            charged[item] = (before - row.amount, day)
    return paid, [ReturnCharge(item, amount, day) for item, (amount, day) in charged.items() if amount > 0]


def learned_ibans(connection: Connection, besides: int | None = None) -> dict[str, tuple[PaidFrom, ...]]:
    """The IBANs that payments came from, with the customers they were booked on, as far as it stands; ``besides`` is a
    line that tells nothing of itself."""
    query = (
        select(lines.c.iban, customers.c.customer_no, lines.c.name, func.count(lines.c.id.distinct()).label("times"),
               func.max(lines.c.booking_date).label("last_on"))
        .select_from(allocations)
        .join(lines, allocations.c.line_id == lines.c.id)
        .join(customers, allocations.c.customer_id == customers.c.id)
        .where(allocations.c.kind.in_(SENT), lines.c.iban.is_not(None), lines.c.booking_date.is_not(None), STANDS,
               lines.c.id != (besides or 0))
        .group_by(lines.c.iban, customers.c.customer_no, lines.c.name)
    )  # fmt: skip
    rows: dict[str, dict[str, list[Any]]] = {}
    for row in connection.execute(query):
        rows.setdefault(row.iban, {}).setdefault(row.customer_no, []).append(row)
    # Put in order here: databases order texts each by rules of their own.
    return {
        iban: tuple(
            PaidFrom(customer, sum(row.times for row in own), max(row.last_on for row in own),
                     max((row.name for row in own if row.name), default=None))
            for customer, own in sorted(paid.items())
        )
        for iban, paid in sorted(rows.items())
    }  # fmt: skip


def payments_of(connection: Connection, customer_id: int) -> dict[str, list[int]]:
    """The allocations that ``learned_ibans`` counts for a customer, by IBAN."""
    query = (
        select(lines.c.iban, allocations.c.id)
        .join(lines, allocations.c.line_id == lines.c.id)
        .where(
            allocations.c.customer_id == customer_id, allocations.c.kind.in_(SENT), lines.c.iban.is_not(None), STANDS
        )
        .order_by(allocations.c.id)
    )
    found: dict[str, list[int]] = {}
    for iban, number in connection.execute(query):
        found.setdefault(iban, []).append(number)
    return found


def _mandate_ids(connection: Connection, owners: Mapping[int, str]) -> dict[str, str]:
    """Which customer a mandate id stands for, also one that a mandate once had."""
    query = select(mandates.c.mandate_id, mandates.c.customer_id)
    renamed = select(mandates.c.former_ids, mandates.c.customer_id).where(mandates.c.former_ids.is_not(None))
    once = {name: owners[customer] for names, customer in rows_of(connection, renamed) for name in former_ids(names)}
    return once | {mandate: owners[customer] for mandate, customer in rows_of(connection, query)}
