"""Who paid a line: by what it says of its payer, the IBAN, the names, customer numbers and mandate ids in its texts."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from recon.matching.payers import CONTAINED_SCORE, Payer, name_key, plain_iban
from recon.matching.references import Finder, Hit, Standing, find
from recon.matching.text import Text, text_of
from recon.matching.world import Index
from recon.model.matching import Evidence
from recon.model.statement import Line


class NameSign(Struct, frozen=True, gc=False):
    """A name of a payer: the rule by which it counts, the name as it stands and folded, and the customers who bear this
    very name."""

    rule: str
    name: str
    key: str
    bearers: tuple[str, ...]


# Made for every line: Structs, as lines are (docs/decisions/0009).
class Signs(Struct, frozen=True, gc=False):
    """The signs of a line's payer, found once. ``owners`` are the customers that the IBAN is known of;
    ``customer_numbers`` and ``mandates`` are those that stand in a text in full."""

    iban: str
    owners: tuple[str, ...]
    names: tuple[NameSign, ...]
    customer_numbers: tuple[Hit, ...]
    mandates: tuple[Hit, ...]


def signs_of(line: Line, texts: Sequence[Text], customer_numbers: Sequence[Hit], index: Index) -> Signs:
    """What a line with these texts, and the customer numbers found in them, says of its payer."""
    other = line.counterparty
    iban = plain_iban(other.iban) if other.iban else ""
    names = [_named("payer-name", other.name, index)] if other.name else []
    if other.ultimate_name and other.ultimate_name != other.name:
        names.append(_named("payer-ultimate", other.ultimate_name, index))
    given = [text_of(line.mandate_id)] if line.mandate_id else []
    mandates = [hit for text in (*texts, *given) for hit in find(text, index.mandate_numbers)]
    return Signs(
        iban, index.ibans.get(iban, ()) if iban else (), tuple(names), _in_full(customer_numbers), _in_full(mandates)
    )


def _named(rule: str, name: str, index: Index) -> NameSign:
    key = name_key(name)
    return NameSign(rule, name, key, index.names.bearers(key))


def _in_full(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The numbers that stand by themselves."""
    return tuple([hit for hit in hits if hit.standing is Standing.FULL]) if hits else ()


def sure_payers(signs: Signs, index: Index) -> tuple[str, ...]:
    """The customers whose very IBAN, name or customer number the line has: what may contradict a number."""
    found = set(signs.owners)
    for named in signs.names:
        found.update(named.bearers)
    for hit in signs.customer_numbers:
        found.update(index.customer_numbers.values[hit.key])
    return tuple(sorted(found))


def signed(signs: Signs, index: Index, *, nearly: bool = False) -> dict[str, frozenset[str]]:
    """The customers that the IBAN and the names of a line are known of; ``nearly`` also where a name holds more words
    than theirs ("Max und Erika Muster")."""
    found: dict[str, frozenset[str]] = {}
    if signs.owners:
        found["payer-iban"] = frozenset(signs.owners)
    for named in signs.names:
        bearers = named.bearers
        if nearly and not bearers:
            alike, score = index.names.look_up(named.key)
            bearers = alike if score >= CONTAINED_SCORE else ()
        if bearers:
            found[named.rule] = frozenset(bearers)
    return found


def owner_pays(signs: Signs, index: Index, customer_no: str, number: str) -> Evidence | None:
    """The sign that the customer of a number pays: his IBAN, his name or his customer number, perhaps a
    namesake's as well; none of these says somebody else only, and it is no sign of the customer whose number
    ``number`` is too."""
    saying = signed(signs, index, nearly=True)
    known = list(saying.values())
    told = _numbered("customer-number", signs.customer_numbers, index.customer_numbers, besides=number)
    known += [frozenset(payer.customers) for payer in told]
    namesakes = set(index.customer_numbers.values.get(number, ())) - {customer_no}
    if not known or any(customer_no not in group or namesakes & group for group in known):
        return None
    if len(signs.owners) == 1:
        return _by_iban(index, signs.iban, customer_no)
    for named in signs.names:
        if named.rule in saying:
            score = 100 if named.bearers else CONTAINED_SCORE
            return _evidence(named.rule, saying[named.rule], name=named.name, score=score)
    return told[0].evidence if told else None


def surely(signs: Signs, index: Index, customer_no: str, besides: str = "") -> Evidence | None:
    """The sign that a line was surely paid by a customer: his IBAN, known of nobody else, or his very name, that nobody
    else bears. None also where another sign says somebody else; ``besides`` is a number that is none of the signs."""
    sure: list[Evidence] = []
    if signs.owners:
        if customer_no not in signs.owners:
            return None
        if len(signs.owners) == 1:
            sure.append(_by_iban(index, signs.iban, customer_no))
    for named in signs.names:
        if named.bearers and customer_no not in named.bearers:
            return None
        if len(named.bearers) == 1:
            sure.append(_evidence("payer-name", named.bearers, name=named.name, score=100))
    numbered = (
        *_numbered("mandate-id", signs.mandates, index.mandate_numbers, besides),
        *_numbered("customer-number", signs.customer_numbers, index.customer_numbers, besides),
    )
    return sure[0] if sure and all({*payer.customers} <= {customer_no} for payer in numbered) else None


def payers(signs: Signs, line: Line, index: Index) -> tuple[Payer, ...]:
    """Who paid, the surest sign first: IBAN, customer number in the text, name, name of the ultimate debtor."""
    found: list[Payer] = []
    if len(signs.owners) == 1:
        (customer,) = signs.owners
        found.append(Payer("payer-iban", (customer,), _by_iban(index, signs.iban, customer)))
    elif signs.owners:
        said = _evidence("payer-iban-shared", signs.owners, iban=signs.iban)
        found.append(Payer("payer-iban-shared", tuple(sorted(signs.owners)), said))
    found += _numbered("mandate-id", signs.mandates, index.mandate_numbers)
    found += _numbered("customer-number", signs.customer_numbers, index.customer_numbers)
    for named in signs.names:
        bearers, score = (named.bearers, 100) if named.bearers else index.names.look_up(named.key)
        if bearers:
            found.append(Payer(named.rule, bearers, _evidence(named.rule, bearers, name=named.name, score=score)))
    if line.remittance and (bearers := index.names.within(line.remittance)):
        found.append(Payer("payer-in-text", bearers, _evidence("payer-in-text", bearers)))
    return tuple(found)


def _numbered(rule: str, hits: Sequence[Hit], known: Finder[tuple[str, ...]], besides: str = "") -> list[Payer]:
    """The customers whose numbers (or mandate ids) a line holds."""
    meant = [hit for hit in hits if hit.key != besides]
    if not meant:
        return []
    customers = tuple(sorted({customer for hit in meant for customer in known.values[hit.key]}))
    shown = ", ".join(sorted({hit.found for hit in meant}))
    return [Payer(rule, customers, _evidence(rule, customers, found=shown))]


def _by_iban(index: Index, iban: str, customer: str) -> Evidence:
    """Whose an IBAN is, and, where that is learned from payments only, since when and how often."""
    learned = index.learned_from(iban, customer)
    if learned is None:
        return _evidence("payer-iban", (customer,), iban=iban)
    return _evidence("payer-iban-learned", (customer,), iban=iban, count=learned.count, last=learned.last_on)


def _evidence(rule: str, customers: Iterable[str], **facts: object) -> Evidence:
    said = (("customer", ", ".join(sorted(customers))), *((name, str(value)) for name, value in facts.items()))
    return Evidence(rule, said)
