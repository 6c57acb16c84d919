"""The auditor on books on paper: silent where everything is right, and each check finds what it is there for.

The rows are changed before the log is made, as by a forger who can seal what he has forged: so each check is asked
alone. The chain and the seals are tested with changes after the log was made.
"""

import hashlib
import re
from typing import Any, Final

import pytest

from recon.texts import catalogue, finding_text, remedy
from sepa.money import Language
from tests.unit.ledger.paper import Tables, audited, chained, changed, codes, sealed, tables

LANGUAGES: Final[tuple[Language, ...]] = ("de", "en")


def test_books_that_are_right() -> None:
    """No finding, and every check has looked at something (but at what there is none of)."""
    found = audited(sealed(tables()))
    assert found.findings == ()
    unseen = {name for name, count in found.counts.items() if count == 0}
    assert unseen == {"holds", "removals", "netted", "refunds", "letters", "return_charges", "closings", "summed_rows",
                      "answers",
                      "prenotifications",
                      "return_decisions"}  # fmt: skip
    assert found.counts["postings"] == 17


# table, row, what is changed, the finding that must be among those made.
WRONG: list[tuple[str, int, dict[str, Any], str]] = [
    ("companies", 1, {"chart": "SKR04"}, "audit-unlike-log"),
    ("companies", 1, {"settings": "{}"}, "audit-unlike-log"),
    ("accounts", 1, {"iban": "DE27370501980000012345"}, "audit-unlike-log"),
    ("accounts", 1, {"ledger_account": "1210"}, "audit-unlike-log"),
    ("files", 1, {"sha256": "00"}, "audit-file"),
    ("files", 1, {"size": 3}, "audit-file"),
    ("files", 1, {"content": b"no zlib"}, "audit-file"),
    ("files", 1, {"name": "other.csv"}, "audit-unlike-log"),
    ("files", 1, {"kind": "statement"}, "audit-unlike-log"),
    ("files", 1, {"imported_on": "no date"}, "audit-unlike-log"),
    ("customers", 1, {"id": 2}, "audit-gap"),
    ("items", 1, {"open_amount": 1}, "audit-item-open"),
    ("items", 1, {"amount": 9999}, "audit-item-taken-over"),
    ("items", 1, {"paid_before": 1}, "audit-item-taken-over"),
    ("items", 1, {"customer_id": 2}, "audit-item-customer"),
    ("items", 1, {"currency": "USD"}, "audit-item-currency"),
    ("items", 1, {"document_type": "credit_note"}, "audit-item-sign"),
    ("items", 1, {"document_type": "return_charge"}, "audit-unlike-log"),
    ("items", 1, {"due_date": "2026-11-02"}, "audit-item-due"),
    ("item_parts", 1, {"amount": 4001}, "audit-item-parts"),
    ("item_parts", 2, {"kind": "total"}, "audit-item-parts"),
    ("item_parts", 1, {"item_id": 2}, "audit-item-parts"),
    ("item_parts", 1, {"due_date": "2026-10-02"}, "audit-notice-part"),
    ("item_parts", 1, {"dunning_level": 2}, "audit-part-state"),
    ("item_parts", 1, {"last_notice_on": "2026-10-21"}, "audit-part-state"),
    ("item_parts", 1, {"last_deadline": None}, "audit-part-state"),
    ("item_parts", 3, {"dunning_level": 1}, "audit-part-state"),
    ("statements", 1, {"closing": 11001}, "audit-statement-balance"),
    ("statements", 1, {"opening": 999}, "audit-statement-balance"),
    ("statements", 1, {"booked_sum": 9000, "closing": 10000}, "audit-statement-sum"),
    ("statements", 1, {"line_count": 3}, "audit-statement-count"),
    ("lines", 1, {"account_id": 2}, "audit-line-account"),
    ("lines", 1, {"amount": 5999}, "audit-line-used"),
    ("lines", 1, {"status": "pending"}, "audit-line-used"),
    ("lines", 1, {"open_amount": 1}, "audit-line-open"),
    ("lines", 1, {"state": "partly"}, "audit-line-state"),
    ("lines", 4, {"state": "matched"}, "audit-line-state"),
    ("entries", 2, {"kind": "take_over"}, "audit-take-over"),
    ("entries", 4, {"reverses_id": 2}, "audit-reversal"),
    ("postings", 4, {"amount": 5999}, "audit-entry-balance"),
    ("postings", 4, {"amount": 5999}, "audit-trial-balance"),
    ("postings", 4, {"entry_id": 3}, "audit-entry-sides"),
    ("postings", 4, {"role": "transit"}, "audit-entry-allocations"),
    ("postings", 5, {"item_id": 2}, "audit-entry-allocations"),
    ("postings", 8, {"role": "interest"}, "audit-entry-allocations"),
    ("postings", 3, {"role": "bank"}, "audit-take-over"),
    ("allocations", 1, {"amount": 5999}, "audit-entry-allocations"),
    ("allocations", 1, {"entry_id": 3}, "audit-entry-unfounded"),
    ("allocations", 1, {"line_id": 2}, "audit-line-used"),
    ("allocations", 4, {"amount": -3499}, "audit-reversal"),
    ("allocations", 4, {"item_id": 2}, "audit-reversal"),
    ("allocations", 6, {"reverses_id": 1}, "audit-reversal"),
    ("allocations", 5, {"reverses_id": 2}, "audit-reversal-twice"),
    ("allocations", 7, {"flags": '["cleared"]'}, "audit-entry-allocations"),
    ("allocations", 7, {"flags": "no list"}, ""),
    ("match_runs", 1, {"as_of": "2026-11-21"}, "audit-unlike-log"),
    ("match_runs", 1, {"actor": "otto"}, "audit-unlike-log"),
    ("match_runs", 1, {"summary": '{"lines":4,"booked":3}'}, "audit-unlike-log"),
    ("batches", 1, {"content": b"<Document/>"}, "audit-batch-file"),
    ("batches", 1, {"count": 2}, "audit-batch-sum"),
    ("batches", 1, {"total": 4999}, "audit-batch-sum"),
    ("batches", 1, {"message_id": "OPOS-2"}, "audit-batch-head"),
    ("batches", 1, {"scheme": "B2B"}, "audit-batch-head"),
    ("batches", 1, {"collection_date": "2026-11-17"}, "audit-batch-head"),
    ("batches", 1, {"file_name": "SDD.xml"}, "audit-batch-head"),
    ("batches", 1, {"account_id": 2}, "audit-batch-head"),
    ("batches", 1, {"status": "created"}, "audit-batch-status"),
    ("batches", 1, {"status": "lost"}, "audit-batch-status"),
    ("batches", 1, {"submitted_on": "2026-11-20"}, "audit-unlike-log"),
    ("batch_blocks", 1, {"sequence": "FRST"}, "audit-batch-block"),
    ("batch_blocks", 1, {"creditor_id": "DE02"}, "audit-batch-block"),
    ("batch_blocks", 1, {"total": 1}, "audit-batch-sum"),
    ("collections", 1, {"amount": 4000}, "audit-batch-sum"),
    ("collections", 1, {"iban": "DE02120300000000202051"}, "audit-batch-debit"),
    ("collections", 1, {"amendment": 1}, "audit-batch-debit"),
    ("collections", 1, {"end_to_end_id": "E-2"}, "audit-batch-debit"),
    ("collections", 1, {"mandate_id": 2}, "audit-batch-debit"),
    ("collections", 1, {"mandate_ref": "M-2"}, "audit-batch-debit"),
    ("mandates", 1, {"mandate_id": "M-2"}, "audit-batch-debit"),
    ("mandates", 1, {"original_iban": "DE02120300000000202051"}, "audit-amendment"),
    ("mandates", 1, {"original_mandate_id": "M-0"}, "audit-amendment"),
    ("mandates", 1, {"original_creditor_id": "DE13ZZZ00000012345"}, "audit-amendment"),
    ("mandates", 1, {"original_creditor_name": "Alt GmbH"}, "audit-amendment"),
    ("batch_blocks", 1, {"creditor_name": "Alt GmbH"}, "audit-batch-block"),
    ("collections", 1, {"status": "booked"}, "audit-collection-status"),
    ("collections", 1, {"item_id": 1}, "audit-collection-item"),
    ("collections", 1, {"due_date": "2026-11-09"}, "audit-collection-due"),
    ("collections", 1, {"attempt": 2}, "audit-collection-attempt"),
    ("dunning_runs", 1, {"settings_hash": "00"}, "audit-unlike-log"),
    ("dunning_runs", 1, {"status": "draft"}, "audit-unlike-log"),
    ("dunning_runs", 1, {"as_of": "2026-10-21"}, "audit-notice-days"),
    ("notices", 1, {"total": 4521}, "audit-notice-total"),
    ("notices", 1, {"interest": 0}, "audit-notice-total"),
    ("notices", 1, {"level": 2}, "audit-notice-level"),
    ("notices", 1, {"customer_id": 2}, "audit-notice-customer"),
    ("notices", 1, {"deadline": "soon"}, "audit-notice-deadline"),
    ("notices", 1, {"status": "cancelled"}, "audit-unlike-log"),
    ("notices", 1, {"issued_on": "2026-10-21"}, "audit-unlike-log"),
    ("notices", 1, {"reason": "darum"}, "audit-unlike-log"),
    ("notices", 1, {"dispatched_on": "2026-10-19"}, "audit-notice-dispatch"),
    ("notices", 1, {"status": "draft"}, "audit-notice-dispatch"),
    ("dunning_runs", 1, {"last_allocation": 7}, "audit-run-allocation"),
    ("notice_items", 1, {"frozen_amount": 3999}, "audit-notice-frozen"),
    ("notice_items", 1, {"reason": "paid"}, "audit-notice-status"),
    ("notice_items", 1, {"level": 2}, "audit-level-skipped"),
    ("notice_items", 1, {"part": "total"}, "audit-notice-part"),
    ("notice_items", 1, {"days_overdue": 20}, "audit-notice-days"),
    ("notice_items", 1, {"due_date": "?"}, "audit-notice-days"),
    ("notice_items", 1, {"open_amount": 4001}, "audit-notice-total"),
    ("notice_items", 1, {"level": 2}, "audit-notice-level"),
    ("notice_items", 1, {"fee": 3}, "audit-notice-fee"),
    ("notice_items", 1, {"status": "draft"}, "audit-notice-status"),
    ("notice_items", 1, {"interest": 21}, "audit-notice-interest"),
    ("notice_items", 1, {"interest_since": "2026-10-21"}, "audit-notice-interest"),
    ("notice_items", 1, {"interest_since": None}, "audit-notice-interest"),
    ("notice_items", 1, {"lump_sum": 500}, "audit-notice-lump-sum"),
    ("notices", 1, {"lump_sum": 500}, "audit-notice-lump-sum"),
    ("exports", 1, {"content": None}, "audit-export-file"),
    ("exports", 1, {"content": b"EXTF", "sha256": hashlib.sha256(b"EXTF").hexdigest()}, "audit-export-file"),
    ("exports", 2, {"count": 4}, "audit-export-file"),
    ("exports", 2, {"total": 10001}, "audit-export-file"),
    ("exports", 2, {"period_to": "2026-11-19"}, "audit-export-entry"),
    ("exports", 2, {"exported_on": "2026-11-21"}, "audit-unlike-log"),
    ("exports", 2, {"actor": "otto"}, "audit-unlike-log"),
    ("exports", 3, {"file_name": "other.csv"}, "audit-export-file"),
    ("exports", 3, {"content": b"again"}, "audit-export-file"),
    ("exports", 3, {"repeats_id": 1}, "audit-export-file"),
    ("exported_entries", 1, {"entry_id": 3}, "audit-export-twice"),
    ("exported_entries", 1, {"entry_id": 6}, "audit-export-account"),
    ("exported_entries", 1, {"export_id": 1}, "audit-export-entry"),
    ("exported_customers", 1, {"export_id": 2}, "audit-export-entry"),
    ("exported_customers", 1, {"account": "10002"}, "audit-export-file"),
    ("postings", 8, {"account": "2701"}, "audit-export-account"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "number", "values", "code"), WRONG)
