"""``opos statements remove``: out again while nothing is used, with a record that the auditor checks; else a refusal
that says by what."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, update

from recon.service import confirming, matching, undoing
from recon.service.answers import Exit, Refused
from recon.service.context import Context
from recon.service.importing import Source, import_sources
from recon.service.listing import list_statements
from recon.service.removing import remove
from recon.service.setting_up import init
from recon.service.statements import original
from recon.service.verifying import verify
from recon.store.books import writing
from recon.store.log import Seal, record
from recon.store.tables import allocations, files, lines, log, proposals, statements
from tests.books import dump, rows, sound, stamp
from tests.commandline import command, document
from tests.service.statements_text import Booked, camt053, mt940, mt942
from tests.service.test_batch_details import ADVICE, BOOKS

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]

A = Booked(11900, "Rechnung RE-2026-0815")
STRANGE = Booked(4711, "Ohne Bezug", name="Erika Beispiel", iban="DE91500105170000010003")
COFFEE = Booked(-999, "Kaffee und Kuchen", name="Cafe Beispiel", iban="DE51390500000000010045")
LATER = Booked(700, "Nachzahlung", day="2026-11-23")


def _give(context: Context, *contents: str | bytes) -> list[tuple[int, int]]:
    """Import contents, a file each; new and known lines of each statement."""
    coded = [content.encode() if isinstance(content, str) else content for content in contents]
    results = import_sources(context, [Source(f"umsatz{number}", data) for number, data in enumerate(coded, 1)])
    assert {result.status for result in results} <= {"imported", "known"}, results
    return [(entry.new, entry.known) for result in results for entry in result.statements]


def _refusal(context: Context, name: str, reason: str = "falsche Datei") -> list[tuple[str, dict[str, str]]]:
    with pytest.raises(Refused) as no:
        remove(context, name, reason)
    assert no.value.exit_code == Exit.REFUSED
    return [(finding.code, dict(finding.facts)) for finding in no.value.findings]


def _codes(context: Context) -> set[str]:
    return {finding.code for finding in verify(context).findings}


def test_out_and_in_again(books_at: BooksAt, opened: Opened) -> None:
    """Lines and proposals go, the file stays, numbers are never given twice; imported again everything is back."""
    url = books_at("reminded")
    context = opened(url, "2026-11-20", actor="anna")
    text = mt940(A, STRANGE, COFFEE)
    _give(context, mt940(LATER, number="9", opening=50_000, day="2026-11-23"), text)
    before = dump(url)
    gone = remove(context, "s2", "falsche Datei")
    assert (gone.id, gone.lines, gone.proposals, gone.reason) == ("S2", 3, 0, "falsche Datei")
    sound(url)
    after = dump(url)
    assert [row["id"] for row in after["statements"]] == [1]
    assert [row["id"] for row in after["lines"]] == [1]
    assert after["files"] == before["files"]
    assert original(context, "S2").content == text.encode()
    told = rows(url, log.select().order_by(log.c.id.desc()).limit(1))[0]
    assert (told.action, told.subject, told.actor, told.reason) == ("remove", "S2", "anna", "falsche Datei")
    sealed = json.loads(told.before)["rows"]
    imported = json.loads(before["log"][-1]["after"])["rows"]
    assert sealed == imported
    assert [code for code, _ in _refusal(context, "S2")] == ["statement-removed"]
    with pytest.raises(Refused, match="statement-removed"):
        list_statements(context, "S2")
    assert _give(context, text) == [(3, 0)]
    assert rows(url, select(statements.c.id).order_by(statements.c.id)) == [(1,), (3,)]
    assert rows(url, select(lines.c.id).order_by(lines.c.id)) == [(1,), (5,), (6,), (7,)]
    assert rows(url, select(func.count()).select_from(files).where(files.c.kind == "statement")) == [(2,)]
    assert matching.match_all(context).lines > 0
    sound(url)


def test_a_dry_run_says_the_same_and_writes_nothing(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("reminded")
    _give(opened(url, "2026-11-20"), mt940(A))
    before = dump(url)
    assert remove(opened(url, "2026-11-20", dry_run=True), "S1", "Probe").lines == 1
    assert dump(url) == before


def test_undecided_proposals_go_with_it(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("reminded")
    context = opened(url, "2026-11-20")
    _give(context, mt940(Booked(6000, "RE-2026-0861 Teilzahlung", name="Erika Beispiel")))
    assert matching.match_all(context).booked == 0
    assert rows(url, select(func.count()).select_from(proposals)) != [(0,)]
    assert remove(context, "S1", "falsch").proposals > 0
    assert rows(url, select(func.count()).select_from(proposals)) == [(0,)]
    sound(url)


def test_what_was_booked_stays_also_when_it_was_taken_back(books_at: BooksAt, opened: Opened) -> None:
    """Allocations name their line for ever; returns and credits of batches are allocations like any other."""
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    booked = select(lines.c.statement_id).join(allocations, allocations.c.line_id == lines.c.id).distinct()
    used = {f"S{number}" for (number,) in rows(url, booked)}
    assert len(used) > 3
    for name in sorted(used):
        code, facts = _refusal(context, name)[0]
        assert (code, facts["statement"]) == ("statement-booked", name)
        assert facts["allocation"].startswith("A")
    undoing.undo(context, run_name="M2")
    undoing.undo(context, run_name="M1")
    assert {_refusal(context, name)[0][0] for name in used} == {"statement-booked"}
    free = {entry.id for entry in list_statements(context)} - used
    for name in sorted(free):
        remove(context, name, "falsch")
    assert {entry.id for entry in list_statements(context)} == used
    sound(url)


def test_what_was_decided_stays(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("reminded")
    context = opened(url, "2026-11-20")
    _give(context, mt940(Booked(6000, "RE-2026-0861 Teilzahlung", name="Erika Beispiel")))
    matching.match_all(context)
    confirming.reject(context, "L1")
    assert _refusal(context, "S1") == [("statement-decided", {"statement": "S1", "line": "L1"})]


@pytest.mark.parametrize("order", [(BOOKS, ADVICE), (ADVICE, BOOKS)], ids=["053 first", "054 first"])
def test_a_batch_and_its_advice_hold_each_other(books_at: BooksAt, opened: Opened, order: tuple[bytes, ...]) -> None:
    """The later one goes first, and then the earlier one may go."""
    url = books_at("set_up")
    context = opened(url, "2026-11-20")
    _give(context, *order)
    first = "statement-explained" if order[0] is BOOKS else "statement-explains"
    assert [(code, facts["other"]) for code, facts in _refusal(context, "S1")] == [(first, "S2")]
    if order[1] is ADVICE:
        assert [(code, facts["other"]) for code, facts in _refusal(context, "S2")] == [("statement-explains", "S1")]
        return
    remove(context, "S2", "zuerst der spätere")
    remove(context, "S1", "dann der frühere")
    sound(url)


def test_a_later_statement_that_left_lines_out_needs_this_one(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("set_up")
    context = opened(url, "2026-11-24")
    assert _give(context, mt940(A, COFFEE), mt940(A, COFFEE, STRANGE, LATER, number="47", day="2026-11-23")) == [
        (2, 0), (2, 2),
    ]  # fmt: skip
    assert _refusal(context, "S1") == [("statement-needed", {"statement": "S1", "other": "S2", "count": "2"})]
    remove(context, "S2", "Wochenauszug")
    remove(context, "S1", "Tagesauszug")
    assert rows(url, select(func.count()).select_from(lines)) == [(0,)]
    assert _give(context, mt940(A, COFFEE, STRANGE, LATER, number="47", day="2026-11-23")) == [(4, 0)]
    sound(url)


def test_neighbours_and_what_announces_do_not_hold_one_another(books_at: BooksAt, opened: Opened) -> None:
    """The next page, the day's preview, a delivery all of whose lines were known: none of them needs this statement."""
    url = books_at("set_up")
    context = opened(url, "2026-11-20")
    first = mt940(A, COFFEE, page="1", marks="FM")
    second = mt940(COFFEE, STRANGE, page="2", marks="MF", opening=100_000 + 11900 - 999)
    _give(context, mt942(A), first, second, camt053(A, COFFEE, number="9"))
    assert remove(context, "S4", "doppelt geliefert").lines == 0
    for name in ("S2", "S3", "S1"):
        remove(context, name, "falsch")
    sound(url)


