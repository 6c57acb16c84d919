"""``opos close``: a bank account's day, a period of the journal, and opening them again."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import click

from recon.commands.call import DAY, Call, called
from recon.commands.output import (
    Column,
    day,
    iso,
    money,
    print_csv,
    print_document,
    print_findings,
    print_list,
    print_table,
    print_tried,
    printable,
)
from recon.model.ledger import Closing
from recon.service.closing import ClosedDay, ClosedPeriod, Listed, shown
from recon.texts import term
from sepa.money import plain

_CLOSINGS = (
    Column("id", "id"),
    Column("kind", "kind", "term"),
    Column("account", "account"),
    Column("day", "closed_until", "date"),
    Column("bank", "bank_balance", "amount"),
    Column("ledger", "ledger_balance", "amount"),
    Column("open_sum", "open_sum", "amount"),
    Column("difference", "difference", "amount"),
    Column("currency", "currency"),
    Column("by", "by"),
    Column("closed_on", "closed_on", "date"),
    Column("status", "status", "term"),
    Column("reason", "reason"),
)
_SHEET = (
    Column("row", "kind", "term"),
    Column("id", "id"),
    Column("date", "booking_date", "date"),
    Column("text", "text"),
    Column("amount", "amount", "amount"),
    Column("currency", "currency"),
)
_POINTS = (
    Column("id", "id"),
    Column("date", "booking_date", "date"),
    Column("kind", "kind", "term"),
    Column("state", "status", "term"),
    Column("text", "text"),
    Column("amount", "amount", "amount"),
    Column("currency", "currency"),
)
_ACCOUNTS = (
    Column("account", "account"),
    Column("name", "name"),
    Column("closing", "closing_id"),
    Column("day", "closed_until", "date"),
    Column("difference", "difference", "amount"),
    Column("open_lines", "open_lines", "number"),
    Column("open_sum", "open_sum", "amount"),
    Column("currency", "currency"),
)
# The figures of a day in the order of the sheet, with the keys of the document.
_FIGURES = (
    ("opening", "sheet_opening"), ("in", "sheet_in"), ("out", "sheet_out"), ("bank", "sheet_bank"),
    ("ledger", "sheet_ledger"), ("open_sum", "sheet_open"), ("difference", "sheet_difference"),
)  # fmt: skip


@click.group("close")
def close() -> None:
    """Close a bank account's day or a period, list what is closed, open it again."""


def _against(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--reason", metavar="TEXT", help="Why; it stands in the books and in the log"),
        click.option("--override", is_flag=True, help="Close against what was found; needs --reason"),
    ):
        function = option(function)
    return function


@close.command("day")
@click.argument("account")
@click.option("--date", "until", type=DAY, metavar="DATE", help="The last day to close [the end of the last statement]")
@_against
@called(dry_run=True)
def close_day(call: Call, account: str, until: date | None, *, override: bool, reason: str | None) -> None:
    """Close the days of ACCOUNT (IBAN or name): the bank's closing balance is that of the ledger and the open lines."""
    from recon.service import closing

    done = closing.close_day(call.context(), account, until, override=override, reason=reason)
    _print_day(call, "close day", done)


@close.command("period")
@click.option("--until", type=DAY, metavar="DATE", required=True, help="The last day of the period")
@_against
@called(dry_run=True)
def close_period(call: Call, until: date, *, override: bool, reason: str | None) -> None:
    """Close the journal: nothing is booked with a day up to DATE any more. All accounts' days must be closed."""
    from recon.service import closing

    done = closing.close_period(call.context(), until, override=override, reason=reason)
    _print_period(call, "close period", done)


@close.command("list")
@called(sheets=True)
def list_closings(call: Call) -> None:
    """List what was closed, by whom, and what was opened again."""
    from recon.service import closing

    rows = [_listed(one) for one in closing.list_closings(call.context())]
    print_list(call, {"command": "close list", "closings": rows}, "closings", _CLOSINGS)


@close.command("show")
@click.argument("closing")
@called()
def show_closing(call: Call, closing: str) -> None:
    """Show CLOSING once more, as it was when it was made."""
    from recon.service.closing import show_closing as shown_again

    done = shown_again(call.context(), closing)
    if isinstance(done, ClosedDay):
        _print_day(call, "close show", done)
    else:
        _print_period(call, "close show", done)


@close.command("reopen")
@click.argument("closing")
@click.option("--reason", metavar="TEXT", required=True, help="Why; it stands in the books and in the log")
@called(dry_run=True)
def reopen(call: Call, closing: str, reason: str) -> None:
    """Open CLOSING again, the latest first. It stays in the books, with the reopening beside it."""
    from recon.service import closing as service

    done = service.reopen(call.context(), closing, reason)
    if call.as_json:
        print_document({"command": "close reopen", "dry_run": call.dry_run, "closing": _listed(done)})
        return
    told = term("reopened_now", call.lang).format_map(
        {"closing": shown(done.closing), "day": day(done.closing.day, call.lang)}
    )
    click.echo(told)
    print_tried(call)


