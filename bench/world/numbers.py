"""Invoice numbers in the styles that companies use, and what their customers make of them."""

import random
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

_YEAR: Final = 26
_FIRST_DAY: Final = date(2026, 1, 2)

# style -> the number with a serial. One digit more where the serial outgrows its places, as programs do it.
STYLES: Final[dict[str, Callable[[int], str]]] = {
    "prefix-year": lambda n: f"RE-2026-{n:05}",
    "year-slash": lambda n: f"2026/{n:04}",
    "letter": lambda n: f"R{40_000 + n}",
    "digits-5": lambda n: f"{10_000 + n}",
    "digits-6": lambda n: f"{200_000 + n}",
    "digits-7": lambda n: f"{3_100_000 + n}",
    "digits-8": lambda n: f"{26_000_000 + n}",
    "digits-9": lambda n: f"{902_600_000 + n}",
    "digits-10": lambda n: f"{2_026_000_000 + n}",
    "spaced": lambda n: f"INV {_YEAR}-{1000 + n}-{'ABCD'[n % 4]}",
    "branch": lambda n: f"{('HH', 'K', 'M')[n % 3]}-{_YEAR}-{n:05}",
    "check-digit": lambda n: _with_check_digit(f"{4_100_000 + n}"),
    "day": lambda n: f"{_day(n):%Y%m%d}{n % 1000:03}",
    "day-dash": lambda n: f"{_day(n):%y%m%d}-{n % 1000:03}",
    "year-last": lambda n: f"{n:05}-2026",
    "letters": lambda n: f"AB{_YEAR}XK{n:05}",
    "month": lambda n: f"R-2026/{n // 1000 % 12 + 1:02}-{n % 1000:04}",
    "serial-year": lambda n: f"{n + 100}/26",
    "zeros": lambda n: f"F{n:08}",
    "word": lambda n: f"Rg{5_000 + n}",
    "short": lambda n: f"{n + 16}",
}
# How often a style stands in a world of many styles.
MIXED: Final[dict[str, int]] = {
    "prefix-year": 20, "year-slash": 10, "letter": 8, "digits-5": 5, "digits-6": 6, "digits-7": 9, "digits-8": 8,
    "digits-9": 5, "digits-10": 5, "spaced": 5, "branch": 6, "check-digit": 4, "day": 3, "day-dash": 3, "year-last": 3,
    "letters": 3, "month": 4, "serial-year": 3, "zeros": 3, "word": 2, "short": 1,
}  # fmt: skip
# Numbers of four digits and fewer are soon used up.
SHORT_NUMBERS: Final = 9_000

_TOKENS: Final = re.compile(r"[A-Za-z]+|\d+|[^A-Za-z\d]+")
_LOOKALIKES: Final = {"0": "O", "1": "I", "8": "B", "5": "S"}


def squashed(text: str) -> str:
    """Letters and digits alone, upper case."""
    return "".join(sign for sign in text.upper() if sign.isalnum())


def respaced(chance: random.Random, number: str) -> str:
    """The same letters and digits, other blanks, hyphens and slashes between them, another case."""
    tokens: list[str] = [token for token in _TOKENS.findall(number) if token[0].isalnum()]
    sign = chance.choice(("", " ", "-", "/", " - ", " / "))
    if len(tokens) == 1 or sign + tokens[0] == "":
        return number.lower()
    made = tokens[0]
    for token in tokens[1:]:
        made += sign + token
    return chance.choice((made, made.lower(), made.upper()))


def pointed(chance: random.Random, number: str) -> str | None:
    """Signs between the parts that no bank's rule speaks of: a point, an underscore, a colon."""
    tokens = [token for token in _TOKENS.findall(number) if token[0].isalnum()]
    return chance.choice((".", "_", ":", ", ", "#")).join(tokens) if len(tokens) > 1 else None


def shortened(chance: random.Random, number: str) -> str | None:
    """The number without its prefix, its year or its leading zeros; ``None`` where it has nothing to leave out."""
    usable = [text for text in _shorter(number) if sum(sign.isdigit() for sign in text) >= 3 and text != number]
    return chance.choice(usable) if usable else None


def short_forms(number: str) -> frozenset[str]:
    """The letters and digits of a number in every shorter form that a customer might give it."""
    once = _shorter(number)
    return frozenset(squashed(text) for text in (number, *once, *(twice for text in once for twice in _shorter(text))))


def _shorter(number: str) -> list[str]:
    tokens = _TOKENS.findall(number)
    found = []
    if tokens[0].isalpha() and len(tokens) > 1:
        found.append("".join(tokens[1:]).lstrip(" -/"))
    if "2026" in tokens[:-1]:
        at = tokens.index("2026")
        found.append("".join([*tokens[:at], "26", *tokens[at + 1 :]]))
        found.append("".join(tokens[at + 1 :]).lstrip(" -/"))
    if number.endswith("-2026"):
        found.append(number[:-5])
    if tokens[-1].startswith("0"):
        found.append("".join([*tokens[:-1], tokens[-1].lstrip("0")]))
    return found


def mistyped(chance: random.Random, number: str) -> str:
    """One slip of the finger in the last digits: changed, swapped, left out, twice, or a letter that looks like it."""
    places = [at for at, sign in enumerate(number) if sign.isdigit()]
    at = chance.choice(places[-5:])
    slip = chance.choice(("change", "change", "swap", "swap", "drop", "double", "lookalike"))
    if slip == "swap":
        pairs = [one for one in places[-5:] if number[one + 1 : one + 2].isdigit() and number[one + 1] != number[one]]
        if pairs:
            at = chance.choice(pairs)
            return number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    if slip == "drop":
        return number[:at] + number[at + 1 :]
    if slip == "double":
        return number[:at] + number[at] + number[at:]
    if slip == "lookalike" and number[at] in _LOOKALIKES:
        return number[:at] + _LOOKALIKES[number[at]] + number[at + 1 :]
    digit = chance.choice([sign for sign in "0123456789" if sign != number[at]])
    return f"{number[:at]}{digit}{number[at + 1 :]}"


def one_slip(one: str, other: str) -> bool:
    """Whether one slip (a sign changed, left out, added, two neighbours swapped) leads from one text to the other."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1 or one == other:
        return one == other
    at = next((at for at, sign in enumerate(one) if other[at] != sign), len(one))
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    swapped = one[at : at + 2][::-1] == other[at : at + 2] and one[at + 2 :] == other[at + 2 :]
    return one[at + 1 :] == other[at + 1 :] or swapped


def tail(number: str) -> tuple[str, str]:
    """A number as what stands before its last run of digits, and that run."""
    found = re.search(r"\d+(?=\D*$)", number)
    assert found is not None
    return number[: found.start()], found.group()


def creditor_reference(number: str) -> str:
    """The structured creditor reference of a number (ISO 11649): RF, check digits by 97-10, the number."""
    body = squashed(number)[-21:]
    digits = "".join(str(int(sign, 36)) for sign in f"{body}RF00")
    return f"RF{98 - int(digits) % 97:02}{body}"


def _day(serial: int) -> date:
    return _FIRST_DAY + timedelta(days=serial // 1000)


def _with_check_digit(body: str) -> str:
    """With the digit of Luhn's rule."""
    total = 0
    for place, sign in enumerate(reversed(body)):
        digit = int(sign) * (2 if place % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return f"{body}{-total % 10}"
