"""camt.052, 053 and 054 of any version (domain.md 2)."""

import re
from collections.abc import Callable
from datetime import date

import pytest

from recon.model.finding import Finding, Severity
from recon.model.statement import Line, LineKind, LineStatus, Statement

Found = list[Statement | Finding]
ReadAll = Callable[[bytes | str], Found]
ReadOne = Callable[[bytes | str], Statement]
Codes = Callable[[Found], list[str]]

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
IBAN = "DE89370400440532013000"
OPENING = ("PRCD", "1000.00", "2026-11-19")
CLOSING = ("CLBD", "1100.00", "2026-11-20")


def balance(code: str, amount: str, day: str, mark: str = "CRDT") -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt>"
        f"<CdtDbtInd>{mark}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def entry(
    amount: str = "100.00", mark: str = "CRDT", inside: str = "", status: str = "<Cd>BOOK</Cd>", before: str = ""
) -> str:
    return (
        f"<Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd>{before}<Sts>{status}</Sts>"
        f"<BookgDt><Dt>2026-11-20</Dt></BookgDt>{inside}</Ntry>"
    )


def document(
    entries: str = "",
    *,
    balances: str = balance(*OPENING) + balance(*CLOSING),
    head: str = "",
    statement: str = "Stmt",
    message: str = "BkToCstmrStmt",
    paging: str = "",
) -> str:
    return (
        f"<?xml version='1.0' encoding='UTF-8'?>\n<Document xmlns='{NAMESPACE}'>\n<{message}><GrpHdr><MsgId>M-1</MsgId>"
        f"{paging}</GrpHdr>\n<{statement}><Id>S-1</Id>{head}<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{balances}\n{entries or entry()}\n</{statement}></{message}></Document>"
    )


@pytest.fixture
def camt_line(one: ReadOne) -> Callable[..., Line]:
    """The line of one entry with one TxDtls."""

    def read_line(details: str, amount: str = "100.00", mark: str = "CRDT", inside: str = "", before: str = "") -> Line:
        text = entry(amount, mark, f"{inside}<NtryDtls><TxDtls>{details}</TxDtls></NtryDtls>", before=before)
        (found,) = one(document(text, balances="", message="BkToCstmrDbtCdtNtfctn", statement="Ntfctn")).lines
        return found

    return read_line


ReadLine = Callable[..., Line]


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


def test_direction_is_not_flipped_by_the_reversal_flag(camt_line: ReadLine) -> None:
    found = camt_line("", mark="DBIT", before="<RvslInd>true</RvslInd>")
    assert (found.amount, found.reversal, found.kind) == (-10000, True, LineKind.REVERSAL)


def code(domain: str = "", proprietary: str = "", issuer: str = "DK") -> str:
    parts = domain.split("/")
    iso = (
        f"<Domn><Cd>{parts[0]}</Cd><Fmly><Cd>{parts[1]}</Cd><SubFmlyCd>{parts[2]}</SubFmlyCd></Fmly></Domn>"
        if domain
        else ""
    )
    own = f"<Prtry><Cd>{proprietary}</Cd><Issr>{issuer}</Issr></Prtry>" if proprietary else ""
    return f"<BkTxCd>{iso}{own}</BkTxCd>"


@pytest.mark.parametrize(
    ("codes_", "mark", "kind", "gvc"),
    [
        (code("PMNT/RCDT/ESCT"), "CRDT", LineKind.CREDIT_TRANSFER, None),
        (code("PMNT/RRCT/ESCT"), "CRDT", LineKind.CREDIT_TRANSFER, None),
        (code("PMNT/ICDT/ESCT"), "DBIT", LineKind.TRANSFER_OUT, None),
        (code("PMNT/ICDT/RRTN"), "CRDT", LineKind.RETURN, None),
        (code("PMNT/IDDT/ESDD"), "CRDT", LineKind.DIRECT_DEBIT, None),
        (code("PMNT/IDDT/UPDD"), "DBIT", LineKind.RETURN, None),
        (code("PMNT/IDDT/RCDD"), "DBIT", LineKind.REVERSAL, None),
        (code("PMNT/RDDT/ESDD"), "DBIT", LineKind.DIRECT_DEBIT, None),
        (code("PMNT/MDOP/CHRG"), "DBIT", LineKind.CHARGE, None),
        (code("PMNT/MCOP/INTR"), "CRDT", LineKind.INTEREST, None),
        (code("PMNT/CCRD/POSD"), "DBIT", LineKind.CARD, None),
        (code("XTND/NTAV/NTAV"), "CRDT", LineKind.OTHER, None),
        (code("PMNT/IDDT/ESDD", "NDDT+192+9248"), "CRDT", LineKind.BATCH, "192"),
        (code("", "NTRF+166", "ZKA"), "CRDT", LineKind.CREDIT_TRANSFER, "166"),
        (code("", "166", "ZKA"), "CRDT", LineKind.CREDIT_TRANSFER, "166"),
        (code("", "166", "Andere Bank"), "CRDT", LineKind.OTHER, None),
        (code("", "KLIRNG", ""), "CRDT", LineKind.OTHER, None),
        ("<BkTxCd/>", "CRDT", LineKind.OTHER, None),
    ],
)
def test_kind_and_gvc_of_the_codes(
    camt_line: ReadLine, codes_: str, mark: str, kind: LineKind, gvc: str | None
) -> None:
    for where in ({"inside": codes_}, {"details": codes_, "inside": "<BkTxCd/>"}):
        found = camt_line(**{"details": "", "mark": mark, **where})
        assert (found.kind, found.gvc) == (kind, gvc)


