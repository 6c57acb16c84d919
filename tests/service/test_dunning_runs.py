"""Runs: what is frozen is what goes out, less what has changed since; nothing stands in two drafts; old statements and
changed settings stop a run; what has left the house is taken back one by one."""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, update

from recon.model.roles import UserRole
from recon.service import collecting, confirming, dunning, matching, setting_up
from recon.service.answers import Exit, Refused
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.store.books import writing
from recon.store.dunning_tables import dunning_runs, notices
from recon.store.log import record
from recon.store.tables import log
from tests.books import dump, rows, sound, stamp, text_in
from tests.commandline import command
from tests.service.decided import codes_of
from tests.service.dunning_world import COMPANY, EVERYBODY, FEES, World, gone, left_out, told, world
from tests.service.statements_text import IBAN

Opened = Callable[..., Context]
ITEMS = (
    "invoice_no;customer_no;amount;due_date;issue_date;branch\n"
    "RE-1001;7001;100,00;2026-03-01;2026-02-01;K01\n"
    "RE-1002;7001;200,00;2026-03-01;2026-02-01;K01\n"
    "RE-1003;7002;300,00;2026-03-01;2026-02-01;K02\n"
    "RE-1004;7003;400,00;2026-03-01;2026-02-01;K01\n"
)
DAY = "2026-03-16"
START_OF_MARCH = "2026-03-04"


@pytest.fixture
def books(books_url: str, opened: Opened) -> World:
    """Four invoices of three customers at two branches, all due for level 1."""
    found = world(books_url, opened, FEES)
    found.customers("7001", "7002", "7003")
    found.items(ITEMS)
    return found


def _freeze(books: World, scope: Scope = EVERYBODY, day: str = DAY) -> str:
    return str(dunning.freeze(books.at(day), scope).run)


def _issue_of(books: World, day: str = DAY, run: str = "D1") -> dunning.DunningResult:
    return dunning.issue(books.at(day), run)


def test_v_24_a_preview_changes_no_byte(books: World) -> None:
    """Neither a row nor the file itself."""

    def content() -> str | None:
        path = Path(books.url)
        return None if "://" in books.url else hashlib.sha256(path.read_bytes()).hexdigest()

    books.at(DAY).books.engine.dispose()
    before, rows_before = content(), dump(books.url)
    for scope in (EVERYBODY, Scope(branch="K01"), Scope(customer="7002"), Scope(level=1)):
        assert books.preview(DAY, scope).notices
        ran = command("--books", books.url, "--as-of", DAY, "dunning", "preview", "--json")
        assert ran.code == 0, ran.err
    assert content() == before
    assert dump(books.url) == rows_before


@pytest.mark.parametrize(
    ("scope", "asked"),
    [
        (Scope(), {"RE-1001", "RE-1002", "RE-1003", "RE-1004"}),
        (Scope(branch="K02"), {"RE-1003"}),
        (Scope(customer="7001"), {"RE-1001", "RE-1002"}),
        (Scope(branch="K02", customer="7001"), set()),
        (Scope(level=1), {"RE-1001", "RE-1002", "RE-1003", "RE-1004"}),
        (Scope(level=2), set()),
    ],
)
def test_v_21_v_22_v_23_a_run_holds_what_it_was_asked_for(books: World, scope: Scope, asked: set[str]) -> None:
    """A branch, a customer, a level, or all; and issuing adds nothing to it."""
    frozen = dunning.freeze(books.at(DAY), scope)
    assert set(told(frozen)) == asked
    assert set(told(_issue_of(books, run=str(frozen.run)))) == asked
    sound(books.url)


def test_v_25_only_what_the_preview_showed_goes_out(books: World) -> None:
    """What has come up since the run waits for the next one; level and day of what went out have moved by one."""
    run = _freeze(books)
    books.items("invoice_no;customer_no;amount;due_date;issue_date\nRE-1009;7001;50,00;2026-03-01;2026-02-01\n", DAY)
    done = _issue_of(books, run=run)
    assert set(told(done)) == {"RE-1001", "RE-1002", "RE-1003", "RE-1004"}
    assert books.state("RE-1001") == {"total": (1, DAY)}
    assert books.state("RE-1009") == {"total": (0, None)}
    assert told(books.preview(DAY)) == {"RE-1009": (1, 5000)}
    sound(books.url)


