"""Small books to dun in: one company, a few customers, statements written for the occasion."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import select

from recon.service import confirming, dunning, listing, matching, setting_up
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.service.dunning import DunningResult
from recon.service.importing import Source, import_sources
from recon.store.tables import item_parts, items
from tests.books import rows, stamp, text_in
from tests.service.statements_text import IBAN, Booked, mt940

EVERYBODY: Final = Scope()
START: Final = "2026-02-01"
COMPANY: Final = """
[company]
name = "Optik Beispiel GmbH"
creditor_id = "DE98ZZZ09999999999"
street = "Hauptstr. 1"
postcode = "50667"
town = "Köln"
[[accounts]]
iban = "{iban}"
bic = "COBADEFFXXX"
name = "Geschäftskonto"
[[branches]]
code = "K01"
name = "Filiale Köln"
account = "{iban}"
[[branches]]
code = "K02"
name = "Filiale Bonn"
account = "{iban}"
[dunning]
{dunning}
"""
STRICT: Final = 'preset = "prepayment"\nboundary = "strict"\nstaleness_bank_days = 250'
FEES: Final = """preset = "none"
deadline_days = 10
staleness_bank_days = 250
[[dunning.levels]]
number = 1
after_days = 14
fee = "0.00"
[[dunning.levels]]
number = 2
after_days = 4
anchor = "previous_deadline"
fee = "5.00"
[[dunning.levels]]
number = 3
after_days = 4
anchor = "previous_deadline"
fee = "10.00"
"""


@dataclass(slots=True)
class World:
    """Books, and what happens to them day by day. ``balance`` is the account's, in cents."""

    url: str
    opened: Callable[..., Context]
    balance: int = 100_000
    told: int = 0
    used: list[Context] = field(default_factory=list)

    def at(self, day: str, actor: str = "anna") -> Context:
        """The books as of a day. A server has few connections, and days are many: those of the days before go back."""
        for before in self.used:
            before.books.engine.dispose()
        self.used = [self.opened(self.url, day, actor=actor)]
        return self.used[0]

    def customers(self, *numbers: str, more: str = "", values: str = "") -> None:
        """Customers, all called Max Muster."""
        body = "".join(f"{number};Max Muster{values}\n" for number in numbers)
        [done] = text_in(self.at(START), customers=f"customer_no;name{more}\n{body}")
        assert done.status == "imported", done.findings

    def items(self, table: str, day: str = START) -> None:
        """A table of items, with its heading."""
        [done] = text_in(self.at(day), items=table)
        assert done.status == "imported", done.findings

    def bank(self, day: str, *booked: Booked) -> list[str]:
        """A statement of a day; the ids of its lines."""
        self.told += 1
        text = mt940(*booked, opening=self.balance, number=str(self.told), day=day)
        self.balance += sum(line.amount for line in booked)
        [done] = import_sources(self.at(day), [Source(f"{self.told}.sta", text.encode())])
        assert done.status == "imported", done.findings
        return [line.id for line in listing.list_lines(self.at(day))][-len(booked) :] if booked else []

    def pay(self, day: str, cents: int, text: str, reference: str = "") -> str:
        """A payment on a statement of its own; its line."""
        return self.bank(day, Booked(cents, text, day, reference=reference or f"R{self.told + 1}"))[0]

    def settle(self, day: str, line: str, *wanted: confirming.Wanted) -> None:
        """Match; what is not booked by itself is confirmed, as proposed or as wanted."""
        matching.match_all(self.at(day))
        found = next(one for one in listing.list_lines(self.at(day)) if one.id == line)
        if found.state != "matched":
            confirming.confirm(self.at(day), line, list(wanted))

    def preview(self, day: str, scope: Scope = EVERYBODY) -> DunningResult:
        """Who would be reminded."""
        return dunning.preview(self.at(day), scope)

    def remind(self, day: str, scope: Scope = EVERYBODY) -> DunningResult:
        """Freeze and issue on one day."""
        run = str(dunning.freeze(self.at(day), scope).run)
        return dunning.issue(self.at(day), run)

    def first_days(self, first: str, last: str) -> list[tuple[str, str, str, int, int]]:
        """Issue on every day whatever is due for a notice: day, invoice, part, level, what is asked, in cents."""
        found = []
        day, end = date.fromisoformat(first), date.fromisoformat(last)
        while day <= end:
            if self.preview(day.isoformat()).notices:
                for _, notice in self.remind(day.isoformat()).notices:
                    found += [(day.isoformat(), line.invoice_no, line.part.value, line.level, line.open)
                              for line in notice.items]  # fmt: skip
            day += timedelta(days=1)
        return found

    def state(self, invoice_no: str) -> dict[str, tuple[int, str | None]]:
        """Level and last notice of each part."""
        query = (
            select(item_parts.c.kind, item_parts.c.dunning_level, item_parts.c.last_notice_on)
            .join(items, item_parts.c.item_id == items.c.id)
            .where(items.c.invoice_no == invoice_no)
        )
        return {kind: (level, None if on is None else on.isoformat()) for kind, level, on in rows(self.url, query)}


def world(url: str, opened: Callable[..., Context], procedure: str = FEES, more: str = "") -> World:
    """New books of the company with a procedure."""
    company = COMPANY.format(iban=IBAN, dunning=procedure) + more
    setting_up.init(url, stamp(START, "anna"), (company.encode(), "company.toml"))
    return World(url, opened)


def told(result: DunningResult) -> dict[str, tuple[int, int]]:
    """Invoice -> level and what is asked, of all notices."""
    return {line.invoice_no: (line.level, line.open) for _, notice in result.notices for line in notice.items}


def left_out(result: DunningResult) -> dict[str, str]:
    """Invoice -> reason, of what is excluded."""
    return {entry.invoice_no: entry.reason for entry in result.excluded}


def gone(result: DunningResult) -> dict[str, str]:
    """Invoice -> reason, of what was dropped."""
    return {one.why.invoice_no: one.why.reason for one in result.dropped}


def facts(entry: Any) -> dict[str, str]:
    """The facts of a reason."""
    return dict(entry.facts)
