"""Real files by others, read in place: samples and corpus beside the repository. Skipped where they are absent.

INDEX.csv says what a tolerant reader found; it is a help and no oracle. Where it and we differ, the file stands in
EXCEPTIONS with the reason.
"""

import csv
import logging
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import mt940
import pytest

from recon.model.finding import Finding
from recon.model.statement import LineKind, Statement
from recon.statements import read
from sepa.money import parse_amount

Found = list[Statement | Finding]

# Path -> why our entries, sum or balance differ from INDEX.csv.
EXCEPTIONS: dict[str, str] = {}


# Path -> why the amounts of the second reader differ from ours.
ORACLE_EXCEPTIONS = {
    "IsraelIyonsi__Mt940.NET/tests/Mt940.Net.Tests/fixtures/cr-only.sta": "it does not know CR as a line end",
    "my-flow__mt940/test/fixtures/pending.sta": "it does not know @@ as a line end",
    "fruitl00p__php-mt940/_extracted/test__Parser__Banking__Mt940__CurrencyTest.php__01.sta": (
        "it gives one of eight entries; ours close"
    ),
}


@dataclass(frozen=True)
class Row:
    path: str
    format: str
    entries: str
    sum: str
    closes: str


def rows(shared: Path) -> Iterator[Row]:
    with (shared / "corpus" / "INDEX.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield Row(row["path"], row["format"], row["entries"], row["sum"], row["balance_closes"])


def content(shared: Path, path: str) -> bytes:
    """The bytes of a row; ``archive.zip!member`` is a member of a ZIP."""
    archive, _, member = path.partition("!")
    if not member:
        return (shared / "corpus" / path).read_bytes()
    with zipfile.ZipFile(shared / "corpus" / archive) as opened:
        return opened.read(member)


def found_in(data: bytes) -> Found:
    return list(read(BytesIO(data), "f"))


def statements(found: Found) -> list[Statement]:
    return [one for one in found if isinstance(one, Statement)]


def difference(row: Row, found: Found) -> str | None:
    ours = statements(found)
    lines = [line for one in ours for line in one.lines]
    if not ours:
        return "no statement"
    if str(len(lines)) != row.entries:
        return f"{len(lines)} entries, not {row.entries}"
    if row.sum and sum(line.amount for line in lines) != parse_amount(row.sum):
        return f"sum {sum(line.amount for line in lines)}, not {row.sum}"
    gaps = [one.where for one in ours if one.balance_ok is False]
    return f"does not close: {gaps}" if gaps else None


def test_entries_and_sums_agree_where_the_corpus_closes(shared: Path) -> None:
    closing = [row for row in rows(shared) if row.closes == "yes"]
    assert len(closing) > 250
    differences = {row.path: difference(row, found_in(content(shared, row.path))) for row in closing}
    assert {path: told for path, told in differences.items() if told and path not in EXCEPTIONS} == {}
    assert {path for path in EXCEPTIONS if not differences.get(path)} == set()


def test_every_file_of_the_corpus_ends_in_statements_or_findings(shared: Path) -> None:
    silent = []
    for row in rows(shared):
        found = found_in(content(shared, row.path))
        lines = sum(len(one.lines) for one in statements(found))
        told = [one for one in found if isinstance(one, Finding)]
        told += [finding for one in statements(found) for finding in one.findings]
        bank = row.format.startswith(("MT", "camt"))
        fewer = bank and row.entries.isdecimal() and lines < int(row.entries)
        if not found or (fewer and not told):
            silent.append(row.path)
    assert silent == []


def test_amounts_agree_with_the_second_reader_wherever_it_reads_a_file(shared: Path) -> None:
    logging.getLogger("mt940").setLevel(logging.CRITICAL + 1)
    compared = 0
    differing = set()
    for row in rows(shared):
        if not row.format.startswith("MT94"):
            continue
        data = content(shared, row.path)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
        try:
            parsed = mt940.parse(text.replace("\r\n", "\n"))
            theirs = [entry.data["amount"].amount for entry in parsed if "amount" in entry.data]
        except (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError):
            continue  # it refuses about one real file in nine
        compared += 1
        ours = [line.amount for one in statements(found_in(data)) for line in one.lines]
        # Without signs: it books RC and RD the other way round.
        if [abs(amount) for amount in ours] != [abs(int(amount * 100)) for amount in theirs]:
            differing.add(row.path)
    assert compared > 300
    assert differing == set(ORACLE_EXCEPTIONS)


def test_every_archive_of_the_corpus_opens(shared: Path) -> None:
    archives = {row.path.partition("!")[0] for row in rows(shared) if "!" in row.path}
    assert archives
    for archive in sorted(archives):
        inside = [content(shared, row.path) for row in rows(shared) if row.path.startswith(f"{archive}!")]
        separately = [len(one.lines) for data in inside for one in statements(found_in(data))]
        together = [len(one.lines) for one in statements(found_in(content(shared, archive)))]
        assert sorted(together) == sorted(separately)


@pytest.mark.parametrize(
    ("path", "counts", "total"),
    [
        ("railslove__cmxl/spec/fixtures/mt940.txt", [11, 2, 3, 11], 1241460),
        ("railslove__cmxl/spec/fixtures/mt940-deutsche_bank.txt", [11, 2, 3], 1232730),
    ],
)
def test_mt940_of_cmxl(shared: Path, path: str, counts: list[int], total: int) -> None:
    ours = statements(found_in(content(shared, path)))
    assert [len(one.lines) for one in ours] == counts
    assert sum(one.booked for one in ours) == total
    assert all(one.balance_ok for one in ours)


def test_camt_of_hbci4java(shared: Path) -> None:
    folder = "hbci4j__hbci4java/src/test/resources/org/kapott/hbci4java/sepa"
    (report,) = statements(found_in(content(shared, f"{folder}/test-camt-parse-05200102.xml")))
    assert (report.format, len(report.lines), report.balance_ok) == ("camt.052", 2, True)
    (returned,) = statements(found_in(content(shared, f"{folder}/test-camt-ruecklastschrift.xml")))
    (line,) = returned.lines
    assert (line.kind, line.amount, line.original_amount, line.charges, line.return_reason) == (
        LineKind.RETURN,
        -5300,
        5000,
        300,
        "MS03",
    )


def test_samples_of_the_domain_brief(shared: Path) -> None:
    samples = shared / "samples"
    (mt940,) = statements(found_in((samples / "sample.mt940").read_bytes()))
    (camt,) = statements(found_in((samples / "camt053_08.xml").read_bytes()))
    for one in (mt940, camt):
        assert (one.opening, one.closing, one.balance_ok, one.findings) == (100000, 131600, True, ())
        assert [line.amount for line in one.lines] == [11900, 25000, -5300]
        assert [line.kind for line in one.lines] == [LineKind.CREDIT_TRANSFER, LineKind.BATCH, LineKind.RETURN]
        assert [line.bank_ref for line in one.lines] == ["55A11200001", "55A11200002", "55A11200003"]
        first, batch, returned = one.lines
        assert first.remittance == "Rechnung RE-2026-0815 vom 02.11.2026 Kd-Nr 10042 vielen Dank"
        assert first.counterparty.name == "Beispiel Handels und Vertriebs GmbH"
        assert (batch.payment_information_id, batch.transactions) == ("SDD20261113-CORE-RCUR-0001", 5)
        assert (returned.original_amount, returned.charges, returned.return_reason) == (5000, 300, "MD06")
        assert returned.counterparty.name == "Max Muster"
    assert [one.code for one in found_in((samples / "pain008_08.xml").read_bytes()) if isinstance(one, Finding)] == [
        "not-a-statement"
    ]
