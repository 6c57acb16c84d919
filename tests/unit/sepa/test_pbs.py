"""Betalingsservice: its days, its characters, what is excluded, and what the check of a delivery finds."""

from dataclasses import replace
from datetime import date

import pytest

from sepa.pbs import (
    Collection,
    Creditor,
    Delivery,
    Text,
    address_lines,
    collection_day,
    day_for,
    days_left,
    first_month,
    latin,
)
from sepa.pbs0601 import FieldError, write
from sepa.pbs0601_check import check
from sepa.pbs_answers import kind_of, read
from sepa.pbs_plan import REASONS, Address, Agreement, Claim, plan
from sepa.problem import Problem

D = date.fromisoformat


@pytest.mark.parametrize(
    ("due", "due_day", "expected"),
    [
        ("2026-11-03", 1, "2026-12-01"), ("2026-11-01", 1, "2026-11-01"), ("2026-11-03", 3, "2026-11-03"),
        ("2026-11-03", 31, "2026-11-30"), ("2026-11-30", 31, "2026-11-30"), ("2026-12-31", 30, "2027-01-30"),
        ("2027-02-10", 31, "2027-02-28"), ("2028-02-10", 30, "2028-02-29"), ("2027-01-31", 29, "2027-02-28"),
        ("2026-12-15", 1, "2027-01-01"),
    ],
)  # fmt: skip
def test_a26_the_due_day_on_or_after_the_due_date(due: str, due_day: int, expected: str) -> None:
    assert collection_day(D(due), due_day) == D(expected)


@pytest.mark.parametrize("due_day", [0, 32, -1])
def test_a26_no_such_day(due_day: int) -> None:
    with pytest.raises(ValueError, match="no day"):
        collection_day(D("2026-11-03"), due_day)


@pytest.mark.parametrize(
    ("as_of", "left", "first"),
    [
        ("2026-11-01", 21, "2026-12-01"), ("2026-11-19", 7, "2026-12-01"), ("2026-11-20", 6, "2026-12-01"),
        ("2026-11-25", 3, "2026-12-01"), ("2026-11-26", 2, "2027-01-01"), ("2026-12-31", 0, "2027-02-01"),
    ],
)  # fmt: skip
def test_the_first_month_that_a_delivery_is_in_time_for(as_of: str, left: int, first: str) -> None:
    assert (days_left(D(as_of)), first_month(D(as_of))) == (left, D(first))


def test_overdue_items_wait_for_the_next_month() -> None:
    assert day_for(D("2026-01-05"), 15, D("2026-11-10")) == D("2026-12-15")
    assert day_for(D("2027-02-16"), 15, D("2026-11-10")) == D("2027-03-15")


@pytest.mark.parametrize(
    ("text", "told", "replaced"),
    [
        ("Åse Øst & Ægir", "Åse Øst & Ægir", ()),
        ("Dvořák", "Dvorák", (("ř", "r"),)),
        ("Łódź – 5 €", "Lódz - 5 E", (("Ł", "L"), ("ź", "z"), ("–", "-"), ("€", "E"))),
        ("日本 😀", "?? ?", (("日", "?"), ("本", "?"), ("😀", "?"))),
        ("a\tb\u00a0c", "a b c", ()),
        ("zero\u200bwidth", "zerowidth", (("\u200b", ""),)),
    ],
)
def test_characters_beyond_latin_1_are_replaced_and_listed(
    text: str, told: str, replaced: tuple[tuple[str, str], ...]
) -> None:
    assert latin(text) == (told, replaced)


@pytest.mark.parametrize(
    ("street", "lines"),
    [("Prøvevej 1", ("Prøvevej 1",)), ("a" * 30 + " bcdefgh", ("a" * 30, "bcdefgh")),
     ("a" * 40, ("a" * 35, "a" * 5)), ("a" * 36 + " " + "b" * 36, None)],
)  # fmt: skip
def test_a_street_on_two_lines(street: str, lines: tuple[str, ...] | None) -> None:
    assert address_lines(street) == lines


_CLAIM = Claim(1, "RE-1", "90001", 10000, "DKK", D("2026-11-20"), direct_debit=True)
_AGREED = Agreement(5, "90001", "90001", "55", "00001")
_LIVES = Address("Søren Eksempel", "Prøvevej 1", "2100", "DK")


@pytest.mark.parametrize(
    ("reason", "claim", "agreed", "lives", "taken"),
    [
        ("not_direct_debit", {"direct_debit": False}, {}, {}, ()),
        ("blocked", {"hold": "blocked", "hold_facts": (("reason", "x"),)}, {}, {}, ()),
        ("disputed", {"hold": "disputed"}, {}, {}, ()),
        ("with_agency", {"hold": "with_agency"}, {}, {}, ()),
        ("already_exported", {"hold": "already_exported"}, {}, {}, ()),
        ("currency", {"currency": "EUR"}, {}, {}, ()),
        ("amount", {"amount": 0}, {}, {}, ()),
        ("amount", {"amount": -1}, {}, {}, ()),
        ("amount", {"amount": 10**13}, {}, {}, ()),
        ("no_agreement", {"customer_no": "90009"}, {}, {}, ()),
        ("agreement_ended", {}, {"active": False}, {}, ()),
        ("address_missing", {}, {}, {"street": None}, ()),
        ("address_missing", {}, {}, {"street": "  "}, ()),
        ("address_missing", {}, {}, {"street": "a" * 36 + " " + "b" * 36}, ()),
        ("address_missing", {}, {}, {"postcode": None}, ()),
        ("address_missing", {}, {}, {"postcode": "50667"}, ()),
        ("address_missing", {}, {}, {"country": "DE"}, ()),
        ("address_missing", {}, {}, {"name": "…"}, ()),
        ("day_taken", {}, {}, {}, ((5, D("2026-12-01")),)),
        ("too_far", {"due_date": D("2027-03-20")}, {}, {}, ()),
    ],
)
def test_each_reason_of_exclusion(
    reason: str,
    claim: dict[str, object],
    agreed: dict[str, object],
    lives: dict[str, object],
    taken: tuple[tuple[int, date], ...],
) -> None:
    wanted = replace(_CLAIM, **claim)  # type: ignore[arg-type]
    debtor = (replace(_AGREED, **agreed), replace(_LIVES, **lives))  # type: ignore[arg-type]
    made = plan([wanted], {"90001": debtor}, taken, 1, D("2026-11-19"))
    assert made.collections == ()
    assert [(one.claim, one.reason) for one in made.excluded] == [(wanted, reason)]
    assert reason in REASONS


