"""Numbers without their prefix, with other leading zeros, without their year: C5, H7 and what is neither."""

from typing import Any

import pytest

from recon.matching.world import World
from recon.model.items import DocumentType
from tests.unit.matching.scenes import DUE, IBAN_A, IBAN_B, IBAN_SHARED, bank_line, decide, item, outcome, rules, world

R = "RE-2026-0815"
ONE = world(item(1, R, "119.00"))
NOTE = item(2, "GS-2026-0815", "30.00", document_type=DocumentType.CREDIT_NOTE)
LONG = world(item(1, "RE-2026-10815", "119.00"))
NAME = "Optik Müller & Söhne GmbH"
ZEROS = world(item(1, "0000471199", "119.00"))


def closed_too(number: str) -> World:
    return world(item(1, R, "119.00"), closed=[item(2, number, "50.00", open="0.00")])


H7 = [
    # without prefix, whatever introduces it
    ("2026-0815", ONE), ("20260815", ONE), ("2026 0815", ONE), ("2026/0815", ONE), ("Rechnung 2026-0815", ONE),
    ("Rg.2026-0815", ONE), ("RgNr20260815", ONE), ("Nr. 2026.0815", ONE), ("Invoice 20260815", ONE),
    ("Ihre Rechnung vom 02.03.2026, 2026-0815", ONE), ("danke 20260815 Gruss", ONE), ("Kd 10042 20260815", ONE),
    # other leading zeros
    ("RE-2026-815", ONE), ("2026/815", ONE), ("RE 2026 00815", ONE), ("471199", ZEROS), ("00471199", ZEROS),
    # the year is left out, five digits remain
    ("10815", LONG), ("RE 10815", LONG), ("Rechnung 10815 danke", LONG),
    # another series with the same digits, but the text has the own letters
    ("RE-2026-815", world(item(1, R, "119.00"), NOTE)),
]  # fmt: skip
M4 = [
    # other letters before the digits: another document, perhaps of the same customer
    ("AB-2026-0815", ONE), ("AB 2026-0815", world(item(1, R, "119.00"), item(2, "AB-2026-0901", "5.00"))),
    ("LS20260815", ONE),
    # the digits are not of one item alone, open or closed
    ("2026-0815", world(item(1, R, "119.00"), NOTE)), ("2026-0815", closed_too("AR-2026-0815")),
    ("10815", world(*LONG.items, item(2, "RE-2025-10815", "50.00"))),
    # they hang together with others
    ("2026-0815-7", ONE), ("3-2026-0815", ONE), ("1234 2026 0815 1234", ONE),
    # too few digits, but introduced
    ("Rechnung 815", ONE), ("RE 0815", ONE), ("Rg.Nr. 0815", ONE),
]  # fmt: skip
L1 = [
    # too few digits, by themselves
    ("815", ONE), ("0815", ONE), ("Tisch 815", ONE),
    # the letters are those of a credit note: that one is named
    ("GS-2026-815", world(item(1, R, "119.00"), NOTE)),
    # inside something else
    ("120260815", ONE), ("202608150", ONE), ("DE02120300000000202051", world(item(1, "RE-20205", "119.00"))),
    ("119,00", world(item(1, "RE-11900", "119.00"))), ("vom 20.10.2026", world(item(1, "RE-20102026", "119.00"))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [(*case, name) for name, cases in (("H7", H7), ("M4", M4), ("L1", L1)) for case in cases],
)
def test_number_without_prefix(text: str, known: World, expected: str) -> None:
    assert outcome(bank_line("119.00", text), known) == f"{expected} {known.items[0].invoice_no} 119.00"


C5: list[tuple[str, str, dict[str, Any], World, str]] = [
    # the payer is surely the customer: his IBAN, or his very name, that nobody else bears
    ("2026-0815", "119.00", {"iban": IBAN_A}, ONE, "C5! RE-2026-0815 119.00"),
    ("2026-0815", "119.00", {"name": NAME}, ONE, "C5! RE-2026-0815 119.00"),
    ("2026-0815", "119.00", {"name": "SOEHNE OPTIK MUELLER"}, ONE, "C5! RE-2026-0815 119.00"),
    ("2026-0815", "119.00", {"name": "Steuerbüro", "ultimate": NAME}, ONE, "C5! RE-2026-0815 119.00"),
    ("RE-2026-815", "119.00", {"iban": IBAN_A}, ONE, "C5! RE-2026-0815 119.00"),
    ("10815", "119.00", {"iban": IBAN_A}, LONG, "C5! RE-2026-10815 119.00"),
    # nearly his name, a shared IBAN, a name of two customers, an IBAN of another
    ("2026-0815", "119.00", {"name": "Optik Müler Söhne"}, ONE, "H7 RE-2026-0815 119.00"),
    ("2026-0815", "119.00", {"iban": IBAN_SHARED}, ONE, "H7 RE-2026-0815 119.00"),
    ("2026-0815", "119.00", {"name": "Max Muster"}, world(item(1, R, "119.00", "10043")), "H7 RE-2026-0815 119.00"),
    ("2026-0815", "119.00", {"iban": IBAN_B, "name": NAME}, ONE, "H7 RE-2026-0815 119.00"),
    ("2026-0815", "119.00", {"iban": IBAN_A, "name": "Erika Beispiel"}, ONE, "H7 RE-2026-0815 119.00"),
    ("2026-0815 Kd 10044", "119.00", {"iban": IBAN_A}, ONE, "H7 RE-2026-0815 119.00"),
    # five digits only, and a second item of this customer with the same amount
    ("10815", "119.00", {"iban": IBAN_A}, world(*LONG.items, item(2, "RE-2026-10816", "119.00")),
     "H7 RE-2026-10815 119.00"),
    ("2026-0815", "119.00", {"iban": IBAN_A}, world(item(1, R, "119.00"), item(2, "RE-2026-0816", "119.00")),
     "C5! RE-2026-0815 119.00"),
    # a second number, an obstacle, another amount
    ("2026-0815 2026-0816", "119.00", {"iban": IBAN_A}, world(item(1, R, "119.00"), item(2, "RE-2026-0816", "50.00")),
     "H7 RE-2026-0815 119.00"),
    ("2026-0815", "119.00", {"iban": IBAN_A}, world(item(1, R, "119.00", in_collection=True)),
     "H7 RE-2026-0815 119.00"),
    ("2026-0815", "119.00", {"iban": IBAN_A}, world(item(1, R, "119.00", issue_date=DUE.replace(month=4))),
     "H7 RE-2026-0815 119.00"),
    ("2026-0815", "118.99", {"iban": IBAN_A}, ONE, "M4 RE-2026-0815 118.99"),
    ("AB-2026-0815", "119.00", {"iban": IBAN_A}, ONE, "H4 RE-2026-0815 119.00"),
    ("Rechnung 815", "119.00", {"iban": IBAN_A}, ONE, "H4 RE-2026-0815 119.00"),
    # a firm number beside it: two are named
    ("RE-2026-0816 und 2026-0815", "169.00", {}, world(item(1, R, "119.00"), item(2, "RE-2026-0816", "50.00")),
     "H1 RE-2026-0815 119.00 + RE-2026-0816 50.00"),
    ("2026-0815, 2026-0816", "169.00", {}, world(item(1, R, "119.00"), item(2, "RE-2026-0816", "50.00")),
     "H1 RE-2026-0815 119.00 + RE-2026-0816 50.00"),
    # the item is paid: paid twice?
    ("2026-0815", "119.00", {"iban": IBAN_A}, world(closed=[item(1, R, "119.00", open="0.00")]),
     "L3 overpayment 10042 119.00 manual_booking"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "amount", "given", "known", "expected"), C5)
def test_certain_only_with_the_sure_payer(
    text: str, amount: str, given: dict[str, Any], known: World, expected: str
) -> None:
    assert outcome(bank_line(amount, text, **given), known) == expected


def test_the_reasons_are_number_amount_and_payer() -> None:
    (decision,) = decide([bank_line("119.00", "Rg 2026-0815", iban=IBAN_A)], ONE)
    assert rules(decision) == ["invoice-number-part", "amount-equal", "payer-iban"]
