"""Why, why not, and what decided: in words that an accountant answers with, in both languages (pain 8)."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from recon.matching.explaining import reopened
from recon.matching.table import table_of
from recon.matching.world import OpenLine, World, way
from recon.model.items import DocumentType, OpenItem
from recon.model.matching import AllocationKind, Share
from recon.model.statement import LineKind
from sepa.money import Language
from tests.unit.matching.scenes import DUE, IBAN_A, IBAN_B, bank_line, collection, decide, item, world
from tests.unit.matching.told import GOLDEN, explained, sentences, whole

R = "RE-2026-0815"
LANGUAGES: tuple[Language, ...] = ("de", "en")
OTHER = item(2, "RE-2026-0922", "200.00", "10044")
ONE = world(item(1, R, "119.00"), OTHER)
DEEP = world(*(item(n, f"X-{n:03}", f"{n}.00", due=date(2026, 1, 1 + n % 28)) for n in range(1, 60)))

WHY_NOT: list[tuple[str, str | None, dict[str, Any], World, int, list[str]]] = [
    # the number
    ("119.00", "Danke", {}, ONE, 2, ["why-not-named", "why-amount-less", "why-payer-unknown"]),
    ("119.00", f"{R}1 Danke", {}, world(item(1, R, "50.00")), 1,
     ["why-inside-number", "why-amount-more", "why-payer-unknown"]),
    ("119.00", "120260922", {}, ONE, 2, ["why-not-named", "why-amount-less", "why-payer-unknown"]),
    ("119.00", "9920260922", {}, world(item(1, "20260922", "5.00")), 1,
     ["why-inside-number", "why-amount-more", "why-payer-unknown"]),
    ("119.00", "vom 15.11.2026", {}, world(item(1, "15112", "5.00")), 1,
     ["why-inside-date", "why-amount-more", "why-payer-unknown"]),
    ("119.00", "DE02120300000000202051", {}, world(item(1, "20205", "5.00")), 1,
     ["why-inside-iban", "why-amount-more", "why-payer-unknown"]),
    ("119.00", "Tel. 0221 1234567", {}, world(item(1, "123456", "5.00")), 1,
     ["why-inside-phone", "why-amount-more", "why-payer-unknown"]),
    ("119.00", "Betrag 119,00", {}, world(item(1, "11900", "5.00")), 1,
     ["why-inside-amount", "why-amount-more", "why-payer-unknown"]),
    ("119.00", "17", {}, world(item(1, "17", "5.00")), 1, ["why-short", "why-amount-more", "why-payer-unknown"]),
    # what rules it out
    ("119.00", R, {}, world(item(1, R, "119.00"), item(2, "US-1000", "119.00", currency="USD")), 2,
     ["why-currency", "why-not-named", "why-payer-unknown"]),
    ("119.00", R, {}, world(item(1, R, "119.00"), closed=[item(9, "RE-2026-0701", "119.00", open="0.00")]), 9,
     ["why-closed", "why-not-named", "why-payer-unknown"]),
    ("-119.00", R, {}, ONE, 1, ["why-direction", "invoice-number", "why-amount-less", "why-payer-unknown"]),
    ("30.00", "GS-2026-0007", {}, world(item(1, "GS-2026-0007", "30.00", document_type=DocumentType.CREDIT_NOTE)), 1,
     ["why-owed", "invoice-number", "why-amount-more", "why-payer-unknown", "document-type"]),
    ("119.00", R, {"kind": LineKind.INTEREST}, ONE, 1, ["why-bank", "invoice-number", "why-payer-unknown"]),
    ("119.00", R, {"kind": LineKind.RETURN}, ONE, 1, ["why-return", "invoice-number", "why-payer-unknown"]),
    # the payer
    ("200.00", "Danke", {"iban": IBAN_A}, world(item(1, R, "200.00"), OTHER), 2,
     ["why-not-named", "why-payer", "payer-iban", "payer-other"]),
    # it stands further down, and what decided
    ("119.00", R, {"iban": IBAN_B}, world(item(1, R, "119.00"), item(2, "X-2", "119.00", "10043")), 2,
     ["why-proposed", "runner-up"]),
    ("119.00", "Miete", {}, world(item(1, R, "119.00"), item(2, "X-2", "119.00", "10044")), 2,
     ["why-proposed", "runner-up-equal"]),
    # the search ended
    ("119.00", "Miete", {}, world(*(item(n, f"X-{n:03}", "119.00", "10044") for n in range(1, 23))), 5,
     ["why-not-named", "why-payer-unknown", "why-many"]),
    ("1500.50", "Danke", {"iban": IBAN_A}, DEEP, 27, ["why-not-named", "why-amount-more", "why-late"]),
    # it leads
    ("119.00", R, {}, ONE, 1, []),
]  # fmt: skip


@pytest.mark.parametrize("case", WHY_NOT, ids=lambda case: f"{case[1]} {case[4]}")
def test_why_not(case: tuple[str, str | None, dict[str, Any], World, int, list[str]]) -> None:
    amount, text, given, known, asked, expected = case
    wanted = next(one for one in (*known.items, *known.closed) if one.id == asked)
    found = explained(bank_line(amount, text, **given), known, wanted)
    assert [reason.rule for reason in found.why_not] == expected
    for language in LANGUAGES:
        plain_words(sentences(found, language))


def plain_words(texts: list[str]) -> None:
    for text in texts:
        assert not re.search(r"[{}]|None|\b[a-z]+_[a-z_]+\b|\bwhy-|\bground-", text), text
        assert text[0].isupper() or text[0] in '„"' or text[0].isdigit() or text.startswith(("bank", "X-")), text
        assert text.endswith((".", "?", ")", "offen.", ":")) or text[-1] == ".", text


def test_what_decided_between_first_and_second() -> None:
    known = world(item(1, R, "119.00"), item(2, "X-2", "119.00", "10043"))
    found = explained(bank_line("119.00", R, iban=IBAN_B), known)
    assert found.runner_up is not None
    assert sentences(found, "de")[-1] == (
        f"{R} steht vor X-2. Für {R} spricht: die Rechnungsnummer und der offene Betrag, mit einem Einwand. "
        "Für X-2: die bekannte IBAN des Kunden und der offene Betrag."
    )
    assert sentences(found, "en")[-1].startswith(f"{R} comes before X-2. For {R}: the invoice number")


def test_a_booked_line_is_explained_as_it_was_before() -> None:
    """What is booked is opened again in thought: the engine says why it was that item."""
    line = bank_line("119.00", R)
    known = world(OTHER, closed=[item(1, R, "119.00", open="0.00")])
    paid = Share(1, R, "10042", 11900, AllocationKind.PAYMENT)
    before, then = reopened(OpenLine(1, line, 0), known, [paid])
    assert before.open == 11900
    assert {one.invoice_no: one.open for one in then.items} == {R: 11900, "RE-2026-0922": 20000}
    assert not then.closed
    found = explained(line, then)
    assert [one.match_class for one in found.proposals][:1] == ["C3"]


def test_of_a_large_world_only_the_items_of_the_line_are_made() -> None:
    """A booked line is opened again without an item made that it is not about."""
    paid = table_of([item(1, R, "119.00", open="0.00"), item(3, "X-3", "119.00", open="0.00"), OTHER])
    made: list[int] = []

    def make(at: int) -> OpenItem:
        made.append(paid.ids[at])
        return paid.make(at)

    line, share = OpenLine(1, bank_line("119.00", R), 0), Share(1, R, "10042", 11900, AllocationKind.PAYMENT)
    _, then = reopened(line, world(closed=replace(paid, make=make)), [share])
    assert made == [1]
    assert [one.id for one in then.items] == [1]
    assert [(one.id, one.invoice_no) for one in then.closed] == [(3, "X-3"), (2, OTHER.invoice_no)]


def test_a_collection_and_its_return_are_opened_again() -> None:
    known = world(collections=[collection(1, "50.00", "returned")])
    line = bank_line("-50.00", end_to_end_id="E2E-1")
    back = Share(901, "LS-1", "10044", -5000, AllocationKind.RETURN, collection_id=1)
    _, then = reopened(OpenLine(1, line, 0), known, [back])
    assert [ref.status for ref in then.collections] == ["booked"]
    assert explained(line, then).proposals[0].match_class == "R1"


def test_the_explanation_is_what_the_run_decides() -> None:
    """The same engine: for a line by itself the first proposal is the run's."""
    for amount, text in (("119.00", R), ("118.00", R), ("119.00", "Miete"), ("1.00", "Miete")):
        line = bank_line(amount, text)
        (decision,) = decide([line], ONE)
        found = explained(line, ONE)
        assert found.proposals[:1] == decision.proposals[:1]


def test_a_rejected_proposal_is_not_explained_as_the_first() -> None:
    line = bank_line("119.00", R)
    no = way([Share(1, R, "10042", 11900, AllocationKind.PAYMENT)])
    from recon.matching.explaining import explain
    from recon.matching.world import index

    found = explain(OpenLine(1, line, 11900, frozenset({no})), index(ONE), ONE.items[0])
    assert all(share.item_id != 1 for one in found.proposals for share in one.shares)
    assert "rejected-before" in [reason.rule for reason in found.why_not]


def test_the_answers_stand_as_they_were_read() -> None:
    """The golden file of every table row in both languages. Made by ``python -m tests.unit.matching.told``."""
    text = whole()
    assert text == GOLDEN.read_text(encoding="utf-8")
    told = [line.strip() for line in text.splitlines() if line.startswith("  ")]
    plain_words(told)


def test_dates_are_days_of_the_books() -> None:
    wanted = item(1, R, "119.00", issue_date=DUE.replace(month=4))
    found = explained(bank_line("100.00", "Danke"), world(wanted), wanted)
    assert found.why_not[-1].rule == "before-invoice"
    assert "01.04.2026" in sentences(found, "de")[-1]
