"""What came back and what the bank charges for it, in the order of domain.md 1.6: field 61, the marks of the purpose,
the words of a bank, and at last what was collected; and refunds that come long after."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import pytest
from sqlalchemy import select, update

from recon.service import cases, confirming, listing, matching
from recon.service.context import Context
from recon.service.importing import Source, import_sources
from recon.store.log import record
from recon.store.tables import batches, collections
from tests.books import rows, sound
from tests.service.answers_text import Entry, camt
from tests.service.decided import open_of
from tests.service.statements_text import IBAN
from tests.service.test_bank_answers import sent
from tests.service.test_return_codes import credit, give_back

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY: Final = "2026-11-25"
# What comes after the amount in field 61, and what stands in field 86 of the return of 74.10 with a charge of 3.50.
FORMS: Final = {
    "61 OCMT CHGS": ("\n/OCMT/EUR74,10//CHGS/EUR3,50/", "109", ""),
    "61 before 86": ("\n/OCMT/EUR74,10//CHGS/EUR3,50/", "109", "?22OAMT+99,99?23COAM+1,00"),
    "86 OAMT COAM": ("", "109", "?22OAMT+74,10?23COAM+3,50"),
    "86 COAM alone": ("", "109", "?22COAM+3,50"),
    "B2B, GVC 108": ("", "108", "?22OAMT+74,10"),
    "words of Commerzbank": ("", "109", "?22SVWZ+ORG BT000000074,1 PLUS ENTG.3,50 GVC 109 SOLL"),
}


def _mt940(debit: Any, total: int, form: tuple[str, str, str]) -> bytes:
    beside, gvc, more = form
    opening = 1_000_000
    return (
        f":20:STARTUMS\n:25:{IBAN}\n:28C:500/1\n:60F:C261125EUR{opening // 100},00\n"
        f":61:2611251125DR{total // 100},{total % 100:02d}NRTINONREF//R1{beside}\n"
        f":86:{gvc}?00RUECKLASTSCHRIFT?109250?20EREF+{debit.end_to_end_id}?21MREF+{debit.mandate_id}{more}"
        "?30PBNKDEFFXXX?31DE42100100100000067890?32Max Muster?34914\n"
        f":62F:C261125EUR{(opening - total) // 100},{(opening - total) % 100:02d}\n-\n"
    ).encode()


@pytest.fixture
def credited(books_at: BooksAt, opened: Opened) -> tuple[str, Context, Any]:
    """The first block of the demo is credited; its first debit is of 74.10."""
    url = books_at("exported")
    context = opened(url, DAY)
    credit(context, sent(url))
    debit = sent(url)[0]
    assert (debit.amount, open_of(url, debit.invoice_no)) == (7410, 0)
    return url, context, debit


def _came_back(context: Context) -> tuple[int | None, int, str | None]:
    (case,) = cases.list_cases(context)
    return case.back.amount, case.back.charge, case.back.code


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_return_by_mt940(credited: tuple[str, Context, Any], form: str) -> None:
    """Booked by itself: the item is open by what was collected, the rest is the bank's charge."""
    url, context, debit = credited
    import_sources(context, [Source("r.sta", _mt940(debit, 7760, FORMS[form]))])
    assert matching.match_all(context).booked == 1
    assert _came_back(context) == (7410, 350, "MS03")
    assert open_of(url, debit.invoice_no) == 7410
    sound(url)


@pytest.mark.parametrize(
    ("original", "charge", "booked"),
    [(7410, 350, True), (7410, None, True), (None, 350, True), (None, None, False)],
    ids=["both", "InstdAmt", "Chrgs", "neither"],
)
def test_a_return_by_camt(
    credited: tuple[str, Context, Any], original: int | None, charge: int | None, booked: bool
) -> None:
    """Where the bank tells neither, what was collected is the principal and the difference the charge: proposed, and a
    person confirms it."""
    url, context, debit = credited
    entry = Entry(-7760, end_to_end_id=debit.end_to_end_id, reason="AC04", original=original, charge=charge)
    import_sources(context, [Source("r.xml", camt(entry))])
    assert matching.match_all(context).booked == booked
    if not booked:
        line = next(one for one in listing.list_lines(context) if one.line.return_reason == "AC04")
        assert [(share.kind.value, share.amount) for share in line.proposals[0].shares] == [
            ("return", -7410), ("return_fee", -350),
        ]  # fmt: skip
        confirming.confirm(context, line.id)
    assert _came_back(context) == (7410, 350, "AC04")
    assert open_of(url, debit.invoice_no) == 7410
    sound(url)


def test_a_return_whose_charge_is_booked_apart(credited: tuple[str, Context, Any]) -> None:
    """GVC 807, 808: the return is the principal alone."""
    url, context, debit = credited
    assert give_back(context, debit, "AC04", charge=0) == 1
    assert _came_back(context) == (7410, 0, "AC04")
    sound(url)


def test_less_than_was_collected_is_asked(credited: tuple[str, Context, Any]) -> None:
    """A return of half the debit is none that SEPA knows: proposed at most, never booked by itself."""
    url, context, debit = credited
    entry = Entry(-3705, end_to_end_id=debit.end_to_end_id, reason="AC04", original=3705)
    import_sources(context, [Source("r.xml", camt(entry))])
    assert matching.match_all(context).booked == 0
    assert open_of(url, debit.invoice_no) == 0


@pytest.mark.parametrize(
    ("how", "day", "late"),
    [
        # Collected on 23 November 2026: eight weeks end on 18 January 2027, thirteen months on 23 December 2027.
        ("MD06 CORE", "2027-01-18", None),
        ("MD06 CORE", "2027-01-19", ("2027-01-18", "§ 675x Abs. 4 BGB")),
        ("MD06 B2B", "2026-11-26", (None, "§ 675e Abs. 4 BGB")),
        ("MD01 CORE", "2027-12-23", None),
        ("MD01 CORE", "2027-12-24", ("2027-12-23", "§ 676b Abs. 2 BGB")),
        ("MD01 B2B", "2027-12-24", ("2027-12-23", "§ 676b Abs. 2 BGB")),
    ],
)
def test_a_refund_long_after(
    books_at: BooksAt, opened: Opened, how: str, day: str, late: tuple[str | None, str] | None
) -> None:
    """Booked whenever it comes, for the money is gone; after its time that is told, in the evidence and in the list."""
    code, scheme = how.split()
    url = books_at("exported")
    context = opened(url, DAY)
    debit = sent(url)[0]
    query = select(collections.c.collection_date).where(collections.c.id == debit.id)
    assert rows(url, query) == [(date(2026, 11, 23),)]
    with context.books.engine.begin() as connection:
        connection.execute(update(batches).where(batches.c.id == 1).values(scheme=scheme))
        record(connection, context.stamp, "test", "B1")
    credit(context, sent(url))
    later = opened(url, day)
    assert give_back(later, debit, code) == 1
    assert open_of(url, debit.invoice_no) == debit.amount
    (case,) = cases.list_cases(later)
    told = None if case.late is None else (case.late.until and case.late.until.isoformat(), case.late.rule)
    assert told == late
    assert (case.finding is None) == (late is None)
    evidence = next(one for one in listing.list_allocations(later) if one.kind == "return").evidence
    rules = {one.rule for one in evidence} & {"refund-late", "refund-without-right"}
    assert rules == (set() if late is None else {"refund-late" if late[0] else "refund-without-right"})
