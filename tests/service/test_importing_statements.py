"""Bringing bank statements in: every bank line once, however often and in whatever form it is delivered (promise 3)."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, select

from recon.service import matching
from recon.service.context import Context
from recon.service.importing import FileResult, Source, collect_sources, import_sources
from recon.store.statements import original
from recon.store.tables import files, lines, statements
from tests.books import ARCHIVE, BANK, STATEMENTS, bring_in, dump, rows, sound
from tests.service.statements_text import BONN, IBAN, Booked, camt053, mt940, mt942

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]

A = Booked(11900, "Rechnung RE-2026-0815")
B = Booked(5000, "Anzahlung", name="Erika Beispiel", iban="DE91500105170000010003")
COFFEE = Booked(-999, "Kaffee und Kuchen", name="Cafe Beispiel", iban="DE51390500000000010045")
LATER = Booked(700, "Nachzahlung", day="2026-11-23")


def _give(context: Context, *contents: str | bytes, name: str = "umsatz") -> list[FileResult]:
    """Import contents as files, one call for all."""
    coded = [content.encode() if isinstance(content, str) else content for content in contents]
    return import_sources(context, [Source(f"{name}{number}", data) for number, data in enumerate(coded, 1)])


def _amounts(url: str) -> list[int]:
    query = select(lines.c.amount).where(lines.c.parent_id.is_(None)).order_by(lines.c.id)
    return [amount for (amount,) in rows(url, query)]


def _counts(result: FileResult) -> list[tuple[int, int]]:
    return [(entry.new, entry.known) for entry in result.statements]


def test_the_demo_statements_twice(books_at: BooksAt, opened: Opened) -> None:
    """Importing again changes nothing, also in another order and another day."""
    url = books_at("returned")
    before = dump(url)
    context = opened(url, "2026-12-24")
    results = bring_in(context, BANK / ARCHIVE, *(BANK / name for name in reversed(STATEMENTS)))
    assert {result.status for result in results} == {"known"}
    assert all(entry.new == 0 and not entry.created and entry.id for result in results for entry in result.statements)
    assert dump(url) == before
    sound(url)


def test_a_statement_is_known_by_what_it_says_not_by_its_file(books_at: BooksAt, opened: Opened) -> None:
    """Another file name, another line end, another :20: reference: the same statement."""
    url = books_at("set_up")
    context = opened(url, "2026-11-20")
    text = mt940(A, B)
    assert _give(context, text)[0].status == "imported"
    before = dump(url)
    again = _give(context, text.replace("\n", "\r\n").replace("STARTUMS", "OTHER"), name="anders")[0]
    assert again.status == "known"
    assert again.statements[0].id == "S1"
    assert dump(url) == before


def test_the_same_day_as_mt940_and_as_camt_counts_once(books_at: BooksAt, opened: Opened) -> None:
    """Two formats, two ids of the bank, the same bookings, in either order."""
    for forms in ((mt940, camt053), (camt053, mt940)):
        url = books_at("set_up")
        context = opened(url, "2026-11-20")
        first, second = (_give(context, form(A, COFFEE, COFFEE, B), name=form.__name__)[0] for form in forms)
        assert (_counts(first), _counts(second)) == ([(4, 0)], [(0, 4)])
        assert _amounts(url) == [11900, -999, -999, 5000]
        sound(url)


def test_overlapping_statements_count_once(books_at: BooksAt, opened: Opened) -> None:
    """Day by day, and then the whole week again in one statement of another number."""
    url = books_at("set_up")
    context = opened(url, "2026-11-24")
    _give(context, mt940(A, COFFEE))
    week = _give(context, mt940(A, COFFEE, B, LATER, number="47", day="2026-11-23"))[0]
    assert _counts(week) == [(2, 2)]
    assert [finding.code for finding in week.findings] == ["lines-known"]
    assert sorted(_amounts(url)) == sorted([11900, -999, 5000, 700])
    sound(url)


def test_genuine_twins_in_one_statement_count_twice(books_at: BooksAt, opened: Opened) -> None:
    """Coffee bought twice is paid twice; delivered again it is still two."""
    url = books_at("set_up")
    context = opened(url, "2026-11-20")
    assert _counts(_give(context, mt940(COFFEE, A, COFFEE))[0]) == [(3, 0)]
    assert _counts(_give(context, mt940(COFFEE, A, COFFEE, number="225"))[0]) == [(0, 3)]
    assert _amounts(url) == [-999, 11900, -999]


def test_a_third_twin_of_a_later_delivery_counts(books_at: BooksAt, opened: Opened) -> None:
    """The first delivery had two, the second, fuller one has three: one is new."""
    url = books_at("set_up")
    context = opened(url, "2026-11-20")
    _give(context, mt940(COFFEE, COFFEE))
    assert _counts(_give(context, mt940(COFFEE, COFFEE, COFFEE, number="225"))[0]) == [(1, 2)]
    assert _amounts(url) == [-999] * 3


def test_genuine_twins_on_two_pages_count_twice(books_at: BooksAt, opened: Opened) -> None:
    """The second page goes on where the first ended: its coffee is another one."""
    url = books_at("set_up")
    context = opened(url, "2026-11-20")
    first = mt940(A, COFFEE, page="1", marks="FM")
    second = mt940(COFFEE, B, page="2", marks="MF", opening=100_000 + 11900 - 999)
    found = _give(context, first + second)[0]
    assert _counts(found) == [(2, 0), (2, 0)]
    assert _amounts(url) == [11900, -999, -999, 5000]


def test_genuine_twins_on_two_pages_that_come_in_the_wrong_order(books_at: BooksAt, opened: Opened) -> None:
    """Page 2 first, then page 1: their balances still say that they are neighbours and not the same."""
    url = books_at("set_up")
    context = opened(url, "2026-11-20")
    _give(context, mt940(COFFEE, B, page="2", marks="MF", opening=100_000 + 11900 - 999))
    _give(context, mt940(A, COFFEE, page="1", marks="FM"))
    assert sorted(_amounts(url)) == sorted([11900, -999, -999, 5000])


def test_overlap_on_an_account_that_is_swept_to_zero(books_at: BooksAt, opened: Opened) -> None:
    """Cash pooling: every day opens and closes at 0, so the week's statement opens where the day's closed. Its first
    lines are the day's all the same."""
    url = books_at("set_up")
    context = opened(url, "2026-11-24")
    sweep = Booked(-11900, "Cash Pooling", name="Optik Beispiel GmbH", iban=BONN)
    other = (Booked(700, "Nachzahlung", day="2026-11-23"), Booked(-700, "Cash Pooling", day="2026-11-23", iban=BONN))
    _give(context, mt940(A, sweep, opening=0))
    week = _give(context, mt940(A, sweep, *other, opening=0, number="47", day="2026-11-23"))[0]
    assert _counts(week) == [(2, 2)]
    assert sorted(_amounts(url)) == [-11900, -700, 700, 11900]


