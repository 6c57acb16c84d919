"""Taking one statement in: one transaction, every bank line once."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from recon.model.finding import Finding, Severity, error, has_errors, info
from recon.model.matching import LineState
from recon.model.statement import Line, LineStatus, Statement
from recon.service.context import Context, writing
from recon.store import statements as store
from recon.store.ids import next_ids, shown_id
from recon.store.journal import encode
from recon.store.log import record, write
from recon.store.settings import account_ids, add_account, settings_of
from recon.store.tables import findings, lines, statements


@dataclass(frozen=True, slots=True)
class StatementResult:
    """What became of one statement. ``created`` is false where the books had it already; ``taken`` is false where it
    was refused, ``findings`` then say why."""

    statement: Statement
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


def import_statement(context: Context, statement: Statement, original: Original) -> StatementResult:
    """Take a statement in, or refuse it whole. A statement that the books have changes nothing."""
    if has_errors(statement.findings):
        return _refused(statement, statement.account, statement.findings)
    with writing(context) as connection:
        account = _account(connection, statement)
        if isinstance(account, Finding):
            return _refused(statement, statement.account, (*statement.findings, account))
        fingerprint = store.fingerprint(statement, account.iban)
        found = connection.execute(select(statements).where(statements.c.fingerprint == fingerprint)).one_or_none()
        if found is not None:
            known = shown_id("statements", found.id)
            return StatementResult(statement, account.iban, known, 0, len(statement.lines), False, True, ())
        file_id = _keep(connection, original, context.stamp.as_of)
        rows, new = _new_rows(connection, statement, account)
        number = rows[0]["statement_id"] if rows else next(next_ids(connection, statements))
        row = _statement_row(statement, number, file_id, account.id, fingerprint)
        seals = [write(connection, statements, [row]), write(connection, lines, rows)]
        told = (*statement.findings, *_overlap(statement, new))
        _keep_findings(connection, file_id, told, context.stamp.as_of)
        shown = shown_id("statements", number)
        after = {"file": original.name, "sha256": original.sha256, "account": account.iban, "new": new,
                 "lines": len(statement.lines)}  # fmt: skip
        record(connection, context.stamp, "import", shown, after=after, seals=seals)
    return StatementResult(statement, account.iban, shown, new, len(statement.lines) - new, True, True, told)


def _keep(connection: Connection, original: Original, day: date) -> int:
    known = store.known_file(connection, original.sha256)
    if known is not None:
        return known
    return store.keep_file(connection, sha256=original.sha256, name=original.name, kind="statement",
                           content=original.content, day=day)  # fmt: skip


def _new_rows(connection: Connection, statement: Statement, account: "_Own") -> tuple[list[dict[str, Any]], int]:
    """The rows of the lines that the account does not have yet, and how many lines they are."""
    identities = [store.identity(line, account.iban) for line in statement.lines]
    known = Counter[str]()
    if not _continues(connection, account.id, statement):
        known.update(store.count_known(connection, account.id, identities))
    number = next(next_ids(connection, statements))
    ids = next_ids(connection, lines)
    rows: list[dict[str, Any]] = []
    new = 0
    for position, (line, key) in enumerate(zip(statement.lines, identities, strict=True), start=1):
        if known[key] > 0:
            known[key] -= 1
            continue
        new += 1
        rows += store.line_rows(
            line, ids=ids, statement_id=number, account_id=account.id, position=position, state=_state(line), key=key
        )
    return rows, new


def _statement_row(
    statement: Statement, number: int, file_id: int, account_id: int, fingerprint: str
) -> dict[str, Any]:
    return {
        "id": number, "file_id": file_id, "account_id": account_id, "fingerprint": fingerprint,
        "format": statement.format, "number": statement.number, "page": statement.page,
        "currency": statement.currency, "period_from": statement.period_from, "period_to": statement.period_to,
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
    for iban, number in known.items():
        if _same_account(iban, statement.account):
            return _Own(iban, number)
    if not settings_of(connection).accounts and statement.account:
        return _Own(statement.account, add_account(connection, statement.account, statement.currency))
    return error("account-unknown", statement.where, account=statement.account or "?")


def _same_account(iban: str, given: str) -> bool:
    """Whether a statement's account (IBAN, ``BLZ/Konto`` or ``BIC/Konto``) is this IBAN (domain.md 1.2)."""
    bare = given.replace(" ", "").upper()
    if bare.startswith(iban):
        return bare[len(iban) :] in {"", "EUR", "/EUR"}
    bank_code, slash, number = bare.partition("/")
    if not slash or not number.isdigit() or not iban.startswith("DE"):
        return False
    return int(number) == int(iban[12:]) and (bank_code == iban[4:12] or not bank_code.isdigit())


def _continues(connection: Connection, account_id: int, statement: Statement) -> bool:
    """Whether the statement goes on where the account's last one ended: then none of its lines can be known.

    The day's closing balance may equal its opening one, so the next page or a later day is asked for as well.
    """
    last = store.newest_statement(connection, account_id)
    if last is None:
        return True
    if last.closing is None or last.closing != statement.opening:
        return False
    later = _after(statement.closing_date, last.closing_date)
    return later or (last.format == statement.format and (last.number, last.page) != (statement.number, statement.page))


def _after(day: date | None, other: date | None) -> bool:
    return day is not None and other is not None and day > other


def _state(line: Line) -> str:
    """Lines that move no money, or not yet, ask for nothing."""
    if line.status is not LineStatus.BOOKED or line.amount == 0:
        return LineState.IGNORED.value
    return LineState.UNMATCHED.value


def _overlap(statement: Statement, new: int) -> tuple[Finding, ...]:
    if new == len(statement.lines):
        return ()
    return (info("lines-known", statement.where, known=len(statement.lines) - new, lines=len(statement.lines)),)


def _keep_findings(connection: Connection, file_id: int, told: tuple[Finding, ...], day: date) -> None:
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
    return StatementResult(statement, account, None, 0, 0, False, False, told)
