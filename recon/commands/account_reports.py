"""``opos report account`` and ``opos report manual``: what concerns single customers."""

from datetime import date
from typing import Any

import click

from recon.commands.call import DAY, Call, called
from recon.commands.output import Column, Row, day, iso, money, print_document, print_rows
from recon.texts import filled, term
from sepa.money import Language, plain
from sepa.returns import return_reason

_SHEET = (
    Column("day", "day", "date"),
    Column("entry", "entry"),
    Column("document", "document"),
    Column("text", "entry_text"),
    Column("debit", "debit", "amount"),
    Column("credit", "credit_side", "amount"),
    Column("balance", "balance", "amount"),
    Column("currency", "currency"),
    Column("remark", "remark"),
)
_MANUAL = (
    Column("line", "bank_line"),
    Column("day", "day", "date"),
    Column("age", "age", "number"),
    Column("customer", "customer"),
    Column("name", "name"),
    Column("items", "items"),
    Column("amount", "amount", "amount"),
    Column("open", "open_amount", "amount"),
    Column("fee", "fee_asked", "amount"),
    Column("currency", "currency"),
    Column("status", "status", "term"),
)


@click.command("account")
@click.argument("customer")
@click.option("--from", "first", type=DAY, metavar="DATE", help="First day [the beginning]")
@click.option("--to", "last", type=DAY, metavar="DATE", help="Last day [--as-of]")
@click.option("--as-known", "known", is_flag=True, help="Only what was in the books at the end of the last day")
@called(sheets=True)
def account(call: Call, customer: str, first: date | None, last: date | None, *, known: bool) -> None:
    """The account sheet of CUSTOMER: every posting with a running balance; notices and returns as remarks."""
    from recon.service.account_sheet import account_sheet

    sheets = account_sheet(call.context(), customer, first, last, known=known)
    if call.as_json:
        print_document({
            "command": "report account", "report": "account", "as_of": iso(call.as_of),
            "customer": {"customer_no": sheets[0].customer_no, "name": sheets[0].name},
            "from": iso(first), "to": iso(sheets[0].last), "sheets": [_sheet_document(sheet) for sheet in sheets],
        })  # fmt: skip
        return
    rows: list[Row] = []
    for sheet in sheets:
        rows.append(_mark(sheet, "opening", first, sheet.opening, call))
        rows += _rows(sheet, call.lang)
        sums = {"debit": plain(sheet.debit, sheet.currency), "credit": plain(sheet.credit, sheet.currency)}
        rows.append({**_mark(sheet, "closing", sheet.last, sheet.closing, call), **sums})
    if call.for_people:
        click.echo(f"{sheets[0].customer_no}  {sheets[0].name}\n")
    print_rows(call, "report_account", rows, _SHEET)


@click.command("manual")
@click.option("--all", "settled", is_flag=True, help="Also those of which nothing is left")
@click.option("--as-known", "known", is_flag=True, help="Only what was in the books at the end of that day")
@called(sheets=True)
def manual(call: Call, *, settled: bool, known: bool) -> None:
    """What the tax adviser books by hand: overpayments that are neither an item nor exactly the fee asked for."""
    from recon.service.manual import manual_bookings
    from recon.service.reporting import Look

    rows = [
        {
            "allocation": one.allocation, "line": one.line, "bank_ref": one.bank_ref, "day": iso(one.day),
            "age": one.age, "customer": one.customer_no, "name": one.name, "items": list(one.items),
            "amount": plain(one.amount, one.currency), "open": plain(one.open, one.currency),
            "fee": None if one.fee is None else plain(one.fee, one.currency), "notice": one.notice,
            "currency": one.currency, "status": "settled" if one.settled else "open",
        }
        for one in manual_bookings(call.context(), Look(known=known), settled=settled)
    ]  # fmt: skip
    totals: dict[str, dict[str, int]] = {}
    for row in rows:
        own = totals.setdefault(str(row["currency"]), {"amount": 0, "open": 0})
        for name in own:
            own[name] += int(str(row[name]).replace(".", ""))
    told = {currency: {name: plain(sum_, currency) for name, sum_ in own.items()} for currency, own in totals.items()}
    if call.as_json:
        print_document({"command": "report manual", "report": "manual", "as_of": iso(call.as_of), "rows": rows,
                        "totals": told})  # fmt: skip
        return
    sums = [{"line": term("total", call.lang), "currency": currency, **own} for currency, own in sorted(told.items())]
    print_rows(call, "report_manual", rows, _MANUAL, lambda: sums)


def _sheet_document(sheet: Any) -> dict[str, Any]:
    return {
        "currency": sheet.currency,
        "opening": plain(sheet.opening, sheet.currency),
        "rows": [
            {
                **row, "kind": line.kind, "return_reason": line.reason_code, "reverses": line.reverses,
                "notice": line.notice, "level": line.level, "deadline": iso(line.deadline),
                "fee": plain(line.fee, line.currency) if line.notice else None,
            }
            for row, line in zip(_rows(sheet, "en"), sheet.lines, strict=True)
        ],
        "debit": plain(sheet.debit, sheet.currency),
        "credit": plain(sheet.credit, sheet.currency),
        "closing": plain(sheet.closing, sheet.currency),
    }  # fmt: skip


def _rows(sheet: Any, language: Language) -> list[dict[str, Any]]:
    return [
        {
            "day": iso(line.day), "entry": line.entry, "document": line.document, "text": line.text,
            "debit": plain(line.debit, line.currency) if line.debit else None,
            "credit": plain(line.credit, line.currency) if line.credit else None,
            "balance": plain(line.balance, line.currency), "currency": line.currency,
            "remark": _remark(line, language),
        }
        for line in sheet.lines
    ]  # fmt: skip


def _mark(sheet: Any, code: str, on: date | None, balance: int, call: Call) -> dict[str, Any]:
    return {"day": iso(on), "entry": None, "document": None, "text": term(code, call.lang), "debit": None,
            "credit": None, "balance": plain(balance, sheet.currency), "currency": sheet.currency,
            "remark": None}  # fmt: skip


def _remark(line: Any, language: Language) -> str | None:
    """What a line is beside its amount: a notice, a return with its reason, a reversal."""
    if line.notice is not None:
        fee = money(line.fee, language, line.currency)
        told = filled("remark_notice", language, notice=line.notice, deadline=day(line.deadline, language), fee=fee)
    elif line.reason_code is not None:
        reason = return_reason(line.reason_code)
        text = "" if reason is None else (reason.de if language == "de" else reason.en)
        told = filled("remark_return", language, reason=f"{line.reason_code} {text}".strip())
    elif line.claim:
        told = term("remark_claim", language)
    elif line.reverses is not None:
        told = filled("remark_undo", language, entry=line.reverses)
    else:
        return None
    return told.rstrip(": ")
