"""Reading a delivery 0601 back and checking it, before anything of it leaves the house. Shares nothing with the writer
but the width of a record and the character set: its positions are a table of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sepa.pbs import ENCODING, RECORD
from sepa.problem import Problem, problem

# Where a field of a record stands: first and last position, counted from 1 (domain.md section 10).
_PLACES: Final[Mapping[str, Mapping[str, tuple[int, int]]]] = {
    "BS002": {"supplier": (6, 13), "subsystem": (14, 16), "type": (17, 20), "delivery": (21, 30), "made": (50, 55)},
    "BS012": {"creditor": (6, 13), "section": (14, 17), "group": (23, 27), "made": (47, 54), "registration": (55, 58),
              "account": (59, 68)},
    "BS022": {"creditor": (6, 13), "code": (14, 17), "place": (18, 22), "group": (23, 27), "payer": (28, 42),
              "agreement": (43, 51)},
    "BS042": {"creditor": (6, 13), "code": (14, 17), "place": (18, 22), "group": (23, 27), "payer": (28, 42),
              "agreement": (43, 51), "day": (52, 59), "sign": (60, 60), "amount": (61, 73), "zeros": (104, 105)},
    "BS052": {"creditor": (6, 13), "code": (14, 17), "place": (18, 22), "group": (23, 27), "payer": (28, 42),
              "agreement": (43, 51)},
    "BS092": {"creditor": (6, 13), "section": (14, 17), "place": (18, 22), "group": (23, 27), "debits": (32, 42),
              "sum": (43, 57), "lines": (58, 68), "names": (84, 94)},
    "BS992": {"supplier": (6, 13), "subsystem": (14, 16), "type": (17, 20), "sections": (21, 31), "debits": (32, 42),
              "sum": (43, 57), "lines": (58, 68), "zeros": (69, 83), "names": (84, 94), "rest": (95, 128)},
}  # fmt: skip
_LETTERS: Final = frozenset({"subsystem"})
# What may follow a record.
_AFTER: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({"BS002"}),
    "BS002": frozenset({"BS012"}),
    "BS012": frozenset({"BS022"}),
    "BS022": frozenset({"BS022", "BS042"}),
    "BS042": frozenset({"BS022", "BS052", "BS092"}),
    "BS052": frozenset({"BS022", "BS052", "BS092"}),
    "BS092": frozenset({"BS992"}),
    "BS992": frozenset(),
}
_FIXED: Final = {
    ("BS002", "type"): "0601", ("BS992", "type"): "0601", ("BS012", "section"): "0112", ("BS092", "section"): "0112",
    ("BS022", "code"): "0240", ("BS042", "code"): "0280", ("BS052", "code"): "0241", ("BS042", "sign"): "1",
    ("BS042", "place"): "00000", ("BS042", "zeros"): "00", ("BS992", "sections"): "00000000001",
    ("BS992", "zeros"): "0" * 15, ("BS992", "rest"): "0" * 34, ("BS092", "place"): "00000",
    ("BS022", "agreement"): "000000000",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """A collection as the file tells it: payer and agreement as digits without leading zeros, øre."""

    payer: str
    agreement: str
    day: date
    amount: int
    reference: str
    lines: int


Record = Mapping[str, str]


def check(content: bytes) -> tuple[tuple[Read, ...], tuple[Problem, ...]]:
    """The collections of a delivery and what is wrong with it: order and width of records, fixed values, numbers, the
    same creditor and group throughout, numbering, counts and sums, one collection of a payer a day."""
    lines = content.decode(ENCODING).split("\r\n")
    if lines[-1]:
        return (), (problem("pbs-file-end", line=len(lines)),)
    records, wrong = _split(lines[:-1])
    if wrong:
        return (), wrong
    found = tuple(_collections(records))
    return found, (*_order(records), *_heads(records), *_numbering(records), *_sums(records), *_once(found))


def _split(lines: Sequence[str]) -> tuple[list[tuple[str, Record, str]], tuple[Problem, ...]]:
    records: list[tuple[str, Record, str]] = []
    wrong: list[Problem] = []
    for number, line in enumerate(lines, start=1):
        kind = line[:5]
        if len(line) != RECORD or kind not in _PLACES or not line.isprintable():
            wrong.append(problem("pbs-file-record", line=number, found=line[:20]))
            continue
        fields = {name: line[first - 1 : last] for name, (first, last) in _PLACES[kind].items()}
        bad = [name for name, value in fields.items() if name not in _LETTERS and not _digits(value)]
        bad += [name for name, value in fields.items() if _FIXED.get((kind, name), value) != value]
        bad += [name for name in ("day", "made") if name in fields and _date(fields[name]) is None]
        if bad:
            wrong.append(problem("pbs-file-field", line=number, found=", ".join(dict.fromkeys(bad))))
        records.append((kind, fields, line))
    return records, tuple(wrong)


def _order(records: Sequence[tuple[str, Record, str]]) -> Iterator[Problem]:
    before = ""
    for number, (kind, _, _) in enumerate(records, start=1):
        if kind not in _AFTER[before]:
            yield problem("pbs-file-order", line=number, found=kind)
        before = kind
    if before != "BS992":
        yield problem("pbs-file-order", line=len(records), found=before)


def _heads(records: Sequence[tuple[str, Record, str]]) -> Iterator[Problem]:
    for name in ("supplier", "subsystem", "creditor", "group"):
        values = {fields[name] for _, fields, _ in records if name in fields}
        if len(values) > 1:
            yield problem("pbs-file-field", line=1, found=name)


def _numbering(records: Sequence[tuple[str, Record, str]]) -> Iterator[Problem]:
    """Names 1, 2, perhaps 3, then 9; the same payer in all records of a debtor; text lines from 1 on."""
    names: list[int] = []
    lines, payer = 0, ""
    for number, (kind, fields, _) in enumerate(records, start=1):
        if kind == "BS022":
            payer = payer if names else fields["payer"]
            names.append(int(fields["place"]))
            lines = 0
        elif kind == "BS042":
            if names not in ([1, 2, 9], [1, 2, 3, 9]):
                yield problem("pbs-file-order", line=number, found="BS022")
            names = []
        elif kind == "BS052":
            lines += 1
            if int(fields["place"]) != lines:
                yield problem("pbs-file-order", line=number, found="BS052")
        if "payer" in fields and fields["payer"] != payer:
            yield problem("pbs-file-field", line=number, found="payer")


def _sums(records: Sequence[tuple[str, Record, str]]) -> Iterator[Problem]:
    counted = {kind: sum(1 for found, _, _ in records if found == kind) for kind in ("BS042", "BS052", "BS022")}
    amount = sum(int(fields["amount"]) for kind, fields, _ in records if kind == "BS042")
    wanted = {"debits": counted["BS042"], "sum": amount, "lines": counted["BS052"], "names": counted["BS022"]}
    for number, (kind, fields, _) in enumerate(records, start=1):
        if kind in {"BS092", "BS992"}:
            for name, value in wanted.items():
                if int(fields[name]) != value:
                    yield problem("pbs-file-sum", line=number, found=f"{name} {fields[name]}", expected=value)


def _once(found: Sequence[Read]) -> Iterator[Problem]:
    seen: set[tuple[str, date]] = set()
    for one in found:
        if (one.payer, one.day) in seen or one.amount <= 0:
            yield problem("pbs-file-twice", line=0, found=one.reference)
        seen.add((one.payer, one.day))


def _collections(records: Sequence[tuple[str, Record, str]]) -> Iterator[Read]:
    for at, (kind, fields, line) in enumerate(records):
        if kind != "BS042":
            continue
        lines = 0
        while at + 1 + lines < len(records) and records[at + 1 + lines][0] == "BS052":
            lines += 1
        day = _date(fields["day"])
        if day is not None:
            yield Read(fields["payer"].lstrip("0"), fields["agreement"].lstrip("0"), day, int(fields["amount"]),
                       line[73:103].rstrip(), lines)  # fmt: skip


def _digits(value: str) -> bool:
    return value.isascii() and value.isdigit()


def _date(text: str) -> date | None:
    if not _digits(text):
        return None
    year = int(text[4:]) if len(text) == 8 else 2000 + int(text[4:])
    try:
        return date(year, int(text[2:4]), int(text[:2]))
    except ValueError:
        return None
