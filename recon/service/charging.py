"""What the bank charges for a returned debit, claimed from the customer who has caused it (decision 17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from msgspec import structs
from sqlalchemy import Connection, select

from recon.ledger.return_charges import Charge, charges_of, is_claimed, number_of
from recon.matching.world import OpenLine
from recon.model.finding import error
from recon.model.items import DocumentType, PartKind, PaymentMethod
from recon.model.matching import AllocationKind, Evidence, Proposal, Share
from recon.model.settings import CollectSettings
from recon.model.statement import returned_for
from recon.service.answers import Refused
from recon.store.batches import load_collections
from recon.store.digests import add
from recon.store.ids import next_ids, shown_id
from recon.store.log import Stamp, record
from recon.store.matching import BESIDE_KINDS, STANDS
from recon.store.rows import rows_of
from recon.store.tables import allocations, collections, customers, item_parts, items
from sepa.money import plain

_AT_ONCE: Final = 500
_CLAIM: Final = AllocationKind.RETURN_CHARGE.value
# What stands beside an item without settling it.
_BESIDE: Final = (*BESIDE_KINDS, _CLAIM)


@dataclass(frozen=True, slots=True)
class _Found:
    """A charge of a line, with the reason and the row of the item that came back."""

    line: OpenLine
    charge: Charge
    code: str | None
    item: Any
    day: date


def with_claims(
    connection: Connection, stamp: Stamp, settings: CollectSettings, chosen: Sequence[tuple[OpenLine, Proposal]]
) -> list[tuple[OpenLine, Proposal]]:
    """What is to be booked on lines, with what is claimed of the charges of returns in it: for each an item of its own
    and the share that opens it, behind the bank's charge. A return is claimed once, however often it is delivered."""
    found = [] if settings.return_charges == "cost" else _charges(connection, stamp, chosen)
    if not found:
        return list(chosen)
    claimed = _standing(connection, [one.charge.collection_id for one in found])
    wanted = [
        one for one in found if is_claimed(one.code, settings) and one.charge.collection_id not in claimed
    ]  # fmt: skip
    claims = _open(connection, stamp, wanted)
    shares: dict[int, list[tuple[int, Share]]] = {}
    told: dict[int, list[Evidence]] = {}
    for one in found:
        share = claims.get((one.line.id, one.charge.collection_id))
        amount = plain(one.charge.amount, one.item.currency)
        if share is not None:
            shares.setdefault(one.line.id, []).append((one.charge.at + 1, share))
            facts = (("number", str(share.invoice_no)), ("charge", amount), ("code", str(one.code)))
            told.setdefault(one.line.id, []).append(Evidence("charge-claimed", facts))
        elif one.charge.collection_id not in claimed:
            told.setdefault(one.line.id, []).append(
                Evidence("charge-not-claimed", (("charge", amount), ("code", one.code or "-")))
            )
    return [
        (line, _with(proposal, shares.get(line.id, ()), told.get(line.id, ()))) for line, proposal in chosen
    ]  # fmt: skip


def see_claims(connection: Connection, chosen: Sequence[Any]) -> None:
    """A claim that was paid, or set off, is taken back only after that: the customer would have paid for nothing, and
    nobody would have seen it. Raises Refused."""
    ids = {row.id for row in chosen}
    for row in chosen:
        if row.kind != _CLAIM:
            continue
        query = (
            select(allocations.c.id, items.c.invoice_no)
            .join(items, allocations.c.item_id == items.c.id)
            .where(STANDS, allocations.c.item_id == row.item_id, allocations.c.kind.not_in(_BESIDE))
            .order_by(allocations.c.id)
        )
        standing = [paid for paid in connection.execute(query) if paid.id not in ids]
        if standing:
            shown = shown_id("allocations", standing[0].id)
            raise Refused(error("undo-claim-paid-first", shown, allocation=shown, item=standing[0].invoice_no))


def that_fall_with(row: Any, standing: Sequence[Any]) -> list[Any]:
    """The claims that cannot stand without an allocation: those of the return that it is, or of the charge."""
    if row.kind == AllocationKind.RETURN.value and row.collection_id is not None:
        return [one for one in standing if one.kind == _CLAIM and one.collection_id == row.collection_id]
    if row.kind == AllocationKind.RETURN_FEE.value and row.item_id is None:
        return [one for one in standing if one.kind == _CLAIM and one.id == row.id + 1]
    return []


def _with(proposal: Proposal, claims: Sequence[tuple[int, Share]], told: Sequence[Evidence]) -> Proposal:
    if not told:
        return proposal
    shares = list(proposal.shares)
    for at, share in sorted(claims, key=lambda claim: -claim[0]):
        shares.insert(at, share)
    return structs.replace(proposal, shares=tuple(shares), evidence=(*proposal.evidence, *told))


