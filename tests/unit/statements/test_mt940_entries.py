"""The field :61:, as German and other banks write it (domain.md 1.3)."""

from collections.abc import Callable
from datetime import date

import pytest

from recon.model.statement import Line, LineKind, LineStatus, Statement

ReadLine = Callable[..., Line]
ReadOne = Callable[[bytes | str], Statement]


@pytest.mark.parametrize(
    ("mark", "amount", "reversal", "status"),
    [
        ("C", 1234, False, LineStatus.BOOKED),
        ("D", -1234, False, LineStatus.BOOKED),
        ("CR", 1234, False, LineStatus.BOOKED),
        ("DR", -1234, False, LineStatus.BOOKED),
        ("RC", -1234, True, LineStatus.BOOKED),
        ("RD", 1234, True, LineStatus.BOOKED),
        ("RCR", -1234, True, LineStatus.BOOKED),
        ("EC", 1234, False, LineStatus.PENDING),
        ("ED", -1234, False, LineStatus.PENDING),
        ("d", -1234, False, LineStatus.BOOKED),
    ],
)
def test_mark_gives_the_sign(line: ReadLine, mark: str, amount: int, reversal: bool, status: LineStatus) -> None:
    found = line(f"2611201120{mark}12,34NMSCNONREF")
    assert (found.amount, found.reversal, found.status) == (amount, reversal, status)


@pytest.mark.parametrize(
    ("amount", "minor"),
    [
        ("9,", 900),
        ("9", 900),
        ("12,3", 1230),
        ("12.34", 1234),
        (",50", 50),
        ("000000000150,25", 15025),
        ("999999999999,99", 99999999999999),
        ("0,00", 0),
    ],
)
def test_amounts_of_all_shapes(line: ReadLine, amount: str, minor: int) -> None:
    assert line(f"261120C{amount}NTRFNONREF").amount == minor


@pytest.mark.parametrize(
    ("entry", "booked", "value"),
    [
        ("2611201120", date(2026, 11, 20), date(2026, 11, 20)),
        ("261120", date(2026, 11, 20), date(2026, 11, 20)),
        ("261120    ", date(2026, 11, 20), date(2026, 11, 20)),
        ("2701021230", date(2026, 12, 30), date(2027, 1, 2)),
        ("2612310102", date(2027, 1, 2), date(2026, 12, 31)),
        ("2801010229", date(2028, 2, 29), date(2028, 1, 1)),
        ("991231", date(1999, 12, 31), date(1999, 12, 31)),
    ],
)
def test_booking_date_takes_the_year_nearest_to_the_value_date(
    line: ReadLine, entry: str, booked: date, value: date
) -> None:
    found = line(f"{entry}C1,00NTRFNONREF")
    assert (found.booking_date, found.value_date) == (booked, value)


def test_30_february_is_clamped_and_told(one: ReadOne) -> None:
    found = one(":20:X\n:25:1/2\n:28C:1\n:60F:C160229EUR1,00\n:61:1602300301D1,00NINT\n:62F:C160301EUR0,00\n")
    assert found.lines[0].value_date == date(2016, 2, 29)
    assert [(one.code, one.where) for one in found.findings] == [("date-clamped", "f:5")]
    assert found.balance_ok


@pytest.mark.parametrize(
    ("entry", "customer", "bank"),
    [
        ("261120C1,00NTRFRE-4711//55A1", "RE-4711", "55A1"),
        ("261120C1,00NTRFNONREF", None, None),
        ("261120C1,00NTRFKREF+//NONREF", None, None),
        ("261120C1,00NTRFA/B-1234567890123456789//1//2", "A/B-1234567890123456789", "1//2"),
        ("261120C1,00 NTRFX", "X", None),
        ("261120C1,00N426NONREF", None, None),
    ],
)
def test_references(line: ReadLine, entry: str, customer: str | None, bank: str | None) -> None:
    found = line(entry)
    assert (found.customer_ref, found.bank_ref) == (customer, bank)


def test_amount_cut_by_a_line_break_is_put_together(line: ReadLine) -> None:
    found = line("2611201120CR\n30,00N062NONREF", "Text")
    assert (found.amount, found.customer_ref) == (3000, None)


