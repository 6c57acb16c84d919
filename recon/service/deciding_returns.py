"""Deciding on debits that came back: present the claim again, or leave it to be paid by transfer (decision 20)."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from recon.ledger.came_back import CLOSE, RETRY, Decision
from recon.model.finding import Finding, error, warning
from recon.model.roles import Action
from recon.service.answers import Refused
from recon.service.cases import Case, CaseKind, CaseStatus, cases_of
from recon.service.context import Context, run, writing
from recon.store.answers import put_decision
from recon.store.log import record


@dataclass(frozen=True, slots=True)
class Decided:
    """A case after a decision on it, and what stands in its way still."""

    case: Case
    findings: tuple[Finding, ...] = ()


def retry(context: Context, name: str, *, on: date | None = None, reason: str | None = None) -> Decided:
    """Let a claim be collected again by the next batch: from ``on`` where a day was agreed on with the customer, else
    when a new pre-notification allows. A new debit under the same mandate; due date and dunning level stay (O-16).

    Raises Refused for what is unclear, in collection again, or paid. Saying it again changes nothing.
    """
    if on is not None and on <= context.stamp.as_of:
        raise Refused(error("retry-day", "--on", day=on))
    with run(context, Action.DECIDE_RETURNS), writing(context) as connection:
        case = _open(connection, context.stamp.as_of, name)
        if case.kind is CaseKind.UNCLEAR:
            raise Refused(error("case-not-a-debit", name, name=case.name))
        said = case.decision
        if said is None or (said.kind, said.earliest_on) != (RETRY, on):
            _decide(connection, context, case, Decision(RETRY, on, reason, context.stamp.as_of, context.stamp.actor))
            case = _named(connection, context.stamp.as_of, case.name)
    told: tuple[Finding, ...] = ()
    if case.back.mandate_status != "active":
        told = (warning("retry-mandate", name, item=case.back.item, mandate=case.back.mandate,
                        status=case.back.mandate_status),)  # fmt: skip
    return Decided(case, told)


def close(context: Context, name: str, *, reason: str) -> Decided:
    """Say that a claim is not collected again (it stays to be paid by transfer), or that an unclear answer is cleared
    up, with the reason. Raises Refused."""
    if not reason.strip():
        raise Refused(error("case-reason", name))
    with run(context, Action.DECIDE_RETURNS), writing(context) as connection:
        case = _open(connection, context.stamp.as_of, name)
        if case.status is CaseStatus.CLOSED and case.decision is not None:
            raise Refused(error("case-closed", name, name=case.name, reason=case.decision.reason))
        said = Decision(CLOSE, None, reason.strip(), context.stamp.as_of, context.stamp.actor)
        _decide(connection, context, case, said)
        case = _named(connection, context.stamp.as_of, case.name)
    return Decided(case)


def _decide(connection: Connection, context: Context, case: Case, said: Decision) -> None:
    allocation, answer = case.subject
    row = {"kind": said.kind, "allocation_id": allocation, "answer_id": answer, "earliest_on": said.earliest_on,
           "reason": said.reason, "decided_on": said.day, "actor": said.actor}  # fmt: skip
    seal = put_decision(connection, row)
    after = {"item": case.back.item, "code": case.back.code, "allocation": allocation, "answer": answer,
             "earliest_on": said.earliest_on}  # fmt: skip
    record(connection, context.stamp, f"return-{said.kind}", case.name, after=after, reason=said.reason, seals=[seal])


def _open(connection: Connection, as_of: date, name: str) -> Case:
    """The case that a person means, if there is anything to decide."""
    case = _named(connection, as_of, name)
    if case.live is not None:
        raise Refused(error("case-collected-again", name, item=case.back.item, batch=case.live))
    if case.later is not None:
        raise Refused(error("case-overtaken", name, name=case.name, item=case.back.item, reference=case.later))
    if case.status in {CaseStatus.SETTLED, CaseStatus.AGAIN}:
        raise Refused(error("case-settled", name, item=case.back.item))
    return case


def _named(connection: Connection, as_of: date, name: str) -> Case:
    """A case by the line of its return, its end-to-end id, or the number of an answer."""
    wanted = name.strip().upper()
    found = cases_of(connection, as_of)
    own = [case for case in found if case.name.upper() == wanted] or [
        case for case in found if case.back.line is not None and case.back.line.upper() == wanted
    ]
    if not own:
        raise Refused(error("case-unknown", name, name=name))
    if len(own) > 1:
        references = ", ".join(case.name for case in own)
        raise Refused(error("case-several", name, name=name, count=len(own), references=references))
    return own[0]
