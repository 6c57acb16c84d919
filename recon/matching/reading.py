"""What a bank line says before any amount is looked at: the items it names, and the signs of its payer."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from msgspec import Struct, structs

from recon.matching.cores import Core, cores
from recon.matching.labels import label
from recon.matching.lists import listed
from recon.matching.pieces import in_pieces, put_together
from recon.matching.references import MIN_CERTAIN, Hit, Standing, find
from recon.matching.signs import Signs, owner_pays, signed, signs_of
from recon.matching.text import text_of
from recon.matching.world import Index
from recon.model.items import OpenItem
from recon.model.matching import Evidence
from recon.model.statement import Line

# SEPA carries 140 characters, MT940 390, structured remittance a few thousand; a longer text is cut at a blank.
MAX_TEXT: Final = 4_000
# A number that more items bear than this says nothing of any of them.
MAX_BEARING: Final = 50
Doubt = Literal["listed", "shared", "loose", "short", "customer", "part", "pieces", "prefix", "digits"]
# Doubts of a number that is meant all the same, unless the amount says otherwise.
MEANT: Final = frozenset({None, "listed", "part", "pieces"})
# What banks write where there is nothing.
_NOTHING: Final = frozenset({"NOTPROVIDED", "NONREF"})


class Named(Struct, frozen=True, gc=False):
    """An item whose number (or creditor reference) stands in a line, quoted as it stands.

    Without ``doubt`` it is the full number by itself, five characters or more, of this open item alone, or its creditor
    reference.
    ``doubt`` says why a number may mean something else: ``listed`` (only its end is written, or it lies within a range:
    ``1001-1003``), ``shared`` (several open items bear it), ``customer`` (it is a customer number too), ``loose``,
    ``short``, ``pieces`` (its digits stand apart and nothing else speaks for it), ``part`` (without its prefix, with
    other leading zeros; of this item alone), ``prefix`` (other letters before its digits), ``digits`` (its digits, of
    several items or too few). ``count`` is how many digits of a ``part`` count; ``support`` is the sign of the payer
    without which there would be a doubt.
    """

    item: OpenItem
    field: str
    found: str
    standing: Standing
    reference: bool
    doubt: Doubt | None
    count: int = 0
    support: Evidence | None = None

    @property
    def firm(self) -> bool:
        """Whether nothing speaks against it."""
        return self.doubt is None


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


def read(line: Line, index: Index) -> tuple[tuple[Named, ...], Signs]:
    """The items that a line names, each once with its best find, in the order of item ids; and who may have paid."""
    best: dict[int, Named] = {}
    digits: list[tuple[str, Core]] = []
    fields = [(field, text_of(raw)) for field, raw in texts(line)]
    known = [find(text, index.customer_numbers) for _, text in fields]
    signs = signs_of(line, [text for _, text in fields], [hit for hits in known for hit in hits], index)
    names = frozenset(signs.names[0].key.split()) if line.counterparty.name else frozenset()
    for (field, text), customers in zip(fields, known, strict=True):
        hits = find(text, index.numbers, customers, names)
        if hits and customers:
            hits = _without_customers(text.raw, hits, signs, index)
        references = find(text, index.references)
        if references:
            references = [structs.replace(hit, reference=hit.standing is Standing.FULL) for hit in references]
        taken = hits + references
        found = cores(text, index.cores, taken, index.customer_numbers.values, known=customers, names=names)
        digits += [(field, core) for core in found]
        for hit in hits:
            _keep(best, field, hit, index.bearing(hit.key), index, read=(signs, text.raw))
        if hits and (short := listed(text.raw, hits, index.numbers)):
            begins = {hit.start for hit in short}
            # What hangs together with the rest of its own list is no other number.
            short += [hit for hit in hits if hit.start in begins and hit.standing is Standing.LOOSE]
            for hit in short:
                _keep(best, field, hit, index.bearing(hit.key), index, listed=True)
        for hit in references:
            if len(hit.key) >= MIN_CERTAIN:
                _keep(best, field, hit, index.referred(hit.key), index)
    for field, core in digits:
        if core.item.id not in best:
            best[core.item.id] = Named(core.item, field, core.found, Standing.LOOSE, False, core.kind, core.count)
    return tuple([best[key] for key in sorted(best)]), signs


def _keep(
    best: dict[int, Named],
    field: str,
    hit: Hit,
    bearing: Sequence[OpenItem],
    index: Index,
    *,
    listed: bool = False,
    read: tuple[Signs, str] | None = None,
) -> None:
    if len(bearing) > MAX_BEARING:
        return
    items = list(bearing)
    doubt = "listed" if listed else _doubt(hit, items, index)
    for item in items:
        said, support = doubt, None
        if read is not None and doubt in {None, "customer"} and (wants := _wants_support(read[1], hit, item, doubt)):
            support = owner_pays(read[0], index, item.customer_no, hit.key)
            said = wants if support is None else None
        elif doubt == "customer":
            said = None  # "Rechnung 10042" is no customer number
        named = Named(item, field, hit.found, hit.standing, hit.reference, said, support=support)
        held = best.get(item.id)
        if held is None or _better(named) > _better(held):
            best[item.id] = named


def _wants_support(raw: str, hit: Hit, item: OpenItem, doubt: Doubt | None) -> Doubt | None:
    """The doubt of a full number that only a sign of its customer can take away."""
    if hit.reference:
        return None
    if doubt == "customer" and label(raw, hit.start) != "invoice":
        return "customer"
    apart = in_pieces(hit.found, item.invoice_no) and not put_together(raw, hit.start, hit.end, item.invoice_no)
    return "pieces" if apart else None


def _without_customers(raw: str, hits: list[Hit], signs: Signs, index: Index) -> list[Hit]:
    """The numbers without those that the text itself calls customer numbers and that are, where another number is
    named or this customer pays."""
    called = {
        hit.key
        for hit in hits
        if hit.standing is Standing.LOOSE
        and hit.key in index.customer_numbers.values
        and label(raw, hit.start) == "other"
    }
    if not called or any(hit.standing is Standing.FULL for hit in hits):
        return [hit for hit in hits if hit.key not in called]
    paying = {no for group in signed(signs, index).values() for no in group}
    return [hit for hit in hits if hit.key not in called or paying.isdisjoint(index.customer_numbers.values[hit.key])]


def _better(named: Named) -> tuple[bool, bool, bool, Standing]:
    return named.firm, named.doubt in MEANT, named.reference, named.standing


def _doubt(hit: Hit, items: Sequence[OpenItem], index: Index) -> Doubt | None:
    closed = index.closed_ids
    if len(items) > 1 and sum(item.id not in closed for item in items) > 1:
        return "shared"
    if hit.standing is not Standing.FULL:
        return "loose"
    if hit.reference:
        return None
    if len(hit.key) < MIN_CERTAIN:
        return "short"
    return "customer" if hit.key in index.customer_numbers.values else None
