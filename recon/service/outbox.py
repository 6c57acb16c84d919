"""The outbox (Postausgang): the mails of a run, queued when its notices are issued, sent by a person's word
(``recon.service.mailing``). What is uncertain is never sent again by itself (decision 0029)."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, select

from recon.dunning.presets import effective
from recon.dunning.wording import OwnTexts, facts_of, fill, one_line, wording_of
from recon.model.addresses import is_address
from recon.model.dunning import Notice, NoticeItem
from recon.model.finding import Finding, error, warning
from recon.model.items import Customer
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.service.answers import Refused
from recon.service.context import Context, reading, run, writing
from recon.service.girocodes import account_for
from recon.store.dunning_tables import dunning_runs, notices
from recon.store.dunning_texts import own_texts
from recon.store.ids import next_ids, read_id, shown_id
from recon.store.log import Stamp, record
from recon.store.masters import all_customers, each_customer
from recon.store.notices import load_notices, mark_dispatched
from recon.store.outbox import change_mail, insert_mails, load_mails, notices_of
from recon.store.tables import customers
from recon.store.text_tables import outbox, outbox_notices

STATUSES: Final = ("queued", "sending", "sent", "failed", "uncertain", "cancelled")
# A label, not a server's words: the customer's address is none.
BAD_ADDRESS: Final = "mail_bad_address"
# What each decision of a person may be taken about.
_RETRIED: Final = frozenset({"queued", "failed", "uncertain"})
_CONFIRMED: Final = frozenset({"queued", "failed", "uncertain"})
_CANCELLED: Final = frozenset({"queued", "failed", "uncertain"})
# Facts that are amounts: of several currencies they stand one after the other.
_SUMS: Final = ("total", "open", "fee", "interest")


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail of the outbox. ``next_attempt`` is a real time, ISO 8601, UTC; ``notices`` are id, title and status."""

    id: str
    run: str
    customer_no: str
    customer: str
    recipient: str
    subject: str
    body: str
    message_id: str
    status: str
    notices: tuple[tuple[str, str, str], ...]
    attempts: int
    error: str | None
    next_attempt: str | None
    queued_on: date
    sent_on: date | None
    reason: str | None


def queue_mails(connection: Connection, as_of: date, settings: Settings, run_id: int) -> int:
    """Put a mail into the outbox for each customer whose notices of a run go by e-mail, with all of them; how many.
    Part of the transaction that issues the run. What it says is kept as the texts and names are now."""
    carried = outbox_notices.select().with_only_columns(outbox_notices.c.notice_id)
    found = load_notices(
        connection, notices.c.run_id == run_id, notices.c.status == "issued", notices.c.channel == "email",
        notices.c.id.not_in(carried),
    )  # fmt: skip
    by_customer: dict[str, list[tuple[int, Notice]]] = {}
    for row, notice in found:
        by_customer.setdefault(notice.customer_no, []).append((row.id, notice))
    if not by_customer:
        return 0
    owners = select(notices.c.customer_id).where(notices.c.run_id == run_id, notices.c.channel == "email")
    people = {customer.customer_no: customer for customer in each_customer(connection, customers.c.id.in_(owners))}
    own, ids = own_texts(connection), next_ids(connection, outbox)
    mails = []
    for customer_no, theirs in by_customer.items():
        number, customer = next(ids), people[customer_no]
        subject, body = _worded([notice for _, notice in theirs], customer, settings, own, as_of)
        carries = [notice_id for notice_id, _ in theirs]
        recipient = one_line(customer.email or "")
        good = is_address(recipient)
        mails.append((
            {
                "id": number, "run_id": run_id, "customer_id": customer.id, "recipient": recipient, "subject": subject,
                "body": body, "message_id": _message_id(settings, as_of, number, carries),
                "status": "queued" if good else "failed", "attempts": 0, "error": None if good else BAD_ADDRESS,
                "queued_on": as_of,
            },
            carries,
        ))  # fmt: skip
    insert_mails(connection, mails)
    return len(mails)


def list_mails(context: Context, status: str | None = None, run_name: str | None = None) -> list[MailRow]:
    """The mails of the outbox, all or those of a status or run, oldest first."""
    with reading(context, Action.READ) as connection:
        conditions = [] if status is None else [outbox.c.status == status]
        if run_name is not None:
            conditions.append(outbox.c.run_id == read_id("dunning_runs", run_name))
        return told_mails(connection, *conditions)


def show_mail(context: Context, name: str) -> MailRow:
    """One mail. Raises Refused."""
    with reading(context, Action.READ) as connection:
        return one_mail(connection, name)


def retry(context: Context, name: str, reason: str) -> MailRow:
    """Have a mail sent with the next ``send``, to the customer's address of today: a person's word that it may go,
    also where it is not known whether it went already, or where something was paid meanwhile."""
    return _decided(context, name, "retry", reason)


def confirm_sent(context: Context, name: str, reason: str) -> MailRow:
    """Say that a mail did go out: where that was not known, or by somebody's own mail program."""
    return _decided(context, name, "sent", reason)


def cancel_mail(context: Context, name: str, reason: str) -> MailRow:
    """Say that a mail is not to go out. Its notices stand: they may go by post."""
    return _decided(context, name, "cancel", reason)


