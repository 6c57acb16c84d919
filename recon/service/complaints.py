"""Complaints (Reklamationen): what a customer objects to, until it is settled (F-31 to F-35, X-27, O-17).

A complaint holds exactly its item, from dunning and from collecting, until it is resolved or to the end of a day; level
and dates of the item stay as they are. There may be any number on an item, also two at once: each holds it. Whatever
happens to a complaint is a row that nobody changes.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from recon.dunning.complaints import deadline_of, due_at
from recon.model.complaints import ComplaintOutcome, Deadline, Document, moment
from recon.model.finding import error
from recon.model.roles import Action
from recon.service.answers import Exit, Refused
from recon.service.care import amount_of, item_named, moment_of, said
from recon.service.context import Context, reading, run, writing
from recon.service.writing_files import placing
from recon.store import complaints as store
from recon.store.complaint_tables import complaint_events, complaints
from recon.store.holds import BOTH, DISPUTED, lift_hold, put_hold
from recon.store.ids import read_id, shown_id
from recon.store.log import record
from recon.store.tables import customers, items
from sepa.money import plain

# Scans of delivery notes and timesheets are some megabytes; the books carry every byte for as long as they live.
MAX_EVIDENCE: Final = 10 << 20
# A statement is a letter of some pages.
MAX_STATEMENT: Final = 100_000
# File systems take 255 bytes; what is longer is cut, its ending kept.
MAX_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class Happening:
    """What has happened to a complaint: ``acknowledged``, ``statement``, ``evidence`` or ``resolved``."""

    kind: str
    on: date
    at: datetime | None
    by: str
    text: str | None = None
    outcome: ComplaintOutcome | None = None
    document: Document | None = None
    file: str | None = None
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint as the books have it. ``amount`` is what is disputed, minor units, ``None`` for all of the item;
    ``holds`` says whether it keeps the item back on the day."""

    id: str
    item: str
    customer: str
    name: str
    currency: str
    reason: str
    amount: int | None
    received_at: datetime
    due_at: datetime
    deadline: Deadline
    opened_on: date
    until: date | None
    by: str
    holds: bool
    happenings: tuple[Happening, ...] = ()

    def _last(self, kind: str) -> Happening | None:
        return next((one for one in reversed(self.happenings) if one.kind == kind), None)

    @property
    def acknowledged(self) -> Happening | None:
        """Its acknowledgement."""
        return self._last(store.ACKNOWLEDGED)

    @property
    def resolved(self) -> Happening | None:
        """How it ended."""
        return self._last(store.RESOLVED)


def open_complaint(
    context: Context,
    invoice_no: str,
    *,
    reason: str,
    amount: str | None = None,
    received_at: datetime | None = None,
    until: date | None = None,
) -> Complaint:
    """Open a complaint on an item; from now on the item is neither dunned nor collected. Raises Refused."""
    with run(context, Action.RECORD_COMPLAINTS), writing(context) as connection:
        stamp = context.stamp
        item = item_named(connection, invoice_no)
        told, at = said(reason, invoice_no), moment_of(stamp, received_at, invoice_no)
        disputed = amount_of(amount, item.currency, invoice_no)
        if disputed is not None and not 0 < disputed <= abs(item.amount):
            whole = plain(abs(item.amount), item.currency)
            raise Refused(error("complaint-amount", invoice_no, item=invoice_no, amount=plain(disputed, item.currency),
                                whole=whole, currency=item.currency))  # fmt: skip
        if until is not None and until < stamp.as_of:
            raise Refused(error("until-past", invoice_no, until=until, day=stamp.as_of), exit_code=Exit.USAGE)
        hold = put_hold(connection, item.id, kind=DISPUTED, scope=BOTH, reason=told, since=stamp.as_of, until=until,
                        actor=stamp.actor)  # fmt: skip
        row = {"item_id": item.id, "hold_id": hold, "reason": told, "amount": disputed, "received_at": moment(at),
               "opened_on": stamp.as_of, "expires_on": until, "actor": stamp.actor}  # fmt: skip
        number, seal = store.insert_complaint(connection, row)
        after = {"item": invoice_no, "received_at": moment(at), "until": until.isoformat() if until else None}
        record(connection, stamp, "complaint-open", shown_id("complaints", number), after=after, reason=told,
               seals=[seal])  # fmt: skip
        return _one(connection, number, stamp.as_of)


