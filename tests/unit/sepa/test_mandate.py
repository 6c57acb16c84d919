"""What follows from a mandate: sequence type, lapse, use, amendments (domain.md 3.4, contract.md 5)."""

from dataclasses import replace
from datetime import date

import pytest

from sepa.mandate import (
    Amendment,
    Mandate,
    MandateKind,
    MandateStatus,
    Scheme,
    SequenceType,
    accounts_in_force,
    add_months,
    amendment,
    check,
    lapse_warning_on,
    lapses_on,
    mandate_for,
    missing_for_address,
    register_of,
    sequence_type,
    state_on,
    unusable,
    warning_on,
)

MANDATE = Mandate("M-10042-1", "10042", "DE42100100100000067890", date(2024, 3, 15), account_holder="Max Muster")
BRITISH = replace(MANDATE, iban="GB29NWBK60161331926819", bic="NWBKGB2LXXX", town="London", country="GB")
TODAY = date(2026, 11, 20)


def test_sequence_type_is_derived() -> None:
    """Always RCUR or OOFF: FRST is not needed since 2016."""
    assert sequence_type(MANDATE) is SequenceType.RCUR
    assert sequence_type(replace(MANDATE, kind=MandateKind.ONE_OFF)) is SequenceType.OOFF


@pytest.mark.parametrize(
    ("signed", "used", "kind", "last_day"),
    [
        (date(2023, 11, 20), None, MandateKind.RECURRENT, date(2026, 11, 20)),
        (date(2019, 1, 1), date(2024, 2, 29), MandateKind.RECURRENT, date(2027, 2, 28)),
        (date(2019, 1, 1), date(2024, 8, 31), MandateKind.RECURRENT, date(2027, 8, 31)),
        (date(2025, 1, 1), None, MandateKind.ONE_OFF, date(2028, 1, 1)),
        (date(2025, 1, 1), date(2025, 2, 3), MandateKind.ONE_OFF, date(2025, 2, 3)),
        (None, None, MandateKind.RECURRENT, None),
    ],
)
def test_a_mandate_lapses_after_36_months(
    signed: date | None, used: date | None, kind: MandateKind, last_day: date | None
) -> None:
    mandate = replace(MANDATE, signed_on=signed, last_used_on=used, kind=kind)
    assert lapses_on(mandate) == last_day


def test_a_warning_comes_after_30_months() -> None:
    assert lapse_warning_on(MANDATE) == date(2026, 9, 15)
    assert lapse_warning_on(replace(MANDATE, last_used_on=date(2025, 3, 15))) == date(2027, 9, 15)
    assert lapse_warning_on(replace(MANDATE, signed_on=None)) is None
    assert lapse_warning_on(replace(MANDATE, kind=MandateKind.ONE_OFF, last_used_on=date(2025, 3, 15))) is None


@pytest.mark.parametrize(("start", "months", "end"), [
    (date(2024, 1, 31), 1, date(2024, 2, 29)),
    (date(2024, 11, 30), 3, date(2025, 2, 28)),
    (date(2024, 12, 1), 12, date(2025, 12, 1)),
])  # fmt: skip
def test_months_end_on_the_same_day_or_the_last(start: date, months: int, end: date) -> None:
    assert add_months(start, months) == end


