"""A world in the making: customers, items and payments are added to it one by one, from one source of chance."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from msgspec import structs

from bench.world.numbers import MIXED, SHORT_NUMBERS, STYLES, creditor_reference
from bench.world.people import Person, iban, make_person, name_as_paid
from bench.world.texts import around, delivered
from bench.world.truth import Sure, TrueShare
from recon.matching.world import CollectionRef, NoticeFee
from recon.model.items import DocumentType, OpenItem, Part, PartKind
from recon.model.statement import Counterparty, Line, LineKind

FIRST_PAYMENT: Final = date(2026, 9, 1)
LAST_PAYMENT: Final = date(2026, 11, 20)
_FIRST_ISSUE: Final = date(2026, 4, 1)
_PRICES: Final = (
    1990,
    2990,
    4900,
    4900,
    5950,
    9900,
    11900,
    11900,
    14900,
    19900,
    23800,
    29750,
    35700,
    49900,
    59500,
    119000,
)
# What ``Making.pay`` hands on to the draft.
_OF_DRAFT: Final = ("others", "asks_about", "stands_in", "by", "said", "left")
# In some companies the customers' numbers are as long as the invoices', in most they are not.
_CUSTOMER_NUMBERS: Final = ("1{:04}", "7{:04}", "D{:06}", "4{:06}", "K-{:05}")
_KNOWN_IBANS: Final = 0.6
_ITEMS_OF_A_CUSTOMER: Final = 4


class What(NamedTuple):
    """A kind of payment, the variant, and what its line says of the truth (``labels.py`` may say less)."""

    kind: str
    variant: str
    sure: Sure


@dataclass(slots=True)
class Draft:
    """A line and its truth before both get their number. ``left`` is what is open of the line, if not all.

    ``by`` says what leads to the truth (``labels.py``): ``number``, ``near``, ``payer`` or nothing that could be
    checked; ``said`` is the number as it was written, ``payer`` the customer whose name or IBAN the line shows.
    """

    line: Line
    what: What
    sure: Sure
    shares: tuple[TrueShare, ...]
    others: tuple[tuple[TrueShare, ...], ...] = ()
    asks_about: frozenset[str] = frozenset()
    stands_in: tuple[TrueShare, ...] = ()
    left: int | None = None
    by: str = ""
    said: str = ""
    payer: Person | None = None


@dataclass(slots=True)
class Making:
    """The world so far. Items have ids from 1 in the order in which they were added; closed ones have nothing open."""

    chance: random.Random
    style: str
    people: list[Person] = field(default_factory=list)
    items: list[OpenItem] = field(default_factory=list)
    of_customer: dict[str, list[int]] = field(default_factory=dict)
    person_of: dict[str, Person] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)
    fees: list[NoticeFee] = field(default_factory=list)
    collections: list[CollectionRef] = field(default_factory=list)
    numbers: dict[str, OpenItem] = field(default_factory=dict)
    free: list[int] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    serials: dict[str, int] = field(default_factory=dict)
    styles: tuple[Sequence[str], Sequence[int]] = ((), ())
    customer_numbers: str = ""

    def __post_init__(self) -> None:
        many = MIXED if self.style == "mixed" else {self.style: 1}
        self.styles = (list(many), list(many.values()))
        self.customer_numbers = self.chance.choice(_CUSTOMER_NUMBERS)
        self.serials = {style: self.chance.randrange(1, 400) for style in STYLES}

    # Customers and items -------------------------------------------------------------------------------------------

    def person(self, *, known: bool | None = None, namesake: Person | None = None) -> Person:
        """A new customer."""
        known = self.chance.random() < _KNOWN_IBANS if known is None else known
        number = self.customer_numbers.format(len(self.people) * 3)
        person = make_person(self.chance, number, known=known, namesake=namesake)
        self.people.append(person)
        self.person_of[person.customer_no] = person
        return person

    def stranger(self) -> Person:
        """Somebody who is no customer."""
        return make_person(self.chance, "", known=False)

    def someone(self) -> Person:
        """A customer."""
        return self.people[int(self.chance.random() * len(self.people))]

    def another(self, person: Person) -> Person:
        """A customer of another name."""
        while (found := self.someone()).name == person.name:
            pass
        return found

    def number(self, style: str | None = None) -> str:
        """The next number of a series; some numbers are left out, they belong to items long settled."""
        while True:
            chosen = style or self.chance.choices(*self.styles)[0]
            if chosen == "short" and self.serials[chosen] > SHORT_NUMBERS:
                chosen = "prefix-year"
            self.serials[chosen] += 1 if self.chance.random() < 0.7 else 2
            made = STYLES[chosen](self.serials[chosen])
            if made not in self.numbers:
                return made

    def amount(self) -> int:
        """A price of the list, a round one or any; minor units."""
        kind = self.chance.random()
        if kind < 0.25:
            return self.chance.choice(_PRICES)
        free = min(max(int(math.exp(self.chance.gauss(9.9, 1.1))), 1200), 9_000_000)
        return free // 100 * 100 if kind < 0.4 else free

    def own_amount(self) -> int:
        """An amount that hardly any other item has."""
        return self.chance.randrange(2_000, 900_000)

    def add(self, person: Person, *, number: str | None = None, amount: int | None = None, **facts: Any) -> OpenItem:
        """A new item of a customer. ``facts``: ``issued``, ``left`` (what is open), ``prepayment``, ``spare`` (may be
        taken for a payment later) and fields of ``OpenItem``."""
        number = number or self.number()
        total = amount if amount is not None else self.amount()
        issued = facts.pop("issued", None) or _FIRST_ISSUE + timedelta(days=int(self.chance.random() * 140))
        left, prepayment, spare = facts.pop("left", total), facts.pop("prepayment", 0), facts.pop("spare", False)
        due = issued + timedelta(days=self.chance.choice((10, 14, 14, 30)))
        if prepayment:
            paid = total - left
            parts: tuple[Part, ...] = (
                Part(PartKind.PREPAYMENT, prepayment, max(prepayment - paid, 0), issued + timedelta(days=7)),
                Part(PartKind.REMAINDER, total - prepayment, min(left, total - prepayment), due + timedelta(days=30)),
            )
        else:
            parts = (Part(PartKind.TOTAL, total, left, due),)
        item = OpenItem(len(self.items) + 1, number, person.customer_no, total, left, facts.pop("currency", "EUR"),
                        parts, issue_date=issued, **facts)  # fmt: skip
        self.items.append(item)
        self.of_customer.setdefault(person.customer_no, []).append(item.id)
        self.numbers[number] = item
        if spare:
            self.free.append(item.id)
        else:
            self.used.add(item.id)
        return item

    def change(self, item: OpenItem, **facts: Any) -> OpenItem:
        """The same item with other facts."""
        changed = structs.replace(item, **facts)
        self.items[item.id - 1] = self.numbers[item.invoice_no] = changed
        return changed

    def fill(self, count: int) -> None:
        """Customers and open items as they are, until there are so many open items; and closed ones beside them."""
        while len(self.items) < count:
            person = self.person(namesake=self.someone() if self.people and self.chance.random() < 0.006 else None)
            for _ in range(1 + int(self.chance.expovariate(1 / (_ITEMS_OF_A_CUSTOMER - 1)))):
                self._ordinary(person)

    def _ordinary(self, person: Person) -> None:
        kind, number, amount = self.chance.random(), self.number(), self.amount()
        facts: dict[str, Any] = {}
        if kind < 0.08:
            facts["left"] = 0
        elif kind < 0.12:
            facts["left"] = amount - self.chance.randrange(1, amount)
        elif kind < 0.16:
            facts["prepayment"] = amount * 3 // 10
        elif kind < 0.18:
            facts["document_type"], amount = DocumentType.CREDIT_NOTE, -amount
            facts["left"] = amount
        elif kind < 0.28:
            facts["creditor_reference"] = creditor_reference(number)
        elif kind < 0.30:
            facts["currency"] = "USD"
        item = self.add(person, number=number, amount=amount, spare=kind >= 0.30, **facts)
        if kind >= 0.88:
            assert item.issue_date is not None
            until = item.issue_date + timedelta(days=14)
            self.change(item, discount_percent=self.chance.choice((200, 300)), discount_until=until)

    def take(self, fits: Callable[[OpenItem], bool] = lambda _item: True) -> OpenItem:
        """An ordinary open item that no other line pays; one that fits, if there is one among the next few."""
        for _ in range(40):
            at = int(self.chance.random() * len(self.free))
            self.free[at], self.free[-1] = self.free[-1], self.free[at]
            item = self.items[self.free[-1] - 1]
            if item.id in self.used:
                self.free.pop()
            elif fits(item):
                self.free.pop()
                self.used.add(item.id)
                return item
        return self.add(self.someone())

    def take_several(self, count: int) -> list[OpenItem]:
        """So many open items of one customer, made where he has too few."""
        first = self.take()
        person = self.person_of[first.customer_no]
        found = [first]
        for number in self.of_customer[person.customer_no]:
            item = self.items[number - 1]
            if len(found) < count and self.is_spare(item):
                self.used.add(number)
                found.append(item)
        return found + [self.add(person) for _ in range(count - len(found))]

    def is_spare(self, item: OpenItem) -> bool:
        """Whether an item is plain, wholly open, and no line pays it yet."""
        return item.id not in self.used and item.open == item.amount > 0 and item.currency == "EUR"

    def owner(self, item: OpenItem) -> Person:
        """Whose item it is."""
        return self.person_of[item.customer_no]

    # Payments ------------------------------------------------------------------------------------------------------

    def day(self, earliest: date | None = None, latest: date = LAST_PAYMENT) -> date:
        """A bank day of the time in which payments arrive."""
        first = max(FIRST_PAYMENT, earliest or FIRST_PAYMENT)
        day = first + timedelta(days=self.chance.randrange(max((latest - first).days, 0) + 1))
        return day - timedelta(days=max(day.weekday() - 4, 0)) if day - timedelta(days=2) >= first else day

    def pay(
        self,
        what: What,
        amount: int,
        text: str | None,
        shares: Sequence[TrueShare],
        payer: Person,
        *,
        day: date | None = None,
        whole: bool = False,
        **facts: Any,
    ) -> Draft:
        """Add a payment. ``text`` is what matters of the purpose; words come around it, and banks wear it, unless
        ``whole``. ``facts`` go to the ``Line`` (``name`` and ``iban`` to its counterparty) or to the ``Draft``."""
        day = day or self.day()
        about = {key: facts.pop(key) for key in _OF_DRAFT if key in facts}
        name = facts.pop("name", None) or name_as_paid(self.chance, payer)
        known = facts.pop("iban", None) or (payer.iban if payer.iban and self.chance.random() < 0.8 else payer.purse)
        if text is not None and not whole:
            text = delivered(self.chance, around(self.chance, text, payer, day, amount))
        line_facts: dict[str, Any] = {
            "currency": "EUR", "kind": LineKind.CREDIT_TRANSFER, "booking_date": day, "gvc": "166",
            "value_date": day - timedelta(days=0 if self.chance.random() < 0.8 else 1),
            "counterparty": Counterparty(name=name, iban=known),
        } | facts  # fmt: skip
        line = Line(amount=amount, remittance=text, bank_ref=f"{self.chance.randrange(10**15):015}", **line_facts)
        customer = payer if payer.customer_no else None
        draft = Draft(line, what, what.sure, tuple(shares), payer=customer, **about)
        self.drafts.append(draft)
        return draft

    def shares(self, *items: OpenItem) -> tuple[TrueShare, ...]:
        """What is open of items, paid."""
        return tuple(TrueShare(item.id, item.open) for item in items)

    def foreign_iban(self) -> str:
        """An IBAN of nobody in the books."""
        return iban(self.chance)
