"""What banks can write, and what becomes of the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepa.charset import BASIC, convert, fit, is_basic


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Max Muster", "Max Muster"),
        ("Jürgen Groß & Söhne", "Juergen Gross + Soehne"),
        ("ÄÖÜäöüß", "AEOEUEaeoeuess"),
        ("Café Dvořák Łódź", "Cafe Dvorak Lodz"),
        ("Øre Åse Æble", "Ore Ase AEble"),
        ("Αθήνα", "Athina"),
        ("София", "Sofiya"),
        ("RE_2026#12*7", "RE-2026.12.7"),
        ("[A] {B} C;D", "(A) (B) C,D"),
        ("Miete – Mai „Haus“", "Miete - Mai .Haus."),
        ("a\u00a0b\tc\r\nd", "a b c d"),
        ("  viel   Luft  ", "viel Luft"),
        ("😀", "."),
        ("½", "1/2"),
        ("A\u0308rger", "AErger"),
        ("null\x00byte\u200b", "nullbyte"),
    ],
)
def test_conversion(text: str, written: str) -> None:
    """EPC217-08: letters to their base, signs to their likes, the rest to a full stop."""
    assert convert(text).text == written


def test_umlauts_can_be_kept() -> None:
    kept = convert("Jürgen Groß & Söhne, Dvořák", keep_umlauts=True)
    assert kept.text == "Jürgen Groß & Söhne, Dvorak"
    assert kept.replaced == (("ř", "r"), ("á", "a"))


def test_replaced_characters_are_listed_once_in_order() -> None:
    assert convert("öäö&").replaced == (("ö", "oe"), ("ä", "ae"), ("&", "+"))
    assert convert("plain text").replaced == ()


@pytest.mark.parametrize("text", ["", "   ", "\t\n", "😀😀", "...", "-/-", "\u200b", "\u00a0"])
def test_a_text_that_says_nothing_is_empty(text: str) -> None:
    """Anlage 3 V26.11: a text of blanks may cost the whole file."""
    assert fit(text, 70).text == ""


def test_a_long_text_is_cut_and_says_so() -> None:
    made = fit("Muster " * 20, 70)
    assert made.cut
    assert len(made.text) <= 70
    assert made.text == made.text.strip()
    assert not fit("M" * 70, 70).cut
    assert fit("ß" * 40, 70).text == "s" * 70


@given(st.text(max_size=300), st.integers(1, 140), st.booleans())
def test_whatever_comes_in_can_be_written(text: str, limit: int, keep: bool) -> None:
    made = fit(text, limit, keep)
    assert len(made.text) <= limit
    assert is_basic(made.text, german=keep)
    assert made.text == "" or made.text.strip() == made.text
    assert fit(made.text, limit, keep).text == made.text
    assert convert(text).text == convert(convert(text).text).text


@given(st.text(alphabet=sorted(BASIC), max_size=100))
def test_the_basic_set_stays_as_it_is(text: str) -> None:
    assert convert(text).replaced == ()
    assert convert(text).text.split() == text.split()
