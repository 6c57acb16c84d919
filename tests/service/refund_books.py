"""Books for the tests of refunds: customers with credit, and the statements in which their refunds leave and come
back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from recon.service import listing, matching, refunding, setting_up
from recon.service.confirming import Wanted, confirm
from recon.service.context import Context
from recon.service.importing import Source, import_sources
from recon.store.tables import items, postings
from sepa.money import parse_amount
from tests.books import rows, stamp, text_in
from tests.service.statements_text import BONN, IBAN

PAID: Final = "2026-11-12"
TODAY: Final = "2026-11-20"
NEXT: Final = "2026-11-23"
PAYER: Final = "DE44370501980000010002"
OTHER: Final = "DE42100100100000067890"
COMPANY: Final = f"""
[company]
name = "Optik Beispiel GmbH"
creditor_id = "DE98ZZZ09999999999"
[[accounts]]
iban = "{IBAN}"
[[accounts]]
iban = "{BONN}"
bic = "COLSDE33XXX"
[[branches]]
code = "K02"
name = "Filiale Bonn"
account = "{BONN}"
"""
USERS: Final = "".join(
    f'\n[[users]]\nname = "{name}"\nrole = "{role}"\n'
    for name, role in (("anna", "treasurer"), ("bernd", "treasurer"), ("tester", "supervisor"))
)


@dataclass(slots=True)
class Credits:
    """Books with credit; ``at`` gives the services as of a day, on behalf of somebody."""

    url: str
    opened: Callable[..., Context]
    numbers: dict[str, int] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)

    def at(self, day: str = TODAY, **more: Any) -> Context:
        """The books as of a day."""
        return self.opened(self.url, day, **more)

    def customer(self, number: str, **more: str) -> None:
        """A customer with what else is told of him."""
        known = {"name": "Max Muster", **more}
        head, row = ";".join(["customer_no", *known]), ";".join([number, *known.values()])
        [done] = text_in(self.at(PAID), customers=f"{head}\n{row}\n")
        assert done.status == "imported", done.findings

    def item(self, number: str, amount: str, customer: str = "10042", kind: str = "invoice", branch: str = "") -> None:
        """An item of a customer."""
        [done] = text_in(self.at(PAID), items=(
            "invoice_no;customer_no;amount;due_date;issue_date;document_type;branch\n"
            f"{number};{customer};{amount};2026-11-30;2026-11-02;{kind};{branch}\n"
        ))  # fmt: skip
        assert done.status in {"imported", "partial"}, done.findings

    def statement(self, *entries: str, day: str, amounts: list[int], account: str = IBAN) -> str:
        """A statement of an account with ready entries; the id of its first line."""
        number = self.numbers[account] = self.numbers.get(account, 0) + 1
        opening = self.balances.get(account, 100_000)
        closing = self.balances[account] = opening + sum(amounts)
        short = day[2:].replace("-", "")
        text = (
            f":20:STARTUMS\n:25:{account}\n:28C:{number}/1\n:60F:{_signed(opening, short)}\n{''.join(entries)}"
            f":62F:{_signed(closing, short)}\n-\n"
        )
        before = len(listing.list_lines(self.at(day)))
        [done] = import_sources(self.at(day), [Source(f"{account}-{number}.sta", text.encode())])
        assert done.status == "imported", done.findings
        return listing.list_lines(self.at(day))[before].id

    def paid(self, amount: str, text: str = "ohne Nummer", *, day: str = PAID, name: str = "Max Muster",
             iban: str = PAYER, account: str = IBAN) -> str:  # fmt: skip
        """A payment of a customer; the line's id."""
        cents = parse_amount(amount)
        return self.statement(
            entry(cents, "166", text, day, name=name, iban=iban), day=day, amounts=[cents], account=account
        )

    def overpaid(self, number: str = "RE-1001", owed: str = "250.00", paid: str = "300.00", **more: Any) -> str:
        """An item that was overpaid; the key of the credit."""
        customer = more.pop("customer", "10042")
        self.item(number, owed, customer)
        confirm(self.at(more.get("day", PAID)), self.paid(paid, **more), [Wanted(number, None)])
        return refunding.propose(self.at(more.get("day", PAID)), customer)[-1].credit.key

    def sent(self, folder: Path, *keys: str, day: str = TODAY, **more: Any) -> Any:
        """Refunds of credits, created, released and exported on a day; the batch."""
        made = refunding.create(self.at(day), [Wanted(key, None) for key in keys], **more).batches[0]
        refunding.release(self.at(day), made.id)
        return refunding.export(self.at(day), folder, [made.id]).batches[0]

    def left(self, batch: Any, day: str = NEXT) -> str:
        """The bank books a file of refunds in one sum, naming its block; the line's id."""
        line = entry(-batch.sum, "191", "Sammler", day, reference=f"KREF+{batch.payment_information_id}")
        return self.statement(line, day=day, amounts=[-batch.sum], account=batch.account)

    def came_back(self, reference: str, amount: int, day: str = "2026-11-26", account: str = IBAN) -> str:
        """The payee's bank gives a refund back; the line's id."""
        line = entry(amount, "159", "RETURN AC04", day, reference=f"EREF+{reference}", more="?34902")
        return self.statement(line, day=day, amounts=[amount], account=account)

    def match(self, day: str = NEXT) -> dict[str, str]:
        """Match; of each booked line its class."""
        matching.match_all(self.at(day))
        return {one.line: one.match_class for one in listing.list_allocations(self.at(day))
                if one.line and one.status == "booked"}  # fmt: skip

    def balances_now(self) -> tuple[Any, ...]:
        """All that taking back must bring back: accounts of the ledger, items."""
        return (
            {account: total for account, total in self.accounts().items() if total},
            rows(self.url, select(items.c.invoice_no, items.c.open_amount).order_by(items.c.id)),
        )

    def accounts(self) -> dict[str, int]:
        """What the accounts of the ledger come to, by number."""
        query = select(postings.c.account, func.sum(postings.c.amount)).group_by(postings.c.account)
        return {account: int(total) for account, total in rows(self.url, query)}


def entry(cents: int, gvc: str, text: str, day: str, *, name: str = "", iban: str = "", reference: str = "",
          more: str = "") -> str:  # fmt: skip
    """A line of MT940 with its details; ``reference`` is ``EREF+…`` or ``KREF+…``."""
    short = f"{day[2:].replace('-', '')}{day[5:7]}{day[8:]}"
    side = "C" if cents >= 0 else "D"
    whole = f"{abs(cents) // 100},{abs(cents) % 100:02d}"
    told = f"?20{reference}?21SVWZ+{text}" if reference else f"?20SVWZ+{text}"
    who = f"?31{iban}?32{name}" if iban else ""
    kref = reference.removeprefix("KREF+") if reference.startswith("KREF+") else "NONREF"
    return f":61:{short}{side}R{whole}NTRF{kref[:16]}\n:86:{gvc}?00BUCHUNG{told}{who}{more}\n"


def made(url: str, opened: Callable[..., Context], more: str = "") -> Credits:
    """Books of a company with two accounts, and a customer."""
    setting_up.init(url, stamp("2026-11-01"), ((COMPANY + more).encode(), "company.toml"))
    books = Credits(url, opened)
    books.customer("10042")
    return books


def _signed(amount: int, short: str) -> str:
    return f"{'C' if amount >= 0 else 'D'}{short}EUR{abs(amount) // 100},{abs(amount) % 100:02d}"
