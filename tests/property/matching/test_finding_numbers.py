"""Numbers are looked up where digits begin only: nothing is lost by it, whatever the numbers and the text are."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from recon.matching.references import MIN_SEARCHED, finder
from recon.matching.text import Text, other_numbers, others_at, text_of

NUMBERS = st.lists(st.text("AR012", min_size=1, max_size=7), min_size=1, max_size=8)
TEXTS = st.lists(
    st.sampled_from(["A", "R", "RE", "RF", "0", "1", "2", "12", "2021", " ", "-", "/", ".", "ß", "ä", "½"])
)
NO_NUMBERS = st.lists(
    st.sampled_from([
        "DE02120300000000202051", "DE02 1203 0000 0000 2020 51", "IBAN", "DE98ZZZ09999999999", "RE20 2608 1500 1234",
        "15.11.2026", "2026/1/2", "99.99.", "5.6.", "1.190,00", "119,00", "12.50", "+49 221 123456", "0221/123456",
        "0049221123456", "Tel. ", "FAX", "4711 0815", "RE-2026-0815", "0", "7", "12", " ", ".", ",", "-", "/", "+", "x",
        "ä", "½", "٣",
    ])
)  # fmt: skip


def _everywhere(text: Text, numbers: list[str]) -> set[tuple[int, int, str]]:
    """Every place where a number stands and digits of the text do not go on before or behind it."""
    found = set()
    for key in numbers:
        for at in (found.start() for found in re.finditer(f"(?={key})", text.flat)):
            start, last = text.places[at], text.places[at + len(key) - 1]
            before, after = text.raw[:start][-1:], text.raw[last + 1 :][:1]
            inside = (key[0].isdigit() and before.isdigit()) or (key[-1].isdigit() and after.isdigit())
            if len(key) >= MIN_SEARCHED and not inside:
                found.add((at, at + len(key), key))
    return found


@given(NUMBERS, TEXTS)
@example(["2021"], ["RF", "12", "2021"])
@example(["0120", "0121"], ["0", "12", "0"])
def test_every_number_that_stands_by_itself_is_found(numbers: list[str], parts: list[str]) -> None:
    text = text_of("".join(parts))
    found = finder(dict.fromkeys(numbers, 1)).occurrences(text)
    assert len(found) == len(set(found))
    behind_rf = {one for one in found if text.flat[: one[0]][-4:-2] == "RF"}
    assert set(found) - behind_rf == _everywhere(text, sorted(set(numbers))) - behind_rf


@given(NO_NUMBERS)
def test_what_is_no_number_of_ours_is_found_wherever_it_stands(parts: list[str]) -> None:
    raw = "".join(parts)
    assert other_numbers(raw) == others_at(raw, range(len(raw)))