def acknowledge(context: Context, name: str, at: datetime | None = None) -> Complaint:
    """The customer was told that his complaint has come in (F-33). Raises Refused."""
    with run(context, Action.RECORD_COMPLAINTS), writing(context) as connection:
        known = _named(connection, name, context.stamp.as_of)
        if known.acknowledged is not None:
            raise Refused(error("complaint-acknowledged", known.id, complaint=known.id, day=known.acknowledged.on))
        when = moment_of(context.stamp, at, known.id)
        if when < known.received_at:
            received = moment(known.received_at)
            raise Refused(error("complaint-before", known.id, complaint=known.id, at=moment(when), received=received))
        return _happened(connection, context, known, store.ACKNOWLEDGED, row={"happened_at": moment(when)})


def state(context: Context, name: str, text: str) -> Complaint:
    """Our statement (Stellungnahme) for the customer, kept and handed out word for word (F-34). Raises Refused."""
    with run(context, Action.RECORD_COMPLAINTS), writing(context) as connection:
        known = _still_open(connection, name, context.stamp.as_of)
        if not text.strip() or "\0" in text or len(text) > MAX_STATEMENT:
            raise Refused(error("complaint-statement", known.id, complaint=known.id, limit=MAX_STATEMENT))
        return _happened(
            connection, context, known, store.STATEMENT, row={"said": text, "sha256": _digest(text.encode())}
        )


def add_evidence(context: Context, name: str, *, document: Document, file: str, content: bytes) -> Complaint:
    """A document that bears on the complaint (F-35), kept byte for byte with its SHA-256. Raises Refused."""
    with run(context, Action.RECORD_COMPLAINTS), writing(context) as connection:
        known = _still_open(connection, name, context.stamp.as_of)
        if not content or len(content) > MAX_EVIDENCE:
            raise Refused(error("complaint-file", file, file=file, size=len(content), limit=MAX_EVIDENCE >> 20))
        row = {"document": document.value, "file_name": safe_name(file), "size": len(content),
               "sha256": _digest(content)}  # fmt: skip
        return _happened(connection, context, known, store.EVIDENCE, row=row, content=content)


def resolve(context: Context, name: str, *, outcome: ComplaintOutcome, reason: str) -> Complaint:
    """Settle a complaint. What it held back goes on with the step that it had, from this very day. Raises Refused."""
    with run(context, Action.RECORD_COMPLAINTS), writing(context) as connection:
        known = _still_open(connection, name, context.stamp.as_of)
        told = said(reason, known.id)
        hold = store.load_complaints(connection, complaints.c.id == read_id("complaints", known.id))[0].hold_id
        lift_hold(connection, hold, context.stamp.as_of)
        return _happened(connection, context, known, store.RESOLVED, row={"said": told, "outcome": outcome.value})


def list_complaints(
    context: Context,
    *,
    item: str | None = None,
    customer: str | None = None,
    overdue: bool = False,
    unresolved: bool = False,
) -> list[Complaint]:
    """Complaints by id; only those that wait for their acknowledgement on the day or longer, where ``overdue``."""
    with reading(context, Action.READ) as connection:
        conditions = [] if item is None else [items.c.invoice_no == item]
        conditions += [] if customer is None else [customers.c.customer_no == customer]
        found = _all(connection, context.stamp.as_of, *conditions)
    late = {Deadline.DUE, Deadline.OVERDUE}
    return [
        one for one in found
        if (not overdue or one.deadline in late) and (not unresolved or one.resolved is None)
    ]  # fmt: skip


def show(context: Context, name: str) -> Complaint:
    """A complaint with all that happened to it. Raises Refused."""
    with reading(context, Action.READ) as connection:
        return _named(connection, name, context.stamp.as_of)


def hand_out(context: Context, name: str, folder: Path) -> list[str]:
    """Write the statements and documents of a complaint into a folder, as they were given: to be sent by a person. The
    log says which; a dry run writes nothing. The names of the files. Raises Refused."""
    with run(context, Action.RECORD_COMPLAINTS), placing() as place, writing(context) as connection:
        known = _named(connection, name, context.stamp.as_of)
        files = []
        rows = store.load_events(connection, complaint_events.c.complaint_id == read_id("complaints", known.id))
        for number, row in enumerate(next(iter(rows.values()), []), 1):
            if row.kind == store.STATEMENT:
                files.append((f"{known.id}_{number}_{store.STATEMENT}.txt", str(row.said).encode()))
            elif row.kind == store.EVIDENCE:
                files.append((f"{known.id}_{number}_{row.file_name}", store.file_of(connection, row.id)))
        if files:
            if not context.dry_run:
                place(folder, files)
            told = {"files": [{"file": file, "sha256": _digest(content)} for file, content in files]}
            record(connection, context.stamp, "complaint-files", known.id, after=told)
    return [file for file, _ in files]


