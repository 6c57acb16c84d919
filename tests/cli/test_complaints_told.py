"""Complaints, calls, blocks and proposals as people and programs see them."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.books import FIXTURES, dump
from tests.commandline import Ran, command

TELEPHONE = FIXTURES / "telephone"
Run = Callable[..., Ran]


@pytest.fixture
def opos(tmp_path: Path) -> Run:
    """The program on books of a company whose third level is a call, which is due."""
    url = str(tmp_path / "opos.db")

    def run(*words: str, day: str = "2026-10-19", lang: str = "de") -> Ran:
        return command("--books", url, "--as-of", day, "--actor", "anna", "--lang", lang, *words)

    assert run("init", "--company", str(TELEPHONE / "company.toml")).code == 0
    assert run("import", str(TELEPHONE / "customers.csv"), str(TELEPHONE / "items.csv"), day="2026-10-02").code == 0
    for number, day in enumerate(("2026-10-04", "2026-10-11", "2026-10-18"), start=1):
        assert run("dunning", "run", "--customer", "4801", day=day).code == 0
        assert run("dunning", "issue", f"D{number}", day=day).code == 0
    return run


def _columns(text: str, *wanted: str) -> bool:
    return all(one in text for one in wanted)


def test_a_complaint_from_its_receipt_to_its_end(opos: Run, tmp_path: Path) -> None:
    """Each answer says what follows; the table is one of columns."""
    words = ("complaints", "open", "TE-3", "--reason", "nie geliefert", "--received-at", "19.10.2026 08:30")
    assert opos(*words).out == (
        "Reklamation K1 zu TE-3 aufgenommen; Mahnung und Einzug ruhen. Eingang bestätigen bis 20.10.2026 08:30: "
        "opos complaints acknowledge K1\n"
    )
    assert opos("complaints", "list", "--overdue").out == "Nichts zu zeigen.\n"
    listed = opos("complaints", "list", "--overdue", day="2026-10-20").out
    assert _columns(listed, "Eingangsbestätigung", "heute fällig", "19.10.2026 08:30", "20.10.2026 08:30")
    assert "überfällig" in opos("complaints", "list", "--overdue", day="2026-10-21").out
    told = opos("complaints", "acknowledge", "K1", "--at", "2026-10-20 08:31", day="2026-10-20").out
    assert told == "Eingang von K1 bestätigt: verspätet.\n"
    text = tmp_path / "stellungnahme.txt"
    text.write_bytes(b"Sehr geehrte Frau Beispiel,\r\n  siehe Anlage.\r\n")
    assert opos("complaints", "statement", "K1", str(text), day="2026-10-20").code == 0
    scan = tmp_path / "Lieferschein 17.pdf"
    scan.write_bytes(b"%PDF-1.7 scan")
    done = opos("complaints", "evidence", "K1", str(scan), "--type", "delivery_note", day="2026-10-20")
    assert done.out == (
        f"Lieferschein zu K1 aufbewahrt: Lieferschein 17.pdf, SHA-256 {hashlib.sha256(b'%PDF-1.7 scan').hexdigest()}\n"
    )
    out = tmp_path / "antwort"
    tried = opos("complaints", "files", "K1", "--out", str(out), "--dry-run")
    assert not out.exists()
    assert "K1_2_statement.txt" in tried.out
    assert opos("complaints", "files", "K1", "--out", str(out)).code == 0
    assert (out / "K1_2_statement.txt").read_bytes() == text.read_bytes()
    assert (out / "K1_3_Lieferschein 17.pdf").read_bytes() == scan.read_bytes()
    end = opos("complaints", "resolve", "K1", "--outcome", "rejected", "--reason", "unterschrieben", day="2026-10-22")
    assert end.out == "K1 ist abgelehnt; TE-3 wird mit seiner Stufe weiter gemahnt.\n"
    shown = opos("complaints", "show", "K1", day="2026-10-22").out
    assert _columns(shown, "22.10.2026: erledigt: abgelehnt (anna)", "  siehe Anlage.", "verspätet")
    assert "Reklamation K1 vom 19.10.2026, abgelehnt: nie geliefert (anna)" in opos("dunning", "explain", "TE-3").out


def test_a_bad_file_is_refused_in_plain_words(opos: Run, tmp_path: Path) -> None:
    opos("complaints", "open", "TE-3", "--reason", "nie geliefert")
    bad = tmp_path / "latin.txt"
    bad.write_bytes("Grüße".encode("latin-1"))
    for words, code in (
        (("complaints", "statement", "K1", str(bad)), "statement-not-text"),
        (("complaints", "statement", "K1", str(tmp_path / "none.txt")), "file-unreadable"),
        (("complaints", "show", "K9"), "complaint-unknown"),
    ):
        no = opos(*words)
        assert no.code in {2, 4}
        assert f"[{code}]" in no.err
    assert opos("complaints", "statement", "K1").code == 2
    assert opos("complaints", "evidence", "K1", str(tmp_path), "--type", "other").code == 2


def test_o_05_calls_are_told_with_the_next_attempt(opos: Run) -> None:
    """The list is the same document as other notices, with more; a refused call names the next slot."""
    listed = opos("dunning", "calls").out
    assert _columns(listed, "Telefonischer Forderungsservice", "TE-1, TE-2", "1.540,50", "+49 221 5550100", "anzurufen")
    document = opos("dunning", "calls", "--json").document
    (task,) = document["notices"]
    assert (document["command"], document["status"]) == ("dunning", "calls")
    assert (task["customer"], task["channel"], task["phone"], task["state"]) == (
        "4801", "phone", "+49 221 5550100", "open",
    )  # fmt: skip
    assert (task["total"], task["owed"], task["attempts"], task["next_at"]) == (
        "1540.50", "1540.50", [], "2026-10-19 10:00",
    )  # fmt: skip
    call = ("dunning", "calls", "record", task["id"], "--outcome", "no_answer", "--at")
    assert opos(*call, "2026-10-19 10:00").out.splitlines() == [
        f"{task['id']}: Versuch 1 von 4 festgehalten, Stand: anzurufen.",
        "Nächster Versuch frühestens 20.10.2026 15:00 (anderer Tag, andere Stunde).",
    ]
    again = opos(*call, "2026-10-19 17:00")
    assert again.code == 4
    assert "[call-same-day]" in again.err
    assert "Nächster möglicher Versuch: 20.10.2026 15:00" in again.err
    rows = opos("dunning", "calls", "--csv").out.splitlines()
    assert rows[0] == ("id,customer,branch,title,numbers,open,fee,total,deadline,name,phone,tried,next_at,state")
    assert rows[1].endswith(",1,2026-10-20 15:00,open")


def test_a_block_is_of_an_item_or_of_a_customer_and_never_of_both(opos: Run, tmp_path: Path) -> None:
    for words in (
        ("dunning", "block", "TE-3", "--customer", "4802", "--reason", "x"),
        ("dunning", "block", "--reason", "x"),
        ("dunning", "unblock", "--reason", "x"),
        ("dunning", "block", "--customer", "4802", "--only", "collect", "--reason", "x"),
    ):
        assert opos(*words).code == 2
    before = dump(str(tmp_path / "opos.db"))
    tried = opos("dunning", "block", "--customer", "4802", "--reason", "Stundung", "--dry-run", "--json").document
    assert (tried["dry_run"], tried["customer"], tried["item"]) == (True, "4802", None)
    assert dump(str(tmp_path / "opos.db")) == before
    done = opos("dunning", "block", "--customer", "4802", "--reason", "Stundung", "--until", "31.12.2026")
    assert done.out == "Kunde 4802 ist gesperrt.\n"
    assert opos("dunning", "blocks", "--csv").out.splitlines() == [
        "customer,name,item,kind,only,reason,by,since,until,source,ended_on",
        "4802,Erika Beispiel,,blocked,dunning,Stundung,anna,2026-10-19,2026-12-31,,",
    ]
    assert opos("dunning", "unblock", "--customer", "4802", "--reason", "bezahlt").out == "Kunde 4802 ist frei.\n"
    assert "war nicht gesperrt" in opos("dunning", "unblock", "--customer", "4802", "--reason", "bezahlt").out


def test_f_42_proposals_are_told_with_their_sum(opos: Run) -> None:
    call = opos("dunning", "calls", "--json").document["notices"][0]["id"]
    opos("dunning", "calls", "record", call, "--outcome", "refused", "--at", "2026-10-19 10:00")
    assert opos("dunning", "proposals", day="2026-10-24").out == "Nichts zu zeigen.\n"
    table = opos("dunning", "proposals", day="2026-10-25").out.splitlines()
    assert len(table) == 4
    assert table[-1].split() == ["Summe", "2", "1.540,50", "EUR"]
    document = opos("dunning", "proposals", "--json", day="2026-10-25").document
    assert document["totals"] == [{"count": 2, "open": "1540.50", "currency": "EUR"}]
    assert [one["item"] for one in document["proposals"]] == ["TE-1", "TE-2"]
    assert {one["since"] for one in document["proposals"]} == {"2026-10-25"}
    excluded = opos("dunning", "preview", "--json", day="2026-10-25").document["excluded"]
    assert [one["reason"] for one in excluded if one["item"] == "TE-1"] == ["collection_proposed"]
