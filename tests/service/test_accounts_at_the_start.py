"""A-19: every account that a run may need is there before its first posting, or nothing is booked."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from recon.service import collecting, confirming, listing, matching, netting, setting_up, undoing
from recon.service.answers import Exit, Refused
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.store.books import writing
from recon.store.log import record
from recon.store.tables import companies, entries, postings
from tests.books import ARCHIVE, BANK, bring_in, context_of, dump, rows, sound, text_in
from tests.service.decided import codes_of

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-24"
# The accounts of income and costs, which may stand for one another, and those that stand alone.
INCOME = ("dunning_fee", "interest", "return_fee", "discount", "bank_charge", "write_off")
ALONE = ("bank", "customer", "transit", "opening")


def _without(url: str, role: str, number: str = "") -> Context:
    """Books whose settings have lost an account, as no command of ours would leave them; the log says so too."""
    context = context_of(url, DAY)
    with writing(context.books) as connection:
        text = connection.execute(select(companies.c.settings)).scalar_one()
        changed = msgspec.json.decode(text)
        changed["ledger"] = {**changed.get("ledger", {}), role: number}
        connection.execute(companies.update().values(settings=msgspec.json.encode(changed, order="sorted").decode()))
        record(connection, context.stamp, "settings", "company", before=msgspec.json.decode(text), after=changed)
    return context


def _confirm(context: Context) -> None:
    line = next(line for line in listing.list_lines(context, "proposed") if line.proposals[0].shares)
    confirming.confirm(context, line.id)


def _by_hand(context: Context) -> None:
    line = next(line for line in listing.list_lines(context, "proposed") if line.line.amount > 0)
    confirming.confirm(context, line.id, [Wanted("RE-2026-0861", 1)])


def _returns(context: Context) -> None:
    bring_in(context, BANK / ARCHIVE)
    matching.match_all(context)


def _export(context: Context) -> None:
    with tempfile.TemporaryDirectory() as folder:
        collecting.export(context, Path(folder))


def _items(context: Context) -> None:
    (result,) = text_in(context, items="invoice_no;customer_no;amount;due_date\nRE-9;10007;9,00;2026-12-01\n")
    if result.status == "refused":
        raise Refused(*result.findings)


# What books, and the stage of the story at which there is something for it to book.
RUNS: list[tuple[str, str, Callable[[Context], Any]]] = [
    ("match", "imported", matching.match_all),
    ("confirm", "returned", _confirm),
    ("confirm by hand", "returned", _by_hand),
    ("returns", "exported", _returns),
    ("credits apply", "returned", lambda context: netting.apply(context, "10055")),
    ("collect export", "created", _export),
    ("items taken over", "returned", _items),
]


@pytest.mark.parametrize(("name", "stage", "books"), RUNS, ids=[run[0] for run in RUNS])
def test_a_19_nothing_is_booked_without_its_accounts(
    books_at: BooksAt, name: str, stage: str, books: Callable[[Context], Any]
) -> None:
    """Also where this very run would not have needed the account: which one it needs is known only at the posting."""
    url = books_at(stage)
    context = _without(url, "dunning_fee")
    before = rows(url, select(func.count()).select_from(entries))
    with pytest.raises(Refused) as no:
        books(context)
    assert codes_of(no) == ["ledger-account-missing"]
    assert dict(no.value.findings[0].facts) == {"key": "ledger.dunning_fee", "account": "-"}
    assert no.value.exit_code is Exit.REFUSED
    assert rows(url, select(func.count()).select_from(entries)) == before
    context.books.engine.dispose()
    again = _without(url, "dunning_fee", "2705")
    books(again)
    again.books.engine.dispose()


@pytest.mark.parametrize("role", [*ALONE, *INCOME])
def test_a_19_every_account(books_at: BooksAt, role: str) -> None:
    context = _without(books_at("imported"), role, "12x")
    with pytest.raises(Refused) as no:
        matching.match_all(context)
    assert [dict(one.facts)["key"] for one in no.value.findings] == [f"ledger.{role}"]
    context.books.engine.dispose()


@pytest.mark.parametrize(
    ("key", "number", "code"),
    [
        ("ledger.dunning_fee", "2705", None),
        ("ledger.dunning_fee", "4970", None),  # what comes back lowers the cost: a pattern of its own
        ("ledger.dunning_fee", "1400", "ledger-account-shared"),
        ("ledger.dunning_fee", "1200", "ledger-account-shared"),
        ("ledger.customer", "1200", "ledger-account-shared"),
        ("ledger.transit", "1200", "ledger-account-shared"),
        ("ledger.opening", "1400", "ledger-account-shared"),
        ("ledger.dunning_fee", "27", "setting-type"),
    ],
)
def test_a_19_the_settings_take_no_account_that_could_not_be_booked_on(
    books_at: BooksAt, opened: Opened, key: str, number: str, code: str | None
) -> None:
    context = opened(books_at("set_up"), DAY)
    if code is None:
        assert not setting_up.change(context, key, number)[1]
        return
    with pytest.raises(Refused) as no:
        setting_up.change(context, key, number)
    assert codes_of(no) == [code]


def test_a_booking_is_taken_back_on_its_own_accounts(books_at: BooksAt, opened: Opened) -> None:
    """Whatever the settings say since: each account comes to what it was before."""
    url = books_at("imported")
    context = opened(url, DAY)
    matching.match_all(context)
    fees = select(func.count()).select_from(postings).where(postings.c.role == "dunning_fee")
    assert rows(url, fees)[0][0] > 0
    for key, number in (("dunning_fee", "2705"), ("customer", "1401"), ("bank", "1210")):
        setting_up.change(context, f"ledger.{key}", number)
    undoing.undo(context, last=True)
    balance = func.sum(postings.c.amount)
    query = select(postings.c.account, balance).where(postings.c.account.in_(("2700", "2705", "1210", "1401")))
    assert {account: int(left) for account, left in rows(url, query.group_by(postings.c.account))} == {"2700": 0}
    sound(url)
    assert dump(url)["entries"][-1]["kind"] == "undo"
