"""``opos complaints``: what customers object to, from its receipt to how it is settled."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from recon.commands.call import DAY, MOMENT, Call, called
from recon.commands.output import Column, day, iso, money, print_document, print_list, print_tried, printable
from recon.model.complaints import ComplaintOutcome, Document, moment
from recon.model.finding import error
from recon.service.answers import Exit, Refused
from recon.texts import filled, term
from sepa.money import plain

if TYPE_CHECKING:
    from recon.service.complaints import Complaint, Happening

_LIST: Final = (
    Column("id", "id"),
    Column("item", "item"),
    Column("customer", "customer"),
    Column("name", "name"),
    Column("reason", "reason"),
    Column("amount", "complaint_amount", "amount"),
    Column("received_at", "received_at"),
    Column("due_at", "acknowledge_until"),
    Column("deadline", "acknowledgement"),
    Column("status", "status"),
    Column("until", "held_until", "date"),
    Column("by", "by"),
)
_OUTCOMES: Final = [one.value for one in ComplaintOutcome]
_DOCUMENTS: Final = [one.value for one in Document]


@click.group("complaints")
def complaints() -> None:
    """Complaints: each keeps its item from being dunned and collected until it is resolved."""


@complaints.command("open")
@click.argument("invoice_no")
@click.option("--reason", required=True, help="What the customer objects to; it stands in every list")
@click.option("--amount", metavar="AMOUNT", help="How much of it he disputes; without it all of it")
@click.option("--received-at", type=MOMENT, metavar="MOMENT",
              help="When it came in, '2026-11-30 14:05' [now]; it is to be acknowledged within 24 hours")  # fmt: skip
@click.option("--until", type=DAY, metavar="DATE", help="The last day of the hold; without it until it is resolved")
@called(dry_run=True)
def open_complaint(
    call: Call, invoice_no: str, *, reason: str, amount: str | None, received_at: datetime | None, until: date | None
) -> None:
    """Open a complaint on INVOICE_NO; from now on it is neither dunned nor collected."""
    from recon.service import complaints as service

    known = service.open_complaint(
        call.context(), invoice_no, reason=reason, amount=amount, received_at=received_at, until=until
    )
    told = moment_told(known.due_at, call)
    _done(call, "complaints open", known, filled("complaint_opened", call.lang, id=known.id, item=known.item, at=told))


@complaints.command("acknowledge")
@click.argument("name", metavar="COMPLAINT")
@click.option("--at", type=MOMENT, metavar="MOMENT", help="When the customer was told, '2026-11-30 14:05' [now]")
@called(dry_run=True)
def acknowledge(call: Call, name: str, at: datetime | None) -> None:
    """Record that the customer was told that COMPLAINT has come in."""
    from recon.service import complaints as service

    known = service.acknowledge(call.context(), name, at)
    text = filled("complaint_acknowledged", call.lang, id=known.id,
                  deadline=term(f"deadline_{known.deadline}", call.lang))  # fmt: skip
    _done(call, "complaints acknowledge", known, text)


@complaints.command("statement")
@click.argument("name", metavar="COMPLAINT")
@click.argument("file", type=click.Path(dir_okay=False), required=False)
@click.option("--text", help="The statement itself, in place of a FILE")
@called(dry_run=True)
def statement(call: Call, name: str, file: str | None, text: str | None) -> None:
    """Keep our statement on COMPLAINT, word for word: from FILE (UTF-8) or --text."""
    from recon.service import complaints as service

    if (file is None) == (text is None):
        raise click.UsageError("give a FILE or --text")
    told = text if file is None else _text(file, service.MAX_STATEMENT)
    known = service.state(call.context(), name, told or "")
    _done(call, "complaints statement", known, filled("complaint_stated", call.lang, id=known.id))


@complaints.command("evidence")
@click.argument("name", metavar="COMPLAINT")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--type", "document", type=click.Choice(_DOCUMENTS), required=True, help="What the document is")
@called(dry_run=True)
def evidence(call: Call, name: str, file: str, document: str) -> None:
    """Keep FILE with COMPLAINT, byte for byte: a delivery note, a timesheet, a receipt."""
    from recon.service import complaints as service

    content = _bytes(file, service.MAX_EVIDENCE)
    known = service.add_evidence(call.context(), name, document=Document(document), file=file, content=content)
    kept = known.happenings[-1]
    text = filled("complaint_evidence", call.lang, id=known.id, file=printable(kept.file or ""), hash=kept.sha256,
                  document=term(f"document_{document}", call.lang))  # fmt: skip
    _done(call, "complaints evidence", known, text)


@complaints.command("resolve")
@click.argument("name", metavar="COMPLAINT")
@click.option("--outcome", type=click.Choice(_OUTCOMES), required=True, help="Whether the customer was right")
@click.option("--reason", required=True, help="Why")
@called(dry_run=True)
def resolve(call: Call, name: str, outcome: str, reason: str) -> None:
    """Settle COMPLAINT: its item goes on with the step that it had, from this very day."""
    from recon.service import complaints as service

    known = service.resolve(call.context(), name, outcome=ComplaintOutcome(outcome), reason=reason)
    code = "complaint_rejected" if known.resolved and outcome == "rejected" else "complaint_resolved"
    _done(call, "complaints resolve", known, filled(code, call.lang, id=known.id, item=known.item))


@complaints.command("list")
@click.option("--item", metavar="INVOICE_NO", help="Only those of this item")
@click.option("--customer", metavar="NO", help="Only those of this customer")
@click.option("--overdue", is_flag=True, help="Only those whose acknowledgement falls due today or is overdue")
@click.option("--open", "unresolved", is_flag=True, help="Only those that are not resolved")
@called(sheets=True)
def list_complaints(call: Call, item: str | None, customer: str | None, *, overdue: bool, unresolved: bool) -> None:
    """List complaints: who objects to what, by when an answer is due, how it ended."""
    from recon.service.complaints import list_complaints as found

    known = found(call.context(), item=item, customer=customer, overdue=overdue, unresolved=unresolved)
    rows = [complaint_document(one) for one in known]
    if call.as_json:
        print_document({"command": "complaints list", "complaints": rows})
        return
    raw = call.as_csv
    print_list(call, {"complaints": rows if raw else [_told(row, call) for row in rows]}, "complaints", _LIST)


@complaints.command("show")
@click.argument("name", metavar="COMPLAINT")
@called()
def show(call: Call, name: str) -> None:
    """Show COMPLAINT and all that has happened to it."""
    from recon.service import complaints as service

    known = service.show(call.context(), name)
    if call.as_json:
        print_document({"command": "complaints show", "complaint": complaint_document(known)})
        return
    row = _told(complaint_document(known), call)
    amount = None if known.amount is None else money(known.amount, call.lang, known.currency)
    for key, value in (
        ("item", known.item), ("customer", f"{known.customer} {known.name}"), ("reason", known.reason),
        ("complaint_amount", amount), ("received_at", row["received_at"]), ("acknowledge_until", row["due_at"]),
        ("acknowledgement", row["deadline"]), ("status", row["status"]),
        ("held_until", day(known.until, call.lang) if known.until else None), ("by", known.by),
    ):  # fmt: skip
        if value is not None:
            click.echo(f"{term(key, call.lang):<24}{printable(value)}")
    for one in known.happenings:
        click.echo(f"\n{_happening_told(one, call)}")
        for line in (one.text or "").splitlines():
            click.echo(f"    {printable(line)}")


@complaints.command("files")
@click.argument("name", metavar="COMPLAINT")
@click.option("--out", required=True, metavar="DIR", help="The folder for the files")
@called(dry_run=True)
def files(call: Call, name: str, out: str) -> None:
    """Write the statements and documents of COMPLAINT as they were given, to be sent to the customer."""
    from recon.service import complaints as service

    names = service.hand_out(call.context(), name, Path(out))
    if call.as_json:
        print_document({"command": "complaints files", "dry_run": call.dry_run, "complaint": name, "files": names})
        return
    for one in names:
        click.echo(printable(str(Path(out) / one)))
    if not names:
        click.echo(term("nothing", call.lang))
    print_tried(call)


def complaint_document(known: "Complaint") -> dict[str, Any]:
    """A complaint in JSON."""
    resolved = known.resolved
    return {
        "id": known.id,
        "item": known.item,
        "customer": known.customer,
        "name": known.name,
        "reason": known.reason,
        "amount": None if known.amount is None else plain(known.amount, known.currency),
        "currency": known.currency,
        "received_at": moment(known.received_at),
        "due_at": moment(known.due_at),
        "deadline": known.deadline.value,
        "status": "open" if resolved is None else "resolved",
        "outcome": None if resolved is None or resolved.outcome is None else resolved.outcome.value,
        "opened_on": iso(known.opened_on),
        "resolved_on": None if resolved is None else iso(resolved.on),
        "until": iso(known.until),
        "holds": known.holds,
        "by": known.by,
        "history": [
            {
                "kind": one.kind, "on": iso(one.on), "at": None if one.at is None else moment(one.at), "by": one.by,
                "text": one.text, "outcome": None if one.outcome is None else one.outcome.value,
                "document": None if one.document is None else one.document.value, "file": one.file, "size": one.size,
                "sha256": one.sha256,
            }
            for one in known.happenings
        ],
    }  # fmt: skip


def moment_told(at: datetime, call: Call) -> str:
    """A moment as people read it: ``14.03.2026 10:20``."""
    return f"{day(at.date(), call.lang)} {at:%H:%M}"


def _told(row: Mapping[str, Any], call: Call) -> dict[str, Any]:
    """A row of the list in words."""
    outcome = row["outcome"]
    return {
        **row,
        "received_at": moment_told(datetime.fromisoformat(row["received_at"]), call),
        "due_at": moment_told(datetime.fromisoformat(row["due_at"]), call),
        "deadline": term(f"deadline_{row['deadline']}", call.lang),
        "status": term("complaint_open" if outcome is None else f"outcome_{outcome}", call.lang),
    }


def _happening_told(one: "Happening", call: Call) -> str:
    told = {
        "day": moment_told(one.at, call) if one.at else day(one.on, call.lang), "by": one.by,
        "outcome": term(f"outcome_{one.outcome}", call.lang) if one.outcome else "",
        "document": term(f"document_{one.document}", call.lang) if one.document else "",
        "file": printable(one.file or ""), "hash": one.sha256 or "",
    }  # fmt: skip
    return filled(f"happened_{one.kind}", call.lang, **told)


def _done(call: Call, command: str, known: "Complaint", text: str) -> None:
    if call.as_json:
        print_document({"command": command, "dry_run": call.dry_run, "complaint": complaint_document(known)})
        return
    click.echo(printable(text))
    print_tried(call)


def _bytes(file: str, limit: int) -> bytes:
    """A file as it is. Raises Refused where it cannot be read; of one that is too long only so much is read."""
    try:
        with Path(file).open("rb") as stream:
            return stream.read(limit + 1)
    except OSError as fault:
        cause = fault.strerror or "?"
        raise Refused(error("file-unreadable", file, cause=cause), exit_code=Exit.USAGE) from fault


def _text(file: str, limit: int) -> str:
    try:
        return _bytes(file, 4 * limit).decode()
    except UnicodeDecodeError as fault:
        raise Refused(error("statement-not-text", file, file=file, place=fault.start)) from fault
