"""Numbers one typing error away: many are found by an index, few by looking at each, and both find the same."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from recon.matching.typos import near_index
from recon.model.items import OpenItem, Part, PartKind

DIGITS = st.text("0123", min_size=4, max_size=7).map("2".__add__)
# More than are looked at one by one.
MANY = [str(number) for number in range(4_600_000, 4_602_000, 5)]


def _items(numbers: list[str]) -> list[OpenItem]:
    parts = (Part(PartKind.TOTAL, 100, 100, date(2026, 11, 1)),)
    return [OpenItem(at, number, "1", 100, 100, "EUR", parts) for at, number in enumerate(numbers)]


@given(st.lists(DIGITS, max_size=20, unique=True), DIGITS)
def test_one_error_is_found_among_few_and_among_many(numbers: list[str], written: str) -> None:
    expected = [number for number in numbers if OSA.distance(written, number) == 1]
    for index in (near_index(_items(numbers)), near_index(_items([*numbers, *MANY]))):
        near = index.look_up(f"Rechnung {written}")
        assert [found.item.invoice_no for found in near] == expected
        assert all(found.found == written for found in near)
