"""Small books for complaints, calls and promises: two customers, three invoices, a procedure of choice."""

from collections.abc import Callable

from recon.service import dunning, setting_up
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.service.dunning import DunningResult
from tests.books import stamp, text_in

Opened = Callable[..., Context]

COMPANY = '[company]\nname = "Beispiel GmbH"\n\n[dunning]\n'
# O-01: 14 days, then the deadline and 4 days; 10 days to pay.
LETTERS = (
    COMPANY
    + "".join(f"{key} = {value}\n" for key, value in (("boundary", '"inclusive"'), ("deadline_days", 10)))
    + "".join(
        f'\n[[dunning.levels]]\nnumber = {number}\nafter_days = {days}\nanchor = "{anchor}"\nfee = "0.00"\n'
        'channel = "letter"\n'
        for number, days, anchor in ((1, 14, "due_date"), (2, 4, "previous_deadline"), (3, 4, "previous_deadline"))
    )
)
# Seed S3: reminder, letter, telephone.
PHONE = f'{COMPANY}preset = "fintecrity"\n'
CUSTOMERS = (
    "customer_no;name;phone;street;postcode;town\n"
    "10;Muster GmbH;+49 221 5550100;Hauptstr. 1;50667;Köln\n"
    "20;Erika Beispiel;;Nebenstr. 2;50667;Köln\n"
)
ITEMS = (
    "invoice_no;customer_no;amount;due_date\n"
    "RE-1;10;100,00;01.03.2026\n"
    "RE-2;10;50,00;01.03.2026\n"
    "RE-3;20;80,00;01.03.2026\n"
)


def books(url: str, opened: Opened, settings: str = LETTERS, day: str = "2026-03-01") -> Context:
    """The books, with what is in them."""
    setting_up.init(url, stamp(day), (settings.encode(), "company.toml"))
    context = opened(url, day, actor="anna")
    results = text_in(context, customers=CUSTOMERS, items=ITEMS)
    assert [one.status for one in results] == ["imported", "imported"], results
    return context


def dun(url: str, opened: Opened, day: str, scope: Scope | None = None) -> DunningResult:
    """A run of a day, issued."""
    context = opened(url, day, actor="anna")
    return dunning.issue(context, str(dunning.freeze(context, scope or Scope()).run))


def reasons(url: str, opened: Opened, day: str) -> dict[str, str]:
    """Why items are not dunned on a day."""
    return {entry.invoice_no: entry.reason for entry in dunning.preview(opened(url, day), Scope()).excluded}


def asked(url: str, opened: Opened, day: str) -> dict[str, int]:
    """The level that each item would get on a day."""
    result = dunning.preview(opened(url, day), Scope())
    return {line.invoice_no: line.level for _, notice in result.notices for line in notice.items}
