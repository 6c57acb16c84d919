"""The worked oracles of the seeds that matching decides (requirements.md 1.8)."""

from datetime import date

import pytest

from recon.matching.world import World
from recon.model.items import DocumentType
from recon.model.settings import FeePolicy, MatchingSettings
from tests.unit.matching.scenes import bank_line, decide, fee, item, outcome, rules, told, world

STEP_2 = fee("5.00", 1)


def o_08(policy: FeePolicy = "exact_only") -> World:
    return world(item(1, "RE-1001", "100.00"), fees=[STEP_2], settings=MatchingSettings(fee_policy=policy))


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("105.00", "C4! RE-1001 100.00 + dunning_fee RE-1001 5.00"),
        ("103.00", "M1 RE-1001 100.00 + overpayment 10042 3.00 manual_booking"),
        ("100.00", "C3! RE-1001 100.00"),
        ("95.00", "M1 RE-1001 95.00"),
        ("110.00", "M1 RE-1001 100.00 + overpayment 10042 10.00 manual_booking"),
    ],
)
def test_o_08_exact_only(amount: str, expected: str) -> None:
    assert outcome(bank_line(amount, "RE-1001"), o_08()) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("105.00", "C4! RE-1001 100.00 + dunning_fee RE-1001 5.00"),
        ("103.00", "M1 RE-1001 98.00 + dunning_fee RE-1001 5.00"),
        ("100.00", "C3! RE-1001 95.00 + dunning_fee RE-1001 5.00"),
        ("95.00", "M1 RE-1001 90.00 + dunning_fee RE-1001 5.00"),
        ("110.00", "M1 RE-1001 100.00 + dunning_fee RE-1001 5.00 + overpayment 10042 5.00 manual_booking"),
    ],
)
def test_o_09_legal_order(amount: str, expected: str) -> None:
    assert outcome(bank_line(amount, "RE-1001"), o_08("legal_order")) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("103.00", "M1 RE-1001 100.00 + dunning_fee RE-1001 3.00"),
        ("100.00", "C3! RE-1001 100.00"),
        ("60.00", "M1 RE-1001 60.00"),
    ],
)
def test_x_05_principal_first(amount: str, expected: str) -> None:
    assert outcome(bank_line(amount, "RE-1001"), o_08("principal_first")) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("305.00", "H3 RE-1001 100.00 + RE-1002 200.00 + dunning_fee RE-1001 5.00"),
        ("304.00", "M1 RE-1001 100.00 + RE-1002 200.00 + overpayment 10042 4.00 manual_booking"),
        ("299.00", "M1 RE-1001 100.00 + RE-1002 199.00"),
        ("300.00", "H1 RE-1001 100.00 + RE-1002 200.00"),
    ],
)
def test_o_11_two_items_on_one_notice_of_o_10(amount: str, expected: str) -> None:
    known = world(
        item(1, "RE-1001", "100.00"), item(2, "RE-1002", "200.00", due=date(2026, 3, 5)), fees=[fee("5.00", 1, 2)]
    )
    assert outcome(bank_line(amount, "RE-1001 und RE-1002"), known) == expected


def test_o_18_d_04_auto_assign() -> None:
    known = world(item(1, "RE-2026-0815", "119.00"))
    assert outcome(bank_line("119.00", "Rechnung RE 2026 0815 danke"), known) == "C3! RE-2026-0815 119.00"
    assert outcome(bank_line("118.99", "Rechnung RE 2026 0815 danke"), known) == "M1 RE-2026-0815 118.99"


def test_o_18_number_only_in_a_closed_item() -> None:
    known = world(closed=[item(1, "RE-2026-0815", "119.00", open="0.00")])
    (decision,) = decide([bank_line("119.00", "Rechnung RE 2026 0815 danke")], known)
    assert told(decision.proposals[0], decision.books) == "L3 overpayment 10042 119.00 manual_booking"
    assert rules(decision) == ["already-paid"]


@pytest.mark.parametrize("settings", [MatchingSettings(no_auto_types=("credit_note",)), MatchingSettings()])
def test_o_19_d_08_credit_note_type_excluded(settings: MatchingSettings) -> None:
    """A credit note that is paid out, and one that is netted: proposed, not assigned; unlinked ones never are."""
    note = item(1, "GS-2026-0007", "30.00", document_type=DocumentType.CREDIT_NOTE)
    assert outcome(bank_line("-30.00", "GS-2026-0007"), world(note, settings=settings)) == "H5 GS-2026-0007 -30.00"
    known = world(note, item(2, "RE-2026-0815", "119.00"), settings=settings)
    netted = "H1 RE-2026-0815 119.00 + credit_note GS-2026-0007 -30.00"
    assert outcome(bank_line("89.00", "RE-2026-0815 GS-2026-0007"), known) == netted


def test_o_19_any_document_type_may_be_excluded() -> None:
    instalment = item(1, "RE-2026-0815", "119.00", document_type=DocumentType.INSTALMENT_INVOICE)
    paid = bank_line("119.00", "RE-2026-0815")
    assert outcome(paid, world(instalment)) == "C3! RE-2026-0815 119.00"
    excluded = MatchingSettings(no_auto_types=("instalment_invoice",))
    assert outcome(paid, world(instalment, settings=excluded)) == "H5 RE-2026-0815 119.00"


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("110.00", "C4! RE-1001 100.00 + dunning_fee RE-1001 10.00"),
        ("109.99", "M1 RE-1001 100.00 + overpayment 10042 9.99 manual_booking"),
        ("110.01", "M1 RE-1001 100.00 + overpayment 10042 10.01 manual_booking"),
        ("104.00", "M1 RE-1001 100.00 + overpayment 10042 4.00 manual_booking"),
    ],
)
def test_a_17_a_18_fee_income_only_where_exact(amount: str, expected: str) -> None:
    known = world(item(1, "RE-1001", "100.00"), fees=[fee("10.00", 1)])
    assert outcome(bank_line(amount, "RE-1001"), known) == expected


@pytest.mark.parametrize(
    ("amount", "text", "expected"),
    [
        ("119.00", "Vielen Dank", "L1 RE-2026-0815 119.00"),
        ("100.00", "RE-2026-0815", "M1 RE-2026-0815 100.00"),
        ("119.00", "RE-2026-0815", "C3! RE-2026-0815 119.00"),
    ],
)
def test_d_05_x_21_number_and_amount_or_not_assigned(amount: str, text: str, expected: str) -> None:
    assert outcome(bank_line(amount, text), world(item(1, "RE-2026-0815", "119.00"))) == expected
