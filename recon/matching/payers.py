"""Who paid: by IBAN, by a customer number in the text, then by name.

An IBAN that belongs to several customers (a tax adviser, a couple) is no identity; nor is a name that several bear.
"""

import re
import unicodedata
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, Protocol

from recon.matching.columns import KeyTable, key_table
from recon.matching.text import folded
from recon.model.matching import Evidence

# Names are the same from this likeness on (0 to 100, rapidfuzz ratio of the sorted words).
NAME_THRESHOLD: Final = 90
# A name whose every word stands in the payer's longer one (joint accounts: "Max und Erika Muster").
CONTAINED_SCORE: Final = 95
# A word that more customers bear than this ("Muster") says too little to look each of them up.
MAX_BEARERS: Final = 500
# A purpose text of SEPA; a longer one is searched for names no further.
MAX_IN_TEXT: Final = 140
# SEPA names have up to 140 characters.
MAX_NAME: Final = 200
# How many of a payer's words, rarest first, lead to customers.
_LEADING_WORDS: Final = 2

_LEGAL_FORMS: Final = frozenset(
    {
        "GMBH", "MBH", "AG", "KG", "OHG", "GBR", "UG", "HAFTUNGSBESCHRAENKT", "CO", "EK", "EKFR", "EKFM", "EV", "EG",
        "SE", "KGAA", "PARTG", "PARTGMBB", "INH", "LTD", "LIMITED", "LLC", "INC", "PLC", "SARL", "SAS", "SA", "BV",
        "NV", "SPA", "SRL", "AB", "AS", "APS", "OY", "ZOO", "EU", "GESMBH", "GESBR", "OG", "SARLS", "SPZOO", "SRO",
        "KFT", "DOO", "EPU", "EIRL", "SCA", "SNC", "SAPA", "ASA", "OYJ", "VOF", "GGMBH",
    }
)  # fmt: skip
# Titles and joining words, left out as well.
_LEFT_OUT: Final = _LEGAL_FORMS.union(
    {"HERR", "FRAU", "HERRN", "DR", "PROF", "DIPL", "ING", "FAM", "FAMILIE", "FIRMA", "FA", "UND", "U", "ODER", "OD"}
)
_WORDS = re.compile(r"[0-9A-Z]+")
# Legal forms written with points: "Ges.m.b.H.", "Sp. z o.o.", "S.à r.l.", "s.r.o.", "S.p.A.".
_POINTED = re.compile(
    r"\b(?:GES\.?\s?M\.?\s?B\.?\s?H|SP\.?\s?Z\s?O\.?\s?O|S\.?\s?A\.?\s?R\.?\s?L|[A-Z](?:\.\s?[A-Z]){2})\.?(?![A-Z0-9])"
)
_INITIALS = re.compile(r"\b([A-Z])\.\s?([A-Z])\.?(?![A-Z0-9])")


class Debtor(Protocol):
    """What matching asks of a customer."""

    @property
    def customer_no(self) -> str:
        """The customer's number."""
        ...

    @property
    def name(self) -> str:
        """The customer's name."""
        ...

    @property
    def iban(self) -> str | None:
        """The customer's own IBAN."""
        ...


@dataclass(frozen=True, slots=True)
class Payer:
    """The customers that one sign of the payer points to, with the sign as evidence. One customer is an identity."""

    rule: str
    customers: tuple[str, ...]
    evidence: Evidence

    @property
    def customer(self) -> str | None:
        """The customer, if it is exactly one."""
        return self.customers[0] if len(self.customers) == 1 else None


def name_key(name: str) -> str:
    """A name folded for comparison: capitals, umlauts folded, legal forms and titles dropped, words sorted.

    >>> name_key("Müller & Söhne GmbH & Co. KG"), name_key("Dr. Max Muster"), name_key("MUSTER, MAX")
    ('MUELLER SOEHNE', 'MAX MUSTER', 'MAX MUSTER')
    >>> name_key("Turnverein Beispiel e.V."), name_key("AG")
    ('BEISPIEL TURNVEREIN', 'AG')
    >>> {name_key(f"Muster {form}") for form in ("Ges.m.b.H.", "e.U.", "Sp. z o.o.", "S.p.A.", "S.à r.l.", "B.V.")}
    {'MUSTER'}
    """
    name = name[:MAX_NAME]
    text = name.upper() if name.isascii() else folded(unicodedata.normalize("NFC", name))
    if "." in text:
        text = _INITIALS.sub(r"\1\2", _POINTED.sub(lambda form: "".join(_WORDS.findall(form[0])), text))
    words = _WORDS.findall(text)
    if not _LEFT_OUT.isdisjoint(words):
        words = [word for word in words if word not in _LEFT_OUT] or words
    words.sort()
    return " ".join(words)


