"""A delivery 0601 as it goes to Betalingsservice, with text lines and without (A-27); and each of its columns."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from sepa.pbs import Collection, Creditor, Delivery, Text
from sepa.pbs0601 import write
from sepa.pbs0601_check import check

_HERE = Path(__file__).parent
CREDITOR = Creditor("Optik Beispiel GmbH", "12345678", "BS1", "87654321", "00007", "0040", "440116243", "OPOS")
DELIVERY = Delivery(
    CREDITOR,
    17,
    date(2026, 11, 19),
    (
        Collection("90001", "55", "Søren Eksempel", "Prøvevej 1", "2100", date(2026, 12, 1), 133456, "000000001",
                   (Text("Faktura RE-1 af 01.11.2026", 123456), Text("Faktura RE-2 af 02.11.2026", 10000))),
        Collection("90002", "0", "Dvořák Prøve ApS", "En meget lang prøvevej med et langt navn 123, 4. sal", "8000",
                   date(2026, 12, 31), 999_999_999, "000000002",
                   (Text("Faktura RE-2026-0000000000000000000000003 af 03.11.2026", 999_999_999),
                    Text("Tak for handlen"))),
    ),
)  # fmt: skip


@pytest.mark.parametrize(("text_lines", "name"), [(True, "pbs0601.lst"), (False, "pbs0601_without_bs052.lst")])
def test_the_delivery_is_the_golden_one(text_lines: bool, name: str) -> None:
    content = write(replace(DELIVERY, text_lines=text_lines))
    assert content == (_HERE / name).read_bytes()
    found, problems = check(content)
    assert problems == ()
    assert [one.amount for one in found] == [133456, 999_999_999]


def test_a27_without_text_lines_only_they_and_their_count_are_gone() -> None:
    full = write(DELIVERY).decode("latin-1").splitlines()
    bare = write(replace(DELIVERY, text_lines=False)).decode("latin-1").splitlines()
    kept = [line for line in full if not line.startswith("BS052")]
    assert len(full) - len(bare) == 5
    assert bare[:-2] == kept[:-2]
    for one, other in zip(bare[-2:], kept[-2:], strict=True):
        assert (one[57:68], other[57:68]) == ("0" * 11, "0" * 10 + "5")
        assert one[:57] + one[68:] == other[:57] + other[68:]


@pytest.mark.parametrize(
    ("line", "first", "last", "told"),
    [
        (1, 1, 5, "BS002"), (1, 6, 13, "12345678"), (1, 14, 16, "BS1"), (1, 17, 20, "0601"), (1, 21, 30, "0000000017"),
        (1, 31, 49, " " * 19), (1, 50, 55, "191126"),
        (2, 6, 13, "87654321"), (2, 14, 17, "0112"), (2, 18, 22, " " * 5), (2, 23, 27, "00007"),
        (2, 28, 42, "OPOS           "), (2, 43, 46, " " * 4), (2, 47, 54, "19112026"), (2, 55, 58, "0040"),
        (2, 59, 68, "0440116243"), (2, 69, 128, "Optik Beispiel GmbH".ljust(60)),
        (3, 14, 17, "0240"), (3, 18, 22, "00001"), (3, 23, 27, "00007"), (3, 28, 42, "000000000090001"),
        (3, 43, 51, "0" * 9), (3, 52, 86, "Søren Eksempel".ljust(35)),
        (4, 18, 22, "00002"), (4, 52, 86, "Prøvevej 1".ljust(35)),
        (5, 18, 22, "00009"), (5, 52, 66, " " * 15), (5, 67, 70, "2100"), (5, 71, 73, "DK "),
        (6, 1, 5, "BS042"), (6, 14, 17, "0280"), (6, 18, 22, "00000"), (6, 28, 42, "000000000090001"),
        (6, 43, 51, "000000055"), (6, 52, 59, "01122026"), (6, 60, 60, "1"), (6, 61, 73, "0000000133456"),
        (6, 74, 82, "000000001"), (6, 83, 103, " " * 21), (6, 104, 105, "00"),
        (7, 1, 5, "BS052"), (7, 14, 17, "0241"), (7, 18, 22, "00001"), (7, 43, 51, "000000055"), (7, 52, 52, " "),
        (7, 53, 90, "Faktura RE-1 af 01.11.2026".ljust(38)), (7, 91, 99, "  1234,56"),
        (8, 18, 22, "00002"), (8, 91, 99, "   100,00"),
        # Two lines of street; the name in Latin-1; an amount too wide for its column on a line of its own.
        (9, 52, 86, "Dvorák Prøve ApS".ljust(35)), (10, 52, 86, "En meget lang prøvevej med et langt".ljust(35)),
        (11, 18, 22, "00003"), (11, 52, 86, "navn 123, 4. sal".ljust(35)), (12, 18, 22, "00009"),
        (13, 52, 59, "31122026"), (13, 61, 73, "0000999999999"),
        (14, 53, 112, "Faktura RE-2026-0000000000000000000000003 af 03.11.2026".ljust(60)),
        (15, 53, 112, "9999999,99".rjust(47).ljust(60)), (16, 53, 112, "Tak for handlen".ljust(60)),
        (17, 1, 5, "BS092"), (17, 14, 17, "0112"), (17, 18, 22, "00000"), (17, 23, 27, "00007"), (17, 28, 31, " " * 4),
        (17, 32, 42, "00000000002"), (17, 43, 57, "000001000133455"), (17, 58, 68, "00000000005"),
        (17, 69, 83, " " * 15), (17, 84, 94, "00000000007"),
        (18, 1, 5, "BS992"), (18, 6, 13, "12345678"), (18, 14, 16, "BS1"), (18, 17, 20, "0601"),
        (18, 21, 31, "00000000001"), (18, 32, 42, "00000000002"), (18, 43, 57, "000001000133455"),
        (18, 58, 68, "00000000005"), (18, 69, 83, "0" * 15), (18, 84, 94, "00000000007"), (18, 95, 128, "0" * 34),
    ],
)  # fmt: skip
def test_each_column_by_the_table(line: int, first: int, last: int, told: str) -> None:
    """Positions as domain.md section 10 gives them, counted from 1."""
    records = (_HERE / "pbs0601.lst").read_bytes().decode("latin-1").split("\r\n")
    assert records[line - 1][first - 1 : last] == told
    assert len(records[line - 1]) == 128
