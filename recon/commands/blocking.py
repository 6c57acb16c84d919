"""``opos dunning block|unblock|blocks``, ``promise|promises``, ``proposals``: what keeps items from being dunned, and
what has been through all levels."""

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import click

from recon.commands.call import DAY, Call, called
from recon.commands.output import Column, day, iso, money, print_document, print_rows, print_tried, printable
from recon.texts import filled, term
from sepa.money import plain

if TYPE_CHECKING:
    from recon.service.blocks import Block
    from recon.service.promises import PromiseEntry
    from recon.service.proposals import Proposal
    from recon.service.standing import Standing

_BLOCKS: Final = (
    Column("customer", "customer"),
    Column("name", "name"),
    Column("item", "item"),
    Column("kind", "kind"),
    Column("only", "held_from"),
    Column("reason", "reason"),
    Column("by", "by"),
    Column("since", "since", "date"),
    Column("until", "held_until", "date"),
    Column("source", "held_by"),
    Column("ended_on", "held_ended", "date"),
)
_PROMISES: Final = (
    Column("id", "id"),
    Column("item", "item"),
    Column("customer", "customer"),
    Column("name", "name"),
    Column("amount", "promised", "amount"),
    Column("open", "open_amount", "amount"),
    Column("until", "promised_until", "date"),
    Column("state", "state"),
    Column("made_on", "since", "date"),
    Column("by", "by"),
    Column("reason", "reason"),
)
_PROPOSALS: Final = (
    Column("customer", "customer"),
    Column("name", "name"),
    Column("item", "item"),
    Column("part", "part", "term"),
    Column("branch", "branch"),
    Column("due_date", "due_date", "date"),
    Column("days_overdue", "days_overdue", "number"),
    Column("open", "open_amount", "amount"),
    Column("currency", "currency"),
    Column("level", "level_of_item", "number"),
    Column("notice", "last_notice"),
    Column("noticed_on", "last_notice_on", "date"),
    Column("deadline", "deadline", "date"),
    Column("since", "proposed_since", "date"),
)


@click.command("block")
@click.argument("invoice_no", required=False)
@click.option("--customer", metavar="NO", help="Block all of this customer from dunning, in place of an item")
@click.option("--reason", required=True, help="Why; it stands in every list")
@click.option("--until", type=DAY, metavar="DATE", help="The last day of the block; without it until it is lifted")
@click.option("--only", type=click.Choice(["dunning", "collect"]), help="Block an item from only one of the two")
@called(dry_run=True)
def block(
    call: Call, invoice_no: str | None, *, customer: str | None, reason: str, until: date | None, only: str | None
) -> None:
    """Keep INVOICE_NO from being reminded of and collected, or all of a customer from being reminded."""
    from recon.service import blocks as service

    if customer is not None:
        _see_one(invoice_no, only)
        service.block_customer(call.context(), customer, reason=reason, until=until)
    else:
        service.block(call.context(), _item(invoice_no), reason=reason, until=until, only=only)
    _done(call, "dunning block", invoice_no, customer, code="blocked_now")


@click.command("unblock")
@click.argument("invoice_no", required=False)
@click.option("--customer", metavar="NO", help="Lift the block of this customer, in place of an item's")
@click.option("--reason", required=True, help="Why")
@click.option("--until", type=DAY, hidden=True)
@click.option("--only", type=click.Choice(["dunning", "collect"]), help="Lift only one of the two")
@called(dry_run=True)
def unblock(
    call: Call,
    invoice_no: str | None,
    *,
    customer: str | None,
    reason: str,
    until: date | None,  # noqa: ARG001
    only: str | None,
) -> None:
    """Lift the block of INVOICE_NO or of a customer; level and dates are as they were."""
    from recon.service import blocks as service

    if customer is not None:
        _see_one(invoice_no, only)
        lifted = service.unblock_customer(call.context(), customer, reason=reason)
    else:
        lifted = service.unblock(call.context(), _item(invoice_no), reason=reason, only=only)
    _done(
        call,
        "dunning unblock",
        invoice_no,
        customer,
        code="unblocked_now" if lifted else "unblocked_none",
        lifted=lifted,
    )


