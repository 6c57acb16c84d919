"""Mandates in the books: how they stand, what was collected under them, and what the debtor's bank was last told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, select

from recon.store.ids import shown_id
from recon.store.tables import batch_blocks, batches, collections, customers, mandates
from sepa.mandate import Mandate, MandateKind, MandateStatus, Scheme

# A debit that was presented counts for the mandate, whatever became of it; one taken back before does not.
PRESENTED: Final = collections.c.status.not_in(("cancelled", "rejected"))
# As many mandates are asked for by their ids; more of them with all that was ever collected.
_FEW: Final = 500

_SCHEMES: Final = {str(one): one for one in Scheme}
_KINDS: Final = {str(one): one for one in MandateKind}
_STATUSES: Final = {str(one): one for one in MandateStatus}
# The actions of the log about what people do with mandates. What returns bring is recorded as ``mandate``.
ADDED, AMENDED, REVOKED = "mandate-add", "mandate-amend", "mandate-revoke"
SUSPENDED, RELEASED = "mandate-suspend", "mandate-release"
BY_RETURN: Final = "mandate"
BY_PEOPLE: Final = (ADDED, AMENDED, REVOKED, SUSPENDED, RELEASED)


@dataclass(frozen=True, slots=True)
class KeptMandate:
    """A mandate in the books: its id there, its customer, and how often it was collected under from these books, first
    and last; ``tried`` counts what was cancelled or rejected too. ``row`` is how it is kept, by column."""

    id: int
    mandate: Mandate
    customer_id: int
    customer_name: str
    customer_type: str
    row: Mapping[str, Any]
    uses: int = 0
    tried: int = 0
    first_used_on: date | None = None
    revoked_on: date | None = None


def all_mandates(connection: Connection) -> dict[int, Mandate]:
    """Every mandate by its id in the books, with its customer's number and address. When it was last used, and what
    the debtor's bank was last told of it, follows from the collections."""
    rows, used = _rows(connection)
    return {row.id: _mandate(row, used.get(row.id)) for row in rows}


def load_mandates(connection: Connection, *conditions: ColumnElement[bool]) -> list[KeptMandate]:
    """Mandates by their ids in the books; all, or those that meet conditions on mandates and customers."""
    rows, used = _rows(connection, *conditions)
    return [_kept(row, used.get(row.id)) for row in rows]


def _rows(connection: Connection, *conditions: ColumnElement[bool]) -> tuple[list[Row[Any]], dict[int, Row[Any]]]:
    """Mandates with their customers, and by mandate what was collected under it."""
    query = (
        select(mandates, customers.c.customer_no, customers.c.name.label("customer_name"),
               customers.c.type.label("customer_type"), customers.c.street, customers.c.postcode, customers.c.town,
               customers.c.country)
        .join(customers)
        .where(*conditions)
        .order_by(mandates.c.id)
    )  # fmt: skip
    rows = list(connection.execute(query))
    return rows, _used(connection, [row.id for row in rows] if len(rows) <= _FEW else None)


def names_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The mandate ids that a mandate has and had, the one of now first."""
    return (row["mandate_id"], *former_ids(row["former_ids"]))


def former_ids(text: str | None) -> tuple[str, ...]:
    """The ids of a list as the books keep it."""
    return () if text is None else tuple(msgspec.json.decode(text, type=list[str]))


def without_file(connection: Connection, mandate: int) -> list[str]:
    """The batches, not given to the bank yet, that collect under a mandate: by what was written before it changed."""
    query = (
        select(batches.c.id)
        .join(collections, collections.c.batch_id == batches.c.id)
        .where(collections.c.mandate_id == mandate, collections.c.status.in_(("created", "exported")),
               batches.c.submitted_on.is_(None))
        .distinct()
        .order_by(batches.c.id)
    )  # fmt: skip
    return [shown_id("batches", number) for number in connection.execute(query).scalars()]


def _used(connection: Connection, own: Sequence[int] | None) -> dict[int, Row[Any]]:
    """By mandate, of a few or of all: how many collections were made, how many were presented, first and last, and what
    the last amendment told; where none was told, what the first collection did."""
    of = collections.alias("of")
    counts = [
        func.count().label("made"),
        func.count(case((PRESENTED, 1))).label("uses"),
        func.min(case((PRESENTED, collections.c.collection_date))).label("first_on"),
        func.max(case((PRESENTED, collections.c.collection_date))).label("last_on"),
        func.min(case((PRESENTED, collections.c.id))).label("first"),
        func.max(case((and_(PRESENTED, collections.c.amendment > 0), collections.c.id))).label("told"),
    ]
    query = select(collections.c.mandate_id, *counts)
    if own is not None:
        query = query.where(collections.c.mandate_id.in_(own))
    use = query.group_by(collections.c.mandate_id).subquery()
    found = (
        select(use, of.c.mandate_ref, of.c.iban, batch_blocks.c.creditor_id, batch_blocks.c.creditor_name)
        .outerjoin(of, of.c.id == func.coalesce(use.c.told, use.c.first))
        .outerjoin(batch_blocks, of.c.block_id == batch_blocks.c.id)
    )
    return {row.mandate_id: row for row in connection.execute(found)}


def _kept(row: Row[Any], use: Row[Any] | None) -> KeptMandate:
    return KeptMandate(
        id=row.id,
        mandate=_mandate(row, use),
        customer_id=row.customer_id,
        customer_name=row.customer_name,
        customer_type=row.customer_type,
        row=row._asdict(),
        uses=use.uses if use else 0,
        tried=use.made if use else 0,
        first_used_on=use.first_on if use else None,
        revoked_on=row.revoked_on,
    )


def _mandate(row: Row[Any], use: Row[Any] | None) -> Mandate:
    told = _told(row, use)
    last = row.last_used_on
    if use is not None and use.last_on is not None:
        last = use.last_on if last is None else max(last, use.last_on)
    return Mandate(
        mandate_id=row.mandate_id,
        customer_no=row.customer_no,
        iban=row.iban,
        bic=row.bic,
        account_holder=row.account_holder or row.customer_name,
        scheme=_SCHEMES[row.scheme],
        kind=_KINDS[row.kind],
        signed_on=row.signed_on,
        status=_STATUSES[row.status],
        last_used_on=last,
        original_mandate_id=told[0],
        original_iban=told[1],
        original_creditor_id=told[2],
        original_creditor_name=told[3],
        street=row.street,
        postcode=row.postcode,
        town=row.town,
        country=row.country,
        former_ids=former_ids(row.former_ids),
    )


def _told(row: Row[Any], use: Row[Any] | None) -> tuple[str | None, str | None, str | None, str | None]:
    """Mandate id, account, creditor identifier and creditor's name as the debtor's bank was last told: by the last
    amendment that was presented; before the first one by whoever used the mandate before these books; else by the first
    collection."""
    before = (row.original_mandate_id, row.original_iban, row.original_creditor_id, row.original_creditor_name)
    if use is None or (use.told is None and any(before)):
        return before
    return use.mandate_ref, use.iban, use.creditor_id, use.creditor_name