def test_return_of_our_collection_shows_the_payer(camt_line: ReadLine) -> None:
    # As in a real camt.052.001.02: entry 53.00, instructed 50.00, two charges, roles of the original collection.
    found = camt_line(
        "<Refs><EndToEndId>E-1</EndToEndId><MndtId>M-1</MndtId></Refs>"
        "<AmtDtls><InstdAmt><Amt Ccy='EUR'>50.00</Amt></InstdAmt></AmtDtls>"
        "<Chrgs><Amt Ccy='EUR'>2.50</Amt></Chrgs><Chrgs><Amt Ccy='EUR'>0.50</Amt></Chrgs>"
        "<RltdPties><Dbtr><Nm>Max Muster</Nm></Dbtr><DbtrAcct><Id><IBAN>DE42100100100000067890</IBAN></Id></DbtrAcct>"
        "<Cdtr><Nm>Wir</Nm><Id><PrvtId><Othr><Id>DE98ZZZ09999999999</Id></Othr></PrvtId></Id></Cdtr></RltdPties>"
        "<RtrInf><Rsn><Cd>MS03</Cd></Rsn><AddtlInf>sonstige</AddtlInf></RtrInf>",
        amount="53.00",
        mark="DBIT",
        inside=code("PMNT/IDDT/UPDD"),
    )
    assert (found.kind, found.return_reason, found.original_amount, found.charges) == (
        LineKind.RETURN,
        "MS03",
        5000,
        300,
    )
    assert (found.counterparty.name, found.counterparty.iban) == ("Max Muster", "DE42100100100000067890")
    assert (found.creditor_id, found.mandate_id, found.end_to_end_id) == ("DE98ZZZ09999999999", "M-1", "E-1")


def test_return_without_amounts_has_none(camt_line: ReadLine) -> None:
    found = camt_line("<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>", mark="DBIT", inside=code("PMNT/IDDT/UPDD"))
    assert (found.original_amount, found.charges, found.return_reason) == (None, None, "AC04")


@pytest.mark.parametrize(
    ("returned", "proprietary", "reason"),
    [
        ("<RtrInf><Rsn><Prtry>MD06</Prtry></Rsn></RtrInf>", "", "MD06"),
        ("<RtrInf><AddtlInf>Reason AC01 given</AddtlInf></RtrInf>", "", "AC01"),
        ("<RtrInf><Rsn><Prtry>Widerspruch</Prtry></Rsn></RtrInf>", "NRTI+109+9250+912", "MD06"),
        ("", "NRTI+109+9250+905", None),
    ],
)
def test_reason_of_a_return(camt_line: ReadLine, returned: str, proprietary: str, reason: str | None) -> None:
    found = camt_line(returned, mark="DBIT", inside=code("PMNT/IDDT/UPDD", proprietary))
    assert found.return_reason == reason


PARTIES_02 = (
    "<RltdPties><Dbtr><Nm>Zahler</Nm></Dbtr><DbtrAcct><Id><IBAN>DE01</IBAN></Id></DbtrAcct>"
    "<UltmtDbtr><Nm>Auftrag</Nm></UltmtDbtr><Cdtr><Nm>Empf</Nm></Cdtr><CdtrAcct><Id><IBAN>DE02</IBAN></Id></CdtrAcct>"
    "<UltmtCdtr><Nm>Zweck</Nm></UltmtCdtr></RltdPties><RltdAgts><DbtrAgt><FinInstnId><BIC>BICD</BIC></FinInstnId>"
    "</DbtrAgt><CdtrAgt><FinInstnId><BIC>BICC</BIC></FinInstnId></CdtrAgt></RltdAgts>"
)
PARTIES_08 = (
    re.sub(r"(?<=[rt])><Nm>(\w+)</Nm>", r"><Pty><Nm>\1</Nm></Pty>", PARTIES_02)
    .replace("<BIC>", "<BICFI>")
    .replace("</BIC>", "</BICFI>")
)


