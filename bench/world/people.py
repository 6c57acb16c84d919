"""Customers and other payers: persons, couples and companies, and how their names arrive in a bank's file."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_FIRST: Final = ("Max", "Erika", "Käthe", "Jörg", "Anna", "Paul", "Günter", "Lena", "Tim", "Zoë", "Björn", "Eva",
                 "Karl", "Ute", "Jürgen", "Mia", "Ben", "Sören", "Änne", "Ida")  # fmt: skip
# Surnames are made of syllables: of nobody, and as alike and as unlike as names are.
_HEADS: Final = ("Muster", "Probe", "Bei", "Fal", "Grö", "Hal", "Kü", "Lan", "Mö", "Nor", "Ost", "Ra", "Schön", "Stei",
                 "Tan", "Ul", "Wen", "Zie", "Bu", "Dre", "Eg", "Frö", "Gar", "Hei", "Jan", "Kra", "Lü", "Mar", "Pe",
                 "Rei", "Sa", "Tho", "Vo", "Wei", "Bra", "Do", "Eh", "Ge", "Ho", "Ka")  # fmt: skip
_MIDDLES: Final = ("", "ber", "del", "gen", "ke", "len", "men", "ner", "rin", "sen", "tel", "ven", "zel", "bel", "den",
                   "fen", "gel", "hol", "kel", "ster")  # fmt: skip
_TAILS: Final = ("mann", "hoff", "berg", "er", "ke", "ow", "meier", "ing", "stein", "bach", "huber", "feld", "brink",
                 "weg", "städt", "böck", "haus", "wald", "burg", "rath")  # fmt: skip
_TRADES: Final = ("Bau", "Optik", "Elektro", "Autohaus", "Logistik", "Möbel", "Druck", "Gartenbau", "Metallbau",
                  "Software", "Immobilien", "Spedition", "Bäckerei", "Sanitär", "Maschinenbau")  # fmt: skip
_FORMS: Final = ("GmbH", "GmbH & Co. KG", "AG", "KG", "OHG", "e.K.", "UG (haftungsbeschränkt)", "GbR", "eG", "SE")
# The first two digits of the postcode, and the town.
_TOWNS: Final = (("50", "Köln"), ("20", "Hamburg"), ("80", "München"), ("10", "Berlin"), ("01", "Dresden"),
                 ("70", "Stuttgart"), ("44", "Dortmund"), ("40", "Düsseldorf"), ("28", "Bremen"), ("90", "Nürnberg"),
                 ("04", "Leipzig"), ("24", "Kiel"))  # fmt: skip
_BANKS: Final = ("37040044", "50010517", "10050000", "70150000", "20050550", "12030000", "43060967", "76026000")
_BANK_NAME_LENGTH: Final = 27


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who pays: a customer, or a third party (``customer_no`` empty). ``iban`` is what the books know,
    ``purse`` the account that he pays from when it is another one. ``first`` and ``last`` are empty for companies."""

    customer_no: str
    name: str
    first: str
    last: str
    company: bool
    iban: str | None
    purse: str
    postcode: str
    town: str


def make_person(chance: random.Random, customer_no: str, *, known: bool, namesake: "Person | None" = None) -> Person:
    """Somebody new; with ``namesake`` of the same name as another."""
    area, town = chance.choice(_TOWNS)
    postcode = f"{area}{chance.randrange(1000):03}"
    company = chance.random() < 0.45 if namesake is None else namesake.company
    first = last = ""
    if namesake is not None:
        name, first, last = namesake.name, namesake.first, namesake.last
    elif company:
        name = _company(chance)
    else:
        first, last = chance.choice(_FIRST), surname(chance)
        name = f"{first} {last}"
        if chance.random() < 0.15:
            name = f"{first} und {chance.choice(_FIRST)} {last}"
    own = iban(chance) if known else None
    return Person(customer_no, name, first, last, company, own, iban(chance), postcode, town)


def surname(chance: random.Random) -> str:
    """A surname of syllables, at times a double one."""
    made = chance.choice(_HEADS) + chance.choice(_MIDDLES) + chance.choice(_TAILS)
    return f"{made}-{chance.choice(_HEADS)}{chance.choice(_TAILS)}" if chance.random() < 0.04 else made


def iban(chance: random.Random) -> str:
    """A German IBAN with its check digits, of no real account."""
    bban = f"{chance.choice(_BANKS)}{chance.randrange(10**10):010}"
    return f"DE{98 - int(f'{bban}131400') % 97:02}{bban}"


def name_as_paid(chance: random.Random, person: Person) -> str:
    """The name as the payer's bank gives it: recognisable, seldom the one in the books letter by letter."""
    if chance.random() < 0.45:
        return person.name
    return _COMPANY_WAYS[chance.randrange(len(_COMPANY_WAYS))](person) if person.company else _as_person(chance, person)


def plain_letters(text: str) -> str:
    """Upper case and no umlauts, as old systems send it."""
    made = text.upper()
    for umlaut, letters in (("Ä", "AE"), ("Ö", "OE"), ("Ü", "UE"), ("ß", "SS"), ("É", "E"), ("Ë", "E")):
        made = made.replace(umlaut, letters)
    return made.replace("ẞ", "SS").replace("&", "+")


def _company(chance: random.Random) -> str:
    own, trade, form = surname(chance), chance.choice(_TRADES), chance.choice(_FORMS)
    return chance.choice((f"{own} {trade} {form}", f"{trade} {own} {form}", f"{own} & {surname(chance)} {form}",
                          f"{own} & Söhne {trade} {form}"))  # fmt: skip


def _as_person(chance: random.Random, person: Person) -> str:
    firsts = person.name.removesuffix(f" {person.last}")
    ways = (
        f"{person.last}, {firsts}",
        f"{person.last} {firsts}",
        plain_letters(person.name),
        plain_letters(f"{person.last}, {firsts}"),
        f"Dr. {person.name}",
        f"Herr {person.name}" if " und " not in firsts else f"Eheleute {person.name}",
        person.name.replace(" und ", " u. "),
        f"{person.first} und {chance.choice(_FIRST)} {person.last}",
        person.name[:_BANK_NAME_LENGTH],
    )
    return chance.choice(ways)


_COMPANY_WAYS: Final[tuple[Callable[[Person], str], ...]] = (
    lambda person: plain_letters(person.name),
    lambda person: person.name[:_BANK_NAME_LENGTH].strip(),
    lambda person: person.name.replace("GmbH", "G.m.b.H."),
    lambda person: person.name.replace("GmbH", "Gesellschaft mit beschränkter Haftung"),
    lambda person: person.name.replace("&", "und"),
    lambda person: without_form(person.name),
    lambda person: plain_letters(without_form(person.name)),
    lambda person: f"Firma {person.name}",
)


def without_form(name: str) -> str:
    """A company's name without its legal form."""
    for form in sorted(_FORMS, key=len, reverse=True):
        if name.endswith(f" {form}"):
            return name.removesuffix(f" {form}")
    return name
