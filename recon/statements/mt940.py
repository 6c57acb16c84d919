"""MT940, MT942, MT941 and MT950 as a stream of statements (domain.md 1.1, 1.2, 1.7, 1.9).

Each page (60F or 60M to 62F or 62M) is a statement of its own; pages are not merged here.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from recon.model.finding import Finding, error, info, warning
from recon.model.statement import Line, LineStatus, Statement
from recon.statements.checks import checked
from recon.statements.limits import MAX_SECOND_READER_CHARS, Limits
from recon.statements.mt940_common import read_common
from recon.statements.mt940_dates import swift_date
from recon.statements.mt940_entry import read_amount, read_entry
from recon.statements.mt940_messages import DETAIL_TAG, fields, messages
from recon.statements.mt940_pages import Page, cut_apart, pages
from recon.statements.mt940_utf16 import as_utf8
from recon.statements.second_reader import second_reading
from recon.statements.source import Source, printable
from sepa.money import AmountError, plain, scale

# Findings about single entries that a reading which closes makes void.
_ENTRY_FAULTS: Final = frozenset({"entry-unreadable", "amount-unreadable"})

_BALANCE: Final = re.compile(r"\s*([CD])\s?(\d{6})\s?([A-Z]{3})?\s?((?=[,.]?\d)\d*(?:[,.]\d*)?)\s*\Z")
_TOTAL: Final = re.compile(r"\s*(\d{0,9})\s*[A-Z]{3}\s*([\d,.]+)\s*\Z")
_BIC: Final = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?\Z")
_IBAN: Final = re.compile(r"[A-Z]{2}\d\d[A-Z0-9]{8,30}\Z")

# Minor units and the day.
Balance = tuple[int, date | None]


def read_mt940(source: Source, name: str, limits: Limits) -> Iterator[Statement | Finding]:
    """All statements of a file, one after the other, with file-level findings between them."""
    wide = as_utf8(source, name, limits)
    if wide is not None:
        source = wide
        yield info("encoding-fallback", f"{name}:1", encoding="UTF-16")
    fallback_told = wide is not None
    for line, text, encoding in messages(source, name, limits):
        if encoding is not None and not fallback_told:
            fallback_told = True
            yield info("encoding-fallback", f"{name}:{line}", encoding=encoding)
        yield from read_message(text, name, line, limits)


def read_message(text: str, name: str, first_line: int, limits: Limits) -> Iterator[Statement | Finding]:
    """The statements of one message, lines divided by ``\\n``; ``first_line`` is where it stands in the file."""
    stray: list[Finding] = []
    for page in pages(fields(text, name, first_line, stray), name, limits, stray):
        yield _statement(page, name)
    yield from stray


def _statement(page: Page, name: str) -> Statement:
    where = f"{name}:{page.line}"
    findings = page.findings
    opening = _balance(page.opening, page, where)
    closing = _balance(page.closing, page, f"{name}:{page.last_line}")
    units = page.currencies
    currency = units[0] if units else ""
    if not currency:
        findings.append(error("currency-missing", where))
    elif any(unit != currency for unit in units):
        findings.append(error("currency-mismatch", where, currencies=", ".join(dict.fromkeys(units))))
    opening_date, closing_date = opening[1] if opening else None, closing[1] if closing else None
    if opening and closing and _only_balances(page, opening[0], closing[0], currency):
        start, end = plain(opening[0], currency), plain(closing[0], currency)
        findings.append(info("balance-report", where, opening=start, closing=end))
        # Its balances are of any hour of the day and belong to no chain of statements.
        opening = closing = page.opening = page.closing = None
        page.intraday = True
        page.totals.clear()
    intraday = page.intraday and page.closing is None
    if page.closing is None and not intraday:
        findings.append(error("statement-truncated", f"{name}:{page.last_line}"))
    elif page.opening is None and not intraday:
        findings.append(warning("opening-missing", where))
    lines = _entries(page, currency, name, closing[1] if closing else None, expected=intraday)
    if opening is not None and closing is not None and opening[0] + _booked(lines) != closing[0]:
        lines = _second_opinion(page, lines, closing[0] - opening[0], currency, name)
    _check_totals(page, lines, currency, where)
    account, servicer = _account(page.account, currency)
    booked = {line.booking_date for line in lines if line.booking_date is not None}
    statement = Statement(
        format="mt942" if intraday else "mt940",
        account=account,
        currency=currency,
        opening=opening[0] if opening else None,
        closing=closing[0] if closing else None,
        lines=lines,
        opening_date=opening_date,
        closing_date=closing_date,
        number=page.number,
        page=page.sheet,
        first_page=page.opening_tag != "60M",
        last_page=page.closing_tag != "62M",
        servicer_bic=servicer,
        period_from=min(booked, default=closing_date),
        period_to=closing_date or max(booked, default=None),
        where=where,
    )
    return checked(statement, tuple(findings))


def _entries(page: Page, currency: str, name: str, closing_date: date | None, *, expected: bool) -> tuple[Line, ...]:
    report = page.findings.append
    # An amount of the common form has two decimals.
    common = scale(currency) == 2
    status = LineStatus.PENDING if expected else LineStatus.BOOKED
    read: list[Line] = []
    for entry in page.entries:
        number, text, parts = entry
        where = f"{name}:{number}"
        if parts is not None and len(parts) == 1:
            text, parts = f"{text}{DETAIL_TAG}{parts[0]}", None
        found = read_common(text, currency, where, status) if common and parts is None else None
        if found is None:
            value, parts = cut_apart(entry)
            detail = "\n".join(parts) if parts else None
            found = read_entry(value, detail, currency, where, report, expected=expected, closing_date=closing_date)
        if found is not None:
            read.append(found)
    return tuple(read)


def _only_balances(page: Page, opening: int, closing: int, currency: str) -> bool:
    """Whether the page is an MT941: bookings that it counts and sums up but does not list explain its balances."""
    if page.entries or not page.totals or opening == closing:
        return False
    moved = 0
    for tag, text in page.totals.items():
        told = _total(text, currency)
        if told is None:
            return False
        moved += told[1] if tag == "90C" else -told[1]
    return opening + moved == closing


def _total(text: str, currency: str) -> tuple[int, int] | None:
    """(count, minor units) of a :90C: or :90D:."""
    found = _TOTAL.match(text)
    if found is None:
        return None
    try:
        return int(found[1] or "0"), read_amount(found[2], currency)
    except AmountError:
        return None


def _check_totals(page: Page, lines: tuple[Line, ...], currency: str, where: str) -> None:
    """:90D: and :90C: count and add up the debits and credits: the only witness that an MT942 has."""
    for tag, text in page.totals.items():
        told = _total(text, currency)
        if told is None:
            page.findings.append(warning("total-unreadable", where, tag=tag, text=printable(text)))
            continue
        own = [abs(line.amount) for line in lines if (line.amount < 0) == (tag == "90D")]
        if told != (len(own), sum(own)) and page.closing is None:
            page.findings.append(
                warning(
                    "totals-differ",
                    where,
                    tag=tag,
                    expected=f"{told[0]} / {plain(told[1], currency)}",
                    found=f"{len(own)} / {plain(sum(own), currency)}",
                )
            )


def _booked(lines: tuple[Line, ...]) -> int:
    booked = LineStatus.BOOKED
    return sum([line.amount for line in lines if line.status is booked])


def _second_opinion(page: Page, ours: tuple[Line, ...], due: int, currency: str, name: str) -> tuple[Line, ...]:
    """Our lines do not add up to what is due: those of the second reader, if they do; the balances are the witness."""
    head = f":20:X\n:25:{page.account}\n:28C:1\n:{page.opening_tag}:{page.opening}\n"
    body = "".join(
        f":61:{value}\n" + "".join(f":86:{part}\n" for part in parts[:1])
        for value, parts in map(cut_apart, page.entries)
    )
    text = f"{head}{body}:{page.closing_tag}:{page.closing}"
    found = second_reading(text) if len(text) <= MAX_SECOND_READER_CHARS else None
    if not found:
        return ours
    places = [line for line, _, _ in page.entries]
    same = len(places) == len(found)
    told: list[Finding] = []
    theirs = tuple(
        line
        for at, (value, detail) in enumerate(found)
        if (line := read_entry(value, detail, currency, f"{name}:{places[at] if same else page.line}", told.append))
    )
    if len(theirs) < len(found) or _booked(theirs) != due:
        return ours
    # What our own reading complained of is answered by the balances.
    page.findings[:] = [finding for finding in page.findings if finding.code not in _ENTRY_FAULTS]
    page.findings += told
    page.findings.append(
        warning(
            "second-reader",
            f"{name}:{page.line}",
            ours=plain(_booked(ours), currency),
            theirs=plain(_booked(theirs), currency),
        )
    )
    return theirs


def _balance(text: str | None, page: Page, where: str) -> Balance | None:
    """A balance field; its currency goes to the page."""
    if text is None:
        return None
    found = _BALANCE.match(text)
    if found is None:
        page.findings.append(error("balance-unreadable", where, text=printable(text)))
        return None
    if found[3]:
        page.currencies.append(found[3])
    day, clamped = swift_date(found[2])
    if clamped:
        page.findings.append(warning("date-clamped", where, found=found[2], taken=day))
    elif day is None:
        page.findings.append(warning("date-impossible", where, found=found[2], taken="-"))
    try:
        minor = read_amount(found[4], found[3] or (page.currencies[0] if page.currencies else ""))
    except AmountError as problem:
        page.findings.append(error("amount-unreadable", where, text=problem.text, reason=problem.reason))
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
