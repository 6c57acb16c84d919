"""What a person does with a mandate: each is one transaction and one record of the log."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, insert, select, update

from recon.model.finding import Finding, error, has_errors
from recon.model.roles import Action
from recon.service.answers import Refused
from recon.service.context import Context, run, writing
from recon.service.mandates import checks
from recon.service.mandates.checks import ended, in_batches, one_account
from recon.service.mandates.listing import ListedMandate, listed, named
from recon.store.ids import next_ids
from recon.store.log import record
from recon.store.mandates import (
    ADDED,
    AMENDED,
    RELEASED,
    REVOKED,
    SUSPENDED,
    KeptMandate,
    load_mandates,
    names_of,
)
from recon.store.settings import settings_of
from recon.store.tables import customers, mandates
from sepa.mandate import ENDED, Mandate, MandateKind, MandateStatus, Scheme, state_on

# Why the log says that a mandate was revoked, before the id of the one in whose favour it was.
REPLACED: Final = "replaced by "


@dataclass(frozen=True, slots=True)
class NewMandate:
    """A mandate as a person enters it; ids, accounts and names as typed."""

    mandate_id: str
    customer_no: str
    iban: str
    signed_on: date
    bic: str | None = None
    holder: str | None = None
    scheme: Scheme = Scheme.CORE
    kind: MandateKind = MandateKind.RECURRENT


@dataclass(frozen=True, slots=True)
class MandateChange:
    """What was done: the mandate after it, the fields that are other than before (none: nothing was to be done),
    mandates that were revoked in its favour, and what is worth knowing."""

    mandate: ListedMandate
    fields: tuple[tuple[str, Any, Any], ...] = ()
    replaced: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Deed:
    """A change of a mandate: its action in the log, the columns after it, and why."""

    action: str
    after: Mapping[str, Any]
    reason: str | None = None


def add(context: Context, new: NewMandate, *, replaces: bool = False) -> MandateChange:
    """Enter a mandate. With ``replaces`` the customer's other mandates that have not ended are revoked in its favour.
    Raises Refused with everything that is wrong."""
    with run(context, Action.CHANGE_MANDATES), writing(context) as connection:
        as_of = context.stamp.as_of
        row = _new_row(connection, new, as_of)
        own = load_mandates(connection, mandates.c.customer_id == row["customer_id"])
        gone = [one for one in own if replaces and state_on(one.mandate, as_of) not in ENDED]
        fresh = Mandate(row["mandate_id"], new.customer_no, row["iban"], new.signed_on, kind=new.kind)
        one_account(connection, [one for one in own if one not in gone], fresh, as_of)
        found: list[Finding] = []
        for one in gone:
            found += in_batches(connection, one)
            after = {"status": MandateStatus.REVOKED.value, "revoked_on": as_of}
            _put(connection, context, one, _Deed(REVOKED, after, f"{REPLACED}{row['mandate_id']}"))
        connection.execute(insert(mandates), [{"id": next(next_ids(connection, mandates)), **row}])
        record(connection, context.stamp, ADDED, row["mandate_id"], after=row)
        fields = tuple((name, None, value) for name, value in row.items() if name != "customer_id")
        names = tuple(one.mandate.mandate_id for one in gone)
        return MandateChange(_now(connection, row["mandate_id"], as_of), fields, names, tuple(found))


def amend(
    context: Context,
    name: str,
    *,
    iban: str | None = None,
    bic: str | None = None,
    holder: str | None = None,
    new_id: str | None = None,
) -> MandateChange:
    """Another account, account holder or mandate id. A new account does not keep the BIC of the old one. The debtor's
    bank is told with the next collection. Raises Refused."""
    with run(context, Action.CHANGE_MANDATES), writing(context) as connection:
        as_of, found = context.stamp.as_of, list[Finding]()
        kept = named(connection, name)
        wanted = checks.read(found, mandate_id=new_id, iban=iban, bic=bic, account_holder=holder)
        if state_on(kept.mandate, as_of) in ENDED:
            found.append(ended(kept, as_of))
        if "mandate_id" in wanted:
            found += checks.taken(connection, wanted["mandate_id"], kept.id)
        if "account_holder" in wanted:
            found += checks.nameless(wanted["account_holder"])
        if has_errors(found):
            raise Refused(*found)
        if wanted.get("iban", kept.row["iban"]) != kept.row["iban"]:
            wanted.setdefault("bic", None)
        after = {column: value for column, value in wanted.items() if value != kept.row[column]}
        if "mandate_id" in after:
            former = [one for one in names_of(kept.row) if one != after["mandate_id"]]
            after["former_ids"] = msgspec.json.encode(former).decode()
        if "iban" in after:
            _see_others(connection, kept, replace(kept.mandate, iban=after["iban"]), as_of)
        found += in_batches(connection, kept) if after.keys() & {"iban", "mandate_id"} else ()
        return _done(connection, context, kept, _Deed(AMENDED, after, None), found)


def revoke(context: Context, name: str, reason: str, on: date | None = None) -> MandateChange:
    """The debtor has revoked a mandate, on a day (today): that is final. Raises Refused."""
    with run(context, Action.CHANGE_MANDATES), writing(context) as connection:
        as_of = context.stamp.as_of
        kept, day = named(connection, name), on or as_of
        if kept.mandate.status is MandateStatus.REVOKED:
            return MandateChange(_listed(connection, kept, as_of))
        signed_on = kept.mandate.signed_on
        if day > as_of:
            raise Refused(error("mandate-revoked-later", name, mandate=name, day=day))
        if signed_on is not None and day < signed_on:
            raise Refused(error("mandate-revoked-before", name, mandate=name, day=day, signed_on=signed_on))
        after = {"status": MandateStatus.REVOKED.value, "revoked_on": day}
        return _done(connection, context, kept, _Deed(REVOKED, after, reason), in_batches(connection, kept))


def suspend(context: Context, name: str, reason: str) -> MandateChange:
    """Collect nothing under a mandate until a person releases it. Raises Refused."""
    with run(context, Action.CHANGE_MANDATES), writing(context) as connection:
        as_of = context.stamp.as_of
        kept = named(connection, name)
        state = state_on(kept.mandate, as_of)
        if state in ENDED:
            raise Refused(ended(kept, as_of))
        if state is not MandateStatus.ACTIVE:
            return MandateChange(_listed(connection, kept, as_of))
        after = {"status": MandateStatus.SUSPENDED.value}
        return _done(connection, context, kept, _Deed(SUSPENDED, after, reason), in_batches(connection, kept))


def release(context: Context, name: str, reason: str) -> MandateChange:
    """Make a suspended or blocked mandate active again. Raises Refused, also where the customer has a mandate in force
    on another account by now (A-22)."""
    with run(context, Action.CHANGE_MANDATES), writing(context) as connection:
        as_of = context.stamp.as_of
        kept = named(connection, name)
        state = state_on(kept.mandate, as_of)
        if state in ENDED:
            raise Refused(ended(kept, as_of))
        if state is MandateStatus.ACTIVE:
            return MandateChange(_listed(connection, kept, as_of))
        _see_others(connection, kept, replace(kept.mandate, status=MandateStatus.ACTIVE), as_of)
        return _done(connection, context, kept, _Deed(RELEASED, {"status": MandateStatus.ACTIVE.value}, reason))


def _new_row(connection: Connection, new: NewMandate, as_of: date) -> dict[str, Any]:
    """The row of a mandate that is to be entered. Raises Refused."""
    found: list[Finding] = []
    typed = checks.read(found, mandate_id=new.mandate_id, iban=new.iban, bic=new.bic, account_holder=new.holder)
    owner = connection.execute(select(customers).where(customers.c.customer_no == new.customer_no)).one_or_none()
    if owner is None:
        found.append(error("customer-unknown", "customer", customer=new.customer_no))
    else:
        found += checks.scheme_fits(new.scheme, owner)
        found += checks.nameless(typed.get("account_holder", owner.name))
    if "mandate_id" in typed:
        found += checks.taken(connection, typed["mandate_id"], None)
    found += checks.in_time(Mandate(new.mandate_id, new.customer_no, "", new.signed_on, kind=new.kind), as_of)
    if owner is None or has_errors(found):
        raise Refused(*found)
    return {
        "mandate_id": typed["mandate_id"],
        "customer_id": owner.id,
        "iban": typed["iban"],
        "bic": typed.get("bic"),
        "account_holder": typed.get("account_holder"),
        "scheme": new.scheme.value,
        "kind": new.kind.value,
        "signed_on": new.signed_on,
        "status": MandateStatus.ACTIVE.value,
    }


def _see_others(connection: Connection, kept: KeptMandate, mandate: Mandate, as_of: date) -> None:
    others = load_mandates(connection, mandates.c.customer_id == kept.customer_id, mandates.c.id != kept.id)
    one_account(connection, others, mandate, as_of)


def _done(
    connection: Connection, context: Context, kept: KeptMandate, deed: _Deed, findings: Iterable[Finding] = ()
) -> MandateChange:
    as_of = context.stamp.as_of
    if deed.reason is not None and not deed.reason.strip():
        raise Refused(error("mandate-reason", kept.mandate.mandate_id))
    if not deed.after:
        return MandateChange(_listed(connection, kept, as_of))
    _put(connection, context, kept, deed)
    fields = tuple((name, kept.row[name], value) for name, value in deed.after.items() if name != "former_ids")
    name = deed.after.get("mandate_id", kept.mandate.mandate_id)
    return MandateChange(_now(connection, name, as_of), fields, findings=tuple(findings))


def _put(connection: Connection, context: Context, kept: KeptMandate, deed: _Deed) -> None:
    connection.execute(update(mandates).where(mandates.c.id == kept.id).values(**deed.after))
    name = deed.after.get("mandate_id", kept.mandate.mandate_id)
    before = {column: kept.row[column] for column in deed.after}
    record(connection, context.stamp, deed.action, name, before=before, after=deed.after, reason=deed.reason)


def _now(connection: Connection, mandate_id: str, as_of: date) -> ListedMandate:
    return _listed(connection, named(connection, mandate_id), as_of)


def _listed(connection: Connection, kept: KeptMandate, as_of: date) -> ListedMandate:
    return listed(kept, settings_of(connection).company, as_of)