def test_one_wrong_value(table: str, number: int, values: dict[str, Any], code: str) -> None:
    """The check that is there for it finds it, in words in both languages; what no check is about stays silent."""
    found = audited(sealed(changed(table, number, **values)))
    assert code in codes(found) if code else not codes(found)
    for finding in found.findings:
        for language in LANGUAGES:
            assert not re.search(r"\{[a-z_]+\}", finding_text(finding, language) + remedy(finding, language))


def _added(table: str, **values: Any) -> Tables:
    books = tables()
    books[table].append({**books[table][-1], "id": books[table][-1]["id"] + 1, **values})
    return sealed(books)


def test_a_notice_that_names_a_line_twice() -> None:
    """The same part of the same item again."""
    assert "audit-notice-line-twice" in codes(audited(_added("notice_items")))


def _reminded_again(level: int, on: str, status: str = "issued") -> Tables:
    """A second run with a notice for the same part."""
    books = tables()
    out = status == "issued"
    books["dunning_runs"].append({**books["dunning_runs"][0], "id": 2, "as_of": on, "status": status})
    head = {**books["notices"][0], "id": 2, "run_id": 2, "level": level, "status": status, "dispatched_on": None,
            "issued_on": on if out else None}  # fmt: skip
    books["notices"].append(head)
    books["notice_items"].append({**books["notice_items"][0], "id": 2, "notice_id": 2, "level": level,
                                  "status": status})  # fmt: skip
    run = ("dunning-run", "D2", {"notices": 1, "settings": "5e77"}, on)
    return sealed(books, run, *([("dunning-issue", "D2", {"issued": 1, "dropped": 0}, on)] if out else []))


