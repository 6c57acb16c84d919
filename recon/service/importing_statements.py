"""Taking one statement in: one transaction, every bank line once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from msgspec import structs
from sqlalchemy import Connection, or_, select

from recon.ledger.closing import bank_day, closed_for
from recon.model.finding import Finding, Severity, error, has_errors, info, warning
from recon.model.matching import LineState
from recon.model.statement import Line, LineStatus, Statement
from recon.service.context import Context, writing
from recon.service.expected import lapsed_with
from recon.service.explained_batches import Head, explaining_rows
from recon.service.once import ANNOUNCING, days_of, fresh_lines
from recon.store import statements as store
from recon.store.closings import load_closings
from recon.store.ids import next_ids, shown_id
from recon.store.journal import encode
from recon.store.log import Values, record, write, write_values
from recon.store.removing import fresh_ids
from recon.store.settings import account_ids, add_account, settings_of
from recon.store.tables import findings, lines, statements
from sepa.money import plain


@dataclass(frozen=True, slots=True)
class Heading:
    """What is told of a statement: all but its lines, of which it has so many. The lines of a file that is taken in are
    held one statement at a time."""

    account: str
    number: str | None
    page: str | None
    currency: str
    period_from: date | None
    period_to: date | None
    opening: int | None
    closing: int | None
    lines: int
    balance_ok: bool | None


def heading(statement: Statement) -> Heading:
    """The heading of a statement."""
    return Heading(
        statement.account, statement.number, statement.page, statement.currency, statement.period_from,
        statement.period_to, statement.opening, statement.closing, len(statement.lines), statement.balance_ok,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class StatementResult:
    """What became of one statement. ``created`` is false where the books had it already; ``taken`` is false where it
    was refused, ``findings`` then say why."""

    statement: Heading
    account: str
    id: str | None
    new: int
    known: int
    created: bool
    taken: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Original:
    """The file that statements come from, as delivered."""

    name: str
    sha256: str
    content: bytes


def import_statement(
    context: Context, statement: Statement, original: Original, allow_gap: str | None = None
) -> StatementResult:
    """Take a statement in, or refuse it whole. A statement that the books have changes nothing. ``allow_gap`` is a
    person's reason why a statement before this one may be missing; it stands in the log."""
    if has_errors(statement.findings):
        return _refused(statement, statement.account, statement.findings)
    statement = _as_expected(statement)
    with writing(context) as connection:
        account = _account(connection, statement)
        if isinstance(account, Finding):
            return _refused(statement, statement.account, (*statement.findings, account))
        identities = [store.identity(line, account.iban) for line in statement.lines]
        fingerprint = store.fingerprint(statement, account.iban, identities)
        found = connection.execute(select(statements).where(statements.c.fingerprint == fingerprint)).one_or_none()
        if found is not None:
            known = shown_id("statements", found.id)
            return StatementResult(heading(statement), account.iban, known, 0, len(statement.lines), False, True, ())
        fresh = fresh_lines(connection, account.id, statement, identities)
        if isinstance(fresh, Finding):
            return _refused(statement, account.iban, (*statement.findings, fresh))
        closed = _closed(connection, account, statement, fresh)
        if closed is not None:
            return _refused(statement, account.iban, (*statement.findings, closed))
        new = sum(fresh)
        file_id = _keep(connection, original, context.stamp.as_of)
        number = next(fresh_ids(connection, statements))
        keys = [key if new_line else None for key, new_line in zip(identities, fresh, strict=True)]
        rows = _rows(connection, statement, account.id, number, keys)
        row = _statement_row(statement, number, file_id, account.id, fingerprint)
        seals = [write(connection, statements, [row]), write_values(connection, lines, rows)]
        gap = _gap(connection, account, statement, number)
        if gap is not None and allow_gap:
            gap = replace(gap, severity=Severity.INFO)
        told = (*statement.findings, *_overlap(statement, new), *([gap] if gap else []),
                *_lapsed(connection, account, statement, number))  # fmt: skip
        keep_findings(connection, file_id, told, context.stamp.as_of)
        shown = shown_id("statements", number)
        after = {"file": original.name, "sha256": original.sha256, "account": account.iban, "new": new,
                 "lines": len(statement.lines)}  # fmt: skip
        record(connection, context.stamp, "import", shown, after=after, seals=seals, reason=allow_gap if gap else None)
    return StatementResult(heading(statement), account.iban, shown, new, len(statement.lines) - new, True, True, told)