def test_the_account_of_books_without_settings_stays(books_url: str, opened: Opened) -> None:
    """Its currency was the removed statement's: the auditor finds it in the removal."""
    init(books_url, stamp("2026-11-20"))
    context = opened(books_url, "2026-11-20")
    _give(context, mt940(A))
    remove(context, "S1", "falsch")
    sound(books_url)
    _give(context, mt940(A))
    sound(books_url)


@pytest.mark.parametrize("name", ["S99", "99", "L1", "", "S0", "S99999999999999999999"])
def test_an_unknown_statement(books_at: BooksAt, opened: Opened, name: str) -> None:
    assert [code for code, _ in _refusal(opened(books_at("returned"), "2026-11-25"), name)] == ["statement-unknown"]


def test_a_row_deleted_without_a_record_is_found(books_at: BooksAt, opened: Opened) -> None:
    """A whole statement, or its lines alone; beside one that was removed rightly."""
    context = _two_and_one_removed(books_at("reminded"), opened)
    for statement_too in (True, False):
        with writing(context.books) as connection:
            connection.execute(delete(lines).where(lines.c.statement_id == 2))
            if statement_too:
                connection.execute(delete(statements).where(statements.c.id == 2))
            assert "audit-row-missing" in _codes_in(connection)
            connection.rollback()
    assert _codes(context) == set()


