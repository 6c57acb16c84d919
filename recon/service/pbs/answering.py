"""What Betalingsservice answers: payments (0602) move the debits of deliveries on, agreements (0603) come and end. Each
file once. What fits nothing is told and kept with the file, never guessed. No money is booked here: it comes with the
bank's statement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection

from recon.model.finding import Finding, error, warning
from recon.model.settings import PbsSettings
from recon.service.answers import Refused
from recon.service.context import Context, writing
from recon.service.importing_rows import NO_RECORDS, RecordCounts
from recon.service.importing_statements import Original, keep_findings
from recon.service.pbs.agreements import ACTIVE, ENDED, customer_of
from recon.service.pbs.deliveries import switched_on
from recon.store import pbs as store
from recon.store.log import record
from recon.store.masters import all_customers
from recon.store.pbs_tables import pbs_agreements
from recon.store.statements import keep_file, known_file
from sepa.money import plain
from sepa.pbs import CURRENCY, PAYMENTS
from sepa.pbs_answers import CANCELLED, CHARGED_BACK, COMPLETED, DECLINED, Agreed, Answer, Paid, read
from sepa.problem import Problem

# Which answer may follow which state of a debit.
_FOLLOWS: Final[Mapping[str, frozenset[str]]] = {
    "exported": frozenset({COMPLETED, DECLINED, CANCELLED, CHARGED_BACK}),
    COMPLETED: frozenset({CHARGED_BACK}),
}
_ENDED_BY: Final = {"0232": "bank", "0233": "creditor", "0234": "operator"}


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an answer: ``status`` is imported, known, partial or refused."""

    status: str
    records: RecordCounts = NO_RECORDS
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class _Taking:
    """An answer on its way into the books: what is new, what was known, what is strange."""

    name: str
    day: date
    file_id: int = 0
    new: int = 0
    unchanged: int = 0
    strange: list[Finding] | None = None

    def tell(self, code: str, record_no: int, **facts: object) -> None:
        found = warning(code, f"{self.name}:{record_no}", **facts)
        self.strange = [*(self.strange or []), found]


def import_answer(context: Context, original: Original) -> Answered:
    """Take an answer in, in one transaction; the same file again changes nothing."""
    found = read(original.content)
    if isinstance(found, Problem):
        return Answered("refused", findings=(_told(found, original.name),))
    try:
        with writing(context) as connection:
            own = switched_on(connection)
            if known_file(connection, original.sha256) is not None:
                return Answered("known")
            _see_ours(found, own, original.name)
            return _take(connection, context, original, found)
    except Refused as no:
        return Answered("refused", findings=no.findings)


def _take(connection: Connection, context: Context, original: Original, found: Answer) -> Answered:
    day = context.stamp.as_of
    taking = _Taking(original.name, day)
    taking.file_id = keep_file(
        connection, sha256=original.sha256, name=original.name, kind="pbs", content=original.content, day=day
    )
    if found.kind == PAYMENTS:
        debits = {row.reference: row for row in store.load_debits(connection)}
        states = {row.reference: row.status for row in debits.values()}
        for one in found.paid:
            _pay(connection, taking, one, debits.get(one.reference), states)
    else:
        for agreed in found.agreed:
            _agree(connection, taking, agreed)
    for number in found.slips:
        taking.tell("pbs-answer-slip", number)
    strange = tuple(taking.strange or ())
    keep_findings(connection, taking.file_id, strange, day)
    after = {"sha256": original.sha256, "kind": "pbs", "delivery": found.kind, "answers": taking.new,
             "unchanged": taking.unchanged, "strange": len(strange)}  # fmt: skip
    record(connection, context.stamp, "import", original.name, after=after)
    status = "partial" if strange else "imported"
    return Answered(status, RecordCounts(new=taking.new, unchanged=taking.unchanged), strange)


