"""What the auditor is given, and the few tools that its checks share.

The auditor knows nothing of the database: it asks for columns of a table and gets plain tuples, one after the other, in
the order of a column. Money is minor units, a date is ISO text on every database, so that a date that is none can be
told as well as one that is wrong.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from operator import itemgetter
from typing import Any, Final, Protocol

from recon.model.finding import Finding, error
from sepa.money import plain

Row = tuple[Any, ...]
# A check yields what is off and returns how many records it has looked at.
Checking = Generator[Finding, None, int]
# In a wanted row: nothing is known of this column.
UNSAID: Final = ...
# How much of a long value a finding shows.
_LONG: Final = 120


class Rows(Protocol):
    """``rows("postings", ("entry_id", "amount"), by="entry_id")``: tuples, rising by the column ``by`` and then by id.

    Rows that have nothing in the column ``by`` are left out.
    """

    def __call__(self, table: str, columns: Sequence[str], by: str = "id") -> Iterator[Row]: ...


@dataclass(frozen=True, slots=True)
class Source:
    """The books as the auditor reads them.

    ``columns`` names the columns of every table; ``sealed``, for each append-only table, those that its seals cover, in
    their order, ``id`` first; ``summed``, for each other table, those that what it comes to is made of. ``dangling``
    gives every link that leads nowhere: table, id, column, target. ``letters`` stand before the ids that people see
    (``lines`` 17 is L17).
    """

    rows: Rows
    columns: Mapping[str, frozenset[str]]
    sealed: Mapping[str, tuple[str, ...]]
    summed: Mapping[str, tuple[str, ...]]
    dangling: Callable[[], Iterator[tuple[str, int, str, int]]]
    letters: Mapping[str, str]

    def shown(self, table: str, number: int) -> str:
        """The name of a record for people: ``L17``, or ``customers 4`` for records without a letter."""
        return f"{self.letters[table]}{number}" if table in self.letters else f"{table} {number}"


def differs(code: str, record: str, expected: object, found: object, **facts: object) -> Finding:
    """A finding about a record: what it should say and what it says."""
    return error(code, record, record=record, expected=expected, found=found, **facts)


def money(amount: int, currency: str = "EUR") -> str:
    """An amount as findings tell it: ``1234.56 EUR``."""
    return f"{plain(amount, currency)} {currency}"


def grouped(rows: Iterator[Row]) -> Iterator[tuple[int, list[Row]]]:
    """Rows that share their first column, which rises."""
    for key, members in groupby(rows, key=itemgetter(0)):
        yield key, list(members)


def side_by_side(*streams: Iterator[Row]) -> Iterator[tuple[int, tuple[list[Row], ...]]]:
    """The rows of several streams that share their first column, which rises in each; a stream without such rows gives
    an empty list. Holds no more than one group of each stream."""
    groups = [grouped(stream) for stream in streams]
    heads = [next(group, None) for group in groups]
    while True:
        waiting = [head[0] for head in heads if head is not None]
        if not waiting:
            return
        key = min(waiting)
        found: list[list[Row]] = []
        for place, head in enumerate(heads):
            if head is None or head[0] != key:
                found.append([])
                continue
            found.append(head[1])
            heads[place] = next(groups[place], None)
        yield key, tuple(found)


def unlike(record: str, column: str, expected: object, found: object) -> Finding:
    """A finding about a column that says other than the log."""
    return differs("audit-unlike-log", record, *apart(expected, found), column=column)


def same_rows(
    source: Source, table: str, columns: Sequence[str], wanted: Iterable[Row], found: Iterable[Row]
) -> Checking:
    """Rows as the log has them against rows as they are; the first column is the id, both rise in it."""
    count = 0
    for told, row in zip_longest(wanted, found):
        count += row is not None
        if told is None:
            yield differs("audit-unlike-log", source.shown(table, row[0]), "-", row[0], column="id")
        elif row is None:
            yield differs("audit-unlike-log", source.shown(table, told[0]), told[0], "-", column="id")
        else:
            for column, one, other in zip(columns, told, row, strict=True):
                if one is not UNSAID and one != other:
                    yield unlike(source.shown(table, row[0]), column, one, other)
    return count


def shown_value(value: object) -> str:
    """A value as findings tell it; what is not there is a dash."""
    return "-" if value is None else str(value)


def apart(one: object, other: object) -> tuple[str, str]:
    """Two values as findings tell them; long ones from shortly before the place where they part."""
    told = (shown_value(one), shown_value(other))
    if max(map(len, told)) <= _LONG:
        return told
    same = next((place for place, (a, b) in enumerate(zip(*told, strict=False)) if a != b), min(map(len, told)))
    start = max(0, same - _LONG // 4)
    first, second = (f"{'…' if start else ''}{text[start : start + _LONG]}" for text in told)
    return first, second


def why_returned(source: Source) -> Callable[[int | None, int | None], str | None]:
    """Tells the bank's reason for a line (its id) that gave a collection (its id) back: that of the collection's own
    transaction where the bank bundles several, else the line's."""
    of_line: dict[int, str] = {}
    of_detail: dict[tuple[int, str | None], str] = {}
    for number, parent, end_to_end_id, code in source.rows(
        "lines", ("id", "parent_id", "end_to_end_id", "return_reason")
    ):
        if code is not None and parent is None:
            of_line[number] = code
        elif code is not None:
            of_detail.setdefault((parent, end_to_end_id), code)
    sent = {row[0]: row[1] for row in source.rows("collections", ("id", "end_to_end_id"))} if of_detail else {}
    return lambda line, collection: (
        None if line is None else of_detail.get((line, sent.get(collection)), of_line.get(line))
    )
