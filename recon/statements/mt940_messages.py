"""MT940 as text: bytes -> messages -> fields, every one with its line in the file (domain.md 1.1).

The file is cut into messages at ``:20:`` while it is read, so that only one message is in memory. What stands in no
field is told: nothing is lost without a finding.
"""

import io
import re
from collections.abc import Iterator
from typing import Final

from recon.model.finding import Finding, error, warning
from recon.statements.limits import Limits
from recon.statements.sniffing import HEAD_BYTES
from recon.statements.source import Source, SourceError, printable

# Fields before the first booking. Inside a purpose text ":28:" may be a wrapped time of day, so they count only here.
HEAD_TAGS: Final = frozenset({"20", "21", "25", "25P", "28", "28C", "13", "13D", "34F", "12"})
_BALANCE_TAGS: Final = frozenset({"60F", "60M", "60", "62F", "62M", "62", "64", "65", "65F"})
_BODY_TAGS: Final = frozenset({"61", "86", "90C", "90D", "NS"})
OPENINGS: Final = frozenset({"60F", "60M", "60"})
# Message type in front of :20:, and marks that say nothing about the account.
TYPE_TAGS: Final = frozenset({"940", "941", "942", "950"})
# These begin a field wherever they stand.
_ENTRY_TAGS: Final = frozenset({"61", "86"})
_TEXT_TAGS: Final = frozenset({"61", "86", "NS"})
CLOSINGS: Final = frozenset({"62F", "62M", "62"})

# A message starts at a line ":20:" that a field of the head follows; a purpose text wrapped at ":20:31 Uhr" does not.
# Plain bytes are found fast; what stands before and behind them is looked at afterwards.
_HEAD: Final = re.compile(rb":20:")
_START: Final = re.compile(
    rb":20:[^\r\n]*(?:[\r\n]{1,4}(?![:\-{])[^\r\n]*){0,2}[\r\n]{1,4}[ \t]*:(?!61:|86:|62|64:|65|90|20:)[0-9A-Z]{2,3}:"
)
_AT_LINE_START: Final = (b"\n", b"\r", b"{4:")
# Blanks that may stand before a tag.
_INDENT: Final = 40
_BLOCK: Final = 1 << 20
_AT_SIGNS: Final = re.compile(rb"@@:(?:20|25|28C?):")
# A start is looked for only where its following lines are in the buffer too.
_LOOKAHEAD: Final = 4096

_END: Final = re.compile(r"\n[ \t]*-(?:\}.*|XXX)?[ \t]*(?:\n|\Z)")
# Envelope and bank header lines around a message (domain.md 1.1): they say nothing about the account.
_ENVELOPE: Final = re.compile(
    r"(?:-.?|-XXX|-?\}.*|[^:]*\{[1-5S]:.*|.4:|:?9[45][0-2]:?(?: +\d\d)?|[A-Z]{4,6}[A-Z0-9]{2,8}|"
    r"\d{4} +\d{2}[A-Z0-9 ]+|F0\d.*|[IO]9\d\d.*|HI[A-Z]{3,4}:.*|-[+'].*|\$)?\Z"
)
# Control characters around a line, some of them file marks of old transports.
_EDGE: Final = "".join(map(chr, range(33)))


# (tag without colons, text with lines divided by "\n", line of the file it begins at)
Field = tuple[str, str, int]
# In place of a tag: the content of a :61: with its one :86:, not cut apart. Nearly all bookings come so, and never
# the last of a message, whose end is looked for.
BOOKING: Final = "61+86"
DETAIL_TAG: Final = "\n:86:"


def messages(source: Source, name: str, limits: Limits) -> Iterator[tuple[int, str, str | None]]:
    """(line number, text, encoding if it is not UTF-8) of each message, lines divided by ``\\n``; what stands before
    the first comes alone."""
    buffer, line, ended = bytearray(), 1, False
    scanned = 0
    # FinTS logs have "@@" in place of every line end.
    head = source.peek(HEAD_BYTES)
    at_signs = b"\n" not in head and b"\r" not in head and _AT_SIGNS.search(head) is not None
    while not ended:
        block = source.read(_BLOCK)
        ended = not block
        if at_signs:
            block = block.replace(b"@@", b"\n")
        buffer += block
        safe = len(buffer) if ended else len(buffer) - _LOOKAHEAD
        begin = 0
        for start in [found.start() for found in _HEAD.finditer(buffer, scanned)]:
            if begin < start < safe and _starts(buffer, start):
                text, encoding = _decode(buffer[begin:start])
                yield line, text, encoding
                line += text.count("\n")
                begin = start
        del buffer[:begin]
        # One step back, so that a start at the edge still sees the line end before it.
        scanned = max(0, safe - begin - 1)
        if len(buffer) > limits.message_bytes:
            raise SourceError(error("too-large", f"{name}:{line}", limit=limits.message_bytes))
    if buffer.strip():
        yield line, *_decode(buffer)


