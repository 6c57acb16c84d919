"""Crashers: whatever the bytes, the reading ends in statements or findings, and nothing goes missing quietly."""

import random
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recon.model.finding import Finding, Severity
from recon.model.statement import Statement
from recon.statements import read
from recon.texts import finding_text, remedy

Found = list[Statement | Finding]
ReadAll = Callable[[bytes | str], Found]
Codes = Callable[[Found], list[str]]

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "statements"
SMALL = (
    b":20:STARTUMS\r\n:25:DE89370400440532013000\r\n:28C:1/1\r\n:60F:C261119EUR1000,00\r\n"
    b":61:2611201120C119,00NTRFNONREF//B1\r\n:86:166?00GUT?20EREF+E1?21SVWZ+Rech\r\nnung?32Max Muster\r\n"
    b":61:2611201120D53,11NRTINONREF\r\n/OCMT/EUR50,00//CHGS/EUR3,11/\r\n:86:109?20SVWZ+RETURN?34912\r\n"
    b":62F:C261120EUR1065,89\r\n-\r\n"
)


def refused(found: Found) -> bool:
    """Whether an importer would take nothing of it, or be told that something is missing."""
    told = [one for thing in found for one in (thing.findings if isinstance(thing, Statement) else (thing,))]
    return any(one.severity is Severity.ERROR for one in told)


def whole(found: Found) -> bool:
    lines = [line for one in found if isinstance(one, Statement) for line in one.lines]
    return [line.amount for line in lines] == [11900, -5311]


def test_every_truncation_of_an_mt940_file_is_whole_or_refused(read_all: ReadAll) -> None:
    assert whole(read_all(SMALL))
    assert not refused(read_all(SMALL))
    for length in range(len(SMALL)):
        found = read_all(SMALL[:length])
        assert refused(found) or whole(found), SMALL[:length]


def test_every_truncation_of_a_camt_file_is_whole_or_refused(read_all: ReadAll) -> None:
    content = (GOLDEN / "report_camt052.xml").read_bytes()
    entries = [2]
    for length in range(len(content)):
        found = read_all(content[:length])
        lines = sum(len(one.lines) for one in found if isinstance(one, Statement))
        assert refused(found) or lines in entries, content[:length]


@pytest.mark.parametrize("name", ["day.sta", "pages.sta", "day_camt053_02.xml", "day_camt053_08.xml"])
def test_flipped_bytes_never_raise(read_all: ReadAll, name: str) -> None:
    content = (GOLDEN / name).read_bytes()
    chance = random.Random(name)
    for _ in range(300):
        broken = bytearray(content)
        for _ in range(chance.randint(1, 6)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        assert read_all(bytes(broken))


LAUGHS = '<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
DOCTYPES = {
    "external entity": '<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "billion laughs": f"<!DOCTYPE Document [{LAUGHS}]>",
    "parameter entity": '<!DOCTYPE Document [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]>',
    "external dtd": '<!DOCTYPE Document SYSTEM "http://127.0.0.1:9/x.dtd">',
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=DOCTYPES)
def test_doctype_is_refused_unread(read_all: ReadAll, codes: Codes, doctype: str, encoding: str) -> None:
    text = (
        f"<?xml version='1.0' encoding='{encoding}'?>{doctype}<Document xmlns='urn:camt.053.001.08'>"
        "<BkToCstmrStmt><Stmt><Acct><Id><IBAN>&x;&i;</IBAN></Id></Acct></Stmt></BkToCstmrStmt></Document>"
    )
    found = read_all(text.encode(encoding))
    assert [one for one in found if isinstance(one, Statement)] == []
    assert "xml-doctype" in codes(found) or "not-a-statement" in codes(found)


def test_entity_without_doctype_is_broken_xml(read_all: ReadAll, codes: Codes) -> None:
    text = "<Document xmlns='urn:camt.053.001.08'><BkToCstmrStmt><Stmt><Id>&x;</Id></Stmt></BkToCstmrStmt></Document>"
    assert "xml-broken" in codes(read_all(text))


# A page that does not close, so that the second reader is asked too.
CLOSED = b":20:X\n:25:1\n:28C:1\n:60F:C261119EUR1,00\n:61:261120C1,00NTRFX\n:86:%s\n:62F:C261120EUR9,00\n-\n"


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(256)) * 40,
        b"\x00" * 5000,
        b":" * 100_000,
        b"\n:" * 100_000,
        b":20:" * 50_000,
        b":20:\n" * 50_000,
        b"\n:61:" * 20_000,
        b":20:X\n:25:1\n" + b":86:?20?21" * 20_000,
        b":20:X\n:25:1\n:61:261120C1,00NTRFX\n:86:166" + b"?20" * 100_000,
        b":20:X\n:25:1\n:61:261120C1,00NTRFX\n:86:" + b"EREF+" * 50_000,
        b":20:X\n:25:1\n:61:261120C1,00NTRFX\n:86:166?20" + b"A?21B+ " * 50_000,
        b":20:X\n:25:1\n:61:261120C1,00NTRFX\n" + b":86:x\n" * 50_000,
        b":20:X\n:25:1\n:61:261120C" + b"1" * 1_000_000,
        b":20:X\n:25:1\n:61:261120C1,00NTRF" + b"/" * 300_000,
        b":20:X\n:25:1\n:28C:1\n:60F:C261119EUR1,00\n:61:261120C1,00NTRFX\n:86:" + b"x" * 10_000_000,
        b":20:X\n:25:1\n:28C:1\n:60F:C261119EUR1,00\n" + b"-\n" * 100_000,
        b":20:X" + b"\n" * 1_000_000 + b"x",
        b":20:X\n:25:1\n-\n" + b" " * 1_000_000 + b"x",
        b"\n".join([b":20:X"] * 100_000),
        b"@@:20:" * 200_000 + b"\n",
        CLOSED % (b"166?20" + b"RF18A" * 50_000 + b"_"),
        CLOSED % (b"?20" * 300_000),
        CLOSED % (b"\n:" * 300_000),
        CLOSED % (b"167?20RF18 " + b"A " * 300_000 + b"_"),
        CLOSED % (b"109?20ORG BT" + b"1," * 300_000 + b"x"),
        b"<Document xmlns='urn:camt.053.001.08'>" + b"<a>" * 20_000,
        b"<Document xmlns='urn:camt.053.001.08'><BkToCstmrStmt><Stmt><Ntry><Amt>" + b"1" * 12_000_000,
        b"<Document xmlns='urn:camt.053.001.08'><BkToCstmrStmt><Stmt>" + b"<Ntry/>" * 50_000,
        b"<Document xmlns='urn:camt.053.001.08'><BkToCstmrStmt>" + b"<Ntry/>" * 5_000 + b"</BkToCstmrStmt></Document>",
        b"<?xml version='1.0' encoding='nonsense'?><Document xmlns='urn:camt.053.001.08'/>",
        b"\xff\xfe<\x00D\x00o\x00camt.053.",
    ],
)
def test_garbage_ends_in_findings_in_bounded_time(read_all: ReadAll, content: bytes) -> None:
    began = time.process_time()
    found = read_all(content)
    # Far above what it takes (below two seconds); a quadratic path takes minutes.
    assert time.process_time() - began < 20
    assert refused(found)


