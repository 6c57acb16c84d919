"""Looking after statements: the chain of balances with its gaps, and the originals as delivered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from recon.model.finding import Finding, error
from recon.model.roles import Action
from recon.service.answers import Refused
from recon.service.context import Context, reading
from recon.service.once import ANNOUNCING
from recon.store import statements as store
from recon.store.ids import read_id, shown_id
from recon.store.removing import removals
from recon.store.tables import accounts, files, log, statements
from sepa.calendar import add_bank_days

# How many missing bank days are named one by one.
MAX_DAYS: Final = 31


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole in an account's chain: what is missing lies between the two statements. ``missing`` are the bank days
    between them, ``difference`` what the missing lines add up to (minor units), ``allowed`` the reason why a person
    has let it be."""

    account: str
    currency: str
    after: str
    after_date: date | None
    before: str
    before_date: date | None
    closing: int
    opening: int
    missing: tuple[date, ...]
    allowed: str | None = None

    @property
    def difference(self) -> int:
        """Opening less closing: the sum of what is missing."""
        return self.opening - self.closing


@dataclass(frozen=True, slots=True)
class Original:
    """A file as it was delivered."""

    name: str
    sha256: str
    content: bytes


def gaps(context: Context) -> list[Gap]:
    """Where an account's statements do not follow on one another, oldest first (domain.md 1.7)."""
    with reading(context, Action.READ) as connection:
        own = {row.id: row.iban for row in connection.execute(select(accounts.c.id, accounts.c.iban))}
        chains: dict[tuple[int, str], list[Any]] = {}
        query = select(statements).where(
            statements.c.format.not_in(sorted(ANNOUNCING)), statements.c.opening.is_not(None),
            statements.c.closing.is_not(None),
        )  # fmt: skip
        for row in connection.execute(query.order_by(statements.c.id)):
            chains.setdefault((row.account_id, row.currency), []).append(row)
        reasons = {
            row.subject: row.reason
            for row in connection.execute(
                select(log.c.subject, log.c.reason).where(log.c.action == "import", log.c.reason.is_not(None))
            )
        }
        return [
            replace(gap, allowed=reasons.get(gap.before))
            for (account, _), rows in sorted(chains.items(), key=lambda pair: (own[pair[0][0]], pair[0][1]))
            for gap in holes(own[account], rows)
        ]


def original(context: Context, name: str) -> Original:
    """The file that a statement came from, byte for byte, also of one that was taken out. Raises Refused for an unknown
    statement."""
    with reading(context, Action.READ) as connection:
        number = read_id("statements", name)
        query = (
            select(files.c.id, files.c.name, files.c.sha256)
            .join(statements, statements.c.file_id == files.c.id)
            .where(statements.c.id == number)
        )
        row = connection.execute(query).one_or_none()
        for gone in [] if row or number is None else removals(connection, shown_id("statements", number)):
            sha256 = msgspec.json.decode(gone.before)["sha256"]
            row = connection.execute(
                select(files.c.id, files.c.name, files.c.sha256).where(files.c.sha256 == sha256)
            ).one_or_none()
        if row is None:
            raise Refused(unknown(connection, name))
        return Original(row.name, row.sha256, store.original(connection, row.id))


def unknown(connection: Connection, name: str) -> Finding:
    """Why there is no such statement: it was taken out, or it never was."""
    number = read_id("statements", name)
    for gone in [] if number is None else removals(connection, shown_id("statements", number)):
        return error(
            "statement-removed", gone.subject, statement=gone.subject, day=gone.as_of, actor=gone.actor,
            reason=gone.reason,
        )  # fmt: skip
    return error("statement-unknown", name, statement=name)


def holes(account: str, rows: Sequence[Any]) -> list[Gap]:
    """The gaps among statements (rows) of one account: one that begins where no other ends, although earlier ones are
    there, has a hole before it."""
    ends = {row.closing for row in rows}
    begins = {row.opening for row in rows}
    in_order = sorted(rows, key=lambda row: (row.period_from or date.min, row.period_to or date.min, row.id))
    found = []
    for row in in_order[1:]:
        if row.opening in ends:
            continue
        earlier = [other for other in in_order if other.id != row.id and _day(other) <= (row.period_from or date.max)]
        loose = [other for other in earlier if other.closing not in begins]
        if not earlier or any(other.opening == row.opening for other in earlier):
            continue
        last = max(loose or earlier, key=lambda other: (_day(other), other.id))
        found.append(
            Gap(account, row.currency, shown_id("statements", last.id), last.period_to,
                shown_id("statements", row.id), row.period_from, last.closing, row.opening,
                _bank_days(last.period_to, row.period_from))
        )  # fmt: skip
    return found


def _day(row: Any) -> date:
    day: date = row.period_to or date.min
    return day


def _bank_days(after: date | None, before: date | None) -> tuple[date, ...]:
    """The bank days between two days, neither included; at most MAX_DAYS of them."""
    if after is None or before is None:
        return ()
    found: list[date] = []
    day = add_bank_days(after, 1)
    while day < before and len(found) < MAX_DAYS:
        found.append(day)
        day = add_bank_days(day, 1)
    return tuple(found)