@pytest.mark.parametrize(
    ("level", "on", "found"),
    [
        (2, "2026-10-31", set()),
        (1, "2026-10-31", set()),
        (3, "2026-10-31", {"audit-level-skipped"}),
        (2, "2026-10-30", {"audit-notice-early"}),
        (2, "2026-10-20", {"audit-notice-early", "audit-notice-twice"}),
    ],
)
def test_x_03_a_part_that_is_reminded_out_of_order(level: int, on: str, found: set[str]) -> None:
    """Of the next level or the same again, after the deadline before, once a day."""
    order = {"audit-level-skipped", "audit-notice-early", "audit-notice-twice"}
    assert codes(audited(_reminded_again(level, on))) & order == found


def test_a_part_in_two_drafts() -> None:
    """One draft beside what went out is right; a second one is not."""
    books = _reminded_again(2, "2026-11-02", "draft")
    assert "audit-draft-twice" not in codes(audited(books))
    books["notices"][0]["status"] = books["notice_items"][0]["status"] = "draft"
    assert "audit-draft-twice" in codes(audited(books))


def test_a_debit_that_is_with_the_bank_twice() -> None:
    """Promise 7: two live debits for what is due of an item on a day."""
    books = tables()
    debit = books["collections"][0]
    books["collections"] = [
        {**debit, "id": number, "status": "exported", "attempt": number, "end_to_end_id": f"E-{number}"}
        for number in (1, 2)
    ]
    assert "audit-collection-twice" in codes(audited(sealed(books)))


