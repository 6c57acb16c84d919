"""The journal: what is booked moves the cached balances with it, what is taken back moves them back, and nothing that
stands is ever changed. The log: a chain of hashes over records that seal the rows they wrote."""

import hashlib
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, func, select

from recon.ledger.chart import chart_of
from recon.ledger.posting import entry_for_line, reversed_entry
from recon.model.matching import AllocationKind, Band, Evidence, Share
from recon.service.context import Context
from recon.store.books import open_books, reading, writing
from recon.store.items import LIVE
from recon.store.journal import (
    Booking,
    book,
    decode_evidence,
    decode_shares,
    encode_evidence,
    encode_shares,
    entry_of,
    set_collection_status,
)
from recon.store.log import record
from recon.store.settings import settings_of
from recon.store.tables import (
    APPEND_ONLY,
    CACHED,
    allocations,
    collections,
    customers,
    entries,
    items,
    lines,
    log,
    metadata,
    postings,
)
from tests.books import STAGES, rows, stamp

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
IBAN = "DE89370400440532013000"


def _booking(connection: Connection, line_id: int, shares: tuple[Share, ...], **more: Any) -> Booking:
    money = sum(share.amount for share in shares if share.kind is not AllocationKind.DISCOUNT)
    entry = entry_for_line(
        shares, chart_of(settings_of(connection)), iban=IBAN, booked_on=date(2026, 11, 20), currency="EUR", text="Test"
    )
    return Booking("bank", entry, shares, line_id, None, money, "C3", Band.CERTAIN, **more)


def _found(connection: Connection, invoice_no: str, bank_ref: str) -> tuple[Any, Any]:
    query = select(items, customers.c.customer_no).join(customers).where(items.c.invoice_no == invoice_no)
    item = connection.execute(query).one()
    line = connection.execute(select(lines).where(lines.c.bank_ref == bank_ref, lines.c.parent_id.is_(None))).one()
    return item, line


def _pay(item: Any, amount: int, kind: AllocationKind = AllocationKind.PAYMENT) -> Share:
    return Share(item.id, item.invoice_no, item.customer_no, amount, kind)


def _now(connection: Connection, item: Any, line: Any) -> tuple[int, int, str]:
    left = connection.execute(select(items.c.open_amount).where(items.c.id == item.id)).scalar_one()
    row = connection.execute(select(lines.c.open_amount, lines.c.state).where(lines.c.id == line.id)).one()
    return (left, row.open_amount, row.state)


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([11900], (0, 0, "matched")),
        ([5000], (6900, 6900, "partly")),
        ([5000, 6900], (0, 0, "matched")),
        ([1, 1, 1], (11897, 11897, "partly")),
    ],
    ids=["all of it", "a part", "in two", "cent by cent"],
)
def test_a_booking_moves_item_and_line(books_at: BooksAt, amounts: list[int], expected: tuple[int, int, str]) -> None:
    """Line 1119A01 of 119.00 pays RE-2026-0815 of 119.00."""
    books = open_books(books_at("imported"))
    with writing(books) as connection:
        item, line = _found(connection, "RE-2026-0815", "1119A01")
        for amount in amounts:
            book(connection, stamp("2026-11-20"), [_booking(connection, line.id, (_pay(item, amount),))])
        assert _now(connection, item, line) == expected
    books.engine.dispose()


def test_several_bookings_at_once_move_what_they_share(books_at: BooksAt) -> None:
    """Two bookings on the same line and item in one call: both count."""
    books = open_books(books_at("imported"))
    with writing(books) as connection:
        item, line = _found(connection, "RE-2026-0815", "1119A01")
        two = [_booking(connection, line.id, (_pay(item, amount),)) for amount in (2000, 3000)]
        book(connection, stamp("2026-11-20"), two)
        assert _now(connection, item, line) == (6900, 6900, "partly")
    books.engine.dispose()


def test_a_discount_settles_without_the_banks_money(books_at: BooksAt) -> None:
    """970.20 and 19.80 discount close 990.00; the line has given 970.20."""
    books = open_books(books_at("imported"))
    with writing(books) as connection:
        item, line = _found(connection, "RE-2026-0866", "1119A07")
        shares = (_pay(item, 97020), _pay(item, 1980, AllocationKind.DISCOUNT))
        book(connection, stamp("2026-11-20"), [_booking(connection, line.id, shares)])
        assert _now(connection, item, line) == (0, 0, "matched")
    books.engine.dispose()


