"""Whose an IBAN is, and how the books know it (``opos match payers``)."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from recon.matching.learning import trusted
from recon.matching.payers import iban_index, plain_iban
from recon.model.finding import error
from recon.model.roles import Action
from recon.service.answers import Refused
from recon.service.context import Context, reading
from recon.store.ids import shown_id
from recon.store.masters import all_customers, known_ibans
from recon.store.matching import learned_ibans, payments_of

# What an IBAN says of a customer: that it is his alone, that he shares it with others, or too little.
Sign = Literal["unique", "shared", "weak"]


@dataclass(frozen=True, slots=True)
class KnownPayer:
    """An IBAN and a customer: ``given`` by his record or a mandate, or only learned from ``payments``, the last of them
    on ``last_on`` from an account of ``holder``. ``allocations`` are those of the payments, by their shown ids, where
    one customer was asked for."""

    iban: str
    customer: str
    name: str
    given: bool
    payments: int
    last_on: date | None
    holder: str | None
    sign: Sign
    allocations: tuple[str, ...] = ()


def list_payers(context: Context, customer: str | None = None) -> list[KnownPayer]:
    """Every IBAN that matching knows, by customer. Raises Refused for a customer that is not there."""
    with reading(context, Action.READ) as connection:
        people = all_customers(connection)
        if customer is not None and customer not in people:
            raise Refused(error("customer-unknown", customer, customer=customer))
        given = known_ibans(connection, people.values())
        history = {plain_iban(iban): paid for iban, paid in learned_ibans(connection).items()}
        paid_by = {} if customer is None else payments_of(connection, people[customer].id)
    owners = iban_index(given, people.values())
    learned = trusted(history, given, people.values())
    found = []
    for iban in sorted(owners.keys() | history.keys()):
        own = frozenset(owners.get(iban, ()))
        known = own | {one.customer_no for one in learned.get(iban, ())}
        paid = {one.customer_no: one for one in history.get(iban, ())}
        for number in sorted(own | paid.keys()):
            if customer not in {None, number}:
                continue
            sign: Sign = "weak" if number not in known else "unique" if len(known) == 1 else "shared"
            one = paid.get(number)
            found.append(
                KnownPayer(iban, number, people[number].name, number in own, one.count if one else 0,
                           one.last_on if one else None, one.name if one else None, sign,
                           tuple(shown_id("allocations", each) for each in paid_by.get(iban, ())))
            )  # fmt: skip
    return sorted(found, key=lambda payer: (payer.customer, payer.iban))
