"""The parts of items as dunning sees them, customer by customer: of a million items no more are in memory than those of
one customer.

Two queries run side by side, both by customer: the customers, and their items with the parts and their states.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select

from recon.model.dunning import DunnablePart, PartState
from recon.model.items import Customer, DocumentType, Part, PartKind, split_open
from recon.store.complaints import still_calling
from recon.store.masters import each_customer
from recon.store.rows import Days, rows_of
from recon.store.tables import branches, customers, item_parts, items

# What keeps an item from being dunned: reason, last day, facts.
Hold = tuple[str, date | None, tuple[tuple[str, str], ...]]

_FREE: Final = DocumentType.RETURN_CHARGE.value
_TOTAL: Final = PartKind.TOTAL.value
_KINDS: Final = {kind.value: kind for kind in PartKind}
_NO_HOLD: Final = (None, None, ())


def read_accounts(
    connection: Connection, where: ColumnElement[bool], holds: Mapping[int, Hold]
) -> Iterator[tuple[Customer, list[DunnablePart]]]:
    """Each customer with his parts of which something is open, or that are the whole of an item. ``where`` picks items
    by columns of ``items``. What we owe others is left out: it is no claim and no credit of a customer."""
    picked = where & (items.c.document_type != DocumentType.PURCHASE_INVOICE.value)
    owners = each_customer(connection, customers.c.id.in_(select(items.c.customer_id).where(picked)))
    query = (
        select(items.c.customer_id, items.c.id, items.c.invoice_no, items.c.branch_id, items.c.document_type,
               items.c.open_amount, items.c.currency, items.c.language, item_parts.c.kind, item_parts.c.amount,
               item_parts.c.due_date, item_parts.c.dunning_level, item_parts.c.last_notice_on,
               item_parts.c.last_deadline)
        .join(item_parts, item_parts.c.item_id == items.c.id)
        .where(picked)
        .order_by(items.c.customer_id, items.c.id, item_parts.c.id)
    )  # fmt: skip
    read = _Reader(connection, holds)
    for customer, (_, rows) in zip(owners, groupby(rows_of(connection, query), itemgetter(0)), strict=True):
        yield customer, read.parts(customer, rows)


class _Reader:
    """Makes parts of rows. Branches, days and states are made once each: there are many rows and few of them."""

    def __init__(self, connection: Connection, holds: Mapping[int, Hold]) -> None:
        self.codes = {None: None, **dict(rows_of(connection, select(branches.c.id, branches.c.code)))}
        self.holds = holds
        self.calling = still_calling(connection)
        self.days = Days()
        self.states: dict[tuple[Any, ...], PartState] = {}

    def parts(self, customer: Customer, rows: Iterable[tuple[Any, ...]]) -> list[DunnablePart]:
        """The parts of a customer by their rows: those of which something is open, or that are the whole of an item."""
        found: list[DunnablePart] = []
        several: dict[int, list[tuple[Any, ...]]] = {}
        for row in rows:
            if row[8] == _TOTAL:
                found.append(self._made(customer, row, split_open((self._piece(row),), row[5])[0]))
            else:
                several.setdefault(row[1], []).append(row)
        for own in several.values():
            for row, part in zip(own, split_open(tuple(map(self._piece, own)), own[0][5]), strict=True):
                if part.open != 0 or len(own) == 1:
                    found.append(self._made(customer, row, part))
        return found

    def _piece(self, row: tuple[Any, ...]) -> Part:
        return Part(_KINDS[row[8]], row[9], 0, self.days[row[10]])

    def _made(self, customer: Customer, row: tuple[Any, ...], part: Part) -> DunnablePart:
        _, number, invoice_no, branch_id, document_type, _, currency, language = row[:8]
        branch = customer.branch if branch_id is None else self.codes[branch_id]
        state = self._state(row[11:], (number, part.kind) in self.calling)
        hold, until, facts = self.holds.get(number, _NO_HOLD)
        return DunnablePart(
            number, invoice_no, customer.customer_no, branch, part.kind, part.due_date, part.amount, part.open,
            currency, state, language, hold, until, facts, document_type == _FREE,
        )  # fmt: skip

    def _state(self, told: tuple[Any, ...], calling: bool) -> PartState:
        state = self.states.get((told, calling))
        if state is None:
            level, notice_on, deadline = told
            # Of one that no notice stands for, nothing is left of the days either.
            known = (
                PartState(level, self.days[notice_on], self.days[deadline], calling=calling) if level else PartState()
            )
            state = self.states[told, calling] = known
        return state