@pytest.mark.parametrize(
    ("mandate", "reason"),
    [
        (MANDATE, None),
        (BRITISH, None),
        (replace(MANDATE, signed_on=TODAY), None),
        (replace(MANDATE, status=MandateStatus.REVOKED), "mandate_revoked"),
        (replace(MANDATE, status=MandateStatus.EXPIRED), "mandate_expired"),
        (replace(MANDATE, status=MandateStatus.BLOCKED), "blocked"),
        (replace(MANDATE, status=MandateStatus.SUSPENDED), "blocked"),
        (replace(MANDATE, signed_on=None), "no_signature_date"),
        (replace(MANDATE, signed_on=date(2026, 11, 21)), "no_signature_date"),
        (replace(MANDATE, signed_on=date(2023, 11, 20)), None),
        (replace(MANDATE, signed_on=date(2023, 11, 19)), "mandate_expired"),
        (replace(MANDATE, signed_on=date(2019, 1, 1), last_used_on=date(2023, 11, 20)), None),
        (replace(MANDATE, signed_on=date(2019, 1, 1), last_used_on=date(2023, 11, 19)), "mandate_expired"),
        (replace(MANDATE, kind=MandateKind.ONE_OFF), None),
        (replace(MANDATE, kind=MandateKind.ONE_OFF, last_used_on=TODAY), "mandate_expired"),
        (replace(MANDATE, kind=MandateKind.ONE_OFF, last_used_on=date(2026, 12, 1)), "mandate_expired"),
        (replace(MANDATE, iban="DE43100100100000067890"), "iban_invalid"),
        (replace(MANDATE, iban=""), "iban_invalid"),
        (replace(MANDATE, iban="TR330006100519786457841326"), "iban_invalid"),
        (replace(MANDATE, mandate_id="M//1"), "mandate_unknown"),
        (replace(MANDATE, mandate_id="M" * 36), "mandate_unknown"),
        (replace(MANDATE, original_mandate_id="Ä"), "mandate_unknown"),
        (replace(MANDATE, original_creditor_id="DE00ZZZ09999999999"), "mandate_unknown"),
        (replace(BRITISH, town=None), "address_missing"),
        (replace(BRITISH, town=" "), "address_missing"),
        (replace(BRITISH, country=None), "address_missing"),
        (replace(BRITISH, country="gb"), None),
        (replace(BRITISH, country="England"), "address_missing"),
        (replace(BRITISH, bic=None), "address_missing"),
        (replace(BRITISH, bic="NWBK"), "address_missing"),
        (replace(MANDATE, iban="NO9386011117947"), None),
    ],
)
def test_reasons_why_a_mandate_cannot_be_used(mandate: Mandate, reason: str | None) -> None:
    found = unusable(mandate, TODAY)
    assert (found.reason if found else None) == reason


def test_lapse_counts_on_the_day_of_the_collection() -> None:
    mandate = replace(MANDATE, signed_on=date(2023, 11, 25))
    assert unusable(mandate, TODAY) is None
    found = unusable(mandate, TODAY, date(2026, 12, 1))
    assert found is not None
    assert found.reason == "mandate_expired"
    assert dict(found.facts) == {"lapsed_on": "2026-11-25"}


def test_what_is_missing_of_an_address_is_named() -> None:
    assert missing_for_address(MANDATE) == ()
    assert missing_for_address(BRITISH) == ()
    assert missing_for_address(replace(BRITISH, town=None, country=None, bic=None)) == ("town", "country", "bic")
    assert missing_for_address(replace(BRITISH, iban="gb29 nwbk 6016 1331 9268 19", town="")) == ("town",)


@pytest.mark.parametrize(
    ("mandate", "change"),
    [
        (MANDATE, None),
        (replace(MANDATE, original_iban="DE04500105170000012345"), Amendment(new_account=True)),
        (replace(MANDATE, original_iban="de42 1001 0010 0000 0678 90"), None),
        (replace(MANDATE, original_mandate_id="M-1"), Amendment(original_mandate_id="M-1")),
        (replace(MANDATE, original_mandate_id="M-10042-1"), None),
        (
            replace(MANDATE, original_creditor_id="DE13ZZZ00000012345", original_creditor_name="Alt GmbH"),
            Amendment(original_creditor_id="DE13ZZZ00000012345", original_creditor_name="Alt GmbH"),
        ),
        (replace(MANDATE, original_creditor_id="DE98ABC09999999999"), None),
        (replace(MANDATE, original_creditor_name="Optik Größe GmbH"), None),
        (
            replace(
                MANDATE,
                original_iban="DE04500105170000012345",
                original_mandate_id="M-1",
                original_creditor_name="Alt GmbH",
            ),
            Amendment(original_mandate_id="M-1", original_creditor_name="Alt GmbH", new_account=True),
        ),
    ],
)
def test_amendments_follow_from_what_has_changed(mandate: Mandate, change: Amendment | None) -> None:
    """A new account is SMNDA whatever the bank; a new business code is no new creditor, nor is a name that is written
    the same in a file."""
    assert amendment(mandate, "DE98K0109999999999", "Optik Groesse GmbH") == change


