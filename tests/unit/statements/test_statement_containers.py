"""ZIP, ZIP in ZIP and gzip (domain.md 2.1): contents read, names never used, bombs stopped."""

import gzip
import io
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest

from recon.model.finding import Finding
from recon.model.statement import Statement
from recon.statements import DEFAULT_LIMITS, Limits, Member, read, unpack

PAGE = b":20:X\n:25:DE89370400440532013000\n:28C:1\n:60F:C261119EUR1,00\n:61:261120C1,00NTRFX\n:62F:C261120EUR2,00\n-\n"
CAMT = (
    b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.052.001.08'><BkToCstmrAcctRpt><Rpt><Acct><Id><IBAN>"
    b"DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct></Rpt></BkToCstmrAcctRpt></Document>"
)
Found = list[Statement | Finding]


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def found_in(content: bytes, limits: Limits = DEFAULT_LIMITS) -> Found:
    return list(read(BytesIO(content), "a.zip", limits))


def test_members_are_read_in_order_and_named() -> None:
    found = found_in(packed({"2026-11-20_C53.xml": CAMT, "x.sta": PAGE}))
    assert [one.where for one in found] == ["a.zip/2026-11-20_C53.xml:1", "a.zip/x.sta:1"]
    assert [one.format for one in found if isinstance(one, Statement)] == ["camt.052", "mt940"]


def test_zip_in_zip_and_gzip() -> None:
    found = found_in(packed({"tag.zip": packed({"x.sta": PAGE}), "y.gz": gzip.compress(PAGE)}))
    assert [one.where for one in found] == ["a.zip/tag.zip/x.sta:1", "a.zip/y.gz:1"]


def test_stream_that_cannot_seek() -> None:
    class Pipe(BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: object) -> int:
            raise io.UnsupportedOperation("seek")

        def tell(self) -> int:
            raise io.UnsupportedOperation("tell")

    for content in (packed({"x.sta": PAGE}), gzip.compress(PAGE), PAGE, CAMT):
        (found,) = read(Pipe(content), "stdin")
        assert isinstance(found, Statement)


def test_one_broken_member_leaves_the_others() -> None:
    whole = packed({"1.sta": PAGE, "2.xml": CAMT[:-40], "3.txt": b"hello", "4.sta": PAGE})
    found = found_in(whole)
    assert [one.code if isinstance(one, Finding) else "ok" for one in found] == [
        "ok",
        "xml-broken",
        "not-a-statement",
        "not-a-statement",
        "ok",
    ]


def test_member_names_are_shown_and_never_used() -> None:
    found = found_in(packed({"../../etc/cron.d/x": PAGE, "/abs.sta": PAGE, "a\nb\x1b[31m": PAGE}))
    assert all(isinstance(one, Statement) for one in found)
    assert [one.where for one in found] == ["a.zip/../../etc/cron.d/x:1", "a.zip//abs.sta:1", "a.zip/a b [31m:1"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (packed({"x.sta": PAGE})[:60], "zip-broken"),
        (b"PK\x03\x04" + b"\x00" * 200, "zip-broken"),
        (packed({"x.sta": PAGE}).replace(b"PK\x01\x02", b"PK\x01\x03"), "zip-broken"),
        (gzip.compress(PAGE * 100)[:-20], "packed-data-broken"),
        (b"\x1f\x8b\x08" + b"\xff" * 50, "packed-data-broken"),
        (b"", "empty-file"),
        (b" \r\n\r\n", "empty-file"),
    ],
    # The bytes hold the time of their making: no part of a test's name.
    ids=["zip-cut", "zip-of-nothing", "zip-without-directory", "gzip-cut", "gzip-of-nothing", "nothing", "blanks"],
)
def test_broken_containers(content: bytes, code: str) -> None:
    found = found_in(content)
    assert code in [one.code for one in found if isinstance(one, Finding)]


def test_flipped_byte_in_a_member_is_found() -> None:
    stored = bytearray(packed({"x.sta": PAGE}, zipfile.ZIP_STORED))
    at = stored.index(b"C1,00")
    stored[at + 1] = ord("7")
    assert "packed-data-broken" in [one.code for one in found_in(bytes(stored)) if isinstance(one, Finding)]


def test_encrypted_member_is_told() -> None:
    content = bytearray(packed({"x.sta": PAGE}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    assert [one.code for one in found_in(bytes(content)) if isinstance(one, Finding)] == ["zip-broken"]


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: packed({"x.sta": content})])
def test_bombs_are_stopped(pack: Callable[[bytes], bytes]) -> None:
    bomb = pack(b":20:X\n:25:1\n:28C:1\n:60F:" + b"0" * 40_000_000)
    found = found_in(bomb)
    assert "packed-too-tight" in [one.code for one in found if isinstance(one, Finding)]


def test_limits_on_depth_members_and_size() -> None:
    deep = PAGE
    for _ in range(5):
        deep = packed({"z.zip": deep})
    assert [one.code for one in found_in(deep) if isinstance(one, Finding)] == ["nested-too-deep"]
    many = packed({f"{number}.sta": PAGE for number in range(4)})
    assert [one.code for one in found_in(many, Limits(members=3)) if isinstance(one, Finding)] == ["zip-too-many"]
    small = Limits(file_bytes=500)
    assert "too-large" in [one.code for one in found_in(PAGE * 10, small) if isinstance(one, Finding)]
    camt = CAMT.replace(b"<Rpt>", b"<Rpt><Ntry>" + b"<NtryDtls/>" * 20_000 + b"</Ntry>")
    assert "too-large" in [one.code for one in found_in(camt, Limits(entry_bytes=100_000)) if isinstance(one, Finding)]
    assert "too-large" in [one.code for one in found_in(PAGE, Limits(message_bytes=50)) if isinstance(one, Finding)]
    assert "too-large" in [one.code for one in found_in(PAGE, Limits(entries=0)) if isinstance(one, Finding)]


def test_unpack_gives_every_plain_file_with_its_kind() -> None:
    status = b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002.001.10'/>"
    members = list(unpack(BytesIO(packed({"a.xml": status, "b.sta": PAGE})), "z", DEFAULT_LIMITS))
    assert [(one.name, one.kind) for one in members if isinstance(one, Member)] == [
        ("z/a.xml", "pain.002"),
        ("z/b.sta", "mt940"),
    ]
