"""camt.052, 053 and 054 of any version: the message, its statements and their balances (domain.md 2)."""

import re
from collections.abc import Callable
from datetime import date

import pytest

from recon.model.finding import Finding, Severity
from recon.model.statement import LineStatus, Statement
from tests.unit.statements.camt_text import (
    CLOSING,
    IBAN,
    NAMESPACE,
    OPENING,
    balance,
    document,
    entry,
)

Found = list[Statement | Finding]
ReadAll = Callable[[bytes | str], Found]
ReadOne = Callable[[bytes | str], Statement]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: text.replace(f" xmlns='{NAMESPACE}'", ""),
        lambda text: text.replace(".001.08", ".001.02"),
        lambda text: text.replace(".001.08", ".001.14"),
        lambda text: re.sub(r"<(/?)(?=[A-Z])", r"<\1p:", text).replace("xmlns=", "xmlns:p="),
        lambda text: text.replace("<Cd>BOOK</Cd>", "BOOK"),
        lambda text: text.replace("<Dt>2026-11-20</Dt></BookgDt>", "<DtTm>2026-11-20T23:59:59+01:00</DtTm></BookgDt>"),
        lambda text: text.replace("\n", "\n<!-- a comment -->\n<?note?>"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("UTF-8", "utf-8"),
    ],
    ids=["as is", "no namespace", "02", "14", "prefix", "status text", "date and time", "comments", "bom", "case"],
)
def test_version_namespace_and_prefix_are_no_matter(one: ReadOne, change: Callable[[str], str]) -> None:
    found = one(change(document()))
    assert (found.format, found.account, found.currency, found.balance_ok) == ("camt.053", IBAN, "EUR", True)
    assert [(line.amount, line.booking_date, line.status) for line in found.lines] == [
        (10000, date(2026, 11, 20), LineStatus.BOOKED)
    ]
    assert found.findings == ()


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "utf-8"])
def test_declared_encodings(one: ReadOne, encoding: str) -> None:
    text = document(entry(inside="<AddtlNtryInf>Gebühr</AddtlNtryInf>")).replace("UTF-8", encoding)
    assert one(text.encode(encoding)).lines[0].booking_text == "Gebühr"


def test_bytes_that_are_not_what_the_declaration_says(read_all: ReadAll) -> None:
    text = document(entry(inside="<AddtlNtryInf>Gebühr</AddtlNtryInf>"))
    told, found = read_all(text.encode("cp1252"))
    assert isinstance(told, Finding)
    assert told.code == "encoding-fallback"
    assert isinstance(found, Statement)
    assert found.lines[0].booking_text == "Gebühr"


def test_head_of_a_statement(one: ReadOne) -> None:
    found = one(
        document(
            head="<ElctrncSeqNb>00224</ElctrncSeqNb><FrToDt><FrDtTm>2026-11-01T00:00:00</FrDtTm>"
            "<ToDtTm>2026-11-20T24:00:00</ToDtTm></FrToDt>"
        ).replace(
            "</Ccy></Acct>",
            "</Ccy><Ownr><Nm>Beispiel GmbH</Nm></Ownr>"
            "<Svcr><FinInstnId><BIC>COBADEFFXXX</BIC></FinInstnId></Svcr></Acct>",
        )
    )
    assert (found.number, found.owner, found.servicer_bic, found.message_id) == (
        "224",
        "Beispiel GmbH",
        "COBADEFFXXX",
        "M-1",
    )
    assert (found.period_from, found.period_to) == (date(2026, 11, 1), date(2026, 11, 20))