REVOKED = replace(MANDATE, mandate_id="M-0", status=MandateStatus.REVOKED)
BLOCKED = replace(MANDATE, mandate_id="M-1", status=MandateStatus.BLOCKED)
OTHER = replace(MANDATE, mandate_id="M-2", iban="DE04500105170000012345")
LAPSED_ONE = replace(MANDATE, mandate_id="M-3", signed_on=date(2019, 1, 1))
USED_ONE = replace(MANDATE, mandate_id="M-4", kind=MandateKind.ONE_OFF, last_used_on=date(2026, 11, 1))


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ([], None),
        ([MANDATE], MANDATE),
        ([REVOKED, MANDATE], MANDATE),
        ([REVOKED], REVOKED),
        ([MANDATE, OTHER], None),
        ([LAPSED_ONE, MANDATE], MANDATE),
        ([USED_ONE, MANDATE], MANDATE),
        ([LAPSED_ONE], LAPSED_ONE),
        ([REVOKED, BLOCKED], BLOCKED),
        ([LAPSED_ONE, BLOCKED, MANDATE], MANDATE),
        ([REVOKED, LAPSED_ONE], None),
    ],
)
def test_the_mandate_that_an_item_without_a_name_is_collected_under(
    known: list[Mandate], found: Mandate | None
) -> None:
    """The only one in force; else the one whose state is the reason; between two nobody guesses."""
    assert mandate_for(known, TODAY) == found
    assert mandate_for(known[::-1], TODAY) == found


def test_the_mandate_that_an_item_names() -> None:
    """Whosever it is and whatever its state; by an id that it once had too, unless that is another's now."""
    renamed = replace(OTHER, mandate_id="M-9", former_ids=("M-2", "M-5"))
    register = register_of([MANDATE, REVOKED, renamed, replace(BLOCKED, mandate_id="M-5", customer_no="7")])
    for name, wanted in (("M-0", "M-0"), ("M-9", "M-9"), ("M-2", "M-9"), ("M-5", "M-5"), ("M-8", None)):
        found = register.find("10042", name, TODAY)
        assert (found.mandate_id if found else None) == wanted
    assert register.find("10042", None, TODAY) is None
    assert register.find("7", "", TODAY) == register.by_id["M-5"]
    assert register.find("8", None, TODAY) is None


@pytest.mark.parametrize(
    ("mandate", "on", "warning", "state"),
    [
        (MANDATE, date(2026, 9, 14), None, MandateStatus.ACTIVE),
        (MANDATE, date(2026, 9, 15), "lapsing", MandateStatus.ACTIVE),
        (MANDATE, date(2027, 3, 15), "lapsing", MandateStatus.ACTIVE),
        (MANDATE, date(2027, 3, 16), "lapsed", MandateStatus.EXPIRED),
        (replace(MANDATE, last_used_on=date(2026, 9, 1)), date(2027, 3, 16), None, MandateStatus.ACTIVE),
        (replace(MANDATE, signed_on=None), date(2027, 3, 16), None, MandateStatus.ACTIVE),
        (BLOCKED, date(2027, 3, 16), "lapsed", MandateStatus.EXPIRED),
        (BLOCKED, date(2026, 9, 15), "lapsing", MandateStatus.BLOCKED),
        (REVOKED, date(2027, 3, 16), None, MandateStatus.REVOKED),
        (USED_ONE, TODAY, "used_up", MandateStatus.EXPIRED),
        (replace(USED_ONE, last_used_on=None), TODAY, "lapsing", MandateStatus.ACTIVE),
    ],
)
def test_what_time_makes_of_a_mandate(mandate: Mandate, on: date, warning: str | None, state: MandateStatus) -> None:
    """Warned from 30 months without use on, lapsed after 36, by itself."""
    assert warning_on(mandate, on) == warning
    assert state_on(mandate, on) is state


def test_a_22_accounts_with_a_mandate_in_force() -> None:
    """Two mandates of one account count once; what is ended, waits or has lapsed does not count."""
    same = replace(MANDATE, mandate_id="M-7", iban="de42 1001 0010 0000 0678 90")
    assert accounts_in_force([same, MANDATE, OTHER, REVOKED, BLOCKED, LAPSED_ONE, USED_ONE], TODAY) == {
        "DE42100100100000067890": "M-7", "DE04500105170000012345": "M-2",
    }  # fmt: skip


def test_a_mistyped_year_stops_nothing() -> None:
    far = replace(MANDATE, last_used_on=date(9999, 1, 1))
    assert lapses_on(far) == date.max
    assert unusable(far, TODAY) is None


def test_what_is_wrong_with_a_mandate_in_itself() -> None:
    assert check(MANDATE) == ()
    bad = replace(MANDATE, mandate_id="M_1", iban="DE43100100100000067890", last_used_on=date(2020, 1, 1))
    assert [found.code for found in check(bad)] == ["mandate-id", "mandate-iban", "mandate-used-before-signature"]


def test_the_scheme_is_a_plain_word_in_files() -> None:
    assert f"{Scheme.B2B} {MandateStatus.ACTIVE} {SequenceType.OOFF}" == "B2B active OOFF"
