"""GiroCodes of open items: what is open, to the account where the item's branch collects, quoting its reference."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from recon.model.finding import Finding, error, warning
from recon.model.items import OpenItem
from recon.model.roles import Action
from recon.model.settings import Account, Settings
from recon.outside import girocode as drawing
from recon.service.answers import Refused
from recon.service.context import Context, reading
from recon.service.writing_files import placing
from recon.store.items import item_by_number
from recon.store.masters import all_customers
from recon.store.settings import settings_of
from sepa.girocode import GiroCodeError, Transfer, payload
from sepa.identifiers import is_rf

_DRAWN: Final[Mapping[str, Callable[[str], bytes]]] = {".svg": drawing.svg, ".png": drawing.png}
# Why a transfer cannot be told, where it is not the reason of the standard alone that helps.
_TOLD: Final = {"name": "girocode-name", "bytes": "girocode-bytes", "amount": "girocode-amount"}


@dataclass(frozen=True, slots=True)
class GiroCode:
    """A code: what it asks for, and its payload. ``findings`` are warnings."""

    invoice_no: str
    customer_no: str
    transfer: Transfer
    payload: str
    file: str | None = None
    findings: tuple[Finding, ...] = ()


def girocode_of(item: OpenItem, branch: str | None, settings: Settings) -> GiroCode:
    """The code of an item; ``branch`` is its own or its customer's. Raises Refused. Shared with letters."""
    number = item.invoice_no
    if item.document_type.sign < 0:
        raise Refused(error("girocode-not-owed", number, item=number))
    if item.open <= 0:
        raise Refused(error("girocode-paid", number, item=number))
    if item.currency != "EUR":
        raise Refused(error("girocode-currency", number, item=number, currency=item.currency))
    account = account_for(branch, settings)
    if account is None:
        raise Refused(error("girocode-no-account", number, item=number, branch=branch or "-"))
    reference = item.creditor_reference or ""
    structured = is_rf(reference)
    transfer = Transfer(
        name=settings.company.name,
        iban=account.iban,
        bic=account.bic,
        amount=item.open,
        reference=reference if structured else "",
        text="" if structured else reference or number,
    )
    try:
        told = payload(transfer)
    except GiroCodeError as fault:
        code = _TOLD.get(fault.reason, "girocode-impossible")
        raise Refused(error(code, number, item=number, problem=fault.reason, value=fault.value)) from fault
    findings = (warning("girocode-in-collection", number, item=number),) if item.in_collection else ()
    return GiroCode(number, item.customer_no, transfer, told, findings=findings)


def girocode(context: Context, invoice_no: str) -> GiroCode:
    """The code of an item by its number."""
    with reading(context, Action.READ) as connection:
        return _found(connection, invoice_no)


def write_girocode(context: Context, invoice_no: str, out: Path, *, force: bool = False) -> GiroCode:
    """Draw the code of an item into a file, SVG or PNG by its name. The books are only read."""
    draw = _DRAWN.get(out.suffix.lower())
    if draw is None:
        raise Refused(error("girocode-form", str(out), file=str(out), forms=", ".join(_DRAWN)))
    with reading(context, Action.READ) as connection:
        found = _found(connection, invoice_no)
    if out.exists() and not force:
        raise Refused(error("file-exists", str(out), file=str(out)))
    picture = draw(found.payload)
    with placing() as place:
        place(out.parent, [(out.name, picture)])
    return GiroCode(found.invoice_no, found.customer_no, found.transfer, found.payload, str(out), found.findings)


def _found(connection: Connection, invoice_no: str) -> GiroCode:
    item = item_by_number(connection, invoice_no)
    if item is None:
        raise Refused(error("item-unknown", invoice_no, item=invoice_no))
    branch = item.branch or all_customers(connection)[item.customer_no].branch
    return girocode_of(item, branch, settings_of(connection))


def account_for(branch: str | None, settings: Settings) -> Account | None:
    """Where an item is paid to: the account of its branch; without a branch, the first account of the company, as for
    direct debits."""
    accounts = {account.iban: account for account in settings.accounts}
    if branch is None:
        return settings.accounts[0] if settings.accounts else None
    iban = next((entry.account for entry in settings.branches if entry.code == branch), None)
    return None if iban is None else accounts[iban]
