"""The procedure in the books: whose days hold, days copied to new customers, who is not dunned at all, and what a
change of the settings would move."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from recon.model.finding import Finding
from recon.service import dunning, setting_up
from recon.service.answers import Exit, Refused
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.store.tables import customers, log
from tests.books import Databases, dump, rows, sound, stamp, text_in
from tests.service.statements_text import IBAN

Opened = Callable[..., Context]
_COMPANY = """
[company]
name = "Optik Beispiel GmbH"
[[accounts]]
iban = "{iban}"
[[branches]]
code = "K01"
name = "Köln"
{days}
[dunning]
preset = "prepayment"
{more}
"""


class World:
    """Books of a company with one branch."""

    def __init__(self, url: str, opened: Opened) -> None:
        self.url, self.opened = url, opened

    def at(self, day: str, **more: Any) -> Context:
        return self.opened(self.url, day, **more)

    def settings(self, days: str = "", more: str = "", day: str = "2026-02-01", **how: Any) -> tuple[Finding, ...]:
        content = _COMPANY.format(iban=IBAN, days=days, more=more).encode()
        if not rows(self.url, select(log.c.id)):
            return setting_up.init(self.url, stamp(day), (content, "company.toml")).findings
        return setting_up.apply(self.at(day, **how), content, "company.toml")[1]

    def customers(self, text: str, day: str = "2026-02-01") -> None:
        [done] = text_in(self.at(day), customers=text)
        assert done.status == "imported", done.findings

    def items(self, *lines: str) -> None:
        head = "invoice_no;customer_no;customer_name;amount;due_date;issue_date\n"
        [done] = text_in(self.at("2026-02-01"), items=head + "".join(f"{line}\n" for line in lines))
        assert done.status == "imported", done.findings

    def first_level(self) -> dict[str, tuple[int, str]]:
        """Days of level 1 and who set them, by customer."""
        found = dunning.list_days(self.at("2026-02-01"), Scope())
        return {one.customer.customer_no: (one.levels[0].after_days, one.levels[0].days_from) for one in found}

    def own(self) -> dict[str, tuple[int | None, ...]]:
        columns = (customers.c[f"dunning_days_{level}"] for level in (1, 2, 3, 4))
        return {row[0]: tuple(row[1:]) for row in rows(self.url, select(customers.c.customer_no, *columns))}

    def left_out(self, day: str) -> dict[str, str]:
        return {one.invoice_no: one.reason for one in dunning.preview(self.at(day), Scope()).excluded}


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, databases: Databases, opened: Opened) -> Iterator[World]:
    url = databases.empty(request.param)
    setting_up.init(url, stamp("2026-02-01"))
    yield World(url, opened)
    databases.drop(url)


A = "customer_no;name;branch\nA;Max Muster;K01\n"
B = "customer_no;name;branch\nB;Erika Beispiel;K01\n"
C = "customer_no;name;branch;dunning_days_1\nC;Beispiel GmbH;K01;5\n"


@pytest.mark.parametrize(
    ("copy", "expected"),
    [
        (True, {"A": (10, "customer"), "B": (15, "customer"), "C": (5, "customer")}),
        (False, {"A": (15, "branch"), "B": (15, "branch"), "C": (5, "customer")}),
    ],
)
def test_o_14_v_14_v_15_x_09_days_of_the_branch_copied_or_live(
    world: World, copy: bool, expected: dict[str, tuple[int, str]]
) -> None:
    """The branch's 10 become 15; A is there before, B comes after, C has 5 of his own."""
    more = f"copy_on_create = {str(copy).lower()}"
    world.settings("dunning_days = [10, 10, 10]", more)
    world.customers(A)
    world.settings("dunning_days = [15, 10, 10]", more)
    world.customers(B)
    world.customers(C)
    assert world.first_level() == expected
    # Told again by a later file, everybody keeps what he has.
    world.customers(
        "customer_no;name;town;branch\nA;Max Muster;Bonn;K01\nB;Erika Beispiel;Bonn;\nC;Beispiel GmbH;Bonn;\n"
    )
    assert world.first_level() == expected
    sound(world.url)


def test_v_13_x_09_who_comes_with_his_items_is_given_the_days_of_the_company(world: World) -> None:
    world.settings("dunning_days = [15, 10, 10]", "copy_on_create = true")
    world.items("RE-1;N;Max Muster;100,00;2026-03-01;2026-02-01")
    assert world.own() == {"N": (10, 10, 10, None)}
    sound(world.url)


