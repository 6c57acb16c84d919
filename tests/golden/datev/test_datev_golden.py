"""What the tax adviser of the demo company gets in November, byte for byte, and read again field by field.

When the form changes on purpose, write the new files with ``OPOS_GOLDEN=write`` set and read the difference.
"""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from recon.service import exporting
from recon.service.context import Context
from recon.store.export_tables import exported_entries
from recon.store.tables import customers, entries, postings
from tests.books import Databases, context_of, rows
from tests.conftest import template
from tests.golden.datev.extf import Extf, read

HERE = Path(__file__).parent
POSTINGS = "EXTF_Buchungsstapel_2026-11_001.csv"
DEBTORS = "EXTF_DebKred_Stamm_001.csv"
# SHA-256 of the captions of DATEV's own sample file of 18 June 2025, joined with semicolons, in Windows-1252.
CAPTIONS = "a4c23ec4e0bf463d455ff9ebb5b2435954349b014042497114e72c1de88d8951"
# Columns of a Buchungsstapel that may be filled here, counted from 1, and what may stand in them.
FILLED = {
    1: r"[1-9]\d{0,9},\d\d|0,\d[1-9]|0,[1-9]\d", 2: r"[SH]", 3: r"EUR", 7: r"\d{4,5}", 8: r"\d{4,5}", 10: r"\d\d11",
    11: r"[A-Za-z0-9$&%*+/-]{0,36}", 14: r".{1,60}", 114: r"0",
}  # fmt: skip


@pytest.fixture(scope="module")
def books(databases: Databases) -> Iterator[tuple[str, Context]]:
    """The demo books at the end of their story."""
    address = databases.copy(template(databases, "sqlite", "returned"))
    context = context_of(address, "2026-12-01")
    yield address, context
    context.books.engine.dispose()
    databases.drop(address)


@pytest.fixture(scope="module")
def files(books: tuple[str, Context], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of November."""
    folder = tmp_path_factory.mktemp("adviser")
    exporting.export_datev(books[1], folder, date(2026, 11, 1), date(2026, 11, 30))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", [POSTINGS, DEBTORS])
def test_the_files_byte_for_byte(files: dict[str, bytes], name: str) -> None:
    assert set(files) == {POSTINGS, DEBTORS}
    if os.environ.get("OPOS_GOLDEN") == "write":
        (HERE / name).write_bytes(files[name])
    assert files[name] == (HERE / name).read_bytes()


def _header(file: Extf) -> list[str]:
    """The fields of the header; those that DATEV wants in quotes are marked with them."""
    return [f'"{field.text}"' if field.quoted else field.text for field in file.header]


def test_the_header_of_the_postings(files: dict[str, bytes]) -> None:
    """31 fields; the time of creation is the day without an hour, so that the same books give the same bytes."""
    assert _header(read(files[POSTINGS])) == [
        '"EXTF"', "700", "21", '"Buchungsstapel"', "13", "20261201000000000", "", '"RE"', '"opos"', '""', "1001", "456",
        "20260101", "4", "20261101", "20261130", '"opos 11/2026 X2"', '""', "1", "0", "0", '"EUR"', "", '""', "", "",
        '"03"', "", "", '""', '"X2"',
    ]  # fmt: skip


def test_the_header_of_the_debtors(files: dict[str, bytes]) -> None:
    """The same 31, without days, kind of booking and currency."""
    assert _header(read(files[DEBTORS])) == [
        '"EXTF"', "700", "16", '"Debitoren/Kreditoren"', "5", "20261201000000000", "", '"RE"', '"opos"', '""', "1001",
        "456", "20260101", "4", "", "", '""', '""', "", "", "", '""', "", '""', "", "", '"03"', "", "", '""', '"X1"',
    ]  # fmt: skip


def test_the_columns_of_the_postings(files: dict[str, bytes]) -> None:
    """125 columns with DATEV's captions; 84 of them are texts; only those that are meant are filled."""
    file = read(files[POSTINGS])
    assert hashlib.sha256(";".join(file.captions).encode("cp1252")).hexdigest() == CAPTIONS
    for row in file.rows:
        assert len(row) == 125
        assert sum(field.quoted for field in row) == 84
        for number, field in enumerate(row, start=1):
            assert re.fullmatch(FILLED.get(number, ""), field.text), (number, field.text)
        assert row[6].text != row[7].text


def test_the_columns_of_the_debtors(files: dict[str, bytes]) -> None:
    """254 columns, 178 of them texts; each account once, with a name in the field of its kind of addressee."""
    file = read(files[DEBTORS])
    assert len(file.captions) == 254
    assert (file.captions[0], file.captions[98], file.captions[253]) == ("Konto", "Kunden-/Lief.-Nr.", "Letzte Frist")
    for row in file.rows:
        assert len(row) == 254
        assert sum(field.quoted for field in row) == 178
        company, nobody, kind = row[1].text, row[5].text, row[6].text
        assert (kind == "2", kind == "0") == (bool(company), bool(nobody))
    assert len(set(file.column(1))) == len(file.rows)
    assert all(re.fullmatch(r"[1-6]\d{4}", account) for account in file.column(1))


def _balance(file: Extf) -> dict[str, int]:
    """Sums by account from the text of a file, debit positive."""
    found: Counter[str] = Counter()
    for row in file.rows:
        amount = int(row[0].text.replace(",", ""))
        signed = amount if (row[1].text == "S") != (row[117].text == "1") else -amount
        found[row[6].text] += signed
        found[row[7].text] -= signed
    return {account: amount for account, amount in found.items() if amount}


def test_every_account_moves_as_in_the_journal(files: dict[str, bytes], books: tuple[str, Context]) -> None:
    """Debtors by their customer numbers, all others by the account of the posting; and the bank by the day."""
    address, _ = books
    expected: Counter[str] = Counter()
    query = (
        select(postings.c.role, postings.c.account, postings.c.amount, customers.c.customer_no)
        .join(exported_entries, exported_entries.c.entry_id == postings.c.entry_id)
        .outerjoin(customers, postings.c.customer_id == customers.c.id)
    )
    for role, account, amount, customer in rows(address, query):
        expected[customer if role == "customer" else account] += amount
    assert _balance(read(files[POSTINGS])) == {account: amount for account, amount in expected.items() if amount}
    days = Counter(day for (day,) in rows(address, select(entries.c.booked_on).where(entries.c.kind != "take_over")))
    assert set(read(files[POSTINGS]).column(10)) == {f"{day:%d%m}" for day in days}


def test_the_debtors_are_those_of_the_postings(files: dict[str, bytes]) -> None:
    file = read(files[POSTINGS])
    used = {account for number in (7, 8) for account in file.column(number) if len(account) == 5}
    assert set(read(files[DEBTORS]).column(1)) == used
