"""Which earlier payments tell whose an IBAN is.

A payment that a person confirmed, or that named its invoice, says for whom it was sent, not whose account it came from:
a parent pays for a child, a tax adviser for his clients. A clerk takes it for a sign where the account bears the
customer's own name, or where it has paid for him twice or more and for nobody else.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from recon.matching.payers import NAME_THRESHOLD, Debtor, likeness, name_key, plain_iban
from recon.matching.world import PaidFrom

# Payments for a customer from which on an IBAN is his whoever holds the account.
MIN_PAYMENTS: Final = 2
# A couple, a family, a group of companies: an IBAN that pays for more is an adviser's or a payment service's, and says
# nothing of any of them.
MAX_SHARING: Final = 5

History = Mapping[str, Sequence[PaidFrom]]


def trusted(
    history: History, given: Mapping[str, Collection[str]], customers: Iterable[Debtor]
) -> dict[str, tuple[PaidFrom, ...]]:
    """What of the payments from each IBAN is a sign of its customer. ``given`` are the IBANs of mandates and customers.

    An IBAN that has paid for several is theirs together and so no identity; one that is given is shared only with
    customers of whom the payments say so by themselves.
    """
    if not history:
        return {}
    paying = {one.customer_no for paid in history.values() for one in paid}
    names = {customer.customer_no: customer.name for customer in customers if customer.customer_no in paying}
    known = {plain_iban(iban): numbers for iban, numbers in given.items()}
    found = {}
    for iban, paid in history.items():
        owners = known.get(plain_iban(iban), ())
        others = [one for one in paid if one.customer_no not in owners]
        if owners or len(others) == 1:
            others = [one for one in others if says_whose(one, names.get(one.customer_no))]
        if others and len(owners) + len(others) <= MAX_SHARING:
            found[iban] = tuple(others)
    return found


def says_whose(paid: PaidFrom, customer: str | None) -> bool:
    """Whether the payments for one customer are a sign by themselves: often enough, or under his name."""
    if paid.count >= MIN_PAYMENTS:
        return True
    return bool(paid.name and customer) and likeness(name_key(paid.name or ""), name_key(customer or "")) >= (
        NAME_THRESHOLD
    )
