"""Digits in pieces, words for other kinds of numbers, letters lent by a word, transfers that came back: what a stranger
may write by chance is not booked, and what the customer himself writes is."""

from typing import Any

import pytest

from recon.matching.references import Standing, find, finder
from recon.matching.text import squashed, text_of
from recon.matching.world import World
from recon.model.items import Customer
from tests.unit.matching.scenes import CUSTOMERS, IBAN_A, IBAN_B, bank_line, decide, item, outcome, rules, world

FULL, LOOSE = Standing.FULL, Standing.LOOSE
NAME = "Optik Müller & Söhne GmbH"
STRANGER: dict[str, Any] = {"name": "Otto Fremd"}
DIGITS = world(item(1, "23331", "49.00"))
LONG = world(item(1, "20251234", "49.00"))
YEAR = world(item(1, "2025-1234", "49.00"))
ENDED = world(item(1, "2026/0815-A", "49.00"), item(2, "2026/0815-B", "49.00", "10044"))

PIECES: list[tuple[str, dict[str, Any], World, str]] = [
    # two numbers side by side, paid by a stranger
    ("Whg 233 31 EUR", STRANGER, DIGITS, "M4 23331 49.00"),
    ("Objekt 23/331", STRANGER, DIGITS, "M4 23331 49.00"),
    ("23/331", STRANGER, DIGITS, "H7 23331 49.00"),
    ("Miete 2 3331", STRANGER, DIGITS, "H7 23331 49.00"),
    ("Beitrag 2025 1234", STRANGER, LONG, "H7 20251234 49.00"),
    ("Spende 2025 / 1234", STRANGER, YEAR, "H7 2025-1234 49.00"),
    ("Beitrag 2025 1234", STRANGER, YEAR, "H7 2025-1234 49.00"),
    ("2025/1234", STRANGER, YEAR, "H7 2025-1234 49.00"),
    ("fuer 2025 1234", STRANGER, YEAR, "H7 2025-1234 49.00"),
    # written as the item is, or without any gap
    ("Beitrag 2025-1234", STRANGER, YEAR, "C3! 2025-1234 49.00"),
    ("Beitrag 2025 - 1234", STRANGER, YEAR, "C3! 2025-1234 49.00"),
    ("danke 20251234", STRANGER, YEAR, "C3! 2025-1234 49.00"),
    # a word for invoice before it
    ("Rechnung 2025 1234", STRANGER, YEAR, "C3! 2025-1234 49.00"),
    ("Rg.-Nr.: 233 31", STRANGER, DIGITS, "C3! 23331 49.00"),
    # letters of its own make it whole
    ("RE 2026 0815", STRANGER, world(item(1, "RE-2026-0815", "49.00")), "C3! RE-2026-0815 49.00"),
    # its customer pays: IBAN, name (of a couple, too), customer number; not where another sign says somebody else
    ("2025 1234", {"iban": IBAN_A}, YEAR, "C3! 2025-1234 49.00"),
    ("2025 1234", {"name": NAME}, YEAR, "C3! 2025-1234 49.00"),
    ("2025 1234", {"name": "Erika und Hans Beispiel"}, world(item(1, "2025-1234", "49.00", "10044")),
     "C3! 2025-1234 49.00"),
    ("2025 1234 Kd 10042", STRANGER, YEAR, "C3! 2025-1234 49.00"),
    ("2025 1234", {"iban": IBAN_B}, YEAR, "H7 2025-1234 49.00"),
    ("2025 1234 Kd 10044", {"iban": IBAN_A}, YEAR, "H7 2025-1234 49.00"),
    # the bank has cut the number at column 27 or 35, and joined with a blank
    ("Ueberweisung fuer Lieferung 23 331", STRANGER, DIGITS, "H7 23331 49.00"),
    ("Ueberweisung einer Firma 23 331 danke", STRANGER, DIGITS, "C3! 23331 49.00"),
    ("Ueberweisung unserer Buchhaltung 23 331", STRANGER, DIGITS, "C3! 23331 49.00"),
    # two of them add up
    ("2025 1234, 2025 1235", STRANGER, world(item(1, "2025-1234", "49.00"), item(2, "2025-1235", "11.00")),
     "H7 2025-1234 49.00"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "given", "known", "expected"), PIECES)
