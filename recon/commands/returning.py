"""``opos returns``: debits that came back, and what is done about them."""

from datetime import date
from typing import Any

import click

from recon.commands.call import DAY, Call, called
from recon.commands.output import (
    Column,
    day,
    finding_document,
    iso,
    print_document,
    print_findings,
    print_list,
    print_tried,
)
from recon.texts import filled, finding_text, term
from sepa.money import plain

RETURNS = (
    Column("line", "id"),
    Column("booking_date", "booking_date", "date"),
    Column("item", "item"),
    Column("customer", "customer"),
    Column("amount", "amount", "amount"),
    Column("charge", "charge_column", "amount"),
    Column("claim", "claimed_as"),
    Column("code", "code"),
    Column("text", "reason"),
    Column("mandate", "mandate"),
    Column("mandate_status", "status", "term"),
)
# What is next stands in the list of cases alone; the report says what was on a day.
_CASES = (*RETURNS, Column("case", "case"), Column("state", "state", "term"), Column("next", "next_step"))
STATES = ("open", "unclear", "retry", "again", "settled", "closed")


@click.group("returns")
def returns() -> None:
    """Debits that the bank gave back or rejected: what is next, present again, or close."""


@returns.command("list")
@click.option("--status", type=click.Choice(STATES), help="Only cases that are so; open and unclear ones want a person")
@called(sheets=True)
def list_returns(call: Call, status: str | None) -> None:
    """List returns, rejected debits and unclear answers of the bank, with what follows."""
    from recon.service.cases import list_cases

    cases = list_cases(call.context(), status=status)
    late = [case.finding for case in cases if case.finding is not None]
    document = {
        "returns": [case_document(call, case) for case in cases],
        "findings": [finding_document(finding) for finding in late],
    }
    print_list(call, document, "returns", _CASES)
    print_findings(late, call.lang)


@returns.command("retry")
@click.argument("case", metavar="LINE|END-TO-END-ID")
@click.option("--on", "on", type=DAY, metavar="DATE", help="The day agreed on with the customer, at the earliest")
@click.option("--reason", metavar="TEXT", help="Why; it stands in the log")
@called(dry_run=True)
def retry(call: Call, case: str, on: date | None, reason: str | None) -> None:
    """Let the claim of a debit that came back be collected again by the next batch."""
    from recon.service import deciding_returns

    _print(call, deciding_returns.retry(call.context(), case, on=on, reason=reason))


@returns.command("close")
@click.argument("case", metavar="LINE|END-TO-END-ID|CASE")
@click.option("--reason", metavar="TEXT", required=True, help="Why; it stands in the log")
@called(dry_run=True)
def close(call: Call, case: str, reason: str) -> None:
    """Say that a claim is not collected again, or that an unclear answer of the bank is cleared up."""
    from recon.service import deciding_returns

    _print(call, deciding_returns.close(call.context(), case, reason=reason))


def return_document(call: Call, entry: Any) -> dict[str, Any]:
    """A return: in JSON the text is English."""
    language = "en" if call.as_json else call.lang
    reason = entry.reason
    return {
        "line": entry.line,
        "bank_ref": entry.bank_ref,
        "booking_date": iso(entry.booking_date),
        "item": entry.item,
        "customer": entry.customer,
        "end_to_end_id": entry.end_to_end_id,
        "amount": None if entry.amount is None else plain(entry.amount, entry.currency),
        "charge": plain(entry.charge, entry.currency),
        "claim": entry.claim,
        "claim_open": None if entry.claim_open is None else plain(entry.claim_open, entry.currency),
        "currency": entry.currency,
        "code": entry.code,
        "text": None if reason is None else (reason.de if language == "de" else reason.en),
        "retry": None if reason is None else reason.retry.value,
        "next_step": None if reason is None else reason.next_step.value,
        "mandate": entry.mandate,
        "mandate_status": entry.mandate_status,
    }


def case_document(call: Call, case: Any) -> dict[str, Any]:
    """A case: what came back, how it stands, and what is next."""
    told = return_document(call, case.back)
    decision = case.decision
    if case.problem is not None:
        told["text"] = finding_text(case.problem, "en" if call.as_json else call.lang)
    return {
        **told,
        "case": case.name,
        "kind": case.kind.value,
        "state": case.status.value,
        "batch": case.batch,
        "retry_on": iso(case.retry_on),
        "collected_again_in": case.live,
        "decision": None
        if decision is None
        else {"kind": decision.kind, "on": iso(decision.earliest_on), "reason": decision.reason,
              "decided_on": iso(decision.day), "by": decision.actor},
        "late": None if case.late is None else {"until": iso(case.late.until), "rule": case.late.rule},
        "next": _next(call, case),
    }  # fmt: skip


def _next(call: Call, case: Any) -> str | None:
    """What a person does about a case, in a few words."""
    language = "en" if call.as_json else call.lang
    if case.status == "retry" and case.retry_on is not None:
        return filled("next_retry", language, day=day(case.retry_on, language))
    if case.status == "again":
        return filled("next_again", language, batch=case.live or "-") if case.live else term("next_done", language)
    if case.status == "closed":
        return str(case.decision.reason)
    if case.status == "unclear":
        return term("next_ask_bank", language)
    if case.status == "settled":
        return term("next_done", language)
    reason = case.back.reason
    return term("step_ask_bank" if reason is None else f"step_{reason.next_step.value}", language)


def _print(call: Call, decided: Any) -> None:
    case = decided.case
    document = {"command": call.command, "dry_run": call.dry_run, "case": case_document(call, case)}
    if call.as_json:
        print_document(document, decided.findings)
        return
    print_list(call, {"returns": [case_document(call, case)]}, "returns", _CASES)
    print_findings(decided.findings, call.lang)
    if call.for_people and case.retry_on is not None and not decided.findings:
        click.echo(f"\n{filled('retry_planned', call.lang, item=case.back.item, day=day(case.retry_on, call.lang))}")
    print_tried(call)