@pytest.mark.parametrize("parties", [PARTIES_02, PARTIES_08])
def test_counterparty_by_direction(camt_line: ReadLine, parties: str) -> None:
    paid_in, paid_out = camt_line(parties).counterparty, camt_line(parties, mark="DBIT").counterparty
    assert (paid_in.name, paid_in.iban, paid_in.bic, paid_in.ultimate_name) == ("Zahler", "DE01", "BICD", "Auftrag")
    assert (paid_out.name, paid_out.iban, paid_out.bic, paid_out.ultimate_name) == ("Empf", "DE02", "BICC", "Zweck")


@pytest.mark.parametrize(
    ("identification", "creditor_id"),
    [
        ("<PrvtId><Othr><Id>DE98ZZZ09999999999</Id></Othr></PrvtId>", "DE98ZZZ09999999999"),
        ("<OrgId><Othr><Id>DE98ZZZ09999999999</Id></Othr></OrgId>", "DE98ZZZ09999999999"),
        ("<OrgId><Othr><Id>DE123456789</Id></Othr></OrgId>", None),
        ("<PrvtId><Othr><Id>4711</Id></Othr></PrvtId>", None),
    ],
)
def test_creditor_identifier_is_no_tax_number(
    camt_line: ReadLine, identification: str, creditor_id: str | None
) -> None:
    for inside in (f"<Id>{identification}</Id>", f"<Pty><Id>{identification}</Id></Pty>"):
        assert camt_line(f"<RltdPties><Cdtr>{inside}</Cdtr></RltdPties>", mark="DBIT").creditor_id == creditor_id


def test_own_account_number_decides_over_the_direction(camt_line: ReadLine) -> None:
    # A bank that swaps the roles on a return: the debtor's account is our own.
    found = camt_line(PARTIES_02.replace("DE01", IBAN), mark="DBIT", inside=code("PMNT/IDDT/UPDD"))
    assert found.counterparty.name == "Empf"


@pytest.mark.parametrize(
    ("remittance", "text", "reference"),
    [
        ("<Ustrd>Rechnung 1</Ustrd>", "Rechnung 1", None),
        ("<Ustrd>Rechnung 1</Ustrd><Ustrd>Kunde 2</Ustrd>", "Rechnung 1 Kunde 2", None),
        (f"<Ustrd>{'x' * 140}</Ustrd><Ustrd>yz</Ustrd>", "x" * 140 + "yz", None),
        (
            "<Ustrd>Rechnung RE-2026-0815 vom 0</Ustrd><Ustrd>2.11.2026</Ustrd>",
            "Rechnung RE-2026-0815 vom 02.11.2026",
            None,
        ),
        ("<Strd><CdtrRefInf><Ref>RF18 5390 0754 7034</Ref></CdtrRefInf></Strd>", None, "RF18539007547034"),
        ("<Strd><RfrdDocInf><Nb>RE-1</Nb></RfrdDocInf><AddtlRmtInf>Skonto</AddtlRmtInf></Strd>", "RE-1 Skonto", None),
        ("<Ustrd>RE-1</Ustrd><Strd><RfrdDocInf><Nb>RE-1</Nb></RfrdDocInf></Strd>", "RE-1", None),
        ("<Ustrd>EREF+E-9 SVWZ+Rechnung 1</Ustrd>", "Rechnung 1", None),
        ("<Ustrd/>", None, None),
    ],
)
def test_remittance(camt_line: ReadLine, remittance: str, text: str | None, reference: str | None) -> None:
    found = camt_line(f"<RmtInf>{remittance}</RmtInf>")
    assert (found.remittance, found.creditor_reference) == (text, reference)


