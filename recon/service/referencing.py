"""RF references (ISO 11649) of items, handed out on request: shown, or stored with the item so that a payment that
quotes them is certain."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from recon.model.finding import Finding, error
from recon.model.items import OpenItem
from recon.model.roles import Action
from recon.service.answers import Refused
from recon.service.context import Context, reading, run, writing
from recon.store.items import load_items
from recon.store.log import record
from recon.store.rows import rows_of
from recon.store.tables import items
from sepa.identifiers import IdentifierError
from sepa.references import reference_body, reference_of

# Values of one "in" that both databases take.
_SOME = 500


@dataclass(frozen=True, slots=True)
class Referenced:
    """An item with its reference; ``stored`` says whether the books have it, ``new`` whether just now."""

    item: OpenItem
    reference: str
    stored: bool
    new: bool = False


@dataclass(frozen=True, slots=True)
class References:
    """The references, by item id, and why others have none."""

    rows: tuple[Referenced, ...]
    findings: tuple[Finding, ...] = ()


def show_references(context: Context, invoices: Sequence[str] = ()) -> References:
    """The references of items (of all that are open, where none is named), as they are or would be."""
    with reading(context, Action.READ) as connection:
        return _references(connection, invoices)


def store_references(context: Context, invoices: Sequence[str] = ()) -> References:
    """The same, and the books keep those that they did not have."""
    with run(context, Action.SET_REFERENCES), writing(context) as connection:
        found = _references(connection, invoices)
        fresh = [row for row in found.rows if not row.stored]
        for row in fresh:
            change = update(items).where(items.c.id == row.item.id).values(creditor_reference=row.reference)
            connection.execute(change)
        if fresh:
            after = {"references": {row.item.invoice_no: row.reference for row in fresh}}
            record(connection, context.stamp, "reference", "items", after=after)
        rows = tuple(Referenced(row.item, row.reference, stored=True, new=not row.stored) for row in found.rows)
        return References(rows, found.findings)


def _references(connection: Connection, invoices: Sequence[str]) -> References:
    rows: list[Referenced] = []
    findings: list[Finding] = []
    wanted = _wanted(connection, invoices)
    known = _known(connection) if any(not item.creditor_reference for item in wanted) else {}
    for item in wanted:
        if item.creditor_reference:
            rows.append(Referenced(item, item.creditor_reference, stored=True))
            continue
        found = _derived(item, known)
        if isinstance(found, Finding):
            findings.append(found)
        else:
            rows.append(Referenced(item, found, stored=False))
    return References(tuple(rows), tuple(findings))


def _derived(item: OpenItem, known: Mapping[str, Sequence[str]]) -> str | Finding:
    number = item.invoice_no
    if item.document_type.sign < 0:
        return error("reference-not-owed", number, item=number)
    try:
        reference = reference_of(number)
    except IdentifierError as fault:
        code = "reference-too-long" if fault.reason == "length" else "reference-characters"
        return error(code, number, item=number)
    others = [other for key in (reference_body(number), reference) for other in known.get(key, ()) if other != number]
    return error("reference-taken", number, item=number, value=reference, invoice=others[0]) if others else reference


def _known(connection: Connection) -> Mapping[str, Sequence[str]]:
    """The invoice numbers of the books by what their references are made of, and by the references that they have."""
    found: dict[str, list[str]] = defaultdict(list)
    query = select(items.c.invoice_no, items.c.creditor_reference).order_by(items.c.id)
    for number, reference in rows_of(connection, query):
        found[reference_body(number)].append(number)
        if reference:
            found[reference].append(number)
    return found


def _wanted(connection: Connection, invoices: Sequence[str]) -> list[OpenItem]:
    if not invoices:
        return load_items(connection, (items.c.open_amount > 0) & (items.c.amount > 0))
    named = list(dict.fromkeys(invoices))
    found = {item.invoice_no: item for item in _by_number(connection, named)}
    missing = [error("item-unknown", name, item=name) for name in named if name not in found]
    if missing:
        raise Refused(*missing)
    return [found[name] for name in named]


def _by_number(connection: Connection, named: Sequence[str]) -> Iterable[OpenItem]:
    for start in range(0, len(named), _SOME):
        yield from load_items(connection, items.c.invoice_no.in_(named[start : start + _SOME]))