def test_a_second_draft_of_the_same_items_is_refused(books: World) -> None:
    """It names the draft and the ways out; a draft of other items may stand beside it; the same again with --replace
    cancels the first."""
    _freeze(books, Scope(branch="K01"))
    before = dump(books.url)
    with pytest.raises(Refused) as no:
        _freeze(books)
    assert (codes_of(no), no.value.exit_code) == (["dunning-draft-there"], Exit.REFUSED)
    assert dict(no.value.findings[0].facts)["run"] == "D1"
    assert dict(no.value.findings[0].facts)["count"] == "3"
    assert dump(books.url) == before
    assert _freeze(books, Scope(branch="K02")) == "D2"
    replaced = dunning.freeze(books.at(DAY), EVERYBODY, replace_drafts=True)
    assert (replaced.run, len(told(replaced))) == ("D3", 4)
    status = rows(books.url, select(dunning_runs.c.id, dunning_runs.c.status).order_by(dunning_runs.c.id))
    assert [tuple(row) for row in status] == [(1, "cancelled"), (2, "cancelled"), (3, "draft")]
    sound(books.url)
    with pytest.raises(Refused) as no:
        _issue_of(books, run="D1")
    assert codes_of(no) == ["dunning-run-cancelled"]
    assert len(told(_issue_of(books, run="D3"))) == 4
    assert books.preview(DAY).notices == ()
    sound(books.url)


