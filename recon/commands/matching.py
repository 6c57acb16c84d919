"""``opos match``: run, explain, confirm, reject, undo, payers, backtest."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import click

from recon.commands.call import DAY, Call, called, leave
from recon.commands.documents import proposal_document, shares_document
from recon.commands.output import Column, iso, money, print_document, print_list, print_table, print_tried, printable
from recon.model.finding import error
from recon.model.matching import Band, Evidence, Share
from recon.service.answers import Exit, Refused
from recon.service.confirming import Wanted
from recon.texts import filled, term, told, why
from sepa.money import AmountError, Language, parse_typed_amount, plain

_PAYERS = (
    Column("customer", "customer"),
    Column("name", "name"),
    Column("iban", "iban"),
    Column("known_by", "known_by", "term"),
    Column("payments", "payments", "number"),
    Column("last_on", "last_paid_on", "date"),
    Column("account_holder", "account_holder"),
    Column("sign", "sign", "term"),
)
_BACKTEST = (
    Column("class", "class"),
    Column("lines", "lines", "number"),
    Column("right", "would_be_right", "number"),
    Column("wrong", "would_be_wrong", "number"),
    Column("asked_first", "right_first", "number"),
    Column("asked_listed", "right_listed", "number"),
    Column("asked_none", "right_missing", "number"),
    Column("undone", "undone_lines", "number"),
)
_WRONG = (
    Column("line", "id"),
    Column("class", "class"),
    Column("booking_date", "booking_date", "date"),
    Column("amount", "amount", "amount"),
    Column("would", "would_book"),
    Column("stands", "stands"),
)


@click.group("match", invoke_without_command=True)
@click.option("--fail-on", type=click.Choice(["unmatched", "review"]), help="Leave with 5 when lines are left")
@called(dry_run=True)
def match(call: Call, fail_on: str | None) -> None:
    """Match every open bank line with the open items. Only what is certain is booked; the rest is proposed."""
    if click.get_current_context().invoked_subcommand is not None:
        return
    from recon.service.matching import match_all

    result = match_all(call.context())
    if call.as_json:
        print_document({
            "command": "match", "dry_run": call.dry_run, "run": result.run, "lines": result.lines,
            "booked": result.booked, "bands": {band.value: result.bands[band] for band in Band},
            "open_lines": {"count": result.open_lines[0], "amount": plain(result.open_lines[1])},
            "undone": sum(result.undone.values()), "undone_classes": dict(sorted(result.undone.items())),
        })  # fmt: skip
    else:
        for name, value in _summary(call, result):
            click.echo(f"{name:<28}{value:>14}")
        if result.bands[Band.HIGH] + result.bands[Band.MEDIUM] + result.bands[Band.LOW]:
            click.echo(f"\n{term('next_proposals', call.lang)}")
        print_tried(call)
    asked = sum(result.bands[band] for band in (Band.HIGH, Band.MEDIUM, Band.LOW, Band.RETURN)) > 0
    if (fail_on == "unmatched" and result.open_lines[0]) or (fail_on == "review" and asked):
        leave(Exit.CONDITION)


@match.command("explain")
@click.argument("line")
@click.argument("invoice_no", required=False)
@called()
def explain(call: Call, line: str, invoice_no: str | None) -> None:
    """Say why a line is booked, proposed or left, and for INVOICE_NO whether it was considered."""
    from recon.service.explaining import explain_line

    found = explain_line(call.context(), line, invoice_no)
    if call.as_json:
        print_document({
            "command": "match explain", "line": found.line.id, "status": found.line.state,
            "booked": [{**_allocation(entry), "rules": found.rules.get(entry.run or "")} for entry in found.booked],
            "proposals": [proposal_document(proposal, rank, found.line.line.currency)
                          for rank, proposal in enumerate(found.line.proposals, start=1)],
            "runner_up": None if found.decided is None else _reason(found.decided),
            "item": _not_taken(invoice_no, found.why_not),
        })  # fmt: skip
        return
    for text in found.told(call.lang):
        click.echo(printable(text))


@match.command("confirm")
@click.argument("line")
@click.argument("invoices", nargs=-1, metavar="[INVOICE_NO[=AMOUNT]]...")
@click.option(
    "--proposal", "rank", default=1, show_default=True, help="Which proposal to take when no invoice is named"
)
@click.option(
    "--difference",
    type=click.Choice(["discount", "write_off", "fee_waived", "bank_charge"]),
    help="What the money is that is missing; without it the item stays open with it",
)
@click.option("--reason", metavar="TEXT", help="Why, for the log; a write-off above 5.00 needs one")
@called(dry_run=True)
def confirm(
    call: Call, line: str, invoices: Sequence[str], rank: int, *, difference: str | None, reason: str | None
) -> None:
    """Book LINE on the invoices named, or as it is proposed."""
    from recon.service import confirming
    from recon.service.differences import Difference

    said = None if difference is None else Difference(difference)
    wanted = [wanted_of(text) for text in invoices]
    done = confirming.confirm(call.context(), line, wanted, rank, difference=said, reason=reason)
    if call.as_json:
        document: dict[str, Any] = {
            "command": "match confirm", "dry_run": call.dry_run, "line": done.line,
            "left": plain(done.left, done.currency), "currency": done.currency,
            **proposal_document(done.proposal, 1, done.currency),
        }  # fmt: skip
        print_document(document)
        return
    for share in done.proposal.shares:
        kind = term(share.kind.value, call.lang)
        to = share.invoice_no or share.customer_no or ""
        click.echo(f"{done.line}  {kind:<22} {to:<20} {money(share.amount, call.lang, done.currency):>16}")
    if done.left:
        click.echo(f"{term('left', call.lang)}: {money(done.left, call.lang, done.currency)}")
    print_tried(call)


@match.command("reject")
@click.argument("line")
@called(dry_run=True)
def reject(call: Call, line: str) -> None:
    """Say no to what is proposed for LINE; it stays rejected."""
    from recon.service import confirming

    count = confirming.reject(call.context(), line)
    if call.as_json:
        print_document({"command": "match reject", "dry_run": call.dry_run, "line": line, "rejected": count})
    else:
        click.echo(filled("proposals_rejected", call.lang, count=count))
        print_tried(call)


@match.command("undo")
@click.argument("allocation", required=False)
@click.option("--last", is_flag=True, help="Take back the last decision")
@click.option("--run", "run_name", metavar="RUN", help="Take back everything a run has booked")
@click.option("--again", is_flag=True, help="The next run may book it again; else it is only proposed")
@click.option("--reverse-on", type=DAY, metavar="DATE", help="The day of the reversal, where the period is closed")
@called(dry_run=True)
def undo(
    call: Call, allocation: str | None, run_name: str | None, *, last: bool, again: bool, reverse_on: date | None
) -> None:
    """Take back an allocation, a run, or the last decision. Nothing is erased: the opposite is booked."""
    from recon.service import undoing

    if sum(given for given in (allocation is not None, run_name is not None, last)) != 1:
        raise click.UsageError("Name one of ALLOCATION, --last or --run RUN.")
    count = undoing.undo(
        call.context(), allocation=allocation, run_name=run_name, last=last, again=again, reverse_on=reverse_on
    )
    if call.as_json:
        print_document({"command": "match undo", "dry_run": call.dry_run, "undone": count})
    else:
        click.echo(term("undone", call.lang).replace("{count}", str(count)))
        if count and not call.dry_run:
            click.echo(term("next_proposals", call.lang))
        print_tried(call)


@match.command("payers")
@click.argument("customer_no", required=False)
@called(sheets=True)
def payers(call: Call, customer_no: str | None) -> None:
    """List the IBANs that payers are known by, and how often they have paid for whom."""
    from recon.service.payers import list_payers

    rows = [
        {"customer": one.customer, "name": one.name, "iban": one.iban, "known_by": "given" if one.given else "learned",
         "payments": one.payments, "last_on": iso(one.last_on), "account_holder": one.holder, "sign": one.sign,
         "allocations": list(one.allocations)}
        for one in list_payers(call.context(), customer_no)
    ]  # fmt: skip
    print_list(call, {"command": "match payers", "payers": rows}, "payers", _PAYERS)


@match.command("backtest")
@click.option("--since", type=DAY, metavar="DATE", help="Only lines booked by the bank since that day")
@called()
def backtest(call: Call, since: date | None) -> None:
    """Ask today's matching about every settled line again, as the books were then, and compare. Writes nothing."""
    from recon.service.backtesting import backtest as played

    done = played(call.context(), since)
    counts = [
        {"lines": one.lines, **{verdict.value: count for verdict, count in one.verdicts.items()}, "undone": one.undone}
        for one in done.classes
    ]
    names = [column.key for column in _BACKTEST if column.kind == "number"]
    classes = [{"class": one.match_class, **row} for one, row in zip(done.classes, counts, strict=True)]
    wrong = [
        {"line": one.line, "class": one.match_class, "booking_date": iso(one.booking_date),
         "amount": plain(one.amount, one.currency), "currency": one.currency,
         "would": shares_document(one.would, one.currency), "stands": shares_document(one.stands, one.currency)}
        for one in done.wrong
    ]  # fmt: skip
    totals = {name: sum(row[name] for row in counts) for name in names}
    document = {"command": "match backtest", "since": iso(since), "lines": done.lines, "classes": classes,
                "totals": totals, "wrong": wrong}  # fmt: skip
    print_list(call, document, "classes", _BACKTEST)
    if classes and not call.as_json and not call.as_csv:
        asked = sum(totals[name] for name in names if name.startswith("asked_"))
        facts = {name: str(count) for name, count in {**totals, "asked": asked}.items()}
        click.echo(f"\n{term('backtest_sum', call.lang).format_map(facts)}")
    if wrong and not call.as_json and not call.as_csv:
        click.echo(f"\n{term('backtest_wrong', call.lang)}")
        short = [
            {"would": _in_short(one.would, one.currency, call.lang),
             "stands": _in_short(one.stands, one.currency, call.lang)}
            for one in done.wrong
        ]  # fmt: skip
        print_table([{**row, **said} for row, said in zip(wrong, short, strict=True)], _WRONG, call.lang)