def safe_name(file: str) -> str:
    """The bare name of a file, without what file systems or terminals take amiss, its ending kept.

    >>> safe_name("../../etc/Liefer schein\\x1b.pdf")
    'Liefer schein_.pdf'
    """
    bare = file.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(sign if sign.isalnum() or sign in " ._-()" else "_" for sign in bare).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    if len(kept) > MAX_NAME:
        kept = f"{stem[: MAX_NAME - 1 - len(ending)]}.{ending}" if dot and len(ending) < MAX_NAME // 2 else kept
    return kept[:MAX_NAME] or "document"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _happened(
    connection: Connection,
    context: Context,
    known: Complaint,
    kind: str,
    *,
    row: dict[str, Any],
    content: bytes | None = None,
) -> Complaint:
    """Write what happened as a sealed row and a record of the log."""
    stamp, number = context.stamp, read_id("complaints", known.id)
    whole = {"complaint_id": number, "kind": kind, "happened_on": stamp.as_of, "actor": stamp.actor, **row}
    _, seal = store.insert_event(connection, whole, content)
    # What was said in a statement is in the books already; its hash says that it is the same.
    after = {"item": known.item} | {key: value for key, value in row.items() if key != "said"}
    record(connection, stamp, _ACTIONS[kind], known.id, after=after, reason=_why(kind, row), seals=[seal])
    return _one(connection, number or 0, stamp.as_of)


_ACTIONS: Final = {
    store.ACKNOWLEDGED: "complaint-acknowledge",
    store.STATEMENT: "complaint-statement",
    store.EVIDENCE: "complaint-evidence",
    store.RESOLVED: "complaint-resolve",
}


def _why(kind: str, row: dict[str, Any]) -> str | None:
    return row["said"] if kind == store.RESOLVED else None


def _still_open(connection: Connection, name: str, as_of: date) -> Complaint:
    known = _named(connection, name, as_of)
    if known.resolved is not None:
        raise Refused(error("complaint-resolved", known.id, complaint=known.id, day=known.resolved.on))
    return known


def _named(connection: Connection, name: str, as_of: date) -> Complaint:
    found = _all(connection, as_of, complaints.c.id == read_id("complaints", name))
    if not found:
        raise Refused(error("complaint-unknown", name, name=name))
    return found[0]


def _one(connection: Connection, number: int, as_of: date) -> Complaint:
    return _all(connection, as_of, complaints.c.id == number)[0]


def _all(connection: Connection, as_of: date, *conditions: Any) -> list[Complaint]:
    rows = store.load_complaints(connection, *conditions)
    events: dict[int, list[Any]] = {}
    for start in range(0, len(rows), 500):
        wanted = complaint_events.c.complaint_id.in_([row.id for row in rows[start : start + 500]])
        events |= store.load_events(connection, wanted)
    return [_complaint(row, events.get(row.id, ()), as_of) for row in rows]


def _complaint(row: Any, rows: Iterable[Any], as_of: date) -> Complaint:
    received = datetime.fromisoformat(row.received_at)
    happenings = tuple(map(_happening, rows))
    acknowledged = next((one.at for one in happenings if one.kind == store.ACKNOWLEDGED), None)
    lifted = row.lifted_on is not None and row.lifted_on <= as_of
    return Complaint(
        id=shown_id("complaints", row.id),
        item=row.invoice_no,
        customer=row.customer_no,
        name=row.name,
        currency=row.currency,
        reason=row.reason,
        amount=row.amount,
        received_at=received,
        due_at=due_at(received),
        deadline=deadline_of(received, acknowledged, as_of),
        opened_on=row.opened_on,
        until=row.expires_on,
        by=row.actor,
        holds=not lifted and row.opened_on <= as_of and (row.expires_on is None or as_of <= row.expires_on),
        happenings=happenings,
    )


def _happening(row: Any) -> Happening:
    return Happening(
        kind=row.kind,
        on=row.happened_on,
        at=None if row.happened_at is None else datetime.fromisoformat(row.happened_at),
        by=row.actor,
        text=row.said,
        outcome=None if row.outcome is None else ComplaintOutcome(row.outcome),
        document=None if row.document is None else Document(row.document),
        file=row.file_name,
        size=row.size,
        sha256=row.sha256,
    )


def complaints_of(connection: Connection, item_id: int, as_of: date) -> Sequence[Complaint]:
    """The complaints of an item."""
    return _all(connection, as_of, complaints.c.item_id == item_id)