def _print_day(call: Call, name: str, done: ClosedDay) -> None:
    closing = _document(done.closing, done.account, done.name)
    points = [
        {"kind": point.kind, "id": point.id, "date": iso(point.day), "state": point.state,
         "amount": plain(point.amount, point.currency), "currency": point.currency, "text": point.text}
        for point in done.points
    ]  # fmt: skip
    if call.as_json:
        accepted = plain(done.accepted, done.closing.currency or "EUR")
        print_document({"command": name, "dry_run": call.dry_run, "closing": {**closing, "accepted_before": accepted},
                        "open_points": points}, done.findings)  # fmt: skip
        return
    sums = [{"row": key, "amount": closing[key], "currency": closing["currency"]} for key, _ in _FIGURES]
    if call.as_csv:
        until = {"row": "day", "id": closing["id"], "date": closing["day"], "text": closing["account"]}
        signed = {"row": "by", "id": closing["id"], "date": closing["closed_on"], "text": closing["by"]}
        print_csv([until, *sums, *({**point, "row": point["kind"]} for point in points), signed], _SHEET)
    else:
        _print_sheet(call, done, points)
    print_findings(done.findings, call.lang)


def _print_sheet(call: Call, done: ClosedDay, points: Sequence[dict[str, Any]]) -> None:
    told = term("sheet_title", call.lang).format_map({"day": day(done.closing.day, call.lang)})
    click.echo(printable(f"{told}  {done.account}  {done.name or ''}".rstrip()))
    click.echo()
    figures = done.closing.figures
    currency = done.closing.currency or "EUR"
    if figures is not None:
        amounts = (figures.opening, figures.paid_in, figures.paid_out, figures.bank, figures.ledger, figures.open_sum,
                   figures.difference)  # fmt: skip
        for (_, title), amount in zip(_FIGURES, amounts, strict=True):
            head = term(title, call.lang).replace("{count}", str(figures.open_count))
            click.echo(f"{head:<36}{money(amount, call.lang, currency):>18}")
        if done.accepted:
            click.echo(f"{term('sheet_accepted', call.lang):<36}{money(done.accepted, call.lang, currency):>18}")
    if points:
        click.echo(f"\n{term('open_points', call.lang)}")
        print_table(points, _POINTS, call.lang)
    click.echo()
    _print_signed(call, done.closing, written=done.written)


def _print_period(call: Call, name: str, done: ClosedPeriod) -> None:
    rows = [
        {
            "account": one.account, "name": one.name,
            "closing": None if one.closing is None else shown(one.closing),
            "day": None if one.closing is None else iso(one.closing.day),
            "difference": None if one.closing is None or one.closing.figures is None
            else plain(one.closing.figures.difference, one.currency),
            "open_lines": one.open_count, "open_sum": plain(one.open_sum, one.currency), "currency": one.currency,
        }
        for one in done.accounts
    ]  # fmt: skip
    if call.as_json:
        document = {"command": name, "dry_run": call.dry_run, "closing": _document(done.closing, None, None)}
        print_document({**document, "accounts": rows}, done.findings)
        return
    if call.as_csv:
        print_csv(rows, _ACCOUNTS)
    else:
        click.echo(term("period_title", call.lang).format_map({"day": day(done.closing.day, call.lang)}))
        click.echo()
        print_table(rows, _ACCOUNTS, call.lang)
        click.echo()
        _print_signed(call, done.closing, written=done.written)
    print_findings(done.findings, call.lang)


def _print_signed(call: Call, closing: Closing, *, written: bool) -> None:
    """Who signed off, when, and against what."""
    facts = {"closing": shown(closing), "actor": closing.actor,
             "day": day(closing.closed_on, call.lang)}  # fmt: skip
    code = "signed" if written or call.command == "close show" else "signed_before"
    told = term(code, call.lang).format_map(facts)
    if closing.overridden:
        told += f" {term('signed_override', call.lang)}"
    if closing.reason:
        told += f" {term('reason', call.lang)}: {closing.reason}"
    click.echo(printable(told))
    print_tried(call)


def _listed(one: Listed) -> dict[str, Any]:
    by = one.reopened_by
    told = _document(one.closing, one.account, one.name)
    return {
        **told,
        "status": "reopened" if by is not None else "closed",
        "reopened_by": None if by is None else by.actor,
        "reopened_on": None if by is None else iso(by.closed_on),
        "reopen_reason": None if by is None else by.reason,
    }


def _document(closing: Closing, account: str | None, name: str | None) -> dict[str, Any]:
    figures, currency = closing.figures, closing.currency or "EUR"
    amounts: dict[str, int | None] = dict.fromkeys((key for key, _ in _FIGURES))
    if figures is not None:
        amounts = {
            "opening": figures.opening, "in": figures.paid_in, "out": figures.paid_out, "bank": figures.bank,
            "ledger": figures.ledger, "open_sum": figures.open_sum, "difference": figures.difference,
        }  # fmt: skip
    return {
        "id": shown(closing), "kind": closing.kind.value,
        "account": account, "name": name, "day": iso(closing.day), "currency": closing.currency,
        "statement": closing.statement,
        **{key: None if amount is None else plain(amount, currency) for key, amount in amounts.items()},
        "open_lines": None if figures is None else figures.open_count, "override": closing.overridden,
        "reason": closing.reason, "by": closing.actor, "closed_on": iso(closing.closed_on),
    }  # fmt: skip
