"""MT940 files: messages, pages, balances, heads, encodings (domain.md 1.1, 1.2, 1.7 to 1.9)."""

from collections.abc import Callable
from datetime import date

import pytest

from recon.model.finding import Finding, Severity
from recon.model.statement import LineStatus, Statement
from recon.statements import sniff

Found = list[Statement | Finding]
ReadAll = Callable[[bytes | str], Found]
ReadOne = Callable[[bytes | str], Statement]
Codes = Callable[[Found], list[str]]

PAGE = """:20:STARTUMS
:25:DE89370400440532013000
:28C:00224/001
:60F:C261119EUR1000,00
:61:2611201120C119,00NTRFNONREF
:86:166?20SVWZ+Rechnung 1
:61:2611201120D19,00NTRFNONREF
:86:116?20SVWZ+Rechnung 2
:62F:C261120EUR1100,00
-
"""


def statements(found: Found) -> list[Statement]:
    return [one for one in found if isinstance(one, Statement)]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_any_line_end_gives_the_same(one: ReadOne, newline: str) -> None:
    found = one(PAGE.replace("\n", newline))
    assert [line.amount for line in found.lines] == [11900, -1900]
    assert [line.where for line in found.lines] == ["f:5", "f:7"]
    assert (found.balance_ok, found.findings) == (True, ())


@pytest.mark.parametrize(
    "wrapped",
    [
        "{1:F01COBADEFFXXXX0000000000}{2:I940COBADEFFXXXXN}{4:\n" + PAGE + "-}\n",
        "{1:F01A}{2:I940A}{4:" + PAGE.removesuffix("-\n") + "-}{5:}",
        "ABNANL2A\n940\nABNANL2A\n" + PAGE,
        "0000 01INGBNL2AXXXX00001\n0000 01INGBNL2AXXXX00001\n940 00\n" + PAGE.replace("-\n", "-XXX\n"),
        ":940:\n" + PAGE,
        "\ufeff" + PAGE,
        "\n\n" + PAGE.replace("\n-\n", ""),
        PAGE.replace("\n", "@@"),
    ],
    ids=["swift", "swift one line", "abn", "ing", "rabo", "bom", "blank lines, no end", "fints log"],
)
def test_envelopes_and_bank_headers_are_no_matter(one: ReadOne, wrapped: str) -> None:
    found = one(wrapped)
    assert (len(found.lines), found.balance_ok, found.findings) == (2, True, ())


def test_head_and_balances(one: ReadOne) -> None:
    found = one(PAGE)
    assert (found.format, found.account, found.currency) == ("mt940", "DE89370400440532013000", "EUR")
    assert (found.number, found.page, found.first_page, found.last_page) == ("224", "1", True, True)
    assert (found.opening, found.opening_date) == (100000, date(2026, 11, 19))
    assert (found.closing, found.closing_date) == (110000, date(2026, 11, 20))
    assert (found.period_from, found.period_to) == (date(2026, 11, 20), date(2026, 11, 20))


@pytest.mark.parametrize(
    ("field", "account", "bank"),
    [
        ("DE89370400440532013000", "DE89370400440532013000", None),
        ("DE89370400440532013000EUR", "DE89370400440532013000", None),
        ("DE89370400440532013000/EUR", "DE89370400440532013000", None),
        ("NL84 RABO 0121 2121 21 EUR", "NL84RABO0121212121", None),
        ("COBADEFFXXX/DE89370400440532013000", "DE89370400440532013000", "COBADEFFXXX"),
        ("COBADEFF/0532013000", "0532013000", "COBADEFF"),
        ("37040044/0532013000", "37040044/0532013000", None),
        ("500950253", "500950253", None),
    ],
)
def test_account_of_all_shapes(one: ReadOne, field: str, account: str, bank: str | None) -> None:
    found = one(PAGE.replace("DE89370400440532013000", field))
    assert (found.account, found.servicer_bic) == (account, bank)


@pytest.mark.parametrize(
    ("field", "number", "page"),
    [
        (":28C:00224/001", "224", "1"),
        (":28:27/01", "27", "1"),
        (":28C:0", "0", None),
        (":28C:000", "0", None),
        (":28C:1234567/12", "1234567", "12"),
        (":28C:", None, None),
        (":28C:/2", None, "2"),
    ],
)
def test_statement_number_of_all_shapes(one: ReadOne, field: str, number: str | None, page: str | None) -> None:
    found = one(PAGE.replace(":28C:00224/001", field))
    assert (found.number, found.page) == (number, page)


def test_pages_stay_apart(read_all: ReadAll) -> None:
    two = PAGE.replace(":62F:", ":62M:") + PAGE.replace(":60F:C261119EUR1000,00", ":60M:C261120EUR1100,00").replace(
        "001\n", "002\n"
    ).replace("C261120EUR1100,00\n-", "C261120EUR1200,00\n-")
    first, second = statements(read_all(two))
    assert (first.page, first.first_page, first.last_page) == ("1", True, False)
    assert (second.page, second.first_page, second.last_page) == ("2", False, True)
    assert first.balance_ok
    assert second.balance_ok
    assert second.lines[0].where == "f:15"


