"""Each class with what just belongs to it and what just does not (users.md 2.2). ``!`` books by itself."""

from datetime import date
from typing import Any

import pytest

from recon.matching.engine import match
from recon.matching.world import OpenLine, World
from recon.model.items import DocumentType
from recon.model.settings import MatchingSettings
from recon.model.statement import Line, LineKind, LineStatus
from tests.unit.matching.scenes import (
    DUE,
    IBAN_A,
    IBAN_B,
    IBAN_SHARED,
    bank_line,
    collection,
    decide,
    fee,
    item,
    outcome,
    rules,
    told,
    world,
)

R = "RE-2026-0815"
ONE = world(item(1, R, "119.00"))
TWO = world(item(1, R, "119.00"), item(2, "RE-2026-0816", "200.00"))
FEE = world(item(1, R, "100.00"), fees=[fee("10.00", 1)])
RF = "RF20RE20261234"
BY_RF = world(item(1, "4711-X", "119.00", creditor_reference=RF))
TWO_FEES = world(
    item(1, R, "100.00"), fees=[fee("5.00", 1, issued=DUE, level=2, notice=1), fee("10.00", 1, level=3, notice=2)]
)
ISSUED = world(item(1, R, "119.00", issue_date=date(2026, 2, 2)))
PAID_ONE = [item(1, R, "119.00", open="0.00")]


def paid_too(amount: str) -> World:
    """Beside the open item another one that is paid."""
    return world(item(1, R, "119.00"), closed=[item(2, "RE-2026-0701", amount, open="0.00")])


C2_C3_C4 = [
    # C2: creditor reference and amount
    ("119.00", None, {"creditor_reference": RF}, BY_RF, "C2! 4711-X 119.00"),
    ("119.00", "RF20 RE20 2612 34", {}, BY_RF, "C2! 4711-X 119.00"),
    ("119.00", None, {"creditor_reference": RF}, world(item(1, "RE-2026-1234", "119.00")), "C2! RE-2026-1234 119.00"),
    ("118.99", None, {"creditor_reference": RF}, world(item(1, "RE-2026-1234", "119.00")), "M1 RE-2026-1234 118.99"),
    ("119.00", None, {"creditor_reference": "RF21RE20261234"}, BY_RF, "L1 4711-X 119.00"),
    (
        "119.00", None, {"creditor_reference": RF},
        world(*(item(n, f"A-{n}", "119.00", creditor_reference=RF) for n in (1, 2))),
        "M4 A-1 119.00",
    ),
    # C3: full number and amount
    ("119.00", "Rechnung RE 2026 0815 danke", {}, ONE, f"C3! {R} 119.00"),
    ("119.00", "re20260815", {}, ONE, f"C3! {R} 119.00"),
    ("119.00", "RE/2026/0815 vom 02.03.2026 119,00 EUR", {}, ONE, f"C3! {R} 119.00"),
    ("119.00", None, {"end_to_end_id": R}, ONE, f"C3! {R} 119.00"),
    ("119.00", None, {"customer_ref": R}, ONE, f"C3! {R} 119.00"),
    ("119.00", None, {"ultimate": f"Erika Beispiel {R}"}, ONE, f"C3! {R} 119.00"),
    ("119.00", f"Vielen Dank fuer die Brille{R}Kd-Nr 10042", {}, ONE, f"C3! {R} 119.00"),
    ("118.99", R, {}, ONE, f"M1 {R} 118.99"),
    ("119.01", R, {}, ONE, f"M1 {R} 119.00 + overpayment 10042 0.01 manual_booking"),
    ("119.00", "RE-2026-08151", {}, ONE, f"M4 {R} 119.00"),
    ("119.00", "RE-2026-08-15-7", {}, ONE, f"M4 {R} 119.00"),
    ("119.00", "12345", {}, world(item(1, "12345", "119.00")), "C3! 12345 119.00"),
    ("119.00", "1234", {}, world(item(1, "1234", "119.00")), "M4 1234 119.00"),
    ("119.00", "17", {}, world(item(1, "17", "119.00")), "L1 17 119.00"),
    ("119.00", "10042", {}, world(item(1, "10042", "119.00")), "M4 10042 119.00"),
    ("119.00", "0012345", {}, world(item(1, "12345", "119.00")), "H7 12345 119.00"),
    ("119.00", "6 12345 7", {}, world(item(1, "12345", "119.00")), "C3! 12345 119.00"),
    ("119.00", f"{R} und RE-2026-0816", {}, TWO, f"H5 {R} 119.00"),
    ("400.00", R, {}, world(item(1, R, "1000.00", prepayment="400.00")), f"C3! {R} 400.00"),
    ("600.00", R, {}, world(item(1, R, "1000.00", prepayment="400.00")), f"M1 {R} 600.00"),
    ("600.00", R, {}, world(item(1, R, "1000.00", prepayment="400.00", open="600.00")), f"C3! {R} 600.00"),
    ("50.00", R, {}, world(item(1, R, "119.00", open="50.00")), f"C3! {R} 50.00"),
    # C4: number, residual and exactly the fee of the last issued notice
    ("110.00", R, {}, FEE, f"C4! {R} 100.00 + dunning_fee {R} 10.00"),
    ("110.01", R, {}, FEE, f"M1 {R} 100.00 + overpayment 10042 10.01 manual_booking"),
    ("109.99", R, {}, FEE, f"M1 {R} 100.00 + overpayment 10042 9.99 manual_booking"),
    ("110.00", R, {"on": date(2026, 3, 15)}, FEE, f"C4! {R} 100.00 + dunning_fee {R} 10.00"),
    ("110.00", R, {"on": date(2026, 3, 14)}, FEE, f"M1 {R} 100.00 + overpayment 10042 10.00 manual_booking"),
    ("100.00", R, {}, FEE, f"C3! {R} 100.00"),
]  # fmt: skip

