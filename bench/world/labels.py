"""What each line says of its truth, looked at again when the whole world is there.

A payment was made as certain or knowable; another item, added before or after it, may make it less: a second item of
the payer with the same amount, another's item with the number as it was mistyped, two digits that ran together on the
way through the banks. These rules only ever take certainty away. They know the truth, and nothing of how opos matches.
"""

import re
from collections.abc import Iterable
from functools import cached_property
from itertools import combinations
from typing import Final, TypeVar

from bench.world.making import Draft, Making
from bench.world.numbers import one_slip, short_forms, squashed
from bench.world.people import Person, plain_letters, without_form
from bench.world.truth import Sure, TrueShare
from recon.model.items import OpenItem

# Subsets of more items than these are not looked through.
_MANY: Final = 12
# Kinds whose truth is that another item, though of this very amount, is not meant.
_NOT_MEANT: Final = frozenset({"closed item", "double payment"})

K = TypeVar("K")
V = TypeVar("V")


def relabel(made: Making) -> None:
    """Take away what the world does not bear out."""
    looked = _Looked(made)
    for draft in made.drafts:
        draft.sure = looked.sure(draft)
        if draft.by == "near" and draft.payer is None:
            draft.stands_in = looked.named_by_slip(draft)


class _Looked:
    def __init__(self, made: Making) -> None:
        self.made = made

    @cached_property
    def by_amount(self) -> dict[tuple[str, int], list[OpenItem]]:
        return _listed(((item.currency, item.open), item) for item in self.made.items if item.open)

    @cached_property
    def by_letters(self) -> dict[str, list[OpenItem]]:
        return _listed((squashed(item.invoice_no), item) for item in self.made.items)

    @cached_property
    def customer_numbers(self) -> frozenset[str]:
        return frozenset(squashed(person.customer_no) for person in self.made.people)

    @cached_property
    def family(self) -> dict[str, list[str]]:
        return _listed((_family(person.last, person.name), person.customer_no) for person in self.made.people)

    def sure(self, draft: Draft) -> Sure:
        """The label that the world bears out."""
        if draft.sure not in {Sure.CERTAIN, Sure.KNOWABLE}:
            return draft.sure
        if draft.by in {"number", "fee"}:
            if draft.sure is Sure.CERTAIN and not (self._named_alone(draft) and self._own_business(draft)):
                return Sure.KNOWABLE
            return draft.sure
        if draft.by == "near":
            return draft.sure if self._only_one_near(draft) else Sure.UNKNOWABLE
        if draft.by == "payer":
            return draft.sure if self._only_one_way(draft) else Sure.UNKNOWABLE
        return draft.sure if draft.sure is Sure.CERTAIN or self._nothing_exact(draft) else Sure.UNKNOWABLE

    def named_by_slip(self, draft: Draft) -> tuple[TrueShare, ...]:
        """An item with this amount whose number a slip has made, and the payer is nobody known: no line could say more
        clearly that it is the one, and to book it is no fault."""
        named = self.by_letters.get(squashed(draft.said), ())
        found = [item for item in named if item.open == draft.line.amount and item.currency == draft.line.currency]
        return (TrueShare(found[0].id, found[0].open),) if len(found) == 1 else ()

    def _named_alone(self, draft: Draft) -> bool:
        """The number stands in the text as itself, nothing else there is the number of an item with this amount."""
        text, number = (draft.line.remittance or "").upper(), squashed(draft.said)
        if not stands(number, text) or len(self.by_letters.get(squashed(self._item(draft).invoice_no), ())) > 1:
            return False
        if number in self.customer_numbers and (draft.payer is None or not self._pays_own(draft, draft.payer)):
            return False
        letters = squashed(text).replace(number, " ")
        rivals = self.by_amount.get((draft.line.currency, draft.line.amount), ())
        return not any(squashed(item.invoice_no) in letters for item in rivals)

    def _pays_own(self, draft: Draft, payer: Person) -> bool:
        return payer.customer_no == self._item(draft).customer_no

    def _own_business(self, draft: Draft) -> bool:
        """The payer does not owe the same amount himself for something else."""
        payer = draft.payer
        if payer is None or self._pays_own(draft, payer):
            return True
        return not any(own.open == draft.line.amount for own in self._open(payer.customer_no))

    def _only_one_near(self, draft: Draft) -> bool:
        """Of what may have been meant with this amount there is one item only."""
        said, item = squashed(draft.said), self._item(draft)
        if draft.payer is not None:
            own = self._open(draft.payer.customer_no)
            if any(squashed(other.invoice_no) == said for other in own if other.id != item.id):
                return False
            return sum(other.open == item.open and _near(said, other.invoice_no) for other in own) == 1
        if said in self.by_letters:
            return False
        alike = self.by_amount.get((draft.line.currency, draft.line.amount), ())
        return sum(_near(said, other.invoice_no) for other in alike) == 1

    def _only_one_way(self, draft: Draft) -> bool:
        """One set of the payer's items makes the amount, and nobody else of his name owes it."""
        assert draft.payer is not None
        own, amount, payer = self._open(draft.payer.customer_no), draft.line.amount, draft.payer
        if len(own) > _MANY:
            return False
        sets = (one for count in range(1, len(own) + 1) for one in combinations(own, count))
        payable = sum(sum(item.open for item in one) == amount for one in sets)
        parts = sum(part.open == amount for item in own for part in item.parts if part.open != item.open)
        if payable + parts != 1:
            return False
        known = draft.line.counterparty.iban == payer.iban or payer.customer_no in (draft.line.remittance or "")
        if known:
            return True
        relatives = self.family[_family(payer.last, payer.name)]
        return not any(item.open == amount for one in relatives if one != payer.customer_no for item in self._open(one))

    def _nothing_exact(self, draft: Draft) -> bool:
        """No other item of the customer's has exactly this amount."""
        if draft.by or len(draft.shares) > 2 or draft.what.kind in _NOT_MEANT:
            return True
        ids = {share.item_id for share in draft.shares}
        owners = {self.made.items[number - 1].customer_no for number in ids if number is not None}
        own = (item for owner in owners for item in self._open(owner) if item.id not in ids)
        return not any(item.open == draft.line.amount for item in own)

    def _item(self, draft: Draft) -> OpenItem:
        number = draft.shares[0].item_id
        assert number is not None
        return self.made.items[number - 1]

    def _open(self, customer_no: str) -> list[OpenItem]:
        found = (self.made.items[number - 1] for number in self.made.of_customer.get(customer_no, ()))
        return [item for item in found if item.open]


def stands(number: str, text: str) -> bool:
    """Whether a number (letters and digits alone) stands in a text as itself, blanks, hyphens and slashes aside, and
    no digit or letter of the text runs into it."""
    body = r"[\s\-/]*".join(map(re.escape, number))
    before = r"(?<!\d)(?<!\d[-/])" if number[0].isdigit() else r"(?<![A-Z])"
    behind = r"(?![-/]?\d)" if number[-1].isdigit() else r"(?![A-Z])"
    return re.search(before + body + behind, text) is not None


def _near(said: str, number: str) -> bool:
    full = squashed(number)
    digits = "".join(sign for sign in full if sign.isdigit())
    return one_slip(said, full) or said in short_forms(number) or (said.isdigit() and digits.endswith(said))


def _family(last: str, name: str) -> str:
    return squashed(plain_letters(last or without_form(name)))


def _listed(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    table: dict[K, list[V]] = {}
    for key, value in pairs:
        table.setdefault(key, []).append(value)
    return table