def test_pages_of_one_message(read_all: ReadAll) -> None:
    both = PAGE.replace(
        ":62F:C261120EUR1100,00\n",
        ":62M:C261120EUR1100,00\n:60M:C261120EUR1100,00\n:61:261120C1,00NTRFX\n:62F:C261120EUR1101,00\n",
    )
    first, second = statements(read_all(both))
    assert (len(first.lines), len(second.lines), second.account) == (2, 1, first.account)


def test_several_accounts_in_one_file(read_all: ReadAll) -> None:
    other = PAGE.replace("DE89370400440532013000", "DE42100100100000067890").replace("EUR", "CHF")
    found = statements(read_all(PAGE + other + PAGE))
    assert [one.currency for one in found] == ["EUR", "CHF", "EUR"]
    assert [one.where for one in found] == ["f:1", "f:11", "f:21"]


def test_wrapped_time_of_day_starts_no_message(one: ReadOne) -> None:
    for time in ("Rechnung um 12\n:20:31 Uhr", "Rechnung um 16\n:28:31 Uhr"):
        found = one(PAGE.replace("Rechnung 1", time))
        assert len(found.lines) == 2
        assert found.lines[0].remittance == time.replace("\n", "")
        assert found.balance_ok


def test_text_that_begins_with_a_colon_belongs_to_the_purpose(one: ReadOne) -> None:
    found = one(PAGE.replace("Rechnung 1", "Rechnung\n:62 Grad\n:XY:abc\n-1 Rest"))
    assert found.lines[0].remittance == "Rechnung:62 Grad:XY:abc-1 Rest"
    assert found.findings == ()


def test_line_that_holds_only_a_dash_inside_the_purpose(one: ReadOne) -> None:
    assert one(PAGE.replace("Rechnung 1", "Rechnung\n-\n1")).lines[0].remittance == "Rechnung-1"


def test_purpose_after_the_closing_balance_belongs_to_the_statement(one: ReadOne) -> None:
    found = one(PAGE.replace("-\n", ":86:D000004C000002D25,24C28,71\n-\n"))
    assert [finding.code for finding in found.findings] == ["statement-text"]
    assert found.lines[1].remittance == "Rechnung 2"


def test_closing_balance_without_currency(one: ReadOne) -> None:
    assert one(PAGE.replace(":62F:C261120EUR", ":62F:C261120")).balance_ok


def test_gap_is_an_error_with_amounts(one: ReadOne) -> None:
    found = one(PAGE.replace("EUR1100,00", "EUR1100,01"))
    (finding,) = found.findings
    assert (finding.code, finding.severity) == ("balance-gap", Severity.ERROR)
    assert dict(finding.facts) == {
        "opening": "1000.00",
        "booked": "100.00",
        "expected": "1100.00",
        "closing": "1100.01",
    }


def test_second_reader_wins_only_where_it_closes(one: ReadOne) -> None:
    # The library books RC as a credit; our rule (reversal of a credit: minus) does not close here.
    found = one(PAGE.replace(":61:2611201120C119,00", ":61:2611201120RC119,00"))
    assert found.balance_ok
    assert [line.amount for line in found.lines] == [11900, -1900]
    assert [line.where for line in found.lines] == ["f:5", "f:7"]
    assert found.lines[0].remittance == "Rechnung 1"
    (finding,) = found.findings
    assert (finding.code, finding.severity) == ("second-reader", Severity.WARNING)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ((":62F:C261120EUR1100,00\n", ""), "statement-truncated"),
        ((":25:DE89370400440532013000\n", ""), "account-missing"),
        (("C261120EUR1100,00", "C261120USD1100,00"), "currency-mismatch"),
        (("C261119EUR1000,00", "1000 EUR"), "balance-unreadable"),
        ((":61:2611201120D19,00NTRFNONREF", ":61:KAPUTT"), "entry-unreadable"),
        ((":61:2611201120D19,00NTRFNONREF", ":61:2611201120D,NTRFNONREF"), "entry-unreadable"),
        ((":61:2611201120D19,00NTRFNONREF", ":61:2611201120D19,001NTRFNONREF"), "amount-unreadable"),
    ],
)
def test_what_is_broken_refuses_the_statement(one: ReadOne, change: tuple[str, str], code: str) -> None:
    found = one(PAGE.replace(*change))
    assert any(finding.code == code and finding.severity is Severity.ERROR for finding in found.findings)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ((":60F:C261119EUR1000,00\n", ""), "opening-missing"),
        (("-\n", ":62F:C261120EUR1,00\n"), "balance-repeated"),
        ((":62F:C261120EUR1100,00", ":62F:C261131EUR1100,00"), "date-clamped"),
        (("2611201120D", "2611201299D"), "date-impossible"),
        (("2611201120D", "2613201120D"), "date-impossible"),
        (("00224/001", "ABC"), "number-unreadable"),
    ],
)
def test_what_is_odd_is_told(one: ReadOne, change: tuple[str, str], code: str) -> None:
    found = one(PAGE.replace(*change))
    assert code in [finding.code for finding in found.findings]
    assert not [finding for finding in found.findings if finding.severity is Severity.ERROR]


