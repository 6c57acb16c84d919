"""What people decide about bank lines: confirm and reject (contract.md 4). Taking back is ``undoing``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from recon.ledger.posting import moves_bank_money
from recon.matching.case import State, overpayment
from recon.matching.sharing import exactly, extras
from recon.matching.world import BESIDE, OpenLine, World, index
from recon.model.finding import error
from recon.model.items import OpenItem
from recon.model.matching import AllocationKind, Band, Evidence, Proposal, Share, refund_of
from recon.model.roles import Action
from recon.service.answers import Refused
from recon.service.charts import chart_to_book
from recon.service.context import Context, run, writing
from recon.service.differences import Difference, with_difference
from recon.service.matching import book_lines, propose_for
from recon.store import matching as store
from recon.store.ids import read_id, shown_id
from recon.store.items import item_by_number
from recon.store.log import record
from recon.store.refund_tables import refunds
from recon.store.refunds import load_refunds
from recon.store.settings import settings_of
from recon.store.statements import load_lines
from recon.store.tables import allocations, items, lines, proposals
from sepa.money import plain

# The class of an allocation that a person has put together.
BY_HAND = "P"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An invoice that a person names for a line, with the amount or (``None``) as much as fits."""

    invoice_no: str
    amount: int | None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What was booked on a line, and what is left of it."""

    line: str
    proposal: Proposal
    left: int
    currency: str


def confirm(
    context: Context,
    line_name: str,
    wanted: Sequence[Wanted] = (),
    rank: int = 1,
    *,
    difference: Difference | None = None,
    reason: str | None = None,
) -> Confirmed:
    """Book a line as a person says: on the invoices named, or as proposal ``rank`` has it. ``difference`` says what the
    money is that is missing; without it the items stay open with it. ``reason`` goes into the log."""
    with run(context, Action.CONFIRM), writing(context) as connection:
        chart = chart_to_book(settings_of(connection))
        line = _open_line(connection, line_name)
        waived = difference is Difference.FEE_WAIVED
        proposal = _by_hand(connection, line, wanted, waived=waived) if wanted else _proposed(connection, line, rank)
        _see_room(connection, line, proposal)
        shown = shown_id("lines", line.id)
        if difference is not None:
            as_of = context.stamp.as_of
            proposal = with_difference(connection, shown, proposal, difference, as_of=as_of, reason=reason)
        seals = book_lines(connection, context, [(line, proposal)], chart)
        connection.execute(proposals.delete().where(proposals.c.line_id == line.id))
        used = sum(share.amount for share in proposal.shares if moves_bank_money(share.kind))
        after: dict[str, Any] = {"class": proposal.match_class, "amount": used}
        if difference is not None:
            after["difference"] = difference.value
        if used != line.open:
            propose_for(connection, {line.id})
        record(connection, context.stamp, "confirm", shown, after=after, reason=reason, seals=seals)
    return Confirmed(shown, proposal, line.open - used, line.line.currency)


def reject(context: Context, line_name: str) -> int:
    """Say no to everything proposed for a line; it stays rejected. How many proposals there were."""
    with run(context, Action.REJECT), writing(context) as connection:
        line = _open_line(connection, line_name)
        found = store.load_proposals(connection, [line.id]).get(line.id, [])
        count = store.put_rejections(connection, context.stamp, [(line.id, proposal.shares) for proposal in found])
        if count:
            connection.execute(proposals.delete().where(proposals.c.line_id == line.id))
            connection.execute(lines.update().where(lines.c.id == line.id, lines.c.state == "proposed")
                               .values(state="unmatched"))  # fmt: skip
            record(connection, context.stamp, "reject", shown_id("lines", line.id), after={"proposals": count})
    return count


def _open_line(connection: Connection, name: str) -> OpenLine:
    number = read_id("lines", name)
    found = load_lines(connection, lines.c.id == number) if number is not None else []
    if not found:
        raise Refused(error("line-unknown", name, line=name))
    row, line = found[0]
    if row.open_amount == 0:
        raise Refused(error("line-settled", name, line=name))
    return OpenLine(row.id, line, row.open_amount)


def _proposed(connection: Connection, line: OpenLine, rank: int) -> Proposal:
    found = store.load_proposals(connection, [line.id]).get(line.id, [])
    if not 1 <= rank <= len(found):
        shown = shown_id("lines", line.id)
        raise Refused(error("proposal-missing", shown, line=shown, rank=rank, count=len(found)))
    if not found[rank - 1].shares:
        raise Refused(error("proposal-without-shares", shown_id("lines", line.id), line=shown_id("lines", line.id)))
    return found[rank - 1]


def _by_hand(connection: Connection, line: OpenLine, wanted: Sequence[Wanted], *, waived: bool) -> Proposal:
    """The shares of the invoices that a person names. Without amounts each takes what is open of it; what is then left
    is the fee of the last notice where it is exactly that (A-17), else it stays with the customer (A-18)."""
    shares: list[Share] = []
    found = [_item(connection, entry.invoice_no) for entry in wanted]
    # Credit notes make room for the invoices beside them, in whatever order they are named.
    left = line.open - sum(
        item.open for entry, item in zip(wanted, found, strict=True) if entry.amount is None and item.open < 0
    )
    claims = settings_of(connection).matching.unpaid_fees == "claim"
    for entry, item in zip(wanted, found, strict=True):
        if entry.amount is None and item.open == 0 and claims:
            continue  # what its last notice asks for is all that it may take
        kind = AllocationKind.PAYMENT if item.document_type.sign > 0 else AllocationKind.CREDIT_NOTE
        amount = entry.amount if entry.amount is not None else min(item.open, left)
        shares.append(Share(item.id, item.invoice_no, item.customer_no, amount, kind))
        left -= amount if entry.amount is not None or amount > 0 else 0
    if left > 0 and all(entry.amount is None for entry in wanted) and len({item.customer_no for item in found}) == 1:
        rest = _rest(connection, line, found, left, waived=waived)
        if not shares and rest[0].kind is AllocationKind.OVERPAYMENT:
            item = found[0]
            facts = {"item": item.invoice_no, "amount": plain(left), "open": plain(item.open)}
            raise Refused(error("item-too-small", shown_id("lines", line.id), **facts))
        shares += rest
    evidence = (Evidence("confirmed-by-hand", (("items", ", ".join(entry.invoice_no for entry in wanted)),)),)
    return Proposal(BY_HAND, Band.CERTAIN, tuple(shares), evidence)


def _item(connection: Connection, invoice_no: str) -> OpenItem:
    item = item_by_number(connection, invoice_no)
    if item is None:
        raise Refused(error("item-unknown", invoice_no, item=invoice_no))
    return item


def _rest(connection: Connection, line: OpenLine, found: Sequence[OpenItem], left: int, *, waived: bool) -> list[Share]:
    """What the named items leave of a line: exactly what is claimed beside them, borne as the engine has it, or the
    customer's. A fee that is waived is not claimed."""
    state = State(index(World(items=found, **store.claims_beside(connection))))
    claimed = extras(state, found, line.line.value_date or line.line.booking_date)
    ways = exactly([extra for extra in claimed if not waived or extra.kind is not AllocationKind.DUNNING_FEE], left)
    if ways:
        return [extra.share for extra in ways[0]]
    return [overpayment(found[0].customer_no, left)]


