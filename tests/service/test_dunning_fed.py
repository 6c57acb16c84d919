"""Whatever moves an item moves its dunning: after each event the next day's preview is right without anyone's help.
And what was paid after a notice is listed."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from recon.service import collecting, confirming, dunning, listing, matching, netting, undoing
from recon.service.context import Context
from recon.service.importing import Source, import_sources
from recon.store.tables import batch_blocks, batches, collections
from tests.books import rows, sound, text_in
from tests.service.answers_text import Pmt, Tx, pain002
from tests.service.dunning_world import FEES, World, left_out, told, world
from tests.service.statements_text import Booked, returned

Opened = Callable[..., Context]
REMINDED, DAY, NEXT = "2026-03-15", "2026-04-01", "2026-04-02"
ITEM = "invoice_no;customer_no;amount;due_date;issue_date;branch;payment_method;mandate_id\n"
CREDIT = "invoice_no;customer_no;amount;due_date;issue_date;document_type;branch\n"
Fed = tuple[World, Path]


@pytest.fixture
def fed(books_url: str, opened: Opened, tmp_path: Path) -> Fed:
    """An invoice of 100 that was reminded of once on 15.03.; level 2 is due since 29.03."""
    books = world(books_url, opened, FEES)
    books.customers("7001", more=";iban", values=";DE44370501980000010002")
    text_in(books.at("2026-02-01"), mandates="mandate_id;customer_no;iban;signed_on\n"
            "M-1;7001;DE44370501980000010002;2026-01-01\n")  # fmt: skip
    books.items(f"{ITEM}RE-1001;7001;100,00;2026-03-01;2026-02-01;K01;direct_debit;M-1\n")
    assert told(books.remind(REMINDED)) == {"RE-1001": (1, 10000)}
    return books, tmp_path


def _pay(cents: int, day: str = DAY) -> Callable[[Fed], None]:
    return lambda fed: fed[0].settle(day, fed[0].pay(day, cents, "RE-1001"), confirming.Wanted("RE-1001", cents))


def _undo(fed: Fed) -> None:
    undoing.undo(fed[0].at(DAY), last=True)


def _undone(fed: Fed) -> None:
    _pay(10000)(fed)
    standing = [one for one in listing.list_allocations(fed[0].at(DAY)) if one.status == "booked"]
    undoing.undo(fed[0].at(DAY), allocation=standing[-1].id)
    [line] = [one for one in listing.list_lines(fed[0].at(DAY)) if one.open]
    confirming.reject(fed[0].at(DAY), line.id)


def _found(fed: Fed) -> None:
    fed[0].pay(DAY, 9000, "RE-1001")
    matching.match_all(fed[0].at(DAY))


def _credit_note(cents: str) -> Callable[[Fed], None]:
    return lambda fed: fed[0].items(f"{CREDIT}GU-1;7001;{cents};2026-04-01;2026-04-01;credit_note;K01\n", DAY)


def _netted(fed: Fed) -> None:
    _credit_note("30,00")(fed)
    netting.apply(fed[0].at(DAY), "7001", [confirming.Wanted("RE-1001", 3000)])


def _overpaid(fed: Fed) -> None:
    """Another invoice is overpaid by more than is open of this one."""
    books, _ = fed
    books.items(f"{ITEM}RE-2001;7001;50,00;2026-05-01;2026-02-01;K01;transfer;\n", DAY)
    confirming.confirm(books.at(DAY), books.pay(DAY, 20000, "RE-2001"), [confirming.Wanted("RE-2001", None)])


def _changed(fed: Fed) -> None:
    fed[0].items(f"{ITEM}RE-1001;7001;80,00;2026-03-01;2026-02-01;K01;direct_debit;M-1\n", DAY)


def _collect(fed: Fed) -> None:
    collecting.create(fed[0].at(DAY), due_until=date(2026, 3, 1))


def _cancelled(fed: Fed) -> None:
    _collect(fed)
    collecting.cancel(fed[0].at(DAY), "B1")


def _exported(fed: Fed) -> None:
    _collect(fed)
    collecting.export(fed[0].at(DAY), fed[1])


def _collected(fed: Fed) -> str:
    _exported(fed)
    told_id: str = rows(fed[0].url, select(collections.c.end_to_end_id))[0][0]
    return told_id


def _returned(fed: Fed) -> None:
    text = returned(10000, 300, _collected(fed), opening=fed[0].balance, day=DAY)
    import_sources(fed[0].at(DAY), [Source("return.sta", text.encode())])
    assert matching.match_all(fed[0].at(DAY)).booked == 1


def _rejected(fed: Fed) -> None:
    told_id = _collected(fed)
    [(message,)] = rows(fed[0].url, select(batches.c.message_id))
    [(block,)] = rows(fed[0].url, select(batch_blocks.c.payment_information_id))
    answer = pain002(message, Pmt(block, [Tx(told_id, reason="AM04", amount=10000)]))
    [done] = import_sources(fed[0].at(DAY), [Source("answer.xml", answer)])
    assert done.status == "imported", done.findings


AGAIN = {"RE-1001": (2, 10000)}


# The event, what is asked for on the next day, and why an item is left out.
@pytest.mark.parametrize(
    ("event", "asked", "excluded"),
    [
        pytest.param(lambda _: None, AGAIN, {}, id="nothing"),
        pytest.param(_pay(10000), {}, {}, id="paid"),
        pytest.param(_pay(4000), {"RE-1001": (2, 6000)}, {}, id="paid in part"),
        pytest.param(_found, {}, {"RE-1001": "payment_found"}, id="payment found"),
        pytest.param(_undone, AGAIN, {}, id="payment taken back"),
        pytest.param(_credit_note("30,00"), {"GU-1": (0, -3000), **AGAIN}, {}, id="credit note"),
        pytest.param(_credit_note("100,00"), {}, {"RE-1001": "credit", "GU-1": "credit"}, id="credit note of all"),
        pytest.param(_netted, {"RE-1001": (2, 7000)}, {}, id="credit note set off"),
        pytest.param(_overpaid, {}, {"RE-1001": "credit"}, id="credit of an overpayment"),
        pytest.param(_changed, {"RE-1001": (2, 8000)}, {}, id="told with another amount"),
        pytest.param(_collect, {}, {"RE-1001": "in_collection"}, id="in a batch"),
        pytest.param(_cancelled, AGAIN, {}, id="batch cancelled"),
        pytest.param(_exported, {}, {"RE-1001": "in_collection"}, id="exported"),
        pytest.param(_returned, AGAIN, {}, id="returned"),
        pytest.param(_rejected, AGAIN, {}, id="rejected by the bank"),
    ],
)
def test_the_next_preview_is_right(
    fed: Fed, event: Callable[[Fed], None], asked: dict[str, tuple[int, int]], excluded: dict[str, str]
) -> None:
    """By itself; level, dates and due date of what comes back are as they were."""
    event(fed)
    books, _ = fed
    shown = books.preview(NEXT)
    assert told(shown) == asked
    assert {number: reason for number, reason in left_out(shown).items() if reason not in {"not_due", "paid"}} == (
        excluded
    )
    assert books.state("RE-1001") == {"total": (1, REMINDED)}
    sound(books.url)


@pytest.mark.parametrize("event", [_returned, _rejected], ids=["returned", "rejected"])
def test_o_16_what_comes_back_is_dunned_by_its_original_due_date(fed: Fed, event: Callable[[Fed], None]) -> None:
    """Not while it is on its way; then at the next level, overdue since 01.03., and the counter has not moved."""
    event(fed)
    [(_, notice)] = fed[0].preview(NEXT).notices
    [line] = [one for one in notice.items if one.invoice_no == "RE-1001"]
    assert (line.level, line.due_date, line.days_overdue) == (2, date(2026, 3, 1), 32)


def test_o_08_o_11_a_payment_after_a_notice_settles_item_and_fee_and_is_listed(fed: Fed) -> None:
    """Level 2 asks for 105,00; exactly that comes: closed, fee and all, nothing more to remind of."""
    books, _ = fed
    [(name, notice)] = books.remind(DAY).notices
    assert notice.total == 10500
    books.settle("2026-04-08", books.pay("2026-04-08", 10500, "RE-1001"))
    assert books.preview("2026-04-20").notices == ()
    [(of, run, paid)] = dunning.list_paid(books.at("2026-04-08"))
    assert (of, run, paid.asked, paid.paid, paid.crossed, paid.open) == (name, "D2", 10000, 10000, 0, 0)
    assert (paid.paid_on, paid.issued_on) == (date(2026, 4, 8), date(2026, 4, 1))
    sound(books.url)


def test_x_32_a_payment_that_crossed_with_its_notice_is_told(fed: Fed) -> None:
    """The money was there on the day of the notice by its value date, and came into the books after: listed with what
    crossed. Of the rest that came later it is not said."""
    books, _ = fed
    books.remind(DAY)
    line = books.bank("2026-04-03", Booked(6000, "RE-1001", "2026-03-31", reference="V1"))[0]
    books.settle("2026-04-03", line, confirming.Wanted("RE-1001", 6000))
    books.settle("2026-04-07", books.pay("2026-04-07", 4000, "RE-1001"), confirming.Wanted("RE-1001", 4000))
    [(_, _, paid)] = dunning.list_paid(books.at("2026-04-07"), crossed=True)
    assert (paid.invoice_no, paid.paid, paid.crossed, paid.paid_on) == ("RE-1001", 10000, 6000, date(2026, 4, 7))
    assert dunning.list_paid(books.at("2026-04-07"), "D1") == []


def test_a_payment_taken_back_is_listed_no_more(fed: Fed) -> None:
    """Paid after the notice, and the payment taken back: nothing was paid."""
    books, _ = fed
    books.remind(DAY)
    books.settle("2026-04-03", books.pay("2026-04-03", 10000, "RE-1001"), confirming.Wanted("RE-1001", 10000))
    assert len(dunning.list_paid(books.at("2026-04-03"))) == 1
    standing = [one for one in listing.list_allocations(books.at("2026-04-03")) if one.status == "booked"]
    undoing.undo(books.at("2026-04-04"), allocation=standing[-1].id)
    assert dunning.list_paid(books.at("2026-04-04")) == []
    sound(books.url)
