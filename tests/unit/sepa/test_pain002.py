"""The reader of pain.002 against hostile and broken files, and the meaning of every status."""

import pytest

import sepa.pain002 as reader
from sepa.pain002 import read
from sepa.status_report import STATUS_CODES, Answer, Level, Report, Standing, resolved

HEAD = b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002.001.10'><CstmrPmtStsRpt>"
GROUP = b"<OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId></OrgnlGrpInfAndSts>"
TAIL = b"</CstmrPmtStsRpt></Document>"


def _problem(content: bytes) -> str:
    report = read(content)
    assert report.answers == ()
    return report.problems[0].code


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("nothing", b"", "status-xml"),
        ("cut off", HEAD + GROUP, "status-xml"),
        ("no XML", b"\x00\x01pain.002.", "status-xml"),
        ("not closed", HEAD + GROUP.replace(b"</OrgnlMsgId>", b"") + TAIL, "status-xml"),
        ("another message", b"<Document><CstmrDrctDbtInitn/></Document>", "status-not-pain002"),
        ("only a root", b"<Document/>", "status-not-pain002"),
        ("no original message", HEAD + b"<OrgnlGrpInfAndSts/>" + TAIL, "status-no-message"),
        ("no group at all", HEAD + TAIL, "status-no-message"),
        ("blank id", HEAD + GROUP.replace(b"M1", b"  \n ") + TAIL, "status-no-message"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_files_are_refused_with_a_reason(name: str, content: bytes, code: str) -> None:
    assert _problem(content) == code


def test_an_entity_bomb_is_not_opened() -> None:
    """A billion laughs, a file on the disk, an address on the network: a document type is refused as such."""
    bomb = b"<!DOCTYPE Document [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
    for doctype in (
        bomb,
        b"<!DOCTYPE Document [<!ENTITY a SYSTEM 'file:///etc/hostname'>]>",
        b"<!DOCTYPE Document SYSTEM 'http://127.0.0.1:9/x.dtd'>",
    ):
        assert _problem(doctype + HEAD + GROUP.replace(b"M1", b"&a;") + TAIL) == "status-xml"


def test_a_file_of_a_hundred_megabytes_is_read_bounded_or_refused() -> None:
    """Blanks without end are nothing; one endless transaction is more than any transaction can be."""
    assert read(HEAD + GROUP + b" " * 9_000_000 + TAIL).original_message_id == "M1"
    endless = b"<TxInfAndSts>" + b"<a/>" * 25_000_000 + b"</TxInfAndSts>"
    assert len(endless) > 100_000_000
    assert _problem(HEAD + GROUP + endless + TAIL) == "status-too-large"


def test_limits_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    many = HEAD + GROUP + b"<TxInfAndSts/>" * 21 + TAIL
    monkeypatch.setattr(reader, "MAX_ANSWERS", 20)
    assert _problem(many) == "status-too-large"
    monkeypatch.setattr(reader, "MAX_BYTES", len(many) - 1)
    monkeypatch.setattr(reader, "MAX_ANSWERS", 30)
    assert _problem(many) == "status-too-large"


def test_deep_nesting_is_refused() -> None:
    deep = b"<a>" * 10_000 + b"</a>" * 10_000
    assert _problem(HEAD + GROUP + deep + TAIL) in {"status-xml", "status-too-large"}


def test_texts_cannot_grow_nor_steer_a_terminal() -> None:
    words = "x\x9b[31m".encode() + b"y" * 5_000
    told = (
        b"<TxInfAndSts><OrgnlEndToEndId>E1</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn>"
        b"<AddtlInf>" + words + b"</AddtlInf></StsRsnInf></TxInfAndSts>"
    )
    info = read(HEAD + GROUP + told + TAIL).answers[1].info or ""
    assert len(info) <= reader.MAX_TEXT
    assert info.isprintable()


def test_order_is_kept_and_memory_is_not() -> None:
    """A block with many transactions: all of them, in order, each with the id of its block."""
    inner = b"".join(b"<TxInfAndSts><OrgnlEndToEndId>E%d</OrgnlEndToEndId></TxInfAndSts>" % at for at in range(3_000))
    block = b"<OrgnlPmtInfAndSts><OrgnlPmtInfId>B</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts>" + inner
    report = read(HEAD + GROUP + block + b"</OrgnlPmtInfAndSts>" + TAIL)
    below = [one for one in resolved(report) if one.level is Level.TRANSACTION]
    assert [one.end_to_end_id for one in below] == [f"E{at}" for at in range(3_000)]
    assert {(one.block_id, one.status) for one in below} == {("B", "RJCT")}


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("ACTC", Standing.ACCEPTED), ("ACCP", Standing.ACCEPTED), ("ACSP", Standing.ACCEPTED),
        ("ACSC", Standing.ACCEPTED), ("ACWC", Standing.ACCEPTED), ("PART", Standing.PARTLY),
        ("PDNG", Standing.PENDING), ("RCVD", Standing.RECEIVED), ("RJCT", Standing.REJECTED),
        ("RVNM", Standing.UNKNOWN), ("XXXX", Standing.UNKNOWN), (None, None),
    ],
)  # fmt: skip
def test_every_status_has_its_meaning(status: str | None, standing: Standing | None) -> None:
    """domain.md 4.4; the codes of a payee check are none of a direct debit's."""
    assert Answer(Level.GROUP, 1, status=status).standing is standing
    assert len(STATUS_CODES) == 9


def test_a_transaction_keeps_what_it_says_itself() -> None:
    """Accepted under a rejected block, or rejected for a reason of its own: the level below is heard, with its own."""
    report = Report(
        original_message_id="M1",
        answers=(
            Answer(Level.GROUP, 1, status="RJCT", reason="FF01"),
            Answer(Level.BLOCK, 2, "B1"),
            Answer(Level.TRANSACTION, 3, "B1", "E1"),
            Answer(Level.TRANSACTION, 4, "B1", "E2", "ACCP"),
            Answer(Level.TRANSACTION, 5, "B1", "E3", "RJCT", "AC04"),
            Answer(Level.TRANSACTION, 6, None, "E4"),
        ),
    )
    assert [(one.status, one.reason) for one in resolved(report)] == [
        ("RJCT", "FF01"), ("RJCT", "FF01"), ("RJCT", "FF01"), ("ACCP", None), ("RJCT", "AC04"), ("RJCT", "FF01"),
    ]  # fmt: skip