def _as_expected(statement: Statement) -> Statement:
    """Intraday reports and advices announce; only the day's statement books. Their lines are shown as expected, never
    posted, and the statement's own lines count as new beside them (domain.md 1.9, 2.1, 2.5)."""
    if statement.format not in ANNOUNCING:
        return statement
    lines_expected = tuple(structs.replace(line, status=LineStatus.PENDING) for line in statement.lines)
    return replace(statement, lines=lines_expected)


def _keep(connection: Connection, original: Original, day: date) -> int:
    known = store.known_file(connection, original.sha256)
    if known is not None:
        return known
    return store.keep_file(connection, sha256=original.sha256, name=original.name, kind="statement",
                           content=original.content, day=day)  # fmt: skip


def _rows(
    connection: Connection, statement: Statement, account_id: int, number: int, keys: Sequence[str | None]
) -> list[Values]:
    """The rows of the lines that come in, with their details and those that explain a batch; ``keys`` are their
    identities, ``None`` where known."""
    ids = fresh_ids(connection, lines)
    rows: list[Values] = []
    heads: list[Head] = []
    for position, (line, key) in enumerate(zip(statement.lines, keys, strict=True), start=1):
        if key is None:
            continue
        head = Head(next(ids), key, line)
        heads.append(head)
        rows.append(
            store.line_row(line, number=head.id, statement_id=number, account_id=account_id, parent_id=None,
                           position=position, key=key, state=_state(line))
        )  # fmt: skip
        if line.details:
            rows += store.detail_rows(line.details, head.id, ids=ids, statement_id=number, account_id=account_id,
                                      key=key)  # fmt: skip
    rows += explaining_rows(connection, statement, heads, account_id=account_id, statement_id=number, ids=ids)
    return rows


