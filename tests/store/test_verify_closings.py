"""What the auditor finds of closings: rows that are written past the rules, but with seals and records as they should
be. (Values changed afterwards: ``test_verify_tampering.py``.)"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, select

from recon.model.ledger import Closing, ClosingKind
from recon.service import closing as service
from recon.service.context import Context, writing
from recon.service.verifying import verify
from recon.store import closings as store
from recon.store.log import record, write
from recon.store.tables import entries, lines, postings, statements

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
END = date(2026, 11, 24)
IBAN, BONN = "DE89370400440532013000", "DE27370501980000012345"


@pytest.fixture
def closed(books_at: BooksAt, opened: Opened) -> Context:
    """The demo's days and the period until 24 November closed: C1, C2 and C3."""
    context = opened(books_at("returned"), "2026-11-25")
    service.close_day(context, IBAN)
    service.close_day(context, BONN)
    service.close_period(context, END)
    assert verify(context).findings == ()
    return context


def _copy(connection: Connection, table: Any, **changed: Any) -> Any:
    """The last row of a table once more under the next id, sealed."""
    row = connection.execute(select(table).order_by(table.c.id.desc()).limit(1)).one()._asdict()
    return write(connection, table, [{**row, "id": row["id"] + 1, **changed}])


def _found(context: Context) -> dict[str, str]:
    return {finding.code: finding.where for finding in verify(context).findings}


def _add(connection: Connection, context: Context, closing: Closing, **told: Any) -> None:
    """A closing as the use case would write it, whatever it says."""
    action = "reopen" if closing.kind is ClosingKind.REOPEN else "close"
    after = {"kind": closing.kind.value, "day": closing.day, "override": closing.overridden, **told}
    record(connection, context.stamp, action, f"C{closing.id}", after=after, reason=closing.reason,
           seals=[store.put_closing(connection, closing)])  # fmt: skip


@pytest.mark.parametrize(("day", "found"), [(END, True), (date(2026, 11, 25), False)])
def test_an_entry_in_a_closed_period(closed: Context, day: date, found: bool) -> None:
    with writing(closed) as connection:
        seals = [_copy(connection, entries, booked_on=day, kind="take_over")]
        number = seals[0].first
        seals += [_copy(connection, postings, entry_id=number), None]
        record(connection, closed.stamp, "import", "past.csv", after={"new": 0}, seals=seals)
    assert (_found(closed).get("audit-closed-period") == f"E{number}") is found


def test_an_entry_of_the_time_between_reopening_and_closing_again(closed: Context) -> None:
    service.reopen(closed, "C3", "Nachtrag")
    with writing(closed) as connection:
        seals = [_copy(connection, entries, booked_on=END, kind="take_over")]
        record(connection, closed.stamp, "import", "past.csv", after={"new": 0}, seals=seals)
    service.close_period(closed, END)
    assert "audit-closed-period" not in _found(closed)


def test_a_line_on_a_closed_day(closed: Context) -> None:
    with writing(closed) as connection:
        seals = [_copy(connection, statements, fingerprint="x", line_count=1)]
        number = seals[0].first
        seals.append(_copy(connection, lines, statement_id=number, parent_id=None, identity="x"))
        record(connection, closed.stamp, "import", f"S{number}", after={"account": BONN}, seals=seals)
    found = _found(closed)
    assert found["audit-closed-day"] == f"L{seals[1].first}"
    # It is in none of the closing's figures either.
    assert "audit-closing-figure" in found


@pytest.mark.parametrize("figure", ["opening", "paid_in", "paid_out", "bank", "ledger", "open_count", "open_sum"])
def test_a_figure_that_does_not_follow(closed: Context, figure: str) -> None:
    """C4, a day later, each figure wrong by one."""
    with writing(closed) as connection:
        last = store.load_closings(connection)[0]
        assert last.figures is not None
        quiet = replace(last.figures, opening=last.figures.bank, paid_in=0, paid_out=0)
        right = replace(last, id=4, day=date(2026, 11, 25), closed_on=closed.stamp.as_of, figures=quiet)
        wrong = replace(quiet, **{figure: getattr(quiet, figure) + 1})
        _add(connection, closed, right)
        connection.rollback()
    with writing(closed) as connection:
        _add(connection, closed, replace(right, figures=wrong))
    (finding,) = [one for one in verify(closed).findings if one.code.startswith("audit-closing")]
    assert (finding.code, finding.where, dict(finding.facts)["column"]) == ("audit-closing-figure", "C4", figure)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"overridden": True}, "audit-closing"),
        ({"kind": ClosingKind.REOPEN, "reopens": 1, "figures": None}, "audit-closing"),
        ({"kind": ClosingKind.REOPEN, "reopens": None, "figures": None, "reason": "warum"}, "audit-closing"),
        ({"day": date(2026, 11, 20)}, "audit-closing-order"),
        ({"day": END}, "audit-closing-order"),
        ({"actor": "somebody else"}, "audit-unlike-log"),
        ({"closed_on": date(2026, 11, 24)}, "audit-unlike-log"),
        ({"account": None}, "audit-closing"),
    ],
    ids=["no reason", "reopened without one", "reopens nothing", "earlier", "twice", "actor", "day", "no account"],
)
def test_a_closing_that_cannot_be(closed: Context, changed: dict[str, Any], code: str) -> None:
    with writing(closed) as connection:
        last = store.load_closings(connection)[0]
        _add(connection, closed, replace(last, id=4, **changed))
    assert _found(closed)[code] == "C4"


def test_a_closing_without_its_record(closed: Context) -> None:
    """Sealed into the record of something else."""
    with writing(closed) as connection:
        last = store.load_closings(connection)[2]
        seal = store.put_closing(connection, replace(last, id=4, day=date(2026, 11, 25)))
        record(connection, closed.stamp, "collect", "B9", after={}, seals=[seal])
    assert _found(closed)["audit-closing"] == "C4"


def test_a_day_that_is_opened_under_a_period_that_stands(closed: Context) -> None:
    """C1 bears C3: opened again past the rule, the period has lost what it rests on."""
    with writing(closed) as connection:
        first = store.load_closings(connection)[0]
        again = replace(first, id=4, kind=ClosingKind.REOPEN, reopens=1, figures=None, reason="Irrtum", statement=None,
                        currency=None)  # fmt: skip
        _add(connection, closed, again)
    assert _found(closed)["audit-closing-order"] == "C3"