def test_a_fee_is_no_payment_of_the_item(books_at: BooksAt) -> None:
    """105.00 = 100.00 and 5.00 fee: the item is closed, not overpaid."""
    books = open_books(books_at("imported"))
    with writing(books) as connection:
        item, line = _found(connection, "RE-2026-0799", "1119A06")
        shares = (_pay(item, 10000), _pay(item, 500, AllocationKind.DUNNING_FEE))
        book(connection, stamp("2026-11-20"), [_booking(connection, line.id, shares)])
        assert _now(connection, item, line) == (0, 0, "matched")
    books.engine.dispose()


@pytest.mark.parametrize("amount", [11901, 20000, -1])
def test_more_than_the_line_has_is_never_booked(books_at: BooksAt, amount: int) -> None:
    """Σ allocations ≤ line: breaking this is a fault of the program, and nothing stays of it."""
    books = open_books(books_at("imported"))
    with pytest.raises(ValueError, match="does not fit"), writing(books) as connection:  # noqa: PT012 - one transaction
        item, line = _found(connection, "RE-2026-0815", "1119A01")
        book(connection, stamp("2026-11-20"), [_booking(connection, line.id, (_pay(item, amount),))])
    with reading(books) as connection:
        item, line = _found(connection, "RE-2026-0815", "1119A01")
        assert (item.open_amount, line.open_amount) == (11900, 11900)
        assert connection.execute(select(func.count()).select_from(allocations)).scalar_one() == 0
    books.engine.dispose()


def test_a_reversal_brings_back_what_was(books_at: BooksAt) -> None:
    """Booked and taken back: balances as before, both entries stand, the second names the first."""
    books = open_books(books_at("imported"))
    with writing(books) as connection:
        item, line = _found(connection, "RE-2026-0815", "1119A01")
        before = _now(connection, item, line)
        seals = book(connection, stamp("2026-11-20"), [_booking(connection, line.id, (_pay(item, 11900),))])
        made = connection.execute(select(allocations).order_by(allocations.c.id.desc()).limit(1)).one()
        entry = entry_of(connection, made.entry_id)
        back = reversed_entry(entry, booked_on=date(2026, 11, 21), text="Storno")
        shares = (_pay(item, -11900),)
        book(connection, stamp("2026-11-21"), [
            Booking("undo", back, shares, line.id, None, -11900, "C3", Band.CERTAIN, reverses=(made.id,),
                    reverses_entry=made.entry_id)
        ])  # fmt: skip
        assert _now(connection, item, line) == before
        assert {seal.table for seal in seals} == {"entries", "postings", "allocations"}
        found = connection.execute(select(entries.c.id, entries.c.reverses_id).order_by(entries.c.id)).all()
        assert found[-1].reverses_id == found[-2].id
        total = connection.execute(select(func.sum(postings.c.amount))).scalar_one()
        assert total == 0
    books.engine.dispose()


def test_an_entry_comes_back_as_it_was_booked(books_at: BooksAt) -> None:
    """Sides, roles, customers and items."""
    books = open_books(books_at("imported"))
    with writing(books) as connection:
        item, line = _found(connection, "RE-2026-0799", "1119A06")
        made = _booking(connection, line.id, (_pay(item, 10000), _pay(item, 500, AllocationKind.DUNNING_FEE)))
        book(connection, stamp("2026-11-20"), [made])
        number = connection.execute(select(func.max(entries.c.id))).scalar_one()
        assert entry_of(connection, number) == made.entry
    books.engine.dispose()


def test_shares_and_evidence_come_back_from_their_text() -> None:
    """What is stored of a proposal is the proposal."""
    shares = (
        Share(1, "RE-1", "10001", 11900, AllocationKind.PAYMENT, ("manual_booking",), None),
        Share(None, None, None, -300, AllocationKind.RETURN_FEE, (), 7),
    )
    evidence = (Evidence("invoice-number", (("number", "RE-1"), ("text", 'Ü "x"'))), Evidence("amount"))
    assert decode_shares(encode_shares(shares)) == shares
    assert decode_evidence(encode_evidence(evidence)) == evidence


def test_the_text_of_shares_and_evidence_stays_as_it_is() -> None:
    """Books of years hold these texts: names and order of the fields are theirs."""
    share = Share(1, "RE-1", "10001", 11900, AllocationKind.PAYMENT, ("manual_booking",), None)
    assert encode_shares([share]) == (
        '[{"item_id":1,"invoice_no":"RE-1","customer_no":"10001","amount":11900,"kind":"payment",'
        '"flags":["manual_booking"],"collection_id":null}]'
    )
    assert encode_evidence([Evidence("amount", (("open", "1.00"),))]) == '[{"rule":"amount","facts":[["open","1.00"]]}]'


