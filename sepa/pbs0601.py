"""Writing a delivery 0601: collections to Betalingsservice, one section 0112 (automatic payment).

BS002, BS012, for each debtor BS022 three or four times, BS042 and BS052 as often as there are lines, BS092, BS992.
Numbers stand at the right and are filled up with zeros, texts at the left with blanks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from sepa.pbs import (
    AMOUNT_TEXT,
    AMOUNT_WIDTH,
    COLLECTIONS,
    ENCODING,
    LINE_END,
    MAX_LINE,
    MAX_TEXT,
    RECORD,
    SECTION,
    Collection,
    Creditor,
    Delivery,
    Text,
    address_lines,
    latin,
)

_NAME: Final = 1
_POSTCODE: Final = 9


@dataclass(frozen=True, slots=True)
class _Field:
    """A value from a position on (counted from 1), over so many characters."""

    start: int
    width: int
    value: str | int


class FieldError(ValueError):
    """A value that its field cannot hold: a broken promise of whoever planned the delivery."""


def write(delivery: Delivery) -> bytes:
    """The bytes of a delivery; the same delivery gives the same bytes. Raises FieldError."""
    return "".join(f"{record}{LINE_END}" for record in _records(delivery)).encode(ENCODING)


def text_records(delivery: Delivery, collection: Collection) -> tuple[str, ...]:
    """The text lines of a collection, as they stand in positions 53 to 112; none where they are switched off (A-27)."""
    if not delivery.text_lines:
        return ()
    return tuple(line for text in collection.texts for line in _lines(text))


def _records(delivery: Delivery) -> Iterator[str]:
    by = delivery.creditor
    count = total = names = lines = 0
    yield _record("BS002", _number(6, 8, by.supplier), _text(14, 3, by.subsystem), _text(17, 4, COLLECTIONS),
                  _number(21, 10, delivery.number), _text(50, 6, f"{delivery.made_on:%d%m%y}"))  # fmt: skip
    yield _record("BS012", _number(6, 8, by.number), _text(14, 4, SECTION), _number(23, 5, by.group),
                  _text(28, 15, by.user), _text(47, 8, _day(delivery.made_on)), _number(55, 4, by.registration),
                  _number(59, 10, by.account), _text(69, MAX_TEXT, latin(by.name)[0][:MAX_TEXT]))  # fmt: skip
    for one in delivery.collections:
        debtor = (*_head(by, one), _number(43, 9, 0))
        for record in _debtor(one, debtor):
            names += 1
            yield record
        agreed = (*_head(by, one), _number(43, 9, one.agreement))
        yield _record("BS042", *agreed, _text(14, 4, "0280"), _number(18, 5, 0), _text(52, 8, _day(one.day)),
                      _text(60, 1, "1"), _number(61, 13, one.amount), _text(74, 30, one.reference),
                      _text(104, 2, "00"))  # fmt: skip
        count, total = count + 1, total + one.amount
        for place, line in enumerate(text_records(delivery, one), start=1):
            lines += 1
            yield _record("BS052", *agreed, _text(14, 4, "0241"), _number(18, 5, place), _text(53, MAX_TEXT, line))
    sums = (_number(32, 11, count), _number(43, 15, total), _number(58, 11, lines), _number(84, 11, names))
    yield _record("BS092", _number(6, 8, by.number), _text(14, 4, SECTION), _number(18, 5, 0),
                  _number(23, 5, by.group), *sums)  # fmt: skip
    yield _record("BS992", _number(6, 8, by.supplier), _text(14, 3, by.subsystem), _text(17, 4, COLLECTIONS),
                  _number(21, 11, 1), *sums, _number(69, 15, 0), _text(95, 34, "0" * 34))  # fmt: skip


def _head(by: Creditor, one: Collection) -> tuple[_Field, ...]:
    return _number(6, 8, by.number), _number(23, 5, by.group), _number(28, 15, one.payer)


def _debtor(one: Collection, head: tuple[_Field, ...]) -> Iterator[str]:
    street = address_lines(latin(one.street)[0])
    if street is None:
        raise FieldError(f"street: {one.street!r}")
    for place, line in enumerate((latin(one.name)[0][:MAX_LINE].rstrip(), *street), start=_NAME):
        yield _record("BS022", *head, _text(14, 4, "0240"), _number(18, 5, place), _text(52, MAX_LINE, line))
    yield _record("BS022", *head, _text(14, 4, "0240"), _number(18, 5, _POSTCODE), _number(67, 4, one.postcode),
                  _text(71, 3, "DK"))  # fmt: skip


def _lines(text: Text) -> Iterator[str]:
    """A text of at most 60 characters a line, broken at blanks; its amount at the right of the last one."""
    words, line = latin(text.text)[0].split(" "), ""
    for word in words:
        more = f"{line} {word}" if line else word
        if len(more) <= MAX_TEXT:
            line = more
            continue
        if line:
            yield line
        while len(word) > MAX_TEXT:
            yield word[:MAX_TEXT]
            word = word[MAX_TEXT:]  # noqa: PLW2901 - what is left of the word
        line = word
    told = "" if text.amount is None else _amount(text.amount)
    if told and (len(line) > AMOUNT_TEXT or len(told) > AMOUNT_WIDTH):
        yield line
        line = ""
    if told and len(told) > AMOUNT_WIDTH:
        yield told.rjust(AMOUNT_TEXT + AMOUNT_WIDTH)
    else:
        yield f"{line.ljust(AMOUNT_TEXT)}{told.rjust(AMOUNT_WIDTH)}".rstrip() if told else line


def _amount(minor: int) -> str:
    """Kroner with a comma and two decimals, no grouping: ``1234,56``."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100},{abs(minor) % 100:02d}"


def _day(day: date) -> str:
    return f"{day:%d%m%Y}"


def _number(start: int, width: int, value: str | int) -> _Field:
    told = str(value)
    if not (told.isascii() and told.isdigit()) or len(told) > width:
        raise FieldError(f"{start}-{start + width - 1}: {value!r}")
    return _Field(start, width, told.rjust(width, "0"))


def _text(start: int, width: int, value: str) -> _Field:
    if len(value) > width or not value.isprintable():
        raise FieldError(f"{start}-{start + width - 1}: {value!r}")
    return _Field(start, width, value.ljust(width))


def _record(kind: str, *fields: _Field) -> str:
    record = [" "] * RECORD
    record[: len(kind)] = kind
    for field in fields:
        record[field.start - 1 : field.start - 1 + field.width] = str(field.value)
    if len(record) != RECORD:
        raise FieldError(f"{kind}: {len(record)} characters")
    return "".join(record)