@pytest.mark.parametrize(
    ("charges", "total"),
    [
        ("<Chrgs><Amt Ccy='EUR'>1.00</Amt></Chrgs><Chrgs><Amt Ccy='EUR'>2.00</Amt></Chrgs>", 300),
        ("<Chrgs><Rcrd><Amt Ccy='EUR'>1.00</Amt></Rcrd><Rcrd><Amt Ccy='EUR'>2.00</Amt></Rcrd></Chrgs>", 300),
        ("<Chrgs><TtlChrgsAndTaxAmt Ccy='EUR'>3.00</TtlChrgsAndTaxAmt></Chrgs>", 300),
        ("<Chrgs><Rcrd><Amt Ccy='EUR'>1.00</Amt><ChrgInclInd>false</ChrgInclInd></Rcrd></Chrgs>", None),
        ("<Chrgs><Amt Ccy='USD'>1.00</Amt></Chrgs>", None),
        ("", None),
    ],
)
def test_charges_in_both_forms(camt_line: ReadLine, charges: str, total: int | None) -> None:
    assert camt_line(charges).charges == total


@pytest.mark.parametrize("written", ["NOTPROVIDED", "NONREF", " "])
def test_a_reference_that_is_none_in_camt(camt_line: ReadLine, written: str) -> None:
    assert camt_line(f"<Refs><EndToEndId>{written}</EndToEndId></Refs>").end_to_end_id is None


BATCH = "<Btch><MsgId>MSG-9</MsgId><PmtInfId>PMT-9</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>"


def transaction(amount: str, name: str) -> str:
    return (
        f"<TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy='EUR'>{amount}</Amt></TxAmt>"
        f"</AmtDtls><RltdPties><Dbtr><Nm>{name}</Nm></Dbtr></RltdPties></TxDtls>"
    )


@pytest.mark.parametrize("apart", ["", "</NtryDtls><NtryDtls>"])
def test_batch_with_details(one: ReadOne, apart: str) -> None:
    details = f"<NtryDtls>{BATCH}{transaction('60.00', 'A')}{apart}{transaction('40.00', 'B')}</NtryDtls>"
    found = one(document(entry(inside=code("PMNT/IDDT/ESDD", "NDDT+192") + details)))
    (line,) = found.lines
    assert (line.kind, line.amount, line.transactions) == (LineKind.BATCH, 10000, 2)
    assert (line.message_id, line.payment_information_id) == ("MSG-9", "PMT-9")
    assert [(each.amount, each.kind, each.counterparty.name) for each in line.details] == [
        (6000, LineKind.DIRECT_DEBIT, "A"),
        (4000, LineKind.DIRECT_DEBIT, "B"),
    ]
    assert found.findings == ()


def test_batch_without_details(one: ReadOne) -> None:
    found = one(document(entry(inside=f"<NtryDtls>{BATCH}</NtryDtls>")))
    (line,) = found.lines
    assert (line.kind, line.details, line.transactions, line.payment_information_id) == (LineKind.BATCH, (), 2, "PMT-9")
    assert found.findings == ()


def test_only_transaction_with_the_total_speaks_of_the_batch(one: ReadOne) -> None:
    tx = "<TxDtls><Refs><EndToEndId>X</EndToEndId></Refs><Amt Ccy='EUR'>100.00</Amt></TxDtls>"
    inside = f"<NtryDtls>{BATCH}{tx}</NtryDtls>"
    found = one(document(entry(inside=inside)))
    (line,) = found.lines
    assert (line.kind, line.details, line.transactions, line.end_to_end_id) == (LineKind.BATCH, (), 2, "X")
    assert (line.payment_information_id, found.findings) == ("PMT-9", ())


def test_batch_in_two_parts_counts_both(one: ReadOne) -> None:
    inside = f"<NtryDtls>{BATCH}</NtryDtls><NtryDtls>{BATCH}</NtryDtls>"
    assert one(document(entry(inside=inside))).lines[0].transactions == 4


def test_batch_of_one_keeps_its_transaction_apart(one: ReadOne) -> None:
    inside = code("PMNT/IDDT/ESDD", "NDDT+192") + f"<NtryDtls>{transaction('100.00', 'A')}</NtryDtls>"
    (line,) = one(document(entry(inside=inside))).lines
    assert (line.kind, line.transactions, [each.amount for each in line.details]) == (LineKind.BATCH, 1, [10000])
    assert line.counterparty.name is None


def test_batch_that_does_not_add_up_is_told(one: ReadOne) -> None:
    details = f"<NtryDtls>{BATCH}{transaction('60.00', 'A')}</NtryDtls>"
    found = one(document(entry(inside=details)))
    assert {finding.code: finding.severity for finding in found.findings} == {
        "batch-sum": Severity.WARNING,
        "batch-count": Severity.WARNING,
    }


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