def _pay(connection: Connection, taking: _Taking, one: Paid, debit: Any, states: dict[str, str]) -> None:
    facts = {"value": one.reference or "-", "number": one.payer, "amount": plain(one.amount), "currency": CURRENCY}
    if debit is None:
        taking.tell("pbs-answer-unknown", one.record, **facts)
        return
    expected = (debit.payer_no, debit.amount, debit.collect_on)
    told = (one.payer, one.amount, one.due or debit.collect_on)
    if told != expected or (one.outcome == COMPLETED and one.paid != debit.amount):
        taking.tell("pbs-answer-differs", one.record, **facts, paid=plain(one.paid), expected=plain(debit.amount),
                    customer=debit.customer_no)  # fmt: skip
        return
    state = states[one.reference]
    if state == one.outcome:
        taking.unchanged += 1
        return
    if one.outcome not in _FOLLOWS.get(state, frozenset()):
        taking.tell("pbs-answer-late", one.record, **facts, state=state, transaction=one.code)
        return
    states[one.reference] = one.outcome
    store.set_debits(connection, [debit.id], one.outcome)
    row = {"file_id": taking.file_id, "record": one.record, "debit_id": debit.id, "code": one.code,
           "amount": one.amount, "paid": one.paid, "paid_on": one.paid_on, "booked_on": one.booked_on}  # fmt: skip
    store.insert_answer(connection, row)
    taking.new += 1


def _agree(connection: Connection, taking: _Taking, one: Agreed) -> None:
    group = one.group or switched_on(connection).debtor_group
    active = {
        row.payer_no: row
        for row in store.load_agreements(
            connection, (pbs_agreements.c.status == ACTIVE) & (pbs_agreements.c.debtor_group == group)
        )
    }
    change = _begin if one.active else _end
    change(connection, taking, one, group, active)


def _begin(connection: Connection, taking: _Taking, one: Agreed, group: str, active: Mapping[str, Any]) -> None:
    number = one.agreement or "0"
    known = active.get(one.payer)
    if known is not None:
        if known.agreement_no == number:
            taking.unchanged += 1
        else:
            store.change_agreement(connection, known.id, agreement_no=number)
            taking.new += 1
        return
    people = all_customers(connection)
    earlier = {row.payer_no: row.customer_no for row in store.load_agreements(connection)}
    customer = customer_of(one.payer, people, earlier)
    if customer is None:
        taking.tell("pbs-agreement-stranger", one.record, number=one.payer)
        return
    if any(row.customer_id == people[customer].id for row in _holding(connection)):
        taking.tell("pbs-agreement-other", one.record, number=one.payer, customer=customer)
        return
    store.insert_agreement(connection, {
        "customer_id": people[customer].id, "payer_no": one.payer, "agreement_no": number, "debtor_group": group,
        "status": ACTIVE, "since": one.since,
    })  # fmt: skip
    taking.new += 1


def _end(connection: Connection, taking: _Taking, one: Agreed, group: str, active: Mapping[str, Any]) -> None:
    known = active.get(one.payer)
    if known is not None and known.agreement_no in {one.agreement, "0"}:
        day = one.until or one.since or taking.day
        store.change_agreement(connection, known.id, status=ENDED, ended_on=day, ended_by=_ENDED_BY[one.code])
        taking.new += 1
        return
    over = (pbs_agreements.c.status == ENDED) & (pbs_agreements.c.debtor_group == group)
    if known is None and any(row.payer_no == one.payer for row in store.load_agreements(connection, over)):
        taking.unchanged += 1
        return
    taking.tell("pbs-agreement-stranger", one.record, number=one.payer)


def _holding(connection: Connection) -> list[Any]:
    return store.load_agreements(connection, pbs_agreements.c.status == ACTIVE)


def _see_ours(found: Answer, own: PbsSettings, name: str) -> None:
    """An answer to somebody else's deliveries is none of ours."""
    others = sorted(found.creditors - {own.creditor or ""})
    if others:
        raise Refused(error("pbs-other-creditor", name, value=", ".join(others), expected=own.creditor))


def _told(found: Problem, name: str) -> Finding:
    line = dict(found.facts).get("line")
    return error(found.code, name if line is None else f"{name}:{line}", **dict(found.facts))