def test_x_09_apply_to_existing_shows_first_and_keeps_own_days(world: World) -> None:
    world.settings("dunning_days = [10, 10, 10]", "copy_on_create = true")
    world.customers(A)
    world.customers(C)
    world.settings("dunning_days = [15, 10, 12]")
    world.customers(B)
    before = dump(world.url)
    scope = Scope(branch="K01")
    tried = dunning.apply_days(world.at("2026-02-02", dry_run=True), scope, [10, 10, 10])
    assert [(one.customer.customer_no, one.level, one.before, one.after, one.origin) for one in tried] == [
        ("A", 1, 10, 15, "branch"), ("A", 3, 10, 12, "branch"),
        ("B", 1, None, 15, "branch"), ("B", 2, None, 10, "branch"), ("B", 3, None, 12, "branch"),
        ("C", 3, 10, 12, "branch"),
    ]  # fmt: skip
    assert dump(world.url) == before
    assert dunning.apply_days(world.at("2026-02-02"), scope, [10, 10, 10]) == tried
    assert world.own() == {"A": (15, 10, 12, None), "B": (15, 10, 12, None), "C": (5, 10, 12, None)}
    assert dunning.apply_days(world.at("2026-02-02"), scope, [10, 10, 10]) == []
    assert [row.action for row in rows(world.url, select(log).order_by(log.c.id))].count("dunning-days") == 1
    sound(world.url)


def test_x_09_without_the_days_of_before_only_what_is_missing_is_filled(world: World) -> None:
    world.settings("dunning_days = [15]")
    world.customers(C)
    taken = dunning.apply_days(world.at("2026-02-02"), Scope(customer="C"))
    assert [(one.level, one.after, one.origin) for one in taken] == [(2, 10, "preset"), (3, 10, "preset")]
    assert world.own() == {"C": (5, 10, 10, None)}
    for scope, code in ((Scope(customer="X"), "customer-unknown"), (Scope(branch="X"), "branch-unknown")):
        with pytest.raises(Refused) as no:
            dunning.apply_days(world.at("2026-02-02"), scope)
        assert [finding.code for finding in no.value.findings] == [code]


def test_a_01_the_company_s_value_holds_for_every_branch_unless_it_has_its_own(world: World) -> None:
    world.settings("dunning_days = [15]", "deadline_days = 12")
    world.customers("customer_no;name;branch;dunning_days_2\nA;Max Muster;K01;\nB;Erika Beispiel;;8\n")
    at = world.at("2026-02-02")
    assert [one.after_days for one in dunning.procedure_of(at, Scope()).levels] == [10, 10, 10]
    told = {
        number: [(one.after_days, one.days_from) for one in dunning.procedure_of(at, Scope(customer=number)).levels]
        for number in ("A", "B")
    }
    assert told == {
        "A": [(15, "branch"), (10, "preset"), (10, "preset")],
        "B": [(10, "preset"), (8, "customer"), (10, "preset")],
    }
    branch = dunning.procedure_of(at, Scope(branch="K01"))
    assert ([one.after_days for one in branch.levels], branch.origin("deadline_days")) == ([15, 10, 10], "tenant")


@pytest.mark.parametrize(("mode", "code"), [("off", "dunning-off"), ("external", "dunning-external")])
def test_d_03_v_01_switched_off_nothing_is_made_or_issued(world: World, mode: str, code: str) -> None:
    """The preview says so of every item; a run that was frozen before is not issued either."""
    world.settings()
    world.items("RE-1;A;Max Muster;100,00;2026-03-01;2026-02-01")
    frozen = dunning.freeze(world.at("2026-03-12"), Scope())
    world.settings(more=f'mode = "{mode}"')
    with pytest.raises(Refused) as no_run:
        dunning.freeze(world.at("2026-03-12"), Scope())
    with pytest.raises(Refused) as no_issue:
        dunning.issue(world.at("2026-03-12"), frozen.run or "")
    for no in (no_run.value, no_issue.value):
        assert ([finding.code for finding in no.findings], no.exit_code) == ([code], Exit.REFUSED)
    assert world.left_out("2026-03-12") == {"RE-1": "dunning_off"}
    sound(world.url)


def test_x_23_f_29_the_country_of_the_master_address_decides(world: World) -> None:
    world.settings(more='countries = ["DE", "AT"]')
    world.customers("customer_no;name;country\nA;Max Muster;AT\nB;Erika Beispiel;CH\nC;Beispiel GmbH;\n")
    world.items(*(f"RE-{number};{number};;100,00;2026-03-01;2026-02-01" for number in "ABC"))
    assert world.left_out("2026-03-12") == {"RE-B": "country"}


