"""The catalogues of texts: complete in both languages, the same facts in both, and in order."""

import re
import tomllib
from pathlib import Path

import pytest

from recon import texts as room
from recon.model.finding import error
from recon.texts import catalogue, finding_text, remedy, told
from tests.repository.code import none

_FOLDER = Path(room.__file__).parent
_FILES = sorted(_FOLDER.rglob("*.toml"))
_PLACE = re.compile(r"\{([^}]*)\}")
# Marks of unfinished work.
_UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|TBD)\b")


def _entries(file: Path) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = tomllib.loads(file.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.name)
def test_every_text_is_german_and_english(file: Path) -> None:
    keys = {"de", "en"} | ({"remedy_de", "remedy_en"} if file.parent.name == "findings" else set())
    wrong = {code: sorted(keys ^ set(entry)) for code, entry in _entries(file).items() if keys != set(entry)}
    assert wrong == {}
    empty = [
        f"{code}.{key}" for code, entry in _entries(file).items() for key, text in entry.items() if not text.strip()
    ]
    none(empty)


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.name)
def test_both_languages_quote_the_same_facts(file: Path) -> None:
    wrong = []
    for code, entry in _entries(file).items():
        for german, english in (("de", "en"), ("remedy_de", "remedy_en")):
            if set(_PLACE.findall(entry.get(german, ""))) != set(_PLACE.findall(entry.get(english, ""))):
                wrong.append(f"{code}: {german} and {english}")
    none(wrong)


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.name)
def test_facts_are_named_as_the_filler_expects(file: Path) -> None:
    """``{Name}`` or ``{ name }`` would stand in the message as it is."""
    wrong = [
        f"{code}.{key}: {{{name}}}"
        for code, entry in _entries(file).items()
        for key, text in entry.items()
        for name in _PLACE.findall(text)
        if not re.fullmatch(r"[a-z_]+", name)
    ]
    none(wrong)


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.name)
def test_texts_are_finished_and_tidy(file: Path) -> None:
    """No mark of unfinished work, no stray blanks; only the tour of the demo is more than a line."""
    none(
        f"{code}.{key}"
        for code, entry in _entries(file).items()
        for key, text in entry.items()
        if _UNFINISHED.search(text)
        or text != text.strip()
        or ("\n" in text or "  " in text) != (code == "demo_next")
        or (key.endswith("de") and text.count("„") != text.count("“"))
    )


def test_no_code_stands_in_two_files() -> None:
    """One file a room, put together without a word: a second text of the same code would hide the first."""
    codes = [code for file in _FILES if file.parent.name == "findings" for code in _entries(file)]
    none({code for code in codes if codes.count(code) > 1})


def test_findings_are_sentences() -> None:
    wrong = [
        f"{code}.{key}: {text}"
        for code, entry in catalogue("findings").items()
        for key, text in entry.items()
        if key in {"de", "en"} and text[-1] not in ".?:)}" and not text.endswith("“")
    ]
    none(wrong)


def test_german_texts_are_german() -> None:
    """Neither a transcribed umlaut nor the English text left in its place."""
    transcribed = re.compile(
        r"\b(fuer|ueber|Faellig\w*|faellig\w*|Waehrung\w*|gehoert|moeglich|Betraege|naechst\w*|koenn\w*|muess\w*)\b"
    )
    wrong = [
        f"{file.name} {code}"
        for file in _FILES
        for code, entry in _entries(file).items()
        if transcribed.search(" ".join(text for key, text in entry.items() if key.endswith("de")))
    ]
    none(wrong)
    same = [code for code, entry in catalogue("findings").items() if entry["de"] == entry["en"]]
    none(same)


@pytest.mark.parametrize(
    "state",
    ["active", "again", "blocked", "booked", "cancelled", "closed", "created", "exported", "open", "planned",
     "rejected", "released", "retry", "returned", "revoked", "settled", "submitted", "suspended", "unclear"],
)  # fmt: skip
def test_a_state_is_told_by_a_word_of_its_own(state: str) -> None:
    """States of mandates, debits, batches, refunds and cases: a label, no sentence with places."""
    entry = catalogue("terms")[state]
    assert "{" not in entry["de"] + entry["en"]


def test_facts_are_put_in_and_an_unknown_one_stays_visible() -> None:
    finding = error("books-missing", "opos.db", books="opos.db")
    assert "opos.db" in finding_text(finding, "de")
    assert "opos.db" in finding_text(finding, "en")
    assert remedy(finding, "de") != remedy(finding, "en")
    assert "{number}" in told("evidence", "invoice-number", (), "en")
    assert "{" not in told("evidence", "invoice-number", (("number", "RE-1"), ("found", "RE1"), ("field", "x")), "en")


@pytest.mark.parametrize("code", ["mandate-ended", "mandate-stays-ended", "mandate-stays-held", "retry-mandate"])
def test_the_state_of_a_mandate_is_told_in_the_reader_s_language(code: str) -> None:
    finding = error(code, "M-1", mandate="M-1", status="revoked", said="suspended", item="RE-1")
    assert "revoked" not in finding_text(finding, "de")
    assert "suspended" not in finding_text(finding, "de")
    assert "widerrufen" in finding_text(finding, "de")
    assert "revoked" in finding_text(finding, "en")


def test_a_fact_is_never_read_as_a_place() -> None:
    """A hostile name cannot reach into the other facts: what was put in is not looked at again."""
    facts = (("number", "{found}"), ("found", "secret"), ("field", "remittance"))
    assert told("evidence", "invoice-number", facts, "en").count("secret") == 1
