"""Fields of one MT940 message -> pages: head, balances, entries with their details (domain.md 1.2, 1.7)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from recon.model.finding import Finding, error, info, warning
from recon.statements.limits import Limits
from recon.statements.mt940_details import NS_MARK
from recon.statements.mt940_messages import (
    BOOKING,
    CLOSINGS,
    DETAIL_TAG,
    HEAD_TAGS,
    OPENINGS,
    TYPE_TAGS,
    Field,
    outside,
)
from recon.statements.source import SourceError, printable

# (line, :61:, all :86: of it); None in place of the last where the second still holds both, as a BOOKING.
Entry = tuple[int, str, list[str] | None]

_NUMBER: Final = re.compile(r"\s*(\d*)(?:\s*/\s*(\d+))?")


@dataclass(slots=True)
class Page:
    """One page as its fields say it, balances as unread text."""

    line: int
    account: str = ""
    number: str | None = None
    sheet: str | None = None
    intraday: bool = False
    currencies: list[str] = field(default_factory=list)
    opening: str | None = None
    closing: str | None = None
    opening_tag: str = ""
    closing_tag: str = ""
    entries: list[Entry] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    totals: dict[str, str] = field(default_factory=dict)
    last_line: int = 0

    @property
    def begun(self) -> bool:
        """Whether its head is over, so that another head belongs to the next page."""
        return bool(self.opening or self.closing or self.entries)


def cut_apart(entry: Entry) -> tuple[str, list[str]]:
    """(:61:, all :86: of it)."""
    _, value, parts = entry
    if parts is not None:
        return value, parts
    value, _, detail = value.partition(DETAIL_TAG)
    return value.rstrip("\n"), [detail]


def pages(fields: Iterator[Field], name: str, limits: Limits, stray: list[Finding]) -> Iterator[Page]:
    """Group fields to pages; a new head or a new opening balance after a closing balance begins the next."""
    page: Page | None = None
    for tag, value, line in fields:
        # Bookings first: nearly all of a page are such. A :61: always follows on one, so it is not the last line.
        if tag == BOOKING and page is not None and page.closing is None and len(page.entries) < limits.entries:
            page.entries.append((line, value.rstrip("\n"), None))
            continue
        if tag in TYPE_TAGS:
            continue
        if page is None:
            page = Page(line)
        elif (tag in HEAD_TAGS and page.begun) or (tag in OPENINGS and (page.opening or page.closing)):
            yield page
            page = Page(line) if tag in HEAD_TAGS else Page(line, page.account, page.number, page.sheet)
        page.last_line = line
        if tag in ("61", BOOKING):
            if len(page.entries) >= limits.entries:
                raise SourceError(error("too-large", f"{name}:{line}", limit=limits.entries))
            entry, is_booking, detail = value.partition(DETAIL_TAG)
            page.entries.append((line, entry.rstrip("\n"), []))
            if is_booking:
                _attach(page, "86", detail.rstrip("\n"), name, line + entry.count("\n") + 1)
        elif tag in ("86", "NS"):
            _attach(page, tag, value.rstrip("\n"), name, line)
        else:
            first, _, rest = value.partition("\n")
            stray += outside(rest, name, line + 1)
            _head_or_balance(page, tag, first.strip(), name, line)
    if page is not None:
        yield page


def _attach(page: Page, tag: str, value: str, name: str, line: int) -> None:
    """A :86: or :NS: after the closing balance, or before any :61:, belongs to the statement, else to its :61:."""
    if page.closing is not None or not page.entries:
        page.findings.append(info("statement-text", f"{name}:{line}", text=printable(value)))
        return
    parts = page.entries[-1][2]
    assert parts is not None  # a :61: always follows on a BOOKING
    parts.append(f"{NS_MARK}{value}" if tag == "NS" else value)


def _head_or_balance(page: Page, tag: str, value: str, name: str, line: int) -> None:
    if tag in ("25", "25P"):
        page.account = value
    elif tag in ("28", "28C"):
        found = _NUMBER.match(value)
        assert found is not None  # every part of the pattern may be empty
        page.number, page.sheet = _plain_number(found[1]), _plain_number(found[2])
        if value and page.number is None and page.sheet is None:
            page.findings.append(warning("number-unreadable", f"{name}:{line}", text=printable(value)))
    elif tag in ("34F", "13D"):
        page.intraday = True
        if tag == "34F" and len(value) >= 3 and value[:3].isalpha():
            page.currencies.append(value[:3])
    elif tag in ("90C", "90D"):
        page.totals[tag] = value
    elif tag in OPENINGS:
        page.opening, page.opening_tag = value, tag
    elif tag in CLOSINGS and page.closing is not None:
        page.findings.append(warning("balance-repeated", f"{name}:{line}", tag=tag, text=printable(value)))
    elif tag in CLOSINGS:
        page.closing, page.closing_tag = value, tag


def _plain_number(text: str | None) -> str | None:
    return (text.lstrip("0") or "0") if text else None
