"""Customers in the books, and what matching asks of them. Mandates: ``recon.store.mandates``."""

from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, overload

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, func, or_, select, true

from recon.matching.columns import Texts, texts_of
from recon.matching.payers import borne
from recon.model.items import Customer, CustomerType
from recon.store.rows import Days, chunks_of, rows_of
from recon.store.tables import branches, customers, mandates

_TYPES: Final = {kind.value: kind for kind in CustomerType}
# What a customer is made of, in the order of its fields.
_BEFORE: Final = ("id", "customer_no", "name", "type", "language", "email", "street", "postcode", "town", "country")
_BEHIND: Final = ("iban", "bic", "payment_term_days", "dunning_days_1", "dunning_days_2", "dunning_days_3",
                  "dunning_days_4", "dispatch", "dunning_block_until", "dunning_block_reason",
                  "debtor_account", "phone")  # fmt: skip
_CUSTOMERS: Final = (
    select(*(customers.c[name] for name in _BEFORE), branches.c.code, *(customers.c[name] for name in _BEHIND))
    .select_from(customers.outerjoin(branches))
    .order_by(customers.c.id)
)


def all_customers(connection: Connection) -> dict[str, Customer]:
    """Every customer by customer number."""
    return {customer.customer_no: customer for customer in each_customer(connection, true())}


def each_customer(connection: Connection, where: ColumnElement[bool]) -> Iterator[Customer]:
    """Customers one by one, by id."""
    days = Days()
    for row in rows_of(connection, _CUSTOMERS.where(where)):
        yield Customer(*(*row[:3], _TYPES[row[3]], *row[4:14], row[14:18], row[18], days[row[19]], *row[20:]))


def lacks_address() -> ColumnElement[bool]:
    """Customers whose address may not do for the post, of which few are looked at more closely: something is empty, or
    the postcode has not the length of a German one."""
    bare = [func.trim(func.coalesce(column, "")) for column in (customers.c.street, customers.c.town)]
    postcode = func.length(func.trim(func.coalesce(customers.c.postcode, "")))
    return or_(*(column == "" for column in bare), postcode != 5)


def ids_by(connection: Connection, table: Any, column: str) -> dict[str, int]:
    """The ids of a table by one of its text columns."""
    return {row[0]: row[1] for row in connection.execute(select(table.c[column], table.c.id))}


def changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that differ, before and after."""
    names = [name for name in new if old.get(name) != new[name]]
    return {name: old.get(name) for name in names}, {name: new[name] for name in names}


class Debtor(Struct, frozen=True, gc=False):
    """What matching asks of a customer (``recon.matching.payers.Debtor``)."""

    id: int
    customer_no: str
    name: str
    iban: str | None


@dataclass(frozen=True, slots=True)
class Debtors(Sequence[Debtor]):
    """Customers in columns, by id: who looks at all of them takes one after the other."""

    ids: "array[int]"
    numbers: Sequence[str]
    names: Texts
    ibans: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, at: int) -> Debtor: ...
    @overload
    def __getitem__(self, at: slice) -> list[Debtor]: ...
    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        place = range(len(self))[at]
        return Debtor(self.ids[place], self.numbers[place], self.names[place], self.ibans[place])

    def __iter__(self) -> Iterator[Debtor]:
        return map(Debtor, self.ids, self.numbers, self.names, self.ibans)


def all_debtors(connection: Connection) -> Debtors:
    """Every customer with no more than matching asks for."""
    ids, numbers, names, ibans = array("q"), list[str](), list[str](), list[str | None]()
    query = select(customers.c.id, customers.c.customer_no, customers.c.name, customers.c.iban).order_by(customers.c.id)
    for rows in chunks_of(connection, query):
        own = list(zip(*rows, strict=True))
        ids.extend(own[0])
        numbers += own[1]
        names += own[2]
        ibans += own[3]
    return Debtors(ids, numbers, texts_of(names), ibans)


def known_ibans(connection: Connection, people: Collection[Debtor | Customer]) -> dict[str, tuple[str, ...]]:
    """Which customers an IBAN is known to belong to: from the customer's own record and from mandates."""
    owners = {customer.id: customer.customer_no for customer in people}
    own = ((customer.iban, customer.customer_no) for customer in people if customer.iban)
    query = select(mandates.c.iban, mandates.c.customer_id)
    return borne(chain(own, ((iban, owners[customer]) for iban, customer in rows_of(connection, query))))
