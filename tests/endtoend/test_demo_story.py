"""The story of the demo company by the command line, on both databases, with every number of fixtures/expected.json."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.commandline import command, document

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
EXPECTED: dict[str, Any] = json.loads((FIXTURES / "expected.json").read_text(encoding="utf-8"))
Opos = Callable[..., dict[str, Any]]


@pytest.fixture
def opos(books_url: str) -> Opos:
    """Commands on these books on a day."""

    def run(day: str, *arguments: str) -> dict[str, Any]:
        return document("--books", books_url, "--as-of", day, "--actor", "tester", *arguments)

    return run


def test_the_whole_job_with_every_number(opos: Opos, tmp_path: Path) -> None:
    """Import, dun, match, collect, take back returns, dun again: each step as the accountant's list has it."""
    made = opos("2026-10-20", "init", "--company", str(FIXTURES / "company.toml"))
    assert (made["created"], made["branches"]) == (True, ["K01", "K02", "K03"])
    tables = [str(FIXTURES / name) for name in ("items.csv", "customers.csv", "mandates.csv")]
    imported = opos("2026-10-20", "import", *tables)
    assert {Path(file["path"]).name: file["records"]["new"] for file in imported["files"]} == {
        "customers.csv": 60,
        "items.csv": 120,
        "mandates.csv": 39,
    }
    for told in EXPECTED["dunning"][:2]:
        _dun(opos, told)
    _import_statements(opos, "2026-11-20", "2026-11-19.sta", "2026-11-20.sta")
    opos("2026-11-20", "match")
    _collect(opos, tmp_path / "out")
    _import_statements(opos, "2026-11-24", "camt053_2026-11-23_24.zip")
    matched = opos("2026-11-24", "match")
    assert matched["bands"]["return"] == len(EXPECTED["returns"])
    _lines(opos)
    _returns(opos)
    _items(opos)
    preview = opos(EXPECTED["dunning"][2]["as_of"], "dunning", "preview")
    _notices(preview, EXPECTED["dunning"][2])
    _excluded(preview, EXPECTED["dunning"][2]["excluded"])
    _reports(opos)
    assert opos("2026-11-25", "verify")["ok"] is True


def test_doing_everything_twice_changes_nothing(opos: Opos, tmp_path: Path) -> None:
    """Importing, matching, issuing and exporting again finds everything done."""
    opos("2026-10-20", "init", "--company", str(FIXTURES / "company.toml"))
    tables = [str(FIXTURES / name) for name in ("customers.csv", "mandates.csv", "items.csv")]
    bank = str(FIXTURES / "bank")
    opos("2026-11-20", "import", *tables, bank)
    first = opos("2026-11-20", "match")
    assert first["booked"] > 0
    before = opos("2026-11-20", "allocations", "list")
    again = opos("2026-11-20", "import", *tables, bank)
    assert {file["status"] for file in again["files"]} == {"known"}
    assert again["totals"]["new"] == 0
    second = opos("2026-11-20", "match")
    assert (second["run"], second["booked"]) == (None, 0)
    assert second["open_lines"] == first["open_lines"]
    assert opos("2026-11-20", "allocations", "list") == before


def _dun(opos: Opos, told: dict[str, Any]) -> None:
    preview = opos(told["as_of"], "dunning", "preview")
    run = opos(told["as_of"], "dunning", "run")
    _notices(run, told)
    assert [notice | {"id": None} for notice in run["notices"]] == preview["notices"]
    _excluded(run, told["excluded"])
    issued = opos(told["as_of"], "dunning", "issue", run["run"])
    assert issued["status"] == "issued"
    assert issued["notices"] == run["notices"]


def _notices(found: dict[str, Any], told: dict[str, Any]) -> None:
    names = ("customer", "branch", "level", "language", "deadline", "fee", "interest", "total")
    # A line tells more than the story does: nothing of it for these, as the demo asks for no interest.
    told_of = {*told["notices"][0]["items"][0]} if told["notices"] else set()
    more = [line[name] for notice in found["notices"] for line in notice["items"] for name in line.keys() - told_of]
    assert set(more) <= {"0.00", None}
    shown = [
        {name: notice[name] for name in names}
        | {"items": [{name: line[name] for name in line if name in told_of} for line in notice["items"]]}
        for notice in found["notices"]
    ]
    wanted = [{name: notice[name] for name in (*names, "items")} for notice in told["notices"]]
    assert sorted(shown, key=_notice_key) == sorted(wanted, key=_notice_key)


