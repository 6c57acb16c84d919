"""What Betalingsservice says: deliveries 0602 (payments) and 0603 (agreements), read from their fixed positions.

A file that does not add up is refused as a whole, and so is a record whose fields are not what its place promises:
nothing is guessed. Of both deliveries only the records BS042 tell something; BS992 counts them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sepa.pbs import AGREEMENTS, ENCODING, PAYMENTS, RECORD
from sepa.problem import Problem, problem

# 20 million records of a month are more than Denmark pays so.
MAX_BYTES: Final = 256 * 1024 * 1024

COMPLETED, DECLINED, CANCELLED, CHARGED_BACK = "completed", "declined", "cancelled", "charged_back"
# Section 0211: automatic payments.
OUTCOMES: Final[Mapping[str, str]] = {"0236": COMPLETED, "0237": DECLINED, "0238": CANCELLED, "0239": CHARGED_BACK}
# Section 0215: payment slips, which opos does not send out. Their records are laid out otherwise.
SLIPS: Final = frozenset({"0297", "0299"})
ACTIVE: Final = frozenset({"0230", "0231"})
ENDED: Final = frozenset({"0232", "0233", "0234"})
_KINDS: Final = frozenset({"BS002", "BS012", "BS042", "BS092", "BS992"})
_NO_DATE: Final = "000000"
_HEAD: Final = b"BS002"


@dataclass(frozen=True, slots=True)
class Paid:
    """A record of 0602: what became of a collection. Amounts are øre; ``record`` is its place in the file."""

    record: int
    outcome: str
    code: str
    payer: str
    agreement: str
    group: str
    due: date | None
    amount: int
    reference: str
    paid_on: date | None
    booked_on: date | None
    paid: int


@dataclass(frozen=True, slots=True)
class Agreed:
    """A record of 0603: an agreement that is there (``active``) or has ended."""

    record: int
    code: str
    active: bool
    payer: str
    agreement: str
    group: str
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A delivery from Betalingsservice: which, from whom for whom, and what it tells. ``slips`` are records that it
    has and that nobody asked for."""

    kind: str
    supplier: str
    creditors: frozenset[str]
    delivery: str
    made_on: date | None
    paid: tuple[Paid, ...] = ()
    agreed: tuple[Agreed, ...] = ()
    slips: tuple[int, ...] = ()


class _Wrong(Exception):  # noqa: N818 - becomes a problem, is never seen outside
    def __init__(self, found: Problem) -> None:
        super().__init__(found.code)
        self.found = found


def kind_of(head: bytes) -> str | None:
    """Which delivery of Betalingsservice the first bytes of a file begin, ``None`` for another file.

    >>> kind_of(b"BS00212345678BS106020000000001"), kind_of(b"BS002"), kind_of(b":20:STARTUMS")
    ('0602', None, None)
    """
    told = head[16:20]
    return told.decode("ascii") if head.startswith(_HEAD) and told.isdigit() and len(told) == 4 else None


def read(content: bytes) -> Answer | Problem:
    """What a delivery 0602 or 0603 says, or what is wrong with it."""
    try:
        return _read(list(_records(content)))
    except _Wrong as wrong:
        return wrong.found


def _records(content: bytes) -> Iterator[str]:
    """Records of 128 characters, with line ends or without; blanks at the end may be missing."""
    if len(content) > MAX_BYTES:
        raise _Wrong(problem("pbs-answer-record", line=0, found=len(content)))
    text = content.decode(ENCODING)
    lines = text.splitlines() if "\n" in text or "\r" in text else [text[at : at + RECORD] for at in
                                                                      range(0, len(text), RECORD)]  # fmt: skip
    for number, line in enumerate(lines, start=1):
        record = line.rstrip(" \x1a").ljust(RECORD)
        if not record.strip():
            continue
        if len(record) != RECORD or record[:5] not in _KINDS:
            raise _Wrong(problem("pbs-answer-record", line=number, found=record[:20]))
        yield record


