"""Reports of banks as files: what is read from them, and what their answers come to."""

import csv
from pathlib import Path

import pytest

from sepa.pain002 import read
from sepa.status_report import Answer, Level, Standing, resolved

HERE = Path(__file__).with_name("pain002")


def _told(name: str) -> list[tuple[str, str | None, str | None, str | None, str | None]]:
    report = read((HERE / name).read_bytes())
    assert report.problems == ()
    return [
        (one.level.value, one.block_id, one.end_to_end_id, one.status, one.reason or one.proprietary)
        for one in resolved(report)
    ]


def test_a_status_and_a_reason_go_to_all_below() -> None:
    """A block that is rejected rejects the transaction under it that says nothing, with its reason and words; what is
    accepted only in part says nothing of any single one."""
    assert _told("levels_03.xml") == [
        ("group", None, None, "PART", None),
        ("block", "OPOS-20261120-0001-1", None, "RJCT", "DT01"),
        ("transaction", "OPOS-20261120-0001-1", "OPOS-20261120-0001-0001", "RJCT", "DT01"),
        ("block", "OPOS-20261120-0001-2", None, "PART", None),
        ("transaction", "OPOS-20261120-0001-2", "OPOS-20261120-0001-0003", "RJCT", "BANK-INTERNAL-7"),
        ("transaction", "OPOS-20261120-0001-2", "OPOS-20261120-0001-0004", "ACCP", None),
    ]
    report = read((HERE / "levels_03.xml").read_bytes())
    assert (report.version, report.message_id, report.original_message_id, report.original_message_name) == (
        "pain.002.001.03", "BANK-2026-11-23-1", "OPOS-20261120-0001", "pain.008.001.02",
    )  # fmt: skip
    third = report.answers[4]
    assert (third.amount, third.currency, third.mandate_id) == (15860, "EUR", "M-10003-1")
    assert [one.info for one in resolved(report)][2] == "Faelligkeit liegt in der Vergangenheit"


def test_a_file_refused_as_a_whole() -> None:
    """Version .001.10, with a prefix before every name."""
    assert _told("group_rejected_10.xml") == [("group", None, None, "RJCT", "FF01")]
    assert read((HERE / "group_rejected_10.xml").read_bytes()).version == "pain.002.001.10"


def test_transactions_beside_the_group() -> None:
    """Small letters of codes are as good as capitals; of several reasons the first with a code counts."""
    report = read((HERE / "beside_the_group_10.xml").read_bytes())
    assert report.answers[1] == Answer(
        Level.TRANSACTION, 2, "OPOS-20261120-0003-1", "OPOS-20261120-0003-0001", "RJCT", "AC04", None, None, 1230, "USD"
    )


def test_reports_of_others(shared: Path) -> None:
    """Every pain.002 of the corpus is read, or refused with a problem that says why: none of the two by an exception.
    What is there of direct debits is told right."""
    index = shared / "corpus" / "INDEX.csv"
    if not index.is_file():
        pytest.skip("there is no corpus in ../shared")
    with index.open(encoding="utf-8", newline="") as rows:
        paths = [shared / "corpus" / row[0] for row in csv.reader(rows) if any("pain.002" in cell for cell in row[:6])]
    found = [path for path in paths if path.is_file()]
    if not found:
        pytest.skip("the corpus holds no pain.002")
    reports = {path.name: read(path.read_bytes()) for path in found}
    assert len([one for one in reports.values() if one.answers]) >= len(reports) * 3 // 4
    rejected = [one for report in reports.values() for one in resolved(report) if one.standing is Standing.REJECTED]
    assert len(rejected) > 10
    assert {"AC01", "AM04", "MD06", "MS02"} <= {one.reason for one in rejected}