def _starts(buffer: bytearray, at: int) -> bool:
    before = buffer[max(0, at - _INDENT) : at].rstrip(b" \t")
    return before.endswith(_AT_LINE_START) and _START.match(buffer, at) is not None


def _decode(data: bytearray) -> tuple[str, str | None]:
    """Strict UTF-8 first; else CP1252, and Latin-1 for the five bytes that CP1252 does not know."""
    encoding = None
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError:
        try:
            text, encoding = data.decode("cp1252"), "CP1252"
        except UnicodeDecodeError:
            text, encoding = data.decode("latin-1"), "ISO-8859-1"
    # One pass for both kinds of line ends: three times as fast as two ``replace``.
    return io.IncrementalNewlineDecoder(None, translate=True).decode(text, final=True), encoding


def fields(text: str, name: str, line: int, stray: list[Finding]) -> Iterator[Field]:
    """(tag, value, line). A line that starts with no tag of this place continues the field before it.

    A :61: begins a field wherever it stands, so the text is cut there first; what has one :86: and nothing else behind
    it is given whole, as a BOOKING.
    """
    first, *bookings = text.lstrip(" \t").split("\n:61:")
    yield from _fields(first, name, line, stray, last=not bookings)
    line += first.count("\n") + 1
    for booking in bookings[:-1]:
        # Of two colons each one belongs to the second tag: there is no other, and no wrapped text that looks like one.
        if booking.count(":") == 2 and DETAIL_TAG in booking:
            yield BOOKING, booking, line
        else:
            yield from _fields(f":61:{booking}", name, line, stray, last=False)
        line += booking.count("\n") + 1
    if bookings:
        yield from _fields(f":61:{bookings[-1]}", name, line, stray, last=True)


def _fields(text: str, name: str, line: int, stray: list[Finding], *, last: bool) -> Iterator[Field]:
    pieces = text.split("\n:")
    if pieces[0].startswith(":"):
        pieces[0] = pieces[0][1:]
    else:
        stray += outside(pieces[0], name, line)
        line += pieces[0].count("\n") + 1
        del pieces[0]
    current, value, begun_at, body = "", "", line, False
    more: list[str] = []
    for piece in pieces:
        tag, colon, content = piece.partition(":")
        if tag in _ENTRY_TAGS or (colon and _is_tag(tag, content, current, body)):
            if current:
                yield current, "".join((value, *more)) if more else value, begun_at
                more.clear()
            current, value, begun_at = tag, content, line
            body = tag in _BODY_TAGS or (body and tag not in CLOSINGS)
        elif current in _TEXT_TAGS:
            more += ("\n:", piece)
        elif colon and len(tag) <= 3 and tag.isalnum():
            stray.append(warning("tag-unknown", f"{name}:{line}", tag=tag))
        else:
            stray.append(warning("text-ignored", f"{name}:{line}", text=printable(piece), lines=piece.count("\n") + 1))
        line += piece.count("\n") + 1
    if current and last:
        yield from _last_field(current, "".join((value, *more)), begun_at, name, stray)
    elif current:
        yield current, "".join((value, *more)), begun_at


def _is_tag(tag: str, content: str, current: str, body: bool) -> bool:
    if tag in _BALANCE_TAGS:
        return current != "86" or content.lstrip()[:1] in ("C", "D")
    if tag in HEAD_TAGS or tag in TYPE_TAGS:
        return not body
    return tag in _BODY_TAGS


def _last_field(tag: str, value: str, line: int, name: str, stray: list[Finding]) -> Iterator[Field]:
    """The last field of a message ends at the line ``-``; what follows is outside of the message."""
    end = _END.search(value) if "\n" in value else None
    if end is not None:
        stray += outside(value[end.start() + 1 :], name, line + value.count("\n", 0, end.start() + 1))
        value = value[: end.start()]
    yield tag, value, line


def outside(text: str, name: str, line: int) -> list[Finding]:
    """Text outside of all fields: envelopes and header lines are expected, anything else is told."""
    odd = [(at, row) for at, row in enumerate(text.split("\n")) if row and not _ENVELOPE.match(row.strip(_EDGE))]
    if not odd:
        return []
    return [warning("text-ignored", f"{name}:{line + odd[0][0]}", text=printable(odd[0][1]), lines=len(odd))]