def test_f_30_x_20_the_due_date_of_the_document_is_taken_as_it_is(world: World) -> None:
    """Whatever the customer's payment term, here 30 days, would give."""
    world.settings()
    world.customers("customer_no;name;payment_term_days\nA;Max Muster;30\n")
    world.items("RE-1;A;;100,00;2026-03-01;2026-02-15")
    [(_, notice)] = dunning.preview(world.at("2026-03-12"), Scope()).notices
    assert notice.items[0].due_date == date(2026, 3, 1)


def test_interest_and_what_was_asked_before_are_read_from_the_books(world: World) -> None:
    """The first notice's time to pay ran out on 22.03.; the second asks for interest since, also as issued later."""
    rate = '[[dunning.base_rates]]\nfrom = 2026-01-01\npercent = "2.00"'
    world.settings(more=f"interest = true\nlump_sum = true\n{rate}")
    world.customers("customer_no;name;type\nA;Beispiel GmbH;company\n")
    world.items("RE-1;A;;1000,00;2026-03-01;2026-02-01")
    first = dunning.issue(world.at("2026-03-12"), dunning.freeze(world.at("2026-03-12"), Scope()).run or "")
    assert [(notice.interest, notice.lump_sum, notice.total) for _, notice in first.notices] == [(0, 0, 1000_00)]
    frozen = dunning.freeze(world.at("2026-03-23"), Scope())
    # 1 day and 3 days at 11 %: 0.30 and 0.90.
    assert [(notice.interest, notice.lump_sum, notice.total) for _, notice in frozen.notices] == [(30, 40_00, 1040_30)]
    issued = dunning.issue(world.at("2026-03-25"), frozen.run or "")
    [(_, notice)] = issued.notices
    assert (notice.interest, notice.fee, notice.lump_sum, notice.total) == (90, 40_00, 40_00, 1040_90)
    assert (notice.items[0].interest, notice.items[0].interest_since) == (90, date(2026, 3, 23))
    sound(world.url)


def test_x_30_a_due_date_on_a_sunday_counts_from_monday_and_stays_on_the_notice(world: World) -> None:
    """01.03.2026 is a Sunday: 11 days strict from the Monday."""
    world.settings(more='due_shift = "next_bank_day"')
    world.items("RE-1;A;Max Muster;100,00;2026-03-01;2026-02-01")
    assert world.left_out("2026-03-12") == {"RE-1": "not_yet"}
    [(_, notice)] = dunning.freeze(world.at("2026-03-13"), Scope()).notices
    assert (notice.items[0].due_date, notice.items[0].days_overdue) == (date(2026, 3, 1), 12)
    sound(world.url)


def test_o_02_x_10_v_09_v_10_the_last_level_repeats_as_often_as_it_may(world: World) -> None:
    """With one repeat the part is proposed for collection after it."""
    world.settings(more="repeat_last = true\nmax_repeats = 1")
    world.items("RE-1;A;Max Muster;100,00;2026-03-01;2026-02-01")
    for day in ("2026-03-12", "2026-03-23", "2026-04-03", "2026-04-14"):
        before = world.left_out(str(date.fromisoformat(day).replace(day=int(day[-2:]) - 1)))
        assert before["RE-1"] == "not_yet"
        frozen = dunning.freeze(world.at(day), Scope())
        issued = dunning.issue(world.at(day), frozen.run or "")
        assert len(issued.notices) == 1, day
    assert [notice.level for _, notice in issued.notices] == [3]
    assert world.left_out("2026-04-20")["RE-1"] in {"highest_level", "collection_proposed"}
    sound(world.url)


def test_a_04_a_dry_run_of_the_settings_says_what_would_move(world: World) -> None:
    world.settings()
    world.items("RE-1;A;Max Muster;100,00;2026-03-01;2026-02-01", "RE-2;A;;50,00;2026-02-10;2026-02-01",
                "RE-3;B;Erika Beispiel;50,00;2026-02-20;2026-02-01")  # fmt: skip
    world.customers("customer_no;name;dunning_days_1\nB;Erika Beispiel;10\n")
    tried = world.settings("dunning_days = [3]", 'boundary = "inclusive"', "2026-02-12", dry_run=True)
    moved = [dict(finding.facts) for finding in tried if finding.code == "dunning-would-move"]
    assert moved == [{"count": "3", "sooner": "3", "later": "0"}]
    _, told = setting_up.change(world.at("2026-02-12", dry_run=True), "dunning.mode", "off")
    assert [dict(one.facts) for one in told] == [{"count": "3", "sooner": "0", "later": "3"}]
    assert setting_up.change(world.at("2026-02-12"), "dunning.mode", "off")[1] == ()
