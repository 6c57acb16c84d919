"""Fields of one MT940 message -> pages: head, balances, entries with their details (domain.md 1.2, 1.7)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from recon.model.finding import Finding, error, info, warning
from recon.statements.limits import Limits
from recon.statements.mt940_details import NS_MARK
from recon.statements.mt940_messages import CLOSINGS, HEAD_TAGS, OPENINGS, TYPE_TAGS, Field, outside
from recon.statements.source import SourceError, printable

_NUMBER: Final = re.compile(r"\s*(\d*)(?:\s*/\s*(\d+))?")


@dataclass(slots=True)
class Page:
    """One page as its fields say it, balances as unread text, entries as (line, :61:, all :86: of it)."""

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
    entries: list[tuple[int, str, list[str]]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    totals: dict[str, str] = field(default_factory=dict)
    last_line: int = 0

    @property
    def begun(self) -> bool:
        """Whether its head is over, so that another head belongs to the next page."""
        return bool(self.opening or self.closing or self.entries)


def pages(fields: Iterator[Field], name: str, limits: Limits, stray: list[Finding]) -> Iterator[Page]:
    """Group fields to pages; a new head or a new opening balance after a closing balance begins the next."""
    page: Page | None = None
    for tag, value, line in fields:
        # Entries and their details first: nearly all fields are such.
        if page is not None:
            if tag == "86" and page.entries and page.closing is None:
                page.entries[-1][2].append(value.rstrip("\n"))
                page.last_line = line
                continue
            if tag == "61" and len(page.entries) < limits.entries:
                page.entries.append((line, value.rstrip("\n"), []))
                page.last_line = line
                continue
        if tag in TYPE_TAGS:
            continue
        if page is None:
            page = Page(line)
        elif (tag in HEAD_TAGS and page.begun) or (tag in OPENINGS and (page.opening or page.closing)):
            yield page
            page = Page(line) if tag in HEAD_TAGS else Page(line, page.account, page.number, page.sheet)
        page.last_line = line
        if tag == "61":
            if len(page.entries) >= limits.entries:
                raise SourceError(error("too-large", f"{name}:{line}", limit=limits.entries))
            page.entries.append((line, value.rstrip("\n"), []))
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
    page.entries[-1][2].append(f"{NS_MARK}{value}" if tag == "NS" else value)


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
