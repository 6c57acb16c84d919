"""MT940, MT942, MT941 and MT950 as a stream of statements (domain.md 1.1, 1.2, 1.7, 1.9).

The file is cut into messages at ``:20:`` while it is read, so that only one message is in memory. Each page (60F or
60M to 62F or 62M) is a statement of its own. Nothing that stands in a message is lost without a finding.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from recon.model.finding import Finding, error, info, warning
from recon.model.statement import Line, LineStatus, Statement
from recon.statements.checks import checked
from recon.statements.limits import MAX_SECOND_READER_CHARS, Limits
from recon.statements.mt940_details import NS_MARK
from recon.statements.mt940_entry import read_entry, swift_date
from recon.statements.second_reader import second_reading
from recon.statements.sniffing import HEAD_BYTES
from recon.statements.source import Source, SourceError, printable
from sepa.money import AmountError, parse_amount, plain

# Fields before the first booking. Inside a purpose text ":28:" may be a wrapped time of day, so they count only here.
_HEAD_TAGS: Final = frozenset({"20", "21", "25", "25P", "28", "28C", "13", "13D", "34F", "12"})
_BALANCE_TAGS: Final = frozenset({"60F", "60M", "60", "62F", "62M", "62", "64", "65", "65F"})
_BODY_TAGS: Final = frozenset({"61", "86", "90C", "90D", "NS"})
_OPENINGS: Final = frozenset({"60F", "60M", "60"})
# Message type in front of :20:, and marks that say nothing about the account.
_TYPE_TAGS: Final = frozenset({"940", "941", "942", "950"})
# Findings about single entries that a reading which closes makes void.
_ENTRY_FAULTS: Final = frozenset({"entry-unreadable", "amount-unreadable"})
_TEXT_TAGS: Final = frozenset({"61", "86", "NS"})
_CLOSINGS: Final = frozenset({"62F", "62M", "62"})

# A message starts at a line ":20:" that a field of the head follows; a purpose text wrapped at ":20:31 Uhr" does not.
# Plain bytes are found fast; what stands before and behind them is looked at afterwards.
_HEAD: Final = re.compile(rb":20:")
_START: Final = re.compile(
    rb":20:[^\r\n]*(?:[\r\n]+(?![:\-{])[^\r\n]*){0,2}[\r\n]+[ \t]*:(?!61:|86:|62|64:|65|90|20:)[0-9A-Z]{2,3}:"
)
_AT_LINE_START: Final = (b"\n", b"\r", b"{4:")
# Blanks that may stand before a tag.
_INDENT: Final = 40
_BLOCK: Final = 1 << 20
_AT_SIGNS: Final = re.compile(rb"[^\r\n]*@@:(?:20|25|28C?):[^\r\n]*\Z")
# A start is looked for only where its following lines are in the buffer too.
_LOOKAHEAD: Final = 4096

_BALANCE: Final = re.compile(r"\s*([CD])\s?(\d{6})\s?([A-Z]{3})?\s?(\d+(?:[,.]\d*)?)\s*\Z")
_END: Final = re.compile(r"\n[ \t]*-(?:\}.*|XXX)?[ \t]*(?:\n|\Z)")
# Envelope and bank header lines around a message (domain.md 1.1): they say nothing about the account.
_ENVELOPE: Final = re.compile(
    r"[ \t\x00-\x1f]*(?:-.?|-XXX|-?\}.*|[^:]*\{[1-5S]:.*|.4:|:?9[45][0-2]:?(?: +\d\d)?|[A-Z]{4,6}[A-Z0-9]{2,8}|"
    r"\d{4} +\d{2}[A-Z0-9 ]+|F0\d.*|[IO]9\d\d.*|HI[A-Z]{3,4}:.*|-[+'].*|\$)?[ \t\x00-\x1f]*\Z"
)
_BIC: Final = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?\Z")
_IBAN: Final = re.compile(r"[A-Z]{2}\d\d[A-Z0-9]{8,30}\Z")
_NUMBER: Final = re.compile(r"\s*(\d*)(?:\s*/\s*(\d+))?")


@dataclass(slots=True)
class _Draft:
    """One page while it is put together from its fields. Balances are (minor units, date, last or first page)."""

    line: int
    account: str = ""
    number: str | None = None
    page: str | None = None
    intraday: bool = False
    currencies: list[str] = field(default_factory=list)
    opening: str | None = None
    closing: str | None = None
    opening_tag: str = ""
    closing_tag: str = ""
    entries: list[tuple[int, str, str | None]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    last_line: int = 0

    @property
    def begun(self) -> bool:
        return bool(self.opening or self.closing or self.entries)


def read_mt940(source: Source, name: str, limits: Limits) -> Iterator[Statement | Finding]:
    """All statements of a file, one after the other, with file-level findings between them."""
    fallback_told = False
    for line, data in _messages(source, name, limits):
        text, encoding = _decode(data)
        if encoding is not None and not fallback_told:
            fallback_told = True
            yield info("encoding-fallback", f"{name}:{line}", encoding=encoding)
        yield from read_message(text, name, line, limits)


def read_message(text: str, name: str, first_line: int, limits: Limits) -> Iterator[Statement | Finding]:
    """The statements of one message, lines divided by ``\\n``; ``first_line`` is where it stands in the file."""
    stray: list[Finding] = []
    for draft in _pages(_fields(text, name, first_line, stray), name, limits, stray):
        yield _statement(draft, name)
    yield from stray


def _messages(source: Source, name: str, limits: Limits) -> Iterator[tuple[int, bytes]]:
    """(line number, bytes) of each message, newlines made ``\\n``; what stands before the first comes alone."""
    buffer, line, ended = bytearray(), 1, False
    scanned = 0
    # FinTS logs have "@@" in place of every line end.
    at_signs = _AT_SIGNS.match(source.peek(HEAD_BYTES)) is not None
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
                message = _newlines(bytes(buffer[begin:start]))
                yield line, message
                line += message.count(b"\n")
                begin = start
        del buffer[:begin]
        # One step back, so that a start at the edge still sees the line end before it.
        scanned = max(0, safe - begin - 1)
        if len(buffer) > limits.message_bytes:
            raise SourceError(error("too-large", f"{name}:{line}", limit=limits.message_bytes))
    if buffer.strip():
        yield line, _newlines(bytes(buffer))


def _starts(buffer: bytearray, at: int) -> bool:
    before = buffer[max(0, at - _INDENT) : at].rstrip(b" \t")
    return before.endswith(_AT_LINE_START) and _START.match(buffer, at) is not None


def _newlines(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


def _decode(data: bytes) -> tuple[str, str | None]:
    """Strict UTF-8 first; else CP1252, and Latin-1 for the five bytes that CP1252 does not know."""
    try:
        return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8"), None
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252"), "CP1252"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "ISO-8859-1"


def _fields(text: str, name: str, line: int, stray: list[Finding]) -> Iterator[tuple[str, str, int]]:
    """(tag, value, line). A line that starts with no tag of this place continues the field before it."""
    pieces = text.lstrip(" \t").split("\n:")
    if pieces[0].startswith(":"):
        pieces[0] = pieces[0][1:]
    else:
        stray += _outside(pieces[0], name, line)
        line += pieces[0].count("\n") + 1
        del pieces[0]
    current, value, begun_at, body = "", "", line, False
    more: list[str] = []
    for piece in pieces:
        tag, colon, content = piece.partition(":")
        if colon and _is_tag(tag, content, current, body):
            if current:
                yield current, "".join((value, *more)) if more else value, begun_at
                more.clear()
            current, value, begun_at = tag, content, line
            body = tag in _BODY_TAGS or (body and tag not in _CLOSINGS and tag not in _HEAD_TAGS)
        elif current in _TEXT_TAGS:
            more += ("\n:", piece)
        elif colon and len(tag) <= 3 and tag.isalnum():
            stray.append(warning("tag-unknown", f"{name}:{line}", tag=tag))
        else:
            stray.append(warning("text-ignored", f"{name}:{line}", text=printable(piece), lines=piece.count("\n") + 1))
        line += piece.count("\n") + 1
    if current:
        yield from _last_field(current, "".join((value, *more)), begun_at, name, stray)


def _is_tag(tag: str, content: str, current: str, body: bool) -> bool:
    if tag in ("61", "86"):
        return True
    if tag in _BALANCE_TAGS:
        return current != "86" or content.lstrip()[:1] in ("C", "D")
    if tag in _HEAD_TAGS or tag in _TYPE_TAGS:
        return not body
    return tag in _BODY_TAGS


def _last_field(tag: str, value: str, line: int, name: str, stray: list[Finding]) -> Iterator[tuple[str, str, int]]:
    """The last field of a message ends at the line ``-``; what follows is outside of the message."""
    end = _END.search(value) if "\n" in value else None
    if end is not None:
        stray += _outside(value[end.start() + 1 :], name, line + value.count("\n", 0, end.start() + 1))
        value = value[: end.start()]
    yield tag, value, line


def _outside(text: str, name: str, line: int) -> list[Finding]:
    """Text outside of all fields: envelopes and header lines are expected, anything else is told."""
    odd = [(at, row) for at, row in enumerate(text.split("\n")) if row and not _ENVELOPE.match(row)]
    if not odd:
        return []
    return [warning("text-ignored", f"{name}:{line + odd[0][0]}", text=printable(odd[0][1]), lines=len(odd))]


def _pages(fields: Iterator[tuple[str, str, int]], name: str, limits: Limits, stray: list[Finding]) -> Iterator[_Draft]:
    """Group fields to pages; a new head or a new opening balance after a closing balance begins the next."""
    draft: _Draft | None = None
    for tag, value, line in fields:
        if tag in _TYPE_TAGS:
            continue
        if draft is None:
            draft = _Draft(line)
        elif (tag in _HEAD_TAGS and draft.begun) or (tag in _OPENINGS and (draft.opening or draft.closing)):
            yield draft
            draft = _Draft(line) if tag in _HEAD_TAGS else _Draft(line, draft.account, draft.number, draft.page)
        draft.last_line = line
        if tag == "61":
            if len(draft.entries) >= limits.entries:
                raise SourceError(error("too-large", f"{name}:{line}", limit=limits.entries))
            draft.entries.append((line, value.rstrip("\n"), None))
        elif tag in ("86", "NS"):
            _attach(draft, tag, value.rstrip("\n"), name, line)
        else:
            first, _, rest = value.partition("\n")
            stray += _outside(rest, name, line + 1)
            _head_or_balance(draft, tag, first.strip(), name, line)
    if draft is not None:
        yield draft


def _attach(draft: _Draft, tag: str, value: str, name: str, line: int) -> None:
    """A :86: belongs to the :61: before it; after the closing balance, or before any :61:, to the statement."""
    if draft.closing is not None or not draft.entries:
        draft.findings.append(info("statement-text", f"{name}:{line}", text=printable(value)))
        return
    entry_line, entry, detail = draft.entries[-1]
    if tag == "NS":
        value = f"{NS_MARK}{value}"
    draft.entries[-1] = (entry_line, entry, value if detail is None else f"{detail}\n{value}")


def _head_or_balance(draft: _Draft, tag: str, value: str, name: str, line: int) -> None:
    if tag in ("25", "25P"):
        draft.account = value
    elif tag in ("28", "28C"):
        found = _NUMBER.match(value)
        assert found is not None  # every part of the pattern may be empty
        draft.number, draft.page = _plain_number(found[1]), _plain_number(found[2])
        if value and draft.number is None and draft.page is None:
            draft.findings.append(warning("number-unreadable", f"{name}:{line}", text=printable(value)))
    elif tag in ("34F", "13D"):
        draft.intraday = True
        if tag == "34F" and len(value) >= 3 and value[:3].isalpha():
            draft.currencies.append(value[:3])
    elif tag in _OPENINGS:
        draft.opening, draft.opening_tag = value, tag
    elif tag in _CLOSINGS and draft.closing is not None:
        draft.findings.append(warning("balance-repeated", f"{name}:{line}", tag=tag, text=printable(value)))
    elif tag in _CLOSINGS:
        draft.closing, draft.closing_tag = value, tag


def _plain_number(text: str | None) -> str | None:
    return (text.lstrip("0") or "0") if text else None


def _statement(draft: _Draft, name: str) -> Statement:
    where = f"{name}:{draft.line}"
    findings = draft.findings
    opening = _balance(draft.opening, draft, where)
    closing = _balance(draft.closing, draft, f"{name}:{draft.last_line}")
    units = draft.currencies
    currency = units[0] if units else ""
    if not currency:
        findings.append(error("currency-missing", where))
    elif any(unit != currency for unit in units):
        findings.append(error("currency-mismatch", where, currencies=", ".join(dict.fromkeys(units))))
    intraday = draft.intraday and draft.closing is None
    if draft.closing is None and not intraday:
        findings.append(error("statement-truncated", f"{name}:{draft.last_line}"))
    elif draft.opening is None and not intraday:
        findings.append(warning("opening-missing", where))
    lines = _entries(draft, currency, name, expected=intraday)
    if opening is not None and closing is not None and opening[0] + _booked(lines) != closing[0]:
        lines = _second_opinion(draft, lines, closing[0] - opening[0], currency, name)
    account, servicer = _account(draft.account, currency)
    opening_date, closing_date = opening[1] if opening else None, closing[1] if closing else None
    booked = [line.booking_date for line in lines if line.booking_date is not None]
    statement = Statement(
        format="mt942" if intraday else "mt940",
        account=account,
        currency=currency,
        opening=opening[0] if opening else None,
        closing=closing[0] if closing else None,
        lines=lines,
        opening_date=opening_date,
        closing_date=closing_date,
        number=draft.number,
        page=draft.page,
        first_page=draft.opening_tag != "60M",
        last_page=draft.closing_tag != "62M",
        servicer_bic=servicer,
        period_from=min(booked, default=closing_date),
        period_to=closing_date or max(booked, default=None),
        where=where,
    )
    return checked(statement, tuple(findings))


def _entries(draft: _Draft, currency: str, name: str, *, expected: bool) -> tuple[Line, ...]:
    report = draft.findings.append
    read = (
        read_entry(value, detail, currency, f"{name}:{line}", report, expected=expected)
        for line, value, detail in draft.entries
    )
    return tuple(line for line in read if line is not None)


def _booked(lines: tuple[Line, ...]) -> int:
    return sum(line.amount for line in lines if line.status is LineStatus.BOOKED)


def _second_opinion(draft: _Draft, ours: tuple[Line, ...], due: int, currency: str, name: str) -> tuple[Line, ...]:
    """Our lines do not add up to what is due: those of the second reader, if they do; the balances are the witness."""
    head = f":20:X\n:25:{draft.account}\n:28C:1\n:{draft.opening_tag}:{draft.opening}\n"
    body = "".join(
        f":61:{value}\n" + (f":86:{detail}\n" if detail is not None else "") for _, value, detail in draft.entries
    )
    page = f"{head}{body}:{draft.closing_tag}:{draft.closing}"
    if len(page) > MAX_SECOND_READER_CHARS:
        return ours
    fields = second_reading(page)
    if not fields:
        return ours
    places = [line for line, _, _ in draft.entries]
    same = len(places) == len(fields)
    told: list[Finding] = []
    theirs = tuple(
        line
        for at, (value, detail) in enumerate(fields)
        if (line := read_entry(value, detail, currency, f"{name}:{places[at] if same else draft.line}", told.append))
    )
    if len(theirs) < len(fields) or _booked(theirs) != due:
        return ours
    # What our own reading complained of is answered by the balances.
    draft.findings[:] = [finding for finding in draft.findings if finding.code not in _ENTRY_FAULTS]
    draft.findings += told
    draft.findings.append(
        warning(
            "second-reader",
            f"{name}:{draft.line}",
            ours=plain(_booked(ours), currency),
            theirs=plain(_booked(theirs), currency),
        )
    )
    return theirs


def _balance(text: str | None, draft: _Draft, where: str) -> tuple[int, date | None] | None:
    """(minor units, date) of a balance field; its currency goes to the draft."""
    if text is None:
        return None
    found = _BALANCE.match(text)
    if found is None:
        draft.findings.append(error("balance-unreadable", where, text=printable(text)))
        return None
    if found[3]:
        draft.currencies.append(found[3])
    day, clamped = swift_date(found[2])
    if clamped:
        draft.findings.append(warning("date-clamped", where, found=found[2], taken=day))
    elif day is None:
        draft.findings.append(warning("date-impossible", where, found=found[2], taken="-"))
    try:
        minor = parse_amount(found[4], found[3] or (draft.currencies[0] if draft.currencies else ""))
    except AmountError as problem:
        draft.findings.append(error("amount-unreadable", where, text=problem.text, reason=problem.reason))
        return None
    return (minor if found[1] == "C" else -minor), day


def _account(text: str, currency: str) -> tuple[str, str | None]:
    """(account, BIC) of :25:, which is ``BIC/account``, ``BLZ/account``, an IBAN or a number; a currency may follow."""
    bare = "".join(text.split())
    if currency and bare.endswith(currency) and len(bare) > len(currency):
        bare = bare.removesuffix(currency).removesuffix("/")
    before, slash, after = bare.partition("/")
    if slash and _BIC.match(before):
        return after, before
    if slash and _IBAN.match(after):
        return after, None
    return bare, None
