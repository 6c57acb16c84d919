"""The chain of balances and the originals: what is missing is named, what was delivered is kept."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from recon.service.answers import Refused
from recon.service.context import Context
from recon.service.importing import FileResult, Source, import_sources
from recon.service.statements import gaps, original
from tests.books import dump, sound, source
from tests.service.statements_text import Booked, camt053, mt940

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
BANK = Path(__file__).resolve().parents[2] / "fixtures" / "bank"
FIRST, SECOND, LAST = "2026-11-19.sta", "2026-11-20.sta", "camt053_2026-11-23_24.zip"
KOELN = "DE89370400440532013000"


def _bring(url: str, opened: Opened, *names: str) -> None:
    import_sources(opened(url, "2026-11-24"), [source(BANK / name) for name in names])


def test_a_whole_chain_has_no_gap(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("set_up")
    _bring(url, opened, FIRST, SECOND, LAST)
    assert gaps(opened(url, "2026-11-24")) == []


def test_a_missing_day_is_named_with_what_it_moved(books_at: BooksAt, opened: Opened) -> None:
    """Between the 19th and the 23rd only the 20th is a bank day; the balances say what it moved."""
    url = books_at("set_up")
    _bring(url, opened, FIRST, LAST)
    (gap,) = gaps(opened(url, "2026-11-24"))
    assert (gap.account, gap.after, gap.before) == (KOELN, "S1", "S2")
    assert [day.isoformat() for day in gap.missing] == ["2026-11-20"]
    assert (gap.closing, gap.opening, gap.difference) == (2577704, 2458451, -119253)


def test_the_order_of_delivery_makes_no_gap(books_at: BooksAt, opened: Opened) -> None:
    """A gap that is filled later is no gap any more."""
    url = books_at("set_up")
    for name in (LAST, FIRST, SECOND):
        _bring(url, opened, name)
    assert gaps(opened(url, "2026-11-24")) == []


def test_the_original_is_kept_byte_for_byte(books_at: BooksAt, opened: Opened) -> None:
    """Also a ZIP is kept as the bank sent it, for each statement in it."""
    url = books_at("set_up")
    _bring(url, opened, FIRST, LAST)
    context = opened(url, "2026-11-24")
    for name, statement in ((FIRST, "S1"), (LAST, "S2"), (LAST, "s4")):
        kept = original(context, statement)
        assert kept.content == (BANK / name).read_bytes()
        assert kept.sha256 == hashlib.sha256(kept.content).hexdigest()
    with pytest.raises(Refused):
        original(context, "S99")


def _give(url: str, opened: Opened, *texts: str) -> FileResult:
    sources = [Source(f"auszug{number}", text.encode("cp1252")) for number, text in enumerate(texts)]
    return import_sources(opened(url, "2026-11-24"), sources)[-1]


def test_a_day_told_again_must_not_say_something_else(books_at: BooksAt, opened: Opened) -> None:
    """Same day, same opening balance, another amount: refused whole, with both sums; the books stay as they are."""
    url = books_at("set_up")
    one, two = Booked(11900, "RE-1"), Booked(-999, "Kaffee")
    _give(url, opened, mt940(one, two))
    before = dump(url)
    changed = _give(url, opened, mt940(one, Booked(-998, "Kaffee")))
    assert changed.status == "refused"
    (finding,) = [entry for entry in changed.findings if entry.code == "statement-changed"]
    assert dict(finding.facts)["found"] != dict(finding.facts)["expected"]
    assert dump(url) == before


def test_the_same_day_in_other_words_counts_once(books_at: BooksAt, opened: Opened) -> None:
    """MT940 and camt of one day whose texts differ: balances, days and amounts say that it is the same day."""
    url = books_at("set_up")
    _give(url, opened, mt940(Booked(11900, "RE-1 Danke"), Booked(-999, "Kaffee"), Booked(-999, "Kaffee")))
    again = _give(url, opened, camt053(Booked(11900, "Rechnung 1"), Booked(-999, "Bar"), Booked(-999, "Bar")))
    assert [(entry.new, entry.known) for entry in again.statements] == [(0, 3)]
    sound(url)


def test_a_gap_may_be_allowed_with_a_reason(books_at: BooksAt, opened: Opened) -> None:
    """Who lets a gap be says why: it is no warning then, and the reason stands beside the gap and in the log."""
    url = books_at("set_up")
    _bring(url, opened, FIRST)
    (result,) = import_sources(opened(url, "2026-11-24"), [source(BANK / LAST)], allow_gap="Auszug beim Steuerberater")
    assert [finding.severity.value for finding in result.findings if finding.code == "statement-gap"] == ["info"]
    assert [gap.allowed for gap in gaps(opened(url, "2026-11-24"))] == ["Auszug beim Steuerberater"]
    sound(url)
