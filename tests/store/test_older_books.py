"""Books that an earlier version has written: ``init`` lifts them, what they sealed still holds, and work goes on.

``books_0001.sql`` are books of the tables 0001 as the program wrote them then: settings, two items, MT942, MT940 twice
with an overlap, a batch with the advice that explains it, a return, a matching run.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, delete, select, text, update

from recon.service import matching
from recon.service.answers import Refused
from recon.service.context import Context
from recon.service.importing import Source, import_sources
from recon.service.setting_up import init
from recon.store.books import connect, open_books, reading, writing
from recon.store.dunning_tables import dunning_runs, notice_items, notices
from recon.store.letter_tables import letters
from recon.store.log import canonical, digest, record, write, write_values
from recon.store.statements import original
from recon.store.tables import APPEND_ONLY, batches, files, log, metadata
from recon.store.text_tables import outbox, outbox_notices
from tests.books import dump, rows, sound, stamp

Opened = Callable[..., Context]
BooksAt = Callable[[str], str]
# Columns that came after 0001, filled again from what the books know.
_LATER = {
    "mandates": ("original_creditor_id", "original_creditor_name", "former_ids", "revoked_on"),
    "batch_blocks": ("creditor_name",),
    "collections": ("mandate_ref",),
    "customers": ("phone",),
    "notices": ("lump_sum", "dispatched_on"),
    "notice_items": ("interest", "interest_since", "lump_sum", "frozen_amount", "reason", "facts"),
    "dunning_runs": ("last_allocation", "accepted"),
}
OLD = Path(__file__).with_name("books_0001.sql")


@pytest.fixture
def old(tmp_path: Path) -> str:
    """A copy of the old books."""
    address = str(tmp_path / "old.db")
    connection = sqlite3.connect(address)
    connection.executescript(OLD.read_text("utf-8"))
    connection.close()
    return address


def test_old_books_are_lifted_and_verify(old: str, opened: Opened) -> None:
    with pytest.raises(Refused) as no:
        opened(old, "2026-11-26")
    assert [finding.code for finding in no.value.findings] == ["books-old"]
    init(old, stamp("2026-11-26"))
    sound(old)
    context = opened(old, "2026-11-26")
    with reading(context.books) as connection:
        kept = connection.execute(select(files.c.id).where(files.c.kind == "statement").order_by(files.c.id)).scalars()
        delivered = [original(connection, number) for number in kept]
    assert len(delivered) == 7
    before = dump(old)
    for number, content in enumerate(delivered):
        (again,) = import_sources(context, [Source(f"again{number}", content)])
        assert again.status == "known"
    assert dump(old) == before
    assert matching.match_all(context).lines > 0
    sound(old)


def test_the_seals_of_old_books_are_made_again(old: str) -> None:
    """The digests that stand in the old log, from the same rows by the code of today."""
    init(old, stamp("2026-11-26"))
    tables = {table.name: table for table in APPEND_ONLY}
    seen: dict[str, int] = {}
    for (after,) in rows(old, select(log.c.after).where(log.c.after.is_not(None))):
        for seal in json.loads(after).get("rows", []):
            table = tables[seal["table"]]
            sealed = rows(
                old, select(table).where(table.c.id.between(seal["first"], seal["last"])).order_by(table.c.id)
            )
            assert digest(table, [row._asdict() for row in sealed]) == seal["digest"]
            seen[table.name] = seen.get(table.name, 0) + len(sealed)
    assert seen == {"statements": 7, "lines": 13, "entries": 3, "postings": 7, "allocations": 2}


def test_rows_written_by_column_and_by_place_are_the_same(old: str, books_url: str) -> None:
    """The old lines once more into new books, by name and as plain tuples: the same rows, the same seal."""
    init(old, stamp("2026-11-26"))
    init(books_url, stamp("2026-11-26"))
    copied = [metadata.tables[name] for name in ("accounts", "files", "statements", "lines")]
    found = {table.name: [row._asdict() for row in rows(old, select(table).order_by(table.c.id))] for table in copied}
    books = open_books(books_url)
    lines = metadata.tables["lines"]
    plain = [tuple(_plain(value) for value in row.values()) for row in found["lines"]]
    with writing(books) as connection:
        for name in ("accounts", "files", "statements"):
            connection.execute(metadata.tables[name].insert(), found[name])
        named = write(connection, lines, found["lines"])
        there = [row._asdict() for row in connection.execute(select(lines).order_by(lines.c.id))]
        connection.execute(lines.delete())
        assert write_values(connection, lines, plain) == named
        assert [row._asdict() for row in connection.execute(select(lines).order_by(lines.c.id))] == there
        record(connection, stamp("2026-11-26"), "test", "lines")
    assert there == found["lines"]
    books.engine.dispose()


def test_tables_0001_become_those_of_today(books_at: BooksAt) -> None:
    """On both databases: the indexes of 0001 put back, what came later taken away, then lifted. What the tables come to
    is stated then, and found right."""
    url = books_at("returned")
    books = connect(url)
    with writing(books) as connection:
        # What was changed in the texts of a debit file, and by when it had to be at the bank, was not kept then; nor
        # was there interest on notices.
        connection.execute(update(batches).values(notes=None, submit_by=None, cut_off=None))
        connection.execute(update(notices).values(lump_sum=None))
        connection.execute(
            update(notice_items).values(interest=None, interest_since=None, lump_sum=None, frozen_amount=None)
        )
        connection.execute(update(dunning_runs).values(last_allocation=None))
        # Nor what letters say: the log is written as if nothing of it had been sealed. No mails went out either.
        for gone in (letters, outbox_notices, outbox):
            connection.execute(delete(gone))
        record(connection, stamp("2026-11-24"), "test", "batches")
    before = dump(url)
    with writing(books) as connection:
        _forget_sums(connection)
        connection.execute(text("DROP TABLE digests"))
        connection.execute(text("ALTER TABLE log DROP COLUMN tables"))
        connection.execute(text("DROP INDEX ix_lines_parent_id"))
        connection.execute(text("DROP INDEX ix_log_removals"))
        connection.execute(text("CREATE INDEX ix_lines_identity ON lines (account_id, identity)"))
        connection.execute(text("DROP TABLE closings"))
        for table in ("refunds", "refund_batches", "return_decisions", "status_answers", "status_reports"):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("DROP TABLE prenotifications"))
        for name in ("created_by", "released_on", "released_by", "replaces_id", "submit_by", "cut_off", "notes"):
            connection.execute(text(f"ALTER TABLE batches DROP COLUMN {name}"))
        for table in ("letters", "outbox_notices", "outbox", "dunning_texts"):
            connection.execute(text(f"DROP TABLE {table}"))
        pbs = ("pbs_answers", "pbs_debit_items", "pbs_debits", "pbs_deliveries", "pbs_agreements")
        for table in (*pbs, "exported_customers", "exported_entries", "exports"):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("ALTER TABLE customers DROP COLUMN debtor_account"))
        for table in ("promises", "call_attempts", "complaint_files", "complaint_events", "complaints"):
            connection.execute(text(f"DROP TABLE {table}"))
        for table, columns in _LATER.items():
            for column in columns:
                connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    init(url, stamp("2026-11-26"))
    with reading(books) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    books.engine.dispose()
    after = dump(url)
    assert after.keys() == before.keys()
    assert [name for name in before.keys() - {"log", "digests"} if after[name] != before[name]] == []
    upgrade = after["log"].pop()
    assert (upgrade["action"], upgrade["subject"]) == ("upgrade", "books")
    told = [{**row, "tables": None, "after": _without_letters(row["after"])} for row in before["log"]]
    assert told == after["log"]
    assert {row["table_name"]: row["sum"] for row in after["digests"]} == {
        row["table_name"]: row["sum"] for row in before["digests"] if row["row_count"]
    }
    sound(url)


def _forget_sums(connection: Connection) -> None:
    """The log as versions before have written it: chained anew without what the tables come to."""
    previous = "0" * 64
    for row in list(connection.execute(select(log).order_by(log.c.id))):
        told = {name: value for name, value in row._asdict().items() if name not in {"hash", "tables"}}
        told["previous_hash"] = previous
        told["after"] = _without_letters(row.after)
        now = hashlib.sha256(canonical(told).encode()).hexdigest()
        values = {"previous_hash": previous, "hash": now, "tables": None, "after": told["after"]}
        connection.execute(update(log).where(log.c.id == row.id).values(values))
        previous = now


def _without_letters(after: str | None) -> str | None:
    document = json.loads(after or "{}")
    seals = [seal for seal in document.get("rows", ()) if seal["table"] != "letters"]
    if len(seals) == len(document.get("rows", ())):
        return after
    return canonical({**{key: value for key, value in document.items() if key != "rows"},
                      **({"rows": seals} if seals else {})})  # fmt: skip


def _plain(value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else value
