"""An entry of camt: what kind it is, who paid, what for, and why it came back (domain.md 2)."""

import re
from collections.abc import Callable

import pytest

from recon.model.statement import Line, LineKind
from tests.unit.statements.camt_text import (
    IBAN,
    code,
)

ReadLine = Callable[..., Line]


def test_direction_is_not_flipped_by_the_reversal_flag(camt_line: ReadLine) -> None:
    found = camt_line("", mark="DBIT", before="<RvslInd>true</RvslInd>")
    assert (found.amount, found.reversal, found.kind) == (-10000, True, LineKind.REVERSAL)


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
