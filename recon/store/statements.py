"""Files, statements and bank lines in the books."""

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select

from recon.model.matching import LineState
from recon.model.statement import Counterparty, Line, LineKind, LineStatus, Statement
from recon.store.ids import next_ids
from recon.store.log import Values
from recon.store.rows import Days, Once, rows_of
from recon.store.tables import files, lines, statements

# Letters and digits of the remittance that take part in a line's identity. Long enough to tell lines apart, short
# enough that a bank which cuts texts at another place still says the same.
IDENTITY_TEXT: Final = 60
_NO_TEXT: Final = re.compile(r"[\W_]+")
# Days whose text is kept: a century of them, whatever a file says.
MAX_DAYS: Final = 36_525
_IGNORED: Final = LineState.IGNORED


def known_file(connection: Connection, sha256: str) -> int | None:
    """The id of a file that was imported before, byte for byte the same."""
    found: int | None = connection.execute(select(files.c.id).where(files.c.sha256 == sha256)).scalar()
    return found


def keep_file(connection: Connection, *, sha256: str, name: str, kind: str, content: bytes, day: date) -> int:
    """Keep an original byte for byte (deflated; the hash is that of the original)."""
    file_id = next(next_ids(connection, files))
    row = {
        "id": file_id, "sha256": sha256, "name": name, "kind": kind, "size": len(content),
        "content": zlib.compress(content, 6), "imported_on": day,
    }  # fmt: skip
    connection.execute(insert(files), [row])
    return file_id


def original(connection: Connection, file_id: int) -> bytes:
    """The original bytes of an imported file."""
    content: bytes = connection.execute(select(files.c.content).where(files.c.id == file_id)).scalar_one()
    return zlib.decompress(content)


def fingerprint(statement: Statement, account: str, identities: Iterable[str]) -> str:
    """What makes two deliveries the same statement: account, number, page, balances and lines, whatever the file."""
    told = hashlib.sha256()
    head = (account, statement.number, statement.page, statement.currency, statement.opening, statement.closing,
            statement.opening_date, statement.closing_date)  # fmt: skip
    told.update(repr(head).encode())
    for key in identities:
        told.update(key.encode())
    return told.hexdigest()


def identity(line: Line, account: str) -> str:
    """What makes two lines of two deliveries the same booking: normalised content, no file name, no bank's id.

    Genuine twins share an identity; the importer counts them (users.md, pain 1).
    """
    text = bare(line.remittance)
    told = (
        f"{account}\x1f{_ISO[line.booking_date]}\x1f{_ISO[line.value_date]}\x1f{line.amount}\x1f{line.currency}\x1f"
        f"{line.status}\x1f{line.end_to_end_id or ''}\x1f{line.counterparty.iban or ''}\x1f{text}"
    )
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def bare(remittance: str | None) -> str:
    """What of a remittance tells two lines apart: its letters and digits, as far as banks agree on them."""
    return _NO_TEXT.sub("", remittance.upper())[:IDENTITY_TEXT] if remittance else ""


def count_known(connection: Connection, statement_ids: Sequence[int], identities: Iterable[str]) -> dict[str, int]:
    """How many lines of each identity these statements have."""
    wanted = sorted(set(identities))
    known: dict[str, int] = {}
    for start in range(0, len(wanted), 500):
        query = (
            select(lines.c.identity, func.count())
            .where(lines.c.identity.in_(wanted[start : start + 500]), lines.c.statement_id.in_(statement_ids))
            .where(lines.c.parent_id.is_(None))
            .group_by(lines.c.identity)
        )
        known |= {row[0]: row[1] for row in connection.execute(query)}
    return known