H = [
    # H1: several numbers
    ("319.00", f"{R}, RE-2026-0816", {}, TWO, f"H1 {R} 119.00 + RE-2026-0816 200.00"),
    ("319.00", f"{R}/RE-2026-0816", {}, TWO, f"H1 {R} 119.00 + RE-2026-0816 200.00"),
    ("318.99", f"{R}, RE-2026-0816", {}, TWO, f"M1 {R} 119.00 + RE-2026-0816 199.99"),
    (
        "319.01", f"{R}, RE-2026-0816", {}, TWO,
        f"M1 {R} 119.00 + RE-2026-0816 200.00 + overpayment 10042 0.01 manual_booking",
    ),
    ("319.00", R, {}, TWO, f"M3 {R} 119.00 + RE-2026-0816 200.00"),
    # H1 with a credit note named, M1 where it is not
    (
        "89.00", f"{R} abzgl. GS-2026-0007", {},
        world(item(1, R, "119.00"), item(2, "GS-2026-0007", "30.00", document_type=DocumentType.CREDIT_NOTE)),
        f"H1 {R} 119.00 + credit_note GS-2026-0007 -30.00",
    ),
    (
        "88.99", f"{R} abzgl. GS-2026-0007", {},
        world(item(1, R, "119.00"), item(2, "GS-2026-0007", "30.00", document_type=DocumentType.CREDIT_NOTE)),
        f"M1 {R} 118.99 + credit_note GS-2026-0007 -30.00",
    ),
    (
        "89.00", R, {},
        world(item(1, R, "119.00"), item(2, "GS-2026-0007", "30.00", document_type=DocumentType.CREDIT_NOTE)),
        f"M1 {R} 119.00 + credit_note GS-2026-0007 -30.00",
    ),
    # H2: cash discount by the value date
    ("98.00", R, {"on": date(2026, 3, 10)}, "skonto", f"H2 {R} 98.00 + discount {R} 2.00"),
    ("98.00", R, {"on": date(2026, 3, 11)}, "skonto", f"M1 {R} 98.00"),
    ("98.00", R, {"value_date": date(2026, 3, 10), "booking_date": date(2026, 3, 12)}, "skonto",
     f"H2 {R} 98.00 + discount {R} 2.00"),
    ("98.01", R, {"on": date(2026, 3, 10)}, "skonto", f"M1 {R} 98.01"),
    ("97.99", R, {"on": date(2026, 3, 10)}, "skonto", f"M1 {R} 97.99"),
    ("100.00", R, {"on": date(2026, 3, 10)}, "skonto", f"C3! {R} 100.00"),
    # H3: a fee that wants a look
    (
        "105.00", R, {},
        TWO_FEES,
        f"H3 {R} 100.00 + dunning_fee {R} 5.00",
    ),
    (
        "110.00", R, {},
        TWO_FEES,
        f"C4! {R} 100.00 + dunning_fee {R} 10.00",
    ),
    (
        "110.00", R, {}, world(item(1, R, "100.00", in_collection=True), fees=[fee("10.00", 1)]),
        f"H3 {R} 100.00 + dunning_fee {R} 10.00",
    ),
    (
        "410.00", R, {}, world(item(1, R, "1000.00", prepayment="400.00"), fees=[fee("10.00", 1)]),
        f"H3 {R} 400.00 + dunning_fee {R} 10.00",
    ),
    # H4: known IBAN and exact residual
    ("119.00", "Danke", {"iban": IBAN_A}, ONE, f"H4 {R} 119.00"),
    ("119.00", "Danke", {"iban": f"{IBAN_A[:4]} {IBAN_A[4:]}".lower()}, ONE, f"H4 {R} 119.00"),
    ("118.99", "Danke", {"iban": IBAN_A}, ONE, f"L4 {R} 118.99"),
    ("119.00", "Danke", {"iban": IBAN_B}, ONE, f"L1 {R} 119.00"),
    ("119.00", "Danke", {"iban": IBAN_SHARED}, ONE, f"M2 {R} 119.00"),
    ("119.00", "Kunde 10043", {"iban": IBAN_A}, ONE, f"M2 {R} 119.00"),
    ("119.00", "Danke", {"iban": IBAN_A}, world(item(1, R, "119.00"), item(2, "X-1", "119.00")), f"M2 {R} 119.00"),
    # H5: number and amount, and a reason against booking
    ("119.00", R, {}, world(item(1, R, "119.00", in_collection=True)), f"H5 {R} 119.00"),
    ("119.00", R, {"on": date(2026, 2, 1)}, ISSUED, f"H5 {R} 119.00"),
    ("119.00", R, {"on": date(2026, 2, 2)}, ISSUED, f"C3! {R} 119.00"),
    ("119.00", R, {"on": None}, ONE, f"H5 {R} 119.00"),
    ("119.00", R, {"iban": IBAN_B}, world(item(1, R, "119.00"), item(2, "X-2", "119.00", "10043")), f"H5 {R} 119.00"),
    ("119.00", R, {"name": "Erika Beispiel"}, world(*ONE.items, item(2, "X-2", "119.00", "10044")), f"H5 {R} 119.00"),
    ("119.00", R, {"iban": IBAN_B}, world(item(1, R, "119.00"), item(2, "X-2", "118.00", "10043")), f"C3! {R} 119.00"),
    ("119.00", R, {"iban": IBAN_A}, world(item(1, R, "119.00"), item(2, "X-2", "119.00")), f"C3! {R} 119.00"),
    ("119.00", f"{R} nicht RE-2026-0701", {}, paid_too("119.00"),
     f"H5 {R} 119.00"),
    ("119.00", f"{R} nach RE-2026-0701", {}, paid_too("50.00"),
     f"C3! {R} 119.00"),
]  # fmt: skip

