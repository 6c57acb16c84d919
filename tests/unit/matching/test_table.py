"""Items in columns: the places of a key, and items made only when they are looked at."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from recon.matching.table import ItemTable, Picked, halves, joined, one_table, places_by, table_of
from recon.matching.world import World, index
from recon.model.items import OpenItem, Part, PartKind

DAY = date(2026, 11, 2)


def _item(number: int, amount: int = 11900, customer: str = "10001") -> OpenItem:
    part = Part(PartKind.TOTAL, amount, amount, DAY)
    return OpenItem(number, f"RE-{number}", customer, amount, amount, "EUR", (part,))


@given(st.lists(st.integers(0, 5), max_size=300))
def test_places_are_those_of_a_list_for_each_key(keys: list[int]) -> None:
    found = places_by(keys)
    for key in range(7):
        expected = [at for at, one in enumerate(keys) if one == key]
        assert list(found.of(key)) == expected
        assert list(found.of(key)) == expected


def test_no_item_is_made_before_it_is_looked_at() -> None:
    made: list[int] = []

    def make(at: int) -> OpenItem:
        made.append(at)
        return stock[at]

    stock = [_item(number, 100 * (1 + number % 2), f"1000{number % 3}") for number in range(1, 101)]
    table = table_of(stock)
    lazy = ItemTable(table.ids, table.numbers, table.customers, table.amounts, table.opens, {}, {}, make)
    ready = index(World(items=lazy))
    assert len(ready.of_amount(200)) == 50
    assert len(ready.of_customer("10001")) == 34
    assert "RE100" in ready.numbers.values
    assert made == []
    assert [item.id for item in ready.of_amount(200, ("10001",))] == [at for at in range(1, 101) if at % 6 == 1]
    assert len(made) == 17


def test_two_tables_as_one_keep_their_items() -> None:
    one, other = [_item(1), _item(2)], [structs.replace(_item(3), open=0, creditor_reference="RF18539007547034")]
    both = joined(table_of(one), table_of(other))
    assert list(both) == [*one, *other]
    assert both.references == {2: "RF18539007547034"}
    assert Picked(both, (0, 2)).numbers == ["RE-1", "RE-3"]
    assert Picked(both, (0, 2))[1:][0] == other[0]


def test_halves_of_one_table_are_that_table_and_other_parts_are_not() -> None:
    stock = [structs.replace(_item(number), open=number % 2) for number in range(1, 7)]
    table = table_of(stock)
    first, others = halves(table, 4)
    assert one_table(first, others) is table
    assert [*first, *others] == stock
    assert list(one_table(others, first)) == stock[4:] + stock[:4]
    assert list(one_table(first[1:], others)) == stock[1:]
    assert list(one_table(first, stock[4:])) == stock
    part = table_of(first[1:3])
    assert (list(part), list(part.ids), list(part.numbers)) == (stock[1:3], [2, 3], ["RE-2", "RE-3"])