def _decided(context: Context, name: str, decision: str, reason: str) -> MailRow:
    may = {"retry": _RETRIED, "sent": _CONFIRMED, "cancel": _CANCELLED}[decision]
    with run(context, Action.SEND_MAIL), writing(context) as connection:
        mail = one_mail(connection, name)
        if mail.status not in may:
            raise Refused(error("mail-not-now", mail.id, status=mail.status, decision=decision))
        number = id_of(mail)
        if decision == "retry":
            address = one_line(all_customers(connection)[mail.customer_no].email or "")
            if not is_address(address):
                raise Refused(error("mail-address", mail.id, customer=mail.customer_no, value=address or "-"))
            values: dict[str, Any] = {"status": "queued", "next_attempt": None, "attempts": 0, "recipient": address}
        elif decision == "sent":
            values = {"status": "sent", "sent_on": context.stamp.as_of, "next_attempt": None}
            mark_dispatched(connection, carried_of(mail), context.stamp.as_of)
        else:
            values = {"status": "cancelled", "next_attempt": None}
        settle(connection, context.stamp, mail, reason=reason, **values)
        return told_mails(connection, outbox.c.id == number)[0]


def settle(connection: Connection, stamp: Stamp, mail: MailRow, **values: Any) -> None:
    """Change a mail and record it: the status before and after, the server's words, the reason."""
    change_mail(connection, id_of(mail), **values)
    after = {"status": values["status"], "error": values.get("error"), "recipient": values.get("recipient")}
    known = {key: value for key, value in after.items() if value is not None}
    record(connection, stamp, "mail", mail.id, before={"status": mail.status}, after=known, reason=values.get("reason"))


def told_mails(connection: Connection, *conditions: Any) -> list[MailRow]:
    """Mails as they are told, by id."""
    rows = load_mails(connection, *conditions)
    carried = notices_of(connection, [row.id for row in rows])
    return [
        MailRow(
            shown_id("outbox", row.id), shown_id("dunning_runs", row.run_id), row.customer_no, row.name,
            row.recipient, row.subject, row.body, row.message_id, row.status,
            tuple((shown_id("notices", one.id), one.title, one.status) for one in carried.get(row.id, ())),
            row.attempts, row.error, row.next_attempt, row.queued_on, row.sent_on, row.reason,
        )
        for row in rows
    ]  # fmt: skip


def one_mail(connection: Connection, name: str) -> MailRow:
    """A mail by the id that is shown. Raises Refused."""
    number = read_id("outbox", name)
    found = [] if number is None else told_mails(connection, outbox.c.id == number)
    if not found:
        raise Refused(error("mail-unknown", name, value=name))
    return found[0]


def id_of(mail: MailRow) -> int:
    """The number of a mail in its table."""
    return int(mail.id[1:])


def mail_doubts(settings: Settings, made: Sequence[Notice]) -> tuple[Finding, ...]:
    """What whoever makes a run should know before: no address for the whole document (V-19), no mail server."""
    mail = settings.mail
    by_mail = sum(notice.channel == "email" for notice in made)
    if not made:
        return ()
    found = []
    if by_mail and not (mail.host and mail.sender):
        found.append(warning("mail-not-set-up-yet", "mail", count=by_mail))
    if mail.host and not mail.operator:
        found.append(warning("mail-no-operator", "mail.operator"))
    return tuple(found)


def run_of(connection: Connection, name: str) -> int:
    """A run by its name. Raises Refused."""
    number = read_id("dunning_runs", name)
    known = connection.execute(
        dunning_runs.select().with_only_columns(dunning_runs.c.id).where(dunning_runs.c.id == number)
    )
    if number is None or known.scalar() is None:
        raise Refused(error("dunning-run-unknown", name, run=name))
    return number


def carried_of(mail: MailRow) -> list[int]:
    """The notices of a mail that stand, by their numbers."""
    return [int(number[1:]) for number, _, status in mail.notices if status == "issued"]


def _worded(
    made: Sequence[Notice], customer: Customer, settings: Settings, own: OwnTexts, as_of: date
) -> tuple[str, str]:
    """Subject and body: the texts of the highest level among the notices, about all of them."""
    head = max(made, key=lambda notice: notice.level)
    wording = wording_of(own, effective(settings.dunning).preset, head.level, head.language)
    if wording is None:
        # Such a notice is not issued (D-13).
        raise ValueError(f"no texts for level {head.level} in {head.language}")
    branches = {branch.code: branch.name for branch in settings.branches}
    told = partial(
        facts_of, on=as_of, name=customer.name, company=settings.company.name,
        branch=branches.get(head.branch or ""), account=account_for(head.branch, settings),
    )  # fmt: skip
    facts = told(replace(head, items=_lines(made)))
    if len(made) > 1:
        currencies = dict.fromkeys(notice.currency for notice in made)
        each = [_joined([notice for notice in made if notice.currency == currency]) for currency in currencies]
        sums = [told(one) for one in each]
        facts |= {name: " + ".join(one[name] for one in sums) for name in _SUMS}
    return one_line(fill(wording.subject, facts)), fill(wording.mail, facts)


def _joined(made: Sequence[Notice]) -> Notice:
    """Notices of one currency as one, for what they ask for together."""
    return replace(
        made[0], items=_lines(made),
        fee=sum(notice.fee for notice in made), interest=sum(notice.interest for notice in made),
    )  # fmt: skip


def _lines(made: Sequence[Notice]) -> tuple[NoticeItem, ...]:
    return tuple(line for notice in made for line in notice.items)


def _message_id(settings: Settings, as_of: date, number: int, carries: Sequence[int]) -> str:
    """RFC 5322 3.6.4: made of the company, the day and the ids, so that the same mail sent again is known as such."""
    company = settings.company
    told = json.dumps([company.name, company.creditor_id, as_of.isoformat(), number, list(carries)])
    domain = (settings.mail.sender or "@opos.invalid").rpartition("@")[2]
    return f"<opos-{number}-{hashlib.sha256(told.encode()).hexdigest()[:32]}@{domain}>"
