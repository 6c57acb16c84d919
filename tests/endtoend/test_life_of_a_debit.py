"""The life of one debit as it is told in a bank: collected, credited with its batch, returned with a charge, announced
and presented once more, paid. One customer, one invoice, by the command line, on both databases."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.books import FIXTURES, sound
from tests.commandline import command, document
from tests.service.statements_text import IBAN, returned

CUSTOMERS = (
    "customer_no;name;type;language;street;postcode;town;country;branch\n"
    "1;Max Muster;person;de;Musterweg 1;50667;Köln;DE;K01\n"
)
MANDATES = "mandate_id;customer_no;iban;signed_on\nM-1;1;DE44370501980000010002;2025-03-10\n"
ITEMS = (
    "invoice_no;customer_no;amount;issue_date;due_date;branch;payment_method;mandate_id\n"
    "RE-1;1;119,00;2026-11-02;2026-11-30;K01;direct_debit;M-1\n"
)


@pytest.fixture
def life(books_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Books with one invoice that is due by direct debit, and a folder."""
    monkeypatch.setenv("OPOS_BOOKS", books_url)
    monkeypatch.setenv("OPOS_ACTOR", "treasurer")
    monkeypatch.setenv("OPOS_LANG", "de")
    assert command("init", "--company", str(FIXTURES / "company.toml"), "--as-of", "2026-11-01").code == 0
    for name, content in (("customers", CUSTOMERS), ("mandates", MANDATES), ("items", ITEMS)):
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
        assert command("import", str(tmp_path / f"{name}.csv"), "--as-of", "2026-11-02").code == 0
    return tmp_path


def test_the_life_of_one_debit(life: Path, books_url: str) -> None:
    # Collected: one file for the branch, on the due date, and on its way it is neither dunned nor collected again.
    batch = _collected(life, day="2026-11-20")
    assert (batch["collection_date"], batch["count"], batch["sum"]) == ("2026-11-30", 1, "119.00")
    assert _item()["status"] == "in_collection"
    assert _excluded("2026-11-21") == {"RE-1": "already_exported"}

    # Credited: the bank books the batch in one sum and names the block; that is certain.
    _statement(life, "2026-11-30", _credit(batch, 11_900, opening=100_000))
    assert _booked("2026-11-30") == [("C1", "collection", "119.00")]
    assert (_item()["status"], _item()["open"]) == ("paid", "0.00")

    # Returned: three days later it comes back for want of money, and the bank wants three euros.
    first = _end_to_end_id(life, batch)
    _statement(life, "2026-12-03", returned(11_900, 300, first, opening=111_900, day="2026-12-03"))
    assert _booked("2026-12-03") == [("R1", "return", "-119.00"), ("R1", "return_fee", "-3.00")]
    item = _item()
    assert (item["status"], item["open"], item["due_date"], item["dunning_level"]) == (
        "open", "119.00", "2026-11-30", 0,
    )  # fmt: skip
    (back,) = document("returns", "list", "--as-of", "2026-12-03")["returns"]
    assert (back["code"], back["retry"], back["amount"], back["charge"]) == ("MS03", "once", "119.00", "3.00")
    assert (back["mandate_status"], back["next_step"]) == ("active", "payment_request")

    # Retried: presented once more, fourteen days ahead, for the customer has to be told again; a debit of its own.
    again = document("collect", "create", "--due-until", "2026-12-04", "--as-of", "2026-12-04")["files"][0]
    assert again["collection_date"] == "2026-12-18"
    unannounced = command("collect", "export", "--out", str(life / "out"), "--as-of", "2026-12-04")
    assert unannounced.code == 4, unannounced.err
    assert f"opos collect announce {again['batch']}" in unannounced.err
    told = command("collect", "announce", again["batch"], "--out", str(life / "notices"), "--as-of", "2026-12-04")
    assert told.code == 0, told.err
    (letter,) = [path.read_text("utf-8") for path in sorted((life / "notices").iterdir())]
    for fact in ("119,00", "18.12.2026", "M-1", "DE98K0109999999999", "Max Muster"):
        assert fact in letter
    batch = _handed_in(life, again["batch"], "2026-12-04")
    assert _end_to_end_id(life, batch) != first
    assert _excluded("2026-12-05") == {"RE-1": "already_exported"}

    # Paid: the second credit stands.
    _statement(life, "2026-12-18", _credit(batch, 11_900, opening=99_700))
    assert _booked("2026-12-18") == [("C1", "collection", "119.00")]
    assert (_item()["status"], _item()["open"]) == ("paid", "0.00")
    assert document("collect", "preview", "--due-until", "2026-12-31", "--as-of", "2026-12-19")["files"] == []
    history = command("mandates", "show", "M-1", "--as-of", "2026-12-19")
    assert history.code == 0
    assert "MS03" in history.out
    sound(books_url)