M = [
    # M1: number found, amount differs
    ("50.00", R, {}, ONE, f"M1 {R} 50.00"),
    ("250.00", f"{R} RE-2026-0816", {}, TWO, f"M1 {R} 119.00 + RE-2026-0816 131.00"),
    ("119.00", R, {}, world(item(1, R, "119.00", currency="USD")), "M1"),
    # M2: the name of the payer, and the amount
    ("119.00", None, {"name": "OPTIK MUELLER UND SOEHNE"}, ONE, f"M2 {R} 119.00"),
    ("119.00", None, {"name": "Steuerkanzlei", "ultimate": "Optik Müller & Söhne GmbH"}, ONE, f"M2 {R} 119.00"),
    ("119.00", None, {"name": "Optik Mueler Soehne"}, ONE, f"M2 {R} 119.00"),
    ("119.00", None, {"name": "Optik Schmidt"}, ONE, f"L1 {R} 119.00"),
    ("119.00", None, {"name": "Muster, Max"}, world(item(1, R, "119.00", "10043")), f"M2 {R} 119.00"),
    ("119.00", "Kd. 10042", {}, ONE, f"M2 {R} 119.00"),
    ("118.99", None, {"name": "Optik Müller & Söhne GmbH"}, ONE, f"L4 {R} 118.99"),
    # M3: one set of the customer's items
    ("319.00", "Danke", {"iban": IBAN_A}, TWO, f"M3 {R} 119.00 + RE-2026-0816 200.00"),
    ("329.00", "Danke", {"iban": IBAN_A}, world(*TWO.items, fees=[fee("10.00", 1, 2)]),
     f"M3 {R} 119.00 + RE-2026-0816 200.00 + dunning_fee {R} 10.00"),
    ("700.00", "Danke", {"iban": IBAN_A}, world(*(item(n, f"X-{n}", f"{n}00.00") for n in range(1, 5))),
     "M3 X-3 300.00 + X-4 400.00"),
    ("500.00", "Danke", {"iban": IBAN_A}, world(*(item(n, f"X-{n}", f"{n}00.00") for n in range(1, 5))),
     "L4 X-1 100.00 + X-2 200.00 + X-3 200.00"),
    ("318.99", "Danke", {"iban": IBAN_A}, TWO, f"L4 {R} 119.00 + RE-2026-0816 199.99"),
    ("319.00", "Danke", {"iban": IBAN_SHARED}, TWO, "-"),
    ("30.00", "Danke", {"iban": IBAN_A}, world(*(item(n, f"X-{n}", "10.00") for n in range(1, 5))),
     "L4 X-1 10.00 + X-2 10.00 + X-3 10.00"),
    # M4: one typing error, with amount or payer
    ("119.00", "RE-2026-0851", {}, ONE, f"M4 {R} 119.00"),
    ("119.00", "RE-2026-8I5", {}, ONE, f"L1 {R} 119.00"),
    ("119.00", "RE-2026-O815", {}, ONE, f"M4 {R} 119.00"),
    ("100.00", "RE-2026-0851", {"iban": IBAN_A}, ONE, f"M4 {R} 100.00"),
    ("100.00", "RE-2026-0851", {}, ONE, "-"),
    ("119.00", "RE-2026-0158", {}, ONE, f"L1 {R} 119.00"),
    ("119.00", "RE-2026-0816", {}, TWO, f"M4 {R} 119.00"),
]  # fmt: skip