def test_settings_that_changed_since_the_run_stop_it(books: World) -> None:
    """What was looked at would not be what goes out. How old statements may be does not matter."""
    run = _freeze(books)
    setting_up.change(books.at(DAY), "dunning.staleness_bank_days", "200")
    setting_up.change(books.at(DAY), "dunning.deadline_days", "20")
    before = dump(books.url)
    acts: list[Callable[[], object]] = [
        lambda: _issue_of(books, run=run), lambda: dunning.drop(books.at(DAY), run, ["RE-1001"], "x"),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(Refused) as no:
            act()
        assert (codes_of(no), no.value.exit_code) == (["dunning-settings-changed"], Exit.REFUSED)
    assert dump(books.url) == before
    setting_up.change(books.at(DAY), "dunning.deadline_days", "10")
    assert len(told(_issue_of(books, run=run))) == 4


def test_items_are_taken_out_of_a_draft_with_a_reason(books: World) -> None:
    """ "Untick 2 with reason": one of two of a customer, and all of another; who and why is recorded."""
    run = _freeze(books)
    done = dunning.drop(books.at(DAY, "bernd"), run, ["RE-1001", "RE-1003"], "ruft an")
    assert set(told(done)) == {"RE-1002", "RE-1004"}
    assert gone(done) == {"RE-1001": "taken_out", "RE-1003": "taken_out"}
    assert {dict(one.why.facts)["reason"] for one in done.dropped} == {"ruft an"}
    query = select(log.c.action, log.c.subject, log.c.actor, log.c.reason).order_by(log.c.id.desc()).limit(1)
    assert tuple(rows(books.url, query)[0]) == ("dunning-drop", run, "bernd", "ruft an")
    sound(books.url)
    issued = _issue_of(books, run=run)
    assert told(issued) == {"RE-1002": (1, 20000), "RE-1004": (1, 40000)}
    assert gone(issued) == gone(done)
    assert books.state("RE-1001") == {"total": (0, None)}
    assert told(books.preview(DAY)) == {"RE-1001": (1, 10000), "RE-1003": (1, 30000)}
    sound(books.url)


@pytest.mark.parametrize(
    ("invoices", "reason", "code", "leave"),
    [
        (["RE-1001", "RE-9"], "x", "dunning-not-in-run", Exit.REFUSED),
        (["RE-1001"], "  ", "reason-missing", Exit.USAGE),
    ],
)
def test_what_cannot_be_taken_out(books: World, invoices: list[str], reason: str, code: str, leave: Exit) -> None:
    """All or nothing."""
    run = _freeze(books)
    before = dump(books.url)
    with pytest.raises(Refused) as no:
        dunning.drop(books.at(DAY), run, invoices, reason)
    assert (codes_of(no), no.value.exit_code) == ([code], leave)
    assert dump(books.url) == before
    _issue_of(books, run=run)
    with pytest.raises(Refused) as no:
        dunning.drop(books.at(DAY), run, ["RE-1001"], "zu spät")
    assert codes_of(no) == ["dunning-run-not-draft"]


def _paid(books: World) -> None:
    books.settle(DAY, books.pay(DAY, 40000, "RE-1004"))


def _found(books: World) -> None:
    books.pay(DAY, 39000, "RE-1004")
    matching.match_all(books.at(DAY))


def _blocked(books: World) -> None:
    dunning.block(books.at(DAY), "RE-1004", reason="Reklamation", until=None, only=None)


def _credited(books: World) -> None:
    head = "invoice_no;customer_no;amount;due_date;issue_date;document_type\n"
    books.items(f"{head}GU-1;7003;400,00;2026-03-16;2026-03-16;credit_note\n", DAY)


def _later(books: World) -> None:
    head = "invoice_no;customer_no;amount;due_date;issue_date;branch\n"
    books.items(f"{head}RE-1004;7003;400,00;2026-03-10;2026-02-01;K01\n", DAY)


def _moved(books: World) -> None:
    head = "invoice_no;customer_no;amount;due_date;issue_date;branch\n"
    books.items(f"{head}RE-1004;7003;400,00;2026-03-01;2026-02-01;K02\n", DAY)


def _overpaid(books: World) -> None:
    """Money that stands to his credit without an item."""
    line = books.pay(DAY, 50000, "RE-1005")
    head = "invoice_no;customer_no;amount;due_date;issue_date;branch\n"
    books.items(f"{head}RE-1005;7003;100,00;2026-03-01;2026-02-01;K01\n", DAY)
    confirming.confirm(books.at(DAY), line, [confirming.Wanted("RE-1005", None)])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_paid, "paid"), (_found, "payment_found"), (_blocked, "blocked"), (_credited, "credit"),
        (_later, "not_yet"), (_moved, "changed"), (_overpaid, "credit"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)  # fmt: skip
def test_what_changed_since_the_run_is_dropped_and_told(
    books: World, change: Callable[[World], None], reason: str
) -> None:
    """Of four items one has changed: the others go out, the answer lists the one with its reason, today and later, and
    its level has not moved."""
    run = _freeze(books)
    change(books)
    done = _issue_of(books, run=run)
    assert set(told(done)) == {"RE-1001", "RE-1002", "RE-1003"}
    assert gone(done) == {"RE-1004": reason}
    assert [one.open for one in done.dropped] == [40000]
    assert _issue_of(books, "2026-03-17", run) == done
    assert books.state("RE-1004") == {"total": (0, None)}
    sound(books.url)


def test_collected_since_the_run_is_dropped(books_url: str, opened: Opened) -> None:
    """A direct debit overtook the notice (O-16)."""
    books = world(books_url, opened, FEES)
    books.customers("7001", more=";iban", values=";DE44370501980000010002")
    text_in(books.at("2026-02-01"), mandates="mandate_id;customer_no;iban;signed_on\n"
            "M-1;7001;DE44370501980000010002;2026-01-01\n")  # fmt: skip
    books.items("invoice_no;customer_no;amount;due_date;issue_date;branch;payment_method;mandate_id\n"
                "RE-1001;7001;100,00;2026-03-01;2026-02-01;K01;direct_debit;M-1\n")  # fmt: skip
    run = _freeze(books)
    assert collecting.create(books.at(DAY), due_until=date(2026, 3, 1)).batches
    done = _issue_of(books, run=run)
    assert (done.notices, gone(done)) == ((), {"RE-1001": "in_collection"})
    sound(books.url)


