"""``opos log list``, ``opos verify --head`` and by which rules a line was matched."""

import re

import pytest
from sqlalchemy import func, select

from recon.matching.version import RULES
from recon.store.tables import log
from tests.books import Databases, rows
from tests.commandline import command, document
from tests.conftest import template


@pytest.fixture
def books(databases: Databases) -> str:
    """The demo books after a match, then decisions of two people on two days."""
    address = databases.copy(template(databases, "sqlite", "matched"))
    for actor, day, words in (
        ("anna", "2026-11-20", ("match", "confirm", "L7")),
        ("bernd", "2026-11-24", ("settings", "set", "dunning.deadline_days", "14")),
        ("anna", "2026-11-26", ("match", "undo", "--last")),
    ):
        ran = command("--books", address, "--as-of", day, "--actor", actor, *words)
        assert ran.code == 0, ran.err
    return address


def _records(books: str, *more: str) -> list[tuple[str, str, str]]:
    found = document("--books", books, "log", "list", *more)["records"]
    assert [one["id"] for one in found] == sorted(one["id"] for one in found)
    return [(one["as_of"], one["actor"], one["action"]) for one in found]


def test_every_record_is_listed(books: str) -> None:
    """All of them without a gap, each with its hash and the program."""
    found = document("--books", books, "log", "list")["records"]
    assert [one["id"] for one in found] == list(range(1, rows(books, select(func.count()).select_from(log))[0][0] + 1))
    assert [one["hash"] for one in found] == [row.hash for row in rows(books, select(log).order_by(log.c.id))]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+.*", one["program"]) for one in found)
    changed = next(one for one in found if one["actor"] == "bernd")
    assert (changed["before"]["dunning"]["deadline_days"], changed["after"]["dunning"]["deadline_days"]) == (10, 14)


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        (("--by", "anna"), [("2026-11-20", "anna", "confirm"), ("2026-11-26", "anna", "undo")]),
        (("--since", "2026-11-24"), [("2026-11-24", "bernd", "settings"), ("2026-11-26", "anna", "undo")]),
        (("--since", "25.11.2026"), [("2026-11-26", "anna", "undo")]),
        (("--by", "anna", "--since", "2026-11-21"), [("2026-11-26", "anna", "undo")]),
        (("--by", "anna", "--action", "confirm"), [("2026-11-20", "anna", "confirm")]),
        (("--subject", "l7"), [("2026-11-20", "anna", "confirm")]),
        (("--by", "Anna"), []),
        (("--since", "2026-11-27"), []),
    ],
)
def test_narrowed(books: str, narrowed: tuple[str, ...], expected: list[tuple[str, str, str]]) -> None:
    """By whom (letter for letter), from which day on, what, to what; together they narrow further."""
    assert _records(books, *narrowed) == expected


def test_what_people_read_of_the_log(books: str) -> None:
    """What differs before and after, and nothing else; no day is no day."""
    ran = command("--books", books, "--lang", "de", "log", "list", "--by", "bernd")
    assert (ran.code, "dunning.deadline_days=10" in ran.out, "dunning.deadline_days=14" in ran.out) == (0, True, True)
    assert command("--books", books, "log", "list", "--since", "yesterday").code == 2
    assert len(command("--books", books, "log", "list", "--by", "bernd", "--csv").out.splitlines()) == 2


def test_a_kept_head(books: str, databases: Databases) -> None:
    """The head of today and that of last week are in the chain; one that came later is not in an older copy."""
    older = databases.copy(books)
    old = document("--books", books, "verify")["head"]
    assert command("--books", books, "settings", "set", "dunning.deadline_days", "12").code == 0
    new = document("--books", books, "verify", "--head", f" {old.upper()} ")["head"]
    assert new != old
    assert document("--books", books, "verify", "--head", new)["ok"] is True
    for head in (new, "0" * 64):
        told = document("--books", older, "verify", "--head", head, code=4)
        assert [finding["code"] for finding in told["findings"]] == ["audit-head"]
        assert (told["ok"], told["head"]) == (False, old)


@pytest.mark.parametrize("head", ["", "abc", "g" * 64, "0" * 63, "0" * 65])
def test_what_is_no_head(books: str, head: str) -> None:
    """Wrong usage, not books that are wrong."""
    assert command("--books", books, "verify", "--head", head).code == 2


def test_by_which_rules_a_line_was_matched(books: str) -> None:
    """The version of the rules stands in the run's record of the log and is told with the line; what a person has
    confirmed was matched by no rules."""
    [run] = document("--books", books, "log", "list", "--action", "match")["records"]
    assert run["after"]["rules"] == RULES
    told = document("--books", books, "match", "explain", "L1")
    assert [one["rules"] for one in told["booked"]] == [RULES]
    assert f"Regeln {RULES})" in command("--books", books, "--lang", "de", "match", "explain", "L1").out
    assert command("--books", books, "--as-of", "2026-11-26", "match", "confirm", "L7").code == 0
    booked = document("--books", books, "match", "explain", "L7")["booked"]
    assert {one.get("rules") for one in booked} == {None}
    assert "Regeln" not in command("--books", books, "--lang", "de", "match", "explain", "L7").out