def test_a_quiet_day_told_twice(books_at: BooksAt, opened: Opened) -> None:
    """Bookings that cancel out leave the balance where it was; told again under another number they are known."""
    url = books_at("set_up")
    context = opened(url, "2026-11-20")
    back = Booked(-11900, "Rueckzahlung")
    _give(context, mt940(A, back))
    again = _give(context, mt940(A, back, number="9000"))[0]
    assert _counts(again) == [(0, 2)]
    assert _amounts(url) == [11900, -11900]


@pytest.mark.parametrize(
    "account",
    [
        IBAN,
        "DE89 3704 0044 0532 0130 00",
        f"{IBAN}EUR",
        "37040044/532013000",
        "37040044/0532013000",
        "COBADEFFXXX/0532013000",
    ],
)
def test_the_account_is_found_however_the_bank_writes_it(books_at: BooksAt, opened: Opened, account: str) -> None:
    """IBAN, BLZ/account number or BIC/account number (domain.md 1.2)."""
    url = books_at("set_up")
    found = _give(opened(url, "2026-11-20"), mt940(A, account=account))[0]
    assert found.status == "imported", found.findings
    assert found.statements[0].account == IBAN


def test_the_same_statement_by_iban_and_by_bank_code_counts_once(books_at: BooksAt, opened: Opened) -> None:
    """What an account is called does not make it another one."""
    url = books_at("set_up")
    context = opened(url, "2026-11-20")
    _give(context, mt940(A))
    assert _give(context, mt940(A, account="37040044/532013000"))[0].status == "known"
    assert _amounts(url) == [11900]


@pytest.mark.parametrize(
    "account", ["DE02120300000000202051", "37040044/532013001", "37040045/532013000", "532013000", "37040044/"]
)
def test_a_strange_account_is_refused_and_nothing_written(books_at: BooksAt, opened: Opened, account: str) -> None:
    """A statement of an account that is not ours: a finding with the account's name."""
    url = books_at("set_up")
    before = dump(url)
    found = _give(opened(url, "2026-11-20"), mt940(A, account=account))[0]
    assert found.status == "refused"
    assert [finding.code for finding in found.findings] == ["account-unknown"]
    assert dict(found.findings[0].facts)["account"] == account
    assert dump(url) == before


def test_the_same_line_on_two_own_accounts_counts_on_each(books_at: BooksAt, opened: Opened) -> None:
    """Identity is within an account."""
    url = books_at("set_up")
    context = opened(url, "2026-11-20")
    for account in (IBAN, BONN):
        assert _counts(_give(context, mt940(A, account=account))[0]) == [(1, 0)]
    assert _amounts(url) == [11900, 11900]