def test_a_level_that_was_cancelled_since_is_not_skipped(books: World) -> None:
    """A draft of level 2; the notice of level 1 is taken back before it goes out: level 1 is next, nothing goes."""
    [(first, _), *_] = books.remind(DAY, Scope(customer="7003")).notices
    run = _freeze(books, Scope(customer="7003"), "2026-03-30")
    dunning.cancel(books.at("2026-03-30"), str(first), "an die falsche Anschrift")
    done = dunning.issue(books.at("2026-03-30"), run)
    assert (done.notices, gone(done)) == ((), {"RE-1004": "changed"})
    assert told(books.preview("2026-03-30", Scope(customer="7003"))) == {"RE-1004": (1, 40000)}
    sound(books.url)


def test_x_31_old_statements_stop_a_run(books: World) -> None:
    """A preview warns; a run is refused, unless somebody says why it is no harm. What was accepted holds as long as no
    statement is older than that; a job accepts nothing."""
    setting_up.change(books.at(START_OF_MARCH), "dunning.staleness_bank_days", "3")
    books.bank("2026-03-05")
    assert [finding.code for finding in books.preview(DAY).findings][:1] == ["statements-stale"]
    before = dump(books.url)
    with pytest.raises(Refused) as no:
        _freeze(books)
    assert (codes_of(no), no.value.exit_code) == (["dunning-statements-stale"], Exit.REFUSED)
    with pytest.raises(Refused) as no:
        dunning.freeze(books.at(DAY), EVERYBODY, accept_stale=" ")
    assert (codes_of(no), no.value.exit_code) == (["reason-missing"], Exit.USAGE)
    assert dump(books.url) == before
    frozen = dunning.freeze(books.at(DAY), EVERYBODY, accept_stale="Bank liefert nicht")
    query = select(log.c.reason).where(log.c.action == "dunning-run")
    assert rows(books.url, query) == [("Bank liefert nicht",)]
    assert len(told(_issue_of(books, "2026-03-17", str(frozen.run)))) == 4
    sound(books.url)


def test_x_31_statements_that_grew_old_since_the_run_stop_it(books: World) -> None:
    """Current when it was frozen, old when it is to be issued."""
    setting_up.change(books.at(START_OF_MARCH), "dunning.staleness_bank_days", "3")
    books.bank("2026-03-13")
    run = _freeze(books)
    with pytest.raises(Refused) as no:
        _issue_of(books, "2026-03-27", run)
    assert codes_of(no) == ["dunning-statements-stale"]
    assert len(told(dunning.issue(books.at("2026-03-27"), run, accept_stale="geprüft im Online-Banking"))) == 4
    query = select(log.c.reason).where(log.c.action == "dunning-issue")
    assert rows(books.url, query) == [("geprüft im Online-Banking",)]
    sound(books.url)


def test_x_31_payments_that_wait_for_a_decision_are_counted(books: World) -> None:
    """How many items they hold back, and where to decide."""
    _found(books)
    shown = books.preview(DAY)
    assert left_out(shown)["RE-1004"] == "payment_found"
    [finding] = [one for one in shown.findings if one.code == "dunning-payments-found"]
    assert dict(finding.facts) == {"count": "1"}
    frozen = dunning.freeze(books.at(DAY), EVERYBODY)
    assert "dunning-payments-found" in {one.code for one in frozen.findings}