def _excluded(found: dict[str, Any], told: list[dict[str, Any]]) -> None:
    """What would be reminded of but for a hold is left out with its reason; whatever is left out says why."""
    shown = {(entry["item"], entry["reason"]) for entry in found["excluded"]}
    assert {(entry["item"], entry["reason"]) for entry in told} <= shown
    reminded = {line["item"] for notice in found["notices"] for line in notice["items"] if line["part"] == "total"}
    assert not reminded & {item for item, _ in shown}
    assert all(entry["text"] for entry in found["excluded"])


def _notice_key(notice: dict[str, Any]) -> tuple[str, int, str]:
    return notice["customer"], notice["level"], notice["items"][0]["item"]


def _import_statements(opos: Opos, day: str, *names: str) -> None:
    found = opos(day, "import", *(str(FIXTURES / "bank" / name) for name in names))
    assert found["totals"]["refused"] == 0
    pages: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for file in found["files"]:
        assert file["status"] == "imported"
        for statement in file["statements"]:
            assert statement["balance_ok"] is True
            assert (statement["new"], statement["known"]) == (statement["lines"], 0)
            pages.setdefault((statement["account"], statement["number"]), []).append(statement)
    known = {(entry["account"], entry["number"]): entry for entry in EXPECTED["statements"]}
    for key, statements in pages.items():
        told = known[key]
        assert statements[0]["opening"] == told["opening"]
        assert statements[-1]["closing"] == told["closing"]
        assert sum(statement["lines"] for statement in statements) == told["lines"]


def _collect(opos: Opos, out: Path) -> None:
    told = EXPECTED["collect"]
    window = ("--due-until", "2026-11-25")
    preview = opos("2026-11-20", "collect", "preview", *window)
    made = opos("2026-11-20", "collect", "create", *window)
    assert made["due"] == preview["due"] == told["due"]
    excluded = [{"item": entry["item"], "reason": entry["reason"]} for entry in made["excluded"]]
    assert sorted(excluded, key=str) == sorted(told["excluded"], key=str)
    names = ("message_id", "branch", "scheme", "collection_date", "count", "sum")
    assert [{name: file[name] for name in names} for file in made["files"]] == [
        {name: file[name] for name in names} for file in told["files"]
    ]
    block = ("payment_information_id", "sequence", "collection_date", "account", "creditor_id", "count", "sum")
    for file, wanted in zip(made["files"], told["files"], strict=True):
        assert [{name: entry[name] for name in block} for entry in file["blocks"]] == [
            {name: entry[name] for name in block} for entry in wanted["blocks"]
        ]
    nothing = opos("2026-11-20", "collect", "create", *window)
    assert nothing["files"] == []
    assert {entry["reason"] for entry in nothing["excluded"]} >= {"already_exported"}
    exported = opos("2026-11-20", "collect", "export", "--out", str(out))
    written = {path.name: path.read_bytes() for path in out.iterdir()}
    for file, wanted in zip(exported["files"], told["files"], strict=True):
        content = written.pop(file["file"])
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        for entry in wanted["blocks"]:
            for debit in entry["transactions"]:
                assert f"<EndToEndId>{debit['end_to_end_id']}</EndToEndId>" in content.decode()
        stem = file["file"].removesuffix(".xml")
        assert file["sha256"] in written.pop(f"{stem}.sha256").decode()
        assert file["sha256"] in written.pop(f"{stem}.csv").decode()
        assert written.pop(f"{stem}.pdf").startswith(b"%PDF-")
    assert not written
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    opos("2026-11-21", "collect", "export", "--out", str(out))
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def _lines(opos: Opos) -> None:
    booked: dict[str, list[dict[str, Any]]] = {}
    for entry in opos("2026-11-25", "allocations", "list")["allocations"]:
        assert entry["status"] == "booked"
        booked.setdefault(entry["bank_ref"], []).append(entry)
    lines = {line["bank_ref"]: line for line in opos("2026-11-25", "lines", "list")["lines"]}
    assert len(lines) == len(EXPECTED["lines"])
    for told in EXPECTED["lines"]:
        line = lines[told["bank_ref"]]
        assert (line["amount"], line["booking_date"]) == (told["amount"], told["booking_date"]), told
        if told["booked"]:
            assert {entry["class"] for entry in booked[told["bank_ref"]]} == {told["class"]}, told
            assert _shares(booked[told["bank_ref"]]) == _shares(told["shares"]), told
            assert (line["open"], line["proposals"]) == ("0.00", [])
            continue
        assert told["bank_ref"] not in booked, told
        assert line["open"] == line["amount"]
        best = line["proposals"][0] if line["proposals"] else None
        if told["band"] == "none":
            assert best is None, told
            continue
        assert best is not None, told
        assert (best["class"], best["band"]) == (told["class"], told["band"]), told
        assert best["evidence"], told
        if told["shares"]:
            assert _shares(best["allocations"]) == _shares(told["shares"]), told
        found = {share["item"] for proposal in line["proposals"] for share in proposal["allocations"]}
        assert found >= set(told["candidates"]), told