def test_one_bad_statement_among_good_ones(books_at: BooksAt, opened: Opened) -> None:
    """The bad one is refused whole, with the difference; the good ones are in: partial."""
    url = books_at("set_up")
    text = mt940(A, number="1") + mt940(B, number="2", opening=111_900, off=1) + mt940(COFFEE, number="3", account=BONN)
    found = _give(opened(url, "2026-11-20"), text)[0]
    assert found.status == "partial"
    assert [entry.taken for entry in found.statements] == [True, False, True]
    assert "balance-gap" in {finding.code for finding in found.findings}
    assert _amounts(url) == [11900, -999]
    assert rows(url, select(func.count()).select_from(statements)) == [(2,)]
    sound(url)


def test_a_bad_statement_alone_leaves_nothing(books_at: BooksAt, opened: Opened) -> None:
    """What does not add up is never half-imported."""
    url = books_at("set_up")
    before = dump(url)
    found = _give(opened(url, "2026-11-20"), mt940(A, B, off=-1))[0]
    assert found.status == "refused"
    assert dump(url) == before


def test_a_bad_file_among_good_ones_stops_nobody(books_at: BooksAt, opened: Opened) -> None:
    """Results come in the order of the files, whatever was refused."""
    url = books_at("set_up")
    results = _give(opened(url, "2026-11-20"), "no bank file at all", mt940(A), b"\x00\xff" * 40)
    assert [result.status for result in results] == ["refused", "imported", "refused"]
    assert _amounts(url) == [11900]


def test_the_original_is_kept_byte_for_byte(books_at: BooksAt, opened: Opened) -> None:
    """With its SHA-256, once for all the statements in it."""
    url = books_at("returned")
    context = opened(url, "2026-11-24")
    with context.books.engine.connect() as connection:
        for row in connection.execute(select(files).where(files.c.kind == "statement")):
            assert original(connection, row.id) == (BANK / row.name).read_bytes()
            assert row.size == (BANK / row.name).stat().st_size
    assert rows(url, select(func.count()).select_from(statements)) == [(7,)]


def test_the_banks_own_sums(books_at: BooksAt) -> None:
    """Promise 2: opening + Σ lines = closing in every statement, and the days of an account follow on."""
    url = books_at("returned")
    found = rows(url, select(statements).order_by(statements.c.account_id, statements.c.id))
    assert all(row.opening + row.booked_sum == row.closing for row in found)
    for one, following in pairwise(found):
        if one.account_id == following.account_id:
            assert one.closing == following.opening


def test_a_dry_run_says_the_same_and_writes_nothing(books_at: BooksAt, opened: Opened) -> None:
    """``--dry-run``: the same results, no trace."""
    url = books_at("reminded")
    before = dump(url)
    paths = [BANK / name for name in STATEMENTS]
    told = bring_in(opened(url, "2026-11-20", dry_run=True), *paths)
    assert dump(url) == before
    done = bring_in(opened(url, "2026-11-20"), *paths)
    assert [_counts(result) for result in told] == [_counts(result) for result in done]
    assert sum(new for result in done for new, _ in _counts(result)) == 40


def test_pending_lines_ask_for_nothing(books_at: BooksAt, opened: Opened) -> None:
    """A line that is not booked yet, and a line of 0.00, are kept and wait for nobody."""
    url = books_at("set_up")
    nothing = Booked(0, "Abschluss")
    _give(opened(url, "2026-11-20"), mt940(A, nothing))
    found = rows(url, select(lines.c.amount, lines.c.state, lines.c.open_amount).order_by(lines.c.id))
    assert [tuple(row) for row in found] == [(11900, "unmatched", 11900), (0, "ignored", 0)]


def test_what_is_shown_during_the_day_is_never_booked(books_at: BooksAt, opened: Opened) -> None:
    """MT942 is a preview: kept, but nothing is matched on it; the statement of the evening brings the line itself."""
    url = books_at("reminded")
    context = opened(url, "2026-11-20")
    assert _counts(_give(context, mt942(A))[0]) == [(1, 0)]
    assert matching.match_all(context).lines == 0
    assert _counts(_give(context, mt940(A), name="evening")[0]) == [(1, 0)]
    result = matching.match_all(context)
    assert (result.lines, result.booked) == (1, 1)
    assert _counts(_give(context, mt942(A, number="2"), name="late")[0]) == [(0, 1)]
    sound(url)


def test_folders_are_read_in_the_order_of_names_without_hidden_files(tmp_path: Path) -> None:
    """The same folder is the same list on every machine."""
    for name in ("b.sta", "a.sta", ".hidden", "sub/c.sta", ".git/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    found = collect_sources([str(tmp_path)], None)  # type: ignore[arg-type]
    assert [Path(entry.name).relative_to(tmp_path).as_posix() for entry in found] == ["a.sta", "b.sta", "sub/c.sta"]
