"""What a run of matching asks of the books does not grow with them, and what it reads in bulk is what stands there.

Statements are counted, not seconds: they are the same on every machine.
"""

from datetime import date
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy import event

from bench.books import fill
from bench.world import Scene, generate
from recon.matching.world import OpenLine, World
from recon.model.items import Customer, OpenItem, Part, PartKind
from recon.model.statement import Counterparty, Line
from recon.service.context import Context, reading
from recon.service.matching import match_all
from recon.store.items import items_table, load_items
from recon.store.statements import load_lines, said_by_lines
from recon.store.tables import items, lines

_DAY = date(2026, 11, 2)


def _scene(count: int) -> Scene:
    """Every second line names its invoice with the exact amount; the others pay a cent less."""
    customers = [Customer(at, f"K{at:06}", f"Kunde Nummer {at}") for at in range(1, count + 1)]
    owed = [
        OpenItem(at, f"RE-{at:06}", f"K{at:06}", 10_000 + at, 10_000 + at, "EUR",
                 (Part(PartKind.TOTAL, 10_000 + at, 10_000 + at, _DAY),), issue_date=date(2026, 10, 1))
        for at in range(1, count + 1)
    ]  # fmt: skip
    paid = [
        OpenLine(at, Line(10_000 + at - at % 2, "EUR", _DAY, _DAY, counterparty=Counterparty(f"Kunde Nummer {at}"),
                          remittance=f"Rechnung RE-{at:06}"), 10_000 + at - at % 2)
        for at in range(1, count + 1)
    ]  # fmt: skip
    return Scene(0, "", tuple(paid), World(items=owed, customers=customers), {})


def _statements(folder: Path, count: int) -> tuple[int, int]:
    """How many statements a run over so many lines makes, and how many lines it books."""
    context = fill(str(folder / f"{count}.db"), _scene(count))
    asked: list[str] = []
    event.listen(context.books.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    result = match_all(context)
    assert result.lines == count
    return len(asked), result.booked


def test_ten_times_the_lines_and_items_take_no_more_statements(tmp_path: Path) -> None:
    few, booked_few = _statements(tmp_path, 40)
    many, booked_many = _statements(tmp_path, 400)
    assert (booked_few, booked_many) == (20, 200)
    assert many == few


@pytest.fixture(name="filled", scope="module")
def _filled(tmp_path_factory: pytest.TempPathFactory) -> Context:
    return fill(str(tmp_path_factory.mktemp("scale") / "world.db"), generate(2, 300, 900))


@pytest.mark.parametrize("still_open", [True, False])
def test_a_table_of_items_holds_the_very_items(filled: Context, still_open: bool) -> None:
    where = items.c.open_amount != 0 if still_open else items.c.open_amount == 0
    with reading(filled) as connection:
        table, expected = items_table(connection, where), load_items(connection, where)
    assert len(expected) > 50
    assert any(len(item.parts) > 1 for item in expected) == still_open
    assert list(table) == expected
    assert table[-1] == expected[-1]
    assert table[3:7] == expected[3:7]
    assert list(table.opens) == [item.open for item in expected]


def test_lines_in_bulk_say_what_the_lines_say(filled: Context) -> None:
    with reading(filled) as connection:
        said, expected = said_by_lines(connection, lines.c.id > 0), load_lines(connection, lines.c.id > 0)
    assert len(expected) == 300
    assert [(number, left) for number, left, _ in said] == [(row.id, row.open_amount) for row, _ in expected]
    for (_, _, line), (_, whole) in zip(said, expected, strict=True):
        details = tuple(structs.replace(detail, raw="", where="") for detail in whole.details)
        assert line == structs.replace(whole, raw="", where="", details=details)
