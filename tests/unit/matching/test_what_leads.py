"""Which of several readings leads: the exact number before the slip, the payer before the stranger, the sum that comes
out before oldest first."""

from datetime import date
from typing import Any

import pytest

from recon.matching.world import World
from recon.model.items import Customer
from tests.unit.matching.scenes import CUSTOMERS, DUE, IBAN_A, bank_line, decide, item, outcome, world

NAME = "Optik Müller & Söhne GmbH"
R, NEAR = "RE-2026-0815", "RE-2026-0816"
HALF = world(item(1, R, "119.00"), item(2, NEAR, "59.50", "10044"))
LESS = world(item(1, R, "119.00"), item(2, NEAR, "2800.00", "10044"))
TWINS = (*CUSTOMERS, Customer(9, "10049", NAME))
SLIPS = world(item(1, "RE-2026-0817", "99.00", "10044"), item(2, NEAR, "99.00"), customers=TWINS)
SHARED = world(item(1, R, "99.00", "10044"), item(2, R, "99.00"), customers=TWINS)
OWN = world(item(1, R, "119.00", "10044"), item(2, NEAR, "59.50"))
THREE = world(item(1, R, "31.28"), item(2, NEAR, "360.54"), item(3, "RE-2026-0922", "77.44"))
EQUAL = world(item(1, R, "49.00"), item(2, NEAR, "49.00"), item(3, "RE-2026-0825", "49.00", "10044"))
LIST = world(item(1, R, "31.28"), item(2, "RE-2026-0922", "271.68"), item(3, "RE-2026-1040", "271.68"))
PAID = world(item(1, R, "31.28"), item(2, "RE-2026-0922", "49.00"), closed=[item(3, "RE-2026-0700", "49.00", open="0")])

CASES: list[tuple[str, str, dict[str, Any], World, str]] = [
    # the payer's own number in full, the amount a part or more of it: no slip into a stranger's item
    (f"1/2 Rechnung {R}", "59.50", {"name": NAME}, HALF, f"M1 {R} 59.50"),
    (f"{R} 2750,00 EUR", "2800.00", {"iban": IBAN_A}, LESS,
     f"M1 {R} 119.00 + overpayment 10042 2681.00 manual_booking"),
    # the number is another's, the payer's own is one slip away
    (R, "59.50", {"name": NAME}, OWN, f"M4 {NEAR} 59.50"),
    # nobody knows who pays: the exact amount tells
    (R, "59.50", {"name": "Otto Fremd"}, HALF, f"M4 {NEAR} 59.50"),
    # among slips and numbers that two items bear, the payer's leads, though somebody else has his name
    (R, "99.00", {"name": NAME}, SLIPS, f"M4 {NEAR} 99.00"),
    (R, "99.00", {"name": NAME}, SHARED, f"M4 {R} 99.00"),
    # several are named, one or some of them are the amount
    (f"Rechnung {NEAR}, {R} bereits gezahlt", "360.54", {}, THREE, f"H5 {NEAR} 360.54"),
    (f"alle ohne {R}, nur RE-2026-0922", "77.44", {}, THREE, "H5 RE-2026-0922 77.44"),
    (f"{R}, {NEAR}, RE-2026-0922", "437.98", {}, THREE, f"H1 {NEAR} 360.54 + RE-2026-0922 77.44"),
    # two alike: nobody knows which, the oldest first; and no slip of a stranger's before them
    (f"{R} {NEAR}", "49.00", {"name": NAME}, EQUAL, f"M1 {R} 49.00"),
    # one number of a list mistyped: the rest of the sum is one item of his, by its number if several have it
    (f"{R}, RE-2026-0992", "302.96", {}, LIST, f"M3 {R} 31.28 + RE-2026-0922 271.68"),
    (f"{R}, RE-2026-5555", "302.96", {}, LIST, f"M1 {R} 31.28 + overpayment 10042 271.68 manual_booking"),
    # one of a list is paid already: paid twice, and no other item of the amount
    (f"{R}, RE-2026-0700", "80.28", {}, PAID, f"M1 {R} 31.28 + overpayment 10042 49.00 manual_booking"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "amount", "given", "known", "expected"), CASES)
