"""Sending what stands in the outbox. Nothing goes out by itself, and nothing twice: ``sending`` is committed before the
server hears of a mail, ``sent`` after it took it; what is found in between is ``uncertain`` and waits for a person's
word (decision 0029)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from recon.dunning.eligibility import holds
from recon.dunning.wording import one_line
from recon.model.finding import Finding, error, info, warning
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.outside.mail import PORTS, Mail, Outcome, Post, Server, ServerFault, file_names, message_of
from recon.service.answers import Refused
from recon.service.context import Context, reading, run, writing
from recon.service.dunnable import open_parts
from recon.service.letters import pdf_of
from recon.service.outbox import MailRow, carried_of, id_of, one_mail, settle, told_mails
from recon.store.notices import mark_dispatched
from recon.store.outbox import NOTICE_CANCELLED, PAID_MEANWHILE, claims_of
from recon.store.settings import settings_of
from recon.store.tables import items
from recon.store.text_tables import outbox

PASSWORD: Final = "OPOS_SMTP_PASSWORD"  # noqa: S105 - the name of the variable
# Minutes to wait after each failure that may pass; after the last one a person looks.
WAITS: Final = (5, 15, 60, 240)
# A password is no file of megabytes.
_MAX_PASSWORD: Final = 1024


@dataclass(frozen=True, slots=True)
class Sent:
    """The mails that were looked at, as they are now, and what a person should know of them."""

    mails: tuple[MailRow, ...]
    findings: tuple[Finding, ...] = ()


def send(context: Context, names: Sequence[str] = (), *, password: str | None = None) -> Sent:
    """Send what is due in the outbox, or the mails that are named. A dry run says what would go out.
    ``password`` is that of the environment, if any; else that of the file in the settings is taken.

    Raises Refused where no mail server is set up, or it cannot be used and nothing went out.
    """
    with run(context, Action.SEND_MAIL):
        found: list[Finding] = []
        with writing(context) as connection:
            settings = settings_of(connection)
            found += _left_behind(connection, context)
            due = _due(connection, context, names)
        server = server_of(settings, password)
        seen: list[str] = []
        with Post(server) as post:
            for mail in due:
                fault, told = _one(context, settings, post, mail)
                found += told
                seen.append(mail.id)
                if fault is not None:
                    found.append(error(fault.code, server.host, host=server.host, port=server.port, said=fault.said))
                    break
    with reading(context, Action.READ) as connection:
        now = tuple(told_mails(connection, outbox.c.id.in_([int(number[1:]) for number in seen])))
    return Sent(now, tuple(found))


def server_of(settings: Settings, given: str | None = None) -> Server:
    """The mail server of the settings with its password. Raises Refused where something is missing."""
    mail = settings.mail
    missing = [name for name in ("host", "sender") if getattr(mail, name) is None]
    if mail.host is None or missing:
        raise Refused(error("mail-not-set-up", "mail", missing=", ".join(f"mail.{name}" for name in missing)))
    if mail.user is not None and mail.security == "none":
        raise Refused(error("mail-clear-password", "mail.security"))
    password = _password(mail.password_file, given) if mail.user is not None else None
    port = mail.port or PORTS[mail.security]
    return Server(mail.host, port, mail.security, mail.user, password, mail.timeout)


def _password(file: str | None, given: str | None) -> str:
    if given:
        return given
    if file is None:
        raise Refused(error("mail-no-password", "mail.user", variable=PASSWORD))
    try:
        with Path(file).open("rb") as opened:
            first = opened.read(_MAX_PASSWORD).decode("utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as fault:
        # What stands in the file is never told.
        raise Refused(error("mail-password-file", "mail.password_file", file=file)) from fault
    if not first:
        raise Refused(error("mail-no-password", "mail.user", variable=PASSWORD))
    return first


def _left_behind(connection: Connection, context: Context) -> list[Finding]:
    """What an earlier run was sending when it was cut off: nobody knows whether it arrived."""
    found = []
    for mail in told_mails(connection, outbox.c.status == "sending"):
        settle(connection, context.stamp, mail, status="uncertain", next_attempt=None)
        found.append(warning("mail-uncertain", mail.id, recipient=mail.recipient, customer=mail.customer_no))
    return found


def _due(connection: Connection, context: Context, names: Sequence[str]) -> list[MailRow]:
    if names:
        named = [one_mail(connection, name) for name in dict.fromkeys(names)]
        wrong = [
            error("mail-not-now", mail.id, status=mail.status, decision="send")
            for mail in named
            if mail.status != "queued"
        ]
        if wrong:
            raise Refused(*wrong)
        return named
    now = datetime.fromisoformat(context.stamp.recorded_at)
    return [
        mail
        for mail in told_mails(connection, outbox.c.status == "queued")
        if mail.next_attempt is None or datetime.fromisoformat(mail.next_attempt) <= now
    ]


def _one(
    context: Context, settings: Settings, post: Post, mail: MailRow
) -> tuple[ServerFault | None, list[Finding]]:  # fmt: skip
    """One mail from ``queued`` to its end, in two transactions with the server between them."""
    with writing(context) as connection:
        held = _held_back(connection, context, mail)
        if held is not None:
            return None, [held]
        carried = carried_of(mail)
        pdfs = [] if context.dry_run else [pdf_of(connection, number) for number in carried]
    if context.dry_run:
        return None, []
    titles = [f"{title}-{number}" for number, title, _ in mail.notices if int(number[1:]) in carried]
    company, own = settings.company.name, settings.mail
    message = message_of(
        Mail(
            mail.message_id, (own.sender or "", one_line(own.sender_name or company)),
            (mail.recipient, one_line(mail.customer)), one_line(mail.subject), mail.body,
            tuple(zip(file_names(titles), pdfs, strict=True)), own.reply_to,
        ),
        datetime.fromisoformat(context.stamp.recorded_at),
    )  # fmt: skip
    try:
        post.connect()
    except ServerFault as fault:
        return fault, []
    with writing(context) as connection:
        settle(connection, context.stamp, mail, status="sending", attempts=mail.attempts + 1)
    outcome = post.send(own.sender or "", mail.recipient, message)
    try:
        return None, _ended(context, mail, carried, outcome)
    except KeyboardInterrupt:
        # Asked to stop while the server took it: that it was taken is written down first.
        _ended(context, mail, carried, outcome)
        raise


def _held_back(connection: Connection, context: Context, mail: MailRow) -> Finding | None:
    """Why a mail does not go out today: all of it was paid meanwhile, or some of it changed and nobody has said that
    it may go all the same. Nobody is reminded of what he has paid, or given a day that has passed."""
    carried = carried_of(mail)
    if not carried:
        settle(connection, context.stamp, mail, status="cancelled", reason=NOTICE_CANCELLED, next_attempt=None)
        return info("mail-notices-cancelled", mail.id, customer=mail.customer_no)
    claims = claims_of(connection, carried)
    wanted = items.c.id.in_({claim.item_id for claim in claims}) & (items.c.open_amount != 0)
    today = context.stamp.as_of
    now = {(part.item_id, part.part.value): part for part in open_parts(connection, today, wanted)}
    left = {(claim.item_id, claim.part): now.get((claim.item_id, claim.part)) for claim in claims}
    if all(part is None or part.open <= 0 for part in left.values()):
        settle(connection, context.stamp, mail, status="cancelled", reason=PAID_MEANWHILE, next_attempt=None)
        return info("mail-paid", mail.id, customer=mail.customer_no)
    changed = len(carried) < len(mail.notices)
    for claim in claims:
        part = left[claim.item_id, claim.part]
        gone = part is None or part.open < claim.open_amount
        held = part is not None and part.hold is not None and holds(part.hold_until, today)
        changed |= gone or held or claim.deadline < today
    if changed and mail.reason is None:
        return warning("mail-changed", mail.id, customer=mail.customer_no)
    return None


def _ended(context: Context, mail: MailRow, carried: Sequence[int], outcome: Outcome) -> list[Finding]:
    """Write down how a mail ended, and what a person should know of it."""
    stamp = context.stamp
    facts = {"recipient": mail.recipient, "customer": mail.customer_no}
    with writing(context) as connection:
        before = told_mails(connection, outbox.c.id == id_of(mail))[0]
        if outcome.end == "sent":
            mark_dispatched(connection, carried, stamp.as_of)
            settle(connection, stamp, before, status="sent", sent_on=stamp.as_of, error=None, next_attempt=None)
            return []
        if outcome.end == "uncertain":
            settle(connection, stamp, before, status="uncertain", error=outcome.said, next_attempt=None)
            return [warning("mail-uncertain", mail.id, **facts)]
        if outcome.end == "later" and before.attempts <= len(WAITS):
            wait = timedelta(minutes=WAITS[before.attempts - 1])
            later = (datetime.fromisoformat(stamp.recorded_at) + wait).isoformat(timespec="seconds")
            settle(connection, stamp, before, status="queued", error=outcome.said, next_attempt=later)
            return [warning("mail-later", mail.id, said=outcome.said, later=later, **facts)]
        settle(connection, stamp, before, status="failed", error=outcome.said, next_attempt=None)
        standing = ", ".join(number for number, _, status in mail.notices if status == "issued")
        return [error("mail-refused", mail.id, said=outcome.said, notice=standing, **facts)]