L = [
    ("119.00", "Miete", {}, ONE, f"L1 {R} 119.00"),
    ("119.01", "Miete", {}, ONE, "-"),
    ("119.00", "Miete", {}, world(item(1, R, "119.00"), item(2, "X-2", "119.00", "10044")), f"L2 {R} 119.00"),
    ("119.00", "Miete", {}, world(*(item(n, f"X-{n:03}", "119.00", "10044") for n in range(1, 21))), "L2 X-001 119.00"),
    ("119.00", "Miete", {}, world(*(item(n, f"X-{n:03}", "119.00", "10044") for n in range(1, 22))), "-"),
    # L3: only a paid item is named
    ("119.00", R, {}, world(closed=PAID_ONE), "L3 overpayment 10042 119.00 manual_booking"),
    ("80.00", R, {}, world(closed=PAID_ONE), "L3 overpayment 10042 80.00 manual_booking"),
    ("119.00", R, {"iban": IBAN_A}, world(item(2, "X-2", "119.00"), closed=PAID_ONE),
     "L3 overpayment 10042 119.00 manual_booking"),
    ("80.00", R, {"iban": IBAN_A}, world(item(2, "X-2", "80.00"), closed=PAID_ONE), "H4 X-2 80.00"),
    # L4: the payer, but no amount
    ("500.00", None, {"iban": IBAN_A}, ONE, f"L4 {R} 119.00 + overpayment 10042 381.00 manual_booking"),
    ("500.00", None, {"iban": IBAN_A}, world(), "L4 overpayment 10042 500.00 manual_booking"),
    ("500.00", None, {"name": "Max Muster"}, world(), "-"),
]  # fmt: skip