def _see_room(connection: Connection, line: OpenLine, proposal: Proposal) -> None:
    """Σ shares ≤ line and ≤ item: what was proposed may have been paid otherwise since."""
    shown = shown_id("lines", line.id)
    used = sum(share.amount for share in proposal.shares if moves_bank_money(share.kind))
    if used == 0 or used * line.open < 0 or abs(used) > abs(line.open):
        raise Refused(error("allocation-too-large", shown, amount=plain(used), open=plain(line.open)))
    by_item: dict[int, int] = {}
    for share in proposal.shares:
        if share.item_id is not None and share.kind not in {*BESIDE, AllocationKind.REFUND_RETURN}:
            by_item[share.item_id] = by_item.get(share.item_id, 0) + share.amount
    for item_id, amount in by_item.items():
        row = connection.execute(select(items).where(items.c.id == item_id)).one()
        if row.currency != line.line.currency:
            raise Refused(error("allocation-currency", shown, item=row.invoice_no, currency=row.currency))
        settles = not any(share.item_id == item_id and share.kind is AllocationKind.RETURN for share in proposal.shares)
        if settles and (amount * row.open_amount <= 0 or abs(amount) > abs(row.open_amount)):
            facts = {"item": row.invoice_no, "amount": plain(amount), "open": plain(row.open_amount)}
            raise Refused(error("item-too-small", shown, **facts))
    _see_returned_once(connection, shown, proposal.shares)
    _see_refunds(connection, shown, proposal.shares)


def _see_refunds(connection: Connection, line: str, shares: Sequence[Share]) -> None:
    """A refund leaves the account once, and comes back once after that."""
    wanted = {reference: share for share in shares if (reference := refund_of(share.flags)) is not None}
    for row in load_refunds(connection, refunds.c.end_to_end_id.in_(sorted(wanted))) if wanted else ():
        needed = "exported" if wanted[row.end_to_end_id].kind is AllocationKind.REFUND else "booked"
        if row.status != needed:
            raise Refused(error("refund-moved-already", line, refund=row.end_to_end_id, status=row.status))


def _see_returned_once(connection: Connection, line: str, shares: Sequence[Share]) -> None:
    """A debit comes back once: a second line of the bank for the same return is no claim on the customer."""
    back = {share.collection_id for share in shares if share.kind is AllocationKind.RETURN} - {None}
    query = (
        select(allocations.c.id, items.c.invoice_no)
        .join(items, allocations.c.item_id == items.c.id)
        .where(store.STANDS, allocations.c.kind == "return", allocations.c.collection_id.in_(back))
        .order_by(allocations.c.id)
    )
    if back and (row := connection.execute(query).first()) is not None:
        facts = {"allocation": shown_id("allocations", row.id), "item": row.invoice_no}
        raise Refused(error("returned-already", line, **facts))