def test_what_a_debtor_owes_on_a_day_is_one_collection() -> None:
    claims = [replace(_CLAIM, item_id=number, invoice_no=f"RE-{number}", due_date=D(due))
              for number, due in enumerate(("2026-11-20", "2026-11-30", "2026-12-10"), start=1)]  # fmt: skip
    made = plan(claims, {"90001": (_AGREED, _LIVES)}, (), 1, D("2026-11-19"))
    assert [(one.day, one.amount, [claim.invoice_no for claim in one.claims]) for one in made.collections] == [
        (D("2026-12-01"), 20000, ["RE-1", "RE-2"]), (D("2027-01-01"), 10000, ["RE-3"]),
    ]  # fmt: skip


_DELIVERY = Delivery(
    Creditor("Optik Beispiel GmbH", "12345678", "BS1", "87654321", "00001", "0040", "440116243"),
    1,
    D("2026-11-19"),
    (
        Collection("90001", "55", "Søren Eksempel", "Prøvevej 1", "2100", D("2026-12-01"), 100, "1", (Text("a", 100),)),
        Collection("90002", "56", "Åse Prøve", "Prøvevej 2", "8000", D("2026-12-01"), 200, "2", (Text("b", 200),)),
    ),
)


@pytest.mark.parametrize(
    "change",
    [{"payer": "9" * 16}, {"payer": "K-9"}, {"agreement": "1" * 10}, {"amount": 10**13}, {"amount": -1},
     {"postcode": "50667"}, {"reference": "x" * 31}, {"street": "a" * 36 + " " + "b" * 36}],
)  # fmt: skip
def test_a_value_that_its_field_cannot_hold_is_never_cut(change: dict[str, object]) -> None:
    one = replace(_DELIVERY.collections[0], **change)  # type: ignore[arg-type]
    with pytest.raises(FieldError):
        write(replace(_DELIVERY, collections=(one,)))


def _changed(line: int, first: int, text: str) -> bytes:
    lines = write(_DELIVERY).decode("latin-1").split("\r\n")
    record = lines[line - 1]
    lines[line - 1] = record[: first - 1] + text + record[first - 1 + len(text) :]
    return "\r\n".join(lines).encode("latin-1")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (_changed(13, 43, "000000000000301"), "pbs-file-sum"),
        (_changed(14, 32, "00000000003"), "pbs-file-sum"),
        (_changed(13, 58, "00000000001"), "pbs-file-sum"),
        (_changed(14, 84, "00000000005"), "pbs-file-sum"),
        (_changed(6, 61, "0000000000101"), "pbs-file-sum"),
        (_changed(6, 60, "2"), "pbs-file-field"),
        (_changed(6, 52, "31022026"), "pbs-file-field"),
        (_changed(6, 61, "00000000 0100"), "pbs-file-field"),
        (_changed(6, 28, "000000000090003"), "pbs-file-field"),
        (_changed(10, 6, "11111111"), "pbs-file-field"),
        (_changed(7, 18, "00002"), "pbs-file-order"),
        (_changed(4, 18, "00004"), "pbs-file-order"),
        (_changed(6, 1, "BS052"), "pbs-file-field"),
        (_changed(2, 1, "BS011"), "pbs-file-record"),
        (write(_DELIVERY)[:-1], "pbs-file-end"),
        (b"".join(write(_DELIVERY).splitlines(keepends=True)[:-1]), "pbs-file-order"),
        (write(replace(_DELIVERY, collections=_DELIVERY.collections[:1] * 2)), "pbs-file-twice"),
    ],
)
def test_the_check_finds_what_is_wrong(content: bytes, code: str) -> None:
    assert code in {one.code for one in check(content)[1]}


def test_the_check_finds_nothing_in_what_was_written() -> None:
    found, problems = check(write(_DELIVERY))
    assert problems == ()
    assert [(one.payer, one.agreement, one.amount, one.lines) for one in found] == [
        ("90001", "55", 100, 1), ("90002", "56", 200, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "kind"),
    [(b"BS00212345678BS106020000000001", "0602"), (b"BS00212345678BS10603", "0603"), (b"BS002", None),
     (b"BS00212345678BS1ABCD", None), (b":20:STARTUMS", None), (b"", None)],
)  # fmt: skip
def test_a_delivery_is_known_by_its_first_record(head: bytes, kind: str | None) -> None:
    assert kind_of(head) == kind


@pytest.mark.parametrize("content", [b"", b"\r\n", b"BS002", b"\xff" * 300, b"BS00212345678BS10602\r\n" * 3])
def test_what_is_no_answer_is_a_problem_and_no_fault(content: bytes) -> None:
    assert isinstance(read(content), Problem)
