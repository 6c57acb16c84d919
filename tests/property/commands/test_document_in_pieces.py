"""A JSON document that is written in pieces is the same, byte for byte, as one that is written whole."""

from contextlib import redirect_stdout
from io import StringIO
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from recon.commands.output import print_document, print_lists, print_streamed

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
rows = st.lists(st.dictionaries(texts, values, max_size=4), max_size=4)
names = st.sampled_from(["findings", "totals"])


def _told(print_it: Any, *given: Any) -> str:
    with redirect_stdout(StringIO()) as out:
        print_it(*given)
    return out.getvalue()


@given(st.dictionaries(st.just("command"), texts, min_size=1), rows, rows, st.dictionaries(names, values))
def test_pain_11_two_lists_in_pieces(
    head: dict[str, Any], first: list[Any], second: list[Any], tail: dict[str, Any]
) -> None:
    whole = _told(print_document, {**head, "notices": first, "excluded": second, **tail})
    assert _told(print_lists, head, (("notices", iter(first)), ("excluded", iter(second))), lambda: tail) == whole


@given(rows, st.integers(0, 3))
def test_pain_11_a_long_list_in_pieces(few: list[Any], times: int) -> None:
    many = few * (times * 200)
    whole = _told(print_document, {"command": "x", "rows": many})
    assert _told(print_streamed, {"command": "x"}, "rows", iter(many), dict) == whole