def test_what_leads(text: str, amount: str, given: dict[str, Any], known: World, expected: str) -> None:
    assert outcome(bank_line(amount, text, **given), known) == expected


def test_a_slip_into_a_strangers_item_is_shown_behind() -> None:
    (decision,) = decide([bank_line("59.50", f"1/2 Rechnung {R}", name=NAME)], HALF)
    assert [proposal.match_class for proposal in decision.proposals] == ["M1", "M4"]


FIVE = world(*(item(at, f"RE-2026-100{at}", f"{at}0.00") for at in range(1, 6)))


@pytest.mark.parametrize(
    "to", [" bis einschl. ", " bis einschließlich ", "...", " … ", " t/m ", " through ", " until ", " à ", "-", " b. "]
)
def test_words_for_a_range(to: str) -> None:
    found = outcome(bank_line("90.00", f"RE RE-2026-1002{to}1004"), FIVE)
    assert found == "H1 RE-2026-1002 20.00 + RE-2026-1003 30.00 + RE-2026-1004 40.00"


def _discounted(number: int, invoice_no: str, amount: str) -> Any:
    return item(number, invoice_no, amount, discount_percent=200, discount_until=DUE.replace(day=31))


@pytest.mark.parametrize(
    ("paid", "expected"),
    [
        ("137.44", f"H2 {R} 137.44 + discount {R} 2.81"),
        ("137.45", f"H2 {R} 137.45 + discount {R} 2.80"),
        ("137.43", f"M1 {R} 137.43"),
        ("137.46", f"M1 {R} 137.46"),
    ],
)
def test_half_a_cent_of_discount_is_rounded_up_or_down(paid: str, expected: str) -> None:
    assert outcome(bank_line(paid, R), world(_discounted(1, R, "140.25"))) == expected


@pytest.mark.parametrize(("paid", "class_"), [("274.88", "H2"), ("274.89", "H2"), ("274.90", "H2"), ("274.91", "M1")])
def test_each_item_rounds_its_own_half_cent(paid: str, class_: str) -> None:
    known = world(_discounted(1, R, "140.25"), _discounted(2, NEAR, "140.25"))
    assert outcome(bank_line(paid, f"{R} {NEAR}"), known)[:2] == class_


def test_no_half_cent_one_rounding() -> None:
    assert outcome(bank_line("98.01", R), world(_discounted(1, R, "100.00")))[:2] == "M1"


FORMS = ["Ges.m.b.H.", "GesmbH", "e.U.", "OG", "GesbR", "s.r.o.", "a.s.", "Kft.", "d.o.o.", "S.r.l.", "N.V.", "Ltd."]


@pytest.mark.parametrize("form", FORMS)
def test_legal_forms_are_no_part_of_a_name(form: str) -> None:
    known = world(item(1, R, "119.00", "90001"), customers=[Customer(1, "90001", f"Muster Metallbau {form}")])
    by_text = bank_line("119.00", "Zahlung für Muster Metallbau", name="Otto Fremd")
    assert outcome(by_text, known) == f"M2 {R} 119.00"
    assert outcome(bank_line("119.00", "danke", name="MUSTER METALLBAU"), known) == f"M2 {R} 119.00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rechnung vom 28.01.26", f"M2 {NEAR} 49.00"),
        ("Ihre Rechnung v. 28.01.2026", f"M2 {NEAR} 49.00"),
        ("RE 2026-01-28", f"M2 {NEAR} 49.00"),
        ("Rechnung vom 29.01.26", f"M2 {R} 49.00"),
        ("danke", f"M2 {R} 49.00"),
    ],
)
def test_the_date_of_the_invoice_tells_equal_amounts_apart(text: str, expected: str) -> None:
    first = item(1, R, "49.00", issue_date=date(2026, 1, 5))
    known = world(first, item(2, NEAR, "49.00", issue_date=date(2026, 1, 28)))
    assert outcome(bank_line("49.00", text, iban=IBAN_A), known) == expected