def test_texts_of_findings_hold_for_hostile_facts(read_all: ReadAll) -> None:
    found = read_all(b":20:X\n:25:1\n:61:\x1b[31m{text}\n:62F:\x00{limit}\n")
    for one in found:
        for finding in one.findings if isinstance(one, Statement) else (one,):
            assert "\x1b" not in finding_text(finding, "de") + finding_text(finding, "en")
            assert remedy(finding, "de")


PIECES = st.sampled_from(
    [
        b":20:X", b":25:1/2", b":28C:1/1", b":60F:C261119EUR1,00", b":60M:D261119EUR1,00", b":61:261120C1,00NTRFX",
        b":61:2602300230RDR,5NTRF//", b":86:166?00A?20EREF+1?21SVWZ+x?32N?60y", b":86:/EREF/1/REMI/2", b"?20?21",
        b":62F:C261120EUR2,00", b":62M:D261120EUR2,00", b":64:C261120EUR2,00", b":34F:EUR1,", b":90D:1EUR1,", b"-",
        b":NS:01x", b"-}", b"{1:F01X}{4:", b"text", b":", b"", b"\xe4\xff", b"KREF+\nEREF: 1", b":86:999x", b"\x1f\x1e",
    ]
)  # fmt: skip
TAGS = st.sampled_from(
    [
        "Ntry", "Stmt", "Amt", "CdtDbtInd", "Sts", "Cd", "BookgDt", "Dt", "NtryDtls", "TxDtls", "Btch", "NbOfTxs",
        "RltdPties", "Dbtr", "Pty", "Nm", "RmtInf", "Ustrd", "Bal", "Tp", "CdOrPrtry", "Acct", "Id", "IBAN", "Ccy",
        "GrpHdr", "MsgId", "Chrgs", "Rcrd", "RtrInf", "Rsn", "BkTxCd", "Domn", "Fmly", "Prtry", "AmtDtls", "InstdAmt",
    ]
)  # fmt: skip
ELEMENTS = st.recursive(
    st.sampled_from(["", "1.00", "EUR", "DBIT", "CRDT", "BOOK", "2026-02-30", "NRTI+109", "x", "-1", "9" * 30]),
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag} Ccy='EUR'>{''.join(parts)}</{tag}>", TAGS, st.lists(inner, max_size=5)
    ),
    max_leaves=40,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        st.binary(max_size=400),
        st.lists(PIECES, max_size=30).map(b"\n".join),
        st.lists(PIECES, max_size=30).map(lambda parts: b":20:X\n:25:1\n:28C:1\n" + b"\r\n".join(parts)),
        ELEMENTS.map(
            lambda text: (
                f"<Document xmlns='urn:camt.053.001.08'><BkToCstmrStmt>{text}</BkToCstmrStmt></Document>".encode()
            )
        ),
        ELEMENTS.map(
            lambda text: (
                f"<Document xmlns='urn:camt.053.001.08'><BkToCstmrStmt><Stmt><Ntry><Amt Ccy='EUR'>1</Amt>{text}</Ntry>"
                "</Stmt></BkToCstmrStmt></Document>"
            ).encode()
        ),
    )
)
def test_any_input_ends_in_statements_or_findings(content: bytes) -> None:
    found = list(read(BytesIO(content), "f"))
    assert found
    for one in found:
        assert isinstance(one, Statement | Finding)
        for finding in one.findings if isinstance(one, Statement) else (one,):
            assert finding_text(finding, "de")
            assert remedy(finding, "en")