def test_before_it_leaves_the_house_a_run_is_cancelled_whole(books: World) -> None:
    """Levels and dates are as before; not without a reason."""
    run = _freeze(books)
    _issue_of(books, run=run)
    for reason in (None, "", " \t"):
        with pytest.raises(Refused) as no:
            dunning.cancel(books.at(DAY), run, reason)
        assert (codes_of(no), no.value.exit_code) == (["reason-missing"], Exit.USAGE)
    dunning.cancel(books.at(DAY), run, "falscher Stichtag")
    assert {number: books.state(number) for number in ("RE-1001", "RE-1003")} == {
        "RE-1001": {"total": (0, None)}, "RE-1003": {"total": (0, None)},
    }  # fmt: skip
    assert len(told(books.preview(DAY))) == 4
    sound(books.url)


def test_what_has_left_the_house_is_cancelled_one_by_one(books: World) -> None:
    """The run as a whole is refused, a notice of it with a reason is not; only its own parts move."""
    run = _freeze(books)
    [(first, _), *_] = _issue_of(books, run=run).notices
    with writing(books.at(DAY).books) as connection:
        sent = notices.c.id == int(str(first)[1:])
        connection.execute(update(notices).where(sent).values(dispatched_on=stamp(DAY).as_of))
        record(connection, stamp(DAY), "test", str(first))
    before = dump(books.url)
    with pytest.raises(Refused) as no:
        dunning.cancel(books.at(DAY), run, "falscher Stichtag")
    assert (codes_of(no), no.value.exit_code) == (["dunning-run-dispatched"], Exit.REFUSED)
    assert dump(books.url) == before
    done = dunning.cancel(books.at(DAY), str(first), "doch bezahlt")
    assert set(told(done)) == {"RE-1003", "RE-1004"}
    assert books.state("RE-1001") == {"total": (0, None)}
    assert books.state("RE-1003") == {"total": (1, DAY)}
    with pytest.raises(Refused) as no:
        dunning.cancel(books.at(DAY), run, "falscher Stichtag")
    assert codes_of(no) == ["dunning-run-dispatched"]
    sound(books.url)


def test_runs_are_listed_with_what_became_of_them(books: World) -> None:
    """Counts, sums, what was dropped and taken back; line by line in the run itself, with who did what."""
    run = _freeze(books)
    dunning.drop(books.at(DAY, "bernd"), run, ["RE-1003"], "ruft an")
    _paid(books)
    [(first, _), *_] = _issue_of(books, run=run).notices
    dunning.cancel(books.at("2026-03-17", "carla"), str(first), "doppelt")
    [listed] = dunning.list_runs(books.at("2026-03-17"))
    [sums] = listed.figures
    assert (listed.name, listed.status, listed.made_by) == ("D1", "issued", "anna")
    assert (sums.standing, sums.dropped, sums.cancelled, sums.dispatched, sums.total) == (0, 2, 1, 0, 0)
    shown = dunning.show(books.at("2026-03-17"), "d1")
    assert {line.line.invoice_no: (line.frozen, line.status, line.why and line.why.reason)
            for _, line in shown.lines} == {
        "RE-1001": (10000, "cancelled", None), "RE-1002": (20000, "cancelled", None),
        "RE-1003": (30000, "dropped", "taken_out"), "RE-1004": (40000, "dropped", "paid"),
    }  # fmt: skip
    assert [(step.what, step.by, step.reason) for step in shown.steps] == [
        ("run", "anna", None), ("drop", "bernd", "ruft an"), ("issue", "anna", None), ("cancel", "carla", "doppelt"),
    ]  # fmt: skip
    assert dunning.list_runs(books.at("2026-03-17"), ["draft"]) == []


