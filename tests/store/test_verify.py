"""``opos verify`` on real books, on both databases: clean at every stage of the story and after every decision a person
can take; what was written past opos is found."""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, literal, select, text, union_all

from recon.ledger.audit_log import plain_json, sorted_json
from recon.service import collecting, matching, setting_up, undoing
from recon.service.context import Context
from recon.service.verifying import Verified, verify
from recon.store.books import writing
from recon.store.log import canonical, digest
from recon.store.tables import entries, metadata
from tests.books import ARCHIVE, BANK, FIXTURES, STAGES, Databases, bring_in, rows
from tests.conftest import template
from tests.store.verify_scenes import decisions

Opened = Callable[..., Context]
BooksAt = Callable[[str], str]
TABLES = metadata.sorted_tables
VALUES = st.none() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.dates()


def proven(context: Context) -> Verified:
    """The result of verify, clean."""
    found = verify(context)
    assert found.findings == ()
    return found


@pytest.mark.parametrize("stage", STAGES[1:])
def test_the_story_verifies_at_every_stage(books_at: BooksAt, opened: Opened, stage: str) -> None:
    """Every check has looked at what is there."""
    counts = proven(opened(books_at(stage), "2026-11-25")).counts
    assert counts["settings"] == 6
    if stage == "returned":
        assert counts["log_records"] > 20
        assert min(counts[name] for name in ("entries", "postings", "items", "lines", "collections", "notices")) > 10


def test_verify_writes_nothing_and_says_the_same_again(books_at: BooksAt, opened: Opened) -> None:
    """The last hash is the log's; a second look finds the same."""
    context = opened(books_at("returned"), "2026-11-25")
    assert proven(context) == proven(context)
    assert len(proven(context).head) == 64


def test_after_every_decision_of_a_person(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Confirm, reject, take back, block, lift, cancel, change: the books still prove themselves after each."""
    address = books_at("returned")
    context = opened(address, "2026-12-31")
    for number, act in enumerate(decisions(address, opened, tmp_path), start=1):
        act()
        assert verify(context).findings == (), f"after decision {number}"
    counts = dict(rows(address, union_all(*(select(literal(table.name), func.count(table.c.id)) for table in TABLES))))
    assert [name for name, count in counts.items() if count == 0] == []


def test_marked_paid_at_export(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Items settled against transit at export (A-21): cleared by the bank's money, taken back, cancelled."""
    address = books_at("created")
    context = opened(address, "2026-11-20")
    company = (FIXTURES / "company.toml").read_bytes().replace(b'"in_collection"', b'"mark_paid"')
    setting_up.apply(context, company, "company.toml")
    made = collecting.export(context, tmp_path).batches
    proven(context)
    assert collecting.cancel(context, str(made[-1].id)).batches[0].status == "cancelled"
    proven(context)
    later = opened(address, "2026-11-24")
    bring_in(later, BANK / ARCHIVE)
    assert matching.match_all(later).booked > 0
    proven(later)


def test_a_run_taken_back_with_collections_and_their_returns(books_at: BooksAt, opened: Opened) -> None:
    """Nothing of the run stands: its debits are on their way again."""
    context = opened(books_at("returned"), "2026-11-25")
    undoing.undo(context, run_name="M2")
    proven(context)


def test_books_damaged_on_the_disk(databases: Databases, opened: Opened) -> None:
    """Texts that are none, pages overwritten (on SQLite; a server keeps its own files): a finding, never a fault of the
    program."""
    address = databases.copy(template(databases, "sqlite", "returned"))
    context = opened(address, "2026-11-25")
    with writing(context.books) as connection:
        connection.execute(text("UPDATE customers SET name = CAST(x'ff41' AS TEXT) WHERE id = 3"))
        connection.execute(text("UPDATE lines SET remittance = CAST(x'ff41' AS TEXT) WHERE id = 3"))
    assert [finding.code for finding in verify(context).findings] == ["audit-unreadable"]
    context.books.engine.dispose()
    content = bytearray(Path(address).read_bytes())
    middle = len(content) // 2 & ~4095
    content[middle : middle + 4096] = b"\xff" * 4096
    Path(address).write_bytes(content)
    assert verify(context).findings


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # it proves what, not how fast
@given(st.lists(st.dictionaries(st.sampled_from(("text", "entry_id", "booked_on", "kind")), VALUES), min_size=1))
def test_the_auditor_hashes_as_the_log_does(found: list[dict[str, Any]]) -> None:
    """Two pieces of code that share nothing agree on every text, number and day; else right books would look wrong."""
    rows = [{"id": number, **row} for number, row in enumerate(found, start=1)]
    columns = [column.name for column in entries.columns]
    told = "".join(f"{plain_json([_plain(row.get(name)) for name in columns])}\n" for row in rows)
    assert hashlib.sha256(told.encode()).hexdigest() == digest(entries, rows)
    assert sorted_json({name: _plain(value) for name, value in rows[0].items()}) == canonical(rows[0])


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
