"""``opos mail``: the outbox, and sending what stands in it."""

import os
from collections.abc import Sequence
from typing import Any

import click

from recon.commands.call import Call, called, leave
from recon.commands.output import (
    Column,
    iso,
    print_document,
    print_findings,
    print_rows,
    print_tried,
    printable,
)
from recon.service.answers import Exit
from recon.texts import catalogue, filled, term

STATUSES = ("queued", "sending", "sent", "failed", "uncertain", "cancelled")
_MAILS = (
    Column("id", "id"),
    Column("run", "dunning_run"),
    Column("customer", "customer"),
    Column("recipient", "mail_recipient"),
    Column("notices", "mail_notices"),
    Column("status", "status", "term"),
    Column("attempts", "mail_attempts", "number"),
    Column("sent_on", "mail_sent_on", "date"),
    Column("told", "mail_told"),
)


@click.group("mail")
def mail() -> None:
    """Mails to debtors: what waits, what went, what needs a look. Nothing goes out by itself."""


@mail.command("list")
@click.option("--status", type=click.Choice(STATUSES), help="Only mails that stand so")
@click.option("--run", "run_name", metavar="RUN", help="Only mails of this dunning run")
@called(sheets=True)
def list_mails(call: Call, status: str | None, run_name: str | None) -> None:
    """List the outbox: the mails of issued runs and what became of each."""
    from recon.service import outbox

    found = outbox.list_mails(call.context(), status, run_name)
    if call.as_json:
        print_document({"command": "mail list", "mails": [_document(one) for one in found]})
        return
    print_rows(call, "list_mails", [_row(one, call) for one in found], _MAILS)
    if call.for_people and any(one.status == "queued" for one in found):
        click.echo(f"\n{term('next_mail_send', call.lang)}")


@mail.command("show")
@click.argument("name", metavar="MAIL")
@called()
def show(call: Call, name: str) -> None:
    """Show one mail: to whom, what it says, which notices it carries."""
    from recon.service import outbox

    found = outbox.show_mail(call.context(), name)
    if call.as_json:
        print_document({"command": "mail show", **_document(found), "body": found.body})
        return
    row = _row(found, call)
    for key, title in (("id", "id"), ("recipient", "mail_recipient"), ("subject", "mail_subject"),
                       ("notices", "mail_notices"), ("told", "mail_told")):  # fmt: skip
        value = ", ".join(row[key]) if isinstance(row[key], list) else str(row[key])
        if value:
            click.echo(printable(f"{term(title, call.lang)}: {value}"))
    click.echo(f"{term('status', call.lang)}: {term(found.status, call.lang)}\n")
    for line in found.body.splitlines():
        click.echo(printable(f"  {line}".rstrip()))


@mail.command("send")
@click.argument("names", nargs=-1, metavar="[MAIL]...")
@called(dry_run=True)
def send(call: Call, names: Sequence[str]) -> None:
    """Send what is due in the outbox, or the MAILs named. --dry-run says what would go out."""
    from recon.service import mailing

    done = mailing.send(call.context(), names, password=os.environ.get(mailing.PASSWORD))
    sent = sum(one.status == "sent" for one in done.mails)
    if call.as_json:
        documents = [_document(one) for one in done.mails]
        print_document({"command": "mail send", "dry_run": call.dry_run, "mails": documents}, done.findings)
    else:
        print_rows(call, "list_mails", [_row(one, call) for one in done.mails], _MAILS)
        if call.for_people:
            due = sum(one.status == "queued" for one in done.mails)
            told = ("mails_would_go", due) if call.dry_run else ("mails_sent", sent)
            click.echo(f"\n{filled(told[0], call.lang, count=told[1])}")
        print_findings(done.findings, call.lang)
        print_tried(call)
    if any(finding.severity.value != "info" for finding in done.findings):
        leave(Exit.PARTIAL if sent or not _unusable(done) else Exit.REFUSED)


@mail.command("retry")
@click.argument("name", metavar="MAIL")
@click.option("--reason", required=True, help="Why it may go out; recorded")
@called(dry_run=True)
def retry(call: Call, name: str, reason: str) -> None:
    """Let MAIL go out with the next send, also where it may have gone already or something was paid meanwhile."""
    from recon.service import outbox

    _print_one(call, "mail retry", outbox.retry(call.context(), name, reason), "next_mail_send")


@mail.command("sent")
@click.argument("name", metavar="MAIL")
@click.option("--reason", required=True, help="How you know; recorded")
@called(dry_run=True)
def sent(call: Call, name: str, reason: str) -> None:
    """Say that MAIL did go out, where opos does not know it or somebody sent it by hand."""
    from recon.service import outbox

    _print_one(call, "mail sent", outbox.confirm_sent(call.context(), name, reason))


@mail.command("cancel")
@click.argument("name", metavar="MAIL")
@click.option("--reason", required=True, help="Why it is not to go out; recorded")
@called(dry_run=True)
def cancel(call: Call, name: str, reason: str) -> None:
    """Keep MAIL from going out. Its notices stand and may go by post."""
    from recon.service import outbox

    _print_one(call, "mail cancel", outbox.cancel_mail(call.context(), name, reason))


@mail.command("operator")
@click.argument("run_name", metavar="RUN")
@called(dry_run=True)
def operator(call: Call, run_name: str) -> None:
    """Send the whole document of RUN to the operator's address (mail.operator), and to nobody else."""
    from recon.service import mailing, operator_mail

    password = os.environ.get(mailing.PASSWORD)
    done = operator_mail.mail_operator(call.context(), run_name, call.lang, password=password)
    if call.as_json:
        print_document({
            "command": "mail operator", "dry_run": call.dry_run, "run": done.run, "recipient": done.recipient,
            "subject": done.subject, "notices": done.notices, "letters": done.letters, "bytes": done.size,
        }, done.findings)  # fmt: skip
        return
    if not call.dry_run:
        click.echo(filled("operator_sent", call.lang, run=done.run, recipient=done.recipient, count=done.letters))
    print_findings(done.findings, call.lang)
    print_tried(call)


def _unusable(done: Any) -> bool:
    return any(finding.code in {"mail-no-server", "mail-no-tls", "mail-login"} for finding in done.findings)


def _print_one(call: Call, command: str, found: Any, more: str | None = None) -> None:
    if call.as_json:
        print_document({"command": command, "dry_run": call.dry_run, **_document(found)})
        return
    click.echo(f"{found.id}: {term(found.status, call.lang)}")
    if more is not None:
        click.echo(term(more, call.lang))
    print_tried(call)


def _document(found: Any) -> dict[str, Any]:
    return {
        "id": found.id, "run": found.run, "customer": found.customer_no, "recipient": found.recipient,
        "subject": found.subject, "message_id": found.message_id, "status": found.status,
        "notices": [number for number, _, _ in found.notices], "attempts": found.attempts, "error": found.error,
        "next_attempt": found.next_attempt, "queued_on": iso(found.queued_on), "sent_on": iso(found.sent_on),
        "reason": found.reason,
    }  # fmt: skip


def _row(found: Any, call: Call) -> dict[str, Any]:
    """A mail for a line of the list, with what the server said or why it stands so."""
    words = [term(one, call.lang) if one.startswith("mail_") and one in catalogue("terms") else one
             for one in (found.error, found.reason) if one]  # fmt: skip
    return {**_document(found), "told": "; ".join(words)}
