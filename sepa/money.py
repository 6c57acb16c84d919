"""Amounts of money as whole numbers of minor units.

An amount is an ``int`` beside its ISO 4217 currency code. One unit is 1/100 of the currency, and 1/1000 (1/10000) for
the few currencies that have three (four) decimals; a yen is 100 units too, so that every amount can be shown with at
least two decimals. No float ever holds money.
"""

import re
from typing import Final, Literal

Language = Literal["de", "en"]

DEFAULT_SCALE: Final = 2
# ISO 4217 currencies with more than two decimals.
WIDE_SCALES: Final[dict[str, int]] = {
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3, "CLF": 4, "UYW": 4,
}  # fmt: skip
# A bank amount has at most 18 digits (ISO 20022 ActiveCurrencyAndAmount); BIGINT holds them with four decimals.
MAX_DIGITS: Final = 18

_PLAIN = re.compile(r"([+-]?)(\d+)(?:[.,](\d*))?\Z", re.ASCII)
_GROUPED_COMMA = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d*\Z", re.ASCII)
_GROUPED_POINT = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d*\Z", re.ASCII)
_AMBIGUOUS = re.compile(r"[+-]?\d{1,3}[.,]\d{3}\Z", re.ASCII)


class AmountError(ValueError):
    """A text that is no amount. ``reason`` is one of ``empty``, ``ambiguous``, ``not-a-number``, ``precision``,
    ``too-large``."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(f"{reason}: {text!r}")
        self.reason = reason
        self.text = text


def scale(currency: str) -> int:
    """Number of decimals that opos keeps for a currency.

    >>> scale("EUR"), scale("KWD"), scale("JPY")
    (2, 3, 2)
    """
    return WIDE_SCALES.get(currency, DEFAULT_SCALE)


def parse_amount(text: str, currency: str = "EUR") -> int:
    """Read a bank's amount: digits with at most one decimal sign, comma or point; no grouping.

    >>> parse_amount("1000,00"), parse_amount("9,"), parse_amount("-12.3"), parse_amount("000000000150,25")
    (100000, 900, -1230, 15025)
    >>> parse_amount("1.10000")
    110

    Raises AmountError; ``precision`` when decimals beyond the currency's own are not zero.
    """
    found = _PLAIN.match(text.strip())
    if found is None:
        raise AmountError("not-a-number" if text.strip() else "empty", text)
    sign, whole, fraction = found[1], found[2], found[3] or ""
    places = scale(currency)
    if len(fraction) > places:
        if fraction[places:].strip("0"):
            raise AmountError("precision", text)
        fraction = fraction[:places]
    whole = whole.lstrip("0")
    if len(whole) + places > MAX_DIGITS:
        raise AmountError("too-large", text)
    minor = int(whole + fraction.ljust(places, "0"))
    return -minor if sign == "-" else minor


def parse_typed_amount(text: str, currency: str = "EUR") -> int:
    """Read an amount as people and spreadsheets write it (users.md 2.8): ``1234,56``, ``1.234,56``, ``1234.56``,
    ``1,234.56``, a minus before or behind (SAP: ``100,00-``), a currency sign or code around it.

    >>> [parse_typed_amount(t) for t in ("1.234,56", "1234.56", "100,00-", "12 €", "1,234.56")]
    [123456, 123456, -10000, 1200, 123456]

    Raises AmountError; ``ambiguous`` for ``1.234`` and ``1,234``, which may mean a thousand or one.
    """
    bare = text.replace("\u00a0", " ").strip()
    bare = re.sub(rf"^(?:€|{re.escape(currency)})\s*|\s*(?:€|{re.escape(currency)})$", "", bare).strip()
    bare = bare.replace("\u2212", "-").replace("'", "")
    if bare.endswith("-"):
        bare = "-" + bare[:-1].strip()
    if _AMBIGUOUS.match(bare):
        raise AmountError("ambiguous", text)
    if _GROUPED_COMMA.match(bare):
        bare = bare.replace(".", "")
    elif _GROUPED_POINT.match(bare):
        bare = bare.replace(",", "")
    return parse_amount(bare, currency) if bare else parse_amount(text, currency)


def plain(minor: int, currency: str = "EUR") -> str:
    """The machine form: a point, at least two decimals, a leading minus.

    >>> plain(123456), plain(-5), plain(1234, "KWD")
    ('1234.56', '-0.05', '1.234')
    """
    places = scale(currency)
    digits = str(abs(minor)).rjust(places + 1, "0")
    return f"{'-' if minor < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def shown(minor: int, language: Language, currency: str = "EUR") -> str:
    """The form for people, without the currency: ``1.234,56`` in German, ``1,234.56`` in English.

    >>> shown(123456, "de"), shown(-123456, "en")
    ('1.234,56', '-1,234.56')
    """
    whole, _, fraction = plain(abs(minor), currency).partition(".")
    grouped = f"{int(whole):,}"
    text = f"{grouped}.{fraction}" if language == "en" else f"{grouped.replace(',', '.')},{fraction}"
    return f"-{text}" if minor < 0 else text
