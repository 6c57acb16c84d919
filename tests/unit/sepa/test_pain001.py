"""Files of refunds (pain.001.001.09): valid by the ISO schema, the same bytes for the same input, and refused where a
bank would refuse them."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sepa.charset import fit
from sepa.pain001 import SPACE, Transfer, TransferFile, file_name, write
from sepa.pain001_check import CODES, validate

DAY = date(2026, 11, 20)
_HOME = Transfer("OPOS-R20261120-0001-00001", 5000, "Jürgen Groß & Söhne", "DE44370501980000010002",
                 "Erstattung Ihrer Zahlung vom 12.11.2026, Kunde 10042")  # fmt: skip
_ABROAD = Transfer("OPOS-R20261120-0001-00002", 5, "Max Muster", "CH9300762011623852957", "Refund of credit note GS-7",
                   "POFICHBEXXX", "Musterweg 1", "3000", "Bern", "CH")  # fmt: skip
FILE = TransferFile("OPOS-R20261120-0001", "OPOS-R20261120-0001-1", "Optik Beispiel GmbH", "DE89370400440532013000",
                    "COBADEFFXXX", date(2026, 11, 23), (_HOME, _ABROAD))  # fmt: skip


def _codes(content: bytes, meant: TransferFile | None = None) -> set[str]:
    return {problem.code for problem in validate(content, meant)}


def test_a_file_is_valid_and_always_the_same() -> None:
    """``sepaxml`` takes ids and the time at random: nothing of that is left."""
    content = write(FILE, DAY)
    assert validate(content, FILE) == ()
    assert write(FILE, DAY) == content
    assert file_name(FILE) == "SCT_2026-11-23_DE89-3000_OPOS-R20261120-0001.xml"
    assert content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022')
    assert b"xsi" not in content


def test_what_german_banks_want_of_09() -> None:
    """A date in ``ReqdExctnDt/Dt``, no agent for an account in the EEA, NOTPROVIDED for our own bank without BIC."""
    root = etree.fromstring(write(replace(FILE, bic=None), DAY))
    block = root.find(f"{SPACE}CstmrCdtTrfInitn/{SPACE}PmtInf")
    assert block is not None
    assert block.findtext(f"{SPACE}ReqdExctnDt/{SPACE}Dt") == "2026-11-23"
    assert block.findtext(f"{SPACE}DbtrAgt/{SPACE}FinInstnId/{SPACE}Othr/{SPACE}Id") == "NOTPROVIDED"
    agents = [one.find(f"{SPACE}CdtrAgt") for one in block.findall(f"{SPACE}CdtTrfTxInf")]
    assert [agent is None for agent in agents] == [True, False]
    assert validate(write(replace(FILE, bic=None), DAY), replace(FILE, bic=None)) == ()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (replace(FILE, execution_date=date(2026, 11, 21)), "execution-date-closed"),
        (replace(FILE, execution_date=date(2026, 11, 19)), "execution-date-past"),
        (replace(FILE, name="   "), "blank"),
        (replace(FILE, message_id="OPOS//1"), "identifier"),
        (replace(FILE, iban="DE88370400440532013000"), "iban"),
        (replace(FILE, transfers=(_HOME, _HOME)), "identifier-twice"),
        (replace(FILE, transfers=(replace(_HOME, amount=100_000_000_000),)), "amount"),
        (replace(FILE, transfers=(replace(_HOME, name="Dvořák"),)), "characters"),
        (replace(FILE, transfers=(replace(_HOME, name="x" * 71),)), "too-long"),
        (replace(FILE, transfers=(replace(_HOME, name="..."),)), "blank"),
        (replace(FILE, transfers=(replace(_HOME, remittance="x" * 141),)), "schema"),
        (replace(FILE, transfers=(replace(_HOME, iban="US64SVBKUS6S3300958879"),)), "iban"),
        (replace(FILE, transfers=(replace(_ABROAD, town=None),)), "address-missing"),
        (replace(FILE, transfers=(replace(_ABROAD, bic=None),)), "address-missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_file_that_a_bank_would_refuse(wrong: TransferFile, code: str) -> None:
    assert code in _codes(write(wrong, DAY), wrong)


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (b"<CtrlSum>50.05</CtrlSum>", b"<CtrlSum>50.06</CtrlSum>", "control-sum"),
        (b"<NbOfTxs>2</NbOfTxs>", b"<NbOfTxs>3</NbOfTxs>", "count"),
        (b'Ccy="EUR"', b'Ccy="USD"', "currency"),
        (b"<Cd>SEPA</Cd>", b"<Cd>URGP</Cd>", "value"),
        (b"DE44370501980000010002", b"DE42100100100000067890", "not-as-meant"),
        (b">50.00<", b">50.01<", "not-as-meant"),
        (b"<PmtMtd>TRF</PmtMtd>", b"<PmtMtd>CHK</PmtMtd>", "value"),
        (b"<Document", b"<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><Document", "dtd"),
        (b"</Document>", b"", "not-xml"),
        (b"<ChrgBr>SLEV</ChrgBr>", b"", "value"),
        (b"<GrpHdr>", b"<GrpHdr><Nm>x</Nm>", "schema"),
        (b"<?xml", b"\xef\xbb\xbf<?xml", "byte-order-mark"),
    ],
)  # fmt: skip
def test_what_was_changed_in_a_file_is_found(before: bytes, after: bytes, code: str) -> None:
    content = write(FILE, DAY)
    assert before in content
    assert code in _codes(content.replace(before, after, 1), FILE)


def test_every_problem_has_its_code() -> None:
    """What the tables above provoke stands in the list of codes."""
    assert {"schema", "dtd", "not-xml", "count", "control-sum", "address-missing", "not-as-meant"} <= set(CODES)


@given(st.lists(st.tuples(st.text(min_size=1, max_size=90), st.text(max_size=200), st.integers(1, 99_999_999_999)),
                min_size=1, max_size=5))  # fmt: skip
def test_whatever_a_name_or_text_holds_is_text(told: list[tuple[str, str, int]]) -> None:
    """Fitted as the service fits them, any name and text comes out of the file as it went in."""
    transfers = tuple(
        Transfer(f"E-{at}", amount, fit(name, 70, keep_umlauts=True).text or "X", "DE44370501980000010002",
                 fit(text, 140).text or "X")
        for at, (name, text, amount) in enumerate(told)
    )  # fmt: skip
    file = replace(FILE, transfers=transfers)
    assert validate(write(file, DAY), file) == ()
