"""Files of refunds in the books, and what the verbs about them share: which are meant, what is refused."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection

from recon.model.finding import Finding, error
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.service.answers import Exit, Refused
from recon.service.context import Context, reading
from recon.service.refundable import Candidate
from recon.store.credits import load_credits
from recon.store.ids import read_id, shown_id
from recon.store.masters import all_customers
from recon.store.refund_tables import refunds
from recon.store.refunds import (
    credit_of,
    load_refund_batches,
    load_refunds,
    refund_content,
)
from sepa.money import plain

# The class of what is booked at the export of refunds, as X1 is that of debits.
CLASS: Final = "X2"


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund in a file. ``of`` is the key of its credit; ``account_of`` says how the account is known."""

    end_to_end_id: str
    of: str
    customer: str
    name: str
    iban: str
    amount: int
    remittance: str
    account_of: str
    reason: str | None
    status: str
    returned_for: str | None


@dataclass(frozen=True, slots=True)
class RefundBatch:
    """A file of refunds in the books."""

    id: str
    account: str
    execution_date: date
    count: int
    sum: int
    status: str
    file: str
    sha256: str
    message_id: str
    payment_information_id: str
    created_by: str
    released_by: str | None
    refunds: tuple[Refund, ...]


@dataclass(frozen=True, slots=True)
class RefundResult:
    """Files; ``held`` is credit that is not paid back now, with what stands against it; ``findings`` want a look."""

    batches: tuple[RefundBatch, ...]
    held: tuple[Candidate, ...] = ()
    findings: tuple[Finding, ...] = ()


def refunds_in_books(context: Context) -> RefundResult:
    """All files of refunds, oldest first."""
    with reading(context, Action.READ) as connection:
        return RefundResult(shown_refunds(connection, None))


def chosen(connection: Connection, wanted: Sequence[str]) -> list[Any]:
    """The files that are named, all of them where none is. Raises Refused for one that is not there."""
    if not wanted:
        return load_refund_batches(connection)
    ids = [read_id("refund_batches", name) for name in wanted]
    rows = load_refund_batches(connection, [number for number in ids if number is not None])
    known = {row.id for row in rows}
    missing: list[Finding] = [
        error("refund-batch-unknown", name, batch=name)
        for name, number in zip(wanted, ids, strict=True)
        if number is None or number not in known
    ]
    if missing:
        raise Refused(*missing)
    return rows


def refuse(rows: Sequence[Any], wrong: bool, code: str, exit_code: Exit = Exit.REFUSED) -> None:
    """Raises Refused where something is wrong with files."""
    if wrong:
        shown = [shown_id("refund_batches", row.id) for row in rows]
        raise Refused(*(error(code, name, batch=name) for name in shown), exit_code=exit_code)


def see_eyes(settings: Settings, shown: str, maker: str, releaser: str) -> None:
    """Two people let a file out, where the settings name any and do not say ``single``. Raises Refused (exit 7)."""
    if maker == releaser and settings.users and settings.refunds.release == "four_eyes":
        facts = {"batch": shown, "name": maker}
        raise Refused(error("refund-four-eyes", shown, **facts), exit_code=Exit.NOT_PERMITTED)


def see_credits(connection: Connection, row: Any) -> None:
    """The credit of a file is still there: what has been booked since the file was made may have taken it. Raises
    Refused."""
    left = {one.key: one.left for one in load_credits(connection, held=True)}
    gone = [one for one in load_refunds(connection, refunds.c.batch_id == row.id)
            if left.get(credit_of(one), 0) < one.amount]  # fmt: skip
    if gone:
        shown = shown_id("refund_batches", row.id)
        raise Refused(*(
            error("refund-credit-gone", credit_of(one), batch=shown, credit=credit_of(one), amount=plain(one.amount),
                  left=plain(left.get(credit_of(one), 0)))
            for one in gone
        ))  # fmt: skip


def see_bytes(connection: Connection, row: Any) -> bytes:
    """The bytes of a file, as they were made. Raises Refused for any other."""
    content = refund_content(connection, row.id)
    if hashlib.sha256(content).hexdigest() != row.sha256:
        raise Refused(error("batch-damaged", shown_id("refund_batches", row.id), expected=row.sha256))
    return content


def see_customer(connection: Connection, customer: str | None) -> None:
    """Raises Refused for a customer whom nobody knows."""
    if customer is not None and customer not in all_customers(connection):
        raise Refused(error("customer-unknown", customer, customer=customer))


def shown_refunds(connection: Connection, ids: Sequence[int] | None) -> tuple[RefundBatch, ...]:
    """Files of refunds with all that is in them; all where ``ids`` is None."""
    rows = load_refund_batches(connection, ids)
    own: dict[int, list[Refund]] = {row.id: [] for row in rows}
    for one in load_refunds(connection, refunds.c.batch_id.in_(list(own))):
        own[one.batch_id].append(
            Refund(one.end_to_end_id, credit_of(one), one.customer_no, one.name, one.iban, one.amount, one.remittance,
                   one.account_of, one.reason, one.status, one.returned_for)
        )  # fmt: skip
    return tuple(
        RefundBatch(
            shown_id("refund_batches", row.id), row.account, row.execution_date, row.count, row.total,
            "submitted" if row.status == "exported" and row.submitted_on else row.status, row.file_name, row.sha256,
            row.message_id, row.payment_information_id, row.created_by, row.released_by, tuple(own[row.id]),
        )
        for row in rows
    )  # fmt: skip