def count_lines(connection: Connection, statement_ids: Sequence[int]) -> dict[int, int]:
    """How many lines of its own (no details) each of these statements has in the books."""
    query = (
        select(lines.c.statement_id, func.count())
        .where(lines.c.statement_id.in_(statement_ids), lines.c.parent_id.is_(None))
        .group_by(lines.c.statement_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def booked_between(
    connection: Connection, statement_ids: Sequence[int], first: date | None, last: date | None
) -> list[tuple[date | None, int]]:
    """Day and amount of the booked lines that these statements have between two days."""
    query = select(lines.c.booking_date, lines.c.amount).where(
        lines.c.statement_id.in_(statement_ids), lines.c.parent_id.is_(None), lines.c.status == "booked"
    )
    if first is not None and last is not None:
        query = query.where(lines.c.booking_date >= first, lines.c.booking_date <= last)
    return [(row.booking_date, row.amount) for row in connection.execute(query)]


def statements_between(
    connection: Connection,
    account_id: int,
    first: date | None,
    last: date | None,
    *conditions: ColumnElement[bool],
    limit: int | None = None,
) -> list[Any]:
    """The account's statements whose days touch these days, by id; all of them where a day is not known."""
    query = select(statements).where(statements.c.account_id == account_id, *conditions).order_by(statements.c.id)
    if first is not None:
        query = query.where(or_(statements.c.period_to.is_(None), statements.c.period_to >= first))
    if last is not None:
        query = query.where(or_(statements.c.period_from.is_(None), statements.c.period_from <= last))
    return list(connection.execute(query.limit(limit)))


def line_row(
    line: Line, *, number: int, statement_id: int, account_id: int, parent_id: int | None, position: int, key: str,
    state: LineState,
) -> Values:  # fmt: skip
    """The row of a line or of a detail: all columns of ``lines`` in their order, dates as ISO text. Nothing is open of
    a line that is ignored: it asks for nothing. Made for every line of an import, so it makes no dictionary."""
    other = line.counterparty
    return (
        number, statement_id, account_id, parent_id, position, key, _ISO[line.booking_date], _ISO[line.value_date],
        line.amount, line.currency, str(line.status), str(line.kind), int(line.reversal), other.name, other.iban,
        other.bic, other.ultimate_name, line.remittance, line.creditor_reference, line.end_to_end_id, line.mandate_id,
        line.creditor_id, line.payment_information_id, line.message_id, line.bank_ref, line.customer_ref, line.gvc,
        line.bank_code, line.purpose, line.return_reason, line.original_amount, line.charges, line.booking_text,
        line.transactions, line.raw, line.where, 0 if state is _IGNORED else line.amount, str(state),
    )  # fmt: skip


def detail_rows(
    details: Iterable[Line], parent_id: int, *, ids: Iterator[int], statement_id: int, account_id: int, key: str
) -> list[Values]:
    """The rows of the transactions inside a batch booking, under its line. They explain the line: nothing is ever
    booked on them."""
    return [
        line_row(detail, number=next(ids), statement_id=statement_id, account_id=account_id, parent_id=parent_id,
                 position=position, key=key, state=_IGNORED)
        for position, detail in enumerate(details, start=1)
    ]  # fmt: skip


def load_lines(connection: Connection, where: ColumnElement[bool]) -> list[tuple[Any, Line]]:
    """Lines (not details) with their row, by id; each with its details inside."""
    found = connection.execute(select(lines).where(where, lines.c.parent_id.is_(None)).order_by(lines.c.id)).all()
    wanted = select(lines.c.id).where(where, lines.c.parent_id.is_(None))
    children: dict[int, list[Line]] = {}
    query = select(lines).where(lines.c.parent_id.in_(wanted)).order_by(lines.c.parent_id, lines.c.position)
    for row in connection.execute(query):
        children.setdefault(row.parent_id, []).append(line_of(row))
    return [(row, line_of(row, tuple(children.get(row.id, ())))) for row in found]


# The columns of a line in the order of ``Line``'s fields, but for its details, its raw text and its place in the file.
_SAID: Final = ("amount", "currency", "booking_date", "value_date", "kind", "status", "reversal", "name", "iban", "bic",
                "ultimate_name", "remittance", "creditor_reference", "end_to_end_id", "mandate_id", "creditor_id",
                "payment_information_id", "message_id", "bank_ref", "customer_ref", "gvc", "bank_code", "purpose",
                "return_reason", "original_amount", "charges", "booking_text", "transactions")  # fmt: skip
_KINDS: Final = {kind.value: kind for kind in LineKind}
_STATUSES: Final = {status.value: status for status in LineStatus}


def said_by_lines(connection: Connection, where: ColumnElement[bool]) -> list[tuple[int, int, Line]]:
    """Lines (not details) by id, with what is open of them: what they say and their details say, without raw texts and
    places in files. For those who read many (``recon.store.rows``)."""
    days, same = Days(), Once[Any]()
    columns = [lines.c[name] for name in _SAID]
    heads = select(lines.c.id, lines.c.open_amount, *columns).where(where, lines.c.parent_id.is_(None))
    wanted = select(lines.c.id).where(where, lines.c.parent_id.is_(None))
    inner = select(lines.c.parent_id, *columns).where(lines.c.parent_id.in_(wanted))
    details: dict[int, list[Line]] = {}
    for parent, *said in rows_of(connection, inner.order_by(lines.c.parent_id, lines.c.position)):
        details.setdefault(parent, []).append(_line_saying(said, days, same, ()))
    return [
        (number, left, _line_saying(said, days, same, tuple(details.get(number, ()))))
        for number, left, *said in rows_of(connection, heads.order_by(lines.c.id))
    ]


def _line_saying(said: Sequence[Any], days: Days, same: Once[Any], details: tuple[Line, ...]) -> Line:
    (
        amount, currency, booked, valued, kind, status, reversal, name, iban, bic, ultimate, remittance, reference,
        end_to_end, mandate, creditor, block, message, bank_ref, customer_ref, gvc, code, purpose, reason, original,
        charges, text, transactions,
    ) = said  # fmt: skip
    # What the bank says of many lines alike is kept once.
    return Line(
        amount, same[currency], days[booked], days[valued], _KINDS[kind], _STATUSES[status], bool(reversal),
        Counterparty(name, iban, same[bic], ultimate), remittance, reference, end_to_end, mandate, same[creditor],
        block, message, bank_ref, customer_ref, same[gvc], same[code], same[purpose], same[reason], original, charges,
        same[text], transactions, details,
    )  # fmt: skip


def line_of(row: Any, details: tuple[Line, ...] = ()) -> Line:
    """A line from its row."""
    return Line(
        amount=row.amount,
        currency=row.currency,
        booking_date=row.booking_date,
        value_date=row.value_date,
        kind=LineKind(row.kind),
        status=LineStatus(row.status),
        reversal=bool(row.reversal),
        counterparty=Counterparty(row.name, row.iban, row.bic, row.ultimate_name),
        remittance=row.remittance,
        creditor_reference=row.creditor_reference,
        end_to_end_id=row.end_to_end_id,
        mandate_id=row.mandate_id,
        creditor_id=row.creditor_id,
        payment_information_id=row.payment_information_id,
        message_id=row.message_id,
        bank_ref=row.bank_ref,
        customer_ref=row.customer_ref,
        gvc=row.gvc,
        bank_code=row.bank_code,
        purpose=row.purpose,
        return_reason=row.return_reason,
        original_amount=row.original_amount,
        charges=row.charges,
        booking_text=row.booking_text,
        transactions=row.transactions,
        details=details,
        raw=row.raw,
        where=row.place,
    )


class _Texts(dict[date | None, str | None]):
    """ISO texts by day, each made once: a file has many lines and few days."""

    def __missing__(self, day: date | None) -> str | None:
        text = None if day is None else day.isoformat()
        if len(self) < MAX_DAYS:
            self[day] = text
        return text


_ISO: Final = _Texts()