def likeness(payer: str, customer: str) -> int:
    """How alike two name keys are, 0 to 100; every word of a customer's name of two words or more within the payer's
    counts as 95."""
    if payer == customer:
        return 100
    from rapidfuzz import fuzz

    score = int(fuzz.ratio(payer, customer))
    mine = set(customer.split())
    if len(mine) >= 2 and mine <= set(payer.split()):
        return max(score, CONTAINED_SCORE)
    return score


@dataclass(frozen=True)
class NameIndex:
    """Customers by name key, and name keys by word. ``keys`` has the name keys of the customers whose ``numbers`` lie
    at the same places; ``words`` lead to places of names."""

    keys: KeyTable
    numbers: Sequence[str]
    words: Mapping[str, Sequence[int]]

    def bearers(self, key: str) -> tuple[str, ...]:
        """The customers who bear the very name of a key."""
        places, numbers = self.keys.places(key), self.numbers
        if len(places) < 2:
            return (numbers[places[0]],) if places else ()
        return tuple(sorted({numbers[at] for at in places}))

    def look_up(self, key: str) -> tuple[tuple[str, ...], int]:
        """The customers of a name (given by its key) and how alike it is: the same name first, else the most alike
        above the threshold."""
        if same := self.bearers(key):
            return same, 100
        known = sorted((word for word in key.split() if word in self.words), key=lambda w: (len(self.words[w]), w))
        candidates = {name for word in known[:_LEADING_WORDS] for name in self._with(word)}
        scored = [(likeness(key, candidate), candidate) for candidate in candidates]
        best = max((score for score, _ in scored), default=0)
        if best < NAME_THRESHOLD:
            return (), 0
        alike = {no for score, candidate in scored if score == best for no in self.bearers(candidate)}
        return tuple(sorted(alike)), best

    def within(self, text: str) -> tuple[str, ...]:
        """The customers whose whole name of two words or more stands in a text, the longest name first."""
        words = set(_WORDS.findall(folded(text[:MAX_IN_TEXT])))
        names = {
            name
            for word in words
            if word in self.words
            for name in self._with(word)
            if " " in name and words.issuperset(name.split())
        }
        longest = max((len(name.split()) for name in names), default=0)
        meant = {no for name in names if len(name.split()) == longest for no in self.bearers(name)}
        return tuple(sorted(meant))

    def _with(self, word: str) -> list[str]:
        """The names that have a word; none where too many have it."""
        places = self.words[word]
        return [self.keys.keys_at[at] for at in places] if len(places) <= MAX_BEARERS else []


def name_index(customers: Iterable[Debtor]) -> NameIndex:
    """Index customers by name."""
    numbers: list[str] = []
    names: list[str] = []
    for customer in customers:
        numbers.append(customer.customer_no)
        names.append(name_key(customer.name))
    keys = key_table(names)
    words: dict[str, array[int]] = {}
    for at, key in keys.once():
        for word in set(key.split()):
            if word in words:
                words[word].append(at)
            else:
                words[word] = array("i", (at,))
    return NameIndex(keys, numbers, words)


def borne(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Customer numbers by what they bear (a name, an IBAN, a number), sorted. Most is borne by one customer alone: a
    tuple of one takes a third of a set."""
    found: dict[str, tuple[str, ...]] = {}
    several: dict[str, set[str]] = {}
    for key, number in pairs:
        held = found.setdefault(key, (number,))
        if held[0] != number or key in several:
            several.setdefault(key, set(held)).add(number)
    return found | {key: tuple(sorted(numbers)) for key, numbers in several.items()} if several else found


def iban_index(known: Mapping[str, Collection[str]], customers: Iterable[Debtor]) -> dict[str, tuple[str, ...]]:
    """IBAN to customers: what the books know (mandates, earlier payments) and what the customers say."""
    given = ((plain_iban(iban), number) for iban, numbers in known.items() for number in numbers)
    own = ((plain_iban(customer.iban), customer.customer_no) for customer in customers if customer.iban)
    return borne(chain(given, own))


def plain_iban(iban: str) -> str:
    """An IBAN without blanks, in capitals."""
    return iban if iban.isalnum() and iban.isupper() else iban.replace(" ", "").upper()