def test_more_master_records_than_were_brought_in() -> None:
    """A customer that no import has made."""
    assert "audit-masters" in codes(audited(_added("customers")))


def test_a_proposal_of_another_run() -> None:
    """A line that waits has the proposals of the last run."""
    books = tables()
    books["proposals"] = [
        {"id": 1, "line_id": 1, "run_id": 9, "rank": 1, "match_class": "H1", "band": "high", "shares": "[]"}
    ]
    assert {"audit-proposal", "audit-line-state"} <= codes(audited(sealed(books)))


@pytest.mark.parametrize(
    ("shares", "wrong"),
    [
        ('[{"amount":4000,"kind":"payment"}]', True),
        ('[{"amount":6000,"kind":"payment"}]', True),
        ("[]", False),
        ("no list", False),
        ('[{"amount":100,"kind":"write_off"}]', False),
    ],
)
def test_a_proposal_that_is_not_its_lines(shares: str, wrong: bool) -> None:
    """What is proposed comes to what is open of its line, here nothing."""
    books = tables()
    books["proposals"] = [
        {"id": 1, "line_id": 1, "run_id": 1, "rank": 1, "match_class": "H1", "band": "high", "shares": shares}
    ]
    assert ("audit-proposal-sum" in codes(audited(sealed(books)))) is wrong


