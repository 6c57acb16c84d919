"""Digits of ours that stand in a text as something else, and what a clerk reads all the same."""

from typing import Any

import pytest

from recon.matching.references import Standing, find, finder
from recon.matching.text import squashed, text_of
from recon.matching.world import World
from recon.model.items import Customer, DocumentType
from tests.unit.matching.scenes import IBAN_A, bank_line, fee, item, outcome, world

R = "RE-2026-0815"
FULL, LOOSE = Standing.FULL, Standing.LOOSE

STANDINGS = [
    # an account, an order, a contract, the payer's own reference
    ("12128392", "Konto 12128392 BLZ 20050550", LOOSE), ("20050550", "Konto 1 BLZ 20050550", LOOSE),
    ("3100223", "unsere Bestellung 3100223", LOOSE), ("3100223", "BESTELL-NR. 3100223", LOOSE),
    ("3100223", "Best.-Nr. 3100223", LOOSE), ("3100223", "unser Zeichen 3100223", LOOSE),
    ("3100223", "PO 3100223", LOOSE), ("3100223", "Auftrag: 3100223", LOOSE), ("3100223", "Vertragsnr. 3100223", LOOSE),
    ("3100223", "Beleg 3100223", FULL), ("3100223", "3100223 Bestellung 17", FULL), ("R3100223", "PO R3100223", FULL),
    ("3100223", "Policennr. 3100223", LOOSE), ("3100223", "Vers.-Nr. 3100223", LOOSE),
    ("3100223", "Zaehler 3100223 Beitrag", LOOSE), ("3100223", "Kd.-Nr. 3100223", LOOSE),
    ("3100223", "Kundennummer 3100223", LOOSE), ("3100223", "Rechnungs-Nr. 3100223", FULL),
    ("3100223", "danke Nr. 3100223", FULL), ("3100223", "Metallbau e.K. Nr: 3100223", FULL),
    ("3114029", "Kd. K-00126 3114029 vielen Dank", FULL), ("70124", "70124 UNSER ZEICHEN MU/77", FULL),
    ("70124", "Nr. 70124 End-to-End-Ref.: NOTPROVIDED", FULL), ("3100223", "Zahlungsreferenz 3100223", FULL),
    # a postcode before its town, also behind a year
    ("70124", "Max Muster 70124 Stuttgart Rechnung", LOOSE), ("70124", "70124 STUTTGART", LOOSE),
    ("202690062", "Rechnung 2026 90062 Nuernberg", LOOSE), ("70124", "Rechnung 70124 Stuttgart", FULL),
    ("70124", "70124 Mustermann GmbH", FULL), ("70124", "Faktura 70124 Best.-Nr. B-25", FULL),
    ("70124", "#70124 Tel. 0221 7563482", FULL), ("70124", "70124 TAN 27318769", FULL),
    ("70124", "70124 danke", FULL), ("70124", "70124 Vielen Dank", FULL), ("70124", "70124", FULL),
    ("202690062", "202690062 Nuernberg", FULL), ("RE-2026-70124", "RE-2026-70124 Stuttgart", FULL),
    # a number that begins with zeros is no telephone number
    ("00466-2026", "Rechnung 00466-2026", FULL), ("00466-2026", "00466-2026 vom 22.10.2026", FULL),
    ("RE-2026-00563", "RG RE-2026-00563 / 16.09.2026", FULL), ("4922112345678", "0049 221 12345678", None),
    ("22112345678", "0049 221 12345678", LOOSE),
    # letters that end a word are not the number's
    ("R10610", "Betr. 10610", None), ("R10381", "Kundennr 10381", None), ("R10502", "EUR 105,02", None),
    ("R10610", "R 10610", FULL), ("R10610", "R.10610", FULL), ("RE20260815", "BrilleRE20260815", FULL),
    ("RE20260815", "BrilleRE-2026-0815", FULL),
    # what follows, its blank lost
    ("3103313", "3103313V. 18.09.2026", FULL), ("3103313", "3103313V", LOOSE),
    # dates with a blank
    ("0209", "02. 09.2026", None), ("02092026", "vom 02. 09. 2026", LOOSE),
]  # fmt: skip


