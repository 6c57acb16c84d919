"""What came back of our debits and what is next: returns, debits that the bank rejected, answers that nobody
understands (decision 20)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, select

from recon.ledger.answers import Outcome
from recon.ledger.came_back import CameBack, Decision, Way, of_claim, way_on
from recon.model.finding import Finding, warning
from recon.model.items import OpenItem
from recon.model.roles import Action
from recon.service.answering import case_finding
from recon.service.context import Context, reading
from recon.service.returning import Return, booked_returns
from recon.store.answer_tables import status_answers, status_reports
from recon.store.answers import Decisions, all_decisions, came_back
from recon.store.batches import load_collections
from recon.store.ids import shown_id
from recon.store.items import LIVE, items_by_id
from recon.store.settings import settings_of
from recon.store.tables import collections, mandates
from sepa.collection import earliest_date
from sepa.debits import Claim, Rules
from sepa.mandate import Scheme
from sepa.refund_times import Overdue, overdue
from sepa.returns import return_reason

_AT_ONCE: Final = 500


class CaseKind(StrEnum):
    """A return that is booked, a debit rejected before it was, or an answer of the bank that fits nothing."""

    RETURN = "return"
    REJECTION = "rejection"
    UNCLEAR = "unclear"


class CaseStatus(StrEnum):
    """``open`` and ``unclear`` wait for a person; ``retry``: the next batch presents the claim again; ``again``: it
    was; ``settled``: nothing is open of it any more; ``closed``: a person has said that it is not collected again."""

    OPEN = "open"
    UNCLEAR = "unclear"
    RETRY = "retry"
    AGAIN = "again"
    SETTLED = "settled"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Case:
    """``name`` is what the commands take. ``retry_on`` is the first day on which it can be presented again, where it
    is to be.
    ``live`` is the batch in which it is on its way again, ``later`` the debit that came back after it. ``problem`` says
    what is unclear; ``late`` that the refund came too late. ``subject`` are the ids of return and
    answer."""

    name: str
    kind: CaseKind
    status: CaseStatus
    back: Return
    day: date
    subject: tuple[int | None, int | None]
    batch: str | None = None
    decision: Decision | None = None
    retry_on: date | None = None
    live: str | None = None
    later: str | None = None
    problem: Finding | None = None
    late: Overdue | None = None

    @property
    def finding(self) -> Finding | None:
        """What is worth a complaint at the bank."""
        if self.late is None:
            return None
        code = "return-late" if self.late.until else "return-b2b"
        where, until = self.back.line or self.name, self.late.until or "-"
        return warning(code, where, reference=self.name, day=self.day, reason=self.back.code or "-", until=until,
                       rule=self.late.rule)  # fmt: skip


def list_cases(context: Context, *, status: str | None = None) -> list[Case]:
    """Every case, oldest first; all, or those of a status."""
    with reading(context, Action.READ) as connection:
        found = cases_of(connection, context.stamp.as_of)
    return [case for case in found if status is None or case.status == status]


def cases_of(connection: Connection, as_of: date) -> list[Case]:
    """The same inside a transaction."""
    backs = came_back(connection)
    decided = all_decisions(connection)
    looking = _looking(connection, backs, as_of)
    returned = {number: (collection, back) for number, collection, back in booked_returns(connection)}
    rejected = dict(_rejections(connection, [back for back in backs if not back.by_return]))
    found = []
    for back in sorted(backs, key=lambda one: (one.day, not one.by_return, one.subject)):
        known = (returned if back.by_return else rejected).get(back.subject)
        if known is not None:
            found.append(_case(back, *known, looking, decided))
    return [*found, *_unclear(connection, decided)]


@dataclass(frozen=True, slots=True)
class _Looking:
    """What a case is seen by: the items with all their debits, and the rules of collecting."""

    as_of: date
    rules: Rules
    items: Mapping[int, OpenItem]
    backs: Mapping[int, Sequence[CameBack]]
    debits: Mapping[int, Sequence[Any]]


def _looking(connection: Connection, backs: Sequence[CameBack], as_of: date) -> _Looking:
    numbers = sorted({back.item_id for back in backs})
    debits: dict[int, list[Any]] = {}
    items: dict[int, OpenItem] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        few = numbers[start : start + _AT_ONCE]
        items |= items_by_id(connection, few)
        for row in connection.execute(
            select(collections).where(collections.c.item_id.in_(few)).order_by(collections.c.id)
        ):
            debits.setdefault(row.item_id, []).append(row)
    own: dict[int, list[CameBack]] = {}
    for back in backs:
        own.setdefault(back.item_id, []).append(back)
    collect = settings_of(connection).collect
    rules = Rules(prenotification_days=collect.prenotification_days, lead_days=collect.lead_days)
    return _Looking(as_of, rules, items, own, debits)


def _case(back: CameBack, collection: Any, told: Return, looking: _Looking, decided: Decisions) -> Case:
    """A debit that came back, by what has become of its claim since."""
    item = looking.items[back.item_id]
    days = frozenset(part.due_date for part in item.parts)
    moved = back.due_date not in days
    after = [
        row for row in looking.debits[back.item_id]
        if row.id > back.collection_id and row.status != "cancelled" and (moved or row.due_date == back.due_date)
    ]  # fmt: skip
    mine = [one for one in of_claim(looking.backs[back.item_id], back.due_date, days)
            if one.collection_id <= back.collection_id]  # fmt: skip
    decision = decided.on(back)
    left = item.open if moved else sum(part.open for part in item.parts if part.due_date == back.due_date)
    live = next((row for row in after if row.status in LIVE), None)
    later = [one for one in looking.backs[back.item_id] if one.collection_id in {row.id for row in after}]
    status = CaseStatus.OPEN
    if after:
        status = CaseStatus.AGAIN
    elif left <= 0:
        status = CaseStatus.SETTLED
    else:
        way = way_on(mine, decision)
        status = {Way.RETRY: CaseStatus.RETRY, Way.CLOSED: CaseStatus.CLOSED, Way.WAIT: CaseStatus.OPEN}[way]
    retry_on = _first_day(item, back, left, decision, looking) if status is CaseStatus.RETRY else None
    return Case(
        name=back.end_to_end_id,
        kind=CaseKind.RETURN if back.by_return else CaseKind.REJECTION,
        status=status,
        back=told,
        day=back.day,
        subject=(back.subject, None) if back.by_return else (None, back.subject),
        batch=shown_id("batches", collection.batch_id),
        decision=decision,
        retry_on=retry_on,
        live=None if live is None else shown_id("batches", live.batch_id),
        later=later[-1].end_to_end_id if later else None,
        late=overdue(back.code, Scheme(collection.scheme), collection.collection_date, back.day)
        if back.by_return else None,
    )  # fmt: skip


def _first_day(item: OpenItem, back: CameBack, left: int, decision: Decision | None, looking: _Looking) -> date:
    """The day on which a batch that is made today would present a claim again."""
    claim = Claim(
        item_id=item.id, invoice_no=item.invoice_no, customer_no=item.customer_no, customer_name="", amount=left,
        due_date=item.due_date if back.due_date not in {part.due_date for part in item.parts} else back.due_date,
        direct_debit=True, issue_date=item.issue_date, represents=back.end_to_end_id,
        not_before=None if decision is None else decision.earliest_on,
    )  # fmt: skip
    return earliest_date(claim, looking.rules, looking.as_of)


def _rejections(connection: Connection, backs: Sequence[CameBack]) -> Iterator[tuple[int, tuple[Any, Return]]]:
    """The debits that the bank rejected, by the id of the answer."""
    status = {row.id: row.status for row in connection.execute(select(mandates.c.id, mandates.c.status))}
    for start in range(0, len(backs), _AT_ONCE):
        few = {back.collection_id: back for back in backs[start : start + _AT_ONCE]}
        for row in load_collections(connection, collections.c.id.in_(sorted(few))):
            back = few[row.id]
            told = Return(
                line=None, bank_ref=None, booking_date=back.day, item=row.invoice_no, customer=row.customer_no,
                end_to_end_id=row.end_to_end_id, mandate=row.mandate_no, mandate_status=status[row.mandate_id],
                amount=row.amount, charge=0, currency=row.currency, code=back.code, reason=return_reason(back.code),
            )  # fmt: skip
            yield back.subject, (row, told)


def _unclear(connection: Connection, decided: Decisions) -> Iterator[Case]:
    """The answers that fit nothing, each until a person has closed it, or the bank's booking has answered it."""
    columns = (*status_answers.c, status_reports.c.original_message_id, status_reports.c.batch_id,
               status_reports.c.imported_on)  # fmt: skip
    query = (
        select(*columns)
        .join(status_reports, status_answers.c.report_id == status_reports.c.id)
        .where(status_answers.c.outcome == Outcome.UNCLEAR.value)
        .order_by(status_answers.c.id)
    )
    rows = list(connection.execute(query))
    debits: dict[int, Any] = {}
    numbers = sorted({row.collection_id for row in rows if row.collection_id is not None})
    for start in range(0, len(numbers), _AT_ONCE):
        few = load_collections(connection, collections.c.id.in_(numbers[start : start + _AT_ONCE]))
        debits |= {row.id: row for row in few}
    for row in rows:
        debit = debits.get(row.collection_id)
        decision = decided.answers.get(row.id)
        status = CaseStatus.UNCLEAR
        if decision is not None:
            status = CaseStatus.CLOSED
        elif row.problem == "status-booked" and debit is not None and debit.status == "returned":
            status = CaseStatus.SETTLED
        code = row.reason or row.proprietary
        told = Return(
            line=None, bank_ref=None, booking_date=row.imported_on, item=None if debit is None else debit.invoice_no,
            customer=None if debit is None else debit.customer_no, end_to_end_id=row.end_to_end_id,
            mandate=None if debit is None else debit.mandate_no, mandate_status=None, amount=row.amount, charge=0,
            currency=row.currency or "EUR", code=code, reason=return_reason(code),
        )  # fmt: skip
        name = shown_id("status_answers", row.id)
        yield Case(name, CaseKind.UNCLEAR, status, told, row.imported_on, (None, row.id),
                   batch=None if row.batch_id is None else shown_id("batches", row.batch_id), decision=decision,
                   problem=case_finding(name, row))  # fmt: skip
