"""Books with one procedure of fees, for the tables of what a payment settles: items, notices and payments end to end,
and what the books then say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select

from recon.service import dunning, listing, matching, setting_up
from recon.service.confirming import confirm
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.service.fees import list_fees
from recon.service.importing import Source, import_sources
from recon.store.books import reading
from recon.store.matching import claims_beside
from recon.store.tables import customers, entries, item_parts, items, lines, postings
from sepa.money import parse_amount, plain
from tests.books import rows, stamp, text_in
from tests.service.statements_text import IBAN, Booked, mt940

# Items are due on 2026-03-01: level 1 goes out on the 15th, level 2 four days after its deadline.
FIRST: Final = "2026-03-15"
SECOND: Final = "2026-03-29"
PAID: Final = "2026-04-02"
_COMPANY: Final = """
[company]
name = "Optik Beispiel GmbH"
chart = "{chart}"
[[accounts]]
iban = "{iban}"
[matching]
fee_policy = "{policy}"
unpaid_fees = "{unpaid}"
[dunning]
preset = "none"
mixed_levels = "{mixed}"
fee_mode = "{mode}"
deadline_days = 10
{more}{levels}{rates}"""
_LEVEL: Final = """
[[dunning.levels]]
number = {number}
after_days = {days}
anchor = "{anchor}"
fee = "{fee}"
"""
_RATE: Final = """
[[dunning.base_rates]]
from = {}
percent = "{}"
"""

Amounts = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Fees:
    """Books with items and notices; ``at`` gives the services as of a day."""

    url: str
    opened: Callable[..., Context]

    def at(self, day: str) -> Context:
        """The books as of a day."""
        return self.opened(self.url, day)

    def items(self, *items_in: tuple[str, str, str], customer: str = "10042", kind: str = "person") -> None:
        """Invoices: number, amount, due date; of a person or a company."""
        text_in(self.at("2026-02-01"), customers=f"customer_no;name;type\n{customer};Max Muster;{kind}\n")
        body = "".join(f"{number};{customer};{amount};{due};2026-02-01\n" for number, amount, due in items_in)
        [done] = text_in(self.at("2026-02-01"), items=f"invoice_no;customer_no;amount;due_date;issue_date\n{body}")
        assert done.status == "imported", done.findings

    def remind(self, day: str) -> list[Any]:
        """Freeze and issue what is due for a notice; the notices."""
        frozen = dunning.freeze(self.at(day), Scope())
        return [notice for _, notice in dunning.issue(self.at(day), str(frozen.run)).notices]

    def pay(self, amount: str, text: str, day: str = PAID, number: str = "1", opening: int = 100_000) -> str:
        """A statement with one payment, not matched yet; the line's id."""
        cents = parse_amount(amount)
        booked = mt940(Booked(cents, text, day, reference=f"X{number}"), opening=opening, number=number, day=day)
        [done] = import_sources(self.at(day), [Source(f"{number}.sta", booked.encode())])
        assert done.status == "imported", done.findings
        return listing.list_lines(self.at(day))[-1].id

    def settle(self, line: str, day: str = PAID) -> str:
        """Match, and confirm the first proposal for a line where that is asked; its class, with ``!`` where it booked
        by itself."""
        matching.match_all(self.at(day))
        found = next(entry for entry in listing.list_lines(self.at(day)) if entry.id == line)
        if found.state == "matched":
            done = [entry for entry in listing.list_allocations(self.at(day)) if entry.line == line]
            return f"{done[0].match_class}!"
        confirm(self.at(day), line)
        return found.proposals[0].match_class

    def booked(self, line: str) -> tuple[Amounts, tuple[str, ...]]:
        """The postings of a line's entry as account and amount, debit positive, and the flags of its shares."""
        own = [entry for entry in listing.list_allocations(self.at(PAID)) if entry.line == line]
        entry = max(row[0] for row in rows(self.url, select(entries.c.id)))
        query = select(postings.c.account, postings.c.amount).where(postings.c.entry_id == entry)
        sides = tuple((account, plain(amount)) for account, amount in rows(self.url, query.order_by(postings.c.id)))
        return sides, tuple(flag for share in own if share.status == "booked" for flag in share.flags)

    def open(self, day: str = PAID) -> dict[str, tuple[str, str]]:
        """What is left of each item, and its status."""
        return {
            entry.item.invoice_no: (plain(entry.item.open), entry.item.status.value)
            for entry in listing.list_items(self.at(day))
        }

    def unpaid(self, day: str = PAID) -> list[tuple[str, str, str]]:
        """Of each fee that was not paid: level, what of it has lapsed, what is still claimed."""
        return [
            (str(one.fee.asked.level), plain(one.fee.lapsed), plain(one.fee.claimable))
            for one in list_fees(self.at(day))
            if one.fee.lapsed or one.fee.claimable
        ]

    def state(self) -> dict[str, Any]:
        """All that undoing must bring back: open amounts, states, levels, credit, accounts, fees, what is claimed."""
        total = func.sum(postings.c.amount)
        credit = (
            select(customers.c.customer_no, total)
            .join(customers, postings.c.customer_id == customers.c.id)
            .where(postings.c.role == "customer", postings.c.item_id.is_(None))
            .group_by(customers.c.customer_no)
        )
        accounts = select(postings.c.account, total).group_by(postings.c.account)
        context = self.at(PAID)
        with reading(context.books) as connection:
            beside = claims_beside(connection)
        levels = select(item_parts.c.id, item_parts.c.dunning_level, item_parts.c.last_notice_on,
                        item_parts.c.last_deadline).order_by(item_parts.c.id)  # fmt: skip
        return {
            "items": rows(self.url, select(items.c.invoice_no, items.c.open_amount).order_by(items.c.id)),
            "lines": rows(self.url, select(lines.c.id, lines.c.open_amount).order_by(lines.c.id)),
            "levels": rows(self.url, levels),
            "credit": {who: left for who, left in rows(self.url, credit) if left},
            "accounts": {number: left for number, left in rows(self.url, accounts) if left},
            "beside": beside,
            "fees": list_fees(context),
        }


def set_up(
    url: str,
    opened: Callable[..., Context],
    fees: Sequence[str],
    *,
    chart: str = "SKR03",
    policy: str = "exact_only",
    unpaid: str = "lapse",
    mixed: str = "highest",
    mode: str = "replace",
    more: str = "",
    rates: str = "",
) -> Fees:
    """Books of a company with these fees for its levels. ``more`` are further keys of ``[dunning]``, ``rates`` base
    rates by the day from which they are in force: ``2026-01-01 4.12, …``."""
    levels = "".join(
        _LEVEL.format(number=number, days=14 if number == 1 else 4, fee=fee,
                      anchor="due_date" if number == 1 else "previous_deadline")
        for number, fee in enumerate(fees, start=1)
    )  # fmt: skip
    company = _COMPANY.format(
        chart=chart,
        iban=IBAN,
        policy=policy,
        unpaid=unpaid,
        mixed=mixed,
        mode=mode,
        levels=levels,
        more=f"{more}\n",
        rates="".join(_RATE.format(*one.split()) for one in rates.split(", ") if one),
    )
    setting_up.init(url, stamp("2026-02-01"), (company.encode(), "company.toml"))
    return Fees(url, opened)
