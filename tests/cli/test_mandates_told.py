"""``opos mandates`` as people and programs see it."""

import json
from collections.abc import Callable

import pytest

from tests.commandline import Ran, command

BooksAt = Callable[[str], str]
ADD = ("mandates", "add", "--mandate-id", "M-10007-2", "--customer", "10007", "--iban", "DE02 1203 0000 0000 2020 51",
       "--signed-on", "24.11.2026")  # fmt: skip


@pytest.fixture
def opos(books_at: BooksAt) -> Callable[..., Ran]:
    """The program on the demo books after two debits came back."""
    url = books_at("returned")

    def run(*words: str, lang: str = "de") -> Ran:
        return command("--books", url, "--as-of", "2026-11-25", "--actor", "anna", "--lang", lang, *words)

    return run


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_new_mandate_in_place_of_a_blocked_one(opos: Callable[..., Ran]) -> None:
    """What is done and what follows, in plain words; again is refused with the way on."""
    done = opos(*ADD, "--replace")
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        "Mandat M-10007-2 eingetragen für Kunde 10007 (Otto Musterfrau-Beispiel).",
        "  Mandat: M-10007-2",
        "  IBAN: DE02120300000000202051",
        "  Verfahren: CORE",
        "  Häufigkeit: wiederkehrend",
        "  Unterschrift: 24.11.2026",
        "  Status: aktiv",
        "Dafür widerrufen: Mandat M-10007-1.",
    ]
    again = opos(*ADD, "--replace")
    assert again.code == 4
    assert "[mandate-there]" in again.err
    assert "opos mandates amend" in again.err
    told = opos("mandates", "show", "M-10007-1").out
    assert "Status                    widerrufen\n" in told
    assert "ersetzt durch M-10007-2" in told
    assert "RE-2026-0858 über 36,80 € zum 23.11.2026" in told


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_the_bank_is_told_next(opos: Callable[..., Ran]) -> None:
    """In words for people, as fields for programs; a dry run writes nothing and says so."""
    words = ("mandates", "amend", "M-10002-1", "--iban", "DE02120300000000202051", "--new-id", "M-2")
    tried = opos(*words, "--dry-run").out
    assert "erfährt es die Bank des Zahlers: neues Konto (SMNDA), neue Mandatsreferenz (bisher M-10002-1)." in tried
    assert tried.endswith("Nur geprüft, nichts geschrieben.\n")
    assert opos("mandates", "show", "M-2").code == 4
    done = json.loads(opos(*words, "--json").out)
    assert list(done)[:3] == ["schema_version", "command", "dry_run"]
    assert (done["command"], done["dry_run"]) == ("mandates amend", False)
    assert done["mandate"]["amendment"] == {
        "new_account": True, "original_mandate_id": "M-10002-1", "original_creditor_id": None,
        "original_creditor_name": None,
    }  # fmt: skip
    assert {one["field"]: (one["before"], one["after"]) for one in done["changed"]}["mandate_id"] == (
        "M-10002-1",
        "M-2",
    )
    assert "Nothing to do" in opos(*words, lang="en").out


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_list_for_programs(opos: Callable[..., Ran]) -> None:
    """JSON and CSV say the same; statuses are English in both languages; a date is ISO."""
    found = json.loads(opos("mandates", "list", "--status", "expired", "--status", "revoked", "--json").out)["mandates"]
    assert [(one["mandate_id"], one["status"], one["warn"]) for one in found] == [
        ("M-10023-1", "expired", "used_up"), ("M-10038-1", "revoked", None), ("M-10041-1", "expired", "lapsed"),
    ]  # fmt: skip
    lines = opos("mandates", "list", "--status", "expired", "--csv").out.splitlines()
    assert lines[0] == ("mandate_id,customer_no,name,iban,scheme,sequence,status,warn,signed_on,last_used_on,uses,"
                        "lapses_on")  # fmt: skip
    assert lines[2].endswith("CORE,RCUR,expired,lapsed,2020-01-20,2023-05-23,0,2026-05-23")
    assert opos("mandates", "amend", "M-10002-1").code == 2
    assert "[customer-unknown]" in opos("mandates", "list", "--customer", "4711").err