def _statement_row(
    statement: Statement, number: int, file_id: int, account_id: int, fingerprint: str
) -> dict[str, Any]:
    first, last = days_of(statement)
    return {
        "id": number, "file_id": file_id, "account_id": account_id, "fingerprint": fingerprint,
        "format": statement.format, "number": statement.number, "page": statement.page,
        "currency": statement.currency, "period_from": first, "period_to": last,
        "opening": statement.opening, "closing": statement.closing, "opening_date": statement.opening_date,
        "closing_date": statement.closing_date, "message_id": statement.message_id, "place": statement.where,
        "line_count": len(statement.lines), "booked_sum": statement.booked,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Own:
    """An own account in the books."""

    iban: str
    id: int


def _account(connection: Connection, statement: Statement) -> _Own | Finding:
    """The own account that a statement belongs to. Books that know no account take the statement's as theirs."""
    known = account_ids(connection)
    if statement.account in known:
        return _Own(statement.account, known[statement.account])
    for iban, number in known.items():
        if _same_account(iban, statement.account):
            return _Own(iban, number)
    settings = settings_of(connection)
    for own in settings.accounts:
        if _same_number(own.iban, own.bic, statement):
            return _Own(own.iban, known[own.iban])
    if not settings.accounts and statement.account:
        return _Own(statement.account, add_account(connection, statement.account, statement.currency))
    return error("account-unknown", statement.where, account=statement.account or "?")


def _closed(connection: Connection, account: _Own, statement: Statement, fresh: Sequence[bool]) -> Finding | None:
    """Whether a line that is new would fall on a day that is closed. A statement that brings no line may come."""
    until = closed_for(load_closings(connection), account.id)
    if until is None:
        return None
    _, last = days_of(statement)
    days = [
        bank_day(line.booking_date, statement.opening_date, statement.closing_date, last)
        for line, is_new in zip(statement.lines, fresh, strict=True)
        if is_new and line.status is LineStatus.BOOKED
    ]
    early = [day for day in days if day is not None and day <= until]
    if not early:
        return None
    return error("statement-day-closed", statement.where, account=account.iban, count=len(early), day=min(early),
                 until=until)  # fmt: skip


def _is_german(iban: str) -> bool:
    """Whether an own account is a German IBAN: bank code and number stand in it (books without a company file may know
    an account by another name)."""
    return iban.startswith("DE") and len(iban) == 22 and iban[2:].isdigit()


def _same_number(iban: str, bic: str | None, statement: Statement) -> bool:
    """Whether a statement that gives its account as BIC and number is of this account."""
    number = statement.account.replace(" ", "")
    bank = statement.servicer_bic
    return bool(
        bic and bank and bic[:8] == bank[:8] and _is_german(iban) and number.isdigit()
        and int(iban[12:]) == int(number)
    )  # fmt: skip


def _same_account(iban: str, given: str) -> bool:
    """Whether a statement's account (IBAN, ``BLZ/Konto`` or ``BIC/Konto``) is this IBAN (domain.md 1.2)."""
    bare = given.replace(" ", "").upper()
    if bare.startswith(iban):
        return bare[len(iban) :] in {"", "EUR", "/EUR"}
    bank_code, slash, number = bare.partition("/")
    if not slash or not number.isdigit() or not _is_german(iban):
        return False
    return int(number) == int(iban[12:]) and (bank_code == iban[4:12] or not bank_code.isdigit())


def _state(line: Line) -> LineState:
    """Lines that move no money, or not yet, ask for nothing."""
    if line.status is not LineStatus.BOOKED or line.amount == 0:
        return LineState.IGNORED
    return LineState.UNMATCHED


def _overlap(statement: Statement, new: int) -> tuple[Finding, ...]:
    if new == len(statement.lines):
        return ()
    return (info("lines-known", statement.where, known=len(statement.lines) - new, lines=len(statement.lines)),)


def _gap(connection: Connection, account: _Own, statement: Statement, number: int) -> Finding | None:
    """Whether the balances say that a statement is missing before this one (domain.md 1.7). This one is taken: what is
    missing can come later."""
    if statement.format in ANNOUNCING or statement.opening is None:
        return None
    first, _ = days_of(statement)
    booking = (statements.c.id != number, statements.c.format.not_in(sorted(ANNOUNCING)),
               statements.c.closing.is_not(None))  # fmt: skip
    touching = or_(statements.c.closing == statement.opening, statements.c.opening == statement.opening)
    if store.statements_between(connection, account.id, None, first, *booking, touching, limit=1):
        return None
    earlier = store.statements_between(connection, account.id, None, first, *booking)
    if not earlier:
        return None
    last = max(earlier, key=lambda row: (row.period_to or date.min, row.id))
    facts = {"account": account.iban, "last": last.period_to or "?", "first": first or "?",
             "closing": plain(last.closing, statement.currency),
             "opening": plain(statement.opening, statement.currency)}  # fmt: skip
    return warning("statement-gap", statement.where, **facts)


def _lapsed(connection: Connection, account: _Own, statement: Statement, number: int) -> tuple[Finding, ...]:
    """Lines that were announced for the days of this statement and are not in it. Another page of the day may still
    bring them."""
    if statement.format in ANNOUNCING or not statement.last_page:
        return ()
    lapsed = lapsed_with(connection, connection.execute(select(statements).where(statements.c.id == number)).one())
    if not lapsed:
        return ()
    total = plain(sum(one.amount for one in lapsed), statement.currency)
    first = shown_id("lines", min(one.line for one in lapsed))
    return (
        warning("expected-lapsed", statement.where, account=account.iban, count=len(lapsed), sum=total, line=first),
    )


def keep_findings(connection: Connection, file_id: int, told: tuple[Finding, ...], day: date) -> None:
    """Keep what was found in a file, as far as it wants a look."""
    ids = next_ids(connection, findings)
    rows = [
        {
            "id": next(ids), "file_id": file_id, "source": "import", "code": finding.code,
            "severity": finding.severity.value, "place": finding.where, "facts": encode(finding.facts),
            "found_on": day,
        }
        for finding in told
        if finding.severity is not Severity.INFO
    ]  # fmt: skip
    if rows:
        connection.execute(findings.insert(), rows)


def _refused(statement: Statement, account: str, told: tuple[Finding, ...]) -> StatementResult:
    return StatementResult(heading(statement), account, None, 0, 0, False, False, told)
