"""Looking at the books: lines with what is proposed for them, allocations, items, statements."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import select

from recon.model.items import OpenItem
from recon.model.matching import Evidence, LineState, Proposal
from recon.model.roles import Action
from recon.model.statement import Line
from recon.service.answers import Refused
from recon.service.context import Context, reading
from recon.service.dunnable import Ahead, ahead
from recon.service.expected import Expectation, Fate, expectations
from recon.service.statements import unknown
from recon.store.credits import netted_of
from recon.store.holds import DUNNING, holds_on
from recon.store.ids import read_id, shown_id
from recon.store.items import load_items
from recon.store.journal import decode_evidence
from recon.store.matching import STANDS, load_proposals
from recon.store.settings import settings_of
from recon.store.statements import load_lines
from recon.store.tables import accounts, allocations, customers, entries, files, item_parts, items, lines, statements


@dataclass(frozen=True, slots=True)
class ListedLine:
    """A bank line in the books: what is left of it, its state, and what is proposed, best first; for a line that was
    announced, what became of it."""

    id: str
    account: str
    line: Line
    open: int
    state: str
    proposals: tuple[Proposal, ...]
    expectation: Expectation | None = None

    @property
    def replaced_by(self) -> str | None:
        """The booked line that has replaced an announced one."""
        by = self.expectation.by if self.expectation else None
        return None if by is None else shown_id("lines", by)


@dataclass(frozen=True, slots=True)
class ListedAllocation:
    """An amount of a line that went to an item (or, without one, to a customer or an account)."""

    id: str
    line: str | None
    bank_ref: str | None
    booking_date: date
    item: str | None
    customer: str | None
    amount: int
    currency: str
    kind: str
    match_class: str
    band: str
    status: str
    by: str
    run: str | None
    flags: tuple[str, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class ListedItem:
    """An item with its dunning state: the highest level of its parts, the last notice, the next possible one."""

    item: OpenItem
    level: int
    last_notice_on: date | None
    next_notice_on: date | None
    blocked_until: date | None
    blocked: bool
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListedStatement:
    """A statement in the books and the file it came from; of one that announces, what became of its lines."""

    id: str
    account: str
    row: Any
    file: str
    sha256: str
    fates: Mapping[Fate, int]


def list_lines(context: Context, status: str | None = None) -> list[ListedLine]:
    """Bank lines, oldest first; ``status`` keeps one state, or the announced lines of one fate."""
    with reading(context, Action.READ) as connection:
        announced = expectations(connection)
        fate = Fate(status) if status in list(Fate) else None
        state = LineState.IGNORED if fate else status
        found = load_lines(connection, lines.c.id > 0 if state is None else lines.c.state == state)
        own = {row.id: row.iban for row in connection.execute(select(accounts.c.id, accounts.c.iban))}
        proposals = load_proposals(connection)
        return [
            ListedLine(shown_id("lines", row.id), own[row.account_id], line, row.open_amount, row.state,
                       tuple(proposals.get(row.id, ())) if row.open_amount else (), announced.get(row.id))
            for row, line in found
            if fate is None or (row.id in announced and announced[row.id].fate is fate)
        ]  # fmt: skip


def list_allocations(context: Context, item: str | None = None) -> list[ListedAllocation]:
    """Allocations, oldest first, with those that were taken back; ``item`` keeps one invoice number."""
    with reading(context, Action.READ) as connection:
        back = {
            row.reverses_id
            for row in connection.execute(
                select(allocations.c.reverses_id).where(allocations.c.reverses_id.is_not(None))
            )
        }
        query = (
            select(allocations, items.c.invoice_no, customers.c.customer_no, lines.c.bank_ref, entries.c.currency)
            .join(entries, allocations.c.entry_id == entries.c.id)
            .outerjoin(items, allocations.c.item_id == items.c.id)
            .outerjoin(customers, allocations.c.customer_id == customers.c.id)
            .outerjoin(lines, allocations.c.line_id == lines.c.id)
            .order_by(allocations.c.id)
        )
        if item is not None:
            query = query.where(items.c.invoice_no == item)
        return [_allocation(row, back) for row in connection.execute(query)]


def list_items(context: Context, statuses: Sequence[str] = (), customer: str | None = None) -> list[ListedItem]:
    """Items by id, with their dunning state; narrowed to states and a customer."""
    with reading(context, Action.READ) as connection:
        conditions = [] if customer is None else [customers.c.customer_no == customer]
        owned = select(items.c.id).join(customers).where(*conditions)
        found = load_items(connection, items.c.id.in_(owned) if conditions else None)
        states: dict[int, Any] = {}
        for row in connection.execute(select(item_parts).where(item_parts.c.dunning_level > 0)):
            known = states.get(row.item_id)
            if known is None or (row.dunning_level, row.last_notice_on) > (known.dunning_level, known.last_notice_on):
                states[row.item_id] = row
        settings = settings_of(connection)
        following = ahead(connection, settings, context.stamp.as_of, customer) if found else Ahead({}, frozenset())
        held = holds_on(connection, context.stamp.as_of, DUNNING)
        manual = _manual(connection)
        listed = []
        for entry in found:
            if statuses and entry.status.value not in statuses:
                continue
            state = states.get(entry.id)
            hold = held.get(entry.id)
            listed.append(
                ListedItem(
                    item=entry,
                    level=state.dunning_level if state else 0,
                    last_notice_on=state.last_notice_on if state else None,
                    next_notice_on=following.dates.get(entry.id),
                    blocked_until=hold.until if hold else None,
                    blocked=hold is not None,
                    flags=(
                        *(("manual_booking",) if entry.id in manual else ()),
                        *(("collection_proposed",) if entry.id in following.proposed else ()),
                    ),
                )
            )
    return listed


def list_statements(context: Context, name: str | None = None) -> list[ListedStatement]:
    """Statements in the order in which they came; ``name`` keeps one, or raises Refused where there is none."""
    with reading(context, Action.READ) as connection:
        query = (
            select(statements, accounts.c.iban, files.c.name.label("file"), files.c.sha256)
            .join(accounts, statements.c.account_id == accounts.c.id)
            .join(files, statements.c.file_id == files.c.id)
            .order_by(statements.c.id)
        )
        if name is not None:
            query = query.where(statements.c.id == read_id("statements", name))
        fates: dict[int, Counter[Fate]] = {}
        for one in expectations(connection).values():
            fates.setdefault(one.statement, Counter())[one.fate] += 1
        found = [
            ListedStatement(shown_id("statements", row.id), row.iban, row, row.file, row.sha256,
                            fates.get(row.id, Counter()))
            for row in connection.execute(query)
        ]  # fmt: skip
        if name is not None and not found:
            raise Refused(unknown(connection, name))
        return found


def _allocation(row: Any, back: set[int]) -> ListedAllocation:
    status = "reversal" if row.reverses_id is not None else "reversed" if row.id in back else "booked"
    return ListedAllocation(
        id=shown_id("allocations", row.id),
        line=None if row.line_id is None else shown_id("lines", row.line_id),
        bank_ref=row.bank_ref,
        booking_date=row.booked_on,
        item=None if row.kind == "overpayment" else row.invoice_no,
        customer=row.customer_no,
        amount=row.amount,
        currency=row.currency,
        kind=row.kind,
        match_class=row.match_class,
        band=row.band,
        status=status,
        by=row.actor if row.run_id is None else "match",
        run=None if row.run_id is None else shown_id("match_runs", row.run_id),
        flags=msgspec.json.decode(row.flags, type=tuple[str, ...]),
        evidence=decode_evidence(row.evidence),
    )


def _manual(connection: Any) -> set[int]:
    """Items beside whose payment something is left for the tax adviser to book (A-18): nothing, where all that was over
    has been set off."""
    beside = allocations.alias("beside")
    used = netted_of(connection)
    query = (
        select(beside.c.item_id, allocations.c.id, allocations.c.amount)
        .select_from(allocations)
        .join(beside, beside.c.entry_id == allocations.c.entry_id)
        .where(STANDS, allocations.c.flags.contains("manual_booking"), beside.c.item_id.is_not(None))
    )
    return {
        row.item_id
        for row in connection.execute(query)
        if row.amount + sum(one.amount for one in used.get(row.id, ())) != 0
    }
