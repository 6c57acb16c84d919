"""What a notice says: the texts of each level, placeholders and what may not be saved."""

from dataclasses import fields
from datetime import date

import pytest

from recon.dunning.plan import plan
from recon.dunning.presets import PRESETS
from recon.dunning.refresh import refreshed
from recon.dunning.wording import (
    FIELDS,
    LEVELS,
    LIMITS,
    NO_TEXTS,
    PLACEHOLDERS,
    Wording,
    facts_of,
    fill,
    own_texts_of,
    problems,
    tidy,
    title_of,
    wording_of,
)
from recon.model.dunning import Notice, NoticeItem
from recon.model.items import Customer, PartKind
from recon.model.settings import Account, DunningSettings
from recon.texts import finding_text, remedy
from tests.unit.dunning.daily import MUSTER, april, march, part, reached

ENGLISH = Customer(1, "10001", "Max Muster", language="en")
GERMAN = Customer(2, "10002", "Beispiel GmbH")
PEOPLE = {"10001": ENGLISH, "10002": GERMAN}


def notice_of(*numbers: str, language: str = "de", total: int = 100_00, level: int = 2) -> Notice:
    lines = tuple(
        NoticeItem(at, number, PartKind.TOTAL, march(1), 20, total, level) for at, number in enumerate(numbers, 1)
    )
    return Notice("10001", None, level, f"Mahnung {level}", language, "letter", april(5), "EUR", lines, fee=0)


def test_every_field_has_a_limit_and_stands_in_the_wording() -> None:
    assert tuple(field.name for field in fields(Wording)) == FIELDS == tuple(LIMITS)


@pytest.mark.parametrize("preset", [*PRESETS, None])
@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("channel", ["letter", "phone"])
def test_d_09_d_12_every_level_of_every_procedure_is_worded_in_both_languages(
    preset: str | None, language: str, level: int, channel: str
) -> None:
    found = wording_of(NO_TEXTS, preset, level, language, channel=channel)
    assert found is not None
    facts = facts_of(notice_of("RE-1", language=language), march(25), name="Max Muster", company="Beispiel GmbH")
    for name in FIELDS:
        text = getattr(found, name)
        assert name == "title" or problems(name, tidy(text), "here") == ()
        told = fill(text, facts)
        assert told or name == "header"
        assert "{" not in told
    for needed in ("{total}", "{deadline}"):
        assert needed in found.mail
        assert needed in found.after
    assert found.before != found.after != found.mail


def test_d_09_subject_mail_before_and_after_of_three_levels_are_twelve_texts_a_language() -> None:
    found = [wording_of(NO_TEXTS, "desk4", level, "de") for level in (1, 2, 3)]
    texts = {text for one in found if one for text in (one.subject, one.mail, one.before, one.after)}
    assert len(texts) == 12


def test_a_09_x_13_the_own_title_replaces_that_of_the_procedure() -> None:
    own = own_texts_of({(2, "de", "title"): "{n}. Mahnung", (2, "en", "title"): "Notice {n}"})
    assert title_of(own, "amparex", 1, "de") == "Zahlungserinnerung"
    assert title_of(own, "amparex", 2, "de") == "2. Mahnung"
    assert title_of(own, "amparex", 2, "en") == "Notice 2"
    assert title_of(own, "amparex", 3, "de") == "Mahnung 3"
    made = plan([part(customer_no="10002", state=reached(1))], PEOPLE, {}, DunningSettings(), april(10), own=own)
    assert [notice.title for notice in made.notices] == ["2. Mahnung"]


def test_v_17_each_level_has_its_own_header_and_footer() -> None:
    own = own_texts_of({
        (level, language, name): f"{name} {level} {language}"
        for level in (1, 2, 3) for language in ("de", "en") for name in ("header", "footer")
    })  # fmt: skip
    for level in (1, 2, 3):
        found = wording_of(own, "prepayment", level, "en")
        assert found is not None
        assert (found.header, found.footer) == (f"header {level} en", f"footer {level} en")


def test_o_15_the_customer_whose_text_is_missing_gets_no_notice_and_the_others_get_theirs() -> None:
    own = own_texts_of({(2, "de", "mail"): "Hallo {name}"})
    parts = [
        part("RE-1", customer_no="10001", state=reached(1)),
        part("RE-2", customer_no="10001", open=-500, state=reached(0)),
        part("RE-3", customer_no="10002", state=reached(1)),
    ]
    made = plan(parts, PEOPLE, {}, DunningSettings(), april(10), own=own)
    assert [notice.customer_no for notice in made.notices] == ["10002"]
    told = [(left.invoice_no, left.reason) for left in made.undunned]
    assert told == [("RE-1", "blocked"), ("RE-2", "credit")]
    assert made.undunned[0].facts == (("language", "en"), ("level", "2"), ("text", "mail"))


