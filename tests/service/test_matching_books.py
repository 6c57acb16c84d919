"""Matching on real books: what is claimed beside items, tolerance, learned IBANs, rejections, and the explanation."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import select

from recon.service import confirming, dunning, listing, matching, setting_up, undoing
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.service.explaining import explain_line
from recon.service.importing import Source, import_sources
from recon.store import matching as store
from recon.store.tables import items
from tests.books import rows, sound
from tests.service.decided import line_of, open_of
from tests.service.statements_text import Booked, mt940

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-20"


def _came_in(context: Context, *booked: Booked, **given: object) -> None:
    opening = given.pop("opening", 100_000)
    text = mt940(*booked, opening=opening, **given)  # type: ignore[arg-type]
    (result,) = import_sources(context, [Source("more.sta", text.encode())])
    assert result.status == "imported", result


def _proposed(context: Context, name: str) -> list[tuple[str, list[tuple[str | None, int, str]]]]:
    line = next(line for line in listing.list_lines(context) if line.id == name)
    return [
        (proposal.match_class, [(share.invoice_no, share.amount, share.kind.value) for share in proposal.shares])
        for proposal in line.proposals
    ]


def _kinds(context: Context, bank_ref: str) -> list[tuple[str | None, int, str]]:
    found = listing.list_allocations(context)
    return [(one.item, one.amount, one.kind) for one in found if one.bank_ref == bank_ref and one.status == "booked"]


def test_the_customer_pays_what_his_returned_debit_has_cost(books_at: BooksAt, opened: Opened) -> None:
    """36.80 came back and cost 3.00: 39.80 is proposed as both, booked as both, and claimed no longer; taken back it
    is claimed again."""
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    assert _charged(context, "RE-2026-0858") == [300]
    _came_in(context, Booked(3980, "RE-2026-0858 mit Gebuehr", day="2026-11-25", reference="X1"), opening=_closing(url),
             day="2026-11-25", number="230")  # fmt: skip
    matching.match_all(context)
    name = line_of(url, "X1")
    first = _proposed(context, name)[0]
    assert first == ("H3", [("RE-2026-0858", 3680, "payment"), ("RE-2026-0858", 300, "return_fee")])
    confirming.confirm(context, name)
    assert open_of(url, "RE-2026-0858") == 0
    assert _kinds(context, "X1") == [("RE-2026-0858", 3680, "payment"), ("RE-2026-0858", 300, "return_fee")]
    assert _charged(context, "RE-2026-0858") == []
    sound(url)
    undoing.undo(context, last=True)
    assert _charged(context, "RE-2026-0858") == [300]
    sound(url)


def _charged(context: Context, invoice_no: str) -> list[int]:
    """What returned debits of an item have cost and nobody has paid."""
    with context.books.engine.connect() as connection:
        number = connection.execute(select(items.c.id).where(items.c.invoice_no == invoice_no)).scalar_one()
        return [one.amount for one in store.claims_beside(connection)["charges"] if one.item_id == number]


def _closing(url: str) -> int:
    """The closing balance of the account that statements in tests are made for, so that the next one follows."""
    from recon.store.tables import accounts, statements
    from tests.service.statements_text import IBAN

    query = select(statements.c.closing).join(accounts).where(accounts.c.iban == IBAN)
    return int(rows(url, query.order_by(statements.c.id.desc()))[0][0])


def test_interest_of_a_notice_is_booked_on_its_own_account(books_at: BooksAt, opened: Opened) -> None:
    """100.00, a fee of 10.00 and the interest of the notice, confirmed as proposed, and claimed no longer."""
    url = books_at("reminded")
    context = opened(url, DAY)
    setting_up.change(context, "dunning.interest", "true")
    (customer,) = [one.item.customer_no for one in listing.list_items(context) if one.item.invoice_no == "RE-2026-0799"]
    made = dunning.freeze(context, Scope(customer=customer), accept_stale="no statement yet")
    ((_, notice),) = dunning.issue(context, str(made.run)).notices
    (line,) = notice.items
    assert (line.invoice_no, line.open, notice.fee) == ("RE-2026-0799", 10_000, 1000)
    assert notice.interest > 0
    sound(url)
    _came_in(context, Booked(notice.total, "RE-2026-0799", reference="X1"))
    matching.match_all(context)
    shares = [
        ("RE-2026-0799", 10000, "payment"),
        ("RE-2026-0799", 1000, "dunning_fee"),
        ("RE-2026-0799", notice.interest, "interest"),
    ]
    assert _proposed(context, line_of(url, "X1"))[0] == ("H3", shares)
    confirming.confirm(context, line_of(url, "X1"))
    assert _kinds(context, "X1") == shares
    with context.books.engine.connect() as connection:
        assert all(line.item_id not in fee.item_ids for fee in store.claims_beside(connection)["fees"])
    sound(url)


def test_a_cent_too_little_within_the_tolerance_is_written_off_by_a_person(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("tables")
    context = opened(url, DAY)
    setting_up.change(context, "matching.tolerance", "0,50")
    _came_in(context, Booked(11860, "RE-2026-0815", reference="X1"), Booked(84610, "RE-2026-0805", reference="X2"))
    matching.match_all(context)
    assert _kinds(context, "X1") == _kinds(context, "X2") == []
    assert _proposed(context, line_of(url, "X1"))[0] == (
        "M5", [("RE-2026-0815", 11860, "payment"), ("RE-2026-0815", 40, "write_off")],
    )  # fmt: skip
    assert _proposed(context, line_of(url, "X2"))[0] == (
        "M5", [("RE-2026-0805", 84560, "payment"), (None, 50, "overpayment")],
    )  # fmt: skip
    confirming.confirm(context, line_of(url, "X1"))
    confirming.confirm(context, line_of(url, "X2"))
    assert (open_of(url, "RE-2026-0815"), open_of(url, "RE-2026-0805")) == (0, 0)
    sound(url)


def test_without_a_tolerance_it_is_a_part_payment(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("tables")
    context = opened(url, DAY)
    _came_in(context, Booked(11899, "RE-2026-0815", reference="X1"))
    matching.match_all(context)
    assert _proposed(context, line_of(url, "X1"))[0] == ("M1", [("RE-2026-0815", 11899, "payment")])


def test_an_iban_is_learned_from_a_payment_and_forgotten_when_it_is_taken_back(
    books_at: BooksAt, opened: Opened
) -> None:
    url = books_at("tables")
    context = opened(url, DAY)
    iban = "DE02500105170137075030"
    _came_in(context, Booked(11900, "RE-2026-0815", name="Otto Fremd", iban=iban, reference="X1"))
    matching.match_all(context)
    with context.books.engine.connect() as connection:
        learned = store.learned_ibans(connection)
    assert [(one.count, one.last_on) for one in learned[iban]] == [(1, date(2026, 11, 20))]
    undoing.undo(context, last=True)
    with context.books.engine.connect() as connection:
        assert iban not in store.learned_ibans(connection)


def test_a_rejected_match_gives_the_other_line_its_invoice(books_at: BooksAt, opened: Opened) -> None:
    """Two payments of one day for one invoice: nobody knows, until one of them is rejected."""
    url = books_at("tables")
    context = opened(url, DAY)
    _came_in(
        context, Booked(11900, "RE-2026-0815", reference="X1"), Booked(11900, "RE-2026-0815 nochmal", reference="X2")
    )
    matching.match_all(context)
    assert _kinds(context, "X1") == _kinds(context, "X2") == []
    confirming.reject(context, line_of(url, "X1"))
    matching.match_all(context)
    assert _kinds(context, "X2") == [("RE-2026-0815", 11900, "payment")]
    assert _kinds(context, "X1") == []
    told = explain_line(context, line_of(url, "X1"), "RE-2026-0815")
    assert [reason.rule for reason in told.why_not][:2] == ["why-rejected", "why-paid-by"]
    text = "\n".join(told.told("de"))
    assert "wurde für diesen Umsatz am 20.11.2026 abgelehnt" in text
    assert f"mit Umsatz {line_of(url, 'X2')} bezahlt (119,00)" in text
    sound(url)


def test_a_booked_line_says_what_it_was_booked_on_and_why_not_another(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("matched")
    told = explain_line(opened(url, DAY), line_of(url, "1119A01"), "RE-2026-0804")
    assert [reason.rule for reason in told.why_not][:2] == ["why-line-used", "why-not-named"]
    for language in ("de", "en"):
        assert "{" not in "\n".join(told.told(language))


def test_the_item_of_a_line_needs_no_excuse(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("matched")
    context = opened(url, DAY)
    assert explain_line(context, line_of(url, "1119A01"), "RE-2026-0815").why_not == ()


def test_every_line_of_the_story_is_explained(books_at: BooksAt, opened: Opened) -> None:
    """With and without an item, in both languages: nothing unfilled, nothing untranslated."""
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    for line in listing.list_lines(context):
        found = explain_line(context, line.id, "RE-2026-0804")
        for language in ("de", "en"):
            text = "\n".join(found.told(language))
            assert "{" not in text, text
            assert "why-" not in text, text
