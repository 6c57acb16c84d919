"""Refunds in the books: credit goes back to the account that it came from, once, by two steps, and is there again when
the bank gives it back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from recon.service import netting, refunding
from recon.service.answers import Refused
from recon.service.context import Context
from tests.books import sound
from tests.service.decided import codes_of
from tests.service.refund_books import PAYER, Credits, made

Opened = Callable[..., Context]


@pytest.fixture
def books(books_url: str, opened: Opened) -> Credits:
    """A customer who has paid 300.00 on RE-1001 of 250.00: 50.00 are his."""
    return made(books_url, opened)


def test_an_overpayment_goes_back(books: Credits, tmp_path: Path) -> None:
    """Proposed with account and name of the payment, created, released, exported, booked by the bank's line: customer,
    transit and bank as they should be after each step."""
    key = books.overpaid(name="Jürgen Groß & Söhne")
    [one] = refunding.propose(books.at())
    assert (one.judged.held, one.credit.key) == ((), key)
    assert one.judged.payee is not None
    assert (one.judged.payee.iban, one.judged.payee.name, one.judged.payee.origin) == (
        PAYER, "Jürgen Groß & Söhne", "payment",
    )  # fmt: skip
    before = books.accounts()
    done = refunding.create(books.at())
    [batch] = done.batches
    assert [finding.code for finding in done.findings] == ["refund-single"]
    assert (batch.id, batch.status, batch.sum, batch.refunds[0].remittance) == (
        "R1", "created", 5000, "Erstattung Ihrer Zahlung vom 12.11.2026, Kunde 10042",
    )  # fmt: skip
    # Held for the refund: neither set off nor refunded a second time.
    assert netting.list_credits(books.at()) == []
    assert [held.reason for held in refunding.propose(books.at())[0].judged.held] == ["in_refund"]
    assert refunding.create(books.at()).batches == ()
    with pytest.raises(Refused) as no:
        refunding.export(books.at(), tmp_path, ["R1"])
    assert codes_of(no) == ["refund-not-released"]
    assert books.accounts() == before
    refunding.release(books.at(), "R1")
    [sent] = refunding.export(books.at(), tmp_path).batches
    assert [path.name for path in tmp_path.iterdir()] == [sent.file]
    assert books.accounts() == {**before, "1400": before["1400"] + 5000, "1360": -5000}
    sound(books.url)
    line = books.left(sent)
    assert books.match()[line] == "C6"
    assert books.accounts() == {**before, "1400": before["1400"] + 5000, "1360": 0, "1200": before["1200"] - 5000}
    assert refunding.refunds_in_books(books.at()).batches[0].refunds[0].status == "booked"
    assert refunding.propose(books.at()) == []
    sound(books.url)