def test_d_13_a_text_of_one_language_alone_is_missing_in_the_other() -> None:
    own = own_texts_of({(1, "de", "subject"): "Bitte zahlen"})
    assert wording_of(own, "amparex", 1, "en") is None
    assert wording_of(own, "amparex", 1, "de") is not None
    assert wording_of(own, "amparex", 2, "en") is not None
    assert wording_of(own, "amparex", 1, "fr") is None
    both = own_texts_of({(1, "de", "subject"): "Bitte zahlen", (1, "en", "subject"): "Please pay"})
    assert both.missing == {}


def test_d_13_a_frozen_notice_whose_text_went_missing_is_left_out() -> None:
    frozen = notice_of("RE-1", language="en")
    now = {(1, PartKind.TOTAL): part("RE-1", state=reached(1))}
    assert refreshed(frozen, now, MUSTER, DunningSettings(), march(25)) is not None
    own = own_texts_of({(2, "de", "mail"): "Hallo"})
    assert refreshed(frozen, now, MUSTER, DunningSettings(), march(25), own=own) is None


def test_what_a_customer_is_called_is_never_read_as_a_placeholder_or_markup() -> None:
    notice = notice_of("RE-1")
    facts = facts_of(notice, march(25), name="{total} #set page() <b>\nBcc: x@example.com\x1b", company="A & B")
    assert fill("{name}|{company}", facts) == "{total} #set page() <b> Bcc: x@example.com|A & B"


def test_braces_are_written_twice() -> None:
    assert problems("mail", "{{total}}", "x") == ()
    assert fill("{{total}} {n}", {"n": "2"}) == "{total} 2"


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("mail", "Hallo {kunde}", "dunning-text-placeholder"),
        ("mail", "Hallo {}", "dunning-text-placeholder"),
        ("mail", "Hallo {Name}", "dunning-text-placeholder"),
        ("mail", "Hallo {name", "dunning-text-braces"),
        ("mail", "Hallo name}", "dunning-text-braces"),
        ("mail", "{name!r}", "dunning-text-placeholder"),
        ("title", "{total}", "dunning-text-placeholder"),
        ("title", "Mahnung\n2", "dunning-text-lines"),
        ("subject", "a\nBcc: x@example.com", "dunning-text-lines"),
        ("subject", "", "dunning-text-empty"),
        ("mail", "a\tb", "dunning-text-characters"),
        ("before", "a\u202eb", "dunning-text-characters"),
        ("footer", "a\x00", "dunning-text-characters"),
        *((name, "x" * (limit + 1), "dunning-text-too-long") for name, limit in LIMITS.items()),
    ],
)
def test_what_may_not_be_saved(name: str, text: str, code: str) -> None:
    (found,) = problems(name, text, "texts 1 de")
    assert found.code == code
    for language in ("de", "en"):
        assert finding_text(found, language)
        assert remedy(found, language)


def test_the_allowed_placeholders_are_named_where_one_is_unknown() -> None:
    (found,) = problems("mail", "{kunde}", "x")
    assert all(f"{{{name}}}" in remedy(found, "de") for name in PLACEHOLDERS)


def test_every_placeholder_has_its_fact() -> None:
    account = Account("DE89370400440532013000", "COBADEFFXXX")
    facts = facts_of(notice_of("RE-1"), march(25), name="Max Muster", company="Beispiel GmbH", account=account)
    assert set(facts) == set(PLACEHOLDERS)
    assert facts["iban"] == "DE89 3704 0044 0532 0130 00"
    assert (facts["date"], facts["deadline"], facts["total"]) == ("25.03.2026", "05.04.2026", "100,00 EUR")


def test_english_days_and_amounts_are_written_as_english_readers_do() -> None:
    facts = facts_of(notice_of("RE-1", language="en", total=123456), date(2026, 12, 5), name="x", company="y")
    assert (facts["date"], facts["total"]) == ("5 December 2026", "EUR 1,234.56")


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, "Rechnung RE-1"),
        (2, "Rechnungen RE-1 und RE-2"),
        (5, "Rechnungen RE-1, RE-2, RE-3, RE-4 und RE-5"),
        (6, "Rechnungen RE-1, RE-2, RE-3, RE-4, RE-5 und eine weitere"),
        (8, "Rechnungen RE-1, RE-2, RE-3, RE-4, RE-5 und 3 weitere"),
    ],
)
def test_the_invoices_of_a_notice_are_named_once_each(count: int, expected: str) -> None:
    numbers = [f"RE-{number}" for number in range(1, count + 1)]
    facts = facts_of(notice_of(*numbers, numbers[0]), march(25), name="x", company="y")
    assert facts["invoices"] == expected