def test_nothing_is_lost_silently(read_all: ReadAll, codes: Codes) -> None:
    odd = PAGE.replace("-\n", "-\nUnd noch ein Satz der Bank.\n").replace(":28C:", ":99X:was\n:28C:")
    found = read_all(odd)
    told = {finding.code: finding.where for finding in found if isinstance(finding, Finding)}
    assert told == {"tag-unknown": "f:3", "text-ignored": "f:12"}


def test_ns_fields_give_purpose_and_name(one: ReadOne) -> None:
    found = one(
        PAGE.replace(":86:166?20SVWZ+Rechnung 1", ":NS:01Rechnung\n02 4711\n15Erika Beispiel\n17Gutschrift\n1812345")
    )
    line = found.lines[0]
    assert (line.remittance, line.counterparty.name, line.booking_text) == (
        "Rechnung4711",
        "Erika Beispiel",
        "Gutschrift",
    )
    assert line.raw.startswith(":61:2611201120C119,00NTRFNONREF\n:NS:01Rechnung\n02 4711\n")


def test_intraday_is_never_booked(one: ReadOne) -> None:
    found = one(
        ":20:X\n:25:DE89370400440532013000\n:28C:1\n:34F:EUR0,\n:13D:2611201200+0100\n"
        ":61:261120C5,00NTRFX\n:86:166?20x\n:90D:0EUR0,\n:90C:1EUR5,00\n-\n"
    )
    assert (found.format, found.opening, found.closing, found.balance_ok) == ("mt942", None, None, None)
    assert [line.status for line in found.lines] == [LineStatus.PENDING]
    assert (found.booked, found.findings) == (0, ())


@pytest.mark.parametrize(
    ("total", "code"),
    [("1EUR5,00", None), ("1EUR5,01", "totals-differ"), ("2EUR5,00", "totals-differ"), ("viele", "total-unreadable")],
)
def test_totals_of_an_intraday_report_are_its_witness(one: ReadOne, total: str, code: str | None) -> None:
    found = one(
        f":20:X\n:25:DE89370400440532013000\n:28C:1\n:34F:EUR0,\n:61:261120C5,00NTRFX\n:90D:0EUR0,\n:90C:{total}\n-\n"
    )
    assert [finding.code for finding in found.findings] == ([code] if code else [])


def test_impossible_value_date_leaves_the_closing_date_as_booking_date(one: ReadOne) -> None:
    found = one(PAGE.replace(":61:2611201120D", ":61:999999D"))
    assert (found.lines[1].value_date, found.lines[1].booking_date) == (None, date(2026, 11, 20))
    assert found.balance_ok


def test_cp1252_is_read_and_told(read_all: ReadAll) -> None:
    told, found = read_all(PAGE.replace("Rechnung 1", "Gebühr 5 €").encode("cp1252"))
    assert isinstance(told, Finding)
    assert (told.code, told.severity, dict(told.facts)) == ("encoding-fallback", Severity.INFO, {"encoding": "CP1252"})
    assert isinstance(found, Statement)
    assert found.lines[0].remittance == "Gebühr 5 €"


def test_utf8_needs_no_word(one: ReadOne) -> None:
    assert one(PAGE.replace("Rechnung 1", "Gebühr 5 €")).lines[0].remittance == "Gebühr 5 €"


def test_message_starts_are_found_across_blocks(read_all: ReadAll) -> None:
    # Longer than the reader's block of one megabyte, so that starts fall on every side of its edge.
    many = 6000
    found = read_all(PAGE * many)
    assert len(found) == many
    assert all(isinstance(one, Statement) and one.balance_ok and len(one.lines) == 2 for one in found)
    last = found[-1]
    assert isinstance(last, Statement)
    assert last.where == f"f:{10 * (many - 1) + 1}"


@pytest.mark.parametrize(
    ("head", "format_"),
    [
        (PAGE.encode(), "mt940"),
        (b"{1:F01A}{2:I942A}{4:\r\n:20:X\r\n:25:1\r\n", "mt942"),
        (b":20:X\n:25:1\n:28C:1\n:34F:EUR0,\n:61:", "mt942"),
        (b"<?xml version='1.0'?><Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'>", "camt.053"),
        (b"<Document><BkToCstmrAcctRpt>", "camt.052"),
        (b"\xef\xbb\xbf<x:Document xmlns:x='urn:x'><x:BkToCstmrDbtCdtNtfctn>", "camt.054"),
        ("<?xml version='1.0'?><Document xmlns='urn:camt.054.001.08'>".encode("utf-16"), "camt.054"),
        (b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002.001.10'>", "pain.002"),
        (b"PK\x03\x04rest", "zip"),
        (b"\x1f\x8b\x08rest", "gzip"),
        (b"<html><body>", None),
        (b"Sehr geehrte Damen", None),
        (b"12:20: Uhr", None),
        (b"", None),
    ],
)
def test_sniff_goes_by_content(head: bytes, format_: str | None) -> None:
    assert sniff(head) == format_
