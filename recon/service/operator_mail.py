"""The mail to whoever runs the dunning: one, with all letters of a run in one document and a line for each notice
(V-19, V-20, X-14). It goes to nobody else."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from recon.dunning.wording import money, one_line, written_day
from recon.model.dunning import Notice
from recon.model.finding import Finding, error, warning
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.outside.mail import Mail, Post, ServerFault, file_names, message_of
from recon.service.answers import Refused
from recon.service.context import Context, run, writing
from recon.service.letters import read_letter
from recon.service.mailing import server_of
from recon.service.outbox import run_of
from recon.store.dunning_tables import notices
from recon.store.ids import shown_id
from recon.store.letters import letters_of
from recon.store.log import record
from recon.store.masters import all_customers
from recon.store.notices import load_notices
from recon.store.settings import settings_of
from recon.texts import filled, term
from sepa.money import Language

# What mail servers take as a rule: 25 MB, a third of it for the coding of attachments.
MAX_DOCUMENT: Final = 18 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class OperatorMail:
    """What went to the operator: how many notices, letters among them, and the size of the document in bytes."""

    run: str
    recipient: str
    subject: str
    notices: int
    letters: int
    size: int
    findings: tuple[Finding, ...] = ()


def mail_operator(
    context: Context, run_name: str, language: Language = "de", *, password: str | None = None
) -> OperatorMail:
    """Send the whole document of an issued run to the operator's address. A dry run makes it and sends nothing.

    Raises Refused without an address, a server, or an issued notice.
    """
    with run(context, Action.SEND_MAIL):
        with writing(context) as connection:
            settings = settings_of(connection)
            operator = settings.mail.operator
            if operator is None:
                raise Refused(error("mail-no-operator", "mail.operator"))
            number = run_of(connection, run_name)
            shown = shown_id("dunning_runs", number)
            issued = load_notices(connection, notices.c.run_id == number, notices.c.status == "issued")
            if not issued:
                raise Refused(error("mail-run-not-issued", shown, run=shown))
            document, letters = _document(connection, [row.id for row, _ in issued], shown)
            if len(document) > MAX_DOCUMENT:
                raise Refused(error("mail-too-large", shown, run=shown, limit=MAX_DOCUMENT // 1024 // 1024))
            names = {customer.customer_no: customer.name for customer in all_customers(connection).values()}
            subject = filled("operator_subject", language, run=shown, count=len(issued))
            body = _body(settings, issued, names, subject, language)
            after = {"recipient": operator, "notices": len(issued)}
            record(connection, context.stamp, "mail-operator", shown, after=after)
        server = server_of(settings, password)
        told = OperatorMail(shown, operator, subject, len(issued), letters, len(document))
        if context.dry_run:
            return told
        own = settings.mail
        digest = hashlib.sha256(f"{settings.company.name} {shown} {issued[0][0].issued_on}".encode()).hexdigest()[:32]
        sender = own.sender or ""
        files = tuple(zip(file_names([f"{term('operator_file', language)}-{shown}"]), [document], strict=True))
        message = message_of(
            Mail(f"<opos-{shown}-{digest}@{sender.rpartition('@')[2]}>",
                 (sender, one_line(own.sender_name or settings.company.name)), (operator, ""), subject, body, files),
            datetime.fromisoformat(context.stamp.recorded_at),
        )  # fmt: skip
        with Post(server) as post:
            try:
                post.connect()
            except ServerFault as fault:
                where = error(fault.code, server.host, host=server.host, port=server.port, said=fault.said)
                raise Refused(where) from fault
            outcome = post.send(sender, operator, message)
    if outcome.end in {"refused", "later"}:
        raise Refused(error("mail-operator-refused", operator, recipient=operator, said=outcome.said))
    found = (warning("mail-operator-uncertain", operator, recipient=operator),) if outcome.end == "uncertain" else ()
    return OperatorMail(shown, operator, subject, len(issued), letters, len(document), found)


def _document(connection: Connection, ids: Sequence[int], run_name: str) -> tuple[bytes, int]:
    """All letters of the notices in one file, and how many."""
    from recon.outside.letter import page, pdf_of_pages

    found = [read_letter(number, content, digest) for number, content, digest in letters_of(connection, ids)]
    if not found:
        raise Refused(error("mail-run-not-issued", run_name, run=run_name))
    return pdf_of_pages([page(letter) for letter in found], run_name, found[0]), len(found)


def _body(
    settings: Settings, issued: Sequence[tuple[Any, Notice]], names: dict[str, str], subject: str, language: Language
) -> str:
    lines = [
        f"{shown_id('notices', row.id)}  {notice.customer_no}  {one_line(names[notice.customer_no])}  "
        f"{one_line(notice.title)}  {money(notice.total, language, notice.currency)}  "
        f"{term(f'channel_{notice.channel}', language)}"
        for row, notice in issued
    ]
    day = written_day(issued[0][0].issued_on, language)
    head = filled("operator_head", language, company=settings.company.name, day=day)
    return "\n".join([subject, head, "", *lines, "", term("operator_foot", language)])
