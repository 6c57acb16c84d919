"""``opos match backtest``: the world before each decision as it was, today's answer against what stands; and what
people have taken back of the runs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from recon.matching.engine import decide, match
from recon.matching.world import OpenLine, World
from recon.model.matching import Band
from recon.service import collecting, confirming, listing, matching, setting_up, undoing
from recon.service.backtesting import backtest
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.differences import Difference
from recon.service.importing import Source, import_sources
from recon.service.past import open_past
from recon.service.payers import list_payers
from recon.store.books import reading
from recon.store.history import written
from recon.store.matching import world_of
from recon.store.settings import settings_of
from recon.store.statements import load_lines
from recon.store.tables import lines
from tests.books import ARCHIVE, BANK, FIXTURES, bring_in, dump
from tests.service.statements_text import Booked, mt940

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-20"


def _comes_in(context: Context, *booked: Booked, number: str = "224", opening: int = 100_000) -> list[str]:
    import_sources(context, [Source(f"{number}.sta", mt940(*booked, number=number, opening=opening).encode())])
    return [line.id for line in listing.list_lines(context)][-len(booked) :]


def _verdicts(context: Context, **given: Any) -> dict[str, dict[str, int]]:
    """By class: what would have become of lines, what was taken back; only what is not nought."""
    return {
        one.match_class: {name: count for name, count in (*one.verdicts.items(), ("undone", one.undone)) if count}
        for one in backtest(context, **given).classes
    }


def _world(context: Context) -> World:
    with reading(context.books) as connection:
        settings = settings_of(connection)
        return world_of(connection, replace(settings, matching=replace(settings.matching, auto="certain")))


def _past(context: Context, run: int) -> World:
    """The world before the n-th run, played from the journal of books in which it is long done."""
    with reading(context.books) as connection:
        past = open_past(connection)
        before = [one for one in written(connection) if one.action == "match"][run - 1]
        past.play(before.first - 1)
        return past.world(before.record)


def _same(told: World, then: World) -> None:
    for name in ("items", "closed", "collections"):
        mine, theirs = (set(getattr(world, name)) for world in (told, then))
        assert mine ^ theirs == set(), name
    for name in ("customers", "ibans", "fees", "charges", "settings", "mandates", "learned"):
        assert getattr(told, name) == getattr(then, name), name


def test_the_past_is_as_it_was(books_at: BooksAt, opened: Opened) -> None:
    """The demo's two runs: before each, items, fees, debits on their way and learned IBANs as the run itself saw them,
    told from the journal days later, when all of it is booked, paid and returned."""
    done = opened(books_at("returned"), "2026-11-25")
    _same(_past(done, 1), _world(opened(books_at("imported"), DAY)))
    then = opened(books_at("exported"), "2026-11-24")
    bring_in(then, BANK / ARCHIVE)
    _same(_past(done, 2), _world(then))


def test_the_past_is_as_it_was_whatever_was_decided_since(books_at: BooksAt, opened: Opened) -> None:
    """Discounts, waived fees, undone matches and a batch taken back do not change what was before."""
    url = books_at("matched")
    context = opened(url, DAY)
    before = _world(opened(books_at("imported"), DAY))
    undoing.undo(context, allocation="A1")
    lines = {line.id: line for line in listing.list_lines(context) if line.open > 0}
    waiting = [name for name, line in lines.items() if line.proposals][:2]
    confirming.confirm(context, waiting[0], [Wanted("RE-2026-0803", 1000)], difference=Difference.FEE_WAIVED)
    confirming.confirm(context, waiting[1], [Wanted("RE-2026-0834", 1000)], difference=Difference.BANK_CHARGE)
    undoing.undo(context, last=True)
    collecting.create(context, due_until=date(2026, 11, 25))
    collecting.cancel(context, "B1")
    told = _past(context, 1)
    _same(replace(told, collections=()), replace(before, collections=()))


def test_what_stands_would_be_booked_again(books_at: BooksAt, opened: Opened) -> None:
    """The demo: every line that its runs have booked, and nothing wrong. Nothing is written."""
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    before = dump(url)
    found = backtest(context)
    booked = {entry.line for entry in listing.list_allocations(context)}
    assert (found.lines, found.wrong) == (len(booked), ())
    assert all(one.verdicts["right"] == one.lines for one in found.classes)  # type: ignore[index]
    assert {"C1", "C2", "C3", "C4", "R1"} <= {one.match_class for one in found.classes}
    assert dump(url) == before
    assert backtest(context, since=date(2026, 11, 21)).lines < found.lines


def test_what_people_confirmed_was_asked(books_at: BooksAt, opened: Opened) -> None:
    """The right proposal first, further down, or none of them."""
    url = books_at("matched")
    context = opened(url, DAY)
    by_class = {line.proposals[0].match_class: line for line in listing.list_lines(context) if line.proposals}
    confirming.confirm(context, by_class["H1"].id)
    confirming.confirm(context, by_class["L2"].id, rank=2)
    elsewhere = [Wanted("RE-2026-0804", by_class["H4"].open)]
    confirming.confirm(context, by_class["H4"].id, elsewhere)
    found = _verdicts(context)
    assert (found["H1"], found["L2"]) == ({"asked_first": 1}, {"asked_listed": 1})
    assert found["H4"]["asked_none"] == 1


def test_a_certain_match_that_was_wrong(books_at: BooksAt, opened: Opened) -> None:
    """C3 by the number, but it was another customer's money: taken back, booked otherwise. The run tells so, the
    backtest names the line, what it would have booked and what stands; a right undo and booking again is no fault."""
    url = books_at("reminded")
    context = opened(url, DAY)
    wrong, right = _comes_in(
        context, Booked(10000, "RE-2026-0799", reference="X1"), Booked(7380, "RE-2026-0806", reference="X2")
    )
    assert matching.match_all(context).undone == {}
    undoing.undo(context, last=True)
    confirming.confirm(context, wrong, [Wanted("RE-2026-0804", 10000)])
    confirming.confirm(context, right, [Wanted("RE-2026-0806", None)])
    assert matching.match_all(context).undone == {"C3": 1}
    assert _verdicts(context) == {"C3": {"right": 1, "wrong": 1, "undone": 1}}
    (one,) = backtest(context).wrong
    assert (one.line, one.match_class, one.amount) == (wrong, "C3", 10000)
    assert [share.invoice_no for share in (*one.would, *one.stands)] == ["RE-2026-0799", "RE-2026-0804"]


def test_what_people_had_rejected_is_told(books_at: BooksAt, opened: Opened) -> None:
    """Certain by its number, but a person said no and booked it otherwise: today's matching, told the same, would not
    have booked it; a no that came later is not told."""
    url = books_at("reminded")
    context = opened(url, DAY)
    company = (FIXTURES / "company.toml").read_bytes()
    setting_up.apply(context, company.replace(b'auto = "certain"', b'auto = "none"'), "company.toml")
    told, untold = _comes_in(
        context, Booked(10000, "RE-2026-0799", reference="X1"), Booked(7380, "RE-2026-0806", reference="X2")
    )
    assert matching.match_all(context).bands[Band.CERTAIN] == 2
    assert confirming.reject(context, told) == 1
    for line, amount in ((told, 10000), (untold, 7380)):
        confirming.confirm(context, line, [Wanted("RE-2026-0804", amount)])
    undoing.undo(context, last=True)
    assert confirming.reject(context, untold) > 0
    confirming.confirm(context, untold, [Wanted("RE-2026-0804", 7380)])
    assert [one.line for one in backtest(context).wrong] == [untold]


def test_a_line_is_asked_when_it_was_first_decided(books_at: BooksAt, opened: Opened) -> None:
    """What a run booked wrong was wrong, whatever people know since; unless it was taken back to be booked again: then
    it is asked when that was done."""
    url = books_at("reminded")
    context = opened(url, DAY)
    _comes_in(context, Booked(10000, "RE-2026-0799", reference="X1"), number="224")
    [first] = [line.id for line in listing.list_lines(context) if line.line.bank_ref == "X1"]
    matching.match_all(context)
    undoing.undo(context, last=True)
    [second] = _comes_in(context, Booked(10000, "Danke", reference="X2"), number="225", opening=110_000)
    confirming.confirm(context, second, [Wanted("RE-2026-0799", None)])
    confirming.confirm(context, first, [Wanted("RE-2026-0804", 10000)])
    assert [one.line for one in backtest(context).wrong] == [first]
    undoing.undo(context, last=True, again=True)
    confirming.confirm(context, first, [Wanted("RE-2026-0804", 10000)])
    assert backtest(context).wrong == ()


def test_of_each_moment_the_index_says_what_its_world_says(books_at: BooksAt, opened: Opened) -> None:
    """What is kept from stretch to stretch leads to the same decisions as a world made anew."""
    context = opened(books_at("returned"), "2026-11-25")
    with reading(context.books) as connection:
        past, anew = open_past(connection), open_past(connection)
        waiting = [OpenLine(row.id, line, line.amount) for row, line in load_lines(connection, lines.c.id > 0)]
        for one in written(connection):
            assert decide(waiting, past.index(one.record)) == match(waiting, anew.world(one.record))
            for played in (past, anew):
                played.play(one.last)


def test_the_world_grows_from_line_to_line(books_at: BooksAt, opened: Opened) -> None:
    """An invoice paid in two halves: the second is judged on what was left then; an IBAN that has paid twice is known
    to the third payment and not to the first."""
    url = books_at("reminded")
    context = opened(url, DAY)
    iban = "DE02500105170137075030"
    paid = [Booked(41100, "RE-2026-0804 Teil", name="Otto Fremd", iban=iban, reference="X1")]
    [first] = _comes_in(context, *paid)
    confirming.confirm(context, first, [Wanted("RE-2026-0804", 41100)])
    later = opened(url, "2026-11-21")
    second = Booked(54900, "RE-2026-0804 Rest", "2026-11-21", "Otto Fremd", iban, "X2")
    _comes_in(later, second, number="225", opening=141_100)
    assert matching.match_all(later).booked == 1
    customer = next(one.item.customer_no for one in listing.list_items(later) if one.item.invoice_no == "RE-2026-0804")
    [known] = [one for one in list_payers(later, customer) if one.iban == iban]
    assert (known.payments, known.last_on, known.given, known.sign) == (2, date(2026, 11, 21), False, "unique")
    told = {entry.id: entry.amount for entry in listing.list_allocations(later)}
    assert [told[name] for name in known.allocations] == [41100, 54900]
    assert _verdicts(later) == {"C3": {"right": 1}, "M1": {"asked_first": 1}}


def test_payers_and_how_they_are_known(books_at: BooksAt, opened: Opened) -> None:
    """Once under a strange name is too weak; what is given needs no payment; taken back, it is forgotten."""
    url = books_at("reminded")
    context = opened(url, DAY)
    iban = "DE02500105170137075030"
    _comes_in(context, Booked(10000, "RE-2026-0799", name="Otto Fremd", iban=iban, reference="X1"))
    matching.match_all(context)
    [found] = [one for one in list_payers(context) if one.iban == iban]
    assert (found.sign, found.payments, found.holder, found.given) == ("weak", 1, "Otto Fremd", False)
    given = [one for one in list_payers(context, found.customer) if one.given]
    assert given
    assert {one.sign for one in given} <= {"unique", "shared"}
    undoing.undo(context, last=True)
    assert [one for one in list_payers(context) if one.iban == iban] == []
    with pytest.raises(Exception, match="customer-unknown"):
        list_payers(context, "99999")


@pytest.mark.parametrize(
    ("played", "status"),
    [
        ([("collection", None)], "booked"),
        ([("collection", None), ("return", None)], "returned"),
        ([("collection", None), ("return", None), ("return", 2)], "booked"),
        # the return before the credit of its batch, and taken back before it comes
        ([("return", None)], "returned"),
        ([("return", None), ("return", 1)], "exported"),
        ([("return", None), ("return", 1), ("collection", None)], "booked"),
        ([("collection", None), ("collection", 1)], "exported"),
    ],
)
def test_how_far_a_debit_had_come(
    books_at: BooksAt, opened: Opened, played: list[tuple[str, int | None]], status: str
) -> None:
    """A return that is taken back leaves the debit as it was before: with the bank, if its credit has not come."""
    context = opened(books_at("exported"), DAY)
    with reading(context.books) as connection:
        past = open_past(connection)
    (number, *_) = past.refs
    rows = [SimpleNamespace(id=at, entry_id=at, kind=kind, reverses_id=back, collection_id=number, iban=None)
            for at, (kind, back) in enumerate(played, start=1)]  # fmt: skip
    for row in rows:
        past._allocate(row)
    assert past.settled[number] == status