@click.command("blocks")
@click.option("--all", "everything", is_flag=True, help="Also what has ended")
@called(sheets=True)
def blocks(call: Call, *, everything: bool) -> None:
    """List what is held back: who, why, by whom, until when; complaints and promises with it."""
    from recon.service.blocks import list_blocks

    rows = [block_document(one) for one in list_blocks(call.context(), everything=everything)]
    if call.as_json:
        print_document({"command": "dunning blocks", "as_of": iso(call.as_of), "blocks": rows})
        return
    if not call.as_csv:
        rows = [{**row, "kind": term(f"hold_{row['kind']}", call.lang), "only": _held_from(row["only"], call)}
                for row in rows]  # fmt: skip
    print_rows(call, "list_blocks", rows, _BLOCKS)


@click.command("promise")
@click.argument("invoice_no")
@click.option("--until", type=DAY, required=True, metavar="DATE", help="The day by which it is to be paid")
@click.option("--amount", metavar="AMOUNT", help="What is promised; without it all that is open")
@click.option("--reason", help="What was agreed")
@called(dry_run=True)
def promise(call: Call, invoice_no: str, until: date, amount: str | None, reason: str | None) -> None:
    """Record that the customer has promised to pay INVOICE_NO; it is not dunned until then."""
    from recon.service import promises as service

    known = service.promise(call.context(), invoice_no, until=until, amount=amount, reason=reason)
    if call.as_json:
        print_document({"command": "dunning promise", "dry_run": call.dry_run, "promise": promise_document(known)})
        return
    told = money(known.amount, call.lang, known.currency)
    click.echo(filled("promise_made", call.lang, id=known.id, item=known.item, amount=told,
                      until=day(known.until, call.lang)))  # fmt: skip
    if known.replaces:
        click.echo(filled("promise_replaces", call.lang, id=known.replaces))
    print_tried(call)


@click.command("promises")
@click.option("--broken", is_flag=True, help="Only those that were not kept")
@click.option("--all", "everything", is_flag=True, help="Also those that were kept, replaced or withdrawn")
@click.option("--item", metavar="INVOICE_NO", help="Only those of this item")
@called(sheets=True)
def promises(call: Call, item: str | None, *, broken: bool, everything: bool) -> None:
    """List promises to pay: who, how much, until when, and whether they were kept."""
    from recon.service.promises import list_promises

    if broken and everything:
        raise click.UsageError("choose one of --broken and --all")
    found = list_promises(call.context(), broken=broken, item=item, everything=everything)
    rows = [promise_document(one) for one in found]
    if call.as_json:
        print_document({"command": "dunning promises", "as_of": iso(call.as_of), "promises": rows})
        return
    if not call.as_csv:
        rows = [{**row, "state": term(f"promise_{row['state']}", call.lang)} for row in rows]
    print_rows(call, "list_promises", rows, _PROMISES)


@click.command("proposals")
@click.option("--customer", metavar="NO", help="Only this customer")
@click.option("--branch", metavar="CODE", help="Only this branch")
@called(sheets=True)
def proposals(call: Call, customer: str | None, branch: str | None) -> None:
    """List what has been through every level and is proposed for collection by an agency. Decides nothing."""
    from recon.service.dunnable import Scope
    from recon.service.proposals import list_proposals

    found = list_proposals(call.context(), Scope(branch, customer))
    rows = [_proposal_document(one) for one in found]
    sums: dict[str, int] = {}
    for one in found:
        sums[one.currency] = sums.get(one.currency, 0) + one.open
    totals = [{"count": sum(one.currency == currency for one in found), "open": plain(total, currency),
               "currency": currency} for currency, total in sorted(sums.items())]  # fmt: skip
    if call.as_json:
        print_document({"command": "dunning proposals", "as_of": iso(call.as_of), "proposals": rows, "totals": totals})
        return
    print_rows(call, "list_proposals", rows, _PROPOSALS, lambda: [_sum_row(row, call) for row in totals])