def test_digits_in_pieces(text: str, given: dict[str, Any], known: World, expected: str) -> None:
    assert outcome(bank_line("49.00", text, **given), known) == expected


def test_several_in_pieces_add_up() -> None:
    known = world(item(1, "2025-1234", "49.00"), item(2, "2025-1235", "11.00"))
    line = bank_line("60.00", "2025 1234, 2025 1235", name="Otto Fremd")
    assert outcome(line, known) == "H1 2025-1234 49.00 + 2025-1235 11.00"


def test_the_sign_that_takes_the_doubt_away_is_told() -> None:
    (decision,) = decide([bank_line("49.00", "2025 1234", iban=IBAN_A)], YEAR)
    assert rules(decision) == ["invoice-number", "payer-iban", "amount-equal"]


STANDINGS = [
    # dates with the year first
    ("20241204", "Termin 2024/12/04", LOOSE), ("20241204", "2024.12.04", LOOSE), ("2024124", "am 2024/12/4", LOOSE),
    ("1204", "2024/12/04", None), ("20241304", "2024/13/04", FULL), ("RE20241204", "RE-2024/12/04", FULL),
    # words for other kinds of numbers, compound ones as well
    ("26304", "Auftragsbestätigung 26304", LOOSE), ("2025-6102", "Auftragsbestaetigung 2025-6102", LOOSE),
    ("26304", "ANG 26304", LOOSE), ("26304", "Gutschein 26304", LOOSE), ("26304", "Kassenzeichen 26304", LOOSE),
    ("26304", "Terminal 26304 Beleg 0815", LOOSE), ("26304", "Mandatsref 26304", LOOSE),
    ("26304", "MREF+26304 CRED+DE98ZZZ09999999999", LOOSE), ("26304", "Danke KREF+26304", LOOSE),
    ("26304", "Whg. 26304", LOOSE), ("26304", "Objekt 26304", LOOSE), ("26304", "Termin 26304", LOOSE),
    ("26304", "Beitrag 2026 Nr. 26304", LOOSE), ("26304", "Beitrag 26304", FULL),
    ("2025-6102-B", "Policennr. 2025-6102-B", LOOSE), ("R26304", "Auftragsbestätigung R26304", FULL),
    # words for invoices, compound or said twice
    ("26304", "Schlussrechnung 26304", FULL), ("26304", "Rechnung 2026 Nr. 26304", FULL),
    ("26304", "R.-Nr.:Nr.26304", FULL), ("26304", "IhreRechnung 26304", FULL), ("26304", "SVWZ+Nr: 26304", FULL),
    # a letter lent by the next word, a letter of its own, a further part
    ("2026/0815-B", "Rechnung 2026/0815 Betrag 79,00", None), ("26304-S", "Zahlung 26304 Skonto", None),
    ("26304E", "26304 Euro Mitte", None), ("2026/0815-B", "2026/0815-B Betrag", FULL),
    ("2026/0815-B", "2026/0815-BBetrag", FULL), ("2026/0815-B", "2026/0815-BETRAG", LOOSE),
    ("2026/0815-A", "2026/0815-A-2", LOOSE), ("2026/0815-A", "2026/0815-A/26", LOOSE),
    ("2026/0815-A", "2026/0815-A.", FULL), ("2026/0815-A", "2026/0815-A vom 12.03.26", FULL),
]  # fmt: skip


