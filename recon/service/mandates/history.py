"""The life of a mandate, told from the log and from what was collected under it; nothing of it is kept twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, or_, select

from recon.model.roles import Action
from recon.service.context import Context, reading
from recon.service.mandates.listing import ListedMandate, listed, named
from recon.store.answers import came_back
from recon.store.batches import load_collections
from recon.store.ids import shown_id
from recon.store.mandates import ADDED, BY_PEOPLE, BY_RETURN, KeptMandate, names_of
from recon.store.settings import settings_of
from recon.store.tables import collections, files, log
from sepa.mandate import LAPSED, MandateStatus, lapses_on, warning_on

# What a person did, by the action of the log.
_WHAT: Final = {
    "mandate-add": "added", "mandate-amend": "amended", "mandate-revoke": "revoked", "mandate-suspend": "suspended",
    "mandate-release": "released",
}  # fmt: skip
# Columns whose change is no news to a reader, or told by what happened.
_SILENT: Final = frozenset({"former_ids", "customer_id"})


@dataclass(frozen=True, slots=True)
class Happening:
    """Something in the life of a mandate. ``what`` is one of ``imported``, ``changed``, ``added``, ``amended``,
    ``suspended``, ``released``, ``revoked``, ``returned`` (a return changed its status), ``given_back`` (the return was
    taken back), ``collected``, ``lapsed``. ``fields`` are columns with their values before and after; ``facts`` what
    else is known: file, reason, item, batch, amount (minor units), status, amendment, the code of its return."""

    on: date
    what: str
    by: str | None = None
    fields: tuple[tuple[str, Any, Any], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MandateHistory:
    """A mandate as it is, and how it came to be so, oldest first."""

    mandate: ListedMandate
    happenings: tuple[Happening, ...]


def show(context: Context, name: str) -> MandateHistory:
    """A mandate by its id, or by one that it once had. Raises Refused."""
    with reading(context, Action.READ) as connection:
        as_of = context.stamp.as_of
        kept = named(connection, name)
        found = [*_imports(connection, kept), *_changes(connection, kept), *_collected(connection, kept)]
        told = [one for _, one in sorted(found, key=lambda pair: pair[0])]
        lapse = lapses_on(kept.mandate)
        if lapse is not None and warning_on(kept.mandate, as_of) == LAPSED:
            told.append(Happening(lapse, "lapsed"))
        company = settings_of(connection).company
        return MandateHistory(listed(kept, company, as_of), tuple(told))


def _changes(connection: Connection, kept: KeptMandate) -> list[tuple[tuple[int, int], Happening]]:
    """What people and returns did."""
    query = (
        select(log)
        .where(log.c.action.in_((*BY_PEOPLE, BY_RETURN)), log.c.subject.in_(names_of(kept.row)))
        .order_by(log.c.id)
    )
    found = []
    for row in connection.execute(query):
        before, after = _document(row.before), _document(row.after)
        facts: dict[str, Any] = {"reason": row.reason}
        if row.action == BY_RETURN:
            back = after.get("status") == MandateStatus.ACTIVE.value
            what = "given_back" if back else "returned"
        else:
            what = _WHAT[row.action]
        fields = () if row.action == ADDED else _fields(before, after)
        if row.action == ADDED:
            facts |= {name: after.get(name) for name in ("iban", "signed_on")}
        found.append(((row.id, 0), Happening(row.as_of, what, row.actor, fields, facts)))
    return found


class _Change(msgspec.Struct):
    id: int | None = None
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}


class _Import(msgspec.Struct):
    sha256: str | None = None
    new: int = 0
    changes: list[_Change] = []


def _imports(connection: Connection, kept: KeptMandate) -> list[tuple[tuple[int, int], Happening]]:
    """The file that brought the mandate in, and those that changed it. Ids are given out one after the other, so the
    counts of the records say which file it was."""
    ours = set(connection.execute(select(files.c.sha256).where(files.c.kind == "mandates")).scalars())
    query = (
        select(log.c.id, log.c.as_of, log.c.actor, log.c.action, log.c.subject, log.c.after)
        .where(or_(log.c.action == "import", log.c.action == ADDED))
        .order_by(log.c.id)
    )
    decoder = msgspec.json.Decoder(_Import)
    found = []
    last = 0
    for row in connection.execute(query):
        if row.action == ADDED:
            last += 1
            continue
        told = decoder.decode(row.after) if row.after else _Import()
        if told.sha256 not in ours:
            continue
        first, last = last + 1, last + told.new
        facts = {"file": row.subject}
        if first <= kept.id <= last:
            found.append(((row.id, 0), Happening(row.as_of, "imported", row.actor, (), facts)))
        for change in told.changes:
            if change.id == kept.id:
                fields = _fields(change.before, change.after)
                found.append(((row.id, 0), Happening(row.as_of, "changed", row.actor, fields, facts)))
    return found


def _collected(connection: Connection, kept: KeptMandate) -> list[tuple[tuple[int, int], Happening]]:
    """Every collection, at the record that made its batch."""
    debits = load_collections(connection, collections.c.mandate_id == kept.id)
    if not debits:
        return []
    subjects = sorted({shown_id("batches", debit.batch_id) for debit in debits})
    query = select(log.c.subject, log.c.id, log.c.as_of, log.c.actor).where(log.c.action == "collect")
    made = {row.subject: row for row in connection.execute(query) if row.subject in subjects}
    codes = {back.collection_id: back.code for back in came_back(connection, collections.c.mandate_id == kept.id)}
    found = []
    for debit in debits:
        batch = shown_id("batches", debit.batch_id)
        facts = {
            "item": debit.invoice_no, "batch": batch, "amount": debit.amount, "currency": debit.currency,
            "collection_date": debit.collection_date, "status": debit.status, "amendment": debit.amendment > 0,
            "code": codes.get(debit.id),
        }  # fmt: skip
        record = made[batch]
        found.append(((record.id, debit.id), Happening(record.as_of, "collected", record.actor, (), facts)))
    return found


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[tuple[str, Any, Any], ...]:
    return tuple((name, before.get(name), value) for name, value in sorted(after.items()) if name not in _SILENT)


def _document(text: str | None) -> dict[str, Any]:
    return {} if text is None else msgspec.json.decode(text, type=dict[str, Any])
