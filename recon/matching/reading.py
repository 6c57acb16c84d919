"""What a bank line says before any amount is looked at: the items it names, and who paid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal

from recon.matching.cores import Core, cores
from recon.matching.labels import label
from recon.matching.lists import listed
from recon.matching.payers import CONTAINED_SCORE, Payer, name_key, plain_iban
from recon.matching.pieces import in_pieces, put_together
from recon.matching.references import MIN_CERTAIN, Finder, Hit, Standing, find
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


@dataclass(frozen=True, slots=True)
class Named:
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


def named_items(line: Line, index: Index) -> tuple[Named, ...]:
    """The items that a line names, each once with its best find, in the order of item ids."""
    best: dict[int, Named] = {}
    digits: list[tuple[str, Core]] = []
    other = line.counterparty
    names = frozenset(_line_name_key(other.name).split()) if other.name else frozenset()
    for field, text in texts(line):
        hits = find(text, index.numbers, index.customer_numbers, names)
        references = find(text, index.references) if index.references.values else []
        references = [replace(hit, reference=hit.standing is Standing.FULL) for hit in references]
        hits = _without_customers(text, hits, line, index)
        taken = [*hits, *references]
        digits += [(field, core) for core in cores(text, index.cores, taken, index.customer_numbers, names)]
        for hit in hits:
            _keep(best, field, hit, index.bearing(hit.key), index, read=(line, text))
        short = listed(text, hits, index.numbers) if hits else []
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
    return tuple(best[key] for key in sorted(best))


def _keep(
    best: dict[int, Named],
    field: str,
    hit: Hit,
    items: Sequence[OpenItem],
    index: Index,
    *,
    listed: bool = False,
    read: tuple[Line, str] | None = None,
) -> None:
    if len(items) > MAX_BEARING:
        return
    doubt = "listed" if listed else _doubt(hit, items, index)
    for item in items:
        said, support = doubt, None
        if read is not None and doubt in {None, "customer"} and (wants := _wants_support(read[1], hit, item, doubt)):
            support = _owner_pays(read[0], index, item.customer_no, hit.key)
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


def _without_customers(raw: str, hits: list[Hit], line: Line, index: Index) -> list[Hit]:
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
    paying = {no for group in _signs(line, index).values() for no in group}
    return [hit for hit in hits if hit.key not in called or paying.isdisjoint(index.customer_numbers.values[hit.key])]


def _signs(line: Line, index: Index, *, nearly: bool = False) -> dict[str, frozenset[str]]:
    """The customers that the IBAN and the names of a line are known of; ``nearly`` also where a name holds more words
    than theirs ("Max und Erika Muster")."""
    other = line.counterparty
    found: dict[str, frozenset[str]] = {}
    if other.iban and (known := index.ibans.get(plain_iban(other.iban))):
        found["payer-iban"] = frozenset(known)
    for rule, name in (("payer-name", other.name), ("payer-ultimate", other.ultimate_name)):
        if not name:
            continue
        bearers = index.names.customers.get(_line_name_key(name), ())
        if nearly and not bearers:
            alike, score = index.names.look_up(name)
            bearers = alike if score >= CONTAINED_SCORE else ()
        if bearers:
            found[rule] = frozenset(bearers)
    return found


def _owner_pays(line: Line, index: Index, customer_no: str, number: str) -> Evidence | None:
    """The sign that the customer of a number pays: his IBAN, his name or his customer number, perhaps a
    namesake's as well; none of these says somebody else only, and it is no sign of the customer whose number
    ``number`` is too."""
    signs = _signs(line, index, nearly=True)
    known = list(signs.values())
    told = _numbered(line, "customer-number", index.customer_numbers, besides=number)
    known += [frozenset(payer.customers) for payer in told]
    namesakes = set(index.customer_numbers.values.get(number, ())) - {customer_no}
    if not known or any(customer_no not in group or namesakes & group for group in known):
        return None
    if "payer-iban" in signs and len(signs["payer-iban"]) == 1 and line.counterparty.iban:
        return _by_iban(index, plain_iban(line.counterparty.iban), customer_no)
    for rule, name in (("payer-name", line.counterparty.name), ("payer-ultimate", line.counterparty.ultimate_name)):
        if rule in signs:
            exact = bool(name) and _line_name_key(str(name)) in index.names.customers
            return _evidence(rule, signs[rule], name=name, score=100 if exact else CONTAINED_SCORE)
    return told[0].evidence if told else None


def _better(named: Named) -> tuple[bool, bool, bool, Standing]:
    return named.firm, named.doubt in MEANT, named.reference, named.standing


def _doubt(hit: Hit, items: Sequence[OpenItem], index: Index) -> Doubt | None:
    closed = index.closed_ids
    if sum(item.id not in closed for item in items) > 1:
        return "shared"
    if hit.standing is not Standing.FULL:
        return "loose"
    if hit.reference:
        return None
    if len(hit.key) < MIN_CERTAIN:
        return "short"
    return "customer" if hit.key in index.customer_numbers.values else None


# A line's name is asked for several times.
_line_name_key = lru_cache(maxsize=256)(name_key)


def sure_payers(line: Line, index: Index) -> tuple[str, ...]:
    """The customers whose very IBAN, name or customer number the line has: what may contradict a number."""
    other = line.counterparty
    found = set(index.ibans.get(plain_iban(other.iban), ())) if other.iban else set()
    for name in (other.name, other.ultimate_name):
        if name:
            found.update(index.names.customers.get(_line_name_key(name), ()))
    for payer in _numbered(line, "customer-number", index.customer_numbers):
        found.update(payer.customers)
    return tuple(sorted(found))


def surely(line: Line, index: Index, customer_no: str, besides: str = "") -> Evidence | None:
    """The sign that a line was surely paid by a customer: his IBAN, known of nobody else, or his very name, that nobody
    else bears. None also where another sign says somebody else; ``besides`` is a number that is none of the signs."""
    other = line.counterparty
    signs: list[Evidence] = []
    if other.iban and (known := index.ibans.get(plain_iban(other.iban))):
        if customer_no not in known:
            return None
        if len(known) == 1:
            signs.append(_by_iban(index, plain_iban(other.iban), customer_no))
    for name in (other.name, other.ultimate_name):
        bearers = index.names.customers.get(_line_name_key(name), ()) if name else ()
        if bearers and customer_no not in bearers:
            return None
        if len(bearers) == 1:
            signs.append(_evidence("payer-name", bearers, name=name, score=100))
    others = {
        no
        for rule, known, given in (
            ("mandate-id", index.mandate_numbers, line.mandate_id),
            ("customer-number", index.customer_numbers, None),
        )
        for payer in _numbered(line, rule, known, given, besides)
        for no in payer.customers
    }
    return signs[0] if signs and others <= {customer_no} else None


def payers(line: Line, index: Index) -> tuple[Payer, ...]:
    """Who paid, the surest sign first: IBAN, customer number in the text, name, name of the ultimate debtor."""
    found: list[Payer] = []
    other = line.counterparty
    if other.iban and (customers := index.ibans.get(plain_iban(other.iban))):
        if len(customers) == 1:
            (customer,) = customers
            found.append(Payer("payer-iban", (customer,), _by_iban(index, plain_iban(other.iban), customer)))
        else:
            said = _evidence("payer-iban-shared", customers, iban=plain_iban(other.iban))
            found.append(Payer("payer-iban-shared", tuple(sorted(customers)), said))
    found += _numbered(line, "mandate-id", index.mandate_numbers, line.mandate_id)
    found += _numbered(line, "customer-number", index.customer_numbers)
    for rule, name in (("payer-name", other.name), ("payer-ultimate", other.ultimate_name)):
        if name and (rule == "payer-name" or name != other.name):
            bearers, score = index.names.look_up(name)
            if bearers:
                found.append(Payer(rule, bearers, _evidence(rule, bearers, name=name, score=score)))
    if line.remittance and (bearers := index.names.within(line.remittance)):
        found.append(Payer("payer-in-text", bearers, _evidence("payer-in-text", bearers)))
    return tuple(found)


def _numbered(
    line: Line, rule: str, known: Finder[tuple[str, ...]], given: str | None = None, besides: str = ""
) -> list[Payer]:
    """The customers whose numbers (or mandate ids) a line holds."""
    if not known.values:
        return []
    fields = [text for _, text in texts(line)] + ([given] if given else [])
    numbers = {
        (customer, hit.found)
        for text in fields
        for hit in find(text, known)
        if hit.standing is Standing.FULL and hit.key != besides
        for customer in known.values[hit.key]
    }
    if not numbers:
        return []
    customers = frozenset(customer for customer, _ in numbers)
    shown = ", ".join(sorted({text for _, text in numbers}))
    return [Payer(rule, tuple(sorted(customers)), _evidence(rule, customers, found=shown))]


def _by_iban(index: Index, iban: str, customer: str) -> Evidence:
    """Whose an IBAN is, and, where that is learned from payments only, since when and how often."""
    learned = index.learned_from(iban, customer)
    if learned is None:
        return _evidence("payer-iban", (customer,), iban=iban)
    return _evidence("payer-iban-learned", (customer,), iban=iban, count=learned.count, last=learned.last_on)


def _evidence(rule: str, customers: frozenset[str] | tuple[str, ...], **facts: object) -> Evidence:
    said = (("customer", ", ".join(sorted(customers))), *((name, str(value)) for name, value in facts.items()))
    return Evidence(rule, said)
