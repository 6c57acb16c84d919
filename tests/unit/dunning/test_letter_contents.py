"""What a letter says, worked out from its notice and the account of the customer."""

from dataclasses import replace
from datetime import date

import pytest

from recon.dunning.letter import Known, Letter, Movement, Owed, address_of, missing_of, remittance
from recon.model.items import Customer, PartKind
from sepa.girocode import MAX_TEXT
from tests.unit.outside.letter_samples import CUSTOMER, EMPTY, ON, letter, line, notice, part

MARCH = date(2026, 3, 1)


def _entries(made: Letter) -> list[tuple[str, str, int, str, str]]:
    return [(one.kind, one.invoice_no, one.amount, one.remark, one.notice) for one in made.statement]


@pytest.mark.parametrize(
    ("country", "language", "last"),
    [(None, "de", "50668 Köln"), ("DE", "en", "50668 Köln"), ("de", "de", "50668 Köln"), ("AT", "de", "ÖSTERREICH"),
     ("AT", "en", "AUSTRIA"), ("US", "en", "UNITED STATES OF AMERICA"), ("QQ", "de", "QQ")],
)  # fmt: skip
def test_f_24_the_address_is_that_of_the_customer_record(country: str | None, language: str, last: str) -> None:
    """Nothing else can be one: there is no dispatch address. Abroad the country stands last, in capitals."""
    lines = list(address_of(replace(CUSTOMER, country=country), "DE", language))
    assert lines[:2] == ["Tischlerei Beispiel OHG", "Musterweg 4"]
    assert lines[-1] == last
    assert len(lines) == (3 if last == "50668 Köln" else 4)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, ()),
        ({"street": None}, ("street",)),
        ({"street": "  "}, ("street",)),
        ({"postcode": None, "town": ""}, ("postcode", "town")),
        ({"postcode": "5066"}, ("postcode",)),
        ({"postcode": "506688"}, ("postcode",)),
        ({"postcode": "5066", "country": None}, ("postcode",)),
        ({"postcode": "1010", "country": "AT"}, ()),
        ({"street": None, "postcode": None, "town": None}, ("street", "postcode", "town")),
    ],
)
def test_f_05_f_06_what_the_post_would_need_of_an_address(given: dict[str, str | None], missing: tuple[str]) -> None:
    assert missing_of(replace(CUSTOMER, **given)) == missing  # type: ignore[arg-type]


def test_f_22_f_27_x_19_persons_and_companies_have_one_address_each() -> None:
    """A customer record has one address, whoever it is: dunning has no other to go to."""
    fields = set(Customer.__dataclass_fields__)
    assert {name for name in fields if "street" in name or "address" in name} == {"street"}


def test_a_payment_quotes_the_reference_of_the_only_item() -> None:
    one = part(1, "RE-1", MARCH, 100_00, 100_00)
    of = notice(1, "de", line(one, 1))
    assert remittance(of, {1: Known(reference="RF18539007547034")}, "N17") == ("RF18539007547034", "")
    assert remittance(of, {1: Known(reference="something else")}, "N17") == ("", "RE-1 10042 N17")
    assert remittance(of, {}, "N17") == ("", "RE-1 10042 N17")


def test_a_payment_of_several_items_quotes_their_numbers_as_far_as_there_is_room() -> None:
    """All of them or none: of some the bank line would say that only these are paid."""
    few = [part(at, f"RE-2026-{at:04d}", MARCH, 10_00, 10_00) for at in range(1, 4)]
    of = notice(2, "de", *(line(one, 2) for one in few), line(part(9, "GU-1", MARCH, -5_00, -5_00), 0))
    known = {1: Known(reference="RF18539007547034")}
    assert remittance(of, known, "N17") == ("", "RE-2026-0001 RE-2026-0002 RE-2026-0003 10042 N17")
    many = notice(2, "de", *(line(part(at, f"RE-2026-{at:04d}", MARCH, 10_00, 10_00), 2) for at in range(1, 20)))
    assert remittance(many, {}, "N17") == ("", "10042 N17")
    assert len(remittance(of, {}, "N17")[1]) <= MAX_TEXT


