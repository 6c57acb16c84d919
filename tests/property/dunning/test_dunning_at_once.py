"""A plan of very many asks the calendar once for all parts alike; what it says of each is what is said of it alone."""

from collections.abc import Mapping, Sequence
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from recon.dunning.eligibility import branch_of, judge
from recon.dunning.plan import plan, plan_accounts
from recon.dunning.procedure import resolve
from recon.model.dunning import DunnablePart
from recon.model.settings import DunningSettings
from tests.property.dunning.test_dunning_properties import (
    BRANCHES,
    CUSTOMERS,
    books,
    credit,
    near,
    one_account,
    procedures,
)

# Reasons of a whole notice: the part by itself could be dunned, or is a credit note.
_OF_NOTICES = frozenset({"credit", "below_minimum", "blocked"})


@given(books() | one_account(), procedures(), near, credit)
def test_pain_11_each_part_is_judged_as_if_alone(
    parts: list[DunnablePart], rules: DunningSettings, as_of: date, owed: dict[str, int]
) -> None:
    made = plan(parts, CUSTOMERS, BRANCHES, rules, as_of, credits=owed)
    planned = {(entry.item_id, entry.part): entry for entry in made.undunned}
    lines = {(line.item_id, line.part): line for notice in made.notices for line in notice.items}
    for part in parts:
        customer = CUSTOMERS[part.customer_no]
        branch = BRANCHES.get(branch_of(part, customer) or "")
        alone = judge(
            part, customer, resolve(rules, branch.dunning_days if branch else (), customer.dunning_days), as_of
        )
        key = part.item_id, part.part
        if key in lines:
            assert (alone.reason, lines[key].level) in {(None, alone.level), ("credit", 0)}
        elif alone.reason is None or (alone.reason == "credit" and part.open < 0):
            assert planned[key].reason in _OF_NOTICES
        else:
            left = planned[key]
            assert (left.reason, left.next_on, left.facts) == (alone.reason, alone.next_on, alone.facts)


@given(books() | one_account(), procedures(), near, st.none() | st.integers(1, 4), credit)
def test_pain_11_customers_one_by_one_make_the_same_plan(
    parts: list[DunnablePart], rules: DunningSettings, as_of: date, level: int | None, owed: dict[str, int]
) -> None:
    of_customer: Mapping[str, Sequence[DunnablePart]] = {
        number: [part for part in parts if part.customer_no == number] for number in sorted(CUSTOMERS)
    }
    accounts = ((CUSTOMERS[number], own) for number, own in of_customer.items())
    assert plan_accounts(accounts, BRANCHES, rules, as_of, level=level, credits=owed) == plan(
        parts, CUSTOMERS, BRANCHES, rules, as_of, level=level, credits=owed
    )
