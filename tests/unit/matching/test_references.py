"""Where a number of ours is found in a text of the bank, and where not (domain.md 1.4 and 6, pains 4 and 6)."""

import pytest

from recon.matching.references import Standing, find, finder
from recon.matching.text import other_numbers, places, squashed, text_of

FULL, LOOSE = Standing.FULL, Standing.LOOSE
CUSTOMERS = finder({"10042": ("10042",)})

CASES: list[tuple[str, str, Standing | None]] = [
    # as people and banks write it
    ("RE-2026-0815", "RE-2026-0815", FULL),
    ("RE-2026-0815", "Rechnung re 2026 0815 danke", FULL),
    ("RE-2026-0815", "RG.RE/2026/0815", FULL),
    ("RE-2026-0815", "RE.2026.0815", FULL),
    ("RE-2026-0815", "RE-2026-\n0815", FULL),
    ("RE-2026-0815", "R E 2 0 2 6 0 8 1 5", FULL),
    ("RÜ-2026-1", "Rü 2026 1", FULL),
    ("RÜ-2026-1", "RUE20261", FULL),
    ("20260815", "RE20260815", FULL),
    ("20260815", "Rg.-Nr.20260815", FULL),
    # blanks lost at the bank's cuts
    ("RE-2026-0815", "BrilleRE-2026-0815Kd-Nr 4", FULL),
    ("RE-2026-0815", "vom 15.11.2026RE-2026-0815", FULL),
    ("RE-2026-0815", "10042RE-2026-0815", FULL),
    # beside dates, amounts and the customer number
    ("20260815", "20260815 119,00 EUR", FULL),
    ("20260815", "20260815/15.11.2026", FULL),
    ("20260815", "10042/20260815", FULL),
    ("20260815", "Kd 10042 Rg 20260815", FULL),
    ("20260815", "10042-20260815-1", LOOSE),
    # other signs hang on
    ("RE-2026-0815", "RE-2026-0815-2", LOOSE),
    ("RE-2026-0815", "RE-2026-0815A", LOOSE),
    ("RE-2026-0815", "XRE-2026-0815", LOOSE),
    ("RE-2026-0815", "7RE-2026-0815", LOOSE),
    ("20260815", "GS-20260815", LOOSE),
    ("20260815", "2025-20260815", LOOSE),
    ("56789", "1234 567 89 0123", LOOSE),
    # inside something longer
    ("4711", "14711", None),
    ("4711", "47110", None),
    ("RE-2026-0815", "RE-2026-08150", None),
    ("20260815", "120260815", None),
    ("2026-0815", "RE-12026-0815", None),
    # never inside a date, an amount, an IBAN, a creditor identifier, a telephone number
    ("15112", "vom 15.11.2026", None),
    ("112026", "vom 15.11.2026", None),
    ("202611", "2026-11-15", None),
    ("11900", "119,00", None),
    ("119000", "1.190,00 EUR", None),
    ("30000000", "IBAN DE02 1203 0000 0000 2020 51", None),
    ("20205", "DE02120300000000202051", None),
    ("99999999", "CRED DE98ZZZ09999999999", None),
    ("123456", "Tel. 0221 123456", LOOSE),
    ("123456", "0221/123456", LOOSE),
    ("123456", "+49 221 123456", LOOSE),
    ("15.11.2026", "15.11.2026", LOOSE),
    ("260111", "1.190,00, 260 111 29,90, R5", FULL),
    ("190", "408 1.190,00, 26002962", None),
    # around one is fine
    ("RE-2026-11-15", "RE-2026-11-15", FULL),
]


@pytest.mark.parametrize(("number", "text", "expected"), CASES)
def test_number_in_text(number: str, text: str, expected: Standing | None) -> None:
    made = text_of(text)
    hits = find(made, finder({squashed(number): number}), find(made, CUSTOMERS))
    assert (hits[0].standing if hits else None) == expected
    if hits:
        assert squashed(hits[0].found) == squashed(number)


def test_the_longest_number_is_meant() -> None:
    numbers = finder({key: key for key in ("1001", "RE1001", "RE10012")})
    assert [hit.key for hit in find(text_of("RE-1001 und RE-10012"), numbers)] == ["RE1001", "RE10012"]


def test_what_lies_inside_longer_digits_is_no_neighbour() -> None:
    numbers = finder({key: key for key in ("202603", "363", "0711")})
    assert [hit.standing for hit in find(text_of("R-2026/03-3636"), numbers)] == [LOOSE]
    customers = find(text_of("10711RE-2026-0815"), finder({"0711": ("0711",)}))
    assert customers == []
    (hit,) = find(text_of("10711RE-2026-0815"), finder({"RE20260815": 1}), customers)
    assert hit.standing is LOOSE


@pytest.mark.parametrize(
    ("number", "text", "expected"),
    [
        ("BAR", "Rechnung BAR danke", FULL), ("BAR", "Barbara", None), ("BAR", "Bar-X", LOOSE),
        ("BAR-VERKAUF", "bar verkauf", FULL), ("R8-X", "Rechnung R8-X", FULL), ("ABC1", "abc 1", FULL),
        ("ABC1", "ABC12", None), ("ABC12", "abc-12", FULL), ("815", "Rechnung 815", FULL),
        ("815", "Rechnung 8151", None), ("R0815", "R 0815", FULL), ("7X", "7X", None),
    ],
)  # fmt: skip
def test_short_numbers_and_numbers_of_letters(number: str, text: str, expected: Standing | None) -> None:
    hits = find(text_of(text), finder({squashed(number): number}))
    assert (hits[0].standing if hits else None) == expected


def test_numbers_in_a_list_stand_by_themselves() -> None:
    numbers = finder({key: key for key in ("10011", "10012", "10013")})
    for text in ("10011/10012/10013", "10011, 10012 u. 10013", "10011-10012-10013", "10011+10012+10013"):
        assert [hit.standing for hit in find(text_of(text), numbers)] == [FULL, FULL, FULL], text


def test_rf_reference_around_an_invoice_number() -> None:
    numbers = finder({"20261234": "20261234", "RE20261234": "RE20261234"})
    (hit,) = find(text_of("RF20 RE20 2612 34"), numbers)
    assert (hit.key, hit.reference) == ("RE20261234", True)


def test_ibans_are_known_by_their_check_digits() -> None:
    assert other_numbers("RE20 2608 1500 1234 Rechnung") == []
    text = "DE02 1203 0000 0000 2020 51 Max Muster"
    assert other_numbers(text) == [("iban", 0, 27)]


@pytest.mark.parametrize("text", ["", "ß", "Ä1-é2", "ﬁ½", "RE 1", "Ł-Đ"])
def test_places_lead_back(text: str) -> None:
    assert len(places(text)) == len(squashed(text))
