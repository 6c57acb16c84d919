"""What is missing on a payment, under the name that a person gives it: each reason is booked by the chart, proves
itself, and is taken back exactly."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from recon.service import confirming, listing, matching, reconciling, undoing
from recon.service.answers import Refused
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.differences import SMALL_WRITE_OFF, Difference
from recon.service.importing import Source, import_sources
from recon.store.books import reading
from recon.store.matching import claims_beside
from recon.store.tables import customers, items, lines, log, postings
from tests.books import dump, rows, sound
from tests.service.statements_text import Booked, mt940

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-20"


def _paid(context: Context, *booked: Booked) -> list[str]:
    """Bring in bank lines; their ids."""
    import_sources(context, [Source("x.sta", mt940(*booked).encode())])
    return [line.id for line in listing.list_lines(context)][-len(booked) :]


def _open(url: str, *numbers: str) -> list[int]:
    found = dict(rows(url, select(items.c.invoice_no, items.c.open_amount)))
    return [found[number] for number in numbers]


def _state(url: str, context: Context) -> dict[str, Any]:
    """What the books come to: items, lines, credits of customers, what is claimed beside items."""
    credit = (
        select(customers.c.customer_no, func.sum(postings.c.amount))
        .join(customers, postings.c.customer_id == customers.c.id)
        .where(postings.c.role == "customer", postings.c.item_id.is_(None))
        .group_by(customers.c.customer_no)
    )
    with reading(context.books) as connection:
        beside = claims_beside(connection)
    return {
        "items": rows(url, select(items.c.invoice_no, items.c.open_amount).order_by(items.c.id)),
        "lines": rows(url, select(lines.c.id, lines.c.open_amount).order_by(lines.c.id)),
        "credit": {number: total for number, total in rows(url, credit) if total},
        "accounts": {number: total for number, total in rows(
            url, select(postings.c.account, func.sum(postings.c.amount)).group_by(postings.c.account)) if total},
        "beside": beside,
        "listed": {entry.item.invoice_no: (entry.level, entry.next_notice_on, entry.item.status)
                   for entry in listing.list_items(context)},
    }  # fmt: skip


def _account(url: str, role: str) -> int:
    return int(rows(url, select(func.coalesce(func.sum(postings.c.amount), 0)).where(postings.c.role == role))[0][0])


@pytest.mark.parametrize(
    ("difference", "kind", "role"),
    [
        (Difference.DISCOUNT, "discount", "discount"),
        (Difference.WRITE_OFF, "write_off", "write_off"),
        (Difference.BANK_CHARGE, "bank_charge", "bank_charge"),
    ],
)
def test_what_is_missing_is_borne_by_the_account_of_its_reason(
    books_at: BooksAt, opened: Opened, difference: Difference, kind: str, role: str
) -> None:
    """97.00 of 100.00: the item is closed, 3.00 go to the account of the reason; taken back, all is as before."""
    url = books_at("reminded")
    context = opened(url, DAY, actor="Erika Beispiel")
    [line] = _paid(context, Booked(9700, "Brille", reference="X1"))
    before, cost = _state(url, context), _account(url, role)
    done = confirming.confirm(
        context, line, [Wanted("RE-2026-0799", None)], difference=difference, reason="telefonisch vereinbart"
    )
    assert (done.left, _open(url, "RE-2026-0799")) == (0, [0])
    assert [(share.amount, share.kind.value) for share in done.proposal.shares] == [(9700, "payment"), (300, kind)]
    assert _account(url, role) - cost == 300
    assert rows(url, select(log.c.action, log.c.reason, log.c.actor).order_by(log.c.id.desc()).limit(1)) == [
        ("confirm", "telefonisch vereinbart", "Erika Beispiel")
    ]
    assert all(row.difference == 0 for row in reconciling.reconciliation(context))
    sound(url)
    assert undoing.undo(context, last=True) == 2
    assert _state(url, context) == before
    sound(url)


def test_a_waived_fee_is_claimed_no_longer(books_at: BooksAt, opened: Opened) -> None:
    """100.00 paid, 5.00 of the last notice waived: nothing is booked for it, no account moves; the next 5.00 are no fee
    income. Taken back alone, it is claimed again."""
    url = books_at("reminded")
    context = opened(url, DAY)
    first, second = _paid(context, Booked(10000, "Brille", reference="X1"), Booked(500, "Gebuehr", reference="X2"))
    before = _state(url, context)
    done = confirming.confirm(context, first, [Wanted("RE-2026-0799", None)], difference=Difference.FEE_WAIVED)
    assert [(share.amount, share.kind.value) for share in done.proposal.shares] == [
        (10000, "payment"), (500, "fee_waived"),
    ]  # fmt: skip
    assert _account(url, "dunning_fee") == 0
    sound(url)
    waived = next(entry for entry in listing.list_allocations(context) if entry.kind == "fee_waived")
    assert waived.booking_date == date(2026, 11, 20)
    undoing.undo(context, allocation=waived.id)
    sound(url)
    after = _state(url, context)
    assert after["beside"] == before["beside"]
    undoing.undo(context, last=True)
    assert _state(url, context) == before
    confirming.confirm(context, first, [Wanted("RE-2026-0799", None)], difference=Difference.FEE_WAIVED)
    with pytest.raises(Refused) as no:
        confirming.confirm(context, second, [Wanted("RE-2026-0798", None)], difference=Difference.WRITE_OFF, reason="")
    assert [finding.code for finding in no.value.findings] == ["write-off-reason"]
    sound(url)


def test_a_waived_fee_is_no_fee_of_the_next_payment(books_at: BooksAt, opened: Opened) -> None:
    """Once with the fee waived and once without: the same later payment of item and fee."""
    url = books_at("reminded")
    context = opened(url, DAY)
    first, second = _paid(context, Booked(5000, "Teil", reference="X1"), Booked(5500, "Rest", reference="X2"))
    confirming.confirm(context, first, [Wanted("RE-2026-0799", None)], difference=Difference.FEE_WAIVED)
    assert _open(url, "RE-2026-0799") == [5000]
    done = confirming.confirm(context, second, [Wanted("RE-2026-0799", None)])
    assert [(share.amount, share.kind.value) for share in done.proposal.shares] == [
        (5000, "payment"), (500, "overpayment"),
    ]  # fmt: skip
    sound(url)


def test_exactly_the_fee_is_the_customers_where_it_is_waived(books_at: BooksAt, opened: Opened) -> None:
    """105.00 and the fee waived: 5.00 stay with the customer instead of becoming fee income."""
    url = books_at("reminded")
    context = opened(url, DAY)
    [line] = _paid(context, Booked(10500, "Brille", reference="X1"))
    done = confirming.confirm(context, line, [Wanted("RE-2026-0799", None)], difference=Difference.FEE_WAIVED)
    assert [(share.amount, share.kind.value) for share in done.proposal.shares] == [
        (10000, "payment"), (500, "overpayment"), (500, "fee_waived"),
    ]  # fmt: skip
    sound(url)


def test_items_of_two_customers_share_one_line(books_at: BooksAt, opened: Opened) -> None:
    """Two customers' invoices, the second short by 2.00 that are written off; the rest of the line stays open."""
    url = books_at("reminded")
    context = opened(url, DAY)
    [line] = _paid(context, Booked(25000, "fuer zwei", reference="X1"))
    before = _state(url, context)
    whose = {entry.item.invoice_no: entry.item.customer_no for entry in listing.list_items(context)}
    assert whose["RE-2026-0799"] != whose["RE-2026-0806"]
    wanted = [Wanted("RE-2026-0799", 10000), Wanted("RE-2026-0806", 7180)]
    done = confirming.confirm(context, line, wanted, difference=Difference.WRITE_OFF)
    assert (done.left, _open(url, "RE-2026-0799", "RE-2026-0806")) == (7820, [0, 0])
    assert listing.list_lines(context, "partly")[0].id == line
    sound(url)
    undoing.undo(context, last=True)
    assert _state(url, context) == before


