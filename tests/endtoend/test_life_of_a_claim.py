"""The life of two claims: reminded by letter and by mail, complained about, promised, paid in part and with the fee,
and the other one on its way to collection. By the command line, on both databases, with a real mail server."""

import io
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from tests.books import FIXTURES, dump, sound
from tests.commandline import command, document
from tests.service.mail_server import serving
from tests.service.statements_text import Booked, mt940

CUSTOMERS = (
    "customer_no;name;type;language;street;postcode;town;country;branch;email;dispatch\n"
    "1;Max Muster;person;de;Musterweg 1;50667;Köln;DE;K01;;post\n"
    "2;Example Ltd;company;en;Musterweg 2;50667;Köln;DE;K01;accounts@example.org;email\n"
)
ITEMS = (
    "invoice_no;customer_no;amount;issue_date;due_date;branch\n"
    "RE-1;1;100,00;2026-02-15;2026-03-01;K01\n"
    "RE-2;1;60,00;2026-02-15;2026-03-01;K01\n"
    "RE-3;2;1234,56;2026-02-15;2026-03-01;K01\n"
)


@pytest.fixture
def life(books_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Books with three invoices due on 1 March, and a folder."""
    monkeypatch.setenv("OPOS_BOOKS", books_url)
    monkeypatch.setenv("OPOS_ACTOR", "accountant")
    monkeypatch.setenv("OPOS_LANG", "de")
    assert command("init", "--company", str(FIXTURES / "company.toml"), "--as-of", "2026-02-15").code == 0
    for name, content in (("customers", CUSTOMERS), ("items", ITEMS)):
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
        assert command("import", str(tmp_path / f"{name}.csv"), "--as-of", "2026-02-15").code == 0
    return tmp_path


def test_the_life_of_two_claims(life: Path, books_url: str) -> None:
    # Level 1, on the fourteenth day: seen, frozen, looked at, issued; one letter for two invoices, one mail.
    before = dump(books_url)
    assert _preview("2026-03-14") == []
    assert [(one["customer"], one["level"], one["total"]) for one in _preview("2026-03-15")] == [
        ("1", 1, "160.00"), ("2", 1, "1234.56"),
    ]  # fmt: skip
    assert dump(books_url) == before
    run = _issued("2026-03-15")
    letters = _letters(life, run, "2026-03-15")
    (letter,) = [text for name, text in letters.items() if name.startswith("Mahnung_")]
    for told in ("Zahlungserinnerung", "RE-1", "RE-2", "160,00", "25.03.2026", "Max Muster", "Musterweg 1"):
        assert told in letter
    assert "Mahngebühr" not in letter
    _mailed_once(run, "2026-03-15")
    assert _issued_again(run, "2026-03-15") == []
    # What went out is not taken back as a whole.
    assert command("dunning", "cancel", run, "--reason", "doch nicht", "--as-of", "2026-03-15").code != 0
    assert _state("RE-1") == (1, "2026-03-15")

    # A complaint holds its invoice alone, and what is resolved goes on where it was.
    complaint = document("complaints", "open", "RE-1", "--reason", "Glas zerkratzt", "--as-of", "2026-03-20")
    assert [(one["customer"], one["level"], one["total"]) for one in _preview("2026-03-29")] == [
        ("1", 2, "65.00"), ("2", 2, "1239.56"),
    ]  # fmt: skip
    assert _reason("RE-1", "2026-03-29") == "disputed"
    document("complaints", "resolve", complaint["complaint"]["id"], "--outcome", "rejected", "--reason", "Ware geprüft",
             "--as-of", "2026-03-29")  # fmt: skip
    assert [(one["customer"], one["level"], one["total"]) for one in _preview("2026-03-29")] == [
        ("1", 2, "165.00"), ("2", 2, "1239.56"),
    ]  # fmt: skip

    # Part of it comes in before the notices go out: what is issued asks for the rest.
    run = document("dunning", "run", "--as-of", "2026-03-29")["run"]
    _paid(life, "2026-03-30", Booked(4000, "RE-1 Teilzahlung", day="2026-03-30", reference="P1"), number="60")
    line = _line("P1")
    assert command("match", "confirm", line, "RE-1=40.00", "--as-of", "2026-03-30").code == 0
    issued = document("dunning", "issue", run, "--as-of", "2026-03-30")
    assert [(one["customer"], one["total"], one["fee"], one["deadline"]) for one in issued["notices"]] == [
        ("1", "125.00", "5.00", "2026-04-09"), ("2", "1239.56", "5.00", "2026-04-09"),
    ]  # fmt: skip
    letters = _letters(life, run, "2026-03-30")
    (letter,) = [text for name, text in letters.items() if name.startswith("Mahnung_")]
    for told in ("Mahnung 2", "Mahngebühr", "5,00", "125,00", "09.04.2026"):
        assert told in letter

    # A promise is waited for; kept with the fee, the claim is settled and the fee is income.
    assert command("dunning", "promise", "RE-2", "--until", "2026-04-20", "--as-of", "2026-04-02").code == 0
    assert _reason("RE-2", "2026-04-13") == "promised"
    _paid(life, "2026-04-10", Booked(12500, "RE-1 RE-2 und Mahngebuehr", day="2026-04-10", reference="P2"), number="61",
          opening=104_000)  # fmt: skip
    assert command("match", "confirm", _line("P2"), "--as-of", "2026-04-10").code == 0
    booked = document("allocations", "list", "--as-of", "2026-04-10")["allocations"]
    assert [(one["amount"], one["kind"]) for one in booked if one["bank_ref"] == "P2"] == [
        ("60.00", "payment"), ("60.00", "payment"), ("5.00", "dunning_fee"),
    ]  # fmt: skip
    assert [_item(number)["status"] for number in ("RE-1", "RE-2")] == ["paid", "paid"]
    assert [one["customer"] for one in _preview("2026-04-13")] == ["2"]

    # The other one goes through level 3 and is proposed for collection, and handed over by nobody.
    _issued("2026-04-13")
    (mine,) = [
        one for one in document("dunning", "preview", "--as-of", "2026-04-26")["excluded"] if one["item"] == "RE-3"
    ]
    assert (mine["reason"], mine["next_on"]) == ("highest_level", None)
    assert document("dunning", "proposals", "--as-of", "2026-04-26")["proposals"] == []
    (proposed,) = document("dunning", "proposals", "--as-of", "2026-04-27")["proposals"]
    assert (proposed["item"], proposed["open"]) == ("RE-3", "1234.56")
    assert _reason("RE-3", "2026-04-27") == "collection_proposed"
    assert "collection_proposed" in _item("RE-3", "2026-04-27")["flags"]
    sound(books_url)


def _preview(day: str) -> list[dict[str, Any]]:
    return list(document("dunning", "preview", "--as-of", day)["notices"])


def _reason(item: str, day: str) -> str:
    excluded = document("dunning", "preview", "--as-of", day)["excluded"]
    return str(next(one["reason"] for one in excluded if one["item"] == item))


def _issued(day: str) -> str:
    run = str(document("dunning", "run", "--as-of", day)["run"])
    assert document("dunning", "issue", run, "--as-of", day)["status"] == "issued"
    return run


def _mailed_once(run: str, day: str) -> None:
    """The mail of a run goes out by a person's word, with its letter, and only once."""
    (waiting,) = document("mail", "list", "--run", run, "--as-of", day)["mails"]
    assert (waiting["recipient"], waiting["status"]) == ("accounts@example.org", "queued")
    with serving() as (server, port):
        keys = {"host": "localhost", "port": str(port), "security": "none", "sender": "dunning@example.com"}
        for key, value in keys.items():
            assert command("settings", "set", f"mail.{key}", value, "--as-of", day).code == 0
        for _ in range(2):
            assert command("mail", "send", "--as-of", day).code == 0
        (message,) = server.messages
    assert "Payment reminder" in message["Subject"]
    (letter,) = message.iter_attachments()
    text = _text(letter.get_content())
    for told in ("Payment reminder", "RE-3", "1,234.56", "25 March 2026"):
        assert told in text


def _issued_again(run: str, day: str) -> list[dict[str, Any]]:
    """What a second run of the day would do, after the first was issued a second time."""
    document("dunning", "issue", run, "--as-of", day)
    return _preview(day)


def _letters(folder: Path, run: str, day: str) -> dict[str, str]:
    """The files of a run by their names, PDFs as their text; written twice they are the same."""
    first, second = folder / f"{run}-1", folder / f"{run}-2"
    for out in (first, second):
        ran = command("dunning", "letters", run, "--out", str(out), "--as-of", day)
        assert ran.code == 0, ran.err
    names = sorted(path.name for path in first.iterdir())
    assert [(second / name).read_bytes() for name in names] == [(first / name).read_bytes() for name in names]
    return {name: _text((first / name).read_bytes()) for name in names if name.endswith(".pdf")}


def _text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def _paid(folder: Path, day: str, *lines: Booked, number: str, opening: int = 100_000) -> None:
    path = folder / f"{day}.sta"
    path.write_text(mt940(*lines, opening=opening, day=day, number=number), encoding="utf-8")
    ran = command("import", str(path), "--as-of", day)
    assert ran.code == 0, ran.err
    assert command("match", "--as-of", day).code == 0


def _lines() -> list[dict[str, Any]]:
    return list(document("lines", "list", "--as-of", "2026-04-30")["lines"])


def _line(bank_ref: str) -> str:
    return str(next(line["id"] for line in _lines() if line["bank_ref"] == bank_ref))


def _item(number: str, day: str = "2026-04-30") -> dict[str, Any]:
    return dict(next(one for one in document("items", "list", "--as-of", day)["items"] if one["invoice_no"] == number))


def _state(number: str) -> tuple[int, str]:
    found = _item(number, "2026-03-16")
    return found["dunning_level"], found["last_notice_on"]