@pytest.mark.parametrize("table", ["holds", "rejections", "findings"])
def test_a_decision_that_nobody_took(table: str) -> None:
    """A row without a record of the log."""
    row = {"id": 1, "item_id": 1, "kind": "blocked", "scope": "both", "reason": "x", "since": "2026-11-20",
           "until": None, "actor": "anna", "lifted_on": None, "line_id": 1, "rejected_on": "2026-11-20", "file_id": 1,
           "found_on": "2026-01-01", "source": "import"}  # fmt: skip
    assert "audit-unlike-log" in codes(audited(sealed({**tables(), table: [row]})))


def test_a_link_that_leads_nowhere() -> None:
    """The database can be told not to look."""
    books: Any = {**sealed(tables()), "dangling": [("lines", 4, "account_id", 9)]}
    (finding,) = audited(books).findings
    assert (finding.code, finding.where) == ("audit-link", "L4")


@pytest.mark.parametrize("table", ["statements", "lines", "entries", "postings", "allocations", "exported_entries"])
def test_a_sealed_row_changed_taken_away_or_added(table: str) -> None:
    """After the log was made: the seal of the rows is broken, whatever else still adds up."""
    books = sealed(tables())
    rows = books[table]
    column = next(name for name in ("currency", "actor", "role", "export_id") if name in rows[0])
    altered = [{**rows[0], column: f"{rows[0][column]}ß"}, *rows[1:]]
    assert "audit-seal" in codes(audited({**books, table: altered}))
    assert "audit-row-missing" in codes(audited({**books, table: rows[:-1]}))
    assert "audit-row-missing" in codes(audited({**books, table: rows[1:]}))
    added = {**rows[-1], "id": rows[-1]["id"] + 1}
    assert "audit-unsealed" in codes(audited({**books, table: [*rows, added]}))


def test_the_chain_of_the_log() -> None:
    """A record changed, changed and hashed anew, taken away, or put in between."""
    books = sealed(tables())
    log = books["log"]
    told = audited({**books, "log": [*log[:4], {**log[4], "reason": "x"}, *log[5:]]})
    assert codes(told) == {"audit-log-hash"}
    forged = chained({**log[4], "reason": "x"}, log[3]["hash"])
    told = audited({**books, "log": [*log[:4], forged, *log[5:]]})
    assert codes(told) == {"audit-log-chain"}
    assert dict(told.findings[0].facts)["record"] == "log 6"
    assert "audit-log-gap" in codes(audited({**books, "log": log[:4] + log[5:]}))
    assert "audit-log-hash" in codes(audited({**books, "log": [*log[:3], {**log[3], "after": "no JSON"}, *log[4:]]}))


def test_rows_sealed_twice() -> None:
    """A second record that claims rows of the first."""
    books = sealed(tables())
    last = books["log"][-1]
    again = chained({**books["log"][1], "id": last["id"] + 1}, last["hash"])
    assert "audit-seal-overlap" in codes(audited({**books, "log": [*books["log"], again]}))


def test_the_first_of_many_is_named() -> None:
    """One finding a kind, with the first record, what it should say, what it says, and how many more there are."""
    books = tables()
    for row in books["lines"]:
        row["open_amount"] = 7
    (finding,) = [one for one in audited(sealed(books)).findings if one.code == "audit-line-open"]
    assert finding.where == "L1"
    assert dict(finding.facts) == {"record": "L1", "expected": "0.00 EUR", "found": "0.07 EUR", "more": "3"}


def test_the_head_is_the_last_hash() -> None:
    """All of the log is in it."""
    books = sealed(tables())
    assert audited(books).head == books["log"][-1]["hash"]


def test_the_texts_are_complete() -> None:
    """Every code of the auditor is told in both languages with a remedy."""
    for code, texts in catalogue("findings").items():
        if code.startswith("audit-"):
            assert set(texts) == {"de", "en", "remedy_de", "remedy_en"}, code
