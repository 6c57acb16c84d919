"""Own texts in the books: kept, recorded, missing, and what becomes of notices then."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from recon.dunning.wording import FIELDS
from recon.model.finding import Severity
from recon.service import dunning, logged, texts
from recon.service.answers import Refused
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.store.dunning_tables import notices
from recon.store.text_tables import dunning_texts
from tests.books import dump, rows, sound

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-25"
# The demo's customers who are reminded in English, with the level of their next notice.
_ENGLISH_2 = "RE-2026-0817"


def _refused(call: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as no:
        call()
    return [finding.code for finding in no.value.findings]


def test_a_04_a_05_every_change_of_a_text_is_recorded_with_old_and_new(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("set_up")
    context = opened(url, DAY)
    texts.set_text(context, 2, "subject", "de", "{title}")
    texts.set_text(context, 2, "subject", "de", "{title}: {total}")
    texts.reset_text(context, 2, "subject", "de")
    found = logged.records(context, action="text")
    assert [record.subject for record in found] == ["2 subject de"] * 3
    assert all(record.actor == "tester" for record in found)
    told = [(dict(record.before or {}), dict(record.after or {})) for record in found]
    built_in = "{title}: {total} fällig, Kundennummer {customer_no}"
    assert told == [
        ({"text": built_in, "origin": "built_in"}, {"text": "{title}", "origin": "own"}),
        ({"text": "{title}", "origin": "own"}, {"text": "{title}: {total}", "origin": "own"}),
        ({"text": "{title}: {total}", "origin": "own"}, {"text": built_in, "origin": "built_in"}),
    ]
    sound(url)


def test_d_12_both_languages_are_kept_and_the_same_text_again_changes_nothing(
    books_at: BooksAt, opened: Opened
) -> None:
    url = books_at("set_up")
    context = opened(url, DAY)
    first = texts.set_text(context, 1, "mail", "de", "Guten Tag\r\n\r\n{name}  \n")
    assert [finding.code for finding in first.findings] == ["dunning-text-twin-missing"]
    assert first.findings[0].severity is Severity.WARNING
    second = texts.set_text(context, 1, "mail", "en", "Hello {name}")
    assert second.findings == ()
    kept = {(row.language, row.text) for row in rows(url, select(dunning_texts))}
    assert kept == {("de", "Guten Tag\n\n{name}"), ("en", "Hello {name}")}
    before = dump(url)
    assert texts.set_text(context, 1, "mail", "en", "Hello {name}").texts == ()
    assert dump(url) == before
    assert [text.origin for text in texts.list_texts(context, 1) if text.field == "mail"] == ["own", "own"]


def test_a_text_with_an_unknown_placeholder_is_not_kept(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("set_up")
    before = dump(url)
    codes = _refused(lambda: texts.set_text(opened(url, DAY), 1, "mail", "de", "{kunde} {"))
    assert codes == ["dunning-text-placeholder", "dunning-text-braces"]
    assert dump(url) == before


def test_a_dry_run_keeps_nothing(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("set_up")
    before = dump(url)
    assert texts.set_text(opened(url, DAY, dry_run=True), 1, "mail", "de", "x").texts
    assert dump(url) == before


def test_o_15_a_missing_english_text_blocks_the_english_customer_and_the_others_are_issued(
    books_at: BooksAt, opened: Opened
) -> None:
    url = books_at("returned")
    context = opened(url, DAY)
    before = dunning.preview(context, Scope())
    hers = next(notice for _, notice in before.notices if notice.items[0].invoice_no == _ENGLISH_2)
    assert (hers.language, hers.level) == ("en", 2)
    texts.set_text(context, 2, "before", "de", "Noch offen sind:")
    run = dunning.freeze(context, Scope())
    (left,) = [entry for entry in run.excluded if entry.invoice_no == _ENGLISH_2]
    assert (left.reason, dict(left.facts)) == ("blocked", {"language": "en", "level": "2", "text": "before"})
    issued = dunning.issue(context, str(run.run))
    assert len(issued.notices) == len(before.notices) - sum(
        notice.language == "en" and notice.level == 2 for _, notice in before.notices
    )
    assert any(notice.language == "de" and notice.level == 2 for _, notice in issued.notices)
    assert any(notice.language == "en" for _, notice in issued.notices)
    texts.set_text(context, 2, "before", "en", "Outstanding:")
    again = dunning.preview(context, Scope())
    assert _ENGLISH_2 in {line.invoice_no for _, notice in again.notices for line in notice.items}
    sound(url)


def test_d_13_a_text_given_up_between_run_and_issue_is_no_german_letter_to_an_english_customer(
    books_at: BooksAt, opened: Opened
) -> None:
    url = books_at("frozen")
    context = opened(url, DAY)
    texts.set_text(context, 2, "mail", "de", "Hallo")
    issued = dunning.issue(context, "D3")
    assert not [notice for _, notice in issued.notices if (notice.language, notice.level) == ("en", 2)]
    sound(url)


def test_x_13_an_own_title_stands_on_the_notice(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("returned")
    context = opened(url, DAY)
    for language, title in (("de", "{n}. Mahnung"), ("en", "Reminder no. {n}")):
        for level in (2, 3):
            texts.set_text(context, level, "title", language, title)
    dunning.issue(context, str(dunning.freeze(context, Scope()).run))
    query = select(notices.c.level, notices.c.title, notices.c.language).where(
        notices.c.issued_on == context.stamp.as_of
    )
    found = {(row.level, row.language): row.title for row in rows(url, query)}
    assert found[2, "de"] == "2. Mahnung"
    assert found[3, "de"] == "3. Mahnung"
    assert found[1, "de"] == "Zahlungserinnerung"
    assert found[3, "en"] == "Reminder no. 3"


def test_d_09_d_10_d_11_a_preview_shows_subject_mail_and_the_texts_around_the_list(
    books_at: BooksAt, opened: Opened
) -> None:
    url = books_at("returned")
    context = opened(url, DAY)
    for field in FIELDS:
        texts.set_text(context, 2, field, "de", f"{field} {{n}}")
    found = texts.preview_text(context, 2, "de", "10012")
    assert [getattr(found.wording, field) for field in FIELDS] == [f"{field} 2" for field in FIELDS]
    assert found.customer.startswith("10012 ")
    assert ("RE-2026-0805", "845,60 EUR") in {(item, amount) for item, _, amount in found.lines}
    assert _refused(lambda: texts.preview_text(context, 2, "en")) == ["dunning-text-missing"]
    assert _refused(lambda: texts.preview_text(context, 1, "fr")) == ["dunning-text-missing"]


def test_all_texts_in_one_file_come_back_as_they_went(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    url = books_at("set_up")
    context = opened(url, DAY)
    file = tmp_path / "texts.toml"
    assert texts.export_texts(context, file) == 3 * 2 * len(FIELDS)
    before = dump(url)
    assert texts.apply_texts(context, file.read_bytes(), file.name).texts == ()
    assert dump(url) == before
    told = 'Anführung: "so" und """so""" \\ {{klar}} "'
    texts.set_text(context, 3, "after", "de", f"{told}\n\nZweiter Absatz {{total}}")
    texts.set_text(context, 3, "after", "en", told)
    texts.export_texts(context, file, force=True)
    assert tomllib.loads(file.read_text("utf-8"))["de"]["3"]["after"].startswith(told)
    assert texts.apply_texts(context, file.read_bytes(), file.name).texts == ()


def test_one_language_edited_in_the_file_makes_both_the_companys_own(
    books_at: BooksAt, opened: Opened, tmp_path: Path
) -> None:
    url = books_at("set_up")
    context = opened(url, DAY)
    file = tmp_path / "texts.toml"
    texts.export_texts(context, file)
    content = file.read_text("utf-8").replace("Sehr geehrte Damen und Herren,", "Guten Tag,", 1).encode()
    done = texts.apply_texts(context, content, file.name)
    assert done.findings == ()
    assert {(text.level, text.language, text.field) for text in done.texts} == {(1, "de", "mail"), (1, "en", "mail")}
    texts.apply_texts(context, _restored(content), file.name)
    assert rows(url, select(dunning_texts)) == []


def _restored(content: bytes) -> bytes:
    return content.decode().replace("Guten Tag,", "Sehr geehrte Damen und Herren,", 1).encode()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff", "settings-encoding"),
        (b"[de", "settings-syntax"),
        (b"[de.5]\nmail='x'", "dunning-text-key"),
        (b"[fr.1]\nmail='x'", "dunning-text-key"),
        (b"[de.1]\ntext='x'", "dunning-text-key"),
        (b"[de.1]\nmail=5", "dunning-text-key"),
        (b"de=1", "dunning-text-key"),
        (b"[de.1]\nmail='{kunde}'", "dunning-text-placeholder"),
        (b"#" * (1024 * 1024 + 1), "file-too-large"),
    ],
)
def test_a_bad_file_changes_nothing(books_at: BooksAt, opened: Opened, content: bytes, code: str) -> None:
    url = books_at("set_up")
    before = dump(url)
    assert _refused(lambda: texts.apply_texts(opened(url, DAY), content, "texts.toml")) == [code]
    assert dump(url) == before


def test_an_existing_file_is_not_replaced_unasked(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    file = tmp_path / "texts.toml"
    file.write_text("mine")
    assert _refused(lambda: texts.export_texts(opened(books_at("set_up"), DAY), file)) == ["file-exists"]
    assert file.read_text() == "mine"