def _charges(connection: Connection, stamp: Stamp, chosen: Sequence[tuple[OpenLine, Proposal]]) -> list[_Found]:
    """All charges of the lines, each with its reason: that of its own transaction where the bank bundles returns."""
    charged = [(line, charge) for line, proposal in chosen for charge in charges_of(proposal.shares)]
    end_to_end: dict[int, str] = {}
    rows: dict[int, Any] = {}
    for start in range(0, len(charged), _AT_ONCE):
        few = [charge for _, charge in charged[start : start + _AT_ONCE]]
        known = load_collections(connection, collections.c.id.in_({charge.collection_id for charge in few}))
        end_to_end |= {row.id: row.end_to_end_id for row in known}
        query = select(items).where(items.c.id.in_({charge.item_id for charge in few}))
        rows |= {row.id: row for row in connection.execute(query)}
    return [
        _Found(line, charge, returned_for(line.line, end_to_end[charge.collection_id]), rows[charge.item_id],
               line.line.booking_date or line.line.value_date or stamp.as_of)
        for line, charge in charged
    ]  # fmt: skip


def _standing(connection: Connection, numbers: Sequence[int]) -> set[int]:
    """Of some collections those whose return is claimed already."""
    found: set[int] = set()
    for start in range(0, len(numbers), _AT_ONCE):
        few = allocations.c.collection_id.in_(numbers[start : start + _AT_ONCE])
        query = select(allocations.c.collection_id).where(STANDS, allocations.c.kind == _CLAIM, few)
        found |= set(connection.execute(query).scalars())
    return found


def _open(connection: Connection, stamp: Stamp, wanted: Sequence[_Found]) -> dict[tuple[int, int], Share]:
    """The items of claims, and the shares that open them, by line and collection. What was claimed of the same line
    before and taken back keeps its item: it goes on under its number, with the notices that it has had."""
    ids, part_ids = next_ids(connection, items), next_ids(connection, item_parts)
    rows: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    news: list[tuple[_Found, dict[str, Any]]] = []
    shares: dict[tuple[int, int], Share] = {}
    people = dict(rows_of(connection, select(customers.c.id, customers.c.customer_no)) if wanted else ())
    for one in wanted:
        charge, known = one.charge, _before(connection, one)
        if known is None:
            row = _row(connection, one, {made["invoice_no"] for made in rows})
            row["id"] = next(ids)
            rows.append(row)
            parts.append({
                "id": next(part_ids), "item_id": row["id"], "kind": PartKind.TOTAL.value, "amount": charge.amount,
                "due_date": one.day, "dunning_level": 0,
            })  # fmt: skip
            news.append((one, row))
            known = (row["id"], row["invoice_no"])
        shares[one.line.id, charge.collection_id] = Share(
            known[0], known[1], people[one.item.customer_id], -charge.amount, AllocationKind.RETURN_CHARGE,
            collection_id=charge.collection_id,
        )  # fmt: skip
    if rows:
        add(connection, items, rows)
        add(connection, item_parts, parts)
    for one, row in news:
        after = {"item": row["id"], "of": one.item.invoice_no, "line": shown_id("lines", one.line.id),
                 "amount": row["amount"], "currency": row["currency"]}  # fmt: skip
        record(connection, stamp, "return-charge", row["invoice_no"], after=after, reason=one.code)
    return shares


def _before(connection: Connection, one: _Found) -> tuple[int, str] | None:
    """The item under which the same charge was claimed before."""
    query = (
        select(items.c.id, items.c.invoice_no)
        .join(allocations, allocations.c.item_id == items.c.id)
        .where(allocations.c.kind == _CLAIM, allocations.c.line_id == one.line.id,
               allocations.c.collection_id == one.charge.collection_id, allocations.c.reverses_id.is_(None),
               allocations.c.amount == -one.charge.amount)
        .order_by(items.c.id)
    )  # fmt: skip
    row = connection.execute(query).first()
    return None if row is None else (row.id, row.invoice_no)


def _row(connection: Connection, one: _Found, made: set[str]) -> dict[str, Any]:
    base, taken = one.item.invoice_no, set(made)
    while True:
        number = number_of(base, taken)
        if connection.execute(select(items.c.id).where(items.c.invoice_no == number)).first() is None:
            break
        taken.add(number)
    return {
        "invoice_no": number, "customer_id": one.item.customer_id, "branch_id": one.item.branch_id,
        "document_type": DocumentType.RETURN_CHARGE.value, "amount": one.charge.amount, "open_amount": 0,
        "currency": one.item.currency, "issue_date": one.day, "due_date": one.day,
        "payment_method": PaymentMethod.TRANSFER.value, "language": one.item.language, "paid_before": 0,
    }  # fmt: skip
