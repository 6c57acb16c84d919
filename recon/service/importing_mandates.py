"""Taking a file of mandates in. What a file says of an account, an id or a creditor is amended like by hand: the
debtor's bank hears of it with the next collection. What a person must decide is not decided by a file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from recon.model.finding import Finding, error, info, warning
from recon.model.items import MandateRecord
from recon.model.settings import Company
from recon.service.importing_rows import Changes, NotTaken, put_rows
from recon.store.ids import next_ids
from recon.store.mandates import KeptMandate, load_mandates, names_of
from recon.store.settings import settings_of
from recon.store.tables import customers, mandates
from sepa.mandate import ENDED, Mandate, MandateKind, MandateStatus, Scheme, accounts_in_force, state_on

# What was told before these books.
_BEFORE: Final = ("original_mandate_id", "original_iban", "original_creditor_id", "original_creditor_name")
_NEW: Final[Mapping[str, Any]] = {
    "scheme": Scheme.CORE.value, "kind": MandateKind.RECURRENT.value, "status": MandateStatus.ACTIVE.value,
}  # fmt: skip
_COLUMNS: Final = frozenset(mandates.columns.keys())
# Waiting for a person: no file makes them active again.
_WAITING: Final = frozenset({MandateStatus.SUSPENDED.value, MandateStatus.BLOCKED.value})


def take_mandates(connection: Connection, as_of: date, records: Sequence[MandateRecord]) -> Changes:
    """Sort the records in and write them. Raises NotTaken."""
    settings = settings_of(connection)
    people = {row.customer_no: row.id for row in connection.execute(select(customers.c.customer_no, customers.c.id))}
    kept = load_mandates(connection)
    by_name = {one.mandate.mandate_id: one for one in kept}
    former = {name: one for one in kept for name in one.mandate.former_ids}
    here = {entry.mandate_id for entry in records}
    changes = Changes()
    ids = next_ids(connection, mandates)
    problems: list[Finding] = []
    taken: dict[str, MandateRecord] = {}
    for entry in records:
        if entry.customer_no not in people:
            problems.append(error("customer-unknown", entry.where, customer=entry.customer_no))
            continue
        own = by_name.get(entry.mandate_id)
        if own is None and entry.mandate_id in former:
            name = former[entry.mandate_id].mandate.mandate_id
            changes.findings.append(info("mandate-renamed", entry.where, mandate=entry.mandate_id, now=name))
            changes.unchanged += 1
            continue
        own = own or _renamed(entry, by_name, here, as_of)
        if own is not None and own.mandate.customer_no != entry.customer_no:
            problems.append(error("mandate-other-customer", entry.where, mandate=entry.mandate_id,
                                  customer=own.mandate.customer_no))  # fmt: skip
            continue
        row = _row(entry, people[entry.customer_no], own)
        changes.findings += _kept_status(entry, row, own)
        row |= _told_before(entry, own, settings.company)
        old = None if own is None else {name: value for name, value in own.row.items() if name in _COLUMNS}
        if changes.add(old, row, _NEW, ids) is not None:
            taken[entry.mandate_id] = entry
    if settings.collect.one_mandate_per_customer:
        problems += _second_accounts(kept, changes, taken, as_of)
    if problems:
        raise NotTaken(problems)
    put_rows(connection, mandates, changes)
    return changes


def _row(entry: MandateRecord, customer_id: int, own: KeptMandate | None) -> dict[str, Any]:
    """The columns that a record speaks of; a mandate that is given another id keeps the one it had beside it."""
    row: dict[str, Any] = {
        "mandate_id": entry.mandate_id, "customer_id": customer_id, "iban": entry.iban, "bic": entry.bic,
        "account_holder": entry.account_holder, "scheme": entry.scheme, "kind": entry.kind,
        "signed_on": entry.signed_on, "last_used_on": entry.last_used_on, "status": entry.status,
    }  # fmt: skip
    if own is not None and own.mandate.mandate_id != entry.mandate_id:
        names = [name for name in names_of(own.row) if name != entry.mandate_id]
        row["former_ids"] = msgspec.json.encode(names).decode()
    return row


def _renamed(
    entry: MandateRecord, by_name: Mapping[str, KeptMandate], here: Iterable[str], as_of: date
) -> KeptMandate | None:
    """The mandate that goes on under a new id: the record names the old one, which the file has no row of its own for,
    and it is in force or waits for a person."""
    old = entry.original_mandate_id
    own = None if old is None or old in here else by_name.get(old)
    if own is None or own.mandate.customer_no != entry.customer_no:
        return None
    return None if state_on(own.mandate, as_of) in ENDED else own


def _kept_status(entry: MandateRecord, row: dict[str, Any], own: KeptMandate | None) -> list[Finding]:
    """A revoked or expired mandate stays so, a suspended or blocked one until a person says so: many systems write
    »active« into their files day after day."""
    said = row["status"]
    if own is None or said is None or said == own.row["status"]:
        return []
    before = own.row["status"]
    if before in ENDED:
        row["status"] = None
        return [warning("mandate-stays-ended", entry.where, mandate=entry.mandate_id, status=before, said=said)]
    if before in _WAITING and said == MandateStatus.ACTIVE.value:
        row["status"] = None
        return [warning("mandate-stays-held", entry.where, mandate=entry.mandate_id, status=before)]
    return []


def _told_before(entry: MandateRecord, own: KeptMandate | None, company: Company) -> dict[str, Any]:
    """What the debtor's bank was told before these books: what the record says of it; for a mandate that was used, what
    stands in it now. Of what was collected from these books they know themselves."""
    said = {name: getattr(entry, name) for name in _BEFORE}
    if own is not None and own.tried:
        return {}
    known = own is not None and any(own.row[name] for name in _BEFORE)
    if known or not (any(said.values()) or entry.last_used_on):
        return said
    stood = own.row if own is not None else {"mandate_id": entry.mandate_id, "iban": entry.iban}
    if not (entry.original_creditor_id or entry.original_creditor_name) and company.creditor_id:
        said |= {"original_creditor_id": company.creditor_id, "original_creditor_name": company.name}
    return said | {
        "original_mandate_id": entry.original_mandate_id or stood["mandate_id"],
        "original_iban": entry.original_iban or stood["iban"],
    }


def _second_accounts(
    kept: Sequence[KeptMandate], changes: Changes, taken: Mapping[str, MandateRecord], as_of: date
) -> list[Finding]:
    """A-22: only one of a customer's bank accounts may carry mandates in force."""
    changed = {row["id"]: row for row in changes.updates}
    touched = {row["customer_id"] for row in (*changes.updates, *changes.inserts)}
    after: dict[int, list[Mandate]] = {}
    for one in kept:
        if one.customer_id in touched:
            after.setdefault(one.customer_id, []).append(_after(one.mandate, changed.get(one.id)))
    for row in changes.inserts:
        blank = Mandate(row["mandate_id"], "", row["iban"], None)
        after.setdefault(row["customer_id"], []).append(_after(blank, row))
    found: list[Finding] = []
    for own in after.values():
        accounts = accounts_in_force(own, as_of)
        if len(accounts) < 2:
            continue
        first = next(iter(accounts.values()))
        second = [one for one in own if one.mandate_id in taken and state_on(one, as_of) is MandateStatus.ACTIVE]
        found += [
            error("mandate-second", taken[one.mandate_id].where, customer=taken[one.mandate_id].customer_no,
                  mandate=one.mandate_id, first=first)
            for one in second
            if one.iban != next(iter(accounts))
        ]  # fmt: skip
    return found


def _after(mandate: Mandate, row: Mapping[str, Any] | None) -> Mandate:
    """A mandate as a row will have it."""
    if row is None:
        return mandate
    used = [day for day in (mandate.last_used_on, row.get("last_used_on")) if day is not None]
    return replace(
        mandate, mandate_id=row["mandate_id"], iban=row["iban"], signed_on=row["signed_on"],
        status=MandateStatus(row["status"]), kind=MandateKind(row["kind"]), last_used_on=max(used) if used else None,
    )  # fmt: skip