def test_a_proposal_is_confirmed_with_its_difference(books_at: BooksAt, opened: Opened) -> None:
    """M1 in part, and the rest granted as discount although late."""
    url = books_at("reminded")
    context = opened(url, DAY)
    [line] = _paid(context, Booked(9800, "RE-2026-0799", reference="X1"))
    matching.match_all(context)
    done = confirming.confirm(context, line, difference=Difference.DISCOUNT)
    assert (done.proposal.match_class, _open(url, "RE-2026-0799")) == ("M1", [0])
    sound(url)


@pytest.mark.parametrize(
    ("amount", "difference", "code"),
    [
        (10000, Difference.DISCOUNT, "difference-none"),
        (10400, Difference.BANK_CHARGE, "difference-none"),
        (10000 - SMALL_WRITE_OFF - 1, Difference.WRITE_OFF, "write-off-reason"),
    ],
    ids=["nothing missing", "overpaid", "a large write-off"],
)
def test_refused(books_at: BooksAt, opened: Opened, amount: int, difference: Difference, code: str) -> None:
    """As a whole; nothing is written. A small write-off needs no reason, a large one with a reason is booked."""
    url = books_at("reminded")
    context = opened(url, DAY)
    [line] = _paid(context, Booked(amount, "Brille", reference="X1"))
    before = dump(url)
    for reason in (None, " "):
        with pytest.raises(Refused) as no:
            confirming.confirm(context, line, [Wanted("RE-2026-0799", None)], difference=difference, reason=reason)
        assert [finding.code for finding in no.value.findings] == [code]
    assert dump(url) == before


def test_no_fee_to_waive(books_at: BooksAt, opened: Opened) -> None:
    """An item that no notice with a fee has asked for; and a fee that is waived already."""
    url = books_at("reminded")
    context = opened(url, DAY)
    lines_in = _paid(context, Booked(1000, "a", reference="X1"), Booked(1000, "b", reference="X2"))
    confirming.confirm(context, lines_in[0], [Wanted("RE-2026-0799", None)], difference=Difference.FEE_WAIVED)
    for number in ("RE-2026-0799", "RE-2026-0815"):
        with pytest.raises(Refused) as no:
            confirming.confirm(context, lines_in[1], [Wanted(number, None)], difference=Difference.FEE_WAIVED)
        assert [finding.code for finding in no.value.findings] == ["difference-no-fee"]