def _in_short(shares: Sequence[Share], currency: str, language: Language) -> str:
    return ", ".join(
        f"{share.invoice_no or share.customer_no or ''} {money(share.amount, language, currency)}" for share in shares
    )


def wanted_of(text: str) -> Wanted:
    """``INVOICE_NO`` or ``INVOICE_NO=AMOUNT``."""
    number, sign, amount = text.partition("=")
    if not sign:
        return Wanted(number, None)
    try:
        return Wanted(number, parse_typed_amount(amount))
    except AmountError as wrong:
        raise Refused(error("amount-wrong", text, value=amount), exit_code=Exit.USAGE) from wrong


def _summary(call: Call, result: Any) -> list[tuple[str, str]]:
    rows = [(term("lines", call.lang), str(result.lines)), (term("booked", call.lang), str(result.booked))]
    rows += [(f"  {_band(band, call.lang)}", str(result.bands[band])) for band in Band if result.bands[band]]
    rows.append((term("open_lines", call.lang), str(result.open_lines[0])))
    rows.append((term("open_sum", call.lang), money(result.open_lines[1], call.lang)))
    if result.undone:
        rows.append((term("undone_lines", call.lang), str(sum(result.undone.values()))))
    return rows


def _band(band: Band, language: Language) -> str:
    """How sure, in words; a return is none of the steps of certainty."""
    word = term(band.value, language)
    return word if band is Band.RETURN else f"{term('band', language)}: {word}"


def _not_taken(invoice_no: str | None, reasons: Sequence[Evidence]) -> dict[str, Any] | None:
    """Why an item was not taken: the deciding reason, and all of them."""
    if not reasons:
        return None
    first = _reason(reasons[0])
    return {"invoice_no": invoice_no, "reason": first["rule"], "text": first["text"],
            "reasons": [_reason(reason) for reason in reasons]}  # fmt: skip


def _reason(reason: Evidence) -> dict[str, str]:
    return {"rule": reason.rule, "text": why(reason.rule, reason.facts, "en")}


def _allocation(entry: Any) -> dict[str, Any]:
    return {"id": entry.id, "item": entry.item, "amount": plain(entry.amount, entry.currency), "kind": entry.kind,
            "class": entry.match_class, "status": entry.status,
            "evidence": [{"rule": reason.rule, "text": told("evidence", reason.rule, reason.facts, "en")}
                         for reason in entry.evidence]}  # fmt: skip
