"""What stands against a mandate that a person enters or changes: everything that is wrong at once, as findings."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, select

from recon.items import values
from recon.items.columns import TEXT_CHARACTERS
from recon.model.finding import Finding, error, warning
from recon.service.answers import Refused
from recon.store.mandates import KeptMandate, former_ids, without_file
from recon.store.settings import settings_of
from recon.store.tables import mandates
from sepa.charset import MAX_NAME, fit
from sepa.identifiers import SEPA_COUNTRIES
from sepa.mandate import (
    ENDED,
    LAPSED,
    Mandate,
    MandateStatus,
    Scheme,
    accounts_in_force,
    lapses_on,
    state_on,
    warning_on,
)

_READ: Final = {
    "mandate_id": values.mandate_id,
    "iban": values.iban,
    "bic": values.bic,
    "account_holder": values.text(TEXT_CHARACTERS),
}


def read(found: list[Finding], **typed: str | None) -> dict[str, Any]:
    """What was typed, by column, read as the cells of a file are; what is wrong goes to ``found``."""
    known: dict[str, Any] = {}
    for column, text in typed.items():
        if text is None:
            continue
        try:
            known[column] = _READ[column](text, "EUR")
        except values.CellError as bad:
            found.append(error(bad.code, column, **{"value": text[: values.SHOWN_CHARACTERS], **bad.facts}))
    if "iban" in known and known["iban"][:2] not in SEPA_COUNTRIES:
        found.append(error("mandate-country", "iban", iban=known["iban"], country=known["iban"][:2]))
    return known


def nameless(holder: str) -> Iterator[Finding]:
    """An account holder of whom a bank could not read a letter."""
    if not fit(holder, MAX_NAME).text:
        yield error("mandate-holder-blank", "account_holder", value=holder)


def scheme_fits(scheme: Scheme, customer: Any) -> Iterator[Finding]:
    """Consumers cannot waive their refund: B2B is between companies (§ 675e (4) BGB)."""
    if scheme is Scheme.B2B and customer.type != "company":
        yield error("mandate-b2b-person", "scheme", customer=customer.customer_no)


def in_time(mandate: Mandate, as_of: date) -> Iterator[Finding]:
    """A signature lies behind, and not so far that the mandate would have lapsed unused."""
    signed_on = mandate.signed_on
    if signed_on is None:
        raise ValueError(f"a person gives the date of signature: {mandate.mandate_id}")
    if signed_on > as_of:
        yield error("mandate-signed-later", "signed_on", day=signed_on)
    elif warning_on(mandate, as_of) == LAPSED:
        yield error("mandate-lapsed", "signed_on", day=signed_on, lapsed_on=lapses_on(mandate))


def taken(connection: Connection, mandate_id: str, own: int | None) -> Iterator[Finding]:
    """A mandate id is one mandate's for good (X-16): items and banks go on naming it after it has got another."""
    there = connection.execute(select(mandates.c.id).where(mandates.c.mandate_id == mandate_id)).scalar()
    if there is None:
        renamed = select(mandates.c.id, mandates.c.former_ids).where(mandates.c.former_ids.is_not(None))
        there = next((row.id for row in connection.execute(renamed) if mandate_id in former_ids(row.former_ids)), None)
    if there is not None and there != own:
        yield error("mandate-there", "mandate_id", mandate=mandate_id)


def ended(kept: KeptMandate, as_of: date) -> Finding:
    """That a mandate has ended, and how."""
    mandate = kept.mandate
    if mandate.status in ENDED:
        return error("mandate-ended", mandate.mandate_id, mandate=mandate.mandate_id, status=mandate.status)
    if warning_on(mandate, as_of) == LAPSED:
        return error("mandate-lapsed", mandate.mandate_id, day=mandate.last_used_on or mandate.signed_on,
                     lapsed_on=lapses_on(mandate))  # fmt: skip
    return error("mandate-used-up", mandate.mandate_id, mandate=mandate.mandate_id, day=mandate.last_used_on)


def one_account(connection: Connection, others: Sequence[KeptMandate], mandate: Mandate, as_of: date) -> None:
    """A-22: at most one bank account of a customer carries mandates in force, by setting. Raises Refused."""
    if not settings_of(connection).collect.one_mandate_per_customer:
        return
    if state_on(mandate, as_of) is not MandateStatus.ACTIVE:
        return
    held = accounts_in_force((one.mandate for one in others), as_of)
    first = next((name for iban, name in held.items() if iban != mandate.iban), None)
    if first is not None:
        number = mandate.mandate_id
        raise Refused(error("mandate-second", number, customer=mandate.customer_no, mandate=number, first=first))


def in_batches(connection: Connection, kept: KeptMandate) -> list[Finding]:
    """A warning where a file that the bank has not got yet collects under the mandate as it was."""
    found = without_file(connection, kept.id)
    if not found:
        return []
    number = kept.mandate.mandate_id
    return [warning("mandate-in-batch", number, mandate=number, batches=", ".join(found), first=found[0])]