def test_v_02_accountant_and_supervisor_dun_and_others_are_refused(books: World) -> None:
    """Run, issue and cancel: exit 7 for everybody else; a job may prepare a run, and no more."""
    users = "".join(f'[[users]]\nname = "{role}"\nrole = "{role}"\n' for role in UserRole)
    company = COMPANY.format(iban=IBAN, dunning=FEES) + users
    setting_up.apply(books.at(DAY), company.encode(), "company.toml")
    for role in UserRole:
        actor = books.at(DAY, role)
        if role in {UserRole.ACCOUNTANT, UserRole.SUPERVISOR}:
            run = str(dunning.freeze(actor, EVERYBODY).run)
            assert dunning.issue(actor, run).notices
            dunning.cancel(actor, run, "noch einmal")
            continue
        acts: list[Callable[[Context], object]] = [
            lambda on: dunning.issue(on, "D1"), lambda on: dunning.cancel(on, "D1", "x"),
            lambda on: dunning.freeze(on, EVERYBODY, accept_stale="x"),
        ]  # fmt: skip
        if role is not UserRole.JOB:
            acts.append(lambda on: dunning.freeze(on, EVERYBODY))
        for act in acts:
            with pytest.raises(Refused) as no:
                act(actor)
            assert no.value.exit_code is Exit.NOT_PERMITTED
    sound(books.url, actor=UserRole.SUPERVISOR)


@pytest.mark.parametrize(("mode", "code"), [("off", "dunning-off"), ("external", "dunning-external")])
def test_d_03_v_01_where_dunning_is_off_nothing_is_run_or_issued(books: World, mode: str, code: str) -> None:
    """Refused with the reason; also a draft of before."""
    run = _freeze(books, Scope(branch="K01"))
    setting_up.change(books.at(DAY), "dunning.mode", mode)
    acts: list[Callable[[], object]] = [
        lambda: _freeze(books, Scope(branch="K02")), lambda: _issue_of(books, run=run),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(Refused) as no:
            act()
        assert codes_of(no) == [code]


def test_exit_codes_of_the_conditions(books: World) -> None:
    """--fail-on review: a payment waits; --fail-on excluded: something overdue gets no notice."""
    asked = ("--books", books.url, "--as-of", DAY, "dunning", "preview", "--json", "--fail-on")
    assert [command(*asked, what).code for what in ("review", "excluded")] == [0, 0]
    _blocked(books)
    assert [command(*asked, what).code for what in ("review", "excluded")] == [0, 5]
    dunning.unblock(books.at(DAY), "RE-1004", reason="geklärt", only=None)
    _found(books)
    assert [command(*asked, what).code for what in ("review", "excluded")] == [5, 5]


def test_a_run_on_the_command_line(books: World) -> None:
    """Run, again, drop, issue with what was dropped, show, list and cancel, as a script sees them."""
    head = ("--books", books.url, "--as-of", DAY, "--actor", "anna", "dunning")
    made = command(*head, "run", "--json")
    assert (made.code, made.document["run"], made.document["dropped"]) == (0, "D1", [])
    again = command(*head, "run", "--json")
    assert (again.code, [one["code"] for one in again.document["findings"]]) == (4, ["dunning-draft-there"])
    taken = command(*head, "drop", "D1", "RE-1003", "--reason", "ruft an", "--json")
    assert taken.document["dropped"] == [
        {"notice": "N2", "customer": "7002", "item": "RE-1003", "part": "total", "reason": "taken_out",
         "text": "Taken out by hand. Reason: ruft an.", "next_on": None, "level": 1, "open": "300.00",
         "currency": "EUR"}
    ]  # fmt: skip
    done = command(*head, "issue", "D1", "--json", "--fail-on", "excluded")
    assert (done.code, done.document["status"], len(done.document["notices"])) == (5, "issued", 2)
    shown = command(*head, "show", "D1", "--json").document
    assert (shown["schema_version"], shown["run"], len(shown["lines"])) == (1, "D1", 4)
    listed = command(*head, "list", "--json").document["runs"]
    assert [(one["run"], one["status"], one["sums"][0]["total"]) for one in listed] == [("D1", "issued", "700.00")]
    assert command(*head, "list", "--csv").out.splitlines()[1].startswith("D1,2026-03-16,issued,")
    assert command(*head, "cancel", "D1", "--reason", " ").code == 2
    assert command(*head, "cancel", "D1", "--reason", "falscher Tag").code == 0
    people = command(*head, "show", "D1", "--lang", "de").out
    assert "zurückgezogen" in people
    assert "ruft an" in people
