"""The auditor's reading of claims for return charges: each forged row is named."""

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from recon.ledger.audit_charges import charges
from recon.ledger.audit_log import Event, History
from recon.ledger.audit_source import Row, Source

Tables = dict[str, list[dict[str, Any]]]


def _share(number: int, kind: str, item: int | None, amount: int, **more: Any) -> dict[str, Any]:
    facts = {"id": number, "entry_id": 1, "line_id": 1, "collection_id": None, "reverses_id": None}
    return {**facts, "kind": kind, "item_id": item, "amount": amount, **more}


def _right() -> Tables:
    """50.00 came back, the bank took 3.00, which are claimed with item 2."""
    item = {"id": 2, "invoice_no": "RL-RE-1", "amount": 300, "paid_before": 0, "currency": "EUR",
            "document_type": "return_charge", "payment_method": "transfer"}  # fmt: skip
    return {
        "items": [{**item, "id": 1, "invoice_no": "RE-1", "amount": 5000, "document_type": "invoice"}, item],
        "lines": [{"id": 1, "parent_id": None, "end_to_end_id": "E2E-1", "return_reason": "AM04"}],
        "collections": [{"id": 7, "end_to_end_id": "E2E-1"}],
        "allocations": [
            _share(1, "return", 1, -5000, collection_id=7),
            _share(2, "return_fee", None, -300),
            _share(3, "return_charge", 2, -300, collection_id=7),
        ],
    }


def _found(books: Tables, **said: Any) -> list[str]:
    def rows(table: str, columns: Sequence[str], by: str = "id") -> Iterator[Row]:
        found = sorted((row for row in books[table] if row[by] is not None), key=lambda row: (row[by], row["id"]))
        return iter([tuple(row[name] for name in columns) for row in found])

    after = {"item": 2, "amount": 300, "currency": "EUR", **said}
    event = Event(9, "2026-11-24", "anna", "return-charge", "RL-RE-1", {}, after, "AM04")
    checking = charges(Source(rows, {}, {}, {}, lambda: iter(()), {"allocations": "A"}), History(events=[event]))
    return [finding.code for finding in checking]


def test_a_claim_that_is_right() -> None:
    books = _right()
    assert _found(books) == []
    books["allocations"].append(_share(4, "return_charge", 2, 300, entry_id=2, collection_id=7, reverses_id=3))
    assert _found(books) == []
    books["allocations"] += [
        _share(5, "return", 1, -5000, entry_id=3, collection_id=7), _share(6, "return_fee", None, -300, entry_id=3),
        _share(7, "return_charge", 2, -300, entry_id=3, collection_id=7),
    ]  # fmt: skip
    assert _found(books) == []


@pytest.mark.parametrize(("code", "found"), [("AC04", []), ("MD01", ["audit-charge"])])
def test_a_bundled_return_has_the_reason_of_its_own_transaction(code: str, found: list[str]) -> None:
    books = _right()
    for number, sent, why in ((2, "E2E-9", "AM05"), (3, "E2E-1", code)):
        books["lines"].append({"id": number, "parent_id": 1, "end_to_end_id": sent, "return_reason": why})
    assert _found(books) == found


@pytest.mark.parametrize(
    ("table", "at", "values"),
    [
        ("items", 1, {"amount": 200}),
        ("items", 1, {"paid_before": 100}),
        ("items", 1, {"document_type": "invoice"}),
        ("items", 1, {"payment_method": "direct_debit"}),
        ("allocations", 2, {"amount": -400}),
        ("allocations", 2, {"item_id": 1}),
        ("allocations", 2, {"item_id": None}),
        ("allocations", 2, {"collection_id": 8}),
        ("allocations", 1, {"amount": -200}),
        ("allocations", 1, {"kind": "return"}),
        ("allocations", 1, {"item_id": 1}),
        ("lines", 0, {"return_reason": "MD01"}),
        ("lines", 0, {"return_reason": "AM05"}),
    ],
)
def test_one_wrong_value(table: str, at: int, values: dict[str, Any]) -> None:
    books = copy.deepcopy(_right())
    books[table][at].update(values)
    assert "audit-charge" in _found(books)


def test_claimed_twice() -> None:
    """The same return again, by another line."""
    books = _right()
    books["items"].append({**books["items"][1], "id": 3, "invoice_no": "RL-RE-1-2"})
    books["allocations"] += [
        _share(4, "return", 1, -5000, entry_id=2, collection_id=7), _share(5, "return_fee", None, -300, entry_id=2),
        _share(6, "return_charge", 3, -300, entry_id=2, collection_id=7),
    ]  # fmt: skip
    assert "audit-charge" in _found(books)


@pytest.mark.parametrize("said", [{"amount": 250}, {"currency": "USD"}, {"item": 3}])
def test_a_claim_that_no_record_has_made(said: dict[str, Any]) -> None:
    assert _found(_right(), **said) == ["audit-unlike-log"]
