"""What a bank line says before any amount is looked at: the items it names, and who paid."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from recon.matching.lists import listed
from recon.matching.payers import Payer, plain_iban
from recon.matching.references import MIN_CERTAIN, Hit, Standing, find
from recon.matching.text import squashed
from recon.matching.world import Index
from recon.model.items import OpenItem
from recon.model.matching import Evidence
from recon.model.statement import Line

# SEPA carries 140 characters, MT940 390, structured remittance a few thousand; a longer text is cut at a blank.
MAX_TEXT: Final = 4_000
# What banks write where there is nothing.
_NOTHING: Final = frozenset({"NOTPROVIDED", "NONREF"})


@dataclass(frozen=True, slots=True)
class Named:
    """An item whose number (or creditor reference) stands in a line, quoted as it stands.

    ``firm``: the full number by itself, five characters or more, of this open item alone, or its creditor reference.
    ``listed``: only the end of the number is written, or it lies within a range (``1001-1003``).
    """

    item: OpenItem
    field: str
    found: str
    standing: Standing
    reference: bool
    firm: bool
    shared: bool = False
    listed: bool = False

    @property
    def short(self) -> bool:
        """Whether the number is too short to be certain."""
        return not self.reference and len(squashed(self.item.invoice_no)) < MIN_CERTAIN


def texts(line: Line) -> Iterator[tuple[str, str]]:
    """The texts of a line and its details that may hold numbers, with the names of their fields."""
    counterparty = line.counterparty
    for detail in line.details:
        yield from texts(detail)
    for field, text in (
        ("remittance", line.remittance),
        ("end_to_end_id", line.end_to_end_id),
        ("creditor_reference", line.creditor_reference),
        ("customer_ref", line.customer_ref),
        ("ultimate_name", counterparty.ultimate_name),
    ):
        if text and text not in _NOTHING:
            yield field, text if len(text) <= MAX_TEXT else text[:MAX_TEXT].rpartition(" ")[0]


def named_items(line: Line, index: Index) -> tuple[Named, ...]:
    """The items that a line names, each once with its best find, in the order of item ids."""
    best: dict[int, Named] = {}
    for field, text in texts(line):
        hits = find(text, index.numbers, index.customer_numbers)
        for hit in hits:
            _keep(best, field, hit, index.numbers.values[hit.key], index)
        for hit in listed(text, hits, index.numbers) if hits else ():
            _keep(best, field, hit, index.numbers.values[hit.key], index, listed=True)
        if index.references.values:
            for hit in find(text, index.references):
                if len(hit.key) >= MIN_CERTAIN:
                    reference = replace(hit, reference=hit.standing is Standing.FULL)
                    _keep(best, field, reference, index.references.values[hit.key], index)
    return tuple(best[key] for key in sorted(best))


def _keep(
    best: dict[int, Named], field: str, hit: Hit, items: tuple[OpenItem, ...], index: Index, *, listed: bool = False
) -> None:
    closed = index.closed_ids
    shared = sum(item.id not in closed for item in items) > 1
    firm = hit.standing is Standing.FULL and not shared and (hit.reference or len(hit.key) >= MIN_CERTAIN)
    for item in items:
        named = Named(item, field, hit.found, hit.standing, hit.reference, firm, shared, listed)
        held = best.get(item.id)
        if held is None or (named.firm, named.reference, named.standing) > (held.firm, held.reference, held.standing):
            best[item.id] = named


def payers(line: Line, index: Index) -> tuple[Payer, ...]:
    """Who paid, the surest sign first: IBAN, customer number in the text, name, name of the ultimate debtor."""
    found = []
    other = line.counterparty
    if other.iban and (customers := index.ibans.get(plain_iban(other.iban))):
        rule = "payer-iban" if len(customers) == 1 else "payer-iban-shared"
        found.append(Payer(rule, tuple(sorted(customers)), _evidence(rule, customers, iban=plain_iban(other.iban))))
    numbers = {
        (customer, hit.found)
        for _, text in texts(line)
        for hit in find(text, index.customer_numbers)
        if hit.standing is Standing.FULL
        for customer in index.customer_numbers.values[hit.key]
    }
    if numbers:
        customers = frozenset(customer for customer, _ in numbers)
        shown = ", ".join(sorted({text for _, text in numbers}))
        found.append(
            Payer("customer-number", tuple(sorted(customers)), _evidence("customer-number", customers, found=shown))
        )
    for name in dict.fromkeys((other.name, other.ultimate_name)):
        if name:
            bearers, score = index.names.look_up(name)
            if bearers:
                found.append(Payer("payer-name", bearers, _evidence("payer-name", bearers, name=name, score=score)))
    return tuple(found)


def _evidence(rule: str, customers: frozenset[str] | tuple[str, ...], **facts: object) -> Evidence:
    said = (("customer", ", ".join(sorted(customers))), *((name, str(value)) for name, value in facts.items()))
    return Evidence(rule, said)