def test_rows_of_a_removed_statement_put_back_are_found(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("reminded")
    context = opened(url, "2026-11-20")
    _give(context, mt940(A, COFFEE))
    kept = [row._asdict() for table in (statements, lines) for row in rows(url, select(table).order_by(table.c.id))]
    remove(context, "S1", "falsch")
    with writing(context.books) as connection:
        connection.execute(insert(statements), kept[:1])
        connection.execute(insert(lines), kept[1:])
        assert "audit-removed" in _codes_in(connection)
        connection.rollback()


@pytest.mark.parametrize(
    "change", ["nothing", "subject", "digest", "range", "half", "more", "account", "reason", "twice", "other kind"]
)
def test_a_forged_removal_is_found(books_at: BooksAt, opened: Opened, change: str) -> None:
    """Rows deleted past opos, and a record of the log about them, rightly hashed, by somebody who knows how: it must
    tell exactly what the import has written, once. ``nothing``: the record is right but the rows stand."""
    url = books_at("reminded")
    context = _two_and_one_removed(url, opened)
    imported = next(json.loads(row.after) for row in rows(url, select(log).where(log.c.subject == "S2")))
    seals = [Seal(row["table"], row["first"], row["last"], row["digest"]) for row in imported["rows"]]
    subject, reason, before = "S2", "gefälscht", {"account": imported["account"], "sha256": imported["sha256"]}
    match change:
        case "subject":
            subject = "S4"
        case "digest":
            seals[1] = Seal("lines", seals[1].first, seals[1].last, "0" * 64)
        case "range":
            seals[1] = Seal("lines", seals[1].first, seals[1].last + 1, seals[1].digest)
        case "half":
            seals = seals[1:]
        case "more":
            seals.append(Seal("entries", 1, 1, "0" * 64))
        case "account":
            before["account"] = "DE02120300000000202051"
        case "reason":
            reason = " "
        case "other kind":
            subject = "items.csv"
    with writing(context.books) as connection:
        if change != "nothing":
            connection.execute(delete(lines).where(lines.c.statement_id == 2))
            connection.execute(delete(statements).where(statements.c.id == 2))
        for _ in range(2 if change == "twice" else 1):
            record(connection, context.stamp, "remove", subject, before=before, taken=seals, reason=reason)
        found = _codes_in(connection)
        assert found & {"audit-removal", "audit-removed"}
        assert ("audit-removed" in found) == (change == "nothing")
        connection.rollback()


def test_a_removal_before_its_import_is_found(books_at: BooksAt, opened: Opened) -> None:
    """Misplaced: the record stands before the import that it speaks of."""
    url = books_at("reminded")
    context = opened(url, "2026-11-20")
    _give(context, mt940(A))
    sealed = rows(url, select(log).where(log.c.subject == "S1"))[0]
    after = json.loads(sealed.after)
    seals = [Seal(row["table"], row["first"], row["last"], row["digest"]) for row in after.pop("rows")]
    before = {"account": after["account"], "sha256": after["sha256"]}
    with writing(context.books) as connection:
        connection.execute(delete(log).where(log.c.id == sealed.id))
        connection.execute(delete(lines))
        connection.execute(delete(statements))
        record(connection, context.stamp, "remove", "S1", before=before, taken=seals, reason="zu früh")
        record(connection, context.stamp, "import", "S1", after=after, seals=seals)
        assert {"audit-removal", "audit-row-missing"} <= _codes_in(connection)
        connection.rollback()


@pytest.mark.parametrize("column", ["before", "reason", "actor", "action", "subject", "as_of"])
def test_a_changed_record_of_a_removal_is_found(books_at: BooksAt, opened: Opened, column: str) -> None:
    url = books_at("reminded")
    context = _two_and_one_removed(url, opened)
    value: Any = stamp("2026-11-01").as_of if column == "as_of" else "{}" if column == "before" else "import"
    with writing(context.books) as connection:
        connection.execute(update(log).where(log.c.action == "remove").values({column: value}))
        assert "audit-log-hash" in _codes_in(connection)
        connection.rollback()
    with writing(context.books) as connection:
        connection.execute(delete(log).where(log.c.action == "remove"))
        found = _codes_in(connection)
        assert "audit-row-missing" in found
        connection.rollback()


def test_only_whole_statements_are_ever_taken_away(books_at: BooksAt, opened: Opened) -> None:
    """A removal that speaks of entries is none, whatever its hashes say."""
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    booked = json.loads(rows(url, select(log.c.after).where(log.c.action == "match"))[0][0])["rows"]
    seals = [Seal(row["table"], row["first"], row["last"], row["digest"]) for row in booked]
    with writing(context.books) as connection:
        record(connection, context.stamp, "remove", "M1", before={}, taken=seals, reason="weg damit")
        assert _codes_in(connection) == {"audit-removal"}
        connection.rollback()


def test_the_command(books_at: BooksAt, opened: Opened) -> None:
    """Exit codes, document, texts in both languages."""
    url = books_at("returned")
    _give(opened(url, "2026-12-01"), mt940(STRANGE, number="400", opening=1_000_000, day="2026-12-01"))
    said = ("--books", url, "--as-of", "2026-12-01")
    assert command(*said, "statements", "remove", "S8").code == Exit.USAGE
    assert command(*said, "statements", "remove", "S8", "--reason", " ").code == Exit.USAGE
    no = document(*said, "statements", "remove", "S1", "--reason", "falsch", code=Exit.REFUSED)
    assert [finding["code"] for finding in no["findings"]] == ["statement-booked"]
    assert no["findings"][0]["remedy"]
    before = dump(url)
    dry = document(*said, "statements", "remove", "S8", "--reason", "falsch", "--dry-run")
    assert dump(url) == before
    assert dry["dry_run"] is True
    assert "S8" in command(*said, "--lang", "de", "statements", "remove", "S8", "--reason", "x", "--dry-run").out
    done = document(*said, "statements", "remove", "S8", "--reason", "falsch")
    assert {**done, "dry_run": True} == dry
    assert (done["statement"], done["lines"], done["reason"]) == ("S8", 1, "falsch")
    shown = command(*said, "--lang", "de", "statements", "show", "S8")
    assert shown.code == Exit.REFUSED
    assert "01.12.2026" in shown.err
    assert "falsch" in shown.err
    assert command(*said, "verify").code == Exit.DONE


def _two_and_one_removed(url: str, opened: Opened) -> Context:
    """Statements S1 and S2, and S3 that was taken out by opos itself."""
    context = opened(url, "2026-11-20")
    _give(context, mt940(A, COFFEE), mt940(STRANGE, COFFEE, number="225", opening=110_901))
    _give(context, mt940(LATER, number="226", opening=114_613, day="2026-11-23"))
    remove(context, "S3", "falsch")
    assert _codes(context) == set()
    return context


def _codes_in(connection: Any) -> set[str]:
    from recon.service.verifying import verified

    return {finding.code for finding in verified(connection).findings}
