"""``opos read`` on real files of banks and other programs: counts and sums as they are in the files."""

from pathlib import Path

import pytest

from sepa.money import parse_amount
from tests.commandline import document

SHARED = Path(__file__).resolve().parents[3] / "shared"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared with the real bank files is not here")
CMXL = "corpus/railslove__cmxl/spec/fixtures"
HBCI = "corpus/hbci4j__hbci4java/src/test/resources/org/kapott/hbci4java/sepa"

# file, format, statements, lines, sum of the lines in minor units
FILES = [
    (f"{CMXL}/mt940.txt", "mt940", 4, 27, 1241460),
    (f"{CMXL}/mt940-deutsche_bank.txt", "mt940", 3, 16, 1232730),
    (f"{HBCI}/test-camt-parse-05200102.xml", "camt.052", 1, 2, None),
    (f"{HBCI}/test-camt-ruecklastschrift.xml", "camt.052", 1, 1, -5300),
    ("samples/sample.mt940", "mt940", 1, 3, 31600),
    ("samples/camt053_08.xml", "camt.053", 1, 3, 31600),
]


@needs_shared
@pytest.mark.parametrize(("name", "form", "statements", "lines", "total"), FILES, ids=[row[0] for row in FILES])
def test_counts_and_sums(name: str, form: str, statements: int, lines: int, total: int | None) -> None:
    found = document("read", str(SHARED / name))
    assert len(found["statements"]) == statements
    assert {entry["format"] for entry in found["statements"]} == {form}
    every = [line for entry in found["statements"] for line in entry["lines"]]
    assert len(every) == lines
    if total is not None:
        assert sum(parse_amount(line["amount"], line["currency"]) for line in every) == total
    # The returned debit stands alone in an extract of a report: its balances are those of the whole day.
    assert all(entry["balance_ok"] is not False for entry in found["statements"]) or "ruecklastschrift" in name


@needs_shared
def test_the_xml_files_that_are_no_statements_say_so() -> None:
    """pain.001 files and empty documents end in a finding, not in a statement and not in silence."""
    for path in sorted((SHARED / "corpus/hbci4j__hbci4java").rglob("*.xml")):
        if "camt-parse-052" in path.name or "ruecklastschrift" in path.name:
            continue
        found = document("read", str(path), code=4)
        assert found["statements"] == []
        assert found["findings"], path.name


@needs_shared
def test_a_return_with_all_it_says() -> None:
    """The sample's returned debit: amounts, reason, mandate and the debtor as counterparty, in both formats."""
    for name in ("samples/sample.mt940", "samples/camt053_08.xml"):
        line = document("read", str(SHARED / name))["statements"][0]["lines"][2]
        assert (line["kind"], line["amount"], line["original_amount"], line["charges"]) == (
            "return", "-53.00", "50.00", "3.00",
        ), name  # fmt: skip
        assert (line["end_to_end_id"], line["mandate_id"], line["return_reason"], line["gvc"]) == (
            "E2E-2026-11-10042", "M-10042-1", "MD06", "109",
        ), name  # fmt: skip
        assert line["counterparty"]["name"] == "Max Muster"
        assert line["counterparty"]["iban"] == "DE42100100100000067890"