def test_return_takes_original_and_charges_from_the_supplementary_line(line: ReadLine) -> None:
    found = line("2611201120D53,00NRTINONREF//B1\n/OCMT/EUR50,00//CHGS/EUR3,00/", "109?20OAMT+99,00?34912")
    assert (found.kind, found.original_amount, found.charges, found.return_reason) == (
        LineKind.RETURN,
        5000,
        300,
        "MD06",
    )


@pytest.mark.parametrize(
    ("detail", "original", "charges"),
    [
        ("109?20OAMT+50,00?21COAM+3,00", 5000, 300),
        ("109?20OAMT+50,00", 5000, 300),
        ("109?20COAM+3,00", 5000, 300),
        ("109?20SVWZ+ORG BT000000050,0 PLUS ENTG.3,00 GVC 109 SOLL", 5000, 300),
        ("109?20SVWZ+RETURN", None, None),
        ("105?20SVWZ+ORG BT000000050,0 PLUS ENTG.3,00", None, None),
    ],
)
def test_amounts_of_a_return_in_the_order_of_domain_1_6(
    line: ReadLine, detail: str, original: int | None, charges: int | None
) -> None:
    found = line("2611201120D53,00NRTINONREF", detail)
    assert (found.original_amount, found.charges) == (original, charges)


def test_original_amount_in_another_currency_is_not_taken(line: ReadLine) -> None:
    assert line("261120D53,00NTRFNONREF\n/OCMT/USD60,00/").original_amount is None


@pytest.mark.parametrize(
    ("text_key", "text", "reason"),
    [
        ("912", "", "MD06"),
        ("914999", "", "MS03"),
        ("905", "", None),
        ("990", "", None),
        ("", "RETURN AC04 Konto aufgeloest", "AC04"),
        ("905", "AC01 oder AC04", None),
        ("", "RETURN", None),
    ],
)
def test_return_reason_is_read_and_never_guessed(line: ReadLine, text_key: str, text: str, reason: str | None) -> None:
    assert line("261120D5,00NRTINONREF", f"109?20SVWZ+{text}?34{text_key}").return_reason == reason


@pytest.mark.parametrize(
    ("head", "detail", "kind"),
    [
        ("C1,00NTRF", "166?20x", LineKind.CREDIT_TRANSFER),
        ("D1,00NTRF", "116?20x", LineKind.TRANSFER_OUT),
        ("C1,00NDDT", "171?20x", LineKind.DIRECT_DEBIT),
        ("D1,00NDDT", "105?20x", LineKind.DIRECT_DEBIT),
        ("C1,00NDDT", "192?20x", LineKind.BATCH),
        ("D1,00NRTI", "108?20x", LineKind.RETURN),
        ("C1,00NTRF", "159?20x", LineKind.RETURN),
        ("D1,00NCHG", "808?20x", LineKind.CHARGE),
        ("C1,00NINT", "814?20x", LineKind.INTEREST),
        ("C1,00NCHK", "170?20x", LineKind.CHEQUE),
        ("D1,00NMSC", "106?20x", LineKind.CARD),
        ("D1,00NDDT", "193?20x", LineKind.REVERSAL),
        ("RC1,00NTRF", "166?20x", LineKind.REVERSAL),
        ("D1,00NTRF", "833?20x", LineKind.TRANSFER_OUT),
        ("C1,00NTRF", "020?20x", LineKind.CREDIT_TRANSFER),
        ("C1,00NTRF", "frei", LineKind.CREDIT_TRANSFER),
        ("D1,00NDDT", "frei", LineKind.DIRECT_DEBIT),
        ("D1,00NRTI", "frei", LineKind.RETURN),
        ("D1,00NMSC", "frei", LineKind.OTHER),
    ],
)
def test_kind_follows_the_gvc_then_the_type(line: ReadLine, head: str, detail: str, kind: LineKind) -> None:
    assert line(f"261120{head}NONREF", detail).kind is kind


def test_raw_keeps_the_source_text(line: ReadLine) -> None:
    assert line("261120C1,00NTRFX", "166?20a\nb").raw == ":61:261120C1,00NTRFX\n:86:166?20a\nb"


def test_second_line_of_the_entry_is_account_or_text(line: ReadLine) -> None:
    assert line("261120C1,00N541EREF\nNL55RABO0444444444").counterparty.iban == "NL55RABO0444444444"
    assert line("261120C1,00FTRFNONREF\nCard transaction").booking_text == "Card transaction"