SKONTO = world(item(1, R, "100.00", discount_percent=200, discount_until=date(2026, 3, 10)))


@pytest.mark.parametrize(("amount", "text", "given", "known", "expected"), [*C2_C3_C4, *H, *M, *L])
def test_class(amount: str, text: str | None, given: dict[str, Any], known: World | str, expected: str) -> None:
    settled = SKONTO if isinstance(known, str) else known
    assert outcome(bank_line(amount, text, **given), settled) == expected


BATCH = world(
    collections=[collection(1, "50.00"), collection(2, "60.00"), collection(3, "70.00", payment_information_id="PMT-2")]
)
BOTH = "collection LS-1 50.00 + collection LS-2 60.00"
DETAILS = (
    bank_line("50.00", end_to_end_id="E2E-1"),
    bank_line("60.00", end_to_end_id="E2E-2"),
)

OWN = [
    # C1: a single collection, a block, a file, its details
    ("50.00", {"end_to_end_id": "E2E-1"}, "C1! collection LS-1 50.00"),
    ("50.01", {"end_to_end_id": "E2E-1"}, "M1"),
    ("110.00", {"payment_information_id": "PMT-1"}, f"C1! {BOTH}"),
    ("110.00", {"customer_ref": "PMT-1"}, f"C1! {BOTH}"),
    ("110.00", {"message_id": "MSG-1"}, f"C1! {BOTH}"),
    ("180.00", {"message_id": "MSG-1"}, f"C1! {BOTH} + collection LS-3 70.00"),
    ("110.00", {"details": DETAILS, "kind": LineKind.BATCH}, f"C1! {BOTH}"),
    ("110.00", {"payment_information_id": "PMT-1", "transactions": 2}, f"C1! {BOTH}"),
    # the sum or the count differs: asked
    ("110.00", {"payment_information_id": "PMT-1", "transactions": 3}, f"M1 {BOTH}"),
    ("60.00", {"payment_information_id": "PMT-1"}, "M1 collection LS-2 60.00"),
    ("109.99", {"payment_information_id": "PMT-1"}, "M1"),
    ("110.00", {"payment_information_id": "PMT-9"}, "-"),
    # H6: not named, but sum and day
    ("110.00", {"kind": LineKind.BATCH}, f"H6 {BOTH}"),
    ("110.00", {"kind": LineKind.BATCH, "on": date(2026, 3, 24)}, "-"),
]  # fmt: skip


@pytest.mark.parametrize(("amount", "given", "expected"), OWN)
def test_own_collections(amount: str, given: dict[str, Any], expected: str) -> None:
    assert outcome(bank_line(amount, "SEPA-Lastschriften", **given), BATCH) == expected


BACK = {"kind": LineKind.RETURN, "return_reason": "MD06"}
RETURNS = [
    ("-50.00", {"end_to_end_id": "E2E-1"}, "exported", "R1! return LS-1 -50.00"),
    ("-53.00", {"end_to_end_id": "E2E-1", "original_amount": 5000}, "booked",
     "R1! return LS-1 -50.00 + return_fee 10044 -3.00"),
    ("-53.00", {"end_to_end_id": "E2E-1", "charges": 300}, "booked", "R1! return LS-1 -50.00 + return_fee 10044 -3.00"),
    ("-53.00", {"end_to_end_id": "E2E-1"}, "booked", "R2 return LS-1 -50.00 + return_fee 10044 -3.00"),
    ("-53.00", {"end_to_end_id": "E2E-1", "original_amount": 5200}, "booked",
     "R2 return LS-1 -50.00 + return_fee 10044 -3.00"),
    ("-50.00", {"end_to_end_id": "E2E-1"}, "returned", "R2 return LS-1 -50.00"),
    ("-53.00", {"mandate_id": "M-1", "original_amount": 5000}, "booked",
     "R2 return LS-1 -50.00 + return_fee 10044 -3.00"),
    ("-50.00", {"end_to_end_id": "E2E-7"}, "booked", "-"),
    ("-40.00", {"end_to_end_id": "E2E-1"}, "booked", "-"),
]  # fmt: skip


