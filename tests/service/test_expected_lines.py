"""Lines announced during the day: expected, then replaced by the day's statement, or told as not having come."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from recon.service import matching, reporting
from recon.service.context import Context
from recon.service.expected import WAIT, Fate
from recon.service.importing import Source, import_sources
from recon.service.listing import list_lines, list_statements
from recon.service.removing import remove
from tests.books import dump, sound
from tests.commandline import command, document
from tests.service.statements_text import BONN, IBAN, Booked, camt053, mt940, mt942
from tests.service.test_batch_details import ADVICE, BOOKS

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]

A = Booked(11900, "Rechnung RE-2026-0815")
B = Booked(5000, "Anzahlung", name="Erika Beispiel", iban="DE91500105170000010003")
COFFEE = Booked(-999, "Kaffee und Kuchen", name="Cafe Beispiel", iban="DE51390500000000010045")


def _give(context: Context, *contents: str | bytes) -> list[str]:
    """Import contents, a file each; the codes of the findings."""
    coded = [content.encode() if isinstance(content, str) else content for content in contents]
    results = import_sources(context, [Source(f"f{number}", data) for number, data in enumerate(coded, 1)])
    assert {result.status for result in results} <= {"imported", "known"}, results
    return [finding.code for result in results for finding in result.findings]


def _fates(context: Context) -> dict[str, tuple[str, str | None]]:
    return {
        entry.id: (entry.expectation.fate.value, entry.replaced_by)
        for entry in list_lines(context)
        if entry.expectation is not None
    }


def _camt052(*lines: Booked) -> str:
    """An intraday report without balances."""
    text = camt053(*lines)
    start, end = text.index("<Bal>"), text.rindex("</Bal>") + len("</Bal>")
    text = (text[:start] + text[end:]).replace("camt.053", "camt.052").replace("BkToCstmrStmt", "BkToCstmrAcctRpt")
    return text.replace("<Stmt>", "<Rpt>").replace("</Stmt>", "</Rpt>")


def test_expected_and_then_replaced(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("reminded")
    context = opened(url, "2026-11-20")
    assert _give(context, mt942(A, B)) == []
    assert _fates(context) == {"L1": ("expected", None), "L2": ("expected", None)}
    assert reporting.unmatched(context) == []
    assert _give(context, mt940(B, A)) == []
    assert _fates(context) == {"L1": ("replaced", "L4"), "L2": ("replaced", "L3")}
    assert [line.id for line in reporting.unmatched(context)] == ["L3", "L4"]
    assert matching.match_all(context).lines == 2
    assert {entry.id: dict(entry.fates) for entry in list_statements(context)} == {
        "S1": {Fate.REPLACED: 2}, "S2": {},
    }  # fmt: skip
    sound(url)


def test_the_statement_first_and_its_preview_late(books_at: BooksAt, opened: Opened) -> None:
    context = opened(books_at("set_up"), "2026-11-20")
    _give(context, mt940(A, COFFEE), mt942(A))
    assert _fates(context) == {"L3": ("replaced", "L1")}


def test_what_did_not_come_is_told(books_at: BooksAt, opened: Opened) -> None:
    """Once for the statement that closes the day, with how many, how much and where to look; not by another account's
    statement, and not by one of an earlier day."""
    url = books_at("set_up")
    context = opened(url, "2026-11-20")
    _give(context, mt942(A, B, COFFEE))
    before = Booked(100, "Vortag", day="2026-11-19")
    assert _give(context, mt940(before, day="2026-11-19", number="223", opening=99_900)) == []
    assert _give(context, mt940(B, account=BONN)) == []
    assert {fate for fate, _ in _fates(context).values()} == {"expected"}
    (result,) = import_sources(context, [Source("evening", mt940(B).encode())])
    (told,) = result.findings
    assert (told.code, told.severity.value) == ("expected-lapsed", "warning")
    assert dict(told.facts) == {"account": IBAN, "count": "2", "sum": "109.01", "line": "L1"}
    assert [fate for fate, _ in _fates(context).values()] == ["lapsed", "replaced", "lapsed"]
    later = Booked(11900, A.text, day="2026-11-23")
    assert _give(context, mt940(later, number="226", opening=105_000, day="2026-11-23")) == []
    assert [fate for fate, _ in _fates(context).values()] == ["replaced", "replaced", "lapsed"]
    sound(url)


def test_a_day_without_bookings_is_closed_by_the_next_statement(books_at: BooksAt, opened: Opened) -> None:
    """Its opening balance is of the day before: nothing was booked between; but a gap closes nothing."""
    context = opened(books_at("set_up"), "2026-11-24")
    _give(context, mt942(A))
    much_later = Booked(700, "Spaeter", day="2026-11-30")
    _give(context, mt940(much_later, number="230", day="2026-11-30"))
    assert _fates(context) == {"L1": ("expected", None)}
    over_both = Booked(700, "Danach", day="2026-11-23")
    text = mt940(over_both, number="225", day="2026-11-23", opening=50_000).replace(":60F:C261122", ":60F:C261119")
    assert "expected-lapsed" in _give(context, text)
    assert _fates(context) == {"L1": ("lapsed", None)}


def test_a_page_that_is_not_the_last_says_nothing_yet(books_at: BooksAt, opened: Opened) -> None:
    context = opened(books_at("set_up"), "2026-11-20")
    _give(context, mt942(A, B))
    first = mt940(A, page="1", marks="FM")
    assert _give(context, first) == []
    assert _give(context, mt940(B, page="2", marks="MF", opening=111_900)) == []
    assert {fate for fate, _ in _fates(context).values()} == {"replaced"}


def test_twins_are_counted(books_at: BooksAt, opened: Opened) -> None:
    """Two coffees announced, one booked: one has lapsed."""
    context = opened(books_at("set_up"), "2026-11-20")
    _give(context, mt942(COFFEE, COFFEE))
    assert _give(context, mt940(COFFEE)) == ["expected-lapsed"]
    assert sorted(fate for fate, _ in _fates(context).values()) == ["lapsed", "replaced"]


def test_announced_in_two_formats_and_in_other_words(books_at: BooksAt, opened: Opened) -> None:
    """MT942 and camt.052 tell of the same booking; the statement cuts its text elsewhere."""
    context = opened(books_at("set_up"), "2026-11-20")
    _give(context, mt942(A), _camt052(Booked(11900, "RECHNUNG NR RE-2026-0815")))
    assert len(_fates(context)) == 2
    other = Booked(11900, "RE-2026-0815 Ihre Rechnung", name="Muster, M.")
    assert _give(context, mt940(other)) == []
    assert set(_fates(context).values()) == {("replaced", "L3")}


def test_the_same_amount_weeks_later_is_another_booking(books_at: BooksAt, opened: Opened) -> None:
    context = opened(books_at("set_up"), "2026-12-20")
    _give(context, mt942(A))
    day = (date(2026, 11, 20) + WAIT + timedelta(days=1)).isoformat()
    _give(context, mt940(Booked(11900, A.text, day=day), day=day))
    assert _fates(context) == {"L1": ("expected", None)}


@pytest.mark.parametrize("order", [(BOOKS, ADVICE), (ADVICE, BOOKS)], ids=["053 first", "054 first"])
def test_an_advice_is_replaced_by_its_batch(books_at: BooksAt, opened: Opened, order: tuple[bytes, ...]) -> None:
    context = opened(books_at("set_up"), "2026-11-20")
    assert _give(context, *order) == []
    ((fate, by),) = _fates(context).values()
    assert (fate, by) == ("replaced", "L1" if order[0] is BOOKS else "L4")


def test_a_statement_taken_out_leaves_its_lines_expected_again(books_at: BooksAt, opened: Opened) -> None:
    """Nothing is stored: what is shown follows from what is there."""
    url = books_at("set_up")
    context = opened(url, "2026-11-20")
    _give(context, mt942(A))
    before = dump(url)["lines"]
    _give(context, mt940(A))
    assert _fates(context) == {"L1": ("replaced", "L2")}
    remove(context, "S2", "falsch")
    assert _fates(context) == {"L1": ("expected", None)}
    assert dump(url)["lines"] == before


def test_lists_tell_them_apart(books_at: BooksAt, opened: Opened) -> None:
    """In the document, in CSV, in the tables of both languages, and by --status."""
    url = books_at("set_up")
    _give(opened(url, "2026-11-20"), mt942(A, B), mt940(A))
    said = ("--books", url, "--as-of", "2026-11-20")
    told = document(*said, "lines", "list")["lines"]
    assert [(line["status"], line["expectation"], line["replaced_by"]) for line in told] == [
        ("ignored", "replaced", "L3"), ("ignored", "lapsed", None), ("unmatched", None, None),
    ]  # fmt: skip
    for status, ids in (("replaced", ["L1"]), ("lapsed", ["L2"]), ("expected", []), ("ignored", ["L1", "L2"])):
        assert [line["id"] for line in document(*said, "lines", "list", "--status", status)["lines"]] == ids
    assert "nicht gekommen" in command(*said, "--lang", "de", "lines", "list").out
    assert "did not come" in command(*said, "--lang", "en", "lines", "list").out
    first = document(*said, "statements", "list")["statements"][0]
    assert (first["expected"], first["replaced"], first["lapsed"]) == (0, 1, 1)
    assert document(*said, "statements", "show", "S1")["statements"] == [first]
    assert "replaced" in command(*said, "statements", "list", "--csv").out.splitlines()[0]
    plain = command("--books", books_at("imported"), "--as-of", "2026-11-20", "--lang", "en", "statements", "list").out
    assert "Announced" not in plain
    assert "replaced" not in plain
