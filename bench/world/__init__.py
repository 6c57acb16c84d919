"""Worlds to try matching on: customers, open items and a bank's lines, and of every line the truth.

A world is made from a seed and always the same for it. It knows nothing of the rules of ``recon.matching``: the truth
is known because each payment was made from the items that it pays. What a line *says* of its truth is a label:

=============  =====================================================================================================
certain        A clerk books it without a thought, and so must the program: an item's number in full (letters and
               digits; blanks, hyphens, slashes and case aside; five signs or more; nothing runs into it) with exactly
               its residual, or that and exactly the fee of its last notice; an RF reference with the residual; the
               end-to-end id or the batch of an own debit with its amount; the return of one.
knowable       A clerk who has all documents finds it: several numbers, lists, ranges, slips, parts of numbers, known
               payers with the amount of one item or of all, parts of an amount, too much, discounts, credit notes.
               It should be proposed first. That it is booked is no fault, if it is booked right.
unknowable     The line does not say it: equal amounts and no sign, both of two namesakes, a payment twice on a day, a
               stranger with nearly our number. A list is right; a booking is wrong even where it hits.
foreign        Nothing of ours is paid. A booking is wrong; a proposal costs a person a look.
=============  =====================================================================================================

A label is given by the kind of payment and taken back where the finished world does not bear it out (``labels.py``):
the payer owes the same amount twice, the number ran into a date, the slip made the number of another item. Some choices
that could be made otherwise, and why they are made so:

- A discount taken late is a part payment: the discount stays owed until somebody grants it.
- Money on an item that is paid is the customer's overpayment; to ask "already paid?" and name the item is as right.
- The fee of an earlier notice may be proposed as the fee or as an overpayment (X-06): a person decides.
- A number in full with the exact amount is certain whoever pays. But a payer whose account the books know, who owes the
  same amount under a number one slip away, has slipped: that is knowable, and to book the other's item is wrong.
- A number in a telephone number, date, postcode, amount, account or other number is no number of an item.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from bench.world import by_amount, by_number, by_payer, own_debits, together, traps
from bench.world.labels import relabel
from bench.world.making import Making
from bench.world.people import Person
from bench.world.truth import Truth
from recon.matching.world import OpenLine, World
from recon.model.items import Customer, CustomerType

# (weight, kind of payment)
KINDS: Final[tuple[tuple[int, Callable[[Making], None]], ...]] = (
    (160, by_number.exact), (50, by_number.wrapped), (60, by_number.reformatted), (50, by_number.typo),
    (40, together.several), (15, together.adviser), (25, together.listed), (15, together.ranged),
    (40, by_number.third_party), (10, by_number.in_the_reference), (25, by_number.creditor_ref),
    (20, together.credit_netted), (15, by_number.refund),
    (35, by_payer.customer_number), (45, by_payer.name_only), (50, by_payer.known_iban), (20, by_payer.namesakes),
    (25, by_payer.equal_amounts), (10, by_payer.half_a_number),
    (35, by_amount.partial), (15, by_amount.two_halves), (25, by_amount.rest), (40, by_amount.exact_fee),
    (15, by_amount.beside_the_fee), (25, by_amount.overpaid), (40, by_amount.discount), (20, by_amount.twice),
    (20, by_amount.closed),
    (10, own_debits.single_credit), (4, own_debits.batch_credit), (12, own_debits.returned), (12, own_debits.dollars),
    (15, together.with_amounts), (15, together.with_discount), (8, together.less_a_credit),
    (15, by_number.beside_the_customer), (20, by_number.repeated), (12, by_number.last_years),
    (15, by_amount.short), (8, by_amount.rest_of_a_line),
    (8, own_debits.returned_unnamed), (3, own_debits.wrong_batch), (8, own_debits.purchase),
    (8, own_debits.pending), (40, own_debits.unrelated),
    (12, traps.typo_of_another), (8, traps.typo_of_another_amount), (20, traps.number_inside),
    (14, traps.own_order_number), (25, traps.chance_number), (20, traps.stranger), (6, traps.same_letters),
    (10, traps.of_another_customer), (6, traps.before_its_day),
    (8, own_debits.on_its_way), (8, traps.two_with_the_amount),
)  # fmt: skip
# What a company's own customers mostly write: the number in full and the amount. In an everyday statement these come so
# many times as often as in the worlds of the table of quality, and nine lines of ten are certain.
_MOSTLY: Final = frozenset({by_number.exact, by_number.wrapped})
_OFTEN: Final = 25
# The style of a seed's numbers: every second world has many, the others one.
_STYLES: Final = ("mixed", "prefix-year", "mixed", "digits-7", "mixed", "year-slash", "mixed", "letter", "mixed",
                  "digits-10", "mixed", "spaced", "mixed", "digits-5", "mixed", "branch", "mixed", "check-digit",
                  "mixed", "day", "mixed", "month", "mixed", "letters", "mixed", "zeros", "mixed", "year-last",
                  "mixed", "digits-8", "mixed", "serial-year", "mixed", "word")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """Bank lines, what they may be matched against, and the truth of every line by its id."""

    seed: int
    style: str
    lines: tuple[OpenLine, ...]
    world: World
    truths: dict[int, Truth]


def generate(
    seed: int, lines: int, items: int, style: str | None = None, *, labels: bool = True, everyday: bool = False
) -> Scene:
    """The world of a seed: so many lines, so many items (one in thirteen closed), a customer for every four.

    Without ``labels`` the labels are those of the kinds: for measuring, where nobody asks for them. ``everyday`` is the
    mix of a common day in place of one in which every kind has its turn.
    """
    style = style or _STYLES[seed % len(_STYLES)]
    make = Making(random.Random(f"{seed}/{lines}/{items}/{style}"), style)
    make.fill(max(items - lines * 7 // 10, lines // 2, 200))
    weights = [weight * _OFTEN if everyday and kind in _MOSTLY else weight for weight, kind in KINDS]
    while len(make.drafts) < lines - 1:
        make.chance.choices(KINDS, weights)[0][1](make)
    while len(make.drafts) < lines:
        by_number.exact(make)
    make.fill(items)
    if labels:
        relabel(make)
    return _scene(make, seed)


def _scene(make: Making, seed: int) -> Scene:
    """Numbers for the lines, by day as a bank delivers them, and in no order within a day."""
    make.chance.shuffle(make.drafts)
    make.drafts.sort(key=lambda draft: draft.line.booking_date or draft.line.value_date or date.max)
    lines = tuple(
        OpenLine(at, draft.line, draft.left or draft.line.amount) for at, draft in enumerate(make.drafts, start=1)
    )
    truths = {
        at: Truth(
            at,
            draft.what.kind,
            draft.what.variant,
            draft.sure,
            draft.shares,
            draft.others,
            draft.asks_about,
            draft.stands_in,
        )
        for at, draft in enumerate(make.drafts, start=1)
    }
    ibans: dict[str, frozenset[str]] = {}
    customers = []
    for at, person in enumerate(make.people, start=1):
        in_the_mandate = person.iban is not None and at % 2 == 0
        if person.iban is not None and in_the_mandate:
            ibans[person.iban] = frozenset({person.customer_no})
        customers.append(_customer(at, person, with_iban=not in_the_mandate))
    world = World(
        items=[item for item in make.items if item.open],
        closed=[item for item in make.items if not item.open],
        customers=customers,
        ibans=ibans,
        fees=make.fees,
        collections=make.collections,
    )
    return Scene(seed, make.style, lines, world, truths)


def _customer(number: int, person: Person, *, with_iban: bool) -> Customer:
    return Customer(
        number,
        person.customer_no,
        person.name,
        CustomerType.COMPANY if person.company else CustomerType.PERSON,
        postcode=person.postcode,
        town=person.town,
        country="DE",
        iban=person.iban if with_iban else None,
    )