@pytest.mark.parametrize(("amount", "given", "status", "expected"), RETURNS)
def test_returns(amount: str, given: dict[str, Any], status: str, expected: str) -> None:
    known = world(collections=[collection(1, "50.00", status)])
    (decision,) = decide([bank_line(amount, "RETURN LS-1", **(BACK | given))], known)
    assert decision.band.value == "return"
    assert (told(decision.proposals[0], decision.books) if decision.proposals else "-") == expected


def test_bundle_of_returns_books_only_if_every_one_is_certain() -> None:
    known = world(collections=[collection(1, "50.00", "booked"), collection(2, "60.00", "booked")])
    back = {"kind": LineKind.RETURN}
    first = bank_line("-53.00", end_to_end_id="E2E-1", original_amount=5000, **back)
    second = bank_line("-60.00", end_to_end_id="E2E-2", **back)
    stranger = bank_line("-60.00", end_to_end_id="E2E-9", **back)
    shares = "return LS-1 -50.00 + return_fee 10044 -3.00 + return LS-2 -60.00"
    assert outcome(bank_line("-113.00", details=(first, second), **back), known) == f"R1! {shares}"
    assert outcome(bank_line("-113.00", details=(first, stranger), **back), known) == "-"


@pytest.mark.parametrize("given", [{"kind": LineKind.RETURN}, {"reversal": True}, {"return_reason": "AC04"}])
def test_own_money_coming_back_is_never_a_customers_payment(given: dict[str, Any]) -> None:
    """A refund that comes back names the invoice and has its amount."""
    (decision,) = decide([bank_line("119.00", R, **given)], ONE)
    assert (decision.band.value, decision.proposals) == ("return", ())


@pytest.mark.parametrize(
    "line",
    [
        bank_line("119.00", R, status=LineStatus.PENDING),
        bank_line("119.00", R, status=LineStatus.INFO),
        bank_line("119.00", R, kind=LineKind.INTEREST),
        bank_line("-119.00", R),
    ],
)
def test_what_pays_no_invoice(line: Line) -> None:
    assert outcome(line, ONE) == "-"


def test_a_line_partly_used_is_asked() -> None:
    line = bank_line("169.00", R)
    (decision,) = match([OpenLine(1, line, 11900)], ONE)
    assert told(decision.proposals[0], decision.books) == f"H5 {R} 119.00"
    (nothing_left,) = match([OpenLine(1, line, 0)], ONE)
    assert nothing_left.proposals == ()


def test_same_number_twice_is_never_certain() -> None:
    """Two tenants' systems give the same number: one fits the amount, still nobody knows."""
    known = world(item(1, R, "119.00"), item(2, R, "200.00", "10044"))
    assert outcome(bank_line("119.00", R), known) == f"M4 {R} 119.00"


def test_auto_none_books_nothing_but_says_what_it_would() -> None:
    known = world(item(1, R, "119.00"), settings=MatchingSettings(auto="none"))
    (decision,) = decide([bank_line("119.00", R)], known)
    assert (decision.books, decision.band.value, decision.proposals[0].match_class) == (False, "certain", "C3")


def test_the_reason_against_booking_stands_in_the_evidence() -> None:
    known = world(item(1, R, "119.00", in_collection=True))
    (decision,) = decide([bank_line("119.00", R)], known)
    assert rules(decision) == ["invoice-number", "amount-equal", "in-collection"]
