"""Columns of many values: what is asked of them is what a list or a dictionary would say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.matching.columns import Codes, bearers, key_table, texts_of

# Few letters, so that keys come twice and one is the beginning of another.
KEYS = st.lists(st.text("0aé", max_size=3), max_size=200)


@given(KEYS)
def test_texts_are_those_of_the_list(texts: list[str]) -> None:
    column = texts_of(texts)
    assert [column[at] for at in range(len(column))] == list(column) == texts


@given(KEYS)
def test_codes_are_numbers_from_0_in_the_order_of_the_values(values: list[str]) -> None:
    codes: Codes[str] = Codes()
    found = [codes[value] for value in values]
    assert [list(codes)[code] for code in found] == values
    assert list(codes.values()) == list(range(len(codes)))


@given(KEYS, st.text("0aé", max_size=3))
def test_a_table_of_keys_leads_to_all_places_of_a_key(keys: list[str], other: str) -> None:
    expected = {key: [at for at, one in enumerate(keys) if one == key] for key in keys}
    found = key_table(keys)
    assert dict(found) == expected
    assert len(found) == len(list(found)) == len(expected)
    assert (other in found) == (other in expected)
    assert found.get(other, []) == expected.get(other, [])


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError, match="RE1"):
        key_table(["RE2"])["RE1"]


@given(st.lists(st.tuples(st.text("0a", max_size=2), st.text("0a", max_size=2)), max_size=50))
def test_bearers_are_those_of_all_pairs(pairs: list[tuple[str, str]]) -> None:
    found = bearers(pairs)
    assert dict(found) == {key: tuple(sorted({one for mine, one in pairs if mine == key})) for key, _ in pairs}
    assert "b" not in found