def _collected(folder: Path, *, day: str) -> dict[str, Any]:
    (made,) = document("collect", "create", "--due-until", "2026-12-01", "--as-of", day)["files"]
    return _handed_in(folder, made["batch"], day)


def _handed_in(folder: Path, batch: str, day: str) -> dict[str, Any]:
    """Exported, twice with the same bytes, and given to the bank."""
    out = str(folder / "out")
    (first,) = document("collect", "export", "--out", out, batch, "--as-of", day)["files"]
    content = (folder / "out" / first["file"]).read_bytes()
    (second,) = document("collect", "export", "--out", out, batch, "--as-of", day)["files"]
    assert first == second
    assert (folder / "out" / first["file"]).read_bytes() == content
    (given,) = document("collect", "submitted", batch, "--as-of", day)["files"]
    assert given["status"] == "submitted"
    return dict(given)


def _credit(batch: dict[str, Any], amount: int, *, opening: int) -> str:
    """The statement with the credit of a batch: GVC 192, its block named by KREF."""
    day = batch["collection_date"]
    short = day[2:].replace("-", "")
    (block,) = batch["blocks"]
    return (
        f":20:STARTUMS\n:25:{IBAN}\n:28C:{short[-4:]}/1\n:60F:C{short}EUR{_comma(opening)}\n"
        f":61:{short}{short[2:]}CR{_comma(amount)}NDDTKREF+//{short}1\n"
        f":86:192?00SAMMLER-LASTSCHRIFT?109251?20KREF+{block['payment_information_id']}?21SVWZ+Lastschrifteinzug\n"
        f":62F:C{short}EUR{_comma(opening + amount)}\n-\n"
    )


def _statement(folder: Path, day: str, text: str) -> None:
    path = folder / f"{day}.sta"
    path.write_text(text, encoding="utf-8")
    ran = command("import", str(path), "--allow-gap", "quiet days", "--as-of", day)
    assert ran.code == 0, ran.err


def _booked(day: str) -> list[tuple[str, str, str]]:
    """What matching books on a day."""
    assert document("match", "--as-of", day)["open_lines"]["count"] == 0
    made = document("allocations", "list", "--as-of", day)["allocations"]
    return [(one["class"], one["kind"], one["amount"]) for one in made if one["booking_date"] == day]


def _item() -> dict[str, Any]:
    (item,) = document("items", "list", "--as-of", "2026-12-19")["items"]
    return dict(item)


def _end_to_end_id(folder: Path, batch: dict[str, Any]) -> str:
    """The end-to-end id of the only debit of a batch, as the bank is told."""
    (found,) = re.findall("<EndToEndId>([^<]+)</EndToEndId>", (folder / "out" / batch["file"]).read_text("utf-8"))
    return str(found)


def _excluded(day: str) -> dict[str, str]:
    found = document("collect", "preview", "--due-until", "2026-12-31", "--as-of", day)["excluded"]
    return {entry["item"]: entry["reason"] for entry in found}


def _comma(amount: int) -> str:
    return f"{amount // 100},{amount % 100:02d}"