@pytest.mark.parametrize(("number", "text", "expected"), STANDINGS)
def test_what_the_words_around_say(number: str, text: str, expected: Standing | None) -> None:
    hits = find(text_of(text), finder({squashed(number): number}), names=frozenset())
    assert (hits[0].standing if hits else None) == expected


@pytest.mark.parametrize("text", ["Rechnung 2026/0815 Betrag 49,00", "2026/0815 Bitte buchen", "Rechnung 2026/0815"])
def test_the_next_word_does_not_tell_two_items_apart(text: str) -> None:
    (decision,) = decide([bank_line("49.00", text, name="Otto Fremd")], ENDED)
    assert not decision.books


RETURNED = "RE-2026-0815"


@pytest.mark.parametrize(
    "text",
    [
        f"RETOURE SEPA-UEBERWEISUNG {RETURNED}",
        f"Rückgabe Überweisung Konto erloschen {RETURNED}",
        f"SEPA Rücküberweisung IBAN fehlerhaft {RETURNED}",
        f"Rueckbuchung Ueberweisung {RETURNED}",
    ],
)
def test_an_own_transfer_that_came_back_is_asked(text: str) -> None:
    (decision,) = decide([bank_line("49.00", text, name="Otto Fremd")], world(item(1, RETURNED, "49.00")))
    assert (decision.books, decision.proposals[0].match_class) == (False, "H5")
    assert "transfer-returned" in rules(decision)


FIVE = (*CUSTOMERS, Customer(9, "27832", "Anna Anders"))
OWN = world(item(1, "27832", "49.00", "10044"), customers=FIVE)
BOTH = world(item(1, "27832", "49.00", "10044"), item(2, "21692", "49.00"), customers=FIVE)
THEIRS = world(item(1, "27832", "49.00", "10044"), item(2, "24245", "49.00", "27832"), customers=FIVE)
CUSTOMER_NUMBERS: list[tuple[str, dict[str, Any], World, str]] = [
    # an invoice number that is another's customer number: certain where the owner of the invoice pays
    ("27832", {"name": "Erika Beispiel"}, OWN, "C3! 27832 49.00"),
    ("Rest 27832 Kd-Nr. 10044", STRANGER, OWN, "C3! 27832 49.00"),
    ("27832", STRANGER, OWN, "M4 27832 49.00"),
    ("27832", {"name": "Anna Anders"}, OWN, "M4 27832 49.00"),
    # what the text itself calls a customer number is no rival, and no invoice of somebody else's
    ("Kd.-Nr. 27832 Rechnung 21692", {"name": NAME}, BOTH, "C3! 21692 49.00"),
    ("Kd.-Nr. 27832 Rechnung", {"name": "Anna Anders"}, THEIRS, "M2 24245 49.00"),
    ("Kd.-Nr. 27832", {"name": "Otto Fremd"}, OWN, "M4 27832 49.00"),
    # nor a mistyped invoice number
    ("Kd.-Nr. 27832", {"name": "Anna Anders"},
     world(item(1, "27835", "49.00", "10044"), item(2, "24245", "49.00", "27832"), customers=FIVE), "M2 24245 49.00"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "given", "known", "expected"), CUSTOMER_NUMBERS)
def test_customer_numbers_among_invoice_numbers(text: str, given: dict[str, Any], known: World, expected: str) -> None:
    assert outcome(bank_line("49.00", text, **given), known) == expected


def test_a_list_keeps_what_are_customer_numbers_too() -> None:
    known = world(item(1, "27832", "49.00"), item(2, "10045", "11.00"), customers=FIVE)
    assert outcome(bank_line("60.00", "Rg 27832; 10045", iban=IBAN_A), known) == "H1 10045 11.00 + 27832 49.00"


def test_a_date_is_no_rival() -> None:
    known = world(item(1, "102593", "49.00"), item(2, "130925", "49.00", "10044"))
    assert outcome(bank_line("49.00", "Faktura 102593 v. 13.09.25"), known) == "C3! 102593 49.00"