def test_the_girocode_asks_for_the_total() -> None:
    """With the fee, to the printed account; none in another currency."""
    one = part(1, "RE-1", MARCH, 100_00, 100_00)
    made = letter(notice(2, "de", line(one, 2), fee=5_00), Owed([one], {}), EMPTY)
    assert made.girocode.split("\n")[4:8] == ["COBADEFFXXX", "Optik Beispiel GmbH", "DE89370400440532013000",
                                              "EUR105.00"]  # fmt: skip
    assert made.girocode.endswith("RE-1 10042 N17")
    francs = replace(one, currency="CHF")
    assert letter(notice(2, "de", line(francs, 2), currency="CHF"), Owed([francs], {}), EMPTY).girocode == ""
    assert letter(notice(2, "de", line(one, 2)), Owed([one], {}), EMPTY, account=None).girocode == ""


def test_o_06_v_18_the_receipts_of_an_item_in_parts() -> None:
    """1000 = 400 + 600; 650 were paid: the remainder stands with 350 open, and the sum says so too."""
    rest = part(1, "RE-1", MARCH, 600_00, 350_00, part=PartKind.REMAINDER)
    paid = (Movement(date(2026, 3, 5), "payment", -150_00), Movement(date(2026, 3, 9), "payment", -500_00))
    made = letter(notice(1, "de", line(rest, 1)), Owed([rest], {1: Known(movements=paid)}), EMPTY)
    assert [(one.amount, one.paid, one.open) for one in made.lines] == [(600_00, 250_00, 350_00)]
    assert _entries(made) == [
        ("other_part", "RE-1", 400_00, "", ""), ("claim", "RE-1", 600_00, "", ""),
        ("payment", "RE-1", -150_00, "", ""), ("payment", "RE-1", -500_00, "", ""),
    ]  # fmt: skip
    assert made.balance == 350_00


def test_v_18_what_the_notice_does_not_ask_for_is_told_as_such() -> None:
    """Held, on another notice, overdue and not reminded of; not what is not due yet, nor another currency."""
    asked = part(1, "RE-1", MARCH, 10_00, 10_00)
    parts = [
        asked,
        part(2, "RE-2", MARCH, 20_00, 20_00, hold="disputed"),
        part(3, "RE-3", MARCH, 30_00, 30_00, hold="collection_proposed"),
        part(4, "RE-4", MARCH, 40_00, 40_00),
        part(5, "RE-5", date(2026, 3, 14), 50_00, 50_00),
        part(6, "RE-6", ON, 60_00, 60_00),
        part(7, "RE-7", MARCH, 70_00, 70_00, currency="CHF"),
    ]
    owed = Owed(parts, {}, {(4, PartKind.TOTAL): "N3", (1, PartKind.TOTAL): "N1"}, credit=5_00)
    made = letter(notice(1, "de", line(asked, 1)), owed, EMPTY)
    assert _entries(made) == [
        ("claim", "RE-1", 10_00, "", ""), ("claim", "RE-2", 20_00, "disputed", ""),
        ("claim", "RE-3", 30_00, "collection_proposed", ""), ("claim", "RE-4", 40_00, "notice", "N3"),
        ("claim", "RE-5", 50_00, "not_here", ""), ("balance_credit", "", -5_00, "", ""),
    ]  # fmt: skip
    assert made.balance == 145_00


def test_what_was_paid_before_the_item_was_taken_over_stands_without_a_day() -> None:
    one = part(1, "RE-1", MARCH, 100_00, 60_00)
    made = letter(notice(1, "de", line(one, 1)), Owed([one], {1: Known(before=40_00)}), EMPTY)
    assert [(entry.kind, entry.amount, entry.day) for entry in made.statement] == [
        ("claim", 100_00, MARCH), ("before", -40_00, None),
    ]  # fmt: skip
    assert made.balance == 60_00


def test_the_days_are_counted_to_the_day_of_the_letter() -> None:
    """A run of the week before has counted fewer."""
    one = part(1, "RE-1", MARCH, 10_00, 10_00)
    late = replace(line(one, 1), days_overdue=7)
    assert [told.days for told in letter(notice(1, "de", late), Owed([one], {}), EMPTY).lines] == [14]
