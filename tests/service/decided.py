"""What tests of decisions look at: the lines, items and allocations of the books, by the names that people use."""

from typing import Any

import pytest
from sqlalchemy import select

from recon.service import listing
from recon.service.answers import Refused
from recon.service.context import Context
from recon.store.tables import collections, items, lines
from tests.books import rows


def line_of(url: str, bank_ref: str) -> str:
    """The shown id of the line with a bank reference."""
    query = select(lines.c.id).where(lines.c.bank_ref == bank_ref, lines.c.parent_id.is_(None))
    return f"L{rows(url, query)[0][0]}"


def left_of(url: str, bank_ref: str) -> tuple[int, str]:
    """What is left of a line, and its state."""
    row = rows(url, select(lines).where(lines.c.bank_ref == bank_ref, lines.c.parent_id.is_(None)))[0]
    return (row.open_amount, row.state)


def open_of(url: str, invoice_no: str) -> int:
    """What is open of an item."""
    return int(rows(url, select(items.c.open_amount).where(items.c.invoice_no == invoice_no))[0][0])


def booked_on(context: Context, bank_ref: str) -> list[tuple[str | None, int, str, str]]:
    """Invoice, amount, kind and status of the allocations of a line."""
    return [(entry.item, entry.amount, entry.kind, entry.status) for entry in listing.list_allocations(context)
            if entry.bank_ref == bank_ref]  # fmt: skip


def balances(url: str) -> dict[str, Any]:
    """What the books come to, whatever way they took: open amounts and states."""
    return {
        "items": rows(url, select(items.c.invoice_no, items.c.open_amount).order_by(items.c.id)),
        "lines": rows(url, select(lines.c.id, lines.c.open_amount, lines.c.state).order_by(lines.c.id)),
        "collections": rows(url, select(collections.c.id, collections.c.status).order_by(collections.c.id)),
    }


def codes_of(no: pytest.ExceptionInfo[Refused]) -> list[str]:
    """The codes of a refusal."""
    return [finding.code for finding in no.value.findings]
