"""What complaints, calls and promises share: the moment of the day, the item that is meant, a reason that says
something."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from recon.model.complaints import moment
from recon.model.finding import error
from recon.service.answers import Exit, Refused
from recon.store.items import item_by_number
from recon.store.log import Stamp
from sepa.money import AmountError, parse_typed_amount

# A note or a reason that is longer is a letter; it is kept as a statement.
MAX_NOTE = 2_000


def moment_of(stamp: Stamp, given: datetime | None, where: str) -> datetime:
    """When something happened: as given, else at the real time of day on the day of ``--as-of``. Raises Refused for a
    moment after that day."""
    if given is None:
        real = datetime.fromisoformat(stamp.recorded_at).astimezone()
        return datetime.combine(stamp.as_of, real.time().replace(second=0, microsecond=0))
    if given.date() > stamp.as_of:
        raise Refused(error("moment-ahead", where, at=moment(given), day=stamp.as_of), exit_code=Exit.USAGE)
    return given


def item_named(connection: Connection, invoice_no: str) -> Any:
    """The item of an invoice number. Raises Refused."""
    item = item_by_number(connection, invoice_no)
    if item is None:
        raise Refused(error("item-unknown", invoice_no, item=invoice_no))
    return item


def said(reason: str | None, where: str) -> str:
    """A reason as it is kept. Raises Refused where it says nothing, or too much."""
    told = (reason or "").strip()
    if not told:
        raise Refused(error("no-reason", where, name=where), exit_code=Exit.USAGE)
    if len(told) > MAX_NOTE or "\0" in told:
        raise Refused(error("reason-too-long", where, limit=MAX_NOTE), exit_code=Exit.USAGE)
    return told


def amount_of(text: str | None, currency: str, where: str) -> int | None:
    """An amount as somebody has typed it, minor units of the currency. Raises Refused."""
    if text is None:
        return None
    try:
        return parse_typed_amount(text, currency)
    except AmountError as wrong:
        raise Refused(error("amount-wrong", where, value=text), exit_code=Exit.USAGE) from wrong
