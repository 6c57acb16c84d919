"""Making files of refunds: which credit, to which account, checked twice."""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from recon.ledger.refunding import payee_name, remittance
from recon.model.finding import Finding, error, info, warning
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.service.answers import Refused
from recon.service.confirming import Wanted
from recon.service.context import Context, reading, run, writing
from recon.service.refundable import Candidate, candidates
from recon.service.refunding.batches import (
    RefundBatch,
    RefundResult,
    see_customer,
    shown_refunds,
)
from recon.service.refunding.choosing import Other, chosen_credits
from recon.store.ids import next_ids, read_id, shown_id
from recon.store.log import record
from recon.store.refund_tables import refund_batches
from recon.store.refunds import (
    NewRefund,
    insert_refund_batch,
)
from recon.store.settings import account_ids, settings_of
from sepa.calendar import add_bank_days, is_bank_day
from sepa.charset import MAX_NAME, fit
from sepa.identifiers import needs_address
from sepa.pain001 import Transfer, TransferFile, file_name, write

# Banks need not take orders much earlier than this many calendar days (Anlage 3, p. 102; domain.md 3.3).
MAX_AHEAD_DAYS: Final = 15


def propose(context: Context, customer: str | None = None) -> list[Candidate]:
    """Every credit, with the account that it would go back to and what stands against it. Writes nothing."""
    with reading(context, Action.READ) as connection:
        see_customer(connection, customer)
        return candidates(connection, context.stamp.as_of, customer)


def create(
    context: Context,
    wanted: Sequence[Wanted] = (),
    *,
    customer: str | None = None,
    execution_date: date | None = None,
    other: Other | None = None,
) -> RefundResult:
    """Make a file for each own account, with its bytes read back: of the credits named (``A17``, ``GS-1``, with an
    amount or whole), else of all that nothing stands against. All files or none."""
    with run(context, Action.REFUND), writing(context) as connection:
        settings = settings_of(connection)
        see_customer(connection, customer)
        day = _execution_date(context, settings, execution_date)
        chosen, held, findings = chosen_credits(connection, context, wanted, customer, other)
        files: dict[str, list[Candidate]] = {}
        for one in chosen:
            files.setdefault(str(one.judged.credit.own_account), []).append(one)
        made = [
            _create_one(connection, context, settings, (account, day), own=own, other=other)
            for account, own in sorted(files.items())
        ]
    batches = tuple(batch for batch, _ in made)
    return RefundResult(batches, held, (*findings, *(finding for _, told in made for finding in told)))


def _create_one(
    connection: Connection,
    context: Context,
    settings: Settings,
    where: tuple[str, date],
    *,
    own: Sequence[Candidate],
    other: Other | None,
) -> tuple[RefundBatch, list[Finding]]:
    number = next(next_ids(connection, refund_batches))
    account, day = where
    as_of = context.stamp.as_of
    message_id = f"OPOS-R{as_of:%Y%m%d}-{number:04d}"
    findings: list[Finding] = []
    made: list[NewRefund] = []
    transfers: list[Transfer] = []
    for at, one in enumerate(own, start=1):
        payee, credit, place = one.judged.payee, one.judged.credit, one.judged.credit.place
        assert payee is not None
        assert payee.name is not None
        name, changed = payee_name(payee.name)
        if changed:
            findings.append(
                warning("refund-name-changed", credit.key, credit=credit.key, name=payee.name, written=name)
            )
        # Inside the EEA the IBAN is enough (domain.md 3.3).
        abroad = needs_address(payee.iban)
        text = remittance(one.customer.customer_no, one.customer.language, paid_on=one.paid_on,
                          number=one.credit.invoice_no, note=one.note)  # fmt: skip
        reference = f"{message_id}-{at:05d}"
        transfers.append(
            Transfer(reference, credit.amount, name, payee.iban, text, payee.bic if abroad else None,
                     **(_address(place) if abroad else {}))
        )  # fmt: skip
        made.append(
            NewRefund(one.customer.id, None if one.credit.item_id else read_id("allocations", credit.key),
                      one.credit.item_id, credit.amount, reference, payee.iban, payee.bic if abroad else None, name,
                      text, payee.origin, other.reason if other is not None else None)
        )  # fmt: skip
    bic = next((own_account.bic for own_account in settings.accounts if own_account.iban == account), None)
    file = TransferFile(message_id, f"{message_id}-1", fit(settings.company.name, MAX_NAME).text, account, bic, day,
                        tuple(transfers))  # fmt: skip
    content = write(file, as_of)
    _check(content, file)
    sha256 = hashlib.sha256(content).hexdigest()
    row = {
        "id": number, "account_id": account_ids(connection)[account], "message_id": message_id,
        "payment_information_id": file.payment_information_id, "file_name": file_name(file), "sha256": sha256,
        "content": content, "execution_date": day, "count": file.count, "total": file.sum, "created_on": as_of,
        "created_by": context.stamp.actor, "status": "created",
    }  # fmt: skip
    insert_refund_batch(connection, row, made)
    shown = shown_id("refund_batches", number)
    after = {"message_id": message_id, "sha256": sha256, "count": file.count, "sum": file.sum}
    reason = other.reason if other is not None else None
    record(connection, context.stamp, "refund-create", shown, after=after, reason=reason)
    if file.count == 1:
        findings.append(info("refund-single", shown, batch=shown))
    return shown_refunds(connection, [number])[0], findings


def _address(place: Any) -> dict[str, str | None]:
    """The address, structured with town and country, or none at all (domain.md 3.7)."""
    if not (place.town and place.country):
        return {}
    return {name: fit(text, MAX_NAME, keep_umlauts=True).text if (text := getattr(place, name)) else None
            for name in ("street", "postcode", "town", "country")}  # fmt: skip


def _check(content: bytes, file: TransferFile) -> None:
    """A file that fails the schema or our own rules never comes into being."""
    from sepa.pain001_check import validate

    problems = validate(content, file)
    if problems:
        told = [error("refund-file-wrong", file.message_id, number=file.message_id, problem=problem.code,
                      detail=", ".join(f"{name} {value}" for name, value in problem.facts))
                for problem in problems]  # fmt: skip
        raise Refused(*told)


def _execution_date(context: Context, settings: Settings, wanted: date | None) -> date:
    as_of = context.stamp.as_of
    if wanted is None:
        return add_bank_days(as_of, settings.refunds.lead_days)
    if not is_bank_day(wanted) or not as_of <= wanted <= as_of + timedelta(days=MAX_AHEAD_DAYS):
        last = as_of + timedelta(days=MAX_AHEAD_DAYS)
        raise Refused(error("refund-date-wrong", "--execution-date", day=wanted, first=as_of, last=last))
    return wanted