def test_collections_move_on(books_at: BooksAt) -> None:
    """A list of collections gets one state; an empty list changes nothing."""
    books = open_books(books_at("created"))
    with writing(books) as connection:
        set_collection_status(connection, [3, 1, 3], "booked")
        set_collection_status(connection, [], "returned")
        record(connection, stamp("2026-11-20"), "test", "collections")
        found = dict(connection.execute(select(collections.c.id, collections.c.status)).all())
    assert {number for number, status in found.items() if status == "booked"} == {1, 3}
    assert {found[number] for number in found if number not in {1, 3}} <= set(LIVE)
    books.engine.dispose()


@pytest.mark.parametrize("stage", STAGES[2:])
def test_caches_follow_from_the_journal_at_every_stage(books_at: BooksAt, stage: str) -> None:
    """Promise 4, by plain SQL: what is open of an item is the sum of its postings, what is left of a line is its amount
    less what stands allocated of it, every entry balances."""
    url = books_at(stage)
    booked = dict(rows(url, select(postings.c.item_id, func.sum(postings.c.amount)).where(
        postings.c.role == "customer", postings.c.item_id.is_not(None)).group_by(postings.c.item_id)))  # fmt: skip
    for item in rows(url, select(items)):
        assert item.open_amount == booked.get(item.id, 0), item.invoice_no
    used = dict(rows(url, select(allocations.c.line_id, func.sum(allocations.c.amount)).where(
        allocations.c.kind.not_in(("discount", "write_off", "bank_charge", "fee_waived"))
        ).group_by(allocations.c.line_id)))  # fmt: skip
    for line in rows(url, select(lines).where(lines.c.parent_id.is_(None), lines.c.state != "ignored")):
        assert line.open_amount == line.amount - used.get(line.id, 0), line.bank_ref
    sums = rows(url, select(func.sum(postings.c.amount)).group_by(postings.c.entry_id))
    assert all(total == 0 for (total,) in sums)


@pytest.mark.parametrize("stage", ["set_up", "reminded", "returned"])
def test_the_log_is_a_chain(books_at: BooksAt, stage: str) -> None:
    """Each record names the hash of the one before, and its own is that of its contents. Worked out here by hand."""
    previous = "0" * 64
    found = rows(books_at(stage), select(log).order_by(log.c.id))
    assert [entry.id for entry in found] == list(range(1, len(found) + 1))
    for entry in found:
        told = dict(entry._mapping)
        told["as_of"] = entry.as_of.isoformat()
        claimed = told.pop("hash")
        if told["tables"] is None:
            del told["tables"]
        assert told["previous_hash"] == previous
        text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(text.encode()).hexdigest() == claimed, entry.id
        previous = claimed


@pytest.mark.parametrize("stage", ["tables", "returned"])
def test_every_row_of_the_append_only_tables_is_sealed_once(books_at: BooksAt, stage: str) -> None:
    """The seals of the log cover statements, lines, entries, postings and allocations without gap and without overlap,
    and their digests are those of the rows as they stand. Worked out here by hand."""
    url = books_at(stage)
    seals = [seal for (after,) in rows(url, select(log.c.after).where(log.c.after.is_not(None)).order_by(log.c.id))
             for seal in json.loads(after).get("rows", [])]  # fmt: skip
    for table in APPEND_ONLY:
        own = [seal for seal in seals if seal["table"] == table.name]
        covered = [number for seal in own for number in range(seal["first"], seal["last"] + 1)]
        standing = {row.id: row for row in rows(url, select(table).order_by(table.c.id))}
        assert covered == sorted(standing)
        names = [column.name for column in metadata.tables[table.name].columns
                 if column.name not in CACHED.get(table.name, frozenset())]  # fmt: skip
        for seal in own:
            told = hashlib.sha256()
            for number in range(seal["first"], seal["last"] + 1):
                values = [getattr(standing[number], name) for name in names]
                told.update(msgspec.json.encode(values) + b"\n")
            assert told.hexdigest() == seal["digest"], seal


def test_only_append_only_tables_can_be_sealed(books_at: BooksAt) -> None:
    """A seal on rows that may change would break by itself one day."""
    from recon.store.log import Seal

    books = open_books(books_at("tables"))
    with pytest.raises(ValueError, match="append-only"), writing(books) as connection:
        record(connection, stamp("2026-11-20"), "test", "x", seals=[Seal("items", 1, 2, "0" * 64)])
    books.engine.dispose()