def promise_document(known: "PromiseEntry") -> dict[str, Any]:
    """A promise in JSON."""
    return {
        "id": known.id, "item": known.item, "customer": known.customer, "name": known.name,
        "amount": plain(known.amount, known.currency), "open": plain(known.open, known.currency),
        "currency": known.currency, "until": iso(known.until), "made_on": iso(known.made_on),
        "reason": known.reason, "by": known.by, "by_phone": known.by_phone, "state": known.state.value,
        "replaces": known.replaces,
    }  # fmt: skip


def standing_lines(call: Call, said: "Standing") -> list[str]:
    """What was said of an item, in words: complaints, promises, and blocks that do not stem from these."""
    told = []
    for one in said.complaints:
        state = term("complaint_open", call.lang)
        if one.resolved is not None and one.resolved.outcome is not None:
            state = term(f"outcome_{one.resolved.outcome}", call.lang)
        told.append(filled("explained_complaint", call.lang, id=one.id, day=day(one.opened_on, call.lang), state=state,
                           reason=one.reason, by=one.by))  # fmt: skip
    told += [
        filled("explained_promise", call.lang, id=made.id, until=day(made.until, call.lang), by=made.by,
               amount=money(made.amount, call.lang, made.currency), state=term(f"promise_{made.state}", call.lang))
        for made in said.promises
    ]  # fmt: skip
    for held in said.blocks:
        if held.source is None and held.since is not None:
            until = "" if held.until is None else f" – {day(held.until, call.lang)}"
            told.append(filled("explained_block", call.lang, kind=term(f"hold_{held.kind}", call.lang),
                               only=_held_from(held.only, call), since=day(held.since, call.lang), until=until,
                               reason=held.reason or "", by=held.by or ""))  # fmt: skip
    return [printable(text) for text in told]


def block_document(one: "Block") -> dict[str, Any]:
    """What holds an item or a customer back, in JSON."""
    return {
        "customer": one.customer, "name": one.name, "item": one.item, "kind": one.kind, "only": one.only,
        "reason": one.reason, "by": one.by, "since": iso(one.since), "until": iso(one.until), "source": one.source,
        "ended_on": iso(one.ended_on),
    }  # fmt: skip


def _proposal_document(one: "Proposal") -> dict[str, Any]:
    return {
        "customer": one.customer, "name": one.name, "item": one.item, "part": one.part.value, "branch": one.branch,
        "due_date": iso(one.due_date), "days_overdue": one.days_overdue, "open": plain(one.open, one.currency),
        "currency": one.currency, "level": one.level, "notice": one.notice, "noticed_on": iso(one.noticed_on),
        "deadline": iso(one.deadline), "since": iso(one.since),
    }  # fmt: skip


def _sum_row(total: dict[str, Any], call: Call) -> dict[str, Any]:
    return {"customer": term("sum", call.lang), "item": str(total["count"]), "open": total["open"],
            "currency": total["currency"]}  # fmt: skip


def _held_from(only: str | None, call: Call) -> str:
    return term(f"held_from_{only or 'both'}", call.lang)


def _item(invoice_no: str | None) -> str:
    if invoice_no is None:
        raise click.UsageError("give an INVOICE_NO or --customer NO")
    return invoice_no


def _see_one(invoice_no: str | None, only: str | None) -> None:
    if invoice_no is not None:
        raise click.UsageError("give an INVOICE_NO or --customer NO, not both")
    if only == "collect":
        raise click.UsageError("a customer is blocked from dunning; --only collect is for an item")


def _done(
    call: Call, command: str, invoice_no: str | None, customer: str | None, *, code: str, lifted: int | None = None
) -> None:
    if call.as_json:
        more = {} if customer is None else {"customer": customer}
        counted = {} if lifted is None else {"lifted": lifted}
        print_document({"command": command, "dry_run": call.dry_run, "item": invoice_no, **more, **counted})
        return
    told = invoice_no if customer is None else f"{term('customer', call.lang)} {customer}"
    click.echo(filled(code, call.lang, item=told))
    print_tried(call)
