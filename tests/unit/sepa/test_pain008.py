"""What the writer puts into a direct-debit file."""

from dataclasses import replace
from datetime import date

import pytest

from sepa.collection import Block, Creditor, Debit, DebitFile
from sepa.mandate import Amendment, Scheme, SequenceType
from sepa.pain008 import CHUNK_DEBITS, chunks, file_name, write
from sepa.pain008_check import validate

TODAY = date(2026, 11, 20)
CREDITOR = Creditor("Optik Beispiel GmbH", "DE98K0109999999999", "DE89370400440532013000", "COBADEFFXXX")
DEBIT = Debit(
    item_id=1,
    invoice_no="RE-1001",
    customer_no="10042",
    due_date=date(2026, 12, 1),
    amount=11900,
    name="Max Muster",
    iban="DE04500105170000012345",
    mandate_id="M-1",
    signed_on=date(2024, 3, 15),
    remittance="Rechnung RE-1001",
    end_to_end_id="OPOS-1-0001",
)


def file_of(*debits: Debit, branch: str | None = "K01", scheme: Scheme = Scheme.CORE) -> DebitFile:
    block = Block(CREDITOR, date(2026, 12, 1), SequenceType.RCUR, debits, payment_information_id="OPOS-1-1")
    return DebitFile("OPOS-1", branch, scheme, (block,))


def test_the_creation_time_is_the_day_of_the_decision() -> None:
    """contract.md 5: CreDtTm carries the day of --as-of."""
    assert b"<CreDtTm>2026-11-20T00:00:00</CreDtTm>" in write(file_of(DEBIT), TODAY)


def test_markup_in_texts_is_escaped() -> None:
    """Kept umlauts bring a bare ampersand with them; nothing else may slip through either."""
    data = write(file_of(replace(DEBIT, name="Groß & Söhne", remittance="<x>")), TODAY)
    assert "<Nm>Groß &amp; Söhne</Nm>".encode() in data
    assert b"<Ustrd>&lt;x&gt;</Ustrd>" in data


def test_an_unknown_bank_is_not_provided() -> None:
    data = write(file_of(DEBIT), TODAY)
    assert b"<DbtrAgt><FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId></DbtrAgt>" in data
    known = replace(DEBIT, bic="INGDDEFFXXX")
    assert b"<DbtrAgt><FinInstnId><BICFI>INGDDEFFXXX</BICFI>" in write(file_of(known), TODAY)
    assert b"<DbtrAgt><FinInstnId><BIC>INGDDEFFXXX</BIC>" in write(file_of(known), TODAY, "pain.008.001.02")


def test_an_address_is_structured_or_not_there() -> None:
    assert b"PstlAdr" not in write(file_of(DEBIT), TODAY)
    assert b"PstlAdr" not in write(file_of(replace(DEBIT, street="Sample Street 1")), TODAY)
    data = write(file_of(replace(DEBIT, street="Sample Street 1", town="London", country="GB")), TODAY)
    assert b"<PstlAdr><StrtNm>Sample Street 1</StrtNm><TwnNm>London</TwnNm><Ctry>GB</Ctry></PstlAdr>" in data
    assert b"AdrLine" not in data


@pytest.mark.parametrize(
    ("change", "written"),
    [
        (Amendment(new_account=True), "<OrgnlDbtrAcct><Id><Othr><Id>SMNDA</Id></Othr></Id></OrgnlDbtrAcct>"),
        (Amendment(original_mandate_id="M-0"), "<OrgnlMndtId>M-0</OrgnlMndtId>"),
        (
            Amendment(original_creditor_name="Optik Alt"),
            "<OrgnlCdtrSchmeId><Nm>Optik Alt</Nm></OrgnlCdtrSchmeId>",
        ),
        (
            Amendment(original_creditor_id="DE13ZZZ00000012345"),
            (
                "<OrgnlCdtrSchmeId><Id><PrvtId><Othr><Id>DE13ZZZ00000012345</Id>"
                "<SchmeNm><Prtry>SEPA</Prtry></SchmeNm></Othr></PrvtId></Id></OrgnlCdtrSchmeId>"
            ),
        ),
    ],
)
def test_amendments(change: Amendment, written: str) -> None:
    data = write(file_of(replace(DEBIT, amendment=change)), TODAY).decode()
    assert f"<AmdmntInd>true</AmdmntInd><AmdmntInfDtls>{written}</AmdmntInfDtls></MndtRltdInf>" in data
    assert validate(data.encode()) == ()


def test_a_reference_takes_the_place_of_the_text() -> None:
    data = write(file_of(replace(DEBIT, reference="RF20RE20261234")), TODAY)
    assert b"<Ref>RF20RE20261234</Ref>" in data
    assert b"<Ustrd>" not in data


def test_the_file_comes_in_pieces_of_a_bounded_size() -> None:
    """100,000 debits are never one string."""
    debits = [replace(DEBIT, end_to_end_id=f"OPOS-1-{number:04d}") for number in range(3 * CHUNK_DEBITS)]
    pieces = list(chunks(file_of(*debits), TODAY))
    assert max(piece.count(b"<DrctDbtTxInf>") for piece in pieces) == CHUNK_DEBITS
    assert b"".join(pieces) == write(file_of(*debits), TODAY)
    assert validate(b"".join(pieces)) == ()


def test_the_largest_and_the_smallest_amount() -> None:
    data = write(file_of(replace(DEBIT, amount=99_999_999_999), replace(DEBIT, amount=1, end_to_end_id="X")), TODAY)
    assert b'<InstdAmt Ccy="EUR">999999999.99</InstdAmt>' in data
    assert b'<InstdAmt Ccy="EUR">0.01</InstdAmt>' in data
    assert b"<CtrlSum>1000000000.00</CtrlSum>" in data
    assert validate(data) == ()


@pytest.mark.parametrize(
    ("branch", "scheme", "name"),
    [
        ("K01", Scheme.CORE, "SDD_CORE_2026-12-01_DE89-3000_K01_OPOS-1.xml"),
        ("K01", Scheme.B2B, "SDD_B2B_2026-12-01_DE89-3000_K01_OPOS-1.xml"),
        (None, Scheme.CORE, "SDD_CORE_2026-12-01_DE89-3000_OPOS-1.xml"),
        ("../Köln 1", Scheme.CORE, "SDD_CORE_2026-12-01_DE89-3000_---K-ln-1_OPOS-1.xml"),
    ],
)
def test_file_names(branch: str | None, scheme: Scheme, name: str) -> None:
    """users.md 2.8, without what trips file systems: no slash, no umlaut, no points."""
    assert file_name(file_of(DEBIT, branch=branch, scheme=scheme)) == name
