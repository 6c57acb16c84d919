"""Whatever bytes come in, the check answers; what breaks the sums never passes."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sepa.pain008_check import validate

GOOD = (Path(__file__).parents[2] / "golden" / "sepa" / "core_two_blocks_08.xml").read_bytes()
PIECES = st.sampled_from([
    b"", b"<", b">", b"&", b"&#0;", b"\x00", b"\xff", b"<!--", b"-->", b"<![CDATA[x]]>", b"<?x y?>", b"</Document>",
    b"<DrctDbtTxInf>", b"</PmtInf>", b" ", b"9", b"-", "ß".encode(), b"<!DOCTYPE x>", b"]]>", b"xmlns='urn:x'",
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    cuts=st.lists(
        st.tuples(st.integers(0, len(GOOD)), st.integers(0, 40), st.one_of(PIECES, st.binary(max_size=8))), max_size=4
    )
)
def test_a_damaged_file_gets_an_answer(cuts: list[tuple[int, int, bytes]]) -> None:
    """Places of the file replaced at random: a tuple of problems comes back, never an exception."""
    data = GOOD
    for start, length, piece in cuts:
        data = data[:start] + piece + data[start + length :]
    problems = validate(data)
    assert all(problem.code for problem in problems)
    if data == GOOD:
        assert problems == ()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    assert validate(data)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3), st.booleans())
def test_a_debit_lost_or_doubled_is_found_out(number: int, doubled: bool) -> None:
    parts = GOOD.split(b"<DrctDbtTxInf>")
    head, rest = parts[0], parts[1:]
    chosen = rest[number]
    end = chosen.index(b"</DrctDbtTxInf>") + len(b"</DrctDbtTxInf>")
    whole = b"<DrctDbtTxInf>" + chosen[:end]
    data = head + b"".join(b"<DrctDbtTxInf>" + part for part in rest)
    spoiled = data.replace(whole, whole * 2 if doubled else b"", 1)
    assert spoiled != data == GOOD
    assert validate(spoiled) != ()
