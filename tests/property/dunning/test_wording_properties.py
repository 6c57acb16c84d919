"""Whatever is typed: a text that may be saved can be filled, and what is filled in comes out as it is."""

from hypothesis import example, given
from hypothesis import strategies as st

from recon.dunning.wording import PLACEHOLDERS, fill, one_line, problems, tidy

_PIECES = st.one_of(
    st.sampled_from([*(f"{{{name}}}" for name in PLACEHOLDERS), "{{", "}}", "{", "}", "{kunde}", "\n", "\r\n", "\x00"]),
    st.text(max_size=8),
)


@given(st.lists(_PIECES, max_size=12).map("".join))
@example("{{{total}}}")
@example("}}{{")
def test_a_text_that_may_be_saved_can_be_filled(text: str) -> None:
    kept = tidy(text)
    facts = dict.fromkeys(PLACEHOLDERS, "{n}<b>#")
    if problems("before", kept, "x") == ():
        told = fill(kept, facts)
        quoted = kept.replace("{{", "").replace("}}", "").count("{")
        assert told.count("{n}<b>#") >= quoted
    assert tidy(kept) == kept


@given(st.text())
def test_a_fact_is_one_line_of_what_can_be_seen(text: str) -> None:
    told = one_line(text)
    assert told.isprintable()
    assert told == told.strip()
    assert one_line(told) == told
