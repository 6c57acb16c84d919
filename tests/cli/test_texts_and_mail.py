"""``opos texts`` and ``opos mail`` as people and programs see them."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commandline import Ran, command
from tests.service.mail_server import serving

BooksAt = Callable[[str], str]
Opos = Callable[..., Ran]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def opos(books_at: BooksAt) -> Opos:
    """The program on the demo books after two debits came back."""
    url = books_at("returned")

    def run(*words: str, lang: str = "de") -> Ran:
        return command("--books", url, "--as-of", "2026-11-05", "--actor", "anna", "--lang", lang, *words)

    return run


def test_an_own_text_from_writing_to_looking(opos: Opos) -> None:
    done = opos("texts", "set", "2", "subject", "--language", "de", "--text", "{title} über {total}")
    assert (done.code, done.out.splitlines()[0]) == (0, "Stufe 2, subject, de: eigener")
    assert "[dunning-text-twin-missing]" in done.err
    listed = opos("texts", "list", "--level", "2").out
    assert "fehlt" in listed
    assert "opos texts set STUFE FELD --language SPRACHE" in listed
    assert opos("texts", "preview", "2").out.startswith("Mail: Mahnung 2 über 1.338,56 EUR\n")
    missing = opos("texts", "preview", "2", "--language", "en")
    assert missing.code == 4
    assert "opos texts set 2 subject --language en" in missing.err
    assert "text={title} über {total}" in opos("log", "list", "--action", "text").out


def test_a_text_that_may_not_be_saved_names_what_may(opos: Opos) -> None:
    done = opos("texts", "set", "2", "mail", "--language", "de", "--text", "{kunde}")
    assert done.code == 4
    assert "{kunde}" in done.err
    assert "{customer_no}" in done.err
    assert opos("texts", "set", "2", "mail", "--language", "de").code == 2
    assert opos("texts", "set", "5", "mail", "--language", "de", "--text", "x").code == 2


def test_a_text_from_a_file_and_all_in_one_file(opos: Opos, tmp_path: Path) -> None:
    own, every = tmp_path / "own.txt", tmp_path / "all.toml"
    own.write_text("Guten Tag,\n\nbitte zahlen Sie {total}.\n", encoding="utf-8")
    words = ("texts", "set", "1", "mail", "--language", "de", "--file", str(own))
    tried = json.loads(opos(*words, "--dry-run", "--json").out)
    assert (tried["schema_version"], tried["dry_run"]) == (1, True)
    assert tried["changed"][0]["after"] == "Guten Tag,\n\nbitte zahlen Sie {total}."
    assert json.loads(opos("texts", "list", "--json").out)["texts"][2]["origin"] == "built_in"
    assert opos(*words).code == 0
    assert opos("texts", "export", str(every)).code == 0
    assert opos("texts", "export", str(every)).code == 4
    assert "[en.1]" in every.read_text("utf-8")
    assert "Kein Text geändert." in opos("texts", "apply", str(every)).out


def test_lists_for_programs_are_safe_in_a_spreadsheet(opos: Opos) -> None:
    for language in ("de", "en"):
        words = ("texts", "set", "1", "subject", "--language", language, "--text", "=1+1")
        assert opos(*words).code == 0
    rows = list(csv.reader(io.StringIO(opos("texts", "list", "--csv").out)))
    assert any("'=1+1" in row for row in rows)
    mails = list(csv.DictReader(io.StringIO(opos("mail", "list", "--csv").out)))
    assert [row["id"] for row in mails][:2] == ["O1", "O2"]


def test_mails_from_waiting_to_sent(opos: Opos) -> None:
    assert opos("mail", "send").code == 4
    with serving() as (handler, port):
        for key, value in {"host": "localhost", "port": port, "security": "none", "sender": "us@example.com"}.items():
            assert opos("settings", "set", f"mail.{key}", str(value)).code == 0
        waiting = json.loads(opos("mail", "list", "--status", "queued", "--json").out)["mails"]
        name = waiting[-1]["id"]
        assert "Versenden: opos mail send" in opos("mail", "list").out
        tried = opos("mail", "send", name, "--dry-run")
        assert "1 würden versendet" in tried.out
        assert tried.out.endswith("Nur geprüft, nichts geschrieben.\n")
        assert not handler.taken
        opos("mail", "retry", name, "--reason", "so gewollt")
        done = json.loads(opos("mail", "send", name, "--json").out)
        assert [mail["status"] for mail in done["mails"]] == ["sent"]
        assert len(handler.taken) == 1
        shown = opos("mail", "show", name).out
        assert "Status: versendet" in shown
        again = opos("mail", "send", name)
        assert again.code == 4
        assert "[mail-not-now]" in again.err
        assert len(handler.taken) == 1
    gone = opos("mail", "cancel", waiting[0]["id"], "--reason", "geht mit der Post")
    assert gone.out.startswith(f"{waiting[0]['id']}: zurückgezogen")
    assert opos("mail", "cancel", waiting[0]["id"]).code == 2
    assert opos("mail", "show", "O99").code == 4
