"""``opos dunning procedure`` and ``opos dunning days`` as a user meets them."""

from collections.abc import Callable

from recon.dunning.dropping import DROPPED
from recon.texts import catalogue
from tests.books import dump
from tests.commandline import command, document

BooksAt = Callable[[str], str]
DAY = "2026-11-25"


def _at(books: str, *words: str) -> list[str]:
    return ["--books", books, "--as-of", DAY, "--lang", "de", *words]


def test_x_09_the_procedure_says_who_set_what(books_at: BooksAt) -> None:
    books = books_at("returned")
    told = document(*_at(books, "dunning", "procedure", "--customer", "10017", "--json"))
    assert [(one["level"], one["days"], one["days_origin"], one["anchor"], one["fee"]) for one in told["levels"]] == [
        (1, 14, "tenant", "due_date", "0.00"),
        (2, 4, "tenant", "previous_deadline", "5.00"),
        (3, 4, "tenant", "previous_deadline", "10.00"),
    ]
    assert {one["rule"]: (one["value"], one["origin"]) for one in told["rules"]}["boundary"] == ("inclusive", "preset")
    shown = command(*_at(books, "dunning", "procedure"))
    assert (shown.code, "letzter Frist" in shown.out, "10,00" in shown.out) == (0, True, True)
    assert command(*_at(books, "dunning", "procedure", "--customer", "99999")).code == 4


def test_x_09_days_are_shown_tried_and_taken_over(books_at: BooksAt) -> None:
    books = books_at("returned")
    before = dump(books)
    tried = document(*_at(books, "dunning", "days", "apply", "--customer", "10017", "--dry-run", "--json"))
    assert [(one["level"], one["before"], one["after"], one["origin"]) for one in tried["changes"]] == [
        (1, None, 14, "tenant"), (2, None, 4, "tenant"), (3, None, 4, "tenant"),
    ]  # fmt: skip
    assert dump(books) == before
    done = command(*_at(books, "dunning", "days", "apply", "--customer", "10017"))
    assert (done.code, "3 Mahntage von 1 Kunden" in done.out) == (0, True)
    again = command(*_at(books, "dunning", "days", "apply", "--customer", "10017"))
    assert (again.code, "Nichts zu übernehmen" in again.out) == (0, True)
    own = document(*_at(books, "dunning", "days", "list", "--own", "--json"))["days"]
    assert {(one["customer"], one["origin"]) for one in own} >= {("10017", "customer")}
    assert command(*_at(books, "dunning", "days", "apply", "--was", "zehn")).code == 2


def test_a_dry_run_of_the_settings_says_what_would_move_and_changes_nothing(books_at: BooksAt) -> None:
    books = books_at("returned")
    before = dump(books)
    tried = command(*_at(books, "settings", "set", "dunning.boundary", "strict", "--dry-run"))
    assert (tried.code, "dunning-would-move" in tried.err, "Nur geprüft" in tried.out) == (0, True, True)
    assert dump(books) == before


def test_d_03_a_run_is_refused_where_dunning_is_off(books_at: BooksAt) -> None:
    books = books_at("returned")
    assert command(*_at(books, "settings", "set", "dunning.mode", "external")).code == 0
    refused = command(*_at(books, "dunning", "run"))
    assert (refused.code, "dunning-external" in refused.err) == (4, True)
    reasons = {one["reason"] for one in document(*_at(books, "dunning", "preview", "--json"))["excluded"]}
    assert "dunning_off" in reasons


def test_interest_stands_between_fee_and_total(books_at: BooksAt) -> None:
    books = books_at("returned")
    assert command(*_at(books, "settings", "set", "dunning.interest", "true")).code == 0
    later = ["--books", books, "--as-of", "2026-12-20", "--lang", "de", "dunning", "preview"]
    told = document(*later, "--json")
    for notice in told["notices"]:
        cents = {key: int(notice[key].replace(".", "")) for key in ("open", "fee", "interest", "total")}
        assert cents["open"] + cents["fee"] + cents["interest"] == cents["total"]
        assert cents["interest"] == sum(int(line["interest"].replace(".", "")) for line in notice["items"])
    assert any(notice["interest"] != "0.00" for notice in told["notices"])
    shown = command(*later)
    assert ("Zinsen" in shown.out, "base-rate-unverified" in shown.err) == (True, True)


def test_x_23_a_country_that_is_not_dunned_is_told_in_the_list(books_at: BooksAt) -> None:
    books = books_at("returned")
    assert command(*_at(books, "settings", "set", "dunning.countries", '["AT"]')).code == 0
    shown = command(*_at(books, "dunning", "preview"))
    left = [
        one for one in document(*_at(books, "dunning", "preview", "--json"))["excluded"] if one["reason"] == "country"
    ]
    assert shown.code == 0
    assert ("Land nicht gemahnt" in shown.out) is bool(left)
    assert left, "the demo has customers with a country"


def test_every_reason_has_its_heading() -> None:
    assert [reason for reason in sorted(DROPPED) if f"reason_{reason}" not in catalogue("terms")] == []
