"""The text that tells a customer of the debits to come (Vorabankündigung), as a letter with its address block or as a
mail. Plain text: whoever sends it puts it on his own paper."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final, Literal

from recon.model.items import Customer
from recon.model.settings import Company
from recon.texts import catalogue
from recon.texts.telling import day, printable
from sepa.money import Language, shown

Channel = Literal["letter", "email"]
_PLACE: Final = re.compile(r"\{([a-z_]+)\}")
# What may stand in the name of a file.
_OTHERS: Final = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Announced:
    """A debit as the customer is told of it: ``amount`` in cents; ``iban`` his own account."""

    invoice_no: str
    amount: int
    collection_date: date
    mandate_id: str
    iban: str


def channel_of(customer: Customer) -> Channel:
    """How a customer is told: by mail where he is sent his post so and has an address for it, else by letter."""
    return "email" if customer.dispatch == "email" and customer.email else "letter"


def language_of(customer: Customer) -> Language:
    """The customer's language: German, or English for every other."""
    return "de" if customer.language == "de" else "en"


def file_name(batch: str, customer: Customer) -> str:
    """``Ankuendigung_B1_10042.txt``, whatever the customer's number holds."""
    return f"Ankuendigung_{batch}_{_OTHERS.sub('-', customer.customer_no)}_{customer.id}.txt"


def text_of(company: Company, creditor_id: str, customer: Customer, debits: Sequence[Announced], on: date) -> bytes:
    """The text for one customer, UTF-8. Debits of several mandates stand under theirs each."""
    return ("\n".join(map(printable, _lines(company, creditor_id, customer, debits, on))) + "\n").encode()


def _lines(
    company: Company, creditor_id: str, customer: Customer, debits: Sequence[Announced], on: date
) -> Iterator[str]:
    language = language_of(customer)
    if channel_of(customer) == "email":
        yield f"To: {customer.email}"
        yield f"Subject: {_told('subject', language)}"
    else:
        yield from _letter_head(company, customer, language, on)
    yield ""
    yield _told("customer", language, number=customer.customer_no)
    yield ""
    yield _told("greeting", language)
    ordered = sorted(debits, key=lambda one: (one.mandate_id, one.iban, one.collection_date, one.invoice_no))
    for (mandate, iban), own in groupby(ordered, key=lambda one: (one.mandate_id, one.iban)):
        found = list(own)
        yield ""
        yield _told("opening_one", language, iban=_masked(iban))
        yield ""
        for one in found:
            amount, when = shown(one.amount, language), day(one.collection_date, language)
            yield f"  {_told('line', language, day=when, amount=amount, invoice=one.invoice_no)}"
        if len(found) > 1:
            yield f"  {_told('sum', language, amount=shown(sum(one.amount for one in found), language))}"
        yield ""
        yield _told("mandate", language, mandate=mandate)
        yield _told("creditor_id", language, creditor=creditor_id)
    yield ""
    yield _told("cover", language)
    yield ""
    yield _told("closing", language)
    yield company.name


def _letter_head(company: Company, customer: Customer, language: Language, on: date) -> Iterator[str]:
    """Sender in one line, the customer's address, place and day, subject (DIN 5008)."""
    place = " ".join(part for part in (company.postcode, company.town) if part)
    yield " · ".join(part for part in (company.name, company.street, place) if part)
    yield ""
    yield customer.name
    yield from (
        part for part in (
            customer.street,
            " ".join(part for part in (customer.postcode, customer.town) if part),
            customer.country if customer.country != company.country else None,
        ) if part
    )  # fmt: skip
    yield ""
    when = day(on, language)
    yield _told("place", language, town=company.town, day=when) if company.town else when
    yield ""
    yield _told("subject", language)


def _masked(iban: str) -> str:
    """An account so that its owner knows it and nobody else learns it: ``DE89 … 3000``."""
    return f"{iban[:4]} … {iban[-4:]}"


def _told(code: str, language: Language, **facts: object) -> str:
    """A sentence with values that are told already."""
    return _PLACE.sub(lambda found: str(facts[found[1]]), catalogue("announcing")[code][language])
