"""``opos returns`` and the import of the bank's answers as a person and a program use them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.books import FIXTURES, Databases
from tests.commandline import command, document
from tests.conftest import template

ANSWER = FIXTURES / "answers" / "pain002_2026-11-24.xml"
DAY = ("--as-of", "2026-11-25")


@pytest.fixture
def books(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The demo books after the two returns, in German."""
    address = databases.copy(template(databases, "sqlite", "returned"))
    monkeypatch.setenv("OPOS_BOOKS", address)
    monkeypatch.setenv("OPOS_LANG", "de")
    yield address
    databases.drop(address)


def test_the_answer_of_the_bank_is_told_in_german(books: str) -> None:
    """What was rejected with its sum, what is unclear with its number, and what to do; once."""
    told = command("import", str(ANSWER), *DAY)
    assert told.code == 0
    assert "Von der Bank abgelehnte Lastschriften aus B3: 1, zusammen 137,15 (AC04)." in told.err
    assert "opos returns close Q4 --reason GRUND" in told.err
    assert "Traceback" not in told.err
    again = document("import", str(ANSWER), *DAY)
    assert [(one["kind"], one["format"], one["status"], one["records"]) for one in again["files"]] == [
        ("status", "pain.002", "known", {"new": 0, "updated": 0, "unchanged": 1}),
    ]  # fmt: skip


def test_a_file_that_is_none_is_refused(books: str, tmp_path: Path) -> None:
    broken = tmp_path / "answer.xml"
    broken.write_bytes(ANSWER.read_bytes()[:-200])
    told = command("import", str(broken), *DAY)
    assert told.code == 4
    assert "[status-xml]" in told.err
    told = command("import", "--as", "status", str(FIXTURES / "items.csv"), *DAY)
    assert told.code == 4
    assert "[status-xml]" in told.err


def test_the_list_tells_what_is_next(books: str) -> None:
    command("import", str(ANSWER), *DAY)
    text = command("returns", "list", *DAY).out
    for word in ("frühestens am 09.12.2026", "neue Bankverbindung erfragen", "mit der Bank klären", "137,15"):
        assert word in " ".join(text.split()), text
    found = {one["case"]: one for one in document("returns", "list", *DAY)["returns"]}
    assert [(one["kind"], one["state"], one["line"], one["retry_on"]) for one in found.values()] == [
        ("return", "retry", "L65", "2026-12-09"),
        ("return", "open", "L66", None),
        ("rejection", "open", None, None),
        ("unclear", "unclear", None, None),
    ]
    assert found["Q4"]["text"].startswith("The status report names the debit OPOS-20261120-0003-0099 (RJCT)")
    assert (found["Q4"]["item"], found["Q4"]["next"]) == (None, "clear it up with the bank")
    only = document("returns", "list", "--status", "open", *DAY)["returns"]
    assert [one["case"] for one in only] == ["OPOS-20261120-0001-0006", "OPOS-20261120-0003-0008"]
    head = command("returns", "list", "--csv", *DAY).out.splitlines()[0]
    assert head.startswith("line,booking_date,item,customer,amount,charge,claim,code,text,mandate,mandate_status")


def test_deciding_by_hand(books: str) -> None:
    """``retry`` says when, ``close`` wants a reason, ``--dry-run`` writes nothing; the log keeps both."""
    dry = document("returns", "retry", "L65", "--on", "2026-12-15", "--dry-run", *DAY)
    assert (dry["dry_run"], dry["case"]["decision"]["on"]) == (True, "2026-12-15")
    assert document("returns", "list", *DAY)["returns"][0]["decision"] is None
    told = command("returns", "retry", "L65", "--on", "15.12.2026", "--reason", "Gehalt", *DAY)
    assert "RE-2026-0886 ist im nächsten Einzug wieder dabei, frühestens am 15.12.2026." in told.out
    assert command("returns", "close", "L66", *DAY).code == 2
    assert command("returns", "close", "L66", "--reason", "zahlt bar", *DAY).code == 0
    again = command("returns", "close", "L66", "--reason", "zahlt bar", *DAY)
    assert (again.code, "[case-closed]" in again.err) == (4, True)
    assert command("returns", "retry", "L99", *DAY).code == 4
    logged = [one for one in document("log", "list")["records"] if one["action"].startswith("return-")]
    assert [(one["action"], one["subject"], one["reason"]) for one in logged] == [
        ("return-retry", "OPOS-20261120-0001-0011", "Gehalt"), ("return-close", "OPOS-20261120-0001-0006", "zahlt bar"),
    ]  # fmt: skip
    text = command("collect", "preview", "--due-until", "2026-12-02", *DAY).out
    assert "Noch einmal vorgelegt, mit neuer Vorabankündigung:" in text
    assert "abgeschlossen: zahlt bar" in " ".join(text.split())
