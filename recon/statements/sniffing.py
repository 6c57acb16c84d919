"""What a file is, from its content and never from its name. Light: no parser is loaded."""

import re
from typing import Final

# Bank header lines and XML comments before the first tag are short; real files decide within the first kilobyte.
HEAD_BYTES: Final = 64 * 1024

_ROOT: Final = re.compile(rb"<(?:[\w.-]+:)?BkToCstmr(Acct|Stmt|DbtCdtNtfctn)")
_CAMT: Final = re.compile(rb"camt\.05([234])\.")
_ROOTS: Final = {b"Acct": "camt.052", b"Stmt": "camt.053", b"DbtCdtNtfctn": "camt.054"}
_PAIN002: Final = re.compile(rb"pain\.002\.|<(?:[\w.-]+:)?CstmrPmtStsRpt\b")
_XML: Final = re.compile(rb"\s*<[?!A-Za-z]")
_MT_TAG: Final = re.compile(rb"(?:\A|[\r\n]|\{4:|@@)[ \t]*:(?:20|25P?|28C?|34F|13D?|60[FM]|61|62[FM]|86|90[CD]):")
_MT942_TAG: Final = re.compile(rb"(?:\A|[\r\n]|@@)[ \t]*:(?:34F|13D):|\{2:[IO]942")
_MT940_TAG: Final = re.compile(rb"(?:\A|[\r\n]|@@)[ \t]*:(?:60[FM]|62[FM]):|\{2:[IO]9(?:40|50|41)")


def sniff(head: bytes) -> str | None:
    """The format that the first bytes of a file show.

    One of ``mt940``, ``mt942``, ``camt.052``, ``camt.053``, ``camt.054``, ``pain.002``, ``zip``, ``gzip``; None for
    anything else. ``head`` may be shorter or longer than HEAD_BYTES.

    >>> sniff(b":20:STARTUMS\\r\\n:25:DE89370400440532013000\\r\\n"), sniff(b"PK\\x03\\x04"), sniff(b"Liebe Bank")
    ('mt940', 'zip', None)
    """
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    if head[:3] == b"\x1f\x8b\x08":
        return "gzip"
    text = _narrow(head)
    if _XML.match(text):
        return _sniff_xml(text)
    if _MT_TAG.search(text) is None:
        return None
    intraday = _MT942_TAG.search(text)
    booked = _MT940_TAG.search(text)
    return "mt942" if intraday and (booked is None or intraday.start() < booked.start()) else "mt940"


def _sniff_xml(text: bytes) -> str | None:
    if _PAIN002.search(text):
        return "pain.002"
    root = _ROOT.search(text)
    if root is not None:
        return _ROOTS[root[1]]
    found = _CAMT.search(text)
    return f"camt.05{found[1].decode('ascii')}" if found else None


def _narrow(head: bytes) -> bytes:
    """The head as single bytes without a byte order mark: UTF-16 text is narrowed so that the patterns fit."""
    if head.startswith(b"\xef\xbb\xbf"):
        return head[3:]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[2:].replace(b"\x00", b"")
    return head