def _shares(entries: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return sorted((entry["item"] or "", entry["amount"], entry["kind"]) for entry in entries)


def _returns(opos: Opos) -> None:
    found = {entry["bank_ref"]: entry for entry in opos("2026-11-25", "returns", "list")["returns"]}
    assert set(found) == {told["bank_ref"] for told in EXPECTED["returns"]}
    for told in EXPECTED["returns"]:
        assert {name: found[told["bank_ref"]][name] for name in told} == told


def _items(opos: Opos) -> None:
    found = {entry["invoice_no"]: entry for entry in opos("2026-11-25", "items", "list")["items"]}
    assert len(found) == len(EXPECTED["items"])
    for told in EXPECTED["items"]:
        assert {name: found[told["invoice_no"]][name] for name in told} == told


def _reports(opos: Opos) -> None:
    aging = opos("2026-11-25", "report", "aging")
    items = opos("2026-11-25", "report", "open-items")
    journal = opos("2026-11-25", "report", "journal")
    assert aging["totals"]["EUR"]["total"] == items["totals"]["EUR"]["open"]
    assert journal["totals"]["EUR"]["debit"] == journal["totals"]["EUR"]["credit"]
    waiting = {told["bank_ref"] for told in EXPECTED["lines"] if not told["booked"]}
    assert len(opos("2026-11-25", "report", "unmatched")["rows"]) == len(waiting)
    for row in opos("2026-11-25", "report", "reconciliation")["rows"]:
        assert row["difference"] == "0.00"


def test_the_demo_in_one_command(tmp_path: Path) -> None:
    """``opos demo`` leaves books and debit files and tells an accountant what happened, in both languages."""
    told = command("--lang", "de", "--actor", "tester", "demo", str(tmp_path / "de"))
    assert told.code == 0, told.err
    assert "Die Bücher stimmen." in told.out
    assert "sicher: von selbst gebucht" in told.out
    found = sorted(path.suffix for path in (tmp_path / "de" / "out").iterdir())
    assert found == [end for end in (".csv", ".pdf", ".sha256", ".xml") for _ in range(4)]
    assert (tmp_path / "de" / "opos.db").exists()
    english = command("--lang", "en", "--actor", "tester", "demo", str(tmp_path / "en"))
    assert "The books are right." in english.out
    again = command("--lang", "en", "demo", str(tmp_path / "en"))
    assert again.code == 4
    assert "not empty" in again.err


def test_init_demo_leaves_filled_books(tmp_path: Path) -> None:
    """``opos init --demo``: as at the end of the story, for trying things out."""
    books = str(tmp_path / "try.db")
    assert command("--books", books, "--actor", "tester", "init", "--demo").code == 0
    found = document("--books", books, "--as-of", "2026-11-25", "items", "list")["items"]
    told = {entry["invoice_no"]: entry["open"] for entry in EXPECTED["items"]}
    assert {entry["invoice_no"]: entry["open"] for entry in found} == told