@pytest.mark.parametrize(
    ("balances", "opening", "closing", "first", "last"),
    [
        ([OPENING, CLOSING], 100000, 110000, True, True),
        ([("OPBD", "1000.00", "2026-11-20"), CLOSING], 100000, 110000, True, True),
        ([CLOSING, OPENING], 100000, 110000, True, True),
        ([OPENING, ("ITBD", "1100.00", "2026-11-20")], 100000, 110000, True, False),
        ([("ITBD", "1000.00", "2026-11-20"), ("ITBD", "1100.00", "2026-11-20")], 100000, 110000, False, False),
        ([("ITBD", "1000.00", "2026-11-20"), CLOSING], 100000, 110000, False, True),
        (
            [OPENING, CLOSING, ("CLAV", "9.00", "2026-11-20"), ("FWAV", "8.00", "2026-11-21")],
            100000,
            110000,
            True,
            True,
        ),
    ],
)
def test_balances_and_pages(
    one: ReadOne, balances: list[tuple[str, str, str]], *, opening: int, closing: int, first: bool, last: bool
) -> None:
    paging = "<MsgPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></MsgPgntn>"
    found = one(document(balances="".join(balance(*each) for each in balances), paging=paging))
    assert (found.opening, found.closing, found.first_page, found.last_page) == (opening, closing, first, last)
    assert found.balance_ok


def test_debit_balance_and_missing_opening(one: ReadOne) -> None:
    found = one(document(balances=balance("CLBD", "5.00", "2026-11-20", "DBIT")))
    assert (found.opening, found.closing, found.balance_ok) == (None, -500, None)
    assert [finding.code for finding in found.findings] == ["opening-missing"]


def test_own_pagination_of_the_statement(one: ReadOne) -> None:
    found = one(document(balances="", head="<StmtPgntn><PgNb>2</PgNb><LastPgInd>false</LastPgInd></StmtPgntn>"))
    assert (found.page, found.first_page, found.last_page) == ("2", False, False)


def test_several_statements_of_one_message(read_all: ReadAll) -> None:
    text = document()
    first, last = text.index("<Stmt>"), text.index("</Stmt>") + len("</Stmt>")
    found = read_all(text[:last] + text[first:last].replace(IBAN, "DE42100100100000067890") + text[last:])
    assert [one.account for one in found if isinstance(one, Statement)] == [IBAN, "DE42100100100000067890"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [("<Cd>BOOK</Cd>", "booked"), ("PDNG", "pending"), ("<Cd>FUTR</Cd>", "pending"), ("INFO", "info"), ("XX", "info")],
)
def test_only_booked_entries_move_the_balance(one: ReadOne, status: str, expected: str) -> None:
    found = one(document(entry(status=status)))
    assert found.lines[0].status.value == expected
    assert found.balance_ok is (expected == "booked")


def test_zero_amount_is_kept(one: ReadOne) -> None:
    found = one(document(entry() + entry("0.00")))
    assert [line.amount for line in found.lines] == [10000, 0]
    assert found.balance_ok


@pytest.mark.parametrize(
    ("text", "code_"),
    [
        (document(entry("12..34")), "amount-unreadable"),
        (document(entry("100.001")), "amount-unreadable"),
        (document(entry(mark="HABEN")), "entry-unreadable"),
        (document("<Ntry><CdtDbtInd>CRDT</CdtDbtInd></Ntry>"), "entry-unreadable"),
        (document().replace("1100.00", "1100.01"), "balance-gap"),
        (document().replace(f"<IBAN>{IBAN}</IBAN>", ""), "account-missing"),
        (document(entry().replace("'EUR'", "'USD'")), "currency-mismatch"),
    ],
)
def test_what_is_broken_refuses_the_camt_statement(one: ReadOne, text: str, code_: str) -> None:
    found = one(text)
    assert any(finding.code == code_ and finding.severity is Severity.ERROR for finding in found.findings)


def test_entries_that_the_bank_counts_and_the_file_has_not(one: ReadOne) -> None:
    summary = "<TxsSummry><TtlNtries><NbOfNtries>2</NbOfNtries></TtlNtries></TxsSummry>"
    found = one(document(summary + entry()))
    assert [finding.code for finding in found.findings] == ["entries-missing"]


def test_where_is_the_line_of_the_entry(one: ReadOne) -> None:
    found = one(document(entry("60.00") + "\n\n" + entry("40.00")))
    assert [line.where for line in found.lines] == ["f:5", "f:7"]
    assert found.where == "f:4"


def test_intraday_report_with_a_gap_is_only_a_warning(one: ReadOne) -> None:
    found = one(document(statement="Rpt", message="BkToCstmrAcctRpt").replace("1100.00", "1000.00"))
    assert found.format == "camt.052"
    assert [(finding.code, finding.severity) for finding in found.findings] == [("balance-gap", Severity.WARNING)]
