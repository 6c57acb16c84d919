"""The auditor's reading of own texts and mails: each forged row is named."""

import copy
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest

from recon.ledger.audit_log import Event, History
from recon.ledger.audit_mails import mails, texts
from recon.ledger.audit_source import Row, Source

Tables = dict[str, list[dict[str, Any]]]
DAY = "2026-11-25"
SENT = ("queued", "sending", "sent")


def _notice(number: int, **more: Any) -> dict[str, Any]:
    facts = {"run_id": 1, "customer_id": 7, "channel": "email", "status": "issued", "issued_on": DAY}
    return {"id": number, **facts, "dispatched_on": DAY, **more}


def _mail(number: int, status: str, **more: Any) -> dict[str, Any]:
    facts = {"run_id": 1, "customer_id": 7, "queued_on": DAY, "sent_on": DAY if status == "sent" else None}
    return {"id": number, "status": status, **facts, **more}


def _right() -> Tables:
    """O1 went out with two notices, O2 waits, the letter N4 goes by post; one own text."""
    return {
        "notices": [_notice(1), _notice(2), _notice(3, customer_id=8, dispatched_on=None),
                    _notice(4, customer_id=9, channel="letter", dispatched_on=None)],
        "outbox": [_mail(1, "sent"), _mail(2, "queued", customer_id=8)],
        "outbox_notices": [{"id": 1, "outbox_id": 1, "notice_id": 1}, {"id": 2, "outbox_id": 1, "notice_id": 2},
                           {"id": 3, "outbox_id": 2, "notice_id": 3}],
        "dunning_texts": [{"id": 1, "level": 2, "language": "de", "field": "mail", "text": "Hallo", "since": DAY,
                           "actor": "anna"}],
    }  # fmt: skip


def _steps(name: str, *states: str) -> list[Event]:
    pairs = pairwise(states)
    return [Event(9, DAY, "anna", "mail", name, {"status": one}, {"status": two}, None) for one, two in pairs]


def _source(books: Tables) -> Source:
    def rows(table: str, columns: Sequence[str], by: str = "id") -> Iterator[Row]:
        found = sorted((row for row in books[table] if row[by] is not None), key=lambda row: (row[by], row["id"]))
        return iter([tuple(row[name] for name in columns) for row in found])

    return Source(rows, {}, {}, {}, lambda: iter(()), {"outbox": "O", "notices": "N"})


def _found(books: Tables, *events: Event) -> set[str]:
    return {finding.code for finding in mails(_source(books), History(events=list(events)))}


def test_mails_that_are_right() -> None:
    assert _found(_right(), *_steps("O1", *SENT)) == set()


@pytest.mark.parametrize(
    ("table", "number", "values", "code"),
    [
        ("outbox", 1, {"status": "queued"}, "audit-mail-status"),
        ("outbox", 2, {"status": "sent"}, "audit-mail-status"),
        ("outbox", 2, {"status": "cancelled"}, "audit-mail-status"),
        ("outbox", 1, {"sent_on": None}, "audit-mail-sent"),
        ("outbox", 1, {"sent_on": "2026-11-24"}, "audit-mail-sent"),
        ("outbox", 1, {"customer_id": 8}, "audit-mail-notice"),
        ("outbox", 1, {"run_id": 2}, "audit-mail-notice"),
        ("outbox", 1, {"queued_on": "2026-11-24"}, "audit-mail-notice"),
        ("outbox_notices", 3, {"outbox_id": 1}, "audit-mail-notice"),
        ("outbox_notices", 3, {"notice_id": 4}, "audit-mail-notice"),
        ("outbox_notices", 2, {"notice_id": 1}, "audit-mail-notice"),
        ("notices", 2, {"dispatched_on": None}, "audit-mail-sent"),
        ("notices", 4, {"channel": "email"}, "audit-mail-notice"),
        ("notices", 1, {"channel": "letter"}, "audit-mail-notice"),
    ],
)
def test_a_forged_mail_is_named(table: str, number: int, values: dict[str, Any], code: str) -> None:
    books = copy.deepcopy(_right())
    next(row for row in books[table] if row["id"] == number).update(values)
    assert code in _found(books, *_steps("O1", *SENT))


@pytest.mark.parametrize(
    ("states", "fits"),
    [
        (("queued", "sending", "sent"), True),
        (("queued", "sending", "queued", "sending", "sent"), True),
        (("queued", "sending", "uncertain", "queued", "sending", "sent"), True),
        (("queued", "sending", "uncertain", "sent"), True),
        (("failed", "queued", "sending", "sent"), True),
        (("queued", "sent"), True),
        (("queued", "sending", "uncertain", "sending", "sent"), False),
        (("queued", "sending", "sent", "queued", "sending", "sent"), False),
        (("cancelled", "sent"), False),
        (("queued", "sending"), False),
    ],
)
def test_what_may_follow_what(states: tuple[str, ...], *, fits: bool) -> None:
    """A mail that is uncertain is sent again only after a person has put it back."""
    assert ("audit-mail-status" in _found(_right(), *_steps("O1", *states))) is not fits


def test_the_mail_of_cancelled_notices_is_cancelled_with_them() -> None:
    books = _right()
    books["outbox"][1]["status"] = "cancelled"
    books["notices"][2]["status"] = "cancelled"
    assert _found(books, *_steps("O1", *SENT)) == set()


def _text(subject: str, text: str, origin: str = "own") -> Event:
    return Event(3, DAY, "anna", "text", subject, {}, {"text": text, "origin": origin}, None)


@pytest.mark.parametrize(
    ("events", "wrong"),
    [
        ([_text("2 mail de", "Guten Tag"), _text("2 mail de", "Hallo")], False),
        ([_text("2 mail de", "Guten Tag")], True),
        ([_text("2 mail de", "Hallo"), _text("2 mail de", "", "built_in")], True),
        ([_text("2 mail de", "Hallo"), _text("2 mail en", "Hello")], True),
        ([], True),
    ],
)
def test_own_texts_are_those_of_the_log(events: list[Event], *, wrong: bool) -> None:
    found = {finding.code for finding in texts(_source(_right()), History(events=events))}
    assert found == ({"audit-text"} if wrong else set())
