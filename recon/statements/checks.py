"""What must hold in a statement, as a list of pure checks: Statement -> findings (domain.md 1.7, 2.4, 2.5)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from recon.model.finding import Finding, error, warning
from recon.model.statement import Line, Statement
from recon.statements.source import printable
from sepa.money import plain

# Between value date and booking date banks leave days, on loans months; more is a misread date.
MAX_DAYS_APART: Final = 366


def balance_closes(statement: Statement) -> Iterator[Finding]:
    """Opening + Σ booked lines = closing, to the cent."""
    if statement.opening is None or statement.closing is None or statement.balance_ok:
        return
    unit = statement.currency
    # An intraday report is a preview that nothing is booked from, and its balances need not belong to its lines.
    tell = warning if statement.format == "camt.052" else error
    yield tell(
        "balance-gap",
        statement.where,
        opening=plain(statement.opening, unit),
        booked=plain(statement.booked, unit),
        expected=plain(statement.opening + statement.booked, unit),
        closing=plain(statement.closing, unit),
    )


def account_given(statement: Statement) -> Iterator[Finding]:
    """A statement without an account belongs to nobody."""
    if not statement.account:
        yield error("account-missing", statement.where)


def one_currency(statement: Statement) -> Iterator[Finding]:
    """Every line is in the currency of the account."""
    for line in statement.lines:
        if line.currency != statement.currency:
            yield error("currency-mismatch", line.where, currencies=printable(f"{statement.currency}, {line.currency}"))


def dates_near(statement: Statement) -> Iterator[Finding]:
    """Booking date and value date of a line are less than a year apart."""
    limit = timedelta(days=MAX_DAYS_APART)
    for line in statement.lines:
        if line.booking_date == line.value_date:
            continue
        if line.booking_date and line.value_date and abs(line.booking_date - line.value_date) > limit:
            yield warning("dates-apart", line.where, booking_date=line.booking_date, value_date=line.value_date)


def details_add_up(statement: Statement) -> Iterator[Finding]:
    """Σ details = amount of the batch booking, and as many details as the bank counts (domain.md 2.5)."""
    for line in statement.lines:
        if line.details:
            yield from _batch(line)


def _batch(line: Line) -> Iterator[Finding]:
    if {detail.currency for detail in line.details} == {line.currency}:
        total = sum(detail.amount for detail in line.details)
        if total != line.amount:
            yield warning(
                "batch-sum", line.where, total=plain(total, line.currency), amount=plain(line.amount, line.currency)
            )
    if line.transactions is not None and line.transactions != len(line.details):
        yield warning("batch-count", line.where, found=len(line.details), expected=line.transactions)


CHECKS: Final[tuple[Callable[[Statement], Iterator[Finding]], ...]] = (
    balance_closes,
    account_given,
    one_currency,
    dates_near,
    details_add_up,
)


def checked(statement: Statement, findings: tuple[Finding, ...] = ()) -> Statement:
    """The statement with the findings of its reader and of all checks."""
    found = [finding for check in CHECKS for finding in check(statement)]
    return replace(statement, findings=(*findings, *found)) if found or findings else statement
