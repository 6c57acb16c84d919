"""What the seeds ask of settings, lists and assignments, as a user meets it. Each test carries the rows it proves."""

from collections.abc import Callable
from pathlib import Path

from recon.model.settings import CollectSettings, DunningSettings, MatchingSettings, PbsSettings
from tests.books import dump
from tests.commandline import command, document

BooksAt = Callable[[str], str]
_ON = ("--as-of", "2026-11-20", "--actor", "erika")


def test_a_02_what_is_not_saved_is_not_in_the_books(books_at: BooksAt) -> None:
    url = books_at("set_up")
    before = dump(url)
    document("settings", "set", "dunning.deadline_days", "21", "--dry-run", "--books", url, *_ON)
    assert dump(url) == before
    assert "deadline_days = 21" not in command("settings", "show", "--books", url).out


def test_a_04_a_05_who_changed_which_setting_when_from_what_to_what(books_at: BooksAt) -> None:
    url = books_at("set_up")
    document("settings", "set", "dunning.deadline_days", "21", "--books", url, *_ON)
    (change,) = [one for one in document("settings", "log", "--books", url)["changes"] if one["actor"] == "erika"]
    assert change.pop("recorded_at")
    assert change == {"as_of": "2026-11-20", "actor": "erika", "key": "dunning.deadline_days", "before": "10",
                      "after": "21"}  # fmt: skip
    # And among everything else, by its kind.
    actions = {one["action"] for one in document("log", "list", "--books", url)["records"]}
    assert len(actions) > 1
    (record,) = document("log", "list", "--action", "settings", "--books", url)["records"]
    assert (record["actor"], record["as_of"]) == ("erika", "2026-11-20")


def test_f_05_an_address_that_is_not_whole_is_told_by_its_field(books_at: BooksAt, tmp_path: Path) -> None:
    url = books_at("set_up")
    table = tmp_path / "customers.csv"
    table.write_text("customer_no;name;street;postcode;town;country\n99001;Beispiel GmbH;Hauptstr. 1;123;Köln;DE\n")
    ran = command("import", str(table), "--books", url, "--lang", "de", *_ON)
    assert "[postcode-invalid]" in ran.err + ran.out
    assert "customers.csv:row 2, column postcode" in ran.err


def test_d_06_what_is_set_off_leaves_the_list_of_what_is_open(books_at: BooksAt) -> None:
    url = books_at("matched")
    open_items = {one["invoice_no"] for one in _items(url) if one["open"] != "0.00"}
    booked = [one for one in document("allocations", "list", "--books", url, *_ON)["allocations"]
              if one["kind"] == "payment" and one["status"] == "booked"]  # fmt: skip
    paid = {one["invoice_no"] for one in _items(url, "--status", "paid")}
    assert booked
    assert not paid & open_items
    lines = {one["id"] for one in document("lines", "list", "--status", "matched", "--books", url, *_ON)["lines"]}
    waiting = document("lines", "list", "--status", "unmatched", "--books", url, *_ON)["lines"]
    waiting += document("lines", "list", "--status", "proposed", "--books", url, *_ON)["lines"]
    assert lines
    assert not lines & {one["id"] for one in waiting}


def test_d_07_an_item_shows_its_payment_and_a_payment_its_item(books_at: BooksAt) -> None:
    url = books_at("matched")
    for one in document("allocations", "list", "--books", url, *_ON)["allocations"]:
        if one["item"] is None or one["status"] != "booked" or one["line"] is None:
            continue
        of_item = document("allocations", "list", "--item", one["item"], "--books", url, *_ON)["allocations"]
        assert one in of_item
        told = document("match", "explain", one["line"], "--books", url, *_ON)
        assert one["item"] in str(told)


def test_x_29_what_a_seed_leaves_open_is_off_unless_the_contract_says_otherwise() -> None:
    """A-21, A-23, A-25 and A-27: off. A-11, A-22 and A-24 stand in the contract as they are here."""
    collect, dunning = CollectSettings(), DunningSettings()
    assert collect.on_export == "in_collection"
    assert not collect.service_contracts_apart
    assert not PbsSettings().enabled
    assert PbsSettings().text_lines
    assert (dunning.combine, collect.one_mandate_per_customer, collect.group_by_branch) == ("customer", True, True)
    assert MatchingSettings().auto == "certain"


def _items(url: str, *more: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = document("items", "list", *more, "--books", url, *_ON)["items"]
    return found