def _read(records: list[str]) -> Answer:
    if not records or records[0][:5] != "BS002":
        raise _Wrong(problem("pbs-answer-record", line=1, found=records[0][:20] if records else ""))
    head = records[0]
    kind = _at(head, 17, 20)
    if kind not in {PAYMENTS, AGREEMENTS}:
        raise _Wrong(problem("pbs-answer-kind", found=kind))
    _count(records)
    creditors: set[str] = set()
    paid: list[Paid] = []
    agreed: list[Agreed] = []
    slips: list[int] = []
    for number, record in enumerate(records, start=1):
        if record[:5] in {"BS012", "BS042"}:
            creditors.add(_digits(record, number, 6, 13))
        if record[:5] != "BS042":
            continue
        code = _at(record, 14, 17)
        if kind == PAYMENTS and code in SLIPS:
            slips.append(number)
        elif kind == PAYMENTS and code in OUTCOMES:
            paid.append(_paid(record, number, code))
        elif kind == AGREEMENTS and code in ACTIVE | ENDED:
            agreed.append(_agreed(record, number, code))
        else:
            raise _Wrong(problem("pbs-answer-code", line=number, found=code))
    return Answer(kind, _digits(head, 1, 6, 13), frozenset(creditors), _at(head, 21, 30).strip(),
                  _date(head, 1, 50), tuple(paid), tuple(agreed), tuple(slips))  # fmt: skip


def _count(records: list[str]) -> None:
    """The last record ends the delivery and counts its BS042; in between sections open and close in turn."""
    opened = False
    for number, record in enumerate(records[1:-1], start=2):
        wanted = {"BS012": not opened, "BS042": opened, "BS092": opened}
        if not wanted.get(record[:5], False):
            raise _Wrong(problem("pbs-answer-record", line=number, found=record[:20]))
        opened = record[:5] != "BS092"
    last = records[-1]
    if last[:5] != "BS992" or opened:
        raise _Wrong(problem("pbs-answer-cut", line=len(records), found=last[:20]))
    told = int(_digits(last, len(records), 32, 42))
    found = sum(record[:5] == "BS042" for record in records)
    if told != found:
        raise _Wrong(problem("pbs-answer-count", expected=told, found=found))


def _paid(record: str, number: int, code: str) -> Paid:
    outcome = OUTCOMES[code]
    nothing = outcome == CANCELLED
    return Paid(
        record=number,
        outcome=outcome,
        code=code,
        payer=_payer(record, number),
        agreement=_at(record, 41, 49).strip().lstrip("0"),
        group=_at(record, 21, 25).strip(),
        due=_date(record, number, 50),
        amount=int(_digits(record, number, 57, 69)),
        reference=_at(record, 70, 99).strip(),
        # A cancelled collection was never presented: the operator leaves these fields to chance.
        paid_on=None if nothing else _date(record, number, 104),
        booked_on=None if nothing else _date(record, number, 110),
        paid=0 if nothing else int(_digits(record, number, 116, 128)),
    )


def _agreed(record: str, number: int, code: str) -> Agreed:
    return Agreed(
        record=number,
        code=code,
        active=code in ACTIVE,
        payer=_payer(record, number),
        agreement=_digits(record, number, 41, 49).lstrip("0"),
        group=_at(record, 21, 25).strip(),
        since=_date(record, number, 50),
        until=_date(record, number, 56),
    )


def _payer(record: str, number: int) -> str:
    """The customer number without leading zeros."""
    found = _at(record, 26, 40).strip()
    if not found:
        raise _Wrong(problem("pbs-answer-field", line=number, places="26-40", found=found))
    return found.lstrip("0")


def _at(record: str, first: int, last: int) -> str:
    return record[first - 1 : last]


def _digits(record: str, number: int, first: int, last: int) -> str:
    found = _at(record, first, last)
    if not (found.isascii() and found.isdigit()):
        raise _Wrong(problem("pbs-answer-field", line=number, places=f"{first}-{last}", found=found))
    return found


def _date(record: str, number: int, first: int) -> date | None:
    """``ddmmyy``; zeros or blanks are no date."""
    found = _at(record, first, first + 5)
    if found in {_NO_DATE, " " * 6}:
        return None
    try:
        if not (found.isascii() and found.isdigit()):
            raise ValueError(found)
        return date(2000 + int(found[4:]), int(found[2:4]), int(found[:2]))
    except ValueError as fault:
        places = f"{first}-{first + 5}"
        raise _Wrong(problem("pbs-answer-field", line=number, places=places, found=found)) from fault