@pytest.mark.parametrize(("number", "text", "expected"), STANDINGS)
def test_what_a_number_stands_for(number: str, text: str, expected: Standing | None) -> None:
    hits = find(text_of(text), finder({squashed(number): number}), names=frozenset({"MUSTERMANN"}))
    assert (hits[0].standing if hits else None) == expected


TWO = world(item(1, R, "119.00"), item(2, "10799", "120.66", "10044"))
NOTE = item(7, "GS-2026-0007", "30.00", document_type=DocumentType.CREDIT_NOTE)
NOTES = world(item(1, R, "119.00"), NOTE, item(8, "GS-2026-0008", "40.00", document_type=NOTE.document_type))


def beside(number: str) -> World:
    """The payer's item, and another customer's of the same amount."""
    return world(item(1, R, "119.00"), item(2, number, "119.00", "10044"))


CASES: list[tuple[str, str, dict[str, Any], World, str]] = [
    # another customer's number of another amount, by chance: nothing to the payer who surely owes the amount named
    (f"{R} 10799 bez.", "119.00", {"iban": IBAN_A}, TWO, f"C3! {R} 119.00"),
    (f"{R} 10799 bez.", "119.00", {}, TWO, f"H5 {R} 119.00"),
    (f"{R} 10799 bez.", "119.00", {"name": "Max Muster"}, TWO, f"H5 {R} 119.00"),
    (f"{R} 10799 bez.", "129.00", {"iban": IBAN_A}, world(*TWO.items, fees=[fee("10.00", 1)]),
     f"C4! {R} 119.00 + dunning_fee {R} 10.00"),
    (f"{R} 10799 bez.", "120.66", {"iban": IBAN_A}, TWO, "H5 10799 120.66"),
    # digits inside a creditor reference or a customer number are not named
    ("Ref RF14 2026 3508", "119.00", {}, world(item(1, "RE-2026-3508", "119.00", creditor_reference="RF1420263508"),
                                             item(2, "1420/26", "50.00")), "C2! RE-2026-3508 119.00"),
    (f"{R} Kd-Nr. D017310", "119.00", {}, world(item(1, R, "119.00"), item(2, "RG17310", "50.00"),
                                               customers=[Customer(1, "D017310", "Otto Fremd")]), f"C3! {R} 119.00"),
    # the same customer's: he names both, the amount says which
    (f"{R} RE-2026-0816", "119.00", {"iban": IBAN_A}, world(item(1, R, "119.00"), item(2, "RE-2026-0816", "20.00")),
     f"H5 {R} 119.00"),
    # the payer's own number is one slip away from the other customer's
    ("RE-2026-0816", "119.00", {"iban": IBAN_A}, beside("RE-2026-0816"),
     f"M4 {R} 119.00"),
    ("RE-2026-0922", "119.00", {"iban": IBAN_A}, beside("RE-2026-0922"),
     "H5 RE-2026-0922 119.00"),
    # an invoice number that is a customer number too: sure where the customer himself pays
    ("danke 10044", "119.00", {"iban": IBAN_A}, world(item(1, "10044", "119.00")), "C3! 10044 119.00"),
    ("danke 10044", "119.00", {}, world(item(1, "10044", "119.00")), "M4 10044 119.00"),
    ("Beleg 10044", "119.00", {"name": "Otto Fremd"}, world(item(1, "10044", "119.00")), "C3! 10044 119.00"),
    ("Kd-Nr. 10044", "119.00", {"name": "Otto Fremd"}, world(item(1, "10044", "119.00")), "M4 10044 119.00"),
    # the customer number says another customer, who owes the amount himself
    (f"{R} Kd 10044", "119.00", {}, beside("RE-2026-0922"), f"H5 {R} 119.00"),
    (f"{R} Kd 10045", "119.00", {}, beside("RE-2026-0922"), f"C3! {R} 119.00"),
    (f"{R} Kd 10042", "119.00", {}, beside("RE-2026-0922"), f"C3! {R} 119.00"),
    (f"{R} Zimmer 10045", "119.00", {}, beside("RE-2026-0922"), f"C3! {R} 119.00"),
    # a date that is a credit note's number by chance
    (f"{R} vom 13.11.26", "119.00", {}, world(item(1, R, "119.00"),
                                             item(2, "1311/26", "7.00", document_type=NOTE.document_type)),
     f"C3! {R} 119.00"),
    # of several that fit alike the end of the number tells
    ("Rechnung ...16", "119.00", {"iban": IBAN_A}, world(item(1, R, "119.00"), item(2, "RE-2026-0816", "119.00")),
     "M2 RE-2026-0816 119.00"),
    ("Rechnung ...6", "119.00", {"iban": IBAN_A}, world(item(1, R, "119.00"), item(2, "RE-2026-0816", "119.00")),
     f"M2 {R} 119.00"),
    ("RE-2026-0861", "119.00", {"iban": IBAN_A}, world(item(1, R, "119.00"), item(2, "RE-2026-0922", "119.00")),
     f"M2 {R} 119.00"),
    # the customer's number and a sum of his items
    ("Kd 10042", "319.00", {}, world(item(1, R, "119.00"), item(2, "RE-2026-0922", "200.00")),
     f"M3 {R} 119.00 + RE-2026-0922 200.00"),
    ("Kd 10042 Kd 10044", "319.00", {}, world(item(1, R, "119.00"), item(2, "RE-2026-0922", "200.00")), "-"),
    # somebody pays for the customer that the purpose names
    ("fuer Erika Beispiel", "119.00", {"name": "Otto Fremd"}, world(item(1, R, "119.00", "10044")), f"M2 {R} 119.00"),
    ("fuer Erika", "119.00", {"name": "Otto Fremd"}, world(item(1, R, "119.00", "10044")), f"L1 {R} 119.00"),
    # a short number, and the discount or the fee that explains the amount
    ("Beleg 120", "105.00", {"iban": IBAN_A}, world(item(1, "120", "100.00"), fees=[fee("5.00", 1)]),
     "M4 120 100.00 + dunning_fee 120 5.00"),
    # credit notes that are not named, or the only ones that are
    (R, "49.00", {}, NOTES,
     f"M1 {R} 119.00 + credit_note GS-2026-0007 -30.00 + credit_note GS-2026-0008 -40.00"),
    ("abzgl. GS-2026-0007", "89.00", {}, world(item(1, R, "119.00"), NOTE),
     f"M1 {R} 119.00 + credit_note GS-2026-0007 -30.00"),
    ("abzgl. GS-2026-0007", "88.99", {"iban": IBAN_A}, world(item(1, R, "119.00"), NOTE), f"L4 {R} 88.99"),
    ("Danke", "89.00", {"iban": IBAN_A}, world(item(1, R, "119.00"), NOTE),
     f"M3 {R} 119.00 + credit_note GS-2026-0007 -30.00"),
    ("Danke", "89.00", {"iban": IBAN_A}, world(item(1, R, "119.00"), item(2, "X-2", "119.00"), NOTE), f"L4 {R} 89.00"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "amount", "given", "known", "expected"), CASES)
def test_as_a_clerk_reads_it(text: str, amount: str, given: dict[str, Any], known: World, expected: str) -> None:
    assert outcome(bank_line(amount, text, **given), known) == expected


FIVE = world(*(item(number, f"RE-2026-100{number}", f"{number}0.00") for number in range(1, 6)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RE-2026-1001, 1002, 1003 EUR 60,00", True),
        ("RE-2026-1001, 002 und 003 unser Zeichen MU", True),
        ("RE-2026-1001, 1002 un d 1003Max Muster", True),
        ("RE-2026-1001 bi s 1003", True),
        ("RE-2026-1001-1003", True),
        ("RE-2026-1001-003 vom 30.10.2026", True),
        ("RE-2026-1001 b. 1003", True),
        ("RE-2026-1001 to RE-2026-1003", True),
        ("RE-2026-1001; RE-2026-1002; 003", True),
        ("RE-2026-1001, 003 Stueck, 002 Tage", False),
    ],
)
def test_lists_as_people_write_them(text: str, expected: bool) -> None:
    found = outcome(bank_line("60.00", text), FIVE)
    assert (found == "H1 RE-2026-1001 10.00 + RE-2026-1002 20.00 + RE-2026-1003 30.00") is expected
