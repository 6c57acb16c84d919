"""What a run of matching asks of the books does not grow with them, and what it reads in bulk is what stands there.

Statements are counted, not seconds: they are the same on every machine.
"""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy import event

from bench.books import fill
from bench.world import Scene, generate
from recon.matching.explaining import explain
from recon.matching.table import table_of
from recon.matching.world import OpenLine, World, index
from recon.model.items import Customer, OpenItem, Part, PartKind
from recon.model.roles import Action
from recon.model.statement import Counterparty, Line
from recon.service.context import Context, reading
from recon.service.explaining import explain_line
from recon.service.matching import match_all
from recon.store.items import items_table, load_items
from recon.store.items_sought import items_sought
from recon.store.masters import all_debtors
from recon.store.matching import world_of
from recon.store.settings import settings_of
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
@pytest.mark.parametrize("read", [items_table, items_sought])
def test_a_table_of_items_holds_the_very_items(
    filled: Context, read: Callable[..., tuple[Sequence[OpenItem], Sequence[OpenItem]]], still_open: bool
) -> None:
    where = items.c.open_amount != 0 if still_open else items.c.open_amount == 0
    with reading(filled, Action.READ) as connection:
        owners = {customer.id: customer.customer_no for customer in all_debtors(connection)}
        table, expected = read(connection, owners)[not still_open], load_items(connection, where)
        assert len(expected) > 50
        assert any(len(item.parts) > 1 for item in expected) == still_open
        assert list(table) == expected
        assert table[-1] == expected[-1]
        assert list(table[3:7]) == expected[3:7]
    columns = table_of(table)
    assert [*columns.opens] == [item.open for item in expected]
    assert [*columns.customers] == [item.customer_no for item in expected]
    assert dict(columns.references) == {at: item.creditor_reference for at, item in enumerate(expected)
                                      if item.creditor_reference}  # fmt: skip


def test_a_line_is_explained_the_same_whether_items_are_read_whole_or_when_asked_for(filled: Context) -> None:
    """``opos match explain`` reads few items, a run all: the engine says the same of every line."""
    with reading(filled, Action.READ) as connection:
        settings = settings_of(connection)
        whole, few = (index(world_of(connection, settings, few=few)) for few in (False, True))
        for number, left, line in said_by_lines(connection, lines.c.id > 0):
            asked = OpenLine(number, line, left)
            assert explain(asked, few) == explain(asked, whole)


def test_explaining_reads_of_the_items_no_more_than_the_line_is_about(tmp_path: Path) -> None:
    """A booked line is opened again in thought: its items are read, and not all others with them."""
    context = fill(str(tmp_path / "booked.db"), _scene(400))
    match_all(context)
    asked: list[str] = []
    event.listen(context.books.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert explain_line(context, "L2").booked
    whole = [text for text in asked if "items.discount_percent" in text]
    assert whole
    assert all("items.customer_id =" in text or "items.invoice_no =" in text for text in whole)


def test_lines_in_bulk_say_what_the_lines_say(filled: Context) -> None:
    with reading(filled, Action.READ) as connection:
        said, expected = said_by_lines(connection, lines.c.id > 0), load_lines(connection, lines.c.id > 0)
    assert len(expected) == 300
    assert [(number, left) for number, left, _ in said] == [(row.id, row.open_amount) for row, _ in expected]
    for (_, _, line), (_, whole) in zip(said, expected, strict=True):
        details = tuple(structs.replace(detail, raw="", where="") for detail in whole.details)
        assert line == structs.replace(whole, raw="", where="", details=details)
